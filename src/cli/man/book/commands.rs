//! The command line as a page: what clap knows of it.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, Command};

use super::form::{cell, code, head};

/// The page on `root` and all its subcommands.
pub fn page(root: &Command) -> String {
    let mut out = head(
        "Command line",
        "Data goes to stdout, everything else to stderr. Exit codes: 0 success, 2 usage error, 1 internal \
         error.\n\
         A scenario is a file or the name of a [bundled one](bundled.md). `clip-lab SUBCOMMAND --help` shows the \
         same\n\
         in the terminal.",
    );
    section(&mut out, root, 2);
    out
}

/// A command, then those below it.
fn section(out: &mut String, command: &Command, level: usize) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    // Writing to a string cannot fail.
    let _ = write!(out, "\n{} {name}\n", "#".repeat(level));
    if let Some(about) = text(command.get_long_about().or(command.get_about())) {
        let _ = write!(out, "\n{about}\n");
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let usage: Vec<&str> = usage.lines().map(str::trim).collect();
    let _ = write!(out, "\n```text\n{}\n```\n", usage.join("\n"));
    arguments(out, command);
    if let Some(after) = text(command.get_after_help()) {
        examples(out, &after);
    }
    for below in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        section(out, below, 3);
    }
}

/// The arguments and options that are shown in its help.
fn arguments(out: &mut String, command: &Command) {
    let shown = |argument: &&Arg| !argument.is_hide_set() && argument.get_id() != "help";
    let mut rows = command.get_arguments().filter(shown).peekable();
    if rows.peek().is_none() {
        return;
    }
    out.push_str("\n| argument | meaning |\n|---|---|\n");
    for argument in rows {
        let _ = writeln!(out, "| {} | {} |", code(&form(argument)), meaning(argument));
    }
}

/// How it is written: `-s, --set <KEY=VALUE>`.
fn form(argument: &Arg) -> String {
    let mut words = Vec::new();
    words.extend(argument.get_short().map(|c| format!("-{c}")));
    words.extend(argument.get_long().map(|name| format!("--{name}")));
    let mut form = words.join(", ");
    if argument.get_action().takes_values() {
        let names = argument.get_value_names().unwrap_or_default();
        let values: Vec<_> = names.iter().map(|name| format!("<{name}>")).collect();
        if !form.is_empty() {
            form.push(' ');
        }
        form += &values.join(" ");
    }
    form
}

/// What it does, what it may be, and what it is without a word.
fn meaning(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help());
    let mut parts: Vec<String> = text(help).iter().map(|help| sentence(help)).collect();
    let values = argument.get_possible_values();
    if argument.get_action().takes_values() && !argument.is_hide_possible_values_set() {
        let names: Vec<_> = values.iter().map(|value| code(value.get_name())).collect();
        if !names.is_empty() {
            parts.push(format!("One of {}.", names.join(", ")));
        }
    }
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<_> = defaults
        .map(|value| code(&value.to_string_lossy()))
        .collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        parts.push(format!("Default: {}.", defaults.join(", ")));
    }
    parts.join(" ")
}

/// A help text in a cell, with a full stop where others may follow.
fn sentence(help: &str) -> String {
    let help = cell(help);
    if help.ends_with(['.', ']', '?']) {
        help
    } else {
        help + "."
    }
}

/// A line of examples: what stands far behind the command is a remark.
fn example(line: &str) -> String {
    match line.split_once("   ") {
        Some((command, remark)) => format!("$ {command}   # {}", remark.trim()),
        None => format!("$ {line}"),
    }
}

/// The examples as commands, what else stands there as text.
fn examples(out: &mut String, after: &str) {
    let is_example = |line: &&str| line.trim_start().starts_with("clip-lab");
    let (commands, others): (Vec<&str>, Vec<&str>) = after.lines().partition(is_example);
    let others = others
        .into_iter()
        .filter(|line| !line.trim().is_empty() && line.trim() != "Examples:");
    if !commands.is_empty() {
        let lines: Vec<_> = commands.iter().map(|line| example(line.trim())).collect();
        let _ = write!(out, "\n```console\n{}\n```\n", lines.join("\n"));
    }
    let others: Vec<_> = others.map(str::trim).collect();
    if !others.is_empty() {
        let _ = write!(out, "\n{}\n", others.join("\n"));
    }
}

fn text(styled: Option<&StyledStr>) -> Option<String> {
    styled.map(|text| text.to_string().trim().replace('<', "\\<"))
}
