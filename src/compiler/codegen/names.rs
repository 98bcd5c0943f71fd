//! Which instruction loads, stores or deletes a name.

use bytecode::{Location, Opcode};
use syntax::ast::nodes::ExprContext;
use syntax::names::Identifier;

use super::Compiler;
use crate::symtable::{BlockType, NameScope};

enum Access {
    Fast,
    Deref(u32),
    Global(u32),
    Name(u32),
}

impl Compiler<'_, '_> {
    pub(super) fn store_name(&mut self, location: Location, name: Identifier) {
        self.name_op(location, name, ExprContext::Store);
    }

    pub(super) fn load_name(&mut self, location: Location, name: Identifier) {
        self.name_op(location, name, ExprContext::Load);
    }

    pub(super) fn name_op(&mut self, location: Location, name: Identifier, ctx: ExprContext) {
        let mangled = self.mangled(name);
        let scope = self.scope().scope_of(mangled);
        match self.access(mangled, scope) {
            Access::Fast => {
                let opcode = match ctx {
                    ExprContext::Load => Opcode::LOAD_FAST,
                    ExprContext::Store => Opcode::STORE_FAST,
                    ExprContext::Del => Opcode::DELETE_FAST,
                };
                let index = self.unit().varnames.add(mangled);
                self.op_i(location, opcode, index);
            }
            Access::Deref(index) => {
                let opcode = match ctx {
                    ExprContext::Load => self.deref_load(location),
                    ExprContext::Store => Opcode::STORE_DEREF,
                    ExprContext::Del => Opcode::DELETE_DEREF,
                };
                self.op_i(location, opcode, index);
            }
            Access::Global(index) => match ctx {
                ExprContext::Load => {
                    if self.scope().can_see_class_scope && scope == NameScope::GlobalImplicit {
                        self.load_classdict(location);
                        self.op_i(location, Opcode::LOAD_FROM_DICT_OR_GLOBALS, index);
                    } else {
                        self.op_i(location, Opcode::LOAD_GLOBAL, index << 1);
                    }
                }
                ExprContext::Store => self.op_i(location, Opcode::STORE_GLOBAL, index),
                ExprContext::Del => self.op_i(location, Opcode::DELETE_GLOBAL, index),
            },
            Access::Name(index) => match ctx {
                ExprContext::Load if self.in_class() && self.unit_ref().in_inlined_comp > 0 => {
                    self.op_i(location, Opcode::LOAD_GLOBAL, index << 1);
                }
                ExprContext::Load => self.op_i(location, Opcode::LOAD_NAME, index),
                ExprContext::Store => self.op_i(location, Opcode::STORE_NAME, index),
                ExprContext::Del => self.op_i(location, Opcode::DELETE_NAME, index),
            },
        }
    }

    fn in_class(&self) -> bool {
        self.scope().block == BlockType::Class
    }

    fn access(&mut self, mangled: Identifier, scope: NameScope) -> Access {
        let function_like = self.scope().is_function_like();
        let unit = self.unit();
        match scope {
            NameScope::Free => Access::Deref(unit.freevars.add(mangled)),
            NameScope::Cell => Access::Deref(unit.cellvars.add(mangled)),
            NameScope::Local if function_like || unit.is_hidden(mangled) => Access::Fast,
            NameScope::GlobalImplicit if function_like => Access::Global(unit.names.add(mangled)),
            NameScope::GlobalExplicit => Access::Global(unit.names.add(mangled)),
            NameScope::Local | NameScope::GlobalImplicit | NameScope::Unknown => {
                Access::Name(unit.names.add(mangled))
            }
        }
    }

    /// A class body looks into its own names first, and so does an annotation scope in it.
    fn deref_load(&mut self, location: Location) -> Opcode {
        if self.in_class() && self.unit_ref().in_inlined_comp == 0 {
            self.op(location, Opcode::LOAD_LOCALS);
            Opcode::LOAD_FROM_DICT_OR_DEREF
        } else if self.scope().can_see_class_scope {
            self.load_classdict(location);
            Opcode::LOAD_FROM_DICT_OR_DEREF
        } else {
            Opcode::LOAD_DEREF
        }
    }

    fn load_classdict(&mut self, location: Location) {
        let name = self.known.classdict;
        let index = self.unit().freevars.add(name);
        self.op_i(location, Opcode::LOAD_DEREF, index);
    }
}
