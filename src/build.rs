//! The program is linked at a fixed address: then nothing in its tables of functions and texts has to be relocated when it
//! starts, and their pages are read when somebody looks at them.

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    let target = |key: &str| std::env::var(key).unwrap_or_default();
    // Linkers of other systems have no such option, or another meaning for it.
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
