//! `code`: the compiler's product made into an object.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;

use base::wstr::WStr;
use bytecode::CodeRef;
use bytecode::archive::{Section, StoredConstant};
use bytecode::code_list::CodeList;
use bytecode::code_spec::{CodeSpec, code_flags};
use bytecode::code_unit::CodeUnit;
use bytecode::constant::Constant;
use bytecode::location_table::Location;

use crate::core::gc::{Traverse, Visitor};
use crate::core::intern::intern_ref;
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
pub struct Spec(CodeRef);

impl Traverse for Spec {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// The names among the texts of an archive's record as interned strings, each made when it is first needed: what the code
/// objects of a module have in common.
#[derive(Clone)]
struct RecordNames(Option<Rc<[OnceCell<PyRef<PyStr>>]>>);

impl Traverse for RecordNames {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

impl RecordNames {
    fn new(code: &CodeRef) -> Self {
        Self(code.record_texts().map(|count| (0..count).map(|_| OnceCell::new()).collect()))
    }

    /// Text `index` of the record that `code` lies in.
    fn get(&self, vm: Vm<'_>, code: &CodeRef, index: usize) -> PyRef<PyStr> {
        let make = || match code.record_text(index).map(std::str::from_utf8) {
            // A name that other records have too needs no object.
            Some(Ok(text)) => vm.intern(text),
            _ => record_text(vm, code, index)
                .map_or_else(|| vm.intern("?"), |text| intern_ref(&text)),
        };
        match self.0.as_ref().and_then(|names| names.get(index)) {
            Some(name) => name.get_or_init(make).clone(),
            None => make(),
        }
    }
}

/// A text of the record that `code` lies in.
fn record_text(vm: Vm<'_>, code: &CodeRef, index: usize) -> Option<PyRef<PyStr>> {
    let bytes = code.record_text(index)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(PyStr::new_ref(vm, text)),
        Err(_) => {
            let text = WStr::from_wtf8(bytes)?.to_wstring();
            PyStr::try_from_wtf8(vm, &text).map_err(|raised| vm.clear(raised)).ok()
        }
    }
}

/// The objects that a code object's plain data stands for: made when it is first run or asked.
struct Parts {
    /// Each made when it is first needed.
    constants: Box<[OnceCell<Value>]>,
    /// Where each constant stands in the archive.
    places: Box<[u32]>,
    names: Box<[PyRef<PyStr>]>,
    locals: Box<[PyRef<PyStr>]>,
}

/// The parts, once they are made.
pub struct LazyParts(OnceCell<Box<Parts>>);

impl Traverse for LazyParts {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        let constants = self.0.get().into_iter().flat_map(|parts| &parts.constants);
        constants.filter_map(OnceCell::get).for_each(|value| visitor.visit(value));
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
    fn stack_at(&self, code: &Py<PyCode>, next: *const u64) -> &[StackEntry];
    /// The bytecode with the specialised opcodes in place.
    fn adaptive_code(&self, code: &Py<PyCode>) -> Vec<CodeUnit>;
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
        parts: LazyParts,
        record_names: RecordNames,
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
        /// Slots of local variables, cells and free variables.
        local_count: u32,
        /// `co_flags`
        flags: u32,
        /// `co_argcount`, where a call with so many positional arguments needs no binding; else a number that no call has.
        exact_arguments: Cell<u32>,
        /// The translation.
        pub translation: Translation,
        /// What tools watch in it.
        pub monitors: CodeMonitors,
    }
}

/// Of the arguments that fill a code object's parameters: they have not been counted yet.
const NOT_COUNTED: u32 = u32::MAX - 1;

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
    pub fn shared_spec(&self) -> &CodeRef {
        &self.spec.0
    }

    /// Whether all of `flags` are set in `co_flags`.
    #[inline]
    #[must_use]
    pub fn has_flags(&self, flags: u32) -> bool {
        self.flags & flags == flags
    }

    /// How many slots of local variables, cells and free variables there are.
    #[inline]
    #[must_use]
    pub fn local_count(&self) -> usize {
        self.local_count as usize
    }

    /// Whether a call with `given` positional arguments gives each parameter its argument.
    #[inline(always)]
    #[must_use]
    pub fn takes_exactly(&self, given: usize) -> bool {
        let known = self.exact_arguments.get();
        let exact = if known == NOT_COUNTED { self.count_exact_arguments() } else { known };
        exact as usize == given
    }

    /// The same where a look at this code has already told; false also where none has.
    #[inline(always)]
    #[must_use]
    pub fn is_known_to_take(&self, given: usize) -> bool {
        self.exact_arguments.get() as usize == given
    }

    /// How many parameters there are, when all of them may be given by position and none takes what is left over.
    #[inline(always)]
    #[must_use]
    pub fn simple_parameters(&self) -> Option<usize> {
        let known = self.exact_arguments.get();
        let exact = if known == NOT_COUNTED { self.count_exact_arguments() } else { known };
        if exact == u32::MAX { None } else { Some(exact as usize) }
    }

    #[cold]
    #[inline(never)]
    fn count_exact_arguments(&self) -> u32 {
        let spec = self.spec();
        let variadic = spec.flags & (code_flags::VARARGS | code_flags::VARKEYWORDS) != 0;
        let exact = if variadic || spec.kwonlyargcount != 0 { u32::MAX } else { spec.argcount };
        self.exact_arguments.set(exact);
        exact
    }

    #[inline]
    fn parts(&self) -> &Parts {
        self.parts.0.get_or_init(|| self.make_parts())
    }

    #[cold]
    fn make_parts(&self) -> Box<Parts> {
        Vm::with_current(|vm| {
            let spec = self.spec();
            let interned = |list: &CodeList<Arc<str>>| match list.section() {
                Some(section) => section
                    .names()
                    .map(|index| self.record_names.get(vm, &self.spec.0, index))
                    .collect(),
                None => list.iter().map(|name| vm.intern(name)).collect(),
            };
            let places = spec.consts.section().map(Section::places).unwrap_or_default();
            let count = if places.is_empty() { spec.consts.len() } else { places.len() };
            Box::new(Parts {
                constants: (0..count).map(|_| OnceCell::new()).collect(),
                places,
                names: interned(&spec.names),
                locals: interned(&spec.localsplusnames),
            })
        })
    }

    /// `co_names`, interned.
    #[inline]
    #[must_use]
    pub fn names(&self) -> &[PyRef<PyStr>] {
        &self.parts().names
    }

    /// One of `co_names`, if they have been made: what handlers ask, which call nothing.
    #[inline]
    #[must_use]
    pub fn made_name(&self, index: usize) -> Option<&PyRef<PyStr>> {
        self.parts.0.get()?.names.get(index)
    }

    /// Names of locals, cells and free variables, interned.
    #[inline]
    #[must_use]
    pub fn locals(&self) -> &[PyRef<PyStr>] {
        &self.parts().locals
    }

    /// A code object of the compiler's product. What it refers to is made when it is first needed.
    #[must_use]
    pub fn new(vm: Vm<'_>, spec: &CodeRef) -> PyRef<Self> {
        if !vm.interpreter().debug_ranges.get() {
            return Self::with_names(vm, &CodeRef::new(spec.without_columns()));
        }
        Self::with_names(vm, spec)
    }

    fn with_names(vm: Vm<'_>, spec: &CodeRef) -> PyRef<Self> {
        let filename = match PyStr::try_from_wtf8(vm, &spec.filename) {
            Ok(text) => intern_ref(&text),
            Err(raised) => {
                vm.clear(raised);
                vm.intern("?")
            }
        };
        Self::of_record(vm, spec, filename, RecordNames::new(spec))
    }

    fn of_record(
        vm: Vm<'_>,
        spec: &CodeRef,
        filename: PyRef<PyStr>,
        record_names: RecordNames,
    ) -> PyRef<Self> {
        let head = spec.head();
        let register_count = head.local_count + head.stacksize as usize;
        let [name, qualname] = match spec.record_names() {
            Some(texts) => texts.map(|index| record_names.get(vm, spec, index)),
            None => [&spec.name, &spec.qualname].map(|name| vm.intern(name)),
        };
        PyRef::new(
            vm,
            Self {
                parts: LazyParts(OnceCell::new()),
                record_names,
                name,
                qualname,
                filename,
                entry: Cell::new(std::ptr::null_mut()),
                register_count: Cell::new(u32::try_from(register_count).unwrap_or(u32::MAX)),
                local_count: u32::try_from(head.local_count).unwrap_or(u32::MAX),
                flags: head.flags,
                exact_arguments: Cell::new(NOT_COUNTED),
                translation: Translation(OnceCell::new()),
                monitors: CodeMonitors::default(),
                spec: Spec(spec.clone()),
            },
        )
    }
}

impl Py<PyCode> {
    /// Constant `index` as an object.
    #[must_use]
    pub fn constant(&self, vm: Vm<'_>, index: usize) -> &Value {
        let parts = self.parts();
        parts.constants[index].get_or_init(|| self.make_constant(vm, parts, index))
    }

    fn make_constant(&self, vm: Vm<'_>, parts: &Parts, index: usize) -> Value {
        let section = self.spec().consts.section();
        let place = parts.places.get(index);
        if let (Some(section), Some(&place)) = (section, place) {
            return match section.constant_at(place) {
                Some(StoredConstant::Text(text)) => self.stored_text(vm, text),
                Some(StoredConstant::Code(nested)) => self.nested(vm, &nested),
                Some(StoredConstant::Other(constant)) => constant_value(vm, &constant),
                None => Value::NONE,
            };
        }
        match &self.spec.0.consts[index] {
            Constant::Code(nested) => self.nested(vm, nested),
            other => constant_value(vm, other),
        }
    }

    fn nested(&self, vm: Vm<'_>, nested: &CodeRef) -> Value {
        let nested = if nested.has_filename_of(&self.spec.0) {
            let names = self.record_names.clone();
            PyCode::of_record(vm, nested, self.filename.clone(), names)
        } else {
            PyCode::new(vm, nested)
        };
        nested.into_value()
    }

    /// A str among the constants.
    fn stored_text(&self, vm: Vm<'_>, index: usize) -> Value {
        let is_name = self.spec.0.record_text(index).is_some_and(is_name_like);
        if is_name {
            return self.record_names.get(vm, &self.spec.0, index).into_value();
        }
        record_text(vm, &self.spec.0, index).map_or(Value::NONE, PyRef::into_value)
    }

    /// Whether constant `index` is a code object; None if there is no such constant.
    #[must_use]
    pub fn is_code_constant(&self, index: usize) -> Option<bool> {
        let parts = self.parts();
        if let (Some(section), Some(&place)) =
            (self.spec().consts.section(), parts.places.get(index))
        {
            return Some(section.is_code_at(place));
        }
        self.spec.0.consts.get(index).map(|constant| matches!(constant, Constant::Code(_)))
    }

    /// Constant `index`, if it has been made.
    #[must_use]
    pub fn made_constant(&self, index: usize) -> Option<&Value> {
        self.parts.0.get()?.constants.get(index)?.get()
    }

    /// Whether there are constants that no compiler makes: they are objects only.
    #[must_use]
    pub fn has_foreign_constants(&self) -> bool {
        // Those of an archive are the compiler's.
        let consts = &self.spec().consts;
        consts.section().is_none() && consts.iter().any(Constant::is_foreign)
    }

    /// Keeps the objects of the constants that no compiler makes.
    pub(super) fn keep_foreign_constants(&self, consts: &[Value]) {
        for ((place, constant), value) in
            self.parts().constants.iter().zip(self.spec().consts.iter()).zip(consts)
        {
            if constant.is_foreign() {
                place.get_or_init(|| value.clone());
            }
        }
    }

    /// How many constants there are.
    #[must_use]
    pub fn constant_count(&self) -> usize {
        self.parts().constants.len()
    }

    /// The index of the code unit of the word before `next`.
    #[must_use]
    pub fn unit_of(&self, next: *const u64) -> Option<usize> {
        self.translation.0.get()?.unit_of(self, next)
    }

    /// The value stack before the word before `next`.
    #[must_use]
    pub fn stack_at(&self, next: *const u64) -> &[StackEntry] {
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

    /// The bytecode with the specialised opcodes in place, and the counters of its caches (`_co_code_adaptive`).
    #[must_use]
    pub fn adaptive_code(&self) -> Vec<CodeUnit> {
        match self.translation.0.get() {
            Some(tables) => tables.adaptive_code(self),
            None => bytecode::caches::with_counters(&self.spec().code),
        }
    }

    /// Whether a call makes a generator, coroutine or asynchronous generator.
    #[inline]
    #[must_use]
    pub fn is_generator_like(&self) -> bool {
        self.flags & (code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR)
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
            Ok(text) if is_latin1_char(&text) => intern_ref(&text).into_value(),
            Ok(text) if text.as_ascii().is_some_and(|text| is_name_like(text.as_bytes())) => {
                intern_ref(&text).into_value()
            }
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
        // Only the code object that has it knows it.
        Constant::Foreign(_) => Value::NONE,
    }
}

/// Whether a constant is one character that has one string everywhere.
fn is_latin1_char(text: &Py<PyStr>) -> bool {
    text.len() == 1 && text.kind().width() == 1
}

/// Whether a constant looks like a name: such strings are interned.
fn is_name_like(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
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
