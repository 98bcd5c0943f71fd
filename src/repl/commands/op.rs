//! `:op`

use super::{Call, Command, Given, wrong};
use crate::settings::closest;
use crate::table::packed;
use bytecode::metadata::{OPCODES, Opcode, OpcodeInfo};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "op",
    form: ":op NAME",
    about: "one opcode: its number, what it takes and gives, what it means",
    example: ":op CALL",
    group: "compile",
    run: op,
};

fn op(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let name = call.rest.trim().to_uppercase();
    let Some(opcode) = Opcode::from_name(&name) else {
        let hint = match closest(&name, OPCODES.iter().map(|info| info.name)) {
            Some(close) => format!("Did you mean {close}?"),
            None => "dis.opmap lists them.".to_owned(),
        };
        return Ok(wrong("op", &format!("no opcode {name}. {hint}")));
    };
    Ok(Given::Text(text(opcode.info(), call.columns())))
}

fn text(info: &OpcodeInfo, columns: usize) -> String {
    let argument = if info.opcode.has_arg() { "takes an argument" } else { "no argument" };
    let mut out = format!(
        "{}   number {}   {argument}   {} cache entries\n  stack    {}\n  meaning  {}\n",
        info.name,
        info.opcode.number(),
        info.caches,
        info.effect.replace("- -", "→"),
        info.meaning
    );
    let family: Vec<&str> = OPCODES
        .iter()
        .filter(|other| other.family == info.family && other.opcode != info.opcode)
        .map(|other| other.name)
        .collect();
    if !family.is_empty() {
        let family: Vec<String> = family.into_iter().map(str::to_owned).collect();
        out.push_str(&packed("  family   ", &family, "  ", columns));
    }
    out
}
