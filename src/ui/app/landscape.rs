//! The cursor on the loss landscape: a tau and a b that lanes can be set to.

use super::{App, Effect};
use crate::control::Control;
use crate::quantity::Value;
use crate::quantity::{Bias, Temperature};
use crate::telemetry::Landscape;
use crate::ui::action::Direction;

impl App {
    /// The landscape that the cursor walks on: the addressed lane's, or the first there is.
    pub fn surveyed(&self) -> Option<&Landscape> {
        let of = |lane: usize| self.lanes.get(lane)?.landscape.as_deref();
        of(self.target.unwrap_or(0)).or_else(|| (0..self.lanes.len()).find_map(of))
    }

    /// Where the cursor stands: tau and b. Before it is moved, near where the lane itself is.
    pub fn place(&self) -> Option<(f64, f64)> {
        let land = self.surveyed()?;
        let (tau, bias) = self.place.or_else(|| {
            let settings = self.settings(self.target.unwrap_or(0))?;
            Some((settings.temperature, settings.bias.unwrap_or(0.0)))
        })?;
        let (column, row) = nearest(land, tau, bias);
        Some((*land.temperatures.get(column)?, *land.biases.get(row)?))
    }

    pub(super) fn move_place(&mut self, direction: Direction, by: usize) {
        let Some((land, (tau, bias))) = self.surveyed().zip(self.place()) else {
            self.complain("no landscape yet: it appears after the first step");
            return;
        };
        let (column, row) = nearest(land, tau, bias);
        let (last, top) = (land.temperatures.len() - 1, land.biases.len() - 1);
        let (column, row) = match direction {
            Direction::Left => (column.saturating_sub(by), row),
            Direction::Right => ((column + by).min(last), row),
            Direction::Up => (column, (row + by).min(top)),
            Direction::Down => (column, row.saturating_sub(by)),
        };
        self.place = Some((land.temperatures[column], land.biases[row]));
    }

    /// Sets tau and b of the addressed lanes to the cursor's; b only where the lane's loss has a use
    /// for it.
    pub(super) fn set_place(&mut self) -> Vec<Effect> {
        let Some((tau, bias)) = self.place() else {
            self.complain("no landscape yet: it appears after the first step");
            return Vec::new();
        };
        let (Ok(temperature), Ok(shift)) = (Temperature::new(tau), Bias::new(bias)) else {
            self.complain("outside the range of the dials");
            return Vec::new();
        };
        let lanes: Vec<_> = self
            .addressed(self.target)
            .into_iter()
            .filter_map(|lane| Some((lane, self.settings(lane)?)))
            .collect();
        let temperature = Control::Temperature(temperature);
        let refused = lanes
            .iter()
            .find_map(|(_, settings)| temperature.fits_clamp(settings.max_logit_scale).err());
        if let Some(reason) = refused {
            self.complain(reason);
            return Vec::new();
        }
        let mut controls = Vec::new();
        let mut shifted = false;
        for (lane, settings) in lanes {
            if (settings.temperature / tau - 1.0).abs() > 1e-9 {
                controls.push((lane, temperature));
            }
            let uses = settings.loss.law().uses_bias() || settings.bias.is_some();
            if uses {
                controls.push((lane, Control::Bias(shift)));
            }
            shifted |= uses;
        }
        let effects = self.change(controls);
        if effects.is_empty() && self.message.is_some() {
            return effects;
        }
        let who = self.target_name();
        let b = if shifted {
            format!(", bias {}", Value::Real(bias))
        } else {
            String::new()
        };
        self.say(if effects.is_empty() {
            format!("{who}: there already")
        } else {
            format!("{who}: tau {}{b} from the next step on", Value::Real(tau))
        });
        effects
    }
}

/// The grid's stop that is nearest.
fn nearest(land: &Landscape, tau: f64, bias: f64) -> (usize, usize) {
    (
        land.column(tau).round() as usize,
        land.row(bias).round() as usize,
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;
    use crate::lab::Attention;
    use crate::ui::action::Action;
    use crate::ui::fixture;
    use crate::ui::panel::Panel;

    fn app() -> App {
        let mut app = fixture::app(300);
        press(&mut app, KeyCode::Char('2'));
        app
    }

    fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
        app.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    /// What the one change of these effects sets.
    fn sets(effects: &[Effect]) -> Vec<(usize, Control)> {
        match effects {
            [Effect::Change { parts, .. } | Effect::TakeBack { parts, .. }] => parts.clone(),
            other => panic!("{other:?} is not one change"),
        }
    }

    #[test]
    fn landscape_enter_sets_tau_everywhere_and_the_bias_where_it_counts() {
        let mut app = app();
        assert_eq!(app.panel, Panel::Landscape);
        // Softmax stands at 0.0431 without a bias: the nearest stop is 0.04, 0.
        assert_eq!(app.place(), Some((0.04, 0.0)));
        press(&mut app, KeyCode::Right);
        for _ in 0..6 {
            press(&mut app, KeyCode::Char('j'));
        }
        let tau = Control::Temperature(Temperature::new(0.05).unwrap());
        let bias = Control::Bias(Bias::new(-6.0).unwrap());
        assert_eq!(
            sets(&press(&mut app, KeyCode::Enter)),
            [(0, tau), (1, tau), (1, bias)]
        );
        assert!(
            app.message
                .as_ref()
                .unwrap()
                .1
                .contains("tau 0.05, bias -6")
        );
        // Sent is as good as there.
        assert!(press(&mut app, KeyCode::Enter).is_empty());
        // One entry: one undo sets all of it back, the last part first.
        let back = sets(&app.update(Action::Undo));
        let parts: Vec<_> = back
            .iter()
            .map(|(lane, control)| (*lane, control.name()))
            .collect();
        assert_eq!(parts, [(1, "bias"), (1, "temperature"), (0, "temperature")]);
        // A new change leaves nothing to be made again.
        press(&mut app, KeyCode::Enter);
        assert!(app.update(Action::Redo).is_empty());
    }

    #[test]
    fn landscape_respects_each_lane_s_clamp_and_changes_nothing_else() {
        let mut app = app();
        app.observe(fixture::edited(301, |i, lane| {
            if i == 1 {
                lane.settings.as_mut().unwrap().max_logit_scale = 20.0;
            }
        }));
        assert!(
            press(&mut app, KeyCode::Enter).is_empty(),
            "0.04 is below 1/20"
        );
        assert!(app.message.as_ref().unwrap().1.contains("clamp"));
        assert!(app.pending.is_empty());
        // The other lane has room.
        app.target = Some(0);
        assert_eq!(sets(&press(&mut app, KeyCode::Enter)).len(), 1);
    }

    #[test]
    fn landscape_cursor_stays_on_the_grid_and_says_so_where_there_is_none() {
        let mut app = app();
        for code in [KeyCode::Left, KeyCode::Up] {
            for _ in 0..99 {
                press(&mut app, code);
            }
        }
        assert_eq!(app.place(), Some((0.01, 4.0)));
        app.observe(fixture::edited(302, |_, lane| {
            lane.landscape = None::<Arc<Landscape>>;
        }));
        press(&mut app, KeyCode::Right);
        assert!(app.message.as_ref().unwrap().1.contains("no landscape yet"));
        assert!(press(&mut app, KeyCode::Enter).is_empty());
    }

    #[test]
    fn landscape_is_asked_for_only_while_its_panel_is_looked_at() {
        let mut app = fixture::app(3);
        assert_eq!(app.attention(), Attention::Batch);
        press(&mut app, KeyCode::Char('2'));
        assert_eq!(app.attention(), Attention::Landscape);
        press(&mut app, KeyCode::Char('m'));
        assert_eq!(app.attention(), Attention::Batch);
    }
}
