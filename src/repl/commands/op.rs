//! `:op`

use super::{Call, Command, Given, wrong};
use crate::json::Json;
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
    if call.json {
        return Ok(Given::Json(json(opcode.info()).written()));
    }
    Ok(Given::Text(text(opcode.info(), call.columns())))
}

/// The other opcodes of its family.
fn relatives(info: &OpcodeInfo) -> Vec<&'static str> {
    let others = OPCODES.iter().filter(|other| other.opcode != info.opcode);
    others.filter(|other| other.family == info.family).map(|other| other.name).collect()
}

fn json(info: &OpcodeInfo) -> Json {
    Json::Object(vec![
        ("name", Json::text(info.name)),
        ("number", Json::count(info.opcode.number().into())),
        ("argument", Json::Bool(info.opcode.has_arg())),
        ("caches", Json::count(info.opcode.caches())),
        ("stack", Json::text(info.effect.replace("- -", "--"))),
        ("meaning", Json::text(info.meaning)),
        ("family", Json::List(relatives(info).into_iter().map(Json::text).collect())),
    ])
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
    let family = relatives(info);
    if !family.is_empty() {
        let family: Vec<String> = family.into_iter().map(str::to_owned).collect();
        out.push_str(&packed("  family   ", &family, "  ", columns));
    }
    out
}
