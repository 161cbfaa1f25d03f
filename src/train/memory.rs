//! What a step needs of memory: how it is cut so that it needs little, a refusal, with the figure and before
//! anything is allocated, where it would not fit (on Linux a large allocation may bring the out-of-memory
//! killer instead of an error), and its return.

use tch::Device;

use crate::error::{Error, Result};
use crate::loss::tiled;
use crate::memory::{available, return_free_memory};
use crate::scenario::Model;

/// Bytes of one number.
const FLOAT: f64 = 4.0;

/// How a batch is cut for the towers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Pairs in a part: the same number in all but the last, so that kernels are chosen and memory is laid out
    /// once.
    pub part: usize,
    /// Parts from the first on whose activations are kept for the backward pass.
    pub kept: usize,
}

/// Most pairs in a part: of all threads together, of one of several hands, on a device that is to be filled.
const PART: usize = 256;
const SHARE: usize = 128;
const DEVICE_PART: usize = 4096;

/// Fewer pairs are not worth a hand of their own.
const LEAST: usize = 8;

/// What the activations that are kept may take: enough for the batches of every day, and not much beside what
/// the program takes anyway.
const ROOM: f64 = 384.0 * 1_048_576.0;
const DEVICE_ROOM: f64 = 4096.0 * 1_048_576.0;

/// How a step of so many pairs is cut for so many parts side by side.
///
/// The batch normalisation of a `ModifiedResNet` looks at the pictures of a part, not of the batch: as on each
/// device of a training on several.
pub(super) fn cut(model: &Model, batch_size: usize, device: Device, hands: usize) -> Cut {
    let (most, room) = match device {
        Device::Cpu if hands > 1 => (SHARE, ROOM),
        Device::Cpu => (PART, ROOM),
        _ => (DEVICE_PART, DEVICE_ROOM),
    };
    let rounds = batch_size.div_ceil(hands * most).max(1);
    let part = batch_size.div_ceil(hands * rounds);
    let part = part.max(LEAST.min(batch_size)).max(1);
    let kept = (room / activation_bytes(model, part)) as usize;
    let parts = batch_size.div_ceil(part);
    Cut {
        part,
        kept: kept.clamp(hands, parts.max(hands)),
    }
}

/// An error if a training step with this batch, in so many lanes at once, needs more memory than there is.
pub(super) fn check(
    model: &Model,
    batch_size: usize,
    device: Device,
    [hands, threads]: [usize; 2],
    lanes: usize,
) -> Result<()> {
    let need = step_bytes(model, batch_size, device, [hands, threads]) * lanes as f64;
    // What is free on a device is not known here.
    let here = (device == Device::Cpu).then(available).flatten();
    let Some(free) = here.map(|bytes| bytes as f64) else {
        return Ok(());
    };
    if need <= free * 0.9 {
        return Ok(());
    }
    let mib = |bytes: f64| bytes / f64::from(1 << 20);
    Err(Error::Usage(format!(
        "out of memory budget: a step with {batch_size} pairs needs about {:.0} MiB{}, {:.0} MiB are free; choose \
         a smaller batch_size",
        mib(need),
        if lanes > 1 {
            format!(" of {lanes} lanes")
        } else {
            String::new()
        },
        mib(free)
    )))
}

/// About how many pairs a step of one lane on the CPU can have before memory is short, if the system tells.
pub fn most_pairs(model: &Model) -> Option<u64> {
    let free = available()? as f64 * 0.9;
    let fits = |pairs: u64| step_bytes(model, pairs as usize, Device::Cpu, [1, 1]) <= free;
    let (mut most, mut more) = (0, 1 << 30);
    while most + 1 < more {
        let middle = u64::midpoint(most, more);
        if fits(middle) {
            most = middle;
        } else {
            more = middle;
        }
    }
    // Two digits: it is an estimate.
    let unit = 10_u64.pow(most.max(1).ilog10().saturating_sub(1));
    Some(most / unit * unit)
}

/// What a step takes: the activations of the parts that are kept and of the one in work, and what is linear
/// in the batch: pictures, captions, features, the loss.
fn step_bytes(
    model: &Model,
    batch_size: usize,
    device: Device,
    [hands, threads]: [usize; 2],
) -> f64 {
    let cut = cut(model, batch_size, device, hands);
    let parts = batch_size.div_ceil(cut.part).min(cut.kept + hands) as f64;
    let side = model.image.image_size().get() as f64;
    let captions = 200.0;
    let features = 2.0 * FLOAT * model.embed_dim.get() as f64;
    // The next batch may be there already. Features and their gradients, twice: as tensors, and as the loss has them.
    let pair = 2.0 * (3.0 * side * side + captions) + 4.0 * features;
    let tiles = tiled::Cut {
        tile: tiled::TILE,
        threads,
        bf16: true,
    };
    let loss = tiled::bytes(batch_size, model.embed_dim.size(), tiles) as f64;
    parts * activation_bytes(model, cut.part) + batch_size as f64 * pair + loss
}

/// What the towers keep of so many pairs for their backward pass.
fn activation_bytes(model: &Model, pairs: usize) -> f64 {
    let both: f64 = model.architecture().activations().iter().sum();
    FLOAT * pairs as f64 * both
}

/// Hands memory back to the system once the batch has become much smaller than the largest so far; that is
/// updated. The allocator keeps what it was given for the next step, and a small step never asks for it.
pub(super) fn give_back(largest: &mut usize, pairs: usize) {
    if pairs * 2 <= *largest {
        return_free_memory();
        *largest = pairs;
    }
    *largest = pairs.max(*largest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(image: &str) -> Model {
        let text = format!(
            "(embed_dim: 64, image: {image}, text: (context_length: 16, vocab_size: 512, width: 96, heads: 3, layers: 3))"
        );
        ron::from_str(&text).unwrap()
    }

    fn vit() -> Model {
        model("ViT(image_size: 32, patch_size: 8, width: 96, head_width: 32, layers: 3)")
    }

    #[test]
    fn small_batches_are_whole_and_large_ones_cut_alike() {
        let cpu = |batch, hands| cut(&vit(), batch, Device::Cpu, hands);
        assert_eq!(cpu(7, 1), Cut { part: 7, kept: 1 });
        assert_eq!(cpu(256, 1), Cut { part: 256, kept: 1 });
        assert_eq!(cpu(257, 1), Cut { part: 129, kept: 2 });
        let large = cpu(32_768, 1);
        assert_eq!(large.part, 256);
        assert!(large.kept >= 2 && large.kept < 10, "{large:?}");
        // Several hands share also what is small.
        assert_eq!(cpu(7, 2).part, 7);
        assert_eq!(cpu(64, 2), Cut { part: 32, kept: 2 });
        assert_eq!(cpu(256, 2).part, 128);
        assert_eq!(cpu(300, 2).part, 75);
    }

    #[test]
    fn memory_grows_with_the_batch_and_not_with_its_square() {
        let need = |batch| step_bytes(&vit(), batch, Device::Cpu, [2, 2]);
        let (small, large) = (need(4096), need(32_768));
        assert!(large > small && large < 3.0 * small, "{small} {large}");
        assert!(large < 1e9, "{large}");
    }

    #[test]
    fn memory_is_handed_back_once_after_a_large_batch() {
        let mut largest = 0;
        for (pairs, known) in [(64, 64), (4096, 4096), (3000, 4096), (64, 64), (64, 64)] {
            give_back(&mut largest, pairs);
            assert_eq!(largest, known);
        }
    }
}
