//! Terminals.
//!
//! Invariant: records are whole, and a buffer is given with its length.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use std::ffi::{CStr, c_char};
use std::ptr::null;

use rustix::io::Errno;

use super::process::answer;
use crate::posix::fd::SysResult;

/// A name that a call writes into a buffer.
fn name_by(call: impl FnOnce(*mut c_char, usize) -> i32) -> SysResult<Vec<u8>> {
    let mut buffer = [0 as c_char; 4096];
    match call(buffer.as_mut_ptr(), buffer.len()) {
        // SAFETY: the call has written a text.
        0 => Ok(unsafe { CStr::from_ptr(buffer.as_ptr()) }.to_bytes().to_vec()),
        errno => Err(Errno::from_raw_os_error(errno)),
    }
}

/// `ttyname_r`
///
/// # Errors
/// The errno.
pub(crate) fn name(fd: i32) -> SysResult<Vec<u8>> {
    // SAFETY: the length is the buffer's.
    name_by(|buffer, length| unsafe { libc::ttyname_r(fd, buffer, length) })
}

/// `ptsname_r`
///
/// # Errors
/// The errno.
pub(crate) fn other_side(fd: i32) -> SysResult<Vec<u8>> {
    // SAFETY: the length is the buffer's.
    name_by(|buffer, length| unsafe { libc::ptsname_r(fd, buffer, length) })
}

fn close_on_exec(fd: i32) -> SysResult<()> {
    // SAFETY: numbers only.
    answer(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) }).map(|_| ())
}

/// `openpty`, both ends close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn open_pair() -> SysResult<(i32, i32)> {
    let (mut master, mut other) = (-1, -1);
    // SAFETY: two numbers to be written; null stands for no name and no settings.
    answer(unsafe {
        libc::openpty(
            &raw mut master,
            &raw mut other,
            std::ptr::null_mut(),
            null::<libc::termios>().cast_mut(),
            null::<libc::winsize>().cast_mut(),
        )
    })?;
    close_on_exec(master)?;
    close_on_exec(other)?;
    Ok((master, other))
}

macro_rules! calls {
    ($($name:ident $call:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            #[doc = concat!("`", stringify!($call), "`")]
            ///
            /// # Errors
            /// The errno.
            pub(crate) fn $name($($argument: $type),*) -> SysResult<i32> {
                // SAFETY: numbers only.
                answer(unsafe { libc::$call($($argument),*) })
            }
        )*
    };
}

calls! {
    log_in login_tty(fd: i32);
    open_master posix_openpt(flags: i32);
    grant grantpt(fd: i32);
    unlock unlockpt(fd: i32);
    foreground tcgetpgrp(fd: i32);
    set_foreground tcsetpgrp(fd: i32, group: i32);
    send_break tcsendbreak(fd: i32, duration: i32);
    drain tcdrain(fd: i32);
    flush tcflush(fd: i32, queue: i32);
    flow tcflow(fd: i32, action: i32);
}

/// A terminal's settings.
pub(crate) struct Settings {
    /// Input, output, control and local flags.
    pub(crate) flags: [u32; 4],
    pub(crate) input_speed: u32,
    pub(crate) output_speed: u32,
    pub(crate) characters: Vec<u8>,
}

/// `tcgetattr`
///
/// # Errors
/// The errno.
pub(crate) fn settings(fd: i32) -> SysResult<Settings> {
    // SAFETY: all zero bytes are settings; the pointer is to a whole record.
    unsafe {
        let mut raw: libc::termios = std::mem::zeroed();
        answer(libc::tcgetattr(fd, &raw mut raw))?;
        Ok(Settings {
            flags: [raw.c_iflag, raw.c_oflag, raw.c_cflag, raw.c_lflag],
            input_speed: libc::cfgetispeed(&raw const raw),
            output_speed: libc::cfgetospeed(&raw const raw),
            characters: raw.c_cc.to_vec(),
        })
    }
}

/// `tcsetattr`
///
/// # Errors
/// The errno.
pub(crate) fn set_settings(fd: i32, when: i32, settings: &Settings) -> SysResult<()> {
    // SAFETY: as above; parts that Python does not know stay as they are.
    unsafe {
        let mut raw: libc::termios = std::mem::zeroed();
        answer(libc::tcgetattr(fd, &raw mut raw))?;
        [raw.c_iflag, raw.c_oflag, raw.c_cflag, raw.c_lflag] = settings.flags;
        for (place, character) in raw.c_cc.iter_mut().zip(&settings.characters) {
            *place = *character;
        }
        answer(libc::cfsetispeed(&raw mut raw, settings.input_speed))?;
        answer(libc::cfsetospeed(&raw mut raw, settings.output_speed))?;
        answer(libc::tcsetattr(fd, when, &raw const raw)).map(|_| ())
    }
}

/// Lines and columns of a terminal.
///
/// # Errors
/// The errno.
pub(crate) fn window(fd: i32) -> SysResult<libc::winsize> {
    // SAFETY: all zero bytes are a size; the pointer is to a whole record.
    unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        answer(libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size))?;
        Ok(size)
    }
}

/// Sets lines and columns of a terminal.
///
/// # Errors
/// The errno.
pub(crate) fn set_window(fd: i32, size: &libc::winsize) -> SysResult<()> {
    // SAFETY: the record is whole.
    answer(unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, std::ptr::from_ref(size)) }).map(|_| ())
}
