//! Old names of actions in a user's keys.ron, and what each is called now.

/// Old name, and the new one; or why there is none.
const RENAMES: [(&str, Result<&str, &str>); 39] = [
    ("main.tau", Ok("main.temperature")),
    ("main.batch", Ok("main.batch-size")),
    ("main.rate", Ok("main.learning-rate")),
    ("main.decay", Ok("main.weight-decay")),
    ("main.lock", Ok("main.locked")),
    (
        "main.data",
        Err("each dial of the data has a row of its own, such as main.noise-images"),
    ),
    ("main.reset-new-seed", Ok("main.new-seed")),
    (
        "main.previous-lane",
        Err("main.next-lane goes round all lanes"),
    ),
    ("main.ask", Ok("main.query")),
    ("main.log-values", Ok("charts.log-values")),
    ("main.log-steps", Ok("charts.log-steps")),
    ("main.smoothing", Ok("charts.smoothing")),
    ("main.outliers", Ok("charts.outliers")),
    (
        "main.crosshair",
        Err("charts.step-before and charts.step-after show the crosshair, main.back leaves it"),
    ),
    ("main.pin", Ok("charts.pin")),
    ("main.quantity", Ok("matrix.quantity")),
    ("main.difference", Ok("matrix.difference")),
    ("main.range", Ok("matrix.colour-range")),
    ("main.next-stop", Ok("tour.next-stop")),
    ("main.previous-stop", Ok("tour.previous-stop")),
    ("matrix.picture-before", Ok("matrix.image-before")),
    ("matrix.picture-after", Ok("matrix.image-after")),
    ("query.names-of-it", Ok("query.its-names")),
    ("open.rub-out", Ok("open.delete")),
    ("open.rub-out-word", Ok("open.delete-word")),
    ("line.rub-out", Ok("line.delete")),
    ("line.rub-out-word", Ok("line.delete-word")),
    ("palette.rub-out", Ok("palette.delete")),
    ("palette.rub-out-word", Ok("palette.delete-word")),
    ("help.up", Ok("reading.up")),
    ("help.down", Ok("reading.down")),
    ("help.close", Ok("reading.close")),
    ("help.rub-out", Ok("line.delete")),
    ("help.rub-out-word", Ok("line.delete-word")),
    ("help.clear", Ok("line.clear")),
    ("notice.close", Ok("reading.close")),
    ("log.up", Ok("reading.up")),
    ("log.down", Ok("reading.down")),
    ("log.close", Ok("reading.close")),
];

/// What to write in place of an old name, if it is one.
pub(super) fn now(old: &str) -> Option<String> {
    let (_, new) = RENAMES.iter().find(|(name, _)| *name == old)?;
    Some(match new {
        Ok(new) => format!("use `{new}`"),
        Err(why) => (*why).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::TABLE;

    #[test]
    fn old_names_lead_to_rows_and_are_none_themselves() {
        let known = |name: &str| TABLE.iter().any(|row| row.id() == name);
        for (old, new) in RENAMES {
            assert!(!known(old), "{old} is a row");
            if let Ok(new) = new {
                assert!(known(new), "{old}: {new} is no row");
            }
        }
    }
}
