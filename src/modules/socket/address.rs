//! Addresses as Python has them, to and from the system's.

use std::ffi::CString;
use std::net::{Ipv4Addr, Ipv6Addr};

use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::GAI_ERROR;
use crate::posix::raw::resolve::{self, Wanted};
use crate::posix::raw::socket::{Address, PATH_MAX, RawAddress};

/// `socket.gaierror` of a resolver's number.
pub(super) fn resolver_error(vm: Vm<'_>, number: i32) -> Raised {
    if number == libc::EAI_SYSTEM {
        let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        return vm.os_error(errno, None);
    }
    let text = PyStr::new_value(vm, &resolve::describe(number));
    vm.error_with(&GAI_ERROR, &[Value::small_int_unchecked(i64::from(number)), text])
}

/// A host name as the resolver wants it.
pub(super) fn host_text(vm: Vm<'_>, host: &Value) -> PyResult<CString> {
    let bytes = if let Some(text) = host.downcast::<PyStr>() {
        match text.as_ascii() {
            Some(ascii) => ascii.as_bytes().to_vec(),
            None => {
                let encoding = PyStr::new_value(vm, "idna");
                let bytes = vm.call_method(host, &vm.intern("encode"), &[encoding])?;
                bytes
                    .downcast::<PyBytes>()
                    .map(|bytes| bytes.as_slice().to_vec())
                    .unwrap_or_default()
            }
        }
    } else if buffer::has_buffer(host) {
        buffer::bytes_like(vm, host)?.to_vec()
    } else {
        return Err(
            vm.type_error(format!("str, bytes or bytearray expected, not {}", host.class().name()))
        );
    };
    CString::new(bytes).map_err(|_| vm.type_error("host name must not contain null character"))
}

/// The IPv4 address of a host.
pub(super) fn resolve_v4(vm: Vm<'_>, host: &CString) -> PyResult<Ipv4Addr> {
    match resolve_host(vm, host, libc::AF_INET)? {
        Address::Inet { ip, .. } => Ok(ip),
        _ => Err(vm.error(&exc::OS_ERROR, "unsupported address family")),
    }
}

/// The first address of a host in a family: empty is any, `<broadcast>` is broadcast, numbers need no resolver.
fn resolve_host(vm: Vm<'_>, host: &CString, family: i32) -> PyResult<Address> {
    let text = host.to_str().unwrap_or("");
    if host.is_empty() && family == libc::AF_INET {
        return Ok(Address::Inet { ip: Ipv4Addr::UNSPECIFIED, port: 0 });
    }
    if host.is_empty() {
        return Ok(Address::Inet6 { ip: Ipv6Addr::UNSPECIFIED, port: 0, flow: 0, scope: 0 });
    }
    if text == "255.255.255.255" || text == "<broadcast>" {
        if family != libc::AF_INET {
            return Err(vm.error(&exc::OS_ERROR, "address family mismatched"));
        }
        return Ok(Address::Inet { ip: Ipv4Addr::BROADCAST, port: 0 });
    }
    if family == libc::AF_INET
        && let Ok(ip) = text.parse::<Ipv4Addr>()
    {
        return Ok(Address::Inet { ip, port: 0 });
    }
    if family == libc::AF_INET6
        && let Ok(ip) = text.parse::<Ipv6Addr>()
    {
        return Ok(Address::Inet6 { ip, port: 0, flow: 0, scope: 0 });
    }
    let wanted = Wanted { family, ..Wanted::default() };
    match vm.allow_threads(|| resolve::look_up(Some(host), None, wanted)) {
        Ok(found) => match found.into_iter().next() {
            Some(first) => Ok(first.address),
            None => Err(resolver_error(vm, libc::EAI_NONAME)),
        },
        Err(number) => Err(resolver_error(vm, number)),
    }
}

fn port(vm: Vm<'_>, function: &str, value: &Value) -> PyResult<u16> {
    let number = number::as_i32(vm, value)?;
    u16::try_from(number)
        .map_err(|_| vm.overflow_error(format!("{function}(): port must be 0-65535.")))
}

fn tuple_of<'v>(
    vm: Vm<'_>,
    function: &str,
    family: &str,
    value: &'v Value,
) -> PyResult<&'v [Value]> {
    match value.downcast::<PyTuple>() {
        Some(tuple) => Ok(tuple.items()),
        None => {
            let got = value.class().name();
            Err(vm.type_error(format!("{function}(): {family} address must be tuple, not {got}")))
        }
    }
}

/// The system's form of an address in the socket's family.
pub(super) fn parse(
    vm: Vm<'_>,
    function: &str,
    family: i32,
    value: &Value,
) -> PyResult<RawAddress> {
    let address = match family {
        libc::AF_UNIX => Address::Unix(path(vm, value)?),
        libc::AF_INET => {
            let [host, service] = tuple_of(vm, function, "AF_INET", value)? else {
                return Err(vm.type_error("AF_INET address must be a pair (host, port)"));
            };
            let host = host_text(vm, host)?;
            let number = number::as_i32(vm, service)?;
            let ip = resolve_v4(vm, &host)?;
            let port = port(vm, function, &Value::small_int_unchecked(i64::from(number)))?;
            Address::Inet { ip, port }
        }
        libc::AF_INET6 => inet6(vm, function, tuple_of(vm, function, "AF_INET6", value)?)?,
        libc::AF_NETLINK => {
            let [pid, groups] = tuple_of(vm, function, "AF_NETLINK", value)? else {
                return Err(vm.type_error("AF_NETLINK address must be a pair (pid, groups)"));
            };
            Address::Netlink {
                pid: number::as_i32(vm, pid)?.cast_unsigned(),
                groups: number::as_i32(vm, groups)?.cast_unsigned(),
            }
        }
        _ => return Err(vm.error(&exc::OS_ERROR, format!("{function}(): bad family"))),
    };
    Ok(RawAddress::new(&address))
}

fn path(vm: Vm<'_>, value: &Value) -> PyResult<Vec<u8>> {
    let path = if value.downcast::<PyStr>().is_some() {
        crate::paths::fs_encode(vm, value)?
    } else {
        buffer::bytes_like(vm, value)?.to_vec()
    };
    let room = if path.first().is_none_or(|&byte| byte == 0) { PATH_MAX } else { PATH_MAX - 1 };
    if path.len() > room {
        return Err(vm.error(&exc::OS_ERROR, "AF_UNIX path too long"));
    }
    Ok(path)
}

fn inet6(vm: Vm<'_>, function: &str, items: &[Value]) -> PyResult<Address> {
    let (Some(host), Some(service), 2..=4) = (items.first(), items.get(1), items.len()) else {
        return Err(
            vm.type_error("AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])")
        );
    };
    let host = host_text(vm, host)?;
    let number = number::as_i32(vm, service)?;
    let flow = items.get(2).map_or(Ok(0), |flow| number::as_i64(vm, flow))?;
    let scope = items.get(3).map_or(Ok(0), |scope| number::as_i64(vm, scope))?;
    let found = resolve_host(vm, &host, libc::AF_INET6)?;
    let port = port(vm, function, &Value::small_int_unchecked(i64::from(number)))?;
    let flow = match u32::try_from(flow) {
        Ok(flow) if flow <= 0xf_ffff => flow,
        _ => {
            return Err(vm.overflow_error(format!("{function}(): flowinfo must be 0-1048575.")));
        }
    };
    let scope = u32::try_from(scope)
        .map_err(|_| vm.overflow_error("Python int too large to convert to C unsigned int"))?;
    match found {
        Address::Inet6 { ip, scope: own, .. } => {
            let scope = if scope == 0 { own } else { scope };
            Ok(Address::Inet6 { ip, port, flow, scope })
        }
        _ => Err(vm.error(&exc::OS_ERROR, "address family mismatched")),
    }
}

/// The Python form of an address.
pub(super) fn value(vm: Vm<'_>, address: &Address) -> PyResult<Value> {
    let number = |number: u32| Value::small_int_unchecked(i64::from(number));
    Ok(match address {
        Address::None => Value::NONE,
        Address::Inet { ip, port } => PyTuple::new_value(
            vm,
            &[PyStr::new_value(vm, &ip.to_string()), number(u32::from(*port))],
        ),
        Address::Inet6 { ip, port, flow, scope } => PyTuple::new_value(
            vm,
            &[
                PyStr::new_value(vm, &ip.to_string()),
                number(u32::from(*port)),
                number(*flow),
                number(*scope),
            ],
        ),
        Address::Unix(path) if path.first() == Some(&0) => PyBytes::try_new_value(vm, path)?,
        Address::Unix(path) => PyStr::from_fs_bytes(vm, path)?.into_value(),
        Address::Netlink { pid, groups } => {
            PyTuple::new_value(vm, &[number(*pid), number(*groups)])
        }
        Address::Other { family, bytes } => {
            let family = Value::small_int_unchecked(i64::from(*family));
            PyTuple::new_value(vm, &[family, PyBytes::try_new_value(vm, bytes)?])
        }
    })
}

/// The items of an argument that must be a tuple.
pub(super) fn items(value: &Value) -> Option<&[Value]> {
    value.downcast::<PyTuple>().map(Py::items)
}
