//! `clip-lab man`: the manual, in roff.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::{Cli, output::print};
use crate::error::{Error, Result};

/// Print the manual, in roff
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab man | man -l -
  clip-lab man --out ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Write a page for each subcommand into this folder instead
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Prints or writes the pages.
pub fn run(args: &ManArgs) -> Result<()> {
    let mut root = Cli::command();
    root.build();
    let pages = std::iter::once(root.clone()).chain(
        root.get_subcommands()
            .filter(|c| c.get_name() != "help")
            .cloned(),
    );
    let mut all = String::new();
    for page in pages {
        let name = page
            .get_display_name()
            .unwrap_or(page.get_name())
            .replace(' ', "-");
        let mut roff = Vec::new();
        let rendered = Man::new(page).render(&mut roff);
        rendered.map_err(|e| Error::Internal(format!("the manual: {e}")))?;
        match &args.out {
            Some(folder) => {
                std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
                let path = folder.join(format!("{name}.1"));
                std::fs::write(&path, roff).map_err(Error::file("write", &path))?;
            }
            None => all.push_str(&String::from_utf8_lossy(&roff)),
        }
    }
    print(&all)
}
