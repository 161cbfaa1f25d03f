//! What the panels of evaluations have in common.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::Screen;
use crate::quantity;
use crate::telemetry::Share;

/// How far an evaluation is, or of which step the findings are.
pub fn note(screen: &Screen, step: Option<u64>) -> Line<'static> {
    let busy = screen.app.lanes.iter().filter_map(|lane| lane.evaluating);
    if let Some(share) = busy.reduce(f64::max) {
        let text = format!(" evaluating {:.0} % ", share * 100.0);
        return Line::styled(text, screen.theme.accent());
    }
    let text = step.map_or_else(String::new, |step| format!(" step {step} "));
    Line::styled(text, screen.theme.muted())
}

/// The first of the lanes that fit side by side, each at least so wide, the addressed one among them; and how many.
pub fn fitting(screen: &Screen, area: Rect, narrow: u16) -> (usize, usize) {
    let lanes = screen.app.lanes.len();
    let fit = usize::from(area.width / narrow).clamp(1, lanes.max(1));
    let addressed = screen.app.target.unwrap_or(0);
    let first = addressed.saturating_sub(fit - 1);
    (first.min(lanes.saturating_sub(fit)), fit)
}

/// Places side by side for as many lanes as fit, the addressed one among them.
pub fn places(screen: &Screen, area: Rect, narrow: u16) -> Vec<(Rect, usize)> {
    let lanes = screen.app.lanes.len();
    let (first, fit) = fitting(screen, area, narrow);
    let columns = Layout::horizontal(vec![Constraint::Fill(1); fit])
        .spacing(2)
        .split(area);
    columns.iter().copied().zip(first..lanes).collect()
}

/// A share in per cent, or a dash.
pub fn percent(share: Share) -> String {
    if share.of == 0 {
        "-".into()
    } else {
        quantity::percent(share.value())
    }
}
