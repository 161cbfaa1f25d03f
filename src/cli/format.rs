//! How data is printed: as a table for people, or as JSON or CSV for programs.

use std::io::IsTerminal as _;

use clap::ValueEnum;

/// What `--format` may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    /// JSON
    Json,
    /// JSON, one object per line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}

impl Format {
    /// For records that arrive one by one: a table on a terminal, lines of JSON elsewhere.
    pub fn for_records(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| {
            if std::io::stdout().is_terminal() {
                Self::Table
            } else {
                Self::Jsonl
            }
        })
    }
}
