//! Making code objects out of their parts: `code()`, `code.replace()`, and what is read from bytes.

use std::sync::Arc;

use base::wstr::{WStr, WString};
use bytecode::CodeRef;
use bytecode::code_spec::{CodeSpec, code_flags, local_kinds};
use bytecode::code_unit;
use bytecode::constant::Constant;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;
use crate::types::bytes::PyBytes;
use crate::types::code::PyCode;
use crate::types::slice::PySlice;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::types::{complex, float_, int, set};

/// How many parts a code object is made of.
pub(super) const FIELD_COUNT: usize = 18;

/// What kind of object a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Int,
    Bytes,
    Tuple,
    Str,
}

/// The attributes that the parts become, in the order of the constructor's arguments.
const FIELDS: [(&str, Kind); FIELD_COUNT] = [
    ("co_argcount", Kind::Int),
    ("co_posonlyargcount", Kind::Int),
    ("co_kwonlyargcount", Kind::Int),
    ("co_nlocals", Kind::Int),
    ("co_stacksize", Kind::Int),
    ("co_flags", Kind::Int),
    ("co_code", Kind::Bytes),
    ("co_consts", Kind::Tuple),
    ("co_names", Kind::Tuple),
    ("co_varnames", Kind::Tuple),
    ("co_filename", Kind::Str),
    ("co_name", Kind::Str),
    ("co_qualname", Kind::Str),
    ("co_firstlineno", Kind::Int),
    ("co_linetable", Kind::Bytes),
    ("co_exceptiontable", Kind::Bytes),
    ("co_freevars", Kind::Tuple),
    ("co_cellvars", Kind::Tuple),
];

/// The numbers of parts.
mod field {
    pub(super) const NLOCALS: usize = 3;
    pub(super) const FLAGS: usize = 5;
    pub(super) const CODE: usize = 6;
    pub(super) const CONSTS: usize = 7;
    pub(super) const NAMES: usize = 8;
    pub(super) const VARNAMES: usize = 9;
    pub(super) const FILENAME: usize = 10;
    pub(super) const NAME: usize = 11;
    pub(super) const QUALNAME: usize = 12;
    pub(super) const FIRSTLINENO: usize = 13;
    pub(super) const LINETABLE: usize = 14;
    pub(super) const EXCEPTIONTABLE: usize = 15;
    pub(super) const FREEVARS: usize = 16;
    pub(super) const CELLVARS: usize = 17;
}

/// Checks the kind of a part, which a message calls `shown`.
fn check(vm: Vm<'_>, kind: Kind, value: &Value, shown: impl Fn() -> String) -> PyResult<()> {
    let wanted = match kind {
        Kind::Int => return number::as_i32(vm, value).map(|_| ()),
        Kind::Bytes if value.downcast::<PyBytes>().is_none() => "bytes",
        Kind::Tuple if value.downcast::<PyTuple>().is_none() => "tuple",
        Kind::Str if value.downcast::<PyStr>().is_none() => "str",
        _ => return Ok(()),
    };
    let got = if value.is_none() { "None".to_owned() } else { value.class().name() };
    Err(vm.type_error(format!("{} must be {wanted}, not {got}", shown())))
}

/// `code.replace()`: a code object of `fields`, those of the receiver, with the changes that `args` has.
pub(super) fn replace(
    vm: Vm<'_>,
    mut fields: [Value; FIELD_COUNT],
    args: Args<'_>,
) -> PyResult<Value> {
    if !args.positional().is_empty() {
        return Err(vm.type_error("replace() takes no positional arguments"));
    }
    for (key, value) in args.keywords() {
        let key = vm.str(key)?.to_rust_string();
        let Some(index) = FIELDS.iter().position(|(name, _)| *name == key) else {
            return Err(unknown_field(vm, &key));
        };
        check(vm, FIELDS[index].1, value, || format!("replace() argument '{key}'"))?;
        fields[index] = value.clone();
    }
    for ((name, kind), value) in FIELDS.iter().zip(&fields) {
        if *kind == Kind::Int && number::as_i32(vm, value)? < 0 {
            return Err(vm.value_error(format!("{name} must be a positive integer")));
        }
    }
    for index in [field::NAMES, field::VARNAMES, field::FREEVARS, field::CELLVARS] {
        let items = fields[index].downcast::<PyTuple>().map(Py::items).unwrap_or_default();
        // Which variables there are is looked at before what they are.
        let counted = index != field::VARNAMES || items.len() >= parameters(vm, &fields)?;
        if counted && items.iter().any(|item| item.downcast::<PyStr>().is_none()) {
            return Err(vm.system_error("non-string found in code slot"));
        }
    }
    construct(vm, &fields)
}

fn unknown_field(vm: Vm<'_>, key: &str) -> crate::core::errors::Raised {
    let names = FIELDS.iter().map(|(name, _)| *name);
    vm.unexpected_keyword("replace()", key, names)
}

/// `code(...)`
pub(super) fn new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() > 0 {
        return Err(vm.type_error("code() takes no keyword arguments"));
    }
    let values = args.exactly(vm, "code", FIELD_COUNT - 2, FIELD_COUNT)?;
    let mut fields: [Value; FIELD_COUNT] = std::array::from_fn(|_| Value::NONE);
    for (index, (field, (_, kind))) in fields.iter_mut().zip(FIELDS).enumerate() {
        match values.get(index) {
            Some(value) => {
                check(vm, kind, value, || format!("code() argument {}", index + 1))?;
                *field = value.clone();
            }
            None => *field = PyTuple::empty(vm).into_value(),
        }
    }
    for (name, value) in
        ["argcount", "posonlyargcount", "kwonlyargcount", "nlocals"].iter().zip(&fields)
    {
        if number::as_i32(vm, value)? < 0 {
            return Err(vm.value_error(format!("code: {name} must not be negative")));
        }
    }
    for index in [field::NAMES, field::VARNAMES, field::FREEVARS, field::CELLVARS] {
        let items = fields[index].downcast::<PyTuple>().map(Py::items).unwrap_or_default();
        if let Some(other) = items.iter().find(|item| item.downcast::<PyStr>().is_none()) {
            let class = other.class().name();
            return Err(
                vm.type_error(format!("name tuples must contain only strings, not '{class}'"))
            );
        }
    }
    construct(vm, &fields)
}

/// How many variables are parameters.
fn parameters(vm: Vm<'_>, fields: &[Value; FIELD_COUNT]) -> PyResult<usize> {
    let number = |index: usize| number::as_i32(vm, &fields[index]).map(i32::cast_unsigned);
    let (argcount, kwonlyargcount) = (number(0)? as usize, number(2)? as usize);
    let flags = number(field::FLAGS)?;
    let has = |flag: u32| usize::from(flags & flag != 0);
    let variadic = has(code_flags::VARARGS) + has(code_flags::VARKEYWORDS);
    Ok(argcount + kwonlyargcount + variadic)
}

/// A code object of parts whose kinds have been checked.
fn construct(vm: Vm<'_>, fields: &[Value; FIELD_COUNT]) -> PyResult<Value> {
    let number = |index: usize| number::as_i32(vm, &fields[index]);
    let counts = [number(0)?, number(1)?, number(2)?, number(4)?, number(field::FLAGS)?];
    if counts.iter().any(|count| *count < 0) || counts[1] > counts[0] {
        return Err(vm.system_error("bad argument to internal function"));
    }
    let [argcount, posonlyargcount, kwonlyargcount, stacksize, flags] =
        counts.map(i32::cast_unsigned);
    let names = Names {
        variables: strings(&fields[field::VARNAMES]),
        cells: strings(&fields[field::CELLVARS]),
        free: strings(&fields[field::FREEVARS]),
    };
    if names.variables.len() < parameters(vm, fields)? {
        return Err(vm.value_error("code: co_varnames is too small"));
    }
    if usize::try_from(number(field::NLOCALS)?) != Ok(names.variables.len()) {
        return Err(vm.value_error("code: co_nlocals != len(co_varnames)"));
    }
    // An empty code object is none that could be run.
    let code = match code_unit::from_bytes(&bytes(&fields[field::CODE])) {
        Some(units) if !units.is_empty() => units,
        _ => return Err(vm.value_error("code: co_code is malformed")),
    };
    let text = |index: usize| fields[index].downcast::<PyStr>().map(Py::to_rust_string);
    let mut spec = CodeSpec {
        argcount,
        posonlyargcount,
        kwonlyargcount,
        stacksize: stacksize.max(1),
        flags,
        code: code.into(),
        names: strings(&fields[field::NAMES]).into(),
        filename: Arc::new(
            fields[field::FILENAME].downcast::<PyStr>().map(wide).unwrap_or_default(),
        ),
        name: text(field::NAME).unwrap_or_default().into(),
        qualname: text(field::QUALNAME).unwrap_or_default().into(),
        firstlineno: number(field::FIRSTLINENO)?,
        linetable: bytes(&fields[field::LINETABLE]).into(),
        exceptiontable: bytes(&fields[field::EXCEPTIONTABLE]).into(),
        ..CodeSpec::default()
    };
    set_names(&mut spec, &names);
    let consts = fields[field::CONSTS].downcast::<PyTuple>().map(Py::items).unwrap_or_default();
    Ok(PyCode::with_constants(vm, spec, consts)?.into_value())
}

fn strings(value: &Value) -> Vec<Arc<str>> {
    let items = value.downcast::<PyTuple>().map(Py::items).unwrap_or_default();
    let texts = items.iter().filter_map(|item| item.downcast::<PyStr>());
    texts.map(|text| text.to_rust_string().into()).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    value.downcast::<PyBytes>().map(|bytes| bytes.as_slice().to_vec()).unwrap_or_default()
}

fn wide(text: &Py<PyStr>) -> WString {
    WStr::from_wtf8(&text.to_wtf8()).map(WStr::to_wstring).unwrap_or_default()
}

struct Names {
    variables: Vec<Arc<str>>,
    cells: Vec<Arc<str>>,
    free: Vec<Arc<str>>,
}

/// Puts the three kinds of names into one list, as the compiler does: variables, cells that are no variables, free ones.
fn set_names(spec: &mut CodeSpec, names: &Names) {
    let positional = spec.argcount as usize;
    let named = positional + spec.kwonlyargcount as usize;
    let args = (spec.flags & code_flags::VARARGS != 0).then_some(named);
    let kwargs =
        (spec.flags & code_flags::VARKEYWORDS != 0).then_some(named + usize::from(args.is_some()));
    let mut all = Vec::new();
    let mut kinds = Vec::new();
    for (index, name) in names.variables.iter().enumerate() {
        let mut kind = local_kinds::LOCAL;
        if names.cells.contains(name) {
            kind |= local_kinds::CELL;
        }
        if index < positional {
            kind |= local_kinds::ARG_POS;
        }
        if index >= spec.posonlyargcount as usize && index < named {
            kind |= local_kinds::ARG_KW;
        }
        if args == Some(index) {
            kind |= local_kinds::ARG_VAR | local_kinds::ARG_POS;
        } else if kwargs == Some(index) {
            kind |= local_kinds::ARG_VAR | local_kinds::ARG_KW;
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

/// The constant that an object is, if it is one that a compiler makes.
fn constant(vm: Vm<'_>, value: &Value) -> PyResult<Option<Constant>> {
    let constants = |items: &[Value]| -> PyResult<Option<Vec<Constant>>> {
        items.iter().map(|item| constant(vm, item)).collect()
    };
    vm.check_recursion(" while making a constant")?;
    Ok(Some(if value.is_none() {
        Constant::None
    } else if let Some(truth) = value.as_bool() {
        Constant::bool(truth)
    } else if value.is(&Value::ELLIPSIS) {
        Constant::Ellipsis
    } else if int::number::is_exact_int(value) {
        match int::as_i64(value) {
            Some(small) => Constant::Int(small),
            None => match int::as_bigint(value) {
                Some(big) => Constant::BigInt(Arc::new(big.into_owned())),
                None => return Ok(None),
            },
        }
    } else if let Some(code) = value.downcast_exact::<PyCode>() {
        if code.has_foreign_constants() {
            return Ok(None);
        }
        Constant::Code(code.shared_spec().clone())
    } else if let Some(text) = value.downcast_exact::<PyStr>() {
        Constant::Str(Arc::new(wide(text)))
    } else if let Some(tuple) = value.downcast_exact::<PyTuple>() {
        let Some(items) = constants(tuple.items())? else { return Ok(None) };
        Constant::Tuple(items.into())
    } else if let Some(bytes) = value.downcast_exact::<PyBytes>() {
        Constant::Bytes(bytes.as_slice().into())
    } else if let Some(slice) = value.downcast_exact::<PySlice>() {
        let parts = [&slice.start, &slice.stop, &slice.step];
        let [start, stop, step] = parts.map(|part| constant(vm, part));
        match (start?, stop?, step?) {
            (Some(start), Some(stop), Some(step)) => Constant::Slice(Arc::new([start, stop, step])),
            _ => return Ok(None),
        }
    } else if value.is_exact(float_::FLOAT.get()) {
        match float_::as_f64(value) {
            Some(float) => Constant::Float(float),
            None => return Ok(None),
        }
    } else if value.is_exact(complex::COMPLEX.get()) {
        match complex::as_complex(value) {
            Some(number) => Constant::Complex(number.re, number.im),
            None => return Ok(None),
        }
    } else if value.is_exact(set::FROZENSET.get()) {
        let Some(items) = constants(&vm.collect(value)?)? else { return Ok(None) };
        Constant::FrozenSet(items.into())
    } else {
        return Ok(None);
    }))
}

impl PyCode {
    /// A code object of `spec` with constants that a program has made. Those that no compiler makes stay the objects they are.
    ///
    /// # Errors
    /// RecursionError for constants that are too deep.
    pub fn with_constants(
        vm: Vm<'_>,
        mut spec: CodeSpec,
        consts: &[Value],
    ) -> PyResult<PyRef<Self>> {
        let mut plain = Vec::with_capacity(consts.len());
        let mut foreign = false;
        for (index, value) in consts.iter().enumerate() {
            plain.push(constant(vm, value)?.unwrap_or_else(|| {
                foreign = true;
                Constant::Foreign(u32::try_from(index).unwrap_or(u32::MAX))
            }));
        }
        spec.consts = plain.into();
        let code = Self::new(vm, &CodeRef::new(spec));
        if foreign {
            code.keep_foreign_constants(consts);
        }
        Ok(code)
    }
}
