//! What a pickler has written and not yet handed on, with the frames of protocol 4.

use super::opcodes::FRAME;

/// A frame is closed when it has this many bytes.
pub(super) const FRAME_SIZE_TARGET: usize = 64 * 1024;
/// A frame of fewer bytes has no header.
const FRAME_SIZE_MIN: usize = 4;
const FRAME_HEADER_SIZE: usize = 9;

/// Bytes that there is room for at first.
const FIRST_BYTES: usize = 256;

/// The bytes, and where the open frame begins.
#[derive(Default)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    framing: bool,
    frame_start: Option<usize>,
    /// Whether the next bytes open a frame.
    frame_is_due: bool,
}

objects::no_references!(Output);

impl Output {
    /// Says whether bytes lie in frames; gives what was so before.
    pub(super) fn set_framing(&mut self, framing: bool) -> bool {
        self.frame_is_due = framing && self.frame_start.is_none();
        std::mem::replace(&mut self.framing, framing)
    }

    /// Appends bytes. False when there is no memory.
    #[inline]
    pub(super) fn put(&mut self, data: &[u8]) -> bool {
        if !self.has_room(data.len()) {
            return false;
        }
        self.bytes.extend_from_slice(data);
        true
    }

    /// Appends data between an instruction with its length and another instruction.
    #[inline]
    pub(super) fn put_short(&mut self, code: u8, length: u8, data: &[u8], next: u8) -> bool {
        if !self.has_room(data.len() + 3) {
            return false;
        }
        self.bytes.extend_from_slice(&[code, length]);
        self.bytes.extend_from_slice(data);
        self.bytes.push(next);
        true
    }

    /// Whether there is memory for so many bytes, which a frame is opened for if one is due.
    #[inline]
    fn has_room(&mut self, more: usize) -> bool {
        if self.frame_is_due {
            self.open_frame();
        }
        self.bytes.capacity() - self.bytes.len() >= more || self.grow(more)
    }

    #[cold]
    fn open_frame(&mut self) {
        self.frame_is_due = false;
        self.frame_start = Some(self.bytes.len());
        self.bytes.extend_from_slice(&[0; FRAME_HEADER_SIZE]);
    }

    #[cold]
    fn grow(&mut self, more: usize) -> bool {
        self.bytes.try_reserve(more.max(FIRST_BYTES)).is_ok()
    }

    /// Closes the open frame.
    pub(super) fn commit_frame(&mut self) {
        let Some(start) = self.frame_start.take() else { return };
        self.frame_is_due = self.framing;
        let length = self.bytes.len() - start - FRAME_HEADER_SIZE;
        if length < FRAME_SIZE_MIN {
            self.bytes.drain(start..start + FRAME_HEADER_SIZE);
            return;
        }
        let size = u64::try_from(length).unwrap_or_default().to_le_bytes();
        if let Some(header) = self.bytes.get_mut(start..start + FRAME_HEADER_SIZE) {
            header[0] = FRAME;
            header[1..].copy_from_slice(&size);
        }
    }

    /// Whether the open frame has reached its size.
    #[inline]
    pub(super) fn frame_is_full(&self) -> bool {
        self.frame_start
            .is_some_and(|start| self.bytes.len() - start - FRAME_HEADER_SIZE >= FRAME_SIZE_TARGET)
    }

    /// Takes what has been written.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.frame_start = None;
        self.frame_is_due = self.framing;
        std::mem::take(&mut self.bytes)
    }
}
