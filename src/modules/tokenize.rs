//! `_tokenize`: the tokens of lines that a function gives one by one.

use std::cell::Cell;

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::protocol::iterate;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::syntax_error::number as field;
use objects::types::exceptions::{self, base::payload_of};
use objects::types::int;
use objects::types::module;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use syntax::error::ErrorKind;
use syntax::tokens::{Extent, Failure, Token, Tokenized, tokenize};

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule =
    NativeModule { name: "_tokenize", exec: Some(exec), ..NativeModule::DEFAULT };

/// Tokens still to come.
#[derive(Default)]
struct Pending {
    tokens: std::vec::IntoIter<Token>,
    failure: Option<Failure>,
    /// The text, for the failure's line.
    text: String,
    /// What reading the lines raised.
    exception: Option<Value>,
}

objects::no_references!(Tokens);

/// The tokens, out of the collector's sight but for the exception, which no cycle goes through.
struct Tokens(GilCell<Option<Pending>>);

payload! {
    /// The payload of a token iterator. The lines are read when the first token is asked for.
    pub(crate) struct PyTokenizerIter: TOKENIZER_ITER, gc {
        readline: Value,
        encoding: Option<Value>,
        extra_tokens: bool,
        done: Cell<bool>,
        pending: Tokens,
    }
}

static TOKENIZER_ITER: StaticType = StaticType::new::<PyTokenizerIter>();

const TOKENIZER_ITER_SPEC: TypeSpec = TypeSpec {
    name: "_tokenize.TokenizerIter",
    slots: &[Slot::New(new), Slot::Iter(iterate::self_iter), Slot::Iternext(next)],
    ..TypeSpec::DEFAULT
};

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, &[(&TOKENIZER_ITER, &TOKENIZER_ITER_SPEC)])?;
    module::add(vm, this, "TokenizerIter", TOKENIZER_ITER.get().to_value());
    Ok(())
}

static SIGNATURE: LazySignature =
    LazySignature::new("($type, readline, /, *, extra_tokens, encoding=None)");

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let bound = SIGNATURE.bind(vm, "tokenizeriter", args)?;
    let extra_tokens = vm.is_true(bound.required(1))?;
    let encoding = match bound.get(2) {
        None => None,
        Some(encoding) if encoding.downcast::<PyStr>().is_some() => Some(encoding.clone()),
        Some(other) => {
            return Err(vm.type_error(format!(
                "tokenizeriter() argument 'encoding' must be str, not {}",
                other.class().name()
            )));
        }
    };
    let payload = PyTokenizerIter {
        readline: bound.required(0).clone(),
        encoding,
        extra_tokens,
        done: Cell::new(false),
        pending: Tokens(GilCell::new(None)),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

/// One line; None at the end.
fn read_line(vm: Vm<'_>, this: &PyTokenizerIter) -> PyResult<Option<String>> {
    let result = vm.call(&this.readline, &[]);
    let Some(line) = vm.catch(result, &exc::STOP_ITERATION)? else { return Ok(None) };
    let line = match &this.encoding {
        None if line.downcast::<PyStr>().is_some() => line,
        None => return Err(vm.type_error("readline() returned a non-string object")),
        Some(encoding) => {
            if line.downcast::<PyBytes>().is_none() {
                return Err(vm.type_error("readline() returned a non-bytes object"));
            }
            let replace = PyStr::new_value(vm, "replace");
            vm.call_method(&line, &vm.intern("decode"), &[encoding.clone(), replace])?
        }
    };
    let Some(line) = line.downcast::<PyStr>() else {
        return Err(vm.type_error("decoder should return a string result"));
    };
    let wide = line.to_wstring();
    match wide.as_str() {
        Some("") => Ok(None),
        Some(text) => Ok(Some(text.to_owned())),
        None => {
            vm.call_method(&line.to_value(), &vm.intern("encode"), &[])?;
            Err(vm.value_error("a line cannot be encoded"))
        }
    }
}

/// All lines, and the tokens in them.
fn read(vm: Vm<'_>, this: &PyTokenizerIter) -> Pending {
    let mut text = String::new();
    let mut exception = None;
    let mut null = false;
    loop {
        match read_line(vm, this) {
            Ok(Some(line)) => {
                text.push_str(&line);
                if line.contains('\0') {
                    null = true;
                    break;
                }
            }
            Ok(None) => break,
            Err(raised) => {
                exception = Some(vm.take(raised));
                break;
            }
        }
    }
    if null {
        return null_byte(text, this.extra_tokens);
    }
    let Tokenized { mut tokens, mut failure } = tokenize(&text, this.extra_tokens);
    if exception.is_some() {
        // The end of the text is not known yet, so nothing ends there.
        failure = None;
        while tokens.last().is_some_and(|token| token.offset >= text.len()) {
            tokens.pop();
        }
    }
    Pending { tokens: tokens.into_iter(), failure, text, exception }
}

/// The tokens before a line with a null byte, which is no source.
fn null_byte(mut text: String, extra: bool) -> Pending {
    let at = text.find('\0').unwrap_or(0);
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let before = text.get(..start).unwrap_or_default();
    let Tokenized { mut tokens, .. } = tokenize(before, extra);
    while tokens.last().is_some_and(|token| token.offset >= start) {
        tokens.pop();
    }
    let line = i32::try_from(before.lines().count() + 1).unwrap_or(i32::MAX);
    let failure = Failure {
        kind: ErrorKind::Syntax,
        message: "source code cannot contain null bytes".to_owned(),
        line,
        column: 0,
        extent: Extent::To(line, 0),
    };
    text.truncate(at);
    Pending { tokens: tokens.into_iter(), failure: Some(failure), text, exception: None }
}

fn next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PyTokenizerIter>();
    if this.done.get() {
        return Ok(None);
    }
    if this.pending.0.with(Option::is_none) {
        let pending = read(vm, this);
        drop(this.pending.0.replace(Some(pending)));
    }
    let token = this
        .pending
        .0
        .with_mut(|pending| pending.as_mut().and_then(|pending| pending.tokens.next()));
    if let Some(token) = token {
        return token_value(vm, &token, this.extra_tokens).map(Some);
    }
    this.done.set(true);
    let Some(pending) = this.pending.0.take() else { return Ok(None) };
    if let Some(exception) = pending.exception {
        return Err(vm.raise(exception));
    }
    match pending.failure {
        Some(failure) => Err(raise(vm, &failure, &pending.text)),
        None => Ok(None),
    }
}

fn token_value(vm: Vm<'_>, token: &Token, extra: bool) -> PyResult<Value> {
    let place = |(line, column): (usize, Option<usize>)| {
        let column = column.map_or(Value::small_int_unchecked(-1), Value::from_usize);
        PyTuple::pair(vm, Value::from_usize(line), column)
    };
    let parts = [
        int::from_i64(vm, number_of(token.kind, extra)),
        PyStr::try_new(vm, &token.text)?.into_value(),
        place(token.start)?.into_value(),
        place(token.end)?.into_value(),
        PyStr::try_new(vm, &token.line)?.into_value(),
    ];
    Ok(PyTuple::try_new(vm, &parts)?.into_value())
}

/// The exception for a failure: `SyntaxError(msg, (filename, lineno, offset, text, end_lineno, end_offset))`.
fn raise(vm: Vm<'_>, failure: &Failure, text: &str) -> Raised {
    let class = match failure.kind {
        ErrorKind::Indentation => &exc::INDENTATION_ERROR,
        ErrorKind::Tab => &exc::TAB_ERROR,
        ErrorKind::Memory => return vm.memory_error(),
        _ => &exc::SYNTAX_ERROR,
    };
    let message = PyStr::new_value(vm, &failure.message);
    let number = |n: i32| Value::small_int_unchecked(i64::from(n));
    let filename = PyStr::new_value(vm, "<string>");
    if failure.extent == Extent::Bare {
        let exception = exceptions::new(vm, class.get(), std::slice::from_ref(&message));
        let payload = payload_of(&exception);
        payload.set_field(field::MSG, Some(message));
        payload.set_field(field::FILENAME, Some(filename));
        payload.set_field(field::LINENO, Some(number(failure.line)));
        payload.set_field(field::OFFSET, Some(number(failure.column)));
        return vm.raise(exception);
    }
    let index = usize::try_from(failure.line).unwrap_or(0).saturating_sub(1);
    let line = text.split('\n').nth(index).unwrap_or_default().trim_end_matches('\r');
    let (end_line, end_column) = match failure.extent {
        Extent::To(line, column) => (number(line), number(column)),
        Extent::Open | Extent::Bare => (Value::NONE, Value::NONE),
    };
    let info = PyTuple::new_value(
        vm,
        &[
            filename,
            number(failure.line),
            number(failure.column),
            PyStr::new_value(vm, line),
            end_line,
            end_column,
        ],
    );
    match vm.call(&class.get().to_value(), &[message, info]) {
        Ok(exception) => vm.raise(exception),
        Err(raised) => raised,
    }
}

/// The names of `token.py`, by number.
const NAMES: &[&str] = &[
    "ENDMARKER",
    "NAME",
    "NUMBER",
    "STRING",
    "NEWLINE",
    "INDENT",
    "DEDENT",
    "LPAR",
    "RPAR",
    "LSQB",
    "RSQB",
    "COLON",
    "COMMA",
    "SEMI",
    "PLUS",
    "MINUS",
    "STAR",
    "SLASH",
    "VBAR",
    "AMPER",
    "LESS",
    "GREATER",
    "EQUAL",
    "DOT",
    "PERCENT",
    "LBRACE",
    "RBRACE",
    "EQEQUAL",
    "NOTEQUAL",
    "LESSEQUAL",
    "GREATEREQUAL",
    "TILDE",
    "CIRCUMFLEX",
    "LEFTSHIFT",
    "RIGHTSHIFT",
    "DOUBLESTAR",
    "PLUSEQUAL",
    "MINEQUAL",
    "STAREQUAL",
    "SLASHEQUAL",
    "PERCENTEQUAL",
    "AMPEREQUAL",
    "VBAREQUAL",
    "CIRCUMFLEXEQUAL",
    "LEFTSHIFTEQUAL",
    "RIGHTSHIFTEQUAL",
    "DOUBLESTAREQUAL",
    "DOUBLESLASH",
    "DOUBLESLASHEQUAL",
    "AT",
    "ATEQUAL",
    "RARROW",
    "ELLIPSIS",
    "COLONEQUAL",
    "EXCLAMATION",
    "OP",
    "TYPE_IGNORE",
    "TYPE_COMMENT",
    "SOFT_KEYWORD",
    "FSTRING_START",
    "FSTRING_MIDDLE",
    "FSTRING_END",
    "TSTRING_START",
    "TSTRING_MIDDLE",
    "TSTRING_END",
    "COMMENT",
    "NL",
];

const LPAR: usize = 7;
const OP: usize = 55;

/// The number of a token's kind; all operators are one kind where all tokens are asked for.
fn number_of(kind: &str, extra: bool) -> i64 {
    let number = NAMES.iter().position(|name| *name == kind).unwrap_or(OP);
    let number = if extra && (LPAR..OP).contains(&number) { OP } else { number };
    i64::try_from(number).unwrap_or(0)
}
