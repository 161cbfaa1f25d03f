//! [`Sample`]: the cosines of a batch that a survey looks at.

use tch::Tensor;

use crate::error::Result;

/// Bins of the negatives' cosines.
pub const BINS: usize = 512;

/// Most cosines that are looked at of either side.
pub const CELLS: usize = 1 << 22;

/// Rows and columns of the largest batches: fewer would say nothing.
const LEAST_ANCHORS: usize = 64;

/// What is looked at of a batch: every pair's own cosine, and the cosines of some of its pictures with all
/// captions and of the same pairs' captions with all pictures.
pub struct Sample {
    /// N.
    pub pairs: usize,
    /// Pairs whose cosines with all others are known.
    pub anchors: usize,
    /// `[N]`.
    pub own: Tensor,
    /// `[anchors]`: which pairs.
    pub places: Tensor,
    /// Pictures' rows and captions' columns, `[2, anchors, N]`, minus infinity at the own cells.
    pub others: Tensor,
}

impl Sample {
    /// Looks at features `[N, D]` of unit length.
    pub fn new(image: &Tensor, text: &Tensor) -> Result<Self> {
        let pairs = image.size()[0] as usize;
        let anchors = (CELLS / pairs.max(1)).clamp(LEAST_ANCHORS, pairs.max(LEAST_ANCHORS));
        let anchors = anchors.min(pairs);
        // Evenly over the batch, whose order is random.
        let places: Vec<i64> = (0..anchors).map(|i| (i * pairs / anchors) as i64).collect();
        let places = Tensor::f_from_slice(&places)?;
        let against = |these: &Tensor, all: &Tensor| -> Result<Tensor> {
            let mut cosines = these.f_index_select(0, &places)?.f_mm(&all.f_tr()?)?;
            let own = places.f_unsqueeze(1)?;
            Ok(cosines.f_scatter_value_(1, &own, f64::NEG_INFINITY)?)
        };
        Ok(Self {
            pairs,
            anchors,
            own: (image * text).f_sum_dim_intlist(-1, false, None)?,
            others: Tensor::f_stack(&[against(image, text)?, against(text, image)?], 0)?,
            places,
        })
    }

    /// Whether all of it is.
    pub fn finite(&self) -> Result<bool> {
        let none = |t: &Tensor| -> Result<bool> { Ok(t.f_any()?.f_int64_value(&[])? == 0) };
        Ok(none(&self.own.isfinite().logical_not())? && none(&self.others.isnan())?)
    }
}

/// Means and sizes of the bins that hold any of the cosines; minus infinity is none.
pub fn histogram(cosines: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let negatives = || cosines.iter().copied().filter(|c| c.is_finite());
    let (low, high) = negatives().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), c| {
        (l.min(c), h.max(c))
    });
    let scale = BINS as f32 / (high - low).max(f32::MIN_POSITIVE);
    let mut bins = vec![(0.0_f64, 0_u32); BINS];
    for cosine in negatives() {
        let (sum, count) = &mut bins[(((cosine - low) * scale) as usize).min(BINS - 1)];
        *sum += f64::from(cosine);
        *count += 1;
    }
    bins.into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(sum, count)| ((sum / f64::from(count)) as f32, count as f32))
        .unzip()
}
