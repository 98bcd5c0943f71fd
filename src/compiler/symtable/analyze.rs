//! The second pass: is a name local, global, free, or in a cell?
//!
//! A block gets the names bound in the functions around it and hands the names that are free in it back. A local name
//! that is free in a child becomes a cell. Comprehensions other than generator expressions are inlined here (PEP 709).

use std::collections::BTreeSet;
use std::rc::Rc;

use syntax::names::Identifier;

use super::build::{Result, error};
use super::symbol_flags::{
    BOUND, COMP_CELL, FREE_CLASS, GLOBAL, NONLOCAL, PARAM, SCOPE_OFFSET, TYPE_PARAM, USE,
};
use super::{BlockType, NameScope, ScopeId, SymbolTable};
use crate::names::{IdentifierSet, Known};

/// The names that are free in a block; ordered, so that the result does not depend on hashing.
type FreeNames = BTreeSet<Identifier>;

/// What the blocks around a block say about names.
#[derive(Clone, Default)]
struct Surroundings {
    /// Bound in a function around; `None` in the module.
    bound: Option<Shared>,
    /// Declared global.
    globals: Shared,
    /// Type parameters: these cannot be nonlocal.
    type_params: Shared,
}

/// A set that blocks have in common until one of them changes it.
#[derive(Clone, Default)]
struct Shared(Option<Rc<IdentifierSet>>);

impl Shared {
    fn contains(&self, name: Identifier) -> bool {
        self.0.as_ref().is_some_and(|set| set.contains(&name))
    }

    fn own(&mut self) -> &mut IdentifierSet {
        Rc::make_mut(self.0.get_or_insert_default())
    }

    fn insert(&mut self, name: Identifier) {
        if !self.contains(name) {
            self.own().insert(name);
        }
    }

    fn remove(&mut self, name: Identifier) {
        if self.contains(name) {
            self.own().remove(&name);
        }
    }

    fn extend(&mut self, names: &IdentifierSet) {
        if !names.is_empty() {
            self.own().extend(names);
        }
    }
}

pub(super) fn analyze(table: &mut SymbolTable<'_>, known: &Known) -> Result {
    let mut free = FreeNames::new();
    let mut analyzer = Analyzer { table, known };
    let top = analyzer.table.top();
    analyzer.block(top, &mut Surroundings::default(), &mut free, None)
}

struct Analyzer<'t, 'a> {
    table: &'t mut SymbolTable<'a>,
    known: &'t Known,
}

impl Analyzer<'_, '_> {
    fn block(
        &mut self,
        id: ScopeId,
        around: &mut Surroundings,
        free: &mut FreeNames,
        class: Option<ScopeId>,
    ) -> Result {
        let block = self.table.scope(id).block;
        let is_class = block == BlockType::Class;
        let function_like = self.table.scope(id).is_function_like();
        let mut local = IdentifierSet::default();
        // What a class binds is not seen by the functions in it: they get what was known before.
        let before = is_class.then(|| (around.globals.clone(), around.bound.clone()));
        let has_children = !self.table.scope(id).children.is_empty();
        let count = self.table.scope(id).symbols.entries().len();
        // In the order of the symbols.
        let mut scopes = Vec::with_capacity(count);
        for index in 0..count {
            let (name, symbol) = self.table.scope(id).symbols.entries()[index];
            let scope = self.name(id, name, symbol, around, free, class)?;
            if has_children && scope == NameScope::Local {
                local.insert(name);
            }
            scopes.push(scope);
        }
        let mut new_free = FreeNames::new();
        let mut inlined_cells = IdentifierSet::default();
        if has_children {
            let type_params = around.type_params.clone();
            let (globals, mut bound) = match before {
                Some((globals, bound)) => (globals, bound.unwrap_or_default()),
                None => (around.globals.clone(), around.bound.clone().unwrap_or_default()),
            };
            if is_class {
                bound.insert(self.known.class);
                bound.insert(self.known.classdict);
                bound.insert(self.known.conditional_annotations);
            } else if function_like {
                bound.extend(&local);
            }
            let inner = Surroundings { bound: Some(bound), globals, type_params };
            self.children(id, &inner, &mut scopes, &mut new_free, &mut inlined_cells, class)?;
        }

        if function_like {
            let entries = self.table.scope(id).symbols.entries();
            for ((name, _), scope) in entries.iter().zip(&mut scopes) {
                if *scope == NameScope::Local
                    && (new_free.contains(name) || inlined_cells.contains(name))
                {
                    *scope = NameScope::Cell;
                    new_free.remove(name);
                }
            }
        } else if is_class {
            self.drop_class_free(id, &mut new_free);
        }
        self.update_symbols(id, &scopes, around.bound.as_ref(), &new_free, &inlined_cells);
        free.extend(&new_free);
        Ok(())
    }

    fn children(
        &mut self,
        id: ScopeId,
        inner: &Surroundings,
        scopes: &mut Vec<NameScope>,
        new_free: &mut FreeNames,
        inlined_cells: &mut IdentifierSet,
        class: Option<ScopeId>,
    ) -> Result {
        let children = self.table.scope(id).children.clone();
        for &child in &children {
            let entry = self.table.scope(child);
            let child_class = match entry.can_see_class_scope {
                true if self.table.scope(id).block == BlockType::Class => Some(id),
                true => class,
                false => None,
            };
            // Comprehensions in annotation scopes of a class stay functions.
            let inlined = entry.comprehension.is_some()
                && !entry.generator
                && !self.table.scope(id).can_see_class_scope;
            let mut child_free = FreeNames::new();
            self.block(child, &mut inner.clone(), &mut child_free, child_class)?;
            if inlined {
                self.inline_comprehension(id, child, scopes, &mut child_free, inlined_cells);
                self.table.scope_mut(child).comp_inlined = true;
            }
            new_free.extend(&child_free);
        }
        if children.iter().any(|&child| self.table.scope(child).comp_inlined) {
            let mut spliced = Vec::new();
            for &child in &children {
                if self.table.scope(child).comp_inlined {
                    spliced.extend_from_slice(&self.table.scope(child).children);
                } else {
                    spliced.push(child);
                }
            }
            self.table.scope_mut(id).children = spliced;
        }
        Ok(())
    }

    fn name(
        &self,
        id: ScopeId,
        name: Identifier,
        symbol: u32,
        around: &mut Surroundings,
        free: &mut FreeNames,
        class: Option<ScopeId>,
    ) -> Result<NameScope> {
        if symbol & GLOBAL != 0 {
            if symbol & NONLOCAL != 0 {
                return self.error_at_directive(id, name, "name '", "' is nonlocal and global");
            }
            around.globals.insert(name);
            if let Some(bound) = &mut around.bound {
                bound.remove(name);
            }
            return Ok(NameScope::GlobalExplicit);
        }
        if symbol & NONLOCAL != 0 {
            let Some(bound) = &around.bound else {
                let span = self.directive(id, name);
                return error("nonlocal declaration not allowed at module level", span);
            };
            if !bound.contains(name) {
                return self.error_at_directive(id, name, "no binding for nonlocal '", "' found");
            }
            if around.type_params.contains(name) {
                let message = "nonlocal binding not allowed for type parameter '";
                return self.error_at_directive(id, name, message, "'");
            }
            free.insert(name);
            return Ok(NameScope::Free);
        }
        if symbol & BOUND != 0 {
            around.globals.remove(name);
            if symbol & TYPE_PARAM != 0 {
                around.type_params.insert(name);
            } else {
                around.type_params.remove(name);
            }
            return Ok(NameScope::Local);
        }
        // An annotation scope in a class looks into the class and then at globals, not at a function around.
        if let Some(class) = class {
            let in_class = self.table.scope(class).symbols.get(name);
            if in_class & GLOBAL != 0 {
                return Ok(NameScope::GlobalExplicit);
            }
            if in_class & BOUND != 0 && in_class & NONLOCAL == 0 {
                if name == self.known.classdict {
                    // A name of the class's own, too; its namespace is wanted all the same.
                    free.insert(name);
                }
                return Ok(NameScope::GlobalImplicit);
            }
        }
        if around.bound.as_ref().is_some_and(|bound| bound.contains(name)) {
            free.insert(name);
            return Ok(NameScope::Free);
        }
        Ok(NameScope::GlobalImplicit)
    }

    fn directive(&self, id: ScopeId, name: Identifier) -> base::span::Span {
        let found = self.table.scope(id).directives.iter().find(|entry| entry.0 == name);
        found.map_or_else(Default::default, |entry| entry.1)
    }

    fn error_at_directive<T>(
        &self,
        id: ScopeId,
        name: Identifier,
        before: &str,
        behind: &str,
    ) -> Result<T> {
        let text = self.table.names.text(name);
        error(format!("{before}{text}{behind}"), self.directive(id, name))
    }

    /// Copies the names of an inlined comprehension into the scope around it.
    fn inline_comprehension(
        &mut self,
        id: ScopeId,
        comp: ScopeId,
        scopes: &mut Vec<NameScope>,
        comp_free: &mut FreeNames,
        inlined_cells: &mut IdentifierSet,
    ) {
        let in_class = self.table.scope(id).block == BlockType::Class;
        let mut removed = Vec::new();
        for (name, symbol) in self.table.scope(comp).symbols.entries().to_vec() {
            if symbol & PARAM != 0 {
                continue;
            }
            let mut scope = NameScope::of(symbol);
            let flags = symbol & ((1 << SCOPE_OFFSET) - 1);
            if scope == NameScope::Cell || flags & COMP_CELL != 0 {
                inlined_cells.insert(name);
            }
            // These are never free through a class; but functions in the comprehension may use them.
            let special = name == self.known.class
                || name == self.known.classdict
                || name == self.known.conditional_annotations;
            if scope == NameScope::Free && in_class && special {
                scope = NameScope::GlobalImplicit;
                if !self.is_free_in_any_child(comp, name) {
                    comp_free.remove(&name);
                }
                removed.push(name);
            }
            match self.table.scope(id).symbols.find(name) {
                None => {
                    self.table.scope_mut(id).symbols.set(name, flags);
                    scopes.push(scope);
                }
                // What is free in the comprehension and local around it is now simply local.
                Some(existing) => {
                    if existing & BOUND != 0 && !in_class && !self.is_free_in_any_child(comp, name)
                    {
                        comp_free.remove(&name);
                    }
                    // It is used around the comprehension now, be it local or nonlocal there.
                    let known = existing & (BOUND | NONLOCAL) != 0;
                    if known && !in_class && scope == NameScope::Free {
                        self.table.scope_mut(id).symbols.set(name, existing | flags & USE);
                    }
                }
            }
        }
        for name in removed {
            self.table.scope_mut(comp).symbols.remove(name);
        }
    }

    fn is_free_in_any_child(&self, id: ScopeId, name: Identifier) -> bool {
        let children = &self.table.scope(id).children;
        children.iter().any(|&child| self.table.scope(child).scope_of(name) == NameScope::Free)
    }

    /// The names that a class provides itself to its methods.
    fn drop_class_free(&mut self, id: ScopeId, free: &mut FreeNames) {
        let known = self.known;
        let scope = self.table.scope_mut(id);
        if free.remove(&known.class) {
            scope.needs_class_closure = true;
        }
        if free.remove(&known.classdict) {
            scope.needs_classdict = true;
        }
        if free.remove(&known.conditional_annotations) {
            scope.has_conditional_annotations = true;
        }
    }

    fn update_symbols(
        &mut self,
        id: ScopeId,
        scopes: &[NameScope],
        bound: Option<&Shared>,
        free: &FreeNames,
        inlined_cells: &IdentifierSet,
    ) {
        let scope = self.table.scope_mut(id);
        for ((name, symbol), decided) in scope.symbols.entries.iter_mut().zip(scopes) {
            if inlined_cells.contains(name) {
                *symbol |= COMP_CELL;
            }
            *symbol |= decided.bits();
        }
        let class_like = scope.block == BlockType::Class || scope.can_see_class_scope;
        for &name in free {
            if let Some(symbol) = scope.symbols.find(name) {
                if class_like {
                    scope.symbols.set(name, symbol | FREE_CLASS);
                }
            } else if bound.is_none_or(|bound| bound.contains(name)) {
                scope.symbols.set(name, NameScope::Free.bits());
            }
        }
    }
}
