//! A lesson waits for the learner, goes on after the action, and can be tried again.

use super::*;
use crate::scenario::{Comparison, Expect, Lesson, Metric, Moment, WaitFor};
use crate::telemetry::Snapshot;
use crate::ui::app::LessonStage;

/// A lesson that waits at step 60 for tau of the lane sigmoid and at step 100 for a card.
fn lesson() -> App {
    let mut scenario = fixture::scenario();
    let moment = |at, wait_for, lane: Option<&str>| Moment {
        at,
        prompt: format!("Do what step {at} asks."),
        wait_for,
        lane: lane.map(Into::into),
        look: format!("Look at what follows step {at}."),
    };
    scenario.lesson = Some(Lesson {
        prompt: "Look at the loss.".into(),
        moments: vec![
            moment(60, WaitFor::Turn(Dial::Temperature), Some("sigmoid")),
            moment(100, WaitFor::Card, None),
        ],
        end: "That is what it means.".into(),
        ..Lesson::default()
    });
    scenario.expect = vec![Expect {
        what: Metric::Loss,
        lane: Some("softmax".into()),
        is: Comparison::Below(4.0),
        by: Some(1500),
        until: None,
        by_hand: None,
    }];
    let mut app = App::new(scenario, Vec::new());
    app.size = (120, 40);
    app.begin_tour(0);
    app
}

/// Both lanes after so many steps.
fn at(app: &mut App, step: u64, status: &LaneStatus) {
    app.observe(fixture::edited(step, |_, lane| {
        lane.status.clone_from(status);
    }));
}

fn stage(app: &App) -> LessonStage {
    app.lesson_stage().unwrap()
}

fn one(lane: usize, command: Command) -> Effect {
    Effect::Send {
        lane: Some(lane),
        command,
    }
}

#[test]
fn the_lanes_wait_before_their_first_step_until_space() {
    let mut app = lesson();
    assert_eq!(stage(&app), LessonStage::First { waits: true });
    assert!(
        app.lesson_text()
            .unwrap()
            .ends_with("Press Space to start.")
    );
    // Space starts them also while they are being prepared.
    assert_eq!(press(&mut app, " "), all(Command::Resume));
    assert_eq!(stage(&app), LessonStage::First { waits: false });
    at(&mut app, 5, &LaneStatus::Running);
    assert_eq!(app.lesson_text().unwrap(), "Look at the loss.");
}

#[test]
fn the_run_goes_on_after_the_action_that_a_moment_waits_for_and_after_no_other() {
    let mut app = lesson();
    at(&mut app, 60, &LaneStatus::Paused);
    assert_eq!(stage(&app), LessonStage::Waiting(0));
    assert!(app.lesson_text().unwrap().contains("Do what step 60 asks."));
    // Another dial, and another lane.
    app.target = Some(1);
    press(&mut app, "B");
    assert_eq!(tap(&mut app, KeyCode::Right).len(), 1);
    app.target = Some(0);
    press(&mut app, "t");
    assert_eq!(tap(&mut app, KeyCode::Right).len(), 1);
    assert!(app.message.as_ref().unwrap().1.contains("choose sigmoid"));
    assert_eq!(stage(&app), LessonStage::Waiting(0));
    // The change comes before the run goes on.
    app.target = Some(1);
    let effects = tap(&mut app, KeyCode::Right);
    assert!(sets(&effects[..1]).iter().all(|(lane, _)| *lane == 1));
    assert_eq!(effects[1..], all(Command::Resume));
    // The lanes have not said so yet.
    at(&mut app, 60, &LaneStatus::Paused);
    assert_eq!(stage(&app), LessonStage::After(0));
    assert_eq!(app.lesson_text().unwrap(), "Look at what follows step 60.");
    at(&mut app, 80, &LaneStatus::Running);
    assert_eq!(stage(&app), LessonStage::After(0));
    // A pause between two moments is the learner's own.
    at(&mut app, 85, &LaneStatus::Paused);
    assert_eq!(stage(&app), LessonStage::After(0));
}

#[test]
fn a_card_is_read_before_the_run_goes_on() {
    let mut app = lesson();
    at(&mut app, 100, &LaneStatus::Paused);
    assert_eq!(stage(&app), LessonStage::Waiting(1));
    assert!(press(&mut app, "i").is_empty());
    assert_eq!(press(&mut app, "i"), all(Command::Resume));
}

#[test]
fn space_and_steps_leave_a_moment() {
    for (key, command) in [(" ", Command::Resume), ("s", Command::Step(1))] {
        let mut app = lesson();
        at(&mut app, 60, &LaneStatus::Paused);
        assert_eq!(press(&mut app, key), all(command));
        assert_eq!(stage(&app), LessonStage::After(0));
    }
}

#[test]
fn after_a_rewind_the_moment_waits_again_and_so_does_the_other_lane() {
    let mut app = lesson();
    at(&mut app, 60, &LaneStatus::Paused);
    app.target = Some(1);
    tap(&mut app, KeyCode::Right);
    at(&mut app, 90, &LaneStatus::Running);
    assert_eq!(stage(&app), LessonStage::After(0));
    let effects = press(&mut app, "U");
    assert!(matches!(
        &effects[0],
        Effect::Send {
            lane: Some(1),
            command: Command::GoBack(change)
        } if change.number == 1
    ));
    // Neither lane goes on until the learner says so, wherever the change was made.
    let both = [0, 1].map(|lane| one(lane, Command::Pause));
    assert_eq!(effects[1..], both);
    // One lane is back and waits, the other one stands where it was.
    app.observe(fixture::edited(90, |i, lane| {
        lane.status = LaneStatus::Paused;
        if i == 1 {
            lane.go_back(60);
        }
    }));
    assert_eq!(stage(&app), LessonStage::Waiting(0));
    let again = tap(&mut app, KeyCode::Right);
    assert_eq!(again[1..], all(Command::Resume));
}

#[test]
fn a_reset_begins_the_lesson_anew() {
    let mut app = lesson();
    at(&mut app, 60, &LaneStatus::Paused);
    press(&mut app, " ");
    at(&mut app, 640, &LaneStatus::Running);
    assert_eq!(stage(&app), LessonStage::End);
    let both = [(0, None, vec![]), (1, None, vec![])];
    assert_eq!(resets(&press(&mut app, "r")), both);
    app.observe(fixture::edited(640, |_, lane| {
        *lane = Snapshot {
            paths: 1,
            status: LaneStatus::Paused,
            settings: lane.settings.clone(),
            ..Snapshot::starting(&lane.lane, 1500)
        };
    }));
    assert_eq!(stage(&app), LessonStage::First { waits: true });
    assert!(
        !app.course.watch.all_seen(),
        "what was seen is of another run"
    );
}

#[test]
fn a_stop_ends_with_its_last_text_once_its_claims_are_seen_and_no_moment_is_to_come() {
    let mut app = lesson();
    at(&mut app, 80, &LaneStatus::Running);
    assert!(app.course.watch.all_seen(), "seen before the last moment");
    assert_eq!(stage(&app), LessonStage::After(0));
    app.message = None;
    at(&mut app, 120, &LaneStatus::Running);
    assert_eq!(
        stage(&app),
        LessonStage::After(1),
        "there is something to look at"
    );
    at(&mut app, 140, &LaneStatus::Running);
    assert_eq!(stage(&app), LessonStage::End);
    assert_eq!(app.lesson_text().unwrap(), "That is what it means.");
    let said = app.message.as_ref().unwrap().1.clone();
    assert!(
        said.ends_with("this stop is done: N goes to the next"),
        "{said}"
    );
}

#[test]
fn a_lane_that_failed_holds_up_no_lesson() {
    let mut app = lesson();
    app.observe(fixture::edited(60, |i, lane| {
        lane.status = LaneStatus::Paused;
        if i == 0 {
            *lane = Snapshot::starting("softmax", 1500);
            lane.status = LaneStatus::Failed("no memory".into());
        }
    }));
    assert_eq!(stage(&app), LessonStage::Waiting(0));
}

#[test]
fn the_words_that_the_stops_say_to_type_find_their_dials() {
    for (word, dial) in [
        ("shuffle", Dial::ShuffleCaptions),
        ("learning", Dial::LearningRate),
    ] {
        let mut app = lesson();
        at(&mut app, 60, &LaneStatus::Paused);
        press(&mut app, ":");
        press(&mut app, word);
        tap(&mut app, KeyCode::Enter);
        assert_eq!((app.focus, app.dial), (Focus::Dials, dial), "{word}");
        tap(&mut app, KeyCode::Enter);
        assert!(matches!(app.overlay, Some(Overlay::Value { .. })), "{word}");
    }
}
