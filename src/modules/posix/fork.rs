//! Processes made and replaced: `fork`, `exec`, `posix_spawn`, `system`, and what runs around a fork.

use std::ffi::CString;

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::tuple::PyTuple;

use super::arguments::{self, failed};
use super::raw::process::{self, TextArray};
use super::raw::spawn::{self, FileAction, SpawnSettings};
use crate::sys::hooks;
use crate::{paths, signal, thread};

methods! { FORK:
    /// Execute the program specified by path in a new process.
    ///
    ///   path
    ///     Path of executable file.
    ///   argv
    ///     Tuple or list of strings.
    ///   env
    ///     Dictionary of strings mapping to strings.
    ///   file_actions
    ///     A sequence of file action tuples.
    ///   setpgroup
    ///     The pgroup to use with the POSIX_SPAWN_SETPGROUP flag.
    ///   resetids
    ///     If the value is `true` the POSIX_SPAWN_RESETIDS will be activated.
    ///   setsid
    ///     If the value is `true` the POSIX_SPAWN_SETSID or POSIX_SPAWN_SETSID_NP
    ///     will be activated.
    ///   setsigmask
    ///     The sigmask to use with the POSIX_SPAWN_SETSIGMASK flag.
    ///   setsigdef
    ///     The sigmask to use with the POSIX_SPAWN_SETSIGDEF flag.
    ///   scheduler
    ///     A tuple with the scheduler policy (optional) and parameters.
    ["posix_spawn"] "($module, path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)" Bound(posix_spawn);
    /// Execute the program specified by path in a new process.
    ///
    ///   path
    ///     Path of executable file.
    ///   argv
    ///     Tuple or list of strings.
    ///   env
    ///     Dictionary of strings mapping to strings.
    ///   file_actions
    ///     A sequence of file action tuples.
    ///   setpgroup
    ///     The pgroup to use with the POSIX_SPAWN_SETPGROUP flag.
    ///   resetids
    ///     If the value is `True` the POSIX_SPAWN_RESETIDS will be activated.
    ///   setsid
    ///     If the value is `True` the POSIX_SPAWN_SETSID or POSIX_SPAWN_SETSID_NP
    ///     will be activated.
    ///   setsigmask
    ///     The sigmask to use with the POSIX_SPAWN_SETSIGMASK flag.
    ///   setsigdef
    ///     The sigmask to use with the POSIX_SPAWN_SETSIGDEF flag.
    ///   scheduler
    ///     A tuple with the scheduler policy (optional) and parameters.
    ["posix_spawnp"] "($module, path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)" Bound(posix_spawnp);
    /// Execute the command in a subshell.
    ["system"] "($module, /, command)" Bound(system);
    /// Execute an executable path with arguments, replacing current process.
    ///
    ///   path
    ///     Path of executable file.
    ///   argv
    ///     Tuple or list of strings.
    ["execv"] "($module, path, argv, /)" Bound(execv);
    /// Execute an executable path with arguments, replacing current process.
    ///
    ///   path
    ///     Path of executable file.
    ///   argv
    ///     Tuple or list of strings.
    ///   env
    ///     Dictionary of strings mapping to strings.
    ["execve"] "($module, /, path, argv, env)" Bound(execve);
    /// Fork a child process.
    ///
    /// Return 0 to child process and PID of child to parent process.
    ["fork"] "($module, /)" None(fork);
    /// Register callables to be called when forking a new process.
    ///
    ///   before
    ///     A callable to be called in the parent before the fork() syscall.
    ///   after_in_child
    ///     A callable to be called in the child after fork().
    ///   after_in_parent
    ///     A callable to be called in the parent after fork().
    ///
    /// 'before' callbacks are called in reverse order.
    /// 'after_in_child' and 'after_in_parent' callbacks are called in order.
    ["register_at_fork"] "($module, /, *, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)" Bound(register_at_fork);
    /// Fork a new process with a new pseudo-terminal as controlling tty.
    ///
    /// Returns a tuple of (pid, master_fd).
    /// Like fork(), return pid of 0 to the child process,
    /// and pid of child to the parent process.
    /// To both, return fd of newly opened pseudo-terminal.
    ["forkpty"] "($module, /)" None(forkpty);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = FORK;

/// Where the callables of `register_at_fork` are kept.
#[derive(Clone, Copy)]
enum Moment {
    Before,
    Child,
    Parent,
}

impl Moment {
    fn key(self) -> &'static str {
        match self {
            Self::Before => "at_fork_before",
            Self::Child => "at_fork_child",
            Self::Parent => "at_fork_parent",
        }
    }
}

fn register_at_fork(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let given = [(Moment::Before, 0), (Moment::Child, 1), (Moment::Parent, 2)];
    if given.iter().all(|&(_, index)| args.get(index).is_none()) {
        return Err(vm.type_error("At least one argument is required."));
    }
    let names = ["before", "after_in_child", "after_in_parent"];
    for ((_, index), name) in given.iter().zip(names) {
        if let Some(value) = args.get(*index)
            && value.class().slots.call.get().is_none()
        {
            let got = value.class().name();
            return Err(vm.type_error(format!("'{name}' must be callable, not {got}")));
        }
    }
    for (moment, index) in given {
        if let Some(value) = args.get(index) {
            list_of(vm, moment).push(vm, value.clone())?;
        }
    }
    Ok(Value::NONE)
}

fn list_of(vm: Vm<'_>, moment: Moment) -> PyRef<PyList> {
    let known = vm.interpreter().state_of(moment.key()).map(Value::into_ref::<PyList>);
    if let Some(Ok(list)) = known {
        return list;
    }
    let list = PyList::new_ref(vm, Vec::new());
    vm.interpreter().set_state_of(moment.key(), list.clone().into_value());
    list
}

fn run_hooks(vm: Vm<'_>, moment: Moment) {
    let mut hooks = list_of(vm, moment).items_vec();
    if matches!(moment, Moment::Before) {
        hooks.reverse();
    }
    for hook in hooks {
        if let Err(raised) = vm.call(&hook, &[]) {
            let message = "Exception ignored in callback of posix.register_at_fork";
            vm.unraisable_about(raised, message, Some(&hook));
        }
    }
}

/// What is due before a fork whose child runs Python (`PyOS_BeforeFork`).
pub(crate) fn before_fork(vm: Vm<'_>) {
    run_hooks(vm, Moment::Before);
}

/// What is due in such a child (`PyOS_AfterFork_Child`).
pub(crate) fn after_fork_in_child(vm: Vm<'_>) {
    super::signals::forget_pending();
    signal::take_over(vm);
    thread::after_fork(vm);
    run_hooks(vm, Moment::Child);
}

/// What is due in the parent (`PyOS_AfterFork_Parent`).
pub(crate) fn after_fork_in_parent(vm: Vm<'_>) {
    run_hooks(vm, Moment::Parent);
}

fn warn_of_threads(vm: Vm<'_>, function: &str) -> PyResult<()> {
    if vm.interpreter().threads.with(Vec::len) < 2 {
        return Ok(());
    }
    let pid = rustix::process::getpid().as_raw_nonzero();
    let message = format!(
        "This process (pid={pid}) is multi-threaded, use of {function}() may lead to deadlocks in the child."
    );
    crate::warnings::warn(vm, &exc::DEPRECATION_WARNING, &message)
}

/// Runs one of the forking calls with what is due around it. The number says who this is.
fn forking<R>(
    vm: Vm<'_>,
    function: &str,
    fork: impl FnOnce() -> Result<R, rustix::io::Errno>,
    pid: impl Fn(&R) -> i32,
) -> PyResult<R> {
    hooks::raise_event(vm, &format!("os.{function}"), &[])?;
    before_fork(vm);
    let result = fork();
    match &result {
        Ok(made) if pid(made) == 0 => after_fork_in_child(vm),
        _ => {
            after_fork_in_parent(vm);
            warn_of_threads(vm, function)?;
        }
    }
    result.map_err(|errno| failed(vm, errno))
}

fn fork(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let pid = forking(vm, "fork", || process::fork(vm), |&pid| pid)?;
    Ok(Value::small_int_unchecked(i64::from(pid)))
}

fn forkpty(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let (pid, master) = forking(vm, "forkpty", || process::forkpty(vm), |&(pid, _)| pid)?;
    let number = |number: i32| Value::small_int_unchecked(i64::from(number));
    Ok(PyTuple::new_value(vm, &[number(pid), number(master)]))
}

fn system(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let command = fs_text(vm, args.required(0))?;
    hooks::raise_event(vm, "os.system", &[args.required(0).clone()])?;
    let status = vm.allow_threads(|| process::system(&command));
    Ok(Value::small_int_unchecked(i64::from(status)))
}

/// A text, bytes or path as the system wants it.
///
/// # Errors
/// TypeError, ValueError for a null.
pub(crate) fn fs_text(vm: Vm<'_>, value: &Value) -> PyResult<CString> {
    let bytes = paths::fs_encode(vm, value)?;
    CString::new(bytes).map_err(|_| vm.value_error("embedded null byte"))
}

/// The items of `argv`, a list or tuple.
fn argument_list(vm: Vm<'_>, function: &str, value: &Value) -> PyResult<TextArray> {
    let items = if let Some(list) = value.downcast::<PyList>() {
        list.items_vec()
    } else if let Some(tuple) = value.downcast::<PyTuple>() {
        tuple.items().to_vec()
    } else {
        return Err(vm.type_error(match function {
            "execv" => "execv() arg 2 must be a tuple or list".to_owned(),
            _ => format!("{function}: argv must be a tuple or list"),
        }));
    };
    let empty = |what: &str| match function {
        "execv" => format!("execv() arg 2 {what}"),
        _ => format!("{function}: argv {what}"),
    };
    if items.is_empty() {
        return Err(vm.value_error(empty("must not be empty")));
    }
    let mut texts = Vec::with_capacity(items.len());
    for item in &items {
        texts.push(fs_text(vm, item)?);
    }
    if texts.first().is_some_and(|first| first.is_empty()) {
        return Err(vm.value_error(empty("first element cannot be empty")));
    }
    Ok(TextArray::new(texts))
}

/// `NAME=VALUE` of each item of a mapping.
fn environment(vm: Vm<'_>, function: &str, value: &Value) -> PyResult<TextArray> {
    if !objects::protocol::mapping::is_mapping(value) {
        let or_none = if function.starts_with("posix") { " or None" } else { "" };
        return Err(
            vm.type_error(format!("{function}: environment must be a mapping object{or_none}"))
        );
    }
    let keys = vm.mapping_keys(value)?;
    let mut texts = Vec::with_capacity(keys.len());
    for key in keys {
        let content = vm.get_item(value, &key)?;
        let mut text = paths::fs_encode(vm, &key)?;
        if text.is_empty()
            || text.iter().skip(1).any(|&byte| byte == b'=')
            || text.first() == Some(&b'=')
        {
            return Err(vm.value_error("illegal environment variable name"));
        }
        text.push(b'=');
        text.extend(paths::fs_encode(vm, &content)?);
        texts.push(CString::new(text).map_err(|_| vm.value_error("embedded null byte"))?);
    }
    Ok(TextArray::new(texts))
}

fn execv(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "execv", "path", args.required(0))?;
    let argv = argument_list(vm, "execv", args.required(1))?;
    hooks::raise_event(
        vm,
        "os.exec",
        &[path.given.clone(), args.required(1).clone(), Value::NONE],
    )?;
    let errno = process::exec(&path.path, &argv, None);
    // An error of `execv` bears no file name.
    Err(failed(vm, errno))
}

fn execve(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "execve", "path", args.required(0))?;
    let argv = argument_list(vm, "execve", args.required(1))?;
    let environment = environment(vm, "execve", args.required(2))?;
    hooks::raise_event(
        vm,
        "os.exec",
        &[path.given.clone(), args.required(1).clone(), args.required(2).clone()],
    )?;
    let errno = match path.fd {
        Some(fd) => process::exec_fd(fd, &argv, &environment),
        None => process::exec(&path.path, &argv, Some(&environment)),
    };
    Err(failed(vm, errno))
}

/// One of `file_actions`.
fn file_action(vm: Vm<'_>, action: &Value) -> PyResult<FileAction> {
    let wrong = || vm.type_error("Each file_actions element must be a non-empty tuple");
    let Some(items) = action.downcast::<PyTuple>().map(objects::core::object::Py::items) else {
        return Err(wrong());
    };
    let Some((kind, rest)) = items.split_first() else { return Err(wrong()) };
    let fd = |index: usize| match rest.get(index) {
        Some(value) => number::as_i32(vm, value),
        None => Err(vm.type_error("A file_actions element has too few items")),
    };
    match (number::as_i32(vm, kind)?, rest.len()) {
        (spawn::OPEN, 4) => {
            let path = match rest.get(1) {
                Some(path) => fs_text(vm, path)?,
                None => CString::default(),
            };
            Ok(FileAction::Open { fd: fd(0)?, path, flags: fd(2)?, mode: fd(3)?.cast_unsigned() })
        }
        (spawn::OPEN, _) => Err(vm.type_error("A open file_action tuple must have 5 elements")),
        (spawn::CLOSE, 1) => Ok(FileAction::Close(fd(0)?)),
        (spawn::CLOSE, _) => Err(vm.type_error("A close file_action tuple must have 2 elements")),
        (spawn::DUP2, 2) => Ok(FileAction::Duplicate(fd(0)?, fd(1)?)),
        (spawn::DUP2, _) => Err(vm.type_error("A dup2 file_action tuple must have 3 elements")),
        (spawn::CLOSEFROM, 1) => Ok(FileAction::CloseFrom(fd(0)?)),
        (spawn::CLOSEFROM, _) => {
            Err(vm.type_error("A closefrom file_action tuple must have 2 elements"))
        }
        _ => Err(vm.type_error("Unknown file_actions identifier")),
    }
}

fn signal_numbers(vm: Vm<'_>, value: &Value) -> PyResult<Vec<i32>> {
    let mut numbers = Vec::new();
    for item in vm.collect(value)? {
        match i32::try_from(number::as_i64(vm, &item)?) {
            Ok(number) if (1..65).contains(&number) => numbers.push(number),
            _ => {
                let shown = vm.repr(&item)?.to_rust_string();
                let message = format!("signal number {shown} out of range [1; 64]");
                return Err(vm.value_error(message));
            }
        }
    }
    Ok(numbers)
}

fn scheduler(vm: Vm<'_>, function: &str, value: &Value) -> PyResult<(Option<i32>, i32)> {
    let items = value.downcast::<PyTuple>().map(objects::core::object::Py::items);
    let Some([policy, parameters]) = items else {
        return Err(vm.type_error(format!("{function}: scheduler must be a tuple or None")));
    };
    let policy = if policy.is_none() { None } else { Some(number::as_i32(vm, policy)?) };
    Ok((policy, super::scheduling::priority_of(vm, parameters)?))
}

fn spawn_as(vm: Vm<'_>, function: &str, args: &Bound<'_>, search: bool) -> PyResult<Value> {
    let path = arguments::path(vm, function, "path", args.required(0))?;
    let argv = argument_list(vm, function, args.required(1))?;
    let environment = match args.get_non_none(2) {
        Some(mapping) => Some(environment(vm, function, mapping)?),
        None => None,
    };
    let mut actions = Vec::new();
    if let Some(list) = args.get_non_none(3) {
        for action in vm.collect_or(list, "file_actions must be a sequence or None")? {
            actions.push(file_action(vm, &action)?);
        }
    }
    let settings = SpawnSettings {
        group: args.get_non_none(4).map(|group| number::as_i32(vm, group)).transpose()?,
        reset_ids: args.get(5).map_or(Ok(false), |flag| vm.is_true(flag))?,
        new_session: args.get(6).map_or(Ok(false), |flag| vm.is_true(flag))?,
        mask: args.get(7).map(|mask| signal_numbers(vm, mask)).transpose()?,
        defaults: args.get(8).map(|signals| signal_numbers(vm, signals)).transpose()?,
        scheduler: args.get_non_none(9).map(|value| scheduler(vm, function, value)).transpose()?,
    };
    hooks::raise_event(
        vm,
        "os.posix_spawn",
        &[path.given.clone(), args.required(1).clone(), args.required(2).clone()],
    )?;
    match spawn::spawn(&path.path, search, &argv, environment.as_ref(), &actions, &settings) {
        Ok(pid) => Ok(Value::small_int_unchecked(i64::from(pid))),
        Err(errno) => Err(path.error(vm, errno)),
    }
}

fn posix_spawn(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    spawn_as(vm, "posix_spawn", args, false)
}

fn posix_spawnp(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    spawn_as(vm, "posix_spawnp", args, true)
}
