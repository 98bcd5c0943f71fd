//! `_hashlib`: every algorithm by name, keyed digests and keys out of passwords.

use objects::core::args::Bound;
use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::{int, mappingproxy, module, set};

use super::derivation::{self, Cost};
use super::digest::{ALGORITHMS, Algorithm, Digest, Keyed};
use super::hmac::{OPENSSL_HMAC, OPENSSL_HMAC_SPEC, openssl_object};
use super::named::{HASH, HASH_SPEC, HASHXOF, HASHXOF_SPEC, object_of};
use super::{data_of, feed};
use crate::NativeModule;

/// The row of `_hashlib`.
pub static MODULE: NativeModule = NativeModule {
    name: "_hashlib",
    doc: Some("OpenSSL interface for hashlib module"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

static UNSUPPORTED: StaticType = StaticType::inheriting();
const UNSUPPORTED_SPEC: TypeSpec = TypeSpec {
    name: "_hashlib.UnsupportedDigestmodError",
    base: Some(&exc::VALUE_ERROR),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    ..TypeSpec::DEFAULT
};

methods! { FUNCTIONS:
    /// Return a new hash object using the named algorithm.
    ///
    /// An optional string argument may be provided and will be
    /// automatically hashed.
    ///
    /// The MD5 and SHA1 algorithms are always supported.
    ["new"] "($module, /, name, data=b'', *, usedforsecurity=True, string=None)" Bound(new);
    /// Password based key derivation function 2 (PKCS #5 v2.0) with HMAC as pseudorandom function.
    ["pbkdf2_hmac"] "($module, /, hash_name, password, salt, iterations,\n            dklen=None)" Bound(pbkdf2_hmac);
    /// scrypt password-based key derivation function.
    ["scrypt"] "($module, /, password, *, salt, n, r, p, maxmem=0, dklen=64)" Bound(scrypt);
    /// Determine the OpenSSL FIPS mode of operation.
    ///
    /// For OpenSSL 3.0.0 and newer it returns the state of the default provider
    /// in the default OSSL context. It's not quite the same as FIPS_mode() but
    /// good enough for unittests.
    ///
    /// Effectively any non-zero return value indicates FIPS mode;
    /// values other than 1 may have additional significance.
    ["get_fips_mode"] "($module, /)" None(get_fips_mode);
    /// Return 'a == b'.
    ///
    /// This function uses an approach designed to prevent
    /// timing analysis, making it appropriate for cryptography.
    ///
    /// a and b must both be of the same type: either str (ASCII only),
    /// or any bytes-like object.
    ///
    /// Note: If a and b are of different lengths, or if an error occurs,
    /// a timing attack could theoretically reveal information about the
    /// types and lengths of a and b--but not their values.
    ["compare_digest"] "($module, a, b, /)" Positional(crate::operator::compare_digest);
    /// Single-shot HMAC.
    ["hmac_digest"] "($module, /, key, msg, digest)" Bound(hmac_digest);
    /// Return a new hmac object.
    ["hmac_new"] "($module, /, key, msg=b'', digestmod=None)" Bound(hmac_new);
    /// Returns a md5 hash object; optionally initialized with a string
    ["openssl_md5"] "($module, /, data=b'', *, usedforsecurity=True, string=None)" Bound(new_md5);
    /// Returns a sha1 hash object; optionally initialized with a string
    ["openssl_sha1"] "($module, /, data=b'', *, usedforsecurity=True, string=None)" Bound(new_sha1);
    /// Returns a sha224 hash object; optionally initialized with a string
    ["openssl_sha224"] "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)" Bound(new_sha224);
    /// Returns a sha256 hash object; optionally initialized with a string
    ["openssl_sha256"] "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)" Bound(new_sha256);
    /// Returns a sha384 hash object; optionally initialized with a string
    ["openssl_sha384"] "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)" Bound(new_sha384);
    /// Returns a sha512 hash object; optionally initialized with a string
    ["openssl_sha512"] "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)" Bound(new_sha512);
    /// Returns a sha3-224 hash object; optionally initialized with a string
    ["openssl_sha3_224"] "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)" Bound(new_sha3_224);
    /// Returns a sha3-256 hash object; optionally initialized with a string
    ["openssl_sha3_256"] "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)" Bound(new_sha3_256);
    /// Returns a sha3-384 hash object; optionally initialized with a string
    ["openssl_sha3_384"] "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)" Bound(new_sha3_384);
    /// Returns a sha3-512 hash object; optionally initialized with a string
    ["openssl_sha3_512"] "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)" Bound(new_sha3_512);
    /// Returns a shake-128 variable hash object; optionally initialized with a string
    ["openssl_shake_128"] "($module, /, data=b'', *, usedforsecurity=True,\n                  string=None)" Bound(new_shake_128);
    /// Returns a shake-256 variable hash object; optionally initialized with a string
    ["openssl_shake_256"] "($module, /, data=b'', *, usedforsecurity=True,\n                  string=None)" Bound(new_shake_256);
}

/// The algorithms that have a constructor of their own here.
const WITH_CONSTRUCTOR: [&str; 12] = [
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha3_224",
    "sha3_256",
    "sha3_384",
    "sha3_512",
    "shake_128",
    "shake_256",
];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::init_types(
        vm,
        &[(&HASH, &HASH_SPEC), (&HASHXOF, &HASHXOF_SPEC), (&OPENSSL_HMAC, &OPENSSL_HMAC_SPEC)],
    )?;
    objects::types::ready(vm, &UNSUPPORTED, &UNSUPPORTED_SPEC)?;
    module::add(vm, target, "HASH", HASH.get().to_value());
    module::add(vm, target, "HASHXOF", HASHXOF.get().to_value());
    module::add(vm, target, "HMAC", OPENSSL_HMAC.get().to_value());
    module::add(vm, target, "UnsupportedDigestmodError", UNSUPPORTED.get().to_value());
    let names: Vec<Value> = ALGORITHMS.iter().map(|row| PyStr::new_value(vm, row.name)).collect();
    module::add(vm, target, "openssl_md_meth_names", set::frozen_constant(vm, &names));
    let own = module::dict_of(vm, target);
    let constructors = PyDict::new_ref(vm);
    for name in WITH_CONSTRUCTOR {
        if let Some(function) = own.get_str(&vm.intern(&format!("openssl_{name}"))) {
            constructors.set(vm, &function, PyStr::new_value(vm, name))?;
        }
    }
    let constructors = mappingproxy::new(vm, &constructors.into_value());
    module::add(vm, target, "_constructors", constructors);
    module::add(vm, target, "_GIL_MINSIZE", Value::small_int_unchecked(2048));
    Ok(())
}

fn unsupported(vm: Vm<'_>) -> Raised {
    vm.error(&UNSUPPORTED, "[digital envelope routines] unsupported")
}

/// The algorithm of a name that is the argument of `function`.
fn by_name(
    vm: Vm<'_>,
    function: &str,
    parameter: &str,
    name: &Value,
) -> PyResult<&'static Algorithm> {
    let Some(text) = name.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "{function}() argument '{parameter}' must be str, not {}",
            name.class().name()
        )));
    };
    let text = text.to_rust_string();
    if text.contains('\0') {
        return Err(vm.value_error("embedded null character"));
    }
    Algorithm::find(&text).ok_or_else(|| unsupported(vm))
}

fn begin(
    vm: Vm<'_>,
    algorithm: &'static Algorithm,
    data: Option<&Value>,
    string: Option<&Value>,
) -> PyResult<Value> {
    let mut digest = Digest::new(algorithm);
    if let Some(data) = data_of(vm, data, string)? {
        digest.update(&feed(vm, data)?);
    }
    Ok(object_of(vm, digest))
}

fn new(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let algorithm = by_name(vm, "new", "name", args.required(0))?;
    begin(vm, algorithm, args.get(1), args.get_non_none(3))
}

macro_rules! constructors {
    ($($function:ident $name:literal;)*) => {$(
        fn $function(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
            let algorithm = Algorithm::spelt($name).ok_or_else(|| unsupported(vm))?;
            begin(vm, algorithm, args.get(0), args.get_non_none(2))
        }
    )*};
}

constructors! {
    new_md5 "md5";
    new_sha1 "sha1";
    new_sha224 "sha224";
    new_sha256 "sha256";
    new_sha384 "sha384";
    new_sha512 "sha512";
    new_sha3_224 "sha3_224";
    new_sha3_256 "sha3_256";
    new_sha3_384 "sha3_384";
    new_sha3_512 "sha3_512";
    new_shake_128 "shake_128";
    new_shake_256 "shake_256";
}

fn get_fips_mode(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(0))
}

/// The algorithm of a `digestmod`: a name, or one of this module's constructors.
fn algorithm_of(vm: Vm<'_>, module: &Value, digestmod: &Value) -> PyResult<&'static Algorithm> {
    let mut name = None;
    if digestmod.downcast::<PyStr>().is_some() {
        name = Some(digestmod.clone());
    } else {
        let constructors = vm.get_attr(module, &vm.intern("_constructors"))?;
        let found = vm.get_item(&constructors, digestmod);
        name = vm.catch(found, &exc::LOOKUP_ERROR)?.or(name);
    }
    let Some(name) = name else {
        let shown = vm.repr(digestmod)?.to_rust_string();
        return Err(vm.error(&UNSUPPORTED, format!("Unsupported digestmod {shown}")));
    };
    let algorithm = by_name(vm, "new", "name", &name)?;
    if algorithm.is_extendable() {
        return Err(vm.value_error("no reason supplied"));
    }
    Ok(algorithm)
}

fn hmac_new(vm: Vm<'_>, module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let key = bytes_like(vm, args.required(0))?.to_vec();
    let Some(digestmod) = args.get(2) else {
        return Err(vm.type_error("Missing required parameter 'digestmod'."));
    };
    let mut keyed = Keyed::new(algorithm_of(vm, module, digestmod)?, &key);
    if let Some(data) = args.get_non_none(1) {
        keyed.update(&feed(vm, data)?);
    }
    Ok(openssl_object(vm, keyed))
}

fn hmac_digest(vm: Vm<'_>, module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let key = bytes_like(vm, args.required(0))?.to_vec();
    let data = bytes_like(vm, args.required(1))?.to_vec();
    let mut keyed = Keyed::new(algorithm_of(vm, module, args.required(2))?, &key);
    keyed.update(&data);
    PyBytes::try_new_value(vm, &keyed.digest())
}

fn pbkdf2_hmac(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let algorithm = by_name(vm, "pbkdf2_hmac", "hash_name", args.required(0))?;
    let password = bytes_like(vm, args.required(1))?.to_vec();
    let salt = bytes_like(vm, args.required(2))?.to_vec();
    let bounded = |number: i64, what: &str, named: &str| match i32::try_from(number) {
        Ok(number) if number >= 1 => Ok(usize::try_from(number).unwrap_or(1)),
        Ok(_) => Err(vm.value_error(format!("{what} must be greater than 0."))),
        Err(_) if number < 0 => Err(vm.value_error(format!("{what} must be greater than 0."))),
        Err(_) => Err(vm.overflow_error(format!("{named} is too great."))),
    };
    let iterations = number::as_i64(vm, args.required(3))?;
    let iterations = bounded(iterations, "iteration value", "iteration value")?;
    let length = match args.get_non_none(4) {
        Some(length) => number::as_i64(vm, length)?,
        None => i64::try_from(algorithm.digest_size).unwrap_or(0),
    };
    let length = bounded(length, "key length", "key length")?;
    if algorithm.is_extendable() {
        return Err(vm.value_error("no reason supplied"));
    }
    let key = derivation::pbkdf2(vm, algorithm, &password, &salt, iterations, length)?;
    PyBytes::try_new_value(vm, &key)
}

/// A number that C would take as an `unsigned long`.
fn unsigned(vm: Vm<'_>, value: &Value) -> PyResult<u64> {
    let number = number::index(vm, value)?;
    if int::is_negative(&number) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    int::as_u64(&number)
        .ok_or_else(|| vm.overflow_error("Python int too large for C unsigned long"))
}

/// What scrypt may use when the caller names no limit.
const MEMORY_MAX: u64 = 32 << 20;

fn scrypt(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let password = bytes_like(vm, args.required(0))?.to_vec();
    let salt = bytes_like(vm, args.required(1))?.to_vec();
    let n = unsigned(vm, args.required(2))?;
    let r = unsigned(vm, args.required(3))?;
    let p = unsigned(vm, args.required(4))?;
    let limit = args.get(5).map_or(Ok(0), |limit| number::as_i64(vm, limit))?;
    let length = args.get(6).map_or(Ok(64), |length| number::as_i64(vm, length))?;
    if n < 2 || !n.is_power_of_two() {
        return Err(vm.value_error("n must be a power of 2."));
    }
    let Ok(limit) = u64::try_from(limit).and_then(|limit| i32::try_from(limit).map(|_| limit))
    else {
        return Err(vm.value_error("maxmem must be positive and smaller than 2147483647"));
    };
    let Some(length) = i32::try_from(length).ok().filter(|&length| length >= 1) else {
        return Err(vm.value_error("dklen must be greater than 0 and smaller than 2147483647"));
    };
    if r == 0 || p == 0 {
        return Err(vm.value_error("Invalid parameter combination for n, r, p, maxmem."));
    }
    let limit = if limit == 0 { MEMORY_MAX } else { limit };
    let used = 128_u64
        .checked_mul(r)
        .and_then(|block| block.checked_mul(n.checked_add(2)?.checked_add(p)?));
    let too_much = used.is_none_or(|used| used > limit)
        || p.checked_mul(r).is_none_or(|product| product >= 1 << 30)
        || (r < 4 && n >= 1 << (16 * r));
    let sizes = (usize::try_from(n), usize::try_from(r), usize::try_from(p));
    let (false, (Ok(n), Ok(r), Ok(p))) = (too_much, sizes) else {
        return Err(vm.value_error("[digital envelope routines] memory limit exceeded"));
    };
    let length = usize::try_from(length).unwrap_or(0);
    let key = derivation::scrypt(vm, &password, &salt, Cost { n, r, p }, length)?;
    PyBytes::try_new_value(vm, &key)
}
