//! Undo, redo, rewind, branch: what the keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::control::{By, Dial};
use crate::quantity::{Loss, Temperature, Value};
use crate::ui::fixture;

fn tap(app: &mut App, code: KeyCode) -> Vec<Effect> {
    app.key(KeyEvent::from(code))
}

fn press(app: &mut App, key: char) -> Vec<Effect> {
    tap(app, KeyCode::Char(key))
}

fn redo(app: &mut App) -> Vec<Effect> {
    app.key(KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL))
}

/// The values that these effects set, with their lanes.
fn values(effects: &[Effect]) -> Vec<(usize, Option<Value>)> {
    match effects {
        [Effect::Change { parts, .. } | Effect::TakeBack { parts, .. }] => {
            parts.iter().map(|(lane, c)| (*lane, c.value())).collect()
        }
        other => panic!("{other:?} sets nothing"),
    }
}

fn said(app: &App) -> &str {
    app.message.as_ref().map_or("", |(_, text)| text)
}

fn tau(app: &App, lane: usize) -> Option<Value> {
    app.settings(lane).unwrap().get(Dial::Temperature)
}

#[test]
fn undo_and_redo_go_through_the_changes_one_by_one() {
    let mut app = fixture::app(300);
    let before = tau(&app, 0);
    press(&mut app, 'a');
    // One key press is one change.
    let once = values(&tap(&mut app, KeyCode::Right));
    let twice = values(&tap(&mut app, KeyCode::Right));
    app.update(Action::Dial(Dial::LearningRate));
    let rate = app.settings(0).unwrap().get(Dial::LearningRate);
    tap(&mut app, KeyCode::Right);
    assert_eq!(values(&press(&mut app, 'u')), [(0, rate)]);
    assert_eq!(values(&press(&mut app, 'u')), once);
    assert_eq!(values(&press(&mut app, 'u')), [(0, before)]);
    assert_eq!(tau(&app, 0), before);
    assert!(press(&mut app, 'u').is_empty());
    assert!(said(&app).contains("nothing to undo"));
    assert_eq!(values(&redo(&mut app)), once);
    assert_eq!(values(&redo(&mut app)), twice);
    redo(&mut app);
    assert!(redo(&mut app).is_empty());
    // A new change leaves nothing to be made again.
    press(&mut app, 'u');
    tap(&mut app, KeyCode::Left);
    assert!(redo(&mut app).is_empty());
}

#[test]
fn a_bias_that_was_given_is_taken_away_again() {
    let mut app = fixture::app(300);
    press(&mut app, 'a');
    press(&mut app, 'b');
    let given = values(&tap(&mut app, KeyCode::Right));
    assert_eq!(given, [(0, Some(Value::Real(0.0)))]);
    assert_eq!(values(&press(&mut app, 'u')), [(0, None)]);
    assert_eq!(app.settings(0).unwrap().bias, None);
}

#[test]
fn rewind_and_branch_go_to_the_addressed_lane() {
    let mut app = fixture::app(300);
    assert!(app.update(Action::Branch).is_empty());
    assert!(app.message.as_ref().unwrap().1.contains("which lane"));
    press(&mut app, 'a');
    assert_eq!(app.update(Action::Branch), [Effect::Branch(0)]);
    assert!(
        press(&mut app, 'U').is_empty(),
        "the branch is not there yet"
    );
}

/// What this lane is told to go back behind.
fn goes_back(effects: &[Effect]) -> Vec<(usize, u64, Vec<Control>)> {
    let back = |effect: &Effect| match effect {
        Effect::Send {
            lane: Some(lane),
            command: Command::GoBack(change),
        } => (*lane, change.number, change.controls.clone()),
        other => panic!("{other:?} goes nowhere"),
    };
    effects.iter().map(back).collect()
}

#[test]
fn rewind_goes_back_behind_what_undo_would_take_back() {
    let mut app = fixture::app(300);
    press(&mut app, 'a');
    let before = app.settings(0).unwrap().temperature;
    tap(&mut app, KeyCode::Right);
    tap(&mut app, KeyCode::Right);
    press(&mut app, 'u');
    // The first turn is the latest change now.
    let back = goes_back(&press(&mut app, 'U'));
    let tau = Control::Temperature(Temperature::new(before).unwrap());
    assert_eq!(back, [(0, 1, vec![tau])]);
    assert_eq!(app.settings(0).unwrap().temperature, before);
    assert!(said(&app).contains("softmax: weights and dials back to before temperature 0.045"));
    assert!(press(&mut app, 'u').is_empty());
    // Both can be made again, in their order.
    assert_eq!(values(&redo(&mut app)), [(0, Some(Value::Real(0.045)))]);
    assert_eq!(values(&redo(&mut app)), [(0, Some(Value::Real(0.05)))]);
}

#[test]
fn rewind_of_one_lane_leaves_the_change_of_the_other() {
    let mut app = fixture::app(300);
    let set = values(&tap(&mut app, KeyCode::Right));
    assert_eq!(set.len(), 2);
    press(&mut app, 'a');
    let back = goes_back(&press(&mut app, 'U'));
    assert_eq!((back.len(), back[0].0), (1, 0));
    assert!(press(&mut app, 'U').is_empty());
    assert!(said(&app).contains("softmax has no part in the last change"));
    assert_eq!(values(&redo(&mut app)), set[..1]);
    press(&mut app, 'u');
    let other = values(&press(&mut app, 'u'));
    assert_eq!((other.len(), other[0].0), (1, 1));
}

#[test]
fn what_a_lane_says_of_a_change_does_not_hide_what_was_said_of_it() {
    let mut app = fixture::app(300);
    tap(&mut app, KeyCode::Right);
    press(&mut app, 'u');
    let undone = said(&app).to_owned();
    assert!(undone.contains("the weights stay"), "{undone}");
    let done = |scripted: bool| {
        fixture::edited(300, |i, lane| {
            if i == 0 {
                let mut applied = lane.applied.to_vec();
                let mut last = applied[0].clone();
                last.by = if scripted { By::Script } else { By::Undo(1) };
                applied.push(last);
                lane.applied = applied.into();
                lane.message = Some("step 300: temperature".into());
            }
        })
    };
    app.observe(done(false));
    assert_eq!(said(&app), undone);
    assert!(app.said.iter().any(|text| text.contains("step 300")));
    // What the script does is news.
    app.observe(fixture::running(300));
    app.observe(done(true));
    assert!(said(&app).contains("step 300"));
}

#[test]
fn a_reset_keeps_what_was_set_and_can_be_undone() {
    let mut app = fixture::app(300);
    press(&mut app, 'a');
    tap(&mut app, KeyCode::Right);
    tap(&mut app, KeyCode::Right);
    press(&mut app, 'u');
    let kept = |effects: &[Effect]| -> Vec<Vec<Control>> {
        let kept = |effect: &Effect| match effect {
            Effect::Send {
                command:
                    Command::Reset(Reset {
                        dials: Dials::These(kept),
                        number: Some(_),
                        ..
                    }),
                ..
            } => kept.clone(),
            other => panic!("{other:?} is no reset"),
        };
        effects.iter().map(kept).collect()
    };
    let tau = Control::Temperature(Temperature::new(0.045).unwrap());
    assert_eq!(kept(&press(&mut app, 'r')), [vec![tau], vec![]]);
    assert!(said(&app).contains("the dials as you set them"));
    let both = goes_back(&press(&mut app, 'u'));
    assert_eq!(
        both.iter().map(|(lane, ..)| *lane).collect::<Vec<_>>(),
        [0, 1]
    );
    assert!(said(&app).contains("the run before it is back"));
    assert_eq!(kept(&redo(&mut app)), [vec![tau], vec![]]);
    let nothing: [Vec<Control>; 2] = [vec![], vec![]];
    assert_eq!(kept(&app.update(Action::Defaults)), nothing);
    assert_eq!(kept(&press(&mut app, 'r')), nothing);
    press(&mut app, 'u');
    press(&mut app, 'u');
    assert_eq!(kept(&app.update(Action::Reseed)), [vec![tau], vec![]]);
}

#[test]
fn siglip_comes_with_a_bias_and_infonce_takes_that_away() {
    let mut app = fixture::app(300);
    press(&mut app, 'a');
    press(&mut app, 'x');
    let bias = |app: &App| app.settings(0).unwrap().bias;
    assert_eq!(bias(&app), None);
    tap(&mut app, KeyCode::Right);
    assert_eq!(bias(&app), Some(-10.0));
    assert!(said(&app).contains("bias -10"), "{}", said(&app));
    // One entry.
    press(&mut app, 'u');
    assert_eq!(
        (bias(&app), app.settings(0).unwrap().loss),
        (None, Loss::InfoNce)
    );
    redo(&mut app);
    tap(&mut app, KeyCode::Left);
    assert_eq!(
        (bias(&app), app.settings(0).unwrap().loss),
        (None, Loss::InfoNce)
    );
    // A bias that was set by itself stays.
    press(&mut app, 'b');
    tap(&mut app, KeyCode::Right);
    press(&mut app, 'x');
    tap(&mut app, KeyCode::Right);
    tap(&mut app, KeyCode::Left);
    assert_eq!(bias(&app), Some(0.0));
}

#[test]
fn one_key_gives_a_lanes_change_to_all_others() {
    let mut app = fixture::app(300);
    assert!(press(&mut app, 'A').is_empty());
    press(&mut app, 'a');
    let turned = values(&tap(&mut app, KeyCode::Right));
    assert!(app.message.as_ref().unwrap().1.contains("A: all lanes"));
    let other = tau(&app, 1);
    assert_eq!(values(&press(&mut app, 'A')), [(1, turned[0].1)]);
    assert_eq!(tau(&app, 1), tau(&app, 0));
    assert_eq!(values(&press(&mut app, 'u')), [(1, other)]);
}

#[test]
fn the_pace_goes_down_and_up_again() {
    let mut app = fixture::app(300);
    assert_eq!(press(&mut app, '<'), [Effect::SlowDown(GAPS[1])]);
    for _ in 0..20 {
        press(&mut app, '<');
    }
    assert_eq!(
        press(&mut app, '>'),
        [Effect::SlowDown(GAPS[GAPS.len() - 2])]
    );
    for _ in 0..20 {
        press(&mut app, '>');
    }
    assert_eq!(press(&mut app, '>'), [Effect::SlowDown(Duration::ZERO)]);
}
