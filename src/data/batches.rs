//! [`Batches`]: lanes that ask for the same batch at about the same time share it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::batch::{Batch, sample};
use super::data_set::DataSet;
use super::request::Request;

/// A batch, once the first lane that asked for it has made it.
type Shared = OnceLock<Arc<Batch>>;

/// Batches that some lane still has, and what was asked for.
#[derive(Default)]
pub struct Batches(Mutex<Vec<(Request, Arc<Shared>)>>);

impl Batches {
    /// The batch that is asked for, made on so many threads unless a lane has it.
    pub fn get(&self, dataset: &dyn DataSet, request: &Request, threads: usize) -> Arc<Batch> {
        let shared = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let held = |shared: &Shared| shared.get().is_none_or(|b| Arc::strong_count(b) > 1);
            known.retain(|(_, shared)| held(shared));
            let same = known.iter().find(|(other, _)| other == request);
            let same = same.map(|(_, shared)| Arc::clone(shared));
            same.unwrap_or_else(|| {
                let shared = Arc::default();
                known.push((*request, Arc::clone(&shared)));
                shared
            })
        };
        let make = || Arc::new(sample(dataset, request, threads));
        Arc::clone(shared.get_or_init(make))
    }
}
