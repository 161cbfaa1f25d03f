//! The transfer panel: three ways to use a model, on what is like its training and on what is not, and the weights
//! between two of them.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::telemetry::{ProbeReport, RegimesReport, Share, Wise};
use crate::ui::app::App;
use crate::ui::explain::{Card, Paper, Source, percentage};
use crate::ui::panel::Panel;
use crate::ui::view::findings::{note, percent, places};
use crate::ui::view::plot::{Axis, Plot, Series};
use crate::ui::view::{Screen, frame};

/// The least width in which a lane's table is worth drawing.
const NARROW: u16 = 44;

/// Draws the panel: as many lanes as fit, the addressed one among them.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let lanes = app.lanes.iter();
    let regimes = lanes.flat_map(|lane| lane.findings.all::<RegimesReport>());
    let step = regimes.map(|r| r.step).max();
    let note = note(screen, step);
    let inner = frame::panel(frame, area, screen, Panel::Transfer, "three regimes", note);
    if step.is_none() {
        frame::promise(frame, inner, screen, Panel::Transfer);
        return;
    }
    for (place, lane) in places(screen, inner, NARROW) {
        let findings = &app.lanes[lane].findings;
        if let Some(report) = findings.first::<RegimesReport>() {
            let probe = findings
                .all()
                .find(|p: &&ProbeReport| p.property == report.property);
            column(frame, place, screen, lane, report, probe);
        }
    }
}

fn column(
    frame: &mut Frame,
    area: Rect,
    screen: &Screen,
    lane: usize,
    report: &RegimesReport,
    probe: Option<&ProbeReport>,
) {
    let theme = screen.theme;
    let [sign, name] = frame::lane_name(screen, lane);
    let about = format!("  {}: new concepts", report.property);
    let head = vec![sign, name, Span::styled(about, theme.muted())];
    frame::put(frame, area, 0, &head.into());
    let labels = format!("  {:14}{:>13}{:>13}", "", "in domain", "transfer");
    frame::put(frame, area, 1, &Line::styled(labels, theme.faint()));
    let mut used = 2;
    let mut line = |text: String, style| {
        let text = frame::cut(&text, usize::from(area.width), screen);
        frame::put(frame, area, used, &Line::styled(text, style));
        used += 1;
    };
    let cell = |share: Share| {
        let (low, high) = share.interval();
        let sign = theme.glyph("±", "+-");
        format!("{:>6} {sign}{:<3.0}", percent(share), (high - low) * 50.0)
    };
    for row in &report.rows {
        let text = format!(
            "  {:14} {:>12} {:>12}",
            row.name,
            cell(row.in_domain),
            cell(row.transfer)
        );
        line(text, theme.text());
    }
    let best = report
        .wise
        .iter()
        .max_by_key(|w| w.in_domain.hits + w.transfer.hits);
    if let Some(best) = best {
        let text = format!(
            "  {:14} {:>12} {:>12}",
            format!("alpha {:.1}", best.alpha),
            cell(best.in_domain),
            cell(best.transfer)
        );
        line(text, theme.accent());
    }
    if let Some(probe) = probe {
        let shots: Vec<String> = probe
            .few_shot
            .iter()
            .map(|row| format!("{}:{:.0}", row.shots, row.in_domain.value() * 100.0))
            .collect();
        line(
            format!("  shots: % in domain  {}", shots.join(" ")),
            theme.muted(),
        );
        line(
            match probe.worth {
                Some(worth) => format!("  zero-shot is worth {worth:.1} examples of each class"),
                None => "  zero-shot is worth more than 16 examples of each class".into(),
            },
            theme.muted(),
        );
    }
    let [_, chart] = Layout::vertical([Constraint::Length(used), Constraint::Min(0)]).areas(area);
    curve(frame, chart, screen, lane, &report.wise);
}

/// Accuracy over alpha: in domain a line, transferred a dashed one.
fn curve(frame: &mut Frame, area: Rect, screen: &Screen, lane: usize, wise: &[Wise]) {
    let theme = screen.theme;
    if area.height < 5 || wise.is_empty() {
        return;
    }
    let title = "  accuracy % over alpha %: in domain, transfer dashed";
    frame::put(frame, area, 0, &Line::styled(title, theme.faint()));
    let points = |of: fn(&Wise) -> Share| -> Vec<(f64, f64)> {
        wise.iter()
            .map(|w| (w.alpha * 100.0, of(w).value() * 100.0))
            .collect()
    };
    let (inside, outside) = (points(|w| w.in_domain), points(|w| w.transfer));
    let values = inside.iter().chain(&outside).map(|(_, y)| *y);
    let plot = Plot {
        x: Axis {
            low: 0.0,
            high: 100.0,
            log: false,
        },
        y: Axis::around(values, false),
        series: vec![
            Series::line(inside, theme.lane(lane), 2),
            Series {
                dashed: true,
                ..Series::line(outside, theme.text(), 1)
            },
        ],
        guides: Vec::new(),
        flags: Vec::new(),
        crosshair: None,
    };
    let below = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    plot.render(frame.buffer_mut(), below, theme);
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("three regimes")
        .formula("WiSE-FT: weights = (1 - alpha) zero-shot + alpha fine-tuned")
        .lanes(app, |seen| {
            seen.lane.findings.first::<RegimesReport>().map_or_else(
                || "nothing evaluated yet".into(),
                |r| {
                    let rows = r.rows.iter().map(|row| {
                        format!(
                            "{} {} -> {}",
                            row.name,
                            percentage(row.in_domain.value()),
                            percentage(row.transfer.value())
                        )
                    });
                    rows.collect::<Vec<_>>().join("; ")
                },
            )
        })
        .note(
            "In domain: new concepts in the trained styles. Transfer: the held-out style. Probe and fine-tuning learn \
             from the labels of three fifths of the concepts.",
        )
        .claim(
            "In the paper fine-tuning gains in domain and loses elsewhere (76.6/73.4 to 86.2/68.6), and half-way \
             weights are best of both (86.8/76.9). Here fine-tuning loses nothing on the held-out style: zero-shot is \
             weak, so both gain.",
            &[
                Source::Paper(Paper::WiseFt, "section 4"),
                Source::Measured("Three regimes (CLIP, section 3.2; WiSE-FT)"),
            ],
        )
}
