//! The names of one compilation: those of the source, and those that the compiler adds (mangled names, `__class__`, ...).

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use syntax::names::{Identifier, Names};

/// A hasher for identifiers: they are small numbers, so one multiplication spreads them well enough.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdentifierHasher(u64);

impl Hasher for IdentifierHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

/// A map from identifiers.
pub type IdentifierMap<V> = HashMap<Identifier, V, BuildHasherDefault<IdentifierHasher>>;
/// A set of identifiers.
pub type IdentifierSet = HashSet<Identifier, BuildHasherDefault<IdentifierHasher>>;

/// Names of the source and of the compiler.
#[derive(Debug)]
pub struct NameTable<'a> {
    source: &'a Names,
    source_count: u32,
    added: Names,
    shared: Vec<Option<Arc<str>>>,
}

impl<'a> NameTable<'a> {
    /// The table of the source's names.
    #[must_use]
    pub fn new(source: &'a Names) -> Self {
        let source_count = source.count();
        Self { source, source_count, added: Names::default(), shared: Vec::new() }
    }

    /// The number of `text`.
    pub fn intern(&mut self, text: &str) -> Identifier {
        match self.source.find(text) {
            Some(known) => known,
            None => Identifier(self.source_count + self.added.intern(text).0),
        }
    }

    /// The text of a name.
    #[must_use]
    pub fn text(&self, name: Identifier) -> &str {
        match name.0.checked_sub(self.source_count) {
            None => self.source.text(name),
            Some(number) => self.added.text(Identifier(number)),
        }
    }

    /// The text of a name, as it stands in code objects: always the same one.
    pub(crate) fn shared(&mut self, name: Identifier) -> Arc<str> {
        let index = name.0 as usize;
        if let Some(Some(text)) = self.shared.get(index) {
            return Arc::clone(text);
        }
        if self.shared.len() <= index {
            self.shared.resize(index + 1, None);
        }
        let text: Arc<str> = self.text(name).into();
        self.shared[index] = Some(Arc::clone(&text));
        text
    }

    /// The name under which a class's code knows a private name (`_Py_Mangle`).
    pub(crate) fn mangle(&mut self, private: Option<Identifier>, name: Identifier) -> Identifier {
        let Some(class) = private else { return name };
        let text = self.text(name);
        if !text.starts_with("__") || text.ends_with("__") || text.contains('.') {
            return name;
        }
        let class = self.text(class).trim_start_matches('_');
        if class.is_empty() {
            return name;
        }
        let mangled = format!("_{class}{text}");
        self.intern(&mangled)
    }
}

macro_rules! known_names {
    ($($(#[$meta:meta])* $field:ident = $text:literal;)*) => {
        /// Names that have a meaning to the compiler.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct Known {
            $($(#[$meta])* pub(crate) $field: Identifier,)*
        }

        impl Known {
            pub(crate) fn new(names: &mut NameTable<'_>) -> Self {
                Self { $($field: names.intern($text),)* }
            }
        }
    };
}

known_names! {
    annotate = "__annotate__";
    annotate_func = "__annotate_func__";
    annotations = "__annotations__";
    all = "all";
    any = "any";
    class = "__class__";
    classcell = "__classcell__";
    classdict = "__classdict__";
    classdictcell = "__classdictcell__";
    conditional_annotations = "__conditional_annotations__";
    debug = "__debug__";
    defaults = ".defaults";
    dictcomp = "dictcomp";
    doc = "__doc__";
    first_iterable = ".0";
    firstlineno = "__firstlineno__";
    format = ".format";
    future = "__future__";
    generic_base = ".generic_base";
    genexpr = "genexpr";
    join = "join";
    kwdefaults = ".kwdefaults";
    lambda = "lambda";
    listcomp = "listcomp";
    module = "__module__";
    name = "__name__";
    qualname = "__qualname__";
    return_ = "return";
    self_ = "self";
    setcomp = "setcomp";
    star = "*";
    static_attributes = "__static_attributes__";
    super_ = "super";
    top = "top";
    tuple = "tuple";
    type_params = ".type_params";
    dunder_type_params = "__type_params__";
}
