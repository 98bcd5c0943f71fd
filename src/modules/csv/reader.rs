//! `_csv.reader`: from lines to rows.

use std::cell::Cell;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::iterate::self_iter;
use objects::types::list::PyList;
use objects::types::seq_shared::builtin;
use objects::types::str::{PyStr, STR, storage};
use objects::{getset, payload};

use super::dialect::{self, PyDialect, Quoting, Rules};
use super::{error, limit};

payload! {
    /// The payload of a reader.
    pub(super) struct PyReader: READER, gc {
        lines: Value,
        dialect: Value,
        line_number: Cell<usize>,
    }
}

/// `_csv.reader`
pub(super) static READER: StaticType = StaticType::new::<PyReader>();

/// The spec of `_csv.reader`.
pub(super) const READER_SPEC: TypeSpec = TypeSpec {
    name: "_csv.reader",
    doc: Some(
        "CSV reader\n\nReader objects are responsible for reading and parsing tabular data\nin CSV format.\n",
    ),
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(reader_next)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    member ["dialect"] get_dialect;
    member ["line_num"] get_line_number;
}

fn get_dialect(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.receiver::<PyReader>().dialect.clone())
}

fn get_line_number(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(value.receiver::<PyReader>().line_number.get()))
}

pub(super) fn reader(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let positional = args.positional();
    check_count(vm, "reader", positional.len(), 1, 2)?;
    let lines = vm.iter(&positional[0])?;
    let dialect = dialect::make(vm, positional.get(1), args)?;
    Ok(PyRef::try_new(vm, PyReader { lines, dialect, line_number: Cell::new(0) })?.into_value())
}

/// Where in a row the parser is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    StartRecord,
    StartField,
    EscapedChar,
    InField,
    InQuotedField,
    EscapeInQuotedField,
    QuoteInQuotedField,
    EatNewline,
    AfterEscapedNewline,
}

/// A row in the making.
struct Parser<'a> {
    vm: Vm<'a>,
    rules: &'a Rules,
    limit: usize,
    state: State,
    fields: Vec<Value>,
    field: Vec<u32>,
    is_unquoted: bool,
}

fn is_newline(c: Option<u32>) -> bool {
    matches!(c, Some(0x0a | 0x0d))
}

impl Parser<'_> {
    fn add(&mut self, point: u32) -> PyResult<()> {
        if self.field.len() >= self.limit {
            let message = format!("field larger than field limit ({})", self.limit);
            return Err(error(self.vm, message));
        }
        if self.field.try_reserve(1).is_err() {
            return Err(self.vm.memory_error());
        }
        self.field.push(point);
        Ok(())
    }

    fn save(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let quoting = self.rules.quoting;
        let is_unquoted = std::mem::replace(&mut self.is_unquoted, true);
        let is_empty = self.field.is_empty();
        let nothing = matches!(quoting, Quoting::NotNull | Quoting::Strings);
        let number = matches!(quoting, Quoting::NonNumeric | Quoting::Strings);
        let value = if is_unquoted && is_empty && nothing {
            Value::NONE
        } else {
            let text = storage::from_code_points(vm, STR.get(), &self.field)?.into_value();
            if is_unquoted && !is_empty && number {
                vm.call(&builtin(vm, "float")?, &[text])?
            } else {
                text
            }
        };
        self.field.clear();
        self.fields.push(value);
        Ok(())
    }

    /// Ends the field, and with it the row.
    fn end(&mut self, c: Option<u32>) -> PyResult<()> {
        self.save()?;
        self.state = if c.is_none() { State::StartRecord } else { State::EatNewline };
        Ok(())
    }

    /// One character, or None for the end of the line.
    fn step(&mut self, c: Option<u32>) -> PyResult<()> {
        let rules = self.rules;
        let ends = c.is_none() || is_newline(c);
        let is_delimiter = c == Some(rules.delimiter);
        let is_escape = c.is_some() && c == rules.escapechar;
        let is_quote = c.is_some() && c == rules.quotechar && rules.quoting != Quoting::None;
        // The end of a line within a field stands for a newline.
        let literal = c.unwrap_or(0x0a);
        match self.state {
            State::StartRecord if c.is_none() => {}
            State::StartRecord if ends => self.state = State::EatNewline,
            State::StartRecord | State::StartField => {
                if ends {
                    self.end(c)?;
                } else if is_quote {
                    self.is_unquoted = false;
                    self.state = State::InQuotedField;
                } else if is_escape {
                    self.state = State::EscapedChar;
                } else if c == Some(0x20) && rules.skipinitialspace {
                    self.state = State::StartField;
                } else if is_delimiter {
                    self.save()?;
                    self.state = State::StartField;
                } else {
                    self.add(literal)?;
                    self.state = State::InField;
                }
            }
            State::EscapedChar => {
                self.add(literal)?;
                self.state =
                    if is_newline(c) { State::AfterEscapedNewline } else { State::InField };
            }
            State::AfterEscapedNewline if c.is_none() => {}
            State::AfterEscapedNewline | State::InField => {
                if ends {
                    self.end(c)?;
                } else if is_escape {
                    self.state = State::EscapedChar;
                } else if is_delimiter {
                    self.save()?;
                    self.state = State::StartField;
                } else {
                    self.add(literal)?;
                    self.state = State::InField;
                }
            }
            State::InQuotedField => {
                if c.is_none() {
                } else if is_escape {
                    self.state = State::EscapeInQuotedField;
                } else if is_quote {
                    self.state =
                        if rules.doublequote { State::QuoteInQuotedField } else { State::InField };
                } else {
                    self.add(literal)?;
                }
            }
            State::EscapeInQuotedField => {
                self.add(literal)?;
                self.state = State::InQuotedField;
            }
            State::QuoteInQuotedField => {
                if is_quote {
                    self.add(literal)?;
                    self.state = State::InQuotedField;
                } else if is_delimiter {
                    self.save()?;
                    self.state = State::StartField;
                } else if ends {
                    self.end(c)?;
                } else if !rules.strict {
                    self.add(literal)?;
                    self.state = State::InField;
                } else {
                    let shown = |point: u32| char::from_u32(point).unwrap_or('\u{fffd}');
                    let quote = shown(rules.quotechar.unwrap_or(0));
                    return Err(error(
                        self.vm,
                        format!("'{}' expected after '{quote}'", shown(rules.delimiter)),
                    ));
                }
            }
            State::EatNewline => {
                if c.is_none() {
                    self.state = State::StartRecord;
                } else if !ends {
                    return Err(error(
                        self.vm,
                        "new-line character seen in unquoted field - do you need to open the file with newline=''?",
                    ));
                }
            }
        }
        Ok(())
    }
}

fn reader_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyReader>();
    let Some(dialect) = this.dialect.downcast::<PyDialect>() else { return Ok(None) };
    let mut parser = Parser {
        vm,
        rules: &dialect.rules,
        limit: usize::try_from(limit(vm)).unwrap_or(0),
        state: State::StartRecord,
        fields: Vec::new(),
        field: Vec::new(),
        is_unquoted: true,
    };
    loop {
        let Some(line) = vm.next(&this.lines)? else {
            if parser.field.is_empty() && parser.state != State::InQuotedField {
                return Ok(None);
            }
            if parser.rules.strict {
                return Err(error(vm, "unexpected end of data"));
            }
            parser.save()?;
            break;
        };
        let Some(line) = line.downcast::<PyStr>() else {
            return Err(error(
                vm,
                format!(
                    "iterator should return strings, not {} (the file should be opened in text mode)",
                    line.class().name()
                ),
            ));
        };
        this.line_number.set(this.line_number.get() + 1);
        for point in storage::points(line) {
            parser.step(Some(point))?;
        }
        parser.step(None)?;
        if parser.state == State::StartRecord {
            break;
        }
        vm.poll()?;
    }
    Ok(Some(PyList::try_new_value(vm, parser.fields)?))
}
