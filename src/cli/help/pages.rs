//! [`PAGES`]: the pages of the book inside the program. `docs/SUMMARY.md` has the same list.

use std::borrow::Cow;

use clap::Command;

use crate::cli::man::book;
use crate::error::Result;

/// A page of the book.
pub struct Page {
    /// Its path below `docs`.
    pub path: &'static str,
    /// Its text, if it is not made from the program's tables.
    kept: Option<&'static str>,
}

macro_rules! pages {
    ($($group:ident: [$($path:literal),+ $(,)?])+) => {
        &[$($(pages!($group $path),)+)+]
    };
    (kept $path:literal) => {
        Page { path: $path, kept: Some(include_str!(concat!("../../../docs/", $path))) }
    };
    (made $path:literal) => {
        Page { path: $path, kept: None }
    };
}

/// All pages, in the book's order.
pub const PAGES: &[Page] = pages! {
    kept: [
        "guide/five-minutes.md",
        "guide/screen.md",
        "guide/pages.md",
        "guide/dials.md",
        "guide/curves.md",
        "guide/matrix.md",
        "guide/comparing.md",
        "guide/sharing.md",
        "guide/questions.md",
        "exercises.md",
        "use/scenario-files.md",
        "use/own-data.md",
        "use/own-images.md",
        "use/checkpoints.md",
        "use/evaluation.md",
        "use/run-folders.md",
        "use/large-batches.md",
        "use/set-up.md",
    ]
    made: [
        "reference/bundled.md",
        "reference/dial-list.md",
        "reference/keys.md",
        "reference/command-line.md",
    ]
    kept: [
        "results.md",
        "performance.md",
        "how-it-is-built.md",
    ]
};

impl Page {
    /// What `clip-lab help` calls it: the name of its file.
    pub fn topic(&self) -> &'static str {
        let file = self.file();
        file.strip_suffix(".md").unwrap_or(file)
    }

    fn file(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Its text, in Markdown.
    pub fn text(&self, root: &Command) -> Result<Cow<'static, str>> {
        if let Some(text) = self.kept {
            return Ok(text.into());
        }
        let made = book::PAGES.iter().find(|(name, _)| *name == self.file());
        made.map_or(Ok("".into()), |(_, make)| make(root).map(Cow::from))
    }

    /// Its first heading.
    pub fn title(&self, root: &Command) -> Result<String> {
        let text = self.text(root)?;
        let heading = text.lines().find_map(|line| line.strip_prefix("# "));
        Ok(heading.unwrap_or_else(|| self.topic()).to_owned())
    }
}
