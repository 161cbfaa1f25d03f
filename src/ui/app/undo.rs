//! What was changed by hand: to undo and redo it, to give it to the other lanes, to go back or branch
//! off before it; and how fast the lab goes.

use std::time::Duration;

use crate::control::{Change, Control};
use crate::lab::{Command, Dials, Reset};
use crate::quantity::{Bias, short};
use crate::scenario::MOST_LANES;
use crate::telemetry::LaneStatus;

use super::changes::{Deed, Entry, Order, Part, Restart};
use super::{App, Effect};
use crate::ui::action::{Action, key_of};

/// Least times from step to step that `<` and `>` go through; the first is full speed.
const GAPS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

impl App {
    /// Sets controls: one entry in the history of changes.
    pub(super) fn change(&mut self, controls: Vec<(usize, Control)>) -> Vec<Effect> {
        let controls = controls
            .into_iter()
            .flat_map(|(lane, control)| self.with_bias(lane, control))
            .collect::<Vec<_>>();
        if let Some((_, locked)) = controls.iter().find(|(_, c)| self.locks(c.dial())) {
            let name = locked.name().replace('_', " ");
            self.refuse(&name);
            return Vec::new();
        }
        let part = |&(lane, to): &(usize, Control)| {
            let from = self.settings(lane)?.control_like(to)?;
            // What stands there already is no change, and gets no mark.
            (from != to).then_some(Part { lane, from, to })
        };
        let parts = controls.iter().filter_map(part).collect();
        let orders = self.changes.set(parts);
        self.obey(orders)
    }

    /// A loss that needs a bias gives the lane one; going back takes that away again.
    fn with_bias(&self, lane: usize, control: Control) -> Vec<(usize, Control)> {
        let bias = || {
            let Control::Loss(loss) = control else {
                return None;
            };
            let settings = self.settings(lane)?;
            if loss.law().uses_bias() {
                let own = self.scenario.lanes.get(lane).and_then(|spec| spec.bias);
                let usual = || Bias::new(loss.law().defaults(settings.batch_size).1?).ok();
                let given = settings.bias.is_none().then(|| own.or_else(usual))?;
                return given.map(Control::Bias);
            }
            let came = settings.bias.is_some() && self.changes.bias_came_with_the_loss(lane);
            came.then_some(Control::NoBias)
        };
        let with = bias().map(|bias| (lane, bias));
        std::iter::once((lane, control)).chain(with).collect()
    }

    /// What the last change did to the bias besides changing the loss, in words.
    pub(super) fn with_the_loss(&self) -> String {
        let Some(Deed::Set(parts)) = self.changes.last().map(|entry| &entry.deed) else {
            return String::new();
        };
        let loss = parts.iter().any(|part| part.to.name() == "loss");
        let bias = parts.iter().find(|part| part.to.name() == "bias");
        match bias.filter(|_| loss).map(|part| part.to.value()) {
            Some(None) => ", without a bias".into(),
            Some(value) => format!(" with bias {}", short(value)),
            None => String::new(),
        }
    }

    /// Carries out what the history of changes asks for.
    pub(super) fn obey(&mut self, orders: Vec<Order>) -> Vec<Effect> {
        orders.into_iter().flat_map(|o| self.effects(o)).collect()
    }

    fn effects(&mut self, order: Order) -> Vec<Effect> {
        match order {
            Order::Change(number, parts) => {
                self.expect_all(&parts);
                vec![Effect::Change { number, parts }]
            }
            Order::TakeBack(number, parts) => {
                self.expect_all(&parts);
                vec![Effect::TakeBack { number, parts }]
            }
            Order::GoBack(number, lanes) => {
                let back = |(lane, controls): (usize, Vec<Control>)| {
                    self.pending.retain(|p| p.lane != lane);
                    for control in &controls {
                        self.expect(lane, *control);
                    }
                    Effect::Send {
                        lane: Some(lane),
                        command: Command::GoBack(Change { number, controls }),
                    }
                };
                lanes.into_iter().map(back).collect()
            }
            Order::Restart(number, how, kept) => {
                self.pending.clear();
                let restart = |(lane, kept)| {
                    let reset = Reset {
                        seed: match how {
                            Restart::Seed(seed) => Some(seed),
                            Restart::Reset | Restart::Defaults => None,
                        },
                        dials: Dials::These(kept),
                        number: Some(number),
                    };
                    Effect::Send {
                        lane: Some(lane),
                        command: Command::Reset(reset),
                    }
                };
                kept.into_iter().enumerate().map(restart).collect()
            }
            Order::Branch(parent) => vec![Effect::Branch(parent)],
            Order::Hide => {
                self.target = None;
                self.scenario.lanes.pop();
                self.lanes.pop();
                vec![Effect::Hide]
            }
            Order::Show => {
                let runs = self.running();
                let lane = self.lanes.len();
                let resume = runs.then_some(Effect::Send {
                    lane: Some(lane),
                    command: Command::Resume,
                });
                std::iter::once(Effect::Show).chain(resume).collect()
            }
            Order::EndHidden => vec![Effect::EndHidden],
        }
    }

    fn expect_all(&mut self, parts: &[(usize, Control)]) {
        for (lane, control) in parts {
            self.expect(*lane, *control);
        }
    }

    /// What one may do with a change that was made.
    pub(super) fn reconsider(&mut self, action: &Action) -> Vec<Effect> {
        if self.a_branch_is_coming() {
            self.complain("the branch is not ready yet");
            return Vec::new();
        }
        match action {
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::Rewind => self.rewind(),
            Action::Branch => self.branch(),
            Action::ApplyToAll => self.apply_to_all(),
            _ => Vec::new(),
        }
    }

    /// Whether a lane was asked for that has not come.
    pub(super) fn a_branch_is_coming(&self) -> bool {
        let lanes = self.lanes.len();
        let last = self.changes.last().map(|entry| &entry.deed);
        matches!(last, Some(Deed::Branch { lane, .. }) if *lane >= lanes)
    }

    fn undo(&mut self) -> Vec<Effect> {
        let Some(text) = self.changes.last().map(|entry| self.told(entry, false)) else {
            self.complain("nothing to undo: no changes yet");
            return Vec::new();
        };
        let orders = self.changes.undo().unwrap_or_default();
        let effects = self.obey(orders);
        self.say(format!("undone: {text}"));
        effects
    }

    fn redo(&mut self) -> Vec<Effect> {
        let Some(text) = self
            .changes
            .last_undone()
            .map(|entry| self.told(entry, true))
        else {
            self.complain("nothing to redo");
            return Vec::new();
        };
        let mut changes = std::mem::take(&mut self.changes);
        let now = |lane, control| self.settings(lane)?.control_like(control);
        let orders = changes.redo(now).unwrap_or_default();
        self.changes = changes;
        let effects = self.obey(orders);
        self.say(format!("redone: {text}"));
        effects
    }

    /// An entry in words: what holds once it is made, or once it is taken back.
    fn told(&self, entry: &Entry, made: bool) -> String {
        match &entry.deed {
            Deed::Set(parts) => {
                let part = |part: &Part| {
                    let control = if made { part.to } else { part.from };
                    let lane = self.lanes.get(part.lane).map_or("", |lane| &lane.lane);
                    let name = control.name().replace('_', " ");
                    format!("{lane} {name} {}", short(control.value()))
                };
                let parts: Vec<_> = parts.iter().map(part).collect();
                format!("{}; the weights stay", parts.join(", "))
            }
            Deed::Restart(how, _) => {
                let what = match how {
                    Restart::Reset => "the reset",
                    Restart::Defaults => "the reset to the scenario's dials",
                    Restart::Seed(_) => "the reset with a new seed",
                };
                let back = if made {
                    ""
                } else {
                    "; the run before it is back"
                };
                format!("{what}{back}")
            }
            Deed::Branch { lane, .. } => {
                let name = self.lanes.get(*lane).map(|lane| format!(" {}", lane.lane));
                format!("the branch{}", name.unwrap_or_default())
            }
        }
    }

    /// Gives the last change of one lane to all others.
    fn apply_to_all(&mut self) -> Vec<Effect> {
        let Some((from, controls)) = self.changed_alone() else {
            self.complain(format!(
                "change one lane first ({} addresses it), then {} gives the change to the others",
                key_of(&Action::NextLane),
                key_of(&Action::ApplyToAll),
            ));
            return Vec::new();
        };
        let others: Vec<_> = (0..self.lanes.len()).filter(|&lane| lane != from).collect();
        let refused = others.iter().find_map(|&lane| {
            let most = self.lanes[lane].settings.as_ref()?.max_logit_scale;
            controls.iter().find_map(|c| c.fits_clamp(most).err())
        });
        if let Some(reason) = refused {
            self.complain(reason);
            return Vec::new();
        }
        if others.is_empty() {
            self.complain("there is only one lane");
            return Vec::new();
        }
        let text = controls.iter().map(|control| {
            let name = control.name().replace('_', " ");
            format!("{name} {}", short(control.value()))
        });
        self.say(format!(
            "all lanes: {}",
            text.collect::<Vec<_>>().join(", ")
        ));
        let each = |lane| controls.iter().map(move |control| (lane, *control));
        self.change(others.into_iter().flat_map(each).collect())
    }

    /// The lane in which the last change was made, if it was made in one alone, and what it set.
    fn changed_alone(&self) -> Option<(usize, Vec<Control>)> {
        let Deed::Set(parts) = &self.changes.last()?.deed else {
            return None;
        };
        let lane = parts.first()?.lane;
        let alone = parts.iter().all(|part| part.lane == lane);
        alone.then(|| (lane, parts.iter().map(|part| part.to).collect()))
    }

    /// Whether the last change was made in one lane of several.
    pub(super) fn could_go_to_all(&self) -> bool {
        self.lanes.len() > 1 && self.changed_alone().is_some()
    }

    fn rewind(&mut self) -> Vec<Effect> {
        let lanes = self.addressed(self.target);
        let Some(last) = self.changes.last().cloned() else {
            self.complain("nothing to rewind: no changes yet");
            return Vec::new();
        };
        let Some(orders) = self.changes.rewind(&lanes) else {
            self.complain(format!(
                "{} has no part in the last change; {} undoes that, {} addresses another lane",
                self.target_name(),
                key_of(&Action::Undo),
                key_of(&Action::NextLane),
            ));
            return Vec::new();
        };
        let text = match self.changes.last_undone() {
            Some(Entry {
                deed: Deed::Set(parts),
                ..
            }) => {
                let mut names: Vec<&str> = Vec::new();
                for part in parts {
                    let name = &self.lanes[part.lane].lane;
                    if !names.contains(&name.as_str()) {
                        names.push(name);
                    }
                }
                let to = parts.first().map(|part| part.to);
                let to =
                    to.map(|to| format!("{} {}", to.name().replace('_', " "), short(to.value())));
                format!(
                    "{}: weights and dials back to before {}; {} makes that change again",
                    names.join(", "),
                    to.unwrap_or_default(),
                    key_of(&Action::Redo),
                )
            }
            _ => format!("undone: {}", self.told(&last, false)),
        };
        let effects = self.obey(orders);
        self.say(text);
        effects
    }

    fn branch(&mut self) -> Vec<Effect> {
        let lane = match self.target {
            Some(lane) => lane,
            None if self.lanes.len() == 1 => 0,
            None => {
                self.complain(format!(
                    "which lane? {} addresses one, then it branches off before its last change",
                    key_of(&Action::NextLane),
                ));
                return Vec::new();
            }
        };
        let parent = &self.lanes[lane];
        if parent.settings.is_none() || matches!(parent.status, LaneStatus::Failed(_)) {
            self.complain("only a lane that trains can branch off");
            return Vec::new();
        }
        if self.lanes.len() >= MOST_LANES {
            self.complain(format!("{MOST_LANES} lanes is the most"));
            return Vec::new();
        }
        let orders = self.changes.branch(lane, self.lanes.len());
        self.obey(orders)
    }

    /// Faster or slower.
    pub(super) fn set_speed(&mut self, faster: bool) -> Vec<Effect> {
        let last = GAPS.len() - 1;
        self.speed = if faster {
            self.speed.saturating_sub(1)
        } else {
            (self.speed + 1).min(last)
        };
        let gap = GAPS[self.speed];
        self.say(if gap.is_zero() {
            "full speed".to_owned()
        } else {
            format!(
                "at most one step every {} s; > goes faster",
                gap.as_secs_f64()
            )
        });
        vec![Effect::SlowDown(gap)]
    }
}

#[cfg(test)]
mod tests;
