//! Where the embedded library's code and text are.

use std::sync::{Arc, OnceLock};

use base::wstr::WString;
use bytecode::CodeSpec;
use modules::library::{Entry, Library};

/// The folder that embedded modules bear in their file names, fixed at start.
static ROOT: OnceLock<String> = OnceLock::new();

/// Makes the library known to the import system; its modules bear file names below `root`.
pub(crate) fn install(root: &str) {
    // The first interpreter of the process decides.
    let _ = ROOT.set(root.to_owned());
    modules::library::install(Library { find, source, code, paths });
}

fn find(name: &str) -> Option<Entry> {
    let found = pylib::source(name)?;
    Some(Entry { path: found.path.to_owned(), is_package: found.is_package })
}

fn source(name: &str) -> Option<Vec<u8>> {
    Some(pylib::source(name)?.text.as_bytes().to_vec())
}

/// Compiled when it is first asked for.
fn code(name: &str) -> Option<Arc<CodeSpec>> {
    let found = pylib::source(name)?;
    let text = syntax::source::decode(found.text.as_bytes()).ok()?;
    let parsed = syntax::parse(&text, syntax::Mode::Exec, &syntax::ParseOptions::default()).ok()?;
    let root = ROOT.get().map_or("", String::as_str);
    let filename = match name {
        "importlib._bootstrap" => "<frozen importlib._bootstrap>".to_owned(),
        "importlib._bootstrap_external" => "<frozen importlib._bootstrap_external>".to_owned(),
        _ => format!("{root}/{}", found.path),
    };
    let options = compiler::options::Options {
        filename: Arc::new(WString::from(filename.as_str())),
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    };
    Some(Arc::new(compiler::compile(&parsed, &options).ok()?.code))
}

fn paths() -> Vec<String> {
    pylib::sources().map(|source| source.path.to_owned()).collect()
}
