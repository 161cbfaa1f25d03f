//! What `OpenCLIP`'s trainer cannot express, each said by its name. Plain data in, sentences out.

use super::job::World;
use super::phrase::count;
use crate::control::{Control, Settings, short};
use crate::scenario::{LaneSpec, Negatives, Scenario};

/// `OpenCLIP` holds `exp(logit_scale)` within 1 and this, whatever is asked.
const MOST_SCALE: f64 = 100.0;

/// What all lanes have in common.
pub(super) fn of_scenario(scenario: &Scenario) -> Vec<String> {
    let stop = &scenario.train.stop;
    let mut refused = Vec::new();
    if let Some(least) = stop.loss_below {
        refused.push(format!(
            "train.stop.loss_below: {}: OpenCLIP trains to its last step",
            least.get()
        ));
    }
    if let Some(plateau) = &stop.plateau {
        refused.push(format!(
            "train.stop.plateau of {} steps: OpenCLIP trains to its last step",
            plateau.steps.get()
        ));
    }
    refused
}

/// What a lane has of its own, with the settings of its first step.
pub(super) fn of_lane(
    cues: &[(u64, Control)],
    spec: &LaneSpec,
    settings: &Settings,
    world: World,
) -> Vec<String> {
    let later = cues.iter().filter(|(at, _)| *at > 0);
    let mut refused: Vec<String> = later
        .map(|(at, control)| {
            let (name, value) = (control.name(), short(control.value()));
            format!(
                "{name} becomes {value} after {at} steps: OpenCLIP cannot change it during training"
            )
        })
        .collect();
    let (loss, law) = (settings.loss, settings.loss.law());
    if let Err(why) = law.open_clip() {
        refused.push(format!("loss: {loss:?}: {why}"));
    }
    let biased = law.uses_bias();
    let mut refuse = |when: bool, why: String| {
        if when {
            refused.push(why);
        }
    };
    refuse(
        !settings.learn_temperature,
        "learn_temperature: false: OpenCLIP always learns the temperature".into(),
    );
    refuse(
        settings.max_logit_scale != MOST_SCALE,
        format!(
            "max_logit_scale: {}: OpenCLIP always clamps at {MOST_SCALE}",
            settings.max_logit_scale
        ),
    );
    refuse(
        settings.temperature > 1.0 + 1e-9,
        format!(
            "temperature: {}: OpenCLIP clamps it to 1 after the first step",
            settings.temperature
        ),
    );
    refuse(
        biased && settings.bias.is_none(),
        format!("{loss:?} without a bias: OpenCLIP's --siglip always has one"),
    );
    refuse(
        biased && settings.bias.is_some() && !settings.learn_bias,
        "learn_bias: false: OpenCLIP always learns the bias".into(),
    );
    refuse(
        law.can_choose_negatives() && !spec.negatives.is_all(),
        format!(
            "negatives: {}: OpenCLIP's loss counts every negative",
            chosen(spec.negatives)
        ),
    );
    let (batch, parts) = (
        settings.batch_size,
        (world.processes * world.accumulate) as u64,
    );
    refuse(
        !batch.is_multiple_of(parts),
        format!(
            "batch_size: {batch} must be a multiple of {} (--nproc) times {} (--accum-freq)",
            count(world.processes as u64, "process", "processes"),
            count(world.accumulate as u64, "part", "parts")
        ),
    );
    refused
}

/// As a scenario says it.
fn chosen(negatives: Negatives) -> String {
    match negatives {
        Negatives::All => "All".into(),
        Negatives::Hardest(share) => format!("Hardest({})", share.get()),
        Negatives::Random(share) => format!("Random({})", share.get()),
        Negatives::Easiest(share) => format!("Easiest({})", share.get()),
    }
}
