//! Connections: transactions, functions of Python in the database, and what else a database is asked for.

use std::cell::Cell;
use std::ffi::CString;
use std::rc::Rc;
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
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::{self, PyStr};
use objects::types::tuple::PyTuple;
use objects::types::{float_, int};
use objects::{getset, methods, payload};

use super::callbacks::{Callable, Watcher};
use super::cursor::{CURSOR, PyCursor};
use super::errors::{self, EXCEPTIONS, OPERATIONAL_ERROR, PROGRAMMING_ERROR};
use super::raw::{Backup, Db};
use super::{blob, constants, data, statement};
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
    ["backup"] "($self, /, target, *, pages=-1, progress=None, name='main',\n       sleep=0.25)" Bound(backup);
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
    ["create_aggregate"] "($self, /, name, n_arg, aggregate_class)" Any(create_aggregate);
    /// Creates a collation function.
    ["create_collation"] "($self, name, callback, /)" Positional(create_collation);
    /// Creates a new function.
    ///
    /// Note: Passing keyword arguments 'name', 'narg' and 'func' to
    /// _sqlite3.Connection.create_function() is deprecated. Parameters
    /// 'name', 'narg' and 'func' will become positional-only in Python 3.15.
    ["create_function"] "($self, /, name, narg, func, *, deterministic=False)" Any(create_function);
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
    ["create_window_function"] "($self, name, num_params, aggregate_class, /)" Positional(create_window_function);
    /// Return a cursor for the connection.
    ["cursor"] "($self, /, factory=<unrepresentable>)" Bound(make_cursor);
    /// Enable dynamic loading of SQLite extension modules.
    ["enable_load_extension"] "($self, enable, /)" One(enable_load_extension);
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
    ["load_extension"] "($self, name, /, *, entrypoint=None)" Bound(load_extension);
    /// Roll back to the start of any pending transaction.
    ///
    /// If there is no open transaction, this method is a no-op.
    ["rollback"] "($self, /)" None(rollback);
    /// Set authorizer callback.
    ///
    /// Note: Passing keyword argument 'authorizer_callback' to
    /// _sqlite3.Connection.set_authorizer() is deprecated. Parameter
    /// 'authorizer_callback' will become positional-only in Python 3.15.
    ["set_authorizer"] "($self, /, authorizer_callback)" Any(set_authorizer);
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
    ["set_progress_handler"] "($self, /, progress_handler, n)" Any(set_progress_handler);
    /// Set a trace callback called for each SQL statement (passed as unicode).
    ///
    /// Note: Passing keyword argument 'trace_callback' to
    /// _sqlite3.Connection.set_trace_callback() is deprecated. Parameter
    /// 'trace_callback' will become positional-only in Python 3.15.
    ["set_trace_callback"] "($self, /, trace_callback)" Any(set_trace_callback);
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
    ["setlimit"] "($self, category, limit, /)" Positional(set_limit);
    /// Get connection run-time limits.
    ///
    ///   category
    ///     The limit category to be queried.
    ["getlimit"] "($self, category, /)" One(get_limit);
    /// Serialize a database into a byte string.
    ///
    ///   name
    ///     Which database to serialize.
    ///
    /// For an ordinary on-disk database file, the serialization is just
    /// a copy of the disk file.  For an in-memory database or a "temp"
    /// database, the serialization is the same sequence of bytes which
    /// would be written to disk if that database were backed up to disk.
    ["serialize"] "($self, /, *, name='main')" Bound(serialize);
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
    ["deserialize"] "($self, data, /, *, name='main')" Bound(deserialize);
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
    ["blobopen"] "($self, table, column, rowid, /, *, readonly=False, name='main')" Bound(open_blob);
    /// Set a boolean connection configuration option.
    ///
    ///   op
    ///     The configuration verb; one of the sqlite3.SQLITE_DBCONFIG codes.
    ["setconfig"] "($self, op, enable=True, /)" Positional(set_config);
    /// Query a boolean connection configuration option.
    ///
    ///   op
    ///     The configuration verb; one of the sqlite3.SQLITE_DBCONFIG codes.
    ["getconfig"] "($self, op, /)" One(get_config);
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
    Ok(PyRef::new_of(vm, class, payload).into_value())
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
fn name_text(vm: Vm<'_>, function: &str, parameter: &str, value: &Value) -> PyResult<CString> {
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "{function}() argument {parameter} must be str, not {}",
            value.class().name()
        )));
    };
    CString::new(data::utf8(vm, text)?).map_err(|_| vm.value_error("embedded null character"))
}

/// The number of parameters of a function, which the library limits.
fn parameter_count(vm: Vm<'_>, db: &Db, name: &str, value: &Value) -> PyResult<i32> {
    let count = number::as_i32(vm, value)?;
    let limit = db.limit(6, -1);
    if (-1..=limit).contains(&count) {
        return Ok(count);
    }
    Err(vm
        .error(&PROGRAMMING_ERROR, format!("'{name}' must be between -1 and {limit}, not {count}")))
}

fn warn_keywords(vm: Vm<'_>, args: Args<'_>, count: usize, message: &str) -> PyResult<()> {
    if args.positional().len() < count && args.keyword_count() != 0 {
        vm.warn(&exc::DEPRECATION_WARNING, message, 1)?;
    }
    Ok(())
}

fn create_function(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(name, narg, func, *, deterministic=False)");
    let bound = SIGNATURE.bind(vm, "create_function", args)?;
    warn_keywords(
        vm,
        args,
        3,
        "Passing keyword arguments 'name', 'narg' and 'func' to _sqlite3.Connection.create_function() is deprecated. Parameters 'name', 'narg' and 'func' will become positional-only in Python 3.15.",
    )?;
    let name = name_text(vm, "create_function", "1", bound.required(0))?;
    let db = usable(vm, this)?;
    let count = parameter_count(vm, &db, "narg", bound.required(1))?;
    let callable = bound.required(2);
    let is_deterministic = bound.get(3).map_or(Ok(false), |flag| vm.is_true(flag))?;
    let code = if callable.is_none() {
        db.create_function(&name, count, is_deterministic, None)
    } else {
        let function = Box::new(Callable(callable.clone()));
        db.create_function(&name, count, is_deterministic, Some(function))
    };
    if code == 0 { Ok(Value::NONE) } else { Err(errors::of_database(vm, &db)) }
}

fn aggregate(
    vm: Vm<'_>,
    db: &Db,
    name: &std::ffi::CStr,
    count: i32,
    class: &Value,
    window: bool,
) -> PyResult<Value> {
    let code = if class.is_none() {
        db.create_aggregate(name, count, window, None)
    } else {
        db.create_aggregate(name, count, window, Some(Box::new(Callable(class.clone()))))
    };
    if code == 0 { Ok(Value::NONE) } else { Err(errors::of_database(vm, db)) }
}

fn create_aggregate(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(name, n_arg, aggregate_class)");
    let bound = SIGNATURE.bind(vm, "create_aggregate", args)?;
    warn_keywords(
        vm,
        args,
        3,
        "Passing keyword arguments 'name', 'n_arg' and 'aggregate_class' to _sqlite3.Connection.create_aggregate() is deprecated. Parameters 'name', 'n_arg' and 'aggregate_class' will become positional-only in Python 3.15.",
    )?;
    let name = name_text(vm, "create_aggregate", "1", bound.required(0))?;
    let db = usable(vm, this)?;
    let count = parameter_count(vm, &db, "n_arg", bound.required(1))?;
    aggregate(vm, &db, &name, count, bound.required(2), false)
}

fn create_window_function(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "create_window_function", args.len(), 3, 3)?;
    let name = name_text(vm, "create_window_function", "1", &args[0])?;
    let db = usable(vm, this)?;
    let count = parameter_count(vm, &db, "num_params", &args[1])?;
    aggregate(vm, &db, &name, count, &args[2], true)
}

fn create_collation(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "create_collation", args.len(), 2, 2)?;
    let name = name_text(vm, "create_collation", "1", &args[0])?;
    let db = usable(vm, this)?;
    let code = if args[1].is_none() {
        db.create_collation(&name, None)
    } else if args[1].class().slots.call.get().is_none() {
        return Err(vm.type_error("parameter must be callable"));
    } else {
        db.create_collation(&name, Some(Box::new(Callable(args[1].clone()))))
    };
    if code == 0 { Ok(Value::NONE) } else { Err(errors::of_database(vm, &db)) }
}

fn set_authorizer(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(authorizer_callback)");
    let bound = SIGNATURE.bind(vm, "set_authorizer", args)?;
    warn_keywords(
        vm,
        args,
        1,
        "Passing keyword argument 'authorizer_callback' to _sqlite3.Connection.set_authorizer() is deprecated. Parameter 'authorizer_callback' will become positional-only in Python 3.15.",
    )?;
    let db = usable(vm, this)?;
    let callable = bound.required(0);
    let new: Option<Rc<dyn super::raw::Authorizer>> =
        if callable.is_none() { None } else { Some(Rc::new(Callable(callable.clone()))) };
    if db.set_authorizer(new) == 0 {
        Ok(Value::NONE)
    } else {
        Err(vm.error(&OPERATIONAL_ERROR, "Error setting authorizer callback"))
    }
}

fn set_progress_handler(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(progress_handler, n)");
    let bound = SIGNATURE.bind(vm, "set_progress_handler", args)?;
    warn_keywords(
        vm,
        args,
        1,
        "Passing keyword argument 'progress_handler' to _sqlite3.Connection.set_progress_handler() is deprecated. Parameter 'progress_handler' will become positional-only in Python 3.15.",
    )?;
    let db = usable(vm, this)?;
    let (callable, steps) = (bound.required(0), number::as_i32(vm, bound.required(1))?);
    let new: Option<Rc<dyn super::raw::Progress>> =
        if callable.is_none() { None } else { Some(Rc::new(Callable(callable.clone()))) };
    db.set_progress(steps, new);
    Ok(Value::NONE)
}

fn set_trace_callback(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(trace_callback)");
    let bound = SIGNATURE.bind(vm, "set_trace_callback", args)?;
    warn_keywords(
        vm,
        args,
        1,
        "Passing keyword argument 'trace_callback' to _sqlite3.Connection.set_trace_callback() is deprecated. Parameter 'trace_callback' will become positional-only in Python 3.15.",
    )?;
    let db = usable(vm, this)?;
    let callable = bound.required(0);
    let new: Option<Rc<dyn super::raw::Trace>> = if callable.is_none() {
        None
    } else {
        Some(Rc::new(Watcher { callable: callable.clone() }))
    };
    db.set_trace(new);
    Ok(Value::NONE)
}

fn enable_load_extension(vm: Vm<'_>, this: &Value, enable: &Value) -> PyResult<Value> {
    let is_on = vm.is_true(enable)?;
    let audited = [this.clone(), Value::from_bool(is_on)];
    hooks::raise_event(vm, "sqlite3.enable_load_extension", &audited)?;
    let db = usable(vm, this)?;
    if db.enable_extensions(is_on) == 0 {
        Ok(Value::NONE)
    } else {
        Err(vm.error(&OPERATIONAL_ERROR, "Error enabling load extension"))
    }
}

fn load_extension(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = name_text(vm, "load_extension", "1", args.required(0))?;
    let entry = match args.get_non_none(1) {
        Some(entry) => Some(name_text(vm, "load_extension", "'entrypoint'", entry)?),
        None => None,
    };
    let audited = [this.clone(), args.required(0).clone()];
    hooks::raise_event(vm, "sqlite3.load_extension", &audited)?;
    let db = usable(vm, this)?;
    db.load_extension(vm, &path, entry.as_deref()).map_err(|message| {
        vm.error(&OPERATIONAL_ERROR, String::from_utf8_lossy(&message).into_owned())
    })?;
    Ok(Value::NONE)
}

fn limit(vm: Vm<'_>, this: &Value, category: &Value, limit: i32) -> PyResult<Value> {
    let category = number::as_i32(vm, category)?;
    let db = usable(vm, this)?;
    match db.limit(category, limit) {
        -1 => Err(vm.error(&PROGRAMMING_ERROR, "'category' is out of bounds")),
        former => Ok(int::from_i64(vm, i64::from(former))),
    }
}

fn set_limit(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "setlimit", args.len(), 2, 2)?;
    limit(vm, this, &args[0], number::as_i32(vm, &args[1])?)
}

fn get_limit(vm: Vm<'_>, this: &Value, category: &Value) -> PyResult<Value> {
    limit(vm, this, category, -1)
}

/// Sets a switch, or asks how it stands.
fn configure(vm: Vm<'_>, this: &Value, option: &Value, wanted: Option<bool>) -> PyResult<bool> {
    let option = number::as_i32(vm, option)?;
    let db = usable(vm, this)?;
    let is_known = constants::OTHERS
        .iter()
        .any(|(name, number)| *number == option && name.starts_with("SQLITE_DBCONFIG_"));
    if !is_known {
        return Err(vm.value_error(format!("unknown config 'op': {option}")));
    }
    let (code, current) = db.configure(option, wanted);
    if code != 0 {
        return Err(errors::of_database(vm, &db));
    }
    if wanted.is_some_and(|wanted| wanted != current) {
        return Err(vm.error(&OPERATIONAL_ERROR, "Unable to set config"));
    }
    Ok(current)
}

fn set_config(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "setconfig", args.len(), 1, 2)?;
    let is_on = args.get(1).map_or(Ok(true), |flag| vm.is_true(flag))?;
    configure(vm, this, &args[0], Some(is_on))?;
    Ok(Value::NONE)
}

fn get_config(vm: Vm<'_>, this: &Value, option: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(configure(vm, this, option, None)?))
}

/// The name of a database, `main` where none is given.
fn database_name(vm: Vm<'_>, function: &str, value: Option<&Value>) -> PyResult<CString> {
    match value {
        Some(name) => name_text(vm, function, "'name'", name),
        None => Ok(c"main".to_owned()),
    }
}

fn serialize(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = database_name(vm, "serialize", args.get(0))?;
    let db = usable(vm, this)?;
    match db.serialize(vm, &name) {
        Some(bytes) => PyBytes::try_new_value(vm, &bytes),
        None => {
            let name = name.to_string_lossy().into_owned();
            Err(vm.error(&OPERATIONAL_ERROR, format!("unable to serialize '{name}'")))
        }
    }
}

fn deserialize(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let given = bytes_like(vm, args.required(0))?.to_vec();
    let name = database_name(vm, "deserialize", args.get(1))?;
    let db = usable(vm, this)?;
    if given.is_empty() {
        return Err(vm.memory_error());
    }
    match db.deserialize(vm, &name, &given) {
        None => Err(vm.memory_error()),
        Some(0) => Ok(Value::NONE),
        Some(_) => Err(errors::of_database(vm, &db)),
    }
}

fn open_blob(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let table = name_text(vm, "blobopen", "1", args.required(0))?;
    let column = name_text(vm, "blobopen", "2", args.required(1))?;
    let row = number::index(vm, args.required(2))?;
    let Some(row) = int::as_i64(&row) else {
        return Err(vm.overflow_error("Python int too large to convert to SQLite INTEGER"));
    };
    let is_readonly = args.get(3).map_or(Ok(false), |flag| vm.is_true(flag))?;
    let name = database_name(vm, "blobopen", args.get(4))?;
    let db = usable(vm, this)?;
    match db.open_blob(vm, [&name, &table, &column], row, !is_readonly) {
        Ok(opened) => Ok(blob::object_of(vm, this, opened)),
        Err(_) => Err(errors::of_database(vm, &db)),
    }
}

fn backup(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    let target = args.required(0);
    if target.downcast::<PyConnection>().is_none() {
        let name = target.class().name();
        return Err(vm.type_error(format!(
            "backup() argument 'target' must be sqlite3.Connection, not {name}"
        )));
    }
    let pages = args.get(1).map_or(Ok(-1), |pages| number::as_i32(vm, pages))?;
    let name = database_name(vm, "backup", args.get(3))?;
    let pause = args.get(4).map_or(Ok(0.25), |pause| float_::to_f64(vm, pause))?;
    let db = usable(vm, this)?;
    let target_db = database(vm, target)?;
    if this.is(target) {
        return Err(vm.value_error("target cannot be the same connection instance"));
    }
    let progress = args.get_non_none(2);
    if progress.is_some_and(|progress| progress.class().slots.call.get().is_none()) {
        return Err(vm.type_error("progress argument must be a callable"));
    }
    let pages = if pages == 0 { -1 } else { pages };
    let Some(copy) = Backup::new(vm, &target_db, &db, &name) else {
        return Err(errors::of_database(vm, &target_db));
    };
    loop {
        let code = copy.step(vm, pages);
        if let Some(progress) = progress {
            let (left, all) = copy.progress();
            let numbers = [code, left, all].map(|n| Value::small_int_unchecked(i64::from(n)));
            vm.call(progress, &numbers)?;
        }
        match code {
            0 => vm.poll()?,
            BUSY | LOCKED => {
                let sleep = vm.get_attr(&vm.import_module("time")?, &vm.intern("sleep"))?;
                vm.call(&sleep, &[float_::new(vm, pause.max(0.0))])?;
            }
            _ => break,
        }
    }
    match copy.finish(vm) {
        0 => Ok(Value::NONE),
        _ => Err(errors::of_database(vm, &target_db)),
    }
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
