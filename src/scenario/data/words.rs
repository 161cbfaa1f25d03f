//! What data sets with captions of their own may not ask alike: templates, languages, weights.

use crate::scenario::suggest::did_you_mean;
use crate::scenario::validate::check::Check;

/// Templates with a place for the name.
pub fn templates(check: &mut Check, templates: &[String], path: &str) {
    for (i, template) in templates.iter().enumerate() {
        if !template.contains("{}") {
            let path = format!("{path}.{i}");
            let help = format!("for example \"{} {{}}\"", template.trim());
            check.fault(&path, "this template lacks `{}`", "`{}` is missing", help);
        }
    }
}

/// Languages that are known, each once, some of them with a weight.
pub fn languages(
    check: &mut Check,
    path: &str,
    languages: &[(String, f64)],
    known: &[&'static str],
) {
    for (i, (code, _)) in languages.iter().enumerate() {
        let place = format!("{path}.{i}.0");
        if !known.contains(&code.as_str()) {
            let label = format!("known: {}", known.join(" "));
            let help = did_you_mean(code, known.iter().copied());
            check.fault(
                &place,
                format!("no captions in the language `{code}`"),
                &label,
                help,
            );
        } else if languages[..i].iter().any(|(earlier, _)| earlier == code) {
            check.fault(
                &place,
                format!("the language `{code}` is named twice"),
                "keep one of them",
                None,
            );
        }
    }
    let each = languages.iter().enumerate();
    let each = each.map(|(i, (_, weight))| (format!("{path}.{i}.1"), *weight));
    if weights(check, each) && !languages.iter().any(|&(_, weight)| weight > 0.0) {
        let help = "give one a weight above 0, such as (\"en\", 1.0)".to_string();
        check.fault(path, "all languages have weight 0", "", help);
    }
}

/// Whether all weights are usable; faults those that are not.
pub fn weights(check: &mut Check, weights: impl IntoIterator<Item = (String, f64)>) -> bool {
    let before = check.faults.len();
    let mut sum = 0.0;
    for (path, weight) in weights {
        sum += weight;
        if !(weight.is_finite() && weight >= 0.0) {
            let message = format!("a weight cannot be {weight}");
            check.fault(&path, message, "allowed: 0 and above", None);
        } else if sum.is_infinite() {
            let message = "the sum of the weights is too large";
            check.fault(&path, message, "only their ratios matter", None);
        }
    }
    check.faults.len() == before
}

#[cfg(test)]
mod tests {
    use crate::scenario::{bundled, parse};

    /// What is said of the bundled `clip` with other captions.
    fn complaint(captions: &str) -> String {
        let text = bundled("clip").unwrap();
        let start = text.find("data: Emoji(").unwrap();
        let end = start + text[start..].find("model:").unwrap();
        let data = format!(
            "data: Emoji(train: [Noto], held_out: [Fluent], captions: ({captions})),\n    "
        );
        let text = format!("{}{data}{}", &text[..start], &text[end..]);
        parse(&text, "own.ron").unwrap_err().to_string()
    }

    #[test]
    fn useless_weights_are_refused() {
        let kinds = "name: 1, template: 0, keywords: 0";
        for (captions, message) in [
            (
                "name: 0, template: 0, keywords: 0",
                "all kinds of captions have weight 0",
            ),
            (
                "name: -1, template: 0, keywords: 2",
                "a weight cannot be -1",
            ),
            (
                "name: NaN, template: 0, keywords: 2",
                "a weight cannot be NaN",
            ),
            (
                "name: 1.7e308, template: 1.7e308, keywords: 0",
                "sum of the weights is too large",
            ),
            (
                &format!("{kinds}, languages: []"),
                "all languages have weight 0",
            ),
            (
                &format!("{kinds}, languages: [(\"en\", 0)]"),
                "all languages have weight 0",
            ),
            (
                &format!("{kinds}, languages: [(\"en\", 1.7e308), (\"de\", 1.7e308)]"),
                "sum of the weights is too large",
            ),
            (
                &format!("{kinds}, languages: [(\"en\", 1), (\"tlh\", 1)]"),
                "no captions in the language `tlh`",
            ),
        ] {
            let said = complaint(captions);
            assert!(said.contains(message), "{captions}: {said}");
        }
    }
}
