//! [`Sides`]: which pictures a probe is fitted to, and which it is tested on.
//!
//! Concepts are dealt into three groups, so that nothing is tested on a concept that the probe was fitted to:
//! three fifths to fit, a fifth to choose the regularisation, a fifth to test. In domain are pictures of the test
//! concepts like those that were trained on; transfer is to held-out ones: another drawing style, or combinations
//! of attributes that training never saw.

use crate::data::{ClassId, Labels};
use crate::random::{Purpose, generator, shuffle_front};

/// Fixed: all models are tested on the same concepts.
pub(super) const SEED: u64 = 0x5052_4f42;

/// Which pictures are for what: places in the two galleries.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides {
    /// Trained pictures to fit on.
    pub fit: Vec<usize>,
    /// Trained pictures to choose the regularisation by.
    pub validation: Vec<usize>,
    /// Trained pictures to test on.
    pub in_domain: Vec<usize>,
    /// Held-out pictures to test on.
    pub transfer: Vec<usize>,
    /// Label of every trained picture.
    pub trained: Vec<usize>,
    /// Label of every held-out picture.
    pub held_out: Vec<usize>,
}

impl Sides {
    /// Deals the classes of each value of a property, in random order: the second and every fifth after it go to the
    /// test, the third and every fifth after it to validation. A value with a single class is only fitted.
    pub fn new(label: &Labels, trained: &[ClassId], held_out: &[ClassId]) -> Self {
        #[derive(Clone, Copy, PartialEq)]
        enum Use {
            Fit,
            Validation,
            Test,
        }
        let mut uses = vec![Use::Test; label.of.len()];
        let mut seen = vec![false; label.of.len()];
        for class in trained {
            seen[*class] = true;
        }
        for value in 0..label.values.len() {
            let mut classes: Vec<ClassId> = (0..label.of.len())
                .filter(|class| label.of[*class] == value && seen[*class])
                .collect();
            let count = classes.len();
            let mut rng = generator(SEED, Purpose::Gallery, 1, value as u64);
            shuffle_front(&mut rng, &mut classes, count);
            for (i, class) in classes.into_iter().enumerate() {
                uses[class] = match i % 5 {
                    1 => Use::Test,
                    2 => Use::Validation,
                    _ => Use::Fit,
                };
            }
        }
        let places = |classes: &[ClassId], wanted: Use| -> Vec<usize> {
            let of = |(i, class): (usize, &ClassId)| (uses[*class] == wanted).then_some(i);
            classes.iter().enumerate().filter_map(of).collect()
        };
        let values = |classes: &[ClassId]| classes.iter().map(|class| label.of[*class]).collect();
        Self {
            fit: places(trained, Use::Fit),
            validation: places(trained, Use::Validation),
            in_domain: places(trained, Use::Test),
            transfer: places(held_out, Use::Test),
            trained: values(trained),
            held_out: values(held_out),
        }
    }

    /// Whether there is something to fit and something to test.
    pub fn usable(&self) -> bool {
        !self.fit.is_empty() && !self.in_domain.is_empty() && !self.transfer.is_empty()
    }

    /// Labels of these trained pictures.
    pub fn labels(&self, places: &[usize]) -> Vec<usize> {
        places.iter().map(|i| self.trained[*i]).collect()
    }

    /// Labels of the held-out test pictures.
    pub fn transfer_labels(&self) -> Vec<usize> {
        self.transfer.iter().map(|i| self.held_out[*i]).collect()
    }
}
