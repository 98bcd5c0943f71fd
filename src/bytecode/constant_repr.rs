//! The text of a constant: what `repr` gives for the object it becomes.

use base::complex::Complex;
use base::{escape, float};

use crate::code_ref::CodeRef;
use crate::constant::Constant;

/// `repr(constant)`; a code object's address is that of its data here.
#[must_use]
pub fn repr(constant: &Constant) -> String {
    let mut out = String::new();
    push_repr(&mut out, constant);
    out
}

fn push_repr(out: &mut String, constant: &Constant) {
    match constant {
        Constant::None => out.push_str("None"),
        Constant::True => out.push_str("True"),
        Constant::False => out.push_str("False"),
        Constant::Ellipsis => out.push_str("Ellipsis"),
        Constant::Int(value) => out.push_str(&value.to_string()),
        Constant::BigInt(value) => out.push_str(&value.to_radix(10)),
        Constant::Float(value) => out.push_str(&float::repr::repr(*value)),
        Constant::Complex(re, im) => out.push_str(&Complex::new(*re, *im).repr()),
        Constant::Str(text) => out.push_str(&escape::repr_str(text.as_wstr())),
        Constant::Bytes(bytes) => out.push_str(&escape::repr_bytes(bytes)),
        Constant::Tuple(items) => {
            out.push('(');
            push_items(out, items);
            out.push_str(if items.len() == 1 { ",)" } else { ")" });
        }
        Constant::FrozenSet(items) if items.is_empty() => out.push_str("frozenset()"),
        Constant::FrozenSet(items) => {
            out.push_str("frozenset({");
            push_items(out, items);
            out.push_str("})");
        }
        Constant::Slice(parts) => {
            out.push_str("slice(");
            push_items(out, &**parts);
            out.push(')');
        }
        Constant::Code(code) => out.push_str(&repr_code(code)),
        Constant::Foreign(_) => out.push_str("<object>"),
    }
}

fn push_items(out: &mut String, items: &[Constant]) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_repr(out, item);
    }
}

/// `repr(code)`
#[must_use]
pub fn repr_code(code: &CodeRef) -> String {
    format!(
        "<code object {} at {:#x}, file \"{}\", line {}>",
        code.name,
        code.address(),
        code.filename.to_string_lossy(),
        code.firstlineno
    )
}
