//! `pickle.PickleBuffer`: a buffer that may travel outside the pickle.

use std::borrow::Cow;

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{self, Buffer};
use objects::types::memoryview;
use objects::{methods, payload};

/// The buffer until it is released.
struct View(Option<Buffer>);

impl Traverse for View {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        if let Some(buffer) = &self.0 {
            buffer.traverse(visitor);
        }
    }
}

/// The exporter is let go when the object dies: a view that is looked at cannot be taken away.
impl TakeReferences for View {
    fn take_references(&mut self, _dead: &mut Vec<Value>) {}
}

payload! {
    /// The payload of a pickle buffer.
    pub(super) struct PyPickleBuffer: PICKLE_BUFFER, gc {
        view: HotCell<View>,
    }
}

/// `pickle.PickleBuffer`
pub(super) static PICKLE_BUFFER: StaticType = StaticType::new::<PyPickleBuffer>();

/// The spec of `pickle.PickleBuffer`.
pub(super) const PICKLE_BUFFER_SPEC: TypeSpec = TypeSpec {
    name: "pickle.PickleBuffer",
    doc: Some("Wrapper for potentially out-of-band buffers"),
    flags: spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(new), Slot::Buffer(export)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return a memoryview of the raw memory underlying this buffer.
    /// Will raise BufferError is the buffer isn't contiguous.
    ["raw"] "($self, /)" None(raw);
    /// Release the underlying buffer exposed by the PickleBuffer object.
    ["release"] "($self, /)" None(release);
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("PickleBuffer() takes no keyword arguments"));
    }
    let [object] = args.positional() else {
        let given = args.positional().len();
        return Err(
            vm.type_error(format!("PickleBuffer() takes exactly 1 argument ({given} given)"))
        );
    };
    let view = buffer::get(vm, object)?;
    let payload = PyPickleBuffer { view: HotCell::new(View(Some(view))) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn released(vm: Vm<'_>) -> Raised {
    vm.value_error("operation forbidden on released PickleBuffer object")
}

/// Another view of the bytes that the object shows.
pub(super) fn export(vm: Vm<'_>, this: &Value) -> PyResult<Buffer> {
    let this = this.receiver::<PyPickleBuffer>();
    this.view.with(|view| view.0.as_ref().map(Buffer::duplicate)).ok_or_else(|| released(vm))
}

fn raw(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let mut view = export(vm, this)?;
    if !view.is_c_contiguous() && !view.is_f_contiguous() {
        drop(view);
        return Err(vm.buffer_error("cannot extract raw buffer from non-contiguous buffer"));
    }
    view.shape = vec![view.byte_count()];
    view.strides = vec![1];
    view.format = Cow::Borrowed("B");
    view.item_size = 1;
    Ok(memoryview::from_buffer(vm, view))
}

fn release(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    drop(this.receiver::<PyPickleBuffer>().view.replace(View(None)));
    Ok(Value::NONE)
}
