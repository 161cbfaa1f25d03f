//! The calibration panel: whether a model is as often right as it is sure. For each picture of the
//! batch it takes the caption that the picture likes best: how sure the loss's probability is of it,
//! against how often it is the picture's own (Guo et al. 2017).

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::control::Settings;
use crate::loss::push::Push;
use crate::telemetry::{Reliability, ReliabilityBin, Rows};
use crate::ui::app::App;
use crate::ui::explain::{Card, Paper, Source, number, percentage};
use crate::ui::panel::Panel;
use crate::ui::view::findings::places;
use crate::ui::view::plot::{Axis, Plot, Series};
use crate::ui::view::{Screen, frame};

/// The least width in which a lane's diagram is worth drawing.
const NARROW: u16 = 40;
/// Bins of the diagram, each a tenth of the probabilities.
const BINS: usize = 10;

/// How sure the loss is of each picture's best caption, and whether that is its own, of the rows that are kept of a
/// batch; none if there is no row of numbers. Ties count against the model.
fn of(rows: &Rows, settings: &Settings) -> Option<Reliability> {
    let bias = settings.bias.unwrap_or(0.0);
    let answer = |(own, row): (usize, &[f32])| {
        let push = Push::of(row, own, settings.loss, settings.temperature, bias)?;
        let rival = push.negatives.first();
        let right = rival.is_none_or(|rival| push.own > rival.cosine);
        let sure = rival.map_or(0.0, |rival| rival.push).max(1.0 - push.pull);
        Some((sure, right))
    };
    let rows = (0..).map_while(|own| Some((own, rows.row(own)?)));
    let answers: Vec<_> = rows.filter_map(answer).collect();
    (!answers.is_empty()).then(|| Reliability::of(&answers, BINS))
}

fn reliability(app: &App, lane: usize) -> Option<Reliability> {
    of(app.lanes[lane].rows.as_deref()?, &app.settings(lane)?)
}

/// Draws the panel: as many lanes as fit, the addressed one among them.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let rows = app.lanes.iter().filter_map(|lane| lane.rows.as_deref());
    let step = rows.map(|rows| rows.step).max();
    let note = step.map_or_else(String::new, |step| format!(" step {step} "));
    let note = Line::styled(note, screen.theme.muted());
    let inner = frame::panel(frame, area, screen, Panel::Calibration, "calibration", note);
    if step.is_none() {
        frame::promise(frame, inner, screen, Panel::Calibration);
        return;
    }
    for (place, lane) in places(screen, inner, NARROW) {
        if let Some(found) = reliability(app, lane) {
            column(frame, place, screen, lane, &found);
        } else if app.lanes[lane].rows.is_some() {
            nothing(frame, place, screen, lane);
        }
    }
}

/// Says why a lane that has a batch has nothing to show: its cosines are no numbers any more.
fn nothing(frame: &mut Frame, area: Rect, screen: &Screen, lane: usize) {
    let [sign, name] = frame::lane_name(screen, lane);
    frame::put(frame, area, 0, &Line::from(vec![sign, name]));
    let text = "every row holds a cosine that is NaN or infinite; press U to rewind";
    let lines = frame::wrap(text, usize::from(area.width.max(8)));
    for (line, row) in lines.into_iter().zip(1..) {
        let line = Line::styled(line, screen.theme.muted());
        frame::put(frame, area, row, &line);
    }
}

fn column(frame: &mut Frame, area: Rect, screen: &Screen, lane: usize, found: &Reliability) {
    let theme = screen.theme;
    let [sign, name] = frame::lane_name(screen, lane);
    let error = format!("  ECE {:.3}", found.ece);
    let head = vec![sign, name, Span::styled(error, theme.text())];
    frame::put(frame, area, 0, &head.into());
    let numbers = format!(
        "  mean p {:.2}, accuracy {:.2} of {} images",
        found.confidence,
        found.accuracy.value(),
        found.accuracy.of
    );
    let mut used = 1;
    for text in [numbers.as_str(), "  accuracy % over probability %"] {
        let text = frame::cut(text, usize::from(area.width), screen);
        frame::put(frame, area, used, &Line::styled(text, theme.muted()));
        used += 1;
    }
    let whole = Axis {
        low: 0.0,
        high: 100.0,
        log: false,
    };
    let percent = |bin: &ReliabilityBin| (bin.confidence * 100.0, bin.accuracy.value() * 100.0);
    let points: Vec<_> = found.bins.iter().map(percent).collect();
    let plot = Plot {
        x: whole,
        y: whole,
        series: vec![
            Series {
                dashed: true,
                ..Series::line(vec![(0.0, 0.0), (100.0, 100.0)], theme.faint(), 0)
            },
            Series::line(points.clone(), theme.lane_half(lane), 1),
            Series {
                dotted: true,
                sign: Some(theme.marker(lane)),
                ..Series::line(points, theme.lane(lane), 2)
            },
        ],
        guides: Vec::new(),
        flags: Vec::new(),
        crosshair: None,
    };
    let below = Rect {
        y: area.y + used.min(area.height),
        height: area.height.saturating_sub(used),
        ..area
    };
    plot.render(frame.buffer_mut(), below, theme);
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("calibration")
        .formula("ECE = sum over ten bins of (images in the bin / all images) x |accuracy - mean top probability|")
        .lanes(app, |seen| {
            let rows = seen.lane.rows.as_deref();
            let found = rows.and_then(|rows| of(rows, &seen.settings));
            let Some(found) = found else {
                return format!("N = {}; no row yet", seen.settings.batch_size);
            };
            let (sure, right) = (found.confidence, found.accuracy.value());
            format!(
                "{} images: mean top probability {}, accuracy {}: {} by {:.1} points; ECE {}",
                found.accuracy.of,
                percentage(sure),
                percentage(right),
                if sure > right { "overconfident" } else { "underconfident" },
                100.0 * (sure - right).abs(),
                number(found.ece)
            )
        })
        .note(
            "Top probability: that of the nearest caption of an image, the softmax of its row or the sigmoid of that cell. \
             On the dashed line accuracy equals probability; below it the model is overconfident.",
        )
        .claim(
            "tau changes the probabilities and not which caption is best, so the accuracy over all images stays. So \
             does the sigmoid's bias.",
            &[Source::Paper(Paper::Guo, "section 4.2")],
        )
        .note(
            "Both probabilities are those of a batch of N: with fewer captions the softmax is larger, and the sigmoid's \
             prior is 1/N. Pairs that share a caption count as wrong.",
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Loss;
    use crate::ui::action::Action;
    use crate::ui::fixture;
    use crate::ui::view::tests::{PLAIN, RICH, app, draw, shot, text};

    fn rows(cosines: &[f32]) -> Rows {
        Rows {
            step: 1,
            pairs: cosines.len().isqrt(),
            cosines: cosines.to_vec(),
        }
    }

    fn settings(loss: Loss, temperature: f64, bias: Option<f64>) -> Settings {
        Settings {
            temperature,
            bias,
            ..fixture::settings(loss)
        }
    }

    #[test]
    fn a_softmax_is_as_sure_as_its_row_says() {
        // Both rows are ln 3 logits apart: 0.75 sure. One is right, one is wrong.
        let apart = 3_f32.ln() * 0.1;
        let found = of(
            &rows(&[apart, 0.0, apart, 0.0]),
            &settings(Loss::InfoNce, 0.1, None),
        )
        .unwrap();
        assert_eq!(found.accuracy.of, 2);
        assert!((found.confidence - 0.75).abs() < 1e-6);
        assert_eq!((found.accuracy.value(), found.bins.len()), (0.5, 1));
        assert!((found.ece - 0.25).abs() < 1e-6);
    }

    #[test]
    fn a_sigmoid_answers_for_the_one_cell() {
        // sigma(0.5 / 0.1 - 5) = 0.5 and sigma(0.6 / 0.1 - 5) = 0.731, both right.
        let found = of(
            &rows(&[0.5, 0.0, 0.0, 0.6]),
            &settings(Loss::SigLip, 0.1, Some(-5.0)),
        )
        .unwrap();
        let sure = f64::midpoint(0.5, 0.731_058_6);
        assert!(
            (found.confidence - sure).abs() < 1e-6,
            "{}",
            found.confidence
        );
        assert_eq!((found.accuracy.value(), found.bins.len()), (1.0, 2));
        assert!((found.ece - (1.0 - sure)).abs() < 1e-6);
    }

    #[test]
    fn ties_count_against_the_model_and_rows_without_numbers_not_at_all() {
        let softmax = settings(Loss::InfoNce, 0.07, None);
        let tied = of(&rows(&[0.2; 4]), &softmax).unwrap();
        assert_eq!((tied.accuracy.value(), tied.accuracy.of), (0.0, 2));
        assert_eq!(of(&rows(&[f32::NAN; 4]), &softmax), None);
        assert_eq!(of(&rows(&[]), &softmax), None);
    }

    #[test]
    fn every_size_and_terminal_has_the_numbers() {
        for theme in [RICH, PLAIN] {
            for (width, height) in [(60, 20), (80, 24), (120, 40)] {
                let mut app = app(fixture::running(40));
                app.update(Action::Panel(Panel::Calibration));
                let screen = text(&draw(&mut app, &theme, width, height));
                assert!(screen.contains("softmax  ECE 0."), "{screen}");
                assert!(screen.contains(" of 64 images"), "{screen}");
            }
        }
    }

    #[test]
    fn calibration_screens() {
        for (name, theme) in [("truecolor", RICH), ("none", PLAIN)] {
            for (width, height) in [(80, 24), (120, 40)] {
                let mut app = app(fixture::running(40));
                app.update(Action::Panel(Panel::Calibration));
                insta::assert_snapshot!(
                    format!("calibration_{width}x{height}_{name}"),
                    shot(&mut app, &theme, width, height)
                );
            }
        }
    }

    #[test]
    fn without_a_batch_it_says_what_it_will_show() {
        let mut app = app(fixture::starting());
        app.update(Action::Panel(Panel::Calibration));
        let screen = text(&draw(&mut app, &RICH, 120, 40));
        assert!(screen.contains("probability of each"), "{screen}");
    }
}
