//! The matrix panel: each lane's batch, every picture against every caption, with a legend and a
//! cursor that all lanes share.

mod explain;
mod lens;
mod map;
mod paint;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::ui::app::{Focus, Quantity, Shown};
use crate::ui::lens::Lens;
use crate::ui::panel::Panel;
use crate::ui::region::{MatrixMap, Target};
use crate::ui::theme::Scale;
use crate::ui::view::findings::fitting;
use crate::ui::view::heat::span::{self, ColorSpan};
use crate::ui::view::heat::{self, Grid};
use crate::ui::view::plot::number_text;
use crate::ui::view::{Screen, frame};

pub use explain::explain;

/// The least width in which a map is worth drawing, one with captions, and one with captions and numbers.
const NARROW: u16 = 18;
const CAPTIONED: u16 = 26;
const LEGIBLE: u16 = 48;

/// The panel's best width in this area: square maps, and room left for pictures.
pub fn width(screen: &Screen, area: Rect) -> u16 {
    let lanes = screen.app.lanes.len().max(1) as u16;
    let edge = if screen.boxed { 2 } else { 0 };
    let rows = area.height.saturating_sub(chrome(screen));
    let fit = MatrixMap::fit(largest(screen), u16::MAX, rows, screen.theme);
    let each = (fit.size().0 + edge + u16::from(!screen.boxed)).max(NARROW + edge);
    let others = if screen.boxed {
        (area.width / 4).max(24)
    } else {
        30
    };
    (each * lanes)
        .min(area.width.saturating_sub(others))
        .max(NARROW.min(area.width))
}

/// Rows of the map in a panel of so many rows.
pub fn side(screen: &Screen, height: u16) -> u16 {
    MatrixMap::fit(
        largest(screen),
        u16::MAX,
        height.saturating_sub(chrome(screen)),
        screen.theme,
    )
    .size()
    .1
}

/// Side of the largest matrix.
fn largest(screen: &Screen) -> usize {
    screen
        .app
        .lanes
        .iter()
        .filter_map(|lane| lane.matrix.as_ref())
        .map(|m| m.side)
        .max()
        .unwrap_or(64)
}

/// Rows that are not map: frame, legend.
fn chrome(screen: &Screen) -> u16 {
    if screen.boxed { 3 } else { 2 }
}

/// Draws the panel: as many lanes as fit, the addressed one among them.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let lanes = screen.app.lanes.len();
    let narrow = match screen.app.lens {
        Some(Lens::Numbers) => LEGIBLE,
        _ if screen.app.dense => NARROW,
        // A page has few panels: rather one map whose captions can be read than two.
        _ => CAPTIONED,
    };
    let (first, fit) = fitting(screen, area, narrow);
    let shown = first..(first + fit).min(lanes);
    let views: Vec<_> = shown.map(|lane| view(screen, lane, fit)).collect();
    let gap = u16::from(!screen.boxed);
    let columns = vec![Constraint::Fill(1); fit];
    let places = Layout::horizontal(columns).spacing(gap).split(area);
    let rooms: Vec<_> = places.iter().map(|place| room(screen, *place)).collect();
    let lens = lens_of(screen, &views, &rooms);
    screen.regions.lens = Some(lens);
    let plans: Vec<_> = views
        .iter()
        .zip(&rooms)
        .map(|(view, room)| Some(Plan::of(screen, view.looked.as_ref()?, lens, *room)))
        .collect();
    let own = views.iter().zip(&plans).filter(|(v, _)| v.minus.is_none());
    let drawn = own.filter_map(|(view, plan)| Some(plan.as_ref()?.grid(view.looked.as_ref()?)));
    let all: Vec<Grid> = drawn.collect();
    for (slot, view) in views.iter().enumerate() {
        let plan = plans[slot].as_ref();
        let inner = open_frame(frame, places[slot], screen, view, plan, slot == 0);
        let Some((looked, plan)) = view.looked.as_ref().zip(plan) else {
            let line = "no batch that both lanes have shown yet";
            if view.minus.is_some() {
                let line = Line::styled(line, screen.theme.muted()).centered();
                frame::put(frame, inner, inner.height / 2, &line);
            } else {
                frame::promise(frame, inner, screen, Panel::Matrix);
            }
            continue;
        };
        let grid = plan.grid(looked);
        let (span, scale) = if view.minus.is_some() {
            let span = span::of_difference(&grid, screen.app.quantity, looked.pairs);
            (span, Scale::Diverging)
        } else {
            let span = span::span(screen.app, &grid, &all, looked.pairs);
            (span, span::scale(screen.app))
        };
        draw(frame, inner, screen, (looked, plan, &grid), (span, scale));
    }
}

/// Columns and rows for cells in a place of this size.
fn room(screen: &Screen, place: Rect) -> (u16, u16) {
    let edge = if screen.boxed { 2 } else { 0 };
    (
        place.width.saturating_sub(edge),
        place.height.saturating_sub(chrome(screen)),
    )
}

/// How close the matrix is looked at: as asked for, or at every pair: of the whole batch if it fits at a cell for
/// each, else of those around the cursor.
fn lens_of(screen: &Screen, views: &[View], rooms: &[(u16, u16)]) -> Lens {
    let looked = views.iter().zip(rooms);
    let looked: Vec<_> = looked
        .filter_map(|(view, room)| Some((view.looked.as_ref()?, *room)))
        .collect();
    if looked.iter().any(|(looked, _)| looked.each.is_none()) {
        return Lens::Whole;
    }
    screen.app.lens.unwrap_or_else(|| {
        let fits = |(looked, room): &(&Looked, (u16, u16))| {
            MatrixMap::fit(looked.pairs, room.0, room.1, screen.theme).pool == 1
        };
        if looked.iter().all(fits) {
            Lens::Whole
        } else {
            Lens::Pairs
        }
    })
}

/// What one of the maps shows.
struct View {
    lane: usize,
    /// The lane that is taken from it.
    minus: Option<usize>,
    looked: Option<Looked>,
}

/// The matrix of one step, in the quantity that is looked at.
struct Looked {
    shown: Shown,
    /// Pairs in the batch.
    pairs: usize,
    /// The matrix as it came, of means where it was pooled.
    pooled: Grid,
    /// Pair by pair, as far as that is known.
    each: Option<Grid>,
}

impl Looked {
    fn of(shown: Shown, quantity: Quantity) -> Self {
        let settings = shown.settings.as_ref();
        let pooled = heat::grid(&shown.matrix, settings, quantity);
        let cells = shown.cells();
        let each = cells.and_then(|cells| heat::each(&cells, settings, quantity));
        Self {
            pairs: shown.batch(),
            pooled,
            each,
            shown,
        }
    }

    /// The second minus the first.
    fn difference(first: &Self, second: Self) -> Self {
        let both = first.each.as_ref().zip(second.each.as_ref());
        let each = both.filter(|(a, b)| a.side == b.side && a.values.len() == b.values.len());
        Self {
            pooled: heat::difference(&first.pooled, &second.pooled),
            each: each.map(|(a, b)| heat::difference(a, b)),
            ..second
        }
    }
}

/// The lane's matrix; the difference of two in place of the second one's, or of the only one that fits.
fn view(screen: &Screen, lane: usize, fit: usize) -> View {
    let app = screen.app;
    match app.compared() {
        Some((first, second)) if lane == second || fit == 1 => View {
            lane: second,
            minus: Some(first),
            looked: app.common(first, second).map(|(a, b)| {
                let a = Looked::of(a, app.quantity);
                Looked::difference(&a, Looked::of(b, app.quantity))
            }),
        },
        _ => View {
            lane,
            minus: None,
            looked: app.shown(lane).map(|shown| Looked::of(shown, app.quantity)),
        },
    }
}

/// How a matrix lies in its panel.
enum Plan {
    /// All of it.
    Whole(MatrixMap),
    /// A part of it, pair by pair.
    Part(lens::Window),
}

impl Plan {
    fn of(screen: &Screen, looked: &Looked, lens: Lens, (width, height): (u16, u16)) -> Self {
        // Every pair has a cell of its own where there is room, also if the matrix came pooled.
        let square = |grid: &Grid| grid.values.len() == grid.side * grid.side;
        let each = looked.each.as_ref().filter(|grid| square(grid));
        let fit = |side| MatrixMap::fit(side, width, height, screen.theme);
        let matrix = &looked.shown.matrix;
        let whole = each
            .map(|grid| fit(grid.side))
            .filter(|map| map.pool == 1)
            .unwrap_or_else(|| fit(matrix.side).of(matrix.pool));
        if lens == Lens::Whole {
            return Self::Whole(whole);
        }
        let window = lens::Window::new(screen, lens, (width, height), looked.pairs);
        window.map_or(Self::Whole(whole), Self::Part)
    }

    /// The values that it shows.
    fn grid(&self, looked: &Looked) -> Grid {
        match (self, &looked.each) {
            (Self::Whole(map), Some(each)) if map.each == 1 => each.pooled(map.pool),
            (Self::Part(_), Some(each)) => each.clone(),
            (Self::Whole(map), _) => looked.pooled.pooled(map.pool),
            (Self::Part(_), None) => looked.pooled.clone(),
        }
    }

    /// What the title says of it: the factor of the pooling, or which pairs are in sight.
    fn about(&self, screen: &Screen, pairs: usize) -> String {
        match self {
            Self::Whole(map) if map.factor() > 1 => {
                let times = screen.theme.glyph("×", "x");
                format!("{0}{times}{0}", map.factor())
            }
            Self::Whole(_) => String::new(),
            Self::Part(_) => format!("N = {pairs}"),
        }
    }
}

fn open_frame(
    frame: &mut Frame,
    area: Rect,
    screen: &mut Screen,
    view: &View,
    plan: Option<&Plan>,
    first: bool,
) -> Rect {
    let app = screen.app;
    screen.regions.add(area, Target::Panel(Panel::Matrix));
    let [sign, name] = frame::lane_name(screen, view.lane);
    let key = if first && app.dense {
        Span::styled(" m", screen.theme.accent())
    } else {
        Span::raw("")
    };
    let mut title = vec![key, Span::raw(" "), sign, name, Span::raw(" ")];
    if let Some(first) = view.minus {
        let [sign, name] = frame::lane_name(screen, first);
        title.extend([
            Span::styled("- ", screen.theme.text()),
            sign,
            name,
            Span::raw(" "),
        ]);
    }
    let title = Line::from(title);
    let mut about = app.quantity.label().to_string();
    if let Some((plan, looked)) = plan.zip(view.looked.as_ref()) {
        // Whoever sees means must know it: the legend says so only where it has room.
        let short = plan.about(screen, looked.pairs);
        let comma = if matches!(plan, Plan::Part(_)) {
            ","
        } else {
            ""
        };
        about = format!("{about}{comma} {short}").trim_end().into();
        let room = usize::from(area.width).saturating_sub(title.width() + 6);
        let step = format!("step {}", looked.shown.matrix.step);
        let mut forms = vec![format!("{about}, {step}"), about];
        if app.past.step.is_some() {
            // Whoever looks at the past must know it before all else.
            forms[1] = format!("{step} {short}").trim_end().into();
            forms.push(step);
        }
        forms.push(short);
        about = forms
            .into_iter()
            .find(|form| form.chars().count() <= room)
            .unwrap_or_default();
    }
    let right = if about.is_empty() {
        Line::default()
    } else {
        Line::styled(format!(" {about} "), screen.theme.muted())
    };
    let focused = app.focus == Focus::Panel && app.panel == Panel::Matrix;
    let inner = frame::titled(frame, area, screen, title, right, focused);
    let looked = view.looked.as_ref();
    let axes = match looked.filter(|_| app.past.step.is_some()) {
        Some(looked) => format!(" step {}, Esc: live ", looked.shown.matrix.step),
        None => screen
            .theme
            .glyph(" pictures ↓  captions → ", " pictures v  captions > ")
            .into(),
    };
    let length = axes.chars().count() as u16;
    if screen.boxed && area.width > length + 4 && area.height > 3 {
        let x = area.x + (area.width - length) / 2;
        frame
            .buffer_mut()
            .set_string(x, area.bottom() - 1, axes, screen.theme.faint());
    }
    inner
}

fn draw(
    frame: &mut Frame,
    inner: Rect,
    screen: &mut Screen,
    (looked, plan, grid): (&Looked, &Plan, &Grid),
    (span, scale): (ColorSpan, Scale),
) {
    let height = match plan {
        Plan::Whole(map) => map.size().1,
        Plan::Part(window) => window.size().1,
    };
    let legend = inner.height > height;
    let place = Rect {
        height: inner.height - u16::from(legend),
        ..inner
    };
    let used = match plan {
        Plan::Whole(map) => whole(frame, place, screen, grid, *map, (span, scale)),
        Plan::Part(window) => {
            let pairs = looked.shown.pairs.as_slice();
            lens::draw(frame, place, screen, (window, grid, pairs), (span, scale));
            if let Some(corner) = window.overview(place) {
                let side = looked.pooled.side;
                let pool = looked.shown.matrix.pool;
                let map = MatrixMap::fit(side, corner.width, corner.height, screen.theme).of(pool);
                let means = looked.pooled.pooled(map.pool);
                let drawn = whole(frame, corner, screen, &means, map, (span, scale));
                lens::frame_window(frame, drawn, screen, window, map);
            }
            place
        }
    };
    if legend {
        let line = Rect {
            y: used.bottom(),
            height: 1,
            ..inner
        };
        let pooled = matches!(plan, Plan::Whole(map) if map.factor() > 1);
        let names = match span.least {
            Some(least) => {
                let least = number_text(least, least);
                vec![format!("least span {least}"), format!("least {least}")]
            }
            None if pooled => vec!["means".into()],
            None if scale == span::scale(screen.app) => {
                vec![span::range(screen.app).label().into()]
            }
            None => vec!["difference".into()],
        };
        paint::legend(frame.buffer_mut(), line, screen, (span, scale), &names);
    }
}

/// Draws the whole matrix in the middle of a place, with the cursor. Returns where it lies.
fn whole(
    frame: &mut Frame,
    place: Rect,
    screen: &mut Screen,
    grid: &Grid,
    map: MatrixMap,
    (span, scale): (ColorSpan, Scale),
) -> Rect {
    let (width, height) = map.size();
    let place = Rect {
        x: place.x + place.width.saturating_sub(width) / 2,
        y: place.y + place.height.saturating_sub(height) / 2,
        width: width.min(place.width),
        height: height.min(place.height),
    };
    screen.regions.add(place, Target::Matrix(map));
    let share = |x: usize, y: usize| {
        let value = grid.at(y / map.grow, x / map.grow)?;
        Some(span.share(value))
    };
    paint::paint(frame.buffer_mut(), place, screen.theme, (map, scale), share);
    if screen.app.cursor_shown() {
        paint::cursor(frame.buffer_mut(), place, screen, map);
    }
    place
}
