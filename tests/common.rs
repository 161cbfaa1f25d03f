//! What several tests share: a scenario small enough to train in a second.

use clip_lab::scenario::{self, Scenario};

/// Two lanes, tiny towers, a few dozen concepts.
pub const TINY: &str = r#"(
    title: "tiny",
    data: Emoji(train: [Noto, Fluent], held_out: [Twemoji], limit: 48, captions: (name: 1, template: 0, keywords: 0)),
    model: (
        embed_dim: 16,
        image: ViT(image_size: 32, patch_size: 8, width: 32, head_width: 16, layers: 1),
        text: (context_length: 12, vocab_size: 400, width: 32, heads: 2, layers: 1),
    ),
    train: (steps: 12, batch_size: 16, learning_rate: 0.001, warmup: 2, eval_every: 5, grad_clip: 1.0, seed: 7),
    lanes: [
        (name: "softmax", loss: InfoNce, temperature: 0.07),
        (name: "sigmoid", loss: SigLip, temperature: 0.1, bias: -10),
    ],
)"#;

/// [`TINY`], parsed.
pub fn tiny() -> Scenario {
    scenario::parse(TINY, "tiny.ron").expect("the tiny scenario is valid")
}
