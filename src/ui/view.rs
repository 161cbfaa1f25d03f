//! The whole screen, composed of panels. Reads the app, writes cells and notes what lies where.

mod chart;
mod controls;
mod explain;
mod findings;
mod frame;
mod gallery;
mod geometry;
mod gradient;
mod hand;
mod header;
mod heat;
mod heatmap;
mod help;
mod landscape;
mod languages;
mod lesson;
mod log;
mod loss;
mod notice;
mod open;
mod pair;
mod palette;
mod pins;
mod plot;
mod query;
mod retrieval;
mod series;
mod status;
pub(super) mod thumbnail;
mod traces;
mod transfer;
mod zero_shot;

#[cfg(test)]
mod any_size;
#[cfg(test)]
mod bandwidth;
#[cfg(test)]
mod tests;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::app::{App, Overlay};
use super::panel::Panel;
use super::region::Regions;
use super::theme::Theme;

/// What the panels draw from and note in.
pub struct Screen<'a> {
    /// What is shown.
    pub app: &'a App,
    /// How it looks.
    pub theme: &'a Theme,
    /// What lies where.
    pub regions: Regions,
    /// Whether panels have boxes, or only a rule above them.
    pub boxed: bool,
}

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
        rich(frame, area, &mut screen);
    } else {
        plain(frame, area, &mut screen);
    }
    overlay(frame, area, &mut screen);
    status::footer(frame, foot, &mut screen);
    screen.regions
}

fn overlay(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    match &screen.app.overlay {
        Some(Overlay::Help { filter, scroll }) => {
            help::render(frame, area, screen, filter, *scroll);
        }
        Some(Overlay::Open { input, chosen }) => open::render(frame, area, screen, input, *chosen),
        Some(Overlay::Palette { input, chosen }) => {
            palette::render(frame, area, screen, input, *chosen);
        }
        Some(Overlay::Notice { title, text }) => notice::render(frame, area, screen, title, text),
        Some(Overlay::Log { text, back }) => log::render(frame, area, screen, text, *back),
        // Typed in the status line, so that the curves stay in sight.
        Some(
            Overlay::Save { .. }
            | Overlay::Value { .. }
            | Overlay::Cell { .. }
            | Overlay::Ask { .. },
        )
        | None => {
            if screen.app.course.explaining {
                explain::render(frame, above_dials(area, screen), screen);
            } else if screen.app.course.welcome {
                explain::welcome(frame, above_dials(area, screen), screen);
            }
        }
    }
}

/// The area without the dials and without a lesson, which must stay in sight.
fn above_dials(area: Rect, screen: &Screen) -> Rect {
    let strip = controls::height(screen);
    let head = match screen.app.scenario.lesson {
        Some(_) => header::height(screen, 1, area.width),
        None => 0,
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

/// From 100 x 30: everything at once.
fn rich(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let strip = controls::height(screen);
    let head = header::height(screen, 2, area.width);
    let [head, body, strip, line] = Layout::vertical([
        Constraint::Length(head),
        Constraint::Min(0),
        Constraint::Length(strip),
        Constraint::Length(1),
    ])
    .areas(area);
    header::render(frame, head, screen);
    if screen.app.zoomed {
        alone(frame, body, screen);
    } else {
        // What a lesson hides leaves its room to the others.
        let [matrix, pictures] =
            [Panel::Matrix, beside_maps(screen)].map(|panel| !screen.app.hides(panel));
        let top = if matrix || pictures {
            top_height(body.height, screen)
        } else {
            body.height
        };
        let [charts, below] =
            Layout::vertical([Constraint::Length(top), Constraint::Min(0)]).areas(body);
        let unless = |panel, room| {
            if screen.app.hides(panel) {
                Constraint::Length(0)
            } else {
                room
            }
        };
        let scores = Constraint::Length((area.width * 3 / 8).clamp(38, 56));
        let [loss, traces, retrieval] = Layout::horizontal([
            Constraint::Fill(10),
            unless(Panel::Traces, Constraint::Fill(7)),
            unless(Panel::Retrieval, scores),
        ])
        .areas(charts);
        panel(frame, loss, screen, Panel::Loss);
        panel(frame, traces, screen, Panel::Traces);
        panel(frame, retrieval, screen, Panel::Retrieval);
        let maps = match (matrix, pictures) {
            (true, true) => heatmap::width(screen, below),
            (true, false) => below.width,
            (false, _) => 0,
        };
        let [maps, gallery] =
            Layout::horizontal([Constraint::Length(maps), Constraint::Min(0)]).areas(below);
        panel(frame, maps, screen, Panel::Matrix);
        panel(frame, gallery, screen, beside_maps(screen));
    }
    controls::render(frame, strip, screen);
    status::line(frame, line, screen);
}

/// The height of the charts: a third to almost half of the body, where it leaves the matrices the room
/// for the next larger whole factor.
fn top_height(body: u16, screen: &Screen) -> u16 {
    let (least, most) = ((body / 3).max(9), (body * 9 / 20).max(10));
    (least..=most)
        .rev()
        .max_by_key(|top| (heatmap::side(screen, body.saturating_sub(*top)), *top))
        .unwrap_or(least)
}

/// Below that: rules instead of boxes; below 80 x 24 one panel at a time.
fn plain(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let strip = controls::height(screen).min(area.height / 4);
    let head = header::height(screen, 1, area.width);
    let [head, line, body, strip] = Layout::vertical([
        Constraint::Length(head),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(strip),
    ])
    .areas(area);
    header::render(frame, head, screen);
    status::line(frame, line, screen);
    if screen.app.zoomed {
        alone(frame, body, screen);
    } else if area.width >= 80 && area.height >= 23 {
        // The footer has the 24th row.
        compact(frame, body, screen);
    } else {
        stacked(frame, body, screen);
    }
    controls::render(frame, strip, screen);
}

fn compact(frame: &mut Frame, body: Rect, screen: &mut Screen) {
    let gap = Constraint::Length(1);
    let [charts, pictures] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(body.height / 2 + 1)])
            .areas(body);
    let scores = if screen.app.hides(Panel::Retrieval) {
        0
    } else {
        36
    };
    let [loss, _, retrieval] =
        Layout::horizontal([Constraint::Min(30), gap, Constraint::Length(scores)]).areas(charts);
    panel(frame, loss, screen, Panel::Loss);
    panel(frame, retrieval, screen, Panel::Retrieval);
    // Traces and pictures share a place: the one that was asked for last.
    let mut shared = [Panel::Traces, beside_maps(screen)];
    let asked = screen.app.panel;
    if matches!(asked, Panel::Pictures | Panel::Matrix) || asked.takes_the_pictures_place() {
        shared.reverse();
    }
    let shared = shared.into_iter().find(|panel| !screen.app.hides(*panel));
    let maps = match (screen.app.hides(Panel::Matrix), shared) {
        (true, _) => 0,
        (false, Some(_)) => heatmap::width(screen, pictures),
        (false, None) => pictures.width,
    };
    let [maps, _, last] =
        Layout::horizontal([Constraint::Length(maps), gap, Constraint::Min(0)]).areas(pictures);
    panel(frame, maps, screen, Panel::Matrix);
    if let Some(shared) = shared {
        panel(frame, last, screen, shared);
    }
}

fn stacked(frame: &mut Frame, body: Rect, screen: &mut Screen) {
    let shown = screen.app.panel;
    if shown == Panel::Retrieval
        || shown.takes_the_pictures_place()
        || screen.app.hides(Panel::Retrieval)
    {
        panel(frame, body, screen, shown);
        return;
    }
    let lanes = (screen.app.lanes.len() as u16).min(4) + 2;
    let [main, scores] =
        Layout::vertical([Constraint::Min(6), Constraint::Length(lanes)]).areas(body);
    panel(frame, main, screen, screen.app.panel);
    retrieval::render(frame, scores, screen);
}

/// One panel; the matrix with what is under its cursor, if there is room.
fn alone(frame: &mut Frame, body: Rect, screen: &mut Screen) {
    if screen.app.panel == Panel::Matrix && body.width >= 100 {
        let [maps, pair] =
            Layout::horizontal([Constraint::Fill(2), Constraint::Fill(1)]).areas(body);
        heatmap::render(frame, maps, screen);
        gallery::render(frame, pair, screen);
    } else {
        panel(frame, body, screen, screen.app.panel);
    }
}

/// The pictures, or the panel that was asked for in their place.
fn beside_maps(screen: &Screen) -> Panel {
    match screen.app.panel {
        panel if panel.takes_the_pictures_place() => panel,
        _ => Panel::Pictures,
    }
}

/// Draws a panel, unless the lesson hides it or there is no room.
fn panel(frame: &mut Frame, area: Rect, screen: &mut Screen, panel: Panel) {
    if screen.app.hides(panel) || area.is_empty() {
        return;
    }
    match panel {
        Panel::Loss => loss::render(frame, area, screen),
        Panel::Traces => traces::render(frame, area, screen),
        Panel::Retrieval => retrieval::render(frame, area, screen),
        Panel::Matrix => heatmap::render(frame, area, screen),
        Panel::Pictures => gallery::render(frame, area, screen),
        Panel::Landscape => landscape::render(frame, area, screen),
        Panel::Gradient => gradient::render(frame, area, screen),
        Panel::Hand => hand::render(frame, area, screen),
        Panel::ZeroShot => zero_shot::render(frame, area, screen),
        Panel::Geometry => geometry::render(frame, area, screen),
        Panel::Transfer => transfer::render(frame, area, screen),
        Panel::Languages => languages::render(frame, area, screen),
        Panel::Query => query::render(frame, area, screen),
    }
}
