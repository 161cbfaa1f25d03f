//! `cargo xtask`: sets clip-lab up, runs it, tests it, installs it. Knows nothing of tensors: it
//! must build in seconds, before libtorch is there.

mod args;
mod cargo;
mod check;
mod failure;
mod fetch;
mod install;
mod jsonl;
mod libtorch;
mod machine;
mod pip;
mod progress;
mod python;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use args::Task;
use failure::Result;

fn main() -> ExitCode {
    let arguments = match args::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(failure) => {
            eprintln!("{failure}");
            return ExitCode::from(2);
        }
    };
    match perform(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(arguments: &args::Args) -> Result<u8> {
    if arguments.task == Task::Help {
        print!("{}", args::HELP);
        return Ok(0);
    }
    let root = root();
    let libtorch = libtorch::set_up(&root, arguments.flavour)?;
    match arguments.task {
        Task::Run => return cargo::run_lab(&root, &libtorch, &arguments.rest),
        Task::Test => check::run(&root, &libtorch)?,
        Task::Install => install::run(&root, &libtorch)?,
        Task::Setup => eprintln!("ready: cargo xtask run, or plain cargo run, test, bench"),
        Task::Help => {}
    }
    Ok(0)
}

/// The repository's root, above this package's folder.
fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .parent()
        .map_or_else(|| package.clone(), Path::to_path_buf)
}
