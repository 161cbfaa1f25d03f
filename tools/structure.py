#!/usr/bin/env python3
"""Measures how the source of clip-lab is put together: whether each idea has one home.

Prints, for the tree in a folder or of a commit:

  lines      lines of code in src: without blank lines, comments and unit tests
  long       files of src above 450 lines of code
  ideas      files outside tests that name a loss, a dial, a panel, an evaluation task, a tower or a
             data set: by a variant of an enum (`Loss::SigLip`), and by the item's name in any spelling
  circles    modules that depend on one another in a circle (strongly connected components)
  repeated   pairs of places in src that share six or more consecutive lines of code

It reads text and knows just enough Rust: comments, strings, `#[cfg(test)]`, `use` and paths.
`tests/layering.rs` has the final word on circles; this script also reads trees from before that test.

examples:
  python3 tools/structure.py                    this checkout
  python3 tools/structure.py --rev 0aa5c0c      a commit of it
  python3 tools/structure.py --files dial       the files behind a number
  python3 tools/structure.py ../other --json    for a program
"""

import argparse
import collections
import itertools
import json
import pathlib
import re
import subprocess
import sys

LONG = 450
WINDOW = 6

# An idea: the enums whose variants name its items, and the items' own names.
IDEAS = {
    "loss": (["Loss"], ["InfoNce", "SigLip", "RelativeBias", "SigLipRelative"]),
    "dial": (
        ["Control", "Knob", "Dial"],
        ["ShuffleCaptions", "RandomCaptions", "NoiseImages", "Duplicates", "Imbalance", "WeightDecay",
         "LearnTemperature", "LearnBias", "LearningRate", "BatchSize"],
    ),
    "panel": (["Panel"], ["Landscape", "Traces", "Geometry", "Transfer", "ZeroShot", "Languages"]),
    "task": (
        ["Task", "Job", "Report", "TaskChoice"],
        ["ZeroShot", "LinearProbe", "Regimes", "Languages", "Geometry", "Retrieval"],
    ),
    "tower": (["ImageTower", "Tower"], ["ResNet", "ViT"]),
    "data set": (["Data"], ["Emoji", "Shapes", "Pairs"]),
}


# --- Reading Rust -------------------------------------------------------------------------------

TOKEN = re.compile(
    r"""
      (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<raw>\b(?:br|cr|r)(?P<hash>\#*)".*?"(?P=hash))
    | (?P<text>\b[bc]?"(?:\\.|[^"\\])*"|"(?:\\.|[^"\\])*")
    | (?P<char>'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^'\\])')
    """,
    re.S | re.X,
)


def blank(text):
    """The same number of lines, empty."""
    return "\n" * text.count("\n")


def without_comments(source, strings=True):
    """The code, with as many lines; string literals kept or emptied."""

    def replace(match):
        if match["comment"] is not None:
            return blank(match[0])
        if strings:
            return match[0]
        return '""' + blank(match[0]) if match["char"] is None else "' '"

    return TOKEN.sub(replace, source)


def item_end(code, at):
    """Where the item ends that begins at `at`: behind its `;` or its closing brace."""
    depth = 0
    for i in range(at, len(code)):
        c = code[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0 and c == "}":
                return i + 1
        elif c == ";" and depth == 0:
            return i + 1
    return len(code)


CFG_TEST = re.compile(r"#\[cfg\(\s*(?:test|all\(\s*test\b[^\]]*)\)\s*\]")


def without_tests(code, bare):
    """`code` without the items behind `#[cfg(test)]`, and the names of test modules with files.

    `bare` is the same text with emptied strings, where braces count."""
    out, names, at = [], [], 0
    for match in CFG_TEST.finditer(bare):
        if match.start() < at:
            continue
        end = item_end(bare, match.end())
        named = re.search(r"\bmod\s+(\w+)\s*;$", bare[match.end() : end])
        if named:
            names.append(named[1])
        out += [code[at : match.start()], blank(code[match.start() : end])]
        at = end
    return "".join(out) + code[at:], names


def emptied(source):
    """Strings and characters as blanks of the same length, so that places in the text stay."""

    def fill(match):
        if match["comment"] is not None:
            return re.sub(r"[^\n]", " ", match[0])
        return re.sub(r"[^\n]", " ", match[0])

    return TOKEN.sub(fill, source)


class Tree:
    """The sources of a checkout."""

    def __init__(self, files):
        self.code = {}  # path -> code outside tests, with strings
        self.bare = {}  # path -> the same, strings emptied
        tests = set()
        for path, source in files.items():
            hollow = emptied(source)
            bare, names = without_tests(hollow, hollow)
            commentless = TOKEN.sub(
                lambda m: re.sub(r"[^\n]", " ", m[0]) if m["comment"] is not None else m[0], source
            )
            self.bare[path] = bare
            self.code[path] = without_tests(commentless, hollow)[0]
            folder = path.removesuffix(".rs")
            folder = "src" if folder in ("src/lib", "src/main") else folder
            tests.update(f"{folder}/{name}" for name in names)
        for path in list(self.code):
            stem = path.removesuffix(".rs")
            if any(stem == test or stem.startswith(test + "/") for test in tests):
                del self.code[path], self.bare[path]

    def lines(self, path):
        """Lines of code: (number, text) of those that hold anything."""
        lines = enumerate(self.code[path].split("\n"), 1)
        return [(number, line.strip()) for number, line in lines if line.strip()]


# --- Circles ------------------------------------------------------------------------------------

ITEM = re.compile(
    r"\b(?:fn|struct|enum|union|trait|const|static|type|mod|macro_rules!)\s+(?:mut\s+)?(\w+)"
)
PATH = re.compile(r"(?<![\w:.$])\$?((?:[A-Za-z_]\w*)(?:\s*::\s*[A-Za-z_]\w*)+)")
USE = re.compile(r"\b(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]+);")


def outermost(code):
    """The code outside braces, and that of macros, which define what they name."""
    out, depth, macro = [], 0, False
    for part in re.split(r"([{}]|\bmacro_rules!)", code):
        macro = macro or (depth == 0 and part == "macro_rules!")
        depth += (part == "{") - (part == "}")
        if depth == 0 or macro:
            out.append(part)
        macro = macro and not (depth == 0 and part == "}")
    return "".join(out)


def expand(tree):
    """The paths of a use tree: (path, name it has here)."""
    tree = tree.strip()
    brace = tree.find("{")
    if brace >= 0:
        prefix, inside = tree[:brace].strip(), tree[brace + 1 : tree.rindex("}")]
        parts, depth, part = [], 0, ""
        for c in inside:
            depth += (c == "{") - (c == "}")
            if c == "," and depth == 0:
                parts.append(part)
                part = ""
            else:
                part += c
        parts.append(part)
        for part in filter(str.strip, parts):
            for path, name in expand(part):
                if path == "self":
                    yield prefix.removesuffix("::"), name or prefix.removesuffix("::").split("::")[-1]
                else:
                    yield prefix + path, name
        return
    path, _, name = (piece.strip() for piece in re.sub(r"\s+as\s+", "\0", tree).partition("\0"))
    path = re.sub(r"\s+", "", path)
    yield path, name or path.split("::")[-1]


class Graph:
    """Which module uses what another one defines."""

    def __init__(self, tree):
        self.body, self.items, self.uses, self.globs, self.private = {}, {}, {}, {}, {}
        for path, bare in tree.bare.items():
            name = path.removeprefix("src/").removesuffix(".rs").replace("/", "::")
            if name == "main":
                continue
            name = "" if name == "lib" else name
            uses = [(*use, match[0].startswith("pub")) for match in USE.finditer(bare)
                    for use in expand(match[1])]
            self.uses[name] = {
                alias: path.split("::") for path, alias, _ in uses if alias not in ("*", "_")
            }
            self.globs[name] = [path.split("::")[:-1] for path, *_ in uses if path.endswith("::*")]
            self.private[name] = {alias for _, alias, public in uses if not public}
            self.body[name] = USE.sub(lambda m: blank(m[0]), bare)
            self.items[name] = set(ITEM.findall(outermost(self.body[name])))
        self.edges = {name: self.used_by(name) - {name, ""} for name in self.body if name}

    def step(self, module, name, seen):
        """What `name` means in `module`: (module, is itself a module), or None for foreign things."""
        if (module, name) in seen:
            return None
        seen.add((module, name))
        child = f"{module}::{name}" if module else name
        if child in self.body:
            return child, True
        if name in self.uses[module]:
            return self.resolve(module, self.uses[module][name], seen)
        if name in self.items[module]:
            return module, False
        found = (self.step_glob(module, glob, name, seen) for glob in self.globs[module])
        return next(filter(None, found), None)

    def step_glob(self, module, glob, name, seen):
        """What `name` means in `module` by one of its globs."""
        origin = self.resolve(module, glob, seen)
        if not origin or not origin[1]:
            return None
        below = module.startswith(f"{origin[0]}::") or not origin[0]
        return None if name in self.private[origin[0]] and not below else self.step(origin[0], name, seen)

    def resolve(self, module, path, seen=None):
        """Where the thing at the end of a path is defined, by the same pair."""
        seen = set() if seen is None else seen
        first, rest = path[0], path[1:]
        if first == "crate":
            at = ("", True)
        elif first == "self":
            at = (module, True)
        elif first == "super":
            at = (module.rpartition("::")[0], True)
        else:
            at = self.step(module, first, seen)
        for name in rest:
            if at is None or not at[1]:
                return at
            if name == "super":
                at = (at[0].rpartition("::")[0], True)
            else:
                found = self.step(at[0], name, seen)
                # What is brought in from another crate is nobody's; what a macro defines is not seen:
                # the module that is named has it.
                at = found or (None if name in self.uses[at[0]] else (at[0], False))
        return at

    def used_by(self, module):
        body = self.body[module]
        paths = [re.sub(r"\s+", "", path).split("::") for path in PATH.findall(body)]
        heads = {path[0] for path in paths}
        # A module that is brought in only to begin paths is no dependency by itself.
        for alias, path in self.uses[module].items():
            found = self.resolve(module, path)
            if found and not (found[1] and alias in heads):
                paths.append(path)
        for glob in self.globs[module]:
            paths += [[*glob, word] for word in set(re.findall(r"\w+", body))
                      if self.step_glob(module, glob, word, set())]
        found = (self.resolve(module, path) for path in paths)
        return {at[0] for at in found if at}

    def circles(self):
        """Sets of modules that reach one another, largest first."""
        reach = {}
        for start in self.edges:
            seen, todo = set(), [start]
            while todo:
                for used in self.edges[todo.pop()] - seen:
                    seen.add(used)
                    todo.append(used)
            reach[start] = seen
        circles = {
            frozenset(n for n in reach[m] if m in reach[n]) for m in self.edges if m in reach[m]
        }
        return sorted(map(sorted, circles), key=lambda circle: (-len(circle), circle))


# --- Ideas and repetitions ----------------------------------------------------------------------


def spellings(item):
    """`ShuffleCaptions`, `shuffle_captions`, `shuffle-captions`."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", item).lower()
    return "|".join({item, snake, snake.replace("_", "-"), item.lower()})


def naming(tree, idea):
    """Files that name any variant, and for each item the files that name it in any spelling."""
    enums, items = IDEAS[idea]
    variant = re.compile(rf"\b(?:{'|'.join(enums)})::[A-Z]\w*[a-z]\w*")
    by_variant = sorted(path for path, bare in tree.bare.items() if variant.search(bare))
    by_item = {}
    for item in items:
        word = re.compile(rf"(?<![\w-])(?:{spellings(item)})(?![\w-])")
        by_item[item] = sorted(path for path, code in tree.code.items() if word.search(code))
    return by_variant, by_item


def repeated(tree):
    """Pairs of places that share runs of WINDOW or more lines, and the lines in such runs."""
    windows = collections.defaultdict(list)
    for path in tree.code:
        uses = USE.sub(lambda m: blank(m[0]), tree.code[path]).split("\n")
        lines = [line.strip() for line in uses if line.strip()]
        for i in range(len(lines) - WINDOW + 1):
            window = tuple(lines[i : i + WINDOW])
            # Braces alone are no idea.
            if sum(len(re.sub(r"\W", "", line)) for line in window) >= 60:
                windows[window].append((path, i))
    pairs, lines = set(), set()
    for places in windows.values():
        for a, b in itertools.combinations(places, 2):
            pairs.add((a, b))
            lines.update((path, i + k) for path, i in (a, b) for k in range(WINDOW))
    starts = [
        (a, b) for a, b in pairs
        if ((a[0], a[1] - 1), (b[0], b[1] - 1)) not in pairs
    ]
    return sorted(starts), len(lines)


# --- The report ---------------------------------------------------------------------------------


def load(folder, rev):
    """Path -> text of every Rust file below src."""
    if rev is None:
        root = pathlib.Path(folder)
        return {
            path.relative_to(root).as_posix(): path.read_text("utf-8")
            for path in sorted((root / "src").rglob("*.rs"))
        }
    git = ["git", "-C", folder]
    names = subprocess.run(
        [*git, "ls-tree", "-r", "-z", "--name-only", rev, "src"], check=True, capture_output=True, text=True
    ).stdout.split("\0")
    names = [name for name in names if name.endswith(".rs")]
    asked = "".join(f"{rev}:{name}\n" for name in names).encode()
    answer = subprocess.run(
        [*git, "cat-file", "--batch"], check=True, capture_output=True, input=asked
    ).stdout
    files, at = {}, 0
    for name in names:
        line = answer.index(b"\n", at)
        size = int(answer[at:line].split()[2])
        files[name] = answer[line + 1 : line + 1 + size].decode()
        at = line + size + 2
    return files


def measure(tree):
    sizes = {path: len(tree.lines(path)) for path in tree.code}
    pairs, lines = repeated(tree)
    long = sorted(((size, path) for path, size in sizes.items() if size > LONG), reverse=True)
    return {
        "files": len(sizes),
        "lines": sum(sizes.values()),
        "long": [{"file": path, "lines": size} for size, path in long],
        "ideas": {
            idea: {"by variant": variant, "by item": items}
            for idea in IDEAS
            for variant, items in [naming(tree, idea)]
        },
        "circles": Graph(tree).circles(),
        "repeated": {
            "pairs": [f"{a[0]} ~ {b[0]}" for a, b in pairs],
            "lines": lines,
        },
    }


def show(found):
    print(f"lines of code in src            {found['lines']:6}  in {found['files']} files")
    print(f"files above {LONG} lines of code   {len(found['long']):6}")
    for row in found["long"]:
        print(f"  {row['lines']:5}  {row['file']}")
    for idea, by in found["ideas"].items():
        enums = ", ".join(f"{name}::X" for name in IDEAS[idea][0])
        print(f"files that name a {idea:13} {len(by['by variant']):6}  by {enums}")
        counts = [f"{item} {len(files)}" for item, files in by["by item"].items() if files]
        print(f"  by an item's name: {', '.join(counts)}")
    print(f"circles of modules              {len(found['circles']):6}")
    for circle in found["circles"]:
        print(f"  {len(circle):3}  {' '.join(circle)}")
    again = found["repeated"]
    print(f"pairs of repeated lines         {len(again['pairs']):6}  {again['lines']} lines in them")


def main():
    about, _, examples = __doc__.partition("\nexamples:\n")
    parser = argparse.ArgumentParser(
        description=about,
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", default=".", help="a checkout [default: this folder]")
    parser.add_argument("--rev", help="a commit of that checkout, instead of its files")
    parser.add_argument("--json", action="store_true", help="print everything, files named, as JSON")
    parser.add_argument("--files", choices=IDEAS, metavar="IDEA",
                        help="print the files that name an idea: " + ", ".join(IDEAS))
    args = parser.parse_args()
    try:
        files = load(args.folder, args.rev)
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: {error.stderr if isinstance(error.stderr, str) else error.stderr.decode()}")
    if not files:
        sys.exit(f"error: no Rust file below {args.folder}/src")
    found = measure(Tree(files))
    if args.json:
        print(json.dumps(found, indent=1))
    elif args.files:
        by = found["ideas"][args.files]
        names = sorted(set(by["by variant"]).union(*by["by item"].values()))
        for name in names:
            items = [item for item, where in by["by item"].items() if name in where]
            print(f"{name}: {'variant ' if name in by['by variant'] else ''}{' '.join(items)}")
    else:
        show(found)


if __name__ == "__main__":
    main()
