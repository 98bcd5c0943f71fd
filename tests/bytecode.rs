//! The bytecode of programs, against `dis`, with positions and without.

mod golden;

use std::process::ExitCode;
use std::sync::Arc;

use base::wstr::WString;
use bytecode::CodeRef;
use bytecode::dis::{self, DisOptions};
use compiler::options::Options;
use golden::Golden;
use syntax::error::SyntaxError;
use syntax::{Mode, ParseOptions};

fn main() -> ExitCode {
    golden::run(
        &["bytecode"],
        &[
            Golden {
                extension: "dis",
                ours: |bytes, name| shown(bytes, name, true),
                oracle: &["-m", "dis", "-P"],
                normal,
            },
            // What `:dis --plain` prints.
            Golden {
                extension: "plain",
                ours: |bytes, name| shown(bytes, name, false),
                oracle: &["-m", "dis"],
                normal,
            },
        ],
    )
}

fn shown(bytes: &[u8], name: &str, positions: bool) -> String {
    disassembly(bytes, name, positions).unwrap_or_else(|error| error.message)
}

fn disassembly(bytes: &[u8], name: &str, positions: bool) -> Result<String, SyntaxError> {
    let text = syntax::source::decode(bytes)?;
    let parsed = syntax::parse(&text, Mode::Exec, &ParseOptions::default())?;
    let options = Options {
        filename: Arc::new(WString::from(name)),
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    };
    let compiled = compiler::compile(&parsed, &options)?;
    let options = DisOptions { caches: false, offsets: false, positions, specialized: false };
    Ok(dis::render(&dis::with_nested(&CodeRef::new(compiled.code)), &options))
}

/// Without the addresses of code objects, and with the elements of a frozenset in one order (CPython's hangs on its hash seed).
#[expect(
    clippy::needless_pass_by_value,
    reason = "the runner's normal forms take what they change"
)]
fn normal(text: String) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut parts = text.split(" at 0x");
    shown.push_str(parts.next().unwrap_or_default());
    for part in parts {
        shown.push_str(" at 0xADDRESS");
        shown.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    let mut ordered = String::with_capacity(shown.len());
    let mut parts = shown.split("frozenset({");
    ordered.push_str(parts.next().unwrap_or_default());
    for part in parts {
        ordered.push_str("frozenset({");
        let (elements, rest) = part.split_once("})").unwrap_or((part, ""));
        let mut elements: Vec<&str> = elements.split(", ").collect();
        elements.sort_unstable();
        ordered.push_str(&elements.join(", "));
        ordered.push_str("})");
        ordered.push_str(rest);
    }
    ordered
}
