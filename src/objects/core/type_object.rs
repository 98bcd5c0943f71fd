//! The type object: layout, slots, MRO, version tag, attribute lookup with a cache.
//!
//! Builtin types are statics ([`StaticType`]): their addresses are link-time constants, so an exact type test is one compare.
//!
//! Invariants:
//! 1. A type's `native` operations belong to the payload that its instances' layout begins with (`solid` names the builtin
//!    type of that payload).
//! 2. `version` is 0, or a number that no other state of any type ever had; every change of a type or of one of its bases
//!    resets it. The lookup cache and all inline caches rest on that.
//! 3. Everything here is touched only under the GIL.
#![expect(
    unsafe_code,
    reason = "static types and the lookup cache: the invariants are in the module doc"
)]

use std::cell::{Cell, UnsafeCell};
use std::ptr::null;

use super::gc::Visitor;
use super::gil_cell::{GilCell, HotCell};
use super::object::{Payload, PayloadOps, Py, PyObject};
use super::pyref::PyRef;
use super::slots::Slots;
use super::type_spec::{TypeSpec, spec_flags};
use super::value::{Value, special};
use crate::types::dict::PyDict;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

/// Inline attribute values of one instance at most (`SHARED_KEYS_MAX_SIZE` in CPython is 30).
pub const INLINE_VALUES_MAX: usize = 30;

/// Where an instance's parts lie after header, payload and tail.
#[derive(Clone, Copy, Default, Debug)]
pub struct ExtensionLayout {
    /// Bytes of the whole extension; 0 when there is none. Its first 8 bytes are the extension word.
    pub bytes: u32,
    /// From the header to the extension, for payloads without a tail; 0 where it has to be computed.
    pub offset: u32,
    /// How many `__slots__` values, counting inherited ones.
    pub slot_count: u16,
    /// How many inline attribute values.
    pub value_capacity: u8,
}

impl ExtensionLayout {
    /// Bytes of the insertion-order record: a count and an index for each value.
    #[must_use]
    pub const fn order_bytes(&self) -> usize {
        if self.value_capacity == 0 {
            0
        } else {
            (1 + self.value_capacity as usize).div_ceil(8) * 8
        }
    }

    /// From the start of the extension to the slot values: the same in every class, so that `__class__` can change.
    #[inline]
    #[must_use]
    pub const fn slots_offset(&self) -> usize {
        8
    }

    /// From the start of the extension to the insertion-order record.
    #[inline]
    #[must_use]
    pub const fn order_offset(&self) -> usize {
        8 + self.slot_count as usize * 8
    }

    /// From the start of the extension to the inline values.
    #[inline]
    #[must_use]
    pub const fn values_offset(&self) -> usize {
        self.order_offset() + self.order_bytes()
    }

    /// A layout with these parts.
    #[must_use]
    pub fn with_parts(slot_count: u16, value_capacity: u8, offset: u32) -> Self {
        let mut layout = Self { bytes: 0, offset, slot_count, value_capacity };
        let bytes = layout.values_offset() + usize::from(value_capacity) * 8;
        layout.bytes = u32::try_from(bytes).expect("at most 2^16 slots");
        layout
    }
}

/// The payload of a type.
pub struct PyType {
    /// The version tag; 0 when attributes must not be cached.
    pub version: Cell<u32>,
    flags: Cell<u64>,
    native: Cell<Option<PayloadOps>>,
    solid: Cell<*const Py<PyType>>,
    extension: Cell<ExtensionLayout>,
    /// The slots.
    pub slots: Slots,
    spec: Cell<Option<&'static TypeSpec>>,
    /// `__name__`; for a builtin type without its module.
    pub name: HotCell<Option<PyRef<PyStr>>>,
    /// `__qualname__` of a class made in Python.
    pub qualname: HotCell<Option<PyRef<PyStr>>>,
    /// `__base__`
    pub base: HotCell<Option<PyRef<PyType>>>,
    /// `__bases__`
    pub bases: HotCell<Option<PyRef<PyTuple>>>,
    /// `__mro__`
    pub mro: HotCell<Option<PyRef<PyTuple>>>,
    /// `__dict__`
    pub dict: HotCell<Option<PyRef<PyDict>>>,
    /// Direct subclasses, by address; a subclass takes itself out when it dies.
    pub subclasses: GilCell<Vec<*const Py<PyType>>>,
    /// Names of the attributes that instances keep inline, in the order of their places.
    pub keys: HotCell<Vec<PyRef<PyStr>>>,
    /// Names of this class's own `__slots__`, mangled.
    pub slot_names: HotCell<Vec<PyRef<PyStr>>>,
    /// Weak references to the type, and its dictionary of attributes that the machine keeps aside (`tp_cache`).
    pub weakrefs: GilCell<Vec<Value>>,
}

impl PyType {
    const fn empty() -> Self {
        Self {
            version: Cell::new(0),
            flags: Cell::new(0),
            native: Cell::new(None),
            solid: Cell::new(null()),
            extension: Cell::new(ExtensionLayout {
                bytes: 0,
                offset: 0,
                slot_count: 0,
                value_capacity: 0,
            }),
            slots: Slots::EMPTY,
            spec: Cell::new(None),
            name: HotCell::new(None),
            qualname: HotCell::new(None),
            base: HotCell::new(None),
            bases: HotCell::new(None),
            mro: HotCell::new(None),
            dict: HotCell::new(None),
            subclasses: GilCell::new(Vec::new()),
            keys: HotCell::new(Vec::new()),
            slot_names: HotCell::new(Vec::new()),
            weakrefs: GilCell::new(Vec::new()),
        }
    }

    /// The payload of a class that is being made at run time on `base`: same native part, no slots yet.
    #[must_use]
    pub fn derived(base: &Py<PyType>, flags: u64) -> Self {
        let this = Self::empty();
        this.native.set(base.native.get());
        this.solid.set(base.solid.get());
        this.extension.set(base.extension.get());
        this.flags.set(flags | spec_flags::HEAP);
        this
    }

    /// `spec_flags`.
    #[inline]
    #[must_use]
    pub fn flags(&self) -> u64 {
        self.flags.get()
    }

    /// Whether any of `bits` is set.
    #[inline]
    #[must_use]
    pub fn has_flags(&self, bits: u64) -> bool {
        self.flags.get() & bits != 0
    }

    /// Replaces the flags.
    pub fn set_flags(&self, flags: u64) {
        self.flags.set(flags);
    }

    /// Whether it was made at run time: such types are counted by their instances.
    #[inline]
    #[must_use]
    pub fn is_heap_type(&self) -> bool {
        self.has_flags(spec_flags::HEAP)
    }

    /// Whether instances need care before they die: `__del__`.
    #[inline]
    #[must_use]
    pub fn needs_finalizer(&self) -> bool {
        self.slots.finalize.get().is_some()
    }

    /// How the machine handles the payload.
    ///
    /// # Panics
    /// When the type is not ready: a mistake of ours.
    #[inline]
    #[must_use]
    pub fn payload_ops(&self) -> PayloadOps {
        self.native.get().expect("a type is ready before it has instances")
    }

    /// The payload's traverse function.
    pub(super) fn native_traverse(&self) -> Option<unsafe fn(&PyObject, &mut Visitor<'_>)> {
        self.native.get().map(|ops| ops.traverse)
    }

    /// Bytes that instances have after payload and tail.
    #[inline]
    #[must_use]
    pub fn extension_bytes(&self) -> usize {
        self.extension.get().bytes as usize
    }

    /// Where the instance's parts lie.
    #[inline]
    #[must_use]
    pub fn extension(&self) -> ExtensionLayout {
        self.extension.get()
    }

    /// Sets where the instance's parts lie: before the first instance.
    pub fn set_extension(&self, layout: ExtensionLayout) {
        self.extension.set(layout);
    }

    /// The builtin type's description; None for classes made in Python.
    #[must_use]
    pub fn spec(&self) -> Option<&'static TypeSpec> {
        self.spec.get()
    }

    /// The class's dictionary.
    ///
    /// # Panics
    /// When the type is not ready: a mistake of ours.
    #[must_use]
    pub fn namespace(&self) -> PyRef<PyDict> {
        self.dict.get().expect("a type has its dict when it is made")
    }

    /// The method resolution order.
    ///
    /// Empty for a type that a collection has taken apart.
    #[must_use]
    pub fn mro_tuple(&self) -> PyRef<PyTuple> {
        self.mro
            .get()
            .unwrap_or_else(|| super::vm::Vm::with_current(|vm| PyTuple::new_ref(vm, &[])))
    }

    /// `tp_name`: what error messages call it. A builtin type's has its module in front where that is not `builtins`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.spec.get() {
            Some(spec) => spec.name.to_owned(),
            None => self
                .name
                .with(|name| name.as_ref().map_or_else(String::new, |name| name.to_rust_string())),
        }
    }
}

impl Py<PyType> {
    /// The builtin type whose payload the instances' layout begins with.
    #[must_use]
    pub fn solid_base(&self) -> &Py<PyType> {
        // SAFETY: invariant 1; builtin types live for ever. Before a type is ready it is its own.
        unsafe { self.solid.get().as_ref().unwrap_or(self) }
    }

    /// Whether instances begin with the payload of `wanted`, a builtin type.
    #[inline]
    #[must_use]
    pub fn has_layout_of(&self, wanted: &Py<PyType>) -> bool {
        let solid = self.solid.get();
        std::ptr::eq(self, wanted) || std::ptr::eq(solid, wanted) || self.has_layout_slow(wanted)
    }

    #[cold]
    fn has_layout_slow(&self, wanted: &Py<PyType>) -> bool {
        let mut solid = self.solid.get();
        // SAFETY: `solid` pointers lead to static types.
        while let Some(class) = unsafe { solid.as_ref() } {
            if std::ptr::eq(class, wanted) {
                return true;
            }
            let Some(spec) = class.spec.get() else { return false };
            let Some(base) = spec.base else { return false };
            // A payload of its own begins with that of its base (`repr(C)`, base first).
            solid = base.get().solid.get();
            if std::ptr::eq(solid, class) {
                return false;
            }
        }
        false
    }

    /// `issubclass` by the MRO, without hooks (`PyType_IsSubtype`).
    #[inline]
    #[must_use]
    pub fn is_subtype(&self, base: &Py<PyType>) -> bool {
        if std::ptr::eq(self, base) {
            return true;
        }
        match self.mro.with(Option::clone) {
            Some(mro) => mro.items().iter().any(|class| base.is_value(class)),
            None => {
                let mut class = self.base.get();
                while let Some(current) = class {
                    if current.is(base) {
                        return true;
                    }
                    class = current.base.get();
                }
                false
            }
        }
    }

    /// The attribute `name` of the first class of the MRO that has it (`_PyType_Lookup`), with a cache by version tag.
    #[must_use]
    pub fn lookup(&self, name: &Py<PyStr>) -> Option<Value> {
        let version = self.version.get();
        let cache = &LOOKUPS.0[cache_index(version, name)];
        let entry = cache.get();
        if version != 0 && entry.version == version && std::ptr::eq(entry.name, name) {
            return entry.found();
        }
        let found = self.lookup_uncached(name);
        if name.is_interned() {
            let version = self.assign_version();
            if version != 0 {
                let bits = found.as_ref().map_or(0, Value::bits);
                LOOKUPS.0[cache_index(version, name)].set(CacheEntry { version, name, bits });
            }
        }
        found
    }

    /// Whether [`lookup`](Self::lookup) finds the same for this class and for `other`, or nothing for either.
    #[must_use]
    pub fn finds_same(&self, other: &Self, name: &Py<PyStr>) -> bool {
        let known = |class: &Self| {
            let version = class.version.get();
            let entry = LOOKUPS.0[cache_index(version, name)].get();
            let same = version != 0 && entry.version == version && std::ptr::eq(entry.name, name);
            same.then_some(entry.bits)
        };
        match known(self).zip(known(other)) {
            Some((own, others)) => own == others,
            None => match (self.lookup(name), other.lookup(name)) {
                (Some(own), Some(others)) => own.is(&others),
                (None, None) => true,
                _ => false,
            },
        }
    }

    fn lookup_uncached(&self, name: &Py<PyStr>) -> Option<Value> {
        let mro = self.mro.with(Option::clone)?;
        for class in mro.items() {
            if let Some(class) = class.downcast::<PyType>()
                && let Some(found) =
                    class.dict.with(|dict| dict.as_ref().and_then(|dict| dict.get_str(name)))
            {
                return Some(found);
            }
        }
        None
    }

    /// Whether the MRO names a class that is above none of the bases: a metaclass's `mro()` can say so. Such a class would
    /// not hear of changes there, so it never has a version tag.
    fn has_strange_order(&self) -> bool {
        if std::ptr::eq(self.as_object().class_ptr(), TYPE.get()) {
            return false;
        }
        let bases = self.bases.with(Option::clone);
        let is_above = |entry: &Self| {
            bases.as_ref().is_none_or(|bases| {
                let mut bases = bases.items().iter().filter_map(Value::downcast::<PyType>);
                bases.any(|base| base.is_subtype(entry))
            })
        };
        self.mro.with(Option::clone).is_some_and(|mro| {
            let mut entries = mro.items().iter().filter_map(Value::downcast::<PyType>);
            entries.any(|entry| !entry.is(self) && !is_above(entry))
        })
    }

    /// The version tag, given now if there is none. 0 when the numbers are used up, a base has no MRO yet, or the MRO names
    /// classes that are above none of the bases.
    pub fn assign_version(&self) -> u32 {
        let version = self.version.get();
        if version != 0 {
            return version;
        }
        if !self.has_flags(spec_flags::READY) {
            return 0;
        }
        let bases = self.bases.with(Option::clone);
        if let Some(bases) = bases {
            for base in bases.items() {
                if base.downcast::<PyType>().is_none_or(|base| base.assign_version() == 0) {
                    return 0;
                }
            }
        }
        if self.has_strange_order() {
            return 0;
        }
        let next = NEXT_VERSION.0.get();
        if next == u32::MAX {
            return 0;
        }
        NEXT_VERSION.0.set(next + 1);
        self.version.set(next);
        next
    }

    /// Forgets the version tag of this type and of its subclasses: an attribute changed (`PyType_Modified`).
    pub fn modified(&self) {
        if self.version.get() == 0 {
            return;
        }
        self.version.set(0);
        let subclasses = self.subclasses.get();
        for subclass in subclasses {
            // SAFETY: a subclass takes itself out of the list before it dies.
            unsafe { (*subclass).modified() };
        }
    }

    /// The direct subclasses that are alive.
    #[must_use]
    pub fn live_subclasses(&self) -> Vec<PyRef<PyType>> {
        // SAFETY: as in `modified`.
        self.subclasses
            .with(|list| list.iter().map(|&class| unsafe { (*class).to_ref() }).collect())
    }

    /// Makes a static type's machine part ready: what has to be there before any object of it is made.
    pub(crate) fn init_static(&self, spec: &'static TypeSpec) {
        let own_payload = self.native.get().is_some();
        let base = spec.base.map(StaticType::get);
        if !own_payload && let Some(base) = base {
            self.native.set(base.native.get());
            self.solid.set(base.solid.get());
        } else if self.solid.get().is_null() {
            self.solid.set(self);
        }
        self.spec.set(Some(spec));
        let gc = self.native.get().is_some_and(|ops| ops.gc);
        let gc_flag = if gc { spec_flags::GC } else { 0 };
        let inherited = base.map_or(0, |base| {
            base.flags()
                & (0xff << 24
                    | spec_flags::HAS_DICT
                    | spec_flags::HAS_WEAKREF
                    | spec_flags::MATCH_SELF)
        });
        self.flags.set(spec.flags | inherited | gc_flag | spec_flags::IMMUTABLE);
        let places = spec.fields.map_or(0, |fields| fields.hidden);
        if places != 0 || self.has_flags(spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF) {
            let ops = self.payload_ops();
            let end = (size_of::<PyObject>() + ops.size).div_ceil(8) * 8;
            let offset = if ops.tail_item == 0 {
                u32::try_from(end).expect("payloads are small")
            } else {
                0
            };
            let places = u16::try_from(places).expect("few fields");
            self.extension.set(ExtensionLayout::with_parts(places, 0, offset));
        }
    }
}

impl Payload for PyType {
    type Tail = ();
    const GC: bool = true;
    fn class() -> &'static Py<PyType> {
        TYPE.get()
    }
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        use super::gc::Traverse;
        self.base.traverse(visitor);
        self.bases.traverse(visitor);
        self.mro.traverse(visitor);
        self.dict.traverse(visitor);
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        use super::gc::Traverse;
        // Caches refer to the dict's values without owning them.
        self.version.set(0);
        self.mro.clear(dead);
        self.dict.with(|dict| dict.as_ref().map(|dict| dict.take_all(dead)));
    }
}

impl Drop for PyType {
    fn drop(&mut self) {
        let this: *const PyType = self;
        let Some(bases) = self.bases.get() else { return };
        for base in bases.items() {
            if let Some(base) = base.downcast::<PyType>() {
                // The list holds addresses of `Py<PyType>`; ours is the one whose payload is being dropped.
                base.subclasses.with_mut(|list| {
                    list.retain(|&entry| {
                        // SAFETY: entries are live types until they take themselves out, as this one does here.
                        let payload: *const Self = unsafe { (*entry).payload() };
                        !std::ptr::eq(payload, this)
                    });
                });
            }
        }
    }
}

/// A builtin type: a static whose address is a constant of the program.
pub struct StaticType(UnsafeCell<Py<PyType>>);

// SAFETY: invariant 3: everything inside is touched only under the GIL.
unsafe impl Sync for StaticType {}

impl StaticType {
    /// A type whose instances hold payload `T`.
    #[must_use]
    pub const fn new<T: Payload>() -> Self {
        let payload = PyType::empty();
        let payload = Self::with_native(payload, PayloadOps::of::<T>());
        Self(UnsafeCell::new(Py::new_static(PyObject::immortal(TYPE_ADDRESS), payload)))
    }

    /// A type with the payload of its base: an exception class without fields of its own, `bool`.
    #[must_use]
    pub const fn inheriting() -> Self {
        Self(UnsafeCell::new(Py::new_static(PyObject::immortal(TYPE_ADDRESS), PyType::empty())))
    }

    /// As [`new`](Self::new), for a further type with a payload whose own type is another one.
    #[must_use]
    pub const fn sharing<T: Payload>(owner: &'static StaticType) -> Self {
        let mut payload = Self::with_native(PyType::empty(), PayloadOps::of::<T>());
        payload.solid = Cell::new(owner.get());
        Self(UnsafeCell::new(Py::new_static(PyObject::immortal(TYPE_ADDRESS), payload)))
    }

    const fn with_native(payload: PyType, ops: PayloadOps) -> PyType {
        let mut payload = payload;
        payload.native = Cell::new(Some(ops));
        payload
    }

    /// The type object.
    #[inline]
    #[must_use]
    pub const fn get(&'static self) -> &'static Py<PyType> {
        // SAFETY: the contents are interior-mutable only through their cells.
        unsafe { &*self.0.get() }
    }
}

/// `type`
pub static TYPE: StaticType = StaticType::new::<PyType>();

const TYPE_ADDRESS: *const Py<PyType> = TYPE.0.get();

struct Immediates([&'static StaticType; 8]);

/// The type of an immediate word.
#[inline]
#[must_use]
pub fn immediate_class(bits: u64) -> &'static Py<PyType> {
    use crate::types::{bool_::BOOL, float_::FLOAT, int::INT, singletons};
    static IMMEDIATES: Immediates = Immediates([
        &singletons::NONE_TYPE,
        &singletons::NONE_TYPE,
        &BOOL,
        &BOOL,
        &singletons::ELLIPSIS_TYPE,
        &singletons::NOT_IMPLEMENTED_TYPE,
        &FLOAT,
        &FLOAT,
    ]);
    match bits & 3 {
        3 => INT.get(),
        2 => FLOAT.get(),
        _ => {
            debug_assert!(bits != special::NULL, "the empty slot has no type");
            IMMEDIATES.0[((bits >> 3) & 7) as usize].get()
        }
    }
}

#[derive(Clone, Copy)]
struct CacheEntry {
    version: u32,
    name: *const Py<PyStr>,
    bits: u64,
}

impl CacheEntry {
    #[inline]
    fn found(self) -> Option<Value> {
        if self.bits == 0 {
            return None;
        }
        // SAFETY: invariant 2: while the version stands, the class's dict holds the value; cloning counts our reference.
        unsafe {
            let value = std::mem::ManuallyDrop::new(Value::from_bits(self.bits));
            Some(Value::clone(&value))
        }
    }
}

const LOOKUP_CACHE_SIZE: usize = 4096;

struct LookupCache([Cell<CacheEntry>; LOOKUP_CACHE_SIZE]);

// SAFETY: invariant 3.
unsafe impl Sync for LookupCache {}

static LOOKUPS: LookupCache = LookupCache(
    [const { Cell::new(CacheEntry { version: 0, name: null(), bits: 0 }) }; LOOKUP_CACHE_SIZE],
);

struct NextVersion(Cell<u32>);

// SAFETY: invariant 3.
unsafe impl Sync for NextVersion {}

static NEXT_VERSION: NextVersion = NextVersion(Cell::new(1));

#[inline]
fn cache_index(version: u32, name: *const Py<PyStr>) -> usize {
    (version as usize ^ (name.addr() >> 4)) % LOOKUP_CACHE_SIZE
}
