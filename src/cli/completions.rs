//! `clip-lab completions`: completion scripts for shells.

use clap::{Args, Command};
use clap_complete::Shell;

use super::output::print;
use crate::error::Result;

/// Print a completion script for a shell
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab completions bash > ~/.local/share/bash-completion/completions/clip-lab
  clip-lab completions fish > ~/.config/fish/completions/clip-lab.fish
  clip-lab completions zsh > ~/.zfunc/_clip-lab")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the script that completes `command`.
pub fn run(args: &CompletionsArgs, mut command: Command) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "clip-lab", &mut script);
    print(&String::from_utf8_lossy(&script))
}
