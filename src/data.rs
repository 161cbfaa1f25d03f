//! Where pairs come from: the [`DataSet`] trait, its sources, and the seeded sampler.
//!
//! The user's own pairs are files that stay where they are: an index says where, and a batch reads what it needs.
//!
//! Everything here is plain bytes and strings, so that lanes can share one data set. All randomness
//! is a function of the seed and the step, the same on every machine.

pub mod augment;
mod batch;
mod batches;
mod caption;
mod classes;
mod corrupt;
mod data_set;
pub mod decode;
mod gallery;
mod image;
mod labels;
pub mod loader;
mod measure;
mod own_classes;
mod picture;
mod prepared;
pub mod preprocess;
mod request;
mod resample;
pub mod sets;
pub mod tokenizer;

pub use augment::Augment;
pub use batch::{Batch, sample};
pub use data_set::{DataSet, Item, Sample, View};
pub use gallery::Gallery;
pub use image::{pixels, thumbnail};
pub use labels::{ClassId, Labels};
pub use own_classes::OwnClasses;
pub use picture::Picture;
pub use prepared::Prepared;
pub use request::Request;
pub use sets::open;
