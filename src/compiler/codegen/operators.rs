//! Numbers that instructions take as arguments: operators, comparisons, intrinsics, flags.

use bytecode::{Location, Opcode};
use syntax::ast::nodes::{CmpOp, Operator};

use super::Compiler;

/// `BINARY_OP`'s number of a subscript.
const NB_SUBSCR: u32 = 26;
const NB_INPLACE: u32 = 13;

pub(super) const INTRINSIC_PRINT: u32 = 1;
pub(super) const INTRINSIC_IMPORT_STAR: u32 = 2;
pub(super) const INTRINSIC_STOPITERATION_ERROR: u32 = 3;
pub(super) const INTRINSIC_ASYNC_GEN_WRAP: u32 = 4;
pub(super) const INTRINSIC_UNARY_POSITIVE: u32 = 5;
pub(super) const INTRINSIC_LIST_TO_TUPLE: u32 = 6;
pub(super) const INTRINSIC_TYPEVAR: u32 = 7;
pub(super) const INTRINSIC_PARAMSPEC: u32 = 8;
pub(super) const INTRINSIC_TYPEVARTUPLE: u32 = 9;
pub(super) const INTRINSIC_SUBSCRIPT_GENERIC: u32 = 10;
pub(super) const INTRINSIC_TYPEALIAS: u32 = 11;

pub(super) const INTRINSIC_PREP_RERAISE_STAR: u32 = 1;
pub(super) const INTRINSIC_TYPEVAR_WITH_BOUND: u32 = 2;
pub(super) const INTRINSIC_TYPEVAR_WITH_CONSTRAINTS: u32 = 3;
pub(super) const INTRINSIC_SET_FUNCTION_TYPE_PARAMS: u32 = 4;
pub(super) const INTRINSIC_SET_TYPEPARAM_DEFAULT: u32 = 5;

pub(super) const CONSTANT_ASSERTION_ERROR: u32 = 0;
pub(super) const CONSTANT_NOT_IMPLEMENTED_ERROR: u32 = 1;
pub(super) const CONSTANT_BUILTIN_TUPLE: u32 = 2;
pub(super) const CONSTANT_BUILTIN_ALL: u32 = 3;
pub(super) const CONSTANT_BUILTIN_ANY: u32 = 4;

pub(super) const SPECIAL_ENTER: u32 = 0;
pub(super) const SPECIAL_EXIT: u32 = 1;
pub(super) const SPECIAL_AENTER: u32 = 2;
pub(super) const SPECIAL_AEXIT: u32 = 3;

pub(super) const RESUME_AFTER_YIELD: u32 = 1;
pub(super) const RESUME_AFTER_YIELD_FROM: u32 = 2;
pub(super) const RESUME_AFTER_AWAIT: u32 = 3;

/// `annotationlib.Format.VALUE_WITH_FAKE_GLOBALS`.
pub(super) const FORMAT_VALUE_WITH_FAKE_GLOBALS: usize = 2;

/// `SET_FUNCTION_ATTRIBUTE`'s arguments, to be combined.
pub(super) const FUNCTION_DEFAULTS: u32 = 1;
pub(super) const FUNCTION_KWDEFAULTS: u32 = 2;
pub(super) const FUNCTION_CLOSURE: u32 = 8;
pub(super) const FUNCTION_ANNOTATE: u32 = 16;

const fn binary_number(op: Operator) -> u32 {
    match op {
        Operator::Add => 0,
        Operator::BitAnd => 1,
        Operator::FloorDiv => 2,
        Operator::LShift => 3,
        Operator::MatMult => 4,
        Operator::Mult => 5,
        Operator::Mod => 6,
        Operator::BitOr => 7,
        Operator::Pow => 8,
        Operator::RShift => 9,
        Operator::Sub => 10,
        Operator::Div => 11,
        Operator::BitXor => 12,
    }
}

impl Compiler<'_, '_> {
    pub(super) fn binary_op(&mut self, location: Location, op: Operator) {
        self.op_i(location, Opcode::BINARY_OP, binary_number(op));
    }

    pub(super) fn inplace_op(&mut self, location: Location, op: Operator) {
        self.op_i(location, Opcode::BINARY_OP, binary_number(op) + NB_INPLACE);
    }

    pub(super) fn subscript_op(&mut self, location: Location) {
        self.op_i(location, Opcode::BINARY_OP, NB_SUBSCR);
    }

    pub(super) fn compare_op(&mut self, location: Location, op: CmpOp) {
        // The comparison's number, and a mask of the outcomes that are true: unordered 1, less 2, greater 4, equal 8.
        let (number, mask) = match op {
            CmpOp::Lt => (0, 2),
            CmpOp::LtE => (1, 2 | 8),
            CmpOp::Eq => (2, 8),
            CmpOp::NotEq => (3, 1 | 2 | 4),
            CmpOp::Gt => (4, 4),
            CmpOp::GtE => (5, 4 | 8),
            CmpOp::Is => return self.op_i(location, Opcode::IS_OP, 0),
            CmpOp::IsNot => return self.op_i(location, Opcode::IS_OP, 1),
            CmpOp::In => return self.op_i(location, Opcode::CONTAINS_OP, 0),
            CmpOp::NotIn => return self.op_i(location, Opcode::CONTAINS_OP, 1),
        };
        self.op_i(location, Opcode::COMPARE_OP, number << 5 | mask);
    }
}
