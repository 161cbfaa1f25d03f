//! [`Terminal`]: the modes of the real terminal. Whatever ends the screen (leaving, a panic, a
//! signal), they are undone.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use signal_hook::consts::TERM_SIGNALS;

use super::app::App;
use super::theme::{Depth, Theme};
use super::view;

/// Set while the terminal is in our modes: whoever clears it restores them, once.
static OPEN: AtomicBool = AtomicBool::new(false);

/// What threads other than the screen's said while they panicked; printed once the terminal is ours
/// no longer.
static OVERHEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

type Screen = ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// The terminal in our modes; dropping it restores the user's.
pub struct Terminal {
    screen: Screen,
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
        enter()?;
        end_if_stuck(Arc::clone(&ending))?;
        let screen = ratatui::Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(
            1 << 16,
            io::stdout(),
        )))
        .inspect_err(|_| restore())?;
        Ok(Self {
            screen,
            ending,
            signals,
        })
    }

    /// Whether a signal asked the process to end.
    pub fn told_to_end(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Draws a frame in one go: the terminal shows all of it or none.
    pub fn draw(&mut self, app: &mut App, theme: &Theme) -> io::Result<()> {
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
        execute!(self.screen.backend_mut(), EndSynchronizedUpdate)
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
            self.screen.clear()?;
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
        for text in OVERHEARD
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            // Nothing can be done if stderr is gone.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }
}

/// How long the screen has to notice that it was told to end.
const GRACE: Duration = Duration::from_secs(2);

/// Ends the process when the screen was told to end and does not: once its terminal is gone for good,
/// crossterm's `poll` never returns. What was recorded is whole; only the last weights are not saved.
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
    let taken = execute!(
        io::stdout(),
        EnterAlternateScreen,
        SetTitle("clip-lab"),
        EnableMouseCapture,
        EnableBracketedPaste,
        cursor::Hide
    );
    taken.inspect_err(|_| restore())
}

/// Undoes all modes, if they are set. Errors are of no use: there is nowhere to go from here.
fn restore() {
    if OPEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            DisableBracketedPaste,
            DisableMouseCapture,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// A panic of the screen's thread restores the terminal before its message is printed. A panic of
/// another thread (a lane catches its own) must not disturb the screen: its message waits.
fn restore_on_panic() {
    let ours = thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !OPEN.load(Ordering::SeqCst) {
            before(info);
        } else if thread::current().id() == ours {
            restore();
            before(info);
        } else if let Ok(mut texts) = OVERHEARD.lock() {
            let name = thread::current().name().unwrap_or("a thread").to_string();
            texts.push(format!("{name}: {info}"));
        }
    }));
}
