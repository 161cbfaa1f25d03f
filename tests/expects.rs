//! The bundled scenarios are held to what they claim will be seen: their `expect` is evaluated on a real
//! run. What shows at once always runs; what takes some hundred steps runs on demand.

use std::sync::atomic::{AtomicU64, Ordering};

use clip_lab::data::Prepared;
use clip_lab::error::Result;
use clip_lab::export::Sink;
use clip_lab::lab::Options;
use clip_lab::quantity::{Size, Steps};
use clip_lab::scenario::expect::{Expect, Standing, Watch};
use clip_lab::scenario::{BUNDLED, Scenario, load};
use clip_lab::telemetry::Event;

/// Steps within which a claim is checked by every run of the tests.
const SOON: u64 = 2;

/// Watches what is recorded, and counts the steps.
struct Witness<'a> {
    watch: Watch,
    steps: &'a AtomicU64,
}

impl Sink for Witness<'_> {
    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        if matches!(event, Event::Step(_)) {
            self.steps.fetch_add(1, Ordering::Relaxed);
        }
        self.watch.record(lane, event);
        Ok(())
    }
}

/// How the claims stand after a run that is as long as the last of them needs: on the scenario's own
/// schedule, stopped early.
fn witness(scenario: &Scenario, claims: &[Expect]) -> Vec<(String, Standing)> {
    let names = scenario.lanes.iter().map(|lane| lane.name.clone());
    let last = claims.iter().map(Expect::horizon).max().unwrap_or(1);
    let all = last * scenario.lanes.len() as u64;
    let steps = AtomicU64::new(0);
    let mut witness = Witness {
        watch: Watch::new(claims, names),
        steps: &steps,
    };
    let prepared = Prepared::new(scenario).unwrap();
    let stop = || steps.load(Ordering::Relaxed) >= all;
    clip_lab::lab::train(&prepared, &Options::default(), stop, &mut witness).unwrap();
    let standings = witness.watch.standings();
    standings.map(|(e, s)| (e.to_string(), s)).collect()
}

fn hold(name: &str, pick: impl Fn(&Expect) -> bool) -> usize {
    let mut scenario = load(name).unwrap();
    let picked = scenario.expect.clone().into_iter().filter(|e| pick(e));
    // What needs a hand is seen with it, and not without.
    let (by_hand, alone): (Vec<_>, Vec<_>) = picked.partition(|e| e.by_hand.is_some());
    let seen = |scenario: &Scenario, claims: &[Expect], wanted: bool| {
        if claims.is_empty() {
            return;
        }
        for (text, standing) in witness(scenario, claims) {
            let seen = matches!(standing, Standing::Seen(_));
            assert!(seen == wanted, "{name}: {text}: {standing:?}");
        }
    };
    seen(&scenario, &alone, true);
    seen(&scenario, &by_hand, false);
    scenario
        .script
        .extend(by_hand.iter().filter_map(|e| e.by_hand.clone()));
    seen(&scenario, &by_hand, true);
    alone.len() + by_hand.len()
}

#[test]
fn what_shows_at_once_is_seen() {
    let held: usize = BUNDLED
        .iter()
        .map(|(name, _)| hold(name, |expect| expect.horizon() <= SOON))
        .sum();
    assert!(held >= 4, "only {held} claims show at once");
}

#[test]
fn a_claim_that_is_wrong_is_caught() {
    let mut scenario = load("first-look").unwrap();
    scenario.train.steps = Steps::new(2).unwrap();
    scenario.train.warmup = 0;
    if let clip_lab::scenario::Data::Emoji(emoji) = &mut scenario.data {
        emoji.limit = Some(Size::new(64).unwrap());
    }
    let mut wrong = scenario.expect[0].clone();
    wrong.is = clip_lab::scenario::Comparison::Below(0.01);
    wrong.by = Some(1);
    wrong.until = None;
    let standings = witness(&scenario, &[wrong]);
    assert_eq!(standings[0].1, Standing::Missed);
}

#[test]
#[ignore = "trains every bundled scenario up to 200 steps, some minutes: cargo test --release --test lib -- --ignored every_bundled"]
fn every_bundled_scenario_shows_what_it_claims() {
    for (name, _) in BUNDLED {
        assert!(hold(name, |_| true) > 0, "{name} claims nothing");
    }
}
