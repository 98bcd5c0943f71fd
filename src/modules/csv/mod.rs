//! `_csv`: comma-separated values.

mod dialect;
mod reader;
mod writer;

use objects::core::args::{Args, Bound};
use objects::core::errors::{PyResult, Raised};
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::EXCEPTION;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::{self, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_csv",
    doc: Some("CSV parsing and writing.\n"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return a reader object that will process lines from the given iterable.
    ///
    /// The "iterable" argument can be any object that returns a line
    /// of input for each iteration, such as a file object or a list.  The
    /// optional "dialect" argument defines a CSV dialect.  The function
    /// also accepts optional keyword arguments which override settings
    /// provided by the dialect.
    ///
    /// The returned object is an iterator.  Each iteration returns a row
    /// of the CSV file (which can span multiple input lines).
    ["reader"] "($module, iterable, /, dialect='excel', **fmtparams)" Any(reader::reader);
    /// Return a writer object that will write user data on the given file object.
    ///
    /// The "fileobj" argument can be any object that supports the file API.
    /// The optional "dialect" argument defines a CSV dialect.  The function
    /// also accepts optional keyword arguments which override settings
    /// provided by the dialect.
    ["writer"] "($module, fileobj, /, dialect='excel', **fmtparams)" Any(writer::writer);
    /// Create a mapping from a string name to a CVS dialect.
    ///
    /// The optional "dialect" argument specifies the base dialect instance
    /// or the name of the registered dialect.  The function also accepts
    /// optional keyword arguments which override settings provided by the
    /// dialect.
    ["register_dialect"] "($module, name, /, dialect='excel', **fmtparams)" Any(register_dialect);
    /// Return a list of all known dialect names.
    ["list_dialects"] "($module, /)" None(list_dialects);
    /// Delete the name/dialect mapping associated with a string name.
    ["unregister_dialect"] "($module, /, name)" Bound(unregister_dialect);
    /// Return the dialect instance associated with name.
    ["get_dialect"] "($module, /, name)" Bound(get_dialect);
    /// Sets an upper limit on parsed fields.
    ///
    /// Returns old limit. If limit is not given, no new limit is set and
    /// the old limit is returned
    ["field_size_limit"] "($module, /, new_limit=<unrepresentable>)" Bound(field_size_limit);
}

/// `_csv.Error`
static ERROR: StaticType = StaticType::inheriting();

const ERROR_SPEC: TypeSpec = TypeSpec {
    name: "_csv.Error",
    base: Some(&EXCEPTION),
    flags: spec_flags::BASETYPE,
    ..TypeSpec::DEFAULT
};

/// The keys of what the module keeps: the dialects by name, the longest field.
const DIALECTS: &str = "_csv.dialects";
const LIMIT: &str = "_csv.limit";

const LIMIT_DEFAULT: i64 = 128 * 1024;

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&ERROR, &ERROR_SPEC),
            (&dialect::DIALECT, &dialect::DIALECT_SPEC),
            (&reader::READER, &reader::READER_SPEC),
            (&writer::WRITER, &writer::WRITER_SPEC),
        ],
    )?;
    let dialects = PyDict::new_value(vm);
    vm.interpreter().set_state_of(DIALECTS, dialects.clone());
    vm.interpreter().set_state_of(LIMIT, Value::small_int_unchecked(LIMIT_DEFAULT));
    module::add(vm, this, "Dialect", dialect::DIALECT.get().to_value());
    module::add(vm, this, "Reader", reader::READER.get().to_value());
    module::add(vm, this, "Writer", writer::WRITER.get().to_value());
    module::add(vm, this, "_dialects", dialects);
    for (quoting, name) in dialect::QUOTINGS {
        module::add(vm, this, name, Value::small_int_unchecked(quoting as i64));
    }
    module::add(vm, this, "Error", ERROR.get().to_value());
    Ok(())
}

#[cold]
fn error(vm: Vm<'_>, message: impl Into<String>) -> Raised {
    vm.error(&ERROR, message)
}

/// The dialects by name.
fn registry(vm: Vm<'_>) -> PyResult<PyRef<PyDict>> {
    let state = vm.interpreter().state_of(DIALECTS);
    match state.map(Value::into_ref::<PyDict>) {
        Some(Ok(dialects)) => Ok(dialects),
        _ => Err(vm.system_error("the module _csv is not initialised")),
    }
}

/// The dialect that was registered as `name`.
fn registered(vm: Vm<'_>, name: &Value) -> PyResult<Value> {
    registry(vm)?.get(vm, name)?.ok_or_else(|| error(vm, "unknown dialect"))
}

/// How long a field may be.
fn limit(vm: Vm<'_>) -> i64 {
    let state = vm.interpreter().state_of(LIMIT);
    state.as_ref().and_then(int::as_i64).unwrap_or(LIMIT_DEFAULT)
}

fn register_dialect(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let positional = args.positional();
    objects::core::args::check_count(vm, "register_dialect", positional.len(), 1, 2)?;
    if positional[0].downcast::<PyStr>().is_none() {
        return Err(vm.type_error("dialect name must be a string"));
    }
    let new = dialect::make(vm, positional.get(1), args)?;
    registry(vm)?.set(vm, &positional[0], new)?;
    Ok(Value::NONE)
}

fn unregister_dialect(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    match registry(vm)?.remove(vm, args.required(0))? {
        Some(_) => Ok(Value::NONE),
        None => Err(error(vm, "unknown dialect")),
    }
}

fn get_dialect(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    registered(vm, args.required(0))
}

fn list_dialects(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    PyList::try_new_value(vm, registry(vm)?.keys_vec())
}

fn field_size_limit(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let old = limit(vm);
    if let Some(new) = args.get(0) {
        if !int::number::is_exact_int(new) {
            return Err(vm.type_error("limit must be an integer"));
        }
        let new = number::as_isize(vm, new)?;
        let new = int::from_i64(vm, i64::try_from(new).unwrap_or(i64::MAX));
        vm.interpreter().set_state_of(LIMIT, new);
    }
    Ok(int::from_i64(vm, old))
}
