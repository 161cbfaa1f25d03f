//! [`Display`]: where the screen is drawn: on the terminal, or on paper, for pictures without one.

use std::io;
use std::time::Duration;

use crossterm::event::{self, Event};

use super::app::App;
use super::picture;
use super::terminal::Terminal;
use super::theme::Theme;

/// Columns and rows of paper, until a script says otherwise.
const PAPER: (u16, u16) = (120, 40);

/// Where the screen is drawn.
pub enum Display {
    /// On the terminal.
    Terminal(Box<Terminal>),
    /// Nowhere but in pictures, with so many columns and rows.
    Paper((u16, u16)),
}

impl Display {
    /// Takes the terminal.
    pub fn terminal(theme: &Theme) -> io::Result<Self> {
        Ok(Self::Terminal(Box::new(Terminal::open(theme)?)))
    }

    /// Paper of the usual size.
    pub const fn paper() -> Self {
        Self::Paper(PAPER)
    }

    /// Whether a user sits before it.
    pub const fn has_keys(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// Whether a signal asked the process to end. On paper it ends by itself.
    pub fn told_to_end(&self) -> bool {
        match self {
            Self::Terminal(terminal) => terminal.told_to_end(),
            Self::Paper(_) => false,
        }
    }

    /// Draws a frame; the bytes that it took.
    pub fn draw(&mut self, app: &mut App, theme: &Theme) -> io::Result<u64> {
        match self {
            Self::Terminal(terminal) => terminal.draw(app, theme),
            Self::Paper(size) => {
                app.size = *size;
                app.regions = picture::drawn(app, theme).1;
                Ok(0)
            }
        }
    }

    /// Waits until there may be an event, at most so long.
    pub fn wait(&self, most: Duration) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.wait(most),
            Self::Paper(_) => {
                std::thread::sleep(most);
                Ok(())
            }
        }
    }

    /// The next event, if there is one.
    pub fn event(&mut self) -> io::Result<Option<Event>> {
        match self {
            Self::Terminal(_) if event::poll(Duration::ZERO)? => event::read().map(Some),
            Self::Terminal(_) | Self::Paper(_) => Ok(None),
        }
    }

    /// Changes the size of paper; a terminal has its own.
    pub const fn resize(&mut self, to: (u16, u16)) {
        if let Self::Paper(size) = self {
            *size = to;
        }
    }

    /// Puts the process to sleep.
    pub fn suspend(&mut self, theme: &Theme) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.suspend(theme),
            Self::Paper(_) => Ok(()),
        }
    }

    /// Takes the mouse, or leaves it to the terminal.
    pub fn take_mouse(&mut self, ours: bool) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.take_mouse(ours),
            Self::Paper(_) => Ok(()),
        }
    }

    /// Asks the terminal to copy a text.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.copy(text),
            Self::Paper(_) => Ok(()),
        }
    }
}
