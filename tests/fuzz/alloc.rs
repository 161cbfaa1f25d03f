//! An allocator that counts what a thread asks for, so that a test can say how much a file made the program allocate.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Bytes that this thread holds, and the most since [`watch`] began; nothing is counted outside it.
    static WATCH: Cell<Option<(isize, isize)>> = const { Cell::new(None) };
}

/// The system's allocator, with an eye on it.
pub struct Watched;

fn count(bytes: isize) {
    // A thread that is ending has no counter any more.
    let _ = WATCH.try_with(|watch| {
        if let Some((now, most)) = watch.get() {
            let now = now + bytes;
            watch.set(Some((now, most.max(now))));
        }
    });
}

#[allow(unsafe_code)]
// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        unsafe { System.realloc(block, layout, size) }
    }
}

/// Does something, and says how much memory it held at most.
pub fn watch(work: impl FnOnce()) -> usize {
    WATCH.set(Some((0, 0)));
    work();
    WATCH.take().map_or(0, |(_, most)| most as usize)
}
