//! `_multibytecodec` and the modules of East Asian codecs over it: the codec objects here, the incremental and stream
//! classes in `stream.rs`, the character sets in `charset.rs`.

mod charset;
mod stream;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::str::builder::Builder;
use objects::types::str::codec::Input;
use objects::types::str::codec::errors::{
    DecodeError, EncodeError, Errors, Replacement, handle_decode, handle_encode, raise_encode,
};
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;
use objects::types::{self, module};
use objects::{methods, payload};

use crate::NativeModule;
use charset::{Charset, Step};

/// `_multibytecodec`
pub static MODULE: NativeModule =
    NativeModule { name: "_multibytecodec", exec: Some(exec), ..NativeModule::DEFAULT };

macro_rules! families {
    ($($row:ident $name:literal $functions:ident $get:ident $codecs:expr;)*) => {
        $(
            /// A family of codecs.
            pub static $row: NativeModule =
                NativeModule { name: $name, functions: $functions, exec: Some(exec_family), ..NativeModule::DEFAULT };

            methods! { $functions:
                ["getcodec"] "($module, encoding, /)" One($get);
            }

            fn $get(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
                get_codec(vm, name, $codecs)
            }
        )*
    };
}

families! {
    CHINA "_codecs_cn" CHINA_FUNCTIONS china &["gb2312", "gbk", "gb18030"];
    TAIWAN "_codecs_tw" TAIWAN_FUNCTIONS taiwan &["big5", "cp950"];
    JAPAN "_codecs_jp" JAPAN_FUNCTIONS japan &["shift_jis", "cp932", "euc_jp"];
    KOREA "_codecs_kr" KOREA_FUNCTIONS korea &["euc_kr", "cp949"];
}

/// The character set of a codec.
struct Set(&'static Charset);

impl Traverse for Set {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a codec.
    struct PyMultibyteCodec: CODEC {
        set: Set,
    }
}

static CODEC: StaticType = StaticType::new::<PyMultibyteCodec>();

const CODEC_SPEC: TypeSpec = TypeSpec {
    name: "_multibytecodec.MultibyteCodec",
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE,
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return an encoded string version of `input'.
    ///
    /// 'errors' may be given to set a different error handling scheme. Default is
    /// 'strict' meaning that encoding errors raise a UnicodeEncodeError. Other possible
    /// values are 'ignore', 'replace' and 'xmlcharrefreplace' as well as any other name
    /// registered with codecs.register_error that can handle UnicodeEncodeErrors.
    ["encode"] "($self, /, input, errors=None)" Any(codec_encode);
    /// Decodes 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme. Default is
    /// 'strict' meaning that encoding errors raise a UnicodeDecodeError. Other possible
    /// values are 'ignore' and 'replace' as well as any other name registered with
    /// codecs.register_error that is able to handle UnicodeDecodeErrors."
    ["decode"] "($self, /, input, errors=None)" Any(codec_decode);
}

fn exec_family(vm: Vm<'_>, _this: &Value) -> PyResult<()> {
    types::init_types(vm, &[(&CODEC, &CODEC_SPEC)])
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(vm, &[(&CODEC, &CODEC_SPEC)])?;
    types::init_types(vm, stream::TYPES)?;
    for (name, class) in stream::names() {
        module::add(vm, this, name, class);
    }
    Ok(())
}

fn get_codec(vm: Vm<'_>, name: &Value, known: &[&str]) -> PyResult<Value> {
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(vm.type_error("encoding name must be a string."));
    };
    let name = name.to_rust_string();
    match Charset::find(&name).filter(|set| known.contains(&set.name)) {
        Some(set) => Ok(PyRef::new(vm, PyMultibyteCodec { set: Set(set) }).into_value()),
        None => Err(vm.lookup_error("no such codec is supported.")),
    }
}

/// The character set of a codec object.
fn set_of(codec: &Value) -> Option<&'static Charset> {
    codec.downcast::<PyMultibyteCodec>().map(|codec| codec.set.0)
}

/// Encodes a text.
fn encode(vm: Vm<'_>, set: &Charset, text: &PyRef<PyStr>, errors: &Errors) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    if out.try_reserve(text.len()).is_err() {
        return Err(vm.memory_error());
    }
    let one =
        |point: u32, out: &mut Vec<u8>| char::from_u32(point).is_some_and(|c| set.encode(c, out));
    let mut at = 0;
    while let Some(point) = storage::char_at(text, at) {
        if one(point, &mut out) {
            at += 1;
            continue;
        }
        let reason = "illegal multibyte sequence";
        let error = EncodeError { encoding: set.name, start: at, end: at + 1, reason };
        let (replacement, next) = handle_encode(vm, errors, text, error)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(points) => {
                for point in points {
                    if !one(point, &mut out) {
                        return Err(raise_encode(vm, text, error));
                    }
                }
            }
        }
        at = next;
    }
    Ok(out)
}

/// Decodes bytes: the text, and how many bytes were used. Only at the end of a stream must the last character be whole.
fn decode(
    vm: Vm<'_>,
    set: &Charset,
    input: &Input,
    errors: &Errors,
    is_final: bool,
) -> PyResult<(Value, usize)> {
    let mut out = Builder::new(vm);
    let mut at = 0;
    loop {
        // A handler may have put other bytes in.
        let bytes = input.bytes();
        let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else { break };
        let (end, reason) = match set.step(rest) {
            Step::Char(c, width) => {
                out.push(u32::from(c))?;
                at += width;
                continue;
            }
            Step::Incomplete if !is_final => break,
            Step::Incomplete => (bytes.len(), "incomplete multibyte sequence"),
            Step::Illegal(width) => (at + width, "illegal multibyte sequence"),
        };
        let error = DecodeError { encoding: set.name, start: at, end, reason };
        at = handle_decode(vm, errors, input, error, &mut out)?;
    }
    Ok((out.finish()?.into_value(), at))
}

/// The error handling that an argument names.
fn errors_of(vm: Vm<'_>, value: Option<&Value>) -> PyResult<Errors> {
    match value.filter(|value| !value.is_none()) {
        None => Ok(Errors::Strict),
        Some(value) => match value.downcast::<PyStr>() {
            Some(name) => Ok(Errors::of(Some(name))),
            None => Err(vm.type_error("errors must be a string")),
        },
    }
}

fn codec_encode(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(input, errors=None)");
    let bound = SIGNATURE.bind(vm, "encode", args)?;
    let set = this.receiver::<PyMultibyteCodec>().set.0;
    let text = text_of(vm, bound.required(0))?;
    let out = encode(vm, set, &text, &errors_of(vm, bound.get(1))?)?;
    let bytes = PyBytes::try_new_value(vm, &out)?;
    Ok(PyTuple::new_value(vm, &[bytes, Value::from_usize(text.len())]))
}

fn codec_decode(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(input, errors=None)");
    let bound = SIGNATURE.bind(vm, "decode", args)?;
    let set = this.receiver::<PyMultibyteCodec>().set.0;
    let input = Input::new(vm, bound.required(0))?;
    let length = input.bytes().len();
    let (text, _) = decode(vm, set, &input, &errors_of(vm, bound.get(1))?, true)?;
    Ok(PyTuple::new_value(vm, &[text, Value::from_usize(length)]))
}

/// The text to be encoded: a str, or what `str` makes of anything else.
fn text_of(vm: Vm<'_>, value: &Value) -> PyResult<PyRef<PyStr>> {
    match value.downcast::<PyStr>() {
        Some(text) => Ok(text.to_ref()),
        None => vm.str(value),
    }
}

/// Checks that a method got as many arguments as it takes.
fn no_more_than(vm: Vm<'_>, name: &str, args: &[Value], max: usize) -> PyResult<()> {
    check_count(vm, name, args.len(), 0, max)
}
