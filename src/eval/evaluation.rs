//! [`Evaluation`]: what a copy of the weights is good for, in slices between training steps.
//!
//! A list of jobs, each done slice by slice: pictures and names are encoded once, every task draws on them. A
//! slice takes about the time of a training step, so that neither the screen nor the curve waits.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ndarray::Array2;
use tch::Device;

use super::features::{choose, rows};
use super::fine_tune::FineTune;
use super::plan::{Fits, Job, Property, SLICE, Tasks, Texts, plan};
use super::probing::{Probing, Sides};
use super::templates::Templates;
use super::zero_shot::{Answers, answer, rejection, sigmoid, softmax};
use super::{geometry, retrieval};
use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::loss::tiled::Dials;
use crate::model::{Clip, Pass};
use crate::telemetry::{
    GeometryReport, Hit, LanguageReport, ProbeReport, Query, QueryReport, Regime, RegimesReport,
    Report, Split, ZeroShotReport,
};

/// So long a slice waits for a probe, on whose thread the work is done.
const MOMENT: Duration = Duration::from_millis(1);

/// What is shown as nearest.
const HITS: usize = 12;

/// An evaluation under way, on a copy of the weights.
pub struct Evaluation {
    prepared: Arc<Prepared>,
    clip: Clip,
    dials: Dials,
    step: u64,
    device: Device,
    templates: Vec<Templates>,
    /// The largest set of those that all properties have.
    largest: Option<usize>,
    jobs: VecDeque<Job>,
    /// Slices in all, and done.
    slices: (usize, usize),
    pictures: HashMap<Split, Array2<f32>>,
    names: Array2<f32>,
    /// Classifiers of properties, by property and set of templates.
    classifiers: HashMap<(usize, usize), Array2<f32>>,
    /// Answers with bare names, to compare the others with.
    bare: HashMap<(Property, Split), Answers>,
    probes: HashMap<usize, ProbeReport>,
    seconds: f64,
}

impl Evaluation {
    /// Takes the model over, which is to be a copy if another trains on; computes nothing yet.
    pub fn begin(
        prepared: &Arc<Prepared>,
        clip: Clip,
        dials: Dials,
        step: u64,
        device: Device,
        tasks: &Tasks,
    ) -> Result<Self> {
        let width = clip.architecture().embed_dim as usize;
        let (jobs, templates) = plan(prepared, tasks, width);
        let mut evaluation = Self {
            prepared: Arc::clone(prepared),
            clip,
            dials,
            step,
            device,
            largest: tasks.templates.len().checked_sub(1),
            templates,
            jobs,
            slices: (0, 0),
            pictures: HashMap::new(),
            names: Array2::zeros((0, width)),
            classifiers: HashMap::new(),
            bare: HashMap::new(),
            probes: HashMap::new(),
            seconds: 0.0,
        };
        evaluation.slices.0 = evaluation
            .jobs
            .iter()
            .map(|job| evaluation.slices_of(job))
            .sum();
        Ok(evaluation)
    }

    fn slices_left(&self, job: &Job) -> bool {
        match job {
            Job::Pictures(split, next, _) => *next < self.prepared.gallery(*split).classes.len(),
            Job::Names(texts)
            | Job::ZeroShot(_, _, texts)
            | Job::Language(_, _, texts)
            | Job::Query(_, texts) => texts.next < texts.prompts.len(),
            Job::Regimes(..) | Job::Probe(..) => true,
            Job::Retrieval(_) | Job::Geometry => false,
        }
    }

    fn slices_of(&self, job: &Job) -> usize {
        match job {
            Job::Pictures(split, ..) => self.prepared.gallery(*split).classes.len().div_ceil(SLICE),
            Job::Names(texts)
            | Job::ZeroShot(_, _, texts)
            | Job::Language(_, _, texts)
            | Job::Query(_, texts) => texts.slices().max(1),
            Job::Retrieval(_) | Job::Geometry | Job::Probe(..) => 1,
            Job::Regimes(..) => FineTune::slices(),
        }
    }

    /// Share done.
    pub fn progress(&self) -> f64 {
        (self.slices.1 as f64 / self.slices.0.max(1) as f64).min(1.0)
    }

    /// Whether everything is done.
    pub fn done(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Does the next slice; the reports that it completes.
    pub fn advance(&mut self) -> Result<Vec<Report>> {
        let began = Instant::now();
        let _guard = tch::no_grad_guard();
        let Some(mut job) = self.jobs.pop_front() else {
            return Ok(Vec::new());
        };
        let worked = match &mut job {
            Job::Pictures(split, next, features) => self.encode_pictures(*split, next, features)?,
            Job::Names(texts)
            | Job::ZeroShot(_, _, texts)
            | Job::Language(_, _, texts)
            | Job::Query(_, texts) => self.encode(texts)?,
            Job::Regimes(which, tuning) => self.fine_tune(*which, tuning)?,
            Job::Probe(which, fits) => self.await_probe(*which, fits)?,
            Job::Retrieval(_) | Job::Geometry => false,
        };
        if worked {
            // Waiting is no work.
            self.slices.1 += usize::from(!matches!(job, Job::Probe(..)));
            // The last slice completes the job.
            if self.slices_left(&job) {
                self.jobs.push_front(job);
                self.seconds += began.elapsed().as_secs_f64();
                return Ok(Vec::new());
            }
        }
        self.slices.1 += usize::from(!worked);
        let mut reports = self.complete(job)?;
        self.seconds += began.elapsed().as_secs_f64();
        for report in &mut reports {
            if let Report::Retrieval(report) = report {
                // What led to it since the last one.
                report.seconds = std::mem::take(&mut self.seconds);
            }
        }
        Ok(reports)
    }

    fn encode(&self, texts: &mut Texts) -> Result<bool> {
        let slice = &texts.prompts[texts.next..texts.prompts.len().min(texts.next + SLICE)];
        if slice.is_empty() {
            return Ok(false);
        }
        let said: Vec<String> = slice.iter().map(|(_, prompt)| prompt.clone()).collect();
        let tokens = self.prepared.tokens(&said, self.device)?;
        let features = rows(&self.clip.encode_text(&tokens))?;
        for ((class, _), feature) in slice.iter().zip(features.rows()) {
            texts.ensemble.add(*class, feature);
        }
        texts.next += said.len();
        Ok(true)
    }

    fn encode_pictures(
        &self,
        split: Split,
        next: &mut usize,
        features: &mut Vec<f32>,
    ) -> Result<bool> {
        let gallery = self.prepared.gallery(split);
        let (count, all) = (gallery.classes.len(), &gallery.images);
        let bytes = all.len() / count.max(1);
        let slice = &all[*next * bytes..(*next + SLICE).min(count) * bytes];
        if slice.is_empty() {
            return Ok(false);
        }
        let pixels = self.prepared.pixels(slice, self.device)?;
        features.extend(rows(&self.clip.encode_image(&pixels, Pass::Evaluate))?);
        *next += slice.len() / bytes;
        Ok(true)
    }

    fn complete(&mut self, job: Job) -> Result<Vec<Report>> {
        Ok(match job {
            Job::Names(texts) => {
                self.names = texts.ensemble.finish();
                Vec::new()
            }
            Job::Pictures(split, _, features) => {
                let shape = (features.len() / self.names.ncols(), self.names.ncols());
                let features = Array2::from_shape_vec(shape, features)
                    .unwrap_or_else(|e| unreachable!("rows of one width: {e}"));
                self.pictures.insert(split, features);
                Vec::new()
            }
            Job::Retrieval(split) => {
                let gallery = self.prepared.gallery(split);
                let scores = self.pictures[&split].dot(&self.names.t());
                let names = self.candidates();
                let report = retrieval::report(self.step, split, &scores, &gallery.classes, names);
                vec![Report::Retrieval(report)]
            }
            Job::ZeroShot(property, set, texts) => self.zero_shot(property, set, &texts),
            Job::Query(query, texts) => self.answer(query, &texts),
            Job::Geometry => self.geometry()?.into_iter().map(Report::Geometry).collect(),
            Job::Probe(which, _) => {
                let report = self.probes.get(&which).cloned();
                report.map(Report::LinearProbe).into_iter().collect()
            }
            Job::Regimes(which, tuning) => self.regimes(which, tuning.as_deref()),
            Job::Language(language, weight, texts) => self.language(&language, weight, &texts),
        })
    }

    /// The names that are asked about.
    fn candidates(&self) -> &[String] {
        let dataset = self.prepared.dataset();
        &dataset.names()[..dataset.candidates()]
    }

    fn splits(&self) -> Vec<Split> {
        let known = |split: &Split| self.pictures.contains_key(split);
        [Split::HeldOut, Split::Trained]
            .into_iter()
            .filter(known)
            .collect()
    }

    fn zero_shot(&mut self, property: Property, set: usize, texts: &Texts) -> Vec<Report> {
        let prompts = self.templates[set].list.len() as u64;
        let (name, values) = match property {
            Property::Name => ("name", self.candidates().to_vec()),
            Property::Label(which) => {
                let label = &self.prepared.labels()[which];
                (label.name, label.values.clone())
            }
            Property::Own => match self.prepared.own_classes() {
                Some(own) => (own.name.as_str(), own.names.clone()),
                None => return Vec::new(),
            },
        };
        // Bare names have been encoded.
        let classifier = if property == Property::Name && texts.prompts.is_empty() {
            self.names.clone()
        } else {
            texts.ensemble.finish()
        };
        let name = name.to_owned();
        let mut reports = Vec::new();
        for split in self.splits() {
            let (places, own) = self.asked(property, split);
            let pictures = &self.pictures[&split];
            let cosines = if places.len() == pictures.nrows() {
                pictures.dot(&classifier.t())
            } else {
                choose(pictures, &places).dot(&classifier.t())
            };
            let answers = answer(&cosines, &own);
            let (scale, bias) = (self.dials.logit_scale.exp(), self.sigmoid_bias());
            reports.push(Report::ZeroShot(ZeroShotReport {
                step: self.step,
                split,
                property: name.clone(),
                templates: self.templates[set].name.clone(),
                prompts,
                classes: values.len() as u64,
                top1: answers.top(1),
                top5: answers.top(5),
                against_bare: self
                    .bare
                    .get(&(property, split))
                    .map(|bare| answers.against(bare)),
                rejection: rejection(&cosines, &own, scale, bias),
                table: answers.table(&own, &values),
                confusion: answers.confusion(&own, values.len()),
            }));
            if self.templates[set].list == ["{}"] {
                self.bare.insert((property, split), answers);
            }
        }
        if let Property::Label(which) = property {
            self.classifiers.insert((which, set), classifier);
        }
        reports
    }

    /// The bias, where the loss gives it a meaning.
    fn sigmoid_bias(&self) -> Option<f64> {
        match self.dials.loss {
            crate::loss::Loss::SigLip => Some(self.dials.logit_bias.unwrap_or(0.0)),
            crate::loss::Loss::InfoNce => None,
        }
    }

    /// Which pictures of the split are asked about, and what they are.
    fn asked(&self, property: Property, split: Split) -> (Vec<usize>, Vec<usize>) {
        let class = |class: usize| match property {
            Property::Name => Some(class),
            Property::Label(which) => Some(self.prepared.labels()[which].of[class]),
            Property::Own => self.prepared.own_classes()?.of[class],
        };
        let classes = self.prepared.gallery(split).classes.iter().enumerate();
        classes
            .filter_map(|(place, concept)| Some((place, class(*concept)?)))
            .unzip()
    }

    /// Of held-out pictures, or of trained ones if nothing is held out.
    fn geometry(&self) -> Result<Option<GeometryReport>> {
        let Some(&split) = self.splits().first() else {
            return Ok(None);
        };
        let classes = &self.prepared.gallery(split).classes;
        let most = classes.len().min(geometry::PAIRS);
        let image = self.pictures[&split]
            .slice(ndarray::s![..most, ..])
            .to_owned();
        let text = choose(&self.names, &classes[..most]);
        let kinds: Vec<usize> = match self.prepared.labels().first() {
            Some(label) => classes[..most].iter().map(|c| label.of[*c]).collect(),
            None => classes[..most].to_vec(),
        };
        let (report, _) = geometry::measure(self.step, &image, &text, &kinds, self.dials, None)?;
        Ok(Some(report))
    }

    /// Waits a moment for the fits of a probe, which it begins if need be; false once they are made, or there is
    /// nothing to fit.
    fn await_probe(&mut self, which: usize, fits: &mut Option<Fits>) -> Result<bool> {
        let fits = match fits {
            Some(fits) => fits,
            None => match self.begin_probe(which)? {
                Some(begun) => fits.insert(begun),
                None => return Ok(false),
            },
        };
        match fits.recv_timeout(MOMENT) {
            Ok(report) => {
                self.probes.insert(which, report?);
                Ok(false)
            }
            Err(RecvTimeoutError::Timeout) => Ok(true),
            Err(RecvTimeoutError::Disconnected) => Err(Error::Internal("a probe failed".into())),
        }
    }

    fn begin_probe(&self, which: usize) -> Result<Option<Fits>> {
        let sides = self.sides(which);
        let pictures = (
            self.pictures.get(&Split::Trained),
            self.pictures.get(&Split::HeldOut),
        );
        let (Some(trained), Some(held_out), true) = (pictures.0, pictures.1, sides.usable()) else {
            return Ok(None);
        };
        let label = &self.prepared.labels()[which];
        let zero_shot = self.classifier(which);
        let probing = Probing::new(self.step, label, sides, trained, held_out, zero_shot);
        let (sender, receiver) = mpsc::channel();
        // Nobody may be left who listens.
        let work = move || drop(sender.send(probing.run()));
        let thread = thread::Builder::new().name("probe".into()).spawn(work);
        thread.map_err(|e| Error::Internal(format!("no thread for a probe: {e}")))?;
        Ok(Some(receiver))
    }

    fn sides(&self, which: usize) -> Sides {
        let classes = |split| &self.prepared.gallery(split).classes;
        let (trained, held_out) = (classes(Split::Trained), classes(Split::HeldOut));
        Sides::new(&self.prepared.labels()[which], trained, held_out)
    }

    /// Class vectors of a property by the largest set of templates.
    fn classifier(&self, which: usize) -> Option<&Array2<f32>> {
        self.classifiers.get(&(which, self.largest?))
    }

    /// A slice of the fine-tuning; false once it is done, or there is nothing to tune.
    fn fine_tune(&self, which: usize, tuning: &mut Option<Box<FineTune>>) -> Result<bool> {
        if tuning.is_none() {
            let (Some(classifier), true) =
                (self.classifier(which), self.probes.contains_key(&which))
            else {
                return Ok(false);
            };
            let begun = FineTune::begin(
                &self.prepared,
                self.clip.duplicate()?,
                classifier,
                self.dials.logit_scale.exp(),
                self.sides(which),
                self.device,
            )?;
            *tuning = Some(Box::new(begun));
        }
        tuning.as_mut().map_or(Ok(false), |tuning| tuning.advance())
    }

    fn regimes(&self, which: usize, tuning: Option<&FineTune>) -> Vec<Report> {
        let (Some(probe), Some(tuning)) = (self.probes.get(&which), tuning) else {
            return Vec::new();
        };
        let (Some(first), Some(last)) = (tuning.wise().first(), tuning.wise().last()) else {
            return Vec::new();
        };
        let row = |name: &str, in_domain, transfer, parameters| Regime {
            name: name.into(),
            in_domain,
            transfer,
            parameters,
        };
        let dimensions = self.names.ncols() as u64;
        vec![Report::Regimes(RegimesReport {
            step: self.step,
            property: self.prepared.labels()[which].name.into(),
            rows: vec![
                row("zero-shot", first.in_domain, first.transfer, 0),
                row(
                    "linear probe",
                    probe.in_domain,
                    probe.transfer,
                    (dimensions + 1) * probe.classes,
                ),
                row(
                    "fine-tuned",
                    last.in_domain,
                    last.transfer,
                    tuning.parameters(),
                ),
            ],
            wise: tuning.wise().to_vec(),
        })]
    }

    fn language(&self, language: &str, weight: f64, texts: &Texts) -> Vec<Report> {
        let names = texts.ensemble.finish();
        let report = |split: Split| {
            let classes = &self.prepared.gallery(split).classes;
            let scores = self.pictures[&split].dot(&names.t());
            let answers = answer(&scores, classes);
            // Every name asks for its pictures; one without any asks nothing.
            let columns = scores.columns();
            let back = columns
                .into_iter()
                .enumerate()
                .filter_map(|(name, column)| {
                    retrieval::rank(
                        column
                            .iter()
                            .zip(classes)
                            .map(|(s, class)| (*s, *class == name)),
                    )
                });
            Report::Language(LanguageReport {
                step: self.step,
                split,
                language: language.into(),
                weight,
                r1_image_to_text: answers.top(1),
                r5_image_to_text: answers.top(5),
                r1_text_to_image: crate::telemetry::Share::of(back.map(|rank| rank == 1)),
            })
        };
        self.splits().into_iter().map(report).collect()
    }

    /// What is nearest to a caption among the held-out pictures, or to one of these among the names.
    fn answer(&self, query: Query, texts: &Texts) -> Vec<Report> {
        let Some(&split) = self.splits().first() else {
            return Vec::new();
        };
        let (pictures, classes) = (
            &self.pictures[&split],
            &self.prepared.gallery(split).classes,
        );
        let names = self.prepared.dataset().names();
        let asked = match &query {
            Query::Caption(_) => None,
            Query::Picture(place) if *place < classes.len() => Some(*place),
            Query::Picture(_) => return Vec::new(),
        };
        let cosines = match asked {
            None => texts.ensemble.finish().dot(&pictures.t()),
            Some(place) => choose(pictures, &[place]).dot(&self.names.t()),
        };
        let row: Vec<f32> = cosines.iter().copied().collect();
        let scale = self.dials.logit_scale.exp();
        let softmax = softmax(&row, scale);
        let sigmoid = self.sigmoid_bias().map(|bias| sigmoid(&row, scale, bias));
        let mut order: Vec<usize> = (0..row.len()).filter(|i| row[*i].is_finite()).collect();
        order.sort_by(|a, b| row[*b].total_cmp(&row[*a]).then(a.cmp(b)));
        let hit = |&place: &usize| Hit {
            place,
            name: match asked {
                None => names[classes[place]].clone(),
                Some(_) => names[place].clone(),
            },
            cosine: f64::from(row[place]),
            softmax: softmax[place],
            sigmoid: sigmoid.as_ref().map(|p| p[place]),
            picture: asked
                .is_none()
                .then(|| self.prepared.thumbnail(split, place)),
        };
        vec![Report::Query(QueryReport {
            step: self.step,
            split,
            candidates: row.len() as u64,
            name: asked.map(|place| names[classes[place]].clone()),
            picture: asked.map(|place| self.prepared.thumbnail(split, place)),
            hits: order.iter().take(HITS).map(hit).collect(),
            query,
        })]
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::scenario;

    #[test]
    fn features_that_are_no_numbers_cost_the_probe_and_score_nothing() {
        let text = "(
            title: \"broken\",
            data: Emoji(train: [Noto, Fluent], held_out: [Twemoji], limit: 40),
            model: (
                embed_dim: 8,
                image: ViT(image_size: 32, patch_size: 16, width: 16, head_width: 8, layers: 1),
                text: (context_length: 8, vocab_size: 300, width: 16, heads: 2, layers: 1),
            ),
            train: (steps: 1, batch_size: 4, learning_rate: 1e-3),
            lanes: [(name: \"a\", loss: SigLip, temperature: 0.1, bias: -10)],
        )";
        let scenario = scenario::parse(text, "broken.ron").unwrap();
        let prepared = Prepared::new(&scenario).unwrap();
        let vocabulary = prepared.tokenizer().vocab_size();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let clip = Clip::new(&scenario.model, vocabulary, &mut rng, Device::Cpu).unwrap();
        let mut projection = clip.weights().get("visual.proj").unwrap().detach();
        let _ = projection.fill_(f64::NAN);
        let dials = Dials {
            loss: crate::loss::Loss::SigLip,
            logit_scale: 2.3,
            logit_bias: Some(-10.0),
        };
        let tasks = Tasks {
            templates: Templates::bundled().into_iter().take(1).collect(),
            ..Tasks::all()
        };
        let mut evaluation =
            Evaluation::begin(&prepared, clip, dials, 0, Device::Cpu, &tasks).unwrap();
        let mut scores = Vec::new();
        let fault = loop {
            match evaluation.advance() {
                Ok(reports) => scores.extend(reports.into_iter().filter_map(|r| match r {
                    Report::Retrieval(r) => Some(r.r1_image_to_text),
                    Report::ZeroShot(r) if r.classes > 1 => Some(r.top1.value()),
                    _ => None,
                })),
                Err(fault) => break fault.to_string(),
            }
        };
        assert!(fault.contains("features are not numbers"), "{fault}");
        assert!(
            scores.len() > 3 && scores.iter().all(|s| *s == 0.0),
            "{scores:?}"
        );
    }

    /// Prints what slices cost on one thread: `cargo test --release --lib slice_cost -- --ignored --nocapture`.
    #[test]
    #[ignore = "a measurement, not a check"]
    fn slice_cost() {
        tch::set_num_threads(1);
        let scenario = scenario::load("softmax-vs-sigmoid").unwrap();
        let prepared = Prepared::new(&scenario).unwrap();
        let vocabulary = prepared.tokenizer().vocab_size();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let clip = Clip::new(&scenario.model, vocabulary, &mut rng, Device::Cpu).unwrap();
        let dials = Dials {
            loss: crate::loss::Loss::SigLip,
            logit_scale: 2.3,
            logit_bias: Some(-10.0),
        };
        for (name, tasks) in [("live", Tasks::live()), ("all", Tasks::all())] {
            let began = Instant::now();
            let copy = clip.duplicate().unwrap();
            let mut evaluation =
                Evaluation::begin(&prepared, copy, dials, 0, Device::Cpu, &tasks).unwrap();
            let mut times = vec![(began.elapsed().as_secs_f64() * 1e3, "begin")];
            while !evaluation.done() {
                let job = evaluation.jobs.front().map(Job::name).unwrap_or_default();
                let began = Instant::now();
                let _ = evaluation.advance().unwrap();
                times.push((began.elapsed().as_secs_f64() * 1e3, job));
            }
            times.sort_by(|a, b| b.0.total_cmp(&a.0));
            let sum: f64 = times.iter().map(|(ms, _)| ms).sum();
            println!("{name}: {} slices, {sum:.0} ms; the longest:", times.len());
            for (ms, job) in times.iter().take(8) {
                println!("  {ms:7.1} ms  {job}");
            }
        }
    }
}
