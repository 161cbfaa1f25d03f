//! [`Graph`]: which module uses what another one defines. It reads just enough Rust: comments,
//! literals, `#[cfg(test)]`, items, `use` and paths. It knows nothing of the rules.
//!
//! A path counts for the module in which the thing at its end is defined: re-exports are followed, and
//! a parent through which a path only passes is not used. What the parts of an `impl` in several files
//! call of one another has no path and is not seen.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The modules of a tree, by their paths without `crate::`.
pub struct Graph {
    modules: BTreeMap<String, Module>,
    /// For each module those that it uses, each with a path by which it does.
    pub edges: BTreeMap<String, BTreeMap<String, String>>,
}

/// One file.
#[derive(Default)]
struct Module {
    /// Code without comments, literals, tests and `use`.
    body: String,
    /// Names of what stands outside all braces.
    items: HashSet<String>,
    /// Names that `use` brings in, with their paths.
    uses: HashMap<String, Vec<String>>,
    /// Those of them that `pub use` hands on.
    handed_on: HashSet<String>,
    /// Paths before `::*`.
    globs: Vec<Vec<String>>,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    Module(String),
    /// Something that this module defines.
    In(String),
}

/// Names that were looked for in modules while one path was followed.
type Seen = HashSet<(String, String)>;

impl Graph {
    /// Of files by their paths below `src`, such as `ui/view.rs`, with their texts.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut modules = BTreeMap::new();
        let mut only_tests = Vec::new();
        for (file, source) in files {
            let name = match file.trim_end_matches(".rs") {
                "main" => continue,
                "lib" => String::new(),
                path => path.replace('/', "::"),
            };
            let (code, tests) = code(source);
            only_tests.extend(tests.iter().map(|test| join(&name, test)));
            modules.insert(name, Module::new(&code));
        }
        modules.retain(|name, _| {
            let below = |test: &String| name.starts_with(&format!("{test}::"));
            !only_tests.iter().any(|test| name == test || below(test))
        });
        let mut graph = Self {
            modules,
            edges: BTreeMap::new(),
        };
        graph.edges = (graph.modules.keys().filter(|name| !name.is_empty()))
            .map(|name| (name.clone(), graph.used_by(name)))
            .collect();
        graph
    }

    /// Sets of modules that reach one another.
    pub fn circles(&self) -> BTreeSet<BTreeSet<&str>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> = (self.edges.keys())
            .map(|start| (start.as_str(), self.reached_from(start)))
            .collect();
        let mut circles = BTreeSet::new();
        for (of, reached) in &reach {
            let circle: BTreeSet<&str> = (reached.iter().copied())
                .filter(|other| reach[other].contains(of))
                .collect();
            if !circle.is_empty() {
                circles.insert(circle);
            }
        }
        circles
    }

    fn reached_from(&self, start: &str) -> BTreeSet<&str> {
        let (mut reached, mut todo) = (BTreeSet::new(), vec![start]);
        while let Some(module) = todo.pop() {
            for used in self.edges[module].keys() {
                if reached.insert(used.as_str()) {
                    todo.push(used);
                }
            }
        }
        reached
    }

    fn used_by(&self, name: &str) -> BTreeMap<String, String> {
        let module = &self.modules[name];
        let mut paths = paths(&module.body);
        let heads: HashSet<String> = paths.iter().map(|path| path[0].clone()).collect();
        for (alias, path) in &module.uses {
            // A module that is brought in only to begin paths is no dependency by itself.
            let begins =
                heads.contains(alias) && matches!(self.find(name, path), Some(Target::Module(_)));
            if !begins {
                paths.push(path.clone());
            }
        }
        for glob in &module.globs {
            let known = words(&module.body)
                .filter(|word| self.step_glob(name, glob, word, &mut Seen::new()).is_some());
            paths.extend(known.map(|word| [&glob[..], &[word.to_owned()]].concat()));
        }
        let mut used = BTreeMap::new();
        for path in paths {
            if let Some(Target::Module(to) | Target::In(to)) = self.find(name, &path)
                && to != name
                && !to.is_empty()
            {
                used.insert(to, path.join("::"));
            }
        }
        used
    }

    /// Where the thing at the end of a path is defined.
    fn find(&self, module: &str, path: &[String]) -> Option<Target> {
        self.resolve(module, path, &mut Seen::new())
    }

    /// What `name` means in a module; none for what other crates define.
    fn step(&self, module: &str, name: &str, seen: &mut Seen) -> Option<Target> {
        // A path that leads through itself leads nowhere.
        if !seen.insert((module.to_owned(), name.to_owned())) {
            return None;
        }
        let child = join(module, name);
        if self.modules.contains_key(&child) {
            return Some(Target::Module(child));
        }
        let here = self.modules.get(module)?;
        if let Some(path) = here.uses.get(name) {
            return self.resolve(module, path, seen);
        }
        if here.items.contains(name) {
            return Some(Target::In(module.to_owned()));
        }
        (here.globs.iter()).find_map(|glob| self.step_glob(module, glob, name, seen))
    }

    fn brings_in(&self, module: &str, name: &str) -> bool {
        (self.modules.get(module)).is_some_and(|here| here.uses.contains_key(name))
    }

    /// What `name` means in a module by one of its globs.
    fn step_glob(
        &self,
        module: &str,
        glob: &[String],
        name: &str,
        seen: &mut Seen,
    ) -> Option<Target> {
        let Some(Target::Module(origin)) = self.resolve(module, glob, seen) else {
            return None;
        };
        let there = self.modules.get(&origin)?;
        // Only what is below sees what a module brings in for itself.
        let below = origin.is_empty() || module.starts_with(&format!("{origin}::"));
        if !below && there.uses.contains_key(name) && !there.handed_on.contains(name) {
            return None;
        }
        self.step(&origin, name, seen)
    }

    fn resolve(&self, module: &str, path: &[String], seen: &mut Seen) -> Option<Target> {
        let parent = |module: &str| {
            let above = module.rsplit_once("::").map_or("", |(above, _)| above);
            Target::Module(above.to_owned())
        };
        let (first, rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Target::Module(String::new()),
            "self" => Target::Module(module.to_owned()),
            "super" => parent(module),
            name => self.step(module, name, seen)?,
        };
        for name in rest {
            let Target::Module(inside) = &at else { break };
            at = match name.as_str() {
                "super" => parent(inside),
                name => match self.step(inside, name, seen) {
                    Some(target) => target,
                    // Brought in from another crate.
                    None if self.brings_in(inside, name) => return None,
                    // What a macro defines is not seen: it is said to be in the module that is named.
                    None => Target::In(inside.clone()),
                },
            };
        }
        Some(at)
    }
}

impl Module {
    fn new(code: &str) -> Self {
        let mut module = Self::default();
        let mut rest = code;
        while let Some(at) = find_use(rest) {
            let end = rest[at..].find(';').map_or(rest.len(), |end| at + end);
            module.body.push_str(&rest[..at]);
            let public = words(&rest[..at]).last() == Some("pub") || rest[..at].ends_with(") ");
            module.add_use(&rest[at + "use".len()..end], public);
            rest = &rest[end..];
        }
        module.body.push_str(rest);
        module.items = items(&module.body);
        module
    }

    fn add_use(&mut self, tree: &str, public: bool) {
        for (mut path, alias) in expand(tree) {
            if alias == "*" {
                path.pop();
                self.globs.push(path);
            } else if alias != "_" {
                if public {
                    self.handed_on.insert(alias.clone());
                }
                self.uses.insert(alias, path);
            }
        }
    }
}

/// The code without comments, literals and what only tests have; and the names of modules that are
/// files of their own and only tests have.
pub fn code(source: &str) -> (String, Vec<String>) {
    let bare = bare(source);
    let (mut code, mut modules, mut rest) = (String::new(), Vec::new(), bare.as_str());
    while let Some(at) = (rest.find("#[cfg(test)]").into_iter())
        .chain(rest.find("#[cfg(all(test,"))
        .min()
    {
        let begin = at + rest[at..].find(']').unwrap_or(0) + 1;
        let end = begin + item_end(&rest[begin..]);
        let item: Vec<&str> = words(&rest[begin..end]).collect();
        if let [.., "mod", name] = item[..]
            && rest[..end].ends_with(';')
        {
            modules.push(name.to_owned());
        }
        code.push_str(&rest[..at]);
        rest = &rest[end..];
    }
    (code + rest, modules)
}

/// The code without comments, and with nothing in texts and characters.
fn bare(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if c == '"' {
            out.push_str("\"\"");
            closing_quote(rest)
        } else if let Some(length) = raw_text(rest) {
            out.push_str("\"\"");
            length
        } else if let Some(length) = character(rest) {
            out.push_str("' '");
            length
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    out
}

/// Length of the text that begins here, quotes and all.
fn closing_quote(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// Length of a raw text, if one begins here.
fn raw_text(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix('r')?;
    let hashes = behind.chars().take_while(|&c| c == '#').count();
    let inside = behind[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(2 + hashes + length)
}

/// Length of a character, if it is one and not a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        // Behind the backslash stands at least one more, which may be a quote.
        return inside.get(2..)?.find('\'').map(|at| at + 4);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(first + 2)
}

/// Where the item ends: behind its `;` or its closing brace.
fn item_end(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' => depth -= 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// Names of what is defined outside all braces, and by name within a macro.
fn items(code: &str) -> HashSet<String> {
    const KINDS: &[&str] = &[
        "fn",
        "struct",
        "enum",
        "union",
        "trait",
        "const",
        "static",
        "type",
        "mod",
        "macro_rules",
    ];
    let mut outside = String::new();
    let (mut depth, mut in_macro) = (0, false);
    for (at, c) in code.char_indices() {
        if depth == 0 && code[at..].starts_with("macro_rules!") {
            in_macro = true;
        }
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || in_macro {
            outside.push(c);
        }
        in_macro &= depth > 0 || c != '}';
    }
    let words: Vec<&str> = words(&outside).collect();
    let pairs = words.windows(2).filter(|pair| KINDS.contains(&pair[0]));
    pairs.map(|pair| pair[1].to_owned()).collect()
}

/// The paths of a `use` tree, each with the name that it has here.
fn expand(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    let Some(brace) = tree.find('{') else {
        let (path, alias) = match tree.split_once(" as ") {
            Some((path, alias)) => (path, Some(alias.trim().to_owned())),
            None => (tree, None),
        };
        let path: Vec<String> = path.split("::").map(|s| s.trim().to_owned()).collect();
        let alias = alias.or_else(|| path.last().cloned()).unwrap_or_default();
        return vec![(path, alias)];
    };
    let before: Vec<String> = (tree[..brace].split("::").map(|s| s.trim().to_owned()))
        .filter(|segment| !segment.is_empty())
        .collect();
    let mut found = Vec::new();
    for part in parts(&tree[brace + 1..]) {
        for (path, alias) in expand(part) {
            if path == ["self"] {
                let name = before.last().cloned().unwrap_or_default();
                let alias = if alias == "self" { name } else { alias };
                found.push((before.clone(), alias));
            } else {
                found.push(([&before[..], &path].concat(), alias));
            }
        }
    }
    found
}

/// The parts of a brace group, up to its closing brace.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                parts.push(&group[begin..at]);
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// All paths of two or more names in code. `<T as X>::Y`, `::std::mem`, fields and methods begin none.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut rest = code;
    while let Some(begin) = rest.find(is_word) {
        let between = rest[..begin].trim();
        let length = rest[begin..].find(|c| !is_word(c));
        let end = length.map_or(rest.len(), |length| begin + length);
        let word = rest[begin..end].to_owned();
        let field = between.ends_with('.') && !between.ends_with("..");
        match found.last_mut() {
            // What goes on with a path that is none stays none.
            Some(path) if between == "::" => {
                if !path.is_empty() {
                    path.push(word);
                }
            }
            _ if field || between.ends_with("::") => found.push(Vec::new()),
            _ => found.push(vec![word]),
        }
        rest = &rest[end..];
    }
    found.retain(|path| path.len() > 1);
    found
}

/// Names and numbers.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

/// Where the next `use` line begins. (`use<'a>` is none.)
fn find_use(code: &str) -> Option<usize> {
    let mut found = code.match_indices("use").map(|(at, _)| at);
    found.find(|&at| {
        !code[..at].ends_with(is_word) && code[at + "use".len()..].starts_with(char::is_whitespace)
    })
}

/// Whether the character may stand in a name.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}
