//! The `Opcode` enum and its properties, all expanded from the table in `opcodes.rs`.
#![expect(clippy::cast_possible_truncation, reason = "opcode numbers are below 267")]

/// What CPython's metadata says of an opcode, one bit each; the table in `opcodes.rs` explains the names.
pub mod flags {
    /// Takes an argument.
    pub const ARG: u16 = 1;
    /// The argument is an index into the constants.
    pub const CONST: u16 = 1 << 1;
    /// The argument is (made of) an index into the names.
    pub const NAME: u16 = 1 << 2;
    /// The argument is a jump distance.
    pub const JUMP: u16 = 1 << 3;
    /// The argument is the index of a cell.
    pub const FREE: u16 = 1 << 4;
    /// The argument is (made of) indices of local variables.
    pub const LOCAL: u16 = 1 << 5;
    /// Looks at the eval breaker.
    pub const EVAL_BREAK: u16 = 1 << 6;
    /// A guard may send execution back to the unspecialised form.
    pub const DEOPT: u16 = 1 << 7;
    /// May raise.
    pub const ERROR: u16 = 1 << 8;
    /// May run arbitrary code.
    pub const ESCAPES: u16 = 1 << 9;
    /// A guard may leave a trace (CPython's second tier) or the specialised form.
    pub const EXIT: u16 = 1 << 10;
    /// Has no effect beyond its outputs.
    pub const PURE: u16 = 1 << 11;
    /// May raise with its inputs still on the stack.
    pub const ERROR_NO_POP: u16 = 1 << 14;
    /// Leaves the saved instruction alone.
    pub const NO_SAVE_IP: u16 = 1 << 15;
}

/// What the table says of one opcode.
#[derive(Clone, Copy, Debug)]
pub struct OpcodeInfo {
    /// The opcode itself.
    pub opcode: Opcode,
    /// CPython's name.
    pub name: &'static str,
    /// The stack effect as the table writes it.
    pub effect: &'static str,
    /// What it does, in a line.
    pub meaning: &'static str,
    /// Bits of [`flags`].
    pub flags: u16,
    /// Code units of its inline cache.
    pub caches: u8,
    /// The opcode it is a specialised form of; itself otherwise.
    pub family: Opcode,
}

/// One past the highest opcode number, pseudo opcodes included.
pub const OPCODE_LIMIT: usize = 267;

/// The lowest number of a pseudo opcode: these exist in the compiler only.
pub const FIRST_PSEUDO: u16 = 256;

/// The lowest number of an instrumented opcode.
pub const FIRST_INSTRUMENTED: u16 = 234;

/// The lowest number of an opcode with an argument (`dis.HAVE_ARGUMENT`): a historical border.
pub const HAVE_ARGUMENT: u16 = 43;

macro_rules! count {
    ($oparg:ident; $name:ident) => {
        1
    };
    ($oparg:ident, $count:expr; $name:ident) => {
        ($count)
    };
}

macro_rules! define_opcodes {
    (
        $oparg:ident;
        instructions { $(
            $number:literal $name:ident ($($input:ident $([$input_count:expr])?),* -- $($output:ident $([$output_count:expr])?),*)
            caches $caches:literal [$($flag:ident)*] $meaning:literal;
        )* }
        specialised { $(
            $special_number:literal $special:ident of $family:ident [$($special_flag:ident)*] $special_meaning:literal;
        )* }
        pseudo { $(
            $pseudo_number:literal $pseudo:ident ($($pseudo_input:ident $([$pseudo_input_count:expr])?),* -- $($pseudo_output:ident $([$pseudo_output_count:expr])?),*)
            caches $pseudo_caches:literal [$($pseudo_flag:ident)*] $pseudo_meaning:literal;
        )* }
    ) => {
        /// An opcode of CPython 3.14, with its number; those from 256 on exist in the compiler only.
        #[expect(non_camel_case_types, reason = "the names are CPython's, so that one search finds every place of an opcode")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Opcode {
            $(#[doc = $meaning] $name = $number,)*
            $(#[doc = $special_meaning] $special = $special_number,)*
            $(#[doc = $pseudo_meaning] $pseudo = $pseudo_number,)*
        }

        /// Every opcode of the table: instructions, then specialised forms, then pseudo opcodes.
        pub static OPCODES: &[OpcodeInfo] = &[
            $(OpcodeInfo {
                opcode: Opcode::$name,
                name: stringify!($name),
                effect: stringify!($($input $([$input_count])?),* -- $($output $([$output_count])?),*),
                meaning: $meaning,
                flags: 0 $(| flags::$flag)*,
                caches: $caches,
                family: Opcode::$name,
            },)*
            $(OpcodeInfo {
                opcode: Opcode::$special,
                name: stringify!($special),
                effect: concat!("as ", stringify!($family)),
                meaning: $special_meaning,
                flags: 0 $(| flags::$special_flag)*,
                caches: caches_of(Opcode::$family),
                family: Opcode::$family,
            },)*
            $(OpcodeInfo {
                opcode: Opcode::$pseudo,
                name: stringify!($pseudo),
                effect: stringify!($($pseudo_input $([$pseudo_input_count])?),* -- $($pseudo_output $([$pseudo_output_count])?),*),
                meaning: $pseudo_meaning,
                flags: 0 $(| flags::$pseudo_flag)*,
                caches: $pseudo_caches,
                family: Opcode::$pseudo,
            },)*
        ];

        const fn caches_of(opcode: Opcode) -> u8 {
            match opcode {
                $(Opcode::$name => $caches,)*
                _ => 0,
            }
        }

        const BY_NUMBER: [u16; OPCODE_LIMIT] = {
            let mut table = [u16::MAX; OPCODE_LIMIT];
            let mut index = 0;
            $(table[$number] = index; index += 1;)*
            $(table[$special_number] = index; index += 1;)*
            $(table[$pseudo_number] = index; index += 1;)*
            assert!(index as usize == OPCODES.len());
            table
        };

        impl Opcode {
            /// How many values the instruction takes from the stack (CPython's `_PyOpcode_num_popped`).
            #[inline(always)]
            #[must_use]
            pub const fn popped(self, $oparg: i32) -> i32 {
                match self {
                    $(Opcode::$name => 0 $(+ count!($oparg $(, $input_count)?; $input))*,)*
                    $(Opcode::$special => Opcode::$family.popped($oparg),)*
                    $(Opcode::$pseudo => 0 $(+ count!($oparg $(, $pseudo_input_count)?; $pseudo_input))*,)*
                }
            }

            /// How many values the instruction leaves on the stack (CPython's `_PyOpcode_num_pushed`).
            #[inline(always)]
            #[must_use]
            pub const fn pushed(self, $oparg: i32) -> i32 {
                match self {
                    $(Opcode::$name => 0 $(+ count!($oparg $(, $output_count)?; $output))*,)*
                    $(Opcode::$special => Opcode::$family.pushed($oparg),)*
                    $(Opcode::$pseudo => 0 $(+ count!($oparg $(, $pseudo_output_count)?; $pseudo_output))*,)*
                }
            }
        }
    };
}

crate::for_each_opcode!(define_opcodes);

impl Opcode {
    /// The opcode of a number, if there is one.
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        if (number as usize) < OPCODE_LIMIT { BRIEF[number as usize].opcode } else { None }
    }

    /// The opcode of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        OPCODES.iter().find(|info| info.name == name).map(|info| info.opcode)
    }

    /// CPython's number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The byte of a code unit. Only for opcodes that are not pseudo.
    #[must_use]
    pub const fn byte(self) -> u8 {
        debug_assert!((self as u16) < FIRST_PSEUDO);
        self as u8
    }

    /// What the table says.
    #[must_use]
    pub const fn info(self) -> &'static OpcodeInfo {
        &OPCODES[BY_NUMBER[self as usize] as usize]
    }

    /// CPython's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether one of the given [`flags`] is set.
    #[must_use]
    pub const fn has(self, flags: u16) -> bool {
        BRIEF[self as usize].flags & flags != 0
    }

    /// Whether it takes an argument.
    #[must_use]
    pub const fn has_arg(self) -> bool {
        self.has(flags::ARG)
    }

    /// Whether it is a jump.
    #[must_use]
    pub const fn is_jump(self) -> bool {
        self.has(flags::JUMP)
    }

    /// Code units of its inline cache.
    #[must_use]
    pub const fn caches(self) -> usize {
        BRIEF[self as usize].caches as usize
    }

    /// The unspecialised opcode (CPython's `_PyOpcode_Deopt`); itself if it is not specialised.
    #[must_use]
    pub const fn family(self) -> Self {
        match BRIEF[self as usize].family {
            Some(family) => family,
            None => self,
        }
    }

    /// Whether it exists in the compiler only.
    #[must_use]
    pub const fn is_pseudo(self) -> bool {
        self as u16 >= FIRST_PSEUDO
    }

    /// Whether it is the form of another opcode under monitoring.
    #[must_use]
    pub const fn is_instrumented(self) -> bool {
        self as u16 >= FIRST_INSTRUMENTED && (self as u16) < FIRST_PSEUDO - 1
    }

    /// Whether it is a specialised form of a family.
    #[must_use]
    pub const fn is_specialised(self) -> bool {
        SPECIALISED[self as usize]
    }

    /// Whether it opens a block with an exception handler (CPython's `IS_BLOCK_PUSH_OPCODE`).
    #[must_use]
    pub const fn is_block_push(self) -> bool {
        matches!(self, Self::SETUP_FINALLY | Self::SETUP_WITH | Self::SETUP_CLEANUP)
    }

    /// Whether its argument is a label while compiling (CPython's `HAS_TARGET`).
    #[must_use]
    pub const fn has_target(self) -> bool {
        self.is_jump() || self.is_block_push()
    }

    /// Whether it leaves the code object (CPython's `IS_SCOPE_EXIT_OPCODE`).
    #[must_use]
    pub const fn is_scope_exit(self) -> bool {
        matches!(self, Self::RETURN_VALUE | Self::RAISE_VARARGS | Self::RERAISE)
    }

    /// Whether it always jumps (CPython's `IS_UNCONDITIONAL_JUMP_OPCODE`).
    #[must_use]
    pub const fn is_unconditional_jump(self) -> bool {
        matches!(
            self,
            Self::JUMP
                | Self::JUMP_NO_INTERRUPT
                | Self::JUMP_FORWARD
                | Self::JUMP_BACKWARD
                | Self::JUMP_BACKWARD_NO_INTERRUPT
        )
    }

    /// Whether it jumps on a condition that it takes from the stack (CPython's `IS_CONDITIONAL_JUMP_OPCODE`).
    #[must_use]
    pub const fn is_conditional_jump(self) -> bool {
        matches!(
            self,
            Self::POP_JUMP_IF_FALSE
                | Self::POP_JUMP_IF_TRUE
                | Self::POP_JUMP_IF_NONE
                | Self::POP_JUMP_IF_NOT_NONE
        )
    }

    /// Whether its jump distance counts backwards (CPython's `IS_BACKWARDS_JUMP_OPCODE`).
    #[must_use]
    pub const fn is_backward_jump(self) -> bool {
        matches!(
            self,
            Self::JUMP_BACKWARD
                | Self::JUMP_BACKWARD_NO_INTERRUPT
                | Self::JUMP_BACKWARD_JIT
                | Self::JUMP_BACKWARD_NO_JIT
                | Self::END_ASYNC_FOR
        )
    }

    /// Whether nothing may follow it in a basic block (CPython's `IS_TERMINATOR_OPCODE`).
    #[must_use]
    pub const fn is_terminator(self) -> bool {
        self.is_jump() || self.is_scope_exit()
    }
}

/// What is asked of every instruction of a code object, by number.
#[derive(Clone, Copy)]
struct Brief {
    opcode: Option<Opcode>,
    family: Option<Opcode>,
    flags: u16,
    caches: u8,
}

static BRIEF: [Brief; OPCODE_LIMIT] = {
    let mut table = [Brief { opcode: None, family: None, flags: 0, caches: 0 }; OPCODE_LIMIT];
    let mut index = 0;
    while index < OPCODES.len() {
        let OpcodeInfo { opcode, family, flags, caches, .. } = OPCODES[index];
        table[opcode as usize] =
            Brief { opcode: Some(opcode), family: Some(family), flags, caches };
        index += 1;
    }
    table
};

const SPECIALISED: [bool; OPCODE_LIMIT] = {
    let mut table = [false; OPCODE_LIMIT];
    let mut index = 0;
    while index < OPCODES.len() {
        let OpcodeInfo { opcode, family, .. } = OPCODES[index];
        table[opcode as usize] = family as u16 != opcode as u16;
        index += 1;
    }
    table
};

/// Which way an instruction with two stack effects is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It goes on with the next instruction.
    Next,
    /// It jumps (or, for a block push, its handler is entered).
    Jump,
}

/// The net stack effect of an opcode that is not specialised: what `dis.stack_effect(opcode, oparg, jump=...)` answers.
/// Block pushes take effect only when their handler is entered. `None` for a specialised opcode, as in CPython.
#[must_use]
pub const fn stack_effect(opcode: Opcode, oparg: i32, flow: Flow) -> Option<i32> {
    if opcode.is_specialised() {
        return None;
    }
    if opcode.is_block_push() && matches!(flow, Flow::Next) {
        return Some(0);
    }
    Some(opcode.pushed(oparg) - opcode.popped(oparg))
}
