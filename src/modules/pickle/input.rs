//! What an unpickler reads: bytes in memory, or a file that is asked for more.

use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::{buffer, number};
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::exceptions::hierarchy as exc;
use objects::types::memoryview;

use super::UNPICKLING_ERROR;

/// How many bytes are looked at ahead in a file that can be peeked into.
const PREFETCH: usize = 128 * 1024;

/// The methods of a file.
#[derive(Default, Clone)]
pub(super) struct File {
    pub(super) read: Option<Value>,
    pub(super) readinto: Option<Value>,
    pub(super) readline: Option<Value>,
    pub(super) peek: Option<Value>,
}

impl Traverse for File {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for method in [&self.read, &self.readinto, &self.readline, &self.peek] {
            method.traverse(visitor);
        }
    }
}

impl TakeReferences for File {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.read.take());
        dead.extend(self.readinto.take());
        dead.extend(self.readline.take());
        dead.extend(self.peek.take());
    }
}

/// The bytes at hand, and the place in them.
pub(super) struct Input {
    bytes: PyRef<PyBytes>,
    at: usize,
    /// The end of the frame, or of the bytes.
    limit: usize,
    in_frame: bool,
    /// Up to where the file itself has been read; beyond it the bytes were only peeked at.
    prefetched: usize,
    file: File,
}

#[cold]
pub(super) fn truncated(vm: Vm<'_>) -> Raised {
    vm.error(&UNPICKLING_ERROR, "pickle data was truncated")
}

impl Input {
    /// Bytes in memory.
    pub(super) fn of_bytes(bytes: PyRef<PyBytes>) -> Self {
        let prefetched = bytes.as_slice().len();
        let file = File::default();
        Self { bytes, at: 0, limit: prefetched, in_frame: false, prefetched, file }
    }

    /// A file, with the bytes that were read of it before.
    pub(super) fn of_file(vm: Vm<'_>, file: File) -> PyResult<Self> {
        let bytes = PyBytes::try_new(vm, &[])?;
        Ok(Self { bytes, at: 0, limit: 0, in_frame: false, prefetched: 0, file })
    }

    /// One byte that is at hand, or has to be read.
    #[inline]
    pub(super) fn byte(&mut self, vm: Vm<'_>) -> PyResult<u8> {
        if self.at < self.limit
            && let Some(&byte) = self.bytes.as_slice().get(self.at)
        {
            self.at += 1;
            return Ok(byte);
        }
        Ok(self.array::<1>(vm)?[0])
    }

    /// `N` bytes.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self, vm: Vm<'_>) -> PyResult<[u8; N]> {
        let mut array = [0; N];
        let start = self.take(vm, N)?;
        if let Some(bytes) = self.bytes.as_slice().get(start..start + N) {
            array.copy_from_slice(bytes);
        }
        Ok(array)
    }

    /// Shows the next `length` bytes.
    #[inline]
    pub(super) fn with<R>(
        &mut self,
        vm: Vm<'_>,
        length: usize,
        see: impl FnOnce(&[u8]) -> R,
    ) -> PyResult<R> {
        let start = self.take(vm, length)?;
        Ok(see(self.bytes.as_slice().get(start..start + length).unwrap_or_default()))
    }

    /// Goes past the next `length` bytes: where they begin.
    #[inline]
    fn take(&mut self, vm: Vm<'_>, length: usize) -> PyResult<usize> {
        let start = self.at;
        if length <= self.limit - start {
            self.at = start + length;
            return Ok(start);
        }
        self.read_more(vm, length)
    }

    #[cold]
    fn read_more(&mut self, vm: Vm<'_>, length: usize) -> PyResult<usize> {
        if self.in_frame {
            self.end_frame(vm)?;
            return self.take(vm, length);
        }
        if self.file.read.is_none() {
            return Err(truncated(vm));
        }
        self.skip_consumed(vm)?;
        if length < PREFETCH && self.peek(vm)? >= length {
            self.at = length;
            return Ok(0);
        }
        let data = self.call(vm, &self.file.read.clone(), &[Value::from_usize(length)], "read")?;
        self.set_bytes(data);
        if self.bytes.as_slice().len() < length {
            return Err(truncated(vm));
        }
        self.at = length;
        Ok(0)
    }

    /// Looks ahead: how many bytes could be seen.
    fn peek(&mut self, vm: Vm<'_>) -> PyResult<usize> {
        let Some(peek) = self.file.peek.clone() else { return Ok(0) };
        let seen = vm.call(&peek, &[Value::from_usize(PREFETCH)]);
        let Some(seen) = vm.catch(seen, &exc::NOT_IMPLEMENTED_ERROR)? else {
            self.file.peek = None;
            return Ok(0);
        };
        let seen = as_bytes(vm, &seen, "peek")?;
        self.set_bytes(seen);
        self.prefetched = 0;
        Ok(self.bytes.as_slice().len())
    }

    /// Goes beyond the frame, which must have been read to its end.
    fn end_frame(&mut self, vm: Vm<'_>) -> PyResult<()> {
        if self.at < self.limit {
            return Err(vm.error(&UNPICKLING_ERROR, "pickle exhausted before end of frame"));
        }
        self.in_frame = false;
        self.limit = self.bytes.as_slice().len();
        Ok(())
    }

    fn set_bytes(&mut self, bytes: PyRef<PyBytes>) {
        self.limit = bytes.as_slice().len();
        self.in_frame = false;
        self.prefetched = bytes.as_slice().len();
        self.bytes = bytes;
        self.at = 0;
    }

    fn call(
        &self,
        vm: Vm<'_>,
        method: &Option<Value>,
        args: &[Value],
        name: &str,
    ) -> PyResult<PyRef<PyBytes>> {
        let Some(method) = method else { return Err(truncated(vm)) };
        let data = vm.call(method, args)?;
        as_bytes(vm, &data, name)
    }

    /// Reads off the file what was peeked at and used.
    pub(super) fn skip_consumed(&mut self, vm: Vm<'_>) -> PyResult<()> {
        if self.at <= self.prefetched {
            return Ok(());
        }
        let used = self.at - self.prefetched;
        self.prefetched = self.at;
        if let Some(read) = self.file.read.clone() {
            vm.call(&read, &[Value::from_usize(used)])?;
        }
        Ok(())
    }

    /// The next line, with its end.
    pub(super) fn line(&mut self, vm: Vm<'_>) -> PyResult<Vec<u8>> {
        let rest = self.bytes.as_slice().get(self.at..self.limit).unwrap_or_default();
        if let Some(end) = memchr::memchr(b'\n', rest) {
            let line = rest.get(..=end).unwrap_or_default().to_vec();
            self.at += end + 1;
            return Ok(line);
        }
        if self.in_frame {
            self.end_frame(vm)?;
            return self.line(vm);
        }
        if self.file.read.is_none() {
            return Err(truncated(vm));
        }
        self.skip_consumed(vm)?;
        let line = self.call(vm, &self.file.readline.clone(), &[], "readline")?;
        self.set_bytes(line);
        let line = self.bytes.as_slice().to_vec();
        if line.last() != Some(&b'\n') {
            return Err(truncated(vm));
        }
        self.at = line.len();
        Ok(line)
    }

    /// Fills a new array of bytes: straight from the file where it can.
    fn fill(&mut self, vm: Vm<'_>, length: usize) -> PyResult<Value> {
        if self.in_frame && length > self.limit - self.at {
            self.end_frame(vm)?;
        }
        let rest = self.bytes.as_slice().get(self.at..self.limit).unwrap_or_default();
        if length <= rest.len() || self.file.readinto.is_none() {
            let data = self.with(vm, length, |bytes| {
                let mut data = objects::types::bytes::shared::room(vm, bytes.len())?;
                data.extend_from_slice(bytes);
                Ok(data)
            })??;
            return PyByteArray::try_new_value(vm, data);
        }
        let mut data = objects::types::bytes::shared::room(vm, length)?;
        data.extend_from_slice(rest);
        let have = data.len();
        data.resize(length, 0);
        self.at += have;
        self.skip_consumed(vm)?;
        let array = PyByteArray::try_new_value(vm, data)?;
        let mut view = buffer::get(vm, &array)?;
        view.offset = have;
        view.shape = vec![length - have];
        let view = memoryview::from_buffer(vm, view);
        let Some(readinto) = self.file.readinto.clone() else { return Err(truncated(vm)) };
        let got = vm.call(&readinto, std::slice::from_ref(&view))?;
        let got = number::as_isize(vm, &got)?;
        vm.call_method(&view, &vm.names().release, &[])?;
        match usize::try_from(got) {
            Err(_) => Err(vm.value_error("readinto() returned negative size")),
            Ok(got) if got < length - have => Err(truncated(vm)),
            Ok(_) => Ok(array),
        }
    }

    /// A bytearray of the next `length` bytes.
    pub(super) fn bytearray(&mut self, vm: Vm<'_>, length: usize) -> PyResult<Value> {
        self.fill(vm, length)
    }

    /// A bytes object of the next `length` bytes.
    pub(super) fn bytes(&mut self, vm: Vm<'_>, length: usize) -> PyResult<Value> {
        let at_hand = self.limit - self.at;
        if length <= at_hand || self.file.readinto.is_none() {
            return self.with(vm, length, |bytes| PyBytes::try_new_value(vm, bytes))?;
        }
        let array = self.fill(vm, length)?;
        array.receiver::<PyByteArray>().with(|bytes| PyBytes::try_new_value(vm, bytes))
    }

    /// A frame: all its bytes must be there.
    pub(super) fn frame(&mut self, vm: Vm<'_>, length: usize) -> PyResult<()> {
        if self.in_frame && self.at < self.limit {
            let text = "beginning of a new frame before end of current frame";
            return Err(vm.error(&UNPICKLING_ERROR, text));
        }
        let start = self.take(vm, length)?;
        self.at = start;
        self.limit = start + length;
        self.in_frame = true;
        Ok(())
    }
}

fn as_bytes(vm: Vm<'_>, data: &Value, name: &str) -> PyResult<PyRef<PyBytes>> {
    if let Some(bytes) = data.downcast::<PyBytes>() {
        return Ok(bytes.to_ref());
    }
    if !buffer::has_buffer(data) {
        let shown = vm.repr(data)?.to_rust_string();
        return Err(vm.type_error(format!("{name}() returned non-bytes object ({shown})")));
    }
    PyBytes::try_new(vm, &buffer::bytes_like(vm, data)?.to_vec())
}
