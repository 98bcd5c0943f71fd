//! Struct sequences: tuples whose places have names (`sys.version_info`, `os.stat_result`).
//!
//! A type is declared by `struct_sequence!`: the visible places are the tuple's items; further fields, which only have a
//! name, are attributes of the instance.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::extension;
use crate::core::object::Py;
use crate::core::type_object::{PyType, StaticType};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::dict::PyDict;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

/// Reads place `N`: the reader of a field's row.
///
/// # Errors
/// None; the signature is that of a getset row.
pub fn field<const N: usize>(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let tuple = this.receiver::<PyTuple>();
    Ok(tuple.items().get(N).cloned().unwrap_or(Value::NONE))
}

/// An instance with these places, and these further fields.
///
/// # Errors
/// MemoryError.
pub fn new(
    vm: Vm<'_>,
    class: &'static StaticType,
    items: Vec<Value>,
    hidden: &[(&str, Value)],
) -> PyResult<Value> {
    let this = PyTuple::try_of_class(vm, class.get(), items)?.into_value();
    if let (false, Some(object)) = (hidden.is_empty(), this.as_object()) {
        let dict = PyDict::new_ref(vm);
        for (name, value) in hidden {
            drop(dict.set_str(&vm.intern(name), value.clone()));
        }
        drop(extension::replace_dict(object, Some(dict)));
    }
    Ok(this)
}

fn visible_names(class: &Py<PyType>) -> Vec<&'static str> {
    let mut class = class.to_ref();
    loop {
        match class.spec() {
            Some(spec) => return spec.getset.iter().map(|row| row.name).collect(),
            None => match class.base.get() {
                Some(base) => class = base,
                None => return Vec::new(),
            },
        }
    }
}

/// `repr`: `name(field=value, ...)`.
///
/// # Errors
/// What an item's repr raises.
pub fn repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let items = this.receiver::<PyTuple>().items();
    let mut text = format!("{}(", this.class().name());
    for (index, (name, item)) in visible_names(this.class()).into_iter().zip(items).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
        text.push('=');
        text.push_str(&vm.repr(item)?.to_rust_string());
    }
    text.push(')');
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

/// The constructor: a sequence with the values of the visible places, perhaps of further fields, and a dict of the rest.
///
/// # Errors
/// TypeError for a sequence of another length.
pub fn construct(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let name = class.name();
    let sequence = args.positional().first().or_else(|| args.keyword("sequence"));
    let Some(sequence) = sequence else {
        let short = name.rsplit('.').next().unwrap_or(&name);
        return Err(
            vm.type_error(format!("{short}() missing required argument 'sequence' (pos 1)"))
        );
    };
    let mut items = vm.collect_or(sequence, "constructor requires a sequence")?;
    let visible = visible_names(class).len();
    if items.len() < visible {
        return Err(vm.type_error(format!(
            "{name}() takes an at least {visible}-sequence ({}-sequence given)",
            items.len()
        )));
    }
    items.truncate(visible);
    let this = PyTuple::try_of_class(vm, class, items)?.into_value();
    if let Some(dict) = args.positional().get(1).or_else(|| args.keyword("dict"))
        && let Some(dict) = dict.downcast::<PyDict>()
        && let Some(object) = this.as_object()
    {
        drop(extension::replace_dict(object, Some(dict.copy(vm)?)));
    }
    Ok(this)
}

/// `__reduce__`: the class with the visible places and a dict of the further fields.
///
/// # Errors
/// MemoryError.
pub fn reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let items = PyTuple::try_new(vm, this.receiver::<PyTuple>().items())?.into_value();
    let dict = this.as_object().and_then(extension::dict);
    let dict = match dict {
        Some(dict) => dict.copy(vm)?.into_value(),
        None => PyDict::new_ref(vm).into_value(),
    };
    let args = PyTuple::new_value(vm, &[items, dict]);
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), args]))
}

/// Sets the counts that a struct sequence's type bears.
///
/// # Errors
/// None so far; the signature is that of a spec's `finish`.
pub fn finish(vm: Vm<'_>, class: &'static StaticType, hidden: usize) -> PyResult<()> {
    // SAFETY of lifetimes aside: static types live for ever, so the reference may be short.
    let class = class.get();
    let names = visible_names(class);
    let dict = class.namespace();
    for (name, count) in [
        ("n_sequence_fields", names.len()),
        ("n_fields", names.len() + hidden),
        ("n_unnamed_fields", 0),
    ] {
        drop(dict.set_str(&vm.intern(name), Value::from_usize(count)));
    }
    let match_args: Vec<Value> = names.iter().map(|name| vm.intern(name).into_value()).collect();
    drop(dict.set_str(&vm.names().__match_args__, PyTuple::new_value(vm, &match_args)));
    Ok(())
}

/// Declares a struct sequence: its static type, its spec, its visible fields in order.
#[macro_export]
macro_rules! struct_sequence {
    ($class:ident, $spec:ident, $name:literal, $doc:literal, hidden $hidden:literal, $table:ident: $([$field:literal] $index:literal;)*) => {
        #[doc = concat!("`", $name, "`")]
        pub static $class: $crate::core::type_object::StaticType =
            $crate::core::type_object::StaticType::inheriting();

        #[doc = concat!("The spec of `", $name, "`.")]
        pub const $spec: $crate::core::type_spec::TypeSpec = $crate::core::type_spec::TypeSpec {
            name: $name,
            doc: Some($doc),
            base: Some(&$crate::types::tuple::TUPLE),
            flags: $crate::core::type_spec::spec_flags::HAS_DICT,
            slots: &[
                $crate::core::slots::Slot::New($crate::types::struct_sequence::construct),
                $crate::core::slots::Slot::Repr($crate::types::struct_sequence::repr),
            ],
            methods: &[$crate::core::type_spec::MethodDef {
                name: "__reduce__",
                signature: "($self, /)",
                doc: "",
                function: $crate::core::type_spec::NativeFn::None(
                    $crate::types::struct_sequence::reduce,
                ),
                kind: $crate::core::type_spec::MethodKind::Method,
            }],
            getset: $table,
            finish: Some(|vm, class| $crate::types::struct_sequence::finish(vm, class, $hidden)),
            ..$crate::core::type_spec::TypeSpec::DEFAULT
        };

        $crate::getset! { $table: $([$field] $crate::types::struct_sequence::field::<$index>;)* }
    };
}
