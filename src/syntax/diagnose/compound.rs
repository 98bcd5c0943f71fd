//! The second pass over compound statements: missing colons, missing blocks, clauses in the wrong place.

use super::pass::{Found, Memo, Pass, found};
use crate::build::targets::Targets;
use crate::error::SyntaxError;
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::Tree;

const COLON: &str = "expected ':'";

impl Pass<'_> {
    /// The statements from `token` on, as far as they go.
    pub(super) fn statements(&mut self, token: usize) -> Result<usize, Box<SyntaxError>> {
        let mut end = token;
        while let Some(next) = self.statement(end)? {
            end = next;
        }
        Ok(end)
    }

    pub(super) fn statement(&mut self, token: usize) -> Found {
        match self.compound(token)? {
            Some(end) => Ok(Some(end)),
            None => self.simple_statements(token),
        }
    }

    fn compound(&mut self, token: usize) -> Found {
        let (head, kind) = match self.at(token) {
            kinds::ASYNC => (token + 1, self.at(token + 1)),
            kind => (token, kind),
        };
        match kind {
            b'C' => self.function(head),
            b'H' => self.with(head),
            b'D' => self.for_loop(head),
            _ if head > token => Ok(None),
            b'@' => self.decorated(token),
            b'B' => self.class(token),
            b'E' => self.if_statement(token, "'if' statement"),
            b'F' => self.try_statement(token),
            b'G' => self.while_loop(token),
            b'b' => self.match_statement(token),
            _ => Ok(None),
        }
    }

    fn decorated(&mut self, token: usize) -> Found {
        let mut at = token;
        while let Some(after) = self.eat(at, b'@') {
            let end = found!(self.named_expression(after)?);
            at = found!(self.eat(end, kinds::NEWLINE));
        }
        match self.at(at) {
            b'B' => self.class(at),
            b'C' => self.function(at),
            kinds::ASYNC if self.at(at + 1) == b'C' => self.function(at + 1),
            _ => Ok(None),
        }
    }

    /// `block`: indented statements, or simple ones on the line.
    fn block(&mut self, token: usize) -> Found {
        self.memo(Memo::Block, token, |pass| {
            if let Some(line) = pass.eat(token, kinds::NEWLINE) {
                if let Some(inside) = pass.eat(line, kinds::INDENT) {
                    let end = pass.statements(inside)?;
                    if end > inside && pass.at(end) == 0 && pass.tokens.error.is_none() {
                        return Ok(Some(end));
                    }
                    return Ok(pass.eat(end, kinds::DEDENT).filter(|_| end > inside));
                }
                return Ok(None);
            }
            pass.simple_statements(token)
        })
    }

    /// Fails if a header that ends at `end` has a newline where its colon should be, or no block after it.
    fn header(&mut self, end: usize, what: &str, keyword: usize) -> Found {
        if self.invalid && self.at(end) == kinds::NEWLINE {
            return self.raise_last(COLON);
        }
        self.header_block(end, what, keyword)
    }

    fn header_block(&mut self, end: usize, what: &str, keyword: usize) -> Found {
        let colon = found!(self.eat(end, b':'));
        if self.invalid && self.at(colon) == kinds::NEWLINE && self.at(colon + 1) != kinds::INDENT {
            return self.raise_indent(what, keyword);
        }
        self.block(colon)
    }

    /// A header whose colon CPython insists on (`&&':'`).
    fn forced_header(&mut self, end: usize, what: &str, keyword: usize) -> Found {
        if self.at(end) != b':' {
            return self.raise_at(COLON, end);
        }
        self.header_block(end, what, keyword)
    }

    fn if_statement(&mut self, token: usize, what: &str) -> Found {
        let test = found!(self.named_expression(token + 1)?);
        let mut end = found!(self.header(test, what, token)?);
        while self.at(end) == b'9' {
            let Some(test) = self.named_expression(end + 1)? else { return Ok(Some(end)) };
            match self.header(test, "'elif' statement", end)? {
                Some(next) => end = next,
                None => return Ok(Some(end)),
            }
        }
        self.else_block(end)
    }

    /// `else: block`, if it is there.
    fn else_block(&mut self, token: usize) -> Found {
        if self.at(token) != kinds::ELSE {
            return Ok(Some(token));
        }
        let end = found!(self.forced_header(token + 1, "'else' statement", token)?);
        if self.invalid && self.at(end) == b'9' {
            return self.raise_last("'elif' block follows an 'else' block");
        }
        Ok(Some(end))
    }

    fn while_loop(&mut self, token: usize) -> Found {
        let test = found!(self.named_expression(token + 1)?);
        let end = found!(self.header(test, "'while' statement", token)?);
        self.else_block(end)
    }

    fn for_loop(&mut self, token: usize) -> Found {
        let targets = token + 1;
        if let Some(end) = self.star_targets(targets)?
            && let Some(iter) = self.eat(end, kinds::IN)
        {
            let end = found!(self.star_expressions(iter)?);
            let end = found!(self.header(end, "'for' statement", token)?);
            return self.else_block(end);
        }
        if self.invalid {
            self.invalid_for_target(targets)?;
        }
        Ok(None)
    }

    fn with(&mut self, token: usize) -> Found {
        let after = token + 1;
        let what = "'with' statement";
        let plain = self.gather(after, Self::with_item)?;
        let parenthesized = match self.eat(after, b'(') {
            Some(inside) => {
                self.comma_list(inside, Self::with_item)?.and_then(|end| self.eat(end, b')'))
            }
            None => None,
        };
        for end in [plain, parenthesized].into_iter().flatten() {
            if matches!(self.at(end), kinds::NEWLINE | b':') {
                return self.header(end, what, token);
            }
        }
        Ok(None)
    }

    fn with_item(&mut self, token: usize) -> Found {
        let end = found!(self.expression(token)?);
        let Some(target) = self.eat(end, b'8') else { return Ok(Some(end)) };
        if let Some(target_end) = self.star_target(target)?
            && matches!(self.at(target_end), b',' | b')' | b':' | kinds::NEWLINE)
        {
            return Ok(Some(target_end));
        }
        if self.invalid
            && let Some(target_end) = self.expression(target)?
            && matches!(self.at(target_end), b',' | b')' | b':')
        {
            self.check_target(target, target_end, Targets::Star)?;
        }
        Ok(Some(end))
    }

    fn try_statement(&mut self, token: usize) -> Found {
        let mut end = found!(self.forced_header(token + 1, "'try' statement", token)?);
        if !matches!(self.at(end), b'J' | b'Z') {
            if self.invalid {
                return self.raise_last("expected 'except' or 'finally' block");
            }
            return Ok(None);
        }
        let star = self.at(end + 1) == b'*';
        while self.at(end) == b'J' {
            let this = self.at(end + 1) == b'*';
            let next = found!(self.except_clause(end)?);
            if this != star && self.invalid {
                let message = "cannot have both 'except' and 'except*' on the same 'try'";
                return self.raise(message, end, end + 1 + usize::from(this));
            }
            end = next;
        }
        end = found!(self.else_block(end)?);
        if self.at(end) == b'Z' {
            return self.forced_header(end + 1, "'finally' statement", end);
        }
        Ok(Some(end))
    }

    fn except_clause(&mut self, token: usize) -> Found {
        let star = self.at(token + 1) == b'*';
        let after = token + 1 + usize::from(star);
        let what = if star { "'except*' statement" } else { "'except' statement" };
        let Some(first) = self.expression(after)? else {
            if star && self.invalid && matches!(self.at(after), b':' | kinds::NEWLINE) {
                return self.raise_last("expected one or more exception types");
            }
            return self.header(after, what, token);
        };
        let mut end = first;
        if let Some(comma) = self.eat(first, b',')
            && let Some(rest) = self.expressions(comma)?
        {
            end = rest;
            if self.invalid
                && let Some(name) = self.eat(rest, b'8')
                && let Some(colon) = self.name(name)
                && self.at(colon) == b':'
            {
                let message = "multiple exception types must be parenthesized when using 'as'";
                return self.raise_from(message, after);
            }
        }
        if let Some(name) = self.eat(end, b'8') {
            match self.name(name) {
                Some(next) if matches!(self.at(next), b':' | kinds::NEWLINE) => end = next,
                _ => return self.except_target(name, star),
            }
        }
        self.header(end, what, token)
    }

    /// `except E as a.b:`
    fn except_target(&mut self, target: usize, star: bool) -> Found {
        let end = found!(self.expression(target)?);
        let colon = found!(self.eat(end, b':'));
        if self.block(colon)?.is_some() && self.invalid {
            let what = self.describe(target, end);
            let star = if star { "*" } else { "" };
            let message = format!("cannot use except{star} statement with {what}");
            return self.raise(message, target, end);
        }
        Ok(None)
    }

    fn function(&mut self, token: usize) -> Found {
        let name = found!(self.name(token + 1));
        let params = self.type_params(name)?.unwrap_or(name);
        let Some(inside) = self.eat(params, b'(') else {
            return self.raise_at("expected '('", params);
        };
        let end = self.def_parameters(inside)?;
        let mut end = found!(self.eat(end, b')'));
        if let Some(arrow) = self.eat(end, kinds::ARROW)
            && let Some(returns) = self.expression(arrow)?
        {
            end = returns;
        }
        self.forced_header(end, "function definition", token)
    }

    fn class(&mut self, token: usize) -> Found {
        let name = found!(self.name(token + 1));
        let mut end = found!(self.type_params(name)?);
        if let Some(inside) = self.eat(end, b'(') {
            let arguments = self.arguments(inside)?.unwrap_or(inside);
            if let Some(close) = self.eat(arguments, b')') {
                end = close;
            }
        }
        self.header(end, "class definition", token)
    }

    /// `[T, *Ts]`, or nothing.
    pub(super) fn type_params(&mut self, token: usize) -> Found {
        if self.at(token) != b'[' {
            return Ok(Some(token));
        }
        if self.invalid && self.at(token + 1) == b']' {
            return self.raise_from("Type parameter list cannot be empty", token + 1);
        }
        let mut end = token + 1;
        while let Some(next) = self.type_param(end)? {
            end = next;
            match self.eat(end, b',') {
                Some(comma) => end = comma,
                None => break,
            }
        }
        if end == token + 1 {
            return Ok(None);
        }
        Ok(self.eat(end, b']'))
    }

    fn type_param(&mut self, token: usize) -> Found {
        let star = self.at(token);
        let starred = matches!(star, b'*' | kinds::POW);
        let mut end = found!(self.name(token + usize::from(starred)));
        if let Some(colon) = self.eat(end, b':') {
            let bound = found!(self.expression(colon)?);
            if starred && self.invalid {
                let tuple = self.tuple(colon)? == Some(bound);
                let what = if tuple { "constraints" } else { "bound" };
                let kind = if star == b'*' { "TypeVarTuple" } else { "ParamSpec" };
                return self.raise_from(format!("cannot use {what} with {kind}"), end);
            }
            end = bound;
        }
        if let Some(equal) = self.eat(end, b'=') {
            end = match star {
                b'*' => found!(self.star_expression(equal)?),
                _ => found!(self.expression(equal)?),
            };
        }
        Ok(Some(end))
    }

    fn match_statement(&mut self, token: usize) -> Found {
        let Some(subject) = self.subject(token + 1)? else { return Ok(None) };
        if self.invalid && self.at(subject) == kinds::NEWLINE {
            return self.raise_last(COLON);
        }
        let colon = found!(self.eat(subject, b':'));
        let line = found!(self.eat(colon, kinds::NEWLINE));
        let Some(mut at) = self.eat(line, kinds::INDENT) else {
            if self.invalid {
                return self.raise_indent("'match' statement", token);
            }
            return Ok(None);
        };
        while self.at(at) == b'c' {
            let Some(next) = self.case_block(at)? else { return Ok(None) };
            at = next;
        }
        Ok(self.eat(at, kinds::DEDENT))
    }

    /// `match x` is a match statement only where what follows can be a subject.
    fn subject(&mut self, token: usize) -> Found {
        if let Some(first) = self.star_named_expression(token)?
            && let Some(comma) = self.eat(first, b',')
        {
            return Ok(Some(self.star_named_expressions(comma)?.unwrap_or(comma)));
        }
        self.named_expression(token)
    }

    fn case_block(&mut self, token: usize) -> Found {
        let patterns = found!(self.patterns(token + 1)?);
        let mut end = patterns;
        if let Some(guard) = self.eat(patterns, b'E') {
            end = found!(self.named_expression(guard)?);
        }
        self.header(end, "'case' statement", token)
    }

    /// The end of the patterns at `token`, by the grammar's own rule.
    fn patterns(&mut self, token: usize) -> Found {
        self.memo(Memo::Patterns, token, |pass| {
            let rest = pass.tokens.kinds.get(token..).unwrap_or_default();
            let end = Tree::parse(Rule::patterns, rest).ok().map(|tree| token + tree.root().end());
            // How far the rule has looked counts as read.
            pass.at(token + super::furthest(Rule::only_patterns, rest));
            Ok(end)
        })
    }
}
