//! What both data sets say about languages, and their complaints about weights.

use crate::error::{Error, Result};

/// Weights of languages: each a position among those that exist, and its weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// Positions, in the scenario's order; never empty.
    pub languages: Vec<usize>,
    /// A weight for each of them; not all zero.
    pub weights: Vec<f64>,
}

impl Mix {
    /// Finds the `wanted` languages among the `known` ones of the `set`.
    ///
    /// # Errors
    /// An unknown language or one named twice, no language, a weight that is none.
    pub fn new(wanted: &[(String, f64)], known: &[&str], set: &str) -> Result<Self> {
        if wanted.is_empty() {
            return Err(Error::Data(format!(
                "{set}: no language to write captions in\n  name some in `languages`, for example \
                 [(\"en\", 1.0)]"
            )));
        }
        let mut languages: Vec<usize> = Vec::with_capacity(wanted.len());
        for (code, _) in wanted {
            let Some(found) = known.iter().position(|k| k == code) else {
                return Err(unknown(code, known, set));
            };
            if languages.contains(&found) {
                return Err(Error::Data(format!(
                    "{set}: the language `{code}` is named twice\n  name it once, with its whole weight"
                )));
            }
            languages.push(found);
        }
        let weights: Vec<f64> = wanted.iter().map(|&(_, weight)| weight).collect();
        check_weights(&weights, &format!("{set}: the weights of the languages"))?;
        Ok(Self { languages, weights })
    }

    /// The share of captions in each of the `known` languages, 0 for those that are not in the mix.
    pub fn shares(&self, known: &[&str]) -> Vec<(String, f64)> {
        let sum: f64 = self.weights.iter().sum();
        let share = |(i, code): (usize, &&str)| {
            let at = self.languages.iter().position(|language| *language == i);
            (
                (*code).to_owned(),
                at.map_or(0.0, |at| self.weights[at] / sum),
            )
        };
        known.iter().enumerate().map(share).collect()
    }
}

/// Refuses weights by which nothing can be chosen; `what` opens the message.
///
/// # Errors
/// A weight that is negative or not finite, or none above zero.
pub fn check_weights(weights: &[f64], what: &str) -> Result<()> {
    if let Some(weight) = weights.iter().find(|w| !w.is_finite() || **w < 0.0) {
        return Err(Error::Data(format!(
            "{what} must be zero or more, not {weight}"
        )));
    }
    // One so large that the sum overflows is no use either.
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 && sum.is_finite() {
        return Ok(());
    }
    Err(Error::Data(format!(
        "{what} add up to {sum}\n  at least one must be above zero"
    )))
}

fn unknown(code: &str, known: &[&str], set: &str) -> Error {
    let mut known = known.to_vec();
    known.sort_unstable();
    Error::Data(format!(
        "{set}: there are no captions in the language `{code}`\n  there are: {}",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(wanted: &[(&str, f64)]) -> Result<Mix> {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|&(code, w)| (code.to_string(), w))
            .collect();
        Mix::new(&wanted, &["en", "de", "fr"], "this set")
    }

    #[test]
    fn languages_are_found_in_the_order_wanted() {
        let found = mix(&[("fr", 1.0), ("en", 0.0)]).unwrap();
        assert_eq!(
            found,
            Mix {
                languages: vec![2, 0],
                weights: vec![1.0, 0.0]
            }
        );
    }

    #[test]
    fn an_unknown_language_is_answered_with_those_that_exist() {
        let message = mix(&[("en", 1.0), ("tlh", 1.0)]).unwrap_err().to_string();
        assert_eq!(
            message,
            "this set: there are no captions in the language `tlh`\n  there are: de, en, fr"
        );
    }

    #[test]
    fn useless_weights_are_refused() {
        let wrong: [&[(&str, f64)]; 6] = [
            &[],
            &[("en", 0.0)],
            &[("en", -1.0), ("de", 2.0)],
            &[("en", f64::NAN)],
            &[("en", f64::MAX), ("de", f64::MAX)],
            &[("en", 1.0), ("en", 1.0)],
        ];
        for wanted in wrong {
            assert!(matches!(mix(wanted), Err(Error::Data(_))), "{wanted:?}");
        }
    }
}
