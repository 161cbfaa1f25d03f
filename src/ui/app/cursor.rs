//! The matrix's cursor.

use super::App;
use crate::ui::action::Direction;
use crate::ui::lens::Lens;

impl App {
    /// Pairs in the largest batch of all lanes.
    fn side(&self) -> usize {
        let shown = (0..self.lanes.len()).filter_map(|lane| self.shown(lane));
        shown.map(|shown| shown.batch()).max().unwrap_or(0)
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

    /// Looks closer at the pairs around the cursor, or takes in more of the batch.
    pub(super) fn look_closer(&mut self, closer: bool) {
        let now = self.regions.lens.or(self.lens).unwrap_or(Lens::Whole);
        let lens = now.moved(closer);
        self.lens = Some(lens);
        self.regions.lens = Some(lens);
        self.say(match lens {
            Lens::Whole => "the matrix: the whole batch",
            Lens::Pairs => "the matrix: the pairs around the cursor",
            Lens::Numbers => "the matrix: few pairs, with their captions and numbers",
        });
    }

    /// Puts the cursor on the rival that beats its pair by most, in the addressed lane.
    pub(super) fn find_worst(&mut self) {
        let lane = self.target.unwrap_or(0);
        let Some(shown) = self.shown(lane) else {
            self.complain("no matrix yet");
            return;
        };
        let Some(cells) = shown.cells() else {
            self.complain("for this step only means of pairs are kept");
            return;
        };
        let (side, cosines) = (cells.pairs(), cells.all());
        let rivals = (0..cosines.len()).filter(|cell| cell / side != cell % side);
        let lead = |cell: &usize| cosines[*cell] - cosines[cell / side * (side + 1)];
        let worst = rivals
            .filter(|cell| lead(cell).is_finite())
            .max_by(|a, b| lead(a).total_cmp(&lead(b)));
        let Some(cell) = worst else {
            self.complain("a batch of one has no mismatches");
            return;
        };
        let place = (cell / side, cell % side);
        let name = &self.lanes[lane].lane;
        let (picture, caption, lead) = (place.0 + 1, place.1 + 1, lead(&cell));
        let text = if lead > 0.0 {
            format!("{name}: image {picture} prefers caption {caption} to its own by {lead:.3}")
        } else {
            format!(
                "{name}: every image prefers its own caption; image {picture} has the smallest lead, {:.3}",
                -lead
            )
        };
        self.cursor = place;
        self.say(text);
    }
}
