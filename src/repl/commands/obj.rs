//! `:obj`

use super::{Call, Command, Given};
use crate::views;
use objects::core::collector;
use objects::core::errors::PyResult;
use objects::core::extension;
use objects::core::type_object::PyType;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "obj",
    form: ":obj EXPR",
    about: "an object in memory: class, address, references, size, what it holds",
    example: ":obj [1, 2]",
    group: "look",
    run: obj,
};

fn obj(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let value = call.session.value_of(vm, call.rest)?;
    let class = value.class();
    let mut out = format!("{:<26} {}", views::brief(vm, &value), class.name());
    let mro = class.mro_tuple();
    let names: Vec<String> = mro
        .items()
        .iter()
        .filter_map(|class| class.downcast::<PyType>().map(|class| class.name()))
        .collect();
    let Some(object) = value.as_object() else {
        out.push_str("   immediate: the value is in the word, there is no object\n");
        out.push_str(&format!("  type       {}\n", names.join(" → ")));
        return Ok(Given::Text(out));
    };
    out.push_str(&format!("   at {:#x}\n", value.id()));
    // This function holds one reference, as sys.getrefcount() does.
    let sys = modules::importing::import_module(vm, "sys")?;
    let ask = |name: &str| -> PyResult<String> {
        let answer = vm.call_method(&sys, &vm.intern(name), std::slice::from_ref(&value))?;
        Ok(vm.repr(&answer)?.to_rust_string())
    };
    let count = ask("getrefcount")?;
    let tracked = if collector::is_tracked(&value) { "tracked" } else { "untracked" };
    out.push_str(&format!("  ob_refcnt  {count:<14} gc       {tracked}\n"));
    let size = if class.is_heap_type() { "not asked".to_owned() } else { ask("getsizeof")? + " B" };
    let hash = if class.lookup(&vm.intern("__hash__")).is_none_or(|hash| hash.is_none()) {
        "unhashable"
    } else {
        "hashable"
    };
    out.push_str(&format!("  size       {size:<14} hash     {hash}\n"));
    out.push_str(&format!("  type       {}\n", names.join(" → ")));
    let dict = if extension::has_dict_support(object) { "yes" } else { "none" };
    out.push_str(&format!(
        "  dict       {dict:<14} weakrefs {}\n",
        extension::weakrefs(object).len()
    ));
    let held: Vec<String> = collector::referents(&value)
        .iter()
        .take(10)
        .map(|inner| format!("{} {}", inner.class().name(), views::brief(vm, inner)))
        .collect();
    if !held.is_empty() {
        out.push_str(&format!("  holds      {}\n", held.join("\n             ")));
    }
    Ok(Given::Text(out))
}
