//! What the screen looks like, from hand-made snapshots.

mod findings;
mod learn;

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
use crate::ui::panel::Panel;
use crate::ui::region::Target;
use crate::ui::theme::{Depth, Glyphs, Theme};

pub const RICH: Theme = Theme::new(Depth::True, Glyphs::Braille);
pub const PLAIN: Theme = Theme::new(Depth::None, Glyphs::Ascii);

pub fn app(lanes: Vec<Arc<Snapshot>>) -> App {
    let choices = ["clip", "siglip"].map(|name| Choice {
        name: name.into(),
        title: format!("All about {name}"),
    });
    let mut app = App::new(fixture::scenario(), choices.to_vec());
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
        screen.contains("temperature for all lanes = 0.0x▏  temperature wants a number"),
        "{screen}"
    );
}

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
fn a_value_that_is_no_number_is_a_gap() {
    let gap = fixture::edited(400, |_, lane| {
        lane.loss = fixture::curve(
            &(0..400)
                .map(|i| {
                    if (150..250).contains(&i) {
                        f64::NAN
                    } else {
                        2.0
                    }
                })
                .collect::<Vec<_>>(),
        );
        lane.applied = Arc::default();
        lane.settings = None;
    });
    let mut app = app(gap);
    app.panel = Panel::Loss;
    app.zoomed = true;
    let buffer = draw(&mut app, &RICH, 120, 40);
    let drawn = |x: u16| {
        (3..30).any(|y| {
            ('\u{2801}'..='\u{28ff}').contains(&buffer[(x, y)].symbol().chars().next().unwrap())
        })
    };
    assert!(drawn(30) && drawn(100) && !drawn(60));
}

#[test]
fn a_curve_that_diverged_leaves_no_dots_outside_its_panel() {
    let wild = fixture::edited(300, |_, lane| {
        lane.loss = fixture::curve(
            &(0..300)
                .map(|i| [1e300, -1e300, f64::INFINITY, 0.0][i % 4])
                .collect::<Vec<_>>(),
        );
        lane.grad_norm = lane.loss.clone();
        lane.temperature = lane.loss.clone();
    });
    let mut app = app(wild);
    for log in [false, true] {
        app.charts.loss.log_y = log;
        app.charts.loss.clip = log;
        draw(&mut app, &RICH, 200, 60);
    }
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
    let (map, _) = *app
        .regions
        .iter()
        .find(|(_, t)| matches!(t, Target::Matrix(_)))
        .unwrap();
    app.update(Action::Click(map.right() - 1, map.y));
    assert_eq!((app.panel, app.cursor), (Panel::Matrix, (0, 62)));
}

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
                match (i + j + k) % 5 {
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

/// Presses keys, by character.
fn press(app: &mut App, keys: &str) {
    use crossterm::event::{KeyCode, KeyEvent};
    for key in keys.chars() {
        app.key(KeyEvent::from(KeyCode::Char(key)));
    }
}

#[test]
fn req10_titles_say_what_is_not_seen() {
    let mut app = app(fixture::edited(300, |i, lane| {
        if i == 0 {
            let values = (0..300).map(|i| if i % 30 == 7 { -1.0 } else { 2.0 });
            lane.loss = fixture::curve(&values.collect::<Vec<_>>());
        }
    }));
    app.size = (120, 40);
    press(&mut app, "czl");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        screen.contains("loss, p1-p97, 10 not above 0, log"),
        "{screen}"
    );
    press(&mut app, "O");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("loss, 10 not above 0, log"), "{screen}");
    press(&mut app, "lyXO+");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        screen.contains("steps 150-300, log steps, running median"),
        "{screen}"
    );
}

#[test]
fn req10_both_losses_have_the_line_of_one_who_knows_nothing() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    press(&mut app, "czO");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        screen.contains("ln 64 = 4.16") && screen.contains("cos 0, b -10.0 = 10.01"),
        "{screen}"
    );
    // What lies above the axis is named at its top.
    press(&mut app, "O");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("↑ cos 0, b -10.0"), "{screen}");
}

#[test]
fn req10_views_of_charts() {
    for (name, keys, width, height) in [
        ("median_log_steps_80x24", "cyX", 80, 24),
        ("window_120x40", "c++[", 120, 40),
        ("held_out_log_zoomed_120x40", "hlyz", 120, 40),
    ] {
        let mut app = app(fixture::running(640));
        app.size = (width, height);
        press(&mut app, keys);
        app.message = None;
        insta::assert_snapshot!(
            format!("req10_{name}"),
            shot(&mut app, &RICH, width, height)
        );
    }
}

#[test]
fn req11_the_crosshair_reads_every_lane_in_all_charts_and_pins_make_a_table() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    press(&mut app, "c'220");
    app.key(crossterm::event::KeyEvent::from(
        crossterm::event::KeyCode::Left,
    ));
    press(&mut app, "\"LLL\"");
    app.message = None;
    let screen = shot(&mut app, &RICH, 120, 40);
    for part in [
        "loss at 516",
        "traces at 516",
        "held out at 516",
        "raw",
        "step 500",
    ] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
    insta::assert_snapshot!("req11_crosshair_120x40", screen);
    press(&mut app, "z");
    insta::assert_snapshot!("req11_pins_zoomed_120x40", shot(&mut app, &RICH, 120, 40));
    insta::assert_snapshot!("req11_pins_plain_80x24", shot(&mut app, &PLAIN, 80, 24));
}

#[test]
fn req15_the_ghost_of_an_earlier_run_stands_behind_the_present_one() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    press(&mut app, "G");
    app.observe(fixture::running(120));
    app.message = None;
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("loss + ghost"), "{screen}");
    insta::assert_snapshot!("req15_ghost_120x40", screen);
}

#[test]
fn req12_the_cell_s_facts_say_what_the_loss_makes_of_it() {
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
    insta::assert_snapshot!("req12_pair_120x40", screen);
    press(&mut app, "ddd");
    let screen = shot(&mut app, &RICH, 200, 60);
    assert!(screen.contains("gradient, step 640"), "{screen}");
}

#[test]
fn req12_a_key_shows_each_quantity_and_each_scale_with_its_legend() {
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
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        screen.contains("cosine 2×2") && screen.contains("means"),
        "{screen}"
    );
}

#[test]
fn req13_every_tier_draws_with_what_the_terminal_has() {
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
fn req13_without_colour_the_matrix_is_read_from_the_text_alone() {
    for theme in [PLAIN, Theme::new(Depth::None, Glyphs::Braille)] {
        let mut app = app(fixture::running(900));
        app.size = (200, 60);
        press(&mut app, "mz");
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
fn req14_the_title_says_which_step_is_looked_at_and_how_to_come_back() {
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
fn req15_only_the_settings_that_differ_are_written_out() {
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
fn req15_the_cursor_is_the_same_pair_in_every_lane() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    press(&mut app, "m5");
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
fn req15_the_difference_of_two_lanes_has_zero_in_the_middle_of_its_scale() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    press(&mut app, "D");
    app.message = None;
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("◆ sigmoid - ● softmax"), "{screen}");
    insta::assert_snapshot!("req15_difference_120x40", screen);
    insta::assert_snapshot!(
        "req15_difference_plain_80x24",
        shot(&mut app, &PLAIN, 80, 24)
    );
    // Where only one map fits, it is the difference.
    press(&mut app, "mz");
    let screen = shot(&mut app, &RICH, 60, 20);
    assert!(screen.contains("sigmoid - "), "{screen}");
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
