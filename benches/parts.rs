//! What a step is made of, part by part: `cargo bench`, or `cargo bench adamw`.

// The macro's function has none.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use clip_lab::data::{Prepared, Request, sample};
use clip_lab::eval::{Evaluation, Tasks};
use clip_lab::loss::landscape::{biases, survey, temperatures};
use clip_lab::loss::tiled::{Cut, Features, TILE, tiled};
use clip_lab::loss::{Head, Loss};
use clip_lab::model::Clip;
use clip_lab::optim::{AdamW, Hyperparameters};
use clip_lab::scenario;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tch::nn::{OptimizerConfig, VarStore};
use tch::{Device, Kind, Tensor};

/// A hundred tensors of 40,000 numbers each.
const TENSORS: i64 = 100;
const SIDE: i64 = 200;

fn adamw(c: &mut Criterion) {
    let mut group = c.benchmark_group("adamw, 100 tensors, 4M parameters");
    let scenario = scenario::load("clip").expect("a bundled scenario");
    let options = (Kind::Float, Device::Cpu);
    let tensors: Vec<Tensor> = (0..TENSORS)
        .map(|_| Tensor::randn([SIDE, SIDE], options).set_requires_grad(true))
        .collect();
    let learned: Vec<_> = tensors.iter().map(|t| ("tensor", t, true)).collect();
    let mut ours = AdamW::new(&learned, 2).expect("tensors of one type");
    let gradients = Tensor::randn([TENSORS * SIDE * SIDE], options);
    let by = Hyperparameters::plain(&scenario.train, 1e-3);
    group.bench_function("clip-lab", |b| {
        b.iter(|| ours.update(&gradients, &by, None).expect("finite numbers"));
    });

    let store = VarStore::new(Device::Cpu);
    let root = store.root();
    for i in 0..TENSORS {
        let init = tch::nn::Init::Randn {
            mean: 0.0,
            stdev: 1.0,
        };
        let tensor = root.var(&format!("t{i}"), &[SIDE, SIDE], init);
        // The gradient of this is 1 everywhere; it stays while the optimizer steps.
        tensor.sum(Kind::Float).backward();
    }
    let mut theirs = tch::nn::AdamW::default()
        .build(&store, 1e-3)
        .expect("an optimizer of libtorch");
    group.bench_function("tch", |b| b.iter(|| theirs.step()));
    group.finish();
}

fn loss(c: &mut Criterion) {
    let mut group = c.benchmark_group("loss with gradients, D = 64, one thread");
    let unit = |pairs: i64| -> Vec<f32> {
        let x = Tensor::randn([pairs, 64], (Kind::Float, Device::Cpu));
        let x = &x / x.norm_scalaropt_dim(2, [1i64].as_slice(), true);
        x.reshape([-1]).try_into().expect("numbers")
    };
    for pairs in [256, 1024, 4096] {
        let (image, text) = (unit(pairs), unit(pairs));
        let features = Features {
            image: &image,
            text: &text,
            dimensions: 64,
        };
        let cut = Cut {
            tile: TILE,
            threads: 1,
            bf16: false,
        };
        for loss in Loss::ALL {
            let dials = Head {
                loss,
                logit_scale: 2.3,
                logit_bias: Some(-10.0),
            };
            group.bench_function(BenchmarkId::new(format!("{loss} in tiles"), pairs), |b| {
                b.iter(|| black_box(tiled(features, dials, cut)));
            });
        }
    }
    group.finish();
}

/// What one survey of the loss landscape costs on one thread.
fn landscape(c: &mut Criterion) {
    tch::set_num_threads(1);
    let mut group = c.benchmark_group("survey of the loss landscape, D = 24, one thread");
    let unit = |pairs: i64| {
        let x = Tensor::randn([pairs, 24], (Kind::Float, Device::Cpu));
        &x / x.norm_scalaropt_dim(2, [-1i64].as_slice(), true)
    };
    for pairs in [16, 64, 128, 512, 2_048, 8_192, 32_768] {
        let (image, text) = (unit(pairs), unit(pairs));
        let survey = || {
            let (across, up) = (temperatures(0.01, 0.07), biases(-10.0));
            survey(0, [&image, &text], across, up).expect("features")
        };
        let id = BenchmarkId::from_parameter(pairs);
        group.bench_function(id, |b| b.iter(|| black_box(survey())));
    }
    group.finish();
}

fn data(c: &mut Criterion) {
    let scenario = scenario::load("clip").expect("a bundled scenario");
    let prepared = Prepared::new(&scenario).expect("embedded data");
    let mut request = Request {
        seed: 0,
        step: 0,
        batch_size: 128,
        image_size: 32,
        augment: true,
        quality: clip_lab::control::Quality::default(),
    };
    c.bench_function("a batch of 128, augmented, one thread", |b| {
        b.iter(|| {
            request.step += 1;
            black_box(sample(prepared.dataset(), &request, 1))
        });
    });
}

/// What an evaluation costs on one thread: in all, and its longest slice, for which the screen and the curve wait.
fn evaluation(c: &mut Criterion) {
    tch::set_num_threads(1);
    let scenario = scenario::load("softmax-vs-sigmoid").expect("a bundled scenario");
    let prepared = Prepared::new(&scenario).expect("embedded data");
    let vocabulary = prepared.tokenizer().vocab_size();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let clip = Clip::new(&scenario.model, vocabulary, &mut rng, Device::Cpu).expect("a model");
    let dials = Head {
        loss: Loss::SigLip,
        logit_scale: 2.3,
        logit_bias: Some(-10.0),
    };
    let slices = |tasks: &Tasks| -> Vec<(Duration, &str)> {
        let copy = clip.duplicate().expect("a copy");
        let mut evaluation = Evaluation::begin(&prepared, copy, dials, 0, Device::Cpu, tasks);
        let mut slices = Vec::new();
        while let Some(job) = evaluation.next_job() {
            let began = Instant::now();
            black_box(evaluation.advance().expect("finite features"));
            slices.push((began.elapsed(), job));
        }
        slices
    };
    let mut group = c.benchmark_group("evaluation, one thread");
    group.sample_size(10);
    for (name, tasks) in [("live", Tasks::live()), ("all", Tasks::all())] {
        group.bench_function(name, |b| b.iter(|| slices(&tasks)));
        let mut seen = Vec::new();
        group.bench_function(format!("{name}, longest slice"), |b| {
            b.iter_custom(|rounds| {
                let longest = |_| {
                    seen = slices(&tasks);
                    seen.sort_by(|a, b| b.cmp(a));
                    seen[0].0
                };
                (0..rounds).map(longest).sum()
            });
        });
        for (time, job) in seen.iter().take(8) {
            eprintln!("  {:7.1} ms  {job}", time.as_secs_f64() * 1e3);
        }
    }
    group.finish();
}

criterion_group!(benches, adamw, loss, landscape, data, evaluation);
criterion_main!(benches);
