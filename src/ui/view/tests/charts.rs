//! Curves, their axes, the crosshair and the ghost.

use super::*;

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
fn titles_say_what_is_not_seen() {
    let mut app = app(fixture::edited(300, |i, lane| {
        if i == 0 {
            let values = (0..300).map(|i| if i % 30 == 7 { -1.0 } else { 2.0 });
            lane.loss = fixture::curve(&values.collect::<Vec<_>>());
        }
    }));
    app.size = (120, 40);
    press(&mut app, "czy");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        screen.contains("loss, p1-p97, 10 not above 0, log"),
        "{screen}"
    );
    press(&mut app, "O");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("loss, 10 not above 0, log"), "{screen}");
    press(&mut app, "ywXO+");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        screen.contains("steps 150-300, log steps, running median"),
        "{screen}"
    );
}

#[test]
fn both_losses_have_the_line_of_one_who_knows_nothing() {
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
fn views_of_charts() {
    for (name, keys, width, height) in [
        ("median_log_steps_80x24", "cwX", 80, 24),
        ("window_120x40", "c++[", 120, 40),
        ("held_out_log_zoomed_120x40", "ywz", 120, 40),
    ] {
        let mut app = app(fixture::running(640));
        app.size = (width, height);
        if name.starts_with("held_out") {
            app.update(Action::Panel(Panel::Retrieval));
        }
        press(&mut app, keys);
        app.message = None;
        insta::assert_snapshot!(name, shot(&mut app, &RICH, width, height));
    }
}

#[test]
fn the_crosshair_reads_every_lane_in_all_charts_and_pins_make_a_table() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    press(&mut app, "cHHHhhhh\"");
    app.charts.pins = vec![420];
    press(&mut app, "LLL\"");
    app.charts.crosshair = Some(516);
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
    insta::assert_snapshot!("crosshair_120x40", screen);
    press(&mut app, "z");
    insta::assert_snapshot!("pins_zoomed_120x40", shot(&mut app, &RICH, 120, 40));
    insta::assert_snapshot!("pins_plain_80x24", shot(&mut app, &PLAIN, 80, 24));
}

#[test]
fn the_ghost_of_an_earlier_run_stands_behind_the_present_one() {
    let mut app = app(fixture::running(640));
    app.size = (120, 40);
    app.update(Action::Chart(crate::ui::action::ChartKey::Ghost));
    app.observe(fixture::running(120));
    app.message = None;
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("loss + ghost"), "{screen}");
    insta::assert_snapshot!("ghost_120x40", screen);
}
