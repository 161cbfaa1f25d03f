//! [`evaluate`]: what saved models are good for.

use std::path::{Path, PathBuf};

use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::eval::{Evaluation, Tasks};
use crate::export::{model_folder, saved_models};
use crate::files::replace;
use crate::loss::Head;
use crate::model::checkpoint::{self, Checkpoint};
use crate::quantity::Loss;
use crate::scenario::{self, Scenario};
use crate::telemetry::Report;
use crate::train::{DeviceChoice, device};

/// A model that was saved, and what it is to be evaluated on.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The lane, or the folder's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Data, and how the model was trained.
    pub scenario: Scenario,
    /// The loss of its logits.
    pub loss: Option<Loss>,
    /// Steps that it was trained for; 0 if nothing says.
    pub step: u64,
}

/// The models of a run folder, or the one of a model folder. `data` is a scenario whose data is used instead of that
/// of the run.
///
/// # Errors
/// [`Error::Usage`] if the folder is neither, or nothing says what data to use.
pub fn saved(folder: &Path, data: Option<&str>) -> Result<Vec<Saved>> {
    let alone = checkpoint::is_model(folder);
    // A model lies in RUN/model/LANE.
    let run = match (alone, folder.ancestors().nth(2)) {
        (false, _) => Some(folder.to_path_buf()),
        (true, Some(run)) if run.join("scenario.ron").is_file() => Some(run.to_path_buf()),
        (true, _) => None,
    };
    let own = match &run {
        Some(run) if run.join("scenario.ron").is_file() => {
            Some(scenario::load(run.join("scenario.ron"))?)
        }
        Some(run) => {
            return Err(Error::Usage(format!(
                "{} has neither a run (scenario.ron) nor a model ({})\n  name a run folder, or a model folder",
                run.display(),
                checkpoint::CONFIG
            )));
        }
        None => None,
    };
    let other = data.map(scenario::load).transpose()?;
    let Some(scenario) = other.or_else(|| own.clone()) else {
        return Err(Error::Usage(format!(
            "{} is a model folder without data to evaluate on\n  \
             name a scenario with data, for example --data softmax-vs-sigmoid",
            folder.display()
        )));
    };
    let model = |name: String, folder: PathBuf| Saved {
        loss: own
            .as_ref()
            .and_then(|s| s.lane(&name))
            .map(|lane| lane.loss),
        step: run.as_ref().map_or(0, |run| last_step(run, &name)),
        scenario: scenario.clone(),
        name,
        folder,
    };
    if alone {
        let name = folder
            .file_name()
            .map_or("model".into(), |n| n.to_string_lossy().into_owned());
        return Ok(vec![model(name, folder.to_path_buf())]);
    }
    let mut names = saved_models(folder)?;
    let place = |name: &String| {
        let lanes = own.iter().flat_map(|s| &s.lanes);
        lanes
            .map(|lane| &lane.name)
            .position(|lane| lane == name)
            .unwrap_or(usize::MAX)
    };
    names.sort_by_key(|name| (place(name), name.clone()));
    if names.is_empty() {
        return Err(Error::Usage(format!(
            "{} has no model yet: a run saves its models at the end",
            folder.display()
        )));
    }
    let models = names.into_iter().map(|name| {
        let folder = model_folder(folder, &name);
        model(name, folder)
    });
    Ok(models.collect())
}

/// Evaluates a model. `heard` gets every report as it comes, `progress` the share done.
pub fn evaluate(
    saved: &Saved,
    tasks: &Tasks,
    choice: DeviceChoice,
    mut heard: impl FnMut(&Report) -> Result<()>,
    progress: impl Fn(f64),
) -> Result<()> {
    let device = device::resolve(choice)?;
    device::use_threads(device::threads_per_lane(1));
    let Checkpoint {
        clip,
        tokenizer,
        preprocess,
        ..
    } = checkpoint::open(&saved.folder, device)?;
    let mut scenario = saved.scenario.clone();
    // The data is the scenario's, and its size and words are what the model knows.
    scenario.model = clip.architecture().model();
    let prepared = Prepared::with_tokenizer(&scenario, tokenizer, preprocess)?;
    let bias = clip.logit_bias().map(|bias| bias.double_value(&[]));
    let dials = Head {
        loss: saved.loss.unwrap_or(Loss::likely(bias.is_some())),
        logit_scale: clip.logit_scale().double_value(&[]),
        logit_bias: bias,
    };
    let mut evaluation = Evaluation::begin(&prepared, clip, dials, saved.step, device, tasks);
    while !evaluation.done() {
        for report in evaluation.advance()? {
            heard(&report)?;
        }
        progress(evaluation.progress());
    }
    Ok(())
}

/// Keeps reports, as JSON lines, in the folder of their run: in the place of older ones of the same lanes and tasks.
///
/// # Errors
/// A file that cannot be written.
pub fn keep(run: &Path, new: &str) -> Result<()> {
    #[derive(PartialEq, serde::Deserialize)]
    struct Of {
        lane: String,
        task: String,
    }
    let of = |line: &str| serde_json::from_str::<Of>(line).ok();
    let made: Vec<Of> = new.lines().filter_map(of).collect();
    let path = run.join("eval.jsonl");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let stays = |line: &&str| of(line).is_some_and(|of| !made.contains(&of));
    let mut text: String = old
        .lines()
        .filter(stays)
        .fold(String::new(), |text, line| text + line + "\n");
    text.push_str(new);
    replace(&path, &text)
}

/// The last step that a run's records have of a lane.
fn last_step(run: &Path, lane: &str) -> u64 {
    #[derive(serde::Deserialize)]
    struct Line {
        event: String,
        lane: String,
        #[serde(default)]
        step: u64,
    }
    let text = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap_or_default();
    let lines = text
        .lines()
        .rev()
        .filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let mut steps = lines.filter(|line| line.event == "step" && line.lane == lane);
    steps.next().map_or(0, |line| line.step)
}
