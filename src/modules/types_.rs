//! `_types`: the types of the machine's own objects, by the names that `types` gives them.

use objects::core::errors::PyResult;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::types::async_generator::ASYNC_GENERATOR;
use objects::types::builtin_function::BUILTIN_FUNCTION;
use objects::types::cell::CELL;
use objects::types::code::CODE;
use objects::types::frame_object::FRAME;
use objects::types::function::{FUNCTION, METHOD};
use objects::types::generator::{COROUTINE, GENERATOR};
use objects::types::generic_alias::GENERIC_ALIAS;
use objects::types::mappingproxy::MAPPING_PROXY;
use objects::types::module::MODULE as MODULE_TYPE;
use objects::types::namespace::NAMESPACE;
use objects::types::singletons::{ELLIPSIS_TYPE, NONE_TYPE, NOT_IMPLEMENTED_TYPE};
use objects::types::traceback::TRACEBACK;
use objects::types::union_::UNION;
use objects::types::{descriptors, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_types",
    doc: Some("Define names for built-in types."),
    exec: Some(exec),
    ..NativeModule::DEFAULT
};

payload! {
    /// The payload of a capsule, what passes a native pointer from module to module in CPython: here there are none.
    struct PyCapsule: CAPSULE {}
}

static CAPSULE: StaticType = StaticType::new::<PyCapsule>();

const CAPSULE_SPEC: TypeSpec = TypeSpec {
    name: "PyCapsule",
    doc: Some(
        "Capsule objects let you wrap a C \"void *\" pointer in a Python\nobject.  They're a way of passing data through the Python interpreter\nwithout creating your own custom type.\n\nCapsules are used for communication between extension modules.\nThey provide a way for an extension module to export a C interface\nto other extension modules, so that extension modules can use the\nPython import mechanism to link to one another.",
    ),
    flags: spec_flags::DISALLOW_INSTANTIATION,
    ..TypeSpec::DEFAULT
};

static NAMES: &[(&str, &StaticType)] = &[
    ("AsyncGeneratorType", &ASYNC_GENERATOR),
    ("BuiltinFunctionType", &BUILTIN_FUNCTION),
    ("BuiltinMethodType", &BUILTIN_FUNCTION),
    ("CapsuleType", &CAPSULE),
    ("CellType", &CELL),
    ("ClassMethodDescriptorType", &descriptors::CLASS_METHOD_DESCRIPTOR),
    ("CodeType", &CODE),
    ("CoroutineType", &COROUTINE),
    ("EllipsisType", &ELLIPSIS_TYPE),
    ("FrameType", &FRAME),
    ("FunctionType", &FUNCTION),
    ("GeneratorType", &GENERATOR),
    ("GenericAlias", &GENERIC_ALIAS),
    ("GetSetDescriptorType", &descriptors::GETSET_DESCRIPTOR),
    ("LambdaType", &FUNCTION),
    ("MappingProxyType", &MAPPING_PROXY),
    ("MemberDescriptorType", &descriptors::MEMBER_DESCRIPTOR),
    ("MethodDescriptorType", &descriptors::METHOD_DESCRIPTOR),
    ("MethodType", &METHOD),
    ("MethodWrapperType", &descriptors::METHOD_WRAPPER),
    ("ModuleType", &MODULE_TYPE),
    ("NoneType", &NONE_TYPE),
    ("NotImplementedType", &NOT_IMPLEMENTED_TYPE),
    ("SimpleNamespace", &NAMESPACE),
    ("TracebackType", &TRACEBACK),
    ("UnionType", &UNION),
    ("WrapperDescriptorType", &descriptors::WRAPPER_DESCRIPTOR),
];

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, &[(&CAPSULE, &CAPSULE_SPEC)])?;
    for (name, class) in NAMES {
        module::add(vm, this, name, class.get().to_value());
    }
    Ok(())
}
