//! [`Terminal`]: the modes of the real terminal. Whatever ends the screen (leaving, a panic, a
//! signal), they are undone.

mod keyboard;
mod stdio;

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use signal_hook::consts::TERM_SIGNALS;

use super::app::App;
use super::theme::{Depth, Theme};
use super::view;
use keyboard::Keyboard;

pub use stdio::{log_place, state_folder};

/// Set while the terminal is in our modes: whoever clears it restores them, once.
static OPEN: AtomicBool = AtomicBool::new(false);

/// Bytes that the screen has written.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

type Screen = ratatui::Terminal<CrosstermBackend<BufWriter<WhileOpen>>>;

/// The terminal for as long as it is ours. What ratatui writes on its way out is dropped: `restore` has
/// done all, and where the terminal is gone ratatui would complain to a stderr that is gone, too, which
/// panics.
struct WhileOpen(Box<dyn Write>);

impl Write for WhileOpen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if OPEN.load(Ordering::SeqCst) {
            let written = self.0.write(bytes)?;
            WRITTEN.fetch_add(written as u64, Ordering::Relaxed);
            Ok(written)
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if OPEN.load(Ordering::SeqCst) {
            self.0.flush()
        } else {
            Ok(())
        }
    }
}

/// The terminal in our modes; dropping it restores the user's.
pub struct Terminal {
    screen: Screen,
    keyboard: Keyboard,
    /// Whether the mouse is ours.
    mouse: bool,
    ending: Arc<AtomicBool>,
    signals: Vec<signal_hook::SigId>,
}

impl Terminal {
    /// Takes the terminal.
    pub fn open(theme: &Theme) -> io::Result<Self> {
        // crossterm drops colours by itself under NO_COLOR; the theme has decided already, and may
        // have been told otherwise.
        crossterm::style::force_color_output(theme.depth != Depth::None);
        let ending = Arc::new(AtomicBool::new(false));
        let mut signals = Vec::new();
        for &signal in TERM_SIGNALS {
            signals.push(signal_hook::flag::register(signal, Arc::clone(&ending))?);
        }
        #[cfg(unix)]
        signals.push(signal_hook::flag::register(
            signal_hook::consts::SIGHUP,
            Arc::clone(&ending),
        )?);
        restore_on_panic();
        let keyboard = Keyboard::open()?;
        let writer = WhileOpen(Box::new(stdio::screen()?));
        enter()?;
        end_if_stuck(Arc::clone(&ending))?;
        let screen = ratatui::Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(
            1 << 16,
            writer,
        )))
        .inspect_err(|_| restore())?;
        Ok(Self {
            screen,
            keyboard,
            mouse: true,
            ending,
            signals,
        })
    }

    /// Whether a signal asked the process to end.
    pub fn told_to_end(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Waits until there may be an event, at most so long.
    ///
    /// # Errors
    /// Once the terminal is gone.
    pub fn wait(&self, most: Duration) -> io::Result<()> {
        self.keyboard.wait(most)
    }

    /// Draws a frame in one go: the terminal shows all of it or none. Returns the bytes that it took.
    pub fn draw(&mut self, app: &mut App, theme: &Theme) -> io::Result<u64> {
        let before = WRITTEN.load(Ordering::Relaxed);
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        let size = self.screen.size()?;
        app.size = (size.width, size.height);
        let mut regions = None;
        self.screen.draw(|frame| {
            // The frame knows its size best: the terminal may have changed since it was asked.
            let area = frame.area();
            app.size = (area.width, area.height);
            regions = Some(view::render(frame, app, theme));
        })?;
        app.regions = regions.unwrap_or_default();
        execute!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        Ok(WRITTEN.load(Ordering::Relaxed) - before)
    }

    /// Takes the mouse, or leaves it to the terminal, which selects text with it.
    pub fn take_mouse(&mut self, ours: bool) -> io::Result<()> {
        self.mouse = ours;
        if ours {
            execute!(self.screen.backend_mut(), EnableMouseCapture)
        } else {
            execute!(self.screen.backend_mut(), DisableMouseCapture)
        }
    }

    /// Asks the terminal to put the text on the clipboard (OSC 52). Some do not, and none says so.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let coded = super::command_line::base64(text.as_bytes());
        let out = self.screen.backend_mut();
        write!(out, "\x1b]52;c;{coded}\x07")?;
        Write::flush(out)
    }

    /// Gives the terminal back, puts the process to sleep as the shell's Ctrl-Z does, and takes the
    /// terminal again when it wakes.
    pub fn suspend(&mut self, theme: &Theme) -> io::Result<()> {
        let _ = theme;
        #[cfg(unix)]
        {
            restore();
            signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
            enter()?;
            if !self.mouse {
                self.take_mouse(false)?;
            }
            // Not ratatui's own clearing, which asks the terminal where its cursor is and ends the lab
            // if a slow one does not answer in time.
            execute!(self.screen.backend_mut(), Clear(ClearType::All))?;
            self.screen.swap_buffers();
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
        for signal in self.signals.drain(..) {
            signal_hook::low_level::unregister(signal);
        }
        if stdio::log_has_news()
            && let Some(path) = stdio::log_path()
        {
            // Nothing can be done if stderr is gone.
            let _ = writeln!(
                io::stderr(),
                "text was printed while the screen was open: see {}",
                path.display()
            );
        }
    }
}

/// The end of what was printed while the screen was up.
pub fn log_tail() -> String {
    stdio::log_tail(1 << 16)
}

/// How long the screen has to notice that it was told to end.
const GRACE: Duration = Duration::from_secs(2);

/// Ends the process when the screen was told to end and does not: if its terminal goes away at the very
/// moment that crossterm reads from it, crossterm never returns. What was recorded is whole; only the
/// last weights are not saved.
fn end_if_stuck(ending: Arc<AtomicBool>) -> io::Result<()> {
    let watch = move || {
        while !ending.load(Ordering::Relaxed) {
            thread::sleep(GRACE / 8);
        }
        thread::sleep(GRACE);
        if OPEN.load(Ordering::SeqCst) {
            restore();
            std::process::exit(1);
        }
    };
    thread::Builder::new()
        .name("signals".into())
        .spawn(watch)
        .map(drop)
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    OPEN.store(true, Ordering::SeqCst);
    let take = || {
        execute!(
            stdio::screen()?,
            EnterAlternateScreen,
            SetTitle("clip-lab"),
            EnableMouseCapture,
            EnableBracketedPaste,
            cursor::Hide
        )?;
        stdio::divert()
    };
    take().inspect_err(|_| restore())
}

/// Undoes all modes, if they are set. Errors are of no use: there is nowhere to go from here.
fn restore() {
    if OPEN.swap(false, Ordering::SeqCst) {
        let _ = stdio::screen().and_then(|mut screen| {
            execute!(
                screen,
                EndSynchronizedUpdate,
                DisableBracketedPaste,
                DisableMouseCapture,
                LeaveAlternateScreen,
                cursor::Show
            )
        });
        let _ = disable_raw_mode();
        let _ = stdio::give_back();
    }
}

/// A panic of the screen's thread restores the terminal before its message is printed. That of another
/// thread (a lane catches its own) goes to the log.
fn restore_on_panic() {
    let ours = thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ours {
            restore();
        }
        before(info);
    }));
}
