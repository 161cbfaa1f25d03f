//! [`Latest`]: the latest batch and what the towers made of it, for whoever looks.

use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use crate::data::Batch;
use crate::error::Result;
use crate::telemetry::{Matrix, Pair, Rows};

/// Pixels a side of the pictures that the screen shows.
const THUMBNAIL: usize = 32;

/// A batch with its features, `[B, D]` and detached.
pub(super) struct Latest {
    pub step: u64,
    pub batch: Arc<Batch>,
    pub image_features: Tensor,
    pub text_features: Tensor,
}

impl Latest {
    /// Cosines, mean-pooled to at most `side` rows and columns; the ragged edge is pooled too.
    pub fn matrix(&self, side: usize) -> Result<Matrix> {
        let rows = self.batch.len();
        let pool = rows.div_ceil(side.max(1)).max(1);
        // A mean of cosines is the product of the means of their features.
        let images = pooled(&self.image_features, pool)?;
        let texts = pooled(&self.text_features, pool)?;
        let cosines = images.f_mm(&texts.f_tr()?)?;
        let flat = cosines.f_reshape([-1])?.f_to_device(Device::Cpu)?;
        Ok(Matrix {
            step: self.step,
            side: rows.div_ceil(pool),
            pool,
            cosines: flat.try_into()?,
        })
    }

    /// The first rows of the cosines, unpooled: as many as a snapshot has room for.
    pub fn rows(&self) -> Result<Rows> {
        let pairs = self.batch.len();
        let most = (Rows::CELLS / pairs.max(1)).clamp(1, Rows::MOST);
        let first = self.image_features.f_narrow(0, 0, most.min(pairs) as i64)?;
        let cosines = first.f_mm(&self.text_features.f_tr()?)?;
        Ok(Rows {
            step: self.step,
            pairs,
            cosines: cosines
                .f_reshape([-1])?
                .f_to_device(Device::Cpu)?
                .try_into()?,
        })
    }

    /// The first `most` pairs.
    pub fn pairs(&self, most: usize, names: &[String]) -> Vec<Pair> {
        let pair = |i: usize| Pair {
            thumbnail: self.batch.thumbnail(i, THUMBNAIL),
            caption: self.batch.captions[i].clone(),
            name: names[self.batch.classes[i]].clone(),
        };
        (0..self.batch.len().min(most)).map(pair).collect()
    }
}

/// Means of so many rows each, the last of what is left.
fn pooled(features: &Tensor, pool: usize) -> Result<Tensor> {
    if pool == 1 {
        return Ok(features.shallow_clone());
    }
    let parts = features.f_split(pool as i64, 0)?;
    let means = parts
        .iter()
        .map(|rows| rows.f_mean_dim([0i64].as_slice(), true, Kind::Float))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Tensor::f_cat(&means, 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latest(rows: usize) -> Latest {
        let eye = Tensor::eye(rows as i64, (Kind::Float, Device::Cpu));
        Latest {
            step: 3,
            batch: Arc::new(Batch {
                images: vec![0; rows * 3],
                side: 1,
                captions: vec!["a cat".into(); rows],
                classes: vec![0; rows],
                sources: (0..rows).collect(),
                random: vec![false; rows],
                noise: vec![false; rows],
            }),
            image_features: eye.shallow_clone(),
            text_features: eye,
        }
    }

    #[test]
    fn a_small_matrix_is_shown_as_it_is_and_a_large_one_by_means() {
        let whole = latest(4).matrix(64).unwrap();
        assert_eq!((whole.side, whole.pool), (4, 1));
        assert_eq!(whole.cosines[..5], [1.0, 0.0, 0.0, 0.0, 0.0]);
        // Five rows on three: the last cell stands for one row alone.
        let pooled = latest(5).matrix(3).unwrap();
        assert_eq!((pooled.side, pooled.pool), (3, 2));
        assert_eq!(pooled.cosines[0].to_bits(), 0.5_f32.to_bits());
        assert_eq!(pooled.cosines[8].to_bits(), 1.0_f32.to_bits());
    }

    #[test]
    fn gradient_rows_are_never_pooled_and_never_more_than_fit() {
        let rows = latest(200).rows().unwrap();
        assert_eq!((rows.pairs, rows.cosines.len()), (200, 200 * 200));
        let own: Vec<f32> = rows.row(177).unwrap().to_vec();
        assert_eq!((own[177], own[176]), (1.0, 0.0));
        let some = latest(1024).rows().unwrap();
        assert_eq!(some.cosines.len(), Rows::CELLS, "not all fit");
        assert_eq!(latest(3).rows().unwrap().cosines.len(), 9);
        let most = latest(8192).rows().unwrap();
        assert_eq!(most.cosines.len(), Rows::CELLS);
    }

    #[test]
    fn no_more_pairs_than_there_are() {
        assert_eq!(latest(4).pairs(9, &["cat".into()]).len(), 4);
        assert_eq!(latest(4).pairs(2, &["cat".into()])[0].name, "cat");
    }
}
