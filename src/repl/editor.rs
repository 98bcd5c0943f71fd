//! The line editor of a real terminal: whole statements, history, completion that runs no user code.

use objects::core::attribute::own_names;
use objects::core::pyref::PyRef;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::module::{self, PyModule};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};
use std::io::IsTerminal;
use syntax::Completeness;

use crate::history;

/// What reading an input gives.
pub(crate) enum Input {
    /// A statement or a command.
    Text(String),
    /// Ctrl-C
    Interrupted,
    /// Ctrl-D, or a terminal that went away.
    End,
}

/// An editor with its history.
pub(crate) struct Editor<'gil> {
    inner: rustyline::Editor<Assistant<'gil>, MemHistory>,
}

impl<'gil> Editor<'gil> {
    /// An editor, if the terminal can have one.
    pub(crate) fn new(vm: Vm<'gil>, globals: PyRef<PyDict>) -> Option<Self> {
        let both = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let able = std::env::var("TERM").is_ok_and(|name| !name.is_empty() && name != "dumb");
        if !both || !able || std::env::var_os("PYTHON_BASIC_REPL").is_some() {
            return None;
        }
        let config = rustyline::Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(true)
            .bracketed_paste(true)
            .build();
        let mut inner = rustyline::Editor::with_history(config, MemHistory::new()).ok()?;
        inner.set_helper(Some(Assistant { vm, globals }));
        for entry in history::load() {
            inner.add_history_entry(entry).ok()?;
        }
        Some(Self { inner })
    }

    /// Reads an input and keeps it in the history.
    pub(crate) fn read(&mut self, prompt: &str) -> Input {
        match self.inner.readline(prompt) {
            Ok(text) => {
                history::append(&text);
                Input::Text(text + "\n")
            }
            Err(ReadlineError::Interrupted) => Input::Interrupted,
            Err(_) => Input::End,
        }
    }
}

/// What the editor asks the interpreter.
struct Assistant<'gil> {
    vm: Vm<'gil>,
    globals: PyRef<PyDict>,
}

impl Helper for Assistant<'_> {}
impl Highlighter for Assistant<'_> {}
impl Hinter for Assistant<'_> {
    type Hint = String;
}

impl Validator for Assistant<'_> {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        if text.trim().is_empty() || text.trim_start().starts_with(':') {
            return Ok(ValidationResult::Valid(None));
        }
        Ok(match syntax::completeness(text) {
            Completeness::Incomplete => ValidationResult::Incomplete,
            Completeness::Complete | Completeness::Invalid(_) => ValidationResult::Valid(None),
        })
    }
}

impl Completer for Assistant<'_> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..position).unwrap_or_default();
        let in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let word_length: usize =
            before.chars().rev().take_while(|c| in_name(*c)).map(char::len_utf8).sum();
        let word = before.get(position - word_length..).unwrap_or_default();
        if word.is_empty() {
            return Ok((position, vec!["    ".to_owned()]));
        }
        let (path, stem) = match word.rsplit_once('.') {
            Some((path, stem)) => (Some(path), stem),
            None => (None, word),
        };
        let mut names = match path {
            None => self.names(),
            Some(path) => {
                self.object(path).map(|object| self.attributes(&object)).unwrap_or_default()
            }
        };
        names.retain(|name| {
            name.starts_with(stem) && (!name.starts_with('_') || stem.starts_with('_'))
        });
        names.sort();
        names.dedup();
        Ok((position - stem.len(), names))
    }
}

impl Assistant<'_> {
    fn names(&self) -> Vec<String> {
        let mut keys = self.globals.string_keys();
        keys.extend(self.vm.interpreter().builtins.string_keys());
        keys.iter().map(|key| key.to_rust_string()).collect()
    }

    /// The object that a dotted name means, found in dictionaries alone.
    fn object(&self, path: &str) -> Option<Value> {
        let mut parts = path.split('.');
        let first = self.vm.intern(parts.next()?);
        let mut object = self
            .globals
            .get_str(&first)
            .or_else(|| self.vm.interpreter().builtins.get_str(&first))?;
        for part in parts {
            let name = self.vm.intern(part);
            object.downcast::<PyModule>()?;
            let inner = module::dict_of(self.vm, &object).get_str(&name)?;
            object = inner;
        }
        Some(object)
    }

    fn attributes(&self, object: &Value) -> Vec<String> {
        let mut keys = own_names(object);
        if object.downcast::<PyModule>().is_some() {
            keys.extend(module::dict_of(self.vm, object).string_keys());
        }
        let class = object.class();
        let mro = match object.downcast::<PyType>() {
            Some(class) => class.mro_tuple(),
            None => class.mro_tuple(),
        };
        for class in mro.items() {
            if let Some(class) = class.downcast::<PyType>() {
                keys.extend(class.namespace().string_keys());
            }
        }
        keys.iter().map(|key| key.to_rust_string()).collect()
    }
}
