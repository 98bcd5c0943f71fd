//! Tags, and the namespaces that they bind.

use std::rc::Rc;

use super::super::scan::{self, Stop};
use super::event::{Event, Item, code};
use super::{Engine, Mode, Open};

pub(super) const XML_URI: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_URI: &str = "http://www.w3.org/2000/xmlns/";

impl Engine {
    pub(super) fn start_tag(&mut self, at: usize) -> scan::Scan<bool> {
        let tag = scan::start_tag(self.bytes(), at)?;
        self.set_event(at);
        let raw_name: Rc<str> = Rc::from(&*self.borrow(tag.name.0, tag.name.1));
        let mut attributes: Vec<(String, String)> = Vec::with_capacity(tag.attributes.len());
        let declared = self.dtd.borrow().attributes.get(&*raw_name).cloned().unwrap_or_default();
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
        let mut name = Rc::clone(&raw_name);
        let mut bindings = 0;
        if self.separator.is_some() {
            (bindings, specified) = self.bind(&mut attributes, specified, at)?;
            if self.needs_resolving(&raw_name) {
                let full = self.resolve(&raw_name, true);
                name = full.ok_or(Stop::Error(code::UNBOUND_PREFIX, at))?.into();
            }
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
        let event = Event::StartElement { name: Rc::clone(&name), attributes, specified };
        self.push(event, (at, tag.end));
        self.open.push(Open { raw_name, name, bindings });
        self.go(tag.end);
        if tag.is_empty {
            self.close(true);
        }
        Ok(true)
    }

    /// Takes the namespace declarations out of a tag's attributes: how many, and how many specified attributes are left.
    pub(super) fn bind(
        &mut self,
        attributes: &mut Vec<(String, String)>,
        specified: usize,
        at: usize,
    ) -> scan::Scan<(usize, usize)> {
        if !attributes.iter().any(|(name, _)| name.starts_with("xmlns")) {
            return Ok((0, specified));
        }
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

    /// Whether the name of an element may be in a namespace.
    fn needs_resolving(&self, name: &str) -> bool {
        name.contains(':') || self.bindings.iter().any(|(prefix, _)| prefix.is_none())
    }

    /// A name with its namespace; None where its prefix is not bound.
    pub(super) fn resolve(&self, name: &str, is_element: bool) -> Option<String> {
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

    pub(super) fn end_tag(&mut self, at: usize) -> scan::Scan<bool> {
        let (name, end) = scan::end_tag(self.bytes(), at)?;
        let level = self.sources.last().map_or(0, |source| source.level);
        if self.open.len() == level && (self.sources.len() > 1 || self.is_external) {
            return Err(Stop::Error(code::ASYNC_ENTITY, at));
        }
        let found = self.bytes().get(name.0..name.1).unwrap_or_default();
        if self.open.last().is_none_or(|open| open.raw_name.as_bytes() != found) {
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
    pub(super) fn close(&mut self, at_end: bool) {
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
