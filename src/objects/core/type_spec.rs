//! How a builtin type is described: constant data, one spec and a few row tables a type.
//!
//! ```ignore
//! payload! {
//!     /// A list.
//!     pub struct PyList: LIST, gc {
//!         items: HotCell<Vec<Value>>,
//!     }
//! }
//! pub static LIST: StaticType = StaticType::new::<PyList>();
//! pub const LIST_SPEC: TypeSpec = TypeSpec {
//!     name: "list", doc: "...", flags: spec_flags::BASETYPE | spec_flags::SEQUENCE,
//!     slots: &[Slot::Repr(list_repr), Slot::SqLength(list_len)],
//!     methods: LIST_METHODS, ..TypeSpec::DEFAULT
//! };
//! methods! { LIST_METHODS:
//!     /// Append object to the end of the list.
//!     append "($self, object, /)" One(list_append);
//!     /// Sort the list in ascending order and return None.
//!     sort "($self, /, *, key=None, reverse=False)" Bound(list_sort);
//! }
//! ```

use super::args::{Args, Bound};
use super::errors::PyResult;
use super::slots::Slot;
use super::type_object::StaticType;
use super::value::Value;
use super::vm::Vm;

/// A native function, by how it wants its arguments. The receiver comes first: the instance of a method, the class of a
/// class method, the module of a module's function; `Value::NULL` for a static method.
#[derive(Clone, Copy)]
pub enum NativeFn {
    /// No arguments (`METH_NOARGS`).
    None(fn(Vm<'_>, &Value) -> PyResult<Value>),
    /// One positional argument (`METH_O`).
    One(fn(Vm<'_>, &Value, &Value) -> PyResult<Value>),
    /// Positional arguments only (`METH_FASTCALL`). The function checks how many.
    Positional(fn(Vm<'_>, &Value, &[Value]) -> PyResult<Value>),
    /// Whatever was passed (`METH_FASTCALL | METH_KEYWORDS`).
    Any(fn(Vm<'_>, &Value, Args<'_>) -> PyResult<Value>),
    /// Arguments bound by the row's text signature, in its order: the usual kind.
    Bound(fn(Vm<'_>, &Value, &Bound<'_>) -> PyResult<Value>),
}

/// What a row of a method table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// An instance's method, or a module's function.
    Method,
    /// A class method.
    Class,
    /// A static method.
    Static,
}

/// A row of a method table (`PyMethodDef`).
pub struct MethodDef {
    /// The name.
    pub name: &'static str,
    /// The text signature, `"($self, x, /, *, key=None)"`; `""` when there is none.
    pub signature: &'static str,
    /// The docstring.
    pub doc: &'static str,
    /// The function.
    pub function: NativeFn,
    /// Method, class method or static method.
    pub kind: MethodKind,
}

/// Writes a computed attribute, or deletes it for None.
pub type SetterFn = fn(Vm<'_>, &Value, Option<&Value>) -> PyResult<()>;

/// A row of a getset table (`PyGetSetDef`).
pub struct GetSetDef {
    /// The name.
    pub name: &'static str,
    /// The docstring.
    pub doc: &'static str,
    /// Reads.
    pub get: fn(Vm<'_>, &Value) -> PyResult<Value>,
    /// Writes, or deletes for None; read-only without it.
    pub set: Option<SetterFn>,
    /// Whether it shows as a member, a plain field of the object (`PyMemberDef`).
    pub is_member: bool,
}

/// Bits of [`TypeSpec::flags`] and of a type's flags; the visible ones are numbered as in CPython (`Py_TPFLAGS_*`).
pub mod spec_flags {
    /// Instances have inline values (`Py_TPFLAGS_INLINE_VALUES`).
    pub const INLINE_VALUES: u64 = 1 << 2;
    /// The machine manages `__dict__` (`Py_TPFLAGS_MANAGED_DICT`).
    pub const MANAGED_DICT: u64 = 1 << 4;
    /// Matched as a sequence pattern (`Py_TPFLAGS_SEQUENCE`).
    pub const SEQUENCE: u64 = 1 << 5;
    /// Matched as a mapping pattern (`Py_TPFLAGS_MAPPING`).
    pub const MAPPING: u64 = 1 << 6;
    /// No instances by calling (`Py_TPFLAGS_DISALLOW_INSTANTIATION`).
    pub const DISALLOW_INSTANTIATION: u64 = 1 << 7;
    /// Attributes cannot be set (`Py_TPFLAGS_IMMUTABLETYPE`).
    pub const IMMUTABLE: u64 = 1 << 8;
    /// Made at run time (`Py_TPFLAGS_HEAPTYPE`).
    pub const HEAP: u64 = 1 << 9;
    /// May be subclassed (`Py_TPFLAGS_BASETYPE`).
    pub const BASETYPE: u64 = 1 << 10;
    /// Ready (`Py_TPFLAGS_READY`).
    pub const READY: u64 = 1 << 12;
    /// Instances take part in cycle collection (`Py_TPFLAGS_HAVE_GC`).
    pub const GC: u64 = 1 << 14;
    /// Calling an attribute of the class passes the instance (`Py_TPFLAGS_METHOD_DESCRIPTOR`).
    pub const METHOD_DESCRIPTOR: u64 = 1 << 17;
    /// A class pattern binds the subject itself (`_Py_TPFLAGS_MATCH_SELF`).
    pub const MATCH_SELF: u64 = 1 << 22;
    /// Abstract (`Py_TPFLAGS_IS_ABSTRACT`).
    pub const ABSTRACT: u64 = 1 << 20;
    /// A subclass of int.
    pub const LONG_SUBCLASS: u64 = 1 << 24;
    /// A subclass of list.
    pub const LIST_SUBCLASS: u64 = 1 << 25;
    /// A subclass of tuple.
    pub const TUPLE_SUBCLASS: u64 = 1 << 26;
    /// A subclass of bytes.
    pub const BYTES_SUBCLASS: u64 = 1 << 27;
    /// A subclass of str.
    pub const UNICODE_SUBCLASS: u64 = 1 << 28;
    /// A subclass of dict.
    pub const DICT_SUBCLASS: u64 = 1 << 29;
    /// A subclass of BaseException.
    pub const BASE_EXC_SUBCLASS: u64 = 1 << 30;
    /// A subclass of type.
    pub const TYPE_SUBCLASS: u64 = 1 << 31;
    /// Instances of the builtin type have a `__dict__` in their extension.
    pub const HAS_DICT: u64 = 1 << 40;
    /// Instances can be weakly referenced.
    pub const HAS_WEAKREF: u64 = 1 << 41;
    /// A builtin type that shows itself as one made at run time, as CPython makes it.
    pub const SHOWN_AS_HEAP: u64 = 1 << 42;
}

/// A field of a struct sequence (`PyStructSequence_Field`).
pub struct SequenceField {
    /// The name; empty for an item without one.
    pub name: &'static str,
    /// The docstring; empty for none.
    pub doc: &'static str,
}

/// The fields of a struct sequence (`PyStructSequence_Desc`).
pub struct SequenceFields {
    /// All fields in order: first those that are items of the tuple.
    pub fields: &'static [SequenceField],
    /// How many of the last are no items.
    pub hidden: usize,
}

/// A builtin type, described.
pub struct TypeSpec {
    /// The name, with its module where that is not `builtins`: `"collections.deque"`.
    pub name: &'static str,
    /// The docstring; a first line `name(signature)` followed by `--` as in CPython gives `__text_signature__`.
    pub doc: Option<&'static str>,
    /// The base; `object` when None.
    pub base: Option<&'static StaticType>,
    /// All bases, where there are several; the first decides the layout and is `base` too.
    pub bases: &'static [&'static StaticType],
    /// The metaclass; `type` when None.
    pub metaclass: Option<&'static StaticType>,
    /// [`spec_flags`].
    pub flags: u64,
    /// The slots.
    pub slots: &'static [Slot],
    /// The methods.
    pub methods: &'static [MethodDef],
    /// The computed attributes.
    pub getset: &'static [GetSetDef],
    /// The fields of a struct sequence.
    pub fields: Option<&'static SequenceFields>,
    /// `__match_args__` and the like are set by code: called when the type is ready.
    pub finish: Option<fn(Vm<'_>, &'static StaticType) -> PyResult<()>>,
}

impl TypeSpec {
    /// What a spec leaves out.
    pub const DEFAULT: Self = Self {
        name: "",
        doc: None,
        base: None,
        bases: &[],
        metaclass: None,
        flags: 0,
        slots: &[],
        methods: &[],
        getset: &[],
        fields: None,
        finish: None,
    };
}

/// A table of methods: `/// doc`, name, text signature, kind of function. `class` or `static` before the name makes it one.
#[macro_export]
macro_rules! methods {
    ($table:ident: $($(#[doc = $doc:literal])* $($kind:ident)? [$name:literal] $signature:literal $how:ident($function:path);)*) => {
        const $table: &[$crate::core::type_spec::MethodDef] = &[$($crate::core::type_spec::MethodDef {
            name: $name,
            signature: $signature,
            doc: concat!($($doc, "\n",)* ""),
            function: $crate::core::type_spec::NativeFn::$how($function),
            kind: $crate::method_kind!($($kind)?),
        },)*];
    };
}

/// The kind that a row of [`methods!`](crate::methods) names.
#[macro_export]
macro_rules! method_kind {
    () => {
        $crate::core::type_spec::MethodKind::Method
    };
    (class) => {
        $crate::core::type_spec::MethodKind::Class
    };
    (stat) => {
        $crate::core::type_spec::MethodKind::Static
    };
}

/// A table of computed attributes: `/// doc`, name, reader, and a writer where there is one. `member` before the name makes
/// it a member, what CPython reads out of the object without a function.
#[macro_export]
macro_rules! getset {
    ($table:ident: $($(#[doc = $doc:literal])* $($kind:ident)? [$name:literal] $get:path $(, $set:path)?;)*) => {
        const $table: &[$crate::core::type_spec::GetSetDef] = &[$($crate::core::type_spec::GetSetDef {
            name: $name,
            doc: concat!($($doc, "\n",)* ""),
            get: $get,
            set: $crate::optional!($($set)?),
            is_member: $crate::is_member!($($kind)?),
        },)*];
    };
}

/// Whether a row of [`getset!`](crate::getset) is a member.
#[macro_export]
macro_rules! is_member {
    () => {
        false
    };
    (member) => {
        true
    };
}

/// `Some(x)` or `None`.
#[macro_export]
macro_rules! optional {
    () => {
        None
    };
    ($x:expr) => {
        Some($x)
    };
}

/// A payload struct together with how the collector goes through it.
///
/// `gc` after the type's name says that instances can be part of a cycle. Each field's type implements
/// [`Traverse`](crate::core::gc::Traverse).
#[macro_export]
macro_rules! payload {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident: $class:path $(, $gc:ident)? {
        $($(#[$field_meta:meta])* $field_visibility:vis $field:ident: $type:ty,)*
    }) => {
        $(#[$meta])*
        $visibility struct $name {
            $($(#[$field_meta])* $field_visibility $field: $type,)*
        }

        impl $crate::core::object::Payload for $name {
            type Tail = ();
            const GC: bool = $crate::payload!(@gc $($gc)?);
            fn class() -> &'static $crate::core::object::Py<$crate::core::type_object::PyType> {
                $class.get()
            }
            fn traverse(&self, visitor: &mut $crate::core::gc::Visitor<'_>) {
                let _ = &visitor;
                $($crate::core::gc::Traverse::traverse(&self.$field, visitor);)*
            }
            fn clear(&self, dead: &mut Vec<$crate::core::value::Value>) {
                let _ = &dead;
                $($crate::core::gc::Traverse::clear(&self.$field, dead);)*
            }
        }
    };
    (@gc) => { false };
    (@gc gc) => { true };
}
