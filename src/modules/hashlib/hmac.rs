//! `_hmac`, and the objects that it shares with `_hashlib`: keyed digests.

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
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;
use objects::types::str::PyStr;
use objects::{getset, methods, payload};

use super::digest::{Algorithm, Keyed};
use super::{feed, hex};
use crate::NativeModule;

/// The row of `_hmac`.
pub static MODULE: NativeModule =
    NativeModule { name: "_hmac", functions: FUNCTIONS, exec: Some(exec), ..NativeModule::DEFAULT };

struct State(HotCell<Keyed>);

impl Traverse for State {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a keyed digest.
    pub(super) struct PyKeyed: HMAC {
        state: State,
    }
}

/// `_hmac.HMAC`
static HMAC: StaticType = StaticType::new::<PyKeyed>();
/// `_hashlib.HMAC`
pub(super) static OPENSSL_HMAC: StaticType = StaticType::sharing::<PyKeyed>(&HMAC);

const HMAC_SPEC: TypeSpec = TypeSpec {
    name: "_hmac.HMAC",
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE,
    slots: &[Slot::Repr(repr)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `_hashlib.HMAC`.
pub(super) const OPENSSL_HMAC_SPEC: TypeSpec = TypeSpec {
    name: "_hashlib.HMAC",
    doc: Some(
        "The object used to calculate HMAC of a message.\n\nMethods:\n\nupdate() -- updates the current digest with an additional string\ndigest() -- return the current digest value\nhexdigest() -- return the current digest as a string of hexadecimal digits\ncopy() -- return a copy of the current hash object\n\nAttributes:\n\nname -- the name, including the hash algorithm used by this object\ndigest_size -- number of bytes in digest() output\n",
    ),
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE,
    slots: &[Slot::Repr(repr)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

static UNKNOWN_HASH_ERROR: StaticType = StaticType::inheriting();
const UNKNOWN_HASH_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "_hmac.UnknownHashError",
    base: Some(&exc::VALUE_ERROR),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return a copy ("clone") of the HMAC object.
    ["copy"] "($self, /)" None(copy);
    /// Update the HMAC object with the given message.
    ["update"] "($self, /, msg)" Bound(update);
    /// Return the digest of the bytes passed to the update() method so far.
    ["digest"] "($self, /)" None(digest);
    /// Return hexadecimal digest of the bytes passed to the update() method so far.
    ///
    /// This may be used to exchange the value safely in email or other
    /// non-binary environments.
    ["hexdigest"] "($self, /)" None(hexdigest);
}

getset! { GETSET:
    ["name"] name;
    ["block_size"] block_size;
    ["digest_size"] digest_size;
}

methods! { FUNCTIONS:
    /// Return a new HMAC object.
    ["new"] "($module, /, key, msg=None, digestmod=None)" Bound(new);
    ["compute_digest"] "($module, /, key, msg, digest)" Bound(compute_digest);
    ["compute_md5"] "($module, key, msg, /)" Bound(compute_md5);
    ["compute_sha1"] "($module, key, msg, /)" Bound(compute_sha1);
    ["compute_sha224"] "($module, key, msg, /)" Bound(compute_sha224);
    ["compute_sha256"] "($module, key, msg, /)" Bound(compute_sha256);
    ["compute_sha384"] "($module, key, msg, /)" Bound(compute_sha384);
    ["compute_sha512"] "($module, key, msg, /)" Bound(compute_sha512);
    ["compute_sha3_224"] "($module, key, msg, /)" Bound(compute_sha3_224);
    ["compute_sha3_256"] "($module, key, msg, /)" Bound(compute_sha3_256);
    ["compute_sha3_384"] "($module, key, msg, /)" Bound(compute_sha3_384);
    ["compute_sha3_512"] "($module, key, msg, /)" Bound(compute_sha3_512);
    ["compute_blake2s_32"] "($module, key, msg, /)" Bound(compute_blake2s);
    ["compute_blake2b_32"] "($module, key, msg, /)" Bound(compute_blake2b);
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &HMAC, &HMAC_SPEC)?;
    objects::types::ready(vm, &UNKNOWN_HASH_ERROR, &UNKNOWN_HASH_ERROR_SPEC)?;
    module::add(vm, target, "HMAC", HMAC.get().to_value());
    module::add(vm, target, "UnknownHashError", UNKNOWN_HASH_ERROR.get().to_value());
    module::add(vm, target, "_GIL_MINSIZE", Value::small_int_unchecked(2048));
    Ok(())
}

/// The object of `_hashlib` for a keyed digest.
pub(super) fn openssl_object(vm: Vm<'_>, keyed: Keyed) -> Value {
    let state = State(HotCell::new(keyed));
    PyRef::new_of(vm, OPENSSL_HMAC.get(), PyKeyed { state }).into_value()
}

fn state(this: &Value) -> &HotCell<Keyed> {
    &this.receiver::<PyKeyed>().state.0
}

fn repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let algorithm = state(this).with(Keyed::algorithm).name;
    Ok(PyStr::new_value(vm, &format!("<{algorithm} HMAC object @ {:#x}>", this.id())))
}

fn copy(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let state = State(HotCell::new(state(this).get()));
    Ok(PyRef::try_new_of(vm, this.class(), PyKeyed { state })?.into_value())
}

fn update(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = feed(vm, args.required(0))?;
    state(this).with_mut(|keyed| keyed.update(&data));
    Ok(Value::NONE)
}

fn digest(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &state(this).with(Keyed::digest))
}

fn hexdigest(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    hex(vm, &state(this).with(Keyed::digest))
}

fn name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, &format!("hmac-{}", state(this).with(Keyed::algorithm).name)))
}

fn block_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state(this).with(Keyed::algorithm).block_size))
}

fn digest_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state(this).with(Keyed::algorithm).digest_size))
}

/// The algorithms that this module has: no OpenSSL behind it.
fn known(algorithm: &Algorithm) -> bool {
    let name = algorithm.name;
    matches!(name, "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512")
        || name.starts_with("sha3_")
}

/// The algorithm that `digestmod` names.
fn algorithm_of(vm: Vm<'_>, digestmod: &Value) -> PyResult<&'static Algorithm> {
    if let Some(name) = digestmod.downcast::<PyStr>() {
        let name = name.to_rust_string();
        if let Some(algorithm) = Algorithm::spelt(&name).filter(|found| known(found)) {
            return Ok(algorithm);
        }
        if matches!(
            name.to_ascii_lowercase().as_str(),
            "blake2b" | "blake2s" | "blake2b_32" | "blake2s_32"
        ) {
            return Err(vm.value_error("invalid HACL* algorithm"));
        }
    }
    let shown = vm.repr(digestmod)?.to_rust_string();
    Err(vm.error(&UNKNOWN_HASH_ERROR, format!("unsupported hash type: {shown}")))
}

fn new(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let Some(digestmod) = args.get(2) else {
        return Err(vm.type_error("new() missing 1 required argument 'digestmod'"));
    };
    let algorithm = algorithm_of(vm, digestmod)?;
    let mut keyed = Keyed::new(algorithm, &feed(vm, args.required(0))?);
    if let Some(data) = args.get_non_none(1) {
        keyed.update(&feed(vm, data)?);
    }
    let state = State(HotCell::new(keyed));
    Ok(PyRef::try_new(vm, PyKeyed { state })?.into_value())
}

fn compute(vm: Vm<'_>, algorithm: &'static Algorithm, args: &Bound<'_>) -> PyResult<Value> {
    let key = feed(vm, args.required(0))?;
    let mut keyed = Keyed::new(algorithm, &key);
    keyed.update(&feed(vm, args.required(1))?);
    PyBytes::try_new_value(vm, &keyed.digest())
}

fn compute_digest(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    compute(vm, algorithm_of(vm, args.required(2))?, args)
}

macro_rules! computing {
    ($($function:ident $name:literal;)*) => {$(
        fn $function(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
            let Some(algorithm) = Algorithm::spelt($name) else { return Ok(Value::NONE) };
            compute(vm, algorithm, args)
        }
    )*};
}

computing! {
    compute_md5 "md5";
    compute_sha1 "sha1";
    compute_sha224 "sha224";
    compute_sha256 "sha256";
    compute_sha384 "sha384";
    compute_sha512 "sha512";
    compute_sha3_224 "sha3_224";
    compute_sha3_256 "sha3_256";
    compute_sha3_384 "sha3_384";
    compute_sha3_512 "sha3_512";
    compute_blake2s "blake2s";
    compute_blake2b "blake2b";
}
