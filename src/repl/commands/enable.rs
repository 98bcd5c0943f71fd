//! `:enable` and `:disable`

use super::{Call, Command, Given, delete, wrong};
use crate::stepper;
use objects::core::errors::PyResult;

/// `:enable`
pub(super) const ENABLE: Command = Command {
    name: "enable",
    form: ":enable N|*",
    about: "a breakpoint stops again",
    example: ":enable 1",
    group: "debug",
    run: |call| set(call, "enable", true),
};

/// `:disable`
pub(super) const DISABLE: Command = Command {
    name: "disable",
    form: ":disable N|*",
    about: "a breakpoint does not stop until it is enabled",
    example: ":disable *",
    group: "debug",
    run: |call| set(call, "disable", false),
};

fn set(call: &mut Call<'_, '_>, name: &str, on: bool) -> PyResult<Given> {
    let rest = call.rest.trim();
    let number = rest.parse::<usize>().ok();
    if number.is_none() && rest != "*" {
        return Ok(wrong(name, "which number? :breaks lists them; * is all"));
    }
    let count = stepper::change(call.vm, number, |point| {
        point.enabled = on;
        true
    });
    Ok(delete::said(name, number, count))
}
