//! Pages and their panels, the strip, and the help that explains them.

use super::*;

#[test]
fn down_and_up_go_round_the_dials_of_the_strip() {
    let mut app = app();
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(app.dial);
        tap(&mut app, KeyCode::Down);
    }
    assert_eq!(
        app.strip(),
        seen,
        "the strip has the four of the first page"
    );
    assert_eq!(app.dial, Dial::Temperature, "round");
    press(&mut app, "k");
    assert_eq!(app.dial, Dial::Loss);
    press(&mut app, "0");
    press(&mut app, "j");
    assert_eq!(app.strip(), Dial::ALL, "the dense view has all");
    assert_eq!(app.dial, Dial::LearningRate);
}

#[test]
fn the_strip_keeps_a_dial_that_was_turned() {
    let mut app = app();
    app.update(Action::Dial(Dial::LearningRate));
    assert!(app.strip().contains(&Dial::LearningRate));
    press(&mut app, "t");
    assert!(
        !app.strip().contains(&Dial::LearningRate),
        "untouched, it goes"
    );
    app.update(Action::Dial(Dial::LearningRate));
    tap(&mut app, KeyCode::Left);
    press(&mut app, "t");
    assert!(app.strip().contains(&Dial::LearningRate));
}

#[test]
fn digits_turn_pages_and_each_keeps_its_panel() {
    let mut app = app();
    press(&mut app, "2");
    assert_eq!(
        (app.page, app.panel, app.focus),
        (Page::Loss, Panel::Landscape, Focus::Panel)
    );
    tap(&mut app, KeyCode::Tab);
    assert_eq!(app.panel, Panel::Gradient);
    press(&mut app, "3");
    assert_eq!((app.page, app.panel), (Page::Use, Panel::ZeroShot));
    press(&mut app, "2");
    assert_eq!(app.panel, Panel::Gradient, "as it was left");
    press(&mut app, "1");
    assert_eq!((app.page, app.focus), (Page::Train, Focus::Dials));
    press(&mut app, "0");
    assert!(app.dense);
    press(&mut app, "2");
    assert!(!app.dense && app.page == Page::Loss);
    // A panel takes one to its page.
    press(&mut app, "m");
    assert_eq!((app.page, app.panel), (Page::Train, Panel::Matrix));
}

#[test]
fn tab_goes_through_the_dials_and_the_panels_of_the_page() {
    let mut app = app();
    let mut seen = Vec::new();
    for _ in 0..4 {
        tap(&mut app, KeyCode::Tab);
        seen.push((app.focus, app.panel));
    }
    let panel = |panel| (Focus::Panel, panel);
    let round = [
        panel(Panel::Loss),
        panel(Panel::Retrieval),
        panel(Panel::Matrix),
        (Focus::Dials, Panel::Matrix),
    ];
    assert_eq!(seen, round);
    tap(&mut app, KeyCode::BackTab);
    assert_eq!((app.focus, app.panel), panel(Panel::Matrix));
}

#[test]
fn a_guest_of_the_first_page_leaves_with_escape() {
    let mut app = app();
    press(&mut app, "v");
    assert!(app.in_sight().contains(&Panel::Traces));
    tap(&mut app, KeyCode::Esc);
    assert_eq!(
        app.in_sight(),
        [Panel::Loss, Panel::Retrieval, Panel::Matrix]
    );
}

#[test]
fn help_is_filtered_after_a_slash_and_scrolls_and_closes() {
    let mut app = app();
    press(&mut app, "?/q?");
    let state = |app: &App| match &app.overlay {
        Some(Overlay::Help {
            filter,
            typing,
            scroll,
        }) => (filter.text().to_owned(), *typing, *scroll),
        _ => panic!("the help is open"),
    };
    assert_eq!(state(&app), ("q?".into(), true, 0));
    tap(&mut app, KeyCode::Enter);
    assert_eq!(state(&app), ("q?".into(), false, 0));
    tap(&mut app, KeyCode::Esc);
    assert_eq!(
        state(&app),
        (String::new(), false, 0),
        "Esc leaves the filter first"
    );
    app.regions.scroll_end = 100;
    app.regions.scroll_rows = 34;
    press(&mut app, "jjk ");
    assert_eq!(
        state(&app).2,
        35,
        "a line, and a page of the 34 rows in sight"
    );
    press(&mut app, "G");
    assert_eq!(state(&app).2, 100);
    press(&mut app, "q");
    assert_eq!(app.overlay, None);
    press(&mut app, "??");
    assert_eq!(app.overlay, None);
}
