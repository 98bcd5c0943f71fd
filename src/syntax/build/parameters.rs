//! Parameter lists of `def` and `lambda`, and PEP 695 type parameters.

use super::{Builder, Built};
use crate::ast::nodes::{Arg, Arguments, Expr, ExprContext, ExprKind, TypeParam, TypeParamKind};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::{Kids, Node};

/// Which part of the list the next parameter belongs to.
struct State {
    slash: bool,
    star: Option<usize>,
    double_star: bool,
}

impl<'t> Builder<'t> {
    /// The parameters of `def`.
    pub(crate) fn def_parameters(&mut self, kids: &mut Kids<'t>) -> Built<Arguments> {
        let Some(node) = kids.accept(Rule::params) else { return Ok(Arguments::default()) };
        let params: Vec<_> = node.kids().collect();
        self.parameters(&params, node.end(), false)
    }

    /// A parameter list out of its nodes, in CPython's order of checks.
    pub(crate) fn parameters(
        &mut self,
        params: &[Node<'t>],
        end: usize,
        lambda: bool,
    ) -> Built<Arguments> {
        let mut out = Arguments::default();
        let mut state = State { slash: false, star: None, double_star: false };
        for (index, &param) in params.iter().enumerate() {
            let start = param.start();
            let kind = self.kinds[start];
            if state.double_star {
                let message = "arguments cannot follow var-keyword argument";
                let end = if kinds::is_name(kind) { param.start() + 1 } else { start + 1 };
                return self.fail(message, start, end);
            }
            match kind {
                b'/' => self.slash(index, start, &mut state, &mut out)?,
                b'*' => {
                    if state.star.is_some() {
                        // Refined where a parameter or a comma follows.
                        return self.invalid(start);
                    }
                    state.star = Some(start);
                    let bare = param.end() == start + 1;
                    let next = params.get(index + 1).map(|next| self.kinds[next.start()]);
                    if bare && next.is_none_or(|kind| kind == kinds::POW) {
                        let message = "named arguments must follow bare *";
                        return self.fail(message, start, start + 1);
                    }
                    if bare {
                        self.refuse_bare_star_comment(start)?;
                    } else {
                        out.vararg = Some(Box::new(self.starred_parameter(param)?));
                    }
                }
                kinds::POW => {
                    state.double_star = true;
                    out.kwarg = Some(Box::new(self.starred_parameter(param)?));
                }
                _ => self.plain_parameter(param, lambda, &state, &mut out)?,
            }
        }
        if state.slash {
            self.needs(8, "Positional-only parameters are", end);
        }
        Ok(out)
    }

    fn slash(
        &mut self,
        index: usize,
        start: usize,
        state: &mut State,
        out: &mut Arguments,
    ) -> Built<()> {
        let message = if index == 0 {
            // Refined where a comma follows.
            "invalid syntax"
        } else if state.slash {
            "/ may appear only once"
        } else if state.star.is_some() {
            "/ must be ahead of *"
        } else {
            state.slash = true;
            out.posonlyargs = std::mem::take(&mut out.args);
            return Ok(());
        };
        self.fail(message, start, start + 1)
    }

    fn plain_parameter(
        &mut self,
        param: Node<'t>,
        _lambda: bool,
        state: &State,
        out: &mut Arguments,
    ) -> Built<()> {
        let (arg, default) = self.parameter(param)?;
        if state.star.is_some() {
            out.kwonlyargs.push(arg);
            out.kw_defaults.push(default);
            return Ok(());
        }
        match default {
            Some(default) => out.defaults.push(default),
            None if !out.defaults.is_empty() => {
                let message = "parameter without a default follows parameter with a default";
                return self.fail(message, param.start(), param.end());
            }
            None => {}
        }
        out.args.push(arg);
        Ok(())
    }

    /// A named parameter and its default.
    fn parameter(&mut self, node: Node<'t>) -> Built<(Arg, Option<Expr>)> {
        let token = node.start();
        let mut walk = node.walk(1);
        let arg = self.name(token);
        let (mut annotation, mut default) = (None, None);
        if !walk.is_done() && self.kinds[walk.at] == b':' {
            walk.at += 1;
            annotation = Some(Box::new(self.part(&mut walk)?));
        }
        let end = walk.at;
        if !walk.is_done() {
            walk.at += 1;
            default = Some(self.part(&mut walk)?);
        }
        let span = self.span(token, end);
        self.claim_parameter_comment(node.end(), span);
        Ok((Arg { span, arg, annotation }, default))
    }

    /// The parameter after `*` or `**`.
    fn starred_parameter(&mut self, node: Node<'t>) -> Built<Arg> {
        let token = node.start() + 1;
        let mut kids = node.kids();
        let arg = self.name(token);
        let mut annotation = None;
        if kids.peek().is_some() {
            annotation = Some(Box::new(self.item(&mut kids)?));
        }
        let span = self.span(token, node.end());
        self.claim_parameter_comment(node.end(), span);
        Ok(Arg { span, arg, annotation })
    }

    /// `[T: bound = default, *Ts, **P]`, if it is there.
    pub(crate) fn type_params(&mut self, kids: &mut Kids<'t>) -> Built<Vec<TypeParam>> {
        let Some(node) = kids.accept(Rule::type_params) else { return Ok(Vec::new()) };
        let mut out: Vec<TypeParam> = Vec::new();
        for param in node.kids() {
            out.push(self.type_param(param)?);
        }
        self.needs(12, "Type parameter lists are", node.end() - 1);
        Ok(out)
    }

    fn type_param(&mut self, node: Node<'t>) -> Built<TypeParam> {
        let start = node.start();
        let kind = self.kinds[start];
        let starred = matches!(kind, b'*' | kinds::POW);
        let token = start + usize::from(starred);
        let name = self.name(token);
        let mut kids = node.kids();
        let (mut bound, mut default_value) = (None, None);
        while let Some(part) = kids.peek_node() {
            let colon = self.kinds[part.start() - 1] == b':' && part.start() == token + 2;
            let value = Some(Box::new(self.item(&mut kids)?));
            if colon {
                bound = value;
            } else {
                default_value = value;
            }
        }
        if default_value.is_some() {
            self.needs(13, "Type parameter defaults are", node.end());
        }
        let kind = match kind {
            b'*' => TypeParamKind::TypeVarTuple { name, default_value },
            kinds::POW => TypeParamKind::ParamSpec { name, default_value },
            _ => TypeParamKind::TypeVar { name, bound, default_value },
        };
        Ok(TypeParam { span: self.span(start, node.end()), kind })
    }

    /// A name that is assigned, as an expression.
    pub(crate) fn stored_name(&mut self, token: usize) -> Expr {
        let kind = ExprKind::Name { id: self.name(token), ctx: ExprContext::Store };
        self.make(kind, token, token + 1)
    }
}
