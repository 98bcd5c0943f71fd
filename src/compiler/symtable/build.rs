//! The first pass: entering and leaving scopes, and recording what the source says of a name.

use base::span::Span;
use syntax::Parsed;
use syntax::ast::nodes::{ExprContext, Keyword, Mod};
use syntax::error::{ErrorKind, Place, SyntaxError};
use syntax::names::Identifier;

use super::{BlockType, Key, Role, Scope, ScopeId, SymbolTable, Symbols, analyze, symbol_flags};
use crate::docstring::docstring;
use crate::future::Features;
use crate::limits::{MAX_DEPTH, too_deep};
use crate::names::{IdentifierSet, Known, NameTable};
use crate::options::Options;

pub(super) type Result<T = ()> = std::result::Result<T, SyntaxError>;

/// Makes the symbol table of a source.
///
/// # Errors
/// What CPython's symbol table refuses: contradicting declarations, `await` outside functions, and so on.
pub fn build<'a>(parsed: &'a Parsed, options: &Options) -> Result<SymbolTable<'a>> {
    let features = crate::future::features(parsed, options)?;
    build_with(parsed, options, &features)
}

pub(crate) fn build_with<'a>(
    parsed: &'a Parsed,
    options: &Options,
    features: &Features,
) -> Result<SymbolTable<'a>> {
    let mut names = NameTable::new(&parsed.names);
    let known = Known::new(&mut names);
    let mut builder = Builder {
        table: SymbolTable {
            names,
            scopes: Vec::new(),
            features: features.flags,
            blocks: std::collections::HashMap::default(),
            mangled_sets: Vec::new(),
        },
        known,
        stack: Vec::new(),
        current: ScopeId(0),
        private: None,
        future_annotations: features.annotations(),
        future_end: features.end,
        top_level_await: options.top_level_await,
        depth: 0,
    };
    builder.module(&parsed.tree)?;
    analyze::analyze(&mut builder.table, &known)?;
    Ok(builder.table)
}

/// The state of the first pass.
pub(super) struct Builder<'a> {
    pub(super) table: SymbolTable<'a>,
    pub(super) known: Known,
    pub(super) stack: Vec<ScopeId>,
    pub(super) current: ScopeId,
    /// The class whose private names are mangled.
    pub(super) private: Option<Identifier>,
    pub(super) future_annotations: bool,
    /// Where the last `from __future__ import` at the beginning ends.
    pub(super) future_end: Option<u32>,
    pub(super) top_level_await: bool,
    depth: u32,
}

pub(super) fn error<T>(message: impl Into<String>, span: Span) -> Result<T> {
    Err(SyntaxError::new(message, span))
}

impl<'a> Builder<'a> {
    fn module(&mut self, tree: &'a Mod) -> Result {
        let top = self.known.top;
        self.enter(top, BlockType::Module, Key::new(tree, Role::Module), Span::default())?;
        match tree {
            Mod::Module(body) => {
                self.scope().has_docstring = docstring(body).is_some();
                self.statements(body)?;
            }
            Mod::Interactive(body) => self.statements(body)?,
            Mod::Expression(value) => self.expression(value)?,
            Mod::FunctionType { .. } => {
                return Err(SyntaxError::of(
                    ErrorKind::System,
                    "this compiler does not handle FunctionTypes",
                    Place::None,
                ));
            }
        }
        self.exit();
        Ok(())
    }

    /// The current scope.
    pub(super) fn scope(&mut self) -> &mut Scope {
        self.table.scope_mut(self.current)
    }

    pub(super) fn block(&self) -> BlockType {
        self.table.scope(self.current).block
    }

    pub(super) fn enter_recursion(&mut self) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(too_deep()) } else { Ok(()) }
    }

    pub(super) const fn leave_recursion(&mut self) {
        self.depth -= 1;
    }

    /// Makes a scope without entering it.
    pub(super) fn new_scope(
        &mut self,
        name: Identifier,
        block: BlockType,
        key: Key,
        span: Span,
    ) -> ScopeId {
        let id = ScopeId(u32::try_from(self.table.scopes.len()).expect("fewer than 2^32 scopes"));
        let outer = self.table.scopes.get(self.current.0 as usize);
        let nested = outer.is_some_and(|outer| outer.nested || outer.is_function_like());
        let method = block == BlockType::Function
            && outer.is_some_and(|outer| outer.block == BlockType::Class);
        self.table.scopes.push(Scope {
            name,
            block,
            symbols: Symbols::default(),
            varnames: Vec::new(),
            children: Vec::new(),
            span,
            comprehension: None,
            nested,
            generator: false,
            coroutine: false,
            varargs: false,
            varkeywords: false,
            has_docstring: false,
            method,
            needs_class_closure: false,
            needs_classdict: false,
            comp_inlined: false,
            can_see_class_scope: false,
            annotations_used: false,
            has_conditional_annotations: false,
            annotation_block: None,
            mangled_names: None,
            directives: Vec::new(),
            in_conditional_block: false,
            in_unevaluated_annotation: false,
            comp_iter_target: false,
            comp_iter_expr: 0,
            scope_info: "",
        });
        self.table.blocks.insert(key, id);
        id
    }

    /// Enters a scope that was made before; `adopt` makes it a child of the current one.
    pub(super) fn enter_existing(&mut self, id: ScopeId, adopt: bool) {
        if let Some(&outer_id) = self.stack.last() {
            let outer = self.table.scope(outer_id);
            let (iter_expr, mangled) = (outer.comp_iter_expr, outer.mangled_names);
            let scope = self.table.scope_mut(id);
            // Assignment expressions are forbidden everywhere inside a comprehension's iterable.
            scope.comp_iter_expr = iter_expr;
            // In a class every name is mangled, so it does not need the outer scope's list.
            if mangled.is_some() && scope.block != BlockType::Class {
                scope.mangled_names = mangled;
            }
            // Under `from __future__ import annotations` annotations are text: nothing in them counts.
            let ignored = self.future_annotations && scope.block == BlockType::Annotation;
            if adopt && !ignored {
                self.table.scope_mut(outer_id).children.push(id);
            }
        }
        self.stack.push(id);
        self.current = id;
    }

    pub(super) fn enter(
        &mut self,
        name: Identifier,
        block: BlockType,
        key: Key,
        span: Span,
    ) -> Result {
        let id = self.new_scope(name, block, key, span);
        self.enter_existing(id, true);
        if matches!(block, BlockType::Annotation | BlockType::TypeVariable | BlockType::TypeAlias) {
            // The code reads this parameter of the function that it becomes.
            self.add(self.known.format, symbol_flags::PARAM, span)?;
            self.add(self.known.format, symbol_flags::USE, span)?;
        }
        Ok(())
    }

    pub(super) fn exit(&mut self) {
        self.stack.pop();
        if let Some(&outer) = self.stack.last() {
            self.current = outer;
        }
    }

    pub(super) fn mangle(&mut self, scope: ScopeId, name: Identifier) -> Identifier {
        self.table.maybe_mangle(self.private, scope, name)
    }

    /// What was said of a name in a scope so far.
    pub(super) fn symbol_in(&mut self, scope: ScopeId, name: Identifier) -> u32 {
        let mangled = self.mangle(scope, name);
        self.table.scope(scope).symbols.get(mangled)
    }

    /// Records something about a name in the current scope.
    pub(super) fn add(&mut self, name: Identifier, flag: u32, span: Span) -> Result {
        let context =
            if flag == symbol_flags::USE { ExprContext::Load } else { ExprContext::Store };
        self.add_in_context(name, flag, span, context)
    }

    pub(super) fn add_in_context(
        &mut self,
        name: Identifier,
        flag: u32,
        span: Span,
        context: ExprContext,
    ) -> Result {
        let writes = symbol_flags::PARAM | symbol_flags::LOCAL | symbol_flags::IMPORT;
        if flag & writes != 0 {
            self.check_name(name, span, context)?;
        }
        if flag & symbol_flags::TYPE_PARAM != 0
            && let Some(set) = self.table.scope(self.current).mangled_names
        {
            self.table.mangled_sets[set as usize].insert(name);
        }
        self.add_to(name, flag, self.current, span)
    }

    /// Records something about a name in any scope (`symtable_add_def_helper`).
    pub(super) fn add_to(
        &mut self,
        name: Identifier,
        flag: u32,
        target: ScopeId,
        span: Span,
    ) -> Result {
        let mangled = self.mangle(self.current, name);
        let old = self.table.scope(target).symbols.get(mangled);
        if flag & old & symbol_flags::PARAM != 0 {
            let text = self.table.names.text(name);
            return error(format!("duplicate argument '{text}' in function definition"), span);
        }
        if flag & old & symbol_flags::TYPE_PARAM != 0 {
            let text = self.table.names.text(name);
            return error(format!("duplicate type parameter '{text}'"), span);
        }
        let mut symbol = old | flag;
        if self.table.scope(target).comp_iter_target {
            if symbol & (symbol_flags::GLOBAL | symbol_flags::NONLOCAL) != 0 {
                let text = self.table.names.text(name);
                return error(
                    format!(
                        "comprehension inner loop cannot rebind assignment expression target '{text}'"
                    ),
                    span,
                );
            }
            symbol |= symbol_flags::COMP_ITER;
        }
        let scope = self.table.scope_mut(target);
        scope.symbols.set(mangled, symbol);
        if flag & symbol_flags::PARAM != 0 {
            scope.varnames.push(mangled);
        } else if flag & symbol_flags::GLOBAL != 0 {
            let module = self.table.scope_mut(ScopeId(0));
            let symbol = module.symbols.get(mangled) | flag;
            module.symbols.set(mangled, symbol);
        }
        Ok(())
    }

    /// `__debug__` is a constant.
    pub(super) fn check_name(&self, name: Identifier, span: Span, context: ExprContext) -> Result {
        if name != self.known.debug {
            return Ok(());
        }
        match context {
            ExprContext::Load => Ok(()),
            ExprContext::Store => error("cannot assign to __debug__", span),
            ExprContext::Del => error("cannot delete __debug__", span),
        }
    }

    pub(super) fn check_keywords(&self, keywords: &[Keyword]) -> Result {
        for keyword in keywords {
            if let Some(name) = keyword.arg {
                self.check_name(name, keyword.span, ExprContext::Store)?;
            }
        }
        Ok(())
    }

    /// Remembers where a name was declared, for messages of the second pass.
    pub(super) fn record_directive(&mut self, name: Identifier, span: Span) {
        let mangled = self.mangle(self.current, name);
        self.scope().directives.push((mangled, span));
    }

    /// From here on the scope mangles only its type parameters.
    pub(super) fn mangle_type_params_only(&mut self) {
        let set = u32::try_from(self.table.mangled_sets.len()).expect("fewer than 2^32 classes");
        self.table.mangled_sets.push(IdentifierSet::default());
        self.scope().mangled_names = Some(set);
    }

    pub(super) fn allows_top_level_await(&self) -> bool {
        self.top_level_await && self.block() == BlockType::Module
    }

    /// Whether the current scope is an `async def`.
    pub(super) fn is_async_def(&self) -> bool {
        let scope = self.table.scope(self.current);
        scope.block == BlockType::Function && scope.coroutine
    }
}
