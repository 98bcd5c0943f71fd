//! Bytes to values.

use base::int::BigInt;
use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::complex;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::set;
use objects::types::slice;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{float_, int};

use super::{DEPTH_MAX, REF};

/// Where the bytes come from.
pub(super) enum Source<'a> {
    /// A buffer, and how much of it has been read.
    Bytes { bytes: &'a [u8], at: usize },
    /// A file object, and the piece that was read last.
    File { file: &'a Value, piece: Vec<u8> },
}

/// A value that has a number.
enum Numbered {
    /// It is known.
    Whole(Value),
    /// It is being read, and may not hold itself.
    Unfinished,
    /// A tuple that is being read: the places of lists and dicts that wait for it.
    Tuple(Vec<Waiting>),
}

/// A place that a tuple is put in when it is whole.
enum Waiting {
    Item(Value, usize),
    Entry(Value, Value),
}

/// What a type code stands for.
enum Read {
    Value(Value),
    /// The mark that ends a dict.
    End,
    /// A tuple that is not whole yet: its number.
    Later(usize),
}

/// The state of reading one value.
pub(super) struct Reader<'a, 'gil> {
    pub(super) vm: Vm<'gil>,
    source: Source<'a>,
    allow_code: bool,
    numbered: Vec<Numbered>,
    depth: usize,
}

impl<'a, 'gil> Reader<'a, 'gil> {
    /// A reader of `source`.
    pub(super) fn new(vm: Vm<'gil>, source: Source<'a>, allow_code: bool) -> Self {
        Self { vm, source, allow_code, numbered: Vec::new(), depth: 0 }
    }

    #[cold]
    pub(super) fn bad(&self, what: &str) -> Raised {
        self.vm.value_error(format!("bad marshal data ({what})"))
    }

    fn take(&mut self, count: usize) -> PyResult<&[u8]> {
        let vm = self.vm;
        match &mut self.source {
            Source::Bytes { bytes, at } => {
                let end = at.checked_add(count);
                let Some(part) = end.and_then(|end| bytes.get(*at..end)) else {
                    return Err(vm.eof_error("marshal data too short"));
                };
                *at += count;
                Ok(part)
            }
            Source::File { file, piece } => {
                *piece = read_piece(vm, file, count)?;
                Ok(piece)
            }
        }
    }

    fn byte(&mut self) -> PyResult<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    pub(super) fn long(&mut self) -> PyResult<i32> {
        let bytes = self.take(4)?;
        Ok(i32::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    fn double(&mut self) -> PyResult<f64> {
        let bytes = self.take(8)?;
        Ok(f64::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    /// A number that is written as text.
    fn float_text(&mut self) -> PyResult<f64> {
        let size = usize::from(self.byte()?);
        let text = String::from_utf8_lossy(self.take(size)?).into_owned();
        text.trim().parse().map_err(|_| {
            self.vm.value_error(format!("could not convert string to float: '{text}'"))
        })
    }

    fn size(&mut self, what: &str) -> PyResult<usize> {
        let size = self.long()?;
        usize::try_from(size).map_err(|_| self.bad(&format!("{what} size out of range")))
    }

    /// The value that the bytes begin with.
    pub(super) fn root(&mut self) -> PyResult<Value> {
        self.value("object")
    }

    /// A value that belongs to a `what`.
    pub(super) fn value(&mut self, what: &str) -> PyResult<Value> {
        match self.read()? {
            Read::Value(value) => Ok(value),
            Read::Later(_) => Err(self.bad("invalid reference")),
            Read::End => Err(self.vm.type_error(format!("NULL object in marshal data for {what}"))),
        }
    }

    /// A value, or what may stand in its place.
    fn read(&mut self) -> PyResult<Read> {
        let code = match self.byte() {
            Ok(code) => code,
            Err(raised) if self.vm.raised_is(&raised, &exc::EOF_ERROR) => {
                self.vm.clear(raised);
                return Err(self.vm.eof_error("EOF read where object expected"));
            }
            Err(raised) => return Err(raised),
        };
        if self.depth >= DEPTH_MAX {
            return Err(self.vm.value_error("recursion limit exceeded"));
        }
        self.depth += 1;
        let kind = code & !REF;
        // A container has its number before its items.
        let place = (code & REF != 0
            && !matches!(kind, b'0' | b'N' | b'T' | b'F' | b'.' | b'S' | b'r'))
        .then(|| {
            self.numbered.push(match kind {
                b'(' | b')' => Numbered::Tuple(Vec::new()),
                _ => Numbered::Unfinished,
            });
            self.numbered.len() - 1
        });
        let read = self.of_kind(kind, place);
        self.depth -= 1;
        let read = read?;
        if let (Some(place), Read::Value(value)) = (place, &read) {
            self.finish(place, value)?;
        }
        Ok(read)
    }

    /// Notes that value `place` is whole.
    fn finish(&mut self, place: usize, value: &Value) -> PyResult<()> {
        let whole = Numbered::Whole(value.clone());
        let before =
            self.numbered.get_mut(place).map(|numbered| std::mem::replace(numbered, whole));
        let Some(Numbered::Tuple(waiting)) = before else { return Ok(()) };
        for waiting in waiting {
            match waiting {
                Waiting::Item(list, index) => {
                    if let Some(list) = list.downcast::<PyList>() {
                        drop(list.set(index, value.clone()));
                    }
                }
                Waiting::Entry(dict, key) => {
                    if let Some(dict) = dict.downcast::<PyDict>() {
                        dict.set(self.vm, &key, value.clone())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Has `waiting` done when the tuple of number `place` is whole.
    fn wait(&mut self, place: usize, waiting: Waiting) {
        if let Some(Numbered::Tuple(list)) = self.numbered.get_mut(place) {
            list.push(waiting);
        }
    }

    fn of_kind(&mut self, kind: u8, place: Option<usize>) -> PyResult<Read> {
        let vm = self.vm;
        Ok(Read::Value(match kind {
            b'0' => return Ok(Read::End),
            b'N' => Value::NONE,
            b'T' => Value::TRUE,
            b'F' => Value::FALSE,
            b'.' => Value::ELLIPSIS,
            b'S' => exc::STOP_ITERATION.get().to_value(),
            b'i' => Value::small_int_unchecked(i64::from(self.long()?)),
            b'I' => {
                let bytes = self.take(8)?;
                int::from_i64(vm, i64::from_le_bytes(bytes.try_into().unwrap_or_default()))
            }
            b'l' => self.big()?,
            b'g' => float_::new(vm, self.double()?),
            b'f' => float_::new(vm, self.float_text()?),
            b'y' => {
                let (re, im) = (self.double()?, self.double()?);
                complex::new(vm, base::complex::Complex::new(re, im))
            }
            b'x' => {
                let (re, im) = (self.float_text()?, self.float_text()?);
                complex::new(vm, base::complex::Complex::new(re, im))
            }
            b's' => {
                let size = self.size("bytes object")?;
                PyBytes::try_new_value(vm, self.take(size)?)?
            }
            b'z' | b'Z' => {
                let size = usize::from(self.byte()?);
                self.ascii(size, kind == b'Z')?
            }
            b'a' | b'A' => {
                let size = self.size("string")?;
                self.ascii(size, kind == b'A')?
            }
            b'u' | b't' => {
                let size = self.size("string")?;
                self.text(size, kind == b't')?
            }
            b')' => {
                let count = usize::from(self.byte()?);
                PyTuple::try_from_vec(vm, self.items(count, "tuple")?)?.into_value()
            }
            b'(' => {
                let count = self.size("tuple")?;
                PyTuple::try_from_vec(vm, self.items(count, "tuple")?)?.into_value()
            }
            b'[' => self.list(place)?,
            b'{' => self.dict(place)?,
            b'<' | b'>' => self.set(kind, place)?,
            b':' => {
                let (start, stop) = (self.value("object")?, self.value("object")?);
                slice::new(vm, start, stop, self.value("object")?)
            }
            b'r' => return self.again(),
            b'c' if !self.allow_code => {
                return Err(vm.value_error("unmarshalling code objects is disallowed"));
            }
            b'c' => self.code()?,
            _ => return Err(self.bad("unknown type code")),
        }))
    }

    /// A value that was read before.
    fn again(&mut self) -> PyResult<Read> {
        let number = self.long()?;
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        match self.numbered.get(place) {
            Some(Numbered::Whole(value)) => Ok(Read::Value(value.clone())),
            Some(Numbered::Tuple(_)) => Ok(Read::Later(place)),
            Some(Numbered::Unfinished) | None => Err(self.bad("invalid reference")),
        }
    }

    fn items(&mut self, count: usize, what: &str) -> PyResult<Vec<Value>> {
        // Each item takes a byte at least: room is made for no more than there are bytes.
        let room = match &self.source {
            Source::Bytes { bytes, at } => bytes.len() - at,
            Source::File { .. } => DEPTH_MAX,
        };
        let mut items = Vec::with_capacity(count.min(room));
        for _ in 0..count {
            items.push(self.value(what)?);
        }
        Ok(items)
    }

    /// A container that may hold itself is known before its items.
    fn known(&mut self, place: Option<usize>, value: &Value) {
        if let Some(numbered) = place.and_then(|place| self.numbered.get_mut(place)) {
            *numbered = Numbered::Whole(value.clone());
        }
    }

    fn list(&mut self, place: Option<usize>) -> PyResult<Value> {
        let count = self.size("list")?;
        let list = PyList::new_ref(self.vm, Vec::new());
        self.known(place, &list.to_value());
        for index in 0..count {
            let item = match self.read()? {
                Read::Value(item) => item,
                Read::Later(tuple) => {
                    self.wait(tuple, Waiting::Item(list.to_value(), index));
                    Value::NONE
                }
                Read::End => {
                    return Err(self.vm.type_error("NULL object in marshal data for list"));
                }
            };
            list.push(self.vm, item)?;
        }
        Ok(list.into_value())
    }

    fn dict(&mut self, place: Option<usize>) -> PyResult<Value> {
        let dict = PyDict::new_ref(self.vm);
        self.known(place, &dict.to_value());
        loop {
            let key = match self.read()? {
                Read::Value(key) => key,
                Read::Later(_) => return Err(self.bad("invalid reference")),
                Read::End => return Ok(dict.into_value()),
            };
            match self.read()? {
                Read::Value(value) => dict.set(self.vm, &key, value)?,
                Read::Later(tuple) => {
                    dict.set(self.vm, &key, Value::NONE)?;
                    self.wait(tuple, Waiting::Entry(dict.to_value(), key));
                }
                Read::End => return Ok(dict.into_value()),
            }
        }
    }

    fn set(&mut self, kind: u8, place: Option<usize>) -> PyResult<Value> {
        let count = self.size("set")?;
        if kind == b'>' {
            let items = self.items(count, "set")?;
            return set::frozen(self.vm, &PyList::try_new_value(self.vm, items)?);
        }
        let set = set::PySet::new_ref(self.vm);
        self.known(place, &set.to_value());
        for _ in 0..count {
            let item = self.value("set")?;
            set.add(self.vm, &item)?;
        }
        Ok(set.into_value())
    }

    /// Text of one byte a character.
    fn ascii(&mut self, size: usize, interned: bool) -> PyResult<Value> {
        let vm = self.vm;
        let text: String = self.take(size)?.iter().copied().map(char::from).collect();
        if interned {
            return Ok(vm.intern(&text).into_value());
        }
        Ok(PyStr::try_new(vm, &text)?.into_value())
    }

    fn text(&mut self, size: usize, interned: bool) -> PyResult<Value> {
        let vm = self.vm;
        let bytes = self.take(size)?;
        match std::str::from_utf8(bytes) {
            Ok(text) if interned => Ok(vm.intern(text).into_value()),
            Ok(text) => Ok(PyStr::try_new(vm, text)?.into_value()),
            Err(_) => {
                // Lone surrogates; for anything else the codec has its own error.
                let bytes = PyBytes::try_new_value(vm, bytes)?;
                let arguments = ["utf-8", "surrogatepass"].map(|name| PyStr::new_value(vm, name));
                vm.call_method(&bytes, &vm.intern("decode"), &arguments)
            }
        }
    }

    fn big(&mut self) -> PyResult<Value> {
        let count = self.long()?;
        let digits = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count == i32::MIN {
            return Err(self.bad("long size out of range"));
        }
        let raw = self.take(digits * 2)?.to_vec();
        if raw.ends_with(&[0, 0]) {
            return Err(self.bad("unnormalized long data"));
        }
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
}

/// Exactly `count` bytes out of a file object.
fn read_piece(vm: Vm<'_>, file: &Value, count: usize) -> PyResult<Vec<u8>> {
    let room = PyByteArray::try_new_value(vm, vec![0; count])?;
    let read = vm.call_method(file, &vm.intern("readinto"), std::slice::from_ref(&room))?;
    let read = if read.is_none() { 0 } else { number::as_isize(vm, &read)? };
    let wanted = isize::try_from(count).unwrap_or(isize::MAX);
    if read > wanted {
        return Err(vm.value_error(format!(
            "read() returned too much data: {count} bytes requested, {read} returned"
        )));
    }
    if read < wanted {
        return Err(vm.eof_error("EOF read where not expected"));
    }
    let bytes = room.downcast::<PyByteArray>().map(|bytes| bytes.with(<[u8]>::to_vec));
    Ok(bytes.unwrap_or_default())
}
