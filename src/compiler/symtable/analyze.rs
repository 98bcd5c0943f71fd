//! The second pass: is a name local, global, free, or in a cell?
//!
//! A block gets the names bound in the functions around it and hands the names that are free in it back. A local name
//! that is free in a child becomes a cell. Comprehensions other than generator expressions are inlined here (PEP 709).

use std::collections::BTreeSet;

use syntax::names::Identifier;

use super::build::{Result, error};
use super::symbol_flags::{
    BOUND, COMP_CELL, FREE_CLASS, GLOBAL, NONLOCAL, PARAM, SCOPE_OFFSET, TYPE_PARAM, USE,
};
use super::{BlockType, NameScope, ScopeId, SymbolTable};
use crate::names::{IdentifierMap, IdentifierSet, Known};

/// The names that are free in a block; ordered, so that the result does not depend on hashing.
type FreeNames = BTreeSet<Identifier>;

/// What the blocks around a block say about names.
#[derive(Clone, Default)]
struct Surroundings {
    /// Bound in a function around; `None` in the module.
    bound: Option<IdentifierSet>,
    /// Declared global.
    globals: IdentifierSet,
    /// Type parameters: these cannot be nonlocal.
    type_params: IdentifierSet,
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
        let mut scopes = IdentifierMap::<NameScope>::default();
        let mut local = IdentifierSet::default();
        let mut inner =
            Surroundings { bound: Some(IdentifierSet::default()), ..Default::default() };
        // What a class binds is not seen by the functions in it: they get what was known before.
        if is_class {
            inner.globals.clone_from(&around.globals);
            if let Some(bound) = &around.bound {
                inner.bound = Some(bound.clone());
            }
        }
        for index in 0..self.table.scope(id).symbols.entries().len() {
            let (name, symbol) = self.table.scope(id).symbols.entries()[index];
            let scope = self.name(id, name, symbol, around, &mut local, free, class)?;
            scopes.insert(name, scope);
        }
        let inner_bound = inner.bound.get_or_insert_default();
        if is_class {
            inner_bound.insert(self.known.class);
            inner_bound.insert(self.known.classdict);
            inner_bound.insert(self.known.conditional_annotations);
        } else {
            if function_like {
                inner_bound.extend(&local);
            }
            if let Some(bound) = &around.bound {
                inner_bound.extend(bound);
            }
            inner.globals.extend(&around.globals);
        }
        inner.type_params.clone_from(&around.type_params);

        let mut new_free = FreeNames::new();
        let mut inlined_cells = IdentifierSet::default();
        self.children(id, &inner, &mut scopes, &mut new_free, &mut inlined_cells, class)?;

        if function_like {
            for (name, scope) in &mut scopes {
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
        scopes: &mut IdentifierMap<NameScope>,
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
            let mut child_free = new_free.clone();
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

    #[expect(clippy::too_many_arguments, reason = "the sets of CPython's analyze_name")]
    fn name(
        &self,
        id: ScopeId,
        name: Identifier,
        symbol: u32,
        around: &mut Surroundings,
        local: &mut IdentifierSet,
        free: &mut FreeNames,
        class: Option<ScopeId>,
    ) -> Result<NameScope> {
        if symbol & GLOBAL != 0 {
            if symbol & NONLOCAL != 0 {
                return self.error_at_directive(id, name, "name '", "' is nonlocal and global");
            }
            around.globals.insert(name);
            if let Some(bound) = &mut around.bound {
                bound.remove(&name);
            }
            return Ok(NameScope::GlobalExplicit);
        }
        if symbol & NONLOCAL != 0 {
            let Some(bound) = &around.bound else {
                let span = self.directive(id, name);
                return error("nonlocal declaration not allowed at module level", span);
            };
            if !bound.contains(&name) {
                return self.error_at_directive(id, name, "no binding for nonlocal '", "' found");
            }
            if around.type_params.contains(&name) {
                let message = "nonlocal binding not allowed for type parameter '";
                return self.error_at_directive(id, name, message, "'");
            }
            free.insert(name);
            return Ok(NameScope::Free);
        }
        if symbol & BOUND != 0 {
            local.insert(name);
            around.globals.remove(&name);
            if symbol & TYPE_PARAM != 0 {
                around.type_params.insert(name);
            } else {
                around.type_params.remove(&name);
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
                return Ok(NameScope::GlobalImplicit);
            }
        }
        if around.bound.as_ref().is_some_and(|bound| bound.contains(&name)) {
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
        scopes: &mut IdentifierMap<NameScope>,
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
                    scopes.insert(name, scope);
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
        scopes: &IdentifierMap<NameScope>,
        bound: Option<&IdentifierSet>,
        free: &FreeNames,
        inlined_cells: &IdentifierSet,
    ) {
        let scope = self.table.scope_mut(id);
        for (name, symbol) in &mut scope.symbols.entries {
            if inlined_cells.contains(name) {
                *symbol |= COMP_CELL;
            }
            let decided = scopes.get(name).copied().unwrap_or(NameScope::Unknown);
            *symbol |= decided.bits();
        }
        let class_like = scope.block == BlockType::Class || scope.can_see_class_scope;
        for &name in free {
            if let Some(symbol) = scope.symbols.find(name) {
                if class_like {
                    scope.symbols.set(name, symbol | FREE_CLASS);
                }
            } else if bound.is_none_or(|bound| bound.contains(&name)) {
                scope.symbols.set(name, NameScope::Free.bits());
            }
        }
    }
}
