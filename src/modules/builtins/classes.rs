//! `__build_class__`, isinstance, issubclass.

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::interpreter_state::RunIn;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::{PyType, TYPE};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::cell::PyCell;
use objects::types::dict::PyDict;
use objects::types::function::PyFunction;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

pub(super) fn isinstance(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "isinstance", args.len(), 2, 2)?;
    vm.isinstance(&args[0], &args[1]).map(Value::from_bool)
}

pub(super) fn issubclass(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "issubclass", args.len(), 2, 2)?;
    vm.issubclass(&args[0], &args[1]).map(Value::from_bool)
}

/// `__build_class__(func, name, *bases, metaclass=None, **kwds)`: resolves the bases, finds the metaclass, prepares the
/// namespace, runs the body in it and calls the metaclass.
pub(super) fn build_class(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let positional = args.positional();
    let [function, name, original_bases @ ..] = positional else {
        return Err(vm.type_error("__build_class__: not enough arguments"));
    };
    let Some(function) = function.downcast::<PyFunction>() else {
        return Err(vm.type_error("__build_class__: func must be a function"));
    };
    if name.downcast::<PyStr>().is_none() {
        return Err(vm.type_error("__build_class__: name is not a string"));
    }
    let bases = update_bases(vm, original_bases)?;
    let replaced = bases.is_some();
    let bases = PyTuple::try_from_vec(vm, bases.unwrap_or_else(|| original_bases.to_vec()))?;

    let mut keywords: Vec<(PyRef<PyStr>, Value)> = Vec::new();
    let mut metaclass = None;
    for (key, value) in args.keywords() {
        let Ok(key) = key.clone().into_ref::<PyStr>() else { continue };
        if key.is_text("metaclass") {
            metaclass = Some(value.clone());
        } else {
            keywords.push((key, value.clone()));
        }
    }
    let metaclass = match metaclass {
        Some(given) => given,
        None => match bases.items().first() {
            Some(first) => first.class().to_value(),
            None => TYPE.get().to_value(),
        },
    };
    let metaclass = match metaclass.downcast::<PyType>() {
        Some(class) => most_derived(vm, class, bases.items())?.into_value(),
        None => metaclass,
    };

    let namespace = prepare(vm, &metaclass, name, &bases, &keywords)?;
    let cell = run_body(vm, function, &namespace)?;
    if replaced {
        let original = PyTuple::new_value(vm, original_bases);
        vm.set_item(&namespace, &vm.names().__orig_bases__.to_value(), &original)?;
    }
    let class = call_metaclass(vm, &metaclass, name, &bases, &namespace, &keywords)?;
    if class.downcast::<PyType>().is_some()
        && let Some(cell) = cell.downcast::<PyCell>()
    {
        check_class_cell(vm, name, &class, cell.content.get())?;
    }
    Ok(class)
}

/// Runs a class body in its namespace: what it returns is its `__class__` cell, or None.
fn run_body(vm: Vm<'_>, function: &Py<PyFunction>, namespace: &Value) -> PyResult<Value> {
    let run = vm.interpreter().hooks().run_code;
    let code = function.code.get();
    let closure = function.closure.get();
    run(
        vm,
        &code,
        RunIn { globals: &function.globals, locals: Some(namespace), closure: closure.as_ref() },
    )
}

/// `type.__new__` must have stored the class in the body's `__class__` cell.
fn check_class_cell(
    vm: Vm<'_>,
    name: &Value,
    class: &Value,
    content: Option<Value>,
) -> PyResult<()> {
    match content {
        Some(content) if content.is(class) => Ok(()),
        None => Err(vm.runtime_error(format!(
            "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
            vm.repr(name)?.to_rust_string(),
            vm.repr(class)?.to_rust_string()
        ))),
        Some(content) => Err(vm.type_error(format!(
            "__class__ set to {} defining {} as {}",
            vm.repr(&content)?.to_rust_string(),
            vm.repr(name)?.to_rust_string(),
            vm.repr(class)?.to_rust_string()
        ))),
    }
}

/// Bases with each `__mro_entries__` resolved (PEP 560); None when there is none.
fn update_bases(vm: Vm<'_>, bases: &[Value]) -> PyResult<Option<Vec<Value>>> {
    let mut changed: Option<Vec<Value>> = None;
    for (index, base) in bases.iter().enumerate() {
        let entries = if base.downcast::<PyType>().is_some() {
            None
        } else {
            vm.get_attr_opt(base, &vm.names().__mro_entries__)?
        };
        let Some(entries) = entries else {
            if let Some(list) = &mut changed {
                list.push(base.clone());
            }
            continue;
        };
        let whole = PyTuple::new_value(vm, bases);
        let replacement = vm.call(&entries, &[whole])?;
        let Some(replacement) = replacement.downcast::<PyTuple>() else {
            return Err(vm.type_error("__mro_entries__ must return a tuple"));
        };
        let list = changed.get_or_insert_with(|| bases.iter().take(index).cloned().collect());
        list.extend_from_slice(replacement.items());
    }
    Ok(changed)
}

/// The most derived metaclass of `class` and the bases' (`_PyType_CalculateMetaclass`).
fn most_derived(vm: Vm<'_>, class: &Py<PyType>, bases: &[Value]) -> PyResult<PyRef<PyType>> {
    let mut winner = class.to_ref();
    for base in bases {
        let candidate = base.class();
        if winner.is_subtype(candidate) {
            continue;
        }
        if candidate.is_subtype(&winner) {
            winner = candidate.to_ref();
            continue;
        }
        return Err(vm.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

fn keyword_call(
    vm: Vm<'_>,
    callable: &Value,
    mut values: Vec<Value>,
    keywords: &[(PyRef<PyStr>, Value)],
) -> PyResult<Value> {
    let names: Vec<Value> = keywords.iter().map(|(key, _)| key.to_value()).collect();
    values.extend(keywords.iter().map(|(_, value)| value.clone()));
    let names = PyTuple::try_from_vec(vm, names)?;
    vm.call_with(callable, Args::new(&values, Some(&names)))
}

fn prepare(
    vm: Vm<'_>,
    metaclass: &Value,
    name: &Value,
    bases: &PyRef<PyTuple>,
    keywords: &[(PyRef<PyStr>, Value)],
) -> PyResult<Value> {
    let Some(hook) = vm.get_attr_opt(metaclass, &vm.names().__prepare__)? else {
        return Ok(PyDict::new_ref(vm).into_value());
    };
    let namespace = keyword_call(vm, &hook, vec![name.clone(), bases.to_value()], keywords)?;
    if namespace.class().slots.mp_subscript.get().is_none() {
        let shown = match metaclass.downcast::<PyType>() {
            Some(class) => class.name(),
            None => "<metaclass>".to_owned(),
        };
        return Err(vm.type_error(format!(
            "{shown}.__prepare__() must return a mapping, not {}",
            namespace.class().name()
        )));
    }
    Ok(namespace)
}

fn call_metaclass(
    vm: Vm<'_>,
    metaclass: &Value,
    name: &Value,
    bases: &PyRef<PyTuple>,
    namespace: &Value,
    keywords: &[(PyRef<PyStr>, Value)],
) -> PyResult<Value> {
    let values = vec![name.clone(), bases.to_value(), namespace.clone()];
    keyword_call(vm, metaclass, values, keywords)
}
