//! `_lsprof.Profiler`: a tool of `sys.monitoring` whose callbacks record calls.

use std::cell::Cell;
use std::time::Instant;

use objects::core::args::{Args, Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::{GilCell, HotCell};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{MethodDef, TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::descriptors::PyMethodDescriptor;
use objects::types::list::PyList;
use objects::types::module::PyModule;
use objects::types::str::PyStr;
use objects::types::struct_sequence;
use objects::types::{float_, int, type_};
use objects::{methods, payload, struct_sequence};

use super::record::{Key, Record, Sums};

payload! {
    /// The payload of a profiler.
    pub(super) struct PyProfiler: PROFILER, gc {
        record: GilCell<Record>,
        /// The timer of the program, if it gave one.
        timer: HotCell<Option<Value>>,
        state: State,
    }
}

/// What is set, and where the clock began.
struct State {
    /// Seconds in one unit of the program's timer; 0 where the timer counts seconds.
    unit: Cell<f64>,
    with_callers: Cell<bool>,
    with_natives: Cell<bool>,
    is_enabled: Cell<bool>,
    origin: Instant,
}

impl Traverse for State {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// `_lsprof.Profiler`
pub(super) static PROFILER: StaticType = StaticType::new::<PyProfiler>();

/// The spec of `Profiler`.
pub(super) const PROFILER_SPEC: TypeSpec = TypeSpec {
    name: "_lsprof.Profiler",
    doc: Some(
        "Profiler(timer=None, timeunit=0.0, subcalls=True, builtins=True)\n--\n\nBuild a profiler object using the specified timer function.\n\nThe default timer is a fast built-in one based on real time.\nFor custom timer functions returning integers, 'timeunit' can\nbe a float specifying a scale (that is, how long each integer unit\nis, in seconds).",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(profiler_new), Slot::Init(profiler_init)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// list of profiler_entry objects.
    ///
    /// getstats() -> list of profiler_entry objects
    ///
    /// Return all information collected by the profiler.
    /// Each profiler_entry is a tuple-like object with the
    /// following attributes:
    ///
    ///     code          code object
    ///     callcount     how many times this was called
    ///     reccallcount  how many times called recursively
    ///     totaltime     total time in this entry
    ///     inlinetime    inline time in this entry (not in subcalls)
    ///     calls         details of the calls
    ///
    /// The calls attribute is either None or a list of
    /// profiler_subentry objects:
    ///
    ///     code          called code object
    ///     callcount     how many times this is called
    ///     reccallcount  how many times this is called recursively
    ///     totaltime     total time spent in this call
    ///     inlinetime    inline time (not in further subcalls)
    ["getstats"] "($self, /)" None(getstats);
    /// Start collecting profiling information.
    ///
    ///   subcalls
    ///     If True, also records for each function
    ///     statistics separated according to its current caller.
    ///   builtins
    ///     If True, records the time spent in
    ///     built-in functions separately from their caller.
    ["enable"] "($self, /, subcalls=True, builtins=True)" Bound(enable);
    /// Stop collecting profiling information.
    ["disable"] "($self, /)" None(disable);
    /// Clear all profiling information collected so far.
    ["clear"] "($self, /)" None(clear);
    ["_pystart_callback"] "($self, code, instruction_offset, /)" Positional(on_start);
    ["_pythrow_callback"] "($self, code, instruction_offset, exception, /)" Positional(on_throw);
    ["_pyreturn_callback"] "($self, code, instruction_offset, retval, /)" Positional(on_return);
    ["_ccall_callback"] "($self, code, instruction_offset, callable, self_arg, /)" Positional(on_call);
    ["_creturn_callback"] "($self, code, instruction_offset, callable, self_arg,
                  /)" Positional(on_native_return);
}

struct_sequence! { ENTRY, ENTRY_SPEC, "_lsprof.profiler_entry", hidden 0, ENTRY_FIELDS:
    ["code"] 0, "code object or built-in function name";
    ["callcount"] 1, "how many times this was called";
    ["reccallcount"] 2, "how many times called recursively";
    ["totaltime"] 3, "total time in this entry";
    ["inlinetime"] 4, "inline time in this entry (not in subcalls)";
    ["calls"] 5, "details of the calls";
}

struct_sequence! { SUBENTRY, SUBENTRY_SPEC, "_lsprof.profiler_subentry", hidden 0, SUBENTRY_FIELDS:
    ["code"] 0, "called code object or built-in function name";
    ["callcount"] 1, "how many times this is called";
    ["reccallcount"] 2, "how many times this is called recursively";
    ["totaltime"] 3, "total time spent in this call";
    ["inlinetime"] 4, "inline time (not in further subcalls)";
}

/// `sys.monitoring.PROFILER_ID`
const PROFILER_ID: i64 = 2;

/// The events of `sys.monitoring` that each callback answers; the last three only where natives are recorded.
const CALLBACKS: [(&str, &str); 9] = [
    ("PY_START", "_pystart_callback"),
    ("PY_RESUME", "_pystart_callback"),
    ("PY_THROW", "_pythrow_callback"),
    ("PY_RETURN", "_pyreturn_callback"),
    ("PY_YIELD", "_pyreturn_callback"),
    ("PY_UNWIND", "_pyreturn_callback"),
    ("CALL", "_ccall_callback"),
    ("C_RETURN", "_creturn_callback"),
    ("C_RAISE", "_creturn_callback"),
];
const PYTHON_EVENTS: usize = 6;

fn profiler_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let state = State {
        unit: Cell::new(0.0),
        with_callers: Cell::new(true),
        with_natives: Cell::new(true),
        is_enabled: Cell::new(false),
        origin: Instant::now(),
    };
    let payload = PyProfiler { record: GilCell::default(), timer: HotCell::new(None), state };
    Ok(PyRef::new_of(vm, class, payload).into_value())
}

fn profiler_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(timer=None, timeunit=0.0, subcalls=True, builtins=True)");
    let bound = SIGNATURE.bind(vm, "Profiler", args)?;
    let unit = bound.get(1).map_or(Ok(0.0), |unit| float_::to_f64(vm, unit))?;
    let profiler = this.receiver::<PyProfiler>();
    set_flags(vm, profiler, bound.get(2), bound.get(3))?;
    profiler.state.unit.set(unit);
    profiler.timer.set(bound.get_non_none(0).cloned());
    Ok(())
}

fn set_flags(
    vm: Vm<'_>,
    profiler: &PyProfiler,
    with_callers: Option<&Value>,
    with_natives: Option<&Value>,
) -> PyResult<()> {
    let is_set = |flag: Option<&Value>| flag.map_or(Ok(true), |flag| vm.is_true(flag));
    profiler.state.with_callers.set(is_set(with_callers)?);
    profiler.state.with_natives.set(is_set(with_natives)?);
    Ok(())
}

/// The time, in the timer's units.
fn now(vm: Vm<'_>, profiler: &PyProfiler) -> i64 {
    let Some(timer) = profiler.timer.get() else {
        return i64::try_from(profiler.state.origin.elapsed().as_nanos()).unwrap_or(i64::MAX);
    };
    let has_unit = profiler.state.unit.get() > 0.0;
    let time = vm.call(&timer, &[]).and_then(|time| {
        if has_unit { number::as_i64(vm, &time) } else { crate::time::nanoseconds(vm, &time) }
    });
    time.unwrap_or_else(|raised| {
        vm.unraisable_about(raised, "Exception ignored while calling _lsprof timer", Some(&timer));
        0
    })
}

fn begin(
    vm: Vm<'_>,
    this: &Value,
    key: Key,
    function: impl FnOnce() -> PyResult<Value>,
) -> PyResult<Value> {
    let profiler = this.receiver::<PyProfiler>();
    if !profiler.record.with(|record| record.knows(key)) {
        let function = function()?;
        profiler.record.with_mut(|record| record.add(key, function));
    }
    let with_callers = profiler.state.with_callers.get();
    profiler.record.with_mut(|record| record.enter(key, with_callers));
    let time = now(vm, profiler);
    profiler.record.with_mut(|record| record.start(time));
    Ok(Value::NONE)
}

fn end(vm: Vm<'_>, this: &Value, key: Key) -> Value {
    let profiler = this.receiver::<PyProfiler>();
    if profiler.record.with(Record::has_open) {
        let time = now(vm, profiler);
        let with_callers = profiler.state.with_callers.get();
        profiler.record.with_mut(|record| record.leave(key, time, with_callers));
    }
    Value::NONE
}

fn key_of(code: &Value) -> Key {
    usize::try_from(code.bits()).unwrap_or_default()
}

fn on_start(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_pystart_callback", args.len(), 2, 2)?;
    begin(vm, this, key_of(&args[0]), || Ok(args[0].clone()))
}

fn on_throw(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_pythrow_callback", args.len(), 3, 3)?;
    begin(vm, this, key_of(&args[0]), || Ok(args[0].clone()))
}

fn on_return(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_pyreturn_callback", args.len(), 3, 3)?;
    Ok(end(vm, this, key_of(&args[0])))
}

/// The row of a native function that is called, and its receiver.
fn native<'a>(callable: &'a Value, first: &'a Value) -> Option<(&'static MethodDef, &'a Value)> {
    if let Some(function) = callable.downcast::<PyBuiltinFunction>() {
        return Some((function.def.0, &function.receiver));
    }
    let method = callable.downcast::<PyMethodDescriptor>()?;
    // Called without a receiver of its class it raises and is no call.
    first.class().is_subtype(&method.class).then_some((method.def.0, first))
}

/// How a native function is shown.
fn shown(vm: Vm<'_>, callable: &Value, def: &MethodDef, receiver: &Value) -> PyResult<Value> {
    let module =
        callable.downcast::<PyBuiltinFunction>().and_then(|function| function.module.get());
    let text = if receiver.is_null() || receiver.downcast::<PyModule>().is_some() {
        match module.as_ref().and_then(|module| module.downcast::<PyStr>()) {
            Some(module) => format!("<built-in method {}.{}>", module.to_rust_string(), def.name),
            None => format!("<built-in method {}>", def.name),
        }
    } else {
        let class = receiver.class().to_value();
        match type_::lookup(vm, &class, &vm.intern(def.name))? {
            Some(found) => return vm.repr(&found).map(PyRef::into_value),
            None => format!("<built-in method {}>", def.name),
        }
    };
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn on_call(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_ccall_callback", args.len(), 4, 4)?;
    let [_, _, callable, first] = args else { return Ok(Value::NONE) };
    match native(callable, first) {
        Some((def, receiver)) if this.receiver::<PyProfiler>().state.with_natives.get() => {
            begin(vm, this, std::ptr::from_ref(def).addr(), || shown(vm, callable, def, receiver))
        }
        _ => Ok(Value::NONE),
    }
}

fn on_native_return(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_creturn_callback", args.len(), 4, 4)?;
    let [_, _, callable, first] = args else { return Ok(Value::NONE) };
    match native(callable, first) {
        Some((def, _)) if this.receiver::<PyProfiler>().state.with_natives.get() => {
            Ok(end(vm, this, std::ptr::from_ref(def).addr()))
        }
        _ => Ok(Value::NONE),
    }
}

fn monitoring(vm: Vm<'_>) -> PyResult<Value> {
    vm.get_attr_str(&vm.import_module("sys")?, "monitoring")
}

/// The callbacks in force, with the numbers of their events.
fn callbacks(
    vm: Vm<'_>,
    tool: &Value,
    profiler: &PyProfiler,
) -> PyResult<Vec<(i64, &'static str)>> {
    let count = if profiler.state.with_natives.get() { CALLBACKS.len() } else { PYTHON_EVENTS };
    let events = vm.get_attr_str(tool, "events")?;
    let number = |&(event, callback): &(&str, &'static str)| {
        Ok((number::as_i64(vm, &vm.get_attr_str(&events, event)?)?, callback))
    };
    CALLBACKS.iter().take(count).map(number).collect()
}

fn tool_call(vm: Vm<'_>, monitoring: &Value, name: &str, rest: &[Value]) -> PyResult<Value> {
    let mut args = vec![Value::small_int_unchecked(PROFILER_ID)];
    args.extend_from_slice(rest);
    vm.call_method(monitoring, &vm.intern(name), &args)
}

fn enable(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let profiler = this.receiver::<PyProfiler>();
    let monitoring = monitoring(vm)?;
    tool_call(vm, &monitoring, "use_tool_id", &[PyStr::new_value(vm, "cProfile")])?;
    set_flags(vm, profiler, args.get(0), args.get(1))?;
    let mut all = 0;
    for (event, callback) in callbacks(vm, &monitoring, profiler)? {
        let callback = vm.get_attr_str(this, callback)?;
        let event_value = int::from_i64(vm, event);
        tool_call(vm, &monitoring, "register_callback", &[event_value, callback])?;
        all |= event;
    }
    tool_call(vm, &monitoring, "set_events", &[int::from_i64(vm, all)])?;
    profiler.state.is_enabled.set(true);
    Ok(Value::NONE)
}

fn disable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let profiler = this.receiver::<PyProfiler>();
    if !profiler.state.is_enabled.replace(false) {
        return Ok(Value::NONE);
    }
    let monitoring = monitoring(vm)?;
    for (event, _) in callbacks(vm, &monitoring, profiler)? {
        let nothing = [int::from_i64(vm, event), Value::NONE];
        tool_call(vm, &monitoring, "register_callback", &nothing)?;
    }
    tool_call(vm, &monitoring, "set_events", &[Value::small_int_unchecked(0)])?;
    tool_call(vm, &monitoring, "free_tool_id", &[])?;
    close_all(vm, profiler);
    Ok(Value::NONE)
}

/// Closes the calls that are open.
fn close_all(vm: Vm<'_>, profiler: &PyProfiler) {
    if profiler.record.with(Record::has_open) {
        let time = now(vm, profiler);
        let with_callers = profiler.state.with_callers.get();
        profiler.record.with_mut(|record| record.leave_all(time, with_callers));
    }
}

fn clear(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    drop(this.receiver::<PyProfiler>().record.take());
    Ok(Value::NONE)
}

/// The first five fields of a row.
#[expect(
    clippy::cast_precision_loss,
    reason = "times and counts are shown as floats and ints of everyday size"
)]
fn fields(vm: Vm<'_>, function: &Value, sums: &Sums, factor: f64) -> Vec<Value> {
    let count = |number: u64| int::from_u64(vm, number);
    let seconds = |time: i64| float_::new(vm, time as f64 * factor);
    vec![
        function.clone(),
        count(sums.calls),
        count(sums.recursive_calls),
        seconds(sums.total),
        seconds(sums.inline),
    ]
}

fn getstats(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let profiler = this.receiver::<PyProfiler>();
    let unit = profiler.state.unit.get();
    let has_unit = profiler.timer.get().is_some() && unit > 0.0;
    let factor = if has_unit { unit } else { 1e-9 };
    type Row = (Value, Sums, Vec<(Value, Sums)>);
    let rows: Vec<Row> = profiler.record.with(|record| {
        let row = |entry: &super::record::Entry| {
            let callees = entry.callees.iter();
            let callees =
                callees.map(|(place, sums)| (record.entries[*place].function.clone(), *sums));
            (entry.function.clone(), entry.sums, callees.collect())
        };
        record.entries.iter().filter(|entry| entry.sums.calls > 0).map(row).collect()
    });
    let mut all = Vec::with_capacity(rows.len());
    for (function, sums, callees) in rows {
        let mut items = fields(vm, &function, &sums, factor);
        items.push(if callees.is_empty() {
            Value::NONE
        } else {
            let callees = callees.iter().map(|(function, sums)| {
                struct_sequence::new(vm, &SUBENTRY, fields(vm, function, sums, factor), &[])
            });
            PyList::try_new_value(vm, callees.collect::<PyResult<Vec<_>>>()?)?
        });
        all.push(struct_sequence::new(vm, &ENTRY, items, &[])?);
    }
    PyList::try_new_value(vm, all)
}
