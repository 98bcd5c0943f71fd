//! `gc`: the collector's switches and figures.

use objects::core::args::Bound;
use objects::core::collector;
use objects::core::errors::PyResult;
use objects::core::gc::GcState;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::tuple::PyTuple;

use crate::NativeModule;
use crate::sys::hooks;

/// Tell the figures of collections.
const DEBUG_STATS: i64 = 1;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "gc",
    doc: Some(
        "This module provides access to the garbage collector for reference cycles.\n\nenable() -- Enable automatic garbage collection.\ndisable() -- Disable automatic garbage collection.\nisenabled() -- Returns true if automatic collection is enabled.\ncollect() -- Do a full collection right now.\nget_count() -- Return the current collection counts.\nget_stats() -- Return list of dictionaries containing per-generation stats.\nset_debug() -- Set debugging flags.\nget_debug() -- Get debugging flags.\nset_threshold() -- Set the collection thresholds.\nget_threshold() -- Return the current collection thresholds.\nget_objects() -- Return a list of all objects tracked by the collector.\nis_tracked() -- Returns true if a given object is tracked.\nis_finalized() -- Returns true if a given object has been already finalized.\nget_referrers() -- Return the list of objects that refer to an object.\nget_referents() -- Return the list of objects that an object refers to.\nfreeze() -- Freeze all tracked objects and ignore them for future collections.\nunfreeze() -- Unfreeze all objects in the permanent generation.\nget_freeze_count() -- Return the number of objects in the permanent generation.\n",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Enable automatic garbage collection.
    ["enable"] "($module, /)" None(enable);
    /// Disable automatic garbage collection.
    ["disable"] "($module, /)" None(disable);
    /// Returns true if automatic garbage collection is enabled.
    ["isenabled"] "($module, /)" None(is_enabled);
    /// Run the garbage collector.
    ///
    /// With no arguments, run a full collection.  The optional argument
    /// may be an integer specifying which generation to collect.  A ValueError
    /// is raised if the generation number is invalid.
    ///
    /// The number of unreachable objects is returned.
    ["collect"] "($module, /, generation=2)" Bound(collect);
    /// Return a three-tuple of the current collection counts.
    ["get_count"] "($module, /)" None(get_count);
    /// Set the garbage collection debugging flags.
    ///
    ///   flags
    ///     An integer that can have the following bits turned on:
    ///       DEBUG_STATS - Print statistics during collection.
    ///       DEBUG_COLLECTABLE - Print collectable objects found.
    ///       DEBUG_UNCOLLECTABLE - Print unreachable but uncollectable objects
    ///         found.
    ///       DEBUG_SAVEALL - Save objects to gc.garbage rather than freeing them.
    ///       DEBUG_LEAK - Debug leaking programs (everything but STATS).
    ///
    /// Debugging information is written to sys.stderr.
    ["set_debug"] "($module, flags, /)" One(set_debug);
    /// Get the garbage collection debugging flags.
    ["get_debug"] "($module, /)" None(get_debug);
    /// set_threshold(threshold0, [threshold1, [threshold2]])
    /// Set the collection thresholds (the collection frequency).
    ///
    /// Setting 'threshold0' to zero disables collection.
    ["set_threshold"] "" Positional(set_threshold);
    /// Return the current collection thresholds.
    ["get_threshold"] "($module, /)" None(get_threshold);
    /// Return a list of objects tracked by the collector (excluding the list returned).
    ///
    ///   generation
    ///     Generation to extract the objects from.
    ///
    /// If generation is not None, return only the objects tracked by the
    /// collector that are in that generation.
    ["get_objects"] "($module, /, generation=None)" Bound(get_objects);
    /// Return a list of dictionaries containing per-generation statistics.
    ["get_stats"] "($module, /)" None(get_stats);
    /// Returns true if the object is tracked by the garbage collector.
    ///
    /// Simple atomic objects will return false.
    ["is_tracked"] "($module, obj, /)" One(is_tracked);
    /// Returns true if the object has been already finalized by the GC.
    ["is_finalized"] "($module, obj, /)" One(is_finalized);
    /// Return the list of objects that directly refer to any of 'objs'.
    ["get_referrers"] "($module, /, *objs)" Positional(get_referrers);
    /// Return the list of objects that are directly referred to by 'objs'.
    ["get_referents"] "($module, /, *objs)" Positional(get_referents);
    /// Freeze all current tracked objects and ignore them for future collections.
    ///
    /// This can be used before a POSIX fork() call to make the gc copy-on-write
    /// friendly.
    /// Note: collection before a POSIX fork() call may free pages for future
    /// allocation which can cause copy-on-write.
    ["freeze"] "($module, /)" None(freeze);
    /// Unfreeze all objects in the permanent generation.
    ///
    /// Put all objects in the permanent generation back into oldest generation.
    ["unfreeze"] "($module, /)" None(unfreeze);
    /// Return the number of objects in the permanent generation.
    ["get_freeze_count"] "($module, /)" None(get_freeze_count);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    let flags = [
        ("DEBUG_STATS", DEBUG_STATS),
        ("DEBUG_COLLECTABLE", 2),
        ("DEBUG_UNCOLLECTABLE", 4),
        ("DEBUG_SAVEALL", collector::DEBUG_SAVEALL),
        ("DEBUG_LEAK", 38),
    ];
    for (name, bits) in flags {
        module::add(vm, this, name, Value::small_int_unchecked(bits));
    }
    for (name, place) in [("garbage", &state(vm).garbage), ("callbacks", &state(vm).callbacks)] {
        let list = place.get().unwrap_or_else(|| PyList::new_value(vm, Vec::new()));
        place.set(Some(list.clone()));
        module::add(vm, this, name, list);
    }
    Ok(())
}

fn state<'gil>(vm: Vm<'gil>) -> &'gil GcState {
    &vm.interpreter().runtime().gc
}

fn enable(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    state(vm).enabled.set(true);
    Ok(Value::NONE)
}

fn disable(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    state(vm).enabled.set(false);
    Ok(Value::NONE)
}

fn is_enabled(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(state(vm).enabled.get()))
}

fn collect(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let generation = match args.get(0) {
        Some(generation) => number::as_i32(vm, generation)?,
        None => 2,
    };
    match usize::try_from(generation) {
        Ok(generation @ 0..=2) => collect_and_tell(vm, generation),
        _ => Err(vm.value_error("invalid generation")),
    }
}

/// Collects, with the figures on the standard error stream if `DEBUG_STATS` is set.
fn collect_and_tell(vm: Vm<'_>, generation: usize) -> PyResult<Value> {
    if state(vm).debug.get() & DEBUG_STATS == 0 {
        return Ok(Value::from_usize(collector::collect(vm, generation)));
    }
    let all = collector::objects(vm)?.len();
    hooks::write_stderr(&format!(
        "gc: collecting generation {generation}...\ngc: objects in each generation: 0 0 {all}\n\
         gc: objects in permanent generation: {}\n",
        collector::frozen_count()
    ));
    let begin = std::time::Instant::now();
    let found = collector::collect(vm, generation);
    let elapsed = begin.elapsed().as_secs_f64();
    hooks::write_stderr(&format!(
        "gc: done, {found} unreachable, 0 uncollectable, {elapsed:.4}s elapsed\n"
    ));
    Ok(Value::from_usize(found))
}

/// The young count is told in objects of middle size: the collector counts fresh bytes.
fn get_count(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    const MIDDLE_BYTES: usize = 64;
    let young = objects::core::alloc::heap().fresh_bytes.get() / MIDDLE_BYTES;
    let zero = Value::small_int_unchecked(0);
    Ok(PyTuple::new_value(vm, &[Value::from_usize(young), zero.clone(), zero]))
}

fn set_debug(vm: Vm<'_>, _module: &Value, flags: &Value) -> PyResult<Value> {
    state(vm).debug.set(i64::from(number::as_i32(vm, flags)?));
    Ok(Value::NONE)
}

fn get_debug(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(int::new(vm, state(vm).debug.get()))
}

fn set_threshold(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    if args.is_empty() {
        return Err(vm.type_error("gc.set_threshold requires 1 to 3 arguments"));
    }
    if args.len() > 3 {
        return Err(vm.type_error("gc.set_threshold requires 1 to 3 arguments"));
    }
    let mut thresholds = state(vm).thresholds.get();
    for (place, value) in thresholds.iter_mut().zip(args) {
        *place = i64::from(number::as_i32(vm, value)?);
    }
    state(vm).thresholds.set(thresholds);
    Ok(Value::NONE)
}

fn get_threshold(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(PyTuple::new_value(vm, &state(vm).thresholds.get().map(|number| int::new(vm, number))))
}

fn get_objects(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let mut generation = 2;
    if let Some(wanted) = args.get_non_none(0) {
        generation = number::as_isize(vm, wanted)?;
        if generation < 0 {
            return Err(vm.value_error("generation parameter cannot be negative"));
        }
        if generation > 2 {
            return Err(vm.value_error(
                "generation parameter must be less than the number of available generations (3)",
            ));
        }
    }
    // There is one generation: the oldest holds everything.
    let found = if generation == 2 { collector::objects(vm)? } else { Vec::new() };
    Ok(PyList::new_value(vm, found))
}

fn get_stats(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let mut listed = Vec::new();
    for stats in state(vm).stats.get() {
        let entry = PyDict::new_ref(vm);
        let figures = [
            ("collections", stats.collections),
            ("collected", stats.collected),
            ("uncollectable", stats.uncollectable),
        ];
        for (name, figure) in figures {
            let figure = int::new(vm, i64::try_from(figure).unwrap_or(i64::MAX));
            drop(entry.set_str(&vm.intern(name), figure));
        }
        listed.push(entry.into_value());
    }
    Ok(PyList::new_value(vm, listed))
}

fn is_tracked(_vm: Vm<'_>, _module: &Value, object: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(collector::is_tracked(object)))
}

fn is_finalized(_vm: Vm<'_>, _module: &Value, object: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(collector::is_finalized(object)))
}

fn get_referrers(vm: Vm<'_>, _module: &Value, objects: &[Value]) -> PyResult<Value> {
    collector::referrers(vm, objects).map(|found| PyList::new_value(vm, found))
}

fn get_referents(vm: Vm<'_>, _module: &Value, objects: &[Value]) -> PyResult<Value> {
    let found = objects.iter().flat_map(collector::referents).collect();
    Ok(PyList::new_value(vm, found))
}

fn freeze(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    collector::freeze();
    Ok(Value::NONE)
}

fn unfreeze(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    collector::unfreeze();
    Ok(Value::NONE)
}

fn get_freeze_count(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(collector::frozen_count()))
}
