//! `_random`: the generator under `random.Random`.

use std::io::Read;

use base::int::BigInt;
use base::mersenne::Mersenne;
use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::tuple::PyTuple;
use objects::types::{float_, int, module};
use objects::{methods, payload};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_random",
    doc: Some("Module implements the Mersenne Twister random number generator."),
    functions: &[],
    exec: Some(exec),
};

struct Generator(HotCell<Mersenne>);

impl Traverse for Generator {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a generator.
    struct PyRandom: RANDOM {
        generator: Generator,
    }
}

/// `_random.Random`
static RANDOM: StaticType = StaticType::new::<PyRandom>();

const RANDOM_SPEC: TypeSpec = TypeSpec {
    name: "_random.Random",
    doc: Some("Random() -> create a random number generator with its own internal state."),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(random_new)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// random() -> x in the interval [0, 1).
    ["random"] "($self, /)" None(random_random);
    /// seed([n]) -> None.
    ///
    /// Defaults to use urandom and falls back to a combination
    /// of the current time and the process identifier.
    ["seed"] "($self, n=None, /)" Positional(random_seed);
    /// getstate() -> tuple containing the current state.
    ["getstate"] "($self, /)" None(random_getstate);
    /// setstate(state) -> None.  Restores generator state.
    ["setstate"] "($self, state, /)" One(random_setstate);
    /// getrandbits(k) -> x.  Generates an int with k random bits.
    ["getrandbits"] "($self, k, /)" One(random_getrandbits);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::ready(vm, &RANDOM, &RANDOM_SPEC)?;
    module::add(vm, this, "Random", RANDOM.get().to_value());
    Ok(())
}

fn random_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if class.is(RANDOM.get()) {
        args.exactly(vm, "Random", 0, 1)?;
    }
    let seed = args.positional().first();
    // A subclass seeds in its `__init__`, which need not take what this takes.
    let generator =
        if class.is(RANDOM.get()) { seeded(vm, seed)? } else { Mersenne::from_key(&[0]) };
    let payload = PyRandom { generator: Generator(HotCell::new(generator)) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn seeded(vm: Vm<'_>, seed: Option<&Value>) -> PyResult<Mersenne> {
    let Some(seed) = seed.filter(|seed| !seed.is_none()) else {
        return Ok(Mersenne::from_key(&system_key()));
    };
    let number = match int::as_bigint(seed) {
        Some(number) => number.abs(),
        None => BigInt::from(vm.hash(seed)?.cast_unsigned()),
    };
    let mut key = Vec::new();
    for &word in number.magnitude_words() {
        let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
        key.push(u32::from_le_bytes([a, b, c, d]));
        key.push(u32::from_le_bytes([e, f, g, h]));
    }
    if key.last() == Some(&0) {
        key.pop();
    }
    Ok(Mersenne::from_key(&key))
}

/// A key out of the system's generator, or out of the clock and the process where there is none.
fn system_key() -> Vec<u32> {
    let mut bytes = [0u8; Mersenne::STATE_WORDS * 4];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    if read.is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_nanos());
        bytes[..16].copy_from_slice(&now.to_le_bytes());
        bytes[16..20].copy_from_slice(&std::process::id().to_le_bytes());
    }
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

fn random_random(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let number = this.receiver::<PyRandom>().generator.0.with_mut(Mersenne::next_f64);
    Ok(float_::new(vm, number))
}

fn random_seed(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "seed", args.len(), 0, 1)?;
    let generator = seeded(vm, args.first())?;
    this.receiver::<PyRandom>().generator.0.set(generator);
    Ok(Value::NONE)
}

fn random_getstate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let (words, index) = this.receiver::<PyRandom>().generator.0.with(|generator| {
        let (words, index) = generator.state();
        (words.to_vec(), index)
    });
    let mut items: Vec<Value> = words.into_iter().map(|word| int::new(vm, word)).collect();
    items.push(Value::from_usize(index));
    Ok(PyTuple::try_from_vec(vm, items)?.into_value())
}

fn random_setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let Some(tuple) = state.downcast::<PyTuple>() else {
        return Err(vm.type_error("state vector must be a tuple"));
    };
    let Some((index, words)) =
        tuple.items().split_last().filter(|(_, words)| words.len() == Mersenne::STATE_WORDS)
    else {
        return Err(vm.value_error("state vector is the wrong size"));
    };
    let mut state = Vec::with_capacity(words.len());
    for word in words {
        let word = int::as_u64(&number::index(vm, word)?).and_then(|word| u32::try_from(word).ok());
        match word {
            Some(word) => state.push(word),
            None => {
                return Err(vm.overflow_error("Python int too large to convert to C unsigned long"));
            }
        }
    }
    let index = usize::try_from(number::as_i64(vm, index)?).unwrap_or(usize::MAX);
    match Mersenne::from_state(&state, index) {
        Some(generator) => this.receiver::<PyRandom>().generator.0.set(generator),
        None => return Err(vm.value_error("invalid state")),
    }
    Ok(Value::NONE)
}

fn random_getrandbits(vm: Vm<'_>, this: &Value, k: &Value) -> PyResult<Value> {
    let k = number::index(vm, k)?;
    if int::is_negative(&k) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    let Some(k) = int::as_u64(&k) else {
        return Err(vm.overflow_error("Python int too large to convert to C uint64_t"));
    };
    let generator = &this.receiver::<PyRandom>().generator.0;
    if k == 0 {
        return Ok(int::new(vm, 0));
    }
    if k <= 32 {
        let word = generator.with_mut(Mersenne::next_u32);
        return Ok(int::new(vm, word >> (32 - k)));
    }
    let count = usize::try_from(k.div_ceil(32)).unwrap_or(usize::MAX);
    let mut bytes: Vec<u8> = Vec::new();
    if count.checked_mul(4).is_none_or(|size| bytes.try_reserve_exact(size).is_err()) {
        return Err(vm.memory_error());
    }
    let mut left = k;
    for _ in 0..count {
        vm.poll()?;
        let mut word = generator.with_mut(Mersenne::next_u32);
        if left < 32 {
            word >>= 32 - left;
        }
        left = left.saturating_sub(32);
        bytes.extend(word.to_le_bytes());
    }
    Ok(int::new(vm, BigInt::from_le_bytes(&bytes, false)))
}
