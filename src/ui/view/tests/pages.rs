//! Pages: what lies where, and how many keys a newcomer sees.

use super::*;
use crate::ui::action::key_of;
use crate::ui::panel::Page;
use crate::ui::view::status::IN_SIGHT;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn paged(lanes: Vec<Arc<Snapshot>>) -> App {
    let mut app = app(lanes);
    app.dense = false;
    app
}

/// The words that are drawn in the colour of keys, each with what follows it.
fn keys(app: &mut App, width: u16, height: u16) -> Vec<String> {
    let accent = RICH.accent().fg.unwrap();
    let buffer = draw(app, &RICH, width, height);
    // Panels draw in the colour, too; keys stand in the first line, the strip and the footer.
    let strip = app
        .regions
        .iter()
        .filter_map(|(area, target)| match target {
            Target::Dial(_, None) => Some((area.y, area.x..area.right())),
            _ => None,
        });
    let places: Vec<_> = strip
        .chain([(0, 0..width), (height - 1, 0..width)])
        .collect();
    let mut found = Vec::new();
    for (y, columns) in places {
        let mut x = columns.start;
        while x < columns.end {
            let is_key = |x: u16| {
                let cell = &buffer[(x, y)];
                cell.fg == accent
                    && cell.symbol() != " "
                    && !cell.modifier.contains(ratatui::style::Modifier::BOLD)
            };
            if is_key(x) {
                let from = x;
                while x < width && is_key(x) {
                    x += 1;
                }
                let text = |range: std::ops::Range<u16>| -> String {
                    range.map(|x| buffer[(x, y)].symbol()).collect()
                };
                let word = text(x..(x + 9).min(width));
                assert!(
                    word.trim_start().starts_with(char::is_alphabetic),
                    "{} has no word: {word:?}",
                    text(from..x)
                );
                found.push(text(from..x));
            }
            x += 1;
        }
    }
    found
}

#[test]
fn the_first_page_has_few_keys_in_sight_and_each_has_a_word() {
    for (width, height) in SIZES {
        for count in [1, 2] {
            let mut app = paged(fixture::running(640)[..count].to_vec());
            let seen = keys(&mut app, width, height);
            assert!(seen.len() <= IN_SIGHT, "{width}x{height}: {seen:?}");
            for must in ["Space", "t", "b", "B", "x", "2", "3", "0", "?", "q", "i"] {
                assert!(
                    seen.iter().any(|key| key == must),
                    "{width}x{height}: no {must} in {seen:?}"
                );
            }
            for panel in [Panel::Loss, Panel::Retrieval, Panel::Matrix] {
                app.update(Action::Panel(panel));
                let seen = keys(&mut app, width, height);
                assert!(
                    seen.len() <= IN_SIGHT,
                    "{panel:?} {width}x{height}: {seen:?}"
                );
            }
        }
    }
}

#[test]
fn the_first_page_looks_so() {
    for (width, height) in [(60, 20), (80, 24), (120, 40), (200, 60)] {
        let mut app = paged(fixture::running(640));
        insta::assert_snapshot!(
            format!("page_train_{width}x{height}"),
            shot(&mut app, &RICH, width, height)
        );
    }
    let mut app = paged(fixture::running(640)[..1].to_vec());
    insta::assert_snapshot!("page_train_one_lane", shot(&mut app, &RICH, 120, 40));
    insta::assert_snapshot!("page_train_plain", shot(&mut app, &PLAIN, 80, 24));
}

#[test]
fn the_other_pages_show_the_panel_in_hand_and_the_names_of_the_rest() {
    for page in [Page::Loss, Page::Use] {
        for (width, height) in SIZES {
            for panel in page.panels() {
                let mut app = paged(fixture::running(640));
                app.update(Action::Page(page));
                app.update(Action::Panel(panel));
                let screen = shot(&mut app, &RICH, width, height);
                for other in page.panels() {
                    assert!(
                        screen.contains(other.row().name),
                        "{panel:?}: no {other:?}\n{screen}"
                    );
                    let there = |t: &Target| *t == Target::Panel(other);
                    assert!(app.regions.iter().any(|(_, t)| there(t)), "{other:?}");
                }
            }
        }
        let mut app = paged(fixture::running(640));
        app.update(Action::Page(page));
        let name = page.name().to_lowercase();
        insta::assert_snapshot!(
            format!("page_{name}_200x60"),
            shot(&mut app, &RICH, 200, 60)
        );
        insta::assert_snapshot!(
            format!("page_{name}_120x40"),
            shot(&mut app, &RICH, 120, 40)
        );
        insta::assert_snapshot!(format!("page_{name}_80x24"), shot(&mut app, &RICH, 80, 24));
    }
}

#[test]
fn a_lesson_names_the_panels_and_dials_of_the_first_page() {
    let mut scenario = fixture::scenario();
    scenario.lesson = Some(crate::scenario::Lesson {
        prompt: "Turn the learning rate up and watch the traces.".into(),
        show: vec![Panel::Traces, Panel::Pictures],
        dials: vec![Dial::LearningRate],
        ..crate::scenario::Lesson::default()
    });
    let mut app = App::new(scenario, Vec::new());
    app.observe(fixture::running(640));
    app.message = None;
    let screen = shot(&mut app, &RICH, 120, 40);
    for part in ["traces", "pairs of the batch", "learning_rate"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert!(!screen.contains("captions →"), "no matrix:\n{screen}");
    assert!(keys(&mut app, 120, 40).len() <= IN_SIGHT);
}

#[test]
fn scenarios_stand_below_the_heading_of_their_group() {
    let choice = |name: &str, group| Choice {
        name: name.into(),
        title: format!("About {name}"),
        group,
    };
    let choices = vec![
        choice("clip", "Compare losses"),
        choice("siglip", "Compare losses"),
        choice("vit", "Towers"),
    ];
    let mut app = App::new(fixture::scenario(), choices);
    app.observe(fixture::running(3));
    app.update(Action::Open);
    let screen = shot(&mut app, &RICH, 80, 24);
    let row = |text: &str| {
        let mut rows = screen.lines();
        let found = rows.position(|row| row.contains(text));
        found.unwrap_or_else(|| panic!("no {text}:\n{screen}"))
    };
    let order = [
        "Compare losses",
        "About clip",
        "About siglip",
        "Towers",
        "About vit",
    ]
    .map(row);
    assert!(order.is_sorted(), "{screen}");
    // A heading without a match goes.
    app.update(Action::Insert('v'));
    let screen = shot(&mut app, &RICH, 80, 24);
    assert!(
        screen.contains("Towers") && !screen.contains("Compare"),
        "{screen}"
    );
}

#[test]
fn a_lesson_s_panel_gets_what_it_needs_of_the_lanes() {
    use crate::lab::Attention;
    let mut scenario = fixture::scenario();
    scenario.lesson = Some(crate::scenario::Lesson {
        show: vec![Panel::Landscape],
        ..ron::from_str("(prompt: \"Look at the landscape, and find the lane.\")").unwrap()
    });
    let mut app = App::new(scenario, Vec::new());
    app.observe(fixture::running(3));
    assert_eq!(app.attention(), Attention::Landscape);
    app.update(Action::AllPanels);
    assert_eq!(app.attention(), Attention::Batch);
}

#[test]
fn the_dense_view_is_one_key_away_and_shows_every_key_of_a_panel() {
    let mut app = paged(fixture::running(640));
    assert!(!shot(&mut app, &RICH, 120, 40).contains("c loss"));
    app.update(Action::AllPanels);
    let screen = shot(&mut app, &RICH, 120, 40);
    for part in ["c loss", "v traces", "m ●"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_eq!(key_of(&Action::AllPanels), "0");
}
