//! Calls whose arguments were kept as a tuple and a dict.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::tuple::PyTuple;

/// `function(*positional, **keywords)`, of a tuple and a dict.
///
/// # Errors
/// What the call raises.
pub(crate) fn apply(
    vm: Vm<'_>,
    function: &Value,
    positional: &Value,
    keywords: &Value,
) -> PyResult<Value> {
    let mut values = match positional.downcast::<PyTuple>() {
        Some(items) => items.items().to_vec(),
        None => Vec::new(),
    };
    let Some(keywords) = keywords.downcast::<PyDict>().filter(|keywords| !keywords.is_empty())
    else {
        return vm.call(function, &values);
    };
    let (names, more): (Vec<Value>, Vec<Value>) = keywords.items_vec().into_iter().unzip();
    values.extend(more);
    let names = PyTuple::try_new(vm, &names)?;
    vm.call_with(function, Args::new(&values, Some(&names)))
}
