//! What the parser gives: events, and the error codes of expat.

use std::rc::Rc;

use super::super::dtd::{Entity, Model};

/// The error codes (`XML_ERROR_*`).
pub(in crate::pyexpat) mod code {
    pub(crate) const NO_MEMORY: u8 = 1;
    pub(crate) const SYNTAX: u8 = 2;
    pub(crate) const NO_ELEMENTS: u8 = 3;
    pub(crate) const INVALID_TOKEN: u8 = 4;
    pub(crate) const UNCLOSED_TOKEN: u8 = 5;
    pub(crate) const PARTIAL_CHAR: u8 = 6;
    pub(crate) const TAG_MISMATCH: u8 = 7;
    pub(crate) const DUPLICATE_ATTRIBUTE: u8 = 8;
    pub(crate) const JUNK_AFTER_DOC_ELEMENT: u8 = 9;
    pub(crate) const PARAM_ENTITY_REF: u8 = 10;
    pub(crate) const UNDEFINED_ENTITY: u8 = 11;
    pub(crate) const RECURSIVE_ENTITY_REF: u8 = 12;
    pub(crate) const ASYNC_ENTITY: u8 = 13;
    pub(crate) const BAD_CHAR_REF: u8 = 14;
    pub(crate) const BINARY_ENTITY_REF: u8 = 15;
    pub(crate) const ATTRIBUTE_EXTERNAL_ENTITY_REF: u8 = 16;
    pub(crate) const MISPLACED_XML_PI: u8 = 17;
    pub(crate) const UNKNOWN_ENCODING: u8 = 18;
    pub(crate) const INCORRECT_ENCODING: u8 = 19;
    pub(crate) const UNCLOSED_CDATA_SECTION: u8 = 20;
    pub(crate) const EXTERNAL_ENTITY_HANDLING: u8 = 21;
    pub(crate) const NOT_STANDALONE: u8 = 22;
    pub(crate) const ENTITY_DECLARED_IN_PE: u8 = 24;
    pub(crate) const CANT_CHANGE_FEATURE: u8 = 26;
    pub(crate) const UNBOUND_PREFIX: u8 = 27;
    pub(crate) const UNDECLARING_PREFIX: u8 = 28;
    pub(crate) const XML_DECL: u8 = 30;
    pub(crate) const TEXT_DECL: u8 = 31;
    pub(crate) const PUBLICID: u8 = 32;
    pub(crate) const FINISHED: u8 = 36;
    pub(crate) const RESERVED_PREFIX_XML: u8 = 38;
    pub(crate) const RESERVED_PREFIX_XMLNS: u8 = 39;
    pub(crate) const RESERVED_NAMESPACE_URI: u8 = 40;
    pub(crate) const AMPLIFICATION_LIMIT_BREACH: u8 = 43;
    /// A content model nested too deeply: none of expat's.
    pub(crate) const TOO_DEEP: u8 = 200;
}

/// The beginning of a document type.
#[derive(Clone, Debug)]
pub(in crate::pyexpat) struct Doctype {
    pub name: String,
    pub system: Option<String>,
    pub public: Option<String>,
    pub has_subset: bool,
}

/// The declaration of an attribute.
#[derive(Clone, Debug)]
pub(in crate::pyexpat) struct Attlist {
    pub element: String,
    pub name: String,
    pub kind: String,
    pub default: Option<String>,
    pub required: bool,
}

/// The declaration of a notation.
#[derive(Clone, Debug)]
pub(in crate::pyexpat) struct Notation {
    pub name: String,
    pub base: Option<String>,
    pub system: Option<String>,
    pub public: Option<String>,
}

/// A reference to an external entity; without a context, to declarations.
#[derive(Clone, Debug)]
pub(in crate::pyexpat) struct External {
    pub context: Option<String>,
    pub base: Option<String>,
    pub system: Option<String>,
    pub public: Option<String>,
}

/// What a document says. What is rare is boxed, so that the others are quick to hand on.
#[derive(Clone, Debug)]
pub(in crate::pyexpat) enum Event {
    XmlDecl {
        version: Option<String>,
        encoding: Option<String>,
        standalone: i64,
    },
    UnknownEncoding(String),
    StartDoctype(Box<Doctype>),
    EndDoctype,
    NotStandalone,
    ElementDecl(String, Box<Model>),
    AttlistDecl(Box<Attlist>),
    EntityDecl {
        name: String,
        is_parameter: bool,
        entity: Box<Entity>,
    },
    NotationDecl(Box<Notation>),
    StartNamespace(Option<String>, Option<String>),
    StartElement {
        name: Rc<str>,
        attributes: Vec<(String, String)>,
        specified: usize,
    },
    EndElement(Rc<str>),
    EndNamespace(Option<String>),
    Text(String),
    Instruction(String, String),
    Comment(String),
    StartCdata,
    EndCdata,
    ExternalEntity(Box<External>),
    SkippedEntity(String, bool),
    /// What no handler but the default one is for.
    Other,
}

/// An event with the text that it came from.
#[derive(Clone, Debug)]
pub(in crate::pyexpat) struct Item {
    pub event: Event,
    /// The text, where a default handler wants it.
    pub raw: Option<String>,
    /// Whether it is placed at its token's end.
    pub(super) at_end: bool,
}
