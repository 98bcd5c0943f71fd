//! The syntax grammar's input: token kinds as `grammar/tokens.pest` names them.
//!
//! A kind says what a token is; its shape also says what stands beside it, as far as one token's look ahead saves the grammar
//! attempts that must fail: a name before a comma is an expression of its own, so neither trailers nor operators are tried.

use crate::kinds;

/// What the token behind a name or literal makes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A trailer follows: the operand goes on.
    Trailer,
    /// The operand ends, the expression may go on.
    Operand,
    /// The expression ends, and a line or clause with it.
    Clause,
    /// The expression ends, and an item with it.
    Item,
}

const fn next_of(kind: u8) -> Next {
    match kind {
        b'(' | b'[' | b'.' => Next::Trailer,
        b'=' | b':' | kinds::NEWLINE => Next::Clause,
        b',' | b')' | b']' | b'}' => Next::Item,
        _ => Next::Operand,
    }
}

/// The shape of a name or literal before a token of each kind: of a plain name, and of a number.
const fn shapes_before(first: [u8; 4]) -> [u8; 128] {
    let mut table = [0; 128];
    let mut kind = 0;
    while kind < 128 {
        table[kind as usize] = match next_of(kind) {
            Next::Trailer => first[0],
            Next::Operand => first[1],
            Next::Clause => first[2],
            Next::Item => first[3],
        };
        kind += 1;
    }
    table
}

static NAMES: [u8; 128] = shapes_before(*b"cgkl");
static LITERALS: [u8; 128] = shapes_before(*b"yuqm");

/// The shapes of what is neither name nor literal, by kind.
static OTHERS: [u8; 128] = {
    let pairs: [(&[u8], &[u8]); 6] = [
        (b"\n\x0e\x0f#$!,=:;", b"\n\x0e\x0f#$!,=:;"),
        (&[kinds::FSTRING_START, kinds::TSTRING_START, kinds::ERROR], b"}~\x7f"),
        // Operators between and before operands.
        (
            &[
                kinds::GE,
                kinds::LE,
                kinds::NE,
                kinds::EQ,
                kinds::SHR,
                kinds::SHL,
                kinds::FLOORDIV,
                b'^',
                b'&',
                b'>',
                b'<',
                b'%',
                kinds::OR,
                kinds::AND,
                kinds::IS,
                kinds::IN,
                b'@',
                b'|',
                b'/',
                kinds::POW,
                b'*',
                b'+',
                b'-',
                b'~',
                kinds::NOT,
                kinds::AWAIT,
                kinds::LAMBDA,
                b'V',
            ],
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\",
        ),
        (b"([{)]}.", b"]^_)*+`"),
        (&[kinds::ARROW, kinds::WALRUS, kinds::AUGASSIGN], b"-./"),
        // Keywords of compound and simple statements, and those inside them.
        (b"ABCDEFGH89IJZKLMNOPQRSTU", b"0123456789<>?\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a"),
    ];
    let mut table = [kinds::ERROR; 128];
    let mut list = 0;
    while list < pairs.len() {
        let (kinds, shapes) = pairs[list];
        assert!(kinds.len() == shapes.len());
        let mut index = 0;
        while index < kinds.len() {
            table[kinds[index] as usize] = shapes[index];
            index += 1;
        }
        list += 1;
    }
    table
};

/// The place of a kind of literal among the four.
const fn literal(kind: u8) -> Option<u8> {
    match kind {
        kinds::NUMBER => Some(0),
        kinds::FALSE | kinds::NONE | kinds::TRUE => Some(1),
        kinds::ELLIPSIS => Some(2),
        kinds::STRING => Some(3),
        _ => None,
    }
}

/// Which of NAME, MATCH, CASE and TYPE a name is, where that may matter.
const fn soft(kind: u8) -> u8 {
    match kind {
        kinds::UNDERSCORE => 0,
        _ => kind - kinds::NAME,
    }
}

/// Whether a token may end an operand.
const fn ends_operand(kind: u8) -> bool {
    kinds::is_name(kind)
        || literal(kind).is_some()
        || matches!(kind, b')' | b']' | b'}' | kinds::FSTRING_END)
}

/// Writes the grammar's input for tokens of these kinds, one character a token.
pub(crate) fn of_kinds(kinds: &str) -> String {
    let bytes = kinds.as_bytes();
    let mut shapes = Vec::with_capacity(bytes.len());
    let mut before = kinds::ERROR;
    let mut is_attribute = false;
    for (index, &kind) in bytes.iter().enumerate() {
        // Behind the last token nothing follows, as at the end of a line.
        let next = bytes.get(index + 1).copied().unwrap_or(kinds::NEWLINE) & 0x7f;
        let shape = if is_attribute {
            is_attribute = false;
            b'b'
        } else if kinds::is_name(kind) {
            let shape = NAMES[next as usize];
            match shape {
                b'k' | b'l' if kind == kinds::CASE => b'i',
                b'k' | b'l' => shape,
                _ => shape + soft(kind),
            }
        } else if kind == b'.' {
            is_attribute = kinds::is_name(next) && ends_operand(before);
            if is_attribute { b'a' } else { b'`' }
        } else if let Some(place) = literal(kind) {
            let joins = kind == kinds::STRING
                && matches!(next, kinds::STRING | kinds::FSTRING_START | kinds::TSTRING_START);
            if joins { b'|' } else { LITERALS[next as usize] + place }
        } else {
            OTHERS[kind as usize & 0x7f]
        };
        shapes.push(shape);
        before = kind;
    }
    String::from_utf8(shapes).expect("shapes are ASCII")
}
