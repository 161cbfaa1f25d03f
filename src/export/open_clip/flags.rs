//! The flags of `open_clip_train.main` that mean a lane, and those of `train.py`.

use super::job::Job;
use super::phrase::number;
use crate::optim::Hyperparameters;
use crate::quantity::Locked;
use crate::scenario::{Precision, Schedule};

/// A flag and its value, if it has one.
pub(super) type Flag = (&'static str, Option<String>);

/// The flags of a job, in the order of the script. Where the work is done (`--device`, `--dist-backend`) is up to
/// the machine that it is done on.
pub(super) fn flags(job: &Job) -> Vec<Flag> {
    let train = &job.spec.train(&job.prepared.scenario().train);
    let settings = &job.settings;
    let by = Hyperparameters::peak(train, settings);
    let mut flags: Vec<Flag> = Vec::new();
    let mut set = |name, value: String| flags.push((name, Some(value)));
    set("--model", "local-dir:model".into());
    set("--dataset-type", "webdataset".into());
    set("--train-data", job.layout.urls("shards"));
    set("--train-num-samples", job.pairs().to_string());
    set("--epochs", job.epochs.to_string());
    set(
        "--batch-size",
        job.world.part(settings.batch_size).to_string(),
    );
    set("--accum-freq", job.world.accumulate.to_string());
    // One worker reads the shards of its process in their order.
    set("--workers", "1".into());
    // All of the picture: the shards have what the lab has made of it.
    set("--aug-cfg", "scale=(1.0, 1.0)".into());
    set("--lr", number(by.learning_rate));
    set("--beta1", number(by.betas.0));
    set("--beta2", number(by.betas.1));
    set("--eps", number(by.epsilon));
    set("--wd", number(by.weight_decay));
    set("--warmup", train.warmup.to_string());
    set(
        "--lr-scheduler",
        match train.schedule {
            Schedule::Cosine => "cosine".into(),
            Schedule::Constant => "const".into(),
        },
    );
    if let Some(clip) = train.grad_clip {
        set("--grad-clip-norm", number(clip.get()));
    }
    set(
        "--precision",
        match train.precision {
            Precision::Bf16 => "amp_bf16".into(),
            Precision::Fp32 | Precision::Auto => "fp32".into(),
        },
    );
    // NumPy takes no more bits; nothing of it is left to chance here but the order of several epochs.
    set("--seed", (train.seed % (1 << 31)).to_string());
    set("--log-every-n-steps", "1".into());
    let mut switch = |name| flags.push((name, None));
    // A loss without them was refused.
    if let Ok(loss) = settings.loss.law().open_clip() {
        loss.flags.iter().copied().for_each(&mut switch);
    }
    match settings.locked {
        Locked::Nothing => {}
        Locked::Image => {
            switch("--lock-image");
            // Statistics are held with it.
            switch("--lock-image-freeze-bn-stats");
        }
        Locked::Text => switch("--lock-text"),
    }
    if job.epochs == 1 {
        switch("--in-order");
    }
    if train.schedule == Schedule::Cosine {
        switch("--lab-cosine");
    }
    flags
}

/// A flag as the shell reads it.
pub(super) fn line((name, value): &Flag) -> String {
    match value {
        None => (*name).into(),
        Some(value) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
            if value.chars().all(plain) {
                format!("{name} {value}")
            } else {
                format!("{name} '{value}'")
            }
        }
    }
}
