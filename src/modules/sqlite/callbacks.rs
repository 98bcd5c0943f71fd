//! Python's functions as the database calls them.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number::{as_i32, index, is_int};
use objects::types::exceptions::hierarchy as exc;
use objects::types::{int, str::PyStr};

use super::data::{text, text_lossy, to_datum, to_value};
use super::raw::{Aggregate, Authorizer, Collation, Datum, Failure, Function, Progress, Trace};

/// Whether exceptions in callbacks are told.
pub(super) static TELLS: AtomicBool = AtomicBool::new(false);

/// A function of Python.
pub(super) struct Callable(pub(super) Value);

/// Tells of an exception that nobody gets, where that is wanted.
fn tell(vm: Vm<'_>, raised: Raised, callable: &Value) {
    if TELLS.load(Ordering::Relaxed) {
        vm.unraisable_about(raised, "Exception ignored on sqlite3 callback", Some(callable));
    } else {
        vm.clear(raised);
    }
}

/// What the database is told of an exception.
fn failure_of(vm: Vm<'_>, raised: &Raised, failure: &'static str) -> Failure {
    if vm.raised_is(raised, &exc::MEMORY_ERROR) {
        Failure::NoMemory
    } else if vm.raised_is(raised, &exc::OVERFLOW_ERROR) {
        Failure::TooBig
    } else {
        Failure::Message(failure)
    }
}

impl Callable {
    /// What the database gets for a result of Python.
    fn answer(&self, vm: Vm<'_>, value: &Value, failure: &'static str) -> Result<Datum, Failure> {
        let raised = match to_datum(vm, value) {
            Ok(Some(datum)) => return Ok(datum),
            Ok(None) => vm.error(
                &super::errors::PROGRAMMING_ERROR,
                format!(
                    "User-defined functions cannot return '{}' values to SQLite",
                    value.class().name()
                ),
            ),
            Err(raised) => raised,
        };
        Err(self.failed(vm, raised, failure))
    }

    fn failed(&self, vm: Vm<'_>, raised: Raised, failure: &'static str) -> Failure {
        let told = failure_of(vm, &raised, failure);
        tell(vm, raised, &self.0);
        told
    }
}

fn values(vm: Vm<'_>, arguments: &[Datum]) -> PyResult<Vec<Value>> {
    arguments.iter().map(|datum| to_value(vm, datum)).collect()
}

impl Function for Callable {
    fn call(&self, vm: Vm<'_>, arguments: &[Datum]) -> Result<Datum, Failure> {
        const FAILURE: &str = "user-defined function raised exception";
        match values(vm, arguments).and_then(|arguments| vm.call(&self.0, &arguments)) {
            Ok(value) => self.answer(vm, &value, FAILURE),
            Err(raised) => Err(self.failed(vm, raised, FAILURE)),
        }
    }
}

/// Whether an object has a method; what else goes wrong is not told.
fn method(vm: Vm<'_>, group: &Value, name: &str) -> PyResult<Value> {
    vm.get_attr(group, &vm.intern(name))
}

impl Aggregate for Callable {
    fn begin(&self, vm: Vm<'_>) -> Result<Value, Failure> {
        vm.call(&self.0, &[]).map_err(|raised| {
            self.failed(vm, raised, "user-defined aggregate's '__init__' method raised error")
        })
    }

    fn step(
        &self,
        vm: Vm<'_>,
        group: &Value,
        arguments: &[Datum],
        goes_in: bool,
    ) -> Result<(), Failure> {
        let (name, missing, failure) = if goes_in {
            (
                "step",
                "user-defined aggregate's 'step' method not defined",
                "user-defined aggregate's 'step' method raised error",
            )
        } else {
            (
                "inverse",
                "user-defined aggregate's 'inverse' method not defined",
                "user-defined aggregate's 'inverse' method raised error",
            )
        };
        let step = method(vm, group, name).map_err(|raised| self.failed(vm, raised, missing))?;
        match values(vm, arguments).and_then(|arguments| vm.call(&step, &arguments)) {
            Ok(_) => Ok(()),
            Err(raised) => Err(self.failed(vm, raised, failure)),
        }
    }

    fn value(&self, vm: Vm<'_>, group: &Value, is_last: bool) -> Result<Datum, Failure> {
        let (name, missing, failure) = if is_last {
            (
                "finalize",
                "user-defined aggregate's 'finalize' method not defined",
                "user-defined aggregate's 'finalize' method raised error",
            )
        } else {
            (
                "value",
                "user-defined aggregate's 'value' method not defined",
                "user-defined aggregate's 'value' method raised error",
            )
        };
        let found = method(vm, group, name).map_err(|raised| {
            let is_missing = vm.raised_is(&raised, &exc::ATTRIBUTE_ERROR);
            self.failed(vm, raised, if is_missing { missing } else { failure })
        })?;
        match vm.call(&found, &[]) {
            Ok(value) => self.answer(vm, &value, failure),
            Err(raised) => Err(self.failed(vm, raised, failure)),
        }
    }
}

thread_local! {
    /// Whether a collation of the statement that this thread runs raised an exception, which the interpreter keeps.
    static HAS_FAILED: Cell<bool> = const { Cell::new(false) };
}

const COLLATION_ERROR: &str = "sqlite3_collation_error";

/// The exception that a collation raised during the last step of a statement.
pub(super) fn collation_failure(vm: Vm<'_>) -> PyResult<()> {
    if !HAS_FAILED.replace(false) {
        return Ok(());
    }
    match vm.interpreter().state_of(COLLATION_ERROR).filter(|error| !error.is_none()) {
        Some(error) => {
            vm.interpreter().set_state_of(COLLATION_ERROR, Value::NONE);
            Err(vm.restore(error))
        }
        None => Ok(()),
    }
}

impl Collation for Callable {
    fn compare(&self, vm: Vm<'_>, left: &[u8], right: &[u8]) -> i32 {
        if HAS_FAILED.get() {
            return 0;
        }
        let ordered = (|| {
            let texts = [text(vm, left)?, text(vm, right)?];
            let order = vm.call(&self.0, &texts)?;
            let Some(order) = vm.catch(index(vm, &order), &exc::TYPE_ERROR)? else { return Ok(0) };
            Ok(match int::as_i64(&order) {
                Some(order) => i32::try_from(order.signum()).unwrap_or(0),
                None if int::is_negative(&order) => -1,
                None => 1,
            })
        })();
        ordered.unwrap_or_else(|raised| {
            vm.interpreter().set_state_of(COLLATION_ERROR, vm.take(raised));
            HAS_FAILED.set(true);
            0
        })
    }
}

impl Authorizer for Callable {
    fn allow(&self, vm: Vm<'_>, action: i32, arguments: [Option<Vec<u8>>; 4]) -> i32 {
        const DENY: i32 = 1;
        let allowed = (|| {
            let mut values = vec![Value::small_int_unchecked(i64::from(action))];
            for argument in &arguments {
                values.push(match argument {
                    Some(bytes) => text(vm, bytes)?,
                    None => Value::NONE,
                });
            }
            let answer = vm.call(&self.0, &values)?;
            if is_int(&answer) { as_i32(vm, &answer) } else { Ok(DENY) }
        })();
        allowed.unwrap_or_else(|raised| {
            tell(vm, raised, &self.0);
            DENY
        })
    }
}

impl Progress for Callable {
    fn stops(&self, vm: Vm<'_>) -> bool {
        let answer = vm.call(&self.0, &[]).and_then(|answer| vm.is_true(&answer));
        answer.unwrap_or_else(|raised| {
            tell(vm, raised, &self.0);
            true
        })
    }
}

/// Who sees the statements: a function, and the longest text that it gets.
pub(super) struct Watcher {
    pub(super) callable: Value,
}

impl Trace for Watcher {
    fn see(&self, vm: Vm<'_>, sql: &[u8], filled: Option<&[u8]>) {
        let seen = match filled {
            Some(filled) => text_lossy(vm, filled),
            None => {
                let raised = vm.error(
                    &super::errors::DATA_ERROR,
                    "Expanded SQL string exceeds the maximum string length",
                );
                tell(vm, raised, &self.callable);
                Ok(PyStr::new_value(vm, &String::from_utf8_lossy(sql)))
            }
        };
        let seen = seen.and_then(|text| vm.call(&self.callable, &[text]));
        if let Err(raised) = seen {
            tell(vm, raised, &self.callable);
        }
    }
}
