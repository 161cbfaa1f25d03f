//! The matrix panel: each lane's batch, every picture against every caption, with a legend and a
//! cursor that all lanes share.

mod explain;
mod map;
mod paint;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::ui::app::{Focus, Shown};
use crate::ui::panel::Panel;
use crate::ui::region::{MatrixMap, Target};
use crate::ui::theme::Scale;
use crate::ui::view::findings::fitting;
use crate::ui::view::heat::{self, Grid};
use crate::ui::view::{Screen, frame};

pub use explain::explain;

/// The least width in which a map is worth drawing.
const NARROW: u16 = 18;

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
    let (first, fit) = fitting(screen, area, NARROW);
    let shown = first..(first + fit).min(lanes);
    let app = screen.app;
    let views: Vec<_> = shown.clone().map(|lane| view(screen, lane, fit)).collect();
    let grids: Vec<_> = views.iter().map(|view| view.grid.as_ref()).collect();
    let gap = u16::from(!screen.boxed);
    let columns = vec![Constraint::Fill(1); fit];
    let places = Layout::horizontal(columns).spacing(gap).split(area);
    let maps: Vec<_> = places
        .iter()
        .zip(&grids)
        .map(|(place, grid)| {
            let edge = if screen.boxed { 2 } else { 0 };
            let rows = place.height.saturating_sub(chrome(screen));
            grid.map(|g| {
                MatrixMap::fit(g.side, place.width.saturating_sub(edge), rows, screen.theme)
            })
        })
        .collect();
    let pooled: Vec<_> = grids
        .iter()
        .zip(&maps)
        .map(|(g, m)| Some((*g)?.pooled(m.as_ref()?.pool)))
        .collect();
    let own = pooled
        .iter()
        .zip(&views)
        .filter(|(_, view)| view.minus.is_none());
    let all: Vec<_> = own.filter_map(|(grid, _)| grid.clone()).collect();
    for (slot, view) in views.iter().enumerate() {
        let inner = open_frame(
            frame,
            places[slot],
            screen,
            view,
            maps[slot].as_ref(),
            slot == 0,
        );
        if let (Some(grid), Some(map)) = (&pooled[slot], &maps[slot]) {
            let (span, scale) = if view.minus.is_some() {
                (heat::difference_span(grid), Scale::Diverging)
            } else {
                let span = heat::span(app, grid, &all);
                match heat::scale(app) {
                    Scale::Rising => (span, Scale::Rising),
                    Scale::Diverging => (heat::centred(span), Scale::Diverging),
                }
            };
            draw(frame, inner, screen, grid, *map, (span, scale));
        } else if view.minus.is_some() {
            let text = "no batch that both lanes have shown yet";
            frame::put(
                frame,
                inner,
                inner.height / 2,
                &Line::styled(text, screen.theme.muted()).centered(),
            );
        } else {
            frame::promise(frame, inner, screen, Panel::Matrix);
        }
    }
}

/// What one of the maps shows.
struct View {
    lane: usize,
    /// The lane that is taken from it.
    minus: Option<usize>,
    /// Its step, and the pairs that a cell's side stands for before it is drawn.
    about: Option<(u64, usize)>,
    grid: Option<Grid>,
}

/// The lane's matrix; the difference of two in place of the second one's, or of the only one that fits.
fn view(screen: &Screen, lane: usize, fit: usize) -> View {
    let app = screen.app;
    let grid = |shown: &Shown| heat::grid(&shown.matrix, shown.settings.as_ref(), app.quantity);
    match app.compared() {
        Some((first, second)) if lane == second || fit == 1 => {
            let common = app.common(first, second);
            View {
                lane: second,
                minus: Some(first),
                about: common.as_ref().map(|(a, _)| (a.matrix.step, a.matrix.pool)),
                grid: common.map(|(a, b)| heat::difference(&grid(&a), &grid(&b))),
            }
        }
        _ => {
            let shown = app.shown(lane);
            View {
                lane,
                minus: None,
                about: shown.as_ref().map(|s| (s.matrix.step, s.matrix.pool)),
                grid: shown.as_ref().map(grid),
            }
        }
    }
}

fn open_frame(
    frame: &mut Frame,
    area: Rect,
    screen: &mut Screen,
    view: &View,
    map: Option<&MatrixMap>,
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
    if let (Some(map), Some((step, pooled))) = (map, view.about) {
        // Whoever sees means must know it: the legend says so only where it has room.
        let pool = map.pool * pooled;
        if pool > 1 {
            about = format!("{about} {pool}{}{pool}", screen.theme.glyph("×", "x"));
        }
        let room = usize::from(area.width).saturating_sub(title.width() + 6);
        let short = if pool > 1 {
            format!("{pool}{}{pool}", screen.theme.glyph("×", "x"))
        } else {
            String::new()
        };
        let step = format!("step {step}");
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
    let axes = match view.about.filter(|_| app.past.step.is_some()) {
        Some((step, _)) => format!(" step {step}, Esc: live "),
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
    grid: &Grid,
    map: MatrixMap,
    (span, scale): ((f64, f64), Scale),
) {
    let theme = screen.theme;
    let (width, height) = map.size();
    let legend = inner.height > height;
    let place = Rect {
        x: inner.x + inner.width.saturating_sub(width) / 2,
        y: inner.y + (inner.height - u16::from(legend)).saturating_sub(height) / 2,
        width: width.min(inner.width),
        height: height.min(inner.height),
    };
    screen.regions.add(place, Target::Matrix(map));
    let share = |value: f64| (value - span.0) / (span.1 - span.0);
    let pixel = |x: usize, y: usize| {
        let (row, column) = (y / map.grow, x / map.grow);
        (row < grid.side && column < grid.side).then(|| grid.values[row * grid.side + column])
    };
    paint::paint(frame.buffer_mut(), place, theme, (map, scale), |x, y| {
        pixel(x, y).map(&share)
    });
    if screen.app.cursor_shown() {
        paint::cursor(frame.buffer_mut(), place, screen, map);
    }
    if legend {
        let line = Rect {
            y: place.bottom(),
            height: 1,
            ..inner
        };
        let own = scale == heat::scale(screen.app);
        let name = if map.pool > 1 {
            " means"
        } else if own {
            heat::range(screen.app).label()
        } else {
            "difference"
        };
        paint::legend(frame.buffer_mut(), line, screen, (span, scale), name);
    }
}
