//! Part of the build script: the library's modules, compiled.

use std::error::Error;
use std::sync::Arc;

use base::wstr::WString;
use compiler::options::Options;
use pylib::Source;

/// Room for the deepest nesting of the library's sources.
const STACK_SIZE: usize = 64 << 20;

/// A module's name and the record of its code object.
type Record = (String, Vec<u8>);

/// The modules' names with the records of their code objects, sorted by name.
pub(crate) fn compile_all() -> Result<Vec<Record>, Box<dyn Error>> {
    let worker = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(compile_sources)?;
    Ok(worker.join().map_err(|_| "compiling the library failed")?)
}

fn compile_sources() -> Vec<Record> {
    let mut records = Vec::new();
    for source in pylib::sources() {
        match compile(&source) {
            Ok(record) => records.push((source.name.to_owned(), record)),
            // The module is compiled when it is imported, and its error is seen then.
            Err(message) => println!("cargo:warning={}: {message}", source.path),
        }
    }
    records
}

fn compile(source: &Source) -> Result<Vec<u8>, String> {
    let text = syntax::source::decode(source.text().as_bytes()).map_err(|error| error.message)?;
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
