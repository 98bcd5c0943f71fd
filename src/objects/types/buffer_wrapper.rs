//! `_buffer_wrapper`: the exporter of a buffer that a class made in Python gives through `__buffer__` (PEP 688).
//!
//! It keeps the memoryview that `__buffer__` returned and shows its bytes. When the last buffer ends, `__release_buffer__` is
//! called with that memoryview.

use std::cell::Cell;

use crate::core::attribute;
use crate::core::errors::{PyResult, Raised};
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::GilCell;
use crate::core::pyref::PyRef;
use crate::core::slot_functions::call_found;
use crate::core::type_object::StaticType;
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;
use crate::protocol::buffer::{Buffer, BufferOps};
use crate::types::descriptors::PyWrapperDescriptor;
use crate::types::memoryview::{self, PyMemoryView};

/// What `__buffer__` gave, and how many buffers show it.
pub struct Export {
    object: Value,
    view: Value,
    buffer: GilCell<Option<Buffer>>,
    count: Cell<usize>,
}

impl Traverse for Export {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.object.traverse(visitor);
        self.view.traverse(visitor);
        self.buffer.with(|buffer| {
            if let Some(buffer) = buffer {
                buffer.traverse(visitor);
            }
        });
    }
}

payload! {
    /// The payload of a buffer wrapper.
    pub struct PyBufferWrapper: BUFFER_WRAPPER, gc {
        export: Export,
    }
}

/// `_buffer_wrapper`
pub static BUFFER_WRAPPER: StaticType = StaticType::new::<PyBufferWrapper>();

/// The spec of `_buffer_wrapper`.
pub const BUFFER_WRAPPER_SPEC: TypeSpec = TypeSpec { name: "_buffer_wrapper", ..TypeSpec::DEFAULT };

static WRAPPER_BUFFER: BufferOps = BufferOps {
    read: |owner, see| {
        owner.receiver::<PyBufferWrapper>().export.buffer.with(|buffer| match buffer {
            Some(buffer) => buffer.with_raw(see),
            None => see(&[]),
        });
    },
    write: |owner, see| {
        owner.receiver::<PyBufferWrapper>().export.buffer.with(|buffer| match buffer {
            Some(buffer) => buffer.with_raw_mut(see),
            None => see(&mut []),
        });
    },
    acquire: |owner| {
        let count = &owner.receiver::<PyBufferWrapper>().export.count;
        count.set(count.get() + 1);
    },
    release: |owner| {
        let export = &owner.receiver::<PyBufferWrapper>().export;
        export.count.set(export.count.get().saturating_sub(1));
        if export.count.get() == 0 {
            let shown = export.buffer.replace(None);
            let shares = shown.as_ref().is_some_and(|buffer| buffer.owner.is(&export.object));
            drop(shown);
            if !shares {
                Vm::with_current(|vm| call_release(vm, &export.object, &export.view));
            }
        }
    },
};

/// Calls `__release_buffer__`, where a class made in Python defines it.
fn call_release(vm: Vm<'_>, object: &Value, view: &Value) {
    let name = &vm.names().__release_buffer__;
    let native = |found: &Value| found.downcast::<PyWrapperDescriptor>().is_some();
    match object.class().lookup(name) {
        Some(found) if !native(&found) => {}
        _ => return,
    }
    let propagating = vm.thread().raised.replace(None);
    let result = match attribute::special(vm, object, name) {
        Ok(Some(method)) => call_found(vm, &method, object, &[view]).map(drop),
        Ok(None) => Ok(()),
        Err(raised) => Err(raised),
    };
    if let Err(raised) = result {
        let class = object.class().name();
        let message = format!("Exception ignored in __release_buffer__ of {class}");
        vm.unraisable(raised, None, Some(&message));
    }
    vm.thread().raised.set(propagating);
}

fn no_view(vm: Vm<'_>) -> Raised {
    vm.type_error("__buffer__ returned non-memoryview object")
}

/// The buffer that the `__buffer__` of a class made in Python gives (`slot_bf_getbuffer`).
///
/// # Errors
/// What `__buffer__` raises; TypeError when it gives no memoryview; BufferError when that does not suit the flags.
pub fn export(vm: Vm<'_>, object: &Value, flags: i32) -> PyResult<Buffer> {
    let name = &vm.names().__buffer__;
    let Some(method) = attribute::special(vm, object, name)? else {
        return Err(vm.attribute_error(object, name, name.to_rust_string()));
    };
    let flags_value = Value::small_int_unchecked(i64::from(flags));
    let view = call_found(vm, &method, object, &[&flags_value])?;
    if view.downcast::<PyMemoryView>().is_none() {
        return Err(no_view(vm));
    }
    let mut shown = memoryview::held(vm, &view)?;
    crate::protocol::buffer::check_flags(vm, &view, &mut shown, flags)?;
    let layout = shown.duplicate();
    let export = Export {
        object: object.clone(),
        view,
        buffer: GilCell::new(Some(shown)),
        count: Cell::new(0),
    };
    let owner = PyRef::new(vm, PyBufferWrapper { export }).into_value();
    Ok(Buffer::with_layout_of(&owner, &WRAPPER_BUFFER, &layout))
}
