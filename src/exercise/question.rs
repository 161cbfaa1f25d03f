//! [`Exercise`]: some [`Question`]s. What is asked, how an answer is judged, and what a mistake is told.

use super::Given;

/// Numbers this near to the right one are right: two decimals are enough, or a fifth of a percent.
const NEAR: f64 = 0.006;
const NEAR_SHARE: f64 = 0.002;

/// Something to work out.
#[derive(Debug)]
pub struct Exercise {
    /// As the command line names it.
    pub name: &'static str,
    /// One line for lists.
    pub title: &'static str,
    /// What it is about, and what is given.
    pub about: &'static str,
    /// The bundled scenario in which it is done.
    pub scenario: &'static str,
    /// Whether it is done on the matrix of the panel "by hand".
    pub on_paper: bool,
    /// In their order; none of an exercise that comes with a later release.
    pub questions: &'static [Question],
}

impl Exercise {
    /// Whether it can be done.
    pub const fn is_there(&self) -> bool {
        !self.questions.is_empty()
    }
}

/// A question.
#[derive(Debug)]
pub struct Question {
    /// What it is called, in a few words.
    pub name: &'static str,
    /// What is asked, with the numbers given.
    pub ask: fn(&Given) -> String,
    /// What is right.
    pub answer: Answer,
    /// What helps.
    pub hint: fn(&Given) -> String,
    /// What the right answer means.
    pub learned: fn(&Given) -> String,
    /// Which pieces of the working on paper may be seen once it is answered: places in it.
    pub reveals: &'static [usize],
}

/// What is right.
#[derive(Debug)]
pub enum Answer {
    /// A number.
    Number {
        /// The number; none while something is missing.
        right: fn(&Given) -> Option<f64>,
        /// How far off is still right; none: two decimals.
        within: Option<f64>,
        /// Mistakes that are known by their number.
        slips: &'static [Slip],
    },
    /// One of some words.
    Choice {
        /// The words.
        words: &'static [&'static str],
        /// The place of the right one, none while something is missing. Absent: a prediction, and any is right.
        right: Option<fn(&Given) -> Option<usize>>,
    },
    /// Something done in the lab; what is seen of it, once it is done.
    Deed(fn(&Given) -> Option<String>),
}

/// A mistake that gives itself away by the number it leads to.
#[derive(Debug)]
pub struct Slip {
    /// The number.
    pub number: fn(&Given) -> f64,
    /// What went wrong.
    pub says: &'static str,
}

/// What an answer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Right, and what it means.
    Right(String),
    /// Taken down, or done in the lab: neither right nor wrong.
    Done(String),
    /// Wrong, and why if that can be told.
    Wrong(String),
    /// Not an answer to this question, or not to be judged yet.
    Unclear(String),
    /// Something that helps.
    Hint(String),
}

impl Question {
    /// The place of the chosen word, if it is one of the question's.
    pub fn choice(&self, typed: &str) -> Option<usize> {
        let Answer::Choice { words, .. } = &self.answer else {
            return None;
        };
        let typed = typed.trim().to_lowercase();
        let begins = |word: &&str| !typed.is_empty() && word.starts_with(typed.as_str());
        words
            .iter()
            .position(|word| *word == typed)
            .or_else(|| words.iter().position(begins))
    }

    /// Judges what was typed.
    pub fn judge(&self, typed: &str, given: &Given) -> Verdict {
        match &self.answer {
            Answer::Number {
                right,
                within,
                slips,
            } => self.judge_number(typed, given, right(given), *within, slips),
            Answer::Choice { words, right } => {
                let Some(choice) = self.choice(typed) else {
                    return Verdict::Unclear(format!("type one of: {}", words.join(", ")));
                };
                match right.map(|right| right(given)) {
                    None => Verdict::Done((self.learned)(given)),
                    Some(None) => Verdict::Unclear((self.hint)(given)),
                    Some(Some(right)) if right == choice => Verdict::Right((self.learned)(given)),
                    Some(Some(_)) => Verdict::Wrong(format!("No. {}", (self.hint)(given))),
                }
            }
            Answer::Deed(_) => {
                Verdict::Unclear("This is done with the dials: nothing is typed.".into())
            }
        }
    }

    fn judge_number(
        &self,
        typed: &str,
        given: &Given,
        right: Option<f64>,
        within: Option<f64>,
        slips: &[Slip],
    ) -> Verdict {
        let Some(number) = number(typed) else {
            return Verdict::Unclear(format!(
                "type a number such as 0.35, got `{}`; ? gives a hint",
                typed.trim()
            ));
        };
        let Some(right) = right else {
            return Verdict::Unclear((self.hint)(given));
        };
        if near(number, right, within) {
            return Verdict::Right((self.learned)(given));
        }
        let slip = slips
            .iter()
            .find(|slip| near(number, (slip.number)(given), within));
        Verdict::Wrong(match slip {
            Some(slip) => slip.says.into(),
            None if number < right => format!("{} is too small.", typed.trim()),
            None => format!("{} is too large.", typed.trim()),
        })
    }

    /// The right answer, as it is shown to who gives up.
    pub fn shown(&self, given: &Given) -> Option<String> {
        match &self.answer {
            Answer::Number { right, .. } => right(given).map(decimals),
            Answer::Choice { words, right } => {
                let right = right.as_ref()?;
                right(given).map(|place| words[place].into())
            }
            Answer::Deed(_) => None,
        }
    }
}

/// A number as it is typed: a comma may stand for the point, a true minus sign for the hyphen, and a percent sign is
/// passed over.
fn number(typed: &str) -> Option<f64> {
    let text = typed.trim().trim_end_matches('%').trim_end();
    let text = text.replace('\u{2212}', "-").replace(',', ".");
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Whether a typed number stands for that one.
pub fn near(number: f64, right: f64, within: Option<f64>) -> bool {
    let room = within.unwrap_or_else(|| NEAR.max(NEAR_SHARE * right.abs()));
    (number - right).abs() <= room
}

/// A number with the decimals that count as right: three, without zeros at their end.
pub fn decimals(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (typed, expected) in [
            ("0.35", Some(0.35)),
            (" 0,35 ", Some(0.35)),
            ("\u{2212}4.14", Some(-4.14)),
            ("7.1 %", Some(7.1)),
            ("1e-3", Some(1e-3)),
            ("", None),
            ("ln 4", None),
            ("nan", None),
            ("inf", None),
        ] {
            assert_eq!(number(typed), expected, "{typed}");
        }
    }

    #[test]
    fn two_decimals_are_near_enough_and_one_is_not() {
        assert!(near(0.35, 0.3511, None) && !near(0.4, 0.3511, None));
        assert!(near(44.36, 44.3614, None) && !near(44.0, 44.3614, None));
        assert!(near(7.2, 7.1, Some(0.2)) && !near(7.4, 7.1, Some(0.2)));
    }

    #[test]
    fn numbers_are_shown_without_idle_zeros() {
        assert_eq!(
            [decimals(63.0), decimals(0.8872), decimals(-4.1431)],
            ["63", "0.887", "-4.143"]
        );
    }
}
