//! [`Lane`]: a trainer on its own thread, driven by commands, observed through snapshots.
//!
//! What it can be told is in `command`, what follows from that in `state`; `worker` does it and `publish` shows it.

mod command;
mod plan;
mod publish;
mod state;
mod worker;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

pub use command::{Attention, Command, Dials, Reset};
pub(super) use plan::{After, Birth, Plan, Prepare};

use crate::error::{Error, Result};
use crate::telemetry::{LaneStatus, Snapshot};
use worker::Worker;

/// A lane's handle.
pub struct Lane {
    commands: Sender<Command>,
    slot: Arc<Mutex<Arc<Snapshot>>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Lane {
    /// Starts the lane's thread, which builds its own trainer: no tensor crosses a thread.
    pub(super) fn spawn(plan: Plan, prepare: Prepare) -> Result<Self> {
        let (commands, inbox) = channel();
        let first = Arc::new(Snapshot::starting(&plan.spec.name, plan.steps));
        let slot = Arc::new(Mutex::new(first));
        let name = format!("lane {}", plan.spec.name);
        let thread = {
            let slot = Arc::clone(&slot);
            thread::Builder::new()
                .name(name)
                .spawn(move || guard(plan, &prepare, inbox, &slot))
                .map_err(|e| Error::Internal(format!("cannot start a thread: {e}")))?
        };
        Ok(Self {
            commands,
            slot,
            thread: Some(thread),
        })
    }

    /// Tells the lane. A lane that has ended hears nothing.
    pub fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// The latest state. Never waits for training.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for the thread to end; what it failed with, if it did.
    pub fn join(&mut self) -> Result<()> {
        // A panic of the trainer is an error already; there is no other in that thread.
        self.thread
            .take()
            .map_or(Ok(()), |thread| thread.join().unwrap_or(Ok(())))
    }
}

/// Runs the lane; a failure or a panic becomes its status, and the other lanes go on.
fn guard(
    plan: Plan,
    prepare: &Prepare,
    inbox: Receiver<Command>,
    slot: &Mutex<Arc<Snapshot>>,
) -> Result<()> {
    let pacer = plan.pacer.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| Worker::run(plan, prepare, inbox, slot)));
    if let Some((pacer, seat)) = pacer {
        pacer.stands(seat, 0, false);
    }
    let failed = match outcome {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(panic) => {
            let text = panic_text(panic.as_ref());
            Error::Internal(format!("the trainer panicked: {text}"))
        }
    };
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    let mut snapshot = Snapshot::clone(&slot);
    snapshot.status = LaneStatus::Failed(failed.to_string());
    *slot = Arc::new(snapshot);
    Err(failed)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
