//! Sets of prompt templates: sentences with a place, `{}`, for the name of a class.

use std::path::Path;

use crate::error::{Error, Result};

/// A set of templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates {
    /// What it is called in tables.
    pub name: String,
    /// Each holds `{}`; never empty.
    pub list: Vec<String>,
}

const BUNDLED: [(&str, &str); 4] = [
    ("bare", "{}"),
    ("one", include_str!("../../assets/templates/one.txt")),
    ("clip-7", include_str!("../../assets/templates/clip-7.txt")),
    ("lab-88", include_str!("../../assets/templates/lab-88.txt")),
];

impl Templates {
    /// The names of the bundled sets: the bare name, one sentence, the seven of CLIP's notebook on prompts, and an
    /// ensemble of 88 for drawings (CLIP's own for `ImageNet` has 80).
    pub const NAMES: [&'static str; 4] = ["bare", "one", "clip-7", "lab-88"];

    /// All bundled sets, the smallest first.
    pub fn bundled() -> Vec<Self> {
        BUNDLED
            .iter()
            .map(|(name, text)| Self {
                name: (*name).into(),
                list: lines(text).map(|(_, line)| line.into()).collect(),
            })
            .collect()
    }

    /// The bare name.
    pub fn bare() -> Self {
        Self {
            name: "bare".into(),
            list: vec!["{}".into()],
        }
    }

    /// Whether it says the name and nothing else.
    pub fn is_bare(&self) -> bool {
        self.list == ["{}"]
    }

    /// The bare name, each of these templates by itself, and all of them together.
    pub fn each_and_all(templates: &[String]) -> Vec<Self> {
        let set = |name: &str, list: &[String]| Self {
            name: name.into(),
            list: list.to_vec(),
        };
        let mut sets = vec![Self::bare()];
        sets.extend(
            templates
                .iter()
                .map(|template| set(template, std::slice::from_ref(template))),
        );
        if templates.len() > 1 {
            sets.push(set("all of them", templates));
        }
        sets
    }

    /// A bundled set, or a user's own: a file with a template a line, `{}` for the name, `#` for remarks.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is neither; [`Error::Data`] that names the line which has no place for a name.
    pub fn find(name: &str) -> Result<Self> {
        // Its name once said the number of CLIP's own ensemble.
        let bundled = if name == "lab-80" { "lab-88" } else { name };
        if let Some(set) = Self::bundled().into_iter().find(|set| set.name == bundled) {
            return Ok(set);
        }
        let path = Path::new(name);
        if !path.is_file() {
            return Err(Error::Usage(format!(
                "no templates called `{name}`\n  \
                 bundled: {}; or name a file with one template per line, such as `a photo of a {{}}`",
                Self::NAMES.join(", ")
            )));
        }
        let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
        let wrong = |what: &str| Error::Data(format!("{}: {what}", path.display()));
        if let Some((number, line)) = lines(&text).find(|(_, line)| !line.contains("{}")) {
            return Err(wrong(&format!(
                "line {number}, `{line}`, lacks `{{}}`\n  write {{}} where the class name goes"
            )));
        }
        let list: Vec<String> = lines(&text).map(|(_, line)| line.into()).collect();
        if list.is_empty() {
            return Err(wrong(
                "the file has no templates\n  write one per line, such as `a photo of a {}`",
            ));
        }
        let name = path
            .file_stem()
            .map_or(name.into(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self { name, list })
    }

    /// Every template with every word.
    pub fn prompts<'a>(&'a self, words: &'a [String]) -> impl Iterator<Item = String> + 'a {
        self.list
            .iter()
            .flat_map(move |template| words.iter().map(|word| template.replace("{}", word)))
    }
}

/// Lines that are neither empty nor remarks, numbered from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn bundled_sets_have_places_for_names_and_no_repeats() {
        let sets = Templates::bundled();
        assert_eq!(
            sets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
            Templates::NAMES
        );
        for set in &sets {
            assert!(set.list.iter().all(|t| t.contains("{}")), "{}", set.name);
            assert_eq!(
                set.list.iter().collect::<HashSet<_>>().len(),
                set.list.len()
            );
        }
        assert_eq!(
            (sets[0].list.len(), sets[1].list.len(), sets[2].list.len()),
            (1, 1, 7)
        );
        assert_eq!(sets[3].list.len(), 88);
        assert_eq!(Templates::find("lab-80").unwrap(), sets[3]);
    }

    #[test]
    fn a_file_of_ones_own_is_read_and_its_faults_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| {
            let path = folder.path().join("mine.txt");
            std::fs::write(&path, text).unwrap();
            Templates::find(path.to_str().unwrap())
        };
        let mine = write("# my own\n\n  a {} of mine\nthe {}\n").unwrap();
        assert_eq!((mine.name.as_str(), mine.list.len()), ("mine", 2));
        let words = ["cat".to_owned(), "kitten".to_owned()];
        let prompts: Vec<String> = mine.prompts(&words).collect();
        assert_eq!(
            prompts,
            ["a cat of mine", "a kitten of mine", "the cat", "the kitten"]
        );
        let fault = write("a {}\na cat\n").unwrap_err().to_string();
        assert!(fault.contains("line 2, `a cat`"), "{fault}");
        assert!(
            write("# nothing\n")
                .unwrap_err()
                .to_string()
                .contains("the file has no templates")
        );
        let unknown = Templates::find("clip-8").unwrap_err();
        assert_eq!(unknown.exit_code(), 2);
        assert!(unknown.to_string().contains("clip-7"));
    }
}
