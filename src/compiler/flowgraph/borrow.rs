//! Which loads of locals may borrow: those whose value is surely consumed before the local can change.
//!
//! Each block is run on a stack of abstract references that remember the load they come from. A load may not borrow if its
//! reference is still there when the local is overwritten, is stored in a local, or is left at the end of the block.

use bytecode::Opcode;

use super::{BlockId, Cfg, ENTRY, Instr};

/// A value on the stack.
#[derive(Clone, Copy)]
struct Ref {
    /// The instruction that pushed it, if that is in this block.
    origin: Option<usize>,
    /// The local it was loaded from.
    local: Option<u32>,
}

const UNKNOWN: Ref = Ref { origin: None, local: None };

/// The state of the block that is looked at.
struct Scan {
    stack: Vec<Ref>,
    /// By instruction: whether what it pushes must own its reference.
    must_own: Vec<bool>,
}

impl Scan {
    fn push(&mut self, origin: usize, local: Option<u32>) {
        self.stack.push(Ref { origin: Some(origin), local });
    }

    fn pop(&mut self) -> Ref {
        self.stack.pop().expect("stack effects are consistent")
    }

    fn kill(&mut self, local: u32) {
        for value in self.stack.iter().filter(|value| value.local == Some(local)) {
            if let Some(origin) = value.origin {
                self.must_own[origin] = true;
            }
        }
    }

    fn store(&mut self, local: u32) {
        let value = self.pop();
        self.kill(local);
        if let Some(origin) = value.origin {
            self.must_own[origin] = true;
        }
    }

    fn run(&mut self, index: usize, instr: &Instr) {
        let Instr { opcode, oparg, .. } = *instr;
        let count = i32::try_from(oparg).expect("arguments have at most 30 bits");
        let (popped, pushed) = (opcode.popped(count), opcode.pushed(count));
        let left = usize::try_from(pushed - popped).unwrap_or(0);
        match opcode {
            Opcode::LOAD_FAST => self.push(index, Some(oparg)),
            Opcode::LOAD_FAST_AND_CLEAR => {
                self.kill(oparg);
                self.push(index, Some(oparg));
            }
            Opcode::LOAD_FAST_LOAD_FAST => {
                self.push(index, Some(oparg >> 4));
                self.push(index, Some(oparg & 15));
            }
            Opcode::DELETE_FAST => self.kill(oparg),
            Opcode::STORE_FAST => self.store(oparg),
            Opcode::STORE_FAST_LOAD_FAST => {
                self.store(oparg >> 4);
                self.push(index, Some(oparg & 15));
            }
            Opcode::STORE_FAST_STORE_FAST => {
                self.store(oparg >> 4);
                self.store(oparg & 15);
            }
            Opcode::COPY => self.stack.push(self.stack[self.stack.len() - oparg as usize]),
            Opcode::SWAP => {
                let top = self.stack.len() - 1;
                self.stack.swap(top, top + 1 - oparg as usize);
            }
            // These leave all their inputs in place, or may do so.
            Opcode::FORMAT_SIMPLE
            | Opcode::GET_ANEXT
            | Opcode::GET_LEN
            | Opcode::GET_YIELD_FROM_ITER
            | Opcode::IMPORT_FROM
            | Opcode::MATCH_KEYS
            | Opcode::MATCH_MAPPING
            | Opcode::MATCH_SEQUENCE
            | Opcode::WITH_EXCEPT_START => {
                // CPython takes these values' places for the pushing instruction's (a loop variable shadows it), so
                // the first load of a block does not borrow where one of them is stored or left.
                (0..).take(left).for_each(|place| self.push(place, None));
            }
            // These take their top inputs and leave the others.
            Opcode::DICT_MERGE
            | Opcode::DICT_UPDATE
            | Opcode::LIST_APPEND
            | Opcode::LIST_EXTEND
            | Opcode::MAP_ADD
            | Opcode::RERAISE
            | Opcode::SET_ADD
            | Opcode::SET_UPDATE => {
                for _ in pushed..popped {
                    self.pop();
                }
            }
            Opcode::CHECK_EXC_MATCH | Opcode::SEND => {
                self.pop();
                self.push(index, None);
            }
            Opcode::LOAD_SPECIAL | Opcode::PUSH_EXC_INFO => {
                let top = self.pop();
                self.push(index, None);
                self.stack.push(top);
            }
            Opcode::FOR_ITER => self.push(index, None),
            Opcode::LOAD_ATTR | Opcode::LOAD_SUPER_ATTR => {
                let owner = self.pop();
                for _ in 1..popped {
                    self.pop();
                }
                self.push(index, None);
                if oparg & 1 != 0 {
                    // A method's self may be the owner.
                    self.stack.push(owner);
                }
            }
            _ => {
                for _ in 0..popped {
                    self.pop();
                }
                (0..pushed).for_each(|_| self.push(index, None));
            }
        }
    }
}

/// `LOAD_FAST` becomes `LOAD_FAST_BORROW` where it may. Nothing may be moved afterwards.
pub(super) fn optimize_load_fast(cfg: &mut Cfg) {
    cfg.clear_visited();
    let mut work = Vec::new();
    cfg[ENTRY].start_depth = 0;
    cfg.visit(ENTRY, &mut work);
    let mut scan = Scan { stack: Vec::new(), must_own: Vec::new() };
    while let Some(id) = work.pop() {
        scan_block(cfg, id, &mut scan, &mut work);
        for (instr, must_own) in cfg[id].instructions.iter_mut().zip(&scan.must_own) {
            if !must_own {
                instr.opcode = match instr.opcode {
                    Opcode::LOAD_FAST => Opcode::LOAD_FAST_BORROW,
                    Opcode::LOAD_FAST_LOAD_FAST => Opcode::LOAD_FAST_BORROW_LOAD_FAST_BORROW,
                    other => other,
                };
            }
        }
    }
}

fn scan_block(cfg: &mut Cfg, id: BlockId, scan: &mut Scan, work: &mut Vec<BlockId>) {
    let count = cfg[id].instructions.len();
    let depth = usize::try_from(cfg[id].start_depth).expect("a reachable block has a depth");
    scan.must_own.clear();
    scan.must_own.resize(count, false);
    scan.stack.clear();
    scan.stack.resize(depth, UNKNOWN);
    for index in 0..count {
        let instr = cfg[id].instructions[index];
        if instr.opcode.has_target() {
            cfg.visit(instr.leads_to(), work);
        }
        if !instr.opcode.is_block_push() {
            scan.run(index, &instr);
        }
    }
    if let Some(next) = cfg[id].next
        && count > 0
        && cfg[id].has_fallthrough()
    {
        cfg.visit(next, work);
    }
    for origin in scan.stack.iter().filter_map(|value| value.origin) {
        scan.must_own[origin] = true;
    }
}
