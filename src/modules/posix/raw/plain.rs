//! Calls over numbers and paths only.
//!
//! Invariant: a path ends in null.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use std::ffi::CStr;

use rustix::io::Errno;

use super::process::answer;
use crate::posix::fd::SysResult;

macro_rules! calls {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`")]
            ///
            /// # Errors
            /// The errno.
            pub(crate) fn $name($($argument: $type),*) -> SysResult<i32> {
                // SAFETY: numbers only.
                answer(unsafe { libc::$name($($argument),*) })
            }
        )*
    };
}

calls! {
    setuid(id: u32);
    seteuid(id: u32);
    setgid(id: u32);
    setegid(id: u32);
    setreuid(real: u32, effective: u32);
    setregid(real: u32, effective: u32);
    setresuid(real: u32, effective: u32, saved: u32);
    setresgid(real: u32, effective: u32, saved: u32);
    getpgid(pid: i32);
    getsid(pid: i32);
    setpgid(pid: i32, group: i32);
    setsid();
    killpg(group: i32, signal: i32);
    fchown(fd: i32, user: u32, group: u32);
}

/// `getresuid`
///
/// # Errors
/// The errno.
pub(crate) fn user_ids() -> SysResult<[u32; 3]> {
    let (mut real, mut effective, mut saved) = (0, 0, 0);
    // SAFETY: the pointers are to three numbers.
    answer(unsafe { libc::getresuid(&raw mut real, &raw mut effective, &raw mut saved) })?;
    Ok([real, effective, saved])
}

/// `getresgid`
///
/// # Errors
/// The errno.
pub(crate) fn group_ids() -> SysResult<[u32; 3]> {
    let (mut real, mut effective, mut saved) = (0, 0, 0);
    // SAFETY: the pointers are to three numbers.
    answer(unsafe { libc::getresgid(&raw mut real, &raw mut effective, &raw mut saved) })?;
    Ok([real, effective, saved])
}

fn clear_errno() {
    // SAFETY: the errno of this thread.
    unsafe { *libc::__errno_location() = 0 };
}

/// An answer that may be -1 without failure: the errno tells.
fn by_errno(result: i32) -> SysResult<i32> {
    if result == -1 {
        let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        if errno != 0 {
            return Err(Errno::from_raw_os_error(errno));
        }
    }
    Ok(result)
}

/// `nice`
///
/// # Errors
/// The errno.
pub(crate) fn change_niceness(increment: i32) -> SysResult<i32> {
    clear_errno();
    // SAFETY: a number only.
    by_errno(unsafe { libc::nice(increment) })
}

fn which_number<T: TryFrom<i32> + Default>(which: i32) -> T {
    T::try_from(which).unwrap_or_default()
}

/// `getpriority`
///
/// # Errors
/// The errno.
pub(crate) fn priority(which: i32, who: u32) -> SysResult<i32> {
    clear_errno();
    // SAFETY: numbers only.
    by_errno(unsafe { libc::getpriority(which_number(which), who) })
}

/// `setpriority`
///
/// # Errors
/// The errno.
pub(crate) fn set_priority(which: i32, who: u32, priority: i32) -> SysResult<()> {
    // SAFETY: numbers only.
    answer(unsafe { libc::setpriority(which_number(which), who, priority) }).map(|_| ())
}

/// `fchownat`
///
/// # Errors
/// The errno.
pub(crate) fn chown_at(
    dir: Option<i32>,
    path: &CStr,
    user: u32,
    group: u32,
    follow: bool,
) -> SysResult<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    let dir = dir.unwrap_or(libc::AT_FDCWD);
    // SAFETY: the path ends in null.
    answer(unsafe { libc::fchownat(dir, path.as_ptr(), user, group, flags) }).map(|_| ())
}

/// `truncate`
///
/// # Errors
/// The errno.
pub(crate) fn truncate(path: &CStr, length: i64) -> SysResult<()> {
    // SAFETY: the path ends in null.
    answer(unsafe { libc::truncate(path.as_ptr(), length) }).map(|_| ())
}
