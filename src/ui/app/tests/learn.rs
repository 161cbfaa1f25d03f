//! The palette does what the keys do; lessons, the tour, cards and the welcome.

use super::*;
use crate::scenario::tour::STOPS;
use crate::scenario::{Comparison, Expect, Lesson, Metric, Panel};
use crate::ui::panel::Page;

fn palette(app: &mut App, typed: &str) -> Vec<Effect> {
    press(app, ":");
    press(app, typed);
    tap(app, KeyCode::Enter)
}

#[test]
fn the_palette_does_what_is_marked_and_closes() {
    let mut app = app();
    assert_eq!(palette(&mut app, "play"), all(Command::Pause));
    assert_eq!(app.overlay, None);
    palette(&mut app, "panel matr");
    assert_eq!((app.focus, app.panel), (Focus::Panel, Panel::Matrix));
    // What belongs to the dials goes there first.
    assert!(!palette(&mut app, "turn far down").is_empty());
    assert_eq!(app.focus, Focus::Dials);
    assert_eq!(
        palette(&mut app, "open batch"),
        [Effect::Open("batch-ladder".into())]
    );
    app.key(KeyEvent::new(KeyCode::Char('p'), KeyModifiers::CONTROL));
    assert!(matches!(app.overlay, Some(Overlay::Palette { .. })));
    press(&mut app, "zzzz");
    assert!(tap(&mut app, KeyCode::Enter).is_empty());
    assert!(app.overlay.is_some(), "what fits nothing does nothing");
    tap(&mut app, KeyCode::Esc);
    assert_eq!(app.overlay, None);
}

#[test]
fn every_line_of_the_palette_is_done_as_its_key_does_it() {
    use crate::ui::action::TABLE;
    for row in TABLE.iter().filter(|row| row.context == Context::Main) {
        if matches!(row.action, Action::Palette) {
            continue;
        }
        let (mut keyed, mut found) = (app(), app());
        let by_key = keyed.update(row.action.clone());
        let lines = found.found("");
        let at = lines.iter().position(|item| {
            matches!(&item.deed, crate::ui::palette::Deed::Act(action, _) if *action == row.action)
        });
        press(&mut found, ":");
        for _ in 0..at.unwrap_or_else(|| panic!("{} is missing", row.name)) {
            tap(&mut found, KeyCode::Down);
        }
        assert_eq!(tap(&mut found, KeyCode::Enter), by_key, "{}", row.name);
        assert_eq!(found.overlay, keyed.overlay, "{}", row.name);
        assert_eq!(
            (found.focus, found.panel),
            (keyed.focus, keyed.panel),
            "{}",
            row.name
        );
    }
}

/// An app with a lesson: the matrix is hidden, the loss and the batch are locked.
fn lesson() -> App {
    let mut scenario = fixture::scenario();
    scenario.lesson = Some(Lesson {
        prompt: "Turn tau down and look at the curve of the loss.".into(),
        hide: vec![Panel::Matrix],
        lock: vec![Dial::Loss, Dial::Bias],
        ..Lesson::default()
    });
    let expect = Expect {
        what: Metric::Temperature,
        lane: Some("softmax".into()),
        is: Comparison::Below(0.06),
        by: Some(1500),
        until: None,
        by_hand: None,
    };
    scenario.expect = vec![expect];
    let mut app = App::new(scenario, Vec::new());
    app.size = (120, 40);
    app.observe(fixture::running(10));
    app.message = None;
    app
}

fn said(app: &App) -> &str {
    app.message.as_ref().map_or("", |(_, text)| text)
}

#[test]
fn a_locked_dial_refuses_however_it_is_asked() {
    let mut app = lesson();
    assert!(press(&mut app, "x").is_empty());
    assert!(tap(&mut app, KeyCode::Right).is_empty());
    assert_eq!(
        said(&app),
        "loss is locked in this lesson: the text above says what to turn"
    );
    assert!(app.pending.is_empty());
    assert!(tap(&mut app, KeyCode::Enter).is_empty());
    assert_eq!(app.overlay, None, "nothing is typed for it");
    assert!(press(&mut app, "bf").is_empty());
    assert!(
        said(&app).contains("learn bias is locked"),
        "{}",
        said(&app)
    );
    // What is not locked goes on as ever.
    press(&mut app, "t");
    assert!(!tap(&mut app, KeyCode::Right).is_empty());
}

#[test]
fn a_hidden_panel_is_not_gone_to() {
    let mut app = lesson();
    press(&mut app, "m");
    assert_eq!(app.panel, Panel::Loss);
    assert!(said(&app).contains("hides that panel"));
    press(&mut app, "v");
    assert_eq!(app.panel, Panel::Traces);
}

#[test]
fn a_page_without_panels_is_not_turned_to_and_a_hidden_panel_leads_to_no_page() {
    let mut app = lesson();
    app.scenario.lesson.as_mut().unwrap().hide = Page::Loss.panels().collect();
    press(&mut app, "2");
    assert_eq!(app.page, Page::Train);
    assert!(said(&app).contains("hides the page Loss"), "{}", said(&app));
    app.update(Action::Panel(Panel::Gradient));
    assert_eq!((app.page, app.panel), (Page::Train, Panel::Loss));
}

#[test]
fn what_was_expected_is_announced_once_when_it_is_seen() {
    let mut app = lesson();
    assert!(!app.course.watch.all_seen());
    app.observe(fixture::running(640));
    assert!(app.course.watch.all_seen());
    assert!(
        said(&app).starts_with("seen: tau below 0.06 in softmax"),
        "{}",
        said(&app)
    );
    app.message = None;
    app.observe(fixture::running(641));
    assert_eq!(app.message, None);
}

#[test]
fn the_tour_begins_by_its_name_and_goes_forward_and_back_by_keys_of_its_own() {
    let mut app = lesson();
    assert!(press(&mut app, "NP").is_empty());
    assert!(!said(&app).contains("stop"), "{}", said(&app));
    assert_eq!(palette(&mut app, "tour"), [Effect::Open(STOPS[0].into())]);
    let scenario = app.scenario.clone();
    app.reopen(scenario.clone());
    assert_eq!(app.course.stop, Some(0));
    assert!(press(&mut app, "P").is_empty());
    assert_eq!(press(&mut app, "N"), [Effect::Open(STOPS[1].into())]);
    app.reopen(scenario.clone());
    assert_eq!(app.course.stop, Some(1));
    // The last expectation seen offers the next stop.
    app.observe(fixture::running(10));
    app.observe(fixture::running(640));
    assert!(said(&app).ends_with("N goes to the next"), "{}", said(&app));
    // Another scenario ends the tour.
    app.reopen(scenario);
    assert_eq!(app.course.stop, None);
    app.begin_tour(STOPS.len() - 1);
    assert_eq!(
        press(&mut app, "N"),
        [Effect::Open("first-look".into())],
        "the exercises come after the last stop"
    );
}

#[test]
fn i_explains_while_the_keys_go_on_and_escape_closes_it() {
    let mut app = app();
    press(&mut app, "i");
    assert!(app.course.explaining);
    assert!(
        !tap(&mut app, KeyCode::Right).is_empty(),
        "the dial turns beneath it"
    );
    press(&mut app, "B");
    assert_eq!((app.course.explaining, app.dial), (true, Dial::BatchSize));
    tap(&mut app, KeyCode::Esc);
    assert!(!app.course.explaining);
    press(&mut app, "ii");
    assert!(!app.course.explaining);
}

#[test]
fn a_newcomer_chooses_the_tour_or_the_lab() {
    let mut app = app();
    app.welcome();
    assert_eq!(
        tap(&mut app, KeyCode::Enter),
        [Effect::Open(STOPS[0].into())]
    );
    let scenario = app.scenario.clone();
    app.reopen(scenario);
    assert_eq!(app.course.stop, Some(0));
    let mut app = self::app();
    app.welcome();
    press(&mut app, "j");
    assert!(tap(&mut app, KeyCode::Enter).is_empty() && !app.welcomes());
    // Another key explores, and acts all the same.
    app.welcome();
    assert_eq!(press(&mut app, " "), all(Command::Pause));
    assert!(!app.welcomes());
    app.welcome();
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
}
