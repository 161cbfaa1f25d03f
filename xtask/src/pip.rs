//! Downloading wheels with pip: what to ask it for, how far it is, and what its failures mean.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::progress::Progress;
use crate::python::Python;

/// Any Python's wheel has the same C++ libraries; asking for one by name leaves the version of
/// the Python at hand out of it.
const WHEEL_PYTHON: (&str, &str) = ("3.12", "cp312");

/// What pip says, a line at a time.
enum Said {
    Out(String),
    Err(String),
}

/// What pip calls this machine, best first, or how to do without a wheel.
pub fn platforms(os: &str, arch: &str) -> Result<Vec<String>> {
    match (os, arch) {
        ("linux", "x86_64" | "aarch64") if !cfg!(target_env = "musl") => {
            let mut names: Vec<String> = (17..=28)
                .rev()
                .map(|minor| format!("manylinux_2_{minor}_{arch}"))
                .collect();
            names.extend(["2014", "2010", "1"].map(|old| format!("manylinux{old}_{arch}")));
            names.push(format!("linux_{arch}"));
            Ok(names)
        }
        ("macos", "aarch64") => Ok(vec!["macosx_11_0_arm64".to_owned()]),
        ("windows", "x86_64") => Ok(vec!["win_amd64".to_owned()]),
        _ => Err(Failure::new(
            format!("no prebuilt libtorch 2.11.0 for {os} on {arch}"),
            "Build one, and set LIBTORCH to its folder (the one that holds lib/ and include/).",
        )),
    }
}

/// Downloads wheels into `folder/wheels` and returns their paths.
pub fn download(python: &Python, folder: &Path, requirements: &[String]) -> Result<Vec<PathBuf>> {
    let platforms = platforms(std::env::consts::OS, std::env::consts::ARCH)?;
    let (wheels, temporary) = (folder.join("wheels"), folder.join("tmp"));
    for each in [&wheels, &temporary] {
        std::fs::create_dir_all(each)
            .map_err(|error| Failure::io(format!("cannot make {}", each.display()), &error))?;
    }
    let mut command = python.helper("pip");
    command.args(["download", "--no-cache-dir", "--progress-bar", "off"]);
    command.args(["--only-binary", ":all:", "--implementation", "cp"]);
    command.args(["--python-version", WHEEL_PYTHON.0, "--abi", WHEEL_PYTHON.1]);
    for platform in &platforms {
        command.args(["--platform", platform]);
    }
    command.arg("--dest").arg(&wheels).args(requirements);
    if requirements.iter().all(|each| each.starts_with("torch==")) {
        command.arg("--no-deps");
    }
    // pip downloads into the temporary folder, so that is where progress shows; a folder of our
    // own is also removed with the rest when this is interrupted.
    for name in ["TMPDIR", "TMP", "TEMP"] {
        command.env(name, &temporary);
    }
    command.env("PIP_NO_INPUT", "1");
    command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    command.env("PIP_REQUIRE_VIRTUALENV", "0"); // Nothing is installed.
    command.env("PYTHONIOENCODING", "utf-8");

    let mut child = python.start(&mut command)?;
    let said = listen(&mut child);
    let errors = follow(&said, &temporary);
    let status = wait(child)?;
    if !status.success() {
        return Err(explain(&errors));
    }
    let _ = std::fs::remove_dir_all(&temporary);
    list(&wheels)
}

fn list(wheels: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(wheels)
        .map_err(|error| Failure::io(format!("cannot read {}", wheels.display()), &error))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

/// Waits for a child whose output has ended. Its standard input stays open until then.
pub fn wait(mut child: Child) -> Result<ExitStatus> {
    let stdin = child.stdin.take();
    let status = child
        .wait()
        .map_err(|error| Failure::io("cannot wait for Python", &error))?;
    drop(stdin);
    Ok(status)
}

/// Passes the lines of both outputs on; the channel closes when both have ended.
fn listen(child: &mut Child) -> Receiver<Said> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            each_line(stdout, |line| drop(sender.send(Said::Out(line))));
        });
    }
    if let Some(stderr) = child.stderr.take() {
        std::thread::spawn(move || each_line(stderr, |line| drop(sender.send(Said::Err(line)))));
    }
    receiver
}

fn each_line(stream: impl Read, mut then: impl FnMut(String)) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
        then(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
}

/// Shows how far each file is until pip is done; returns what pip complained of.
fn follow(said: &Receiver<Said>, temporary: &Path) -> Vec<String> {
    let mut errors = Vec::new();
    let mut current: Option<(Progress, String, u64)> = None;
    loop {
        match said.recv_timeout(Duration::from_millis(100)) {
            Ok(Said::Out(line)) => {
                let Some((file, total)) = announced(&line) else {
                    continue;
                };
                if let Some((progress, _, total)) = current.take() {
                    progress.finish(total);
                }
                let short = file.split('-').take(2).collect::<Vec<_>>().join(" ");
                current = Some((Progress::new(format!("downloading {short}")), file, total));
            }
            Ok(Said::Err(line)) => {
                if line.contains("Retrying") {
                    if let Some((progress, _, _)) = &current {
                        progress.clear();
                    }
                    eprintln!("  the connection failed; pip tries again");
                }
                errors.push(line);
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some((progress, file, total)) = &mut current {
                    progress.at(growing(temporary, file), *total);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Some((progress, _, total)) = current {
        if errors.iter().any(|line| line.starts_with("ERROR")) {
            progress.clear();
        } else {
            progress.finish(total);
        }
    }
    errors
}

/// A file that pip says it downloads, and its size: `Downloading x.whl (530.7 MB)`.
fn announced(line: &str) -> Option<(String, u64)> {
    let rest = line.trim().strip_prefix("Downloading ")?;
    let (name, size) = rest.rsplit_once(" (")?;
    let file = name.rsplit('/').next()?;
    let wheel = Path::new(file).extension().is_some_and(|end| end == "whl");
    if !wheel {
        return None; // Metadata alone: too small to speak of.
    }
    let (number, unit) = size.strip_suffix(')')?.split_once(' ')?;
    let scale = match unit {
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return None, // A few kilobytes are not worth a line.
    };
    Some((
        file.to_owned(),
        (number.parse::<f64>().ok()? * scale) as u64,
    ))
}

/// How large the file of this name is, in `temporary` or a folder of pip's in it.
fn growing(temporary: &Path, file: &str) -> u64 {
    let folders = std::fs::read_dir(temporary).into_iter().flatten().flatten();
    folders
        .filter_map(|entry| std::fs::metadata(entry.path().join(file)).ok())
        .map(|found| found.len())
        .max()
        .unwrap_or(0)
}

/// What pip's complaints mean, and what to do.
fn explain(errors: &[String]) -> Failure {
    let has = |signs: &[&str]| {
        errors
            .iter()
            .any(|line| signs.iter().any(|sign| line.contains(sign)))
    };
    if has(&["No space left on device", "Errno 28", "Disk quota exceeded"]) {
        return Failure::new(
            "the disk filled up while pip was downloading",
            "Free some space, then run the same command again.",
        );
    }
    if has(&["SSLError", "CERTIFICATE_VERIFY_FAILED"]) {
        return Failure::new(
            "the package index could not be trusted (its TLS certificate was refused)",
            "Behind a company's proxy: python3 -m pip config set global.cert FILE",
        );
    }
    if has(&[
        "401 Client Error",
        "401 Error",
        "403 Client Error",
        "User for ",
    ]) {
        return Failure::new(
            "the package index refused access",
            "Put the user name and password for it into pip's configuration.",
        );
    }
    if has(&[
        "NewConnectionError",
        "Failed to establish a new connection",
        "Temporary failure in name resolution",
        "ConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "Read timed out",
        "ProxyError",
        "ProtocolError",
        "Connection broken",
        "IncompleteRead",
        "incomplete-download",
        "Network is unreachable",
    ]) {
        return Failure::new(
            "no connection to the package index, or it broke off",
            "Check the network (and pip's proxy or mirror: python3 -m pip config list), then run \
             the same command again.\n\
             Without a network: copy `.libtorch` from another clone, or set LIBTORCH to a folder \
             that holds libtorch 2.11.0.",
        );
    }
    if has(&["No matching distribution found"]) {
        return Failure::new(
            "the package index that pip is configured for has no torch 2.11.0 for this system",
            "See what pip uses: python3 -m pip config list\n\
             Use an index that has it (PIP_INDEX_URL), or set LIBTORCH to a folder that holds \
             libtorch 2.11.0.",
        );
    }
    let last: Vec<&str> = errors.iter().rev().take(5).map(String::as_str).collect();
    let said: Vec<&str> = last.into_iter().rev().collect();
    Failure::new(
        format!("pip failed:\n{}", said.join("\n")),
        "Fix that, then run the same command again; or set LIBTORCH to a folder that holds libtorch 2.11.0.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announced_wheel_is_read() {
        let line = "  Downloading torch-2.11.0-cp312-cp312-manylinux_2_28_x86_64.whl (530.7 MB)";
        let name = "torch-2.11.0-cp312-cp312-manylinux_2_28_x86_64.whl".to_owned();
        assert_eq!(announced(line), Some((name.clone(), 530_700_000)));
        let line = format!("Downloading somewhere/packages/{name} (2.2 GB)");
        assert_eq!(announced(&line), Some((name, 2_200_000_000)));
    }

    #[test]
    fn what_is_no_wheel_is_passed_over() {
        for line in [
            "Collecting torch==2.11.0",
            "  Downloading torch-2.11.0.whl.metadata (29 kB)",
            "  Downloading torch-2.11.0.whl (much)",
            "  Downloading cuda_toolkit-13.0.2-py2.py3-none-any.whl (2.4 kB)",
            "Saved ./torch-2.11.0.whl",
        ] {
            assert_eq!(announced(line), None, "{line}");
        }
    }

    #[test]
    fn linux_is_asked_for_by_every_older_name() {
        let names = platforms("linux", "x86_64").unwrap();
        assert_eq!(names[0], "manylinux_2_28_x86_64");
        for name in ["manylinux_2_17_x86_64", "manylinux2014_x86_64"] {
            assert!(names.iter().any(|each| each == name), "{name}");
        }
        assert!(platforms("macos", "x86_64").is_err());
        assert!(platforms("freebsd", "x86_64").is_err());
    }

    #[test]
    fn failures_are_told_apart() {
        let meaning = |lines: &[&str]| {
            explain(
                &lines
                    .iter()
                    .map(|&line| line.to_owned())
                    .collect::<Vec<_>>(),
            )
            .what
        };
        let missing = "ERROR: No matching distribution found for torch==2.11.0";
        let unreachable = "WARNING: Retrying (Retry(total=4, connect=None, read=None, \
            redirect=None, status=None)) after connection broken by \
            'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object>: Failed \
            to establish a new connection: [Errno -3] Temporary failure in name resolution')'";
        assert!(meaning(&[unreachable, missing]).contains("no connection"));
        assert!(meaning(&[missing]).contains("has no torch 2.11.0"));
        let full = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left \
            on device";
        assert!(meaning(&[full]).contains("filled up"));
        assert!(meaning(&["ERROR: boom"]).contains("ERROR: boom"));
    }

    #[test]
    fn a_growing_file_is_found_in_a_folder_of_pips() {
        let folder = std::env::temp_dir().join(format!("xtask-growing-{}", std::process::id()));
        let inner = folder.join("pip-unpack-abc");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("a.whl"), [0; 10]).unwrap();
        assert_eq!(growing(&folder, "a.whl"), 10);
        assert_eq!(growing(&folder, "b.whl"), 0);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
