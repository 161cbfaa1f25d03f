//! No size and no text is too much.

use super::*;

/// Lanes whose numbers and texts are as awkward as they come.
fn awkward() -> Vec<Arc<Snapshot>> {
    let mut lanes = fixture::edited(40, |i, lane| {
        lane.lane = [
            "漢字漢字漢字漢字漢字漢字漢字漢字漢字",
            "e\u{301}\u{301}\u{301} with a very long name indeed",
        ][i]
            .into();
        let cosines = vec![f32::NAN; 9];
        lane.matrix = Some(Arc::new(Matrix {
            step: 40,
            side: 3,
            pool: 4,
            cosines,
        }));
        let mut pairs = fixture::pairs();
        pairs[0].thumbnail.side = 0;
        pairs[1].thumbnail.rgb.truncate(5);
        pairs[2].caption = "漢".repeat(300);
        pairs[3].caption = String::new();
        lane.pairs = Arc::new(pairs);
        lane.pairs_per_second = f64::NAN;
        lane.seconds = f64::INFINITY;
        lane.message = Some("字".repeat(400));
    });
    let empty = Matrix {
        step: 0,
        side: 0,
        pool: 1,
        cosines: Vec::new(),
    };
    lanes.push(Arc::new(Snapshot {
        matrix: Some(Arc::new(empty)),
        ..Snapshot::starting("empty", 0)
    }));
    lanes.extend((0..6).map(|i| Arc::new(Snapshot::starting(&format!("lane-{i}"), 10))));
    lanes
}

#[test]
fn no_size_panics() {
    let themes = [
        RICH,
        PLAIN,
        Theme::new(Depth::Ansi256, Glyphs::Ascii),
        Theme::new(Depth::Ansi16, Glyphs::Octant),
    ];
    let sets = [
        fixture::running(640),
        awkward(),
        fixture::starting(),
        fixture::running(3)[..1].to_vec(),
        Vec::new(),
    ];
    let sizes = [
        (1, 1),
        (1, 100),
        (300, 1),
        (59, 20),
        (60, 20),
        (61, 21),
        (79, 24),
        (80, 24),
        (99, 30),
        (100, 29),
        (100, 30),
        (101, 31),
        (60, 100),
        (300, 20),
        (300, 30),
        (300, 100),
        (133, 47),
    ];
    for (k, lanes) in sets.iter().enumerate() {
        let mut app = app(lanes.clone());
        for (i, &(width, height)) in sizes.iter().enumerate() {
            for j in 0..Panel::ALL.len() {
                app.update(Action::Panel(Panel::ALL[j]));
                app.zoomed = (i + j) % 2 == 0;
                app.overlay = None;
                match (i + j + k) % 6 {
                    4 => app.welcome(),
                    0 => drop(app.update(Action::Help)),
                    1 => drop(app.update(Action::Open)),
                    2 => app.notify("t", "漢字 and more\n".repeat(80)),
                    3 => drop(app.update(Action::Enter)),
                    _ => {}
                }
                app.cursor = (i * 9, j * 30);
                draw(&mut app, &themes[(i + j + k) % themes.len()], width, height);
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(60))]
    #[test]
    fn any_size_and_any_keys_draw(width in 1_u16..=300, height in 1_u16..=100, keys in "[ -~]{0,12}", plain in proptest::bool::ANY) {
        use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
        let mut app = app(fixture::running(30));
        app.size = (width, height);
        for key in keys.chars() {
            app.key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
        }
        draw(&mut app, if plain { &PLAIN } else { &RICH }, width, height);
    }
}
