//! `clip-lab help`: the pages of the book in the terminal, and the help of subcommands.

mod markdown;
mod pages;

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use clap::{Args, Command};

use super::output::print;
use super::terminal::{columns, env};
use crate::error::{Error, Result};
use crate::scenario::did_you_mean;
use markdown::Look;
use pages::{PAGES, Page};

/// Columns of a page where the terminal does not say how many it has.
const WIDTH: usize = 80;

/// Longest lines: wider ones are hard to read.
const WIDEST: usize = 100;

/// Read the guide in the terminal, page by page
///
/// Without a topic, list the topics. With the name of a subcommand, print its help.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab help
  clip-lab help five-minutes
  clip-lab help keys | less
  clip-lab help export open-clip")]
pub struct HelpArgs {
    /// A page of the guide, or a subcommand
    #[arg(value_name = "TOPIC")]
    pub topic: Vec<String>,
}

/// Prints the topics, a page, or the help of a subcommand of `root`.
pub fn run(args: &HelpArgs, mut root: Command) -> Result<()> {
    root.build();
    let words: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    print(&match words[..] {
        [] => topics(&root)?,
        _ => match words.first().and_then(|topic| page(topic)) {
            Some(page) if words.len() == 1 => shown(&page.text(&root)?),
            _ => subcommand(&root, &words).ok_or_else(|| unknown(&words, &root))?,
        },
    })
}

fn page(topic: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.topic() == topic)
}

fn shown(text: &str) -> String {
    let width = columns().unwrap_or(WIDTH).clamp(20, WIDEST);
    let bold = std::io::stdout().is_terminal() && env("NO_COLOR").is_none();
    markdown::render(text, Look { width, bold })
}

fn topics(root: &Command) -> Result<String> {
    let mut out = String::from("Pages of the guide: `clip-lab help TOPIC`\n\n");
    let wide = |page: &Page| page.topic().len();
    let width = PAGES.iter().map(wide).max().unwrap_or(0);
    for page in PAGES {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {:width$}  {}", page.topic(), page.title(root)?);
    }
    out += "\nSubcommands: `clip-lab help SUBCOMMAND`\n\n";
    let shown = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    for command in shown {
        let about = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let _ = writeln!(out, "  {:width$}  {about}", command.get_name());
    }
    Ok(out)
}

/// The help of the subcommand that these words lead to.
fn subcommand(root: &Command, words: &[&str]) -> Option<String> {
    let mut command = root;
    for word in words {
        command = command.find_subcommand(word)?;
    }
    Some(command.clone().render_long_help().to_string())
}

fn unknown(words: &[&str], root: &Command) -> Error {
    let topic = words.join(" ");
    let mut names: Vec<&str> = PAGES.iter().map(Page::topic).collect();
    names.extend(root.get_subcommands().map(Command::get_name));
    let hint = did_you_mean(&topic, names).map_or(String::new(), |hint| format!("\n  {hint}"));
    Error::Usage(format!(
        "no page or subcommand called `{topic}`{hint}\n  `clip-lab help` lists both"
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::cli::command;

    #[test]
    fn the_pages_are_those_of_the_summary_in_its_order() {
        let mut root = command();
        root.build();
        let summary = std::fs::read_to_string("docs/SUMMARY.md").unwrap();
        let linked: Vec<&str> = summary
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- [")?.split_once("]("))
            .map(|(_, path)| path.trim_end_matches(')'))
            .collect();
        let embedded: Vec<&str> = PAGES.iter().map(|page| page.path).collect();
        assert_eq!(embedded, linked);
        for (page, line) in PAGES
            .iter()
            .zip(summary.lines().filter(|l| l.starts_with("- [")))
        {
            let title = page.title(&root).unwrap();
            assert!(line.contains(&format!("[{title}]")), "{line}");
        }
    }

    #[test]
    fn a_topic_means_one_thing() {
        let mut root = command();
        root.build();
        let mut seen = HashSet::new();
        for page in PAGES {
            assert!(seen.insert(page.topic()), "{} twice", page.topic());
            assert!(
                root.find_subcommand(page.topic()).is_none(),
                "{}",
                page.topic()
            );
        }
    }

    #[test]
    fn subcommands_keep_their_own_help() {
        let mut root = command();
        root.build();
        let run = subcommand(&root, &["run"]).unwrap();
        assert!(run.contains("Usage: clip-lab run"), "{run}");
        let deep = subcommand(&root, &["export", "open-clip"]).unwrap();
        assert!(deep.contains("Usage: clip-lab export open-clip"), "{deep}");
        assert_eq!(subcommand(&root, &["run", "nowhere"]), None);
        let message = unknown(&["dails"], &root).to_string();
        assert!(message.contains("dials"), "{message}");
    }

    #[test]
    fn the_list_names_every_page_and_every_subcommand() {
        let mut root = command();
        root.build();
        let list = topics(&root).unwrap();
        for page in PAGES {
            assert!(list.contains(&format!("  {} ", page.topic())), "{list}");
        }
        for command in root.get_subcommands().filter(|c| !c.is_hide_set()) {
            assert!(list.contains(&format!("  {} ", command.get_name())));
        }
    }
}
