//! Connections: transactions, functions of Python in the database, and what else a database is asked for.

use std::cell::Cell;
use std::ffi::CString;
use std::sync::Arc;

use objects::core::args::{Args, Bound};
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::{GilCell, HotCell};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::{self, PyStr};
use objects::types::tuple::PyTuple;
use objects::types::{float_, int};
use objects::{getset, methods, payload};

use super::cursor::{CURSOR, PyCursor};
use super::errors::{self, EXCEPTIONS, OPERATIONAL_ERROR, PROGRAMMING_ERROR};
use super::raw::Db;
use super::{data, maintenance, registering, statement};
use crate::sys::hooks;

/// Converters are found by the declared types of columns.
pub(super) const DECLARED_TYPES: i32 = 1;
/// Converters are found by the names of columns.
pub(super) const COLUMN_NAMES: i32 = 2;
/// Transactions are begun before statements that change rows, as `isolation_level` says.
pub(super) const LEGACY: i64 = -1;

/// The open database.
#[derive(Default)]
struct Open(GilCell<Option<Arc<Db>>>);

impl Traverse for Open {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// Statements that are kept, the last used one at the end.
#[derive(Default)]
struct Cache(Vec<(Value, Value)>);

impl Traverse for Cache {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for (sql, statement) in &self.0 {
            visitor.visit(sql);
            visitor.visit(statement);
        }
    }
}

impl TakeReferences for Cache {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        for (sql, statement) in self.0.drain(..) {
            dead.push(sql);
            dead.push(statement);
        }
    }
}

payload! {
    /// The payload of a connection.
    pub(super) struct PyConnection: CONNECTION, gc {
        open: Open,
        cache: HotCell<Cache>,
        cache_size: Cell<usize>,
        isolation_level: HotCell<Value>,
        row_factory: HotCell<Value>,
        text_factory: HotCell<Value>,
        autocommit: Cell<i64>,
        detects: Cell<i32>,
        thread: Cell<u64>,
        checks_thread: Cell<bool>,
        is_initialized: Cell<bool>,
    }
}

/// `sqlite3.Connection`
pub(super) static CONNECTION: StaticType = StaticType::new::<PyConnection>();

/// The spec of `sqlite3.Connection`.
pub(super) const CONNECTION_SPEC: TypeSpec = TypeSpec {
    name: "sqlite3.Connection",
    doc: Some("SQLite database connection object."),
    flags: spec_flags::BASETYPE | spec_flags::IMMUTABLE | spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(new), Slot::Init(init), Slot::Call(call), Slot::Finalize(finalize)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Makes a backup of the database.
    ["backup"] "($self, /, target, *, pages=-1, progress=None, name='main',\n       sleep=0.25)" Bound(maintenance::backup);
    /// Close the database connection.
    ///
    /// Any pending transaction is not committed implicitly.
    ["close"] "($self, /)" None(close);
    /// Commit any pending transaction to the database.
    ///
    /// If there is no open transaction, this method is a no-op.
    ["commit"] "($self, /)" None(commit);
    /// Creates a new aggregate.
    ///
    /// Note: Passing keyword arguments 'name', 'n_arg' and 'aggregate_class'
    /// to _sqlite3.Connection.create_aggregate() is deprecated. Parameters
    /// 'name', 'n_arg' and 'aggregate_class' will become positional-only in
    /// Python 3.15.
    ["create_aggregate"] "($self, /, name, n_arg, aggregate_class)" Any(registering::create_aggregate);
    /// Creates a collation function.
    ["create_collation"] "($self, name, callback, /)" Positional(registering::create_collation);
    /// Creates a new function.
    ///
    /// Note: Passing keyword arguments 'name', 'narg' and 'func' to
    /// _sqlite3.Connection.create_function() is deprecated. Parameters
    /// 'name', 'narg' and 'func' will become positional-only in Python 3.15.
    ["create_function"] "($self, /, name, narg, func, *, deterministic=False)" Any(registering::create_function);
    /// Creates or redefines an aggregate window function. Non-standard.
    ///
    ///   name
    ///     The name of the SQL aggregate window function to be created or
    ///     redefined.
    ///   num_params
    ///     The number of arguments the step and inverse methods takes.
    ///   aggregate_class
    ///     A class with step(), finalize(), value(), and inverse() methods.
    ///     Set to None to clear the window function.
    ["create_window_function"] "($self, name, num_params, aggregate_class, /)" Positional(registering::create_window_function);
    /// Return a cursor for the connection.
    ["cursor"] "($self, /, factory=<unrepresentable>)" Bound(make_cursor);
    /// Enable dynamic loading of SQLite extension modules.
    ["enable_load_extension"] "($self, enable, /)" One(maintenance::enable_load_extension);
    /// Called when the connection is used as a context manager.
    ///
    /// Returns itself as a convenience to the caller.
    ["__enter__"] "($self, /)" None(enter);
    /// Repeatedly executes an SQL statement.
    ["executemany"] "($self, sql, parameters, /)" Positional(execute_many);
    /// Executes multiple SQL statements at once.
    ["executescript"] "($self, sql_script, /)" One(execute_script);
    /// Executes an SQL statement.
    ["execute"] "($self, sql, parameters=(), /)" Positional(execute);
    /// Called when the connection is used as a context manager.
    ///
    /// If there was any exception, a rollback takes place; otherwise we
    /// commit.
    ["__exit__"] "($self, type, value, traceback, /)" Positional(exit);
    /// Abort any pending database operation.
    ["interrupt"] "($self, /)" None(interrupt);
    /// Returns iterator to the dump of the database in an SQL text format.
    ///
    ///   filter
    ///     An optional LIKE pattern for database objects to dump
    ["iterdump"] "($self, /, *, filter=None)" Any(iterdump);
    /// Load SQLite extension module.
    ["load_extension"] "($self, name, /, *, entrypoint=None)" Bound(maintenance::load_extension);
    /// Roll back to the start of any pending transaction.
    ///
    /// If there is no open transaction, this method is a no-op.
    ["rollback"] "($self, /)" None(rollback);
    /// Set authorizer callback.
    ///
    /// Note: Passing keyword argument 'authorizer_callback' to
    /// _sqlite3.Connection.set_authorizer() is deprecated. Parameter
    /// 'authorizer_callback' will become positional-only in Python 3.15.
    ["set_authorizer"] "($self, /, authorizer_callback)" Any(registering::set_authorizer);
    /// Set progress handler callback.
    ///
    ///   progress_handler
    ///     A callable that takes no arguments.
    ///     If the callable returns non-zero, the current query is
    ///     terminated, and an exception is raised.
    ///   n
    ///     The number of SQLite virtual machine instructions that are
    ///     executed between invocations of 'progress_handler'.
    ///
    /// If 'progress_handler' is None or 'n' is 0, the progress handler is
    /// disabled.
    ///
    /// Note: Passing keyword argument 'progress_handler' to
    /// _sqlite3.Connection.set_progress_handler() is deprecated. Parameter
    /// 'progress_handler' will become positional-only in Python 3.15.
    ["set_progress_handler"] "($self, /, progress_handler, n)" Any(registering::set_progress_handler);
    /// Set a trace callback called for each SQL statement (passed as unicode).
    ///
    /// Note: Passing keyword argument 'trace_callback' to
    /// _sqlite3.Connection.set_trace_callback() is deprecated. Parameter
    /// 'trace_callback' will become positional-only in Python 3.15.
    ["set_trace_callback"] "($self, /, trace_callback)" Any(registering::set_trace_callback);
    /// Set connection run-time limits.
    ///
    ///   category
    ///     The limit category to be set.
    ///   limit
    ///     The new limit. If the new limit is a negative number, the limit
    ///     is unchanged.
    ///
    /// Attempts to increase a limit above its hard upper bound are silently
    /// truncated to the hard upper bound. Regardless of whether or not the
    /// limit was changed, the prior value of the limit is returned.
    ["setlimit"] "($self, category, limit, /)" Positional(maintenance::set_limit);
    /// Get connection run-time limits.
    ///
    ///   category
    ///     The limit category to be queried.
    ["getlimit"] "($self, category, /)" One(maintenance::get_limit);
    /// Serialize a database into a byte string.
    ///
    ///   name
    ///     Which database to serialize.
    ///
    /// For an ordinary on-disk database file, the serialization is just
    /// a copy of the disk file.  For an in-memory database or a "temp"
    /// database, the serialization is the same sequence of bytes which
    /// would be written to disk if that database were backed up to disk.
    ["serialize"] "($self, /, *, name='main')" Bound(maintenance::serialize);
    /// Load a serialized database.
    ///
    ///   data
    ///     The serialized database content.
    ///   name
    ///     Which database to reopen with the deserialization.
    ///
    /// The deserialize interface causes the database connection to
    /// disconnect from the target database, and then reopen it as
    /// an in-memory database based on the given serialized data.
    ///
    /// The deserialize interface will fail with SQLITE_BUSY if the database
    /// is currently in a read transaction or is involved in a backup
    /// operation.
    ["deserialize"] "($self, data, /, *, name='main')" Bound(maintenance::deserialize);
    /// Open and return a BLOB object.
    ///
    ///   table
    ///     Table name.
    ///   column
    ///     Column name.
    ///   rowid
    ///     Row id.
    ///   readonly
    ///     Open the BLOB without write permissions.
    ///   name
    ///     Database name.
    ["blobopen"] "($self, table, column, rowid, /, *, readonly=False, name='main')" Bound(maintenance::open_blob);
    /// Set a boolean connection configuration option.
    ///
    ///   op
    ///     The configuration verb; one of the sqlite3.SQLITE_DBCONFIG codes.
    ["setconfig"] "($self, op, enable=True, /)" Positional(maintenance::set_config);
    /// Query a boolean connection configuration option.
    ///
    ///   op
    ///     The configuration verb; one of the sqlite3.SQLITE_DBCONFIG codes.
    ["getconfig"] "($self, op, /)" One(maintenance::get_config);
}

getset! { GETSET:
    ["isolation_level"] get_isolation_level, set_isolation_level;
    ["total_changes"] get_total_changes;
    ["in_transaction"] get_in_transaction;
    ["autocommit"] get_autocommit, set_autocommit;
    ["row_factory"] get_row_factory, set_row_factory;
    ["text_factory"] get_text_factory, set_text_factory;
    ["__text_signature__"] get_text_signature;
    ["Warning"] exception_warning;
    ["Error"] exception_error;
    ["InterfaceError"] exception_interface;
    ["DatabaseError"] exception_database;
    ["DataError"] exception_data;
    ["OperationalError"] exception_operational;
    ["IntegrityError"] exception_integrity;
    ["InternalError"] exception_internal;
    ["ProgrammingError"] exception_programming;
    ["NotSupportedError"] exception_not_supported;
}

macro_rules! exception_getters {
    ($($function:ident $name:literal;)*) => {$(
        fn $function(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
            let found = EXCEPTIONS.iter().find(|(name, _)| *name == $name);
            Ok(found.map_or(Value::NONE, |(_, class)| class.get().to_value()))
        }
    )*};
}

exception_getters! {
    exception_warning "Warning";
    exception_error "Error";
    exception_interface "InterfaceError";
    exception_database "DatabaseError";
    exception_data "DataError";
    exception_operational "OperationalError";
    exception_integrity "IntegrityError";
    exception_internal "InternalError";
    exception_programming "ProgrammingError";
    exception_not_supported "NotSupportedError";
}

fn own(value: &Value) -> &PyConnection {
    value.receiver::<PyConnection>()
}

/// The error for a thread that is not the connection's.
pub(super) fn check_thread(vm: Vm<'_>, value: &Value) -> PyResult<()> {
    let Some(connection) = value.downcast::<PyConnection>() else { return Ok(()) };
    let (made, here) = (connection.thread.get(), vm.thread().id());
    if connection.is_initialized.get() && connection.checks_thread.get() && made != here {
        return Err(vm.error(
            &PROGRAMMING_ERROR,
            format!(
                "SQLite objects created in a thread can only be used in that same thread. The object was created in thread id {made} and this is thread id {here}."
            ),
        ));
    }
    Ok(())
}

/// The database of a connection that is open.
pub(super) fn database(vm: Vm<'_>, value: &Value) -> PyResult<Arc<Db>> {
    let Some(connection) = value.downcast::<PyConnection>() else {
        return Err(vm.error(&PROGRAMMING_ERROR, "Base Cursor.__init__ not called."));
    };
    if !connection.is_initialized.get() {
        return Err(vm.error(&PROGRAMMING_ERROR, "Base Connection.__init__ not called."));
    }
    match connection.open.0.get() {
        Some(db) => Ok(db),
        None => Err(vm.error(&PROGRAMMING_ERROR, "Cannot operate on a closed database.")),
    }
}

/// The database, for the thread that may use it.
pub(super) fn usable(vm: Vm<'_>, value: &Value) -> PyResult<Arc<Db>> {
    check_thread(vm, value)?;
    database(vm, value)
}

/// What converters are found by.
pub(super) fn detects(value: &Value) -> i32 {
    value.downcast::<PyConnection>().map_or(0, |connection| connection.detects.get())
}

/// What makes the text of a column.
pub(super) fn text_factory(value: &Value) -> Value {
    value.downcast::<PyConnection>().map_or(Value::NONE, |it| it.text_factory.get())
}

/// Whether transactions begin by themselves.
pub(super) fn is_legacy(value: &Value) -> bool {
    value.downcast::<PyConnection>().is_some_and(|it| it.autocommit.get() == LEGACY)
}

/// The error for an attribute that cannot go.
pub(super) fn not_deletable(vm: Vm<'_>, name: &str) -> Raised {
    vm.error(&exc::ATTRIBUTE_ERROR, format!("cannot delete {name} attribute"))
}

/// A statement, from those that are kept or prepared now.
pub(super) fn statement(
    vm: Vm<'_>,
    connection: &Value,
    db: &Arc<Db>,
    sql: &Py<PyStr>,
) -> PyResult<Value> {
    let connection = own(connection);
    let kept = connection.cache.with_mut(|cache| {
        let place = cache.0.iter().rposition(|(known, _)| {
            known.downcast::<PyStr>().is_some_and(|known| known.same_text(sql))
        })?;
        let entry = cache.0.remove(place);
        let statement = entry.1.clone();
        cache.0.push(entry);
        Some(statement)
    });
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let made = statement::create(vm, db, sql)?;
    let size = connection.cache_size.get();
    let _dropped = connection.cache.with_mut(|cache| {
        if size == 0 {
            return None;
        }
        cache.0.push((sql.to_ref().into_value(), made.clone()));
        (cache.0.len() > size).then(|| cache.0.remove(0))
    });
    Ok(made)
}

/// Begins a transaction where the isolation level wants one.
pub(super) fn begin(vm: Vm<'_>, connection: &Value, db: &Arc<Db>) -> PyResult<()> {
    let connection = own(connection);
    let level = connection.isolation_level.get();
    let Some(level) = level.downcast::<PyStr>().filter(|_| connection.autocommit.get() == LEGACY)
    else {
        return Ok(());
    };
    let sql = CString::new(format!("BEGIN {}", level.to_rust_string())).unwrap_or_default();
    execute_plain(vm, db, &sql)
}

fn execute_plain(vm: Vm<'_>, db: &Db, sql: &std::ffi::CStr) -> PyResult<()> {
    if db.execute(vm, sql) == 0 { Ok(()) } else { Err(errors::of_database(vm, db)) }
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let none = || HotCell::new(Value::NONE);
    let payload = PyConnection {
        open: Open::default(),
        cache: HotCell::new(Cache::default()),
        cache_size: Cell::new(128),
        isolation_level: none(),
        row_factory: none(),
        text_factory: none(),
        autocommit: Cell::new(LEGACY),
        detects: Cell::new(0),
        thread: Cell::new(0),
        checks_thread: Cell::new(true),
        is_initialized: Cell::new(false),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

const DEPRECATED: &str = " is deprecated. Parameters 'timeout', 'detect_types', 'isolation_level', 'check_same_thread', 'factory', 'cached_statements' and 'uri' will become keyword-only parameters in Python 3.15.";

/// Warns of positional arguments that will have to be keywords.
pub(super) fn warn_positional(vm: Vm<'_>, count: usize, function: &str) -> PyResult<()> {
    if (2..=8).contains(&count) {
        let message = format!("Passing more than 1 positional argument to {function}{DEPRECATED}");
        vm.warn(&exc::DEPRECATION_WARNING, &message, 1)?;
    }
    Ok(())
}

fn isolation_of(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::NONE);
    }
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(vm.type_error("isolation_level must be str or None"));
    };
    let text = data::utf8(vm, text)?;
    if text.contains(&0) {
        return Err(vm.value_error("embedded null character"));
    }
    let upper = String::from_utf8_lossy(&text).to_ascii_uppercase();
    if !["", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"].contains(&upper.as_str()) {
        return Err(vm.value_error(
            "isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'",
        ));
    }
    Ok(PyStr::new_value(vm, &upper))
}

fn autocommit_of(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    if value.is(&Value::TRUE) {
        return Ok(1);
    }
    if value.is(&Value::FALSE) {
        return Ok(0);
    }
    if number::is_int(value) && int::as_i64(value) == Some(LEGACY) {
        return Ok(LEGACY);
    }
    Err(vm.value_error("autocommit must be True, False, or sqlite3.LEGACY_TRANSACTION_CONTROL"))
}

fn init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new(
        "(database, timeout=5.0, detect_types=0, isolation_level='', check_same_thread=True, factory=None, cached_statements=128, uri=False, *, autocommit=-1)",
    );
    warn_positional(vm, args.positional().len(), "_sqlite3.Connection()")?;
    let bound = SIGNATURE.bind(vm, "Connection", args)?;
    let path = crate::paths::fs_encode(vm, bound.required(0))?;
    let path = CString::new(path).map_err(|_| vm.value_error("embedded null byte"))?;
    let timeout = bound.get(1).map_or(Ok(5.0), |timeout| float_::to_f64(vm, timeout))?;
    let detects = bound.get(2).map_or(Ok(0), |detects| number::as_i32(vm, detects))?;
    let level = match bound.get(3) {
        Some(level) => isolation_of(vm, level)?,
        None => PyStr::new_value(vm, ""),
    };
    let checks_thread = bound.get(4).map_or(Ok(true), |checks| vm.is_true(checks))?;
    let cache_size = bound.get(6).map_or(Ok(128), |size| number::as_i32(vm, size))?;
    let is_uri = bound.get(7).map_or(Ok(false), |uri| vm.is_true(uri))?;
    let autocommit = bound.get(8).map_or(Ok(LEGACY), |value| autocommit_of(vm, value))?;
    hooks::raise_event(vm, "sqlite3.connect", &[bound.required(0).clone()])?;
    let connection = own(this);
    if connection.is_initialized.replace(false) {
        // What the connection had is given up, as in `close`.
        release(vm, connection);
    }
    let (db, code) = Db::open(vm, &path, is_uri);
    let db = match db {
        Some(db) if code == 0 => db,
        Some(db) => return Err(errors::of_database(vm, &db)),
        None => return Err(errors::of_code(vm, code)),
    };
    // Beyond what the library counts, a lock is waited for as long as it can.
    #[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest number")]
    db.set_timeout((timeout * 1000.0) as i32);
    connection.open.0.set(Some(Arc::clone(&db)));
    connection.cache_size.set(usize::try_from(cache_size).unwrap_or(0));
    connection.isolation_level.set(level);
    connection.row_factory.set(Value::NONE);
    connection.text_factory.set(str::STR.get().to_value());
    connection.autocommit.set(autocommit);
    connection.detects.set(detects);
    connection.thread.set(vm.thread().id());
    connection.checks_thread.set(checks_thread);
    hooks::raise_event(vm, "sqlite3.connect/handle", std::slice::from_ref(this))?;
    connection.is_initialized.set(true);
    if autocommit == 0 { execute_plain(vm, &db, c"BEGIN") } else { Ok(()) }
}

/// Gives up the statements and the database.
fn release(_vm: Vm<'_>, connection: &PyConnection) {
    let cache = connection.cache.take();
    drop(cache);
    drop(connection.open.0.take());
}

fn finalize(vm: Vm<'_>, this: &Value) {
    let connection = own(this);
    if connection.open.0.with(Option::is_none) || !connection.is_initialized.get() {
        return;
    }
    vm.aside(|| {
        let shown = vm.repr(this).map(|text| text.to_rust_string());
        let warned = shown.and_then(|shown| {
            vm.warn(&exc::RESOURCE_WARNING, &format!("unclosed database in {shown}"), 1)
        });
        if let Err(raised) = warned {
            vm.unraisable(raised, Some(this), None);
        }
    });
    if connection.autocommit.get() == 0
        && let Some(db) = connection.open.0.get()
        && !db.is_autocommit()
    {
        db.execute(vm, c"ROLLBACK");
    }
}

fn call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let db = usable(vm, this)?;
    if args.keyword_count() != 0 {
        return Err(vm.type_error("sqlite3.Connection() takes no keyword arguments"));
    }
    let [sql] = args.positional() else {
        let got = args.positional().len();
        return Err(vm.type_error(format!("function takes exactly 1 argument ({got} given)")));
    };
    match sql.downcast::<PyStr>() {
        Some(sql) => statement::create(vm, &db, sql),
        None => Err(vm.type_error(format!("argument 1 must be str, not {}", sql.class().name()))),
    }
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check_thread(vm, this)?;
    let connection = own(this);
    if !connection.is_initialized.get() {
        return Err(vm.error(&PROGRAMMING_ERROR, "Base Connection.__init__ not called."));
    }
    if let Some(db) = connection.open.0.get() {
        let rolled_back = if connection.autocommit.get() == 0 && !db.is_autocommit() {
            execute_plain(vm, &db, c"ROLLBACK")
        } else {
            Ok(())
        };
        drop(db);
        release(vm, connection);
        rolled_back?;
    }
    Ok(Value::NONE)
}

/// Ends the transaction, and begins another where there is always one.
fn end_transaction(vm: Vm<'_>, this: &Value, sql: &std::ffi::CStr) -> PyResult<Value> {
    let db = usable(vm, this)?;
    match own(this).autocommit.get() {
        LEGACY if !db.is_autocommit() => execute_plain(vm, &db, sql)?,
        0 => {
            execute_plain(vm, &db, sql)?;
            execute_plain(vm, &db, c"BEGIN")?;
        }
        _ => {}
    }
    Ok(Value::NONE)
}

fn commit(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    end_transaction(vm, this, c"COMMIT")
}

fn rollback(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    end_transaction(vm, this, c"ROLLBACK")
}

fn enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    database(vm, this)?;
    Ok(this.clone())
}

fn exit(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let [class, value, traceback] = args else {
        return Err(vm.type_error(format!("__exit__ expected 3 arguments, got {}", args.len())));
    };
    if [class, value, traceback].into_iter().all(Value::is_none) {
        if let Err(raised) = commit(vm, this) {
            // The database is not left locked.
            let error = vm.take(raised);
            if let Err(other) = rollback(vm, this) {
                vm.clear(other);
            }
            return Err(vm.restore(error));
        }
    } else {
        rollback(vm, this)?;
    }
    Ok(Value::FALSE)
}

fn make_cursor(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    usable(vm, this)?;
    let factory = args.get(0).cloned().unwrap_or_else(|| CURSOR.get().to_value());
    let made = vm.call(&factory, std::slice::from_ref(this))?;
    let Some(cursor) = made.downcast::<PyCursor>() else {
        let name = made.class().name();
        return Err(vm.type_error(format!("factory must return a cursor, not {name}")));
    };
    let rows = own(this).row_factory.get();
    if !rows.is_none() {
        cursor.row_factory.set(rows);
    }
    Ok(made)
}

/// Calls a method of a new cursor; the cursor.
fn by_cursor(vm: Vm<'_>, this: &Value, method: &str, args: &[Value]) -> PyResult<Value> {
    let cursor = vm.call_method(this, &vm.intern("cursor"), &[])?;
    vm.call_method(&cursor, &vm.intern(method), args)?;
    Ok(cursor)
}

fn execute(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "execute", args.len(), 1, 2)?;
    by_cursor(vm, this, "execute", args)
}

fn execute_many(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "executemany", args.len(), 2, 2)?;
    by_cursor(vm, this, "executemany", args)
}

fn execute_script(vm: Vm<'_>, this: &Value, script: &Value) -> PyResult<Value> {
    by_cursor(vm, this, "executescript", std::slice::from_ref(script))
}

fn interrupt(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    database(vm, this)?.interrupt();
    Ok(Value::NONE)
}

fn iterdump(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(*, filter=None)");
    let bound = SIGNATURE.bind(vm, "iterdump", args)?;
    database(vm, this)?;
    let module = vm.import_module("sqlite3.dump")?;
    let Some(dump) = vm.get_attr_opt(&module, &vm.intern("_iterdump"))? else {
        return Err(vm.error(&OPERATIONAL_ERROR, "Failed to obtain _iterdump() reference"));
    };
    let filter = bound.get(0).cloned().unwrap_or(Value::NONE);
    let keywords = PyDict::new_ref(vm);
    keywords.set(vm, &PyStr::new_value(vm, "filter"), filter)?;
    let positional = PyTuple::new_value(vm, std::slice::from_ref(this));
    crate::calling::apply(vm, &dump, &positional, &keywords.into_value())
}

/// A text argument for the library.
pub(super) fn name_text(
    vm: Vm<'_>,
    function: &str,
    parameter: &str,
    value: &Value,
) -> PyResult<CString> {
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "{function}() argument {parameter} must be str, not {}",
            value.class().name()
        )));
    };
    CString::new(data::utf8(vm, text)?).map_err(|_| vm.value_error("embedded null character"))
}

fn get_isolation_level(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    database(vm, this)?;
    Ok(own(this).isolation_level.get())
}

fn set_isolation_level(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(vm.error(&exc::ATTRIBUTE_ERROR, "cannot delete attribute"));
    };
    let level = isolation_of(vm, new)?;
    if level.is_none() {
        own(this).isolation_level.set(Value::NONE);
        // Without a level there is no transaction that the connection would have to end.
        commit(vm, this)?;
    } else {
        own(this).isolation_level.set(level);
    }
    Ok(())
}

fn get_total_changes(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, i64::from(database(vm, this)?.total_changes())))
}

fn get_in_transaction(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(!database(vm, this)?.is_autocommit()))
}

fn get_autocommit(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    usable(vm, this)?;
    Ok(match own(this).autocommit.get() {
        0 => Value::FALSE,
        1 => Value::TRUE,
        _ => Value::small_int_unchecked(LEGACY),
    })
}

fn set_autocommit(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    let db = usable(vm, this)?;
    let Some(new) = new else { return Err(not_deletable(vm, "autocommit")) };
    let mode = autocommit_of(vm, new)?;
    if mode == 1 && !db.is_autocommit() {
        execute_plain(vm, &db, c"COMMIT")?;
    } else if mode == 0 && db.is_autocommit() {
        execute_plain(vm, &db, c"BEGIN")?;
    }
    own(this).autocommit.set(mode);
    Ok(())
}

fn get_text_signature(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "(sql, /)"))
}

fn get_row_factory(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(own(this).row_factory.get())
}

fn set_row_factory(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else { return Err(not_deletable(vm, "row_factory")) };
    own(this).row_factory.set(new.clone());
    Ok(())
}

fn get_text_factory(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(own(this).text_factory.get())
}

fn set_text_factory(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else { return Err(not_deletable(vm, "text_factory")) };
    own(this).text_factory.set(new.clone());
    Ok(())
}
