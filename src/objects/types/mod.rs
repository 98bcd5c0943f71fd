//! The builtin types, a file or a folder each.

pub mod async_generator;
pub mod bool_;
pub mod buffer_wrapper;
pub mod builtin_function;
pub mod bytes;
pub mod cell;
pub mod code;
mod code_making;
pub mod code_methods;
pub mod complex;
pub mod descriptors;
pub mod dict;
pub mod exceptions;
pub mod float_;
mod frame_jump;
pub mod frame_locals;
pub mod frame_object;
pub mod function;
pub mod generator;
pub mod generic_alias;
pub mod int;
pub mod iterators;
pub mod list;
pub mod mappingproxy;
pub mod memoryview;
pub mod module;
pub mod module_origin;
pub mod namespace;
pub mod numeric_format;
pub mod object_;
pub mod property;
pub mod range;
pub mod seq_shared;
pub mod set;
pub mod singletons;
pub mod slice;
pub mod str;
pub mod struct_sequence;
pub mod template;
pub mod traceback;
pub mod tuple;
pub mod type_;
pub mod type_alias;
pub mod type_params;
pub mod typing_objects;
pub mod union_;
pub mod weak_proxy;
pub mod weakref;

use crate::core::errors::PyResult;
use crate::core::type_object::{StaticType, TYPE};
use crate::core::type_spec::TypeSpec;
use crate::core::vm::Vm;

/// One builtin type and its description.
pub type TypeRow = (&'static StaticType, &'static TypeSpec);

/// The builtin types besides the exceptions (`exceptions::hierarchy::all`), each after its base.
pub static BUILTIN_TYPES: &[TypeRow] = &[
    (&object_::OBJECT, &object_::OBJECT_SPEC),
    (&TYPE, &type_::TYPE_SPEC),
    (&type_::super_::SUPER, &type_::super_::SUPER_SPEC),
    (&singletons::NONE_TYPE, &singletons::NONE_TYPE_SPEC),
    (&singletons::ELLIPSIS_TYPE, &singletons::ELLIPSIS_TYPE_SPEC),
    (&singletons::NOT_IMPLEMENTED_TYPE, &singletons::NOT_IMPLEMENTED_TYPE_SPEC),
    (&descriptors::METHOD_DESCRIPTOR, &descriptors::METHOD_DESCRIPTOR_SPEC),
    (&descriptors::CLASS_METHOD_DESCRIPTOR, &descriptors::CLASS_METHOD_DESCRIPTOR_SPEC),
    (&descriptors::GETSET_DESCRIPTOR, &descriptors::GETSET_DESCRIPTOR_SPEC),
    (&descriptors::MEMBER_DESCRIPTOR, &descriptors::MEMBER_DESCRIPTOR_SPEC),
    (&descriptors::WRAPPER_DESCRIPTOR, &descriptors::WRAPPER_DESCRIPTOR_SPEC),
    (&descriptors::METHOD_WRAPPER, &descriptors::METHOD_WRAPPER_SPEC),
    (&builtin_function::BUILTIN_FUNCTION, &builtin_function::BUILTIN_FUNCTION_SPEC),
    (&property::PROPERTY, &property::PROPERTY_SPEC),
    (&property::CLASS_METHOD, &property::CLASS_METHOD_SPEC),
    (&property::STATIC_METHOD, &property::STATIC_METHOD_SPEC),
    (&int::INT, &int::INT_SPEC),
    (&bool_::BOOL, &bool_::BOOL_SPEC),
    (&float_::FLOAT, &float_::FLOAT_SPEC),
    (&str::STR, &str::STR_SPEC),
    (&str::STR_ITERATOR, &str::STR_ITERATOR_SPEC),
    (&bytes::BYTES, &bytes::BYTES_SPEC),
    (&bytes::BYTEARRAY, &bytes::BYTEARRAY_SPEC),
    (&bytes::BYTES_ITERATOR, &bytes::BYTES_ITERATOR_SPEC),
    (&bytes::BYTEARRAY_ITERATOR, &bytes::BYTEARRAY_ITERATOR_SPEC),
    (&memoryview::MEMORY_VIEW, &memoryview::MEMORY_VIEW_SPEC),
    (&buffer_wrapper::BUFFER_WRAPPER, &buffer_wrapper::BUFFER_WRAPPER_SPEC),
    (&complex::COMPLEX, &complex::COMPLEX_SPEC),
    (&range::RANGE, &range::RANGE_SPEC),
    (&range::RANGE_ITERATOR, &range::RANGE_ITERATOR_SPEC),
    (&range::LONG_RANGE_ITERATOR, &range::LONG_RANGE_ITERATOR_SPEC),
    (&slice::SLICE, &slice::SLICE_SPEC),
    (&module::MODULE, &module::MODULE_SPEC),
    (&traceback::TRACEBACK, &traceback::TRACEBACK_SPEC),
    (&tuple::TUPLE, &tuple::TUPLE_SPEC),
    (&tuple::TUPLE_ITERATOR, &tuple::TUPLE_ITERATOR_SPEC),
    (&list::LIST, &list::LIST_SPEC),
    (&list::LIST_ITERATOR, &list::LIST_ITERATOR_SPEC),
    (&list::LIST_REVERSE_ITERATOR, &list::LIST_REVERSE_ITERATOR_SPEC),
    (&dict::DICT, &dict::DICT_SPEC),
    (&dict::DICT_KEYS, &dict::DICT_KEYS_SPEC),
    (&dict::DICT_VALUES, &dict::DICT_VALUES_SPEC),
    (&dict::DICT_ITEMS, &dict::DICT_ITEMS_SPEC),
    (&dict::DICT_KEY_ITERATOR, &dict::DICT_KEY_ITERATOR_SPEC),
    (&dict::DICT_VALUE_ITERATOR, &dict::DICT_VALUE_ITERATOR_SPEC),
    (&dict::DICT_ITEM_ITERATOR, &dict::DICT_ITEM_ITERATOR_SPEC),
    (&dict::DICT_REVERSE_KEY_ITERATOR, &dict::DICT_REVERSE_KEY_ITERATOR_SPEC),
    (&dict::DICT_REVERSE_VALUE_ITERATOR, &dict::DICT_REVERSE_VALUE_ITERATOR_SPEC),
    (&dict::DICT_REVERSE_ITEM_ITERATOR, &dict::DICT_REVERSE_ITEM_ITERATOR_SPEC),
    (&set::SET, &set::SET_SPEC),
    (&set::FROZENSET, &set::FROZENSET_SPEC),
    (&set::SET_ITERATOR, &set::SET_ITERATOR_SPEC),
    (&mappingproxy::MAPPING_PROXY, &mappingproxy::MAPPING_PROXY_SPEC),
    (&iterators::SEQUENCE_ITERATOR, &iterators::SEQUENCE_ITERATOR_SPEC),
    (&iterators::CALLABLE_ITERATOR, &iterators::CALLABLE_ITERATOR_SPEC),
    (&iterators::ENUMERATE, &iterators::ENUMERATE_SPEC),
    (&iterators::REVERSED, &iterators::REVERSED_SPEC),
    (&iterators::MAP, &iterators::MAP_SPEC),
    (&iterators::FILTER, &iterators::FILTER_SPEC),
    (&iterators::ZIP, &iterators::ZIP_SPEC),
    (&generic_alias::GENERIC_ALIAS, &generic_alias::GENERIC_ALIAS_SPEC),
    (&generic_alias::GENERIC_ALIAS_ITERATOR, &generic_alias::GENERIC_ALIAS_ITERATOR_SPEC),
    (&union_::UNION, &union_::UNION_SPEC),
    (&weakref::WEAK_REF, &weakref::WEAK_REF_SPEC),
    (&weak_proxy::WEAK_PROXY, &weak_proxy::WEAK_PROXY_SPEC),
    (&weak_proxy::WEAK_CALLABLE_PROXY, &weak_proxy::WEAK_CALLABLE_PROXY_SPEC),
    (&namespace::NAMESPACE, &namespace::NAMESPACE_SPEC),
    (&typing_objects::NO_DEFAULT_TYPE, &typing_objects::NO_DEFAULT_TYPE_SPEC),
    (&typing_objects::CONST_EVALUATOR, &typing_objects::CONST_EVALUATOR_SPEC),
    (&typing_objects::GENERIC, &typing_objects::GENERIC_SPEC),
    (&type_params::TYPE_VAR, &type_params::TYPE_VAR_SPEC),
    (&type_params::PARAM_SPEC, &type_params::PARAM_SPEC_SPEC),
    (&type_params::TYPE_VAR_TUPLE, &type_params::TYPE_VAR_TUPLE_SPEC),
    (&type_params::PARAM_SPEC_ARGS, &type_params::PARAM_SPEC_ARGS_SPEC),
    (&type_params::PARAM_SPEC_KWARGS, &type_params::PARAM_SPEC_KWARGS_SPEC),
    (&type_alias::TYPE_ALIAS, &type_alias::TYPE_ALIAS_SPEC),
    (&function::FUNCTION, &function::FUNCTION_SPEC),
    (&function::METHOD, &function::METHOD_SPEC),
    (&template::TEMPLATE, &template::TEMPLATE_SPEC),
    (&template::INTERPOLATION, &template::INTERPOLATION_SPEC),
    (&template::TEMPLATE_ITERATOR, &template::TEMPLATE_ITERATOR_SPEC),
    (&code::CODE, &code_methods::CODE_SPEC),
    (&cell::CELL, &cell::CELL_SPEC),
    (&frame_object::FRAME, &frame_object::FRAME_SPEC),
    (&frame_locals::FRAME_LOCALS, &frame_locals::FRAME_LOCALS_SPEC),
    (&generator::GENERATOR, &generator::GENERATOR_SPEC),
    (&generator::COROUTINE, &generator::COROUTINE_SPEC),
    (&generator::COROUTINE_WRAPPER, &generator::COROUTINE_WRAPPER_SPEC),
    (&async_generator::ASYNC_GENERATOR, &async_generator::ASYNC_GENERATOR_SPEC),
    (&async_generator::WRAPPED_VALUE, &async_generator::WRAPPED_VALUE_SPEC),
    (&async_generator::ASEND, &async_generator::ASEND_SPEC),
    (&async_generator::ATHROW, &async_generator::ATHROW_SPEC),
    (&module::MODULE, &module::MODULE_SPEC),
    (&traceback::TRACEBACK, &traceback::TRACEBACK_SPEC),
];

/// All rows, exceptions included, each after its base.
pub fn all() -> impl Iterator<Item = TypeRow> {
    BUILTIN_TYPES.iter().copied().chain(exceptions::hierarchy::all())
}

/// Makes the types of a native module ready, bases first. Types that are ready already stay as they are.
///
/// # Errors
/// What the finishing step of a type raises.
pub fn init_types(vm: Vm<'_>, rows: &[TypeRow]) -> PyResult<()> {
    for &(class, spec) in rows {
        if class.get().spec().is_none() {
            class.get().init_static(spec);
            type_::ready::make_ready(vm, class, spec)?;
        }
    }
    Ok(())
}

/// Makes one type of a native module ready; see [`init_types`].
///
/// # Errors
/// What its finishing step raises.
pub fn ready(vm: Vm<'_>, class: &'static StaticType, spec: &'static TypeSpec) -> PyResult<()> {
    init_types(vm, &[(class, spec)])
}

/// Makes all builtin types ready: first their layouts, so that objects of any of them can be made, then their contents.
///
/// # Errors
/// What the finishing step of a type raises.
pub fn init(vm: Vm<'_>) -> PyResult<()> {
    for (class, spec) in all() {
        class.get().init_static(spec);
    }
    for (class, spec) in all() {
        type_::ready::make_ready(vm, class, spec)?;
    }
    Ok(())
}
