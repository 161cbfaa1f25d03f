//! [`Pacer`]: keeps the lanes that somebody watches in step, lets them pause at the same step, and
//! slows them down on request.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Steps that a lane may be ahead of the slowest: with none, lanes would wait for one another at every
/// step, and time would be lost to each hiccup of either.
const LEAD: u64 = 1;

/// Longest wait between two looks at the commands.
const NAP: Duration = Duration::from_millis(20);

/// What the lanes of a lab agree on.
#[derive(Default)]
pub(super) struct Pacer {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    seats: Vec<Seat>,
    /// No lane steps beyond it: where all of them pause.
    limit: Option<u64>,
    /// Least time from the start of a step to the start of the next.
    gap: Duration,
}

/// A lane, as the others see it.
#[derive(Clone, Copy, Default)]
struct Seat {
    done: u64,
    /// Whether a step is being made.
    begun: bool,
    /// Whether that step is about to be complete, and nothing can change it any more.
    committed: bool,
    /// Whether it wants to step; one that does not is waited for by nobody.
    going: bool,
}

impl Pacer {
    /// A place for one more lane.
    pub fn join(&self) -> usize {
        let mut state = self.lock();
        state.seats.push(Seat::default());
        state.seats.len() - 1
    }

    /// Says where a lane stands between two steps.
    pub fn stands(&self, seat: usize, done: u64, going: bool) {
        self.lock().seats[seat] = Seat {
            done,
            going,
            ..Seat::default()
        };
        self.bell.notify_all();
    }

    /// Says whether a lane completes its step next, and looks at commands only after that.
    pub fn commits(&self, seat: usize, commits: bool) {
        self.lock().seats[seat].committed = commits;
    }

    /// Begins a step if that keeps the lanes together.
    pub fn may_step(&self, seat: usize, last: Option<Instant>) -> bool {
        let mut state = self.lock();
        let me = state.seats[seat];
        let slowest = state.seats.iter().filter(|s| s.going).map(|s| s.done).min();
        let together = slowest.is_none_or(|slowest| me.done <= slowest + LEAD);
        let allowed = state.limit.is_none_or(|limit| me.done < limit);
        let due = last.is_none_or(|last| last.elapsed() >= state.gap);
        let may = together && allowed && due;
        state.seats[seat].begun = may;
        may
    }

    /// Waits until something changes, but not for long.
    pub fn nap(&self) {
        let state = self.lock();
        // Whether it was woken or not: the caller looks again.
        let _ = self.bell.wait_timeout(state, NAP);
    }

    /// Wakes all that nap: there is a command.
    pub fn ring(&self) {
        self.bell.notify_all();
    }

    /// From here on no lane steps beyond the one that is farthest.
    pub fn hold(&self) {
        let mut state = self.lock();
        let going = state.seats.iter().filter(|s| s.going);
        state.limit = going.map(|s| s.done + u64::from(s.begun)).max();
    }

    /// Calls `send` with the number of steps that none of these lanes has passed when what it sends
    /// reaches them: a lane looks at its commands once more between [`Pacer::commits`] and its step.
    pub fn together(&self, seats: &[usize], send: impl FnOnce(u64)) {
        let state = self.lock();
        let going = seats.iter().filter_map(|seat| state.seats.get(*seat));
        let going = going.filter(|seat| seat.going);
        let farthest = going
            .map(|seat| seat.done + u64::from(seat.committed))
            .max();
        // Still locked: no lane may begin a step until it is sent.
        send(farthest.unwrap_or(0));
        drop(state);
    }

    /// Lets them go on.
    pub fn release(&self) {
        self.lock().limit = None;
    }

    /// Whether a lane that is to pause has reached the others.
    pub fn level(&self, done: u64) -> bool {
        self.lock().limit.is_none_or(|limit| done >= limit)
    }

    /// Sets the least time from step to step.
    pub fn slow_down(&self, gap: Duration) {
        self.lock().gap = gap;
        self.bell.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> (Pacer, usize, usize) {
        let pacer = Pacer::default();
        let (a, b) = (pacer.join(), pacer.join());
        pacer.stands(a, 0, true);
        pacer.stands(b, 0, true);
        (pacer, a, b)
    }

    #[test]
    fn nobody_runs_ahead() {
        let (pacer, a, b) = two();
        assert!(pacer.may_step(a, None));
        pacer.stands(a, 1, true);
        assert!(pacer.may_step(a, None));
        pacer.stands(a, 2, true);
        assert!(!pacer.may_step(a, None));
        assert!(pacer.may_step(b, None));
        pacer.stands(b, 1, true);
        assert!(pacer.may_step(a, None));
        // Who does not want to step is not waited for.
        pacer.stands(a, 3, true);
        assert!(!pacer.may_step(a, None));
        pacer.stands(b, 1, false);
        assert!(pacer.may_step(a, None));
    }

    #[test]
    fn a_change_to_all_comes_where_none_has_passed() {
        let (pacer, a, b) = two();
        let at = |seats: &[usize]| {
            let mut at = None;
            pacer.together(seats, |step| at = Some(step));
            at.unwrap()
        };
        assert_eq!(at(&[a, b]), 0);
        assert!(pacer.may_step(a, None));
        assert_eq!(at(&[a, b]), 0, "it is still for the step under way");
        pacer.commits(a, true);
        assert_eq!(at(&[a, b]), 1, "the step under way goes without it");
        assert_eq!(at(&[b]), 0);
        pacer.stands(a, 1, true);
        assert_eq!(at(&[a, b]), 1);
        // One that stands still is not waited for, and takes it at once.
        pacer.stands(a, 9, false);
        assert_eq!(at(&[a, b]), 0);
    }

    #[test]
    fn all_pause_at_the_same_step() {
        let (pacer, a, b) = two();
        assert!(pacer.may_step(a, None));
        pacer.stands(a, 1, true);
        assert!(pacer.may_step(a, None) && pacer.may_step(b, None));
        // One makes its second step, the other its first.
        pacer.hold();
        pacer.stands(a, 2, true);
        pacer.stands(b, 1, true);
        assert!(pacer.level(2) && !pacer.level(1));
        assert!(!pacer.may_step(a, None) && pacer.may_step(b, None));
        pacer.stands(b, 2, true);
        assert!(!pacer.may_step(b, None) && pacer.level(2));
        pacer.release();
        assert!(pacer.may_step(a, None) && pacer.may_step(b, None));
    }

    #[test]
    fn a_slow_lab_waits_between_steps() {
        let (pacer, a, _) = two();
        pacer.slow_down(Duration::from_secs(3600));
        assert!(pacer.may_step(a, None));
        assert!(!pacer.may_step(a, Some(Instant::now())));
        pacer.slow_down(Duration::ZERO);
        assert!(pacer.may_step(a, Some(Instant::now())));
    }
}
