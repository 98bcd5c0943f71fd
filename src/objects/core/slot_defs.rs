//! The table dunder name <-> slot, in both directions (`slotdefs` in CPython's `typeobject.c`).
//!
//! A builtin type gets a wrapper for each slot that its spec lists; a class made in Python gets, for each dunder method that it
//! has or inherits, the slot function that calls it (`slot_functions.rs`), or the native one where that is all it would reach.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

use super::object::Py;
use super::slot_functions as generic;
use super::slot_wrappers::{self as wrap, WrapFn};
use super::slots::{Slot, SlotId};
use super::type_object::PyType;
use super::value::Value;
use super::vm::Vm;
use crate::protocol::compare::hash_not_implemented;
use crate::protocol::iterate::next_not_implemented;
use crate::types::builtin_function::PyBuiltinFunction;
use crate::types::descriptors::PyWrapperDescriptor;
use crate::types::str::PyStr;

/// One row: a dunder name and the slot it goes with.
pub struct SlotDef {
    /// The dunder name.
    pub name: &'static str,
    /// The slot.
    pub id: SlotId,
    /// What a class made in Python puts there; None where another slot serves the name.
    pub generic: Option<Slot>,
    /// Calls the slot with Python arguments.
    pub wrap: WrapFn,
    /// Whether the wrapper takes keywords.
    pub keywords: bool,
    /// `__text_signature__`
    pub signature: &'static str,
    /// The docstring.
    pub doc: &'static str,
}

const NO_ARGUMENTS: &str = "($self, /)";
const VALUE: &str = "($self, value, /)";
const KEY: &str = "($self, key, /)";

const fn def(
    name: &'static str,
    id: SlotId,
    generic: Option<Slot>,
    wrap: WrapFn,
    signature: &'static str,
    doc: &'static str,
) -> SlotDef {
    SlotDef { name, id, generic, wrap, keywords: false, signature, doc }
}

const fn with_keywords(mut def: SlotDef) -> SlotDef {
    def.keywords = true;
    def
}

macro_rules! binary {
    ($id:ident $name:literal $reflected:literal $generic:path, $wrap:path, $swapped:path, $doc:literal, $reflected_doc:literal) => {
        [
            def($name, SlotId::$id, Some(Slot::$id($generic)), $wrap, VALUE, $doc),
            def(
                $reflected,
                SlotId::$id,
                Some(Slot::$id($generic)),
                $swapped,
                VALUE,
                $reflected_doc,
            ),
        ]
    };
}

macro_rules! one {
    ($id:ident $name:literal $generic:path, $wrap:path, $signature:expr, $doc:literal) => {
        def($name, SlotId::$id, Some(Slot::$id($generic)), $wrap, $signature, $doc)
    };
}

macro_rules! compare {
    ($name:literal $wrap:path, $doc:literal) => {
        one!(Richcompare $name generic::slot_richcompare, $wrap, VALUE, $doc)
    };
}

/// The pairs of binary operators.
static BINARY: [[SlotDef; 2]; 13] = [
    binary!(NbAdd "__add__" "__radd__" generic::slot_nb_add, wrap::nb_add, wrap::nb_add_swapped, "Return self+value.", "Return value+self."),
    binary!(NbSubtract "__sub__" "__rsub__" generic::slot_nb_subtract, wrap::nb_subtract, wrap::nb_subtract_swapped, "Return self-value.", "Return value-self."),
    binary!(NbMultiply "__mul__" "__rmul__" generic::slot_nb_multiply, wrap::nb_multiply, wrap::nb_multiply_swapped, "Return self*value.", "Return value*self."),
    binary!(NbRemainder "__mod__" "__rmod__" generic::slot_nb_remainder, wrap::nb_remainder, wrap::nb_remainder_swapped, "Return self%value.", "Return value%self."),
    binary!(NbDivmod "__divmod__" "__rdivmod__" generic::slot_nb_divmod, wrap::nb_divmod, wrap::nb_divmod_swapped, "Return divmod(self, value).", "Return divmod(value, self)."),
    binary!(NbLshift "__lshift__" "__rlshift__" generic::slot_nb_lshift, wrap::nb_lshift, wrap::nb_lshift_swapped, "Return self<<value.", "Return value<<self."),
    binary!(NbRshift "__rshift__" "__rrshift__" generic::slot_nb_rshift, wrap::nb_rshift, wrap::nb_rshift_swapped, "Return self>>value.", "Return value>>self."),
    binary!(NbAnd "__and__" "__rand__" generic::slot_nb_and, wrap::nb_and, wrap::nb_and_swapped, "Return self&value.", "Return value&self."),
    binary!(NbXor "__xor__" "__rxor__" generic::slot_nb_xor, wrap::nb_xor, wrap::nb_xor_swapped, "Return self^value.", "Return value^self."),
    binary!(NbOr "__or__" "__ror__" generic::slot_nb_or, wrap::nb_or, wrap::nb_or_swapped, "Return self|value.", "Return value|self."),
    binary!(NbFloorDivide "__floordiv__" "__rfloordiv__" generic::slot_nb_floor_divide, wrap::nb_floor_divide, wrap::nb_floor_divide_swapped, "Return self//value.", "Return value//self."),
    binary!(NbTrueDivide "__truediv__" "__rtruediv__" generic::slot_nb_true_divide, wrap::nb_true_divide, wrap::nb_true_divide_swapped, "Return self/value.", "Return value/self."),
    binary!(NbMatrixMultiply "__matmul__" "__rmatmul__" generic::slot_nb_matrix_multiply, wrap::nb_matrix_multiply, wrap::nb_matrix_multiply_swapped, "Return self@value.", "Return value@self."),
];

/// All other rows, in CPython's order: of two slots for one name the first makes the wrapper.
static OTHERS: &[SlotDef] = &[
    def(
        "__getattribute__",
        SlotId::Getattro,
        Some(Slot::Getattro(generic::slot_getattribute)),
        wrap::getattribute,
        "($self, name, /)",
        "Return getattr(self, name).",
    ),
    def(
        "__getattr__",
        SlotId::Getattro,
        Some(Slot::Getattro(generic::slot_getattribute)),
        wrap::getattribute,
        "($self, name, /)",
        "Implement getattr(self, name).",
    ),
    def(
        "__setattr__",
        SlotId::Setattro,
        Some(Slot::Setattro(generic::slot_setattr)),
        wrap::setattr,
        "($self, name, value, /)",
        "Implement setattr(self, name, value).",
    ),
    def(
        "__delattr__",
        SlotId::Setattro,
        Some(Slot::Setattro(generic::slot_setattr)),
        wrap::delattr,
        "($self, name, /)",
        "Implement delattr(self, name).",
    ),
    one!(Repr "__repr__" generic::slot_repr, wrap::repr, NO_ARGUMENTS, "Return repr(self)."),
    one!(Hash "__hash__" generic::slot_hash, wrap::hash, NO_ARGUMENTS, "Return hash(self)."),
    with_keywords(
        one!(Call "__call__" generic::slot_call, wrap::call, "($self, /, *args, **kwargs)", "Call self as a function."),
    ),
    one!(Str "__str__" generic::slot_str, wrap::str, NO_ARGUMENTS, "Return str(self)."),
    compare!("__lt__" wrap::lt, "Return self<value."),
    compare!("__le__" wrap::le, "Return self<=value."),
    compare!("__eq__" wrap::eq, "Return self==value."),
    compare!("__ne__" wrap::ne, "Return self!=value."),
    compare!("__gt__" wrap::gt, "Return self>value."),
    compare!("__ge__" wrap::ge, "Return self>=value."),
    one!(Iter "__iter__" generic::slot_iter, wrap::iter, NO_ARGUMENTS, "Implement iter(self)."),
    one!(Iternext "__next__" generic::slot_iternext, wrap::next, NO_ARGUMENTS, "Implement next(self)."),
    one!(DescrGet "__get__" generic::slot_descr_get, wrap::descr_get, "($self, instance, owner=None, /)", "Return an attribute of instance, which is of type owner."),
    one!(DescrSet "__set__" generic::slot_descr_set, wrap::descr_set, "($self, instance, value, /)", "Set an attribute of instance to value."),
    one!(DescrSet "__delete__" generic::slot_descr_set, wrap::descr_delete, "($self, instance, /)", "Delete an attribute of instance."),
    with_keywords(
        one!(Init "__init__" generic::slot_init, wrap::init, "($self, /, *args, **kwargs)", "Initialize self.  See help(type(self)) for accurate signature."),
    ),
    one!(New "__new__" generic::slot_new, wrap::none, "($type, *args, **kwargs)", "Create and return new object."),
    one!(Finalize "__del__" generic::slot_finalize, wrap::del, NO_ARGUMENTS, "Called when the instance is about to be destroyed."),
    one!(AmAwait "__await__" generic::slot_am_await, wrap::am_await, NO_ARGUMENTS, "Return an iterator to be used in await expression."),
    one!(AmAiter "__aiter__" generic::slot_am_aiter, wrap::am_aiter, NO_ARGUMENTS, "Return an awaitable, that resolves in asynchronous iterator."),
    one!(AmAnext "__anext__" generic::slot_am_anext, wrap::am_anext, NO_ARGUMENTS, "Return a value or raise StopAsyncIteration."),
    one!(NbPower "__pow__" generic::slot_nb_power, wrap::nb_power, "($self, value, mod=None, /)", "Return pow(self, value, mod)."),
    one!(NbPower "__rpow__" generic::slot_nb_power, wrap::nb_power_swapped, "($self, value, mod=None, /)", "Return pow(value, self, mod)."),
    one!(NbNegative "__neg__" generic::slot_nb_negative, wrap::nb_negative, NO_ARGUMENTS, "-self"),
    one!(NbPositive "__pos__" generic::slot_nb_positive, wrap::nb_positive, NO_ARGUMENTS, "+self"),
    one!(NbAbsolute "__abs__" generic::slot_nb_absolute, wrap::nb_absolute, NO_ARGUMENTS, "abs(self)"),
    one!(NbBool "__bool__" generic::slot_nb_bool, wrap::nb_bool, NO_ARGUMENTS, "True if self else False"),
    one!(NbInvert "__invert__" generic::slot_nb_invert, wrap::nb_invert, NO_ARGUMENTS, "~self"),
    one!(NbInt "__int__" generic::slot_nb_int, wrap::nb_int, NO_ARGUMENTS, "int(self)"),
    one!(NbFloat "__float__" generic::slot_nb_float, wrap::nb_float, NO_ARGUMENTS, "float(self)"),
    one!(NbInplaceAdd "__iadd__" generic::slot_nb_inplace_add, wrap::nb_inplace_add, VALUE, "Return self+=value."),
    one!(NbInplaceSubtract "__isub__" generic::slot_nb_inplace_subtract, wrap::nb_inplace_subtract, VALUE, "Return self-=value."),
    one!(NbInplaceMultiply "__imul__" generic::slot_nb_inplace_multiply, wrap::nb_inplace_multiply, VALUE, "Return self*=value."),
    one!(NbInplaceRemainder "__imod__" generic::slot_nb_inplace_remainder, wrap::nb_inplace_remainder, VALUE, "Return self%=value."),
    one!(NbInplacePower "__ipow__" generic::slot_nb_inplace_power, wrap::nb_inplace_power, VALUE, "Return self**=value."),
    one!(NbInplaceLshift "__ilshift__" generic::slot_nb_inplace_lshift, wrap::nb_inplace_lshift, VALUE, "Return self<<=value."),
    one!(NbInplaceRshift "__irshift__" generic::slot_nb_inplace_rshift, wrap::nb_inplace_rshift, VALUE, "Return self>>=value."),
    one!(NbInplaceAnd "__iand__" generic::slot_nb_inplace_and, wrap::nb_inplace_and, VALUE, "Return self&=value."),
    one!(NbInplaceXor "__ixor__" generic::slot_nb_inplace_xor, wrap::nb_inplace_xor, VALUE, "Return self^=value."),
    one!(NbInplaceOr "__ior__" generic::slot_nb_inplace_or, wrap::nb_inplace_or, VALUE, "Return self|=value."),
    one!(NbInplaceFloorDivide "__ifloordiv__" generic::slot_nb_inplace_floor_divide, wrap::nb_inplace_floor_divide, VALUE, "Return self//=value."),
    one!(NbInplaceTrueDivide "__itruediv__" generic::slot_nb_inplace_true_divide, wrap::nb_inplace_true_divide, VALUE, "Return self/=value."),
    one!(NbInplaceMatrixMultiply "__imatmul__" generic::slot_nb_inplace_matrix_multiply, wrap::nb_inplace_matrix_multiply, VALUE, "Return self@=value."),
    one!(NbIndex "__index__" generic::slot_nb_index, wrap::nb_index, NO_ARGUMENTS, "Return self converted to an integer, if self is suitable for use as an index into a list."),
    one!(MpLength "__len__" generic::slot_length, wrap::mp_length, NO_ARGUMENTS, "Return len(self)."),
    one!(MpSubscript "__getitem__" generic::slot_mp_subscript, wrap::mp_subscript, KEY, "Return self[key]."),
    one!(MpAssSubscript "__setitem__" generic::slot_mp_ass_subscript, wrap::setitem, "($self, key, value, /)", "Set self[key] to value."),
    one!(MpAssSubscript "__delitem__" generic::slot_mp_ass_subscript, wrap::delitem, KEY, "Delete self[key]."),
    one!(SqLength "__len__" generic::slot_length, wrap::sq_length, NO_ARGUMENTS, "Return len(self)."),
    def("__add__", SlotId::SqConcat, None, wrap::sq_concat, VALUE, "Return self+value."),
    def("__mul__", SlotId::SqRepeat, None, wrap::sq_repeat, VALUE, "Return self*value."),
    def("__rmul__", SlotId::SqRepeat, None, wrap::sq_repeat, VALUE, "Return value*self."),
    one!(SqItem "__getitem__" generic::slot_sq_item, wrap::sq_item, KEY, "Return self[key]."),
    one!(SqContains "__contains__" generic::slot_sq_contains, wrap::sq_contains, KEY, "Return bool(key in self)."),
    def(
        "__iadd__",
        SlotId::SqInplaceConcat,
        None,
        wrap::sq_inplace_concat,
        VALUE,
        "Implement self+=value.",
    ),
    def(
        "__imul__",
        SlotId::SqInplaceRepeat,
        None,
        wrap::sq_inplace_repeat,
        VALUE,
        "Implement self*=value.",
    ),
    def(
        "__buffer__",
        SlotId::Buffer,
        Some(Slot::Buffer(crate::protocol::buffer::python_export)),
        wrap::buffer,
        "($self, flags, /)",
        "Return a buffer object that exposes the underlying memory of the object.",
    ),
];

/// Every row: the binary pairs after the type slots would change no order that shows, so they come first.
pub fn all() -> impl Iterator<Item = &'static SlotDef> {
    BINARY.iter().flatten().chain(OTHERS.iter())
}

/// Hashes addresses: they differ in their middle bits.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_usize(usize::from(byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        self.0 = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(20)
    }
}

/// The table from names and from slots, made at the first use.
struct Index {
    /// By the address of the interned name: slots that the name fills, in the order of the rows.
    by_name: HashMap<usize, Vec<SlotId>, BuildHasherDefault<AddressHasher>>,
    /// By slot: its rows with the addresses of their interned names, which live for ever.
    by_slot: Vec<Vec<&'static SlotDef>>,
    /// The slots in the order of the rows.
    order: Vec<SlotId>,
}

static INDEX: OnceLock<Index> = OnceLock::new();

fn index(vm: Vm<'_>) -> &'static Index {
    INDEX.get_or_init(|| {
        let mut index =
            Index { by_name: HashMap::default(), by_slot: Vec::new(), order: Vec::new() };
        for def in all() {
            let ids = index.by_name.entry(address(&vm.intern(def.name))).or_default();
            if !ids.contains(&def.id) {
                ids.push(def.id);
            }
            if !index.order.contains(&def.id) {
                index.order.push(def.id);
            }
            let nth = def.id as usize;
            if index.by_slot.len() <= nth {
                index.by_slot.resize_with(nth + 1, Vec::new);
            }
            index.by_slot[nth].push(def);
        }
        index
    })
}

fn address(name: &Py<PyStr>) -> usize {
    std::ptr::from_ref(name).addr()
}

/// The slots that a change of the attribute `name` touches. None for most names.
fn slots_named(vm: Vm<'_>, name: &Py<PyStr>) -> &'static [SlotId] {
    match name.as_ascii() {
        Some(text) if text.starts_with("__") && text.ends_with("__") => {}
        _ => return &[],
    }
    let name = super::intern::intern_ref(name);
    index(vm).by_name.get(&address(&name)).map_or(&[], Vec::as_slice)
}

/// Fills slot `id` of a class made in Python by what its MRO has (`update_one_slot`).
pub fn update_slot(vm: Vm<'_>, class: &Py<PyType>, id: SlotId) {
    let mut specific: Option<Slot> = None;
    let mut generic: Option<Slot> = None;
    let mut use_generic = false;
    for def in index(vm).by_slot.get(id as usize).into_iter().flatten() {
        let Some(found) = class.lookup(&vm.intern(def.name)) else {
            if id == SlotId::Iternext {
                specific = Some(Slot::Iternext(next_not_implemented));
            }
            continue;
        };
        if let Some(wrapper) = found.downcast::<PyWrapperDescriptor>()
            && wrapper.def.0.name == def.name
        {
            let native = wrapper.class.slots.get(id);
            generic = generic.or(def.generic);
            match (native, specific) {
                _ if !class.is_subtype(&wrapper.class) => use_generic = true,
                (Some(native), Some(known)) if !native.same(known) => use_generic = true,
                (Some(native), _) => specific = Some(native),
                // Another slot of that type serves the name.
                (None, _) => {}
            }
        } else if id == SlotId::New && is_native_new(&found) {
            specific = class.base.get().and_then(|base| base.slots.get(id));
        } else if id == SlotId::Hash && found.is_none() {
            specific = Some(Slot::Hash(hash_not_implemented));
        } else {
            use_generic = true;
            generic = def.generic;
        }
    }
    let chosen = if use_generic { generic } else { specific };
    match chosen {
        Some(slot) => class.slots.set(slot),
        None => class.slots.unset(id),
    }
}

fn is_native_new(found: &Value) -> bool {
    found
        .downcast::<PyBuiltinFunction>()
        .is_some_and(|function| std::ptr::eq(function.def.0, crate::types::type_::ready::new_def()))
}

/// Fills the slots of a class that was just made in Python (`fixup_slot_dispatchers`). Those of its bases are inherited already.
///
/// Only slots whose names the class itself defines, or on which several bases disagree, can differ from the inherited ones;
/// the rest is left alone.
pub fn update_all(vm: Vm<'_>, class: &Py<PyType>) {
    let mut touched = 0_u128;
    for name in class.namespace().string_keys() {
        for &id in slots_named(vm, &name) {
            touched |= 1 << id as u32;
        }
    }
    let index = index(vm);
    if let Some(bases) = class.bases.get()
        && let Some((first, others)) = bases.items().split_first()
        && !others.is_empty()
    {
        let slots = |base: &Value, id: SlotId| base.receiver::<PyType>().slots.get(id);
        for &id in &index.order {
            let wanted = slots(first, id);
            let same = |other: &Value| match (wanted, slots(other, id)) {
                (Some(a), Some(b)) => a.same(b),
                (None, None) => true,
                _ => false,
            };
            if !others.iter().all(same) {
                touched |= 1 << id as u32;
            }
        }
    }
    for &id in index.order.iter().filter(|&&id| touched & (1 << id as u32) != 0) {
        update_slot(vm, class, id);
    }
}

/// Fills every slot again: the bases of the class are others.
pub fn update_every(vm: Vm<'_>, class: &Py<PyType>) {
    for &id in &index(vm).order {
        update_slot(vm, class, id);
    }
}

/// Updates the slots named `name` in `class` and in the subclasses that inherit the attribute (`update_slot`).
pub fn attribute_changed(vm: Vm<'_>, class: &Py<PyType>, name: &Py<PyStr>) {
    let slots = slots_named(vm, name);
    if !slots.is_empty() {
        update_recursively(vm, class, name, slots);
    }
}

fn update_recursively(vm: Vm<'_>, class: &Py<PyType>, name: &Py<PyStr>, slots: &[SlotId]) {
    for &id in slots {
        update_slot(vm, class, id);
    }
    for subclass in class.live_subclasses() {
        if subclass.is_heap_type() && subclass.namespace().get_str(name).is_none() {
            update_recursively(vm, &subclass, name, slots);
        }
    }
}
