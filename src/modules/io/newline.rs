//! `IncrementalNewlineDecoder`: universal newlines behind any decoder.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::int;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, no_references, payload};

use super::newlines::Newlines;
use super::text::codec;

no_references!(Newlines);

payload! {
    /// The payload of a newline decoder.
    pub struct PyNewlineDecoder: NEWLINE_DECODER, gc {
        decoder: GilCell<Option<Value>>,
        state: GilCell<Newlines>,
    }
}

/// `_io.IncrementalNewlineDecoder`
pub(super) static NEWLINE_DECODER: StaticType = StaticType::new::<PyNewlineDecoder>();

/// The spec of `IncrementalNewlineDecoder`.
pub(super) const NEWLINE_DECODER_SPEC: TypeSpec = TypeSpec {
    name: "_io.IncrementalNewlineDecoder",
    doc: Some(
        "IncrementalNewlineDecoder(decoder, translate, errors='strict')\n--\n\nCodec used when reading a file in universal newlines mode.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(decoder_new), Slot::Init(decoder_init)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["decode"] "($self, /, input, final=False)" Any(decode);
    ["getstate"] "($self, /)" None(getstate);
    ["setstate"] "($self, state, /)" One(setstate);
    ["reset"] "($self, /)" None(reset);
}

getset! { GETSET:
    ["newlines"] newlines;
}

fn decoder_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyNewlineDecoder { decoder: GilCell::default(), state: GilCell::default() };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn decoder_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let place =
        |index: usize, name: &str| args.positional().get(index).or_else(|| args.keyword(name));
    let payload = this.receiver::<PyNewlineDecoder>();
    let decoder = place(0, "decoder").filter(|decoder| !decoder.is_none()).cloned();
    let translate = place(1, "translate").map_or(Ok(false), |flag| vm.is_true(flag))?;
    payload.state.set(Newlines::new(translate));
    payload.decoder.set(decoder);
    Ok(())
}

fn decode(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some(input) = args.positional().first().or_else(|| args.keyword("input")) else {
        return Err(vm.type_error("decode() missing required argument 'input' (pos 1)"));
    };
    let last = args.positional().get(1).or_else(|| args.keyword("final"));
    let last = last.map_or(Ok(false), |flag| vm.is_true(flag))?;
    let payload = this.receiver::<PyNewlineDecoder>();
    let text = match payload.decoder.get() {
        Some(decoder) => {
            let args = [input.clone(), Value::from_bool(last)];
            vm.call_method(&decoder, &vm.names().decode, &args)?
        }
        None => input.clone(),
    };
    let text = codec::text_of(vm, &text)?;
    codec::to_str(vm, &payload.state.with_mut(|state| state.push(text, last)))
}

/// The decoder's state, with the kept-back `\r` as the lowest bit.
fn getstate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyNewlineDecoder>();
    let (buffer, flags) = match payload.decoder.get() {
        Some(decoder) => codec::state_of(vm, &decoder)?,
        None => (PyBytes::try_new(vm, b"")?.into_value(), 0),
    };
    let pending = payload.state.with(|state| state.pending);
    let flags = int::from_i64(vm, flags << 1 | i64::from(pending));
    Ok(PyTuple::new_value(vm, &[buffer, flags]))
}

fn setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyNewlineDecoder>();
    let (buffer, flags) = codec::split_state(vm, state)?;
    payload.state.with_mut(|state| state.pending = flags & 1 != 0);
    if let Some(decoder) = payload.decoder.get() {
        let state = PyTuple::new_value(vm, &[buffer, int::from_i64(vm, flags >> 1)]);
        vm.call_method(&decoder, &vm.intern("setstate"), &[state])?;
    }
    Ok(Value::NONE)
}

fn reset(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyNewlineDecoder>();
    payload.state.with_mut(|state| *state = Newlines::new(state.translate));
    match payload.decoder.get() {
        Some(decoder) => vm.call_method(&decoder, &vm.intern("reset"), &[]),
        None => Ok(Value::NONE),
    }
}

fn newlines(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let state = this.receiver::<PyNewlineDecoder>().state.with(|state| *state);
    Ok(seen_value(vm, state))
}

/// The value of `newlines`: None, a str, or a tuple of several.
pub(super) fn seen_value(vm: Vm<'_>, state: Newlines) -> Value {
    let kinds: Vec<Value> = state.seen().map(|text| PyStr::new_value(vm, text)).collect();
    match kinds.as_slice() {
        [] => Value::NONE,
        [only] => only.clone(),
        several => PyTuple::new_value(vm, several),
    }
}
