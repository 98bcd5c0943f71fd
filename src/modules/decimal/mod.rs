//! `_decimal`: decimal arithmetic after the General Decimal Arithmetic specification.
//!
//! Without Python: `number` (numbers, rules, rounding), `text`, `arith`, `words` (the same for small coefficients),
//! `elementary` (powers, roots, logarithms), `logical` (digits, exponents, classes), `format`. With it: `signals` (exceptions),
//! `context`, `object` (the type and its operators), `convert`, `operations` (the methods that compute), `tables` (the method
//! tables), `state` (what the module keeps).

mod arith;
mod context;
mod convert;
mod elementary;
mod format;
mod logical;
mod number;
mod object;
mod operations;
mod signals;
mod state;
mod tables;
mod text;
mod words;

use std::cell::Cell;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::type_object::TYPE;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{self, int, module};

use crate::NativeModule;
use number::{MAX_EMAX, MAX_PREC, MIN_EMIN, Rules};

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_decimal",
    doc: Some("C decimal arithmetic module"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Get the current default context.
    ///
    ["getcontext"] "($module, /)" None(context::getcontext);
    /// Set a new default context.
    ///
    ["setcontext"] "($module, context, /)" One(context::setcontext);
    /// Return a context manager that will set the default context to a copy of ctx
    /// on entry to the with-statement and restore the previous default context when
    /// exiting the with-statement. If no context is specified, a copy of the current
    /// default context is used.
    ///
    ["localcontext"] "($module, /, ctx=None, **kwargs)" Bound(context::localcontext);
    /// Return a context object initialized to the proper values for one of the
    /// IEEE interchange formats.  The argument must be a multiple of 32 and less
    /// than IEEE_CONTEXT_MAX_BITS.
    ///
    ["IEEEContext"] "($module, bits, /)" One(context::ieee_context);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&object::DECIMAL, &object::DECIMAL_SPEC),
            (&context::CONTEXT, &context::CONTEXT_SPEC),
            (&context::MANAGER, &context::MANAGER_SPEC),
            (&context::SIGNAL_DICT, &context::SIGNAL_DICT_SPEC),
            (&state::STATE, &state::STATE_SPEC),
        ],
    )?;
    module::add(vm, this, "Decimal", object::DECIMAL.get().to_value());
    module::add(vm, this, "Context", context::CONTEXT.get().to_value());
    for (name, class, spec) in signals::EXCEPTIONS {
        types::ready(vm, class, spec)?;
        module::add(vm, this, name, class.get().to_value());
    }
    let state = match state::get(vm) {
        Ok(known) => known,
        Err(raised) => {
            vm.clear(raised);
            state::set(vm, new_state(vm)?);
            state::get(vm)?
        }
    };
    for (name, value) in [
        ("DefaultContext", &state.default_context),
        ("BasicContext", &state.basic_context),
        ("ExtendedContext", &state.extended_context),
        ("DecimalTuple", &state.decimal_tuple),
    ] {
        module::add(vm, this, name, value.clone());
    }
    add_constants(vm, this);
    Ok(())
}

/// The state, made when the module is executed first: its objects are as few as its types.
fn new_state(vm: Vm<'_>) -> PyResult<state::State> {
    let numbers = vm.import_module("numbers")?;
    let number_class = vm.get_attr_str(&numbers, "Number")?;
    let decimal = object::DECIMAL.get().to_value();
    vm.call_method(&number_class, &vm.intern("register"), &[decimal])?;
    let contextvars = vm.import_module("_contextvars")?;
    let variable = vm.get_attr_str(&contextvars, "ContextVar")?;
    let [default_context, basic_context, extended_context] = context::templates(vm);
    Ok(state::State {
        variable: vm.call(&variable, &[PyStr::new_value(vm, "decimal_context")])?,
        current: HotCell::new(None),
        stamp: Cell::default(),
        default_context,
        basic_context,
        extended_context,
        signal_dict: signal_dict(vm)?,
        decimal_tuple: decimal_tuple(vm)?,
        rational: vm.get_attr_str(&numbers, "Rational")?,
    })
}

fn add_constants(vm: Vm<'_>, this: &Value) {
    module::add(vm, this, "HAVE_CONTEXTVAR", Value::TRUE);
    module::add(vm, this, "HAVE_THREADS", Value::TRUE);
    for (name, number) in [
        ("MAX_PREC", MAX_PREC),
        ("MAX_EMAX", MAX_EMAX),
        ("MIN_EMIN", MIN_EMIN),
        ("MIN_ETINY", Rules::MAX.etiny()),
        ("IEEE_CONTEXT_MAX_BITS", 512),
    ] {
        module::add(vm, this, name, int::from_i64(vm, number));
    }
    for (name, _) in context::ROUNDINGS {
        module::add(vm, this, name, vm.intern(name).into_value());
    }
    module::add(vm, this, "__version__", PyStr::new_value(vm, "1.70"));
    module::add(vm, this, "__libmpdec_version__", PyStr::new_value(vm, "2.5.1"));
}

/// `DecimalTuple`, a named tuple.
fn decimal_tuple(vm: Vm<'_>) -> PyResult<Value> {
    let collections = vm.import_module("collections")?;
    let make = vm.get_attr_str(&collections, "namedtuple")?;
    let fields = PyStr::new_value(vm, "sign digits exponent");
    let args = [PyStr::new_value(vm, "DecimalTuple"), fields, PyStr::new_value(vm, "decimal")];
    let names = PyTuple::new_ref(vm, &[vm.intern("module").into_value()]);
    vm.call_with(&make, Args::new(&args, Some(&names)))
}

/// The class of signal dicts: the native part, and what mappings have.
fn signal_dict(vm: Vm<'_>) -> PyResult<Value> {
    let abc = vm.import_module("collections.abc")?;
    let mapping = vm.get_attr_str(&abc, "MutableMapping")?;
    let bases = PyTuple::new_value(vm, &[context::SIGNAL_DICT.get().to_value(), mapping]);
    let args = [PyStr::new_value(vm, "SignalDict"), bases, PyDict::new_value(vm)];
    vm.call(&TYPE.get().to_value(), &args)
}
