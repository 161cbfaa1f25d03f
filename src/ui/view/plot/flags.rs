//! [`Flag`]: a vertical line with a number; and how the numbers share the line above the chart.

use ratatui::layout::Rect;
use ratatui::style::Style;

/// A vertical line with a number.
pub struct Flag {
    /// Its place.
    pub x: f64,
    /// Its number.
    pub label: String,
    /// Its colour.
    pub style: Style,
    /// The colour of a plate that it shares with flags of other colours.
    pub mixed: Style,
}

/// The numbers of flags, where they stand and in which style. Numbers that would cover or touch one another
/// are one plate: "1,2", or "1-3" for more; "12" is the twelfth flag and nothing else.
pub(super) fn plates(
    flags: &[(u16, &Flag)],
    inner: Rect,
) -> impl Iterator<Item = (u16, String, Style)> {
    let mut plates: Vec<(u16, Vec<&Flag>)> = Vec::new();
    for &(column, flag) in flags {
        match plates.last_mut() {
            Some((at, group)) if column <= *at + numbers(group).chars().count() as u16 => {
                group.push(flag);
            }
            _ => plates.push((column, vec![flag])),
        }
    }
    plates.into_iter().map(move |(column, group)| {
        let text = numbers(&group);
        let last = inner.right().saturating_sub(text.chars().count() as u16);
        let alike = group.iter().all(|flag| flag.style == group[0].style);
        let style = if alike {
            group[0].style
        } else {
            group[0].mixed
        };
        (column.min(last.max(inner.left())), text, style)
    })
}

/// What a plate of these flags says: three or more numbers in a row as their first and last, signs as they are.
fn numbers(group: &[&Flag]) -> String {
    let number = |label: &str| label.parse::<u64>().ok();
    let mut runs: Vec<Vec<&str>> = Vec::new();
    for flag in group {
        match runs.last_mut() {
            Some(run) if number(&flag.label).is_some() && number(run[0]).is_some() => {
                run.push(&flag.label);
            }
            _ => runs.push(vec![&flag.label]),
        }
    }
    let text = |run: &Vec<&str>| match run[..] {
        [first, _, .., last] => format!("{first}-{last}"),
        _ => run.join(","),
    };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(columns: &[u16]) -> Vec<(u16, String)> {
        let flag = |i| Flag {
            x: 0.0,
            label: format!("{}", i + 1),
            style: Style::new(),
            mixed: Style::new(),
        };
        let flags: Vec<_> = (0..columns.len()).map(flag).collect();
        let places: Vec<_> = columns.iter().copied().zip(&flags).collect();
        plates(&places, Rect::new(0, 0, 40, 10))
            .map(|(x, text, _)| (x, text))
            .collect()
    }

    #[test]
    fn flags_on_one_step_or_beside_one_another_share_a_plate() {
        let texts = |columns: &[u16]| -> Vec<String> {
            drawn(columns).into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(texts(&[5, 5]), ["1,2"]);
        assert_eq!(texts(&[5, 6]), ["1,2"], "not 12");
        assert_eq!(texts(&[5, 7]), ["1", "2"]);
        assert_eq!(texts(&[5, 5, 5, 9]), ["1-3", "4"]);
        // A plate that grew takes in what it now touches.
        assert_eq!(texts(&[5, 5, 8]), ["1-3"]);
    }

    #[test]
    fn a_sign_among_numbers_stays_a_sign() {
        let flag = |label: &str| Flag {
            x: 0.0,
            label: label.into(),
            style: Style::new(),
            mixed: Style::new(),
        };
        let text = |labels: &[&str]| {
            let flags: Vec<_> = labels.iter().map(|label| flag(label)).collect();
            numbers(&flags.iter().collect::<Vec<_>>())
        };
        assert_eq!(text(&["1", "2", "3", "▲"]), "1-3,▲");
        assert_eq!(text(&["1", "◆", "2", "3"]), "1,◆,2,3");
    }

    #[test]
    fn a_plate_at_the_right_end_is_whole() {
        assert_eq!(drawn(&[39, 39]), [(37, "1,2".to_string())]);
        for columns in [[0, 0, 3], [38, 39, 39]] {
            for (x, text) in drawn(&columns) {
                assert!(usize::from(x) + text.len() <= 40);
            }
        }
    }
}
