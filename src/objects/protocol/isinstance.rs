//! isinstance and issubclass.

use crate::core::attribute::{self, generic_get};
use crate::core::errors::PyResult;
use crate::core::slots::GetAttrFn;
use crate::core::type_object::{PyType, TYPE};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::generic_alias;
use crate::types::object_::OBJECT;
use crate::types::tuple::PyTuple;

const CLASS_INFO_INSTANCE: &str = "isinstance() arg 2 must be a type, a tuple of types, or a union";
const CLASS_INFO_SUBCLASS: &str =
    "issubclass() arg 2 must be a class, a tuple of classes, or a union";

/// Whether the object's `__class__` is its type, as far as that is known without running code: it reads attributes in
/// the general way and has no `__class__` but object's.
fn claims_its_class(vm: Vm<'_>, object: &Value) -> bool {
    let name = &vm.names().__class__;
    let class = object.class();
    let reads = class.slots.getattro.get();
    reads.is_some_and(|get| std::ptr::fn_addr_eq(get, generic_get as GetAttrFn))
        && class.finds_same(OBJECT.get(), name)
}

impl Vm<'_> {
    /// `isinstance(object, class)`
    ///
    /// # Errors
    /// TypeError for what is no class, or what `__instancecheck__` raises.
    pub fn isinstance(self, object: &Value, class: &Value) -> PyResult<bool> {
        if let Some(class) = class.downcast::<PyType>()
            && std::ptr::eq(object.class(), class)
        {
            return Ok(true);
        }
        if class.is_exact(TYPE.get()) {
            return self.real_isinstance(object, class);
        }
        if let Some(args) = generic_alias::union_args(class) {
            return self.any_of(&args.into_value(), |class| self.isinstance(object, class));
        }
        if class.downcast::<PyTuple>().is_some() {
            self.check_recursion(" in __instancecheck__")?;
            return self.any_of(class, |class| self.isinstance(object, class));
        }
        self.check_recursion(" in __instancecheck__")?;
        let names = self.names();
        match self.call_special(class, &names.__instancecheck__, std::slice::from_ref(object))? {
            Some(result) => self.is_true(&result),
            None => self.real_isinstance(object, class),
        }
    }

    fn any_of(
        self,
        classes: &Value,
        mut test: impl FnMut(&Value) -> PyResult<bool>,
    ) -> PyResult<bool> {
        let classes = classes.clone();
        let items = classes.downcast::<PyTuple>().map_or(&[][..], |tuple| tuple.items());
        for class in items {
            if test(class)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `type.__instancecheck__`: by the type, then by `__class__` (`object_isinstance`).
    ///
    /// # Errors
    /// TypeError for what is no class.
    pub fn real_isinstance(self, object: &Value, class: &Value) -> PyResult<bool> {
        let names = self.names();
        if let Some(wanted) = class.downcast::<PyType>() {
            if object.class().is_subtype(wanted) {
                return Ok(true);
            }
            if claims_its_class(self, object) {
                return Ok(false);
            }
            let claimed = self.get_attr_opt(object, &names.__class__)?;
            return Ok(claimed.is_some_and(|claimed| {
                claimed.downcast::<PyType>().is_some_and(|claimed| {
                    !std::ptr::eq(claimed, object.class()) && claimed.is_subtype(wanted)
                })
            }));
        }
        self.check_class(class, CLASS_INFO_INSTANCE)?;
        match self.get_attr_opt(object, &names.__class__)? {
            Some(claimed) => self.abstract_issubclass(&claimed, class),
            None => Ok(false),
        }
    }

    /// `issubclass(derived, class)`
    ///
    /// # Errors
    /// TypeError for what is no class, or what `__subclasscheck__` raises.
    pub fn issubclass(self, derived: &Value, class: &Value) -> PyResult<bool> {
        if class.is_exact(TYPE.get()) {
            if derived.is(class) {
                return Ok(true);
            }
            return self.real_issubclass(derived, class);
        }
        if let Some(args) = generic_alias::union_args(class) {
            return self.any_of(&args.into_value(), |class| self.issubclass(derived, class));
        }
        if class.downcast::<PyTuple>().is_some() {
            self.check_recursion(" in __subclasscheck__")?;
            return self.any_of(class, |class| self.issubclass(derived, class));
        }
        self.check_recursion(" in __subclasscheck__")?;
        let names = self.names();
        match self.call_special(class, &names.__subclasscheck__, std::slice::from_ref(derived))? {
            Some(result) => self.is_true(&result),
            None => self.real_issubclass(derived, class),
        }
    }

    /// `type.__subclasscheck__` (`recursive_issubclass`).
    ///
    /// # Errors
    /// TypeError for what is no class.
    pub fn real_issubclass(self, derived: &Value, class: &Value) -> PyResult<bool> {
        if let (Some(derived), Some(class)) =
            (derived.downcast::<PyType>(), class.downcast::<PyType>())
        {
            return Ok(derived.is_subtype(class));
        }
        self.check_class(derived, "issubclass() arg 1 must be a class")?;
        self.check_class(class, CLASS_INFO_SUBCLASS)?;
        self.abstract_issubclass(derived, class)
    }

    fn check_class(self, class: &Value, message: &str) -> PyResult<()> {
        if self.abstract_bases(class)?.is_none() {
            return Err(self.type_error(message));
        }
        Ok(())
    }

    /// `__bases__` if it is a tuple (`abstract_get_bases`).
    fn abstract_bases(self, class: &Value) -> PyResult<Option<Value>> {
        let bases = self.get_attr_opt(class, &self.names().__bases__)?;
        Ok(bases.filter(|bases| bases.downcast::<PyTuple>().is_some()))
    }

    fn abstract_issubclass(self, derived: &Value, class: &Value) -> PyResult<bool> {
        self.check_recursion(" in __issubclass__")?;
        let mut derived = derived.clone();
        loop {
            if derived.is(class) {
                return Ok(true);
            }
            let Some(bases) = self.abstract_bases(&derived)? else { return Ok(false) };
            let items = bases.downcast::<PyTuple>().map_or(&[][..], |tuple| tuple.items());
            match items {
                [] => return Ok(false),
                [only] => {
                    let only = only.clone();
                    derived = only;
                }
                several => {
                    for base in several {
                        if self.abstract_issubclass(base, class)? {
                            return Ok(true);
                        }
                    }
                    return Ok(false);
                }
            }
        }
    }
}

/// Whether `value` has the special method `name` on its type.
#[must_use]
pub fn has_special(
    value: &Value,
    name: &crate::core::object::Py<crate::types::str::PyStr>,
) -> bool {
    value.class().lookup(name).is_some()
}

/// Calls a found special method.
///
/// # Errors
/// What the call raises.
pub fn call_found(
    vm: Vm<'_>,
    method: &attribute::Method,
    receiver: &Value,
    args: &[Value],
) -> PyResult<Value> {
    match method {
        attribute::Method::Unbound(function) => vm.call_unbound(function, receiver, args),
        attribute::Method::Bound(callable) => vm.call(callable, args),
    }
}
