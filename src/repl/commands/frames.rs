//! `:frames`

use super::{Call, Command, Given};
use crate::session::traceback_of;
use crate::views::{self, Shown};
use objects::core::errors::PyResult;
use objects::types::traceback::PyTraceback;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "frames",
    form: ":frames",
    about: "the live frames in breakpoint(), or those of the last traceback",
    example: ":frames",
    group: "state",
    run: frames,
};

fn frames(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let shown: Vec<Shown> = if call.frames.is_empty() {
        let Some(exception) = &call.session.last_exception else {
            return Ok(Given::Text(":frames: nothing runs, and nothing failed yet\n".to_owned()));
        };
        let mut shown = Vec::new();
        let mut next = Some(traceback_of(exception));
        while let Some(entry) = next.as_ref().and_then(|value| value.downcast::<PyTraceback>()) {
            shown.push(Shown {
                name: entry.frame.code().qualname.to_rust_string(),
                code: entry.frame.code().to_ref(),
                lasti: entry.lasti.get(),
                line: entry.line_number(),
                depth: None,
            });
            let behind = entry.next.get();
            next = behind;
        }
        if shown.is_empty() {
            let text = ":frames: the last error came before anything ran\n";
            return Ok(Given::Text(text.to_owned()));
        }
        shown.reverse();
        shown
    } else {
        let live = |frame: &eval::session::FrameView| Shown {
            name: frame.name.clone(),
            code: frame.code.clone(),
            lasti: frame.lasti,
            line: frame.line,
            depth: (!call.session.post_mortem).then_some(frame.stack.len()),
        };
        call.frames.iter().map(live).collect()
    };
    Ok(Given::Table(views::frames(&shown, call.current)))
}
