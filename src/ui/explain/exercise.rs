//! The card of an exercise: what was found so far, and the derivation of the bound with the present numbers.

use super::card::Card;
use crate::exercise::{Work, bound};
use crate::ui::app::App;

/// The card of the exercise that is done.
pub fn card(app: &App, work: &Work) -> Card {
    let exercise = work.exercise();
    let mut card = Card::new(exercise.title);
    // The bound first: it is what a learner comes for.
    let asks_for_bound = |place: usize| {
        exercise.on_paper
            && exercise
                .questions
                .get(place)
                .is_none_or(|question| question.name == "mutual information")
    };
    if asks_for_bound(work.at) {
        card = card.formula("I(X;Y) >= ln N - L");
        let given = app.given();
        let (pairs, loss) = (given.pairs.n as u64, given.pairs.loss());
        // What is asked is not told: until then the numbers are those of the lane's batch.
        let (who, pairs, loss) = match given.info_nce() {
            Some((lane, pairs, loss)) => (format!("{lane}'s latest batch"), pairs, loss),
            None if work.is_done() => ("the matrix on paper".into(), pairs, loss),
            None => return card.note("The numbers come with the lane's first batch."),
        };
        card = card.note(format!("With {who}: N = {pairs}, L = {loss:.3}."));
        for step in bound::derivation(pairs, loss) {
            card = card.note(step);
        }
        return card;
    }
    if work.answered.is_empty() {
        card = card.note(exercise.about);
    }
    for (answered, question) in work.answered.iter().zip(exercise.questions) {
        card = card.note(format!(
            "{}: {}. {}",
            question.name, answered.answer, answered.learned
        ));
    }
    card
}
