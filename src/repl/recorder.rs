//! What a statement did, line by line: kept while it runs, and written as a page in which one steps forward and back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write;

use lifecycle::Config;
use lifecycle::config::Target;
use objects::core::errors::PyResult;
use objects::core::monitoring::set_native_tracer;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::frame_object::PyFrame;

use crate::commands::source_of;
use crate::page::{self, escaped};
use crate::transcript::script_text;
use crate::views::{brief, shown_file};

/// A run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    /// What ran.
    statement: String,
    steps: Vec<Step>,
    /// The sources, by file.
    sources: BTreeMap<String, String>,
    /// How many steps came behind those that are kept.
    lost: usize,
}

/// A line that is about to run, a call, a return or an exception.
#[derive(Clone, Debug)]
struct Step {
    what: &'static str,
    depth: usize,
    function: String,
    file: String,
    line: i32,
    /// What is returned or raised.
    value: String,
    variables: Vec<(String, String)>,
}

/// So many steps are kept.
const STEPS_MAX: usize = 20_000;

thread_local! {
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
    static LAST: RefCell<Option<Run>> = const { RefCell::new(None) };
}

/// From now on what happens is kept.
pub(crate) fn begin(statement: &str) {
    RUN.set(Some(Run { statement: statement.to_owned(), ..Run::default() }));
}

/// The end of a recording: how many steps it has.
pub(crate) fn end() -> usize {
    let run = RUN.take();
    let count = run.as_ref().map_or(0, |run| run.steps.len());
    LAST.set(run);
    count
}

/// The page of the last recording.
pub(crate) fn last_page() -> Option<String> {
    LAST.with_borrow(|run| run.as_ref().map(page))
}

/// A tracer that keeps what it is told.
pub(crate) fn tracer(
    vm: Vm<'_>,
    frame: &Py<PyFrame>,
    what: &'static str,
    argument: &Value,
) -> PyResult<()> {
    let code = frame.code();
    let file = code.filename.to_rust_string();
    if file.starts_with("<frozen ") {
        return Ok(());
    }
    let is_full = RUN.with_borrow_mut(|run| {
        run.as_mut().is_none_or(|run| {
            let full = run.steps.len() >= STEPS_MAX;
            run.lost += usize::from(full);
            full
        })
    });
    if is_full {
        return Ok(());
    }
    let value = match what {
        "return" => brief(vm, argument),
        "exception" => {
            let items = vm.collect(argument)?;
            items.get(1).map_or_else(String::new, |error| brief(vm, error))
        }
        _ => String::new(),
    };
    let names = code.spec().localsplusnames.iter().enumerate();
    let variables = names
        .filter_map(|(slot, name)| Some((name.to_string(), brief(vm, &frame.variable(slot)?))));
    let step = Step {
        what,
        depth: vm.thread().stacks.depth(),
        function: code.qualname.to_rust_string(),
        file: shown_file(&file),
        line: frame.line().unwrap_or(0),
        value,
        variables: variables.collect(),
    };
    let is_new = RUN
        .with_borrow(|run| run.as_ref().is_some_and(|run| !run.sources.contains_key(&step.file)));
    let source = if is_new { source_of(&code.to_ref()).unwrap_or_default() } else { String::new() };
    RUN.with_borrow_mut(|run| {
        if let Some(run) = run {
            if is_new {
                run.sources.insert(step.file.clone(), source);
            }
            run.steps.push(step);
        }
    });
    Ok(())
}

/// Runs a program and writes the page of what it did: its exit status, or 1 where the page cannot be written.
pub(crate) fn traced_program(
    vm: Vm<'_>,
    config: &Config,
    path: &OsStr,
    run: impl FnOnce() -> i32,
) -> i32 {
    let name = match &config.target {
        Target::Command(code) => code.to_string_lossy().into_owned(),
        Target::Module(name) | Target::File(name) => name.to_string_lossy().into_owned(),
        _ => "<stdin>".to_owned(),
    };
    begin(name.lines().next().unwrap_or_default());
    set_native_tracer(vm, vm.thread(), Some(tracer), false);
    let status = run();
    set_native_tracer(vm, vm.thread(), None, false);
    end();
    match std::fs::write(path, last_page().unwrap_or_default()) {
        Ok(()) => status,
        Err(error) => {
            let text = error.to_string();
            let reason = text.split(" (os error ").next().unwrap_or(&text);
            let line = format!("pyglass: {}: {reason}\n", path.to_string_lossy());
            modules::sys::hooks::write_stderr(&crate::console::sanitize(&line));
            1
        }
    }
}

/// What the page does with its data.
const SCRIPT: &str = "\
const $=id=>document.getElementById(id);
let at=0;
function show(n){
  at=Math.max(0,Math.min(steps.length-1,n));
  const s=steps[at];
  $('at').value=at;
  $('place').textContent=`${at+1}/${steps.length}  ${'  '.repeat(s.d)}${s.w} ${s.f}  ${s.p}:${s.l}  ${s.v}`;
  const lines=(sources[s.p]||'').split('\\n');
  $('source').replaceChildren(...lines.map((text,i)=>{
    const row=document.createElement('div');
    row.textContent=String(i+1).padStart(4)+' │ '+text;
    if(i+1===s.l){row.className=s.w==='exception'?'now bad':'now';}
    return row;
  }));
  $('source').querySelector('.now')?.scrollIntoView({block:'nearest'});
  const before=at?steps[at-1]:null;
  const old=before&&before.f===s.f?new Map(before.n):new Map(s.n);
  $('names').replaceChildren(...s.n.map(([name,value])=>{
    const row=document.createElement('tr');
    for(const text of [name,value]){const cell=document.createElement('td');cell.textContent=text;row.append(cell);}
    if(old.get(name)!==value)row.className='new';
    return row;
  }));
}
$('at').max=steps.length-1;
$('at').oninput=e=>show(+e.target.value);
$('back').onclick=()=>show(at-1);
$('forward').onclick=()=>show(at+1);
document.onkeydown=e=>{
  const step={ArrowLeft:-1,ArrowRight:1,PageUp:-20,PageDown:20,Home:-1e9,End:1e9}[e.key];
  if(step&&e.target.id!=='at'){e.preventDefault();show(at+step);}
};
show(0);
";

/// How the page looks besides.
const STYLE: &str = "<style>\
#both{display:flex;gap:1.5em;flex-wrap:wrap}#source{flex:3;min-width:24em;max-height:70vh;overflow:auto;white-space:pre;\
font:13px/1.5 ui-monospace,monospace}#source .now{background:var(--mark)}#source .bad{color:var(--error)}\
#side{flex:2;min-width:16em}td{padding:0 .8em 0 0;vertical-align:top}tr.new td{background:var(--mark)}\
#at{width:100%}</style>\n";

fn page(run: &Run) -> String {
    let mut data = String::from("const steps=[\n");
    for step in &run.steps {
        let variables: Vec<String> = step
            .variables
            .iter()
            .map(|(name, value)| format!("[{},{}]", script_text(name), script_text(value)))
            .collect();
        let _ = writeln!(
            data,
            "{{w:{},d:{},f:{},p:{},l:{},v:{},n:[{}]}},",
            script_text(step.what),
            step.depth,
            script_text(&step.function),
            script_text(&step.file),
            step.line,
            script_text(&step.value),
            variables.join(",")
        );
    }
    data.push_str("];\nconst sources={\n");
    for (file, text) in &run.sources {
        let _ = writeln!(data, "{}:{},", script_text(file), script_text(text));
    }
    data.push_str("};\n");
    let first = run.steps.iter().map(|step| step.depth).min().unwrap_or(0);
    let _ = writeln!(data, "for(const s of steps)s.d-={first};");
    let lost = if run.lost > 0 {
        format!("<p class=error>{} steps behind these were not kept.</p>\n", run.lost)
    } else {
        String::new()
    };
    let body = format!(
        "{STYLE}<h1><code>{}</code></h1>\n{lost}<p><button id=back>◀</button> <button id=forward>▶</button> \
         <input id=at type=range min=0 value=0></p>\n<pre id=place></pre>\n\
         <div id=both><div id=source></div><table id=side><tbody id=names></tbody></table></div>\n",
        escaped(&run.statement)
    );
    let title = format!("trace of {}", run.statement);
    if run.steps.is_empty() {
        return page::page(&title, "<p>Nothing of Python's ran.</p>\n", "");
    }
    page::page(&title, &body, &(data + SCRIPT))
}
