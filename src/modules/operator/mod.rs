//! `_operator`: the operators as functions.

mod getters;
mod method_caller;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::slots::CompareOp;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::buffer;
use objects::protocol::iterate::is_sequence;
use objects::protocol::number::{self, BinaryOp, UnaryOp};
use objects::types::str::PyStr;
use objects::types::{self, int, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_operator",
    doc: Some(
        "Operator interface.\n\nThis module exports a set of functions implemented in C corresponding\nto the intrinsic operators of Python.  For example, operator.add(x, y)\nis equivalent to the expression x+y.  The function names are those\nused for special methods; variants without leading and trailing\n'__' are also provided for convenience.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return True if a is true, False otherwise.
    ["truth"] "($module, a, /)" One(truth);
    /// Same as b in a (note reversed operands).
    ["contains"] "($module, a, b, /)" Positional(contains);
    /// Return the first index of b in a.
    ["indexOf"] "($module, a, b, /)" Positional(index_of);
    /// Return the number of items in a which are, or which equal, b.
    ["countOf"] "($module, a, b, /)" Positional(count_of);
    /// Same as a is b.
    ["is_"] "($module, a, b, /)" Positional(is_same);
    /// Same as a is not b.
    ["is_not"] "($module, a, b, /)" Positional(is_not);
    /// Same as a is None.
    ["is_none"] "($module, a, /)" One(is_none);
    /// Same as a is not None.
    ["is_not_none"] "($module, a, /)" One(is_not_none);
    /// Same as a.__index__()
    ["index"] "($module, a, /)" One(index);
    /// Same as a + b.
    ["add"] "($module, a, b, /)" Positional(add);
    /// Same as a - b.
    ["sub"] "($module, a, b, /)" Positional(sub);
    /// Same as a * b.
    ["mul"] "($module, a, b, /)" Positional(mul);
    /// Same as a @ b.
    ["matmul"] "($module, a, b, /)" Positional(matmul);
    /// Same as a // b.
    ["floordiv"] "($module, a, b, /)" Positional(floordiv);
    /// Same as a / b.
    ["truediv"] "($module, a, b, /)" Positional(truediv);
    /// Same as a % b.
    ["mod"] "($module, a, b, /)" Positional(modulo);
    /// Same as -a.
    ["neg"] "($module, a, /)" One(neg);
    /// Same as +a.
    ["pos"] "($module, a, /)" One(pos);
    /// Same as abs(a).
    ["abs"] "($module, a, /)" One(absolute);
    /// Same as ~a.
    ["inv"] "($module, a, /)" One(invert);
    /// Same as ~a.
    ["invert"] "($module, a, /)" One(invert);
    /// Same as a << b.
    ["lshift"] "($module, a, b, /)" Positional(lshift);
    /// Same as a >> b.
    ["rshift"] "($module, a, b, /)" Positional(rshift);
    /// Same as not a.
    ["not_"] "($module, a, /)" One(negation);
    /// Same as a & b.
    ["and_"] "($module, a, b, /)" Positional(bit_and);
    /// Same as a ^ b.
    ["xor"] "($module, a, b, /)" Positional(xor);
    /// Same as a | b.
    ["or_"] "($module, a, b, /)" Positional(bit_or);
    /// Same as a += b.
    ["iadd"] "($module, a, b, /)" Positional(iadd);
    /// Same as a -= b.
    ["isub"] "($module, a, b, /)" Positional(isub);
    /// Same as a *= b.
    ["imul"] "($module, a, b, /)" Positional(imul);
    /// Same as a @= b.
    ["imatmul"] "($module, a, b, /)" Positional(imatmul);
    /// Same as a //= b.
    ["ifloordiv"] "($module, a, b, /)" Positional(ifloordiv);
    /// Same as a /= b.
    ["itruediv"] "($module, a, b, /)" Positional(itruediv);
    /// Same as a %= b.
    ["imod"] "($module, a, b, /)" Positional(imod);
    /// Same as a <<= b.
    ["ilshift"] "($module, a, b, /)" Positional(ilshift);
    /// Same as a >>= b.
    ["irshift"] "($module, a, b, /)" Positional(irshift);
    /// Same as a &= b.
    ["iand"] "($module, a, b, /)" Positional(iand);
    /// Same as a ^= b.
    ["ixor"] "($module, a, b, /)" Positional(ixor);
    /// Same as a |= b.
    ["ior"] "($module, a, b, /)" Positional(ior);
    /// Same as a + b, for a and b sequences.
    ["concat"] "($module, a, b, /)" Positional(concat);
    /// Same as a += b, for a and b sequences.
    ["iconcat"] "($module, a, b, /)" Positional(iconcat);
    /// Same as a[b].
    ["getitem"] "($module, a, b, /)" Positional(getitem);
    /// Same as a[b] = c.
    ["setitem"] "($module, a, b, c, /)" Positional(setitem);
    /// Same as del a[b].
    ["delitem"] "($module, a, b, /)" Positional(delitem);
    /// Same as a ** b.
    ["pow"] "($module, a, b, /)" Positional(pow);
    /// Same as a **= b.
    ["ipow"] "($module, a, b, /)" Positional(ipow);
    /// Same as a == b.
    ["eq"] "($module, a, b, /)" Positional(eq);
    /// Same as a != b.
    ["ne"] "($module, a, b, /)" Positional(ne);
    /// Same as a < b.
    ["lt"] "($module, a, b, /)" Positional(lt);
    /// Same as a <= b.
    ["le"] "($module, a, b, /)" Positional(le);
    /// Same as a > b.
    ["gt"] "($module, a, b, /)" Positional(gt);
    /// Same as a >= b.
    ["ge"] "($module, a, b, /)" Positional(ge);
    /// Return 'a == b'.
    ///
    /// This function uses an approach designed to prevent
    /// timing analysis, making it appropriate for cryptography.
    ///
    /// a and b must both be of the same type: either str (ASCII only),
    /// or any bytes-like object.
    ///
    /// Note: If a and b are of different lengths, or if an error occurs,
    /// a timing attack could theoretically reveal information about the
    /// types and lengths of a and b--but not their values.
    ["_compare_digest"] "($module, a, b, /)" Positional(compare_digest);
    /// Return an estimate of the number of items in obj.
    ///
    /// This is useful for presizing containers when building from an iterable.
    ///
    /// If the object supports len(), the result will be exact.
    /// Otherwise, it may over- or under-estimate by an arbitrary amount.
    /// The result will be an integer >= 0.
    ["length_hint"] "($module, obj, default=0, /)" Positional(length_hint);
    /// Same as obj(*args, **kwargs).
    ["call"] "($module, obj, /, *args, **kwargs)" Any(call);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&getters::ITEM_GETTER, &getters::ITEM_GETTER_SPEC),
            (&getters::ATTR_GETTER, &getters::ATTR_GETTER_SPEC),
            (&method_caller::METHOD_CALLER, &method_caller::METHOD_CALLER_SPEC),
        ],
    )?;
    module::add(vm, this, "attrgetter", getters::ATTR_GETTER.get().to_value());
    module::add(vm, this, "itemgetter", getters::ITEM_GETTER.get().to_value());
    module::add(vm, this, "methodcaller", method_caller::METHOD_CALLER.get().to_value());
    Ok(())
}

fn pair<'v>(vm: Vm<'_>, name: &str, args: &'v [Value]) -> PyResult<(&'v Value, &'v Value)> {
    check_count(vm, name, args.len(), 2, 2)?;
    Ok((&args[0], &args[1]))
}

macro_rules! binary {
    ($($name:ident $text:literal $op:ident;)*) => {$(
        fn $name(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
            let (a, b) = pair(vm, $text, args)?;
            number::binary(vm, BinaryOp::$op, a, b)
        }
    )*};
}

macro_rules! inplace {
    ($($name:ident $text:literal $op:ident;)*) => {$(
        fn $name(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
            let (a, b) = pair(vm, $text, args)?;
            number::inplace(vm, BinaryOp::$op, a, b)
        }
    )*};
}

macro_rules! comparison {
    ($($name:ident $text:literal $op:ident;)*) => {$(
        fn $name(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
            let (a, b) = pair(vm, $text, args)?;
            vm.rich_compare(a, b, CompareOp::$op)
        }
    )*};
}

macro_rules! unary {
    ($($name:ident $op:ident;)*) => {$(
        fn $name(vm: Vm<'_>, _module: &Value, a: &Value) -> PyResult<Value> {
            number::unary(vm, UnaryOp::$op, a)
        }
    )*};
}

binary! {
    add "add" Add;
    sub "sub" Subtract;
    mul "mul" Multiply;
    matmul "matmul" MatrixMultiply;
    floordiv "floordiv" FloorDivide;
    truediv "truediv" TrueDivide;
    modulo "mod" Remainder;
    lshift "lshift" LeftShift;
    rshift "rshift" RightShift;
    bit_and "and_" And;
    xor "xor" Xor;
    bit_or "or_" Or;
}

inplace! {
    iadd "iadd" Add;
    isub "isub" Subtract;
    imul "imul" Multiply;
    imatmul "imatmul" MatrixMultiply;
    ifloordiv "ifloordiv" FloorDivide;
    itruediv "itruediv" TrueDivide;
    imod "imod" Remainder;
    ilshift "ilshift" LeftShift;
    irshift "irshift" RightShift;
    iand "iand" And;
    ixor "ixor" Xor;
    ior "ior" Or;
    ipow "ipow" Power;
}

comparison! {
    eq "eq" Eq;
    ne "ne" Ne;
    lt "lt" Lt;
    le "le" Le;
    gt "gt" Gt;
    ge "ge" Ge;
}

unary! {
    neg Negative;
    pos Positive;
    invert Invert;
    absolute Absolute;
}

fn pow(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "pow", args)?;
    number::power(vm, a, b, &Value::NONE)
}

fn truth(vm: Vm<'_>, _module: &Value, a: &Value) -> PyResult<Value> {
    vm.is_true(a).map(Value::from_bool)
}

fn negation(vm: Vm<'_>, _module: &Value, a: &Value) -> PyResult<Value> {
    vm.is_true(a).map(|truth| Value::from_bool(!truth))
}

fn is_same(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "is_", args)?;
    Ok(Value::from_bool(a.is(b)))
}

fn is_not(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "is_not", args)?;
    Ok(Value::from_bool(!a.is(b)))
}

fn is_none(_vm: Vm<'_>, _module: &Value, a: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(a.is_none()))
}

fn is_not_none(_vm: Vm<'_>, _module: &Value, a: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(!a.is_none()))
}

fn index(vm: Vm<'_>, _module: &Value, a: &Value) -> PyResult<Value> {
    number::index(vm, a)
}

fn contains(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "contains", args)?;
    vm.contains(a, b).map(Value::from_bool)
}

/// The items of `a`, with the words that a search has for what is not iterable.
fn searched(vm: Vm<'_>, a: &Value) -> PyResult<Value> {
    vm.iter(a).map_err(|raised| {
        if !vm.raised_is(&raised, &types::exceptions::hierarchy::TYPE_ERROR) {
            return raised;
        }
        vm.clear(raised);
        vm.type_error(format!("argument of type '{}' is not iterable", a.class().name()))
    })
}

fn index_of(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "indexOf", args)?;
    let items = searched(vm, a)?;
    let mut position = 0_usize;
    while let Some(item) = vm.next(&items)? {
        if item.is(b) || vm.equal(&item, b)? {
            return Ok(Value::from_usize(position));
        }
        position += 1;
        vm.poll()?;
    }
    Err(vm.value_error("sequence.index(x): x not in sequence"))
}

fn count_of(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "countOf", args)?;
    let items = searched(vm, a)?;
    let mut count = 0_usize;
    while let Some(item) = vm.next(&items)? {
        count += usize::from(item.is(b) || vm.equal(&item, b)?);
        vm.poll()?;
    }
    Ok(Value::from_usize(count))
}

fn not_concatenable(vm: Vm<'_>, a: &Value) -> PyResult<Value> {
    Err(vm.type_error(format!("'{}' object can't be concatenated", a.class().name())))
}

fn concat(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "concat", args)?;
    if let Some(function) = a.class().slots.sq_concat.get() {
        return function(vm, a, b);
    }
    if is_sequence(a) && is_sequence(b) && a.class().slots.nb_add.get().is_some() {
        return number::binary(vm, BinaryOp::Add, a, b);
    }
    not_concatenable(vm, a)
}

fn iconcat(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "iconcat", args)?;
    let slots = &a.class().slots;
    if let Some(function) = slots.sq_inplace_concat.get().or(slots.sq_concat.get()) {
        return function(vm, a, b);
    }
    if is_sequence(a) && is_sequence(b) {
        return number::inplace(vm, BinaryOp::Add, a, b);
    }
    not_concatenable(vm, a)
}

fn getitem(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "getitem", args)?;
    vm.get_item(a, b)
}

fn setitem(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "setitem", args.len(), 3, 3)?;
    vm.set_item(&args[0], &args[1], &args[2])?;
    Ok(Value::NONE)
}

fn delitem(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "delitem", args)?;
    vm.del_item(a, b)?;
    Ok(Value::NONE)
}

/// Compares all of `b` with something of its own length, so that the time tells only that length.
fn digests_match(a: &[u8], b: &[u8]) -> bool {
    let same_length = a.len() == b.len();
    let left = if same_length { a } else { b };
    let difference = left
        .iter()
        .zip(b)
        .fold(u8::from(!same_length), |bits, (x, y)| std::hint::black_box(bits | (x ^ y)));
    difference == 0
}

pub(crate) fn compare_digest(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (a, b) = pair(vm, "_compare_digest", args)?;
    if let (Some(left), Some(right)) = (a.downcast::<PyStr>(), b.downcast::<PyStr>()) {
        let (Some(left), Some(right)) = (left.as_ascii(), right.as_ascii()) else {
            return Err(
                vm.type_error("comparing strings with non-ASCII characters is not supported")
            );
        };
        return Ok(Value::from_bool(digests_match(left.as_bytes(), right.as_bytes())));
    }
    if !buffer::has_buffer(a) && !buffer::has_buffer(b) {
        return Err(vm.type_error(format!(
            "unsupported operand types(s) or combination of types: '{}' and '{}'",
            a.class().name(),
            b.class().name()
        )));
    }
    let left = buffer::bytes_like(vm, a)?.to_vec();
    let right = buffer::bytes_like(vm, b)?;
    Ok(Value::from_bool(right.with(|right| digests_match(&left, right))))
}

fn length_hint(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "length_hint", args.len(), 1, 2)?;
    let default = args.get(1).map_or(Ok(0), |default| number::as_isize(vm, default))?;
    let hint = vm.length_hint(&args[0], usize::MAX)?;
    Ok(if hint == usize::MAX {
        int::from_i64(vm, i64::try_from(default).unwrap_or_default())
    } else {
        Value::from_usize(hint)
    })
}

fn call(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    match args.split_first() {
        Some((function, rest)) => vm.call_with(function, rest),
        None => Err(vm.type_error("call expected at least 1 argument, got 0")),
    }
}
