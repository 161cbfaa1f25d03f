//! [`Hands`]: the threads of a lane, and how they share a step.
//!
//! No operation is shared where that can be helped: threads that share one wait for each other after each, so that a
//! program that wants one core stops them all (`benches/busy_core.py`). Instead each does whole jobs, from pixels or
//! captions to features, or from features to gradients:
//!
//! - Towers without batch normalisation treat every pair by itself, so parts of a batch are jobs.
//! - Towers with batch normalisation must see all pairs of a part. The two towers are the jobs then.
//!
//! What a job computes does not depend on the hand that does it, and what the jobs made is put together in their
//! order: the same number of threads makes the same numbers, whatever else the machine does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tch::{Device, Kind};

use super::phases::Phases;
use super::tower::Tower;
use crate::error::{Error, Result};
use crate::model::Clip;
use crate::scenario::tower::Architecture;

/// The threads of a lane.
pub(super) struct Hands {
    sharing: Sharing,
    /// Those beside the lane's own thread, which is the first hand; none where libtorch's threads do the work.
    others: Option<ThreadPool>,
    /// A handle on the model for each hand.
    clips: Vec<Mutex<Clip>>,
    /// What these compute their products in.
    compute: Kind,
}

/// What a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    /// A part with all threads in every operation.
    Nothing,
    /// A part, for whichever hand comes first.
    Parts,
    /// The image tower for the first hand, the text tower for the other one. Each has so many threads within an
    /// operation.
    Towers([usize; 2]),
}

impl Sharing {
    fn of(architecture: &Architecture, device: Device, threads: usize) -> Self {
        if threads < 2 || device != Device::Cpu {
            Self::Nothing
        } else if architecture.image.mixes_images() {
            // About as their work is.
            let [image, text] = architecture.activations();
            let image = (image / (image + text) * threads as f64).round() as usize;
            let image = image.clamp(1, threads - 1);
            Self::Towers([image, threads - image])
        } else {
            Self::Parts
        }
    }
}

impl Hands {
    /// So many threads for a model on this device. Sets how many threads libtorch uses within an operation,
    /// here and in its own threads: call it once, at a lane's start, since it empties the kernels' caches.
    pub fn new(clip: &Clip, device: Device, threads: usize) -> Result<Self> {
        let sharing = Sharing::of(clip.architecture(), device, threads);
        let (others, [here, there]) = match sharing {
            Sharing::Nothing => (0, [threads, 1]),
            Sharing::Parts => (threads - 1, [1, 1]),
            Sharing::Towers(threads) => (1, threads),
        };
        tch::set_num_threads(here as i32);
        let pool = || {
            ThreadPoolBuilder::new()
                .num_threads(others)
                .thread_name(|i| format!("hand {}", i + 2))
                .start_handler(move |_| tch::set_num_threads(there as i32))
                .build()
                .map_err(|e| Error::Internal(format!("cannot start threads: {e}")))
        };
        Ok(Self {
            sharing,
            others: (others > 0).then(pool).transpose()?,
            clips: shared(clip, others + 1, Kind::Float)?,
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

    /// Parts that are worked on side by side.
    pub const fn count(&self) -> usize {
        match self.sharing {
            Sharing::Nothing | Sharing::Towers(_) => 1,
            Sharing::Parts => self.clips.len(),
        }
    }

    /// The jobs of a part: which towers each is about.
    pub const fn jobs(&self) -> &'static [&'static [Tower]] {
        match self.sharing {
            Sharing::Nothing | Sharing::Parts => &[&[Tower::Image, Tower::Text]],
            Sharing::Towers(_) => &[&[Tower::Image], &[Tower::Text]],
        }
    }

    /// Whether a thread has time beside a step.
    pub const fn have_time(&self) -> bool {
        matches!(self.sharing, Sharing::Towers(_))
    }

    /// Does these jobs; what each made, in their order, and the time that it took.
    pub fn work<T: Send>(
        &self,
        jobs: Vec<impl FnOnce(&Clip) -> Result<(T, Phases)> + Send>,
    ) -> Result<(Vec<T>, Phases)> {
        let jobs: Vec<_> = jobs.into_iter().map(|job| Mutex::new(Some(job))).collect();
        let made: Vec<_> = jobs.iter().map(|_| Mutex::new(None)).collect();
        let next = AtomicUsize::new(0);
        let work = |hand: usize| {
            let clip = locked(&self.clips[hand]);
            for turn in 0.. {
                let place = match self.sharing {
                    // Another number of threads would make other numbers.
                    Sharing::Towers([here, there]) if here != there => {
                        hand + turn * self.clips.len()
                    }
                    _ => next.fetch_add(1, Ordering::Relaxed),
                };
                let Some(job) = jobs.get(place).and_then(|job| locked(job).take()) else {
                    break;
                };
                *locked(&made[place]) = Some(job(&clip));
            }
        };
        match &self.others {
            Some(others) if jobs.len() > 1 => others.in_place_scope(|scope| {
                let work = &work;
                for other in 1..self.clips.len() {
                    scope.spawn(move |_| work(other));
                }
                work(0);
            }),
            _ => work(0),
        }
        let made = made
            .into_iter()
            .filter_map(|made| made.into_inner().ok().flatten());
        let (made, times): (Vec<T>, Vec<Phases>) =
            made.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let hands = times.len().clamp(1, self.clips.len()) as u32;
        let mut time = Phases::default();
        for one in times {
            match self.sharing {
                Sharing::Towers(_) => time = time.longest(one),
                Sharing::Nothing | Sharing::Parts => time += one / hands,
            }
        }
        Ok((made, time))
    }
}

fn shared(clip: &Clip, handles: usize, compute: Kind) -> Result<Vec<Mutex<Clip>>> {
    (0..handles)
        .map(|_| clip.share(compute).map(Mutex::new))
        .collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::*;
    use crate::random::weights_generator;
    use crate::scenario::Model;

    fn hands(image: &str, threads: usize) -> Hands {
        let text = "(context_length: 8, vocab_size: 300, width: 16, heads: 2, layers: 1)";
        let model: Model =
            ron::from_str(&format!("(embed_dim: 16, image: {image}, text: {text})")).unwrap();
        let clip = Clip::new(&model, 300, &mut weights_generator(0), Device::Cpu).unwrap();
        Hands::new(&clip, Device::Cpu, threads).unwrap()
    }

    const VIT: &str = "ViT(image_size: 32, patch_size: 16, width: 16, head_width: 16, layers: 1)";
    const RESNET: &str = "ResNet(image_size: 32, layers: (1, 1, 1, 1), width: 4, head_width: 16)";

    #[test]
    fn a_hand_that_is_held_up_leaves_its_jobs_to_the_other() {
        let hands = hands(VIT, 2);
        let (done, all) = channel();
        let mut all = Some(all);
        let count = 4;
        let jobs = (0..count).map(|job| {
            // The first one waits for every other.
            let (done, others) = (done.clone(), all.take());
            move |_: &Clip| {
                let _ = done.send(());
                let heard =
                    |others: &Receiver<()>| others.recv_timeout(Duration::from_secs(20)).is_ok();
                let held_up = others.is_some_and(|others| !(0..count).all(|_| heard(&others)));
                assert!(!held_up, "a job waits for the hand that is held up");
                Ok((job, Phases::default()))
            }
        });
        let (made, _) = hands.work(jobs.collect()).unwrap();
        assert_eq!(made, (0..count).collect::<Vec<_>>());
    }

    #[test]
    fn towers_with_batch_normalisation_are_shared_by_their_work() {
        for (threads, shares) in [(1, None), (2, Some([1, 1])), (16, Some([14, 2]))] {
            let hands = hands(RESNET, threads);
            assert_eq!(hands.count(), 1);
            let expected = shares.map_or(Sharing::Nothing, Sharing::Towers);
            assert_eq!(hands.sharing, expected, "{threads} threads");
        }
    }

    #[test]
    fn each_job_is_computed_by_the_threads_that_it_is_meant_for() {
        for threads in [2, 3, 16] {
            let hands = hands(RESNET, threads);
            let Sharing::Towers(shares) = hands.sharing else {
                panic!("{:?}", hands.sharing);
            };
            for _ in 0..3 {
                let count = |_: &Clip| Ok((tch::get_num_threads() as usize, Phases::default()));
                let (seen, _) = hands.work(vec![count, count]).unwrap();
                assert_eq!(seen, shares);
            }
        }
    }

    #[test]
    fn what_fails_is_said() {
        let hands = hands(VIT, 2);
        let job = |_: &Clip| Err::<((), Phases), _>(Error::Internal("no".into()));
        assert!(hands.work(vec![job, job]).is_err());
    }
}
