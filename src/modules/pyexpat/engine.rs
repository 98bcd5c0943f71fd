//! An XML parser that is fed pieces and gives events, with the order of events, the errors and the places of expat.
//!
//! It knows no object, and nobody is called back: whoever drives it takes one event after the other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::dtd::{Dtd, Entity, Model};
use super::encoding::{Encoding, Tail};
use super::scan::{self, Stop, is_space};

/// The error codes (`XML_ERROR_*`).
pub(super) mod code {
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

const XML_URI: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_URI: &str = "http://www.w3.org/2000/xmlns/";

/// What a document says.
#[derive(Clone, Debug)]
pub(super) enum Event {
    XmlDecl {
        version: Option<String>,
        encoding: Option<String>,
        standalone: i64,
    },
    UnknownEncoding(String),
    StartDoctype {
        name: String,
        system: Option<String>,
        public: Option<String>,
        has_subset: bool,
    },
    EndDoctype,
    NotStandalone,
    ElementDecl(String, Model),
    AttlistDecl {
        element: String,
        name: String,
        kind: String,
        default: Option<String>,
        required: bool,
    },
    EntityDecl {
        name: String,
        is_parameter: bool,
        entity: Entity,
    },
    NotationDecl {
        name: String,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
    },
    StartNamespace(Option<String>, Option<String>),
    StartElement {
        name: String,
        attributes: Vec<(String, String)>,
        specified: usize,
    },
    EndElement(String),
    EndNamespace(Option<String>),
    Text(String),
    Instruction(String, String),
    Comment(String),
    StartCdata,
    EndCdata,
    ExternalEntity {
        context: Option<String>,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
    },
    SkippedEntity(String, bool),
    /// What no handler but the default one is for.
    Other,
}

/// An event with the text that it came from.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub event: Event,
    /// The text, where a default handler wants it.
    pub raw: Option<String>,
    /// Whether it is placed at its token's end.
    at_end: bool,
}

/// What part of a document is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The declaration may come.
    Start,
    Prolog,
    /// Between `[` and `]`.
    Subset,
    /// An external subset or parameter entity.
    Declarations,
    Content,
    Cdata,
    Epilog,
}

/// A text being read: the document's, or an entity's.
#[derive(Debug)]
struct Source {
    text: Vec<u8>,
    pos: usize,
    entity: Option<(String, bool)>,
    /// Elements that were open when it began.
    level: usize,
    /// The mode to go back to.
    back: Mode,
}

/// An element that is open.
#[derive(Debug)]
struct Open {
    raw_name: String,
    name: String,
    bindings: usize,
}

/// How much entities have grown the document.
#[derive(Debug)]
pub(super) struct Amplification {
    direct: Cell<u64>,
    indirect: Cell<u64>,
    /// Bytes below which nothing is refused.
    pub threshold: Cell<u64>,
    /// The factor above which it is.
    pub factor: Cell<f64>,
}

/// What the driver wants.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wants {
    /// The raw text of tokens.
    pub raw: bool,
    /// Internal entities replaced even though there is a default handler.
    pub keep_entities: bool,
    /// External entities are handled.
    pub external: bool,
    /// Skipped entities are told.
    pub skipped: bool,
}

/// A parser.
#[derive(Debug)]
pub(super) struct Engine {
    raw: Vec<u8>,
    tail: Tail,
    encoding: Encoding,
    /// The encoding that the caller said.
    pub protocol_encoding: Option<String>,
    sources: Vec<Source>,
    mode: Mode,
    queue: VecDeque<Item>,
    is_final: bool,
    /// The error that ended it, if it is not 0.
    pub error: u8,
    open: Vec<Open>,
    /// The separator in names, where namespaces are resolved.
    separator: Option<Option<char>>,
    /// Whether names tell their prefixes as well.
    pub triplets: bool,
    bindings: Vec<(Option<String>, Option<String>)>,
    dtd: Rc<RefCell<Dtd>>,
    amplification: Rc<Amplification>,
    /// What the driver wants.
    pub wants: Wants,
    /// The base of relative identifiers.
    pub base: Option<String>,
    /// Whether parameter entities are read: never, unless standalone, always.
    pub parameter_parsing: u8,
    /// Whether an external subset is asked for that the document does not name.
    pub foreign_dtd: bool,
    is_external: bool,
    is_parameter: bool,
    entities_open: Vec<String>,
    doctype: Option<(String, Option<String>, Option<String>)>,
    doctype_seen: bool,
    includes: usize,
    /// Whether a token that is not complete waits until its input has doubled.
    pub deferral: bool,
    waiting: usize,
    is_deferred: bool,
    started: bool,
    finished: bool,
    place_at: usize,
    place: Place,
    token_end: usize,
    event_at: usize,
}

/// Where something is in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Bytes in front of it.
    pub byte: u64,
    /// Lines in front of it.
    pub line: u64,
    /// Characters in front of it in its line.
    pub column: u64,
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

impl Engine {
    /// A parser of a document.
    pub(super) fn new(encoding: Option<String>, separator: Option<Option<char>>) -> Self {
        let source = Source { text: Vec::new(), pos: 0, entity: None, level: 0, back: Mode::Start };
        let bindings = match separator {
            Some(_) => vec![(Some("xml".to_owned()), Some(XML_URI.to_owned()))],
            None => Vec::new(),
        };
        Self {
            raw: Vec::new(),
            tail: Tail::None,
            encoding: Encoding::Utf8,
            protocol_encoding: encoding,
            sources: vec![source],
            mode: Mode::Start,
            queue: VecDeque::new(),
            is_final: false,
            error: 0,
            open: Vec::new(),
            separator,
            triplets: false,
            bindings,
            dtd: Rc::default(),
            amplification: Rc::new(Amplification {
                direct: Cell::new(0),
                indirect: Cell::new(0),
                threshold: Cell::new(8 << 20),
                factor: Cell::new(100.0),
            }),
            wants: Wants::default(),
            base: None,
            parameter_parsing: 0,
            foreign_dtd: false,
            is_external: false,
            is_parameter: false,
            entities_open: Vec::new(),
            doctype: None,
            doctype_seen: false,
            includes: 0,
            deferral: true,
            waiting: 0,
            is_deferred: false,
            started: false,
            finished: false,
            place_at: 0,
            place: Place::default(),
            token_end: 0,
            event_at: 0,
        }
    }

    /// A parser of an external entity that `self` met: general with a context, else of declarations.
    pub(super) fn external(&self, context: Option<&str>, encoding: Option<String>) -> Self {
        let mut new = Self::new(encoding, self.separator);
        new.dtd = Rc::clone(&self.dtd);
        new.amplification = Rc::clone(&self.amplification);
        new.triplets = self.triplets;
        new.base.clone_from(&self.base);
        new.parameter_parsing = self.parameter_parsing;
        new.deferral = self.deferral;
        new.is_external = true;
        new.is_parameter = context.is_none();
        for part in context.unwrap_or_default().split('\u{c}') {
            match part.split_once('=') {
                Some((prefix, uri)) if self.separator.is_some() => {
                    let prefix = if prefix.is_empty() { None } else { Some(prefix.to_owned()) };
                    new.bindings.push((prefix, Some(uri.to_owned())));
                }
                _ => new.entities_open.push(part.to_owned()),
            }
        }
        new
    }

    /// Whether something has been fed.
    pub(super) const fn has_started(&self) -> bool {
        self.started
    }

    /// Whether it is a parser of an external entity.
    pub(super) const fn is_child(&self) -> bool {
        self.is_external
    }

    /// How much entities have grown the document.
    pub(super) fn amplification(&self) -> &Amplification {
        &self.amplification
    }

    /// Takes a piece of the document. Err when it ended before.
    pub(super) fn feed(&mut self, data: &[u8], is_final: bool) -> Result<(), u8> {
        if self.finished {
            if self.error == 0 {
                self.error = code::FINISHED;
            }
            return Err(self.error);
        }
        self.started = true;
        let direct = &self.amplification.direct;
        if self.is_external {
            self.amplification.indirect.set(self.amplification.indirect.get() + data.len() as u64);
        } else {
            direct.set(direct.get() + data.len() as u64);
        }
        if let Some(main) = self.sources.first_mut()
            && main.pos > 1 << 16
            && main.pos > main.text.len() / 2
        {
            self.place = self.place_of(self.sources.first().map_or(0, |main| main.pos));
            if let Some(main) = self.sources.first_mut() {
                main.text.drain(..main.pos);
                main.pos = 0;
            }
            self.place_at = 0;
            self.event_at = 0;
            self.token_end = 0;
        }
        self.raw.extend_from_slice(data);
        if self.mode != Mode::Start {
            self.decode();
        }
        self.is_final = is_final;
        let have = self.raw.len() + self.rest().len();
        self.is_deferred = self.deferral && !is_final && have < 2 * self.waiting;
        Ok(())
    }

    /// Notes how far a piece went.
    pub(super) fn end_round(&mut self) {
        if self.is_deferred {
            return;
        }
        self.waiting = self.raw.len() + self.rest().len();
        if self.is_final {
            self.finished = true;
        }
    }

    /// What is not read yet of the document.
    pub(super) fn rest(&self) -> &[u8] {
        self.sources.first().map_or(&[], |main| main.text.get(main.pos..).unwrap_or_default())
    }

    /// The document from the current event on.
    pub(super) fn context(&self) -> &[u8] {
        self.sources.first().map_or(&[], |main| main.text.get(self.event_at..).unwrap_or_default())
    }

    fn decode(&mut self) {
        if let Some(main) = self.sources.first_mut()
            && self.tail != Tail::Broken
        {
            self.tail = self.encoding.decode(&mut self.raw, &mut main.text);
        }
    }

    /// Where `at` is in the document.
    fn place_of(&self, at: usize) -> Place {
        let mut place = self.place;
        let Some(main) = self.sources.first() else { return place };
        let text = main.text.get(self.place_at..at).unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        let before = self.place_at.checked_sub(1).and_then(|at| main.text.get(at));
        let mut was_return = before == Some(&b'\r');
        for c in text.chars() {
            place.byte += self.encoding.width(c) as u64;
            match c {
                '\n' if was_return => {}
                '\n' | '\r' => {
                    place.line += 1;
                    place.column = 0;
                }
                _ => place.column += 1,
            }
            was_return = c == '\r';
        }
        place
    }

    /// Where the current event is.
    pub(super) fn event_place(&self) -> Place {
        self.place_of(self.event_at)
    }

    fn set_event(&mut self, at: usize) {
        if self.sources.len() == 1 {
            self.place = self.place_of(at);
            self.place_at = at;
            self.event_at = at;
        }
    }

    fn push(&mut self, event: Event, raw: (usize, usize)) {
        let raw = if self.wants.raw { Some(self.text(raw.0, raw.1)) } else { None };
        self.queue.push_back(Item { event, raw, at_end: false });
    }

    fn push_bare(&mut self, event: Event) {
        self.queue.push_back(Item { event, raw: None, at_end: false });
    }

    /// A piece of the source that is read.
    fn text(&self, from: usize, to: usize) -> String {
        let bytes = self.sources.last().and_then(|source| source.text.get(from..to));
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }

    fn bytes(&self) -> &[u8] {
        self.sources.last().map_or(&[], |source| source.text.as_slice())
    }

    fn pos(&self) -> usize {
        self.sources.last().map_or(0, |source| source.pos)
    }

    fn go(&mut self, to: usize) {
        if let Some(source) = self.sources.last_mut() {
            source.pos = to;
        }
        if self.sources.len() == 1 {
            self.token_end = to;
        }
    }

    /// Ends the parse with an error.
    pub(super) fn fail(&mut self, code: u8) -> u8 {
        self.error = code;
        self.finished = true;
        code
    }

    /// The table of an encoding that was asked for; None when there is none.
    pub(super) fn set_table(&mut self, table: Option<Box<[Option<char>; 256]>>) -> Result<(), u8> {
        match table {
            Some(table) => {
                self.encoding = Encoding::Table(table);
                if self.mode != Mode::Start {
                    self.decode();
                }
                Ok(())
            }
            None => Err(self.fail(code::UNKNOWN_ENCODING)),
        }
    }

    /// The next event; None when more has to be fed.
    pub(super) fn next(&mut self) -> Result<Option<Item>, u8> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                if item.at_end {
                    let end = self.token_end;
                    self.set_event(end);
                }
                return Ok(Some(item));
            }
            if self.error != 0 {
                return Err(self.error);
            }
            if self.is_deferred {
                return Ok(None);
            }
            let step = match self.mode {
                Mode::Start => self.begin(),
                Mode::Prolog | Mode::Epilog => self.step_outside(),
                Mode::Subset | Mode::Declarations => self.step_declarations(),
                Mode::Content => self.step_content(),
                Mode::Cdata => self.step_cdata(),
            };
            match step {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(Stop::Partial) => {
                    let at = self.pos();
                    let inside = self.sources.len() > 1;
                    if !inside && self.tail == Tail::Broken {
                        let end = self.bytes().len();
                        self.set_event(end);
                        return Err(self.fail(code::INVALID_TOKEN));
                    }
                    if !inside && !self.is_final {
                        return Ok(None);
                    }
                    self.set_event(at);
                    let is_cdata = self.mode == Mode::Cdata;
                    let code =
                        if is_cdata { code::UNCLOSED_CDATA_SECTION } else { code::UNCLOSED_TOKEN };
                    return Err(self.fail(code));
                }
                Err(Stop::Error(code, at)) => {
                    self.set_event(at);
                    return Err(self.fail(code));
                }
            }
        }
    }

    /// Finds out the encoding, and reads the declaration if there is one.
    fn begin(&mut self) -> scan::Scan<bool> {
        if let Some(name) = self.protocol_encoding.clone() {
            match Encoding::known(&name) {
                Some(Encoding::Utf16 { .. }) if name.eq_ignore_ascii_case("UTF-16") => {
                    let Some(&[a, b]) = self.raw.first_chunk::<2>() else { return self.no_start() };
                    self.encoding = Encoding::Utf16 { big: (a, b) != (0xff, 0xfe) };
                }
                Some(encoding) => self.encoding = encoding,
                None if matches!(self.encoding, Encoding::Table(_)) => {}
                None => {
                    self.push_bare(Event::UnknownEncoding(name));
                    return Ok(true);
                }
            }
        } else {
            match self.raw.as_slice() {
                [] | [0xfe | 0xff] | [0xef] | [0xef, 0xbb] if !self.is_final => return Ok(false),
                [0xff, 0xfe, ..] => self.encoding = Encoding::Utf16 { big: false },
                [0xfe, 0xff, ..] | [0, _, ..] => self.encoding = Encoding::Utf16 { big: true },
                [_, 0, ..] => self.encoding = Encoding::Utf16 { big: false },
                _ => {}
            }
        }
        let mark: &[u8] = match (&self.encoding, self.raw.as_slice()) {
            (Encoding::Utf8, [0xef, 0xbb, 0xbf, ..]) => &[0; 3],
            (Encoding::Utf16 { .. }, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => &[0; 2],
            _ => &[],
        };
        let is_wide = matches!(self.encoding, Encoding::Utf16 { .. });
        // Only the declaration says what the bytes behind it are.
        let mut head = Vec::new();
        let mut raw = self.raw.get(mark.len()..).unwrap_or_default().to_vec();
        match &self.encoding {
            Encoding::Utf8 => head.clone_from(&raw),
            encoding => {
                encoding.decode(&mut raw, &mut head);
            }
        }
        let start = head.get(..head.len().min(6)).unwrap_or_default();
        let is_declared =
            start.starts_with(b"<?xml") && start.get(5).is_none_or(|&byte| is_space(byte));
        if !is_declared || (start.len() < 6 && self.is_final) {
            if b"<?xml".starts_with(start) && !self.is_final {
                return Ok(false);
            }
            return self.start_text(mark.len());
        }
        let Some(end) = memchr::memmem::find(&head, b"?>") else {
            if !self.is_final {
                return Ok(false);
            }
            return self.start_text(mark.len());
        };
        let text = String::from_utf8_lossy(head.get(5..end).unwrap_or_default()).into_owned();
        let bad = if self.is_external { code::TEXT_DECL } else { code::XML_DECL };
        let declared = match declaration(&text, self.is_external) {
            Ok(declared) => declared,
            Err(at) => {
                self.start_text(mark.len())?;
                return Err(Stop::Error(bad, 5 + at));
            }
        };
        let mut unknown = None;
        if self.protocol_encoding.is_none()
            && let Some((name, at)) = &declared.encoding
        {
            match Encoding::known(name) {
                Some(Encoding::Utf16 { .. }) if is_wide => {}
                Some(encoding) if !is_wide && !matches!(encoding, Encoding::Utf16 { .. }) => {
                    self.encoding = encoding;
                }
                Some(_) => {
                    self.start_text(mark.len())?;
                    return Err(Stop::Error(code::INCORRECT_ENCODING, 5 + at));
                }
                None => unknown = Some(name.clone()),
            }
        }
        if declared.standalone == 1 {
            self.dtd.borrow_mut().standalone = true;
            if self.parameter_parsing == 1 {
                self.parameter_parsing = 0;
            }
        }
        self.place.byte += mark.len() as u64;
        self.raw.drain(..mark.len());
        if unknown.is_some() {
            // The declaration itself is plain; the rest waits for the table.
            let declaration: Vec<u8> = self.raw.drain(..end + 2).collect();
            if let Some(main) = self.sources.first_mut() {
                main.text.extend(declaration);
            }
        } else {
            self.decode();
        }
        let event = Event::XmlDecl {
            version: declared.version,
            encoding: declared.encoding.map(|(name, _)| name),
            standalone: declared.standalone,
        };
        self.set_event(0);
        self.push(event, (0, end + 2));
        self.go(end + 2);
        self.mode = self.first_mode();
        if let Some(name) = unknown {
            self.push_bare(Event::UnknownEncoding(name));
        }
        Ok(true)
    }

    fn no_start(&mut self) -> scan::Scan<bool> {
        if self.is_final { self.start_text(0) } else { Ok(false) }
    }

    const fn first_mode(&self) -> Mode {
        match (self.is_external, self.is_parameter) {
            (true, true) => Mode::Declarations,
            (true, false) => Mode::Content,
            _ => Mode::Prolog,
        }
    }

    fn start_text(&mut self, mark: usize) -> scan::Scan<bool> {
        self.place.byte += mark as u64;
        self.raw.drain(..mark);
        self.mode = self.first_mode();
        self.decode();
        Ok(true)
    }

    /// At the end of what there is.
    fn at_end(&mut self, code: u8) -> scan::Scan<bool> {
        if self.sources.len() == 1 {
            let at = self.pos();
            match self.tail {
                Tail::Broken => return scan::invalid(at),
                _ if !self.is_final => return Ok(false),
                Tail::Partial
                    if self.raw.len() == 1 && matches!(self.encoding, Encoding::Utf16 { .. }) =>
                {
                    return Err(Stop::Error(code::UNCLOSED_TOKEN, at));
                }
                Tail::Partial => return Err(Stop::Error(code::PARTIAL_CHAR, at)),
                Tail::None => {}
            }
            if code == 0 {
                self.set_event(at);
                return Ok(false);
            }
            return Err(Stop::Error(code, at));
        }
        Ok(false)
    }

    /// A step in front of the first element or behind the last.
    fn step_outside(&mut self) -> scan::Scan<bool> {
        let at = self.pos();
        let is_epilog = self.mode == Mode::Epilog;
        let text = self.bytes();
        let Some(&byte) = text.get(at) else {
            return self.at_end(if is_epilog { 0 } else { code::NO_ELEMENTS });
        };
        if is_space(byte) {
            let end = scan::spaces(text, at).unwrap_or(text.len());
            return self.other(at, end);
        }
        let junk = if is_epilog { code::JUNK_AFTER_DOC_ELEMENT } else { code::SYNTAX };
        if byte != b'<' {
            let is_token =
                byte.is_ascii_alphanumeric() || byte >= 0x80 || b"\"'%()[]>|,#-._:".contains(&byte);
            return if is_token { Err(Stop::Error(junk, at)) } else { scan::invalid(at) };
        }
        match text.get(at + 1) {
            None => Err(Stop::Partial),
            Some(b'?') => self.instruction(at),
            Some(b'!') => match text.get(at + 2) {
                None => Err(Stop::Partial),
                Some(b'-') => self.comment(at),
                Some(b'[') => Err(Stop::Error(junk, at)),
                Some(_) if is_epilog => Err(Stop::Error(junk, at)),
                Some(b'D') if !self.doctype_seen => self.doctype(at),
                Some(byte) if byte.is_ascii_alphabetic() => Err(Stop::Error(junk, at)),
                Some(_) => scan::invalid(at + 2),
            },
            Some(b'/') if is_epilog => scan::end_tag(text, at).and(Err(Stop::Error(junk, at))),
            Some(_) => {
                scan::name(text, at + 1).or_else(|stop| match stop {
                    Stop::Partial if text.len() > at + 1 => Ok(0),
                    stop => Err(stop),
                })?;
                if is_epilog {
                    return scan::start_tag(text, at).and(Err(Stop::Error(junk, at)));
                }
                if self.foreign_dtd && !self.doctype_seen {
                    self.doctype_seen = true;
                    self.set_event(at);
                    self.dtd.borrow_mut().has_parameter_references = true;
                    self.ask_for_subset(None, None);
                }
                self.mode = Mode::Content;
                Ok(true)
            }
        }
    }

    fn other(&mut self, at: usize, end: usize) -> scan::Scan<bool> {
        self.set_event(at);
        if self.wants.raw {
            self.push(Event::Other, (at, end));
        }
        self.go(end);
        Ok(true)
    }

    fn instruction(&mut self, at: usize) -> scan::Scan<bool> {
        let (target, data, end) = scan::instruction(self.bytes(), at + 2)?;
        let target_text = self.text(target.0, target.1);
        if target_text == "xml" {
            return Err(Stop::Error(code::MISPLACED_XML_PI, at));
        }
        if target_text.eq_ignore_ascii_case("xml") {
            return scan::invalid(target.1);
        }
        let data = normal_lines(&self.text(data.0, data.1));
        self.set_event(at);
        self.push(Event::Instruction(target_text, data), (at, end));
        self.go(end);
        Ok(true)
    }

    fn comment(&mut self, at: usize) -> scan::Scan<bool> {
        let start = scan::expect(self.bytes(), at, b"<!--")?;
        let end = scan::comment(self.bytes(), start)?;
        let text = normal_lines(&self.text(start, end));
        self.set_event(at);
        self.push(Event::Comment(text), (at, end + 3));
        self.go(end + 3);
        Ok(true)
    }

    fn doctype(&mut self, at: usize) -> scan::Scan<bool> {
        let text = self.bytes();
        scan::expect(text, at, b"<!DOCTYPE")?;
        // The head ends at the bracket or at the end of the whole.
        let mut quote = None;
        let end = text
            .get(at..)
            .unwrap_or_default()
            .iter()
            .position(|&byte| match quote {
                Some(open) => {
                    if byte == open {
                        quote = None;
                    }
                    false
                }
                None if matches!(byte, b'"' | b'\'') => {
                    quote = Some(byte);
                    false
                }
                None => matches!(byte, b'[' | b'>'),
            })
            .map(|length| at + length);
        let Some(end) = end else {
            scan::check_chars(text, at, text.len())?;
            return Err(Stop::Partial);
        };
        scan::check_chars(text, at, end)?;
        let has_subset = text.get(end) == Some(&b'[');
        let mut cursor = super::dtd::Cursor { text, at: at + 9, end };
        cursor.space()?;
        let name = cursor.name()?.to_owned();
        let external = if cursor.skip() { cursor.external(false)? } else { None };
        cursor.finish()?;
        self.doctype_seen = true;
        let (system, public) = external.unwrap_or_default();
        self.set_event(at);
        self.doctype = Some((name.clone(), system.clone(), public.clone()));
        if system.is_some() {
            let mut dtd = self.dtd.borrow_mut();
            dtd.has_parameter_references = true;
            let told = !dtd.standalone && self.parameter_parsing == 0;
            drop(dtd);
            if told {
                self.push_bare(Event::NotStandalone);
            }
        }
        let event = Event::StartDoctype { name, system: system.clone(), public, has_subset };
        self.push(event, (at, end + 1));
        self.go(end + 1);
        if has_subset {
            self.mode = Mode::Subset;
        } else {
            self.end_doctype();
        }
        Ok(true)
    }

    fn end_doctype(&mut self) {
        let (_, system, public) = self.doctype.take().unwrap_or_default();
        if system.is_some() || self.foreign_dtd {
            if self.foreign_dtd && system.is_none() {
                self.dtd.borrow_mut().has_parameter_references = true;
            }
            self.ask_for_subset(system, public);
        }
        self.queue.push_back(Item { event: Event::EndDoctype, raw: None, at_end: false });
        self.mode = Mode::Prolog;
    }

    fn ask_for_subset(&mut self, system: Option<String>, public: Option<String>) {
        if self.parameter_parsing == 0 {
            return;
        }
        if self.wants.external {
            let base = self.base.clone();
            self.push_bare(Event::ExternalEntity { context: None, base, system, public });
        }
        if !self.dtd.borrow().standalone {
            self.push_bare(Event::NotStandalone);
        }
    }

    /// A step among declarations.
    fn step_declarations(&mut self) -> scan::Scan<bool> {
        let at = self.pos();
        let text = self.bytes();
        let Some(&byte) = text.get(at) else {
            if self.sources.len() > 1 {
                return Ok(self.leave());
            }
            let code = if self.mode == Mode::Subset { code::NO_ELEMENTS } else { 0 };
            return self.at_end(code);
        };
        match byte {
            _ if is_space(byte) => {
                let end = scan::spaces(text, at).unwrap_or(text.len());
                self.other(at, end)
            }
            b'%' => {
                let end = scan::name(text, at + 1)?;
                if text.get(end) != Some(&b';') {
                    return scan::invalid(end);
                }
                let name = self.text(at + 1, end);
                self.parameter_reference(at, end + 1, name)
            }
            b']' if self.mode == Mode::Subset && self.sources.len() == 1 => {
                let end = scan::spaces(text, at + 1)?;
                if text.get(end) != Some(&b'>') {
                    return Err(Stop::Error(code::SYNTAX, end));
                }
                self.set_event(at);
                if self.wants.raw {
                    self.push(Event::Other, (at, end));
                }
                self.go(end);
                self.set_event(end);
                self.go(end + 1);
                self.end_doctype();
                if let Some(last) = self.queue.back_mut()
                    && self.wants.raw
                {
                    last.raw = Some(">".to_owned());
                }
                Ok(true)
            }
            b']' if self.includes > 0 => {
                let end = scan::expect(text, at, b"]]>")?;
                self.includes -= 1;
                self.other(at, end)
            }
            b'<' => match text.get(at + 1) {
                None => Err(Stop::Partial),
                Some(b'?') => self.instruction(at),
                Some(b'!') => match text.get(at + 2) {
                    None => Err(Stop::Partial),
                    Some(b'-') => self.comment(at),
                    Some(b'[') if self.is_parameter || self.sources.len() > 1 => self.section(at),
                    Some(byte) if byte.is_ascii_alphabetic() => self.declare(at),
                    Some(_) => scan::invalid(at + 2),
                },
                Some(_) => Err(Stop::Error(code::SYNTAX, at)),
            },
            _ if byte.is_ascii_alphanumeric() || b"\"'()[]>|,#-._:".contains(&byte) => {
                Err(Stop::Error(code::SYNTAX, at))
            }
            _ => scan::invalid(at),
        }
    }

    /// `<![INCLUDE[` and `<![IGNORE[`
    fn section(&mut self, at: usize) -> scan::Scan<bool> {
        let text = self.bytes();
        let rest = text.get(at + 3..).unwrap_or_default();
        let Some(length) = memchr::memchr(b'[', rest) else { return Err(Stop::Partial) };
        let mut word =
            String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).trim().to_owned();
        if let Some(name) = word.strip_prefix('%').and_then(|word| word.strip_suffix(';')) {
            let value =
                self.dtd.borrow().parameters.get(name).and_then(|entity| entity.text.clone());
            word = value.unwrap_or_default().trim().to_owned();
        }
        let start = at + 3 + length + 1;
        match word.as_str() {
            "INCLUDE" => {
                self.includes += 1;
                self.other(at, start)
            }
            "IGNORE" => {
                let (mut place, mut depth) = (start, 1);
                while depth > 0 {
                    match text.get(place..) {
                        Some([b'<', b'!', b'[', ..]) => {
                            depth += 1;
                            place += 3;
                        }
                        Some([b']', b']', b'>', ..]) => {
                            depth -= 1;
                            place += 3;
                        }
                        Some([_, ..]) => place += 1,
                        _ => return Err(Stop::Partial),
                    }
                }
                self.other(at, place)
            }
            _ => Err(Stop::Error(code::SYNTAX, at)),
        }
    }

    fn parameter_reference(&mut self, at: usize, end: usize, name: String) -> scan::Scan<bool> {
        self.set_event(at);
        let mut dtd = self.dtd.borrow_mut();
        dtd.has_parameter_references = true;
        let standalone = dtd.standalone;
        if self.parameter_parsing == 0 {
            dtd.keep_processing = standalone;
            drop(dtd);
            let done = self.other(at, end);
            if !standalone {
                self.push_bare(Event::NotStandalone);
            }
            return done;
        }
        let found = dtd.parameters.get(&name).cloned();
        let Some(entity) = found else {
            dtd.keep_processing = standalone;
            drop(dtd);
            self.push(Event::SkippedEntity(name, true), (at, end));
            self.go(end);
            return Ok(true);
        };
        drop(dtd);
        let key = format!("%{name}");
        if self.entities_open.contains(&key) {
            return Err(Stop::Error(code::RECURSIVE_ENTITY_REF, at));
        }
        match entity.text {
            Some(text) => {
                self.go(end);
                self.enter(key, text)?;
            }
            None => {
                self.go(end);
                if self.wants.external {
                    let Entity { base, system, public, .. } = entity;
                    self.push_bare(Event::ExternalEntity { context: None, base, system, public });
                } else {
                    self.dtd.borrow_mut().keep_processing = standalone;
                }
                if !standalone {
                    self.push_bare(Event::NotStandalone);
                }
            }
        }
        Ok(true)
    }

    /// Goes into an internal entity's text.
    fn enter(&mut self, name: String, text: String) -> scan::Scan<()> {
        self.amplify(text.len())?;
        self.entities_open.push(name.clone());
        self.sources.push(Source {
            text: text.into_bytes(),
            pos: 0,
            entity: Some((name, true)),
            level: self.open.len(),
            back: self.mode,
        });
        Ok(())
    }

    /// Counts text that an entity stands for.
    fn amplify(&self, bytes: usize) -> scan::Scan<()> {
        let amplification = &self.amplification;
        let indirect = amplification.indirect.get().saturating_add(bytes as u64);
        amplification.indirect.set(indirect);
        let direct = amplification.direct.get();
        let total = direct.saturating_add(indirect);
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let factor = total as f64 / direct.max(22) as f64;
        if total >= amplification.threshold.get() && factor > amplification.factor.get() {
            return Err(Stop::Error(code::AMPLIFICATION_LIMIT_BREACH, self.event_at));
        }
        Ok(())
    }

    /// Leaves an entity's text.
    fn leave(&mut self) -> bool {
        if let Some(source) = self.sources.pop()
            && let Some((name, _)) = source.entity
        {
            self.entities_open.retain(|open| *open != name);
            self.mode = source.back;
        }
        true
    }

    /// A declaration: `<!ENTITY` and its kin.
    fn declare(&mut self, at: usize) -> scan::Scan<bool> {
        let end = scan::declaration(self.bytes(), at + 2)?;
        self.set_event(at);
        let may_replace = self.is_parameter || self.sources.len() > 1;
        let raw = self.text(at, end + 1);
        let body = if may_replace && raw.contains('%') { self.replaced(&raw) } else { None };
        let shift = if body.is_some() { None } else { Some(at) };
        let text = body.unwrap_or(raw);
        let result = self.declare_text(&text);
        match result {
            Ok(()) => {}
            Err(Stop::Error(code, place)) => {
                return Err(Stop::Error(code, shift.map_or(at, |at| at + place)));
            }
            Err(Stop::Partial) => return Err(Stop::Error(code::SYNTAX, at)),
        }
        self.go(end + 1);
        if self.wants.raw {
            // Whatever the declaration told, its text belongs to the first event.
            let raw = self.text(at, end + 1);
            match self.queue.front_mut() {
                Some(first) => first.raw = Some(raw),
                None => self.push(Event::Other, (at, end + 1)),
            }
        }
        Ok(true)
    }

    /// A declaration with its parameter entities, outside of quotes, replaced.
    fn replaced(&self, text: &str) -> Option<String> {
        let mut out = text.to_owned();
        for _ in 0..64 {
            let mut quote = None;
            let mut found = None;
            for (place, c) in out.char_indices() {
                match quote {
                    Some(open) if c == open => quote = None,
                    Some(_) => {}
                    None if c == '"' || c == '\'' => quote = Some(c),
                    None if c == '%' => {
                        let rest = out.get(place + 1..).unwrap_or_default();
                        if let Some((name, _)) = rest.split_once(';')
                            && !name.is_empty()
                            && !name.contains(|c: char| c.is_ascii_whitespace())
                        {
                            found = Some((place, place + 1 + name.len() + 1, name.to_owned()));
                            break;
                        }
                    }
                    None => {}
                }
            }
            let Some((from, to, name)) = found else { return Some(out) };
            let value =
                self.dtd.borrow().parameters.get(&name).and_then(|entity| entity.text.clone())?;
            if out.len() + value.len() > 1 << 24 {
                return None;
            }
            out.replace_range(from..to, &format!(" {value} "));
        }
        Some(out)
    }

    fn declare_text(&mut self, text: &str) -> scan::Scan<()> {
        let end = text.len() - 1;
        let mut cursor = super::dtd::Cursor { text: text.as_bytes(), at: 2, end };
        if memchr::memchr(b'%', text.as_bytes()).is_some()
            && !self.is_parameter
            && self.sources.len() == 1
        {
            forbid_references(text)?;
        }
        if cursor.word("ENTITY") {
            self.declare_entity(&mut cursor)
        } else if cursor.word("ATTLIST") {
            self.declare_attributes(&mut cursor)
        } else if cursor.word("ELEMENT") {
            cursor.space()?;
            let name = cursor.name()?.to_owned();
            cursor.space()?;
            let model = cursor.model()?;
            cursor.finish()?;
            self.push_bare(Event::ElementDecl(name, model));
            Ok(())
        } else if cursor.word("NOTATION") {
            cursor.space()?;
            let name = cursor.name()?.to_owned();
            cursor.space()?;
            let Some((system, public)) = cursor.external(true)? else { return cursor.fail() };
            cursor.finish()?;
            let base = self.base.clone();
            self.push_bare(Event::NotationDecl { name, base, system, public });
            Ok(())
        } else {
            Err(Stop::Error(code::SYNTAX, 0))
        }
    }

    fn declare_entity(&mut self, cursor: &mut super::dtd::Cursor<'_>) -> scan::Scan<()> {
        cursor.space()?;
        let is_parameter = cursor.byte(b'%');
        if is_parameter {
            cursor.space()?;
        }
        let name = cursor.name()?.to_owned();
        cursor.space()?;
        let is_internal = !self.is_external && self.sources.len() == 1;
        let mut entity = Entity { base: self.base.clone(), is_internal, ..Entity::default() };
        match cursor.external(false)? {
            Some((system, public)) => {
                (entity.system, entity.public) = (system, public);
                if cursor.skip() && cursor.peek().is_some() {
                    if is_parameter || !cursor.word("NDATA") {
                        return cursor.fail();
                    }
                    cursor.space()?;
                    entity.notation = Some(cursor.name()?.to_owned());
                }
            }
            None => {
                let (value, start) = cursor.literal()?;
                entity.text = Some(self.entity_value(value, start)?);
            }
        }
        cursor.finish()?;
        let mut dtd = self.dtd.borrow_mut();
        if !dtd.keep_processing || (!is_parameter && predefined(&name).is_some()) {
            return Ok(());
        }
        let table = if is_parameter { &mut dtd.parameters } else { &mut dtd.entities };
        if table.contains_key(&name) {
            return Ok(());
        }
        table.insert(name.clone(), entity.clone());
        drop(dtd);
        self.push_bare(Event::EntityDecl { name, is_parameter, entity });
        Ok(())
    }

    /// The replacement text that an entity's literal gives.
    fn entity_value(&self, value: &str, start: usize) -> scan::Scan<String> {
        let mut out = String::with_capacity(value.len());
        let bytes = value.as_bytes();
        let mut place = 0;
        while place < bytes.len() {
            match bytes.get(place) {
                Some(b'&') => match scan::reference(bytes, place) {
                    Ok((scan::Reference::Char(c), end)) => {
                        out.push(c);
                        place = end;
                    }
                    Ok((_, end)) => {
                        out.push_str(value.get(place..end).unwrap_or_default());
                        place = end;
                    }
                    Err(Stop::Error(code, at)) => return Err(Stop::Error(code, start + at)),
                    Err(Stop::Partial) => return scan::invalid(start + place),
                },
                Some(b'%') => {
                    let end = scan::name(bytes, place + 1)
                        .ok()
                        .filter(|&end| bytes.get(end) == Some(&b';'));
                    let Some(end) = end else { return scan::invalid(start + place + 1) };
                    if !self.is_parameter && self.sources.len() == 1 {
                        return Err(Stop::Error(code::PARAM_ENTITY_REF, start + place));
                    }
                    let name = value.get(place + 1..end).unwrap_or_default();
                    let text =
                        self.dtd.borrow().parameters.get(name).and_then(|found| found.text.clone());
                    let text = text.unwrap_or_default();
                    self.amplify(text.len())?;
                    if out.len() + text.len() > 1 << 28 {
                        return Err(Stop::Error(code::NO_MEMORY, start + place));
                    }
                    out.push_str(&text);
                    place = end + 1;
                }
                _ => {
                    let rest = bytes.get(place..).unwrap_or_default();
                    let length = memchr::memchr2(b'&', b'%', rest).unwrap_or(rest.len());
                    let piece = value.get(place..place + length).unwrap_or_default();
                    out.push_str(&normal_lines(piece));
                    place += length;
                }
            }
        }
        Ok(out)
    }

    fn declare_attributes(&mut self, cursor: &mut super::dtd::Cursor<'_>) -> scan::Scan<()> {
        cursor.space()?;
        let element = cursor.name()?.to_owned();
        loop {
            let spaced = cursor.skip();
            if cursor.peek().is_none() {
                return Ok(());
            }
            if !spaced {
                return cursor.fail();
            }
            let name = cursor.name()?.to_owned();
            cursor.space()?;
            let kind = cursor.attribute_type()?;
            cursor.space()?;
            let is_cdata = kind == "CDATA";
            let (mut default, mut required) = (None, false);
            if cursor.byte(b'#') {
                if cursor.word("REQUIRED") {
                    required = true;
                } else if cursor.word("FIXED") {
                    required = true;
                    cursor.space()?;
                    default = Some(cursor.literal()?);
                } else if !cursor.word("IMPLIED") {
                    return cursor.fail();
                }
            } else {
                default = Some(cursor.literal()?);
            }
            let default = match default {
                Some((value, start)) => {
                    let value = self.attribute_value(value, is_cdata, start)?;
                    Some(value)
                }
                None => None,
            };
            let mut dtd = self.dtd.borrow_mut();
            if !dtd.keep_processing {
                continue;
            }
            let known = dtd.attributes.entry(element.clone()).or_default();
            if !known.iter().any(|other| other.name == name) {
                known.push(super::dtd::AttributeDecl {
                    name: name.clone(),
                    is_cdata,
                    default: default.clone(),
                });
            }
            drop(dtd);
            let element = element.clone();
            self.push_bare(Event::AttlistDecl { element, name, kind, default, required });
        }
    }

    /// An attribute's value: references replaced, white space put right. `start` is where it is in the source.
    fn attribute_value(&self, raw: &str, is_cdata: bool, start: usize) -> scan::Scan<String> {
        let mut out = String::with_capacity(raw.len());
        if memchr::memchr3(b'&', b'\n', b'\r', raw.as_bytes()).is_none()
            && is_cdata
            && memchr::memchr(b'\t', raw.as_bytes()).is_none()
        {
            out.push_str(raw);
            return Ok(out);
        }
        let mut open = self.entities_open.clone();
        self.append_value(raw, is_cdata, &mut out, &mut open, Some(start))?;
        if !is_cdata && out.ends_with(' ') {
            out.pop();
        }
        Ok(out)
    }

    fn append_value(
        &self,
        raw: &str,
        is_cdata: bool,
        out: &mut String,
        open: &mut Vec<String>,
        start: Option<usize>,
    ) -> scan::Scan<()> {
        let bytes = raw.as_bytes();
        let place_of = |at: usize| start.map_or(self.event_at, |start| start + at);
        let space = |out: &mut String| {
            if is_cdata || !(out.is_empty() || out.ends_with(' ')) {
                out.push(' ');
            }
        };
        let mut place = 0;
        while let Some(&byte) = bytes.get(place) {
            match byte {
                b'\r' => {
                    space(out);
                    place += if bytes.get(place + 1) == Some(&b'\n') { 2 } else { 1 };
                }
                b' ' | b'\t' | b'\n' => {
                    space(out);
                    place += 1;
                }
                b'<' => return scan::invalid(place_of(place)),
                b'&' => {
                    let (reference, end) =
                        scan::reference(bytes, place).map_err(|stop| match stop {
                            Stop::Error(code, at) => Stop::Error(code, place_of(at)),
                            Stop::Partial => Stop::Error(code::INVALID_TOKEN, place_of(place)),
                        })?;
                    match reference {
                        scan::Reference::Char(' ') => space(out),
                        scan::Reference::Char(c) => out.push(c),
                        scan::Reference::Entity(from, to) => {
                            let name = raw.get(from..to).unwrap_or_default();
                            match predefined(name) {
                                Some(c) => out.push(c),
                                None => {
                                    let text =
                                        self.attribute_entity(name, open, place_of(place))?;
                                    if let Some(text) = text {
                                        if open.len() > 500 {
                                            return Err(Stop::Error(
                                                code::NO_MEMORY,
                                                place_of(place),
                                            ));
                                        }
                                        open.push(name.to_owned());
                                        self.append_value(&text, is_cdata, out, open, None)?;
                                        open.pop();
                                    }
                                }
                            }
                        }
                    }
                    place = end;
                }
                _ => {
                    let rest = bytes.get(place..).unwrap_or_default();
                    let length = rest
                        .iter()
                        .position(|byte| matches!(byte, b'&' | b'<' | b' ' | b'\t' | b'\r' | b'\n'))
                        .unwrap_or(rest.len());
                    out.push_str(raw.get(place..place + length).unwrap_or_default());
                    place += length;
                }
            }
        }
        Ok(())
    }

    /// The text of an entity in an attribute's value; None where it is skipped.
    fn attribute_entity(
        &self,
        name: &str,
        open: &[String],
        at: usize,
    ) -> scan::Scan<Option<String>> {
        let dtd = self.dtd.borrow();
        let entity = dtd.entities.get(name);
        let must_be_known = dtd.standalone || !dtd.has_parameter_references;
        let Some(entity) = entity else {
            return if must_be_known {
                Err(Stop::Error(code::UNDEFINED_ENTITY, at))
            } else {
                Ok(None)
            };
        };
        if must_be_known && !entity.is_internal {
            return Err(Stop::Error(code::ENTITY_DECLARED_IN_PE, at));
        }
        if open.iter().any(|open| open == name) {
            return Err(Stop::Error(code::RECURSIVE_ENTITY_REF, at));
        }
        if entity.notation.is_some() {
            return Err(Stop::Error(code::BINARY_ENTITY_REF, at));
        }
        match &entity.text {
            Some(text) => {
                self.amplify(text.len())?;
                Ok(Some(text.clone()))
            }
            None => Err(Stop::Error(code::ATTRIBUTE_EXTERNAL_ENTITY_REF, at)),
        }
    }

    /// A step in an element's content.
    fn step_content(&mut self) -> scan::Scan<bool> {
        let at = self.pos();
        let text = self.bytes();
        let Some(&byte) = text.get(at) else {
            let level = self.sources.last().map_or(0, |source| source.level);
            if self.sources.len() > 1 {
                if self.open.len() != level {
                    return Err(Stop::Error(code::ASYNC_ENTITY, self.event_at));
                }
                return Ok(self.leave());
            }
            if self.is_external {
                let code = if self.open.is_empty() { 0 } else { code::ASYNC_ENTITY };
                return self.at_end(code);
            }
            return self.at_end(code::NO_ELEMENTS);
        };
        let is_last = self.sources.len() > 1 || self.is_final;
        match byte {
            b'<' => match text.get(at + 1) {
                None => Err(Stop::Partial),
                Some(b'/') => self.end_tag(at),
                Some(b'?') => self.instruction(at),
                Some(b'!') => match text.get(at + 2) {
                    None => Err(Stop::Partial),
                    Some(b'-') => self.comment(at),
                    Some(b'[') => {
                        let end = scan::expect(text, at, b"<![CDATA[")?;
                        self.set_event(at);
                        self.push(Event::StartCdata, (at, end));
                        self.go(end);
                        self.mode = Mode::Cdata;
                        Ok(true)
                    }
                    Some(_) => scan::invalid(at + 2),
                },
                Some(_) => self.start_tag(at),
            },
            b'&' => self.content_reference(at),
            b'\n' => self.newline(at, at + 1),
            b'\r' => match text.get(at + 1) {
                Some(b'\n') => self.newline(at, at + 2),
                None if !is_last => Ok(false),
                _ => self.newline(at, at + 1),
            },
            b']' if !is_last && matches!(text.get(at..), Some([b']'] | [b']', b']'])) => Ok(false),
            _ => {
                let rest = text.get(at..).unwrap_or_default();
                let mut length = rest
                    .iter()
                    .position(|byte| matches!(byte, b'<' | b'&' | b'\n' | b'\r'))
                    .unwrap_or(rest.len());
                let run = rest.get(..length).unwrap_or_default();
                if let Some(place) = memchr::memmem::find(run, b"]]>") {
                    if place == 0 {
                        return scan::invalid(at + 2);
                    }
                    length = place;
                } else if length == rest.len() && !is_last {
                    // Brackets at the end may become the forbidden three.
                    let brackets =
                        run.iter().rev().take(2).take_while(|&&byte| byte == b']').count();
                    length -= brackets;
                }
                let run = rest.get(..length).unwrap_or_default();
                length = self.chunk(run);
                let run = rest.get(..length).unwrap_or_default();
                match scan::first_bad(run) {
                    Some(0) => return scan::invalid(at),
                    Some(place) => length = place,
                    None => {}
                }
                self.set_event(at);
                let text = self.text(at, at + length);
                self.push(Event::Text(text), (at, at + length));
                self.go(at + length);
                Ok(true)
            }
        }
    }

    /// How much of a run of text is told at once: text that had to be decoded comes in pieces.
    fn chunk(&self, run: &[u8]) -> usize {
        const PIECE: usize = 1024;
        if self.encoding == Encoding::Utf8 || run.len() <= PIECE {
            return run.len();
        }
        let is_inside = |at: &usize| run.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
        (0..=PIECE).rev().find(|at| !is_inside(at)).unwrap_or(PIECE)
    }

    fn newline(&mut self, at: usize, end: usize) -> scan::Scan<bool> {
        self.set_event(at);
        self.push(Event::Text("\n".to_owned()), (at, end));
        self.go(end);
        Ok(true)
    }

    fn step_cdata(&mut self) -> scan::Scan<bool> {
        let at = self.pos();
        let text = self.bytes();
        let is_last = self.sources.len() > 1 || self.is_final;
        match text.get(at..).unwrap_or_default() {
            [] => {
                if self.sources.len() > 1 {
                    return Err(Stop::Error(code::UNCLOSED_CDATA_SECTION, self.event_at));
                }
                self.at_end(code::UNCLOSED_CDATA_SECTION)
            }
            [b']', b']', b'>', ..] => {
                self.set_event(at);
                self.push(Event::EndCdata, (at, at + 3));
                self.go(at + 3);
                self.mode = Mode::Content;
                Ok(true)
            }
            [b']'] | [b']', b']'] if is_last => Err(Stop::Error(code::UNCLOSED_CDATA_SECTION, at)),
            [b']'] | [b']', b']'] => Ok(false),
            [b'\n', ..] => self.newline(at, at + 1),
            [b'\r', b'\n', ..] => self.newline(at, at + 2),
            [b'\r'] if !is_last => Ok(false),
            [b'\r', ..] => self.newline(at, at + 1),
            rest => {
                let mut length = rest
                    .iter()
                    .skip(1)
                    .position(|byte| matches!(byte, b']' | b'\n' | b'\r'))
                    .map_or(rest.len(), |place| place + 1);
                length = self.chunk(rest.get(..length).unwrap_or_default());
                match scan::first_bad(rest.get(..length).unwrap_or_default()) {
                    Some(0) => return scan::invalid(at),
                    Some(place) => length = place,
                    None => {}
                }
                self.set_event(at);
                let text = self.text(at, at + length);
                self.push(Event::Text(text), (at, at + length));
                self.go(at + length);
                Ok(true)
            }
        }
    }

    fn content_reference(&mut self, at: usize) -> scan::Scan<bool> {
        let (reference, end) = scan::reference(self.bytes(), at)?;
        self.set_event(at);
        let name = match reference {
            scan::Reference::Char(c) => {
                self.push(Event::Text(c.to_string()), (at, end));
                self.go(end);
                return Ok(true);
            }
            scan::Reference::Entity(from, to) => self.text(from, to),
        };
        if let Some(c) = predefined(&name) {
            self.push(Event::Text(c.to_string()), (at, end));
            self.go(end);
            return Ok(true);
        }
        let dtd = self.dtd.borrow();
        let must_be_known = !dtd.has_parameter_references || dtd.standalone;
        let entity = dtd.entities.get(&name).cloned();
        drop(dtd);
        let fail = |code| Err(Stop::Error(code, at));
        let Some(entity) = entity else {
            if must_be_known {
                return fail(code::UNDEFINED_ENTITY);
            }
            return self.skip_entity(name, at, end);
        };
        if must_be_known && !entity.is_internal {
            return fail(code::ENTITY_DECLARED_IN_PE);
        }
        if self.entities_open.contains(&name) {
            return fail(code::RECURSIVE_ENTITY_REF);
        }
        if entity.notation.is_some() {
            return fail(code::BINARY_ENTITY_REF);
        }
        let Some(text) = entity.text else {
            if !self.wants.external {
                return self.other(at, end);
            }
            let context = Some(self.context_of(&name));
            let Entity { base, system, public, .. } = entity;
            self.push(Event::ExternalEntity { context, base, system, public }, (at, end));
            self.go(end);
            return Ok(true);
        };
        if self.wants.keep_entities {
            return self.skip_entity(name, at, end);
        }
        self.go(end);
        self.enter(name, text)?;
        Ok(true)
    }

    fn skip_entity(&mut self, name: String, at: usize, end: usize) -> scan::Scan<bool> {
        self.push(Event::SkippedEntity(name, false), (at, end));
        self.go(end);
        Ok(true)
    }

    /// What an external entity's parser has to know: the namespaces and entities that are open.
    fn context_of(&self, name: &str) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut seen: Vec<Option<&str>> = Vec::new();
        for (prefix, uri) in self.bindings.iter().rev() {
            let prefix = prefix.as_deref();
            if !seen.contains(&prefix) {
                seen.push(prefix);
                if let Some(uri) = uri {
                    parts.push(format!("{}={uri}", prefix.unwrap_or_default()));
                }
            }
        }
        parts.reverse();
        parts.extend(self.entities_open.iter().filter(|open| !open.starts_with('%')).cloned());
        parts.push(name.to_owned());
        parts.join("\u{c}")
    }

    fn start_tag(&mut self, at: usize) -> scan::Scan<bool> {
        let tag = scan::start_tag(self.bytes(), at)?;
        self.set_event(at);
        let raw_name = self.text(tag.name.0, tag.name.1);
        let mut attributes: Vec<(String, String)> = Vec::with_capacity(tag.attributes.len());
        let declared = self.dtd.borrow().attributes.get(&raw_name).cloned().unwrap_or_default();
        for raw in &tag.attributes {
            let name = self.text(raw.name.0, raw.name.1);
            if attributes.iter().any(|(known, _)| *known == name) {
                return Err(Stop::Error(code::DUPLICATE_ATTRIBUTE, raw.name.0));
            }
            let is_cdata =
                declared.iter().find(|known| known.name == name).is_none_or(|known| known.is_cdata);
            let value = self.bytes().get(raw.value.0..raw.value.1).unwrap_or_default();
            let value = std::str::from_utf8(value).unwrap_or_default();
            let value = self.attribute_value(value, is_cdata, raw.value.0)?;
            attributes.push((name, value));
        }
        let mut specified = attributes.len();
        for known in declared {
            if let Some(default) = known.default
                && !attributes.iter().any(|(name, _)| *name == known.name)
            {
                attributes.push((known.name, default));
            }
        }
        let mut name = raw_name.clone();
        let mut bindings = 0;
        if self.separator.is_some() {
            (bindings, specified) = self.bind(&mut attributes, specified, at)?;
            name = self.resolve(&raw_name, true).ok_or(Stop::Error(code::UNBOUND_PREFIX, at))?;
            for place in 0..attributes.len() {
                let Some((attribute, _)) = attributes.get(place) else { continue };
                if attribute.contains(':') {
                    let full = self
                        .resolve(attribute, false)
                        .ok_or(Stop::Error(code::UNBOUND_PREFIX, at))?;
                    if attributes.iter().any(|(other, _)| *other == full) {
                        return Err(Stop::Error(code::DUPLICATE_ATTRIBUTE, at));
                    }
                    if let Some(attribute) = attributes.get_mut(place) {
                        attribute.0 = full;
                    }
                }
            }
        }
        let event = Event::StartElement { name: name.clone(), attributes, specified };
        self.push(event, (at, tag.end));
        self.open.push(Open { raw_name, name, bindings });
        self.go(tag.end);
        if tag.is_empty {
            self.close(true);
        }
        Ok(true)
    }

    /// Takes the namespace declarations out of a tag's attributes: how many, and how many specified attributes are left.
    fn bind(
        &mut self,
        attributes: &mut Vec<(String, String)>,
        specified: usize,
        at: usize,
    ) -> scan::Scan<(usize, usize)> {
        let mut count = 0;
        let mut left = specified;
        let mut kept = Vec::with_capacity(attributes.len());
        for (nth, (name, value)) in std::mem::take(attributes).into_iter().enumerate() {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => None,
                Some(rest) if rest.starts_with(':') => {
                    Some(rest.get(1..).unwrap_or_default().to_owned())
                }
                _ => {
                    kept.push((name, value));
                    continue;
                }
            };
            let fail = |code| Err(Stop::Error(code, at));
            match prefix.as_deref() {
                Some("xmlns") => return fail(code::RESERVED_PREFIX_XMLNS),
                Some("xml") if value != XML_URI => return fail(code::RESERVED_PREFIX_XML),
                Some("xml") => {}
                Some(_) if value.is_empty() => return fail(code::UNDECLARING_PREFIX),
                _ if value == XML_URI || value == XMLNS_URI => {
                    return fail(code::RESERVED_NAMESPACE_URI);
                }
                _ => {}
            }
            if let Some(Some(separator)) = self.separator
                && !separator.is_ascii_alphanumeric()
                && !"-._~:/?#[]@!$&'()*+,;=%".contains(separator)
                && separator != '\0'
                && value.contains(separator)
            {
                return fail(code::SYNTAX);
            }
            if nth < specified {
                left -= 1;
            }
            let uri = if value.is_empty() { None } else { Some(value) };
            self.push_bare(Event::StartNamespace(prefix.clone(), uri.clone()));
            self.bindings.push((prefix, uri));
            count += 1;
        }
        *attributes = kept;
        Ok((count, left))
    }

    /// A name with its namespace; None where its prefix is not bound.
    fn resolve(&self, name: &str, is_element: bool) -> Option<String> {
        let (prefix, local) = match name.split_once(':') {
            Some((prefix, local)) => (Some(prefix), local),
            None => (None, name),
        };
        if prefix.is_none() && !is_element {
            return Some(name.to_owned());
        }
        let bound = self.bindings.iter().rev().find(|(known, _)| known.as_deref() == prefix);
        let Some((_, Some(uri))) = bound else {
            return if prefix.is_none() { Some(name.to_owned()) } else { None };
        };
        let mut full = uri.clone();
        let separator = self.separator.flatten();
        full.extend(separator);
        full.push_str(local);
        if let Some(prefix) = prefix
            && self.triplets
            && separator.is_some()
        {
            full.extend(separator);
            full.push_str(prefix);
        }
        Some(full)
    }

    fn end_tag(&mut self, at: usize) -> scan::Scan<bool> {
        let (name, end) = scan::end_tag(self.bytes(), at)?;
        let level = self.sources.last().map_or(0, |source| source.level);
        if self.open.len() == level && (self.sources.len() > 1 || self.is_external) {
            return Err(Stop::Error(code::ASYNC_ENTITY, at));
        }
        let found = self.text(name.0, name.1);
        if self.open.last().is_none_or(|open| open.raw_name != found) {
            return Err(Stop::Error(code::TAG_MISMATCH, name.0));
        }
        self.set_event(at);
        self.go(end);
        let raw = (at, end);
        let raw = if self.wants.raw { Some(self.text(raw.0, raw.1)) } else { None };
        self.close(false);
        if let Some(item) =
            self.queue.iter_mut().find(|item| matches!(item.event, Event::EndElement(_)))
        {
            item.raw = raw;
        }
        Ok(true)
    }

    /// Closes the innermost element.
    fn close(&mut self, at_end: bool) {
        let Some(open) = self.open.pop() else { return };
        self.queue.push_back(Item { event: Event::EndElement(open.name), raw: None, at_end });
        for _ in 0..open.bindings {
            if let Some((prefix, _)) = self.bindings.pop() {
                self.push_bare(Event::EndNamespace(prefix));
            }
        }
        if self.open.is_empty() && !self.is_external {
            if self.sources.len() == 1 {
                self.mode = Mode::Epilog;
            } else if let Some(main) = self.sources.get_mut(1) {
                main.back = Mode::Epilog;
            }
        }
    }
}

/// Whether a parameter entity is referred to where none may be: in a declaration of the document itself.
fn forbid_references(text: &str) -> scan::Scan<()> {
    let bytes = text.as_bytes();
    let mut quote = None;
    for (place, &byte) in bytes.iter().enumerate() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None if byte == b'%' && bytes.get(place + 1).is_some_and(|&next| !is_space(next)) => {
                return Err(Stop::Error(code::PARAM_ENTITY_REF, place));
            }
            None => {}
        }
    }
    Ok(())
}

/// Text with its line ends made `\n`.
fn normal_lines(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

/// What a declaration says.
struct Declared {
    version: Option<String>,
    encoding: Option<(String, usize)>,
    standalone: i64,
}

/// Reads the pseudo attributes of a declaration; Err says where they are wrong.
fn declaration(text: &str, is_text: bool) -> Result<Declared, usize> {
    let mut declared = Declared { version: None, encoding: None, standalone: -1 };
    let mut stage = 0;
    let mut place = 0;
    loop {
        let rest = text.get(place..).unwrap_or_default();
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let start = text.len() - trimmed.len();
        if trimmed.is_empty() {
            break;
        }
        if start == place {
            return Err(place);
        }
        let Some((name, behind)) = trimmed.split_once('=') else { return Err(start) };
        let behind = behind.trim_start_matches([' ', '\t', '\r', '\n']);
        let Some(quote @ ('"' | '\'')) = behind.chars().next() else {
            return Err(text.len() - behind.len());
        };
        let inner = behind.get(1..).unwrap_or_default();
        let value_at = text.len() - inner.len();
        let Some((value, after)) = inner.split_once(quote) else { return Err(value_at) };
        match (name.trim_ascii_end(), stage) {
            ("version", 0) => {
                let fine = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
                if value.is_empty() || !value.chars().all(fine) {
                    return Err(value_at);
                }
                declared.version = Some(value.to_owned());
                stage = 1;
            }
            ("encoding", 0 | 1) if stage == 1 || is_text => {
                if !value.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    return Err(value_at);
                }
                declared.encoding = Some((value.to_owned(), value_at));
                stage = 2;
            }
            ("standalone", 1 | 2) if !is_text => {
                declared.standalone = match value {
                    "yes" => 1,
                    "no" => 0,
                    _ => return Err(value_at),
                };
                stage = 3;
            }
            _ => return Err(start),
        }
        place = text.len() - after.len();
    }
    if (is_text && declared.encoding.is_none()) || (!is_text && declared.version.is_none()) {
        return Err(text.len());
    }
    Ok(declared)
}
