//! What stands in elements: text, CDATA sections and references to entities.

use super::super::dtd::Entity;
use super::super::encoding::Encoding;
use super::super::scan::{self, Stop};
use super::event::{Event, External, code};
use super::values::predefined;
use super::{Engine, Mode};

impl Engine {
    /// A step in an element's content.
    pub(super) fn step_content(&mut self) -> scan::Scan<bool> {
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
                self.give_text(at, length)
            }
        }
    }

    /// Gives `length` bytes of text from `at` on, or as many as are one piece and well formed.
    fn give_text(&mut self, at: usize, length: usize) -> scan::Scan<bool> {
        let run = self.bytes().get(at..at + length).unwrap_or_default();
        let run = run.get(..self.chunk(run)).unwrap_or_default();
        let length = match scan::first_bad(run) {
            Some(0) => return scan::invalid(at),
            Some(place) => place,
            None => run.len(),
        };
        self.set_event(at);
        let text = self.text(at, at + length);
        self.push(Event::Text(text), (at, at + length));
        self.go(at + length);
        Ok(true)
    }

    /// How much of a run of text is told at once: text that had to be decoded comes in pieces.
    pub(super) fn chunk(&self, run: &[u8]) -> usize {
        const PIECE: usize = 1024;
        if self.encoding == Encoding::Utf8 || run.len() <= PIECE {
            return run.len();
        }
        let is_inside = |at: &usize| run.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
        (0..=PIECE).rev().find(|at| !is_inside(at)).unwrap_or(PIECE)
    }

    pub(super) fn newline(&mut self, at: usize, end: usize) -> scan::Scan<bool> {
        self.set_event(at);
        self.push(Event::Text("\n".to_owned()), (at, end));
        self.go(end);
        Ok(true)
    }

    pub(super) fn step_cdata(&mut self) -> scan::Scan<bool> {
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
                let length = rest
                    .iter()
                    .skip(1)
                    .position(|byte| matches!(byte, b']' | b'\n' | b'\r'))
                    .map_or(rest.len(), |place| place + 1);
                self.give_text(at, length)
            }
        }
    }

    pub(super) fn content_reference(&mut self, at: usize) -> scan::Scan<bool> {
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
                if self.wants.references {
                    return self.skip_entity(name, at, end);
                }
                return self.other(at, end);
            }
            let context = Some(self.context_of(&name));
            let Entity { base, system, public, .. } = entity;
            self.push(
                Event::ExternalEntity(Box::new(External { context, base, system, public })),
                (at, end),
            );
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

    pub(super) fn skip_entity(&mut self, name: String, at: usize, end: usize) -> scan::Scan<bool> {
        self.push(Event::SkippedEntity(name, false), (at, end));
        self.go(end);
        Ok(true)
    }

    /// What an external entity's parser has to know: the namespaces and entities that are open.
    pub(super) fn context_of(&self, name: &str) -> String {
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
}
