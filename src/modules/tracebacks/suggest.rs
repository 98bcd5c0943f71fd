//! "Did you mean": names that are near to the wrong one.

use base::wstr::WString;
use objects::core::suggestions::closest;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::fields::number::{NAME, NAME_FROM, OBJ};
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::syntax_error::number as field;
use objects::types::str::PyStr;
use objects::types::traceback::PyTraceback;
use objects::types::tuple::PyTuple;
use syntax::typos::{self, Failure, Trial, Typo};

fn text(value: &Value) -> Option<String> {
    value.downcast::<PyStr>().map(objects::core::object::Py::to_rust_string)
}

fn attribute_names(vm: Vm<'_>, object: &Value) -> Vec<String> {
    let names = vm
        .call_special(object, &vm.names().__dir__, &[])
        .and_then(|names| names.map_or(Ok(Vec::new()), |names| vm.collect(&names)));
    match names {
        Ok(names) => names.iter().filter_map(text).collect(),
        Err(raised) => {
            vm.clear(raised);
            Vec::new()
        }
    }
}

/// What stands behind an exception's text; None where nothing is near.
pub(super) fn suggestion(vm: Vm<'_>, exception: &Value) -> Option<String> {
    let class = exception.class();
    let payload = payload_of(exception);
    if class.is_subtype(exc::ATTRIBUTE_ERROR.get()) {
        let wrong = text(&payload.field(NAME)?)?;
        let object = payload.field(OBJ)?;
        let names = attribute_names(vm, &object);
        let names =
            names.into_iter().filter(|name| wrong.starts_with('_') || !name.starts_with('_'));
        return closest(&wrong, names).map(|better| format!(". Did you mean: '{better}'?"));
    }
    if class.is_subtype(exc::IMPORT_ERROR.get()) {
        let wrong = text(&payload.field(NAME_FROM)?)?;
        let module = vm.interpreter().modules.get_str(&vm.intern(&text(&payload.field(NAME)?)?))?;
        let names = attribute_names(vm, &module);
        let names =
            names.into_iter().filter(|name| wrong.starts_with('_') || !name.starts_with('_'));
        return closest(&wrong, names).map(|better| format!(". Did you mean: '{better}'?"));
    }
    if class.is_subtype(exc::NAME_ERROR.get()) {
        return name_suggestion(vm, exception);
    }
    None
}

/// For a NameError: locals, globals and builtins of the frame where it was raised; an attribute of `self`; a module that
/// was not imported.
fn name_suggestion(vm: Vm<'_>, exception: &Value) -> Option<String> {
    let payload = payload_of(exception);
    let wrong = text(&payload.field(NAME)?)?;
    let mut innermost = payload.traceback.get()?;
    while let Some(next) = innermost.downcast::<PyTraceback>().and_then(|entry| entry.next.get()) {
        innermost = next;
    }
    let frame = innermost.downcast::<PyTraceback>()?.frame.clone();
    let mut names: Vec<String> = Vec::new();
    let code = frame.code();
    let locals = frame.locals_snapshot(vm);
    if let Some(dict) = locals.downcast::<objects::types::dict::PyDict>() {
        names.extend(dict.string_keys().iter().map(|name| name.to_rust_string()));
        let this = dict.get_str(&vm.intern("self"));
        if let Some(this) = this
            && code.locals().first().is_some_and(|first| first.is_text("self"))
            && attribute_names(vm, &this).contains(&wrong)
        {
            return Some(format!(". Did you mean: 'self.{wrong}'?"));
        }
    }
    for dict in [frame.globals(), frame.builtins()] {
        names.extend(dict.string_keys().iter().map(|name| name.to_rust_string()));
    }
    let near = closest(
        &wrong,
        names.iter().filter(|name| wrong.starts_with('_') || !name.starts_with('_')),
    );
    let is_module = is_library_module(&wrong);
    match (near, is_module) {
        (Some(better), true) => {
            Some(format!(". Did you mean: '{better}'? Or did you forget to import '{wrong}'?"))
        }
        (Some(better), false) => Some(format!(". Did you mean: '{better}'?")),
        (None, true) => Some(format!(". Did you forget to import '{wrong}'?")),
        (None, false) => None,
    }
}

fn is_library_module(name: &str) -> bool {
    crate::find(name).is_some()
        || crate::library::get().is_some_and(|library| (library.find)(name).is_some())
}

/// For a plain "invalid syntax": the keyword that a misspelt word should be, by what the parser kept with the error.
pub(super) fn keyword(message: &str, exception: &Value) -> Option<Typo> {
    if message != "invalid syntax" && !message.contains("Perhaps you forgot a comma") {
        return None;
    }
    let payload = payload_of(exception);
    let text = |index: usize| {
        payload.field(index)?.downcast::<PyStr>().map(objects::core::object::Py::to_rust_string)
    };
    let metadata = payload.field(field::METADATA)?;
    let [line, _, source] = metadata.downcast::<PyTuple>()?.items() else { return None };
    let statement = usize::try_from(line.as_small_int()?).ok()?;
    let line = payload.field(field::LINENO)?.as_small_int()?;
    let line = usize::try_from(line).ok()?;
    let trial = Trial { closest: |wrong, names| closest(wrong, names.iter()), compiles };
    if let Some(source) = source.downcast::<PyStr>() {
        let source = source.to_rust_string();
        let failure = Failure { source: &source, statement, line, one_line: false };
        return typos::find(&failure, &trial);
    }
    // Without the source it is read from the file; where there is none, the line is all there is.
    let file = text(field::FILENAME).and_then(|name| std::fs::read_to_string(name).ok());
    let (source, statement, line, one_line) = match file {
        Some(source) => (source, statement, line, true),
        None => (text(field::TEXT)?, 0, 1, false),
    };
    typos::find(&Failure { source: &source, statement, line, one_line }, &trial)
}

fn compiles(parsed: &syntax::Parsed) -> bool {
    let options = compiler::options::Options {
        filename: std::sync::Arc::new(WString::from("<input>")),
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    };
    compiler::compile(parsed, &options).is_ok()
}
