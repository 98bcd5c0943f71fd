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
use sha2::Digest;

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

/// A hash being fed.
#[derive(Clone)]
enum Hasher {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha224(sha2::Sha224),
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

macro_rules! each {
    ($hasher:expr, $inner:ident => $result:expr) => {
        match $hasher {
            Hasher::Md5($inner) => $result,
            Hasher::Sha1($inner) => $result,
            Hasher::Sha224($inner) => $result,
            Hasher::Sha256($inner) => $result,
            Hasher::Sha384($inner) => $result,
            Hasher::Sha512($inner) => $result,
        }
    };
}

impl Hasher {
    fn update(&mut self, data: &[u8]) {
        each!(self, hasher => hasher.update(data));
    }

    fn digest(&self) -> Vec<u8> {
        each!(self, hasher => hasher.clone().finalize().to_vec())
    }

    /// Name, bytes of a digest, bytes of a block.
    const fn facts(&self) -> (&'static str, usize, usize) {
        match self {
            Self::Md5(_) => ("md5", 16, 64),
            Self::Sha1(_) => ("sha1", 20, 64),
            Self::Sha224(_) => ("sha224", 28, 64),
            Self::Sha256(_) => ("sha256", 32, 64),
            Self::Sha384(_) => ("sha384", 48, 128),
            Self::Sha512(_) => ("sha512", 64, 128),
        }
    }
}

struct State(HotCell<Hasher>);

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

        fn state_of(value: &Value) -> &HotCell<Hasher> {
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

fn object_of(vm: Vm<'_>, hasher: Hasher) -> Value {
    let kind = hasher.facts().0;
    let state = State(HotCell::new(hasher));
    match kind {
        "md5" => PyRef::new(vm, PyMd5 { state }).into_value(),
        "sha1" => PyRef::new(vm, PySha1 { state }).into_value(),
        "sha224" => PyRef::new(vm, PySha224 { state }).into_value(),
        "sha256" => PyRef::new(vm, PySha256 { state }).into_value(),
        "sha384" => PyRef::new(vm, PySha384 { state }).into_value(),
        _ => PyRef::new(vm, PySha512 { state }).into_value(),
    }
}

fn begin(vm: Vm<'_>, mut hasher: Hasher, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(data=b'', *, usedforsecurity=True, string=None)");
    let bound = SIGNATURE.bind(vm, hasher.facts().0, args)?;
    if let Some(data) = data_of(vm, bound.get(0), bound.get_non_none(2))? {
        hasher.update(&feed(vm, data)?);
    }
    Ok(object_of(vm, hasher))
}

macro_rules! constructors {
    ($($name:ident $variant:ident $hasher:ty;)*) => {
        $(fn $name(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
            begin(vm, Hasher::$variant(<$hasher>::new()), args)
        })*
    };
}

constructors! {
    new_md5 Md5 md5::Md5;
    new_sha1 Sha1 sha1::Sha1;
    new_sha224 Sha224 sha2::Sha224;
    new_sha256 Sha256 sha2::Sha256;
    new_sha384 Sha384 sha2::Sha384;
    new_sha512 Sha512 sha2::Sha512;
}

fn hash_copy(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(object_of(vm, state_of(this).get()))
}

fn hash_digest(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &state_of(this).with(Hasher::digest))
}

fn hash_hexdigest(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    hex(vm, &state_of(this).with(Hasher::digest))
}

fn hash_update(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    let data = feed(vm, data)?;
    state_of(this).with_mut(|hasher| hasher.update(&data));
    Ok(Value::NONE)
}

fn hash_block_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state_of(this).with(Hasher::facts).2))
}

fn hash_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, state_of(this).with(Hasher::facts).0))
}

fn hash_digest_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state_of(this).with(Hasher::facts).1))
}
