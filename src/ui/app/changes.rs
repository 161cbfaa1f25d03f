//! What was changed by hand: to undo and redo it, to give it to the other lanes, to go back or branch
//! off before it; and how fast the lab goes.

use std::time::Duration;

use crate::control::{Control, short};
use crate::lab::Command;

use super::{App, Effect};
use crate::ui::action::Action;

/// One change by hand: the same control in one or more lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Lane, what sets it back, what set it.
    parts: Vec<(usize, Control, Control)>,
}

/// Changes to undo and to redo, the latest last.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    done: Vec<Change>,
    undone: Vec<Change>,
    /// Whether the next turn of the dial goes on with the last change.
    turning: bool,
}

/// Least times from step to step that `<` and `>` go through; the first is as fast as it goes.
const GAPS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

impl App {
    /// Sets controls, and remembers how to set them back. Turns of one dial in a row are one change.
    pub(super) fn change(&mut self, controls: Vec<(usize, Control)>, turning: bool) -> Vec<Effect> {
        let back = |&(lane, control): &(usize, Control)| {
            let before = self.settings(lane)?.control_like(control)?;
            Some((lane, before, control))
        };
        let parts: Vec<_> = controls.iter().filter_map(back).collect();
        let lanes = |parts: &[(usize, Control, Control)]| -> Vec<_> {
            parts
                .iter()
                .map(|(lane, _, to)| (*lane, to.name()))
                .collect()
        };
        match self.changes.done.last_mut() {
            Some(last)
                if turning && self.changes.turning && lanes(&last.parts) == lanes(&parts) =>
            {
                for (part, new) in last.parts.iter_mut().zip(&parts) {
                    part.2 = new.2;
                }
            }
            _ if parts.is_empty() => {}
            _ => self.changes.done.push(Change { parts }),
        }
        self.changes.turning = turning;
        self.changes.undone.clear();
        controls
            .into_iter()
            .map(|(lane, control)| self.send(lane, control))
            .collect()
    }

    /// Whatever else is done ends a row of turns.
    pub(super) const fn end_turning(&mut self) {
        self.changes.turning = false;
    }

    /// What one may do with a change that was made.
    pub(super) fn reconsider(&mut self, action: &Action) -> Vec<Effect> {
        match action {
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::Rewind => self.rewind(),
            Action::Branch => self.branch(),
            Action::ApplyToAll => self.apply_to_all(),
            _ => Vec::new(),
        }
    }

    fn undo(&mut self) -> Vec<Effect> {
        let Some(change) = self.changes.done.pop() else {
            self.complain("nothing was changed by hand that could be undone");
            return Vec::new();
        };
        let effects = self.set_parts(&change, |(lane, from, _)| (*lane, *from), "undone");
        self.changes.undone.push(change);
        effects
    }

    fn redo(&mut self) -> Vec<Effect> {
        let Some(change) = self.changes.undone.pop() else {
            self.complain("nothing was undone that could be done again");
            return Vec::new();
        };
        let effects = self.set_parts(&change, |(lane, _, to)| (*lane, *to), "done again");
        self.changes.done.push(change);
        effects
    }

    fn set_parts(
        &mut self,
        change: &Change,
        which: impl Fn(&(usize, Control, Control)) -> (usize, Control),
        what: &str,
    ) -> Vec<Effect> {
        let parts: Vec<_> = change
            .parts
            .iter()
            .map(which)
            .filter(|(lane, _)| *lane < self.lanes.len())
            .collect();
        let text = parts.iter().map(|(lane, control)| {
            let name = control.name().replace('_', " ");
            format!(
                "{} {name} {}",
                self.lanes[*lane].lane,
                short(control.value())
            )
        });
        self.say(format!(
            "{what}: {}; the weights stay (U takes them back, too)",
            text.collect::<Vec<_>>().join(", ")
        ));
        parts
            .into_iter()
            .map(|(lane, control)| self.send(lane, control))
            .collect()
    }

    /// Gives the last change of one lane to all others.
    fn apply_to_all(&mut self) -> Vec<Effect> {
        let last = self.changes.done.last().map(|change| &change.parts[..]);
        let Some(&[(from, _, control)]) = last else {
            self.complain("change one lane first (Tab), then A gives it to the others");
            return Vec::new();
        };
        let others: Vec<_> = (0..self.lanes.len()).filter(|&lane| lane != from).collect();
        let refused = others.iter().find_map(|&lane| {
            let most = self.lanes[lane].settings.as_ref()?.max_logit_scale;
            control.fits_clamp(most).err()
        });
        if let Some(reason) = refused {
            self.complain(reason);
            return Vec::new();
        }
        if others.is_empty() {
            self.complain("there is only one lane");
            return Vec::new();
        }
        let name = control.name().replace('_', " ");
        self.say(format!("all lanes: {name} {}", short(control.value())));
        let controls = others.into_iter().map(|lane| (lane, control)).collect();
        self.change(controls, false)
    }

    /// Whether the last change was made in one lane of several.
    pub(super) fn could_go_to_all(&self) -> bool {
        self.lanes.len() > 1
            && self
                .changes
                .done
                .last()
                .is_some_and(|change| change.parts.len() == 1)
    }

    fn rewind(&mut self) -> Vec<Effect> {
        let lanes = self.addressed(self.target);
        // What is gone back behind cannot be undone any more.
        self.changes
            .done
            .retain(|change| !change.parts.iter().any(|(lane, ..)| lanes.contains(lane)));
        self.changes.undone.clear();
        self.pending.retain(|p| !lanes.contains(&p.lane));
        self.say(format!(
            "{}: back to before the last change by hand",
            self.target_name()
        ));
        let rewind = |lane| Effect::Send {
            lane: Some(lane),
            command: Command::Rewind,
        };
        lanes.into_iter().map(rewind).collect()
    }

    fn branch(&mut self) -> Vec<Effect> {
        let lane = match self.target {
            Some(lane) => lane,
            None if self.lanes.len() == 1 => 0,
            None => {
                self.complain("which lane? Tab to one, then B branches off before its last change");
                return Vec::new();
            }
        };
        if self.lanes[lane].settings.is_none() {
            self.complain("the lane is still preparing");
            return Vec::new();
        }
        vec![Effect::Branch(lane)]
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
            "as fast as it goes".to_owned()
        } else {
            format!(
                "a step every {} s at most; > goes faster",
                gap.as_secs_f64()
            )
        });
        vec![Effect::SlowDown(gap)]
    }
}
