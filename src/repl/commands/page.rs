//! `:page`

use super::{Call, Command, Given};
use crate::{console, display};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "page",
    form: ":page [EXPR]",
    about: "all of a value, page by page; without an expression the last one",
    example: ":page sys.modules",
    group: "look",
    run: page,
};

fn page(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let rest = call.rest.trim();
    let value = call.session.value_of(call.vm, if rest.is_empty() { "_" } else { rest })?;
    let mut looks = call.session.settings.clone();
    looks.max_items = usize::MAX;
    looks.pretty = true;
    let mut text = display::whole(call.vm, &value, &looks)?;
    text.push('\n');
    let text = console::sanitize(&text);
    if call.session.settings.pager && console::page(call.vm, &text) {
        return Ok(Given::Text(String::new()));
    }
    Ok(Given::Text(text))
}
