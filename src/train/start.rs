//! Where a training starts: at random weights, or at a checkpoint's.

use std::path::Path;
use std::sync::Arc;

use tch::Device;

use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::model::{Clip, checkpoint};
use crate::quantity::{Bias, Temperature, temperature};
use crate::random::weights_generator;
use crate::scenario::Scenario;

/// Opens a scenario's data, with the tokenizer and the pictures of its checkpoint if it starts at one.
///
/// # Errors
/// Data or a checkpoint that cannot be read; a checkpoint whose sizes are not the scenario's.
pub fn prepare(scenario: &Scenario) -> Result<Arc<Prepared>> {
    let Some(dir) = &scenario.checkpoint else {
        return Prepared::new(scenario);
    };
    let checkpoint::Look {
        architecture,
        tokenizer,
        preprocess,
        ..
    } = checkpoint::look(dir)?;
    let kept = if architecture.image.sees_any_size() {
        Err("OpenCLIP has no tower for images of any size".to_owned())
    } else {
        preprocess.to_open_clip().map(drop)
    };
    kept.map_err(|why| {
        Error::Data(format!(
            "{} works for inference but cannot be trained: trained models are saved in OpenCLIP's format: {why}",
            dir.display()
        ))
    })?;
    let model = architecture.model();
    if model != scenario.model {
        return Err(Error::Data(format!(
            "the scenario's model does not match its checkpoint {}, which is\n\n    \
             model: {},\n\n  \
             `clip-lab scenarios NAME --from {}` writes a scenario with it",
            dir.display(),
            model.to_ron(),
            dir.display()
        )));
    }
    Prepared::with_tokenizer(scenario, tokenizer, preprocess)
}

/// The scenario, starting at this checkpoint: with its sizes, its temperature, and its bias, where the loss uses one.
///
/// # Errors
/// A checkpoint that cannot be read.
pub fn adopt(mut scenario: Scenario, dir: &Path) -> Result<Scenario> {
    let clip = checkpoint::load(dir, Device::Cpu)?;
    scenario.model = clip.architecture().model();
    scenario.checkpoint = Some(dir.to_path_buf());
    let temperature = temperature(clip.logit_scale().double_value(&[]));
    // A scale below one would be clamped at the first step.
    let temperature = Temperature::new(temperature.clamp(Temperature::MIN, 1.0));
    let bias = clip
        .logit_bias()
        .map(|bias| Bias::new(bias.double_value(&[]).clamp(Bias::MIN, Bias::MAX)));
    let say = |e: crate::quantity::OutOfRange| Error::Data(format!("{}: {e}", dir.display()));
    for lane in &mut scenario.lanes {
        lane.temperature = temperature.clone().map_err(say)?;
        if let (true, Some(bias)) = (lane.loss.law().uses_bias(), &bias) {
            lane.bias = Some(bias.clone().map_err(say)?);
        }
    }
    // Its claims are about a model that knows nothing yet.
    scenario.expect.clear();
    scenario.lesson = None;
    scenario.watch = format!("starts at {}", dir.display());
    Ok(scenario)
}

/// The model of a lane, before its first step.
pub(super) fn model(prepared: &Prepared, seed: u64, device: Device) -> Result<Clip> {
    let scenario = prepared.scenario();
    if let Some(dir) = &scenario.checkpoint {
        return checkpoint::load(dir, device);
    }
    let vocab_size = prepared.tokenizer().vocab_size();
    let mut rng = weights_generator(seed);
    Clip::new(&scenario.model, vocab_size, &mut rng, device)
}
