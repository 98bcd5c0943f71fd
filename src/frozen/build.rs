//! Compiles the embedded library: every module's code object goes into one archive, with an index.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use base::wstr::WString;
use compiler::options::Options;
use pylib::Source;

/// Room for the deepest nesting of the library's sources.
const STACK_SIZE: usize = 64 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let worker = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(compile_all)?;
    let records = worker.join().map_err(|_| "compiling the library failed")?;
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

fn compile_all() -> Vec<(&'static str, Vec<u8>)> {
    let mut records = Vec::new();
    for source in pylib::sources() {
        match compile(&source) {
            Ok(record) => records.push((source.name, record)),
            // The module is compiled when it is imported, and its error is seen then.
            Err(message) => println!("cargo:warning={}: {message}", source.path),
        }
    }
    records
}

fn compile(source: &Source) -> Result<Vec<u8>, String> {
    let text = syntax::source::decode(source.text.as_bytes()).map_err(|error| error.message)?;
    let parsed = syntax::parse(&text, syntax::Mode::Exec, &syntax::ParseOptions::default())
        .map_err(|error| error.message)?;
    let options = Options {
        filename: Arc::new(WString::from(source.path)),
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    };
    let compiled = compiler::compile(&parsed, &options).map_err(|error| error.message)?;
    Ok(bytecode::archive::encode(&compiled.code))
}
