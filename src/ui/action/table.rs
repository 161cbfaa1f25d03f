//! The rows of the table, in the order in which the help and the footer show them.

use std::sync::LazyLock;

use crossterm::event::KeyCode;

use super::act::Action;
use super::chart::ChartKey;
use super::context::Context;
use super::entry::Entry;
use super::key::Key;
use super::turn::{Direction, Turn};
use crate::control::Dial;
use crate::ui::panel::Panel;

const fn row(
    context: Context,
    action: Action,
    keys: &'static [Key],
    name: &'static str,
    about: &'static str,
) -> Entry {
    Entry {
        action,
        name,
        keys,
        about,
        context,
        footer: None,
    }
}

impl Entry {
    const fn footer(mut self, word: &'static str, weight: u8) -> Self {
        self.footer = Some((word, weight));
        self
    }
}

const fn c(c: char) -> Key {
    Key::char(c)
}

const fn k(code: KeyCode) -> Key {
    Key::of(code)
}

use Context::{
    Always, Charts, Dials, Findings, Hand, Help, Landscape, Line, Log, Main, Matrix, Notice, Open,
    Palette, Query,
};

/// Every action, a row each, with the keys that it has unless the user gave it others. The rows that
/// lead to panels come from the panels' own table.
pub(super) static ROWS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let panels = Panel::ALL.into_iter().map(|panel| {
        let known = panel.row();
        let entry = row(
            Main,
            Action::Panel(panel),
            known.keys,
            known.name,
            known.about,
        );
        Entry {
            footer: known.footer,
            ..entry
        }
    });
    let before = BEFORE.iter().cloned();
    before.chain(panels).chain(AFTER.iter().cloned()).collect()
});

/// The rows before the panels.
#[rustfmt::skip]
const BEFORE: &[Entry] = &[
    row(Main, Action::PlayPause, &[c(' ')], "play, pause", "Trains, or pauses after the current step; all lanes.").footer("play/pause", 90),
    row(Main, Action::Step, &[c('s')], "step", "One step of every lane, then a pause; 5s makes five.").footer("step", 60),
    row(Main, Action::Reset, &[c('r')], "reset", "Starts over with the same seed: the same weights, the same batches.").footer("reset", 50),
    row(Main, Action::Reseed, &[c('R')], "reset, new seed", "Starts over with the next seed."),
    row(Main, Action::Undo, &[c('u')], "undo", "Sets the last change by hand back; the weights stay.").footer("undo", 48),
    row(Main, Action::Redo, &[Key::ctrl('r')], "redo", "Makes the change again that was set back."),
    row(Main, Action::Rewind, &[c('U')], "rewind", "Takes weights and optimizer back to before the last change by hand."),
    row(Main, Action::Branch, &[c('B')], "branch", "Lets a new lane go on from before the lane's last change by hand."),
    row(Main, Action::ApplyToAll, &[c('A')], "to all lanes", "Gives one lane's last change to all others."),
    row(Main, Action::Slower, &[c('<')], "slower", "Leaves more time from step to step."),
    row(Main, Action::Faster, &[c('>')], "faster", "Leaves less time from step to step."),
    row(Main, Action::Dial(Dial::Temperature), &[c('t')], "tau", "Takes hold of tau, the temperature."),
    row(Main, Action::Dial(Dial::Bias), &[c('b')], "bias", "Takes hold of the bias that is added to every logit."),
    row(Main, Action::Dial(Dial::BatchSize), &[c('n')], "batch", "Takes hold of the number of pairs in a batch."),
    row(Main, Action::Dial(Dial::LearningRate), &[c('e')], "rate", "Takes hold of the peak learning rate."),
    row(Main, Action::Dial(Dial::Loss), &[c('x')], "loss", "Takes hold of the loss: InfoNCE or SigLIP."),
    row(Main, Action::Dial(Dial::WeightDecay), &[c('w')], "decay", "Takes hold of the weight decay."),
    row(Main, Action::DataDial, &[c('k')], "data", "Takes hold of a dial of the data's quality; again, of the next: shuffle_captions, random_captions, noise_images, duplicates, imbalance, concepts."),
    row(Main, Action::Dial(Dial::Augment), &[c('g')], "augment", "Takes hold of the augmentation of training pictures."),
    row(Main, Action::Dial(Dial::Lock), &[c('*')], "lock", "Takes hold of the tower that is held as it is: image, text or none."),
    row(Main, Action::NextLane, &[k(KeyCode::Tab)], "next lane", "Addresses the next lane, then all lanes together.").footer("lane", 55),
    row(Main, Action::PreviousLane, &[k(KeyCode::BackTab)], "previous lane", "Addresses the lane before."),
];

/// Those after the panels.
#[rustfmt::skip]
const AFTER: &[Entry] = &[
    row(Main, Action::Ask, &[c('/')], "ask", "Types a caption; every lane shows its nearest held-out pictures.").footer("ask", 25),
    row(Main, Action::Zoom, &[c('z')], "zoom", "Shows the panel at hand alone, or all panels again.").footer("zoom", 40),
    row(Main, Action::Chart(ChartKey::LogY), &[c('l')], "log values", "Logarithmic or linear values in the chart at hand.").footer("log", 20),
    row(Main, Action::Chart(ChartKey::LogX), &[c('X')], "log steps", "Logarithmic or linear steps in the chart at hand."),
    row(Main, Action::Chart(ChartKey::Smoothing), &[c('y')], "smoothing", "As measured, exponential mean, or running median; what was measured stays, faint.").footer("smooth", 15),
    row(Main, Action::Chart(ChartKey::Clip), &[c('O')], "outliers", "The chart's axis leaves outliers outside, or holds everything."),
    row(Main, Action::Chart(ChartKey::Crosshair), &[c('\'')], "crosshair", "Reads every curve at one step, in all charts at once.").footer("crosshair", 30),
    row(Main, Action::Chart(ChartKey::Pin), &[c('"')], "pin", "Keeps what the crosshair reads in a table, or lets it go."),
    row(Main, Action::Chart(ChartKey::Ghost), &[c('G')], "ghost", "Keeps the present curves as a ghost, also after a reset, or lets them go."),
    row(Main, Action::Quantity, &[c('d')], "quantity", "Shows the matrix as cosines, logits, probabilities, or the loss's gradient."),
    row(Main, Action::Difference, &[c('D')], "difference", "Shows how two lanes' matrices of the same batch differ: the addressed lane's minus the first's."),
    row(Main, Action::Range, &[c('f')], "range", "Colours span: all lanes' values, each lane's own, or the fixed range."),
    row(Main, Action::Evaluate, &[c('V')], "evaluate", "Evaluates every lane on held-out pictures now."),
    row(Main, Action::Checkpoint, &[c('C')], "checkpoint", "Writes every lane's checkpoint now, if the lab has a run folder."),
    row(Main, Action::Open, &[c('o')], "open", "Chooses another scenario.").footer("open", 35),
    row(Main, Action::Save, &[Key::ctrl('s')], "save", "Saves the scenario, with everything changed by hand as its script.").footer("save", 10),
    row(Main, Action::Reload, &[Key::ctrl('o')], "reload", "Loads the open scenario's file anew; what runs now ends."),
    row(Main, Action::Copy, &[c('Y')], "copy command", "Copies and shows a one-line command that repeats this run."),
    row(Main, Action::Export, &[c('E')], "export", "Writes everything into a new folder: metrics, matrices, scenario, controls, pictures."),
    row(Main, Action::Theme, &[c('T')], "theme", "Goes through the themes: dark, light, high contrast, colour-blind safe."),
    row(Main, Action::Mouse, &[c('M')], "mouse", "Hands the mouse to the terminal, so that text can be selected, or takes it back."),
    row(Main, Action::Log, &[c('`')], "log", "Shows what the lanes said and what anything printed."),
    row(Main, Action::Help, &[c('?'), k(KeyCode::F(1))], "help", "Shows all keys; typing filters them.").footer("help", 95),
    row(Main, Action::Palette, &[c(':'), Key::ctrl('p')], "palette", "Finds an action, dial, panel or scenario by its name.").footer("find", 30),
    row(Main, Action::Explain, &[c('i')], "explain", "Explains the dial or panel in hand, with the present numbers filled in.").footer("explain", 75),
    row(Main, Action::NextStop, &[c('N')], "next stop", "Opens the next stop of the tour."),
    row(Main, Action::PreviousStop, &[c('P')], "previous stop", "Opens the stop of the tour before this one."),
    row(Main, Action::Quit, &[c('q')], "quit", "Ends the lab; what a run folder has recorded stays.").footer("quit", 80),
    row(Main, Action::Back, &[k(KeyCode::Esc)], "back", "Lets go of the zoom, the panel, the typed count."),
    row(Dials, Action::Turn(Turn::Down), &[k(KeyCode::Left), k(KeyCode::Down)], "turn down", "Turns the dial down a little.").footer("adjust", 85),
    row(Dials, Action::Turn(Turn::Up), &[k(KeyCode::Right), k(KeyCode::Up)], "turn up", "Turns the dial up a little."),
    row(Dials, Action::Turn(Turn::FarDown), &[c('H')], "turn far down", "Turns the dial far down."),
    row(Dials, Action::Turn(Turn::FarUp), &[c('L')], "turn far up", "Turns the dial far up."),
    row(Dials, Action::Enter, &[k(KeyCode::Enter)], "type", "Types the dial's value.").footer("type", 70),
    row(Dials, Action::ToggleLearned, &[c('a')], "learned, fixed", "Lets training learn tau or the bias, or holds it fixed.").footer("learn/fix", 65),
    row(Charts, Action::Zoom, &[k(KeyCode::Enter)], "zoom", "Shows the panel at hand alone, or all panels again."),
    row(Charts, Action::Chart(ChartKey::Left), &[k(KeyCode::Left)], "step before", "Moves the crosshair to the step before; 10 and the key, ten steps.").footer("aim", 65),
    row(Charts, Action::Chart(ChartKey::Right), &[k(KeyCode::Right)], "step after", "Moves the crosshair to the step after."),
    row(Charts, Action::Chart(ChartKey::FarLeft), &[c('H')], "far before", "Moves the crosshair by a twentieth of what is in sight."),
    row(Charts, Action::Chart(ChartKey::FarRight), &[c('L')], "far after", "Moves the crosshair as far the other way."),
    row(Charts, Action::Chart(ChartKey::Closer), &[c('+'), c('=')], "fewer steps", "Shows half as many steps, around the crosshair if there is one."),
    row(Charts, Action::Chart(ChartKey::Farther), &[c('-')], "more steps", "Shows twice as many steps."),
    row(Charts, Action::Chart(ChartKey::Earlier), &[c('[')], "earlier steps", "Moves towards earlier steps, once + shows only some.").footer("earlier", 24),
    row(Charts, Action::Chart(ChartKey::Later), &[c(']')], "later steps", "Moves towards later steps.").footer("later", 23),
    row(Matrix, Action::Cursor(Direction::Left), &[k(KeyCode::Left)], "caption before", "Moves the cursor to the caption before.").footer("cursor", 85),
    row(Matrix, Action::Cursor(Direction::Right), &[k(KeyCode::Right)], "caption after", "Moves the cursor to the caption after."),
    row(Matrix, Action::Cursor(Direction::Up), &[k(KeyCode::Up)], "picture before", "Moves the cursor to the picture before."),
    row(Matrix, Action::Cursor(Direction::Down), &[k(KeyCode::Down)], "picture after", "Moves the cursor to the picture after."),
    row(Matrix, Action::Scrub(false), &[c('[')], "earlier matrix", "Looks at an earlier step's matrices while training goes on; Esc comes back.").footer("earlier", 50),
    row(Matrix, Action::Scrub(true), &[c(']')], "later matrix", "Looks at a later step's matrices; the last are the latest again.").footer("later", 49),
    row(Matrix, Action::WorstPair, &[c('!')], "worst pair", "Moves the cursor to the pair whose own score is lowest against its rivals.").footer("worst", 60),
    row(Matrix, Action::Zoom, &[k(KeyCode::Enter)], "zoom", "Shows the panel at hand alone, or all panels again."),
    row(Landscape, Action::Cursor(Direction::Left), &[k(KeyCode::Left)], "smaller tau", "Moves the cursor to a smaller tau.").footer("cursor", 85),
    row(Landscape, Action::Cursor(Direction::Right), &[k(KeyCode::Right)], "larger tau", "Moves the cursor to a larger tau."),
    row(Landscape, Action::Cursor(Direction::Up), &[k(KeyCode::Up)], "larger bias", "Moves the cursor to a larger bias."),
    row(Landscape, Action::Cursor(Direction::Down), &[k(KeyCode::Down)], "smaller bias", "Moves the cursor to a smaller bias."),
    row(Landscape, Action::SetPlace, &[k(KeyCode::Enter)], "go there", "Sets tau, and the bias where the loss has a use for it, to the cursor's.").footer("go there", 88),
    row(Hand, Action::Cursor(Direction::Left), &[k(KeyCode::Left)], "number left", "Chooses the number to the left.").footer("choose", 85),
    row(Hand, Action::Cursor(Direction::Right), &[k(KeyCode::Right)], "number right", "Chooses the number to the right."),
    row(Hand, Action::Cursor(Direction::Up), &[k(KeyCode::Up)], "number above", "Chooses the number above; tau and the bias stand on top."),
    row(Hand, Action::Cursor(Direction::Down), &[k(KeyCode::Down)], "number below", "Chooses the number below."),
    row(Hand, Action::Enter, &[k(KeyCode::Enter)], "type", "Types the number; so does its first digit.").footer("type", 88),
    row(Hand, Action::TakeBatch, &[c('F')], "first of batch", "Takes the first pairs of the batch as it is now, with the lane's tau and bias.").footer("from batch", 75),
    row(Hand, Action::FewerPairs, &[c('(')], "fewer pairs", "Leaves the last pair out."),
    row(Hand, Action::MorePairs, &[c(')')], "more pairs", "Adds a pair: at most eight.").footer("more pairs", 40),
    row(Hand, Action::Up, &[k(KeyCode::PageUp)], "scroll up", "Scrolls the working up."),
    row(Hand, Action::Down, &[k(KeyCode::PageDown)], "scroll down", "Scrolls the working down.").footer("scroll", 70),
    row(Findings, Action::Examine, &[k(KeyCode::Enter)], "evaluate all", "Evaluates every task now: all templates, probes, fine-tuning, languages.").footer("evaluate all", 88),
    row(Findings, Action::Cursor(Direction::Up), &[k(KeyCode::Up)], "property before", "Looks at the property before, or at earlier rows.").footer("choose", 85),
    row(Findings, Action::Cursor(Direction::Down), &[k(KeyCode::Down)], "property after", "Looks at the next property, or at later rows."),
    row(Findings, Action::Cursor(Direction::Left), &[k(KeyCode::Left)], "templates before", "Looks at the set of templates before."),
    row(Findings, Action::Cursor(Direction::Right), &[k(KeyCode::Right)], "templates after", "Looks at the next set of templates."),
    row(Query, Action::AskPicture, &[k(KeyCode::Enter)], "names of it", "Shows the names nearest to the chosen picture.").footer("its names", 88),
    row(Query, Action::Cursor(Direction::Up), &[k(KeyCode::Up), k(KeyCode::Left)], "nearer", "Chooses what is nearer.").footer("choose", 85),
    row(Query, Action::Cursor(Direction::Down), &[k(KeyCode::Down), k(KeyCode::Right)], "farther", "Chooses what is farther."),
    row(Open, Action::Up, &[k(KeyCode::Up)], "up", "Goes up the list.").footer("choose", 50),
    row(Open, Action::Down, &[k(KeyCode::Down), k(KeyCode::Tab)], "down", "Goes down the list."),
    row(Open, Action::Accept, &[k(KeyCode::Enter)], "open", "Opens what is marked, or the file whose path was typed.").footer("open", 90),
    row(Open, Action::Back, &[k(KeyCode::Esc)], "cancel", "Closes the list; the lab goes on.").footer("cancel", 80),
    row(Open, Action::Backspace, &[k(KeyCode::Backspace)], "rub out", "Rubs out a character."),
    row(Open, Action::DeleteWord, &[Key::ctrl('w')], "rub out word", "Rubs out a word."),
    row(Open, Action::ClearLine, &[Key::ctrl('u')], "clear", "Rubs out the whole line."),
    row(Line, Action::Accept, &[k(KeyCode::Enter)], "accept", "Takes what was typed.").footer("accept", 90),
    row(Line, Action::Back, &[k(KeyCode::Esc)], "cancel", "Changes nothing.").footer("cancel", 80),
    row(Line, Action::Backspace, &[k(KeyCode::Backspace)], "rub out", "Rubs out a character."),
    row(Line, Action::DeleteWord, &[Key::ctrl('w')], "rub out word", "Rubs out a word."),
    row(Line, Action::ClearLine, &[Key::ctrl('u')], "clear", "Rubs out the whole line."),
    row(Help, Action::Up, &[k(KeyCode::Up), k(KeyCode::PageUp)], "up", "Scrolls up.").footer("scroll", 50),
    row(Help, Action::Down, &[k(KeyCode::Down), k(KeyCode::PageDown)], "down", "Scrolls down."),
    row(Help, Action::Back, &[k(KeyCode::Esc), k(KeyCode::Enter), c('?'), k(KeyCode::F(1))], "close", "Closes the help.").footer("close", 90),
    row(Help, Action::Backspace, &[k(KeyCode::Backspace)], "rub out", "Rubs out a character of the filter."),
    row(Help, Action::DeleteWord, &[Key::ctrl('w')], "rub out word", "Rubs out a word of the filter."),
    row(Help, Action::ClearLine, &[Key::ctrl('u')], "clear", "Clears the filter."),
    row(Palette, Action::Up, &[k(KeyCode::Up)], "up", "Goes up the list.").footer("choose", 50),
    row(Palette, Action::Down, &[k(KeyCode::Down), k(KeyCode::Tab)], "down", "Goes down the list."),
    row(Palette, Action::Accept, &[k(KeyCode::Enter)], "do it", "Does what is marked.").footer("do it", 90),
    row(Palette, Action::Back, &[k(KeyCode::Esc), Key::ctrl('p')], "cancel", "Closes the palette; nothing is done.").footer("cancel", 80),
    row(Palette, Action::Backspace, &[k(KeyCode::Backspace)], "rub out", "Rubs out a character."),
    row(Palette, Action::DeleteWord, &[Key::ctrl('w')], "rub out word", "Rubs out a word."),
    row(Palette, Action::ClearLine, &[Key::ctrl('u')], "clear", "Rubs out the whole line."),
    row(Notice, Action::Back, &[k(KeyCode::Esc), k(KeyCode::Enter), c(' '), c('q')], "close", "Closes the notice.").footer("close", 90),
    row(Log, Action::Up, &[k(KeyCode::Up), k(KeyCode::PageUp)], "up", "Goes back to what is older.").footer("scroll", 50),
    row(Log, Action::Down, &[k(KeyCode::Down), k(KeyCode::PageDown)], "down", "Goes on to what is newer."),
    row(Log, Action::Back, &[k(KeyCode::Esc), k(KeyCode::Enter), c('`'), c('q')], "close", "Closes the log.").footer("close", 90),
    row(Always, Action::Quit, &[Key::ctrl('c')], "quit", "Ends the lab from anywhere."),
    row(Always, Action::Suspend, &[Key::ctrl('z')], "suspend", "Puts the lab to sleep; the shell's fg wakes it."),
];
