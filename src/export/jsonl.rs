//! JSON lines: one object for each event, written whole.

use std::io::Write;

use serde::Serialize;

use super::sink::Sink;
use crate::control::{Applied, By, Value};
use crate::error::{Error, Result};
use crate::telemetry::Event;

/// Writes each event as one line, in a single write.
pub struct Jsonl<W>(pub W);

impl<W: Write + Send> Sink for Jsonl<W> {
    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        let line = json_line(lane, event)?;
        self.0
            .write_all(line.as_bytes())
            .and_then(|()| self.0.flush())
            .map_err(Error::file("write", "standard output"))
    }
}

#[derive(Serialize)]
struct Line<'a, T> {
    event: &'static str,
    lane: &'a str,
    #[serde(flatten)]
    body: T,
}

#[derive(Serialize)]
struct Control {
    step: u64,
    name: &'static str,
    old: Option<Value>,
    new: Option<Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    scripted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undoes: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    kept: bool,
}

#[derive(Serialize)]
struct Rewind {
    from: u64,
    to: u64,
    change: u64,
}

#[derive(Serialize)]
struct Branch<'a> {
    to: &'a str,
}

/// The event as a line of JSON, newline included. Numbers that are not finite become `null`.
pub fn json_line(lane: &str, event: &Event) -> Result<String> {
    let text = match event {
        Event::Started(started) => line("started", lane, started),
        Event::Step(report) => line("step", lane, report),
        Event::Eval(report) => line("eval", lane, report),
        Event::Control(applied) => line("control", lane, control(applied)),
        Event::Reset(restarted) => line("reset", lane, restarted),
        Event::Rewind { from, to, change } => {
            let (from, to, change) = (*from, *to, *change);
            line("rewind", lane, Rewind { from, to, change })
        }
        Event::Branch(to) => line("branch", lane, Branch { to }),
        Event::Finished(finished) => line("finished", lane, finished),
    };
    text.map(|text| text + "\n")
        .map_err(|e| Error::Internal(format!("cannot write an event as JSON: {e}")))
}

fn line<T: Serialize>(event: &'static str, lane: &str, body: T) -> serde_json::Result<String> {
    serde_json::to_string(&Line { event, lane, body })
}

fn control(applied: &Applied) -> Control {
    Control {
        step: applied.step,
        name: applied.control.name(),
        old: applied.old,
        new: applied.new,
        scripted: applied.scripted(),
        change: match applied.by {
            By::Hand(number) => Some(number),
            _ => None,
        },
        undoes: match applied.by {
            By::Undo(number) => Some(number),
            _ => None,
        },
        kept: applied.by == By::Reset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Control as Change;
    use crate::quantity::Temperature;

    #[test]
    fn a_control_reads_as_the_contract_says() {
        let control = Change::Temperature(Temperature::new(0.01).unwrap());
        let applied = Applied {
            step: 500,
            control,
            old: Some(Value::Real(0.05)),
            new: control.value(),
            by: By::Hand(3),
        };
        assert_eq!(
            json_line("softmax", &Event::Control(applied)).unwrap(),
            "{\"event\":\"control\",\"lane\":\"softmax\",\"step\":500,\"name\":\"temperature\",\"old\":0.05,\"new\":0.01,\"change\":3}\n"
        );
    }
}
