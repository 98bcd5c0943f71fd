//! The fixed records of `sys`: versions, flags, what numbers and hashes are.

use objects::core::errors::PyResult;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::struct_sequence;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{float_, int, module, namespace, set, struct_sequence};

use super::library_names;

/// The version of the language.
pub const VERSION: (i64, i64, i64) = (3, 14, 10);
/// `sys.hexversion`
pub const HEX_VERSION: i64 = 0x030e_0af0;

/// Of these the interpreter makes the only instance.
const FIXED: u64 = spec_flags::IMMUTABLE | spec_flags::DISALLOW_INSTANTIATION;

struct_sequence! { VERSION_INFO, VERSION_INFO_SPEC, "sys.version_info", "sys.version_info\n\nVersion information as a named tuple.", flags FIXED, hidden 0, VERSION_FIELDS:
    ["major"] 0; ["minor"] 1; ["micro"] 2; ["releaselevel"] 3; ["serial"] 4;
}
struct_sequence! { FLAGS, FLAGS_SPEC, "sys.flags", "sys.flags\n\nFlags provided through command line arguments or environment vars.", flags FIXED, hidden 3, FLAG_FIELDS:
    ["debug"] 0; ["inspect"] 1; ["interactive"] 2; ["optimize"] 3; ["dont_write_bytecode"] 4; ["no_user_site"] 5;
    ["no_site"] 6; ["ignore_environment"] 7; ["verbose"] 8; ["bytes_warning"] 9; ["quiet"] 10; ["hash_randomization"] 11;
    ["isolated"] 12; ["dev_mode"] 13; ["utf8_mode"] 14; ["warn_default_encoding"] 15; ["safe_path"] 16; ["int_max_str_digits"] 17;
    ["gil"] 18, "-X gil"; ["thread_inherit_context"] 19, "-X thread_inherit_context"; ["context_aware_warnings"] 20, "-X context_aware_warnings";
}
struct_sequence! { HASH_INFO, HASH_INFO_SPEC, "sys.hash_info", "hash_info\n\nA named tuple providing parameters used for computing hashes.", flags spec_flags::IMMUTABLE, hidden 0, HASH_FIELDS:
    ["width"] 0; ["modulus"] 1; ["inf"] 2; ["nan"] 3; ["imag"] 4; ["algorithm"] 5; ["hash_bits"] 6; ["seed_bits"] 7; ["cutoff"] 8;
}
struct_sequence! { INT_INFO, INT_INFO_SPEC, "sys.int_info", "sys.int_info\n\nA named tuple that holds information about Python's\ninternal representation of integers.  The attributes are read only.", flags spec_flags::IMMUTABLE, hidden 0, INT_FIELDS:
    ["bits_per_digit"] 0; ["sizeof_digit"] 1; ["default_max_str_digits"] 2; ["str_digits_check_threshold"] 3;
}
struct_sequence! { FLOAT_INFO, FLOAT_INFO_SPEC, "sys.float_info", "sys.float_info\n\nA named tuple holding information about the float type.", flags spec_flags::IMMUTABLE, hidden 0, FLOAT_FIELDS:
    ["max"] 0; ["max_exp"] 1; ["max_10_exp"] 2; ["min"] 3; ["min_exp"] 4; ["min_10_exp"] 5; ["dig"] 6; ["mant_dig"] 7;
    ["epsilon"] 8; ["radix"] 9; ["rounds"] 10;
}
struct_sequence! { THREAD_INFO, THREAD_INFO_SPEC, "sys.thread_info", "sys.thread_info\n\nA named tuple holding information about the thread implementation.", hidden 0, THREAD_FIELDS:
    ["name"] 0; ["lock"] 1; ["version"] 2;
}
struct_sequence! { UNRAISABLE_ARGS, UNRAISABLE_ARGS_SPEC, "sys.UnraisableHookArgs", "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.", flags spec_flags::IMMUTABLE, hidden 0, UNRAISABLE_FIELDS:
    ["exc_type"] 0; ["exc_value"] 1; ["exc_traceback"] 2; ["err_msg"] 3; ["object"] 4;
}
struct_sequence! { ASYNCGEN_HOOKS, ASYNCGEN_HOOKS_SPEC, "sys.asyncgen_hooks", "asyncgen_hooks([firstiter] [, finalizer])", flags spec_flags::IMMUTABLE, hidden 0, ASYNCGEN_FIELDS:
    ["firstiter"] 0; ["finalizer"] 1;
}

/// The types of this file.
const TYPES: &[(&StaticType, &TypeSpec)] = &[
    (&VERSION_INFO, &VERSION_INFO_SPEC),
    (&FLAGS, &FLAGS_SPEC),
    (&HASH_INFO, &HASH_INFO_SPEC),
    (&INT_INFO, &INT_INFO_SPEC),
    (&FLOAT_INFO, &FLOAT_INFO_SPEC),
    (&THREAD_INFO, &THREAD_INFO_SPEC),
    (&UNRAISABLE_ARGS, &UNRAISABLE_ARGS_SPEC),
    (&ASYNCGEN_HOOKS, &ASYNCGEN_HOOKS_SPEC),
];

/// What the command line and the environment decide (`sys.flags`).
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `-d`
    pub debug: i64,
    /// `-i`
    pub inspect: i64,
    /// `-i`
    pub interactive: i64,
    /// `-O`
    pub optimize: i64,
    /// `-B`
    pub dont_write_bytecode: i64,
    /// `-s`
    pub no_user_site: i64,
    /// `-S`
    pub no_site: i64,
    /// `-E`
    pub ignore_environment: i64,
    /// `-v`
    pub verbose: i64,
    /// `-b`
    pub bytes_warning: i64,
    /// `-q`
    pub quiet: i64,
    /// `PYTHONHASHSEED` does not fix the hashes
    pub hash_randomization: i64,
    /// `-I`
    pub isolated: i64,
    /// `-X dev`
    pub dev_mode: bool,
    /// `-X utf8`
    pub utf8_mode: i64,
    /// `-X warn_default_encoding`
    pub warn_default_encoding: i64,
    /// `-P`
    pub safe_path: bool,
    /// `-X thread_inherit_context`
    pub thread_inherit_context: i64,
    /// `-X context_aware_warnings`
    pub context_aware_warnings: i64,
    /// `-X int_max_str_digits`
    pub int_max_str_digits: i64,
}

/// Sets `sys.flags`.
///
/// # Errors
/// MemoryError.
pub fn set_flags(vm: Vm<'_>, sys: &Value, flags: &Flags) -> PyResult<()> {
    vm.interpreter().dev_mode.set(flags.dev_mode);
    for (name, flag) in
        [("warn_default_encoding", flags.warn_default_encoding), ("utf8_mode", flags.utf8_mode)]
    {
        vm.interpreter().set_state_of(name, Value::from_bool(flag != 0));
    }
    let number = Value::small_int_unchecked;
    let items = vec![
        number(flags.debug),
        number(flags.inspect),
        number(flags.interactive),
        number(flags.optimize),
        number(flags.dont_write_bytecode),
        number(flags.no_user_site),
        number(flags.no_site),
        number(flags.ignore_environment),
        number(flags.verbose),
        number(flags.bytes_warning),
        number(flags.quiet),
        number(flags.hash_randomization),
        number(flags.isolated),
        Value::from_bool(flags.dev_mode),
        number(flags.utf8_mode),
        number(flags.warn_default_encoding),
        Value::from_bool(flags.safe_path),
        number(flags.int_max_str_digits),
    ];
    let hidden = [
        ("gil", number(1)),
        ("thread_inherit_context", number(flags.thread_inherit_context)),
        ("context_aware_warnings", number(flags.context_aware_warnings)),
    ];
    let value = struct_sequence::new(vm, &FLAGS, items, &hidden)?;
    module::add(vm, sys, "flags", value);
    Ok(())
}

/// `sys.version`
#[must_use]
pub fn version_text() -> String {
    let (major, minor, micro) = VERSION;
    let own = env!("CARGO_PKG_VERSION");
    format!("{major}.{minor}.{micro} (pyglass {own}, main) [rustc]")
}

/// Adds the records that nothing decides.
pub(super) fn add_records(vm: Vm<'_>, sys: &Value) -> PyResult<()> {
    for (class, spec) in TYPES {
        objects::types::ready(vm, class, spec)?;
    }
    let number = Value::small_int_unchecked;
    let text = |text: &str| PyStr::new_value(vm, text);
    let (major, minor, micro) = VERSION;
    let version_items =
        || vec![number(major), number(minor), number(micro), text("final"), number(0)];
    let version = struct_sequence::new(vm, &VERSION_INFO, version_items(), &[])?;
    module::add(vm, sys, "version_info", version.clone());
    let hash = vec![
        number(64),
        int::from_u64(vm, (1 << 61) - 1),
        number(314_159),
        number(0),
        number(1_000_003),
        text("siphash13"),
        number(64),
        number(128),
        number(0),
    ];
    module::add(vm, sys, "hash_info", struct_sequence::new(vm, &HASH_INFO, hash, &[])?);
    let ints = vec![number(30), number(4), number(4300), number(640)];
    module::add(vm, sys, "int_info", struct_sequence::new(vm, &INT_INFO, ints, &[])?);
    let floats = vec![
        float_::new(vm, f64::MAX),
        number(1024),
        number(308),
        float_::new(vm, f64::MIN_POSITIVE),
        number(-1021),
        number(-307),
        number(15),
        number(53),
        float_::new(vm, f64::EPSILON),
        number(2),
        number(1),
    ];
    module::add(vm, sys, "float_info", struct_sequence::new(vm, &FLOAT_INFO, floats, &[])?);
    let threads = vec![text("pthread"), text("semaphore"), Value::NONE];
    module::add(vm, sys, "thread_info", struct_sequence::new(vm, &THREAD_INFO, threads, &[])?);
    vm.interpreter().set_state_of("unraisable_args", UNRAISABLE_ARGS.get().to_value());

    let platform = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let fields = [
        // Programs ask for this name before they rely on CPython's bytecode, tables and reference counts, which are the same
        // here; the text of `sys.version` says who runs.
        ("name", text("cpython")),
        ("cache_tag", text("pyglass-314")),
        ("version", version),
        ("hexversion", number(HEX_VERSION)),
        ("_multiarch", text(&format!("{}-{platform}-gnu", std::env::consts::ARCH))),
        ("supports_isolated_interpreters", Value::FALSE),
    ];
    let attributes = PyDict::new_ref(vm);
    for (name, value) in fields {
        drop(attributes.set_str(&vm.intern(name), value));
    }
    let implementation = namespace::new_value(vm, attributes);
    let names: Vec<Value> = {
        let mut names: Vec<&str> = crate::NATIVE_MODULES.iter().map(|row| row.name).collect();
        names.sort_unstable();
        names.into_iter().map(|name| vm.intern(name).into_value()).collect()
    };
    for (name, value) in [
        ("implementation", implementation),
        ("version", text(&version_text())),
        ("hexversion", number(HEX_VERSION)),
        ("api_version", number(1013)),
        (
            "copyright",
            text(
                "Copyright (c) the pyglass developers; standard library: Copyright (c) Python Software Foundation.",
            ),
        ),
        ("platform", text(platform)),
        ("byteorder", text(if cfg!(target_endian = "little") { "little" } else { "big" })),
        ("maxsize", int::from_i64(vm, i64::MAX)),
        ("maxunicode", number(0x0010_ffff)),
        ("abiflags", text("")),
        ("platlibdir", text("lib")),
        ("float_repr_style", text("short")),
        ("builtin_module_names", PyTuple::new_value(vm, &names)),
        ("_framework", text("")),
        ("_git", PyTuple::new_value(vm, &[text("pyglass"), text(""), text("")])),
        ("_home", Value::NONE),
    ] {
        module::add(vm, sys, name, value);
    }
    let library: Vec<Value> =
        library_names::NAMES.iter().map(|name| vm.intern(name).into_value()).collect();
    module::add(vm, sys, "stdlib_module_names", set::frozen_constant(vm, &library));
    Ok(())
}
