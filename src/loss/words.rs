//! [`Words`]: what a loss says of itself, with the numbers at hand. Sentences for whoever shows them; it must not
//! know where.

use crate::telemetry::StepReport;

/// What a loss says of itself.
pub trait Words: Sync {
    /// The function that its probabilities come from: "softmax".
    fn function(&self) -> &'static str;

    /// What the gradient by a pair's own logit is: `1-P`. With and without letters beyond ASCII.
    fn pull_sign(&self) -> [&'static str; 2];

    /// What the gradient by another logit is: "P softmax". With and without letters beyond ASCII.
    fn push_head(&self) -> [&'static str; 2];

    /// What is remarkable about its landscape.
    fn landscape(&self) -> Option<&'static str>;

    /// One line on the bias in a batch of so many.
    fn hint_of_bias(&self, pairs: u64, bias: Option<f64>) -> String;

    /// What the bias does, and what it is best for a batch of so many.
    fn bias(&self, pairs: u64, bias: Option<f64>) -> String;

    /// What so many pairs ask; `value` is the loss, if it is known.
    fn batch(&self, pairs: u64, value: Option<f64>) -> String;

    /// What its value says.
    fn value(&self, report: &StepReport) -> String;

    /// What a margin of logits between the mean pair, at `own`, and the mean of the rest is worth.
    fn margin(&self, pairs: u64, margin: f64, own: f64) -> String;

    /// Where it begins and ends for so many pairs; `now` says where it stands.
    fn ends(&self, pairs: u64, scale: f64, bias: f64, now: &str) -> String;

    /// The value of an untrained model as a sum: "ln 64 = 4.16".
    fn untrained_sum(&self, pairs: u64, bias: f64) -> String;

    /// What a value is to be compared with: a name and what it comes to, `number` being how numbers are written.
    fn landmarks(
        &self,
        pairs: u64,
        bias: f64,
        value: f64,
        number: fn(f64) -> String,
    ) -> Vec<(&'static str, String)>;
}

/// A number in few characters.
pub fn number(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 {
        "0".into()
    } else if !(1e-3..1e5).contains(&size) {
        format!("{x:.1e}")
    } else if size < 0.1 {
        format!("{x:.4}")
    } else if size < 100.0 {
        format!("{x:.2}")
    } else {
        format!("{x:.0}")
    }
}
