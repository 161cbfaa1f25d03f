//! The measures of evaluations against scikit-learn, SciPy, NumPy and `open_clip`, whose results on fixtures
//! `fixtures/eval/make.py` wrote down; and how they behave at their edges.

use clip_lab::data::Labels;
use clip_lab::eval::answers::{Ensemble, answer, mcnemar, rejection, sigmoid, softmax};
use clip_lab::eval::geometry::{self, Plane};
use clip_lab::eval::probe::Probe;
use clip_lab::eval::tasks::calibration::best_threshold;
use clip_lab::eval::{Ranks, Sides, choose};
use clip_lab::loss::Head;
use clip_lab::loss::Loss;
use clip_lab::telemetry::{Reliability, Share};
use ndarray::{Array2, ArrayView1, arr2};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("fixtures/eval/expected.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn places(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|x| x as usize).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn features(value: &Value) -> Array2<f32> {
    matrix(value).mapv(|x| x as f32)
}

fn close(a: f64, b: f64, tolerance: f64, about: &str) {
    assert!((a - b).abs() <= tolerance, "{about}: {a} for {b}");
}

fn class_vectors(texts: &Value, templates: std::ops::Range<usize>) -> Array2<f32> {
    let classes = texts.as_array().unwrap();
    let width = matrix(&classes[0]).ncols();
    let mut ensemble = Ensemble::new(classes.len(), width);
    for (class, prompts) in classes.iter().enumerate() {
        let prompts = features(prompts);
        for template in templates.clone() {
            ensemble.add(class, prompts.row(template));
        }
    }
    ensemble.finish()
}

#[test]
fn zero_shot_is_open_clips() {
    let want = &expected()["zero_shot"];
    let (images, labels) = (features(&want["images"]), places(&want["labels"]));
    let classes = class_vectors(&want["texts"], 0..3);
    let weights = features(&want["class_weights"]);
    for (a, b) in classes.iter().zip(&weights) {
        close(f64::from(*a), f64::from(*b), 1e-6, "class vectors");
    }
    let cosines = images.dot(&classes.t());
    let answers = answer(&cosines, &labels);
    assert_eq!(answers.top(1).hits as f64, number(&want["top1_count"]));
    assert_eq!(answers.top(5).hits as f64, number(&want["top5_count"]));
    let chosen: Vec<usize> = answers.chosen.iter().map(|c| c.unwrap()).collect();
    assert_eq!(chosen, places(&want["predictions"]));
    let confusion: Vec<f64> = answers
        .confusion(&labels, 7)
        .iter()
        .map(|n| *n as f64)
        .collect();
    let known: Vec<f64> = matrix(&want["confusion"]).into_iter().collect();
    assert_eq!(confusion, known);
    let names: Vec<String> = (0..7).map(|i| format!("class {i}")).collect();
    let table = answers.table(&labels, &names);
    for (i, row) in table.iter().enumerate() {
        assert_eq!(row.pictures as f64, number(&want["count"][i]));
        assert_eq!(row.chosen as f64, number(&want["predicted_count"][i]));
        let recall = row.found as f64 / row.pictures.max(1) as f64;
        close(recall, number(&want["recall"][i]), 1e-8, "recall");
        let precision = row.found as f64 / row.chosen.max(1) as f64;
        close(precision, number(&want["precision"][i]), 1e-8, "precision");
    }
    for template in 0..3 {
        let single = class_vectors(&want["texts"], template..template + 1);
        let single = answer(&images.dot(&single.t()), &labels);
        let known = &want["top1_count_of_single_template"][template];
        assert_eq!(single.top(1).hits as f64, number(known));
        let known = &want["top5_count_of_single_template"][template];
        assert_eq!(single.top(5).hits as f64, number(known));
    }
    for (i, row) in cosines.rows().into_iter().take(5).enumerate() {
        let row = row.to_vec();
        let each = [
            (softmax(&row, 100.0), &want["softmax_scale_100"][i]),
            (softmax(&row, 20.0), &want["softmax_scale_20"][i]),
            (
                sigmoid(&row, 20.0, -10.0),
                &want["sigmoid_scale_20_bias_-10"][i],
            ),
        ];
        for (got, known) in each {
            for (a, b) in got.iter().zip(numbers(known)) {
                close(*a, b, 2e-5, "probabilities");
            }
        }
    }
}

#[test]
fn zero_shot_at_its_edges() {
    // A tie counts against the model, with the wrong class chosen; what is no number is never right.
    let cosines = arr2(&[
        [0.5, 0.5, 0.1],
        [0.2, 0.9, 0.1],
        [f32::NAN, f32::NAN, f32::NAN],
        [f32::NAN, 0.1, 0.0],
    ]);
    let answers = answer(&cosines, &[0, 1, 0, 0]);
    assert_eq!(answers.chosen, [Some(1), Some(1), None, Some(1)]);
    assert_eq!(answers.rank, [2, 1, 3, 3]);
    assert_eq!((answers.top(1).hits, answers.top(1).of), (1, 4));
    // One class is always right, and the softmax is sure of it.
    let one = arr2(&[[0.3], [-0.2]]);
    assert_eq!(answer(&one, &[0, 0]).top(1).value(), 1.0);
    let sure = rejection(&one, &[0, 0], 10.0, Some(-1.0));
    assert_eq!(sure.softmax_listed, 1.0);
    // Logits 2 and -3: the sigmoid rejects the second.
    assert_eq!(sure.sigmoid_listed, Some(Share { hits: 1, of: 2 }));
    // Taken off the list there is nothing left to choose.
    assert_eq!(sure.sigmoid_unlisted, Some(Share { hits: 2, of: 2 }));
    // A class without prompts is never chosen.
    let mut ensemble = Ensemble::new(2, 2);
    ensemble.add(0, ArrayView1::from(&[0.6, 0.8]));
    let classes = ensemble.finish();
    let answers = answer(&arr2(&[[-1.0_f32, 0.0]]).dot(&classes.t()), &[0]);
    assert_eq!((answers.chosen[0], answers.rank[0]), (Some(0), 1));
    // No pictures at all.
    let none = answer(&Array2::zeros((0, 3)), &[]);
    assert!(none.top(1).value().is_nan() && none.top(1).interval().0.is_nan());
    // The table counts the empty class.
    let names = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
    let table = answer(&cosines, &[0, 1, 0, 0]).table(&[0, 1, 0, 0], &names);
    assert_eq!(
        (table[2].pictures, table[2].found, table[2].chosen),
        (0, 0, 0)
    );
}

#[test]
fn softmax_always_chooses_and_sigmoid_can_reject_all() {
    // Two classes at right angles, a picture of the first, and one of nothing on the list.
    let cosines = arr2(&[[0.9_f32, 0.0], [0.05, 0.0]]);
    let said = rejection(&cosines, &[0, 0], 20.0, Some(-10.0));
    let listed = said.sigmoid_listed.unwrap();
    assert_eq!(
        (listed.hits, listed.of),
        (1, 2),
        "the second picture is none of them"
    );
    assert_eq!(
        said.sigmoid_unlisted.unwrap().hits,
        2,
        "without its class neither"
    );
    assert_eq!(said.softmax_unlisted, 1.0, "a list of one is certain");
    assert_eq!(
        rejection(&cosines, &[0, 0], 20.0, None).sigmoid_listed,
        None
    );
}

#[test]
fn logistic_regression_is_scikit_learns() {
    for problem in expected()["logistic"]["problems"].as_array().unwrap() {
        let (x, y) = (features(&problem["x"]), places(&problem["y"]));
        let test = features(&problem["x_test"]);
        for fit in problem["fits"].as_array().unwrap() {
            let about = format!("problem {}, C {}", problem["name"], fit["C"]);
            let probe = Probe::fit(&x, &y, number(&fit["C"]), 1e-7).unwrap();
            let (got, classes) = probe.probabilities(&test);
            assert_eq!(classes, (0..got.ncols()).collect::<Vec<_>>(), "{about}");
            let known = matrix(&fit["exact"]["test_probabilities"]);
            for (a, b) in got.iter().zip(&known) {
                close(*a, *b, 1e-4, &about);
            }
            if let Some(right) = fit["exact"].get("train_correct") {
                assert_eq!(probe.score(&x, &y).hits as f64, number(right), "{about}");
            }
        }
    }
}

#[test]
fn probes_at_their_edges() {
    let x = arr2(&[[1.0_f32, 0.0], [0.0, 1.0], [0.6, 0.8]]);
    let one = Probe::fit(&x, &[4, 4, 4], 1.0, 1e-6).unwrap();
    assert_eq!(
        one.predict(&x),
        [Some(4); 3],
        "one class: nothing else to say"
    );
    assert!(Probe::fit(&x.slice(ndarray::s![..0, ..]).to_owned(), &[], 1.0, 1e-6).is_err());
    let mut broken = x.clone();
    broken[[1, 0]] = f32::NAN;
    let fault = Probe::fit(&broken, &[0, 1, 0], 1.0, 1e-6).err().unwrap();
    assert!(fault.to_string().contains("1 of 3 features"), "{fault}");
    // Twins with different labels cannot both be right, and do not stop the fit.
    let twins = arr2(&[[1.0_f32, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]);
    let probe = Probe::fit(&twins, &[0, 1, 1, 1], 100.0, 1e-6).unwrap();
    assert_eq!(probe.score(&twins, &[0, 1, 1, 1]).hits, 3);
    // A class that was never fitted is never right.
    assert_eq!(probe.score(&twins, &[7, 7, 7, 7]).hits, 0);
}

#[test]
fn sides_never_share_a_concept() {
    let label = Labels::new("kind", (0..50).map(|i| ["a", "b", "c"][i % 3]));
    let trained: Vec<usize> = (0..50).collect();
    let held_out: Vec<usize> = (0..50).rev().collect();
    let sides = Sides::new(&label, &trained, &held_out);
    let mut all: Vec<usize> = [&sides.fit, &sides.validation, &sides.in_domain]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    all.sort_unstable();
    assert_eq!(all, trained, "every picture has one use");
    let tested: Vec<usize> = sides.in_domain.iter().map(|i| trained[*i]).collect();
    let mut moved: Vec<usize> = sides.transfer.iter().map(|i| held_out[*i]).collect();
    moved.sort_unstable();
    let mut same = tested.clone();
    same.sort_unstable();
    assert_eq!(moved, same, "the same concepts, in the other style");
    assert!(sides.fit.len() > 2 * tested.len());
    assert_eq!(sides, Sides::new(&label, &trained, &held_out));
    // Held-out classes that training has no pictures of are all for the test.
    let sides = Sides::new(&label, &trained[..40], &[45, 46, 47]);
    assert_eq!(sides.transfer, [0, 1, 2]);
}

#[test]
fn geometry_is_numpys() {
    let want = &expected()["geometry"];
    let (x, y) = (features(&want["x"]), features(&want["y"]));
    let labels = places(&want["labels"]);
    close(
        geometry::alignment(&x, &y),
        number(&want["alignment"]),
        1e-6,
        "alignment",
    );
    close(
        geometry::uniformity(&x),
        number(&want["uniformity_x"]),
        1e-6,
        "uniformity",
    );
    close(
        geometry::uniformity(&y),
        number(&want["uniformity_y"]),
        1e-6,
        "uniformity",
    );
    for (rows, key) in [(&x, "tolerance_x"), (&y, "tolerance_y")] {
        let known = number(&want[key]["mean_over_same_class_pairs"]);
        close(geometry::tolerance(rows, &labels), known, 1e-6, key);
    }
    let gap = geometry::gap(&x, &y);
    for (a, b) in gap.iter().zip(numbers(&want["gap"])) {
        close(*a, b, 1e-6, "gap");
    }
    let rank = |rows, key: &str| {
        close(
            geometry::effective_rank(rows).unwrap(),
            number(&want[key]),
            1e-5,
            key,
        );
    };
    rank(&x, "effective_rank_x_centred");
    rank(&y, "effective_rank_y_centred");
    let plane = Plane::of(&x, &y, None).unwrap();
    let map = plane.map(&x, &y);
    for (a, b) in map
        .explained
        .iter()
        .zip(numbers(&want["pca_explained_variance_ratio"]))
    {
        close(*a, b, 1e-6, "explained variance");
    }
    let known = matrix(&want["pca_absolute_coordinates"]);
    for (point, known) in map.image.iter().chain(&map.text).zip(known.rows()) {
        for axis in 0..2 {
            close(
                f64::from(point[axis].abs()),
                known[axis],
                1e-5,
                "coordinates",
            );
        }
    }
    let dials = Head {
        loss: Loss::InfoNce,
        logit_scale: 10_f64.ln(),
        logit_bias: None,
    };
    for slide in want["slides"].as_array().unwrap() {
        let got = geometry::slide(&x, &y, number(&slide["lambda"]), dials);
        close(
            got.gap,
            number(&slide["gap_length"]),
            1e-5,
            "gap that is left",
        );
        close(got.loss, number(&slide["loss"]), 1e-5, "loss along the gap");
    }
}

#[test]
fn geometry_at_its_edges() {
    let one = arr2(&[[0.6_f32, 0.8]]);
    assert!(geometry::uniformity(&one).is_nan(), "no pair");
    assert!(geometry::tolerance(&one, &[0]).is_nan());
    assert!(
        geometry::effective_rank(&one).unwrap().is_nan(),
        "no spread"
    );
    let same = arr2(&[[0.6_f32, 0.8]; 5]);
    close(geometry::uniformity(&same), 0.0, 1e-6, "a single point");
    assert_eq!(geometry::alignment(&same, &same), 0.0);
    assert!(
        geometry::tolerance(&same, &[0, 1, 2, 3, 4]).is_nan(),
        "no two of a class"
    );
    // Fewer samples than dimensions: as many directions as there are samples, less one.
    let few = arr2(&[
        [1.0_f32, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
    ]);
    close(
        geometry::effective_rank(&few).unwrap(),
        2.0,
        1e-4,
        "an equilateral triangle",
    );
    let mut broken = few.clone();
    broken[[0, 0]] = f32::NAN;
    assert!(geometry::alignment(&broken, &few).is_nan());
    assert!(geometry::uniformity(&broken).is_nan());
    assert!(geometry::effective_rank(&broken).unwrap().is_nan());
    assert!(
        Plane::of(&broken, &few, None)
            .unwrap()
            .map(&few, &few)
            .explained[0]
            .is_nan()
    );
    let dials = Head {
        loss: Loss::SigLip,
        logit_scale: 0.0,
        logit_bias: Some(-2.0),
    };
    let (report, _) = geometry::measure(3, &few, &few, &[0, 0, 1], dials, None).unwrap();
    assert_eq!(report.histogram.positive.iter().sum::<u64>(), 3);
    assert_eq!(report.histogram.negative.iter().sum::<u64>(), 6);
    assert_eq!((report.histogram.low, report.histogram.high), (-2.0, -1.0));
    assert_eq!(report.gap, 0.0);
}

#[test]
fn the_map_does_not_jump() {
    let want = &expected()["geometry"];
    let (x, y) = (features(&want["x"]), features(&want["y"]));
    let before = Plane::of(&x, &y, None).unwrap();
    // The same points, a little moved and their order turned: axes might flip or swap.
    let noise = |i: usize| ((i as f32 * 12.99).sin() * 43_758.5).fract() * 0.02;
    let moved = |rows: &Array2<f32>| {
        let mut rows = rows.clone();
        rows.iter_mut()
            .enumerate()
            .for_each(|(i, v)| *v += noise(i));
        rows
    };
    let (x2, y2) = (moved(&x), moved(&y));
    let after = Plane::of(&x2, &y2, Some(&before)).unwrap();
    let (a, b) = (before.map(&x, &y), after.map(&x2, &y2));
    for (p, q) in a.image.iter().zip(&b.image) {
        let way = (p[0] - q[0]).hypot(p[1] - q[1]);
        assert!(way < 0.08, "{p:?} went to {q:?}");
    }
    // Told the plane itself mirrored and turned, it comes back to that.
    let again = Plane::of(&x, &y, Some(&after)).unwrap().map(&x, &y);
    let off = again
        .text
        .iter()
        .zip(&b.text)
        .map(|(p, q)| (p[0] - q[0]).hypot(p[1] - q[1]));
    assert!(off.fold(0.0, f32::max) < 0.08);
}

#[test]
fn intervals_are_scipys() {
    let want = &expected()["intervals"];
    for row in want["wilson"].as_array().unwrap() {
        let share = Share {
            hits: number(&row["k"]) as u64,
            of: number(&row["n"]) as u64,
        };
        let (low, high) = share.interval();
        close(low, number(&row["low"]), 1e-8, "Wilson");
        close(high, number(&row["high"]), 1e-8, "Wilson");
    }
    for row in want["mcnemar"].as_array().unwrap() {
        let got = mcnemar(number(&row["b"]) as u64, number(&row["c"]) as u64);
        close(got, number(&row["p"]), 1e-9, "McNemar");
    }
    // 5,000 trials: the terms themselves are below any double.
    assert!(mcnemar(2_400, 2_600) > 0.004 && mcnemar(2_400, 2_600) < 0.006);
}

#[test]
fn calibration_is_scikit_learns() {
    let want = &expected()["calibration"];
    let labels = places(&want["labels"]);
    for case in want["cases"].as_array().unwrap() {
        let name = case["probability"].as_str().unwrap();
        let p = matrix(&case["probabilities"]);
        let answers: Vec<(f64, bool)> = p
            .rows()
            .into_iter()
            .zip(&labels)
            .map(|(row, label)| {
                let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
                let (class, confidence) = best.unwrap();
                (*confidence, class == *label)
            })
            .collect();
        let found = Reliability::of(&answers, 15);
        assert_eq!(found.accuracy.hits as f64, number(&case["accuracy_count"]));
        close(found.confidence, number(&case["confidence"]), 1e-8, name);
        close(found.ece, number(&case["ece"]), 1e-8, name);
        let bins = case["bins"].as_array().unwrap();
        assert_eq!(found.bins.len(), bins.len(), "{name}");
        for (bin, known) in found.bins.iter().zip(bins) {
            close(bin.low, number(&known["bin"]) / 15.0, 1e-12, name);
            assert_eq!(bin.accuracy.of as f64, number(&known["n"]), "{name}");
            assert_eq!(bin.accuracy.hits as f64, number(&known["right"]), "{name}");
            close(bin.confidence, number(&known["confidence"]), 1e-8, name);
        }
        let best = best_threshold(&p, |row, class| labels[row] == class).unwrap();
        close(best.threshold, number(&case["threshold"]), 0.0, name);
        close(best.f1, number(&case["f1"]), 1e-8, name);
        close(
            best.precision.value(),
            number(&case["precision"]),
            1e-8,
            name,
        );
        close(best.recall.value(), number(&case["recall"]), 1e-8, name);
    }
}

#[test]
fn retrieval_with_duplicate_captions_is_numpys() {
    let want = &expected()["retrieval"];
    let names: Vec<String> = want["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let (to_text, to_image) = Ranks::both_ways(
        &features(&want["scores"]),
        &places(&want["classes"]),
        &names,
    );
    for (got, known) in [
        (to_text, &want["image_to_text"]),
        (to_image, &want["text_to_image"]),
    ] {
        close(got.recall(1), number(&known["r1"]), 1e-8, "R@1");
        close(got.recall(5), number(&known["r5"]), 1e-8, "R@5");
        close(
            got.median(),
            number(&known["median_rank"]),
            1e-8,
            "median rank",
        );
    }
    assert_eq!(choose(&arr2(&[[1.0], [2.0]]), &[1]), arr2(&[[2.0]]));
}

#[test]
fn weights_between_are_torch_lerps() {
    let want = &expected()["wise_ft"];
    let tensors = |of: &Value| -> Vec<tch::Tensor> {
        let of = of.as_object().unwrap();
        of.values()
            .map(|t| tch::Tensor::from_slice(&numbers(&t["values"])))
            .collect()
    };
    let (start, end) = (tensors(&want["zero_shot"]), tensors(&want["fine_tuned"]));
    for row in want["interpolated"].as_array().unwrap() {
        let got = clip_lab::eval::fine_tune::interpolate(&start, &end, number(&row["alpha"]));
        for (got, known) in got.iter().zip(row["weights"].as_object().unwrap().values()) {
            let got = Vec::<f64>::try_from(got).unwrap();
            for (a, b) in got.iter().zip(numbers(known)) {
                close(*a, b, 1e-8, "between");
            }
        }
    }
}

#[test]
fn classes_of_a_scenarios_own() {
    let own = |zero_shot: &str| {
        let text = crate::common::TINY.trim_end().strip_suffix(')').unwrap();
        let text = format!("{text} zero_shot: ({zero_shot}),\n)");
        let scenario = clip_lab::scenario::parse(&text, "own.ron").unwrap();
        clip_lab::data::Prepared::new(&scenario)
    };
    let good = own(
        "classes: [(name: \"cat\", of: [\"cat\", \"black cat\"]), (name: \"dog\", of: [\"dog\"])], \
         templates: [\"a {}\"]",
    );
    let prepared = good.unwrap();
    let classes = prepared.own_classes().unwrap();
    assert_eq!(classes.name, "cat or dog");
    assert_eq!(classes.of.iter().flatten().count(), 3);
    // All other faults are the scenario's, and found when it is read.
    let text = "classes: [(name: \"a\", of: [\"cat\"]), (name: \"b\", of: [\"dgo\"])], templates: [\"a {}\"]";
    let fault = own(text).err().unwrap();
    assert!(fault.to_string().contains("no concept `dgo`"), "{fault}");
    assert_eq!(fault.exit_code(), 2);
}
