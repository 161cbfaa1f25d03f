//! Flags that the lab and `run` share, and the scenario that they make.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::format::Format;
use crate::control::Control;
use crate::error::Result;
use crate::lab;
use crate::quantity::Steps;
use crate::scenario::{self, Scenario, load};
use crate::train::{DeviceChoice, device};

/// Name of the bundled scenario that is used if none is named.
pub const DEFAULT_SCENARIO: &str = "softmax-vs-sigmoid";

/// How to train, where, and what becomes of the results.
#[derive(Clone, Debug, Default, Args)]
pub struct TrainOptions {
    /// Controls that are set before the first step, or at one.
    #[arg(long, value_name = "KEY=VALUE", help = set_help())]
    pub set: Vec<String>,

    /// Number of steps; the learning rate's schedule is fitted to it. To stop a run early use --seconds [default:
    /// that of the scenario]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = steps)]
    pub steps: Option<Steps>,

    /// Random seed [default: that of the scenario]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,

    /// Stop after S seconds of training
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds)]
    pub seconds: Option<f64>,

    /// The device to compute on
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,

    /// Write a run folder: scenario, controls, metrics, a checkpoint per lane
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Replace an existing run folder
    #[arg(long, requires = "out")]
    pub force: bool,

    /// Format of the records [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// What `--device` may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// CUDA if libtorch finds a device, else the CPU
    #[default]
    Auto,
    /// The CPU
    Cpu,
    /// The first CUDA device
    Cuda,
}

impl From<Device> for DeviceChoice {
    fn from(device: Device) -> Self {
        match device {
            Device::Auto => Self::Auto,
            Device::Cpu => Self::Cpu,
            Device::Cuda => Self::Cuda,
        }
    }
}

/// What `--precision` of a model may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// 32 bits
    #[default]
    Fp32,
    /// 16 bits in matrix products
    Bf16,
    /// The faster of the two on this machine
    Auto,
}

impl From<Precision> for scenario::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Fp32 => Self::Fp32,
            Precision::Bf16 => Self::Bf16,
            Precision::Auto => Self::Auto,
        }
    }
}

impl TrainOptions {
    /// The scenarios called `names` side by side (the default one if there are none), with what
    /// the flags change.
    ///
    /// # Errors
    /// What [`load`], [`Scenario::beside`] and [`Scenario::set`] refuse.
    pub fn scenario(&self, names: &[String]) -> Result<Scenario> {
        let (first, others) = match names {
            [first, others @ ..] => (first.as_str(), others),
            [] => (DEFAULT_SCENARIO, names),
        };
        let mut scenario = load(first)?;
        for name in others {
            scenario = scenario.beside(load(name)?)?;
        }
        if let Some(steps) = self.steps {
            scenario = scenario.with_steps(steps);
        }
        if let Some(seed) = self.seed {
            scenario = scenario.with_seed(seed);
        }
        for assignment in &self.set {
            scenario.set(assignment)?;
        }
        Ok(scenario)
    }

    /// How a lab is opened with these flags.
    ///
    /// # Errors
    /// A device that is not there.
    pub fn lab(&self) -> Result<lab::Options> {
        let choice = self.device.into();
        device::resolve(choice)?;
        Ok(lab::Options {
            device: choice,
            out: self.out.clone(),
            force: self.force,
            ..lab::Options::default()
        })
    }
}

/// What `--set` does, with the names of all controls.
fn set_help() -> String {
    format!(
        "Set a control before the first step: KEY=VALUE for all lanes, LANE.KEY=VALUE for one. Append @STEP to \
         set it after that step. Keys: {}",
        Control::NAMES.join(", ")
    )
}

pub(super) fn steps(text: &str) -> Result<Steps, String> {
    let number = text
        .parse::<u64>()
        .map_err(|_| "expected a whole number".to_string())?;
    Steps::new(number).map_err(|e| e.to_string())
}

fn seconds(text: &str) -> Result<f64, String> {
    let number = text
        .parse::<f64>()
        .map_err(|_| "expected a number of seconds".to_string())?;
    if number.is_finite() && number > 0.0 {
        Ok(number)
    } else {
        Err("expected a number of seconds above 0".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_change_the_scenario() {
        let options = TrainOptions {
            set: vec!["temperature=0.05".into()],
            steps: Steps::new(7).ok(),
            seed: Some(3),
            ..TrainOptions::default()
        };
        let scenario = options.scenario(&[]).unwrap();
        assert_eq!(scenario.title, load(DEFAULT_SCENARIO).unwrap().title);
        assert_eq!((scenario.train.steps.get(), scenario.train.seed), (7, 3));
        assert!(scenario.train.warmup < 7);
        assert_eq!(scenario.script.len(), 1);
    }

    #[test]
    fn help_names_every_control() {
        let command = TrainOptions::augment_args(clap::Command::new("x"));
        let set = command
            .get_arguments()
            .find(|arg| arg.get_id() == "set")
            .unwrap();
        let help = set.get_help().unwrap().to_string();
        for name in Control::NAMES {
            assert!(help.contains(name), "{name}");
        }
    }

    #[test]
    fn time_must_go_forward() {
        assert!(seconds("0").is_err() && seconds("-1").is_err() && seconds("nan").is_err());
        assert!(steps("0").is_err() && steps("1.5").is_err());
        assert_eq!(seconds("1.5"), Ok(1.5));
    }
}
