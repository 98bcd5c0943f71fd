//! Arguments, subscripts and slices.

use super::{Builder, Built};
use crate::ast::nodes::{Expr, ExprContext, ExprKind, Keyword};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::Node;

impl<'t> Builder<'t> {
    /// The arguments of a `call` node.
    pub(crate) fn arguments(&mut self, node: Node<'t>) -> Built<(Vec<Expr>, Vec<Keyword>)> {
        let (mut args, mut keywords) = (Vec::new(), Vec::new());
        let kids = node.kids();
        let mut unpacked: Option<usize> = None;
        let single = node.kids().count() == 1 && self.kinds[node.end() - 2] != b',';
        for argument in kids {
            let (start, end) = (argument.start(), argument.end());
            match self.kinds[start] {
                b'*' => {
                    let value = self.expression(argument.first())?;
                    if unpacked.is_some() {
                        let message =
                            "iterable argument unpacking follows keyword argument unpacking";
                        return self.fail(message, self.first_argument(node), start);
                    }
                    let kind = ExprKind::Starred { value: Box::new(value), ctx: ExprContext::Load };
                    args.push(self.make(kind, start, end));
                }
                kinds::POW => {
                    let value = self.expression(argument.first())?;
                    unpacked = Some(start);
                    keywords.push(Keyword { span: self.span(start, end), arg: None, value });
                }
                _ => self.argument(node, argument, single, &mut args, &mut keywords)?,
            }
        }
        Ok((args, keywords))
    }

    fn first_argument(&self, call: Node<'t>) -> usize {
        call.start() + 1
    }

    fn argument(
        &mut self,
        call: Node<'t>,
        argument: Node<'t>,
        single: bool,
        args: &mut Vec<Expr>,
        keywords: &mut Vec<Keyword>,
    ) -> Built<()> {
        let (start, end) = (argument.start(), argument.end());
        let mut walk = argument.walk(0);
        let key = walk.rule().map_or(start..end, |_| start..argument.first().end());
        let expr = self.listed(&mut walk)?;
        match walk.accept(Rule::comprehension) {
            Some(comprehension) => {
                let generators = self.comprehensions(comprehension)?;
                let kind = ExprKind::GeneratorExp { elt: Box::new(expr), generators };
                if !single {
                    return self.fail("Generator expression must be parenthesized", start, end);
                }
                args.push(self.make(kind, call.start(), call.end()));
            }
            // The value behind `=`.
            None if !walk.is_done() => {
                if key.end != key.start + 1 || !kinds::is_name(self.kinds[key.start]) {
                    return self.bad_keyword(key.start, key.end);
                }
                let arg = Some(self.name(key.start));
                walk.at += 1;
                let value = self.part(&mut walk)?;
                keywords.push(Keyword { span: self.span(start, end), arg, value });
            }
            None => {
                if !keywords.is_empty() {
                    let unpacking = keywords.iter().any(|keyword| keyword.arg.is_none());
                    let tail = if unpacking { " unpacking" } else { "" };
                    let message = format!("positional argument follows keyword argument{tail}");
                    let last = call.end() - 1;
                    return self.fail(message, last, last + 1);
                }
                args.push(expr);
            }
        }
        Ok(())
    }

    /// `f(a.b=1)`, `f(True=1)`
    fn bad_keyword<T>(&self, start: usize, end: usize) -> Built<T> {
        let constant = matches!(self.kinds[start], kinds::TRUE | kinds::FALSE | kinds::NONE);
        if end == start + 1 && constant {
            let name = self.source(self.tokens.spans[start]);
            return self.fail(format!("cannot assign to {name}"), start, end + 1);
        }
        let message = "expression cannot contain assignment, perhaps you meant \"==\"?";
        self.fail(message, start, end + 1)
    }

    /// What stands in the brackets of a `subscript` node.
    pub(crate) fn subscript(&mut self, node: Node<'t>) -> Built<Expr> {
        let (start, end) = (node.start(), node.end());
        let mut elts = Vec::new();
        for slice in node.kids() {
            elts.push(self.slice(slice)?);
        }
        let starred = matches!(elts.first(), Some(Expr { kind: ExprKind::Starred { .. }, .. }));
        if elts.len() == 1
            && self.kinds[end - 2] != b','
            && !starred
            && let Some(only) = elts.pop()
        {
            return Ok(only);
        }
        Ok(self.make(ExprKind::Tuple { elts, ctx: ExprContext::Load }, start + 1, end - 1))
    }

    fn slice(&mut self, node: Node<'t>) -> Built<Expr> {
        let mut walk = node.walk(0);
        let mut lower = None;
        if walk.rule() != Some(Rule::slice_tail) {
            let first = self.kinds[node.start()];
            let expr = self.listed(&mut walk)?;
            if walk.is_done() {
                return Ok(expr);
            }
            if matches!(expr.kind, ExprKind::NamedExpr { .. }) && first != b'(' {
                return self.invalid(walk.at);
            }
            lower = Some(Box::new(expr));
        }
        let tail = walk.required();
        let (mut upper, mut step) = (None, None);
        for part in tail.kids() {
            let expr = Some(Box::new(self.expression(part)?));
            if part.start() == tail.start() + 1 {
                upper = expr;
            } else {
                step = expr;
            }
        }
        let kind = ExprKind::Slice { lower, upper, step };
        Ok(self.make(kind, node.start(), node.end()))
    }
}
