//! In which languages a set has captions, and how often. What cannot be asked of it, the rules of the scenario refuse.

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
    /// Finds the `wanted` languages among the `known` ones of a set.
    ///
    /// # Errors
    /// [`Error::Internal`] for one that there is not: the rules of the scenario know the same languages.
    pub fn new(wanted: &[(String, f64)], known: &[&str]) -> Result<Self> {
        let place = |(code, _): &(String, f64)| {
            let found = known.iter().position(|k| k == code);
            found.ok_or_else(|| Error::Internal(format!("no captions in the language `{code}`")))
        };
        Ok(Self {
            languages: wanted.iter().map(place).collect::<Result<_>>()?,
            weights: wanted.iter().map(|&(_, weight)| weight).collect(),
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(wanted: &[(&str, f64)]) -> Result<Mix> {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|&(code, w)| (code.to_string(), w))
            .collect();
        Mix::new(&wanted, &["en", "de", "fr"])
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
    fn shares_are_of_all_known_languages() {
        let shares = mix(&[("fr", 3.0), ("en", 1.0)])
            .unwrap()
            .shares(&["en", "de", "fr"]);
        let shares: Vec<(&str, f64)> = shares.iter().map(|(c, s)| (c.as_str(), *s)).collect();
        assert_eq!(shares, [("en", 0.25), ("de", 0.0), ("fr", 0.75)]);
    }

    #[test]
    fn an_unknown_language_is_no_user_s_mistake_here() {
        assert!(matches!(mix(&[("tlh", 1.0)]), Err(Error::Internal(_))));
    }
}
