//! Lines for instructions that codegen gave none: every exit must have one (PEP 626).

use bytecode::Location;

use super::{BlockId, Cfg};

/// Copies exits without a line for each jump to them, then hands lines on to what has none.
pub(super) fn resolve(cfg: &mut Cfg) {
    duplicate_exits_without_line(cfg);
    propagate(cfg);
}

/// Whether it has no line but needs one: it leaves the code object or looks at the eval breaker.
fn wants_line(cfg: &Cfg, id: BlockId) -> bool {
    use bytecode::metadata::flags::EVAL_BREAK;
    let block = &cfg[id];
    (block.exits_scope() || block.instructions.iter().any(|instr| instr.opcode.has(EVAL_BREAK)))
        && block.has_no_line()
}

fn duplicate_exits_without_line(cfg: &mut Cfg) {
    cfg.each_block(|cfg, id| {
        if let Some(&last) = cfg[id].last()
            && last.opcode.is_jump()
            && let Some(target) = cfg.skip_empty(last.target)
            && cfg[target].predecessors > 1
            && wants_line(cfg, target)
        {
            duplicate_target(cfg, id, target, last.location);
        }
    });
    // What is left is reached by falling through from one block only.
    cfg.each_block(|cfg, id| {
        if let Some(next) = cfg[id].next
            && let Some(&last) = cfg[id].last()
            && cfg[id].has_fallthrough()
            && wants_line(cfg, next)
        {
            cfg[next].instructions[0].location = last.location;
        }
    });
}

/// Gives the jump at the end of `id` a copy of its target, which comes to stand behind the original.
fn duplicate_target(cfg: &mut Cfg, id: BlockId, target: BlockId, location: Location) {
    let mut instructions = cfg[target].instructions.clone();
    instructions[0].location = location;
    let next = cfg[target].next;
    let copy = cfg.new_block();
    let block = &mut cfg[copy];
    block.instructions = instructions;
    block.predecessors = 1;
    block.labelled = true;
    block.next = next;
    cfg[target].predecessors -= 1;
    cfg[target].next = Some(copy);
    if let Some(jump) = cfg[id].instructions.last_mut() {
        jump.target = Some(copy);
    }
}

/// Within a block the line before is taken over; a block's first instruction takes the line of its only predecessor's end.
fn propagate(cfg: &mut Cfg) {
    const MISSING: i32 = Location::NONE.line;
    cfg.each_block(|cfg, id| {
        let mut previous = Location::NONE;
        for instr in &mut cfg[id].instructions {
            if instr.location.line == MISSING {
                instr.location = previous;
            } else {
                previous = instr.location;
            }
        }
        let Some(&last) = cfg[id].last() else { return };
        let fallthrough = cfg[id].next.filter(|_| cfg[id].has_fallthrough());
        let jump = last.target.filter(|_| last.opcode.is_jump());
        for successor in [fallthrough, jump].into_iter().flatten() {
            if cfg[successor].predecessors == 1
                && let Some(first) = cfg[successor].instructions.first_mut()
                && first.location.line == MISSING
            {
                first.location = previous;
            }
        }
    });
}
