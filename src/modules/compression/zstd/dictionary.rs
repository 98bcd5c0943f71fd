//! `ZstdDict`: content that compressor and decompressor have in common.

use std::sync::Arc;

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::types::bytes::PyBytes;
use objects::types::int;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, no_references, payload};

use super::raw::{self, Way};

/// The bytes, shared with who uses them, and their identifier.
#[derive(Clone)]
pub(super) struct Content {
    pub(super) bytes: Arc<[u8]>,
    id: u32,
}

no_references!(Content);

payload! {
    /// The payload of a dictionary.
    pub(super) struct PyZstdDict: DICT {
        pub(super) content: Content,
    }
}

/// `ZstdDict`
pub(super) static DICT: StaticType = StaticType::new::<PyZstdDict>();

/// The spec of `ZstdDict`.
pub(super) const DICT_SPEC: TypeSpec = TypeSpec {
    name: "compression.zstd.ZstdDict",
    doc: Some(
        "ZstdDict(dict_content, /, *, is_raw=False)\n--\n\nRepresents a Zstandard dictionary.\n\n  dict_content\n    The content of a Zstandard dictionary as a bytes-like object.\n  is_raw\n    If true, perform no checks on *dict_content*, useful for some\n    advanced cases. Otherwise, check that the content represents\n    a Zstandard dictionary created by the zstd library or CLI.\n\nThe dictionary can be used for compression or decompression, and can be\nshared by multiple ZstdCompressor or ZstdDecompressor objects.",
    ),
    slots: &[Slot::New(new), Slot::Repr(repr), Slot::MpLength(length), Slot::SqLength(length)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    /// The Zstandard dictionary, an int between 0 and 2**32.
    ["dict_id"] dict_id;
    /// The content of a Zstandard dictionary, as a bytes object.
    ["dict_content"] dict_content;
    /// Load as a digested dictionary to compressor.
    ["as_digested_dict"] as_digested;
    /// Load as an undigested dictionary to compressor.
    ["as_undigested_dict"] as_undigested;
    /// Load as a prefix to compressor/decompressor.
    ["as_prefix"] as_prefix;
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(dict_content, /, *, is_raw=False)");
    if args.positional().len() != 1 {
        let got = args.positional().len();
        return Err(
            vm.type_error(format!("ZstdDict() takes exactly 1 positional argument ({got} given)"))
        );
    }
    let bound = SIGNATURE.bind(vm, "ZstdDict", args)?;
    let bytes = bytes_like(vm, bound.required(0))?.to_vec();
    let is_raw = bound.get(1).map_or(Ok(false), |flag| vm.is_true(flag))?;
    if bytes.len() < 8 {
        return Err(vm.value_error(
            "Zstandard dictionary content too short (must have at least eight bytes)",
        ));
    }
    let id = raw::dictionary_id(&bytes);
    if !is_raw && id == 0 {
        return Err(vm.value_error("invalid Zstandard dictionary"));
    }
    let content = Content { bytes: bytes.into(), id };
    Ok(PyRef::try_new_of(vm, class, PyZstdDict { content })?.into_value())
}

fn content(value: &Value) -> &Content {
    &value.receiver::<PyZstdDict>().content
}

fn repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let Content { bytes, id } = content(this);
    Ok(PyStr::new_value(vm, &format!("<ZstdDict dict_id={id} dict_size={}>", bytes.len())))
}

fn length(_vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    Ok(content(this).bytes.len())
}

fn dict_id(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, u64::from(content(this).id)))
}

fn dict_content(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &content(this).bytes)
}

fn taken_as(vm: Vm<'_>, this: &Value, way: Way) -> PyResult<Value> {
    Ok(PyTuple::new_value(vm, &[this.clone(), Value::small_int_unchecked(way as i64)]))
}

fn as_digested(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    taken_as(vm, this, Way::Digested)
}

fn as_undigested(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    taken_as(vm, this, Way::Undigested)
}

fn as_prefix(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    taken_as(vm, this, Way::Prefix)
}

fn refused(vm: Vm<'_>) -> Raised {
    vm.type_error("zstd_dict argument should be a ZstdDict object.")
}

/// The bytes of a `zstd_dict` argument and how they are taken: as the tuple says, or `otherwise`.
pub(super) fn argument(vm: Vm<'_>, value: &Value, otherwise: Way) -> PyResult<(Arc<[u8]>, Way)> {
    if let Some(dict) = value.downcast::<PyZstdDict>() {
        return Ok((Arc::clone(&dict.content.bytes), otherwise));
    }
    let Some(pair) = value.downcast::<PyTuple>() else { return Err(refused(vm)) };
    let [dict, way] = pair.items() else { return Err(refused(vm)) };
    let Some(dict) = dict.downcast::<PyZstdDict>() else { return Err(refused(vm)) };
    let way = match int::as_i64(way) {
        Some(0) => Way::Digested,
        Some(1) => Way::Undigested,
        Some(2) => Way::Prefix,
        _ => return Err(refused(vm)),
    };
    Ok((Arc::clone(&dict.content.bytes), way))
}
