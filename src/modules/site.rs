//! `_sitebuiltins`: `exit`, `quit`, `copyright`, `credits`, `license` and `help`, which are there without any Python code
//! having run.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::types::exceptions::hierarchy::{IMPORT_ERROR, SYSTEM_EXIT};
use objects::types::seq_shared::builtin;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{self, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_sitebuiltins",
    doc: Some("\nThe objects used by the site module to add custom builtins.\n"),
    exec: Some(exec),
    ..NativeModule::DEFAULT
};

/// How many lines a printer shows by itself.
const LINES_MAX: usize = 23;

const FLAGS: u64 = spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF;

payload! {
    /// The payload of `exit` and `quit`: their attributes are in `__dict__`.
    struct PyQuitter: QUITTER, gc {}
}

static QUITTER: StaticType = StaticType::new::<PyQuitter>();

const QUITTER_SPEC: TypeSpec = TypeSpec {
    name: "_sitebuiltins.Quitter",
    flags: FLAGS,
    slots: &[
        Slot::New(quitter_new),
        Slot::Init(quitter_init),
        Slot::Repr(quitter_repr),
        Slot::Call(quitter_call),
    ],
    ..TypeSpec::DEFAULT
};

payload! {
    /// The payload of `copyright`, `credits` and `license`.
    struct PyPrinter: PRINTER, gc {
        name: HotCell<String>,
        text: HotCell<String>,
    }
}

static PRINTER: StaticType = StaticType::new::<PyPrinter>();

const PRINTER_SPEC: TypeSpec = TypeSpec {
    name: "_sitebuiltins._Printer",
    doc: Some(
        "interactive prompt objects for printing the license text, a list of\ncontributors and the copyright notice.",
    ),
    flags: FLAGS,
    slots: &[
        Slot::New(printer_new),
        Slot::Init(printer_init),
        Slot::Repr(printer_repr),
        Slot::Call(printer_call),
    ],
    finish: Some(printer_finish),
    ..TypeSpec::DEFAULT
};

payload! {
    /// The payload of `help`.
    struct PyHelper: HELPER, gc {}
}

static HELPER: StaticType = StaticType::new::<PyHelper>();

const HELPER_SPEC: TypeSpec = TypeSpec {
    name: "_sitebuiltins._Helper",
    doc: Some(
        "Define the builtin 'help'.\n\nThis is a wrapper around pydoc.help that provides a helpful message\nwhen 'help' is typed at the Python interactive prompt.\n\nCalling help() at the Python prompt starts an interactive help session.\nCalling help(thing) prints help for the python object 'thing'.\n",
    ),
    flags: FLAGS,
    slots: &[Slot::New(helper_new), Slot::Repr(helper_repr), Slot::Call(helper_call)],
    ..TypeSpec::DEFAULT
};

const CREDITS: &str = "Thanks to CWI, CNRI, BeOpen, Zope Corporation, the Python Software
Foundation, and a cast of thousands for supporting Python
development.  See www.python.org for more information.";

/// The program's own licences, then the library's.
const LICENSE: &str = concat!(
    include_str!("../../LICENSE-MIT"),
    "\n",
    include_str!("../../LICENSE-APACHE"),
    "\n",
    include_str!("../../LICENSE-PSF")
);

fn init_types(vm: Vm<'_>) -> PyResult<()> {
    types::init_types(
        vm,
        &[(&QUITTER, &QUITTER_SPEC), (&PRINTER, &PRINTER_SPEC), (&HELPER, &HELPER_SPEC)],
    )
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    init_types(vm)?;
    module::add(vm, this, "Quitter", QUITTER.get().to_value());
    module::add(vm, this, "_Printer", PRINTER.get().to_value());
    module::add(vm, this, "_Helper", HELPER.get().to_value());
    Ok(())
}

/// Puts the objects into `builtins`.
///
/// # Errors
/// MemoryError.
pub fn install(vm: Vm<'_>) -> PyResult<()> {
    init_types(vm)?;
    let builtins = &vm.interpreter().builtins;
    for name in ["quit", "exit"] {
        let quitter = PyRef::new(vm, PyQuitter {}).into_value();
        name_quitter(vm, &quitter, &PyStr::new_value(vm, name), "Ctrl-D (i.e. EOF)")?;
        drop(builtins.set_str(&vm.intern(name), quitter));
    }
    let sys = vm.interpreter().modules.get_str(&vm.intern("sys"));
    let copyright = sys.map(|sys| vm.get_attr_str(&sys, "copyright")).transpose()?;
    let copyright = copyright.map(|text| vm.str(&text)).transpose()?;
    let copyright = copyright.map(|text| text.to_rust_string()).unwrap_or_default();
    for (name, text) in
        [("copyright", copyright), ("credits", CREDITS.to_owned()), ("license", LICENSE.to_owned())]
    {
        let payload = PyPrinter { name: HotCell::new(name.to_owned()), text: HotCell::new(text) };
        drop(builtins.set_str(&vm.intern(name), PyRef::new(vm, payload).into_value()));
    }
    drop(builtins.set_str(&vm.intern("help"), PyRef::new(vm, PyHelper {}).into_value()));
    Ok(())
}

fn quitter_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyQuitter {})?.into_value())
}

fn name_quitter(vm: Vm<'_>, value: &Value, name: &Value, eof: &str) -> PyResult<()> {
    vm.set_attr(value, &vm.intern("name"), Some(name))?;
    vm.set_attr(value, &vm.intern("eof"), Some(&PyStr::new_value(vm, eof)))
}

fn quitter_init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new("(name, eof)");
    let bound = SIGNATURE.bind(vm, "Quitter.__init__", args)?;
    let eof = vm.str(bound.required(1))?.to_rust_string();
    name_quitter(vm, value, bound.required(0), &eof)
}

fn quitter_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let part = |name: &str| -> PyResult<String> {
        let part = vm.get_attr_str(value, name)?;
        Ok(vm.str(&part)?.to_rust_string())
    };
    let text = format!("Use {}() or {} to exit", part("name")?, part("eof")?);
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn quitter_call(vm: Vm<'_>, _value: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(code=None)");
    let bound = SIGNATURE.bind(vm, "Quitter.__call__", args)?;
    let code = bound.get(0).cloned().unwrap_or(Value::NONE);
    // Closing the input ends shells that catch SystemExit.
    let close = || -> PyResult<Value> {
        let sys = vm.import_module("sys")?;
        let stdin = vm.get_attr_str(&sys, "stdin")?;
        vm.call_method(&stdin, &vm.intern("close"), &[])
    };
    if let Err(raised) = close() {
        vm.clear(raised);
    }
    Err(vm.error_with(&SYSTEM_EXIT, &[code]))
}

fn printer_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload =
        PyPrinter { name: HotCell::new(String::new()), text: HotCell::new(String::new()) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn printer_init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new("(name, data, files=(), dirs=())");
    let bound = SIGNATURE.bind(vm, "_Printer.__init__", args)?;
    let this = value.receiver::<PyPrinter>();
    let name = vm.str(bound.required(0))?.to_rust_string();
    let text = match bound.get(2).zip(bound.get(3)) {
        Some((files, dirs)) => first_file(vm, files, dirs)?,
        None => None,
    };
    let text = match text {
        Some(text) => text,
        None => vm.str(bound.required(1))?.to_rust_string(),
    };
    drop(this.name.replace(name));
    drop(this.text.replace(text));
    Ok(())
}

/// The text of the first file that is in one of the folders.
fn first_file(vm: Vm<'_>, files: &Value, dirs: &Value) -> PyResult<Option<String>> {
    let files = vm.collect(files)?;
    for dir in vm.collect(dirs)? {
        let dir = vm.str(&dir)?.to_rust_string();
        for file in &files {
            let path = std::path::Path::new(&dir).join(vm.str(file)?.to_rust_string());
            if let Ok(text) = std::fs::read_to_string(path) {
                return Ok(Some(text));
            }
        }
    }
    Ok(None)
}

fn printer_finish(vm: Vm<'_>, class: &'static StaticType) -> PyResult<()> {
    let lines = Value::from_usize(LINES_MAX);
    drop(class.get().namespace().set_str(&vm.intern("MAXLINES"), lines));
    Ok(())
}

fn printer_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyPrinter>();
    let text = this.text.get();
    if text.split('\n').count() <= LINES_MAX {
        return Ok(PyStr::try_new(vm, &text)?.into_value());
    }
    let name = this.name.get();
    let text = format!("Type {name}() to see the full {name} text");
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn printer_call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("()");
    SIGNATURE.bind(vm, "_Printer.__call__", args)?;
    let this = value.receiver::<PyPrinter>();
    let text = PyStr::try_new(vm, &this.text.get())?.into_value();
    let name = PyStr::try_new(vm, &this.name.get())?.into_value();
    let pager = vm
        .import_module("_pyrepl.pager")
        .and_then(|module| vm.get_attr_str(&module, "get_pager"))
        .and_then(|get_pager| vm.call(&get_pager, &[]));
    match pager {
        Ok(pager) => {
            let names = PyTuple::try_new(vm, &[PyStr::new_value(vm, "title")])?;
            vm.call_with(&pager, Args::new(&[text, name], Some(&names)))?;
        }
        Err(raised) if vm.raised_is(&raised, &IMPORT_ERROR) => {
            vm.clear(raised);
            let print = builtin(vm, "print")?;
            vm.call(&print, &[name])?;
            vm.call(&print, &[text])?;
        }
        Err(raised) => return Err(raised),
    }
    Ok(Value::NONE)
}

fn helper_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyHelper {})?.into_value())
}

#[expect(clippy::unnecessary_wraps, reason = "a slot's signature")]
fn helper_repr(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    let text = "Type help() for interactive help, or help(object) for help about object.";
    Ok(PyStr::new_value(vm, text))
}

fn helper_call(vm: Vm<'_>, _value: &Value, args: Args<'_>) -> PyResult<Value> {
    let pydoc = vm.import_module("pydoc")?;
    let help = vm.get_attr_str(&pydoc, "help")?;
    vm.call_with(&help, args)
}
