//! Calling: one way in for every callable.

use super::args::Args;
use super::errors::PyResult;
use super::object::Py;
use super::value::Value;
use super::vm::Vm;
use crate::core::attribute;
use crate::types::module::PyModule;
use crate::types::str::PyStr;

/// What is said of a value that can't be called; of a module that may stand for what it has of the same name.
#[cold]
fn not_callable(vm: Vm<'_>, value: &Value) -> String {
    let plain = format!("'{}' object is not callable", value.class().name());
    if value.downcast::<PyModule>().is_none() {
        return plain;
    }
    let dict = crate::types::module::dict_of(vm, value);
    let name = dict.get_str(&vm.names().__name__);
    let Some(name) = name.as_ref().and_then(|name| name.downcast::<PyStr>()) else { return plain };
    match dict.get_str(name) {
        Some(found) if found.class().slots.call.get().is_some() => {
            let name = name.to_rust_string();
            format!("{plain}. Did you mean: '{name}.{name}(...)'?")
        }
        _ => plain,
    }
}

impl Vm<'_> {
    /// Calls `callable` with positional arguments.
    ///
    /// # Errors
    /// What the call raises; TypeError when the value cannot be called.
    pub fn call(self, callable: &Value, args: &[Value]) -> PyResult<Value> {
        self.call_with(callable, Args::positional_only(args))
    }

    /// Calls `callable` (`PyObject_Vectorcall`).
    ///
    /// # Errors
    /// What the call raises; TypeError when the value cannot be called.
    pub fn call_with(self, callable: &Value, args: Args<'_>) -> PyResult<Value> {
        let Some(call) = callable.class().slots.call.get() else {
            return Err(self.type_error(not_callable(self, callable)));
        };
        self.check_recursion(" while calling a Python object")?;
        call(self, callable, args)
    }

    /// Calls `function` with `receiver` before the other arguments.
    ///
    /// # Errors
    /// What the call raises; TypeError when the value cannot be called.
    pub fn call_unbound(
        self,
        function: &Value,
        receiver: &Value,
        args: &[Value],
    ) -> PyResult<Value> {
        match args {
            [] => self.call(function, std::slice::from_ref(receiver)),
            [only] => self.call(function, &[receiver.clone(), only.clone()]),
            [first, second] => {
                self.call(function, &[receiver.clone(), first.clone(), second.clone()])
            }
            _ => {
                let mut all = Vec::with_capacity(args.len() + 1);
                all.push(receiver.clone());
                all.extend_from_slice(args);
                self.call(function, &all)
            }
        }
    }

    /// Calls the method `name` of `object` with positional arguments.
    ///
    /// # Errors
    /// What the call raises; AttributeError when there is no such method.
    pub fn call_method(self, object: &Value, name: &Py<PyStr>, args: &[Value]) -> PyResult<Value> {
        let found = attribute::method(self, object, name)?;
        match found {
            attribute::Method::Unbound(function) => self.call_unbound(&function, object, args),
            attribute::Method::Bound(callable) => self.call(&callable, args),
        }
    }

    /// Calls the special method `name`, looked up on the type only; None when the type has none.
    ///
    /// # Errors
    /// What the call raises.
    pub fn call_special(
        self,
        object: &Value,
        name: &Py<PyStr>,
        args: &[Value],
    ) -> PyResult<Option<Value>> {
        match attribute::special(self, object, name)? {
            None => Ok(None),
            Some(attribute::Method::Unbound(function)) => {
                self.call_unbound(&function, object, args).map(Some)
            }
            Some(attribute::Method::Bound(callable)) => self.call(&callable, args).map(Some),
        }
    }
}
