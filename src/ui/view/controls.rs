//! The control strip: a row for each lane, a column for each dial. The values in hand stand out; below
//! the first lane only what differs from it is written out.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{Screen, frame, header};
use crate::control::{Dial, Value};
use crate::telemetry::{LaneStatus, Snapshot};
use crate::ui::action::{self, Action, Entry};
use crate::ui::app::Focus;
use crate::ui::dial;
use crate::ui::region::Target;

/// Rows that the strip wants.
pub fn height(screen: &Screen) -> u16 {
    let lanes = screen.app.lanes.len().clamp(1, 6) as u16;
    lanes + if screen.boxed { 2 } else { 1 }
}

/// Where the lane's name, its status and the dials stand.
struct Columns {
    name: u16,
    status: u16,
    /// Dials with their distance from the left end, and their width.
    dials: Vec<(Dial, u16, u16)>,
    /// Whether the words "learned" and "fixed" fit.
    words: bool,
    /// Whether every dial of the data has a place of its own.
    together: bool,
}

impl Columns {
    fn new(screen: &Screen, width: u16) -> Self {
        let longest = screen
            .app
            .lanes
            .iter()
            .map(|lane| lane.lane.chars().count())
            .max()
            .unwrap_or(4);
        // One lane has no need of a name.
        let alone = screen.app.lanes.len() == 1;
        let most = if width >= 100 { 22 } else { 13 };
        let name = if alone {
            1
        } else {
            (longest as u16 + 6).clamp(12, most)
        };
        let status = if width >= 130 && !alone { 13 } else { 0 };
        let room = width.saturating_sub(name + status);
        // What can be learned says so, in a word or by a sign.
        let words = room >= 2 * 17 + 6 * 10;
        let each = |dial: Dial| {
            let value = match (dial.can_be_learned(), words) {
                (true, true) => 17,
                (true, false) => 12,
                (false, _) => 10,
            };
            // A key, the name, and a space to each side; a value that is longer needs more.
            let lanes = screen.app.lanes.iter();
            let values = lanes.filter_map(|lane| lane.settings.as_ref()?.get(dial));
            let longest = values
                .map(|value| dial::show(value).len())
                .max()
                .unwrap_or(0);
            value
                .max(dial.name().len() as u16 + 3)
                .max(longest as u16 + 2)
        };
        // The data's dials share a place, unless there is room for everything.
        let strip = screen.app.strip();
        let together = strip.iter().map(|dial| each(*dial)).sum::<u16>() <= room;
        let data_dial = screen.app.data_dial;
        let order = strip
            .into_iter()
            .filter(|dial| together || !dial.is_of_data() || *dial == data_dial);
        let mut shown = Vec::new();
        let mut used = 0;
        for dial in order {
            if used + each(dial) > room {
                break;
            }
            used += each(dial);
            shown.push(dial);
        }
        // The dial in hand is always among them.
        if !shown.contains(&screen.app.dial) {
            shown.pop();
            shown.push(screen.app.dial);
        }
        let spare =
            room.saturating_sub(shown.iter().map(|d| each(*d)).sum()) / shown.len().max(1) as u16;
        let mut x = name + status;
        let place = |dial: &Dial| {
            let wide = each(*dial) + spare.min(6);
            x += wide;
            (*dial, x - wide, wide)
        };
        Self {
            name,
            status,
            dials: shown.iter().map(place).collect(),
            words,
            together,
        }
    }
}

/// Draws the strip.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let theme = screen.theme;
    let inner = if screen.boxed {
        let title = Line::from(vec![Span::styled(
            " dials ",
            theme.text().add_modifier(Modifier::BOLD),
        )]);
        let focused = screen.app.focus == Focus::Dials;
        frame::ruled(frame, area, screen, title, header::machine(screen), focused)
    } else {
        area
    };
    let columns = Columns::new(screen, inner.width);
    head(frame, inner, screen, &columns);
    let rows = usize::from(inner.height.saturating_sub(1));
    let lanes = screen.app.lanes.len();
    let first = screen
        .app
        .target
        .unwrap_or(0)
        .saturating_sub(rows.saturating_sub(1))
        .min(lanes.saturating_sub(rows));
    for (i, lane) in (first..lanes).take(rows).enumerate() {
        let line = Rect {
            y: inner.y + 1 + i as u16,
            height: 1,
            ..inner
        };
        row(frame, line, screen, &columns, lane, first);
    }
}

fn head(frame: &mut Frame, area: Rect, screen: &mut Screen, columns: &Columns) {
    let app = screen.app;
    let theme = screen.theme;
    let line = Rect {
        height: area.height.min(1),
        ..area
    };
    if !screen.boxed {
        frame.buffer_mut().set_style(line, theme.selected(false));
    }
    let who = Rect {
        width: columns.name.min(line.width),
        ..line
    };
    let all = app.target.is_none() && app.lanes.len() > 1;
    let style = if all { theme.accent() } else { theme.faint() };
    let text = if app.lanes.len() > 1 {
        format!(
            "{} all lanes",
            if all { theme.glyph("▸", ">") } else { " " }
        )
    } else {
        String::new()
    };
    frame::put(
        frame,
        who,
        0,
        &Line::styled(frame::cut(&text, usize::from(who.width), screen), style),
    );
    screen.regions.add(who, Target::Lane(None));
    for &(dial, x, width) in &columns.dials {
        let place = cell(line, x, width);
        let held = app.focus == Focus::Dials && app.dial == dial;
        let key = action::entry(&Action::Dial(dial))
            .map(Entry::keys_text)
            .unwrap_or_default();
        let name = if held {
            theme.accent().add_modifier(Modifier::BOLD)
        } else {
            theme.muted()
        };
        let hidden = if columns.together {
            0
        } else {
            turned(screen, dial)
        };
        let gap = if key.is_empty() { "" } else { " " };
        let more = match hidden {
            0 => String::new(),
            n => format!(" +{n}"),
        };
        let line = Line::from(vec![
            Span::styled(key, theme.accent()),
            Span::raw(gap),
            Span::styled(dial.name(), name),
            Span::styled(more, theme.warn()),
        ]);
        frame::put(frame, place, 0, &line);
        screen.regions.add(place, Target::Dial(dial, None));
    }
}

fn cell(line: Rect, x: u16, width: u16) -> Rect {
    let x = (line.x + x).min(line.right());
    Rect {
        x,
        width: width.min(line.right() - x),
        ..line
    }
}

/// How many others of the data's dials are turned in some lane, while this one stands for all of them.
fn turned(screen: &Screen, dial: Dial) -> usize {
    let lanes = screen.app.lanes.iter();
    let settings: Vec<_> = lanes.filter_map(|lane| lane.settings.as_ref()).collect();
    let turned = |other: &Dial| settings.iter().any(|settings| !other.rests(settings));
    let others = Dial::of_data().filter(|other| *other != dial);
    others
        .filter(|other| dial.is_of_data() && turned(other))
        .count()
}

/// Whether a lane's dial stands where that of the first lane shown does: then it is not said again, so
/// that what differs stands out.
fn repeats(screen: &Screen, lane: usize, dial: Dial, first: usize) -> bool {
    let of = |lane: usize| {
        let settings = screen.app.settings(lane)?;
        Some((settings.get(dial), settings.learned(dial)))
    };
    lane != first && of(first).is_some() && of(lane) == of(first)
}

/// A lane's name, before its dials.
fn lane_head(frame: &mut Frame, strip: Rect, screen: &mut Screen, columns: &Columns, lane: usize) {
    let theme = screen.theme;
    let addressed = screen.app.target == Some(lane);
    let stuck = matches!(
        screen.app.lanes[lane].status,
        LaneStatus::Diverged(_) | LaneStatus::Failed(_)
    );
    let pointer = match (addressed, stuck) {
        (true, _) => Span::styled(theme.glyph("▸ ", "> "), theme.accent()),
        (false, true) => Span::styled(theme.glyph("✗ ", "! "), theme.bad()),
        (false, false) => Span::raw("  "),
    };
    let [sign, name] = frame::lane_name(screen, lane);
    let short = frame::cut(
        &name.content,
        usize::from(columns.name.saturating_sub(5)),
        screen,
    );
    let who = Rect {
        width: columns.name.min(strip.width),
        ..strip
    };
    let style = name.style;
    frame::put(
        frame,
        who,
        0,
        &Line::from(vec![pointer, sign, Span::styled(short, style)]),
    );
    screen.regions.add(who, Target::Lane(Some(lane)));
}

fn row(
    frame: &mut Frame,
    strip: Rect,
    screen: &mut Screen,
    columns: &Columns,
    lane: usize,
    first: usize,
) {
    let app = screen.app;
    let theme = screen.theme;
    let addressed = app.target == Some(lane);
    let all = app.target.is_none();
    if app.lanes.len() > 1 {
        lane_head(frame, strip, screen, columns, lane);
    }
    let who = Rect {
        width: columns.name.min(strip.width),
        ..strip
    };
    if columns.status > 0 {
        let place = Rect {
            x: who.right(),
            width: columns.status,
            ..strip
        };
        frame::put(frame, place, 0, &status(screen, &app.lanes[lane]));
    }
    let settings = app.settings(lane);
    for &(dial, x, width) in &columns.dials {
        let place = cell(strip, x, width);
        screen.regions.add(place, Target::Dial(dial, Some(lane)));
        let Some(settings) = &settings else {
            frame::put(
                frame,
                place,
                0,
                &Line::styled(theme.glyph("·", "."), theme.faint()),
            );
            continue;
        };
        let held = app.focus == Focus::Dials && app.dial == dial && (addressed || all);
        if !held && !app.is_pending(lane, dial) && repeats(screen, lane, dial, first) {
            let line = Line::styled(theme.glyph("″", "\""), theme.faint());
            frame::put(frame, place, 0, &line);
            continue;
        }
        let none = || dial.without().unwrap_or(theme.glyph("–", "-")).to_string();
        let text = settings.get(dial).map_or_else(none, dial::show);
        let mode = match (settings.learned(dial), columns.words) {
            (Some(true), true) => " learned",
            (Some(false), true) => " fixed",
            (Some(true), false) => " ~",
            (Some(false), false) => " =",
            (None, _) => "",
        };
        let counted = now(screen, lane, dial, width)
            .or_else(|| counted(&app.lanes[lane], dial, width))
            .unwrap_or_default();
        let waits = if app.is_pending(lane, dial) {
            theme.glyph("›", ">")
        } else {
            ""
        };
        let style = if held {
            theme.selected(true)
        } else if waits.is_empty() {
            theme.text()
        } else {
            theme.warn()
        };
        let pad = if held { " " } else { "" };
        let value = Span::styled(format!("{pad}{waits}{text}{pad}"), style);
        frame::put(
            frame,
            place,
            0,
            &Line::from(vec![
                value,
                Span::styled(mode, theme.faint()),
                Span::styled(counted, theme.faint()),
            ]),
        );
    }
}

/// The learning rate in force, where it is not the peak and there is room.
fn now(screen: &Screen, lane: usize, dial: Dial, width: u16) -> Option<String> {
    let rate = screen
        .app
        .rate(lane)
        .filter(|_| dial == Dial::LearningRate)?;
    let peak = screen.app.settings(lane)?.learning_rate;
    let text = format!(" now {}", rate.short());
    let peak_width = dial::show(Value::Real(peak)).len();
    let fits = peak_width + text.len() + 2 < usize::from(width);
    (rate.now.to_bits() != peak.to_bits() && fits).then_some(text)
}

/// What a dial of the data came to in the last batch, where that is another number and there is room.
fn counted(lane: &Snapshot, dial: Dial, width: u16) -> Option<String> {
    let settings = lane.settings.as_ref()?;
    let counted = dial.measured(&lane.report.as_ref()?.data)?;
    let differs = !dial.rests(settings) && Some(counted) != settings.get(dial);
    (differs && width >= 16).then(|| format!(" is {}", dial::show(counted)))
}

/// How a lane fares, in a few characters.
fn status(screen: &Screen, lane: &Snapshot) -> Line<'static> {
    let theme = screen.theme;
    let (text, style) = match &lane.status {
        LaneStatus::Starting => ("preparing".into(), theme.muted()),
        LaneStatus::Running => (
            format!("{} {}", theme.glyph("▶", ">"), lane.steps_text()),
            theme.good(),
        ),
        LaneStatus::Paused => (
            format!("{} {}", theme.glyph("‖", "="), lane.steps_text()),
            theme.warn(),
        ),
        LaneStatus::Finished => (format!("{} done", theme.glyph("✓", "*")), theme.good()),
        LaneStatus::Diverged(step) => {
            (format!("{} NaN {step}", theme.glyph("✗", "!")), theme.bad())
        }
        LaneStatus::Failed(_) => (format!("{} failed", theme.glyph("✗", "!")), theme.bad()),
    };
    Line::styled(text, style)
}
