//! The program is linked at a fixed address: then nothing in its tables of functions and texts has to be relocated when it
//! starts, and their pages are read when somebody looks at them. In an optimised build the text that runs at start lies side
//! by side (`startup.ld`, made by `benches/startup_order.py`), so that starting reads a tenth of the pages. The unwinder is
//! linked in, since its shared library would be found, mapped and told of the processor at every start.

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-changed=src/startup.ld");
    let value = |key: &str| std::env::var(key).unwrap_or_default();
    // Linkers of other systems have no such option, or another meaning for it.
    if value("CARGO_CFG_TARGET_OS") == "linux" && value("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
        println!("cargo:rustc-link-lib=gcc_eh");
        if value("OPT_LEVEL") == "3" {
            let root = value("CARGO_MANIFEST_DIR");
            println!("cargo:rustc-link-arg-bins=-Wl,-T,{root}/src/startup.ld");
        }
    }
}
