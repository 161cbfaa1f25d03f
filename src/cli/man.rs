//! `clip-lab man`: the manual, in roff, and the pages of the book that are made from the same tables.

pub mod book;

use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::output::print;
use crate::error::{Error, Result};
use crate::ui::action::{Context, TABLE};

/// Print the manual pages, in roff
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab man | man -l -
  clip-lab man --out ~/.local/share/man/man1
  clip-lab man --book docs/reference")]
pub struct ManArgs {
    /// Write one file per subcommand to this folder instead
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Write the reference pages of the book, in Markdown, into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub book: Option<PathBuf>,
}

/// Adds the subcommands of a command, and theirs.
fn below(command: &Command, pages: &mut Vec<Command>) {
    for subcommand in command.get_subcommands() {
        if subcommand.get_name() != "help" {
            pages.push(subcommand.clone());
            below(subcommand, pages);
        }
    }
}

/// Prints or writes the pages of `root` and what is below it.
pub fn run(args: &ManArgs, mut root: Command) -> Result<()> {
    root.build();
    if let Some(folder) = &args.book {
        return book::write(folder, &root);
    }
    let mut pages = vec![root.clone()];
    below(&root, &mut pages);
    let mut all = String::new();
    for page in pages {
        let name = page
            .get_display_name()
            .unwrap_or(page.get_name())
            .replace(' ', "-");
        let mut roff = Vec::new();
        let is_lab = name == root.get_name();
        let rendered = Man::new(page).render(&mut roff).and_then(|()| {
            if is_lab {
                keys().to_writer(&mut roff)
            } else {
                Ok(())
            }
        });
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

/// The section on the keys of the screen, from the table that dispatches them.
fn keys() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["KEYS"]);
    for context in Context::ALL {
        roff.control("SS", [context.title()]);
        for row in TABLE.iter().filter(|row| row.context == context) {
            roff.control("TP", []);
            let keys = if row.keys.is_empty() {
                format!(": {}", row.name)
            } else {
                row.keys_text()
            };
            roff.text([bold(keys)]);
            roff.text([roman(format!("{}: {}", row.name, row.about))]);
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_every_key_of_the_table() {
        let text = keys().to_roff();
        for row in TABLE {
            // Roff writes hyphens and leading dots in its own way.
            let about = row.about.replace('-', "\\-");
            assert!(text.contains(&about), "{}: {text}", row.name);
        }
        for context in Context::ALL {
            assert!(text.contains(context.title()), "{}", context.title());
        }
    }
}
