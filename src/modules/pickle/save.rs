//! Writing values: one function for each of the builtin types that the format knows.

use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::type_object::{PyType, TYPE};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::{BYTEARRAY, BYTES, PyByteArray, PyBytes};
use objects::types::dict::DICT;
use objects::types::float_::{self, FLOAT};
use objects::types::function::FUNCTION;
use objects::types::int::{self, INT};
use objects::types::list::LIST;
use objects::types::set::{FROZENSET, SET};
use objects::types::singletons;
use objects::types::str::{PyStr, STR, storage};
use objects::types::tuple::{PyTuple, TUPLE as TUPLE_TYPE};

use super::buffer::{PICKLE_BUFFER, export};
use super::opcodes as op;
use super::output::{FRAME_SIZE_TARGET, Output};
use super::pickler::PyPickler;
use super::{PICKLING_ERROR, with_note};

/// Containers nested deeper than this are looked after in fast mode.
const FAST_NESTING_LIMIT: i64 = 50;

/// A pickler at work.
#[derive(Clone, Copy)]
pub(super) struct Saver<'a> {
    pub(super) vm: Vm<'a>,
    pub(super) pickler: &'a Py<PyPickler>,
}

impl Saver<'_> {
    /// Appends bytes to the output.
    #[inline]
    pub(super) fn put(&self, data: &[u8]) -> PyResult<()> {
        if self.pickler.output.with_mut(|output| output.put(data)) {
            Ok(())
        } else {
            Err(self.vm.memory_error())
        }
    }

    /// Appends instructions, whose number is known here.
    #[inline]
    pub(super) fn put_codes<const N: usize>(&self, codes: [u8; N]) -> PyResult<()> {
        self.put(&codes)
    }

    /// Instruction `code` with what belongs to it.
    #[inline]
    fn put_with<const N: usize>(&self, code: u8, argument: [u8; N]) -> PyResult<()> {
        self.put_codes([code])?;
        self.put_codes(argument)
    }

    pub(super) fn proto(&self) -> i64 {
        self.pickler.proto.get()
    }

    pub(super) fn is_binary(&self) -> bool {
        self.pickler.bin.get() != 0
    }

    pub(super) fn pickling_error(&self, text: impl Into<String>) -> Raised {
        self.vm.error(&PICKLING_ERROR, text)
    }

    /// Writes `object`. `is_persistent_id`: it is a persistent identifier and has none itself.
    pub(super) fn save(&self, object: &Value, is_persistent_id: bool) -> PyResult<()> {
        let pickler = self.pickler;
        if pickler.output.with(Output::frame_is_full) || pickler.persistent_id.with(Option::is_some)
        {
            return self.save_after(object, is_persistent_id);
        }
        self.save_plain(object)
    }

    /// Writes `object` after what may come before it.
    #[inline(never)]
    fn save_after(&self, object: &Value, is_persistent_id: bool) -> PyResult<()> {
        if self.pickler.output.with(Output::frame_is_full) {
            self.pickler.output.with_mut(Output::commit_frame);
            self.pickler.flush(self.vm)?;
        }
        if !is_persistent_id && self.save_persistent(object)? {
            return Ok(());
        }
        self.save_plain(object)
    }

    #[inline]
    fn save_plain(&self, object: &Value) -> PyResult<()> {
        if let Some(number) = object.as_small_int() {
            return self.save_small_int(number);
        }
        if object.is_none() {
            return self.put_codes([op::NONE]);
        }
        if let Some(truth) = object.as_bool() {
            return self.save_bool(truth);
        }
        let class = object.class();
        if class.is(STR.get()) {
            return self.save_str(object);
        }
        self.save_object(object, class)
    }

    /// Writes an object that is neither a str nor an immediate value of the usual kinds.
    fn save_object(&self, object: &Value, class: &Py<PyType>) -> PyResult<()> {
        if class.is(FLOAT.get()) {
            return self.save_float(object);
        }
        if class.is(INT.get()) {
            return self.save_int(object);
        }
        if let Some(number) = self.known(object) {
            return self.put_get(number);
        }
        if class.is(BYTES.get()) {
            return self.save_bytes(object);
        }
        self.vm.check_recursion(" while pickling an object")?;
        if class.is(DICT.get()) {
            self.save_dict(object)
        } else if class.is(LIST.get()) {
            self.save_list(object)
        } else if class.is(TUPLE_TYPE.get()) {
            self.save_tuple(object)
        } else if class.is(SET.get()) {
            self.save_set(object)
        } else if class.is(FROZENSET.get()) {
            self.save_frozenset(object)
        } else if class.is(BYTEARRAY.get()) {
            self.save_bytearray(object)
        } else if class.is(PICKLE_BUFFER.get()) {
            self.save_picklebuffer(object)
        } else {
            self.save_other(object)
        }
    }

    /// Everything that is not one of the format's own types.
    fn save_other(&self, object: &Value) -> PyResult<()> {
        let mut reduced = None;
        if let Some(reducer) = self.pickler.reducer_override.get() {
            let value = self.vm.call(&reducer, std::slice::from_ref(object))?;
            reduced = Some(value).filter(|value| !value.is_not_implemented());
        }
        if reduced.is_none() {
            if object.is_exact(TYPE.get()) {
                return self.save_type(object);
            }
            if object.is_exact(FUNCTION.get()) {
                return self.save_global(object, None);
            }
        }
        match reduced {
            Some(reduced) => self.save_reduced(&reduced, object),
            None => match self.reduced(object)? {
                Some(reduced) => self.save_reduced(&reduced, object),
                None => self.save_global(object, None),
            },
        }
    }

    fn save_type(&self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        for (class, single) in [
            (&singletons::NONE_TYPE, Value::NONE),
            (&singletons::ELLIPSIS_TYPE, Value::ELLIPSIS),
            (&singletons::NOT_IMPLEMENTED_TYPE, Value::NOT_IMPLEMENTED),
        ] {
            if object.is(&class.get().to_value()) {
                let args = PyTuple::new_value(vm, &[single]);
                return self.save_reduce(&[TYPE.get().to_value(), args], Some(object));
            }
        }
        self.save_global(object, None)
    }

    /// The number of an object that was written already.
    #[inline]
    pub(super) fn known(&self, object: &Value) -> Option<usize> {
        self.pickler.memo.with(|memo| memo.get(object))
    }

    /// Gives `object`, just written, a number.
    pub(super) fn memoize(&self, object: &Value) -> PyResult<()> {
        if self.pickler.fast.get() != 0 {
            return Ok(());
        }
        let Some((number, _)) = self.pickler.memo.with_mut(|memo| memo.get_or_add(object)) else {
            return Err(self.vm.memory_error());
        };
        if self.proto() >= 4 {
            self.put_codes([op::MEMOIZE])
        } else if !self.is_binary() {
            self.put(format!("{}{number}\n", char::from(op::PUT)).as_bytes())
        } else if let Ok(small) = u8::try_from(number) {
            self.put_codes([op::BINPUT, small])
        } else if let Ok(large) = u32::try_from(number) {
            self.put_with(op::LONG_BINPUT, large.to_le_bytes())
        } else {
            Err(self.pickling_error("memo id too large for LONG_BINPUT"))
        }
    }

    /// Refers to an object that was written before.
    pub(super) fn put_get(&self, number: usize) -> PyResult<()> {
        if !self.is_binary() {
            self.put(format!("{}{number}\n", char::from(op::GET)).as_bytes())
        } else if let Ok(small) = u8::try_from(number) {
            self.put_codes([op::BINGET, small])
        } else if let Ok(large) = u32::try_from(number) {
            self.put_with(op::LONG_BINGET, large.to_le_bytes())
        } else {
            Err(self.pickling_error("memo id too large for LONG_BINGET"))
        }
    }

    fn save_persistent(&self, object: &Value) -> PyResult<bool> {
        let vm = self.vm;
        let Some(function) = self.pickler.persistent_id.get() else { return Ok(false) };
        let id = vm.call(&function, std::slice::from_ref(object))?;
        if id.is_none() {
            return Ok(false);
        }
        if self.is_binary() {
            self.save(&id, true)?;
            self.put_codes([op::BINPERSID])?;
        } else {
            let text = vm.str(&id)?;
            let Some(text) = text.as_ascii() else {
                return Err(
                    self.pickling_error("persistent IDs in protocol 0 must be ASCII strings")
                );
            };
            self.put(format!("{}{text}\n", char::from(op::PERSID)).as_bytes())?;
        }
        Ok(true)
    }

    fn save_bool(&self, truth: bool) -> PyResult<()> {
        if self.proto() >= 2 {
            self.put_codes([if truth { op::NEWTRUE } else { op::NEWFALSE }])
        } else {
            self.put(if truth { b"I01\n" } else { b"I00\n" })
        }
    }

    fn save_small_int(&self, number: i64) -> PyResult<()> {
        let Ok(narrow) = i32::try_from(number) else { return self.save_long(number) };
        if !self.is_binary() {
            return self.put(format!("{}{number}\n", char::from(op::INT)).as_bytes());
        }
        if let Ok(byte) = u8::try_from(narrow) {
            self.put_codes([op::BININT1, byte])
        } else if let Ok(short) = u16::try_from(narrow) {
            let [low, high] = short.to_le_bytes();
            self.put_codes([op::BININT2, low, high])
        } else {
            let [a, b, c, d] = narrow.to_le_bytes();
            self.put_codes([op::BININT, a, b, c, d])
        }
    }

    /// An int of more than 32 bits and at most 64.
    fn save_long(&self, number: i64) -> PyResult<()> {
        if self.proto() < 2 {
            return self.put(format!("{}{number}L\n", char::from(op::LONG)).as_bytes());
        }
        let bytes = number.to_le_bytes();
        let sign = if number < 0 { 0xFF } else { 0 };
        let mut length = bytes.len();
        // The last byte that is kept has the right sign.
        while length > 1 && bytes[length - 1] == sign && (bytes[length - 2] ^ sign) & 0x80 == 0 {
            length -= 1;
        }
        let mut piece = [0; 10];
        piece[0] = op::LONG1;
        piece[1] = u8::try_from(length).unwrap_or_default();
        piece[2..].copy_from_slice(&bytes);
        self.put(piece.get(..2 + length).unwrap_or_default())
    }

    fn save_int(&self, object: &Value) -> PyResult<()> {
        if let Some(number) = int::as_i64(object) {
            return self.save_small_int(number);
        }
        let vm = self.vm;
        if self.proto() < 2 {
            let text = vm.repr(object)?.to_rust_string();
            return self.put(format!("{}{text}L\n", char::from(op::LONG)).as_bytes());
        }
        let number = int::to_bigint(vm, object)?;
        let mut length = number.bit_length() / 8 + 1;
        if length > i32::MAX as usize {
            return Err(vm.overflow_error("int too large to pickle"));
        }
        let mut bytes = number.to_le_bytes(length);
        if number.is_negative()
            && length > 1
            && bytes.get(length - 1) == Some(&0xFF)
            && bytes.get(length - 2).is_some_and(|byte| byte & 0x80 != 0)
        {
            length -= 1;
            bytes.truncate(length);
        }
        match u8::try_from(length) {
            Ok(short) => self.put_codes([op::LONG1, short])?,
            Err(_) => {
                let length = u32::try_from(length).unwrap_or_default();
                self.put_with(op::LONG4, length.to_le_bytes())?;
            }
        }
        self.put(&bytes)
    }

    fn save_float(&self, object: &Value) -> PyResult<()> {
        if self.is_binary() {
            let number = float_::as_f64(object).unwrap_or_default();
            return self.put_with(op::BINFLOAT, number.to_be_bytes());
        }
        let text = self.vm.repr(object)?.to_rust_string();
        self.put(format!("{}{text}\n", char::from(op::FLOAT)).as_bytes())
    }

    /// Writes header and data; large data goes to the file past the frames.
    fn put_data(&self, header: &[u8], data: &[u8], payload: Option<&Value>) -> PyResult<()> {
        let vm = self.vm;
        if data.len() < FRAME_SIZE_TARGET {
            self.put(header)?;
            return self.put(data);
        }
        let framing = self.pickler.output.with_mut(|output| {
            output.commit_frame();
            output.set_framing(false)
        });
        let put = || {
            self.put(header)?;
            match self.pickler.write.get() {
                None => self.put(data),
                Some(write) => {
                    self.pickler.flush(vm)?;
                    let payload = match payload {
                        Some(payload) => payload.clone(),
                        None => PyBytes::try_new_value(vm, data)?,
                    };
                    vm.call(&write, &[payload]).map(drop)
                }
            }
        };
        let result = put();
        self.pickler.output.with_mut(|output| output.set_framing(framing));
        result
    }

    /// Data after its length, in the least of the widths that the format has for it.
    #[inline]
    fn put_counted(
        &self,
        data: &[u8],
        (short, medium, long): (Option<u8>, u8, u8),
        what: &str,
        payload: Option<&Value>,
    ) -> PyResult<()> {
        if let (Some(short), Ok(length)) = (short, u8::try_from(data.len())) {
            self.put_codes([short, length])?;
            return self.put(data);
        }
        if let Ok(length) = u32::try_from(data.len()) {
            let [a, b, c, d] = length.to_le_bytes();
            return self.put_data(&[medium, a, b, c, d], data, payload);
        }
        if self.proto() < 4 {
            return Err(self.vm.overflow_error(format!(
                "serializing a {what} larger than 4 GiB requires pickle protocol 4 or higher"
            )));
        }
        let mut header = [long; 9];
        let length = u64::try_from(data.len()).unwrap_or_default();
        header[1..].copy_from_slice(&length.to_le_bytes());
        self.put_data(&header, data, payload)
    }

    fn put_bytes(&self, data: &[u8], payload: Option<&Value>) -> PyResult<()> {
        let codes = (Some(op::SHORT_BINBYTES), op::BINBYTES, op::BINBYTES8);
        self.put_counted(data, codes, "bytes object", payload)
    }

    fn put_bytearray(&self, data: &[u8], payload: Option<&Value>) -> PyResult<()> {
        let mut header = [op::BYTEARRAY8; 9];
        let length = u64::try_from(data.len()).unwrap_or_default();
        header[1..].copy_from_slice(&length.to_le_bytes());
        self.put_data(&header, data, payload)
    }

    fn save_bytes(&self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        let bytes = object.receiver::<PyBytes>();
        if self.proto() >= 3 {
            self.put_bytes(bytes.as_slice(), Some(object))?;
            return self.memoize(object);
        }
        // Python 2 has no such type: a call makes it out of text.
        if bytes.as_slice().is_empty() {
            let args = PyTuple::new_value(vm, &[]);
            return self.save_reduce(&[BYTES.get().to_value(), args], Some(object));
        }
        let text = storage::from_latin1(vm, STR.get(), bytes.as_slice())?.into_value();
        let codecs = vm.import_module("codecs")?;
        let encode = vm.get_attr(&codecs, &vm.names().encode)?;
        let latin1 = vm.intern("latin1").into_value();
        let args = PyTuple::new_value(vm, &[text, latin1]);
        self.save_reduce(&[encode, args], Some(object))
    }

    fn save_bytearray(&self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        let data = object.receiver::<PyByteArray>().with(<[u8]>::to_vec);
        if self.proto() >= 5 {
            self.put_bytearray(&data, Some(object))?;
            return self.memoize(object);
        }
        let args = if data.is_empty() {
            PyTuple::new_value(vm, &[])
        } else {
            PyTuple::new_value(vm, &[PyBytes::try_new_value(vm, &data)?])
        };
        self.save_reduce(&[BYTEARRAY.get().to_value(), args], Some(object))
    }

    fn save_picklebuffer(&self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        if self.proto() < 5 {
            return Err(self.pickling_error("PickleBuffer can only be pickled with protocol >= 5"));
        }
        let view = export(vm, object)?;
        if !view.is_c_contiguous() && !view.is_f_contiguous() {
            drop(view);
            return Err(self.pickling_error(
                "PickleBuffer can not be pickled when pointing to a non-contiguous buffer",
            ));
        }
        let callback = self.pickler.buffer_callback.get();
        let in_band = match callback {
            None => true,
            Some(callback) => {
                let answer = vm.call(&callback, std::slice::from_ref(object))?;
                vm.is_true(&answer)?
            }
        };
        if in_band {
            let end = view.offset + view.byte_count();
            let data = view.with_raw(|all| all.get(view.offset..end).unwrap_or_default().to_vec());
            if view.readonly {
                self.put_bytes(&data, None)?;
            } else {
                self.put_bytearray(&data, None)?;
            }
            return self.memoize(object);
        }
        self.put_codes([op::NEXT_BUFFER])?;
        if view.readonly { self.put_codes([op::READONLY_BUFFER]) } else { Ok(()) }
    }

    fn save_str(&self, object: &Value) -> PyResult<()> {
        let text = object.receiver::<PyStr>();
        if self.proto() >= 4
            && self.pickler.fast.get() == 0
            && let Some(ascii) = text.as_ascii()
            && let Ok(length) = u8::try_from(ascii.len())
        {
            let fits = match self.pickler.memo.with_mut(|memo| memo.get_or_add(object)) {
                Some((number, true)) => return self.put_get(number),
                Some((_, false)) => self.pickler.output.with_mut(|output| {
                    output.put_short(op::SHORT_BINUNICODE, length, ascii.as_bytes(), op::MEMOIZE)
                }),
                None => false,
            };
            return if fits { Ok(()) } else { Err(self.vm.memory_error()) };
        }
        self.save_long_str(object, text)
    }

    /// Writes a str that is not short, or not in the usual way.
    fn save_long_str(&self, object: &Value, text: &Py<PyStr>) -> PyResult<()> {
        if let Some(number) = self.known(object) {
            return self.put_get(number);
        }
        if self.is_binary() {
            let short = (self.proto() >= 4).then_some(op::SHORT_BINUNICODE);
            let codes = (short, op::BINUNICODE, op::BINUNICODE8);
            match text.as_ascii() {
                Some(ascii) => self.put_counted(ascii.as_bytes(), codes, "string", None)?,
                None => self.put_counted(&text.to_wtf8(), codes, "string", None)?,
            }
        } else {
            let mut line = vec![op::UNICODE];
            storage::for_each_char(text, |point| raw_unicode_escape(&mut line, point));
            line.push(b'\n');
            self.put(&line)?;
        }
        self.memoize(object)
    }

    fn save_tuple_items(&self, object: &Value) -> PyResult<()> {
        for (index, item) in object.receiver::<PyTuple>().items().iter().enumerate() {
            self.save_item(object, item, index)?;
        }
        Ok(())
    }

    /// Writes an item; an error is told where it happened.
    pub(super) fn save_item(&self, owner: &Value, item: &Value, index: usize) -> PyResult<()> {
        self.save(item, false)
            .map_err(|raised| with_note(self.vm, raised, owner, &format!("item {index}")))
    }

    fn save_tuple(&self, object: &Value) -> PyResult<()> {
        let length = object.receiver::<PyTuple>().items().len();
        if length == 0 {
            return match self.proto() {
                0 => self.put_codes([op::MARK, op::TUPLE]),
                _ => self.put_codes([op::EMPTY_TUPLE]),
            };
        }
        // A tuple that is known after its items were written is part of itself: what is on the stack goes.
        if length <= 3 && self.proto() >= 2 {
            self.save_tuple_items(object)?;
            if let Some(number) = self.known(object) {
                self.put(&[op::POP; 3][..length])?;
                return self.put_get(number);
            }
            self.put_codes([[op::TUPLE1, op::TUPLE2, op::TUPLE3][length - 1]])?;
            return self.memoize(object);
        }
        self.put_codes([op::MARK])?;
        self.save_tuple_items(object)?;
        if let Some(number) = self.known(object) {
            if self.is_binary() {
                self.put_codes([op::POP_MARK])?;
            } else {
                self.put(&vec![op::POP; length + 1])?;
            }
            return self.put_get(number);
        }
        self.put_codes([op::TUPLE])?;
        self.memoize(object)
    }

    /// Fast mode keeps no memo: cycles are found by depth.
    fn fast_enter(&self, object: &Value) -> PyResult<bool> {
        let pickler = self.pickler;
        if pickler.fast.get() == 0 {
            return Ok(false);
        }
        pickler.fast_nesting.set(pickler.fast_nesting.get() + 1);
        if pickler.fast_nesting.get() >= FAST_NESTING_LIMIT {
            let id = object.id();
            if pickler.fast_memo.with(|memo| memo.0.contains(&id)) {
                pickler.fast_nesting.set(-1);
                return Err(self.vm.value_error(format!(
                    "fast mode: can't pickle cyclic objects including object type {} at {id:#x}",
                    object.class().name()
                )));
            }
            pickler.fast_memo.with_mut(|memo| memo.0.push(id));
        }
        Ok(true)
    }

    fn fast_leave(&self, object: &Value) {
        let pickler = self.pickler;
        let nesting = pickler.fast_nesting.get();
        pickler.fast_nesting.set(nesting - 1);
        if nesting >= FAST_NESTING_LIMIT {
            let id = object.id();
            pickler.fast_memo.with_mut(|memo| memo.0.retain(|&known| known != id));
        }
    }

    /// Runs `save` with the container noted in fast mode.
    pub(super) fn guarded(
        &self,
        object: &Value,
        save: impl FnOnce() -> PyResult<()>,
    ) -> PyResult<()> {
        let noted = self.fast_enter(object)?;
        let result = save();
        if noted {
            self.fast_leave(object);
        }
        result
    }
}

/// A character of a UNICODE line: what would end the line, or end a file on DOS, is escaped too.
fn raw_unicode_escape(line: &mut Vec<u8>, point: u32) {
    match u8::try_from(point) {
        Ok(byte) if !matches!(byte, b'\\' | 0 | b'\n' | b'\r' | 0x1A) => line.push(byte),
        _ if point >= 0x1_0000 => line.extend_from_slice(format!("\\U{point:08x}").as_bytes()),
        _ => line.extend_from_slice(format!("\\u{point:04x}").as_bytes()),
    }
}
