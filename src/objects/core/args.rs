//! Arguments of a call: positional values, then the values of the keywords that a tuple names (CPython's vectorcall).

use super::errors::{PyResult, Raised};
use super::object::Py;
use super::pyref::PyRef;
use super::type_object::PyType;
use super::value::Value;
use super::vm::Vm;
use crate::types::dict::PyDict;
use crate::types::tuple::PyTuple;

/// The arguments of one call, borrowed from the caller.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    values: &'a [Value],
    keyword_names: Option<&'a Py<PyTuple>>,
}

impl<'a> Args<'a> {
    /// No arguments.
    pub const NONE: Args<'static> = Args { values: &[], keyword_names: None };

    /// Positional arguments only.
    #[must_use]
    pub const fn positional_only(values: &'a [Value]) -> Self {
        Self { values, keyword_names: None }
    }

    /// Positional arguments followed by the keywords' values, in the order of `keyword_names`.
    #[must_use]
    pub const fn new(values: &'a [Value], keyword_names: Option<&'a Py<PyTuple>>) -> Self {
        Self { values, keyword_names }
    }

    /// The positional arguments.
    #[inline]
    #[must_use]
    pub fn positional(&self) -> &'a [Value] {
        let (positional, _) = self.values.split_at(self.values.len() - self.keyword_count());
        positional
    }

    /// How many keywords there are.
    #[inline]
    #[must_use]
    pub fn keyword_count(&self) -> usize {
        self.keyword_names.map_or(0, |names| names.items().len())
    }

    /// The names of the keywords, if there are any.
    #[must_use]
    pub fn keyword_names(&self) -> Option<&'a Py<PyTuple>> {
        self.keyword_names
    }

    /// Names and values of the keywords.
    pub fn keywords(&self) -> impl Iterator<Item = (&'a Value, &'a Value)> {
        let (_, values) = self.values.split_at(self.values.len() - self.keyword_count());
        let names = self.keyword_names.map_or(&[][..], |names| names.items());
        names.iter().zip(values)
    }

    /// The arguments without the first positional one, which comes first in the result.
    #[must_use]
    pub fn split_first(&self) -> Option<(&'a Value, Self)> {
        if self.keyword_count() == self.values.len() {
            return None;
        }
        let (first, values) = self.values.split_first()?;
        Some((first, Self { values, keyword_names: self.keyword_names }))
    }

    /// All values, positional and of keywords.
    #[must_use]
    pub fn all(&self) -> &'a [Value] {
        self.values
    }

    /// The value of keyword `name`.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.keywords()
            .find(|(key, _)| crate::types::str::value_is(key, name))
            .map(|(_, value)| value)
    }

    /// Positional arguments only, `min` to `max` of them, in CPython's words otherwise.
    ///
    /// # Errors
    /// TypeError.
    pub fn exactly(
        &self,
        vm: Vm<'_>,
        function: &str,
        min: usize,
        max: usize,
    ) -> PyResult<&'a [Value]> {
        if self.keyword_count() != 0 {
            return Err(vm.type_error(format!("{function}() takes no keyword arguments")));
        }
        check_count(vm, function, self.values.len(), min, max)?;
        Ok(self.values)
    }
}

impl Args<'_> {
    /// Refuses keywords in the `__new__` of `own`, unless `class` is a subclass whose `__init__` may take them.
    ///
    /// # Errors
    /// TypeError.
    pub fn no_keywords_in_new(
        &self,
        vm: Vm<'_>,
        class: &Py<PyType>,
        own: &Py<PyType>,
    ) -> PyResult<()> {
        if self.keyword_count() == 0 {
            return Ok(());
        }
        let same_init = match (class.slots.init.get(), own.slots.init.get()) {
            (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if class.is(own) || same_init { Err(keywords_refused(vm, own)) } else { Ok(()) }
    }

    /// Refuses keywords in the `__init__` of `own`, unless `this` is of a subclass whose `__new__` may have taken them.
    ///
    /// # Errors
    /// TypeError.
    pub fn no_keywords_in_init(&self, vm: Vm<'_>, this: &Value, own: &Py<PyType>) -> PyResult<()> {
        if self.keyword_count() == 0 {
            return Ok(());
        }
        let same_new = match (this.class().slots.new.get(), own.slots.new.get()) {
            (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if this.is_exact(own) || same_new { Err(keywords_refused(vm, own)) } else { Ok(()) }
    }
}

#[cold]
fn keywords_refused(vm: Vm<'_>, own: &Py<PyType>) -> Raised {
    let name = own.name();
    let short = name.rsplit('.').next().unwrap_or_default();
    vm.type_error(format!("{short}() takes no keyword arguments"))
}

/// `f expected at least 1 argument, got 0` and its kin (`_PyArg_CheckPositional`).
///
/// # Errors
/// TypeError.
pub fn check_count(vm: Vm<'_>, function: &str, got: usize, min: usize, max: usize) -> PyResult<()> {
    let (bound, wanted) = if got < min {
        ("at least ", min)
    } else if got > max {
        ("at most ", max)
    } else {
        return Ok(());
    };
    let bound = if min == max { "" } else { bound };
    let plural = if wanted == 1 { "" } else { "s" };
    Err(vm.type_error(format!("{function} expected {bound}{wanted} argument{plural}, got {got}")))
}

/// How many parameters a signature can have at most.
pub const PARAMETERS_MAX: usize = 16;

/// Arguments bound to a native function's parameters, in the order of its text signature (the receiver left out).
pub struct Bound<'a> {
    pub(super) places: [Option<&'a Value>; PARAMETERS_MAX],
    pub(super) rest: &'a [Value],
    pub(super) extra: Option<PyRef<PyDict>>,
}

impl<'a> Bound<'a> {
    /// The argument of parameter `index`; None when it was left out.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a Value> {
        self.places.get(index).copied().flatten()
    }

    /// As [`get`](Self::get), with None also for an argument that is `None`.
    #[must_use]
    pub fn get_non_none(&self, index: usize) -> Option<&'a Value> {
        self.get(index).filter(|value| !value.is_none())
    }

    /// The argument of a parameter without default.
    ///
    /// # Panics
    /// When the parameter has a default after all: the row and its function disagree.
    #[inline]
    #[must_use]
    pub fn required(&self, index: usize) -> &'a Value {
        self.get(index).expect("the binder has checked that required arguments are there")
    }

    /// Surplus positional arguments, of a signature with `*args`.
    #[must_use]
    pub fn rest(&self) -> &'a [Value] {
        self.rest
    }

    /// Surplus keywords, of a signature with `**kwargs`.
    #[must_use]
    pub fn extra(&self) -> Option<&PyRef<PyDict>> {
        self.extra.as_ref()
    }
}
