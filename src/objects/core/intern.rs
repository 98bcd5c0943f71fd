//! Interned strings: one object a text, so that names compare by address; and the names that the machine itself uses.
//!
//! The table does not own its strings' last reference: interned strings are immortal, as in CPython for those made by code.
//! It is open addressing over the strings themselves, by the hash that each keeps for dicts anyway.
#![expect(unsafe_code, reason = "the tables are statics guarded by the GIL")]

use std::cell::{OnceCell, RefCell};

use super::object::{Py, flags};
use super::pyref::PyRef;
use super::reserve;
use super::vm::Vm;
use crate::types::str::PyStr;
use crate::types::str::storage::Kind;

/// Places of the first table: more than a start interns.
const FIRST_PLACES: usize = 4096;

/// The strings, at the places of their hashes; a power of two of places, never full.
struct Interned {
    places: Vec<Option<PyRef<PyStr>>>,
    count: usize,
}

impl Interned {
    const fn new() -> Self {
        Self { places: Vec::new(), count: 0 }
    }

    /// The place of the string that `same` accepts, or the empty one where it goes.
    #[expect(clippy::cast_possible_truncation, reason = "the hash's low bits choose the place")]
    fn place(&self, hash: u64, same: impl Fn(&Py<PyStr>) -> bool) -> usize {
        let mask = self.places.len().wrapping_sub(1);
        let mut place = hash as usize & mask;
        while let Some(Some(known)) = self.places.get(place) {
            if known.known_text_hash().unwrap_or_default() == hash && same(known) {
                break;
            }
            place = (place + 1) & mask;
        }
        place
    }

    /// Makes room for one more: three eighths of the places are empty then, or one eighth while memory is short.
    fn reserve(&mut self) {
        if (self.count + 1) * 8 <= self.places.len() * 5 {
            return;
        }
        let places = (self.places.len() * 2).max(FIRST_PLACES);
        let mut grown = Vec::new();
        if grown.try_reserve_exact(places).is_err() {
            if (self.count + 1) * 8 <= self.places.len() * 7 {
                return;
            }
            reserve::insist(|| grown.try_reserve_exact(places).ok());
        }
        grown.resize_with(places, || None);
        let old = std::mem::replace(&mut self.places, grown);
        for string in old.into_iter().flatten() {
            let place = self.place(string.known_text_hash().unwrap_or_default(), |_| false);
            self.places[place] = Some(string);
        }
    }

    fn insert(&mut self, hash: u64, string: PyRef<PyStr>) {
        string.as_object().set_flags(flags::INTERNED);
        self.reserve();
        let place = self.place(hash, |_| false);
        self.places[place] = Some(string);
        self.count += 1;
    }
}

struct Table(RefCell<Interned>);

// SAFETY: touched only under the GIL: every caller has a `Vm` or an object.
unsafe impl Sync for Table {}

static TABLE: Table = Table(RefCell::new(Interned::new()));

/// The one interned string with this text.
#[must_use]
pub fn intern(vm: Vm<'_>, text: &str) -> PyRef<PyStr> {
    if !text.is_ascii() {
        return intern_ref(&PyStr::new_ref(vm, text));
    }
    let mut table = TABLE.0.borrow_mut();
    let hash = crate::types::bytes::hash_bytes(vm, text.as_bytes());
    let same = |known: &Py<PyStr>| known.kind() == Kind::Ascii && known.tail() == text.as_bytes();
    if let Some(Some(known)) = table.places.get(table.place(hash, same)) {
        return known.clone();
    }
    let new = PyStr::new_ref(vm, text);
    new.remember_hash(hash);
    table.insert(hash, new.clone());
    new
}

/// The interned string equal to `string`: itself, if its text was not interned yet.
#[must_use]
pub fn intern_ref(string: &Py<PyStr>) -> PyRef<PyStr> {
    if string.is_interned() {
        return string.to_ref();
    }
    let hash = match string.known_text_hash() {
        Some(hash) => hash,
        None => Vm::with_current(|vm| string.text_hash(vm)),
    };
    let mut table = TABLE.0.borrow_mut();
    let same = |known: &Py<PyStr>| known.kind() == string.kind() && known.tail() == string.tail();
    if let Some(Some(known)) = table.places.get(table.place(hash, same)) {
        return known.clone();
    }
    table.insert(hash, string.to_ref());
    string.to_ref()
}

/// How many strings are interned.
#[must_use]
pub fn count() -> usize {
    TABLE.0.borrow().count
}

macro_rules! names {
    ($($name:ident)*) => {
        /// The names that the machine itself looks up, interned once.
        #[expect(missing_docs, reason = "the fields are the names themselves")]
        pub struct Names {
            $(pub $name: PyRef<PyStr>,)*
        }

        impl Names {
            fn new(vm: Vm<'_>) -> Self {
                Self { $($name: intern(vm, plain(stringify!($name))),)* }
            }
        }
    };
}

names! {
    __abs__ __add__ __aenter__ __aexit__ __aiter__ __all__ __and__ __anext__ __annotate__ __annotate_func__ __annotations__
    __annotations_cache__ __await__ __bases__ __bool__ __buffer__ __build_class__ __builtins__ __bytes__ __cached__ __call__
    __cause__ __class__ __class_getitem__ __classcell__ __classdict__ __classdictcell__ __complex__ __contains__ __context__
    __copy__ __ctypes_from_outparam__ __debug__ __deepcopy__ __del__ __delattr__ __delete__ __delitem__ __dict__ __dir__
    __divmod__ __doc__ __enter__ __eq__ __exit__ __file__ __firstlineno__ __float__ __floor__ __floordiv__ __format__
    __fspath__ __ge__ __get__ __getattr__ __getattribute__ __getinitargs__ __getitem__ __getnewargs__ __getnewargs_ex__
    __getstate__ __gt__ __hash__ __iadd__ __iand__ __ifloordiv__ __ilshift__ __imatmul__ __imod__ __import__ __imul__
    __index__ __init__ __init_subclass__ __instancecheck__ __int__ __invert__ __ior__ __ipow__ __irshift__ __isabstractmethod__
    __isub__ __iter__ __itruediv__ __ixor__ __le__ __len__ __length_hint__ __loader__ __lshift__ __lt__ __main__ __match_args__
    __matmul__ __missing__ __mod__ __module__ __mro_entries__ __mul__ __name__ __ne__ __neg__ __new__ __next__ __notes__
    __objclass__ __or__ __orig_bases__ __orig_class__ __origin__ __package__ __parameters__ __path__ __pos__ __pow__
    __prepare__ __qualname__ __radd__ __rand__ __rdivmod__ __reduce__ __reduce_ex__ __release_buffer__ __repr__ __reversed__
    __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rmul__ __ror__ __round__ __rpow__ __rrshift__ __rshift__ __rsub__
    __rtruediv__ __rxor__ __self__ __set__ __set_name__ __setattr__ __setitem__ __setstate__ __sizeof__ __slotnames__ __slots__
    __spec__ __static_attributes__ __str__ __sub__ __subclasscheck__ __subclasshook__ __suppress_context__ __text_signature__
    __traceback__ __truediv__ __trunc__ __type_params__ __typing_subst__ __typing_unpacked_tuple_args__ __weakref__ __xor__
    add append args builtins buffer call_soon close closed code copy default decode discard displayhook encode encoding end errors
    excepthook extend file filename fileno flush get get_debug items join key keys last_exc last_traceback last_type last_value
    line lineno metaclass mode modules msg name newline obj offset open path print_file_and_line ps1 ps2 read readline release
    remove replace reverse self_ send sep seek setdefault sort start stderr stdin stdout stop step strict strip text throw
    unraisablehook update value values warn warnings write zipimporter _abc_impl _find_and_load _handle_fromlist
    _initializing _uninitialized_submodules
}

/// A field that would be a keyword bears an underscore at its end.
fn plain(field: &str) -> &str {
    if field.ends_with("__") { field } else { field.trim_end_matches('_') }
}

struct StaticNames(OnceCell<Names>);

// SAFETY: set once during initialisation under the GIL and read under it.
unsafe impl Sync for StaticNames {}

static NAMES: StaticNames = StaticNames(OnceCell::new());

impl Vm<'_> {
    /// The names that the machine itself looks up.
    #[inline]
    #[must_use]
    pub fn names(self) -> &'static Names {
        NAMES.0.get_or_init(|| Names::new(self))
    }

    /// The interned string with this text.
    #[must_use]
    pub fn intern(self, text: &str) -> PyRef<PyStr> {
        intern(self, text)
    }
}
