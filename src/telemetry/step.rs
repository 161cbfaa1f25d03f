//! [`StepReport`]: what was measured in one optimizer step.

use serde::{Deserialize, Serialize};

/// Everything measured in one optimizer step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Steps completed, this one included: the first is 1.
    pub step: u64,
    /// The loss.
    pub loss: f64,
    /// Cross-entropy of the rows (InfoNCE only).
    pub loss_image_to_text: Option<f64>,
    /// Cross-entropy of the columns (InfoNCE only).
    pub loss_text_to_image: Option<f64>,
    /// ln(1/tau), as used in this step's forward pass.
    pub logit_scale: f64,
    /// tau, as used in this step's forward pass.
    pub temperature: f64,
    /// b, as used in this step's forward pass.
    pub logit_bias: Option<f64>,
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Global gradient norm before clipping.
    pub grad_norm: f64,
    /// Global norm of the parameters after the step.
    pub param_norm: f64,
    /// Global norm of the change that the step made.
    pub update_norm: f64,
    /// Logits of the matching pairs.
    pub positive_logits: Spread,
    /// Logits of all other pairs of the batch; absent in a batch of one.
    pub negative_logits: Option<Spread>,
    /// Share of pictures whose own caption scores best in the batch; ties count against the model.
    pub accuracy_image_to_text: f64,
    /// Share of captions whose own picture scores best in the batch; ties count against the model.
    pub accuracy_text_to_image: f64,
    /// Pairs in the batch.
    pub batch_size: u64,
    /// How good the batch was.
    pub data: DataReport,
    /// Wall time of the step.
    pub seconds: f64,
}

/// How good a batch was, counted from what it held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataReport {
    /// Share of the pairs whose caption was made for another class.
    pub wrong_captions: f64,
    /// Share of the captions that were random words.
    pub random_captions: f64,
    /// Share of the pictures that were noise.
    pub noise_images: f64,
    /// Share of the pairs whose class another pair had, too.
    pub duplicates: f64,
    /// Of all cells off the diagonal, those whose caption was made for the class that the picture shows.
    pub false_negatives: f64,
    /// Different classes.
    pub classes: u64,
}

/// Least, mean and largest of some numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Least.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Largest.
    pub max: f64,
}
