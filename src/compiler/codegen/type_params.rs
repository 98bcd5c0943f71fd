//! Type parameters and type aliases (PEP 695, PEP 696).

use bytecode::{Constant, Location, Opcode};
use syntax::ast::nodes::{Expr, ExprKind, Stmt, TypeParam, TypeParamKind};
use syntax::names::Identifier;

use super::operators::{
    FUNCTION_DEFAULTS, INTRINSIC_PARAMSPEC, INTRINSIC_SET_TYPEPARAM_DEFAULT, INTRINSIC_TYPEALIAS,
    INTRINSIC_TYPEVAR, INTRINSIC_TYPEVAR_WITH_BOUND, INTRINSIC_TYPEVAR_WITH_CONSTRAINTS,
    INTRINSIC_TYPEVARTUPLE,
};
use super::unit::{Arity, ScopeType};
use super::{Compiler, Result};
use crate::symtable::{Key, Role};

impl<'a> Compiler<'a, '_> {
    /// Makes the type parameters, binds their names and leaves a tuple of them.
    pub(super) fn type_params(&mut self, params: &'a [TypeParam]) -> Result {
        let mut seen_default = false;
        for param in params {
            let location = self.loc(param.span);
            let (name, default, role) = match &param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => {
                    self.load_text(location, *name);
                    self.type_var(location, param, *name, bound.as_deref())?;
                    (*name, default_value, Role::Default)
                }
                TypeParamKind::TypeVarTuple { name, default_value } => {
                    self.load_text(location, *name);
                    self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_TYPEVARTUPLE);
                    (*name, default_value, Role::Bound)
                }
                TypeParamKind::ParamSpec { name, default_value } => {
                    self.load_text(location, *name);
                    self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_PARAMSPEC);
                    (*name, default_value, Role::Bound)
                }
            };
            match default {
                Some(default) => {
                    seen_default = true;
                    let starred = matches!(param.kind, TypeParamKind::TypeVarTuple { .. });
                    self.bound_or_default(default, name, Key::new(param, role), starred)?;
                    let set = INTRINSIC_SET_TYPEPARAM_DEFAULT;
                    self.op_i(location, Opcode::CALL_INTRINSIC_2, set);
                }
                None if seen_default => {
                    let message = format!(
                        "non-default type parameter '{}' follows default type parameter",
                        self.text_of(name)
                    );
                    return self.error(location, message);
                }
                None => {}
            }
            self.op_i(location, Opcode::COPY, 1);
            self.store_name(location, name);
        }
        if let Some(first) = params.first() {
            let location = self.loc(first.span);
            self.op_n(location, Opcode::BUILD_TUPLE, params.len());
        }
        Ok(())
    }

    fn type_var(
        &mut self,
        location: Location,
        param: &'a TypeParam,
        name: Identifier,
        bound: Option<&'a Expr>,
    ) -> Result {
        let Some(bound) = bound else {
            self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_TYPEVAR);
            return Ok(());
        };
        self.bound_or_default(bound, name, Key::new(param, Role::Bound), false)?;
        let constraints = matches!(bound.kind, ExprKind::Tuple { .. });
        let intrinsic = if constraints {
            INTRINSIC_TYPEVAR_WITH_CONSTRAINTS
        } else {
            INTRINSIC_TYPEVAR_WITH_BOUND
        };
        self.op_i(location, Opcode::CALL_INTRINSIC_2, intrinsic);
        Ok(())
    }

    /// The default of a lazy value's one parameter: `Format.VALUE`.
    fn load_format_default(&mut self, location: Location) {
        self.load_const(location, Constant::Tuple([Constant::Int(1)].into()));
    }

    fn bound_or_default(
        &mut self,
        value: &'a Expr,
        name: Identifier,
        key: Key,
        allow_starred: bool,
    ) -> Result {
        let location = self.loc(value.span);
        self.load_format_default(location);
        let id = self.table.lookup(key);
        self.enter_annotations(location, name, id);
        match &value.kind {
            ExprKind::Starred { value: inner, .. } if allow_starred => {
                self.expr(inner)?;
                self.op_i(location, Opcode::UNPACK_SEQUENCE, 1);
            }
            _ => self.expr(value)?,
        }
        self.op(location, Opcode::RETURN_VALUE);
        let code = self.finish_unit(true)?;
        self.make_closure(location, code, FUNCTION_DEFAULTS);
        Ok(())
    }

    pub(super) fn type_alias(
        &mut self,
        statement: &'a Stmt,
        name: &'a Expr,
        type_params: &'a Vec<TypeParam>,
        value: &'a Expr,
    ) -> Result {
        let location = self.loc(statement.span);
        let ExprKind::Name { id: name, .. } = name.kind else { return Ok(()) };
        let generic = !type_params.is_empty();
        if generic {
            let params_name = self.type_params_name(name);
            let key = Key::new(type_params, Role::TypeParams);
            let line = location.line;
            let arity = Arity::default();
            self.enter_scope(params_name, ScopeType::Annotations, key, line, None, arity);
            self.load_text(location, name);
            self.type_params(type_params)?;
        } else {
            self.load_text(location, name);
            self.load_none(location);
        }
        self.type_alias_body(location, statement, name, value)?;
        if generic {
            let code = self.finish_unit(false)?;
            self.make_closure(location, code, 0);
            self.op(location, Opcode::PUSH_NULL);
            self.op_i(location, Opcode::CALL, 0);
        }
        self.store_name(location, name);
        Ok(())
    }

    fn type_alias_body(
        &mut self,
        location: Location,
        statement: &'a Stmt,
        name: Identifier,
        value: &'a Expr,
    ) -> Result {
        self.load_format_default(location);
        let id = self.table.lookup(Key::new(statement, Role::Alias));
        self.enter_annotations(location, name, id);
        self.expr(value)?;
        self.op(location, Opcode::RETURN_VALUE);
        let code = self.finish_unit(false)?;
        self.make_closure(location, code, FUNCTION_DEFAULTS);
        self.op_i(location, Opcode::BUILD_TUPLE, 3);
        self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_TYPEALIAS);
        Ok(())
    }
}
