//! Prints the screen with a made-up run, as text with escape sequences: for looking at the design
//! without training. `cargo run --example mock_screen -- WIDTH HEIGHT [STATE] [COLOR] [GLYPHS] [KEYS...]`

// The fixture speaks of `crate::telemetry` and its neighbours.
use clip_lab::{control, quantity, scenario, telemetry, ui};

#[path = "../src/ui/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use telemetry::LaneStatus;
use ui::action::key_name;
use ui::app::{App, Choice};
use ui::picture;
use ui::theme::{Depth, Glyphs, Palette, Theme};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let arg = |i: usize, default: &str| args.get(i).cloned().unwrap_or_else(|| default.into());
    let size = |i, default| arg(i, default).parse().expect("a number of cells");
    let (width, height) = (size(0, "120"), size(1, "40"));
    let depth = Depth::detect(arg(3, "truecolor").parse().expect("a colour depth"), |_| {
        None
    });
    let glyphs = Glyphs::detect(arg(4, "braille").parse().expect("a glyph tier"), |_| None);
    // `THEME=light` for another theme.
    let choice = std::env::var("THEME").unwrap_or_else(|_| "dark".into());
    let palette = Palette::detect(choice.parse().expect("a theme"), |_| None);
    let theme = Theme::new(depth, glyphs).with(palette);
    let choice = |(name, _): &(&str, &str)| Choice {
        name: (*name).into(),
        title: format!("About {name}"),
        group: scenario::groups::group(name).unwrap_or_default(),
    };
    let choices = scenario::BUNDLED.iter().map(choice).collect();
    let mut app = App::new(fixture::scenario(), choices);
    app.size = (width, height);
    app.observe(lanes(&arg(2, "running")));
    for key in args.iter().skip(5) {
        app.key(key_name::parse(key).expect("a key's name").event());
        app.regions = picture::drawn(&app, &theme).1;
    }
    print!("{}", picture::ansi(&picture::buffer(&app, &theme)));
}

fn lanes(state: &str) -> Vec<std::sync::Arc<telemetry::Snapshot>> {
    match state {
        "starting" => fixture::starting(),
        "paused" => fixture::edited(640, |_, lane| lane.status = LaneStatus::Paused),
        "diverged" => fixture::edited(640, |i, lane| {
            if i == 0 {
                lane.status = LaneStatus::Diverged(641);
                lane.loss.push(641, f64::NAN);
            }
        }),
        "failed" => fixture::edited(640, |_, lane| {
            lane.status = LaneStatus::Failed("out of memory".into());
        }),
        "four" => {
            let mut lanes = fixture::running(640);
            lanes.extend(fixture::running(640));
            lanes
        }
        "one" => fixture::running(640)[..1].to_vec(),
        _ => fixture::running(640),
    }
}
