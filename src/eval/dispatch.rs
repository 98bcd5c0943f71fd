//! Both forms of dispatch, expanded from the table of word operations.
//!
//! The checked form is a `match` in a loop: debug builds and Miri. The fast form is sibling calls: each handler ends in a
//! jump to the next one's address, which holds in optimised builds only, so the build script turns it on there. Handlers are
//! written once, generic over [`Form`]; this file holds no semantics.
//!
//! Invariant: no handler keeps a value with a destructor, or the address of a local, across its exit; then the exit of the
//! fast form is a jump and the native stack does not grow.
#![expect(
    unsafe_code,
    reason = "words are read through raw pointers; the invariants are machine.rs's"
)]

use std::sync::atomic::Ordering;

use objects::core::errors::PyResult;
use objects::core::frame::Register;
use objects::core::thread_state::ThreadState;
use objects::core::value::Value;

use crate::machine::{Machine, word_flags};
use crate::word_ops::{for_each_word_op, op};
use crate::{enter, unwind};

/// A slow path: does the work of the word and moves `pc` on, or raises.
pub(crate) trait SlowOp: Fn(&mut Machine) -> PyResult<()> + Copy {}
impl<S: Fn(&mut Machine) -> PyResult<()> + Copy> SlowOp for S {}

/// How a handler is left.
pub(crate) trait Form {
    /// What a handler answers.
    type Out;
    /// On to the word `count` words ahead.
    fn next(machine: Machine, count: usize) -> Self::Out;
    /// On to the word at `pc` with the registers at `fp`.
    fn goto(machine: Machine, pc: *mut u64, fp: *mut Register) -> Self::Out;
    /// On by way of `slow`, which says where. It finds the word and the registers by itself.
    fn slow<S: SlowOp>(machine: Machine, slow: S) -> Self::Out;
    /// On in `other`, which stands in a function of its own: for what needs a call or many registers, so that the handler
    /// itself saves none. Only the machine's place travels, so `other` finds the word as it stands in the code. It must be
    /// `#[inline(always)]`, as handlers are, or the jumps that it ends in become calls.
    fn elsewhere<H: Fn(Machine) -> Self::Out + Copy>(machine: Machine, other: H) -> Self::Out;
    /// Leaves the loop with a value, whose frame, entered from native code, has been taken off.
    fn exit(machine: Machine, bits: u64) -> Self::Out;
    /// On with the exception that a function run by [`call_out`] has left in the thread's state.
    #[inline(always)]
    fn raise(machine: Machine) -> Self::Out {
        Self::slow(machine, |m| Err(enter::raised_again(m.vm())))
    }
    /// Stores `bits`, whose reference is handed over, as the word's result; then on to the word `count` words ahead.
    #[inline(always)]
    fn store(machine: Machine, bits: u64, count: usize) -> Self::Out {
        let old = machine.register(machine.a());
        machine.put_register(machine.a(), Register(bits));
        if machine.has(word_flags::DST_LOCAL) {
            return Self::drop_next(machine, old, count);
        }
        Self::next(machine, count)
    }
    /// As [`store`](Self::store), with operand b dropped.
    #[inline(always)]
    fn store_drop_b(machine: Machine, bits: u64, count: usize) -> Self::Out {
        if machine.has(word_flags::DROP_B) {
            let b = machine.register(machine.b());
            let old = replaced(machine, bits);
            return Self::drop_all(machine, [b, old, Register::NULL], count);
        }
        Self::store(machine, bits, count)
    }
    /// As [`store`](Self::store), with operands b and c dropped as the flags say.
    #[inline(always)]
    fn store_drop_operands(machine: Machine, bits: u64, count: usize) -> Self::Out {
        let [b, c] = dying(machine);
        let old = replaced(machine, bits);
        Self::drop_all(machine, [b, c, old], count)
    }
    /// Drops what a register held, then on to the word `count` words ahead.
    #[inline(always)]
    fn drop_next(machine: Machine, old: Register, count: usize) -> Self::Out {
        if gives_up_last(old) {
            return Self::end_objects(machine, [old, Register::NULL, Register::NULL], count);
        }
        Self::next(machine, count)
    }
    /// Drops what three registers held, in this order, then on to the word `count` words ahead.
    #[inline(always)]
    fn drop_all(machine: Machine, old: [Register; 3], count: usize) -> Self::Out {
        let [first, second, third] = old;
        if gives_up_last(first) {
            return Self::end_objects(machine, [first, second, third], count);
        }
        if gives_up_last(second) {
            return Self::end_objects(machine, [second, third, Register::NULL], count);
        }
        Self::drop_next(machine, third, count)
    }
    /// Drops what two registers held, in this order, then jumps by `distance` words.
    #[inline(always)]
    fn drop_jump(machine: Machine, old: [Register; 2], distance: isize) -> Self::Out {
        let [first, second] = old;
        if gives_up_last(first) {
            return Self::end_pair(machine, [first, second], distance);
        }
        if gives_up_last(second) {
            return Self::end_pair(machine, [second, Register::NULL], distance);
        }
        jump_with::<Self>(machine, distance)
    }
    /// As [`drop_jump`](Self::drop_jump) by `distance` words if the jump is `taken`, else on to the word `count` words ahead.
    /// Each way has an exit of its own: where the next word lies does not wait for what decides.
    #[inline(always)]
    fn drop_branch(
        machine: Machine,
        old: [Register; 2],
        taken: bool,
        distance: isize,
        count: usize,
    ) -> Self::Out {
        let [first, second] = old;
        let otherwise = count.cast_signed();
        if gives_up_last(first) {
            let distance = if taken { distance } else { otherwise };
            return Self::end_pair(machine, [first, second], distance);
        }
        if gives_up_last(second) {
            let distance = if taken { distance } else { otherwise };
            return Self::end_pair(machine, [second, Register::NULL], distance);
        }
        if taken { jump_with::<Self>(machine, distance) } else { Self::next(machine, count) }
    }
    /// Drops what two registers held, of which the first is the last reference to an object, then jumps.
    fn end_pair(machine: Machine, old: [Register; 2], distance: isize) -> Self::Out;
    /// Drops what three registers held, of which the first is the last reference to an object, then on to the word `count`
    /// words ahead.
    fn end_objects(machine: Machine, old: [Register; 3], count: usize) -> Self::Out;
}

/// Puts a result into register a: what a local variable held there; NULL for a temporary's place.
#[inline(always)]
fn replaced(machine: Machine, bits: u64) -> Register {
    let old = machine.register(machine.a());
    machine.put_register(machine.a(), Register(bits));
    if machine.has(word_flags::DST_LOCAL) { old } else { Register::NULL }
}

/// The operands b and c that die with the word; NULL for those that do not.
#[inline(always)]
pub(crate) fn dying(machine: Machine) -> [Register; 2] {
    let flags = machine.flags();
    let b = if flags & word_flags::DROP_B != 0 {
        machine.register(machine.b())
    } else {
        Register::NULL
    };
    let dies = word_flags::DROP_C | word_flags::C_IMMEDIATE;
    let c = if flags & dies == word_flags::DROP_C {
        machine.register(machine.c())
    } else {
        Register::NULL
    };
    [b, c]
}

/// Jumps by `distance` words.
#[inline(always)]
pub(crate) fn jump<F: Form>(machine: Machine, distance: isize) -> F::Out {
    jump_with::<F>(machine, distance)
}

#[inline(always)]
fn jump_with<F: Form + ?Sized>(machine: Machine, distance: isize) -> F::Out {
    // SAFETY: distances lead to words of the same translation.
    F::goto(machine, unsafe { machine.pc.offset(distance) }, machine.fp)
}

/// On in the frame that `machine` has entered, behind its RESUME where nothing waits there.
#[inline(always)]
pub(crate) fn begin<F: Form>(mut machine: Machine) -> F::Out {
    machine.load_word();
    if machine.op() == op::RESUME && machine.thread().breaker().load(Ordering::Relaxed) == 0 {
        return F::next(machine, 1);
    }
    F::goto(machine, machine.pc, machine.fp)
}

/// What a function run by [`call_out`] answers when it raised.
pub(crate) const FAILED: u64 = 0;

/// Runs `native`, out of line, on behalf of the word, which then goes on in its handler: shorter than a slow path for what
/// neither jumps nor changes the frame. The answer is the native function's own; [`FAILED`] when it raised.
#[inline(always)]
pub(crate) fn call_out<N: Fn(Machine) -> u64 + Copy>(machine: Machine, native: N) -> u64 {
    const { assert!(size_of::<N>() == 0, "a closure that captures nothing") };
    machine.note();
    outlined(machine.pc, machine.fp, machine.word, machine.thread, native)
}

#[inline(never)]
fn outlined<N: Fn(Machine) -> u64>(
    pc: *mut u64,
    fp: *mut Register,
    word: u64,
    thread: *const ThreadState,
    native: N,
) -> u64 {
    native(Machine { pc, fp, word, thread })
}

/// A result as [`call_out`] wants it.
#[inline(always)]
pub(crate) fn answer(result: PyResult<Value>) -> u64 {
    match result {
        Ok(value) => value.into_bits(),
        // The exception stays in the thread's state, where `Form::raise` finds it.
        Err(_raised) => FAILED,
    }
}

/// What [`run_slow`] answers in place of a word: the loop is left with an exception.
const RAISED: usize = 0;
/// The loop is left with the value that the stacks hold.
const EXIT: usize = 8;

/// Leaves the loop: to be stored in `pc` by the slow path of a return to native code.
pub(crate) fn leave(machine: &mut Machine) {
    machine.pc = EXIT as *mut u64;
}

fn run_slow<S: SlowOp>(pc: *mut u64, thread: *const ThreadState, slow: S) -> *mut u64 {
    // SAFETY: `pc` leads to the word that runs.
    let word = unsafe { *pc };
    let mut machine = Machine { pc, fp: registers_of(thread), word, thread };
    // SAFETY: one past the word: so that what looks at the frame finds the instruction.
    machine.frame().next = unsafe { pc.add(1) };
    match slow(&mut machine) {
        Ok(()) => machine.pc,
        Err(raised) => unwind::unwind(machine.vm(), raised),
    }
}

fn exit_word(pc: *mut u64, thread: *const ThreadState) -> u64 {
    if pc as usize == RAISED {
        return 0;
    }
    // SAFETY: the thread's word is live while the loop runs.
    unsafe { (*thread).stacks.take_exit_value() }
}

#[inline(always)]
fn registers_of(thread: *const ThreadState) -> *mut Register {
    // SAFETY: the thread's word is live, and while the loop runs there is a current record.
    unsafe { (*(*thread).stacks.current.get()).registers }
}

#[cold]
#[inline(never)]
fn end_object(bits: u64) {
    // SAFETY: the register gave up its value, whose count its handler left at one.
    drop(unsafe { Value::from_bits(bits) });
}

/// Whether the register held the last reference to an object. If not, the reference is given up.
#[inline(always)]
fn gives_up_last(old: Register) -> bool {
    if old.0 & 3 != 0 {
        return false;
    }
    // SAFETY: a word with low bits 00 is a live object.
    unsafe { objects::core::object::release(old.0) }
}

/// Runs words from the current record on until a frame returns to native code: the bits of its value, or 0 when it raised.
pub(crate) fn run(thread: *const ThreadState, pc: *mut u64) -> u64 {
    if (pc as usize) <= EXIT {
        return exit_word(pc, thread);
    }
    let fp = registers_of(thread);
    #[cfg(pyglass_sibling_dispatch)]
    {
        sibling::enter(pc, fp, thread)
    }
    #[cfg(not(pyglass_sibling_dispatch))]
    {
        checked::enter(pc, fp, thread)
    }
}

#[cfg(not(pyglass_sibling_dispatch))]
mod checked {
    use super::{
        EXIT, Form, Machine, Register, SlowOp, ThreadState, end_object, exit_word,
        for_each_word_op, registers_of, run_slow,
    };

    struct Checked;

    impl Form for Checked {
        type Out = (*mut u64, *mut Register);

        #[inline(always)]
        fn next(machine: Machine, count: usize) -> Self::Out {
            // SAFETY: the word has as many words as its row says.
            (unsafe { machine.pc.add(count) }, machine.fp)
        }

        #[inline(always)]
        fn goto(_machine: Machine, pc: *mut u64, fp: *mut Register) -> Self::Out {
            (pc, fp)
        }

        fn slow<S: SlowOp>(machine: Machine, slow: S) -> Self::Out {
            let pc = run_slow(machine.pc, machine.thread, slow);
            if pc as usize <= EXIT { (pc, machine.fp) } else { (pc, registers_of(machine.thread)) }
        }

        fn elsewhere<H: Fn(Machine) -> Self::Out + Copy>(machine: Machine, other: H) -> Self::Out {
            other(machine)
        }

        fn exit(machine: Machine, bits: u64) -> Self::Out {
            machine.thread().stacks.set_exit_value(bits);
            (EXIT as *mut u64, machine.fp)
        }

        fn end_pair(machine: Machine, old: [Register; 2], distance: isize) -> Self::Out {
            // SAFETY: one past the word: a destructor may look at the frame.
            machine.frame().next = unsafe { machine.pc.add(1) };
            for register in old {
                end_object(register.0);
            }
            super::jump::<Self>(machine, distance)
        }

        fn end_objects(machine: Machine, old: [Register; 3], count: usize) -> Self::Out {
            // SAFETY: one past the word: a destructor may look at the frame.
            machine.frame().next = unsafe { machine.pc.add(1) };
            for register in old {
                end_object(register.0);
            }
            Self::next(machine, count)
        }
    }

    macro_rules! define_loop {
        ($($(#[$meta:meta])* $name:ident $number:literal words $words:literal $($handler:ident)::+;)*) => {
            pub(super) fn enter(pc: *mut u64, fp: *mut Register, thread: *const ThreadState) -> u64 {
                let (mut pc, mut fp) = (pc, fp);
                loop {
                    // SAFETY: `pc` leads to a word of the current frame's translation.
                    let word = unsafe { *pc };
                    let machine = Machine { pc, fp, word, thread };
                    let words = &machine.vm().interpreter().words;
                    if let Some(count) = words.get() {
                        words.set(Some(count + 1));
                    }
                    #[expect(clippy::cast_possible_truncation, reason = "the operation is the low byte")]
                    let out = match word as u8 {
                        $($number => {
                            // Out of line: the loop's own frame stays small, since native code that calls Python nests it.
                            #[inline(never)]
                            fn handle(machine: Machine) -> <Checked as Form>::Out {
                                use crate::ops;
                                $($handler)::+::<Checked>(machine)
                            }
                            handle(machine)
                        })*
                        other => unreachable!("no word operation has the number {other}"),
                    };
                    (pc, fp) = out;
                    if pc as usize <= EXIT {
                        return exit_word(pc, thread);
                    }
                }
            }
        };
    }
    for_each_word_op!(define_loop);
}

#[cfg(pyglass_sibling_dispatch)]
mod sibling {
    use super::{
        EXIT, Form, Machine, Register, SlowOp, ThreadState, end_object, exit_word,
        for_each_word_op, registers_of, run_slow,
    };

    type Handler =
        unsafe extern "sysv64-unwind" fn(*mut u64, *mut Register, u64, *const ThreadState) -> u64;

    struct Sibling;

    macro_rules! dispatch {
        ($pc:expr, $fp:expr, $thread:expr) => {{
            let pc: *mut u64 = $pc;
            // SAFETY: `pc` leads to a word, whose low byte names a handler.
            unsafe {
                let word = *pc;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the operation is the low byte"
                )]
                return HANDLERS[word as u8 as usize](pc, $fp, word, $thread);
            }
        }};
    }

    impl Form for Sibling {
        type Out = u64;

        #[inline(always)]
        fn next(machine: Machine, count: usize) -> u64 {
            // SAFETY: the word has as many words as its row says.
            dispatch!(unsafe { machine.pc.add(count) }, machine.fp, machine.thread)
        }

        #[inline(always)]
        fn goto(machine: Machine, pc: *mut u64, fp: *mut Register) -> u64 {
            dispatch!(pc, fp, machine.thread)
        }

        #[inline(always)]
        fn slow<S: SlowOp>(machine: Machine, _slow: S) -> u64 {
            const {
                assert!(
                    size_of::<S>() == 0,
                    "a slow path is a function or a closure that captures nothing"
                )
            };
            // SAFETY: the arguments are the machine's.
            unsafe { slow_tail::<S>(machine.pc, machine.thread) }
        }

        #[inline(always)]
        fn exit(_machine: Machine, bits: u64) -> u64 {
            bits
        }

        #[inline(always)]
        fn elsewhere<H: Fn(Machine) -> u64 + Copy>(machine: Machine, _other: H) -> u64 {
            const { assert!(size_of::<H>() == 0, "a closure that captures nothing") };
            // SAFETY: the arguments are the machine's.
            unsafe { elsewhere_tail::<H>(machine.pc, machine.fp, machine.thread) }
        }

        #[inline(always)]
        fn end_pair(machine: Machine, old: [Register; 2], distance: isize) -> u64 {
            let [first, second] = old;
            // SAFETY: the arguments are the machine's, and the registers gave their values up.
            unsafe {
                drop_pair_tail(
                    machine.pc,
                    machine.fp,
                    distance.cast_unsigned() as u64,
                    machine.thread,
                    first.0,
                    second.0,
                )
            }
        }

        #[inline(always)]
        fn end_objects(machine: Machine, old: [Register; 3], count: usize) -> u64 {
            let [first, second, third] = old;
            // SAFETY: the arguments are the machine's, and the registers gave their values up.
            unsafe {
                if second == Register::NULL && third == Register::NULL {
                    return drop_tail(
                        machine.pc,
                        machine.fp,
                        count as u64,
                        machine.thread,
                        first.0,
                    );
                }
                // The caller's local that died has been overwritten, so its place is free no more: all travel as arguments.
                drop_many_tail(
                    machine.pc,
                    machine.fp,
                    pack(count, third),
                    machine.thread,
                    first.0,
                    second.0,
                )
            }
        }
    }

    #[cold]
    unsafe extern "sysv64-unwind" fn leave_tail(pc: *mut u64, thread: *const ThreadState) -> u64 {
        exit_word(pc, thread)
    }

    #[inline(never)]
    unsafe extern "sysv64-unwind" fn elsewhere_tail<H: Fn(Machine) -> u64 + Copy>(
        pc: *mut u64,
        fp: *mut Register,
        thread: *const ThreadState,
    ) -> u64 {
        // SAFETY: H has no size, so any address will do; `pc` leads to the word that runs.
        let (other, word) = unsafe { (std::ptr::NonNull::<H>::dangling().read(), *pc) };
        other(Machine { pc, fp, word, thread })
    }

    #[inline(never)]
    unsafe extern "sysv64-unwind" fn slow_tail<S: SlowOp>(
        pc: *mut u64,
        thread: *const ThreadState,
    ) -> u64 {
        // SAFETY: S has no size, so any address will do.
        let slow: S = unsafe { std::ptr::NonNull::<S>::dangling().read() };
        let next = run_slow_outlined(pc, thread, slow);
        if next as usize <= EXIT {
            // SAFETY: the arguments are the loop's.
            return unsafe { leave_tail(next, thread) };
        }
        dispatch!(next, registers_of(thread), thread)
    }

    #[inline(never)]
    fn run_slow_outlined<S: SlowOp>(pc: *mut u64, thread: *const ThreadState, slow: S) -> *mut u64 {
        run_slow(pc, thread, slow)
    }

    #[inline(never)]
    unsafe extern "sysv64-unwind" fn drop_tail(
        pc: *mut u64,
        fp: *mut Register,
        count: u64,
        thread: *const ThreadState,
        bits: u64,
    ) -> u64 {
        // SAFETY: one past the word: a destructor may look at the frame.
        unsafe { (*(*thread).stacks.current.get()).next = pc.add(1) };
        end_object(bits);
        #[expect(clippy::cast_possible_truncation, reason = "a word's size")]
        // SAFETY: the word has as many words as its row says.
        let next = unsafe { pc.add(count as usize) };
        dispatch!(next, fp, thread)
    }

    #[inline(never)]
    unsafe extern "sysv64-unwind" fn drop_pair_tail(
        pc: *mut u64,
        fp: *mut Register,
        distance: u64,
        thread: *const ThreadState,
        first: u64,
        second: u64,
    ) -> u64 {
        // SAFETY: one past the word: a destructor may look at the frame.
        unsafe { (*(*thread).stacks.current.get()).next = pc.add(1) };
        end_object(first);
        end_object(second);
        #[expect(clippy::cast_possible_truncation, reason = "an address has as many bits")]
        // SAFETY: distances lead to words of the same translation.
        let next = unsafe { pc.offset(distance.cast_signed() as isize) };
        dispatch!(next, fp, thread)
    }

    /// A word count and a dying word in one argument: an address leaves the upper bits free, and what is no address is
    /// not counted.
    #[inline(always)]
    fn pack(count: usize, dying: Register) -> u64 {
        let bits = if dying.0 & 3 == 0 { dying.0 } else { Register::NULL.0 };
        (count as u64) << 56 | bits
    }

    #[inline(never)]
    unsafe extern "sysv64-unwind" fn drop_many_tail(
        pc: *mut u64,
        fp: *mut Register,
        packed: u64,
        thread: *const ThreadState,
        first: u64,
        second: u64,
    ) -> u64 {
        // SAFETY: one past the word: a destructor may look at the frame.
        unsafe { (*(*thread).stacks.current.get()).next = pc.add(1) };
        end_object(first);
        end_object(second);
        end_object(packed & (u64::MAX >> 8));
        #[expect(clippy::cast_possible_truncation, reason = "a word's size")]
        // SAFETY: the word has as many words as its row says.
        let next = unsafe { pc.add((packed >> 56) as usize) };
        dispatch!(next, fp, thread)
    }

    macro_rules! define_handlers {
        ($($(#[$meta:meta])* $name:ident $number:literal words $words:literal $($handler:ident)::+;)*) => {
            #[expect(non_snake_case, reason = "a backtrace shows the operation's own name")]
            mod handlers {
                use super::{Machine, Register, Sibling, ThreadState};
                use crate::ops;
                $(pub(super) unsafe extern "sysv64-unwind" fn $name(
                    pc: *mut u64,
                    fp: *mut Register,
                    word: u64,
                    thread: *const ThreadState,
                ) -> u64 {
                    $($handler)::+::<Sibling>(Machine { pc, fp, word, thread })
                })*
            }

            unsafe extern "sysv64-unwind" fn unknown(_: *mut u64, _: *mut Register, word: u64, _: *const ThreadState) -> u64 {
                unreachable!("no word operation has the number {}", word & 0xff)
            }

            static HANDLERS: [Handler; 256] = {
                let mut table: [Handler; 256] = [unknown; 256];
                $(table[$number] = handlers::$name;)*
                table
            };
        };
    }
    for_each_word_op!(define_handlers);

    pub(super) fn enter(pc: *mut u64, fp: *mut Register, thread: *const ThreadState) -> u64 {
        dispatch!(pc, fp, thread)
    }
}
