//! Source lines for tracebacks: of programs that are no files, of the embedded library, of files.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytecode::CodeRef;

use crate::library;

static REGISTERED: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);

/// Keeps the text of a program that is no file (`-c`, standard input, an input of the shell) for tracebacks.
pub fn register(filename: &str, text: &str) {
    let mut table = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    table.get_or_insert_with(HashMap::new).insert(filename.to_owned(), text.to_owned());
}

/// The code is kept, so that its address names it for good.
type ByCode = HashMap<usize, (CodeRef, Arc<str>)>;

static BY_CODE: Mutex<Option<ByCode>> = Mutex::new(None);

/// Keeps the text of one input for its code object and all code objects inside: later inputs bear the same file name.
pub fn register_code(code: &CodeRef, text: &Arc<str>) {
    let mut table = BY_CODE.lock().unwrap_or_else(PoisonError::into_inner);
    let table = table.get_or_insert_with(HashMap::new);
    let mut waiting = vec![code.clone()];
    while let Some(code) = waiting.pop() {
        waiting.extend(code.nested().cloned());
        table.insert(code.address(), (code, Arc::clone(text)));
    }
}

/// The text of the input that a code object came from.
#[must_use]
pub fn text_of_code(code: &CodeRef) -> Option<Arc<str>> {
    let table = BY_CODE.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, text) = table.as_ref()?.get(&code.address())?;
    Some(Arc::clone(text))
}

/// The text that was registered under a name.
#[must_use]
pub fn registered(filename: &str) -> Option<String> {
    let table = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    table.as_ref()?.get(filename).cloned()
}

/// The whole text of a source; `root` is the embedded library's folder.
#[must_use]
pub fn text_of(filename: &str, root: Option<&str>) -> Option<String> {
    if let Some(text) = registered(filename) {
        return Some(text);
    }
    if filename.starts_with('<') && filename.ends_with('>') {
        return None;
    }
    let inside = root.and_then(|root| filename.strip_prefix(root)).and_then(|rest| {
        let name = library::name_of_path(rest.trim_start_matches('/'))?;
        (library::get()?.source)(&name)
    });
    let bytes = match inside {
        Some(bytes) => bytes,
        None => std::fs::read(filename).ok()?,
    };
    syntax::source::decode(&bytes).ok()
}
