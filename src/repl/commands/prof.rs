//! `:prof`

use super::{Call, Command, Given, program, wrong};
use objects::core::errors::PyResult;
use objects::types::str::PyStr;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "prof",
    form: ":prof STATEMENT",
    about: "which functions a statement spends its time in (runs it)",
    example: ":prof sorted(words, key=score)",
    group: "measure",
    run: prof,
};

/// The program that measures. Where functions can be followed, every call is; else a thread looks each millisecond where the
/// statement is.
const PROGRAM: &str = "\
import sys, threading, time

def follow():
    try:
        import cProfile as profile
    except ImportError:
        import profile
    import pstats
    run = profile.Profile()
    try:
        run.runctx(_statement, _globals, _globals)
    finally:
        pstats.Stats(run).sort_stats('cumulative').print_stats(20)

def sample():
    own, total, count, done = {}, {}, 0, threading.Event()
    watched = threading.get_ident()
    def name(code):
        file = code.co_filename.rpartition('/')[2]
        return f'{code.co_qualname}  {file}:{code.co_firstlineno}'
    def look():
        nonlocal count
        while not done.wait(0.001):
            frame = sys._current_frames().get(watched)
            seen = set()
            first = True
            while frame is not None and frame.f_code is not here:
                label = name(frame.f_code)
                if first:
                    own[label] = own.get(label, 0) + 1
                    first = False
                if label not in seen:
                    seen.add(label)
                    total[label] = total.get(label, 0) + 1
                frame = frame.f_back
            count += not first
    here = sys._getframe().f_code
    code = compile(_statement, '<command>', 'exec')
    watcher = threading.Thread(target=look, daemon=True)
    begun = time.perf_counter()
    watcher.start()
    try:
        exec(code, _globals)
    finally:
        took = time.perf_counter() - begun
        done.set()
        watcher.join()
        print(f'{took:.3f} s, {count} looks')
        print('  own  total  function')
        for label in sorted(total, key=lambda label: (-own.get(label, 0), -total[label]))[:20]:
            print(f'{own.get(label, 0) / count:5.0%}  {total[label] / count:5.0%}  {label}')

(follow if hasattr(sys, 'setprofile') else sample)()
";

fn prof(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let statement = call.rest.trim();
    if statement.is_empty() {
        return Ok(wrong("prof", "a statement is missing"));
    }
    let vm = call.vm;
    let names = [
        ("_statement", PyStr::new_value(vm, statement)),
        ("_globals", call.session.globals.clone().into_value()),
    ];
    program::run(vm, call.session, PROGRAM, &names)?;
    crate::console::flush(vm);
    Ok(Given::Text(String::new()))
}
