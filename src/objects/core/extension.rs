//! What follows an instance's payload: the extension word, `__slots__` values, inline attribute values.
//!
//! ```text
//! | extension word 8 | slot values | count + insertion order, 1 byte each, padded to 8 | inline values |
//! ```
//!
//! The word is 0 or the address of a boxed [`Extra`]: the materialised `__dict__` and the weak references.
//! Inline values are the instance's attributes as long as no dict was asked for; the type's `keys` name their places.
//!
//! Invariants:
//! 1. An object with the flag `HAS_EXTENSION` has an extension of its type's layout, initialised by `init_extension`.
//! 2. An instance with a materialised dict (`HAS_DICT`) has no inline values.
//! 3. An instance without room for them (`NO_INLINE_VALUES`) always has a materialised dict.
//! 4. The extension word is 0 unless the flag `HAS_EXTRA` is set.
#![expect(
    unsafe_code,
    reason = "raw places inside an object: the invariants are in the module doc"
)]

use super::gc::Visitor;
use super::gil_cell::{GilCell, HotCell};
use super::object::Py;
use super::object::{PyObject, flags};
use super::pyref::PyRef;
use super::type_object::{ExtensionLayout, INLINE_VALUES_MAX, PyType};
use super::type_spec::spec_flags;
use super::value::{Value, special};
use super::vm::Vm;
use crate::types::dict::PyDict;
use crate::types::str::PyStr;

/// What few instances have.
#[derive(Default)]
struct Extra {
    dict: HotCell<Option<PyRef<PyDict>>>,
    /// Addresses of the weak references to the object; each takes itself out when it dies.
    weakrefs: GilCell<Vec<*const PyObject>>,
}

fn layout_of(object: &PyObject) -> ExtensionLayout {
    let mut layout = object.class().extension();
    if object.has_flags(flags::NO_INLINE_VALUES) {
        layout.value_capacity = 0;
    }
    layout
}

/// How far the extension is from the header, behind a tail.
#[cold]
#[inline(never)]
fn varying_offset(object: &PyObject) -> usize {
    let ops = object.class().payload_ops();
    // SAFETY: the object has its type's payload.
    unsafe { (ops.used_bytes)(object) }.div_ceil(8) * 8
}

/// Where the extension starts.
fn start(object: &PyObject) -> *mut u8 {
    let layout = layout_of(object);
    let offset = if layout.offset != 0 { layout.offset as usize } else { varying_offset(object) };
    debug_assert!(object.has_flags(flags::HAS_EXTENSION), "the object has no extension");
    // SAFETY: invariant 1.
    unsafe { std::ptr::from_ref(object).cast_mut().cast::<u8>().add(offset) }
}

/// # Safety
/// The object was just made, with room for its type's extension at `start`.
pub(super) unsafe fn init_extension(object: &PyObject, start: *mut u8) {
    let layout = layout_of(object);
    debug_assert!(start == self::start(object), "the extension is where it will be looked for");
    // SAFETY: by contract.
    unsafe {
        start.cast::<u64>().write(0);
        let slots = start.add(layout.slots_offset()).cast::<u64>();
        for index in 0..usize::from(layout.slot_count) {
            slots.add(index).write(special::NULL);
        }
        init_inline(start, layout);
    }
}

/// # Safety
/// `start` is the start of an extension with room for `layout`, whose inline part holds no values.
unsafe fn init_inline(start: *mut u8, layout: ExtensionLayout) {
    // SAFETY: by contract.
    unsafe {
        start.add(layout.order_offset()).write_bytes(0, layout.order_bytes());
        let values = start.add(layout.values_offset()).cast::<u64>();
        for index in 0..usize::from(layout.value_capacity) {
            values.add(index).write(special::NULL);
        }
    }
}

/// Changes the class of an object to one of a compatible layout; its attributes move to its dict, and stay there when the
/// object's block has no room for the inline part of the new class. False when the layouts are not compatible.
#[must_use]
pub fn change_class(vm: Vm<'_>, object: &PyObject, class: &Py<PyType>) -> bool {
    let (old, new) = (layout_of(object), class.extension());
    if old.bytes == 0 && new.bytes == 0 {
        drop(object.set_class(class));
        return true;
    }
    if old.bytes == 0 || new.bytes == 0 || old.slot_count != new.slot_count {
        return false;
    }
    let needed = start(object) as usize - object.address() + new.bytes as usize;
    let has_room = needed <= super::alloc::block_bytes(object);
    let dict = dict_or_new(vm, object);
    debug_assert!(dict.is_some() || old.value_capacity == 0, "inline values imply a dict");
    if !has_room && dict.is_none() {
        return false;
    }
    let previous = object.set_class(class);
    if has_room {
        object.clear_flags(flags::NO_INLINE_VALUES);
        // SAFETY: the block has the room, and the old inline part is empty since the dict was made.
        unsafe { init_inline(start(object), new) };
    } else {
        object.set_flags(flags::NO_INLINE_VALUES);
    }
    drop(previous);
    true
}

fn extra(object: &PyObject) -> Option<&Extra> {
    if !object.has_flags(flags::HAS_EXTRA) {
        return None;
    }
    // SAFETY: invariant 1: the word is 0 or the address of a boxed Extra that lives as long as the object.
    unsafe { (*start(object).cast::<*const Extra>()).as_ref() }
}

fn extra_or_new(object: &PyObject) -> Option<&Extra> {
    if !object.has_flags(flags::HAS_EXTENSION) {
        return None;
    }
    let word = start(object).cast::<*const Extra>();
    // SAFETY: as in `extra`.
    unsafe {
        if (*word).is_null() {
            *word = Box::into_raw(Box::default());
            object.set_flags(flags::HAS_EXTRA);
        }
        (*word).as_ref()
    }
}

fn places(object: &PyObject, layout: ExtensionLayout) -> *mut u64 {
    // SAFETY: invariant 1.
    unsafe { start(object).add(layout.values_offset()).cast() }
}

/// # Safety
/// `place` is one of the object's value places.
unsafe fn read(place: *const u64) -> Option<Value> {
    // SAFETY: by contract: NULL, or a value that the object owns.
    unsafe {
        let bits = *place;
        if bits == special::NULL {
            return None;
        }
        Some(Value::clone(&std::mem::ManuallyDrop::new(Value::from_bits(bits))))
    }
}

/// # Safety
/// `place` is one of the object's value places.
unsafe fn exchange(place: *mut u64, value: Option<Value>) -> Option<Value> {
    // SAFETY: by contract: NULL, or a value that the object owns.
    unsafe {
        let old = *place;
        *place = value.map_or(special::NULL, Value::into_bits);
        if old == special::NULL { None } else { Some(Value::from_bits(old)) }
    }
}

/// The value of slot `index` of `__slots__`; None when it is unset.
#[must_use]
pub fn slot(object: &PyObject, index: usize) -> Option<Value> {
    let layout = layout_of(object);
    assert!(index < usize::from(layout.slot_count), "a slot's descriptor fits its class");
    // SAFETY: the index is within the layout.
    unsafe { read(start(object).add(layout.slots_offset()).cast::<u64>().add(index)) }
}

/// Sets or unsets slot `index`; the old value is the caller's to drop.
pub fn set_slot(object: &PyObject, index: usize, value: Option<Value>) -> Option<Value> {
    let layout = layout_of(object);
    assert!(index < usize::from(layout.slot_count), "a slot's descriptor fits its class");
    // SAFETY: the index is within the layout.
    unsafe { exchange(start(object).add(layout.slots_offset()).cast::<u64>().add(index), value) }
}

/// Whether instances of the object's type have a `__dict__`.
#[must_use]
pub fn has_dict_support(object: &PyObject) -> bool {
    object.has_flags(flags::HAS_EXTENSION) && object.class().has_flags(spec_flags::HAS_DICT)
}

/// The `__dict__`, if it was materialised.
#[must_use]
pub fn dict(object: &PyObject) -> Option<PyRef<PyDict>> {
    if !object.has_flags(flags::HAS_DICT) {
        return None;
    }
    extra(object)?.dict.get()
}

/// What `see` finds in the `__dict__`, if there is one; it must not change the object.
#[inline(always)]
pub fn with_dict<R>(object: &PyObject, see: impl FnOnce(&Py<PyDict>) -> R) -> Option<R> {
    if !object.has_flags(flags::HAS_DICT) {
        return None;
    }
    extra(object)?.dict.with(|dict| dict.as_deref().map(see))
}

/// As [`with_dict`], without a call: None as well for an object whose extension has no fixed place.
#[inline(always)]
pub fn with_near_dict<R>(object: &PyObject, see: impl FnOnce(&Py<PyDict>) -> R) -> Option<R> {
    let offset = object.class().extension().offset as usize;
    if offset == 0 || !object.has_flags(flags::HAS_DICT) {
        return None;
    }
    // SAFETY: invariant 1: an object with a dict has an extension, which starts there with the address of a boxed Extra.
    let extra =
        unsafe { &**std::ptr::from_ref(object).cast::<u8>().add(offset).cast::<*const Extra>() };
    extra.dict.with(|dict| dict.as_deref().map(see))
}

/// The `__dict__`, made now out of the inline values if need be. None for a type whose instances have none.
#[must_use]
pub fn dict_or_new(vm: Vm<'_>, object: &PyObject) -> Option<PyRef<PyDict>> {
    if !has_dict_support(object) {
        return None;
    }
    if let Some(dict) = dict(object) {
        return Some(dict);
    }
    let new = take_inline_as_dict(vm, object);
    if let Some(extra) = extra_or_new(object) {
        extra.dict.set(Some(new.clone()));
        object.set_flags(flags::HAS_DICT);
    }
    Some(new)
}

/// Moves the inline values into a new dict, in the order in which they were set.
fn take_inline_as_dict(vm: Vm<'_>, object: &PyObject) -> PyRef<PyDict> {
    let layout = layout_of(object);
    if layout.value_capacity == 0 {
        return PyDict::new_ref(vm);
    }
    let values = places(object, layout);
    // SAFETY: the order record holds `count` indexes of places, each once.
    unsafe {
        let order = start(object).add(layout.order_offset());
        let items = (1..=usize::from(*order)).filter_map(|nth| {
            let index = usize::from(*order.add(nth));
            Some((index, exchange(values.add(index), None)?))
        });
        let dict = object.class().keys.with(|keys| {
            PyDict::of_distinct(
                vm,
                usize::from(*order),
                items.filter_map(|(index, value)| Some((&**keys.get(index)?, value))),
            )
        });
        order.write_bytes(0, layout.order_bytes());
        dict
    }
}

/// Puts another `__dict__` in place (or none: the attributes are gone). Everything that died is the caller's to drop.
pub fn replace_dict(object: &PyObject, new: Option<PyRef<PyDict>>) -> Vec<Value> {
    let mut dead = take_inline(object);
    let new = new.or_else(|| {
        let needs_one = object.has_flags(flags::NO_INLINE_VALUES);
        needs_one.then(|| Vm::with_current(PyDict::new_ref))
    });
    let has_new = new.is_some();
    if let Some(extra) = extra_or_new(object) {
        dead.extend(extra.dict.replace(new).map(PyRef::into_value));
        if has_new {
            object.set_flags(flags::HAS_DICT);
        } else {
            object.clear_flags(flags::HAS_DICT);
        }
    }
    dead
}

fn take_inline(object: &PyObject) -> Vec<Value> {
    let layout = layout_of(object);
    let mut dead = Vec::new();
    if layout.value_capacity == 0 || !object.has_flags(flags::HAS_EXTENSION) {
        return dead;
    }
    let values = places(object, layout);
    // SAFETY: the places of the layout; the order record precedes them.
    unsafe {
        for index in 0..usize::from(layout.value_capacity) {
            dead.extend(exchange(values.add(index), None));
        }
        start(object).add(layout.order_offset()).write_bytes(0, layout.order_bytes());
    }
    dead
}

/// The inline attributes in the order in which they were set.
#[must_use]
pub fn inline_items(object: &PyObject) -> Vec<(PyRef<PyStr>, Value)> {
    let layout = layout_of(object);
    if layout.value_capacity == 0 || !object.has_flags(flags::HAS_EXTENSION) {
        return Vec::new();
    }
    let keys = object.class().keys.get();
    let values = places(object, layout);
    let mut items = Vec::new();
    // SAFETY: the order record holds `count` indexes of places.
    unsafe {
        let order = start(object).add(layout.order_offset());
        for nth in 0..usize::from(*order) {
            let index = usize::from(*order.add(1 + nth));
            if let (Some(name), Some(value)) = (keys.get(index), read(values.add(index))) {
                items.push((name.clone(), value));
            }
        }
    }
    items
}

/// The place of inline attribute `name`, if instances of the type have one.
#[must_use]
pub fn inline_index(object: &PyObject, name: &Py<PyStr>) -> Option<usize> {
    let capacity = usize::from(layout_of(object).value_capacity);
    object.class().keys.with(|keys| {
        let mut keys = keys.iter().take(capacity);
        if name.is_interned() {
            // So are the keys.
            keys.position(|key| key.is(name))
        } else {
            keys.position(|key| key.same_text(name))
        }
    })
}

/// The inline value at `index`.
#[must_use]
pub fn inline_value(object: &PyObject, index: usize) -> Option<Value> {
    let layout = layout_of(object);
    if index >= usize::from(layout.value_capacity) {
        return None;
    }
    // SAFETY: the index is within the layout.
    unsafe { read(places(object, layout).add(index)) }
}

/// The attribute `name` of the instance itself: inline, or from its dict.
#[must_use]
pub fn attribute(object: &PyObject, name: &Py<PyStr>) -> Option<Value> {
    if object.has_flags(flags::HAS_DICT) {
        return dict(object)?.get_str(name);
    }
    if !object.has_flags(flags::HAS_EXTENSION) {
        return None;
    }
    inline_value(object, inline_index(object, name)?)
}

/// What became of an attribute's change.
pub enum Stored {
    /// Done; the old value is the caller's to drop.
    Done(Option<Value>),
    /// There was no such attribute to delete.
    Missing,
    /// Instances of the type have no `__dict__`.
    NoDict,
    /// The `__dict__` could not grow.
    NoMemory,
}

/// Sets the attribute `name` of the instance itself.
#[must_use]
pub fn set_attribute(vm: Vm<'_>, object: &PyObject, name: &Py<PyStr>, value: Value) -> Stored {
    if !has_dict_support(object) {
        return Stored::NoDict;
    }
    if !object.has_flags(flags::HAS_DICT)
        && let Some(index) = inline_index_or_new(object, name)
    {
        return Stored::Done(set_inline(object, index, value));
    }
    match dict_or_new(vm, object) {
        Some(dict) => dict.try_set_str(name, value).map_or(Stored::NoMemory, Stored::Done),
        None => Stored::NoDict,
    }
}

/// The place of inline attribute `name`, given out now if there is room.
fn inline_index_or_new(object: &PyObject, name: &Py<PyStr>) -> Option<usize> {
    if let Some(index) = inline_index(object, name) {
        return Some(index);
    }
    let class = object.class();
    let capacity = usize::from(class.extension().value_capacity).min(INLINE_VALUES_MAX);
    let next = class.keys.with(Vec::len);
    if next >= capacity || !name.is_interned() {
        return None;
    }
    class.keys.with_mut(|keys| keys.push(name.to_ref()));
    // A cached method of this name may now be shadowed.
    if class.lookup(name).is_some() {
        class.modified();
    }
    Some(next)
}

/// Sets inline value `index`, recording the order when it is new.
pub fn set_inline(object: &PyObject, index: usize, value: Value) -> Option<Value> {
    let layout = layout_of(object);
    assert!(index < usize::from(layout.value_capacity), "an inline index fits its class");
    // SAFETY: the index is within the layout; the order record has a byte for each place.
    unsafe {
        let old = exchange(places(object, layout).add(index), Some(value));
        if old.is_none() {
            let order = start(object).add(layout.order_offset());
            let count = usize::from(*order);
            #[expect(clippy::cast_possible_truncation, reason = "at most 30 places")]
            {
                *order.add(1 + count) = index as u8;
            }
            *order += 1;
        }
        old
    }
}

/// Deletes the attribute `name` of the instance itself.
#[must_use]
pub fn delete_attribute(object: &PyObject, name: &Py<PyStr>) -> Stored {
    if !has_dict_support(object) {
        return Stored::NoDict;
    }
    if object.has_flags(flags::HAS_DICT) {
        return match dict(object).and_then(|dict| dict.remove_str(name)) {
            Some(old) => Stored::Done(Some(old)),
            None => Stored::Missing,
        };
    }
    let Some(index) = inline_index(object, name) else { return Stored::Missing };
    let layout = layout_of(object);
    // SAFETY: the index is within the layout; the order record holds `count` places.
    unsafe {
        let Some(old) = exchange(places(object, layout).add(index), None) else {
            return Stored::Missing;
        };
        let order = start(object).add(layout.order_offset());
        let count = usize::from(*order);
        let mut kept = 0;
        for nth in 0..count {
            let entry = *order.add(1 + nth);
            if usize::from(entry) != index {
                *order.add(1 + kept) = entry;
                kept += 1;
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 30 places")]
        {
            *order = kept as u8;
        }
        Stored::Done(Some(old))
    }
}

/// Notes a weak reference to the object, in front of the others if it is to be found first, as the one is that all share.
/// False when instances of its type cannot be weakly referenced.
pub fn add_weakref(object: &PyObject, reference: &PyObject, is_shared: bool) -> bool {
    if !object.class().has_flags(spec_flags::HAS_WEAKREF) {
        return false;
    }
    let Some(extra) = extra_or_new(object) else { return false };
    extra.weakrefs.with_mut(|list| {
        let place = if is_shared { 0 } else { list.len() };
        list.insert(place, std::ptr::from_ref(reference));
    });
    object.set_flags(flags::HAS_WEAKREFS);
    true
}

/// Takes a dying weak reference out of its object's list.
pub fn remove_weakref(object: &PyObject, reference: &PyObject) {
    if let Some(extra) = extra(object) {
        let empty = extra.weakrefs.with_mut(|list| {
            list.retain(|&entry| !std::ptr::eq(entry, reference));
            list.is_empty()
        });
        if empty {
            object.clear_flags(flags::HAS_WEAKREFS);
        }
    }
}

/// The weak references to the object, oldest first but for those that all share.
#[must_use]
pub fn weakrefs(object: &PyObject) -> Vec<Value> {
    let list = extra(object).map(|extra| extra.weakrefs.get()).unwrap_or_default();
    // SAFETY: a weak reference takes itself out before it dies.
    list.into_iter().map(|reference| unsafe { (*reference).to_value() }).collect()
}

/// The first weak reference to the object of which `wanted` holds.
pub(crate) fn find_weakref(object: &PyObject, wanted: impl Fn(&PyObject) -> bool) -> Option<Value> {
    extra(object)?.weakrefs.with(|list| {
        // SAFETY: as in `weakrefs`.
        let mut alive = list.iter().map(|&reference| unsafe { &*reference });
        alive.find(|reference| wanted(reference)).map(PyObject::to_value)
    })
}

/// Takes all weak references: the object is about to die.
#[must_use]
pub fn take_weakrefs(object: &PyObject) -> Vec<Value> {
    let list = extra(object).map(|extra| extra.weakrefs.take()).unwrap_or_default();
    object.clear_flags(flags::HAS_WEAKREFS);
    let mut alive = Vec::with_capacity(list.len());
    for reference in list {
        // SAFETY: as in `weakrefs`; one that waits for its end is still whole.
        let reference = unsafe { &*reference };
        if reference.refcount() > 0 {
            alive.push(reference.to_value());
        } else {
            crate::types::weakref::forget_target(reference);
        }
    }
    alive
}

/// Runs what has to run before the object dies: `__del__` once, then the weak references' callbacks.
pub(super) fn before_dealloc(object: &PyObject) {
    if !object.has_flags(flags::FINALIZED)
        && let Some(finalize) = object.class().slots.finalize.get()
    {
        object.set_flags(flags::FINALIZED);
        Vm::with_current(|vm| vm.aside(|| finalize(vm, &object.to_value())));
        if object.refcount() > 1 {
            return;
        }
    }
    if object.has_flags(flags::HAS_WEAKREFS) {
        let references = take_weakrefs(object);
        Vm::with_current(|vm| vm.aside(|| crate::types::weakref::notify_dead(vm, references)));
    }
}

/// Shows the references of the extension.
pub(super) fn traverse(object: &PyObject, visitor: &mut Visitor<'_>) {
    if !object.has_flags(flags::HAS_EXTENSION) {
        return;
    }
    let layout = layout_of(object);
    // SAFETY: the places of the layout hold NULL or values that the object owns.
    unsafe {
        let parts = [
            (layout.slots_offset(), usize::from(layout.slot_count)),
            (layout.values_offset(), usize::from(layout.value_capacity)),
        ];
        for (offset, count) in parts {
            let values = start(object).add(offset).cast::<u64>();
            for index in 0..count {
                let bits = *values.add(index);
                if bits & 3 == 0 {
                    visitor.visit_object(&*(bits as *const PyObject));
                }
            }
        }
    }
    if let Some(extra) = extra(object) {
        extra.dict.with(|dict| {
            if let Some(dict) = dict {
                visitor.visit_object(dict.as_object());
            }
        });
    }
}

/// Moves out everything that the extension refers to.
pub(super) fn clear(object: &PyObject, dead: &mut Vec<Value>) {
    if !object.has_flags(flags::HAS_EXTENSION) {
        return;
    }
    dead.extend(replace_dict(object, None));
    let layout = layout_of(object);
    for index in 0..usize::from(layout.slot_count) {
        dead.extend(set_slot(object, index, None));
    }
}

/// Ends the extension of a dead object.
pub(super) fn drop_extension(object: &PyObject) {
    let layout = layout_of(object);
    if layout.slot_count == 0 && layout.value_capacity == 0 && !object.has_flags(flags::HAS_EXTRA) {
        return;
    }
    let start = start(object);
    // SAFETY: the places of the layout hold NULL or values that the object owned; the word is 0 or a box that only this
    // object knew. Nobody reaches the object any more, so what dies with it finds no place that is half gone.
    unsafe {
        drop_words(start.add(layout.slots_offset()).cast(), usize::from(layout.slot_count));
        drop_words(start.add(layout.values_offset()).cast(), usize::from(layout.value_capacity));
        let extra = *start.cast::<*mut Extra>();
        if !extra.is_null() {
            drop(Box::from_raw(extra));
        }
    }
}

/// # Safety
/// `count` places from `first` on hold NULL or values that are given up.
unsafe fn drop_words(first: *const u64, count: usize) {
    for index in 0..count {
        // SAFETY: by contract.
        unsafe {
            let bits = *first.add(index);
            if bits & 3 == 0 {
                drop(Value::from_bits(bits));
            }
        }
    }
}

/// Where inline value `index` of the class's instances is, in bytes from the object; None when the place varies.
#[must_use]
pub fn inline_offset(object: &PyObject, index: usize) -> Option<u32> {
    let layout = layout_of(object);
    if layout.offset == 0 || index >= usize::from(layout.value_capacity) {
        return None;
    }
    u32::try_from(layout.offset as usize + layout.values_offset() + index * 8).ok()
}

/// As [`inline_offset`], for slot `index`.
#[must_use]
pub fn slot_offset(object: &PyObject, index: usize) -> Option<u32> {
    let layout = layout_of(object);
    if layout.offset == 0 || index >= usize::from(layout.slot_count) {
        return None;
    }
    u32::try_from(layout.offset as usize + layout.slots_offset() + index * 8).ok()
}

/// The bits of the value at `offset`, still owned by the object; `special::NULL` for none.
///
/// # Safety
/// The offset comes from [`inline_offset`] or [`slot_offset`] of an object whose class has the same version.
#[inline(always)]
#[must_use]
pub unsafe fn bits_at(object: &PyObject, offset: usize) -> u64 {
    // SAFETY: by contract the place is one of the object's.
    unsafe { std::ptr::from_ref(object).cast::<u8>().add(offset).cast::<u64>().read() }
}

/// Puts `bits`, whose reference is handed over, at `offset`; the old ones, whose reference is the caller's.
///
/// # Safety
/// As for [`bits_at`]; an inline place holds a value already, so that the order of insertion stands.
#[inline(always)]
#[must_use]
pub unsafe fn replace_bits_at(object: &PyObject, offset: usize, bits: u64) -> u64 {
    // SAFETY: by contract the place is one of the object's.
    unsafe {
        let place = std::ptr::from_ref(object).cast_mut().cast::<u8>().add(offset).cast::<u64>();
        place.replace(bits)
    }
}

/// Puts `bits`, whose reference is handed over, at `offset`, the empty place of inline value `index`, and notes the order.
///
/// # Safety
/// As for [`bits_at`]; the place is that of inline value `index`, and is empty.
#[inline(always)]
pub unsafe fn append_bits_at(object: &PyObject, offset: usize, index: usize, bits: u64) {
    let layout = object.class().extension();
    // SAFETY: by contract the place is one of the object's, whose class has a fixed offset; the order record has a byte for
    // each place.
    unsafe {
        let start = std::ptr::from_ref(object).cast_mut().cast::<u8>();
        let order = start.add(layout.offset as usize + layout.order_offset());
        let count = usize::from(*order);
        #[expect(clippy::cast_possible_truncation, reason = "at most 30 places")]
        {
            *order.add(1 + count) = index as u8;
        }
        *order += 1;
        start.add(offset).cast::<u64>().write(bits);
    }
}
