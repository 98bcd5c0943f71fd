//! Functions and lambdas: defaults, annotations, bodies, closures.

use std::sync::Arc;

use base::span::Span;
use bytecode::{CodeRef, CodeSpec, Constant, Location, Opcode};
use syntax::ast::nodes::{Arguments, Expr, FunctionDef, Lambda};
use syntax::names::Identifier;

use super::operators::{
    FUNCTION_ANNOTATE, FUNCTION_CLOSURE, FUNCTION_DEFAULTS, FUNCTION_KWDEFAULTS,
    INTRINSIC_SET_FUNCTION_TYPE_PARAMS, INTRINSIC_STOPITERATION_ERROR,
};
use super::unit::{Arity, ScopeType};
use super::unwind::{BlockKind, FrameBlock};
use super::{Compiler, Result, number};
use crate::symtable::{Key, Role};

fn arity(args: &Arguments) -> Arity {
    Arity {
        args: number(args.args.len()),
        posonly: number(args.posonlyargs.len()),
        kwonly: number(args.kwonlyargs.len()),
    }
}

impl<'a> Compiler<'a, '_> {
    /// Makes a function of a code object; `attributes` says what is on the stack for it.
    pub(super) fn make_closure(&mut self, location: Location, code: CodeSpec, attributes: u32) {
        let mut attributes = attributes;
        let free: Vec<Arc<str>> = code.freevars().cloned().collect();
        if !free.is_empty() {
            for name in &free {
                let name = self.table.names.intern(name);
                let cell = self.closure_cell(name);
                self.op_i(location, Opcode::LOAD_CLOSURE, cell);
            }
            attributes |= FUNCTION_CLOSURE;
            self.op_n(location, Opcode::BUILD_TUPLE, free.len());
        }
        self.load_const(location, Constant::Code(CodeRef::new(code)));
        self.op(location, Opcode::MAKE_FUNCTION);
        for attribute in
            [FUNCTION_CLOSURE, FUNCTION_ANNOTATE, FUNCTION_KWDEFAULTS, FUNCTION_DEFAULTS]
        {
            if attributes & attribute != 0 {
                self.op_i(location, Opcode::SET_FUNCTION_ATTRIBUTE, attribute);
            }
        }
    }

    pub(super) fn apply_decorators(&mut self, decorators: &[Expr]) {
        for decorator in decorators.iter().rev() {
            let location = self.loc(decorator.span);
            self.op_i(location, Opcode::CALL, 0);
        }
    }

    fn default_arguments(&mut self, location: Location, args: &'a Arguments) -> Result<u32> {
        let mut attributes = 0;
        if !args.defaults.is_empty() {
            self.exprs(&args.defaults)?;
            self.op_n(location, Opcode::BUILD_TUPLE, args.defaults.len());
            attributes |= FUNCTION_DEFAULTS;
        }
        let mut count = 0;
        for (arg, default) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
            if let Some(default) = default {
                let mangled = self.mangled(arg.arg);
                self.load_text(location, mangled);
                self.expr(default)?;
                count += 1;
            }
        }
        if count > 0 {
            self.op_i(location, Opcode::BUILD_MAP, count);
            attributes |= FUNCTION_KWDEFAULTS;
        }
        Ok(attributes)
    }

    /// The line of a definition: its first decorator's.
    pub(super) fn first_line(&self, span: Span, decorators: &[Expr]) -> i32 {
        self.line_of(decorators.first().map_or(span, |decorator| decorator.span))
    }

    /// `<generic parameters of name>`
    pub(super) fn type_params_name(&mut self, name: Identifier) -> Identifier {
        let text = format!("<generic parameters of {}>", self.text_of(name));
        self.table.names.intern(&text)
    }

    pub(super) fn function(&mut self, def: &'a FunctionDef, span: Span, is_async: bool) -> Result {
        self.exprs(&def.decorator_list)?;
        let first_line = self.first_line(span, &def.decorator_list);
        let location = self.loc(span);
        let mut attributes = self.default_arguments(location, &def.args)?;
        let generic = !def.type_params.is_empty();
        // Defaults are made outside and handed to the type parameters' scope as arguments.
        let passed = (attributes & (FUNCTION_DEFAULTS | FUNCTION_KWDEFAULTS)).count_ones();
        if generic {
            if passed == 2 {
                self.op_i(location, Opcode::SWAP, 2);
            }
            let name = self.type_params_name(def.name);
            let key = Key::new(&def.type_params, Role::TypeParams);
            let arity = Arity { args: passed, ..Arity::default() };
            self.enter_scope(name, ScopeType::Annotations, key, first_line, None, arity);
            self.type_params(&def.type_params)?;
            for index in 0..passed {
                self.op_i(location, Opcode::LOAD_FAST, index);
            }
        }
        attributes |= self.function_annotations(location, def)?;
        self.function_body(def, location, is_async, attributes, first_line)?;
        if generic {
            self.op_i(location, Opcode::SWAP, 2);
            self.op_i(location, Opcode::CALL_INTRINSIC_2, INTRINSIC_SET_FUNCTION_TYPE_PARAMS);
            let code = self.finish_unit(false)?;
            self.make_closure(location, code, 0);
            if passed > 0 {
                self.op_i(location, Opcode::SWAP, passed + 1);
                self.op_i(location, Opcode::CALL, passed - 1);
            } else {
                self.op(location, Opcode::PUSH_NULL);
                self.op_i(location, Opcode::CALL, 0);
            }
        }
        self.apply_decorators(&def.decorator_list);
        self.store_name(location, def.name);
        Ok(())
    }

    fn function_body(
        &mut self,
        def: &'a FunctionDef,
        location: Location,
        is_async: bool,
        attributes: u32,
        first_line: i32,
    ) -> Result {
        let scope_type = if is_async { ScopeType::AsyncFunction } else { ScopeType::Function };
        let key = Key::new(def, Role::Function);
        self.enter_scope(def.name, scope_type, key, first_line, None, arity(&def.args));
        let mut body = self.split_docstring(&def.body);
        if let Some((_, constant)) = body.docstring.take() {
            self.unit().consts.add(constant);
        }
        let start = self.label();
        self.place(start);
        let resumable = self.scope().coroutine || self.scope().generator;
        if resumable {
            self.push_block(FrameBlock::new(BlockKind::StopIteration, Location::NONE))?;
        }
        self.body_rest(&body)?;
        if resumable {
            self.wrap_in_stopiteration_handler();
            self.pop_block(BlockKind::StopIteration);
        }
        let code = self.finish_unit(true)?;
        self.make_closure(location, code, attributes);
        Ok(())
    }

    /// StopIteration that leaves a generator becomes RuntimeError.
    pub(super) fn wrap_in_stopiteration_handler(&mut self) {
        let handler = self.label();
        self.sequence().insert_jump(0, Opcode::SETUP_CLEANUP, handler, Location::NONE);
        self.load_none(Location::NONE);
        self.op(Location::NONE, Opcode::RETURN_VALUE);
        self.place(handler);
        self.op_i(Location::NONE, Opcode::CALL_INTRINSIC_1, INTRINSIC_STOPITERATION_ERROR);
        self.op_i(Location::NONE, Opcode::RERAISE, 1);
    }

    pub(super) fn lambda(&mut self, span: Span, lambda: &'a Lambda) -> Result {
        let location = self.loc(span);
        let attributes = self.default_arguments(location, &lambda.args)?;
        let name = self.table.names.intern("<lambda>");
        let key = Key::new(lambda, Role::Lambda);
        let line = location.line;
        self.enter_scope(name, ScopeType::Lambda, key, line, None, arity(&lambda.args));
        self.expr(&lambda.body)?;
        let code = if self.scope().generator {
            self.finish_unit(false)?
        } else {
            let place = self.loc(lambda.body.span);
            self.op(place, Opcode::RETURN_VALUE);
            self.finish_unit(true)?
        };
        self.make_closure(location, code, attributes);
        Ok(())
    }
}
