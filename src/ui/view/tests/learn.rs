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
fn a_card_without_room_scrolls_to_its_last_line() {
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        for theme in [RICH, PLAIN] {
            let mut app = app(fixture::running(640));
            app.size = (width, height);
            app.update(Action::Dial(Dial::Bias));
            app.update(Action::Explain);
            let words: Vec<String> = crate::ui::explain::card(&app)
                .lines
                .iter()
                .flat_map(|line| line.text.split_whitespace())
                .filter(|word| word.is_ascii())
                .map(str::to_string)
                .collect();
            let first = shot(&mut app, &theme, width, height);
            let mut seen = first.clone();
            if app.regions.scroll_end > 0 {
                assert!(first.contains(" lines: j k "), "{first}");
            }
            // Keys that turn dials go on meanwhile.
            let at = app.dial;
            for _ in 0..20 {
                press(&mut app, "j");
                seen += &shot(&mut app, &theme, width, height);
            }
            assert_eq!(app.dial, at);
            for word in &words {
                // A word that is longer than a line is broken.
                assert!(
                    word.len() > 30 || seen.contains(word.as_str()),
                    "{word}:\n{seen}"
                );
            }
            let end = app.card_scroll();
            assert_eq!(end, app.regions.scroll_end, "it stops at the end");
            press(&mut app, "g");
            assert_eq!(shot(&mut app, &theme, width, height), first);
            press(&mut app, "G");
            assert_eq!(app.card_scroll(), end);
            app.update(Action::Dial(Dial::Temperature));
            assert_eq!(app.card_scroll(), 0, "another card begins at its beginning");
        }
    }
}

#[test]
fn the_wheel_scrolls_the_card_that_it_is_over() {
    let mut app = app(fixture::running(640));
    app.size = (80, 24);
    app.update(Action::Explain);
    draw(&mut app, &RICH, 80, 24);
    let of_card =
        |(_, target): &&(ratatui::layout::Rect, Target)| *target == Target::Act(Action::Explain);
    let (card, _) = *app.regions.iter().find(of_card).expect("a card");
    app.update(Action::Wheel(card.x + 3, card.y + 3, false));
    assert_eq!(app.card_scroll(), app.regions.scroll_end.min(1));
    app.update(Action::Wheel(card.x + 3, card.y + 3, true));
    assert_eq!(app.card_scroll(), 0);
}

#[test]
fn a_notice_that_is_too_long_or_too_wide_is_read_to_its_end() {
    let mut app = app(fixture::running(640));
    app.size = (80, 24);
    let wide = "word ".repeat(40) + "over";
    let lines: Vec<String> = (1..=60).map(|i| format!("line {i}.")).collect();
    app.notify("what went wrong", format!("{wide}\n{}", lines.join("\n")));
    let first = shot(&mut app, &RICH, 80, 24);
    assert!(
        first.contains("over") && first.contains(" lines: j k "),
        "{first}"
    );
    press(&mut app, "G");
    let last = shot(&mut app, &RICH, 80, 24);
    assert!(
        last.contains("line 60.") && !last.contains("line 1."),
        "{last}"
    );
}
