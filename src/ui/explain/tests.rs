//! Every dial and panel has a card, and its numbers are right.

use std::fmt::Write as _;
use std::sync::Arc;

use super::*;
use crate::quantity::{BatchSize, Temperature};
use crate::telemetry::{Matrix, Pair};
use crate::ui::fixture;

fn app() -> App {
    let mut app = App::new(fixture::scenario(), Vec::new());
    app.size = (120, 40);
    app.observe(fixture::running(640));
    app
}

fn topics() -> Vec<Topic> {
    let dials = Dial::ALL.map(Topic::Dial);
    let panels = Panel::ALL.map(Topic::Panel);
    dials.into_iter().chain(panels).collect()
}

fn text(app: &App, topic: Topic) -> String {
    let card = about(app, topic);
    let lines = card.lines.iter().map(|line| line.text.as_str());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_dial_and_panel_has_a_formula_and_each_lane_s_numbers() {
    let mut app = app();
    for topic in topics() {
        app.target = None;
        let card = about(&app, topic);
        assert!(!card.title.is_empty());
        assert_eq!(card.lines[0].kind, Kind::Formula, "{topic:?}");
        let lanes = |card: &Card| -> Vec<usize> {
            let lane = |line: &Line| match line.kind {
                Kind::Lane(lane) => Some(lane),
                _ => None,
            };
            card.lines.iter().filter_map(lane).collect()
        };
        assert_eq!(lanes(&card), [0, 1], "{topic:?}");
        for line in &card.lines {
            let digits = line.text.chars().any(|c| c.is_ascii_digit());
            let switch =
                topic == Topic::Dial(Dial::Augment) || line.text.contains("softmax cancels");
            assert!(
                !matches!(line.kind, Kind::Lane(_)) || digits || switch,
                "{topic:?}: no number in {:?}",
                line.text
            );
            assert!(line.text.is_ascii(), "{:?}", line.text);
            assert!(!line.text.contains("NaN") && !line.text.contains("  )"));
        }
        app.target = Some(1);
        assert_eq!(lanes(&about(&app, topic)), [1], "{topic:?}");
    }
}

#[test]
fn no_topic_fails_before_the_first_step_or_with_awkward_numbers() {
    let mut app = app();
    app.observe(fixture::starting());
    for topic in topics() {
        about(&app, topic);
    }
    app.observe(fixture::edited(5, |_, lane| {
        let settings = lane.settings.as_mut().unwrap();
        settings.batch_size = 1;
        settings.temperature = 1e-3;
        settings.bias = Some(-300.0);
        lane.report = None;
        lane.matrix = Some(Arc::new(Matrix {
            step: 5,
            side: 1,
            pool: 1,
            cosines: vec![f32::NAN],
        }));
        lane.pairs = Arc::default();
        lane.held_out = Arc::default();
    }));
    for topic in topics() {
        let text = text(&app, topic);
        assert!(
            !text.contains("NaN") && !text.contains("inf "),
            "{topic:?}: {text}"
        );
    }
}

#[test]
fn the_card_of_tau_says_what_binds_and_what_a_rising_scale_means() {
    let mut app = app();
    let topic = Topic::Dial(Dial::Temperature);
    let said = text(&app, topic);
    // 1/0.0431 and its logarithm.
    assert!(said.contains("scale = 1/0.0431 = 23.20"), "{said}");
    assert!(said.contains("= 3.14"), "{said}");
    assert!(said.contains("the scale is below its clamp, 100"), "{said}");
    assert!(said.contains("A rising scale is normal"), "{said}");
    assert!(said.contains("it rose from 14.30 at step 1"), "{said}");
    // ln(1 + 63 e^(-64/63)).
    assert!(said.contains("= 3.17"), "{said}");
    app.observe(fixture::edited(640, |_, lane| {
        lane.settings.as_mut().unwrap().temperature = 0.01;
    }));
    assert!(text(&app, topic).contains("the clamp binds: logit_scale stops at ln 100 = 4.61"));
}

#[test]
fn the_card_changes_with_the_dial_before_the_lane_has_it() {
    let mut app = app();
    let tau = crate::control::Control::Temperature(Temperature::new(0.5).unwrap());
    app.dial = Dial::Temperature;
    app.update(crate::ui::action::Action::Enter);
    "0.5"
        .chars()
        .for_each(|c| drop(app.update(crate::ui::action::Action::Insert(c))));
    app.update(crate::ui::action::Action::Accept);
    assert!(app.pending.iter().any(|p| p.control == tau));
    assert!(text(&app, Topic::Dial(Dial::Temperature)).contains("scale = 1/0.50 = 2.00"));
}

#[test]
fn the_bias_card_says_why_minus_ten_and_what_would_fit_here() {
    let said = text(&app(), Topic::Dial(Dial::Bias));
    assert!(said.contains("-ln 63 = -4.14"), "{said}");
    assert!(said.contains("22,027"), "{said}");
    // 10 + 63 softplus(-10), and 64 ln 2.
    assert!(said.contains("near 10.00 with -10"), "{said}");
    assert!(said.contains("44.36 = N ln 2 with 0"), "{said}");
    assert!(said.contains("softmax cancels a bias"), "{said}");
}

#[test]
fn the_loss_cards_say_ln_n_sum_or_mean_and_what_repeats() {
    let app = app();
    let curve = text(&app, Topic::Panel(Panel::Loss));
    assert!(curve.contains("ln 64 = 4.16"), "{curve}");
    assert!(
        curve.contains("354.89") && curve.contains("44.36"),
        "{curve}"
    );
    let dial = text(&app, Topic::Dial(Dial::Loss));
    assert!(
        dial.contains("sums over N^2 cells and divides by N"),
        "{dial}"
    );
    assert!(dial.contains("/ 64; a mean over all 4096 cells"), "{dial}");
}

#[test]
fn the_batch_card_tells_accumulation_from_negatives_and_what_the_matrix_weighs() {
    let mut app = app();
    let said = text(&app, Topic::Dial(Dial::BatchSize));
    assert!(said.contains("8 x 32 is not 256"), "{said}");
    assert!(said.contains("16 KiB here, 4 GiB at 32,768"), "{said}");
    let batch = crate::control::Control::BatchSize(BatchSize::new(128).unwrap());
    app.observe(fixture::edited(640, |_, lane| {
        lane.settings.as_mut().unwrap().batch_size = 128;
    }));
    assert_eq!(batch.name(), "batch_size");
    assert!(text(&app, Topic::Dial(Dial::BatchSize)).contains("64 KiB here"));
}

#[test]
fn false_negatives_are_counted_in_the_batch_at_hand() {
    let pair = |name: &str| Pair {
        name: name.into(),
        caption: name.into(),
        thumbnail: fixture::pairs()[0].thumbnail.clone(),
    };
    let pairs: Vec<_> = ["cat", "dog", "cat", "cow"].map(pair).to_vec();
    let counted = data::doubles(&pairs).tell();
    // Two of four share a name: the floor is 2 ln 2 / 4.
    assert_eq!(
        counted,
        "2 of the first 4 pairs of the batch share their name with another (cat: 2 times): false negatives, so \
         InfoNCE cannot fall below 0.35"
    );
    let mut app = app();
    app.observe(fixture::edited(640, |_, lane| {
        lane.pairs = Arc::new(pairs.clone());
    }));
    assert!(text(&app, Topic::Panel(Panel::Pictures)).contains(&counted));
    assert!(text(&app, Topic::Dial(Dial::BatchSize)).contains(&counted));
    let different: Vec<_> = ["cat", "dog"].map(pair).to_vec();
    assert!(
        data::doubles(&different)
            .tell()
            .contains("no false negatives")
    );
}

#[test]
fn the_data_s_cards_say_what_was_set_and_what_was_counted() {
    let mut app = app();
    app.observe(fixture::edited(640, |_, lane| {
        let settings = lane.settings.as_mut().unwrap();
        for (name, value) in [
            ("shuffle_captions", "0.5"),
            ("random_captions", "0.25"),
            ("noise_images", "0.5"),
            ("duplicates", "0.5"),
            ("imbalance", "1"),
            ("concepts", "100"),
        ] {
            let control = crate::control::Control::parse(name, value).unwrap();
            settings.set(control);
        }
        let data = &mut lane.report.as_mut().unwrap().data;
        (data.wrong_captions, data.random_captions) = (0.38, 0.26);
        (data.noise_images, data.duplicates) = (0.13, 0.75);
        (data.false_negatives, data.classes) = (0.015, 31);
    }));
    let said = |dial| text(&app, Topic::Dial(dial));
    for (dial, set, counted) in [
        (
            Dial::ShuffleCaptions,
            "p = 0.50: 32 of 64",
            "38.0 % of the captions",
        ),
        (
            Dial::RandomCaptions,
            "p = 0.25: 16 of 64",
            "in the last batch: 26.0 %",
        ),
        (
            Dial::NoiseImages,
            "p = 0.50: 32 of 64",
            "in the last batch: 13.0 %",
        ),
        (
            Dial::Duplicates,
            "p ln 2 = 0.35",
            "75.0 % of the pairs; 1.5 % of",
        ),
        // The hundredth harmonic number is 5.187.
        (
            Dial::Imbalance,
            "the first of 100 concepts is in 19.3 % of the pairs",
            "31 different",
        ),
        (
            Dial::Concepts,
            "100 of 847: each is 0.64 times",
            "31 different",
        ),
    ] {
        let said = said(dial);
        assert!(
            said.contains(set) && said.contains(counted),
            "{dial:?}: {said}"
        );
    }
}

/// Words that tell of the world: a note with one of them is a claim.
const TELLS: [&str; 20] = [
    "paper",
    "published",
    "et al",
    "clip",
    "siglip's",
    "openclip",
    "align ",
    "imagenet",
    "coco",
    "normal",
    "usual",
    "often",
    "better",
    "best",
    "worse",
    "helps",
    "recover",
    "gains",
    "here the",
    "measured",
];

/// Notes that have one of these words, and state a definition or what the lab does.
const PLAIN: [&str; 1] = ["`clip-lab loss` prints the same"];

#[test]
fn a_note_that_claims_something_of_the_world_names_its_source() {
    let app = app();
    let mut claims = 0;
    for topic in topics() {
        for line in about(&app, topic).lines {
            if line.kind != Kind::Note {
                assert!(line.sources.is_empty(), "{:?}", line.text);
                continue;
            }
            claims += usize::from(!line.sources.is_empty());
            let low = line.text.to_lowercase();
            let tells = TELLS.iter().find(|word| low.contains(**word));
            let plain = PLAIN.iter().any(|text| line.text.contains(text));
            assert!(
                !line.sources.is_empty() || tells.is_none() || plain,
                "{topic:?}: `{}` claims something and has no source (`{}`): use Card::claim",
                line.text,
                tells.unwrap_or(&"")
            );
        }
    }
    assert!(claims >= 30, "{claims}");
}

#[test]
fn notes_without_a_source_are_those_that_were_looked_at() {
    let app = app();
    let mut all = String::new();
    for topic in topics() {
        for line in about(&app, topic).lines {
            if line.kind == Kind::Note && line.sources.is_empty() {
                writeln!(all, "{topic:?}: {}", line.text).unwrap();
            }
        }
    }
    insta::assert_snapshot!("notes_without_a_source", all);
}

#[test]
fn every_source_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let results = std::fs::read_to_string(root.join("docs/results.md")).unwrap();
    let expects = std::fs::read_to_string(root.join("tests/expects.rs")).unwrap();
    let app = app();
    for topic in topics() {
        for line in about(&app, topic).lines {
            let said = line.said();
            for source in line.sources {
                match *source {
                    Source::Paper(paper, place) => {
                        assert!(
                            said.contains(paper.short()) && said.contains(place),
                            "{said}"
                        );
                        let kinds = ["section", "Table", "Figure", "eq", "Algorithm"];
                        assert!(kinds.iter().any(|kind| place.starts_with(kind)), "{said}");
                    }
                    Source::Measured(section) => {
                        let heading = format!("## {section}");
                        assert!(results.lines().any(|line| line == heading), "{heading}");
                        assert!(said.contains("measured here: Results, "), "{said}");
                    }
                    Source::Test(name) => {
                        assert!(expects.contains(&format!("fn {name}()")), "{name}");
                    }
                }
            }
        }
    }
}

#[test]
fn measured_numbers_on_cards_are_those_of_the_results() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let results = std::fs::read_to_string(root.join("docs/results.md")).unwrap();
    let results = results.replace('\u{b1}', "+-");
    let app = app();
    let mut seen = 0;
    for topic in topics() {
        for line in about(&app, topic).lines {
            for (at, _) in line.text.match_indices(" +- ") {
                let before = line.text[..at].rsplit(' ').next().unwrap();
                let after = &line.text[at + 4..];
                let end = after.find(|c: char| c != '.' && !c.is_ascii_digit());
                let after = after[..end.unwrap_or(after.len())].trim_end_matches('.');
                let value = before.trim_start_matches('-');
                let stated = value.starts_with(|c: char| c.is_ascii_digit());
                if line.kind == Kind::Note && stated {
                    let number = format!("{value} +- {after}");
                    assert!(results.contains(&number), "{number}: {}", line.text);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn numbers_are_short() {
    assert_eq!(number(0.0), "0");
    assert_eq!(number(4.1589), "4.16");
    assert_eq!(number(2.3e-4), "2.3e-4");
    assert_eq!(number(12345.0), "12345");
    assert_eq!(bytes(16384.0), "16 KiB");
    assert_eq!(bytes(4.0 * 32768.0 * 32768.0), "4 GiB");
}
