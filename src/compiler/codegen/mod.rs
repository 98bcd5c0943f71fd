//! Code generation: the tree to a sequence of instructions for each unit (CPython's `codegen.c` and `compile.c`).
//!
//! A unit is what becomes a code object: a module, class body, function, lambda, generator expression or annotation scope.
//! Units nest; the last one is the one that is being written.

mod annotations;
mod assign;
mod calls;
mod chains;
mod checks;
mod classes;
mod comprehensions;
mod control;
mod expressions;
mod functions;
mod imports;
mod names;
mod operators;
mod patterns;
mod statements;
mod strings;
mod try_;
mod type_params;
mod unit;
mod unwind;
mod with_;

use std::cell::Cell;
use std::sync::Arc;

use base::span::Span;
use base::wstr::WString;
use bytecode::{CodeSpec, Constant, Location, Opcode};
use syntax::Parsed;
use syntax::ast::nodes::{Expr, ExprContext, ExprKind, Mod, Stmt};
use syntax::error::{ErrorKind, Place, SyntaxError, Warning, WarningKind};
use syntax::names::Identifier;

use crate::instructions::{InstructionSequence, Label};
use crate::limits::{MAX_DEPTH, too_deep};
use crate::names::Known;
use crate::options::Options;
use crate::stages::UnitStages;
use crate::symtable::{Key, Role, Scope, ScopeId, SymbolTable};

use unit::{Arity, ScopeType, Unit};

pub(crate) type Result<T = ()> = std::result::Result<T, SyntaxError>;

/// Generates the code of a source.
pub(crate) fn generate<'a>(
    parsed: &'a Parsed,
    mut table: SymbolTable<'a>,
    options: &'a Options,
    warnings: &mut Vec<Warning>,
    stages: Option<&mut Vec<UnitStages>>,
) -> Result<CodeSpec> {
    let known = Known::new(&mut table.names);
    let mut compiler = Compiler {
        parsed,
        table,
        known,
        options,
        units: Vec::new(),
        warnings,
        stages,
        disable_warnings: 0,
        interactive: matches!(parsed.tree, Mod::Interactive(_)),
        depth: 0,
        line: Cell::new((0, 0, 0)),
    };
    compiler.module()
}

/// The state of code generation.
struct Compiler<'a, 'w> {
    parsed: &'a Parsed,
    table: SymbolTable<'a>,
    known: Known,
    options: &'a Options,
    units: Vec<Unit<'a>>,
    warnings: &'w mut Vec<Warning>,
    /// What the units look like between the passes, if that is to be shown.
    stages: Option<&'w mut Vec<UnitStages>>,
    /// Above 0 in the second copy of a `finally` block.
    disable_warnings: u32,
    interactive: bool,
    depth: u32,
    /// The line looked up last: its first byte, the byte behind it, its number.
    line: Cell<(u32, u32, u32)>,
}

#[expect(clippy::cast_possible_wrap, reason = "lines and columns fit CPython's int")]
const fn coordinate(number: u32) -> i32 {
    number as i32
}

/// A count as an argument. Trees have fewer than 2^32 nodes: each takes a byte of source.
fn number(count: usize) -> u32 {
    u32::try_from(count).expect("fewer than 2^32 nodes")
}

impl<'a> Compiler<'a, '_> {
    fn module(&mut self) -> Result<CodeSpec> {
        let tree = &self.parsed.tree;
        let name = self.table.names.intern("<module>");
        let key = Key::new(tree, Role::Module);
        self.enter_scope(name, ScopeType::Module, key, 1, None, Arity::default());
        let add_none = match tree {
            Mod::Module(body) => {
                self.module_body(body, false)?;
                true
            }
            Mod::Interactive(body) => {
                self.module_body(body, true)?;
                true
            }
            Mod::Expression(value) => {
                self.expr(value)?;
                false
            }
            Mod::FunctionType { .. } => false,
        };
        self.finish_unit(add_none)
    }

    fn module_body(&mut self, body: &'a [Stmt], interactive: bool) -> Result {
        let location = match body.first() {
            Some(first) => self.loc(first.span),
            None => Location::new(1, 1, 0, 0),
        };
        if self.scope().has_conditional_annotations {
            self.op_i(location, Opcode::BUILD_SET, 0);
            let name = self.known.conditional_annotations;
            self.op_name(location, Opcode::STORE_NAME, name);
        }
        self.body(location, body, interactive)
    }

    // The current unit.

    fn unit(&mut self) -> &mut Unit<'a> {
        self.units.last_mut().expect("code is generated inside a unit")
    }

    fn unit_ref(&self) -> &Unit<'a> {
        self.units.last().expect("code is generated inside a unit")
    }

    fn sequence(&mut self) -> &mut InstructionSequence {
        &mut self.unit().sequence
    }

    fn scope_id(&self) -> ScopeId {
        self.unit_ref().scope
    }

    /// The symbol table's entry of the current unit.
    fn scope(&self) -> &Scope {
        self.table.scope(self.scope_id())
    }

    // Places.

    fn line_column(&self, offset: u32) -> (i32, i32) {
        let (start, end, line) = self.line.get();
        if offset >= start && offset < end {
            return (coordinate(line), coordinate(offset - start));
        }
        let (line, column) = self.parsed.lines.line_column(offset);
        if !self.parsed.lines.has_text() {
            return (coordinate(line), coordinate(column));
        }
        let end = self.parsed.lines.line_start(line + 1).unwrap_or(u32::MAX);
        self.line.set((offset - column, end, line));
        (coordinate(line), coordinate(column))
    }

    /// The location of a node.
    fn loc(&self, span: Span) -> Location {
        let (line, column) = self.line_column(span.start);
        let (end_line, end_column) = self.line_column(span.end);
        Location::new(line, end_line, column, end_column)
    }

    fn line_of(&self, span: Span) -> i32 {
        self.line_column(span.start).0
    }

    #[expect(clippy::cast_sign_loss, reason = "checked to be at least 0")]
    fn span_of(&self, location: Location) -> Option<Span> {
        if !location.has_line() || location.column < 0 || location.end_column < 0 {
            return None;
        }
        let offset = |line: i32, column: i32| {
            Some(self.parsed.lines.line_start(line as u32)? + column as u32)
        };
        let start = offset(location.line, location.column)?;
        Some(Span::new(start, offset(location.end_line, location.end_column)?))
    }

    fn error<T>(&self, location: Location, message: impl Into<String>) -> Result<T> {
        Err(match self.span_of(location) {
            Some(span) => SyntaxError::new(message, span),
            None if !self.parsed.lines.has_text() && location.has_line() => {
                let place = Place::Exact {
                    line: location.line,
                    offset: location.column.saturating_add(1),
                    end_line: location.end_line,
                    end_offset: location.end_column.saturating_add(1),
                };
                SyntaxError::of(ErrorKind::Syntax, message, place)
            }
            None => SyntaxError::of(ErrorKind::Syntax, message, Place::None),
        })
    }

    fn warn(&mut self, span: Span, message: String) {
        if self.disable_warnings == 0 {
            self.warnings.push(Warning { kind: WarningKind::Syntax, message, span });
        }
    }

    fn text_of(&self, name: Identifier) -> &str {
        self.table.names.text(name)
    }

    /// The `repr` of a name.
    fn repr_of(&self, name: Identifier) -> String {
        let text = self.text_of(name);
        base::escape::repr_points(text.chars().map(u32::from), text.len())
    }

    // Instructions.

    fn op(&mut self, location: Location, opcode: Opcode) {
        self.sequence().add(opcode, 0, location);
    }

    fn op_i(&mut self, location: Location, opcode: Opcode, oparg: u32) {
        self.sequence().add(opcode, oparg, location);
    }

    /// An instruction whose argument is a count.
    fn op_n(&mut self, location: Location, opcode: Opcode, count: usize) {
        self.op_i(location, opcode, number(count));
    }

    fn jump(&mut self, location: Location, opcode: Opcode, target: Label) {
        self.sequence().add_jump(opcode, target, location);
    }

    fn label(&mut self) -> Label {
        self.sequence().new_label()
    }

    fn place(&mut self, label: Label) {
        self.sequence().use_label(label);
    }

    fn load_const(&mut self, location: Location, value: Constant) {
        let index = self.unit().consts.add(value);
        self.op_i(location, Opcode::LOAD_CONST, index);
    }

    fn load_none(&mut self, location: Location) {
        self.load_const(location, Constant::None);
    }

    fn load_int(&mut self, location: Location, value: usize) {
        self.load_const(location, Constant::Int(i64::from(number(value))));
    }

    fn load_text(&mut self, location: Location, name: Identifier) {
        let value = self.name_constant(name);
        self.load_const(location, value);
    }

    fn name_constant(&self, name: Identifier) -> Constant {
        Constant::Str(Arc::new(WString::from(self.text_of(name))))
    }

    /// A tuple of names.
    fn names_constant(&self, names: impl Iterator<Item = Identifier>) -> Constant {
        Constant::Tuple(names.map(|name| self.name_constant(name)).collect())
    }

    /// An instruction whose argument is a name's index, with room for `shift` more bits.
    fn op_name_with(
        &mut self,
        location: Location,
        opcode: Opcode,
        name: Identifier,
        shift: u32,
        bits: u32,
    ) {
        let mangled = self.mangled(name);
        let index = self.unit().names.add(mangled);
        self.op_i(location, opcode, index << shift | bits);
    }

    fn op_name(&mut self, location: Location, opcode: Opcode, name: Identifier) {
        let shift = u32::from(opcode == Opcode::LOAD_ATTR);
        self.op_name_with(location, opcode, name, shift, 0);
    }

    fn load_method(&mut self, location: Location, name: Identifier) {
        self.op_name_with(location, Opcode::LOAD_ATTR, name, 1, 1);
    }

    /// The name as the current class knows it.
    fn mangled(&mut self, name: Identifier) -> Identifier {
        let private = self.unit_ref().private;
        let scope = self.scope_id();
        self.table.maybe_mangle(private, scope, name)
    }

    // Recursion.

    fn expr(&mut self, expr: &'a Expr) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.expression(expr)?;
        self.depth -= 1;
        Ok(())
    }

    fn exprs(&mut self, exprs: &'a [Expr]) -> Result {
        exprs.iter().try_for_each(|expr| self.expr(expr))
    }

    fn stmts(&mut self, body: &'a [Stmt]) -> Result {
        for statement in body {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(too_deep());
            }
            self.statement(statement)?;
            self.depth -= 1;
        }
        Ok(())
    }

    /// The value of a node that is a constant: a literal, or `__debug__`.
    fn constant_value(&self, expr: &Expr) -> Option<Constant> {
        match &expr.kind {
            ExprKind::Constant { value, .. } => Some(crate::constants::constant(value)),
            _ if self.is_debug(expr) => Some(Constant::bool(self.options.optimize == 0)),
            _ => None,
        }
    }

    fn is_constant(&self, expr: &Expr) -> bool {
        matches!(expr.kind, ExprKind::Constant { .. }) || self.is_debug(expr)
    }

    fn is_debug(&self, expr: &Expr) -> bool {
        matches!(expr.kind, ExprKind::Name { id, ctx: ExprContext::Load } if id == self.known.debug)
    }
}
