//! Values read and written in pieces, and copies of whole databases.
#![expect(unsafe_code, reason = "the invariants are in the module doc above")]

use std::ffi::{CStr, c_int};
use std::ptr::null_mut;
use std::sync::Arc;

use libsqlite3_sys as ffi;
use objects::core::vm::Vm;

use super::{Db, Handle, calling};

/// An open value.
pub(in super::super) struct Blob {
    handle: Handle<ffi::sqlite3_blob>,
    /// Keeps the database open.
    _db: Arc<Db>,
}

impl Drop for Blob {
    fn drop(&mut self) {
        // SAFETY: the handle is this object's own.
        unsafe { ffi::sqlite3_blob_close(self.handle.0) };
    }
}

impl Db {
    /// Opens a value.
    ///
    /// # Errors
    /// The library's code.
    pub(in super::super) fn open_blob(
        self: &Arc<Self>,
        vm: Vm<'_>,
        place: [&CStr; 3],
        row: i64,
        is_writable: bool,
    ) -> Result<Blob, c_int> {
        let [name, table, column] = place;
        let db = self.handle;
        let (code, handle) = calling(vm, || {
            let mut handle = null_mut();
            // SAFETY: the handle is open, the texts end in null.
            let code = unsafe {
                ffi::sqlite3_blob_open(
                    db.get(),
                    name.as_ptr(),
                    table.as_ptr(),
                    column.as_ptr(),
                    row,
                    c_int::from(is_writable),
                    &raw mut handle,
                )
            };
            (code, Handle(handle))
        });
        if code == ffi::SQLITE_OK { Ok(Blob { handle, _db: Arc::clone(self) }) } else { Err(code) }
    }
}

impl Blob {
    /// How many bytes it has.
    pub(in super::super) fn len(&self) -> usize {
        // SAFETY: the handle is open.
        usize::try_from(unsafe { ffi::sqlite3_blob_bytes(self.handle.0) }).unwrap_or(0)
    }

    /// Fills `target` from an offset on.
    pub(in super::super) fn read(&self, vm: Vm<'_>, target: &mut [u8], offset: usize) -> c_int {
        let (Ok(size), Ok(offset)) = (c_int::try_from(target.len()), c_int::try_from(offset))
        else {
            return ffi::SQLITE_ERROR;
        };
        let handle = self.handle;
        calling(vm, || {
            // SAFETY: the target has room for as many bytes as are asked for.
            unsafe {
                ffi::sqlite3_blob_read(handle.get(), target.as_mut_ptr().cast(), size, offset)
            }
        })
    }

    /// Writes `source` from an offset on.
    pub(in super::super) fn write(&self, vm: Vm<'_>, source: &[u8], offset: usize) -> c_int {
        let (Ok(size), Ok(offset)) = (c_int::try_from(source.len()), c_int::try_from(offset))
        else {
            return ffi::SQLITE_ERROR;
        };
        let handle = self.handle;
        calling(vm, || {
            // SAFETY: the source has as many bytes as are written.
            unsafe { ffi::sqlite3_blob_write(handle.get(), source.as_ptr().cast(), size, offset) }
        })
    }
}

/// A copy that is being made.
pub(in super::super) struct Backup {
    handle: Handle<ffi::sqlite3_backup>,
    /// Keeps both databases open.
    _both: [Arc<Db>; 2],
}

impl Backup {
    /// Begins to copy the database `name` of `source` over the main one of `target`; None on an error of the target.
    pub(in super::super) fn new(
        vm: Vm<'_>,
        target: &Arc<Db>,
        source: &Arc<Db>,
        name: &CStr,
    ) -> Option<Self> {
        let (to, from) = (target.handle, source.handle);
        let handle = calling(vm, || {
            // SAFETY: both handles are open, the texts end in null.
            Handle(unsafe {
                ffi::sqlite3_backup_init(to.get(), c"main".as_ptr(), from.get(), name.as_ptr())
            })
        });
        let both = [Arc::clone(target), Arc::clone(source)];
        (!handle.0.is_null()).then_some(Self { handle, _both: both })
    }

    /// Copies some pages, or all of them for a negative number.
    pub(in super::super) fn step(&self, vm: Vm<'_>, pages: c_int) -> c_int {
        let handle = self.handle;
        // SAFETY: the handle is live.
        calling(vm, || unsafe { ffi::sqlite3_backup_step(handle.get(), pages) })
    }

    /// How many pages are left, and how many there are.
    pub(in super::super) fn progress(&self) -> (c_int, c_int) {
        let handle = self.handle.0;
        // SAFETY: the handle is live.
        unsafe { (ffi::sqlite3_backup_remaining(handle), ffi::sqlite3_backup_pagecount(handle)) }
    }

    /// Ends the copy: the code of its error, if it had one.
    pub(in super::super) fn finish(mut self, vm: Vm<'_>) -> c_int {
        let handle = std::mem::replace(&mut self.handle, Handle(null_mut()));
        // SAFETY: the handle is live and nobody uses it afterwards.
        calling(vm, || unsafe { ffi::sqlite3_backup_finish(handle.get()) })
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        // SAFETY: the handle is this object's own, or null, which is nothing to the library.
        unsafe { ffi::sqlite3_backup_finish(self.handle.0) };
    }
}
