//! `_pickle.Pickler`: the type, its settings, and where its bytes go.

use std::cell::Cell;

use objects::core::args::{Args, Bound};
use objects::core::attribute;
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{NativeFn, TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;
use objects::{getset, methods, payload};

use super::PICKLING_ERROR;
use super::memo::WrittenMemo;
use super::opcodes::{DEFAULT_PROTOCOL, HIGHEST_PROTOCOL, PROTO, STOP};
use super::output::Output;
use super::proxies::{get_pickler_memo, set_pickler_memo};
use super::save::Saver;

payload! {
    /// The payload of a pickler.
    pub(super) struct PyPickler: PICKLER, gc {
        pub(super) memo: HotCell<WrittenMemo>,
        pub(super) output: HotCell<Output>,
        /// Where the bytes go; None for `dumps` and before `__init__`.
        pub(super) write: HotCell<Option<Value>>,
        /// What `persistent_id` was set to.
        persistent_id_set: HotCell<Option<Value>>,
        /// `persistent_id` while an object is being written, unless it is the method of this type.
        pub(super) persistent_id: HotCell<Option<Value>>,
        /// `reducer_override` while an object is being written.
        pub(super) reducer_override: HotCell<Option<Value>>,
        pub(super) dispatch_table: HotCell<Option<Value>>,
        pub(super) buffer_callback: HotCell<Option<Value>>,
        pub(super) proto: Cell<i64>,
        pub(super) bin: Cell<i64>,
        pub(super) fast: Cell<i64>,
        pub(super) fast_nesting: Cell<i64>,
        /// The containers that are being written in fast mode, beyond a depth.
        pub(super) fast_memo: HotCell<Ids>,
        pub(super) fix_imports: Cell<bool>,
        running: Cell<bool>,
    }
}

/// Identities of objects.
#[derive(Default)]
pub(super) struct Ids(pub(super) Vec<u64>);

objects::no_references!(Ids);

/// `_pickle.Pickler`
pub(super) static PICKLER: StaticType = StaticType::new::<PyPickler>();

const DOC: &str = "Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)\n--\n\nThis takes a binary file for writing a pickle data stream.\n\nThe optional *protocol* argument tells the pickler to use the given\nprotocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default\nprotocol is 5. It was introduced in Python 3.8, and is incompatible\nwith previous versions.\n\nSpecifying a negative protocol version selects the highest protocol\nversion supported.  The higher the protocol used, the more recent the\nversion of Python needed to read the pickle produced.\n\nThe *file* argument must have a write() method that accepts a single\nbytes argument. It can thus be a file object opened for binary\nwriting, an io.BytesIO instance, or any other custom object that meets\nthis interface.\n\nIf *fix_imports* is True and protocol is less than 3, pickle will try\nto map the new Python 3 names to the old module names used in Python\n2, so that the pickle data stream is readable with Python 2.\n\nIf *buffer_callback* is None (the default), buffer views are\nserialized into *file* as part of the pickle stream.\n\nIf *buffer_callback* is not None, then it can be called any number\nof times with a buffer view.  If the callback returns a false value\n(such as None), the given buffer is out-of-band; otherwise the\nbuffer is serialized in-band, i.e. inside the pickle stream.\n\nIt is an error if *buffer_callback* is not None and *protocol*\nis None or smaller than 5.";

/// The spec of `_pickle.Pickler`.
pub(super) const PICKLER_SPEC: TypeSpec = TypeSpec {
    name: "_pickle.Pickler",
    doc: Some(DOC),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(new), Slot::Init(init), Slot::Getattro(getattro), Slot::Setattro(setattro)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["persistent_id"] "($self, obj, /)" One(persistent_id);
    /// Write a pickled representation of the given object to the open file.
    ["dump"] "($self, obj, /)" One(dump);
    /// Clears the pickler's "memo".
    ///
    /// The memo is the data structure that remembers which objects the
    /// pickler has already seen, so that shared or recursive objects are
    /// pickled by reference and not by value.  This method is useful when
    /// re-using picklers.
    ["clear_memo"] "($self, /)" None(clear_memo);
    /// Returns size in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(sizeof);
}

getset! { GETSET:
    member ["bin"] get_bin, set_bin;
    member ["fast"] get_fast, set_fast;
    member ["dispatch_table"] get_dispatch_table, set_dispatch_table;
    ["memo"] get_pickler_memo, set_pickler_memo;
}

fn this(value: &Value) -> &Py<PyPickler> {
    value.receiver::<PyPickler>()
}

impl PyPickler {
    fn empty() -> Self {
        Self {
            memo: HotCell::new(WrittenMemo::default()),
            output: HotCell::new(Output::default()),
            write: HotCell::new(None),
            persistent_id_set: HotCell::new(None),
            persistent_id: HotCell::new(None),
            reducer_override: HotCell::new(None),
            dispatch_table: HotCell::new(None),
            buffer_callback: HotCell::new(None),
            proto: Cell::new(DEFAULT_PROTOCOL),
            bin: Cell::new(1),
            fast: Cell::new(0),
            fast_nesting: Cell::new(0),
            fast_memo: HotCell::default(),
            fix_imports: Cell::new(false),
            running: Cell::new(false),
        }
    }

    fn set_protocol(
        &self,
        vm: Vm<'_>,
        protocol: Option<&Value>,
        fix_imports: Option<&Value>,
        buffer_callback: Option<&Value>,
    ) -> PyResult<()> {
        let proto = match protocol.filter(|protocol| !protocol.is_none()) {
            None => DEFAULT_PROTOCOL,
            Some(protocol) => match number::as_i64(vm, protocol)? {
                negative if negative < 0 => HIGHEST_PROTOCOL,
                newer if newer > HIGHEST_PROTOCOL => {
                    let text = format!("pickle protocol must be <= {HIGHEST_PROTOCOL}");
                    return Err(vm.value_error(text));
                }
                proto => proto,
            },
        };
        let fix_imports = match fix_imports {
            Some(fix_imports) => vm.is_true(fix_imports)?,
            None => true,
        };
        self.proto.set(proto);
        self.bin.set(i64::from(proto > 0));
        self.fix_imports.set(fix_imports && proto < 3);
        let callback = buffer_callback.filter(|callback| !callback.is_none());
        if callback.is_some() && proto < 5 {
            return Err(vm.value_error("buffer_callback needs protocol >= 5"));
        }
        self.buffer_callback.set(callback.cloned());
        Ok(())
    }

    fn set_file(&self, vm: Vm<'_>, file: &Value) -> PyResult<()> {
        match vm.get_attr_opt(file, &vm.names().write)? {
            Some(write) => {
                self.write.set(Some(write));
                Ok(())
            }
            None => Err(vm.type_error("file must have a 'write' attribute")),
        }
    }

    /// Hands the bytes on to the file, if there is one.
    pub(super) fn flush(&self, vm: Vm<'_>) -> PyResult<()> {
        let Some(write) = self.write.get() else { return Ok(()) };
        let bytes = self.output.with_mut(Output::take);
        let bytes = PyBytes::try_new_value(vm, &bytes)?;
        vm.call(&write, &[bytes]).map(drop)
    }
}

/// Writes `object`, from the first instruction to the last.
fn write_all(vm: Vm<'_>, value: &Value, object: &Value) -> PyResult<()> {
    let pickler = this(value);
    if value.is_exact(PICKLER.get()) && pickler.persistent_id_set.with(Option::is_none) {
        // Neither method can be there.
    } else {
        let found = vm.get_attr_opt(value, &vm.intern("persistent_id"))?;
        pickler.persistent_id.set(found.filter(|found| !is_own_method(value, found)));
        pickler.reducer_override.set(vm.get_attr_opt(value, &vm.intern("reducer_override"))?);
    }
    let proto = pickler.proto.get();
    if proto >= 2 {
        pickler.output.with_mut(|output| {
            output.put(&[PROTO, u8::try_from(proto).unwrap_or_default()]);
            output.set_framing(proto >= 4);
        });
    }
    let result = Saver { vm, pickler }.save(object, false);
    pickler.output.with_mut(|output| {
        if result.is_ok() {
            output.put(&[STOP]);
            output.commit_frame();
        }
        output.set_framing(false);
    });
    // They may refer to the pickler.
    pickler.persistent_id.set(None);
    pickler.reducer_override.set(None);
    result
}

type OneFn = fn(Vm<'_>, &Value, &Value) -> PyResult<Value>;

/// Whether `found` is this type's own `persistent_id`, which knows no persistent objects.
fn is_own_method(pickler: &Value, found: &Value) -> bool {
    found.downcast::<PyBuiltinFunction>().is_some_and(|function| {
        function.receiver.is(pickler)
            && matches!(function.def.function, NativeFn::One(own)
                if std::ptr::fn_addr_eq(own, persistent_id as OneFn))
    })
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyPickler::empty())?.into_value())
}

static INIT: LazySignature =
    LazySignature::new("($self, file, protocol=None, fix_imports=True, buffer_callback=None)");

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let args = INIT.bind(vm, "Pickler", args)?;
    let pickler = this(value);
    if pickler.running.get() {
        return Err(vm.runtime_error("Pickler object is already used"));
    }
    pickler.write.set(None);
    drop(pickler.memo.take());
    pickler.set_protocol(vm, args.get(1), args.get(2), args.get(3))?;
    pickler.set_file(vm, args.required(0))?;
    drop(pickler.output.with_mut(Output::take));
    pickler.fast.set(0);
    pickler.fast_nesting.set(0);
    drop(pickler.fast_memo.take());
    pickler.dispatch_table.set(vm.get_attr_opt(value, &vm.intern("dispatch_table"))?);
    Ok(())
}

fn getattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    if name.is_text("persistent_id")
        && let Some(set) = this(value).persistent_id_set.get()
    {
        return Ok(set);
    }
    attribute::generic_get(vm, value, name)
}

fn setattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>, new: Option<&Value>) -> PyResult<()> {
    if name.is_text("persistent_id") {
        this(value).persistent_id_set.set(new.cloned());
        return Ok(());
    }
    attribute::generic_set(vm, value, name, new)
}

fn persistent_id(_vm: Vm<'_>, _value: &Value, _object: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn dump(vm: Vm<'_>, value: &Value, object: &Value) -> PyResult<Value> {
    let pickler = this(value);
    if pickler.running.get() {
        return Err(vm.runtime_error("Pickler object is already used"));
    }
    // Whoever changes the class or the module must not find a pickler without a file.
    if pickler.write.with(Option::is_none) {
        let class = value.class().name();
        let text = format!("Pickler.__init__() was not called by {class}.__init__()");
        return Err(vm.error(&PICKLING_ERROR, text));
    }
    pickler.running.set(true);
    drop(pickler.output.with_mut(Output::take));
    let result = write_all(vm, value, object).and_then(|()| pickler.flush(vm));
    pickler.running.set(false);
    result.map(|()| Value::NONE)
}

fn clear_memo(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    drop(this(value).memo.take());
    Ok(Value::NONE)
}

fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    // As CPython counts: the object, a table of two words an entry, and a bytes object of one page.
    let places = (this(value).memo.with(WrittenMemo::len) * 3 / 2).next_power_of_two().max(8);
    Ok(Value::from_usize(152 + 32 + places * 16 + 33 + 4096))
}

fn get_bin(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(objects::types::int::from_i64(vm, this(value).bin.get()))
}

fn number_of(vm: Vm<'_>, new: Option<&Value>) -> PyResult<i64> {
    match new {
        Some(new) => number::as_i32(vm, new).map(i64::from),
        None => Err(vm.type_error("can't delete numeric/char attribute")),
    }
}

fn set_bin(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).bin.set(number_of(vm, new)?);
    Ok(())
}

fn get_fast(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(objects::types::int::from_i64(vm, this(value).fast.get()))
}

fn set_fast(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).fast.set(number_of(vm, new)?);
    Ok(())
}

fn get_dispatch_table(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value)
        .dispatch_table
        .get()
        .ok_or_else(|| vm.no_attribute(value, &vm.intern("dispatch_table")))
}

fn set_dispatch_table(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let table = &this(value).dispatch_table;
    if new.is_none() && table.with(Option::is_none) {
        return Err(vm.no_attribute(value, &vm.intern("dispatch_table")));
    }
    table.set(new.cloned());
    Ok(())
}

/// `dump(obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)`
pub(super) fn module_dump(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pickler = PyRef::new(vm, PyPickler::empty());
    pickler.set_protocol(vm, args.get(2), args.get(3), args.get(4))?;
    pickler.set_file(vm, args.required(1))?;
    let value = pickler.into_value();
    write_all(vm, &value, args.required(0))?;
    this(&value).flush(vm)?;
    Ok(Value::NONE)
}

/// `dumps(obj, protocol=None, *, fix_imports=True, buffer_callback=None)`
pub(super) fn module_dumps(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pickler = PyRef::new(vm, PyPickler::empty());
    pickler.set_protocol(vm, args.get(1), args.get(2), args.get(3))?;
    let value = pickler.into_value();
    write_all(vm, &value, args.required(0))?;
    let bytes = this(&value).output.with_mut(Output::take);
    PyBytes::try_new_value(vm, &bytes)
}
