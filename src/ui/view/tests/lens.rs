//! The matrix pair by pair: what the lens shows of a batch that does not fit, and what colours make of a model that
//! tells no pairs apart.

use ratatui::layout::Rect;
use ratatui::style::Color;

use super::*;
use crate::telemetry::Rows;
use crate::ui::region::CellMap;

/// Lanes with a batch of `pairs` pairs whose matrix comes pooled to 64 cells a side, as it does from a lane.
fn pooled(pairs: usize, cosine: impl Fn(usize, usize) -> f32) -> Vec<Arc<Snapshot>> {
    let pool = pairs.div_ceil(64);
    let side = pairs.div_ceil(pool);
    fixture::edited(640, |_, lane| {
        let cosines: Vec<f32> = (0..pairs * pairs)
            .map(|cell| cosine(cell / pairs, cell % pairs))
            .collect();
        let mean = |cell: usize| {
            let (top, left) = (cell / side * pool, cell % side * pool);
            let rows = top..(top + pool).min(pairs);
            let block: Vec<f32> = rows
                .flat_map(|r| (left..(left + pool).min(pairs)).map(move |c| (r, c)))
                .map(|(r, c)| cosines[r * pairs + c])
                .collect();
            block.iter().sum::<f32>() / block.len() as f32
        };
        lane.matrix = Some(Arc::new(Matrix {
            step: 640,
            side,
            pool,
            cosines: (0..side * side).map(mean).collect(),
        }));
        lane.rows = Some(Arc::new(Rows {
            step: 640,
            pairs,
            cosines,
        }));
    })
}

/// Matches at 0.8, mismatches at 0.1.
fn trained(row: usize, column: usize) -> f32 {
    if row == column { 0.8 } else { 0.1 }
}

/// Where single pairs lie, for each lane.
fn cells(app: &App) -> Vec<(Rect, CellMap)> {
    let cells = app
        .regions
        .iter()
        .filter_map(|(area, target)| match target {
            Target::Cells(map) => Some((*area, *map)),
            _ => None,
        });
    cells.collect()
}

fn maps(app: &App) -> usize {
    let maps = app.regions.iter();
    maps.filter(|(_, target)| matches!(target, Target::Matrix(_)))
        .count()
}

#[test]
fn a_batch_that_does_not_fit_is_shown_pair_by_pair_around_the_cursor() {
    let mut app = app(pooled(128, trained));
    app.size = (120, 40);
    press(&mut app, "m");
    app.cursor = (70, 70);
    let buffer = draw(&mut app, &RICH, 120, 40);
    let windows = cells(&app);
    assert_eq!(windows.len(), 2, "one for each lane");
    for (area, map) in windows {
        let (rows, columns) = (area.height / map.cell.1, area.width / map.cell.0);
        let here = |row: usize, column: usize| {
            row.checked_sub(map.first.0)
                .is_some_and(|r| r < usize::from(rows))
                && column
                    .checked_sub(map.first.1)
                    .is_some_and(|c| c < usize::from(columns))
        };
        assert!(here(70, 70), "{map:?}");
        // Matches stand out from what is beside them, one by one.
        for row in 0..rows {
            for column in 0..columns {
                let pair = map.cell_at(column * map.cell.0, row * map.cell.1);
                let at = (area.x + column * map.cell.0, area.y + row * map.cell.1);
                if pair == app.cursor {
                    assert_eq!(buffer[at].symbol(), "[");
                    continue;
                }
                let bright = RICH.color(RICH.heat(1.0));
                assert_eq!(buffer[at].bg == bright, pair.0 == pair.1, "{pair:?}");
            }
        }
    }
    let screen = text(&buffer);
    assert!(screen.contains("N = 128"), "{screen}");
    assert!(
        screen.contains("71"),
        "the cursor's row and column are numbered:\n{screen}"
    );
}

#[test]
fn rows_are_named_and_a_click_is_a_pair() {
    let mut app = app(pooled(128, trained));
    app.size = (120, 40);
    press(&mut app, "m");
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains(" 1 red"), "{screen}");
    let (area, map) = cells(&app)[1];
    app.update(Action::Click(
        area.x + 3 * map.cell.0,
        area.y + 2 * map.cell.1,
    ));
    assert_eq!((app.panel, app.cursor), (Panel::Matrix, (2, 3)));
}

#[test]
fn closest_each_cell_has_its_number_and_farthest_the_factor_is_stated() {
    for theme in [RICH, PLAIN] {
        let mut app = app(pooled(128, trained));
        app.size = (120, 40);
        press(&mut app, "mz");
        app.target = Some(0);
        draw(&mut app, &theme, 120, 40);
        press(&mut app, "+");
        app.message = None;
        let screen = shot(&mut app, &theme, 120, 40);
        for part in ["0.80", "0.10", "a photo", "red apple"] {
            assert!(screen.contains(part), "{part} is missing:\n{screen}");
        }
        let name = if theme == RICH { "truecolor" } else { "none" };
        insta::assert_snapshot!(format!("lens_numbers_120x40_{name}"), screen);
        press(&mut app, "--");
        assert_eq!(app.lens, Some(Lens::Whole));
        let screen = shot(&mut app, &theme, 80, 24);
        let factor = theme.glyph("×", "x");
        let stated = [4, 6, 8]
            .iter()
            .any(|n| screen.contains(&format!("{n}{factor}{n}")));
        assert!(stated, "{screen}");
        assert!(cells(&app).is_empty() && maps(&app) > 0);
    }
}

#[test]
fn where_there_is_room_the_whole_batch_lies_beside_the_window() {
    let mut app = app(pooled(128, trained)[..1].to_vec());
    app.size = (80, 24);
    press(&mut app, "mz");
    app.lens = Some(Lens::Pairs);
    for theme in [RICH, PLAIN] {
        let screen = shot(&mut app, &theme, 120, 40);
        assert_eq!((cells(&app).len(), maps(&app)), (1, 1), "{screen}");
    }
    insta::assert_snapshot!("lens_pairs_120x40", shot(&mut app, &RICH, 120, 40));
}

#[test]
fn a_batch_that_came_pooled_is_whole_where_each_pair_has_room() {
    let mut app = app(pooled(90, trained)[..1].to_vec());
    app.size = (200, 60);
    press(&mut app, "mz");
    let screen = shot(&mut app, &RICH, 200, 60);
    assert!(!screen.contains("2×2"), "{screen}");
    let (area, target) = app
        .regions
        .iter()
        .find(|(_, target)| matches!(target, Target::Matrix(_)))
        .unwrap();
    let Target::Matrix(map) = target else {
        unreachable!()
    };
    assert_eq!((map.factor(), map.side, area.width), (1, 90, 90));
}

#[test]
fn a_model_that_tells_no_pairs_apart_is_one_colour_and_the_legend_says_so() {
    let flat = |row: usize, column: usize| 0.97 + 0.005 * ((row * 7 + column * 3) % 3) as f32 / 2.0;
    for (lens, theme) in [
        (Lens::Pairs, RICH),
        (Lens::Whole, RICH),
        (Lens::Pairs, PLAIN),
    ] {
        let mut app = app(pooled(128, flat));
        app.size = (120, 40);
        app.lens = Some(lens);
        let buffer = draw(&mut app, &theme, 120, 40);
        let screen = text(&buffer);
        assert!(screen.contains("least"), "{screen}");
        let areas = app
            .regions
            .iter()
            .filter(|(_, target)| matches!(target, Target::Matrix(_) | Target::Cells(_)));
        for (area, _) in areas {
            let shades: Vec<(Color, &str)> = area
                .positions()
                .map(|at| (buffer[at].bg, buffer[at].symbol()))
                .collect();
            let rgb = |color: Color| match color {
                Color::Rgb(r, g, b) => [r, g, b],
                _ => [0; 3],
            };
            for (color, letter) in &shades {
                let apart = rgb(*color).into_iter().zip(rgb(shades[0].0));
                let most = apart.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0);
                assert!(most < 24, "{color:?} and {:?}", shades[0].0);
                assert_eq!(*letter, shades[0].1);
            }
        }
    }
}

#[test]
fn of_rows_that_are_not_kept_the_lens_shows_dots_and_the_readout_says_so() {
    let mut lanes = pooled(128, trained);
    for lane in &mut lanes {
        let mut cut = (**lane).clone();
        let mut rows = (**cut.rows.as_ref().unwrap()).clone();
        rows.cosines.truncate(20 * rows.pairs);
        cut.rows = Some(Arc::new(rows));
        *lane = Arc::new(cut);
    }
    let mut app = app(lanes);
    app.size = (120, 40);
    press(&mut app, "m");
    app.cursor = (100, 3);
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(screen.contains("··"), "{screen}");
    assert!(screen.contains("keeps only means"), "{screen}");
    press(&mut app, "ddd");
    // The gradient takes every row: the whole is shown by its means.
    let screen = shot(&mut app, &RICH, 120, 40);
    assert!(
        cells(&app).is_empty() && screen.contains("gradient"),
        "{screen}"
    );
}

#[test]
fn without_colour_the_diagonal_is_read_from_the_text_alone() {
    for theme in [PLAIN, Theme::new(Depth::None, Glyphs::Braille)] {
        let mut app = app(pooled(128, trained));
        app.size = (120, 40);
        press(&mut app, "c");
        let buffer = draw(&mut app, &theme, 120, 40);
        for (area, map) in cells(&app) {
            for at in area.positions() {
                let pair = map.cell_at(at.x - area.x, at.y - area.y);
                let dark = theme.ramp(1.0).to_string();
                assert_eq!(buffer[at].symbol() == dark, pair.0 == pair.1, "{pair:?}");
            }
        }
    }
}
