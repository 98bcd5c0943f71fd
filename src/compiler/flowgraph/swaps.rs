//! Runs of SWAP: as few as do, and stores exchanged instead of the values they store.

use bytecode::Opcode;

use super::Instr;

/// Rewrites every run of SWAPs of the block.
pub(super) fn optimize(block: &mut [Instr]) {
    let mut index = 0;
    while index < block.len() {
        if block[index].opcode == Opcode::SWAP {
            index = shorten_run(block, index);
            apply_statically(block, index);
        }
        index += 1;
    }
}

/// Replaces the run of SWAPs and NOPs at `start` by the shortest one of the same effect; gives the place of its last
/// instruction (`start` itself if there is only one SWAP).
fn shorten_run(block: &mut [Instr], start: usize) -> usize {
    let length = block[start..]
        .iter()
        .take_while(|instr| matches!(instr.opcode, Opcode::SWAP | Opcode::NOP))
        .count();
    let run = &mut block[start..start + length];
    let depths: Vec<usize> = run
        .iter()
        .filter(|instr| instr.opcode == Opcode::SWAP)
        .map(|instr| instr.oparg as usize)
        .collect();
    if depths.len() < 2 {
        return start;
    }
    let depth = depths.iter().copied().max().unwrap_or(0);
    // What the run does to the top `depth` values, the top first.
    let mut stack: Vec<Option<usize>> = (0..depth).map(Some).collect();
    for swap in depths {
        stack.swap(0, swap - 1);
    }
    // The permutation's cycles give the swaps, which are found from the last to the first.
    let mut place = run.len();
    for first in 0..depth {
        if stack[first].is_none() || stack[first] == Some(first) {
            continue;
        }
        let mut at = first;
        loop {
            if at != 0 {
                place -= 1;
                let oparg = u32::try_from(at + 1).expect("as deep as an argument says");
                run[place].set(Opcode::SWAP, oparg);
            }
            match stack[at].take() {
                Some(next) => at = next,
                None => break,
            }
        }
    }
    for instr in &mut run[..place] {
        instr.set_nop();
    }
    start + length - 1
}

fn is_swappable(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::STORE_FAST | Opcode::STORE_FAST_MAYBE_NULL | Opcode::POP_TOP)
}

/// The local that an instruction stores to.
fn stored_local(instr: &Instr) -> Option<u32> {
    matches!(instr.opcode, Opcode::STORE_FAST | Opcode::STORE_FAST_MAYBE_NULL)
        .then_some(instr.oparg)
}

/// The next store or `POP_TOP` behind `index`, NOPs passed over; on `line`, if one is given.
fn next_swappable(block: &[Instr], index: usize, line: Option<i32>) -> Option<usize> {
    for (place, instr) in block.iter().enumerate().skip(index + 1) {
        if line.is_some_and(|line| line >= 0 && instr.location.line != line) {
            return None;
        }
        if instr.opcode != Opcode::NOP {
            return is_swappable(instr.opcode).then_some(place);
        }
    }
    None
}

/// Exchanges the instructions that take the values of the SWAPs before and at `last`, instead of the values.
fn apply_statically(block: &mut [Instr], last: usize) {
    for index in (0..=last).rev() {
        let swap = block[index];
        if swap.opcode != Opcode::SWAP {
            if swap.opcode == Opcode::NOP || is_swappable(swap.opcode) {
                continue;
            }
            return;
        }
        let Some(first) = next_swappable(block, index, None) else { return };
        let line = block[first].location.line;
        let mut second = first;
        for _ in 1..swap.oparg {
            match next_swappable(block, second, Some(line)) {
                Some(place) => second = place,
                None => return,
            }
        }
        if !may_exchange(block, first, second) {
            return;
        }
        block[index].set_nop();
        block.swap(first, second);
    }
}

/// Whether no two stores to one local change their order.
fn may_exchange(block: &[Instr], first: usize, second: usize) -> bool {
    let stores = (stored_local(&block[first]), stored_local(&block[second]));
    if stores == (None, None) {
        return true;
    }
    if stores.0 == stores.1 {
        return false;
    }
    !block[first + 1..second].iter().any(|instr| {
        let local = stored_local(instr);
        local.is_some() && (local == stores.0 || local == stores.1)
    })
}
