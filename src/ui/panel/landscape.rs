//! The landscape panel: the loss of the current batch at every tau and bias, dark where it is low, with
//! the way that training took, where it stands, and a cursor.

mod explain;

use std::collections::HashSet;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::quantity::Loss;
use crate::telemetry::{Landscape, Snapshot};
use crate::ui::app::Focus;
use crate::ui::panel::Panel;
use crate::ui::theme::Theme;
use crate::ui::view::{Screen, frame};

pub use explain::explain;

/// The least width in which a map is worth drawing.
const NARROW: u16 = 24;
/// Powers of e that the colours span at most: far below the present loss there is no more to see.
const SPAN: f64 = 9.0;
/// Columns of the bias's labels.
const GUTTER: u16 = 4;

/// Draws the panel: a map for each lane that fits, the addressed one among them; the losses of a
/// lane that is alone.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    if area.width < 12 || area.height < 3 {
        return;
    }
    let app = screen.app;
    let step = app.surveyed().map(|land| land.step);
    let note = match app.surveyed() {
        Some(land) if land.anchors < land.pairs => {
            format!(" step {}, from {} pairs ", land.step, land.anchors)
        }
        Some(land) => format!(" step {} ", land.step),
        None => String::new(),
    };
    let note = Line::styled(note, screen.theme.muted());
    let inner = frame::panel(
        frame,
        area,
        screen,
        Panel::Landscape,
        "loss landscape",
        note,
    );
    if step.is_none() {
        frame::promise(frame, inner, screen, Panel::Landscape);
        return;
    }
    let maps = maps(screen, usize::from(inner.width / NARROW).max(1));
    let columns = vec![Constraint::Fill(1); maps.len().max(1)];
    let places = Layout::horizontal(columns).spacing(2).split(inner);
    for (place, (lane, loss)) in places.iter().zip(maps) {
        if let Some(land) = &app.lanes[lane].landscape {
            map(frame, *place, screen, land, lane, loss);
        }
    }
}

/// Which maps are drawn: lanes with the loss of each.
fn maps(screen: &Screen, fit: usize) -> Vec<(usize, Loss)> {
    let app = screen.app;
    let loss_of = |lane: usize| app.settings(lane).map_or(Loss::ALL[0], |s| s.loss);
    let lanes: Vec<usize> = (0..app.lanes.len())
        .filter(|lane| app.lanes[*lane].landscape.is_some())
        .collect();
    if let [lane] = lanes[..] {
        let own = loss_of(lane);
        let other = own.law().other();
        return [(lane, own), (lane, other)].into_iter().take(fit).collect();
    }
    let addressed = lanes
        .iter()
        .position(|lane| Some(*lane) == app.target)
        .unwrap_or(0);
    let first = addressed
        .saturating_sub(fit - 1)
        .min(lanes.len().saturating_sub(fit));
    lanes
        .into_iter()
        .skip(first)
        .take(fit)
        .map(|lane| (lane, loss_of(lane)))
        .collect()
}

fn map(frame: &mut Frame, area: Rect, screen: &Screen, land: &Landscape, lane: usize, loss: Loss) {
    // The head, the axis below, and as many lines of numbers as leave the map its room.
    let lines = words(screen, land, lane, loss, usize::from(area.width));
    let spoken = (lines.len() as u16).min(area.height.saturating_sub(6));
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(spoken),
    ])
    .areas(area);
    let [sign, name] = frame::lane_name(screen, lane);
    let about = match loss.law().words().landscape() {
        Some(remark) if area.width >= 32 => format!("  {loss}: {remark}"),
        _ => format!("  {loss}"),
    };
    let own = screen.app.settings(lane).is_none_or(|s| s.loss == loss);
    let about = if own {
        about
    } else {
        format!("{about}, if it were")
    };
    let line = Line::from(vec![sign, name, Span::styled(about, screen.theme.muted())]);
    frame::put(frame, head, 0, &line);
    draw(frame, body, screen, land, lane, loss);
    for (i, line) in lines.iter().enumerate() {
        frame::put(frame, foot, i as u16, line);
    }
}

/// The numbers below a map: the weightiest first.
fn words(
    screen: &Screen,
    land: &Landscape,
    lane: usize,
    loss: Loss,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let row = |sign: Span<'static>, name: &str, tau: f64, bias: Option<f64>, value: Option<f64>| {
        let b = bias.map_or(String::new(), |b| format!(", b {b:.1}"));
        let value = value.map_or_else(|| "not finite".into(), number);
        // Where room is short the sign stands for the name.
        let long = format!(" {name} {value}  at tau {}{b}", tau_text(tau));
        let short = format!(" {value} at {}{}", tau_text(tau), b.replace(" b", ""));
        let room = room.saturating_sub(1);
        let text = if long.len() <= room { long } else { short };
        let text = frame::cut(&text, room, screen);
        Line::from(vec![sign, Span::styled(text, theme.muted())])
    };
    let mut lines = Vec::new();
    let needs = |b: f64| loss.law().uses_bias().then_some(b);
    if screen.app.focus == Focus::Panel
        && screen.app.panel == Panel::Landscape
        && let Some((tau, bias)) = screen.app.place()
    {
        let there = land.between(loss, land.column(tau), land.row(bias));
        lines.push(row(
            Span::styled(theme.glyph("◎", "#"), theme.accent()),
            "cursor",
            tau,
            needs(bias),
            there,
        ));
    }
    if let Some(settings) = screen.app.settings(lane) {
        let (tau, bias) = (settings.temperature, settings.bias.unwrap_or(0.0));
        let here = land.between(loss, land.column(tau), land.row(bias));
        let sign = Span::styled(theme.marker(lane).to_string(), theme.lane(lane));
        lines.push(row(sign, "now", tau, needs(bias), here));
    }
    if let Some(lowest) = land.lowest(loss) {
        lines.push(row(
            Span::styled(theme.glyph("▾", "v"), theme.good()),
            "lowest",
            lowest.temperature,
            lowest.bias,
            Some(lowest.loss),
        ));
    }
    lines
}

/// A temperature in few characters.
fn tau_text(tau: f64) -> String {
    let text = format!("{tau:.4}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// A loss in few characters.
fn number(loss: f64) -> String {
    match loss {
        x if x >= 100.0 => format!("{x:.0}"),
        x if x >= 10.0 => format!("{x:.1}"),
        x if x >= 0.001 => format!("{x:.3}"),
        x => format!("{x:.0e}"),
    }
}

/// How the grid lies on the screen.
struct View {
    area: Rect,
    columns: usize,
    rows: usize,
}

impl View {
    /// Where a place of the grid, counted in stops, is drawn.
    fn cell(&self, column: f64, row: f64) -> (u16, u16) {
        let share = |at: f64, stops: usize| at / stops.saturating_sub(1).max(1) as f64;
        let far = |share: f64, cells: u16| {
            (share.clamp(0.0, 1.0) * f64::from(cells.saturating_sub(1))).round() as u16
        };
        (
            self.area.x + far(share(column, self.columns), self.area.width),
            self.area.y + far(1.0 - share(row, self.rows), self.area.height),
        )
    }

    /// The place of the grid at a point of the screen: a cell and how far down in it.
    fn place(&self, x: u16, y: f64) -> (f64, f64) {
        let across = f64::from(x) / f64::from(self.area.width.max(2) - 1);
        let down = (y / f64::from(self.area.height)).clamp(0.0, 1.0);
        (
            across * self.columns.saturating_sub(1) as f64,
            (1.0 - down) * self.rows.saturating_sub(1) as f64,
        )
    }
}

fn draw(frame: &mut Frame, area: Rect, screen: &Screen, land: &Landscape, lane: usize, loss: Loss) {
    if area.width <= GUTTER + 4 || area.height < 2 {
        return;
    }
    let map = Rect {
        x: area.x + GUTTER,
        width: area.width - GUTTER,
        height: area.height - 1,
        ..area
    };
    let view = View {
        area: map,
        columns: land.temperatures.len(),
        rows: land.biases.len(),
    };
    let buf = frame.buffer_mut();
    paint(buf, &view, screen.theme, land, loss);
    axes(buf, area, &view, screen.theme, land);
    let mark = Mark {
        view: &view,
        theme: screen.theme,
    };
    path(buf, &mark, land, &screen.app.lanes[lane]);
    if let Some(lowest) = land.lowest(loss) {
        // Where b makes no difference, beside where the lane is.
        let now = screen.app.settings(lane).and_then(|s| s.bias);
        let row = land.row(lowest.bias.or(now).unwrap_or(0.0));
        let place = view.cell(land.column(lowest.temperature), row);
        mark.put(
            buf,
            place,
            screen.theme.glyph("▾", "v"),
            screen.theme.good(),
        );
    }
    if let Some(settings) = screen.app.settings(lane) {
        let place = view.cell(
            land.column(settings.temperature),
            land.row(settings.bias.unwrap_or(0.0)),
        );
        let sign = screen.theme.marker(lane).to_string();
        mark.put(buf, place, &sign, Style::new().add_modifier(Modifier::BOLD));
    }
    let focused = screen.app.focus == Focus::Panel && screen.app.panel == Panel::Landscape;
    if focused && let Some((tau, bias)) = screen.app.place() {
        let place = view.cell(land.column(tau), land.row(bias));
        let ring = if screen.theme.paints() {
            Style::new().fg(screen.theme.color([0x30, 0xff, 0xd0]))
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        };
        mark.put(buf, place, screen.theme.glyph("◎", "#"), ring);
    }
}

/// Fills the map with the logarithm of the loss, from its lowest to its highest.
fn paint(buf: &mut Buffer, view: &View, theme: &Theme, land: &Landscape, loss: Loss) {
    let logs = land
        .values(loss)
        .unwrap_or_default()
        .iter()
        .filter(|v| v.is_finite())
        .map(|v| v.max(1e-12).ln());
    let (low, high) = logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
        (l.min(v), h.max(v))
    });
    let low = low.max(high - SPAN);
    let share = |x: u16, y: f64| {
        let (column, row) = view.place(x, y);
        let value = land.between(loss, column, row)?;
        Some((value.max(1e-12).ln() - low) / (high - low).max(1e-9))
    };
    let colour = |share: Option<f64>| match share {
        Some(share) => theme.color(theme.heat(share)),
        None => theme.bad().fg.unwrap_or_default(),
    };
    for y in 0..view.area.height {
        for x in 0..view.area.width {
            let cell = &mut buf[(view.area.x + x, view.area.y + y)];
            let at = |down: f64| share(x, f64::from(y) + down);
            if theme.paints() && !theme.ascii() {
                cell.set_symbol("▀")
                    .set_fg(colour(at(0.25)))
                    .set_bg(colour(at(0.75)));
            } else if theme.paints() {
                cell.set_symbol(" ").set_bg(colour(at(0.5)));
            } else {
                cell.set_char(at(0.5).map_or('?', |share| theme.ramp(share)))
                    .set_style(theme.text());
            }
        }
    }
}

/// Round numbers along both axes.
fn axes(buf: &mut Buffer, area: Rect, view: &View, theme: &Theme, land: &Landscape) {
    let below = area.bottom() - 1;
    buf.set_string(area.x, below, "tau", theme.faint());
    let mut taken = area.x + GUTTER - 1;
    for tau in &land.temperatures {
        let digits = tau_text(*tau);
        let round = digits.trim_start_matches(['0', '.']);
        if !matches!(round, "1" | "2" | "5") {
            continue;
        }
        let (x, _) = view.cell(land.column(*tau), 0.0);
        let length = digits.len() as u16;
        let start = x
            .saturating_sub(length / 2)
            .min(area.right().saturating_sub(length));
        if start > taken {
            buf.set_string(start, below, &digits, theme.muted());
            taken = start + length;
        }
    }
    buf.set_string(area.x, area.y, "b", theme.faint());
    let mut last = None;
    for bias in [0.0, -10.0, -5.0, -15.0, 4.0] {
        if land.biases.first().is_none_or(|low| bias < *low) {
            continue;
        }
        let (_, y) = view.cell(0.0, land.row(bias));
        let clear = last.is_none_or(|seen: Vec<u16>| !seen.contains(&y));
        if clear && y > area.y {
            buf.set_string(area.x, y, format!("{bias:>3}"), theme.muted());
        }
        last = Some(vec![y]);
    }
}

/// Writes signs onto the map.
struct Mark<'a> {
    view: &'a View,
    theme: &'a Theme,
}

impl Mark<'_> {
    /// Puts a sign in a cell, in a colour that stands out from the heat below unless it has one.
    fn put(&self, buf: &mut Buffer, (x, y): (u16, u16), sign: &str, style: Style) {
        if !self.view.area.contains((x, y).into()) {
            return;
        }
        let cell = &mut buf[(x, y)];
        if self.theme.paints() {
            let dark = match cell.bg {
                ratatui::style::Color::Rgb(r, g, b) => {
                    u32::from(r) * 2 + u32::from(g) * 3 + u32::from(b) < 600
                }
                _ => true,
            };
            let contrast = if dark { [255, 255, 255] } else { [0, 0, 0] };
            let style = if style.fg.is_none() {
                style.fg(self.theme.color(contrast))
            } else {
                style
            };
            cell.set_symbol(sign).set_style(style);
        } else {
            cell.set_symbol(sign)
                .set_style(style.add_modifier(Modifier::BOLD));
        }
    }
}

/// The way of tau and b so far.
fn path(buf: &mut Buffer, mark: &Mark, land: &Landscape, lane: &Snapshot) {
    let biases = lane.bias.points();
    let bias_at = |step: u64| {
        let after = biases.partition_point(|p| p.step <= step);
        after.checked_sub(1).map_or(0.0, |i| biases[i].value)
    };
    let mut seen = HashSet::new();
    // Where shades are characters, a dot among them must be another.
    let dot = if mark.theme.paints() {
        mark.theme.glyph("·", "'")
    } else {
        mark.theme.glyph("•", "'")
    };
    for point in lane.temperature.points() {
        let bias = bias_at(point.step);
        if !(point.value > 0.0 && bias.is_finite() && point.value.is_finite()) {
            continue;
        }
        let place = mark.view.cell(land.column(point.value), land.row(bias));
        if seen.insert(place) {
            mark.put(buf, place, dot, Style::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::Action;
    use crate::ui::fixture;
    use crate::ui::view::tests::{PLAIN, RICH, app, draw, shot, styles};

    #[test]
    fn landscape_screens() {
        for (name, theme) in [("truecolor", RICH), ("none", PLAIN)] {
            for (width, height) in [(60, 20), (80, 24), (120, 40)] {
                let mut app = app(fixture::running(640));
                app.update(Action::Panel(Panel::Landscape));
                let name = format!("landscape_{width}x{height}_{name}");
                insta::assert_snapshot!(name.as_str(), shot(&mut app, &theme, width, height));
                let colours = styles(&draw(&mut app, &theme, width, height));
                if width == 80 {
                    insta::assert_snapshot!(format!("{name}_styles"), colours);
                }
            }
        }
        let mut app = app(fixture::running(640));
        app.update(Action::Panel(Panel::Landscape));
        app.update(Action::Zoom);
        insta::assert_snapshot!("landscape_zoomed", shot(&mut app, &RICH, 80, 24));
    }

    #[test]
    fn landscape_of_one_lane_shows_both_losses_where_there_is_room() {
        let mut app = app(fixture::running(640)[..1].to_vec());
        app.update(Action::Panel(Panel::Landscape));
        app.update(Action::Zoom);
        let screen = shot(&mut app, &RICH, 80, 24);
        assert!(screen.contains("InfoNCE: b cancels"), "{screen}");
        assert!(screen.contains("SigLIP, if it were"), "{screen}");
        assert!(screen.contains("cursor"), "{screen}");
    }

    #[test]
    fn landscape_before_the_first_step_says_what_it_will_be() {
        let mut app = app(fixture::starting());
        app.update(Action::Panel(Panel::Landscape));
        let screen = shot(&mut app, &RICH, 120, 40);
        assert!(screen.contains("the loss of this batch"), "{screen}");
    }
}
