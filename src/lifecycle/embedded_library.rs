//! Where the embedded library's code and text are.

use std::sync::Arc;

use base::wstr::WString;
use bytecode::CodeRef;
use modules::library::{Entry, Library};

/// Makes the library known to the import system; its modules bear file names below `root`.
pub(crate) fn install(root: &str) {
    modules::library::install(root, Library { find, source, code, paths });
}

fn find(name: &str) -> Option<Entry> {
    let found = pylib::source(name)?;
    Some(Entry { path: found.path.to_owned(), is_package: found.is_package })
}

fn source(name: &str) -> Option<Vec<u8>> {
    Some(pylib::source(name)?.text().as_bytes().to_vec())
}

/// The code made when the project was built, where it was; compiled now otherwise.
fn code(name: &str) -> Option<CodeRef> {
    let found = pylib::source(name)?;
    let filename = Arc::new(WString::from(filename_of(name, found.path).as_str()));
    if let Some(record) = frozen::code(name)
        && let Some(code) = bytecode::archive::open(record, &filename)
    {
        return Some(code);
    }
    let text = syntax::source::decode(found.text().as_bytes()).ok()?;
    let parsed = syntax::parse(&text, syntax::Mode::Exec, &syntax::ParseOptions::default()).ok()?;
    let options = compiler::options::Options {
        filename,
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    };
    Some(CodeRef::new(compiler::compile(&parsed, &options).ok()?.code))
}

/// The file name that a module's code bears: the import machinery's own is that of CPython's frozen modules.
fn filename_of(name: &str, path: &str) -> String {
    match name {
        "importlib._bootstrap" | "importlib._bootstrap_external" => format!("<frozen {name}>"),
        _ => format!("{}/{path}", modules::library::root()),
    }
}

fn paths() -> Vec<String> {
    pylib::sources().map(|source| source.path.to_owned()).collect()
}
