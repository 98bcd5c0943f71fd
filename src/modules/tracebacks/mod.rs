//! Exceptions as text, as the library's `traceback` lays them out: frames with source and marks, chains, groups, notes,
//! suggestions. Native, so that an error is shown at once, and even where the library cannot be loaded.

mod carets;
pub(crate) mod colors;
pub mod sources;
mod suggest;

use objects::core::object::Py;
use objects::core::type_spec::spec_flags;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::{self, group, hierarchy as exc, syntax_error::number as field};
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::traceback::PyTraceback;
use objects::types::tuple::PyTuple;

use carets::Marked;

/// Equal frames that are shown before the rest is only counted.
const REPEATS: usize = 3;
/// Members of a group that are shown, and how deep groups are followed.
const GROUP_WIDTH: usize = 15;
const GROUP_DEPTH: usize = 10;

/// The text of an exception with its traceback, its causes and contexts.
#[must_use]
pub fn format(vm: Vm<'_>, exception: &Value) -> String {
    format_in(vm, exception, false)
}

/// As [`format()`], with the colours of a terminal if `colors` says so.
#[must_use]
pub(crate) fn format_in(vm: Vm<'_>, exception: &Value, colors: bool) -> String {
    let mut printer =
        Printer { vm, out: String::new(), seen: Vec::new(), depth: 0, is_plain: false, colors };
    printer.chain(exception, true);
    printer.out
}

/// The text of an exception that could not be propagated: frames without marks, and no chain (`PyErr_FormatUnraisable`).
#[must_use]
pub(crate) fn format_unraisable(vm: Vm<'_>, exception: &Value, traceback: &Value) -> String {
    let mut printer = Printer {
        vm,
        out: String::new(),
        seen: Vec::new(),
        depth: 0,
        is_plain: true,
        colors: false,
    };
    if traceback.downcast::<PyTraceback>().is_some() {
        printer.line("Traceback (most recent call last):");
        printer.frames(traceback);
    }
    let mut lines = Vec::new();
    push_text(&mut lines, &class_name(vm, exception), &safe_text(vm, exception), false);
    for line in lines {
        printer.line(&line);
    }
    printer.out
}

struct Printer<'gil> {
    vm: Vm<'gil>,
    /// Frames show their first line only, unmarked.
    is_plain: bool,
    /// For a terminal.
    colors: bool,
    out: String,
    seen: Vec<u64>,
    /// How many groups are around.
    depth: usize,
}

impl Printer<'_> {
    /// The exceptions before this one, then itself.
    fn chain(&mut self, exception: &Value, is_outermost: bool) {
        let mut links = vec![(exception.clone(), "")];
        self.seen.push(exception.id());
        let mut current = exception.clone();
        loop {
            let payload = payload_of(&current);
            let cause = payload.cause.get();
            let context = payload.context.get().filter(|_| !payload.suppress_context.get());
            let (next, text) = match (cause, context) {
                (Some(cause), _) => {
                    (cause, "The above exception was the direct cause of the following exception:")
                }
                (None, Some(context)) => {
                    (context, "During handling of the above exception, another exception occurred:")
                }
                (None, None) => break,
            };
            if self.seen.contains(&next.id()) {
                break;
            }
            self.seen.push(next.id());
            if let Some(last) = links.last_mut() {
                last.1 = text;
            }
            links.push((next.clone(), ""));
            current = next;
        }
        // The text between two stands with the later one, in front of it.
        for (link, text) in links.iter().rev() {
            if !text.is_empty() {
                self.line("");
                self.line(text);
                self.line("");
            }
            self.one(link, is_outermost);
        }
    }

    fn margin(&self) -> String {
        if self.depth == 0 { String::new() } else { format!("{}| ", "  ".repeat(self.depth)) }
    }

    fn line(&mut self, text: &str) {
        let margin = self.margin();
        self.out.push_str(&margin);
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Whether `sys.tracebacklimit` leaves nothing of a traceback, not even its heading.
    fn shows_no_frames(&self) -> bool {
        self.limit() == Some(0)
    }

    fn one(&mut self, exception: &Value, is_outermost: bool) {
        let traceback = payload_of(exception).traceback.get().filter(|_| !self.shows_no_frames());
        let is_group = group::is_group(exception);
        if traceback.is_some() {
            let header = if is_group { "Exception Group Traceback" } else { "Traceback" };
            let text = format!("{header} (most recent call last):");
            if is_group && self.depth == 0 {
                self.out.push_str(&format!("  + {text}\n"));
            } else {
                self.line(&text);
            }
        }
        if is_group && self.depth == 0 {
            self.depth = 1;
            self.body(exception, traceback.as_ref());
            self.members(exception, is_outermost);
            self.depth = 0;
        } else {
            self.body(exception, traceback.as_ref());
            if is_group {
                self.members(exception, is_outermost);
            }
        }
    }

    fn body(&mut self, exception: &Value, traceback: Option<&Value>) {
        if let Some(traceback) = traceback {
            self.frames(traceback);
        }
        for line in self.exception_only(exception) {
            self.line(&line);
        }
    }

    fn members(&mut self, exception: &Value, is_outermost: bool) {
        let members = group::members(exception);
        if self.depth > GROUP_DEPTH {
            self.line(&format!("... (max_group_depth is {GROUP_DEPTH})"));
            return;
        }
        let count = members.len();
        let indent = "  ".repeat(self.depth);
        for (index, member) in members.iter().take(GROUP_WIDTH + 1).enumerate() {
            let last = index + 1 == count.min(GROUP_WIDTH + 1);
            let title =
                if index < GROUP_WIDTH { (index + 1).to_string() } else { "...".to_owned() };
            let bar = if index == 0 { "+-" } else { "  " };
            self.out
                .push_str(&format!("{indent}{bar}+---------------- {title} ----------------\n"));
            self.depth += 1;
            if index < GROUP_WIDTH {
                self.chain(member, false);
            } else {
                let more = count - GROUP_WIDTH;
                let plural = if more > 1 { "s" } else { "" };
                self.line(&format!("and {more} more exception{plural}"));
            }
            self.depth -= 1;
            // A group that closes its own frame has drawn the end already.
            let closes_itself = group::is_group(member);
            if last && !(closes_itself && index < GROUP_WIDTH) {
                self.out.push_str(&format!(
                    "{}+------------------------------------\n",
                    "  ".repeat(self.depth + 1)
                ));
            }
        }
        let _ = is_outermost;
    }

    fn frames(&mut self, traceback: &Value) {
        let mut entries = Vec::new();
        let mut link = Some(traceback.clone());
        while let Some(current) = link {
            let Some(entry) = current.downcast::<PyTraceback>() else { break };
            entries.push(entry.to_ref());
            link = entry.next.get();
        }
        if let Some(limit) = self.limit() {
            let skip = entries.len().saturating_sub(limit);
            entries.drain(..skip);
        }
        let mut last: Option<(String, Option<i32>, String)> = None;
        let mut count = 0;
        for entry in &entries {
            let code = entry.frame.code();
            let key =
                (code.filename.to_rust_string(), entry.line_number(), code.name.to_rust_string());
            if last.as_ref() == Some(&key) {
                count += 1;
                if count > REPEATS {
                    continue;
                }
            } else {
                self.repeated(count);
                last = Some(key);
                count = 1;
            }
            self.frame(entry);
        }
        self.repeated(count);
    }

    /// `sys.tracebacklimit`
    fn limit(&self) -> Option<usize> {
        let limit = self.vm.interpreter().sys.get_str(&self.vm.intern("tracebacklimit"))?;
        if !limit.class().has_flags(spec_flags::LONG_SUBCLASS) {
            return None;
        }
        // Beyond every real depth the sign decides.
        if int::is_negative(&limit) {
            return Some(0);
        }
        limit.as_small_int().and_then(|limit| usize::try_from(limit).ok())
    }

    fn repeated(&mut self, count: usize) {
        if count > REPEATS {
            let more = count - REPEATS;
            let plural = if more > 1 { "s" } else { "" };
            self.line(&format!("  [Previous line repeated {more} more time{plural}]"));
        }
    }

    fn frame(&mut self, entry: &Py<PyTraceback>) {
        let code = entry.frame.code();
        let filename = code.filename.to_rust_string();
        let line = entry.line_number();
        let shown_line = line.map_or_else(|| "None".to_owned(), |line| line.to_string());
        let name = code.name.to_rust_string();
        // The inputs of an interactive standard input have a number that only tells them apart.
        let numbered = filename.starts_with("<stdin-") && filename.ends_with('>');
        let shown_file = if numbered { "<stdin>" } else { &filename };
        self.line(&if self.colors {
            colors::file_line(shown_file, &shown_line, Some(&name))
        } else {
            format!("  File \"{shown_file}\", line {shown_line}, in {name}")
        });
        let Some(line) = line.and_then(|line| usize::try_from(line).ok()) else { return };
        let root = library_root(self.vm);
        let inner = sources::text_of_code(code.shared_spec()).filter(|_| filename.starts_with('<'));
        let text = match inner {
            Some(text) => text.to_string(),
            None => match sources::text_of(&filename, root.as_deref()) {
                Some(text) => text,
                None => return,
            },
        };
        let all: Vec<&str> = text.split('\n').collect();
        let location =
            usize::try_from(entry.lasti.get()).ok().map(|lasti| code.location(lasti / 2));
        let end = location
            .filter(|location| location.end_line >= location.line && location.column >= 0)
            .and_then(|location| usize::try_from(location.end_line).ok())
            .unwrap_or(line);
        let lines: Vec<String> = all
            .get(line.saturating_sub(1)..end.min(all.len()))
            .unwrap_or_default()
            .iter()
            .map(|line| (*line).to_owned())
            .collect();
        if lines.iter().all(|line| line.trim().is_empty()) {
            return;
        }
        if self.is_plain {
            let first = lines.first().map_or("", |line| line.trim());
            return self.line(&format!("    {first}"));
        }
        let columns = location.and_then(|location| {
            let column = usize::try_from(location.column).ok()?;
            Some((column, usize::try_from(location.end_column).ok()?))
        });
        match columns {
            Some((column, end_column)) => {
                let mut lines = carets::render(&Marked { lines: &lines, column, end_column });
                if self.colors {
                    lines = colors::marked(&lines);
                }
                for line in lines {
                    self.line(&format!("    {line}"));
                }
            }
            None => {
                for line in &lines {
                    self.line(&format!("    {}", line.trim()));
                }
            }
        }
    }

    /// Class and text, what a SyntaxError says of its place, notes.
    fn exception_only(&self, exception: &Value) -> Vec<String> {
        let vm = self.vm;
        let class = class_name(vm, exception);
        let mut lines = Vec::new();
        if exception.class().is_subtype(exc::SYNTAX_ERROR.get()) {
            syntax_lines(vm, exception, &class, self.colors, &mut lines);
        } else {
            let mut text = safe_text(vm, exception);
            if let Some(suggestion) = suggest::suggestion(vm, exception) {
                text.push_str(&suggestion);
            }
            push_text(&mut lines, &class, &text, self.colors);
        }
        self.notes(exception, &mut lines);
        lines
    }

    fn notes(&self, exception: &Value, lines: &mut Vec<String>) {
        let vm = self.vm;
        let notes = match vm.get_attr_opt(exception, &vm.names().__notes__) {
            Ok(Some(notes)) => notes,
            Ok(None) => return,
            Err(raised) => {
                let error = vm.take(raised);
                lines.push(format!("Ignored error getting __notes__: {}", safe_repr(vm, &error)));
                return;
            }
        };
        let is_sequence =
            notes.downcast::<PyList>().is_some() || notes.downcast::<PyTuple>().is_some();
        let items = match vm.collect(&notes) {
            Ok(items) if is_sequence => items,
            Ok(_) => {
                lines.push(safe_repr(vm, &notes));
                return;
            }
            Err(raised) => {
                vm.clear(raised);
                if !notes.is_none() {
                    lines.push(safe_repr(vm, &notes));
                }
                return;
            }
        };
        for note in items {
            lines.extend(safe_text(vm, &note).split('\n').map(str::to_owned));
        }
    }
}

fn push_text(lines: &mut Vec<String>, class: &str, text: &str, colors: bool) {
    let full = if colors {
        colors::message(class, text)
    } else if text.is_empty() {
        class.to_owned()
    } else {
        format!("{class}: {text}")
    };
    lines.extend(full.split('\n').map(str::to_owned));
}

/// The embedded library's folder.
fn library_root(vm: Vm<'_>) -> Option<String> {
    let root = vm.interpreter().sys.get_str(&vm.intern("_stdlib_dir"))?;
    root.downcast::<PyStr>().map(Py::to_rust_string)
}

/// The class as tracebacks name it: with its module, unless that is `builtins` or `__main__`.
fn class_name(vm: Vm<'_>, exception: &Value) -> String {
    let class = exception.class().to_value();
    let text = |name: &Py<PyStr>| match vm.get_attr_opt(&class, name) {
        Ok(found) => found.as_ref().and_then(Value::downcast::<PyStr>).map(Py::to_rust_string),
        Err(raised) => {
            vm.clear(raised);
            None
        }
    };
    let names = vm.names();
    let own =
        text(&names.__qualname__).unwrap_or_else(|| exceptions::short_name(exception.class()));
    match text(&names.__module__) {
        Some(module) if module == "builtins" || module == "__main__" => own,
        Some(module) => format!("{module}.{own}"),
        None => format!("<unknown>.{own}"),
    }
}

fn safe_text(vm: Vm<'_>, value: &Value) -> String {
    match vm.str(value) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            "<exception str() failed>".to_owned()
        }
    }
}

fn safe_repr(vm: Vm<'_>, value: &Value) -> String {
    match vm.repr(value) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            format!("<{} repr() failed>", value.class().name())
        }
    }
}

/// File, line and marked source of a SyntaxError, then its message.
fn syntax_lines(vm: Vm<'_>, exception: &Value, class: &str, colors: bool, lines: &mut Vec<String>) {
    let payload = payload_of(exception);
    let number = |index: usize| payload.field(index).and_then(|value| value.as_small_int());
    let text = |index: usize| {
        let value = payload.field(index)?;
        value.downcast::<PyStr>().map(Py::to_rust_string)
    };
    let line = number(field::LINENO);
    let filename = payload.field(field::FILENAME).filter(|name| !name.is_none());
    let filename = filename.map(|name| safe_text(vm, &name));
    let mut message = match payload.field(field::MSG) {
        Some(message) if !message.is_none() => safe_text(vm, &message),
        _ => "<no detail available>".to_owned(),
    };
    let typo = text(field::TEXT).and_then(|_| suggest::keyword(&message, exception));
    let mut suffix = String::new();
    match (line, &filename) {
        (Some(line), name) => {
            let name = name.clone().unwrap_or_else(|| "<string>".to_owned());
            lines.push(if colors {
                colors::file_line(&name, &line.to_string(), None)
            } else {
                format!("  File \"{name}\", line {line}")
            });
        }
        (None, Some(name)) => suffix = format!(" ({name})"),
        (None, None) => {}
    }
    let source = lines.len();
    match typo {
        Some(typo) => {
            message = format!("invalid syntax. Did you mean '{}'?", typo.keyword);
            let column = |column: usize| i64::try_from(column).ok().map(|column| column + 1);
            let (start, end) = typo.columns;
            marked_source(Some(typo.text), column(start), (1, Some(1)), column(end), lines);
        }
        None => marked_source(
            text(field::TEXT),
            number(field::OFFSET),
            (line.unwrap_or(0), number(field::END_LINENO)),
            number(field::END_OFFSET),
            lines,
        ),
    }
    if colors {
        let marked = colors::marked(&lines.split_off(source));
        lines.extend(marked);
    }
    push_text(lines, class, &format!("{message}{suffix}"), colors);
}

fn marked_source(
    text: Option<String>,
    offset: Option<i64>,
    (line, end_line): (i64, Option<i64>),
    end_offset: Option<i64>,
    lines: &mut Vec<String>,
) {
    let Some(text) = text else { return };
    let whole = text.trim_end_matches('\n');
    let shown = whole.trim_start_matches([' ', '\n', '\x0c']);
    let removed = whole.chars().count() - shown.chars().count();
    lines.push(format!("    {shown}"));
    let Some(mut offset) = offset else { return };
    let end_of_text = i64::try_from(whole.chars().count()).unwrap_or(0) + 1;
    let mut end = match end_offset {
        _ if end_line != Some(line) => end_of_text,
        Some(end) if end != 0 => end,
        _ => offset,
    };
    let length = i64::try_from(text.chars().count()).unwrap_or(0);
    if length > 0 && offset > length {
        offset = end_of_text;
    }
    if length > 0 && end > length {
        end = end_of_text;
    }
    if offset >= end || end < 0 {
        end = offset + 1;
    }
    offset -= i64::try_from(removed).unwrap_or(0) + 1;
    end -= i64::try_from(removed).unwrap_or(0) + 1;
    if offset < 0 {
        return;
    }
    let start = usize::try_from(offset).unwrap_or(0);
    // Tabs and other blanks stay, so that the marks stand where the text does.
    let spaces: String =
        shown.chars().take(start).map(|c| if c.is_whitespace() { c } else { ' ' }).collect();
    let fill = " ".repeat(start.saturating_sub(shown.chars().count()));
    let count = usize::try_from(end - offset).unwrap_or(1).max(1);
    lines.push(format!("    {spaces}{fill}{}", "^".repeat(count)));
}
