//! The instruction sequence: what codegen writes and the flow graph is made of.

use std::sync::Arc;

use base::wstr::WString;
use bytecode::code_spec::code_flags;
use bytecode::{ConstantTable, Location, Opcode};

/// A place in an instruction sequence to jump to. Made by [`InstructionSequence::new_label`], put by
/// [`InstructionSequence::use_label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(u32);

/// An instruction, pseudo instructions included. The argument of a jump or block push is its label's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The opcode.
    pub opcode: Opcode,
    /// The argument; 0 if there is none.
    pub oparg: u32,
    /// Where it comes from.
    pub location: Location,
}

/// Instructions in order, with labels between them (CPython's `_PyInstructionSequence`).
#[derive(Clone, Debug, Default)]
pub struct InstructionSequence {
    instructions: Vec<Instruction>,
    /// Label number to index of the instruction it stands before.
    labels: Vec<u32>,
    annotations: Option<Box<InstructionSequence>>,
}

const UNPLACED: u32 = u32::MAX;

/// Few functions have more instructions.
const COMMON_LENGTH: usize = 64;

impl InstructionSequence {
    /// An empty sequence.
    #[must_use]
    pub fn new() -> Self {
        Self { instructions: Vec::with_capacity(COMMON_LENGTH), ..Self::default() }
    }

    /// A label that stands nowhere yet.
    pub fn new_label(&mut self) -> Label {
        let label = Label(u32::try_from(self.labels.len()).expect("fewer than 2^32 labels"));
        self.labels.push(UNPLACED);
        label
    }

    /// Puts the label before the next instruction to be added.
    pub fn use_label(&mut self, label: Label) {
        self.labels[label.0 as usize] = self.next_index();
    }

    /// Appends an instruction that is not a jump.
    pub fn add(&mut self, opcode: Opcode, oparg: u32, location: Location) {
        debug_assert!(!opcode.has_target(), "{} wants a label", opcode.name());
        debug_assert!(opcode.has_arg() || oparg == 0, "{} takes no argument", opcode.name());
        debug_assert!(oparg < 1 << 30);
        self.instructions.push(Instruction { opcode, oparg, location });
    }

    /// Appends a jump or block push to the label.
    pub fn add_jump(&mut self, opcode: Opcode, target: Label, location: Location) {
        debug_assert!(opcode.has_target(), "{} takes no label", opcode.name());
        self.instructions.push(Instruction { opcode, oparg: target.0, location });
    }

    /// Inserts a jump or block push before the instruction at `index`; labels from there on move
    /// (CPython's `_PyInstructionSequence_InsertInstruction`).
    pub fn insert_jump(&mut self, index: usize, opcode: Opcode, target: Label, location: Location) {
        self.insert_instruction(index, Instruction { opcode, oparg: target.0, location });
    }

    /// Inserts an instruction that is not a jump before the instruction at `index`; labels from there on move.
    pub fn insert(&mut self, index: usize, opcode: Opcode, oparg: u32, location: Location) {
        self.insert_instruction(index, Instruction { opcode, oparg, location });
    }

    fn insert_instruction(&mut self, index: usize, instruction: Instruction) {
        self.instructions.insert(index, instruction);
        for place in &mut self.labels {
            if *place != UNPLACED && *place as usize >= index {
                *place += 1;
            }
        }
    }

    /// The code that makes annotations, put in place of ANNOTATIONS_PLACEHOLDER (which vanishes if there is none). It may
    /// not jump.
    pub fn set_annotations(&mut self, annotations: InstructionSequence) {
        self.annotations = Some(Box::new(annotations));
    }

    /// The code that makes annotations, if there is any.
    #[must_use]
    pub fn annotations(&self) -> Option<&InstructionSequence> {
        self.annotations.as_deref()
    }

    /// The instructions in order.
    #[must_use]
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The number of instructions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.instructions.len()
    }

    /// Whether there is no instruction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instructions.is_empty()
    }

    /// The index of the instruction that a label's number stands before.
    pub(crate) fn label_place(&self, number: u32) -> usize {
        let place = self.labels[number as usize];
        assert!(place != UNPLACED, "a jump leads to a label that was never put");
        place as usize
    }

    fn next_index(&self) -> u32 {
        u32::try_from(self.instructions.len()).expect("fewer than 2^32 instructions")
    }
}

/// What codegen knows of a unit besides its instructions (CPython's `_PyCompile_CodeUnitMetadata`).
///
/// Arguments of instructions index `names`, `varnames`, or (LOAD_DEREF and its like, LOAD_CLOSURE, MAKE_CELL) cellvars
/// followed by freevars; `flowgraph` turns these into slots of the frame and adds MAKE_CELL, COPY_FREE_VARS and
/// RETURN_GENERATOR itself.
#[derive(Clone, Debug)]
pub struct UnitMetadata {
    /// `co_name`
    pub name: Arc<str>,
    /// `co_qualname`
    pub qualname: Arc<str>,
    /// `co_filename`
    pub filename: Arc<WString>,
    /// `co_firstlineno`
    pub firstlineno: i32,
    /// `co_flags`, complete.
    pub flags: u32,
    /// Constants that the instructions refer to; the flow graph adds and drops some.
    pub consts: ConstantTable,
    /// `co_names`
    pub names: Vec<Arc<str>>,
    /// Local variables: parameters in order (positional, keyword-only, `*args`, `**kwargs`), then the others.
    pub varnames: Vec<Arc<str>>,
    /// Variables in cells, in the order of their indices.
    pub cellvars: Vec<Arc<str>>,
    /// Variables of outer functions, in the order of their indices.
    pub freevars: Vec<Arc<str>>,
    /// Those of `varnames` that are slots only while an inlined comprehension runs (CPython's `u_fasthidden`).
    pub hidden: Vec<Arc<str>>,
    /// Positional parameters, positional-only ones included.
    pub argcount: u32,
    /// Positional-only parameters.
    pub posonlyargcount: u32,
    /// Keyword-only parameters.
    pub kwonlyargcount: u32,
}

impl UnitMetadata {
    /// How many of the local variables are parameters, `*args` and `**kwargs` included.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        let starred = [code_flags::VARARGS, code_flags::VARKEYWORDS];
        let starred = starred.into_iter().filter(|flag| self.flags & flag != 0).count();
        self.argcount as usize + self.kwonlyargcount as usize + starred
    }
}
