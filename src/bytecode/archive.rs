//! Code objects to bytes and back: how the embedded library's code is kept.
//!
//! A record holds one code object with those nested in it. Every text stands in it once; numbers are written seven bits a
//! byte. Files' names are not in it: the reader is told.
//!
//! ```text
//! format 1 | number of texts 4 | end of each text 4 | the texts | code
//! code: head (name, qualname, flags, counts) | tables | names, locals, each behind its length in bytes | constants;
//!       a nested code stands behind its length
//! ```
//!
//! So a nested code object is stepped over until somebody asks for it: [`Stored`] remembers where it stands. Names and
//! constants are stepped over as well, and a [`Section`] remembers where they stand.
#![expect(clippy::cast_possible_truncation, reason = "seven bits of a number that is split up")]

use std::collections::HashMap;
use std::sync::Arc;

use base::int::BigInt;
use base::wstr::{WStr, WString};

use crate::code_list::CodeList;
use crate::code_ref::{CodeRef, Head};
use crate::code_spec::CodeSpec;
use crate::code_unit::{from_bytes, to_bytes};
use crate::constant::Constant;

/// The number of the format; a record of another one is not read.
const FORMAT: u8 = 3;

/// The first byte of a constant.
mod tag {
    pub(super) const NONE: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const ELLIPSIS: u8 = 3;
    pub(super) const INT: u8 = 4;
    pub(super) const BIG_INT: u8 = 5;
    pub(super) const FLOAT: u8 = 6;
    pub(super) const COMPLEX: u8 = 7;
    pub(super) const STR: u8 = 8;
    pub(super) const BYTES: u8 = 9;
    pub(super) const TUPLE: u8 = 10;
    pub(super) const FROZEN_SET: u8 = 11;
    pub(super) const SLICE: u8 = 12;
    pub(super) const CODE: u8 = 13;
}

/// Writes a code object and those nested in it.
#[must_use]
pub fn encode(code: &CodeSpec) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.code(code);
    let mut record = Writer { bytes: vec![FORMAT], ..Writer::default() };
    record.word32(writer.texts.len());
    let mut end = 0;
    for text in &writer.texts {
        end += text.len();
        record.word32(end);
    }
    for text in &writer.texts {
        record.bytes.extend_from_slice(text);
    }
    record.bytes.append(&mut writer.bytes);
    record.bytes
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    texts: Vec<Vec<u8>>,
    text_index: HashMap<Vec<u8>, usize>,
}

impl Writer {
    fn number(&mut self, number: usize) {
        let mut left = number;
        while left >= 0x80 {
            self.bytes.push(0x80 | (left & 0x7f) as u8);
            left >>= 7;
        }
        self.bytes.push(left as u8);
    }

    fn word32(&mut self, number: usize) {
        self.bytes.extend_from_slice(&(number as u32).to_le_bytes());
    }

    fn signed(&mut self, number: i64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn float(&mut self, number: f64) {
        self.bytes.extend_from_slice(&number.to_bits().to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &[u8]) {
        let next = self.texts.len();
        let index = *self.text_index.entry(text.to_vec()).or_insert(next);
        if index == next {
            self.texts.push(text.to_vec());
        }
        self.number(index);
    }

    fn names(&mut self, names: &[Arc<str>]) {
        let outer = std::mem::take(&mut self.bytes);
        self.number(names.len());
        names.iter().for_each(|name| self.text(name.as_bytes()));
        let section = std::mem::replace(&mut self.bytes, outer);
        self.bytes(&section);
    }

    fn code(&mut self, code: &CodeSpec) {
        self.text(code.name.as_bytes());
        self.text(code.qualname.as_bytes());
        self.number(code.flags as usize);
        self.number(code.localsplusnames.len());
        self.number(code.stacksize as usize);
        self.signed(code.firstlineno.into());
        for number in [code.argcount, code.posonlyargcount, code.kwonlyargcount] {
            self.number(number as usize);
        }
        self.bytes(&code.localspluskinds);
        self.bytes(&to_bytes(&code.code));
        self.bytes(&code.linetable);
        self.bytes(&code.exceptiontable);
        self.names(&code.names);
        self.names(&code.localsplusnames);
        self.constants(&code.consts);
    }

    fn constants(&mut self, constants: &[Constant]) {
        self.number(constants.len());
        constants.iter().for_each(|constant| self.constant(constant));
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::None => self.bytes.push(tag::NONE),
            Constant::True => self.bytes.push(tag::TRUE),
            Constant::False => self.bytes.push(tag::FALSE),
            Constant::Ellipsis => self.bytes.push(tag::ELLIPSIS),
            Constant::Int(value) => {
                self.bytes.push(tag::INT);
                self.signed(*value);
            }
            Constant::BigInt(value) => {
                self.bytes.push(tag::BIG_INT);
                self.bytes(value.to_radix(16).as_bytes());
            }
            Constant::Float(value) => {
                self.bytes.push(tag::FLOAT);
                self.float(*value);
            }
            Constant::Complex(re, im) => {
                self.bytes.push(tag::COMPLEX);
                self.float(*re);
                self.float(*im);
            }
            Constant::Str(text) => {
                self.bytes.push(tag::STR);
                self.text(text.as_bytes());
            }
            Constant::Bytes(bytes) => {
                self.bytes.push(tag::BYTES);
                self.bytes(bytes);
            }
            Constant::Tuple(items) => {
                self.bytes.push(tag::TUPLE);
                self.constants(items);
            }
            Constant::FrozenSet(items) => {
                self.bytes.push(tag::FROZEN_SET);
                self.constants(items);
            }
            Constant::Slice(parts) => {
                self.bytes.push(tag::SLICE);
                self.constants(&**parts);
            }
            // What no compiler makes is in no archive.
            Constant::Foreign(_) => self.bytes.push(tag::NONE),
            Constant::Code(code) => {
                self.bytes.push(tag::CODE);
                let place = self.bytes.len();
                self.word32(0);
                self.code(code);
                let length = (self.bytes.len() - place - 4) as u32;
                self.bytes[place..place + 4].copy_from_slice(&length.to_le_bytes());
            }
        }
    }
}

/// The code object of a record; it gets the file's name, as do those nested in it. None if it is no record, or one of
/// another format.
#[must_use]
pub fn open(record: &'static [u8], filename: &Arc<WString>) -> Option<CodeRef> {
    let (&FORMAT, rest) = record.split_first()? else { return None };
    let (count, rest) = rest.split_first_chunk()?;
    let count = u32::from_le_bytes(*count) as usize;
    let (ends, rest) = rest.split_at_checked(count.checked_mul(4)?)?;
    let (ends, _) = ends.as_chunks::<4>();
    let length = ends.last().map_or(0, |end| u32::from_le_bytes(*end) as usize);
    let (texts, code) = rest.split_at_checked(length)?;
    let file = File { ends, texts, filename: Arc::clone(filename) };
    Some(CodeRef::stored(Stored { file: Arc::new(file), code }))
}

/// What the code objects of a record have in common.
struct File {
    /// Where each text ends.
    ends: &'static [[u8; 4]],
    texts: &'static [u8],
    filename: Arc<WString>,
}

impl File {
    fn text(&self, index: usize) -> Option<&'static [u8]> {
        let at = |index: usize| Some(u32::from_le_bytes(*self.ends.get(index)?) as usize);
        let start = if index == 0 { 0 } else { at(index - 1)? };
        self.texts.get(start..at(index)?)
    }
}

/// A code object that lies in a record.
pub(crate) struct Stored {
    file: Arc<File>,
    /// From its beginning on, to its end or further.
    code: &'static [u8],
}

impl Stored {
    fn reader(&self) -> Reader<'_> {
        Reader { bytes: self.code, file: &self.file }
    }

    /// Reads it; code objects nested in it stay where they are.
    pub(crate) fn read(&self) -> Option<CodeSpec> {
        self.reader().code()
    }

    /// Reads its head.
    pub(crate) fn head(&self) -> Option<Head> {
        let mut reader = self.reader();
        let _names = [reader.number()?, reader.number()?];
        reader.head()
    }

    /// Whether both lie in the same record.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }

    /// How many texts the record has.
    pub(crate) fn text_count(&self) -> usize {
        self.file.ends.len()
    }

    /// A text of the record, as WTF-8.
    pub(crate) fn text(&self, index: usize) -> Option<&'static [u8]> {
        self.file.text(index)
    }

    /// Which of the record's texts are its name and its qualified name.
    pub(crate) fn names(&self) -> Option<[usize; 2]> {
        let mut reader = self.reader();
        Some([reader.number()?, reader.number()?])
    }
}

/// The names or constants of a code object where they lie in a record: a count and the items.
#[derive(Clone)]
pub struct Section {
    file: Arc<File>,
    /// From its beginning on, to its end or further.
    bytes: &'static [u8],
}

/// A constant as it is first seen.
pub enum StoredConstant {
    /// A str: one of the record's texts.
    Text(usize),
    /// A nested code object, not read.
    Code(CodeRef),
    /// Any other.
    Other(Constant),
}

impl Section {
    fn reader(&self) -> Reader<'_> {
        Reader { bytes: self.bytes, file: &self.file }
    }

    /// Of names: which of the record's texts they are.
    pub fn names(&self) -> impl Iterator<Item = usize> + '_ {
        let mut reader = self.reader();
        let count = reader.count().unwrap_or(0);
        (0..count).map_while(move |_| reader.number())
    }

    /// Of constants: where each one stands, for [`constant_at`](Self::constant_at). It ends early where the record is torn.
    #[must_use]
    pub fn places(&self) -> Box<[u32]> {
        let mut reader = self.reader();
        let count = reader.count().unwrap_or(0);
        let place = |reader: &Reader<'_>| (self.bytes.len() - reader.bytes.len()) as u32;
        let mut places = Vec::with_capacity(count);
        for _ in 0..count {
            places.push(place(&reader));
            if reader.step_over_constant().is_none() {
                break;
            }
        }
        places.into()
    }

    fn at(&self, place: u32) -> Option<Reader<'_>> {
        Some(Reader { bytes: self.bytes.get(place as usize..)?, file: &self.file })
    }

    /// The constant at a place.
    #[must_use]
    pub fn constant_at(&self, place: u32) -> Option<StoredConstant> {
        let mut reader = self.at(place)?;
        Some(match reader.bytes.first()? {
            &tag::STR => {
                reader.byte()?;
                StoredConstant::Text(reader.number()?)
            }
            _ => match reader.constant()? {
                Constant::Code(code) => StoredConstant::Code(code),
                other => StoredConstant::Other(other),
            },
        })
    }

    /// Whether the constant at a place is a code object.
    #[must_use]
    pub fn is_code_at(&self, place: u32) -> bool {
        self.bytes.get(place as usize) == Some(&tag::CODE)
    }
}

struct Reader<'a> {
    bytes: &'static [u8],
    file: &'a Arc<File>,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0_usize;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    /// The number of things that follow, each of a byte at least.
    fn count(&mut self) -> Option<usize> {
        self.number().filter(|&count| count <= self.bytes.len())
    }

    fn number32(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn take(&mut self, length: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<[u8; 8]> {
        self.take(8)?.try_into().ok()
    }

    fn signed(&mut self) -> Option<i64> {
        self.word().map(i64::from_le_bytes)
    }

    fn float(&mut self) -> Option<f64> {
        self.word().map(|word| f64::from_bits(u64::from_le_bytes(word)))
    }

    fn bytes(&mut self) -> Option<&'static [u8]> {
        let length = self.number()?;
        self.take(length)
    }

    fn name(&mut self) -> Option<Arc<str>> {
        let index = self.number()?;
        std::str::from_utf8(self.file.text(index)?).ok().map(Arc::from)
    }

    fn text(&mut self) -> Option<Arc<WString>> {
        let index = self.number()?;
        Some(Arc::new(WStr::from_wtf8(self.file.text(index)?)?.to_wstring()))
    }

    fn names(&mut self) -> Option<Vec<Arc<str>>> {
        (0..self.count()?).map(|_| self.name()).collect()
    }

    /// Names behind their length: not read yet.
    fn name_list(&mut self) -> Option<CodeList<Arc<str>>> {
        let section = Section { file: Arc::clone(self.file), bytes: self.bytes()? };
        Some(CodeList::stored(section, |section| section.reader().names()))
    }

    /// Constants, to the end of the code object: not read yet.
    fn constant_list(&self) -> CodeList<Constant> {
        let section = Section { file: Arc::clone(self.file), bytes: self.bytes };
        CodeList::stored(section, |section| section.reader().constants())
    }

    fn constants(&mut self) -> Option<Vec<Constant>> {
        (0..self.count()?).map(|_| self.constant()).collect()
    }

    /// What stands behind the two names.
    fn head(&mut self) -> Option<Head> {
        Some(Head {
            flags: self.number32()?,
            local_count: self.number()?,
            stacksize: self.number32()?,
        })
    }

    fn code(&mut self) -> Option<CodeSpec> {
        let [name, qualname] = [self.name()?, self.name()?];
        let head = self.head()?;
        Some(CodeSpec {
            name,
            qualname,
            flags: head.flags,
            stacksize: head.stacksize,
            filename: Arc::clone(&self.file.filename),
            firstlineno: i32::try_from(self.signed()?).ok()?,
            argcount: self.number32()?,
            posonlyargcount: self.number32()?,
            kwonlyargcount: self.number32()?,
            localspluskinds: self.bytes()?.into(),
            code: from_bytes(self.bytes()?)?.into(),
            linetable: self.bytes()?.into(),
            exceptiontable: self.bytes()?.into(),
            names: self.name_list()?,
            localsplusnames: self.name_list()?,
            consts: self.constant_list(),
        })
    }

    /// Goes to behind a constant.
    fn step_over_constant(&mut self) -> Option<()> {
        match self.byte()? {
            tag::NONE | tag::TRUE | tag::FALSE | tag::ELLIPSIS => {}
            tag::INT | tag::FLOAT => drop(self.take(8)?),
            tag::COMPLEX => drop(self.take(16)?),
            tag::STR => drop(self.number()?),
            tag::BIG_INT | tag::BYTES => drop(self.bytes()?),
            tag::TUPLE | tag::FROZEN_SET | tag::SLICE => {
                for _ in 0..self.count()? {
                    self.step_over_constant()?;
                }
            }
            tag::CODE => drop(self.nested()?),
            _ => return None,
        }
        Some(())
    }

    /// A nested code object's bytes, behind their length.
    fn nested(&mut self) -> Option<&'static [u8]> {
        let length = self.take(4)?.try_into().ok().map(u32::from_le_bytes)?;
        self.take(length as usize)
    }

    fn constant(&mut self) -> Option<Constant> {
        Some(match self.byte()? {
            tag::NONE => Constant::None,
            tag::TRUE => Constant::True,
            tag::FALSE => Constant::False,
            tag::ELLIPSIS => Constant::Ellipsis,
            tag::INT => Constant::Int(self.signed()?),
            tag::BIG_INT => Constant::BigInt(Arc::new(big_int(self.bytes()?)?)),
            tag::FLOAT => Constant::Float(self.float()?),
            tag::COMPLEX => Constant::Complex(self.float()?, self.float()?),
            tag::STR => Constant::Str(self.text()?),
            tag::BYTES => Constant::Bytes(self.bytes()?.into()),
            tag::TUPLE => Constant::Tuple(self.constants()?.into()),
            tag::FROZEN_SET => Constant::FrozenSet(self.constants()?.into()),
            tag::SLICE => {
                let parts: [Constant; 3] = self.constants()?.try_into().ok()?;
                Constant::Slice(Arc::new(parts))
            }
            tag::CODE => {
                let code = self.nested()?;
                Constant::Code(CodeRef::stored(Stored { file: Arc::clone(self.file), code }))
            }
            _ => return None,
        })
    }
}

fn big_int(digits: &[u8]) -> Option<BigInt> {
    let text = std::str::from_utf8(digits).ok()?;
    match text.strip_prefix('-') {
        Some(digits) => BigInt::parse(digits, 16).map(|value| -&value),
        None => BigInt::parse(text, 16),
    }
}
