//! Suggestions for a name that does not exist.

use crate::control::Dial;

/// Words that people use for something that has another name here. Those for dials stand in their table.
const ALIASES: &[(&str, &str)] = &[
    ("epochs", "steps"),
    ("iterations", "steps"),
    ("beta2", "betas"),
    ("clip_grad", "grad_clip"),
    ("dim", "embed_dim"),
    ("warmup_steps", "warmup"),
    ("clip", "InfoNce"),
    ("softmax", "InfoNce"),
    ("sigmoid", "SigLip"),
    ("google", "Noto"),
    ("twitter", "Twemoji"),
    ("microsoft", "Fluent"),
];

/// The one of `known` that `word` is most likely meant to be: another spelling of it, its usual
/// other name, its beginning, or a few letters away.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |s: &str| s.to_lowercase().replace(['-', '_', ' '], "");
    let wanted = plain(word);
    if wanted.is_empty() {
        return None;
    }
    let dials = Dial::ALL.iter().flat_map(|dial| {
        let words = dial.also().iter();
        words.map(|word| (*word, dial.name()))
    });
    let alias = ALIASES
        .iter()
        .copied()
        .chain(dials)
        .find(|(from, _)| plain(from) == wanted)
        .map(|(_, to)| plain(to));
    let score = |name: &str| {
        let name = plain(name);
        if name == wanted {
            return Some(0);
        }
        if alias.as_ref() == Some(&name) {
            return Some(1);
        }
        let distance = strsim::damerau_levenshtein(&name, &wanted);
        let near = distance <= (name.len().max(wanted.len()) / 3).max(1);
        let begins = wanted.len() >= 3 && (name.starts_with(&wanted) || wanted.starts_with(&name));
        (near || begins).then_some(2 + distance)
    };
    let scored = known
        .into_iter()
        .filter_map(|name| Some((score(name)?, name)));
    scored.min_by_key(|&(score, _)| score).map(|(_, name)| name)
}

/// "did you mean `x`?", if there is a likely one among `known`; nothing for the word itself.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = nearest(word, known).filter(|name| *name != word);
    near.map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_other_spellings_and_other_names_are_understood() {
        let known = [
            "temperature",
            "learning_rate",
            "batch_size",
            "bias",
            "InfoNce",
            "SigLip",
        ];
        for (word, meant) in [
            ("temprature", "temperature"),
            ("LR", "learning_rate"),
            ("learningRate", "learning_rate"),
            ("infonce", "InfoNce"),
            ("SigLIP", "SigLip"),
            ("bais", "bias"),
        ] {
            assert_eq!(nearest(word, known), Some(meant), "{word}");
        }
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(nearest("", known), None);
    }
}
