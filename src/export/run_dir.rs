//! [`RunDir`]: the folder that holds all of a run.
//!
//! ```text
//! scenario.ron     as run, complete
//! controls.ron     every control that took effect: lane, step, control
//! metrics.jsonl    every event
//! metrics.csv      every step
//! events.out...    for TensorBoard; of several lanes each its own, in tensorboard/<lane>/
//! plots.svg, .png  the curves, drawn when a lane ends
//! eval.jsonl       what `clip-lab eval` found, once it was asked
//! model/<lane>/    an OpenCLIP folder for each lane
//! ```
//!
//! A record is one write, so a killed run leaves whole ones; when the disk is full the torn end is
//! cut off again. Files that are rewritten are written beside themselves first and then renamed.

use std::fs;
use std::path::{Path, PathBuf};

use super::csv;
use super::gathered::Gathered;
use super::jsonl::json_line;
use super::models;
use super::sink::Sink;
use super::tensorboard::TensorBoard;
use super::whole::Whole;
use crate::error::{Error, Result};
use crate::files::replace;
use crate::scenario::{self, Scenario};
use crate::telemetry::Event;

/// A run folder, open for writing.
pub struct RunDir {
    path: PathBuf,
    scenario: Scenario,
    jsonl: Whole,
    csv: Whole,
    rows: csv::Rows,
    events: TensorBoard,
    gathered: Gathered,
}

impl RunDir {
    /// Makes the folder and writes the scenario. A folder that holds anything is refused unless
    /// `force`, which removes an earlier run's files from it, and nothing else.
    pub fn create(path: &Path, scenario: &Scenario, force: bool) -> Result<Self> {
        fs::create_dir_all(path).map_err(Error::file("create", path))?;
        let occupied = fs::read_dir(path)
            .map_err(Error::file("read", path))?
            .next()
            .is_some();
        if occupied && !force {
            return Err(Error::Usage(format!(
                "{} is not empty; choose another folder, or pass --force to replace the run in it",
                path.display()
            )));
        }
        if occupied {
            remove_run(path)?;
        }
        replace(&path.join("scenario.ron"), scenario.to_ron())?;
        replace(&path.join("controls.ron"), "[]\n")?;
        let mut csv = Whole::create(path.join("metrics.csv"))?;
        csv.append(csv::header().as_bytes())?;
        Ok(Self {
            jsonl: Whole::create(path.join("metrics.jsonl"))?,
            csv,
            rows: csv::Rows::default(),
            events: TensorBoard::create(path, scenario)?,
            gathered: Gathered::new(&scenario.title, scenario.train.steps.get()),
            scenario: scenario.clone(),
            path: path.to_path_buf(),
        })
    }

    fn write_controls(&self) -> Result<()> {
        let cues = self.gathered.changes();
        replace(&self.path.join("controls.ron"), scenario::script_ron(&cues))
    }

    /// What the folder describes is the run that goes on, not one that was left.
    fn follow_seed(&mut self, lane: &str) -> Result<()> {
        if let Some(seed) = self.gathered.seed(lane)
            && self.scenario.train.seed != seed
        {
            self.scenario.train.seed = seed;
            replace(&self.path.join("scenario.ron"), self.scenario.to_ron())?;
        }
        Ok(())
    }
}

impl Sink for RunDir {
    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        self.jsonl.append(json_line(lane, event)?.as_bytes())?;
        if let Some(row) = self.rows.row(lane, event) {
            self.csv.append(row.as_bytes())?;
        }
        self.events.record(lane, event)?;
        self.gathered.record(lane, event)?;
        match event {
            Event::Control(_) => self.write_controls(),
            Event::Reset(_) | Event::Rewind { .. } => {
                self.follow_seed(lane)?;
                self.write_controls()
            }
            Event::Finished(_) => self.gathered.draw(&self.path),
            Event::Started(_) | Event::Step(_) | Event::Eval(_) | Event::Branch(_) => Ok(()),
        }
    }
}

/// Removes the files that a run writes, and nothing else.
fn remove_run(path: &Path) -> Result<()> {
    for name in [
        "scenario.ron",
        "controls.ron",
        "metrics.jsonl",
        "metrics.csv",
        "eval.jsonl",
        "plots.svg",
        "plots.png",
    ] {
        let file = path.join(name);
        if file.exists() {
            fs::remove_file(&file).map_err(Error::file("remove", &file))?;
        }
    }
    TensorBoard::remove(path)?;
    models::remove(path)
}
