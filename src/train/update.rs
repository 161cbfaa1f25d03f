//! The end of a step: gradients are clipped, weights, temperature and bias move, and the step is reported.

use std::time::Instant;

use tch::Tensor;

use super::in_progress::StepInProgress;
use super::latest::Latest;
use super::phases::Laps;
use super::tower::Tower;
use super::trainer::Trainer;
use crate::error::Result;
use crate::optim::{Hyperparameters, finite, learned};
use crate::quantity::temperature;
use crate::telemetry::StepReport;

/// Lower clamp of the log logit scale, as in OpenCLIP: a scale of one.
const MIN_LOGIT_SCALE: f64 = 0.0;

impl Trainer {
    /// Clips, updates, reports.
    pub(super) fn finish(
        &mut self,
        mut step: StepInProgress,
        began: Instant,
    ) -> Result<StepReport> {
        let mut laps = Laps::start();
        let (Some(compared), Some(mut gradients)) = (step.compared, step.gradients) else {
            unreachable!("a step is finished after its last part");
        };
        let (found, tower_norm) = compared.read(&gradients.f_norm()?)?;
        step.phases.loss += laps.lap();

        let dial_gradients = [Some(found.grad_logit_scale), found.grad_logit_bias];
        let grad_norm = dial_gradients
            .iter()
            .flatten()
            .fold(tower_norm.powi(2), |sum, g| sum + g * g)
            .sqrt();
        self.exchange_statistics(&mut step.tracked)?;
        self.kept = None;
        self.now.step += 1;
        let by = Hyperparameters::at(self.now.step, &self.train, &self.now.settings);
        let seen = found.diagnostics;
        let mut report = StepReport {
            step: self.now.step,
            loss: found.loss,
            loss_image_to_text: found.image_to_text,
            loss_text_to_image: found.text_to_image,
            logit_scale: self.now.logit_scale.value,
            temperature: temperature(self.now.logit_scale.value),
            logit_bias: self.now.logit_bias.map(|bias| bias.value),
            learning_rate: by.learning_rate,
            grad_norm,
            param_norm: f64::NAN,
            update_norm: f64::NAN,
            positive_logits: seen.positive_logits,
            negative_logits: seen.negative_logits,
            accuracy_image_to_text: seen.accuracy_image_to_text,
            accuracy_text_to_image: seen.accuracy_text_to_image,
            batch_size: self.now.settings.batch_size,
            data: step.batch.measured(),
            seconds: 0.0,
        };
        if found.loss.is_finite() && grad_norm.is_finite() {
            let shrink = self
                .train
                .grad_clip
                .map_or(1.0, |most| (most.get() / (grad_norm + 1e-6)).min(1.0));
            if shrink < 1.0 {
                let _ = gradients.f_mul_scalar_(shrink)?;
            }
            let trained = self.trained();
            let norms = self.optimizer.update(&gradients, &by, Some(&trained))?;
            let moved = self.update_dials(dial_gradients, shrink, &by);
            report.param_norm = norms.parameters;
            report.update_norm = (norms.update.powi(2) + moved).sqrt();
        } else {
            let [image, text] = &compared.features;
            let forward = [
                ("image features", finite(image)?),
                ("text features", finite(text)?),
                ("loss", found.loss.is_finite()),
            ];
            self.suspect = Some(match forward.iter().find(|(_, finite)| !finite) {
                Some((name, _)) => (*name).to_owned(),
                None => self.suspect_gradient(&gradients)?,
            });
        }
        step.phases.optimizer = laps.lap();
        self.phases = step.phases;
        let [image_features, text_features] = compared.features;
        self.latest = Some(Latest {
            step: self.now.step,
            batch: step.batch,
            image_features,
            text_features,
        });
        report.seconds = (step.spent + began.elapsed()).as_secs_f64();
        Ok(report)
    }

    /// Whether each parameter that the optimizer moves is of a tower that learns.
    fn trained(&self) -> Vec<bool> {
        let locked = self.now.settings.locked;
        learned(&self.clip)
            .iter()
            .map(|(name, _, _)| !Tower::of(name).is_held(locked))
            .collect()
    }

    /// The first parameter whose gradient is not finite.
    fn suspect_gradient(&self, gradients: &Tensor) -> Result<String> {
        let Some(place) = self.optimizer.not_finite(gradients)? else {
            return Ok("gradient of logit_scale or logit_bias".into());
        };
        let learned = learned(&self.clip);
        let name = learned.get(place).map(|(name, _, _)| *name);
        Ok(format!(
            "gradient of {}",
            name.unwrap_or("an unknown tensor")
        ))
    }

    /// Moves temperature and bias; returns the squared norm of the move.
    fn update_dials(
        &mut self,
        gradients: [Option<f64>; 2],
        shrink: f64,
        by: &Hyperparameters,
    ) -> f64 {
        let highest = self.spec.max_logit_scale.get().ln();
        // A user may set tau above one; the clamp then only keeps it from going further.
        let before = self.now.logit_scale.value;
        let lowest = MIN_LOGIT_SCALE.min(before);
        let gradient = |i: usize| gradients[i].map_or(0.0, |g| g * shrink);
        let scale = self
            .now
            .logit_scale
            .update(gradient(0), by, (lowest, highest));
        let (law, after) = (self.now.settings.loss.law(), self.now.logit_scale.value);
        let bias = self.now.logit_bias.as_mut().map_or(0.0, |bias| {
            bias.value = law.parameter(bias.value, before);
            let moved = bias.update(gradient(1), by, (f64::NEG_INFINITY, f64::INFINITY));
            bias.value = law.logit_bias(bias.value, after);
            moved
        });
        scale * scale + bias * bias
    }
}
