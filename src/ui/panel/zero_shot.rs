//! The zero-shot panel: how many pictures are found by words, with each set of templates, and what is taken for
//! what.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::quantity;
use crate::telemetry::{Share, Split, ZeroShotReport};
use crate::ui::app::App;
use crate::ui::explain::{Card, Paper, Source, number};
use crate::ui::panel::Panel;
use crate::ui::view::findings::{note, percent, places};
use crate::ui::view::{Screen, frame};

/// The least width in which a lane's table is worth drawing.
const NARROW: u16 = 42;

/// Draws the panel: as many lanes as fit, the addressed one among them.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let about = app
        .property()
        .map(|property| format!("zero-shot: {property}"));
    let step = app
        .lanes
        .iter()
        .flat_map(|lane| lane.findings.all::<ZeroShotReport>())
        .map(|r| r.step)
        .max();
    let note = note(screen, step);
    let title = about.unwrap_or_else(|| "zero-shot".into());
    let inner = frame::panel(frame, area, screen, Panel::ZeroShot, &title, note);
    if step.is_none() {
        frame::promise(frame, inner, screen, Panel::ZeroShot);
        return;
    }
    for (place, lane) in places(screen, inner, NARROW) {
        column(frame, place, screen, lane);
    }
}

fn column(frame: &mut Frame, area: Rect, screen: &Screen, lane: usize) {
    let (app, theme) = (screen.app, screen.theme);
    let [sign, name] = frame::lane_name(screen, lane);
    let Some((property, chosen)) = app.property().zip(app.templates()) else {
        return;
    };
    let reports: Vec<&ZeroShotReport> = app
        .template_sets()
        .into_iter()
        .filter_map(|set| app.zero_shot(lane, property, set))
        .collect();
    let mut head = vec![sign, name];
    if let Some(report) = reports.first() {
        let split = match report.split {
            Split::HeldOut => "held out",
            Split::Trained => "trained",
        };
        let chance = 100.0 / report.classes.max(1) as f64;
        let text = format!(
            "  {split}, {} classes, chance {chance:.1} %",
            report.classes
        );
        head.push(Span::styled(text, theme.muted()));
    }
    frame::put(frame, area, 0, &head.into());
    let labels = format!(
        "  {:10}{:>5}{:>7}{:>12}{:>7}",
        "templates", "n", "top-1", "95 %", "bare"
    );
    frame::put(frame, area, 1, &Line::styled(labels, theme.faint()));
    let mut used = 2;
    for report in &reports {
        frame::put(
            frame,
            area,
            used,
            &row(screen, report, report.templates == chosen),
        );
        used += 1;
    }
    let Some(report) = app.zero_shot(lane, property, chosen) else {
        let text = format!("  {chosen}: Enter evaluates it");
        frame::put(frame, area, used, &Line::styled(text, theme.faint()));
        return;
    };
    for line in answers(report) {
        let text = frame::cut(&line, usize::from(area.width), screen);
        frame::put(frame, area, used, &Line::styled(text, theme.muted()));
        used += 1;
    }
    let rest = Rect {
        y: area.y + used.min(area.height),
        height: area.height.saturating_sub(used),
        ..area
    };
    confusion(frame, rest, screen, report);
}

fn row(screen: &Screen, report: &ZeroShotReport, chosen: bool) -> Line<'static> {
    let theme = screen.theme;
    let (low, high) = report.top1.interval();
    let range = format!("{}-{}", quantity::percent(low), quantity::percent(high));
    let versus = match report.against_bare {
        Some(v) if report.templates != "bare" => {
            format!("{:+}", v.gained as i64 - v.lost as i64)
        }
        _ => String::new(),
    };
    let clear = report.against_bare.is_some_and(|v| v.p < 0.05);
    let style = if chosen { theme.accent() } else { theme.text() };
    let mark = if chosen {
        theme.glyph("▸ ", "> ")
    } else {
        "  "
    };
    Line::from(vec![
        Span::styled(mark, theme.accent()),
        Span::styled(
            format!("{:10}", frame::cut(&report.templates, 10, screen)),
            style,
        ),
        Span::styled(
            frame::cell(&report.prompts.to_string(), 5, screen),
            theme.faint(),
        ),
        Span::styled(
            frame::cell(&percent(report.top1), 7, screen),
            theme.text().add_modifier(Modifier::BOLD),
        ),
        Span::styled(frame::cell(&range, 12, screen), theme.muted()),
        Span::styled(
            frame::cell(&versus, 7, screen),
            if clear { theme.text() } else { theme.faint() },
        ),
    ])
}

/// How sure the model is, and whether it can say "none of these".
fn answers(report: &ZeroShotReport) -> Vec<String> {
    let said = &report.rejection;
    let mut lines = vec![format!(
        "  mean top probability {:.2}; without the true class {:.2}",
        said.softmax_listed, said.softmax_unlisted
    )];
    lines.push(match (said.sigmoid_listed, said.sigmoid_unlisted) {
        (Some(listed), Some(unlisted)) => format!(
            "  sigmoid refuses {} %; without the true class {} %",
            percent(listed),
            percent(unlisted)
        ),
        _ => "  the softmax always chooses a class".into(),
    });
    lines
}

/// Rows true classes, columns what they are taken for; shares of a row as brightness.
fn confusion(frame: &mut Frame, area: Rect, screen: &Screen, report: &ZeroShotReport) {
    let theme = screen.theme;
    let classes = report.table.len();
    if classes == 0 || area.height < 3 || area.width < 20 {
        return;
    }
    let label = report
        .table
        .iter()
        .map(|row| row.name.chars().count())
        .max()
        .unwrap_or(0);
    let label = label.min(usize::from(area.width) / 3);
    let room = usize::from(area.width).saturating_sub(label + 9);
    // Columns as wide as there is room for, so that few classes are legible.
    let cell = (room / classes).clamp(1, 6);
    let title = "  true class (rows), predicted (columns), correct %";
    frame::put(frame, area, 0, &Line::styled(title, theme.faint()));
    for (i, class) in report
        .table
        .iter()
        .enumerate()
        .take(usize::from(area.height) - 1)
    {
        let found = Share {
            hits: class.found,
            of: class.pictures,
        };
        let name = frame::cut(&class.name, label, screen);
        let mut spans = vec![Span::styled(format!("  {name:label$} "), theme.muted())];
        for j in 0..classes.min(room / cell) {
            let share = report.confusion[i * classes + j] as f64 / class.pictures.max(1) as f64;
            spans.push(if theme.paints() {
                let style = ratatui::style::Style::new().bg(theme.color(theme.heat(share.sqrt())));
                Span::styled(" ".repeat(cell), style)
            } else {
                Span::styled(
                    theme.ramp(share.sqrt()).to_string().repeat(cell),
                    theme.text(),
                )
            });
        }
        spans.push(Span::styled(
            frame::cell(&percent(found), 6, screen),
            theme.text(),
        ));
        frame::put(frame, area, i as u16 + 1, &spans.into());
    }
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    let looked = app.property().zip(app.templates());
    let card = Card::new("zero-shot classification")
        .formula("class = argmax cos(image, class vector); class vector = the mean of its prompts' unit features, scaled to length 1")
        .lanes(app, |seen| {
            let report = looked.and_then(|(property, set)| {
                let find = |split| seen.lane.findings.all().find(|r: &&ZeroShotReport| r.is(property, set, split));
                find(Split::HeldOut).or_else(|| find(Split::Trained))
            });
            report.map_or_else(
                || "nothing evaluated yet".into(),
                |r| {
                    format!(
                        "{} with {}: {} of {} classes, chance {} %",
                        r.property,
                        r.templates,
                        interval(r.top1),
                        r.classes,
                        number(100.0 / r.classes.max(1) as f64)
                    )
                },
            )
        });
    card.claim(
        "CLIP gains 1.3 points with one template over the bare name, and 3.5 more with 80. Here an ensemble gains 1.0 \
         to 1.9 points over the bare name for subgroups, and costs 2.5 to 3.4 for names.",
        &[
            Source::Paper(Paper::Clip, "section 3.1.4"),
            Source::Measured("Templates (CLIP, section 3.1.4)"),
        ],
    )
    .note(
        "The softmax adds up to one over any list, so it always chooses. The sigmoid answers for each class by itself, \
         and can refuse all of them.",
    )
}

fn interval(share: Share) -> String {
    let (low, high) = share.interval();
    format!(
        "{} % ({} to {})",
        number(share.value() * 100.0),
        number(low * 100.0),
        number(high * 100.0)
    )
}
