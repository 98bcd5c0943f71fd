//! Generators, coroutines, asynchronous generators: one core; `generator` and `coroutine` with their methods.

use std::cell::Cell;
use std::ptr::NonNull;

use bytecode::Opcode;
use bytecode::code_spec::code_flags;

use crate::core::errors::{PyResult, Raised};
use crate::core::frame::chain::ChainLink;
use crate::core::frame::{Register, SavedFrame, clear_generator, traverse_generator};
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::interpreter_state::Resume;
use crate::core::monitoring::event;
use crate::core::object::{Payload, Py, flags};
use crate::core::pyref::PyRef;
use crate::core::slots::{SendResult, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::async_generator::ASYNC_GENERATOR;
use crate::types::code::{PyCode, StackEntry};
use crate::types::exceptions::hierarchy as exc;
use crate::types::frame_object;
use crate::types::str::PyStr;
use crate::{getset, methods, payload};

/// How far a generator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratorState {
    /// Not started.
    Created,
    /// Stands at a `yield`.
    Suspended,
    /// Runs.
    Running,
    /// Stands at a `yield from` or `await` of a generator, in a chain of them: it is suspended or runs, as the chain does. See
    /// [`chain`](crate::core::frame::chain).
    Delegating,
    /// Has ended; its frame is gone.
    Finished,
}

/// The payload that the three kinds share. Its tail is the frame's registers.
pub struct GeneratorCore {
    /// The record while the generator does not run.
    pub saved: SavedFrame,
    /// How far it is; [`settled_state`](Self::settled_state) is the same without `Delegating`.
    pub state: Cell<GeneratorState>,
    /// Its place in a chain of delegation.
    pub chain: ChainLink,
    /// The code object.
    pub code: PyRef<PyCode>,
    /// The function that made it; it keeps globals and builtins.
    pub function: HotCell<Option<Value>>,
    /// `__name__`, where it is another than the code's.
    pub name: HotCell<Option<PyRef<PyStr>>>,
    /// `__qualname__`, where it is another than the code's.
    pub qualname: HotCell<Option<PyRef<PyStr>>>,
    /// The exception that its frame is handling, while it does not run.
    pub handled: HotCell<Option<Value>>,
    /// `cr_origin`, or an asynchronous generator's finalizer hook.
    pub origin_or_finalizer: HotCell<Option<Value>>,
    /// Of an asynchronous generator: the hooks have been called.
    pub hooks_called: Cell<bool>,
    /// Of an asynchronous generator: `aclose()` was called, or it has ended.
    pub closed: Cell<bool>,
    /// Of an asynchronous generator: one of its awaitables runs.
    pub awaiting: Cell<bool>,
    /// How many registers there are.
    pub register_count: usize,
}

impl Payload for GeneratorCore {
    type Tail = Register;
    const GC: bool = true;
    fn class() -> &'static Py<PyType> {
        GENERATOR.get()
    }
    fn tail_len(&self) -> usize {
        self.register_count
    }
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.code.traverse(visitor);
        self.function.traverse(visitor);
        self.handled.traverse(visitor);
        self.origin_or_finalizer.traverse(visitor);
        traverse_generator(self, visitor);
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        clear_generator(self, dead);
        self.handled.clear(dead);
        self.origin_or_finalizer.clear(dead);
    }
}

impl Drop for GeneratorCore {
    fn drop(&mut self) {
        if self.state.get() != GeneratorState::Finished {
            let mut dead = Vec::new();
            clear_generator(self, &mut dead);
            drop(dead);
        }
    }
}

/// `generator`
pub static GENERATOR: StaticType = StaticType::new::<GeneratorCore>();
/// `coroutine`
pub static COROUTINE: StaticType = StaticType::sharing::<GeneratorCore>(&GENERATOR);

/// The spec of `generator`.
pub const GENERATOR_SPEC: TypeSpec = TypeSpec {
    name: "generator",
    flags: spec_flags::HAS_WEAKREF | spec_flags::DISALLOW_INSTANTIATION,
    slots: &[
        Slot::Repr(core_repr),
        Slot::Iter(identity),
        Slot::Iternext(next),
        Slot::AmSend(am_send),
        Slot::Finalize(finalize),
    ],
    methods: GENERATOR_METHODS,
    getset: GENERATOR_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `coroutine`.
pub const COROUTINE_SPEC: TypeSpec = TypeSpec {
    name: "coroutine",
    flags: spec_flags::HAS_WEAKREF | spec_flags::DISALLOW_INSTANTIATION,
    slots: &[
        Slot::Repr(core_repr),
        Slot::AmAwait(coroutine_await),
        Slot::AmSend(am_send),
        Slot::Finalize(finalize),
    ],
    methods: COROUTINE_METHODS,
    getset: COROUTINE_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { GENERATOR_METHODS:
    /// send(value) -> send 'value' into generator,
    /// return next yielded value or raise StopIteration.
    ["send"] "($self, object, /)" One(send);
    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    ["throw"] "" Positional(throw);
    /// close() -> raise GeneratorExit inside generator.
    ["close"] "($self, /)" None(close);
    /// gen.__sizeof__() -> size of gen in memory, in bytes
    ["__sizeof__"] "($self, /)" None(size);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

methods! { COROUTINE_METHODS:
    /// send(arg) -> send 'arg' into coroutine,
    /// return next iterated value or raise StopIteration.
    ["send"] "($self, object, /)" One(send);
    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next iterated value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    ["throw"] "" Positional(throw);
    /// close() -> raise GeneratorExit inside coroutine.
    ["close"] "($self, /)" None(close);
    ["__sizeof__"] "($self, /)" None(size);
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

getset! { GENERATOR_GETSET:
    /// name of the generator
    ["__name__"] name, set_name;
    /// qualified name of the generator
    ["__qualname__"] qualname, set_qualname;
    /// object being iterated by yield from, or None
    ["gi_yieldfrom"] yieldfrom;
    ["gi_running"] running;
    ["gi_frame"] frame;
    ["gi_suspended"] suspended;
    ["gi_code"] code;
}

getset! { COROUTINE_GETSET:
    /// name of the coroutine
    ["__name__"] name, set_name;
    /// qualified name of the coroutine
    ["__qualname__"] qualname, set_qualname;
    /// object being awaited on, or None
    ["cr_await"] yieldfrom;
    ["cr_running"] running;
    ["cr_frame"] frame;
    ["cr_suspended"] suspended;
    ["cr_code"] code;
    member ["cr_origin"] origin;
}

pub(crate) fn this(value: &Value) -> &Py<GeneratorCore> {
    value.receiver::<GeneratorCore>()
}

impl GeneratorCore {
    /// `__qualname__`
    #[must_use]
    pub fn qualname(&self) -> PyRef<PyStr> {
        self.qualname.get().unwrap_or_else(|| self.code.qualname.clone())
    }
}

impl Py<GeneratorCore> {
    /// The generator has ended: what its finalizer would do needs no look any more.
    #[inline(always)]
    pub fn set_finished(&self) {
        self.state.set(GeneratorState::Finished);
        self.as_object().set_flags(flags::NOTHING_TO_FINALIZE);
    }

    /// "generator", "coroutine" or "async generator".
    #[must_use]
    pub fn kind_text(&self) -> &'static str {
        let class = self.as_object().class();
        if class.is(COROUTINE.get()) {
            "coroutine"
        } else if class.is(ASYNC_GENERATOR.get()) {
            "async generator"
        } else {
            "generator"
        }
    }

    fn is_coroutine(&self) -> bool {
        self.as_object().class().is(COROUTINE.get())
    }

    /// The argument of the RESUME behind the `yield` that it stands at.
    fn resume_argument(&self) -> Option<u8> {
        let frame = self.suspended_frame()?;
        let unit = frame.unit()?;
        let spec = self.code.spec();
        let resume = spec.code.get(unit + 1)?;
        (resume.opcode() == Some(Opcode::RESUME)).then_some(resume.oparg)
    }

    /// What `yield from` or `await` delegates to, while it is suspended there.
    #[must_use]
    pub fn delegate(&self) -> Option<Value> {
        if self.settled_state() != GeneratorState::Suspended {
            return None;
        }
        if !matches!(self.resume_argument()? & 3, 2 | 3) {
            return None;
        }
        let frame = self.suspended_frame()?;
        let depth = self.code.stack_at(frame.next).len().checked_sub(2)?;
        match self.code.stack_at(frame.next).get(depth)? {
            StackEntry::Temporary => frame.register(self.code.local_count() + depth),
            StackEntry::Local(index) => frame.register(*index as usize),
            StackEntry::Null | StackEntry::Immediate(_) => None,
        }
    }

    /// Goes on with `value` (`gen_send_ex2` in CPython).
    ///
    /// # Errors
    /// What the generator raises, or ValueError and its kin when it cannot go on.
    pub fn send(&self, vm: Vm<'_>, value: &Value) -> PyResult<SendResult> {
        if self.chain().is_some() {
            return self.resume(vm, Resume::Send(value));
        }
        match self.settled_state() {
            GeneratorState::Created if !value.is_none() => Err(vm.type_error(format!(
                "can't send non-None value to a just-started {}",
                self.kind_text()
            ))),
            GeneratorState::Running | GeneratorState::Delegating => Err(self.already_running(vm)),
            GeneratorState::Finished => {
                if self.is_coroutine() {
                    return Err(vm.runtime_error("cannot reuse already awaited coroutine"));
                }
                Ok(SendResult::Return(Value::NONE))
            }
            GeneratorState::Created | GeneratorState::Suspended => {
                self.resume(vm, Resume::Send(value))
            }
        }
    }

    fn resume(&self, vm: Vm<'_>, how: Resume<'_>) -> PyResult<SendResult> {
        vm.check_recursion(" while calling a Python object")?;
        (vm.interpreter().hooks().resume)(vm, self, how)
    }

    fn already_running(&self, vm: Vm<'_>) -> Raised {
        vm.value_error(format!("{} already executing", self.kind_text()))
    }

    /// Raises `exception` where it stands, without looking at what it delegates to.
    ///
    /// # Errors
    /// What comes out of the generator.
    pub fn throw_here(&self, vm: Vm<'_>, exception: Value) -> PyResult<SendResult> {
        match self.settled_state() {
            GeneratorState::Running | GeneratorState::Delegating => Err(self.already_running(vm)),
            GeneratorState::Finished => {
                if self.is_coroutine() && !exception_is(&exception, &exc::GENERATOR_EXIT) {
                    return Err(vm.runtime_error("cannot reuse already awaited coroutine"));
                }
                Err(vm.raise(exception))
            }
            GeneratorState::Created => {
                // It ends where it would begin; the traceback shows its first line.
                self.resume(vm, Resume::Throw(exception))
            }
            GeneratorState::Suspended => self.resume(vm, Resume::Throw(exception)),
        }
    }

    /// `throw()`: first into what it delegates to (`_gen_throw` in CPython).
    ///
    /// # Errors
    /// What comes out of the generator.
    pub fn throw(
        &self,
        vm: Vm<'_>,
        exception: Value,
        close_delegate: bool,
    ) -> PyResult<SendResult> {
        vm.check_recursion(" while throwing into a generator")?;
        let Some(delegate) = self.delegate() else { return self.throw_here(vm, exception) };
        if close_delegate && exception_is(&exception, &exc::GENERATOR_EXIT) {
            self.state.set(GeneratorState::Running);
            let closed = close_iterator(vm, &delegate);
            self.state.set(GeneratorState::Suspended);
            return match closed {
                Ok(()) => self.throw_here(vm, exception),
                Err(raised) => {
                    let exception = vm.take(raised);
                    self.throw_here(vm, exception)
                }
            };
        }
        self.state.set(GeneratorState::Running);
        let result = self.throw_into(vm, &delegate, &exception, close_delegate);
        self.state.set(GeneratorState::Suspended);
        match result {
            Ok(Some(value)) => Ok(SendResult::Next(value)),
            Ok(None) => self.throw_here(vm, exception),
            Err(raised) => {
                let exception = vm.take(raised);
                self.throw_here(vm, exception)
            }
        }
    }

    /// Throws into the delegate; None when it cannot be thrown into.
    fn throw_into(
        &self,
        vm: Vm<'_>,
        delegate: &Value,
        exception: &Value,
        close_delegate: bool,
    ) -> PyResult<Option<Value>> {
        if is_generator_or_coroutine(delegate) {
            return match this(delegate).throw(vm, exception.clone(), close_delegate)? {
                SendResult::Next(value) => Ok(Some(value)),
                SendResult::Return(value) => Err(stop_iteration(vm, value)),
            };
        }
        match vm.get_attr_opt(delegate, &vm.intern("throw"))? {
            Some(method) => vm.call(&method, std::slice::from_ref(exception)).map(Some),
            None => Ok(None),
        }
    }

    /// `close()`. What it delegates to is closed first, and so on: without recursion, since a chain may be of any length.
    ///
    /// # Errors
    /// What comes out of the generator, and RuntimeError when it yields instead of ending.
    pub fn close(&self, vm: Vm<'_>) -> PyResult<Value> {
        let mut waiting: Vec<PyRef<GeneratorCore>> = Vec::new();
        let mut current = self.to_ref();
        let mut closed = loop {
            if current.settled_state() != GeneratorState::Suspended {
                break current.close_standing(vm);
            }
            let Some(delegate) = current.delegate() else { break current.close_standing(vm) };
            current.state.set(GeneratorState::Running);
            if is_generator_or_coroutine(&delegate) {
                waiting.push(std::mem::replace(&mut current, this(&delegate).to_ref()));
                continue;
            }
            let result = close_iterator(vm, &delegate);
            drop(delegate);
            current.state.set(GeneratorState::Suspended);
            break current.end(vm, result.err().map(|raised| vm.take(raised)));
        };
        // What is closed dies, if nobody else wants it, before the one that delegated to it goes on.
        drop(current);
        while let Some(outer) = waiting.pop() {
            outer.state.set(GeneratorState::Suspended);
            closed = outer.end(vm, closed.err().map(|raised| vm.take(raised)));
        }
        closed
    }

    /// As [`close`](Self::close), for a generator that delegates to none.
    fn close_standing(&self, vm: Vm<'_>) -> PyResult<Value> {
        match self.settled_state() {
            GeneratorState::Created => self.finish_unrun(),
            GeneratorState::Finished => {}
            GeneratorState::Running | GeneratorState::Delegating => {
                return Err(self.already_running(vm));
            }
            GeneratorState::Suspended => {
                if !self.ends_unseen(vm) {
                    return self.end(vm, None);
                }
                self.finish_unrun();
            }
        }
        Ok(Value::NONE)
    }

    /// Whether nothing in its frame can see the exception that would close it: without 4 in the argument something can.
    fn ends_unseen(&self, vm: Vm<'_>) -> bool {
        self.resume_argument().is_some_and(|argument| argument & 4 != 0)
            && vm.interpreter().monitoring.tools_for(event::PY_UNWIND) == 0
    }

    /// Raises what closing its delegate raised, or else GeneratorExit, in it: it must not yield.
    fn end(&self, vm: Vm<'_>, exception: Option<Value>) -> PyResult<Value> {
        let exception = exception
            .unwrap_or_else(|| crate::types::exceptions::new(vm, exc::GENERATOR_EXIT.get(), &[]));
        match self.throw_here(vm, exception) {
            Ok(SendResult::Next(value)) => {
                drop(value);
                Err(vm.runtime_error(format!("{} ignored GeneratorExit", self.kind_text())))
            }
            Ok(SendResult::Return(value)) => Ok(value),
            Err(raised)
                if vm.raised_is(&raised, &exc::GENERATOR_EXIT)
                    || vm.raised_is(&raised, &exc::STOP_ITERATION) =>
            {
                vm.clear(raised);
                Ok(Value::NONE)
            }
            Err(raised) => Err(raised),
        }
    }

    /// Ends it without running it.
    pub fn finish_unrun(&self) {
        let mut dead = Vec::new();
        clear_generator(self, &mut dead);
        drop(dead);
    }
}

pub(crate) fn exception_is(exception: &Value, class: &'static StaticType) -> bool {
    exception.class().is_subtype(class.get())
}

fn is_generator_or_coroutine(value: &Value) -> bool {
    value.is_exact(GENERATOR.get()) || value.is_exact(COROUTINE.get())
}

/// StopIteration with a generator's value, wrapped where the value would be taken apart (`_PyGen_SetStopIterationValue`).
pub fn stop_iteration(vm: Vm<'_>, value: Value) -> Raised {
    if value.is_none() {
        return vm.stop_iteration(None);
    }
    vm.stop_iteration(Some(value))
}

fn close_iterator(vm: Vm<'_>, iterator: &Value) -> PyResult<()> {
    if is_generator_or_coroutine(iterator) {
        return this(iterator).close(vm).map(drop);
    }
    match vm.get_attr_opt(iterator, &vm.names().close) {
        Ok(None) => Ok(()),
        Ok(Some(close)) => vm.call(&close, &[]).map(drop),
        Err(raised) => {
            ignored(vm, raised, "closing generator", iterator);
            Ok(())
        }
    }
}

pub(crate) fn outcome(vm: Vm<'_>, result: SendResult) -> PyResult<Value> {
    match result {
        SendResult::Next(value) => Ok(value),
        SendResult::Return(value) => Err(stop_iteration(vm, value)),
    }
}

pub(crate) fn core_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let kind = value.class().name();
    let qualname = this(value).qualname().to_rust_string();
    Ok(PyStr::new_value(vm, &format!("<{kind} object {qualname} at {:#x}>", value.id())))
}

pub(crate) fn identity(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.clone())
}

fn next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    match this(value).send(vm, &Value::NONE)? {
        SendResult::Next(item) => Ok(Some(item)),
        SendResult::Return(result) if result.is_none() => Ok(None),
        SendResult::Return(result) => Err(stop_iteration(vm, result)),
    }
}

fn am_send(vm: Vm<'_>, value: &Value, sent: &Value) -> PyResult<SendResult> {
    this(value).send(vm, sent)
}

fn send(vm: Vm<'_>, value: &Value, sent: &Value) -> PyResult<Value> {
    let result = this(value).send(vm, sent)?;
    outcome(vm, result)
}

/// The exception that the arguments of `throw()` stand for.
///
/// # Errors
/// TypeError when they stand for none.
pub fn thrown_exception(vm: Vm<'_>, args: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "throw", args.len(), 1, 3)?;
    let base = crate::types::exceptions::hierarchy::BASE_EXCEPTION.get();
    let value = args.get(1).filter(|value| !value.is_none());
    let traceback = args.get(2).filter(|value| !value.is_none());
    let first = &args[0];
    if args.len() > 1 {
        vm.warn(
            &exc::DEPRECATION_WARNING,
            "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
            1,
        )?;
    }
    if traceback.is_some_and(|tb| !tb.is_exact(crate::types::traceback::TRACEBACK.get())) {
        return Err(vm.type_error("throw() third argument must be a traceback object"));
    }
    let exception = if let Some(class) = first.downcast::<PyType>()
        && class.is_subtype(base)
    {
        match value {
            Some(value) if value.class().is_subtype(class) => value.clone(),
            Some(value) if value.downcast::<crate::types::tuple::PyTuple>().is_some() => {
                let items = vm.collect(value)?;
                vm.call(first, &items)?
            }
            Some(value) => vm.call(first, std::slice::from_ref(value))?,
            None => vm.call(first, &[])?,
        }
    } else if first.class().is_subtype(base) {
        if value.is_some() {
            return Err(vm.type_error("instance exception may not have a separate value"));
        }
        first.clone()
    } else {
        return Err(vm.type_error(format!(
            "exceptions must be classes or instances deriving from BaseException, not {}",
            first.class().name()
        )));
    };
    let Some(error) = exception.downcast::<crate::types::exceptions::base::PyBaseException>()
    else {
        let class = vm.repr(first)?.to_rust_string();
        return Err(vm.type_error(format!(
            "calling {class} should have returned an instance of BaseException, not {}",
            exception.class().name()
        )));
    };
    if let Some(traceback) = traceback {
        error.traceback.set(Some(traceback.clone()));
    }
    Ok(exception)
}

fn throw(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    let exception = thrown_exception(vm, args)?;
    let result = this(value).throw(vm, exception, true)?;
    outcome(vm, result)
}

fn close(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).close(vm)
}

fn size(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let core = this(value);
    Ok(Value::from_usize(Py::<GeneratorCore>::tail_offset() + core.register_count * 8))
}

pub(crate) fn class_getitem(vm: Vm<'_>, class: &Value, item: &Value) -> PyResult<Value> {
    crate::types::generic_alias::new(vm, class, item)
}

/// Tells the hook about an exception that nobody can be given.
pub(crate) fn ignored(vm: Vm<'_>, raised: Raised, doing: &str, value: &Value) {
    let exception = vm.take(raised);
    let shown = match vm.repr(value) {
        Ok(shown) => shown.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            "<object repr() failed>".to_owned()
        }
    };
    let raised = vm.restore(exception);
    vm.unraisable(raised, None, Some(&format!("Exception ignored while {doing} {shown}")));
}

/// Where a coroutine is being made, if that is to be remembered: up to `depth` frames, the innermost first.
pub fn remember_origin(vm: Vm<'_>, coroutine: &Value) {
    let depth = vm.thread().coroutine_origin_depth.get();
    if depth == 0 || !coroutine.is_exact(COROUTINE.get()) {
        return;
    }
    let mut entries = Vec::new();
    let mut frame = frame_object::current(vm);
    while let Some(current) = frame
        && entries.len() < depth as usize
    {
        let line = Value::small_int_unchecked(i64::from(current.line().unwrap_or(0)));
        let code = current.code();
        let entry = [code.filename.to_value(), line, code.name.to_value()];
        entries.push(crate::types::tuple::PyTuple::new_value(vm, &entry));
        frame = current.previous(vm);
    }
    let origin = crate::types::tuple::PyTuple::new_value(vm, &entries);
    this(coroutine).origin_or_finalizer.set(Some(origin));
}

/// `__del__`: a suspended generator is closed, a coroutine that never ran is complained about.
pub(crate) fn finalize(vm: Vm<'_>, value: &Value) {
    let core = this(value);
    match core.settled_state() {
        GeneratorState::Finished | GeneratorState::Running | GeneratorState::Delegating => return,
        GeneratorState::Created => {
            if core.is_coroutine() {
                unawaited(vm, value);
            }
            core.finish_unrun();
            return;
        }
        GeneratorState::Suspended => {
            let plain = !core.as_object().class().is(ASYNC_GENERATOR.get());
            if plain && core.delegate().is_none() && core.ends_unseen(vm) {
                core.finish_unrun();
                return;
            }
        }
    }
    let pending = vm.thread().raised.replace(None);
    if core.as_object().class().is(ASYNC_GENERATOR.get())
        && let Some(hook) = core.origin_or_finalizer.get()
        && !core.closed.get()
    {
        if let Err(raised) = vm.call(&hook, std::slice::from_ref(value)) {
            ignored(vm, raised, "finalizing generator", value);
        }
    } else if let Err(raised) = core.close(vm) {
        ignored(vm, raised, "closing generator", value);
    }
    drop(vm.thread().raised.replace(pending));
}

pub(crate) fn name(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).name.get().unwrap_or_else(|| this(value).code.name.clone()).into_value())
}

pub(crate) fn set_name(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    match new.and_then(|new| new.downcast::<PyStr>()) {
        Some(name) => {
            this(value).name.set(Some(name.to_ref()));
            Ok(())
        }
        None => Err(vm.type_error("__name__ must be set to a string object")),
    }
}

pub(crate) fn qualname(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).qualname().into_value())
}

pub(crate) fn set_qualname(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    match new.and_then(|new| new.downcast::<PyStr>()) {
        Some(name) => {
            this(value).qualname.set(Some(name.to_ref()));
            Ok(())
        }
        None => Err(vm.type_error("__qualname__ must be set to a string object")),
    }
}

pub(crate) fn yieldfrom(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).delegate().unwrap_or(Value::NONE))
}

fn running(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).settled_state() == GeneratorState::Running))
}

pub(crate) fn suspended(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).settled_state() == GeneratorState::Suspended))
}

pub(crate) fn frame(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let core = this(value);
    let record = match core.settled_state() {
        GeneratorState::Finished => return Ok(Value::NONE),
        GeneratorState::Created | GeneratorState::Suspended => core.saved.as_ptr(),
        GeneratorState::Running | GeneratorState::Delegating => {
            match crate::core::frame::running_record(vm, core) {
                Some(record) => record,
                None => core.saved.as_ptr(),
            }
        }
    };
    let object = NonNull::new(record).map(|record| frame_object::of_record(vm, record));
    Ok(object.map_or(Value::NONE, PyRef::into_value))
}

pub(crate) fn code(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).code.to_value())
}

fn origin(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).origin_or_finalizer.get().unwrap_or(Value::NONE))
}

payload! {
    /// The payload of what `coroutine.__await__()` gives.
    pub struct PyCoroutineWrapper: COROUTINE_WRAPPER, gc {
        coroutine: Value,
    }
}

/// `coroutine_wrapper`
pub static COROUTINE_WRAPPER: StaticType = StaticType::new::<PyCoroutineWrapper>();

/// The spec of `coroutine_wrapper`.
pub const COROUTINE_WRAPPER_SPEC: TypeSpec = TypeSpec {
    name: "coroutine_wrapper",
    doc: Some("A wrapper object implementing __await__ for coroutines."),
    slots: &[Slot::Iter(identity), Slot::Iternext(wrapper_next)],
    methods: WRAPPER_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { WRAPPER_METHODS:
    /// send(arg) -> send 'arg' into coroutine,
    /// return next iterated value or raise StopIteration.
    ["send"] "($self, object, /)" One(wrapper_send);
    ["throw"] "" Positional(wrapper_throw);
    /// close() -> raise GeneratorExit inside coroutine.
    ["close"] "($self, /)" None(wrapper_close);
}

fn coroutine_await(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyRef::try_new(vm, PyCoroutineWrapper { coroutine: value.clone() })?.into_value())
}

fn wrapped(value: &Value) -> &Value {
    &value.receiver::<PyCoroutineWrapper>().coroutine
}

fn wrapper_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    next(vm, wrapped(value))
}

fn wrapper_send(vm: Vm<'_>, value: &Value, sent: &Value) -> PyResult<Value> {
    send(vm, wrapped(value), sent)
}

fn wrapper_throw(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    throw(vm, wrapped(value), args)
}

fn wrapper_close(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    close(vm, wrapped(value))
}

/// The iterator that `await` runs (`_PyCoro_GetAwaitableIter`).
///
/// # Errors
/// TypeError when the object cannot be awaited.
pub fn awaitable_iterator(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.is_exact(COROUTINE.get())
        || (value.is_exact(GENERATOR.get())
            && this(value).code.has_flags(code_flags::ITERABLE_COROUTINE))
    {
        return Ok(value.clone());
    }
    let Some(get) = value.class().slots.am_await.get() else {
        return Err(vm.type_error(format!("'{}' object can't be awaited", value.class().name())));
    };
    let iterator = get(vm, value)?;
    if iterator.is_exact(COROUTINE.get()) {
        return Err(vm.type_error("__await__() returned a coroutine"));
    }
    if iterator.class().slots.iternext.get().is_none() {
        return Err(vm.type_error(format!(
            "__await__() returned non-iterator of type '{}'",
            iterator.class().name()
        )));
    }
    Ok(iterator)
}

/// RuntimeWarning for a coroutine that dies before it ran.
fn unawaited(vm: Vm<'_>, coroutine: &Value) {
    let pending = vm.thread().raised.replace(None);
    let report = vm
        .import_module("warnings")
        .and_then(|warnings| vm.get_attr_opt(&warnings, &vm.intern("_warn_unawaited_coroutine")))
        .and_then(|warn| match warn {
            Some(warn) => vm.call(&warn, std::slice::from_ref(coroutine)).map(|_| true),
            None => Ok(false),
        });
    let warned = match report {
        Ok(warned) => warned,
        Err(raised) => {
            let warned = vm.raised_is(&raised, &exc::RUNTIME_WARNING);
            ignored(vm, raised, "finalizing coroutine", coroutine);
            warned
        }
    };
    if !warned {
        let name = this(coroutine).qualname().to_rust_string();
        let text = format!("coroutine '{name}' was never awaited");
        if let Err(raised) = vm.warn(&exc::RUNTIME_WARNING, &text, 1) {
            ignored(vm, raised, "finalizing coroutine", coroutine);
        }
    }
    drop(vm.thread().raised.replace(pending));
}
