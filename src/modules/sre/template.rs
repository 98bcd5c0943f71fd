//! `_sre.SRE_Template`: a replacement taken apart into literals and group numbers.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::protocol::number;

use super::match_::PyMatch;
use super::pattern::PyPattern;
use super::{join, text_of};

/// Literals, and after each but the last a group's number.
pub(super) struct Parts(Vec<(Value, Option<usize>)>);

impl Traverse for Parts {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.0.iter().for_each(|(literal, _)| literal.traverse(visitor));
    }
}

payload! {
    /// The payload of a template.
    pub struct PyTemplate: TEMPLATE, gc {
        parts: Parts,
    }
}

/// `_sre.SRE_Template`
pub static TEMPLATE: StaticType = StaticType::new::<PyTemplate>();

/// The spec of `_sre.SRE_Template`.
pub const TEMPLATE_SPEC: TypeSpec = TypeSpec {
    name: "_sre.SRE_Template",
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE,
    ..TypeSpec::DEFAULT
};

/// `_sre.template(pattern, template)`
pub(super) fn make(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "template", args.len(), 2, 2)?;
    let most = args[0].downcast::<PyPattern>().map_or(usize::MAX, |pattern| pattern.groups());
    let items = vm.collect(&args[1])?;
    if items.len().is_multiple_of(2) {
        return Err(vm.type_error("invalid template"));
    }
    let mut parts = Vec::with_capacity(items.len() / 2 + 1);
    for pair in items.chunks(2) {
        let group = match pair.get(1) {
            None => None,
            Some(group) => {
                if !number::has_index(group) {
                    return Err(vm.type_error("an integer is required"));
                }
                match usize::try_from(number::as_isize(vm, group)?) {
                    Ok(number) if number <= most => Some(number),
                    Ok(_) => return Err(vm.index_error("invalid group reference")),
                    Err(_) => return Err(vm.type_error("invalid template")),
                }
            }
        };
        parts.push((pair[0].clone(), group));
    }
    Ok(PyRef::try_new(vm, PyTemplate { parts: Parts(parts) })?.into_value())
}

/// The template of a replacement with backslashes, by way of `re`, which caches them.
pub(super) fn compile(vm: Vm<'_>, pattern: &Value, text: &Value) -> PyResult<Value> {
    let builtins = &vm.interpreter().builtins;
    let Some(import) = builtins.get_str(&vm.names().__import__) else {
        return Err(vm.runtime_error(format!("cannot import re to compile {}", text_of(text))));
    };
    let re = vm.call(&import, &[objects::types::str::PyStr::new_value(vm, "re")])?;
    let function = vm.get_attr_str(&re, "_compile_template")?;
    vm.call(&function, &[pattern.clone(), text.clone()])
}

/// The template filled with a match's groups.
pub(super) fn expand(vm: Vm<'_>, template: &Value, found: &Value) -> PyResult<Value> {
    let template = template.receiver::<PyTemplate>();
    let found = found.receiver::<PyMatch>();
    let mut texts = Vec::with_capacity(template.parts.0.len() * 2);
    for (literal, group) in &template.parts.0 {
        texts.push(literal.clone());
        if let Some(group) = *group {
            let text = found.text(vm, group, &Value::NONE)?;
            if !text.is_none() {
                texts.push(text);
            }
        }
    }
    join(vm, &texts, found.is_str())
}
