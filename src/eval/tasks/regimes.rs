//! The task `regimes`: zero-shot, linear probe, fine-tuning and the weights between, for the first property.

use crate::error::Result;
use crate::eval::fine_tune::FineTune;
use crate::eval::job::{EvalJob, Slice};
use crate::eval::plan::{EvalTask, Needs, Occasion, Plan, Stage};
use crate::eval::store::Store;
use crate::telemetry::{Regime, RegimesReport, Report};

/// Its row in the table.
pub const TASK: EvalTask = EvalTask {
    name: "regimes",
    about: "Zero-shot, probe, fine-tuning and WiSE-FT in one table",
    report: "regimes",
    on: &[Occasion::Examine],
    // Its two other regimes come from the zero-shot and the probe of the same property.
    after: &["zero-shot", "linear-probe"],
    needs: Needs::all,
    plan,
};

fn plan(plan: &mut Plan) {
    if !plan.prepared.labels().is_empty() {
        let (which, tuning) = (0, None);
        plan.add(Stage::Long, Regimes { which, tuning });
    }
}

/// The fine-tuning of a property.
struct Regimes {
    which: usize,
    tuning: Option<FineTune>,
}

impl Regimes {
    /// Nothing without a classifier to start from, or a probe to compare with.
    fn begin(&self, store: &Store) -> Result<Option<FineTune>> {
        let classifier = store.classifiers.get(&self.which);
        let (Some(classifier), true) = (classifier, store.probes.contains_key(&self.which)) else {
            return Ok(None);
        };
        let tuning = FineTune::begin(
            &store.prepared,
            store.clip.duplicate()?,
            classifier,
            store.head.scale(),
            store.sides(self.which),
            store.device,
        );
        tuning.map(Some)
    }

    fn report(&self, store: &Store) -> Option<Report> {
        let (probe, tuning) = (store.probes.get(&self.which)?, self.tuning.as_ref()?);
        let (first, last) = (tuning.wise().first()?, tuning.wise().last()?);
        let row = |name: &str, in_domain, transfer, parameters| Regime {
            name: name.into(),
            in_domain,
            transfer,
            parameters,
        };
        let dimensions = store.names.ncols() as u64;
        let learned = (dimensions + 1) * probe.classes;
        let tuned = tuning.parameters();
        let report = RegimesReport {
            step: store.step,
            property: store.prepared.labels()[self.which].name.into(),
            rows: vec![
                row("zero-shot", first.in_domain, first.transfer, 0),
                row("linear probe", probe.in_domain, probe.transfer, learned),
                row("fine-tuned", last.in_domain, last.transfer, tuned),
            ],
            wise: tuning.wise().to_vec(),
        };
        Some(report.into())
    }
}

impl EvalJob for Regimes {
    fn name(&self) -> &'static str {
        TASK.name
    }

    fn slices(&self, _: &Store) -> usize {
        FineTune::slices()
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        if self.tuning.is_none() {
            self.tuning = self.begin(store)?;
        }
        let worked = match &mut self.tuning {
            Some(tuning) => tuning.advance()?,
            None => false,
        };
        if worked {
            return Ok(Slice::More);
        }
        Ok(Slice::Done(self.report(store).into_iter().collect()))
    }
}
