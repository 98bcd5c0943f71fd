//! Names of hosts, services, protocols and interfaces.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use std::ffi::CString;

use super::address::{self, host_text, resolver_error};
use super::{check_arguments, os_error, text};
use crate::posix::raw::resolve::{self, Wanted};
use crate::posix::raw::socket::{Address, RawAddress};
use crate::sys::hooks;

fn small(number: i32) -> Value {
    Value::small_int_unchecked(i64::from(number))
}

fn name(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Value> {
    Ok(PyStr::from_fs_bytes(vm, bytes)?.into_value())
}

pub(super) fn gethostname(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    hooks::raise_event(vm, "socket.gethostname", &[])?;
    name(vm, rustix::system::uname().nodename().to_bytes())
}

pub(super) fn sethostname(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "sethostname", args.len(), 1, 1)?;
    let Some(new) = args.first() else { return Ok(Value::NONE) };
    let bytes = crate::paths::fs_encode(vm, new)?;
    hooks::raise_event(vm, "socket.sethostname", std::slice::from_ref(new))?;
    os_error(vm, resolve::set_host_name(&bytes))?;
    Ok(Value::NONE)
}

pub(super) fn gethostbyname(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "gethostbyname", args.len(), 1, 1)?;
    let Some(given) = args.first() else { return Ok(Value::NONE) };
    let host = host_text(vm, given)?;
    hooks::raise_event(vm, "socket.gethostbyname", std::slice::from_ref(given))?;
    let ip = address::resolve_v4(vm, &host)?;
    Ok(PyStr::new_value(vm, &ip.to_string()))
}

/// Name, other names, addresses.
fn host_record(vm: Vm<'_>, host: &CString, family: i32, canonical: Vec<u8>) -> PyResult<Value> {
    let wanted =
        Wanted { family, kind: libc::SOCK_STREAM, flags: libc::AI_CANONNAME, ..Wanted::default() };
    let found = vm
        .allow_threads(|| resolve::look_up(Some(host), None, wanted))
        .map_err(|number| resolver_error(vm, number))?;
    let mut own = canonical;
    let mut addresses = Vec::new();
    for entry in found {
        if own.is_empty() {
            own = entry.canonical;
        }
        let shown = match entry.address {
            Address::Inet { ip, .. } => ip.to_string(),
            Address::Inet6 { ip, .. } => ip.to_string(),
            _ => continue,
        };
        addresses.push(PyStr::new_value(vm, &shown));
    }
    let aliases = PyList::new_value(vm, Vec::new());
    let addresses = PyList::try_new_value(vm, addresses)?;
    Ok(PyTuple::new_value(vm, &[name(vm, &own)?, aliases, addresses]))
}

pub(super) fn gethostbyname_ex(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "gethostbyname_ex", args.len(), 1, 1)?;
    let Some(given) = args.first() else { return Ok(Value::NONE) };
    let host = host_text(vm, given)?;
    hooks::raise_event(vm, "socket.gethostbyname", std::slice::from_ref(given))?;
    host_record(vm, &host, libc::AF_INET, Vec::new())
}

pub(super) fn gethostbyaddr(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "gethostbyaddr", args.len(), 1, 1)?;
    let Some(given) = args.first() else { return Ok(Value::NONE) };
    let host = host_text(vm, given)?;
    hooks::raise_event(vm, "socket.gethostbyaddr", std::slice::from_ref(given))?;
    let wanted = Wanted { kind: libc::SOCK_STREAM, ..Wanted::default() };
    let found = vm
        .allow_threads(|| resolve::look_up(Some(&host), None, wanted))
        .map_err(|number| resolver_error(vm, number))?;
    let Some(first) = found.into_iter().next() else {
        return Err(resolver_error(vm, libc::EAI_NONAME));
    };
    let raw = RawAddress::new(&first.address);
    let (canonical, _) = vm
        .allow_threads(|| resolve::name_of(&raw, libc::NI_NAMEREQD))
        .map_err(|number| resolver_error(vm, number))?;
    let shown = match first.address {
        Address::Inet { ip, .. } => ip.to_string(),
        Address::Inet6 { ip, .. } => ip.to_string(),
        _ => String::new(),
    };
    let addresses = PyList::new_value(vm, vec![PyStr::new_value(vm, &shown)]);
    let aliases = PyList::new_value(vm, Vec::new());
    Ok(PyTuple::new_value(vm, &[name(vm, &canonical)?, aliases, addresses]))
}

fn protocol(vm: Vm<'_>, function: &str, value: Option<&Value>) -> PyResult<Option<CString>> {
    value.map(|value| text(vm, function, 2, value)).transpose()
}

pub(super) fn getservbyname(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "getservbyname", args.len(), 1, 2)?;
    let Some(given) = args.first() else { return Ok(Value::NONE) };
    let service = text(vm, "getservbyname", 1, given)?;
    let protocol = protocol(vm, "getservbyname", args.get(1))?;
    let shown = args.get(1).cloned().unwrap_or_else(|| PyStr::new_value(vm, ""));
    hooks::raise_event(vm, "socket.getservbyname", &[given.clone(), shown])?;
    match vm.allow_threads(|| resolve::service_port(&service, protocol.as_ref())) {
        Some(port) => Ok(small(i32::from(port))),
        None => Err(vm.error(&exc::OS_ERROR, "service/proto not found")),
    }
}

pub(super) fn getservbyport(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "getservbyport", args.len(), 1, 2)?;
    let Some(given) = args.first() else { return Ok(Value::NONE) };
    let port = number::as_i32(vm, given)?;
    let protocol = protocol(vm, "getservbyport", args.get(1))?;
    let Ok(port) = u16::try_from(port) else {
        return Err(vm.overflow_error("getservbyport: port must be 0-65535."));
    };
    let shown = args.get(1).cloned().unwrap_or_else(|| PyStr::new_value(vm, ""));
    hooks::raise_event(vm, "socket.getservbyport", &[given.clone(), shown])?;
    match vm.allow_threads(|| resolve::service_name(port, protocol.as_ref())) {
        Some(found) => name(vm, &found),
        None => Err(vm.error(&exc::OS_ERROR, "port/proto not found")),
    }
}

pub(super) fn getprotobyname(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "getprotobyname", args.len(), 1, 1)?;
    let Some(given) = args.first() else { return Ok(Value::NONE) };
    let wanted = text(vm, "getprotobyname", 1, given)?;
    match vm.allow_threads(|| resolve::protocol_number(&wanted)) {
        Some(number) => Ok(small(number)),
        None => Err(vm.error(&exc::OS_ERROR, "protocol not found")),
    }
}

/// The names of `getaddrinfo`'s parameters.
const LOOK_UP: [&str; 6] = ["host", "port", "family", "type", "proto", "flags"];

pub(super) fn getaddrinfo(
    vm: Vm<'_>,
    _module: &Value,
    args: objects::core::args::Args<'_>,
) -> PyResult<Value> {
    let at = |index: usize| {
        let by_name = LOOK_UP.get(index).and_then(|name| args.keyword(name));
        args.positional().get(index).or(by_name)
    };
    check_arguments(vm, "getaddrinfo", args.all().len(), 2, 6)?;
    let number = |index: usize| at(index).map_or(Ok(0), |value| number::as_i32(vm, value));
    let host = match at(0) {
        None => None,
        Some(none) if none.is_none() => None,
        Some(host)
            if host.downcast::<PyStr>().is_some() || host.downcast::<PyBytes>().is_some() =>
        {
            Some(host_text(vm, host)?)
        }
        Some(_) => return Err(vm.type_error("getaddrinfo() argument 1 must be string or None")),
    };
    let service = match at(1) {
        None => None,
        Some(none) if none.is_none() => None,
        Some(service) if number::is_int(service) => {
            CString::new(vm.str(service)?.to_rust_string()).ok()
        }
        Some(service)
            if service.downcast::<PyStr>().is_some() || service.downcast::<PyBytes>().is_some() =>
        {
            Some(host_text(vm, service)?)
        }
        Some(_) => return Err(vm.error(&exc::OS_ERROR, "Int or String expected")),
    };
    let wanted =
        Wanted { family: number(2)?, kind: number(3)?, protocol: number(4)?, flags: number(5)? };
    let given = |index: usize| at(index).cloned().unwrap_or(Value::NONE);
    hooks::raise_event(
        vm,
        "socket.getaddrinfo",
        &[given(0), given(1), small(wanted.family), small(wanted.kind), small(wanted.protocol)],
    )?;
    let found = vm
        .allow_threads(|| resolve::look_up(host.as_ref(), service.as_ref(), wanted))
        .map_err(|number| resolver_error(vm, number))?;
    let mut all = Vec::with_capacity(found.len());
    for entry in found {
        let items = [
            small(entry.family),
            small(entry.kind),
            small(entry.protocol),
            name(vm, &entry.canonical)?,
            address::value(vm, &entry.address)?,
        ];
        all.push(PyTuple::new_value(vm, &items));
    }
    PyList::try_new_value(vm, all)
}

pub(super) fn getnameinfo(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "getnameinfo", args.len(), 2, 2)?;
    let [given, flags] = args else { return Ok(Value::NONE) };
    let flags = number::as_i32(vm, flags)?;
    let Some(items) = address::items(given) else {
        return Err(vm.type_error("getnameinfo() argument 1 must be a tuple"));
    };
    let (Some(host), Some(port), 2..=4) = (items.first(), items.get(1), items.len()) else {
        return Err(vm.type_error("getnameinfo(): illegal sockaddr argument"));
    };
    let host = text(vm, "getnameinfo", 1, host)?;
    let port = number::as_i32(vm, port)?;
    let extra = |index: usize| items.get(index).map_or(Ok(0), |value| number::as_i32(vm, value));
    let (flow, scope) = (extra(2)?.cast_unsigned(), extra(3)?.cast_unsigned());
    if flow > 0xf_ffff {
        return Err(vm.overflow_error("getnameinfo(): flowinfo must be 0-1048575."));
    }
    hooks::raise_event(vm, "socket.getnameinfo", std::slice::from_ref(given))?;
    let wanted =
        Wanted { kind: libc::SOCK_DGRAM, flags: libc::AI_NUMERICHOST, ..Wanted::default() };
    let service = CString::new(port.to_string()).ok();
    let found = vm
        .allow_threads(|| resolve::look_up(Some(&host), service.as_ref(), wanted))
        .map_err(|number| resolver_error(vm, number))?;
    let [entry] = found.as_slice() else {
        return Err(vm.error(&exc::OS_ERROR, "sockaddr resolved to multiple addresses"));
    };
    let full = match &entry.address {
        Address::Inet6 { ip, port, .. } => Address::Inet6 { ip: *ip, port: *port, flow, scope },
        _ if items.len() != 2 => {
            return Err(vm.error(&exc::OS_ERROR, "IPv4 sockaddr must be 2 tuple"));
        }
        other => other.clone(),
    };
    let raw = RawAddress::new(&full);
    let (host, service) = vm
        .allow_threads(|| resolve::name_of(&raw, flags))
        .map_err(|number| resolver_error(vm, number))?;
    Ok(PyTuple::new_value(vm, &[name(vm, &host)?, name(vm, &service)?]))
}

pub(super) fn if_nameindex(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let mut all = Vec::new();
    for (index, found) in os_error(vm, resolve::interfaces())? {
        let index = Value::small_int_unchecked(i64::from(index));
        all.push(PyTuple::new_value(vm, &[index, name(vm, &found)?]));
    }
    PyList::try_new_value(vm, all)
}

pub(super) fn if_nametoindex(vm: Vm<'_>, _module: &Value, given: &Value) -> PyResult<Value> {
    let given = CString::new(crate::paths::fs_encode(vm, given)?)
        .map_err(|_| vm.value_error("embedded null byte"))?;
    let index = os_error(vm, resolve::interface_index(&given))?;
    Ok(Value::small_int_unchecked(i64::from(index)))
}

pub(super) fn if_indextoname(vm: Vm<'_>, _module: &Value, index: &Value) -> PyResult<Value> {
    let Ok(index) = u32::try_from(number::as_i64(vm, index)?) else {
        return Err(vm.overflow_error("index is out of range"));
    };
    name(vm, &os_error(vm, resolve::interface_name(index))?)
}
