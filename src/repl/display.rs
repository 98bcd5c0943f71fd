//! What an input's value looks like in a session of cells: `_`, `__`, `_N`, `In`, `Out`, wide containers over lines.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::descriptors::is_exact_payload;
use objects::types::dict::PyDict;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::set::PySet;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use crate::console;
use crate::settings::Settings;

methods! { FUNCTIONS:
    /// Print an object to sys.stdout and also save it in builtins._
    ["displayhook"] "($module, object, /)" One(displayhook);
}

thread_local! {
    /// The number of the input that runs; None while a command does.
    static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    /// What inputs showed, by their numbers.
    static SHOWN: RefCell<Kept> = RefCell::default();
    /// How values are shown.
    static LOOKS: RefCell<Option<Settings>> = const { RefCell::new(None) };
}

/// So much of what an input shows is kept, in bytes.
const KEPT_MAX: usize = 20_000;
/// So much of what all inputs showed: the oldest goes first.
const ALL_MAX: usize = 4 << 20;

/// What inputs showed.
#[derive(Default)]
struct Kept {
    texts: BTreeMap<usize, String>,
    bytes: usize,
}
/// How deep containers are taken apart.
const DEPTH_MAX: usize = 20;
/// A text that is longer is cut.
const TEXT_MAX: usize = 200_000;
/// How much of it is shown then.
const HEAD: usize = 4_000;

/// Makes this the session's `sys.displayhook`.
pub(crate) fn install(vm: Vm<'_>, settings: &Settings) {
    set_looks(settings);
    if let Some(sys) = vm.interpreter().modules.get_str(&vm.intern("sys")) {
        module::add_functions(vm, &sys, FUNCTIONS);
    }
    let builtins = &vm.interpreter().builtins;
    drop(builtins.set_str(&vm.intern("In"), PyList::new_value(vm, Vec::new())));
    drop(builtins.set_str(&vm.intern("Out"), PyDict::new_value(vm)));
}

/// Settings that changed.
pub(crate) fn set_looks(settings: &Settings) {
    LOOKS.set(Some(settings.clone()));
}

/// An input begins: it is `In[number]`.
pub(crate) fn begin(vm: Vm<'_>, number: usize, text: &str) {
    NUMBER.set(Some(number));
    let list = vm.interpreter().builtins.get_str(&vm.intern("In"));
    if let Some(list) = list.as_ref().and_then(|list| list.downcast::<PyList>())
        && let Err(raised) = list.push(vm, PyStr::new_value(vm, text.trim_end()))
    {
        vm.clear(raised);
    }
}

fn displayhook(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::NONE);
    }
    let builtins = vm.interpreter().builtins.clone();
    let (one, two, three) = (vm.intern("_"), vm.intern("__"), vm.intern("___"));
    let before = builtins.get_str(&one);
    drop(builtins.set_str(&one, Value::NONE));
    let Some(stdout) =
        vm.interpreter().sys.get_str(&vm.intern("stdout")).filter(|stream| !stream.is_none())
    else {
        return Err(vm.runtime_error("lost sys.stdout"));
    };
    let settings = LOOKS.with_borrow(Clone::clone).unwrap_or_default();
    let mut text = shown(vm, value, &settings)?;
    if settings.types {
        text = format!(": {} = {text}", value.class().name());
    }
    // What a class makes of its values steers no terminal.
    let text = console::sanitize(&text);
    let number = NUMBER.get();
    if let Some(number) = number {
        note(number, &text);
    }
    let text = PyStr::new_value(vm, &format!("{text}\n"));
    vm.call_method(&stdout, &vm.names().write, &[text])?;
    if let Some(before) = before.filter(|before| !before.is_none()) {
        if let Some(older) = builtins.get_str(&two) {
            drop(builtins.set_str(&three, older));
        }
        drop(builtins.set_str(&two, before));
    }
    drop(builtins.set_str(&one, value.clone()));
    let Some(number) = number else { return Ok(Value::NONE) };
    drop(builtins.set_str(&vm.intern(&format!("_{number}")), value.clone()));
    let out = builtins.get_str(&vm.intern("Out"));
    if let Some(out) = out.as_ref().and_then(|out| out.downcast::<PyDict>()) {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        out.set(vm, &Value::small_int_unchecked(number), value.clone())?;
    }
    Ok(Value::NONE)
}

/// A command begins: what it shows is no input's.
pub(crate) fn leave_input() {
    NUMBER.set(None);
}

/// Keeps what an input showed.
fn note(number: usize, text: &str) {
    SHOWN.with_borrow_mut(|all| {
        let kept = all.texts.entry(number).or_default();
        let before = kept.len();
        if before < KEPT_MAX {
            kept.extend(text.chars().take(KEPT_MAX).chain(['\n']));
        }
        all.bytes += kept.len() - before;
        while all.bytes > ALL_MAX
            && let Some((_, oldest)) = all.texts.pop_first()
        {
            all.bytes -= oldest.len();
        }
    });
}

/// What an input showed, but for what is too long to keep.
pub(crate) fn shown_by(number: usize) -> String {
    SHOWN.with_borrow(|all| all.texts.get(&number).cloned().unwrap_or_default())
}

/// A value's text, in the terminal's width where it can be taken apart.
pub(crate) fn shown(vm: Vm<'_>, value: &Value, settings: &Settings) -> PyResult<String> {
    let text = whole(vm, value, settings)?;
    let count = text.chars().count();
    if !settings.pretty || count <= TEXT_MAX {
        return Ok(text);
    }
    let head: String = text.chars().take(HEAD).collect();
    Ok(format!("{head}\n... {} more characters, :page shows them", count - HEAD))
}

/// The same, however long it is.
pub(crate) fn whole(vm: Vm<'_>, value: &Value, settings: &Settings) -> PyResult<String> {
    let width = console::columns();
    let items_max = settings.max_items.max(1);
    // Of a huge container only what is shown is asked for its text.
    if !settings.pretty || length(value).is_none_or(|length| length <= items_max) {
        let whole = vm.repr(value)?.to_rust_string();
        if !settings.pretty || whole.chars().count() <= width {
            return Ok(whole);
        }
    }
    let printer = Printer { vm, width, items_max };
    let mut out = String::new();
    printer.write(value, 0, 0, &mut out)?;
    Ok(out)
}

/// How many items a container has that can be taken apart.
fn length(value: &Value) -> Option<usize> {
    if is_exact_payload::<PyDict>(value) {
        value.downcast::<PyDict>().map(Py::<PyDict>::len)
    } else if is_exact_payload::<PyList>(value) {
        value.downcast::<PyList>().map(Py::<PyList>::len)
    } else if is_exact_payload::<PyTuple>(value) {
        value.downcast::<PyTuple>().map(|tuple| tuple.items().len())
    } else {
        None
    }
}

struct Printer<'gil> {
    vm: Vm<'gil>,
    width: usize,
    items_max: usize,
}

impl Printer<'_> {
    /// Writes a value that begins `used` cells from the left, with `indent` for the lines behind the first.
    fn write(&self, value: &Value, indent: usize, used: usize, out: &mut String) -> PyResult<()> {
        let too_deep = indent / 4 >= DEPTH_MAX;
        let huge = !too_deep && length(value).is_some_and(|length| length > self.items_max);
        let text = if huge { String::new() } else { self.vm.repr(value)?.to_rust_string() };
        let fits = used + text.chars().count() < self.width;
        if (fits && !huge) || too_deep {
            out.push_str(&text);
            return Ok(());
        }
        if is_exact_payload::<PyDict>(value)
            && let Some(dict) = value.downcast::<PyDict>().filter(|dict| !dict.is_empty())
        {
            return self.dict(&dict.items_vec(), indent, out);
        }
        let parts = if is_exact_payload::<PyList>(value) {
            value.downcast::<PyList>().map(|list| ("[", list.items_vec(), "]"))
        } else if is_exact_payload::<PyTuple>(value) {
            value.downcast::<PyTuple>().map(|tuple| ("(", tuple.items().to_vec(), ")"))
        } else if is_exact_payload::<PySet>(value) && text.starts_with('{') {
            Some(("{", self.vm.collect(value)?, "}"))
        } else {
            None
        };
        match parts {
            Some((open, items, close)) if !items.is_empty() => {
                self.items(open, &items, close, indent, out)
            }
            _ => {
                out.push_str(&text);
                Ok(())
            }
        }
    }

    fn more(&self, count: usize, inner: usize, out: &mut String) {
        if count > self.items_max {
            out.push_str(&format!("{}... {} more\n", " ".repeat(inner), count - self.items_max));
        }
    }

    fn items(
        &self,
        open: &str,
        items: &[Value],
        close: &str,
        indent: usize,
        out: &mut String,
    ) -> PyResult<()> {
        let inner = indent + 4;
        out.push_str(open);
        out.push('\n');
        // Short items share lines.
        let mut texts = Vec::new();
        for item in items.iter().take(self.items_max) {
            let mut text = String::new();
            self.write(item, inner, inner, &mut text)?;
            texts.push(text);
        }
        let longest = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        let per_line = if longest <= 16 && texts.iter().all(|text| !text.contains('\n')) {
            (self.width.saturating_sub(inner) / (longest + 2)).max(1)
        } else {
            1
        };
        for row in texts.chunks(per_line) {
            out.push_str(&" ".repeat(inner));
            out.push_str(&row.join(", "));
            out.push_str(",\n");
        }
        self.more(items.len(), inner, out);
        out.push_str(&" ".repeat(indent));
        out.push_str(close);
        Ok(())
    }

    fn dict(&self, items: &[(Value, Value)], indent: usize, out: &mut String) -> PyResult<()> {
        let inner = indent + 4;
        out.push_str("{\n");
        for (key, value) in items.iter().take(self.items_max) {
            let key = self.vm.repr(key)?.to_rust_string();
            out.push_str(&" ".repeat(inner));
            out.push_str(&key);
            out.push_str(": ");
            self.write(value, inner, inner + key.chars().count() + 3, out)?;
            out.push_str(",\n");
        }
        self.more(items.len(), inner, out);
        out.push_str(&" ".repeat(indent));
        out.push('}');
        Ok(())
    }
}
