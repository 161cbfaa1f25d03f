//! Which files a pattern of shards means: `{0000..0009}` and `{a,b}` as the shell and WebDataset read them, `*`,
//! `?` and `[ab]`, and several patterns with `::` between.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Most shards of one set; more are a mistake in the pattern.
const MOST: usize = 100_000;

/// The files, in the order of the pattern: those of a bracket in its order, those of a `*` by name. What a plain
/// name means need not exist.
///
/// # Errors
/// [`Error::Data`] if there are too many, or a `*` finds nothing.
pub fn files(pattern: &str, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for part in pattern.split("::") {
        for name in expand(part)? {
            if name.contains(['*', '?', '[']) {
                // The folder is a name, whatever stands in it.
                let escaped = glob::Pattern::escape(&folder.display().to_string());
                let whole = Path::new(&escaped).join(&name).display().to_string();
                let found = glob::glob(&whole)
                    .map_err(|e| Error::Data(format!("invalid pattern `{name}`: {e}")))?;
                let before = files.len();
                files.extend(found.filter_map(Result::ok).take(MOST + 1));
                if files.len() == before {
                    return Err(Error::Data(format!(
                        "no file matches `{name}` in {}",
                        folder.display()
                    )));
                }
            } else {
                files.push(folder.join(&name));
            }
            if files.len() > MOST {
                return Err(too_many(pattern));
            }
        }
    }
    Ok(files)
}

/// The names that the braces of a pattern mean.
///
/// # Errors
/// [`Error::Data`] if they are too many.
fn expand(pattern: &str) -> Result<Vec<String>> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, inside, after)) = first_group(rest) {
        let choices = choices(inside)?;
        let choices = choices.unwrap_or_else(|| vec![format!("{{{inside}}}")]);
        if names.len().saturating_mul(choices.len()) > MOST {
            return Err(too_many(pattern));
        }
        names = names
            .iter()
            .flat_map(|name| {
                choices
                    .iter()
                    .map(move |choice| format!("{name}{before}{choice}"))
            })
            .collect();
        rest = after;
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// What stands before, in and after the first group of braces that is closed.
fn first_group(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('{')?;
    let mut depth = 0;
    for (at, c) in text[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let close = open + at;
            return Some((&text[..open], &text[open + 1..close], &text[close + 1..]));
        }
    }
    None
}

/// What a group stands for; `None` if it is no group, as `{}` and `{a}`.
fn choices(inside: &str) -> Result<Option<Vec<String>>> {
    let parts = top_level(inside);
    if parts.len() > 1 {
        let mut all = Vec::new();
        for part in parts {
            all.extend(expand(part)?);
            if all.len() > MOST {
                return Err(too_many(inside));
            }
        }
        return Ok(Some(all));
    }
    let Some((from, to)) = inside.split_once("..") else {
        return Ok(None);
    };
    let (to, stride) = to.split_once("..").unwrap_or((to, "1"));
    let number = |text: &str| text.parse::<i64>().ok();
    let (Some(first), Some(last), Some(stride)) = (number(from), number(to), number(stride)) else {
        return Ok(None);
    };
    let stride = stride.unsigned_abs().max(1);
    let count = first.abs_diff(last) / stride;
    if count >= MOST as u64 {
        return Err(too_many(inside));
    }
    // With a zero before any of them, all are as wide as the widest.
    let padded = |text: &str| text.trim_start_matches('-').starts_with('0') && text.len() > 1;
    let width = if padded(from) || padded(to) {
        from.len().max(to.len())
    } else {
        0
    };
    let one = |i: u64| {
        let way = (i * stride) as i64;
        let value = if last >= first {
            first + way
        } else {
            first - way
        };
        format!("{value:0width$}")
    };
    Ok(Some((0..=count).map(one).collect()))
}

/// Splits at the commas that stand in no inner braces.
fn top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn too_many(pattern: &str) -> Error {
    Error::Data(format!(
        "`{pattern}` matches more than {MOST} files\n  that is more than one set can have"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str) -> Vec<String> {
        expand(pattern).unwrap()
    }

    #[test]
    fn braces_mean_what_they_mean_to_the_shell() {
        // From Python's braceexpand and bash.
        assert_eq!(
            all("a{0008..0011}.tar"),
            ["a0008.tar", "a0009.tar", "a0010.tar", "a0011.tar"]
        );
        assert_eq!(all("{3..1}"), ["3", "2", "1"]);
        assert_eq!(all("{1..10..4}"), ["1", "5", "9"]);
        assert_eq!(all("{-1..1}"), ["-1", "0", "1"]);
        assert_eq!(all("{a,b}{0..1}"), ["a0", "a1", "b0", "b1"]);
        assert_eq!(all("x{a,b{1..2},}"), ["xa", "xb1", "xb2", "x"]);
        for plain in ["a.tar", "a{}.tar", "{a}", "a{b", "a}b", "{a..}"] {
            assert_eq!(all(plain), [plain]);
        }
    }

    #[test]
    fn a_million_combinations_are_refused_before_they_are_made() {
        for pattern in [
            "{0..999999}",
            "{0..9}{0..9}{0..9}{0..9}{0..9}{0..9}",
            "{0..9223372036854775807}",
            "{-9223372036854775808..9223372036854775807}",
            "{a,{0..60000},{0..60000}}",
        ] {
            let error = expand(pattern).unwrap_err().to_string();
            assert!(error.contains("more than 100000"), "{error}");
        }
    }

    #[test]
    fn stars_find_files_by_name_and_a_plain_name_need_not_exist() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("a[1]{2}");
        std::fs::create_dir(&folder).unwrap();
        for name in ["b.tar", "a.tar", "c.txt"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let names = |pattern| -> Vec<String> {
            let found = files(pattern, &folder).unwrap();
            let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
            found.iter().map(name).collect()
        };
        assert_eq!(names("*.tar"), ["a.tar", "b.tar"]);
        assert_eq!(names("x{1..2}.tar::?.txt"), ["x1.tar", "x2.tar", "c.txt"]);
        assert!(files("*.jpg", &folder).is_err());
        assert!(files("[", &folder).is_err());
    }
}
