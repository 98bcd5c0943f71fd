//! The symbol table: which scopes a source has, and what each name means in each of them (CPython's `symtable.c`).
//!
//! Two passes: the first (`build`, `statements`, `expressions`) collects what is said of each name in each scope, the
//! second (`analyze`) decides which names are local, global, free or in a cell.

mod analyze;
mod build;
mod expressions;
mod render;
mod statements;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use base::hash::QuickHasher;
use base::span::Span;
use syntax::names::Identifier;

use crate::names::{IdentifierSet, NameTable};
use crate::small_index::SmallIndex;

pub use build::build;
pub(crate) use build::build_with;
pub use render::{ScopeRow, SymbolRow, render, rows};

/// What the source says of a name in a scope: CPython's bits (`DEF_GLOBAL` and so on).
pub mod symbol_flags {
    /// Declared `global`.
    pub const GLOBAL: u32 = 1;
    /// Bound.
    pub const LOCAL: u32 = 1 << 1;
    /// A parameter.
    pub const PARAM: u32 = 1 << 2;
    /// Declared `nonlocal`.
    pub const NONLOCAL: u32 = 1 << 3;
    /// Used.
    pub const USE: u32 = 1 << 4;
    /// Free in a method although the class has a name like it.
    pub const FREE_CLASS: u32 = 1 << 6;
    /// Bound by an import.
    pub const IMPORT: u32 = 1 << 7;
    /// Annotated.
    pub const ANNOT: u32 = 1 << 8;
    /// The target of a comprehension.
    pub const COMP_ITER: u32 = 1 << 9;
    /// A type parameter.
    pub const TYPE_PARAM: u32 = 1 << 10;
    /// In a cell of an inlined comprehension.
    pub const COMP_CELL: u32 = 1 << 11;
    /// Bound in one way or another.
    pub const BOUND: u32 = LOCAL | PARAM | IMPORT | TYPE_PARAM;
    /// From this bit on the scope follows.
    pub const SCOPE_OFFSET: u32 = 12;
}

/// What a name is in a scope, with CPython's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameScope {
    /// Not decided, or the scope does not know the name.
    Unknown = 0,
    /// A local variable.
    Local = 1,
    /// Declared `global`.
    GlobalExplicit = 2,
    /// Global because nothing binds it.
    GlobalImplicit = 3,
    /// A variable of an outer function.
    Free = 4,
    /// A local variable that inner functions use.
    Cell = 5,
}

impl NameScope {
    /// The scope in the upper bits of a symbol.
    #[must_use]
    pub const fn of(symbol: u32) -> Self {
        match symbol >> symbol_flags::SCOPE_OFFSET {
            1 => Self::Local,
            2 => Self::GlobalExplicit,
            3 => Self::GlobalImplicit,
            4 => Self::Free,
            5 => Self::Cell,
            _ => Self::Unknown,
        }
    }

    const fn bits(self) -> u32 {
        (self as u32) << symbol_flags::SCOPE_OFFSET
    }
}

/// What kind of block a scope belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockType {
    /// A function, lambda or comprehension.
    Function,
    /// A class body.
    Class,
    /// A module.
    Module,
    /// Annotations (PEP 649).
    Annotation,
    /// Bound, constraints or default of a type parameter.
    TypeVariable,
    /// The value of a `type` statement.
    TypeAlias,
    /// The type parameters of a function, class or alias.
    TypeParameters,
}

/// Which comprehension a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// `[...]`
    List,
    /// `{k: v ...}`
    Dict,
    /// `{...}`
    Set,
    /// `(...)`
    Generator,
}

/// A scope's number in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeId(u32);

/// What makes a node open a scope: one node may open several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Module,
    Function,
    Class,
    Alias,
    Lambda,
    Comprehension,
    /// The annotations of a function: by its arguments.
    Annotations,
    TypeParams,
    /// Bound of a type variable, or default of another parameter.
    Bound,
    Default,
}

/// The key of a scope: the address of the node that opens it (the tree stays where it is while it is compiled), and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(usize, Role);

impl Key {
    pub(crate) fn new<T>(node: &T, role: Role) -> Self {
        Self(std::ptr::from_ref(node).addr(), role)
    }
}

/// The names of a scope with their symbols, in the order in which the source mentions them.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    entries: Vec<(Identifier, u32)>,
    index: SmallIndex,
}

impl Symbols {
    /// The symbol of a name; 0 if there is none.
    #[must_use]
    pub fn get(&self, name: Identifier) -> u32 {
        self.find(name).unwrap_or(0)
    }

    /// The symbol of a name.
    #[must_use]
    pub fn find(&self, name: Identifier) -> Option<u32> {
        self.index.find(&self.entries, name, |entry| entry.0).map(|place| self.entries[place].1)
    }

    /// The names with their symbols, in order.
    #[must_use]
    pub fn entries(&self) -> &[(Identifier, u32)] {
        &self.entries
    }

    pub(crate) fn set(&mut self, name: Identifier, symbol: u32) {
        if let Some(place) = self.index.find(&self.entries, name, |entry| entry.0) {
            self.entries[place].1 = symbol;
        } else {
            self.entries.push((name, symbol));
            self.index.note_last(&self.entries, |entry| entry.0);
        }
    }

    fn remove(&mut self, name: Identifier) {
        self.entries.retain(|entry| entry.0 != name);
        self.index.rebuild(&self.entries, |entry| entry.0);
    }
}

/// A scope (CPython's `PySTEntryObject`).
#[derive(Debug)]
pub struct Scope {
    /// The name of the function or class, or `top`, `lambda`, `genexpr` and so on.
    pub name: Identifier,
    /// What kind of block it is.
    pub block: BlockType,
    /// Its names.
    pub symbols: Symbols,
    /// Its parameters, in order.
    pub varnames: Vec<Identifier>,
    /// The scopes inside it, in order.
    pub children: Vec<ScopeId>,
    /// Where the block stands.
    pub span: Span,
    /// Which comprehension it is, if it is one.
    pub comprehension: Option<ComprehensionKind>,
    /// Stands inside a function.
    pub nested: bool,
    /// Has `yield`.
    pub generator: bool,
    /// Is asynchronous.
    pub coroutine: bool,
    /// Has `*args`.
    pub varargs: bool,
    /// Has `**kwargs`.
    pub varkeywords: bool,
    /// Begins with a docstring.
    pub has_docstring: bool,
    /// Stands directly in a class.
    pub method: bool,
    /// A class whose methods use `__class__`.
    pub needs_class_closure: bool,
    /// A class whose annotation scopes look into it.
    pub needs_classdict: bool,
    /// A comprehension that is part of the code around it.
    pub comp_inlined: bool,
    /// An annotation scope in a class.
    pub can_see_class_scope: bool,
    /// Has annotations at all.
    pub annotations_used: bool,
    /// Has annotations that may not be reached.
    pub has_conditional_annotations: bool,
    pub(crate) annotation_block: Option<ScopeId>,
    pub(crate) mangled_names: Option<u32>,
    directives: Vec<(Identifier, Span)>,
    in_conditional_block: bool,
    in_unevaluated_annotation: bool,
    comp_iter_target: bool,
    comp_iter_expr: u32,
    /// For messages: what a type variable's scope is.
    scope_info: &'static str,
}

impl Scope {
    /// Whether local variables of the block are fast (`_PyST_IsFunctionLike`).
    #[must_use]
    pub const fn is_function_like(&self) -> bool {
        !matches!(self.block, BlockType::Class | BlockType::Module)
    }

    /// What a (mangled) name is here.
    #[must_use]
    pub fn scope_of(&self, name: Identifier) -> NameScope {
        NameScope::of(self.symbols.get(name))
    }
}

/// The scopes of a source.
#[derive(Debug)]
pub struct SymbolTable<'a> {
    /// Names of the source and the compiler.
    pub names: NameTable<'a>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) features: u32,
    blocks: HashMap<Key, ScopeId, BuildHasherDefault<QuickHasher>>,
    mangled_sets: Vec<IdentifierSet>,
}

impl SymbolTable<'_> {
    /// The scope of the module.
    #[must_use]
    pub const fn top(&self) -> ScopeId {
        ScopeId(0)
    }

    /// A scope by its number.
    #[must_use]
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    pub(crate) fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0 as usize]
    }

    /// The scope that a node opens.
    pub(crate) fn lookup(&self, key: Key) -> ScopeId {
        self.find(key).expect("the first pass saw every node that opens a scope")
    }

    pub(crate) fn find(&self, key: Key) -> Option<ScopeId> {
        self.blocks.get(&key).copied()
    }

    /// Mangles a name as a scope wants it: type parameter scopes of a class mangle its type parameters only
    /// (`_Py_MaybeMangle`).
    pub(crate) fn maybe_mangle(
        &mut self,
        private: Option<Identifier>,
        scope: ScopeId,
        name: Identifier,
    ) -> Identifier {
        if let Some(set) = self.scope(scope).mangled_names
            && !self.mangled_sets[set as usize].contains(&name)
        {
            return name;
        }
        self.names.mangle(private, name)
    }
}
