//! `_io`: the module, its types, `open`.

pub mod aside;
mod buffered;
mod bytes;
pub(crate) mod fileio;
mod newline;
mod newlines;
mod pair;
mod pickling;
mod stream;
mod string;
mod text;
mod turn;

use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::type_object::StaticType;
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use crate::NativeModule;

/// `io.DEFAULT_BUFFER_SIZE`
pub const DEFAULT_BUFFER_SIZE: usize = 131_072;
const DEFAULT_BUFFER_SIZE_I64: i64 = 131_072;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_io",
    doc: Some("The io module provides the Python interfaces to stream handling."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Open file and return a stream.  Raise OSError upon failure.
    ["open"] "($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)" Bound(open);
    /// Opens the provided file with the intent to import the contents.
    ["open_code"] "($module, /, path)" Bound(open_code);
    /// A helper function to choose the text encoding.
    ["text_encoding"] "($module, encoding, stacklevel=2, /)" Positional(text_encoding);
}

/// The types, each after its base.
const TYPES: &[(&str, &StaticType, &TypeSpec)] = &[
    ("_IOBase", &stream::IO_BASE, &stream::IO_BASE_SPEC),
    ("_RawIOBase", &stream::RAW_IO_BASE, &stream::RAW_IO_BASE_SPEC),
    ("_BufferedIOBase", &stream::BUFFERED_IO_BASE, &stream::BUFFERED_IO_BASE_SPEC),
    ("_TextIOBase", &stream::TEXT_IO_BASE, &stream::TEXT_IO_BASE_SPEC),
    ("FileIO", &fileio::FILE_IO, &fileio::FILE_IO_SPEC),
    ("_Buffered", &buffered::BUFFERED, &buffered::BUFFERED_SPEC),
    ("BufferedReader", &buffered::BUFFERED_READER, &buffered::BUFFERED_READER_SPEC),
    ("BufferedWriter", &buffered::BUFFERED_WRITER, &buffered::BUFFERED_WRITER_SPEC),
    ("BufferedRandom", &buffered::BUFFERED_RANDOM, &buffered::BUFFERED_RANDOM_SPEC),
    ("BufferedRWPair", &pair::BUFFERED_RW_PAIR, &pair::BUFFERED_RW_PAIR_SPEC),
    ("IncrementalNewlineDecoder", &newline::NEWLINE_DECODER, &newline::NEWLINE_DECODER_SPEC),
    ("BytesIO", &bytes::BYTES_IO, &bytes::BYTES_IO_SPEC),
    ("_BytesIOBuffer", &bytes::BYTES_IO_BUFFER, &bytes::BYTES_IO_BUFFER_SPEC),
    ("StringIO", &string::STRING_IO, &string::STRING_IO_SPEC),
    ("TextIOWrapper", &text::TEXT_IO_WRAPPER, &text::TEXT_IO_WRAPPER_SPEC),
];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for (name, class, spec) in TYPES {
        objects::types::ready(vm, class, spec)?;
        if *name != "_Buffered" {
            module::add(vm, target, name, class.get().to_value());
        }
    }
    module::add(vm, target, "DEFAULT_BUFFER_SIZE", Value::from_usize(DEFAULT_BUFFER_SIZE));
    module::add(vm, target, "BlockingIOError", exc::BLOCKING_IO_ERROR.get().to_value());
    let bases = PyTuple::new_value(
        vm,
        &[exc::OS_ERROR.get().to_value(), exc::VALUE_ERROR.get().to_value()],
    );
    let namespace = PyDict::new_ref(vm);
    drop(namespace.set_str(&vm.names().__module__, PyStr::new_value(vm, "io")));
    let class = vm.call(
        &objects::core::type_object::TYPE.get().to_value(),
        &[PyStr::new_value(vm, "UnsupportedOperation"), bases, namespace.into_value()],
    )?;
    vm.interpreter().set_state_of("io_unsupported", class.clone());
    module::add(vm, target, "UnsupportedOperation", class);
    Ok(())
}

/// Whether it is a stream of one of this module's own classes.
#[must_use]
pub fn is_native_stream(value: &Value) -> bool {
    let class = value.class();
    !class.is_heap_type() && class.is_subtype(stream::IO_BASE.get())
}

/// A standard stream: a text stream over a buffer, but for unbuffered output, over a descriptor that stays open. None when
/// the descriptor is closed.
///
/// # Errors
/// What making the streams raises.
pub fn standard_stream(
    vm: Vm<'_>,
    descriptor: i32,
    name: &str,
    unbuffered: bool,
    encoding: Option<&str>,
    errors: &str,
) -> PyResult<Value> {
    use crate::posix::fd;
    if fd::stat(descriptor).is_err() {
        return Ok(Value::NONE);
    }
    let is_output = descriptor != 0;
    let raw = fileio::of_descriptor(vm, descriptor, is_output, name);
    let buffer = match is_output {
        true if unbuffered => raw,
        true => buffered::over(vm, &buffered::BUFFERED_WRITER, raw)?,
        false => buffered::over(vm, &buffered::BUFFERED_READER, raw)?,
    };
    let errors = if descriptor == 2 { "backslashreplace" } else { errors };
    let is_terminal = fd::isatty(descriptor);
    let line_buffering = !unbuffered && (descriptor == 2 || is_terminal);
    let stream = text::standard(vm, buffer, errors, line_buffering, unbuffered)?;
    let mode = PyStr::new_value(vm, if is_output { "w" } else { "r" });
    vm.set_attr(&stream, &vm.names().mode, Some(&mode))?;
    if let Some(encoding) = encoding {
        let reconfigure = vm.get_attr_str(&stream, "reconfigure")?;
        let names =
            PyTuple::new_ref(vm, &[vm.names().encoding.to_value(), vm.intern("errors").to_value()]);
        let values = [PyStr::new_value(vm, encoding), PyStr::new_value(vm, errors)];
        vm.call_with(&reconfigure, Args::new(&values, Some(&names)))?;
    }
    Ok(stream)
}

fn text_of(vm: Vm<'_>, name: &str, value: Option<&Value>) -> PyResult<Option<String>> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(None) };
    match value.downcast::<PyStr>() {
        Some(text) => Ok(Some(text.to_rust_string())),
        None => Err(vm.type_error(format!(
            "open() argument '{name}' must be str or None, not {}",
            value.class().name()
        ))),
    }
}

/// A mode of `open`, taken apart.
#[derive(Clone, Copy, Default)]
struct Mode {
    creating: bool,
    reading: bool,
    writing: bool,
    appending: bool,
    updating: bool,
    text: bool,
    binary: bool,
}

impl Mode {
    fn parse(vm: Vm<'_>, mode: &str) -> PyResult<Self> {
        let mut this = Self::default();
        for letter in mode.chars() {
            let flag = match letter {
                'x' => &mut this.creating,
                'r' => &mut this.reading,
                'w' => &mut this.writing,
                'a' => &mut this.appending,
                '+' => &mut this.updating,
                't' => &mut this.text,
                'b' => &mut this.binary,
                _ => return Err(vm.value_error(format!("invalid mode: '{mode}'"))),
            };
            if std::mem::replace(flag, true) {
                return Err(vm.value_error(format!("invalid mode: '{mode}'")));
            }
        }
        if this.text && this.binary {
            return Err(vm.value_error("can't have text and binary mode at once"));
        }
        let kinds = [this.creating, this.reading, this.writing, this.appending];
        if kinds.into_iter().filter(|&set| set).count() != 1 {
            return Err(vm.value_error("must have exactly one of create/read/write/append mode"));
        }
        Ok(this)
    }

    fn raw(self) -> String {
        let kinds = [
            (self.creating, 'x'),
            (self.reading, 'r'),
            (self.writing, 'w'),
            (self.appending, 'a'),
            (self.updating, '+'),
        ];
        kinds.into_iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect()
    }
}

/// `open(file, mode, ...)`
pub(crate) fn open(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let file = args.required(0);
    let path = if number::is_int(file) { file.clone() } else { crate::paths::fspath(vm, file)? };
    let mode_text = match args.get(1) {
        None => "r".to_owned(),
        Some(mode) => match mode.downcast::<PyStr>() {
            Some(mode) => mode.to_rust_string(),
            None => {
                return Err(vm.type_error(format!(
                    "open() argument 'mode' must be str, not {}",
                    mode.class().name()
                )));
            }
        },
    };
    let mode = Mode::parse(vm, &mode_text)?;
    let buffering = args.get(2).map_or(Ok(-1), |value| number::as_i64(vm, value))?;
    let encoding = text_of(vm, "encoding", args.get(3))?;
    let errors = text_of(vm, "errors", args.get(4))?;
    let newline = args.get_non_none(5);
    if mode.binary {
        for (given, what) in [
            (encoding.is_some(), "an encoding"),
            (errors.is_some(), "an errors"),
            (newline.is_some(), "a newline"),
        ] {
            if given {
                return Err(vm.value_error(format!("binary mode doesn't take {what} argument")));
            }
        }
    }
    let raw_args = [
        path,
        PyStr::new_value(vm, &mode.raw()),
        args.get(6).cloned().unwrap_or(Value::TRUE),
        args.get(7).cloned().unwrap_or(Value::NONE),
    ];
    let raw = vm.call(&fileio::FILE_IO.get().to_value(), &raw_args)?;
    let opened =
        wrap(vm, raw.clone(), mode, &mode_text, buffering, [args.get(3), args.get(4), newline]);
    if let Err(raised) = opened {
        let error = vm.take(raised);
        if let Err(second) = vm.call_method(&raw, &vm.names().close, &[]) {
            vm.clear(second);
        }
        return Err(vm.restore(error));
    }
    opened
}

fn wrap(
    vm: Vm<'_>,
    raw: Value,
    mode: Mode,
    mode_text: &str,
    buffering: i64,
    settings: [Option<&Value>; 3],
) -> PyResult<Value> {
    let isatty = if buffering < 0 {
        let answer = vm.call_method(&raw, &vm.intern("_isatty_open_only"), &[])?;
        vm.is_true(&answer)?
    } else {
        false
    };
    let line_buffering = buffering == 1 || isatty;
    let size = if buffering < 0 || (buffering == 1 && !mode.binary) {
        DEFAULT_BUFFER_SIZE_I64
    } else {
        buffering
    };
    if size == 0 {
        if mode.binary {
            return Ok(raw);
        }
        return Err(vm.value_error("can't have unbuffered text I/O"));
    }
    let class = if mode.updating {
        &buffered::BUFFERED_RANDOM
    } else if mode.reading {
        &buffered::BUFFERED_READER
    } else {
        &buffered::BUFFERED_WRITER
    };
    let size = Value::small_int_unchecked(size.min(1 << 40));
    let buffer = vm.call(&class.get().to_value(), &[raw, size])?;
    if mode.binary {
        return Ok(buffer);
    }
    let [encoding, errors, newline] = settings;
    let or_none = |value: Option<&Value>| value.cloned().unwrap_or(Value::NONE);
    let wrapper = vm.call(
        &text::TEXT_IO_WRAPPER.get().to_value(),
        &[
            buffer,
            or_none(encoding),
            or_none(errors),
            or_none(newline),
            Value::from_bool(line_buffering),
        ],
    )?;
    let mode = PyStr::new_value(vm, mode_text);
    vm.set_attr(&wrapper, &vm.names().mode, Some(&mode))?;
    Ok(wrapper)
}

fn open_code(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let open = vm.interpreter().builtins.get_str(&vm.intern("open"));
    match open {
        Some(open) => vm.call(&open, &[args.required(0).clone(), PyStr::new_value(vm, "rb")]),
        None => Err(vm.runtime_error("lost builtins.open")),
    }
}

fn text_encoding(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "text_encoding", args.len(), 1, 2)?;
    if !args[0].is_none() {
        return Ok(args[0].clone());
    }
    let level = match args.get(1) {
        Some(level) => number::as_i32(vm, level)?,
        None => 2,
    };
    warn_default_encoding(vm, level.into())?;
    let name = if is_set(vm, "utf8_mode") { "utf-8" } else { "locale" };
    Ok(PyStr::new_value(vm, name))
}

/// Whether a flag of the command line is set.
fn is_set(vm: Vm<'_>, flag: &'static str) -> bool {
    vm.interpreter().state_of(flag).is_some_and(|value| value.as_bool() == Some(true))
}

/// The warning of `-X warn_default_encoding`.
fn warn_default_encoding(vm: Vm<'_>, level: i64) -> PyResult<()> {
    if !is_set(vm, "warn_default_encoding") {
        return Ok(());
    }
    let message = "'encoding' argument not specified";
    crate::warnings::warn_at(vm, &exc::ENCODING_WARNING, message, level)
}

/// Puts `more` behind what a stream has given so far.
fn append(vm: Vm<'_>, all: &mut Vec<u8>, more: &[u8]) -> PyResult<()> {
    if all.try_reserve(more.len()).is_err() {
        return Err(vm.memory_error());
    }
    all.extend_from_slice(more);
    Ok(())
}
