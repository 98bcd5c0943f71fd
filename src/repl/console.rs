//! Reading lines and writing text, for terminals without an editor and for pipes.

use std::io::BufRead;

use objects::core::vm::Vm;

/// What reading a line gives.
pub(crate) enum Line {
    /// A line, its newline included if it had one.
    Text(String),
    /// The end of the input.
    End,
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
    flush(vm);
    modules::sys::hooks::write_stderr(prompt);
    let mut bytes = Vec::new();
    loop {
        match std::io::stdin().lock().read_until(b'\n', &mut bytes) {
            Ok(0) if bytes.is_empty() => return Line::End,
            Ok(_) => return Line::Text(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Line::End,
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
            clean.extend(c.escape_unicode());
        } else {
            clean.push(c);
        }
    }
    clean
}
