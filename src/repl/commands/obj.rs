//! `:obj`

use super::{Call, Command, Given};
use crate::json::Json;
use crate::views;
use objects::core::collector;
use objects::core::errors::PyResult;
use objects::core::extension;
use objects::core::object::Py;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::list::PyList;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "obj",
    form: ":obj EXPR",
    about: "an object in memory: class, address, references, size, what it holds",
    example: ":obj [1, 2]",
    group: "look",
    run: obj,
};

/// What is said of an object.
struct Facts {
    value: String,
    class: String,
    /// Of an immediate there is nothing more than its classes.
    object: Option<Memory>,
    classes: Vec<String>,
}

/// What is said of an object on the heap.
struct Memory {
    address: u64,
    references: String,
    tracked: bool,
    /// In bytes; None where only the class's own code could tell.
    size: Option<String>,
    /// Of a list: the items, and the room for some.
    room: Option<(usize, usize)>,
    hashable: bool,
    has_dict: bool,
    weakrefs: usize,
    /// Class, value, and whether it is immediate: in the word, and no object.
    holds: Vec<(String, String, bool)>,
}

/// How many of the held objects are shown.
const HELD_MAX: usize = 10;

fn obj(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let value = call.session.value_of(vm, call.rest)?;
    let facts = facts(vm, &value)?;
    Ok(if call.json { Given::Json(json(&facts).written()) } else { Given::Text(text(&facts)) })
}

fn facts(vm: Vm<'_>, value: &Value) -> PyResult<Facts> {
    let class = value.class();
    let mro = class.mro_tuple();
    let classes = mro.items().iter().filter_map(|class| class.downcast::<PyType>());
    let facts = |object: Option<Memory>| Facts {
        value: views::brief(vm, value),
        class: class.name(),
        object,
        classes: classes.clone().map(|class| class.name()).collect(),
    };
    let Some(object) = value.as_object() else { return Ok(facts(None)) };
    // This function holds one reference, as sys.getrefcount() does.
    let sys = modules::importing::import_module(vm, "sys")?;
    let ask = |name: &str| -> PyResult<String> {
        let answer = vm.call_method(&sys, &vm.intern(name), std::slice::from_ref(value))?;
        Ok(vm.repr(&answer)?.to_rust_string())
    };
    let hash = class.lookup(&vm.intern("__hash__"));
    let held = collector::referents(value);
    let memory = Memory {
        address: value.id(),
        references: ask("getrefcount")?,
        tracked: collector::is_tracked(value),
        size: if measures_itself(vm, class) { None } else { Some(ask("getsizeof")?) },
        room: value.downcast::<PyList>().map(|list| (list.len(), list.capacity())),
        hashable: hash.is_some_and(|hash| !hash.is_none()),
        has_dict: extension::has_dict_support(object),
        weakrefs: extension::weakrefs(object).len(),
        holds: held
            .iter()
            .take(HELD_MAX)
            .map(|inner| {
                (inner.class().name(), views::brief(vm, inner), inner.as_object().is_none())
            })
            .collect(),
    };
    Ok(facts(Some(memory)))
}

/// Whether the size is told by code of the class's own, which is not run.
fn measures_itself(vm: Vm<'_>, class: &Py<PyType>) -> bool {
    let name = vm.intern("__sizeof__");
    class
        .mro_tuple()
        .items()
        .iter()
        .filter_map(Value::downcast::<PyType>)
        .take_while(|class| class.is_heap_type())
        .any(|class| class.namespace().get_str(&name).is_some())
}

fn text(facts: &Facts) -> String {
    let Facts { value, class, object, classes } = facts;
    let classes = classes.join(" → ");
    let head = format!("{value:<26} {class}");
    let Some(object) = object else {
        return format!(
            "{head}   immediate: the value is in the word, there is no object\n  type       {classes}\n"
        );
    };
    let tracked = if object.tracked { "tracked" } else { "untracked" };
    let size =
        object.size.as_ref().map_or_else(|| "not asked".to_owned(), |size| size.clone() + " B");
    let hash = if object.hashable { "hashable" } else { "unhashable" };
    let dict = if object.has_dict { "yes" } else { "none" };
    let room = object
        .room
        .map(|(used, all)| format!("  ob_item    {used} used / {all} allocated\n"))
        .unwrap_or_default();
    let mut out = format!(
        "{head}   at {:#x}\n  ob_refcnt  {:<14} gc       {tracked}\n  size       {size:<14} hash     {hash}\n{room}  \
         type       {classes}\n  dict       {dict:<14} weakrefs {}\n",
        object.address, object.references, object.weakrefs
    );
    let held = object.holds.iter().map(|(class, value, is_immediate)| {
        format!("{class} {value}{}", if *is_immediate { " (immediate)" } else { "" })
    });
    let held: Vec<String> = held.collect();
    if !held.is_empty() {
        out.push_str(&format!("  holds      {}\n", held.join("\n             ")));
    }
    out
}

fn json(facts: &Facts) -> Json {
    let mut fields = vec![
        ("value", Json::text(&*facts.value)),
        ("class", Json::text(&*facts.class)),
        ("classes", Json::List(facts.classes.iter().map(|class| Json::text(&**class)).collect())),
        ("immediate", Json::Bool(facts.object.is_none())),
    ];
    if let Some(object) = &facts.object {
        let number = |text: &String| text.parse().map_or(Json::Null, Json::Number);
        let held = object.holds.iter().map(|(class, value, is_immediate)| {
            Json::Object(vec![
                ("class", Json::text(&**class)),
                ("value", Json::text(&**value)),
                ("immediate", Json::Bool(*is_immediate)),
            ])
        });
        let room = object.room.map(|(used, all)| {
            Json::Object(vec![("used", Json::count(used)), ("allocated", Json::count(all))])
        });
        fields.extend([
            ("address", Json::text(format!("{:#x}", object.address))),
            ("references", number(&object.references)),
            ("tracked", Json::Bool(object.tracked)),
            ("size", Json::maybe(object.size.as_ref().map(number))),
            ("room", Json::maybe(room)),
            ("hashable", Json::Bool(object.hashable)),
            ("dict", Json::Bool(object.has_dict)),
            ("weakrefs", Json::count(object.weakrefs)),
            ("holds", Json::List(held.collect())),
        ]);
    }
    Json::Object(fields)
}
