//! The second pass over expressions: operators, calls, subscripts, lambda.

use super::pass::{Found, Memo, Pass, found};
use crate::error::SyntaxError;
use crate::kinds;

type Raised = Result<(), Box<SyntaxError>>;

impl Pass<'_> {
    /// `star_expressions`
    pub(super) fn star_expressions(&mut self, token: usize) -> Found {
        self.comma_list(token, Self::star_expression)
    }

    /// Items between commas, with or without a comma at the end.
    pub(super) fn comma_list(
        &mut self,
        token: usize,
        item: fn(&mut Self, usize) -> Found,
    ) -> Found {
        let mut end = found!(item(self, token)?);
        while let Some(comma) = self.eat(end, b',') {
            match item(self, comma)? {
                Some(next) => end = next,
                None => return Ok(Some(comma)),
            }
        }
        Ok(Some(end))
    }

    /// Items between commas; the comma after the last one is not part of it.
    pub(super) fn gather(&mut self, token: usize, item: fn(&mut Self, usize) -> Found) -> Found {
        let mut end = found!(item(self, token)?);
        while let Some(comma) = self.eat(end, b',') {
            match item(self, comma)? {
                Some(next) => end = next,
                None => break,
            }
        }
        Ok(Some(end))
    }

    pub(super) fn star_expression(&mut self, token: usize) -> Found {
        if let Some(star) = self.eat(token, b'*')
            && let Some(end) = self.bitwise_or(star)?
        {
            return Ok(Some(end));
        }
        self.expression(token)
    }

    pub(super) fn star_named_expression(&mut self, token: usize) -> Found {
        if let Some(star) = self.eat(token, b'*')
            && let Some(end) = self.bitwise_or(star)?
        {
            return Ok(Some(end));
        }
        self.named_expression(token)
    }

    pub(super) fn star_named_expressions(&mut self, token: usize) -> Found {
        self.comma_list(token, Self::star_named_expression)
    }

    /// `expressions`: no star
    pub(super) fn expressions(&mut self, token: usize) -> Found {
        self.comma_list(token, Self::expression)
    }

    /// `NAME := expression`
    pub(super) fn assignment_expression(&mut self, token: usize) -> Found {
        let name = found!(self.name(token));
        let walrus = found!(self.eat(name, kinds::WALRUS));
        self.expression(walrus)
    }

    pub(super) fn named_expression(&mut self, token: usize) -> Found {
        self.memo(Memo::NamedExpression, token, |pass| {
            if let Some(end) = pass.assignment_expression(token)? {
                return Ok(Some(end));
            }
            if pass.invalid {
                pass.invalid_named_expression(token)?;
            }
            let end = found!(pass.expression(token)?);
            Ok((pass.at(end) != kinds::WALRUS).then_some(end))
        })
    }

    fn invalid_named_expression(&mut self, token: usize) -> Found {
        self.memo(Memo::InvalidNamed, token, |pass| {
            if let Some(end) = pass.expression(token)?
                && let Some(walrus) = pass.eat(end, kinds::WALRUS)
                && pass.expression(walrus)?.is_some()
            {
                let what = pass.describe(token, end);
                let message = format!("cannot use assignment expressions with {what}");
                return pass.raise_expr(message, token, end);
            }
            if let Some(name) = pass.name(token)
                && let Some(equal) = pass.eat(name, b'=')
                && let Some(end) = pass.bitwise_or(equal)?
                && !matches!(pass.at(end), b'=' | kinds::WALRUS)
            {
                let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
                return pass.raise_range(message, (token, name), (equal, end));
            }
            if pass.is_display(token)? {
                return Ok(None);
            }
            if let Some(end) = pass.bitwise_or(token)?
                && let Some(equal) = pass.eat(end, b'=')
                && let Some(after) = pass.bitwise_or(equal)?
                && !matches!(pass.at(after), b'=' | kinds::WALRUS)
            {
                let what = pass.describe(token, end);
                let message =
                    format!("cannot assign to {what} here. Maybe you meant '==' instead of '='?");
                return pass.raise_expr(message, token, end);
            }
            Ok(None)
        })
    }

    /// `list | tuple | genexp | True | None | False`
    fn is_display(&mut self, token: usize) -> Result<bool, Box<SyntaxError>> {
        Ok(match self.at(token) {
            kinds::TRUE | kinds::NONE | kinds::FALSE => true,
            b'[' => self.list(token)?.is_some(),
            b'(' => self.tuple(token)?.is_some() || self.generator(token)?.is_some(),
            _ => false,
        })
    }

    pub(super) fn yield_expr(&mut self, token: usize) -> Found {
        let after = found!(self.eat(token, b'V'));
        if let Some(from) = self.eat(after, b'O')
            && let Some(end) = self.expression(from)?
        {
            return Ok(Some(end));
        }
        Ok(Some(self.star_expressions(after)?.unwrap_or(after)))
    }

    /// `yield_expr | star_expressions`
    pub(super) fn annotated_rhs(&mut self, token: usize) -> Found {
        match self.yield_expr(token)? {
            Some(end) => Ok(Some(end)),
            None => self.star_expressions(token),
        }
    }

    pub(super) fn expression(&mut self, token: usize) -> Found {
        self.memo(Memo::Expression, token, |pass| {
            if pass.invalid {
                pass.invalid_expression(token)?;
                pass.invalid_legacy_expression(token)?;
            }
            pass.plain_expression(token)
        })
    }

    fn plain_expression(&mut self, token: usize) -> Found {
        let Some(end) = self.disjunction(token)? else { return self.lambda(token) };
        if let Some(test) = self.eat(end, b'E')
            && let Some(test_end) = self.disjunction(test)?
            && let Some(orelse) = self.eat(test_end, kinds::ELSE)
            && let Some(whole) = self.expression(orelse)?
        {
            return Ok(Some(whole));
        }
        Ok(Some(end))
    }

    fn expression_without_invalid(&mut self, token: usize) -> Found {
        let before = std::mem::replace(&mut self.invalid, false);
        let found = self.plain_expression(token);
        self.invalid = before;
        found
    }

    fn invalid_expression(&mut self, token: usize) -> Raised {
        self.text_between_strings(token)?;
        let kind = self.at(token);
        let soft = kinds::is_name(kind) && kind != kinds::NAME;
        let prefix_like = kinds::is_name(kind) && self.at(token + 1) == kinds::STRING;
        let first = self.disjunction(token)?;
        if !soft
            && !prefix_like
            && let Some(end) = first
            && let Some(next) = self.expression_without_invalid(end)?
        {
            let legacy = end == token + 1 && self.is_legacy(token);
            if !legacy && self.bracket_level(next) > 0 {
                let message = "invalid syntax. Perhaps you forgot a comma?";
                return self.raise_range(message, (token, end), (end, next));
            }
        }
        if let Some(end) = first
            && let Some(test) = self.eat(end, b'E')
            && let Some(test_end) = self.disjunction(test)?
        {
            match self.at(test_end) {
                b':' => {}
                kinds::ELSE => {
                    if self.expression(test_end + 1)?.is_none() {
                        let message = "expected expression after 'else', but statement is given";
                        return self.raise_at(message, test_end + 1);
                    }
                }
                _ => {
                    let message = "expected 'else' after 'if' expression";
                    return self.raise_range(message, (token, end), (test, test_end));
                }
            }
        }
        if matches!(kind, b'S' | b'L' | b'M')
            && let Some(test) = self.eat(token + 1, b'E')
            && let Some(test_end) = self.disjunction(test)?
            && let Some(orelse) = self.eat(test_end, kinds::ELSE)
            && self.simple_statement(orelse)?.is_some()
        {
            let message = "expected expression before 'if', but statement is given";
            return self.raise_at(message, token);
        }
        if kind == kinds::LAMBDA
            && let Some(params) = self.lambda_parameters(token + 1)?
            && let Some(colon) = self.eat(params, b':')
            && (self.at(colon) == kinds::FSTRING_MIDDLE
                || (self.at(colon) == b'}' && self.is_in_field(token)))
        {
            let letter = self.literal_letter(token);
            let message =
                format!("{letter}-string: lambda expressions are not allowed without parentheses");
            return self.raise(message, token, colon);
        }
        Ok(())
    }

    /// `"a" b "c"`
    fn text_between_strings(&mut self, token: usize) -> Raised {
        if self.at(token) != kinds::STRING {
            return Ok(());
        }
        let mut end = token + 1;
        while self.at(end) != kinds::STRING {
            match self.expression_without_invalid(end)? {
                Some(next) => end = next,
                None => break,
            }
        }
        if end > token + 1 && self.at(end) == kinds::STRING {
            let message = "invalid syntax. Is this intended to be part of the string?";
            return self.raise(message, token + 1, end);
        }
        Ok(())
    }

    fn is_legacy(&self, token: usize) -> bool {
        matches!(self.text_of(token), "print" | "exec")
    }

    fn invalid_legacy_expression(&mut self, token: usize) -> Raised {
        // What follows any name is read, and may raise on its own.
        if self.name(token).is_none() || self.at(token + 1) == b'(' {
            return Ok(());
        }
        if let Some(end) = self.star_expressions(token + 1)?
            && self.is_legacy(token)
        {
            let name = self.text_of(token);
            let message =
                format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?");
            return self.raise(message, token, end);
        }
        Ok(())
    }

    pub(super) fn disjunction(&mut self, token: usize) -> Found {
        self.memo(Memo::Disjunction, token, |pass| {
            let mut end = found!(pass.inversion(token)?);
            while matches!(pass.at(end), kinds::AND | kinds::OR) {
                match pass.inversion(end + 1)? {
                    Some(next) => end = next,
                    None => break,
                }
            }
            Ok(Some(end))
        })
    }

    fn inversion(&mut self, token: usize) -> Found {
        let mut start = token;
        while let Some(next) = self.eat(start, kinds::NOT) {
            start = next;
        }
        let mut end = found!(self.bitwise_or(start)?);
        loop {
            let width = match self.at(end) {
                kinds::IS if self.at(end + 1) == kinds::NOT => 2,
                kinds::NOT if self.at(end + 1) == kinds::IN => 2,
                kinds::EQ | kinds::NE | kinds::LE | kinds::GE | b'<' | b'>' => 1,
                kinds::IN | kinds::IS => 1,
                _ => return Ok(Some(end)),
            };
            match self.bitwise_or(end + width)? {
                Some(next) => end = next,
                None => return Ok(Some(end)),
            }
        }
    }

    pub(super) fn bitwise_or(&mut self, token: usize) -> Found {
        self.memo(Memo::BitwiseOr, token, |pass| {
            let mut end = found!(pass.factor(token)?);
            loop {
                let arithmetic = match pass.at(end) {
                    b'+' | b'-' | b'*' | b'/' | b'%' | b'@' | kinds::FLOORDIV => true,
                    b'|' | b'^' | b'&' | kinds::SHL | kinds::SHR => false,
                    _ => return Ok(Some(end)),
                };
                if arithmetic
                    && pass.invalid
                    && pass.at(end + 1) == kinds::NOT
                    && let Some(after) = pass.inversion(end + 1)?
                {
                    let message = "'not' after an operator must be parenthesized";
                    return pass.raise(message, end + 1, after);
                }
                match pass.factor(end + 1)? {
                    Some(next) => end = next,
                    None => return Ok(Some(end)),
                }
            }
        })
    }

    fn factor(&mut self, token: usize) -> Found {
        let mut start = token;
        while matches!(self.at(start), b'+' | b'-' | b'~') {
            start += 1;
        }
        if start > token
            && self.invalid
            && self.at(start) == kinds::NOT
            && let Some(after) = self.factor(start + 1)?
        {
            let message = "'not' after an operator must be parenthesized";
            return self.raise(message, start, after);
        }
        let primary = self.eat(start, kinds::AWAIT).unwrap_or(start);
        let end = found!(self.primary(primary)?);
        if let Some(power) = self.eat(end, kinds::POW)
            && let Some(whole) = self.factor(power)?
        {
            return Ok(Some(whole));
        }
        Ok(Some(end))
    }

    pub(super) fn primary(&mut self, token: usize) -> Found {
        self.memo(Memo::Primary, token, |pass| {
            let mut end = found!(pass.atom(token)?);
            loop {
                let next = match pass.at(end) {
                    b'.' => pass.name(end + 1),
                    b'(' => pass.call(end)?,
                    b'[' => pass.subscript(end)?,
                    _ => None,
                };
                match next {
                    Some(next) => end = next,
                    None => return Ok(Some(end)),
                }
            }
        })
    }

    fn call(&mut self, token: usize) -> Found {
        if let Some(end) = self.generator(token)? {
            return Ok(Some(end));
        }
        let arguments = self.arguments(token + 1)?.unwrap_or(token + 1);
        Ok(self.eat(arguments, b')'))
    }

    fn subscript(&mut self, token: usize) -> Found {
        let mut end = found!(self.slice(token + 1)?);
        while let Some(comma) = self.eat(end, b',') {
            match self.slice(comma)? {
                Some(next) => end = next,
                None => {
                    end = comma;
                    break;
                }
            }
        }
        Ok(self.eat(end, b']'))
    }

    fn slice(&mut self, token: usize) -> Found {
        if self.at(token) == b'*' {
            return self.starred_expression(token);
        }
        let lower = self.expression(token)?.unwrap_or(token);
        if let Some(colon) = self.eat(lower, b':') {
            let upper = self.expression(colon)?.unwrap_or(colon);
            return Ok(Some(match self.eat(upper, b':') {
                Some(second) => self.expression(second)?.unwrap_or(second),
                None => upper,
            }));
        }
        self.named_expression(token)
    }

    pub(super) fn starred_expression(&mut self, token: usize) -> Found {
        let star = found!(self.eat(token, b'*'));
        let Some(end) = self.expression(star)? else {
            if self.invalid {
                return self.raise_last("Invalid star expression");
            }
            return Ok(None);
        };
        if self.invalid
            && let Some(equal) = self.eat(end, b'=')
            && let Some(value) = self.expression(equal)?
        {
            let message = "cannot assign to iterable argument unpacking";
            return self.raise(message, token, value);
        }
        Ok(Some(end))
    }

    /// `args [','] &')'`, or its errors
    pub(super) fn arguments(&mut self, token: usize) -> Found {
        self.memo(Memo::Arguments, token, |pass| {
            if let Some(end) = pass.args(token)? {
                let end = pass.eat(end, b',').unwrap_or(end);
                if pass.at(end) == b')' {
                    return Ok(Some(end));
                }
            }
            if pass.invalid {
                pass.invalid_arguments(token)?;
            }
            Ok(None)
        })
    }

    /// One positional argument: starred, named, or an expression that no `=` follows.
    fn positional(&mut self, token: usize) -> Found {
        if self.at(token) == b'*' {
            return self.starred_expression(token);
        }
        let end = match self.assignment_expression(token)? {
            Some(end) => end,
            None => {
                let end = found!(self.expression(token)?);
                if self.at(end) == kinds::WALRUS {
                    return Ok(None);
                }
                end
            }
        };
        Ok((self.at(end) != b'=').then_some(end))
    }

    fn args(&mut self, token: usize) -> Found {
        let Some(end) = self.gather(token, Self::positional)? else { return self.kwargs(token) };
        if let Some(comma) = self.eat(end, b',')
            && let Some(whole) = self.kwargs(comma)?
        {
            return Ok(Some(whole));
        }
        Ok(Some(end))
    }

    fn kwargs(&mut self, token: usize) -> Found {
        if let Some(end) = self.gather(token, Self::keyword_or_starred)? {
            if let Some(comma) = self.eat(end, b',')
                && let Some(whole) = self.gather(comma, Self::keyword_or_double_starred)?
            {
                return Ok(Some(whole));
            }
            return Ok(Some(end));
        }
        self.gather(token, Self::keyword_or_double_starred)
    }

    fn keyword_or_starred(&mut self, token: usize) -> Found {
        if self.invalid {
            self.invalid_keyword(token)?;
        }
        match self.keyword(token)? {
            Some(end) => Ok(Some(end)),
            None => self.starred_expression(token),
        }
    }

    fn keyword_or_double_starred(&mut self, token: usize) -> Found {
        if self.invalid {
            self.invalid_keyword(token)?;
        }
        match self.keyword(token)? {
            Some(end) => Ok(Some(end)),
            None => {
                let stars = found!(self.eat(token, kinds::POW));
                self.expression(stars)
            }
        }
    }

    fn keyword(&mut self, token: usize) -> Found {
        let name = found!(self.name(token));
        let equal = found!(self.eat(name, b'='));
        self.expression(equal)
    }

    fn invalid_keyword(&mut self, token: usize) -> Raised {
        let kind = self.at(token);
        if matches!(kind, kinds::TRUE | kinds::FALSE | kinds::NONE) && self.at(token + 1) == b'=' {
            let name = self.text_of(token);
            return self.raise(format!("cannot assign to {name}"), token, token + 2);
        }
        self.keyword_comprehension(token)?;
        let name_equal = kinds::is_name(kind) && self.at(token + 1) == b'=';
        if !name_equal
            && let Some(end) = self.expression(token)?
            && self.at(end) == b'='
        {
            let message = "expression cannot contain assignment, perhaps you meant \"==\"?";
            let start = self.expr_start(token, end);
            return self.raise(message, start, end + 1);
        }
        if kind == kinds::POW
            && let Some(end) = self.expression(token + 1)?
            && let Some(equal) = self.eat(end, b'=')
            && let Some(value) = self.expression(equal)?
        {
            let message = "cannot assign to keyword argument unpacking";
            return self.raise(message, token, value);
        }
        Ok(())
    }

    /// `f(a=b for b in c)`
    fn keyword_comprehension(&mut self, token: usize) -> Raised {
        if let Some(end) = self.keyword(token)?
            && self.for_if_clauses(end)?.is_some()
        {
            let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
            return self.raise(message, token, token + 2);
        }
        Ok(())
    }

    fn invalid_arguments(&mut self, token: usize) -> Raised {
        let message = "iterable argument unpacking follows keyword argument unpacking";
        let before = match self.gather(token, Self::positional)? {
            Some(end) => match self.eat(end, b',') {
                Some(comma) => self.kwargs(comma)?,
                None => None,
            },
            None => None,
        };
        let before = match before {
            Some(end) => Some(end),
            None => self.kwargs(token)?,
        };
        if let Some(end) = before
            && let Some(comma) = self.eat(end, b',')
            && self.at(comma) == b'*'
            && self.starred_expression(comma)?.is_some()
        {
            return self.raise_from(message, end);
        }
        let parenthesize = "Generator expression must be parenthesized";
        if let Some(end) = self.expression(token)?
            && let Some(clauses) = self.for_if_clauses(end)?
            && self.at(clauses) == b','
        {
            self.fill = self.fill.max(clauses + 1);
            return self.raise(parenthesize, token, clauses);
        }
        self.keyword_comprehension(token)?;
        let args = self.args(token)?;
        let name = match args {
            Some(end) => self.eat(end, b',').unwrap_or(token),
            None => token,
        };
        if self.name(name).is_some()
            && self.at(name + 1) == b'='
            && matches!(self.at(name + 2), b',' | b')')
        {
            return self.raise("expected argument value expression", name, name + 2);
        }
        let Some(end) = args else { return Ok(()) };
        if let Some(clauses) = self.for_if_clauses(end)? {
            let (last, count) = self.last_positional(token)?;
            if count > 1 {
                return self.raise(parenthesize, last, clauses);
            }
        }
        let Some(comma) = self.eat(end, b',') else { return Ok(()) };
        if let Some(item) = self.expression(comma)?
            && let Some(clauses) = self.for_if_clauses(item)?
        {
            return self.raise(parenthesize, comma, clauses);
        }
        if self.args(comma)?.is_some() {
            let unpacking = self.has_unpacking(token, end);
            let tail = if unpacking { " unpacking" } else { "" };
            let message = format!("positional argument follows keyword argument{tail}");
            return self.raise_last(message);
        }
        Ok(())
    }

    /// Where the last positional argument starts, and how many there are.
    fn last_positional(&mut self, token: usize) -> Result<(usize, usize), Box<SyntaxError>> {
        let (mut last, mut count, mut at) = (token, 0, token);
        while let Some(end) = self.positional(at)? {
            (last, count) = (at, count + 1);
            match self.eat(end, b',') {
                Some(comma) => at = comma,
                None => break,
            }
        }
        Ok((last, count))
    }

    /// Whether `**` stands directly in the arguments `token..end`.
    fn has_unpacking(&mut self, token: usize, end: usize) -> bool {
        let mut level = 0_i32;
        for at in token..end {
            match self.at(at) {
                b'(' | b'[' | b'{' => level += 1,
                b')' | b']' | b'}' => level -= 1,
                kinds::POW if level == 0 && (at == token || self.at(at - 1) == b',') => {
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    fn lambda(&mut self, token: usize) -> Found {
        let after = found!(self.eat(token, kinds::LAMBDA));
        let params = self.lambda_parameters(after)?.unwrap_or(after);
        let colon = found!(self.eat(params, b':'));
        self.expression(colon)
    }
}
