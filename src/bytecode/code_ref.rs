//! `CodeRef`: a shared code object, whose plain data may still lie in an archive: it is read when it is first asked for.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::archive::Stored;
use crate::code_spec::CodeSpec;

/// A shared code object. It derefs to its plain data.
#[derive(Clone)]
pub struct CodeRef(Arc<Inner>);

struct Inner {
    spec: OnceLock<Box<CodeSpec>>,
    stored: Option<Stored>,
}

/// What can be said of a code object without reading all of it.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// `co_flags`
    pub flags: u32,
    /// Slots of local variables, cells and free variables.
    pub local_count: usize,
    /// `co_stacksize`
    pub stacksize: u32,
}

impl CodeRef {
    /// A code object that is all there.
    #[must_use]
    pub fn new(spec: CodeSpec) -> Self {
        Self(Arc::new(Inner { spec: OnceLock::from(Box::new(spec)), stored: None }))
    }

    /// One that lies in an archive.
    pub(crate) fn stored(stored: Stored) -> Self {
        Self(Arc::new(Inner { spec: OnceLock::new(), stored: Some(stored) }))
    }

    /// The first things to know.
    #[must_use]
    pub fn head(&self) -> Head {
        if self.0.spec.get().is_none()
            && let Some(head) = self.0.stored.as_ref().and_then(Stored::head)
        {
            return head;
        }
        let spec: &CodeSpec = self;
        Head {
            flags: spec.flags,
            local_count: spec.localsplusnames.len(),
            stacksize: spec.stacksize,
        }
    }

    /// Whether both bear the same file name because they come from the same record.
    #[must_use]
    pub fn has_filename_of(&self, other: &Self) -> bool {
        match (&self.0.stored, &other.0.stored) {
            (Some(a), Some(b)) => a.is_beside(b),
            _ => self.filename == other.filename,
        }
    }

    /// How many texts the record has that it lies in; none if it lies in no archive.
    #[must_use]
    pub fn record_texts(&self) -> Option<usize> {
        self.0.stored.as_ref().map(Stored::text_count)
    }

    /// A text of the record that it lies in, as WTF-8.
    #[must_use]
    pub fn record_text(&self, index: usize) -> Option<&'static [u8]> {
        self.0.stored.as_ref()?.text(index)
    }

    /// Which of the record's texts are its name and its qualified name.
    #[must_use]
    pub fn record_names(&self) -> Option<[usize; 2]> {
        self.0.stored.as_ref()?.names()
    }

    /// What tells it from other code objects as long as it lives.
    #[must_use]
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl Deref for CodeRef {
    type Target = CodeSpec;
    fn deref(&self) -> &CodeSpec {
        self.0.spec.get_or_init(|| {
            // A record is checked when it is opened; one that is torn inside reads as an empty code object.
            self.0.stored.as_ref().and_then(Stored::read).unwrap_or_default().into()
        })
    }
}

impl PartialEq for CodeRef {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl fmt::Debug for CodeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
