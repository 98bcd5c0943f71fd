//! Units: what becomes a code object. Entering and leaving one, its variables, its qualified name, its flags.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytecode::code_spec::code_flags;
use bytecode::{CodeSpec, ConstantTable, Location, Opcode};
use syntax::ast::nodes::{Expr, Stmt};
use syntax::names::Identifier;

use super::unwind::FrameBlock;
use super::{Compiler, Result, number};
use crate::instructions::{InstructionSequence, UnitMetadata};
use crate::small_index::SmallIndex;
use crate::symtable::{Key, NameScope, ScopeId, Symbols, symbol_flags};

/// What a unit is (CPython's `COMPILE_SCOPE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeType {
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
    /// Annotations, type parameters and what belongs to them.
    Annotations,
}

/// How many parameters a unit has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arity {
    pub(super) args: u32,
    pub(super) posonly: u32,
    pub(super) kwonly: u32,
}

/// Names with their indices, in order of their first use.
#[derive(Clone, Debug, Default)]
pub(super) struct IndexedNames {
    list: Vec<Identifier>,
    index: SmallIndex,
    /// The index of the first name.
    offset: u32,
}

impl IndexedNames {
    fn new(names: impl IntoIterator<Item = Identifier>, offset: u32) -> Self {
        let mut table = Self { offset, ..Self::default() };
        for name in names {
            table.add(name);
        }
        table
    }

    /// The index of a name, which is appended if it is new.
    pub(super) fn add(&mut self, name: Identifier) -> u32 {
        let place = self.index.find(&self.list, name, |&name| name).unwrap_or_else(|| {
            self.list.push(name);
            self.index.note_last(&self.list, |&name| name);
            self.list.len() - 1
        });
        number(place) + self.offset
    }

    pub(super) fn find(&self, name: Identifier) -> Option<u32> {
        let place = self.index.find(&self.list, name, |&name| name)?;
        Some(number(place) + self.offset)
    }

    pub(super) fn first(&self) -> Option<Identifier> {
        self.list.first().copied()
    }
}

/// An annotation of a module or class, to be evaluated by `__annotate__`.
#[derive(Clone, Copy)]
pub(super) struct DeferredAnnotation<'a> {
    pub(super) statement: &'a Stmt,
    pub(super) name: Identifier,
    pub(super) annotation: &'a Expr,
    /// Its number, if it may not be reached.
    pub(super) conditional: Option<u32>,
}

/// A unit (CPython's `compiler_unit`).
pub(super) struct Unit<'a> {
    pub(super) scope_type: ScopeType,
    pub(super) scope: ScopeId,
    /// The class whose private names are mangled.
    pub(super) private: Option<Identifier>,
    pub(super) name: Identifier,
    pub(super) qualname: Arc<str>,
    pub(super) firstlineno: i32,
    pub(super) arity: Arity,
    pub(super) sequence: InstructionSequence,
    pub(super) consts: ConstantTable,
    pub(super) names: IndexedNames,
    pub(super) varnames: IndexedNames,
    pub(super) cellvars: IndexedNames,
    pub(super) freevars: IndexedNames,
    /// Names that are fast locals only in inlined comprehensions, and whether they are now.
    pub(super) hidden: Vec<(Identifier, bool)>,
    pub(super) blocks: Vec<FrameBlock<'a>>,
    pub(super) in_inlined_comp: u32,
    pub(super) in_conditional_block: u32,
    pub(super) deferred_annotations: Vec<DeferredAnnotation<'a>>,
    pub(super) next_conditional_annotation: u32,
    /// Attributes that methods assign to `self`.
    pub(super) static_attributes: BTreeSet<Box<str>>,
}

impl Unit<'_> {
    pub(super) fn is_hidden(&self, name: Identifier) -> bool {
        self.hidden.iter().any(|&(hidden, active)| hidden == name && active)
    }

    pub(super) fn hide(&mut self, name: Identifier, active: bool) {
        match self.hidden.iter_mut().find(|entry| entry.0 == name) {
            Some(entry) => entry.1 = active,
            None => self.hidden.push((name, active)),
        }
    }
}

impl Compiler<'_, '_> {
    pub(super) fn enter_scope(
        &mut self,
        name: Identifier,
        scope_type: ScopeType,
        key: Key,
        lineno: i32,
        private: Option<Identifier>,
        arity: Arity,
    ) {
        let id = self.table.lookup(key);
        self.enter_scope_of(name, scope_type, id, lineno, private, arity);
    }

    pub(super) fn enter_scope_of(
        &mut self,
        name: Identifier,
        scope_type: ScopeType,
        id: ScopeId,
        lineno: i32,
        private: Option<Identifier>,
        arity: Arity,
    ) {
        let scope = self.table.scope(id);
        let varnames = IndexedNames::new(scope.varnames.iter().copied(), 0);
        let cells = self.names_of(&scope.symbols, NameScope::Cell, symbol_flags::COMP_CELL);
        let mut cellvars = IndexedNames::new(cells, 0);
        if scope.needs_class_closure {
            cellvars.add(self.known.class);
        }
        if scope.needs_classdict {
            cellvars.add(self.known.classdict);
        }
        if scope.has_conditional_annotations {
            cellvars.add(self.known.conditional_annotations);
        }
        let free = self.names_of(&scope.symbols, NameScope::Free, symbol_flags::FREE_CLASS);
        let freevars = IndexedNames::new(free, number(cellvars.list.len()));
        let outer_private = self.units.last().and_then(|outer| outer.private);
        let qualname = self.qualname(name, scope_type);
        self.units.push(Unit {
            scope_type,
            scope: id,
            private: private.or(outer_private),
            name,
            qualname,
            firstlineno: lineno,
            arity,
            sequence: InstructionSequence::new(),
            consts: ConstantTable::new(),
            names: IndexedNames::default(),
            varnames,
            cellvars,
            freevars,
            hidden: Vec::new(),
            blocks: Vec::new(),
            in_inlined_comp: 0,
            in_conditional_block: 0,
            deferred_annotations: Vec::new(),
            next_conditional_annotation: 0,
            static_attributes: BTreeSet::new(),
        });
        let module = scope_type == ScopeType::Module;
        let line = if module { 0 } else { lineno };
        let location = Location::new(line, lineno, 0, 0);
        self.op_i(location, Opcode::RESUME, 0);
        if module {
            self.op(location, Opcode::ANNOTATIONS_PLACEHOLDER);
        }
    }

    /// Names of a scope, sorted by their text: the order of cells and free variables.
    fn names_of(&self, symbols: &Symbols, wanted: NameScope, flag: u32) -> Vec<Identifier> {
        let mut names: Vec<Identifier> = symbols
            .entries()
            .iter()
            .filter(|(_, symbol)| NameScope::of(*symbol) == wanted || symbol & flag != 0)
            .map(|&(name, _)| name)
            .collect();
        names.sort_by(|&left, &right| self.text_of(left).cmp(self.text_of(right)));
        names
    }

    /// The qualified name of a unit about to be entered.
    fn qualname(&mut self, name: Identifier, scope_type: ScopeType) -> Arc<str> {
        let plain = self.table.names.shared(name);
        // Directly in the module, the name is enough.
        if self.units.len() < 2 {
            return plain;
        }
        let mut parent = self.units.len() - 1;
        if self.units[parent].scope_type == ScopeType::Annotations {
            if self.units.len() == 2 {
                return plain;
            }
            parent -= 1;
        }
        let defines =
            matches!(scope_type, ScopeType::Function | ScopeType::AsyncFunction | ScopeType::Class);
        if defines {
            let mangled = self.table.names.mangle(self.units[parent].private, name);
            let scope = self.table.scope(self.units[parent].scope).scope_of(mangled);
            if scope == NameScope::GlobalExplicit {
                return plain;
            }
        }
        let parent = &self.units[parent];
        let is_function = matches!(
            parent.scope_type,
            ScopeType::Function | ScopeType::AsyncFunction | ScopeType::Lambda
        );
        let locals = if is_function { ".<locals>" } else { "" };
        format!("{}{locals}.{plain}", parent.qualname).into()
    }

    /// Leaves the current unit and makes its code object.
    pub(super) fn finish_unit(&mut self, add_none: bool) -> Result<CodeSpec> {
        if add_none {
            self.load_none(Location::NONE);
        }
        self.op(Location::NONE, Opcode::RETURN_VALUE);
        let flags = self.code_flags();
        let unit = self.units.pop().expect("a unit is left once");
        let names = &mut self.table.names;
        let mut texts = |list: &[Identifier]| -> Vec<Arc<str>> {
            list.iter().map(|&name| names.shared(name)).collect()
        };
        let hidden: Vec<Identifier> = unit.hidden.iter().map(|entry| entry.0).collect();
        let metadata = UnitMetadata {
            names: texts(&unit.names.list),
            varnames: texts(&unit.varnames.list),
            cellvars: texts(&unit.cellvars.list),
            freevars: texts(&unit.freevars.list),
            hidden: texts(&hidden),
            name: names.shared(unit.name),
            qualname: unit.qualname,
            filename: Arc::clone(&self.options.filename),
            firstlineno: unit.firstlineno,
            flags,
            consts: unit.consts,
            argcount: unit.arity.args + unit.arity.posonly,
            posonlyargcount: unit.arity.posonly,
            kwonlyargcount: unit.arity.kwonly,
        };
        crate::assemble::finish(unit.sequence, metadata, self.stages.as_deref_mut())
    }

    fn code_flags(&self) -> u32 {
        let scope = self.scope();
        let mut flags = self.table.features;
        let mut set = |condition: bool, bits: u32| {
            if condition {
                flags |= bits;
            }
        };
        if scope.is_function_like() {
            set(true, code_flags::NEWLOCALS | code_flags::OPTIMIZED);
            set(scope.nested, code_flags::NESTED);
            set(scope.generator && !scope.coroutine, code_flags::GENERATOR);
            set(scope.generator && scope.coroutine, code_flags::ASYNC_GENERATOR);
            set(scope.varargs, code_flags::VARARGS);
            set(scope.varkeywords, code_flags::VARKEYWORDS);
            // `-OO` keeps none.
            let has_docstring = scope.has_docstring && self.options.optimize < 2;
            set(has_docstring, code_flags::HAS_DOCSTRING);
            set(scope.method, code_flags::METHOD);
        }
        set(scope.coroutine && !scope.generator, code_flags::COROUTINE);
        flags
    }

    /// What a name is in the current unit (`_PyCompile_GetRefType`).
    pub(super) fn ref_type(&self, name: Identifier) -> NameScope {
        let known = &self.known;
        let special =
            name == known.class || name == known.classdict || name == known.conditional_annotations;
        if special && self.unit_ref().scope_type == ScopeType::Class {
            return NameScope::Cell;
        }
        self.scope().scope_of(name)
    }

    /// The cell that a closure takes for a free variable of its code.
    pub(super) fn closure_cell(&self, name: Identifier) -> u32 {
        let unit = self.unit_ref();
        let table =
            if self.ref_type(name) == NameScope::Cell { &unit.cellvars } else { &unit.freevars };
        table.find(name).expect("a free variable of an inner unit is a cell or free outside")
    }
}
