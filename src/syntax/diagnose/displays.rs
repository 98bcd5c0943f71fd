//! The second pass over atoms: brackets, comprehensions, strings and their fields.

use super::pass::{Found, Memo, Pass, found};
use crate::build::targets::Targets;
use crate::error::SyntaxError;
use crate::kinds;

type Raised = Result<(), Box<SyntaxError>>;

impl Pass<'_> {
    pub(super) fn atom(&mut self, token: usize) -> Found {
        let kind = self.at(token);
        match kind {
            kinds::NUMBER | kinds::ELLIPSIS | kinds::TRUE | kinds::FALSE | kinds::NONE => {
                Ok(Some(token + 1))
            }
            kinds::STRING | kinds::FSTRING_START | kinds::TSTRING_START => self.strings(token),
            b'(' => {
                if let Some(end) = self.tuple(token)? {
                    return Ok(Some(end));
                }
                match self.group(token)? {
                    Some(end) => Ok(Some(end)),
                    None => self.generator(token),
                }
            }
            b'[' => match self.list(token)? {
                Some(end) => Ok(Some(end)),
                None => self.comprehension(token, b']'),
            },
            b'{' => self.brace(token),
            _ if kinds::is_name(kind) => Ok(Some(token + 1)),
            _ => Ok(None),
        }
    }

    pub(super) fn tuple(&mut self, token: usize) -> Found {
        let mut end = found!(self.eat(token, b'('));
        if let Some(item) = self.star_named_expression(end)? {
            let comma = found!(self.eat(item, b','));
            end = self.star_named_expressions(comma)?.unwrap_or(comma);
        }
        Ok(self.eat(end, b')'))
    }

    fn group(&mut self, token: usize) -> Found {
        let inside = found!(self.eat(token, b'('));
        let content = match self.yield_expr(inside)? {
            Some(end) => Some(end),
            None => self.named_expression(inside)?,
        };
        if let Some(end) = content
            && let Some(close) = self.eat(end, b')')
        {
            return Ok(Some(close));
        }
        if !self.invalid {
            return Ok(None);
        }
        if self.at(inside) == b'*'
            && let Some(end) = self.starred_expression(inside)?
            && self.at(end) == b')'
        {
            return self.raise("cannot use starred expression here", inside, end);
        }
        if let Some(stars) = self.eat(inside, kinds::POW)
            && let Some(end) = self.expression(stars)?
            && self.at(end) == b')'
        {
            return self.raise_at("cannot use double starred expression here", inside);
        }
        Ok(None)
    }

    pub(super) fn generator(&mut self, token: usize) -> Found {
        self.comprehension(token, b')')
    }

    pub(super) fn list(&mut self, token: usize) -> Found {
        let inside = found!(self.eat(token, b'['));
        let end = self.star_named_expressions(inside)?.unwrap_or(inside);
        Ok(self.eat(end, b']'))
    }

    /// `[x for ...]`, `(x for ...)`, `{x for ...}`
    fn comprehension(&mut self, token: usize, close: u8) -> Found {
        let inside = token + 1;
        let element = match close {
            b')' => self.generator_element(inside)?,
            _ => self.named_expression(inside)?,
        };
        if let Some(element) = element
            && let Some(end) = self.for_if_clauses(element)?
            && let Some(closed) = self.eat(end, close)
        {
            return Ok(Some(closed));
        }
        if self.invalid {
            self.invalid_comprehension(token)?;
        }
        Ok(None)
    }

    /// `assignment_expression | expression !':='`
    fn generator_element(&mut self, token: usize) -> Found {
        if let Some(end) = self.assignment_expression(token)? {
            return Ok(Some(end));
        }
        let end = found!(self.expression(token)?);
        Ok((self.at(end) != kinds::WALRUS).then_some(end))
    }

    fn invalid_comprehension(&mut self, token: usize) -> Raised {
        let inside = token + 1;
        if self.at(inside) == b'*'
            && let Some(end) = self.starred_expression(inside)?
            && self.for_if_clauses(end)?.is_some()
        {
            let message = "iterable unpacking cannot be used in comprehension";
            return self.raise(message, inside, end);
        }
        if !matches!(self.at(token), b'[' | b'{') {
            return Ok(());
        }
        let message = "did you forget parentheses around the comprehension target?";
        if let Some(first) = self.star_named_expression(inside)?
            && let Some(comma) = self.eat(first, b',')
        {
            if let Some(rest) = self.star_named_expressions(comma)? {
                if self.for_if_clauses(rest)?.is_some() {
                    let last = if self.at(rest - 1) == b',' { rest - 1 } else { rest };
                    return self.raise(message, inside, last);
                }
            } else if self.for_if_clauses(comma)?.is_some() {
                return self.raise(message, inside, comma);
            }
        }
        Ok(())
    }

    pub(super) fn for_if_clauses(&mut self, token: usize) -> Found {
        let mut end = found!(self.for_if_clause(token)?);
        while let Some(next) = self.for_if_clause(end)? {
            end = next;
        }
        Ok(Some(end))
    }

    fn for_if_clause(&mut self, token: usize) -> Found {
        let for_token = self.eat(token, kinds::ASYNC).unwrap_or(token);
        let targets = found!(self.eat(for_token, b'D'));
        if let Some(end) = self.star_targets(targets)?
            && let Some(iter) = self.eat(end, kinds::IN)
        {
            let mut end = found!(self.disjunction(iter)?);
            while let Some(test) = self.eat(end, b'E') {
                match self.disjunction(test)? {
                    Some(next) => end = next,
                    None => break,
                }
            }
            return Ok(Some(end));
        }
        if !self.invalid {
            return Ok(None);
        }
        if let Some(end) = self.comma_list(targets, Self::bitwise_or)?
            && self.at(end) != kinds::IN
        {
            return self.raise_last("'in' expected after for-loop variables");
        }
        self.invalid_for_target(targets)?;
        Ok(None)
    }

    /// `for` before `targets` has something that cannot be assigned.
    pub(super) fn invalid_for_target(&mut self, targets: usize) -> Raised {
        if let Some(end) = self.star_expressions(targets)? {
            self.check_target(targets, end, Targets::For)?;
        }
        Ok(())
    }

    fn brace(&mut self, token: usize) -> Found {
        // The first key of a dictionary and the elements of a set are read with the `invalid_*` rules even where those are off
        // around it, its values are not.
        let before = std::mem::replace(&mut self.invalid, self.second);
        let outer = std::mem::replace(&mut self.in_values, before);
        let found = self.brace_display(token);
        self.invalid = before;
        self.in_values = outer;
        found
    }

    fn brace_display(&mut self, token: usize) -> Found {
        let inside = found!(self.eat(token, b'{'));
        let items = self.double_starred_kvpairs(inside)?;
        if let Some(end) = self.eat(items, b'}') {
            return Ok(Some(end));
        }
        if self.invalid {
            self.invalid_dict(inside)?;
        }
        if let Some(end) = self.star_named_expressions(inside)?
            && let Some(closed) = self.eat(end, b'}')
        {
            return Ok(Some(closed));
        }
        if let Some(pair) = self.kvpair(inside)?
            && let Some(clauses) = self.for_if_clauses(pair)?
            && let Some(end) = self.eat(clauses, b'}')
        {
            return Ok(Some(end));
        }
        if self.invalid
            && let Some(stars) = self.eat(inside, kinds::POW)
            && let Some(value) = self.bitwise_or(stars)?
            && self.for_if_clauses(value)?.is_some()
        {
            let message = "dict unpacking cannot be used in dict comprehension";
            return self.raise_at(message, inside);
        }
        self.comprehension(token, b'}')
    }

    /// Pairs between commas, where `token` if there are none. A key after the first is read without the `invalid_*` rules, so
    /// that a missing colon is what is said.
    fn double_starred_kvpairs(&mut self, token: usize) -> Result<usize, Box<SyntaxError>> {
        let Some(mut end) = self.double_starred_kvpair(token)? else { return Ok(token) };
        while let Some(comma) = self.eat(end, b',') {
            if self.at(comma) != kinds::POW {
                let before = std::mem::replace(&mut self.invalid, false);
                let key = self.expression(comma);
                self.invalid = before;
                if key?.is_none() {
                    // What fails on its own is read once more, with the rules.
                    let memo = self.forget();
                    let again = self.expression(comma);
                    self.remember(memo);
                    again?;
                }
            }
            match self.double_starred_kvpair(comma)? {
                Some(next) => end = next,
                None => return Ok(comma),
            }
        }
        Ok(end)
    }

    fn double_starred_kvpair(&mut self, token: usize) -> Found {
        match self.eat(token, kinds::POW) {
            Some(stars) => self.bitwise_or(stars),
            None => self.kvpair(token),
        }
    }

    fn kvpair(&mut self, token: usize) -> Found {
        let key = found!(self.expression(token)?);
        let colon = found!(self.eat(key, b':'));
        let before = std::mem::replace(&mut self.invalid, self.in_values);
        let value = self.expression(colon);
        self.invalid = before;
        value
    }

    fn invalid_dict(&mut self, token: usize) -> Raised {
        if let Some(pairs) = self.gather(token, Self::double_starred_kvpair)?
            && let Some(comma) = self.eat(pairs, b',')
        {
            self.invalid_kvpair(comma)?;
        }
        if let Some(key) = self.expression(token)?
            && let Some(colon) = self.eat(key, b':')
        {
            if self.at(colon) == b'*'
                && let Some(value) = self.bitwise_or(colon + 1)?
            {
                let _ = value;
                let message = "cannot use a starred expression in a dictionary value";
                return self.raise_from(message, colon);
            }
            if matches!(self.at(colon), b'}' | b',') {
                let message = "expression expected after dictionary key and ':'";
                return self.raise_at(message, key);
            }
        }
        Ok(())
    }

    fn invalid_kvpair(&mut self, token: usize) -> Raised {
        let Some(key) = self.expression(token)? else { return Ok(()) };
        let Some(colon) = self.eat(key, b':') else {
            return self.raise_after_key(key - 1);
        };
        if self.at(colon) == b'*' && self.bitwise_or(colon + 1)?.is_some() {
            let message = "cannot use a starred expression in a dictionary value";
            return self.raise_from(message, colon);
        }
        if matches!(self.at(colon), b'}' | b',') {
            let message = "expression expected after dictionary key and ':'";
            return self.raise_at(message, key);
        }
        Ok(())
    }

    pub(super) fn strings(&mut self, token: usize) -> Found {
        self.memo(Memo::Strings, token, |pass| {
            let mut end = token;
            loop {
                match pass.at(end) {
                    kinds::STRING => end += 1,
                    kinds::FSTRING_START | kinds::TSTRING_START => match pass.fstring(end)? {
                        Some(next) => end = next,
                        None => break,
                    },
                    _ => break,
                }
            }
            if end > token
                && let Some(error) = pass.string_error(token, end)
            {
                return pass.fail(*error);
            }
            Ok((end > token).then_some(end))
        })
    }

    fn fstring(&mut self, token: usize) -> Found {
        let letter = if self.at(token) == kinds::TSTRING_START { 't' } else { 'f' };
        let mut end = token + 1;
        loop {
            match self.at(end) {
                kinds::FSTRING_MIDDLE => end += 1,
                b'{' => end = found!(self.field(end, letter)?),
                _ => break,
            }
        }
        Ok(self.eat(end, kinds::FSTRING_END))
    }

    fn field(&mut self, token: usize, letter: char) -> Found {
        let inside = token + 1;
        let value = self.annotated_rhs(inside)?;
        if let Some(end) = value {
            let end = self.eat(end, b'=').unwrap_or(end);
            let end = match self.eat(end, b'!') {
                Some(bang) => self.name(bang).unwrap_or(end),
                None => end,
            };
            let end = match self.eat(end, b':') {
                Some(colon) => self.format_spec(colon, letter)?,
                None => end,
            };
            if let Some(close) = self.eat(end, b'}') {
                return Ok(Some(close));
            }
        }
        if self.invalid {
            self.invalid_field(token, value, letter)?;
        }
        Ok(None)
    }

    fn format_spec(&mut self, token: usize, letter: char) -> Result<usize, Box<SyntaxError>> {
        let mut end = token;
        loop {
            match self.at(end) {
                kinds::FSTRING_MIDDLE => end += 1,
                b'{' => match self.field(end, letter)? {
                    Some(next) => end = next,
                    None => return Ok(end),
                },
                _ => return Ok(end),
            }
        }
    }

    fn invalid_field(&mut self, token: usize, value: Option<usize>, letter: char) -> Raised {
        let inside = token + 1;
        let Some(end) = value else {
            if let kind @ (b'=' | b'!' | b':' | b'}') = self.at(inside) {
                let what = char::from(kind);
                let message = format!("{letter}-string: valid expression required before '{what}'");
                return self.raise_at(message, inside);
            }
            let message = format!("{letter}-string: expecting a valid expression after '{{'");
            return self.raise_at(message, inside);
        };
        let equal = self.eat(end, b'=');
        if equal.is_none() && !matches!(self.at(end), b'!' | b':' | b'}') {
            let message = format!("{letter}-string: expecting '=', or '!', or ':', or '}}'");
            return self.raise_at(message, end);
        }
        let end = equal.unwrap_or(end);
        if equal.is_some() && !matches!(self.at(end), b'!' | b':' | b'}') {
            let message = format!("{letter}-string: expecting '!', or ':', or '}}'");
            return self.raise_at(message, end);
        }
        let mut end = end;
        if let Some(bang) = self.eat(end, b'!') {
            if matches!(self.at(bang), b':' | b'}') {
                let message = format!("{letter}-string: missing conversion character");
                return self.raise_at(message, bang);
            }
            let Some(name) = self.name(bang) else {
                let message = format!("{letter}-string: invalid conversion character");
                return self.raise_at(message, bang);
            };
            end = name;
            if !matches!(self.at(end), b':' | b'}') {
                let message = format!("{letter}-string: expecting ':' or '}}'");
                return self.raise_at(message, end);
            }
        }
        if let Some(colon) = self.eat(end, b':') {
            let spec = self.format_spec(colon, letter)?;
            if self.at(spec) != b'}' {
                let message = format!("{letter}-string: expecting '}}', or format specs");
                return self.raise_at(message, spec);
            }
        }
        Ok(())
    }
}
