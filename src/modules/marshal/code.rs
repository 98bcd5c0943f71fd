//! Code objects, both ways.
//!
//! CPython gives a number to what more than one reference leads to. The plain data of our code objects is not shared by
//! reference, but CPython's compiler makes one object of equal constants, so their number follows from equality.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use base::wstr::WString;
use bytecode::code_spec::code_flags;
use bytecode::code_unit;
use bytecode::{CodeSpec, Constant};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::types::bytes::PyBytes;
use objects::types::code::PyCode;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::REF;
use super::read::Reader;
use super::write::Writer;

/// What the code objects of one value have in common.
#[derive(Default)]
pub(super) struct SharedParts {
    /// What has been met once.
    met: HashSet<Constant>,
    /// What is met more than once: one object.
    shared: HashSet<Constant>,
    /// The numbers that are given.
    numbers: HashMap<Constant, u32>,
    /// The qualified names that class bodies load.
    own_names: HashSet<Box<[u8]>>,
    /// The numbers of interned texts.
    interned: HashMap<Box<[u8]>, u32>,
}

/// The numbers that CPython keeps as one object each.
const SMALL_INTS: std::ops::RangeInclusive<i64> = -5..=256;

impl SharedParts {
    /// Notes what stands in a code object, each of its tables once.
    fn count(&mut self, code: &CodeSpec) {
        self.constant(&Constant::Tuple(code.consts.iter().cloned().collect()));
        self.meet(&names_constant(code.names.iter()));
        if !has_own_names(code) {
            self.meet(&names_constant(code.localsplusnames.iter()));
        }
        if code.flags & code_flags::OPTIMIZED == 0 && &*code.name != "<module>" {
            // A class body loads its own qualified name.
            self.own_names.insert(code.qualname.as_bytes().into());
        }
        for table in [&code.linetable, &code.exceptiontable] {
            self.meet(&Constant::Bytes(table[..].into()));
        }
        for constant in code.consts.iter() {
            if let Constant::Code(nested) = constant {
                self.count(nested);
            }
        }
    }

    /// A constant that is met: its items are met with the first of its kind only.
    fn constant(&mut self, constant: &Constant) {
        let first = self.meet(constant);
        match constant {
            Constant::Tuple(items) if first => {
                items.iter().for_each(|item| self.constant(item));
            }
            Constant::FrozenSet(items) if first => {
                for item in items.iter() {
                    // The compiler's own table keeps the items of sets, too.
                    self.constant(item);
                    self.meet(item);
                }
            }
            _ => {}
        }
    }

    /// Answers whether it is the first time.
    fn meet(&mut self, constant: &Constant) -> bool {
        let first = self.met.insert(constant.clone());
        if !first && !self.shared.contains(constant) {
            self.shared.insert(constant.clone());
        }
        first
    }

    /// Whether a constant is one object wherever it stands.
    fn is_shared(&self, constant: &Constant) -> bool {
        match constant {
            Constant::Int(number) if SMALL_INTS.contains(number) => true,
            Constant::Bytes(bytes) if bytes.len() <= 1 => true,
            Constant::Tuple(items) if items.is_empty() => true,
            other => self.shared.contains(other),
        }
    }
}

/// Whether the compiler interns a text: it looks like a name, or is one character that has one string.
fn is_interned(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        || text.len() == 1
        || matches!(text, [0xc2 | 0xc3, _])
}

/// Whether the names of the local variables are a tuple of the code object's own: the compiler has renamed the parameter.
fn has_own_names(code: &CodeSpec) -> bool {
    &*code.name == "__annotate__"
        && code.localsplusnames.first().is_some_and(|name| &**name == "format")
}

fn names_constant<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Constant {
    Constant::Tuple(names.map(|name| Constant::text(name)).collect())
}

impl Writer<'_> {
    /// A code object, which has its own number if `flag` says so.
    pub(super) fn code_object(&mut self, code: &Py<PyCode>, flag: u8) -> PyResult<()> {
        self.parts.count(code.spec());
        self.code(code.spec(), Some(code), flag)
    }

    /// The fields of a code object in CPython's order.
    fn code(&mut self, code: &CodeSpec, object: Option<&Py<PyCode>>, flag: u8) -> PyResult<()> {
        self.vm.check_recursion(" while marshalling a code object")?;
        self.out.push(flag | b'c');
        for number in
            [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags]
        {
            self.long(i64::from(number));
        }
        // The bytes of the instructions are made for the purpose, and kept.
        let flag = self.new_number();
        self.sized(flag | b's', &code_unit::to_bytes(&code.code))?;
        match object.filter(|object| object.has_foreign_constants()) {
            Some(object) => {
                self.head(b'(', object.constant_count(), 0)?;
                for index in 0..object.constant_count() {
                    let value = object.constant(self.vm, index).clone();
                    self.value(&value)?;
                }
            }
            None => self.constant(&Constant::Tuple(code.consts.iter().cloned().collect()))?,
        }
        self.names(&names_constant(code.names.iter()), true)?;
        self.names(&names_constant(code.localsplusnames.iter()), !has_own_names(code))?;
        if code.localspluskinds.is_empty() {
            self.constant(&Constant::Bytes(Arc::new([])))?;
        } else {
            // They are no constant of the compiler's: each code object has its own.
            self.sized(b's', &code.localspluskinds)?;
        }
        self.interned(code.filename.as_bytes())?;
        self.interned(code.name.as_bytes())?;
        self.interned(code.qualname.as_bytes())?;
        self.long(i64::from(code.firstlineno));
        self.constant(&Constant::Bytes(code.linetable[..].into()))?;
        self.constant(&Constant::Bytes(code.exceptiontable[..].into()))
    }

    /// The flag of a value that is the only one with its number.
    fn new_number(&mut self) -> u8 {
        if !self.has_references() {
            return 0;
        }
        self.numbers += 1;
        REF
    }

    /// The flag of a constant, None if it has been written as a reference to one before.
    fn numbered(&mut self, constant: &Constant, shared: bool) -> Option<u8> {
        if !shared || !self.has_references() {
            return Some(0);
        }
        if let Some(&number) = self.parts.numbers.get(constant) {
            self.reference(number);
            return None;
        }
        self.parts.numbers.insert(constant.clone(), self.numbers);
        self.numbers += 1;
        Some(REF)
    }

    /// A text that is one object in the whole process.
    fn interned(&mut self, text: &[u8]) -> PyResult<()> {
        if !self.has_references() {
            return self.text(text, true, 0);
        }
        if let Some(&number) = self.parts.interned.get(text) {
            self.reference(number);
            return Ok(());
        }
        self.parts.interned.insert(text.into(), self.numbers);
        self.numbers += 1;
        self.text(text, true, REF)
    }

    /// A tuple of names.
    fn names(&mut self, names: &Constant, may_be_shared: bool) -> PyResult<()> {
        let shared = may_be_shared && self.parts.is_shared(names);
        let (Some(flag), Constant::Tuple(names)) = (self.numbered(names, shared), names) else {
            return Ok(());
        };
        self.head(b'(', names.len(), flag)?;
        names.iter().try_for_each(|name| match name {
            Constant::Str(name) => self.interned(name.as_bytes()),
            other => self.constant(other),
        })
    }

    fn constant(&mut self, constant: &Constant) -> PyResult<()> {
        let single = match constant {
            Constant::None => Some(b'N'),
            Constant::True => Some(b'T'),
            Constant::False => Some(b'F'),
            Constant::Ellipsis => Some(b'.'),
            _ => None,
        };
        if let Some(kind) = single {
            self.out.push(kind);
            return Ok(());
        }
        if let Constant::Str(text) = constant
            && (is_interned(text.as_bytes()) || self.parts.own_names.contains(text.as_bytes()))
        {
            return self.interned(text.as_bytes());
        }
        let shared = self.parts.is_shared(constant);
        let Some(flag) = self.numbered(constant, shared) else { return Ok(()) };
        match constant {
            Constant::Int(number) => self.small(*number, flag),
            Constant::BigInt(number) => self.big(number, flag),
            Constant::Float(number) => self.float(*number, flag),
            Constant::Complex(real, imag) => self.complex((*real, *imag), flag),
            Constant::Str(text) => return self.text(text.as_bytes(), false, flag),
            Constant::Bytes(bytes) => return self.sized(flag | b's', bytes),
            Constant::Tuple(items) => {
                self.head(b'(', items.len(), flag)?;
                return items.iter().try_for_each(|item| self.constant(item));
            }
            Constant::FrozenSet(items) => return self.frozen_set(items, flag),
            Constant::Slice(parts) => {
                if self.version < 5 {
                    return Err(self.vm.value_error("unmarshallable object"));
                }
                self.out.push(flag | b':');
                return parts.iter().try_for_each(|part| self.constant(part));
            }
            Constant::Code(code) => return self.code(code, None, flag),
            _ => {}
        }
        Ok(())
    }

    /// The items in the order of their bytes.
    fn frozen_set(&mut self, items: &[Constant], flag: u8) -> PyResult<()> {
        self.head(b'>', items.len(), flag)?;
        let mut sorted = Vec::with_capacity(items.len());
        for item in items {
            let mut alone = Writer::new(self.vm, self.version, true);
            alone.parts.shared.extend(self.parts.shared.get(item).cloned());
            alone.constant(item)?;
            sorted.push((alone.out, item));
        }
        sorted.sort_by(|(left, _), (right, _)| left.cmp(right));
        sorted.iter().try_for_each(|(_, item)| self.constant(item))
    }
}

impl Reader<'_, '_> {
    fn raw_bytes(&mut self) -> PyResult<Box<[u8]>> {
        let value = self.value("code")?;
        match value.downcast::<PyBytes>() {
            Some(bytes) => Ok(bytes.as_slice().into()),
            None => Err(self.malformed()),
        }
    }

    fn names(&mut self) -> PyResult<Box<[Arc<str>]>> {
        let value = self.value("code")?;
        let Some(tuple) = value.downcast::<PyTuple>() else { return Err(self.malformed()) };
        tuple.items().iter().map(|name| self.name_of(name)).collect()
    }

    fn name(&mut self) -> PyResult<Arc<str>> {
        let value = self.value("code")?;
        self.name_of(&value)
    }

    fn name_of(&self, value: &Value) -> PyResult<Arc<str>> {
        match value.downcast::<PyStr>() {
            Some(text) => Ok(text.to_rust_string().into()),
            None => Err(self.malformed()),
        }
    }

    fn malformed(&self) -> objects::core::errors::Raised {
        self.bad("code is malformed")
    }

    fn unsigned(&mut self) -> PyResult<u32> {
        Ok(self.long()?.cast_unsigned())
    }

    /// A code object.
    pub(super) fn code(&mut self) -> PyResult<Value> {
        self.vm.check_recursion(" while unmarshalling a code object")?;
        let (argcount, posonlyargcount) = (self.unsigned()?, self.unsigned()?);
        let (kwonlyargcount, stacksize) = (self.unsigned()?, self.unsigned()?);
        let flags = self.unsigned()?;
        let code = code_unit::from_bytes(&self.raw_bytes()?).unwrap_or_default();
        let consts = self.value("code")?;
        let (names, localsplusnames) = (self.names()?, self.names()?);
        let localspluskinds = self.raw_bytes()?;
        let filename = self.value("code")?;
        let filename = filename.downcast::<PyStr>().map_or_else(WString::default, Py::to_wstring);
        let (name, qualname) = (self.name()?, self.name()?);
        let firstlineno = self.long()?;
        let (linetable, exceptiontable) = (self.raw_bytes()?, self.raw_bytes()?);
        let Some(consts) = consts.downcast::<PyTuple>() else { return Err(self.malformed()) };
        let spec = CodeSpec {
            code: code.into(),
            names: names.into(),
            localsplusnames: localsplusnames.into(),
            localspluskinds: localspluskinds.into_vec().into(),
            argcount,
            posonlyargcount,
            kwonlyargcount,
            flags,
            stacksize,
            firstlineno,
            name,
            qualname,
            filename: Arc::new(filename),
            linetable: linetable.into_vec().into(),
            exceptiontable: exceptiontable.into_vec().into(),
            ..CodeSpec::default()
        };
        Ok(PyCode::with_constants(self.vm, spec, consts.items())?.into_value())
    }
}
