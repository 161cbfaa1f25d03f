//! Playing, pausing, stepping and resetting: what is told to all lanes at once.

use crate::lab::Command;
use crate::telemetry::{LaneStatus, Snapshot};

use super::changes::{Order, Restart};
use super::{App, Effect, Tone};

const fn all(command: Command) -> Effect {
    Effect::Send {
        lane: None,
        command,
    }
}

impl App {
    /// Whether any lane trains, or is about to, as far as is known.
    pub fn running(&self) -> bool {
        self.intent.unwrap_or_else(|| self.moves())
    }

    fn moves(&self) -> bool {
        let starting = self.any(&LaneStatus::Starting) && !self.begins_waiting();
        self.any(&LaneStatus::Running) || starting
    }

    fn any(&self, status: &LaneStatus) -> bool {
        self.lanes.iter().any(|lane| lane.status == *status)
    }

    pub(super) fn play_pause(&mut self) -> Vec<Effect> {
        if self.running() {
            self.intent = Some(false);
            return vec![all(Command::Pause)];
        }
        if self.nothing_left() {
            return Vec::new();
        }
        self.intent = Some(true);
        vec![all(Command::Resume)]
    }

    pub(super) fn step(&mut self, count: u64) -> Vec<Effect> {
        if self.nothing_left() {
            return Vec::new();
        }
        let count = count.max(1);
        self.intent = None;
        self.say(if count == 1 {
            "one step".into()
        } else {
            format!("{count} steps, then a pause")
        });
        vec![all(Command::Step(count))]
    }

    /// Complains if no lane could make a step.
    fn nothing_left(&mut self) -> bool {
        let could = |lane: &Snapshot| {
            matches!(
                lane.status,
                LaneStatus::Starting | LaneStatus::Running | LaneStatus::Paused
            )
        };
        let left = self.lanes.iter().any(|lane| could(lane));
        if !left {
            let diverged = self
                .lanes
                .iter()
                .any(|lane| matches!(lane.status, LaneStatus::Diverged(_)));
            self.complain(if diverged {
                "no lane can go on: press U to rewind the last change, or r to reset"
            } else {
                "this lane has ended: r resets it, o opens another scenario"
            });
        }
        !left
    }

    /// Starts all lanes over: an entry of the history, so that undo brings the run back that was left.
    pub(super) fn restart(&mut self, how: Restart) -> Vec<Effect> {
        if self.a_branch_is_coming() {
            self.complain("the branch is not ready yet");
            return Vec::new();
        }
        let orders = self.changes.restart(how, self.lanes.len());
        let seed = self.seed();
        let kept = orders.iter().any(|order| {
            matches!(order, Order::Restart(_, _, kept) if kept.iter().any(|dials| !dials.is_empty()))
        });
        let dials = if kept {
            ", the dials as you set them"
        } else {
            ""
        };
        self.say(match how {
            Restart::Reset => {
                format!("reset: seed {seed}, the same first weights and batches{dials}")
            }
            Restart::Defaults => format!("reset: seed {seed}, the scenario's dials"),
            Restart::Seed(seed) => format!("reset: seed {seed}, new weights and batches{dials}"),
        });
        self.obey(orders)
    }

    /// The seed in use.
    fn seed(&self) -> u64 {
        let known = self.lanes.iter().filter(|lane| lane.settings.is_some());
        let seed = known.map(|lane| lane.seed).next();
        seed.unwrap_or(self.scenario.train.seed)
    }

    pub(super) fn restart_with_the_next_seed(&mut self) -> Vec<Effect> {
        self.restart(Restart::Seed(self.seed().wrapping_add(1)))
    }

    pub(super) fn tell_all(&mut self, command: Command, text: &str) -> Vec<Effect> {
        self.say(text);
        vec![all(command)]
    }

    /// Forgets what was asked for once the lanes do it.
    pub(super) fn settle_intent(&mut self) {
        let agreed = match self.intent {
            Some(true) => self.any(&LaneStatus::Running),
            Some(false) => !self.moves(),
            None => true,
        };
        if agreed
            || self.lanes.iter().all(|lane| {
                matches!(
                    lane.status,
                    LaneStatus::Finished | LaneStatus::Diverged(_) | LaneStatus::Failed(_)
                )
            })
        {
            self.intent = None;
        }
    }

    /// Says so when a lane's status became one that the user should hear of.
    pub(super) fn tell_status(&mut self, lane: &Snapshot, before: Option<&Snapshot>) {
        if before.is_some_and(|b| b.status == lane.status) {
            return;
        }
        self.message = match &lane.status {
            LaneStatus::Finished => Some((
                Tone::Done,
                format!("{}: all {} steps done", lane.lane, lane.steps),
            )),
            LaneStatus::Diverged(step) => Some((
                Tone::Trouble,
                // The lane's own word names the tensor.
                match lane
                    .message
                    .as_deref()
                    .filter(|text| text.contains("is NaN or infinite"))
                {
                    Some(text) => format!("{}: {text}, r to reset", lane.lane),
                    None => format!(
                        "{}: the loss is NaN or infinite at step {step}; U rewinds, r resets",
                        lane.lane
                    ),
                },
            )),
            LaneStatus::Failed(reason) => {
                let first = reason.lines().next().unwrap_or_default();
                Some((Tone::Trouble, format!("{} failed: {first}", lane.lane)))
            }
            LaneStatus::Running | LaneStatus::Paused
                if before.is_some_and(|b| b.status == LaneStatus::Starting) =>
            {
                let weights = lane.parameters as f64 / 1e6;
                Some((
                    Tone::Done,
                    format!(
                        "{}: ready on {}, {weights:.1} M weights",
                        lane.lane, lane.device
                    ),
                ))
            }
            LaneStatus::Starting | LaneStatus::Running | LaneStatus::Paused => return,
        };
    }
}
