//! `_blake2`: the hashes BLAKE2b and BLAKE2s.

use base::blake2::{Blake2b, Blake2s, Parameters};
use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;
use objects::types::{int, module};
use objects::{getset, methods, payload};

use super::{data_of, feed, hex};
use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_blake2",
    doc: Some("_blake2b provides BLAKE2b for hashlib\n"),
    exec: Some(exec),
    ..NativeModule::DEFAULT
};

/// A hash being fed.
#[derive(Clone)]
enum Hasher {
    B(Blake2b),
    S(Blake2s),
}

struct State(HotCell<Hasher>);

impl Traverse for State {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a hash object.
    struct PyBlake2: BLAKE2B {
        state: State,
    }
}

static BLAKE2B: StaticType = StaticType::new::<PyBlake2>();
static BLAKE2S: StaticType = StaticType::sharing::<PyBlake2>(&BLAKE2B);

const BLAKE2B_SPEC: TypeSpec = TypeSpec {
    name: "_blake2.blake2b",
    doc: Some(
        "blake2b(data=b'', *, digest_size=_blake2.blake2b.MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, string=None)\n--\n\nReturn a new BLAKE2b hash object.",
    ),
    slots: &[Slot::New(blake2b_new)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

const BLAKE2S_SPEC: TypeSpec = TypeSpec {
    name: "_blake2.blake2s",
    doc: Some(
        "blake2s(data=b'', *, digest_size=_blake2.blake2s.MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, string=None)\n--\n\nReturn a new BLAKE2s hash object.",
    ),
    slots: &[Slot::New(blake2s_new)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

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

getset! { GETSET:
    ["name"] get_name;
    ["block_size"] get_block_size;
    ["digest_size"] get_digest_size;
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, &[(&BLAKE2B, &BLAKE2B_SPEC), (&BLAKE2S, &BLAKE2S_SPEC)])?;
    for (class, name, letter, sizes) in
        [(&BLAKE2B, "blake2b", 'B', Sizes::B), (&BLAKE2S, "blake2s", 'S', Sizes::S)]
    {
        module::add(vm, this, name, class.get().to_value());
        let facts = [
            ("SALT_SIZE", sizes.salt),
            ("PERSON_SIZE", sizes.salt),
            ("MAX_KEY_SIZE", sizes.digest),
            ("MAX_DIGEST_SIZE", sizes.digest),
        ];
        for (fact, size) in facts {
            let size = Value::from_usize(size);
            drop(class.get().namespace().set_str(&vm.intern(fact), size.clone()));
            module::add(vm, this, &format!("BLAKE2{letter}_{fact}"), size);
        }
    }
    module::add(vm, this, "_GIL_MINSIZE", Value::small_int_unchecked(2048));
    Ok(())
}

/// What distinguishes the two.
struct Sizes {
    name: &'static str,
    digest: usize,
    salt: usize,
}

impl Sizes {
    const B: Self = Self { name: "blake2b", digest: 64, salt: 16 };
    const S: Self = Self { name: "blake2s", digest: 32, salt: 8 };
}

fn blake2b_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    begin(vm, class, args, &Sizes::B, |parameters| Hasher::B(Blake2b::new(parameters)))
}

fn blake2s_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    begin(vm, class, args, &Sizes::S, |parameters| Hasher::S(Blake2s::new(parameters)))
}

/// A byte that says how the tree is built.
fn tree_byte(vm: Vm<'_>, name: &str, value: Option<&Value>, low: u8, default: u8) -> PyResult<u8> {
    let Some(value) = value else { return Ok(default) };
    let number = number::as_i32(vm, value)?;
    u8::try_from(number)
        .ok()
        .filter(|&byte| byte >= low)
        .ok_or_else(|| vm.value_error(format!("{name} must be between {low} and 255")))
}

fn unsigned(vm: Vm<'_>, value: Option<&Value>, kind: &str) -> PyResult<u64> {
    let Some(value) = value else { return Ok(0) };
    let number = number::index(vm, value)?;
    if int::is_negative(&number) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    int::as_u64(&number)
        .ok_or_else(|| vm.overflow_error(format!("Python int too large for C {kind}")))
}

fn limited(vm: Vm<'_>, name: &str, value: Option<&Value>, max: usize) -> PyResult<Vec<u8>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let bytes = bytes_like(vm, value)?.to_vec();
    if bytes.len() > max {
        return Err(vm.value_error(format!("maximum {name} length is {max} bytes")));
    }
    Ok(bytes)
}

fn begin(
    vm: Vm<'_>,
    class: &Py<PyType>,
    args: Args<'_>,
    sizes: &Sizes,
    make: fn(&Parameters<'_>) -> Hasher,
) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new(
        "(data=b'', *, digest_size=64, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)",
    );
    let bound = SIGNATURE.bind(vm, sizes.name, args)?;
    let data = data_of(vm, bound.get(0), bound.get_non_none(13))?;
    let digest_size = bound.get(1).map(|size| number::as_i32(vm, size)).transpose()?;
    let max = sizes.digest;
    let digest_size = match digest_size {
        None => max,
        Some(size) => {
            usize::try_from(size).ok().filter(|size| (1..=max).contains(size)).ok_or_else(|| {
                let name = sizes.name.replacen('b', "B", 1);
                vm.value_error(format!(
                    "digest_size for {name} must be between 1 and {max} bytes, here it is {size}"
                ))
            })?
        }
    };
    let salt = limited(vm, "salt", bound.get(3), sizes.salt)?;
    let person = limited(vm, "person", bound.get(4), sizes.salt)?;
    let fanout = tree_byte(vm, "fanout", bound.get(5), 0, 1)?;
    let depth = tree_byte(vm, "depth", bound.get(6), 1, 1)?;
    let leaf_size = unsigned(vm, bound.get(7), "unsigned long")?;
    let leaf_size =
        u32::try_from(leaf_size).map_err(|_| vm.overflow_error("leaf_size is too large"))?;
    let node_offset = unsigned(vm, bound.get(8), "unsigned long long")?;
    if sizes.digest == Sizes::S.digest && node_offset >> 48 != 0 {
        return Err(vm.overflow_error("node_offset is too large"));
    }
    let node_depth = tree_byte(vm, "node_depth", bound.get(9), 0, 0)?;
    let inner_size = bound.get(10).map_or(Ok(0), |size| number::as_i32(vm, size))?;
    let inner_size = u8::try_from(inner_size)
        .ok()
        .filter(|&size| usize::from(size) <= max)
        .ok_or_else(|| vm.value_error(format!("inner_size must be between 0 and is {max}")))?;
    let last_node = bound.get(11).map_or(Ok(false), |last| vm.is_true(last))?;
    let key = limited(vm, "key", bound.get(2), max)?;
    let mut hasher = make(&Parameters {
        digest_size: u8::try_from(digest_size).unwrap_or(0),
        key: &key,
        salt: &salt,
        person: &person,
        fanout,
        depth,
        leaf_size,
        node_offset,
        node_depth,
        inner_size,
        last_node,
    });
    if let Some(data) = data {
        hasher.update(&feed(vm, data)?);
    }
    let state = State(HotCell::new(hasher));
    Ok(PyRef::try_new_of(vm, class, PyBlake2 { state })?.into_value())
}

impl Hasher {
    fn update(&mut self, data: &[u8]) {
        match self {
            Self::B(hasher) => hasher.update(data),
            Self::S(hasher) => hasher.update(data),
        }
    }

    fn digest(&self) -> Vec<u8> {
        match self {
            Self::B(hasher) => hasher.digest(),
            Self::S(hasher) => hasher.digest(),
        }
    }

    fn digest_size(&self) -> usize {
        match self {
            Self::B(hasher) => hasher.digest_size(),
            Self::S(hasher) => hasher.digest_size(),
        }
    }
}

fn state_of(value: &Value) -> &HotCell<Hasher> {
    &value.receiver::<PyBlake2>().state.0
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let state = State(HotCell::new(state_of(value).get()));
    Ok(PyRef::try_new_of(vm, value.class(), PyBlake2 { state })?.into_value())
}

fn digest(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &state_of(value).with(Hasher::digest))
}

fn hexdigest(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    hex(vm, &state_of(value).with(Hasher::digest))
}

fn update(vm: Vm<'_>, value: &Value, data: &Value) -> PyResult<Value> {
    let data = feed(vm, data)?;
    state_of(value).with_mut(|hasher| hasher.update(&data));
    Ok(Value::NONE)
}

fn get_name(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let name = state_of(value).with(|hasher| match hasher {
        Hasher::B(_) => Sizes::B.name,
        Hasher::S(_) => Sizes::S.name,
    });
    Ok(PyStr::new_value(vm, name))
}

fn get_block_size(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state_of(value).with(|hasher| match hasher {
        Hasher::B(_) => Blake2b::BLOCK,
        Hasher::S(_) => Blake2s::BLOCK,
    })))
}

fn get_digest_size(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(state_of(value).with(Hasher::digest_size)))
}
