//! The second pass over the parameters of `def` and `lambda`.

use super::pass::{Found, Pass, found};
use crate::error::SyntaxError;
use crate::kinds;

/// What has been seen of a list.
#[derive(Default)]
struct Seen {
    any: bool,
    slash: bool,
    star: bool,
    default: bool,
}

impl Pass<'_> {
    /// The parameters of `def`: where they end.
    pub(super) fn def_parameters(&mut self, token: usize) -> Result<usize, Box<SyntaxError>> {
        self.parameter_list(token, b')')
    }

    /// The parameters of `lambda`.
    pub(super) fn lambda_parameters(&mut self, token: usize) -> Found {
        self.parameter_list(token, b':').map(Some)
    }

    fn parameter_list(&mut self, token: usize, close: u8) -> Result<usize, Box<SyntaxError>> {
        let mut seen = Seen::default();
        let mut at = token;
        while let Some(end) = self.parameter_item(at, close, &mut seen)? {
            let double_star = self.at(at) == kinds::POW;
            seen.any = true;
            at = end;
            match self.eat(at, b',') {
                Some(comma) => at = comma,
                None => break,
            }
            if double_star && !self.invalid {
                break;
            }
        }
        Ok(at)
    }

    fn parameter_item(&mut self, token: usize, close: u8, seen: &mut Seen) -> Found {
        match self.at(token) {
            b'/' => self.slash_parameter(token, seen),
            b'*' => self.star_parameter(token, close, seen),
            kinds::POW => self.double_star_parameter(token, close),
            b'(' if self.invalid && !seen.star && !seen.default => self.parenthesized(token, close),
            _ => {
                let end = found!(self.parameter(token, close)?);
                let Some(equal) = self.eat(end, b'=') else {
                    if seen.default && !seen.star && self.invalid {
                        let message =
                            "parameter without a default follows parameter with a default";
                        return self.raise(message, token, end);
                    }
                    // The first pass has no rule for a parameter without a default behind one with it.
                    let fits = self.invalid || !seen.default || seen.star;
                    return Ok(fits.then_some(end));
                };
                seen.default = true;
                if self.invalid && matches!(self.at(equal), b',' | b')') {
                    return self.raise_at("expected default value expression", end);
                }
                self.expression(equal)
            }
        }
    }

    /// A name with its annotation.
    fn parameter(&mut self, token: usize, close: u8) -> Found {
        let name = found!(self.name(token));
        if close == b')'
            && let Some(colon) = self.eat(name, b':')
        {
            return self.star_expression(colon);
        }
        Ok(Some(name))
    }

    fn slash_parameter(&mut self, token: usize, seen: &mut Seen) -> Found {
        if self.invalid {
            let message = if !seen.any {
                Some("at least one argument must precede /")
            } else if seen.slash {
                Some("/ may appear only once")
            } else if seen.star {
                Some("/ must be ahead of *")
            } else {
                None
            };
            if let Some(message) = message
                && (seen.any || self.at(token + 1) == b',')
            {
                return self.raise_at(message, token);
            }
            if self.at(token + 1) == b'*' {
                return self.raise_at("expected comma between / and *", token + 1);
            }
        }
        if !seen.any || (!self.invalid && (seen.slash || seen.star)) {
            return Ok(None);
        }
        seen.slash = true;
        Ok(Some(token + 1))
    }

    fn star_parameter(&mut self, token: usize, close: u8, seen: &mut Seen) -> Found {
        let after = token + 1;
        if self.invalid {
            let next = self.at(after);
            if seen.star && (next == b',' || kinds::is_name(next)) {
                return self.raise_at("* argument may appear only once", token);
            }
            if seen.star {
                return Ok(None);
            }
            let bare_end = next == close
                || (next == b','
                    && matches!(self.at(after + 1), kind if kind == close || kind == kinds::POW));
            if bare_end {
                let message = "named arguments must follow bare *";
                if close == b':' {
                    return self.raise_last(message);
                }
                return self.raise_at(message, token);
            }
        }
        if seen.star {
            return Ok(None);
        }
        seen.star = true;
        if self.at(after) == b',' {
            return Ok(Some(after));
        }
        let end = found!(self.parameter(after, close)?);
        if self.invalid && self.at(end) == b'=' {
            return self.raise_at("var-positional argument cannot have default value", end);
        }
        Ok(Some(end))
    }

    fn double_star_parameter(&mut self, token: usize, close: u8) -> Found {
        let end = found!(self.parameter(token + 1, close)?);
        if self.invalid {
            if self.at(end) == b'=' {
                return self.raise_at("var-keyword argument cannot have default value", end);
            }
            if let Some(comma) = self.eat(end, b',') {
                let message = "arguments cannot follow var-keyword argument";
                if let Some(next) = self.parameter(comma, close)? {
                    return self.raise(message, comma, next);
                }
                if matches!(self.at(comma), b'*' | kinds::POW | b'/') {
                    return self.raise_at(message, comma);
                }
            }
        }
        Ok(Some(end))
    }

    /// `def f(a, (b, c)):`
    fn parenthesized(&mut self, token: usize, close: u8) -> Found {
        let end = found!(self.gather(token + 1, |pass, at| Ok(pass.name(at)))?);
        let end = self.eat(end, b',').unwrap_or(end);
        if let Some(after) = self.eat(end, b')') {
            let kind = if close == b':' { "Lambda expression" } else { "Function" };
            return self.raise(format!("{kind} parameters cannot be parenthesized"), token, after);
        }
        Ok(None)
    }
}
