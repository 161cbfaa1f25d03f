//! Changes to a scenario before it runs: what flags on the command line ask for.

use super::suggest::did_you_mean;
use super::{Cue, LaneSpec, MOST_LANES, Scenario};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::quantity::Steps;

impl Scenario {
    /// Applies `KEY=VALUE`, or `LANE.KEY=VALUE` for one lane: a control before the first step, or
    /// after `STEP` steps if `@STEP` follows.
    ///
    /// # Errors
    /// [`Error::Usage`] that says what was expected.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        let usage = |text: String| Error::Usage(format!("--set {assignment}: {text}"));
        let (said, at) = moment(assignment).map_err(usage)?;
        let Some((target, value)) = said.split_once('=') else {
            let example = "--set temperature=0.05 or --set LANE.temperature=0.05";
            return Err(usage(format!(
                "expected KEY=VALUE\n  for example {example}"
            )));
        };
        // Lane names may hold dots, controls do not.
        let (lane, name) = match target.trim().rsplit_once('.') {
            Some((lane, name)) => (Some(lane), name),
            None => (None, target.trim()),
        };
        if let Some(lane) = lane
            && self.lane(lane).is_none()
        {
            let names: Vec<&str> = self.lanes.iter().map(|lane| lane.name.as_str()).collect();
            let hint = line(did_you_mean(lane, names.iter().copied()));
            return Err(usage(format!(
                "no lane called `{lane}`{hint}\n  lanes: {}",
                names.join(", ")
            )));
        }
        if !Control::NAMES.contains(&name) {
            let hint = match name {
                "steps" | "seed" => format!("\n  use `--{name} {value}`"),
                _ => line(did_you_mean(name, Control::NAMES)),
            };
            let known = Control::NAMES.join(", ");
            return Err(usage(format!(
                "no control called `{name}`{hint}\n  controls: {known}"
            )));
        }
        let control = Control::parse(name, value).map_err(usage)?;
        for meant in &self.lanes {
            if lane.is_none_or(|name| name == meant.name) {
                control
                    .fits_clamp(meant.max_logit_scale.get())
                    .map_err(usage)?;
            }
        }
        let steps = self.train.steps.get();
        if at > steps && !self.train.then.is_continue() {
            return Err(usage(format!("the lanes pause at step {steps}")));
        }
        // Last among the cues of its step, so that it wins over the script's own.
        self.script.push(Cue {
            at,
            lane: lane.map(Into::into),
            set: control,
        });
        Ok(())
    }

    /// The scenario with so many steps. A warm-up that no longer fits is shortened; cues, claims and moments of the
    /// lesson that would come later are left out.
    #[must_use]
    pub fn with_steps(mut self, steps: Steps) -> Self {
        self.train.steps = steps;
        self.train.warmup = self.train.warmup.min(steps.get() - 1);
        self.script.retain(|cue| cue.at <= steps.get());
        self.expect.retain(|expect| expect.horizon() <= steps.get());
        if let Some(lesson) = &mut self.lesson {
            lesson.moments.retain(|moment| moment.at <= steps.get());
        }
        self
    }

    /// The scenario with another seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.train.seed = seed;
        self
    }

    /// The scenario with the other one's lanes beside its own. Names that both have get a number.
    ///
    /// # Errors
    /// [`Error::Usage`] if the two differ in what lanes share, or there would be too many lanes.
    pub fn beside(mut self, mut other: Self) -> Result<Self> {
        let differs = [
            ("data", self.data != other.data),
            ("model", self.model != other.model),
            ("checkpoint", self.checkpoint != other.checkpoint),
            ("train", self.train != other.train),
        ];
        let differs: Vec<_> = differs
            .iter()
            .filter(|(_, differs)| *differs)
            .map(|(name, _)| *name)
            .collect();
        if !differs.is_empty() {
            return Err(Error::Usage(format!(
                "cannot run \"{}\" and \"{}\" side by side: they differ in {}\n  \
                 lanes share these; make them equal in both files, or run one after the other",
                self.title,
                other.title,
                differs.join(" and ")
            )));
        }
        if self.lanes.len() + other.lanes.len() > MOST_LANES {
            let number = self.lanes.len() + other.lanes.len();
            return Err(Error::Usage(format!(
                "expected at most {MOST_LANES} lanes, got {number}"
            )));
        }
        self.own_cues();
        other.own_cues();
        // What each claims and teaches is about its own lanes alone.
        self.expect.clear();
        self.lesson = None;
        for lane in &mut other.lanes {
            let name = unused(&lane.name, &self.lanes);
            for cue in other
                .script
                .iter_mut()
                .filter(|cue| cue.lane.as_ref() == Some(&lane.name))
            {
                cue.lane = Some(name.clone());
            }
            lane.name.clone_from(&name);
            self.lanes.push(lane.clone());
        }
        self.script.append(&mut other.script);
        self.title = format!("{} + {}", self.title, other.title);
        self.watch = [self.watch, other.watch]
            .iter()
            .filter(|w| !w.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(" ");
        Ok(self)
    }

    /// Cues for all lanes become one for each, so that lanes that join later are not meant.
    fn own_cues(&mut self) {
        let names: Vec<String> = self.lanes.iter().map(|lane| lane.name.clone()).collect();
        let each = self.script.drain(..).flat_map(|cue| match cue.lane {
            Some(_) => vec![cue],
            None => names
                .iter()
                .map(|name| Cue {
                    lane: Some(name.clone()),
                    ..cue.clone()
                })
                .collect(),
        });
        self.script = each.collect();
    }
}

/// The assignment without its moment, and the moment: 0 if none is stated.
fn moment(assignment: &str) -> Result<(&str, u64), String> {
    let Some((said, step)) = assignment
        .rsplit_once('@')
        .filter(|(said, _)| said.contains('='))
    else {
        return Ok((assignment, 0));
    };
    let step = step.trim().parse();
    step.map(|step| (said, step))
        .map_err(|_| "expected a step number after `@`".into())
}

/// The name, or with the first number that makes it one that no lane has.
pub fn unused(name: &str, taken: &[LaneSpec]) -> String {
    let free = |name: &String| {
        !taken
            .iter()
            .any(|lane| lane.name.eq_ignore_ascii_case(name))
    };
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.to_string())
        .chain(numbered)
        .find(free)
        .unwrap_or_default()
}

/// A short name for a lane that branches off: the parent's, with the first free number instead of its own.
pub fn branch_name(parent: &str, taken: &[LaneSpec]) -> String {
    let numbered = |name: &str| {
        name.rsplit_once('-').is_some_and(|(stem, tail)| {
            !stem.is_empty() && tail.parse::<u32>().is_ok_and(|n| n > 1)
        })
    };
    // Only a branch loses its number: a lane that the scenario calls `batch-64` is not one.
    let stem = parent.rsplit_once('-').map_or(parent, |(stem, _)| stem);
    let branched = numbered(parent) && taken.iter().any(|lane| lane.name == stem);
    let stem = if branched { stem } else { parent };
    (2..=taken.len() + 2)
        .map(|n| format!("{stem}-{n}"))
        .find(|name| unused(name, taken) == *name)
        .unwrap_or_default()
}

fn line(hint: Option<String>) -> String {
    hint.map_or(String::new(), |hint| format!("\n  {hint}"))
}

#[cfg(test)]
mod tests {
    use super::super::{Then, load};
    use super::*;

    fn set(assignment: &str) -> Result<Vec<Cue>> {
        let mut scenario = load("softmax-vs-sigmoid")?;
        scenario.set(assignment)?;
        Ok(scenario.script)
    }

    #[test]
    fn an_assignment_becomes_a_cue_before_the_first_step() {
        let cues = set("temperature=0.05").unwrap();
        assert_eq!((cues[0].at, cues[0].lane.as_deref()), (0, None));
        assert_eq!(cues[0].set, Control::parse("temperature", "0.05").unwrap());
        assert_eq!(
            set("softmax.learning_rate = 0.002").unwrap()[0]
                .lane
                .as_deref(),
            Some("softmax")
        );
        assert_eq!(set("bias=-5@20").unwrap()[0].at, 20);
    }

    #[test]
    fn later_assignments_win() {
        let mut scenario = load("clip").unwrap();
        scenario.set("temperature=0.05").unwrap();
        scenario.set("temperature=0.06").unwrap();
        let cues = scenario.cues(&scenario.lanes[0].name);
        assert_eq!(
            cues.last().unwrap().1,
            Control::parse("temperature", "0.06").unwrap()
        );
    }

    #[test]
    fn what_is_not_understood_is_explained() {
        let say = |assignment| set(assignment).unwrap_err().to_string();
        assert!(say("tau=1").contains("did you mean `temperature`?"));
        assert!(say("sofmax.bias=1").contains("did you mean `softmax`?"));
        assert!(say("seed=1").contains("use `--seed 1`"));
        assert!(say("temperature").contains("KEY=VALUE"));
        assert!(say("temperature=0").contains("0.001 to 100"));
        assert!(say("temperature=0.1@soon").contains("expected a step number"));
    }

    #[test]
    fn a_change_past_the_last_step_comes_where_the_lanes_go_on_and_only_there() {
        let mut scenario = load("tau-too-small").unwrap();
        let late = "temperature=0.1@9000000";
        scenario.set(late).unwrap();
        assert_eq!(scenario.script.last().unwrap().at, 9_000_000);
        scenario.train.then = Then::Pause;
        let refused = scenario.set(late).unwrap_err().to_string();
        assert!(refused.contains("pause at step 800"), "{refused}");
    }

    #[test]
    fn fewer_steps_leave_a_scenario_that_reads_again() {
        let short = load("tau-too-small")
            .unwrap()
            .with_steps(Steps::new(1).unwrap());
        super::super::parse(&short.to_ron(), "x").unwrap_or_else(|e| panic!("{e}"));
    }

    #[test]
    fn a_branch_of_a_branch_has_a_short_name_and_no_name_comes_twice() {
        let mut lanes = load("softmax-vs-sigmoid").unwrap().lanes;
        for (parent, name) in [
            ("softmax", "softmax-2"),
            ("softmax-2", "softmax-3"),
            ("sigmoid", "sigmoid-2"),
            ("softmax", "softmax-4"),
        ] {
            assert_eq!(branch_name(parent, &lanes), name);
            let spec = LaneSpec {
                name: name.into(),
                ..lanes[0].clone()
            };
            lanes.push(spec);
        }
        // Without a lane `batch`, this one is no branch.
        lanes[0].name = "batch-64".into();
        assert_eq!(branch_name("batch-64", &lanes), "batch-64-2");
    }

    #[test]
    fn lanes_of_two_scenarios_stand_side_by_side() {
        let mut clip = load("clip").unwrap();
        clip.set("temperature=0.05").unwrap();
        let name = clip.lanes[0].name.clone();
        let both = clip.clone().beside(load("clip").unwrap()).unwrap();
        assert_eq!(both.lanes[1].name, format!("{name}-2"));
        assert_eq!(both.cues(&name).len(), clip.cues(&name).len());
        assert_eq!(
            both.cues(&both.lanes[1].name).len(),
            clip.cues(&name).len() - 1
        );
        let error = clip
            .beside(load("shapes").unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains("differ in data"), "{error}");
    }
}
