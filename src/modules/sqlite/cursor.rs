//! Cursors: statements are executed, their rows fetched.

use std::cell::Cell;
use std::sync::Arc;

use objects::core::args::{Args, Bound};
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::iterate::self_iter;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::{self, PyStr};
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::callbacks::collation_failure;
use super::connection::{self, PyConnection};
use super::data;
use super::errors::{self, DATA_ERROR, OPERATIONAL_ERROR, PROGRAMMING_ERROR};
use super::raw::{Datum, Db, Statement, c_text};
use super::statement::{self, PyStatement};

const ROW: i32 = 100;
const DONE: i32 = 101;

payload! {
    /// The payload of a cursor.
    pub(super) struct PyCursor: CURSOR, gc {
        pub(super) connection: HotCell<Value>,
        pub(super) description: HotCell<Value>,
        pub(super) row_factory: HotCell<Value>,
        statement: HotCell<Value>,
        converters: HotCell<Value>,
        last_row: HotCell<Value>,
        array_size: Cell<u32>,
        row_count: Cell<i64>,
        is_closed: Cell<bool>,
        is_locked: Cell<bool>,
        is_initialized: Cell<bool>,
    }
}

/// `sqlite3.Cursor`
pub(super) static CURSOR: StaticType = StaticType::new::<PyCursor>();

/// The spec of `sqlite3.Cursor`.
pub(super) const CURSOR_SPEC: TypeSpec = TypeSpec {
    name: "sqlite3.Cursor",
    doc: Some("SQLite database cursor class."),
    flags: spec_flags::BASETYPE | spec_flags::IMMUTABLE | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(new),
        Slot::Init(init),
        Slot::Iter(self_iter),
        Slot::Iternext(next),
        Slot::Finalize(finalize),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Closes the cursor.
    ["close"] "($self, /)" None(close);
    /// Repeatedly executes an SQL statement.
    ["executemany"] "($self, sql, seq_of_parameters, /)" Positional(execute_many);
    /// Executes multiple SQL statements at once.
    ["executescript"] "($self, sql_script, /)" One(execute_script);
    /// Executes an SQL statement.
    ["execute"] "($self, sql, parameters=(), /)" Positional(execute);
    /// Fetches all rows from the resultset.
    ["fetchall"] "($self, /)" None(fetch_all);
    /// Fetches several rows from the resultset.
    ///
    ///   size
    ///     The default value is set by the Cursor.arraysize attribute.
    ["fetchmany"] "($self, /, size=1)" Bound(fetch_many);
    /// Fetches one row from the resultset.
    ["fetchone"] "($self, /)" None(fetch_one);
    /// Required by DB-API. Does nothing in sqlite3.
    ["setinputsizes"] "($self, sizes, /)" One(set_input_sizes);
    /// Required by DB-API. Does nothing in sqlite3.
    ["setoutputsize"] "($self, size, column=None, /)" Positional(set_output_size);
}

getset! { GETSET:
    ["connection"] get_connection;
    ["description"] get_description;
    ["lastrowid"] get_last_row;
    ["rowcount"] get_row_count;
    ["arraysize"] get_array_size, set_array_size;
    ["row_factory"] get_row_factory, set_row_factory;
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let none = || HotCell::new(Value::NONE);
    let payload = PyCursor {
        connection: none(),
        description: none(),
        row_factory: none(),
        statement: none(),
        converters: none(),
        last_row: none(),
        array_size: Cell::new(1),
        row_count: Cell::new(-1),
        is_closed: Cell::new(false),
        is_locked: Cell::new(false),
        is_initialized: Cell::new(false),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let [given] = args.positional() else {
        let got = args.positional().len();
        return Err(vm.type_error(format!("Cursor expected 1 argument, got {got}")));
    };
    if given.downcast::<PyConnection>().is_none() {
        let name = given.class().name();
        return Err(
            vm.type_error(format!("Cursor() argument 1 must be sqlite3.Connection, not {name}"))
        );
    }
    let cursor = cursor(this);
    if cursor.is_locked.get() {
        return Err(vm.error(&PROGRAMMING_ERROR, "Recursive use of cursors not allowed."));
    }
    cursor.connection.set(given.clone());
    for place in [&cursor.statement, &cursor.converters, &cursor.description, &cursor.last_row] {
        place.set(Value::NONE);
    }
    cursor.row_factory.set(Value::NONE);
    cursor.array_size.set(1);
    cursor.row_count.set(-1);
    cursor.is_closed.set(false);
    connection::check_thread(vm, given)?;
    cursor.is_initialized.set(true);
    Ok(())
}

fn cursor(value: &Value) -> &PyCursor {
    value.receiver::<PyCursor>()
}

/// The connection's database, when the cursor can be used.
fn check(vm: Vm<'_>, cursor: &PyCursor) -> PyResult<Arc<Db>> {
    let message = if !cursor.is_initialized.get() {
        "Base Cursor.__init__ not called."
    } else if cursor.is_closed.get() {
        "Cannot operate on a closed cursor."
    } else if cursor.is_locked.get() {
        "Recursive use of cursors not allowed."
    } else {
        let connection = cursor.connection.get();
        connection::check_thread(vm, &connection)?;
        return connection::database(vm, &connection);
    };
    Err(vm.error(&PROGRAMMING_ERROR, message))
}

/// A lock on a cursor, which user code must not use while it lasts.
struct Lock<'c>(&'c PyCursor);

impl<'c> Lock<'c> {
    fn new(cursor: &'c PyCursor) -> Self {
        cursor.is_locked.set(true);
        Self(cursor)
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.0.is_locked.set(false);
    }
}

/// The statement that a value holds.
fn prepared(value: &Value) -> Option<&Statement> {
    value.downcast::<PyStatement>()?.prepared.0.as_ref()
}

/// Gives the statement up.
fn forget(vm: Vm<'_>, cursor: &PyCursor) {
    let statement = cursor.statement.replace(Value::NONE);
    if let Some(statement) = prepared(&statement) {
        statement.reset(vm);
    }
}

/// Nobody fetches the rows that are left: the statement is kept for others.
fn finalize(vm: Vm<'_>, this: &Value) {
    vm.aside(|| forget(vm, cursor(this)));
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let cursor = cursor(this);
    if cursor.is_locked.get() {
        return Err(vm.error(&PROGRAMMING_ERROR, "Recursive use of cursors not allowed."));
    }
    if !cursor.is_initialized.get() {
        return Err(vm.error(&PROGRAMMING_ERROR, "Base Cursor.__init__ not called."));
    }
    let connection = cursor.connection.get();
    connection::check_thread(vm, &connection)?;
    connection::database(vm, &connection)?;
    forget(vm, cursor);
    cursor.is_closed.set(true);
    Ok(Value::NONE)
}

fn sql_of<'v>(
    vm: Vm<'_>,
    function: &str,
    place: &str,
    value: &'v Value,
) -> PyResult<&'v Py<PyStr>> {
    value.downcast::<PyStr>().ok_or_else(|| {
        let name = value.class().name();
        vm.type_error(format!("{function}() argument{place} must be str, not {name}"))
    })
}

fn execute(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "execute", args.len(), 1, 2)?;
    let sql = sql_of(vm, "execute", " 1", &args[0])?;
    let parameters = args.get(1).cloned();
    let parameters = parameters.unwrap_or_else(|| PyTuple::new_value(vm, &[]));
    run(vm, this, sql, Rows::One(parameters))
}

fn execute_many(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "executemany", args.len(), 2, 2)?;
    let sql = sql_of(vm, "executemany", " 1", &args[0])?;
    run(vm, this, sql, Rows::Many(args[1].clone()))
}

/// The parameters of a statement: for one execution, or an iterable of them.
enum Rows {
    One(Value),
    Many(Value),
}

fn run(vm: Vm<'_>, this: &Value, sql: &Py<PyStr>, rows: Rows) -> PyResult<Value> {
    let own = cursor(this);
    let db = check(vm, own)?;
    let done = {
        let _lock = Lock::new(own);
        run_locked(vm, own, &db, sql, rows)
    };
    if done.is_err() {
        own.row_count.set(-1);
        // What failed has no rows.
        vm.aside(|| forget(vm, own));
    }
    done?;
    Ok(this.clone())
}

fn run_locked(
    vm: Vm<'_>,
    cursor: &PyCursor,
    db: &Arc<Db>,
    sql: &Py<PyStr>,
    rows: Rows,
) -> PyResult<()> {
    let (is_many, mut next_row) = match rows {
        Rows::One(parameters) => (false, Row::Given(parameters)),
        Rows::Many(iterable) => (true, Row::Iterator(vm.iter(&iterable)?)),
    };
    forget(vm, cursor);
    cursor.description.set(Value::NONE);
    cursor.row_count.set(0);
    let connection = cursor.connection.get();
    let mut found = connection::statement(vm, &connection, db, sql)?;
    if is_many && prepared(&found).is_some_and(Statement::is_readonly) {
        return Err(vm.error(&PROGRAMMING_ERROR, "executemany() can only execute DML statements."));
    }
    if prepared(&found).is_some_and(Statement::is_busy) {
        found = statement::create(vm, db, sql)?;
    }
    cursor.statement.set(found.clone());
    let is_dml = found.downcast::<PyStatement>().is_some_and(|found| found.is_dml.0);
    let own = prepared(&found);
    if let Some(own) = own {
        own.reset(vm);
    }
    cursor.row_count.set(if is_dml { 0 } else { -1 });
    if is_dml && db.is_autocommit() {
        connection::begin(vm, &connection, db)?;
    }
    while let Some(parameters) = next_row.next(vm)? {
        let code = match own {
            Some(own) => {
                statement::bind(vm, db, own, &parameters)?;
                own.step(vm)
            }
            None => {
                // A text without a statement takes no parameters and has no rows.
                DONE
            }
        };
        if let Err(raised) = collation_failure(vm) {
            if let Some(own) = own {
                vm.aside(|| own.reset(vm));
            }
            return Err(raised);
        }
        if code != ROW && code != DONE {
            let raised = errors::of_database(vm, db);
            if let Some(own) = own {
                vm.aside(|| own.reset(vm));
            }
            return Err(raised);
        }
        let Some(own) = own else { continue };
        find_converters(vm, cursor, &connection, own)?;
        let columns = own.column_count();
        if cursor.description.with(Value::is_none) && columns > 0 {
            let described = describe(vm, &connection, own, columns)?;
            cursor.description.set(described);
        }
        if code == DONE {
            if is_dml {
                cursor.row_count.set(cursor.row_count.get() + db.changes());
            }
            own.reset(vm);
        } else if is_many {
            own.reset(vm);
        }
        if code == DONE && !is_many {
            cursor.statement.set(Value::NONE);
        }
    }
    if !is_many {
        cursor.last_row.set(int::from_i64(vm, db.last_row()));
    }
    Ok(())
}

/// Where the parameters of the next execution come from.
enum Row {
    Given(Value),
    Iterator(Value),
    Nothing,
}

impl Row {
    fn next(&mut self, vm: Vm<'_>) -> PyResult<Option<Value>> {
        match self {
            Self::Iterator(iterator) => vm.next(iterator),
            Self::Nothing => Ok(None),
            Self::Given(_) => match std::mem::replace(self, Self::Nothing) {
                Self::Given(given) => Ok(Some(given)),
                _ => Ok(None),
            },
        }
    }
}

/// The name of a column, up to what names its converter.
fn shown_name(name: &[u8], cuts: bool) -> &[u8] {
    let Some(at) = name.iter().position(|&byte| byte == b'[').filter(|_| cuts) else {
        return name;
    };
    let before = name.get(..at).unwrap_or_default();
    before.strip_suffix(b" ").unwrap_or(before)
}

fn describe(vm: Vm<'_>, connection: &Value, own: &Statement, columns: i32) -> PyResult<Value> {
    let cuts = connection::detects(connection) & connection::COLUMN_NAMES != 0;
    let mut all = Vec::new();
    for place in 0..columns {
        let name = own.column_name(place).ok_or_else(|| vm.memory_error())?;
        let mut items = vec![data::text(vm, shown_name(&name, cuts))?];
        items.resize(7, Value::NONE);
        all.push(PyTuple::new_value(vm, &items));
    }
    Ok(PyTuple::try_from_vec(vm, all)?.into_value())
}

/// Finds the converters of the columns, by the names or the types that the connection looks at.
fn find_converters(
    vm: Vm<'_>,
    cursor: &PyCursor,
    connection: &Value,
    own: &Statement,
) -> PyResult<()> {
    let detects = connection::detects(connection);
    if detects == 0 {
        return Ok(());
    }
    let mut found = Vec::new();
    for place in 0..own.column_count() {
        let mut converter = Value::NONE;
        if detects & connection::COLUMN_NAMES != 0
            && let Some(name) = own.column_name(place)
            && let Some(start) = name.iter().position(|&byte| byte == b'[')
            && let Some(rest) = name.get(start + 1..)
            && let Some(end) = rest.iter().position(|&byte| byte == b']')
        {
            converter = data::converter(vm, rest.get(..end).unwrap_or_default())?;
        }
        if converter.is_none()
            && detects & connection::DECLARED_TYPES != 0
            && let Some(kind) = own.column_type(place)
        {
            let word = kind.split(|byte| matches!(byte, b' ' | b'(')).next().unwrap_or_default();
            converter = data::converter(vm, word)?;
        }
        found.push(converter);
    }
    cursor.converters.set(PyList::try_new_value(vm, found)?);
    Ok(())
}

fn undecodable(vm: Vm<'_>, own: &Statement, place: i32, bytes: &[u8]) -> Raised {
    let name = own.column_name(place).unwrap_or_default();
    let ascii = |bytes: &[u8]| -> String {
        bytes
            .iter()
            .map(|&byte| if byte.is_ascii() { char::from(byte) } else { '\u{fffd}' })
            .collect()
    };
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    vm.error(
        &OPERATIONAL_ERROR,
        format!("Could not decode to UTF-8 column '{}' with text '{}'", ascii(&name), ascii(text)),
    )
}

/// The text of a column as the connection's factory wants it.
fn column_text(
    vm: Vm<'_>,
    connection: &Value,
    own: &Statement,
    place: i32,
    bytes: &[u8],
) -> PyResult<Value> {
    let factory = connection::text_factory(connection);
    if factory.downcast::<PyType>().is_some_and(|class| class.is(str::STR.get())) {
        return data::text(vm, bytes).map_err(|raised| {
            let class = &objects::types::exceptions::hierarchy::UNICODE_DECODE_ERROR;
            if vm.raised_is(&raised, class) {
                vm.clear(raised);
                return undecodable(vm, own, place, bytes);
            }
            raised
        });
    }
    let bytes = PyBytes::try_new_value(vm, bytes)?;
    if factory
        .downcast::<PyType>()
        .is_some_and(|class| class.is(objects::types::bytes::BYTES.get()))
    {
        return Ok(bytes);
    }
    vm.call(&factory, &[bytes])
}

fn fetch(vm: Vm<'_>, cursor: &PyCursor, own: &Statement) -> PyResult<Value> {
    let connection = cursor.connection.get();
    let converters = cursor.converters.get();
    let mut items = Vec::new();
    for place in 0..own.data_count() {
        let converter = converters
            .downcast::<PyList>()
            .and_then(|list| list.get(usize::try_from(place).unwrap_or(0)))
            .filter(|converter| !converter.is_none());
        let item = match converter {
            Some(converter) => match own.column_bytes(place) {
                Some(bytes) => vm.call(&converter, &[PyBytes::try_new_value(vm, &bytes)?])?,
                None => Value::NONE,
            },
            None => match own.column(place) {
                Datum::Text(bytes) => column_text(vm, &connection, own, place, &bytes)?,
                other => data::to_value(vm, &other)?,
            },
        };
        items.push(item);
    }
    Ok(PyTuple::try_from_vec(vm, items)?.into_value())
}

fn next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let cursor = cursor(this);
    let db = check(vm, cursor)?;
    let held = cursor.statement.get();
    let Some(own) = prepared(&held) else { return Ok(None) };
    if own.data_count() == 0 {
        forget(vm, cursor);
        return Ok(None);
    }
    let row = {
        let _lock = Lock::new(cursor);
        fetch(vm, cursor, own)?
    };
    let code = own.step(vm);
    collation_failure(vm)?;
    match code {
        ROW => {}
        DONE => {
            if held.downcast::<PyStatement>().is_some_and(|held| held.is_dml.0) {
                cursor.row_count.set(db.changes());
            }
            forget(vm, cursor);
        }
        _ => {
            let raised = errors::of_database(vm, &db);
            vm.aside(|| forget(vm, cursor));
            return Err(raised);
        }
    }
    let factory = cursor.row_factory.get();
    if factory.is_none() {
        return Ok(Some(row));
    }
    vm.call(&factory, &[this.clone(), row]).map(Some)
}

fn fetch_one(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(next(vm, this)?.unwrap_or(Value::NONE))
}

fn fetch_up_to(vm: Vm<'_>, this: &Value, limit: usize) -> PyResult<Value> {
    let list = PyList::new_ref(vm, Vec::new());
    while list.len() < limit {
        vm.poll()?;
        let Some(row) = next(vm, this)? else { break };
        list.push(vm, row)?;
    }
    Ok(list.into_value())
}

fn fetch_all(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    fetch_up_to(vm, this, usize::MAX)
}

/// A number that C would take as an `uint32_t`.
fn unsigned(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    let number = number::index(vm, value)?;
    if int::is_negative(&number) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    int::as_u64(&number)
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| vm.overflow_error("Python int too large to convert to C uint32_t"))
}

fn fetch_many(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let size = match args.get(0) {
        Some(size) => unsigned(vm, size)?,
        None => cursor(this).array_size.get(),
    };
    fetch_up_to(vm, this, size as usize)
}

fn execute_script(vm: Vm<'_>, this: &Value, script: &Value) -> PyResult<Value> {
    let script = sql_of(vm, "executescript", "", script)?;
    let text = data::utf8(vm, script)?;
    if text.contains(&0) {
        return Err(vm.value_error("embedded null character"));
    }
    let own = cursor(this);
    let db = check(vm, own)?;
    let limit = usize::try_from(db.limit(1, -1)).unwrap_or(usize::MAX);
    if text.len() > limit {
        return Err(vm.error(&DATA_ERROR, "query string is too large"));
    }
    let is_legacy = connection::is_legacy(&own.connection.get());
    if is_legacy && !db.is_autocommit() && db.execute(vm, c"COMMIT") != 0 {
        return Err(errors::of_database(vm, &db));
    }
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        let sql = c_text(rest).unwrap_or_default();
        let (statement, used) = db.prepare(vm, &sql).map_err(|_| errors::of_database(vm, &db))?;
        if let Some(statement) = statement {
            while statement.step(vm) == ROW {
                vm.poll()?;
            }
            if statement.reset(vm) != 0 {
                return Err(errors::of_database(vm, &db));
            }
        }
        rest = rest.get(used..).unwrap_or_default();
    }
    Ok(this.clone())
}

fn set_input_sizes(_vm: Vm<'_>, _this: &Value, _sizes: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn set_output_size(vm: Vm<'_>, _this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "setoutputsize", args.len(), 1, 2)?;
    Ok(Value::NONE)
}

fn get_connection(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(cursor(this).connection.get())
}

fn get_description(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(cursor(this).description.get())
}

fn get_last_row(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(cursor(this).last_row.get())
}

fn get_row_count(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, cursor(this).row_count.get()))
}

fn get_array_size(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, i64::from(cursor(this).array_size.get())))
}

fn set_array_size(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(vm.error(
            &objects::types::exceptions::hierarchy::ATTRIBUTE_ERROR,
            "attribute 'arraysize' of 'sqlite3.Cursor' objects cannot be deleted",
        ));
    };
    cursor(this).array_size.set(unsigned(vm, new)?);
    Ok(())
}

fn get_row_factory(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(cursor(this).row_factory.get())
}

fn set_row_factory(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(connection::not_deletable(vm, "row_factory"));
    };
    cursor(this).row_factory.set(new.clone());
    Ok(())
}
