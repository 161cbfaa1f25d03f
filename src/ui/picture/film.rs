//! [`Reel`]: screens on their way to a moving picture.

use std::time::Duration;

use ratatui::buffer::Buffer;

use super::drawing::{changes, drawing, ground};
use crate::export::drawing::{Film, Scene};

/// Screens in their order, each with the time that it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Reel {
    frames: Vec<(Buffer, Duration)>,
}

impl Reel {
    /// Adds a screen. One that shows nothing new is looked at together with the one before.
    pub fn add(&mut self, screen: Buffer, time: Duration) {
        match self.frames.last_mut() {
            Some((last, shown)) if *last == screen => *shown += time,
            _ => self.frames.push((screen, time)),
        }
    }

    /// The screens as a moving picture, as large as the first; none, if there are none.
    pub fn film(&self) -> Option<Film> {
        let (first, _) = self.frames.first()?;
        let size = drawing(first);
        let mut scenes = Vec::new();
        // What is before the first screen is the ground alone.
        let mut before = Buffer::empty(first.area);
        for (screen, time) in &self.frames {
            scenes.push(Scene {
                layers: changes(screen, &before).into(),
                seconds: time.as_secs_f64(),
            });
            before = screen.clone();
        }
        Some(Film {
            width: size.width,
            height: size.height,
            back: ground(first),
            scenes,
        })
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;
    use crate::export::drawing::Shape;

    fn screen(text: &str) -> Buffer {
        let mut screen = Buffer::empty(Rect::new(0, 0, 8, 1));
        screen.set_string(0, 0, text, Style::new().fg(Color::White).bg(Color::Black));
        screen
    }

    fn texts(scene: &Scene) -> Vec<&str> {
        let shapes = scene.layers.iter().flatten();
        shapes
            .filter_map(|shape| match shape {
                Shape::Text { text, .. } => Some(&**text),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_scene_holds_what_changed_and_its_ground() {
        let mut reel = Reel::default();
        let time = Duration::from_secs(1);
        for text in ["step 128", "step 129", "step 129", "      29"] {
            reel.add(screen(text), time);
        }
        let film = reel.film().unwrap();
        let seconds: Vec<f64> = film.scenes.iter().map(|scene| scene.seconds).collect();
        assert_eq!(seconds, [1.0, 2.0, 1.0]);
        assert_eq!(texts(&film.scenes[0]), ["step 128"]);
        assert_eq!(texts(&film.scenes[1]), ["9"]);
        assert_eq!(
            texts(&film.scenes[2]),
            [""; 0],
            "what is gone is painted over"
        );
        let grounds = |i: usize| film.scenes[i].layers[0].clone();
        let Shape::Rect { at, .. } = grounds(1)[0] else {
            panic!("a ground")
        };
        assert_eq!(at, [70.0, 0.0, 10.0, 20.0]);
        assert_eq!(grounds(2).len(), 2, "two words are gone");
        assert_eq!(Reel::default().film(), None);
    }

    #[test]
    fn a_wide_character_that_goes_takes_its_right_half_along() {
        let mut reel = Reel::default();
        for text in ["漢", "a"] {
            reel.add(screen(text), Duration::from_secs(1));
        }
        let film = reel.film().unwrap();
        let Shape::Rect { at, .. } = film.scenes[1].layers[0][0] else {
            panic!("a ground")
        };
        assert!(at[2] >= 10.0, "{at:?}");
        let painted: f64 = film.scenes[1].layers[0]
            .iter()
            .map(|shape| match shape {
                Shape::Rect { at, .. } => at[2],
                _ => 0.0,
            })
            .sum();
        assert_eq!(painted, 20.0);
    }
}
