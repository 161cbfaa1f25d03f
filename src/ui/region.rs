//! [`Regions`]: what lies where on the screen, so that the mouse finds it. Written by the view,
//! read by the app.

use ratatui::layout::{Position, Rect};

use super::action::Action;
use super::lens::Lens;
use super::panel::Panel;
use crate::control::Dial;

/// What the mouse can meet.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A panel.
    Panel(Panel),
    /// A dial of a lane, or of all lanes.
    Dial(Dial, Option<usize>),
    /// A lane's name in the control strip, or the line for all lanes.
    Lane(Option<usize>),
    /// Something that acts as a key does.
    Act(Action),
    /// A row of a list.
    Row(usize),
    /// A matrix; how it lies in its area.
    Matrix(MatrixMap),
    /// Single pairs of a matrix; how they lie in their area.
    Cells(CellMap),
    /// A chart; which steps lie along its area.
    Chart(ChartMap),
}

/// Which steps lie along the width of an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChartMap {
    /// The panel.
    pub panel: Panel,
    /// The first and the last step.
    pub steps: (f64, f64),
    /// Whether they are spaced by their logarithms.
    pub log: bool,
}

/// How a matrix's cells lie in an area of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatrixMap {
    /// Cells a side.
    pub side: usize,
    /// Pairs in each matrix cell's side: more than one where the matrix was pooled before it came here.
    pub each: usize,
    /// Matrix cells in each drawn pixel's side.
    pub pool: usize,
    /// Pixels a side of each (pooled) cell; 1 where `pool > 1`.
    pub grow: usize,
    /// Screen cells across one pixel.
    pub across: u16,
    /// Pixels in the height of one screen cell.
    pub stacked: u16,
}

impl MatrixMap {
    /// The first pair (row, column) at a position relative to the matrix's corner.
    pub fn cell_at(&self, x: u16, y: u16) -> (usize, usize) {
        let place = |pixel: usize| {
            let cell = (pixel / self.grow * self.pool).min(self.side.saturating_sub(1));
            cell * self.each
        };
        (
            place(usize::from(y * self.stacked)),
            place(usize::from(x / self.across.max(1))),
        )
    }
}

/// How single pairs lie in an area of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellMap {
    /// Row and column of the pair in the corner.
    pub first: (usize, usize),
    /// Screen cells across and down one pair.
    pub cell: (u16, u16),
}

impl CellMap {
    /// The pair (row, column) at a position relative to the corner.
    pub fn cell_at(&self, x: u16, y: u16) -> (usize, usize) {
        let (across, down) = self.cell;
        (
            self.first.0 + usize::from(y / down.max(1)),
            self.first.1 + usize::from(x / across.max(1)),
        )
    }
}

/// What lies where; later entries lie on top.
#[derive(Clone, Debug, Default)]
pub struct Regions {
    all: Vec<(Rect, Target)>,
    /// How far what is read above the screen can be scrolled: the last place that shows something new.
    pub scroll_end: usize,
    /// Lines of it that hold what is to be found.
    pub found: Vec<usize>,
    /// Lines of it that are in sight: a page.
    pub scroll_rows: usize,
    /// How close the matrix is shown.
    pub lens: Option<Lens>,
}

impl Regions {
    /// Notes that `target` lies in `area`.
    pub fn add(&mut self, area: Rect, target: Target) {
        self.all.push((area, target));
    }

    /// Notes how much of what is read is in sight. Returns the first line in sight of those that were scrolled to.
    pub fn read(&mut self, lines: usize, rows: usize, scroll: usize) -> usize {
        self.scroll_rows = rows;
        self.scroll_end = lines.saturating_sub(rows);
        scroll.min(self.scroll_end)
    }

    /// Forgets everything: what lies below an overlay cannot be clicked.
    pub fn clear(&mut self) {
        self.all.clear();
    }

    /// What lies on top at this cell, and its area.
    pub fn at(&self, x: u16, y: u16) -> Option<(Rect, &Target)> {
        let here = Position::new(x, y);
        self.all
            .iter()
            .rev()
            .find(|(area, _)| area.contains(here))
            .map(|(area, target)| (*area, target))
    }

    /// All targets with their areas, in drawing order.
    pub fn iter(&self) -> impl Iterator<Item = &(Rect, Target)> {
        self.all.iter()
    }
}
