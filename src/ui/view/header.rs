//! The header: what runs, how far it is, what to watch for.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::{Screen, exercise, frame, lesson};
use crate::scenario::tour::STOPS;
use crate::telemetry::LaneStatus;
use crate::ui::action::{Action, key_of};
use crate::ui::app::LessonStage;
use crate::ui::panel::Page;
use crate::ui::region::Target;

/// Draws the header: one line, or two with what to watch for.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let theme = screen.theme;
    let line = Rect { height: 1, ..area };
    let right = progress(screen, area.width);
    let width = right.width() as u16;
    let mut x = area.x;
    if area.width >= 100 {
        let brand = Line::from(vec![
            Span::styled(" clip", theme.lane(0).add_modifier(Modifier::BOLD)),
            Span::styled(theme.glyph("·", "-"), theme.faint()),
            Span::styled("lab", theme.lane(1).add_modifier(Modifier::BOLD)),
            Span::raw(" "),
        ]);
        frame::put(frame, line, 0, &brand);
        x += brand.width() as u16;
    }
    for (tab, action) in tabs(screen) {
        let place = Rect {
            x,
            width: (tab.width() as u16).min(area.right().saturating_sub(x)),
            ..line
        };
        frame::put(frame, place, 0, &tab);
        screen.regions.add(place, Target::Act(action));
        x += place.width;
    }
    let room = Rect {
        x: x + 1,
        width: area.right().saturating_sub(x + 1 + width),
        ..line
    };
    let title = Line::styled(
        frame::cut(&title(screen), usize::from(room.width), screen),
        theme.text().add_modifier(Modifier::BOLD),
    );
    frame::put(frame, room, 0, &title);
    let place = Rect {
        x: area.right().saturating_sub(width),
        width: width.min(area.width),
        ..line
    };
    frame::put(frame, place, 0, &right);
    screen.regions.add(place, Target::Act(Action::PlayPause));
    if teaches(screen) {
        let below = Rect {
            y: area.y + 1.min(area.height),
            height: area.height.saturating_sub(1),
            ..area
        };
        if screen.app.exercise().is_some() {
            exercise::render(frame, below, screen);
        } else {
            lesson::render(frame, below, screen);
        }
    } else if area.height > 1 {
        let claims = lesson::claims(screen);
        let width = claims.width() as u16;
        let place = Rect {
            x: area.right().saturating_sub(width),
            width: width.min(area.width),
            ..area
        };
        frame::put(frame, place, 1, &claims);
        let watch = frame::cut(
            &screen.app.scenario.watch,
            usize::from(area.width.saturating_sub(2 + width)),
            screen,
        );
        let line = Line::from(vec![
            Span::raw(" "),
            Span::styled(watch, theme.muted().add_modifier(Modifier::ITALIC)),
        ]);
        let place = Rect {
            width: area.width.saturating_sub(width),
            ..area
        };
        frame::put(frame, place, 1, &line);
    }
}

/// The pages, with the digits that lead to them; the one that is shown stands out.
fn tabs(screen: &Screen) -> Vec<(Line<'static>, Action)> {
    let app = screen.app;
    let pages = Page::SHOWN.map(|page| {
        let shown = !app.dense && app.page == page;
        (page.name(), Action::Page(page), shown)
    });
    let all = ("all", Action::AllPanels, app.dense);
    let tab = |(name, action, shown): (&'static str, Action, bool)| {
        let line = if shown {
            Line::styled(format!(" {name} "), screen.theme.selected(true))
        } else {
            Line::from(vec![
                Span::raw(" "),
                Span::styled(key_of(&action), screen.theme.accent()),
                Span::raw(" "),
                Span::styled(name, screen.theme.muted()),
                Span::raw(" "),
            ])
        };
        (line, action)
    };
    pages.into_iter().chain([all]).map(tab).collect()
}

/// Rows that the header wants; `rows` without a lesson.
pub fn height(screen: &Screen, rows: u16, width: u16) -> u16 {
    match exercise::height(screen, width) {
        0 if teaches(screen) => 1 + lesson::height(screen, width),
        0 => rows,
        height => 1 + height,
    }
}

/// Whether it shows a lesson's prompt, or the question of an exercise.
pub fn teaches(screen: &Screen) -> bool {
    screen.app.scenario.lesson.is_some() || screen.app.exercise().is_some()
}

fn title(screen: &Screen) -> String {
    if let Some(title) = exercise::title(screen) {
        return title;
    }
    let title = &screen.app.scenario.title;
    match screen.app.course.stop {
        Some(stop) => format!("stop {} of {}: {title}", stop + 1, STOPS.len()),
        None => title.clone(),
    }
}

fn progress(screen: &Screen, width: u16) -> Line<'static> {
    let app = screen.app;
    let theme = screen.theme;
    // A lane that failed holds up nobody.
    let alive = app
        .lanes
        .iter()
        .filter(|lane| !matches!(lane.status, LaneStatus::Failed(_)));
    let last = alive.min_by_key(|lane| lane.step);
    let step = last.map_or(0, |lane| lane.step);
    let steps = app.lanes.iter().map(|lane| lane.steps).max().unwrap_or(0);
    let (sign, word, style) = overall(screen);
    let mut spans = vec![
        Span::styled(format!("{sign} {word}"), style.add_modifier(Modifier::BOLD)),
        Span::raw("  "),
    ];
    let shown = last.map_or_else(|| step.to_string(), |lane| lane.steps_text());
    spans.push(Span::styled(shown, theme.text()));
    let planned = match step.checked_sub(steps) {
        // It goes on after the scenario's last step.
        Some(more @ 1..) => format!(" = {steps} + {more}"),
        _ => format!("/{steps}"),
    };
    spans.push(Span::styled(planned, theme.faint()));
    if width >= 100 {
        let cells = if width >= 150 { 24 } else { 10 };
        let done = (step as f64 / steps.max(1) as f64 * f64::from(cells)).round() as usize;
        spans.push(Span::raw(" "));
        spans.push(Span::styled(
            theme.glyph("━", "#").repeat(done.min(cells as usize)),
            theme.good(),
        ));
        spans.push(Span::styled(
            theme
                .glyph("━", ".")
                .repeat((cells as usize).saturating_sub(done)),
            theme.grid(),
        ));
    }
    if width >= 100 {
        let seconds = app
            .lanes
            .iter()
            .map(|lane| lane.seconds)
            .fold(0.0, f64::max)
            + app.unheard();
        spans.push(Span::styled(format!("  {}", clock(seconds)), theme.text()));
        let rate = step as f64 / seconds;
        if app.running() && rate > 0.0 && step < steps {
            let left = (steps - step) as f64 / rate;
            spans.push(Span::styled(
                format!(", {} left", clock(left)),
                theme.faint(),
            ));
        }
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

fn overall(screen: &Screen) -> (&'static str, &'static str, Style) {
    let app = screen.app;
    let theme = screen.theme;
    let any = |test: fn(&LaneStatus) -> bool| app.lanes.iter().any(|lane| test(&lane.status));
    if app
        .lanes
        .iter()
        .any(|lane| lane.status == LaneStatus::Starting)
        && !any(|s| *s == LaneStatus::Running)
    {
        ("", "preparing", theme.muted())
    } else if app.running() {
        (theme.glyph("▶", ">"), "training", theme.good())
    } else if any(|s| *s == LaneStatus::Running) {
        // Told to pause: the step in hand comes first.
        (theme.glyph("‖", "="), "pausing", theme.warn())
    } else if app.lesson_stage().is_some_and(LessonStage::waits) {
        (theme.glyph("‖", "="), "your turn", theme.warn())
    } else if any(|s| *s == LaneStatus::Paused) {
        (theme.glyph("‖", "="), "paused", theme.warn())
    } else if any(|s| matches!(s, LaneStatus::Failed(_))) {
        (theme.glyph("✗", "!"), "failed", theme.bad())
    } else if any(|s| matches!(s, LaneStatus::Diverged(_))) {
        (theme.glyph("✗", "!"), "not finite", theme.bad())
    } else {
        (theme.glyph("✓", "*"), "done", theme.good())
    }
}

/// Minutes and seconds, or hours and minutes.
fn clock(seconds: f64) -> String {
    let s = seconds.clamp(0.0, 3.6e7) as u64;
    if s < 3600 {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format!("{}h{:02}", s / 3600, s / 60 % 60)
    }
}

/// What computes, how fast, how much of it there is.
pub fn machine(screen: &Screen) -> Line<'static> {
    let app = screen.app;
    let Some(lane) = app.lanes.iter().find(|lane| !lane.device.is_empty()) else {
        return Line::default();
    };
    let pairs: f64 = app.lanes.iter().map(|lane| lane.pairs_per_second).sum();
    let each = if app.lanes.len() > 1 { "each " } else { "" };
    let weights = lane.parameters as f64 / 1e6;
    let text = format!(
        " {each}{}, {pairs:.0} pairs/s, {weights:.1} M weights, seed {} ",
        lane.device, lane.seed
    );
    Line::styled(text, screen.theme.muted())
}
