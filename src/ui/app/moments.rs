//! The moments of a lesson: where it is, what it says there, and what lets the run go on.

use super::{App, Effect, Tone};
use crate::control::Control;
use crate::lab::Command;
use crate::scenario::{Lesson, Moment, WaitFor};
use crate::telemetry::LaneStatus;

/// Steps after the last moment for which its text stays: what follows is to be looked at before it is explained.
const LOOK: u64 = 40;

/// Where a lesson is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LessonStage {
    /// Before its first moment.
    First {
        /// Whether the learner is waited for, before the first step.
        waits: bool,
    },
    /// At this moment: the run waits for the learner.
    Waiting(usize),
    /// After this moment: the run goes on.
    After(usize),
    /// All its claims are seen, and no moment is to come.
    End,
}

impl LessonStage {
    /// Whether the learner is waited for.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Waiting(_) | Self::First { waits: true })
    }
}

impl App {
    /// Where the lesson is, if there is one.
    pub fn lesson_stage(&self) -> Option<LessonStage> {
        let moments = &self.scenario.lesson.as_ref()?.moments;
        // A lane that failed holds up nobody.
        let failed = |status: &LaneStatus| matches!(status, LaneStatus::Failed(_));
        let alive = || self.lanes.iter().filter(|lane| !failed(&lane.status));
        let step = alive().map(|lane| lane.step).min().unwrap_or(0);
        let stands = alive().all(|lane| lane.status != LaneStatus::Running);
        let passed = moments.iter().rposition(|moment| moment.at <= step);
        let seen_enough = moments.last().is_none_or(|last| step >= last.at + LOOK);
        let answered = self.course.answered == Some(step);
        Some(match passed {
            Some(i) if moments[i].at == step && stands && !answered => LessonStage::Waiting(i),
            _ if self.course.watch.all_seen() && seen_enough => LessonStage::End,
            Some(i) => LessonStage::After(i),
            None => LessonStage::First {
                waits: !moments.is_empty() && step == 0 && stands && !answered,
            },
        })
    }

    /// What the lesson says now.
    pub fn lesson_text(&self) -> Option<String> {
        let lesson = self.scenario.lesson.as_ref()?;
        Some(text(lesson, self.lesson_stage()?))
    }

    /// Every text of the lesson, so that the tallest of them has room.
    pub fn lesson_texts(&self) -> Vec<String> {
        let Some(lesson) = &self.scenario.lesson else {
            return Vec::new();
        };
        let waits = !lesson.moments.is_empty();
        let each = (0..lesson.moments.len())
            .flat_map(|i| [LessonStage::Waiting(i), LessonStage::After(i)]);
        [LessonStage::First { waits }, LessonStage::End]
            .into_iter()
            .chain(each)
            .map(|stage| text(lesson, stage))
            .collect()
    }

    /// Whether the lanes are about to wait for the learner before their first step.
    pub(super) fn begins_waiting(&self) -> bool {
        let lesson = self.scenario.lesson.as_ref();
        lesson.is_some_and(|lesson| !lesson.moments.is_empty())
    }

    /// Adds to the effects of an action what follows from it in the lesson. `stage` is where the lesson was before,
    /// and `explaining` whether a card was open.
    pub(super) fn go_on_after(
        &mut self,
        stage: Option<LessonStage>,
        explaining: bool,
        mut effects: Vec<Effect>,
    ) -> Vec<Effect> {
        let Some(lesson) = self.scenario.lesson.clone() else {
            return effects;
        };
        let told = |effects: &[Effect], which: fn(&Command) -> bool| {
            effects
                .iter()
                .any(|effect| matches!(effect, Effect::Send { command, .. } if which(command)))
        };
        if told(&effects, |c| {
            matches!(c, Command::GoBack(_) | Command::Reset(_))
        }) {
            self.course.answered = None;
            self.hold_all(&lesson, &mut effects);
        }
        let Some(stage) = stage.filter(|stage| stage.waits()) else {
            return effects;
        };
        let goes = told(&effects, |c| {
            matches!(c, Command::Resume | Command::Step(_))
        });
        let done = match stage {
            LessonStage::Waiting(i) => self.answers(&lesson.moments[i], explaining, &effects),
            _ => false,
        };
        if done && !goes {
            self.intent = Some(true);
            effects.push(Effect::Send {
                lane: None,
                command: Command::Resume,
            });
        }
        if done || goes {
            self.course.answered = self.lanes.iter().map(|lane| lane.step).min();
        }
        effects
    }

    /// Whether the action is what the moment waits for.
    fn answers(&mut self, moment: &Moment, explaining: bool, effects: &[Effect]) -> bool {
        match moment.wait_for {
            WaitFor::Play => false,
            WaitFor::Card => explaining && !self.course.explaining,
            WaitFor::Turn(dial) => {
                let turned: Vec<usize> = applied(effects)
                    .filter(|(_, control)| control.dial() == dial)
                    .map(|(lane, _)| lane)
                    .collect();
                let meant = moment.lane.as_ref();
                let meant = |lane: &usize| meant.is_none_or(|name| self.lanes[*lane].lane == *name);
                let right = turned.iter().any(meant);
                if let (false, [lane, ..], Some(name)) = (right, &turned[..], &moment.lane) {
                    let other = self.lanes[*lane].lane.clone();
                    self.message = Some((
                        Tone::Trouble,
                        format!("that was {other}: press u, then choose {name}"),
                    ));
                }
                right
            }
        }
    }

    /// Whoever goes back wants to try again: all lanes stand still until that is done. Lanes that are reset pause by
    /// themselves before their first step.
    fn hold_all(&self, lesson: &Lesson, effects: &mut Vec<Effect>) {
        if lesson.moments.is_empty() {
            return;
        }
        let reset = |lane: usize| {
            effects.iter().any(|effect| match effect {
                Effect::Send { lane: to, command } => {
                    matches!(command, Command::Reset(_)) && to.is_none_or(|to| to == lane)
                }
                _ => false,
            })
        };
        let others: Vec<usize> = (0..self.lanes.len()).filter(|lane| !reset(*lane)).collect();
        let pause = |lane| Effect::Send {
            lane: Some(lane),
            command: Command::Pause,
        };
        effects.extend(others.into_iter().map(pause));
    }
}

/// The controls that effects set, with their lanes.
fn applied(effects: &[Effect]) -> impl Iterator<Item = (usize, &Control)> {
    let parts = effects.iter().filter_map(|effect| match effect {
        Effect::Change { parts, .. } => Some(parts),
        _ => None,
    });
    parts.flatten().map(|(lane, control)| (*lane, control))
}

fn text(lesson: &Lesson, stage: LessonStage) -> String {
    match stage {
        LessonStage::First { waits: true } => format!("{} Press Space to start.", lesson.prompt),
        LessonStage::First { waits: false } => lesson.prompt.clone(),
        LessonStage::Waiting(i) => {
            let moment = &lesson.moments[i];
            format!("The run waits for you. {}", moment.prompt)
        }
        LessonStage::After(i) if !lesson.moments[i].look.is_empty() => {
            lesson.moments[i].look.clone()
        }
        LessonStage::After(i) => lesson.moments[i].prompt.clone(),
        LessonStage::End if lesson.end.is_empty() => lesson.prompt.clone(),
        LessonStage::End => lesson.end.clone(),
    }
}
