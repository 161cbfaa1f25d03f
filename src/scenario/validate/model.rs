//! Towers whose sizes do not fit together, or that no machine could hold.

use super::check::Check;
use crate::scenario::Scenario;

/// Of one batch's pictures alone; everything else comes on top.
const MOST_GIB: f64 = 4.0;

impl Check<'_> {
    /// Sizes of the towers that do not fit together.
    pub fn model(&mut self, scenario: &Scenario) {
        for misfit in scenario.model.misfits() {
            let path = match misfit.field {
                "" => "model".to_owned(),
                field => format!("model.{field}"),
            };
            // A default is at fault where it is not stated: the tower is pointed at then.
            let label = match misfit.unstated {
                Some(label) if !self.outline.states(&path) => label,
                _ => misfit.label,
            };
            self.fault(&path, misfit.message, &label, misfit.help);
        }
    }

    /// Refuses what would only run out of memory: a clear word instead of a killed process.
    pub fn size(&mut self, scenario: &Scenario) {
        let side = scenario.model.image.image_size().get() as f64;
        let lanes = scenario.lanes.iter().enumerate();
        let own =
            lanes.filter_map(|(i, lane)| Some((format!("lanes.{i}.batch_size"), lane.batch_size?)));
        let batches: Vec<_> =
            std::iter::once(("train.batch_size".into(), scenario.train.batch_size))
                .chain(own)
                .collect();
        for (path, batch) in batches {
            let gib = batch.get() as f64 * side * side * 3.0 * 4.0 / f64::from(1 << 30);
            if gib > MOST_GIB {
                let message = format!("the images of one batch need {gib:.1} GiB");
                let help = "lower `batch_size` or `image_size`".to_string();
                self.fault(&path, message, &format!("at most {MOST_GIB} GiB"), help);
            }
        }
    }
}
