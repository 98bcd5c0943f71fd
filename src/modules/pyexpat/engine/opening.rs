//! How a text begins: its byte order mark and encoding, its declaration, and what it is when it ends too soon.

use super::super::encoding::{Encoding, Tail};
use super::super::scan::{self, Stop, is_space};
use super::event::{Event, code};
use super::{Engine, Mode};

impl Engine {
    /// Finds out the encoding, and reads the declaration if there is one.
    pub(super) fn begin(&mut self) -> scan::Scan<bool> {
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
        self.place.get_mut().byte += mark.len() as u64;
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

    pub(super) fn no_start(&mut self) -> scan::Scan<bool> {
        if self.is_final { self.start_text(0) } else { Ok(false) }
    }

    const fn first_mode(&self) -> Mode {
        match (self.is_external, self.is_parameter) {
            (true, true) => Mode::Declarations,
            (true, false) => Mode::Content,
            _ => Mode::Prolog,
        }
    }

    pub(super) fn start_text(&mut self, mark: usize) -> scan::Scan<bool> {
        self.place.get_mut().byte += mark as u64;
        self.raw.drain(..mark);
        self.mode = self.first_mode();
        self.decode();
        Ok(true)
    }

    /// At the end of what there is.
    pub(super) fn at_end(&mut self, code: u8) -> scan::Scan<bool> {
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
