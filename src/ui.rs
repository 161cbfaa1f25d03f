//! The screen. What is shown lives in [`app`], its panels in [`panel`], how it looks in [`theme`] and
//! [`view`], the loop of events and frames in `session`, the terminal's modes in `terminal`; no tensor
//! in sight, and nothing here waits for training.

pub mod action;
pub mod app;
pub mod chart;
mod command_line;
pub mod config;
pub mod dial;
mod display;
mod event;
pub mod explain;
#[cfg(test)]
mod fixture;
pub mod history;
pub mod input;
pub mod lens;
pub mod marks;
mod offscreen;
pub mod pace;
pub mod palette;
pub mod panel;
pub mod picture;
pub mod plain;
pub mod region;
pub mod remember;
mod save;
pub mod script;
mod session;
mod sharing;
mod terminal;
pub mod theme;
pub mod view;
mod watch;

use std::io::IsTerminal as _;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::scenario::groups::{GROUPS, Group};
use crate::scenario::{self, Scenario};

pub use offscreen::Offscreen;
pub use session::Source;

use app::{App, Choice};
use display::Display;
use pace::Pace;
use remember::Memory;
use script::Script;
use session::{Session, lost};
use theme::{ColorChoice, Depth, GlyphChoice, Glyphs, Palette, Theme, ThemeChoice};

/// How the screen is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Colours.
    pub color: ColorChoice,
    /// Characters.
    pub glyphs: GlyphChoice,
    /// The theme.
    pub theme: ThemeChoice,
    /// Fewer frames and fewer colours, for slow lines.
    pub low_bandwidth: bool,
    /// Whether clicks are left to the terminal at first.
    pub no_mouse: bool,
    /// Whether no scenario was named: a newcomer is then asked where to begin.
    pub bare: bool,
    /// What is remembered of earlier starts.
    pub memory: Memory,
    /// What the first scenario is opened for.
    pub course: Option<Begin>,
}

/// What a scenario is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It is this stop of the tour.
    Stop(usize),
    /// This exercise is done in it.
    Exercise(usize),
}

/// Runs the screen until the user leaves or the process is told to end. `names` are what `scenario` was
/// made from; a script presses keys, and where standard output is no terminal it is the only one who
/// does.
///
/// # Errors
/// What `source` says of the first scenario, and what the terminal refuses.
pub fn run(
    options: Options,
    source: Source,
    mut scenario: Scenario,
    names: &[String],
    script: Option<Script>,
) -> Result<()> {
    if matches!(options.course, Some(Begin::Exercise(_))) {
        // Its lanes would wait at the moments of its lesson.
        scenario.lesson = None;
    }
    let lab = (source.open)(scenario.clone())?;
    let env = |name: &str| std::env::var_os(name);
    let mut theme = Theme::new(
        Depth::detect(options.color, env),
        Glyphs::detect(options.glyphs, env),
    )
    .with(Palette::detect(options.theme, env));
    if options.low_bandwidth {
        theme.slow_down();
    }
    let mut app = App::new(scenario, choices());
    app.course.bare = options.bare;
    app.recall(&options.memory.kept);
    if let Some(fault) = &options.memory.fault {
        app.note(fault.clone());
    }
    match options.course {
        Some(Begin::Stop(stop)) => app.begin_tour(stop),
        Some(Begin::Exercise(exercise)) => app.begin_exercise(exercise),
        None if options.bare && options.memory.kept.start.is_none() => app.welcome(),
        None => {}
    }
    let mut session = Session {
        lab,
        attended: None,
        theme,
        pace: Pace::of(options.low_bandwidth),
        reel: picture::Reel::default(),
        memory: options.memory,
        retired: Vec::new(),
        names: Vec::new(),
        watch: None,
        exporting: None,
        log_read: Instant::now(),
        script,
    };
    session.opened(names, &mut app);
    let paper = session.script.is_some() && !std::io::stdout().is_terminal();
    let display = if paper {
        Ok(Display::paper())
    } else {
        Display::terminal(&session.theme)
    };
    let outcome = display
        .map_err(|e| {
            Error::Usage(format!(
                "the terminal cannot be set up: {e}\n  clip-lab run trains without a screen"
            ))
        })
        .and_then(|mut display| {
            if options.no_mouse {
                app.mouse = false;
                display.take_mouse(false).map_err(lost)?;
            }
            session.turn(&mut display, &mut app, source)
        });
    // The terminal is restored by now: what follows may be printed.
    outcome.and(session.close())
}

/// The bundled scenarios, group by group. One that cannot be read is listed all the same: opening it says why.
fn choices() -> Vec<Choice> {
    let choice = |group: &'static str, name: &str| {
        let text = scenario::bundled(name).unwrap_or_default();
        Choice {
            name: name.into(),
            title: scenario::parse(text, name)
                .map(|s| s.title)
                .unwrap_or_default(),
            group,
        }
    };
    let group = |(heading, names): &Group| {
        let heading = *heading;
        names.iter().map(move |name| choice(heading, name))
    };
    GROUPS.iter().flat_map(group).collect()
}
