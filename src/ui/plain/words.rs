//! What lanes do, in words that can be read out.

use std::sync::Arc;

use crate::quantity::percent;
use crate::telemetry::{EvalReport, LaneStatus, Snapshot};

pub fn least_step(lanes: &[Arc<Snapshot>]) -> u64 {
    let alive = lanes
        .iter()
        .filter(|lane| !matches!(lane.status, LaneStatus::Failed(_)));
    alive.map(|lane| lane.step).min().unwrap_or(0)
}

pub fn word(status: &LaneStatus) -> &'static str {
    match status {
        LaneStatus::Starting => "preparing",
        LaneStatus::Running => "training",
        LaneStatus::Paused => "paused",
        LaneStatus::Finished => "finished",
        LaneStatus::Diverged(_) => "NaN or infinite",
        LaneStatus::Failed(_) => "failed",
    }
}

pub fn status(lane: &Snapshot, before: Option<&LaneStatus>) -> String {
    let name = &lane.lane;
    match &lane.status {
        LaneStatus::Starting => format!("{name}: preparing data and weights"),
        LaneStatus::Running if matches!(before, None | Some(LaneStatus::Starting)) => {
            format!("{name}: training on {}", lane.device)
        }
        LaneStatus::Running => format!("{name}: resumed"),
        LaneStatus::Paused => format!("{name}: paused at step {}", lane.step),
        LaneStatus::Finished => format!("{name}: finished all {} steps", lane.steps),
        LaneStatus::Diverged(step) => {
            format!("{name}: the loss is NaN or infinite at step {step}; type reset to train anew")
        }
        LaneStatus::Failed(reason) => format!("{name}: failed, {}", reason.replace('\n', " ")),
    }
}

/// Arrows and dots are not read out, or badly.
pub fn spoken(text: &str) -> String {
    text.replace("->", "to").replace('\n', " ")
}

pub fn evaluation(lane: &str, report: &EvalReport) -> String {
    format!(
        "{lane}: held-out retrieval at step {}: R@1 {} percent of {} names, R@5 {} percent, median rank {}",
        report.step,
        percent(report.r1_image_to_text),
        report.candidates,
        percent(report.r5_image_to_text),
        report.median_rank
    )
}

pub fn losses(lanes: &[Arc<Snapshot>]) -> String {
    let each: Vec<String> = lanes
        .iter()
        .filter_map(|lane| {
            let report = lane.report.as_ref()?;
            let loss = if report.loss.is_finite() {
                format!("{:.3}", report.loss)
            } else {
                "NaN or infinite".into()
            };
            Some(format!("{} {loss}", lane.lane))
        })
        .collect();
    if each.is_empty() {
        return "no step yet".into();
    }
    format!("step {}: loss {}", least_step(lanes), each.join(", "))
}
