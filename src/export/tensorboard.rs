//! [`TensorBoard`]: a run as TensorBoard reads it.
//!
//! To TensorBoard a folder with an event file is a run. A lab with one lane has its file in the run folder
//! itself. Of several lanes each has a folder of its own, so that their curves lie over each other, and the
//! file in the run folder holds no numbers:
//!
//! ```text
//! events.out.tfevents.TIME.clip-lab                     the scenario as text; of a single lane its numbers, too
//! tensorboard/LANE/events.out.tfevents.TIME.clip-lab    the numbers of each lane of several
//! ```
//!
//! Bytes are made in `wire`, names in `tags`; here is what is said, when, and where it goes.

mod tags;
mod wire;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::sink::Sink;
use super::whole::Whole;
use crate::error::{Error, Result};
use crate::scenario::Scenario;
use crate::telemetry::Event;
use tags::{of_eval, of_step};

/// What all names of event files begin with.
const NAME: &str = "events.out.tfevents.";
/// What those of this program end with.
const OURS: &str = ".clip-lab";
/// Folder of the lanes' own folders.
const LANES: &str = "tensorboard";

/// The event files of a run folder.
pub(super) struct TensorBoard {
    folder: PathBuf,
    /// The file in the run folder, and the lane whose it is.
    own: (Whole, Option<String>),
    lanes: HashMap<String, Whole>,
}

impl TensorBoard {
    /// Begins the file in the run folder.
    pub(super) fn create(folder: &Path, scenario: &Scenario) -> Result<Self> {
        let mut file = begin(folder)?;
        let text = format!("```\n{}```\n", scenario.to_ron());
        file.append(&wire::text(now(), "scenario", &text))?;
        let only = match scenario.lanes.as_slice() {
            [lane] => Some(lane.name.clone()),
            _ => None,
        };
        Ok(Self {
            folder: folder.to_path_buf(),
            own: (file, only),
            lanes: HashMap::new(),
        })
    }

    /// Removes the event files that this program wrote into a run folder, and nothing else.
    pub(super) fn remove(folder: &Path) -> Result<()> {
        let mut folders = vec![folder.to_path_buf()];
        let lanes = folder.join(LANES);
        if lanes.is_dir() {
            folders.extend(entries(&lanes)?);
        }
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            for path in entries(folder)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name.starts_with(NAME) && name.ends_with(OURS) {
                    fs::remove_file(&path).map_err(Error::file("remove", &path))?;
                }
            }
        }
        for folder in folders.iter().skip(1).chain([&lanes]) {
            // Stays if it holds anything else.
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }

    /// The lane's file, begun if need be.
    fn file(&mut self, lane: &str) -> Result<&mut Whole> {
        if self.own.1.as_deref() == Some(lane) {
            return Ok(&mut self.own.0);
        }
        if !self.lanes.contains_key(lane) {
            let folder = self.folder.join(LANES).join(lane);
            fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
            self.lanes.insert(lane.into(), begin(&folder)?);
        }
        self.lanes
            .get_mut(lane)
            .ok_or_else(|| Error::Internal("an event file is missing".into()))
    }
}

impl Sink for TensorBoard {
    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        let record = match event {
            Event::Step(report) => wire::scalars(now(), report.step, &of_step(report)),
            Event::Eval(report) => {
                let (step, scalars) = of_eval(report);
                if scalars.is_empty() {
                    return Ok(());
                }
                wire::scalars(now(), step, &scalars)
            }
            // TensorBoard forgets what this file says of that step and of later ones.
            Event::Reset(_) => wire::restart(now(), 0),
            Event::Rewind { to, .. } => wire::restart(now(), to + 1),
            Event::Started(_) | Event::Control(_) | Event::Branch(_) | Event::Finished(_) => {
                return Ok(());
            }
        };
        self.file(lane)?.append(&record)
    }
}

/// A new event file in this folder.
fn begin(folder: &Path) -> Result<Whole> {
    let now = now();
    let path = folder.join(format!("{NAME}{:010}{OURS}", now as u64));
    let mut file = Whole::create(path)?;
    file.append(&wire::version(now))?;
    Ok(file)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths
        .collect::<std::io::Result<_>>()
        .map_err(Error::file("read", folder))
}

/// Seconds since 1970: what TensorBoard's axis of wall time shows.
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |time| time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;
    use crate::telemetry::{DataReport, Spread, StepReport};

    pub fn step(step: u64, loss: f64) -> Event {
        let spread = Spread {
            min: 0.0,
            mean: 0.0,
            max: 0.0,
        };
        Event::Step(StepReport {
            step,
            loss,
            loss_image_to_text: None,
            loss_text_to_image: None,
            logit_scale: 2.0,
            temperature: 0.135,
            logit_bias: Some(-10.0),
            learning_rate: 1e-3,
            grad_norm: 1.0,
            param_norm: 1.0,
            update_norm: 1.0,
            positive_logits: spread,
            negative_logits: None,
            accuracy_image_to_text: 0.5,
            accuracy_text_to_image: 0.5,
            batch_size: 64,
            data: DataReport::default(),
            seconds: 0.5,
        })
    }

    /// Every event file below the folder, and its records' data.
    fn read(folder: &Path) -> Vec<(String, Vec<Vec<u8>>)> {
        let mut all = Vec::new();
        for path in entries(folder).unwrap() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                let below = read(&path).into_iter();
                all.extend(below.map(|(file, records)| (format!("{name}/{file}"), records)));
            } else {
                all.push((name, wire::unframe(&fs::read(&path).unwrap())));
            }
        }
        all.sort();
        all
    }

    #[test]
    fn one_lane_writes_into_the_run_folder_and_several_into_their_own() {
        for (name, files) in [("clip", 1), ("softmax-vs-sigmoid", 3)] {
            let folder = tempfile::tempdir().unwrap();
            let scenario = load(name).unwrap();
            let mut board = TensorBoard::create(folder.path(), &scenario).unwrap();
            for lane in &scenario.lanes {
                for n in 1..=3 {
                    board.record(&lane.name, &step(n, 4.0)).unwrap();
                }
            }
            let read = read(folder.path());
            assert_eq!(read.len(), files);
            assert!(read[0].0.starts_with("events.out.tfevents."), "{read:?}");
            let records = if files == 1 { 2 + 3 } else { 2 };
            assert_eq!(read[0].1.len(), records);
            for (file, records) in &read[1..] {
                assert!(file.starts_with("tensorboard/s"), "{file}");
                assert_eq!(records.len(), 1 + 3);
            }
            fs::write(folder.path().join("events.out.tfevents.1.other"), "").unwrap();
            TensorBoard::remove(folder.path()).unwrap();
            assert_eq!(entries(folder.path()).unwrap().len(), 1, "another's stays");
        }
    }
}
