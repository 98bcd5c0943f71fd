//! `:threads`, `:interp`, `:gil` and `:runtime`

use std::sync::atomic::Ordering;

use super::{Call, Command, Given};
use crate::console::sanitize;
use crate::table::{Table, packed};
use crate::theme::{Tint, tinted};
use crate::views::shown_file;
use objects::core::errors::PyResult;
use objects::core::thread_state::{ThreadState, breaker};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::frame_object;

/// `:threads`
pub(super) const THREADS: Command = Command {
    name: "threads",
    form: ":threads",
    about: "the threads of the program, and which one holds the lock",
    example: ":threads",
    group: "state",
    run: threads,
};

/// `:interp`
pub(super) const INTERP: Command = Command {
    name: "interp",
    form: ":interp",
    about: "the interpreter: modules, builtins, limits",
    example: ":interp --json",
    group: "state",
    run: interp,
};

/// `:gil`
pub(super) const GIL: Command = Command {
    name: "gil",
    form: ":gil",
    about: "the lock that threads take turns with",
    example: ":gil",
    group: "state",
    run: gil,
};

/// `:runtime`
pub(super) const RUNTIME: Command = Command {
    name: "runtime",
    form: ":runtime",
    about: "all of it as a tree: phase, interpreter, lock, breaker, collector, threads",
    example: ":runtime",
    group: "state",
    run: runtime,
};

/// A thread, as the lists show it.
struct Shown {
    number: usize,
    id: u64,
    name: String,
    state: &'static str,
    /// What it runs: a place in a file, and a function.
    frame: String,
    recursion: usize,
}

/// The threads of the program, oldest first.
fn all_threads(vm: Vm<'_>) -> Vec<Shown> {
    let own = vm.thread().id();
    let shown = |(index, thread): (usize, &&'static ThreadState)| {
        let frame = frame_object::innermost_of(vm, thread).map(|frame| {
            let code = frame.code();
            let file = shown_file(&code.filename.to_rust_string());
            let line = frame.line().map_or_else(|| "?".to_owned(), |line| line.to_string());
            format!("{file}:{line} {}", code.qualname.to_rust_string())
        });
        Shown {
            number: index + 1,
            id: thread.id(),
            name: name_of(vm, thread.id()),
            // Whoever can ask has the lock.
            state: if thread.id() == own { "attached" } else { "detached" },
            frame: frame.unwrap_or_else(|| "at the prompt".to_owned()),
            recursion: thread.recursion_depth.get() as usize,
        }
    };
    let threads = vm.interpreter().threads.get();
    threads.iter().enumerate().map(shown).collect()
}

/// The name that `threading` gives a thread. It is read from its table: no code of the program's runs.
fn name_of(vm: Vm<'_>, id: u64) -> String {
    let found = || -> Option<Value> {
        let threading = vm.interpreter().modules.get_str(&vm.intern("threading"))?;
        let active = crate::look::attribute(vm, &threading, "_active")?;
        let key = Value::small_int_unchecked(i64::try_from(id).ok()?);
        let known = active.downcast::<PyDict>()?.get(vm, &key);
        let thread = known.unwrap_or_else(|raised| {
            vm.clear(raised);
            None
        })?;
        crate::look::attribute(vm, &thread, "_name")
    };
    let is_first = vm.interpreter().threads.get().first().is_some_and(|first| first.id() == id);
    match found()
        .and_then(|name| Some(name.downcast::<objects::types::str::PyStr>()?.to_rust_string()))
    {
        Some(name) => name,
        None if is_first => "MainThread".to_owned(),
        None => "without a name".to_owned(),
    }
}

fn threads(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let mut table = Table::new(&["#", "name", "state", "lock", "depth", "ident", "runs"]);
    for thread in all_threads(call.vm) {
        let lock = if thread.state == "attached" { "holds" } else { "" };
        table.row([
            thread.number.to_string(),
            thread.name,
            thread.state.to_owned(),
            lock.to_owned(),
            thread.recursion.to_string(),
            thread.id.to_string(),
            thread.frame,
        ]);
    }
    Ok(Given::Table(table))
}

fn interp(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let interpreter = vm.interpreter();
    let mut table = Table::new(&["what", "is", "asked by"]);
    let count =
        |name: &str| length_of(vm, name).map_or_else(String::new, |count| count.to_string());
    let facts = [
        ("id", interpreter.id.to_string(), ""),
        ("modules", interpreter.modules.len().to_string(), "sys.modules"),
        ("builtins", interpreter.builtins.len().to_string(), "dir(builtins)"),
        ("threads", interpreter.threads.get().len().to_string(), "threading.enumerate()"),
        ("search path", count("path"), "sys.path"),
        ("finders", count("meta_path"), "sys.meta_path"),
        ("path importers", count("path_importer_cache"), "sys.path_importer_cache"),
        (
            "recursion limit",
            interpreter.recursion_limit.get().to_string(),
            "sys.getrecursionlimit()",
        ),
        ("optimisation", interpreter.optimize.get().to_string(), "sys.flags.optimize"),
        (
            "digits of an int",
            interpreter.int_max_str_digits.get().to_string(),
            "sys.get_int_max_str_digits()",
        ),
    ];
    for (what, is, asked) in facts {
        table.row([what.to_owned(), is, asked.to_owned()]);
    }
    Ok(Given::Table(table))
}

/// How many entries a list or dict of `sys` has.
fn length_of(vm: Vm<'_>, name: &str) -> Option<usize> {
    let value = vm.interpreter().sys.get_str(&vm.intern(name))?;
    let list = value.downcast::<objects::types::list::PyList>().map(|list| list.items_vec().len());
    list.or_else(|| value.downcast::<PyDict>().map(objects::core::object::Py::<PyDict>::len))
}

/// The thread that holds the lock, by its number.
fn holder(vm: Vm<'_>) -> (String, u32) {
    let (holder, waiting) = vm.interpreter().runtime().gil.holder();
    let known = holder.and_then(|id| {
        let threads = vm.interpreter().threads.get();
        let index = threads.iter().position(|thread| thread.id() == id);
        // The runtime counts threads from 1 where it has no identifier of the system's.
        index.map(|index| index + 1).or_else(|| usize::try_from(id).ok())
    });
    (known.map_or_else(|| "nobody".to_owned(), |number| format!("thread {number}")), waiting)
}

fn gil(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let gil = &call.vm.interpreter().runtime().gil;
    let (holder, waiting) = holder(call.vm);
    let mut table = Table::new(&["what", "is", "meaning"]);
    let interval = gil.switch_interval_us.load(Ordering::Relaxed);
    let facts = [
        ("locked by", holder, "runs Python; all others wait or are in the system"),
        ("waiting", waiting.to_string(), "threads that want it now"),
        (
            "switch interval",
            format!("{interval} µs"),
            "so long one waits before it asks the holder to give way",
        ),
        (
            "switches",
            gil.switches.load(Ordering::Relaxed).to_string(),
            "how often another thread took it",
        ),
    ];
    for (what, is, meaning) in facts {
        table.row([what.to_owned(), is, meaning.to_owned()]);
    }
    Ok(Given::Table(table))
}

fn runtime(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let interpreter = vm.interpreter();
    let runtime = interpreter.runtime();
    let (holder, waiting) = holder(vm);
    let bits = vm.thread().breaker().load(Ordering::Relaxed);
    let mark =
        |name: &str, bit: u32| format!("{name} {}", if bits & bit == 0 { "–" } else { "yes" });
    let (major, minor, _) = modules::sys::info::VERSION;
    let stats = ["young", "old", "oldest"].iter().zip(runtime.gc.stats.get());
    let collector = std::iter::once(if runtime.gc.enabled.get() { "on" } else { "off" }.to_owned())
        .chain(stats.map(|(name, stats)| format!("{name} {} runs", stats.collections)));
    let count = |what: &str, name: &str| {
        length_of(vm, name).map_or_else(String::new, |count| format!("{what} {count}"))
    };
    let mut rows: Vec<(String, Vec<String>)> = vec![
        (
            "GIL".to_owned(),
            vec![
                format!("locked by {holder}"),
                format!("waiting {waiting}"),
                format!("interval {} µs", runtime.gil.switch_interval_us.load(Ordering::Relaxed)),
                format!("switches {}", runtime.gil.switches.load(Ordering::Relaxed)),
            ],
        ),
        (
            "eval breaker".to_owned(),
            vec![
                format!("{bits:#04x}"),
                mark("signals", breaker::SIGNALS),
                mark("gc", breaker::GC),
                mark("async exc", breaker::ASYNC_EXCEPTION),
                mark("pending calls", breaker::PENDING_CALLS),
                mark("trace", breaker::TRACE),
            ],
        ),
        ("gc".to_owned(), collector.collect()),
        (
            "imports".to_owned(),
            vec![
                count("sys.path", "path"),
                count("finders", "meta_path"),
                count("path importers", "path_importer_cache"),
            ],
        ),
    ];
    let limit = interpreter.recursion_limit.get();
    for thread in all_threads(vm) {
        rows.push((
            format!("thread {}", thread.number),
            vec![
                thread.name,
                thread.state.to_owned(),
                format!("recursion {}/{limit}", thread.recursion),
                thread.frame,
            ],
        ));
    }
    if call.json {
        let mut table = Table::new(&["part", "facts"]);
        for (label, items) in rows {
            table.row([label, items.join("; ")]);
        }
        return Ok(Given::Table(table));
    }
    let tree = Tree { columns: call.columns(), colors: call.colors() };
    let version = format!("pyglass {}, Python {major}.{minor}", env!("CARGO_PKG_VERSION"));
    let phase = format!("{:?}", runtime.phase.get()).to_lowercase();
    let mut out = tree.row("", "", "runtime", &[phase, version]);
    let facts = [
        format!("modules {}", interpreter.modules.len()),
        format!("builtins {}", interpreter.builtins.len()),
        format!("threads {}", interpreter.threads.get().len()),
    ];
    out.push_str(&tree.row("└─ ", "   ", &format!("interpreter {}", interpreter.id), &facts));
    let last = rows.len().saturating_sub(1);
    for (index, (label, items)) in rows.iter().enumerate() {
        let (first, rest) =
            if index == last { ("   └─ ", "      ") } else { ("   ├─ ", "   │  ") };
        out.push_str(&tree.row(first, rest, label, items));
    }
    Ok(Given::Answer(super::Answer::Text(out)))
}

/// How a tree is drawn.
struct Tree {
    columns: usize,
    colors: bool,
}

/// Where the facts of a branch begin.
const FACTS: usize = 20;

impl Tree {
    /// A branch: its label, and facts that go on below themselves.
    fn row(&self, first: &str, rest: &str, label: &str, items: &[String]) -> String {
        let items: Vec<String> =
            items.iter().filter(|item| !item.is_empty()).map(|item| sanitize(item)).collect();
        let width = FACTS.saturating_sub(first.chars().count());
        let text = packed(&" ".repeat(FACTS), &items, "   ", self.columns);
        let mut out = String::new();
        for (index, line) in text.lines().enumerate() {
            let facts: String = line.chars().skip(FACTS).collect();
            let (lead, label) = if index == 0 { (first, label) } else { (rest, "") };
            let label = format!("{label:<width$}");
            if self.colors {
                out.push_str(&tinted(Tint::Jump, lead));
                out.push_str(&tinted(Tint::Heading, &label));
            } else {
                out.push_str(&format!("{lead}{label}"));
            }
            out.push_str(&facts);
            out.push('\n');
        }
        out
    }
}
