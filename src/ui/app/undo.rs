//! What was changed by hand: to undo and redo it, to give it to the other lanes, to go back or branch
//! off before it; and how fast the lab goes.

use std::time::Duration;

use crate::control::Control;
use crate::lab::Command;
use crate::quantity::short;

use super::changes::Change;
use super::{App, Effect};
use crate::ui::action::Action;

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
        let mut controls = controls;
        // What stands there already is no change, and gets no mark.
        controls.retain(|(lane, control)| {
            let now = self.settings(*lane).and_then(|s| s.control_like(*control));
            now != Some(*control)
        });
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
            self.complain(
                "change one lane first (a addresses it), then A gives the change to the others",
            );
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
                self.complain("which lane? Press a until it is addressed, then branch again");
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

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;
    use crate::control::Dial;
    use crate::quantity::Value;
    use crate::ui::fixture;

    fn tap(app: &mut App, code: KeyCode) -> Vec<Effect> {
        app.key(KeyEvent::from(code))
    }

    fn press(app: &mut App, key: char) -> Vec<Effect> {
        tap(app, KeyCode::Char(key))
    }

    fn redo(app: &mut App) -> Vec<Effect> {
        app.key(KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL))
    }

    /// The values that these effects set, with their lanes.
    fn values(effects: &[Effect]) -> Vec<(usize, Option<Value>)> {
        let value = |effect: &Effect| match effect {
            Effect::Send {
                lane: Some(lane),
                command: Command::Apply(control),
            } => (*lane, control.value()),
            other => panic!("{other:?} sets nothing"),
        };
        effects.iter().map(value).collect()
    }

    fn tau(app: &App, lane: usize) -> Option<Value> {
        app.settings(lane).unwrap().get(Dial::Temperature)
    }

    #[test]
    fn undo_and_redo_go_through_the_changes_one_by_one() {
        let mut app = fixture::app(300);
        let before = tau(&app, 0);
        press(&mut app, 'a');
        // Turns in a row are one change; another dial is another.
        tap(&mut app, KeyCode::Right);
        let turned = values(&tap(&mut app, KeyCode::Right));
        app.update(Action::Dial(Dial::LearningRate));
        let rate = app.settings(0).unwrap().get(Dial::LearningRate);
        tap(&mut app, KeyCode::Right);
        assert_eq!(values(&press(&mut app, 'u')), [(0, rate)]);
        assert_eq!(values(&press(&mut app, 'u')), [(0, before)]);
        assert_eq!(tau(&app, 0), before);
        assert!(press(&mut app, 'u').is_empty());
        assert!(
            app.message
                .as_ref()
                .unwrap()
                .1
                .contains("nothing was changed")
        );
        assert_eq!(values(&redo(&mut app)), turned);
        redo(&mut app);
        assert!(redo(&mut app).is_empty());
        // A new change leaves nothing to be made again.
        press(&mut app, 'u');
        tap(&mut app, KeyCode::Left);
        assert!(redo(&mut app).is_empty());
    }

    #[test]
    fn a_bias_that_was_given_is_taken_away_again() {
        let mut app = fixture::app(300);
        press(&mut app, 'a');
        press(&mut app, 'b');
        let given = values(&tap(&mut app, KeyCode::Right));
        assert_eq!(given, [(0, Some(Value::Real(0.0)))]);
        assert_eq!(values(&press(&mut app, 'u')), [(0, None)]);
        assert_eq!(app.settings(0).unwrap().bias, None);
    }

    #[test]
    fn rewind_and_branch_go_to_the_addressed_lane() {
        let mut app = fixture::app(300);
        assert!(app.update(Action::Branch).is_empty());
        assert!(app.message.as_ref().unwrap().1.contains("which lane"));
        press(&mut app, 'a');
        assert_eq!(app.update(Action::Branch), [Effect::Branch(0)]);
        tap(&mut app, KeyCode::Right);
        let rewind = Effect::Send {
            lane: Some(0),
            command: Command::Rewind,
        };
        assert_eq!(press(&mut app, 'U'), [rewind]);
        // The change is gone with what came after it.
        assert!(app.pending.is_empty());
        assert!(press(&mut app, 'u').is_empty());
    }

    #[test]
    fn one_key_gives_a_lanes_change_to_all_others() {
        let mut app = fixture::app(300);
        assert!(press(&mut app, 'A').is_empty());
        press(&mut app, 'a');
        let turned = values(&tap(&mut app, KeyCode::Right));
        assert!(app.message.as_ref().unwrap().1.contains("A: all lanes"));
        let other = tau(&app, 1);
        assert_eq!(values(&press(&mut app, 'A')), [(1, turned[0].1)]);
        assert_eq!(tau(&app, 1), tau(&app, 0));
        assert_eq!(values(&press(&mut app, 'u')), [(1, other)]);
    }

    #[test]
    fn the_pace_goes_down_and_up_again() {
        let mut app = fixture::app(300);
        assert_eq!(press(&mut app, '<'), [Effect::SlowDown(GAPS[1])]);
        for _ in 0..20 {
            press(&mut app, '<');
        }
        assert_eq!(
            press(&mut app, '>'),
            [Effect::SlowDown(GAPS[GAPS.len() - 2])]
        );
        for _ in 0..20 {
            press(&mut app, '>');
        }
        assert_eq!(press(&mut app, '>'), [Effect::SlowDown(Duration::ZERO)]);
    }
}
