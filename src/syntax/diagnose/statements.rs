//! The second pass over simple statements and targets.

use super::pass::{Found, Memo, Pass, found};
use crate::ast::nodes::ExprKind;
use crate::build::targets::Targets;
use crate::error::SyntaxError;
use crate::kinds;

type Raised = Result<(), Box<SyntaxError>>;

const IMPORT_NAMES: &str = "Expected one or more names after 'import'";

impl Pass<'_> {
    /// `simple_stmts`: statements between semicolons, and the newline.
    pub(super) fn simple_statements(&mut self, token: usize) -> Found {
        let mut end = found!(self.simple_statement(token)?);
        while let Some(semicolon) = self.eat(end, b';') {
            match self.simple_statement(semicolon)? {
                Some(next) => end = next,
                None => {
                    end = semicolon;
                    break;
                }
            }
        }
        Ok(self.eat(end, kinds::NEWLINE))
    }

    pub(super) fn simple_statement(&mut self, token: usize) -> Found {
        self.memo(Memo::SimpleStatement, token, |pass| {
            if let Some(end) = pass.assignment(token)? {
                return Ok(Some(end));
            }
            if pass.at(token) == b'd'
                && let Some(end) = pass.type_alias(token)?
            {
                return Ok(Some(end));
            }
            if let Some(end) = pass.star_expressions(token)? {
                return Ok(Some(end));
            }
            match pass.at(token) {
                b'U' => Ok(Some(pass.star_expressions(token + 1)?.unwrap_or(token + 1))),
                b'Q' => pass.import(token),
                b'O' => pass.import_from(token),
                b'T' => pass.raise_statement(token),
                b'S' | b'L' | b'M' => Ok(Some(token + 1)),
                b'N' => pass.delete(token),
                b'V' => pass.yield_expr(token),
                b'K' => pass.assert(token),
                b'P' | b'R' => pass.gather(token + 1, |pass, at| Ok(pass.name(at))),
                _ => Ok(None),
            }
        })
    }

    fn type_alias(&mut self, token: usize) -> Found {
        let name = found!(self.name(token + 1));
        let params = found!(self.type_params(name)?);
        let equal = found!(self.eat(params, b'='));
        self.expression(equal)
    }

    fn assignment(&mut self, token: usize) -> Found {
        if let Some(end) = self.annotated(token)? {
            return Ok(Some(end));
        }
        let mut end = token;
        while let Some(target) = self.star_targets(end)? {
            match self.eat(target, b'=') {
                Some(equal) => end = equal,
                None => break,
            }
        }
        if end > token
            && let Some(value) = self.annotated_rhs(end)?
            && self.at(value) != b'='
        {
            return Ok(Some(value));
        }
        if let Some(target) = self.single_target(token)?
            && let Some(op) = self.eat(target, kinds::AUGASSIGN)
        {
            return self.annotated_rhs(op);
        }
        if self.invalid {
            self.invalid_assignment(token)?;
        }
        Ok(None)
    }

    fn annotated(&mut self, token: usize) -> Found {
        let target = match self.name(token) {
            Some(name) if self.at(name) == b':' => name,
            _ => found!(self.single_target(token)?),
        };
        let colon = found!(self.eat(target, b':'));
        let annotation = found!(self.expression(colon)?);
        if let Some(equal) = self.eat(annotation, b'=')
            && let Some(value) = self.annotated_rhs(equal)?
        {
            return Ok(Some(value));
        }
        Ok(Some(annotation))
    }

    fn invalid_assignment(&mut self, token: usize) -> Raised {
        if let Some(end) = self.annotation_display(token)?
            && let Some(colon) = self.eat(end, b':')
            && self.expression(colon)?.is_some()
        {
            let what = self.describe(token, end);
            let message = format!("only single target (not {what}) can be annotated");
            return self.raise_expr(message, token, end);
        }
        if let Some(first) = self.star_named_expression(token)?
            && let Some(comma) = self.eat(first, b',')
        {
            let mut rest = comma;
            while let Some(next) = self.star_named_expressions(rest)? {
                rest = next;
            }
            if let Some(colon) = self.eat(rest, b':')
                && self.expression(colon)?.is_some()
            {
                let message = "only single target (not tuple) can be annotated";
                return self.raise(message, token, first);
            }
        }
        if let Some(end) = self.expression(token)?
            && let Some(colon) = self.eat(end, b':')
            && self.expression(colon)?.is_some()
        {
            return self.raise_expr("illegal target for annotation", token, end);
        }
        let mut start = token;
        while let Some(target) = self.star_targets(start)? {
            match self.eat(target, b'=') {
                Some(equal) => start = equal,
                None => break,
            }
        }
        if let Some(end) = self.star_expressions(start)?
            && self.at(end) == b'='
        {
            self.check_target(start, end, Targets::Star)?;
        }
        if let Some(end) = self.yield_expr(start)?
            && self.at(end) == b'='
        {
            return self.raise_expr("assignment to yield expression not possible", start, end);
        }
        if let Some(end) = self.star_expressions(token)?
            && let Some(op) = self.eat(end, kinds::AUGASSIGN)
            && self.annotated_rhs(op)?.is_some()
        {
            let what = self.describe(token, end);
            let message = format!("'{what}' is an illegal expression for augmented assignment");
            return self.raise(message, token, end);
        }
        Ok(())
    }

    /// A list or tuple, in parentheses or not, that an annotation follows.
    fn annotation_display(&mut self, token: usize) -> Found {
        let found = match self.at(token) {
            b'[' => self.list(token)?,
            b'(' => match self.tuple(token)? {
                Some(end) => Some(end),
                None => {
                    let inside = found!(self.annotation_display(token + 1)?);
                    self.eat(inside, b')')
                }
            },
            _ => None,
        };
        Ok(found)
    }

    fn import(&mut self, token: usize) -> Found {
        let after = token + 1;
        if self.invalid {
            if let Some(end) = self.gather(after, Self::dotted_name)?
                && let Some(from) = self.eat(end, b'O')
                && self.dotted_name(from)?.is_some()
            {
                let message = "Did you mean to use 'from ... import ...' instead?";
                return self.raise_from(message, token);
            }
            if self.at(after) == kinds::NEWLINE {
                return self.raise_from(IMPORT_NAMES, after);
            }
        }
        self.gather(after, |pass, at| {
            let end = found!(pass.dotted_name(at)?);
            pass.import_target(end)
        })
    }

    /// `as NAME` after the imported name that ends at `token`.
    fn import_target(&mut self, token: usize) -> Found {
        let Some(target) = self.eat(token, b'8') else { return Ok(Some(token)) };
        let name = self.name(target);
        if let Some(end) = name
            && matches!(self.at(end), b',' | b')' | b';' | kinds::NEWLINE)
        {
            return Ok(Some(end));
        }
        if self.invalid
            && let Some(end) = self.expression(target)?
        {
            let (start, inner_end) = self.without_parentheses(target, end);
            let what = self.describe(target, end);
            let message = format!("cannot use {what} as import target");
            return self.raise(message, start, inner_end);
        }
        Ok(Some(name.unwrap_or(token)))
    }

    fn dotted_name(&mut self, token: usize) -> Found {
        let mut end = found!(self.name(token));
        while let Some(dot) = self.eat(end, b'.') {
            match self.name(dot) {
                Some(next) => end = next,
                None => break,
            }
        }
        Ok(Some(end))
    }

    fn import_from(&mut self, token: usize) -> Found {
        let mut at = token + 1;
        while matches!(self.at(at), b'.' | kinds::ELLIPSIS) {
            at += 1;
        }
        let module = self.dotted_name(at)?;
        if module.is_none() && at == token + 1 {
            return Ok(None);
        }
        let names = found!(self.eat(module.unwrap_or(at), b'Q'));
        match self.at(names) {
            b'*' => return Ok(Some(names + 1)),
            b'(' => {
                let end = found!(self.comma_list(names + 1, Self::import_from_name)?);
                return Ok(self.eat(end, b')'));
            }
            _ => {}
        }
        if let Some(end) = self.gather(names, Self::import_from_name)? {
            if self.invalid
                && let Some(comma) = self.eat(end, b',')
                && self.at(comma) == kinds::NEWLINE
            {
                let message = "trailing comma not allowed without surrounding parentheses";
                return self.raise_last(message);
            }
            return Ok(Some(end));
        }
        if self.invalid && self.at(names) == kinds::NEWLINE {
            return self.raise_from(IMPORT_NAMES, names);
        }
        Ok(None)
    }

    fn import_from_name(&mut self, token: usize) -> Found {
        let end = found!(self.name(token));
        self.import_target(end)
    }

    fn raise_statement(&mut self, token: usize) -> Found {
        let Some(end) = self.expression(token + 1)? else { return Ok(Some(token + 1)) };
        if let Some(from) = self.eat(end, b'O')
            && let Some(cause) = self.expression(from)?
        {
            return Ok(Some(cause));
        }
        Ok(Some(end))
    }

    fn delete(&mut self, token: usize) -> Found {
        let after = token + 1;
        if let Some(end) = self.comma_list(after, Self::del_target)?
            && matches!(self.at(end), b';' | kinds::NEWLINE)
        {
            return Ok(Some(end));
        }
        if self.invalid
            && let Some(end) = self.star_expressions(after)?
        {
            self.check_target(after, end, Targets::Del)?;
        }
        Ok(None)
    }

    fn del_target(&mut self, token: usize) -> Found {
        let end = found!(self.primary(token)?);
        match self.build(token, end) {
            Some(expr) if crate::build::targets::invalid_target(&expr, Targets::Del).is_none() => {
                Ok(Some(end))
            }
            _ => Ok(None),
        }
    }

    fn assert(&mut self, token: usize) -> Found {
        let test = found!(self.expression(token + 1)?);
        if let Some(comma) = self.eat(test, b',')
            && let Some(message) = self.expression(comma)?
        {
            return Ok(Some(message));
        }
        Ok(Some(test))
    }

    /// `star_targets`
    pub(super) fn star_targets(&mut self, token: usize) -> Found {
        self.comma_list(token, Self::star_target)
    }

    pub(super) fn star_target(&mut self, token: usize) -> Found {
        self.memo(Memo::StarTarget, token, |pass| {
            let start = pass.eat(token, b'*').unwrap_or(token);
            pass.target(start)
        })
    }

    /// A name, attribute, subscript, or such in brackets.
    fn target(&mut self, token: usize) -> Found {
        if let Some(end) = self.primary(token)? {
            let trailer = matches!(self.at(end - 1), b']') || kinds::is_name(self.at(end - 1));
            if trailer && let Some(expr) = self.build(token, end) {
                let fits = crate::build::targets::invalid_target(&expr, Targets::Star).is_none();
                return Ok(fits.then_some(end));
            }
        }
        let close = match self.at(token) {
            b'(' => b')',
            b'[' => b']',
            _ => return Ok(None),
        };
        let inside = token + 1;
        let end = self.star_targets(inside)?.unwrap_or(inside);
        Ok(self.eat(end, close))
    }

    /// `single_target`
    pub(super) fn single_target(&mut self, token: usize) -> Found {
        let end = found!(self.primary(token)?);
        match self.build(token, end).map(|expr| expr.kind) {
            Some(
                ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. },
            ) => Ok(Some(end)),
            _ => Ok(None),
        }
    }

    /// The tokens inside the parentheses around `start..end`.
    pub(super) fn without_parentheses(
        &mut self,
        mut start: usize,
        mut end: usize,
    ) -> (usize, usize) {
        while self.at(start) == b'(' && self.at(end - 1) == b')' && end > start + 2 {
            start += 1;
            end -= 1;
        }
        (start, end)
    }
}
