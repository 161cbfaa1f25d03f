//! The geometry panel: where pictures and captions of the batch lie, and how far apart.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::telemetry::{GeometryReport, Histogram};
use crate::ui::app::App;
use crate::ui::explain::{Card, Paper, Source, number};
use crate::ui::panel::Panel;
use crate::ui::theme::Theme;
use crate::ui::view::findings::places;
use crate::ui::view::plot::Scatter;
use crate::ui::view::{Screen, frame};

/// The least width in which a lane's map is worth drawing.
const NARROW: u16 = 36;
/// Lines of numbers below the map.
const NUMBERS: u16 = 5;

/// Draws the panel: as many lanes as fit, the addressed one among them.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let step = app
        .lanes
        .iter()
        .filter_map(|lane| Some(lane.geometry.as_ref()?.step))
        .max();
    let note = step.map_or_else(String::new, |step| format!(" step {step} "));
    let note = Line::styled(note, screen.theme.muted());
    let inner = frame::panel(frame, area, screen, Panel::Geometry, "space", note);
    if step.is_none() {
        frame::promise(frame, inner, screen, Panel::Geometry);
        return;
    }
    for (place, lane) in places(screen, inner, NARROW) {
        if let Some(report) = &app.lanes[lane].geometry {
            column(frame, place, screen, lane, report);
        }
    }
}

fn column(frame: &mut Frame, area: Rect, screen: &Screen, lane: usize, report: &GeometryReport) {
    let theme = screen.theme;
    let [sign, name] = frame::lane_name(screen, lane);
    let explained: f64 = report.map.explained.iter().sum();
    let head = vec![
        sign,
        name,
        Span::styled(
            if theme.paints() {
                "  pictures"
            } else {
                "  o pictures"
            },
            theme.lane(lane),
        ),
        Span::styled(
            if theme.paints() {
                " captions"
            } else {
                " + captions"
            },
            theme.text(),
        ),
        Span::styled(format!("  {:.0} %", explained * 100.0), theme.faint()),
    ];
    frame::put(frame, area, 0, &head.into());
    let bars = if area.height >= 16 { 3 } else { 0 };
    let [_, map, histogram, numbers] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(bars),
        Constraint::Length(NUMBERS.min(area.height.saturating_sub(5))),
    ])
    .areas(area);
    scatter(frame.buffer_mut(), map, theme, lane, report);
    if bars > 0 {
        histograms(frame, histogram, screen, lane, &report.histogram);
    }
    for (i, text) in figures(report).iter().enumerate() {
        let text = frame::cut(text, usize::from(area.width), screen);
        frame::put(frame, numbers, i as u16, &Line::styled(text, theme.muted()));
    }
}

fn scatter(buf: &mut Buffer, area: Rect, theme: &Theme, lane: usize, report: &GeometryReport) {
    let points = report.map.image.iter().chain(&report.map.text);
    let reach = points.flatten().fold(0.0_f32, |most, x| most.max(x.abs()));
    if !reach.is_finite() || reach <= 0.0 {
        return;
    }
    let scatter = Scatter {
        first: &report.map.image,
        second: &report.map.text,
        reach: f64::from(reach) * 1.05,
        styles: [theme.lane(lane), theme.text()],
        joined: theme.grid(),
    };
    scatter.render(buf, area, theme);
}

/// Logits of the pairs above, of everything else below, each over its own highest bin.
fn histograms(frame: &mut Frame, area: Rect, screen: &Screen, lane: usize, h: &Histogram) {
    let theme = screen.theme;
    let room = usize::from(area.width.saturating_sub(9));
    if room < 8 || h.positive.is_empty() {
        return;
    }
    for (row, (label, bins, style)) in [
        ("pairs", &h.positive, theme.lane(lane)),
        ("others", &h.negative, theme.muted()),
    ]
    .into_iter()
    .enumerate()
    {
        let mut spans = vec![Span::styled(format!("{label:8}"), theme.faint())];
        spans.push(Span::styled(bars(bins, room, theme), style));
        frame::put(frame, area, row as u16, &spans.into());
    }
    let (low, high) = (format!("{:.1}", h.low), format!("{:.1}", h.high));
    let gap = room.saturating_sub(low.len() + high.len());
    let axis = format!("{:8}{low}{}{high}", "logit", " ".repeat(gap));
    frame::put(frame, area, 2, &Line::styled(axis, theme.faint()));
}

fn bars(bins: &[u64], room: usize, theme: &Theme) -> String {
    let columns: Vec<u64> = (0..room)
        .map(|i| {
            let from = i * bins.len() / room;
            let to = ((i + 1) * bins.len() / room).max(from + 1);
            bins[from..to.min(bins.len())]
                .iter()
                .copied()
                .max()
                .unwrap_or(0)
        })
        .collect();
    let most = columns.iter().copied().max().unwrap_or(0).max(1);
    let signs: &[char] = if theme.ascii() {
        &[' ', '.', ':', '|', '#']
    } else {
        &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    };
    columns
        .iter()
        .map(|n| {
            let share = (*n as f64 / most as f64).sqrt();
            // What is there at all is seen.
            let at = (share * (signs.len() - 1) as f64).ceil() as usize;
            signs[at.min(signs.len() - 1)]
        })
        .collect()
}

fn figures(r: &GeometryReport) -> Vec<String> {
    let least = r.slide.iter().min_by(|a, b| a.loss.total_cmp(&b.loss));
    let here = r.slide.iter().find(|s| s.lambda == 0.0);
    let slide = match (here, least) {
        (Some(here), Some(least)) => {
            format!(
                "loss {:.3}; {:.3} were the gap {:.2}",
                here.loss, least.loss, least.gap
            )
        }
        _ => String::new(),
    };
    vec![
        format!("gap {:.3}   alignment {:.3}", r.gap, r.alignment),
        format!(
            "uniformity {:.2}, {:.2}",
            r.uniformity_image, r.uniformity_text
        ),
        format!(
            "rank {:.1}, {:.1}   tolerance {:.3}",
            r.rank_image, r.rank_text, r.tolerance
        ),
        slide,
    ]
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("space")
        .formula("gap = |mean x - mean y|; alignment = E|x - y|^2; uniformity = ln E exp(-2|x - x'|^2)")
        .lanes(app, |seen| {
            seen.lane.geometry.as_ref().map_or_else(
                || format!("N = {}; no step yet", seen.settings.batch_size),
                |g| {
                    format!(
                        "gap {}, alignment {}, uniformity {}, tau {}",
                        number(g.gap),
                        number(g.alignment),
                        number(g.uniformity_image),
                        number(seen.settings.temperature)
                    )
                },
            )
        })
        .claim(
            "Images and captions start in two cones, and the gap between the cones stays. A larger tau makes it \
             smaller: here 0.55 at tau 0.02, 0.18 at 0.07 and 0.14 at 1.",
            &[
                Source::Paper(Paper::Gap, "section 3"),
                Source::Measured("Temperature (Wang and Liu, Table 1)"),
            ],
        )
        .claim(
            "Alignment: matches lie close together. Uniformity: features use the whole sphere; lower is better.",
            &[Source::Paper(Paper::WangIsola, "section 4")],
        )
        .claim(
            "Tolerance: the mean cosine of images of one group. In the paper a smaller tau lowers it, since images of \
             one group are negatives of each other. Here it is 0.07 to 0.08 from tau 0.07 on, and 0.47 at 0.02, \
             where 400 steps do not spread the features.",
            &[
                Source::Paper(Paper::WangLiu, "eq 11"),
                Source::Measured("Temperature (Wang and Liu, Table 1)"),
            ],
        )
}
