//! Pairs to nodes: the builder, its depth guard and what its parts share.

pub(crate) mod calls;
pub(crate) mod control;
pub(crate) mod definitions;
pub(crate) mod expressions;
pub(crate) mod fstrings;
pub(crate) mod match_;
pub(crate) mod numbers;
pub(crate) mod parameters;
pub(crate) mod refusals;
pub(crate) mod statements;
pub(crate) mod strings;
pub(crate) mod targets;
mod type_comments;

use base::span::Span;
use unicode_normalization::UnicodeNormalization;

use crate::ast::nodes::{Expr, ExprKind, Mod};
use crate::error::{ErrorKind, Place, SyntaxError, Warning};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::layout::{TOO_COMPLEX, Tokens};
use crate::names::{Identifier, Names};
use crate::tree::Node;
use crate::{ParseOptions, TypeComment};

/// What building answers; the error is boxed to keep the answer small.
pub(crate) type Built<T> = Result<T, Box<SyntaxError>>;

/// How deep the tree may be where the builder recurses.
const DEPTH_MAX: u32 = 2000;

/// How deep it may be along the left of operators and calls, where the builder does not recurse but its users do.
const SPINE_MAX: u32 = 49_000;

/// From which depth on a tree is built, and dropped, on a stack of its own.
const SPINE_DEEP: u32 = 1000;

/// Turns the nodes of one source into its tree.
pub(crate) struct Builder<'t> {
    pub(crate) text: &'t str,
    pub(crate) tokens: &'t Tokens,
    pub(crate) kinds: &'t [u8],
    pub(crate) names: Names,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) depth: u32,
    /// Whether some operator or call chain is too long to be dropped by recursion.
    pub(crate) deep: bool,
    /// Whether the stack is big enough for the drop of the longest chain, whose pieces an error leaves.
    is_roomy: bool,
    /// `from __future__ import barry_as_FLUFL` was met.
    pub(crate) barry: bool,
    /// How many digits an int literal may have; 0 is no limit.
    pub(crate) digits_max: usize,
    /// The minor version whose syntax is read.
    feature_version: u8,
    /// The first error that needs no failed parse.
    refusal: Option<refusals::Refusal>,
    /// The type comments, if they are read.
    pub(crate) type_comments: Vec<TypeComment>,
}

impl<'t> Builder<'t> {
    /// A builder over the tokens of `text`.
    pub(crate) fn new(text: &'t str, tokens: &'t Tokens, options: &ParseOptions) -> Self {
        let comments: &[_] = if options.type_comments { &tokens.type_comments } else { &[] };
        Self {
            text,
            tokens,
            kinds: tokens.kinds.as_bytes(),
            names: Names::default(),
            warnings: tokens.warnings.clone(),
            depth: 0,
            deep: false,
            is_roomy: false,
            barry: false,
            digits_max: options.int_max_str_digits,
            feature_version: options.feature_version,
            refusal: None,
            type_comments: comments
                .iter()
                .map(|&(token, span)| TypeComment::new(text, token, span))
                .collect(),
        }
    }

    /// The tree of what the grammar's start rules match.
    pub(crate) fn module(&mut self, root: Node<'t>) -> Built<Mod> {
        let built = self.start_rule(root);
        // They are found by the first pass, and so before all that makes a second one necessary.
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal.error);
        }
        let tree = built?;
        self.stray_comment().map_or(Ok(tree), Err)
    }

    fn start_rule(&mut self, root: Node<'t>) -> Built<Mod> {
        let mut kids = root.kids();
        Ok(match root.rule() {
            Rule::interactive => Mod::Interactive(self.statements(kids)?),
            Rule::eval => {
                let node = kids.required();
                Mod::Expression(Box::new(self.exprs(node)?))
            }
            Rule::func_type => self.function_type(kids)?,
            _ => Mod::Module(self.statements(kids)?),
        })
    }

    fn function_type(&mut self, mut kids: crate::tree::Kids<'t>) -> Built<Mod> {
        let mut argtypes = Vec::new();
        if let Some(params) = kids.accept(Rule::func_params) {
            let mut before = 0;
            for param in params.kids() {
                // The expressions come first, then one with a star, then one with two.
                let star = match self.kinds[param.start() - 1] {
                    kind @ (b'*' | kinds::POW) => kind,
                    _ => 0,
                };
                let first = param.start() - usize::from(star != 0);
                match before {
                    kinds::POW => return self.invalid(first - 1),
                    b'*' if star != kinds::POW => return self.invalid(first),
                    _ => before = star,
                }
                argtypes.push(self.expression(param)?);
            }
        }
        let returns = self.expression(kids.required())?;
        Ok(Mod::FunctionType { argtypes, returns: Box::new(returns) })
    }

    /// The span of tokens `start..end`.
    #[inline]
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        self.tokens.spans[start].to(self.tokens.spans[end - 1])
    }

    /// The span of a node.
    #[inline]
    pub(crate) fn node_span(&self, node: Node<'t>) -> Span {
        self.span(node.start(), node.end())
    }

    /// The span of tokens `start..end` without the NEWLINE, INDENT and DEDENT at its end.
    pub(crate) fn statement_span(&self, start: usize, mut end: usize) -> Span {
        while end > start + 1 && kinds::is_layout(self.kinds[end - 1]) {
            end -= 1;
        }
        self.span(start, end)
    }

    /// The source text of a span.
    #[inline]
    pub(crate) fn source(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// An expression node over tokens `start..end`.
    #[inline]
    pub(crate) fn make(&self, kind: ExprKind, start: usize, end: usize) -> Expr {
        Expr { span: self.span(start, end), kind }
    }

    /// The name at a token.
    pub(crate) fn name(&mut self, token: usize) -> Identifier {
        let text = self.source(self.tokens.spans[token]);
        if text.is_ascii() {
            self.names.intern(text)
        } else {
            let normal: String = text.nfkc().collect();
            self.normalized_name(token, &normal);
            self.names.intern(&normal)
        }
    }

    /// The names at tokens `start..end`, with the dots between them.
    pub(crate) fn dotted_name(&mut self, node: Node<'t>) -> Identifier {
        let (start, end) = (node.start(), node.end());
        if end == start + 1 {
            return self.name(start);
        }
        let mut text = String::new();
        for token in start..end {
            let part = self.source(self.tokens.spans[token]);
            if part.is_ascii() {
                text.push_str(part);
            } else {
                let normal: String = part.nfkc().collect();
                self.normalized_name(token, &normal);
                text.push_str(&normal);
            }
        }
        self.names.intern(&text)
    }

    /// Enters one more level of recursion.
    pub(crate) fn enter(&mut self) -> Built<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Box::new(SyntaxError::of(ErrorKind::Memory, TOO_COMPLEX, Place::None)));
        }
        Ok(())
    }

    /// Leaves a level.
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Notes that a chain has `length` links.
    pub(crate) fn spine(&mut self, length: u32) -> Built<()> {
        if length > SPINE_DEEP {
            self.deep = true;
            if length > SPINE_MAX || !self.is_roomy {
                let message = "maximum recursion depth exceeded during compilation";
                return Err(Box::new(SyntaxError::of(ErrorKind::Recursion, message, Place::None)));
            }
        }
        Ok(())
    }

    /// Whether it stopped at a chain that wants a bigger stack: then another builder is to try there.
    pub(crate) const fn wants_room(&self) -> bool {
        self.deep && !self.is_roomy
    }

    /// A builder on a stack that is big enough for every chain.
    pub(crate) const fn with_room(mut self) -> Self {
        self.is_roomy = true;
        self
    }

    /// Fails with a message at tokens `start..end`.
    pub(crate) fn fail<T>(&self, message: impl Into<String>, start: usize, end: usize) -> Built<T> {
        fail_at(message, self.span(start, end))
    }

    /// Fails with the plain message at one token.
    pub(crate) fn invalid<T>(&self, token: usize) -> Built<T> {
        self.fail("invalid syntax", token, token + 1)
    }
}

/// Fails with a message at a span.
pub(crate) fn fail_at<T>(message: impl Into<String>, span: Span) -> Built<T> {
    Err(Box::new(SyntaxError::new(message, span)))
}
