//! Every panel shows the last known state, whatever its lanes are doing.

use ratatui::layout::Rect;

use super::*;
use crate::ui::theme::Palette;

const LIGHT: Theme = RICH.with(Palette::Light);

/// Lanes that trained to step 640 and now do something else.
fn states() -> [(&'static str, Vec<Arc<Snapshot>>); 4] {
    let with =
        |status: LaneStatus| fixture::edited(640, move |_, lane| lane.status = status.clone());
    // What comes of features that are not numbers.
    let diverged = fixture::edited(640, |_, lane| {
        lane.status = LaneStatus::Diverged(641);
        lane.loss.push(641, f64::NAN);
        lane.grad_norm.push(641, f64::NAN);
        lane.matrix = lane.matrix.as_deref().map(|matrix| {
            Arc::new(Matrix {
                cosines: vec![f32::NAN; matrix.cosines.len()],
                ..matrix.clone()
            })
        });
        lane.rows = lane.rows.as_deref().map(|rows| {
            let mut rows = rows.clone();
            rows.cosines.fill(f32::NAN);
            Arc::new(rows)
        });
        lane.landscape = lane.landscape.as_deref().map(|landscape| {
            let mut landscape = landscape.clone();
            for surface in &mut landscape.surfaces {
                surface.values.fill(f64::NAN);
            }
            Arc::new(landscape)
        });
        lane.geometry = lane.geometry.as_deref().map(|report| {
            let mut report = report.clone();
            report.map.image.fill([f32::NAN; 2]);
            report.map.text.fill([f32::NAN; 2]);
            report.gap = f64::NAN;
            Arc::new(report)
        });
    });
    [
        ("running", with(LaneStatus::Running)),
        ("paused", with(LaneStatus::Paused)),
        ("ended", with(LaneStatus::Finished)),
        ("diverged", diverged),
    ]
}

/// Cells within a panel that show anything, and its text.
fn shown(
    app: &mut App,
    theme: &Theme,
    panel: Panel,
    (width, height): (u16, u16),
) -> (usize, String) {
    let buffer = draw(app, theme, width, height);
    let of_panel = |(_, target): &&(Rect, Target)| *target == Target::Panel(panel);
    let boxed = width >= 100 && height >= 30;
    let (mut full, mut text) = (0, String::new());
    let areas: Vec<_> = app
        .regions
        .iter()
        .filter(of_panel)
        .map(|(area, _)| *area)
        .collect();
    for area in areas {
        // Without the frame, which is there in any case.
        let inner = Rect {
            x: area.x + u16::from(boxed),
            y: area.y + 1,
            width: area.width.saturating_sub(2 * u16::from(boxed)),
            height: area.height.saturating_sub(1 + u16::from(boxed)),
        };
        for y in inner.top()..inner.bottom() {
            for x in inner.left()..inner.right() {
                let cell = &buffer[(x, y)];
                let base = theme.base().bg.unwrap_or_default();
                full += usize::from(cell.symbol() != " " || cell.bg != base);
                text.push_str(cell.symbol());
            }
            text.push('\n');
        }
    }
    (full, text)
}

#[test]
fn no_panel_is_blank_while_lanes_run_wait_have_ended_or_diverged() {
    let mut wrong = Vec::new();
    for (state, lanes) in states() {
        for panel in Panel::ALL {
            for size in [(80, 24), (120, 40), (200, 60)] {
                for theme in [RICH, LIGHT, PLAIN] {
                    let mut app = app(lanes.clone());
                    app.update(Action::Panel(panel));
                    let (full, text) = shown(&mut app, &theme, panel, size);
                    // The line about what it will show is for panels without data.
                    let promise: String = panel.row().explains.chars().take(14).collect();
                    let ascii = theme != PLAIN || text.is_ascii();
                    if full < 40 || text.contains(&promise) || !ascii {
                        let depth = theme.depth;
                        wrong.push(format!(
                            "{panel:?}, {state}, {size:?}, {depth:?}: {full}\n{text}"
                        ));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
