//! The databases of users and groups, and the process's own groups.
//!
//! Invariants: what the C library wrote into a buffer is copied before the buffer goes; the calls that walk a database share a
//! place in it and are made under a lock.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

use rustix::io::Errno;

use super::process::answer;
use crate::posix::fd::SysResult;

/// Guards the place in a database.
static WALK: Mutex<()> = Mutex::new(());

/// Bytes of a first try, and of the last one.
const BUFFER: usize = 1024;
const BUFFER_MAX: usize = 1 << 20;

/// An entry of the users.
pub(crate) struct User {
    pub(crate) name: Vec<u8>,
    pub(crate) password: Vec<u8>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) gecos: Vec<u8>,
    pub(crate) folder: Vec<u8>,
    pub(crate) shell: Vec<u8>,
}

/// An entry of the groups.
pub(crate) struct Group {
    pub(crate) name: Vec<u8>,
    pub(crate) password: Vec<u8>,
    pub(crate) gid: u32,
    pub(crate) members: Vec<Vec<u8>>,
}

/// # Safety
/// Null, or a text that ends in null.
unsafe fn text_at(text: *const c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

/// # Safety
/// The record's pointers are live.
unsafe fn user_of(record: &libc::passwd) -> User {
    // SAFETY: by contract.
    unsafe {
        User {
            name: text_at(record.pw_name),
            password: text_at(record.pw_passwd),
            uid: record.pw_uid,
            gid: record.pw_gid,
            gecos: text_at(record.pw_gecos),
            folder: text_at(record.pw_dir),
            shell: text_at(record.pw_shell),
        }
    }
}

/// # Safety
/// The record's pointers are live.
unsafe fn group_of(record: &libc::group) -> Group {
    // SAFETY: by contract; the list of members ends in null.
    unsafe {
        let mut members = Vec::new();
        let mut place = record.gr_mem;
        while !place.is_null() && !(*place).is_null() {
            members.push(text_at(*place));
            place = place.add(1);
        }
        Group {
            name: text_at(record.gr_name),
            password: text_at(record.gr_passwd),
            gid: record.gr_gid,
            members,
        }
    }
}

/// Calls a look-up with a buffer, a larger one as long as it says ERANGE.
fn with_buffer<T, R>(
    call: impl Fn(*mut T, *mut c_char, usize, *mut *mut T) -> i32,
    convert: impl FnOnce(&T) -> R,
) -> SysResult<Option<R>> {
    let mut buffer = vec![0 as c_char; BUFFER];
    loop {
        let mut record = MaybeUninit::<T>::uninit();
        let mut found = null_mut();
        let errno = call(record.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &raw mut found);
        match errno {
            libc::ERANGE if buffer.len() < BUFFER_MAX => buffer = vec![0; buffer.len() * 2],
            // What the standards say of a name that is not there differs.
            0 | libc::ENOENT | libc::ESRCH => {
                // SAFETY: null, or the record, which the call has filled.
                return Ok(unsafe { found.as_ref() }.map(convert));
            }
            errno => return Err(Errno::from_raw_os_error(errno)),
        }
    }
}

/// `getpwuid_r`
///
/// # Errors
/// The errno.
pub(crate) fn user_by_id(uid: u32) -> SysResult<Option<User>> {
    with_buffer(
        // SAFETY: the length is the buffer's.
        |record, buffer, length, found| unsafe {
            libc::getpwuid_r(uid, record, buffer, length, found)
        },
        // SAFETY: the buffer is alive.
        |record| unsafe { user_of(record) },
    )
}

/// `getpwnam_r`
///
/// # Errors
/// The errno.
pub(crate) fn user_by_name(name: &CStr) -> SysResult<Option<User>> {
    with_buffer(
        // SAFETY: the length is the buffer's.
        |record, buffer, length, found| unsafe {
            libc::getpwnam_r(name.as_ptr(), record, buffer, length, found)
        },
        // SAFETY: the buffer is alive.
        |record| unsafe { user_of(record) },
    )
}

/// `getgrgid_r`
///
/// # Errors
/// The errno.
pub(crate) fn group_by_id(gid: u32) -> SysResult<Option<Group>> {
    with_buffer(
        // SAFETY: the length is the buffer's.
        |record, buffer, length, found| unsafe {
            libc::getgrgid_r(gid, record, buffer, length, found)
        },
        // SAFETY: the buffer is alive.
        |record| unsafe { group_of(record) },
    )
}

/// `getgrnam_r`
///
/// # Errors
/// The errno.
pub(crate) fn group_by_name(name: &CStr) -> SysResult<Option<Group>> {
    with_buffer(
        // SAFETY: the length is the buffer's.
        |record, buffer, length, found| unsafe {
            libc::getgrnam_r(name.as_ptr(), record, buffer, length, found)
        },
        // SAFETY: the buffer is alive.
        |record| unsafe { group_of(record) },
    )
}

/// Every user.
pub(crate) fn all_users() -> Vec<User> {
    let _guard = WALK.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = Vec::new();
    // SAFETY: the lock keeps others away while the static record is read.
    unsafe {
        libc::setpwent();
        while let Some(record) = libc::getpwent().as_ref() {
            all.push(user_of(record));
        }
        libc::endpwent();
    }
    all
}

/// Every group.
pub(crate) fn all_groups() -> Vec<Group> {
    let _guard = WALK.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = Vec::new();
    // SAFETY: the lock keeps others away while the static record is read.
    unsafe {
        libc::setgrent();
        while let Some(record) = libc::getgrent().as_ref() {
            all.push(group_of(record));
        }
        libc::endgrent();
    }
    all
}

/// `getgroups`
///
/// # Errors
/// The errno.
pub(crate) fn own_groups() -> SysResult<Vec<u32>> {
    // SAFETY: a length of 0 asks for the number only.
    let count = answer(unsafe { libc::getgroups(0, null_mut()) })?;
    let mut groups = vec![0; usize::try_from(count).unwrap_or(0)];
    // SAFETY: the length is the vector's.
    let count = answer(unsafe { libc::getgroups(count, groups.as_mut_ptr()) })?;
    groups.truncate(usize::try_from(count).unwrap_or(0));
    Ok(groups)
}

/// `setgroups`
///
/// # Errors
/// The errno.
pub(crate) fn set_groups(groups: &[u32]) -> SysResult<()> {
    // SAFETY: the length is the slice's.
    answer(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) }).map(|_| ())
}

/// `getgrouplist`
pub(crate) fn groups_of(user: &CStr, group: u32) -> Vec<u32> {
    let mut count = 64;
    loop {
        let mut groups = vec![0; usize::try_from(count).unwrap_or(0)];
        // SAFETY: the count is the vector's.
        let result = unsafe {
            libc::getgrouplist(user.as_ptr(), group, groups.as_mut_ptr(), &raw mut count)
        };
        if result >= 0 || count > 65536 {
            groups.truncate(usize::try_from(count).unwrap_or(0));
            return groups;
        }
    }
}

/// `initgroups`
///
/// # Errors
/// The errno.
pub(crate) fn init_groups(user: &CStr, group: u32) -> SysResult<()> {
    // SAFETY: a text that ends in null.
    answer(unsafe { libc::initgroups(user.as_ptr(), group) }).map(|_| ())
}

unsafe extern "C" {
    fn getlogin_r(buffer: *mut c_char, length: usize) -> i32;
}

/// `getlogin_r`
///
/// # Errors
/// The errno.
pub(crate) fn login_name() -> SysResult<Vec<u8>> {
    let mut buffer = [0 as c_char; 256];
    // SAFETY: the length is the array's; it holds a text after success.
    unsafe {
        match getlogin_r(buffer.as_mut_ptr(), buffer.len()) {
            0 => Ok(text_at(buffer.as_ptr())),
            errno => Err(Errno::from_raw_os_error(errno)),
        }
    }
}
