//! The data sets, a file each, and the one place that says which of them a scenario means.

pub mod emoji;
pub mod pairs;
pub mod shapes;

use std::sync::Arc;

use super::data_set::DataSet;
use crate::error::Result;
use crate::quantity::ImageSize;
use crate::scenario::Data;

/// The data of a scenario, for a tower that sees pictures of this size.
///
/// # Errors
/// [`Error::Data`](crate::error::Error::Data) if there is nothing to train on, or the scenario asks
/// for something that the set does not have; the text says what to change.
pub fn open(data: &Data, size: ImageSize) -> Result<Arc<dyn DataSet>> {
    Ok(match data {
        Data::Emoji(spec) => Arc::new(emoji::Emoji::new(spec)?),
        Data::Shapes(spec) => Arc::new(shapes::Shapes::new(spec, size.size())?),
        Data::Pairs(spec) => Arc::new(pairs::Pairs::open(spec, size.size())?),
    })
}
