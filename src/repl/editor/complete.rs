//! What Tab offers. No user code runs: names come from dictionaries, attributes from classes and slots.

use std::path::Path;
use std::time::{Duration, Instant};

use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::descriptors::is_exact_payload;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;
use syntax::highlight::{Class, highlight};

use super::resolve::{self, Known, resolve};
use super::state::Candidate;
use super::unloaded;
use crate::commands;
use crate::console::sanitize;
use crate::look;

/// How long Tab may take; then the list is what was found so far.
const BUDGET: Duration = Duration::from_millis(50);
/// The most entries of a list.
const ENTRIES_MAX: usize = 500;

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "case", "class",
    "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if",
    "import", "in", "is", "lambda", "match", "nonlocal", "not", "or", "pass", "raise", "return",
    "try", "type", "while", "with", "yield",
];

/// Where names are looked up.
pub(super) struct Scope<'s, 'gil> {
    /// The thread's token.
    pub(super) vm: Vm<'gil>,
    /// The namespace of the prompt.
    pub(super) globals: &'s PyRef<PyDict>,
    /// The locals, in `breakpoint()`.
    pub(super) locals: Option<&'s PyRef<PyDict>>,
}

/// What may stand for the word that ends `before`: where the word begins, and the entries, best first.
pub(super) fn candidates(scope: &Scope<'_, '_>, before: &str) -> (usize, Vec<Candidate>) {
    if let Some(found) = commands::complete(scope.vm, before) {
        let (start, names) = found;
        let kind = if start <= 1 { "command" } else { "" };
        let entries = names.into_iter().map(|(text, about)| entry(text, kind, about)).collect();
        return (start, entries);
    }
    if let Some(word) = command_file(before) {
        return files(before, word);
    }
    if let Some(found) = in_string(scope, before) {
        return found;
    }
    let word_length: usize = before
        .chars()
        .rev()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .map(char::len_utf8)
        .sum();
    let start = before.len() - word_length;
    let stem = before.get(start..).unwrap_or_default();
    let head = before.get(..start).unwrap_or_default();
    let mut found = Vec::new();
    if let Some(found) = imports(scope, before) {
        return (start, ranked(found, stem));
    }
    if let Some(head) = head.strip_suffix('.') {
        match resolve(scope, head) {
            Some(Known::Object(object)) => attributes(scope.vm, &object, stem, &mut found),
            Some(Known::Instance(class)) => members(scope.vm, &class, stem, &mut found),
            None => {}
        }
        return (start, ranked(found, stem));
    }
    // Right behind a value nothing but an operator goes on.
    if head.ends_with(['"', '\'', ')', ']', '}']) {
        return (start, Vec::new());
    }
    keyword_arguments(scope, head, &mut found);
    names(scope, stem, &mut found);
    (start, ranked(found, stem))
}

fn entry(text: String, kind: &str, about: String) -> Candidate {
    Candidate { text, kind: kind.to_owned(), about }
}

/// Those that begin with the stem; private ones only if it says so; then the same without regard to case.
fn ranked(all: Vec<Candidate>, stem: &str) -> Vec<Candidate> {
    let hidden = |text: &str| {
        (text.starts_with("__") && !stem.starts_with("__"))
            || (text.starts_with('_') && !stem.starts_with('_'))
    };
    let lower = stem.to_lowercase();
    let mut kept: Vec<Candidate> = all
        .into_iter()
        .filter(|entry| !hidden(&entry.text) && entry.text.to_lowercase().starts_with(&lower))
        .collect();
    if kept.iter().any(|entry| entry.text.starts_with(stem)) {
        kept.retain(|entry| entry.text.starts_with(stem));
    }
    let rank = |entry: &Candidate| u8::from(!entry.text.ends_with('='));
    kept.sort_by(|a, b| (rank(a), &a.text).cmp(&(rank(b), &b.text)));
    kept.dedup_by(|a, b| a.text == b.text);
    kept.truncate(ENTRIES_MAX);
    kept
}

fn described(vm: Vm<'_>, name: String, value: Option<&Value>) -> Candidate {
    let Some(value) = value else { return entry(name, "", String::new()) };
    let kind = if look::is_computed(value) { "property".to_owned() } else { look::kind(value) };
    let about = look::signature(vm, value).unwrap_or_default();
    // The module that a class is of says less than its room is worth.
    let kind = kind.rsplit('.').next().unwrap_or_default();
    entry(name, &sanitize(kind), sanitize(&about))
}

fn names(scope: &Scope<'_, '_>, stem: &str, found: &mut Vec<Candidate>) {
    let vm = scope.vm;
    let builtins = vm.interpreter().builtins.clone();
    let dicts = [scope.locals, Some(scope.globals), Some(&builtins)];
    for dict in dicts.into_iter().flatten() {
        for key in dict.string_keys() {
            let name = key.to_rust_string();
            if starts(&name, stem) && is_identifier(&name) {
                found.push(described(vm, name, dict.get_str(&key).as_ref()));
            }
        }
    }
    for keyword in KEYWORDS.iter().filter(|keyword| starts(keyword, stem)) {
        found.push(entry((*keyword).to_owned(), "keyword", String::new()));
    }
}

fn starts(name: &str, stem: &str) -> bool {
    name.len() >= stem.len() && name.to_lowercase().starts_with(&stem.to_lowercase())
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn attributes(vm: Vm<'_>, object: &Value, stem: &str, found: &mut Vec<Candidate>) {
    let begun = Instant::now();
    for name in look::attribute_names(vm, object) {
        if !starts(&name, stem) || !is_identifier(&name) {
            continue;
        }
        let value =
            if begun.elapsed() < BUDGET { look::attribute(vm, object, &name) } else { None };
        found.push(described(vm, name, value.as_ref()));
    }
}

/// What a name stands for.
pub(super) fn lookup(scope: &Scope<'_, '_>, name: &str) -> Option<Value> {
    let key = scope.vm.intern(name);
    scope
        .locals
        .and_then(|locals| locals.get_str(&key))
        .or_else(|| scope.globals.get_str(&key))
        .or_else(|| scope.vm.interpreter().builtins.get_str(&key))
}

/// The members of an instance of a class that is known by its class only.
fn members(vm: Vm<'_>, class: &Value, stem: &str, found: &mut Vec<Candidate>) {
    for name in resolve::instance_names(class) {
        if starts(&name, stem) && is_identifier(&name) {
            let value = resolve::class_attribute(vm, class, &name);
            found.push(described(vm, name, value.as_ref()));
        }
    }
}

/// Where the call begins whose arguments the text ends in, and how many commas are behind it.
pub(super) fn open_call(text: &str) -> Option<(usize, usize)> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    for span in highlight(text) {
        let (start, end) = (span.span.start as usize, span.span.end as usize);
        if span.class == Class::String || span.class == Class::Comment {
            continue;
        }
        match text.get(start..end)? {
            "(" | "[" | "{" => open.push((start, 0)),
            ")" | "]" | "}" => drop(open.pop()),
            "," => {
                if let Some(last) = open.last_mut() {
                    last.1 += 1;
                }
            }
            _ => {}
        }
    }
    let (at, commas) = open.pop()?;
    let callable = text.get(..at)?.ends_with(|c: char| c.is_alphanumeric() || "_])".contains(c));
    (text.get(at..)?.starts_with('(') && callable).then_some((at, commas))
}

fn keyword_arguments(scope: &Scope<'_, '_>, head: &str, found: &mut Vec<Candidate>) {
    if !head.trim_end().ends_with(['(', ',']) {
        return;
    }
    let Some((at, _)) = open_call(head) else { return };
    let callee = head.get(..at).and_then(|callee| resolve(scope, callee)?.object());
    let Some(callee) = callee else { return };
    let Some(signature) = look::signature(scope.vm, &callee) else { return };
    let inner = signature.trim_matches(['(', ')']);
    // What stands before the slash has no name to be given by.
    let named = inner.split_once("/, ").map_or(inner, |(_, named)| named);
    let given = head.get(at..).unwrap_or_default();
    for part in named.split(", ").filter(|part| !part.ends_with('/')) {
        let name = part.split(['=', ':']).next().unwrap_or_default();
        let default = part.split_once('=').map_or("", |(_, default)| default);
        if is_identifier(name) && !given.contains(&format!("{name}=")) {
            let about = if default.is_empty() { String::new() } else { format!("={default}") };
            found.push(entry(format!("{name}="), "argument", about));
        }
    }
}

/// Modules behind `import` and `from`, names behind `from x import`.
fn imports(scope: &Scope<'_, '_>, before: &str) -> Option<Vec<Candidate>> {
    let line = before.rsplit(['\n', ';']).next()?.trim_start();
    if let Some(rest) = line.strip_prefix("from ") {
        if let Some((module, _)) = rest.split_once(" import ") {
            let modules = &scope.vm.interpreter().modules;
            let Some(module) = modules.get_str(&scope.vm.intern(module.trim())) else {
                let folders = search_path(scope.vm);
                return Some(unloaded::names(module.trim(), &folders).unwrap_or_default());
            };
            let mut found = Vec::new();
            attributes(scope.vm, &module, "", &mut found);
            return Some(found);
        }
        return if rest.contains(' ') {
            Some(vec![entry("import".to_owned(), "keyword", String::new())])
        } else {
            Some(importable(scope, rest))
        };
    }
    let rest = line.strip_prefix("import ")?;
    Some(importable(scope, rest.rsplit(',').next().unwrap_or(rest).trim_start()))
}

/// The modules that could be imported: the library's, the loaded ones, files on `sys.path`.
fn importable(scope: &Scope<'_, '_>, path: &str) -> Vec<Candidate> {
    let vm = scope.vm;
    let package = path.rsplit_once('.').map(|(package, _)| package);
    let mut names: Vec<String> = Vec::new();
    let prefix = package.map(|package| format!("{package}."));
    let loaded = vm.interpreter().modules.string_keys();
    let mut all: Vec<String> = loaded.iter().map(|key| key.to_rust_string()).collect();
    all.extend(modules::NATIVE_MODULES.iter().map(|row| row.name.to_owned()));
    if let Some(library) = modules::library::get() {
        all.extend(
            (library.paths)().iter().filter_map(|path| modules::library::name_of_path(path)),
        );
    }
    for name in &all {
        let rest = match &prefix {
            Some(prefix) => name.strip_prefix(prefix.as_str()),
            None => Some(name.as_str()),
        };
        if let Some(first) = rest.and_then(|rest| rest.split('.').next()) {
            names.push(first.to_owned());
        }
    }
    let folder = package.map(|package| package.replace('.', "/"));
    let begun = Instant::now();
    for base in search_path(vm) {
        let place = Path::new(if base.is_empty() { "." } else { &base });
        let place = folder.as_ref().map_or_else(|| place.to_path_buf(), |inner| place.join(inner));
        let Ok(entries) = std::fs::read_dir(place) else { continue };
        for file in entries.flatten() {
            if begun.elapsed() > BUDGET {
                break;
            }
            let name = file.file_name().to_string_lossy().into_owned();
            let is_folder = file.file_type().is_ok_and(|kind| kind.is_dir());
            let stem = name.strip_suffix(".py").or_else(|| name.strip_suffix(".so"));
            if let Some(stem) = stem.or_else(|| is_folder.then_some(name.as_str())) {
                names.push(stem.split('.').next().unwrap_or(stem).to_owned());
            }
        }
    }
    names.retain(|name| is_identifier(name) && name != "__pycache__" && name != "__main__");
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| entry(name, "module", String::new())).collect()
}

fn search_path(vm: Vm<'_>) -> Vec<String> {
    let path = vm.interpreter().sys.get_str(&vm.names().path);
    let list = path.as_ref().and_then(|path| path.downcast::<objects::types::list::PyList>());
    let items = list
        .map(objects::core::object::Py::<objects::types::list::PyList>::items_vec)
        .unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.downcast::<PyStr>().map(objects::core::object::Py::to_rust_string))
        .collect()
}

/// Inside an unfinished string: a dict's keys behind `name[`, or files.
fn in_string(scope: &Scope<'_, '_>, before: &str) -> Option<(usize, Vec<Candidate>)> {
    let spans = highlight(before);
    let last = spans.last().filter(|span| span.class == Class::String)?;
    let (start, end) = (last.span.start as usize, last.span.end as usize);
    let text = before.get(start..end)?;
    let quote = text.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let inner = text.strip_prefix(quote)?;
    if end != before.len() || inner.contains(quote) {
        return None;
    }
    if let Some(head) = before.get(..start).and_then(|head| head.strip_suffix('['))
        && let Some(object) = resolve(scope, head).and_then(Known::object)
        && is_exact_payload::<PyDict>(&object)
    {
        let dict = object.downcast::<PyDict>()?;
        let found = dict
            .string_keys()
            .iter()
            .map(|key| key.to_rust_string())
            .filter(|key| key.starts_with(inner) && !key.contains(['\\', '\n', quote]))
            .map(|key| {
                let value = dict.get_str(&scope.vm.intern(&key));
                described(scope.vm, format!("{key}{quote}]"), value.as_ref())
            })
            .take(ENTRIES_MAX)
            .collect();
        return Some((start + 1, found));
    }
    Some(files(before, inner))
}

/// The word of `!cmd`, `:load` and their like.
fn command_file(before: &str) -> Option<&str> {
    let text = before.trim_start();
    let takes_file = text.starts_with('!')
        || text
            .strip_prefix([':', '%'])
            .and_then(|rest| rest.split_once(' '))
            .is_some_and(|(word, _)| matches!(word, "load" | "run" | "cd" | "save" | "edit"));
    takes_file.then(|| text.rsplit([' ', '!']).next().unwrap_or_default())
}

/// The files whose path begins with `path`, which ends `before`.
fn files(before: &str, path: &str) -> (usize, Vec<Candidate>) {
    let (folder, stem) = match path.rsplit_once('/') {
        Some((folder, stem)) => (format!("{folder}/"), stem),
        None => (String::new(), path),
    };
    let real = match folder.strip_prefix("~/") {
        Some(rest) => std::env::home_dir().unwrap_or_default().join(rest),
        None if folder.is_empty() => Path::new(".").to_path_buf(),
        None => Path::new(&folder).to_path_buf(),
    };
    let begun = Instant::now();
    let mut found = Vec::new();
    for file in std::fs::read_dir(real).into_iter().flatten().flatten() {
        if begun.elapsed() > BUDGET {
            break;
        }
        let name = file.file_name().to_string_lossy().into_owned();
        if !name.starts_with(stem) || (name.starts_with('.') && !stem.starts_with('.')) {
            continue;
        }
        if sanitize(&name) != name {
            continue;
        }
        let is_folder = file.path().is_dir();
        let kind = if is_folder { "folder" } else { "file" };
        found.push(entry(if is_folder { format!("{name}/") } else { name }, kind, String::new()));
    }
    found.sort_by(|a, b| a.text.cmp(&b.text));
    found.truncate(ENTRIES_MAX);
    (before.len() - stem.len(), found)
}
