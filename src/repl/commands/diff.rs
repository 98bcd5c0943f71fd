//! `:diff`

use super::{Call, Command, Given, dis, wrong};
use crate::table::cut;
use crate::theme::{Tint, tinted};
use bytecode::dis::disassemble;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::types::code::PyCode;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "diff",
    form: ":diff A B",
    about: "the bytecode of two targets beside each other; a comma may stand between them",
    example: ":diff len_of, len_of_all",
    group: "compile",
    run: diff,
};

/// Longer code is compared line by line, without looking for what moved.
const ALIGNED_MAX: usize = 4_000;

fn diff(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let rest = call.rest.trim();
    let Some((a, b)) = halves(rest) else { return Ok(wrong("diff", "two targets are wanted")) };
    let (a, b) = (instructions(call, a)?, instructions(call, b)?);
    let ((left_head, left), (right_head, right)) = match (a, b) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(message), _) | (_, Err(message)) => return Ok(wrong("diff", &message)),
    };
    let width = left.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    // Both sides have room on a line; what is longer is cut.
    let columns = call.columns();
    let width = width.max(left_head.chars().count()).min(60).min((columns / 2).max(30) - 4);
    let rest = columns.saturating_sub(width + 6).max(20);
    let mut out = format!("   {:<width$}   {}\n", cut(&left_head, width), cut(&right_head, rest));
    let colors = call.colors();
    let mut changed = 0;
    for (a, b) in aligned(&left, &right) {
        let mark = match (a, b) {
            (Some(a), Some(b)) if a == b => ' ',
            (Some(_), Some(_)) => '|',
            (Some(_), None) => '<',
            _ => '>',
        };
        changed += usize::from(mark != ' ');
        let side = |line: Option<&String>, width: usize| {
            cut(&crate::console::sanitize(line.map_or("", String::as_str)), width)
        };
        let line = format!(" {mark} {:<width$}   {}", side(a, width), side(b, rest));
        let line = line.trim_end().to_owned();
        let line = if mark == ' ' || !colors { line } else { tinted(Tint::Jump, &line) };
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str(&match changed {
        0 => "the same instructions\n".to_owned(),
        1 => "1 line differs\n".to_owned(),
        _ => format!("{changed} lines differ\n"),
    });
    Ok(Given::Answer(super::Answer::Text(out)))
}

/// The two targets: apart by a comma outside brackets, else by a blank.
fn halves(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_i32;
    let mut quote = None;
    for mark in [',', ' '] {
        for (at, c) in text.char_indices() {
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') => depth -= 1,
                (None, _) if c == mark && depth == 0 => {
                    let (a, b) = text.split_at(at);
                    let b = b.trim_start_matches(mark).trim();
                    return (!b.is_empty()).then_some((a.trim(), b));
                }
                _ => {}
            }
        }
    }
    None
}

type Listed = (String, Vec<String>);

/// What a target is called, and its instructions without their offsets, which differ behind the first difference.
fn instructions(call: &Call<'_, '_>, target: &str) -> PyResult<Result<Listed, String>> {
    let codes = match dis::codes_of(call, target)? {
        Ok(codes) => codes,
        Err(message) => return Ok(Err(message)),
    };
    let head = codes.first().map_or_else(String::new, |code: &PyRef<PyCode>| {
        format!("{} ({} bytes)", code.spec().qualname, code.spec().code.len() * 2)
    });
    let mut lines = Vec::new();
    for code in &codes {
        for row in disassemble(code.spec(), None).rows {
            let argument = crate::listing::argument(&row);
            let label = row.label.map_or_else(String::new, |label| format!("L{label}:"));
            let line = format!("{label:<5}{:<24} {argument}", row.opcode.name());
            lines.push(line.trim_end().to_owned());
        }
    }
    Ok(Ok((head, lines)))
}

type Pair<'l> = (Option<&'l String>, Option<&'l String>);

/// The lines beside those that they are, by the longest common subsequence.
fn aligned<'l>(a: &'l [String], b: &'l [String]) -> Vec<Pair<'l>> {
    if a.len().saturating_mul(b.len()) > ALIGNED_MAX * ALIGNED_MAX {
        let longest = a.len().max(b.len());
        return (0..longest).map(|at| (a.get(at), b.get(at))).collect();
    }
    let width = b.len() + 1;
    let mut common = vec![0_u32; (a.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let value = |index: usize, common: &[u32]| common.get(index).copied().unwrap_or(0);
            let best = if a.get(i) == b.get(j) {
                value(at(i + 1, j + 1), &common) + 1
            } else {
                value(at(i + 1, j), &common).max(value(at(i, j + 1), &common))
            };
            if let Some(cell) = common.get_mut(at(i, j)) {
                *cell = best;
            }
        }
    }
    let value = |i: usize, j: usize| common.get(at(i, j)).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    let (mut gone, mut new): (Vec<&String>, Vec<&String>) = (Vec::new(), Vec::new());
    let mut pairs = Vec::new();
    // What stands between two common lines is paired line by line.
    let settle =
        |gone: &mut Vec<&'l String>, new: &mut Vec<&'l String>, pairs: &mut Vec<Pair<'l>>| {
            for index in 0..gone.len().max(new.len()) {
                pairs.push((gone.get(index).copied(), new.get(index).copied()));
            }
            gone.clear();
            new.clear();
        };
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if x == y {
            settle(&mut gone, &mut new, &mut pairs);
            pairs.push((Some(x), Some(y)));
            (i, j) = (i + 1, j + 1);
        } else if value(i + 1, j) >= value(i, j + 1) {
            gone.push(x);
            i += 1;
        } else {
            new.push(y);
            j += 1;
        }
    }
    gone.extend(a.iter().skip(i));
    new.extend(b.iter().skip(j));
    settle(&mut gone, &mut new, &mut pairs);
    pairs
}
