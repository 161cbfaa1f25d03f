//! The bundled scenarios: each reads, opens with what to watch for, and shares what it should.

use clip_lab::scenario::tour::STOPS;
use clip_lab::scenario::{BUNDLED, Scenario, load};

fn all() -> Vec<(&'static str, &'static str, Scenario)> {
    BUNDLED
        .iter()
        .map(|(name, text)| (*name, *text, load(name).unwrap_or_else(|e| panic!("{e}"))))
        .collect()
}

#[test]
fn every_file_of_the_folder_is_bundled_and_reads() {
    let mut files: Vec<String> = std::fs::read_dir("scenarios")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .inspect(|path| assert_eq!(path.extension().unwrap(), "ron"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_string())
        .collect();
    files.sort();
    let mut names: Vec<_> = BUNDLED
        .iter()
        .map(|(name, _)| (*name).to_string())
        .collect();
    names.sort();
    assert_eq!(files, names);
    for (name, _, scenario) in all() {
        assert_eq!(load(format!("scenarios/{name}.ron")).unwrap(), scenario);
    }
}

#[test]
fn each_says_what_to_watch_for() {
    for (name, text, scenario) in all() {
        let comment: String = text
            .lines()
            .take_while(|line| line.starts_with("//"))
            .collect();
        assert!(comment.contains("Watch for: "), "{name}");
        assert!(
            !scenario.watch.is_empty() && !scenario.title.is_empty(),
            "{name}"
        );
    }
}

#[test]
fn they_train_alike_so_that_their_lanes_can_be_compared() {
    let scenarios = all();
    let (_, _, first) = &scenarios[0];
    // The stops of the tour and the exercise are shorter, and are each about their own two lanes. A recipe as
    // published is about how it trains.
    let alike = scenarios
        .iter()
        .filter(|(name, ..)| !STOPS.contains(name) || *name == "tau-too-small")
        .filter(|(name, ..)| !["clip-vit", "siglip-vit", "cats-and-dogs"].contains(name));
    for (name, _, scenario) in alike {
        assert_eq!(scenario.train, first.train, "{name}");
        // Twenty-two languages want more words.
        if !["vit", "languages"].contains(name) {
            assert_eq!(scenario.model, first.model, "{name}");
        }
    }
}

#[test]
fn every_bundled_scenario_says_what_will_be_seen() {
    for (name, _, scenario) in all() {
        assert!(!scenario.expect.is_empty(), "{name} claims nothing");
        for expect in &scenario.expect {
            let late = expect.by_hand.is_none() && expect.horizon() > 200;
            assert!(!late, "{name}: {expect} comes late");
        }
    }
}
