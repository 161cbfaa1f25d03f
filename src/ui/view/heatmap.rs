//! The matrix panel: each lane's batch, every picture against every caption, with a legend and a
//! cursor that all lanes share.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::findings::fitting;
use super::heat::{self, Grid};
use super::plot::tick_text;
use super::{Screen, frame};
use crate::ui::app::Shown;
use crate::ui::panel::Panel;
use crate::ui::region::{MatrixMap, Target};
use crate::ui::theme::{Scale, Theme};

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
    let key = if first {
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
    let focused = app.cursor_shown() && app.panel == Panel::Matrix;
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
    paint(frame.buffer_mut(), place, theme, (map, scale), |x, y| {
        pixel(x, y).map(&share)
    });
    if screen.app.cursor_shown() {
        draw_cursor(frame.buffer_mut(), place, screen, map);
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
        draw_legend(frame.buffer_mut(), line, screen, (span, scale), name);
    }
}

/// Fills the area with pixels, whose shares of the scale `share` tells.
fn paint(
    buf: &mut Buffer,
    area: Rect,
    theme: &Theme,
    (map, scale): (MatrixMap, Scale),
    share: impl Fn(usize, usize) -> Option<f64>,
) {
    let style = |share: f64| {
        if share.is_finite() {
            theme.color(theme.shade(scale, share))
        } else {
            theme.bad().fg.unwrap_or_default()
        }
    };
    for y in 0..area.height {
        for x in 0..area.width {
            let cell = &mut buf[(area.x + x, area.y + y)];
            let column = usize::from(x / map.across);
            let top = share(column, usize::from(y * map.stacked));
            if !theme.paints() {
                let Some(value) = top else { continue };
                cell.set_char(theme.letters(scale, value)[usize::from(x % map.across % 2)])
                    .set_style(theme.text());
            } else if map.stacked == 2 {
                let bottom = share(column, usize::from(y * 2 + 1));
                let Some(top) = top else { continue };
                cell.set_symbol("▀").set_fg(style(top));
                if let Some(bottom) = bottom {
                    cell.set_bg(style(bottom));
                }
            } else if let Some(top) = top {
                cell.set_symbol(" ").set_bg(style(top));
            }
        }
    }
}

/// Marks the cursor's cell, and its row and column at the edges.
fn draw_cursor(buf: &mut Buffer, area: Rect, screen: &Screen, map: MatrixMap) {
    let (row, column) = screen.app.cursor;
    if row >= map.side || column >= map.side {
        return;
    }
    let first = |at: usize| at / map.pool * map.grow;
    let x = area.x + first(column) as u16 * map.across;
    let y = area.y + first(row) as u16 / map.stacked;
    if x >= area.right() || y >= area.bottom() {
        return;
    }
    let theme = screen.theme;
    let cell = &mut buf[(x, y)];
    if theme.paints() {
        let ring = theme.color([0x30, 0xff, 0xd0]);
        let lower = map.stacked == 2 && first(row) % 2 == 1;
        if map.stacked == 1 {
            cell.set_symbol("+").set_fg(ring);
        } else if lower {
            cell.set_bg(ring);
        } else {
            cell.set_fg(ring);
        }
        if map.grow >= 2 {
            // Large enough for a whole cell: a sign instead of half of it.
            cell.set_symbol("◉").set_fg(ring);
        }
    } else {
        cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
    }
}

/// The scale's ends and all between them.
fn draw_legend(
    buf: &mut Buffer,
    line: Rect,
    screen: &Screen,
    (span, scale): ((f64, f64), Scale),
    name: &str,
) {
    let theme = screen.theme;
    let ends = [span.0, span.1];
    let (low, high) = (tick_text(span.0, &ends), tick_text(span.1, &ends));
    let name = format!(" {}", name.trim());
    let used = low.len() + high.len() + 2;
    let room = usize::from(line.width).saturating_sub(used);
    let named = room >= name.len() + 12;
    let bar = (room - if named { name.len() } else { 0 }).min(32) as u16;
    let total = used as u16 + bar + if named { name.len() as u16 } else { 0 };
    let mut x = line.x + line.width.saturating_sub(total) / 2;
    if usize::from(line.width) < used {
        return;
    }
    buf.set_string(x, line.y, &low, theme.muted());
    x += low.len() as u16 + 1;
    for i in 0..bar {
        let share = f64::from(i) / f64::from(bar.max(2) - 1);
        let cell = &mut buf[(x + i, line.y)];
        if theme.paints() {
            cell.set_symbol(theme.glyph("▄", " "))
                .set_fg(theme.color(theme.shade(scale, share)));
            if theme.ascii() {
                cell.set_bg(theme.color(theme.shade(scale, share)));
            }
        } else {
            let pair = (bar.max(2) / 2 - 1).max(1);
            let share = if scale == Scale::Rising {
                share
            } else {
                f64::from(i / 2) / f64::from(pair)
            };
            cell.set_char(theme.letters(scale, share)[usize::from(i % 2)]);
        }
    }
    x += bar + 1;
    buf.set_string(x, line.y, &high, theme.muted());
    if named {
        buf.set_string(x + high.len() as u16, line.y, name, theme.faint());
    }
}

impl MatrixMap {
    /// The largest square map of so many cells a side that fits: cells grow by whole factors, or
    /// are pooled by whole factors.
    pub fn fit(side: usize, columns: u16, rows: u16, theme: &Theme) -> Self {
        let halves = theme.paints() && !theme.ascii();
        let (across, stacked) = if halves { (1, 2) } else { (2, 1) };
        let pixels = usize::from((columns / across).min(rows.saturating_mul(stacked))).max(1);
        let (pool, grow) = if side <= pixels {
            (1, pixels / side.max(1))
        } else {
            (factor(side, pixels), 1)
        };
        // A cell of more than 8 pixels shows nothing more.
        Self {
            side,
            pool,
            grow: grow.min(8),
            across,
            stacked,
        }
    }

    /// Screen cells across and down.
    pub fn size(&self) -> (u16, u16) {
        let pixels = self.side.div_ceil(self.pool) * self.grow;
        (
            pixels as u16 * self.across,
            (pixels as u16).div_ceil(self.stacked),
        )
    }
}

/// The least factor that pools `side` to at most `most` cells; one that divides it, if there is one
/// near: a last block of fewer cells would look brighter than it is.
fn factor(side: usize, most: usize) -> usize {
    let least = side.div_ceil(most);
    (least..=least * 2)
        .find(|f| side.is_multiple_of(*f))
        .unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Glyphs};

    #[test]
    fn maps_grow_or_pool_by_whole_factors() {
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        let fit = |side, w, h| MatrixMap::fit(side, w, h, &theme);
        assert_eq!(
            (fit(64, 40, 16).pool, fit(64, 40, 16).size()),
            (2, (32, 16))
        );
        assert_eq!((fit(8, 40, 16).grow, fit(8, 40, 16).size()), (4, (32, 16)));
        assert_eq!(fit(64, 200, 40).size(), (64, 32));
        assert_eq!(fit(64, 0, 0).size(), (1, 1));
        assert_eq!(fit(5, 7, 20).size(), (5, 3));
    }

    #[test]
    fn a_click_finds_the_cell_that_was_drawn_there() {
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        let pooled = MatrixMap::fit(64, 40, 16, &theme);
        assert_eq!(pooled.cell_at(31, 15), (60, 62));
        let grown = MatrixMap::fit(8, 40, 16, &theme);
        assert_eq!(grown.cell_at(4, 2), (1, 1));
        let text = MatrixMap::fit(8, 40, 16, &Theme::new(Depth::None, Glyphs::Ascii));
        assert_eq!(text.cell_at(2 * 2 * 3, 2 * 3), (3, 3));
    }
}
