//! How the screen teaches: palette and contextual help.

use super::*;
use crate::ui::action::Context;

fn typed(app: &mut App, text: &str) {
    text.chars()
        .for_each(|c| drop(app.update(Action::Insert(c))));
}

#[test]
fn the_palette_shows_names_keys_and_what_they_do() {
    let mut app = app(fixture::running(640));
    app.update(Action::Palette);
    insta::assert_snapshot!("palette", shot(&mut app, &RICH, 100, 30));
    typed(&mut app, "tau");
    app.update(Action::Down);
    insta::assert_snapshot!("palette_typed", shot(&mut app, &RICH, 80, 24));
    assert!(shot(&mut app, &PLAIN, 60, 20).is_ascii());
}

#[test]
fn the_help_begins_where_one_is() {
    let mut app = app(fixture::running(640));
    app.update(Action::Panel(Panel::Matrix));
    app.update(Action::Help);
    let screen = shot(&mut app, &RICH, 100, 44);
    let place = |text: &str| {
        screen
            .find(text)
            .unwrap_or_else(|| panic!("no {text}:\n{screen}"))
    };
    assert!(place(&format!("{}, as now", Context::Matrix.title())) < place(Context::Main.title()));
    assert!(!screen.contains(Context::Dials.title()), "{screen}");
}

#[test]
fn the_card_lies_beside_what_it_explains() {
    let mut app = app(fixture::running(640));
    app.update(Action::Explain);
    insta::assert_snapshot!("explain_tau", shot(&mut app, &RICH, 120, 40));
    app.update(Action::Dial(Dial::Bias));
    insta::assert_snapshot!("explain_bias_80x24", shot(&mut app, &RICH, 80, 24));
    app.update(Action::Panel(Panel::Matrix));
    insta::assert_snapshot!("explain_matrix", shot(&mut app, &RICH, 120, 40));
    for dial in Dial::ALL {
        app.update(Action::Dial(dial));
        let screen = shot(&mut app, &RICH, 120, 40);
        assert!(screen.contains("i closes"), "{dial:?}:\n{screen}");
        assert!(screen.contains("c loss"), "the curve stays:\n{screen}");
        assert!(shot(&mut app, &PLAIN, 60, 20).is_ascii());
    }
}

#[test]
fn the_first_screen_asks_where_to_begin_and_leaves_the_curve_in_sight() {
    for (width, height) in [(120, 40), (80, 24)] {
        let mut app = app(fixture::running(3));
        app.dense = false;
        app.welcome();
        let screen = shot(&mut app, &RICH, width, height);
        for word in [
            "welcome",
            "Learn",
            "a tour of 9 short stops",
            "Explore",
            "Enter",
        ] {
            assert!(screen.contains(word), "{word}:\n{screen}");
        }
        insta::assert_snapshot!(format!("welcome_{width}x{height}"), screen);
        // The curve's panel is as it was.
        let loss = app
            .regions
            .iter()
            .find(|(_, t)| *t == Target::Panel(Panel::Loss));
        let area = loss.unwrap().0;
        let with = draw(&mut app, &RICH, width, height);
        // Both ways can be clicked.
        let rows = app
            .regions
            .iter()
            .filter(|(_, t)| matches!(t, Target::Row(_)));
        assert_eq!(rows.count(), 2);
        app.overlay = None;
        let without = draw(&mut app, &RICH, width, height);
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                assert_eq!(with[(x, y)], without[(x, y)], "{x} {y}");
            }
        }
    }
}

fn stop(name: &str, stop: usize) -> App {
    let scenario = crate::scenario::load(name).unwrap();
    let mut app = App::new(scenario, Vec::new());
    app.begin_tour(stop);
    app.observe(fixture::edited(30, |_, lane| {
        lane.held_out = Arc::default();
    }));
    app.message = None;
    app
}

#[test]
fn a_lesson_shows_its_prompt_hides_panels_and_ticks_what_was_seen() {
    let mut app = stop("stuck-at-ln-n", 1);
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("stop 2 of 9"), "{screen}");
    assert!(!screen.contains("p pictures"), "{screen}");
    insta::assert_snapshot!("lesson_120x40", screen);
    insta::assert_snapshot!("lesson_80x24", shot(&mut app, &RICH, 80, 24));
    for (width, height) in [(120, 40), (80, 24), (60, 20)] {
        assert!(shot(&mut app, &PLAIN, width, height).is_ascii());
        for panel in Panel::ALL {
            let mut app = stop("bias-zero", 5);
            app.update(Action::Panel(panel));
            draw(&mut app, &RICH, width, height);
        }
    }
}

#[test]
fn a_card_that_is_cut_says_so() {
    let mut app = app(fixture::running(640));
    app.update(Action::Explain);
    assert!(!shot(&mut app, &RICH, 120, 40).contains("more lines"));
    let small = shot(&mut app, &RICH, 60, 20);
    assert!(small.contains("more lines: a larger window"), "{small}");
}
