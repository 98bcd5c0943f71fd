//! `decimal.Context`, its signal dicts, the current context, and how what happened becomes an exception.

use std::cell::Cell;
use std::rc::Rc;

use objects::core::args::{Args, Bound};
use objects::core::attribute;
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::compare::hash_not_implemented;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::KEY_ERROR;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::number::{MAX_EMAX, MAX_PREC, MIN_EMIN, Math, Rounding, Rules, flag};
use super::signals::{self, SIGNALS};
use super::state::{self, State};
use super::tables::CONTEXT_METHODS;
use crate::contextvars;

/// Bits that a context and its signal dict share.
#[derive(Clone, Default)]
pub(super) struct Bits(pub(super) Rc<Cell<u32>>);

objects::no_references!(Bits);

payload! {
    /// The payload of a context.
    pub(super) struct PyContext: CONTEXT, gc {
        pub(super) rules: Cell<Rules>,
        pub(super) capitals: Cell<bool>,
        pub(super) flags: Bits,
        pub(super) traps: Bits,
        flags_dict: HotCell<Option<Value>>,
        traps_dict: HotCell<Option<Value>>,
    }
}

/// `decimal.Context`
pub(super) static CONTEXT: StaticType = StaticType::new::<PyContext>();

const DOC: &str = "Context(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)\n--\n\nThe context affects almost all operations and controls rounding,\nOver/Underflow, raising of exceptions and much more.  A new context\ncan be constructed as follows:\n\n    >>> c = Context(prec=28, Emin=-425000000, Emax=425000000,\n    ...             rounding=ROUND_HALF_EVEN, capitals=1, clamp=1,\n    ...             traps=[InvalidOperation, DivisionByZero, Overflow],\n    ...             flags=[])\n    >>>\n\n\n";

/// The spec of `decimal.Context`.
pub(super) const CONTEXT_SPEC: TypeSpec = TypeSpec {
    name: "decimal.Context",
    doc: Some(DOC),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(new),
        Slot::Init(init),
        Slot::Repr(repr),
        Slot::Getattro(getattro),
        Slot::Setattro(setattro),
    ],
    methods: CONTEXT_METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    ["prec"] get_prec, set_prec;
    ["Emax"] get_emax, set_emax;
    ["Emin"] get_emin, set_emin;
    ["rounding"] get_rounding, set_rounding;
    ["capitals"] get_capitals, set_capitals;
    ["clamp"] get_clamp, set_clamp;
}

/// The names of the roundings, by number.
pub(super) const ROUNDINGS: [(&str, Rounding); 8] = [
    ("ROUND_UP", Rounding::Up),
    ("ROUND_DOWN", Rounding::Down),
    ("ROUND_CEILING", Rounding::Ceiling),
    ("ROUND_FLOOR", Rounding::Floor),
    ("ROUND_HALF_UP", Rounding::HalfUp),
    ("ROUND_HALF_DOWN", Rounding::HalfDown),
    ("ROUND_HALF_EVEN", Rounding::HalfEven),
    ("ROUND_05UP", Rounding::ZeroFiveUp),
];

const DEFAULT_RULES: Rules =
    Rules { prec: 28, emax: 999_999, emin: -999_999, rounding: Rounding::HalfEven, clamp: false };

const DEFAULT_TRAPS: u32 = flag::ANY_INVALID | flag::DIVISION_BY_ZERO | flag::OVERFLOW;

pub(super) fn this(value: &Value) -> &Py<PyContext> {
    value.receiver::<PyContext>()
}

impl PyContext {
    fn with(rules: Rules, capitals: bool, flags: u32, traps: u32) -> Self {
        Self {
            rules: Cell::new(rules),
            capitals: Cell::new(capitals),
            flags: Bits(Rc::new(Cell::new(flags))),
            traps: Bits(Rc::new(Cell::new(traps))),
            flags_dict: HotCell::new(None),
            traps_dict: HotCell::new(None),
        }
    }

    fn copy(&self) -> Self {
        let (flags, traps) = (self.flags.0.get(), self.traps.0.get());
        Self::with(self.rules.get(), self.capitals.get(), flags, traps)
    }

    /// Starts a computation under the context's rules.
    pub(super) fn math(&self) -> Math {
        Math::new(self.rules.get())
    }

    /// Notes what happened, and raises what is trapped.
    #[inline]
    pub(super) fn note(&self, vm: Vm<'_>, status: u32) -> PyResult<()> {
        if status == 0 {
            return Ok(());
        }
        if status & flag::MEMORY != 0 {
            return Err(vm.memory_error());
        }
        self.flags.0.set(self.flags.0.get() | status);
        let trapped = self.traps.0.get() & status;
        if trapped == 0 { Ok(()) } else { Err(signals::raise(vm, trapped)) }
    }
}

/// A context of its own with these settings.
pub(super) fn make(vm: Vm<'_>, rules: Rules, traps: u32) -> Value {
    PyRef::new(vm, PyContext::with(rules, true, 0, traps)).into_value()
}

/// The default, basic and extended contexts.
pub(super) fn templates(vm: Vm<'_>) -> [Value; 3] {
    let basic = Rules { prec: 9, rounding: Rounding::HalfUp, ..DEFAULT_RULES };
    let basic_traps = DEFAULT_TRAPS | flag::UNDERFLOW | flag::CLAMPED;
    let extended = Rules { prec: 9, ..DEFAULT_RULES };
    [make(vm, DEFAULT_RULES, DEFAULT_TRAPS), make(vm, basic, basic_traps), make(vm, extended, 0)]
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let state = state::get(vm)?;
    let payload = match state.default_context.downcast::<PyContext>() {
        Some(template) => PyContext::with(
            template.rules.get(),
            template.capitals.get(),
            0,
            template.traps.0.get(),
        ),
        None => PyContext::with(DEFAULT_RULES, true, 0, DEFAULT_TRAPS),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

static INIT: LazySignature = LazySignature::new(
    "($self, prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)",
);

type Setter = fn(Vm<'_>, &Value, Option<&Value>) -> PyResult<()>;

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let given = args.positional().len();
    if given > 8 {
        return Err(vm.type_error(format!("function takes at most 8 arguments ({given} given)")));
    }
    let args = INIT.bind(vm, "Context", args)?;
    let setters: [Setter; 6] =
        [set_prec, set_rounding, set_emin, set_emax, set_capitals, set_clamp];
    for (index, set) in setters.into_iter().enumerate() {
        if let Some(new) = args.get_non_none(index) {
            set(vm, value, Some(new))?;
        }
    }
    let context = this(value);
    for (index, bits) in [(6, &context.flags), (7, &context.traps)] {
        if let Some(new) = args.get_non_none(index) {
            bits.0.set(bits_argument(vm, new)?);
        }
    }
    Ok(())
}

/// The bits of a list of signals, or of a signal dict.
fn bits_argument(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    let Some(list) = value.downcast::<PyList>() else { return dict_bits(vm, value) };
    let mut bits = 0;
    for class in list.items_vec() {
        bits |= signals::bits_of(vm, &class)?;
    }
    Ok(bits)
}

/// The bits of a dict of all signals.
fn dict_bits(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    if let Some(dict) = value.downcast::<PySignalDict>() {
        return dict_flags_of(vm, dict);
    }
    let Some(dict) = value.downcast::<PyDict>() else {
        return Err(vm.type_error("argument must be a signal dict"));
    };
    let invalid = || vm.error(&KEY_ERROR, "invalid signal dict");
    if dict.len() != SIGNALS.len() {
        return Err(invalid());
    }
    let mut bits = 0;
    for (class, flag, _) in SIGNALS {
        let Some(set) = dict.get(vm, &class.get().to_value())? else { return Err(invalid()) };
        if vm.is_true(&set)? {
            bits |= flag;
        }
    }
    Ok(bits)
}

fn whole(vm: Vm<'_>, new: Option<&Value>) -> PyResult<i64> {
    let Some(new) = new else {
        return Err(undeletable(vm));
    };
    if !number::is_int(new) {
        return Err(vm.type_error("an integer is required"));
    }
    number::as_i64(vm, new)
}

#[cold]
fn undeletable(vm: Vm<'_>) -> Raised {
    let name = objects::types::exceptions::hierarchy::ATTRIBUTE_ERROR.get().to_value();
    match vm.call(&name, &[PyStr::new_value(vm, "context attributes cannot be deleted")]) {
        Ok(error) => vm.raise(error),
        Err(raised) => raised,
    }
}

fn in_range(
    vm: Vm<'_>,
    new: Option<&Value>,
    (low, high): (i64, i64),
    refusal: &str,
) -> PyResult<i64> {
    let number = whole(vm, new)?;
    if (low..=high).contains(&number) { Ok(number) } else { Err(vm.value_error(refusal)) }
}

fn change(value: &Value, f: impl FnOnce(&mut Rules)) {
    let rules = &this(value).rules;
    let mut new = rules.get();
    f(&mut new);
    rules.set(new);
}

fn get_prec(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, this(value).rules.get().prec))
}

fn set_prec(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let prec = in_range(vm, new, (1, MAX_PREC), "valid range for prec is [1, MAX_PREC]")?;
    change(value, |rules| rules.prec = prec);
    Ok(())
}

fn get_emax(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, this(value).rules.get().emax))
}

fn set_emax(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let emax = in_range(vm, new, (0, MAX_EMAX), "valid range for Emax is [0, MAX_EMAX]")?;
    change(value, |rules| rules.emax = emax);
    Ok(())
}

fn get_emin(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, this(value).rules.get().emin))
}

fn set_emin(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let emin = in_range(vm, new, (MIN_EMIN, 0), "valid range for Emin is [MIN_EMIN, 0]")?;
    change(value, |rules| rules.emin = emin);
    Ok(())
}

fn rounding_name(rounding: Rounding) -> &'static str {
    ROUNDINGS.iter().find(|(_, known)| *known == rounding).map_or("", |(name, _)| name)
}

/// The rounding of an argument.
pub(super) fn rounding_argument(vm: Vm<'_>, value: &Value) -> PyResult<Rounding> {
    let found = value.downcast::<PyStr>().and_then(|text| {
        ROUNDINGS.iter().find(|(name, _)| text.is_text(name)).map(|(_, rounding)| *rounding)
    });
    found.ok_or_else(|| {
        vm.type_error(
            "valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n   ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]",
        )
    })
}

fn get_rounding(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(vm.intern(rounding_name(this(value).rules.get().rounding)).into_value())
}

fn set_rounding(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else { return Err(undeletable(vm)) };
    let rounding = rounding_argument(vm, new)?;
    change(value, |rules| rules.rounding = rounding);
    Ok(())
}

fn get_capitals(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, i64::from(this(value).capitals.get())))
}

fn set_capitals(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let capitals = in_range(vm, new, (0, 1), "valid values for capitals are 0 or 1")?;
    this(value).capitals.set(capitals != 0);
    Ok(())
}

fn get_clamp(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, i64::from(this(value).rules.get().clamp)))
}

fn set_clamp(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let clamp = in_range(vm, new, (0, 1), "valid values for clamp are 0 or 1")?;
    change(value, |rules| rules.clamp = clamp != 0);
    Ok(())
}

fn getattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    let context = this(value);
    let (place, bits) = if name.is_text("flags") {
        (&context.flags_dict, &context.flags)
    } else if name.is_text("traps") {
        (&context.traps_dict, &context.traps)
    } else {
        return attribute::generic_get(vm, value, name);
    };
    if let Some(known) = place.get() {
        return Ok(known);
    }
    let state = state::get(vm)?;
    let class = state.signal_dict.receiver::<PyType>();
    let dict = PyRef::new_of(vm, class, PySignalDict { bits: Some(bits.clone()) }).into_value();
    place.set(Some(dict.clone()));
    Ok(dict)
}

fn setattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>, new: Option<&Value>) -> PyResult<()> {
    let context = this(value);
    let bits = if name.is_text("flags") {
        &context.flags
    } else if name.is_text("traps") {
        &context.traps
    } else {
        return attribute::generic_set(vm, value, name, new);
    };
    let Some(new) = new else { return Err(undeletable(vm)) };
    bits.0.set(dict_bits(vm, new)?);
    Ok(())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let context = this(value);
    let rules = context.rules.get();
    // In the order of the bits.
    const ORDER: [usize; 9] = [8, 0, 2, 6, 1, 3, 7, 5, 4];
    let names = |bits: &Bits| {
        let names: Vec<&str> = ORDER
            .iter()
            .filter_map(|&index| SIGNALS.get(index))
            .filter(|(_, flag, _)| bits.0.get() & flag != 0)
            .map(|(_, _, name)| *name)
            .collect();
        names.join(", ")
    };
    let text = format!(
        "Context(prec={}, rounding={}, Emin={}, Emax={}, capitals={}, clamp={}, flags=[{}], traps=[{}])",
        rules.prec,
        rounding_name(rules.rounding),
        rules.emin,
        rules.emax,
        u8::from(context.capitals.get()),
        u8::from(rules.clamp),
        names(&context.flags),
        names(&context.traps)
    );
    Ok(PyStr::new_value(vm, &text))
}

pub(super) fn etiny(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, this(value).rules.get().etiny()))
}

pub(super) fn etop(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, this(value).rules.get().etop()))
}

pub(super) fn clear_flags(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).flags.0.set(0);
    Ok(Value::NONE)
}

pub(super) fn clear_traps(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).traps.0.set(0);
    Ok(Value::NONE)
}

pub(super) fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyRef::try_new(vm, this(value).copy())?.into_value())
}

pub(super) fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let context = this(value);
    let rules = context.rules.get();
    let list = |bits: &Bits| {
        let classes = SIGNALS
            .iter()
            .filter(|(_, flag, _)| bits.0.get() & flag != 0)
            .map(|(class, _, _)| class.get().to_value())
            .collect();
        PyList::try_new_value(vm, classes)
    };
    let args = [
        int::from_i64(vm, rules.prec),
        vm.intern(rounding_name(rules.rounding)).into_value(),
        int::from_i64(vm, rules.emin),
        int::from_i64(vm, rules.emax),
        int::from_i64(vm, i64::from(context.capitals.get())),
        int::from_i64(vm, i64::from(rules.clamp)),
        list(&context.flags)?,
        list(&context.traps)?,
    ];
    let args = PyTuple::new_value(vm, &args);
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), args]))
}

/// The current context: a copy of the default one where none was set.
pub(super) fn current(vm: Vm<'_>, state: &Py<State>) -> PyResult<Value> {
    if state.stamp.get() == contextvars::stamp(vm)
        && let Some(known) = state.current.get()
    {
        return Ok(known);
    }
    let found = found_or_new(vm, state)?;
    state.current.set(Some(found.clone()));
    state.stamp.set(contextvars::stamp(vm));
    Ok(found)
}

fn found_or_new(vm: Vm<'_>, state: &Py<State>) -> PyResult<Value> {
    if let Some(found) = contextvars::get(vm, &state.variable)? {
        return Ok(found);
    }
    let new = match state.default_context.downcast::<PyContext>() {
        Some(template) => {
            let copy = template.copy();
            copy.flags.0.set(0);
            PyRef::new(vm, copy).into_value()
        }
        None => make(vm, DEFAULT_RULES, DEFAULT_TRAPS),
    };
    contextvars::set(vm, &state.variable, &new)?;
    Ok(new)
}

pub(super) fn getcontext(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    current(vm, &*state::get(vm)?)
}

/// Makes a context the current one; a template is copied, so that it stays as it is.
fn set_current(vm: Vm<'_>, context: &Value) -> PyResult<()> {
    let state = state::get(vm)?;
    let template = [&state.default_context, &state.basic_context, &state.extended_context]
        .iter()
        .any(|template| template.is(context));
    let context = if template {
        let copy = this(context).copy();
        copy.flags.0.set(0);
        PyRef::new(vm, copy).into_value()
    } else {
        context.clone()
    };
    contextvars::set(vm, &state.variable, &context)
}

pub(super) fn setcontext(vm: Vm<'_>, _module: &Value, context: &Value) -> PyResult<Value> {
    if context.downcast::<PyContext>().is_none() {
        return Err(vm.type_error("argument must be a context"));
    }
    set_current(vm, context)?;
    Ok(Value::NONE)
}

/// An optional context argument: the current one without it.
pub(super) fn argument(vm: Vm<'_>, value: Option<&Value>) -> PyResult<Value> {
    match value.filter(|value| !value.is_none()) {
        None => current(vm, &*state::get(vm)?),
        Some(context) if context.downcast::<PyContext>().is_some() => Ok(context.clone()),
        Some(_) => Err(vm.type_error("optional argument must be a context")),
    }
}

payload! {
    /// The payload of what `localcontext` gives.
    pub(super) struct PyManager: MANAGER, gc {
        local: Value,
        saved: Value,
    }
}

/// `decimal.ContextManager`
pub(super) static MANAGER: StaticType = StaticType::new::<PyManager>();

/// The spec of `decimal.ContextManager`.
pub(super) const MANAGER_SPEC: TypeSpec = TypeSpec {
    name: "decimal.ContextManager",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    methods: MANAGER_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { MANAGER_METHODS:
    ["__enter__"] "($self, /)" None(manager_enter);
    ["__exit__"] "" Positional(manager_exit);
}

pub(super) fn localcontext(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let saved = current(vm, &*state::get(vm)?)?;
    let template = match args.get_non_none(0) {
        None => saved.clone(),
        Some(context) => argument(vm, Some(context))?,
    };
    let local = copy(vm, &template)?;
    if let Some(extra) = args.extra() {
        for (name, new) in extra.items_vec() {
            let Some(text) = name.downcast::<PyStr>() else { continue };
            let known = ["prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps"];
            if !known.iter().any(|known| text.is_text(known)) {
                return Err(vm.unexpected_keyword("this function", &text.to_rust_string(), known));
            }
            if new.is_none() {
                continue;
            }
            if text.is_text("flags") || text.is_text("traps") {
                let bits = bits_argument(vm, &new)?;
                let context = this(&local);
                let place = if text.is_text("flags") { &context.flags } else { &context.traps };
                place.0.set(bits);
            } else {
                vm.set_attr(&local, text, Some(&new))?;
            }
        }
    }
    Ok(PyRef::try_new(vm, PyManager { local, saved })?.into_value())
}

fn manager_enter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let local = &value.receiver::<PyManager>().local;
    set_current(vm, local)?;
    Ok(local.clone())
}

fn manager_exit(vm: Vm<'_>, value: &Value, _args: &[Value]) -> PyResult<Value> {
    set_current(vm, &value.receiver::<PyManager>().saved)?;
    Ok(Value::FALSE)
}

/// `IEEEContext(bits)`
pub(super) fn ieee_context(vm: Vm<'_>, _module: &Value, bits: &Value) -> PyResult<Value> {
    let bits = number::as_i64(vm, bits)?;
    if bits <= 0 || bits > 512 || bits % 32 != 0 {
        return Err(vm.value_error("argument must be a multiple of 32, with a maximum of 512"));
    }
    let emax = 3 * (1_i64 << (bits / 16 + 3));
    let rules = Rules {
        prec: 9 * (bits / 32) - 2,
        emax,
        emin: 1 - emax,
        rounding: Rounding::HalfEven,
        clamp: true,
    };
    Ok(make(vm, rules, 0))
}

payload! {
    /// The payload of a signal dict.
    pub(super) struct PySignalDict: SIGNAL_DICT {
        /// None in a dict of no context.
        bits: Option<Bits>,
    }
}

/// `decimal.SignalDictMixin`
pub(super) static SIGNAL_DICT: StaticType = StaticType::new::<PySignalDict>();

/// The spec of `decimal.SignalDictMixin`.
pub(super) const SIGNAL_DICT_SPEC: TypeSpec = TypeSpec {
    name: "decimal.SignalDictMixin",
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(dict_new),
        Slot::Repr(dict_repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(dict_richcompare),
        Slot::Iter(dict_iter),
        Slot::MpLength(dict_length),
        Slot::MpSubscript(dict_item),
        Slot::MpAssSubscript(dict_assign),
    ],
    methods: DICT_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { DICT_METHODS:
    ["copy"] "($self, /)" None(dict_copy);
    ["__copy__"] "($self, /)" None(dict_copy);
}

fn dict_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PySignalDict { bits: None })?.into_value())
}

fn dict_flags_of(vm: Vm<'_>, dict: &PySignalDict) -> PyResult<u32> {
    match &dict.bits {
        Some(bits) => Ok(bits.0.get()),
        None => Err(vm.value_error("invalid signal dict")),
    }
}

fn dict_flags(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    dict_flags_of(vm, value.receiver::<PySignalDict>())
}

fn dict_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let bits = dict_flags(vm, value)?;
    let entries: Vec<String> = SIGNALS
        .iter()
        .map(|(_, flag, name)| {
            let set = if bits & flag != 0 { "True" } else { "False" };
            format!("<class 'decimal.{name}'>:{set}")
        })
        .collect();
    Ok(PyStr::new_value(vm, &format!("{{{}}}", entries.join(", "))))
}

fn dict_richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = if let Some(other) = b.downcast::<PySignalDict>() {
        signals::visible(dict_flags(vm, a)?) == signals::visible(dict_flags_of(vm, other)?)
    } else if b.downcast::<PyDict>().is_some() {
        match dict_bits(vm, b) {
            Ok(bits) => signals::visible(bits) == signals::visible(dict_flags(vm, a)?),
            Err(raised) if vm.raised_is(&raised, &KEY_ERROR) => {
                vm.clear(raised);
                return Ok(Value::NOT_IMPLEMENTED);
            }
            Err(raised) => return Err(raised),
        }
    } else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn dict_iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    dict_flags(vm, value)?;
    let classes: Vec<Value> = SIGNALS.iter().map(|(class, _, _)| class.get().to_value()).collect();
    vm.iter(&PyTuple::new_value(vm, &classes))
}

fn dict_length(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    dict_flags(vm, value)?;
    Ok(SIGNALS.len())
}

fn dict_item(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    let flags = dict_flags(vm, value)?;
    let bit = signals::bits_of(vm, key)?;
    Ok(Value::from_bool(flags & bit != 0))
}

fn dict_assign(vm: Vm<'_>, value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    let flags = dict_flags(vm, value)?;
    let Some(new) = new else {
        return Err(vm.value_error("signal keys cannot be deleted"));
    };
    let bit = signals::bits_of(vm, key)?;
    let set = vm.is_true(new)?;
    if let Some(bits) = &value.receiver::<PySignalDict>().bits {
        bits.0.set(if set { flags | bit } else { flags & !bit });
    }
    Ok(())
}

fn dict_copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let flags = dict_flags(vm, value)?;
    let dict = PyDict::new_ref(vm);
    for (class, flag, _) in SIGNALS {
        let set = Value::from_bool(flags & flag != 0);
        dict.set(vm, &class.get().to_value(), set)?;
    }
    Ok(dict.into_value())
}
