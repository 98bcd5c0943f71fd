//! The table of word operations: the one place where a word's number, size and handler are written.
//!
//! `for_each_word_op!` hands the rows to the macro whose name it is given: `NAME number words COUNT handler;`. The dispatch,
//! the numbers in [`op`] and the sizes are expanded from it. A word's fields are in `machine.rs`; what each word means is
//! said at its handler.

macro_rules! for_each_word_op {
    ($callback:ident) => {
        $callback! {
            LOAD_FAST 1 words 1 ops::locals::load_fast;
            LOAD_FAST_PAIR 135 words 1 ops::locals::load_fast_pair;
            LOAD_FAST_CHECK 2 words 1 ops::locals::load_fast_check;
            LOAD_IMMEDIATE 3 words 2 ops::locals::load_immediate;
            LOAD_HEAP 4 words 2 ops::locals::load_heap;
            LOAD_NULL 5 words 1 ops::locals::load_null;
            STORE_FAST 6 words 1 ops::locals::store_fast;
            POP_TOP 7 words 1 ops::locals::pop_top;
            SWAP 8 words 1 ops::locals::swap;
            LOAD_FAST_AND_CLEAR 9 words 1 ops::locals::load_fast_and_clear;
            DELETE_FAST 10 words 1 ops::locals::delete_fast;
            LOAD_CODE 11 words 1 ops::locals::load_code;
            MAKE_CELL 12 words 1 ops::locals::make_cell;
            COPY_FREE_VARS 13 words 1 ops::locals::copy_free_vars;
            LOAD_DEREF 14 words 1 ops::locals::load_deref;
            STORE_DEREF 15 words 1 ops::locals::store_deref;
            DELETE_DEREF 16 words 1 ops::locals::delete_deref;

            JUMP 20 words 1 ops::jumps::jump;
            JUMP_BACKWARD 21 words 1 ops::jumps::jump_backward;
            JUMP_IF_TRUE 22 words 1 ops::jumps::jump_if_true;
            JUMP_IF_FALSE 23 words 1 ops::jumps::jump_if_false;
            JUMP_IF_NONE 24 words 1 ops::jumps::jump_if_none;
            JUMP_IF_NOT_NONE 25 words 1 ops::jumps::jump_if_not_none;
            TO_BOOL 26 words 1 ops::jumps::to_bool;
            TO_BOOL_JUMP 27 words 1 ops::jumps::to_bool_jump;
            RESUME 28 words 1 ops::jumps::resume;
            COMPARE_JUMP 29 words 2 ops::jumps::compare_jump;
            COMPARE_JUMP_INT 30 words 2 ops::jumps::compare_jump_int;
            COMPARE_JUMP_FLOAT 31 words 2 ops::jumps::compare_jump_float;
            COMPARE_JUMP_STR 32 words 2 ops::jumps::compare_jump_str;
            COMPARE_JUMP_CONST 97 words 3 ops::jumps::compare_jump_const;
            COMPARE_JUMP_STR_CONST 98 words 3 ops::jumps::compare_jump_str_const;
            UNARY_NOT 33 words 1 ops::jumps::unary_not;
            FOR_ITER 34 words 2 ops::iterate::for_iter;
            FOR_RANGE 35 words 2 ops::iterate::for_range;
            FOR_LIST 36 words 2 ops::iterate::for_list;
            FOR_TUPLE 37 words 2 ops::iterate::for_tuple;
            FOR_GENERATOR 38 words 2 ops::iterate::for_generator;
            FOR_PAIR 17 words 2 ops::iterate::for_pair;
            FOR_SET 168 words 2 ops::iterate::for_set;
            FOR_KEYS 205 words 2 ops::iterate::for_keys;
            FOR_STR 206 words 2 ops::iterate::for_str;
            FOR_BYTES 207 words 2 ops::iterate::for_bytes;
            FOR_NATIVE 18 words 2 ops::iterate::for_native;
            GET_ITER 39 words 1 ops::iterate::get_iter;

            BINARY_OP 40 words 2 ops::arithmetic::binary_op;
            ADD_INT 41 words 2 ops::arithmetic::add_int;
            SUBTRACT_INT 42 words 2 ops::arithmetic::subtract_int;
            MULTIPLY_INT 43 words 2 ops::arithmetic::multiply_int;
            ADD_FLOAT 44 words 2 ops::arithmetic::add_float;
            SUBTRACT_FLOAT 45 words 2 ops::arithmetic::subtract_float;
            MULTIPLY_FLOAT 46 words 2 ops::arithmetic::multiply_float;
            DIVIDE_FLOAT 47 words 2 ops::arithmetic::divide_float;
            AND_INT 48 words 2 ops::arithmetic::and_int;
            OR_INT 49 words 2 ops::arithmetic::or_int;
            XOR_INT 91 words 2 ops::arithmetic::xor_int;
            LEFT_SHIFT_INT 92 words 2 ops::arithmetic::left_shift_int;
            RIGHT_SHIFT_INT 93 words 2 ops::arithmetic::right_shift_int;
            FLOOR_DIVIDE_INT 94 words 2 ops::arithmetic::floor_divide_int;
            BINARY_NATIVE 19 words 2 ops::arithmetic::binary_native;
            STORE_SUBSCR_NATIVE 142 words 2 ops::containers::store_subscr_native;
            COMPARE_NATIVE 143 words 2 ops::compare::compare_native;
            COMPARE_PYTHON 99 words 2 ops::compare::compare_python;
            COMPARE_JUMP_PYTHON 116 words 2 ops::jumps::compare_jump_python;
            BINARY_PYTHON 96 words 2 ops::arithmetic::binary_python;
            REMAINDER_INT 95 words 2 ops::arithmetic::remainder_int;
            CONCAT_STR 50 words 2 ops::arithmetic::concat_str;
            SUBSCRIPT_LIST 51 words 2 ops::arithmetic::subscript_list;
            SUBSCRIPT_TUPLE 52 words 2 ops::arithmetic::subscript_tuple;
            SUBSCRIPT_STR 53 words 2 ops::arithmetic::subscript_str;
            SUBSCRIPT_DICT 54 words 2 ops::arithmetic::subscript_dict;
            UNARY_NEGATIVE 55 words 1 ops::arithmetic::unary_negative;
            UNARY_INVERT 56 words 1 ops::arithmetic::unary_invert;
            COMPARE_OP 57 words 2 ops::compare::compare_op;
            COMPARE_INT 58 words 2 ops::compare::compare_int;
            COMPARE_FLOAT 59 words 2 ops::compare::compare_float;
            COMPARE_STR 60 words 2 ops::compare::compare_str;
            IS_OP 61 words 1 ops::compare::is_op;
            CONTAINS_OP 62 words 2 ops::compare::contains_op;
            CONTAINS_JUMP 169 words 2 ops::compare::contains_jump;
            MIXED_FLOAT 63 words 2 ops::arithmetic::mixed_float;
            STORE_SUBSCR 64 words 2 ops::containers::store_subscr;
            STORE_SUBSCR_LIST 65 words 2 ops::containers::store_subscr_list;
            STORE_SUBSCR_DICT 66 words 2 ops::containers::store_subscr_dict;
            DELETE_SUBSCR 67 words 1 ops::containers::delete_subscr;
            BINARY_SLICE 68 words 2 ops::slices::binary_slice;
            STORE_SLICE 69 words 2 ops::slices::store_slice;
            BUILD_LIST 70 words 1 ops::containers::build_list;
            BUILD_TUPLE 71 words 1 ops::containers::build_tuple;
            BUILD_MAP 72 words 1 ops::containers::build_map;
            BUILD_SET 73 words 1 ops::containers::build_set;
            BUILD_SLICE 74 words 1 ops::slices::build_slice;
            BUILD_STRING 75 words 1 ops::containers::build_string;
            BUILD_TEMPLATE 76 words 1 ops::containers::build_template;
            BUILD_INTERPOLATION 77 words 1 ops::containers::build_interpolation;
            LIST_APPEND 78 words 1 ops::containers::list_append;
            LIST_EXTEND 79 words 1 ops::containers::list_extend;
            SET_ADD 80 words 1 ops::containers::set_add;
            SET_UPDATE 81 words 1 ops::containers::set_update;
            MAP_ADD 82 words 1 ops::containers::map_add;
            DICT_UPDATE 83 words 1 ops::containers::dict_update;
            DICT_MERGE 84 words 1 ops::containers::dict_merge;
            UNPACK_SEQUENCE 85 words 1 ops::containers::unpack_sequence;
            UNPACK_PAIR 117 words 1 ops::containers::unpack_pair;
            UNPACK_RUN 118 words 1 ops::containers::unpack_run;
            UNPACK_EX 86 words 1 ops::containers::unpack_ex;
            FORMAT_SIMPLE 87 words 1 ops::containers::format_simple;
            FORMAT_WITH_SPEC 88 words 1 ops::containers::format_with_spec;
            CONVERT_VALUE 89 words 1 ops::containers::convert_value;
            GET_LEN 90 words 1 ops::containers::get_len;

            LOAD_NAME 100 words 1 ops::names::load_name;
            STORE_NAME 101 words 1 ops::names::store_name;
            DELETE_NAME 102 words 1 ops::names::delete_name;
            LOAD_GLOBAL 103 words 3 ops::names::load_global;
            LOAD_GLOBAL_MODULE 104 words 3 ops::names::load_global_module;
            LOAD_GLOBAL_BUILTIN 105 words 3 ops::names::load_global_builtin;
            STORE_GLOBAL 106 words 1 ops::names::store_global;
            DELETE_GLOBAL 107 words 1 ops::names::delete_global;
            LOAD_LOCALS 108 words 1 ops::names::load_locals;
            LOAD_FROM_DICT_OR_DEREF 109 words 1 ops::names::load_from_dict_or_deref;
            LOAD_FROM_DICT_OR_GLOBALS 110 words 1 ops::names::load_from_dict_or_globals;
            LOAD_BUILD_CLASS 111 words 1 ops::names::load_build_class;
            LOAD_COMMON_CONSTANT 112 words 1 ops::names::load_common_constant;
            SETUP_ANNOTATIONS 113 words 1 ops::names::setup_annotations;
            IMPORT_NAME 114 words 1 ops::names::import_name;
            IMPORT_FROM 115 words 1 ops::names::import_from;

            LOAD_ATTR 120 words 4 ops::attributes::load_attr;
            LOAD_ATTR_VALUE 121 words 4 ops::attributes::load_attr_value;
            LOAD_ATTR_SLOT 122 words 4 ops::attributes::load_attr_slot;
            LOAD_ATTR_CLASS 123 words 4 ops::attributes::load_attr_class;
            LOAD_ATTR_MODULE 124 words 4 ops::attributes::load_attr_module;
            LOAD_ATTR_CONSTANT 125 words 4 ops::attributes::load_attr_constant;
            LOAD_METHOD 126 words 5 ops::methods::load_method;
            LOAD_METHOD_CACHED 127 words 5 ops::methods::load_method_cached;
            STORE_ATTR 128 words 3 ops::stores::store_attr;
            STORE_ATTR_VALUE 129 words 3 ops::stores::store_attr_value;
            STORE_ATTR_SLOT 130 words 3 ops::stores::store_attr_slot;
            DELETE_ATTR 131 words 1 ops::attributes::delete_attr;
            LOAD_SUPER_ATTR 132 words 1 ops::attributes::load_super_attr;
            LOAD_SPECIAL 133 words 1 ops::attributes::load_special;
            LOAD_METHOD_VALUE 119 words 5 ops::methods::load_method_value;
            LOAD_ATTR_PROPERTY 134 words 4 ops::attributes::load_attr_property;
            LOAD_METHOD_MODULE 136 words 5 ops::methods::load_method_module;
            LOAD_METHOD_CLASS 137 words 5 ops::methods::load_method_class;
            LOAD_METHOD_WRAPPED 138 words 5 ops::methods::load_method_wrapped;
            LOAD_ATTR_DESCRIPTOR 139 words 4 ops::attributes::load_attr_descriptor;
            LOAD_ATTR_DICT 140 words 4 ops::attributes::load_attr_dict;
            STORE_ATTR_DICT 141 words 3 ops::stores::store_attr_dict;

            CALL 150 words 3 ops::calls::call;
            CALL_PY 151 words 3 ops::calls::call_py;
            CALL_BOUND_PY 152 words 3 ops::calls::call_bound_py;
            CALL_CLASS 153 words 3 ops::calls::call_class;
            CALL_NATIVE 154 words 3 ops::native_calls::call_native;
            CALL_LEN 155 words 3 ops::native_calls::call_len;
            CALL_LIST_APPEND 156 words 3 ops::native_calls::call_list_append;
            CALL_BUILTIN 149 words 3 ops::native_calls::call_builtin;
            CALL_BUILTIN_CLASS 144 words 3 ops::native_calls::call_builtin_class;
            CALL_BUILTIN_ONE 148 words 3 ops::native_calls::call_builtin_one;
            CALL_METHOD_NONE 147 words 3 ops::native_calls::call_method_none;
            CALL_METHOD_ONE 146 words 3 ops::native_calls::call_method_one;
            CALL_PY_DEFAULTS 145 words 3 ops::calls::call_py_defaults;
            CALL_METHOD_DESCRIPTOR 157 words 3 ops::native_calls::call_method_descriptor;
            CALL_TYPE_1 158 words 3 ops::native_calls::call_type_1;
            CALL_KW 159 words 3 ops::unpacked_calls::call_kw;
            CALL_FUNCTION_EX 160 words 1 ops::unpacked_calls::call_function_ex;
            RETURN_VALUE 161 words 1 ops::returns::return_value;
            RETURN_IMMEDIATE 162 words 2 ops::returns::return_immediate;
            MAKE_FUNCTION 163 words 1 ops::calls::make_function;
            SET_FUNCTION_ATTRIBUTE 164 words 1 ops::calls::set_function_attribute;
            CALL_INTRINSIC_1 165 words 1 ops::intrinsics::call_intrinsic_1;
            CALL_INTRINSIC_2 166 words 1 ops::intrinsics::call_intrinsic_2;
            EXIT_INIT_CHECK 167 words 1 ops::calls::exit_init_check;

            RETURN_GENERATOR 170 words 1 ops::generators::return_generator;
            YIELD_VALUE 171 words 1 ops::generators::yield_value;
            SEND 172 words 2 ops::generators::send;
            END_SEND 173 words 1 ops::generators::end_send;
            GET_YIELD_FROM_ITER 174 words 1 ops::generators::get_yield_from_iter;
            GET_AWAITABLE 175 words 1 ops::generators::get_awaitable;
            GET_AITER 176 words 1 ops::generators::get_aiter;
            GET_ANEXT 177 words 1 ops::generators::get_anext;
            END_ASYNC_FOR 178 words 1 ops::generators::end_async_for;
            YIELD_FROM 180 words 1 ops::generators::yield_from;
            WRAP_YIELDED 181 words 1 ops::generators::wrap_yielded;
            YIELD_WRAPPED 182 words 1 ops::generators::yield_wrapped;
            CLEANUP_THROW 179 words 1 ops::generators::cleanup_throw;

            RAISE_VARARGS 190 words 1 ops::exceptions::raise_varargs;
            RERAISE 191 words 1 ops::exceptions::reraise;
            PUSH_EXC_INFO 192 words 1 ops::exceptions::push_exc_info;
            POP_EXCEPT 193 words 1 ops::exceptions::pop_except;
            CHECK_EXC_MATCH 194 words 1 ops::exceptions::check_exc_match;
            CHECK_EG_MATCH 195 words 1 ops::exceptions::check_eg_match;
            WITH_EXCEPT_START 196 words 1 ops::exceptions::with_except_start;
            MATCH_MAPPING 197 words 1 ops::matching::match_mapping;
            MATCH_SEQUENCE 198 words 1 ops::matching::match_sequence;
            MATCH_KEYS 199 words 1 ops::matching::match_keys;
            MATCH_CLASS 200 words 1 ops::matching::match_class;

            EVENT 210 words 2 ops::tracing::event;
            EVENT_OFF 211 words 2 ops::tracing::event_off;
            CHECK_VERSION 212 words 1 ops::tracing::check_version;
            SWITCH 213 words 1 ops::tracing::switch;
        }
    };
}

pub(crate) use for_each_word_op;

macro_rules! define_numbers {
    ($($name:ident $number:literal words $words:literal $($handler:ident)::+;)*) => {
        /// The numbers of the word operations.
        pub(crate) mod op {
            $(pub(crate) const $name: u8 = $number;)*
        }

        const WORD_COUNTS: [u8; 256] = {
            let mut counts = [1; 256];
            $(counts[$number] = $words;)*
            counts
        };

        /// How many words an operation has.
        #[inline]
        pub(crate) const fn word_count(op: u8) -> usize {
            WORD_COUNTS[op as usize] as usize
        }
    };
}

for_each_word_op!(define_numbers);
