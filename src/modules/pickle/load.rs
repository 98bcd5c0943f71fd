//! Reading: the stack machine that runs the instructions, and those that push plain values.

use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::type_object::StaticType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::float_::{self, FLOAT};
use objects::types::int::{self, INT};
use objects::types::list::PyList;
use objects::types::set::PySet;
use objects::types::str::codec::errors::Errors;
use objects::types::str::codec::{self, Input as CodecInput, escape, utf8};
use objects::types::str::{PyStr, value_is};
use objects::types::tuple::PyTuple;

use base::int::BigInt;

use super::UNPICKLING_ERROR;
use super::input::{Input, truncated};
use super::opcodes::{self as op, HIGHEST_PROTOCOL};
use super::unpickler::PyUnpickler;

/// Values that the stack has room for at first.
const STACK_FIRST: usize = 32;

/// An unpickler at work.
pub(super) struct Loader<'a> {
    pub(super) vm: Vm<'a>,
    /// The unpickler as an object, for its methods.
    pub(super) object: &'a Value,
    pub(super) unpickler: &'a Py<PyUnpickler>,
    pub(super) input: Input,
    pub(super) stack: Vec<Value>,
    marks: Vec<usize>,
    /// The stack's height at the last mark: nothing below it can be popped.
    pub(super) fence: usize,
}

impl<'a> Loader<'a> {
    pub(super) fn new(
        vm: Vm<'a>,
        object: &'a Value,
        unpickler: &'a Py<PyUnpickler>,
        input: Input,
    ) -> Self {
        Self {
            vm,
            object,
            unpickler,
            input,
            stack: Vec::with_capacity(STACK_FIRST),
            marks: Vec::new(),
            fence: 0,
        }
    }

    #[cold]
    pub(super) fn error(&self, text: impl Into<String>) -> Raised {
        self.vm.error(&UNPICKLING_ERROR, text)
    }

    #[cold]
    pub(super) fn underflow(&self) -> Raised {
        self.error(if self.marks.is_empty() {
            "unpickling stack underflow"
        } else {
            "unexpected MARK found"
        })
    }

    #[inline]
    pub(super) fn push(&mut self, value: Value) -> PyResult<()> {
        self.stack.push(value);
        Ok(())
    }

    #[inline]
    pub(super) fn pop(&mut self) -> PyResult<Value> {
        if self.stack.len() <= self.fence {
            return Err(self.underflow());
        }
        match self.stack.pop() {
            Some(value) => Ok(value),
            None => Err(self.underflow()),
        }
    }

    /// The value on top of the stack.
    #[inline]
    fn top(&self) -> PyResult<&Value> {
        match self.stack.last() {
            Some(value) if self.stack.len() > self.fence => Ok(value),
            _ => Err(self.underflow()),
        }
    }

    /// Takes the last mark away: the height that it marked.
    #[inline]
    pub(super) fn mark(&mut self) -> PyResult<usize> {
        let Some(mark) = self.marks.pop() else { return Err(self.error("could not find MARK")) };
        self.fence = self.marks.last().copied().unwrap_or_default();
        Ok(mark)
    }

    /// Takes what lies above height `start`.
    #[inline]
    pub(super) fn pop_above(&mut self, start: usize) -> PyResult<Vec<Value>> {
        if start < self.fence || start > self.stack.len() {
            return Err(self.underflow());
        }
        Ok(self.stack.split_off(start))
    }

    fn memoize(&mut self, number: usize) -> PyResult<()> {
        let value = self.top()?.clone();
        let (stored, old) = self.unpickler.memo.with_mut(|memo| memo.set(number, value));
        drop(old);
        if stored { Ok(()) } else { Err(self.vm.memory_error()) }
    }

    fn push_known(&mut self, number: usize) -> PyResult<()> {
        match self.unpickler.memo.with(|memo| memo.get(number).cloned()) {
            Some(value) => self.push(value),
            None => Err(self.error(format!("Memo value not found at index {number}"))),
        }
    }

    /// Runs all instructions.
    pub(super) fn run(mut self) -> PyResult<Value> {
        let mut count = 0_u32;
        loop {
            let code = match self.input.byte(self.vm) {
                Ok(code) => code,
                Err(raised) if self.vm.raised_is(&raised, &UNPICKLING_ERROR) => {
                    self.vm.clear(raised);
                    return Err(self.vm.eof_error("Ran out of input"));
                }
                Err(raised) => return Err(raised),
            };
            if code == op::STOP {
                break;
            }
            self.step(code)?;
            count = count.wrapping_add(1);
            if count.is_multiple_of(1024) {
                self.vm.poll()?;
            }
        }
        self.input.skip_consumed(self.vm)?;
        self.pop()
    }

    #[inline]
    fn step(&mut self, code: u8) -> PyResult<()> {
        let vm = self.vm;
        match code {
            op::BININT1 => {
                let byte = self.input.byte(vm)?;
                self.push(Value::small_int_unchecked(i64::from(byte)))
            }
            op::SHORT_BINUNICODE => {
                let length = self.input.byte(vm)?;
                self.load_text(usize::from(length))
            }
            op::MEMOIZE => {
                let number = self.unpickler.memo.with(super::memo::ReadMemo::len);
                self.memoize(number)
            }
            op::BINGET => {
                let number = self.input.byte(vm)?;
                self.push_known(usize::from(number))
            }
            op::LONG_BINGET => {
                let number = self.uint4()?;
                self.push_known(number)
            }
            op::BININT2 => {
                let number = u16::from_le_bytes(self.input.array(vm)?);
                self.push(Value::small_int_unchecked(i64::from(number)))
            }
            op::BININT => {
                let number = i32::from_le_bytes(self.input.array(vm)?);
                self.push(int::from_i64(vm, i64::from(number)))
            }
            op::BINFLOAT => {
                let number = f64::from_be_bytes(self.input.array(vm)?);
                self.push(float_::new(vm, number))
            }
            op::NONE => self.push(Value::NONE),
            op::NEWTRUE => self.push(Value::TRUE),
            op::NEWFALSE => self.push(Value::FALSE),
            op::MARK => {
                self.marks.push(self.stack.len());
                self.fence = self.stack.len();
                Ok(())
            }
            op::EMPTY_DICT => self.push(PyDict::new_value(vm)),
            op::EMPTY_LIST => self.push(PyList::try_new_value(vm, Vec::new())?),
            op::EMPTY_TUPLE => self.push(PyTuple::new_value(vm, &[])),
            op::EMPTY_SET => self.push(PySet::new_ref(vm).into_value()),
            op::TUPLE1 => self.counted_tuple(1),
            op::TUPLE2 => self.counted_tuple(2),
            op::TUPLE3 => self.counted_tuple(3),
            op::TUPLE => {
                let mark = self.mark()?;
                let items = self.pop_above(mark)?;
                self.push(PyTuple::try_from_vec(vm, items)?.into_value())
            }
            op::SETITEMS => {
                let mark = self.mark()?;
                self.set_items(mark)
            }
            op::APPENDS => {
                let mark = self.mark()?;
                self.append_items(mark)
            }
            op::APPEND | op::SETITEM => {
                let count = if code == op::APPEND { 1 } else { 2 };
                let height = self.stack.len().wrapping_sub(count);
                if self.stack.len() < count || height <= self.fence {
                    return Err(self.underflow());
                }
                if code == op::APPEND { self.append_items(height) } else { self.set_items(height) }
            }
            op::BINPUT => {
                let number = self.input.byte(vm)?;
                self.memoize(usize::from(number))
            }
            op::LONG_BINPUT => {
                let number = self.uint4()?;
                self.memoize(number)
            }
            op::BINUNICODE => {
                let length = self.uint4()?;
                self.load_text(length)
            }
            op::SHORT_BINBYTES => {
                let length = self.input.byte(vm)?;
                self.load_bytes(usize::from(length))
            }
            op::BINBYTES => {
                let length = self.uint4()?;
                self.load_bytes(length)
            }
            op::LONG1 => {
                let length = self.input.byte(vm)?;
                self.load_long(usize::from(length))
            }
            _ => self.step_object(code),
        }
    }

    /// The instructions that make and change objects, and those that have to do with the stream.
    fn step_object(&mut self, code: u8) -> PyResult<()> {
        match code {
            op::STACK_GLOBAL => self.stack_global(),
            op::REDUCE => self.reduce(),
            op::BUILD => self.build(),
            op::NEWOBJ => self.newobj(),
            op::NEWOBJ_EX => self.newobj_ex(),
            op::GLOBAL => self.global(),
            op::INST => self.inst(),
            op::OBJ => self.obj(),
            op::ADDITEMS => self.add_items(),
            op::FROZENSET => self.frozenset(),
            op::LIST => {
                let mark = self.mark()?;
                let items = self.pop_above(mark)?;
                self.push(PyList::try_new_value(self.vm, items)?)
            }
            op::DICT => self.dict(),
            op::POP => self.pop_one(),
            op::POP_MARK => {
                let mark = self.mark()?;
                self.stack.drain(mark.min(self.stack.len())..).for_each(drop);
                Ok(())
            }
            op::DUP => {
                let top = self.top()?.clone();
                self.push(top)
            }
            op::EXT1 => {
                let code = self.input.byte(self.vm)?;
                self.extension(i64::from(code))
            }
            op::EXT2 => {
                let code = u16::from_le_bytes(self.input.array(self.vm)?);
                self.extension(i64::from(code))
            }
            op::EXT4 => {
                let code = i32::from_le_bytes(self.input.array(self.vm)?);
                self.extension(i64::from(code))
            }
            op::PERSID | op::BINPERSID => self.persistent(code == op::PERSID),
            op::NEXT_BUFFER => self.next_buffer(),
            op::READONLY_BUFFER => self.readonly_buffer(),
            _ => self.step_rare(code),
        }
    }

    /// The instructions of old protocols, and of large data.
    fn step_rare(&mut self, code: u8) -> PyResult<()> {
        let vm = self.vm;
        match code {
            op::PROTO => self.protocol(),
            op::FRAME => {
                let length =
                    self.uint8("FRAME length", "FRAME length exceeds system's maximum of")?;
                self.input.frame(vm, length)
            }
            op::INT => self.load_int_line(),
            op::LONG => self.load_long_line(),
            op::FLOAT => self.load_float_line(),
            op::UNICODE => self.load_unicode_line(),
            op::STRING => self.load_string_line(),
            op::GET => {
                let number = self.line_number()?;
                match usize::try_from(number) {
                    Ok(number) => self.push_known(number),
                    Err(_) => Err(self.error(format!("Memo value not found at index {number}"))),
                }
            }
            op::PUT => {
                let number = self.line_number()?;
                if self.stack.len() <= self.fence {
                    return Err(self.underflow());
                }
                match usize::try_from(number) {
                    Ok(number) => self.memoize(number),
                    Err(_) => Err(vm.value_error("negative PUT argument")),
                }
            }
            op::LONG4 => {
                let length = i32::from_le_bytes(self.input.array(vm)?);
                match usize::try_from(length) {
                    Ok(length) => self.load_long(length),
                    Err(_) => Err(self.error("LONG pickle has negative byte count")),
                }
            }
            op::BINUNICODE8 => {
                let length =
                    self.uint8("BINUNICODE", "BINUNICODE exceeds system's maximum size of")?;
                self.load_text(length)
            }
            op::BINBYTES8 => {
                let length = self.uint8("BINBYTES", "BINBYTES exceeds system's maximum size of")?;
                self.load_bytes(length)
            }
            op::BYTEARRAY8 => {
                let length =
                    self.uint8("BYTEARRAY8", "BYTEARRAY8 exceeds system's maximum size of")?;
                let array = self.input.bytearray(vm, length)?;
                self.push(array)
            }
            op::SHORT_BINSTRING => {
                let length = self.input.byte(vm)?;
                self.load_string(usize::from(length))
            }
            op::BINSTRING => {
                let length = i32::from_le_bytes(self.input.array(vm)?);
                match usize::try_from(length) {
                    Ok(length) => self.load_string(length),
                    Err(_) => Err(self.error("BINSTRING pickle has negative byte count")),
                }
            }
            _ => Err(self.invalid(code)),
        }
    }

    #[cold]
    fn invalid(&self, code: u8) -> Raised {
        let shown = match code {
            0x20..=0x7E if code != b'\'' && code != b'\\' => char::from(code).to_string(),
            _ => format!("\\x{code:02x}"),
        };
        self.error(format!("invalid load key, '{shown}'."))
    }

    fn uint4(&mut self) -> PyResult<usize> {
        let number = u32::from_le_bytes(self.input.array(self.vm)?);
        Ok(usize::try_from(number).unwrap_or_default())
    }

    /// A length of 8 bytes, which must be a size.
    fn uint8(&mut self, _what: &str, refusal: &str) -> PyResult<usize> {
        let number = u64::from_le_bytes(self.input.array(self.vm)?);
        match isize::try_from(number) {
            Ok(number) => Ok(number.unsigned_abs()),
            Err(_) => Err(self.vm.overflow_error(format!("{refusal} {} bytes", isize::MAX))),
        }
    }

    fn protocol(&mut self) -> PyResult<()> {
        let proto = i64::from(self.input.byte(self.vm)?);
        if proto > HIGHEST_PROTOCOL {
            return Err(self.vm.value_error(format!("unsupported pickle protocol: {proto}")));
        }
        self.unpickler.proto.set(proto);
        Ok(())
    }

    fn counted_tuple(&mut self, count: usize) -> PyResult<()> {
        let Some(start) = self.stack.len().checked_sub(count).filter(|&at| at >= self.fence) else {
            return Err(self.underflow());
        };
        let items = self.stack.split_off(start);
        self.push(PyTuple::try_from_vec(self.vm, items)?.into_value())
    }

    fn load_text(&mut self, length: usize) -> PyResult<()> {
        let vm = self.vm;
        let text =
            self.input.with(vm, length, |bytes| match PyStr::try_from_utf8(vm, bytes)? {
                Some(text) => Ok(text),
                None => {
                    let input = CodecInput::from_bytes(vm, bytes)?;
                    let name = vm.intern("surrogatepass");
                    utf8::decode(vm, &input, &Errors::of(Some(&name)), true).map(|(text, _)| text)
                }
            })??;
        self.push(text.into_value())
    }

    fn load_bytes(&mut self, length: usize) -> PyResult<()> {
        let bytes = self.input.bytes(self.vm, length)?;
        self.push(bytes)
    }

    fn load_long(&mut self, length: usize) -> PyResult<()> {
        let vm = self.vm;
        let number = self.input.with(vm, length, |bytes| match bytes.len() {
            0 => Value::small_int_unchecked(0),
            1..=8 => {
                let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
                let mut all = [if negative { 0xFF } else { 0 }; 8];
                all[..bytes.len()].copy_from_slice(bytes);
                int::from_i64(vm, i64::from_le_bytes(all))
            }
            _ => int::new(vm, BigInt::from_le_bytes(bytes, true)),
        })?;
        self.push(number)
    }

    /// A line without its end; it must hold something.
    fn full_line(&mut self) -> PyResult<Vec<u8>> {
        let mut line = self.input.line(self.vm)?;
        if line.len() < 2 {
            return Err(truncated(self.vm));
        }
        line.pop();
        Ok(line)
    }

    fn parsed(&self, class: &'static StaticType, text: &[u8]) -> PyResult<Value> {
        let text = PyStr::try_new(self.vm, &String::from_utf8_lossy(text))?.into_value();
        self.vm.call(&class.get().to_value(), &[text])
    }

    fn line_number(&mut self) -> PyResult<i64> {
        let line = self.full_line()?;
        let number = self.parsed(&INT, &line)?;
        objects::protocol::number::as_i64(self.vm, &number)
    }

    fn load_int_line(&mut self) -> PyResult<()> {
        let line = self.full_line()?;
        let value = match line.as_slice() {
            b"00" => Value::FALSE,
            b"01" => Value::TRUE,
            other => self.parsed(&INT, other)?,
        };
        self.push(value)
    }

    fn load_long_line(&mut self) -> PyResult<()> {
        let mut line = self.full_line()?;
        if line.last() == Some(&b'L') {
            line.pop();
        }
        let number = self.parsed(&INT, &line)?;
        self.push(number)
    }

    fn load_float_line(&mut self) -> PyResult<()> {
        let line = self.full_line()?;
        let spaced = line.first().is_some_and(u8::is_ascii_whitespace)
            || line.last().is_some_and(u8::is_ascii_whitespace);
        let parsed = if spaced || line.contains(&b'_') {
            None
        } else {
            let parsed = self.parsed(&FLOAT, &line);
            self.vm.catch(parsed, &exc::VALUE_ERROR)?
        };
        match parsed {
            Some(number) => self.push(number),
            None => Err(self.vm.value_error("could not convert string to float")),
        }
    }

    fn load_unicode_line(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let mut line = self.input.line(vm)?;
        line.pop();
        let input = CodecInput::from_bytes(vm, &line)?;
        let (text, _) = escape::decode_raw_unicode(vm, &input, &Errors::of(None), true)?;
        self.push(text.into_value())
    }

    /// A str of Python 2: text or bytes, as the unpickler was told.
    fn push_string(&mut self, bytes: &[u8]) -> PyResult<()> {
        let vm = self.vm;
        let bytes = PyBytes::try_new_value(vm, bytes)?;
        let encoding = self.unpickler.encoding.get();
        if encoding.as_ref().is_some_and(|encoding| value_is(encoding, "bytes")) {
            return self.push(bytes);
        }
        let encoding = encoding.unwrap_or_else(|| vm.intern("ASCII").into_value());
        let errors = self.unpickler.errors.get();
        let errors = errors.as_ref().and_then(|errors| errors.downcast::<PyStr>());
        let text = codec::decode_object(vm, &bytes, encoding.downcast::<PyStr>(), errors)?;
        self.push(text)
    }

    fn load_string(&mut self, length: usize) -> PyResult<()> {
        let bytes = self.input.with(self.vm, length, <[u8]>::to_vec)?;
        self.push_string(&bytes)
    }

    fn load_string_line(&mut self) -> PyResult<()> {
        let mut line = self.input.line(self.vm)?;
        line.pop();
        let ([b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"']) = line.as_slice() else {
            return Err(self.error("the STRING opcode argument must be quoted"));
        };
        let (bytes, _) = escape::decode_bytes(self.vm, inner, &Errors::of(None))?;
        self.push_string(&bytes)
    }

    fn dict(&mut self) -> PyResult<()> {
        let mark = self.mark()?;
        let items = self.pop_above(mark)?;
        if !items.len().is_multiple_of(2) {
            return Err(self.error("odd number of items for DICT"));
        }
        let dict = PyDict::new_ref(self.vm);
        for pair in items.chunks_exact(2) {
            dict.set(self.vm, &pair[0], pair[1].clone())?;
        }
        self.push(dict.into_value())
    }

    fn pop_one(&mut self) -> PyResult<()> {
        if self.marks.last() == Some(&self.stack.len()) {
            return self.mark().map(drop);
        }
        self.pop().map(drop)
    }
}
