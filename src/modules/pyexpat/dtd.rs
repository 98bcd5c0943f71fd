//! What a document type declares, and the declarations that declare it.

use std::collections::HashMap;

use super::engine::code;
use super::scan::{self, Scan, Stop, is_space};

/// An entity.
#[derive(Clone, Debug, Default)]
pub(super) struct Entity {
    /// The replacement text of an internal one.
    pub text: Option<String>,
    /// The system identifier of an external one.
    pub system: Option<String>,
    /// Its public identifier.
    pub public: Option<String>,
    /// The base in force where it was declared.
    pub base: Option<String>,
    /// The notation of an unparsed one.
    pub notation: Option<String>,
    /// Whether the document itself declares it, outside of any entity.
    pub is_internal: bool,
}

/// What is declared of an attribute.
#[derive(Clone, Debug)]
pub(super) struct AttributeDecl {
    /// Its name.
    pub name: String,
    /// Whether its values are taken as they are.
    pub is_cdata: bool,
    /// Its value where a tag gives none.
    pub default: Option<String>,
}

/// The declarations that a parser and those of its external entities share.
#[derive(Clone, Debug)]
pub(super) struct Dtd {
    /// The general entities.
    pub entities: HashMap<String, Entity>,
    /// The parameter entities.
    pub parameters: HashMap<String, Entity>,
    /// The attributes of each element.
    pub attributes: HashMap<String, Vec<AttributeDecl>>,
    /// Whether there are declarations outside of the document.
    pub has_parameter_references: bool,
    /// Whether the document says that it stands alone.
    pub standalone: bool,
    /// Whether declarations still count: not behind a reference that was not followed.
    pub keep_processing: bool,
}

impl Default for Dtd {
    fn default() -> Self {
        Self {
            entities: HashMap::new(),
            parameters: HashMap::new(),
            attributes: HashMap::new(),
            has_parameter_references: false,
            standalone: false,
            keep_processing: true,
        }
    }
}

/// The children that an element may have (`XML_Content`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Model {
    /// `XML_CTYPE_*`
    pub kind: u8,
    /// `XML_CQUANT_*`
    pub quantifier: u8,
    /// The element that is named.
    pub name: Option<String>,
    /// The parts.
    pub children: Vec<Model>,
}

/// A declaration's text, read from left to right.
pub(super) struct Cursor<'a> {
    /// The text, in which places are counted.
    pub text: &'a [u8],
    /// Where reading goes on.
    pub at: usize,
    /// Where the declaration ends.
    pub end: usize,
}

impl<'a> Cursor<'a> {
    /// The byte here.
    pub(super) fn peek(&self) -> Option<u8> {
        if self.at < self.end { self.text.get(self.at).copied() } else { None }
    }

    /// A syntax error here.
    pub(super) fn fail<T>(&self) -> Scan<T> {
        match self.peek() {
            Some(byte)
                if !byte.is_ascii_alphanumeric()
                    && !b"\"'%()[]<>|,#?*+_:-.".contains(&byte)
                    && byte < 0x80 =>
            {
                scan::invalid(self.at)
            }
            _ => Err(Stop::Error(code::SYNTAX, self.at)),
        }
    }

    /// Goes over white space; whether there was some.
    pub(super) fn skip(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        self.at > start
    }

    /// White space that must be there.
    pub(super) fn space(&mut self) -> Scan<()> {
        if self.skip() { Ok(()) } else { self.fail() }
    }

    /// The text between two places.
    fn slice(&self, from: usize, to: usize) -> &'a str {
        std::str::from_utf8(self.text.get(from..to).unwrap_or_default()).unwrap_or_default()
    }

    /// A name.
    pub(super) fn name(&mut self) -> Scan<&'a str> {
        let start = self.at;
        let within = self.text.get(..self.end).unwrap_or_default();
        self.at = match scan::name(within, start) {
            Ok(end) => end,
            Err(Stop::Partial) if start < self.end => self.end,
            Err(_) => return self.fail(),
        };
        Ok(self.slice(start, self.at))
    }

    /// Name characters.
    fn token(&mut self) -> Scan<&'a str> {
        let start = self.at;
        let within = self.text.get(..self.end).unwrap_or_default();
        self.at = scan::name_chars(within, start).unwrap_or(self.end);
        if self.at == start { self.fail() } else { Ok(self.slice(start, self.at)) }
    }

    /// Whether the next word is `word`; goes behind it.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let rest = self.text.get(self.at..self.end).unwrap_or_default();
        let is_it = rest.strip_prefix(word.as_bytes()).is_some_and(|behind| {
            !behind.first().is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        if is_it {
            self.at += word.len();
        }
        is_it
    }

    /// Whether the next byte is `byte`; goes behind it.
    pub(super) fn byte(&mut self, byte: u8) -> bool {
        let is_it = self.peek() == Some(byte);
        if is_it {
            self.at += 1;
        }
        is_it
    }

    /// A text in quotes, and where it begins.
    pub(super) fn literal(&mut self) -> Scan<(&'a str, usize)> {
        let Some(quote @ (b'"' | b'\'')) = self.peek() else { return self.fail() };
        let start = self.at + 1;
        let rest = self.text.get(start..self.end).unwrap_or_default();
        let Some(length) = memchr::memchr(quote, rest) else { return self.fail() };
        self.at = start + length + 1;
        Ok((self.slice(start, start + length), start))
    }

    /// A public identifier, its white space put right.
    fn public(&mut self) -> Scan<String> {
        let (text, start) = self.literal()?;
        let fine = |c: char| {
            c.is_ascii_alphanumeric()
                || c.is_ascii_whitespace()
                || "-'()+,./:=?;!*#@$_%".contains(c)
        };
        if !text.chars().all(fine) {
            return Err(Stop::Error(code::PUBLICID, start - 1));
        }
        Ok(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// `SYSTEM` or `PUBLIC` with identifiers: system and public. The system identifier may be missing in a notation.
    pub(super) fn external(
        &mut self,
        is_notation: bool,
    ) -> Scan<Option<(Option<String>, Option<String>)>> {
        if self.word("SYSTEM") {
            self.space()?;
            return Ok(Some((Some(self.literal()?.0.to_owned()), None)));
        }
        if !self.word("PUBLIC") {
            return Ok(None);
        }
        self.space()?;
        let public = self.public()?;
        let spaced = self.skip();
        if is_notation && self.peek().is_none() {
            return Ok(Some((None, Some(public))));
        }
        if !spaced {
            return self.fail();
        }
        Ok(Some((Some(self.literal()?.0.to_owned()), Some(public))))
    }

    /// The end of the declaration.
    pub(super) fn finish(&mut self) -> Scan<()> {
        self.skip();
        if self.peek().is_none() { Ok(()) } else { self.fail() }
    }

    fn quantifier(&mut self) -> u8 {
        match self.peek() {
            Some(b'?') => self.at += 1,
            Some(b'*') => {
                self.at += 1;
                return 2;
            }
            Some(b'+') => {
                self.at += 1;
                return 3;
            }
            _ => return 0,
        }
        1
    }

    /// The model of an element declaration.
    pub(super) fn model(&mut self) -> Scan<Model> {
        let plain = |kind| Model { kind, quantifier: 0, name: None, children: Vec::new() };
        if self.word("EMPTY") {
            return Ok(plain(1));
        }
        if self.word("ANY") {
            return Ok(plain(2));
        }
        if !self.byte(b'(') {
            return self.fail();
        }
        self.skip();
        if self.byte(b'#') {
            if !self.word("PCDATA") {
                return self.fail();
            }
            return self.mixed();
        }
        self.group(0)
    }

    fn mixed(&mut self) -> Scan<Model> {
        let mut children = Vec::new();
        loop {
            self.skip();
            if self.byte(b')') {
                let star = self.byte(b'*');
                if !children.is_empty() && !star {
                    return self.fail();
                }
                let quantifier = if star { 2 } else { 0 };
                return Ok(Model { kind: 3, quantifier, name: None, children });
            }
            if !self.byte(b'|') {
                return self.fail();
            }
            self.skip();
            let name = Some(self.name()?.to_owned());
            children.push(Model { kind: 4, quantifier: 0, name, children: Vec::new() });
        }
    }

    /// A group whose parenthesis has been read.
    fn group(&mut self, depth: usize) -> Scan<Model> {
        if depth > 5000 {
            return Err(Stop::Error(code::TOO_DEEP, self.at));
        }
        let mut children = Vec::new();
        let mut separator = None;
        loop {
            self.skip();
            if self.byte(b'(') {
                children.push(self.group(depth + 1)?);
            } else {
                let name = Some(self.name()?.to_owned());
                let quantifier = self.quantifier();
                children.push(Model { kind: 4, quantifier, name, children: Vec::new() });
            }
            self.skip();
            match self.peek() {
                Some(b')') => {
                    self.at += 1;
                    let quantifier = self.quantifier();
                    let kind = if separator == Some(b'|') { 5 } else { 6 };
                    return Ok(Model { kind, quantifier, name: None, children });
                }
                Some(found @ (b'|' | b',')) if separator.is_none_or(|known| known == found) => {
                    separator = Some(found);
                    self.at += 1;
                }
                _ => return self.fail(),
            }
        }
    }

    /// An attribute's type as it is told: `CDATA`, `(a|b)`, `NOTATION(a|b)`.
    pub(super) fn attribute_type(&mut self) -> Scan<String> {
        for word in ["CDATA", "IDREFS", "IDREF", "ID", "ENTITIES", "ENTITY", "NMTOKENS", "NMTOKEN"]
        {
            if self.word(word) {
                return Ok(word.to_owned());
            }
        }
        let mut text = String::new();
        if self.word("NOTATION") {
            self.space()?;
            text.push_str("NOTATION");
        }
        if !self.byte(b'(') {
            return self.fail();
        }
        text.push('(');
        loop {
            self.skip();
            text.push_str(self.token()?);
            self.skip();
            if self.byte(b')') {
                text.push(')');
                return Ok(text);
            }
            if !self.byte(b'|') {
                return self.fail();
            }
            text.push('|');
        }
    }
}
