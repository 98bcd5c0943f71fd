//! Which instructions of a code object must have run, when some are known to have.
//!
//! Whoever ran has come through what dominates it, and has gone on to what postdominates it; an exception in between is
//! noticed where a word that counts its runs has not counted any.

use bytecode::Opcode;
use bytecode::code_unit::DecodedInstruction;

use crate::exception_table::Range;

/// What is known of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing.
    Nothing,
    /// It never ran.
    Waits,
    /// It ran.
    Ran,
    /// It ran, and more than once.
    RanOften,
}

/// Whether each of the instructions has run: the first has, and those that `known` says.
pub(super) fn have_run(
    instructions: &[DecodedInstruction],
    handlers: &[Range],
    known: &[Known],
) -> Vec<bool> {
    let count = instructions.len();
    let index_of = |unit: usize| {
        let found = instructions.partition_point(|instruction| instruction.index < unit);
        found.min(count)
    };
    // Node `count` is the way in, and, the other way round, the way out.
    let mut forward = vec![Vec::new(); count + 1];
    let mut backward = vec![Vec::new(); count + 1];
    for (index, instruction) in instructions.iter().enumerate() {
        let mut link = |to: usize| {
            forward[index].push(to);
            backward[to].push(index);
        };
        let opcode = instruction.opcode.family();
        if opcode.is_scope_exit() {
            backward[count].push(index);
            continue;
        }
        if let Some(target) = instruction.jump_target() {
            link(index_of(target));
        }
        if !opcode.is_unconditional_jump() && index + 1 < count {
            link(index + 1);
        }
    }
    forward[count].push(0);
    forward[count].extend(handlers.iter().map(|range| index_of(range.target)));
    let before = dominators(&forward, &backward, count);
    // What leads to the way out stands in `backward[count]`: seen from there, those are its successors.
    let after = dominators(&backward, &forward, count);
    let mut ran = vec![false; count];
    let mut waiting: Vec<usize> = vec![0];
    waiting
        .extend((0..count).filter(|&index| matches!(known[index], Known::Ran | Known::RanOften)));
    while let Some(index) = waiting.pop() {
        if index >= count || ran[index] || known[index] == Known::Waits {
            continue;
        }
        ran[index] = true;
        waiting.extend(before[index]);
        let opcode = instructions[index].opcode.family();
        // A generator may wait there for ever.
        if !matches!(opcode, Opcode::RETURN_GENERATOR | Opcode::YIELD_VALUE) {
            waiting.extend(after[index]);
        }
        if opcode == Opcode::FOR_ITER && known[index] == Known::RanOften {
            let mut back = backward[index].iter().filter(|&&from| from > index);
            if let (Some(only), None) = (back.next(), back.next()) {
                waiting.push(*only);
            }
        }
    }
    ran
}

/// Each node's immediate dominator as seen from `root`; None for the root and for what is not reached (after Cooper, Harvey
/// and Kennedy).
fn dominators(
    successors: &[Vec<usize>],
    predecessors: &[Vec<usize>],
    root: usize,
) -> Vec<Option<usize>> {
    let order = postorder(successors, root);
    let mut number = vec![None; successors.len()];
    for (place, &node) in order.iter().enumerate() {
        number[node] = Some(place);
    }
    let mut above: Vec<Option<usize>> = vec![None; successors.len()];
    above[root] = Some(root);
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for &node in order.iter().rev().filter(|&&node| node != root) {
            let from_root = successors[root].contains(&node).then_some(root);
            let known = predecessors[node].iter().copied().chain(from_root);
            let common = known.filter(|&other| above[other].is_some()).reduce(|mut a, mut b| {
                while a != b {
                    if number[a] < number[b] {
                        a = above[a].unwrap_or(root);
                    } else {
                        b = above[b].unwrap_or(root);
                    }
                }
                a
            });
            if above[node] != common {
                above[node] = common;
                changed = true;
            }
        }
    }
    above[root] = None;
    above
}

/// The nodes that are reached from `root`, each behind those that it leads to.
fn postorder(successors: &[Vec<usize>], root: usize) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = vec![false; successors.len()];
    let mut path = vec![(root, 0)];
    seen[root] = true;
    while let Some((node, next)) = path.last_mut() {
        match successors[*node].get(*next) {
            Some(&successor) => {
                *next += 1;
                if !std::mem::replace(&mut seen[successor], true) {
                    path.push((successor, 0));
                }
            }
            None => {
                order.push(*node);
                path.pop();
            }
        }
    }
    order
}
