//! [`Before`]: what there was before each change by hand, found by the change's number.

use std::collections::VecDeque;

/// What there was before each change, oldest first. Numbers rise.
#[derive(Clone, Debug)]
pub struct Before<T>(VecDeque<(u64, T)>);

impl<T> Default for Before<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Before<T> {
    /// Remembers what there is before this change. Changes of this number or a later one are of a path that was left.
    pub fn push(&mut self, number: u64, state: T) {
        self.forget(number);
        self.0.push_back((number, state));
    }

    /// Forgets this change and all after it.
    pub fn forget(&mut self, number: u64) {
        while self.0.back().is_some_and(|(last, _)| *last >= number) {
            self.0.pop_back();
        }
    }

    /// Hands out what there was before this change, and forgets this change and all after it.
    pub fn take(&mut self, number: u64) -> Option<T> {
        let place = self.0.iter().position(|(known, _)| *known == number)?;
        self.0.truncate(place + 1);
        self.0.pop_back().map(|(_, state)| state)
    }

    /// The latest change, and what there was before it.
    pub fn last(&self) -> Option<&(u64, T)> {
        self.0.back()
    }

    /// The number of the latest change; 0 if there is none.
    pub fn number(&self) -> u64 {
        self.last().map_or(0, |(number, _)| *number)
    }

    /// All states, oldest first.
    pub fn states(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, state)| state)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lets the oldest go: there is no room for it.
    pub fn drop_oldest(&mut self) {
        self.0.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(before: &Before<char>) -> String {
        before.states().collect()
    }

    #[test]
    fn a_state_is_found_by_its_number_and_later_ones_go_with_it() {
        let mut before = Before::default();
        for (number, state) in [(1, 'a'), (2, 'b'), (5, 'c')] {
            before.push(number, state);
        }
        assert_eq!((before.number(), before.take(3)), (5, None));
        assert_eq!(states(&before), "abc");
        assert_eq!(before.take(2), Some('b'));
        assert_eq!(states(&before), "a");
    }

    #[test]
    fn a_change_made_again_replaces_what_was_before_it() {
        let mut before = Before::default();
        for (number, state) in [(1, 'a'), (2, 'b'), (3, 'c'), (2, 'd')] {
            before.push(number, state);
        }
        assert_eq!(states(&before), "ad");
        before.forget(2);
        assert_eq!((states(&before), before.number()), ("a".into(), 1));
        before.drop_oldest();
        assert!(before.is_empty() && before.last().is_none() && before.number() == 0);
    }
}
