//! The method resolution order: C3, as CPython's `mro_implementation`.

use crate::core::errors::{PyResult, Raised};
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::{PyType, TYPE};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::tuple::PyTuple;

/// The C3 linearisation of a class by its bases.
///
/// # Errors
/// TypeError when there is none.
pub fn linearise(vm: Vm<'_>, class: &Py<PyType>) -> PyResult<Vec<Value>> {
    let bases = class.bases.get().unwrap_or_else(|| PyTuple::new_ref(vm, &[]));
    for base in bases.items() {
        let ready = base.downcast::<PyType>().is_some_and(|base| base.mro.with(Option::is_some));
        if !ready {
            let name = base.downcast::<PyType>().map_or_else(String::new, |base| base.name());
            return Err(vm.type_error(format!("Cannot extend an incomplete type '{name}'")));
        }
    }
    let mut result = vec![class.to_value()];
    if bases.items().is_empty() {
        return Ok(result);
    }
    if let [only] = bases.items() {
        let base = only.receiver::<PyType>();
        result.extend(base.mro_tuple().items().iter().cloned());
        return Ok(result);
    }
    for (index, base) in bases.items().iter().enumerate() {
        if bases.items().iter().take(index).any(|earlier| earlier.is(base)) {
            let name = super::qualname_text(base.receiver::<PyType>());
            let name = name.rsplit('.').next().unwrap_or(&name).to_owned();
            return Err(vm.type_error(format!("duplicate base class {name}")));
        }
    }
    let mut lists: Vec<Vec<Value>> = bases
        .items()
        .iter()
        .map(|base| base.receiver::<PyType>().mro_tuple().items().to_vec())
        .collect();
    lists.push(bases.items().to_vec());
    merge(vm, &lists, &mut result)?;
    Ok(result)
}

fn merge(vm: Vm<'_>, lists: &[Vec<Value>], result: &mut Vec<Value>) -> PyResult<()> {
    let mut places = vec![0usize; lists.len()];
    loop {
        let heads: Vec<(usize, &Value)> = lists
            .iter()
            .zip(&places)
            .enumerate()
            .filter_map(|(nth, (list, &place))| list.get(place).map(|head| (nth, head)))
            .collect();
        if heads.is_empty() {
            return Ok(());
        }
        let in_a_tail = |candidate: &Value| {
            lists
                .iter()
                .zip(&places)
                .any(|(list, &place)| list.iter().skip(place + 1).any(|entry| entry.is(candidate)))
        };
        let Some(next) = heads.iter().map(|&(_, head)| head).find(|head| !in_a_tail(head)) else {
            let rest: Vec<Value> = heads.iter().map(|&(_, head)| head.clone()).collect();
            return Err(no_order(vm, &rest));
        };
        let next = next.clone();
        for (list, place) in lists.iter().zip(&mut places) {
            if list.get(*place).is_some_and(|head| head.is(&next)) {
                *place += 1;
            }
        }
        result.push(next);
    }
}

#[cold]
fn no_order(vm: Vm<'_>, heads: &[Value]) -> Raised {
    let mut names: Vec<String> = Vec::new();
    let mut seen: Vec<&Value> = Vec::new();
    for head in heads {
        if !seen.iter().any(|known| known.is(head)) {
            seen.push(head);
            let class = head.receiver::<PyType>();
            names.push(super::short_name(class));
        }
    }
    vm.type_error(format!(
        "Cannot create a consistent method resolution order (MRO) for bases {}",
        names.join(", ")
    ))
}

/// The MRO of a class that is being made or whose bases changed: by `mro()` where the metaclass has its own.
///
/// # Errors
/// TypeError, or what `mro()` raises.
pub fn compute(vm: Vm<'_>, class: &Py<PyType>) -> PyResult<PyRef<PyTuple>> {
    let metaclass = class.as_object().class();
    if std::ptr::eq(metaclass, TYPE.get()) {
        return PyTuple::try_from_vec(vm, linearise(vm, class)?);
    }
    let name = vm.intern("mro");
    let this = class.to_value();
    let own = metaclass.lookup(&name);
    let native = TYPE.get().lookup(&name);
    if let (Some(own), Some(native)) = (&own, &native)
        && own.is(native)
    {
        return PyTuple::try_from_vec(vm, linearise(vm, class)?);
    }
    let listed = vm.call_special(&this, &name, &[])?.unwrap_or(Value::NONE);
    let items = vm.collect(&listed)?;
    let solid = super::new::solid_base(class);
    for item in &items {
        let Some(entry) = item.downcast::<PyType>() else {
            return Err(
                vm.type_error(format!("mro() returned a non-class ('{}')", item.class().name()))
            );
        };
        if !solid.is_subtype(&super::new::solid_base(entry)) {
            return Err(vm.type_error(format!(
                "mro() returned base with unsuitable layout ('{}')",
                entry.name()
            )));
        }
    }
    PyTuple::try_from_vec(vm, items)
}
