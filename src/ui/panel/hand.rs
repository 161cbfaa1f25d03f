//! The calculator panel: the numbers that can be edited, and the losses worked out from them as
//! `clip-lab loss` prints them.

mod explain;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::loss::working::{self, Block};
use crate::quantity::Loss;
use crate::ui::app::{App, Focus, Hand, Slot};
use crate::ui::panel::Panel;
use crate::ui::view::{Screen, frame};

pub use explain::explain;

/// Columns of a number that loses no digit of what the command line prints.
const WHOLE: usize = 11;
/// The least that a number needs.
const LEAST: usize = 7;

/// Draws the panel.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    if area.width < 12 || area.height < 3 {
        return;
    }
    let app = screen.app;
    let hand = &app.hand;
    let note = Line::styled(format!(" {} ", hand.origin), screen.theme.muted());
    let inner = frame::panel(frame, area, screen, Panel::Hand, "by hand", note);
    let inner = Rect {
        width: inner.width.saturating_sub(1),
        ..inner
    };
    let workings = workings(app);
    for (i, line) in dials(screen, &workings, inner.width).iter().enumerate() {
        frame::put(frame, inner, i as u16, line);
    }
    let width = cell_width(hand.n, usize::from(inner.width));
    let wide = (usize::from(inner.width) / (hand.n * WHOLE + 3)).clamp(1, 3);
    let each = usize::from(inner.width) / wide;
    let width = if wide > 1 { WHOLE } else { width };
    let mut sections = vec![cosines(screen, width)];
    // All of them begin with the same logits.
    let logits = workings.iter().take(1).filter_map(|(_, all)| all.first());
    sections.extend(logits.map(|b| section(screen, b, width, each)));
    for (loss, blocks) in &workings {
        let mut pieces: Vec<_> = blocks
            .iter()
            .skip(1)
            .map(|block| section(screen, block, width, each))
            .collect();
        if let Some(first) = pieces.first_mut() {
            let style = screen.theme.accent().add_modifier(Modifier::BOLD);
            first.insert(0, Line::styled(loss.to_string(), style));
        }
        sections.extend(pieces);
    }
    let lines = side_by_side(&sections, wide, each);
    let top = 2;
    let list = Rect {
        y: inner.y + top.min(inner.height),
        height: inner.height.saturating_sub(top),
        ..inner
    };
    let most = lines.len().saturating_sub(usize::from(list.height));
    let from = hand.scroll.min(most);
    for (i, line) in lines
        .iter()
        .skip(from)
        .take(usize::from(list.height))
        .enumerate()
    {
        frame::put(frame, list, i as u16, line);
    }
    if most > from && list.height > 0 {
        let more = screen.theme.glyph("▼", "v");
        let place = (
            area.right().saturating_sub(1 + u16::from(screen.boxed)),
            list.bottom() - 1,
        );
        frame
            .buffer_mut()
            .set_string(place.0, place.1, more, screen.theme.accent());
    }
}

/// Both losses worked out; in an exercise the one that is asked about, as far as the answers have come.
fn workings(app: &App) -> Vec<(Loss, Vec<Block>)> {
    let hand = &app.hand;
    let exercise = app.desk.on_paper();
    Loss::ALL
        .into_iter()
        .filter(|loss| loss.law().value_of() == *loss)
        .filter(|loss| exercise.is_none() || *loss == Loss::InfoNce)
        .map(|loss| {
            let (n, tau) = (hand.n, hand.temperature);
            let blocks = working::blocks(loss, n, &hand.cosines, tau, hand.bias);
            let blocks = blocks.into_iter().enumerate().map(|(piece, block)| {
                if exercise.is_some_and(|work| !work.reveals(piece)) {
                    hidden(block)
                } else {
                    block
                }
            });
            (loss, blocks.collect())
        })
        .collect()
}

/// A piece of the working that an exercise asks for: its title, and no number.
fn hidden(block: Block) -> Block {
    match block {
        Block::Grid { title, rows } => Block::Grid {
            title,
            rows: rows
                .into_iter()
                .map(|row| vec![f64::NAN; row.len()])
                .collect(),
        },
        Block::Terms { title, values, .. } => Block::Terms {
            title,
            values: vec![f64::NAN; values.len()],
            mean: f64::NAN,
        },
        Block::Result { .. } => Block::Result {
            text: "loss = ?".into(),
            loss: f64::NAN,
        },
    }
}

/// The columns of a number: as many as there is room for.
fn cell_width(n: usize, room: usize) -> usize {
    (room / n.max(1)).clamp(LEAST, WHOLE)
}

/// tau and b, and what the losses come to.
fn dials(screen: &Screen, workings: &[(Loss, Vec<Block>)], room: u16) -> [Line<'static>; 2] {
    let theme = screen.theme;
    let hand = &screen.app.hand;
    let field = |slot: Slot, text: String| {
        let style = if chosen(screen, slot) {
            theme.selected(true)
        } else {
            theme.text()
        };
        Span::styled(format!(" {text} "), style)
    };
    let bias = hand.bias.map_or_else(|| "none".into(), |b| b.to_string());
    let mut top = vec![
        Span::styled("tau", theme.muted()),
        field(Slot::Temperature, hand.temperature.to_string()),
        Span::styled(" b", theme.muted()),
        field(Slot::Bias, bias),
    ];
    let hint = if LEAST * hand.n > usize::from(room) {
        format!("  {} pairs, more columns: z", hand.n)
    } else {
        format!("  {} pairs", hand.n)
    };
    if top.iter().map(Span::width).sum::<usize>() + hint.len() <= usize::from(room) {
        top.push(Span::styled(hint, theme.faint()));
    }
    let result = workings.iter().flat_map(|(loss, blocks)| {
        let value = working::result(blocks);
        let value = value.map_or_else(String::new, |value| {
            if value.is_nan() {
                " ?  ".into()
            } else {
                format!(" {value:.6}  ")
            }
        });
        [
            Span::styled(loss.to_string(), theme.muted()),
            Span::styled(value, theme.text().add_modifier(Modifier::BOLD)),
        ]
    });
    [top.into(), result.collect::<Vec<_>>().into()]
}

fn chosen(screen: &Screen, slot: Slot) -> bool {
    let app = screen.app;
    app.focus == Focus::Panel && app.panel == Panel::Hand && app.hand.slot == slot
}

/// The cosines, the one in hand marked.
fn cosines(screen: &Screen, width: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let Hand { n, cosines, .. } = &screen.app.hand;
    let mut lines = vec![Line::styled("cosines", theme.muted())];
    for (row, values) in cosines.chunks(*n).enumerate() {
        let spans = values.iter().enumerate().flat_map(|(column, value)| {
            let text = number(*value, width);
            let style = if chosen(screen, Slot::Cell(row, column)) {
                theme.selected(true)
            } else if row == column {
                theme.good()
            } else {
                theme.text()
            };
            let bare = text.trim_start().to_string();
            [
                frame::blanks(text.len() - bare.len()),
                Span::styled(bare, style),
            ]
        });
        lines.push(Line::from(spans.collect::<Vec<_>>()));
    }
    lines
}

/// A piece of the working under its title.
fn section(screen: &Screen, block: &Block, width: usize, room: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let titled = |title: &str| -> Vec<Line<'static>> {
        frame::wrap(title, room.saturating_sub(2).max(8))
            .into_iter()
            .map(|line| Line::styled(line, theme.muted()))
            .collect()
    };
    match block {
        Block::Grid { title, rows } => {
            let mut lines = titled(title);
            for (i, row) in rows.iter().enumerate() {
                let spans = row.iter().enumerate().map(|(j, value)| {
                    let style = if i == j { theme.good() } else { theme.text() };
                    Span::styled(number(*value, width), style)
                });
                lines.push(Line::from(spans.collect::<Vec<_>>()));
            }
            lines
        }
        Block::Terms {
            title,
            values,
            mean,
        } => {
            let mut lines = titled(title);
            let terms: String = values.iter().map(|value| number(*value, width)).collect();
            lines.push(Line::styled(terms, theme.text()));
            let mean = if mean.is_nan() {
                "?".into()
            } else {
                format!("{mean:.6}")
            };
            lines.push(Line::styled(format!("   mean {mean}"), theme.text()));
            lines
        }
        Block::Result { text, .. } => frame::wrap(text, room.saturating_sub(2).max(8))
            .into_iter()
            .map(|line| Line::styled(line, theme.text().add_modifier(Modifier::BOLD)))
            .collect(),
    }
}

/// A number in so many columns, a blank before it: four decimals where there is room, as on the
/// command line, and fewer where there is not.
fn number(value: f64, width: usize) -> String {
    let inner = width.saturating_sub(1);
    // What an exercise asks for.
    if value.is_nan() {
        return format!(" {:>inner$}", "?");
    }
    let fewer = (0..4).rev().map(|digits| format!("{value:.digits$}"));
    let text = std::iter::once(working::number(value))
        .chain(fewer)
        .find(|text| text.len() <= inner)
        .unwrap_or_else(|| format!("{value:.0e}"));
    format!(" {text:>inner$}")
}

/// Sections in reading order, so many beside each other, with a line between.
fn side_by_side(
    sections: &[Vec<Line<'static>>],
    columns: usize,
    each: usize,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for group in sections.chunks(columns.max(1)) {
        let height = group.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..height {
            let mut spans = Vec::new();
            for section in group {
                let line = section.get(i).cloned().unwrap_or_default();
                let gap = each.saturating_sub(line.width());
                let style = line.style;
                spans.extend(line.spans.into_iter().map(|s| Span {
                    style: style.patch(s.style),
                    ..s
                }));
                spans.push(frame::blanks(gap));
            }
            lines.push(Line::from(spans));
        }
        lines.push(Line::default());
    }
    lines.pop();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Format;
    use crate::cli::loss::{BiasChoice, LossArgs, Precision, answer};
    use crate::quantity::{Bias, Temperature};
    use crate::ui::action::Action;
    use crate::ui::fixture;
    use crate::ui::view::tests::{PLAIN, RICH, app, draw, shot, styles};

    #[test]
    fn hand_screens() {
        for (name, theme) in [("truecolor", RICH), ("none", PLAIN)] {
            for (width, height) in [(60, 20), (80, 24), (120, 40)] {
                let mut app = app(fixture::running(640));
                app.target = Some(1);
                app.update(Action::Panel(Panel::Hand));
                let name = format!("hand_{width}x{height}_{name}");
                insta::assert_snapshot!(name.as_str(), shot(&mut app, &theme, width, height));
                let colours = styles(&draw(&mut app, &theme, width, height));
                if width == 80 {
                    insta::assert_snapshot!(format!("{name}_styles"), colours);
                }
            }
        }
        let mut app = app(fixture::running(640));
        app.update(Action::Panel(Panel::Hand));
        app.update(Action::Zoom);
        insta::assert_snapshot!("hand_zoomed", shot(&mut app, &RICH, 120, 40));
    }

    #[test]
    fn hand_prints_the_numbers_that_clip_lab_loss_prints() {
        let mut app = app(fixture::running(640));
        app.target = Some(1);
        app.update(Action::Panel(Panel::Hand));
        app.update(Action::Zoom);
        let screen = shot(&mut app, &RICH, 200, 100);
        let hand = &app.hand;
        let csv: Vec<String> = hand
            .cosines
            .chunks(hand.n)
            .map(|row| row.iter().map(f64::to_string).collect::<Vec<_>>().join(","))
            .collect();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("cosines.csv");
        std::fs::write(&file, csv.join("\n")).expect("written");
        for loss in [Loss::InfoNce, Loss::SigLip] {
            let args = LossArgs {
                file: file.clone(),
                loss,
                temperature: Some(Temperature::new(hand.temperature).expect("a temperature")),
                bias: Some(BiasChoice::Of(
                    Bias::new(hand.bias.expect("a bias")).expect("a bias"),
                )),
                tile: None,
                precision: Precision::Fp64,
                grad: None,
                normalize: false,
                format: None,
            };
            let printed = answer(&args, Format::Table).expect("an answer");
            let working = &printed[printed.find("\nS = ").expect("a working")..];
            let words: Vec<&str> = working
                .split_whitespace()
                .filter(|word| word.parse::<f64>().is_ok())
                .collect();
            assert!(words.len() > 40, "{working}");
            for word in words {
                assert!(
                    screen.contains(word),
                    "{loss}: {word} is missing:\n{screen}"
                );
            }
        }
    }

    #[test]
    fn hand_scrolls_to_the_end_of_the_working() {
        let mut app = app(fixture::running(640));
        app.update(Action::Panel(Panel::Hand));
        let before = shot(&mut app, &RICH, 80, 24);
        for _ in 0..40 {
            app.update(Action::PageDown);
        }
        let after = shot(&mut app, &RICH, 80, 24);
        assert!(
            before.contains("cosines") && !after.contains("cosines"),
            "{after}"
        );
        assert!(after.contains("sigma(S) - I"), "{after}");
    }

    #[test]
    fn hand_numbers_keep_as_many_digits_as_fit() {
        assert_eq!(number(0.12345, 11), "     0.1235");
        assert_eq!(number(-12.3456, 7), " -12.35");
        assert_eq!(number(-123.456, 7), " -123.5");
        assert_eq!(number(-1_234_567.0, 7), "   -1e6");
    }
}
