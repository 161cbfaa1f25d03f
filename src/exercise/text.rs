//! Exercises as text, for a terminal without a screen, and for the book.

use std::fmt::Write as _;

use super::{Answer, EXERCISES, Exercise, Given};

/// A line for each exercise.
pub fn list() -> String {
    let width = EXERCISES.iter().map(|e| e.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (i, exercise) in EXERCISES.iter().enumerate() {
        let state = match exercise.questions.len() {
            0 => "comes with a later release".into(),
            n => format!("{n} questions"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}  {:width$}  {} ({state})",
            i + 1,
            exercise.name,
            exercise.title
        );
    }
    out
}

/// The exercise to read: what is given and what is asked, without answers.
pub fn read(number: usize, exercise: &Exercise) -> String {
    let mut out = format!(
        "Exercise {number}: {}\n\n{}\n",
        exercise.title, exercise.about
    );
    if !exercise.is_there() {
        out.push_str("\nIt comes with a later release.\n");
        return out;
    }
    let given = Given::default();
    if exercise.on_paper {
        let pairs = &given.pairs;
        let _ = writeln!(out, "\ncosines, tau = {}", pairs.temperature);
        for row in pairs.cosines.chunks(pairs.n) {
            let row: Vec<String> = row.iter().map(|c| format!("{c:6.2}")).collect();
            let _ = writeln!(out, "{}", row.concat());
        }
    }
    out.push('\n');
    for (i, question) in exercise.questions.iter().enumerate() {
        let kind = match question.answer {
            Answer::Deed(_) => " (in the lab)",
            Answer::Number { .. } | Answer::Choice { .. } => "",
        };
        let _ = writeln!(
            out,
            "{}. {}{kind}: {}",
            i + 1,
            question.name,
            (question.ask)(&given)
        );
    }
    let _ = writeln!(
        out,
        "\nThe lab checks your answers: clip-lab tour exercises {}",
        exercise.name
    );
    out
}
