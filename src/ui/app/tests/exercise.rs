//! Exercises by keys: right and wrong answers, what they show, and how one comes to an exercise and leaves it.

use super::*;
use crate::exercise::{EXERCISES, Verdict};
use crate::scenario::load;
use crate::ui::panel::Panel;

/// The screen as an exercise is opened on it.
fn doing(exercise: usize) -> App {
    let mut scenario = load(EXERCISES[exercise].scenario).unwrap();
    scenario.lesson = None;
    let mut app = App::new(scenario, Vec::new());
    app.size = (120, 40);
    app.begin_exercise(exercise);
    app
}

/// Types an answer and has it checked.
fn answer(app: &mut App, typed: &str) -> Verdict {
    tap(app, KeyCode::Enter);
    assert!(matches!(app.overlay, Some(Overlay::Answer { .. })));
    press(app, typed);
    tap(app, KeyCode::Enter);
    assert_eq!(app.overlay, None);
    app.desk.said().cloned().expect("a verdict")
}

fn at(app: &App) -> usize {
    app.desk.work().unwrap().at
}

#[test]
fn an_exercise_by_hand_is_done_by_keys_and_wrong_answers_say_why() {
    let mut app = doing(0);
    assert_eq!((app.panel, app.zoomed), (Panel::Hand, true));
    assert_eq!(app.hand.origin, "given");
    // What 10 answers come to, and mistakes before some of them.
    for (wrong, says, right) in [
        ("0.52", "Divide it by tau", "5.2"),
        ("8872", "divided by tau", "0.89"),
        ("322.90", "Subtract the row's largest", "1.78"),
        ("6.03", "log2", "5.78"),
        ("0.56", "", "0.38"),
        ("1.41", "log2", "0.98"),
        ("1.84", "mean", "0.46"),
        ("1.50", "mean", "0.38"),
        ("0.46", "image to text", "0.42"),
        ("1.39", "ceiling", "0.97"),
    ] {
        let before = at(&app);
        let Verdict::Wrong(text) = answer(&mut app, wrong) else {
            panic!("{wrong} is wrong")
        };
        assert!(text.contains(says), "{wrong}: {text}");
        assert_eq!(at(&app), before);
        assert!(
            matches!(answer(&mut app, right), Verdict::Right(_)),
            "{right}"
        );
        assert_eq!(at(&app), before + 1);
    }
    assert!(app.desk.work().unwrap().is_done());
    // Enter goes on to the next one.
    let opened = tap(&mut app, KeyCode::Enter);
    assert_eq!(opened, [Effect::Open("bias-zero".into())]);
    // Its lanes would wait at the moments of its lesson.
    let scenario = app.as_asked(load("bias-zero").unwrap());
    assert_eq!(scenario.lesson, None);
    app.reopen(scenario);
    assert!(app.as_asked(load("bias-zero").unwrap()).lesson.is_some());
    assert_eq!((app.exercise().unwrap().name, at(&app)), ("bias", 0));
}

#[test]
fn an_exercise_in_the_lab_is_done_with_its_dials() {
    let mut app = doing(1);
    for right in ["63", "-4.14", "44.36", "10", "5.15"] {
        assert!(
            matches!(answer(&mut app, right), Verdict::Right(_)),
            "{right}"
        );
    }
    assert_eq!(at(&app), 5);
    // A dial in hand has Enter for itself, Esc goes back to the question.
    press(&mut app, "b");
    assert_eq!(app.here(), Context::Dials);
    tap(&mut app, KeyCode::Esc);
    assert_eq!(app.here(), Context::Exercise);
    app.observe(fixture::edited(300, |i, lane| {
        let settings = lane.settings.as_mut().unwrap();
        settings.loss = Loss::SigLip;
        settings.batch_size = 64;
        settings.bias = Some(if i == 1 { -4.14 } else { -10.0 });
        let report = lane.report.as_mut().unwrap();
        report.logit_bias = settings.bias;
        report.loss = 5.16;
    }));
    assert!(app.desk.work().unwrap().is_done(), "{:?}", app.desk.said());
}

#[test]
fn an_answer_that_is_empty_or_no_number_asks_again() {
    let mut app = doing(0);
    tap(&mut app, KeyCode::Enter);
    tap(&mut app, KeyCode::Enter);
    assert!(app.overlay.is_some(), "nothing was typed");
    tap(&mut app, KeyCode::Esc);
    assert!(matches!(answer(&mut app, "ln 4"), Verdict::Unclear(_)));
    assert!(matches!(answer(&mut app, "?"), Verdict::Hint(_)));
    assert_eq!(at(&app), 0);
}

#[test]
fn exercises_are_found_by_name_and_keep_how_far_one_came() {
    let mut app = doing(0);
    answer(&mut app, "5.2");
    press(&mut app, ":");
    press(&mut app, "exercise bias");
    let opened = tap(&mut app, KeyCode::Enter);
    assert_eq!(opened, [Effect::Open("bias-zero".into())]);
    app.reopen(load("bias-zero").unwrap());
    assert_eq!(app.exercise().unwrap().name, "bias");
    app.update(Action::Exercise(0));
    app.reopen(load("first-look").unwrap());
    assert_eq!((app.exercise().unwrap().name, at(&app)), ("by-hand", 1));
    // Another scenario ends it.
    app.reopen(load("clip").unwrap());
    assert!(app.exercise().is_none());
    assert_ne!(app.here(), Context::Exercise);
}

#[test]
fn after_the_last_stop_of_the_tour_come_the_exercises() {
    let mut app = app();
    app.begin_tour(crate::scenario::tour::STOPS.len() - 1);
    let opened = app.update(Action::NextStop);
    assert_eq!(opened, [Effect::Open("first-look".into())]);
    app.reopen(load("first-look").unwrap());
    assert_eq!(app.exercise().unwrap().name, "by-hand");
    assert_eq!(app.course.stop, None, "the tour is over");
}

#[test]
fn an_exercise_whose_scenario_was_not_opened_does_not_begin_in_another() {
    let mut app = app();
    app.update(Action::Exercise(0));
    press(&mut app, ":");
    press(&mut app, "open siglip");
    tap(&mut app, KeyCode::Enter);
    app.reopen(load("siglip").unwrap());
    assert!(app.exercise().is_none());
}
