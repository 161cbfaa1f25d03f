//! The line that says what just happened or what is in hand, and the footer with its keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{Screen, frame};
use crate::control::Dial;
use crate::quantity::Value;
use crate::telemetry::LaneStatus;
use crate::ui::action::{Action, ChartKey, Context, Entry, TABLE, key_of};
use crate::ui::app::{App, Focus, Overlay, Tone};
use crate::ui::dial;
use crate::ui::input::Input;
use crate::ui::panel::{Page, Panel};
use crate::ui::region::Target;

/// The most keys in sight on a page.
pub const IN_SIGHT: usize = 14;

/// Draws the line: what is typed, else the message, else an explanation of what is in hand.
pub fn line(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let theme = screen.theme;
    let mut spans = vec![Span::raw(" ")];
    match &app.overlay {
        Some(Overlay::Value { input }) => {
            let settings = app.settings(app.target.unwrap_or(0));
            let ask = format!("{} for {} = ", app.dial.name(), app.target_name());
            spans.extend(typed(
                screen,
                ask,
                input,
                &app.dial.allowed(settings.as_ref()),
            ));
        }
        Some(Overlay::Ask { input }) => {
            let hint = "the nearest held-out images, for every lane";
            spans.extend(typed(screen, "caption: ".into(), input, hint));
        }
        Some(Overlay::Search { input }) => {
            let hint = "a word of a caption; n and N go from match to match";
            spans.extend(typed(screen, "search: ".into(), input, hint));
        }
        Some(Overlay::Answer { input }) => {
            let hint = "Enter has it checked; ? gives a hint";
            spans.extend(typed(screen, "answer: ".into(), input, hint));
        }
        Some(Overlay::Cell { input }) => {
            spans.extend(typed(screen, app.hand.ask(), input, app.hand.range()));
        }
        Some(Overlay::Save { input, .. }) => {
            spans.extend(typed(
                screen,
                "save as ".into(),
                input,
                "your changes become its script",
            ));
        }
        _ => {
            let (text, style) = match &app.message {
                Some((Tone::Done, text)) => (text.clone(), theme.good()),
                Some((Tone::News, text)) => (text.clone(), theme.text()),
                Some((Tone::Trouble, text)) => (text.clone(), theme.bad()),
                None => trouble(screen).map_or_else(
                    || (explanation(screen), theme.muted()),
                    |text| (text, theme.bad()),
                ),
            };
            let room = usize::from(area.width.saturating_sub(2));
            spans.push(Span::styled(frame::cut(&text, room, screen), style));
        }
    }
    frame::put(frame, area, 0, &spans.into());
}

/// A question, what was typed, and either the latest complaint or what may be typed.
fn typed(screen: &Screen, ask: String, input: &Input, hint: &str) -> Vec<Span<'static>> {
    let theme = screen.theme;
    let note = match &screen.app.message {
        Some((_, text)) => Span::styled(format!("  {text}"), theme.bad()),
        None => Span::styled(format!("  {hint}"), theme.faint()),
    };
    vec![
        Span::styled(ask, theme.text()),
        Span::styled(
            input.text().to_string(),
            theme.accent().add_modifier(Modifier::BOLD),
        ),
        Span::styled(theme.glyph("▏", "_"), theme.accent()),
        note,
    ]
}

/// Why an addressed lane goes no further, if one does not.
fn trouble(screen: &Screen) -> Option<String> {
    let app = screen.app;
    app.addressed(app.target).into_iter().find_map(|i| {
        let lane = &app.lanes[i];
        match &lane.status {
            LaneStatus::Failed(reason) => Some(format!(
                "{} failed: {}",
                lane.lane,
                reason.lines().next().unwrap_or_default()
            )),
            LaneStatus::Diverged(step) => Some(format!(
                "{}: NaN or infinite at step {step}; r resets",
                lane.lane
            )),
            _ => None,
        }
    })
}

/// What is in hand, with the numbers of the addressed lane.
fn explanation(screen: &Screen) -> String {
    let app = screen.app;
    if let Some(step) = app
        .past
        .step
        .filter(|_| app.focus == Focus::Panel && app.panel == Panel::Matrix)
    {
        return format!(
            "the matrices of step {step}, while training goes on: Esc comes back to the latest"
        );
    }
    if app.desk.in_hand() {
        return "Enter types an answer to the question above; dials and panels work as always, and Esc comes back".into();
    }
    if app.focus == Focus::Panel {
        return app.panel.row().explains.into();
    }
    let lane = app.target.unwrap_or(0);
    match app.settings(lane) {
        Some(settings) => {
            let dial = app.dial.name();
            let who = if app.lanes.len() > 1 {
                format!("{dial}, {}", app.lanes[lane].lane)
            } else {
                dial.to_owned()
            };
            match app.idle(lane, app.dial) {
                Some(why) => format!("{who}: no effect now: {why}"),
                None => format!("{who}: {}{}", app.dial.explain(&settings), measured(app, lane)),
            }
        }
        None => "Space trains and pauses; t b B x take hold of a dial, arrows turn it; ? lists every key".into(),
    }
}

/// What the dial in hand comes to: the learning rate at this step of the schedule, a dial of the data in the lane's
/// last batch.
fn measured(app: &App, lane: usize) -> String {
    if app.dial == Dial::LearningRate {
        let rate = app.rate(lane);
        return rate.map_or_else(String::new, |rate| format!("; {}", rate.sentence()));
    }
    let lane = &app.lanes[lane];
    let turned = lane.settings.as_ref().is_some_and(|s| !app.dial.rests(s));
    let batch = lane.report.as_ref().filter(|_| turned);
    let counted = batch.and_then(|report| app.dial.measured(&report.data));
    counted.map_or_else(String::new, |value| {
        let unit = if matches!(value, Value::Whole(_)) {
            " different ones"
        } else {
            ""
        };
        format!(" ({}{unit} in the last batch)", dial::show(value))
    })
}

/// Draws the footer: the keys of the innermost context, the weightiest where room is short.
pub fn footer(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let theme = screen.theme;
    let context = screen.app.context();
    let mut hints: Vec<_> = context
        .chain(screen.app.in_tour())
        .iter()
        .flat_map(|scope| TABLE.iter().filter(move |entry| entry.context == *scope))
        .filter_map(|entry| entry.footer.map(|(word, weight)| (entry, word, weight)))
        .map(|(entry, word, weight)| (entry, spoken(screen, entry, word), weight))
        .collect();
    // What is always there comes first.
    hints.sort_by_key(|(entry, ..)| entry.action != Action::PlayPause);
    let width = |(entry, word, _): &(&Entry, &str, u8)| {
        key_text(entry, theme.ascii()).chars().count() + word.len() + 3
    };
    let most = most_hints(screen);
    while hints.len() > most || hints.iter().map(width).sum::<usize>() > usize::from(area.width) {
        let Some(least) = hints
            .iter()
            .enumerate()
            .min_by_key(|(_, hint)| hint.2)
            .map(|(i, _)| i)
        else {
            return;
        };
        hints.remove(least);
    }
    let mut x = area.x + 1;
    for hint in &hints {
        let (entry, word, _) = hint;
        let key = key_text(entry, theme.ascii());
        let length = (key.chars().count() + word.len() + 1) as u16;
        let place = Rect {
            x,
            width: length.min(area.right().saturating_sub(x)),
            ..area
        };
        let line = Line::from(vec![
            Span::styled(key, theme.accent()),
            Span::raw(" "),
            Span::styled(*word, theme.muted()),
        ]);
        frame::put(frame, place, 0, &line);
        screen.regions.add(place, Target::Act(entry.action.clone()));
        x += length + 2;
    }
}

/// How many keys the footer may show: a page has few in sight, those of the strip and of the other
/// pages among them.
fn most_hints(screen: &Screen) -> usize {
    let app = screen.app;
    if app.dense || app.overlay.is_some() {
        return usize::MAX;
    }
    let lettered = |dial: &Dial| !key_of(&Action::Dial(*dial)).is_empty();
    let strip = app.strip().into_iter().filter(lettered).count();
    IN_SIGHT.saturating_sub(strip + Page::SHOWN.len())
}

/// The word for what a key does now.
fn spoken(screen: &Screen, entry: &Entry, word: &'static str) -> &'static str {
    match entry.action {
        Action::PlayPause if screen.app.running() => "pause",
        Action::PlayPause => "train",
        _ => word,
    }
}

/// The keys as the footer shows them: the four arrows stand for what each of them does.
fn key_text(entry: &Entry, ascii: bool) -> String {
    let arrows = match (&entry.action, entry.context) {
        (Action::Turn(_) | Action::Chart(ChartKey::Left), _) => Some(("←→", "arrows")),
        (Action::Cursor(_), _) => Some(("←↑↓→", "arrows")),
        (Action::Up, Context::Open | Context::Reading | Context::Palette | Context::Welcome) => {
            Some(("↑↓", "up/down"))
        }
        _ => None,
    };
    match arrows {
        Some((unicode, plain)) => if ascii { plain } else { unicode }.into(),
        None => entry
            .keys
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
    }
}
