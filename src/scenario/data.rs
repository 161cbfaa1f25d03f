//! [`Data`]: which data set a scenario means, a file each, with its rules. Plain data: no picture is looked at.

mod emoji;
mod pairs;
mod rules;
mod shapes;
mod words;

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::validate::check::Check;
use rules::Rules;

pub use emoji::{Captions, EMOJI_LANGUAGES, Emoji, Style};
pub use pairs::{Pairs, PairsFormat};
pub use shapes::{SHAPES_LANGUAGES, Shapes};

/// Where pictures and captions come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Data {
    /// The embedded emoji set.
    Emoji(Emoji),
    /// Scenes of shapes drawn by rule.
    Shapes(Shapes),
    /// Pictures and captions of the user's own.
    Pairs(Pairs),
}

impl Data {
    fn rules(&self) -> &dyn Rules {
        match self {
            Self::Emoji(set) => set,
            Self::Shapes(set) => set,
            Self::Pairs(set) => set,
        }
    }

    fn rules_mut(&mut self) -> &mut dyn Rules {
        match self {
            Self::Emoji(set) => set,
            Self::Shapes(set) => set,
            Self::Pairs(set) => set,
        }
    }

    /// Blames what does not fit together.
    pub(super) fn check(&self, check: &mut Check) {
        self.rules().check(check);
    }

    /// Lets relative paths start at `folder`, the one of the scenario's file.
    pub(super) fn anchor(&mut self, folder: &Path) {
        self.rules_mut().anchor(folder);
    }

    /// Whether training pictures are augmented, until a control says otherwise.
    pub fn augment(&self) -> bool {
        self.rules().augment()
    }

    /// Whether the set lies in files of the user's own.
    pub fn in_files(&self) -> bool {
        self.rules().in_files()
    }
}
