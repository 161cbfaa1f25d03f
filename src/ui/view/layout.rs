//! Where the panels lie: all at once where there is room, fewer and with rules for boxes where there is
//! less, or one alone.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Screen, controls, header, pages, status};
use crate::ui::panel::{Page, Panel, Place, matrix, panels, pictures, retrieval};

/// From 100 x 30: everything at once.
pub(super) fn rich(frame: &mut Frame, area: Rect, screen: &mut Screen) {
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
    } else if !screen.app.dense {
        pages::page(frame, body, screen);
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
            (true, true) => matrix::width(screen, below),
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
        .max_by_key(|top| (matrix::side(screen, body.saturating_sub(*top)), *top))
        .unwrap_or(least)
}

/// Below that: rules instead of boxes; below 80 x 24 one panel at a time.
pub(super) fn plain(frame: &mut Frame, area: Rect, screen: &mut Screen) {
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
        if screen.app.dense {
            compact(frame, body, screen);
        } else {
            pages::page(frame, body, screen);
        }
    } else if screen.app.dense || screen.app.page == Page::Train {
        stacked(frame, body, screen);
    } else {
        pages::page(frame, body, screen);
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
    if asked.row().place != Place::Top {
        shared.reverse();
    }
    let shared = shared.into_iter().find(|panel| !screen.app.hides(*panel));
    let maps = match (screen.app.hides(Panel::Matrix), shared) {
        (true, _) => 0,
        (false, Some(_)) => matrix::width(screen, pictures),
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
        matrix::render(frame, maps, screen);
        pictures::render(frame, pair, screen);
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
pub(super) fn panel(frame: &mut Frame, area: Rect, screen: &mut Screen, panel: Panel) {
    if screen.app.hides(panel) || area.is_empty() {
        return;
    }
    draw(frame, area, screen, panel);
}

macro_rules! dispatch {
    ($($panel:ident in $file:ident: $row:expr;)*) => {
        fn draw(frame: &mut Frame, area: Rect, screen: &mut Screen, panel: Panel) {
            use crate::ui::panel;
            match panel {
                $(Panel::$panel => panel::$file::render(frame, area, screen),)*
            }
        }
    };
}
panels!(dispatch);
