//! Which type the towers' matrix products are computed in, and why.
//!
//! Measured: with AVX-512 BF16 (two Zen 4 cores) libtorch's products are 1.6 to 3.1 times as fast in bf16 as in
//! fp32 at the sizes of the bundled models, and a step follows (`docs/performance.md`). Without such instructions
//! bf16 is emulated and slower. On other devices it has not been measured, and is left to the user.

use std::time::Instant;

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::model::Clip;
use crate::scenario::Precision;

/// Fewer pairs in a part take longer in bf16: their products are small beside the work of rounding.
const LEAST: usize = 24;

/// The type for this choice on this device, for parts of so many pairs.
pub(super) fn compute(precision: Precision, device: Device, pairs: usize) -> Kind {
    let here = || device == Device::Cpu && has_bf16() && pairs >= LEAST;
    match precision {
        Precision::Bf16 => Kind::BFloat16,
        Precision::Auto if here() => Kind::BFloat16,
        Precision::Fp32 | Precision::Auto => Kind::Float,
    }
}

/// The same model with its products computed as it is asked for.
///
/// # Errors
/// None that is expected.
pub fn cast(clip: &Clip, precision: Precision) -> Result<Clip> {
    clip.share(compute(precision, clip.device(), LEAST))
}

/// "fp32" or "bf16".
pub(super) const fn name(compute: Kind) -> &'static str {
    match compute {
        Kind::BFloat16 => "bf16",
        _ => "fp32",
    }
}

/// What `precision: auto` comes to on this machine's CPU, and why.
pub fn automatic() -> (&'static str, &'static str) {
    let why = if has_bf16() {
        "the processor has instructions for it: AVX-512 BF16"
    } else {
        "the processor has no instructions for bf16"
    };
    (name(compute(Precision::Auto, Device::Cpu, LEAST)), why)
}

/// Speed of a product of a size that training has, in GFLOP/s: in fp32, in bf16. Takes some hundredths of a
/// second.
pub fn speeds() -> [f64; 2] {
    let (rows, inner, columns) = (2048, 128, 512);
    [Kind::Float, Kind::BFloat16].map(|kind| {
        let a = Tensor::ones([rows, inner], (kind, Device::Cpu));
        let b = Tensor::ones([inner, columns], (kind, Device::Cpu));
        let once = || {
            let began = Instant::now();
            let _ = a.matmul(&b);
            began.elapsed().as_secs_f64()
        };
        // The first one chooses its kernel.
        once();
        let fastest = (0..10).map(|_| once()).fold(f64::INFINITY, f64::min);
        2e-9 * (rows * inner * columns) as f64 / fastest
    })
}

fn has_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx512bf16")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}
