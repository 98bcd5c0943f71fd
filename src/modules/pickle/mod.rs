//! `_pickle`: objects as bytes and back.
//!
//! `opcodes` names the instructions. `pickler` is the type that writes, `save` its functions for the builtin types,
//! `save_containers` those for lists, dicts and sets, `reduce` those for names and for everything else, `output` the bytes on
//! their way out. `unpickler` is the type that reads, `input` its bytes on their way in, `load` the instructions, `build` those
//! that make and change objects. `memo` and `proxies` are the memos and their attributes, `compatibility` the names of Python 2,
//! `buffer` the type of out-of-band data.

mod buffer;
mod build;
mod compatibility;
mod input;
mod load;
mod memo;
mod opcodes;
mod output;
mod pickler;
mod proxies;
mod reduce;
mod save;
mod save_containers;
mod unpickler;

use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::exceptions::hierarchy::EXCEPTION;
use objects::types::str::PyStr;
use objects::types::{self, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_pickle",
    doc: Some("Optimized C implementation for the Python pickle module."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Write a pickled representation of obj to the open file object file.
    ///
    /// This is equivalent to ``Pickler(file, protocol).dump(obj)``, but may
    /// be more efficient.
    ///
    /// The optional *protocol* argument tells the pickler to use the given
    /// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
    /// protocol is 5. It was introduced in Python 3.8, and is incompatible
    /// with previous versions.
    ///
    /// Specifying a negative protocol version selects the highest protocol
    /// version supported.  The higher the protocol used, the more recent the
    /// version of Python needed to read the pickle produced.
    ///
    /// The *file* argument must have a write() method that accepts a single
    /// bytes argument.  It can thus be a file object opened for binary
    /// writing, an io.BytesIO instance, or any other custom object that meets
    /// this interface.
    ///
    /// If *fix_imports* is True and protocol is less than 3, pickle will try
    /// to map the new Python 3 names to the old module names used in Python
    /// 2, so that the pickle data stream is readable with Python 2.
    ///
    /// If *buffer_callback* is None (the default), buffer views are serialized
    /// into *file* as part of the pickle stream.  It is an error if
    /// *buffer_callback* is not None and *protocol* is None or smaller than 5.
    ["dump"] "($module, /, obj, file, protocol=None, *, fix_imports=True,\n     buffer_callback=None)" Bound(pickler::module_dump);
    /// Return the pickled representation of the object as a bytes object.
    ///
    /// The optional *protocol* argument tells the pickler to use the given
    /// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
    /// protocol is 5. It was introduced in Python 3.8, and is incompatible
    /// with previous versions.
    ///
    /// Specifying a negative protocol version selects the highest protocol
    /// version supported.  The higher the protocol used, the more recent the
    /// version of Python needed to read the pickle produced.
    ///
    /// If *fix_imports* is True and *protocol* is less than 3, pickle will
    /// try to map the new Python 3 names to the old module names used in
    /// Python 2, so that the pickle data stream is readable with Python 2.
    ///
    /// If *buffer_callback* is None (the default), buffer views are serialized
    /// into *file* as part of the pickle stream.  It is an error if
    /// *buffer_callback* is not None and *protocol* is None or smaller than 5.
    ["dumps"] "($module, /, obj, protocol=None, *, fix_imports=True,\n      buffer_callback=None)" Bound(pickler::module_dumps);
    /// Read and return an object from the pickle data stored in a file.
    ///
    /// This is equivalent to ``Unpickler(file).load()``, but may be more
    /// efficient.
    ///
    /// The protocol version of the pickle is detected automatically, so no
    /// protocol argument is needed.  Bytes past the pickled object's
    /// representation are ignored.
    ///
    /// The argument *file* must have two methods, a read() method that takes
    /// an integer argument, and a readline() method that requires no
    /// arguments.  Both methods should return bytes.  Thus *file* can be a
    /// binary file object opened for reading, an io.BytesIO object, or any
    /// other custom object that meets this interface.
    ///
    /// Optional keyword arguments are *fix_imports*, *encoding* and *errors*,
    /// which are used to control compatibility support for pickle stream
    /// generated by Python 2.  If *fix_imports* is True, pickle will try to
    /// map the old Python 2 names to the new names used in Python 3.  The
    /// *encoding* and *errors* tell pickle how to decode 8-bit string
    /// instances pickled by Python 2; these default to 'ASCII' and 'strict',
    /// respectively.  The *encoding* can be 'bytes' to read these 8-bit
    /// string instances as bytes objects.
    ["load"] "($module, /, file, *, fix_imports=True, encoding='ASCII',\n     errors='strict', buffers=())" Bound(unpickler::module_load);
    /// Read and return an object from the given pickle data.
    ///
    /// The protocol version of the pickle is detected automatically, so no
    /// protocol argument is needed.  Bytes past the pickled object's
    /// representation are ignored.
    ///
    /// Optional keyword arguments are *fix_imports*, *encoding* and *errors*,
    /// which are used to control compatibility support for pickle stream
    /// generated by Python 2.  If *fix_imports* is True, pickle will try to
    /// map the old Python 2 names to the new names used in Python 3.  The
    /// *encoding* and *errors* tell pickle how to decode 8-bit string
    /// instances pickled by Python 2; these default to 'ASCII' and 'strict',
    /// respectively.  The *encoding* can be 'bytes' to read these 8-bit
    /// string instances as bytes objects.
    ["loads"] "($module, data, /, *, fix_imports=True, encoding='ASCII',\n      errors='strict', buffers=())" Bound(unpickler::module_loads);
}

/// `_pickle.PickleError`
static PICKLE_ERROR: StaticType = StaticType::inheriting();
/// `_pickle.PicklingError`
static PICKLING_ERROR: StaticType = StaticType::inheriting();
/// `_pickle.UnpicklingError`
static UNPICKLING_ERROR: StaticType = StaticType::inheriting();

const PICKLE_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "_pickle.PickleError",
    base: Some(&EXCEPTION),
    flags: spec_flags::BASETYPE,
    ..TypeSpec::DEFAULT
};

const PICKLING_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "_pickle.PicklingError",
    base: Some(&PICKLE_ERROR),
    flags: spec_flags::BASETYPE,
    ..TypeSpec::DEFAULT
};

const UNPICKLING_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "_pickle.UnpicklingError",
    base: Some(&PICKLE_ERROR),
    flags: spec_flags::BASETYPE,
    ..TypeSpec::DEFAULT
};

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&PICKLE_ERROR, &PICKLE_ERROR_SPEC),
            (&PICKLING_ERROR, &PICKLING_ERROR_SPEC),
            (&UNPICKLING_ERROR, &UNPICKLING_ERROR_SPEC),
            (&buffer::PICKLE_BUFFER, &buffer::PICKLE_BUFFER_SPEC),
            (&pickler::PICKLER, &pickler::PICKLER_SPEC),
            (&unpickler::UNPICKLER, &unpickler::UNPICKLER_SPEC),
            (&proxies::PICKLER_MEMO, &proxies::PICKLER_MEMO_SPEC),
            (&proxies::UNPICKLER_MEMO, &proxies::UNPICKLER_MEMO_SPEC),
        ],
    )?;
    for (name, class) in [
        ("PickleBuffer", &buffer::PICKLE_BUFFER),
        ("Pickler", &pickler::PICKLER),
        ("Unpickler", &unpickler::UNPICKLER),
        ("PickleError", &PICKLE_ERROR),
        ("PicklingError", &PICKLING_ERROR),
        ("UnpicklingError", &UNPICKLING_ERROR),
    ] {
        module::add(vm, this, name, class.get().to_value());
    }
    Ok(())
}

/// Adds a note to an error: what was being written, and which part of it.
#[cold]
fn with_note(vm: Vm<'_>, raised: Raised, object: &Value, part: &str) -> Raised {
    let error = vm.take(raised);
    let add = || {
        let class = vm.full_class_name(object.class())?;
        let note = PyStr::try_new(vm, &format!("when serializing {class} {part}"))?.into_value();
        vm.call_method(&error, &vm.intern("add_note"), &[note])
    };
    match add() {
        Ok(_) => vm.restore(error),
        Err(raised) => raised,
    }
}
