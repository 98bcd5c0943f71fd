//! Arguments bound to parameters, and the doors by which native code runs Python code.
#![expect(unsafe_code, reason = "the loop's answer is the bits of a value")]

use bytecode::code_spec::code_flags;
use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised, take_set};
use objects::core::frame::{Register, frame_flags};
use objects::core::interpreter_state::{Resume, RunIn};
use objects::core::monitoring::{UNGROUPED_EVENTS, event};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::SendResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::function::{PyFunction, builtins_of};
use objects::types::generator::{GeneratorCore, GeneratorState};
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use crate::dispatch;
use crate::frames::{self, NewFrame};
use crate::{generator_frames, unwind};

/// Runs the loop until the frame just pushed ends.
fn run(vm: Vm<'_>, entry: *mut u64) -> PyResult<Value> {
    let bits = dispatch::run(vm.as_ptr(), entry);
    if bits == 0 {
        return Err(raised_again(vm));
    }
    // SAFETY: the loop's answer is a value whose reference is handed over.
    Ok(unsafe { Value::from_bits(bits) })
}

/// The exception that waits in the thread's state, raised again.
pub(crate) fn raised_again(vm: Vm<'_>) -> Raised {
    match take_set(&vm.thread().raised) {
        Some(exception) => vm.restore(exception),
        None => vm.system_error("an exception got lost"),
    }
}

/// Calls a Python function: the hook.
pub(crate) fn call_function(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    args: Args<'_>,
) -> PyResult<Value> {
    if args.keyword_count() == 0
        && let Some(entry) = frames::push_entered(vm, function, args.all())
    {
        return run(vm, entry);
    }
    let code = function.code.get();
    let new = NewFrame {
        code: &code,
        globals: &function.globals,
        builtins: &function.builtins,
        result: std::ptr::null_mut(),
        flags: frame_flags::EXIT,
    };
    let this = Some(function.to_value());
    let entry = if args.keyword_count() == 0 && is_exact(&code, args.all().len()) {
        frames::push(vm, &new, this, args.all().iter().cloned())?
    } else {
        let values = bind(vm, function, &code, args.all().to_vec(), args.keyword_names())?;
        frames::push(vm, &new, this, values.into_iter())?
    };
    run(vm, entry)
}

/// Whether a call with `given` positional arguments needs no binding.
#[inline(always)]
pub(crate) fn is_exact(code: &Py<PyCode>, given: usize) -> bool {
    code.takes_exactly(given)
}

/// Runs a code object in a namespace: the hook.
#[expect(clippy::needless_pass_by_value, reason = "the signature is the hook's")]
pub(crate) fn run_code(vm: Vm<'_>, code: &Py<PyCode>, place: RunIn<'_>) -> PyResult<Value> {
    let builtins = builtins_of(vm, place.globals);
    let mut values = Vec::new();
    if let Some(closure) = place.closure.and_then(|closure| closure.downcast::<PyTuple>()) {
        values
            .resize_with(code.local_count().saturating_sub(closure.items().len()), || Value::NULL);
        values.extend_from_slice(closure.items());
    }
    let new = NewFrame {
        code,
        globals: place.globals,
        builtins: &builtins,
        result: std::ptr::null_mut(),
        flags: frame_flags::EXIT,
    };
    let entry = frames::push(vm, &new, None, values.into_iter())?;
    if !code.has_flags(code_flags::OPTIMIZED | code_flags::NEWLOCALS) {
        let locals = place.locals.cloned().unwrap_or_else(|| place.globals.to_value());
        frames::set_namespace(vm, locals);
    }
    run(vm, entry)
}

/// Goes on in a generator: the hook.
pub(crate) fn resume(
    vm: Vm<'_>,
    generator: &Py<GeneratorCore>,
    how: Resume<'_>,
) -> PyResult<SendResult> {
    let value = match how {
        Resume::Send(value) => {
            if let Some(entry) = generator_frames::resume_entered(vm, generator, value) {
                let value = run(vm, entry)?;
                return Ok(sent_result(generator, value));
            }
            if !matches!(
                generator.settled_state(),
                GeneratorState::Created | GeneratorState::Suspended
            ) {
                return Err(vm.system_error("a generator that runs is gone on with"));
            }
            let sent = Some(Register::from_value(value.clone()));
            let entry = generator_frames::push_generator(vm, generator, sent, frame_flags::EXIT)?;
            run(vm, entry)?
        }
        Resume::Throw(exception) => {
            generator_frames::push_generator(vm, generator, None, frame_flags::EXIT)?;
            let exception = thrown(vm, exception);
            // Only what the generator itself handles becomes the context (`_PyErr_ChainStackItem`).
            let handles = vm.thread().handled.with(|stack| matches!(stack.last(), Some(Some(_))));
            let raised = if handles { vm.raise(exception) } else { vm.restore(exception) };
            let entry = unwind::unwind(vm, raised);
            run(vm, entry)?
        }
    };
    Ok(sent_result(generator, value))
}

/// What a generator that stopped running gave: a value that it yielded, or its result.
fn sent_result(generator: &Py<GeneratorCore>, value: Value) -> SendResult {
    if matches!(generator.state.get(), GeneratorState::Suspended | GeneratorState::Delegating) {
        SendResult::Next(value)
    } else {
        SendResult::Return(value)
    }
}

/// Tells tools that an exception is thrown into the generator whose frame has just been pushed: the exception to raise.
fn thrown(vm: Vm<'_>, exception: Value) -> Value {
    if vm.interpreter().monitoring.global.get() == [0; UNGROUPED_EVENTS] {
        return exception;
    }
    // RESUME, which looks for tools, is not run.
    let Some(frame) = objects::types::frame_object::current(vm) else { return exception };
    let code = frame.code();
    if code.monitors.version.get() != vm.interpreter().monitoring.version.get() {
        crate::instrument::instrument(vm, code);
    }
    let unit = usize::try_from(frame.lasti()).unwrap_or(0) / 2;
    crate::events::exception(vm, event::PY_THROW, unit, exception)
}

/// The values of a function's parameters, as its frame begins with them.
///
/// # Errors
/// TypeError in CPython's words when the arguments do not fit.
pub(crate) fn bind(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    mut values: Vec<Value>,
    keyword_names: Option<&Py<PyTuple>>,
) -> PyResult<Vec<Value>> {
    let spec = code.spec();
    let positional_count = spec.argcount as usize;
    let keyword_only = spec.kwonlyargcount as usize;
    let variadic = spec.flags & (code_flags::VARARGS | code_flags::VARKEYWORDS);
    let keywords = keyword_names.map_or(0, |names| names.items().len());
    let given = values.len() - keywords;
    if keywords == 0 && keyword_only == 0 && variadic == 0 && given == positional_count {
        return Ok(values);
    }
    let keyword_values = values.split_off(given);
    let total = positional_count + keyword_only;
    let mut surplus = Vec::new();
    if given > positional_count {
        surplus = values.split_off(positional_count);
    }
    values.resize_with(total, || Value::NULL);
    let extra =
        if spec.flags & code_flags::VARKEYWORDS != 0 { Some(PyDict::new_ref(vm)) } else { None };
    if let Some(names) = keyword_names {
        bind_keywords(vm, function, code, &mut values, names, keyword_values, extra.as_ref())?;
    }
    if !surplus.is_empty() && spec.flags & code_flags::VARARGS == 0 {
        return Err(too_many_positional(vm, function, code, given, &values));
    }
    if given < positional_count {
        fill_defaults(vm, function, code, &mut values, given)?;
    }
    if keyword_only > 0 {
        fill_keyword_defaults(vm, function, code, &mut values)?;
    }
    if spec.flags & code_flags::VARARGS != 0 {
        values.push(PyTuple::try_from_vec(vm, surplus)?.into_value());
    }
    if let Some(extra) = extra {
        values.push(extra.into_value());
    }
    Ok(values)
}

fn name_of(function: &Py<PyFunction>) -> String {
    function.qualname.get().to_rust_string()
}

fn bind_keywords(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    places: &mut [Value],
    names: &Py<PyTuple>,
    values: Vec<Value>,
    extra: Option<&PyRef<PyDict>>,
) -> PyResult<()> {
    let spec = code.spec();
    let first = spec.posonlyargcount as usize;
    let total = places.len();
    for (key, value) in names.items().iter().zip(values) {
        let Some(name) = key.downcast::<PyStr>() else {
            return Err(vm.type_error(format!("{}() keywords must be strings", name_of(function))));
        };
        let parameters = &code.locals()[first..total];
        let found = parameters
            .iter()
            .position(|parameter| parameter.is(name))
            .or_else(|| parameters.iter().position(|parameter| parameter.same_text(name)));
        match found {
            Some(index) => {
                let place = &mut places[first + index];
                if !place.is_null() {
                    return Err(vm.type_error(format!(
                        "{}() got multiple values for argument '{}'",
                        name_of(function),
                        name.to_rust_string()
                    )));
                }
                *place = value;
            }
            None => match extra {
                Some(extra) => {
                    drop(extra.set_str(name, value));
                }
                None => return Err(unexpected_keyword(vm, function, code, names, name)),
            },
        }
    }
    Ok(())
}

#[cold]
fn unexpected_keyword(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    names: &Py<PyTuple>,
    name: &Py<PyStr>,
) -> Raised {
    let spec = code.spec();
    let qualname = name_of(function);
    let positional_only = &code.locals()[..spec.posonlyargcount as usize];
    let passed: Vec<String> = positional_only
        .iter()
        .filter(|parameter| {
            names
                .items()
                .iter()
                .any(|key| key.downcast::<PyStr>().is_some_and(|key| key.same_text(parameter)))
        })
        .map(|parameter| parameter.to_rust_string())
        .collect();
    if !passed.is_empty() {
        return vm.type_error(format!(
            "{qualname}() got some positional-only arguments passed as keyword arguments: '{}'",
            passed.join(", ")
        ));
    }
    let text = name.to_rust_string();
    let total = (spec.argcount + spec.kwonlyargcount) as usize;
    let candidates: Vec<String> = code.locals()[spec.posonlyargcount as usize..total]
        .iter()
        .map(|parameter| parameter.to_rust_string())
        .collect();
    vm.unexpected_keyword(&format!("{qualname}()"), &text, &candidates)
}

#[cold]
fn too_many_positional(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    given: usize,
    places: &[Value],
) -> Raised {
    let spec = code.spec();
    let count = spec.argcount as usize;
    let keyword_only = places[count..].iter().filter(|place| !place.is_null()).count();
    let defaults = tuple_length(function.defaults.get().as_ref());
    let (plural, takes) = if defaults > 0 {
        (true, format!("from {} to {count}", count.saturating_sub(defaults)))
    } else {
        (count != 1, count.to_string())
    };
    let keyword_note = if keyword_only > 0 {
        format!(
            " positional argument{} (and {keyword_only} keyword-only argument{})",
            if given == 1 { "" } else { "s" },
            if keyword_only == 1 { "" } else { "s" }
        )
    } else {
        String::new()
    };
    vm.type_error(format!(
        "{}() takes {takes} positional argument{} but {given}{keyword_note} {} given",
        name_of(function),
        if plural { "s" } else { "" },
        if given == 1 && keyword_only == 0 { "was" } else { "were" }
    ))
}

fn tuple_length(value: Option<&Value>) -> usize {
    value.and_then(|value| value.downcast::<PyTuple>()).map_or(0, |tuple| tuple.items().len())
}

fn fill_defaults(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    places: &mut [Value],
    given: usize,
) -> PyResult<()> {
    let count = code.spec().argcount as usize;
    let defaults = function.defaults.get();
    let defaults = defaults.as_ref().and_then(|defaults| defaults.downcast::<PyTuple>());
    let items = defaults.map_or(&[][..], |defaults| defaults.items());
    let required = count.saturating_sub(items.len());
    let missing: Vec<usize> =
        (given.min(required)..required).filter(|&index| places[index].is_null()).collect();
    if !missing.is_empty() {
        return Err(missing_arguments(vm, function, code, "positional", &missing));
    }
    for index in given.max(required)..count {
        if places[index].is_null() {
            places[index] = items[index + items.len() - count].clone();
        }
    }
    Ok(())
}

fn fill_keyword_defaults(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    places: &mut [Value],
) -> PyResult<()> {
    let count = code.spec().argcount as usize;
    let defaults = function.kwdefaults.get();
    let defaults = defaults.as_ref().and_then(|defaults| defaults.downcast::<PyDict>());
    let mut missing = Vec::new();
    for (index, place) in places.iter_mut().enumerate().skip(count) {
        if !place.is_null() {
            continue;
        }
        match defaults.and_then(|defaults| defaults.get_str(&code.locals()[index])) {
            Some(default) => *place = default,
            None => missing.push(index),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(missing_arguments(vm, function, code, "keyword-only", &missing))
}

#[cold]
fn missing_arguments(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    kind: &str,
    missing: &[usize],
) -> Raised {
    let names: Vec<String> = missing
        .iter()
        .map(|&index| format!("'{}'", code.locals()[index].to_rust_string()))
        .collect();
    let listed = match names.as_slice() {
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [init @ .., last] => format!("{}, and {last}", init.join(", ")),
        [] => String::new(),
    };
    let count = names.len();
    let plural = if count == 1 { "" } else { "s" };
    vm.type_error(format!(
        "{}() missing {count} required {kind} argument{plural}: {listed}",
        name_of(function)
    ))
}
