//! Simple statements, and where each statement's node goes.

use super::{Builder, Built};
use crate::ast::nodes::{Alias, Expr, ExprKind, Operator, Stmt, StmtKind};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::{Kids, Node};

impl<'t> Builder<'t> {
    /// The statements of a file or of a block.
    pub(crate) fn statements(&mut self, kids: Kids<'t>) -> Built<Vec<Stmt>> {
        let mut out = Vec::with_capacity(kids.count());
        for node in kids {
            if node.rule() != Rule::EOI {
                out.push(self.statement(node)?);
            }
        }
        Ok(out)
    }

    fn statement(&mut self, node: Node<'t>) -> Built<Stmt> {
        let kind = match node.rule() {
            Rule::decorated => return self.decorated(node),
            Rule::async_stmt => return self.async_statement(node),
            Rule::expr_stmt => self.expr_statement(node)?,
            Rule::return_stmt => {
                let value = node.kids().next().map(|value| self.exprs(value)).transpose()?;
                StmtKind::Return { value: value.map(Box::new) }
            }
            Rule::pass_stmt => StmtKind::Pass,
            Rule::break_stmt => StmtKind::Break,
            Rule::continue_stmt => StmtKind::Continue,
            Rule::del_stmt => StmtKind::Delete { targets: self.del_targets(node.first())? },
            Rule::global_stmt => StmtKind::Global { names: self.name_list(node) },
            Rule::nonlocal_stmt => StmtKind::Nonlocal { names: self.name_list(node) },
            Rule::assert_stmt => {
                let mut kids = node.kids();
                let test = Box::new(self.expression(kids.required())?);
                let msg = kids.next().map(|msg| self.expression(msg)).transpose()?;
                StmtKind::Assert { test, msg: msg.map(Box::new) }
            }
            Rule::raise_stmt => {
                let mut kids = node.kids();
                let exc = kids.next().map(|exc| self.expression(exc)).transpose()?;
                let cause = kids.next().map(|cause| self.expression(cause)).transpose()?;
                StmtKind::Raise { exc: exc.map(Box::new), cause: cause.map(Box::new) }
            }
            Rule::type_stmt => self.type_alias(node)?,
            Rule::import_stmt => self.import(node)?,
            Rule::from_stmt => self.import_from(node)?,
            _ => self.compound(node)?,
        };
        Ok(Stmt { span: self.statement_span(node.start(), node.end()), kind })
    }

    fn name_list(&mut self, node: Node<'t>) -> Vec<crate::names::Identifier> {
        node.kids().map(|name| self.name(name.start())).collect()
    }

    fn expr_statement(&mut self, node: Node<'t>) -> Built<StmtKind> {
        let mut kids = node.kids();
        let first = kids.required();
        let mut expr = self.exprs(first)?;
        let Some(next) = kids.peek_node() else {
            return Ok(StmtKind::Expr { value: Box::new(expr) });
        };
        match next.rule() {
            Rule::assign => self.assign(first, expr, kids),
            Rule::augassign => {
                self.augmented_target(&mut expr)?;
                let op = augmented_operator(self.source(self.tokens.spans[next.start()]));
                if op == Operator::MatMult {
                    self.needs(5, "The '@' operator is", next.start());
                }
                let value = Box::new(self.exprs(next.first())?);
                Ok(StmtKind::AugAssign { target: Box::new(expr), op, value })
            }
            _ => self.annotated(first, expr, next),
        }
    }

    fn assign(&mut self, first: Node<'t>, expr: Expr, kids: Kids<'t>) -> Built<StmtKind> {
        let mut targets = vec![expr];
        let mut last = first;
        for assign in kids {
            // All but the last expression are targets.
            if let Some(target) = targets.last_mut() {
                self.assignment_target(last, target)?;
            }
            last = assign.first();
            targets.push(self.exprs(last)?);
        }
        let value = Box::new(targets.pop().expect("an assignment has a value"));
        self.claim_comment(last.end(), self.tokens.spans[first.start()]);
        Ok(StmtKind::Assign { targets, value })
    }

    fn annotated(&mut self, first: Node<'t>, mut expr: Expr, next: Node<'t>) -> Built<StmtKind> {
        self.annotated_target(&mut expr, next.start())?;
        let simple =
            matches!(expr.kind, ExprKind::Name { .. }) && self.kinds[first.start()] != b'(';
        let mut inside = next.kids();
        let annotation = Box::new(self.expression(inside.required())?);
        let value = inside.next().map(|value| self.exprs(value)).transpose()?;
        let subject =
            if simple { "Variable annotation syntax is" } else { "Variable annotations syntax is" };
        self.needs(6, subject, next.end());
        Ok(StmtKind::AnnAssign {
            target: Box::new(expr),
            annotation,
            value: value.map(Box::new),
            simple,
        })
    }

    fn type_alias(&mut self, node: Node<'t>) -> Built<StmtKind> {
        let mut kids = node.kids();
        let name = Box::new(self.stored_name(node.start() + 1));
        let type_params = self.type_params(&mut kids)?;
        let value = Box::new(self.expression(kids.required())?);
        self.needs(12, "Type statement is", node.end());
        Ok(StmtKind::TypeAlias { name, type_params, value })
    }

    fn import(&mut self, node: Node<'t>) -> Built<StmtKind> {
        let mut names = Vec::new();
        for import_as in node.kids() {
            let mut kids = import_as.kids();
            let name = self.dotted_name(kids.required());
            let asname = kids.next().map(|name| self.name(name.start()));
            names.push(Alias { span: self.node_span(import_as), name, asname });
        }
        Ok(StmtKind::Import { names })
    }

    fn import_from(&mut self, node: Node<'t>) -> Built<StmtKind> {
        let (mut level, mut module, mut names) = (0, None, Vec::new());
        for part in node.kids() {
            match part.rule() {
                Rule::dots => {
                    for token in part.start()..part.end() {
                        level += if self.kinds[token] == kinds::ELLIPSIS { 3 } else { 1 };
                    }
                }
                Rule::dotted => module = Some(self.dotted_name(part)),
                Rule::import_star => {
                    let name = self.names.intern("*");
                    names.push(Alias { span: self.node_span(part), name, asname: None });
                }
                _ => {
                    let (first, last) = (part.start(), part.end() - 1);
                    let name = self.name(first);
                    let asname = if last > first { Some(self.name(last)) } else { None };
                    names.push(Alias { span: self.node_span(part), name, asname });
                }
            }
        }
        if level == 0 && module.is_some_and(|id| self.names.text(id) == "__future__") {
            self.barry |= names.iter().any(|alias| self.names.text(alias.name) == "barry_as_FLUFL");
        }
        Ok(StmtKind::ImportFrom { module, names, level })
    }
}

fn augmented_operator(text: &str) -> Operator {
    match text {
        "+=" => Operator::Add,
        "-=" => Operator::Sub,
        "*=" => Operator::Mult,
        "@=" => Operator::MatMult,
        "/=" => Operator::Div,
        "%=" => Operator::Mod,
        "**=" => Operator::Pow,
        "<<=" => Operator::LShift,
        ">>=" => Operator::RShift,
        "|=" => Operator::BitOr,
        "^=" => Operator::BitXor,
        "&=" => Operator::BitAnd,
        _ => Operator::FloorDiv,
    }
}
