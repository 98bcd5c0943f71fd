//! What stands outside the root element: instructions, comments and the document type.

use super::super::dtd;
use super::super::scan::{self, Stop, is_space};
use super::event::{Doctype, Event, External, Item, code};
use super::{Engine, Mode};

impl Engine {
    /// A step in front of the first element or behind the last.
    pub(super) fn step_outside(&mut self) -> scan::Scan<bool> {
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

    pub(super) fn other(&mut self, at: usize, end: usize) -> scan::Scan<bool> {
        self.set_event(at);
        if self.wants.raw {
            self.push(Event::Other, (at, end));
        }
        self.go(end);
        Ok(true)
    }

    pub(super) fn instruction(&mut self, at: usize) -> scan::Scan<bool> {
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

    pub(super) fn comment(&mut self, at: usize) -> scan::Scan<bool> {
        let start = scan::expect(self.bytes(), at, b"<!--")?;
        let end = scan::comment(self.bytes(), start)?;
        let text = normal_lines(&self.text(start, end));
        self.set_event(at);
        self.push(Event::Comment(text), (at, end + 3));
        self.go(end + 3);
        Ok(true)
    }

    pub(super) fn doctype(&mut self, at: usize) -> scan::Scan<bool> {
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
        let mut cursor = dtd::Cursor { text, at: at + 9, end };
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
        let event = Event::StartDoctype(Box::new(Doctype {
            name,
            system: system.clone(),
            public,
            has_subset,
        }));
        self.push(event, (at, end + 1));
        self.go(end + 1);
        if has_subset {
            self.mode = Mode::Subset;
        } else {
            self.end_doctype();
        }
        Ok(true)
    }

    pub(super) fn end_doctype(&mut self) {
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

    pub(super) fn ask_for_subset(&mut self, system: Option<String>, public: Option<String>) {
        if self.parameter_parsing == 0 {
            return;
        }
        if self.wants.external {
            let base = self.base.clone();
            self.push_bare(Event::ExternalEntity(Box::new(External {
                context: None,
                base,
                system,
                public,
            })));
        }
        if !self.dtd.borrow().standalone {
            self.push_bare(Event::NotStandalone);
        }
    }
}

/// Text with its line ends made `\n`.
pub(super) fn normal_lines(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}
