//! [`Teller`]: what is told of the lanes, and what a typed line means.

use std::sync::Arc;

use super::words::{evaluation, least_step, losses, spoken, status, word};
use crate::control::{Control, Dial, Settings};
use crate::lab::{Command, Dials, Reset};
use crate::scenario::{Scenario, Train, did_you_mean};
use crate::telemetry::{LaneStatus, Snapshot};
use crate::ui::dial::Rate;

const HELP: &str = "\
commands, one per line:
pause; go; step, or step 5; reset; reset 7 takes seed 7; defaults; evaluate; checkpoint
tau 0.05 sets a control of all lanes, softmax tau 0.05 of one; learn tau; fix tau
status shows the lanes; every 50 prints the losses every 50 steps; controls lists all controls
save mine.ron; command prints the command that repeats this run; open siglip; help; quit";

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Tell a lane, or all.
    Send(Option<usize>, Command),
    /// Save the scenario there.
    Save(String),
    /// Open another scenario.
    Open(String),
    /// Tell the command that repeats the run.
    Repeat,
    /// Tell this.
    Tell(String),
    /// Leave.
    Quit,
}

/// What was told already, so that nothing is told twice.
pub struct Teller {
    seen: Vec<Arc<Snapshot>>,
    /// Steps between two lines about the losses.
    every: u64,
    /// The step of the last such line.
    told: u64,
    /// How lanes learn.
    train: Train,
}

impl Teller {
    pub fn new(scenario: &Scenario) -> Self {
        let steps = scenario.train.steps.get();
        Self {
            seen: Vec::new(),
            every: (steps / 40).max(1),
            told: 0,
            train: scenario.train.clone(),
        }
    }

    /// What is worth telling of these snapshots.
    pub fn observe(&mut self, lanes: Vec<Arc<Snapshot>>) -> Vec<String> {
        let mut lines = Vec::new();
        for (i, lane) in lanes.iter().enumerate() {
            let before = self.seen.get(i);
            if before.is_none_or(|b| b.status != lane.status) {
                lines.push(status(lane, before.map(|b| &b.status)));
            }
            let said = lane.message.as_ref();
            if let Some(text) =
                said.filter(|m| before.is_none_or(|b| b.message.as_ref() != Some(m)))
            {
                lines.push(format!("{}: {}", lane.lane, spoken(text)));
            }
            let known = before.map_or(0, |b| b.held_out.len());
            if let Some(report) = lane.held_out.last()
                && lane.held_out.len() != known
                && before.is_none_or(|b| b.held_out.last() != Some(report))
            {
                lines.push(evaluation(&lane.lane, report));
            }
        }
        let step = least_step(&lanes);
        let over = |lane: &Arc<Snapshot>| lane.status != LaneStatus::Running;
        let due = step / self.every > self.told / self.every;
        let stands = step > self.told && !lanes.is_empty() && lanes.iter().all(over);
        if step < self.told {
            self.told = step;
        } else if due || stands {
            self.told = step;
            lines.push(losses(&lanes));
        }
        self.seen = lanes;
        lines
    }

    /// What a line of the user means, or what to say to it.
    pub fn command(&mut self, line: &str) -> std::result::Result<Vec<Ask>, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let whole = |text: &str| {
            let number = text.parse::<u64>();
            number.map_err(|_| format!("expected a whole number, got {text}"))
        };
        let all = |command| Ok(vec![Ask::Send(None, command)]);
        match &words[..] {
            [] => Ok(Vec::new()),
            ["pause" | "stop"] => all(Command::Pause),
            ["go" | "play" | "resume"] => all(Command::Resume),
            ["step"] => all(Command::Step(1)),
            ["step", n] => all(Command::Step(whole(n)?.max(1))),
            ["reset"] => all(Command::Reset(Reset::default())),
            ["defaults"] => all(Command::Reset(Reset {
                dials: Dials::Scenario,
                ..Reset::default()
            })),
            ["reset", seed] => all(Command::Reset(Reset {
                seed: Some(whole(seed)?),
                ..Reset::default()
            })),
            ["evaluate"] => all(Command::Evaluate),
            ["checkpoint"] => all(Command::Checkpoint),
            ["save", path] => Ok(vec![Ask::Save((*path).into())]),
            ["open", name] => Ok(vec![Ask::Open((*name).into())]),
            ["command"] => Ok(vec![Ask::Repeat]),
            ["quit" | "exit" | "q"] => Ok(vec![Ask::Quit]),
            ["help" | "?"] => Err(HELP.into()),
            ["status"] => Err(self.state()),
            ["controls"] => Err(self.controls()),
            ["every", n] => {
                self.every = whole(n)?.max(1);
                Err(format!("printing the losses every {} steps", self.every))
            }
            _ => self.control(&words),
        }
    }

    /// `[LANE] CONTROL VALUE`, `[LANE] learn CONTROL`, `[LANE] fix CONTROL`.
    fn control(&self, words: &[&str]) -> std::result::Result<Vec<Ask>, String> {
        let named = self.seen.iter().position(|lane| lane.lane == words[0]);
        let rest = if named.is_some() { &words[1..] } else { words };
        let control = match rest {
            [verb @ ("learn" | "fix"), name] => {
                let learned = Dial::called(name).and_then(|dial| dial.learn(*verb == "learn"));
                learned
                    .ok_or_else(|| format!("{name} cannot be learned: only tau and the bias can"))?
            }
            [name, value] => {
                let known = Dial::called(name).map(Dial::name);
                let known = known.or_else(|| Control::NAMES.into_iter().find(|n| n == name));
                let known = known.ok_or_else(|| self.unknown(words))?;
                Control::parse(known, value)?
            }
            // A control by itself asks for its value.
            [name] if Dial::called(name).is_some() || Control::NAMES.contains(name) => {
                let allowed = Dial::called(name).map_or_else(String::new, |dial| {
                    format!(": {}", dial.allowed(self.settings(named)))
                });
                return Err(format!("{name} needs a value{allowed}"));
            }
            _ => return Err(self.unknown(words)),
        };
        let mut asked = vec![Ask::Send(named, Command::Apply(control))];
        asked.extend(self.no_effect(named, control).map(Ask::Tell));
        Ok(asked)
    }

    /// What to say of a control that changes nothing in the lanes that it is for.
    fn no_effect(&self, named: Option<usize>, control: Control) -> Option<String> {
        let meant = |(i, _): &(usize, &Arc<Snapshot>)| named.is_none_or(|lane| lane == *i);
        let lanes = self.seen.iter().enumerate().filter(meant);
        let reason = |(_, lane): (usize, &Arc<Snapshot>)| {
            let mut settings = lane.settings.clone()?;
            settings.set(control);
            control.dial().idle(&settings, &lane.status)
        };
        let reasons: Option<Vec<_>> = lanes.map(reason).collect();
        let why = reasons?.into_iter().next()?;
        Some(format!("{} has no effect now: {why}", control.name()))
    }

    fn unknown(&self, words: &[&str]) -> String {
        const VERBS: [&str; 17] = [
            "pause",
            "go",
            "step",
            "reset",
            "defaults",
            "evaluate",
            "checkpoint",
            "learn",
            "fix",
            "status",
            "every",
            "controls",
            "save",
            "command",
            "open",
            "help",
            "quit",
        ];
        let lanes = self.seen.iter().map(|lane| lane.lane.as_str());
        let known = VERBS
            .into_iter()
            .chain(Control::NAMES)
            .chain(
                Dial::ALL
                    .iter()
                    .flat_map(|dial| dial.also().iter().copied()),
            )
            .chain(lanes);
        let hint =
            did_you_mean(words[0], known).unwrap_or_else(|| "help lists all commands".into());
        format!("unknown command {}: {hint}", words.join(" "))
    }

    fn state(&self) -> String {
        let lane = |lane: &Arc<Snapshot>| {
            let settings = lane.settings.as_ref();
            let dials = settings.map_or(String::new(), |settings| {
                let one = |dial: Dial| {
                    let value = settings.get(dial)?;
                    let held = match settings.learned(dial) {
                        Some(true) => " learned",
                        Some(false) => " fixed",
                        None => "",
                    };
                    Some(format!("{} {value}{held}", dial.name()))
                };
                // Of the data's, those that change something.
                let told = |dial: &Dial| !dial.is_of_data() || !dial.rests(settings);
                let dials = Dial::ALL.into_iter().filter(told);
                let all: Vec<_> = dials.filter_map(one).collect();
                format!(". {}", all.join(", "))
            });
            let steps = if lane.step > lane.steps {
                format!("{}, after the {} of the schedule", lane.step, lane.steps)
            } else {
                format!("{} of {}", lane.step, lane.steps)
            };
            let rate = Rate::of(&self.train, lane);
            let rate = rate.map_or_else(String::new, |rate| {
                format!(". Learning rate {}", rate.sentence())
            });
            format!(
                "{}: {}, step {steps}{dials}{rate}",
                lane.lane,
                word(&lane.status),
            )
        };
        let mut lines: Vec<String> = self.seen.iter().map(lane).collect();
        lines.push(losses(&self.seen));
        lines.join("\n")
    }

    /// The dials of a lane; of the first one if none is named.
    fn settings(&self, lane: Option<usize>) -> Option<&Settings> {
        let lane = self.seen.get(lane.unwrap_or(0))?;
        lane.settings.as_ref()
    }

    fn controls(&self) -> String {
        let settings = self.settings(None);
        let line = |dial: Dial| {
            let also = match dial.also() {
                [] => String::new(),
                words => format!(", also called {}", words.join(", ")),
            };
            format!("{}{also}: {}", dial.name(), dial.allowed(settings))
        };
        Dial::ALL.map(line).join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Loss;
    use crate::ui::fixture;

    fn teller() -> Teller {
        let mut teller = Teller::new(&fixture::scenario());
        teller.observe(fixture::running(300));
        teller
    }

    #[test]
    fn each_thing_worth_telling_is_one_line_and_told_once() {
        let mut teller = Teller::new(&fixture::scenario());
        assert_eq!(
            teller.observe(fixture::starting()),
            [
                "softmax: preparing data and weights",
                "sigmoid: preparing data and weights"
            ]
        );
        let lines = teller.observe(fixture::running(120));
        assert_eq!(lines[0], "softmax: training on CPU, 1 thread");
        assert!(
            lines[1].starts_with("softmax: held-out retrieval at step 100: "),
            "{lines:?}"
        );
        assert!(lines[4].starts_with("step 120: loss softmax "), "{lines:?}");
        assert!(teller.observe(fixture::running(121)).is_empty());
        let lines = teller.observe(fixture::edited(122, |_, lane| {
            lane.message = Some("step 122: temperature 0.05 -> 0.02".into());
            lane.status = LaneStatus::Paused;
        }));
        assert_eq!(
            lines[..2],
            [
                "softmax: paused at step 122",
                "softmax: step 122: temperature 0.05 to 0.02"
            ]
        );
        assert!(
            lines[4].starts_with("step 122: "),
            "where it stands: {lines:?}"
        );
        for line in lines {
            assert!(line.is_ascii() && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn commands_are_plain_lines() {
        let mut teller = teller();
        let apply = |name, value| Command::Apply(Control::parse(name, value).unwrap());
        for (line, lane, command) in [
            ("pause", None, Command::Pause),
            ("go", None, Command::Resume),
            ("step 5", None, Command::Step(5)),
            (
                "reset 7",
                None,
                Command::Reset(Reset {
                    seed: Some(7),
                    ..Reset::default()
                }),
            ),
            ("tau 0.05", None, apply("temperature", "0.05")),
            ("sigmoid bias -5", Some(1), apply("bias", "-5")),
            (
                "softmax learning_rate 0.001",
                Some(0),
                apply("learning_rate", "0.001"),
            ),
            (
                "loss siglip",
                None,
                Command::Apply(Control::Loss(Loss::SigLip)),
            ),
            ("fix tau", None, apply("learn_temperature", "off")),
            ("sigmoid learn bias", Some(1), apply("learn_bias", "on")),
        ] {
            assert_eq!(
                teller.command(line),
                Ok(vec![Ask::Send(lane, command)]),
                "{line}"
            );
        }
        assert_eq!(teller.command("  quit "), Ok(vec![Ask::Quit]));
        let asked = teller.command("softmax bias -5").unwrap();
        let [Ask::Send(Some(0), _), Ask::Tell(why)] = &asked[..] else {
            panic!("nothing is said of a bias that a softmax cancels: {asked:?}")
        };
        assert!(why.starts_with("bias has no effect now: "), "{why}");
        assert_eq!(teller.command(""), Ok(Vec::new()));
        assert!(
            teller
                .command("tua 1")
                .unwrap_err()
                .contains("did you mean `tau`?")
        );
        assert!(
            teller
                .command("tau hot")
                .unwrap_err()
                .contains("must be a number")
        );
        for (control, range) in [("beta2", "0 to"), ("tau", "to 100"), ("concepts", "or all")] {
            let said = teller.command(control).unwrap_err();
            assert!(
                said.starts_with(&format!("{control} needs a value: ")) && said.contains(range),
                "{said}"
            );
        }
        assert!(teller.command("learn batch").is_err());
        assert!(
            teller
                .command("status")
                .unwrap_err()
                .contains("temperature 0.0431 learned")
        );
        assert!(
            teller
                .command("controls")
                .unwrap_err()
                .contains("batch_size, also called batch: ")
        );
        for word in ["pause", "tau 0.05", "quit"] {
            assert!(HELP.contains(word));
        }
    }
}
