//! Whatever is on the screen, no size panics: states, overlays, themes, tiers and keys at random.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::telemetry::LaneStatus;
use crate::ui::action::TABLE;
use crate::ui::app::{App, Choice};
use crate::ui::fixture;
use crate::ui::theme::{Depth, Glyphs, Palette, Theme};

fn app(state: usize) -> App {
    let mut app = App::new(
        fixture::scenario(),
        vec![Choice {
            name: "clip".into(),
            title: "漢字".repeat(20),
            group: "Losses",
        }],
    );
    app.observe(match state {
        0 => Vec::new(),
        1 => fixture::starting(),
        2 => fixture::running(1),
        3 => fixture::edited(30, |_, lane| lane.status = LaneStatus::Paused),
        4 => fixture::edited(30, |_, lane| lane.status = LaneStatus::Finished),
        5 => fixture::edited(30, |i, lane| {
            lane.loss.push(31, f64::NAN);
            lane.status = [
                LaneStatus::Diverged(31),
                LaneStatus::Failed("no\nroom".into()),
            ][i]
                .clone();
        }),
        6 => [fixture::running(30), fixture::running(20)].concat(),
        _ => fixture::running(30),
    });
    app
}

fn depth() -> impl Strategy<Value = Depth> {
    proptest::sample::select(vec![
        Depth::True,
        Depth::Ansi256,
        Depth::Ansi16,
        Depth::None,
    ])
}

fn glyphs() -> impl Strategy<Value = Glyphs> {
    proptest::sample::select(vec![
        Glyphs::Octant,
        Glyphs::Braille,
        Glyphs::Half,
        Glyphs::Ascii,
    ])
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(150))]
    #[test]
    fn any_size_state_overlay_theme_and_keys_draw(
        width in 1_u16..=300,
        height in 1_u16..=100,
        first in 1_u16..=300,
        state in 0_usize..8,
        depth in depth(),
        glyphs in glyphs(),
        palette in proptest::sample::select(Palette::ALL.to_vec()),
        rows in proptest::collection::vec(0..TABLE.len(), 0..6),
        keys in "[ -~]{0,8}",
        notice in proptest::option::of(".{0,80}"),
    ) {
        let theme = Theme::new(depth, glyphs).with(palette);
        let mut app = app(state);
        let mut terminal = Terminal::new(TestBackend::new(first, height)).unwrap();
        // Every action by its row, whatever it opens, drawn in between; then keys as they come.
        app.size = (first, height);
        for row in rows {
            app.update(TABLE[row].action.clone());
            terminal.draw(|frame| app.regions = super::render(frame, &app, &theme)).unwrap();
            let at = (first / 2, height / 2);
            app.update(crate::ui::action::Action::Click(at.0, at.1));
        }
        if let Some(text) = notice {
            app.show_log(&text);
        }
        app.size = (width, height);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        for key in keys.chars() {
            app.key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
        }
        terminal.draw(|frame| app.regions = super::render(frame, &app, &theme)).unwrap();
    }
}
