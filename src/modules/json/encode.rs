//! `_json.Encoder`: from objects to text.

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{Traverse, Visitor};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{NativeFn, TypeSpec};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::dict::PyDict;
use objects::types::float_;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::str::builder::Builder;
use objects::types::tuple::PyTuple;
use objects::{getset, payload};

use super::strings;

payload! {
    /// The payload of an encoder.
    pub(super) struct PyEncoder: ENCODER, gc {
        markers: Value,
        default: Value,
        encoder: Value,
        indent: Value,
        key_separator: PyRef<PyStr>,
        item_separator: PyRef<PyStr>,
        flags: Flags,
    }
}

/// How strings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Ascii,
    Plain,
    /// By a function of the program's.
    Called,
}

struct Flags {
    sort_keys: bool,
    skip_keys: bool,
    allow_nan: bool,
    strings: Strings,
}

impl Traverse for Flags {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// `_json.Encoder`
pub(super) static ENCODER: StaticType = StaticType::new::<PyEncoder>();

/// The spec of `_json.Encoder`.
pub(super) const ENCODER_SPEC: TypeSpec = TypeSpec {
    name: "_json.Encoder",
    doc: Some(
        "Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)",
    ),
    slots: &[Slot::New(encoder_new), Slot::Call(encoder_call)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    /// markers
    member ["markers"] get_markers;
    /// default
    member ["default"] get_default;
    /// encoder
    member ["encoder"] get_encoder;
    /// indent
    member ["indent"] get_indent;
    /// key_separator
    member ["key_separator"] get_key_separator;
    /// item_separator
    member ["item_separator"] get_item_separator;
    /// sort_keys
    member ["sort_keys"] get_sort_keys;
    /// skipkeys
    member ["skipkeys"] get_skip_keys;
}

fn this(value: &Value) -> &Py<PyEncoder> {
    value.receiver::<PyEncoder>()
}

macro_rules! readers {
    ($($function:ident $this:ident => $value:expr;)*) => {$(
        fn $function(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            let $this = this(value);
            Ok($value)
        }
    )*};
}

readers! {
    get_markers this => this.markers.clone();
    get_default this => this.default.clone();
    get_encoder this => this.encoder.clone();
    get_indent this => this.indent.clone();
    get_key_separator this => this.key_separator.to_value();
    get_item_separator this => this.item_separator.to_value();
    get_sort_keys this => Value::from_bool(this.flags.sort_keys);
    get_skip_keys this => Value::from_bool(this.flags.skip_keys);
}

type OneFn = fn(Vm<'_>, &Value, &Value) -> PyResult<Value>;

/// How the strs are written: by the module's own functions without a call.
fn how_strings(encoder: &Value) -> Strings {
    let Some(function) = encoder.downcast_exact::<PyBuiltinFunction>() else {
        return Strings::Called;
    };
    let NativeFn::One(encode) = function.def.0.function else { return Strings::Called };
    if std::ptr::fn_addr_eq(encode, super::encode_basestring_ascii as OneFn) {
        Strings::Ascii
    } else if std::ptr::fn_addr_eq(encode, super::encode_basestring as OneFn) {
        Strings::Plain
    } else {
        Strings::Called
    }
}

fn encoder_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new(
        "(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)",
    );
    let bound = SIGNATURE.bind(vm, "make_encoder", args)?;
    let separator = |index: usize| {
        let value = bound.required(index);
        value.downcast::<PyStr>().map(Py::to_ref).ok_or_else(|| {
            vm.type_error(format!(
                "make_encoder() argument {} must be str, not {}",
                index + 1,
                vm.type_text(value)
            ))
        })
    };
    let (key_separator, item_separator) = (separator(4)?, separator(5)?);
    let flag = |index: usize| vm.is_true(bound.required(index));
    let (sort_keys, skip_keys, allow_nan) = (flag(6)?, flag(7)?, flag(8)?);
    let markers = bound.required(0);
    if !markers.is_none() && markers.downcast::<PyDict>().is_none() {
        return Err(vm.type_error(format!(
            "make_encoder() argument 1 must be dict or None, not {}",
            markers.class().name()
        )));
    }
    let encoder = bound.required(2);
    let payload = PyEncoder {
        markers: markers.clone(),
        default: bound.required(1).clone(),
        encoder: encoder.clone(),
        indent: bound.required(3).clone(),
        key_separator,
        item_separator,
        flags: Flags { sort_keys, skip_keys, allow_nan, strings: how_strings(encoder) },
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn encoder_call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(obj, _current_indent_level)");
    let bound = SIGNATURE.bind(vm, "_iterencode", args)?;
    let level = number::as_isize(vm, bound.required(1))?;
    let mut writer = Writer {
        vm,
        this: this(value),
        out: Builder::new(vm),
        level: usize::try_from(level).unwrap_or(0),
    };
    writer.object(bound.required(0))?;
    let text = writer.out.finish()?.into_value();
    Ok(PyTuple::try_new(vm, &[text])?.into_value())
}

/// One call of an encoder.
struct Writer<'a> {
    vm: Vm<'a>,
    this: &'a Py<PyEncoder>,
    out: Builder<'a>,
    level: usize,
}

/// Adds a note to the exception that is on its way.
#[cold]
fn with_note(vm: Vm<'_>, raised: Raised, note: &str) -> Raised {
    let exception = vm.take(raised);
    let note = PyStr::new_value(vm, note);
    match vm.call_method(&exception, &vm.intern("add_note"), &[note]) {
        Ok(_) => vm.restore(exception),
        Err(raised) => raised,
    }
}

fn class_text(vm: Vm<'_>, value: &Value) -> String {
    vm.full_class_name(value.class()).unwrap_or_else(|raised| {
        vm.clear(raised);
        value.class().name()
    })
}

/// A constant's text: what is written as a value and as a key.
fn constant_text(value: &Value) -> Option<&'static str> {
    match value.as_bool() {
        Some(true) => Some("true"),
        Some(false) => Some("false"),
        None => value.is_none().then_some("null"),
    }
}

impl Writer<'_> {
    fn object(&mut self, value: &Value) -> PyResult<()> {
        if let Some(text) = constant_text(value) {
            return self.out.push_text(text);
        }
        if let Some(text) = value.downcast::<PyStr>() {
            return self.string(text);
        }
        if number::is_int(value) {
            return self.integer(value);
        }
        if let Some(number) = float_::as_f64(value) {
            return self.float(value, number);
        }
        let is_sequence =
            value.downcast::<PyList>().is_some() || value.downcast::<PyTuple>().is_some();
        self.vm.check_recursion(" while encoding a JSON object")?;
        if is_sequence {
            return self.marked(value, |writer| writer.sequence(value));
        }
        if let Some(dict) = value.downcast::<PyDict>() {
            return self.marked(value, |writer| writer.mapping(value, dict));
        }
        self.marked(value, |writer| {
            let vm = writer.vm;
            let replaced = vm.call(&writer.this.default, std::slice::from_ref(value))?;
            writer.object(&replaced).map_err(|raised| {
                with_note(vm, raised, &format!("when serializing {} object", class_text(vm, value)))
            })
        })
    }

    /// Runs `write` with `value` noted as being written, so that it cannot contain itself.
    fn marked(
        &mut self,
        value: &Value,
        write: impl FnOnce(&mut Self) -> PyResult<()>,
    ) -> PyResult<()> {
        let vm = self.vm;
        let Some(markers) = self.this.markers.downcast::<PyDict>() else { return write(self) };
        let is_empty = value.downcast::<PyList>().is_some_and(Py::<PyList>::is_empty)
            || value.downcast::<PyTuple>().is_some_and(|tuple| tuple.items().is_empty())
            || value.downcast::<PyDict>().is_some_and(Py::<PyDict>::is_empty);
        if is_empty {
            return write(self);
        }
        let id = int::from_u64(vm, value.id());
        if markers.contains(vm, &id)? {
            return Err(vm.value_error("Circular reference detected"));
        }
        markers.set(vm, &id, value.clone())?;
        write(self)?;
        drop(markers.remove(vm, &id)?);
        Ok(())
    }

    fn string(&mut self, text: &Py<PyStr>) -> PyResult<()> {
        match self.this.flags.strings {
            Strings::Ascii => strings::write_ascii(text, &mut self.out),
            Strings::Plain => strings::write(text, &mut self.out),
            Strings::Called => {
                let encoded = self.vm.call(&self.this.encoder, &[text.to_value()])?;
                match encoded.downcast::<PyStr>() {
                    Some(encoded) => self.out.push_str(encoded),
                    None => Err(self.vm.type_error(format!(
                        "encoder() must return a string, not {}",
                        encoded.class().name()
                    ))),
                }
            }
        }
    }

    fn integer(&mut self, value: &Value) -> PyResult<()> {
        if let Some(small) = int::as_i64(value) {
            return self.out.push_text(&small.to_string());
        }
        let text = int::convert::to_decimal(self.vm, value)?;
        self.out.push_text(&text)
    }

    fn float_text(&self, value: &Value, number: f64) -> PyResult<String> {
        if number.is_finite() {
            return Ok(base::float::repr::repr(number));
        }
        if !self.this.flags.allow_nan {
            let shown = self.vm.repr(value)?.to_rust_string();
            return Err(self.vm.value_error(format!(
                "Out of range float values are not JSON compliant: {shown}"
            )));
        }
        let text = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        Ok(text.to_owned())
    }

    fn float(&mut self, value: &Value, number: f64) -> PyResult<()> {
        let text = self.float_text(value, number)?;
        self.out.push_text(&text)
    }

    fn new_line(&mut self) -> PyResult<()> {
        let Some(indent) = self.this.indent.downcast::<PyStr>() else { return Ok(()) };
        self.out.push(u32::from(b'\n'))?;
        for _ in 0..self.level {
            self.out.push_str(indent)?;
        }
        Ok(())
    }

    fn separator(&mut self) -> PyResult<()> {
        let this = self.this;
        self.out.push_str(&this.item_separator)?;
        self.new_line()
    }

    fn sequence(&mut self, value: &Value) -> PyResult<()> {
        let vm = self.vm;
        let item = |at: usize| match value.downcast::<PyList>() {
            Some(list) => list.get(at),
            None => value.downcast::<PyTuple>().and_then(|tuple| tuple.items().get(at).cloned()),
        };
        let Some(mut next) = item(0) else { return self.out.push_text("[]") };
        self.out.push(u32::from(b'['))?;
        self.level += 1;
        self.new_line()?;
        let mut at = 0;
        loop {
            vm.poll()?;
            self.object(&next).map_err(|raised| {
                let class = class_text(vm, value);
                with_note(vm, raised, &format!("when serializing {class} item {at}"))
            })?;
            at += 1;
            match item(at) {
                Some(value) => next = value,
                None => break,
            }
            self.separator()?;
        }
        self.level -= 1;
        self.new_line()?;
        self.out.push(u32::from(b']'))
    }

    fn mapping(&mut self, value: &Value, dict: &Py<PyDict>) -> PyResult<()> {
        if dict.is_empty() {
            return self.out.push_text("{}");
        }
        let vm = self.vm;
        self.out.push(u32::from(b'{'))?;
        self.level += 1;
        let mut first = true;
        if self.this.flags.sort_keys || value.downcast_exact::<PyDict>().is_none() {
            let items = vm.call_method(value, &vm.intern("items"), &[])?;
            let items = PyList::try_new_value(vm, vm.collect(&items)?)?;
            if self.this.flags.sort_keys {
                vm.call_method(&items, &vm.intern("sort"), &[])?;
            }
            for item in vm.collect(&items)? {
                let pair = item.downcast::<PyTuple>().map(Py::items);
                let Some([key, item]) = pair else {
                    return Err(vm.value_error("items must return 2-tuples"));
                };
                self.item(value, key, item, &mut first)?;
            }
        } else {
            let mut position = 0;
            while let Some((next, key, item)) = dict.next_entry(position) {
                self.item(value, &key, &item, &mut first)?;
                position = next + 1;
            }
        }
        self.level -= 1;
        if !first {
            self.new_line()?;
        }
        self.out.push(u32::from(b'}'))
    }

    fn item(
        &mut self,
        mapping: &Value,
        key: &Value,
        item: &Value,
        first: &mut bool,
    ) -> PyResult<()> {
        let vm = self.vm;
        vm.poll()?;
        let made;
        let text = if let Some(text) = key.downcast::<PyStr>() {
            text
        } else {
            let written = if let Some(number) = float_::as_f64(key) {
                self.float_text(key, number)?
            } else if let Some(constant) = constant_text(key) {
                constant.to_owned()
            } else if number::is_int(key) {
                int::convert::to_decimal(vm, key)?
            } else if self.this.flags.skip_keys {
                return Ok(());
            } else {
                return Err(vm.type_error(format!(
                    "keys must be str, int, float, bool or None, not {}",
                    key.class().name()
                )));
            };
            made = PyStr::try_new(vm, &written)?;
            &made
        };
        if std::mem::take(first) {
            self.new_line()?;
        } else {
            self.separator()?;
        }
        self.string(text)?;
        let this = self.this;
        self.out.push_str(&this.key_separator)?;
        self.object(item).map_err(|raised| {
            let exception = vm.take(raised);
            let shown = vm.repr(key);
            let raised = vm.restore(exception);
            match shown {
                Ok(shown) => {
                    let (class, shown) = (class_text(vm, mapping), shown.to_rust_string());
                    with_note(vm, raised, &format!("when serializing {class} item {shown}"))
                }
                Err(other) => {
                    drop(other);
                    raised
                }
            }
        })
    }
}
