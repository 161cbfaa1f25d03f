//! A table in columns. Cells are wrapped where it would be too wide; if that does not help, each row is a list.

use super::wrap::{Wrap, width};

/// Between columns.
const GAP: &str = "  ";

/// A table, row by row; the first row is its head.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
}

impl Table {
    /// The next cell of the row at hand.
    pub fn cell(&mut self, text: String) {
        self.row.push(text);
    }

    /// Ends the row at hand.
    pub fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// The table in lines of at most `room` columns, if its words allow it.
    pub fn lines(&self, room: usize) -> Vec<String> {
        let Some(widths) = self.widths(room) else {
            return self.lists(room);
        };
        let mut lines = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            // A head without words is none.
            if i == 0 && row.iter().all(String::is_empty) {
                continue;
            }
            row_lines(row, &widths, &mut lines);
            if i == 0 {
                let under: Vec<_> = widths.iter().map(|&w| "-".repeat(w)).collect();
                lines.push(under.join(GAP));
            }
        }
        lines
    }

    /// Each row as its first cell, with the others below it by the names of their columns.
    fn lists(&self, room: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let Some((head, rows)) = self.rows.split_first() else {
            return lines;
        };
        for row in rows {
            for (i, (name, text)) in head.iter().zip(row).enumerate() {
                let (first, rest) = match (i, &**name) {
                    (0, _) => ("- ".into(), "  "),
                    (_, "") => ("  ".into(), "    "),
                    (_, name) => (format!("  {name}: "), "    "),
                };
                let wrap = Wrap {
                    first,
                    rest: rest.into(),
                    width: room,
                };
                lines.extend(wrap.lines(text));
            }
        }
        lines
    }

    /// A width for each column: the widest give way until all fit. `None` if words would have to be broken.
    fn widths(&self, room: usize) -> Option<Vec<usize>> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let of = |measure: fn(&str) -> usize| -> Vec<usize> {
            let column = |i: usize| {
                let cells = self.rows.iter().filter_map(|row| row.get(i));
                cells.map(|cell| measure(cell.as_str())).max().unwrap_or(0)
            };
            (0..columns).map(column).collect()
        };
        let longest_word = |cell: &str| cell.split(' ').map(width).max().unwrap_or(0);
        let (mut widths, least) = (of(width), of(longest_word));
        let room = room.saturating_sub(GAP.len() * columns.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            let wide = (0..columns).filter(|&i| widths[i] > least[i]);
            let widest = wide.max_by_key(|&i| widths[i])?;
            widths[widest] -= 1;
        }
        Some(widths)
    }
}

/// Adds the lines of a row.
fn row_lines(row: &[String], widths: &[usize], lines: &mut Vec<String>) {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, &width)| {
            let wrap = Wrap {
                first: String::new(),
                rest: String::new(),
                width,
            };
            wrap.lines(cell)
        })
        .collect();
    for i in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
        let mut line = String::new();
        for (column, (cell, &wide)) in cells.iter().zip(widths).enumerate() {
            if column > 0 {
                line.push_str(GAP);
            }
            let text = cell.get(i).map_or("", String::as_str);
            line.push_str(text);
            line.push_str(&" ".repeat(wide.saturating_sub(width(text))));
        }
        lines.push(line.trim_end().to_owned());
    }
}
