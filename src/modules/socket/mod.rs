//! `_socket`: sockets and the names of the network.

mod address;
mod constants;
mod names;
mod object;
mod transfer;

use std::ffi::CString;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, Ordering};

use objects::core::errors::PyResult;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::os_error::OS_ERROR;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{int, module};

use crate::NativeModule;
use crate::posix::fd;
use crate::posix::raw::socket as raw;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_socket",
    doc: Some(
        "Implementation module for socket operations.\n\nSee the socket module for documentation.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// gethostbyname(host) -> address
    ///
    /// Return the IP address (a string of the form '255.255.255.255') for a host.
    ["gethostbyname"] "" Positional(names::gethostbyname);
    /// gethostbyname_ex(host) -> (name, aliaslist, addresslist)
    ///
    /// Return the true host name, a list of aliases, and a list of IP addresses,
    /// for a host.  The host argument is a string giving a host name or IP number.
    ["gethostbyname_ex"] "" Positional(names::gethostbyname_ex);
    /// gethostbyaddr(host) -> (name, aliaslist, addresslist)
    ///
    /// Return the true host name, a list of aliases, and a list of IP addresses,
    /// for a host.  The host argument is a string giving a host name or IP number.
    ["gethostbyaddr"] "" Positional(names::gethostbyaddr);
    /// gethostname() -> string
    ///
    /// Return the current host name.
    ["gethostname"] "($self, /)" None(names::gethostname);
    /// sethostname(name)
    ///
    /// Sets the hostname to name.
    ["sethostname"] "" Positional(names::sethostname);
    /// getservbyname(servicename[, protocolname]) -> integer
    ///
    /// Return a port number from a service name and protocol name.
    /// The optional protocol name, if given, should be 'tcp' or 'udp',
    /// otherwise any protocol will match.
    ["getservbyname"] "" Positional(names::getservbyname);
    /// getservbyport(port[, protocolname]) -> string
    ///
    /// Return the service name from a port number and protocol name.
    /// The optional protocol name, if given, should be 'tcp' or 'udp',
    /// otherwise any protocol will match.
    ["getservbyport"] "" Positional(names::getservbyport);
    /// getprotobyname(name) -> integer
    ///
    /// Return the protocol number for the named protocol.  (Rarely used.)
    ["getprotobyname"] "" Positional(names::getprotobyname);
    /// close(integer) -> None
    ///
    /// Close an integer socket file descriptor.  This is like os.close(), but for
    /// sockets; on some platforms os.close() won't work for socket file descriptors.
    ["close"] "($self, object, /)" One(close);
    /// dup(integer) -> integer
    ///
    /// Duplicate an integer socket file descriptor.  This is like os.dup(), but for
    /// sockets; on some platforms os.dup() won't work for socket file descriptors.
    ["dup"] "($self, object, /)" One(dup);
    /// socketpair([family[, type [, proto]]]) -> (socket object, socket object)
    ///
    /// Create a pair of socket objects from the sockets returned by the platform
    /// socketpair() function.
    /// The arguments are the same as for socket() except the default family is
    /// AF_UNIX if defined on the platform; otherwise, the default is AF_INET.
    ["socketpair"] "" Positional(socketpair);
    /// Convert a 16-bit unsigned integer from network to host byte order.
    ["ntohs"] "($module, integer, /)" One(ntohs);
    /// Convert a 32-bit unsigned integer from network to host byte order.
    ["ntohl"] "($module, integer, /)" One(ntohl);
    /// Convert a 16-bit unsigned integer from host to network byte order.
    ["htons"] "($module, integer, /)" One(htons);
    /// Convert a 32-bit unsigned integer from host to network byte order.
    ["htonl"] "($module, integer, /)" One(htonl);
    /// Convert an IP address in string format (123.45.67.89) to the 32-bit packed binary format used in low-level network functions.
    ["inet_aton"] "($module, ip_addr, /)" One(inet_aton);
    /// Convert an IP address from 32-bit packed binary format to string format.
    ["inet_ntoa"] "($module, packed_ip, /)" One(inet_ntoa);
    /// inet_pton(af, ip) -> packed IP address string
    ///
    /// Convert an IP address from string format to a packed string suitable
    /// for use with low-level network functions.
    ["inet_pton"] "" Positional(inet_pton);
    /// inet_ntop(af, packed_ip) -> string formatted IP address
    ///
    /// Convert a packed IP address of the given family to string format.
    ["inet_ntop"] "" Positional(inet_ntop);
    /// getaddrinfo(host, port [, family, type, proto, flags])
    ///     -> list of (family, type, proto, canonname, sockaddr)
    ///
    /// Resolve host and port into addrinfo struct.
    ["getaddrinfo"] "" Any(names::getaddrinfo);
    /// getnameinfo(sockaddr, flags) --> (host, port)
    ///
    /// Get host and port for a sockaddr.
    ["getnameinfo"] "" Positional(names::getnameinfo);
    /// getdefaulttimeout() -> timeout
    ///
    /// Returns the default timeout in seconds (float) for new socket objects.
    /// A value of None indicates that new socket objects have no timeout.
    /// When the socket module is first imported, the default is None.
    ["getdefaulttimeout"] "($self, /)" None(getdefaulttimeout);
    /// setdefaulttimeout(timeout)
    ///
    /// Set the default timeout in seconds (float) for new socket objects.
    /// A value of None indicates that new socket objects have no timeout.
    /// When the socket module is first imported, the default is None.
    ["setdefaulttimeout"] "($self, object, /)" One(setdefaulttimeout);
    /// if_nameindex()
    ///
    /// Returns a list of network interface information (index, name) tuples.
    ["if_nameindex"] "($self, /)" None(names::if_nameindex);
    /// Returns the interface index corresponding to the interface name if_name.
    ["if_nametoindex"] "($module, oname, /)" One(names::if_nametoindex);
    /// Returns the interface name corresponding to the interface index if_index.
    ["if_indextoname"] "($module, if_index, /)" One(names::if_indextoname);
    /// CMSG_LEN(length) -> control message length
    ///
    /// Return the total length, without trailing padding, of an ancillary
    /// data item with associated data of the given length.  This value can
    /// often be used as the buffer size for recvmsg() to receive a single
    /// item of ancillary data, but RFC 3542 requires portable applications to
    /// use CMSG_SPACE() and thus include space for padding, even when the
    /// item will be the last in the buffer.  Raises OverflowError if length
    /// is outside the permissible range of values.
    ["CMSG_LEN"] "" Positional(cmsg_len);
    /// CMSG_SPACE(length) -> buffer size
    ///
    /// Return the buffer size needed for recvmsg() to receive an ancillary
    /// data item with associated data of the given length, along with any
    /// trailing padding.  The buffer space needed to receive multiple items
    /// is the sum of the CMSG_SPACE() values for their associated data
    /// lengths.  Raises OverflowError if length is outside the permissible
    /// range of values.
    ["CMSG_SPACE"] "" Positional(cmsg_space);
}

const ERROR_FLAGS: u64 = spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF;

/// `socket.gaierror`
pub(crate) static GAI_ERROR: StaticType = StaticType::inheriting();
const GAI_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "socket.gaierror",
    base: Some(&OS_ERROR),
    flags: ERROR_FLAGS,
    ..TypeSpec::DEFAULT
};
/// `socket.herror`
static H_ERROR: StaticType = StaticType::inheriting();
const H_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "socket.herror",
    base: Some(&OS_ERROR),
    flags: ERROR_FLAGS,
    ..TypeSpec::DEFAULT
};

/// The timeout of new sockets in nanoseconds; -1 for none.
static DEFAULT_TIMEOUT: AtomicI64 = AtomicI64::new(-1);

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for (class, spec) in [
        (&GAI_ERROR, &GAI_ERROR_SPEC),
        (&H_ERROR, &H_ERROR_SPEC),
        (&object::SOCKET, &object::SOCKET_SPEC),
    ] {
        objects::types::ready(vm, class, spec)?;
    }
    for &(name, number) in constants::NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    for (name, value) in [
        ("socket", object::SOCKET.get().to_value()),
        ("SocketType", object::SOCKET.get().to_value()),
        ("error", OS_ERROR.get().to_value()),
        ("gaierror", GAI_ERROR.get().to_value()),
        ("herror", H_ERROR.get().to_value()),
        ("timeout", exc::TIMEOUT_ERROR.get().to_value()),
        ("has_ipv6", Value::TRUE),
        ("BDADDR_ANY", PyStr::new_value(vm, "00:00:00:00:00:00")),
        ("BDADDR_LOCAL", PyStr::new_value(vm, "00:00:00:FF:FF:FF")),
    ] {
        module::add(vm, target, name, value);
    }
    Ok(())
}

/// Checks how many arguments a function got, in the words of CPython's parser.
fn check_arguments(vm: Vm<'_>, function: &str, got: usize, min: usize, max: usize) -> PyResult<()> {
    let (word, wanted) = if got < min {
        (if min == max { "exactly" } else { "at least" }, min)
    } else if got > max {
        (if min == max { "exactly" } else { "at most" }, max)
    } else {
        return Ok(());
    };
    let plural = if wanted == 1 { "" } else { "s" };
    Err(vm.type_error(format!("{function}() takes {word} {wanted} argument{plural} ({got} given)")))
}

/// A text argument.
fn text(vm: Vm<'_>, function: &str, index: usize, value: &Value) -> PyResult<CString> {
    match value.downcast::<PyStr>() {
        Some(text) => CString::new(text.to_rust_string())
            .map_err(|_| vm.value_error("embedded null character")),
        None => {
            let got = value.class().name();
            Err(vm.type_error(format!("{function}() argument {index} must be str, not {got}")))
        }
    }
}

fn os_error<T>(vm: Vm<'_>, result: fd::SysResult<T>) -> PyResult<T> {
    result.map_err(|errno| vm.os_error(errno.raw_os_error(), None))
}

fn close(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = number::as_i32(vm, number)?;
    os_error(vm, vm.allow_threads(|| fd::close(number)))?;
    Ok(Value::NONE)
}

fn dup(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let new = os_error(vm, fd::dup(number::as_i32(vm, number)?))?;
    Ok(Value::small_int_unchecked(i64::from(new)))
}

fn socketpair(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "socketpair", args.len(), 0, 3)?;
    let argument = |index: usize, default: i32| {
        args.get(index).map_or(Ok(default), |value| number::as_i32(vm, value))
    };
    let (family, kind, protocol) =
        (argument(0, libc::AF_UNIX)?, argument(1, libc::SOCK_STREAM)?, argument(2, 0)?);
    let (one, other) = os_error(vm, raw::pair(family, kind, protocol))?;
    let first = object::of_fd(vm, one, family, kind, protocol)?;
    let second = object::of_fd(vm, other, family, kind, protocol)?;
    Ok(PyTuple::new_value(vm, &[first, second]))
}

/// A number of so many bits.
fn unsigned(vm: Vm<'_>, value: &Value, bits: u32) -> PyResult<u32> {
    let index = number::index(vm, value)?;
    if int::is_negative(&index) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    match int::as_u64(&index).and_then(|number| u32::try_from(number).ok()) {
        Some(number) if bits == 32 || number >> bits == 0 => Ok(number),
        _ => Err(vm.overflow_error(format!("Python int too large for C uint{bits}_t"))),
    }
}

fn swapped16(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let number = u16::try_from(unsigned(vm, value, 16)?).unwrap_or(0);
    Ok(Value::small_int_unchecked(i64::from(number.to_be())))
}

fn swapped32(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(unsigned(vm, value, 32)?.to_be())))
}

fn ntohs(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    swapped16(vm, number)
}

fn htons(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    swapped16(vm, number)
}

fn ntohl(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    swapped32(vm, number)
}

fn htonl(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    swapped32(vm, number)
}

/// An IPv4 address in any of the old forms: one to four parts, in decimal, octal or hexadecimal.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let text = text.split_ascii_whitespace().next().filter(|_| !text.starts_with(' '))?;
    let mut parts = Vec::new();
    for part in text.split('.') {
        let number =
            if let Some(digits) = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
                u32::from_str_radix(digits, 16).ok()?
            } else if part.len() > 1 && part.starts_with('0') {
                u32::from_str_radix(part, 8).ok()?
            } else if part.bytes().all(|byte| byte.is_ascii_digit()) {
                part.parse().ok()?
            } else {
                return None;
            };
        parts.push(number);
    }
    let (&last, front) = parts.split_last()?;
    if front.len() > 3 || front.iter().any(|&part| part > 255) {
        return None;
    }
    let room = 8 * (4 - u32::try_from(front.len()).ok()?);
    if room < 32 && last >> room != 0 {
        return None;
    }
    let mut number = last;
    for (nth, part) in front.iter().enumerate() {
        number |= part << (24 - 8 * u32::try_from(nth).ok()?);
    }
    Some(Ipv4Addr::from(number))
}

fn inet_aton(vm: Vm<'_>, _module: &Value, text: &Value) -> PyResult<Value> {
    let Some(given) = text.downcast::<PyStr>() else {
        let got = text.class().name();
        return Err(vm.type_error(format!("inet_aton() argument must be str, not {got}")));
    };
    match parse_v4(&given.to_rust_string()) {
        Some(ip) => PyBytes::try_new_value(vm, &ip.octets()),
        None => Err(vm.error(&OS_ERROR, "illegal IP address string passed to inet_aton")),
    }
}

fn inet_ntoa(vm: Vm<'_>, _module: &Value, packed: &Value) -> PyResult<Value> {
    let bytes = buffer::bytes_like(vm, packed)?.to_vec();
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(octets) => Ok(PyStr::new_value(vm, &Ipv4Addr::from(octets).to_string())),
        Err(_) => Err(vm.error(&OS_ERROR, "packed IP wrong length for inet_ntoa")),
    }
}

fn inet_pton(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "inet_pton", args.len(), 2, 2)?;
    let [family, given] = args else { return Ok(Value::NONE) };
    let family = number::as_i32(vm, family)?;
    let given = text(vm, "inet_pton", 2, given)?;
    let given = given.to_str().unwrap_or("");
    let illegal = || vm.error(&OS_ERROR, "illegal IP address string passed to inet_pton");
    match family {
        libc::AF_INET => match given.parse::<Ipv4Addr>() {
            Ok(ip) => PyBytes::try_new_value(vm, &ip.octets()),
            Err(_) => Err(illegal()),
        },
        libc::AF_INET6 => match given.parse::<std::net::Ipv6Addr>() {
            Ok(ip) => PyBytes::try_new_value(vm, &ip.octets()),
            Err(_) => Err(illegal()),
        },
        _ => Err(vm.os_error(libc::EAFNOSUPPORT, None)),
    }
}

fn inet_ntop(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "inet_ntop", args.len(), 2, 2)?;
    let [family, packed] = args else { return Ok(Value::NONE) };
    let family = number::as_i32(vm, family)?;
    let bytes = buffer::bytes_like(vm, packed)?.to_vec();
    let shown = match family {
        libc::AF_INET => {
            <[u8; 4]>::try_from(bytes.as_slice()).ok().map(|ip| Ipv4Addr::from(ip).to_string())
        }
        libc::AF_INET6 => <[u8; 16]>::try_from(bytes.as_slice())
            .ok()
            .map(|ip| std::net::Ipv6Addr::from(ip).to_string()),
        _ => return Err(vm.value_error(format!("unknown address family {family}"))),
    };
    match shown {
        Some(text) => Ok(PyStr::new_value(vm, &text)),
        None => Err(vm.value_error("invalid length of packed IP address string")),
    }
}

fn getdefaulttimeout(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(object::timeout_value(vm, DEFAULT_TIMEOUT.load(Ordering::Relaxed)))
}

fn setdefaulttimeout(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    DEFAULT_TIMEOUT.store(object::parse_timeout(vm, value)?, Ordering::Relaxed);
    Ok(Value::NONE)
}

fn ancillary_length(vm: Vm<'_>, function: &str, args: &[Value]) -> PyResult<(u32, u32)> {
    check_arguments(vm, function, args.len(), 1, 1)?;
    let length = args.first().map_or(Ok(0), |length| number::as_isize(vm, length))?;
    match u32::try_from(length) {
        Ok(length) if length < i32::MAX.cast_unsigned() - 64 => Ok(raw::ancillary_lengths(length)),
        _ => Err(vm.overflow_error(format!("{function}() argument out of range"))),
    }
}

fn cmsg_len(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (length, _) = ancillary_length(vm, "CMSG_LEN", args)?;
    Ok(Value::small_int_unchecked(i64::from(length)))
}

fn cmsg_space(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (_, space) = ancillary_length(vm, "CMSG_SPACE", args)?;
    Ok(Value::small_int_unchecked(i64::from(space)))
}
