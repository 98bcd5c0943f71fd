//! `:threads`, `:interp`, `:gil` and `:runtime`

use std::sync::atomic::Ordering;

use super::{Call, Command, Given};
use crate::table::Table;
use objects::core::errors::PyResult;
use objects::core::thread_state::breaker;

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

fn threads(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let thread = vm.thread();
    let mut table = Table::new(&["id", "name", "state", "recursion", "lock"]);
    table.row([
        thread.id().to_string(),
        "this thread".to_owned(),
        "attached".to_owned(),
        thread.recursion_depth.get().to_string(),
        // Whoever can ask has it.
        "holds".to_owned(),
    ]);
    if let Some(module) = vm.interpreter().modules.get_str(&vm.intern("threading")) {
        let all = vm.call_method(&module, &vm.intern("enumerate"), &[])?;
        for entry in vm.collect(&all)? {
            let field = |name: &str| -> PyResult<String> {
                let value = vm.get_attr_str(&entry, name)?;
                Ok(vm.str(&value)?.to_rust_string())
            };
            table.row([
                field("ident")?,
                field("name")?,
                "alive".to_owned(),
                String::new(),
                String::new(),
            ]);
        }
    }
    Ok(Given::Table(table))
}

fn interp(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let interpreter = call.vm.interpreter();
    let mut table = Table::new(&["what", "is"]);
    let facts = [
        ("id", interpreter.id.to_string()),
        ("modules", interpreter.modules.len().to_string()),
        ("builtins", interpreter.builtins.len().to_string()),
        ("recursion limit", interpreter.recursion_limit.get().to_string()),
        ("optimisation", interpreter.optimize.get().to_string()),
        ("digits of an int", interpreter.int_max_str_digits.get().to_string()),
    ];
    for (what, is) in facts {
        table.row([what.to_owned(), is]);
    }
    Ok(Given::Table(table))
}

fn gil(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let gil = &call.vm.interpreter().runtime().gil;
    let (holder, waiting) = gil.holder();
    let mut table = Table::new(&["what", "is"]);
    let holder = holder.map_or_else(|| "nobody".to_owned(), |id| format!("thread {id}"));
    let interval = gil.switch_interval_us.load(Ordering::Relaxed);
    let facts = [
        ("locked by", holder),
        ("waiting", waiting.to_string()),
        ("switch interval", format!("{interval} µs")),
        ("switches", gil.switches.load(Ordering::Relaxed).to_string()),
    ];
    for (what, is) in facts {
        table.row([what.to_owned(), is]);
    }
    Ok(Given::Table(table))
}

fn runtime(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let interpreter = vm.interpreter();
    let runtime = interpreter.runtime();
    let (holder, waiting) = runtime.gil.holder();
    let bits = vm.thread().breaker().load(Ordering::Relaxed);
    let mark = |bit: u32| if bits & bit == 0 { "–" } else { "yes" };
    let (major, minor, _) = modules::sys::info::VERSION;
    let holder = holder.map_or_else(|| "nobody".to_owned(), |id| format!("thread {id}"));
    let stats: Vec<String> = ["young", "old", "oldest"]
        .iter()
        .zip(runtime.gc.stats.get())
        .map(|(name, stats)| format!("{name} {} runs", stats.collections))
        .collect();
    Ok(Given::Text(format!(
        "runtime            {:?}      pyglass {}, Python {major}.{minor}\n\
         └─ interpreter {}    modules {}   builtins {}\n\
         \u{20}  ├─ GIL          locked by {holder}   waiting {waiting}   switch interval {} µs   switches {}\n\
         \u{20}  ├─ eval breaker {bits:#04x}  (signals {} · gc {} · async exc {} · pending calls {} · trace {})\n\
         \u{20}  ├─ gc           {}   {}\n\
         \u{20}  └─ thread {}     attached   recursion {}/{}\n",
        runtime.phase.get(),
        env!("CARGO_PKG_VERSION"),
        interpreter.id,
        interpreter.modules.len(),
        interpreter.builtins.len(),
        runtime.gil.switch_interval_us.load(Ordering::Relaxed),
        runtime.gil.switches.load(Ordering::Relaxed),
        mark(breaker::SIGNALS),
        mark(breaker::GC),
        mark(breaker::ASYNC_EXCEPTION),
        mark(breaker::PENDING_CALLS),
        mark(breaker::TRACE),
        if runtime.gc.enabled.get() { "on" } else { "off" },
        stats.join("   "),
        vm.thread().id(),
        vm.thread().recursion_depth.get(),
        interpreter.recursion_limit.get(),
    )))
}
