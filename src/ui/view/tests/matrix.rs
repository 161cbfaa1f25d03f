//! The matrix and what its cursor is on.

use super::*;

#[test]
fn the_cursor_names_both_items_and_every_lane_s_numbers() {
    let mut app = app(fixture::running(640));
    app.update(Action::Panel(Panel::Matrix));
    app.cursor = (0, 5);
    let screen = shot(&mut app, &RICH, 120, 40);
    for part in [
        "picture 1",
        "red apple",
        "caption 6",
        "a picture of a tropical",
        "cosine",
        "sigmoid",
    ] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
}

#[test]
fn the_cell_s_facts_say_what_the_loss_makes_of_it() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    press(&mut app, "m");
    app.cursor = (2, 2);
    let screen = shot(&mut app, &RICH, 120, 40);
    for part in [
        "picture 3",
        "a pair",
        "cosine",
        "logit",
        "p→",
        "p←",
        "sigmoid",
        "loss",
        "gradient",
    ] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
    insta::assert_snapshot!("pair_120x40", screen);
    press(&mut app, "ddd");
    let screen = shot(&mut app, &RICH, 200, 60);
    assert!(screen.contains("gradient, step 640"), "{screen}");
}

#[test]
fn a_key_shows_each_quantity_and_each_scale_with_its_legend() {
    let mut app = app(fixture::running(640));
    app.size = (200, 60);
    press(&mut app, "m");
    for quantity in ["cosine", "logit", "probability", "gradient"] {
        let screen = shot(&mut app, &RICH, 200, 60);
        assert!(
            screen.contains(&format!("{quantity}, step 640")),
            "{screen}"
        );
        press(&mut app, "d");
    }
    for scale in ["own scale", "one scale", "fixed scale"] {
        let screen = shot(&mut app, &RICH, 200, 60);
        assert!(screen.contains(scale), "{scale}\n{screen}");
        press(&mut app, "f");
    }
    // Where cells stand for several pairs, the factor is said.
    app.lens = Some(Lens::Whole);
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        screen.contains("cosine 2×2") && screen.contains("means"),
        "{screen}"
    );
}

#[test]
fn every_tier_draws_with_what_the_terminal_has() {
    use ratatui::style::Color;
    let drawn = |glyphs, depth| {
        let theme = Theme::new(depth, glyphs);
        let mut app = app(fixture::running(640));
        app.panel = Panel::Loss;
        draw(&mut app, &theme, 120, 40)
    };
    let braille = |c: char| ('\u{2801}'..='\u{28ff}').contains(&c);
    let octant = |c: char| ('\u{1cd00}'..='\u{1cde5}').contains(&c);
    for depth in [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::None] {
        for glyphs in [Glyphs::Octant, Glyphs::Braille, Glyphs::Half, Glyphs::Ascii] {
            let buffer = drawn(glyphs, depth);
            let screen = text(&buffer);
            assert_eq!(screen.contains(braille), glyphs == Glyphs::Braille);
            assert_eq!(screen.contains(octant), glyphs == Glyphs::Octant);
            assert_eq!(screen.is_ascii(), glyphs == Glyphs::Ascii, "{glyphs:?}");
            let fits = |color: Color| match depth {
                Depth::True => true,
                Depth::Ansi256 => !matches!(color, Color::Rgb(..)),
                Depth::Ansi16 => !matches!(color, Color::Rgb(..) | Color::Indexed(16..)),
                Depth::None => color == Color::Reset,
            };
            let cells = buffer.content();
            assert!(cells.iter().all(|cell| fits(cell.fg) && fits(cell.bg)));
        }
    }
}

#[test]
fn without_colour_the_matrix_is_read_from_the_text_alone() {
    for theme in [PLAIN, Theme::new(Depth::None, Glyphs::Braille)] {
        let mut app = app(fixture::running(900));
        app.size = (200, 60);
        press(&mut app, "mz");
        app.lens = Some(Lens::Whole);
        let buffer = draw(&mut app, &theme, 200, 60);
        let (area, map) = app
            .regions
            .iter()
            .find_map(|(area, target)| match target {
                Target::Matrix(map) => Some((*area, *map)),
                _ => None,
            })
            .unwrap();
        // The diagonal stands out: its letters are further up the ramp than those beside it.
        let rank = |row: u16, column: u16| {
            let at = (area.x + column * map.across, area.y + row);
            let letter = buffer[at].symbol().chars().next().unwrap();
            (0..=100)
                .find(|share| theme.ramp(f64::from(*share) / 100.0) == letter)
                .unwrap_or_else(|| panic!("{letter} is not on the ramp"))
        };
        let n = area.height.min(area.width / map.across);
        let own: u32 = (0..n).map(|i| rank(i, i)).sum();
        let other: u32 = (0..n).map(|i| rank(i, (i + n / 2) % n)).sum();
        assert!(own > other * 2, "{own} {other}");
    }
}

#[test]
fn the_title_says_which_step_is_looked_at_and_how_to_come_back() {
    let mut app = app(fixture::running(600));
    app.size = (200, 60);
    app.observe(fixture::running(640));
    press(&mut app, "m[");
    for (width, height) in [(200, 60), (120, 40)] {
        let screen = shot(&mut app, &RICH, width, height);
        assert!(screen.contains("step 600, Esc: live"), "{screen}");
    }
    let screen = shot(&mut app, &RICH, 80, 24);
    assert!(
        screen.contains("step 600") && screen.contains("Esc comes back"),
        "{screen}"
    );
}

#[test]
fn only_the_settings_that_differ_are_written_out() {
    let mut app = app(fixture::running(640));
    let row = |app: &mut App, lane: &str| {
        let text = shot(app, &RICH, 120, 40);
        let strip = text.lines().skip_while(|line| !line.contains("dials"));
        let mut rows = strip.filter(|line| line.contains(lane));
        rows.next().unwrap().to_owned()
    };
    let (first, second) = (row(&mut app, "● softmax"), row(&mut app, "◆ sigmoid"));
    assert!(first.contains("64") && first.contains("InfoNCE") && !first.contains('″'));
    assert!(second.contains("0.0782") && second.contains("SigLIP"));
    assert!(!second.contains("64") && second.contains('″'), "{second}");
    // What is held is always read in full.
    app.update(Action::Dial(Dial::BatchSize));
    assert!(row(&mut app, "◆ sigmoid").contains("64"));
}

#[test]
fn the_cursor_is_the_same_pair_in_every_lane() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    app.lens = Some(Lens::Whole);
    press(&mut app, "mjjjj");
    app.key(crossterm::event::KeyEvent::from(
        crossterm::event::KeyCode::Down,
    ));
    let buffer = draw(&mut app, &RICH, 120, 40);
    let ring = ratatui::style::Color::Rgb(0x30, 0xff, 0xd0);
    let maps: Vec<_> = app
        .regions
        .iter()
        .filter(|(_, target)| matches!(target, Target::Matrix(_)))
        .map(|(area, _)| *area)
        .collect();
    assert_eq!(maps.len(), 2);
    let marked = |area: ratatui::layout::Rect| -> Vec<_> {
        area.positions()
            .filter(|at| buffer[*at].fg == ring || buffer[*at].bg == ring)
            .map(|at| (at.x - area.x, at.y - area.y))
            .collect()
    };
    assert_eq!(marked(maps[0]), marked(maps[1]));
    assert_eq!(marked(maps[0]).len(), 1);
}

#[test]
fn the_difference_of_two_lanes_has_zero_in_the_middle_of_its_scale() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    press(&mut app, "mD");
    app.message = None;
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("◆ sigmoid - ● softmax"), "{screen}");
    insta::assert_snapshot!("difference_120x40", screen);
    insta::assert_snapshot!("difference_plain_80x24", shot(&mut app, &PLAIN, 80, 24));
    // Where only one map fits, it is the difference.
    press(&mut app, "z");
    let screen = shot(&mut app, &RICH, 60, 20);
    assert!(screen.contains("sigmoid - "), "{screen}");
}
