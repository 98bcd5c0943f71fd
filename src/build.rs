//! The program is linked at a fixed address: then nothing in its tables of functions and texts has to be relocated when it
//! starts, and their pages are read when somebody looks at them.

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rustc-link-arg-bins=-no-pie");
}
