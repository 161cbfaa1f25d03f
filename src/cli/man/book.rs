//! The reference pages of the book, made from the tables that the program itself runs on.

mod commands;
mod form;

use std::fmt::Write as _;
use std::path::Path;

use clap::Command;

use crate::control::Dial;
use crate::error::{Error, Result};
use crate::files::replace;
use crate::scenario::groups::GROUPS;
use crate::scenario::load;
use crate::ui::action::{Action, Context, TABLE, key_of};
use form::{cell, code, head};

/// The pages: the name of the file, and what makes its text for the command line at hand.
pub const PAGES: [(&str, Make); 4] = [
    ("bundled.md", |_| bundled()),
    ("dial-list.md", |_| Ok(dials())),
    ("keys.md", |_| Ok(keys())),
    ("command-line.md", |root| Ok(commands::page(root))),
];

/// Makes a page.
pub type Make = fn(&Command) -> Result<String>;

/// Writes all pages into `folder`.
pub fn write(folder: &Path, root: &Command) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    for (name, page) in PAGES {
        replace(&folder.join(name), page(root)?)?;
    }
    Ok(())
}

fn bundled() -> Result<String> {
    let mut out = head(
        "Bundled scenarios",
        "Open one with `clip-lab NAME`, print it with `clip-lab scenarios NAME`, or press `o` in the lab.\n\
         [Scenario files](../use/scenario-files.md) describes the format.",
    );
    for (title, names) in GROUPS {
        let _ = write!(
            out,
            "\n## {title}\n\n| name | title | lanes | watch for |\n|---|---|---|---|\n"
        );
        for name in names {
            let scenario = load(name)?;
            let lanes: Vec<_> = scenario.lanes.iter().map(|lane| &*lane.name).collect();
            let _ = writeln!(
                out,
                "| `{name}` | {} | {} | {} |",
                cell(&scenario.title),
                lanes.join(", "),
                cell(&scenario.watch),
            );
        }
    }
    Ok(out)
}

fn dials() -> String {
    let mut out = head(
        "All dials",
        "Every dial has one name on the screen, in `--set`, in scenario files and in records. Find a dial \
         without\n\
         a key by `:`. [Dials](../guide/dials.md) shows how to turn them.",
    );
    out += "\n| dial | key | values | sets | learned by training | other words | in a script |\n";
    out += "|---|---|---|---|---|---|---|\n";
    for dial in Dial::ALL {
        let key = key_of(&Action::Dial(dial));
        let key = if key.is_empty() {
            String::new()
        } else {
            code(&key)
        };
        let also: Vec<_> = dial.also().iter().map(|word| code(word)).collect();
        let learned = if dial.can_be_learned() {
            format!("`learn_{}`", dial.name())
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "| `{}` | {key} | {} | {} | {learned} | {} | `{dial:?}` |",
            dial.name(),
            cell(&dial.range()),
            cell(dial.about()),
            also.join(", "),
        );
    }
    out
}

fn keys() -> String {
    let mut out = head(
        "Keys",
        "The keys of the screen, place by place. `?` shows them in the lab, those of the present place first.\n\
         `clip-lab config keys` prints a `keys.ron` in which you can bind others. Find actions without a key by \
         `:`.",
    );
    for context in Context::ALL {
        let rows = TABLE.iter().filter(|row| row.context == context);
        let _ = write!(
            out,
            "\n## {}\n\n| key | name | does |\n|---|---|---|\n",
            context.title()
        );
        for row in rows {
            let keys: Vec<_> = row.keys.iter().map(|key| code(&key.to_string())).collect();
            let keys = if keys.is_empty() {
                "`:`".into()
            } else {
                keys.join(" ")
            };
            let _ = writeln!(out, "| {keys} | {} | {} |", cell(row.name), cell(row.about));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::BUNDLED;

    #[test]
    fn every_dial_key_and_scenario_has_its_row() {
        let (dials, keys, scenarios) = (dials(), keys(), bundled().unwrap());
        for dial in Dial::ALL {
            assert!(dials.contains(&format!("| `{}` |", dial.name())), "{dials}");
        }
        for row in TABLE {
            assert!(keys.contains(&cell(row.about)), "{}", row.name);
        }
        for (name, _) in BUNDLED {
            assert_eq!(scenarios.matches(&format!("| `{name}` |")).count(), 1);
        }
    }
}
