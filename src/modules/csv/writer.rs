//! `_csv.writer`: from rows to lines.

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::complex::PyComplex;
use objects::types::exceptions::hierarchy::TYPE_ERROR;
use objects::types::str::builder::Builder;
use objects::types::str::{PyStr, storage};
use objects::{getset, methods, payload};

use super::dialect::{self, PyDialect, Quoting, Rules};
use super::error;

payload! {
    /// The payload of a writer.
    pub(super) struct PyWriter: WRITER, gc {
        write: Value,
        dialect: Value,
    }
}

/// `_csv.writer`
pub(super) static WRITER: StaticType = StaticType::new::<PyWriter>();

/// The spec of `_csv.writer`.
pub(super) const WRITER_SPEC: TypeSpec = TypeSpec {
    name: "_csv.writer",
    doc: Some(
        "CSV writer\n\nWriter objects are responsible for generating tabular data\nin CSV format from sequence input.\n",
    ),
    flags: spec_flags::DISALLOW_INSTANTIATION,
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Construct and write a CSV record from an iterable of fields.
    ///
    /// Non-string elements will be converted to string.
    ["writerow"] "($self, row, /)" One(writerow);
    /// Construct and write a series of iterables to a csv file.
    ///
    /// Non-string elements will be converted to string.
    ["writerows"] "($self, rows, /)" One(writerows);
}

getset! { GETSET:
    member ["dialect"] get_dialect;
}

fn get_dialect(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.receiver::<PyWriter>().dialect.clone())
}

pub(super) fn writer(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let positional = args.positional();
    check_count(vm, "writer", positional.len(), 1, 2)?;
    let dialect = dialect::make(vm, positional.get(1), args)?;
    let write = vm.get_attr_opt(&positional[0], &vm.intern("write"))?;
    match write.filter(|write| write.class().slots.call.get().is_some()) {
        Some(write) => Ok(PyRef::new(vm, PyWriter { write, dialect }).into_value()),
        None => Err(vm.type_error("argument 1 must have a \"write\" method")),
    }
}

/// A line in the making.
struct Line<'a> {
    vm: Vm<'a>,
    rules: &'a Rules,
    out: Builder<'a>,
    fields: usize,
}

impl Line<'_> {
    /// Adds a field, in quotes if `quoted` or where its characters need them.
    fn append(&mut self, text: Option<&Py<PyStr>>, mut quoted: bool) -> PyResult<()> {
        let vm = self.vm;
        let rules = self.rules;
        let mut body = Builder::new(vm);
        for point in text.iter().flat_map(|text| storage::points(text)) {
            let special = point == rules.delimiter
                || Some(point) == rules.escapechar
                || Some(point) == rules.quotechar
                || matches!(point, 0x0a | 0x0d)
                || rules.lineterminator.contains(&point);
            if special {
                let escaped = if rules.quoting == Quoting::None {
                    true
                } else if Some(point) == rules.quotechar {
                    if rules.doublequote {
                        body.push(point)?;
                    }
                    !rules.doublequote
                } else {
                    Some(point) == rules.escapechar
                };
                quoted |= !escaped;
                if escaped {
                    match rules.escapechar {
                        Some(escape) => body.push(escape)?,
                        None => {
                            return Err(error(vm, "need to escape, but no escapechar set"));
                        }
                    }
                }
            }
            body.push(point)?;
        }
        if body.is_empty() && rules.delimiter == 0x20 && rules.skipinitialspace {
            let is_bare =
                text.is_none() && matches!(rules.quoting, Quoting::Strings | Quoting::NotNull);
            if rules.quoting == Quoting::None || is_bare {
                return Err(error(
                    vm,
                    "empty field must be quoted if delimiter is a space and skipinitialspace is true",
                ));
            }
            quoted = true;
        }
        if self.fields > 0 {
            self.out.push(rules.delimiter)?;
        }
        self.fields += 1;
        let quote = rules.quotechar.filter(|_| quoted);
        if let Some(quote) = quote {
            self.out.push(quote)?;
        }
        self.out.push_characters(body.characters())?;
        if let Some(quote) = quote {
            self.out.push(quote)?;
        }
        Ok(())
    }
}

/// Whether `value` counts as a number (`PyNumber_Check`).
fn is_number(value: &Value) -> bool {
    let slots = &value.class().slots;
    slots.nb_index.get().is_some()
        || slots.nb_int.get().is_some()
        || slots.nb_float.get().is_some()
        || value.downcast::<PyComplex>().is_some()
}

fn writerow(vm: Vm<'_>, value: &Value, row: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyWriter>();
    let Some(dialect) = this.dialect.downcast::<PyDialect>() else { return Ok(Value::NONE) };
    let rules = &dialect.rules;
    let fields = vm.iter(row).map_err(|raised| {
        if !vm.raised_is(&raised, &TYPE_ERROR) {
            return raised;
        }
        vm.clear(raised);
        error(vm, format!("iterable expected, not {}", row.class().name()))
    })?;
    let mut line = Line { vm, rules, out: Builder::new(vm), fields: 0 };
    let mut is_null = false;
    while let Some(field) = vm.next(&fields)? {
        is_null = field.is_none();
        let text = field.downcast::<PyStr>();
        let quoted = match rules.quoting {
            Quoting::NonNumeric => !is_number(&field),
            Quoting::All => true,
            Quoting::Strings => text.is_some(),
            Quoting::NotNull => !is_null,
            Quoting::Minimal | Quoting::None => false,
        };
        if is_null {
            line.append(None, quoted)?;
        } else if text.is_some() {
            line.append(text, quoted)?;
        } else {
            let text = vm.str(&field)?;
            line.append(Some(&text), quoted)?;
        }
    }
    if line.fields > 0 && line.out.is_empty() {
        let bare = is_null && matches!(rules.quoting, Quoting::Strings | Quoting::NotNull);
        if rules.quoting == Quoting::None || bare {
            return Err(error(vm, "single empty field record must be quoted"));
        }
        line.fields -= 1;
        line.append(None, true)?;
    }
    for &point in &rules.lineterminator {
        line.out.push(point)?;
    }
    let text = line.out.finish()?.into_value();
    vm.call(&this.write, &[text])
}

fn writerows(vm: Vm<'_>, value: &Value, rows: &Value) -> PyResult<Value> {
    let rows = vm.iter(rows)?;
    while let Some(row) = vm.next(&rows)? {
        writerow(vm, value, &row)?;
        vm.poll()?;
    }
    Ok(Value::NONE)
}
