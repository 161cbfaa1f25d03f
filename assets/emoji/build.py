#!/usr/bin/env python3
"""Rebuild the embedded emoji data set from named, pinned packages.

    python3 assets/emoji/build.py            # rebuild in this folder
    python3 assets/emoji/build.py --check    # rebuild elsewhere and compare with this folder
    python3 assets/emoji/build.py --out DIR  # rebuild into DIR

Needs python3 (3.12, or an older patch release with tarfile filters), Pillow 13.0.0 (libwebp 1.6.0; another version
gives the same pictures to the eye but other bytes), npm, tar and cargo.
Everything is fetched by `npm pack` and `cargo vendor` into a temporary
folder; versions and checksums are verified before use. The files written are
described in README.md, their licences in ATTRIBUTION.md.
"""

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
from pathlib import Path

from PIL import Image, features

HERE = Path(__file__).resolve().parent

PILLOW = "13.0.0"
LIBWEBP = "1.6.0"

NPM = {  # name: (version, sha256 of the tarball)
    "emoji-datasource-google": (
        "16.0.0",
        "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
    ),
    "@lobehub/fluent-emoji-3d": (
        "1.1.0",
        "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58",
    ),
    "cldr-annotations-full": (
        "48.2.0",
        "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1",
    ),
}
CRATE = (
    "twemoji-assets",
    "1.5.1+17.0.2",
    "6857896b4a287e70f8197ab8fb9d68b3c43bb7ae97595aceaf2d11c21b93d9e9",
)

TILE = 64
COLUMNS = 32
QUALITY = 75  # of the colours; most of the bytes are alpha, hence its own quality
ALPHA_QUALITY = 60

CATEGORIES = ("Animals & Nature", "Food & Drink", "Travel & Places", "Activities", "Objects")

# Microsoft opened Fluent Emoji but for a few drawings, kept back as trademarks
# ("the Clippy-like paperclip, national flags, technologist and video games",
# says its notice); the package may carry them all the same. Those that would be
# concepts here are left out of the whole set.
NOT_OPEN = {
    "1f4ce": "paperclip: drawn as Clippy, kept back by its owner",
    "1f3ae": "video game: kept back by its owner",
}

LANGUAGES = (
    "en de es fr it pt ru uk ja zh ko ar hi pl tr el he sw th vi "  # the twenty
    "nl sv cs id fa bn"  # and six that cost little
).split()


def ident(name):
    """Dash-joined lower-case code points without the variation selector."""
    return "-".join(p for p in name.lower().split("-") if p != "fe0f")


def slug(text):
    return "-".join(text.lower().replace("&", " ").split())


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: expected {wanted}, got {got}")


def fetch(tmp):
    """Download and unpack the four packages; returns their folders."""
    found = {}
    for name, (version, digest) in NPM.items():
        into = tmp / name.replace("/", "-").lstrip("@")
        into.mkdir()
        out = subprocess.run(
            ["npm", "pack", "--json", f"{name}@{version}"],
            cwd=into, check=True, capture_output=True, text=True,
        )
        packed = json.loads(out.stdout)[0]
        expect(f"{name} version", packed["version"], version)
        (tarball,) = into.glob("*.tgz")
        expect(f"{name} sha256", sha256(tarball), digest)
        with tarfile.open(tarball) as tar:
            tar.extractall(into, filter="data")
        root = into / "package"
        meta = json.loads((root / "package.json").read_text("utf-8"))
        expect(f"{name} package.json", (meta["name"], meta["version"]), (name, version))
        found[name] = root

    name, version, digest = CRATE
    project = tmp / "crate"
    project.mkdir()
    (project / "lib.rs").write_text("")
    (project / "Cargo.toml").write_text(
        '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n'
        '[lib]\npath = "lib.rs"\n[workspace]\n'
        f'[dependencies]\n{name} = "={version.split("+")[0]}"\n'
    )
    subprocess.run(
        ["cargo", "vendor", "--quiet", "vendor"], cwd=project, check=True, stdout=subprocess.DEVNULL
    )
    root = project / "vendor" / name
    sums = json.loads((root / ".cargo-checksum.json").read_text("utf-8"))
    expect(f"{name} sha256", sums["package"], digest)
    if f'version = "{version}"' not in (root / "Cargo.toml").read_text("utf-8"):
        sys.exit(f"{name}: not version {version}")
    found[name] = root
    return found


def pictures(folder, suffix):
    """id -> file. Where a vendor carries a drawing both with and without the
    variation selector, the plain name wins."""
    out = {}
    for path in sorted(folder.glob("*" + suffix), key=lambda p: (len(p.name), p.name)):
        out.setdefault(ident(path.name[: -len(suffix)]), path)
    return out


def tile(path):
    """One picture as a 64 x 64 RGBA tile: centred on a transparent square,
    resized with Lanczos in premultiplied alpha."""
    with Image.open(path) as image:
        image = image.convert("RGBA")
    side = max(image.size)
    square = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    if side != TILE:
        square = square.convert("RGBa").resize((TILE, TILE), Image.Resampling.LANCZOS)
        square = square.convert("RGBA")
    return square


def atlas(paths):
    rows = -(-len(paths) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * TILE, rows * TILE), (0, 0, 0, 0))
    for i, path in enumerate(paths):
        sheet.paste(tile(path), (i % COLUMNS * TILE, i // COLUMNS * TILE))
    data = io.BytesIO()
    sheet.save(data, "WEBP", lossless=False, quality=QUALITY, alpha_quality=ALPHA_QUALITY, method=6)
    return data.getvalue()


def annotations(root, language):
    """id -> (name, keywords) of one language."""
    path = root / "annotations" / language / "annotations.json"
    table = json.loads(path.read_text("utf-8"))["annotations"]["annotations"]
    out = {}
    for text, entry in table.items():
        key = "-".join(f"{ord(c):x}" for c in text if c != "\ufe0f")
        name = clean(entry["tts"][0]) if entry.get("tts") else ""
        words, seen = [], {fold(name)}
        for word in map(clean, entry.get("default", [])):
            if word and fold(word) not in seen:
                seen.add(fold(word))
                words.append(word)
        out[key] = (name, words)
    return out


def clean(text):
    """NFC, single spaces, no invisible format marks (Cf) except joiners."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(c for c in text if unicodedata.category(c) != "Cf" or c in "\u200c\u200d")
    text = " ".join(text.split())
    if "|" in text or "\t" in text:
        sys.exit(f"separator inside a caption: {text!r}")
    return text


def fold(text):
    return unicodedata.normalize("NFC", text).casefold()


def table(header, rows):
    return ("\n".join("\t".join(row) for row in [header, *rows]) + "\n").encode("utf-8")


def build(out):
    if (Image.__version__, features.version("webp")) != (PILLOW, LIBWEBP):
        print(
            f"note: Pillow {Image.__version__} with libwebp {features.version('webp')}, "
            f"not {PILLOW} with {LIBWEBP}: the atlases will differ in bytes",
            file=sys.stderr,
        )
    with tempfile.TemporaryDirectory() as tmp:
        root = fetch(Path(tmp))
        data = root["emoji-datasource-google"]
        styles = {
            "noto": pictures(data / "img" / "google" / "64", ".png"),
            "twemoji": pictures(root["twemoji-assets"] / "assets" / "72x72", ".png"),
            "fluent": pictures(root["@lobehub/fluent-emoji-3d"] / "assets", ".webp"),
        }
        cldr = root["cldr-annotations-full"]
        names = {language: annotations(cldr, language) for language in LANGUAGES}

        entries = json.loads((data / "emoji.json").read_text("utf-8"))
        entries = [e for e in entries if e["category"] in CATEGORIES and e["has_img_google"]]
        entries.sort(key=lambda e: e["sort_order"])
        concepts = []
        for entry in entries:
            key = ident(entry["unified"])
            missing = [s for s in styles if key not in styles[s]]
            missing += [l for l in LANGUAGES if not names[l].get(key, ("",))[0]]
            if key in NOT_OPEN:
                print(f"left out {key}: {NOT_OPEN[key]}")
            elif missing:
                print(f"left out {key} ({entry['name']}): not in {', '.join(missing)}")
            else:
                concepts.append((key, slug(entry["category"]), slug(entry["subcategory"])))

        files = {}
        for style, found in styles.items():
            files[f"{style}.webp"] = atlas([found[c[0]] for c in concepts])
        files["concepts.tsv"] = table(
            ("id", "group", "subgroup", "name"),
            [(*c, names["en"][c[0]][0]) for c in concepts],
        )
        for language in LANGUAGES:
            rows = [names[language][c[0]] for c in concepts]
            seen = {}
            for (key, *_), (name, _) in zip(concepts, rows):
                if fold(name) in seen:
                    sys.exit(f"{language}: {key} and {seen[fold(name)]} are both named {name!r}")
                seen[fold(name)] = key
            files[f"captions/{language}.tsv"] = table(
                ("name", "keywords"), [(name, "|".join(words)) for name, words in rows]
            )
        files["LICENSE-CLDR.txt"] = (cldr / "LICENSE").read_bytes()
        files["LICENSE-emoji-datasource.txt"] = (data / "LICENSE").read_bytes()

    for name, content in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{len(concepts)} concepts, {len(LANGUAGES)} languages")
    for name, content in files.items():
        print(f"{len(content):>9}  {name}")
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write (default: this one)")
    parser.add_argument("--check", action="store_true", help="rebuild elsewhere, compare with this folder")
    options = parser.parse_args()
    if not options.check:
        build(options.out)
        return
    with tempfile.TemporaryDirectory() as tmp:
        files = build(Path(tmp))
    wrong = [n for n, data in files.items() if not (HERE / n).is_file() or (HERE / n).read_bytes() != data]
    extra = {p.name for p in (HERE / "captions").glob("*")} - {f"{l}.tsv" for l in LANGUAGES}
    if wrong or extra:
        sys.exit(f"different: {', '.join(wrong + sorted(extra))}")
    print("all files are as built")


if __name__ == "__main__":
    main()
