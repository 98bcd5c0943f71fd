//! `marshal`: values and code objects as bytes, in CPython's format (version 5).
//!
//! Writing notes no references to equal objects except where reading needs none; reading understands all of them.

use std::sync::Arc;

use base::int::BigInt;
use base::wstr::WString;
use bytecode::code_unit;
use bytecode::{CodeRef, CodeSpec, Constant};
use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::buffer;
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::code::PyCode;
use objects::types::complex;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::set;
use objects::types::slice::{self, PySlice};
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{float_, int, module};

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "marshal",
    doc: Some(
        "This module contains functions that can read and write Python values in a binary format.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return the bytes object that would be written to a file by dump(value, file).
    ["dumps"] "($module, value, version=version, /, *, allow_code=True)" Any(dumps);
    /// Convert the bytes-like object to a value.
    ["loads"] "($module, bytes, /, *, allow_code=True)" Any(loads);
    /// Write the value on the open file.
    ["dump"] "($module, value, file, version=version, /, *, allow_code=True)" Any(dump);
    /// Read one value from the open file and return it.
    ["load"] "($module, file, /, *, allow_code=True)" Any(load);
}

/// The version that is written.
const VERSION: i64 = 5;
/// How deep values may be nested (`MAX_MARSHAL_STACK_DEPTH`).
const DEPTH_MAX: usize = 2000;
const REF: u8 = 0x80;

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    module::add(vm, target, "version", Value::small_int_unchecked(VERSION));
    Ok(())
}

struct Writer<'gil> {
    vm: Vm<'gil>,
    out: Vec<u8>,
    depth: usize,
}

impl Writer<'_> {
    fn long(&mut self, number: i64) {
        #[expect(clippy::cast_possible_truncation, reason = "callers keep to 32 bits")]
        self.out.extend_from_slice(&(number as i32).to_le_bytes());
    }

    fn size(&mut self, size: usize) -> PyResult<()> {
        match i32::try_from(size) {
            Ok(size) => {
                self.long(i64::from(size));
                Ok(())
            }
            Err(_) => Err(self.vm.value_error("object too large to marshal")),
        }
    }

    fn sized(&mut self, kind: u8, bytes: &[u8]) -> PyResult<()> {
        self.out.push(kind);
        self.size(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn text(&mut self, text: &[u8], interned: bool) -> PyResult<()> {
        if text.is_ascii() {
            if let Ok(length) = u8::try_from(text.len()) {
                self.out.push(if interned { b'Z' } else { b'z' });
                self.out.push(length);
                self.out.extend_from_slice(text);
                return Ok(());
            }
            return self.sized(if interned { b'A' } else { b'a' }, text);
        }
        self.sized(if interned { b't' } else { b'u' }, text)
    }

    fn small(&mut self, number: i64) {
        if i32::try_from(number).is_ok() {
            self.out.push(b'i');
            self.long(number);
        } else {
            self.big(&BigInt::from(number));
        }
    }

    /// Digits of 15 bits, the sign in their count.
    fn big(&mut self, number: &BigInt) {
        let magnitude = number.abs();
        let bytes = magnitude.to_le_bytes(magnitude.bit_length() / 8 + 3);
        let count = magnitude.bit_length().div_ceil(15);
        self.out.push(b'l');
        let signed = i64::try_from(count).unwrap_or(i64::from(i32::MAX));
        self.long(if number.is_negative() { -signed } else { signed });
        for digit in 0..count {
            let bit = digit * 15;
            let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
            let word = at(bit / 8) | at(bit / 8 + 1) << 8 | at(bit / 8 + 2) << 16;
            let digit = (word >> (bit % 8) & 0x7fff) as u16;
            self.out.extend_from_slice(&digit.to_le_bytes());
        }
    }

    fn items(&mut self, kind: u8, items: &[Value]) -> PyResult<()> {
        self.out.push(kind);
        self.size(items.len())?;
        for item in items {
            self.value(item)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &Value) -> PyResult<()> {
        if self.depth > DEPTH_MAX {
            return Err(self.vm.value_error("object too deeply nested to marshal"));
        }
        self.depth += 1;
        let result = self.nested(value);
        self.depth -= 1;
        result
    }

    fn nested(&mut self, value: &Value) -> PyResult<()> {
        let simple = if value.is_none() {
            Some(b'N')
        } else if value.is_true() {
            Some(b'T')
        } else if value.is_false() {
            Some(b'F')
        } else if value.is(&Value::ELLIPSIS) {
            Some(b'.')
        } else {
            None
        };
        if let Some(kind) = simple {
            self.out.push(kind);
            return Ok(());
        }
        if int::number::is_exact_int(value) {
            match value.as_small_int() {
                Some(number) => self.small(number),
                None => {
                    if let Some(number) = int::as_bigint(value) {
                        self.big(&number);
                    }
                }
            }
            return Ok(());
        }
        if value.is_exact(float_::FLOAT.get())
            && let Some(number) = float_::as_f64(value)
        {
            self.out.push(b'g');
            self.out.extend_from_slice(&number.to_le_bytes());
            return Ok(());
        }
        if value.is_exact(complex::COMPLEX.get())
            && let Some(number) = complex::as_complex(value)
        {
            self.out.push(b'y');
            self.out.extend_from_slice(&number.re.to_le_bytes());
            self.out.extend_from_slice(&number.im.to_le_bytes());
            return Ok(());
        }
        self.container(value)
    }

    fn container(&mut self, value: &Value) -> PyResult<()> {
        if let Some(text) = value.downcast_exact::<PyStr>() {
            return self.text(&text.to_wtf8(), text.is_interned());
        }
        if let Some(bytes) = value.downcast_exact::<PyBytes>() {
            return self.sized(b's', bytes.as_slice());
        }
        if let Some(tuple) = value.downcast_exact::<PyTuple>() {
            if let Ok(count) = u8::try_from(tuple.items().len()) {
                self.out.extend_from_slice(&[b')', count]);
                for item in tuple.items() {
                    self.value(item)?;
                }
                return Ok(());
            }
            return self.items(b'(', tuple.items());
        }
        if value.downcast_exact::<PyList>().is_some() {
            let items = self.vm.collect(value)?;
            return self.items(b'[', &items);
        }
        if let Some(dict) = value.downcast_exact::<PyDict>() {
            self.out.push(b'{');
            for (key, item) in dict.items_vec() {
                self.value(&key)?;
                self.value(&item)?;
            }
            self.out.push(b'0');
            return Ok(());
        }
        let is_frozen = value.is_exact(set::FROZENSET.get());
        if is_frozen || value.is_exact(set::SET.get()) {
            let items = self.vm.collect(value)?;
            return self.items(if is_frozen { b'>' } else { b'<' }, &items);
        }
        if let Some(slice) = value.downcast::<PySlice>() {
            self.out.push(b':');
            self.value(&slice.start)?;
            self.value(&slice.stop)?;
            return self.value(&slice.step);
        }
        if let Some(code) = value.downcast::<PyCode>() {
            return self.code(code.spec());
        }
        if buffer::has_buffer(value) {
            let bytes = buffer::bytes_like(self.vm, value)?.to_vec();
            return self.sized(b's', &bytes);
        }
        Err(self.vm.value_error("unmarshallable object"))
    }

    fn constant(&mut self, constant: &Constant) -> PyResult<()> {
        match constant {
            Constant::None => self.out.push(b'N'),
            Constant::True => self.out.push(b'T'),
            Constant::False => self.out.push(b'F'),
            Constant::Ellipsis => self.out.push(b'.'),
            Constant::Int(number) => self.small(*number),
            Constant::BigInt(number) => self.big(number),
            Constant::Float(number) => {
                self.out.push(b'g');
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            Constant::Complex(re, im) => {
                self.out.push(b'y');
                self.out.extend_from_slice(&re.to_le_bytes());
                self.out.extend_from_slice(&im.to_le_bytes());
            }
            Constant::Str(text) => return self.text(text.as_bytes(), false),
            Constant::Bytes(bytes) => return self.sized(b's', bytes),
            Constant::Tuple(items) => return self.constants(b'(', items),
            Constant::FrozenSet(items) => return self.constants(b'>', items),
            Constant::Slice(parts) => {
                self.out.push(b':');
                for part in parts.iter() {
                    self.constant(part)?;
                }
            }
            Constant::Code(code) => return self.code(code),
        }
        Ok(())
    }

    fn constants(&mut self, kind: u8, items: &[Constant]) -> PyResult<()> {
        match u8::try_from(items.len()) {
            Ok(count) if kind == b'(' => self.out.extend_from_slice(&[b')', count]),
            _ => {
                self.out.push(kind);
                self.size(items.len())?;
            }
        }
        for item in items {
            self.constant(item)?;
        }
        Ok(())
    }

    fn names(&mut self, names: &[Arc<str>]) -> PyResult<()> {
        match u8::try_from(names.len()) {
            Ok(count) => self.out.extend_from_slice(&[b')', count]),
            Err(_) => {
                self.out.push(b'(');
                self.size(names.len())?;
            }
        }
        for name in names {
            self.text(name.as_bytes(), true)?;
        }
        Ok(())
    }

    /// A code object: its fields in CPython's order.
    fn code(&mut self, code: &CodeSpec) -> PyResult<()> {
        self.vm.check_recursion(" while marshalling a code object")?;
        self.out.push(b'c');
        for number in
            [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags]
        {
            self.long(i64::from(number));
        }
        self.sized(b's', &code_unit::to_bytes(&code.code))?;
        self.constants(b'(', &code.consts)?;
        self.names(&code.names)?;
        self.names(&code.localsplusnames)?;
        self.sized(b's', &code.localspluskinds)?;
        self.text(code.filename.as_bytes(), true)?;
        self.text(code.name.as_bytes(), true)?;
        self.text(code.qualname.as_bytes(), true)?;
        self.long(i64::from(code.firstlineno));
        self.sized(b's', &code.linetable)?;
        self.sized(b's', &code.exceptiontable)
    }
}

struct Reader<'a, 'gil> {
    vm: Vm<'gil>,
    bytes: &'a [u8],
    at: usize,
    references: Vec<Value>,
    depth: usize,
}

impl<'a> Reader<'a, '_> {
    #[cold]
    fn short(&self) -> Raised {
        self.vm.eof_error("marshal data too short")
    }

    #[cold]
    fn bad(&self, what: &str) -> Raised {
        self.vm.value_error(format!("bad marshal data ({what})"))
    }

    fn take(&mut self, count: usize) -> PyResult<&'a [u8]> {
        let end = self.at.checked_add(count);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(part) => {
                self.at += count;
                Ok(part)
            }
            None => Err(self.short()),
        }
    }

    fn byte(&mut self) -> PyResult<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    fn long(&mut self) -> PyResult<i32> {
        let bytes = self.take(4)?;
        Ok(i32::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    fn double(&mut self) -> PyResult<f64> {
        let bytes = self.take(8)?;
        Ok(f64::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    fn size(&mut self, what: &str) -> PyResult<usize> {
        let size = self.long()?;
        usize::try_from(size).map_err(|_| self.bad(&format!("{what} size out of range")))
    }

    fn value(&mut self) -> PyResult<Value> {
        match self.optional()? {
            Some(value) => Ok(value),
            None => Err(self.vm.type_error("NULL object in marshal data for object")),
        }
    }

    /// A value; None for the mark that ends a dict.
    fn optional(&mut self) -> PyResult<Option<Value>> {
        if self.depth > DEPTH_MAX {
            return Err(self.vm.value_error("recursion limit exceeded"));
        }
        self.depth += 1;
        let code = self.byte()?;
        let keep = code & REF != 0;
        // A container has its number before its items.
        let place = keep.then(|| {
            self.references.push(Value::NONE);
            self.references.len() - 1
        });
        let value = self.of_kind(code & !REF, place);
        self.depth -= 1;
        let value = value?;
        if let (Some(place), Some(value)) = (place, &value)
            && let Some(slot) = self.references.get_mut(place)
        {
            *slot = value.clone();
        }
        Ok(value)
    }

    fn of_kind(&mut self, kind: u8, place: Option<usize>) -> PyResult<Option<Value>> {
        let vm = self.vm;
        Ok(Some(match kind {
            b'0' => return Ok(None),
            b'N' => Value::NONE,
            b'T' => Value::TRUE,
            b'F' => Value::FALSE,
            b'.' => Value::ELLIPSIS,
            b'S' => return Err(self.bad("unknown type code")),
            b'i' => Value::small_int_unchecked(i64::from(self.long()?)),
            b'l' => self.big()?,
            b'g' => float_::new(vm, self.double()?),
            b'y' => {
                let (re, im) = (self.double()?, self.double()?);
                complex::new(vm, base::complex::Complex::new(re, im))
            }
            b's' => {
                let size = self.size("bytes object")?;
                PyBytes::try_new_value(vm, self.take(size)?)?
            }
            b'z' | b'Z' => {
                let size = usize::from(self.byte()?);
                self.text(size, kind == b'Z')?
            }
            b'a' | b'A' | b'u' | b't' => {
                let size = self.size("string")?;
                self.text(size, matches!(kind, b'A' | b't'))?
            }
            b')' => {
                let count = usize::from(self.byte()?);
                PyTuple::try_from_vec(vm, self.items(count)?)?.into_value()
            }
            b'(' => {
                let count = self.size("tuple")?;
                PyTuple::try_from_vec(vm, self.items(count)?)?.into_value()
            }
            b'[' => {
                let count = self.size("list")?;
                let items = self.items(count)?;
                PyList::try_new_value(vm, items)?
            }
            b'{' => self.dict(place)?,
            b'<' | b'>' => {
                let count = self.size("set")?;
                let items = PyList::try_new_value(vm, self.items(count)?)?;
                let class = if kind == b'<' { &set::SET } else { &set::FROZENSET };
                vm.call(&class.get().to_value(), &[items])?
            }
            b':' => {
                let (start, stop, step) = (self.value()?, self.value()?, self.value()?);
                slice::new(vm, start, stop, step)
            }
            b'r' => {
                let index = self.long()?;
                let found =
                    usize::try_from(index).ok().and_then(|index| self.references.get(index));
                match found {
                    Some(value) => value.clone(),
                    None => return Err(self.bad("invalid reference")),
                }
            }
            b'c' => self.code()?,
            _ => return Err(self.bad("unknown type code")),
        }))
    }

    fn items(&mut self, count: usize) -> PyResult<Vec<Value>> {
        // Each item takes a byte at least: a count beyond that is a lie.
        if count > self.bytes.len() - self.at {
            return Err(self.short());
        }
        (0..count).map(|_| self.value()).collect()
    }

    fn dict(&mut self, place: Option<usize>) -> PyResult<Value> {
        let dict = PyDict::new_ref(self.vm);
        if let Some(slot) = place.and_then(|place| self.references.get_mut(place)) {
            *slot = dict.to_value();
        }
        while let Some(key) = self.optional()? {
            let value = self.value()?;
            dict.set(self.vm, &key, value)?;
        }
        Ok(dict.into_value())
    }

    fn text(&mut self, size: usize, interned: bool) -> PyResult<Value> {
        let bytes = self.take(size)?;
        let vm = self.vm;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if interned => return Ok(vm.intern(text).into_value()),
            Ok(text) => PyStr::try_new(vm, text)?,
            Err(_) => match base::wstr::WStr::from_wtf8(bytes) {
                Some(text) => PyStr::try_from_wtf8(vm, &text.to_wstring())?,
                None => return Err(self.bad("string is not UTF-8")),
            },
        };
        Ok(text.into_value())
    }

    fn big(&mut self) -> PyResult<Value> {
        let count = self.long()?;
        let digits = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let size = digits.checked_mul(2).ok_or_else(|| self.bad("long size out of range"))?;
        let raw = self.take(size)?;
        let mut bytes = vec![0u8; digits * 15 / 8 + 4];
        for (index, pair) in raw.chunks_exact(2).enumerate() {
            let digit = u32::from(pair[0]) | u32::from(pair[1]) << 8;
            if digit > 0x7fff {
                return Err(self.bad("digit out of range in long"));
            }
            let bit = index * 15;
            let word = digit << (bit % 8);
            for part in 0..3 {
                if let Some(byte) = bytes.get_mut(bit / 8 + part) {
                    *byte |= word.to_le_bytes()[part];
                }
            }
        }
        let magnitude = BigInt::from_le_bytes(&bytes, false);
        let number = int::new(self.vm, magnitude);
        if count < 0 { int::number::negate(self.vm, &number) } else { Ok(number) }
    }

    fn unsigned(&mut self) -> PyResult<u32> {
        Ok(self.long()?.cast_unsigned())
    }

    fn raw_bytes(&mut self) -> PyResult<Box<[u8]>> {
        let value = self.value()?;
        match value.downcast::<PyBytes>() {
            Some(bytes) => Ok(bytes.as_slice().into()),
            None => Err(self.bad("code is malformed")),
        }
    }

    fn names(&mut self) -> PyResult<Box<[Arc<str>]>> {
        let value = self.value()?;
        let Some(tuple) = value.downcast::<PyTuple>() else {
            return Err(self.bad("code is malformed"));
        };
        tuple.items().iter().map(|name| self.name(name)).collect()
    }

    fn name(&self, value: &Value) -> PyResult<Arc<str>> {
        match value.downcast::<PyStr>() {
            Some(text) => Ok(text.to_rust_string().into()),
            None => Err(self.bad("code is malformed")),
        }
    }

    fn code(&mut self) -> PyResult<Value> {
        self.vm.check_recursion(" while unmarshalling a code object")?;
        let (argcount, posonlyargcount) = (self.unsigned()?, self.unsigned()?);
        let (kwonlyargcount, stacksize) = (self.unsigned()?, self.unsigned()?);
        let flags = self.unsigned()?;
        let code = code_unit::from_bytes(&self.raw_bytes()?).unwrap_or_default();
        let consts = self.value()?;
        let names = self.names()?;
        let localsplusnames = self.names()?;
        let localspluskinds = self.raw_bytes()?;
        let filename = self.value()?;
        let filename = match filename.downcast::<PyStr>() {
            Some(text) => text.to_wstring(),
            None => WString::default(),
        };
        let name = self.value()?;
        let qualname = self.value()?;
        let firstlineno = self.long()?;
        let (linetable, exceptiontable) = (self.raw_bytes()?, self.raw_bytes()?);
        let Some(consts) = consts.downcast::<PyTuple>() else {
            return Err(self.bad("code is malformed"));
        };
        let consts: PyResult<Box<[Constant]>> =
            consts.items().iter().map(|value| self.constant(value)).collect();
        let spec = CodeSpec {
            code: code.into(),
            consts: consts?.into(),
            names: names.into(),
            localsplusnames: localsplusnames.into(),
            localspluskinds: localspluskinds.into_vec().into(),
            argcount,
            posonlyargcount,
            kwonlyargcount,
            flags,
            stacksize,
            firstlineno,
            name: self.name(&name)?,
            qualname: self.name(&qualname)?,
            filename: Arc::new(filename),
            linetable: linetable.into_vec().into(),
            exceptiontable: exceptiontable.into_vec().into(),
        };
        Ok(PyCode::new(self.vm, &CodeRef::new(spec)).into_value())
    }

    /// The plain form of a constant that was read as an object.
    fn constant(&self, value: &Value) -> PyResult<Constant> {
        let vm = self.vm;
        vm.check_recursion(" while unmarshalling a constant")?;
        let all = |items: &[Value]| -> PyResult<Arc<[Constant]>> {
            items.iter().map(|item| self.constant(item)).collect()
        };
        Ok(if value.is_none() {
            Constant::None
        } else if let Some(flag) = value.as_bool() {
            Constant::bool(flag)
        } else if value.is(&Value::ELLIPSIS) {
            Constant::Ellipsis
        } else if let Some(number) = int::as_i64(value) {
            Constant::Int(number)
        } else if let Some(number) = int::as_bigint(value) {
            Constant::BigInt(Arc::new(number.into_owned()))
        } else if let Some(number) = float_::as_f64(value) {
            Constant::Float(number)
        } else if let Some(number) = complex::as_complex(value) {
            Constant::Complex(number.re, number.im)
        } else if let Some(text) = value.downcast::<PyStr>() {
            Constant::Str(Arc::new(text.to_wstring()))
        } else if let Some(bytes) = value.downcast::<PyBytes>() {
            Constant::Bytes(bytes.as_slice().into())
        } else if let Some(tuple) = value.downcast::<PyTuple>() {
            Constant::Tuple(all(tuple.items())?)
        } else if value.is_exact(set::FROZENSET.get()) {
            Constant::FrozenSet(all(&vm.collect(value)?)?)
        } else if let Some(slice) = value.downcast::<PySlice>() {
            let part = |value: &Value| self.constant(value);
            Constant::Slice(Arc::new([part(&slice.start)?, part(&slice.stop)?, part(&slice.step)?]))
        } else if let Some(code) = value.downcast::<PyCode>() {
            Constant::Code(code.shared_spec().clone())
        } else {
            return Err(self.bad("code is malformed"));
        })
    }
}

fn dumps(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some(value) = args.positional().first() else {
        return Err(vm.type_error("dumps expected at least 1 argument, got 0"));
    };
    let mut writer = Writer { vm, out: Vec::new(), depth: 0 };
    writer.value(value)?;
    PyBytes::try_new_value(vm, &writer.out)
}

fn loads(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some(data) = args.positional().first() else {
        return Err(vm.type_error("loads() missing required argument 'bytes' (pos 1)"));
    };
    let bytes = buffer::bytes_like(vm, data)?.to_vec();
    let mut reader = Reader { vm, bytes: &bytes, at: 0, references: Vec::new(), depth: 0 };
    reader.value()
}

fn dump(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let [value, file, ..] = args.positional() else {
        return Err(vm.type_error("dump expected at least 2 arguments"));
    };
    let bytes = dumps(vm, this, Args::positional_only(std::slice::from_ref(value)))?;
    vm.call_method(file, &vm.names().write, &[bytes])
}

/// Reads everything that is left of the file, takes one value and moves back to behind it.
fn load(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some(file) = args.positional().first() else {
        return Err(vm.type_error("load() missing required argument 'file' (pos 1)"));
    };
    let read = vm.call_method(file, &vm.names().read, &[])?;
    if read.downcast::<PyBytes>().is_none() && read.downcast::<PyByteArray>().is_none() {
        return Err(vm.error(
            &exc::TYPE_ERROR,
            format!("file.read() returned not bytes but {}", read.class().name()),
        ));
    }
    let bytes = buffer::bytes_like(vm, &read)?.to_vec();
    let mut reader = Reader { vm, bytes: &bytes, at: 0, references: Vec::new(), depth: 0 };
    let value = reader.value()?;
    let left = bytes.len() - reader.at;
    if left > 0 {
        let back = Value::small_int_unchecked(-i64::try_from(left).unwrap_or(0));
        vm.call_method(file, &vm.names().seek, &[back, Value::small_int_unchecked(1)])?;
    }
    Ok(value)
}
