//! Prepared statements: parameters go in, rows come out.
#![expect(unsafe_code, reason = "the invariants are in the module doc above")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr::null_mut;
use std::sync::Arc;

use libsqlite3_sys as ffi;
use objects::core::vm::Vm;

use super::{Datum, Db, Handle, bytes_at, calling, text_at};

/// A prepared statement.
pub(in super::super) struct Statement {
    handle: Handle<ffi::sqlite3_stmt>,
    /// Keeps the database open.
    _db: Arc<Db>,
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the handle is this object's own.
        unsafe { ffi::sqlite3_finalize(self.handle.0) };
    }
}

impl Db {
    /// The first statement of a text, if there is one in it, and how many bytes it takes.
    ///
    /// # Errors
    /// The library's code.
    pub(in super::super) fn prepare(
        self: &Arc<Self>,
        vm: Vm<'_>,
        sql: &CStr,
    ) -> Result<(Option<Statement>, usize), c_int> {
        let db = self.handle;
        let (code, handle, used) = calling(vm, || {
            let mut handle = null_mut();
            let mut tail: *const c_char = sql.as_ptr();
            let size = c_int::try_from(sql.count_bytes() + 1).unwrap_or(c_int::MAX);
            // SAFETY: the text ends in null and is as long as it is said to be; the tail lies in it.
            unsafe {
                let code = ffi::sqlite3_prepare_v2(
                    db.get(),
                    sql.as_ptr(),
                    size,
                    &raw mut handle,
                    &raw mut tail,
                );
                let used = usize::try_from(tail.offset_from(sql.as_ptr())).unwrap_or(0);
                (code, Handle(handle), used)
            }
        });
        if code != ffi::SQLITE_OK {
            return Err(code);
        }
        let statement = (!handle.0.is_null()).then(|| Statement { handle, _db: Arc::clone(self) });
        Ok((statement, used))
    }
}

impl Statement {
    /// Goes on to the next row, or to the end.
    pub(in super::super) fn step(&self, vm: Vm<'_>) -> c_int {
        let handle = self.handle;
        // SAFETY: the handle is live.
        calling(vm, || unsafe { ffi::sqlite3_step(handle.get()) })
    }

    /// Goes back to before the first row.
    pub(in super::super) fn reset(&self, vm: Vm<'_>) -> c_int {
        let handle = self.handle;
        // SAFETY: the handle is live.
        calling(vm, || unsafe { ffi::sqlite3_reset(handle.get()) })
    }

    /// Whether it changes nothing.
    pub(in super::super) fn is_readonly(&self) -> bool {
        // SAFETY: the handle is live.
        unsafe { ffi::sqlite3_stmt_readonly(self.handle.0) != 0 }
    }

    /// Whether it has been stepped and neither ended nor been reset.
    pub(in super::super) fn is_busy(&self) -> bool {
        // SAFETY: the handle is live.
        unsafe { ffi::sqlite3_stmt_busy(self.handle.0) != 0 }
    }

    /// How many parameters it has.
    pub(in super::super) fn parameter_count(&self) -> c_int {
        // SAFETY: the handle is live.
        unsafe { ffi::sqlite3_bind_parameter_count(self.handle.0) }
    }

    /// The name of a parameter, counted from one.
    pub(in super::super) fn parameter_name(&self, place: c_int) -> Option<Vec<u8>> {
        // SAFETY: the handle is live; the answer is copied at once.
        unsafe { text_at(ffi::sqlite3_bind_parameter_name(self.handle.0, place)) }
    }

    /// Gives a parameter its value.
    pub(in super::super) fn bind(&self, place: c_int, datum: &Datum) -> c_int {
        let handle = self.handle.0;
        // SAFETY: the handle is live; the library copies the bytes, which are as many as it is told.
        unsafe {
            match datum {
                Datum::Null => ffi::sqlite3_bind_null(handle, place),
                Datum::Int(number) => ffi::sqlite3_bind_int64(handle, place, *number),
                Datum::Float(number) => ffi::sqlite3_bind_double(handle, place, *number),
                Datum::Text(bytes) => ffi::sqlite3_bind_text64(
                    handle,
                    place,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                    1,
                ),
                Datum::Blob(bytes) if bytes.is_empty() => {
                    ffi::sqlite3_bind_zeroblob(handle, place, 0)
                }
                Datum::Blob(bytes) => ffi::sqlite3_bind_blob64(
                    handle,
                    place,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                ),
            }
        }
    }

    /// How many columns its rows have.
    pub(in super::super) fn column_count(&self) -> c_int {
        // SAFETY: the handle is live.
        unsafe { ffi::sqlite3_column_count(self.handle.0) }
    }

    /// How many columns the current row has: none when there is no row.
    pub(in super::super) fn data_count(&self) -> c_int {
        // SAFETY: the handle is live.
        unsafe { ffi::sqlite3_data_count(self.handle.0) }
    }

    /// The name of a column.
    pub(in super::super) fn column_name(&self, place: c_int) -> Option<Vec<u8>> {
        // SAFETY: the handle is live; the answer is copied at once.
        unsafe { text_at(ffi::sqlite3_column_name(self.handle.0, place)) }
    }

    /// The type that a column was declared with.
    pub(in super::super) fn column_type(&self, place: c_int) -> Option<Vec<u8>> {
        // SAFETY: the handle is live; the answer is copied at once.
        unsafe { text_at(ffi::sqlite3_column_decltype(self.handle.0, place)) }
    }

    /// A value of the current row.
    pub(in super::super) fn column(&self, place: c_int) -> Datum {
        let handle = self.handle.0;
        // SAFETY: the handle is live; bytes are asked for before their number, as the library wants it, and copied at once.
        unsafe {
            match ffi::sqlite3_column_type(handle, place) {
                ffi::SQLITE_INTEGER => Datum::Int(ffi::sqlite3_column_int64(handle, place)),
                ffi::SQLITE_FLOAT => Datum::Float(ffi::sqlite3_column_double(handle, place)),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_column_text(handle, place);
                    Datum::Text(bytes_at(start, ffi::sqlite3_column_bytes(handle, place)))
                }
                ffi::SQLITE_BLOB => {
                    let start = ffi::sqlite3_column_blob(handle, place).cast();
                    Datum::Blob(bytes_at(start, ffi::sqlite3_column_bytes(handle, place)))
                }
                _ => Datum::Null,
            }
        }
    }

    /// A value of the current row as bytes; None for null and for an empty one.
    pub(in super::super) fn column_bytes(&self, place: c_int) -> Option<Vec<u8>> {
        let handle = self.handle.0;
        // SAFETY: as above.
        unsafe {
            if ffi::sqlite3_column_type(handle, place) == ffi::SQLITE_NULL {
                return None;
            }
            let start: *const u8 = ffi::sqlite3_column_blob(handle, place).cast();
            // There is nothing at an empty value either.
            (!start.is_null()).then(|| bytes_at(start, ffi::sqlite3_column_bytes(handle, place)))
        }
    }
}
