//! The exceptions, and which of them an error of the library becomes.

use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;
use objects::types::str::PyStr;

use super::constants;
use super::raw::Db;

macro_rules! exceptions {
    ($($class:ident $spec:ident $name:literal $qualified:literal $base:expr;)*) => {
        $(
            /// An exception of the module.
            pub(super) static $class: StaticType = StaticType::inheriting();
            const $spec: TypeSpec = TypeSpec {
                name: $qualified,
                base: Some($base),
                flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
                ..TypeSpec::DEFAULT
            };
        )*

        /// Every exception with its name.
        pub(super) static EXCEPTIONS: &[(&str, &StaticType)] = &[$(($name, &$class),)*];

        /// Makes the exceptions and adds them.
        pub(super) fn add(vm: Vm<'_>, target: &Value) -> PyResult<()> {
            $(
                objects::types::ready(vm, &$class, &$spec)?;
                module::add(vm, target, $name, $class.get().to_value());
            )*
            Ok(())
        }
    };
}

exceptions! {
    WARNING WARNING_SPEC "Warning" "sqlite3.Warning" &exc::EXCEPTION;
    ERROR ERROR_SPEC "Error" "sqlite3.Error" &exc::EXCEPTION;
    INTERFACE_ERROR INTERFACE_ERROR_SPEC "InterfaceError" "sqlite3.InterfaceError" &ERROR;
    DATABASE_ERROR DATABASE_ERROR_SPEC "DatabaseError" "sqlite3.DatabaseError" &ERROR;
    DATA_ERROR DATA_ERROR_SPEC "DataError" "sqlite3.DataError" &DATABASE_ERROR;
    OPERATIONAL_ERROR OPERATIONAL_ERROR_SPEC "OperationalError" "sqlite3.OperationalError" &DATABASE_ERROR;
    INTEGRITY_ERROR INTEGRITY_ERROR_SPEC "IntegrityError" "sqlite3.IntegrityError" &DATABASE_ERROR;
    INTERNAL_ERROR INTERNAL_ERROR_SPEC "InternalError" "sqlite3.InternalError" &DATABASE_ERROR;
    PROGRAMMING_ERROR PROGRAMMING_ERROR_SPEC "ProgrammingError" "sqlite3.ProgrammingError" &DATABASE_ERROR;
    NOT_SUPPORTED_ERROR NOT_SUPPORTED_ERROR_SPEC "NotSupportedError" "sqlite3.NotSupportedError" &DATABASE_ERROR;
}

/// The class of a code; None where memory ran out.
fn class_of(code: i32) -> Option<&'static StaticType> {
    Some(match code & 0xff {
        2 | 12 => &INTERNAL_ERROR,
        7 => return None,
        1 | 3..=6 | 8..=10 | 13..=17 => &OPERATIONAL_ERROR,
        18 => &DATA_ERROR,
        19 | 20 => &INTEGRITY_ERROR,
        21 | 25 => &INTERFACE_ERROR,
        _ => &DATABASE_ERROR,
    })
}

/// An error with the library's text, code and the code's name.
fn raise(vm: Vm<'_>, class: &'static StaticType, code: i32, text: &[u8]) -> Raised {
    let raised = vm.error(class, String::from_utf8_lossy(text));
    let error = vm.take(raised);
    let name = constants::error_name(code).unwrap_or("unknown");
    let attributes = [
        ("sqlite_errorcode", Value::small_int_unchecked(i64::from(code))),
        ("sqlite_errorname", PyStr::new_value(vm, name)),
    ];
    for (name, value) in attributes {
        if let Err(raised) = vm.set_attr(&error, &vm.intern(name), Some(&value)) {
            return raised;
        }
    }
    vm.restore(error)
}

/// The error that a call on the database ended with.
pub(super) fn of_database(vm: Vm<'_>, db: &Db) -> Raised {
    match class_of(db.error_code()) {
        None => vm.memory_error(),
        Some(class) => raise(vm, class, db.extended_error_code(), &db.error_message()),
    }
}

/// The error of a code that a call answered, where the database knows nothing of it.
pub(super) fn of_code(vm: Vm<'_>, code: i32) -> Raised {
    match class_of(code) {
        None => vm.memory_error(),
        Some(class) => raise(vm, class, code, &super::raw::explanation(code)),
    }
}
