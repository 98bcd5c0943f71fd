//! Where a frame goes on when a word has raised: looked up in the tables once, and kept for the next time.

use std::cell::Cell;

use bytecode::Opcode;
use objects::core::frame::Frame;
use objects::core::object::Py;
use objects::types::code::{PyCode, StackEntry, Tables};

use super::Translated;
use crate::exception_table;

/// What an exception does in a frame that stands at one word.
#[derive(Clone, Copy)]
pub(crate) struct Landing {
    /// One past the word that raised; null for none.
    next: *const u64,
    /// Its code unit.
    pub(crate) unit: u32,
    /// The first word of the handler; null where the code has none for the unit.
    pub(crate) word: *mut u64,
    /// The handler's code unit.
    pub(crate) target: u32,
    /// The value stack's depth at the handler; 0 without one.
    pub(crate) depth: u32,
    /// The handler wants to know which instruction raised.
    pub(crate) lasti: bool,
    /// The registers of the stack that die; not valid when there are `more`.
    dying: [u16; DYING_MAX],
    count: u8,
    more: bool,
}

const DYING_MAX: usize = 3;

/// How many words of a code object are kept, each in one of two places.
const KEPT: usize = 16;

/// What has been looked up, by the word's address.
pub(super) type Landings = Box<[Cell<Landing>; KEPT]>;

const NOTHING: Landing = Landing {
    next: std::ptr::null(),
    unit: 0,
    word: std::ptr::null_mut(),
    target: 0,
    depth: 0,
    lasti: false,
    dying: [0; DYING_MAX],
    count: 0,
    more: false,
};

impl Landing {
    /// The registers of the frame's stack that die, the bottom one first; None when the tables have to be asked.
    pub(crate) fn dying(&self) -> Option<&[u16]> {
        if self.more { None } else { self.dying.get(..usize::from(self.count)) }
    }

    /// As code units are counted.
    pub(crate) fn unit(&self) -> usize {
        self.unit as usize
    }
}

impl Translated {
    /// What an exception does in `frame`, whose code's translation this is.
    #[inline]
    pub(crate) fn landing(&self, frame: &Frame) -> Landing {
        let kept = self.landings.get_or_init(|| Box::new([const { Cell::new(NOTHING) }; KEPT]));
        let index = frame.next as usize / 8 % KEPT;
        let (first, second) = (&kept[index], &kept[index ^ 1]);
        for known in [first.get(), second.get()] {
            if known.next == frame.next.cast_const() {
                return known;
            }
        }
        let found = self.look_up(frame.code(), frame);
        second.set(first.replace(found));
        found
    }

    #[cold]
    fn look_up(&self, code: &Py<PyCode>, frame: &Frame) -> Landing {
        let unit = self.unit_of(code, frame.next).unwrap_or(0);
        let mut landing = Landing { next: frame.next, unit: unit as u32, ..NOTHING };
        if let Some(handler) = exception_table::find(&code.spec().exceptiontable, unit) {
            // What is thrown into a generator comes from nowhere, as far as lines go.
            let thrown = code.spec().code.get(unit).and_then(|unit| unit.opcode())
                == Some(Opcode::YIELD_VALUE);
            let from = if thrown { usize::MAX } else { unit };
            landing.word = self.handler_word(code, frame.next, from, handler.target);
            landing.target = handler.target as u32;
            landing.depth = handler.depth as u32;
            landing.lasti = handler.lasti;
        }
        let first = code.local_count();
        let stack = self.stack_at(code, frame.next);
        for (depth, entry) in stack.iter().enumerate().skip(landing.depth as usize) {
            if !matches!(entry, StackEntry::Temporary) {
                continue;
            }
            match landing.dying.get_mut(usize::from(landing.count)) {
                Some(place) => {
                    *place = (first + depth) as u16;
                    landing.count += 1;
                }
                None => landing.more = true,
            }
        }
        landing
    }
}
