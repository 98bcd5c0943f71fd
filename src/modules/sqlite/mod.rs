//! `_sqlite3`: databases, over SQLite's own library.

mod blob;
mod callbacks;
mod connection;
mod constants;
mod cursor;
mod data;
mod errors;
mod maintenance;
mod raw;
mod registering;
mod row;
mod statement;

use std::ffi::CString;
use std::sync::atomic::Ordering;

use objects::core::args::{Args, Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::PyType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::module;
use objects::types::str::PyStr;
use objects::{methods, payload};

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_sqlite3",
    functions: FUNCTIONS,
    exec: Some(exec),
    ..NativeModule::DEFAULT
};

methods! { FUNCTIONS:
    /// Adapt given object to given protocol.
    ["adapt"] "($module, obj, proto=PrepareProtocolType, alt=<unrepresentable>, /)" Positional(adapt);
    /// Checks if a string contains a complete SQL statement.
    ["complete_statement"] "($module, /, statement)" Bound(complete_statement);
    /// Open a connection to the SQLite database file 'database'.
    ///
    /// You can use ":memory:" to open a database connection to a database that
    /// resides in RAM instead of on disk.
    ///
    /// Note: Passing more than 1 positional argument to _sqlite3.connect() is
    /// deprecated. Parameters 'timeout', 'detect_types', 'isolation_level',
    /// 'check_same_thread', 'factory', 'cached_statements' and 'uri' will
    /// become keyword-only parameters in Python 3.15.
    ["connect"] "($module, /, database, timeout=5.0, detect_types=0,\n        isolation_level='', check_same_thread=True,\n        factory=ConnectionType, cached_statements=128, uri=False, *,\n        autocommit=sqlite3.LEGACY_TRANSACTION_CONTROL)" Any(connect);
    /// Enable or disable callback functions throwing errors to stderr.
    ["enable_callback_tracebacks"] "($module, enable, /)" One(enable_callback_tracebacks);
    /// Register a function to adapt Python objects to SQLite values.
    ["register_adapter"] "($module, type, adapter, /)" Positional(register_adapter);
    /// Register a function to convert SQLite values to Python objects.
    ["register_converter"] "($module, typename, converter, /)" Positional(register_converter);
}

payload! {
    /// The payload of a protocol object, which has nothing of its own.
    struct PyProtocol: data::PROTOCOL {}
}

const PROTOCOL_SPEC: TypeSpec = TypeSpec {
    name: "sqlite3.PrepareProtocol",
    doc: Some("PEP 246 style object adaption protocol type."),
    flags: spec_flags::BASETYPE | spec_flags::IMMUTABLE,
    slots: &[Slot::New(new_protocol), Slot::Init(init_protocol)],
    ..TypeSpec::DEFAULT
};

fn new_protocol(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyProtocol {})?.into_value())
}

fn init_protocol(_vm: Vm<'_>, _this: &Value, _args: Args<'_>) -> PyResult<()> {
    Ok(())
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::init_types(
        vm,
        &[
            (&blob::BLOB, &blob::BLOB_SPEC),
            (&connection::CONNECTION, &connection::CONNECTION_SPEC),
            (&cursor::CURSOR, &cursor::CURSOR_SPEC),
            (&data::PROTOCOL, &PROTOCOL_SPEC),
            (&row::ROW, &row::ROW_SPEC),
            (&statement::STATEMENT, &statement::STATEMENT_SPEC),
        ],
    )?;
    let types = [
        ("Blob", &blob::BLOB),
        ("Connection", &connection::CONNECTION),
        ("Cursor", &cursor::CURSOR),
        ("PrepareProtocol", &data::PROTOCOL),
        ("Row", &row::ROW),
    ];
    for (name, class) in types {
        module::add(vm, target, name, class.get().to_value());
    }
    errors::add(vm, target)?;
    for (name, number) in constants::CODES.iter().chain(constants::OTHERS) {
        module::add(vm, target, name, Value::small_int_unchecked(i64::from(*number)));
    }
    let numbers = [
        ("PARSE_DECLTYPES", i64::from(connection::DECLARED_TYPES)),
        ("PARSE_COLNAMES", i64::from(connection::COLUMN_NAMES)),
        ("LEGACY_TRANSACTION_CONTROL", connection::LEGACY),
        ("threadsafety", 3),
    ];
    for (name, number) in numbers {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    module::add(vm, target, "sqlite_version", PyStr::new_value(vm, &raw::version()));
    module::add(vm, target, "adapters", PyDict::new_value(vm));
    module::add(vm, target, "converters", PyDict::new_value(vm));
    Ok(())
}

fn adapt(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "adapt", args.len(), 1, 3)?;
    let protocol = args.get(1).cloned().unwrap_or_else(|| data::PROTOCOL.get().to_value());
    data::adapt(vm, &args[0], &protocol, args.get(2))
}

fn complete_statement(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let Some(text) = args.required(0).downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "complete_statement() argument 'statement' must be str, not {}",
            args.required(0).class().name()
        )));
    };
    let text = CString::new(data::utf8(vm, text)?)
        .map_err(|_| vm.value_error("embedded null character"))?;
    Ok(Value::from_bool(raw::is_complete(&text)))
}

/// Where the class of the connection stands among positional arguments.
const FACTORY: usize = 5;

fn connect(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    connection::warn_positional(vm, args.positional().len(), "sqlite3.connect()")?;
    let factory = args.positional().get(FACTORY).or_else(|| args.keyword("factory"));
    let factory = factory.cloned().unwrap_or_else(|| connection::CONNECTION.get().to_value());
    vm.call_with(&factory, args)
}

fn enable_callback_tracebacks(vm: Vm<'_>, _module: &Value, enable: &Value) -> PyResult<Value> {
    callbacks::TELLS.store(vm.is_true(enable)?, Ordering::Relaxed);
    Ok(Value::NONE)
}

fn register_adapter(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "register_adapter", args.len(), 2, 2)?;
    data::register_adapter(vm, &args[0], &args[1])?;
    Ok(Value::NONE)
}

fn register_converter(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "register_converter", args.len(), 2, 2)?;
    if args[0].downcast::<PyStr>().is_none() {
        return Err(vm.type_error(format!(
            "register_converter() argument 1 must be str, not {}",
            args[0].class().name()
        )));
    }
    data::register_converter(vm, &args[0], &args[1])?;
    Ok(Value::NONE)
}
