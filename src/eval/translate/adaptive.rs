//! The specialised words of a translation, said in CPython's specialised opcodes (`_co_code_adaptive`): where this machine
//! specialises as CPython does, the names are the same; a form of its own has no name there, and shows the family's.

use bytecode::Opcode;
use bytecode::caches::{AFTER_ONE, SPECIALISED, put_counter, with_counters};
use bytecode::code_unit::{CodeUnit, DecodedInstruction, decode};
use bytecode::constant::Constant;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::{PyType, TYPE};
use objects::core::type_spec::spec_flags;
use objects::types::code::PyCode;
use objects::types::object_::OBJECT;

use super::flow::{Known, have_run};
use super::{Pass, Side, Translated, WARM_UP};
use crate::exception_table;
use crate::machine::word_flags;
use crate::ops;
use crate::word_ops::{op, word_count};

impl Translated {
    /// The bytecode with the opcodes that stand for the words as they are now.
    pub(super) fn adaptive(&self, code: &Py<PyCode>) -> Vec<CodeUnit> {
        let spec = code.spec();
        let mut units = with_counters(&spec.code);
        let mut pass = Pass::new(None, code, self.form);
        pass.record = Some(Side::default());
        pass.run();
        let infos = pass.record.take().unwrap_or_default().infos;
        let words = self.plain_words();
        let instructions: Vec<DecodedInstruction> = decode(&spec.code).collect();
        let mut known = vec![Known::Nothing; instructions.len()];
        let mut at = 0;
        while let (Some(&fresh), Some(&(unit, _))) = (pass.words.get(at), infos.get(at)) {
            let range = at..at + word_count(fresh as u8);
            let (Some(now), Some(before)) = (words.get(range.clone()), pass.words.get(range))
            else {
                break;
            };
            at += now.len().max(1);
            let place = instructions.partition_point(|other| other.index < unit as usize);
            let (Some(instruction), true) = (instructions.get(place), counts(before)) else {
                continue;
            };
            let form = form_of(instruction.opcode.family(), now);
            known[place] = match form {
                _ if now == before => Known::Waits,
                Some(_) => Known::RanOften,
                None => Known::Ran,
            };
            if let Some(form) = form {
                units[instruction.index].opcode = form.byte();
            }
            match known[place] {
                Known::RanOften => put_counter(&mut units, instruction, SPECIALISED),
                Known::Ran => put_counter(&mut units, instruction, AFTER_ONE),
                Known::Nothing | Known::Waits => {}
            }
        }
        let handlers: Vec<_> = exception_table::entries(&spec.exceptiontable).collect();
        let ran = have_run(&instructions, &handlers, &known);
        for (instruction, _) in instructions.iter().zip(ran).filter(|(_, ran)| *ran) {
            let form = match instruction.opcode.family() {
                Opcode::RESUME => Opcode::RESUME_CHECK,
                Opcode::JUMP_BACKWARD => Opcode::JUMP_BACKWARD_NO_JIT,
                Opcode::LOAD_CONST => match spec.consts.get(instruction.oparg as usize) {
                    Some(constant) if is_immortal(constant) => Opcode::LOAD_CONST_IMMORTAL,
                    _ => Opcode::LOAD_CONST_MORTAL,
                },
                _ => continue,
            };
            units[instruction.index].opcode = form.byte();
        }
        units
    }

    /// The words without what leads to the instrumented form.
    fn plain_words(&self) -> Vec<u64> {
        let mut words: Vec<u64> = self.words.iter().map(std::cell::Cell::get).collect();
        for &(index, operation) in self.patched.borrow().iter() {
            let word = &mut words[index as usize];
            *word = *word & !0xff | u64::from(operation);
        }
        words
    }
}

/// Whether a word, as it was made, counts its runs until it is specialised.
fn counts(fresh: &[u64]) -> bool {
    fresh.get(1).is_some_and(|cache| cache >> 48 == WARM_UP >> 48)
        && fresh.first().is_some_and(|word| *word as u8 != op::CONTAINS_OP)
}

/// More arguments than a call has, less than an address.
const ARGUMENTS_MAX: u64 = 0xffff;

/// Whether CPython never counts the references to a constant.
fn is_immortal(constant: &Constant) -> bool {
    match constant {
        Constant::None | Constant::True | Constant::False | Constant::Ellipsis => true,
        Constant::Int(number) => (-5..=256).contains(number),
        Constant::Str(text) => {
            let text = text.to_string_lossy();
            let mut characters = text.chars();
            characters.next().is_none_or(|first| first <= '\u{ff}') && characters.next().is_none()
        }
        Constant::Bytes(bytes) => bytes.len() <= 1,
        Constant::Tuple(items) => items.is_empty(),
        Constant::BigInt(_)
        | Constant::Float(_)
        | Constant::Complex(..)
        | Constant::FrozenSet(_)
        | Constant::Slice(_)
        | Constant::Code(_)
        | Constant::Foreign(_) => false,
    }
}

/// The specialised opcode of family `family` that a word and its caches stand for.
fn form_of(family: Opcode, word: &[u64]) -> Option<Opcode> {
    let cache = |n: usize| word.get(n).copied().unwrap_or(0);
    let content = cache(0);
    Some(match (family, content as u8) {
        (Opcode::BINARY_OP, operation) => match operation {
            op::ADD_INT => Opcode::BINARY_OP_ADD_INT,
            op::SUBTRACT_INT => Opcode::BINARY_OP_SUBTRACT_INT,
            op::MULTIPLY_INT => Opcode::BINARY_OP_MULTIPLY_INT,
            op::ADD_FLOAT => Opcode::BINARY_OP_ADD_FLOAT,
            op::SUBTRACT_FLOAT => Opcode::BINARY_OP_SUBTRACT_FLOAT,
            op::MULTIPLY_FLOAT => Opcode::BINARY_OP_MULTIPLY_FLOAT,
            op::AND_INT | op::OR_INT | op::XOR_INT | op::MIXED_FLOAT => Opcode::BINARY_OP_EXTEND,
            op::CONCAT_STR if is_in_place(content) => Opcode::BINARY_OP_INPLACE_ADD_UNICODE,
            op::CONCAT_STR => Opcode::BINARY_OP_ADD_UNICODE,
            op::SUBSCRIPT_LIST => Opcode::BINARY_OP_SUBSCR_LIST_INT,
            op::SUBSCRIPT_TUPLE => Opcode::BINARY_OP_SUBSCR_TUPLE_INT,
            op::SUBSCRIPT_STR => Opcode::BINARY_OP_SUBSCR_STR_INT,
            op::SUBSCRIPT_DICT => Opcode::BINARY_OP_SUBSCR_DICT,
            op::BINARY_PYTHON if ops::arithmetic::is_subscript(cache(1)) => {
                Opcode::BINARY_OP_SUBSCR_GETITEM
            }
            _ => return None,
        },
        (Opcode::COMPARE_OP, op::COMPARE_INT | op::COMPARE_JUMP_INT) => Opcode::COMPARE_OP_INT,
        (Opcode::COMPARE_OP, op::COMPARE_FLOAT | op::COMPARE_JUMP_FLOAT) => {
            Opcode::COMPARE_OP_FLOAT
        }
        (
            Opcode::COMPARE_OP,
            op::COMPARE_STR | op::COMPARE_JUMP_STR | op::COMPARE_JUMP_STR_CONST,
        ) => Opcode::COMPARE_OP_STR,
        (Opcode::FOR_ITER, op::FOR_RANGE) => Opcode::FOR_ITER_RANGE,
        (Opcode::FOR_ITER, op::FOR_LIST) => Opcode::FOR_ITER_LIST,
        (Opcode::FOR_ITER, op::FOR_TUPLE) => Opcode::FOR_ITER_TUPLE,
        (Opcode::FOR_ITER, op::FOR_GENERATOR) => Opcode::FOR_ITER_GEN,
        (Opcode::LOAD_GLOBAL, op::LOAD_GLOBAL_MODULE) => Opcode::LOAD_GLOBAL_MODULE,
        (Opcode::LOAD_GLOBAL, op::LOAD_GLOBAL_BUILTIN) => Opcode::LOAD_GLOBAL_BUILTIN,
        (Opcode::LOAD_ATTR, operation) => return attribute(operation, cache(2), cache(3)),
        (Opcode::STORE_ATTR, op::STORE_ATTR_VALUE) => Opcode::STORE_ATTR_INSTANCE_VALUE,
        (Opcode::STORE_ATTR, op::STORE_ATTR_SLOT) => Opcode::STORE_ATTR_SLOT,
        (Opcode::STORE_ATTR, op::STORE_ATTR_DICT) => Opcode::STORE_ATTR_WITH_HINT,
        (Opcode::STORE_SUBSCR, op::STORE_SUBSCR_LIST) => Opcode::STORE_SUBSCR_LIST_INT,
        (Opcode::STORE_SUBSCR, op::STORE_SUBSCR_DICT) => Opcode::STORE_SUBSCR_DICT,
        (Opcode::CALL, operation) => return call(operation, cache(1), cache(2)),
        _ => return None,
    })
}

/// Whether the result goes to the local variable that is the left operand.
fn is_in_place(content: u64) -> bool {
    let is_local = (content >> 8) as u8 & word_flags::DST_LOCAL != 0;
    is_local && (content >> 16) as u16 == (content >> 32) as u16
}

fn attribute(operation: u8, versions: u64, found: u64) -> Option<Opcode> {
    let class = || class_of_version(versions as u32);
    let has_values = |class: &PyRef<PyType>| class.has_flags(spec_flags::INLINE_VALUES);
    Some(match operation {
        op::LOAD_ATTR_VALUE | op::LOAD_METHOD_VALUE => Opcode::LOAD_ATTR_INSTANCE_VALUE,
        op::LOAD_ATTR_SLOT => Opcode::LOAD_ATTR_SLOT,
        op::LOAD_ATTR_MODULE | op::LOAD_METHOD_MODULE => Opcode::LOAD_ATTR_MODULE,
        op::LOAD_ATTR_DICT => Opcode::LOAD_ATTR_WITH_HINT,
        op::LOAD_ATTR_PROPERTY => Opcode::LOAD_ATTR_PROPERTY,
        op::LOAD_METHOD_CLASS if ops::methods::is_wrapper(found) => return None,
        op::LOAD_ATTR_CLASS | op::LOAD_METHOD_CLASS => {
            let plain = (versions >> 32) as u32 == TYPE.get().version.get();
            if plain {
                Opcode::LOAD_ATTR_CLASS
            } else {
                Opcode::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
            }
        }
        op::LOAD_ATTR_CONSTANT => match class() {
            Some(class) if has_values(&class) => Opcode::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES,
            Some(class) if !has_dict(&class) => Opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT,
            _ => return None,
        },
        op::LOAD_METHOD_CACHED => match class() {
            Some(class) if has_values(&class) => Opcode::LOAD_ATTR_METHOD_WITH_VALUES,
            Some(class) if has_dict(&class) => Opcode::LOAD_ATTR_METHOD_LAZY_DICT,
            Some(_) => Opcode::LOAD_ATTR_METHOD_NO_DICT,
            None => return None,
        },
        _ => return None,
    })
}

fn has_dict(class: &PyType) -> bool {
    class.has_flags(spec_flags::HAS_DICT) || class.has_flags(spec_flags::MANAGED_DICT)
}

/// The class that has this version now.
fn class_of_version(version: u32) -> Option<PyRef<PyType>> {
    let mut waiting = vec![OBJECT.get().to_ref()];
    while let Some(class) = waiting.pop() {
        if version != 0 && class.version.get() == version {
            return Some(class);
        }
        waiting.extend(class.live_subclasses());
    }
    None
}

fn call(operation: u8, first: u64, second: u64) -> Option<Opcode> {
    Some(match operation {
        op::CALL_PY => Opcode::CALL_PY_EXACT_ARGS,
        op::CALL_PY_DEFAULTS => Opcode::CALL_PY_GENERAL,
        // Noted of a Python function whose arguments have to be bound.
        op::CALL if first as u32 != 0 && second <= ARGUMENTS_MAX => Opcode::CALL_PY_GENERAL,
        op::CALL_BOUND_PY => Opcode::CALL_BOUND_METHOD_EXACT_ARGS,
        op::CALL_CLASS => Opcode::CALL_ALLOC_AND_ENTER_INIT,
        op::CALL_LEN => Opcode::CALL_LEN,
        op::CALL_LIST_APPEND => Opcode::CALL_LIST_APPEND,
        op::CALL_TYPE_1 => Opcode::CALL_TYPE_1,
        op::CALL_METHOD_NONE => Opcode::CALL_METHOD_DESCRIPTOR_NOARGS,
        op::CALL_METHOD_ONE => Opcode::CALL_METHOD_DESCRIPTOR_O,
        op::CALL_BUILTIN_ONE
        | op::CALL_BUILTIN
        | op::CALL_BUILTIN_CLASS
        | op::CALL_METHOD_DESCRIPTOR
        | op::CALL_NATIVE => {
            // Noted when the word was specialised.
            return Opcode::from_number(second as u16).filter(|form| form.family() == Opcode::CALL);
        }
        _ => return None,
    })
}
