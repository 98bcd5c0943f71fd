//! `posix_spawn` with its attributes and file actions.
//!
//! Invariant: an attribute or action object is initialised before it is used and destroyed once.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use rustix::io::Errno;

use super::process::TextArray;
use crate::posix::fd::SysResult;

/// `POSIX_SPAWN_OPEN`
pub(crate) const OPEN: i32 = 0;
/// `POSIX_SPAWN_CLOSE`
pub(crate) const CLOSE: i32 = 1;
/// `POSIX_SPAWN_DUP2`
pub(crate) const DUP2: i32 = 2;
/// `POSIX_SPAWN_CLOSEFROM`
pub(crate) const CLOSEFROM: i32 = 3;

/// What is done to the child's descriptors.
pub(crate) enum FileAction {
    Open { fd: i32, path: CString, flags: i32, mode: u32 },
    Close(i32),
    Duplicate(i32, i32),
    CloseFrom(i32),
}

/// What is set for the child.
pub(crate) struct SpawnSettings {
    pub(crate) group: Option<i32>,
    pub(crate) reset_ids: bool,
    pub(crate) new_session: bool,
    pub(crate) mask: Option<Vec<i32>>,
    pub(crate) defaults: Option<Vec<i32>>,
    pub(crate) scheduler: Option<(Option<i32>, i32)>,
}

fn check(errno: i32) -> SysResult<()> {
    if errno == 0 { Ok(()) } else { Err(Errno::from_raw_os_error(errno)) }
}

struct Actions(MaybeUninit<libc::posix_spawn_file_actions_t>);

impl Actions {
    fn new(list: &[FileAction]) -> SysResult<Self> {
        let mut this = Self(MaybeUninit::uninit());
        let raw = this.0.as_mut_ptr();
        // SAFETY: initialised first; texts end in null, and the C library copies them.
        unsafe {
            check(libc::posix_spawn_file_actions_init(raw))?;
            for action in list {
                check(match action {
                    FileAction::Open { fd, path, flags, mode } => {
                        libc::posix_spawn_file_actions_addopen(
                            raw,
                            *fd,
                            path.as_ptr(),
                            *flags,
                            *mode,
                        )
                    }
                    FileAction::Close(fd) => libc::posix_spawn_file_actions_addclose(raw, *fd),
                    FileAction::Duplicate(from, to) => {
                        libc::posix_spawn_file_actions_adddup2(raw, *from, *to)
                    }
                    FileAction::CloseFrom(fd) => posix_spawn_file_actions_addclosefrom_np(raw, *fd),
                })?;
            }
        }
        Ok(this)
    }
}

unsafe extern "C" {
    fn posix_spawn_file_actions_addclosefrom_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        from: libc::c_int,
    ) -> libc::c_int;
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, whose only early way out leaves nothing to free.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0.as_mut_ptr()) };
    }
}

struct Attributes(MaybeUninit<libc::posix_spawnattr_t>);

fn set_of(numbers: &[i32]) -> libc::sigset_t {
    // SAFETY: `sigemptyset` makes the set whole.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for &number in numbers {
            libc::sigaddset(&raw mut set, number);
        }
        set
    }
}

/// `POSIX_SPAWN_SETSID`, which is newer than the standard.
const SET_SID: i32 = 0x80;

impl Attributes {
    fn new(settings: &SpawnSettings) -> SysResult<Self> {
        let mut this = Self(MaybeUninit::uninit());
        let raw = this.0.as_mut_ptr();
        let mut flags = 0;
        // SAFETY: initialised first; the records pointed to are whole.
        unsafe {
            check(libc::posix_spawnattr_init(raw))?;
            if let Some(group) = settings.group {
                check(libc::posix_spawnattr_setpgroup(raw, group))?;
                flags |= libc::POSIX_SPAWN_SETPGROUP;
            }
            if settings.reset_ids {
                flags |= libc::POSIX_SPAWN_RESETIDS;
            }
            if settings.new_session {
                flags |= SET_SID;
            }
            if let Some(mask) = &settings.mask {
                check(libc::posix_spawnattr_setsigmask(raw, &set_of(mask)))?;
                flags |= libc::POSIX_SPAWN_SETSIGMASK;
            }
            if let Some(defaults) = &settings.defaults {
                check(libc::posix_spawnattr_setsigdefault(raw, &set_of(defaults)))?;
                flags |= libc::POSIX_SPAWN_SETSIGDEF;
            }
            if let Some((policy, priority)) = settings.scheduler {
                let mut parameters: libc::sched_param = std::mem::zeroed();
                parameters.sched_priority = priority;
                check(libc::posix_spawnattr_setschedparam(raw, &raw const parameters))?;
                flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
                if let Some(policy) = policy {
                    check(libc::posix_spawnattr_setschedpolicy(raw, policy))?;
                    flags |= libc::POSIX_SPAWN_SETSCHEDULER;
                }
            }
            let flags = libc::c_short::try_from(flags).map_err(|_| Errno::INVAL)?;
            check(libc::posix_spawnattr_setflags(raw, flags))?;
        }
        Ok(this)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}

unsafe extern "C" {
    static environ: *const *mut libc::c_char;
}

/// `posix_spawn`, or `posix_spawnp` to search the path: the child's number.
///
/// # Errors
/// The errno.
pub(crate) fn spawn(
    path: &CStr,
    search: bool,
    arguments: &TextArray,
    environment: Option<&TextArray>,
    actions: &[FileAction],
    settings: &SpawnSettings,
) -> SysResult<i32> {
    let actions = Actions::new(actions)?;
    let attributes = Attributes::new(settings)?;
    let mut pid = 0;
    // SAFETY: every object is whole; the arrays end in null. The own environment is only changed under the GIL.
    unsafe {
        let environment = match environment {
            Some(environment) => environment.as_ptr().cast(),
            None => environ,
        };
        let spawn = if search { libc::posix_spawnp } else { libc::posix_spawn };
        check(spawn(
            &raw mut pid,
            path.as_ptr(),
            actions.0.as_ptr(),
            attributes.0.as_ptr(),
            arguments.as_ptr().cast(),
            environment,
        ))?;
    }
    Ok(pid)
}
