//! Text signatures of native functions, `"($self, x, /, *, key=None)"`: parsed once, then used to bind arguments.
//!
//! The messages are those of CPython's generated parsers (`_PyArg_CheckPositional`, `_PyArg_UnpackKeywords`).
#![expect(unsafe_code, reason = "the table of parsed signatures is a static guarded by the GIL")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::args::{Args, Bound, PARAMETERS_MAX, check_count};
use super::errors::{PyResult, Raised};
use super::type_spec::MethodDef;
use super::value::Value;
use super::vm::Vm;
use crate::types::dict::PyDict;
use crate::types::str::{PyStr, value_is};

/// One parameter.
pub struct Parameter {
    /// The name.
    pub name: &'static str,
    /// The default as written; None for a required parameter.
    pub default: Option<&'static str>,
}

/// The parameters of a native function, its receiver left out.
pub struct Signature {
    /// Positional-only parameters come first, then those of either kind, then keyword-only ones.
    pub parameters: Vec<Parameter>,
    /// How many are positional-only.
    pub positional_only: usize,
    /// How many can be passed by position.
    pub positional: usize,
    /// Whether surplus positional arguments are taken.
    pub rest: bool,
    /// Whether surplus keywords are taken.
    pub extra: bool,
    required_positional: usize,
    required_keywords: usize,
}

impl Signature {
    /// Parses a row's text signature.
    #[must_use]
    pub fn parse(text: &'static str) -> Self {
        let inner = text.trim().strip_prefix('(').unwrap_or(text);
        let inner = inner.rfind(')').and_then(|end| inner.get(..end)).unwrap_or(inner);
        let mut this = Self {
            parameters: Vec::new(),
            positional_only: 0,
            positional: 0,
            rest: false,
            extra: false,
            required_positional: 0,
            required_keywords: 0,
        };
        let mut keyword_only = false;
        for part in split_parameters(inner) {
            let part = part.trim();
            if part.is_empty() || part.starts_with('$') {
                continue;
            }
            if part == "/" {
                this.positional_only = this.parameters.len();
            } else if part == "*" {
                keyword_only = true;
            } else if part.starts_with("**") {
                this.extra = true;
            } else if part.starts_with('*') {
                this.rest = true;
                keyword_only = true;
            } else {
                this.push(part, keyword_only);
            }
        }
        assert!(
            this.parameters.len() <= PARAMETERS_MAX,
            "a native function has too many parameters"
        );
        this
    }

    fn push(&mut self, part: &'static str, keyword_only: bool) {
        let (name, default) = match part.split_once('=') {
            Some((name, default)) => (name.trim(), Some(default.trim())),
            None => (part, None),
        };
        if keyword_only {
            self.required_keywords += usize::from(default.is_none());
        } else {
            self.positional += 1;
            if default.is_none() {
                self.required_positional = self.positional;
            }
        }
        self.parameters.push(Parameter { name, default });
    }

    /// Binds the arguments of a call of `name`. `full_name` is how the messages of functions without keywords call it.
    ///
    /// # Errors
    /// TypeError in CPython's words.
    pub fn bind<'a>(
        &self,
        vm: Vm<'_>,
        name: &str,
        full_name: &dyn Fn() -> String,
        args: Args<'a>,
    ) -> PyResult<Bound<'a>> {
        if args.keyword_count() == 0
            && let Some(bound) = self.bind_positional(vm, args.positional())
        {
            return Ok(bound);
        }
        if self.positional_only == self.parameters.len() && !self.rest && !self.extra {
            return Err(self.positional_error(vm, name, full_name, args));
        }
        self.check_counts(vm, name, args)?;
        let bound = Bound { places: [None; PARAMETERS_MAX], rest: &[], extra: None };
        self.bind_slow(vm, name, args, bound)
    }

    /// The short way, for positional arguments that fit; None when they do not, or a keyword is wanted.
    #[inline]
    #[must_use]
    pub fn bind_positional<'a>(&self, vm: Vm<'_>, positional: &'a [Value]) -> Option<Bound<'a>> {
        let given = positional.len();
        let too_many = given > self.positional && !self.rest;
        if given < self.required_positional || self.required_keywords != 0 || too_many {
            return None;
        }
        let (first, rest) = positional.split_at(given.min(self.positional));
        let mut bound = Bound { places: [None; PARAMETERS_MAX], rest, extra: None };
        for (place, value) in bound.places.iter_mut().zip(first) {
            *place = Some(value);
        }
        if self.extra {
            bound.extra = Some(PyDict::new_ref(vm));
        }
        Some(bound)
    }

    /// What is wrong with the arguments of a function that takes no keywords.
    #[cold]
    fn positional_error(
        &self,
        vm: Vm<'_>,
        name: &str,
        full_name: &dyn Fn() -> String,
        args: Args<'_>,
    ) -> Raised {
        if args.keyword_count() != 0 {
            return vm.type_error(format!("{} takes no keyword arguments", full_name()));
        }
        let got = args.positional().len();
        if self.parameters.is_empty() {
            return vm.type_error(format!("{} takes no arguments ({got} given)", full_name()));
        }
        if self.parameters.len() == 1 && self.required_positional == 1 {
            return vm
                .type_error(format!("{} takes exactly one argument ({got} given)", full_name()));
        }
        match check_count(vm, name, got, self.required_positional, self.positional) {
            Err(raised) => raised,
            Ok(()) => vm.system_error("bad argument to internal function"),
        }
    }

    fn check_counts(&self, vm: Vm<'_>, name: &str, args: Args<'_>) -> PyResult<()> {
        let (given, keywords) = (args.positional().len(), args.keyword_count());
        let all = self.parameters.len();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        if !self.rest && !self.extra && given + keywords > all {
            let bound = if self.required_positional + self.required_keywords < all {
                "at most"
            } else {
                "exactly"
            };
            let kind = if given == 0 { "keyword " } else { "" };
            return Err(vm.type_error(format!(
                "{name}() takes {bound} {all} {kind}argument{} ({} given)",
                plural(all),
                given + keywords
            )));
        }
        if !self.rest && given > self.positional {
            if self.positional == 0 {
                return Err(vm.type_error(format!("{name}() takes no positional arguments")));
            }
            let bound =
                if self.required_positional < self.positional { "at most" } else { "exactly" };
            return Err(vm.type_error(format!(
                "{name}() takes {bound} {} positional argument{} ({given} given)",
                self.positional,
                plural(self.positional)
            )));
        }
        let least = self.positional_only.min(self.required_positional);
        if given < least {
            let bound = if least < self.positional { "at least" } else { "exactly" };
            return Err(vm.type_error(format!(
                "{name}() takes {bound} {least} positional argument{} ({given} given)",
                plural(least)
            )));
        }
        Ok(())
    }

    fn bind_slow<'a>(
        &self,
        vm: Vm<'_>,
        name: &str,
        args: Args<'a>,
        mut bound: Bound<'a>,
    ) -> PyResult<Bound<'a>> {
        let positional = args.positional();
        let (first, rest) = positional.split_at(positional.len().min(self.positional));
        for (place, value) in bound.places.iter_mut().zip(first) {
            *place = Some(value);
        }
        bound.rest = rest;
        let mut used = 0;
        for (index, parameter) in self.parameters.iter().enumerate().skip(self.positional_only) {
            let found = args.keyword(parameter.name);
            if index < first.len() {
                continue;
            }
            if found.is_some() {
                bound.places[index] = found;
                used += 1;
            } else if parameter.default.is_none() {
                return Err(vm.type_error(format!(
                    "{name}() missing required argument '{}' (pos {})",
                    parameter.name,
                    index + 1
                )));
            }
        }
        if used < args.keyword_count() || self.extra {
            bound.extra = self.surplus(vm, name, first.len(), args)?;
        }
        Ok(bound)
    }

    fn surplus(
        &self,
        vm: Vm<'_>,
        name: &str,
        given: usize,
        args: Args<'_>,
    ) -> PyResult<Option<crate::core::pyref::PyRef<PyDict>>> {
        let by_keyword = self.parameters.get(self.positional_only..).unwrap_or(&[]);
        for (index, parameter) in by_keyword.iter().enumerate() {
            let index = index + self.positional_only;
            if index < given && args.keyword(parameter.name).is_some() {
                return Err(vm.type_error(format!(
                    "argument for {name}() given by name ('{}') and position ({})",
                    parameter.name,
                    index + 1
                )));
            }
        }
        let extra = PyDict::new_ref(vm);
        for (key, value) in args.keywords() {
            let Some(text) = key.downcast::<PyStr>() else {
                return Err(vm.type_error("keywords must be strings"));
            };
            if by_keyword.iter().any(|parameter| value_is(key, parameter.name)) {
                continue;
            }
            if !self.extra {
                let wrong = text.to_rust_string();
                let names = by_keyword.iter().map(|parameter| parameter.name);
                return Err(vm.unexpected_keyword(&format!("{name}()"), &wrong, names));
            }
            extra.set_str(text, value.clone());
        }
        Ok(self.extra.then_some(extra))
    }
}

/// Splits at commas outside brackets and quotes: a default may hold them.
fn split_parameters(text: &'static str) -> Vec<&'static str> {
    let mut parts = Vec::new();
    let (mut depth, mut quote, mut start) = (0i32, None, 0);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

struct Parsed(RefCell<Option<HashMap<usize, &'static Signature>>>);

// SAFETY: touched only under the GIL: every caller has a `Vm`.
unsafe impl Sync for Parsed {}

static PARSED: Parsed = Parsed(RefCell::new(None));

/// In front of the table: the signatures asked for last, by their rows' addresses.
struct Recent([Cell<Option<(usize, &'static Signature)>>; RECENT]);

const RECENT: usize = 256;

// SAFETY: as for `Parsed`.
unsafe impl Sync for Recent {}

static RECENT_SIGNATURES: Recent = Recent([const { Cell::new(None) }; RECENT]);

/// The signature of a row, parsed at its first use. Rows are constants, so their number is bounded.
#[must_use]
pub fn of(_vm: Vm<'_>, def: &'static MethodDef) -> &'static Signature {
    let address = std::ptr::from_ref(def).addr();
    let recent = &RECENT_SIGNATURES.0[address / align_of::<MethodDef>() % RECENT];
    if let Some((known, signature)) = recent.get()
        && known == address
    {
        return signature;
    }
    let mut table = PARSED.0.borrow_mut();
    let table = table.get_or_insert_with(HashMap::new);
    let signature: &'static Signature = table
        .entry(address)
        .or_insert_with(|| Box::leak(Box::new(Signature::parse(def.signature))));
    recent.set(Some((address, signature)));
    signature
}

/// Binds the arguments of a native constructor or slot function by a signature given as text.
///
/// # Errors
/// TypeError in CPython's words.
pub fn bind_text<'a>(
    vm: Vm<'_>,
    name: &str,
    signature: &'static Signature,
    args: Args<'a>,
) -> PyResult<Bound<'a>> {
    signature.bind(vm, name, &|| format!("{name}()"), args)
}

/// A signature for a constructor: a static that parses itself at its first use.
pub struct LazySignature(&'static str, std::cell::OnceCell<Signature>);

// SAFETY: touched only under the GIL: every caller has a `Vm`.
unsafe impl Sync for LazySignature {}

impl LazySignature {
    /// The signature with this text.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self(text, std::cell::OnceCell::new())
    }

    /// Binds the arguments of a call of `name`.
    ///
    /// # Errors
    /// TypeError in CPython's words.
    pub fn bind<'a>(&self, vm: Vm<'_>, name: &str, args: Args<'a>) -> PyResult<Bound<'a>> {
        let signature = self.1.get_or_init(|| Signature::parse(self.0));
        signature.bind(vm, name, &|| format!("{name}()"), args)
    }
}

/// Whether a default's text is a literal that help can show as it stands.
#[must_use]
pub fn has_signature(def: &MethodDef) -> bool {
    def.signature.starts_with('(')
}

/// `__text_signature__`
#[must_use]
pub fn text_value(vm: Vm<'_>, text: &str) -> Value {
    if text.is_empty() { Value::NONE } else { PyStr::new_value(vm, text) }
}
