//! Comprehensions: inlined into the code around them (PEP 709), or functions.

use bytecode::{Location, Opcode};
use syntax::ast::nodes::{Comprehension, Expr, ExprKind};
use syntax::names::Identifier;

use super::unit::{Arity, ScopeType};
use super::unwind::{BlockKind, FrameBlock};
use super::{Compiler, Result, number};
use crate::instructions::Label;
use crate::symtable::{BlockType, Key, NameScope, Role, ScopeId, symbol_flags};

/// What a comprehension makes of its items.
#[derive(Clone, Copy)]
enum Element<'a> {
    Generator(&'a Expr),
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
}

impl<'a> Element<'a> {
    const fn first(self) -> &'a Expr {
        match self {
            Self::Generator(elt) | Self::List(elt) | Self::Set(elt) | Self::Dict(elt, _) => elt,
        }
    }
}

/// What an inlined comprehension changed in the unit around it.
#[derive(Default)]
struct Inlined {
    pushed_locals: Vec<Identifier>,
    symbols: Vec<(Identifier, u32)>,
    hidden: Vec<Identifier>,
    cleanup: Option<Label>,
}

impl<'a> Compiler<'a, '_> {
    pub(super) fn comprehension(&mut self, expr: &'a Expr) -> Result {
        let (name, generators, element) = match &expr.kind {
            ExprKind::GeneratorExp { elt, generators } => {
                ("<genexpr>", generators, Element::Generator(elt))
            }
            ExprKind::ListComp { elt, generators } => {
                ("<listcomp>", generators, Element::List(elt))
            }
            ExprKind::SetComp { elt, generators } => ("<setcomp>", generators, Element::Set(elt)),
            ExprKind::DictComp { key, value, generators } => {
                ("<dictcomp>", generators, Element::Dict(key, value))
            }
            _ => return Ok(()),
        };
        let id = self.table.lookup(Key::new(expr, Role::Comprehension));
        let inlined = self.table.scope(id).comp_inlined;
        let is_async = self.table.scope(id).coroutine;
        let location = self.loc(expr.span);
        let outermost = &generators[0];
        if inlined {
            self.outermost_iterator(outermost)?;
            let state = self.push_inlined(location, id)?;
            self.new_collection(location, element, true);
            self.generator(location, generators, 0, 0, element, true)?;
            self.pop_inlined(location, state);
            return Ok(());
        }
        let name = self.table.names.intern(name);
        let arity = Arity { args: 1, ..Arity::default() };
        let line = location.line;
        self.enter_scope_of(name, ScopeType::Comprehension, id, line, None, arity);
        self.new_collection(location, element, false);
        self.generator(location, generators, 0, 0, element, false)?;
        let is_generator = matches!(element, Element::Generator(_));
        if is_generator {
            self.wrap_in_stopiteration_handler();
        } else {
            self.op(location, Opcode::RETURN_VALUE);
        }
        let code = self.finish_unit(true)?;
        self.make_closure(location, code, 0);
        self.outermost_iterator(outermost)?;
        self.op_i(location, Opcode::CALL, 0);
        if is_async && !is_generator {
            self.await_value(location, 0);
        }
        Ok(())
    }

    fn outermost_iterator(&mut self, outermost: &'a Comprehension) -> Result {
        self.expr(&outermost.iter)?;
        self.get_iterator(outermost);
        Ok(())
    }

    fn get_iterator(&mut self, part: &Comprehension) {
        let location = self.loc(part.iter.span);
        let opcode = if part.is_async { Opcode::GET_AITER } else { Opcode::GET_ITER };
        self.op(location, opcode);
    }

    fn new_collection(&mut self, location: Location, element: Element<'_>, inlined: bool) {
        let opcode = match element {
            Element::Generator(_) => return,
            Element::List(_) => Opcode::BUILD_LIST,
            Element::Set(_) => Opcode::BUILD_SET,
            Element::Dict(..) => Opcode::BUILD_MAP,
        };
        self.op_i(location, opcode, 0);
        if inlined {
            self.op_i(location, Opcode::SWAP, 2);
        }
    }

    /// The loop of the `index`-th `for` and everything inside it.
    fn generator(
        &mut self,
        location: Location,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        element: Element<'a>,
        on_stack: bool,
    ) -> Result {
        if generators[index].is_async {
            self.async_generator(location, generators, index, depth, element, on_stack)
        } else {
            self.sync_generator(location, generators, index, depth, element, on_stack)
        }
    }

    fn sync_generator(
        &mut self,
        location: Location,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        element: Element<'a>,
        on_stack: bool,
    ) -> Result {
        let part = &generators[index];
        let start = self.label();
        let if_cleanup = self.label();
        let anchor = self.label();
        let mut loops = true;
        if !on_stack {
            if index == 0 {
                self.op_i(location, Opcode::LOAD_FAST, 0);
            } else if let Some(single) = single_item(&part.iter) {
                // `for y in [f(x)]` only gives a name to a value.
                self.expr(single)?;
                loops = false;
            } else {
                self.expr(&part.iter)?;
                self.get_iterator(part);
            }
        }
        let depth = depth + u32::from(loops);
        if loops {
            let place = self.loc(part.iter.span);
            self.place(start);
            self.jump(place, Opcode::FOR_ITER, anchor);
        }
        let place = self.generator_body(location, generators, index, depth, element, if_cleanup)?;
        self.place(if_cleanup);
        if loops {
            self.jump(place, Opcode::JUMP, start);
            self.place(anchor);
            self.op(Location::NONE, Opcode::END_FOR);
            self.op(Location::NONE, Opcode::POP_ITER);
        }
        Ok(())
    }

    fn async_generator(
        &mut self,
        location: Location,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        element: Element<'a>,
        on_stack: bool,
    ) -> Result {
        let part = &generators[index];
        let start = self.label();
        let send = self.label();
        let except = self.label();
        let if_cleanup = self.label();
        if !on_stack {
            if index == 0 {
                self.op_i(location, Opcode::LOAD_FAST, 0);
            } else {
                self.expr(&part.iter)?;
                self.get_iterator(part);
            }
        }
        self.place(start);
        self.push_block(FrameBlock::new(BlockKind::AsyncComprehension, location))?;
        self.jump(location, Opcode::SETUP_FINALLY, except);
        self.op(location, Opcode::GET_ANEXT);
        self.load_none(location);
        self.place(send);
        self.yield_from(location, true);
        self.op(location, Opcode::POP_BLOCK);
        let place =
            self.generator_body(location, generators, index, depth + 1, element, if_cleanup)?;
        self.place(if_cleanup);
        self.jump(place, Opcode::JUMP, start);
        self.pop_block(BlockKind::AsyncComprehension);
        self.place(except);
        self.jump(location, Opcode::END_ASYNC_FOR, send);
        Ok(())
    }

    /// Target, conditions, and the next `for` or the item; answers the place of the jump back.
    fn generator_body(
        &mut self,
        location: Location,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        element: Element<'a>,
        if_cleanup: Label,
    ) -> Result<Location> {
        let part = &generators[index];
        self.expr(&part.target)?;
        for condition in &part.ifs {
            self.jump_if(location, condition, if_cleanup, false)?;
        }
        if index + 1 < generators.len() {
            self.generator(location, generators, index + 1, depth, element, false)?;
            return Ok(self.loc(element.first().span));
        }
        let elt = element.first();
        self.expr(elt)?;
        let place = self.loc(elt.span);
        match element {
            Element::Generator(_) => {
                self.yield_value(place);
                self.op(place, Opcode::POP_TOP);
            }
            Element::List(_) => self.op_i(place, Opcode::LIST_APPEND, depth + 1),
            Element::Set(_) => self.op_i(place, Opcode::SET_ADD, depth + 1),
            Element::Dict(key, value) => {
                self.expr(value)?;
                let place = self.loc(key.span.to(value.span));
                self.op_i(place, Opcode::MAP_ADD, depth + 1);
                return Ok(place);
            }
        }
        Ok(place)
    }

    /// Makes the comprehension's names those of the unit around for a while. What they meant is put on the stack, below
    /// the iterator.
    fn push_inlined(&mut self, location: Location, comp: ScopeId) -> Result<Inlined> {
        let outer = self.scope_id();
        let in_class = self.table.scope(outer).block == BlockType::Class
            && self.unit_ref().in_inlined_comp == 0;
        self.unit().in_inlined_comp += 1;
        let symbols = self.table.scope(comp).symbols.entries().to_vec();
        let mut state = Inlined::default();
        let isolated =
            |symbol: u32| symbol & symbol_flags::LOCAL != 0 && symbol & symbol_flags::NONLOCAL == 0;
        for &(name, symbol) in &symbols {
            if symbol & symbol_flags::PARAM != 0 {
                continue;
            }
            let outside = self.table.scope(outer).symbols.get(name);
            let (inner, around) = (NameScope::of(symbol), NameScope::of(outside));
            let differs = inner != around
                && inner != NameScope::Free
                && !(inner == NameScope::Cell && around == NameScope::Free);
            if differs || in_class {
                self.table.scope_mut(outer).symbols.set(name, symbol);
                state.symbols.push((name, outside));
            }
            if isolated(symbol)
                && !self.table.scope(outer).is_function_like()
                && !self.unit_ref().is_hidden(name)
            {
                self.unit().hide(name, true);
                state.hidden.push(name);
            }
        }
        for &(name, symbol) in &symbols {
            if symbol & symbol_flags::PARAM != 0 || !isolated(symbol) {
                continue;
            }
            let around = self.table.scope(outer).scope_of(name);
            let index = self.unit().varnames.add(name);
            self.op_i(location, Opcode::LOAD_FAST_AND_CLEAR, index);
            if NameScope::of(symbol) == NameScope::Cell {
                let unit = self.unit();
                let cells =
                    if around == NameScope::Free { &mut unit.freevars } else { &mut unit.cellvars };
                let cell = cells.add(name);
                self.op_i(location, Opcode::MAKE_CELL, cell);
            }
            state.pushed_locals.push(name);
        }
        if !state.pushed_locals.is_empty() {
            // The iterator comes back to the top.
            self.op_i(location, Opcode::SWAP, number(state.pushed_locals.len()) + 1);
            let cleanup = self.label();
            state.cleanup = Some(cleanup);
            self.jump(location, Opcode::SETUP_FINALLY, cleanup);
            self.push_block(FrameBlock::new(BlockKind::InlinedComprehension, location))?;
        }
        Ok(state)
    }

    fn pop_inlined(&mut self, location: Location, state: Inlined) {
        if let Some(cleanup) = state.cleanup {
            let nowhere = Location::NONE;
            self.pop_block(BlockKind::InlinedComprehension);
            self.op(nowhere, Opcode::POP_BLOCK);
            let end = self.label();
            self.jump(nowhere, Opcode::JUMP_NO_INTERRUPT, end);
            self.place(cleanup);
            // The unfinished result is below the exception.
            self.op_i(nowhere, Opcode::SWAP, 2);
            self.op(nowhere, Opcode::POP_TOP);
            self.restore_locals(location, &state.pushed_locals);
            self.op_i(nowhere, Opcode::RERAISE, 0);
            self.place(end);
            self.restore_locals(location, &state.pushed_locals);
        }
        self.unit().in_inlined_comp -= 1;
        let outer = self.scope_id();
        for (name, symbol) in state.symbols {
            self.table.scope_mut(outer).symbols.set(name, symbol);
        }
        for name in state.hidden {
            // The name stays known, as one that was hidden.
            self.unit().hide(name, false);
        }
    }

    fn restore_locals(&mut self, location: Location, names: &[Identifier]) {
        self.op_i(location, Opcode::SWAP, number(names.len()) + 1);
        for &name in names.iter().rev() {
            let index = self.unit().varnames.add(name);
            self.op_i(location, Opcode::STORE_FAST_MAYBE_NULL, index);
        }
    }
}

/// The one item of a list or tuple display.
fn single_item(iter: &Expr) -> Option<&Expr> {
    let (ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. }) = &iter.kind else {
        return None;
    };
    match elts.as_slice() {
        [single] if !matches!(single.kind, ExprKind::Starred { .. }) => Some(single),
        _ => None,
    }
}
