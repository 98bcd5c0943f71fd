//! Names of hosts, services, protocols and interfaces.
//!
//! Invariant: lists that the C library gives are walked as it says and freed once; its static records are read under a lock.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};
use std::sync::{Mutex, PoisonError};

use super::process::last_errno;
use super::socket::{Address, RawAddress, decode_at, with_raw};
use crate::posix::fd::SysResult;

/// Guards the static records of `getservbyname` and its kin.
static RECORDS: Mutex<()> = Mutex::new(());

/// One answer of `getaddrinfo`.
pub(crate) struct Found {
    pub(crate) family: i32,
    pub(crate) kind: i32,
    pub(crate) protocol: i32,
    pub(crate) canonical: Vec<u8>,
    pub(crate) address: Address,
}

/// What `getaddrinfo` is to look for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted {
    pub(crate) family: i32,
    pub(crate) kind: i32,
    pub(crate) protocol: i32,
    pub(crate) flags: i32,
}

unsafe fn text_at(text: *const c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: by the callers: a text that ends in null.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

fn pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(null(), |text| text.as_ptr())
}

/// `getaddrinfo`
///
/// # Errors
/// The resolver's own number.
pub(crate) fn look_up(
    host: Option<&CString>,
    service: Option<&CString>,
    wanted: Wanted,
) -> Result<Vec<Found>, i32> {
    // SAFETY: all zero bytes are an `addrinfo` without wishes; the list is freed after it was walked.
    unsafe {
        let mut hints: libc::addrinfo = std::mem::zeroed();
        hints.ai_family = wanted.family;
        hints.ai_socktype = wanted.kind;
        hints.ai_protocol = wanted.protocol;
        hints.ai_flags = wanted.flags;
        let mut list = null_mut();
        let error =
            libc::getaddrinfo(pointer(host), pointer(service), &raw const hints, &raw mut list);
        if error != 0 {
            return Err(error);
        }
        let mut all = Vec::new();
        let mut entry = list;
        while let Some(found) = entry.as_ref() {
            all.push(Found {
                family: found.ai_family,
                kind: found.ai_socktype,
                protocol: found.ai_protocol,
                canonical: text_at(found.ai_canonname),
                address: decode_at(found.ai_addr, found.ai_addrlen),
            });
            entry = found.ai_next;
        }
        libc::freeaddrinfo(list);
        Ok(all)
    }
}

/// `getnameinfo`: host and service.
///
/// # Errors
/// The resolver's own number.
pub(crate) fn name_of(address: &RawAddress, flags: i32) -> Result<(Vec<u8>, Vec<u8>), i32> {
    let mut host = [0; 1025];
    let mut service = [0; 32];
    // SAFETY: the lengths are the arrays'; both end in null after success.
    unsafe {
        let error = with_raw(address, |pointer, length| {
            libc::getnameinfo(
                pointer,
                length,
                host.as_mut_ptr(),
                1025,
                service.as_mut_ptr(),
                32,
                flags,
            )
        });
        if error != 0 {
            return Err(error);
        }
        Ok((text_at(host.as_ptr()), text_at(service.as_ptr())))
    }
}

/// The resolver's words for one of its numbers.
pub(crate) fn describe(error: i32) -> String {
    // SAFETY: a constant text.
    let text = unsafe { text_at(libc::gai_strerror(error)) };
    String::from_utf8_lossy(&text).into_owned()
}

/// `getservbyname`: the port.
pub(crate) fn service_port(name: &CStr, protocol: Option<&CString>) -> Option<u16> {
    let _guard = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the record stays until the next call, which the lock keeps away.
    unsafe {
        let record = libc::getservbyname(name.as_ptr(), pointer(protocol)).as_ref()?;
        let port = u16::try_from(record.s_port & 0xffff).ok()?;
        Some(u16::from_be(port))
    }
}

/// `getservbyport`: the name.
pub(crate) fn service_name(port: u16, protocol: Option<&CString>) -> Option<Vec<u8>> {
    let _guard = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: as above.
    unsafe {
        let record = libc::getservbyport(i32::from(port.to_be()), pointer(protocol)).as_ref()?;
        Some(text_at(record.s_name))
    }
}

/// `getprotobyname`
pub(crate) fn protocol_number(name: &CStr) -> Option<i32> {
    let _guard = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: as above.
    unsafe { libc::getprotobyname(name.as_ptr()).as_ref().map(|record| record.p_proto) }
}

/// `if_nametoindex`
///
/// # Errors
/// The errno.
pub(crate) fn interface_index(name: &CStr) -> SysResult<u32> {
    // SAFETY: a text that ends in null.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(last_errno()),
        index => Ok(index),
    }
}

/// `if_indextoname`
///
/// # Errors
/// The errno.
pub(crate) fn interface_name(index: u32) -> SysResult<Vec<u8>> {
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: the array has the length that the call wants.
    unsafe {
        let text = libc::if_indextoname(index, name.as_mut_ptr());
        if text.is_null() { Err(last_errno()) } else { Ok(text_at(text)) }
    }
}

/// `if_nameindex`
///
/// # Errors
/// The errno.
pub(crate) fn interfaces() -> SysResult<Vec<(u32, Vec<u8>)>> {
    // SAFETY: the list ends with index 0 and is freed after it was walked.
    unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            return Err(last_errno());
        }
        let mut all = Vec::new();
        let mut entry = list;
        while (*entry).if_index != 0 {
            all.push(((*entry).if_index, text_at((*entry).if_name)));
            entry = entry.add(1);
        }
        libc::if_freenameindex(list);
        Ok(all)
    }
}

/// `sethostname`
///
/// # Errors
/// The errno.
pub(crate) fn set_host_name(name: &[u8]) -> SysResult<()> {
    // SAFETY: the length is the slice's.
    super::process::answer(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) })
        .map(|_| ())
}
