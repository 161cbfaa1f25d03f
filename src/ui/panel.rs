//! The table of panels, a row each, and below it a file for each: what draws it (`render`) and what
//! explains it (`explain`). To add a panel, add its name to `scenario::Panel`, a row here with its
//! `mod` line, and its file.
//!
//! The rest of the screen reads the rows: keys, help and palette, focus and layout, what lanes are to
//! work out. The table names no file to anybody but those who draw and explain, so that the files may
//! know the whole screen.

pub(super) mod calibration;
pub(super) mod geometry;
pub(super) mod gradient;
pub(super) mod hand;
pub(super) mod landscape;
pub(super) mod languages;
pub(super) mod loss;
pub(super) mod matrix;
pub(super) mod pictures;
pub(super) mod query;
pub(super) mod retrieval;
pub(super) mod traces;
pub(super) mod transfer;
pub(super) mod zero_shot;

use serde::{Deserialize, Serialize};

use super::action::{Context, Key};
use super::chart::Chart;
use crate::lab::Attention;

pub use crate::scenario::Panel;

/// What is known of a panel besides its file.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is called in the help and the palette.
    pub name: &'static str,
    /// What its key does, in a line.
    pub about: &'static str,
    /// What one sees there, in a line.
    pub explains: &'static str,
    /// The keys that lead to it.
    pub keys: &'static [Key],
    /// The page that it belongs to.
    pub page: Page,
    /// Where it lies when all panels are shown.
    pub place: Place,
    /// What lanes work out while it is looked at.
    pub needs: Attention,
    /// What arrows, Enter and the keys of its own do in it.
    pub inside: Context,
    /// The chart that the keys of charts change while it is looked at.
    pub chart: Chart,
}

/// A set of panels that are looked at together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Page {
    /// Training as it goes on.
    #[default]
    Train,
    /// The loss of one batch, taken apart.
    Loss,
    /// What the model is good for.
    Use,
    /// What goes on within the towers.
    Inside,
    /// Many runs.
    Study,
}

impl Page {
    /// The pages that have panels, in the order of their digits.
    pub const SHOWN: [Self; 3] = [Self::Train, Self::Loss, Self::Use];

    /// Its name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "Train",
            Self::Loss => "Loss",
            Self::Use => "Use",
            Self::Inside => "Inside",
            Self::Study => "Study",
        }
    }

    /// Its name among the actions.
    pub const fn row_name(self) -> &'static str {
        match self {
            Self::Train => "train page",
            Self::Loss => "loss page",
            Self::Use => "use page",
            Self::Inside => "inside page",
            Self::Study => "study page",
        }
    }

    /// What one finds there, in a line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Train => "Watch training: the loss, held-out retrieval, the matrix.",
            Self::Loss => "Take the loss of one batch apart: landscape, gradient, by hand.",
            Self::Use => "See what the model is good for: zero-shot, nearest, languages ...",
            Self::Inside => "Look inside the towers.",
            Self::Study => "Compare many runs.",
        }
    }

    /// Its digit.
    pub const fn keys(self) -> &'static [Key] {
        match self {
            Self::Train => const { &[c('1')] },
            Self::Loss => const { &[c('2')] },
            Self::Use => const { &[c('3')] },
            Self::Inside => const { &[c('4')] },
            Self::Study => const { &[c('5')] },
        }
    }

    /// Its panels, in the order of their rows.
    pub fn panels(self) -> impl Iterator<Item = Panel> {
        let here = move |panel: &Panel| panel.row().page == self;
        Panel::ALL.into_iter().filter(here)
    }
}

/// A place on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the row of curves and scores.
    Top,
    /// Where the matrices are.
    Maps,
    /// Beside them: the pictures, or the panel that was asked for in their place.
    Beside,
}

impl Row {
    /// A panel beside the matrices that needs no more than the batch.
    const fn new(
        page: Page,
        name: &'static str,
        about: &'static str,
        explains: &'static str,
    ) -> Self {
        Self {
            name,
            about,
            explains,
            keys: &[],
            page,
            place: Place::Beside,
            needs: Attention::Batch,
            inside: Context::Charts,
            chart: Chart::Loss,
        }
    }

    const fn keys(self, keys: &'static [Key]) -> Self {
        Self { keys, ..self }
    }

    const fn place(self, place: Place) -> Self {
        Self { place, ..self }
    }

    const fn needs(self, needs: Attention) -> Self {
        Self { needs, ..self }
    }

    const fn inside(self, inside: Context) -> Self {
        Self { inside, ..self }
    }

    const fn chart(self, chart: Chart) -> Self {
        Self { chart, ..self }
    }
}

const fn c(c: char) -> Key {
    Key::char(c)
}

/// Gives the rows to the macro `$then`: name, file, and what is known besides, in the order in which
/// the help shows them.
macro_rules! panels {
    ($then:ident) => {
        $then! {
            Loss in loss: Row::new(
                Page::Train,
                "curve",
                "Look at the loss curves.",
                "loss by step, smoothed, with raw values behind it; a guess costs InfoNCE ln N",
            ).keys(&[c('c')]).place(Place::Top);

            Traces in traces: Row::new(
                Page::Train,
                "traces",
                "Look at tau, bias, gradient norm and batch accuracy.",
                "values by step: tau, the bias, the gradient norm, batch accuracy",
            ).keys(&[c('v')]).place(Place::Top).chart(Chart::Traces);

            Retrieval in retrieval: Row::new(
                Page::Train,
                "held out",
                "Look at retrieval on held-out images.",
                "held-out images against all names: R@k is the share whose own name is among the k nearest",
            ).place(Place::Top).chart(Chart::HeldOut);

            Matrix in matrix: Row::new(
                Page::Train,
                "matrix",
                "Look at the similarity matrix; arrows move its cursor.",
                "every image (rows) against every caption (columns) of one batch; matches are on the diagonal",
            ).keys(&[c('m')]).place(Place::Maps).inside(Context::Matrix);

            Pictures in pictures: Row::new(
                Page::Train,
                "pictures",
                "Look at the images and captions of the batch.",
                "the first pairs of the batch, as the towers see them",
            ).keys(&[c('p')]);

            Landscape in landscape: Row::new(
                Page::Loss,
                "landscape",
                "Look at the loss of this batch at other tau and bias; Enter goes there.",
                "the loss of this batch at other tau and b, darker is lower; arrows move, Enter goes there",
            ).needs(Attention::Landscape).inside(Context::Landscape);

            Gradient in gradient: Row::new(
                Page::Loss,
                "gradient",
                "Look at how the loss pushes an image from its negatives.",
                "the push on each negative of one image: the softmax shares one push out, the sigmoid judges each \
                 by itself",
            ).inside(Context::Matrix);

            Hand in hand: Row::new(
                Page::Loss,
                "by hand",
                "Work the losses out by hand, for up to eight pairs.",
                "the loss of a small batch, step by step: arrows choose a number, Enter types it",
            ).inside(Context::Hand);

            ZeroShot in zero_shot: Row::new(
                Page::Use,
                "zero-shot",
                "Look at zero-shot classification, with sets of templates.",
                "images classified by class names in templates; Enter evaluates, arrows choose property and \
                 templates",
            ).inside(Context::Findings);

            Geometry in geometry: Row::new(
                Page::Use,
                "space",
                "Look at the space of features: map, gap, alignment, uniformity.",
                "features of the images and captions of the batch: on their two main axes, and in numbers",
            ).needs(Attention::Geometry).inside(Context::Findings);

            Transfer in transfer: Row::new(
                Page::Use,
                "three regimes",
                "Look at zero-shot, probe and fine-tuning, in domain and under transfer.",
                "zero-shot, linear probe and fine-tuning, in trained styles and in the held-out one; Enter \
                 evaluates",
            ).inside(Context::Findings);

            Languages in languages: Row::new(
                Page::Use,
                "languages",
                "Look at retrieval by the names of each language.",
                "retrieval by the names of each language, also of held-out ones; Enter evaluates",
            ).inside(Context::Findings);

            Query in query: Row::new(
                Page::Use,
                "nearest",
                "Look at the nearest images and names to a caption or an image.",
                "/ types a caption and shows its nearest held-out images; Enter on an image shows its nearest \
                 names",
            ).inside(Context::Query);

            Calibration in calibration: Row::new(
                Page::Use,
                "calibration",
                "Look at how well probabilities match accuracy.",
                "probability of each image's best caption, against how often it is its own",
            );
        }
    };
}
pub(crate) use panels;

macro_rules! table {
    ($($panel:ident in $file:ident: $row:expr;)*) => {
        impl Panel {
            /// All panels, in the order of their rows.
            pub const ALL: [Self; [$(Self::$panel),*].len()] = [$(Self::$panel),*];

            /// What is known of it.
            pub const fn row(self) -> &'static Row {
                match self {
                    $(Self::$panel => {
                        const ROW: Row = $row;
                        &ROW
                    })*
                }
            }
        }
    };
}
panels!(table);

impl Panel {
    /// Whether it is shown in place of the pictures.
    pub fn takes_the_pictures_place(self) -> bool {
        self.row().place == Place::Beside && self != Self::Pictures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_what_its_panel_is() {
        for panel in Panel::ALL {
            let row = panel.row();
            assert!(
                !row.name.is_empty() && !row.explains.is_empty(),
                "{panel:?}"
            );
            assert!(row.about.ends_with('.'), "{panel:?}: a sentence");
            let others = Panel::ALL.into_iter().filter(|other| *other != panel);
            let same = |other: &Panel| other.row().name == row.name;
            assert_eq!(others.into_iter().find(same), None, "{panel:?}");
        }
    }

    #[test]
    fn every_page_that_is_shown_has_panels_and_every_panel_a_page() {
        for page in Page::SHOWN {
            assert!(page.panels().next().is_some(), "{page:?}");
            assert!(page.about().ends_with('.'), "{page:?}: a sentence");
        }
        for panel in Panel::ALL {
            assert!(Page::SHOWN.contains(&panel.row().page), "{panel:?}");
        }
    }

    #[test]
    fn lessons_may_hide_every_panel_but_the_loss() {
        for panel in Panel::ALL {
            let name = format!("{panel:?}");
            let read = ron::from_str::<Panel>(&name).ok();
            let wanted = (panel != Panel::Loss).then_some(panel);
            assert_eq!(read, wanted, "{name}");
        }
    }
}
