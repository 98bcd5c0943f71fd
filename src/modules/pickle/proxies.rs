//! The memo proxies: what the `memo` attributes of picklers and unpicklers give.

use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::compare::hash_not_implemented;
use objects::protocol::number;
use objects::types::dict::{DICT, PyDict};
use objects::types::int;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

use super::memo::{ReadMemo, WrittenMemo};
use super::pickler::PyPickler;
use super::unpickler::PyUnpickler;

payload! {
    /// The payload of a pickler's memo proxy.
    pub(super) struct PyPicklerMemo: PICKLER_MEMO, gc {
        pickler: Value,
    }
}

payload! {
    /// The payload of an unpickler's memo proxy.
    pub(super) struct PyUnpicklerMemo: UNPICKLER_MEMO, gc {
        unpickler: Value,
    }
}

/// `_pickle.PicklerMemoProxy`
pub(super) static PICKLER_MEMO: StaticType = StaticType::new::<PyPicklerMemo>();
/// `_pickle.UnpicklerMemoProxy`
pub(super) static UNPICKLER_MEMO: StaticType = StaticType::new::<PyUnpicklerMemo>();

/// The spec of `_pickle.PicklerMemoProxy`.
pub(super) const PICKLER_MEMO_SPEC: TypeSpec = TypeSpec {
    name: "_pickle.PicklerMemoProxy",
    slots: &[Slot::Hash(hash_not_implemented)],
    flags: spec_flags::DISALLOW_INSTANTIATION,
    methods: PICKLER_METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `_pickle.UnpicklerMemoProxy`.
pub(super) const UNPICKLER_MEMO_SPEC: TypeSpec = TypeSpec {
    name: "_pickle.UnpicklerMemoProxy",
    slots: &[Slot::Hash(hash_not_implemented)],
    flags: spec_flags::DISALLOW_INSTANTIATION,
    methods: UNPICKLER_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { PICKLER_METHODS:
    /// Remove all items from memo.
    ["clear"] "($self, /)" None(pickler_clear);
    /// Copy the memo to a new object.
    ["copy"] "($self, /)" None(pickler_copy);
    /// Implement pickle support.
    ["__reduce__"] "($self, /)" None(pickler_reduce);
}

methods! { UNPICKLER_METHODS:
    /// Remove all items from memo.
    ["clear"] "($self, /)" None(unpickler_clear);
    /// Copy the memo to a new object.
    ["copy"] "($self, /)" None(unpickler_copy);
    /// Implement pickling support.
    ["__reduce__"] "($self, /)" None(unpickler_reduce);
}

/// `Pickler.memo`
pub(super) fn get_pickler_memo(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyRef::try_new(vm, PyPicklerMemo { pickler: this.clone() })?.into_value())
}

/// `Unpickler.memo`
pub(super) fn get_unpickler_memo(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyRef::try_new(vm, PyUnpicklerMemo { unpickler: this.clone() })?.into_value())
}

fn written(this: &Value) -> &Value {
    &this.receiver::<PyPicklerMemo>().pickler
}

fn pickler_clear(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    drop(written(this).receiver::<PyPickler>().memo.take());
    Ok(Value::NONE)
}

fn pickler_copy(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let entries = written(this).receiver::<PyPickler>().memo.with(|memo| memo.entries().to_vec());
    let dict = PyDict::new_ref(vm);
    for (object, number) in entries {
        let key = int::from_u64(vm, object.id());
        dict.set(vm, &key, PyTuple::new_value(vm, &[Value::from_usize(number), object]))?;
    }
    Ok(dict.into_value())
}

fn pair(vm: Vm<'_>, contents: Value) -> Value {
    let args = PyTuple::new_value(vm, &[contents]);
    PyTuple::new_value(vm, &[DICT.get().to_value(), args])
}

fn pickler_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(pair(vm, pickler_copy(vm, this)?))
}

/// `Pickler.memo = ...`
pub(super) fn set_pickler_memo(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(vm.type_error("attribute deletion is not supported"));
    };
    let mut memo = WrittenMemo::default();
    let mut add = |object: &Value, number: usize| {
        if memo.set(object, number) { Ok(()) } else { Err(vm.memory_error()) }
    };
    if let Some(proxy) = new.downcast::<PyPicklerMemo>() {
        let entries =
            proxy.pickler.receiver::<PyPickler>().memo.with(|memo| memo.entries().to_vec());
        for (object, number) in entries {
            add(&object, number)?;
        }
    } else if let Some(dict) = new.downcast::<PyDict>() {
        for (_, value) in dict.items_vec() {
            let Some(pair) = value.downcast::<PyTuple>() else {
                return Err(vm.type_error("'memo' values must be 2-item tuples"));
            };
            let [number, object] = pair.items() else {
                return Err(vm.type_error("'memo' values must be 2-item tuples"));
            };
            let number = number::as_isize(vm, number)?;
            add(object, usize::try_from(number).unwrap_or_default())?;
        }
    } else {
        return Err(vm.type_error(format!(
            "'memo' attribute must be a PicklerMemoProxy object or dict, not {}",
            new.class().name()
        )));
    }
    drop(this.receiver::<PyPickler>().memo.replace(memo));
    Ok(())
}

fn read(this: &Value) -> &Value {
    &this.receiver::<PyUnpicklerMemo>().unpickler
}

fn unpickler_clear(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    drop(read(this).receiver::<PyUnpickler>().memo.take());
    Ok(Value::NONE)
}

fn unpickler_copy(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let entries = read(this).receiver::<PyUnpickler>().memo.with(ReadMemo::entries);
    let dict = PyDict::new_ref(vm);
    for (number, value) in entries {
        dict.set(vm, &Value::from_usize(number), value)?;
    }
    Ok(dict.into_value())
}

fn unpickler_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(pair(vm, unpickler_copy(vm, this)?))
}

/// `Unpickler.memo = ...`
pub(super) fn set_unpickler_memo(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(vm.type_error("attribute deletion is not supported"));
    };
    let mut memo = ReadMemo::default();
    let mut add = |number: usize, value: Value| {
        if memo.set(number, value).0 { Ok(()) } else { Err(vm.memory_error()) }
    };
    if let Some(proxy) = new.downcast::<PyUnpicklerMemo>() {
        let entries = proxy.unpickler.receiver::<PyUnpickler>().memo.with(ReadMemo::entries);
        for (number, value) in entries {
            add(number, value)?;
        }
    } else if let Some(dict) = new.downcast::<PyDict>() {
        for (key, value) in dict.items_vec() {
            if !number::is_int(&key) {
                return Err(vm.type_error("memo key must be integers"));
            }
            match usize::try_from(number::as_isize(vm, &key)?) {
                Ok(number) => add(number, value)?,
                Err(_) => return Err(vm.value_error("memo key must be positive integers.")),
            }
        }
    } else {
        return Err(vm.type_error(format!(
            "'memo' attribute must be an UnpicklerMemoProxy object or dict, not {}",
            new.class().name()
        )));
    }
    drop(this.receiver::<PyUnpickler>().memo.replace(memo));
    Ok(())
}
