//! `code`: the compiler's product made into an object.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use bytecode::code_spec::CodeSpec;

use crate::core::gc::{Traverse, Visitor};
use crate::core::pyref::PyRef;
use crate::core::type_object::StaticType;
use crate::core::value::Value;
use crate::payload;
use crate::types::str::PyStr;

/// The plain data of a code object; the truth for `co_code` and its tables.
pub struct Spec(pub Arc<CodeSpec>);

impl Traverse for Spec {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// What the evaluation loop keeps with a code object: its translation. The object machine only stores and drops it.
pub struct Translation(pub OnceCell<Box<dyn std::any::Any>>);

impl Traverse for Translation {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a code object.
    pub struct PyCode: CODE, gc {
        spec: Spec,
        /// `co_consts` as objects.
        pub constants: Vec<Value>,
        /// `co_names`, interned.
        pub names: Vec<PyRef<PyStr>>,
        /// Names of locals, cells and free variables, interned.
        pub locals: Vec<PyRef<PyStr>>,
        /// `co_name`
        pub name: PyRef<PyStr>,
        /// `co_qualname`
        pub qualname: PyRef<PyStr>,
        /// `co_filename`
        pub filename: PyRef<PyStr>,
        /// The first word of the translation that runs; null until the first call.
        pub entry: Cell<*mut u64>,
        /// Registers of a frame.
        pub register_count: Cell<u32>,
        /// The translation.
        pub translation: Translation,
    }
}

/// `code`
pub static CODE: StaticType = StaticType::new::<PyCode>();

impl PyCode {
    /// The plain data.
    #[inline]
    #[must_use]
    pub fn spec(&self) -> &CodeSpec {
        &self.spec.0
    }
}
