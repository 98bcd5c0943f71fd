//! compile, eval, exec: text to code object. Syntax errors, plain data below, become exceptions here and only here.

use std::sync::Arc;

use crate::frames;
use base::wstr::WString;
use bytecode::code_spec::code_flags;
use compiler::options::Options;
use objects::core::args::Bound;
use objects::core::errors::{PyResult, Raised};
use objects::core::interpreter_state::RunIn;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::cell::PyCell;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::exceptions;
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::syntax_error::number as field;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use syntax::error::{ErrorKind, Place, Stage, SyntaxError, Warning, WarningKind};

/// Bits of `compile()`'s flags (`PyCF_*`).
pub(crate) mod compile_flags {
    pub(crate) const ONLY_AST: i64 = 0x400;
    pub(crate) const DONT_IMPLY_DEDENT: i64 = 0x200;
    pub(crate) const ALLOW_TOP_LEVEL_AWAIT: i64 = 0x2000;
    pub(crate) const TYPE_COMMENTS: i64 = 0x1000;
    pub(crate) const ALLOW_INCOMPLETE_INPUT: i64 = 0x4000;
    pub(crate) const OPTIMIZED_AST: i64 = 0x8000 | ONLY_AST;
    pub(crate) const FUTURES: i64 = 0x1fe_0000;
    pub(crate) const KNOWN: i64 = FUTURES
        | OPTIMIZED_AST
        | DONT_IMPLY_DEDENT
        | ALLOW_TOP_LEVEL_AWAIT
        | TYPE_COMMENTS
        | ALLOW_INCOMPLETE_INPUT
        | 0x100
        | 0x10;
}

/// What the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileMode {
    /// A file.
    Exec,
    /// An expression.
    Eval,
    /// One interactive input: expression statements show their value.
    Single,
}

impl CompileMode {
    fn syntax(self) -> syntax::Mode {
        match self {
            Self::Exec => syntax::Mode::Exec,
            Self::Eval => syntax::Mode::Eval,
            Self::Single => syntax::Mode::Single,
        }
    }
}

/// Settings of one compilation.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompileSettings {
    /// Future features in force from outside: `FUTURE_*` bits.
    pub future_flags: u32,
    /// The optimisation level; the interpreter's own when None.
    pub optimize: Option<u8>,
    /// `ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`
    pub top_level_await: bool,
    /// An input that goes on raises `_IncompleteInputError`.
    pub allow_incomplete: bool,
    /// The end of an interactive input ends no block.
    pub dont_imply_dedent: bool,
    /// The minor version of Python 3 whose syntax is read; the newest when None.
    pub feature_version: Option<u8>,
    /// `# type:` comments are part of the syntax.
    pub type_comments: bool,
}

/// Compiles text (decoded, newlines universal) to a code object.
///
/// # Errors
/// SyntaxError and its kin; what a warnings filter makes of a warning.
pub fn compile_source(
    vm: Vm<'_>,
    text: &str,
    filename: &Value,
    mode: CompileMode,
    settings: CompileSettings,
) -> PyResult<PyRef<PyCode>> {
    let parsed = parse_source(vm, text, filename, mode.syntax(), settings)?;
    compile_parsed(vm, &parsed, text, filename, settings)
}

/// Compiles a tree that was made of `text`.
///
/// # Errors
/// SyntaxError and its kin; what a warnings filter makes of a warning.
pub fn compile_parsed(
    vm: Vm<'_>,
    parsed: &syntax::Parsed,
    text: &str,
    filename: &Value,
    settings: CompileSettings,
) -> PyResult<PyRef<PyCode>> {
    let options = options(vm, filename, settings)?;
    for warning in &parsed.warnings {
        warn(vm, warning, text, filename)?;
    }
    let compiled = match compiler::compile(parsed, &options) {
        Ok(compiled) => compiled,
        Err(error) => {
            for warning in &error.warnings {
                warn_at(vm, warning, text, filename, Stage::Symbols)?;
            }
            return Err(raise_compiler_error(vm, error, text, parsed, filename));
        }
    };
    for warning in &compiled.warnings {
        warn_at(vm, warning, text, filename, Stage::Symbols)?;
    }
    Ok(PyCode::new(vm, &bytecode::CodeRef::new(compiled.code)))
}

/// The exception for an error of the symbol table or the compiler: its line comes from the file that the source is said to be
/// in, so there is none where the name is no file's. What is typed at a prompt has its text.
fn raise_compiler_error(
    vm: Vm<'_>,
    error: SyntaxError,
    text: &str,
    parsed: &syntax::Parsed,
    filename: &Value,
) -> Raised {
    let name = filename.downcast::<PyStr>().map(Py::to_rust_string).unwrap_or_default();
    let is_typed = name.starts_with("<python-input-") || name.starts_with("<stdin-");
    if is_typed || std::path::Path::new(&name).is_file() {
        return raise_syntax_error(vm, &error, text, filename);
    }
    raise_without_text(vm, error, &parsed.lines, filename)
}

pub(crate) fn parse_source(
    vm: Vm<'_>,
    text: &str,
    filename: &Value,
    mode: syntax::Mode,
    settings: CompileSettings,
) -> PyResult<syntax::Parsed> {
    let options = syntax::ParseOptions {
        int_max_str_digits: vm.interpreter().int_max_str_digits.get(),
        interactive: false,
        feature_version: settings.feature_version.unwrap_or(syntax::NEWEST_VERSION),
        type_comments: settings.type_comments,
    };
    if settings.allow_incomplete && syntax::complete::is_unfinished(text, mode) {
        let error = syntax::complete::incomplete_input(text, mode);
        let ending = if mode == syntax::Mode::Exec && !text.ends_with('\n') { "\n" } else { "" };
        return Err(raise_syntax_error(vm, &error, &format!("{text}{ending}"), filename));
    }
    let parsed = syntax::parse(text, mode, &options).map_err(|error| {
        for warning in &error.warnings {
            if let Err(raised) = warn(vm, warning, text, filename) {
                return raised;
            }
        }
        // CPython ends the last line of a file's text.
        let ending = if mode == syntax::Mode::Exec && !text.ends_with('\n') { "\n" } else { "" };
        raise_syntax_error(vm, &error, &format!("{text}{ending}"), filename)
    })?;
    // A block that nothing ends is none, unless its end may be taken for granted.
    if settings.dont_imply_dedent
        && mode == syntax::Mode::Single
        && !text.ends_with('\n')
        && matches!(syntax::completeness(text), syntax::Completeness::Incomplete)
    {
        let line = i32::try_from(text.lines().count()).unwrap_or(i32::MAX);
        let place = Place::Exact { line, offset: 0, end_line: line, end_offset: 0 };
        let error = SyntaxError::of(ErrorKind::Syntax, "invalid syntax", place);
        return Err(raise_syntax_error(vm, &error, text, filename));
    }
    Ok(parsed)
}

fn options(vm: Vm<'_>, filename: &Value, settings: CompileSettings) -> PyResult<Options> {
    Ok(Options {
        filename: Arc::new(filename_text(vm, filename)?),
        optimize: settings.optimize.unwrap_or_else(|| vm.interpreter().optimize.get()),
        future_flags: settings.future_flags,
        top_level_await: settings.top_level_await,
    })
}

/// What `compile()` makes of a tree that a program has: the tree itself, or code.
fn compile_tree(
    vm: Vm<'_>,
    tree: &Value,
    filename: &Value,
    mode: syntax::Mode,
    settings: CompileSettings,
    flags: i64,
) -> PyResult<Value> {
    if flags & compile_flags::OPTIMIZED_AST == compile_flags::ONLY_AST {
        crate::ast::check_mode(vm, tree, mode)?;
        return Ok(tree.clone());
    }
    let parsed = crate::ast::read(vm, tree, mode)?;
    if flags & compile_flags::ONLY_AST != 0 {
        return crate::ast::tree(vm, &parsed, tree_level(vm, settings, flags));
    }
    crate::ast::validate(vm, &parsed)?;
    let options = options(vm, filename, settings)?;
    let compiled = compiler::compile(&parsed, &options)
        .map_err(|error| raise_without_text(vm, error, &parsed.lines, filename))?;
    for warning in &compiled.warnings {
        let line = parsed.lines.line_column(warning.span.start).0;
        let result = give_warning(vm, warning, line, filename);
        result.map_err(|escalated| {
            escalated.unwrap_or_else(|error| raise_without_text(vm, error, &parsed.lines, filename))
        })?;
    }
    Ok(PyCode::new(vm, &bytecode::CodeRef::new(compiled.code)).into_value())
}

/// The exception for an error in a tree without text.
fn raise_without_text(
    vm: Vm<'_>,
    mut error: SyntaxError,
    lines: &base::span::LineIndex,
    filename: &Value,
) -> Raised {
    if let Place::Span(span) = error.place {
        let at = |offset: u32| {
            let (line, column) = lines.line_column(offset);
            (line.cast_signed(), column.cast_signed().saturating_add(1))
        };
        let ((line, offset), (end_line, end_offset)) = (at(span.start), at(span.end));
        error.place = Place::Exact { line, offset, end_line, end_offset };
    }
    raise_at(vm, &error, None, filename)
}

/// The optimisation level whose tree is asked for.
fn tree_level(vm: Vm<'_>, settings: CompileSettings, flags: i64) -> Option<u8> {
    let optimized = flags & compile_flags::OPTIMIZED_AST == compile_flags::OPTIMIZED_AST;
    let level = settings.optimize.unwrap_or_else(|| vm.interpreter().optimize.get());
    optimized.then_some(level)
}

/// The tree of a source as node objects, with the parser's warnings.
fn syntax_tree(
    vm: Vm<'_>,
    text: &str,
    filename: &Value,
    mode: syntax::Mode,
    settings: CompileSettings,
    flags: i64,
) -> PyResult<Value> {
    let parsed = parse_source(vm, text, filename, mode, settings)?;
    for warning in &parsed.warnings {
        warn(vm, warning, text, filename)?;
    }
    crate::ast::tree(vm, &parsed, tree_level(vm, settings, flags))
}

pub(crate) fn filename_text(vm: Vm<'_>, filename: &Value) -> PyResult<WString> {
    match filename.downcast::<PyStr>() {
        Some(text) => Ok(text.to_wstring()),
        None => Err(vm.type_error("the file name of a code object is a str")),
    }
}

/// Gives a warning of the parser or compiler; as an error it becomes a SyntaxError at the place.
fn warn(vm: Vm<'_>, warning: &Warning, text: &str, filename: &Value) -> PyResult<()> {
    warn_at(vm, warning, text, filename, Stage::Parser)
}

fn warn_at(
    vm: Vm<'_>,
    warning: &Warning,
    text: &str,
    filename: &Value,
    stage: Stage,
) -> PyResult<()> {
    let (line, _) = base::span::LineIndex::new(text).line_column(warning.span.start);
    give_warning(vm, warning, line, filename).map_err(|escalated| match escalated {
        Ok(raised) => raised,
        Err(error) => raise_syntax_error(vm, &error.at_stage(stage), text, filename),
    })
}

/// Gives a warning; what fails is an exception, or a syntax error that takes the warning's place.
fn give_warning(
    vm: Vm<'_>,
    warning: &Warning,
    line: u32,
    filename: &Value,
) -> Result<(), Result<Raised, SyntaxError>> {
    let category = match warning.kind {
        WarningKind::Syntax => &exc::SYNTAX_WARNING,
        WarningKind::Deprecation => &exc::DEPRECATION_WARNING,
    };
    match crate::warnings::warn_explicit(vm, category, &warning.message, filename, line) {
        Err(raised) if vm.raised_is(&raised, category) => {
            vm.clear(raised);
            // As an error it does not speak of what will be.
            let message =
                warning.message.replace(" Such sequences will not work in the future.", "");
            Err(Err(SyntaxError::new(message, warning.span)))
        }
        other => other.map_err(Ok),
    }
}

/// Where an error is, as SyntaxError's attributes say it: lines and columns from 1, columns in characters.
struct Position {
    line: i32,
    offset: i32,
    end_line: i32,
    end_offset: i32,
}

fn to_i32(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Columns count characters for the parser, and bytes for what comes after it.
fn position_of(text: &str, place: Place, in_bytes: bool) -> Option<Position> {
    let span = match place {
        Place::None => return None,
        Place::Exact { line, offset, end_line, end_offset } => {
            return Some(Position { line, offset, end_line, end_offset });
        }
        Place::Span(span) => span,
    };
    let lines = base::span::LineIndex::new(text);
    let at = |offset: u32| {
        let (line, column) = lines.line_column(offset);
        let start = lines.line_start(line).unwrap_or(0) as usize;
        let before = text.get(start..start + column as usize).unwrap_or("");
        let column = if in_bytes { before.len() } else { before.chars().count() };
        (to_i32(line as usize), to_i32(column + 1))
    };
    let ((line, offset), (end_line, end_offset)) = (at(span.start), at(span.end));
    Some(Position { line, offset, end_line, end_offset })
}

/// The exception for a syntax error, set: `SyntaxError(msg, (filename, lineno, offset, text, end_lineno, end_offset))`.
pub fn raise_syntax_error(vm: Vm<'_>, error: &SyntaxError, text: &str, filename: &Value) -> Raised {
    raise_at(vm, error, Some(text), filename)
}

fn raise_at(vm: Vm<'_>, error: &SyntaxError, text: Option<&str>, filename: &Value) -> Raised {
    let class = match error.kind {
        ErrorKind::Syntax => &exc::SYNTAX_ERROR,
        ErrorKind::Indentation => &exc::INDENTATION_ERROR,
        ErrorKind::Tab => &exc::TAB_ERROR,
        ErrorKind::Incomplete => &exc::INCOMPLETE_INPUT_ERROR,
        ErrorKind::Memory => return vm.error(&exc::MEMORY_ERROR, error.message.clone()),
        ErrorKind::Recursion => return vm.recursion_error(error.message.clone()),
        ErrorKind::Value => return vm.value_error(error.message.clone()),
        ErrorKind::Overflow => return vm.overflow_error(error.message.clone()),
        ErrorKind::System => return vm.system_error(error.message.clone()),
    };
    let message = PyStr::new_value(vm, &error.message);
    let in_bytes = error.stage != Stage::Parser;
    let Some(position) = position_of(text.unwrap_or_default(), error.place, in_bytes) else {
        let exception = exceptions::new(vm, class.get(), std::slice::from_ref(&message));
        let payload = exceptions::base::payload_of(&exception);
        payload.set_field(field::MSG, Some(message));
        payload.set_field(field::FILENAME, Some(filename.clone()));
        return vm.raise(exception);
    };
    let shown = shown_line(error, text, filename, position.line);
    let shown = shown.map_or(Value::NONE, |line| PyStr::new_value(vm, &line));
    let number = |n: i32| Value::small_int_unchecked(i64::from(n));
    let parts = [
        filename.clone(),
        number(position.line),
        number(position.offset),
        shown,
        number(position.end_line),
        number(position.end_offset),
    ];
    let mut arguments = vec![message.clone()];
    if error.stage != Stage::Symbols {
        arguments.push(PyTuple::new_value(vm, &parts));
    }
    let exception = exceptions::new(vm, class.get(), &arguments);
    let payload = exceptions::base::payload_of(&exception);
    payload.set_field(field::MSG, Some(message));
    let fields = [
        field::FILENAME,
        field::LINENO,
        field::OFFSET,
        field::TEXT,
        field::END_LINENO,
        field::END_OFFSET,
    ];
    for (index, part) in fields.into_iter().zip(parts) {
        payload.set_field(index, Some(part));
    }
    if error.stage == Stage::Parser
        && let Some(text) = text
    {
        let lines = base::span::LineIndex::new(text);
        let (line, column) = error.statement.map_or((0, 0), |at| lines.line_column(at));
        let number = |n: u32| Value::small_int_unchecked(i64::from(n));
        let parts = [number(line), number(column), PyStr::new_value(vm, text)];
        payload.set_field(field::METADATA, Some(PyTuple::new_value(vm, &parts)));
    }
    vm.raise(exception)
}

/// The line that an error shows: the file's, or for the parser's errors the source's.
fn shown_line(
    error: &SyntaxError,
    text: Option<&str>,
    filename: &Value,
    number: i32,
) -> Option<String> {
    if number == 0 && error.stage == Stage::Parser && text == Some("") {
        return Some(String::new());
    }
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    let name = filename.downcast::<PyStr>().map(Py::to_rust_string).unwrap_or_default();
    let file = std::fs::read(name).ok().and_then(|bytes| syntax::source::decode(&bytes).ok());
    if let Some(line) = file.as_deref().and_then(|file| file.split_inclusive('\n').nth(index)) {
        return Some(line.to_owned());
    }
    match error.stage {
        Stage::Parser => {
            let line = text?.split_inclusive('\n').nth(index).unwrap_or_default();
            let line = if error.cut { line.strip_suffix('\n').unwrap_or(line) } else { line };
            Some(line.to_owned())
        }
        Stage::Symbols | Stage::Code => None,
    }
}

/// The text of a source argument: a str, or bytes decoded as a file would be.
pub(crate) fn source_text(
    vm: Vm<'_>,
    function: &str,
    what: &str,
    source: &Value,
    filename: &Value,
) -> PyResult<String> {
    if let Some(text) = source.downcast::<PyStr>() {
        let wide = text.to_wstring();
        let Some(text) = wide.as_str() else {
            // Lone surrogates have no UTF-8: the codec's own error says so.
            vm.call_method(source, &vm.intern("encode"), &[])?;
            return Err(vm.value_error("source text cannot be encoded"));
        };
        if text.contains('\0') {
            return Err(null_bytes(vm));
        }
        return Ok(syntax::source::universal_newlines(text).into_owned());
    }
    let bytes = if let Some(bytes) = source.downcast::<PyBytes>() {
        bytes.as_slice().to_vec()
    } else if let Some(bytes) = source.downcast::<PyByteArray>() {
        bytes.with(<[u8]>::to_vec)
    } else if source.class().slots.buffer.get().is_some() {
        objects::protocol::buffer::bytes_like(vm, source)?.to_vec()
    } else {
        return Err(vm.type_error(format!("{function}() arg 1 must be a {what} object")));
    };
    crate::source_text::decode(vm, &bytes, filename, false)
}

/// The error of a text with a null byte: it names no file.
fn null_bytes(vm: Vm<'_>) -> Raised {
    let error = SyntaxError::of(
        ErrorKind::Syntax,
        "source code string cannot contain null bytes",
        Place::None,
    );
    raise_syntax_error(vm, &error, "", &Value::NONE)
}

/// Future features of the calling frame's code.
fn inherited_futures(vm: Vm<'_>) -> u32 {
    let mask = u32::try_from(compile_flags::FUTURES).unwrap_or(0);
    frames::code(vm).map_or(0, |code| code.spec().flags & mask & !code_flags::NO_MONITORING_EVENTS)
}

pub(super) fn compile(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (source, filename, mode) = (args.required(0), args.required(1), args.required(2));
    let filename = crate::paths::fs_decode(vm, filename)?;
    let Some(mode_text) = mode.downcast::<PyStr>().map(Py::to_rust_string) else {
        return Err(vm.type_error(format!(
            "compile() argument 'mode' must be str, not {}",
            mode.class().name()
        )));
    };
    let flags = args.get(3).map_or(Ok(0), |value| number::as_i32(vm, value))?.into();
    let dont_inherit = args.get(4).map_or(Ok(false), |value| vm.is_true(value))?;
    let optimize = args.get(5).map_or(Ok(-1), |value| number::as_i64(vm, value))?;
    let version = args.get(6).map_or(Ok(-1), |value| number::as_i32(vm, value))?;
    if flags & !compile_flags::KNOWN != 0 {
        return Err(vm.value_error("compile(): unrecognised flags"));
    }
    let optimize = match optimize {
        -1 => None,
        0 => Some(0),
        1 => Some(1),
        2 => Some(2),
        _ => return Err(vm.value_error("compile(): invalid optimize value")),
    };
    let inherited = if dont_inherit { 0 } else { inherited_futures(vm) };
    let own = u32::try_from(flags & compile_flags::FUTURES).unwrap_or(0);
    let only_ast = flags & compile_flags::ONLY_AST != 0;
    let settings = CompileSettings {
        future_flags: inherited | own,
        optimize,
        top_level_await: flags & compile_flags::ALLOW_TOP_LEVEL_AWAIT != 0,
        allow_incomplete: flags & compile_flags::ALLOW_INCOMPLETE_INPUT != 0,
        dont_imply_dedent: flags & compile_flags::DONT_IMPLY_DEDENT != 0,
        // A negative one is the newest, as one that is yet to come.
        feature_version: u8::try_from(version).ok().filter(|_| only_ast),
        type_comments: flags & compile_flags::TYPE_COMMENTS != 0,
    };
    let mode = match mode_text.as_str() {
        "exec" => syntax::Mode::Exec,
        "eval" => syntax::Mode::Eval,
        "single" => syntax::Mode::Single,
        "func_type" if only_ast => syntax::Mode::FuncType,
        "func_type" => {
            return Err(vm.value_error("compile() mode 'func_type' requires flag PyCF_ONLY_AST"));
        }
        _ => {
            let known = if only_ast {
                "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
            } else {
                "compile() mode must be 'exec', 'eval' or 'single'"
            };
            return Err(vm.value_error(known));
        }
    };
    if crate::ast::is_node(source) {
        return compile_tree(vm, source, &filename, mode, settings, flags);
    }
    let text = source_text(vm, "compile", "string, bytes or AST", source, &filename)?;
    let mode = match mode {
        _ if only_ast => return syntax_tree(vm, &text, &filename, mode, settings, flags),
        syntax::Mode::Eval => CompileMode::Eval,
        syntax::Mode::Single => {
            if let Some(error) = syntax::complete::nothing_typed(&text, settings.allow_incomplete) {
                return Err(raise_syntax_error(vm, &error, &text, &filename));
            }
            if let Some(error) = syntax::complete::unended_compound(&text) {
                return Err(raise_syntax_error(vm, &error, &text, &filename));
            }
            CompileMode::Single
        }
        syntax::Mode::Exec | syntax::Mode::FuncType => CompileMode::Exec,
    };
    compile_source(vm, &text, &filename, mode, settings).map(PyRef::into_value)
}

/// Globals and locals of eval and exec: given, or those of the calling frame.
fn scopes(
    vm: Vm<'_>,
    function: &str,
    globals: Option<&Value>,
    locals: Option<&Value>,
) -> PyResult<(PyRef<PyDict>, Option<Value>)> {
    if let Some(locals) = locals
        && locals.class().slots.mp_subscript.get().is_none()
    {
        let got = locals.class().name();
        return Err(
            vm.type_error(format!("{function}() locals must be a mapping or None, not {got}"))
        );
    }
    let Some(globals) = globals else {
        let Some(globals) = frames::globals(vm) else {
            return Err(vm.type_error(format!(
                "{function} must be given globals and locals when called without a frame"
            )));
        };
        let locals = match locals {
            Some(locals) => locals.clone(),
            None => frames::locals(vm)?,
        };
        return Ok((globals, Some(locals)));
    };
    let Ok(dict) = globals.clone().into_ref::<PyDict>() else {
        let message = if function == "eval" && globals.class().slots.mp_subscript.get().is_some() {
            "globals must be a real dict; try eval(code, {}, mapping)".to_owned()
        } else {
            format!("{function}() globals must be a dict, not {}", globals.class().name())
        };
        return Err(vm.type_error(message));
    };
    let builtins = &vm.names().__builtins__;
    if dict.get_str(builtins).is_none() {
        let own = frames::builtins(vm);
        drop(dict.set_str(builtins, own.into_value()));
    }
    Ok((dict, locals.cloned()))
}

pub(super) fn eval(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let source = args.required(0);
    let (globals, locals) = scopes(vm, "eval", args.get_non_none(1), args.get_non_none(2))?;
    let code = match source.clone().into_ref::<PyCode>() {
        Ok(code) => {
            if code.spec().freevars().next().is_some() {
                return Err(
                    vm.type_error("code object passed to eval() may not contain free variables")
                );
            }
            code
        }
        Err(source) => {
            let filename = PyStr::new_value(vm, "<string>");
            let text = source_text(vm, "eval", "string, bytes or code", &source, &filename)?;
            let text = text.trim_start_matches([' ', '\t']);
            let settings = CompileSettings {
                future_flags: inherited_futures(vm),
                ..CompileSettings::default()
            };
            compile_source(vm, text, &filename, CompileMode::Eval, settings)?
        }
    };
    run(vm, &code, &globals, locals.as_ref(), None)
}

pub(super) fn exec(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let source = args.required(0);
    let closure = args.get_non_none(3);
    let (globals, locals) = scopes(vm, "exec", args.get_non_none(1), args.get_non_none(2))?;
    let code = match source.clone().into_ref::<PyCode>() {
        Ok(code) => {
            check_closure(vm, &code, closure)?;
            code
        }
        Err(source) => {
            if closure.is_some() {
                return Err(vm.type_error("closure can only be used when source is a code object"));
            }
            let filename = PyStr::new_value(vm, "<string>");
            let text = source_text(vm, "exec", "string, bytes or code", &source, &filename)?;
            let settings = CompileSettings {
                future_flags: inherited_futures(vm),
                ..CompileSettings::default()
            };
            compile_source(vm, &text, &filename, CompileMode::Exec, settings)?
        }
    };
    run(vm, &code, &globals, locals.as_ref(), closure)?;
    Ok(Value::NONE)
}

/// A code object with free variables needs a closure of as many cells, any other none.
fn check_closure(vm: Vm<'_>, code: &Py<PyCode>, closure: Option<&Value>) -> PyResult<()> {
    let wanted = code.spec().freevars().count();
    if wanted == 0 {
        return match closure {
            None => Ok(()),
            Some(_) => Err(vm.type_error("cannot use a closure with this code object")),
        };
    }
    let cells = closure.and_then(Value::downcast::<PyTuple>);
    let fits = cells.is_some_and(|cells| {
        cells.items().len() == wanted
            && cells.items().iter().all(|cell| cell.downcast::<PyCell>().is_some())
    });
    if fits {
        return Ok(());
    }
    Err(vm.type_error(format!("code object requires a closure of exactly length {wanted}")))
}

fn run(
    vm: Vm<'_>,
    code: &Py<PyCode>,
    globals: &Py<PyDict>,
    locals: Option<&Value>,
    closure: Option<&Value>,
) -> PyResult<Value> {
    let run_code = vm.interpreter().hooks().run_code;
    run_code(vm, code, RunIn { globals, locals, closure })
}
