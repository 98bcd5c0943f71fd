//! Classes.

use std::sync::Arc;

use base::span::Span;
use base::wstr::WString;
use bytecode::{Constant, Location, Opcode};
use syntax::ast::nodes::ClassDef;

use super::annotations::text_constant;
use super::operators::INTRINSIC_SUBSCRIPT_GENERIC;
use super::unit::{Arity, ScopeType};
use super::{Compiler, Result};
use crate::symtable::{Key, Role};

impl<'a> Compiler<'a, '_> {
    pub(super) fn class(&mut self, def: &'a ClassDef, span: Span) -> Result {
        self.exprs(&def.decorator_list)?;
        let first_line = self.first_line(span, &def.decorator_list);
        let location = self.loc(span);
        let generic = !def.type_params.is_empty();
        if generic {
            let name = self.type_params_name(def.name);
            let key = Key::new(&def.type_params, Role::TypeParams);
            let private = Some(def.name);
            let arity = Arity::default();
            self.enter_scope(name, ScopeType::Annotations, key, first_line, private, arity);
            self.type_params(&def.type_params)?;
            let type_params = self.known.type_params;
            self.store_name(location, type_params);
        }
        self.class_body(def, location, first_line)?;
        if generic {
            let (type_params, base) = (self.known.type_params, self.known.generic_base);
            self.load_name(location, type_params);
            self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_SUBSCRIPT_GENERIC);
            self.store_name(location, base);
            self.call_helper(location, 2, &def.bases, Some(base), &def.keywords)?;
            let code = self.finish_unit(false)?;
            self.make_closure(location, code, 0);
            self.op(location, Opcode::PUSH_NULL);
            self.op_i(location, Opcode::CALL, 0);
        } else {
            self.call_helper(location, 2, &def.bases, None, &def.keywords)?;
        }
        self.apply_decorators(&def.decorator_list);
        self.store_name(location, def.name);
        Ok(())
    }

    /// The body becomes a function, which `__build_class__` gets with the class's name.
    fn class_body(&mut self, def: &'a ClassDef, location: Location, first_line: i32) -> Result {
        let key = Key::new(def, Role::Class);
        let private = Some(def.name);
        self.enter_scope(def.name, ScopeType::Class, key, first_line, private, Arity::default());
        let start = Location::new(first_line, first_line, 0, 0);
        self.class_prologue(def, start);
        self.body(start, &def.body, false)?;
        self.class_epilogue();
        let code = self.finish_unit(true)?;
        // From here on the line is that of `class`, not that of a decorator.
        self.op(location, Opcode::LOAD_BUILD_CLASS);
        self.op(location, Opcode::PUSH_NULL);
        self.make_closure(location, code, 0);
        self.load_text(location, def.name);
        Ok(())
    }

    /// `__module__`, `__qualname__`, `__firstlineno__`, and what annotation scopes need.
    fn class_prologue(&mut self, def: &ClassDef, location: Location) {
        let known = self.known;
        self.load_name(location, known.name);
        self.store_name(location, known.module);
        let qualname = text_constant(&self.unit_ref().qualname);
        self.load_const(location, qualname);
        self.store_name(location, known.qualname);
        let line = i64::from(self.unit_ref().firstlineno);
        self.load_const(location, Constant::Int(line));
        self.store_name(location, known.firstlineno);
        if !def.type_params.is_empty() {
            self.load_name(location, known.type_params);
            self.store_name(location, known.dunder_type_params);
        }
        if self.scope().needs_classdict {
            self.op(location, Opcode::LOAD_LOCALS);
            let cell = self.unit().cellvars.add(known.classdict);
            self.op_i(location, Opcode::STORE_DEREF, cell);
        }
        if self.scope().has_conditional_annotations {
            self.op_i(location, Opcode::BUILD_SET, 0);
            let cell = self.unit().cellvars.add(known.conditional_annotations);
            self.op_i(location, Opcode::STORE_DEREF, cell);
        }
    }

    /// `__static_attributes__`, `__classdictcell__`, `__classcell__`.
    fn class_epilogue(&mut self) {
        let known = self.known;
        let attributes = std::mem::take(&mut self.unit().static_attributes);
        let attributes: Arc<[Constant]> =
            attributes.iter().map(|name| Constant::Str(Arc::new(WString::from(&**name)))).collect();
        self.load_const(Location::NONE, Constant::Tuple(attributes));
        self.store_name(Location::NONE, known.static_attributes);
        if self.scope().needs_classdict {
            let cell = self.unit().cellvars.add(known.classdict);
            self.op_i(Location::NONE, Opcode::LOAD_CLOSURE, cell);
            self.store_name(Location::NONE, known.classdictcell);
        }
        if self.scope().needs_class_closure {
            let cell = self.unit().cellvars.add(known.class);
            self.op_i(Location::NONE, Opcode::LOAD_CLOSURE, cell);
            self.op_i(Location::NONE, Opcode::COPY, 1);
            self.store_name(Location::NONE, known.classcell);
        } else {
            self.load_none(Location::NONE);
        }
        self.op(Location::NONE, Opcode::RETURN_VALUE);
    }
}
