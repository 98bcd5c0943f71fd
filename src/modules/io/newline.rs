//! `IncrementalNewlineDecoder`: universal newlines behind any decoder.

use std::cell::Cell;

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
use objects::types::str::PyStr;
use objects::{methods, payload};

payload! {
    /// The payload of a newline decoder.
    pub struct PyNewlineDecoder: NEWLINE_DECODER, gc {
        decoder: GilCell<Option<Value>>,
        translate: Cell<bool>,
        /// A `\r` came last: what follows decides what it is.
        pending: Cell<bool>,
    }
}

/// `_io.IncrementalNewlineDecoder`
pub(super) static NEWLINE_DECODER: StaticType = StaticType::new::<PyNewlineDecoder>();

/// The spec of `IncrementalNewlineDecoder`.
pub(super) const NEWLINE_DECODER_SPEC: TypeSpec = TypeSpec {
    name: "_io.IncrementalNewlineDecoder",
    doc: Some("Codec used when reading a file in universal newlines mode."),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(decoder_new), Slot::Init(decoder_init)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["decode"] "($self, /, input, final=False)" Any(decode);
    ["reset"] "($self, /)" None(reset);
}

fn decoder_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyNewlineDecoder {
        decoder: GilCell::default(),
        translate: Cell::new(false),
        pending: Cell::new(false),
    };
    Ok(PyRef::new_of(vm, class, payload).into_value())
}

fn decoder_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let place =
        |index: usize, name: &str| args.positional().get(index).or_else(|| args.keyword(name));
    let payload = this.receiver::<PyNewlineDecoder>();
    let decoder = place(0, "decoder").filter(|decoder| !decoder.is_none()).cloned();
    payload.translate.set(place(1, "translate").map_or(Ok(false), |flag| vm.is_true(flag))?);
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
    let Some(string) = text.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "decoder should return a string result, not '{}'",
            text.class().name()
        )));
    };
    let mut points: Vec<u32> = Vec::new();
    if payload.pending.replace(false) {
        points.push(0x0d);
    }
    points.extend(string.to_wstring().points());
    if !last && points.last() == Some(&0x0d) {
        points.pop();
        payload.pending.set(true);
    }
    if payload.translate.get() {
        let mut out = Vec::with_capacity(points.len());
        let mut source = points.into_iter().peekable();
        while let Some(point) = source.next() {
            if point == 0x0d {
                source.next_if_eq(&0x0a);
                out.push(0x0a);
            } else {
                out.push(point);
            }
        }
        points = out;
    }
    Ok(PyStr::try_from_wtf8(vm, &base::wstr::WString::from_points(points))?.into_value())
}

fn reset(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyNewlineDecoder>();
    payload.pending.set(false);
    match payload.decoder.get() {
        Some(decoder) => vm.call_method(&decoder, &vm.intern("reset"), &[]),
        None => Ok(Value::NONE),
    }
}
