//! `_uuid`: identifiers out of the time and the machine's network card (RFC 9562, version 1).

use std::fs;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::bytes::PyBytes;
use objects::types::module;
use objects::types::tuple::PyTuple;

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule =
    NativeModule { name: "_uuid", functions: FUNCTIONS, exec: Some(exec), ..NativeModule::DEFAULT };

methods! { FUNCTIONS:
    ["generate_time_safe"] "($self, /)" None(generate);
}

/// Between the calendar's reform and the epoch, in steps of 100 nanoseconds.
const REFORM: u64 = 0x01b2_1dd2_1381_4000;

/// What no two identifiers of this process share.
struct Clock {
    node: [u8; 6],
    sequence: u16,
    last: u64,
}

static CLOCK: Mutex<Option<Clock>> = Mutex::new(None);

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    module::add(vm, target, "has_uuid_generate_time_safe", Value::small_int_unchecked(1));
    module::add(vm, target, "has_stable_extractable_node", Value::small_int_unchecked(0));
    Ok(())
}

fn random<const N: usize>(vm: Vm<'_>) -> PyResult<[u8; N]> {
    let mut bytes = [0; N];
    match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
        Ok(_) => Ok(bytes),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

/// The address of the first network card that has one of its own.
fn card() -> Option<[u8; 6]> {
    let mut cards: Vec<_> = fs::read_dir("/sys/class/net").ok()?.flatten().collect();
    cards.sort_by_key(fs::DirEntry::file_name);
    cards.iter().find_map(|card| {
        let text = fs::read_to_string(card.path().join("address")).ok()?;
        let bytes: Option<Vec<u8>> =
            text.trim().split(':').map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
        bytes?.try_into().ok().filter(|address| *address != [0; 6])
    })
}

/// A time that no identifier of this process has yet, and the clock's sequence and node.
fn next(vm: Vm<'_>) -> PyResult<(u64, u16, [u8; 6])> {
    let [high, low, node @ ..] = random::<8>(vm)?;
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(elapsed.as_nanos() / 100).unwrap_or(0).wrapping_add(REFORM);
    let mut clock = CLOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let clock = clock.get_or_insert_with(|| {
        // What stands for a card is marked as a group's address, which no card has.
        let [first, rest @ ..] = node;
        let [a, b, c, d, e] = rest;
        let node = card().unwrap_or([first | 1, a, b, c, d, e]);
        Clock { node, sequence: u16::from_be_bytes([high, low]) & 0x3fff, last: 0 }
    });
    if now.saturating_add(10_000_000) < clock.last {
        // The clock was put back.
        clock.sequence = clock.sequence.wrapping_add(1) & 0x3fff;
        clock.last = now;
    } else {
        clock.last = now.max(clock.last.wrapping_add(1));
    }
    Ok((clock.last, clock.sequence, clock.node))
}

fn generate(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let (time, sequence, node) = next(vm)?;
    let [h0, h1, m0, m1, l0, l1, l2, l3] = time.to_be_bytes();
    let [s0, s1] = sequence.to_be_bytes();
    let mut bytes = vec![l0, l1, l2, l3, m0, m1, h0 & 0x0f | 0x10, h1, s0 & 0x3f | 0x80, s1];
    bytes.extend_from_slice(&node);
    let bytes = PyBytes::try_new_value(vm, &bytes)?;
    // Another process may give out the same time: nothing watches over all of them.
    Ok(PyTuple::new_value(vm, &[bytes, Value::small_int_unchecked(-1)]))
}
