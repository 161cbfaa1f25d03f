//! [`Drawing`]: shapes and text in colours. Knows nothing of what is drawn, nor of how it is written.

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
}
