//! Towers whose sizes do not fit together, or that no machine could hold.

use super::check::Check;
use crate::scenario::{ImageTower, Model, Scenario};

/// Of one batch's pictures alone; everything else comes on top.
const MOST_GIB: f64 = 4.0;

impl Check<'_> {
    /// Faults of single fields first; what only the whole model shows is said of the whole.
    pub fn model(&mut self, scenario: &Scenario) {
        let before = self.faults.len();
        self.image_tower(&scenario.model.image);
        self.text_tower(scenario);
        self.siglip(&scenario.model);
        if self.faults.len() == before
            && let Err(message) = scenario.model.validate()
        {
            self.fault("model", message, "", None);
        }
    }

    fn image_tower(&mut self, tower: &ImageTower) {
        match tower {
            ImageTower::ViT {
                image_size,
                patch_size,
                width,
                head_width,
                ..
            } => {
                self.divides(
                    "model.image.patch_size",
                    patch_size.get(),
                    image_size.get(),
                    "image_size",
                );
                self.divides(
                    "model.image.head_width",
                    head_width.get(),
                    width.get(),
                    "width",
                );
            }
            ImageTower::ResNet {
                image_size,
                width,
                head_width,
                ..
            } => {
                if !image_size.get().is_multiple_of(32) {
                    let message =
                        format!("a ResNet cannot take pictures of {image_size} pixels a side");
                    let near = (image_size.get() / 32).max(1) * 32;
                    let help = format!("for example {near} or {}", near + 32);
                    self.fault(
                        "model.image.image_size",
                        message,
                        "allowed: multiples of 32",
                        help,
                    );
                }
                if !width.get().is_multiple_of(2) {
                    let message = format!(
                        "a ResNet cannot be {width} channels wide: its stem has half of them"
                    );
                    self.fault("model.image.width", message, "allowed: even numbers", None);
                }
                let last = width.get() * 32;
                if width.get().is_multiple_of(2) && !last.is_multiple_of(head_width.get()) {
                    self.no_divisor(
                        "model.image.head_width",
                        head_width.get(),
                        last,
                        "32 x width",
                    );
                }
            }
        }
    }

    fn divides(&mut self, path: &str, part: u64, whole: u64, of: &str) {
        if !whole.is_multiple_of(part) {
            self.no_divisor(path, part, whole, of);
        }
    }

    fn no_divisor(&mut self, path: &str, part: u64, whole: u64, of: &str) {
        let field = path.rsplit('.').next().unwrap_or(path);
        // A default is at fault where it is not stated: the tower is pointed at then.
        let label = if self.outline.states(path) {
            format!("must divide {of}")
        } else {
            format!("{field} is {part} unless it is stated")
        };
        let message = format!("{field} {part} does not divide {of} = {whole}");
        self.fault(path, message, &label, divisor_help(whole));
    }

    fn text_tower(&mut self, scenario: &Scenario) {
        let text = &scenario.model.text;
        self.divides(
            "model.text.heads",
            text.heads.get(),
            text.width.get(),
            "width",
        );
        if text.context_length.get() < 3 {
            let message = "captions need room for the start, one token and the end";
            self.fault("model.text.context_length", message, "3 or more", None);
        }
    }

    /// What a tower of `SigLIP`'s asks of the rest.
    fn siglip(&mut self, model: &Model) {
        if let Some(width) = model.map_width().filter(|width| *width != model.embed_dim) {
            let embed = model.embed_dim;
            let message = format!("width {width} is not embed_dim = {embed}");
            let help = format!(
                "`pool: Map` has no projection after it: give both the same number, such as {width}"
            );
            self.fault("model.image.width", message, "must be embed_dim", help);
        }
        if model.quick_gelu && model.is_siglip() {
            let message = "quick_gelu is not for a tower of SigLIP's";
            let help =
                "`pool: Map` and `pool: Last` have the GELU of SigLIP, approximated with tanh"
                    .to_string();
            self.fault("model.quick_gelu", message, "leave it out", help);
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
                let message = format!("the pictures of one batch alone take {gib:.1} GiB");
                let help = "make `batch_size` or `image_size` smaller".to_string();
                self.fault(&path, message, &format!("at most {MOST_GIB} GiB"), help);
            }
        }
    }
}

fn divisor_help(whole: u64) -> String {
    let divisors: Vec<String> = (1..=whole)
        .filter(|d| whole.is_multiple_of(*d))
        .map(|d| d.to_string())
        .collect();
    // The largest few are enough to choose from.
    format!(
        "what divides {whole}: {}",
        divisors[divisors.len().saturating_sub(8)..].join(", ")
    )
}
