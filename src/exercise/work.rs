//! [`Work`]: how far a learner has come with an exercise; and [`Progress`], with all of them.

use super::{Answer, EXERCISES, Exercise, Given, Question, Verdict};

/// How far a learner has come with an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Which exercise.
    pub exercise: usize,
    /// The question at hand; the number of questions once all are answered.
    pub at: usize,
    /// What was learned from each answered question, and whether the learner found the answer.
    pub answered: Vec<Answered>,
    /// Hints given for the question at hand.
    hints: usize,
    /// The prediction, as a place among its choices.
    predicted: Option<usize>,
}

/// A question that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub answer: String,
    /// What it means.
    pub learned: String,
    /// Whether the learner found it; else it was shown.
    pub found: bool,
}

impl Work {
    /// At the first question.
    pub fn new(exercise: usize) -> Self {
        Self {
            exercise: exercise.min(EXERCISES.len() - 1),
            at: 0,
            answered: Vec::new(),
            hints: 0,
            predicted: None,
        }
    }

    /// The exercise.
    pub fn exercise(&self) -> &'static Exercise {
        &EXERCISES[self.exercise]
    }

    /// The question at hand, until all are answered.
    pub fn question(&self) -> Option<&'static Question> {
        self.exercise().questions.get(self.at)
    }

    /// Whether all questions are answered.
    pub fn is_done(&self) -> bool {
        self.question().is_none()
    }

    /// Takes an answer. `?` asks for a hint, and after it for the answer.
    pub fn answer(&mut self, typed: &str, given: &Given) -> Verdict {
        let Some(question) = self.question() else {
            return Verdict::Unclear("all questions of this exercise are answered".into());
        };
        let given = &self.with_prediction(given);
        if typed.trim() == "?" {
            return self.help(question, given);
        }
        let verdict = question.judge(typed, given);
        if let Verdict::Right(learned) | Verdict::Done(learned) = &verdict {
            if matches!(verdict, Verdict::Done(_)) {
                self.predicted = question.choice(typed);
            }
            self.pass(typed.trim().into(), learned.clone(), true);
        }
        verdict
    }

    /// A hint; then the answer.
    fn help(&mut self, question: &Question, given: &Given) -> Verdict {
        self.hints += 1;
        match question.shown(given) {
            Some(answer) if self.hints > 1 => {
                let learned = (question.learned)(given);
                self.pass(answer.clone(), learned.clone(), false);
                Verdict::Hint(format!("The answer is {answer}. {learned}"))
            }
            Some(_) => Verdict::Hint(format!(
                "{} (? again shows the answer)",
                (question.hint)(given)
            )),
            None => Verdict::Hint((question.hint)(given)),
        }
    }

    /// Looks whether what the question asks for was done in the lab.
    pub fn observe(&mut self, given: &Given) -> Option<Verdict> {
        let question = self.question()?;
        let Answer::Deed(done) = &question.answer else {
            return None;
        };
        let given = &self.with_prediction(given);
        let seen = done(given)?;
        let learned = (question.learned)(given);
        let learned = if learned == seen {
            learned
        } else {
            format!("{seen} {learned}")
        };
        self.pass("done".into(), learned.clone(), true);
        Some(Verdict::Done(learned))
    }

    fn with_prediction(&self, given: &Given) -> Given {
        Given {
            predicted: self.predicted,
            ..given.clone()
        }
    }

    fn pass(&mut self, answer: String, learned: String, found: bool) {
        self.answered.push(Answered {
            answer,
            learned,
            found,
        });
        self.at += 1;
        self.hints = 0;
    }

    /// Whether a piece of the working on paper may be seen: its place in it.
    pub fn reveals(&self, piece: usize) -> bool {
        let answered = &self.exercise().questions[..self.at.min(self.exercise().questions.len())];
        answered.iter().any(|q| q.reveals.contains(&piece))
    }

    /// Questions that the learner answered without being shown the answer.
    pub fn found(&self) -> usize {
        self.answered.iter().filter(|answer| answer.found).count()
    }
}

/// Work on all exercises: one that was left is as it was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress(Vec<Work>);

impl Default for Progress {
    fn default() -> Self {
        Self((0..EXERCISES.len()).map(Work::new).collect())
    }
}

impl Progress {
    /// The work on an exercise.
    pub fn of(&self, exercise: usize) -> &Work {
        &self.0[exercise.min(self.0.len() - 1)]
    }

    /// The same, to go on with.
    pub fn of_mut(&mut self, exercise: usize) -> &mut Work {
        let last = self.0.len() - 1;
        &mut self.0[exercise.min(last)]
    }

    /// Begins an exercise anew.
    pub fn restart(&mut self, exercise: usize) {
        *self.of_mut(exercise) = Work::new(exercise);
    }
}
