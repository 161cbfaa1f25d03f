//! `clip-lab config`: prints the commented templates of the settings and the keys, and checks the user's.

use clap::{Args, ValueEnum};

use super::output::print;
use crate::error::{Error, Result};
use crate::ui::config;

/// Print a commented template of the settings or of the keys, or check your own files
///
/// The lab reads config.ron and keys.ron in $XDG_CONFIG_HOME/clip-lab (usually ~/.config/clip-lab). It reports an
/// error there with line and column, and ends with exit code 2.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab config > ~/.config/clip-lab/config.ron
  clip-lab config keys > ~/.config/clip-lab/keys.ron
  clip-lab config check")]
pub struct ConfigArgs {
    /// Action
    #[arg(value_enum, default_value_t)]
    pub what: What,
}

/// What `config` may be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Print the template of config.ron
    #[default]
    Settings,
    /// Print the template of keys.ron
    Keys,
    /// Check your config.ron and keys.ron
    Check,
}

/// Prints or checks.
pub fn run(args: &ConfigArgs) -> Result<()> {
    match args.what {
        What::Settings => print(config::TEMPLATE),
        What::Keys => print(&config::keys_template()),
        What::Check => check(),
    }
}

fn check() -> Result<()> {
    let folder = config::folder()
        .ok_or_else(|| Error::Usage("no settings folder\n  set XDG_CONFIG_HOME or HOME".into()))?;
    config::load(&folder)?;
    let mut lines = Vec::new();
    for name in ["config.ron", "keys.ron"] {
        let path = folder.join(name);
        let state = if path.is_file() { "ok  " } else { "none" };
        lines.push(format!("{state} {}\n", path.display()));
    }
    print(&lines.concat())
}
