//! The matrix: what it shows, and where its cursor stands.

use super::App;
use crate::ui::action::Direction;

/// What the matrix shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Cosines.
    Cosine,
    /// Cosines over tau, plus the bias.
    Logit,
    /// What the loss makes of the logits: a softmax along each row, or a sigmoid of each cell.
    Probability,
    /// How the loss pulls at each logit: its derivative.
    Gradient,
}

/// What the matrix's colours span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// The lane's own values: untrained lanes lie far apart, and one scale would show neither.
    Own,
    /// The values of all lanes: the same colour is the same number.
    Shared,
    /// -1 to 1 for cosines, 0 to 1 for probabilities.
    Fixed,
}

impl Quantity {
    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Logit => "logit",
            Self::Probability => "probability",
            Self::Gradient => "gradient",
        }
    }

    pub(super) const fn next(self) -> Self {
        match self {
            Self::Cosine => Self::Logit,
            Self::Logit => Self::Probability,
            Self::Probability => Self::Gradient,
            Self::Gradient => Self::Cosine,
        }
    }
}

impl Range {
    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shared => "one scale",
            Self::Own => "own scale",
            Self::Fixed => "fixed scale",
        }
    }

    pub(super) const fn next(self) -> Self {
        match self {
            Self::Own => Self::Shared,
            Self::Shared => Self::Fixed,
            Self::Fixed => Self::Own,
        }
    }
}

impl App {
    /// The largest matrix of all lanes.
    fn side(&self) -> usize {
        self.lanes
            .iter()
            .filter_map(|lane| lane.matrix.as_ref())
            .map(|m| m.side)
            .max()
            .unwrap_or(0)
    }

    pub(super) fn move_cursor(&mut self, direction: Direction, by: usize) {
        let last = self.side().saturating_sub(1);
        let (row, column) = &mut self.cursor;
        match direction {
            Direction::Left => *column = column.saturating_sub(by),
            Direction::Right => *column += by,
            Direction::Up => *row = row.saturating_sub(by),
            Direction::Down => *row += by,
        }
        *row = (*row).min(last);
        *column = (*column).min(last);
    }

    /// Puts the cursor on the rival that beats its pair by most, in the addressed lane.
    pub(super) fn find_worst(&mut self) {
        let lane = self.target.unwrap_or(0);
        let Some(matrix) = self.shown(lane).map(|shown| shown.matrix) else {
            self.complain("there is no matrix yet");
            return;
        };
        let side = matrix.side;
        let rivals = (0..side * side).filter(|cell| cell / side != cell % side);
        let lead = |cell: &usize| matrix.cosines[*cell] - matrix.cosines[cell / side * (side + 1)];
        let worst = rivals
            .filter(|cell| lead(cell).is_finite())
            .max_by(|a, b| lead(a).total_cmp(&lead(b)));
        let Some(cell) = worst else {
            self.complain("a batch of one has no rivals");
            return;
        };
        self.cursor = (cell / side, cell % side);
        let name = &self.lanes[lane].lane;
        let (picture, caption, lead) = (cell / side + 1, cell % side + 1, lead(&cell));
        self.say(if lead > 0.0 {
            format!("{name}: picture {picture} prefers caption {caption} to its own by {lead:.3}")
        } else {
            format!("{name}: every picture prefers its own caption; picture {picture} is nearest to another, by {:.3}", -lead)
        });
    }
}
