//! `clip-lab doctor`: what the lab will run on, and why.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Map, Value, json};

use super::format::Format;
use super::output::print;
use super::terminal::{Terminal, env, ssh};
use crate::error::Result;
use crate::export::csv;
use crate::memory;
use crate::train::{device, precision};

/// Show what the lab found and chose: libtorch, device, threads, terminal
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  clip-lab doctor\n  clip-lab doctor --format json")]
pub struct DoctorArgs {
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

/// One finding.
struct Finding {
    section: &'static str,
    name: &'static str,
    value: Value,
    /// Where it comes from or what follows from it.
    why: String,
}

/// Looks around and prints.
pub fn run(args: &DoctorArgs) -> Result<()> {
    let mut findings = libtorch();
    findings.extend(machine());
    findings.extend(terminal());
    print(&match args.format {
        Format::Table => table(&findings),
        Format::Csv => table_csv(&findings),
        Format::Json => format!("{:#}\n", object(&findings)),
        Format::Jsonl => format!("{}\n", object(&findings)),
    })
}

fn finding(
    section: &'static str,
    name: &'static str,
    value: impl Into<Value>,
    why: impl Into<String>,
) -> Finding {
    Finding {
        section,
        name,
        value: value.into(),
        why: why.into(),
    }
}

fn libtorch() -> Vec<Finding> {
    let report = device::libtorch_report();
    let (device, why) = device::automatic(&report);
    let library = report
        .library
        .as_ref()
        .map(|path| path.display().to_string());
    let (precision, why_precision) = precision::automatic();
    let [fp32, bf16] = precision::speeds();
    let because =
        format!("{why_precision}; measured here: {bf16:.0} GFLOP/s in bf16, {fp32:.0} in fp32");
    let version_from = if report.version.is_some() {
        ""
    } else {
        "no version file beside the library"
    };
    let of = |name, value: Value, why: &str| finding("libtorch", name, value, why);
    vec![
        of("version", json!(report.version), version_from),
        of("library", json!(library), ""),
        of(
            "cuda",
            json!(report.cuda_devices > 0),
            if report.cuda_build {
                ""
            } else {
                "built without CUDA"
            },
        ),
        of("cuda_devices", json!(report.cuda_devices), ""),
        of("cudnn", json!(report.cudnn), ""),
        of("onednn", json!(report.onednn), ""),
        of("mkl", json!(report.mkl), ""),
        of("device", json!(device), &why),
        of("precision", json!(precision), &because),
    ]
}

fn machine() -> Vec<Finding> {
    let report = device::libtorch_report();
    let of = |name, value: Value, why: &str| finding("machine", name, value, why);
    let cores = std::thread::available_parallelism()
        .map(std::num::NonZero::get)
        .ok();
    let threads_from = match (env("OMP_NUM_THREADS"), env("MKL_NUM_THREADS")) {
        (Some(n), _) => format!("OMP_NUM_THREADS={n}"),
        (None, Some(n)) => format!("MKL_NUM_THREADS={n}"),
        (None, None) => "chosen by libtorch; lanes share them".into(),
    };
    vec![
        of(
            "system",
            json!(format!(
                "{} {}",
                std::env::consts::OS,
                std::env::consts::ARCH
            )),
            "",
        ),
        of("cpu", json!(cpu_name()), &vector_units()),
        of("cores", json!(cores), "available to this process"),
        of("threads", json!(report.threads), &threads_from),
        of(
            "memory_available_mib",
            json!(memory::available().map(|bytes| bytes >> 20)),
            "",
        ),
    ]
}

fn terminal() -> Vec<Finding> {
    let found = Terminal::detect();
    let of = |name, value: Value, why: &str| finding("terminal", name, value, why);
    let lab = if found.is_terminal {
        "the lab opens"
    } else {
        "the lab trains without a screen, like `clip-lab run`"
    };
    let size = found
        .size
        .map(|(columns, rows)| format!("{columns}x{rows}"));
    let locale = found
        .locale
        .as_ref()
        .map_or("no locale is set".into(), |(name, value)| {
            format!("{name}={value}")
        });
    let slow = if ssh() {
        "draws fewer frames and colours"
    } else {
        ""
    };
    vec![
        of("terminal", json!(found.is_terminal), lab),
        of("size", json!(size), ""),
        of("color", json!(found.color), &Terminal::color_from()),
        of("glyphs", json!(found.glyphs), &found.glyphs_from()),
        of("utf8", json!(found.utf8()), &locale),
        of("term", json!(env("TERM")), ""),
        of("colorterm", json!(env("COLORTERM")), ""),
        of("no_color", json!(env("NO_COLOR").is_some()), ""),
        of("ssh", json!(ssh()), slow),
    ]
}

/// The processor's name, where the system tells.
fn cpu_name() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':')
        .map(|(_, name)| name.trim().to_string())
}

/// What makes matrix products quick.
fn vector_units() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        let units = [
            ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
            ("AVX-512", std::arch::is_x86_feature_detected!("avx512f")),
        ];
        let present: Vec<_> = units
            .iter()
            .filter(|(_, there)| *there)
            .map(|(name, _)| *name)
            .collect();
        present.join(", ")
    }
    #[cfg(not(target_arch = "x86_64"))]
    String::new()
}

/// A value as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "unknown".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn table(findings: &[Finding]) -> String {
    let mut out = String::new();
    let mut section = "";
    let width = findings.iter().map(|f| f.name.len()).max().unwrap_or(0);
    // Writing to a string cannot fail.
    for found in findings {
        if found.section != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            section = found.section;
            let _ = writeln!(out, "{gap}{section}");
        }
        let name = found.name.replace('_', " ");
        let why = if found.why.is_empty() {
            String::new()
        } else {
            format!("  ({})", found.why)
        };
        let _ = writeln!(out, "  {name:width$}  {}{why}", plain(&found.value));
    }
    out
}

fn table_csv(findings: &[Finding]) -> String {
    let header = csv::row(["section", "name", "value", "why"]);
    findings.iter().fold(header, |text, found| {
        let value = plain(&found.value);
        text + &csv::row([found.section, found.name, &value, &found.why])
    })
}

/// `{"libtorch": {"version": ..., "device": ..., "device_why": ...}, ...}`
fn object(findings: &[Finding]) -> Value {
    let mut root = Map::new();
    for found in findings {
        let section = root.entry(found.section).or_insert_with(|| json!({}));
        section[found.name] = found.value.clone();
        if !found.why.is_empty() {
            section[format!("{}_why", found.name)] = json!(found.why);
        }
    }
    Value::Object(root)
}
