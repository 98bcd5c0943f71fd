//! An XML parser that is fed pieces and gives events, with the order of events, the errors and the places of expat.
//!
//! It knows no object, and nobody is called back: whoever drives it takes one event after the other. Here is the engine
//! itself, the text that it is fed and the order of its events; each file beside reads one part of a document.

mod content;
mod declarations;
mod event;
mod opening;
mod prolog;
mod tags;
mod values;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

pub(super) use self::event::{Event, Item, code};
use self::tags::XML_URI;
use super::dtd::Dtd;
use super::encoding::{Encoding, Tail};
use super::scan::Stop;

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
    raw_name: Rc<str>,
    name: Rc<str>,
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
    /// So are external ones that nobody handles.
    pub references: bool,
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
    place_at: Cell<usize>,
    place: Cell<Place>,
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
            place_at: Cell::new(0),
            place: Cell::new(Place::default()),
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
            self.place.set(self.place_of(self.sources.first().map_or(0, |main| main.pos)));
            if let Some(main) = self.sources.first_mut() {
                main.text.drain(..main.pos);
                main.pos = 0;
            }
            self.place_at.set(0);
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
        let (mut place, known) = (self.place.get(), self.place_at.get());
        let Some(main) = self.sources.first() else { return place };
        let text = main.text.get(known..at).unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        let bytes = text.as_bytes();
        let before = known.checked_sub(1).and_then(|at| main.text.get(at));
        let mut was_return = before == Some(&b'\r');
        let has_return = was_return || memchr::memchr(b'\r', bytes).is_some();
        if !has_return && text.is_ascii() && self.encoding.width('a') == 1 {
            place.byte += bytes.len() as u64;
            place.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
            place.column = match memchr::memrchr(b'\n', bytes) {
                Some(last) => (bytes.len() - last - 1) as u64,
                None => place.column + bytes.len() as u64,
            };
            return place;
        }
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
        // Who asks for every place asks in order, so each look goes on from the last one.
        let place = self.place_of(self.event_at);
        self.place.set(place);
        self.place_at.set(self.event_at.max(self.place_at.get()));
        place
    }

    fn set_event(&mut self, at: usize) {
        if self.sources.len() == 1 {
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
        self.borrow(from, to).into_owned()
    }

    /// As [`text`](Self::text), in place where it is well formed.
    fn borrow(&self, from: usize, to: usize) -> Cow<'_, str> {
        let bytes = self.bytes().get(from..to).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        }
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
}
