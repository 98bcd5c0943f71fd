//! `def`, `class`, decorators and `async`.

use super::{Builder, Built};
use crate::ast::nodes::{ClassDef, Expr, FunctionDef, Stmt, StmtKind};
use crate::grammar::python::Rule;
use crate::tree::Node;

impl<'t> Builder<'t> {
    /// A decorated definition; its span begins at `def`, `class` or `async`.
    pub(crate) fn decorated(&mut self, node: Node<'t>) -> Built<Stmt> {
        let mut kids = node.kids();
        let mut decorators = Vec::new();
        while let Some(decorator) = kids.accept(Rule::decorator) {
            decorators.push(self.item(&mut decorator.kids())?);
        }
        let definition = kids.required();
        let span = self.statement_span(definition.start(), definition.end());
        let kind = match definition.rule() {
            Rule::class_stmt => self.class(definition, decorators)?,
            Rule::async_def => {
                let function = self.function(definition.first(), decorators)?;
                self.needs(5, "Async functions are", definition.end() - 1);
                StmtKind::AsyncFunctionDef(Box::new(function))
            }
            _ => StmtKind::FunctionDef(Box::new(self.function(definition, decorators)?)),
        };
        Ok(Stmt { span, kind })
    }

    /// `async def`, `async for`, `async with`.
    pub(crate) fn async_statement(&mut self, node: Node<'t>) -> Built<Stmt> {
        let inner = node.first();
        let kind = match inner.rule() {
            Rule::def_stmt => {
                let function = self.function(inner, Vec::new())?;
                self.needs(5, "Async functions are", node.end() - 1);
                StmtKind::AsyncFunctionDef(Box::new(function))
            }
            Rule::for_stmt => {
                let parts = self.for_loop(inner)?;
                let looked = if parts.orelse.is_empty() { node.end() } else { node.end() - 1 };
                self.needs(5, "Async for loops are", looked);
                StmtKind::AsyncFor(Box::new(parts))
            }
            _ => {
                let (items, body) = self.with_parts(inner)?;
                self.needs(5, "Async with statements are", node.end() - 1);
                StmtKind::AsyncWith { items, body }
            }
        };
        Ok(Stmt { span: self.statement_span(node.start(), node.end()), kind })
    }

    /// The parts of a `def_stmt`.
    pub(crate) fn function(
        &mut self,
        node: Node<'t>,
        decorator_list: Vec<Expr>,
    ) -> Built<FunctionDef> {
        let mut kids = node.kids();
        let name = self.name(node.start() + 1);
        let type_params = self.type_params(&mut kids)?;
        let args = self.def_parameters(&mut kids)?;
        let returns =
            kids.accept(Rule::expression).map(|node| self.expression(node)).transpose()?;
        let body_node = kids.required();
        self.claim_function_comment(node, body_node)?;
        let body = self.block(body_node)?;
        Ok(FunctionDef { name, args, body, decorator_list, returns, type_params })
    }

    /// A `class_stmt`.
    pub(crate) fn class(&mut self, node: Node<'t>, decorator_list: Vec<Expr>) -> Built<StmtKind> {
        let mut kids = node.kids();
        let name = self.name(node.start() + 1);
        let type_params = self.type_params(&mut kids)?;
        let (bases, keywords) = match kids.accept(Rule::call) {
            Some(call) => {
                if let Some(bare) = self.bare_generator(call) {
                    return self.fail("invalid syntax", bare.start(), bare.start() + 1);
                }
                self.arguments(call)?
            }
            None => Default::default(),
        };
        let body = self.block(kids.required())?;
        let class = ClassDef { name, bases, keywords, body, decorator_list, type_params };
        Ok(StmtKind::ClassDef(Box::new(class)))
    }

    /// `class C(x for x in y)`: the comprehension, which CPython does not take there.
    fn bare_generator(&self, call: Node<'t>) -> Option<Node<'t>> {
        let only = call.kids().next()?;
        only.kids().find(|part| part.rule() == Rule::comprehension)
    }
}
