//! What may be typed for a dial, letter by letter.

use crate::control::Dial;

impl Dial {
    /// Whether this can be the beginning of what may be typed for it.
    pub fn may_begin(self, text: &str) -> bool {
        let text = text.trim();
        let word = match self {
            Self::Bias => "none",
            Self::Concepts => "all",
            _ => "",
        };
        match self {
            _ if self.bounds().is_none() || word.starts_with(text) => true,
            Self::BatchSize | Self::Concepts => text.chars().all(|c| c.is_ascii_digit()),
            _ => begins_number(text),
        }
    }
}

/// Whether a number can begin like this: "-", "1.", "2e-".
pub fn begins_number(text: &str) -> bool {
    let unsigned = |text: &str| text.strip_prefix(['-', '+']).unwrap_or(text).to_owned();
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let text = unsigned(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (&*text, None),
    };
    let plain = mantissa.replacen('.', "", 1);
    digits(&plain) && exponent.is_none_or(|e| !plain.is_empty() && digits(&unsigned(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_what_a_number_can_begin_with() {
        for text in ["", "-", "0.", ".5", "0.002", "1e", "1e-", "-2.5E+3"] {
            assert!(begins_number(text), "{text}");
        }
        for text in ["0.002s", "1.2.3", "e3", "--1", "1e2e", "1e2.5", "none"] {
            assert!(!begins_number(text), "{text}");
        }
    }

    #[test]
    fn words_are_taken_only_where_they_mean_something() {
        assert!(Dial::Bias.may_begin("no") && Dial::Bias.may_begin("-7.5"));
        assert!(!Dial::Bias.may_begin("all") && !Dial::LearningRate.may_begin("n"));
        assert!(Dial::Concepts.may_begin("al") && Dial::Concepts.may_begin("60"));
        assert!(!Dial::BatchSize.may_begin("6.5") && !Dial::BatchSize.may_begin("-6"));
        assert!(Dial::Loss.may_begin("sig") && Dial::Augment.may_begin("off"));
    }
}
