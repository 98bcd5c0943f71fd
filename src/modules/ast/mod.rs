//! `_ast`: the node classes of the syntax tree, and the way between the typed tree and node objects.
//!
//! `grammar` is the one table; `classes` makes the classes out of it, `base` is `ast.AST`; `to_objects` and its parts write
//! a tree, `from_objects` and its parts read one, and `validate` checks it.

mod base;
mod classes;
mod expressions_from_objects;
mod expressions_to_objects;
mod from_objects;
mod grammar;
mod optimized;
mod statements_from_objects;
mod statements_to_objects;
mod to_objects;
mod validate;

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::module;

use crate::NativeModule;
use crate::builtins::compile::compile_flags;

pub(crate) use from_objects::{check_mode, is_node, read};
pub(crate) use to_objects::tree;
pub(crate) use validate::validate;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "_ast", exec: Some(exec), ..NativeModule::DEFAULT };

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    let classes = classes::get(vm)?;
    module::add(vm, this, "AST", base::AST.get().to_value());
    for (name, value) in [
        ("PyCF_ALLOW_TOP_LEVEL_AWAIT", compile_flags::ALLOW_TOP_LEVEL_AWAIT),
        ("PyCF_ONLY_AST", compile_flags::ONLY_AST),
        ("PyCF_TYPE_COMMENTS", compile_flags::TYPE_COMMENTS),
        ("PyCF_OPTIMIZED_AST", compile_flags::OPTIMIZED_AST),
    ] {
        module::add(vm, this, name, Value::small_int_unchecked(value));
    }
    for (name, class) in classes.named() {
        module::add(vm, this, name, class);
    }
    Ok(())
}
