//! Tells the linker where libtorch lies, so that the program, its tests, examples and benches
//! find it from any folder.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // `cargo xtask install` links against `.libtorch` but has the program look elsewhere.
    println!("cargo:rerun-if-env-changed=CLIP_LAB_RPATH");
    let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") else {
        return; // torch-sys names no folder on Windows, which has no rpath either.
    };
    if std::env::var("CARGO_CFG_UNIX").is_err() {
        return;
    }
    // Written anew when `cargo xtask setup --cuda` replaces one libtorch by another.
    let version = Path::new(&lib).with_file_name("build-version");
    if version.exists() {
        println!("cargo:rerun-if-changed={}", version.display());
    }
    let rpath = std::env::var("CLIP_LAB_RPATH").unwrap_or_else(|_| lib.clone());
    // `-Xlinker` rather than `-Wl,`: a path may hold a comma.
    to_linker(&["-rpath", &rpath]);

    // Nothing refers to a symbol of libtorch_cuda: it registers its kernels as it is loaded. A
    // linker that drops unneeded libraries would drop it, and with it every CUDA device.
    let cuda = Path::new(&lib).join("libtorch_cuda.so");
    if cuda.exists() {
        let cuda = cuda.display().to_string();
        to_linker(&["--no-as-needed", &cuda, "--as-needed"]);
    }
}

fn to_linker(arguments: &[&str]) {
    for argument in arguments {
        println!("cargo:rustc-link-arg=-Xlinker");
        println!("cargo:rustc-link-arg={argument}");
    }
}
