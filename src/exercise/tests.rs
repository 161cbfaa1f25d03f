//! The table of exercises, walked; and answers right, wrong and in between.

use super::question::{decimals, near};
use super::*;
use crate::quantity::Loss;
use crate::scenario::load;
use crate::telemetry::{Against, Share, Versus};

fn questions() -> impl Iterator<Item = (&'static Exercise, &'static Question)> {
    let all = EXERCISES.iter();
    all.flat_map(|exercise| exercise.questions.iter().map(move |q| (exercise, q)))
}

/// Numbers of the independent computation (`tests/fixtures/exercises/make.py`).
fn expected(exercise: &str, question: &str) -> Option<f64> {
    let text = include_str!("../../tests/fixtures/exercises/expected.json");
    let all: serde_json::Value = serde_json::from_str(text).unwrap();
    all[exercise][question].as_f64()
}

#[test]
fn every_exercise_that_can_be_done_opens_a_scenario_and_says_what_it_is_about() {
    let mut names = std::collections::HashSet::new();
    for exercise in &EXERCISES {
        assert!(names.insert(exercise.name), "{}", exercise.name);
        assert!(exercise.about.len() > 40, "{}", exercise.name);
        if exercise.is_there() {
            load(exercise.scenario).unwrap_or_else(|e| panic!("{e}"));
        }
    }
    assert_eq!(EXERCISES.iter().filter(|e| e.is_there()).count(), 3);
}

#[test]
fn every_question_asks_hints_and_teaches_in_a_few_lines() {
    let given = Given::default();
    for (exercise, question) in questions() {
        let place = format!("{}, {}", exercise.name, question.name);
        for text in [
            (question.ask)(&given),
            (question.hint)(&given),
            (question.learned)(&given),
        ] {
            assert!((8..=420).contains(&text.len()), "{place}: {text}");
            assert!(!text.contains("NaN"), "{place}: {text}");
        }
        let pieces = question.reveals.iter();
        assert!(pieces.clone().all(|piece| *piece < 7), "{place}");
        assert!(exercise.on_paper || question.reveals.is_empty(), "{place}");
    }
}

#[test]
fn right_numbers_are_those_of_an_independent_computation() {
    let given = Given::default();
    let mut checked = 0;
    for (exercise, question) in questions() {
        let Answer::Number { right, within, .. } = &question.answer else {
            continue;
        };
        let place = format!("{}, {}", exercise.name, question.name);
        let number = expected(exercise.name, question.name).expect(&place);
        let lab = right(&given).expect(&place);
        // The interval of the exercise on noise is Wilson's; the plain one must be taken for right, too.
        match within {
            Some(room) if *room > 0.0 => assert!((lab - number).abs() < *room, "{place}: {lab}"),
            _ => assert!((lab - number).abs() < 1e-6 * number.abs(), "{place}: {lab}"),
        }
        let typed = format!("{number:.2}");
        let verdict = question.judge(&typed, &given);
        assert!(
            matches!(verdict, Verdict::Right(_)),
            "{place}: {typed}: {verdict:?}"
        );
        checked += 1;
    }
    assert_eq!(checked, 16);
}

#[test]
fn every_known_mistake_is_told_from_the_right_answer_and_from_the_others() {
    let given = Given::default();
    let mut seen = 0;
    for (exercise, question) in questions() {
        let Answer::Number {
            right,
            within,
            slips,
        } = &question.answer
        else {
            continue;
        };
        let right = right(&given).unwrap();
        for slip in *slips {
            let number = (slip.number)(&given);
            let place = format!("{}, {}: {number}", exercise.name, question.name);
            assert!(!near(number, right, *within), "{place} counts as right");
            let verdict = question.judge(&number.to_string(), &given);
            assert_eq!(verdict, Verdict::Wrong(slip.says.into()), "{place}");
            seen += 1;
        }
    }
    assert!(seen >= 45, "{seen}");
}

#[test]
fn other_wrong_numbers_are_too_small_or_too_large_and_words_are_no_numbers() {
    let given = Given::default();
    let question = &EXERCISES[0].questions[0];
    let says = |typed: &str| match question.judge(typed, &given) {
        Verdict::Wrong(text) | Verdict::Unclear(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(says("3.3"), "3.3 is too small.");
    assert_eq!(says("30"), "30 is too large.");
    assert!(says("abc").contains("got `abc`"), "{}", says("abc"));
    assert!(says("").contains("type a number"));
}

/// Answers all questions that can be typed.
fn type_through(work: &mut Work, given: &Given) {
    while let Some(question) = work.question() {
        let Some(answer) = question.shown(given) else {
            return;
        };
        let verdict = work.answer(&answer, given);
        assert!(
            matches!(verdict, Verdict::Right(_)),
            "{answer}: {verdict:?}"
        );
    }
}

#[test]
fn work_goes_on_with_right_answers_only_and_reveals_the_working_piece_by_piece() {
    let given = Given::default();
    let mut work = Work::new(0);
    assert!((0..7).all(|piece| !work.reveals(piece)));
    work.answer("0.52", &given);
    assert_eq!(
        (work.at, work.reveals(0)),
        (0, false),
        "a wrong answer stays"
    );
    work.answer("5.2", &given);
    assert_eq!(
        (work.at, work.reveals(0), work.reveals(1)),
        (1, true, false)
    );
    type_through(&mut work, &given);
    assert!(work.is_done() && (0..7).all(|piece| work.reveals(piece)));
    assert_eq!(work.found(), EXERCISES[0].questions.len());
    assert!(matches!(work.answer("1", &given), Verdict::Unclear(_)));
}

#[test]
fn a_question_mark_hints_then_shows_and_what_is_shown_is_not_found() {
    let given = Given::default();
    let mut work = Work::new(0);
    let Verdict::Hint(hint) = work.answer("?", &given) else {
        panic!("no hint")
    };
    assert!(hint.contains("row 3, column 2"), "{hint}");
    assert_eq!(work.at, 0);
    let Verdict::Hint(shown) = work.answer("?", &given) else {
        panic!("nothing shown")
    };
    assert!(shown.starts_with("The answer is 5.2."), "{shown}");
    assert_eq!((work.at, work.found()), (1, 0));
}

fn silent(bias: f64, value: f64) -> LaneSeen {
    LaneSeen {
        name: "silent".into(),
        loss: Loss::SigLip,
        bias: Some(bias),
        value: Some(value),
        value_bias: Some(bias),
        pairs: 64,
    }
}

#[test]
fn the_bias_is_seen_in_a_lane_once_it_was_set_and_a_batch_was_computed_with_it() {
    let mut given = Given {
        lanes: vec![silent(0.0, 44.36)],
        ..Given::default()
    };
    let mut work = Work::new(1);
    type_through(&mut work, &given);
    assert_eq!(work.question().unwrap().name, "see it");
    assert_eq!(work.observe(&given), None);
    assert!(matches!(work.answer("-4.14", &given), Verdict::Unclear(_)));
    // The dial stands there, but the batch is the old one.
    given.lanes[0].bias = Some(-4.14);
    assert_eq!(work.observe(&given), None);
    given.lanes = vec![silent(-4.14, 5.16)];
    let Some(Verdict::Done(text)) = work.observe(&given) else {
        panic!("not seen")
    };
    assert!(
        text.contains("silent: the loss is 5.16") && text.contains("5.151"),
        "{text}"
    );
    assert!(work.is_done());
}

#[test]
fn a_batch_of_another_size_has_another_bias() {
    let given = Given {
        lanes: vec![LaneSeen {
            pairs: 128,
            ..silent(0.0, 88.0)
        }],
        ..Given::default()
    };
    let best = EXERCISES[1].questions[1].shown(&given).unwrap();
    assert_eq!(best, decimals(-127_f64.ln()));
}

/// Two templates and their ensemble on 120 images.
fn outcomes(hits: [u64; 3], versus: [Versus; 2]) -> Vec<Outcome> {
    let names = ["a photo of a {}", "a picture of a {}", "all of them"];
    let against = |i: usize| Against {
        templates: names[i].into(),
        versus: versus[i],
    };
    let outcome = |i: usize| Outcome {
        templates: names[i].into(),
        prompts: if i == 2 { 2 } else { 1 },
        right: Share {
            hits: hits[i],
            of: 120,
        },
        against: (0..2).filter(|_| i == 2).map(against).collect(),
    };
    (0..3).map(outcome).collect()
}

#[test]
fn the_ensemble_is_judged_against_the_better_template_and_by_chance() {
    let versus = |gained, lost, p| Versus { gained, lost, p };
    let noise = versus(1, 0, 1.0);
    let clear = versus(20, 4, 0.0015);
    for (hits, found, right, says) in [
        ([95, 94, 95], [noise, noise], "no", "within noise"),
        ([80, 70, 96], [clear, noise], "yes", "more than noise"),
        // The better template is the second: the first would say yes.
        ([80, 95, 96], [clear, noise], "no", "within noise"),
    ] {
        let mut given = Given::default();
        let mut work = Work::new(2);
        work.answer("ens", &given);
        work.answer("7.1", &given);
        assert_eq!((work.at, work.observe(&given)), (2, None));
        given.outcomes = outcomes(hits, found);
        assert!(work.observe(&given).is_some());
        let wrong = if right == "no" { "yes" } else { "no" };
        assert!(matches!(work.answer(wrong, &given), Verdict::Wrong(_)));
        let Verdict::Right(text) = work.answer(right, &given) else {
            panic!("{right} is right")
        };
        assert!(
            text.contains(says) && text.contains("You predicted ensemble"),
            "{text}"
        );
    }
}

#[test]
fn exercises_go_by_number_and_by_name_and_later_ones_say_so() {
    assert_eq!(find("1").unwrap(), 0);
    assert_eq!(find("cats-and-dogs").unwrap(), 2);
    assert!(find("4").unwrap_err().to_string().contains("later release"));
    for wrong in ["0", "9", "nothing"] {
        let message = find(wrong).unwrap_err().to_string();
        assert!(message.contains("by-hand"), "{message}");
    }
}

#[test]
fn exercises_are_listed_and_read_without_their_answers() {
    let list = list();
    assert_eq!(list.lines().count(), EXERCISES.len());
    assert!(list.lines().nth(3).unwrap().contains("later release"));
    let text = read(1, &EXERCISES[0]);
    assert!(text.contains("0.62  0.55  0.15  0.20"), "{text}");
    assert!(text.contains("10. mutual information"), "{text}");
    for number in ["5.777", "0.418", "0.969"] {
        assert!(!text.contains(number), "{number} is an answer: {text}");
    }
}
