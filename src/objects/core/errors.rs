//! How errors travel: `PyResult`, `Raised`, and the constructors of CPython's messages.
//!
//! **Invariant:** a `Raised` exists exactly while its exception is set in the thread state. It is made only by setting one,
//! and ends only by propagating, taking or clearing it.

use std::sync::atomic::Ordering;

use super::gil_cell::HotCell;
use super::object::Py;
use super::suggestions;
use super::thread_state::breaker;
use super::type_object::{PyType, StaticType};
use super::value::Value;
use super::vm::Vm;
use crate::types::exceptions;
use crate::types::exceptions::hierarchy as exc;
use crate::types::str::PyStr;

/// A Python-level result.
pub type PyResult<T> = Result<T, Raised>;

/// Proof, without size, that the thread state holds the exception being propagated.
#[derive(Debug)]
#[must_use = "an exception is propagated, taken or cleared"]
pub struct Raised(());

macro_rules! constructors {
    ($($(#[$meta:meta])* $name:ident $class:ident;)*) => {
        impl Vm<'_> {
            $($(#[$meta])* #[cold] #[inline(never)] pub fn $name(self, message: impl Into<String>) -> Raised {
                self.error(&exc::$class, message)
            })*
        }
    };
}

constructors! {
    /// TypeError
    type_error TYPE_ERROR;
    /// ValueError
    value_error VALUE_ERROR;
    /// IndexError
    index_error INDEX_ERROR;
    /// OverflowError
    overflow_error OVERFLOW_ERROR;
    /// ZeroDivisionError
    zero_division_error ZERO_DIVISION_ERROR;
    /// RuntimeError
    runtime_error RUNTIME_ERROR;
    /// SystemError
    system_error SYSTEM_ERROR;
    /// BufferError
    buffer_error BUFFER_ERROR;
    /// NotImplementedError
    not_implemented_error NOT_IMPLEMENTED_ERROR;
    /// RecursionError
    recursion_error RECURSION_ERROR;
    /// AssertionError
    assertion_error ASSERTION_ERROR;
    /// EOFError
    eof_error EOF_ERROR;
    /// LookupError
    lookup_error LOOKUP_ERROR;
    /// ReferenceError
    reference_error REFERENCE_ERROR;
    /// UnboundLocalError
    unbound_local_error UNBOUND_LOCAL_ERROR;
}

impl Vm<'_> {
    /// An exception of `class` with one message.
    #[cold]
    #[inline(never)]
    pub fn error(self, class: &'static StaticType, message: impl Into<String>) -> Raised {
        let message: String = message.into();
        let text = PyStr::new_value(self, &message);
        self.raise(exceptions::new(self, class.get(), &[text]))
    }

    /// An exception of `class` with `args`.
    #[cold]
    pub fn error_with(self, class: &'static StaticType, args: &[Value]) -> Raised {
        self.raise(exceptions::new(self, class.get(), args))
    }

    /// KeyError with the key itself.
    #[cold]
    pub fn key_error(self, key: &Value) -> Raised {
        self.error_with(&exc::KEY_ERROR, std::slice::from_ref(key))
    }

    /// MemoryError. If the exception itself had to come out of the reserve, the shortage is reported by it: no check raises
    /// another one.
    #[cold]
    #[inline(never)]
    pub fn memory_error(self) -> Raised {
        let exception = exceptions::memory_error(self);
        self.thread().breaker().fetch_and(!breaker::MEMORY, Ordering::Relaxed);
        self.raise(exception)
    }

    /// What nobody can be refused, made with the reserve's help when there is no room.
    pub(crate) fn insist<T>(self, make: impl Fn() -> PyResult<T>) -> T {
        super::reserve::insist(|| match make() {
            Ok(made) => Some(made),
            Err(raised) => {
                self.clear(raised);
                None
            }
        })
    }

    /// StopIteration with the value that a generator returned.
    #[cold]
    pub fn stop_iteration(self, value: Option<Value>) -> Raised {
        match value {
            Some(value) => self.error_with(&exc::STOP_ITERATION, &[value]),
            None => self.error_with(&exc::STOP_ITERATION, &[]),
        }
    }

    /// AttributeError with `name` and `obj` set, for suggestions.
    #[cold]
    pub fn attribute_error(
        self,
        object: &Value,
        name: &Py<PyStr>,
        message: impl Into<String>,
    ) -> Raised {
        let message: String = message.into();
        self.raise(exceptions::attribute_error(self, &message, object, name))
    }

    /// AttributeError in CPython's usual words: `'int' object has no attribute 'x'`.
    #[cold]
    pub fn no_attribute(self, object: &Value, name: &Py<PyStr>) -> Raised {
        let message = match object.downcast::<PyType>() {
            Some(class) => format!(
                "type object '{}' has no attribute '{}'",
                class.name(),
                name.to_rust_string()
            ),
            None => format!(
                "'{}' object has no attribute '{}'",
                object.class().name(),
                name.to_rust_string()
            ),
        };
        self.attribute_error(object, name, message)
    }

    /// NameError with `name` set, for suggestions.
    #[cold]
    pub fn name_error(self, name: &Py<PyStr>, message: impl Into<String>) -> Raised {
        let message: String = message.into();
        self.raise(exceptions::name_error(self, &message, name))
    }

    /// OSError for an errno, with the file name where there is one.
    #[cold]
    pub fn os_error(self, errno: i32, filename: Option<&Value>) -> Raised {
        let error = exceptions::os_error::from_errno(self, errno, filename, None);
        self.raise(error)
    }

    /// Sets `exception`, an instance, as the one being propagated. The exception being handled becomes its context.
    #[cold]
    #[inline(never)]
    pub fn raise(self, exception: Value) -> Raised {
        exceptions::set_context(self, &exception);
        self.restore(exception)
    }

    /// Sets `exception` without touching its context: it was taken before.
    pub fn restore(self, exception: Value) -> Raised {
        debug_assert!(
            exception.class().has_flags(super::type_spec::spec_flags::BASE_EXC_SUBCLASS),
            "only exceptions are raised"
        );
        self.thread().raised.set(Some(exception));
        Raised(())
    }

    /// Takes the exception out of the thread state.
    ///
    /// # Panics
    /// When none is set, which the invariant excludes.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "taking the exception ends its proof")]
    pub fn take(self, raised: Raised) -> Value {
        let Raised(()) = raised;
        self.thread().raised.replace(None).expect("a Raised means that an exception is set")
    }

    /// Drops the exception.
    pub fn clear(self, raised: Raised) {
        drop(self.take(raised));
    }

    /// Whether the exception being propagated is an instance of `class`.
    #[must_use]
    pub fn raised_is(self, _raised: &Raised, class: &'static StaticType) -> bool {
        self.thread()
            .raised
            .with(|set| set.as_ref().is_some_and(|error| error.class().is_subtype(class.get())))
    }

    /// `Ok(None)` for an exception of `class`, which is dropped; any other goes on.
    ///
    /// # Errors
    /// The exception, when it is another one.
    pub fn catch<T>(self, result: PyResult<T>, class: &'static StaticType) -> PyResult<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(raised) if self.raised_is(&raised, class) => {
                self.clear(raised);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// The innermost exception being handled (`sys.exception()`).
    #[must_use]
    pub fn handled_exception(self) -> Option<Value> {
        self.thread().handled.with(|stack| stack.iter().rev().find_map(Clone::clone))
    }

    /// Issues a warning (`PyErr_WarnEx`).
    ///
    /// # Errors
    /// The warning as an exception, when the filters say so.
    pub fn warn(
        self,
        category: &'static StaticType,
        message: &str,
        stack_level: i64,
    ) -> PyResult<()> {
        match self.interpreter().warn.get() {
            Some(warn) => warn(self, category, message, stack_level),
            None => Ok(()),
        }
    }

    /// Tells the hook about an exception that cannot be propagated (`PyErr_WriteUnraisable`).
    pub fn unraisable(self, raised: Raised, object: Option<&Value>, message: Option<&str>) {
        let exception = self.take(raised);
        exceptions::report_unraisable(self, exception, object, message);
    }

    /// TypeError for a keyword that a callable does not take, with the one of `known` that may have been meant. `callee` is
    /// how messages call it, brackets included.
    #[cold]
    pub fn unexpected_keyword<S: AsRef<str>>(
        self,
        callee: &str,
        wrong: &str,
        known: impl IntoIterator<Item = S>,
    ) -> Raised {
        let hint = suggestions::closest(wrong, known)
            .map_or_else(String::new, |name| format!(". Did you mean '{name}'?"));
        self.type_error(format!("{callee} got an unexpected keyword argument '{wrong}'{hint}"))
    }

    /// As [`unraisable`](Self::unraisable), with the object's repr behind the message (`PyErr_FormatUnraisable`).
    pub fn unraisable_about(self, raised: Raised, message: &str, object: Option<&Value>) {
        let exception = self.take(raised);
        let shown = object.map(|object| match self.repr(object) {
            Ok(text) => text.to_rust_string(),
            Err(raised) => {
                self.clear(raised);
                "<object repr() failed>".to_owned()
            }
        });
        let message =
            shown.map_or_else(|| message.to_owned(), |shown| format!("{message} {shown}"));
        exceptions::report_unraisable(self, exception, None, Some(&message));
    }

    /// Runs what an object's end has to run while an exception may be propagating, which is put back afterwards: the end of an
    /// object is nobody's error.
    pub fn aside<T>(self, run: impl FnOnce() -> T) -> T {
        let propagating = self.thread().raised.replace(None);
        let answer = run();
        self.thread().raised.set(propagating);
        answer
    }

    /// A guard for native recursion: RecursionError when the native stack runs low.
    ///
    /// # Errors
    /// RecursionError.
    #[inline]
    pub fn check_recursion(self, place: &str) -> PyResult<()> {
        if self.thread().stack_is_low() { Err(self.native_recursion(place)) } else { Ok(()) }
    }

    #[cold]
    fn native_recursion(self, place: &str) -> Raised {
        self.recursion_error(format!("Stack overflow{place}"))
    }

    /// Whether `raised` may be swallowed by code that catches `Exception`.
    #[must_use]
    pub fn raised_is_exception(self, raised: &Raised) -> bool {
        self.raised_is(raised, &exc::EXCEPTION)
    }
}

/// Takes whatever is set, for the evaluation loop's unwinder.
pub fn take_set(raised: &HotCell<Option<Value>>) -> Option<Value> {
    raised.replace(None)
}
