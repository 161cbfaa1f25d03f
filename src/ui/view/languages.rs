//! The languages panel: held-out pictures found by their names in each language.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::findings::{note, percent};
use super::{Screen, frame};
use crate::telemetry::{LanguageReport, Split};
use crate::ui::panel::Panel;

/// Draws the panel: a row for each language, two columns for each lane.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let held_out = |lane: usize| -> Vec<&LanguageReport> {
        let reports = app.lanes[lane].findings.all();
        reports
            .filter(|r: &&LanguageReport| r.split == Split::HeldOut)
            .collect()
    };
    let lanes: Vec<usize> = (0..app.lanes.len())
        .filter(|lane| !held_out(*lane).is_empty())
        .collect();
    let step = lanes
        .iter()
        .flat_map(|lane| held_out(*lane))
        .map(|r| r.step)
        .max();
    let note = note(screen, step);
    let inner = frame::panel(frame, area, screen, Panel::Languages, "languages", note);
    let Some(&first) = lanes.first() else {
        frame::promise(frame, inner, screen, Panel::Languages);
        return;
    };
    let theme = screen.theme;
    let mut head = vec![Span::styled(
        format!("  {:4}{:>9}", "", "captions"),
        theme.faint(),
    )];
    for &lane in &lanes {
        let [sign, name] = frame::lane_name(screen, lane);
        let room = 12_usize;
        let text = frame::cut(&name.content, room - 2, screen);
        head.push(Span::raw("  "));
        head.push(sign);
        head.push(Span::styled(format!("{text:0$}", room - 2), name.style));
    }
    frame::put(frame, inner, 0, &head.into());
    let labels =
        format!("  {:4}{:>9}", "", "%") + &format!("  {:>5}{:>7}", "R@1", "@5").repeat(lanes.len());
    frame::put(frame, inner, 1, &Line::styled(labels, theme.faint()));
    let rows = held_out(first);
    let shown = usize::from(inner.height.saturating_sub(3)).max(1);
    let from = app.chosen.scroll.min(rows.len().saturating_sub(shown));
    for (i, row) in rows.iter().skip(from).take(shown).enumerate() {
        let trained = row.weight > 0.0;
        let style = if trained { theme.text() } else { theme.muted() };
        let weight = if trained {
            format!("{:.1}", row.weight * 100.0)
        } else {
            "-".into()
        };
        let mut spans = vec![Span::styled(
            format!("  {:4}{weight:>9}", row.language),
            style,
        )];
        for &lane in &lanes {
            let same = held_out(lane)
                .into_iter()
                .find(|r| r.language == row.language);
            let text = same.map_or_else(String::new, |r| {
                format!(
                    "  {:>5}{:>7}",
                    percent(r.r1_image_to_text),
                    percent(r.r5_image_to_text)
                )
            });
            spans.push(Span::styled(format!("{text:14}"), style));
        }
        frame::put(frame, inner, 2 + i as u16, &spans.into());
    }
    if rows.len() > shown {
        let text = format!(
            "  {} to {} of {}; - is never trained on",
            from + 1,
            from + shown,
            rows.len()
        );
        frame::put(
            frame,
            inner,
            inner.height.saturating_sub(1),
            &Line::styled(text, theme.faint()),
        );
    } else {
        let text = "  - is never trained on";
        frame::put(
            frame,
            inner,
            2 + rows.len() as u16,
            &Line::styled(text, theme.faint()),
        );
    }
}
