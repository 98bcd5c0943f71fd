//! Sending and receiving.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::list::PyList;
use objects::types::tuple::PyTuple;
use rustix::io::Errno;

use super::object::{Direction, call, deadline_of, family_of};
use super::{address, check_arguments};
use crate::posix::raw::socket as raw;
use crate::sys::hooks;

fn small(number: i32) -> Value {
    Value::small_int_unchecked(i64::from(number))
}

fn flags(vm: Vm<'_>, args: &[Value], index: usize) -> PyResult<i32> {
    args.get(index).map_or(Ok(0), |value| number::as_i32(vm, value))
}

fn size(vm: Vm<'_>, value: Option<&Value>, function: &str) -> PyResult<usize> {
    let size = value.map_or(Ok(0), |value| number::as_isize(vm, value))?;
    usize::try_from(size).map_err(|_| vm.value_error(format!("negative buffersize in {function}")))
}

/// Room for so many bytes.
fn room(vm: Vm<'_>, size: usize) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(size).is_err() {
        return Err(vm.memory_error());
    }
    bytes.resize(size, 0);
    Ok(bytes)
}

pub(super) fn sock_recv(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "recv", args.len(), 1, 2)?;
    let size = size(vm, args.first(), "recv")?;
    let flags = flags(vm, args, 1)?;
    let mut target = room(vm, size)?;
    let deadline = deadline_of(this);
    let count =
        call(vm, this, Direction::Read, deadline, |fd| raw::receive(fd, &mut target, flags))?;
    PyBytes::try_new_value(vm, target.get(..count).unwrap_or_default())
}

pub(super) fn sock_recvfrom(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "recvfrom", args.len(), 1, 2)?;
    let size = size(vm, args.first(), "recvfrom")?;
    let flags = flags(vm, args, 1)?;
    let mut target = room(vm, size)?;
    let deadline = deadline_of(this);
    let (count, peer) =
        call(vm, this, Direction::Read, deadline, |fd| raw::receive_from(fd, &mut target, flags))?;
    let bytes = PyBytes::try_new_value(vm, target.get(..count).unwrap_or_default())?;
    Ok(PyTuple::new_value(vm, &[bytes, address::value(vm, &peer)?]))
}

/// How much of a caller's buffer is to be filled.
fn wanted(vm: Vm<'_>, target: usize, args: &[Value], function: &str) -> PyResult<usize> {
    let size = size(vm, args.get(1), function)?;
    if size > target {
        let message = match function {
            "recvfrom_into" => "nbytes is greater than the length of the buffer",
            _ => "buffer too small for requested bytes",
        };
        return Err(vm.value_error(message));
    }
    Ok(if size == 0 { target } else { size })
}

pub(super) fn sock_recv_into(
    vm: Vm<'_>,
    this: &Value,
    args: objects::core::args::Args<'_>,
) -> PyResult<Value> {
    let values = named(&args, &["buffer", "nbytes", "flags"]);
    check_arguments(vm, "recv_into", values.len(), 1, 3)?;
    receive_into(vm, this, &values, "recv_into").map(|(count, _)| count)
}

pub(super) fn sock_recvfrom_into(
    vm: Vm<'_>,
    this: &Value,
    args: objects::core::args::Args<'_>,
) -> PyResult<Value> {
    let values = named(&args, &["buffer", "nbytes", "flags"]);
    check_arguments(vm, "recvfrom_into", values.len(), 1, 3)?;
    let (count, peer) = receive_into(vm, this, &values, "recvfrom_into")?;
    Ok(PyTuple::new_value(vm, &[count, address::value(vm, &peer)?]))
}

/// Positional arguments, then those given by these names; one that is left out before another is 0.
fn named(args: &objects::core::args::Args<'_>, names: &[&str]) -> Vec<Value> {
    let mut values = args.positional().to_vec();
    for (index, name) in names.iter().enumerate().skip(values.len()) {
        if let Some(value) = args.keyword(name) {
            values.resize(index, small(0));
            values.push(value.clone());
        }
    }
    values
}

fn receive_into(
    vm: Vm<'_>,
    this: &Value,
    args: &[Value],
    function: &str,
) -> PyResult<(Value, raw::Address)> {
    let target = args.first().cloned().unwrap_or(Value::NONE);
    let buffer = buffer::writable(vm, &target, function)?;
    let size = wanted(vm, buffer.byte_count(), args, function)?;
    let flags = flags(vm, args, 2)?;
    let mut bytes = room(vm, size)?;
    let deadline = deadline_of(this);
    let (count, peer) = call(vm, this, Direction::Read, deadline, |fd| {
        if function == "recvfrom_into" {
            raw::receive_from(fd, &mut bytes, flags)
        } else {
            raw::receive(fd, &mut bytes, flags).map(|count| (count, raw::Address::None))
        }
    })?;
    buffer.with_bytes_mut(|target| {
        for (place, byte) in target.iter_mut().zip(bytes.iter().take(count)) {
            *place = *byte;
        }
    });
    Ok((Value::from_usize(count), peer))
}

pub(super) fn sock_send(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "send", args.len(), 1, 2)?;
    let bytes = match args.first() {
        Some(data) => buffer::bytes_like(vm, data)?.to_vec(),
        None => Vec::new(),
    };
    let flags = flags(vm, args, 1)?;
    let deadline = deadline_of(this);
    let count = call(vm, this, Direction::Write, deadline, |fd| raw::send(fd, &bytes, flags))?;
    Ok(Value::from_usize(count))
}

pub(super) fn sock_sendall(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "sendall", args.len(), 1, 2)?;
    let bytes = match args.first() {
        Some(data) => buffer::bytes_like(vm, data)?.to_vec(),
        None => Vec::new(),
    };
    let flags = flags(vm, args, 1)?;
    // One deadline for the whole.
    let deadline = deadline_of(this);
    let mut rest = bytes.as_slice();
    loop {
        let count = call(vm, this, Direction::Write, deadline, |fd| raw::send(fd, rest, flags))?;
        rest = rest.get(count..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(Value::NONE);
        }
        vm.poll()?;
    }
}

pub(super) fn sock_sendto(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let (data, flags, given) = match args {
        [data, given] => (data, 0, given),
        [data, flags, given] => (data, number::as_i32(vm, flags)?, given),
        _ => {
            let got = args.len();
            return Err(vm.type_error(format!("sendto() takes 2 or 3 arguments ({got} given)")));
        }
    };
    let bytes = buffer::bytes_like(vm, data)?.to_vec();
    let target = address::parse(vm, "sendto", family_of(this), given)?;
    hooks::raise_event(vm, "socket.sendto", &[this.clone(), given.clone()])?;
    let deadline = deadline_of(this);
    let count =
        call(vm, this, Direction::Write, deadline, |fd| raw::send_to(fd, &bytes, flags, &target))?;
    Ok(Value::from_usize(count))
}

/// Ancillary data as Python has it.
fn ancillary_value(vm: Vm<'_>, pieces: &[raw::Ancillary]) -> PyResult<Value> {
    let mut all = Vec::with_capacity(pieces.len());
    for (level, kind, bytes) in pieces {
        let bytes = PyBytes::try_new_value(vm, bytes)?;
        all.push(PyTuple::new_value(vm, &[small(*level), small(*kind), bytes]));
    }
    PyList::try_new_value(vm, all)
}

fn receive_message(
    vm: Vm<'_>,
    this: &Value,
    args: &[Value],
    targets: &mut [Vec<u8>],
) -> PyResult<raw::Message> {
    let ancillary = args.get(1).map_or(Ok(0), |value| number::as_isize(vm, value))?;
    let ancillary = match usize::try_from(ancillary) {
        Ok(size) if size <= i32::MAX.unsigned_abs() as usize => size,
        _ => return Err(vm.value_error("invalid ancillary data buffer length")),
    };
    let flags = flags(vm, args, 2)?;
    let deadline = deadline_of(this);
    call(vm, this, Direction::Read, deadline, |fd| {
        raw::receive_message(fd, targets, ancillary, flags)
    })
}

pub(super) fn sock_recvmsg(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "recvmsg", args.len(), 1, 3)?;
    let size = args.first().map_or(Ok(0), |value| number::as_isize(vm, value))?;
    let Ok(size) = usize::try_from(size) else {
        return Err(vm.value_error("negative buffer size in recvmsg()"));
    };
    let mut target = [room(vm, size)?];
    let message = receive_message(vm, this, args, &mut target)?;
    let [bytes] = target;
    let bytes = PyBytes::try_new_value(vm, bytes.get(..message.count).unwrap_or_default())?;
    let items = [
        bytes,
        ancillary_value(vm, &message.ancillary)?,
        small(message.flags),
        address::value(vm, &message.address)?,
    ];
    Ok(PyTuple::new_value(vm, &items))
}

pub(super) fn sock_recvmsg_into(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "recvmsg_into", args.len(), 1, 3)?;
    let list = args.first().cloned().unwrap_or(Value::NONE);
    let objects = vm.collect_or(&list, "recvmsg_into() argument 1 must be an iterable")?;
    let mut buffers = Vec::with_capacity(objects.len());
    let mut targets = Vec::with_capacity(objects.len());
    for object in &objects {
        let buffer = buffer::writable(vm, object, "recvmsg_into")?;
        targets.push(room(vm, buffer.byte_count())?);
        buffers.push(buffer);
    }
    let message = receive_message(vm, this, args, &mut targets)?;
    let mut left = message.count;
    for (buffer, bytes) in buffers.iter().zip(&targets) {
        let count = bytes.len().min(left);
        left -= count;
        buffer.with_bytes_mut(|target| {
            for (place, byte) in target.iter_mut().zip(bytes.iter().take(count)) {
                *place = *byte;
            }
        });
    }
    let items = [
        Value::from_usize(message.count),
        ancillary_value(vm, &message.ancillary)?,
        small(message.flags),
        address::value(vm, &message.address)?,
    ];
    Ok(PyTuple::new_value(vm, &items))
}

/// Ancillary data as the system wants it.
fn ancillary(vm: Vm<'_>, value: Option<&Value>) -> PyResult<Vec<raw::Ancillary>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for piece in vm.collect_or(value, "sendmsg() argument 2 must be an iterable")? {
        let Some([level, kind, data]) = address::items(&piece) else {
            return Err(vm.type_error("[sendmsg() ancillary data items] must be a tuple of three"));
        };
        all.push((
            number::as_i32(vm, level)?,
            number::as_i32(vm, kind)?,
            buffer::bytes_like(vm, data)?.to_vec(),
        ));
    }
    Ok(all)
}

pub(super) fn sock_sendmsg(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_arguments(vm, "sendmsg", args.len(), 1, 4)?;
    let list = args.first().cloned().unwrap_or(Value::NONE);
    let mut parts = Vec::new();
    for part in vm.collect_or(&list, "sendmsg() argument 1 must be an iterable")? {
        parts.push(buffer::bytes_like(vm, &part)?.to_vec());
    }
    let pieces = ancillary(vm, args.get(1))?;
    let flags = flags(vm, args, 2)?;
    let given = args.get(3).filter(|given| !given.is_none());
    let target =
        given.map(|given| address::parse(vm, "sendmsg", family_of(this), given)).transpose()?;
    let audited = given.cloned().unwrap_or(Value::NONE);
    hooks::raise_event(vm, "socket.sendmsg", &[this.clone(), audited])?;
    let deadline = deadline_of(this);
    let count = call(vm, this, Direction::Write, deadline, |fd| -> Result<usize, Errno> {
        raw::send_message(fd, &parts, &pieces, flags, target.as_ref())
    })?;
    Ok(Value::from_usize(count))
}
