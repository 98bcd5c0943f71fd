//! `:source`, also `x??`

use super::{Call, Command, Given, dis, wrong};
use crate::look;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::types::code::PyCode;
use objects::types::str::PyStr;

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
    let text = match value.downcast::<PyType>().and_then(|class| of_class(call, class)) {
        Some(text) => Ok(text),
        None => found(&value),
    };
    Ok(match text {
        Ok(text) => Given::Text(text),
        Err(message) => wrong("source", &message),
    })
}

/// The source of a class by the line that it remembers (`__firstlineno__`): in its module's file, or in the newest input
/// that has the class there.
fn of_class(call: &Call<'_, '_>, class: &Py<PyType>) -> Option<String> {
    let vm = call.vm;
    let field = |name: &str| class.namespace().get_str(&vm.intern(name));
    let line = usize::try_from(field("__firstlineno__")?.as_small_int()?).ok()?.checked_sub(1)?;
    let name = class.name();
    let heads = |text: &str| {
        let mut rest = text.lines().skip(line);
        rest.find(|text| !text.trim_start().starts_with('@'))
            .is_some_and(|head| head.trim_start().starts_with(&format!("class {name}")))
    };
    let lines = |text: &str| block(&text.lines().collect::<Vec<_>>(), line);
    let inputs = call.session.inputs.iter().rev();
    let module = field("__module__")?;
    let module = module.downcast::<PyStr>()?.to_rust_string();
    if module == "__main__" {
        return inputs.map(String::as_str).find(|text| heads(text)).map(lines);
    }
    let module = vm.interpreter().modules.get_str(&vm.intern(&module))?;
    let file = look::attribute(vm, &module, "__file__")?;
    let text = dis::text_of_file(&file.downcast::<PyStr>()?.to_rust_string())?;
    heads(&text).then(|| lines(&text))
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
        _ => {
            let class = value.class().name();
            return Err(format!("{class} has no source in Python; EXPR? says what it is"));
        }
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
