//! `:source`, also `x??`

use super::{Call, Command, Given, dis, wrong};
use crate::look;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::types::code::PyCode;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "source",
    form: ":source EXPR",
    about: "the source of a function, method or class (also EXPR??)",
    example: "json.dumps??",
    group: "look",
    run: source,
};

fn source(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    if options.contains(&"--frame") {
        let Some(frame) = call.frames.get(call.current) else {
            return Ok(wrong("source", "no frame is live"));
        };
        return Ok(match around(&frame.code, frame.line) {
            Some(text) => Given::Text(text),
            None => wrong("source", "it is not to be found"),
        });
    }
    if options.contains(&"--whole") {
        let Some(frame) = call.frames.get(call.current) else {
            return Ok(wrong("source", "no frame is live"));
        };
        return Ok(match found(&frame.code.to_value()) {
            Ok(text) => Given::Text(text),
            Err(message) => wrong("source", &message),
        });
    }
    let value = call.session.value_of(call.vm, rest)?;
    Ok(match found(&value) {
        Ok(text) => Given::Text(text),
        Err(message) => wrong("source", &message),
    })
}

/// The source of an object, if it has one.
pub(super) fn text_of_object(value: &Value) -> Option<String> {
    found(value).ok()
}

fn found(value: &Value) -> Result<String, String> {
    let code = look::code(value);
    let (code, of_class) = match (code, value.downcast::<PyType>()) {
        (Some(code), _) => (code, None),
        (None, Some(class)) => {
            let methods = class.namespace();
            match methods.values_vec().iter().find_map(look::code) {
                Some(code) => (code, Some(class.name())),
                None => return Err("the class has no methods in Python".to_owned()),
            }
        }
        _ => return Err(format!("{} has no source in Python", value.class().name())),
    };
    let text = dis::source_of(&code).ok_or("it is not to be found")?;
    let first = usize::try_from(code.spec().firstlineno).unwrap_or(1).saturating_sub(1);
    let lines: Vec<&str> = text.lines().collect();
    let first = match of_class {
        None => first,
        Some(name) => {
            let head = lines.iter().take(first + 1).rposition(|line| {
                let line = line.trim_start();
                line.strip_prefix("class ").is_some_and(|rest| rest.starts_with(&name))
            });
            head.unwrap_or(first)
        }
    };
    Ok(block(&lines, first))
}

/// The lines from `first` on that are deeper than it; those of decorators and a split head belong to it.
fn block(lines: &[&str], first: usize) -> String {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let Some(head) = lines.get(first) else { return String::new() };
    let base = depth(head);
    let mut out = format!("{head}\n");
    let mut in_head = head.trim_start().starts_with('@') || !head.trim_end().ends_with(':');
    let one_line = !head.trim_start().starts_with('@')
        && head.contains(':')
        && !head.trim_end().ends_with([':', ',', '(']);
    if one_line {
        return out;
    }
    let mut blank = 0;
    for line in lines.iter().skip(first + 1) {
        if line.trim().is_empty() {
            blank += 1;
            continue;
        }
        if !in_head && depth(line) <= base {
            break;
        }
        out.push_str(&"\n".repeat(blank));
        blank = 0;
        out.push_str(&format!("{line}\n"));
        // The head ends at its colon, or is over when a deeper line does not go on with it.
        let line_end = line.trim_end();
        in_head &= if depth(line) <= base {
            !line_end.ends_with(':')
        } else {
            line_end.ends_with([',', '('])
        };
    }
    out
}

/// The lines around a frame's own, which is marked.
fn around(code: &PyRef<PyCode>, line: Option<i32>) -> Option<String> {
    let text = dis::source_of(code)?;
    let line = usize::try_from(line?).ok()?;
    let mut out = String::new();
    for (index, shown) in text.lines().enumerate().skip(line.saturating_sub(6)).take(11) {
        let mark = if index + 1 == line { '►' } else { ' ' };
        out.push_str(&format!("{mark} {:>4} │ {shown}\n", index + 1));
    }
    Some(out)
}
