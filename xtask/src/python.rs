//! The Python that fetches libtorch: which one, what it has, and how its helper is started.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::failure::{Failure, Result};

/// See its own first lines.
const HELPER: &str = include_str!("helper.py");

/// The first pip that takes several `--platform`.
const OLDEST_PIP: (u32, u32) = (20, 3);

/// The C library that the wheels are built for.
const OLDEST_GLIBC: (u32, u32) = (2, 28);

#[derive(Debug, Clone)]
pub struct Python {
    program: PathBuf,
    /// Bytes free where libtorch goes.
    pub free: u64,
}

/// What `helper.py info` says of a Python.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Info {
    python: String,
    pip: Option<String>,
    free: u64,
    /// Name and version of the C library, if told: `glibc 2.36`.
    libc: String,
}

/// Names to try, best first: the active environment's own, then the system's.
pub fn candidates() -> Vec<&'static str> {
    if cfg!(windows) {
        vec!["python", "py"]
    } else if std::env::var_os("VIRTUAL_ENV").is_some() {
        vec!["python", "python3"]
    } else {
        vec!["python3", "python"]
    }
}

impl Python {
    /// Finds a Python 3 with pip; `folder` is where libtorch goes.
    pub fn find(folder: &Path) -> Result<Self> {
        let mut without_pip = None;
        for name in candidates() {
            let Some(info) = ask(name, folder) else {
                continue;
            };
            let Some(pip) = &info.pip else {
                without_pip = without_pip.or(Some((name, info)));
                continue;
            };
            check(name, &info, pip)?;
            return Ok(Self {
                program: PathBuf::from(name),
                free: info.free,
            });
        }
        Err(match without_pip {
            Some((name, info)) => no_pip(name, &info.python),
            None => no_python(),
        })
    }

    /// Starts the helper. It ends when its standard input closes, so with this process.
    pub fn helper(&self, command: &str) -> Command {
        let mut process = Command::new(&self.program);
        process.args(["-u", "-c", HELPER, command]);
        process.stdin(Stdio::piped());
        process.stdout(Stdio::piped());
        process.stderr(Stdio::piped());
        process
    }

    pub fn start(&self, command: &mut Command) -> Result<Child> {
        command.spawn().map_err(|error| {
            Failure::io(format!("cannot start {}", self.program.display()), &error)
        })
    }
}

fn ask(name: &str, folder: &Path) -> Option<Info> {
    let output = Command::new(name)
        .args(["-c", HELPER, "info"])
        .arg(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| read_info(&String::from_utf8_lossy(&output.stdout)))
}

fn read_info(text: &str) -> Info {
    let mut info = Info::default();
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("python", version)) => version.trim().clone_into(&mut info.python),
            Some(("pip", version)) if version != "none" => info.pip = Some(version.to_owned()),
            Some(("free", bytes)) => info.free = bytes.trim().parse().unwrap_or(u64::MAX),
            Some(("libc", version)) => version.trim().clone_into(&mut info.libc),
            _ => {}
        }
    }
    info
}

fn check(name: &str, info: &Info, pip: &str) -> Result<()> {
    if !info.python.starts_with("3.") {
        return Err(Failure::new(
            format!("`{name}` is Python {}", info.python),
            "Install Python 3 under the name python3.",
        ));
    }
    if version(pip).is_some_and(|pip| pip < OLDEST_PIP) {
        return Err(Failure::new(
            format!("pip {pip} is too old to fetch libtorch"),
            format!("Renew it: {name} -m pip install --upgrade pip"),
        ));
    }
    if let Some(glibc) = info.libc.strip_prefix("glibc ")
        && version(glibc).is_some_and(|glibc| glibc < OLDEST_GLIBC)
    {
        return Err(Failure::new(
            format!("this system's C library is glibc {glibc}; libtorch 2.11.0 needs 2.28"),
            "Use a newer system, or set LIBTORCH to a libtorch 2.11.0 built for this one.",
        ));
    }
    Ok(())
}

/// The first two numbers of a version.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next()?.parse().ok()?))
}

fn no_python() -> Failure {
    Failure::new(
        "Python 3 was not found (`python3`); libtorch is fetched with its pip",
        "Install it, then run the same command again:\n\
         Debian, Ubuntu: sudo apt install python3 python3-pip\n\
         Fedora:         sudo dnf install python3 python3-pip\n\
         Arch:           sudo pacman -S python python-pip\n\
         macOS:          xcode-select --install\n\
         Or set LIBTORCH to a folder that holds libtorch 2.11.0; then Python is not needed.",
    )
}

fn no_pip(name: &str, version: &str) -> Failure {
    Failure::new(
        format!("Python {version} (`{name}`) has no pip; libtorch is fetched with it"),
        format!(
            "Install it, then run the same command again:\n\
             Debian, Ubuntu: sudo apt install python3-pip\n\
             Fedora:         sudo dnf install python3-pip\n\
             Arch:           sudo pacman -S python-pip\n\
             Elsewhere:      {name} -m ensurepip --upgrade"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_helper_says_is_read() {
        let info = read_info("python 3.11.7\npip 23.2.1\nfree 77000000000\nlibc glibc 2.36\n");
        assert_eq!(info.python, "3.11.7");
        assert_eq!(info.pip.as_deref(), Some("23.2.1"));
        assert_eq!(info.free, 77_000_000_000);
        assert_eq!(info.libc, "glibc 2.36");
        assert_eq!(
            read_info("python 3.13.0\npip none\nlibc\n"),
            Info {
                python: "3.13.0".to_owned(),
                ..Info::default()
            }
        );
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("23.2.1"), Some((23, 2)));
        assert_eq!(version("2.36"), Some((2, 36)));
        assert_eq!(version("21.0b1"), Some((21, 0)));
        assert_eq!(version("none"), None);
    }

    #[test]
    fn what_is_too_old_is_refused() {
        let new = Info {
            python: "3.9.2".to_owned(),
            libc: "glibc 2.31".to_owned(),
            ..Info::default()
        };
        assert!(check("python3", &new, "20.3.4").is_ok());
        assert!(check("python3", &new, "20.0.2").is_err());
        let old = Info {
            libc: "glibc 2.17".to_owned(),
            ..new
        };
        assert!(check("python3", &old, "20.3.4").is_err());
    }
}
