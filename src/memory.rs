//! Resident memory: what is free, and how high a piece of work drives this process's own. Linux
//! tells; elsewhere the answers are absent. It must not know what the work is.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bytes that this process may still take without swapping or being killed, if the system tells:
/// what is available on the machine, or what its control group has left, whichever is less.
pub fn available() -> Option<u64> {
    let machine = kib_line("/proc/meminfo", "MemAvailable:");
    [machine, group_left()].into_iter().flatten().min()
}

fn group_left() -> Option<u64> {
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let limit = number("/sys/fs/cgroup/memory.max")?;
    let used = number("/sys/fs/cgroup/memory.current")?;
    // Pages of files that nobody uses now are given back before anybody is killed.
    let cache = fs::read_to_string("/sys/fs/cgroup/memory.stat")
        .ok()
        .and_then(|stat| {
            stat.lines()
                .find_map(|line| line.strip_prefix("inactive_file ")?.parse().ok())
        })
        .unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(cache)))
}

/// Does the work; the number is by how many bytes its peak of resident memory was above the level
/// just before, if the system tells.
///
/// The kernel keeps the peak exactly where it lets us reset it; otherwise a thread samples the level
/// every millisecond and may miss a short peak.
pub fn extra<T>(work: impl FnOnce() -> T) -> (T, Option<u64>) {
    // So that work done before does not lend its pages to this one and make it look smaller.
    return_free_memory();
    // 5 resets the peak to the present level: proc(5), clear_refs.
    let kept_by_kernel = fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = resident();
    let (done, peak) = if kept_by_kernel {
        let done = work();
        (done, kib_line("/proc/self/status", "VmHWM:"))
    } else {
        sampled(work)
    };
    (
        done,
        peak.zip(before)
            .map(|(peak, before)| peak.saturating_sub(before)),
    )
}

/// The most that this process has had so far, if the system tells.
pub fn peak() -> Option<u64> {
    kib_line("/proc/self/status", "VmHWM:")
}

fn sampled<T>(work: impl FnOnce() -> T) -> (T, Option<u64>) {
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut peak = resident();
            while !finished.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
                peak = peak.max(resident());
            }
            peak
        });
        let done = work();
        finished.store(true, Ordering::Relaxed);
        (done, sampler.join().ok().flatten())
    })
}

fn resident() -> Option<u64> {
    kib_line("/proc/self/status", "VmRSS:")
}

/// `NAME: 123 kB` in bytes.
fn kib_line(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Gives the allocator's free pages back to the system: it keeps them for the next one who asks, and nobody
/// may.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn return_free_memory() {
    // SAFETY: malloc_trim takes no pointers and may be called at any time from any thread.
    #[allow(unsafe_code)]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Nothing: the allocator is not known.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn return_free_memory() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn touch(mib: usize) -> u8 {
        let block = std::hint::black_box(vec![1u8; mib << 20]);
        block[block.len() / 2]
    }

    #[test]
    fn a_peak_is_seen_though_it_is_over_at_the_end() {
        // Other tests run beside this one: only the lower bound is certain.
        let (one, extra) = extra(|| touch(64));
        assert_eq!(one, 1);
        assert!(extra.unwrap() >= 60 * MIB, "{extra:?}");
    }

    #[test]
    fn sampling_sees_a_peak_that_lasts() {
        let before = resident().unwrap();
        let ((), peak) = sampled(|| {
            let block = std::hint::black_box(vec![1u8; 64 << 20]);
            std::thread::sleep(Duration::from_millis(30));
            drop(block);
        });
        assert!(peak.unwrap() + 4 * MIB >= before.max(64 * MIB));
    }

    #[test]
    fn some_memory_is_available() {
        assert!(available().unwrap() > MIB);
    }
}
