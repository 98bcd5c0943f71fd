//! What is said of programs that do not compile, and where, against CPython's exceptions.

mod golden;

use std::process::ExitCode;
use std::sync::Arc;

use base::span::LineIndex;
use base::wstr::WString;
use compiler::options::Options;
use golden::Golden;
use syntax::error::{ErrorKind, Place, SyntaxError};
use syntax::{Mode, ParseOptions};

const ORACLE: &str = "
import sys
try:
    compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec')
except SyntaxError as e:
    print(f'{type(e).__name__}: {e.msg}')
    if e.lineno is not None:
        print(f'{e.lineno}:{e.offset}-{e.end_lineno}:{e.end_offset}')
else:
    print('compiles')
";

fn main() -> ExitCode {
    golden::run(
        &["errors"],
        &[Golden { extension: "err", ours, oracle: &["-c", ORACLE], normal: |text| text }],
    )
}

fn ours(bytes: &[u8], name: &str) -> String {
    let text = match syntax::source::decode(bytes) {
        Ok(text) => text,
        Err(error) => return described(&error, ""),
    };
    let options = Options {
        filename: Arc::new(WString::from(name)),
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    };
    let result = syntax::parse(&text, Mode::Exec, &ParseOptions::default())
        .and_then(|parsed| compiler::compile(&parsed, &options).map(|_| ()));
    match result {
        Ok(()) => "compiles\n".to_owned(),
        Err(error) => described(&error, &text),
    }
}

fn described(error: &SyntaxError, text: &str) -> String {
    let class = match error.kind {
        ErrorKind::Indentation => "IndentationError",
        ErrorKind::Tab => "TabError",
        _ => "SyntaxError",
    };
    let place = match error.place {
        Place::None => String::new(),
        Place::Exact { line, offset, end_line, end_offset } => {
            format!("{line}:{offset}-{end_line}:{end_offset}\n")
        }
        Place::Span(span) => {
            let lines = LineIndex::new(text);
            let shown = |at: u32| {
                let (line, column) = lines.line_column(at);
                let start = lines.line_start(line).unwrap_or(0) as usize;
                let before = text.get(start..start + column as usize).unwrap_or_default();
                format!("{line}:{}", before.chars().count() + 1)
            };
            format!("{}-{}\n", shown(span.start), shown(span.end))
        }
    };
    format!("{class}: {}\n{place}", error.message)
}
