//! Just enough JSON to see that lines are whole.

/// What a headless run printed: whole objects, each on its line, the last one `finished`.
pub fn check_run(text: &str) -> Result<(), String> {
    if !text.ends_with('\n') {
        return Err("its output ends in the middle of a line".to_owned());
    }
    for (index, line) in text.lines().enumerate() {
        if !is_object(line) {
            return Err(format!("line {} is not a JSON object: {line}", index + 1));
        }
    }
    let has = |event: &str| format!("\"event\":\"{event}\"");
    if !text.lines().any(|line| line.contains(&has("step"))) {
        return Err("it reports no step".to_owned());
    }
    match text.lines().last() {
        Some(last) if last.contains(&has("finished")) => Ok(()),
        last => Err(format!("its last line is not a finished event: {last:?}")),
    }
}

/// Whether a line is one object whose brackets and strings are closed.
fn is_object(line: &str) -> bool {
    let mut open = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for (index, c) in line.char_indices() {
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' | '[' => open.push(c),
            '}' if open.pop() != Some('{') => return false,
            ']' if open.pop() != Some('[') => return false,
            _ => {}
        }
        if open.is_empty() {
            return c == '}' && index + 1 == line.len();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_objects_are_told_from_torn_ones() {
        for whole in ["{}", r#"{"a":[1,{"b":"}"}],"c":"\"]"}"#] {
            assert!(is_object(whole), "{whole}");
        }
        for torn in [
            "",
            "{",
            r#"{"a":1"#,
            r#"{"a":"b}"#,
            "{]",
            "{}{}",
            "1",
            "[1]",
            "{} x",
        ] {
            assert!(!is_object(torn), "{torn}");
        }
    }

    #[test]
    fn a_run_ends_with_finished() {
        let step = "{\"event\":\"step\",\"loss\":4.1}\n";
        let end = "{\"event\":\"finished\"}\n";
        assert_eq!(check_run(&format!("{step}{end}")), Ok(()));
        assert!(check_run(step).unwrap_err().contains("finished"));
        assert!(check_run(end).unwrap_err().contains("no step"));
        assert!(check_run(&format!("{step}{}", end.trim_end())).is_err());
        assert!(check_run(&format!("{step}{{\n{end}")).is_err());
        assert!(check_run("").is_err());
    }
}
