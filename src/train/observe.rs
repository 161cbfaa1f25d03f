//! What a trainer shows of itself between steps: evaluations, the latest batch, its geometry, the loss landscape.
//! None of it leaves a trace in training.

use tch::Tensor;

use super::latest::Latest;
use super::precision;
use super::trainer::Trainer;
use crate::error::Result;
use crate::eval::{Evaluation, Tasks, geometry, rows};
use crate::loss::landscape;
use crate::telemetry::{GeometryReport, Landscape, Matrix, Pair, Report, Rows};

impl Trainer {
    /// Begins an evaluation of the weights as they are now. Training may go on meanwhile: it works on a copy. One of
    /// the same kind that is under way is completed first, a question is forgotten for the next.
    pub fn begin_evaluation(&mut self, tasks: &Tasks) -> Result<()> {
        // In the type that it is trained in, and at the price of that.
        let part = self.cut(self.now.settings.batch_size as usize).part;
        let compute = precision::compute(self.train.precision, self.device, part);
        let copy = self.clip.duplicate()?.share(compute)?;
        let begun = Evaluation::begin(
            &self.prepared,
            copy,
            self.head(),
            self.now.step,
            self.device,
            tasks,
        );
        self.evaluations.begin(begun, tasks)
    }

    /// Does the next slice of the evaluations under way, if any: about the work of a step. Returns the reports of
    /// tasks that are complete.
    pub fn advance_evaluation(&mut self) -> Result<Vec<Report>> {
        self.evaluations.advance()
    }

    /// Share done of the evaluation under way.
    pub fn evaluating(&self) -> Option<f64> {
        self.evaluations.progress()
    }

    /// Cosines of the latest batch, pooled to at most `side` rows, and its first `pairs` pairs.
    pub fn look(&self, side: usize, pairs: usize) -> Result<Option<(Matrix, Vec<Pair>)>> {
        let Some(latest) = &self.latest else {
            return Ok(None);
        };
        let names = self.prepared.dataset().names();
        Ok(Some((latest.matrix(side)?, latest.pairs(pairs, names))))
    }

    /// The first rows of the latest batch's cosines, unpooled.
    pub fn rows(&self) -> Result<Option<Rows>> {
        self.latest.as_ref().map(Latest::rows).transpose()
    }

    /// How the latest batch lies in its space. `None` before the first step.
    pub fn geometry(&mut self) -> Result<Option<GeometryReport>> {
        let Some(latest) = &self.latest else {
            return Ok(None);
        };
        let pairs = latest.batch.len().min(geometry::PAIRS);
        let first = |features: &Tensor| rows(&features.f_narrow(0, 0, pairs as i64)?);
        let (image, text) = (
            first(&latest.image_features)?,
            first(&latest.text_features)?,
        );
        let classes = &latest.batch.classes[..pairs];
        let kinds: Vec<usize> = match self.prepared.labels().first() {
            Some(label) => classes.iter().map(|class| label.of[*class]).collect(),
            None => classes.to_vec(),
        };
        let plane = self.plane.as_ref();
        let (report, plane) =
            geometry::measure(latest.step, &image, &text, &kinds, self.head(), plane)?;
        self.plane = Some(plane);
        Ok(Some(report))
    }

    /// The losses of the latest batch at other temperatures and biases. It reads features that are
    /// there already and leaves no trace: training goes on as if nobody had looked. `None` before the first
    /// step.
    pub fn landscape(&self) -> Result<Option<Landscape>> {
        let Some(latest) = &self.latest else {
            return Ok(None);
        };
        let _guard = tch::no_grad_guard();
        let settings = self.settings();
        let survey = landscape::survey(
            latest.step,
            [&latest.image_features, &latest.text_features],
            landscape::temperatures(1.0 / settings.max_logit_scale, settings.temperature),
            landscape::biases(settings.bias.unwrap_or(0.0)),
        );
        survey.map(Some)
    }
}
