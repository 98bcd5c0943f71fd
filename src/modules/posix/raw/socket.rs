//! Sockets: addresses as bytes, and the calls.
//!
//! Invariants: an address is as long as its length says, and at most a `sockaddr_storage`; a buffer is given with its length.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

use std::net::{Ipv4Addr, Ipv6Addr};

use rustix::io::Errno;

use super::process::{answer, last_errno};
use crate::posix::fd::SysResult;

/// Where the path of a local address starts.
const PATH_OFFSET: usize = 2;
/// How long such a path can be.
pub(crate) const PATH_MAX: usize = 108;

/// An address.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// None: an unnamed peer.
    None,
    /// IPv4.
    Inet { ip: Ipv4Addr, port: u16 },
    /// IPv6.
    Inet6 { ip: Ipv6Addr, port: u16, flow: u32, scope: u32 },
    /// A local path; an abstract one starts with a null.
    Unix(Vec<u8>),
    /// Netlink.
    Netlink { pid: u32, groups: u32 },
    /// A family that is not taken apart.
    Other { family: i32, bytes: Vec<u8> },
}

/// An address as the system has it.
pub(crate) struct RawAddress {
    storage: libc::sockaddr_storage,
    length: libc::socklen_t,
}

impl RawAddress {
    /// Room for any.
    pub(crate) fn room() -> Self {
        // SAFETY: all zero bytes are an address of no family.
        let storage = unsafe { std::mem::zeroed() };
        Self { storage, length: length_of(size_of::<libc::sockaddr_storage>()) }
    }

    fn of_bytes(family: i32, bytes: &[u8]) -> Self {
        let mut this = Self::room();
        this.storage.ss_family = libc::sa_family_t::try_from(family).unwrap_or(0);
        let room = size_of::<libc::sockaddr_storage>() - PATH_OFFSET;
        let count = bytes.len().min(room);
        // SAFETY: `count` bytes fit behind the family.
        unsafe {
            let target = (&raw mut this.storage).cast::<u8>().add(PATH_OFFSET);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, count);
        }
        this.length = length_of(PATH_OFFSET + count);
        this
    }

    /// The address of a socket call.
    pub(crate) fn new(address: &Address) -> Self {
        match address {
            Address::None => Self::of_bytes(0, &[]),
            Address::Inet { ip, port } => {
                let mut bytes = port.to_be_bytes().to_vec();
                bytes.extend(ip.octets());
                bytes.extend([0; 8]);
                Self::of_bytes(libc::AF_INET, &bytes)
            }
            Address::Inet6 { ip, port, flow, scope } => {
                let mut bytes = port.to_be_bytes().to_vec();
                bytes.extend(flow.to_be_bytes());
                bytes.extend(ip.octets());
                bytes.extend(scope.to_ne_bytes());
                Self::of_bytes(libc::AF_INET6, &bytes)
            }
            Address::Unix(path) => {
                let is_abstract = path.first() == Some(&0);
                let mut bytes = path.clone();
                if !is_abstract {
                    bytes.push(0);
                }
                Self::of_bytes(libc::AF_UNIX, &bytes)
            }
            Address::Netlink { pid, groups } => {
                let mut bytes = vec![0, 0];
                bytes.extend(pid.to_ne_bytes());
                bytes.extend(groups.to_ne_bytes());
                Self::of_bytes(libc::AF_NETLINK, &bytes)
            }
            Address::Other { family, bytes } => Self::of_bytes(*family, bytes),
        }
    }

    /// What the system wrote.
    pub(crate) fn decode(&self) -> Address {
        let length = usize::try_from(self.length).unwrap_or(0);
        let length = length.min(size_of::<libc::sockaddr_storage>());
        let Some(count) = length.checked_sub(PATH_OFFSET) else { return Address::None };
        // SAFETY: the storage is whole, and `count` bytes lie behind the family.
        let bytes = unsafe {
            let start = (&raw const self.storage).cast::<u8>().add(PATH_OFFSET);
            std::slice::from_raw_parts(start, count).to_vec()
        };
        decode(i32::from(self.storage.ss_family), bytes)
    }

    fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }
}

fn array<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..start + N)?.try_into().ok()
}

fn decode(family: i32, bytes: Vec<u8>) -> Address {
    let known = match family {
        libc::AF_INET => decode_v4(&bytes),
        libc::AF_INET6 => decode_v6(&bytes),
        libc::AF_UNIX => Some(decode_path(&bytes)),
        libc::AF_NETLINK => decode_netlink(&bytes),
        _ => None,
    };
    known.unwrap_or(Address::Other { family, bytes })
}

fn decode_v4(bytes: &[u8]) -> Option<Address> {
    let port = u16::from_be_bytes(array(bytes, 0)?);
    Some(Address::Inet { ip: Ipv4Addr::from(array::<4>(bytes, 2)?), port })
}

fn decode_v6(bytes: &[u8]) -> Option<Address> {
    Some(Address::Inet6 {
        port: u16::from_be_bytes(array(bytes, 0)?),
        flow: u32::from_be_bytes(array(bytes, 2)?),
        ip: Ipv6Addr::from(array::<16>(bytes, 6)?),
        scope: u32::from_ne_bytes(array(bytes, 22)?),
    })
}

fn decode_path(bytes: &[u8]) -> Address {
    if bytes.first() == Some(&0) {
        return Address::Unix(bytes.to_vec());
    }
    Address::Unix(bytes.iter().copied().take_while(|&byte| byte != 0).collect())
}

fn decode_netlink(bytes: &[u8]) -> Option<Address> {
    let pid = u32::from_ne_bytes(array(bytes, 2)?);
    Some(Address::Netlink { pid, groups: u32::from_ne_bytes(array(bytes, 6)?) })
}

/// An address that another call wrote.
///
/// # Safety
/// `length` bytes can be read at `address`.
pub(super) unsafe fn decode_at(address: *const libc::sockaddr, length: libc::socklen_t) -> Address {
    let mut raw = RawAddress::room();
    let count = usize::try_from(length).unwrap_or(0).min(size_of::<libc::sockaddr_storage>());
    // SAFETY: by contract, and the storage has room for `count`.
    unsafe {
        std::ptr::copy_nonoverlapping(
            address.cast::<u8>(),
            (&raw mut raw.storage).cast::<u8>(),
            count,
        );
    }
    raw.length = length_of(count);
    raw.decode()
}

pub(super) fn with_raw<R>(
    address: &RawAddress,
    f: impl FnOnce(*const libc::sockaddr, libc::socklen_t) -> R,
) -> R {
    f(address.as_ptr(), address.length)
}

fn length_of(length: usize) -> libc::socklen_t {
    libc::socklen_t::try_from(length).unwrap_or(0)
}

fn size_answer(result: isize) -> SysResult<usize> {
    usize::try_from(result).map_err(|_| last_errno())
}

/// `socket`, close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn create(family: i32, kind: i32, protocol: i32) -> SysResult<i32> {
    // SAFETY: numbers only.
    answer(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })
}

/// `socketpair`, close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn pair(family: i32, kind: i32, protocol: i32) -> SysResult<(i32, i32)> {
    let mut fds = [0; 2];
    // SAFETY: room for two numbers.
    answer(unsafe {
        libc::socketpair(family, kind | libc::SOCK_CLOEXEC, protocol, fds.as_mut_ptr())
    })?;
    Ok((fds[0], fds[1]))
}

/// `bind`
///
/// # Errors
/// The errno.
pub(crate) fn bind(fd: i32, address: &RawAddress) -> SysResult<()> {
    // SAFETY: the address is whole.
    answer(unsafe { libc::bind(fd, address.as_ptr(), address.length) }).map(|_| ())
}

/// `connect`
///
/// # Errors
/// The errno.
pub(crate) fn connect(fd: i32, address: &RawAddress) -> SysResult<()> {
    // SAFETY: the address is whole.
    answer(unsafe { libc::connect(fd, address.as_ptr(), address.length) }).map(|_| ())
}

/// `listen`
///
/// # Errors
/// The errno.
pub(crate) fn listen(fd: i32, backlog: i32) -> SysResult<()> {
    // SAFETY: numbers only.
    answer(unsafe { libc::listen(fd, backlog) }).map(|_| ())
}

/// `accept4`, close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn accept(fd: i32) -> SysResult<(i32, Address)> {
    let mut peer = RawAddress::room();
    let mut length = peer.length;
    // SAFETY: the length is that of the room.
    let new = answer(unsafe {
        libc::accept4(fd, peer.as_mut_ptr(), &raw mut length, libc::SOCK_CLOEXEC)
    })?;
    peer.length = length;
    Ok((new, peer.decode()))
}

/// `shutdown`
///
/// # Errors
/// The errno.
pub(crate) fn shutdown(fd: i32, how: i32) -> SysResult<()> {
    // SAFETY: numbers only.
    answer(unsafe { libc::shutdown(fd, how) }).map(|_| ())
}

/// `getsockname`
///
/// # Errors
/// The errno.
pub(crate) fn own_name(fd: i32) -> SysResult<Address> {
    let mut name = RawAddress::room();
    let mut length = name.length;
    // SAFETY: the length is that of the room.
    answer(unsafe { libc::getsockname(fd, name.as_mut_ptr(), &raw mut length) })?;
    name.length = length;
    Ok(name.decode())
}

/// `getpeername`
///
/// # Errors
/// The errno.
pub(crate) fn peer_name(fd: i32) -> SysResult<Address> {
    let mut name = RawAddress::room();
    let mut length = name.length;
    // SAFETY: the length is that of the room.
    answer(unsafe { libc::getpeername(fd, name.as_mut_ptr(), &raw mut length) })?;
    name.length = length;
    Ok(name.decode())
}

/// `getsockopt` into `target`: how many bytes it gave.
///
/// # Errors
/// The errno.
pub(crate) fn option(fd: i32, level: i32, name: i32, target: &mut [u8]) -> SysResult<usize> {
    let mut length = length_of(target.len());
    // SAFETY: the length is the slice's.
    answer(unsafe {
        libc::getsockopt(fd, level, name, target.as_mut_ptr().cast(), &raw mut length)
    })?;
    Ok(usize::try_from(length).unwrap_or(0))
}

/// `setsockopt` with bytes.
///
/// # Errors
/// The errno.
pub(crate) fn set_option(fd: i32, level: i32, name: i32, value: &[u8]) -> SysResult<()> {
    let length = length_of(value.len());
    // SAFETY: the length is the slice's.
    answer(unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), length) }).map(|_| ())
}

/// `setsockopt` with a null pointer and a length.
///
/// # Errors
/// The errno.
pub(crate) fn set_option_length(fd: i32, level: i32, name: i32, length: u32) -> SysResult<()> {
    // SAFETY: the system checks a null pointer.
    answer(unsafe { libc::setsockopt(fd, level, name, std::ptr::null(), length) }).map(|_| ())
}

/// `send`
///
/// # Errors
/// The errno.
pub(crate) fn send(fd: i32, bytes: &[u8], flags: i32) -> SysResult<usize> {
    // SAFETY: the length is the slice's.
    size_answer(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
}

/// `sendto`
///
/// # Errors
/// The errno.
pub(crate) fn send_to(fd: i32, bytes: &[u8], flags: i32, address: &RawAddress) -> SysResult<usize> {
    // SAFETY: the lengths are the slice's and the address's.
    size_answer(unsafe {
        libc::sendto(
            fd,
            bytes.as_ptr().cast(),
            bytes.len(),
            flags,
            address.as_ptr(),
            address.length,
        )
    })
}

/// `recv`
///
/// # Errors
/// The errno.
pub(crate) fn receive(fd: i32, target: &mut [u8], flags: i32) -> SysResult<usize> {
    // SAFETY: the length is the slice's.
    size_answer(unsafe { libc::recv(fd, target.as_mut_ptr().cast(), target.len(), flags) })
}

/// `recvfrom`
///
/// # Errors
/// The errno.
pub(crate) fn receive_from(fd: i32, target: &mut [u8], flags: i32) -> SysResult<(usize, Address)> {
    let mut peer = RawAddress::room();
    let mut length = peer.length;
    // SAFETY: the lengths are those of the slice and the room.
    let count = size_answer(unsafe {
        let (start, room) = (target.as_mut_ptr().cast(), target.len());
        libc::recvfrom(fd, start, room, flags, peer.as_mut_ptr(), &raw mut length)
    })?;
    peer.length = length;
    Ok((count, if length == 0 { Address::None } else { peer.decode() }))
}

/// A piece of ancillary data: level, type, bytes.
pub(crate) type Ancillary = (i32, i32, Vec<u8>);

/// What `recvmsg` gives.
pub(crate) struct Message {
    pub(crate) count: usize,
    pub(crate) ancillary: Vec<Ancillary>,
    pub(crate) flags: i32,
    pub(crate) address: Address,
}

/// The length of a piece of ancillary data with `length` bytes, without and with padding.
pub(crate) fn ancillary_lengths(length: u32) -> (u32, u32) {
    // SAFETY: arithmetic only.
    unsafe { (libc::CMSG_LEN(length), libc::CMSG_SPACE(length)) }
}

/// `recvmsg`
///
/// # Errors
/// The errno.
pub(crate) fn receive_message(
    fd: i32,
    targets: &mut [Vec<u8>],
    ancillary_room: usize,
    flags: i32,
) -> SysResult<Message> {
    let mut vectors: Vec<libc::iovec> = targets
        .iter_mut()
        .map(|target| libc::iovec { iov_base: target.as_mut_ptr().cast(), iov_len: target.len() })
        .collect();
    // Words, so that the headers are aligned.
    let mut control = vec![0_u64; ancillary_room.div_ceil(8)];
    let mut peer = RawAddress::room();
    // SAFETY: every pointer goes with the length of what it points to; the headers are walked by the C library's rules.
    unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_name = peer.as_mut_ptr().cast();
        header.msg_namelen = peer.length;
        header.msg_iov = vectors.as_mut_ptr();
        header.msg_iovlen = vectors.len();
        if ancillary_room > 0 {
            header.msg_control = control.as_mut_ptr().cast();
            header.msg_controllen = ancillary_room;
        }
        let count =
            size_answer(libc::recvmsg(fd, &raw mut header, flags | libc::MSG_CMSG_CLOEXEC))?;
        peer.length = header.msg_namelen;
        let mut ancillary = Vec::new();
        let mut piece = libc::CMSG_FIRSTHDR(&raw const header);
        while let Some(head) = piece.as_ref() {
            let start = libc::CMSG_DATA(piece);
            let before = start.addr() - piece.addr();
            let whole = head.cmsg_len;
            let end = header.msg_control.addr() + header.msg_controllen;
            let length = whole.saturating_sub(before).min(end.saturating_sub(start.addr()));
            let bytes = std::slice::from_raw_parts(start, length).to_vec();
            ancillary.push((head.cmsg_level, head.cmsg_type, bytes));
            piece = libc::CMSG_NXTHDR(&raw const header, piece);
        }
        let address = if peer.length == 0 { Address::None } else { peer.decode() };
        Ok(Message { count, ancillary, flags: header.msg_flags & !libc::MSG_CMSG_CLOEXEC, address })
    }
}

/// `sendmsg`
///
/// # Errors
/// The errno.
pub(crate) fn send_message(
    fd: i32,
    parts: &[Vec<u8>],
    ancillary: &[Ancillary],
    flags: i32,
    address: Option<&RawAddress>,
) -> SysResult<usize> {
    let mut vectors: Vec<libc::iovec> = parts
        .iter()
        .map(|part| libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() })
        .collect();
    let room: u32 = ancillary
        .iter()
        .map(|(_, _, bytes)| ancillary_lengths(length_of(bytes.len())).1)
        .try_fold(0_u32, u32::checked_add)
        .ok_or(Errno::INVAL)?;
    let mut control = vec![0_u64; (room as usize).div_ceil(8)];
    // SAFETY: every pointer goes with the length of what it points to; the headers are walked by the C library's rules.
    unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        if let Some(address) = address {
            header.msg_name = address.as_ptr().cast_mut().cast();
            header.msg_namelen = address.length;
        }
        header.msg_iov = vectors.as_mut_ptr();
        header.msg_iovlen = vectors.len();
        if !ancillary.is_empty() {
            header.msg_control = control.as_mut_ptr().cast();
            header.msg_controllen = room as usize;
            let mut piece = libc::CMSG_FIRSTHDR(&raw const header);
            for (level, kind, bytes) in ancillary {
                let Some(head) = piece.as_mut() else { return Err(Errno::INVAL) };
                let length = length_of(bytes.len());
                head.cmsg_level = *level;
                head.cmsg_type = *kind;
                head.cmsg_len = ancillary_lengths(length).0 as usize;
                let target = libc::CMSG_DATA(piece);
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len());
                piece = libc::CMSG_NXTHDR(&raw const header, piece);
            }
        }
        size_answer(libc::sendmsg(fd, &raw const header, flags))
    }
}
