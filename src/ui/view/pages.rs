//! How a page lies on the screen: the first has its curves on the left and the matrix on the right; the
//! others show the panel in hand, with the names of the rest above it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::layout::panel;
use super::{Screen, frame};
use crate::lab::Attention;
use crate::ui::panel::{Page, Panel, Place};
use crate::ui::region::Target;

/// Columns from which the panel in hand has others beside it.
const WIDE: u16 = 160;

/// Rows from which the matrix has the pair under its cursor below it.
const READABLE: u16 = 26;

/// Draws the page that is shown.
pub fn page(frame: &mut Frame, body: Rect, screen: &mut Screen) {
    if screen.app.page == Page::Train {
        train(frame, body, screen);
    } else {
        one(frame, body, screen);
    }
}

/// Curves on the left, the matrix or what was asked for in its place on the right.
fn train(frame: &mut Frame, body: Rect, screen: &mut Screen) {
    let panels = screen.app.in_sight();
    let (left, right): (Vec<_>, Vec<_>) = panels
        .into_iter()
        .partition(|panel| panel.row().place == Place::Top);
    let gap = u16::from(!screen.boxed);
    let widths = if right.is_empty() {
        [Constraint::Fill(1), Constraint::Length(0)]
    } else {
        [Constraint::Fill(1), Constraint::Fill(1)]
    };
    let spacing = if right.is_empty() { 0 } else { gap };
    let [curves, maps] = Layout::horizontal(widths).spacing(spacing).areas(body);
    // The loss is read most closely.
    let share = |at: usize| Constraint::Fill(if at == 0 { 3 } else { 2 });
    let heights = (0..left.len()).map(share);
    for (place, panel) in Layout::vertical(heights).split(curves).iter().zip(&left) {
        self::panel(frame, *place, screen, *panel);
    }
    if right == [Panel::Matrix] && maps.height >= READABLE {
        let readout = (maps.height * 3 / 8).clamp(10, 16);
        let [map, pair] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(readout)]).areas(maps);
        self::panel(frame, map, screen, Panel::Matrix);
        self::panel(frame, pair, screen, Panel::Pictures);
        screen.regions.add(pair, Target::Panel(Panel::Matrix));
        return;
    }
    let heights = right.iter().map(|_| Constraint::Fill(1));
    for (place, panel) in Layout::vertical(heights).split(maps).iter().zip(&right) {
        self::panel(frame, *place, screen, *panel);
    }
}

/// The panel in hand, below the names of all panels of the page.
fn one(frame: &mut Frame, body: Rect, screen: &mut Screen) {
    let [names, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(body);
    let theme = screen.theme;
    let mut x = names.x + 1;
    for panel in screen.app.in_sight() {
        let shown = panel == screen.app.panel;
        let style = if shown {
            theme.selected(true)
        } else {
            theme.muted()
        };
        let name = Line::from(Span::styled(format!(" {} ", panel.row().name), style));
        let place = Rect {
            x,
            width: (name.width() as u16).min(names.right().saturating_sub(x)),
            ..names
        };
        frame::put(frame, place, 0, &name);
        screen.regions.add(place, Target::Panel(panel));
        x = (x + place.width + 1).min(names.right());
    }
    let beside = beside(screen, body);
    if beside.is_empty() {
        panel(frame, body, screen, screen.app.panel);
        return;
    }
    let [large, rest] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(body);
    panel(frame, large, screen, screen.app.panel);
    let heights = beside.iter().map(|_| Constraint::Fill(1));
    for (place, other) in Layout::vertical(heights).split(rest).iter().zip(&beside) {
        panel(frame, *place, screen, *other);
    }
}

/// The panels that follow the one in hand, where there is room beside it; those that lanes work out for
/// themselves only while they are in hand are not among them.
fn beside(screen: &Screen, body: Rect) -> Vec<Panel> {
    let panels = screen.app.in_sight();
    let at = panels.iter().position(|panel| *panel == screen.app.panel);
    let Some(at) = at.filter(|_| body.width >= WIDE && body.height >= READABLE) else {
        return Vec::new();
    };
    let next = panels[at + 1..].iter().chain(&panels[..at]);
    let known = next.filter(|panel| panel.row().needs <= Attention::Batch);
    known.take(2).copied().collect()
}
