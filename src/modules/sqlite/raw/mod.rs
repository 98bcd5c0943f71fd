//! SQLite's library as safe types: a database, a statement, a blob, a backup.
//!
//! Invariants: a handle lives as long as the object that owns it, and every statement, blob and backup keeps its database; what
//! the library lends (texts, values) is copied before the next call; calls that may come back into Python go through
//! [`calling`], which gives the interpreter's lock away, and come back through `callbacks`, which takes it again.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

mod blob;
mod callbacks;
mod statement;

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{null, null_mut};
use std::sync::Arc;

use libsqlite3_sys as ffi;
use objects::core::gil_cell::GilCell;
use objects::core::thread_state::ThreadState;
use objects::core::vm::Vm;

pub(super) use blob::{Backup, Blob};
pub(super) use callbacks::{Aggregate, Authorizer, Collation, Function, Progress, Trace};
pub(super) use statement::Statement;

unsafe extern "C" {
    /// Closes a database once its statements and blobs are gone.
    fn sqlite3_close_v2(db: *mut ffi::sqlite3) -> c_int;
}

/// A value of the database.
#[derive(Clone, Debug)]
pub(super) enum Datum {
    Null,
    Int(i64),
    Float(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

/// Why a function gave no value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure {
    Message(&'static str),
    NoMemory,
    TooBig,
}

thread_local! {
    /// The interpreter's state of a thread that is inside the library and has given the lock away; null elsewhere.
    static CALLER: Cell<*const ThreadState> = const { Cell::new(null()) };
}

/// Puts back who called.
struct Restore(*const ThreadState);

impl Drop for Restore {
    fn drop(&mut self) {
        CALLER.set(self.0);
    }
}

/// Runs a call of the library that may take long or come back: without the interpreter's lock.
fn calling<R: Send>(vm: Vm<'_>, call: impl FnOnce() -> R + Send) -> R {
    let _restore = Restore(CALLER.replace(vm.as_ptr()));
    vm.allow_threads(call)
}

/// A pointer that goes with a call to where the lock is given away.
struct Handle<T>(*mut T);

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

// SAFETY: the library is built to be used from several threads, and locks a database around each call.
unsafe impl<T> Send for Handle<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Handle<T> {}

impl<T> Handle<T> {
    /// The pointer; a method, so that a closure takes the whole handle.
    const fn get(&self) -> *mut T {
        self.0
    }
}

/// # Safety
/// Null, or a text that ends in null.
unsafe fn text_at(text: *const c_char) -> Option<Vec<u8>> {
    // SAFETY: by contract.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}

/// # Safety
/// `length` bytes are there, or the pointer is null.
unsafe fn bytes_at(start: *const u8, length: c_int) -> Vec<u8> {
    let length = usize::try_from(length).unwrap_or(0);
    if start.is_null() || length == 0 {
        return Vec::new();
    }
    // SAFETY: by contract.
    unsafe { std::slice::from_raw_parts(start, length) }.to_vec()
}

/// The library's version.
pub(super) fn version() -> String {
    // SAFETY: the answer is a constant text.
    let text = unsafe { text_at(ffi::sqlite3_libversion()) };
    String::from_utf8_lossy(&text.unwrap_or_default()).into_owned()
}

/// Whether a text is a whole statement.
pub(super) fn is_complete(sql: &CStr) -> bool {
    // SAFETY: the text ends in null.
    unsafe { ffi::sqlite3_complete(sql.as_ptr()) != 0 }
}

/// What the library says of a code.
pub(super) fn explanation(code: c_int) -> Vec<u8> {
    // SAFETY: the answer is a constant text.
    unsafe { text_at(ffi::sqlite3_errstr(code)) }.unwrap_or_default()
}

/// An open database.
pub(super) struct Db {
    handle: Handle<ffi::sqlite3>,
    /// Who watches; only looked at with the interpreter's lock.
    watchers: GilCell<callbacks::Watchers>,
}

impl Drop for Db {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle: statements, blobs and backups keep the object.
        unsafe { sqlite3_close_v2(self.handle.0) };
    }
}

macro_rules! asking {
    ($($(#[$meta:meta])* $name:ident $function:ident $answer:ty;)*) => {$(
        $(#[$meta])*
        pub(super) fn $name(&self) -> $answer {
            // SAFETY: the handle is open.
            unsafe { ffi::$function(self.handle.0) }
        }
    )*};
}

impl Db {
    asking! {
        /// The code of the last error.
        error_code sqlite3_errcode c_int;
        /// The code of the last error, in full.
        extended_error_code sqlite3_extended_errcode c_int;
        /// How many rows the last statement changed.
        changes sqlite3_changes64 i64;
        /// How many rows have been changed since the database was opened.
        total_changes sqlite3_total_changes c_int;
        /// The row that was put in last.
        last_row sqlite3_last_insert_rowid i64;
        /// Stops what runs.
        interrupt sqlite3_interrupt ();
    }

    /// Opens a database; the code tells whether it did.
    #[expect(
        clippy::arc_with_non_send_sync,
        reason = "it goes from thread to thread under the GIL only"
    )]
    pub(super) fn open(vm: Vm<'_>, path: &CStr, is_uri: bool) -> (Option<Arc<Self>>, c_int) {
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
        let flags = if is_uri { flags | ffi::SQLITE_OPEN_URI } else { flags };
        let (handle, code) = calling(vm, || {
            let mut handle = null_mut();
            // SAFETY: the path ends in null.
            let code =
                unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut handle, flags, null()) };
            (Handle(handle), code)
        });
        let db =
            (!handle.0.is_null()).then(|| Arc::new(Self { handle, watchers: GilCell::default() }));
        if let Some(db) = db.as_ref().filter(|_| code == ffi::SQLITE_OK) {
            // Programs switch foreign keys on; the library was built with them on.
            db.configure(ffi::SQLITE_DBCONFIG_ENABLE_FKEY, Some(false));
        }
        (db, code)
    }

    /// The text of the last error.
    pub(super) fn error_message(&self) -> Vec<u8> {
        // SAFETY: the handle is open; the answer is copied at once.
        unsafe { text_at(ffi::sqlite3_errmsg(self.handle.0)) }.unwrap_or_default()
    }

    /// Whether no transaction is open.
    pub(super) fn is_autocommit(&self) -> bool {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_get_autocommit(self.handle.0) != 0 }
    }

    /// Sets how long a lock is waited for.
    pub(super) fn set_timeout(&self, milliseconds: c_int) {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_busy_timeout(self.handle.0, milliseconds) };
    }

    /// Sets a limit, or asks for it with a negative number: what it was.
    pub(super) fn limit(&self, category: c_int, limit: c_int) -> c_int {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_limit(self.handle.0, category, limit) }
    }

    /// Sets a switch, or asks for it: the code and how it stands.
    pub(super) fn configure(&self, option: c_int, is_on: Option<bool>) -> (c_int, bool) {
        let wanted: c_int = is_on.map_or(-1, c_int::from);
        let mut current: c_int = 0;
        // SAFETY: the switches take a number and the place of one.
        let code =
            unsafe { ffi::sqlite3_db_config(self.handle.0, option, wanted, &raw mut current) };
        (code, current != 0)
    }

    /// Runs statements that answer nothing.
    pub(super) fn execute(&self, vm: Vm<'_>, sql: &CStr) -> c_int {
        let handle = self.handle;
        calling(vm, || {
            // SAFETY: the handle is open, the text ends in null.
            unsafe { ffi::sqlite3_exec(handle.get(), sql.as_ptr(), None, null_mut(), null_mut()) }
        })
    }

    /// Allows that extensions are loaded.
    pub(super) fn enable_extensions(&self, is_on: bool) -> c_int {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_enable_load_extension(self.handle.0, c_int::from(is_on)) }
    }

    /// Loads an extension.
    ///
    /// # Errors
    /// The library's message.
    pub(super) fn load_extension(
        &self,
        vm: Vm<'_>,
        path: &CStr,
        entry: Option<&CStr>,
    ) -> Result<(), Vec<u8>> {
        let entry = entry.map(CStr::to_owned);
        let handle = self.handle;
        calling(vm, || {
            let mut message = null_mut();
            // SAFETY: the texts end in null; the message is the library's to give and ours to free.
            unsafe {
                let code = ffi::sqlite3_load_extension(
                    handle.get(),
                    path.as_ptr(),
                    entry.as_ref().map_or(null(), |entry| entry.as_ptr()),
                    &raw mut message,
                );
                let text = text_at(message).unwrap_or_default();
                ffi::sqlite3_free(message.cast());
                if code == ffi::SQLITE_OK { Ok(()) } else { Err(text) }
            }
        })
    }

    /// A database as bytes; None when there is none of the name, or no memory.
    pub(super) fn serialize(&self, vm: Vm<'_>, name: &CStr) -> Option<Vec<u8>> {
        let handle = self.handle;
        calling(vm, || {
            let mut size = 0;
            // SAFETY: the handle is open; the bytes are as many as the library says and are freed after they have been copied.
            unsafe {
                let data = ffi::sqlite3_serialize(handle.get(), name.as_ptr(), &raw mut size, 0);
                if data.is_null() {
                    return None;
                }
                let size = usize::try_from(size).unwrap_or(0);
                let mut bytes = Vec::new();
                let is_room = bytes.try_reserve_exact(size).is_ok();
                if is_room {
                    bytes.extend_from_slice(std::slice::from_raw_parts(data, size));
                }
                ffi::sqlite3_free(data.cast());
                is_room.then_some(bytes)
            }
        })
    }

    /// Puts a database in memory in the place of another; None when there is no memory.
    pub(super) fn deserialize(&self, vm: Vm<'_>, name: &CStr, data: &[u8]) -> Option<c_int> {
        let handle = self.handle;
        calling(vm, || {
            let size = i64::try_from(data.len()).ok()?;
            // SAFETY: the buffer comes from the library's own allocator and is handed over to it.
            unsafe {
                let buffer = ffi::sqlite3_malloc64(data.len() as u64).cast::<u8>();
                if buffer.is_null() {
                    return None;
                }
                std::ptr::copy_nonoverlapping(data.as_ptr(), buffer, data.len());
                let flags =
                    ffi::SQLITE_DESERIALIZE_FREEONCLOSE | ffi::SQLITE_DESERIALIZE_RESIZEABLE;
                Some(ffi::sqlite3_deserialize(
                    handle.get(),
                    name.as_ptr(),
                    buffer,
                    size,
                    size,
                    flags,
                ))
            }
        })
    }
}

/// A text for the library; None when there is a null in it.
pub(super) fn c_text(bytes: &[u8]) -> Option<CString> {
    CString::new(bytes).ok()
}
