//! The retrieval panel: how often held-out pictures find their names, and names their pictures.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::quantity::percent;
use crate::telemetry::EvalReport;
use crate::ui::app::App;
use crate::ui::chart::Smoothing;
use crate::ui::explain::{Card, Source, number, percentage};
use crate::ui::panel::Panel;
use crate::ui::view::plot::{Axis, Guide, Plot, Series};
use crate::ui::view::series::Recipe;
use crate::ui::view::{Screen, chart, frame, pins, series};

/// Draws the panel.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let view = app.charts.held_out;
    let recipe = Recipe {
        view: &view,
        points: &|lane| {
            let r1 = |e: &EvalReport| (e.step as f64, e.r1_image_to_text * 100.0);
            lane.held_out.iter().map(r1).collect()
        },
        smoothing: view.smoothing,
        log: view.log_y,
        percentiles: (1, 99),
    };
    let (plot, mut notes) = plot(screen, &recipe);
    notes.extend(series::view_notes(screen, &view, Smoothing::Off));
    let name = chart::name(screen, "held out");
    let (title, note) = series::heading(&name, &notes, area.width.saturating_sub(8), |room| {
        let note = note(screen);
        if note.width() > usize::from(room) {
            return Line::default();
        }
        note
    });
    let inner = frame::panel(frame, area, screen, Panel::Retrieval, &title, note);
    let inner = pins::render(frame, inner, screen, Panel::Retrieval);
    let lanes = app.lanes.len() as u16;
    let none = app.lanes.iter().all(|lane| lane.held_out.is_empty());
    // Both directions where there is room for them and a chart.
    let both = inner.height >= 1 + 2 * lanes + 5;
    let race = race(screen).filter(|_| inner.height >= 1 + 2 * lanes + 8);
    let table =
        (1 + lanes * if both { 2 } else { 1 } + u16::from(race.is_some())).min(inner.height);
    let rest = inner.height - table;
    let chart = Rect {
        height: rest,
        ..inner
    };
    if rest >= 3 {
        if none {
            frame::promise(frame, chart, screen, Panel::Retrieval);
        } else {
            chart::draw(frame, chart, screen, Panel::Retrieval, &plot);
        }
    }
    draw_table(
        frame,
        Rect {
            y: chart.bottom(),
            height: table,
            ..inner
        },
        screen,
        both,
    );
    if let Some(race) = race {
        frame::put(frame, inner, inner.height - 1, &race);
    }
}

/// When each lane first reached the highest share that one of them has reached.
fn race(screen: &Screen) -> Option<Line<'static>> {
    let lanes = &screen.app.lanes;
    let goals = lanes.iter().filter_map(|lane| lane.milestones.last());
    let share = goals.map(|m| m.share).max_by(f64::total_cmp)?;
    let theme = screen.theme;
    let mut spans = vec![Span::styled(
        format!("R@1 {} {} %", theme.glyph("≥", ">="), percent(share)),
        theme.faint(),
    )];
    for (i, lane) in lanes.iter().enumerate() {
        let [sign, _] = frame::lane_name(screen, i);
        spans.extend([Span::raw("  "), sign]);
        let reached = lane.milestones.iter().find(|m| m.share >= share);
        spans.push(reached.map_or_else(
            || Span::styled("not yet", theme.faint()),
            |m| {
                let text = format!("step {}, {:.0} s", m.step, m.seconds);
                Span::styled(text, theme.text())
            },
        ));
    }
    Some(spans.into())
}

fn note(screen: &Screen) -> Line<'static> {
    let busy = screen
        .app
        .lanes
        .iter()
        .filter_map(|lane| lane.evaluating)
        .reduce(f64::max);
    if let Some(share) = busy.filter(|_| screen.app.charts.crosshair.is_none()) {
        return Line::styled(
            format!(" evaluating {:.0} % ", share * 100.0),
            screen.theme.accent(),
        );
    }
    let latest = screen
        .app
        .lanes
        .iter()
        .filter_map(|lane| series::eval(&lane.held_out, screen.app.charts.crosshair))
        .max_by_key(|eval| eval.step);
    latest.map_or_else(Line::default, |eval| {
        let text = format!(" {} names, step {} ", eval.candidates, eval.step);
        Line::styled(text, screen.theme.muted())
    })
}

fn plot(screen: &Screen, recipe: &Recipe) -> (Plot, Vec<String>) {
    let app = screen.app;
    let theme = screen.theme;
    let drawn = series::draw(screen, recipe);
    let mut values = drawn.values.clone();
    if !recipe.log {
        values.push(0.0);
    }
    let candidates = app
        .lanes
        .iter()
        .filter_map(|lane| lane.held_out.last())
        .map(|e| e.candidates)
        .max();
    let chance = candidates.map(|n| 100.0 / n.max(1) as f64);
    if recipe.log {
        values.extend(chance);
    }
    let mut y = Axis::around(values, recipe.log);
    if !recipe.log {
        y.low = 0.0;
        y.high = y.high.max(chance.unwrap_or(0.0) * 4.0).max(1.0);
    }
    let notes = drawn.notes(recipe, &y);
    // Every evaluation is a sign of its own.
    let mut all = drawn.series;
    for (i, lane) in app.lanes.iter().enumerate() {
        all.push(Series {
            sign: Some(theme.marker(i)),
            dotted: true,
            ..Series::line((recipe.points)(lane), theme.lane(i), 2)
        });
    }
    let guide = |y: f64| Guide {
        y,
        label: format!("chance {y:.2} %"),
        style: theme.faint(),
    };
    let plot = Plot {
        x: series::steps(screen, Panel::Retrieval),
        y,
        series: all,
        guides: chance.map(guide).into_iter().collect(),
        flags: series::flags(screen),
        crosshair: app.charts.crosshair,
    };
    (plot, notes)
}

fn draw_table(frame: &mut Frame, area: Rect, screen: &Screen, both: bool) {
    let theme = screen.theme;
    let trained = area.width >= 42;
    let numbers = 3 + 23 + if trained { 8 } else { 0 };
    let name = usize::from(area.width).saturating_sub(numbers).clamp(3, 14);
    let mut head = format!(
        "{:name$}   {:>6}{:>6}{:>6}{:>5}",
        "", "R@1 %", "R@5", "R@10", "rank"
    );
    if trained {
        head.push_str(" trained");
    }
    frame::put(frame, area, 0, &Line::styled(head, theme.faint()));
    let mut row = 1;
    for (i, lane) in screen.app.lanes.iter().enumerate() {
        let eval = series::eval(&lane.held_out, screen.app.charts.crosshair);
        let [sign, _] = frame::lane_name(screen, i);
        let label = frame::cut(&lane.lane, name.saturating_sub(2), screen);
        let to_text = theme.glyph("→ ", "> ");
        let mut spans = vec![
            sign,
            Span::styled(
                format!("{label:0$} ", name.saturating_sub(2)),
                theme.lane(i),
            ),
            Span::styled(to_text, theme.faint()),
        ];
        spans.extend(cells(
            screen,
            eval.map(|e| {
                (
                    [e.r1_image_to_text, e.r5_image_to_text, e.r10_image_to_text],
                    Some(e.median_rank),
                )
            }),
        ));
        if trained {
            let trained = series::eval(&lane.trained, screen.app.charts.crosshair);
            let text = trained.map_or_else(
                || format!("{:>8}", dash(screen)),
                |e| format!("{:>8}", percent(e.r1_image_to_text)),
            );
            spans.push(Span::styled(text, theme.muted()));
        }
        frame::put(frame, area, row, &spans.into());
        row += 1;
        if both {
            let to_image = theme.glyph("← ", "< ");
            let mut spans = vec![
                frame::blanks(name + 1),
                Span::styled(to_image, theme.faint()),
            ];
            let back = |e: &EvalReport| {
                (
                    [e.r1_text_to_image, e.r5_text_to_image, e.r10_text_to_image],
                    None,
                )
            };
            spans.extend(cells(screen, eval.map(back)));
            frame::put(frame, area, row, &spans.into());
            row += 1;
        }
    }
}

fn cells(screen: &Screen, scores: Option<([f64; 3], Option<f64>)>) -> Vec<Span<'static>> {
    let theme = screen.theme;
    let Some((shares, rank)) = scores else {
        return vec![Span::styled(
            format!("{0:>6}{0:>6}{0:>6}{0:>5}", dash(screen)),
            theme.faint(),
        )];
    };
    let cell = |share: f64| format!("{:>6}", percent(share));
    vec![
        Span::styled(
            cell(shares[0]),
            theme.text().add_modifier(ratatui::style::Modifier::BOLD),
        ),
        Span::styled(
            format!("{}{}", cell(shares[1]), cell(shares[2])),
            theme.muted(),
        ),
        Span::styled(
            rank.map_or_else(|| "     ".into(), |rank| format!("{rank:>5.0}")),
            theme.text(),
        ),
    ]
}

fn dash(screen: &Screen) -> &'static str {
    screen.theme.glyph("–", "-")
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("retrieval on held-out images")
        .formula("R@k = share of images whose own name is among the k nearest of all C names; chance k/C")
        .lanes(app, |seen| match seen.lane.held_out.last() {
            None => "no evaluation yet".into(),
            Some(held_out) => {
                let p = held_out.r1_image_to_text;
                let n = held_out.pictures.max(1) as f64;
                let error = (p * (1.0 - p) / n).sqrt();
                let trained = seen.lane.trained.last().map_or_else(String::new, |t| {
                    format!("; trained images {}", percentage(t.r1_image_to_text))
                });
                format!(
                    "R@1 {} +- {:.1} at step {}, chance 1/{} = {}; median rank {}{trained}",
                    percentage(p),
                    100.0 * error,
                    held_out.step,
                    held_out.candidates,
                    percentage(1.0 / held_out.candidates.max(1) as f64),
                    number(held_out.median_rank)
                )
            }
        })
        .note(
            "Held-out images differ from those trained on: another drawing style, or new combinations. The +- is \
             one standard error for this number of images.",
        )
        .claim(
            "Runs with different seeds differ by more than that: compare lanes over several seeds.",
            &[Source::Measured("Noise (SigLIP, Figure 7)")],
        )
        .note(
            "Trained far above held-out: the model has learned images by heart, or does not carry over to the new \
             kind. Both low: it has not learned yet.",
        )
}
