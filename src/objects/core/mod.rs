//! The machine under the types: headers, values, type objects, states, frames.

pub mod alloc;
pub mod args;
pub mod attribute;
pub mod bootstrap;
pub mod call;
pub mod errors;
pub mod extension;
pub mod frame;
pub mod gc;
pub mod gil;
pub mod gil_cell;
pub mod intern;
pub mod interpreter_state;
pub mod object;
pub mod pyref;
pub mod runtime_state;
pub mod signature;
pub mod slot_defs;
pub mod slot_functions;
mod slot_wrappers;
pub mod slots;
pub mod suggestions;
pub mod thread_state;
pub mod type_object;
pub mod type_spec;
pub mod value;
pub mod vm;
