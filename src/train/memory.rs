//! Refuses a batch that would not fit, with the figure, before anything is allocated: on Linux a
//! large allocation may bring the out-of-memory killer instead of an error.

use tch::Device;

use crate::error::{Error, Result};
use crate::scenario::{ImageTower, Model};

/// Bytes of one number.
const FLOAT: f64 = 4.0;

/// An error if a training step with this batch needs more memory than there is.
pub fn check(model: &Model, batch_size: u64, device: Device) -> Result<()> {
    let need = step_bytes(model, batch_size as f64);
    let Some(free) = free_bytes(device) else {
        return Ok(());
    };
    if need <= free * 0.9 {
        return Ok(());
    }
    let mib = |bytes: f64| bytes / f64::from(1 << 20);
    Err(Error::Usage(format!(
        "a batch of {batch_size} pairs needs about {:.0} MiB for one step, and {:.0} MiB are free; choose a smaller batch_size",
        mib(need),
        mib(free)
    )))
}

/// Activations that a step keeps for its backward pass, and the B x B logits with their gradients.
fn step_bytes(model: &Model, batch: f64) -> f64 {
    let text = &model.text;
    let text_floats = transformer_floats(
        text.context_length.get() as f64,
        text.width.get() as f64,
        text.layers.get() as f64,
        text.heads.get() as f64,
    );
    FLOAT * (batch * (image_floats(&model.image) + text_floats) + 6.0 * batch * batch)
}

fn image_floats(tower: &ImageTower) -> f64 {
    match tower {
        ImageTower::ViT {
            image_size,
            patch_size,
            width,
            head_width,
            layers,
        } => {
            let side = (image_size.get() / patch_size.get().max(1)) as f64;
            let width = width.get() as f64;
            transformer_floats(
                side * side + 1.0,
                width,
                layers.get() as f64,
                width / head_width.get() as f64,
            )
        }
        ImageTower::ResNet {
            image_size,
            layers,
            width,
            ..
        } => {
            let (pixels, width) = (
                (image_size.get() * image_size.get()) as f64,
                width.get() as f64,
            );
            // The stem: three convolutions at half the resolution, each with norm and ReLU.
            let stem = 3.0 * pixels / 4.0 * (width / 2.0 + width / 2.0 + width);
            let stages = [layers.0, layers.1, layers.2, layers.3];
            let blocks = stages.iter().enumerate().map(|(i, blocks)| {
                // Stage i works on (width * 2^i) channels inside and four times as many outside.
                let cells = pixels / 16.0 / 4_f64.powi(i as i32);
                blocks.get() as f64
                    * cells
                    * width
                    * 2_f64.powi(i as i32)
                    * (3.0 * 2.0 * 2.0 + 3.0 * 4.0)
            });
            stem + blocks.sum::<f64>()
        }
    }
}

/// Per block: two norms, queries, keys and values, attention, both halves of the MLP.
fn transformer_floats(length: f64, width: f64, layers: f64, heads: f64) -> f64 {
    layers * (length * width * 18.0 + 2.0 * heads * length * length)
}

/// Memory that an allocation can have, if the system says.
fn free_bytes(device: Device) -> Option<f64> {
    if device != Device::Cpu {
        return None;
    }
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024.0)
}
