//! Everything about a run as plain files in one new folder.
//!
//! ```text
//! scenario.ron       with everything that was changed by hand as its script
//! controls.ron       every control that took effect
//! metrics.csv        loss, tau, bias, accuracy, gradient norm by step
//! metrics.jsonl      the same, and every evaluation
//! matrix-LANE.csv    cosines of the latest batch: pictures in rows, captions in columns
//! plots.svg, .png    the curves
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::drawing::Drawing;
use super::{csv, plots};
use crate::error::{Error, Result};
use crate::scenario::{Cue, Scenario, script_ron};
use crate::telemetry::{Curve, Matrix, Snapshot};

/// Makes a new folder for this scenario at this step, below `parent`.
pub fn folder(parent: &Path, scenario: &Scenario, step: u64) -> Result<PathBuf> {
    let words = scenario
        .title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(4)
        .map(str::to_lowercase);
    let name = words.collect::<Vec<_>>().join("-");
    let names = (1..).map(|n| match n {
        1 => format!("clip-lab-{name}-step-{step}"),
        n => format!("clip-lab-{name}-step-{step}-{n}"),
    });
    for name in names {
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(Error::file("create", &path)(e)),
        }
    }
    Err(Error::Internal("there are no names left".into()))
}

/// Writes everything that is plain data, and the plots. Returns the names of the files.
pub fn write(folder: &Path, scenario: &Scenario, lanes: &[&Snapshot]) -> Result<Vec<String>> {
    let mut files = vec![
        ("scenario.ron".to_string(), scenario.to_ron()),
        ("controls.ron".to_string(), script_ron(&controls(lanes))),
        ("metrics.csv".to_string(), metrics_csv(lanes)),
        ("metrics.jsonl".to_string(), metrics_jsonl(lanes)),
    ];
    for lane in lanes {
        if let Some(matrix) = &lane.matrix {
            files.push((format!("matrix-{}.csv", lane.lane), matrix_csv(matrix)));
        }
    }
    let mut names = Vec::new();
    for (name, text) in files {
        let path = folder.join(&name);
        fs::write(&path, text).map_err(Error::file("write", &path))?;
        names.push(name);
    }
    names.extend(picture(
        folder,
        "plots",
        &plots::sheet(&scenario.title, lanes),
    )?);
    Ok(names)
}

/// Writes a picture as SVG and as PNG.
pub fn picture(folder: &Path, name: &str, drawing: &Drawing) -> Result<[String; 2]> {
    let names = [format!("{name}.svg"), format!("{name}.png")];
    let png = drawing
        .png()
        .map_err(|e| Error::Data(format!("{}: {e}", names[1])))?;
    for (name, bytes) in names.iter().zip([drawing.svg().into_bytes(), png]) {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(Error::file("write", &path))?;
    }
    Ok(names)
}

fn controls(lanes: &[&Snapshot]) -> Vec<Cue> {
    let cue = |lane: &Snapshot| -> Vec<Cue> {
        let own = lane.applied.iter().map(|applied| Cue {
            at: applied.step,
            lane: Some(lane.lane.clone()),
            set: applied.control,
        });
        own.collect()
    };
    let mut all: Vec<Cue> = lanes.iter().flat_map(|lane| cue(lane)).collect();
    all.sort_by_key(|cue| cue.at);
    all
}

/// The columns after lane and step.
const NAMES: [&str; 5] = [
    "loss",
    "temperature",
    "logit_bias",
    "accuracy_image_to_text",
    "grad_norm",
];

/// A lane's curves, step by step. A long run has one row for several steps: the first of them, and
/// the means.
fn rows(lane: &Snapshot) -> BTreeMap<u64, [Option<f64>; 5]> {
    let curves: [&Curve; 5] = [
        &lane.loss,
        &lane.temperature,
        &lane.bias,
        &lane.accuracy,
        &lane.grad_norm,
    ];
    let mut rows: BTreeMap<u64, [Option<f64>; 5]> = BTreeMap::new();
    for (i, curve) in curves.iter().enumerate() {
        for point in curve.points() {
            let row = rows.entry(point.step).or_default();
            row[i] = Some(point.value).filter(|value| value.is_finite());
        }
    }
    rows
}

fn metrics_csv(lanes: &[&Snapshot]) -> String {
    let mut out = csv::row(["lane", "step"].iter().chain(&NAMES));
    for lane in lanes {
        for (step, row) in rows(lane) {
            let cells = [lane.lane.clone(), step.to_string()].into_iter();
            out += &csv::row(cells.chain(row.map(csv::number)));
        }
    }
    out
}

fn metrics_jsonl(lanes: &[&Snapshot]) -> String {
    let mut out = String::new();
    for lane in lanes {
        for (step, row) in rows(lane) {
            let mut object = json!({ "event": "curve", "lane": lane.lane, "step": step });
            for (name, value) in NAMES.iter().zip(row) {
                object[*name] = json!(value);
            }
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{object}");
        }
        for report in lane.held_out.iter().chain(lane.trained.iter()) {
            let mut object = json!({ "event": "eval", "lane": lane.lane });
            if let (Some(object), Ok(serde_json::Value::Object(fields))) =
                (object.as_object_mut(), serde_json::to_value(report))
            {
                object.extend(fields);
            }
            let _ = writeln!(out, "{object}");
        }
    }
    out
}

fn matrix_csv(matrix: &Matrix) -> String {
    let rows = matrix.cosines.chunks(matrix.side.max(1));
    rows.map(|row| csv::row(row.iter().map(ToString::to_string)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{load, parse};
    use std::sync::Arc;

    fn lane() -> Snapshot {
        let mut lane = Snapshot::starting("softmax", 10);
        lane.step = 3;
        for (i, value) in [4.0, f64::NAN, 2.5].iter().enumerate() {
            lane.loss.push(i as u64 + 1, *value);
            lane.temperature.push(i as u64 + 1, 0.07);
        }
        lane.matrix = Some(Arc::new(Matrix {
            step: 3,
            side: 2,
            pool: 1,
            cosines: vec![1.0, 0.25, 0.5, -1.0],
        }));
        lane
    }

    #[test]
    fn everything_is_written_at_once_and_reads_back() {
        let parent = tempfile::tempdir().unwrap();
        let scenario = load("clip").unwrap();
        let path = folder(parent.path(), &scenario, 3).unwrap();
        let lane = lane();
        let names = write(&path, &scenario, &[&lane]).unwrap();
        for name in [
            "scenario.ron",
            "controls.ron",
            "metrics.csv",
            "metrics.jsonl",
            "matrix-softmax.csv",
            "plots.svg",
            "plots.png",
        ] {
            assert!(names.contains(&name.to_string()), "{name}");
            assert!(path.join(name).is_file(), "{name}");
        }
        let read = |name: &str| fs::read_to_string(path.join(name)).unwrap();
        assert_eq!(parse(&read("scenario.ron"), "x").unwrap(), scenario);
        let csv = read("metrics.csv");
        assert_eq!(csv.lines().nth(2), Some("softmax,2,,0.07,,,"));
        assert_eq!(csv.lines().nth(3), Some("softmax,3,2.5,0.07,,,"));
        assert_eq!(read("matrix-softmax.csv"), "1,0.25\n0.5,-1\n");
        for line in read("metrics.jsonl").lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
        image::open(path.join("plots.png")).unwrap();
        let second = folder(parent.path(), &scenario, 3).unwrap();
        assert_ne!(second, path, "an earlier export stays as it is");
    }
}
