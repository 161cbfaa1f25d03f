//! [`Hands`]: the threads of a lane, and how they share a step.
//!
//! Towers without batch normalisation treat every pair by itself, so parts of a batch can be worked on side by
//! side, each by one thread from its pixels to its gradient. That is faster than all threads in every operation,
//! which wait for one another after each (`docs/performance.md`), and does not suffer when another program wants a
//! core. Towers with batch normalisation work on one part at a time with all threads in every operation.

use rayon::iter::{IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use rayon::prelude::IndexedParallelIterator;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tch::{Device, Kind};

use crate::error::{Error, Result};
use crate::model::Clip;

/// The threads of a lane.
pub(super) struct Hands {
    /// None where libtorch's own threads do the work.
    pool: Option<ThreadPool>,
    /// One handle on the model for each part that is worked on at a time.
    clips: Vec<Clip>,
    /// What these compute their products in.
    compute: Kind,
}

impl Hands {
    /// So many threads for a model on this device. Sets how many threads libtorch uses within an operation,
    /// here and in its own threads: call it once, at a lane's start, since it empties the kernels' caches.
    pub fn new(clip: &Clip, device: Device, threads: usize) -> Result<Self> {
        let alone = !clip.architecture().image.mixes_images();
        let side_by_side = threads > 1 && device == Device::Cpu && alone;
        if !side_by_side {
            tch::set_num_threads(threads as i32);
            return Ok(Self {
                pool: None,
                clips: shared(clip, 1, Kind::Float)?,
                compute: Kind::Float,
            });
        }
        tch::set_num_threads(1);
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("hand {i}"))
            .start_handler(|_| tch::set_num_threads(1))
            .build()
            .map_err(|e| Error::Internal(format!("cannot start threads: {e}")))?;
        Ok(Self {
            pool: Some(pool),
            clips: shared(clip, threads, Kind::Float)?,
            compute: Kind::Float,
        })
    }

    /// From now on products of `clip` are computed in `compute`.
    pub fn compute_in(&mut self, clip: &Clip, compute: Kind) -> Result<()> {
        if compute != self.compute {
            self.clips = shared(clip, self.clips.len(), compute)?;
            self.compute = compute;
        }
        Ok(())
    }

    /// Parts that are worked on at a time.
    pub const fn count(&self) -> usize {
        self.clips.len()
    }

    /// Does at most [`Hands::count`] jobs side by side; what each made, in their order.
    pub fn work<T: Send>(
        &mut self,
        jobs: Vec<impl FnOnce(&Clip) -> Result<T> + Send>,
    ) -> Result<Vec<T>> {
        let clips = &mut self.clips;
        match &self.pool {
            Some(pool) if jobs.len() > 1 => pool.install(|| {
                let pairs = clips.par_iter_mut().zip(jobs.into_par_iter());
                pairs.map(|(clip, job)| job(clip)).collect()
            }),
            _ => clips
                .iter()
                .zip(jobs)
                .map(|(clip, job)| job(clip))
                .collect(),
        }
    }
}

fn shared(clip: &Clip, handles: usize, compute: Kind) -> Result<Vec<Clip>> {
    (0..handles).map(|_| clip.share(compute)).collect()
}
