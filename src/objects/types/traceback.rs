//! `traceback`: one link of where an exception passed.

use std::cell::Cell;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::frame_object::PyFrame;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a traceback.
    pub struct PyTraceback: TRACEBACK, gc {
        /// `tb_next`: towards where it was raised.
        pub next: HotCell<Option<Value>>,
        /// `tb_frame`
        pub frame: PyRef<PyFrame>,
        /// `tb_lasti`: a byte offset.
        pub lasti: Cell<i32>,
        /// `tb_lineno`; -1 as long as nobody asked.
        pub line: Cell<i32>,
    }
}

/// `traceback`
pub static TRACEBACK: StaticType = StaticType::new::<PyTraceback>();

/// The spec of `traceback`.
pub const TRACEBACK_SPEC: TypeSpec = TypeSpec {
    name: "traceback",
    doc: Some(
        "traceback(tb_next, tb_frame, tb_lasti, tb_lineno)\n--\n\nCreate a new traceback object.",
    ),
    slots: &[Slot::New(traceback_new)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["__dir__"] "($self, /)" None(traceback_dir);
}

getset! { GETSET:
    ["tb_next"] get_next, set_next;
    member ["tb_frame"] get_frame;
    member ["tb_lasti"] get_lasti;
    ["tb_lineno"] get_line;
}

impl PyTraceback {
    /// A traceback entry in front of `next`. None without memory.
    #[must_use]
    pub fn new_value(
        next: Option<Value>,
        frame: PyRef<PyFrame>,
        lasti: i32,
        line: i32,
    ) -> Option<Value> {
        let payload = Self {
            next: HotCell::new(next),
            frame,
            lasti: Cell::new(lasti),
            line: Cell::new(line),
        };
        PyRef::new_if_room(TRACEBACK.get(), payload).map(PyRef::into_value)
    }

    /// `tb_lineno`; None where the instruction has no line.
    #[must_use]
    pub fn line_number(&self) -> Option<i32> {
        let known = self.line.get();
        if known >= 0 {
            return Some(known);
        }
        self.frame.code().line_of(self.lasti.get())
    }
}

fn traceback_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let names = ["tb_next", "tb_frame", "tb_lasti", "tb_lineno"];
    let mut places: [Option<&Value>; 4] = [None; 4];
    for (place, value) in places.iter_mut().zip(args.positional()) {
        *place = Some(value);
    }
    for (place, name) in places.iter_mut().zip(names) {
        if let Some(value) = args.keyword(name) {
            *place = Some(value);
        }
    }
    let [Some(next), Some(frame), Some(lasti), Some(line)] = places else {
        let missing = places.iter().position(Option::is_none).unwrap_or(0);
        let name = names.get(missing).copied().unwrap_or_default();
        return Err(vm.type_error(format!(
            "traceback() missing required argument '{name}' (pos {})",
            missing + 1
        )));
    };
    let Ok(frame_ref) = frame.clone().into_ref::<PyFrame>() else {
        let got = frame.class().name();
        return Err(
            vm.type_error(format!("traceback() argument 'tb_frame' must be frame, not {got}"))
        );
    };
    let next = checked_next(vm, next)?;
    let number = |value: &Value| -> PyResult<i32> {
        let wide = crate::protocol::number::as_i64(vm, value)?;
        i32::try_from(wide)
            .map_err(|_| vm.overflow_error("Python int too large to convert to C int"))
    };
    PyTraceback::new_value(next, frame_ref, number(lasti)?, number(line)?)
        .ok_or_else(|| vm.memory_error())
}

fn checked_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    if value.is_none() {
        return Ok(None);
    }
    if value.downcast::<PyTraceback>().is_none() {
        let got = value.class().name();
        return Err(vm.type_error(format!("expected traceback object or None, got '{got}'")));
    }
    Ok(Some(value.clone()))
}

fn traceback_dir(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
    Ok(PyList::new_value(vm, names.iter().map(|name| PyStr::new_value(vm, name)).collect()))
}

fn get_next(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyTraceback>().next.get().unwrap_or(Value::NONE))
}

fn set_next(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.type_error("can't delete tb_next attribute"));
    };
    let next = checked_next(vm, value)?;
    let mut link = next.clone();
    while let Some(current) = link {
        if current.is(this) {
            return Err(vm.value_error("traceback loop detected"));
        }
        link = current.receiver::<PyTraceback>().next.get();
    }
    this.receiver::<PyTraceback>().next.set(next);
    Ok(())
}

fn get_frame(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyTraceback>().frame.to_value())
}

fn get_lasti(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(this.receiver::<PyTraceback>().lasti.get())))
}

fn get_line(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let line = this.receiver::<PyTraceback>().line_number();
    Ok(line.map_or(Value::NONE, |line| Value::small_int_unchecked(i64::from(line))))
}
