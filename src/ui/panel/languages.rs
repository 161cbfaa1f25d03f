//! The languages panel: held-out pictures found by their names in each language.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::telemetry::{LanguageReport, Split};
use crate::ui::app::App;
use crate::ui::explain::Card;
use crate::ui::panel::Panel;
use crate::ui::view::findings::{note, percent};
use crate::ui::view::{Screen, frame};

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
        format!("  {:4}{:>9}", "", "%") + &format!("{:>7}{:>7}", "R@1", "R@5").repeat(lanes.len());
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
            let shares = same.map(|r| [r.r1_image_to_text, r.r5_image_to_text]);
            for k in 0..2 {
                let text = shares.map_or_else(String::new, |shares| percent(shares[k]));
                spans.push(Span::styled(frame::cell(&text, 7, screen), style));
            }
        }
        frame::put(frame, inner, 2 + i as u16, &spans.into());
    }
    if rows.len() > shown {
        let text = format!(
            "  {} to {} of {}; - is held out",
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
        let text = "  - is held out";
        frame::put(
            frame,
            inner,
            2 + rows.len() as u16,
            &Line::styled(text, theme.faint()),
        );
    }
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("languages")
        .formula("R@1 = share of held-out images whose name in that language is the nearest of all names in it")
        .lanes(app, |seen| {
            let reports: Vec<&LanguageReport> = seen.lane.findings.all().collect();
            let known = reports.iter().filter(|r| r.weight > 0.0).count() / 2;
            match reports.len() / 2 {
                0 => "nothing evaluated yet: Enter does".into(),
                all => format!("{known} languages in training, {} others", all - known),
            }
        })
        .note(
            "In a language that training leaves out, only words that share pieces with known words can be matched: the \
             tokenizer splits the rest into letters.",
        )
}
