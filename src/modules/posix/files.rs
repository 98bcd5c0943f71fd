//! Files and folders by path: stat, names, links, modes.

use std::ffi::CStr;

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::list::PyList;
use rustix::fs::{Access, AtFlags, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use super::arguments::{self, PathArgument, dir_fd, flag, integer};
use super::{fd, results};
use crate::{library_files, paths};

methods! { FILES:
    /// Perform a stat system call on the given path.
    ["stat"] "($module, /, path, *, dir_fd=None, follow_symlinks=True)" Bound(stat);
    /// Perform a stat system call on the given path, without following symbolic links.
    ["lstat"] "($module, /, path, *, dir_fd=None)" Bound(lstat);
    /// Use the real uid/gid to test for access to a path.
    ["access"] "($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)" Bound(access);
    /// Change the current working directory to the specified path.
    ["chdir"] "($module, /, path)" Bound(chdir);
    /// Change to the directory of the given file descriptor.
    ["fchdir"] "($module, /, fd)" Bound(chdir);
    /// Change the access permissions of a file.
    ["chmod"] "($module, /, path, mode, *, dir_fd=None, follow_symlinks=True)" Bound(chmod);
    /// Return a unicode string representing the current working directory.
    ["getcwd"] "($module, /)" None(getcwd);
    /// Return a bytes string representing the current working directory.
    ["getcwdb"] "($module, /)" None(getcwdb);
    /// Create a hard link to a file.
    ["link"] "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)" Bound(link);
    /// Return a list containing the names of the files in the directory.
    ["listdir"] "($module, /, path=None)" Bound(listdir);
    /// Create a directory.
    ["mkdir"] "($module, /, path, mode=511, *, dir_fd=None)" Bound(mkdir);
    /// Return a string representing the path to which the symbolic link points.
    ["readlink"] "($module, /, path, *, dir_fd=None)" Bound(readlink);
    /// Rename a file or directory.
    ["rename"] "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)" Bound(rename);
    /// Rename a file or directory, overwriting the destination.
    ["replace"] "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)" Bound(replace);
    /// Remove a directory.
    ["rmdir"] "($module, /, path, *, dir_fd=None)" Bound(rmdir);
    /// Create a symbolic link pointing to src named dst.
    ["symlink"] "($module, /, src, dst, target_is_directory=False, *, dir_fd=None)" Bound(symlink);
    /// Remove a file (same as remove()).
    ["unlink"] "($module, /, path, *, dir_fd=None)" Bound(unlink);
    /// Remove a file (same as unlink()).
    ["remove"] "($module, /, path, *, dir_fd=None)" Bound(remove);
    /// Set the access and modified time of path.
    ["utime"] "($module, /, path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)" Bound(utime);
    /// Return the file system path representation of the object.
    ["fspath"] "($module, /, path)" Bound(fspath);
    /// Set the current numeric umask and return the previous umask.
    ["umask"] "($module, mask, /)" One(umask);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[objects::core::type_spec::MethodDef] = FILES;

fn done(vm: Vm<'_>, path: &PathArgument, result: Result<(), Errno>) -> PyResult<Value> {
    match result {
        Ok(()) => Ok(Value::NONE),
        Err(errno) => Err(path.error(vm, errno)),
    }
}

fn link_flags(follow: bool) -> AtFlags {
    if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW }
}

/// What the system says about a path or descriptor.
pub(super) fn stat_of(
    vm: Vm<'_>,
    path: &PathArgument,
    dir: Option<i32>,
    follow: bool,
) -> Result<Stat, Errno> {
    let (number, name) = (path.fd, path.path.as_c_str());
    vm.allow_threads(|| match number {
        Some(number) => fd::stat(number),
        None => match rustix::fs::statat(fd::folder(dir)?, name, link_flags(follow)) {
            Err(Errno::NOENT) => library_files::stat(name).ok_or(Errno::NOENT),
            other => other,
        },
    })
}

fn stat_answer(vm: Vm<'_>, path: &PathArgument, dir: Option<i32>, follow: bool) -> PyResult<Value> {
    match stat_of(vm, path, dir, follow) {
        Ok(stat) => results::stat_result(vm, &stat),
        Err(errno) => Err(path.error(vm, errno)),
    }
}

fn stat(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "stat", "path", args.required(0))?;
    let dir = dir_fd(vm, args, 1)?;
    let follow = flag(vm, args, 2, true)?;
    if path.fd.is_some() && dir.is_some() {
        return Err(vm.value_error("stat: can't specify dir_fd without matching path"));
    }
    if path.fd.is_some() && !follow {
        return Err(vm.value_error("stat: cannot use fd and follow_symlinks together"));
    }
    stat_answer(vm, &path, dir, follow)
}

fn lstat(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "lstat", "path", args.required(0))?;
    stat_answer(vm, &path, dir_fd(vm, args, 1)?, false)
}

fn access(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "access", "path", args.required(0))?;
    let mode = number::as_i32(vm, args.required(1))?;
    let dir = dir_fd(vm, args, 2)?;
    let mut flags = link_flags(flag(vm, args, 4, true)?);
    flags.set(AtFlags::EACCESS, flag(vm, args, 3, false)?);
    let wanted = Access::from_bits_truncate(mode.cast_unsigned());
    let name = path.path.as_c_str();
    let answer =
        vm.allow_threads(|| match rustix::fs::accessat(fd::folder(dir)?, name, wanted, flags) {
            Err(Errno::NOENT) => library_files::access(name, wanted).unwrap_or(Err(Errno::NOENT)),
            other => other,
        });
    Ok(Value::from_bool(answer.is_ok()))
}

fn chdir(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "chdir", "path", args.required(0))?;
    let result = match path.fd {
        Some(number) => fd::chdir(number),
        None => rustix::process::chdir(path.path.as_c_str()),
    };
    done(vm, &path, result)
}

fn chmod(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "chmod", "path", args.required(0))?;
    let mode = Mode::from_raw_mode(number::as_i32(vm, args.required(1))?.cast_unsigned());
    let dir = dir_fd(vm, args, 2)?;
    let flags = link_flags(flag(vm, args, 3, true)?);
    let result = vm.allow_threads(|| match path.fd {
        Some(number) => fd::chmod(number, mode),
        None => rustix::fs::chmodat(fd::folder(dir)?, path.path.as_c_str(), mode, flags),
    });
    done(vm, &path, result)
}

fn cwd(vm: Vm<'_>, as_bytes: bool) -> PyResult<Value> {
    match rustix::process::getcwd(Vec::new()) {
        Ok(path) => arguments::name_value(vm, path.to_bytes(), as_bytes),
        Err(errno) => Err(arguments::failed(vm, errno)),
    }
}

fn getcwd(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    cwd(vm, false)
}

fn getcwdb(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    cwd(vm, true)
}

/// Two paths with their folders: the arguments of `rename` and `link`.
struct Pair {
    source: PathArgument,
    target: PathArgument,
    source_dir: Option<i32>,
    target_dir: Option<i32>,
}

fn pair(vm: Vm<'_>, function: &str, args: &Bound<'_>) -> PyResult<Pair> {
    Ok(Pair {
        source: arguments::path(vm, function, "src", args.required(0))?,
        target: arguments::path(vm, function, "dst", args.required(1))?,
        source_dir: dir_fd(vm, args, 2)?,
        target_dir: dir_fd(vm, args, 3)?,
    })
}

fn pair_done(
    vm: Vm<'_>,
    source: &PathArgument,
    target: &PathArgument,
    result: Result<(), Errno>,
) -> PyResult<Value> {
    match result {
        Ok(()) => Ok(Value::NONE),
        Err(errno) => {
            let number = errno.raw_os_error();
            let (first, second) = (Some(&source.given), Some(&target.given));
            let error = objects::types::exceptions::os_error::from_errno(vm, number, first, second);
            Err(vm.raise(error))
        }
    }
}

fn link(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let Pair { source, target, source_dir, target_dir } = pair(vm, "link", args)?;
    let follow = flag(vm, args, 4, true)? && args.get(4).is_some();
    let flags = if follow { AtFlags::SYMLINK_FOLLOW } else { AtFlags::empty() };
    let result = vm.allow_threads(|| {
        let (from, to) = (fd::folder(source_dir)?, fd::folder(target_dir)?);
        rustix::fs::linkat(from, source.path.as_c_str(), to, target.path.as_c_str(), flags)
    });
    pair_done(vm, &source, &target, result)
}

fn rename_as(vm: Vm<'_>, function: &str, args: &Bound<'_>) -> PyResult<Value> {
    let Pair { source, target, source_dir, target_dir } = pair(vm, function, args)?;
    let result = vm.allow_threads(|| {
        let (from, to) = (fd::folder(source_dir)?, fd::folder(target_dir)?);
        rustix::fs::renameat(from, source.path.as_c_str(), to, target.path.as_c_str())
    });
    pair_done(vm, &source, &target, result)
}

fn rename(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    rename_as(vm, "rename", args)
}

fn replace(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    rename_as(vm, "replace", args)
}

fn symlink(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let source = arguments::path(vm, "symlink", "src", args.required(0))?;
    let target = arguments::path(vm, "symlink", "dst", args.required(1))?;
    let dir = dir_fd(vm, args, 3)?;
    let result = vm.allow_threads(|| {
        rustix::fs::symlinkat(source.path.as_c_str(), fd::folder(dir)?, target.path.as_c_str())
    });
    pair_done(vm, &source, &target, result)
}

/// A name in a folder with what it is.
pub(super) struct Name {
    pub(super) bytes: Vec<u8>,
    pub(super) inode: u64,
    pub(super) kind: rustix::fs::FileType,
}

/// Every name in a folder but `.` and `..`, in the system's order.
pub(super) fn names(vm: Vm<'_>, path: &PathArgument) -> Result<Vec<Name>, Errno> {
    let (number, text) = (path.fd, path.path.as_c_str());
    vm.allow_threads(|| {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = match number {
            Some(number) => fd::reopen_folder(number)?,
            None => match rustix::fs::open(text, flags, Mode::empty()) {
                Ok(folder) => folder,
                Err(Errno::NOENT) => return names_in_library(text),
                Err(errno) => return Err(errno),
            },
        };
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::new(folder)? {
            let entry = entry?;
            let bytes = entry.file_name().to_bytes();
            if bytes != b"." && bytes != b".." {
                let (inode, kind) = (entry.ino(), entry.file_type());
                names.push(Name { bytes: bytes.to_vec(), inode, kind });
            }
        }
        Ok(names)
    })
}

fn names_in_library(path: &CStr) -> Result<Vec<Name>, Errno> {
    let found = library_files::names(path).unwrap_or(Err(Errno::NOENT))?;
    let name = |found: library_files::Name| Name {
        bytes: found.name.into_bytes(),
        inode: found.inode,
        kind: found.kind,
    };
    Ok(found.into_iter().map(name).collect())
}

fn listdir(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_here(vm, "listdir", args.get(0))?;
    let found = names(vm, &path).map_err(|errno| path.error(vm, errno))?;
    let mut items = Vec::with_capacity(found.len());
    for name in found {
        items.push(path.name(vm, &name.bytes)?);
    }
    PyList::try_new_value(vm, items)
}

fn mkdir(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "mkdir", "path", args.required(0))?;
    let mode = Mode::from_raw_mode(integer(vm, args, 1, 0o777)?.cast_unsigned());
    let dir = dir_fd(vm, args, 2)?;
    let result =
        vm.allow_threads(|| rustix::fs::mkdirat(fd::folder(dir)?, path.path.as_c_str(), mode));
    done(vm, &path, result)
}

fn readlink(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "readlink", "path", args.required(0))?;
    let dir = dir_fd(vm, args, 1)?;
    let result = vm.allow_threads(|| {
        rustix::fs::readlinkat(fd::folder(dir)?, path.path.as_c_str(), Vec::new())
    });
    match result {
        Ok(target) => path.name(vm, target.to_bytes()),
        Err(errno) => Err(path.error(vm, errno)),
    }
}

fn unlink_as(vm: Vm<'_>, function: &str, args: &Bound<'_>, flags: AtFlags) -> PyResult<Value> {
    let path = arguments::path(vm, function, "path", args.required(0))?;
    let dir = dir_fd(vm, args, 1)?;
    let result =
        vm.allow_threads(|| rustix::fs::unlinkat(fd::folder(dir)?, path.path.as_c_str(), flags));
    done(vm, &path, result)
}

fn rmdir(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    unlink_as(vm, "rmdir", args, AtFlags::REMOVEDIR)
}

fn unlink(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    unlink_as(vm, "unlink", args, AtFlags::empty())
}

fn remove(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    unlink_as(vm, "remove", args, AtFlags::empty())
}

fn timespec(nanoseconds: i64) -> Timespec {
    Timespec {
        tv_sec: nanoseconds.div_euclid(1_000_000_000),
        tv_nsec: nanoseconds.rem_euclid(1_000_000_000),
    }
}

fn pair_of_times(vm: Vm<'_>, value: &Value, name: &str) -> PyResult<(Value, Value)> {
    match value.downcast::<objects::types::tuple::PyTuple>().map(objects::core::object::Py::items) {
        Some([first, second]) => Ok((first.clone(), second.clone())),
        _ => {
            Err(vm
                .type_error(format!("utime: '{name}' must be either a tuple of two ints or None")))
        }
    }
}

fn utime(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "utime", "path", args.required(0))?;
    if args.get_non_none(1).is_some() && args.get(2).is_some() {
        return Err(vm.value_error("utime: you may specify either 'times' or 'ns' but not both"));
    }
    let stamps = if let Some(times) = args.get_non_none(1) {
        let (access, modified) = pair_of_times(vm, times, "times")?;
        let (access, modified) =
            (crate::time::nanoseconds(vm, &access)?, crate::time::nanoseconds(vm, &modified)?);
        Timestamps { last_access: timespec(access), last_modification: timespec(modified) }
    } else if let Some(times) = args.get(2) {
        let (access, modified) = pair_of_times(vm, times, "ns")?;
        let (access, modified) = (number::as_i64(vm, &access)?, number::as_i64(vm, &modified)?);
        Timestamps { last_access: timespec(access), last_modification: timespec(modified) }
    } else {
        let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        Timestamps { last_access: now, last_modification: now }
    };
    let dir = dir_fd(vm, args, 3)?;
    let flags = link_flags(flag(vm, args, 4, true)?);
    let result = vm.allow_threads(|| match path.fd {
        Some(number) => fd::set_times(number, &stamps),
        None => rustix::fs::utimensat(fd::folder(dir)?, path.path.as_c_str(), &stamps, flags),
    });
    done(vm, &path, result)
}

fn fspath(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    paths::fspath(vm, args.required(0))
}

fn umask(vm: Vm<'_>, _module: &Value, mask: &Value) -> PyResult<Value> {
    let mask = Mode::from_raw_mode(number::as_i32(vm, mask)?.cast_unsigned());
    Ok(Value::small_int_unchecked(i64::from(rustix::process::umask(mask).as_raw_mode())))
}
