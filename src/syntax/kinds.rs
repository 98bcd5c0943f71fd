//! The characters that stand for the kinds of tokens; `shapes` makes the syntax grammar's input of them.

/// A name; the soft keywords follow it.
pub(crate) const NAME: u8 = b'a';
/// `case`
pub(crate) const CASE: u8 = b'c';
/// `_`, the last of the name-like tokens.
pub(crate) const UNDERSCORE: u8 = b'e';
/// A number.
pub(crate) const NUMBER: u8 = b'0';
/// A plain string or bytes literal.
pub(crate) const STRING: u8 = b's';
/// The opening of an f-string.
pub(crate) const FSTRING_START: u8 = b'f';
/// The opening of a t-string.
pub(crate) const TSTRING_START: u8 = b't';
/// Literal text of an f-string or of a format specification.
pub(crate) const FSTRING_MIDDLE: u8 = b'#';
/// The closing quote of an f-string.
pub(crate) const FSTRING_END: u8 = b'$';
/// The end of a logical line.
pub(crate) const NEWLINE: u8 = b'\n';
/// More indentation.
pub(crate) const INDENT: u8 = 0x0e;
/// Less indentation.
pub(crate) const DEDENT: u8 = 0x0f;
/// A character that no rule takes.
pub(crate) const ERROR: u8 = 0x7f;

/// `**`
pub(crate) const POW: u8 = 0x10;
/// `//`
pub(crate) const FLOORDIV: u8 = 0x11;
/// `<<`
pub(crate) const SHL: u8 = 0x12;
/// `>>`
pub(crate) const SHR: u8 = 0x13;
/// `==`
pub(crate) const EQ: u8 = 0x14;
/// `!=` and `<>`
pub(crate) const NE: u8 = 0x15;
/// `<=`
pub(crate) const LE: u8 = 0x16;
/// `>=`
pub(crate) const GE: u8 = 0x17;
/// `->`
pub(crate) const ARROW: u8 = 0x18;
/// `:=`
pub(crate) const WALRUS: u8 = 0x19;
/// `...`
pub(crate) const ELLIPSIS: u8 = 0x1a;
/// An augmented assignment's operator.
pub(crate) const AUGASSIGN: u8 = 0x1b;

/// `async`
pub(crate) const ASYNC: u8 = b'A';
/// `else`
pub(crate) const ELSE: u8 = b'I';
/// `lambda`
pub(crate) const LAMBDA: u8 = b'W';
/// `not`
pub(crate) const NOT: u8 = b'X';
/// `await`
pub(crate) const AWAIT: u8 = b'Y';
/// `False`
pub(crate) const FALSE: u8 = b'1';
/// `None`
pub(crate) const NONE: u8 = b'2';
/// `True`
pub(crate) const TRUE: u8 = b'3';
/// `and`
pub(crate) const AND: u8 = b'4';
/// `or`
pub(crate) const OR: u8 = b'5';
/// `in`
pub(crate) const IN: u8 = b'6';
/// `is`
pub(crate) const IS: u8 = b'7';

/// The token of a word: a keyword, a soft keyword or a name.
pub(crate) fn of_word(word: &str) -> u8 {
    match word.as_bytes() {
        b"match" => b'b',
        b"case" => CASE,
        b"type" => b'd',
        b"_" => UNDERSCORE,
        b"async" => ASYNC,
        b"class" => b'B',
        b"def" => b'C',
        b"for" => b'D',
        b"if" => b'E',
        b"try" => b'F',
        b"while" => b'G',
        b"with" => b'H',
        b"assert" => b'K',
        b"break" => b'L',
        b"continue" => b'M',
        b"del" => b'N',
        b"from" => b'O',
        b"global" => b'P',
        b"import" => b'Q',
        b"nonlocal" => b'R',
        b"pass" => b'S',
        b"raise" => b'T',
        b"return" => b'U',
        b"yield" => b'V',
        b"lambda" => LAMBDA,
        b"not" => NOT,
        b"await" => AWAIT,
        b"False" => FALSE,
        b"None" => NONE,
        b"True" => TRUE,
        b"and" => AND,
        b"or" => OR,
        b"in" => IN,
        b"is" => IS,
        b"as" => b'8',
        b"elif" => b'9',
        b"else" => ELSE,
        b"except" => b'J',
        b"finally" => b'Z',
        _ => NAME,
    }
}

/// The token of an operator.
pub(crate) fn of_operator(operator: &[u8]) -> u8 {
    match operator {
        [single] => *single,
        b"**" => POW,
        b"//" => FLOORDIV,
        b"<<" => SHL,
        b">>" => SHR,
        b"==" => EQ,
        b"!=" | b"<>" => NE,
        b"<=" => LE,
        b">=" => GE,
        b"->" => ARROW,
        b":=" => WALRUS,
        b"..." => ELLIPSIS,
        _ => AUGASSIGN,
    }
}

/// Whether it is a name, soft keywords included.
pub(crate) const fn is_name(kind: u8) -> bool {
    NAME <= kind && kind <= UNDERSCORE
}

/// Whether it is made by the layout pass and stands for no text.
pub(crate) fn is_layout(kind: u8) -> bool {
    matches!(kind, NEWLINE | INDENT | DEDENT)
}
