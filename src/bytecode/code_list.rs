//! `CodeList`: names or constants of a code object. Those of one that lies in an archive stay there until somebody asks for
//! all of them; the object machine takes them one by one from their [`Section`].

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use crate::archive::Section;

/// A list in a code object. It derefs to its items.
pub struct CodeList<T> {
    items: OnceLock<Box<[T]>>,
    stored: Option<(Section, Read<T>)>,
}

/// How a list is read out of its section; none if the archive is torn there.
type Read<T> = fn(&Section) -> Option<Vec<T>>;

impl<T> CodeList<T> {
    /// One that lies in an archive.
    pub(crate) fn stored(section: Section, read: Read<T>) -> Self {
        Self { items: OnceLock::new(), stored: Some((section, read)) }
    }

    /// Where it lies in an archive.
    #[must_use]
    pub fn section(&self) -> Option<&Section> {
        self.stored.as_ref().map(|(section, _)| section)
    }
}

impl<T> Deref for CodeList<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.items.get_or_init(|| {
            let read = self.stored.as_ref().and_then(|(section, read)| read(section));
            read.unwrap_or_default().into()
        })
    }
}

impl<T> DerefMut for CodeList<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let _ = self.deref();
        // What is changed lies in no archive.
        self.stored = None;
        self.items.get_mut().map_or(&mut [], |items| items)
    }
}

impl<T> From<Box<[T]>> for CodeList<T> {
    fn from(items: Box<[T]>) -> Self {
        Self { items: OnceLock::from(items), stored: None }
    }
}

impl<T> From<Vec<T>> for CodeList<T> {
    fn from(items: Vec<T>) -> Self {
        items.into_boxed_slice().into()
    }
}

impl<T> Default for CodeList<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

/// A copy is part of another code object, and so lies in no archive: it is read.
impl<T: Clone> Clone for CodeList<T> {
    fn clone(&self) -> Self {
        self.to_vec().into()
    }
}

impl<T: PartialEq> PartialEq for CodeList<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Hash> Hash for CodeList<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: fmt::Debug> fmt::Debug for CodeList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<'a, T> IntoIterator for &'a CodeList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
