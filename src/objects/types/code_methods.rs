//! `code` as Python sees it: its attributes and methods.

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use base::wstr::{WStr, WString};
use bytecode::CodeRef;
use bytecode::Opcode;
use bytecode::code_list::CodeList;
use bytecode::code_spec::{CodeSpec, local_kinds};
use bytecode::code_unit;
use bytecode::constant::Constant;
use bytecode::location_table::Location;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::PyType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::bytes::PyBytes;
use crate::types::code::{PyCode, locations};
use crate::types::list::PyList;
use crate::types::set;
use crate::types::slice::PySlice;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::types::{complex, float_, int};
use crate::{getset, methods};

/// The spec of `code`.
pub const CODE_SPEC: TypeSpec = TypeSpec {
    name: "code",
    flags: spec_flags::HAS_WEAKREF,
    doc: Some(
        "code(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, codestring, constants, names, varnames, filename, name, qualname, firstlineno, linetable, exceptiontable, freevars=(), cellvars=(), /)\n--\n\nCreate a code object.  Not for mere mortals.",
    ),
    slots: &[
        Slot::New(code_new),
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
    (spec.argcount, spec.flags, spec.firstlineno, &spec.linetable).hash(&mut hasher);
    spec.code.hash(&mut hasher);
    let hash = hasher.finish().cast_signed();
    Ok(if hash == -1 { -2 } else { hash })
}

fn code_compare(_vm: Vm<'_>, left: &Value, right: &Value, op: CompareOp) -> PyResult<Value> {
    let Some(right) = right.downcast::<PyCode>() else { return Ok(Value::NOT_IMPLEMENTED) };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (left, right) = (this(left).spec(), right.spec());
    // The file does not count.
    let equal = left.name == right.name
        && left.qualname == right.qualname
        && left.argcount == right.argcount
        && left.posonlyargcount == right.posonlyargcount
        && left.kwonlyargcount == right.kwonlyargcount
        && left.flags == right.flags
        && left.firstlineno == right.firstlineno
        && left.code == right.code
        && left.consts == right.consts
        && left.names == right.names
        && left.localsplusnames == right.localsplusnames
        && left.localspluskinds == right.localspluskinds
        && left.linetable == right.linetable
        && left.exceptiontable == right.exceptiontable;
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
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

// ---- making

fn uint(vm: Vm<'_>, value: &Value, what: &str) -> PyResult<u32> {
    let wide = crate::protocol::number::as_i64(vm, value)?;
    u32::try_from(wide)
        .map_err(|_| vm.value_error(format!("code: co_{what} must be a positive integer")))
}

fn string(vm: Vm<'_>, value: &Value, what: &str) -> PyResult<Arc<str>> {
    match value.downcast::<PyStr>() {
        Some(text) => Ok(text.to_rust_string().into()),
        None => Err(vm.type_error(format!("{what} must be str, not {}", value.class().name()))),
    }
}

fn strings(vm: Vm<'_>, value: &Value, what: &str) -> PyResult<Vec<Arc<str>>> {
    let Some(tuple) = value.downcast::<PyTuple>() else {
        return Err(vm.type_error(format!("{what} must be tuple, not {}", value.class().name())));
    };
    tuple
        .items()
        .iter()
        .map(|item| match item.downcast::<PyStr>() {
            Some(text) => Ok(text.to_rust_string().into()),
            None => Err(vm.type_error(format!(
                "name tuples must contain only strings, not '{}'",
                item.class().name()
            ))),
        })
        .collect()
}

fn bytes(vm: Vm<'_>, value: &Value, what: &str) -> PyResult<Box<[u8]>> {
    match value.downcast::<PyBytes>() {
        Some(bytes) => Ok(bytes.as_slice().into()),
        None => Err(vm.type_error(format!("{what} must be bytes, not {}", value.class().name()))),
    }
}

fn wide(text: &Py<PyStr>) -> WString {
    WStr::from_wtf8(&text.to_wtf8()).map(WStr::to_wstring).unwrap_or_default()
}

/// The constant that an object is, for the kinds that code objects keep.
fn constant(vm: Vm<'_>, value: &Value) -> PyResult<Constant> {
    let constants = |items: &[Value]| -> PyResult<Vec<Constant>> {
        items.iter().map(|item| constant(vm, item)).collect()
    };
    if value.is_none() {
        return Ok(Constant::None);
    }
    if let Some(truth) = value.as_bool() {
        return Ok(Constant::bool(truth));
    }
    if value.is(&Value::ELLIPSIS) {
        return Ok(Constant::Ellipsis);
    }
    if let Some(small) = value.as_small_int() {
        return Ok(Constant::Int(small));
    }
    if let Some(code) = value.downcast::<PyCode>() {
        return Ok(Constant::Code(code.shared_spec().clone()));
    }
    if let Some(text) = value.downcast::<PyStr>() {
        return Ok(Constant::Str(Arc::new(wide(text))));
    }
    if let Some(tuple) = value.downcast::<PyTuple>() {
        return Ok(Constant::Tuple(constants(tuple.items())?.into()));
    }
    if let Some(bytes) = value.downcast::<PyBytes>() {
        return Ok(Constant::Bytes(bytes.as_slice().into()));
    }
    if let Some(slice) = value.downcast::<PySlice>() {
        let parts =
            [constant(vm, &slice.start)?, constant(vm, &slice.stop)?, constant(vm, &slice.step)?];
        return Ok(Constant::Slice(Arc::new(parts)));
    }
    if let Some(float) = float_::as_f64(value) {
        return Ok(Constant::Float(float));
    }
    if let Some(number) = complex::as_complex(value) {
        return Ok(Constant::Complex(number.re, number.im));
    }
    if let Some(big) = int::as_bigint(value) {
        return Ok(Constant::BigInt(Arc::new(big.into_owned())));
    }
    if set::is_any_set(value) {
        return Ok(Constant::FrozenSet(constants(&vm.collect(value)?)?.into()));
    }
    Err(vm.type_error(format!(
        "a code object cannot keep a constant of type '{}'",
        value.class().name()
    )))
}

struct Names {
    variables: Vec<Arc<str>>,
    cells: Vec<Arc<str>>,
    free: Vec<Arc<str>>,
}

/// Puts the three kinds of names into one list, as the compiler does: variables, cells that are no variables, free ones.
#[expect(clippy::needless_pass_by_value, reason = "a list of names is given away")]
fn set_names(spec: &mut CodeSpec, names: Names) {
    let arguments = (spec.argcount + spec.kwonlyargcount) as usize;
    let mut all = Vec::new();
    let mut kinds = Vec::new();
    for (index, name) in names.variables.iter().enumerate() {
        let mut kind = local_kinds::LOCAL;
        if names.cells.contains(name) {
            kind |= local_kinds::CELL;
        }
        if index < spec.argcount as usize {
            kind |= local_kinds::ARG_POS;
        } else if index < arguments {
            kind |= local_kinds::ARG_KW;
        }
        all.push(Arc::clone(name));
        kinds.push(kind);
    }
    for name in &names.cells {
        if !names.variables.contains(name) {
            all.push(Arc::clone(name));
            kinds.push(local_kinds::CELL);
        }
    }
    for name in &names.free {
        all.push(Arc::clone(name));
        kinds.push(local_kinds::FREE);
    }
    spec.localsplusnames = all.into();
    spec.localspluskinds = kinds.into();
}

fn code_units(vm: Vm<'_>, value: &Value) -> PyResult<Box<[code_unit::CodeUnit]>> {
    let code = bytes(vm, value, "co_code")?;
    match code_unit::from_bytes(&code) {
        Some(units) if !units.is_empty() => Ok(units.into()),
        _ => Err(vm.value_error("code: co_code is malformed")),
    }
}

fn filename_of(vm: Vm<'_>, value: &Value) -> PyResult<Arc<WString>> {
    match value.downcast::<PyStr>() {
        Some(text) => Ok(Arc::new(wide(text))),
        None => Err(
            vm.type_error(format!("code() argument 11 must be str, not {}", value.class().name()))
        ),
    }
}

fn constants_of(vm: Vm<'_>, value: &Value) -> PyResult<Box<[Constant]>> {
    let Some(tuple) = value.downcast::<PyTuple>() else {
        return Err(vm.type_error(format!("co_consts must be tuple, not {}", value.class().name())));
    };
    tuple.items().iter().map(|item| constant(vm, item)).collect()
}

fn line_of(vm: Vm<'_>, value: &Value) -> PyResult<i32> {
    crate::protocol::number::as_i32(vm, value)
}

fn replace(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    if !args.positional().is_empty() {
        return Err(vm.type_error(format!(
            "replace() takes exactly 0 positional arguments ({} given)",
            args.positional().len()
        )));
    }
    let mut spec = this(value).spec().clone();
    let owned = |names: &mut dyn Iterator<Item = &Arc<str>>| names.cloned().collect::<Vec<_>>();
    let mut names = Names {
        variables: owned(&mut spec.varnames()),
        cells: owned(&mut spec.cellvars()),
        free: owned(&mut spec.freevars()),
    };
    let mut names_changed = false;
    for (key, value) in args.keywords() {
        let key = vm.str(key)?.to_rust_string();
        match key.as_str() {
            "co_argcount" => spec.argcount = uint(vm, value, "argcount")?,
            "co_posonlyargcount" => spec.posonlyargcount = uint(vm, value, "posonlyargcount")?,
            "co_kwonlyargcount" => spec.kwonlyargcount = uint(vm, value, "kwonlyargcount")?,
            "co_nlocals" => {}
            "co_stacksize" => spec.stacksize = uint(vm, value, "stacksize")?,
            "co_flags" => spec.flags = uint(vm, value, "flags")?,
            "co_firstlineno" => spec.firstlineno = line_of(vm, value)?,
            "co_code" => spec.code = code_units(vm, value)?,
            "co_consts" => spec.consts = constants_of(vm, value)?.into(),
            "co_names" => spec.names = strings(vm, value, "co_names")?.into(),
            "co_varnames" => {
                names.variables = strings(vm, value, "co_varnames")?;
                names_changed = true;
            }
            "co_freevars" => {
                names.free = strings(vm, value, "co_freevars")?;
                names_changed = true;
            }
            "co_cellvars" => {
                names.cells = strings(vm, value, "co_cellvars")?;
                names_changed = true;
            }
            "co_filename" => spec.filename = filename_of(vm, value)?,
            "co_name" => spec.name = string(vm, value, "replace() argument 'co_name'")?,
            "co_qualname" => spec.qualname = string(vm, value, "replace() argument 'co_qualname'")?,
            "co_linetable" => spec.linetable = bytes(vm, value, "co_linetable")?.into_vec().into(),
            "co_exceptiontable" => {
                spec.exceptiontable = bytes(vm, value, "co_exceptiontable")?.into_vec().into();
            }
            other => {
                return Err(vm.type_error(format!(
                    "replace() got an unexpected keyword argument '{other}'"
                )));
            }
        }
    }
    if names_changed {
        set_names(&mut spec, names);
    }
    finish(vm, spec)
}

fn finish(vm: Vm<'_>, spec: CodeSpec) -> PyResult<Value> {
    if spec.posonlyargcount > spec.argcount {
        return Err(vm.value_error("code: posonlyargcount must not exceed argcount"));
    }
    if (spec.argcount + spec.kwonlyargcount) as usize > spec.nlocals() {
        return Err(vm.value_error("code: varnames is too small"));
    }
    Ok(PyCode::new(vm, &CodeRef::new(spec)).into_value())
}

fn code_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let values = args.exactly(vm, "code", 16, 18)?;
    let mut spec = CodeSpec {
        argcount: uint(vm, &values[0], "argcount")?,
        posonlyargcount: uint(vm, &values[1], "posonlyargcount")?,
        kwonlyargcount: uint(vm, &values[2], "kwonlyargcount")?,
        stacksize: uint(vm, &values[4], "stacksize")?,
        flags: uint(vm, &values[5], "flags")?,
        code: code_units(vm, &values[6])?,
        consts: constants_of(vm, &values[7])?.into(),
        names: strings(vm, &values[8], "names")?.into(),
        localsplusnames: CodeList::default(),
        localspluskinds: Cow::default(),
        filename: filename_of(vm, &values[10])?,
        name: string(vm, &values[11], "code() argument 12")?,
        qualname: string(vm, &values[12], "code() argument 13")?,
        firstlineno: line_of(vm, &values[13])?,
        linetable: bytes(vm, &values[14], "linetable")?.into_vec().into(),
        exceptiontable: bytes(vm, &values[15], "exceptiontable")?.into_vec().into(),
    };
    let list = |index: usize, what: &str| match values.get(index) {
        Some(value) => strings(vm, value, what),
        None => Ok(Vec::new()),
    };
    let names = Names {
        variables: list(9, "varnames")?,
        free: list(16, "freevars")?,
        cells: list(17, "cellvars")?,
    };
    set_names(&mut spec, names);
    finish(vm, spec)
}
