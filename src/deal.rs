//! [`deal`]: jobs for several threads. Whoever is free takes the next one, so that a thread that another program holds
//! up does fewer. It must not know what the jobs are.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does all jobs on so many threads, the calling one among them; what each made, in the order of the jobs.
pub fn deal<J, T: Send>(
    jobs: impl Iterator<Item = J> + Send,
    threads: usize,
    work: impl Fn(J) -> T + Sync,
) -> Vec<T> {
    let queue = Mutex::new(jobs.enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let hand = || {
        let mut made = Vec::new();
        while let Some((place, job)) = next() {
            made.push((place, work(job)));
        }
        made
    };
    let mut made = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(hand)).collect();
        let mut made = hand();
        for other in others {
            // A panic there is a panic here.
            made.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        made
    });
    made.sort_unstable_by_key(|(place, _)| *place);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn what_was_made_comes_in_the_order_of_the_jobs() {
        for threads in [1, 2, 5] {
            let made = deal(0..100, threads, |job| job * job);
            assert_eq!(made, (0..100).map(|job| job * job).collect::<Vec<_>>());
        }
        assert!(deal(0..0, 3, |job: i32| job).is_empty());
    }

    #[test]
    fn a_thread_that_is_held_up_leaves_its_jobs_to_the_others() {
        // The first job ends when the last one does: nobody else could have done those between.
        let ends = Barrier::new(2);
        let made = deal(0..10, 2, |job| {
            if job == 0 || job == 9 {
                ends.wait();
            }
            job
        });
        assert_eq!(made.len(), 10);
    }
}
