//! `function` and `method`.

use crate::core::gil_cell::HotCell;
use crate::core::pyref::PyRef;
use crate::core::type_object::StaticType;
use crate::core::value::Value;
use crate::payload;
use crate::types::code::PyCode;
use crate::types::dict::PyDict;
use crate::types::str::PyStr;

payload! {
    /// The payload of a Python function.
    pub struct PyFunction: FUNCTION, gc {
        /// `__code__`
        pub code: HotCell<PyRef<PyCode>>,
        /// `__globals__`
        pub globals: PyRef<PyDict>,
        /// `__builtins__`
        pub builtins: PyRef<PyDict>,
        /// `__defaults__`: a tuple
        pub defaults: HotCell<Option<Value>>,
        /// `__kwdefaults__`: a dict
        pub kwdefaults: HotCell<Option<Value>>,
        /// `__closure__`: a tuple of cells
        pub closure: Option<Value>,
        /// `__name__`
        pub name: HotCell<PyRef<PyStr>>,
        /// `__qualname__`
        pub qualname: HotCell<PyRef<PyStr>>,
        /// `__doc__`
        pub doc: HotCell<Option<Value>>,
        /// `__module__`
        pub module: HotCell<Option<Value>>,
        /// `__annotations__`, once computed or set
        pub annotations: HotCell<Option<Value>>,
        /// `__annotate__`
        pub annotate: HotCell<Option<Value>>,
        /// `__type_params__`
        pub type_params: HotCell<Option<Value>>,
        /// Changes whenever code, defaults or keyword defaults do; 0 when calls must not be cached.
        pub version: std::cell::Cell<u32>,
    }
}

/// `function`
pub static FUNCTION: StaticType = StaticType::new::<PyFunction>();

payload! {
    /// The payload of a bound method.
    pub struct PyMethod: METHOD, gc {
        /// `__func__`
        pub function: Value,
        /// `__self__`
        pub receiver: Value,
    }
}

/// `method`
pub static METHOD: StaticType = StaticType::new::<PyMethod>();
