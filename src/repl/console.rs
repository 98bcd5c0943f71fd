//! Reading lines and writing text, for terminals without an editor and for pipes.

use std::cell::RefCell;
use std::path::Path;

use objects::core::errors::PyResult;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// What reading a line gives.
pub(crate) enum Line {
    /// A line, its newline included if it had one.
    Text(String),
    /// A line that is not UTF-8: what the decoder says of it.
    Undecodable(String),
    /// Ctrl-C
    Interrupted,
    /// The end of the input.
    End,
}

thread_local! {
    /// What was read behind the last line.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Flushes `sys.stdout` and `sys.stderr`, so that what the program wrote stands before what the shell writes.
pub(crate) fn flush(vm: Vm<'_>) {
    for name in ["stdout", "stderr"] {
        let stream = vm.interpreter().sys.get_str(&vm.intern(name));
        let Some(stream) = stream.filter(|stream| !stream.is_none()) else { continue };
        if let Err(raised) = vm.call_method(&stream, &vm.names().flush, &[]) {
            vm.clear(raised);
        }
    }
}

/// Shows a prompt on stderr and reads a line of stdin.
pub(crate) fn read_line(vm: Vm<'_>, prompt: &str) -> Line {
    modules::sys::hooks::write_stderr(prompt);
    let mut bytes = READ.take();
    let mut searched = 0;
    loop {
        let found = bytes.iter().skip(searched).position(|byte| *byte == b'\n');
        if let Some(at) = found {
            let rest = bytes.split_off(searched + at + 1);
            READ.set(rest);
            return decoded(vm, bytes);
        }
        searched = bytes.len();
        let mut block = [0_u8; 4096];
        let read = vm.allow_threads(|| rustix::io::read(rustix::stdio::stdin(), &mut block));
        match read {
            Ok(0) if bytes.is_empty() => return Line::End,
            Ok(0) => return decoded(vm, bytes),
            Ok(count) => bytes.extend_from_slice(block.get(..count).unwrap_or_default()),
            Err(Errno::INTR) => {
                if let Err(raised) = vm.poll() {
                    vm.clear(raised);
                    return Line::Interrupted;
                }
            }
            Err(_) => return Line::End,
        }
    }
}

fn decoded(vm: Vm<'_>, bytes: Vec<u8>) -> Line {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Line::Text(text),
        Err(error) => error.into_bytes(),
    };
    let tried = PyBytes::try_new(vm, &bytes)
        .and_then(|bytes| vm.call_method(&bytes.into_value(), &vm.names().decode, &[]));
    let message = match tried {
        Ok(_) => String::new(),
        Err(raised) => {
            let error = vm.take(raised);
            vm.str(&error).map_or_else(
                |raised| {
                    vm.clear(raised);
                    String::new()
                },
                |text| text.to_rust_string(),
            )
        }
    };
    Line::Undecodable(message)
}

/// What a file holds. It may be a pipe, or on a slow disk: Ctrl-C ends the reading, and meanwhile other threads run.
pub(crate) fn read_file(vm: Vm<'_>, path: &Path) -> PyResult<Result<Vec<u8>, std::io::Error>> {
    let mut bytes = Vec::new();
    let mut file = None;
    loop {
        let read = vm.allow_threads(|| -> rustix::io::Result<usize> {
            let file = match &file {
                Some(file) => file,
                None => {
                    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
                    file.insert(rustix::fs::open(path, flags, Mode::empty())?)
                }
            };
            let mut block = vec![0_u8; 1 << 16];
            let count = rustix::io::read(file, &mut block)?;
            bytes.extend_from_slice(block.get(..count).unwrap_or_default());
            Ok(count)
        });
        match read {
            Ok(0) => return Ok(Ok(bytes)),
            Ok(_) => vm.poll()?,
            Err(Errno::INTR) => vm.poll()?,
            Err(error) => return Ok(Err(error.into())),
        }
    }
}

/// Writes the shell's own text to stdout, behind what the program wrote.
pub(crate) fn show(vm: Vm<'_>, text: &str) {
    flush(vm);
    let mut stdout = std::io::stdout().lock();
    let written = std::io::Write::write_all(&mut stdout, text.as_bytes());
    if written.is_ok() {
        // A reader that went away is noticed when the streams are flushed at the end.
        let _ = std::io::Write::flush(&mut stdout);
    }
}

/// Text that cannot steer a terminal: control characters and direction marks become escapes.
pub(crate) fn sanitize(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        let direction = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (c.is_control() && c != '\n' && c != '\t') || direction {
            let code = u32::from(c);
            clean.push_str(&if code < 256 {
                format!("\\x{code:02x}")
            } else {
                format!("\\u{code:04x}")
            });
        } else {
            clean.push(c);
        }
    }
    clean
}

/// The terminal's rows and columns.
pub(crate) fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(rustix::stdio::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            (usize::from(size.ws_row), usize::from(size.ws_col))
        }
        _ => (24, 80),
    }
}

/// The terminal's columns.
pub(crate) fn columns() -> usize {
    size().1
}

/// The columns that a list may take: without a terminal nobody breaks lines.
pub(crate) fn list_columns() -> usize {
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) { columns() } else { usize::MAX >> 1 }
}

/// Shows a text page by page in the user's pager; false where there is none, or no terminal.
pub(crate) fn page(vm: Vm<'_>, text: &str) -> bool {
    let (rows, columns) = size();
    let needed: usize = text.lines().map(|line| line.chars().count() / columns.max(1) + 1).sum();
    if needed < rows || !std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        return false;
    }
    flush(vm);
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let pager =
        named("MANPAGER").or_else(|| named("PAGER")).unwrap_or_else(|| "less -R".to_owned());
    let text = text.to_owned();
    vm.allow_threads(move || {
        let mut process = std::process::Command::new("sh");
        process.arg("-c").arg(pager).stdin(std::process::Stdio::piped());
        let Ok(mut child) = process.spawn() else { return false };
        if let Some(mut input) = child.stdin.take() {
            // A reader that leaves early has seen enough.
            let _ = std::io::Write::write_all(&mut input, text.as_bytes());
        }
        // The status of a shell that found no pager.
        child.wait().is_ok_and(|status| status.code() != Some(127))
    })
}
