//! [`Hand`]: the hand calculator's small matrix of cosines with a temperature and a bias of its own,
//! edited number by number.

use crate::quantity::{Bias, Temperature};
use crate::ui::action::Direction;

/// How far a cosine may lie beyond 1, as on the command line.
const TOLERANCE: f64 = 1e-3;

/// A number that can be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// tau.
    Temperature,
    /// b.
    Bias,
    /// The cosine of a picture (row) and a caption (column).
    Cell(usize, usize),
}

/// What is worked through.
#[derive(Clone, Debug, PartialEq)]
pub struct Hand {
    /// Pairs.
    pub n: usize,
    /// `n * n` cosines, rows pictures and columns captions.
    pub cosines: Vec<f64>,
    /// tau.
    pub temperature: f64,
    /// b.
    pub bias: Option<f64>,
    /// The number in hand.
    pub slot: Slot,
    /// Lines scrolled by.
    pub scroll: usize,
    /// Where the cosines are from.
    pub origin: String,
    /// Whether it was filled.
    pub(super) begun: bool,
}

impl Default for Hand {
    /// The two pairs that the command line's help has.
    fn default() -> Self {
        Self {
            n: 2,
            cosines: vec![0.9, 0.1, 0.2, 0.8],
            temperature: 0.07,
            bias: None,
            slot: Slot::Cell(0, 0),
            scroll: 0,
            origin: "made up".into(),
            begun: false,
        }
    }
}

impl Hand {
    /// The number in hand as text, and what it is.
    pub fn ask(&self) -> String {
        match self.slot {
            Slot::Temperature => "tau = ".into(),
            Slot::Bias => "bias = ".into(),
            Slot::Cell(row, column) => {
                format!("cosine of image {} and caption {} = ", row + 1, column + 1)
            }
        }
    }

    /// What may be typed.
    pub const fn range(&self) -> &'static str {
        match self.slot {
            Slot::Temperature => "a temperature, such as 0.07",
            Slot::Bias => "expected a number, such as -10, or none",
            Slot::Cell(..) => "-1 to 1",
        }
    }

    pub(super) fn go(&mut self, direction: Direction, by: usize) {
        let last = self.n - 1;
        self.scroll = 0;
        self.slot = match (self.slot, direction) {
            (Slot::Temperature, Direction::Right) => Slot::Bias,
            (Slot::Bias, Direction::Left) => Slot::Temperature,
            (Slot::Temperature, Direction::Down) => Slot::Cell(0, 0),
            (Slot::Bias, Direction::Down) => Slot::Cell(0, last.min(1)),
            (Slot::Temperature | Slot::Bias, _) => self.slot,
            (Slot::Cell(0, column), Direction::Up) => {
                if column == 0 {
                    Slot::Temperature
                } else {
                    Slot::Bias
                }
            }
            (Slot::Cell(r, c), Direction::Up) => Slot::Cell(r.saturating_sub(by), c),
            (Slot::Cell(r, c), Direction::Down) => Slot::Cell((r + by).min(last), c),
            (Slot::Cell(r, c), Direction::Left) => Slot::Cell(r, c.saturating_sub(by)),
            (Slot::Cell(r, c), Direction::Right) => Slot::Cell(r, (c + by).min(last)),
        };
    }

    pub(super) fn set(&mut self, text: &str) -> Result<(), String> {
        let number = |what: &str| {
            let value: f64 = text
                .parse()
                .map_err(|_| format!("{what} must be a number, got `{text}`"))?;
            Ok::<f64, String>(value)
        };
        match self.slot {
            Slot::Temperature => {
                let tau = Temperature::new(number("tau")?).map_err(|e| e.to_string())?;
                self.temperature = tau.get();
            }
            Slot::Bias if text.eq_ignore_ascii_case("none") => self.bias = None,
            Slot::Bias => {
                let bias = Bias::new(number("a bias")?).map_err(|e| e.to_string())?;
                self.bias = Some(bias.get());
            }
            Slot::Cell(row, column) => {
                let cosine = number("a cosine")?;
                if !cosine.is_finite() || cosine.abs() > 1.0 + TOLERANCE {
                    return Err(format!("a cosine must be -1 to 1, got {cosine}"));
                }
                self.cosines[row * self.n + column] = cosine;
                self.origin = "edited".into();
            }
        }
        self.begun = true;
        Ok(())
    }
}
