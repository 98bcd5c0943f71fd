//! `OSError`: errno to class, file names, text.

use super::base::{exception_new, exception_str, payload_of, reduce_with, set_arguments};
use super::fields::{get, set};
use super::hierarchy as exc;
use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods};

/// `OSError`
pub static OS_ERROR: StaticType = StaticType::inheriting();

const ERRNO: usize = 0;
const STRERROR: usize = 1;
const FILENAME: usize = 2;
const FILENAME2: usize = 3;
const CHARACTERS_WRITTEN: usize = 4;

/// The spec of `OSError`.
pub const OS_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "OSError",
    doc: Some("Base class for I/O related errors."),
    base: Some(&exc::EXCEPTION),
    flags: spec_flags::BASETYPE | spec_flags::BASE_EXC_SUBCLASS,
    slots: &[Slot::New(os_error_new), Slot::Init(os_error_init), Slot::Str(os_error_str)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["__reduce__"] "($self, /)" None(os_error_reduce);
}

getset! { GETSET:
    /// POSIX exception code
    member ["errno"] get::<ERRNO>, set::<ERRNO>;
    /// exception strerror
    member ["strerror"] get::<STRERROR>, set::<STRERROR>;
    /// exception filename
    member ["filename"] get::<FILENAME>, set::<FILENAME>;
    /// second exception filename
    member ["filename2"] get::<FILENAME2>, set::<FILENAME2>;
    ["characters_written"] get_characters_written, set_characters_written;
}

/// The subclass that CPython makes of `errno`, on Linux.
#[must_use]
pub fn class_of_errno(errno: i64) -> Option<&'static StaticType> {
    Some(match errno {
        11 | 114 | 115 => &exc::BLOCKING_IO_ERROR,
        32 | 108 => &exc::BROKEN_PIPE_ERROR,
        10 => &exc::CHILD_PROCESS_ERROR,
        103 => &exc::CONNECTION_ABORTED_ERROR,
        111 => &exc::CONNECTION_REFUSED_ERROR,
        104 => &exc::CONNECTION_RESET_ERROR,
        17 => &exc::FILE_EXISTS_ERROR,
        2 => &exc::FILE_NOT_FOUND_ERROR,
        21 => &exc::IS_A_DIRECTORY_ERROR,
        20 => &exc::NOT_A_DIRECTORY_ERROR,
        4 => &exc::INTERRUPTED_ERROR,
        13 | 1 => &exc::PERMISSION_ERROR,
        3 => &exc::PROCESS_LOOKUP_ERROR,
        110 => &exc::TIMEOUT_ERROR,
        _ => return None,
    })
}

/// The exception for `errno`, of the subclass that CPython chooses.
#[must_use]
pub fn from_errno(
    vm: Vm<'_>,
    errno: i32,
    filename: Option<&Value>,
    filename2: Option<&Value>,
) -> Value {
    let class = class_of_errno(i64::from(errno)).unwrap_or(&OS_ERROR);
    let mut args =
        vec![Value::small_int_unchecked(i64::from(errno)), PyStr::new_value(vm, &strerror(errno))];
    if let Some(name) = filename {
        args.push(name.clone());
        if let Some(second) = filename2 {
            args.push(Value::NONE);
            args.push(second.clone());
        }
    }
    let error = super::base::instance(vm, class.get(), &args);
    fill(vm, &error, &args);
    error
}

/// The system's text for `errno`.
#[must_use]
pub fn strerror(errno: i32) -> String {
    let full = std::io::Error::from_raw_os_error(errno).to_string();
    match full.rfind(" (os error") {
        Some(end) => full.get(..end).map_or_else(|| full.clone(), str::to_owned),
        None => full,
    }
}

/// Takes errno, strerror and the file names out of the arguments; `args` keeps the first two.
fn fill(vm: Vm<'_>, this: &Value, args: &[Value]) {
    let payload = payload_of(this);
    if !(2..=5).contains(&args.len()) {
        return;
    }
    payload.set_field(ERRNO, args.first().cloned());
    payload.set_field(STRERROR, args.get(1).cloned());
    let Some(filename) = args.get(2).filter(|name| !name.is_none()) else { return };
    let is_blocking = this.class().is_subtype(exc::BLOCKING_IO_ERROR.get());
    if is_blocking && filename.as_small_int().is_some() {
        payload.set_field(CHARACTERS_WRITTEN, Some(filename.clone()));
        return;
    }
    payload.set_field(FILENAME, Some(filename.clone()));
    if let Some(second) = args.get(4).filter(|name| !name.is_none()) {
        payload.set_field(FILENAME2, Some(second.clone()));
    }
    let short = args.get(..2).map(|two| PyTuple::new_ref(vm, two));
    payload.args.set(short);
}

/// Whether `__init__` is left as it is while `__new__` is replaced, or the other way round: then CPython lets
/// `__init__` do the work of both.
fn init_does_it(class: &Py<PyType>) -> bool {
    let own_init = class.slots.init.get().is_some_and(|init| {
        !std::ptr::fn_addr_eq(init, os_error_init as crate::core::slots::InitFn)
    });
    let same_new =
        class.slots.new.get().is_some_and(|new| {
            std::ptr::fn_addr_eq(new, os_error_new as crate::core::slots::NewFn)
        });
    own_init && same_new
}

fn os_error_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if init_does_it(class) {
        return exception_new(vm, class, Args::NONE);
    }
    if args.keyword_count() != 0 {
        return Err(vm.type_error(format!("{}() takes no keyword arguments", class.name())));
    }
    let positional = args.positional();
    let mut chosen = class;
    if class.is(OS_ERROR.get())
        && (2..=5).contains(&positional.len())
        && let Some(errno) = positional.first().and_then(Value::as_small_int)
        && let Some(better) = class_of_errno(errno)
    {
        chosen = better.get();
    }
    let this = exception_new(vm, chosen, args)?;
    fill(vm, &this, positional);
    Ok(this)
}

fn os_error_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    if !init_does_it(this.class()) {
        return Ok(());
    }
    super::base::no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)?;
    fill(vm, this, args.positional());
    Ok(())
}

fn os_error_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = payload_of(this);
    let (errno, strerror) = (payload.field(ERRNO), payload.field(STRERROR));
    let shown = |value: Option<Value>| match value {
        Some(value) => Ok(vm.str(&value)?.to_rust_string()),
        None => Ok("None".to_owned()),
    };
    if let Some(filename) = payload.field(FILENAME) {
        let (errno, strerror) = (shown(errno)?, shown(strerror)?);
        let name = vm.repr(&filename)?.to_rust_string();
        let text = match payload.field(FILENAME2) {
            Some(second) => {
                let second = vm.repr(&second)?.to_rust_string();
                format!("[Errno {errno}] {strerror}: {name} -> {second}")
            }
            None => format!("[Errno {errno}] {strerror}: {name}"),
        };
        return Ok(PyStr::try_new(vm, &text)?.into_value());
    }
    if errno.is_some() && strerror.is_some() {
        let text = format!("[Errno {}] {}", shown(errno)?, shown(strerror)?);
        return Ok(PyStr::try_new(vm, &text)?.into_value());
    }
    exception_str(vm, this)
}

fn os_error_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = payload_of(this);
    let mut args = payload.args_tuple(vm).items().to_vec();
    if args.len() == 2
        && let Some(filename) = payload.field(FILENAME)
    {
        args.push(filename);
        if let Some(second) = payload.field(FILENAME2) {
            args.push(Value::NONE);
            args.push(second);
        }
    }
    let args = PyTuple::new_value(vm, &args);
    reduce_with(vm, this, args)
}

fn get_characters_written(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match payload_of(this).field(CHARACTERS_WRITTEN) {
        Some(count) => Ok(count),
        None => {
            let name = vm.intern("characters_written");
            Err(vm.attribute_error(this, &name, "characters_written"))
        }
    }
}

fn set_characters_written(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let payload = payload_of(this);
    match value {
        None if payload.field(CHARACTERS_WRITTEN).is_none() => {
            let name = vm.intern("characters_written");
            Err(vm.attribute_error(this, &name, "characters_written"))
        }
        None => {
            payload.set_field(CHARACTERS_WRITTEN, None);
            Ok(())
        }
        Some(value) => {
            let count = crate::protocol::number::index(vm, value)?;
            payload.set_field(CHARACTERS_WRITTEN, Some(count));
            Ok(())
        }
    }
}
