//! A [`Film`]: a drawing that changes, as one SVG that moves by itself: no script, nothing to load. It is what forges
//! show as an image.
//!
//! A scene draws only what is new and stays until the end of the loop, so that what does not change is written once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::shapes::{CELL, Rgb, Shape};
use super::svg::{escaped, hex};
use unicode_width::UnicodeWidthStr as _;

/// Pixels to a unit in paths: most coordinates are then a digit or two.
const UNIT: f64 = 10.0;

/// What is new in a moment, and how long it is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Layers from the ground up. Within one, shapes of different colours do not overlap.
    pub layers: Vec<Vec<Shape>>,
    /// Seconds until the next scene.
    pub seconds: f64,
}

/// Scenes in their order, over and over.
#[derive(Clone, Debug, PartialEq)]
pub struct Film {
    /// Width, in pixels.
    pub width: f64,
    /// Height, in pixels.
    pub height: f64,
    /// The ground.
    pub back: Rgb,
    /// The scenes.
    pub scenes: Vec<Scene>,
}

impl Film {
    /// As SVG. Where pictures do not move, it shows the last scene.
    pub fn svg(&self) -> String {
        let (width, height) = (self.width, self.height);
        let length: f64 = self.scenes.iter().map(|scene| scene.seconds).sum();
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"'DejaVu Sans Mono','Noto Sans Mono',Menlo,Consolas,monospace\" font-size=\"16\" xml:space=\"preserve\">"
        );
        let _ = write!(
            out,
            "<style>text{{white-space:pre}}path{{fill:none;shape-rendering:crispEdges}}\
             .s{{animation:{}s step-end infinite}}@media(prefers-reduced-motion:reduce){{.s{{animation:none}}}}",
            number(length)
        );
        let mut at = 0.0;
        for (i, scene) in self.scenes.iter().enumerate() {
            if i > 0 {
                let share = number(100.0 * at / length);
                let _ = write!(
                    out,
                    "@keyframes s{i}{{0%{{visibility:hidden}}{share}%{{visibility:visible}}}}#s{i}{{animation-name:s{i}}}"
                );
            }
            at += scene.seconds;
        }
        let back = hex(self.back);
        let _ = writeln!(
            out,
            "</style>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{back}\"/>"
        );
        for (i, scene) in self.scenes.iter().enumerate() {
            if i == 0 {
                out.push_str("<g>");
            } else {
                let _ = write!(out, "<g id=\"s{i}\" class=\"s\">");
            }
            for layer in &scene.layers {
                paths(&mut out, layer, self.back);
                texts(&mut out, layer);
            }
            out.push_str("</g>\n");
        }
        out.push_str("</svg>\n");
        out
    }
}

/// The rectangles of a layer: those of one colour and height are one path of strokes as broad as they are high.
fn paths(out: &mut String, layer: &[Shape], back: Rgb) {
    let mut heights: BTreeMap<i64, BTreeMap<Rgb, Vec<[i64; 3]>>> = BTreeMap::new();
    for shape in layer {
        if let Shape::Rect { at, fill } = shape {
            let [x, y, w, h] = at.map(fine);
            let color = if *fill == back { back } else { coarser(*fill) };
            let colors = heights.entry(h).or_default();
            let strokes = colors.entry(color).or_default();
            strokes.push([y + h / 2, x, w]);
        }
    }
    for (height, colors) in heights {
        let _ = write!(
            out,
            "<g stroke-width=\"{}\" transform=\"scale({UNIT})\">",
            number(coarse(height))
        );
        for (color, strokes) in colors {
            let _ = write!(
                out,
                "<path stroke=\"{}\" d=\"{}\"/>",
                short(color),
                path(strokes)
            );
        }
        out.push_str("</g>");
    }
}

/// Strokes, each from its left end, as one path; neighbours are one stroke.
fn path(mut strokes: Vec<[i64; 3]>) -> String {
    strokes.sort_unstable();
    let mut merged: Vec<[i64; 3]> = Vec::new();
    for [y, x, w] in strokes {
        match merged.last_mut() {
            Some([last, from, long]) if *last == y && *from + *long == x => *long += w,
            _ => merged.push([y, x, w]),
        }
    }
    let mut out = String::new();
    let mut pen = (0, 0);
    for [y, x, w] in merged {
        let (right, down) = (number(coarse(x - pen.0)), number(coarse(y - pen.1)));
        let gap = if down.starts_with('-') { "" } else { " " };
        let _ = write!(out, "m{right}{gap}{down}h{}", number(coarse(w)));
        pen = (x + w, y);
    }
    out
}

/// The texts of a layer, those of one look together.
fn texts(out: &mut String, layer: &[Shape]) {
    let mut groups: BTreeMap<(Rgb, bool, bool), String> = BTreeMap::new();
    for shape in layer {
        if let Shape::Text {
            at: (x, y),
            text,
            color,
            bold,
            italic,
        } = shape
        {
            let group = groups.entry((*color, *bold, *italic)).or_default();
            let _ = write!(
                group,
                "<text x=\"{}\" y=\"{}\" textLength=\"{}\">{}</text>",
                number(*x),
                number(*y + 0.75 * CELL.1),
                number(text.width() as f64 * CELL.0),
                escaped(text)
            );
        }
    }
    for ((color, bold, italic), texts) in groups {
        let _ = write!(
            out,
            "<g fill=\"{}\"{}{}>{texts}</g>",
            short(color),
            if bold { " font-weight=\"bold\"" } else { "" },
            if italic { " font-style=\"italic\"" } else { "" }
        );
    }
}

/// Pixels in thousandths of a unit.
fn fine(pixels: f64) -> i64 {
    (pixels * 1000.0 / UNIT).round() as i64
}

/// Thousandths of a unit as units.
fn coarse(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

/// The nearest colour of sixteen levels: it takes half the digits, and more neighbours are alike.
fn coarser(color: Rgb) -> Rgb {
    color.map(|level| ((u16::from(level) + 8) / 17 * 17) as u8)
}

/// Up to three decimals, without zeros that say nothing.
fn number(x: f64) -> String {
    let text = format!("{x:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "0" => "0".into(),
        text => text.replacen(
            "0.",
            ".",
            usize::from(text.trim_start_matches('-').starts_with("0.")),
        ),
    }
}

/// A colour in as few digits as it needs.
fn short(color: Rgb) -> String {
    let text = hex(color);
    if color.iter().all(|c| c % 17 == 0) {
        let digit = |i| text.chars().nth(i).unwrap_or('0');
        return ['#', digit(1), digit(3), digit(5)].into_iter().collect();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f64, y: f64, w: f64, h: f64, fill: Rgb) -> Shape {
        Shape::Rect {
            at: [x, y, w, h],
            fill,
        }
    }

    #[test]
    fn neighbours_are_one_stroke_and_colours_one_path() {
        let red = [255, 0, 0];
        let mut out = String::new();
        paths(
            &mut out,
            &[
                rect(10.0, 0.0, 10.0, 20.0, red),
                rect(20.0, 0.0, 10.0, 20.0, red),
                rect(0.0, 20.0, 10.0, 20.0, red),
                rect(1.5, 41.3, 2.0, 2.4, [250, 2, 3]),
                rect(1.5, 46.3, 2.0, 2.4, [1, 2, 3]),
            ],
            [1, 2, 3],
        );
        assert_eq!(
            out,
            "<g stroke-width=\".24\" transform=\"scale(10)\"><path stroke=\"#010203\" d=\"m.15 4.75h.2\"/>\
             <path stroke=\"#f00\" d=\"m.15 4.25h.2\"/></g>\
             <g stroke-width=\"2\" transform=\"scale(10)\"><path stroke=\"#f00\" d=\"m1 1h2m-3 2h1\"/></g>"
        );
    }

    #[test]
    fn a_scene_appears_when_those_before_it_have_been_looked_at() {
        let scene = |seconds| Scene {
            layers: vec![vec![
                rect(0.0, 0.0, 10.0, 10.0, [1, 2, 3]),
                Shape::Text {
                    at: (0.0, 0.0),
                    text: "<a".into(),
                    color: [255, 255, 255],
                    bold: true,
                    italic: false,
                },
            ]],
            seconds,
        };
        let film = Film {
            width: 100.0,
            height: 20.0,
            back: [0, 0, 0],
            scenes: vec![scene(1.0), scene(2.0), scene(1.0)],
        };
        let svg = film.svg();
        assert!(svg.contains("animation:4s step-end infinite"), "{svg}");
        assert!(svg.contains("@keyframes s1{0%{visibility:hidden}25%{visibility:visible}}"));
        assert!(svg.contains("@keyframes s2{0%{visibility:hidden}75%{visibility:visible}}"));
        assert!(svg.contains("<g>") && svg.contains("<g id=\"s1\" class=\"s\">"));
        assert!(!svg.contains("keyframes s0") && !svg.contains("<script"));
        assert!(svg.contains(
            "<g fill=\"#fff\" font-weight=\"bold\"><text x=\"0\" y=\"15\" textLength=\"20\">&lt;a<"
        ));
        assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
    }

    #[test]
    fn numbers_are_short() {
        for (x, text) in [
            (0.0, "0"),
            (0.5, ".5"),
            (-0.25, "-.25"),
            (10.0, "10"),
            (-3.0, "-3"),
            (0.0001, "0"),
            (100.125, "100.125"),
        ] {
            assert_eq!(number(x), text);
        }
        assert_eq!(short([0x11, 0xff, 0]), "#1f0");
        assert_eq!(short([0x12, 0xff, 0]), "#12ff00");
    }
}
