//! What several tests share: a scenario small enough to train in a second, and the records of a run.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clip_lab::data::Prepared;
use clip_lab::lab::{Lab, Options};
use clip_lab::scenario::{self, Scenario};
use clip_lab::telemetry::Snapshot;

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

/// Trains to the end without a screen, with records in the folder `out`.
pub fn headless(scenario: &Scenario, out: &Path) {
    let options = Options {
        out: Some(out.to_path_buf()),
        ..Options::default()
    };
    let prepared = Prepared::new(scenario).unwrap();
    clip_lab::lab::train(&prepared, &options, || false, &mut ()).unwrap();
}

/// The records of a lane, without what the clock says.
pub fn lines(run: &Path, lane: &str) -> Vec<String> {
    let text = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let clock = ["seconds", "pairs_per_second", "evaluation_seconds"];
    text.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("every line is whole"))
        .filter(|event| event["lane"] == lane)
        .map(|mut event| {
            let best = event["best"]
                .as_object_mut()
                .map(|best| best.remove("seconds"));
            drop(best);
            event
                .as_object_mut()
                .unwrap()
                .retain(|key, _| !clock.contains(&key.as_str()));
            event.to_string()
        })
        .collect()
}

/// Waits until a lane's snapshot satisfies `done`; fails after a minute rather than hanging.
pub fn until(lab: &Lab, lane: usize, done: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let began = Instant::now();
    loop {
        let snapshot = lab.snapshots()[lane].clone();
        if done(&snapshot) {
            return snapshot;
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "still {:?} after a minute",
            snapshot.status
        );
        std::thread::yield_now();
    }
}
