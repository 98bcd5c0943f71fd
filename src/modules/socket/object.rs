//! `_socket.socket`: the object, its life, its addresses and options.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::float_;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};
use rustix::io::Errno;

use super::{DEFAULT_TIMEOUT, address, check_arguments, os_error, transfer};
use crate::posix::fd::{self, SysResult};
use crate::posix::raw::poll;
use crate::posix::raw::socket as raw;
use crate::sys::hooks;

payload! {
    /// The payload of a socket.
    pub(crate) struct PySocket: SOCKET {
        /// -1 when it is closed.
        pub(super) fd: Cell<i32>,
        family: Cell<i32>,
        kind: Cell<i32>,
        protocol: Cell<i32>,
        /// Nanoseconds; -1 for none, 0 for never waiting.
        timeout: Cell<i64>,
    }
}

/// `_socket.socket`
pub(super) static SOCKET: StaticType = StaticType::new::<PySocket>();

/// The spec of `_socket.socket`.
pub(super) const SOCKET_SPEC: TypeSpec = TypeSpec {
    name: "_socket.socket",
    doc: Some(
        "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\nsocket(family=-1, type=-1, proto=-1, fileno=None) -> socket object\n\nOpen a socket of the given type.  The family argument specifies the\naddress family; it defaults to AF_INET.  The type argument specifies\nwhether this is a stream (SOCK_STREAM, this is the default)\nor datagram (SOCK_DGRAM) socket.  The protocol argument defaults to 0,\nspecifying the default protocol.  Keyword arguments are accepted.\nThe socket is created as non-inheritable.\n\nWhen a fileno is passed in, family, type and proto are auto-detected,\nunless they are explicitly set.\n\nA socket object represents one endpoint of a network connection.\n\nMethods of socket objects (keyword arguments not allowed):\n\n_accept() -- accept connection, returning new socket fd and client address\nbind(addr) -- bind the socket to a local address\nclose() -- close the socket\nconnect(addr) -- connect the socket to a remote address\nconnect_ex(addr) -- connect, return an error code instead of an exception\ndup() -- return a new socket fd duplicated from fileno()\nfileno() -- return underlying file descriptor\ngetpeername() -- return remote address [*]\ngetsockname() -- return local address\ngetsockopt(level, optname[, buflen]) -- get socket options\ngettimeout() -- return timeout or None\nlisten([n]) -- start listening for incoming connections\nrecv(buflen[, flags]) -- receive data\nrecv_into(buffer[, nbytes[, flags]]) -- receive data (into a buffer)\nrecvfrom(buflen[, flags]) -- receive data and sender's address\nrecvfrom_into(buffer[, nbytes, [, flags]])\n  -- receive data and sender's address (into a buffer)\nsendall(data[, flags]) -- send all data\nsend(data[, flags]) -- send data, may not send all of it\nsendto(data[, flags], addr) -- send data to a given address\nsetblocking(bool) -- set or clear the blocking I/O flag\ngetblocking() -- return True if socket is blocking, False if non-blocking\nsetsockopt(level, optname, value[, optlen]) -- set socket options\nsettimeout(None | float) -- set or clear the timeout\nshutdown(how) -- shut down traffic in one or both directions\n\n [*] not available on all platforms!",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(sock_new),
        Slot::Init(sock_init),
        Slot::Repr(sock_repr),
        Slot::Finalize(sock_finalize),
    ],
    methods: SOCKET_METHODS,
    getset: SOCKET_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { SOCKET_METHODS:
    /// _accept() -> (integer, address info)
    ///
    /// Wait for an incoming connection.  Return a new socket file descriptor
    /// representing the connection, and the address of the client.
    /// For IP sockets, the address info is a pair (hostaddr, port).
    ["_accept"] "($self, /)" None(sock_accept);
    /// bind(address)
    ///
    /// Bind the socket to a local address.  For IP sockets, the address is a
    /// pair (host, port); the host must refer to the local host. For raw packet
    /// sockets the address is a tuple (ifname, proto [,pkttype [,hatype [,addr]]])
    ["bind"] "($self, object, /)" One(sock_bind);
    /// close()
    ///
    /// Close the socket.  It cannot be used after this call.
    ["close"] "($self, /)" None(sock_close);
    /// connect(address)
    ///
    /// Connect the socket to a remote address.  For IP sockets, the address
    /// is a pair (host, port).
    ["connect"] "($self, object, /)" One(sock_connect);
    /// connect_ex(address) -> errno
    ///
    /// This is like connect(address), but returns an error code (the errno value)
    /// instead of raising an exception when an error occurs.
    ["connect_ex"] "($self, object, /)" One(sock_connect_ex);
    /// detach()
    ///
    /// Close the socket object without closing the underlying file descriptor.
    /// The object cannot be used after this call, but the file descriptor
    /// can be reused for other purposes.  The file descriptor is returned.
    ["detach"] "($self, /)" None(sock_detach);
    /// fileno() -> integer
    ///
    /// Return the integer file descriptor of the socket.
    ["fileno"] "($self, /)" None(sock_fileno);
    /// getpeername() -> address info
    ///
    /// Return the address of the remote endpoint.  For IP sockets, the address
    /// info is a pair (hostaddr, port).
    ["getpeername"] "($self, /)" None(sock_getpeername);
    /// getsockname() -> address info
    ///
    /// Return the address of the local endpoint. The format depends on the
    /// address family. For IPv4 sockets, the address info is a pair
    /// (hostaddr, port). For IPv6 sockets, the address info is a 4-tuple
    /// (hostaddr, port, flowinfo, scope_id).
    ["getsockname"] "($self, /)" None(sock_getsockname);
    /// getsockopt(level, option[, buffersize]) -> value
    ///
    /// Get a socket option.  See the Unix manual for level and option.
    /// If a nonzero buffersize argument is given, the return value is a
    /// string of that length; otherwise it is an integer.
    ["getsockopt"] "" Positional(sock_getsockopt);
    /// listen([backlog])
    ///
    /// Enable a server to accept connections.  If backlog is specified, it must be
    /// at least 0 (if it is lower, it is set to 0); it specifies the number of
    /// unaccepted connections that the system will allow before refusing new
    /// connections. If not specified, a default reasonable value is chosen.
    ["listen"] "" Positional(sock_listen);
    /// recv(buffersize[, flags]) -> data
    ///
    /// Receive up to buffersize bytes from the socket.  For the optional flags
    /// argument, see the Unix manual.  When no data is available, block until
    /// at least one byte is available or until the remote end is closed.  When
    /// the remote end is closed and all data is read, return the empty string.
    ["recv"] "" Positional(transfer::sock_recv);
    /// recv_into(buffer, [nbytes[, flags]]) -> nbytes_read
    ///
    /// A version of recv() that stores its data into a buffer rather than creating
    /// a new string.  Receive up to buffersize bytes from the socket.  If buffersize
    /// is not specified (or 0), receive up to the size available in the given buffer.
    ///
    /// See recv() for documentation about the flags.
    ["recv_into"] "" Any(transfer::sock_recv_into);
    /// recvfrom(buffersize[, flags]) -> (data, address info)
    ///
    /// Like recv(buffersize, flags) but also return the sender's address info.
    ["recvfrom"] "" Positional(transfer::sock_recvfrom);
    /// recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)
    ///
    /// Like recv_into(buffer[, nbytes[, flags]]) but also return the sender's address info.
    ["recvfrom_into"] "" Any(transfer::sock_recvfrom_into);
    /// send(data[, flags]) -> count
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  Return the number of bytes
    /// sent; this may be less than len(data) if the network is busy.
    ["send"] "" Positional(transfer::sock_send);
    /// sendall(data[, flags])
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  This calls send() repeatedly
    /// until all data is sent.  If an error occurs, it's impossible
    /// to tell how much data has been sent.
    ["sendall"] "" Positional(transfer::sock_sendall);
    /// sendto(data[, flags], address) -> count
    ///
    /// Like send(data, flags) but allows specifying the destination address.
    /// For IP sockets, the address is a pair (hostaddr, port).
    ["sendto"] "" Positional(transfer::sock_sendto);
    /// setblocking(flag)
    ///
    /// Set the socket to blocking (flag is true) or non-blocking (false).
    /// setblocking(True) is equivalent to settimeout(None);
    /// setblocking(False) is equivalent to settimeout(0.0).
    ["setblocking"] "($self, object, /)" One(sock_setblocking);
    /// getblocking()
    ///
    /// Returns True if socket is in blocking mode, or False if it
    /// is in non-blocking mode.
    ["getblocking"] "($self, /)" None(sock_getblocking);
    /// settimeout(timeout)
    ///
    /// Set a timeout on socket operations.  'timeout' can be a float,
    /// giving in seconds, or None.  Setting a timeout of None disables
    /// the timeout feature and is equivalent to setblocking(1).
    /// Setting a timeout of zero is the same as setblocking(0).
    ["settimeout"] "($self, object, /)" One(sock_settimeout);
    /// gettimeout() -> timeout
    ///
    /// Returns the timeout in seconds (float) associated with socket
    /// operations. A timeout of None indicates that timeouts on socket
    /// operations are disabled.
    ["gettimeout"] "($self, /)" None(sock_gettimeout);
    /// setsockopt(level, option, value: int)
    /// setsockopt(level, option, value: buffer)
    /// setsockopt(level, option, None, optlen: int)
    ///
    /// Set a socket option.  See the Unix manual for level and option.
    /// The value argument can either be an integer, a string buffer, or
    /// None, optlen.
    ["setsockopt"] "" Positional(sock_setsockopt);
    /// shutdown(flag)
    ///
    /// Shut down the reading side of the socket (flag == SHUT_RD), the writing side
    /// of the socket (flag == SHUT_WR), or both ends (flag == SHUT_RDWR).
    ["shutdown"] "($self, object, /)" One(sock_shutdown);
    /// recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)
    ///
    /// Receive normal data (up to bufsize bytes) and ancillary data from the
    /// socket.  The ancbufsize argument sets the size in bytes of the
    /// internal buffer used to receive the ancillary data; it defaults to 0,
    /// meaning that no ancillary data will be received.  Appropriate buffer
    /// sizes for ancillary data can be calculated using CMSG_SPACE() or
    /// CMSG_LEN(), and items which do not fit into the buffer might be
    /// truncated or discarded.  The flags argument defaults to 0 and has the
    /// same meaning as for recv().
    ///
    /// The return value is a 4-tuple: (data, ancdata, msg_flags, address).
    /// The data item is a bytes object holding the non-ancillary data
    /// received.  The ancdata item is a list of zero or more tuples
    /// (cmsg_level, cmsg_type, cmsg_data) representing the ancillary data
    /// (control messages) received: cmsg_level and cmsg_type are integers
    /// specifying the protocol level and protocol-specific type respectively,
    /// and cmsg_data is a bytes object holding the associated data.  The
    /// msg_flags item is the bitwise OR of various flags indicating
    /// conditions on the received message; see your system documentation for
    /// details.  If the receiving socket is unconnected, address is the
    /// address of the sending socket, if available; otherwise, its value is
    /// unspecified.
    ///
    /// If recvmsg() raises an exception after the system call returns, it
    /// will first attempt to close any file descriptors received via the
    /// SCM_RIGHTS mechanism.
    ["recvmsg"] "" Positional(transfer::sock_recvmsg);
    /// recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)
    ///
    /// Receive normal data and ancillary data from the socket, scattering the
    /// non-ancillary data into a series of buffers.  The buffers argument
    /// must be an iterable of objects that export writable buffers
    /// (e.g. bytearray objects); these will be filled with successive chunks
    /// of the non-ancillary data until it has all been written or there are
    /// no more buffers.  The ancbufsize argument sets the size in bytes of
    /// the internal buffer used to receive the ancillary data; it defaults to
    /// 0, meaning that no ancillary data will be received.  Appropriate
    /// buffer sizes for ancillary data can be calculated using CMSG_SPACE()
    /// or CMSG_LEN(), and items which do not fit into the buffer might be
    /// truncated or discarded.  The flags argument defaults to 0 and has the
    /// same meaning as for recv().
    ///
    /// The return value is a 4-tuple: (nbytes, ancdata, msg_flags, address).
    /// The nbytes item is the total number of bytes of non-ancillary data
    /// written into the buffers.  The ancdata item is a list of zero or more
    /// tuples (cmsg_level, cmsg_type, cmsg_data) representing the ancillary
    /// data (control messages) received: cmsg_level and cmsg_type are
    /// integers specifying the protocol level and protocol-specific type
    /// respectively, and cmsg_data is a bytes object holding the associated
    /// data.  The msg_flags item is the bitwise OR of various flags
    /// indicating conditions on the received message; see your system
    /// documentation for details.  If the receiving socket is unconnected,
    /// address is the address of the sending socket, if available; otherwise,
    /// its value is unspecified.
    ///
    /// If recvmsg_into() raises an exception after the system call returns,
    /// it will first attempt to close any file descriptors received via the
    /// SCM_RIGHTS mechanism.
    ["recvmsg_into"] "" Positional(transfer::sock_recvmsg_into);
    /// sendmsg(buffers[, ancdata[, flags[, address]]]) -> count
    ///
    /// Send normal and ancillary data to the socket, gathering the
    /// non-ancillary data from a series of buffers and concatenating it into
    /// a single message.  The buffers argument specifies the non-ancillary
    /// data as an iterable of bytes-like objects (e.g. bytes objects).
    /// The ancdata argument specifies the ancillary data (control messages)
    /// as an iterable of zero or more tuples (cmsg_level, cmsg_type,
    /// cmsg_data), where cmsg_level and cmsg_type are integers specifying the
    /// protocol level and protocol-specific type respectively, and cmsg_data
    /// is a bytes-like object holding the associated data.  The flags
    /// argument defaults to 0 and has the same meaning as for send().  If
    /// address is supplied and not None, it sets a destination address for
    /// the message.  The return value is the number of bytes of non-ancillary
    /// data sent.
    ["sendmsg"] "" Positional(transfer::sock_sendmsg);
}

getset! { SOCKET_GETSET:
    /// the socket family
    member ["family"] sock_family;
    /// the socket type
    member ["type"] sock_type;
    /// the socket protocol
    member ["proto"] sock_proto;
    /// the socket timeout
    ["timeout"] sock_timeout;
}

fn closed() -> PySocket {
    PySocket {
        fd: Cell::new(-1),
        family: Cell::new(0),
        kind: Cell::new(0),
        protocol: Cell::new(0),
        timeout: Cell::new(-1),
    }
}

/// A socket object for a descriptor that it owns from now on.
pub(super) fn of_fd(
    vm: Vm<'_>,
    number: i32,
    family: i32,
    kind: i32,
    protocol: i32,
) -> PyResult<Value> {
    let this = PyRef::new(vm, closed()).into_value();
    set_up(vm, &this, number, family, kind, protocol)?;
    Ok(this)
}

fn set_up(
    vm: Vm<'_>,
    this: &Value,
    number: i32,
    family: i32,
    kind: i32,
    protocol: i32,
) -> PyResult<()> {
    let socket = this.receiver::<PySocket>();
    socket.fd.set(number);
    socket.family.set(family);
    socket.kind.set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
    socket.protocol.set(protocol);
    if kind & libc::SOCK_NONBLOCK != 0 {
        socket.timeout.set(0);
        return Ok(());
    }
    let timeout = DEFAULT_TIMEOUT.load(Ordering::Relaxed);
    socket.timeout.set(timeout);
    if timeout >= 0 {
        os_error(vm, fd::set_blocking(number, false))?;
    }
    Ok(())
}

fn sock_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, closed())?.into_value())
}

/// An option that is an int.
fn int_option(number: i32, name: i32) -> SysResult<i32> {
    let mut bytes = [0; 4];
    raw::option(number, libc::SOL_SOCKET, name, &mut bytes)?;
    Ok(i32::from_ne_bytes(bytes))
}

fn sock_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let argument = |index: usize, name: &str| {
        args.positional().get(index).or_else(|| args.keyword(name)).cloned()
    };
    let wanted = |index: usize, name: &str| {
        argument(index, name).map_or(Ok(-1), |value| number::as_i32(vm, &value))
    };
    let (mut family, mut kind, mut protocol) =
        (wanted(0, "family")?, wanted(1, "type")?, wanted(2, "proto")?);
    let given = argument(3, "fileno").filter(|given| !given.is_none());
    let audited = [family, kind, protocol].map(|n| Value::small_int_unchecked(i64::from(n)));
    let [a, b, c] = audited;
    hooks::raise_event(vm, "socket.__new__", &[this.clone(), a, b, c])?;
    let number = if let Some(given) = given {
        if given.downcast::<float_::PyFloat>().is_some() {
            return Err(vm.type_error("integer argument expected, got float"));
        }
        let number = number::as_i32(vm, &given)?;
        if number < 0 {
            return Err(vm.value_error("negative file descriptor"));
        }
        os_error(vm, raw::own_name(number))?;
        if family == -1 {
            family = os_error(vm, int_option(number, libc::SO_DOMAIN))?;
        }
        if kind == -1 {
            kind = os_error(vm, int_option(number, libc::SO_TYPE))?;
        }
        if protocol == -1 {
            protocol = os_error(vm, int_option(number, libc::SO_PROTOCOL))?;
        }
        number
    } else {
        family = if family == -1 { libc::AF_INET } else { family };
        kind = if kind == -1 { libc::SOCK_STREAM } else { kind };
        protocol = if protocol == -1 { 0 } else { protocol };
        os_error(vm, vm.allow_threads(|| raw::create(family, kind, protocol)))?
    };
    // A second call of `__init__` gives the first socket up.
    let _ = close_it(this);
    set_up(vm, this, number, family, kind, protocol)
}

fn close_it(this: &Value) -> SysResult<()> {
    let number = this.receiver::<PySocket>().fd.replace(-1);
    if number < 0 {
        return Ok(());
    }
    match fd::close(number) {
        // What the peer did is no error of closing.
        Err(Errno::CONNRESET) => Ok(()),
        result => result,
    }
}

fn sock_finalize(vm: Vm<'_>, this: &Value) {
    let socket = this.receiver::<PySocket>();
    if socket.fd.get() < 0 {
        return;
    }
    let shown = match vm.repr(this) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            "<socket>".to_owned()
        }
    };
    let pending = vm.thread().raised.take();
    let message = format!("unclosed {shown}");
    if let Err(raised) = crate::warnings::warn(vm, &exc::RESOURCE_WARNING, &message) {
        vm.unraisable_about(raised, "Exception ignored while finalizing socket", Some(this));
    }
    drop(vm.thread().raised.replace(pending));
    // The number is gone for the program whatever the system answers.
    let _ = close_it(this);
}

fn sock_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let socket = this.receiver::<PySocket>();
    let text = format!(
        "<socket object, fd={}, family={}, type={}, proto={}>",
        socket.fd.get(),
        socket.family.get(),
        socket.kind.get(),
        socket.protocol.get()
    );
    Ok(PyStr::new_value(vm, &text))
}

fn small(number: i32) -> Value {
    Value::small_int_unchecked(i64::from(number))
}

fn sock_family(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(small(this.receiver::<PySocket>().family.get()))
}

fn sock_type(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(small(this.receiver::<PySocket>().kind.get()))
}

fn sock_proto(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(small(this.receiver::<PySocket>().protocol.get()))
}

/// Seconds of a timeout; None for none.
#[expect(clippy::cast_precision_loss, reason = "a float is what the caller asked for")]
pub(super) fn timeout_value(vm: Vm<'_>, timeout: i64) -> Value {
    if timeout < 0 { Value::NONE } else { float_::new(vm, timeout as f64 / 1e9) }
}

/// Nanoseconds of a timeout; -1 for None.
pub(super) fn parse_timeout(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    if value.is_none() {
        return Ok(-1);
    }
    if float_::as_f64(value).is_none() && !number::has_index(value) {
        return Err(vm.type_error(format!(
            "'{}' object cannot be interpreted as an integer or float",
            value.class().name()
        )));
    }
    let timeout = crate::time::nanoseconds(vm, value)?;
    if timeout < 0 {
        return Err(vm.value_error("Timeout value out of range"));
    }
    if timeout / 1_000_000 > i64::from(i32::MAX) {
        return Err(vm.overflow_error("timeout doesn't fit into C timeval"));
    }
    Ok(timeout)
}

fn sock_timeout(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(timeout_value(vm, this.receiver::<PySocket>().timeout.get()))
}

fn sock_gettimeout(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    sock_timeout(vm, this)
}

fn set_timeout(vm: Vm<'_>, this: &Value, timeout: i64) -> PyResult<Value> {
    let socket = this.receiver::<PySocket>();
    socket.timeout.set(timeout);
    os_error(vm, fd::set_blocking(socket.fd.get(), timeout < 0))?;
    Ok(Value::NONE)
}

fn sock_settimeout(vm: Vm<'_>, this: &Value, timeout: &Value) -> PyResult<Value> {
    let timeout = parse_timeout(vm, timeout)?;
    set_timeout(vm, this, timeout)
}

fn sock_setblocking(vm: Vm<'_>, this: &Value, blocking: &Value) -> PyResult<Value> {
    let timeout = if vm.is_true(blocking)? { -1 } else { 0 };
    set_timeout(vm, this, timeout)
}

fn sock_getblocking(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PySocket>().timeout.get() != 0))
}

/// The direction that a call waits for.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Read,
    Write,
}

/// When a socket's patience ends; None for never.
pub(super) fn deadline_of(this: &Value) -> Option<Instant> {
    let timeout = u64::try_from(this.receiver::<PySocket>().timeout.get()).ok()?;
    Instant::now().checked_add(Duration::from_nanos(timeout))
}

/// Waits until the socket is ready.
///
/// # Errors
/// TimeoutError at the deadline, or what a signal handler raises.
fn wait_ready(
    vm: Vm<'_>,
    number: i32,
    direction: Direction,
    deadline: Option<Instant>,
) -> PyResult<()> {
    let events = match direction {
        Direction::Read => libc::POLLIN,
        Direction::Write => libc::POLLOUT | libc::POLLERR,
    };
    loop {
        let milliseconds = deadline.map_or(-1, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
        });
        let ready = vm.allow_threads(|| {
            poll::poll(&mut [poll::Entry { fd: number, events, answer: 0 }], milliseconds)
        });
        match ready {
            Ok(0) if milliseconds >= 0 => {
                return Err(vm.error(&exc::TIMEOUT_ERROR, "timed out"));
            }
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), None)),
        }
    }
}

/// A call on the socket with its timeout: waits first where there is one, goes on after signals.
pub(super) fn call<R: Send>(
    vm: Vm<'_>,
    this: &Value,
    direction: Direction,
    deadline: Option<Instant>,
    mut call: impl FnMut(i32) -> SysResult<R> + Send,
) -> PyResult<R> {
    let socket = this.receiver::<PySocket>();
    loop {
        let number = socket.fd.get();
        let has_timeout = socket.timeout.get() > 0;
        if has_timeout {
            wait_ready(vm, number, direction, deadline)?;
        }
        match vm.allow_threads(|| call(number)) {
            Ok(answer) => return Ok(answer),
            Err(Errno::INTR) => vm.poll()?,
            Err(Errno::AGAIN) if has_timeout => {}
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), None)),
        }
    }
}

fn sock_accept(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let deadline = deadline_of(this);
    let (new, peer) = call(vm, this, Direction::Read, deadline, raw::accept)?;
    Ok(PyTuple::new_value(vm, &[small(new), address::value(vm, &peer)?]))
}

fn sock_bind(vm: Vm<'_>, this: &Value, given: &Value) -> PyResult<Value> {
    let socket = this.receiver::<PySocket>();
    let parsed = address::parse(vm, "bind", socket.family.get(), given)?;
    hooks::raise_event(vm, "socket.bind", &[this.clone(), given.clone()])?;
    let number = socket.fd.get();
    os_error(vm, vm.allow_threads(|| raw::bind(number, &parsed)))?;
    Ok(Value::NONE)
}

fn sock_close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    os_error(vm, close_it(this))?;
    Ok(Value::NONE)
}

fn sock_detach(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(small(this.receiver::<PySocket>().fd.replace(-1)))
}

fn sock_fileno(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(small(this.receiver::<PySocket>().fd.get()))
}

/// Connects; an attempt that was begun is waited for where the socket is patient.
fn connect(vm: Vm<'_>, this: &Value, given: &Value) -> PyResult<SysResult<()>> {
    let socket = this.receiver::<PySocket>();
    let parsed = address::parse(vm, "connect", socket.family.get(), given)?;
    hooks::raise_event(vm, "socket.connect", &[this.clone(), given.clone()])?;
    let number = socket.fd.get();
    let waits = match vm.allow_threads(|| raw::connect(number, &parsed)) {
        Ok(()) => return Ok(Ok(())),
        Err(Errno::INTR) => {
            vm.poll()?;
            socket.timeout.get() != 0
        }
        Err(Errno::INPROGRESS) if socket.timeout.get() > 0 => true,
        Err(errno) => return Ok(Err(errno)),
    };
    if !waits {
        return Ok(Err(Errno::INTR));
    }
    wait_ready(vm, number, Direction::Write, deadline_of(this))?;
    Ok(match int_option(number, libc::SO_ERROR) {
        Ok(0) => Ok(()),
        Ok(errno) => Err(Errno::from_raw_os_error(errno)),
        Err(errno) => Err(errno),
    })
}

fn sock_connect(vm: Vm<'_>, this: &Value, given: &Value) -> PyResult<Value> {
    let result = connect(vm, this, given)?;
    os_error(vm, result)?;
    Ok(Value::NONE)
}

fn sock_connect_ex(vm: Vm<'_>, this: &Value, given: &Value) -> PyResult<Value> {
    match connect(vm, this, given) {
        Ok(Ok(())) => Ok(small(0)),
        Ok(Err(errno)) => Ok(small(errno.raw_os_error())),
        Err(raised) if vm.raised_is(&raised, &exc::TIMEOUT_ERROR) => {
            vm.clear(raised);
            Ok(small(libc::EAGAIN))
        }
        Err(raised) => Err(raised),
    }
}

fn sock_getpeername(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let number = this.receiver::<PySocket>().fd.get();
    address::value(vm, &os_error(vm, raw::peer_name(number))?)
}

fn sock_getsockname(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let number = this.receiver::<PySocket>().fd.get();
    address::value(vm, &os_error(vm, raw::own_name(number))?)
}

fn sock_getsockopt(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "getsockopt", args.len(), 2, 3)?;
    let number = this.receiver::<PySocket>().fd.get();
    let argument = |index: usize| args.get(index).map_or(Ok(0), |value| number::as_i32(vm, value));
    let (level, name, length) = (argument(0)?, argument(1)?, argument(2)?);
    if length == 0 {
        let mut bytes = [0; 4];
        os_error(vm, raw::option(number, level, name, &mut bytes))?;
        return Ok(small(i32::from_ne_bytes(bytes)));
    }
    let length = match usize::try_from(length) {
        Ok(length) if length <= 1024 => length,
        _ => return Err(vm.error(&exc::OS_ERROR, "getsockopt buflen out of range")),
    };
    let mut bytes = vec![0; length];
    let count = os_error(vm, raw::option(number, level, name, &mut bytes))?;
    PyBytes::try_new_value(vm, bytes.get(..count).unwrap_or_default())
}

fn sock_setsockopt(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    if !(3..=4).contains(&args.len()) {
        let got = args.len();
        let bound = if got < 3 { "exactly 3" } else { "at most 4" };
        return Err(vm.type_error(format!("setsockopt() takes {bound} arguments ({got} given)")));
    }
    let number = this.receiver::<PySocket>().fd.get();
    let argument = |index: usize| args.get(index).map_or(Ok(0), |value| number::as_i32(vm, value));
    let (level, name) = (argument(0)?, argument(1)?);
    let value = args.get(2).cloned().unwrap_or(Value::NONE);
    let result = if args.len() == 4 {
        let length = u32::try_from(argument(3)?).unwrap_or(0);
        raw::set_option_length(number, level, name, length)
    } else if number::is_int(&value) {
        let value = number::as_i32(vm, &value)?;
        raw::set_option(number, level, name, &value.to_ne_bytes())
    } else {
        let bytes = buffer::bytes_like(vm, &value)?.to_vec();
        raw::set_option(number, level, name, &bytes)
    };
    os_error(vm, result)?;
    Ok(Value::NONE)
}

fn sock_listen(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "listen", args.len(), 0, 1)?;
    let backlog = args.first().map_or(Ok(128), |value| number::as_i32(vm, value))?;
    let number = this.receiver::<PySocket>().fd.get();
    os_error(vm, vm.allow_threads(|| raw::listen(number, backlog.max(0))))?;
    Ok(Value::NONE)
}

fn sock_shutdown(vm: Vm<'_>, this: &Value, how: &Value) -> PyResult<Value> {
    let how = number::as_i32(vm, how)?;
    let number = this.receiver::<PySocket>().fd.get();
    os_error(vm, vm.allow_threads(|| raw::shutdown(number, how)))?;
    Ok(Value::NONE)
}

/// The family, for addresses of calls in `transfer`.
pub(super) fn family_of(this: &Value) -> i32 {
    this.receiver::<PySocket>().family.get()
}
