//! `import` and `from ... import`.

use base::span::Span;
use bytecode::{Constant, Location, Opcode};
use syntax::ast::nodes::Alias;
use syntax::names::Identifier;

use super::Compiler;
use super::operators::INTRINSIC_IMPORT_STAR;

impl Compiler<'_, '_> {
    pub(super) fn import(&mut self, span: Span, aliases: &[Alias]) {
        let location = self.loc(span);
        for alias in aliases {
            self.load_int(location, 0);
            self.load_none(location);
            self.op_name(location, Opcode::IMPORT_NAME, alias.name);
            match alias.asname {
                Some(asname) => self.import_as(location, alias.name, asname),
                None => {
                    let first = self.part(alias.name, 0);
                    self.store_name(location, first);
                }
            }
        }
    }

    /// One part of a dotted name.
    fn part(&mut self, name: Identifier, index: usize) -> Identifier {
        let text = self.text_of(name).split('.').nth(index).unwrap_or_default().to_owned();
        self.table.names.intern(&text)
    }

    /// `import a.b.c as d`: the module `a` is on the stack, its last submodule is wanted.
    fn import_as(&mut self, location: Location, name: Identifier, asname: Identifier) {
        let parts = self.text_of(name).split('.').count();
        if parts == 1 {
            return self.store_name(location, asname);
        }
        for index in 1..parts {
            if index > 1 {
                self.op_i(location, Opcode::SWAP, 2);
                self.op(location, Opcode::POP_TOP);
            }
            let attribute = self.part(name, index);
            let number = self.unit().names.add(attribute);
            self.op_i(location, Opcode::IMPORT_FROM, number);
        }
        self.store_name(location, asname);
        self.op(location, Opcode::POP_TOP);
    }

    pub(super) fn import_from(
        &mut self,
        span: Span,
        module: Option<Identifier>,
        aliases: &[Alias],
        level: u32,
    ) {
        let location = self.loc(span);
        self.load_const(location, Constant::Int(i64::from(level)));
        let names = self.names_constant(aliases.iter().map(|alias| alias.name));
        self.load_const(location, names);
        let module = module.unwrap_or_else(|| self.table.names.intern(""));
        self.op_name(location, Opcode::IMPORT_NAME, module);
        for alias in aliases {
            if alias.name == self.known.star {
                self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_IMPORT_STAR);
                self.op(Location::NONE, Opcode::POP_TOP);
                return;
            }
            self.op_name(location, Opcode::IMPORT_FROM, alias.name);
            self.store_name(location, alias.asname.unwrap_or(alias.name));
        }
        self.op(location, Opcode::POP_TOP);
    }
}
