//! The colours of a traceback on a terminal: those of the default theme of the library's `_colorize`.

use objects::core::value::Value;
use objects::core::vm::Vm;

const RESET: &str = "\x1b[0m";
/// File, line, function and message.
const PLACE: &str = "\x1b[35m";
const TYPE: &str = "\x1b[1;35m";
/// What `^` marks.
const ERROR: &str = "\x1b[1;31m";
/// What `~` marks.
const RANGE: &str = "\x1b[31m";

/// Whether a stream of `sys` gets colours: the environment says so, or it is a terminal (`_colorize.can_colorize`).
pub(crate) fn wanted(vm: Vm<'_>, stream: &Value) -> bool {
    let ignored = vm.interpreter().sys.get_str(&vm.intern("flags")).is_some_and(|flags| {
        match vm.get_attr_str(&flags, "ignore_environment") {
            Ok(flag) => flag.as_small_int().is_some_and(|flag| flag != 0),
            Err(raised) => {
                vm.clear(raised);
                false
            }
        }
    });
    if !ignored {
        match std::env::var("PYTHON_COLORS").as_deref() {
            Ok("0") => return false,
            Ok("1") => return true,
            _ => {}
        }
    }
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    if set("FORCE_COLOR") {
        return true;
    }
    if std::env::var("TERM").is_ok_and(|name| name == "dumb") {
        return false;
    }
    match vm.call_method(stream, &vm.intern("fileno"), &[]) {
        Ok(number) => number.as_small_int() == Some(2) && is_terminal(),
        Err(raised) => {
            vm.clear(raised);
            false
        }
    }
}

fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}

/// The line of a frame; without a function that of a SyntaxError.
pub(super) fn file_line(file: &str, line: &str, function: Option<&str>) -> String {
    let inside = function.map_or_else(String::new, |name| format!(", in {PLACE}{name}{RESET}"));
    format!("  File {PLACE}\"{file}\"{RESET}, line {PLACE}{line}{RESET}{inside}")
}

/// Class and message, over as many lines as the message has.
pub(super) fn message(class: &str, text: &str) -> String {
    if text.is_empty() {
        return format!("{TYPE}{class}{RESET}");
    }
    format!("{TYPE}{class}{RESET}: {PLACE}{text}{RESET}")
}

/// Lines of source with the marks under them, both in the marks' colours.
pub(super) fn marked(lines: &[String]) -> Vec<String> {
    let is_marks = |line: &String| {
        line.contains(['^', '~']) && line.chars().all(|c| matches!(c, '^' | '~' | ' ' | '\t'))
    };
    let mut out = Vec::with_capacity(lines.len());
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        match lines.get(index + 1).filter(|next| is_marks(next)) {
            Some(marks) => {
                let marks_of: Vec<char> = marks.chars().collect();
                out.push(painted(line, &marks_of, true));
                out.push(painted(marks, &marks_of, false));
                index += 2;
            }
            None => {
                out.push(line.clone());
                index += 1;
            }
        }
    }
    out
}

fn painted(line: &str, marks: &[char], wide: bool) -> String {
    let mut out = String::new();
    let mut column = 0;
    let mut now = None;
    for c in line.chars() {
        let color = match marks.get(column) {
            Some('^') => Some(ERROR),
            Some('~') => Some(RANGE),
            _ => None,
        };
        if color != now {
            if now.is_some() {
                out.push_str(RESET);
            }
            out.push_str(color.unwrap_or_default());
            now = color;
        }
        out.push(c);
        column += if wide { base::unicode::width(u32::from(c)).max(1) } else { 1 };
    }
    if now.is_some() {
        out.push_str(RESET);
    }
    out
}
