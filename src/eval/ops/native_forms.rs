//! Which of CPython's specialised forms a call of native code has, by how the callee takes its arguments. Only disassemblies ask.

use bytecode::Opcode;
use objects::core::object::Py;
use objects::core::signature;
use objects::core::type_object::PyType;
use objects::core::type_spec::{MethodDef, NativeFn, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::descriptors::PyMethodDescriptor;

/// The builtin classes, exceptions aside, that CPython calls without making a tuple of the arguments (`tp_vectorcall`).
const CALLED_DIRECTLY: [&str; 15] = [
    "bool",
    "dict",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "int",
    "list",
    "map",
    "range",
    "reversed",
    "set",
    "str",
    "tuple",
    "type",
];

/// How a native function takes its arguments.
enum Convention {
    None,
    One,
    Positional,
    Keywords,
    /// A tuple and a dict (`METH_VARARGS`).
    Packed,
}

fn convention(vm: Vm<'_>, def: &'static MethodDef) -> Convention {
    match def.function {
        NativeFn::None(_) => Convention::None,
        NativeFn::One(_) => Convention::One,
        NativeFn::Positional(_) => Convention::Positional,
        NativeFn::Any(_) if !signature::has_signature(def) => Convention::Packed,
        NativeFn::Any(_) => Convention::Keywords,
        NativeFn::Bound(_) => {
            let signature = signature::of(vm, def);
            let count = signature.parameters.len();
            match signature.parameters.first() {
                _ if signature.extra => Convention::Packed,
                None if !signature.rest => Convention::None,
                Some(only) if count == 1 && signature.positional_only == 1 => {
                    if only.default.is_none() { Convention::One } else { Convention::Positional }
                }
                _ if count == signature.positional_only => Convention::Positional,
                _ => Convention::Keywords,
            }
        }
    }
}

/// The form of a call of `callable` with `given` arguments, self among them if `has_self`.
pub(super) fn form(vm: Vm<'_>, callable: &Value, given: usize, has_self: bool) -> Opcode {
    if let Some(class) = callable.downcast::<PyType>() {
        return class_form(class, given);
    }
    if let Some(function) = callable.downcast::<PyBuiltinFunction>() {
        let isinstance = vm.interpreter().builtins.get_str(&vm.intern("isinstance"));
        if given == 2 && isinstance.is_some_and(|isinstance| isinstance.is(callable)) {
            return Opcode::CALL_ISINSTANCE;
        }
        return match convention(vm, function.def.0) {
            Convention::One if given == 1 => Opcode::CALL_BUILTIN_O,
            Convention::Positional => Opcode::CALL_BUILTIN_FAST,
            // Of functions, `max` and its like have no signature that could be written.
            Convention::Keywords | Convention::Packed => Opcode::CALL_BUILTIN_FAST_WITH_KEYWORDS,
            Convention::None | Convention::One => Opcode::CALL_NON_PY_GENERAL,
        };
    }
    if let Some(method) = callable.downcast::<PyMethodDescriptor>().filter(|_| has_self) {
        return match convention(vm, method.def.0) {
            Convention::None if given == 1 => Opcode::CALL_METHOD_DESCRIPTOR_NOARGS,
            Convention::One if given == 2 => Opcode::CALL_METHOD_DESCRIPTOR_O,
            Convention::Positional => Opcode::CALL_METHOD_DESCRIPTOR_FAST,
            Convention::Keywords => Opcode::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS,
            Convention::None | Convention::One | Convention::Packed => Opcode::CALL_NON_PY_GENERAL,
        };
    }
    Opcode::CALL_NON_PY_GENERAL
}

fn class_form(class: &Py<PyType>, given: usize) -> Opcode {
    if class.is_heap_type() {
        return Opcode::CALL_NON_PY_GENERAL;
    }
    let is_exception = class.has_flags(spec_flags::BASE_EXC_SUBCLASS);
    match class.name().as_str() {
        "str" if given == 1 => Opcode::CALL_STR_1,
        "tuple" if given == 1 => Opcode::CALL_TUPLE_1,
        name if is_exception || CALLED_DIRECTLY.contains(&name) => Opcode::CALL_BUILTIN_CLASS,
        _ => Opcode::CALL_NON_PY_GENERAL,
    }
}
