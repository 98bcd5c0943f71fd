//! How the cycle collector sees what objects refer to. The collection itself is in `collector.rs`.

use super::gil_cell::{GilCell, HotCell};
use super::object::{Payload, PyObject};
use super::pyref::PyRef;
use super::value::Value;

/// Receives each reference that an object owns.
pub struct Visitor<'v> {
    see: &'v mut dyn FnMut(&PyObject),
    /// Receives the values that are no heap objects, for who wants to know of all.
    see_immediate: Option<&'v mut dyn FnMut(&Value)>,
}

impl<'v> Visitor<'v> {
    /// A visitor that calls `see` with each referent.
    pub fn new(see: &'v mut dyn FnMut(&PyObject)) -> Self {
        Self { see, see_immediate: None }
    }

    /// A visitor that calls `see` with each referent on the heap, and `see_immediate` with each other value.
    pub fn of_all(
        see: &'v mut dyn FnMut(&PyObject),
        see_immediate: &'v mut dyn FnMut(&Value),
    ) -> Self {
        Self { see, see_immediate: Some(see_immediate) }
    }

    /// Shows one value.
    #[inline]
    pub fn visit(&mut self, value: &Value) {
        if let Some(object) = value.as_object() {
            (self.see)(object);
        } else if let Some(see) = &mut self.see_immediate {
            see(value);
        }
    }

    /// Shows one object.
    #[inline]
    pub fn visit_object(&mut self, object: &PyObject) {
        (self.see)(object);
    }
}

/// A field of a payload, as the collector goes through it.
pub trait Traverse {
    /// Shows the references inside.
    fn traverse(&self, visitor: &mut Visitor<'_>);
    /// Moves out the references that can be changed, so that a dead cycle falls apart.
    fn clear(&self, _dead: &mut Vec<Value>) {}
}

impl Traverse for Value {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        visitor.visit(self);
    }
}

impl<T: Payload> Traverse for PyRef<T> {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        visitor.visit_object(self.as_object());
    }
}

impl<T: Traverse> Traverse for Option<T> {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        if let Some(inner) = self {
            inner.traverse(visitor);
        }
    }
}

impl<T: Traverse> Traverse for [T] {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for item in self {
            item.traverse(visitor);
        }
    }
}

impl<T: Traverse> Traverse for Vec<T> {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.as_slice().traverse(visitor);
    }
}

impl<T: Traverse + ?Sized> Traverse for Box<T> {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        (**self).traverse(visitor);
    }
}

impl<A: Traverse, B: Traverse> Traverse for (A, B) {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.0.traverse(visitor);
        self.1.traverse(visitor);
    }
}

/// What a cell gives up when a dead cycle is cleared.
pub trait TakeReferences {
    /// Moves the references into `dead`.
    fn take_references(&mut self, dead: &mut Vec<Value>);
}

impl TakeReferences for Option<Value> {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.take());
    }
}

impl TakeReferences for Value {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.push(std::mem::replace(self, Self::NONE));
    }
}

impl TakeReferences for Vec<Value> {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.append(self);
    }
}

impl TakeReferences for Vec<(u64, Value)> {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.drain(..).map(|(_, value)| value));
    }
}

impl<T: Payload> TakeReferences for Option<PyRef<T>> {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.take().map(PyRef::into_value));
    }
}

/// A reference that cannot be empty stays: the cycle falls apart elsewhere.
impl<T: Payload> TakeReferences for PyRef<T> {
    fn take_references(&mut self, _dead: &mut Vec<Value>) {}
}

impl<T: Traverse + TakeReferences> Traverse for GilCell<T> {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.with(|inner| inner.traverse(visitor));
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        self.with_mut(|inner| inner.take_references(dead));
    }
}

impl<T: Traverse + TakeReferences> Traverse for HotCell<T> {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.with(|inner| inner.traverse(visitor));
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        self.with_mut(|inner| inner.take_references(dead));
    }
}

/// Fields that refer to nothing.
#[macro_export]
macro_rules! no_references {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::core::gc::Traverse for $type {
            fn traverse(&self, _visitor: &mut $crate::core::gc::Visitor<'_>) {}
        }
        impl $crate::core::gc::TakeReferences for $type {
            fn take_references(&mut self, _dead: &mut Vec<$crate::core::value::Value>) {}
        }
    )*};
}

no_references!(
    bool,
    u8,
    u16,
    u32,
    u64,
    usize,
    i8,
    i16,
    i32,
    i64,
    isize,
    f64,
    char,
    String,
    &'static str
);

impl<T: Copy> Traverse for std::cell::Cell<T> {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// What `gc` shows of one generation.
#[derive(Clone, Copy, Debug, Default)]
pub struct GenerationStats {
    /// Collections so far.
    pub collections: u64,
    /// Objects that they ended.
    pub collected: u64,
    /// Objects that they could not end.
    pub uncollectable: u64,
}

/// The collector's switches and figures (`struct _gc_runtime_state` in CPython).
pub struct GcState {
    /// `gc.enable()`
    pub enabled: std::cell::Cell<bool>,
    /// `gc.set_debug()`
    pub debug: std::cell::Cell<i64>,
    /// `gc.set_threshold()`
    pub thresholds: std::cell::Cell<[i64; 3]>,
    /// By generation.
    pub stats: std::cell::Cell<[GenerationStats; 3]>,
    /// A collection is running.
    pub collecting: std::cell::Cell<bool>,
    /// `gc.garbage`
    pub garbage: HotCell<Option<Value>>,
    /// `gc.callbacks`
    pub callbacks: HotCell<Option<Value>>,
}

impl Default for GcState {
    fn default() -> Self {
        Self {
            enabled: std::cell::Cell::new(true),
            debug: std::cell::Cell::new(0),
            thresholds: std::cell::Cell::new([2000, 10, 10]),
            stats: std::cell::Cell::default(),
            collecting: std::cell::Cell::new(false),
            garbage: HotCell::new(None),
            callbacks: HotCell::new(None),
        }
    }
}
