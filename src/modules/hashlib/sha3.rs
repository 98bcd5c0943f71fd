//! `_sha3`: SHA-3 and SHAKE.

use base::keccak::Sponge;
use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{GetSetDef, MethodDef, TypeSpec};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;
use objects::types::{int, module};
use objects::{getset, methods, payload};

use super::{data_of, feed, hex};
use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "_sha3", exec: Some(exec), ..NativeModule::DEFAULT };

/// Beyond it, no output is given at once.
const LENGTH_MAX: u64 = 1 << 29;

#[derive(Clone)]
struct Hash {
    sponge: Sponge,
    name: &'static str,
    /// Bytes of the digest; 0 where the caller says how many.
    digest_size: usize,
}

struct State(HotCell<Hash>);

impl Traverse for State {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a hash object.
    struct PySha3: SHA3_224 {
        state: State,
    }
}

static SHA3_224: StaticType = StaticType::new::<PySha3>();
static SHA3_256: StaticType = StaticType::sharing::<PySha3>(&SHA3_224);
static SHA3_384: StaticType = StaticType::sharing::<PySha3>(&SHA3_224);
static SHA3_512: StaticType = StaticType::sharing::<PySha3>(&SHA3_224);
static SHAKE_128: StaticType = StaticType::sharing::<PySha3>(&SHA3_224);
static SHAKE_256: StaticType = StaticType::sharing::<PySha3>(&SHA3_224);

const fn spec(
    name: &'static str,
    doc: &'static str,
    slots: &'static [Slot],
    methods: &'static [MethodDef],
    getset: &'static [GetSetDef],
) -> TypeSpec {
    TypeSpec { name, doc: Some(doc), slots, methods, getset, ..TypeSpec::DEFAULT }
}

macro_rules! kinds {
    ($($function:ident $spec:ident $name:literal $qualified:literal $doc:literal $methods:ident $size:literal $rate:literal $suffix:literal;)*) => {$(
        const $spec: TypeSpec = spec($qualified, $doc, &[Slot::New($function)], $methods, GETSET);

        fn $function(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
            let sponge = Sponge::new($rate, $suffix);
            begin(vm, class, args, Hash { sponge, name: $name, digest_size: $size })
        }
    )*};
}

kinds! {
    new_224 SHA3_224_SPEC "sha3_224" "_sha3.sha3_224" "sha3_224([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 28 bytes." METHODS 28 144 6;
    new_256 SHA3_256_SPEC "sha3_256" "_sha3.sha3_256" "sha3_256([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 32 bytes." METHODS 32 136 6;
    new_384 SHA3_384_SPEC "sha3_384" "_sha3.sha3_384" "sha3_384([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 48 bytes." METHODS 48 104 6;
    new_512 SHA3_512_SPEC "sha3_512" "_sha3.sha3_512" "sha3_512([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 64 bytes." METHODS 64 72 6;
    new_shake_128 SHAKE_128_SPEC "shake_128" "_sha3.shake_128" "shake_128([data], *, usedforsecurity=True) -> SHAKE object\n\nReturn a new SHAKE hash object." SHAKE_METHODS 0 168 0x1f;
    new_shake_256 SHAKE_256_SPEC "shake_256" "_sha3.shake_256" "shake_256([data], *, usedforsecurity=True) -> SHAKE object\n\nReturn a new SHAKE hash object." SHAKE_METHODS 0 136 0x1f;
}

methods! { METHODS:
    /// Return a copy of the hash object.
    ["copy"] "($self, /)" None(copy);
    /// Return the digest value as a bytes object.
    ["digest"] "($self, /)" None(digest);
    /// Return the digest value as a string of hexadecimal digits.
    ["hexdigest"] "($self, /)" None(hexdigest);
    /// Update this hash object's state with the provided bytes-like object.
    ["update"] "($self, data, /)" One(update);
}

methods! { SHAKE_METHODS:
    /// Return a copy of the hash object.
    ["copy"] "($self, /)" None(copy);
    /// Return the digest value as a bytes object.
    ["digest"] "($self, /, length)" Bound(shake_digest);
    /// Return the digest value as a string of hexadecimal digits.
    ["hexdigest"] "($self, /, length)" Bound(shake_hexdigest);
    /// Update this hash object's state with the provided bytes-like object.
    ["update"] "($self, data, /)" One(update);
}

getset! { GETSET:
    ["block_size"] get_block_size;
    ["name"] get_name;
    ["digest_size"] get_digest_size;
    ["_capacity_bits"] get_capacity_bits;
    ["_rate_bits"] get_rate_bits;
    ["_suffix"] get_suffix;
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    let types = [
        (&SHA3_224, &SHA3_224_SPEC, "sha3_224"),
        (&SHA3_256, &SHA3_256_SPEC, "sha3_256"),
        (&SHA3_384, &SHA3_384_SPEC, "sha3_384"),
        (&SHA3_512, &SHA3_512_SPEC, "sha3_512"),
        (&SHAKE_128, &SHAKE_128_SPEC, "shake_128"),
        (&SHAKE_256, &SHAKE_256_SPEC, "shake_256"),
    ];
    for (class, spec, name) in types {
        objects::types::ready(vm, class, spec)?;
        module::add(vm, this, name, class.get().to_value());
    }
    module::add(vm, this, "implementation", PyStr::new_value(vm, "HACL"));
    module::add(vm, this, "_GIL_MINSIZE", Value::small_int_unchecked(2048));
    Ok(())
}

fn begin(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>, mut hash: Hash) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(data=b'', *, usedforsecurity=True, string=None)");
    let bound = SIGNATURE.bind(vm, "sha3_224", args)?;
    let data = data_of(vm, bound.get(0), bound.get_non_none(2))?;
    if let Some(data) = data {
        hash.sponge.update(&feed(vm, data)?);
    }
    let state = State(HotCell::new(hash));
    Ok(PyRef::try_new_of(vm, class, PySha3 { state })?.into_value())
}

fn state_of(value: &Value) -> &HotCell<Hash> {
    &value.receiver::<PySha3>().state.0
}

fn output(vm: Vm<'_>, value: &Value, length: usize) -> PyResult<Vec<u8>> {
    let mut out = objects::types::bytes::shared::room(vm, length)?;
    state_of(value).with(|hash| hash.sponge.squeeze(length, &mut out));
    Ok(out)
}

fn length_of(vm: Vm<'_>, args: &Bound<'_>) -> PyResult<usize> {
    let number = number::index(vm, args.required(0))?;
    if int::is_negative(&number) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    let Some(length) = int::as_u64(&number) else {
        return Err(vm.overflow_error("Python int too large for C unsigned long"));
    };
    match usize::try_from(length) {
        Ok(usable) if length < LENGTH_MAX => Ok(usable),
        _ => Err(vm.value_error("length is too large")),
    }
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let state = State(HotCell::new(state_of(value).get()));
    Ok(PyRef::try_new_of(vm, value.class(), PySha3 { state })?.into_value())
}

fn digest(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let length = state_of(value).with(|hash| hash.digest_size);
    PyBytes::try_new_value(vm, &output(vm, value, length)?)
}

fn hexdigest(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let length = state_of(value).with(|hash| hash.digest_size);
    hex(vm, &output(vm, value, length)?)
}

fn shake_digest(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let length = length_of(vm, args)?;
    PyBytes::try_new_value(vm, &output(vm, value, length)?)
}

fn shake_hexdigest(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let length = length_of(vm, args)?;
    hex(vm, &output(vm, value, length)?)
}

fn update(vm: Vm<'_>, value: &Value, data: &Value) -> PyResult<Value> {
    let data = feed(vm, data)?;
    state_of(value).with_mut(|hash| hash.sponge.update(&data));
    Ok(Value::NONE)
}

fn get_block_size(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state_of(value).with(|hash| hash.sponge.rate())))
}

fn get_name(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, state_of(value).with(|hash| hash.name)))
}

fn get_digest_size(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state_of(value).with(|hash| hash.digest_size)))
}

fn get_capacity_bits(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(1600 - 8 * state_of(value).with(|hash| hash.sponge.rate())))
}

fn get_rate_bits(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(8 * state_of(value).with(|hash| hash.sponge.rate())))
}

fn get_suffix(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &[state_of(value).with(|hash| hash.sponge.suffix())])
}
