//! What watching costs: lanes that train while a screen is drawn, and while nobody looks, by turns.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::cli::format::Format;
use crate::cli::output::print;
use crate::error::{Error, Result};
use crate::lab::{Attention, Command, Lab, Options};
use crate::scenario::Scenario;
use crate::telemetry::LaneStatus;
use crate::train::DeviceChoice;
use crate::ui::Offscreen;

/// Steps of each lane in one turn: short, so that whatever else the machine does meets all ways alike.
const TURN: u64 = 5;
/// Steps before the clock starts.
const WARM_UP: u64 = 3;
/// Frames a second: none, then those that are measured against it.
const RATES: [u32; 3] = [0, 10, 30];

/// What one turn took.
#[derive(Clone, Copy, Default)]
struct Turn {
    /// Wall time.
    seconds: f64,
    /// Processor time of the thread that draws.
    drawing: f64,
    /// Wall time that the lanes spent on what is shown, all together.
    showing: f64,
}

/// Steps that a lane makes at most while `steps` of it are measured in each way.
pub fn steps(steps: u64) -> u64 {
    WARM_UP + (steps.div_ceil(TURN) + 1) * TURN * (RATES.len() as u64 + 1)
}

/// Trains one lab, and draws it in some turns and not in others.
pub fn run(mut scenario: Scenario, steps: u64, device: DeviceChoice, format: Format) -> Result<()> {
    let rounds = steps.div_ceil(TURN);
    // An evaluation in one turn and not in another would be measured, too.
    scenario.train.eval_every = scenario.train.steps;
    let options = Options {
        device,
        ..Options::default()
    };
    let mut bench = Bench {
        screen: Offscreen::new(scenario.clone(), 120, 40),
        lab: Lab::open(scenario, &options)?,
    };
    bench.turn(0, WARM_UP)?;
    let mut turns: Vec<[Turn; RATES.len()]> = Vec::new();
    for round in 0..rounds {
        let mut of = [Turn::default(); RATES.len()];
        // There and back: a machine that slows down meets all ways alike.
        let order: [usize; RATES.len()] = if round % 2 == 0 { [0, 1, 2] } else { [2, 1, 0] };
        for way in order {
            of[way] = bench.turn(RATES[way], TURN)?;
        }
        turns.push(of);
    }
    let lanes = bench.lab.snapshots().len() as f64;
    bench.lab.close()?;
    let text: String = (1..RATES.len())
        .map(|way| Cost::of(&turns, way, lanes).print(RATES[way], format))
        .collect();
    print(&text)
}

/// A lab and the screen that shows it.
struct Bench {
    screen: Offscreen,
    lab: Lab,
}

impl Bench {
    /// So many steps of every lane, drawn `rate` times a second.
    fn turn(&mut self, rate: u32, steps: u64) -> Result<Turn> {
        let attention = if rate == 0 {
            Attention::Curves
        } else {
            Attention::Batch
        };
        self.lab.send_all(&Command::Attend(attention));
        let made = |lab: &Lab| lab.snapshots().iter().map(|lane| lane.step).sum::<u64>();
        let shown = |lab: &Lab| {
            let lanes = lab.snapshots();
            lanes.iter().map(|lane| lane.showing_seconds).sum::<f64>()
        };
        let wanted = made(&self.lab) + steps * self.lab.snapshots().len() as u64;
        let (began, drawing, showing) = (Instant::now(), thread_seconds(), shown(&self.lab));
        let mut next = began;
        while made(&self.lab) < wanted {
            let lanes = self.lab.snapshots();
            let failed = |status: &LaneStatus| matches!(status, LaneStatus::Failed(_));
            if let Some(lane) = lanes.iter().find(|lane| failed(&lane.status)) {
                let lane = &lane.lane;
                let what = format!("lane {lane} ended during the measurement");
                return Err(Error::Internal(what));
            }
            let now = Instant::now();
            if rate > 0 && now >= next {
                next = now + Duration::from_secs(1) / rate;
                self.screen.draw(lanes);
            }
            // As the real loop waits for a key.
            sleep(Duration::from_millis(2));
        }
        Ok(Turn {
            seconds: began.elapsed().as_secs_f64(),
            drawing: thread_seconds() - drawing,
            showing: shown(&self.lab) - showing,
        })
    }
}

/// What watching cost.
struct Cost {
    /// Throughput over that of the turns in which nobody looked: quartiles of the rounds.
    quartiles: [f64; 3],
    /// Share of one core that drawing took, beyond what waiting takes.
    drawing: f64,
    /// Share of the lanes' time that went into what is shown.
    showing: f64,
    rounds: usize,
}

impl Cost {
    fn of(turns: &[[Turn; RATES.len()]], way: usize, lanes: f64) -> Self {
        let mut ratios: Vec<f64> = turns
            .iter()
            .map(|turn| turn[0].seconds / turn[way].seconds)
            .collect();
        ratios.sort_by(f64::total_cmp);
        let at = |quarter: usize| ratios[(ratios.len() - 1) * quarter / 4];
        let sum = |way: usize, part: fn(&Turn) -> f64| -> f64 {
            turns.iter().map(|turn| part(&turn[way])).sum()
        };
        let share = |part: fn(&Turn) -> f64| {
            let of = |way| sum(way, part) / sum(way, |turn| turn.seconds);
            (of(way) - of(0)).max(0.0)
        };
        Self {
            quartiles: [at(1), at(2), at(3)],
            drawing: share(|turn| turn.drawing),
            showing: share(|turn| turn.showing) / lanes,
            rounds: turns.len(),
        }
    }

    fn print(&self, rate: u32, format: Format) -> String {
        let Self {
            quartiles: [low, median, high],
            drawing,
            showing,
            rounds,
        } = self;
        match format {
            Format::Table => format!(
                "{rate} frames a second: {median:.3} of the throughput without a screen (quartiles {low:.3} to \
                 {high:.3} of {rounds} turns); drawing takes {:.2} % of a core, the lanes spend {:.2} % of their \
                 time on data for the screen\n",
                drawing * 100.0,
                showing * 100.0,
            ),
            Format::Csv => format!("{rate},{median},{low},{high},{drawing},{showing}\n"),
            Format::Json | Format::Jsonl => {
                let line = json!({
                    "frames_per_second": rate,
                    "ratio": median,
                    "quartiles": [low, high],
                    "turns": rounds,
                    "drawing_share_of_a_core": drawing,
                    "showing_share_of_a_lane": showing,
                });
                format!("{line}\n")
            }
        }
    }
}

/// Processor time of this thread.
fn thread_seconds() -> f64 {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    }
    #[cfg(not(unix))]
    0.0
}
