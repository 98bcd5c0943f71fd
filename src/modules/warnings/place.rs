//! The line that a warning is about: some frames up, `importlib`'s own not counted.

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::IMPORT_ERROR;
use objects::types::frame_object::{self, PyFrame};
use objects::types::str::{PyStr, STR};

/// Where a warning belongs.
pub(super) struct Place {
    pub(super) filename: Value,
    pub(super) line: i64,
    pub(super) module: Value,
    pub(super) registry: Value,
}

fn is_internal(file: &str) -> bool {
    file.contains("importlib") && file.contains("_bootstrap")
}

fn file_of(frame: &PyRef<PyFrame>) -> String {
    frame.code().filename.to_rust_string()
}

fn next_external(
    vm: Vm<'_>,
    mut frame: PyRef<PyFrame>,
    prefixes: &[String],
) -> Option<PyRef<PyFrame>> {
    loop {
        frame = frame.previous(vm)?;
        let file = file_of(&frame);
        if !is_internal(&file) && !prefixes.iter().any(|prefix| file.starts_with(prefix)) {
            return Some(frame);
        }
    }
}

/// The place `level` frames up; 1 is the frame that runs.
pub(super) fn at_level(vm: Vm<'_>, level: i64, prefixes: &[String]) -> PyResult<Place> {
    let mut frame = frame_object::current(vm);
    let counts_all = level <= 0 || frame.as_ref().is_some_and(|frame| is_internal(&file_of(frame)));
    for _ in 1..level {
        let Some(current) = frame else { break };
        frame =
            if counts_all { current.previous(vm) } else { next_external(vm, current, prefixes) };
    }
    let (globals, filename, line) = match &frame {
        Some(frame) => {
            let line = frame.line().map_or(0, i64::from);
            (frame.globals().to_ref(), frame.code().filename.to_value(), line)
        }
        None => (vm.interpreter().sys.clone(), PyStr::new_value(vm, "<sys>"), 0),
    };
    let key = vm.intern("__warningregistry__");
    let registry = match globals.get_str(&key) {
        Some(registry) => registry,
        None => {
            let registry = PyDict::new_value(vm);
            drop(globals.set_str(&key, registry.clone()));
            registry
        }
    };
    let module = globals.get_str(&vm.names().__name__);
    let module = module.filter(|name| name.is_none() || name.downcast::<PyStr>().is_some());
    let module = module.unwrap_or_else(|| PyStr::new_value(vm, "<string>"));
    Ok(Place { filename, line, module, registry })
}

/// The text of a line, as the loader in a module's globals has it: for a file that can't be read.
pub(super) fn line_of_loader(
    vm: Vm<'_>,
    globals: &Py<PyDict>,
    line: i64,
) -> PyResult<Option<Value>> {
    let lookup = |name: &str| globals.get_str(&vm.intern(name)).filter(|found| !found.is_none());
    let spec = lookup("__spec__");
    let of_spec = |name: &str| match &spec {
        Some(spec) => vm.get_attr_opt(spec, &vm.intern(name)),
        None => Ok(None),
    };
    let is_main = lookup("__name__")
        .is_some_and(|name| name.downcast::<PyStr>().is_some_and(|name| name.is_text("__main__")));
    let loader = if is_main {
        of_spec("loader")?.filter(|loader| !loader.is_none()).or_else(|| lookup("__loader__"))
    } else {
        // It complains about a loader that isn't the spec's; the main program's need not be.
        let external = vm.import_module("importlib._bootstrap_external")?;
        let bless = vm.get_attr_str(&external, "_bless_my_loader")?;
        Some(vm.call(&bless, &[globals.to_value()])?).filter(|loader| !loader.is_none())
    };
    let Some(loader) = loader else { return Ok(None) };
    let Some(name) = of_spec("name")?.or_else(|| lookup("__name__")) else { return Ok(None) };
    let Some(get_source) = vm.get_attr_opt(&loader, &vm.intern("get_source"))? else {
        return Ok(None);
    };
    let source = match vm.call(&get_source, &[name]) {
        Ok(source) => source,
        Err(raised) if vm.raised_is(&raised, &IMPORT_ERROR) => {
            vm.clear(raised);
            return Ok(None);
        }
        Err(raised) => return Err(raised),
    };
    if source.is_none() {
        return Ok(None);
    }
    if source.downcast::<PyStr>().is_none() {
        return Err(vm.type_error(format!("must be str, not {}", source.class().name())));
    }
    let Some(split) = STR.get().lookup(&vm.intern("splitlines")) else { return Ok(None) };
    let lines = vm.call(&split, &[source])?;
    let lines = vm.collect(&lines)?;
    let index = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
    Ok(index.and_then(|index| lines.get(index).cloned()))
}
