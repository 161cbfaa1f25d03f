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
use crate::ui::panel::{Page, Panel};

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

const fn shift(code: KeyCode) -> Key {
    Key::shift(code)
}

use Context::{
    Always, Card, Charts, Dials, Exercise, Findings, Hand, Help, Landscape, Line, Log, Main,
    Matches, Matrix, Open, Palette, Query, Reading, Tour, Welcome,
};
use KeyCode::{
    BackTab, Backspace, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up,
};

/// Every action, a row each, with the keys that it has unless the user gave it others. The rows of
/// dials, pages and panels come from their own tables. A row without a key is found by `:`, and the user
/// may bind one.
pub(super) static ROWS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let dials = Dial::ALL.into_iter().map(|dial| {
        let about = String::leak(format!("Take hold of {}.", dial.about()));
        row(Main, Action::Dial(dial), letter(dial), dial.name(), about)
    });
    let pages = Page::SHOWN.into_iter().map(|page| {
        let about = page.about();
        row(
            Main,
            Action::Page(page),
            page.keys(),
            page.row_name(),
            about,
        )
    });
    let panels = Panel::ALL.into_iter().map(|panel| {
        let known = panel.row();
        row(
            Main,
            Action::Panel(panel),
            known.keys,
            known.name,
            known.about,
        )
    });
    let run = RUN.iter().cloned();
    let look = LOOK.iter().cloned();
    let places = PLACES.iter().cloned();
    run.chain(dials)
        .chain(pages)
        .chain(panels)
        .chain(look)
        .chain(places)
        .collect()
});

/// The letter of a dial: those of the first page have one.
const fn letter(dial: Dial) -> &'static [Key] {
    match dial {
        Dial::Temperature => const { &[c('t')] },
        Dial::Bias => const { &[c('b')] },
        Dial::BatchSize => const { &[c('B')] },
        Dial::Loss => const { &[c('x')] },
        _ => &[],
    }
}

/// What is done to the run, and to changes of it.
#[rustfmt::skip]
const RUN: &[Entry] = &[
    row(Main, Action::PlayPause, &[c(' ')], "play, pause", "Train, or pause after the current step; all lanes.").footer("play/pause", 99),
    row(Main, Action::Step(1), &[c('s')], "step", "Make one step in every lane, then pause.").footer("step", 60),
    row(Main, Action::Step(10), &[c('S')], "ten steps", "Make ten steps in every lane, then pause."),
    row(Main, Action::Reset, &[c('r')], "reset", "Reset to step 0 with the same seed: the same first weights and batches; the dials stay as you set them.").footer("reset", 76),
    row(Main, Action::Defaults, &[], "scenario defaults", "Reset to step 0 with the same seed and the dials that the scenario starts with."),
    row(Main, Action::Reseed, &[], "new seed", "Reset to step 0 with the next seed; the dials stay as you set them."),
    row(Main, Action::Undo, &[c('u')], "undo", "Undo the last change: a dial goes back and the weights stay; after a reset the run before it comes back.").footer("undo", 48),
    row(Main, Action::Redo, &[Key::ctrl('r')], "redo", "Redo what was undone or rewound last."),
    row(Main, Action::Rewind, &[c('U')], "rewind", "Take weights and dials of the addressed lanes back to before the last change."),
    row(Main, Action::Branch, &[], "branch", "Start a new lane from before the lane's last change."),
    row(Main, Action::ApplyToAll, &[c('A')], "to all lanes", "Give one lane's last change to all lanes."),
    row(Main, Action::NextLane, &[c('a')], "next lane", "Address the next lane: all, the first, the second ...").footer("lane", 55),
    row(Main, Action::Slower, &[c('<')], "slower", "Slow down: wait longer between steps."),
    row(Main, Action::Faster, &[c('>')], "faster", "Speed up: wait less between steps."),
];

/// What is looked at, asked, opened, saved and shared.
#[rustfmt::skip]
const LOOK: &[Entry] = &[
    row(Main, Action::NextPanel, &[k(Tab)], "next panel", "Go to the next panel of the page; the dials are one of them.").footer("panels", 72),
    row(Main, Action::PreviousPanel, &[k(BackTab)], "previous panel", "Go to the previous panel of the page."),
    row(Main, Action::Zoom, &[c('z')], "zoom", "Show the panel in hand alone, or the page again.").footer("zoom", 40),
    row(Main, Action::AllPanels, &[c('0')], "all panels", "Show all panels and all dials at once, or pages again."),
    row(Main, Action::Search, &[c('/')], "search", "Search the captions on the screen; in the panel \"nearest\", type a query.").footer("search", 25),
    row(Main, Action::NextMatch, &[c('n')], "next match", "Go to the next match of the search."),
    row(Matches, Action::PreviousMatch, &[c('N')], "previous match", "Go to the previous match of the search."),
    row(Main, Action::Ask, &[], "query", "Type a caption; every lane shows its nearest held-out images."),
    row(Main, Action::Chart(ChartKey::Ghost), &[], "ghost", "Keep the present curves as a ghost, also after a reset, or remove them."),
    row(Main, Action::Evaluate, &[], "evaluate", "Evaluate every lane on held-out images now."),
    row(Main, Action::Checkpoint, &[], "checkpoint", "Write every lane's checkpoint now, if the lab has a run folder."),
    row(Main, Action::Open, &[c('o')], "open", "Choose another scenario.").footer("open", 35),
    row(Main, Action::Save, &[Key::ctrl('s')], "save", "Save the scenario, with every change as its script.").footer("save", 10),
    row(Main, Action::Reload, &[Key::ctrl('o')], "reload", "Load the open scenario's file again; this run ends."),
    row(Main, Action::Copy, &[c('Y')], "copy command", "Copy and show the command that repeats this run."),
    row(Main, Action::Export, &[c('E')], "export", "Write metrics, matrices, scenario, controls and plots into a \
                                                    new folder."),
    row(Main, Action::Theme, &[], "theme", "Switch to the next theme: dark, light, high contrast, colour-blind safe."),
    row(Main, Action::Mouse, &[c('M')], "mouse", "Give the mouse to the terminal, so that you can select text, or take it back."),
    row(Main, Action::Log, &[c('`')], "log", "Show the log: messages of the lanes and printed text."),
    row(Main, Action::Explain, &[c('i')], "explain", "Explain the dial or panel in hand, with the present numbers filled in.").footer("explain", 88),
    row(Main, Action::Palette, &[c(':'), Key::ctrl('p')], "palette", "Find an action, dial, panel or scenario by its name.").footer("find", 73),
    row(Main, Action::Help, &[c('?'), k(F(1))], "help", "Show all keys.").footer("help", 95),
    row(Main, Action::Tour, &[], "tour", "Begin the tour of nine short stops; this run ends."),
    row(Main, Action::Quit, &[c('q')], "quit", "Leave the lab; a run folder keeps what it has.").footer("quit", 80),
    row(Main, Action::Back, &[k(Esc)], "back", "Leave the crosshair, the search, the zoom, the panel."),
    row(Tour, Action::NextStop, &[c('N')], "next stop", "Open the next stop of the tour.").footer("next stop", 90),
    row(Tour, Action::PreviousStop, &[c('P')], "previous stop", "Open the previous stop of the tour.").footer("back", 30),
];

/// What works in one place, or in what lies above the screen.
#[rustfmt::skip]
const PLACES: &[Entry] = &[
    row(Exercise, Action::Answer, &[k(Enter)], "answer", "Answer the question; once all are answered, open the next exercise.").footer("answer", 97),
    row(Dials, Action::Turn(Turn::Down), &[k(Left), c('h')], "turn down", "Turn the dial down a little.").footer("turn", 97),
    row(Dials, Action::Turn(Turn::Up), &[k(Right), c('l')], "turn up", "Turn the dial up a little."),
    row(Dials, Action::Turn(Turn::FarDown), &[c('H'), shift(Left)], "turn far down", "Turn the dial far down."),
    row(Dials, Action::Turn(Turn::FarUp), &[c('L'), shift(Right)], "turn far up", "Turn the dial far up."),
    row(Dials, Action::PreviousDial, &[k(Up), c('k')], "previous dial", "Take hold of the previous dial."),
    row(Dials, Action::NextDial, &[k(Down), c('j')], "next dial", "Take hold of the next dial."),
    row(Dials, Action::Enter, &[k(Enter)], "type", "Type the dial's value.").footer("type", 70),
    row(Dials, Action::ToggleLearned, &[c('f')], "learned, fixed", "Let training learn tau or the bias, or fix it.").footer("learn/fix", 65),
    row(Charts, Action::Zoom, &[k(Enter)], "zoom", "Show the panel in hand alone, or the page again."),
    row(Charts, Action::Chart(ChartKey::Left), &[k(Left), c('h')], "step before", "Move the crosshair to the step before.").footer("crosshair", 97),
    row(Charts, Action::Chart(ChartKey::Right), &[k(Right), c('l')], "step after", "Move the crosshair to the step after."),
    row(Charts, Action::Chart(ChartKey::FarLeft), &[c('H'), shift(Left)], "far before", "Move the crosshair back by a twentieth of what is in sight."),
    row(Charts, Action::Chart(ChartKey::FarRight), &[c('L'), shift(Right)], "far after", "Move the crosshair on by a twentieth of what is in sight."),
    row(Charts, Action::Chart(ChartKey::First), &[c('g'), k(Home)], "first step", "Move the crosshair to the first step in sight."),
    row(Charts, Action::Chart(ChartKey::Last), &[c('G'), k(End)], "last step", "Move the crosshair to the last step in sight."),
    row(Charts, Action::Chart(ChartKey::Closer), &[c('+'), c('=')], "fewer steps", "Show half as many steps, around the crosshair if there is one.").footer("closer", 71),
    row(Charts, Action::Chart(ChartKey::Farther), &[c('-')], "more steps", "Show twice as many steps."),
    row(Charts, Action::Chart(ChartKey::Earlier), &[k(PageUp), c('[')], "earlier steps", "Move to earlier steps, once + shows only some."),
    row(Charts, Action::Chart(ChartKey::Later), &[k(PageDown), c(']')], "later steps", "Move to later steps."),
    row(Charts, Action::Chart(ChartKey::LogY), &[c('y')], "log values", "Switch the chart's values between logarithmic and linear.").footer("log", 66),
    row(Charts, Action::Chart(ChartKey::LogX), &[c('X')], "log steps", "Switch the chart's steps between logarithmic and linear."),
    row(Charts, Action::Chart(ChartKey::Smoothing), &[c('w')], "smoothing", "Switch between raw values, exponential mean and running median; raw values stay, faint.").footer("smooth", 64),
    row(Charts, Action::Chart(ChartKey::Clip), &[c('O')], "outliers", "Leave outliers outside the axis, or show everything."),
    row(Charts, Action::Chart(ChartKey::Pin), &[c('"')], "pin", "Pin the crosshair's values in a table, or remove \
                                                                 them."),
    row(Matrix, Action::Cursor(Direction::Left), &[k(Left), c('h')], "caption before", "Move the cursor to the previous caption.").footer("pair", 97),
    row(Matrix, Action::Cursor(Direction::Right), &[k(Right), c('l')], "caption after", "Move the cursor to the next caption."),
    row(Matrix, Action::Cursor(Direction::Up), &[k(Up), c('k')], "image before", "Move the cursor to the previous image."),
    row(Matrix, Action::Cursor(Direction::Down), &[k(Down), c('j')], "image after", "Move the cursor to the next image."),
    row(Matrix, Action::FarCursor(Direction::Left), &[c('H'), shift(Left)], "eight captions before", "Move the cursor back by eight captions."),
    row(Matrix, Action::FarCursor(Direction::Right), &[c('L'), shift(Right)], "eight captions after", "Move the cursor on by eight captions."),
    row(Matrix, Action::FarCursor(Direction::Up), &[k(PageUp), shift(Up)], "eight images before", "Move the cursor back by eight images."),
    row(Matrix, Action::FarCursor(Direction::Down), &[k(PageDown), shift(Down)], "eight images after", "Move the cursor on by eight images."),
    row(Matrix, Action::First, &[c('g'), k(Home)], "first pair", "Move the cursor to the first pair."),
    row(Matrix, Action::Last, &[c('G'), k(End)], "last pair", "Move the cursor to the last pair."),
    row(Matrix, Action::WorstPair, &[c('!')], "worst pair", "Move the cursor to the mismatch that beats its match by most.").footer("worst", 71),
    row(Matrix, Action::Quantity, &[c('d')], "quantity", "Show cosines, logits, probabilities, or the loss's gradient.").footer("quantity", 69),
    row(Matrix, Action::Difference, &[c('D')], "difference", "Show how two lanes' matrices of the same batch differ: the addressed lane's minus the first's."),
    row(Matrix, Action::Range, &[c('f')], "colour range", "Colours span each lane's own values, all lanes' values, or the fixed range."),
    row(Matrix, Action::Lens(true), &[c('+'), c('=')], "closer", "Look closer: the pairs around the cursor, then few pairs with captions and numbers.").footer("closer", 68),
    row(Matrix, Action::Lens(false), &[c('-')], "farther", "Show more of the batch, up to all of it as means."),
    row(Matrix, Action::Scrub(false), &[c('[')], "earlier matrix", "Look at an earlier step's matrices while training goes on; Esc comes back.").footer("earlier", 50),
    row(Matrix, Action::Scrub(true), &[c(']')], "later matrix", "Look at a later step's matrices; after the last come the latest.").footer("later", 49),
    row(Matrix, Action::Zoom, &[k(Enter)], "zoom", "Show the panel in hand alone, or the page again."),
    row(Landscape, Action::Cursor(Direction::Left), &[k(Left), c('h')], "smaller tau", "Move the cursor to a smaller tau.").footer("cursor", 97),
    row(Landscape, Action::Cursor(Direction::Right), &[k(Right), c('l')], "larger tau", "Move the cursor to a larger tau."),
    row(Landscape, Action::Cursor(Direction::Up), &[k(Up), c('k')], "larger bias", "Move the cursor to a larger bias."),
    row(Landscape, Action::Cursor(Direction::Down), &[k(Down), c('j')], "smaller bias", "Move the cursor to a smaller bias."),
    row(Landscape, Action::SetPlace, &[k(Enter)], "go there", "Set tau, and the bias where the loss uses one, to the cursor's.").footer("go there", 89),
    row(Hand, Action::Cursor(Direction::Left), &[k(Left), c('h')], "number left", "Choose the number to the left.").footer("choose", 97),
    row(Hand, Action::Cursor(Direction::Right), &[k(Right), c('l')], "number right", "Choose the number to the right."),
    row(Hand, Action::Cursor(Direction::Up), &[k(Up), c('k')], "number above", "Choose the number above; tau and the bias are on top."),
    row(Hand, Action::Cursor(Direction::Down), &[k(Down), c('j')], "number below", "Choose the number below."),
    row(Hand, Action::Enter, &[k(Enter)], "type", "Type the number.").footer("type", 89),
    row(Hand, Action::TakeBatch, &[c('F')], "first of batch", "Take the first pairs of the latest batch, with the lane's tau and bias.").footer("from batch", 75),
    row(Hand, Action::FewerPairs, &[c('('), c('-')], "fewer pairs", "Remove the last pair."),
    row(Hand, Action::MorePairs, &[c(')'), c('+'), c('=')], "more pairs", "Add a pair: at most eight.").footer("more pairs", 40),
    row(Hand, Action::PageUp, &[k(PageUp)], "scroll up", "Scroll the working up."),
    row(Hand, Action::PageDown, &[k(PageDown)], "scroll down", "Scroll the working down.").footer("scroll", 70),
    row(Findings, Action::Examine, &[k(Enter)], "evaluate all", "Evaluate every task now: all templates, probes, fine-tuning, languages.").footer("evaluate all", 89),
    row(Findings, Action::Cursor(Direction::Up), &[k(Up), c('k')], "property before", "Look at the previous property, or at earlier rows.").footer("choose", 97),
    row(Findings, Action::Cursor(Direction::Down), &[k(Down), c('j')], "property after", "Look at the next property, or at later rows."),
    row(Findings, Action::Cursor(Direction::Left), &[k(Left), c('h')], "templates before", "Look at the previous set of templates."),
    row(Findings, Action::Cursor(Direction::Right), &[k(Right), c('l')], "templates after", "Look at the next set of templates."),
    row(Query, Action::AskPicture, &[k(Enter)], "its names", "Show the names nearest to the chosen image.").footer("its names", 89),
    row(Query, Action::Cursor(Direction::Up), &[k(Up), k(Left), c('k'), c('h')], "nearer", "Choose the previous \
                                                                                            result.").footer("choose", 97),
    row(Query, Action::Cursor(Direction::Down), &[k(Down), k(Right), c('j'), c('l')], "farther", "Choose the next \
                                                                                                  result."),
    row(Welcome, Action::Up, &[k(Up), c('k'), k(Left), c('h')], "choice before", "Choose the other way to begin.").footer("choose", 50),
    row(Welcome, Action::Down, &[k(Down), c('j'), k(Right), c('l'), k(Tab)], "choice after", "Choose the other way to begin."),
    row(Welcome, Action::Accept, &[k(Enter)], "begin", "Begin as chosen: with the tour, or with the dials.").footer("begin", 90),
    row(Welcome, Action::Back, &[k(Esc)], "explore", "Begin with the dials.").footer("explore", 80),
    row(Open, Action::Up, &[k(Up)], "up", "Go up the list.").footer("choose", 50),
    row(Open, Action::Down, &[k(Down), k(Tab)], "down", "Go down the list."),
    row(Open, Action::PageUp, &[k(PageUp)], "page up", "Go up the list by eight."),
    row(Open, Action::PageDown, &[k(PageDown)], "page down", "Go down the list by eight."),
    row(Open, Action::Accept, &[k(Enter)], "open", "Open the marked scenario, or the file whose path you typed.").footer("open", 90),
    row(Open, Action::Back, &[k(Esc)], "cancel", "Close the list; the run goes on.").footer("cancel", 80),
    row(Open, Action::Backspace, &[k(Backspace)], "delete", "Delete the previous character."),
    row(Open, Action::DeleteWord, &[Key::ctrl('w')], "delete word", "Delete the previous word."),
    row(Open, Action::ClearLine, &[Key::ctrl('u')], "clear", "Delete the whole line."),
    row(Line, Action::Accept, &[k(Enter)], "accept", "Accept what you typed.").footer("accept", 90),
    row(Line, Action::Back, &[k(Esc)], "cancel", "Change nothing.").footer("cancel", 80),
    row(Line, Action::Backspace, &[k(Backspace)], "delete", "Delete the previous character."),
    row(Line, Action::DeleteWord, &[Key::ctrl('w')], "delete word", "Delete the previous word."),
    row(Line, Action::ClearLine, &[Key::ctrl('u')], "clear", "Delete the whole line."),
    row(Reading, Action::Up, &[k(Up), c('k')], "up", "Scroll up a line.").footer("scroll", 50),
    row(Reading, Action::Down, &[k(Down), c('j')], "down", "Scroll down a line."),
    row(Reading, Action::PageUp, &[k(PageUp)], "page up", "Scroll up a page."),
    row(Reading, Action::PageDown, &[k(PageDown), c(' ')], "page down", "Scroll down a page.").footer("page down", 40),
    row(Reading, Action::First, &[c('g'), k(Home)], "beginning", "Go to the beginning."),
    row(Reading, Action::Last, &[c('G'), k(End)], "end", "Go to the end."),
    row(Card, Action::Up, &[c('k')], "up", "Scroll the card up a line."),
    row(Card, Action::Down, &[c('j')], "down", "Scroll the card down a line."),
    row(Card, Action::PageUp, &[k(PageUp)], "page up", "Scroll the card up a page."),
    row(Card, Action::PageDown, &[k(PageDown)], "page down", "Scroll the card down a page."),
    row(Card, Action::First, &[c('g'), k(Home)], "beginning", "Go to the card's first line."),
    row(Card, Action::Last, &[c('G'), k(End)], "end", "Go to the card's last line."),
    row(Reading, Action::Search, &[c('/')], "find", "Type words to find; the help keeps only the rows that hold them.").footer("find", 60),
    row(Reading, Action::NextMatch, &[c('n')], "next found", "Go to the next line that holds the words."),
    row(Reading, Action::PreviousMatch, &[c('N')], "previous found", "Go to the previous line that holds the words."),
    row(Reading, Action::Back, &[k(Esc), k(Enter), c('q')], "close", "Close what you read.").footer("close", 90),
    row(Help, Action::Help, &[c('?'), k(F(1))], "close help", "Close the help."),
    row(Log, Action::Log, &[c('`')], "close log", "Close the log."),
    row(Palette, Action::Up, &[k(Up)], "up", "Go up the list.").footer("choose", 50),
    row(Palette, Action::Down, &[k(Down), k(Tab)], "down", "Go down the list."),
    row(Palette, Action::PageUp, &[k(PageUp)], "page up", "Go up the list by eight."),
    row(Palette, Action::PageDown, &[k(PageDown)], "page down", "Go down the list by eight."),
    row(Palette, Action::Accept, &[k(Enter)], "do it", "Run the marked action.").footer("do it", 90),
    row(Palette, Action::Back, &[k(Esc), Key::ctrl('p')], "cancel", "Close the palette and do nothing.").footer("cancel", 80),
    row(Palette, Action::Backspace, &[k(Backspace)], "delete", "Delete the previous character."),
    row(Palette, Action::DeleteWord, &[Key::ctrl('w')], "delete word", "Delete the previous word."),
    row(Palette, Action::ClearLine, &[Key::ctrl('u')], "clear", "Delete the whole line."),
    row(Always, Action::Quit, &[Key::ctrl('c')], "quit", "Leave the lab from anywhere."),
    row(Always, Action::Suspend, &[Key::ctrl('z')], "suspend", "Suspend the lab; the shell's fg resumes it."),
];
