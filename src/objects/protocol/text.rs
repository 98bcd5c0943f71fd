//! repr, str, ascii, format; and the guard of recursive reprs.

use base::escape;

use crate::core::attribute::{self, Method};
use crate::core::errors::PyResult;
use crate::core::pyref::PyRef;
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::str::{PyStr, STR};

/// Marks an object as having its repr made, until it is dropped (`Py_ReprEnter`).
pub struct ReprGuard<'gil>(Vm<'gil>, u64);

impl Drop for ReprGuard<'_> {
    fn drop(&mut self) {
        let id = self.1;
        self.0.thread().repr_running.with_mut(|running| {
            if let Some(index) = running.iter().rposition(|&entry| entry == id) {
                running.remove(index);
            }
        });
    }
}

impl<'gil> Vm<'gil> {
    /// A guard for the repr of a container; None when this object's repr is being made already: then it is `...` in brackets.
    #[must_use]
    pub fn enter_repr(self, object: &Value) -> Option<ReprGuard<'gil>> {
        let id = object.id();
        self.thread().repr_running.with_mut(|running| {
            if running.contains(&id) {
                return None;
            }
            running.push(id);
            Some(ReprGuard(self, id))
        })
    }

    /// `repr(value)`
    ///
    /// # Errors
    /// What `__repr__` raises; TypeError when it gives no str.
    pub fn repr(self, value: &Value) -> PyResult<PyRef<PyStr>> {
        self.check_recursion(" while getting the repr of an object")?;
        let Some(repr) = value.class().slots.repr.get() else {
            return PyStr::try_new(
                self,
                &format!("<{} object at {:#x}>", value.class().name(), value.id()),
            );
        };
        let result = repr(self, value)?;
        self.check_text(result, "__repr__")
    }

    /// `str(value)`
    ///
    /// # Errors
    /// What `__str__` raises; TypeError when it gives no str.
    pub fn str(self, value: &Value) -> PyResult<PyRef<PyStr>> {
        if let Some(text) = value.downcast_exact::<PyStr>() {
            return Ok(text.to_ref());
        }
        let Some(str) = value.class().slots.str.get() else { return self.repr(value) };
        self.check_recursion(" while getting the str of an object")?;
        let result = str(self, value)?;
        self.check_text(result, "__str__")
    }

    fn check_text(self, result: Value, method: &str) -> PyResult<PyRef<PyStr>> {
        result.into_ref::<PyStr>().map_err(|other| {
            self.type_error(format!("{method} returned non-string (type {})", other.class().name()))
        })
    }

    /// `ascii(value)`
    ///
    /// # Errors
    /// As for [`repr`](Self::repr).
    pub fn ascii(self, value: &Value) -> PyResult<PyRef<PyStr>> {
        let repr = self.repr(value)?;
        if repr.as_ascii().is_some() {
            return Ok(repr);
        }
        let bytes = repr.to_wtf8();
        let Some(text) = base::wstr::WStr::from_wtf8(&bytes) else { return Ok(repr.clone()) };
        PyStr::try_new(self, &escape::escape_non_ascii(text.points()))
    }

    /// `format(value, spec)`
    ///
    /// # Errors
    /// What `__format__` raises; TypeError when it gives no str.
    pub fn format(self, value: &Value, spec: &Value) -> PyResult<PyRef<PyStr>> {
        let Some(spec_text) = spec.downcast::<PyStr>() else {
            return Err(self.type_error(format!(
                "Format specifier must be a string, not {}",
                spec.class().name()
            )));
        };
        if spec_text.is_empty() {
            if let Some(text) = value.downcast_exact::<PyStr>() {
                return Ok(text.to_ref());
            }
            if value.as_small_int().is_some() {
                return self.str(value);
            }
        }
        if let Some(done) = super::quick_format::quick_format(self, value, spec_text) {
            return done;
        }
        let found = attribute::special(self, value, &self.names().__format__)?;
        let result = match found {
            Some(Method::Unbound(function)) => {
                self.call(&function, &[value.clone(), spec.clone()])?
            }
            Some(Method::Bound(function)) => self.call(&function, std::slice::from_ref(spec))?,
            None => {
                return Err(self.type_error(format!(
                    "Type {} doesn't define __format__",
                    value.class().name()
                )));
            }
        };
        result.into_ref::<PyStr>().map_err(|other| {
            self.type_error(format!("__format__ must return a str, not {}", other.class().name()))
        })
    }

    /// The empty format: `f"{value}"`.
    ///
    /// # Errors
    /// As for [`format`](Self::format).
    pub fn format_plain(self, value: &Value) -> PyResult<PyRef<PyStr>> {
        if let Some(text) = value.downcast_exact::<PyStr>() {
            return Ok(text.to_ref());
        }
        if value.as_small_int().is_some() {
            return self.str(value);
        }
        let empty = self.intern("").into_value();
        self.format(value, &empty)
    }

    /// What messages say of a value's type: `None` for None (`_PyArg_BadArgument`).
    #[must_use]
    pub fn type_text(self, value: &Value) -> String {
        if value.is_none() { "None".to_owned() } else { value.class().name() }
    }

    /// The argument as a str, in CPython's words otherwise: `f() argument 'x' must be str, not int`.
    ///
    /// # Errors
    /// TypeError.
    pub fn expect_str<'v>(
        self,
        value: &'v Value,
        function: &str,
        argument: &str,
    ) -> PyResult<&'v crate::core::object::Py<PyStr>> {
        value.downcast::<PyStr>().ok_or_else(|| {
            self.type_error(format!(
                "{function}() {argument} must be str, not {}",
                self.type_text(value)
            ))
        })
    }

    /// The name under which reprs show a class: with its module unless that is `builtins` (`_PyType_GetFullyQualifiedName`).
    ///
    /// # Errors
    /// What reading `__module__` and `__qualname__` raises.
    pub fn full_class_name(self, class: &crate::core::object::Py<PyType>) -> PyResult<String> {
        let value = class.to_value();
        let qualname = self.get_attr(&value, &self.names().__qualname__)?;
        let qualname = self.str(&qualname)?.to_rust_string();
        let module = self.get_attr_opt(&value, &self.names().__module__)?;
        match module.as_ref().and_then(|module| module.downcast::<PyStr>()) {
            Some(module) if !module.is_text("builtins") && !module.is_text("__main__") => {
                Ok(format!("{}.{qualname}", module.to_rust_string()))
            }
            _ => Ok(qualname),
        }
    }
}

/// Whether `value` is exactly a str.
#[inline]
#[must_use]
pub fn is_exact_str(value: &Value) -> bool {
    value.is_exact(STR.get())
}
