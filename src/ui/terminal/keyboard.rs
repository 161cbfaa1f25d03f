//! [`Keyboard`]: waits for the user without being caught by a terminal that is gone. crossterm's own
//! wait never returns then.

use std::io;
use std::time::Duration;

/// The terminal as a source of events.
pub struct Keyboard {
    /// `/dev/tty`, if standard input is something else: what crossterm reads from, too.
    #[cfg(unix)]
    tty: Option<std::fs::File>,
}

#[cfg(unix)]
impl Keyboard {
    pub fn open() -> io::Result<Self> {
        let tty = if rustix::termios::isatty(rustix::stdio::stdin()) {
            None
        } else {
            Some(std::fs::File::open("/dev/tty")?)
        };
        Ok(Self { tty })
    }

    /// Waits until there may be an event, at most so long.
    ///
    /// # Errors
    /// [`io::ErrorKind::BrokenPipe`] once the terminal is gone.
    pub fn wait(&self, most: Duration) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use std::os::fd::AsFd;

        let stdin = rustix::stdio::stdin();
        let tty = self.tty.as_ref().map_or(stdin, AsFd::as_fd);
        let mut files = [PollFd::from_borrowed_fd(tty, PollFlags::IN)];
        let most = Timespec::try_from(most).ok();
        match poll(&mut files, most.as_ref()) {
            // A signal, such as a change of the window's size.
            Err(rustix::io::Errno::INTR) => return Ok(()),
            outcome => outcome?,
        };
        if files[0]
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
        {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }
}

#[cfg(not(unix))]
impl Keyboard {
    pub fn open() -> io::Result<Self> {
        Ok(Self {})
    }

    pub fn wait(&self, most: Duration) -> io::Result<()> {
        crossterm::event::poll(most).map(drop)
    }
}
