//! The exceptions: signals, and the conditions that stand behind InvalidOperation.

use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy::{
    ARITHMETIC_ERROR, KEY_ERROR, TYPE_ERROR, ZERO_DIVISION_ERROR,
};
use objects::types::list::PyList;

use super::number::flag;

macro_rules! exceptions {
    ($($class:ident $spec:ident $name:literal: $($base:ident)*;)*) => {
        $(
            pub(super) static $class: StaticType = StaticType::inheriting();

            const $spec: TypeSpec = TypeSpec {
                name: concat!("decimal.", $name),
                base: exceptions!(@first $($base)*),
                bases: &[$(&$base),*],
                flags: spec_flags::BASETYPE,
                ..TypeSpec::DEFAULT
            };
        )*

        /// The exceptions, bases first.
        pub(super) const EXCEPTIONS: &[(&str, &StaticType, &TypeSpec)] =
            &[$(($name, &$class, &$spec)),*];
    };
    (@first $first:ident $($rest:ident)*) => { Some(&$first) };
}

exceptions! {
    DECIMAL_EXCEPTION DECIMAL_EXCEPTION_SPEC "DecimalException": ARITHMETIC_ERROR;
    CLAMPED CLAMPED_SPEC "Clamped": DECIMAL_EXCEPTION;
    ROUNDED ROUNDED_SPEC "Rounded": DECIMAL_EXCEPTION;
    INEXACT INEXACT_SPEC "Inexact": DECIMAL_EXCEPTION;
    SUBNORMAL SUBNORMAL_SPEC "Subnormal": DECIMAL_EXCEPTION;
    UNDERFLOW UNDERFLOW_SPEC "Underflow": INEXACT ROUNDED SUBNORMAL;
    OVERFLOW OVERFLOW_SPEC "Overflow": INEXACT ROUNDED;
    DIVISION_BY_ZERO DIVISION_BY_ZERO_SPEC "DivisionByZero": DECIMAL_EXCEPTION ZERO_DIVISION_ERROR;
    FLOAT_OPERATION FLOAT_OPERATION_SPEC "FloatOperation": DECIMAL_EXCEPTION TYPE_ERROR;
    INVALID_OPERATION INVALID_OPERATION_SPEC "InvalidOperation": DECIMAL_EXCEPTION;
    CONVERSION_SYNTAX CONVERSION_SYNTAX_SPEC "ConversionSyntax": INVALID_OPERATION;
    DIVISION_IMPOSSIBLE DIVISION_IMPOSSIBLE_SPEC "DivisionImpossible": INVALID_OPERATION;
    DIVISION_UNDEFINED DIVISION_UNDEFINED_SPEC "DivisionUndefined": INVALID_OPERATION ZERO_DIVISION_ERROR;
    INVALID_CONTEXT INVALID_CONTEXT_SPEC "InvalidContext": INVALID_OPERATION;
}

/// The signals in the order of signal dicts: class, bits, name.
pub(super) const SIGNALS: [(&StaticType, u32, &str); 9] = [
    (&INVALID_OPERATION, flag::ANY_INVALID, "InvalidOperation"),
    (&FLOAT_OPERATION, flag::FLOAT_OPERATION, "FloatOperation"),
    (&DIVISION_BY_ZERO, flag::DIVISION_BY_ZERO, "DivisionByZero"),
    (&OVERFLOW, flag::OVERFLOW, "Overflow"),
    (&UNDERFLOW, flag::UNDERFLOW, "Underflow"),
    (&SUBNORMAL, flag::SUBNORMAL, "Subnormal"),
    (&INEXACT, flag::INEXACT, "Inexact"),
    (&ROUNDED, flag::ROUNDED, "Rounded"),
    (&CLAMPED, flag::CLAMPED, "Clamped"),
];

/// The conditions behind InvalidOperation.
const CONDITIONS: [(&StaticType, u32); 5] = [
    (&INVALID_OPERATION, flag::INVALID_OPERATION),
    (&CONVERSION_SYNTAX, flag::CONVERSION_SYNTAX),
    (&DIVISION_IMPOSSIBLE, flag::DIVISION_IMPOSSIBLE),
    (&DIVISION_UNDEFINED, flag::DIVISION_UNDEFINED),
    (&INVALID_CONTEXT, flag::INVALID_CONTEXT),
];

/// The bits of a signal's class.
pub(super) fn bits_of(vm: Vm<'_>, class: &Value) -> PyResult<u32> {
    let found = SIGNALS.iter().find(|(known, _, _)| known.get().to_value().is(class));
    found.map(|(_, bits, _)| *bits).ok_or_else(|| {
        vm.error(
            &KEY_ERROR,
            "valid values for signals are:\n  [InvalidOperation, FloatOperation, DivisionByZero,\n   Overflow, Underflow, Subnormal, Inexact, Rounded,\n   Clamped]",
        )
    })
}

/// Which signals are set, whatever condition of InvalidOperation it is.
pub(super) fn visible(bits: u32) -> u32 {
    SIGNALS.iter().filter(|(_, flag, _)| bits & flag != 0).fold(0, |all, (_, flag, _)| all | flag)
}

/// Raises the first of the signals, with a list of all conditions.
#[cold]
pub(super) fn raise(vm: Vm<'_>, status: u32) -> Raised {
    let Some((class, _, _)) = SIGNALS.iter().find(|(_, flag, _)| status & flag != 0) else {
        return vm.system_error("invalid error flag");
    };
    let conditions = CONDITIONS.iter().map(|(class, flag)| (*class, *flag));
    let others = SIGNALS.iter().skip(1).map(|(class, flag, _)| (*class, *flag));
    let classes = conditions
        .chain(others)
        .filter(|(_, flag)| status & flag != 0)
        .map(|(class, _)| class.get().to_value())
        .collect();
    let list = PyList::new_value(vm, classes);
    match vm.call(&class.get().to_value(), &[list]) {
        Ok(error) => vm.raise(error),
        Err(raised) => raised,
    }
}
