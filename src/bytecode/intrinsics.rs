//! What small numbers in arguments stand for: operators, intrinsic functions, common constants, special methods.

macro_rules! numbered {
    ($(#[$doc:meta])* $type:ident { $($number:literal $name:ident $text:literal $meaning:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $type {
            $(#[doc = $meaning] $name = $number,)*
        }

        impl $type {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The one of a number, if there is one.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The number that stands in arguments.
            #[must_use]
            pub const fn number(self) -> u32 {
                self as u32
            }

            /// What `dis` shows for it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

numbered! {
    /// The operator of BINARY_OP.
    BinaryOperator {
        0 Add "+" "left + right";
        1 And "&" "left & right";
        2 FloorDivide "//" "left // right";
        3 LeftShift "<<" "left << right";
        4 MatrixMultiply "@" "left @ right";
        5 Multiply "*" "left * right";
        6 Remainder "%" "left % right";
        7 Or "|" "left | right";
        8 Power "**" "left ** right";
        9 RightShift ">>" "left >> right";
        10 Subtract "-" "left - right";
        11 TrueDivide "/" "left / right";
        12 Xor "^" "left ^ right";
        13 InplaceAdd "+=" "left += right";
        14 InplaceAnd "&=" "left &= right";
        15 InplaceFloorDivide "//=" "left //= right";
        16 InplaceLeftShift "<<=" "left <<= right";
        17 InplaceMatrixMultiply "@=" "left @= right";
        18 InplaceMultiply "*=" "left *= right";
        19 InplaceRemainder "%=" "left %= right";
        20 InplaceOr "|=" "left |= right";
        21 InplacePower "**=" "left **= right";
        22 InplaceRightShift ">>=" "left >>= right";
        23 InplaceSubtract "-=" "left -= right";
        24 InplaceTrueDivide "/=" "left /= right";
        25 InplaceXor "^=" "left ^= right";
        26 Subscript "[]" "left[right]";
    }
}

numbered! {
    /// The function of CALL_INTRINSIC_1.
    Intrinsic1 {
        0 Invalid "INTRINSIC_1_INVALID" "Never emitted.";
        1 Print "INTRINSIC_PRINT" "Show the value of an expression statement of the shell.";
        2 ImportStar "INTRINSIC_IMPORT_STAR" "from module import *";
        3 StopIterationError "INTRINSIC_STOPITERATION_ERROR" "Turn a StopIteration that leaves a generator into RuntimeError.";
        4 AsyncGenWrap "INTRINSIC_ASYNC_GEN_WRAP" "Wrap a value that an asynchronous generator yields.";
        5 UnaryPositive "INTRINSIC_UNARY_POSITIVE" "+value";
        6 ListToTuple "INTRINSIC_LIST_TO_TUPLE" "tuple(list)";
        7 TypeVar "INTRINSIC_TYPEVAR" "A TypeVar without bound.";
        8 ParamSpec "INTRINSIC_PARAMSPEC" "A ParamSpec.";
        9 TypeVarTuple "INTRINSIC_TYPEVARTUPLE" "A TypeVarTuple.";
        10 SubscriptGeneric "INTRINSIC_SUBSCRIPT_GENERIC" "Generic[parameters]";
        11 TypeAlias "INTRINSIC_TYPEALIAS" "A TypeAliasType.";
    }
}

numbered! {
    /// The function of CALL_INTRINSIC_2.
    Intrinsic2 {
        0 Invalid "INTRINSIC_2_INVALID" "Never emitted.";
        1 PrepareReraiseStar "INTRINSIC_PREP_RERAISE_STAR" "The exception to raise behind the handlers of `except*`.";
        2 TypeVarWithBound "INTRINSIC_TYPEVAR_WITH_BOUND" "A TypeVar with a bound.";
        3 TypeVarWithConstraints "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS" "A TypeVar with constraints.";
        4 SetFunctionTypeParams "INTRINSIC_SET_FUNCTION_TYPE_PARAMS" "Give a function its type parameters.";
        5 SetTypeParamDefault "INTRINSIC_SET_TYPEPARAM_DEFAULT" "Give a type parameter its default.";
    }
}

numbered! {
    /// The constant of LOAD_COMMON_CONSTANT.
    CommonConstant {
        0 AssertionError "AssertionError" "The class AssertionError.";
        1 NotImplementedError "NotImplementedError" "The class NotImplementedError.";
        2 Tuple "tuple" "The class tuple.";
        3 All "<built-in function all>" "The function all.";
        4 Any "<built-in function any>" "The function any.";
    }
}

numbered! {
    /// The method of LOAD_SPECIAL.
    SpecialMethod {
        0 Enter "__enter__" "Enter a context manager.";
        1 Exit "__exit__" "Leave a context manager.";
        2 AsyncEnter "__aenter__" "Enter an asynchronous context manager.";
        3 AsyncExit "__aexit__" "Leave an asynchronous context manager.";
    }
}

numbered! {
    /// The operator of COMPARE_OP: the top bits of its argument.
    Comparison {
        0 Less "<" "left < right";
        1 LessEqual "<=" "left <= right";
        2 Equal "==" "left == right";
        3 NotEqual "!=" "left != right";
        4 Greater ">" "left > right";
        5 GreaterEqual ">=" "left >= right";
    }
}

/// What SET_FUNCTION_ATTRIBUTE's argument bits stand for, lowest bit first.
pub const FUNCTION_ATTRIBUTES: [&str; 5] =
    ["defaults", "kwdefaults", "annotations", "closure", "annotate"];

/// What CONVERT_VALUE's argument stands for.
pub const CONVERSIONS: [&str; 4] = ["", "str", "repr", "ascii"];

/// The bits of RESUME's argument.
pub mod resume {
    /// At the start of a function.
    pub const AT_FUNC_START: u32 = 0;
    /// Behind a yield.
    pub const AFTER_YIELD: u32 = 1;
    /// Behind a `yield from`.
    pub const AFTER_YIELD_FROM: u32 = 2;
    /// Behind an await.
    pub const AFTER_AWAIT: u32 = 3;
    /// Those above.
    pub const LOCATION_MASK: u32 = 3;
    /// Set where only the generator's own handler is around the yield: close() need not run the generator.
    pub const DEPTH1: u32 = 4;
}
