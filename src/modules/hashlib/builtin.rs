//! `_md5`, `_sha1` and `_sha2`: message digests over the RustCrypto crates.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::module;
use objects::types::str::PyStr;
use objects::{getset, methods, payload};

use super::digest::{self, Algorithm, Digest};
use super::{data_of, feed, hex};
use crate::NativeModule;

/// `_md5`
pub static MD5: NativeModule = NativeModule {
    name: "_md5",
    functions: MD5_FUNCTIONS,
    exec: Some(exec_md5),
    ..NativeModule::DEFAULT
};
/// `_sha1`
pub static SHA1: NativeModule = NativeModule {
    name: "_sha1",
    functions: SHA1_FUNCTIONS,
    exec: Some(exec_sha1),
    ..NativeModule::DEFAULT
};
/// `_sha2`
pub static SHA2: NativeModule = NativeModule {
    name: "_sha2",
    functions: SHA2_FUNCTIONS,
    exec: Some(exec_sha2),
    ..NativeModule::DEFAULT
};

struct State(HotCell<Digest>);

impl Traverse for State {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

macro_rules! hash_types {
    ($($payload:ident $class:ident $spec:ident $name:literal;)*) => {
        $(
            payload! {
                /// The payload of a hash object.
                struct $payload: $class {
                    state: State,
                }
            }

            static $class: StaticType = StaticType::new::<$payload>();

            const $spec: TypeSpec = TypeSpec {
                name: $name,
                flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE,
                methods: METHODS,
                getset: GETSET,
                ..TypeSpec::DEFAULT
            };
        )*

        fn state_of(value: &Value) -> &HotCell<Digest> {
            $(if let Some(this) = value.downcast::<$payload>() {
                return &this.state.0;
            })*
            &value.receiver::<PySha512>().state.0
        }
    };
}

hash_types! {
    PyMd5 MD5_TYPE MD5_SPEC "_md5.md5";
    PySha1 SHA1_TYPE SHA1_SPEC "_sha1.sha1";
    PySha224 SHA224_TYPE SHA224_SPEC "_sha2.SHA224Type";
    PySha256 SHA256_TYPE SHA256_SPEC "_sha2.SHA256Type";
    PySha384 SHA384_TYPE SHA384_SPEC "_sha2.SHA384Type";
    PySha512 SHA512_TYPE SHA512_SPEC "_sha2.SHA512Type";
}

methods! { METHODS:
    /// Return a copy of the hash object.
    ["copy"] "($self, /)" None(hash_copy);
    /// Return the digest value as a bytes object.
    ["digest"] "($self, /)" None(hash_digest);
    /// Return the digest value as a string of hexadecimal digits.
    ["hexdigest"] "($self, /)" None(hash_hexdigest);
    /// Update this hash object's state with the provided string.
    ["update"] "($self, obj, /)" One(hash_update);
}

getset! { GETSET:
    ["block_size"] hash_block_size;
    ["name"] hash_name;
    ["digest_size"] hash_digest_size;
}

methods! { MD5_FUNCTIONS:
    /// Return a new MD5 hash object; optionally initialized with a string.
    ["md5"] "($module, /, data=b'', *, usedforsecurity=True, string=None)" Any(new_md5);
}

methods! { SHA1_FUNCTIONS:
    /// Return a new SHA1 hash object; optionally initialized with a string.
    ["sha1"] "($module, /, data=b'', *, usedforsecurity=True, string=None)" Any(new_sha1);
}

methods! { SHA2_FUNCTIONS:
    /// Return a new SHA-224 hash object; optionally initialized with a string.
    ["sha224"] "($module, /, data=b'', *, usedforsecurity=True, string=None)" Any(new_sha224);
    /// Return a new SHA-256 hash object; optionally initialized with a string.
    ["sha256"] "($module, /, data=b'', *, usedforsecurity=True, string=None)" Any(new_sha256);
    /// Return a new SHA-384 hash object; optionally initialized with a string.
    ["sha384"] "($module, /, data=b'', *, usedforsecurity=True, string=None)" Any(new_sha384);
    /// Return a new SHA-512 hash object; optionally initialized with a string.
    ["sha512"] "($module, /, data=b'', *, usedforsecurity=True, string=None)" Any(new_sha512);
}

fn exec_md5(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, &[(&MD5_TYPE, &MD5_SPEC)])?;
    module::add(vm, this, "MD5Type", MD5_TYPE.get().to_value());
    module::add(vm, this, "_GIL_MINSIZE", Value::small_int_unchecked(2048));
    Ok(())
}

fn exec_sha1(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, &[(&SHA1_TYPE, &SHA1_SPEC)])?;
    module::add(vm, this, "SHA1Type", SHA1_TYPE.get().to_value());
    module::add(vm, this, "_GIL_MINSIZE", Value::small_int_unchecked(2048));
    Ok(())
}

fn exec_sha2(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(
        vm,
        &[
            (&SHA224_TYPE, &SHA224_SPEC),
            (&SHA256_TYPE, &SHA256_SPEC),
            (&SHA384_TYPE, &SHA384_SPEC),
            (&SHA512_TYPE, &SHA512_SPEC),
        ],
    )?;
    module::add(vm, this, "SHA224Type", SHA224_TYPE.get().to_value());
    module::add(vm, this, "SHA256Type", SHA256_TYPE.get().to_value());
    module::add(vm, this, "SHA384Type", SHA384_TYPE.get().to_value());
    module::add(vm, this, "SHA512Type", SHA512_TYPE.get().to_value());
    module::add(vm, this, "_GIL_MINSIZE", Value::small_int_unchecked(2048));
    Ok(())
}

fn object_of(vm: Vm<'_>, digest: Digest) -> Value {
    let name = digest.algorithm.name;
    let state = State(HotCell::new(digest));
    match name {
        "md5" => PyRef::new(vm, PyMd5 { state }).into_value(),
        "sha1" => PyRef::new(vm, PySha1 { state }).into_value(),
        "sha224" => PyRef::new(vm, PySha224 { state }).into_value(),
        "sha256" => PyRef::new(vm, PySha256 { state }).into_value(),
        "sha384" => PyRef::new(vm, PySha384 { state }).into_value(),
        _ => PyRef::new(vm, PySha512 { state }).into_value(),
    }
}

fn begin(vm: Vm<'_>, algorithm: &'static Algorithm, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(data=b'', *, usedforsecurity=True, string=None)");
    let bound = SIGNATURE.bind(vm, algorithm.name, args)?;
    let mut digest = Digest::new(algorithm);
    if let Some(data) = data_of(vm, bound.get(0), bound.get_non_none(2))? {
        digest.update(&feed(vm, data)?);
    }
    Ok(object_of(vm, digest))
}

macro_rules! constructors {
    ($($name:ident $algorithm:ident;)*) => {
        $(fn $name(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
            begin(vm, &digest::$algorithm, args)
        })*
    };
}

constructors! {
    new_md5 MD5;
    new_sha1 SHA1;
    new_sha224 SHA224;
    new_sha256 SHA256;
    new_sha384 SHA384;
    new_sha512 SHA512;
}

fn hash_copy(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(object_of(vm, state_of(this).get()))
}

fn hash_digest(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &state_of(this).with(Digest::digest))
}

fn hash_hexdigest(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    hex(vm, &state_of(this).with(Digest::digest))
}

fn hash_update(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    let data = feed(vm, data)?;
    state_of(this).with_mut(|digest| digest.update(&data));
    Ok(Value::NONE)
}

fn hash_block_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state_of(this).with(|digest| digest.algorithm.block_size)))
}

fn hash_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, state_of(this).with(|digest| digest.algorithm.name)))
}

fn hash_digest_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state_of(this).with(|digest| digest.algorithm.digest_size)))
}
