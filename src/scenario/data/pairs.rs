//! [`Pairs`]: pictures and captions of the user's own, as a scenario names them. Plain data: no file is looked at.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::rules::Rules;
use super::words;
use crate::quantity::{Fraction, ShuffleBuffer};
use crate::scenario::default::{constant, yes};
use crate::scenario::validate::check::Check;

/// Pictures and captions of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pairs {
    /// A table, tar shards or a folder. Of shards several may be meant: `{0000..0009}`, `{a,b}`, `*`, `?`, `[ab]`,
    /// and several patterns with `::` between.
    pub path: String,
    /// What `path` is; by its extension if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<PairsFormat>,
    /// Where a relative `path` starts: the folder of the scenario's file if absent, which fills it in, or else the
    /// working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Where relative paths in a table start; the table's own folder if absent. Relative to `folder` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<String>,
    /// Column or key of a picture's path; a usual name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Column or key of its caption; a usual name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// What captions of class folders are made with; `{}` stands for the folder's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templates: Option<Vec<String>>,
    /// Share of the pairs that training never sees, chosen by what the pictures are called; a tenth if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<Fraction>,
    /// Data of the same form that training never sees, instead of a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out_path: Option<String>,
    /// Whether training pictures are augmented.
    #[serde(default = "yes")]
    pub augment: bool,
    /// So many consecutive pairs of shards are drawn from at a time.
    #[serde(default = "default_buffer")]
    pub shuffle_buffer: ShuffleBuffer,
}

/// How pictures and captions lie on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PairsFormat {
    /// A table with a header, its columns divided by commas.
    Csv,
    /// The same, divided by tabs.
    Tsv,
    /// A JSON object a line.
    Jsonl,
    /// Tar shards of pictures and texts with one name.
    WebDataset,
    /// A folder of folders, each with pictures of what it is called.
    Folders,
}

impl Pairs {
    /// What a path is: as stated, else by its extension. `None` if that says nothing.
    pub fn format_of(&self, path: &str) -> Option<PairsFormat> {
        let by_extension = || {
            let last = path.rsplit("::").next().unwrap_or(path);
            let extension = Path::new(last).extension()?.to_str()?;
            match extension.to_ascii_lowercase().as_str() {
                "csv" => Some(PairsFormat::Csv),
                "tsv" | "tab" => Some(PairsFormat::Tsv),
                "jsonl" | "ndjson" => Some(PairsFormat::Jsonl),
                "tar" => Some(PairsFormat::WebDataset),
                _ => None,
            }
        };
        self.format.or_else(by_extension)
    }

    /// Share that is held out.
    pub fn held_out_share(&self) -> f64 {
        match (&self.held_out_path, self.held_out) {
            (Some(_), _) => 0.0,
            (None, Some(share)) => share.get(),
            (None, None) => 0.1,
        }
    }
}

impl Rules for Pairs {
    fn check(&self, check: &mut Check) {
        let paths = [
            ("path", Some(&self.path)),
            ("held_out_path", self.held_out_path.as_ref()),
        ];
        for (field, path) in paths {
            let Some(path) = path else { continue };
            let place = format!("data.{field}");
            if path.trim().is_empty() {
                check.fault(
                    &place,
                    format!("`{field}` names no file"),
                    "a table, shards or a folder",
                    None,
                );
            } else if self.format_of(path).is_none() {
                let help =
                    "add `format: Csv`, `Tsv`, `Jsonl`, `WebDataset` or `Folders`".to_string();
                let label = "known extensions: .csv .tsv .jsonl .tar";
                check.fault(&place, "cannot tell the format from the name", label, help);
            }
        }
        if let Some(share) = self.held_out {
            let share = share.get();
            if self.held_out_path.is_some() {
                let message = "held-out pairs are given both as a share and as a path";
                check.fault("data.held_out", message, "keep one of them", None);
            } else if share > 0.9 {
                let message = format!("a held-out share of {share} leaves too little to train on");
                check.fault("data.held_out", message, "allowed: 0 to 0.9", None);
            }
        }
        let format = self.format_of(&self.path);
        let columns = [
            ("image", self.image.is_some()),
            ("images", self.images.is_some()),
        ];
        let folders = format == Some(PairsFormat::Folders);
        if folders || format == Some(PairsFormat::WebDataset) {
            for (field, _) in columns.into_iter().filter(|(_, stated)| *stated) {
                let message = format!("`{field}` is for tables: this format has no columns");
                check.fault(&format!("data.{field}"), message, "leave it out", None);
            }
        }
        if folders && self.caption.is_some() {
            let message = "class folders get their captions from the folders' names";
            check.fault(
                "data.caption",
                message,
                "remove it, or use `templates`",
                None,
            );
        }
        if let Some(templates) = &self.templates {
            if !folders && format.is_some() {
                let message = "templates are for class folders only";
                check.fault("data.templates", message, "these pairs have captions", None);
            }
            words::templates(check, templates, "data.templates");
        }
    }

    fn augment(&self) -> bool {
        self.augment
    }

    fn in_files(&self) -> bool {
        true
    }

    fn anchor(&mut self, folder: &Path) {
        // A file that is named without its folder lies in the working directory.
        let here = folder.as_os_str().is_empty();
        let folder = if here { Path::new(".") } else { folder };
        let folder = match &self.folder {
            Some(own) => folder.join(own),
            None => folder.to_path_buf(),
        };
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        self.folder = Some(folder.display().to_string());
    }
}

fn default_buffer() -> ShuffleBuffer {
    constant(ShuffleBuffer::new(10_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Data, bundled, parse};

    fn read(pairs: &str) -> Result<Pairs, String> {
        let text = bundled("clip").unwrap();
        let start = text.find("data: Emoji(").unwrap();
        let end = start + text[start..].find("model:").unwrap();
        let text = format!("{}data: {pairs},\n    {}", &text[..start], &text[end..]);
        let scenario = parse(&text, "own.ron").map_err(|e| e.to_string())?;
        assert_eq!(parse(&scenario.to_ron(), "again").unwrap(), scenario);
        match scenario.data {
            Data::Pairs(pairs) => Ok(pairs),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_extension_says_the_format_unless_it_is_stated() {
        for (path, format) in [
            ("a/photos.csv", Some(PairsFormat::Csv)),
            ("photos.TSV", Some(PairsFormat::Tsv)),
            ("photos.jsonl", Some(PairsFormat::Jsonl)),
            ("a/{0000..0009}.tar", Some(PairsFormat::WebDataset)),
            ("a/*.tar::b/*.tar", Some(PairsFormat::WebDataset)),
        ] {
            let pairs = read(&format!("Pairs(path: {path:?})")).unwrap();
            assert_eq!(pairs.format_of(&pairs.path), format, "{path}");
        }
        let pairs = read("Pairs(path: \"photos\", format: Folders, held_out: 0.25)").unwrap();
        assert_eq!(pairs.format_of("photos"), Some(PairsFormat::Folders));
        assert_eq!(pairs.held_out_share(), 0.25);
        assert!(pairs.augment);
        assert_eq!(pairs.shuffle_buffer.get(), 10_000);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (pairs, message) in [
            ("Pairs(path: \"photos\")", "cannot tell the format"),
            ("Pairs(path: \"\")", "names no file"),
            ("Pairs(path: \"a.csv\", held_out: 1.0)", "leaves too little"),
            (
                "Pairs(path: \"a.csv\", held_out: 0.1, held_out_path: \"b.csv\")",
                "both as a share and as a path",
            ),
            ("Pairs(path: \"a.tar\", image: \"x\")", "has no columns"),
            (
                "Pairs(path: \"a.csv\", templates: [\"a {}\"])",
                "class folders only",
            ),
            (
                "Pairs(path: \"a\", format: Folders, templates: [\"a\"])",
                "lacks `{}`",
            ),
            (
                "Pairs(path: \"a.csv\", shuffle_buffer: 0)",
                "shuffle buffer",
            ),
            (
                "Pairs(path: \"a.csv\", colour: 0)",
                "unknown field `colour`",
            ),
        ] {
            let error = read(pairs).unwrap_err();
            assert!(error.contains(message), "{pairs}: {error}");
        }
    }

    #[test]
    fn paths_start_at_the_scenario_s_folder() {
        let mut pairs = read("Pairs(path: \"a.csv\")").unwrap();
        pairs.anchor(Path::new("/data/lab"));
        assert_eq!(pairs.folder.as_deref(), Some("/data/lab"));
        // Read again from elsewhere, it is the same.
        pairs.anchor(Path::new("/runs/one"));
        assert_eq!(pairs.folder.as_deref(), Some("/data/lab"));
        let mut pairs = read("Pairs(path: \"a.csv\")").unwrap();
        pairs.anchor(Path::new(""));
        let here = std::env::current_dir().unwrap().display().to_string();
        assert_eq!(pairs.folder, Some(here));
        let mut pairs = read("Pairs(path: \"a.csv\", folder: \"photos\")").unwrap();
        pairs.anchor(Path::new("/data/lab"));
        assert_eq!(pairs.folder.as_deref(), Some("/data/lab/photos"));
    }
}
