//! Turning dials and typing their values. What was sent is shown at once and forgotten as soon as
//! the lane's records have it.

use crate::control::Control;
use crate::control::Settings;
use crate::telemetry::LaneStatus;

use super::{App, Effect, Focus, Overlay, Pending};
use crate::control::Dial;
use crate::ui::action::Turn;
use crate::ui::dial::{self, Rate};

impl App {
    /// A lane's settings as they will be once everything sent has taken effect.
    pub fn settings(&self, lane: usize) -> Option<Settings> {
        let mut settings = self.lanes.get(lane)?.settings.clone()?;
        for pending in self.pending.iter().filter(|p| p.lane == lane) {
            settings.set(pending.control);
        }
        Some(settings)
    }

    /// The learning rate of a lane's next step, once everything sent has taken effect.
    pub fn rate(&self, lane: usize) -> Option<Rate> {
        let peak = self.settings(lane)?.learning_rate;
        let step = self.lanes.get(lane)?.step + 1;
        Some(Rate::at(&self.scenario.train, peak, step))
    }

    /// Why the dial changes nothing in this lane at present, if it does not.
    pub fn idle(&self, lane: usize, dial: Dial) -> Option<String> {
        let settings = self.settings(lane)?;
        dial.idle(&settings, &self.lanes.get(lane)?.status)
    }

    /// The same as words that follow what was done, if it is so in every addressed lane.
    fn no_effect(&self) -> String {
        let lanes = self.addressed(self.target);
        let idle: Option<Vec<_>> = lanes
            .iter()
            .map(|&lane| self.idle(lane, self.dial))
            .collect();
        let first = idle.and_then(|idle| idle.into_iter().next());
        first.map_or_else(String::new, |why| format!("; no effect now: {why}"))
    }

    /// Takes hold of a dial.
    pub(super) fn hold(&mut self, dial: Dial) {
        self.focus = Focus::Dials;
        self.dial = dial;
        if dial.is_of_data() {
            self.data_dial = dial;
        }
    }

    /// Whether the dial's value in this lane is still on its way.
    pub fn is_pending(&self, lane: usize, dial: Dial) -> bool {
        self.pending
            .iter()
            .any(|p| p.lane == lane && p.control.dial() == dial)
    }

    /// Lanes that a target means.
    pub fn addressed(&self, target: Option<usize>) -> Vec<usize> {
        target.map_or_else(|| (0..self.lanes.len()).collect(), |lane| vec![lane])
    }

    pub(super) fn turn(&mut self, turn: Turn, target: Option<usize>) -> Vec<Effect> {
        let lanes = self.addressed(target);
        let ready: Vec<_> = lanes
            .iter()
            .filter_map(|&lane| Some((lane, self.settings(lane)?)))
            .collect();
        if ready.is_empty() {
            self.complain("the lane is preparing: dials become available once training starts");
            return Vec::new();
        }
        // Softmax cancels a bias: among several lanes only those that have a use for one get one.
        let uses = |settings: &Settings| settings.bias.is_some() || settings.loss.law().uses_bias();
        let bias = self.dial == Dial::Bias && ready.iter().any(|(_, settings)| uses(settings));
        let ready: Vec<_> = ready
            .into_iter()
            .filter(|(_, settings)| !bias || uses(settings))
            .collect();
        let mut controls = Vec::new();
        // Addressed together, switches go the same way everywhere, whatever each lane had.
        let lead = ready[0].1.get(self.dial);
        for (lane, settings) in &ready {
            let from = if self.dial.is_choice() {
                lead
            } else {
                settings.get(self.dial)
            };
            if let Some(control) = self.dial.turned(from, turn, settings) {
                controls.push((*lane, control));
            }
        }
        let effects = self.change(controls);
        if effects.is_empty() && self.message.is_none() {
            self.complain(format!(
                "{} goes no further: {}",
                self.dial.name(),
                self.dial.allowed(Some(&ready[0].1))
            ));
        } else if !effects.is_empty() {
            self.tell_change();
        }
        effects
    }

    pub(super) fn toggle_learned(&mut self) -> Vec<Effect> {
        let lanes = self.addressed(self.target);
        let states: Vec<_> = lanes
            .iter()
            .filter_map(|&lane| Some((lane, self.settings(lane)?.learned(self.dial)?)))
            .collect();
        let Some(&(_, first)) = states.first() else {
            let text = match self.dial {
                Dial::Bias => "the lane has no bias: turn the dial to give it one".into(),
                dial => format!(
                    "{} cannot be learned: only tau and the bias can",
                    dial.name()
                ),
            };
            self.complain(text);
            return Vec::new();
        };
        let controls = states
            .iter()
            .filter_map(|&(lane, _)| Some((lane, self.dial.learn(!first)?)))
            .collect();
        let effects = self.change(controls);
        if effects.is_empty() {
            return effects;
        }
        self.say(format!(
            "{} is {}{}",
            self.dial.name(),
            if first { "held fixed" } else { "learned" },
            self.no_effect()
        ));
        effects
    }

    /// Opens the line in which the dial's value is typed.
    pub(super) fn begin_value(&mut self) {
        self.focus = Focus::Dials;
        self.overlay = Some(Overlay::value());
    }

    /// Sets the dial to what was typed, or says why not.
    pub(super) fn set_value(&mut self, text: &str) -> Vec<Effect> {
        let control = match self.typed(text) {
            Ok(control) => control,
            Err(reason) => {
                self.complain(reason);
                return Vec::new();
            }
        };
        let lanes = self.addressed(self.target);
        self.overlay = None;
        let controls = lanes.into_iter().map(|lane| (lane, control)).collect();
        let effects = self.change(controls);
        if effects.is_empty() {
            if self.message.is_none() {
                self.say(format!("{} is there already", self.dial.name()));
            }
        } else {
            self.tell_change();
        }
        effects
    }

    /// A control is on its way to a lane.
    pub(super) fn expect(&mut self, lane: usize, control: Control) {
        let Some(snapshot) = self.lanes.get(lane) else {
            return;
        };
        let pending = Pending {
            lane,
            control,
            recorded: snapshot.applied.len(),
            step: snapshot.step,
        };
        self.pending
            .retain(|p| p.lane != lane || p.control.name() != control.name());
        self.pending.push(pending);
    }

    fn tell_change(&mut self) {
        let who = self.target_name();
        let texts: Vec<_> = self
            .addressed(self.target)
            .iter()
            .filter_map(|&lane| {
                let value = self.settings(lane)?.get(self.dial).map(dial::show);
                value.or_else(|| self.dial.without().map(Into::into))
            })
            .collect();
        let mut distinct = texts.clone();
        distinct.dedup();
        let offer = if self.could_go_to_all() {
            "; A: all lanes"
        } else {
            ""
        };
        let (with, no_effect) = (self.with_the_loss(), self.no_effect());
        self.say(format!(
            "{who}: {} {}{with} from the next step on{no_effect}{offer}",
            self.dial.name(),
            distinct.join(", ")
        ));
    }

    /// Whom the dials address.
    pub fn target_name(&self) -> String {
        match self.target {
            Some(lane) => self.lanes[lane].lane.clone(),
            None if self.lanes.len() == 1 => self.lanes[0].lane.clone(),
            None => "all lanes".into(),
        }
    }

    pub(super) fn settle_pending(&mut self) {
        let lanes = &self.lanes;
        self.pending.retain(|p| {
            let Some(lane) = lanes.get(p.lane) else {
                return false;
            };
            let recorded = lane
                .applied
                .iter()
                .skip(p.recorded)
                .any(|a| a.control == p.control);
            // It went back: what it had recorded is gone.
            let back = lane.applied.len() < p.recorded;
            // A lane that refused it, or had it already, records nothing: two steps later it is over.
            let over = lane.step >= p.step + 2 || lane.step < p.step;
            let ended = matches!(lane.status, LaneStatus::Failed(_));
            !(recorded || back || over || ended)
        });
    }
}
