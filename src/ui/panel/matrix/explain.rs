//! The matrix: why the cosine of a match may be small, and what each loss makes of it.

use crate::ui::app::App;
use crate::ui::explain::{Card, Paper, Seen, Source, number};

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("the matrix")
        .formula("cell (i, j) = cos(image i, caption j);  logit = scale x cos + b;  matches on the diagonal")
        .lanes(app, apart)
        .claim(
            "Why can a match have a cosine of only 0.25? Images and captions start in two narrow cones, and the gap \
             between the cones stays through training.",
            &[Source::Paper(Paper::Gap, "sections 2 and 3")],
        )
        .note(
            "The softmax sees differences between cosines only: add 0.5 to all of them, and its loss stays the same. \
             The sigmoid compares each cosine with -b / scale.",
        )
        .note(
            "A bright row or column is an image or caption that is near everything. A bright cell off the diagonal is \
             a hard negative, or a false negative: move the cursor there and look at both.",
        )
        .note(
            "Where a cell shows the mean of several pairs, matches and mismatches mix and the diagonal fades. Look \
             closer to see single pairs.",
        )
}

fn apart(seen: &Seen) -> String {
    let Some((own, rest)) = seen.cosines() else {
        return "no batch yet".into();
    };
    let scale = seen.scale();
    let margin = scale * (own - rest);
    let head = format!(
        "matches {}, mismatches {} on average: {} x {} = {} logits apart",
        number(own),
        number(rest),
        number(own - rest),
        number(scale),
        number(margin)
    );
    let own = scale * own + seen.settings.bias.unwrap_or(0.0);
    let words = seen.settings.loss.law().words();
    head + &words.margin(seen.settings.batch_size, margin, own)
}
