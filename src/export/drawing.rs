//! [`Drawing`]: shapes and text in colours, written as SVG or as PNG. Knows nothing of what is drawn.

mod raster;

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

/// A colour, sRGB.
pub type Rgb = [u8; 3];

/// Width and height of a character of text, in pixels.
pub const CELL: (f64, f64) = (10.0, 20.0);

/// A picture, in pixels from its top left corner.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// The ground.
    pub back: Rgb,
    /// What lies on it, in drawing order.
    pub shapes: Vec<Shape>,
}

/// A part of a drawing.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A filled rectangle.
    Rect {
        /// Left, top, width, height.
        at: [f64; 4],
        /// Its colour.
        fill: Rgb,
    },
    /// A line through points.
    Line {
        /// The points.
        points: Vec<(f64, f64)>,
        /// How broad it is.
        width: f64,
        /// Its colour.
        color: Rgb,
    },
    /// Text on a grid of [`CELL`]s.
    Text {
        /// Left and top of its first cell.
        at: (f64, f64),
        /// The text, of one line.
        text: String,
        /// Its colour.
        color: Rgb,
        /// Whether it is bold.
        bold: bool,
        /// Whether it is slanted.
        italic: bool,
    },
}

impl Drawing {
    /// An empty picture.
    pub const fn new(width: f64, height: f64, back: Rgb) -> Self {
        Self {
            width,
            height,
            back,
            shapes: Vec::new(),
        }
    }

    /// Adds a rectangle.
    pub fn rect(&mut self, at: [f64; 4], fill: Rgb) {
        self.shapes.push(Shape::Rect { at, fill });
    }

    /// Adds a line; fewer than two points are none.
    pub fn line(&mut self, points: Vec<(f64, f64)>, width: f64, color: Rgb) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line {
                points,
                width,
                color,
            });
        }
    }

    /// Adds plain text.
    pub fn text(&mut self, at: (f64, f64), text: impl Into<String>, color: Rgb) {
        self.shapes.push(Shape::Text {
            at,
            text: text.into(),
            color,
            bold: false,
            italic: false,
        });
    }

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

    /// As PNG.
    ///
    /// # Errors
    /// What the encoder says; a picture of no pixels is one reason.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        raster::png(self)
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

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

/// The text as XML takes it; what XML cannot hold at all is left out.
fn escaped(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Drawing {
        let mut drawing = Drawing::new(60.0, 40.0, [255, 255, 255]);
        drawing.rect([10.0, 10.0, 10.0, 10.0], [255, 0, 0]);
        drawing.line(vec![(0.0, 35.0), (59.0, 35.0)], 2.0, [0, 0, 255]);
        drawing.text((30.0, 5.0), "<M>", [0, 0, 0]);
        drawing
    }

    #[test]
    fn req24_svg_is_well_formed_and_says_all() {
        let svg = sample().svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("&lt;M&gt;") && !svg.contains("<M>"));
        assert!(svg.contains("fill=\"#ff0000\"") && svg.contains("stroke=\"#0000ff\""));
        let mut control = sample();
        control.text((0.0, 0.0), "a\u{1b}[1m\0b", [0, 0, 0]);
        assert!(control.svg().contains(">a[1mb<"));
    }

    #[test]
    fn req24_png_shows_the_same() {
        let bytes = sample().png().unwrap();
        let image = image::load_from_memory(&bytes).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (60, 40));
        assert_eq!(image.get_pixel(15, 15).0, [255, 0, 0]);
        assert_eq!(image.get_pixel(5, 5).0, [255, 255, 255]);
        assert_eq!(image.get_pixel(30, 35).0, [0, 0, 255]);
        let ink = (30..60)
            .flat_map(|x| (5..25).map(move |y| (x, y)))
            .filter(|&(x, y)| image.get_pixel(x, y).0[0] < 100)
            .count();
        assert!(ink > 20, "the letters are there: {ink}");
        assert!(Drawing::new(0.0, 10.0, [0; 3]).png().is_err());
    }
}
