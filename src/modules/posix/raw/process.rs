//! Processes: forked, replaced, waited for.
//!
//! Invariant: between `fork` and `exec` or `_exit` a child that is not to run Python calls the system only.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};

use objects::core::vm::Vm;
use rustix::io::Errno;

use crate::posix::fd::SysResult;

/// The errno of the call that just failed.
pub(crate) fn last_errno() -> Errno {
    let number = std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL);
    Errno::from_raw_os_error(number)
}

/// The answer of a call that says -1 for failure.
pub(crate) fn answer(result: i32) -> SysResult<i32> {
    if result < 0 { Err(last_errno()) } else { Ok(result) }
}

/// `pidfd_send_signal`
///
/// # Errors
/// The errno.
pub(crate) fn pidfd_send_signal(fd: i32, number: i32, flags: i32) -> SysResult<()> {
    let none = null::<libc::siginfo_t>();
    // SAFETY: the call takes numbers and a null pointer.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, number, none, flags) };
    if result < 0 { Err(last_errno()) } else { Ok(()) }
}

/// `_exit`: no hooks run.
pub(crate) fn exit(status: i32) -> ! {
    // SAFETY: no precondition.
    unsafe { libc::_exit(status) }
}

/// `fork`, in which the interpreter's own lock is not in use.
///
/// # Errors
/// The errno.
pub(crate) fn fork(vm: Vm<'_>) -> SysResult<i32> {
    vm.fork_with(|| {
        // SAFETY: the child goes on with this thread alone, which holds the GIL and every lock that is used under it.
        let pid = unsafe { libc::fork() };
        (answer(pid), pid == 0)
    })
}

/// `forkpty`: the child's number (0 in the child) and the terminal's master side.
///
/// # Errors
/// The errno.
pub(crate) fn forkpty(vm: Vm<'_>) -> SysResult<(i32, i32)> {
    vm.fork_with(|| {
        let mut master = -1;
        let (name, settings, size) = (null_mut(), null_mut(), null_mut());
        // SAFETY: as in `fork`; null pointers stand for no name and no settings.
        let pid = unsafe { libc::forkpty(&raw mut master, name, settings, size) };
        (answer(pid).map(|pid| (pid, master)), pid == 0)
    })
}

/// Texts as the system wants them: pointers, then null.
pub(crate) struct TextArray {
    _texts: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl TextArray {
    pub(crate) fn new(texts: Vec<CString>) -> Self {
        let mut pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr()).collect();
        pointers.push(null());
        Self { _texts: texts, pointers }
    }

    pub(super) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

/// `execve`, or `execv` without an environment: comes back only with an error.
pub(crate) fn exec(path: &CStr, arguments: &TextArray, environment: Option<&TextArray>) -> Errno {
    // SAFETY: the arrays end in null and their texts live.
    unsafe {
        match environment {
            Some(environment) => {
                libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr());
            }
            None => {
                libc::execv(path.as_ptr(), arguments.as_ptr());
            }
        }
    }
    last_errno()
}

/// `fexecve`: comes back only with an error.
pub(crate) fn exec_fd(fd: i32, arguments: &TextArray, environment: &TextArray) -> Errno {
    // SAFETY: as in `exec`.
    unsafe { libc::fexecve(fd, arguments.as_ptr(), environment.as_ptr()) };
    last_errno()
}

/// `system`
pub(crate) fn system(command: &CStr) -> i32 {
    // SAFETY: a text that ends in null.
    unsafe { libc::system(command.as_ptr()) }
}

/// `wait4`: number, status and what the process used.
///
/// # Errors
/// The errno.
pub(crate) fn wait4(pid: i32, options: i32) -> SysResult<(i32, i32, libc::rusage)> {
    let mut status = 0;
    // SAFETY: all zero bytes are an `rusage`; the pointers are to whole records.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let pid = answer(libc::wait4(pid, &raw mut status, options, &raw mut usage))?;
        Ok((pid, status, usage))
    }
}

/// What `waitid` tells: pid, uid, signo, status, code.
pub(crate) type Waited = (i32, u32, i32, i32, i32);

/// `waitid`; None when nobody was to be told of.
///
/// # Errors
/// The errno.
pub(crate) fn waitid(kind: u32, id: u32, options: i32) -> SysResult<Option<Waited>> {
    // SAFETY: all zero bytes are a `siginfo_t`; the pointer is to a whole one, and the parts read are plain numbers.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        answer(libc::waitid(kind, id, &raw mut info, options))?;
        if info.si_pid() == 0 {
            return Ok(None);
        }
        Ok(Some((info.si_pid(), info.si_uid(), info.si_signo, info.si_status(), info.si_code)))
    }
}

/// `getrusage`
///
/// # Errors
/// The errno.
pub(crate) fn usage(who: i32) -> SysResult<libc::rusage> {
    // SAFETY: all zero bytes are an `rusage`; the pointer is to a whole one.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        answer(libc::getrusage(who_number(who), &raw mut usage))?;
        Ok(usage)
    }
}

fn who_number<T: TryFrom<i32> + Default>(who: i32) -> T {
    T::try_from(who).unwrap_or_default()
}

/// What a child does before it becomes another program.
pub(crate) struct ChildSetup {
    pub(crate) arguments: TextArray,
    pub(crate) executables: Vec<CString>,
    pub(crate) environment: Option<TextArray>,
    pub(crate) folder: Option<CString>,
    pub(crate) close_fds: bool,
    /// Sorted.
    pub(crate) keep: Vec<i32>,
    pub(crate) to_child: (i32, i32),
    pub(crate) from_child: (i32, i32),
    pub(crate) errors: (i32, i32),
    pub(crate) error_pipe: (i32, i32),
    pub(crate) restore_signals: bool,
    pub(crate) new_session: bool,
    /// -1 for none.
    pub(crate) group: i32,
    pub(crate) gid: Option<u32>,
    pub(crate) groups: Option<Vec<u32>>,
    pub(crate) uid: Option<u32>,
    /// -1 for none.
    pub(crate) umask: i32,
}

/// How far a child came when it failed.
enum Failure {
    /// Before `exec`.
    Setup(Errno),
    /// In `chdir`.
    Folder(Errno),
    /// The function to be called before `exec` raised.
    Function,
    /// In `exec`.
    Exec(Errno),
}

/// The child's whole life: becomes another program, or writes why not to the error pipe and ends.
pub(crate) fn run_child(setup: &ChildSetup, before_exec: Option<&dyn Fn() -> bool>) -> ! {
    let failure = match prepare(setup) {
        Err(failure) => failure,
        Ok(()) if before_exec.is_some_and(|call| !call()) => Failure::Function,
        Ok(()) => become_program(setup),
    };
    let mut report = Report::default();
    match failure {
        Failure::Function => report.text(b"SubprocessError:0:Exception occurred in preexec_fn."),
        Failure::Setup(errno) => {
            report.errno(errno);
            report.text(b"noexec");
        }
        Failure::Folder(errno) => {
            report.errno(errno);
            report.text(b"noexec:chdir");
        }
        Failure::Exec(errno) => report.errno(errno),
    }
    let message = report.bytes.get(..report.length).unwrap_or_default();
    // SAFETY: a live slice. Nobody is left to tell of a failure here.
    let _ = unsafe { libc::write(setup.error_pipe.1, message.as_ptr().cast(), message.len()) };
    exit(255)
}

/// The message, without allocating.
struct Report {
    bytes: [u8; 96],
    length: usize,
}

impl Default for Report {
    fn default() -> Self {
        Self { bytes: [0; 96], length: 0 }
    }
}

impl Report {
    fn text(&mut self, text: &[u8]) {
        for &byte in text {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length += 1;
            }
        }
    }

    fn errno(&mut self, errno: Errno) {
        self.text(b"OSError:");
        let number = errno.raw_os_error().unsigned_abs();
        let digits = (32 - number.leading_zeros()).div_ceil(4).max(1);
        for place in (0..digits).rev() {
            let digit = number >> (place * 4) & 15;
            self.text(&[b"0123456789abcdef"[digit as usize]]);
        }
        self.text(b":");
    }
}

fn prepare(setup: &ChildSetup) -> Result<(), Failure> {
    place_descriptors(setup).map_err(Failure::Setup)?;
    if let Some(folder) = &setup.folder {
        // SAFETY: a text that ends in null.
        answer(unsafe { libc::chdir(folder.as_ptr()) }).map_err(Failure::Folder)?;
    }
    set_identity(setup).map_err(Failure::Setup)
}

fn set_inheritable(fd: i32) -> SysResult<()> {
    // SAFETY: numbers only.
    unsafe {
        let flags = answer(libc::fcntl(fd, libc::F_GETFD))?;
        answer(libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC))?;
    }
    Ok(())
}

fn close(fd: i32) {
    if fd >= 0 {
        // SAFETY: a number only; the child owns all of them.
        unsafe { libc::close(fd) };
    }
}

/// Moves a descriptor out of the way of those that go to 0, 1 and 2.
fn moved_up(fd: i32, below: i32) -> SysResult<i32> {
    if (0..below).contains(&fd) {
        // SAFETY: numbers only.
        return answer(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, below) });
    }
    Ok(fd)
}

fn put_at(fd: i32, place: i32) -> SysResult<()> {
    if fd == place {
        return set_inheritable(fd);
    }
    if fd >= 0 {
        // SAFETY: numbers only.
        answer(unsafe { libc::dup2(fd, place) })?;
    }
    Ok(())
}

fn place_descriptors(setup: &ChildSetup) -> SysResult<()> {
    for &fd in &setup.keep {
        if fd != setup.error_pipe.1 {
            // A number that is not open is the caller's affair, as in CPython.
            let _ = set_inheritable(fd);
        }
    }
    close(setup.to_child.1);
    close(setup.from_child.0);
    close(setup.errors.0);
    close(setup.error_pipe.0);
    let output = moved_up(setup.from_child.1, 1)?;
    let errors = moved_up(setup.errors.1, 2)?;
    put_at(setup.to_child.0, 0)?;
    put_at(output, 1)?;
    put_at(errors, 2)
}

fn set_identity(setup: &ChildSetup) -> SysResult<()> {
    // SAFETY: numbers, and a slice with its length.
    unsafe {
        if setup.umask >= 0 {
            libc::umask(setup.umask.cast_unsigned());
        }
        if setup.restore_signals {
            crate::signal::restore_for_exec();
        }
        if setup.new_session {
            answer(libc::setsid())?;
        }
        if setup.group >= 0 {
            answer(libc::setpgid(0, setup.group))?;
        }
        if let Some(groups) = &setup.groups {
            answer(libc::setgroups(groups.len(), groups.as_ptr()))?;
        }
        if let Some(gid) = setup.gid {
            answer(libc::setregid(gid, gid))?;
        }
        if let Some(uid) = setup.uid {
            answer(libc::setreuid(uid, uid))?;
        }
    }
    Ok(())
}

/// Closes every descriptor from 3 on that is not in `keep`, which is sorted.
fn close_others(keep: &[i32]) {
    let mut start = 3_u32;
    for &fd in keep {
        let Ok(fd) = u32::try_from(fd) else { continue };
        if fd < start {
            continue;
        }
        if fd > start {
            close_range(start, fd - 1);
        }
        start = fd + 1;
    }
    close_range(start, u32::MAX);
}

fn close_range(first: u32, last: u32) {
    // SAFETY: numbers only; the child owns all descriptors.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if done < 0 {
        // An old kernel: one by one, as many as there can be.
        // SAFETY: a number only.
        let limit = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
        let limit = u32::try_from(limit).unwrap_or(65536).min(last);
        for fd in first..=limit {
            close(fd.cast_signed());
        }
    }
}

fn become_program(setup: &ChildSetup) -> Failure {
    if setup.close_fds {
        close_others(&setup.keep);
    }
    let mut saved = Errno::NOENT;
    for path in &setup.executables {
        let errno = exec(path, &setup.arguments, setup.environment.as_ref());
        if errno != Errno::NOENT && errno != Errno::NOTDIR {
            saved = errno;
        }
    }
    Failure::Exec(saved)
}
