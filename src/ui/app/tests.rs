//! What each action does to the app, without a terminal.

mod exercise;
mod learn;
mod moments;
mod pages;

use std::sync::Arc;

use super::*;
use crate::control::{Applied, By, Control, Dial};
use crate::lab::{Dials, Reset};
use crate::quantity::Value;
use crate::quantity::{Bias, Loss, Temperature};
use crate::telemetry::{LaneStatus, Matrix};
use crate::ui::action::Direction;
use crate::ui::fixture;
use crate::ui::panel::{Page, Panel};
use crate::ui::region::Target;
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Rect;

fn app() -> App {
    let choices = ["clip", "siglip", "batch-ladder"].map(|name| Choice {
        name: name.into(),
        title: format!("Title of {name}"),
        group: "Losses",
    });
    let mut app = App::new(fixture::scenario(), choices.to_vec());
    app.size = (120, 40);
    app.observe(fixture::running(300));
    app.message = None;
    app
}

fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    keys.chars()
        .flat_map(|c| app.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)))
        .collect()
}

fn tap(app: &mut App, code: KeyCode) -> Vec<Effect> {
    app.key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn all(command: Command) -> Vec<Effect> {
    vec![Effect::Send {
        lane: None,
        command,
    }]
}

const fn set(lane: usize, control: Control) -> (usize, Control) {
    (lane, control)
}

/// What the one change of these effects sets.
fn sets(effects: &[Effect]) -> Vec<(usize, Control)> {
    match effects {
        [] => Vec::new(),
        [Effect::Change { parts, .. }] => parts.clone(),
        other => panic!("{other:?} is more than one change"),
    }
}

/// How these effects let lanes start over: seed, and what they keep.
fn resets(effects: &[Effect]) -> Vec<(usize, Option<u64>, Vec<Control>)> {
    let reset = |effect: &Effect| match effect {
        Effect::Send {
            lane: Some(lane),
            command:
                Command::Reset(Reset {
                    seed,
                    dials: Dials::These(kept),
                    ..
                }),
        } => (*lane, *seed, kept.clone()),
        other => panic!("{other:?} is no reset"),
    };
    effects.iter().map(reset).collect()
}

fn tau(x: f64) -> Control {
    Control::Temperature(Temperature::new(x).unwrap())
}

#[test]
fn space_pauses_and_resumes_without_waiting_for_the_lanes() {
    let mut app = app();
    assert_eq!(press(&mut app, " "), all(Command::Pause));
    assert!(!app.running());
    assert_eq!(press(&mut app, " "), all(Command::Resume));
    app.observe(fixture::edited(300, |_, lane| {
        lane.status = LaneStatus::Paused;
    }));
    assert!(app.running(), "asked for, though not yet done");
    app.observe(fixture::running(301));
    assert_eq!(press(&mut app, " "), all(Command::Pause));
}

#[test]
fn s_makes_a_step_and_with_shift_ten() {
    let mut app = app();
    assert_eq!(press(&mut app, "s"), all(Command::Step(1)));
    assert_eq!(press(&mut app, "S"), all(Command::Step(10)));
}

#[test]
fn reset_keeps_the_seed_and_a_new_one_is_asked_for_by_name() {
    let mut app = app();
    assert_eq!(
        resets(&press(&mut app, "r")),
        [(0, None, vec![]), (1, None, vec![])]
    );
    let seeded = |lane| (lane, Some(1), vec![]);
    assert_eq!(resets(&app.update(Action::Reseed)), [seeded(0), seeded(1)]);
}

#[test]
fn when_all_is_done_play_says_what_to_do_instead() {
    let mut app = app();
    app.observe(fixture::edited(1500, |_, lane| {
        lane.status = LaneStatus::Finished;
    }));
    assert!(press(&mut app, " ").is_empty());
    assert!(app.message.as_ref().unwrap().1.contains("r resets it"));
    assert!(press(&mut app, "s").is_empty());
}

#[test]
fn a_turn_goes_to_every_addressed_lane_from_its_own_value() {
    let mut app = app();
    assert_eq!(
        sets(&tap(&mut app, KeyCode::Right)),
        [set(0, tau(0.045)), set(1, tau(0.08))]
    );
    press(&mut app, "a");
    assert_eq!(app.target, Some(0));
    // From the value that was sent, though no snapshot has it yet.
    assert_eq!(sets(&tap(&mut app, KeyCode::Right)), [set(0, tau(0.05))]);
    assert_eq!(sets(&press(&mut app, "H")), [set(0, tau(0.02))]);
    assert!(app.is_pending(0, Dial::Temperature) && app.is_pending(1, Dial::Temperature));
}

#[test]
fn what_was_sent_is_shown_until_the_records_have_it() {
    let mut app = app();
    press(&mut app, "a");
    tap(&mut app, KeyCode::Right);
    app.observe(fixture::edited(300, |_, _| {}));
    assert_eq!(
        app.settings(0).unwrap().get(Dial::Temperature),
        Some(Value::Real(0.045))
    );
    let recorded = fixture::edited(301, |i, lane| {
        if i == 0 {
            let mut applied = (*lane.applied).clone();
            applied.push(Applied {
                step: 301,
                control: tau(0.045),
                old: None,
                new: Some(Value::Real(0.045)),
                by: By::Hand(1),
            });
            lane.applied = Arc::new(applied);
        }
    });
    app.observe(recorded);
    assert!(app.pending.is_empty());
    assert_eq!(
        app.settings(0).unwrap().get(Dial::Temperature),
        Some(Value::Real(0.0431))
    );
}

#[test]
fn what_a_lane_never_records_is_forgotten_after_two_steps() {
    let mut app = app();
    tap(&mut app, KeyCode::Right);
    app.observe(fixture::running(302));
    assert!(app.pending.is_empty());
}

#[test]
fn a_typed_value_is_applied_and_a_wrong_one_changes_nothing() {
    let mut app = app();
    press(&mut app, "t");
    tap(&mut app, KeyCode::Enter);
    // What belongs to no number is not taken, and the range is said.
    assert!(press(&mut app, "0.0x").is_empty());
    let said = |app: &App| app.message.as_ref().unwrap().1.clone();
    assert!(said(&app).contains("0.01 to 100"), "{}", said(&app));
    assert!(tap(&mut app, KeyCode::Enter).is_empty());
    assert!(said(&app).contains("0.001 to 100, got 0"), "{}", said(&app));
    assert!(app.overlay.is_some() && app.pending.is_empty());
    press(&mut app, "2");
    assert_eq!(
        sets(&tap(&mut app, KeyCode::Enter)),
        [set(0, tau(0.02)), set(1, tau(0.02))]
    );
    assert_eq!(app.overlay, None);
    tap(&mut app, KeyCode::Enter);
    press(&mut app, "500");
    tap(&mut app, KeyCode::Enter);
    assert!(app.message.as_ref().unwrap().1.contains("0.001 to 100"));
    tap(&mut app, KeyCode::Esc);
    assert_eq!(app.overlay, None);
}

#[test]
fn learned_and_fixed_toggle_together_and_only_where_something_is_learned() {
    let mut app = app();
    assert_eq!(
        sets(&press(&mut app, "f")),
        [
            set(0, Control::LearnTemperature(false)),
            set(1, Control::LearnTemperature(false))
        ]
    );
    assert_eq!(
        sets(&press(&mut app, "bf")),
        [set(1, Control::LearnBias(false))],
        "softmax has no bias"
    );
    assert!(press(&mut app, "Bf").is_empty());
    assert!(
        app.message
            .as_ref()
            .unwrap()
            .1
            .contains("only tau and the bias")
    );
}

#[test]
fn switches_of_several_lanes_go_the_same_way() {
    let mut app = app();
    press(&mut app, "x");
    assert_eq!(
        sets(&tap(&mut app, KeyCode::Right)),
        // The other lane has it already: no change, no mark. SigLIP needs a bias.
        [
            set(0, Control::Loss(Loss::SigLip)),
            set(0, Control::Bias(Bias::new(-10.0).unwrap()))
        ]
    );
}

#[test]
fn dials_of_lanes_that_prepare_say_so() {
    let mut app = app();
    app.observe(fixture::starting());
    assert!(tap(&mut app, KeyCode::Right).is_empty());
    assert!(app.message.is_some());
}

#[test]
fn a_goes_round_all_lanes_and_all_together() {
    let mut app = app();
    let mut seen = vec![app.target];
    for _ in 0..3 {
        press(&mut app, "a");
        seen.push(app.target);
    }
    assert_eq!(seen, [None, Some(0), Some(1), None]);
}

#[test]
fn panels_zoom_and_escape_goes_back_step_by_step() {
    let mut app = app();
    app.update(Action::Panel(Panel::Retrieval));
    press(&mut app, "zh");
    assert_eq!(
        (app.panel, app.zoomed, app.focus),
        (Panel::Retrieval, true, Focus::Panel)
    );
    assert!(app.charts.crosshair.is_some());
    tap(&mut app, KeyCode::Esc);
    assert_eq!((app.charts.crosshair, app.zoomed), (None, true));
    tap(&mut app, KeyCode::Esc);
    assert_eq!((app.zoomed, app.focus), (false, Focus::Panel));
    tap(&mut app, KeyCode::Esc);
    assert_eq!(app.focus, Focus::Dials);
    let before = (app.charts.loss, app.quantity, app.range);
    press(&mut app, "cywmdf");
    assert!(
        app.charts.loss.log_y != before.0.log_y
            && app.charts.loss.smoothing != before.0.smoothing
            && app.quantity != before.1
            && app.range != before.2
    );
}

#[test]
fn the_cursor_stays_on_the_matrix_and_finds_the_worst_pair() {
    let mut app = app();
    press(&mut app, "m");
    app.update(Action::Cursor(Direction::Left));
    press(&mut app, "j");
    tap(&mut app, KeyCode::PageDown);
    assert_eq!(app.cursor, (9, 0));
    press(&mut app, "G");
    tap(&mut app, KeyCode::Down);
    assert_eq!(app.cursor, (63, 63));
    press(&mut app, "gl");
    assert_eq!(app.cursor, (0, 1));
    press(&mut app, "h");
    app.observe(fixture::edited(301, |_, lane| {
        let cosines = vec![0.9, 0.1, 0.2, 0.8, 0.5, 0.6, 0.3, 0.2, f32::NAN];
        lane.matrix = Some(Arc::new(Matrix {
            step: 301,
            side: 3,
            pool: 1,
            cosines,
        }));
    }));
    press(&mut app, "!");
    assert_eq!(app.cursor, (1, 0));
}

#[test]
fn open_filters_by_words_and_takes_paths() {
    let mut app = app();
    press(&mut app, "o");
    press(&mut app, "sig");
    assert_eq!(
        tap(&mut app, KeyCode::Enter),
        [Effect::Open("siglip".into())]
    );
    tap(&mut app, KeyCode::Esc);
    press(&mut app, "o");
    tap(&mut app, KeyCode::Down);
    assert_eq!(
        tap(&mut app, KeyCode::Enter),
        [Effect::Open("siglip".into())]
    );
    app.update(Action::Paste("runs/mine.ron\n".into()));
    assert_eq!(
        tap(&mut app, KeyCode::Enter),
        [Effect::Open("runs/mine.ron".into())]
    );
}

#[test]
fn saving_over_a_file_needs_a_second_enter() {
    let mut app = app();
    app.key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL));
    let path = "my-softmax-and-sigmoid-side.ron".to_string();
    assert_eq!(
        tap(&mut app, KeyCode::Enter),
        [Effect::Save {
            path: path.clone(),
            replace: false
        }]
    );
    app.saved(Saved::Exists(path.clone()));
    assert_eq!(
        tap(&mut app, KeyCode::Enter),
        [Effect::Save {
            path: path.clone(),
            replace: true
        }]
    );
    app.saved(Saved::Exists(path.clone()));
    press(&mut app, "x");
    let Effect::Save { replace, .. } = &tap(&mut app, KeyCode::Enter)[0] else {
        panic!("it saves")
    };
    assert!(!replace, "another name, another question");
    app.saved(Saved::Done(path));
    assert_eq!(app.overlay, None);
}

#[test]
fn quitting_works_from_everywhere() {
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    for keys in ["", "?", "o", "m", "c"] {
        let mut app = app();
        press(&mut app, keys);
        assert_eq!(app.key(control_c), [Effect::Quit], "{keys}");
    }
    let mut app = app();
    app.notify("title", "text");
    assert_eq!(app.key(control_c), [Effect::Quit]);
    app.overlay = None;
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
    assert_eq!(
        app.key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL)),
        [Effect::Suspend]
    );
}

#[test]
fn a_screen_that_is_too_small_takes_quit_alone() {
    let mut app = app();
    app.size = (59, 20);
    assert!(press(&mut app, " tsrmo2").is_empty());
    assert_eq!((app.overlay.clone(), app.page), (None, Page::Train));
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
}

#[test]
fn the_mouse_does_what_keys_do() {
    let mut app = app();
    app.regions
        .add(Rect::new(0, 0, 10, 1), Target::Act(Action::PlayPause));
    app.regions.add(
        Rect::new(0, 1, 10, 1),
        Target::Dial(Dial::Temperature, Some(1)),
    );
    app.regions
        .add(Rect::new(0, 2, 10, 5), Target::Panel(Panel::Retrieval));
    assert_eq!(app.update(Action::Click(3, 0)), all(Command::Pause));
    assert!(
        app.update(Action::Wheel(3, 1, false)).is_empty(),
        "the wheel turns no dial"
    );
    assert!(app.pending.is_empty());
    assert!(app.update(Action::Click(3, 1)).is_empty());
    assert_eq!((app.target, app.dial), (Some(1), Dial::Temperature));
    app.update(Action::Click(3, 4));
    assert_eq!((app.focus, app.panel), (Focus::Panel, Panel::Retrieval));
    assert!(app.update(Action::Click(90, 30)).is_empty());
}

#[test]
fn lanes_that_end_are_heard_of_once() {
    let mut app = app();
    let ended = || {
        fixture::edited(301, |i, lane| {
            if i == 0 {
                lane.status = LaneStatus::Diverged(301);
            }
        })
    };
    app.observe(ended());
    assert!(
        app.message
            .as_ref()
            .unwrap()
            .1
            .contains("the loss is NaN or infinite at step 301")
    );
    app.message = None;
    app.observe(ended());
    assert_eq!(app.message, None);
}

#[test]
fn opening_another_scenario_keeps_how_one_looks() {
    let mut app = app();
    press(&mut app, "cym");
    let mut other = fixture::scenario();
    other.lanes.truncate(1);
    app.reopen(other);
    assert!(app.charts.loss.log_y);
    assert_eq!(
        (app.lanes.len(), app.target, app.choices.len()),
        (1, None, 3)
    );
    assert_eq!(app.lanes[0].status, LaneStatus::Starting);
}
