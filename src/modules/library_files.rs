//! The embedded library as a read-only folder, for programs that look at what a module's `__file__` names: `stat`, `listdir`,
//! `scandir`, `access` and `open` come here when the system knows nothing of a path. A file that really stands there goes before.
//!
//! Times, owner and device are those of the program itself: the library is a part of it.

use std::ffi::CStr;
use std::hash::{DefaultHasher, Hash, Hasher};

use rustix::fd::OwnedFd;
use rustix::fs::{Access, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::library;
use crate::posix::fd::SysResult;

/// What the library has at a path.
enum Node {
    /// A folder, by its path below the library's; the library's own is empty.
    Folder(String),
    /// A module's file, by its path below the library's and the module's dotted name.
    File(String, String),
}

/// The parts of an absolute path, without `.` and `..`.
fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts
}

fn find(path: &CStr) -> Option<Node> {
    let library = library::get()?;
    let text = path.to_str().ok().filter(|text| text.starts_with('/'))?;
    let all = parts(text);
    let inside = all.strip_prefix(parts(library::root()).as_slice())?.join("/");
    if inside.is_empty() {
        return Some(Node::Folder(inside));
    }
    if let Some(name) = library::name_of_path(&inside)
        && (library.find)(&name).is_some_and(|entry| entry.path == inside)
    {
        return (!text.ends_with('/')).then_some(Node::File(inside, name));
    }
    let is_folder = (library.paths)().iter().any(|path| below(path, &inside).is_some());
    is_folder.then_some(Node::Folder(inside))
}

/// The rest of a path below a folder of the library.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn text(name: &str) -> Option<Vec<u8>> {
    (library::get()?.source)(name)
}

/// A number for a file that no other file of the library has.
fn inode(inside: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    inside.hash(&mut hasher);
    hasher.finish() >> 1 | 1
}

/// What `stat` says about a path in the library; None for any other path.
pub(crate) fn stat(path: &CStr) -> Option<Stat> {
    let mut stat = rustix::fs::stat(std::env::current_exe().ok()?).ok()?;
    let (inside, kind, rights, size) = match find(path)? {
        Node::Folder(inside) => (inside, FileType::Directory, 0o555, 0),
        Node::File(inside, name) => (inside, FileType::RegularFile, 0o444, text(&name)?.len()),
    };
    stat.st_mode = kind.as_raw_mode() | rights;
    stat.st_ino = inode(&inside);
    stat.st_nlink = 1;
    stat.st_size = size.try_into().ok()?;
    stat.st_blocks = size.div_ceil(512).try_into().ok()?;
    Some(stat)
}

/// Whether a path in the library may be used so; None for any other path.
pub(crate) fn access(path: &CStr, wanted: Access) -> Option<SysResult<()>> {
    let refused = match find(path)? {
        Node::Folder(_) => Access::WRITE_OK,
        Node::File(..) => Access::WRITE_OK | Access::EXEC_OK,
    };
    Some(if wanted.intersects(Access::WRITE_OK) {
        Err(Errno::ROFS)
    } else if wanted.intersects(refused) {
        Err(Errno::ACCESS)
    } else {
        Ok(())
    })
}

/// A name in a folder of the library.
pub(crate) struct Name {
    /// The name.
    pub(crate) name: String,
    /// As `stat` has it.
    pub(crate) inode: u64,
    /// Folder or file.
    pub(crate) kind: FileType,
}

/// The names in a folder of the library, sorted; None for any other path.
pub(crate) fn names(path: &CStr) -> Option<SysResult<Vec<Name>>> {
    let folder = match find(path)? {
        Node::Folder(folder) => folder,
        Node::File(..) => return Some(Err(Errno::NOTDIR)),
    };
    let mut names: Vec<(String, FileType)> = Vec::new();
    for path in (library::get()?.paths)() {
        let Some(rest) = below(&path, &folder) else { continue };
        names.push(match rest.split_once('/') {
            Some((name, _)) => (name.to_owned(), FileType::Directory),
            None => (rest.to_owned(), FileType::RegularFile),
        });
    }
    names.sort_by(|one, other| one.0.cmp(&other.0));
    names.dedup_by(|one, other| one.0 == other.0);
    let full =
        |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    Some(Ok(names
        .into_iter()
        .map(|(name, kind)| Name { inode: inode(&full(&name)), name, kind })
        .collect()))
}

/// Opens a file of the library for reading; None for any other path.
pub(crate) fn open(path: &CStr, flags: OFlags) -> Option<SysResult<OwnedFd>> {
    let node = find(path)?;
    if flags.intersects(OFlags::WRONLY | OFlags::RDWR | OFlags::TRUNC) {
        return Some(Err(Errno::ROFS));
    }
    match node {
        Node::Folder(_) => Some(Err(Errno::ISDIR)),
        Node::File(..) if flags.contains(OFlags::DIRECTORY) => Some(Err(Errno::NOTDIR)),
        Node::File(inside, name) => Some(file_of(&inside, &text(&name)?)),
    }
}

/// A descriptor that reads these bytes.
#[cfg(target_os = "linux")]
fn file_of(name: &str, bytes: &[u8]) -> SysResult<OwnedFd> {
    use rustix::fs::{MemfdFlags, SeekFrom};

    let file = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let written = rustix::io::retry_on_intr(|| rustix::io::write(&file, rest))?;
        rest = rest.get(written..).unwrap_or_default();
    }
    // Opened again it can only be read; where that is not to be had, the first descriptor does it.
    let again = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    if let Ok(readable) = rustix::fs::open(again, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
        return Ok(readable);
    }
    rustix::fs::seek(&file, SeekFrom::Start(0))?;
    Ok(file)
}

/// A descriptor that reads these bytes: of a file that has lost its name.
#[cfg(not(target_os = "linux"))]
fn file_of(name: &str, bytes: &[u8]) -> SysResult<OwnedFd> {
    let lost = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let unique = format!("pyglass-{}-{:x}", std::process::id(), inode(name));
    let path = std::env::temp_dir().join(unique);
    std::fs::write(&path, bytes).map_err(lost)?;
    let file = rustix::fs::open(&path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    std::fs::remove_file(&path).map_err(lost)?;
    file
}
