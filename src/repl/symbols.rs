//! What is on the stack behind each instruction, in words: `n`, `n<2`, `fact(…)`, `NULL`.

use std::collections::HashMap;

use bytecode::dis::{Disassembly, Row};

/// A text that is longer is cut.
const TEXT_MAX: usize = 18;

/// The stack behind the instruction at an offset; None where nothing in order leads there.
pub(crate) fn stacks(disassembly: &Disassembly) -> HashMap<usize, Vec<String>> {
    let mut before: HashMap<usize, Vec<String>> = HashMap::new();
    for entry in &disassembly.handlers {
        let mut stack = vec!["·".to_owned(); entry.depth as usize];
        if entry.lasti {
            stack.push("lasti".to_owned());
        }
        stack.push("exc".to_owned());
        before.insert(entry.target * 2, stack);
    }
    let mut after = HashMap::new();
    let mut stack = Some(Vec::new());
    for row in &disassembly.rows {
        if let Some(known) = before.get(&row.offset) {
            stack = Some(known.clone());
        }
        let Some(mut now) = stack.take() else { continue };
        step(row, &mut now);
        if let Some(target) = row.jump_target {
            before.entry(target).or_insert_with(|| at_target(row, &now));
        }
        after.insert(row.offset, now.clone());
        let family = row.opcode.family();
        if !family.is_scope_exit() && !family.is_unconditional_jump() {
            stack = Some(now);
        }
    }
    after
}

/// The stack where a jump leads, which a loop's end leaves without the item.
fn at_target(row: &Row, now: &[String]) -> Vec<String> {
    let mut stack = now.to_vec();
    if matches!(row.opcode.family().name(), "FOR_ITER" | "SEND") {
        stack.pop();
        stack.push("·".to_owned());
    }
    stack
}

fn short(text: String) -> String {
    if text.chars().count() <= TEXT_MAX {
        return text;
    }
    text.chars().take(TEXT_MAX - 1).chain(['…']).collect()
}

fn step(row: &Row, stack: &mut Vec<String>) {
    let family = row.opcode.family();
    let oparg = row.oparg.and_then(|oparg| i32::try_from(oparg).ok()).unwrap_or(0);
    let popped = usize::try_from(family.popped(oparg)).unwrap_or(0);
    let pushed = usize::try_from(family.pushed(oparg)).unwrap_or(0);
    // What a jump leaves behind is the interpreter's own order.
    let mut taken: Vec<String> = Vec::new();
    for _ in 0..popped {
        taken.push(stack.pop().unwrap_or_else(|| "·".to_owned()));
    }
    taken.reverse();
    let given = results(row, &taken, pushed);
    stack.extend(given.into_iter().map(short));
}

fn results(row: &Row, taken: &[String], pushed: usize) -> Vec<String> {
    let name = row.opcode.family().name();
    let text = row.argrepr.as_str();
    let at = |index: usize| taken.get(index).map_or("·", String::as_str);
    let plain = text.strip_suffix(" + NULL|self").or_else(|| text.strip_suffix(" + NULL"));
    let with_null = |first: String| {
        if pushed > 1 { vec![first, "NULL".to_owned()] } else { vec![first] }
    };
    let oparg = row.oparg.map_or(0, |oparg| oparg as usize);
    let one = match name {
        "LOAD_FAST"
        | "LOAD_FAST_BORROW"
        | "LOAD_FAST_CHECK"
        | "LOAD_FAST_AND_CLEAR"
        | "LOAD_NAME"
        | "LOAD_CONST"
        | "LOAD_DEREF"
        | "LOAD_COMMON_CONSTANT"
        | "LOAD_FROM_DICT_OR_GLOBALS" => text.to_owned(),
        "LOAD_SMALL_INT" => oparg.to_string(),
        "LOAD_GLOBAL" => return with_null(plain.unwrap_or(text).to_owned()),
        "LOAD_ATTR" | "LOAD_SUPER_ATTR" => {
            let attribute = plain.unwrap_or(text);
            return with_null(format!("{}.{attribute}", at(0)));
        }
        "LOAD_FAST_LOAD_FAST" | "LOAD_FAST_BORROW_LOAD_FAST_BORROW" => {
            return text.split(", ").map(str::to_owned).collect();
        }
        "STORE_FAST_LOAD_FAST" => text.rsplit(", ").next().unwrap_or(text).to_owned(),
        "PUSH_NULL" => "NULL".to_owned(),
        "BINARY_OP" if text == "[]" => format!("{}[{}]", at(0), at(1)),
        "BINARY_OP" => format!("({}{}{})", at(0), text.trim_end_matches('='), at(1)),
        "COMPARE_OP" => {
            let operator = text.strip_prefix("bool(").and_then(|rest| rest.strip_suffix(')'));
            format!("{}{}{}", at(0), operator.unwrap_or(text), at(1))
        }
        "IS_OP" | "CONTAINS_OP" => format!("{} {text} {}", at(0), at(1)),
        "CALL" | "CALL_KW" | "CALL_FUNCTION_EX" => format!("{}(…)", at(0)),
        "BUILD_LIST" => "[…]".to_owned(),
        "BUILD_TUPLE" => "(…)".to_owned(),
        "BUILD_MAP" | "BUILD_SET" => "{…}".to_owned(),
        "BUILD_STRING" => "str".to_owned(),
        "FORMAT_SIMPLE" | "FORMAT_WITH_SPEC" | "CONVERT_VALUE" => format!("{{{}}}", at(0)),
        "GET_ITER" => format!("iter({})", at(0)),
        "FOR_ITER" => return vec![at(0).to_owned(), "item".to_owned()],
        "IMPORT_NAME" => text.to_owned(),
        "IMPORT_FROM" => return vec![at(0).to_owned(), text.to_owned()],
        "MAKE_FUNCTION" => format!("function {}", at(0).trim_start_matches("<code object ")),
        "TO_BOOL" => format!("bool({})", at(0)),
        "UNARY_NEGATIVE" => format!("-{}", at(0)),
        "UNARY_NOT" => format!("not {}", at(0)),
        "UNARY_INVERT" => format!("~{}", at(0)),
        "COPY" => {
            let mut stack = taken.to_vec();
            stack.push(at(0).to_owned());
            return stack;
        }
        "SWAP" => {
            let mut stack = taken.to_vec();
            let last = stack.len().saturating_sub(1);
            if last > 0 {
                stack.swap(0, last);
            }
            return stack;
        }
        _ => {
            // What takes more than it gives keeps what is below.
            let same = pushed <= taken.len();
            return (0..pushed)
                .map(|index| if same { at(index).to_owned() } else { "·".to_owned() })
                .collect();
        }
    };
    let mut given = vec![one];
    given.resize(pushed, "·".to_owned());
    given
}
