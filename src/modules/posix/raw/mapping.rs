//! Files and memory mapped into the process.
//!
//! Invariants: a mapping's address and length are those that `mmap` or `mremap` gave, until it is dropped; the bytes are lent
//! out only through the mapping, so they cannot outlive it. Who truncates the file under it gets the system's signal.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

use std::ptr::{null_mut, with_exposed_provenance_mut};

use super::process::{answer, last_errno};
use crate::posix::fd::SysResult;

/// A mapping.
pub(crate) struct Mapping {
    address: usize,
    length: usize,
}

fn mapped(address: *mut libc::c_void, length: usize) -> SysResult<Mapping> {
    if address == libc::MAP_FAILED {
        return Err(last_errno());
    }
    Ok(Mapping { address: address.expose_provenance(), length })
}

impl Mapping {
    /// `mmap` at an address of the system's choice.
    ///
    /// # Errors
    /// The errno.
    pub(crate) fn new(
        length: usize,
        protection: i32,
        flags: i32,
        fd: i32,
        offset: i64,
    ) -> SysResult<Self> {
        // Nothing that is mapped already may be replaced.
        let flags = flags & !(libc::MAP_FIXED | libc::MAP_FIXED_NOREPLACE);
        // SAFETY: the system chooses where; no memory of the program is touched.
        let address = unsafe { libc::mmap(null_mut(), length, protection, flags, fd, offset) };
        mapped(address, length)
    }

    /// How many bytes there are.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    fn pointer(&self) -> *mut u8 {
        with_exposed_provenance_mut(self.address)
    }

    /// The bytes of a mapping that can be read.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is there as long as `self` is.
        unsafe { std::slice::from_raw_parts(self.pointer(), self.length) }
    }

    /// The bytes of a mapping that can be written.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `self` is borrowed for writing.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(), self.length) }
    }

    /// `msync` of a part.
    ///
    /// # Errors
    /// The errno.
    pub(crate) fn flush(&self, offset: usize, size: usize) -> SysResult<()> {
        let start = self.pointer().wrapping_add(offset).cast();
        // SAFETY: the caller's range is inside the mapping.
        answer(unsafe { libc::msync(start, size, libc::MS_SYNC) }).map(|_| ())
    }

    /// `madvise` about a part.
    ///
    /// # Errors
    /// The errno.
    pub(crate) fn advise(&self, offset: usize, size: usize, advice: i32) -> SysResult<()> {
        let start = self.pointer().wrapping_add(offset).cast();
        // SAFETY: the caller's range is inside the mapping, whose bytes may change under whoever reads them.
        answer(unsafe { libc::madvise(start, size, advice) }).map(|_| ())
    }

    /// `mremap` to another length, wherever it fits.
    ///
    /// # Errors
    /// The errno; the mapping is then as it was.
    pub(crate) fn resize(&mut self, length: usize) -> SysResult<()> {
        let old = self.pointer().cast();
        // SAFETY: the mapping is whole and not lent out.
        let new = unsafe { libc::mremap(old, self.length, length, libc::MREMAP_MAYMOVE) };
        let moved = mapped(new, length)?;
        self.address = moved.address;
        self.length = length;
        std::mem::forget(moved);
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nobody can see the bytes any more.
        let _ = unsafe { libc::munmap(self.pointer().cast(), self.length) };
    }
}
