//! `code` as Python sees it: its attributes and methods.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bytecode::Opcode;
use bytecode::code_spec::CodeSpec;
use bytecode::code_unit;
use bytecode::constant::Constant;
use bytecode::location_table::Location;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::bytes::PyBytes;
use crate::types::code::{PyCode, locations};
use crate::types::code_making::{self, FIELD_COUNT};
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods};

/// What a code object is made of, in the order of the constructor's arguments.
const FIELDS: [fn(Vm<'_>, &Value) -> PyResult<Value>; FIELD_COUNT] = [
    argcount,
    posonlyargcount,
    kwonlyargcount,
    nlocals,
    stacksize,
    flags,
    code_bytes,
    consts,
    names,
    varnames,
    filename,
    name,
    qualname,
    firstlineno,
    linetable,
    exceptiontable,
    freevars,
    cellvars,
];

/// The spec of `code`.
pub const CODE_SPEC: TypeSpec = TypeSpec {
    name: "code",
    flags: spec_flags::HAS_WEAKREF,
    doc: Some(
        "code(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, codestring, constants, names, varnames, filename, name, qualname, firstlineno, linetable, exceptiontable, freevars=(), cellvars=(), /)\n--\n\nCreate a code object.  Not for mere mortals.",
    ),
    slots: &[
        Slot::New(code_making::new),
        Slot::Repr(code_repr),
        Slot::Hash(code_hash),
        Slot::Richcompare(code_compare),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return a copy of the code object with new values for the specified fields.
    ["replace"] "($self, /, **changes)" Any(replace);
    /// The same as replace().
    ["__replace__"] "($self, /, **changes)" Any(replace);
    ["co_lines"] "($self, /)" None(lines);
    ["co_positions"] "($self, /)" None(positions);
    ["co_branches"] "($self, /)" None(branches);
    /// (internal-only) Return the local variable name for the given oparg.
    ///
    /// WARNING: this method is for internal use only and may change or go away.
    ["_varname_from_oparg"] "($self, /, oparg)" One(varname_from_oparg);
    ["__sizeof__"] "($self, /)" None(size);
}

getset! { GETSET:
    member ["co_argcount"] argcount;
    member ["co_posonlyargcount"] posonlyargcount;
    member ["co_kwonlyargcount"] kwonlyargcount;
    member ["co_stacksize"] stacksize;
    member ["co_flags"] flags;
    member ["co_names"] names;
    member ["co_filename"] filename;
    member ["co_name"] name;
    member ["co_qualname"] qualname;
    member ["co_linetable"] linetable;
    member ["co_exceptiontable"] exceptiontable;
    member ["co_nlocals"] nlocals;
    ["co_varnames"] varnames;
    ["co_cellvars"] cellvars;
    ["co_freevars"] freevars;
    ["co_code"] code_bytes;
    ["_co_code_adaptive"] adaptive_code;
    member ["co_consts"] consts;
    member ["co_firstlineno"] firstlineno;
    ["co_lnotab"] lnotab;
}

fn replace(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let mut fields: [Value; FIELD_COUNT] = std::array::from_fn(|_| Value::NONE);
    for (field, get) in fields.iter_mut().zip(FIELDS) {
        *field = get(vm, value)?;
    }
    code_making::replace(vm, fields, args)
}

fn this(value: &Value) -> &Py<PyCode> {
    value.receiver::<PyCode>()
}

fn number(value: u32) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(value)))
}

fn text_tuple<'n>(vm: Vm<'_>, names: impl Iterator<Item = &'n Arc<str>>) -> PyResult<Value> {
    let names: Vec<Value> = names.map(|name| vm.intern(name).into_value()).collect();
    Ok(PyTuple::try_from_vec(vm, names)?.into_value())
}

fn argcount(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    number(this(value).spec().argcount)
}

fn posonlyargcount(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    number(this(value).spec().posonlyargcount)
}

fn kwonlyargcount(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    number(this(value).spec().kwonlyargcount)
}

fn stacksize(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    number(this(value).spec().stacksize)
}

fn flags(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    number(this(value).spec().flags)
}

fn names(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    text_tuple(vm, this(value).spec().names.iter())
}

fn filename(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).filename.to_value())
}

fn name(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).name.to_value())
}

fn qualname(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).qualname.to_value())
}

fn linetable(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &this(value).spec().linetable)
}

fn exceptiontable(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &this(value).spec().exceptiontable)
}

fn nlocals(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(this(value).spec().nlocals()))
}

fn varnames(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    text_tuple(vm, this(value).spec().varnames())
}

fn cellvars(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    text_tuple(vm, this(value).spec().cellvars())
}

fn freevars(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    text_tuple(vm, this(value).spec().freevars())
}

fn code_bytes(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &this(value).code_bytes())
}

fn adaptive_code(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let units = this(value).adaptive_code();
    PyBytes::try_new_value(vm, &code_unit::to_bytes(&units))
}

fn consts(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let code = this(value);
    let items = (0..code.constant_count()).map(|index| code.constant(vm, index).clone()).collect();
    Ok(PyTuple::try_from_vec(vm, items)?.into_value())
}

fn firstlineno(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(this(value).spec().firstlineno)))
}

/// `co_lnotab`: the old line table, derived from the new one.
fn lnotab(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.warn(
        &crate::types::exceptions::hierarchy::DEPRECATION_WARNING,
        "co_lnotab is deprecated, use co_lines instead.",
        1,
    )?;
    let spec = this(value).spec();
    let mut table = Vec::new();
    let (mut line, mut start) = (spec.firstlineno, 0);
    for (first, _, location) in locations(spec) {
        if location.line < 0 || location.line == line {
            continue;
        }
        let (mut bytes, mut delta) = (first * 2 - start, location.line - line);
        while bytes > 255 {
            table.extend([255, 0]);
            bytes -= 255;
        }
        while !(-128..=127).contains(&delta) {
            let step = delta.clamp(-128, 127);
            table.extend([
                u8::try_from(bytes).unwrap_or(0),
                i8::try_from(step).unwrap_or(0).cast_unsigned(),
            ]);
            bytes = 0;
            delta -= step;
        }
        table.extend([
            u8::try_from(bytes).unwrap_or(0),
            i8::try_from(delta).unwrap_or(0).cast_unsigned(),
        ]);
        line = location.line;
        start = first * 2;
    }
    PyBytes::try_new_value(vm, &table)
}

fn code_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let code = this(value);
    let line = code.spec().firstlineno;
    let line = if line == 0 { -1 } else { line };
    let text = format!(
        "<code object {} at {:#x}, file \"{}\", line {line}>",
        code.name.to_rust_string(),
        value.id(),
        code.filename.to_rust_string()
    );
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn code_hash(_vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let spec = this(value).spec();
    let mut hasher = DefaultHasher::new();
    (&spec.name, &spec.consts, &spec.names, &spec.localsplusnames).hash(&mut hasher);
    (spec.argcount, spec.posonlyargcount, spec.kwonlyargcount).hash(&mut hasher);
    (spec.flags, spec.firstlineno, &spec.linetable).hash(&mut hasher);
    spec.code.hash(&mut hasher);
    let hash = hasher.finish().cast_signed();
    Ok(if hash == -1 { -2 } else { hash })
}

fn code_compare(vm: Vm<'_>, left: &Value, right: &Value, op: CompareOp) -> PyResult<Value> {
    let Some(right) = right.downcast::<PyCode>() else { return Ok(Value::NOT_IMPLEMENTED) };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = code_equal(vm, this(left), right)?;
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn code_equal(vm: Vm<'_>, left: &Py<PyCode>, right: &Py<PyCode>) -> PyResult<bool> {
    if left.has_foreign_constants() || right.has_foreign_constants() {
        return Ok(plain_equal(left.spec(), right.spec()) && constants_equal(vm, left, right)?);
    }
    Ok(spec_equal(left.spec(), right.spec()))
}

/// Whether code objects are equal whose constants are the compiler's.
fn spec_equal(left: &CodeSpec, right: &CodeSpec) -> bool {
    let pairs = || left.consts.iter().zip(right.consts.iter());
    plain_equal(left, right)
        && left.consts.len() == right.consts.len()
        && pairs().all(|pair| match pair {
            (Constant::Code(left), Constant::Code(right)) => spec_equal(left, right),
            (left, right) => left == right,
        })
}

/// Whether the constants are of the same types and equal.
fn constants_equal(vm: Vm<'_>, left: &Py<PyCode>, right: &Py<PyCode>) -> PyResult<bool> {
    if left.constant_count() != right.constant_count() {
        return Ok(false);
    }
    for index in 0..left.constant_count() {
        let pair = (left.constant(vm, index).clone(), right.constant(vm, index).clone());
        if pair.0.is(&pair.1) {
            continue;
        }
        if !pair.0.class().is(pair.1.class()) || !vm.equal(&pair.0, &pair.1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether all but the constants is equal: the file and the qualified name do not count.
fn plain_equal(left: &CodeSpec, right: &CodeSpec) -> bool {
    left.name == right.name
        && left.argcount == right.argcount
        && left.posonlyargcount == right.posonlyargcount
        && left.kwonlyargcount == right.kwonlyargcount
        && left.flags == right.flags
        && left.firstlineno == right.firstlineno
        && left.code == right.code
        && left.names == right.names
        && left.localsplusnames == right.localsplusnames
        && left.linetable == right.linetable
        && left.exceptiontable == right.exceptiontable
}

fn iterator(vm: Vm<'_>, rows: Vec<Value>) -> PyResult<Value> {
    vm.iter(&PyList::try_new_value(vm, rows)?)
}

fn optional(value: i32) -> Value {
    if value < 0 { Value::NONE } else { Value::small_int_unchecked(i64::from(value)) }
}

fn lines(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let mut rows: Vec<(usize, usize, i32)> = Vec::new();
    for (start, end, location) in locations(this(value).spec()) {
        match rows.last_mut() {
            Some(last) if last.2 == location.line => last.1 = end,
            _ => rows.push((start, end, location.line)),
        }
    }
    let rows = rows
        .into_iter()
        .map(|(start, end, line)| {
            let row = [Value::from_usize(start * 2), Value::from_usize(end * 2), optional(line)];
            PyTuple::new_value(vm, &row)
        })
        .collect();
    iterator(vm, rows)
}

fn positions(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let mut rows = Vec::new();
    for (start, end, Location { line, end_line, column, end_column }) in
        locations(this(value).spec())
    {
        let row = PyTuple::new_value(vm, &[line, end_line, column, end_column].map(optional));
        rows.extend(std::iter::repeat_n(row, end - start));
    }
    iterator(vm, rows)
}

/// `co_branches()`: (from, not taken, taken) of each branch, in bytes.
fn branches(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let mut rows = Vec::new();
    for instruction in code_unit::decode(&this(value).spec().code) {
        let family = instruction.opcode.family();
        let row = match family {
            Opcode::FOR_ITER => {
                let target = instruction.end + instruction.oparg as usize + 2;
                [instruction.index, instruction.end, target]
            }
            Opcode::POP_JUMP_IF_FALSE
            | Opcode::POP_JUMP_IF_TRUE
            | Opcode::POP_JUMP_IF_NONE
            | Opcode::POP_JUMP_IF_NOT_NONE => {
                // The fall-through side begins behind NOT_TAKEN.
                let target = instruction.end + instruction.oparg as usize;
                [instruction.index, instruction.end + 1, target]
            }
            Opcode::END_ASYNC_FOR => {
                let send = instruction.end.saturating_sub(instruction.oparg as usize);
                [send, send + 2, instruction.end]
            }
            _ => continue,
        };
        rows.push(PyTuple::new_value(vm, &row.map(|unit| Value::from_usize(unit * 2))));
    }
    iterator(vm, rows)
}

fn varname_from_oparg(vm: Vm<'_>, value: &Value, oparg: &Value) -> PyResult<Value> {
    let index = crate::protocol::number::as_index(vm, oparg)?;
    match usize::try_from(index).ok().and_then(|index| this(value).locals().get(index)) {
        Some(name) => Ok(name.to_value()),
        None => Err(vm.index_error("tuple index out of range")),
    }
}

fn size(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let spec = this(value).spec();
    Ok(Value::from_usize(size_of::<PyCode>() + size_of::<CodeSpec>() + spec.code.len() * 2))
}
