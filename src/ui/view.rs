//! The whole screen, composed of panels. Reads the app, writes cells and notes what lies where.

pub(super) mod chart;
mod controls;
mod exercise;
mod explain;
pub(super) mod findings;
pub(super) mod frame;
mod header;
pub(super) mod heat;
mod help;
mod layout;
mod lesson;
mod log;
mod notice;
mod open;
mod pages;
pub(super) mod pair;
mod palette;
pub(super) mod pins;
pub(super) mod plot;
mod screen;
pub(super) mod series;
mod status;
pub(super) mod thumbnail;
mod welcome;

#[cfg(test)]
mod any_size;
#[cfg(test)]
mod bandwidth;
#[cfg(test)]
pub(super) mod tests;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::app::{App, Overlay};
use super::region::Regions;
use super::theme::Theme;

pub use screen::Screen;

/// Draws the screen and returns what lies where.
pub fn render(frame: &mut Frame, app: &App, theme: &Theme) -> Regions {
    let area = frame.area();
    frame.buffer_mut().set_style(area, theme.base());
    let mut screen = Screen {
        app,
        theme,
        regions: Regions::default(),
        boxed: area.width >= 100 && area.height >= 30,
    };
    if app.too_small() {
        notice::too_small(frame, area, &screen);
        return screen.regions;
    }
    // The footer last: it stays in sight below what lies above the rest, and can be clicked.
    let [area, foot] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
    if screen.boxed {
        layout::rich(frame, area, &mut screen);
    } else {
        layout::plain(frame, area, &mut screen);
    }
    overlay(frame, area, &mut screen);
    status::footer(frame, foot, &mut screen);
    screen.regions
}

fn overlay(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    match &screen.app.overlay {
        Some(Overlay::Help {
            filter,
            typing,
            scroll,
        }) => {
            help::render(frame, area, screen, (filter, *typing), *scroll);
        }
        Some(Overlay::Welcome { learn }) => {
            welcome::render(frame, above_dials(area, screen), screen, *learn);
        }
        Some(Overlay::Open { input, chosen }) => open::render(frame, area, screen, input, *chosen),
        Some(Overlay::Palette { input, chosen }) => {
            palette::render(frame, area, screen, input, *chosen);
        }
        Some(Overlay::Notice {
            title,
            text,
            scroll,
        }) => notice::render(frame, area, screen, title, text, *scroll),
        Some(Overlay::Log { text, back }) => log::render(frame, area, screen, text, *back),
        // Typed in the status line, so that the curves stay in sight.
        Some(
            Overlay::Save { .. }
            | Overlay::Value { .. }
            | Overlay::Cell { .. }
            | Overlay::Search { .. }
            | Overlay::Answer { .. }
            | Overlay::Ask { .. },
        )
        | None => {
            if screen.app.course.explaining {
                explain::render(frame, above_dials(area, screen), screen);
            }
        }
    }
}

/// The area without the dials and without a lesson or a question, which must stay in sight.
fn above_dials(area: Rect, screen: &Screen) -> Rect {
    let strip = controls::height(screen);
    let head = if header::teaches(screen) {
        header::height(screen, 1, area.width)
    } else {
        0
    };
    let area = Rect {
        y: area.y + head.min(area.height),
        height: area.height.saturating_sub(head),
        ..area
    };
    let below = if screen.boxed {
        strip + 1
    } else {
        strip.min(area.height / 4)
    };
    Rect {
        height: area.height.saturating_sub(below),
        ..area
    }
}
