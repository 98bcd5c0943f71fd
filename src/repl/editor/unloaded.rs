//! The names of a module that is not loaded, read from its source: nothing of it runs.

use std::path::Path;

use super::state::Candidate;

/// A longer source is not read.
const SOURCE_MAX: u64 = 4 << 20;

/// What the module defines at its top level; None where there is no source.
pub(super) fn names(module: &str, folders: &[String]) -> Option<Vec<Candidate>> {
    let text = source(module, folders)?;
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.strip_prefix("async ").unwrap_or(line);
        if let Some(rest) = line.strip_prefix("def ") {
            add(&mut found, rest, "function");
        } else if let Some(rest) = line.strip_prefix("class ") {
            add(&mut found, rest, "class");
        } else if let Some((_, rest)) =
            line.strip_prefix("from ").and_then(|l| l.split_once(" import "))
        {
            let mut rest = rest.to_owned();
            // A list in brackets goes on until they close.
            while rest.contains('(') && !rest.contains(')') {
                let Some(more) = lines.next() else { break };
                rest.push(' ');
                rest.push_str(more.split('#').next().unwrap_or_default());
            }
            for part in rest.trim_matches(['(', ')', ' ']).split(',') {
                add(&mut found, part.rsplit(" as ").next().unwrap_or(part).trim(), "");
            }
        } else if let Some((target, value)) = line.split_once('=')
            && !value.starts_with('=')
        {
            let name = target.split(':').next().unwrap_or(target).trim_end();
            if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                add(&mut found, name, "");
            }
        }
    }
    Some(found)
}

fn add(found: &mut Vec<Candidate>, text: &str, kind: &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    if !name.is_empty() && !name.starts_with(|c: char| c.is_numeric()) {
        let text = name.to_owned();
        found.push(Candidate { text, kind: kind.to_owned(), about: String::new() });
    }
}

/// The source of a module: the library's, or a file's below a folder of `sys.path`.
fn source(module: &str, folders: &[String]) -> Option<String> {
    let is_name = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !module.split('.').all(|part| !part.is_empty() && is_name(part)) {
        return None;
    }
    let inner = module.replace('.', "/");
    for base in folders {
        let base = Path::new(if base.is_empty() { "." } else { base });
        for path in [base.join(&inner).join("__init__.py"), base.join(format!("{inner}.py"))] {
            let Ok(data) = std::fs::metadata(&path) else { continue };
            if data.is_file() && data.len() <= SOURCE_MAX {
                return Some(String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned());
            }
        }
    }
    let bytes = (modules::library::get()?.source)(module)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
