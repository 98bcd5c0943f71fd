//! `_sysconfigdata_*`: what `sysconfig` knows of the build. There is neither a C compiler nor an extension module behind
//! it, so it says what the language's own tools ask for.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::module;
use objects::types::str::PyStr;

use crate::NativeModule;

#[cfg(target_arch = "aarch64")]
const NAME: &str = "_sysconfigdata__linux_aarch64-linux-gnu";
#[cfg(not(target_arch = "aarch64"))]
const NAME: &str = "_sysconfigdata__linux_x86_64-linux-gnu";

/// The row.
pub static MODULE: NativeModule =
    NativeModule { name: NAME, doc: None, functions: &[], exec: Some(exec) };

const TEXTS: &[(&str, &str)] = &[
    ("ABIFLAGS", ""),
    ("AR", "ar"),
    ("CC", "cc"),
    ("CFLAGS", ""),
    ("CONFIG_ARGS", ""),
    ("EXE", ""),
    ("LDLIBRARY", ""),
    ("OPT", ""),
    ("PY_CFLAGS", ""),
    ("PY_CFLAGS_NODIST", ""),
    ("PLATLIBDIR", "lib"),
    ("TEST_MODULES", "no"),
    ("TZPATH", "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo"),
    ("VERSION", "3.14"),
];

const NUMBERS: &[(&str, i64)] = &[
    ("HAVE_FORK", 1),
    ("HAVE_GETRANDOM", 1),
    ("Py_DEBUG", 0),
    ("Py_ENABLE_SHARED", 0),
    ("Py_GIL_DISABLED", 0),
    ("SIZEOF_INT", 4),
    ("SIZEOF_LONG", 8),
    ("SIZEOF_SIZE_T", 8),
    ("SIZEOF_TIME_T", 8),
    ("SIZEOF_VOID_P", 8),
    ("WITH_DOC_STRINGS", 1),
    ("WITH_PYMALLOC", 0),
];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    let variables = PyDict::new_ref(vm);
    for (name, text) in TEXTS {
        drop(variables.set_str(&vm.intern(name), PyStr::new_value(vm, text)));
    }
    for (name, number) in NUMBERS {
        drop(variables.set_str(&vm.intern(name), Value::small_int_unchecked(*number)));
    }
    let machine = PyStr::new_value(vm, &format!("{}-linux-gnu", std::env::consts::ARCH));
    drop(variables.set_str(&vm.intern("MULTIARCH"), machine));
    for (name, folder) in [("prefix", "prefix"), ("exec_prefix", "exec_prefix")] {
        if let Some(value) = vm.interpreter().sys.get_str(&vm.intern(folder)) {
            drop(variables.set_str(&vm.intern(name), value));
        }
    }
    module::add(vm, target, "build_time_vars", variables.into_value());
    Ok(())
}
