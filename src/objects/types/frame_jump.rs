//! `frame.f_lineno = N`: a trace function makes its frame go on at another line, where that leaves the value stack whole.

use bytecode::Opcode;
use bytecode::code_spec::code_flags;
use bytecode::code_unit::{DecodedInstruction, decode};
use bytecode::exception_table::entries;

use crate::core::errors::PyResult;
use crate::core::monitoring::{NO_EVENT, event};
use crate::core::object::Py;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::code::{PyCode, locations};
use crate::types::exceptions::hierarchy as exc;
use crate::types::frame_object::PyFrame;
use crate::types::int;

/// What lies on the value stack, as far as jumping cares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Iterator = 1,
    Except = 2,
    Object = 3,
    Null = 4,
    Lasti = 5,
}

/// A value stack before an instruction, bottom first; None where no way leads, or where it is not known.
type Stack = Vec<Kind>;

/// Jumps: the setter of `f_lineno`.
///
/// # Errors
/// ValueError in CPython's words where the jump is not possible.
pub(super) fn set_line(vm: Vm<'_>, frame: &Py<PyFrame>, value: &Value) -> PyResult<()> {
    if !value.is_exact(int::INT.get()) {
        return Err(vm.value_error("lineno must be an integer"));
    }
    check_event(vm)?;
    let Some(wanted) = value.as_small_int().and_then(|line| i32::try_from(line).ok()) else {
        return Err(vm.value_error("lineno out of range"));
    };
    let code = frame.code();
    if wanted < code.spec().firstlineno {
        return Err(vm.value_error(format!("line {wanted} comes before the current code block")));
    }
    let starts = line_starts(code);
    let Some(line) = starts.iter().map(|&(_, line)| line).filter(|&line| line >= wanted).min()
    else {
        return Err(vm.value_error(format!("line {wanted} comes after the current code block")));
    };
    let stacks = mark_stacks(code);
    let here = usize::try_from(frame.lasti()).unwrap_or(0) / 2;
    let start = stacks.get(here).cloned().flatten();
    let candidates = starts.iter().filter(|&&(_, at)| at == line).map(|&(unit, _)| unit);
    let (unit, stack) = choose(vm, start.as_ref(), candidates, &stacks)?;
    fill_unbound(vm, frame)?;
    frame.pop_stack(vm, stack.len(), |depth| {
        start.as_ref().is_some_and(|start| start.get(depth) == Some(&Kind::Except))
    });
    frame.jump.set(Some(unit));
    Ok(())
}

fn check_event(vm: Vm<'_>) -> PyResult<()> {
    match vm.thread().tracing.event.get() {
        NO_EVENT => Err(vm.value_error("f_lineno can only be set in a trace function")),
        event::PY_RESUME
        | event::JUMP
        | event::BRANCH
        | event::BRANCH_LEFT
        | event::BRANCH_RIGHT
        | event::LINE
        | event::PY_YIELD => Ok(()),
        event::PY_START => {
            Err(vm.value_error("can't jump from the 'call' trace event of a new frame"))
        }
        event::CALL | event::C_RETURN => Err(vm.value_error("can't jump during a call")),
        event::PY_RETURN
        | event::PY_UNWIND
        | event::PY_THROW
        | event::RAISE
        | event::C_RAISE
        | event::INSTRUCTION
        | event::EXCEPTION_HANDLED => {
            Err(vm.value_error("can only jump from a 'line' trace event"))
        }
        _ => Err(vm.system_error("unexpected event type")),
    }
}

/// The units that begin a line: (unit, line).
fn line_starts(code: &Py<PyCode>) -> Vec<(usize, i32)> {
    let mut last = -1;
    let mut starts = Vec::new();
    for (unit, _, location) in locations(code.spec()) {
        if location.has_line() && location.line != last {
            starts.push((unit, location.line));
            last = location.line;
        }
    }
    starts
}

/// The best of the places to jump to: the one with the deepest stack that the frame's can be cut down to.
fn choose(
    vm: Vm<'_>,
    start: Option<&Stack>,
    candidates: impl Iterator<Item = usize>,
    stacks: &[Option<Stack>],
) -> PyResult<(usize, Stack)> {
    let mut best: Option<(usize, &Stack)> = None;
    let mut message = "cannot find bytecode for specified line";
    let mut explained = false;
    for unit in candidates {
        let target = stacks.get(unit).and_then(Option::as_ref);
        match (start, target) {
            (Some(start), Some(target)) if is_compatible(start, target) => {
                best =
                    best.filter(|(_, stack)| target.len() <= stack.len()).or(Some((unit, target)));
            }
            (None, _) => message = "can't jump from unreachable code",
            (Some(_), target) if best.is_none() && !explained => {
                message = explain(target);
                explained = true;
            }
            _ => {}
        }
    }
    match best {
        Some((unit, stack)) => Ok((unit, stack.clone())),
        None => Err(vm.value_error(message)),
    }
}

fn is_compatible(start: &Stack, target: &Stack) -> bool {
    start.len() >= target.len()
        && start.iter().zip(target).all(|(&from, &to)| match to {
            Kind::Object => from != Kind::Null,
            Kind::Null => true,
            _ => from == to,
        })
}

fn explain(target: Option<&Stack>) -> &'static str {
    match target.map(|stack| stack.last()) {
        None => "can't jump into an exception handler, or code may be unreachable",
        Some(Some(Kind::Except)) => "can't jump into an 'except' block as there's no exception",
        Some(Some(Kind::Lasti)) => "can't jump into a re-raising block as there's no location",
        Some(Some(Kind::Iterator)) => "can't jump into the body of a for loop",
        Some(Some(Kind::Object | Kind::Null) | None) => "incompatible stacks",
    }
}

/// Local variables that the compiler knows to be bound at the target are bound to None.
fn fill_unbound(vm: Vm<'_>, frame: &Py<PyFrame>) -> PyResult<()> {
    let count = frame.code().local_count();
    let unbound: Vec<usize> = (0..count).filter(|&index| !frame.is_set(index)).collect();
    if unbound.is_empty() {
        return Ok(());
    }
    let plural = if unbound.len() == 1 { "" } else { "s" };
    let message = format!("assigning None to {} unbound local{plural}", unbound.len());
    if let Some(warn) = vm.interpreter().warn.get() {
        warn(vm, &exc::RUNTIME_WARNING, &message, 0)?;
    }
    for index in unbound {
        frame.set_variable(index, Some(Value::NONE));
    }
    Ok(())
}

/// The value stack before each unit.
fn mark_stacks(code: &Py<PyCode>) -> Vec<Option<Stack>> {
    let spec = code.spec();
    let instructions: Vec<DecodedInstruction> = decode(&spec.code).collect();
    let mut stacks: Vec<Option<Stack>> = vec![None; spec.code.len() + 1];
    let generator = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
    stacks[0] = Some(if spec.flags & generator != 0 { vec![Kind::Object] } else { Vec::new() });
    let mut todo = true;
    while todo {
        todo = false;
        for instruction in &instructions {
            let Some(stack) = stacks[instruction.start].clone() else { continue };
            stacks[instruction.index] = Some(stack.clone());
            todo |= flow(instruction, stack, &mut stacks);
        }
        for range in entries(&spec.exceptiontable) {
            let Some(stack) = stacks.get(range.start).cloned().flatten() else { continue };
            if let Some(place @ None) = stacks.get_mut(range.target) {
                let mut target: Stack = stack.into_iter().take(range.depth as usize).collect();
                if range.lasti {
                    target.push(Kind::Lasti);
                }
                target.push(Kind::Except);
                *place = Some(target);
                todo = true;
            }
        }
    }
    stacks
}

/// The stacks behind an instruction: whether a place before it became known.
fn flow(instruction: &DecodedInstruction, mut stack: Stack, stacks: &mut [Option<Stack>]) -> bool {
    let (opcode, oparg) = (instruction.opcode.family(), instruction.oparg as usize);
    let next = instruction.end;
    let target = instruction.jump_target().filter(|&target| target < stacks.len());
    match opcode {
        Opcode::POP_JUMP_IF_FALSE
        | Opcode::POP_JUMP_IF_TRUE
        | Opcode::POP_JUMP_IF_NONE
        | Opcode::POP_JUMP_IF_NOT_NONE => {
            stack.pop();
            set(stacks, target, &stack);
        }
        Opcode::SEND => set(stacks, target, &stack),
        Opcode::JUMP_FORWARD => {
            set(stacks, target, &stack);
            return false;
        }
        Opcode::JUMP_BACKWARD | Opcode::JUMP_BACKWARD_NO_INTERRUPT => {
            let new = target.is_some_and(|target| stacks[target].is_none());
            set(stacks, target, &stack);
            return new;
        }
        Opcode::GET_ITER | Opcode::GET_AITER => {
            stack.pop();
            stack.push(Kind::Iterator);
        }
        Opcode::FOR_ITER => {
            stack.push(Kind::Object);
            set(stacks, target, &stack);
        }
        Opcode::END_ASYNC_FOR => {
            stack.pop();
            stack.pop();
        }
        Opcode::PUSH_EXC_INFO => stack.push(Kind::Except),
        Opcode::POP_EXCEPT => {
            stack.pop();
        }
        Opcode::RETURN_VALUE
        | Opcode::RAISE_VARARGS
        | Opcode::RERAISE
        | Opcode::INTERPRETER_EXIT => return false,
        Opcode::PUSH_NULL => stack.push(Kind::Null),
        Opcode::LOAD_GLOBAL => {
            stack.push(Kind::Object);
            if oparg & 1 != 0 {
                stack.push(Kind::Null);
            }
        }
        Opcode::LOAD_ATTR => {
            if oparg & 1 != 0 {
                stack.pop();
                stack.extend([Kind::Object, Kind::Null]);
            }
        }
        Opcode::SWAP => {
            let (top, other) = (stack.len().wrapping_sub(1), stack.len().wrapping_sub(oparg));
            if top < stack.len() && other < stack.len() {
                stack.swap(top, other);
            }
        }
        Opcode::COPY => {
            let kind = stack.len().checked_sub(oparg).and_then(|depth| stack.get(depth).copied());
            stack.push(kind.unwrap_or(Kind::Object));
        }
        _ => {
            let oparg = i32::try_from(oparg).unwrap_or(i32::MAX);
            let change = opcode.pushed(oparg) - opcode.popped(oparg);
            let by = usize::try_from(change.unsigned_abs()).unwrap_or(0);
            let length = stack.len();
            if change < 0 {
                stack.truncate(length.saturating_sub(by));
            } else {
                stack.resize(length + by, Kind::Object);
            }
        }
    }
    set(stacks, Some(next), &stack);
    false
}

fn set(stacks: &mut [Option<Stack>], unit: Option<usize>, stack: &Stack) {
    if let Some(place) = unit.and_then(|unit| stacks.get_mut(unit)) {
        *place = Some(stack.clone());
    }
}
