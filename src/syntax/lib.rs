//! Source text to tokens to a typed tree.
//!
//! # What comes in
//! Decoded text with `\n` newlines ([`source::decode`] makes it out of bytes), and a [`Mode`].
//!
//! # What goes out
//! [`Parsed`]: the tree with a byte span on each node, its names, the line table and the warnings; or a [`error::SyntaxError`]
//! in CPython's words. [`completeness`] tells a shell whether to ask for another line.
//!
//! # Files in reading order
//! `source` (bytes to text), `grammar` (the pest parsers), `kinds` (token characters), `scan` (tokens),
//! `layout` (tokens and indentation), `shapes` (what the syntax grammar reads),
//! `lexical_errors` and `fstring_errors` (what the tokenizer says), `tree` (flat nodes), `build/*` (nodes to the typed tree),
//! `ast/nodes`, `ast/dump`, `tokens` (`-m tokenize`), `highlight` (for editors), `diagnose` (after a failed
//! parse), `names`, `typos` (keywords
//! that were meant), `error`.
//!
//! # Invariants
//! **Invariant:** a position in the syntax grammar's input is a token's number.
//! **Invariant:** no input overflows the stack: brackets, indentations, f-strings, `lambda` and `else` are counted before the
//! syntax grammar runs, and the builder counts its own depth.
//! **Invariant:** no rule of the grammar is tried twice on the same tokens with a recursive prefix; no alternative contains `block`.
//!
//! # How to change it
//! A syntax form: `grammar/*.pest`, `ast/nodes.rs`, `build/<topic>.rs`, then what stops compiling. A message: `diagnose`.
//!
//! # Its counterpart in CPython
//! `Parser/` (`tokenizer`, `lexer`, `pegen`, `action_helpers`, `string_parser`) and `Grammar/python.gram`.
#![forbid(unsafe_code)]

extern crate alloc;

pub mod ast;
mod build;
pub mod complete;
mod diagnose;
pub mod error;
mod fstring_errors;
mod grammar;
pub mod highlight;
mod kinds;
mod layout;
mod lexical_errors;
pub mod names;
pub mod scan;
mod shapes;
pub mod source;
pub mod tokens;
mod tree;
pub mod typos;

use base::span::{LineIndex, Span};

pub use build::refusals::NEWEST as NEWEST_VERSION;
pub use complete::{Completeness, completeness};

use ast::nodes::Mod;
use error::{ErrorKind, Place, SyntaxError, Warning};
use grammar::python::Rule;
use layout::{End, Tokens};
use names::Names;

/// What the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A file: any number of statements.
    Exec,
    /// One expression.
    Eval,
    /// One interactive statement.
    Single,
    /// A function type comment: `(int) -> str`.
    FuncType,
}

/// What may be set from outside.
#[derive(Clone, Copy, Debug)]
pub struct ParseOptions {
    /// `sys.set_int_max_str_digits`; 0 is no limit.
    pub int_max_str_digits: usize,
    /// The text was read line by line from a prompt: nothing behind the first error was looked at.
    pub interactive: bool,
    /// The minor version of Python 3 whose syntax is read ([`NEWEST_VERSION`]).
    pub feature_version: u8,
    /// `# type:` comments are part of the syntax.
    pub type_comments: bool,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self {
            int_max_str_digits: build::numbers::DIGITS_MAX,
            interactive: false,
            feature_version: NEWEST_VERSION,
            type_comments: false,
        }
    }
}

/// A text's tree and what belongs to it.
#[derive(Debug)]
pub struct Parsed {
    /// The tree.
    pub tree: Mod,
    /// The texts of its identifiers.
    pub names: Names,
    /// Where lines begin.
    pub lines: LineIndex,
    /// Warnings, in source order.
    pub warnings: Vec<Warning>,
    /// The `# type:` comments (PEP 484), if they were asked for.
    pub type_comments: Vec<TypeComment>,
    /// Where the nodes begin that have a type comment, and the comment's number; sorted.
    comment_owners: Vec<(u32, usize)>,
    /// Whether some chain of operators is too long for a recursive drop.
    deep: bool,
}

impl Parsed {
    /// A tree that was not parsed: its spans are numbers of `points`, each a line and a column.
    #[must_use]
    pub const fn of_tree(tree: Mod, names: Names, points: Vec<(u32, u32)>) -> Self {
        Self {
            tree,
            names,
            lines: LineIndex::of_points(points),
            warnings: Vec::new(),
            type_comments: Vec::new(),
            comment_owners: Vec::new(),
            deep: false,
        }
    }
}

/// A `# type:` comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeComment {
    /// The whole comment.
    pub span: Span,
    /// What follows `type:`; for `type: ignore`, what follows that.
    pub text: String,
    /// `# type: ignore`
    pub ignore: bool,
    /// Where the node begins that it belongs to.
    pub owner: Option<u32>,
    /// The number of the token behind it.
    pub(crate) token: usize,
}

impl TypeComment {
    fn new(text: &str, token: usize, span: Span) -> Self {
        let comment = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let blanks = [' ', '\t'];
        let body = comment.trim_start_matches('#').trim_start_matches(blanks);
        let body = body.strip_prefix("type:").unwrap_or(body).trim_start_matches(blanks);
        let tag = body
            .strip_prefix("ignore")
            .filter(|tag| !tag.starts_with(|c: char| !c.is_ascii() || c.is_ascii_alphanumeric()));
        let mut own = tag.unwrap_or(body).to_owned();
        let before = text.get(..span.start as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        if tag.is_some() && line.trim_matches([' ', '\t', '\x0c']).is_empty() {
            // CPython's tokenizer takes the newline along where nothing else is on the line.
            own.push('\n');
        }
        Self { span, text: own, ignore: tag.is_some(), owner: None, token }
    }

    /// Where its text stands.
    pub(crate) fn text_span(&self) -> Span {
        let length = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        Span::new(self.span.end.saturating_sub(length), self.span.end)
    }
}

/// The stack on which the deepest tree is built and dropped: some hundred bytes for each of [`build`]'s links.
const DEEP_STACK: usize = 64 << 20;

impl Drop for Parsed {
    fn drop(&mut self) {
        if self.deep {
            let tree = std::mem::replace(&mut self.tree, Mod::Module(Vec::new()));
            // Wherever the long chain stands, a stack of this size is enough to take it apart; without a thread it stays.
            let thread = std::thread::Builder::new().stack_size(DEEP_STACK);
            let kept = std::mem::ManuallyDrop::new(tree);
            let dropped = thread.spawn(move || drop(std::mem::ManuallyDrop::into_inner(kept)));
            if let Ok(thread) = dropped {
                drop(thread.join());
            }
        }
    }
}

/// Parses `text`, whose newlines are universal.
///
/// # Errors
/// The error that CPython would raise.
pub fn parse(text: &str, mode: Mode, options: &ParseOptions) -> Result<Parsed, SyntaxError> {
    if u32::try_from(text.len()).is_err() {
        let message = "source is too large";
        return Err(SyntaxError::of(ErrorKind::Overflow, message, Place::None));
    }
    if text.contains('\0') {
        let message = "source code string cannot contain null bytes";
        return Err(SyntaxError::of(ErrorKind::Syntax, message, Place::None));
    }
    // A file's last line ends.
    let ended;
    let text = if mode == Mode::Exec && !text.ends_with('\n') {
        ended = format!("{text}\n");
        &ended
    } else {
        text
    };
    let tokens = layout::tokens(text, End::Closed);
    if mode == Mode::Single
        && let Some(line) = first_line(text, &tokens)
    {
        if is_blank(line.1) {
            if !line.1.trim_start_matches('\n').is_empty() {
                return parse(line.0, mode, options);
            }
        } else if parse(line.0, mode, options).is_ok() {
            let message = "multiple statements found while compiling a single statement";
            return Err(diagnose::at_newline(text, line.2, message));
        }
    }
    if mode == Mode::Eval
        && let Some(error) = complete::only_indentation(text)
    {
        return Err(error);
    }
    let rule = start_rule(mode);
    if tokens.error.is_none()
        && let Ok(tree) = tree::Tree::parse(rule, &tokens.kinds)
    {
        return build_tree(text, &tokens, &tree, options).map_err(|error| {
            let error = diagnose::refine(text, &tokens, mode, options, *error);
            after_statement(text, &tokens, error, None)
        });
    }
    let (error, failed) = diagnose::explain(text, &tokens, mode, options);
    Err(after_statement(text, &tokens, error, Some(failed)))
}

/// The first line of an interactive input that is a simple statement, what follows it, and its NEWLINE.
fn first_line<'t>(text: &'t str, tokens: &Tokens) -> Option<(&'t str, &'t str, Span)> {
    if matches!(tokens.kinds.as_bytes().first(), Some(b'A'..=b'H' | b'@')) {
        return None;
    }
    let newline = tokens.kinds.bytes().position(|kind| kind == kinds::NEWLINE)?;
    let place = tokens.spans.get(newline).copied()?;
    let (line, rest) = text.split_at_checked(place.end as usize)?;
    (!rest.is_empty()).then_some((line, rest, place))
}

/// Whether there are blanks and comments only.
fn is_blank(text: &str) -> bool {
    text.split('\n').all(|line| {
        let line = line.trim_start_matches([' ', '\t', '\x0c']);
        line.is_empty() || line.starts_with('#')
    })
}

/// Notes the last whole statement before an error, and the warnings that come first.
fn after_statement(
    text: &str,
    tokens: &Tokens,
    mut error: SyntaxError,
    looked: Option<usize>,
) -> SyntaxError {
    let position = match error.place {
        Place::None => return error,
        Place::Span(span) => span.start,
        Place::Exact { line, offset, .. } => {
            let lines = LineIndex::new(text);
            let line = u32::try_from(line).unwrap_or(0);
            let column = u32::try_from(offset).unwrap_or(0).saturating_sub(1);
            lines.line_start(line).unwrap_or(0).saturating_add(column)
        }
    };
    let failed = tokens.spans.partition_point(|span| span.start < position);
    let first = typos::last_statement(tokens.kinds.as_bytes(), failed);
    error.statement = first.and_then(|first| tokens.spans.get(first)).map(|span| span.start);
    let all = error.message != "unexpected indent";
    error.warnings = build::Builder::new(text, tokens, &ParseOptions::default())
        .warnings_before(looked.unwrap_or(failed + 1), all);
    error
}

fn start_rule(mode: Mode) -> Rule {
    match mode {
        Mode::Exec => Rule::file,
        Mode::Eval => Rule::eval,
        Mode::Single => Rule::interactive,
        Mode::FuncType => Rule::func_type,
    }
}

fn build_tree(
    text: &str,
    tokens: &Tokens,
    tree: &tree::Tree,
    options: &ParseOptions,
) -> Result<Parsed, Box<SyntaxError>> {
    let mut builder = build::Builder::new(text, tokens, options);
    let module = match builder.module(tree.root()) {
        Err(error) if builder.wants_room() => {
            // Without a thread the first error stands.
            let (thread, builder) =
                (std::thread::Builder::new().stack_size(DEEP_STACK), &mut builder);
            std::thread::scope(|scope| {
                let again = move || {
                    *builder = build::Builder::new(text, tokens, options).with_room();
                    builder.module(tree.root())
                };
                let thread = thread.spawn_scoped(scope, again).ok();
                thread.and_then(|thread| thread.join().ok()).unwrap_or(Err(error))
            })?
        }
        built => built?,
    };
    let lines = LineIndex::new(text);
    let mut warnings = builder.warnings;
    warnings.sort_by_key(|warning| warning.span.start);
    let comments = builder.type_comments.iter().enumerate();
    let mut comment_owners: Vec<_> =
        comments.filter_map(|(index, comment)| Some((comment.owner?, index))).collect();
    comment_owners.sort_unstable();
    Ok(Parsed {
        tree: module,
        names: builder.names,
        lines,
        warnings,
        type_comments: builder.type_comments,
        comment_owners,
        deep: builder.deep,
    })
}
