//! The declarations of a document type, in the document or in a text of their own, with their conditional sections and
//! parameter entities.

use super::super::dtd::{self, Entity};
use super::super::scan::{self, Stop, is_space};
use super::event::{Attlist, Event, External, Notation, code};
use super::values::predefined;
use super::{Engine, Mode, Source};

impl Engine {
    /// A step among declarations.
    pub(super) fn step_declarations(&mut self) -> scan::Scan<bool> {
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
    pub(super) fn section(&mut self, at: usize) -> scan::Scan<bool> {
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

    pub(super) fn parameter_reference(
        &mut self,
        at: usize,
        end: usize,
        name: String,
    ) -> scan::Scan<bool> {
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
                    self.push_bare(Event::ExternalEntity(Box::new(External {
                        context: None,
                        base,
                        system,
                        public,
                    })));
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
    pub(super) fn enter(&mut self, name: String, text: String) -> scan::Scan<()> {
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
    pub(super) fn amplify(&self, bytes: usize) -> scan::Scan<()> {
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
    pub(super) fn leave(&mut self) -> bool {
        if let Some(source) = self.sources.pop()
            && let Some((name, _)) = source.entity
        {
            self.entities_open.retain(|open| *open != name);
            self.mode = source.back;
        }
        true
    }

    /// A declaration: `<!ENTITY` and its kin.
    pub(super) fn declare(&mut self, at: usize) -> scan::Scan<bool> {
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
    pub(super) fn replaced(&self, text: &str) -> Option<String> {
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

    pub(super) fn declare_text(&mut self, text: &str) -> scan::Scan<()> {
        let end = text.len() - 1;
        let mut cursor = dtd::Cursor { text: text.as_bytes(), at: 2, end };
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
            self.push_bare(Event::ElementDecl(name, Box::new(model)));
            Ok(())
        } else if cursor.word("NOTATION") {
            cursor.space()?;
            let name = cursor.name()?.to_owned();
            cursor.space()?;
            let Some((system, public)) = cursor.external(true)? else { return cursor.fail() };
            cursor.finish()?;
            let base = self.base.clone();
            self.push_bare(Event::NotationDecl(Box::new(Notation { name, base, system, public })));
            Ok(())
        } else {
            Err(Stop::Error(code::SYNTAX, 0))
        }
    }

    pub(super) fn declare_entity(&mut self, cursor: &mut dtd::Cursor<'_>) -> scan::Scan<()> {
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
        self.push_bare(Event::EntityDecl { name, is_parameter, entity: Box::new(entity) });
        Ok(())
    }

    pub(super) fn declare_attributes(&mut self, cursor: &mut dtd::Cursor<'_>) -> scan::Scan<()> {
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
                known.push(dtd::AttributeDecl {
                    name: name.clone(),
                    is_cdata,
                    default: default.clone(),
                });
            }
            drop(dtd);
            let element = element.clone();
            self.push_bare(Event::AttlistDecl(Box::new(Attlist {
                element,
                name,
                kind,
                default,
                required,
            })));
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
