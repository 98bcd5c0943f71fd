//! `builtins`: the module and its rows, by topic.

mod anext;
mod attributes;
mod classes;
pub(crate) mod compile;
mod console;
mod import_;
mod iteration;
mod numeric;

pub use compile::{
    CompileMode, CompileSettings, compile_parsed, compile_source, raise_syntax_error,
};

use objects::core::errors::PyResult;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "builtins",
    doc: Some(
        "Built-in functions, types, exceptions, and other objects.\n\nThis module provides direct access to all 'built-in'\nidentifiers of Python; for example, builtins.len is\nthe full name for the built-in function len().\n\nThis module is not normally accessed explicitly by most\napplications, but can be useful in modules that provide\nobjects with the same name as a builtin and in code that\nneeds the built-in of that name.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    ["__build_class__"] "" Any(classes::build_class);
    /// Import a module.
    ["__import__"] "($module, /, name, globals=None, locals=None, fromlist=(), level=0)" Bound(import_::import);
    /// Return the absolute value of the argument.
    ["abs"] "($module, x, /)" One(numeric::abs);
    /// Return an AsyncIterator for an AsyncIterable object.
    ["aiter"] "($module, async_iterable, /)" One(anext::aiter);
    /// Return True if bool(x) is True for all values x in the iterable.
    ["all"] "($module, iterable, /)" One(iteration::all);
    ["anext"] "($module, aiterator, default=<unrepresentable>, /)" Positional(anext::anext);
    /// Return True if bool(x) is True for any x in the iterable.
    ["any"] "($module, iterable, /)" One(iteration::any);
    /// Return an ASCII-only representation of an object.
    ["ascii"] "($module, obj, /)" One(console::ascii);
    /// Return the binary representation of an integer.
    ///
    /// >>> bin(-37)
    /// '-0b100101'
    ["bin"] "($module, number, /)" One(numeric::bin);
    /// Call sys.breakpointhook(*args, **kws).
    ["breakpoint"] "($module, /, *args, **kws)" Any(console::breakpoint);
    /// Return whether the object is callable (i.e., some kind of function).
    ["callable"] "($module, obj, /)" One(attributes::callable);
    /// Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.
    ["chr"] "($module, i, /)" One(numeric::chr);
    /// Compile source into a code object that can be executed by exec() or eval().
    ["compile"] "($module, /, source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)" Bound(compile::compile);
    /// Deletes the named attribute from the given object.
    ["delattr"] "($module, obj, name, /)" Positional(attributes::delattr);
    ["dir"] "" Positional(attributes::dir);
    /// Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.
    ["divmod"] "($module, x, y, /)" Positional(numeric::divmod);
    /// Evaluate the given source in the context of globals and locals.
    ["eval"] "($module, source, /, globals=None, locals=None)" Bound(compile::eval);
    /// Execute the given source in the context of globals and locals.
    ["exec"] "($module, source, /, globals=None, locals=None, *, closure=None)" Bound(compile::exec);
    /// Return type(value).__format__(value, format_spec).
    ["format"] "($module, value, format_spec='', /)" Positional(console::format);
    ["getattr"] "" Positional(attributes::getattr);
    /// Return the dictionary containing the current scope's global variables.
    ["globals"] "($module, /)" None(attributes::globals);
    /// Return whether the object has an attribute with the given name.
    ["hasattr"] "($module, obj, name, /)" Positional(attributes::hasattr);
    /// Return the hash value for the given object.
    ["hash"] "($module, obj, /)" One(attributes::hash);
    /// Return the hexadecimal representation of an integer.
    ///
    /// >>> hex(48879)
    /// '0xbeef'
    ["hex"] "($module, number, /)" One(numeric::hex);
    /// Return the identity of an object.
    ["id"] "($module, obj, /)" One(attributes::id);
    /// Read a string from standard input.  The trailing newline is stripped.
    ["input"] "($module, prompt='', /)" Positional(console::input);
    /// Return whether an object is an instance of a class or of a subclass thereof.
    ["isinstance"] "($module, obj, class_or_tuple, /)" Positional(classes::isinstance);
    /// Return whether 'cls' is derived from another class or is the same class.
    ["issubclass"] "($module, cls, class_or_tuple, /)" Positional(classes::issubclass);
    /// iter(iterable) -> iterator
    /// iter(callable, sentinel) -> iterator
    ///
    /// Get an iterator from an object.
    /// In the first form, the argument must supply its own iterator, or be a sequence.
    /// In the second form, the callable is called until it returns the sentinel.
    ["iter"] "" Positional(iteration::iter);
    /// Return the number of items in a container.
    ["len"] "($module, obj, /)" One(attributes::len);
    /// Return a dictionary containing the current scope's local variables.
    ["locals"] "($module, /)" None(attributes::locals);
    /// max(iterable, *[, default=obj, key=func]) -> value
    /// max(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its biggest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the largest argument.
    ["max"] "" Any(iteration::max);
    /// min(iterable, *[, default=obj, key=func]) -> value
    /// min(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its smallest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the smallest argument.
    ["min"] "" Any(iteration::min);
    ["next"] "" Positional(iteration::next);
    /// Return the octal representation of an integer.
    ///
    /// >>> oct(493)
    /// '0o755'
    ["oct"] "($module, number, /)" One(numeric::oct);
    /// Open file and return a stream.  Raise OSError upon failure.
    ["open"] "($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)" Bound(crate::io::open);
    /// Return the ordinal value of a character.
    ["ord"] "($module, character, /)" One(numeric::ord);
    /// Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.
    ["pow"] "($module, /, base, exp, mod=None)" Bound(numeric::pow);
    /// Prints the values to a stream, or to sys.stdout by default.
    ["print"] "($module, /, *args, sep=' ', end='\\n', file=None, flush=False)" Any(console::print);
    /// Return the canonical string representation of the object.
    ["repr"] "($module, obj, /)" One(console::repr);
    /// Round a number to a given precision in decimal digits.
    ["round"] "($module, /, number, ndigits=None)" Bound(numeric::round);
    /// Sets the named attribute on the given object to the specified value.
    ["setattr"] "($module, obj, name, value, /)" Positional(attributes::setattr);
    /// Return a new list containing all items from the iterable in ascending order.
    ["sorted"] "($module, iterable, /, *, key=None, reverse=False)" Any(iteration::sorted);
    /// Return the sum of a 'start' value (default: 0) plus an iterable of numbers
    ["sum"] "($module, iterable, /, start=0)" Bound(iteration::sum);
    ["vars"] "" Positional(attributes::vars);
}

/// Whether a builtin type is a name of `builtins`: the exceptions, and those that programs call by name.
fn is_named_here(spec: &TypeSpec) -> bool {
    const NAMES: &[&str] = &[
        "bool",
        "bytearray",
        "bytes",
        "classmethod",
        "complex",
        "dict",
        "enumerate",
        "filter",
        "float",
        "frozenset",
        "int",
        "list",
        "map",
        "memoryview",
        "object",
        "property",
        "range",
        "reversed",
        "set",
        "slice",
        "staticmethod",
        "str",
        "super",
        "tuple",
        "type",
        "zip",
    ];
    let is_exception = spec.flags & spec_flags::BASE_EXC_SUBCLASS != 0;
    is_exception || NAMES.contains(&spec.name)
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &anext::ANEXT_AWAITABLE, &anext::ANEXT_AWAITABLE_SPEC)?;
    for (class, spec) in objects::types::all() {
        if is_named_here(spec) {
            module::add(vm, target, spec.name, class.get().to_value());
        }
    }
    let os_error = exc::OS_ERROR.get().to_value();
    for alias in ["EnvironmentError", "IOError"] {
        module::add(vm, target, alias, os_error.clone());
    }
    for (name, value) in [
        ("None", Value::NONE),
        ("True", Value::TRUE),
        ("False", Value::FALSE),
        ("Ellipsis", Value::ELLIPSIS),
        ("NotImplemented", Value::NOT_IMPLEMENTED),
        ("__debug__", Value::from_bool(vm.interpreter().optimize.get() == 0)),
    ] {
        module::add(vm, target, name, value);
    }
    Ok(())
}
