//! The objects of `_hashlib`: hashes by the name of their algorithm, with and without a length of their own.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::bytes::shared::room;
use objects::types::str::PyStr;
use objects::{getset, methods, payload};

use super::digest::Digest;
use super::{feed, hex};

struct State(HotCell<Digest>);

impl Traverse for State {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a hash object.
    pub(super) struct PyNamed: HASH {
        state: State,
    }
}

/// `_hashlib.HASH`
pub(super) static HASH: StaticType = StaticType::new::<PyNamed>();
/// `_hashlib.HASHXOF`
pub(super) static HASHXOF: StaticType = StaticType::sharing::<PyNamed>(&HASH);

/// The spec of `_hashlib.HASH`.
pub(super) const HASH_SPEC: TypeSpec = TypeSpec {
    name: "_hashlib.HASH",
    doc: Some(
        "HASH(name, string=b\"\")\n--\n\nA hash is an object used to calculate a checksum of a string of information.\n\nMethods:\n\nupdate() -- updates the current digest with an additional string\ndigest() -- return the current digest value\nhexdigest() -- return the current digest as a string of hexadecimal digits\ncopy() -- return a copy of the current hash object\n\nAttributes:\n\nname -- the hash algorithm being used by this object\ndigest_size -- number of bytes in this hashes output",
    ),
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE | spec_flags::BASETYPE,
    slots: &[Slot::Repr(repr)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `_hashlib.HASHXOF`.
pub(super) const HASHXOF_SPEC: TypeSpec = TypeSpec {
    name: "_hashlib.HASHXOF",
    doc: Some(
        "HASHXOF(name, string=b\"\")\n--\n\nA hash is an object used to calculate a checksum of a string of information.\n\nMethods:\n\nupdate() -- updates the current digest with an additional string\ndigest(length) -- return the current digest value\nhexdigest(length) -- return the current digest as a string of hexadecimal digits\ncopy() -- return a copy of the current hash object\n\nAttributes:\n\nname -- the hash algorithm being used by this object\ndigest_size -- number of bytes in this hashes output",
    ),
    base: Some(&HASH),
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE | spec_flags::BASETYPE,
    methods: XOF_METHODS,
    getset: XOF_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Update this hash object's state with the provided string.
    ["update"] "($self, obj, /)" One(update);
    /// Return the digest value as a bytes object.
    ["digest"] "($self, /)" None(digest);
    /// Return the digest value as a string of hexadecimal digits.
    ["hexdigest"] "($self, /)" None(hexdigest);
    /// Return a copy of the hash object.
    ["copy"] "($self, /)" None(copy);
}

getset! { GETSET:
    ["digest_size"] digest_size;
    ["block_size"] block_size;
    /// algorithm name.
    ["name"] name;
}

methods! { XOF_METHODS:
    /// Return the digest value as a bytes object.
    ["digest"] "($self, /, length)" Bound(xof_digest);
    /// Return the digest value as a string of hexadecimal digits.
    ["hexdigest"] "($self, /, length)" Bound(xof_hexdigest);
}

getset! { XOF_GETSET:
    ["digest_size"] digest_size;
}

/// The object of a digest.
pub(super) fn object_of(vm: Vm<'_>, digest: Digest) -> Value {
    let class = if digest.algorithm.is_extendable() { &HASHXOF } else { &HASH };
    let state = State(HotCell::new(digest));
    PyRef::new_of(vm, class.get(), PyNamed { state }).into_value()
}

fn state(this: &Value) -> &HotCell<Digest> {
    &this.receiver::<PyNamed>().state.0
}

fn repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let algorithm = state(this).with(|digest| digest.algorithm.name);
    let text = format!("<{algorithm} {} object @ {:#x}>", this.class().name(), this.id());
    Ok(PyStr::new_value(vm, &text))
}

fn update(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    let data = feed(vm, data)?;
    state(this).with_mut(|digest| digest.update(&data));
    Ok(Value::NONE)
}

fn digest(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &state(this).with(Digest::digest))
}

fn hexdigest(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    hex(vm, &state(this).with(Digest::digest))
}

fn copy(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(object_of(vm, state(this).get()))
}

fn squeezed(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Vec<u8>> {
    let length = number::as_ssize(vm, args.required(0))?;
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.error(
            &objects::types::exceptions::hierarchy::SYSTEM_ERROR,
            "Negative size passed to PyBytes_FromStringAndSize",
        ));
    };
    let mut out = room(vm, length)?;
    state(this).with(|digest| digest.squeeze(length, &mut out));
    Ok(out)
}

fn xof_digest(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &squeezed(vm, this, args)?)
}

fn xof_hexdigest(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    hex(vm, &squeezed(vm, this, args)?)
}

fn digest_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state(this).with(|digest| digest.algorithm.digest_size)))
}

fn block_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state(this).with(|digest| digest.algorithm.block_size)))
}

fn name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, state(this).with(|digest| digest.algorithm.name)))
}
