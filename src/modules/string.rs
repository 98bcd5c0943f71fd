//! `_string`: what `string.Formatter` needs of the parser of format strings.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::list::PyList;
use objects::types::str::{PyStr, format};
use objects::types::tuple::PyTuple;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_string",
    doc: Some("string helper module"),
    functions: FUNCTIONS,
    ..NativeModule::DEFAULT
};

methods! { FUNCTIONS:
    /// split the argument as a field name
    ["formatter_field_name_split"] "($self, object, /)" One(field_name_split);
    /// parse the argument as a format string
    ["formatter_parser"] "($self, object, /)" One(parser);
}

fn expect<'v>(vm: Vm<'_>, value: &'v Value) -> PyResult<&'v objects::core::object::Py<PyStr>> {
    value
        .downcast::<PyStr>()
        .ok_or_else(|| vm.type_error(format!("expected str, got {}", value.class().name())))
}

fn field_name_split(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let (first, rest) = format::parse_name(vm, expect(vm, name)?)?;
    let rest = rest
        .into_iter()
        .map(|(is_attribute, key)| PyTuple::new_value(vm, &[Value::from_bool(is_attribute), key]))
        .collect();
    let rest = vm.iter(&PyList::try_new_value(vm, rest)?)?;
    Ok(PyTuple::new_value(vm, &[first, rest]))
}

fn parser(vm: Vm<'_>, _module: &Value, template: &Value) -> PyResult<Value> {
    let pieces = format::parse_template(vm, expect(vm, template)?)?;
    let pieces = pieces.iter().map(|piece| PyTuple::new_value(vm, piece)).collect();
    vm.iter(&PyList::try_new_value(vm, pieces)?)
}
