//! The slots of a type: one optional function for each operation of the object protocol, with CPython's names.
//!
//! A builtin type lists its slots in its `TypeSpec` (`&[Slot::NbAdd(int_add), ...]`); a class made in Python gets slots that
//! call its dunder methods (`slot_defs.rs`). Unset slots are inherited when a type is made ready.

use std::cell::Cell;

use super::args::Args;
use super::errors::PyResult;
use super::object::Py;
use super::type_object::PyType;
use super::value::Value;
use super::vm::Vm;
use crate::types::str::PyStr;

/// The rich comparisons, numbered as in CPython (`Py_LT` ...).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CompareOp {
    /// `<`
    Lt = 0,
    /// `<=`
    Le = 1,
    /// `==`
    Eq = 2,
    /// `!=`
    Ne = 3,
    /// `>`
    Gt = 4,
    /// `>=`
    Ge = 5,
}

impl CompareOp {
    /// The operation with its operands exchanged.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }

    /// What the operation says of an ordering.
    #[must_use]
    pub const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Lt => ordering.is_lt(),
            Self::Le => ordering.is_le(),
            Self::Eq => ordering.is_eq(),
            Self::Ne => ordering.is_ne(),
            Self::Gt => ordering.is_gt(),
            Self::Ge => ordering.is_ge(),
        }
    }

    /// The operator's text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// What a generator-like object did when it was resumed (`PySendResult`).
#[derive(Debug)]
pub enum SendResult {
    /// It yielded.
    Next(Value),
    /// It returned.
    Return(Value),
}

/// One operand.
pub type UnaryFn = fn(Vm<'_>, &Value) -> PyResult<Value>;
/// Two operands; `NotImplemented` passes to the other one.
pub type BinaryFn = fn(Vm<'_>, &Value, &Value) -> PyResult<Value>;
/// `pow(a, b, c)`; `c` is None for `**`.
pub type TernaryFn = fn(Vm<'_>, &Value, &Value, &Value) -> PyResult<Value>;
/// Truth.
pub type InquiryFn = fn(Vm<'_>, &Value) -> PyResult<bool>;
/// Length.
pub type LenFn = fn(Vm<'_>, &Value) -> PyResult<usize>;
/// Containment.
pub type ContainsFn = fn(Vm<'_>, &Value, &Value) -> PyResult<bool>;
/// Item by index; negative indexes are already counted from the end.
pub type SqItemFn = fn(Vm<'_>, &Value, isize) -> PyResult<Value>;
/// Repetition.
pub type SqRepeatFn = fn(Vm<'_>, &Value, isize) -> PyResult<Value>;
/// `obj[key] = value`, or `del obj[key]` for None.
pub type AssSubscriptFn = fn(Vm<'_>, &Value, &Value, Option<&Value>) -> PyResult<()>;
/// Hash.
pub type HashFn = fn(Vm<'_>, &Value) -> PyResult<i64>;
/// Comparison.
pub type RichCompareFn = fn(Vm<'_>, &Value, &Value, CompareOp) -> PyResult<Value>;
/// Attribute read.
pub type GetAttrFn = fn(Vm<'_>, &Value, &Py<PyStr>) -> PyResult<Value>;
/// Attribute write, or delete for None.
pub type SetAttrFn = fn(Vm<'_>, &Value, &Py<PyStr>, Option<&Value>) -> PyResult<()>;
/// Call: (callable, arguments).
pub type CallFn = fn(Vm<'_>, &Value, Args<'_>) -> PyResult<Value>;
/// `__new__`: (class, arguments).
pub type NewFn = fn(Vm<'_>, &Py<PyType>, Args<'_>) -> PyResult<Value>;
/// `__init__`.
pub type InitFn = fn(Vm<'_>, &Value, Args<'_>) -> PyResult<()>;
/// The next item; None at the end.
pub type IterNextFn = fn(Vm<'_>, &Value) -> PyResult<Option<Value>>;
/// `__get__`: (descriptor, instance, owner).
pub type DescrGetFn = fn(Vm<'_>, &Value, Option<&Value>, Option<&Value>) -> PyResult<Value>;
/// `__set__`, or `__delete__` for None: (descriptor, instance, value).
pub type DescrSetFn = fn(Vm<'_>, &Value, &Value, Option<&Value>) -> PyResult<()>;
/// Resumes: (generator, sent value).
pub type SendFn = fn(Vm<'_>, &Value, &Value) -> PyResult<SendResult>;
/// `__del__`.
pub type FinalizeFn = fn(Vm<'_>, &Value);
/// Exports the object's memory; see `protocol/buffer.rs`.
pub type BufferFn = fn(Vm<'_>, &Value) -> PyResult<crate::protocol::buffer::Buffer>;

macro_rules! slots {
    ($($(#[$meta:meta])* $field:ident $variant:ident $function:ty;)*) => {
        /// The slots of one type.
        pub struct Slots {
            $($(#[$meta])* pub $field: Cell<Option<$function>>,)*
        }

        impl Slots {
            /// No slot set.
            #[expect(clippy::declare_interior_mutable_const, reason = "the start of a static type's cells")]
            pub const EMPTY: Self = Self { $($field: Cell::new(None),)* };

            /// Sets one slot.
            pub fn set(&self, slot: Slot) {
                match slot {
                    $(Slot::$variant(function) => self.$field.set(Some(function)),)*
                }
            }

            /// Takes every slot that is unset here from `base`. `hash` and `richcompare` go together, as in CPython.
            pub fn inherit(&self, base: &Slots) {
                let keep_hash = self.hash.get().is_some() || self.richcompare.get().is_some();
                let own = (self.hash.get(), self.richcompare.get());
                $(if self.$field.get().is_none() { self.$field.set(base.$field.get()); })*
                if keep_hash {
                    self.hash.set(own.0);
                    self.richcompare.set(own.1);
                }
            }
        }

        /// One slot and its function, as a type's spec lists it.
        #[derive(Clone, Copy)]
        pub enum Slot {
            $($(#[$meta])* $variant($function),)*
        }

        /// The name of a slot.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum SlotId {
            $($(#[$meta])* $variant,)*
        }

        impl Slot {
            /// Which slot it is.
            #[must_use]
            pub const fn id(self) -> SlotId {
                match self {
                    $(Self::$variant(_) => SlotId::$variant,)*
                }
            }

            /// Whether both are the same slot with the same function.
            #[must_use]
            pub fn same(self, other: Self) -> bool {
                match (self, other) {
                    $((Self::$variant(a), Self::$variant(b)) => std::ptr::fn_addr_eq(a, b),)*
                    _ => false,
                }
            }
        }

        impl Slots {
            /// The function in slot `id`.
            #[must_use]
            pub fn get(&self, id: SlotId) -> Option<Slot> {
                match id {
                    $(SlotId::$variant => self.$field.get().map(Slot::$variant),)*
                }
            }

            /// Empties slot `id`.
            pub fn unset(&self, id: SlotId) {
                match id {
                    $(SlotId::$variant => self.$field.set(None),)*
                }
            }
        }
    };
}

slots! {
    /// `__add__`
    nb_add NbAdd BinaryFn;
    /// `__sub__`
    nb_subtract NbSubtract BinaryFn;
    /// `__mul__`
    nb_multiply NbMultiply BinaryFn;
    /// `__mod__`
    nb_remainder NbRemainder BinaryFn;
    /// `__divmod__`
    nb_divmod NbDivmod BinaryFn;
    /// `__pow__`
    nb_power NbPower TernaryFn;
    /// `__neg__`
    nb_negative NbNegative UnaryFn;
    /// `__pos__`
    nb_positive NbPositive UnaryFn;
    /// `__abs__`
    nb_absolute NbAbsolute UnaryFn;
    /// `__bool__`
    nb_bool NbBool InquiryFn;
    /// `__invert__`
    nb_invert NbInvert UnaryFn;
    /// `__lshift__`
    nb_lshift NbLshift BinaryFn;
    /// `__rshift__`
    nb_rshift NbRshift BinaryFn;
    /// `__and__`
    nb_and NbAnd BinaryFn;
    /// `__xor__`
    nb_xor NbXor BinaryFn;
    /// `__or__`
    nb_or NbOr BinaryFn;
    /// `__int__`
    nb_int NbInt UnaryFn;
    /// `__float__`
    nb_float NbFloat UnaryFn;
    /// `__iadd__`
    nb_inplace_add NbInplaceAdd BinaryFn;
    /// `__isub__`
    nb_inplace_subtract NbInplaceSubtract BinaryFn;
    /// `__imul__`
    nb_inplace_multiply NbInplaceMultiply BinaryFn;
    /// `__imod__`
    nb_inplace_remainder NbInplaceRemainder BinaryFn;
    /// `__ipow__`
    nb_inplace_power NbInplacePower TernaryFn;
    /// `__ilshift__`
    nb_inplace_lshift NbInplaceLshift BinaryFn;
    /// `__irshift__`
    nb_inplace_rshift NbInplaceRshift BinaryFn;
    /// `__iand__`
    nb_inplace_and NbInplaceAnd BinaryFn;
    /// `__ixor__`
    nb_inplace_xor NbInplaceXor BinaryFn;
    /// `__ior__`
    nb_inplace_or NbInplaceOr BinaryFn;
    /// `__floordiv__`
    nb_floor_divide NbFloorDivide BinaryFn;
    /// `__truediv__`
    nb_true_divide NbTrueDivide BinaryFn;
    /// `__ifloordiv__`
    nb_inplace_floor_divide NbInplaceFloorDivide BinaryFn;
    /// `__itruediv__`
    nb_inplace_true_divide NbInplaceTrueDivide BinaryFn;
    /// `__index__`
    nb_index NbIndex UnaryFn;
    /// `__matmul__`
    nb_matrix_multiply NbMatrixMultiply BinaryFn;
    /// `__imatmul__`
    nb_inplace_matrix_multiply NbInplaceMatrixMultiply BinaryFn;
    /// `__len__` of a sequence
    sq_length SqLength LenFn;
    /// concatenation
    sq_concat SqConcat BinaryFn;
    /// repetition
    sq_repeat SqRepeat SqRepeatFn;
    /// item by position
    sq_item SqItem SqItemFn;
    /// `__contains__`
    sq_contains SqContains ContainsFn;
    /// concatenation in place
    sq_inplace_concat SqInplaceConcat BinaryFn;
    /// repetition in place
    sq_inplace_repeat SqInplaceRepeat SqRepeatFn;
    /// `__len__` of a mapping
    mp_length MpLength LenFn;
    /// `__getitem__`
    mp_subscript MpSubscript BinaryFn;
    /// `__setitem__`, `__delitem__`
    mp_ass_subscript MpAssSubscript AssSubscriptFn;
    /// `__await__`
    am_await AmAwait UnaryFn;
    /// `__aiter__`
    am_aiter AmAiter UnaryFn;
    /// `__anext__`
    am_anext AmAnext UnaryFn;
    /// `send`, without the StopIteration
    am_send AmSend SendFn;
    /// the buffer protocol
    buffer Buffer BufferFn;
    /// `__repr__`
    repr Repr UnaryFn;
    /// `__str__`
    str Str UnaryFn;
    /// `__hash__`
    hash Hash HashFn;
    /// `__call__`
    call Call CallFn;
    /// `__getattribute__`, `__getattr__`
    getattro Getattro GetAttrFn;
    /// `__setattr__`, `__delattr__`
    setattro Setattro SetAttrFn;
    /// the comparisons
    richcompare Richcompare RichCompareFn;
    /// `__iter__`
    iter Iter UnaryFn;
    /// `__next__`
    iternext Iternext IterNextFn;
    /// `__get__`
    descr_get DescrGet DescrGetFn;
    /// `__set__`, `__delete__`
    descr_set DescrSet DescrSetFn;
    /// `__init__`
    init Init InitFn;
    /// `__new__`
    new New NewFn;
    /// `__del__`
    finalize Finalize FinalizeFn;
}
