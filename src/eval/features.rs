//! Features as plain matrices, one row each: what the measures of this module work on.

use ndarray::Array2;
use tch::{Device, Kind, Tensor};

use crate::error::{Error, Result};

/// The rows of a `[N, D]` tensor.
pub fn rows(tensor: &Tensor) -> Result<Array2<f32>> {
    let flat = tensor
        .f_to_device(Device::Cpu)?
        .f_to_kind(Kind::Float)?
        .f_reshape([-1])?;
    let (n, d) = (tensor.size()[0] as usize, tensor.size()[1] as usize);
    Array2::from_shape_vec((n, d), Vec::try_from(flat)?)
        .map_err(|e| Error::Internal(format!("features of another shape: {e}")))
}

/// Rows scaled to unit length; a row of zeros stays as it is.
pub fn normalise(rows: &mut Array2<f32>) {
    for mut row in rows.rows_mut() {
        let length = row.dot(&row).sqrt();
        if length > 0.0 {
            row /= length;
        }
    }
}

/// The chosen rows, in that order.
pub fn choose(rows: &Array2<f32>, chosen: &[usize]) -> Array2<f32> {
    rows.select(ndarray::Axis(0), chosen)
}
