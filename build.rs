//! Tells the linker where libtorch lies, so that the program finds it from any folder.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB")
        && std::env::var("CARGO_CFG_UNIX").is_ok()
    {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    }
}
