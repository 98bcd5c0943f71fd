//! Chains of delegation: generators that each stand at the `yield from` or `await` of the next one.
//!
//! As long as nobody looks at the generators between, such a chain is gone on with at its inner end and left at its outer end:
//! what is sent goes to the innermost generator at once, and what that one yields to whoever resumed the outermost, which is
//! the head. The ones between neither run nor get a record.
//!
//! ```text
//! suspended   head ──link──► innermost ──link──► ... ──link──► (the one that the head delegates to) ──link──► head
//! running     | record of the resumer | a gap of as many records as generators delegate | record of the innermost, CHAINED |
//! ```
//!
//! Whoever wants to see a generator or a record as if there were no chains asks [`GeneratorCore::settled_state`] or
//! [`expose`]: then the chain is dissolved, or the gap filled.
//!
//! Invariants:
//! 1. The head's `gap` is the number of generators that delegate, itself among them, and its `link` leads to the innermost;
//!    every other generator's `gap` is 0, and its `link` leads to the generator that delegates to it. Without a chain both are
//!    empty.
//! 2. A generator that delegates is `Delegating`, stands right behind its SEND and YIELD_FROM words, handles no exception and
//!    has no frame object. While the chain runs the head is `Running` instead.
//! 3. A generator keeps the one that it delegates to alive, and takes its chain apart before it dies; so links lead to live
//!    generators.
//! 4. A record with the flag `CHAINED` has its gap's size in `result`, and the record below it, part of the gap, has the head
//!    there. Nothing else in a gap means anything.
#![expect(unsafe_code, reason = "links and records are raw: the invariants are in the module doc")]

use std::cell::Cell;
use std::ptr::{NonNull, null, null_mut};

use super::generator_record::copy_record;
use super::{Frame, frame_flags};
use crate::types::generator::{GeneratorCore, GeneratorState};

/// A generator's place in a chain.
pub struct ChainLink {
    link: Cell<*const GeneratorCore>,
    gap: Cell<u32>,
}

impl Default for ChainLink {
    fn default() -> Self {
        Self { link: Cell::new(null()), gap: Cell::new(0) }
    }
}

/// How a frame was entered: by native code, a `for` or a SEND.
pub const ENTERED: u32 =
    frame_flags::EXIT | frame_flags::FROM_FOR | frame_flags::FROM_SEND | frame_flags::FROM_ASEND;

impl GeneratorCore {
    /// Of the head of a chain that does not run: the innermost generator, and how many delegate.
    #[inline(always)]
    #[must_use]
    pub fn chain(&self) -> Option<(&Self, usize)> {
        if self.state.get() != GeneratorState::Delegating || self.chain.gap.get() == 0 {
            return None;
        }
        // SAFETY: invariants 1 and 3.
        Some((unsafe { &*self.chain.link.get() }, self.chain.gap.get() as usize))
    }

    /// Whether another generator delegates to this one in a chain.
    #[inline(always)]
    #[must_use]
    pub fn is_chained(&self) -> bool {
        !self.chain.link.get().is_null() && self.chain.gap.get() == 0
    }

    /// How far the generator is, as if there were no chains. The chain that it delegates in is dissolved unless it runs.
    pub fn settled_state(&self) -> GeneratorState {
        match self.state.get() {
            GeneratorState::Delegating => self.settle(),
            state => state,
        }
    }

    #[cold]
    fn settle(&self) -> GeneratorState {
        let mut head = self;
        while head.chain.gap.get() == 0 {
            // SAFETY: invariants 1 and 3.
            head = unsafe { &*head.chain.link.get() };
        }
        let Some((innermost, _)) = head.chain() else { return GeneratorState::Running };
        let mut member = innermost.chain.link.replace(null());
        loop {
            // SAFETY: invariants 1 and 3.
            let generator = unsafe { &*member };
            generator.state.set(GeneratorState::Suspended);
            member = generator.chain.link.replace(null());
            if generator.chain.gap.replace(0) != 0 {
                return GeneratorState::Suspended;
            }
        }
    }

    /// This generator, which runs and stands at the yield that follows its SEND to `receiver`, is about to be suspended there:
    /// it becomes the last but one of `chained`'s chain, or the head of a new one. False, with nothing done, when there can be
    /// no chain.
    #[inline(always)]
    #[must_use]
    pub fn delegate_to(&self, receiver: &Self, chained: Option<&Frame>) -> bool {
        let (innermost, count) = match receiver.chain() {
            Some((innermost, gap)) => (innermost, gap + 1),
            None => (receiver, 1),
        };
        if innermost.state.get() != GeneratorState::Suspended
            || receiver.is_chained()
            || innermost.is_unusual()
            || (chained.is_none() && self.is_chained())
        {
            return false;
        }
        // SAFETY: invariant 4 for a record of a chain that runs.
        let head = chained.map_or(self, |record| unsafe { &*head_of(record) });
        let Some(gap) = u32::try_from(count).ok().and_then(|n| head.chain.gap.get().checked_add(n))
        else {
            return false;
        };
        receiver.chain.gap.set(0);
        receiver.chain.link.set(self);
        head.chain.link.set(innermost);
        head.chain.gap.set(gap);
        true
    }

    /// Whether more than its state must be looked at before the generator goes on.
    #[inline(always)]
    #[must_use]
    pub fn is_unusual(&self) -> bool {
        // SAFETY: the saved record is whole, whatever the state; nobody changes it meanwhile.
        let flags = unsafe { (*self.saved.as_ptr()).flags };
        flags & frame_flags::HAS_EXTRA != 0 || self.handled.with(Option::is_some)
    }
}

/// Writes the record of a chain's innermost generator at `record`, which has room for the gap below it.
///
/// # Safety
/// `record` and `gap` records below it are free, `gap` is not 0, `head` heads a chain that does not run, `innermost` is the
/// generator at its end, which is suspended.
#[inline(always)]
pub unsafe fn enter(
    record: *mut Frame,
    (head, innermost): (&GeneratorCore, &GeneratorCore),
    gap: usize,
    entered: u32,
    aux: u32,
) {
    // SAFETY: by contract.
    unsafe {
        let flags = frame_flags::GENERATOR | frame_flags::CHAINED | entered;
        copy_record(innermost.saved.as_ptr(), record, flags, aux);
        (*record).result = std::ptr::without_provenance_mut(gap);
        set_head(record, head);
    }
    head.state.set(GeneratorState::Running);
    innermost.state.set(GeneratorState::Running);
}

/// How many records lie unused below a record with the flag `CHAINED`.
#[inline(always)]
#[must_use]
pub fn gap_below(record: &Frame) -> usize {
    record.result.addr()
}

/// The head of the chain that runs, whose innermost generator's record is `record`.
///
/// # Safety
/// The record is on a stack and has the flag `CHAINED`.
#[inline(always)]
unsafe fn head_of(record: *const Frame) -> *const GeneratorCore {
    // SAFETY: by contract (invariant 4).
    unsafe { (*record.sub(1)).result.cast_const().cast() }
}

/// # Safety
/// The record below `record` belongs to its gap.
#[inline(always)]
unsafe fn set_head(record: *mut Frame, head: &GeneratorCore) {
    // SAFETY: by contract.
    unsafe { (*record.sub(1)).result = std::ptr::from_ref(head).cast_mut().cast() };
}

/// The chain whose innermost record is `record` stops running: the head is no more `Running`.
///
/// # Safety
/// The record is on a stack and has the flag `CHAINED`.
#[inline(always)]
pub unsafe fn rest(record: *const Frame) {
    // SAFETY: by contract.
    unsafe { (*head_of(record)).state.set(GeneratorState::Delegating) };
}

/// Fills the place of a record in a gap: `generator` waits for the one that it delegates to.
///
/// # Safety
/// The place is part of a gap, and the generator the one that it was left out for.
#[inline(always)]
unsafe fn fill(place: *mut Frame, generator: &GeneratorCore, flags: u32, aux: u32) {
    // SAFETY: by contract; the words before `next` are SEND's and YIELD_FROM's (invariant 2).
    unsafe {
        copy_record(generator.saved.as_ptr(), place, frame_flags::GENERATOR | flags, aux);
        (*place).next = (*place).next.sub(1);
    }
    generator.state.set(GeneratorState::Running);
}

/// The innermost generator of a running chain has ended, and its record is given up: the one that delegated to it gets the
/// record below, which is returned. It waits behind its SEND.
///
/// # Safety
/// `record` is on a stack and has the flag `CHAINED`.
#[inline(always)]
pub unsafe fn step_out(record: *mut Frame) -> *mut Frame {
    // SAFETY: by contract; links as in the invariants 1 and 3.
    unsafe {
        let gap = gap_below(&*record);
        let entered = (*record).flags & ENTERED;
        let aux = (*record).aux;
        let head = &*head_of(record);
        let delegating = &*(*record).generator().chain.link.replace(null());
        let place = record.sub(1);
        if gap == 1 {
            fill(place, delegating, entered, aux);
            head.chain.link.set(null());
            head.chain.gap.set(0);
        } else {
            fill(place, delegating, entered | frame_flags::CHAINED, aux);
            (*place).result = std::ptr::without_provenance_mut(gap - 1);
            set_head(place, head);
            head.chain.link.set(delegating);
            head.chain.gap.set(head.chain.gap.get() - 1);
        }
        place
    }
}

/// Fills the gap below a record: from here on there is no chain, and every generator of it runs.
pub fn expose(record: NonNull<Frame>) {
    // SAFETY: a record on a stack is whole.
    if unsafe { record.as_ref() }.flags & frame_flags::CHAINED != 0 {
        // SAFETY: the flag was just seen.
        unsafe { fill_gap(record.as_ptr()) };
    }
}

/// # Safety
/// `record` is on a stack and has the flag `CHAINED`.
#[cold]
unsafe fn fill_gap(record: *mut Frame) {
    // SAFETY: by contract; links as in the invariants 1 and 3.
    unsafe {
        let gap = gap_below(&*record);
        let entered = (*record).flags & ENTERED;
        let aux = (*record).aux;
        let mut generator: &GeneratorCore = (*record).generator();
        for distance in 1..=gap {
            generator = &*generator.chain.link.replace(null());
            let flags = if distance == gap { entered } else { frame_flags::FROM_SEND };
            fill(record.sub(distance), generator, flags, aux);
        }
        // The head.
        generator.chain.link.set(null());
        generator.chain.gap.set(0);
        (*record).flags &= !(ENTERED | frame_flags::CHAINED);
        (*record).flags |= frame_flags::FROM_SEND;
        (*record).result = null_mut();
    }
}
