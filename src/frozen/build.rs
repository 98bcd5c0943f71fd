//! Compiles the embedded library: every module's code object goes into one archive, with an index. Without the feature
//! `compiled` both are empty.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

#[cfg(feature = "compiled")]
#[path = "library.rs"]
mod library;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=library.rs");
    #[cfg(feature = "compiled")]
    let records = library::compile_all()?;
    #[cfg(not(feature = "compiled"))]
    let records: Vec<(String, Vec<u8>)> = Vec::new();
    let mut archive = Vec::new();
    let mut index = String::from("&[\n");
    for (name, record) in records {
        let start = archive.len();
        archive.extend_from_slice(&record);
        writeln!(index, "    ({name:?}, {start}, {}),", archive.len())?;
    }
    index.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("archive.bin"), archive)?;
    fs::write(out.join("index.rs"), index)?;
    Ok(())
}
