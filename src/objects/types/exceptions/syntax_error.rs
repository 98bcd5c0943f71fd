//! `SyntaxError`: where the source went wrong.

use super::base::{no_keywords, payload_of, set_arguments};
use super::fields::{get, set, text};
use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::getset;
use crate::types::str::PyStr;

/// `SyntaxError`
pub static SYNTAX_ERROR: StaticType = StaticType::inheriting();

/// The fields, in the order of the second argument from `FILENAME` on.
pub mod number {
    /// `msg`
    pub const MSG: usize = 0;
    /// `filename`
    pub const FILENAME: usize = 1;
    /// `lineno`
    pub const LINENO: usize = 2;
    /// `offset`
    pub const OFFSET: usize = 3;
    /// `text`
    pub const TEXT: usize = 4;
    /// `end_lineno`
    pub const END_LINENO: usize = 5;
    /// `end_offset`
    pub const END_OFFSET: usize = 6;
    /// `_metadata`
    pub const METADATA: usize = 7;
    /// `print_file_and_line`
    pub const PRINT_FILE_AND_LINE: usize = 8;
}

use number::{
    END_LINENO, END_OFFSET, FILENAME, LINENO, METADATA, MSG, OFFSET, PRINT_FILE_AND_LINE, TEXT,
};

/// The spec of `SyntaxError`.
pub const SYNTAX_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "SyntaxError",
    doc: Some("Invalid syntax."),
    base: Some(&super::hierarchy::EXCEPTION),
    flags: spec_flags::BASETYPE | spec_flags::BASE_EXC_SUBCLASS,
    slots: &[Slot::Init(syntax_error_init), Slot::Str(syntax_error_str)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    /// exception msg
    member ["msg"] get::<MSG>, set::<MSG>;
    /// exception filename
    member ["filename"] get::<FILENAME>, set::<FILENAME>;
    /// exception lineno
    member ["lineno"] get::<LINENO>, set::<LINENO>;
    /// exception offset
    member ["offset"] get::<OFFSET>, set::<OFFSET>;
    /// exception text
    member ["text"] get::<TEXT>, set::<TEXT>;
    /// exception end lineno
    member ["end_lineno"] get::<END_LINENO>, set::<END_LINENO>;
    /// exception end offset
    member ["end_offset"] get::<END_OFFSET>, set::<END_OFFSET>;
    /// exception print_file_and_line
    member ["print_file_and_line"] get::<PRINT_FILE_AND_LINE>, set::<PRINT_FILE_AND_LINE>;
    /// exception private metadata
    member ["_metadata"] get::<METADATA>, set::<METADATA>;
}

fn syntax_error_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)?;
    let payload = payload_of(this);
    let positional = args.positional();
    if let Some(message) = positional.first() {
        payload.set_field(MSG, Some(message.clone()));
    }
    let [_, info] = positional else { return Ok(()) };
    let parts = vm.collect(info)?;
    crate::core::args::check_count(vm, "function", parts.len(), 4, 7)?;
    let fields = [FILENAME, LINENO, OFFSET, TEXT, END_LINENO, END_OFFSET, METADATA];
    for (nth, field) in fields.into_iter().enumerate() {
        payload.set_field(field, parts.get(nth).cloned());
    }
    if parts.len() == 5 {
        return Err(vm.type_error("end_offset must be provided when end_lineno is provided"));
    }
    Ok(())
}

fn syntax_error_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = payload_of(this);
    let message = text(vm, payload.field(MSG).as_ref())?;
    let filename = payload.field(FILENAME).and_then(|name| {
        let text = name.downcast::<PyStr>()?.to_rust_string();
        Some(text.rsplit('/').next().unwrap_or("").to_owned())
    });
    let line = payload
        .field(LINENO)
        .filter(|line| line.is_exact(crate::types::int::INT.get()))
        .and_then(|line| line.as_small_int());
    let full = match (filename, line) {
        (None, None) => message,
        (Some(name), Some(line)) => format!("{message} ({name}, line {line})"),
        (Some(name), None) => format!("{message} ({name})"),
        (None, Some(line)) => format!("{message} (line {line})"),
    };
    Ok(PyStr::try_new(vm, &full)?.into_value())
}
