//! `_opcode`: what the opcode table says, for `opcode` and `dis`.

use bytecode::Opcode;
use bytecode::intrinsics::{Intrinsic1, Intrinsic2};
use bytecode::metadata::{Flow, flags, stack_effect as effect_of};
use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_opcode",
    doc: Some("Opcode support module."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Compute the stack effect of the opcode.
    ["stack_effect"] "($module, opcode, oparg=None, /, *, jump=None)" Bound(stack_effect);
    /// Return True if opcode is valid, False otherwise.
    ["is_valid"] "($module, /, opcode)" Bound(is_valid);
    /// Return True if the opcode uses its oparg, False otherwise.
    ["has_arg"] "($module, /, opcode)" Bound(has::<{ flags::ARG }>);
    /// Return True if the opcode accesses a constant, False otherwise.
    ["has_const"] "($module, /, opcode)" Bound(has::<{ flags::CONST }>);
    /// Return True if the opcode accesses an attribute by name, False otherwise.
    ["has_name"] "($module, /, opcode)" Bound(has::<{ flags::NAME }>);
    /// Return True if the opcode has a jump target, False otherwise.
    ["has_jump"] "($module, /, opcode)" Bound(has::<{ flags::JUMP }>);
    /// Return True if the opcode accesses a free variable, False otherwise.
    ["has_free"] "($module, /, opcode)" Bound(has::<{ flags::FREE }>);
    /// Return True if the opcode accesses a local variable, False otherwise.
    ["has_local"] "($module, /, opcode)" Bound(has::<{ flags::LOCAL }>);
    /// Return True if the opcode sets an exception handler, False otherwise.
    ["has_exc"] "($module, /, opcode)" Bound(has_exc);
    /// Return the specialization stats
    ["get_specialization_stats"] "($module, /)" None(nothing);
    /// Return array of symbols of binary ops.
    ["get_nb_ops"] "($module, /)" None(get_nb_ops);
    /// Return a list of names of the unary intrinsics.
    ["get_intrinsic1_descs"] "($module, /)" None(get_intrinsic1);
    /// Return a list of names of the binary intrinsics.
    ["get_intrinsic2_descs"] "($module, /)" None(get_intrinsic2);
    /// Return a list of special method names.
    ["get_special_method_names"] "($module, /)" None(get_special_methods);
    /// Return the executor object at offset in code if exists, None otherwise.
    ["get_executor"] "($module, /, code, offset)" Bound(get_executor);
}

/// Names and symbols, by the number that BINARY_OP bears.
#[rustfmt::skip]
const NB_OPS: &[(&str, &str)] = &[
    ("NB_ADD", "+"), ("NB_AND", "&"), ("NB_FLOOR_DIVIDE", "//"), ("NB_LSHIFT", "<<"), ("NB_MATRIX_MULTIPLY", "@"),
    ("NB_MULTIPLY", "*"), ("NB_REMAINDER", "%"), ("NB_OR", "|"), ("NB_POWER", "**"), ("NB_RSHIFT", ">>"),
    ("NB_SUBTRACT", "-"), ("NB_TRUE_DIVIDE", "/"), ("NB_XOR", "^"), ("NB_INPLACE_ADD", "+="), ("NB_INPLACE_AND", "&="),
    ("NB_INPLACE_FLOOR_DIVIDE", "//="), ("NB_INPLACE_LSHIFT", "<<="), ("NB_INPLACE_MATRIX_MULTIPLY", "@="),
    ("NB_INPLACE_MULTIPLY", "*="), ("NB_INPLACE_REMAINDER", "%="), ("NB_INPLACE_OR", "|="), ("NB_INPLACE_POWER", "**="),
    ("NB_INPLACE_RSHIFT", ">>="), ("NB_INPLACE_SUBTRACT", "-="), ("NB_INPLACE_TRUE_DIVIDE", "/="),
    ("NB_INPLACE_XOR", "^="), ("NB_SUBSCR", "[]"),
];

const SPECIAL_METHODS: &[&str] = &["__enter__", "__exit__", "__aenter__", "__aexit__"];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for name in ["ENABLE_SPECIALIZATION", "ENABLE_SPECIALIZATION_FT"] {
        module::add(vm, target, name, Value::small_int_unchecked(1));
    }
    Ok(())
}

/// The opcode that a number stands for, if it is one.
fn opcode(vm: Vm<'_>, value: &Value) -> PyResult<Option<Opcode>> {
    let number = number::as_i32(vm, value)?;
    Ok(u16::try_from(number).ok().and_then(Opcode::from_number))
}

fn stack_effect(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let opcode = opcode(vm, args.required(0))?;
    let oparg = match args.get_non_none(1) {
        Some(oparg) => number::as_i32(vm, oparg)?,
        None => 0,
    };
    let flow = match args.get_non_none(2) {
        None => None,
        Some(jump) if jump.is_true() => Some(Flow::Jump),
        Some(jump) if jump.is_false() => Some(Flow::Next),
        Some(_) => {
            return Err(vm.value_error("stack_effect: jump must be False, True or None"));
        }
    };
    let effect = opcode.and_then(|opcode| match flow {
        Some(flow) => effect_of(opcode, oparg, flow),
        // Without a direction the larger effect counts.
        None => effect_of(opcode, oparg, Flow::Next).max(effect_of(opcode, oparg, Flow::Jump)),
    });
    match effect {
        Some(effect) => Ok(Value::small_int_unchecked(i64::from(effect))),
        None => Err(vm.value_error("invalid opcode or oparg")),
    }
}

fn is_valid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    Ok(Value::from_bool(opcode(vm, args.required(0))?.is_some()))
}

fn has<const FLAG: u16>(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let opcode = opcode(vm, args.required(0))?;
    Ok(Value::from_bool(opcode.is_some_and(|opcode| opcode.has(FLAG))))
}

fn has_exc(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let opcode = opcode(vm, args.required(0))?;
    Ok(Value::from_bool(opcode.is_some_and(Opcode::is_block_push)))
}

fn nothing(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn texts(vm: Vm<'_>, names: impl Iterator<Item = &'static str>) -> Value {
    PyList::new_value(vm, names.map(|name| PyStr::new_value(vm, name)).collect())
}

fn get_nb_ops(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let pair = |&(name, symbol): &(&str, &str)| {
        PyTuple::new_value(vm, &[PyStr::new_value(vm, name), PyStr::new_value(vm, symbol)])
    };
    Ok(PyList::new_value(vm, NB_OPS.iter().map(pair).collect()))
}

fn get_intrinsic1(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(texts(vm, Intrinsic1::ALL.iter().map(|function| function.text())))
}

fn get_intrinsic2(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(texts(vm, Intrinsic2::ALL.iter().map(|function| function.text())))
}

fn get_special_methods(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(texts(vm, SPECIAL_METHODS.iter().copied()))
}

/// There is no tracing optimiser, as in CPython's default build.
fn get_executor(vm: Vm<'_>, _module: &Value, _args: &Bound<'_>) -> PyResult<Value> {
    Err(vm.runtime_error("Executors are not available in this build"))
}
