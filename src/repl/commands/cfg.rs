//! `:cfg`

use std::collections::BTreeSet;

use super::{Call, Command, Given, dis, wrong};
use crate::json::Json;
use crate::listing::argument;
use crate::theme::{Tint, tinted};
use bytecode::CodeSpec;
use bytecode::dis::{Disassembly, disassemble};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "cfg",
    form: ":cfg [TARGET]",
    about: "the bytecode as basic blocks, with where each goes on",
    example: ":cfg len_of",
    group: "compile",
    run: blocks,
};

fn blocks(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let rest = call.rest.trim();
    let codes = match dis::codes_of(call, rest)? {
        Ok(codes) => codes,
        Err(message) => return Ok(wrong("cfg", &message)),
    };
    if call.json {
        let graphs = codes.iter().map(|code| graph_json(code.spec())).collect();
        return Ok(Given::Json(Json::List(graphs).written()));
    }
    let mut out = String::new();
    for code in &codes {
        graph(code.spec(), call.colors(), &mut out);
    }
    Ok(Given::Answer(super::Answer::Text(out)))
}

/// The offsets at which a block begins: the start, what is jumped to, what stands behind a jump or an end, and handlers.
fn leaders(listing: &Disassembly) -> Vec<usize> {
    let mut leaders = BTreeSet::new();
    let rows = &listing.rows;
    for (index, row) in rows.iter().enumerate() {
        if index == 0 {
            leaders.insert(row.offset);
        }
        if let Some(target) = row.jump_target {
            leaders.insert(target);
        }
        let ends = row.jump_target.is_some() || row.opcode.family().is_scope_exit();
        if ends && let Some(next) = rows.get(index + 1) {
            leaders.insert(next.offset);
        }
    }
    for handler in &listing.handlers {
        leaders.insert(handler.start * 2);
        leaders.insert(handler.end * 2);
        leaders.insert(handler.target * 2);
    }
    let starts = |offset: &usize| {
        rows.iter().find(|row| row.offset == *offset || row.start_offset == *offset)
    };
    let real: BTreeSet<usize> = leaders.iter().filter_map(starts).map(|row| row.offset).collect();
    real.into_iter().collect()
}

fn graph(code: &CodeSpec, colors: bool, out: &mut String) {
    let tint = |tint: Tint, text: &str| if colors { tinted(tint, text) } else { text.to_owned() };
    let listing = disassemble(code, None);
    let leaders = leaders(&listing);
    let block_of = |offset: usize| {
        let row =
            listing.rows.iter().find(|row| row.offset == offset || row.start_offset == offset);
        let offset = row.map_or(offset, |row| row.offset);
        leaders.partition_point(|leader| *leader <= offset).saturating_sub(1)
    };
    let head = format!("{}   {} blocks", code.qualname, leaders.len());
    out.push_str(&tint(Tint::Heading, &crate::console::sanitize(&head)));
    out.push('\n');
    for (index, leader) in leaders.iter().enumerate() {
        let end = leaders.get(index + 1).copied().unwrap_or(usize::MAX);
        let rows: Vec<_> =
            listing.rows.iter().filter(|row| (*leader..end).contains(&row.offset)).collect();
        let from: Vec<String> = predecessors(&listing, &leaders, index, &block_of)
            .iter()
            .map(|block| format!("B{block}"))
            .collect();
        let from =
            if from.is_empty() { String::new() } else { format!("   from {}", from.join(" ")) };
        let lines: Vec<i32> = rows.iter().filter_map(|row| row.line).collect();
        let lines = match (lines.iter().min(), lines.iter().max()) {
            (Some(a), Some(b)) if a == b => format!("   line {a}"),
            (Some(a), Some(b)) => format!("   lines {a}-{b}"),
            _ => String::new(),
        };
        let handled = listing
            .handlers
            .iter()
            .find(|entry| (entry.start * 2..entry.end * 2).contains(leader))
            .map_or_else(String::new, |entry| {
                format!("   errors to B{}", block_of(entry.target * 2))
            });
        out.push_str(&tint(Tint::Jump, &format!("┌ B{index}")));
        out.push_str(&tint(Tint::Dim, &format!("{lines}{from}{handled}")));
        out.push('\n');
        for row in &rows {
            let argument = crate::console::sanitize(&argument(row));
            let line = format!("│ {:>4}  {:<24} {argument}", row.offset, row.opcode.name());
            out.push_str(line.trim_end());
            out.push('\n');
        }
        let goes = goes_on(&listing, &leaders, index, &block_of);
        out.push_str(&tint(Tint::Jump, &format!("└ {goes}")));
        out.push('\n');
    }
}

/// The blocks for a program: each with its instructions, and the numbers of the blocks around it.
fn graph_json(code: &CodeSpec) -> Json {
    let listing = disassemble(code, None);
    let leaders = leaders(&listing);
    let block_of =
        |offset: usize| leaders.partition_point(|leader| *leader <= offset).saturating_sub(1);
    let blocks = leaders.iter().enumerate().map(|(block, leader)| {
        let end = leaders.get(block + 1).copied().unwrap_or(usize::MAX);
        let rows = listing.rows.iter().filter(|row| (*leader..end).contains(&row.offset));
        let instructions = rows.map(|row| {
            Json::Object(vec![
                ("offset", Json::count(row.offset)),
                ("opcode", Json::text(row.opcode.name())),
                ("argument", Json::maybe(row.oparg.map(|oparg| Json::Number(oparg.into())))),
                ("meaning", Json::text(&*row.argrepr)),
                ("line", Json::maybe(row.line.map(|line| Json::Number(line.into())))),
            ])
        });
        let (falls, jump, _) = exits(&listing, &leaders, block);
        let from = predecessors(&listing, &leaders, block, &block_of);
        let covers = |start: usize, end: usize| (start * 2..end * 2).contains(leader);
        let handler = listing.handlers.iter().find(|entry| covers(entry.start, entry.end));
        Json::Object(vec![
            ("block", Json::count(block)),
            ("from", Json::List(from.into_iter().map(Json::count).collect())),
            ("next", Json::maybe(falls.then(|| Json::count(block + 1)))),
            ("jump", Json::maybe(jump.map(|target| Json::count(block_of(target))))),
            ("errors", Json::maybe(handler.map(|entry| Json::count(block_of(entry.target * 2))))),
            ("instructions", Json::List(instructions.collect())),
        ])
    });
    Json::Object(vec![
        ("code", Json::text(&*code.qualname)),
        ("blocks", Json::List(blocks.collect())),
    ])
}

/// Whether a block runs on into the one behind it, and where its last instruction jumps.
fn exits(listing: &Disassembly, leaders: &[usize], block: usize) -> (bool, Option<usize>, bool) {
    let end = leaders.get(block + 1).copied().unwrap_or(usize::MAX);
    let last = listing.rows.iter().rev().find(|row| row.offset < end);
    let Some(last) = last else { return (false, None, false) };
    let leaves = last.opcode.family().is_scope_exit();
    let name = last.opcode.name();
    let always = leaves || name.starts_with("JUMP");
    (!always && block + 1 < leaders.len(), last.jump_target, leaves)
}

fn predecessors(
    listing: &Disassembly,
    leaders: &[usize],
    block: usize,
    block_of: &impl Fn(usize) -> usize,
) -> Vec<usize> {
    (0..leaders.len())
        .filter(|from| {
            let (falls, jump, _) = exits(listing, leaders, *from);
            (falls && from + 1 == block) || jump.is_some_and(|target| block_of(target) == block)
        })
        .collect()
}

fn goes_on(
    listing: &Disassembly,
    leaders: &[usize],
    block: usize,
    block_of: &impl Fn(usize) -> usize,
) -> String {
    let (falls, jump, leaves) = exits(listing, leaders, block);
    let next = block + 1;
    match (falls, jump) {
        (true, Some(target)) => format!("► B{} if it jumps, else B{next}", block_of(target)),
        (true, None) => format!("► B{next}"),
        (false, Some(target)) => format!("► B{}", block_of(target)),
        (false, None) if leaves => "leaves".to_owned(),
        (false, None) => "ends".to_owned(),
    }
}
