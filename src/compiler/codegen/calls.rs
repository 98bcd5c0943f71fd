//! Calls: of functions, of methods, of `super()`'s methods; arguments.

use bytecode::{Constant, Location, Opcode};
use syntax::ast::nodes::{Expr, ExprContext, ExprKind, Keyword};
use syntax::names::Identifier;

use super::chains::{Link, Rest};
use super::expressions::TUPLE;
use super::operators::{
    CONSTANT_BUILTIN_ALL, CONSTANT_BUILTIN_ANY, CONSTANT_BUILTIN_TUPLE, INTRINSIC_LIST_TO_TUPLE,
};
use super::{Compiler, Result};
use crate::instructions::Label;
use crate::limits::STACK_USE_GUIDELINE;
use crate::names::IdentifierMap;
use crate::symtable::{Key, NameScope, Role, symbol_flags};

fn is_starred(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Starred { .. })
}

impl<'a> Compiler<'a, '_> {
    /// What a call does before its function, or the object whose method it is, is written.
    pub(super) fn begin_call(
        &mut self,
        expr: &'a Expr,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
    ) -> Result<Link<'a>> {
        self.validate_keywords(keywords)?;
        let Some((value, attr)) = self.method_owner(func, args, keywords) else {
            let skip_normal_call = self.label();
            self.check_caller(func);
            return Ok(Link::On(func, Rest::Call(expr, skip_normal_call)));
        };
        if !self.can_optimize_super(value, attr) {
            return Ok(Link::On(value, Rest::Method(expr, func)));
        }
        let location = self.loc(func.span);
        let two_arguments = self.load_super_arguments(value)?;
        let bits = 1 | u32::from(two_arguments) << 1;
        self.op_name_with(location, Opcode::LOAD_SUPER_ATTR, attr, 2, bits);
        let location = self.attribute_location(location, func);
        self.op(location, Opcode::NOP);
        self.method_arguments(expr, func, location, args, keywords)?;
        Ok(Link::Done)
    }

    /// A call whose function is on the stack.
    pub(super) fn call_rest(
        &mut self,
        expr: &'a Expr,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        skip_normal_call: Label,
    ) -> Result {
        self.builtin_over_generator(func, args, keywords, skip_normal_call)?;
        let location = self.loc(func.span);
        self.op(location, Opcode::PUSH_NULL);
        let location = self.loc(expr.span);
        self.call_helper(location, 0, args, None, keywords)?;
        self.place(skip_normal_call);
        Ok(())
    }

    fn validate_keywords(&self, keywords: &[Keyword]) -> Result {
        if keywords.len() < 2 {
            return Ok(());
        }
        let mut places = IdentifierMap::default();
        // Of the names that are repeated the one that stands first, and where it is again.
        let mut repeated: Option<(usize, &Keyword)> = None;
        for (index, keyword) in keywords.iter().enumerate() {
            let Some(name) = keyword.arg else { continue };
            let place = *places.entry(name).or_insert(index);
            if place != index && repeated.is_none_or(|(first, _)| place < first) {
                repeated = Some((place, keyword));
            }
        }
        let Some((_, again)) = repeated else { return Ok(()) };
        let name = again.arg.map_or("", |name| self.text_of(name));
        let message = format!("keyword argument repeated: {name}");
        self.error(self.loc(again.span), message)
    }

    /// The object and the name, if an attribute can be called as a method.
    fn method_owner(
        &self,
        func: &'a Expr,
        args: &[Expr],
        keywords: &[Keyword],
    ) -> Option<(&'a Expr, Identifier)> {
        let ExprKind::Attribute { value, attr, ctx: ExprContext::Load } = &func.kind else {
            return None;
        };
        // A module's functions are no methods.
        if let ExprKind::Name { id, .. } = value.kind {
            let top = self.table.scope(self.table.top());
            if top.symbols.get(id) & symbol_flags::IMPORT != 0 {
                return None;
            }
        }
        let total = args.len() + keywords.len() + usize::from(!keywords.is_empty());
        if total >= STACK_USE_GUIDELINE
            || args.iter().any(is_starred)
            || keywords.iter().any(|keyword| keyword.arg.is_none())
        {
            return None;
        }
        Some((value, *attr))
    }

    /// The arguments of a method that is on the stack, and the call.
    pub(super) fn method_arguments(
        &mut self,
        expr: &'a Expr,
        func: &'a Expr,
        location: Location,
        args: &'a [Expr],
        keywords: &'a [Keyword],
    ) -> Result {
        self.exprs(args)?;
        let whole = self.attribute_location(self.loc(expr.span), func);
        if keywords.is_empty() {
            self.op_n(whole, Opcode::CALL, args.len());
        } else {
            self.keyword_values(location, keywords)?;
            self.op_n(whole, Opcode::CALL_KW, args.len() + keywords.len());
        }
        Ok(())
    }

    /// Values of keyword arguments, and the tuple of their names.
    fn keyword_values(&mut self, location: Location, keywords: &'a [Keyword]) -> Result {
        keywords.iter().try_for_each(|keyword| self.expr(&keyword.value))?;
        let names = self.names_constant(keywords.iter().filter_map(|keyword| keyword.arg));
        self.load_const(location, names);
        Ok(())
    }

    /// Whether `super().attr` can do without a super object.
    pub(super) fn can_optimize_super(&self, owner: &Expr, attr: Identifier) -> bool {
        let ExprKind::Call { func, args, keywords } = &owner.kind else { return false };
        let known = &self.known;
        let is_super = matches!(func.kind, ExprKind::Name { id, .. } if id == known.super_);
        if !is_super || attr == known.class || !keywords.is_empty() {
            return false;
        }
        // Something else may be called so.
        let top = self.table.scope(self.table.top());
        if self.scope().scope_of(known.super_) != NameScope::GlobalImplicit
            || top.scope_of(known.super_) != NameScope::Unknown
        {
            return false;
        }
        match args.len() {
            2 => !args.iter().any(is_starred),
            0 => {
                let arity = self.unit_ref().arity;
                arity.args + arity.posonly > 0 && self.ref_type(known.class) == NameScope::Free
            }
            _ => false,
        }
    }

    /// Loads `super`, the class and the instance; answers whether they were written out.
    pub(super) fn load_super_arguments(&mut self, call: &'a Expr) -> Result<bool> {
        let ExprKind::Call { func, args, .. } = &call.kind else { return Ok(false) };
        let location = self.loc(call.span);
        let place = self.loc(func.span);
        let known = self.known;
        self.load_name(place, known.super_);
        if args.len() == 2 {
            self.exprs(args)?;
            return Ok(true);
        }
        self.load_name(location, known.class);
        if let Some(first) = self.unit_ref().varnames.first() {
            self.load_name(location, first);
        }
        Ok(false)
    }

    /// `all(...)`, `any(...)` and `tuple(...)` of a generator expression run the loop themselves, if the name still means
    /// the builtin. The function is on the stack.
    fn builtin_over_generator(
        &mut self,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        end: Label,
    ) -> Result {
        let (ExprKind::Name { id, .. }, [generator]) = (&func.kind, args) else { return Ok(()) };
        if !keywords.is_empty() || !matches!(generator.kind, ExprKind::GeneratorExp { .. }) {
            return Ok(());
        }
        // An asynchronous generator cannot be run here.
        let scope = self.table.lookup(Key::new(generator, Role::Comprehension));
        if self.table.scope(scope).coroutine {
            return Ok(());
        }
        // The builtin, its result if the loop runs to its end, and the jump that goes on with the loop.
        let (builtin, result) = if *id == self.known.all {
            (CONSTANT_BUILTIN_ALL, Some((true, Opcode::POP_JUMP_IF_TRUE)))
        } else if *id == self.known.any {
            (CONSTANT_BUILTIN_ANY, Some((false, Opcode::POP_JUMP_IF_FALSE)))
        } else if *id == self.known.tuple {
            (CONSTANT_BUILTIN_TUPLE, None)
        } else {
            return Ok(());
        };
        let location = self.loc(func.span);
        let skip = self.label();
        self.op_i(location, Opcode::COPY, 1);
        self.op_i(location, Opcode::LOAD_COMMON_CONSTANT, builtin);
        self.op_i(location, Opcode::IS_OP, 0);
        self.jump(location, Opcode::POP_JUMP_IF_FALSE, skip);
        self.op(location, Opcode::POP_TOP);
        if result.is_none() {
            self.op_i(location, Opcode::BUILD_LIST, 0);
        }
        self.expr(generator)?;
        let start = self.label();
        let cleanup = self.label();
        self.place(start);
        self.jump(location, Opcode::FOR_ITER, cleanup);
        if let Some((_, go_on)) = result {
            self.op(location, Opcode::TO_BOOL);
            self.jump(location, go_on, start);
        } else {
            self.op_i(location, Opcode::LIST_APPEND, 2);
            self.jump(location, Opcode::JUMP, start);
        }
        self.op(Location::NONE, Opcode::POP_ITER);
        if let Some((at_end, _)) = result {
            self.load_const(location, Constant::bool(!at_end));
        }
        self.jump(location, Opcode::JUMP, end);
        self.place(cleanup);
        self.op(Location::NONE, Opcode::END_FOR);
        self.op(Location::NONE, Opcode::POP_ITER);
        if let Some((at_end, _)) = result {
            self.load_const(location, Constant::bool(at_end));
        } else {
            self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_LIST_TO_TUPLE);
        }
        self.jump(location, Opcode::JUMP, end);
        self.place(skip);
        Ok(())
    }

    /// The arguments and the call itself: `pushed` arguments are on the stack already, `injected` names one more behind
    /// the positional ones.
    pub(super) fn call_helper(
        &mut self,
        location: Location,
        pushed: u32,
        args: &'a [Expr],
        injected: Option<Identifier>,
        keywords: &'a [Keyword],
    ) -> Result {
        self.validate_keywords(keywords)?;
        let big = args.len() + keywords.len() * 2 > STACK_USE_GUIDELINE;
        let unpacks =
            args.iter().any(is_starred) || keywords.iter().any(|keyword| keyword.arg.is_none());
        if big || unpacks {
            return self.call_function_ex(location, pushed, args, injected, keywords);
        }
        self.exprs(args)?;
        if let Some(name) = injected {
            self.load_name(location, name);
        }
        let count = pushed as usize + args.len() + usize::from(injected.is_some());
        if keywords.is_empty() {
            self.op_n(location, Opcode::CALL, count);
        } else {
            self.keyword_values(location, keywords)?;
            self.op_n(location, Opcode::CALL_KW, count + keywords.len());
        }
        Ok(())
    }

    fn call_function_ex(
        &mut self,
        location: Location,
        pushed: u32,
        args: &'a [Expr],
        injected: Option<Identifier>,
        keywords: &'a [Keyword],
    ) -> Result {
        match args {
            [Expr { kind: ExprKind::Starred { value, .. }, .. }] if pushed == 0 => {
                self.expr(value)?;
            }
            _ => self.display(location, args, injected, pushed, TUPLE)?,
        }
        if keywords.is_empty() {
            self.op(location, Opcode::PUSH_NULL);
            self.op(location, Opcode::CALL_FUNCTION_EX);
            return Ok(());
        }
        let mut have_dict = false;
        let mut seen = 0;
        for (index, keyword) in keywords.iter().enumerate() {
            if keyword.arg.is_some() {
                seen += 1;
                continue;
            }
            if seen > 0 {
                self.sub_keywords(location, &keywords[index - seen..index], have_dict)?;
                have_dict = true;
                seen = 0;
            }
            if !have_dict {
                self.op_i(location, Opcode::BUILD_MAP, 0);
                have_dict = true;
            }
            self.expr(&keyword.value)?;
            self.op_i(location, Opcode::DICT_MERGE, 1);
        }
        if seen > 0 {
            self.sub_keywords(location, &keywords[keywords.len() - seen..], have_dict)?;
        }
        self.op(location, Opcode::CALL_FUNCTION_EX);
        Ok(())
    }

    /// A dict of named arguments; `merge` into the one below.
    fn sub_keywords(&mut self, location: Location, keywords: &'a [Keyword], merge: bool) -> Result {
        let big = keywords.len() * 2 > STACK_USE_GUIDELINE;
        if big {
            self.op_i(Location::NONE, Opcode::BUILD_MAP, 0);
        }
        for keyword in keywords {
            if let Some(name) = keyword.arg {
                self.load_text(location, name);
            }
            self.expr(&keyword.value)?;
            if big {
                self.op_i(Location::NONE, Opcode::MAP_ADD, 1);
            }
        }
        if !big {
            self.op_n(location, Opcode::BUILD_MAP, keywords.len());
        }
        if merge {
            self.op_i(location, Opcode::DICT_MERGE, 1);
        }
        Ok(())
    }
}
