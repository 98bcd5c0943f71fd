//! Owners, kinds, sizes and further attributes of files; file systems.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::{int, struct_sequence};
use rustix::fs::{FileType, Mode, XattrFlags};
use rustix::io::Errno;
use std::ffi::CString;

use super::arguments::{self, PathArgument, dir_fd, failed, flag, integer, nothing};
use super::fork::fs_text;
use super::ids::id;
use super::raw::plain;
use super::{fd, results};
use crate::sys::hooks;

methods! { ATTRIBUTES:
    /// Change the access permissions of the file given by file descriptor fd.
    ///
    ///   fd
    ///     The file descriptor of the file to be modified.
    ///   mode
    ///     Operating-system mode bitfield.
    ///     Be careful when using number literals for *mode*.  The conventional
    ///     UNIX notation for numeric modes uses an octal base, which needs to
    ///     be indicated with a ``0o`` prefix in Python.
    ///
    /// Equivalent to os.chmod(fd, mode).
    ["fchmod"] "($module, /, fd, mode)" Bound(fchmod);
    /// Change the owner and group id of path to the numeric uid and gid.
    ///
    ///   path
    ///     Path to be examined; can be string, bytes, a path-like object, or
    ///     open-file-descriptor int.
    ///   dir_fd
    ///     If not None, it should be a file descriptor open to a directory,
    ///     and path should be relative; path will then be relative to that
    ///     directory.
    ///   follow_symlinks
    ///     If False, and the last element of the path is a symbolic link,
    ///     stat will examine the symbolic link itself instead of the file
    ///     the link points to.
    ///
    /// path may always be specified as a string.  On some platforms, path may
    /// also be specified as an open file descriptor.  If this functionality is
    /// unavailable, using it raises an exception.
    /// If dir_fd is not None, it should be a file descriptor open to
    /// a directory, and path should be relative; path will then be relative to
    /// that directory.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, chown will modify the symbolic link itself instead of
    /// the file the link points to.
    /// It is an error to use dir_fd or follow_symlinks when specifying path as
    /// an open file descriptor.
    /// dir_fd and follow_symlinks may not be implemented on your platform.  If
    /// they are unavailable, using them will raise a NotImplementedError.
    ["chown"] "($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)" Bound(chown);
    /// Change the owner and group id of the file specified by file descriptor.
    ///
    /// Equivalent to os.chown(fd, uid, gid).
    ["fchown"] "($module, /, fd, uid, gid)" Bound(fchown);
    /// Change the owner and group id of path to the numeric uid and gid.
    ///
    /// This function will not follow symbolic links.
    /// Equivalent to os.chown(path, uid, gid, follow_symlinks=False).
    ["lchown"] "($module, /, path, uid, gid)" Bound(lchown);
    /// Change root directory to path.
    ["chroot"] "($module, /, path)" Bound(chroot);
    /// Create a "fifo" (a POSIX named pipe).
    ///
    /// If dir_fd is not None, it should be a file descriptor open to
    /// a directory, and path should be relative; path will then be relative to
    /// that directory.
    /// dir_fd may not be implemented on your platform.  If it is unavailable,
    /// using it will raise a NotImplementedError.
    ["mkfifo"] "($module, /, path, mode=438, *, dir_fd=None)" Bound(mkfifo);
    /// Create a node in the file system.
    ///
    /// Create a node in the file system (file, device special file or named
    /// pipe) at path.  mode specifies both the permissions to use and the
    /// type of node to be created, being combined (bitwise OR) with one of
    /// S_IFREG, S_IFCHR, S_IFBLK, and S_IFIFO.  If S_IFCHR or S_IFBLK is set
    /// on mode, device defines the newly created device special file (probably
    /// using os.makedev()).  Otherwise device is ignored.
    ///
    /// If dir_fd is not None, it should be a file descriptor open to
    /// a directory, and path should be relative; path will then be relative
    /// to that directory.
    /// dir_fd may not be implemented on your platform.  If it is unavailable,
    /// using it will raise a NotImplementedError.
    ["mknod"] "($module, /, path, mode=384, device=0, *, dir_fd=None)" Bound(mknod);
    /// Extracts a device major number from a raw device number.
    ["major"] "($module, device, /)" One(major);
    /// Extracts a device minor number from a raw device number.
    ["minor"] "($module, device, /)" One(minor);
    /// Composes a raw device number from the major and minor device numbers.
    ["makedev"] "($module, major, minor, /)" Bound(makedev);
    /// Truncate a file, specified by path, to a specific length.
    ///
    /// On some platforms, path may also be specified as an open file
    /// descriptor.  If this functionality is unavailable, using it raises
    /// an exception.
    ["truncate"] "($module, /, path, length)" Bound(truncate);
    /// Force write of everything to disk.
    ["sync"] "($module, /)" None(sync);
    /// Perform an fstatvfs system call on the given fd.
    ///
    /// Equivalent to statvfs(fd).
    ["fstatvfs"] "($module, fd, /)" One(fstatvfs);
    /// Perform a statvfs system call on the given path.
    ///
    /// path may always be specified as a string.
    /// On some platforms, path may also be specified as an open file
    /// descriptor.  If this functionality is unavailable, using it raises
    /// an exception.
    ["statvfs"] "($module, /, path)" Bound(statvfs);
    /// Return the value of extended attribute attribute on path.
    ///
    /// path may be either a string, a path-like object, or an open file
    /// descriptor.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, getxattr will examine the symbolic link itself
    /// instead of the file the link points to.
    ["getxattr"] "($module, /, path, attribute, *, follow_symlinks=True)" Bound(getxattr);
    /// Set extended attribute attribute on path to value.
    ///
    /// path may be either a string, a path-like object,  or an open file
    /// descriptor.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, setxattr will modify the symbolic link itself instead
    /// of the file the link points to.
    ["setxattr"] "($module, /, path, attribute, value, flags=0, *, follow_symlinks=True)" Bound(setxattr);
    /// Remove extended attribute attribute on path.
    ///
    /// path may be either a string, a path-like object, or an open file
    /// descriptor.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, removexattr will modify the symbolic link itself
    /// instead of the file the link points to.
    ["removexattr"] "($module, /, path, attribute, *, follow_symlinks=True)" Bound(removexattr);
    /// Return a list of extended attributes on path.
    ///
    /// path may be either None, a string, a path-like object, or an open file
    /// descriptor.  If path is None, listxattr will examine the current
    /// directory.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, listxattr will examine the symbolic link itself instead
    /// of the file the link points to.
    ["listxattr"] "($module, /, path=None, *, follow_symlinks=True)" Bound(listxattr);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = ATTRIBUTES;

fn done(vm: Vm<'_>, path: &PathArgument, result: Result<(), Errno>) -> PyResult<Value> {
    match result {
        Ok(()) => Ok(Value::NONE),
        Err(errno) => Err(path.error(vm, errno)),
    }
}

/// The number of a folder for an audit event; -1 for none.
fn dir_value(dir: Option<i32>) -> Value {
    Value::small_int_unchecked(dir.map_or(-1, i64::from))
}

fn chown(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "chown", "path", args.required(0))?;
    let (user, group) = (id(vm, args.required(1), "uid")?, id(vm, args.required(2), "gid")?);
    let dir = dir_fd(vm, args, 3)?;
    let follow = flag(vm, args, 4, true)?;
    if path.fd.is_some() && dir.is_some() {
        return Err(vm.value_error("chown: can't specify dir_fd without matching path"));
    }
    if path.fd.is_some() && !follow {
        return Err(vm.value_error("chown: cannot use fd and follow_symlinks together"));
    }
    hooks::raise_event(
        vm,
        "os.chown",
        &[path.given.clone(), args.required(1).clone(), args.required(2).clone(), dir_value(dir)],
    )?;
    let (number, text) = (path.fd, path.path.as_c_str());
    let result = vm.allow_threads(|| match number {
        Some(number) => plain::fchown(number, user, group).map(|_| ()),
        None => plain::chown_at(dir, text, user, group, follow),
    });
    done(vm, &path, result)
}

fn fchown(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let (user, group) = (id(vm, args.required(1), "uid")?, id(vm, args.required(2), "gid")?);
    hooks::raise_event(
        vm,
        "os.chown",
        &[
            args.required(0).clone(),
            args.required(1).clone(),
            args.required(2).clone(),
            dir_value(None),
        ],
    )?;
    nothing(vm, vm.allow_threads(|| plain::fchown(number, user, group)).map(|_| ()))
}

fn lchown(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "lchown", "path", args.required(0))?;
    let (user, group) = (id(vm, args.required(1), "uid")?, id(vm, args.required(2), "gid")?);
    hooks::raise_event(
        vm,
        "os.chown",
        &[path.given.clone(), args.required(1).clone(), args.required(2).clone(), dir_value(None)],
    )?;
    let text = path.path.as_c_str();
    let result = vm.allow_threads(|| plain::chown_at(None, text, user, group, false));
    done(vm, &path, result)
}

fn chroot(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "chroot", "path", args.required(0))?;
    let result = vm.allow_threads(|| rustix::process::chroot(path.path.as_c_str()));
    done(vm, &path, result)
}

fn fchmod(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let mode = Mode::from_raw_mode(number::as_i32(vm, args.required(1))?.cast_unsigned());
    hooks::raise_event(
        vm,
        "os.chmod",
        &[args.required(0).clone(), args.required(1).clone(), dir_value(None)],
    )?;
    loop {
        match vm.allow_threads(|| fd::chmod(number, mode)) {
            Err(Errno::INTR) => vm.poll()?,
            result => return nothing(vm, result),
        }
    }
}

fn mkfifo(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "mkfifo", "path", args.required(0))?;
    let mode = Mode::from_raw_mode(integer(vm, args, 1, 0o666)?.cast_unsigned());
    let dir = dir_fd(vm, args, 2)?;
    make(vm, &path, FileType::Fifo, mode, 0, dir)
}

fn make(
    vm: Vm<'_>,
    path: &PathArgument,
    kind: FileType,
    mode: Mode,
    device: u64,
    dir: Option<i32>,
) -> PyResult<Value> {
    let text = path.path.as_c_str();
    loop {
        let result =
            vm.allow_threads(|| rustix::fs::mknodat(fd::folder(dir)?, text, kind, mode, device));
        match result {
            Err(Errno::INTR) => vm.poll()?,
            result => return done(vm, path, result),
        }
    }
}

fn mknod(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "mknod", "path", args.required(0))?;
    let mode = integer(vm, args, 1, 0o600)?.cast_unsigned();
    let device = args.get(2).map_or(Ok(0), |device| device_number(vm, device))?;
    let dir = dir_fd(vm, args, 3)?;
    let kind = match FileType::from_raw_mode(mode) {
        FileType::Unknown => FileType::RegularFile,
        kind => kind,
    };
    make(vm, &path, kind, Mode::from_raw_mode(mode), device, dir)
}

/// A device number; -1 is none.
fn device_number(vm: Vm<'_>, value: &Value) -> PyResult<u64> {
    let index = number::index(vm, value)?;
    match (int::as_u64(&index), int::as_i64(&index)) {
        (Some(number), _) => Ok(number),
        (None, Some(number)) => Ok(number.cast_unsigned()),
        (None, None) => Err(vm.overflow_error("int too big to convert")),
    }
}

/// A part of a device number; all ones is -1.
fn device_part(part: u32) -> Value {
    Value::small_int_unchecked(if part == u32::MAX { -1 } else { i64::from(part) })
}

fn major(vm: Vm<'_>, _module: &Value, device: &Value) -> PyResult<Value> {
    Ok(device_part(rustix::fs::major(device_number(vm, device)?)))
}

fn minor(vm: Vm<'_>, _module: &Value, device: &Value) -> PyResult<Value> {
    Ok(device_part(rustix::fs::minor(device_number(vm, device)?)))
}

fn makedev(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let part = |value: &Value| -> PyResult<u32> {
        let number = device_number(vm, value)?;
        if number == u64::MAX {
            return Ok(u32::MAX);
        }
        u32::try_from(number)
            .map_err(|_| vm.overflow_error("Python int too large to convert to C unsigned int"))
    };
    let (major, minor) = (part(args.required(0))?, part(args.required(1))?);
    Ok(int::from_u64(vm, rustix::fs::makedev(major, minor)))
}

fn sync(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    vm.allow_threads(rustix::fs::sync);
    Ok(Value::NONE)
}

fn file_system(vm: Vm<'_>, stat: &rustix::fs::StatVfs) -> PyResult<Value> {
    let numbers = [
        stat.f_bsize,
        stat.f_frsize,
        stat.f_blocks,
        stat.f_bfree,
        stat.f_bavail,
        stat.f_files,
        stat.f_ffree,
        stat.f_favail,
        stat.f_flag.bits(),
        stat.f_namemax,
    ];
    let items = numbers.iter().map(|&number| int::from_u64(vm, number)).collect();
    let hidden = [("f_fsid", int::from_u64(vm, stat.f_fsid))];
    struct_sequence::new(vm, &results::STATVFS_RESULT, items, &hidden)
}

fn statvfs(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "statvfs", "path", args.required(0))?;
    let (number, text) = (path.fd, path.path.as_c_str());
    match vm.allow_threads(|| match number {
        Some(number) => fd::file_system(number),
        None => rustix::fs::statvfs(text),
    }) {
        Ok(stat) => file_system(vm, &stat),
        Err(errno) => Err(path.error(vm, errno)),
    }
}

fn fstatvfs(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = number::as_i32(vm, number)?;
    match vm.allow_threads(|| fd::file_system(number)) {
        Ok(stat) => file_system(vm, &stat),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn truncate(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "truncate", "path", args.required(0))?;
    let length = number::as_i64(vm, args.required(1))?;
    hooks::raise_event(vm, "os.truncate", &[path.given.clone(), args.required(1).clone()])?;
    let (number, text) = (path.fd, path.path.as_c_str());
    let result = vm.allow_threads(|| match (number, u64::try_from(length)) {
        (_, Err(_)) => Err(Errno::INVAL),
        (Some(number), Ok(length)) => fd::truncate(number, length),
        (None, Ok(_)) => plain::truncate(text, length),
    });
    done(vm, &path, result)
}

/// The name of an attribute and whether links are followed.
fn attribute(vm: Vm<'_>, args: &Bound<'_>, follow: usize) -> PyResult<(CString, bool)> {
    Ok((fs_text(vm, args.required(1))?, flag(vm, args, follow, true)?))
}

fn check_follow(vm: Vm<'_>, function: &str, path: &PathArgument, follow: bool) -> PyResult<()> {
    if path.fd.is_some() && !follow {
        let message = format!("{function}: cannot use fd and follow_symlinks together");
        return Err(vm.value_error(message));
    }
    Ok(())
}

fn getxattr(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "getxattr", "path", args.required(0))?;
    let (name, follow) = attribute(vm, args, 2)?;
    check_follow(vm, "getxattr", &path, follow)?;
    hooks::raise_event(vm, "os.getxattr", &[path.given.clone(), args.required(1).clone()])?;
    for size in [128, 65536] {
        let mut value = vec![0; size];
        let (number, text) = (path.fd, path.path.as_c_str());
        let result = vm.allow_threads(|| match number {
            Some(number) => fd::get_attribute(number, &name, &mut value),
            None if follow => rustix::fs::getxattr(text, &name, &mut value[..]),
            None => rustix::fs::lgetxattr(text, &name, &mut value[..]),
        });
        match result {
            Ok(count) => {
                return PyBytes::try_new_value(vm, value.get(..count).unwrap_or_default());
            }
            Err(Errno::RANGE) => {}
            Err(errno) => return Err(path.error(vm, errno)),
        }
    }
    Err(path.error(vm, Errno::RANGE))
}

fn setxattr(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "setxattr", "path", args.required(0))?;
    let (name, follow) = attribute(vm, args, 4)?;
    let value = buffer::bytes_like(vm, args.required(2))?.to_vec();
    let flags = XattrFlags::from_bits_retain(integer(vm, args, 3, 0)?.cast_unsigned());
    check_follow(vm, "setxattr", &path, follow)?;
    hooks::raise_event(
        vm,
        "os.setxattr",
        &[
            path.given.clone(),
            args.required(1).clone(),
            args.required(2).clone(),
            Value::small_int_unchecked(i64::from(flags.bits())),
        ],
    )?;
    let (number, text) = (path.fd, path.path.as_c_str());
    let result = vm.allow_threads(|| match number {
        Some(number) => fd::set_attribute(number, &name, &value, flags),
        None if follow => rustix::fs::setxattr(text, &name, &value, flags),
        None => rustix::fs::lsetxattr(text, &name, &value, flags),
    });
    done(vm, &path, result)
}

fn removexattr(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "removexattr", "path", args.required(0))?;
    let (name, follow) = attribute(vm, args, 2)?;
    check_follow(vm, "removexattr", &path, follow)?;
    hooks::raise_event(vm, "os.removexattr", &[path.given.clone(), args.required(1).clone()])?;
    let (number, text) = (path.fd, path.path.as_c_str());
    let result = vm.allow_threads(|| match number {
        Some(number) => fd::remove_attribute(number, &name),
        None if follow => rustix::fs::removexattr(text, &name),
        None => rustix::fs::lremovexattr(text, &name),
    });
    done(vm, &path, result)
}

fn listxattr(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_here(vm, "listxattr", args.get(0))?;
    let follow = flag(vm, args, 1, true)?;
    check_follow(vm, "listxattr", &path, follow)?;
    hooks::raise_event(vm, "os.listxattr", std::slice::from_ref(&path.given))?;
    for size in [256, 65536] {
        let mut names = vec![0_u8; size];
        let (number, text) = (path.fd, path.path.as_c_str());
        let result = vm.allow_threads(|| match number {
            Some(number) => fd::list_attributes(number, &mut names),
            None if follow => rustix::fs::listxattr(text, &mut names[..]),
            None => rustix::fs::llistxattr(text, &mut names[..]),
        });
        match result {
            Ok(count) => {
                let mut all = Vec::new();
                let names = names.get(..count).unwrap_or_default();
                for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
                    all.push(PyStr::from_fs_bytes(vm, name)?.into_value());
                }
                return PyList::try_new_value(vm, all);
            }
            Err(Errno::RANGE) => {}
            Err(errno) => return Err(path.error(vm, errno)),
        }
    }
    Err(path.error(vm, Errno::RANGE))
}
