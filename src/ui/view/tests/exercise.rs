//! What an exercise looks like: its question, the verdict, what it hides on paper, and its card.

use super::*;
use crate::exercise::EXERCISES;
use crate::scenario::load;
use crossterm::event::{KeyCode, KeyEvent};

fn doing(exercise: usize) -> App {
    let mut scenario = load(EXERCISES[exercise].scenario).unwrap();
    scenario.lesson = None;
    let mut app = App::new(scenario, Vec::new());
    app.size = (120, 40);
    app.begin_exercise(exercise);
    app
}

fn answer(app: &mut App, typed: &str) {
    app.key(KeyEvent::from(KeyCode::Enter));
    press(app, typed);
    app.key(KeyEvent::from(KeyCode::Enter));
}

#[test]
fn an_exercise_shows_its_question_and_hides_what_it_asks() {
    let mut app = doing(0);
    let screen = shot(&mut app, &RICH, 120, 40);
    insta::assert_snapshot!("exercise_begins", screen);
    assert!(
        screen.contains("exercise 1 of 5: InfoNCE by hand"),
        "{screen}"
    );
    assert!(
        screen.contains("0.62") && !screen.contains("6.2000"),
        "{screen}"
    );
    answer(&mut app, "5.2");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        screen.contains("5.2000"),
        "the logits are there now:\n{screen}"
    );
    assert!(!screen.contains("0.3763"), "P is not:\n{screen}");
    for wrong in ["0.52", "1"] {
        answer(&mut app, wrong);
    }
    insta::assert_snapshot!("exercise_wrong_80x24", shot(&mut app, &RICH, 80, 24));
    for right in [
        "0.887", "1.78", "5.78", "0.376", "0.98", "0.46", "0.376", "0.418",
    ] {
        answer(&mut app, right);
    }
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("0.417691"), "all of it is there:\n{screen}");
    assert!(
        !screen.contains('?') || !screen.contains("mean ?"),
        "{screen}"
    );
    insta::assert_snapshot!("exercise_worked_out", screen);
}

#[test]
fn the_card_of_the_last_question_derives_the_bound_with_the_batch_at_hand() {
    let mut app = doing(0);
    for right in [
        "5.2", "0.887", "1.78", "5.78", "0.376", "0.98", "0.46", "0.376", "0.418",
    ] {
        answer(&mut app, right);
    }
    app.observe(fixture::running(640));
    app.update(Action::Explain);
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("I(X;Y) >= ln N - L"), "{screen}");
    assert!(screen.contains("7. L is at least 0"), "{screen}");
    insta::assert_snapshot!("exercise_bound", screen);
}

#[test]
fn exercises_fit_every_size_and_every_terminal() {
    for exercise in 0..3 {
        let mut app = doing(exercise);
        for (width, height) in [(60, 20), (80, 24), (120, 40), (200, 60)] {
            let screen = shot(&mut app, &PLAIN, width, height);
            assert!(screen.is_ascii(), "{screen}");
            assert!(screen.contains("exercise"), "{screen}");
            assert!(
                screen.contains(" of "),
                "the progress is in sight:\n{screen}"
            );
        }
    }
}
