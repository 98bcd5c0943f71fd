//! `_collections`: deque, defaultdict, OrderedDict, and helpers of `collections`.

mod defaultdict;
mod deque;
mod tuplegetter;

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::dict::{DICT, PyDict, ordered};
use objects::types::module;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_collections",
    doc: Some(
        "High performance data structures.\n- deque:        ordered collection accessible from endpoints only\n- defaultdict:  dict subclass with a default value factory\n",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Count elements in the iterable, updating the mapping
    ["_count_elements"] "($module, mapping, iterable, /)" Positional(count_elements);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, ordered::TYPES)?;
    objects::types::init_types(
        vm,
        &[
            (&deque::DEQUE, &deque::DEQUE_SPEC),
            (&deque::DEQUE_ITERATOR, &deque::DEQUE_ITERATOR_SPEC),
            (&deque::DEQUE_REVERSE_ITERATOR, &deque::DEQUE_REVERSE_ITERATOR_SPEC),
            (&defaultdict::DEFAULTDICT, &defaultdict::DEFAULTDICT_SPEC),
            (&tuplegetter::TUPLE_GETTER, &tuplegetter::TUPLE_GETTER_SPEC),
        ],
    )?;
    module::add(vm, this, "deque", deque::DEQUE.get().to_value());
    module::add(vm, this, "defaultdict", defaultdict::DEFAULTDICT.get().to_value());
    module::add(vm, this, "_deque_iterator", deque::DEQUE_ITERATOR.get().to_value());
    module::add(
        vm,
        this,
        "_deque_reverse_iterator",
        deque::DEQUE_REVERSE_ITERATOR.get().to_value(),
    );
    module::add(vm, this, "_tuplegetter", tuplegetter::TUPLE_GETTER.get().to_value());
    module::add(vm, this, "OrderedDict", ordered::ORDERED_DICT.get().to_value());
    Ok(())
}

/// Whether items of `mapping` are read and set by dict's own methods.
fn counts_as_dict(vm: Vm<'_>, mapping: &Value) -> bool {
    let (class, dict) = (mapping.class(), DICT.get());
    [&vm.names().get, &vm.names().__setitem__].into_iter().all(|name| {
        matches!((class.lookup(name), dict.lookup(name)), (Some(own), Some(plain)) if own.is(&plain))
    })
}

fn count_elements(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_count_elements", args.len(), 2, 2)?;
    let (mapping, iterable) = (&args[0], &args[1]);
    let one = Value::from_usize(1);
    if let Some(dict) = mapping.downcast::<PyDict>()
        && counts_as_dict(vm, mapping)
    {
        vm.for_each(iterable, |key| {
            let hash = objects::types::dict::key_hash(vm, &key)?;
            let new = match dict.get_hashed(vm, &key, hash)? {
                None => one.clone(),
                Some(old) => number::add(vm, &old, &one)?,
            };
            dict.set_hashed(vm, &key, hash, new)
        })?;
        return Ok(Value::NONE);
    }
    let get = vm.get_attr(mapping, &vm.names().get)?;
    let zero = Value::from_usize(0);
    vm.for_each(iterable, |key| {
        let old = vm.call(&get, &[key.clone(), zero.clone()])?;
        let new = number::add(vm, &old, &one)?;
        vm.set_item(mapping, &key, &new)
    })?;
    Ok(Value::NONE)
}
