//! The lab on the terminal: the flags of the screen, and how it is opened with them.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;

use super::options::{DEFAULT_SCENARIO, TrainOptions};
use super::terminal;
use crate::error::{Error, Result};
use crate::lab::{Audience, Lab};
use crate::scenario::load;
use crate::scenario::tour::STOPS;
use crate::ui;
use crate::ui::config::{Bindings, Config};
use crate::ui::remember::{Memory, Start};
use crate::ui::script::Script;
use crate::ui::theme::{ColorChoice, GlyphChoice, ThemeChoice};

/// How the screen looks.
#[derive(Clone, Debug, Args)]
pub struct ScreenArgs {
    /// Characters for plots
    #[arg(
        long,
        value_enum,
        value_name = "TIER",
        default_value_t,
        help_heading = "Screen"
    )]
    pub glyphs: GlyphChoice,

    /// Colours; NO_COLOR in the environment turns them off
    #[arg(
        long,
        value_enum,
        value_name = "DEPTH",
        default_value_t,
        help_heading = "Screen"
    )]
    pub color: ColorChoice,

    /// Theme of the screen
    #[arg(
        long,
        value_enum,
        value_name = "THEME",
        default_value_t,
        help_heading = "Screen"
    )]
    pub theme: ThemeChoice,

    /// Draw fewer frames and colours, as over SSH
    #[arg(long, help_heading = "Screen")]
    pub low_bandwidth: bool,

    /// No screen: print lines of text and read commands from standard input, for screen readers
    #[arg(long, conflicts_with = "keys", help_heading = "Screen")]
    pub plain: bool,

    /// Press the keys of a script; `clip-lab --help` explains its lines
    ///
    /// One per line: a key (t, Space, Ctrl-s, Left); text "0.05"; wait step 200; wait text "paused"; wait 1.5
    /// (seconds); shot screen.svg (or .png, .ans, .txt); # a comment. If standard output is not a terminal, only
    /// shots show the screen; `size 120 40` sets its size.
    #[arg(long, value_name = "FILE", help_heading = "Screen")]
    pub keys: Option<PathBuf>,
}

impl ScreenArgs {
    /// Whether there is a screen or what stands for one: otherwise one trains or prints without.
    pub fn is_shown(&self) -> bool {
        std::io::stdout().is_terminal() || self.keys.is_some() || self.plain
    }

    /// Opens the lab on these scenarios; `course` says what for, if not to try them.
    pub fn show(
        &self,
        training: &TrainOptions,
        scenarios: &[String],
        course: Option<ui::Begin>,
    ) -> Result<()> {
        let script = self.keys.as_deref().map(Script::load).transpose()?;
        let (config, bindings) = match ui::config::folder() {
            Some(folder) => ui::config::load(&folder)?,
            None => (Config::default(), Bindings::default()),
        };
        // A script means the keys that everybody has.
        if script.is_none() {
            bindings.apply();
        }
        if training.seconds.is_some() || training.format.is_some() {
            return Err(Error::Usage(
                "--seconds and --format work without a screen only\n  use `clip-lab run`".into(),
            ));
        }
        // A script sees what everybody sees.
        let memory = if script.is_none() && !self.plain {
            Memory::load()
        } else {
            Memory::default()
        };
        let bare = scenarios.is_empty() && config.scenario.is_none() && script.is_none();
        let reached = match memory.kept.start {
            Some(Start::Learn(stop)) if bare => STOPS.get(stop).map(|name| (stop, *name)),
            _ => None,
        };
        let course = reached.map(|(stop, _)| ui::Begin::Stop(stop)).or(course);
        let names = match (scenarios, &config.scenario) {
            ([], None) if reached.is_some() => {
                reached.iter().map(|(_, name)| name.to_string()).collect()
            }
            ([], Some(name)) => vec![name.clone()],
            ([], None) => vec![DEFAULT_SCENARIO.to_string()],
            (names, _) => names.to_vec(),
        };
        let scenario = training.scenario(&names)?;
        let mut options = training.lab()?;
        // Nobody at a pipe can say when it is enough.
        options.audience = match (self.plain, std::io::stdin().is_terminal()) {
            (false, _) => Audience::Learner,
            (true, true) => Audience::User,
            (true, false) => Audience::Pipe,
        };
        let open = |scenario| Lab::open(scenario, &options);
        if self.plain {
            return ui::plain::run(open, scenario, &names);
        }
        // Opened again, a scenario is what it was at the start; another one is as it stands.
        let load = |name: &str| {
            if names == [name] {
                training.scenario(&names)
            } else {
                load(name)
            }
        };
        let source = ui::Source {
            load: &load,
            open: &open,
        };
        let screen = ui::Options {
            bare,
            course,
            ..self.options(&config, memory)
        };
        ui::run(screen, source, scenario, &names, script)
    }

    /// The screen, as the flags say, or else the configuration.
    fn options(&self, config: &Config, memory: Memory) -> ui::Options {
        fn chosen<T: Default + PartialEq>(flag: T, config: T) -> T {
            if flag == T::default() { config } else { flag }
        }
        // What was changed in the lab holds where neither flag nor settings say otherwise.
        let kept = memory.kept.theme.as_deref();
        let kept = kept.and_then(|name| name.parse().ok()).unwrap_or_default();
        ui::Options {
            color: chosen(self.color, config.color),
            glyphs: chosen(self.glyphs, config.glyphs),
            theme: chosen(chosen(self.theme, config.theme), kept),
            low_bandwidth: self.low_bandwidth || config.low_bandwidth || terminal::ssh(),
            no_mouse: !config.mouse,
            memory,
            ..ui::Options::default()
        }
    }
}
