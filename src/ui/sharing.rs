//! What leaves the screen: the command that repeats a run, the export, pictures; and what comes to it
//! from files: scripts of keys, and the scenario when it changes on disk.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;

use super::app::{App, Effect, Overlay, Saved};
use super::display::Display;
use super::picture::Reel;
use super::script::Next;
use super::session::Session;
use super::watch::Watch;
use super::{command_line, picture, terminal};
use crate::error::{Error, Result};
use crate::export::bundle;
use crate::scenario::Scenario;
use crate::telemetry::Snapshot;

/// How often the log is read again while it is shown.
const LOG_EVERY: Duration = Duration::from_secs(1);

impl Session {
    /// Notes what the open scenario was made from.
    pub(super) fn opened(&mut self, names: &[String], app: &mut App) {
        self.names = names.to_vec();
        self.watch = match names {
            [name] => Watch::new(name, Instant::now()),
            _ => None,
        };
        let file = self.watch.as_ref().map(Watch::path);
        app.file = file.map(|path| path.display().to_string());
    }

    /// Whether the scenario's file, an export or the log, if it is shown, has news.
    pub(super) fn look_at_files(&mut self, app: &mut App) -> bool {
        if let Some(done) = self
            .exporting
            .as_ref()
            .and_then(|wait| wait.try_recv().ok())
        {
            self.exporting = None;
            match done {
                Ok(text) => app.say(text),
                Err(e) => app.notify("not exported", e.to_string()),
            }
            return true;
        }
        if let Some(Overlay::Log { text, .. }) = &app.overlay
            && self.log_read.elapsed() >= LOG_EVERY
        {
            self.log_read = Instant::now();
            let before = text.clone();
            app.show_log(&terminal::log_tail());
            return !matches!(&app.overlay, Some(Overlay::Log { text, .. }) if *text == before);
        }
        if let Some(watch) = &mut self.watch
            && watch.changed(Instant::now())
        {
            app.offer_reload(&watch.path().display().to_string());
            return true;
        }
        false
    }

    /// Writes everything into a new folder, on a thread of its own: pictures take a moment.
    pub(super) fn export(&mut self, app: &mut App) {
        if self.exporting.is_some() {
            app.complain("an export is still running");
            return;
        }
        let (recorded, lanes) = (self.lab.recorded(), app.lanes.clone());
        let screen = picture::buffer(app, &self.theme);
        let command = self.command(app);
        let (done, wait) = mpsc::channel();
        std::thread::spawn(move || {
            // Nobody listens any more if the process is ending.
            let _ = done.send(export_to(
                Path::new(""),
                &recorded,
                &lanes,
                &screen,
                command,
            ));
        });
        self.exporting = Some(wait);
        app.say("exporting everything");
    }

    fn command(&self, app: &App) -> Option<String> {
        let cuda = app.lanes.iter().any(|lane| lane.device.starts_with("CUDA"));
        command_line::command(&self.names, &self.lab.recorded(), cuda)
    }

    /// Copies the command that repeats this run, and shows it: a terminal need not copy.
    pub(super) fn copy(&self, display: &mut Display, app: &mut App) -> std::io::Result<()> {
        let Some(command) = self.command(app) else {
            app.notify(
                "cannot be expressed as a command",
                "No flags repeat this run: its file has changed, or lanes were added.\n\
                 Save it as a scenario with Ctrl-s instead.",
            );
            return Ok(());
        };
        display.copy(&command)?;
        let width = usize::from(app.size.0).saturating_sub(8).clamp(30, 100);
        let folded = command_line::folded(&command, width);
        app.notify(
            "this run, as a command",
            format!("{folded}\n\ncopied, if the terminal allows it; or select it with Shift and the mouse"),
        );
        Ok(())
    }

    /// Puts what was saved on the files' record, so that it does not count as a change.
    pub(super) fn saved(&mut self, outcome: &Saved) {
        if let (Saved::Done(path), [name]) = (outcome, &self.names[..])
            && path == name
        {
            self.watch = Watch::new(name, Instant::now());
        }
    }

    /// Does what the script asks for next, if its time has come: the effects of a key, or none.
    ///
    /// # Errors
    /// A picture that cannot be written.
    pub(super) fn follow(
        &mut self,
        display: &mut Display,
        app: &mut App,
    ) -> Result<Option<Vec<Effect>>> {
        let Some(script) = &mut self.script else {
            return Ok(None);
        };
        let theme = &self.theme;
        let shows = || picture::plain(&picture::buffer(app, theme));
        let Some(next) = script.next(Instant::now(), app, shows) else {
            return Ok(None);
        };
        match next {
            Next::Press(key) => return Ok(Some(app.key(key))),
            Next::Size(width, height) => display.resize((width, height)),
            Next::Shot(path) => shoot(&path, &picture::buffer(app, theme))?,
            Next::Frame(time) => self.reel.add(picture::buffer(app, theme), time),
            Next::Film(path) => develop(&std::mem::take(&mut self.reel), &path)?,
        }
        Ok(Some(Vec::new()))
    }
}

/// Writes the screen into a file, in the form that its name asks for.
fn shoot(path: &Path, screen: &Buffer) -> Result<()> {
    let bytes = match path.extension().and_then(|kind| kind.to_str()) {
        Some("png") => picture::drawing(screen)
            .png()
            .map_err(|e| Error::Data(format!("{}: {e}", path.display())))?,
        Some("svg") => picture::drawing(screen).svg().into_bytes(),
        Some("ans") => picture::ansi(screen).into_bytes(),
        _ => picture::plain(screen).into_bytes(),
    };
    std::fs::write(path, bytes).map_err(Error::file("write", path))
}

/// Writes the moving picture of the frames so far.
fn develop(reel: &Reel, path: &Path) -> Result<()> {
    let film = reel
        .film()
        .ok_or_else(|| Error::Usage(format!("{}: no frame was taken before it", path.display())))?;
    std::fs::write(path, film.svg()).map_err(Error::file("write", path))
}

/// Writes everything about the run below a folder, and says where.
fn export_to(
    parent: &Path,
    recorded: &Scenario,
    lanes: &[Arc<Snapshot>],
    screen: &Buffer,
    command: Option<String>,
) -> Result<String> {
    let step = lanes.iter().map(|lane| lane.step).min().unwrap_or(0);
    let folder = bundle::folder(parent, recorded, step)?;
    let lanes: Vec<&Snapshot> = lanes.iter().map(Arc::as_ref).collect();
    let mut files = bundle::write(&folder, recorded, &lanes)?;
    files.extend(bundle::picture(
        &folder,
        "screen",
        &picture::drawing(screen),
    )?);
    let mut texts = vec![("screen.txt", picture::plain(screen))];
    if let Some(command) = command {
        texts.push(("command.txt", command + "\n"));
    }
    for (name, text) in texts {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(Error::file("write", &path))?;
        files.push(name.into());
    }
    Ok(format!(
        "exported {} files to {}",
        files.len(),
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;
    use crate::ui::theme::{Depth, Glyphs, Theme};

    #[test]
    fn everything_is_exported_at_once_with_a_picture_of_the_screen() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = App::new(fixture::scenario(), Vec::new());
        app.size = (80, 24);
        app.observe(fixture::running(640));
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        let screen = picture::buffer(&app, &theme);
        let said = export_to(
            folder.path(),
            &app.scenario,
            &app.lanes,
            &screen,
            Some("clip-lab clip".into()),
        )
        .unwrap();
        let made: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .collect();
        assert_eq!(made.len(), 1, "one folder holds all");
        let inside: Vec<String> = std::fs::read_dir(made[0].path())
            .unwrap()
            .flatten()
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .collect();
        for name in [
            "scenario.ron",
            "controls.ron",
            "metrics.csv",
            "metrics.jsonl",
            "matrix-softmax.csv",
            "matrix-sigmoid.csv",
            "plots.svg",
            "plots.png",
            "screen.svg",
            "screen.png",
            "screen.txt",
            "command.txt",
        ] {
            assert!(inside.iter().any(|n| n == name), "{name} in {inside:?}");
        }
        assert!(said.contains(&format!("{} files", inside.len())), "{said}");
    }

    #[test]
    fn a_shot_is_what_its_name_asks_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = App::new(fixture::scenario(), Vec::new());
        app.size = (80, 24);
        app.observe(fixture::running(640));
        let screen = picture::buffer(&app, &Theme::new(Depth::True, Glyphs::Braille));
        for (name, begins) in [
            ("a.svg", &b"<svg "[..]),
            ("a.png", b"\x89PNG"),
            ("a.ans", b"\x1b[0"),
            ("a.txt", b" Train "),
        ] {
            let path = folder.path().join(name);
            shoot(&path, &screen).unwrap();
            assert!(std::fs::read(&path).unwrap().starts_with(begins), "{name}");
        }
        let error = shoot(&folder.path().join("no/such/a.txt"), &screen).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn frames_become_a_film_and_no_frames_a_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        let mut app = App::new(fixture::scenario(), Vec::new());
        app.size = (80, 24);
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        let mut reel = Reel::default();
        for step in [100, 200, 300] {
            app.observe(fixture::running(step));
            reel.add(picture::buffer(&app, &theme), Duration::from_millis(500));
        }
        develop(&reel, &path).unwrap();
        let svg = std::fs::read_to_string(&path).unwrap();
        assert_eq!(svg.matches("class=\"s\"").count(), 2);
        assert!(svg.contains("animation:1.5s"));
        let error = develop(&Reel::default(), &path).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
