//! What the screen looks like, from hand-made snapshots.

mod charts;
mod exercise;
mod findings;
mod learn;
mod lens;
mod matrix;
mod pages;
mod panels;
mod sizes;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::control::Dial;
use crate::telemetry::{LaneStatus, Matrix, Snapshot};
use crate::ui::action::Action;
use crate::ui::app::{App, Choice, Overlay};
use crate::ui::fixture;
use crate::ui::input::Input;
use crate::ui::lens::Lens;
use crate::ui::panel::Panel;
use crate::ui::region::Target;
use crate::ui::theme::{Depth, Glyphs, Theme};

pub const RICH: Theme = Theme::new(Depth::True, Glyphs::Braille);
pub const PLAIN: Theme = Theme::new(Depth::None, Glyphs::Ascii);

pub fn app(lanes: Vec<Arc<Snapshot>>) -> App {
    let choices = ["clip", "siglip"].map(|name| Choice {
        name: name.into(),
        title: format!("All about {name}"),
        group: "Losses",
    });
    let mut app = App::new(fixture::scenario(), choices.to_vec());
    // What panels look like is seen best with all of them; pages have tests of their own.
    app.dense = true;
    app.observe(lanes);
    app.message = None;
    app
}

pub fn draw(app: &mut App, theme: &Theme, width: u16, height: u16) -> Buffer {
    app.size = (width, height);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| app.regions = super::render(frame, app, theme))
        .unwrap();
    terminal.backend().buffer().clone()
}

pub fn text(buffer: &Buffer) -> String {
    let row = |y| {
        (0..buffer.area.width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    let rows: Vec<_> = (0..buffer.area.height)
        .map(|y| row(y).trim_end().to_string())
        .collect();
    rows.join("\n")
}

/// How many cells have each style, and where the first of them is: colours change the snapshot, and
/// the list stays readable.
pub fn styles(buffer: &Buffer) -> String {
    let mut seen: BTreeMap<String, (usize, (u16, u16))> = BTreeMap::new();
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let name = format!("{} on {} {:?}", cell.fg, cell.bg, cell.modifier);
            seen.entry(name).or_insert((0, (x, y))).0 += 1;
        }
    }
    let mut lines = String::new();
    for (style, (count, first)) in seen {
        let _ = writeln!(lines, "{count:5} from {first:?}: {style}");
    }
    lines
}

pub fn shot(app: &mut App, theme: &Theme, width: u16, height: u16) -> String {
    text(&draw(app, theme, width, height))
}

/// Presses keys, by character.
fn press(app: &mut App, keys: &str) {
    use crossterm::event::{KeyCode, KeyEvent};
    for key in keys.chars() {
        app.key(KeyEvent::from(KeyCode::Char(key)));
    }
}

#[test]
fn sizes() {
    for (width, height) in [(60, 20), (80, 24), (120, 40), (200, 60)] {
        let name = format!("running_{width}x{height}");
        insta::assert_snapshot!(
            name,
            shot(&mut app(fixture::running(640)), &RICH, width, height)
        );
    }
}

#[test]
fn colours() {
    for (name, theme) in [
        ("styles_truecolor", RICH),
        ("styles_16", Theme::new(Depth::Ansi16, Glyphs::Half)),
        ("styles_none", PLAIN),
    ] {
        insta::assert_snapshot!(
            name,
            styles(&draw(&mut app(fixture::running(640)), &theme, 80, 24))
        );
    }
}

#[test]
fn states() {
    let states: [(&str, Vec<Arc<Snapshot>>); 5] = [
        ("starting", fixture::starting()),
        (
            "paused",
            fixture::edited(640, |_, lane| lane.status = LaneStatus::Paused),
        ),
        (
            "finished",
            fixture::edited(1500, |_, lane| lane.status = LaneStatus::Finished),
        ),
        (
            "diverged",
            fixture::edited(640, |i, lane| {
                if i == 0 {
                    lane.status = LaneStatus::Diverged(641);
                    lane.loss.push(641, f64::NAN);
                }
            }),
        ),
        (
            "failed",
            vec![
                Arc::new(Snapshot {
                    status: LaneStatus::Failed("no room".into()),
                    ..Snapshot::starting("softmax", 1500)
                }),
                fixture::running(640)[1].clone(),
            ],
        ),
    ];
    for (name, lanes) in states {
        insta::assert_snapshot!(
            format!("state_{name}"),
            shot(&mut app(lanes), &RICH, 80, 24)
        );
    }
}

#[test]
fn without_colour_and_unicode_everything_is_ascii_and_the_diagonal_shows() {
    let mut app = app(fixture::running(640));
    let screen = shot(&mut app, &PLAIN, 120, 40);
    assert!(
        screen.is_ascii(),
        "{:?}",
        screen.chars().find(|c| !c.is_ascii())
    );
    insta::assert_snapshot!("plain_120x40", screen);
    for panel in Panel::ALL {
        app.update(Action::Panel(panel));
        for zoomed in [false, true] {
            app.zoomed = zoomed;
            let screen = shot(&mut app, &PLAIN, 80, 24);
            assert!(
                screen.is_ascii(),
                "{panel:?}: {:?}",
                screen.chars().find(|c| !c.is_ascii())
            );
        }
    }
}

#[test]
fn overlays() {
    let mut app = app(fixture::running(640));
    app.update(Action::Help);
    insta::assert_snapshot!("help", shot(&mut app, &RICH, 100, 30));
    app.update(Action::Search);
    "matrix"
        .chars()
        .for_each(|c| drop(app.update(Action::Insert(c))));
    insta::assert_snapshot!("help_filtered", shot(&mut app, &RICH, 80, 24));
    app.overlay = None;
    app.update(Action::Open);
    app.update(Action::Down);
    insta::assert_snapshot!("open", shot(&mut app, &RICH, 80, 24));
    app.notify(
        "cannot open this",
        "my.ron:3:7: unknown field `tua`\n  | tua: 0.1\n  | ^^^ did you mean `tau`?",
    );
    insta::assert_snapshot!("notice", shot(&mut app, &RICH, 80, 24));
    app.overlay = Some(Overlay::Value {
        input: Input::new("0.0x"),
    });
    app.update(Action::Accept);
    let screen = shot(&mut app, &RICH, 80, 24);
    assert!(
        screen.contains("temperature for all lanes = 0.0x▏  temperature must be a number"),
        "{screen}"
    );
}

#[test]
fn every_dial_and_panel_can_be_clicked() {
    let mut app = app(fixture::running(640));
    draw(&mut app, &RICH, 120, 40);
    let targets: Vec<_> = app
        .regions
        .iter()
        .map(|(_, target)| target.clone())
        .collect();
    for dial in Dial::ALL {
        // The data's dials share a place: it is that of the one in hand.
        let mut app = self::app(fixture::running(640));
        app.update(Action::Dial(dial));
        draw(&mut app, &RICH, 120, 40);
        for lane in [None, Some(0), Some(1)] {
            let there = app
                .regions
                .iter()
                .any(|(_, t)| *t == Target::Dial(dial, lane));
            assert!(there, "{dial:?} {lane:?}");
        }
    }
    for panel in Panel::ALL {
        if panel.takes_the_pictures_place() {
            let mut app = self::app(fixture::running(640));
            app.panel = panel;
            draw(&mut app, &RICH, 120, 40);
            let there = app.regions.iter().any(|(_, t)| *t == Target::Panel(panel));
            assert!(there, "{panel:?}");
        } else {
            assert!(targets.contains(&Target::Panel(panel)), "{panel:?}");
        }
    }
    assert!(
        targets.contains(&Target::Act(Action::PlayPause))
            && targets.contains(&Target::Act(Action::Quit))
    );
    app.lens = Some(Lens::Whole);
    draw(&mut app, &RICH, 120, 40);
    let (map, _) = *app
        .regions
        .iter()
        .find(|(_, t)| matches!(t, Target::Matrix(_)))
        .unwrap();
    app.update(Action::Click(map.right() - 1, map.y));
    assert_eq!((app.panel, app.cursor), (Panel::Matrix, (0, 62)));
}
