//! `sys`: the module and its rows.

mod frames;
pub mod hooks;
pub mod info;
mod library_names;
mod limits;
mod monitoring;
mod platform;
mod tracing;

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::dict::PyDict;
use objects::types::list::PyList;
use objects::types::module;

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "sys",
    doc: Some(
        "This module provides access to some objects used or maintained by the\ninterpreter and to functions that interact strongly with the interpreter.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Adds a new audit hook callback.
    ["addaudithook"] "($module, /, hook)" Bound(hooks::addaudithook);
    /// Passes the event to any hooks that are attached.
    ["audit"] "($module, event, /, *args)" Any(hooks::audit);
    /// This hook function is called by built-in breakpoint().
    ["breakpointhook"] "($module, /, *args, **kwargs)" Any(hooks::breakpointhook);
    /// Call func(*args), while tracing is enabled.
    ["call_tracing"] "($module, func, args, /)" Positional(tracing::call_tracing);
    ["_clear_internal_caches"] "($module, /)" None(limits::nothing);
    ["_clear_type_cache"] "($module, /)" None(limits::clear_type_cache);
    /// Return a dict mapping each thread's identifier to its current stack frame.
    ["_current_frames"] "($module, /)" None(frames::current_frames);
    /// Return a dict mapping each thread's identifier to its current raised exception.
    ///
    /// This function should be used for specialized purposes only.
    ["_current_exceptions"] "($module, /)" None(frames::current_exceptions);
    /// Print summary info to stderr about the state of pymalloc's structures.
    ///
    /// In Py_DEBUG mode, also perform some expensive internal consistency
    /// checks.
    ["_debugmallocstats"] "($module, /)" None(platform::debugmallocstats);
    /// Private function for clearing certain descriptors from a type's dictionary.
    ///
    /// See gh-135228 for context.
    ["_clear_type_descriptors"] "($module, type, /)" One(platform::clear_type_descriptors);
    /// Private function for getting PyConfig.cpu_count
    ["_get_cpu_count_config"] "($module, /)" None(platform::get_cpu_count_config);
    /// Return True if the given object is "immortal" per PEP 683.
    ///
    /// This function should be used for specialized purposes only.
    ["_is_immortal"] "($module, op, /)" One(platform::is_immortal);
    /// Activate stack profiler trampoline *backend*.
    ["activate_stack_trampoline"] "($module, backend, /)" One(platform::activate_stack_trampoline);
    /// Deactivate the current stack profiler trampoline backend.
    ///
    /// If no stack profiler is activated, this function has no effect.
    ["deactivate_stack_trampoline"] "($module, /)" None(limits::nothing);
    /// Return *True* if a stack profiler trampoline is active.
    ["is_stack_trampoline_active"] "($module, /)" None(platform::falsehood);
    /// Return True if remote debugging is enabled, False otherwise.
    ["is_remote_debug_enabled"] "($module, /)" None(platform::falsehood);
    /// Return the current value of the flags that are used for dlopen calls.
    ///
    /// The flag constants are defined in the os module.
    ["getdlopenflags"] "($module, /)" None(platform::getdlopenflags);
    /// Set the flags used by the interpreter for dlopen calls.
    ///
    /// This is used, for example, when the interpreter loads extension
    /// modules. Among other things, this will enable a lazy resolving of
    /// symbols when importing a module, if called as sys.setdlopenflags(0).
    /// To share symbols across extension modules, call as
    /// sys.setdlopenflags(os.RTLD_GLOBAL).  Symbolic names for the flag
    /// modules can be found in the os module (RTLD_xxx constants, e.g.
    /// os.RTLD_LAZY).
    ["setdlopenflags"] "($module, flags, /)" One(platform::setdlopenflags);
    /// Print an object to sys.stdout and also save it in builtins._
    ["displayhook"] "($module, object, /)" One(hooks::displayhook);
    /// Handle an exception by displaying it with a traceback on sys.stderr.
    ["excepthook"] "($module, exctype, value, traceback, /)" Positional(hooks::excepthook);
    /// Return current exception information: (type, value, traceback).
    ["exc_info"] "($module, /)" None(frames::exc_info);
    /// Return the current exception.
    ["exception"] "($module, /)" None(frames::exception);
    /// Exit the interpreter by raising SystemExit(status).
    ["exit"] "($module, status=None, /)" Positional(hooks::exit);
    /// Return the installed asynchronous generators hooks.
    ["get_asyncgen_hooks"] "($module, /)" None(hooks::get_asyncgen_hooks);
    /// Check status of origin tracking for coroutine objects in this thread.
    ["get_coroutine_origin_tracking_depth"] "($module, /)" None(limits::get_origin_depth);
    /// Return the number of allocated memory blocks.
    ["getallocatedblocks"] "($module, /)" None(limits::getallocatedblocks);
    /// Return the current default encoding used by the Unicode implementation.
    ["getdefaultencoding"] "($module, /)" None(limits::utf8);
    /// Return the encoding used to convert Unicode filenames to OS filenames.
    ["getfilesystemencoding"] "($module, /)" None(limits::utf8);
    /// Return the error mode used for Unicode to OS filename conversion.
    ["getfilesystemencodeerrors"] "($module, /)" None(limits::surrogateescape);
    /// Return a frame object from the call stack.
    ["_getframe"] "($module, depth=0, /)" Positional(frames::getframe);
    /// Return the name of the module for a calling frame.
    ["_getframemodulename"] "($module, /, depth=0)" Bound(frames::getframemodulename);
    /// Return the maximum string digits limit for non-binary int<->str conversions.
    ["get_int_max_str_digits"] "($module, /)" None(limits::get_int_max_str_digits);
    /// Return the current value of the recursion limit.
    ["getrecursionlimit"] "($module, /)" None(limits::getrecursionlimit);
    /// Return the reference count of object.
    ["getrefcount"] "($module, object, /)" One(limits::getrefcount);
    ["getsizeof"] "" Any(limits::getsizeof);
    /// Return the current thread switch interval.
    ["getswitchinterval"] "($module, /)" None(limits::getswitchinterval);
    /// Return the profiling function set with sys.setprofile.
    ///
    /// See the profiler chapter in the library manual.
    ["getprofile"] "($module, /)" None(tracing::getprofile);
    /// Return the global debug tracing function set with sys.settrace.
    ///
    /// See the debugger chapter in the library manual.
    ["gettrace"] "($module, /)" None(tracing::gettrace);
    /// Set the profiling function.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    ["setprofile"] "($module, function, /)" One(tracing::setprofile);
    /// Set the profiling function in all running threads belonging to the current interpreter.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    ["_setprofileallthreads"] "($module, function, /)" One(tracing::setprofileallthreads);
    /// Set the global debug tracing function.
    ///
    /// It will be called on each function call.  See the debugger chapter
    /// in the library manual.
    ["settrace"] "($module, function, /)" One(tracing::settrace);
    /// Set the global debug tracing function in all running threads belonging to the current interpreter.
    ///
    /// It will be called on each function call. See the debugger chapter
    /// in the library manual.
    ["_settraceallthreads"] "($module, function, /)" One(tracing::settraceallthreads);
    /// Return the number of elements of the unicode interned dictionary
    ["getunicodeinternedsize"] "($module, /, *, _only_immortal=False)" Any(limits::getunicodeinternedsize);
    /// ``Intern'' the given string.
    ["intern"] "($module, string, /)" One(limits::intern);
    /// Return True if Python is exiting.
    ["is_finalizing"] "($module, /)" None(limits::is_finalizing);
    /// Return True if the GIL is currently enabled and False if it is disabled.
    ["_is_gil_enabled"] "($module, /)" None(limits::truth);
    /// Return True if the given string is "interned".
    ["_is_interned"] "($module, string, /)" One(limits::is_interned);
    /// set_asyncgen_hooks([firstiter] [, finalizer])
    ["set_asyncgen_hooks"] "" Any(hooks::set_asyncgen_hooks);
    /// Enables or disables origin tracking for coroutine objects in this thread.
    ["set_coroutine_origin_tracking_depth"] "($module, /, depth)" Bound(limits::set_origin_depth);
    /// Set the maximum string digits limit for non-binary int<->str conversions.
    ["set_int_max_str_digits"] "($module, /, maxdigits)" Bound(limits::set_int_max_str_digits);
    /// Set the maximum depth of the Python interpreter stack to n.
    ["setrecursionlimit"] "($module, limit, /)" One(limits::setrecursionlimit);
    /// Set the ideal thread switching delay inside the Python interpreter.
    ["setswitchinterval"] "($module, interval, /)" One(limits::setswitchinterval);
    /// Handle an unraisable exception.
    ["unraisablehook"] "($module, unraisable, /)" One(hooks::unraisablehook);
}

/// What `sys` holds besides its functions and what the command line decides: lists, records, saved hooks.
fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    info::add_records(vm, target)?;
    for name in ["meta_path", "path_hooks", "path", "warnoptions"] {
        module::add(vm, target, name, PyList::new_value(vm, Vec::new()));
    }
    for name in ["path_importer_cache", "_xoptions"] {
        module::add(vm, target, name, PyDict::new_ref(vm).into_value());
    }
    module::add(vm, target, "monitoring", monitoring::module(vm));
    module::add(vm, target, "_jit", platform::jit_module(vm));
    module::add(vm, target, "modules", vm.interpreter().modules.to_value());
    for (name, saved) in [
        ("displayhook", "__displayhook__"),
        ("excepthook", "__excepthook__"),
        ("breakpointhook", "__breakpointhook__"),
        ("unraisablehook", "__unraisablehook__"),
    ] {
        if let Some(hook) = module::dict_of(vm, target).get_str(&vm.intern(name)) {
            module::add(vm, target, saved, hook);
        }
    }
    Ok(())
}
