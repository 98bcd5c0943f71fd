//! Exception groups: creating, splitting, deriving (PEP 654).

use super::base::{exception_new, payload_of, set_arguments};
use super::fields::get;
use super::hierarchy as exc;
use super::is_exception;
use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods};

/// `BaseExceptionGroup`
pub static BASE_EXCEPTION_GROUP: StaticType = StaticType::inheriting();
/// `ExceptionGroup`: `finish` gives it its second base, `Exception`.
pub static EXCEPTION_GROUP: StaticType = StaticType::inheriting();

const MESSAGE: usize = 0;
const EXCEPTIONS: usize = 1;
/// The text of a sequence that is neither list nor tuple, as it was when the group was made.
const SHOWN: usize = 2;

/// The spec of `BaseExceptionGroup`.
pub const BASE_EXCEPTION_GROUP_SPEC: TypeSpec = TypeSpec {
    name: "BaseExceptionGroup",
    doc: Some("A combination of multiple unrelated exceptions."),
    base: Some(&super::base::BASE_EXCEPTION),
    flags: spec_flags::BASETYPE | spec_flags::BASE_EXC_SUBCLASS,
    slots: &[
        Slot::New(group_new),
        Slot::Init(group_init),
        Slot::Str(group_str),
        Slot::Repr(group_repr),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `ExceptionGroup`.
pub const EXCEPTION_GROUP_SPEC: TypeSpec = TypeSpec {
    name: "ExceptionGroup",
    base: Some(&BASE_EXCEPTION_GROUP),
    flags: spec_flags::BASETYPE | spec_flags::BASE_EXC_SUBCLASS,
    finish: Some(add_second_base),
    ..TypeSpec::DEFAULT
};

/// `ExceptionGroup(BaseExceptionGroup, Exception)`: the one builtin class with two bases.
fn add_second_base(vm: Vm<'_>, this: &'static StaticType) -> PyResult<()> {
    let class = this.get();
    let bases = [BASE_EXCEPTION_GROUP.get().to_value(), exc::EXCEPTION.get().to_value()];
    class.bases.set(Some(PyTuple::new_ref(vm, &bases)));
    let [group, exception] = bases;
    let mut order = vec![class.to_value(), group];
    order.push(exception);
    order.push(super::base::BASE_EXCEPTION.get().to_value());
    order.push(crate::types::object_::OBJECT.get().to_value());
    class.mro.set(Some(PyTuple::try_from_vec(vm, order)?));
    exc::EXCEPTION.get().subclasses.with_mut(|list| list.push(class));
    Ok(())
}

methods! { METHODS:
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
    ["derive"] "($self, excs, /)" One(group_derive);
    ["split"] "($self, matcher_value, /)" One(group_split);
    ["subgroup"] "($self, matcher_value, /)" One(group_subgroup);
}

getset! { GETSET:
    /// exception message
    member ["message"] get::<MESSAGE>;
    /// nested exceptions
    member ["exceptions"] get::<EXCEPTIONS>;
}

fn group_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let name = "BaseExceptionGroup.__new__()";
    if args.keyword_count() != 0 || args.positional().len() != 2 {
        let got = args.all().len();
        return Err(vm.type_error(format!("{name} takes exactly 2 arguments ({got} given)")));
    }
    let [message, sequence] = args.positional() else {
        return Err(vm.type_error(format!("{name} takes exactly 2 arguments")));
    };
    if message.downcast::<PyStr>().is_none() {
        let got = message.class().name();
        return Err(vm.type_error(format!("{name} argument 1 must be str, not {got}")));
    }
    if !crate::protocol::iterate::is_sequence(sequence) {
        return Err(vm.type_error("second argument (exceptions) must be a sequence"));
    }
    let is_plain =
        sequence.downcast::<PyList>().is_some() || sequence.downcast::<PyTuple>().is_some();
    let shown = if is_plain { None } else { Some(vm.repr(sequence)?.into_value()) };
    let members = vm.collect(sequence)?;
    if members.is_empty() {
        return Err(vm.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    let mut has_base_only = false;
    for (index, member) in members.iter().enumerate() {
        if !is_exception(member) {
            return Err(vm.value_error(format!(
                "Item {index} of second argument (exceptions) is not an exception"
            )));
        }
        has_base_only |= !member.class().is_subtype(exc::EXCEPTION.get());
    }
    let mut chosen = class;
    if class.is(EXCEPTION_GROUP.get()) {
        if has_base_only {
            return Err(vm.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
        }
    } else if class.is(BASE_EXCEPTION_GROUP.get()) {
        if !has_base_only {
            chosen = EXCEPTION_GROUP.get();
        }
    } else if has_base_only && class.is_subtype(exc::EXCEPTION.get()) {
        let name = super::short_name(class);
        return Err(vm.type_error(format!("Cannot nest BaseExceptions in '{name}'")));
    }
    let this = exception_new(vm, chosen, args)?;
    let payload = payload_of(&this);
    payload.set_field(MESSAGE, Some(message.clone()));
    payload.set_field(SHOWN, shown);
    payload.set_field(EXCEPTIONS, Some(PyTuple::try_from_vec(vm, members)?.into_value()));
    Ok(this)
}

fn group_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    super::base::no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)
}

fn group_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = payload_of(this);
    let message = super::fields::text(vm, payload.field(MESSAGE).as_ref())?;
    let count = members(this).len();
    let plural = if count == 1 { "" } else { "s" };
    let text = format!("{message} ({count} sub-exception{plural})");
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

/// The constructor call, with the sequence as it was given where that still is a plain list or tuple.
fn group_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = payload_of(this);
    let name = super::short_name(this.class());
    let message = payload.field(MESSAGE).unwrap_or(Value::NONE);
    let message = vm.repr(&message)?.to_rust_string();
    let members = members(this);
    let args = payload.args_tuple(vm);
    let as_list = args.items().get(1).is_some_and(|given| given.downcast::<PyList>().is_some());
    let shown = if let Some(shown) = payload.field(SHOWN) {
        vm.str(&shown)?
    } else if as_list {
        vm.repr(&PyList::new_value(vm, members))?
    } else {
        vm.repr(&PyTuple::try_from_vec(vm, members)?.into_value())?
    };
    let text = format!("{name}({message}, {})", shown.to_rust_string());
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

/// The exceptions in a group.
#[must_use]
pub fn members(group: &Value) -> Vec<Value> {
    let exceptions = payload_of(group).field(EXCEPTIONS);
    exceptions
        .as_ref()
        .and_then(Value::downcast::<PyTuple>)
        .map_or_else(Vec::new, |tuple| tuple.items().to_vec())
}

/// Whether `value` is an exception group.
#[must_use]
pub fn is_group(value: &Value) -> bool {
    value.class().is_subtype(BASE_EXCEPTION_GROUP.get())
}

fn group_derive(vm: Vm<'_>, this: &Value, exceptions: &Value) -> PyResult<Value> {
    let message = payload_of(this).field(MESSAGE).unwrap_or(Value::NONE);
    vm.call(&BASE_EXCEPTION_GROUP.get().to_value(), &[message, exceptions.clone()])
}

/// What a split looks for.
enum Matcher<'a> {
    Types(&'a Value),
    Predicate(&'a Value),
    /// Exactly these exceptions, by identity: what `raise` inside `except*` leaves over.
    Same(&'a [Value]),
}

impl<'a> Matcher<'a> {
    fn of(vm: Vm<'_>, value: &'a Value) -> PyResult<Self> {
        let is_class = |value: &Value| {
            value
                .downcast::<PyType>()
                .is_some_and(|class| class.is_subtype(super::base::BASE_EXCEPTION.get()))
        };
        if is_class(value) {
            return Ok(Self::Types(value));
        }
        if let Some(tuple) = value.downcast::<PyTuple>()
            && tuple.items().iter().all(is_class)
        {
            return Ok(Self::Types(value));
        }
        if value.class().slots.call.get().is_some() && value.downcast::<PyType>().is_none() {
            return Ok(Self::Predicate(value));
        }
        Err(vm.type_error("expected an exception type, a tuple of exception types, or a callable (other than a class)"))
    }

    fn matches(&self, vm: Vm<'_>, exception: &Value) -> PyResult<bool> {
        match self {
            Self::Types(types) => Ok(super::matches(exception, types)),
            Self::Predicate(function) => {
                let answer = vm.call(function, std::slice::from_ref(exception))?;
                vm.is_true(&answer)
            }
            Self::Same(wanted) => Ok(wanted.iter().any(|one| one.is(exception))),
        }
    }
}

/// The matching part and the rest of `exception`.
fn split_recursive(
    vm: Vm<'_>,
    exception: &Value,
    matcher: &Matcher<'_>,
    want_rest: bool,
) -> PyResult<(Option<Value>, Option<Value>)> {
    vm.check_recursion(" in exceptiongroup_split_recursive")?;
    if matcher.matches(vm, exception)? {
        return Ok((Some(exception.clone()), None));
    }
    if !is_group(exception) {
        return Ok((None, want_rest.then(|| exception.clone())));
    }
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    for member in members(exception) {
        let (yes, no) = split_recursive(vm, &member, matcher, want_rest)?;
        matched.extend(yes);
        rest.extend(no);
    }
    let matched = subset(vm, exception, matched)?;
    let rest = if want_rest { subset(vm, exception, rest)? } else { None };
    Ok((matched, rest))
}

/// A group like `original` with other members: what its `derive` gives, with the traceback, context, cause and notes of
/// the original.
fn subset(vm: Vm<'_>, original: &Value, exceptions: Vec<Value>) -> PyResult<Option<Value>> {
    if exceptions.is_empty() {
        return Ok(None);
    }
    let list = PyList::new_value(vm, exceptions);
    let new = vm.call_method(original, &vm.intern("derive"), &[list])?;
    if !is_group(&new) {
        return Err(vm.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    let (from, to) = (payload_of(original), payload_of(&new));
    to.traceback.set(from.traceback.get());
    to.context.set(from.context.get());
    to.cause.set(from.cause.get());
    to.suppress_context.set(from.suppress_context.get());
    let name = &vm.names().__notes__;
    if let Some(notes) = vm.get_attr_opt(original, name)?
        && crate::protocol::iterate::is_sequence(&notes)
    {
        let copy = PyList::new_value(vm, vm.collect(&notes)?);
        vm.set_attr(&new, name, Some(&copy))?;
    }
    Ok(Some(new))
}

fn group_split(vm: Vm<'_>, this: &Value, matcher: &Value) -> PyResult<Value> {
    let matcher = Matcher::of(vm, matcher)?;
    let (yes, no) = split_recursive(vm, this, &matcher, true)?;
    Ok(PyTuple::new_value(vm, &[yes.unwrap_or(Value::NONE), no.unwrap_or(Value::NONE)]))
}

fn group_subgroup(vm: Vm<'_>, this: &Value, matcher: &Value) -> PyResult<Value> {
    let matcher = Matcher::of(vm, matcher)?;
    let (yes, _) = split_recursive(vm, this, &matcher, false)?;
    Ok(yes.unwrap_or(Value::NONE))
}

/// `except*`: the part of `exception` that matches `types`, and the rest; a bare exception that matches is wrapped in a
/// group (`_PyEval_ExceptionGroupMatch`).
///
/// # Errors
/// What a user's `split` raises; TypeError when it gives no pair.
pub fn except_star(
    vm: Vm<'_>,
    exception: &Value,
    types: &Value,
) -> PyResult<(Option<Value>, Option<Value>)> {
    if exception.is_none() {
        return Ok((None, None));
    }
    if super::matches(exception, types) {
        if is_group(exception) {
            return Ok((Some(exception.clone()), None));
        }
        let list = PyTuple::new_value(vm, std::slice::from_ref(exception));
        let class = EXCEPTION_GROUP.get().to_value();
        let class = if exception.class().is_subtype(exc::EXCEPTION.get()) {
            class
        } else {
            BASE_EXCEPTION_GROUP.get().to_value()
        };
        let wrapped = vm.call(&class, &[PyStr::new_value(vm, ""), list])?;
        // Its traceback is where it was caught, so that printing it shows where it came from.
        payload_of(&wrapped).traceback.set(payload_of(exception).traceback.get());
        return Ok((Some(wrapped), None));
    }
    if !is_group(exception) {
        return Ok((None, Some(exception.clone())));
    }
    let pair = vm.call_method(exception, &vm.intern("split"), std::slice::from_ref(types))?;
    let class = super::short_name(exception.class());
    let Some(tuple) = pair.downcast::<PyTuple>() else {
        let got = pair.class().name();
        return Err(vm.type_error(format!("{class}.split must return a tuple, not {got}")));
    };
    let [yes, no, ..] = tuple.items() else {
        let size = tuple.items().len();
        return Err(
            vm.type_error(format!("{class}.split must return a 2-tuple, got tuple of size {size}"))
        );
    };
    let some = |value: &Value| (!value.is_none()).then(|| value.clone());
    Ok((some(yes), some(no)))
}

/// The end of `try`/`except*`: what is left over, and what the handlers raised (`_PyExc_PrepReraiseStar`).
///
/// # Errors
/// What deriving a group raises.
pub fn prepare_reraise_star(vm: Vm<'_>, original: &Value, raised: &[Value]) -> PyResult<Value> {
    let raised: Vec<Value> = raised.iter().filter(|one| !one.is_none()).cloned().collect();
    if raised.is_empty() {
        return Ok(Value::NONE);
    }
    if !is_group(original) {
        // A bare exception that was wrapped: at most one handler ran.
        return Ok(raised.into_iter().next().unwrap_or(Value::NONE));
    }
    let (mut new, mut reraised) = (Vec::new(), Vec::new());
    for exception in raised {
        if same_metadata(&exception, original) {
            collect_leaves(vm, &exception, &mut reraised)?;
        } else {
            new.push(exception);
        }
    }
    let leftover = if reraised.is_empty() {
        None
    } else {
        split_recursive(vm, original, &Matcher::Same(&reraised), false)?.0
    };
    if new.is_empty() {
        return Ok(leftover.unwrap_or(Value::NONE));
    }
    new.extend(leftover);
    if let [only] = new.as_slice() {
        return Ok(only.clone());
    }
    let list = PyList::new_value(vm, new);
    vm.call(&BASE_EXCEPTION_GROUP.get().to_value(), &[PyStr::new_value(vm, ""), list])
}

fn collect_leaves(vm: Vm<'_>, exception: &Value, leaves: &mut Vec<Value>) -> PyResult<()> {
    vm.check_recursion(" in collect_exception_group_leaf_ids")?;
    if !is_group(exception) {
        leaves.push(exception.clone());
        return Ok(());
    }
    for member in members(exception) {
        collect_leaves(vm, &member, leaves)?;
    }
    Ok(())
}

/// Whether both come from the same split: then a `raise` gave the original on.
fn same_metadata(left: &Value, right: &Value) -> bool {
    if !is_group(left) {
        return false;
    }
    let same = |a: Option<Value>, b: Option<Value>| match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.is(&b),
        _ => false,
    };
    let (left, right) = (payload_of(left), payload_of(right));
    same(left.traceback.get(), right.traceback.get())
        && same(left.context.get(), right.context.get())
        && same(left.cause.get(), right.cause.get())
}
