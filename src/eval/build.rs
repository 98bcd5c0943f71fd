//! Chooses the form of dispatch: sibling calls hold only where calls at the end of a function become jumps.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(pyglass_sibling_dispatch)");
    println!("cargo::rerun-if-changed=build.rs");
    let optimised = std::env::var("OPT_LEVEL").is_ok_and(|level| level == "3");
    let checked = std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some();
    let x86 = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64");
    if optimised && !checked && x86 {
        println!("cargo::rustc-cfg=pyglass_sibling_dispatch");
    }
}
