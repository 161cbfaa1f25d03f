//! A [`Drawing`] as SVG.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::shapes::{CELL, Drawing, Rgb, Shape};

impl Drawing {
    /// As SVG.
    pub fn svg(&self) -> String {
        let mut out = String::new();
        let (width, height) = (self.width, self.height);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"'DejaVu Sans Mono','Noto Sans Mono',Menlo,Consolas,monospace\" \
             font-size=\"16\">"
        );
        let back = hex(self.back);
        let _ = writeln!(
            out,
            "<rect width=\"{width}\" height=\"{height}\" fill=\"{back}\"/>"
        );
        for shape in &self.shapes {
            shape.svg(&mut out);
        }
        out.push_str("</svg>\n");
        out
    }
}

impl Shape {
    fn svg(&self, out: &mut String) {
        let _ = match self {
            Self::Rect {
                at: [x, y, w, h],
                fill,
            } => writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" shape-rendering=\"crispEdges\"/>",
                round(*x),
                round(*y),
                round(*w),
                round(*h),
                hex(*fill)
            ),
            Self::Line {
                points,
                width,
                color,
            } => {
                let points: Vec<_> = points
                    .iter()
                    .map(|(x, y)| format!("{},{}", round(*x), round(*y)))
                    .collect();
                writeln!(
                    out,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"/>",
                    points.join(" "),
                    hex(*color)
                )
            }
            Self::Text {
                at: (x, y),
                text,
                color,
                bold,
                italic,
            } => writeln!(
                out,
                "<text x=\"{}\" y=\"{}\" fill=\"{}\" xml:space=\"preserve\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"{}{}>{}</text>",
                round(*x),
                round(*y + 0.75 * CELL.1),
                hex(*color),
                round(text.width() as f64 * CELL.0),
                if *bold { " font-weight=\"bold\"" } else { "" },
                if *italic {
                    " font-style=\"italic\""
                } else {
                    ""
                },
                escaped(text)
            ),
        };
    }
}

/// A colour as CSS has it.
pub(super) fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

/// The text as XML takes it; what XML cannot hold at all is left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
