//! Statements as the module keeps them: prepared, known to change rows or not, bound to parameters.

use std::ffi::CString;
use std::sync::Arc;

use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{Traverse, Visitor};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::protocol::iterate::is_sequence;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::data;
use super::errors::{self, DATA_ERROR, PROGRAMMING_ERROR};
use super::raw::{Db, Statement};

/// The statement, if there is one in the text.
pub(super) struct Prepared(pub(super) Option<Statement>);

impl Traverse for Prepared {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a statement.
    pub(super) struct PyStatement: STATEMENT {
        pub(super) prepared: Prepared,
        /// Whether it changes rows.
        pub(super) is_dml: Flag,
    }
}

/// Something that is so or not.
#[derive(Clone, Copy)]
pub(super) struct Flag(pub(super) bool);

impl Traverse for Flag {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// `sqlite3.Statement`
pub(super) static STATEMENT: StaticType = StaticType::new::<PyStatement>();

/// The spec of `sqlite3.Statement`.
pub(super) const STATEMENT_SPEC: TypeSpec = TypeSpec {
    name: "sqlite3.Statement",
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE,
    ..TypeSpec::DEFAULT
};

/// What is left of a text without the white space and the comments before it.
fn without_comments(mut sql: &[u8]) -> &[u8] {
    loop {
        sql = sql.trim_ascii_start();
        let end = if sql.starts_with(b"--") {
            sql.iter().position(|&byte| byte == b'\n').map(|at| at + 1)
        } else if sql.starts_with(b"/*") {
            sql.windows(2).skip(2).position(|pair| pair == b"*/").map(|at| at + 4)
        } else {
            return sql;
        };
        let Some(end) = end else { return &[] };
        sql = sql.get(end..).unwrap_or_default();
    }
}

/// A text for the library, not longer than the database allows.
fn checked(vm: Vm<'_>, db: &Db, sql: &Py<PyStr>) -> PyResult<CString> {
    let bytes = data::utf8(vm, sql)?;
    let limit = usize::try_from(db.limit(1, -1)).unwrap_or(usize::MAX);
    if bytes.len() > limit {
        return Err(vm.error(&DATA_ERROR, "query string is too large"));
    }
    CString::new(bytes)
        .map_err(|_| vm.error(&PROGRAMMING_ERROR, "the query contains a null character"))
}

/// Prepares a text that holds one statement.
///
/// # Errors
/// The library's errors, and ProgrammingError for more than one statement.
pub(super) fn create(vm: Vm<'_>, db: &Arc<Db>, sql: &Py<PyStr>) -> PyResult<Value> {
    let sql = checked(vm, db, sql)?;
    let (statement, used) = db.prepare(vm, &sql).map_err(|_| errors::of_database(vm, db))?;
    let bytes = sql.as_bytes();
    if !without_comments(bytes.get(used..).unwrap_or_default()).is_empty() {
        return Err(vm.error(&PROGRAMMING_ERROR, "You can only execute one statement at a time."));
    }
    let own = without_comments(bytes);
    let is_dml = ["INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|word| {
        own.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    });
    let payload = PyStatement { prepared: Prepared(statement), is_dml: Flag(is_dml) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn wrong(vm: Vm<'_>, message: String) -> Raised {
    vm.error(&PROGRAMMING_ERROR, message)
}

/// Gives one parameter its value.
fn bind_one(vm: Vm<'_>, db: &Db, statement: &Statement, place: i32, value: &Value) -> PyResult<()> {
    let (datum, value) = data::parameter(vm, value)?;
    let Some(datum) = datum else {
        return Err(wrong(
            vm,
            format!(
                "Error binding parameter {place}: type '{}' is not supported",
                value.class().name()
            ),
        ));
    };
    if statement.bind(place, &datum) == 0 { Ok(()) } else { Err(errors::of_database(vm, db)) }
}

/// Gives the parameters their values, out of a sequence or a mapping.
///
/// # Errors
/// ProgrammingError where they don't fit; what an adapter raises.
pub(super) fn bind(vm: Vm<'_>, db: &Db, statement: &Statement, given: &Value) -> PyResult<()> {
    let count = statement.parameter_count();
    let is_list = given.downcast::<PyTuple>().is_some() || given.downcast::<PyList>().is_some();
    if is_list || (given.downcast::<PyDict>().is_none() && is_sequence(given)) {
        let supplied = vm.length(given)?;
        if usize::try_from(count).ok() != Some(supplied) {
            return Err(wrong(
                vm,
                format!(
                    "Incorrect number of bindings supplied. The current statement uses {count}, and there are {supplied} supplied."
                ),
            ));
        }
        for place in 1..=count {
            if let Some(name) = statement.parameter_name(place).filter(|it| !it.starts_with(b"?")) {
                let name = String::from_utf8_lossy(&name).into_owned();
                return Err(wrong(
                    vm,
                    format!(
                        "Binding {place} ('{name}') is a named parameter, but you supplied a sequence which requires nameless (qmark) placeholders."
                    ),
                ));
            }
            let value = vm.sequence_item(given, isize::try_from(place - 1).unwrap_or(0))?;
            bind_one(vm, db, statement, place, &value)?;
        }
        return Ok(());
    }
    let slots = &given.class().slots;
    if slots.mp_subscript.get().is_none() {
        return Err(vm.error(&PROGRAMMING_ERROR, "parameters are of unsupported type"));
    }
    for place in 1..=count {
        let Some(name) = statement.parameter_name(place) else {
            return Err(wrong(
                vm,
                format!(
                    "Binding {place} has no name, but you supplied a dictionary (which has only names)."
                ),
            ));
        };
        let name = String::from_utf8_lossy(name.get(1..).unwrap_or_default()).into_owned();
        let found = match given
            .downcast::<PyDict>()
            .filter(|_| given.is_exact(objects::types::dict::DICT.get()))
        {
            Some(dict) => dict.get(vm, &PyStr::new_value(vm, &name))?,
            None => {
                let found = vm.get_item(given, &PyStr::new_value(vm, &name));
                vm.catch(found, &exc::LOOKUP_ERROR)?
            }
        };
        let Some(value) = found else {
            return Err(wrong(
                vm,
                format!("You did not supply a value for binding parameter :{name}."),
            ));
        };
        bind_one(vm, db, statement, place, &value)?;
    }
    Ok(())
}
