//! Struct sequences: tuples whose places have names (`sys.version_info`, `os.stat_result`).
//!
//! A type is declared by `struct_sequence!`, or by a [`TypeSpec`] with a table of [`SequenceFields`]: the first fields are
//! the tuple's items, of which some can be without a name; the others, which only have a name, are kept in the places that
//! `__slots__` have in other classes.
//!
//! [`TypeSpec`]: crate::core::type_spec::TypeSpec

use crate::core::args::Args;
use crate::core::errors::{PyResult, Raised};
use crate::core::extension;
use crate::core::object::Py;
use crate::core::signature::LazySignature;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{
    MethodDef, MethodKind, NativeFn, SequenceField, SequenceFields, spec_flags,
};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::descriptors::{self, MemberKind};
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

/// The methods of every struct sequence.
pub const METHODS: &[MethodDef] = &[
    MethodDef {
        name: "__reduce__",
        signature: "($self, /)",
        doc: "",
        function: NativeFn::None(reduce),
        kind: MethodKind::Method,
    },
    REPLACE,
];

/// The row of `__replace__`.
pub const REPLACE: MethodDef = MethodDef {
    name: "__replace__",
    signature: "($self, /, **changes)",
    doc: "",
    function: NativeFn::Any(replace),
    kind: MethodKind::Method,
};

const NO_FIELDS: SequenceFields = SequenceFields { fields: &[], hidden: 0 };

/// The fields that the class, or the builtin class that it derives from, declares.
fn fields_of(class: &Py<PyType>) -> &'static SequenceFields {
    let mut class = class.to_ref();
    loop {
        if let Some(spec) = class.spec() {
            return spec.fields.unwrap_or(&NO_FIELDS);
        }
        match class.base.get() {
            Some(base) => class = base,
            None => return &NO_FIELDS,
        }
    }
}

impl SequenceFields {
    /// How many of the fields are items.
    #[must_use]
    pub fn visible(&self) -> usize {
        self.fields.len().saturating_sub(self.hidden)
    }

    fn unnamed(&self) -> usize {
        self.fields.iter().filter(|field| field.name.is_empty()).count()
    }

    fn hidden_fields(&self) -> &'static [SequenceField] {
        self.fields.get(self.visible()..).unwrap_or_default()
    }
}

/// The members that the fields are, into the class's dictionary.
pub(crate) fn add_members(
    vm: Vm<'_>,
    class: &Py<PyType>,
    fields: &'static SequenceFields,
    dict: &Py<PyDict>,
) {
    let visible = fields.visible();
    for (index, field) in fields.fields.iter().enumerate() {
        if field.name.is_empty() {
            continue;
        }
        let (kind, index) = match index.checked_sub(visible) {
            None => (MemberKind::Item, index),
            Some(place) => (MemberKind::ReadOnly, place),
        };
        let name = vm.intern(field.name);
        let member = descriptors::field_member(vm, class, &name, field.doc, kind, index);
        drop(dict.set_str(&name, member));
    }
}

/// An instance of `class` with these items, and these values of the further fields in order.
fn make(vm: Vm<'_>, class: &Py<PyType>, items: Vec<Value>, hidden: Vec<Value>) -> PyResult<Value> {
    let this = PyTuple::try_of_class(vm, class, items)?.into_value();
    if let Some(object) = this.as_object() {
        for (index, value) in hidden.into_iter().enumerate() {
            drop(extension::set_slot(object, index, Some(value)));
        }
    }
    Ok(this)
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
    let fields = fields_of(class.get()).hidden_fields().iter();
    let values = fields.map(|field| {
        let given = hidden.iter().find(|(name, _)| *name == field.name);
        given.map_or(Value::NONE, |(_, value)| value.clone())
    });
    make(vm, class.get(), items, values.collect())
}

/// The value of hidden place `index`.
fn hidden_value(this: &Value, index: usize) -> Value {
    this.as_object().and_then(|object| extension::slot(object, index)).unwrap_or(Value::NONE)
}

/// `repr`: `name(field=value, ...)`.
///
/// # Errors
/// What an item's repr raises.
pub fn repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let items = this.receiver::<PyTuple>().items();
    let mut text = format!("{}(", this.class().name());
    let named = fields_of(this.class()).fields.iter().filter(|field| !field.name.is_empty());
    for (index, (field, item)) in named.zip(items).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(field.name);
        text.push('=');
        text.push_str(&vm.repr(item)?.to_rust_string());
    }
    text.push(')');
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn wrong_length(vm: Vm<'_>, name: &str, least: usize, most: usize, got: usize) -> Option<Raised> {
    let wanted = if got < least && least != most {
        format!("an at least {least}")
    } else if got > most && least != most {
        format!("an at most {most}")
    } else if got != least && least == most {
        format!("a {least}")
    } else {
        return None;
    };
    Some(vm.type_error(format!("{name}() takes {wanted}-sequence ({got}-sequence given)")))
}

/// The constructor: a sequence with the values of the first fields, and a dict with those of the others.
///
/// # Errors
/// TypeError for a sequence of another length, and for names that are no field's or a field's that has its value.
pub fn construct(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(sequence, dict={})");
    let name = class.name();
    let bound = SIGNATURE.bind(vm, name.rsplit('.').next().unwrap_or(&name), args)?;
    let mut items = vm.collect_or(bound.required(0), "constructor requires a sequence")?;
    let dict = match bound.get(1) {
        None => None,
        Some(dict) => match dict.downcast::<PyDict>() {
            Some(dict) => Some(dict),
            None => {
                let text = format!("{name}() takes a dict as second arg, if any");
                return Err(vm.type_error(text));
            }
        },
    };
    let fields = fields_of(class);
    let (visible, all) = (fields.visible(), fields.fields.len());
    if let Some(raised) = wrong_length(vm, &name, visible, all, items.len()) {
        return Err(raised);
    }
    let mut hidden = items.split_off(visible);
    let mut used = 0;
    for field in fields.hidden_fields().iter().skip(hidden.len()) {
        let given = dict.and_then(|dict| dict.get_str(&vm.intern(field.name)));
        used += usize::from(given.is_some());
        hidden.push(given.unwrap_or(Value::NONE));
    }
    if dict.is_some_and(|dict| dict.len() > used) {
        let text = format!("{name}() got duplicate or unexpected field name(s)");
        return Err(vm.type_error(text));
    }
    make(vm, class, items, hidden)
}

/// `__reduce__`: the class with the items and a dict of the further fields.
///
/// # Errors
/// MemoryError.
pub fn reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let items = PyTuple::try_new(vm, this.receiver::<PyTuple>().items())?.into_value();
    let dict = PyDict::new_ref(vm);
    for (index, field) in fields_of(this.class()).hidden_fields().iter().enumerate() {
        drop(dict.set_str(&vm.intern(field.name), hidden_value(this, index)));
    }
    let args = PyTuple::new_value(vm, &[items, dict.into_value()]);
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), args]))
}

/// `__replace__`: a copy with other values of the named fields.
fn replace(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    if !args.positional().is_empty() {
        return Err(vm.type_error("__replace__() takes no positional arguments"));
    }
    let fields = fields_of(this.class());
    if fields.unnamed() > 0 {
        return Err(vm.type_error(format!(
            "__replace__() is not supported for {} because it has unnamed field(s)",
            this.class().name()
        )));
    }
    let known = |name: &Value| {
        fields.fields.iter().any(|field| crate::types::str::value_is(name, field.name))
    };
    let strange: Vec<Value> =
        args.keywords().filter(|(name, _)| !known(name)).map(|(name, _)| name.clone()).collect();
    if !strange.is_empty() {
        let names = vm.repr(&PyList::try_new_value(vm, strange)?)?.to_rust_string();
        return Err(vm.type_error(format!("Got unexpected field name(s): {names}")));
    }
    let mut values: Vec<Value> = this.receiver::<PyTuple>().items().to_vec();
    values.extend((0..fields.hidden).map(|index| hidden_value(this, index)));
    for (value, field) in values.iter_mut().zip(fields.fields) {
        if let Some(new) = args.keyword(field.name) {
            *value = new.clone();
        }
    }
    let hidden = values.split_off(fields.visible());
    make(vm, this.class(), values, hidden)
}

/// Sets the counts that a struct sequence's type bears.
///
/// # Errors
/// None so far; the signature is that of a spec's `finish`.
pub fn finish(vm: Vm<'_>, class: &'static StaticType) -> PyResult<()> {
    let class = class.get();
    let fields = fields_of(class);
    let dict = class.namespace();
    for (name, count) in [
        ("n_sequence_fields", fields.visible()),
        ("n_fields", fields.fields.len()),
        ("n_unnamed_fields", fields.unnamed()),
    ] {
        drop(dict.set_str(&vm.intern(name), Value::from_usize(count)));
    }
    let visible = fields.fields.iter().take(fields.visible());
    let match_args: Vec<Value> = visible
        .filter(|field| !field.name.is_empty())
        .map(|field| vm.intern(field.name).into_value())
        .collect();
    drop(dict.set_str(&vm.names().__match_args__, PyTuple::new_value(vm, &match_args)));
    // Only those of the interpreter itself are static types in CPython.
    if class.spec().is_some_and(|spec| spec.flags & spec_flags::IMMUTABLE == 0) {
        class.set_flags(class.flags() & !spec_flags::IMMUTABLE);
    }
    Ok(())
}

/// Declares a struct sequence: its static type, its spec, its fields in order, of which the last are hidden.
#[macro_export]
macro_rules! struct_sequence {
    ($class:ident, $spec:ident, $name:literal $(, $doc:literal)?, $(flags $flags:expr,)? hidden $hidden:literal, $table:ident:
        $([$field:literal] $index:literal $(, $field_doc:literal)?;)*) => {
        #[doc = concat!("`", $name, "`")]
        pub static $class: $crate::core::type_object::StaticType =
            $crate::core::type_object::StaticType::inheriting();

        #[doc = concat!("The spec of `", $name, "`.")]
        pub const $spec: $crate::core::type_spec::TypeSpec = $crate::core::type_spec::TypeSpec {
            name: $name,
            $(doc: Some($doc),)?
            base: Some(&$crate::types::tuple::TUPLE),
            flags: 0 $(| $flags)?,
            slots: &[
                $crate::core::slots::Slot::New($crate::types::struct_sequence::construct),
                $crate::core::slots::Slot::Repr($crate::types::struct_sequence::repr),
            ],
            methods: $crate::types::struct_sequence::METHODS,
            fields: Some(&$table),
            finish: Some($crate::types::struct_sequence::finish),
            ..$crate::core::type_spec::TypeSpec::DEFAULT
        };

        static $table: $crate::core::type_spec::SequenceFields =
            $crate::core::type_spec::SequenceFields {
                fields: &[$($crate::core::type_spec::SequenceField {
                    name: $field,
                    doc: concat!("" $(, $field_doc)?),
                },)*],
                hidden: $hidden,
            };
    };
}
