//! `_functools`: reduce, partial, cmp_to_key, the wrapper of lru_cache.

mod key;
mod lru;
mod partial;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::exceptions::hierarchy::TYPE_ERROR;
use objects::types::module;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_functools",
    doc: Some("Tools that operate on functions."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Apply a function of two arguments cumulatively to the items of an iterable, from left to right.
    ///
    /// This effectively reduces the iterable to a single value.  If initial is present,
    /// it is placed before the items of the iterable in the calculation, and serves as
    /// a default when the iterable is empty.
    ///
    /// For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5])
    /// calculates ((((1 + 2) + 3) + 4) + 5).
    ["reduce"] "($module, function, iterable, /, initial=<unrepresentable>)" Any(reduce);
    /// Convert a cmp= function into a key= function.
    ///
    ///   mycmp
    ///     Function that compares two objects.
    ["cmp_to_key"] "($module, /, mycmp)" Any(key::cmp_to_key);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(
        vm,
        &[
            (&partial::PLACEHOLDER_TYPE, &partial::PLACEHOLDER_TYPE_SPEC),
            (&partial::PARTIAL, &partial::PARTIAL_SPEC),
            (&key::KEY_WRAPPER, &key::KEY_WRAPPER_SPEC),
            (&lru::LRU_CACHE, &lru::LRU_CACHE_SPEC),
        ],
    )?;
    module::add(vm, this, "_PlaceholderType", partial::PLACEHOLDER_TYPE.get().to_value());
    module::add(vm, this, "Placeholder", partial::placeholder(vm));
    module::add(vm, this, "partial", partial::PARTIAL.get().to_value());
    module::add(vm, this, "_lru_cache_wrapper", lru::LRU_CACHE.get().to_value());
    Ok(())
}

fn reduce(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let mut initial = args.positional().get(2);
    for (name, value) in args.keywords() {
        if !objects::types::str::value_is(name, "initial") || initial.is_some() {
            let name = vm.str(name)?.to_rust_string();
            return Err(vm.unexpected_keyword("reduce()", &name, ["initial"]));
        }
        initial = Some(value);
    }
    let given = args.positional().len();
    let [function, iterable, ..] = args.positional() else {
        return Err(vm.type_error(format!(
            "reduce() takes at least 2 positional arguments ({given} given)"
        )));
    };
    check_count(vm, "reduce", given, 2, 3)?;
    let iterator = vm.iter(iterable).map_err(|raised| {
        if vm.raised_is(&raised, &TYPE_ERROR) {
            vm.clear(raised);
            vm.type_error("reduce() arg 2 must support iteration")
        } else {
            raised
        }
    })?;
    let mut result = initial.cloned();
    while let Some(item) = vm.next(&iterator)? {
        result = Some(match result.take() {
            None => item,
            Some(so_far) => vm.call(function, &[so_far, item])?,
        });
        vm.poll()?;
    }
    result.ok_or_else(|| vm.type_error("reduce() of empty iterable with no initial value"))
}
