//! `:reload`

use super::{Call, Command, Given, program, wrong};
use crate::session::Session;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "reload",
    form: ":reload [on | off]",
    about: "import anew the modules whose files have changed, in place: what was made of them goes on with the new code; on: before each input (runs them)",
    example: ":reload on",
    group: "session",
    run: reload,
};

/// The program that imports anew. Functions and classes stay the objects that they were, so that names imported from a
/// module, instances and bound methods have the new code.
const PROGRAM: &str = "\
import importlib, os, sys, traceback, types

FUNCTION = ('__code__', '__defaults__', '__kwdefaults__', '__doc__', '__annotations__', '__dict__')
FIXED = {'__dict__', '__weakref__', '__slots__', '__static_attributes__', '__firstlineno__'}

def put(place, name, value):
    try:
        setattr(place, name, value)
    except (AttributeError, TypeError, ValueError):
        return False
    return True

def renew(old, new):
    match old, new:
        case types.FunctionType(), types.FunctionType():
            return all([put(old, name, getattr(new, name)) for name in FUNCTION])
        case (staticmethod() | classmethod()), (staticmethod() | classmethod()):
            return type(old) is type(new) and renew(old.__func__, new.__func__)
        case property(), property():
            return False
        case type(), type():
            for name in set(vars(old)) - set(vars(new)) - FIXED:
                delattr(old, name)
            for name, value in list(vars(new).items()):
                if name not in FIXED and not renew(vars(old).get(name), value):
                    put(old, name, value)
            return True
    return False

def again(module):
    before = dict(vars(module))
    importlib.reload(module)
    for name, old in before.items():
        new = vars(module).get(name)
        own = getattr(old, '__module__', None) == module.__name__
        if new is not old and own and renew(old, new):
            setattr(module, name, old)

lines = []
for name, module in list(sys.modules.items()):
    # Only looking at a library's module that waits to be looked at would load it.
    if type(module) is not types.ModuleType or name == '__main__':
        continue
    file = vars(module).get('__file__')
    if not isinstance(file, str) or not file.endswith('.py') or file.startswith(sys._stdlib_dir):
        continue
    try:
        time = os.stat(file).st_mtime_ns
    except OSError:
        continue
    if _times.setdefault(name, time) == time:
        continue
    _times[name] = time
    try:
        again(module)
        lines.append(f'reloaded {name}')
    except Exception as error:
        lines.append(f'{name} is as it was: ' + traceback.format_exception_only(error)[-1].rstrip())
result = ''.join(line + '\\n' for line in lines)
";

fn reload(call: &mut Call<'_, '_>) -> PyResult<Given> {
    // IPython's levels are understood, too.
    let on = match call.rest.trim() {
        "" => None,
        "on" | "1" | "2" | "3" => Some(true),
        "off" | "0" => Some(false),
        other => return Ok(wrong("reload", &format!("{other}: on, off or nothing is wanted"))),
    };
    let text = changed(call.vm, call.session)?;
    if let Some(on) = on {
        call.session.reloads = on;
    }
    Ok(Given::Text(match on {
        None if text.is_empty() => "nothing has changed\n".to_owned(),
        _ => text,
    }))
}

/// Imports anew what has changed since this was last asked: what there is to say of it.
pub(crate) fn changed(vm: Vm<'_>, session: &mut Session) -> PyResult<String> {
    let times: Value = match &session.module_times {
        Some(times) => times.clone(),
        None => session.module_times.insert(PyDict::new_value(vm)).clone(),
    };
    program::result(vm, session, PROGRAM, &[("_times", times)])
}
