//! What keys and mouse do to charts: their axes, what is in sight, the crosshair, pins, the ghost.

use super::App;
use crate::ui::action::ChartKey;
use crate::ui::region::{ChartMap, Target};

/// The most rows of the table of pins.
const PINS: usize = 4;

impl App {
    /// The newest step of any lane, and of the ghost.
    pub fn newest(&self) -> u64 {
        let lanes = self.lanes.iter().chain(&self.charts.ghost);
        lanes.map(|lane| lane.step).max().unwrap_or(0)
    }

    pub(super) fn chart_key(&mut self, key: ChartKey) {
        let (chart, last) = (self.chart(), self.newest());
        let at = self.charts.crosshair;
        let view = self.charts.of_mut(chart);
        let name = chart.name();
        match key {
            ChartKey::LogY => {
                view.log_y = !view.log_y;
                let axis = axis(view.log_y);
                self.say(format!("{name}: {axis} values"));
            }
            ChartKey::LogX => {
                view.log_x = !view.log_x;
                let axis = axis(view.log_x);
                self.say(format!("{name}: {axis} steps"));
            }
            ChartKey::Smoothing => {
                view.smoothing = view.smoothing.next();
                let label = view.smoothing.label();
                self.say(format!("{name}: {label}"));
            }
            ChartKey::Clip => {
                view.clip = !view.clip;
                let what = if view.clip {
                    "the axis leaves outliers outside"
                } else {
                    "the axis holds everything"
                };
                self.say(format!("{name}: {what}"));
            }
            ChartKey::Closer => view.zoom(true, last, at),
            ChartKey::Farther => view.zoom(false, last, at),
            ChartKey::Earlier => view.pan(false, last),
            ChartKey::Later => view.pan(true, last),
            ChartKey::Left => self.aim(-1),
            ChartKey::Right => self.aim(1),
            ChartKey::FarLeft => self.aim(-self.far()),
            ChartKey::FarRight => self.aim(self.far()),
            ChartKey::First | ChartKey::Last => {
                let (low, high) = view.steps(last);
                let step = if key == ChartKey::First { low } else { high };
                self.charts.crosshair = Some((step as u64).min(last));
            }
            ChartKey::Pin => self.pin(),
            ChartKey::Ghost => self.pin_ghost(),
        }
    }

    /// A twentieth of what is in sight.
    fn far(&self) -> i64 {
        let (low, high) = self.charts.of(self.chart()).steps(self.newest());
        ((high - low) / 20.0).ceil() as i64
    }

    /// Moves the crosshair; what has none gets one.
    fn aim(&mut self, by: i64) {
        let (low, high) = self.charts.of(self.chart()).steps(self.newest());
        let now = self.charts.crosshair.unwrap_or(high as u64);
        let last = self.newest();
        let step = now.saturating_add_signed(by).min(last);
        self.charts.crosshair = Some(step);
        // What is pointed at stays in sight.
        let view = self.charts.of_mut(self.chart());
        if view.window.is_some() && (step as f64) < low.floor() {
            view.pan(false, last);
        } else if view.window.is_some() && step as f64 > high.ceil() {
            view.pan(true, last);
        }
    }

    /// The mouse is over this cell: the crosshair follows it, if there is one or `show` asks for one.
    pub(super) fn aim_at(&mut self, x: u16, y: u16, show: bool) {
        if self.charts.crosshair.is_none() && !show {
            return;
        }
        if let Some((area, Target::Chart(map))) = self.regions.at(x, y) {
            let step = map.step_at(x - area.x, area.width);
            self.charts.crosshair = Some(step.min(self.newest()));
        }
    }

    fn pin(&mut self) {
        let Some(step) = self.charts.crosshair else {
            self.complain("move the crosshair first (left, right); then \" keeps what it reads");
            return;
        };
        let pins = &mut self.charts.pins;
        if let Some(at) = pins.iter().position(|pin| *pin == step) {
            pins.remove(at);
            self.say(format!("step {step} is unpinned"));
            return;
        }
        if pins.len() == PINS {
            pins.remove(0);
        }
        pins.push(step);
        pins.sort_unstable();
        self.say(format!(
            "step {step} is pinned; z shows the table at any size"
        ));
    }

    fn pin_ghost(&mut self) {
        if !self.charts.ghost.is_empty() {
            self.charts.ghost.clear();
            self.say("removed the ghost");
            return;
        }
        let made: Vec<_> = self
            .lanes
            .iter()
            .filter(|lane| lane.step > 0)
            .cloned()
            .collect();
        if made.is_empty() {
            self.complain("no steps yet");
            return;
        }
        self.charts.ghost.clone_from(&self.lanes);
        let step = self.newest();
        self.say(format!(
            "kept the curves up to step {step} as a ghost; r resets the run to compare"
        ));
    }
}

const fn axis(log: bool) -> &'static str {
    if log { "logarithmic" } else { "linear" }
}

impl ChartMap {
    /// The step at a column of the chart's area.
    pub fn step_at(&self, column: u16, width: u16) -> u64 {
        let share = (f64::from(column) + 0.5) / f64::from(width.max(1));
        let (low, high) = self.steps;
        let step = if self.log {
            low * (high / low).powf(share)
        } else {
            low + (high - low) * share
        };
        step.max(0.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::Action;
    use crate::ui::chart::Smoothing;
    use crate::ui::fixture;
    use crate::ui::panel::Panel;
    use crossterm::event::{KeyCode, KeyEvent};

    fn app() -> App {
        fixture::app(640)
    }

    fn press(app: &mut App, keys: &str) {
        for c in keys.chars() {
            app.key(KeyEvent::from(KeyCode::Char(c)));
        }
    }

    #[test]
    fn each_chart_has_its_own_axes_and_smoothing() {
        let mut app = app();
        press(&mut app, "cyXw");
        let loss = app.charts.loss;
        assert!(loss.log_y && loss.log_x && loss.smoothing == Smoothing::Median);
        assert_eq!(
            (app.charts.traces.log_x, app.charts.held_out.log_y),
            (false, false)
        );
        app.update(Action::Panel(Panel::Retrieval));
        press(&mut app, "yO++");
        assert!(app.charts.held_out.log_y && app.charts.held_out.clip);
        assert_eq!(app.charts.held_out.steps(640), (480.0, 640.0));
        assert_eq!(app.charts.loss, loss);
        press(&mut app, "[");
        assert_eq!(app.charts.held_out.steps(640), (440.0, 600.0));
    }

    #[test]
    fn arrows_move_the_crosshair_and_quotes_pin_it() {
        let mut app = app();
        press(&mut app, "c\"");
        assert!(app.charts.pins.is_empty() && app.message.is_some());
        app.key(KeyEvent::from(KeyCode::Left));
        assert_eq!(app.charts.crosshair, Some(639), "it appears by moving");
        press(&mut app, "hhl");
        assert_eq!(app.charts.crosshair, Some(638));
        press(&mut app, "H\"");
        assert_eq!(app.charts.pins, [606]);
        for _ in 0..6 {
            press(&mut app, "H\"");
        }
        assert_eq!(app.charts.pins.len(), PINS);
        press(&mut app, "\"");
        assert_eq!(app.charts.pins.len(), PINS - 1, "a second time lets go");
        press(&mut app, "g");
        assert_eq!(app.charts.crosshair, Some(0));
        press(&mut app, "G");
        assert_eq!(app.charts.crosshair, Some(640));
        app.key(KeyEvent::from(KeyCode::Esc));
        assert_eq!(app.charts.crosshair, None);
    }

    #[test]
    fn the_wheel_moves_a_chart_s_steps_and_no_dial() {
        let mut app = app();
        press(&mut app, "c+");
        let before = app.charts.loss.steps(640);
        let map = ChartMap {
            panel: Panel::Loss,
            steps: before,
            log: false,
        };
        app.regions
            .add(ratatui::layout::Rect::new(10, 5, 64, 8), Target::Chart(map));
        assert!(app.update(Action::Wheel(12, 6, true)).is_empty());
        assert!(app.charts.loss.steps(640).0 < before.0);
    }

    #[test]
    fn the_mouse_sets_the_crosshair_and_moves_it_only_once_it_is_there() {
        let mut app = app();
        let map = ChartMap {
            panel: Panel::Traces,
            steps: (0.0, 640.0),
            log: false,
        };
        app.regions
            .add(ratatui::layout::Rect::new(10, 5, 64, 8), Target::Chart(map));
        app.update(Action::Hover(12, 6));
        assert_eq!(app.charts.crosshair, None);
        app.update(Action::Click(12, 6));
        assert_eq!((app.panel, app.charts.crosshair), (Panel::Traces, Some(25)));
        app.update(Action::Hover(42, 6));
        assert_eq!(app.charts.crosshair, Some(325));
        app.update(Action::Hover(0, 0));
        assert_eq!(app.charts.crosshair, Some(325), "beside the chart");
    }

    #[test]
    fn a_ghost_stays_after_a_reset() {
        let mut app = app();
        app.update(Action::Chart(ChartKey::Ghost));
        app.observe(fixture::running(3));
        assert_eq!(app.charts.ghost[0].step, 640);
        assert_eq!(app.newest(), 640, "charts keep room for it");
        app.update(Action::Chart(ChartKey::Ghost));
        assert!(app.charts.ghost.is_empty());
    }
}
