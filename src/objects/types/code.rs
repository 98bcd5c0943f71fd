//! `code`: the compiler's product made into an object.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use bytecode::code_spec::{CodeSpec, code_flags};
use bytecode::constant::Constant;
use bytecode::location_table::Location;

use crate::core::gc::{Traverse, Visitor};
use crate::core::monitoring::CodeMonitors;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::StaticType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

/// The plain data of a code object; the truth for `co_code` and its tables.
pub struct Spec(pub Arc<CodeSpec>);

impl Traverse for Spec {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// The constants as objects, each made when it is first needed.
pub struct Constants(Vec<OnceCell<Value>>);

impl Traverse for Constants {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for constant in &self.0 {
            constant.get().into_iter().for_each(|value| visitor.visit(value));
        }
    }
}

/// One place of the value stack, as the translation knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackEntry {
    /// NULL.
    Null,
    /// The place holds its value.
    Temporary,
    /// A local variable's value, not copied.
    Local(u32),
    /// A word that is no counted reference of the frame: an immediate, or a constant that the code keeps alive.
    Immediate(u64),
}

/// What the evaluation loop keeps with a code object, as far as the object machine asks for it.
pub trait Tables {
    /// The index of the code unit of the word before `next`; None before the first.
    fn unit_of(&self, code: &Py<PyCode>, next: *const u64) -> Option<usize>;
    /// The value stack before the word before `next`, bottom first.
    fn stack_at(&self, code: &Py<PyCode>, next: *const u64) -> Vec<StackEntry>;
    /// The translation itself.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// The translation of a code object. The object machine only stores and drops it, and asks its tables.
pub struct Translation(pub OnceCell<Box<dyn Tables>>);

impl Traverse for Translation {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a code object.
    pub struct PyCode: CODE, gc {
        spec: Spec,
        constants: Constants,
        /// `co_names`, interned.
        pub names: Vec<PyRef<PyStr>>,
        /// Names of locals, cells and free variables, interned.
        pub locals: Vec<PyRef<PyStr>>,
        /// `co_name`
        pub name: PyRef<PyStr>,
        /// `co_qualname`
        pub qualname: PyRef<PyStr>,
        /// `co_filename`
        pub filename: PyRef<PyStr>,
        /// The first word of the translation that runs; null until the first call.
        pub entry: Cell<*mut u64>,
        /// Registers of a frame.
        pub register_count: Cell<u32>,
        /// The translation.
        pub translation: Translation,
        /// What tools watch in it.
        pub monitors: CodeMonitors,
    }
}

/// `code`
pub static CODE: StaticType = StaticType::new::<PyCode>();

impl PyCode {
    /// The plain data.
    #[inline]
    #[must_use]
    pub fn spec(&self) -> &CodeSpec {
        &self.spec.0
    }

    /// The plain data, shared.
    #[must_use]
    pub fn shared_spec(&self) -> &Arc<CodeSpec> {
        &self.spec.0
    }

    /// Whether all of `flags` are set in `co_flags`.
    #[inline]
    #[must_use]
    pub fn has_flags(&self, flags: u32) -> bool {
        self.spec.0.flags & flags == flags
    }

    /// A code object of the compiler's product. Nested code objects are made when they are first needed.
    #[must_use]
    pub fn new(vm: Vm<'_>, spec: &Arc<CodeSpec>) -> PyRef<Self> {
        let filename = match PyStr::try_from_wtf8(vm, &spec.filename) {
            Ok(text) => crate::core::intern::intern_ref(&text),
            Err(raised) => {
                vm.clear(raised);
                vm.intern("?")
            }
        };
        Self::with_filename(vm, spec, filename)
    }

    fn with_filename(vm: Vm<'_>, spec: &Arc<CodeSpec>, filename: PyRef<PyStr>) -> PyRef<Self> {
        let intern = |names: &[Arc<str>]| names.iter().map(|name| vm.intern(name)).collect();
        let register_count = spec.localsplusnames.len() + spec.stacksize as usize;
        PyRef::new(
            vm,
            Self {
                constants: Constants(spec.consts.iter().map(|_| OnceCell::new()).collect()),
                names: intern(&spec.names),
                locals: intern(&spec.localsplusnames),
                name: vm.intern(&spec.name),
                qualname: vm.intern(&spec.qualname),
                filename,
                entry: Cell::new(std::ptr::null_mut()),
                register_count: Cell::new(u32::try_from(register_count).unwrap_or(u32::MAX)),
                translation: Translation(OnceCell::new()),
                monitors: CodeMonitors::default(),
                spec: Spec(Arc::clone(spec)),
            },
        )
    }
}

impl Py<PyCode> {
    /// Constant `index` as an object.
    #[must_use]
    pub fn constant(&self, vm: Vm<'_>, index: usize) -> &Value {
        self.constants.0[index].get_or_init(|| match &self.spec.0.consts[index] {
            Constant::Code(nested) => {
                let same = *nested.filename == *self.spec.0.filename;
                let nested = if same {
                    PyCode::with_filename(vm, nested, self.filename.clone())
                } else {
                    PyCode::new(vm, nested)
                };
                nested.into_value()
            }
            other => constant_value(vm, other),
        })
    }

    /// Constant `index`, if it has been made.
    #[must_use]
    pub fn made_constant(&self, index: usize) -> Option<&Value> {
        self.constants.0.get(index)?.get()
    }

    /// How many constants there are.
    #[must_use]
    pub fn constant_count(&self) -> usize {
        self.constants.0.len()
    }

    /// The index of the code unit of the word before `next`.
    #[must_use]
    pub fn unit_of(&self, next: *const u64) -> Option<usize> {
        self.translation.0.get()?.unit_of(self, next)
    }

    /// The value stack before the word before `next`.
    #[must_use]
    pub fn stack_at(&self, next: *const u64) -> Vec<StackEntry> {
        self.translation.0.get().map(|tables| tables.stack_at(self, next)).unwrap_or_default()
    }

    /// Where in the source code unit `unit` comes from.
    #[must_use]
    pub fn location(&self, unit: usize) -> Location {
        for (start, end, location) in locations(self.spec()) {
            if (start..end).contains(&unit) {
                return location;
            }
        }
        Location::NONE
    }

    /// The line of the instruction at byte offset `lasti` (`PyCode_Addr2Line`); the first line before the first instruction.
    #[must_use]
    pub fn line_of(&self, lasti: i32) -> Option<i32> {
        match usize::try_from(lasti) {
            Err(_) => Some(self.spec().firstlineno),
            Ok(lasti) => {
                let location = self.location(lasti / 2);
                location.has_line().then_some(location.line)
            }
        }
    }

    /// `co_code`
    #[must_use]
    pub fn code_bytes(&self) -> Vec<u8> {
        bytecode::code_unit::to_bytes(&self.spec().code)
    }

    /// Whether a call makes a generator, coroutine or asynchronous generator.
    #[must_use]
    pub fn is_generator_like(&self) -> bool {
        self.spec().flags
            & (code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR)
            != 0
    }
}

/// An object for a constant that is no code.
#[must_use]
pub fn constant_value(vm: Vm<'_>, constant: &Constant) -> Value {
    match constant {
        Constant::None => Value::NONE,
        Constant::True => Value::TRUE,
        Constant::False => Value::FALSE,
        Constant::Ellipsis => Value::ELLIPSIS,
        Constant::Int(number) => crate::types::int::new(vm, *number),
        Constant::BigInt(number) => crate::types::int::new(vm, (**number).clone()),
        Constant::Float(number) => crate::types::float_::new(vm, *number),
        Constant::Complex(real, imag) => {
            crate::types::complex::new(vm, base::complex::Complex { re: *real, im: *imag })
        }
        Constant::Str(text) => match PyStr::try_from_wtf8(vm, text) {
            Ok(text) if is_name_like(&text) => crate::core::intern::intern_ref(&text).into_value(),
            Ok(text) => text.into_value(),
            Err(raised) => {
                vm.clear(raised);
                Value::NONE
            }
        },
        Constant::Bytes(bytes) => crate::types::bytes::PyBytes::new_value(vm, bytes),
        Constant::Tuple(items) => {
            let items: Vec<Value> = items.iter().map(|item| constant_value(vm, item)).collect();
            PyTuple::new_value(vm, &items)
        }
        Constant::FrozenSet(items) => {
            let items: Vec<Value> = items.iter().map(|item| constant_value(vm, item)).collect();
            crate::types::set::frozen_constant(vm, &items)
        }
        Constant::Slice(parts) => {
            let [start, stop, step] = &**parts;
            let [start, stop, step] = [start, stop, step].map(|part| constant_value(vm, part));
            crate::types::slice::new(vm, start, stop, step)
        }
        Constant::Code(code) => PyCode::new(vm, code).into_value(),
    }
}

/// Whether a constant looks like a name: such strings are interned.
fn is_name_like(text: &Py<PyStr>) -> bool {
    text.as_ascii()
        .is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// The ranges of the location table: (first unit, one past the last, location).
pub fn locations(spec: &CodeSpec) -> impl Iterator<Item = (usize, usize, Location)> + '_ {
    let mut rest = spec.linetable.iter().copied();
    let mut unit = 0;
    let mut line = spec.firstlineno;
    std::iter::from_fn(move || {
        let first = rest.next()?;
        let length = usize::from(first & 7) + 1;
        let location = decode_location(usize::from(first >> 3) & 15, &mut line, &mut rest)?;
        let start = unit;
        unit += length;
        Some((start, unit, location))
    })
}

fn decode_location(
    kind: usize,
    line: &mut i32,
    rest: &mut impl Iterator<Item = u8>,
) -> Option<Location> {
    let byte = |rest: &mut dyn Iterator<Item = u8>| rest.next().map(i32::from);
    match kind {
        15 => Some(Location::NONE),
        14 => {
            *line += signed_varint(rest)?;
            let end_line = *line + varint(rest)?;
            let column = varint(rest)? - 1;
            let end_column = varint(rest)? - 1;
            Some(Location::new(*line, end_line, column, end_column))
        }
        13 => {
            *line += signed_varint(rest)?;
            Some(Location::line(*line))
        }
        10..=12 => {
            *line += i32::try_from(kind).ok()? - 10;
            let column = byte(rest)?;
            let end_column = byte(rest)?;
            Some(Location::new(*line, *line, column, end_column))
        }
        short => {
            let second = byte(rest)?;
            let column = i32::try_from(short).ok()? << 3 | second >> 4;
            Some(Location::new(*line, *line, column, column + (second & 15)))
        }
    }
}

fn varint(bytes: &mut impl Iterator<Item = u8>) -> Option<i32> {
    let mut value = 0_i32;
    let mut shift = 0_u32;
    loop {
        let byte = bytes.next()?;
        value |= i32::from(byte & 63).checked_shl(shift)?;
        if byte & 64 == 0 {
            return Some(value);
        }
        shift += 6;
    }
}

fn signed_varint(bytes: &mut impl Iterator<Item = u8>) -> Option<i32> {
    let value = varint(bytes)?;
    Some(if value & 1 != 0 { -(value >> 1) } else { value >> 1 })
}
