//! The records that `posix` functions answer.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::struct_sequence;
use objects::types::{float_, int, module, struct_sequence};
use rustix::fs::Stat;

// The whole seconds are items without a name: by name the times are floats.
struct_sequence! { STAT_RESULT, STAT_RESULT_SPEC, "os.stat_result", "stat_result: Result from stat, fstat, or lstat.\n\nThis object may be accessed either as a tuple of\n  (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime)\nor via the attributes st_mode, st_ino, st_dev, st_nlink, st_uid, and so on.\n\nPosix/windows: If your platform supports st_blksize, st_blocks, st_rdev,\nor st_flags, they are available as attributes only.\n\nSee os.stat for more information.", hidden 9, STAT_FIELDS:
    ["st_mode"] 0, "protection bits";
    ["st_ino"] 1, "inode";
    ["st_dev"] 2, "device";
    ["st_nlink"] 3, "number of hard links";
    ["st_uid"] 4, "user ID of owner";
    ["st_gid"] 5, "group ID of owner";
    ["st_size"] 6, "total size, in bytes";
    [""] 7;
    [""] 8;
    [""] 9;
    ["st_atime"] 10, "time of last access";
    ["st_mtime"] 11, "time of last modification";
    ["st_ctime"] 12, "time of last change";
    ["st_atime_ns"] 13, "time of last access in nanoseconds";
    ["st_mtime_ns"] 14, "time of last modification in nanoseconds";
    ["st_ctime_ns"] 15, "time of last change in nanoseconds";
    ["st_blksize"] 16, "blocksize for filesystem I/O";
    ["st_blocks"] 17, "number of blocks allocated";
    ["st_rdev"] 18, "device type (if inode device)";
}
struct_sequence! { TERMINAL_SIZE, TERMINAL_SIZE_SPEC, "os.terminal_size", "A tuple of (columns, lines) for holding terminal window size", hidden 0, TERMINAL_FIELDS:
    ["columns"] 0; ["lines"] 1;
}
struct_sequence! { UNAME_RESULT, UNAME_RESULT_SPEC, "posix.uname_result", "uname_result: Result from os.uname().\n\nThis object may be accessed either as a tuple of\n  (sysname, nodename, release, version, machine),\nor via the attributes sysname, nodename, release, version, and machine.\n\nSee os.uname for more information.", hidden 0, UNAME_FIELDS:
    ["sysname"] 0; ["nodename"] 1; ["release"] 2; ["version"] 3; ["machine"] 4;
}
struct_sequence! { TIMES_RESULT, TIMES_RESULT_SPEC, "posix.times_result", "times_result: Result from os.times().\n\nThis object may be accessed either as a tuple of\n  (user, system, children_user, children_system, elapsed),\nor via the attributes user, system, children_user, children_system,\nand elapsed.\n\nSee os.times for more information.", hidden 0, TIMES_FIELDS:
    ["user"] 0; ["system"] 1; ["children_user"] 2; ["children_system"] 3; ["elapsed"] 4;
}
struct_sequence! { STATVFS_RESULT, STATVFS_RESULT_SPEC, "os.statvfs_result", "statvfs_result: Result from statvfs or fstatvfs.\n\nThis object may be accessed either as a tuple of\n  (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),\nor via the attributes f_bsize, f_frsize, f_blocks, f_bfree, and so on.\n\nSee os.statvfs for more information.", hidden 1, STATVFS_FIELDS:
    ["f_bsize"] 0; ["f_frsize"] 1; ["f_blocks"] 2; ["f_bfree"] 3; ["f_bavail"] 4; ["f_files"] 5; ["f_ffree"] 6; ["f_favail"] 7; ["f_flag"] 8; ["f_namemax"] 9; ["f_fsid"] 10;
}

struct_sequence! { WAITID_RESULT, WAITID_RESULT_SPEC, "posix.waitid_result", "waitid_result: Result from waitid.\n\nThis object may be accessed either as a tuple of\n  (si_pid, si_uid, si_signo, si_status, si_code),\nor via the attributes si_pid, si_uid, and so on.\n\nSee os.waitid for more information.", hidden 0, WAITID_FIELDS:
    ["si_pid"] 0; ["si_uid"] 1; ["si_signo"] 2; ["si_status"] 3; ["si_code"] 4;
}

pub(super) fn add_types(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for (name, class, spec) in [
        ("stat_result", &STAT_RESULT, &STAT_RESULT_SPEC),
        ("terminal_size", &TERMINAL_SIZE, &TERMINAL_SIZE_SPEC),
        ("uname_result", &UNAME_RESULT, &UNAME_RESULT_SPEC),
        ("times_result", &TIMES_RESULT, &TIMES_RESULT_SPEC),
        ("waitid_result", &WAITID_RESULT, &WAITID_RESULT_SPEC),
        ("statvfs_result", &STATVFS_RESULT, &STATVFS_RESULT_SPEC),
    ] {
        objects::types::ready(vm, class, spec)?;
        module::add(vm, target, name, class.get().to_value());
    }
    Ok(())
}

/// The numbers that a `Stat` has, in types that differ between machines.
fn number(vm: Vm<'_>, number: impl TryInto<i64>) -> Value {
    int::from_i64(vm, number.try_into().unwrap_or(i64::MAX))
}

/// Nanoseconds and float seconds of a time stamp.
#[expect(clippy::cast_precision_loss, reason = "CPython computes the float in the same two steps")]
fn stamp(seconds: i64, nanoseconds: i64) -> (i64, f64) {
    let total = seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds);
    (total, seconds as f64 + 1e-9 * nanoseconds as f64)
}

/// `os.stat_result` of what the system says.
pub(super) fn stat_result(vm: Vm<'_>, stat: &Stat) -> PyResult<Value> {
    let nanoseconds = |value: u64| i64::try_from(value).unwrap_or(0);
    let items = vec![
        number(vm, stat.st_mode),
        int::from_u64(vm, stat.st_ino),
        int::from_u64(vm, stat.st_dev),
        number(vm, stat.st_nlink),
        number(vm, stat.st_uid),
        number(vm, stat.st_gid),
        number(vm, stat.st_size),
        number(vm, stat.st_atime),
        number(vm, stat.st_mtime),
        number(vm, stat.st_ctime),
    ];
    let (atime_ns, atime) = stamp(stat.st_atime, nanoseconds(stat.st_atime_nsec));
    let (mtime_ns, mtime) = stamp(stat.st_mtime, nanoseconds(stat.st_mtime_nsec));
    let (ctime_ns, ctime) = stamp(stat.st_ctime, nanoseconds(stat.st_ctime_nsec));
    let hidden = [
        ("st_atime", float_::new(vm, atime)),
        ("st_mtime", float_::new(vm, mtime)),
        ("st_ctime", float_::new(vm, ctime)),
        ("st_atime_ns", int::from_i64(vm, atime_ns)),
        ("st_mtime_ns", int::from_i64(vm, mtime_ns)),
        ("st_ctime_ns", int::from_i64(vm, ctime_ns)),
        ("st_blksize", number(vm, stat.st_blksize)),
        ("st_blocks", number(vm, stat.st_blocks)),
        ("st_rdev", int::from_u64(vm, stat.st_rdev)),
    ];
    struct_sequence::new(vm, &STAT_RESULT, items, &hidden)
}
