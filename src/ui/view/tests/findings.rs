//! The panels of what a model is good for.

use super::*;

const PANELS: [(Panel, &str); 5] = [
    (Panel::ZeroShot, "zero_shot"),
    (Panel::Geometry, "space"),
    (Panel::Transfer, "transfer"),
    (Panel::Languages, "languages"),
    (Panel::Query, "nearest"),
];

fn shown(panel: Panel, zoomed: bool) -> App {
    let mut app = app(fixture::running(700));
    let _ = app.update(Action::Panel(panel));
    if panel == Panel::ZeroShot {
        let _ = app.update(Action::Cursor(crate::ui::action::Direction::Down));
    }
    app.zoomed = zoomed;
    app
}

#[test]
fn each_panel_beside_the_others_and_alone() {
    for (panel, name) in PANELS {
        let mut app = shown(panel, false);
        insta::assert_snapshot!(format!("{name}_120x40"), shot(&mut app, &RICH, 120, 40));
        insta::assert_snapshot!(
            format!("{name}_plain_80x24"),
            shot(&mut app, &PLAIN, 80, 24)
        );
        let mut app = shown(panel, true);
        insta::assert_snapshot!(
            format!("{name}_alone_120x40"),
            shot(&mut app, &RICH, 120, 40)
        );
    }
}

#[test]
fn a_panel_without_findings_says_what_it_will_show() {
    for (panel, name) in PANELS {
        let mut app = app(fixture::starting());
        let _ = app.update(Action::Panel(panel));
        let screen = text(&draw(&mut app, &RICH, 120, 40));
        let first = panel.row().explains.split(' ').next().unwrap();
        assert!(screen.contains(first), "{name}: {screen}");
    }
}
