//! `binascii`: bytes as text and back, checksums.

use objects::core::args::{Args, Bound, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::buffer;
use objects::protocol::number;
use objects::types::bytes::{PyBytes, hex_options, hex_text};
use objects::types::exceptions::hierarchy::{EXCEPTION, VALUE_ERROR};
use objects::types::str::PyStr;
use objects::types::{self, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "binascii",
    doc: Some("Conversion between binary data and ASCII"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

/// `binascii.Error`
static ERROR: StaticType = StaticType::inheriting();
const ERROR_SPEC: TypeSpec = TypeSpec {
    name: "binascii.Error",
    base: Some(&VALUE_ERROR),
    flags: FLAGS,
    ..TypeSpec::DEFAULT
};
/// `binascii.Incomplete`
static INCOMPLETE: StaticType = StaticType::inheriting();
const INCOMPLETE_SPEC: TypeSpec = TypeSpec {
    name: "binascii.Incomplete",
    base: Some(&EXCEPTION),
    flags: FLAGS,
    ..TypeSpec::DEFAULT
};
const FLAGS: u64 = objects::core::type_spec::spec_flags::BASETYPE;

methods! { FUNCTIONS:
    /// Decode a line of uuencoded data.
    ["a2b_uu"] "($module, data, /)" One(a2b_uu);
    /// Uuencode line of data.
    ["b2a_uu"] "($module, data, /, *, backtick=False)" Bound(b2a_uu);
    /// Decode a line of base64 data.
    ["a2b_base64"] "($module, data, /, *, strict_mode=False)" Bound(a2b_base64);
    /// Base64-code line of data.
    ["b2a_base64"] "($module, data, /, *, newline=True)" Bound(b2a_base64);
    /// Hexadecimal representation of binary data.
    ["b2a_hex"] "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)" Any(b2a_hex);
    /// Hexadecimal representation of binary data.
    ["hexlify"] "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)" Any(b2a_hex);
    /// Binary data of hexadecimal representation.
    ["a2b_hex"] "($module, hexstr, /)" One(a2b_hex);
    /// Binary data of hexadecimal representation.
    ["unhexlify"] "($module, hexstr, /)" One(a2b_hex);
    /// Compute CRC-32 incrementally.
    ["crc32"] "($module, data, crc=0, /)" Positional(crc32);
    /// Compute CRC-CCITT incrementally.
    ["crc_hqx"] "($module, data, crc, /)" Positional(crc_hqx);
    /// Decode a string of qp-encoded data.
    ["a2b_qp"] "($module, /, data, header=False)" Bound(a2b_qp);
    /// Encode a string using quoted-printable encoding.
    ["b2a_qp"] "($module, /, data, quotetabs=False, istext=True, header=False)" Bound(b2a_qp);
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    types::init_types(vm, &[(&ERROR, &ERROR_SPEC), (&INCOMPLETE, &INCOMPLETE_SPEC)])?;
    module::add(vm, target, "Error", ERROR.get().to_value());
    module::add(vm, target, "Incomplete", INCOMPLETE.get().to_value());
    Ok(())
}

fn error(vm: Vm<'_>, message: &str) -> Raised {
    vm.error(&ERROR, message)
}

/// An argument that may be ASCII text or bytes.
fn ascii_data(vm: Vm<'_>, value: &Value) -> PyResult<Vec<u8>> {
    if let Some(text) = value.downcast::<PyStr>() {
        return match text.as_ascii() {
            Some(ascii) => Ok(ascii.as_bytes().to_vec()),
            None => Err(vm.value_error("string argument should contain only ASCII characters")),
        };
    }
    if !buffer::has_buffer(value) {
        return Err(vm.type_error(format!(
            "argument should be bytes, buffer or ASCII string, not '{}'",
            value.class().name()
        )));
    }
    buffer::bytes_like(vm, value).map(|bytes| bytes.to_vec())
}

fn flag(vm: Vm<'_>, value: Option<&Value>, default: bool) -> PyResult<bool> {
    value.map_or(Ok(default), |value| vm.is_true(value))
}

fn b2a_hex(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let positional = args.positional();
    let Some(data) = positional.first().or_else(|| args.keyword("data")) else {
        return Err(vm.type_error("b2a_hex() missing required argument 'data' (pos 1)"));
    };
    let bytes = buffer::bytes_like(vm, data)?.to_vec();
    // What is left are the arguments of `bytes.hex`.
    let options = if positional.is_empty() {
        let rest: Vec<Value> =
            ["sep", "bytes_per_sep"].iter().map_while(|name| args.keyword(name).cloned()).collect();
        hex_options(vm, Args::positional_only(&rest))?
    } else {
        hex_options(vm, Args::new(args.all().get(1..).unwrap_or_default(), args.keyword_names()))?
    };
    let text = hex_text(vm, &bytes, options)?;
    let text = text.receiver::<PyStr>();
    PyBytes::try_new_value(vm, text.as_ascii().unwrap_or_default().as_bytes())
}

fn a2b_hex(vm: Vm<'_>, _module: &Value, data: &Value) -> PyResult<Value> {
    let text = ascii_data(vm, data)?;
    if !text.len().is_multiple_of(2) {
        return Err(error(vm, "Odd-length string"));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(text.len() / 2);
    for pair in text.chunks_exact(2) {
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            _ => return Err(error(vm, "Non-hexadecimal digit found")),
        }
    }
    PyBytes::try_new_value(vm, &out)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn b2a_base64(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = buffer::bytes_like(vm, args.required(0))?.to_vec();
    let newline = flag(vm, args.get(1), true)?;
    let mut out = Vec::new();
    if out.try_reserve(data.len() / 3 * 4 + 5).is_err() {
        return Err(vm.memory_error());
    }
    for group in data.chunks(3) {
        let byte = |nth: usize| u32::from(group.get(nth).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for nth in 0..4_usize {
            let sextet = (bits >> (18 - nth * 6) & 63) as usize;
            out.push(if nth <= group.len() { BASE64[sextet] } else { b'=' });
        }
    }
    if newline {
        out.push(b'\n');
    }
    PyBytes::try_new_value(vm, &out)
}

fn a2b_base64(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let text = ascii_data(vm, args.required(0))?;
    let strict = flag(vm, args.get(1), false)?;
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut position, mut left, mut pads) = (0_u32, 0_u8, 0_u32);
    if strict && text.first() == Some(&b'=') {
        return Err(error(vm, "Leading padding not allowed"));
    }
    for &byte in &text {
        if byte == b'=' {
            pads += 1;
            if strict && position == 1 {
                return Err(one_too_many(vm, out.len()));
            }
            if strict && (position == 0 || position + pads > 4) {
                return Err(error(vm, "Excess padding not allowed"));
            }
            continue;
        }
        let Some(value) = BASE64.iter().position(|&letter| letter == byte) else {
            if strict {
                return Err(error(vm, "Only base64 data is allowed"));
            }
            continue;
        };
        if strict && pads != 0 {
            let message = if position + pads == 4 {
                "Excess data after padding"
            } else {
                "Discontinuous padding not allowed"
            };
            return Err(error(vm, message));
        }
        pads = 0;
        let value = u8::try_from(value).unwrap_or(0);
        match position {
            0 => left = value,
            1 => {
                out.push(left << 2 | value >> 4);
                left = value & 15;
            }
            2 => {
                out.push(left << 4 | value >> 2);
                left = value & 3;
            }
            _ => out.push(left << 6 | value),
        }
        position = (position + 1) % 4;
    }
    match position {
        0 => PyBytes::try_new_value(vm, &out),
        1 => Err(one_too_many(vm, out.len())),
        _ if position + pads >= 4 => PyBytes::try_new_value(vm, &out),
        _ => Err(error(vm, "Incorrect padding")),
    }
}

/// The error for a last letter that stands for less than a byte.
fn one_too_many(vm: Vm<'_>, bytes: usize) -> Raised {
    error(
        vm,
        &format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
            bytes / 3 * 4 + 1
        ),
    )
}

fn b2a_uu(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = buffer::bytes_like(vm, args.required(0))?.to_vec();
    let backtick = flag(vm, args.get(1), false)?;
    if data.len() > 45 {
        return Err(error(vm, "At most 45 bytes at once"));
    }
    let letter = |sextet: u32| -> u8 {
        if backtick && sextet == 0 { b'`' } else { b' ' + u8::try_from(sextet & 63).unwrap_or(0) }
    };
    let mut out = vec![letter(u32::try_from(data.len()).unwrap_or(0))];
    for group in data.chunks(3) {
        let byte = |nth: usize| u32::from(group.get(nth).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.extend([18, 12, 6, 0].map(|shift| letter(bits >> shift & 63)));
    }
    out.push(b'\n');
    PyBytes::try_new_value(vm, &out)
}

fn a2b_uu(vm: Vm<'_>, _module: &Value, data: &Value) -> PyResult<Value> {
    let text = ascii_data(vm, data)?;
    let Some((&first, rest)) = text.split_first() else {
        return Err(error(vm, "Missing length byte"));
    };
    let length = usize::from(first.wrapping_sub(b' ') & 63);
    let mut out = Vec::with_capacity(length);
    let (mut bits, mut count) = (0_u32, 0);
    let mut letters = rest.iter();
    while out.len() < length {
        let value = match letters.next() {
            // Trailing spaces may have been cut off.
            None | Some(b'\n' | b'\r') => 0,
            Some(&byte @ b' '..=b'`') => u32::from(byte - b' ') & 63,
            Some(_) => return Err(error(vm, "Illegal char")),
        };
        bits = (bits << 6 | value) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 255).unwrap_or(0));
        }
    }
    if letters.any(|&byte| !matches!(byte, b' ' | b'`' | b'\n' | b'\r')) {
        return Err(error(vm, "Trailing garbage"));
    }
    PyBytes::try_new_value(vm, &out)
}

/// The CRC-32 of each byte.
const CRC32: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "a byte")]
        let mut value = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 != 0 { value >> 1 ^ 0xedb8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
};

fn checksum_start(vm: Vm<'_>, value: Option<&Value>) -> PyResult<u32> {
    let Some(value) = value else { return Ok(0) };
    let number = number::index(vm, value)?;
    let low = types::int::to_bigint(vm, &number)?;
    let start = low.to_i64().unwrap_or(0) & 0xffff_ffff;
    Ok(u32::try_from(start).unwrap_or(0))
}

fn crc32(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "crc32", args.len(), 1, 2)?;
    let start = checksum_start(vm, args.get(1))?;
    let data = buffer::bytes_like(vm, &args[0])?;
    let crc = data.with(|data| {
        data.iter()
            .fold(!start, |crc, &byte| crc >> 8 ^ CRC32[((crc ^ u32::from(byte)) & 255) as usize])
    });
    Ok(Value::small_int_unchecked(i64::from(!crc)))
}

fn crc_hqx(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "crc_hqx", args.len(), 2, 2)?;
    let start = checksum_start(vm, args.get(1))? & 0xffff;
    let data = buffer::bytes_like(vm, &args[0])?;
    let crc = data.with(|data| {
        data.iter().fold(start, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte) << 8, |crc, _| {
                let doubled = crc << 1;
                (if crc & 0x8000 != 0 { doubled ^ 0x1021 } else { doubled }) & 0xffff
            })
        })
    });
    Ok(Value::small_int_unchecked(i64::from(crc)))
}

fn a2b_qp(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let text = ascii_data(vm, args.required(0))?;
    let header = flag(vm, args.get(1), false)?;
    let digit = |at: usize| {
        text.get(at)
            .and_then(|&byte| char::from(byte).to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'=' => match text.get(at) {
                None => break,
                Some(b'\n' | b'\r') => {
                    // A soft line break: everything up to the newline is left out.
                    let rest = text.get(at..).unwrap_or_default();
                    at += rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |n| n + 1);
                }
                Some(b'=') => {
                    out.push(b'=');
                    at += 1;
                }
                Some(_) => match (digit(at), digit(at + 1)) {
                    (Some(high), Some(low)) => {
                        out.push(high << 4 | low);
                        at += 2;
                    }
                    _ => out.push(b'='),
                },
            },
            b'_' if header => out.push(b' '),
            other => out.push(other),
        }
    }
    PyBytes::try_new_value(vm, &out)
}

fn b2a_qp(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = buffer::bytes_like(vm, args.required(0))?.to_vec();
    let quote_tabs = flag(vm, args.get(1), false)?;
    let is_text = flag(vm, args.get(2), true)?;
    let header = flag(vm, args.get(3), false)?;
    let crlf = data.iter().position(|&b| b == b'\n').is_some_and(|n| n > 0 && data[n - 1] == b'\r');
    let mut out: Vec<u8> = Vec::with_capacity(data.len());
    let mut line = 0;
    let mut at = 0;
    let break_line = |out: &mut Vec<u8>| {
        out.push(b'=');
        if crlf {
            out.push(b'\r');
        }
        out.push(b'\n');
    };
    while let Some(&byte) = data.get(at) {
        let next = data.get(at + 1).copied();
        let ends_line = next.is_none()
            || next == Some(b'\n')
            || (next == Some(b'\r') && data.get(at + 2) == Some(&b'\n'));
        let quoted = byte > 126
            || byte == b'='
            || (header && byte == b'_')
            || (byte == b'.'
                && line == 0
                && (next.is_none() || matches!(next, Some(b'\n' | b'\r' | 0))))
            || (!is_text && matches!(byte, b'\r' | b'\n'))
            || (matches!(byte, b'\t' | b' ') && next.is_none())
            || (byte < 33 && !matches!(byte, b'\r' | b'\n' | b'\t' | b' '))
            || (byte < 33 && quote_tabs && matches!(byte, b'\t' | b' '));
        if quoted {
            if line + 3 >= 76 {
                break_line(&mut out);
                line = 0;
            }
            out.extend(format!("={byte:02X}").bytes());
            at += 1;
            line += 3;
            continue;
        }
        if is_text && (byte == b'\n' || (byte == b'\r' && next == Some(b'\n'))) {
            // White space in front of a line's end is quoted.
            if let Some(&last @ (b' ' | b'\t')) = out.last() {
                out.pop();
                out.extend(format!("={last:02X}").bytes());
            }
            if crlf {
                out.push(b'\r');
            }
            out.push(b'\n');
            at += if byte == b'\r' { 2 } else { 1 };
            line = 0;
            continue;
        }
        if next.is_some() && next != Some(b'\n') && !ends_line && line + 1 >= 76 {
            break_line(&mut out);
            line = 0;
        }
        line += 1;
        out.push(if header && byte == b' ' { b'_' } else { byte });
        at += 1;
    }
    PyBytes::try_new_value(vm, &out)
}
