//! The `clip-lab` program: everything happens in the library.

fn main() -> std::process::ExitCode {
    clip_lab::cli::main()
}
