//! The values of attributes and entities: references in them replaced, their spaces made normal.

use super::super::scan::{self, Stop};
use super::Engine;
use super::event::code;
use super::prolog::normal_lines;

impl Engine {
    /// The replacement text that an entity's literal gives.
    pub(super) fn entity_value(&self, value: &str, start: usize) -> scan::Scan<String> {
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

    /// An attribute's value: references replaced, white space put right. `start` is where it is in the source.
    pub(super) fn attribute_value(
        &self,
        raw: &str,
        is_cdata: bool,
        start: usize,
    ) -> scan::Scan<String> {
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

    pub(super) fn append_value(
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
    pub(super) fn attribute_entity(
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
}

pub(super) fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
