//! The matrix's cursor.

use super::App;
use crate::ui::action::Direction;

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

    /// Puts the cursor on the first pair, or the last.
    pub(super) fn go_to_pair(&mut self, last: bool) {
        let place = if last {
            self.side().saturating_sub(1)
        } else {
            0
        };
        self.cursor = (place, place);
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
