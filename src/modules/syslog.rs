//! `syslog`: the system's log.

use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicBool, Ordering};

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::str::PyStr;
use objects::types::{int, list, module};

use crate::NativeModule;
use crate::posix::raw::locale as raw;
use crate::sys::hooks;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "syslog",
    functions: FUNCTIONS,
    exec: Some(exec),
    ..NativeModule::DEFAULT
};

/// Whether the log has been opened.
static IS_OPEN: AtomicBool = AtomicBool::new(false);

methods! { FUNCTIONS:
    /// Set logging options of subsequent syslog() calls.
    ["openlog"] "($module, /, ident=<unrepresentable>, logoption=0,\n        facility=LOG_USER)" Bound(open);
    /// syslog([priority=LOG_INFO,] message)
    /// Send the string message to the system logger.
    ["syslog"] "" Positional(log);
    /// Reset the syslog module values and call the system library closelog().
    ["closelog"] "($module, /)" None(close);
    /// Set the priority mask to maskpri and return the previous mask value.
    ["setlogmask"] "($module, maskpri, /)" One(set_mask);
    /// Calculates the mask for the individual priority pri.
    ["LOG_MASK"] "($module, pri, /)" One(mask_of);
    /// Calculates the mask for all priorities up to and including pri.
    ["LOG_UPTO"] "($module, pri, /)" One(mask_up_to);
}

const CONSTANTS: [(&str, i32); 34] = [
    ("LOG_EMERG", libc::LOG_EMERG),
    ("LOG_ALERT", libc::LOG_ALERT),
    ("LOG_CRIT", libc::LOG_CRIT),
    ("LOG_ERR", libc::LOG_ERR),
    ("LOG_WARNING", libc::LOG_WARNING),
    ("LOG_NOTICE", libc::LOG_NOTICE),
    ("LOG_INFO", libc::LOG_INFO),
    ("LOG_DEBUG", libc::LOG_DEBUG),
    ("LOG_PID", libc::LOG_PID),
    ("LOG_CONS", libc::LOG_CONS),
    ("LOG_NDELAY", libc::LOG_NDELAY),
    ("LOG_ODELAY", libc::LOG_ODELAY),
    ("LOG_NOWAIT", libc::LOG_NOWAIT),
    ("LOG_PERROR", libc::LOG_PERROR),
    ("LOG_KERN", libc::LOG_KERN),
    ("LOG_USER", libc::LOG_USER),
    ("LOG_MAIL", libc::LOG_MAIL),
    ("LOG_DAEMON", libc::LOG_DAEMON),
    ("LOG_AUTH", libc::LOG_AUTH),
    ("LOG_AUTHPRIV", libc::LOG_AUTHPRIV),
    ("LOG_LPR", libc::LOG_LPR),
    ("LOG_LOCAL0", libc::LOG_LOCAL0),
    ("LOG_LOCAL1", libc::LOG_LOCAL1),
    ("LOG_LOCAL2", libc::LOG_LOCAL2),
    ("LOG_LOCAL3", libc::LOG_LOCAL3),
    ("LOG_LOCAL4", libc::LOG_LOCAL4),
    ("LOG_LOCAL5", libc::LOG_LOCAL5),
    ("LOG_LOCAL6", libc::LOG_LOCAL6),
    ("LOG_LOCAL7", libc::LOG_LOCAL7),
    ("LOG_SYSLOG", libc::LOG_SYSLOG),
    ("LOG_CRON", 9 << 3),
    ("LOG_UUCP", libc::LOG_UUCP),
    ("LOG_NEWS", libc::LOG_NEWS),
    ("LOG_FTP", libc::LOG_FTP),
];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for (name, value) in CONSTANTS {
        module::add(vm, target, name, Value::small_int_unchecked(i64::from(value)));
    }
    Ok(())
}

/// What the program is called in the log: the script's file name.
fn own_name(vm: Vm<'_>) -> PyResult<Option<Vec<u8>>> {
    let sys = vm.import_module("sys")?;
    let Some(argv) = vm.get_attr_opt(&sys, &vm.intern("argv"))? else { return Ok(None) };
    let Some(argv) = argv.downcast::<list::PyList>() else { return Ok(None) };
    let Some(first) = argv.get(0) else { return Ok(None) };
    let Some(text) = first.downcast::<PyStr>() else { return Ok(None) };
    let bytes = text.to_fs_bytes(vm)?;
    let name = bytes.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    Ok(Some(name.to_vec()).filter(|name| !name.is_empty()))
}

/// A text for the C library, up to its first null.
fn kept(bytes: &[u8]) -> &'static CStr {
    let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    // The library keeps the address until the process ends.
    Box::leak(CString::new(bytes).unwrap_or_default().into_boxed_c_str())
}

fn open_as(vm: Vm<'_>, ident: Option<&Value>, options: i32, facility: i32) -> PyResult<()> {
    let mut arguments = vec![ident.cloned().unwrap_or(Value::NONE)];
    arguments.extend([options, facility].map(|number| Value::small_int_unchecked(number.into())));
    let name = match ident {
        Some(ident) => match ident.downcast::<PyStr>() {
            Some(text) => Some(text.to_fs_bytes(vm)?),
            None => {
                return Err(vm.type_error(format!(
                    "openlog() argument 'ident' must be str, not {}",
                    ident.class().name()
                )));
            }
        },
        None => own_name(vm)?,
    };
    hooks::raise_event(vm, "syslog.openlog", &arguments)?;
    raw::open_log(name.as_deref().map(kept), options, facility);
    IS_OPEN.store(true, Ordering::Relaxed);
    Ok(())
}

fn open(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let options = args.get(1).map_or(Ok(0), |options| number::as_i32(vm, options))?;
    let facility =
        args.get(2).map_or(Ok(libc::LOG_USER), |facility| number::as_i32(vm, facility))?;
    open_as(vm, args.get(0), options, facility)?;
    Ok(Value::NONE)
}

fn log(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (priority, message) = match args {
        [message] => (libc::LOG_INFO, message),
        [priority, message] => (number::as_i32(vm, priority)?, message),
        _ => return Err(vm.type_error("syslog.syslog requires 1 to 2 arguments")),
    };
    let Some(text) = message.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "syslog() argument {} must be str, not {}",
            args.len(),
            message.class().name()
        )));
    };
    let Ok(text) = CString::new(text.to_fs_bytes(vm)?) else {
        return Err(vm.value_error("embedded null character"));
    };
    let arguments = [Value::small_int_unchecked(priority.into()), message.clone()];
    hooks::raise_event(vm, "syslog.syslog", &arguments)?;
    if !IS_OPEN.load(Ordering::Relaxed) {
        open_as(vm, None, 0, libc::LOG_USER)?;
    }
    vm.allow_threads(|| raw::write_log(priority, &text));
    Ok(Value::NONE)
}

fn close(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    hooks::raise_event(vm, "syslog.closelog", &[])?;
    if IS_OPEN.swap(false, Ordering::Relaxed) {
        raw::close_log();
    }
    Ok(Value::NONE)
}

fn set_mask(vm: Vm<'_>, _module: &Value, mask: &Value) -> PyResult<Value> {
    let number = number::as_i32(vm, mask)?;
    hooks::raise_event(vm, "syslog.setlogmask", std::slice::from_ref(mask))?;
    Ok(int::from_i64(vm, raw::log_mask(number).into()))
}

fn mask_of(vm: Vm<'_>, _module: &Value, priority: &Value) -> PyResult<Value> {
    let priority = number::as_i32(vm, priority)?;
    Ok(int::from_i64(vm, 1_i32.wrapping_shl(priority.cast_unsigned()).into()))
}

fn mask_up_to(vm: Vm<'_>, _module: &Value, priority: &Value) -> PyResult<Value> {
    let priority = number::as_i32(vm, priority)?.wrapping_add(1);
    let mask = 1_i32.wrapping_shl(priority.cast_unsigned()).wrapping_sub(1);
    Ok(int::from_i64(vm, mask.into()))
}
