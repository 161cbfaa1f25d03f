//! [`Changes`]: everything that a hand changed, in one history: to undo, to make again, to rewind. Pure: it knows no
//! lane, and answers with [`Order`]s.
//!
//! One key press is one entry, whatever it sets in however many lanes. A held key is as many presses as the terminal
//! makes of it. The latest entry is the one that undo sets back and that rewind goes back behind; both put it on the
//! pile of what can be made again, which a new change clears.

use crate::control::{Control, last_of_each};

/// A control of one lane, before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// The lane.
    pub lane: usize,
    /// What sets it back.
    pub from: Control,
    /// What set it.
    pub to: Control,
}

/// How all lanes start over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// With the dials as they were set.
    Reset,
    /// With the scenario's dials.
    Defaults,
    /// With another seed, and the dials as they were set.
    Seed(u64),
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Dials were set.
    Set(Vec<Part>),
    /// So many lanes started over.
    Restart(Restart, usize),
    /// A lane branched off; with what had been set in its parent by then.
    Branch {
        /// The lane that it branched off.
        parent: usize,
        /// The new lane.
        lane: usize,
        /// What a reset of it keeps.
        kept: Vec<Control>,
    },
}

/// One key press.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Lanes remember their state before it by this number.
    pub number: u64,
    /// What it did.
    pub deed: Deed,
}

/// What is to be told to the lanes.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Make this change; each lane remembers its state before it.
    Change(u64, Vec<(usize, Control)>),
    /// Set these back; weights stay.
    TakeBack(u64, Vec<(usize, Control)>),
    /// Each lane goes back to its state before this change; one that has forgotten it sets these back.
    GoBack(u64, Vec<(usize, Vec<Control>)>),
    /// All lanes start over; each keeps what stands for it here.
    Restart(u64, Restart, Vec<Vec<Control>>),
    /// A lane branches off this one.
    Branch(usize),
    /// The last lane goes out of sight.
    Hide,
    /// It comes back.
    Show,
    /// Lanes out of sight can end: nobody can call them back.
    EndHidden,
}

/// Changes to undo and to make again, the latest last.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    done: Vec<Entry>,
    undone: Vec<Entry>,
    /// Entries so far.
    count: u64,
}

impl Changes {
    /// What undo would set back.
    pub fn last(&self) -> Option<&Entry> {
        self.done.last()
    }

    /// What redo would make again.
    pub fn last_undone(&self) -> Option<&Entry> {
        self.undone.last()
    }

    /// Sets dials, if any.
    pub fn set(&mut self, parts: Vec<Part>) -> Vec<Order> {
        if parts.is_empty() {
            return Vec::new();
        }
        let controls = parts.iter().map(|part| (part.lane, part.to)).collect();
        let mut orders = self.push(Deed::Set(parts));
        orders.push(Order::Change(self.count, controls));
        orders
    }

    /// Lets all lanes start over.
    pub fn restart(&mut self, how: Restart, lanes: usize) -> Vec<Order> {
        let kept = self.kept_by(how, lanes);
        let mut orders = self.push(Deed::Restart(how, lanes));
        orders.push(Order::Restart(self.count, how, kept));
        orders
    }

    /// Lets a new lane, which gets the number `lane`, go on from before the parent's last change.
    pub fn branch(&mut self, parent: usize, lane: usize) -> Vec<Order> {
        let last = self.done.iter().rposition(|entry| entry.touches(parent));
        // A run that was left for a reset has no branches: they go on from where the lane is.
        let before = last.filter(|last| matches!(self.done[*last].deed, Deed::Set(_)));
        let kept = kept(&self.done[..before.unwrap_or(self.done.len())], parent);
        let mut orders = self.push(Deed::Branch { parent, lane, kept });
        orders.push(Order::Branch(parent));
        orders
    }

    /// Takes the latest entry back. Dials go back and weights stay; a run that was left comes back; a lane that
    /// branched off goes out of sight.
    pub fn undo(&mut self) -> Option<Vec<Order>> {
        let entry = self.done.pop()?;
        let number = entry.number;
        let order = match &entry.deed {
            Deed::Set(parts) => Order::TakeBack(number, from(parts)),
            Deed::Restart(_, lanes) => {
                let nothing = |lane| (lane, Vec::new());
                Order::GoBack(number, (0..*lanes).map(nothing).collect())
            }
            Deed::Branch { .. } => Order::Hide,
        };
        self.undone.push(entry);
        Some(vec![order])
    }

    /// Makes the entry again that was taken back last. `now` is the control of a lane that sets what stands there,
    /// which training may have moved: the next undo leads back to that.
    pub fn redo(&mut self, now: impl Fn(usize, Control) -> Option<Control>) -> Option<Vec<Order>> {
        let mut entry = self.undone.pop()?;
        let number = entry.number;
        let order = match &mut entry.deed {
            Deed::Set(parts) => {
                for part in parts.iter_mut() {
                    part.from = now(part.lane, part.to).unwrap_or(part.from);
                }
                let to = parts.iter().map(|part| (part.lane, part.to));
                Order::Change(number, to.collect())
            }
            Deed::Restart(how, lanes) => Order::Restart(number, *how, self.kept_by(*how, *lanes)),
            Deed::Branch { .. } => Order::Show,
        };
        self.done.push(entry);
        Some(vec![order])
    }

    /// Takes weights and dials of these lanes back to before the latest entry, and that off the history: it can be
    /// made again. Of an entry of several lanes the part of the others stays the latest. `None` if it has no part in
    /// these lanes.
    pub fn rewind(&mut self, lanes: &[usize]) -> Option<Vec<Order>> {
        let last = self.done.last_mut()?;
        let number = last.number;
        let Deed::Set(parts) = &mut last.deed else {
            let meant = match last.deed {
                Deed::Branch { lane, .. } => lanes.contains(&lane),
                _ => true,
            };
            return if meant { self.undo() } else { None };
        };
        let (back, stay): (Vec<_>, Vec<_>) =
            parts.iter().partition(|part| lanes.contains(&part.lane));
        if back.is_empty() {
            return None;
        }
        if stay.is_empty() {
            self.done.pop();
        } else {
            *parts = stay;
        }
        let mut by_lane: Vec<(usize, Vec<Control>)> = Vec::new();
        for (lane, control) in from(&back) {
            match by_lane.iter_mut().find(|(known, _)| *known == lane) {
                Some((_, controls)) => controls.push(control),
                None => by_lane.push((lane, vec![control])),
            }
        }
        self.undone.push(Entry {
            number,
            deed: Deed::Set(back),
        });
        Some(vec![Order::GoBack(number, by_lane)])
    }

    /// The latest entry came to nothing: a lane did not branch off.
    pub fn drop_last(&mut self) {
        self.done.pop();
    }

    /// What stands set by hand in a lane: what a reset keeps.
    pub fn kept(&self, lane: usize) -> Vec<Control> {
        kept(&self.done, lane)
    }

    /// Whether the bias that the lane has came with a change of its loss.
    pub fn bias_came_with_the_loss(&self, lane: usize) -> bool {
        for entry in self.done.iter().rev() {
            let Deed::Set(parts) = &entry.deed else {
                continue;
            };
            let mut own = parts.iter().filter(|part| part.lane == lane);
            let with_loss = own.clone().any(|part| part.to.name() == "loss");
            if let Some(bias) = own.find(|part| part.to.name() == "bias") {
                return with_loss && bias.from == Control::NoBias;
            }
        }
        false
    }

    fn kept_by(&self, how: Restart, lanes: usize) -> Vec<Vec<Control>> {
        match how {
            Restart::Defaults => vec![Vec::new(); lanes],
            Restart::Reset | Restart::Seed(_) => (0..lanes).map(|lane| self.kept(lane)).collect(),
        }
    }

    /// A new entry: what was taken back cannot be made again.
    fn push(&mut self, deed: Deed) -> Vec<Order> {
        let branched = |entry: &Entry| matches!(entry.deed, Deed::Branch { .. });
        let hidden = self.undone.iter().any(branched);
        self.undone.clear();
        self.count += 1;
        let number = self.count;
        self.done.push(Entry { number, deed });
        if hidden {
            vec![Order::EndHidden]
        } else {
            Vec::new()
        }
    }
}

impl Entry {
    /// Whether the lane remembers its state before it.
    fn touches(&self, lane: usize) -> bool {
        match &self.deed {
            Deed::Set(parts) => parts.iter().any(|part| part.lane == lane),
            Deed::Restart(_, lanes) => lane < *lanes,
            Deed::Branch { .. } => false,
        }
    }
}

/// What sets these back, the last first.
fn from(parts: &[Part]) -> Vec<(usize, Control)> {
    parts.iter().rev().map(|p| (p.lane, p.from)).collect()
}

/// What these entries leave set in a lane.
fn kept(done: &[Entry], lane: usize) -> Vec<Control> {
    let mut set = Vec::new();
    for entry in done {
        match &entry.deed {
            Deed::Set(parts) => {
                set.extend(parts.iter().filter(|p| p.lane == lane).map(|p| p.to));
            }
            Deed::Restart(Restart::Defaults, lanes) if lane < *lanes => set.clear(),
            Deed::Branch {
                lane: new, kept, ..
            } if *new == lane => set.clone_from(kept),
            Deed::Restart(..) | Deed::Branch { .. } => {}
        }
    }
    last_of_each(set)
}

#[cfg(test)]
mod tests;
