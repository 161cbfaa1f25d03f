//! The texts of a job's folder: launch script, README.

use std::fmt::Write as _;

use super::flags::{Flag, line};
use super::job::Job;
use super::phrase::{count, number, size};
use crate::scenario::tower::Image;
use crate::scenario::{Precision, Schedule};

/// What has no flag.
pub(super) const TRAIN_PY: &str = include_str!("train.py");

/// The launch script.
pub(super) fn train_sh(job: &Job, flags: &[Flag]) -> String {
    let processes = job.world.processes;
    let mut lines = vec![
        format!("torchrun --standalone --nproc-per-node {processes} train.py"),
        "--device \"$DEVICE\" --dist-backend \"$BACKEND\"".into(),
        "--name \"${NAME:-$(date +%Y-%m-%d_%H-%M-%S)}\"".into(),
    ];
    lines.extend(flags.iter().map(line));
    if norm_of_a_batch(job) && processes > 1 {
        lines.push("$SYNC".into());
    }
    lines.push("\"$@\"".into());
    let sync = if norm_of_a_batch(job) && processes > 1 {
        "\n# Batch normalisation over all processes; PyTorch has none for CPUs.\n\
         SYNC=; [ \"$BACKEND\" = nccl ] && SYNC=--use-bn-sync\n"
    } else {
        ""
    };
    format!(
        "#!/bin/sh\n\
         # {}, lane {}: the same training by OpenCLIP. Needs `pip install 'open_clip_torch[training]'`.\n\
         # Flags that you add override those below: ./train.sh --precision amp_bf16\n\
         set -eu\n\
         cd \"$(dirname \"$0\")\"\n\
         CUDA='import torch; print(\"cuda\" if torch.cuda.is_available() else \"cpu\")'\n\
         DEVICE=${{DEVICE:-$(python -c \"$CUDA\")}}\n\
         case $DEVICE in cuda*) BACKEND=nccl ;; *) BACKEND=gloo ;; esac\n\
         {sync}\n\
         exec {}\n",
        one_line(&job.prepared.scenario().title),
        job.lane(),
        lines.join(" \\\n    ")
    )
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the tower normalises over the pictures that are encoded together.
fn norm_of_a_batch(job: &Job) -> bool {
    image(job).mixes_images()
}

fn image(job: &Job) -> Image {
    job.prepared.scenario().model.architecture().image
}

/// What was exported, what corresponds, what differs.
pub(super) fn readme(job: &Job, flags: &[Flag]) -> String {
    let scenario = job.prepared.scenario();
    let mut out = format!(
        "# {}: lane `{}` as an OpenCLIP job\n\n\
         Written by clip-lab {}. `./train.sh` trains it with OpenCLIP's own trainer (made for open_clip_torch \
         3.3.0, `pip install 'open_clip_torch[training]'`), in {}{}.\n\n\
         | file | holds |\n\
         |---|---|\n\
         | `train.sh` | the command; flags that you add override its own; set `DEVICE` and `NAME` if you like |\n\
         | `train.py` | `open_clip_train.main` as it is, and what has no flag: `--in-order`, `--lab-cosine`, DDP \
         on CPUs{} |\n\
         | `model/` | sizes, {} and tokenizer, as `--model local-dir:model` reads them |\n\
         | `shards/` | {} of {}x{} pixels, PNG and text ({}) |\n\n",
        one_line(&scenario.title),
        job.lane(),
        env!("CARGO_PKG_VERSION"),
        count(job.world.processes as u64, "process", "processes"),
        if job.world.processes > 1 {
            ", gradients averaged over them"
        } else {
            ""
        },
        if image(job).is_timm() {
            ", SigLIP's image tower at these sizes"
        } else {
            ""
        },
        if job.trained.is_some() {
            "the run's trained weights"
        } else {
            "the run's first weights"
        },
        count(job.pairs(), "pair", "pairs"),
        job.prepared.image_size(),
        job.prepared.image_size(),
        size(job.bytes),
    );
    let _ = writeln!(out, "## What matches\n\n| the lab | OpenCLIP |\n|---|---|");
    for (lab, theirs) in corresponds(job) {
        let _ = writeln!(out, "| {lab} | {theirs} |");
    }
    let all: Vec<String> = flags
        .iter()
        .map(|flag| format!("`{}`", line(flag)))
        .collect();
    let _ = writeln!(out, "\nAll flags: {}.\n\n## What differs\n", all.join(", "));
    for item in differs(job) {
        let _ = writeln!(out, "- {item}");
    }
    out
}

/// Without the rounding errors of exp(-ln(1/x)).
fn rounded(x: f64) -> f64 {
    format!("{x:.12e}").parse().unwrap_or(x)
}

/// Pairs of the lab and of `OpenCLIP`.
fn corresponds(job: &Job) -> Vec<(String, String)> {
    let (settings, world) = (&job.settings, job.world);
    let train = &job.prepared.scenario().train;
    let pair = |a: String, b: &str| (a, b.to_owned());
    let mut rows = vec![
        pair(
            format!("loss: {:?}", settings.loss),
            settings
                .loss
                .law()
                .open_clip()
                .map_or("", |loss| loss.about),
        ),
        pair(
            format!(
                "temperature at the start: {}",
                number(rounded(settings.temperature))
            ),
            "`logit_scale` in `model/open_clip_model.safetensors`",
        ),
    ];
    if let Some(bias) = settings.bias {
        rows.push(pair(
            format!("bias at the start: {bias}"),
            "`logit_bias` in the same file (instead of the -10 of `--siglip`)",
        ));
    }
    rows.extend([
        (
            format!("batch_size: {}", settings.batch_size),
            format!(
                "`--batch-size {}` x {} x `--accum-freq {}`",
                world.part(settings.batch_size),
                count(world.processes as u64, "process", "processes"),
                world.accumulate
            ),
        ),
        (
            format!("steps: {}", train.steps.get()),
            format!(
                "`--epochs {}` of `--train-num-samples {}`",
                job.epochs,
                job.pairs()
            ),
        ),
        pair(
            "weight decay of matrices only, AdamW, gradient clipping, warm-up, clamp of the temperature".into(),
            "the same rules",
        ),
        pair(
            "mean and standard deviation of pixels".into(),
            "`preprocess_cfg` in `model/open_clip_config.json`",
        ),
    ]);
    rows
}

/// What is not the same, said.
fn differs(job: &Job) -> Vec<String> {
    let train = &job.prepared.scenario().train;
    let world = job.world;
    let mut out = vec![format!(
        "{} OpenCLIP's own augmentation does nothing: with `scale=(1.0, 1.0)` its random crop takes the whole \
         square image, which already has the tower's size.",
        if job.settings.augment {
            "The shards hold augmented images, each as the lab would make it at its step."
        } else {
            "The images are those of the lab, without augmentation."
        }
    )];
    if job.epochs == 1 {
        out.push(
            "`--in-order` gives the batches of the lab in the same order. Without it OpenCLIP shuffles the pairs, \
             so a batch can have a concept twice."
                .into(),
        );
    } else {
        out.push(format!(
            "The lab draws new pairs at each step. This job repeats {} pairs {} times, shuffled by OpenCLIP \
             (without `--pairs` the export writes all pairs of the run).",
            job.pairs(),
            job.epochs
        ));
    }
    if train.schedule == Schedule::Cosine {
        out.push(
            "OpenCLIP's cosine schedule reaches zero one step after the last; `--lab-cosine` moves it by that \
             step.".into(),
        );
    }
    out.push(match train.precision {
        Precision::Bf16 => "`precision: bf16`: the lab computes the matrix products of the towers in bf16 and the \
                            loss in fp32; `--precision amp_bf16` uses autocast, with the logits in bf16, too."
            .into(),
        Precision::Auto => "`precision: auto` depends on the machine in the lab; here it is fp32. On GPUs \
                            `--precision amp_bf16` may be faster, and OpenCLIP allows TF32 there."
            .into(),
        Precision::Fp32 => "On GPUs OpenCLIP allows TF32 in products of matrices.".into(),
    });
    if norm_of_a_batch(job) {
        out.push(format!(
            "Batch normalisation: the lab normalises over the images that it encodes together (up to 256 on a \
             CPU), OpenCLIP over the {} of a process{}.",
            world.part(job.settings.batch_size),
            if world.processes > 1 {
                "; on GPUs the script adds `--use-bn-sync`, which normalises over all processes (PyTorch has it \
                 for GPUs only)"
            } else {
                ""
            }
        ));
    }
    if world.accumulate > 1 {
        out.push(format!(
            "`--accum-freq {0}` adds up the gradient of the temperature{1} {0} times, and all others once. AdamW \
             divides that factor out, but the clipped gradient norm includes it.",
            world.accumulate,
            if job.settings.bias.is_some() { " and of the bias" } else { "" },
        ));
    }
    let loss = job.settings.loss;
    if !loss.law().uses_bias() && job.settings.bias.is_some() {
        out.push(format!(
            "The bias has no effect in {loss}; OpenCLIP's AdamW moves it by rounding errors."
        ));
    }
    if job.trained.is_some() {
        out.push(
            "The job starts from trained weights, with new moments of AdamW, a new schedule, and the pairs from \
             step 1 on."
                .into(),
        );
    }
    if image(job).is_timm() {
        out.push(
            "The image tower is a timm model of sizes that timm does not name: `train.py` registers a name. \
             Without `train.py` OpenCLIP cannot build this model."
                .into(),
        );
    }
    out.push(format!(
        "The shards are laid out for {}: {}. Export again for another number.",
        count(world.processes as u64, "process", "processes"),
        if world.processes == 1 {
            "it reads all of them".to_owned()
        } else {
            format!(
                "process r reads shards r, r + {0}, r + 2 x {0} and so on",
                world.processes
            )
        }
    ));
    out.push(
        "The loss that OpenCLIP prints is that of the first process's part of the batch. Evaluations are not part of \
         the job; `clip-lab eval` reads a model folder."
            .into(),
    );
    out
}
