//! [`Mark`]: the numbered changes that all charts show.

use std::sync::Arc;

use crate::quantity::Value;
use crate::telemetry::Snapshot;

/// Changes that are shown as one: the same control, turned within a few steps, in one or more lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// From 1, in order of steps; `None` where a lane branched off, which has the lane's own sign.
    pub number: Option<usize>,
    /// Step of the first change.
    pub step: u64,
    /// Step of the last.
    until: u64,
    /// Lanes that were changed.
    pub lanes: Vec<usize>,
    /// The control's name in records.
    pub name: &'static str,
    /// Before the first change.
    pub old: Option<Value>,
    /// After the last.
    pub new: Option<Value>,
}

/// The marks of these lanes. A dial that was turned by many key presses is one mark.
pub fn collect(lanes: &[Arc<Snapshot>]) -> Vec<Mark> {
    let last = lanes.iter().map(|lane| lane.step).max().unwrap_or(0);
    let near = (last / 60).max(4);
    let mut changes: Vec<_> = lanes
        .iter()
        .enumerate()
        .flat_map(|(i, lane)| lane.applied.iter().map(move |a| (i, a)))
        .collect();
    changes.sort_by_key(|(lane, applied)| (applied.step, *lane));
    let mut marks: Vec<Mark> = Vec::new();
    for (lane, applied) in changes {
        let name = applied.control.name();
        let same = marks.iter_mut().rev().find(|mark| {
            mark.name == name
                && applied.step - mark.until <= near
                && (mark.lanes.contains(&lane) || mark.new == applied.new)
        });
        if let Some(mark) = same {
            mark.until = applied.step;
            mark.new = applied.new;
            if !mark.lanes.contains(&lane) {
                mark.lanes.push(lane);
            }
        } else {
            let (old, new, step) = (applied.old, applied.new, applied.step);
            marks.push(Mark {
                number: None,
                step,
                until: step,
                lanes: vec![lane],
                name,
                old,
                new,
            });
        }
    }
    for (i, mark) in marks.iter_mut().enumerate() {
        mark.number = Some(i + 1);
    }
    let branches = lanes.iter().enumerate().filter_map(|(i, lane)| {
        let step = lane.branched?;
        Some(Mark {
            number: None,
            step,
            until: step,
            lanes: vec![i],
            name: "branch",
            old: None,
            new: None,
        })
    });
    marks.extend(branches);
    marks.sort_by_key(|mark| mark.step);
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Applied, By, Control};
    use crate::quantity::{BatchSize, Temperature};

    fn lane(changes: &[(u64, f64)]) -> Arc<Snapshot> {
        let mut lane = Snapshot::starting("a", 1000);
        lane.step = 600;
        let applied = changes.iter().map(|&(step, tau)| Applied {
            step,
            control: Control::Temperature(Temperature::new(tau).unwrap()),
            old: Some(Value::Real(1.0)),
            new: Some(Value::Real(tau)),
            by: By::Hand(1),
        });
        lane.applied = Arc::new(applied.collect());
        Arc::new(lane)
    }

    #[test]
    fn a_dial_turned_by_many_presses_is_one_mark() {
        let marks = collect(&[lane(&[(100, 0.5), (101, 0.4), (103, 0.3), (300, 0.2)])]);
        assert_eq!(marks.len(), 2);
        assert_eq!((marks[0].step, marks[0].new), (100, Some(Value::Real(0.3))));
        assert_eq!((marks[1].number, marks[1].step), (Some(2), 300));
    }

    #[test]
    fn the_same_change_in_two_lanes_is_one_mark() {
        let marks = collect(&[lane(&[(100, 0.5)]), lane(&[(102, 0.5)])]);
        assert_eq!(marks.len(), 1);
        assert_eq!(marks[0].lanes, [0, 1]);
        assert_eq!(
            collect(&[lane(&[(100, 0.5)]), lane(&[(100, 0.4)])]).len(),
            2
        );
    }

    #[test]
    fn a_branch_is_a_mark_without_a_number() {
        let mut child = Snapshot::clone(&lane(&[(100, 0.5), (400, 0.4)]));
        child.branched = Some(200);
        let marks = collect(&[lane(&[(100, 0.5)]), Arc::new(child)]);
        let seen: Vec<_> = marks.iter().map(|m| (m.step, m.number, m.name)).collect();
        assert_eq!(
            seen,
            [
                (100, Some(1), "temperature"),
                (200, None, "branch"),
                (400, Some(2), "temperature")
            ]
        );
        assert_eq!(marks[1].lanes, [1]);
    }

    #[test]
    fn different_controls_do_not_merge() {
        let mut other = Snapshot::starting("a", 10);
        let control = Control::BatchSize(BatchSize::new(8).unwrap());
        other.applied = Arc::new(vec![Applied {
            step: 100,
            control,
            old: None,
            new: Some(Value::Whole(8)),
            by: By::Hand(1),
        }]);
        assert_eq!(collect(&[lane(&[(100, 0.5)]), Arc::new(other)]).len(), 2);
    }
}
