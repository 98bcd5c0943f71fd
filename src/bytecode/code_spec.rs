//! `CodeSpec`: everything a code object says, as plain data. The compiler's product.

use std::borrow::Cow;
use std::sync::Arc;

use base::wstr::WString;

use crate::code_list::CodeList;
use crate::code_ref::CodeRef;
use crate::code_unit::CodeUnit;
use crate::constant::Constant;
use crate::location_table::without_columns;

/// Bits of `co_flags`, with CPython's names and values (`CO_OPTIMIZED` and so on).
pub mod code_flags {
    /// Local variables live in slots.
    pub const OPTIMIZED: u32 = 0x0001;
    /// A call makes a new namespace.
    pub const NEWLOCALS: u32 = 0x0002;
    /// Has `*args`.
    pub const VARARGS: u32 = 0x0004;
    /// Has `**kwargs`.
    pub const VARKEYWORDS: u32 = 0x0008;
    /// Stands inside another function.
    pub const NESTED: u32 = 0x0010;
    /// A generator function.
    pub const GENERATOR: u32 = 0x0020;
    /// A coroutine function.
    pub const COROUTINE: u32 = 0x0080;
    /// A generator that may be awaited (`types.coroutine`).
    pub const ITERABLE_COROUTINE: u32 = 0x0100;
    /// An asynchronous generator function.
    pub const ASYNC_GENERATOR: u32 = 0x0200;
    /// `from __future__ import division`
    pub const FUTURE_DIVISION: u32 = 0x2_0000;
    /// `from __future__ import absolute_import`
    pub const FUTURE_ABSOLUTE_IMPORT: u32 = 0x4_0000;
    /// `from __future__ import with_statement`
    pub const FUTURE_WITH_STATEMENT: u32 = 0x8_0000;
    /// `from __future__ import print_function`
    pub const FUTURE_PRINT_FUNCTION: u32 = 0x10_0000;
    /// `from __future__ import unicode_literals`
    pub const FUTURE_UNICODE_LITERALS: u32 = 0x20_0000;
    /// `from __future__ import barry_as_FLUFL`
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x40_0000;
    /// `from __future__ import generator_stop`
    pub const FUTURE_GENERATOR_STOP: u32 = 0x80_0000;
    /// `from __future__ import annotations`
    pub const FUTURE_ANNOTATIONS: u32 = 0x100_0000;
    /// Monitoring sends no events for it.
    pub const NO_MONITORING_EVENTS: u32 = 0x200_0000;
    /// The first constant is the docstring.
    pub const HAS_DOCSTRING: u32 = 0x400_0000;
    /// A function that stands directly in a class body.
    pub const METHOD: u32 = 0x800_0000;
}

/// Bits that say what a slot of the local variables is (`co_localspluskinds`, CPython's `CO_FAST_*`).
pub mod local_kinds {
    /// A positional parameter, or `*args`.
    pub const ARG_POS: u8 = 0x02;
    /// A keyword parameter, or `**kwargs`.
    pub const ARG_KW: u8 = 0x04;
    /// `*args` or `**kwargs`.
    pub const ARG_VAR: u8 = 0x08;
    /// Only a slot while an inlined comprehension runs.
    pub const HIDDEN: u8 = 0x10;
    /// A local variable.
    pub const LOCAL: u8 = 0x20;
    /// A variable that inner functions use, in a cell.
    pub const CELL: u8 = 0x40;
    /// A variable of an outer function.
    pub const FREE: u8 = 0x80;
}

/// A code object as plain data; the field names are CPython's without `co_`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CodeSpec {
    /// The bytecode, cache entries empty.
    pub code: Box<[CodeUnit]>,
    /// The constants. With [`code_flags::HAS_DOCSTRING`] the first one is the docstring.
    pub consts: CodeList<Constant>,
    /// Names of attributes, globals and names of class and module bodies.
    pub names: CodeList<Arc<str>>,
    /// Names of the slots: local variables (parameters first), then cells, then free variables.
    pub localsplusnames: CodeList<Arc<str>>,
    /// What each slot is: bits of [`local_kinds`].
    pub localspluskinds: Cow<'static, [u8]>,
    /// How many positional parameters, positional-only ones included.
    pub argcount: u32,
    /// How many of them are positional-only.
    pub posonlyargcount: u32,
    /// How many keyword-only parameters.
    pub kwonlyargcount: u32,
    /// Bits of [`code_flags`].
    pub flags: u32,
    /// The deepest the value stack gets.
    pub stacksize: u32,
    /// The line of the definition.
    pub firstlineno: i32,
    /// The name of the function or class, or `<module>` and the like.
    pub name: Arc<str>,
    /// The dotted name.
    pub qualname: Arc<str>,
    /// The file.
    pub filename: Arc<WString>,
    /// Positions of the instructions: see `location_table`.
    pub linetable: Cow<'static, [u8]>,
    /// Exception handlers: see `exception_table`.
    pub exceptiontable: Cow<'static, [u8]>,
}

impl CodeSpec {
    fn names_of_kind(&self, kind: u8) -> impl Iterator<Item = &Arc<str>> {
        self.localsplusnames
            .iter()
            .zip(&*self.localspluskinds)
            .filter(move |(_, bits)| *bits & kind != 0)
            .map(|(name, _)| name)
    }

    /// `co_varnames`
    pub fn varnames(&self) -> impl Iterator<Item = &Arc<str>> {
        self.names_of_kind(local_kinds::LOCAL)
    }

    /// `co_cellvars`
    pub fn cellvars(&self) -> impl Iterator<Item = &Arc<str>> {
        self.names_of_kind(local_kinds::CELL)
    }

    /// `co_freevars`
    pub fn freevars(&self) -> impl Iterator<Item = &Arc<str>> {
        self.names_of_kind(local_kinds::FREE)
    }

    /// `co_nlocals`
    #[must_use]
    pub fn nlocals(&self) -> usize {
        self.varnames().count()
    }

    /// The docstring, if there is one.
    #[must_use]
    pub fn docstring(&self) -> Option<&Constant> {
        if self.flags & code_flags::HAS_DOCSTRING != 0 { self.consts.first() } else { None }
    }

    /// The same with lines only in its location tables, its own and those of the code objects inside.
    #[must_use]
    pub fn without_columns(&self) -> Self {
        let bare = |constant: &Constant| match constant {
            Constant::Code(code) => Constant::Code(CodeRef::new(code.without_columns())),
            other => other.clone(),
        };
        Self {
            consts: self.consts.iter().map(bare).collect::<Vec<_>>().into(),
            linetable: without_columns(&self.linetable, self.firstlineno).into_vec().into(),
            ..self.clone()
        }
    }

    /// The nested code objects, in the order of the constants.
    pub fn nested(&self) -> impl Iterator<Item = &CodeRef> {
        self.consts.iter().filter_map(Constant::as_code)
    }
}
