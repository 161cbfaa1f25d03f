//! The matrix: why a match need not have a large cosine, and what becomes of it in each loss.

use crate::ui::app::App;
use crate::ui::explain::{Card, Seen, number};

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("the matrix")
        .formula("cell (i, j) = cos(picture i, caption j);  logit = scale x cos + b;  pairs on the diagonal")
        .lanes(app, apart)
        .note(
            "Why only 0.25 for a match? Pictures and captions keep to two cones of the sphere, and the gap \
             between them stays from the start: losses see differences to the rivals, never the cosine \
             itself.",
        )
        .note(
            "A bright row or column is a picture or caption that is near everything. A bright cell off the \
             diagonal is a hard negative, or a false one: look at both with the cursor.",
        )
        .note(
            "Over 64 pairs cells are pooled: each shows a mean, and the diagonal fades with the pooling.",
        )
}

fn apart(seen: &Seen) -> String {
    let Some((own, rest)) = seen.cosines() else {
        return match &seen.lane.matrix {
            Some(matrix) if matrix.pool > 1 => format!(
                "pooled {} x {}: the means of pairs and of the rest do not show",
                matrix.pool, matrix.pool
            ),
            _ => "no batch yet".into(),
        };
    };
    let scale = seen.scale();
    let margin = scale * (own - rest);
    let head = format!(
        "pairs {}, the rest {}: {} x {} = {} logits apart",
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
