//! The table of every opcode of CPython 3.14: the one place where an opcode is described.
//!
//! `for_each_opcode!` hands the whole table to the macro whose name it is given; the enum, the metadata and (in
//! the rooms above) the dispatch are expanded from it. The rows, one correct example of each kind:
//!
//! ```text
//! 44 BINARY_OP (left, right -- result) caches 5 [ARG ERROR ERROR_NO_POP ESCAPES] "what it does";   an instruction
//! 130 BINARY_OP_ADD_INT of BINARY_OP [EXIT ERROR ESCAPES] "for which operands";    a specialised form of its family
//! 257 JUMP (--) caches 0 [ARG JUMP EVAL_BREAK ERROR ESCAPES] "what it stands for";  exists in the compiler only
//! ```
//!
//! The number is CPython's. The stack effect reads bottom to top, inputs before `--`, outputs behind it; `name[count]`
//! stands for that many values, and `count` may use `oparg`. The inputs and outputs are what CPython's metadata counts
//! (`_PyOpcode_num_popped` and `_num_pushed`), so an input that stays is named on both sides. A specialised form has
//! its family's stack effect and caches.
//!
//! Flags: ARG takes an argument; CONST, NAME, LOCAL, FREE: the argument is an index into constants, names, local
//! variables, cells; JUMP: the argument is a distance; EVAL_BREAK looks at the eval breaker; DEOPT and EXIT: a guard
//! may send execution back to the family; ERROR may raise; ERROR_NO_POP may raise with its inputs still on the stack;
//! ESCAPES may run arbitrary code; PURE has no effect beyond its outputs; NO_SAVE_IP leaves the saved instruction alone.

/// Calls the macro `$callback` with the whole table. The table's first word is the identifier that counts in stack
/// effects use for the argument, so that the expansion can bind it.
#[macro_export]
macro_rules! for_each_opcode {
    ($callback:path) => {
        $callback! {
            oparg;
            instructions {
                0 CACHE (--) caches 0 [] "The space behind an instruction that keeps its inline cache; never executed.";
                1 BINARY_SLICE (container, start, stop -- result) caches 0 [ERROR ESCAPES] "container[start:stop].";
                2 BUILD_TEMPLATE (strings, interpolations -- template) caches 0 [ERROR ESCAPES] "The template string made of a tuple of texts and a tuple of interpolations.";
                4 CALL_FUNCTION_EX (function, null, arguments, keywords -- result) caches 0 [EVAL_BREAK ERROR ERROR_NO_POP ESCAPES] "function(*arguments, **keywords); keywords may be NULL.";
                5 CHECK_EG_MATCH (group, match_type -- rest, matched) caches 0 [ERROR ESCAPES] "Split an exception group by `except*`'s type; None stands for an empty part.";
                6 CHECK_EXC_MATCH (exception, match_type -- exception, matches) caches 0 [ERROR ERROR_NO_POP ESCAPES] "Whether the exception matches the type of an `except`.";
                7 CLEANUP_THROW (sub_iterator, last_sent, exception -- none, value) caches 0 [ERROR ERROR_NO_POP ESCAPES] "Behind throw() or close() into a delegating generator: StopIteration gives its value, anything else is raised again.";
                8 DELETE_SUBSCR (container, key --) caches 0 [ERROR ESCAPES] "del container[key].";
                9 END_FOR (value --) caches 0 [ESCAPES NO_SAVE_IP] "Drop the value that is left when a for loop's iterator is exhausted.";
                10 END_SEND (receiver, value -- value) caches 0 [ESCAPES PURE] "Drop the receiver of a finished `yield from` or `await`.";
                11 EXIT_INIT_CHECK (should_be_none --) caches 0 [ERROR ERROR_NO_POP ESCAPES] "Raise TypeError unless __init__ gave None.";
                12 FORMAT_SIMPLE (value -- text) caches 0 [ERROR ESCAPES] "format(value, ''); a str stays itself.";
                13 FORMAT_WITH_SPEC (value, format_spec -- text) caches 0 [ERROR ESCAPES] "format(value, format_spec).";
                14 GET_AITER (iterable -- iterator) caches 0 [ERROR ESCAPES] "iterable.__aiter__(), checked to be an asynchronous iterator.";
                15 GET_ANEXT (iterator -- iterator, awaitable) caches 0 [ERROR ERROR_NO_POP ESCAPES] "The awaitable of iterator.__anext__().";
                16 GET_ITER (iterable -- iterator) caches 0 [ERROR ESCAPES] "iter(iterable).";
                17 RESERVED (--) caches 0 [] "Never emitted; the number is kept free.";
                18 GET_LEN (object -- object, length) caches 0 [ERROR ESCAPES] "len(object), for patterns.";
                19 GET_YIELD_FROM_ITER (iterable -- iterator) caches 0 [ERROR ERROR_NO_POP ESCAPES] "The iterator that `yield from` delegates to: generators and coroutines stay themselves.";
                20 INTERPRETER_EXIT (value --) caches 0 [ESCAPES] "Leave the interpreter's native function; only in its entry trampoline.";
                21 LOAD_BUILD_CLASS (-- build_class) caches 0 [ERROR ESCAPES] "builtins.__build_class__.";
                22 LOAD_LOCALS (-- locals) caches 0 [ERROR ESCAPES] "The mapping of the local names of a class or module body.";
                23 MAKE_FUNCTION (code -- function) caches 0 [ERROR ESCAPES] "A function object of the code object.";
                24 MATCH_KEYS (subject, keys -- subject, keys, values) caches 0 [ERROR ESCAPES] "The values of a mapping pattern's keys, or None.";
                25 MATCH_MAPPING (subject -- subject, matches) caches 0 [] "Whether the subject is a mapping for patterns.";
                26 MATCH_SEQUENCE (subject -- subject, matches) caches 0 [] "Whether the subject is a sequence for patterns.";
                27 NOP (--) caches 0 [PURE] "Do nothing; keeps a line for tracing.";
                28 NOT_TAKEN (--) caches 0 [PURE] "Do nothing: marks the fall-through side of a conditional jump for monitoring.";
                29 POP_EXCEPT (exception --) caches 0 [ESCAPES] "The exception goes back to being the handled one: end of a handler.";
                30 POP_ITER (iterator --) caches 0 [ESCAPES PURE] "Drop the iterator of a finished for loop.";
                31 POP_TOP (value --) caches 0 [ESCAPES PURE] "Drop the top of the stack.";
                32 PUSH_EXC_INFO (exception -- previous, exception) caches 0 [] "Make the exception the handled one and keep the one before it below.";
                33 PUSH_NULL (-- null) caches 0 [PURE] "Push NULL: a call without self.";
                34 RETURN_GENERATOR (-- generator) caches 0 [ERROR ESCAPES] "Make the frame's generator, coroutine or asynchronous generator and return it.";
                35 RETURN_VALUE (value -- value) caches 0 [ESCAPES] "Return the value to the caller.";
                36 SETUP_ANNOTATIONS (--) caches 0 [ERROR ESCAPES] "Create __annotations__ in the local names if it is missing.";
                37 STORE_SLICE (value, container, start, stop --) caches 0 [ERROR ESCAPES] "container[start:stop] = value.";
                38 STORE_SUBSCR (value, container, key --) caches 1 [ERROR ESCAPES] "container[key] = value.";
                39 TO_BOOL (value -- truth) caches 3 [ERROR ESCAPES] "bool(value).";
                40 UNARY_INVERT (value -- result) caches 0 [ERROR ESCAPES] "~value.";
                41 UNARY_NEGATIVE (value -- result) caches 0 [ERROR ESCAPES] "-value.";
                42 UNARY_NOT (truth -- result) caches 0 [PURE] "not truth; the operand is already a bool.";
                43 WITH_EXCEPT_START (exit_function, exit_self, last_instruction, unused, exception -- exit_function, exit_self, last_instruction, unused, exception, result) caches 0 [ERROR ESCAPES] "Call a context manager's __exit__ with the exception.";
                44 BINARY_OP (left, right -- result) caches 5 [ARG ERROR ERROR_NO_POP ESCAPES] "left `op` right; oparg is the operator's number (`BinaryOperator`).";
                45 BUILD_INTERPOLATION (value, text, format_spec[oparg & 1] -- interpolation) caches 0 [ARG ERROR ESCAPES] "An interpolation of a template string; oparg holds the conversion and whether a format follows.";
                46 BUILD_LIST (values[oparg] -- list) caches 0 [ARG ERROR ERROR_NO_POP ESCAPES] "A list of the top oparg values.";
                47 BUILD_MAP (pairs[oparg * 2] -- dict) caches 0 [ARG ERROR ESCAPES] "A dict of the top oparg key-value pairs.";
                48 BUILD_SET (values[oparg] -- set) caches 0 [ARG ERROR ESCAPES] "A set of the top oparg values.";
                49 BUILD_SLICE (bounds[oparg] -- slice) caches 0 [ARG ERROR] "slice(start, stop) or slice(start, stop, step).";
                50 BUILD_STRING (texts[oparg] -- text) caches 0 [ARG ERROR] "The texts joined: an f-string.";
                51 BUILD_TUPLE (values[oparg] -- tuple) caches 0 [ARG ERROR ERROR_NO_POP] "A tuple of the top oparg values.";
                52 CALL (callable, self_or_null, arguments[oparg] -- result) caches 3 [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES] "callable(*arguments), with self in front if it is not NULL.";
                53 CALL_INTRINSIC_1 (value -- result) caches 0 [ARG ERROR ESCAPES] "The one-argument intrinsic `oparg`.";
                54 CALL_INTRINSIC_2 (first, second -- result) caches 0 [ARG ERROR ESCAPES] "The two-argument intrinsic `oparg`.";
                55 CALL_KW (callable, self_or_null, arguments[oparg], keyword_names -- result) caches 3 [ARG ERROR ERROR_NO_POP ESCAPES] "A call whose last arguments have the names in the tuple on top.";
                56 COMPARE_OP (left, right -- result) caches 1 [ARG ERROR ESCAPES] "A rich comparison: operator in the top bits of oparg, bit 4 asks for a bool.";
                57 CONTAINS_OP (left, right -- truth) caches 1 [ARG ERROR ESCAPES] "left in right; oparg 1 inverts.";
                58 CONVERT_VALUE (value -- text) caches 0 [ARG ERROR ESCAPES] "str, repr or ascii of a value in an f-string.";
                59 COPY (bottom, others[oparg - 1] -- bottom, others[oparg - 1], top) caches 0 [ARG PURE] "Push a copy of the oparg-th value from the top.";
                60 COPY_FREE_VARS (--) caches 0 [ARG] "Copy the function's closure of oparg cells into the frame.";
                61 DELETE_ATTR (owner --) caches 0 [ARG NAME ERROR ESCAPES] "del owner.name.";
                62 DELETE_DEREF (--) caches 0 [ARG FREE ERROR ERROR_NO_POP ESCAPES] "Empty a cell.";
                63 DELETE_FAST (--) caches 0 [ARG LOCAL ERROR ESCAPES] "Unbind a local variable.";
                64 DELETE_GLOBAL (--) caches 0 [ARG NAME ERROR ERROR_NO_POP ESCAPES] "del of a global name.";
                65 DELETE_NAME (--) caches 0 [ARG NAME ERROR ERROR_NO_POP ESCAPES] "del of a name of a class or module body.";
                66 DICT_MERGE (callable, null, arguments, dict, unused[oparg - 1], update -- callable, null, arguments, dict, unused[oparg - 1]) caches 0 [ARG ERROR ESCAPES] "Merge keyword arguments into a dict; duplicates raise TypeError.";
                67 DICT_UPDATE (dict, unused[oparg - 1], update -- dict, unused[oparg - 1]) caches 0 [ARG ERROR ESCAPES] "dict.update(update).";
                68 END_ASYNC_FOR (awaitable, exception --) caches 0 [ARG JUMP ERROR ERROR_NO_POP ESCAPES] "End of `async for`: swallow StopAsyncIteration, raise anything else; oparg leads back to the loop for monitoring.";
                69 EXTENDED_ARG (--) caches 0 [ARG] "Higher bits of the next instruction's argument.";
                70 FOR_ITER (iterator -- iterator, next) caches 1 [ARG JUMP ERROR ERROR_NO_POP ESCAPES] "The iterator's next value; when exhausted, jump behind the loop.";
                71 GET_AWAITABLE (iterable -- iterator) caches 0 [ARG ERROR ESCAPES] "The iterator of an awaitable; oparg says what for, for the error message.";
                72 IMPORT_FROM (module -- module, value) caches 0 [ARG NAME ERROR ESCAPES] "An attribute (or submodule) of the module.";
                73 IMPORT_NAME (level, from_list -- module) caches 0 [ARG NAME ERROR ESCAPES] "__import__ of a name.";
                74 IS_OP (left, right -- truth) caches 0 [ARG] "left is right; oparg 1 inverts.";
                75 JUMP_BACKWARD (--) caches 1 [ARG JUMP EVAL_BREAK ERROR ESCAPES] "Jump back; looks at the eval breaker.";
                76 JUMP_BACKWARD_NO_INTERRUPT (--) caches 0 [ARG JUMP] "Jump back without looking at the eval breaker.";
                77 JUMP_FORWARD (--) caches 0 [ARG JUMP] "Jump forward.";
                78 LIST_APPEND (list, unused[oparg - 1], value -- list, unused[oparg - 1]) caches 0 [ARG ERROR] "Append to the list oparg below: comprehensions.";
                79 LIST_EXTEND (list, unused[oparg - 1], iterable -- list, unused[oparg - 1]) caches 0 [ARG ERROR ESCAPES] "Extend the list oparg below.";
                80 LOAD_ATTR (owner -- attribute, self_or_null[oparg & 1]) caches 9 [ARG NAME ERROR ESCAPES] "owner.name, or a method and its self (low bit of oparg).";
                81 LOAD_COMMON_CONSTANT (-- value) caches 0 [ARG] "One of the constants that the compiler needs by identity (`CommonConstant`).";
                82 LOAD_CONST (-- value) caches 0 [ARG CONST] "co_consts[oparg].";
                83 LOAD_DEREF (-- value) caches 0 [ARG LOCAL ERROR ESCAPES] "The content of a cell; raises if it is empty.";
                84 LOAD_FAST (-- value) caches 0 [ARG LOCAL PURE] "A local variable that is surely bound.";
                85 LOAD_FAST_AND_CLEAR (-- value) caches 0 [ARG LOCAL] "A local variable or NULL, and unbind it: inlined comprehensions.";
                86 LOAD_FAST_BORROW (-- value) caches 0 [ARG LOCAL PURE] "As LOAD_FAST, where the local surely outlives the reference.";
                87 LOAD_FAST_BORROW_LOAD_FAST_BORROW (-- value1, value2) caches 0 [ARG LOCAL] "Two LOAD_FAST_BORROW; the variables are the two nibbles of oparg.";
                88 LOAD_FAST_CHECK (-- value) caches 0 [ARG LOCAL ERROR ESCAPES] "A local variable; raises UnboundLocalError if unbound.";
                89 LOAD_FAST_LOAD_FAST (-- value1, value2) caches 0 [ARG LOCAL] "Two LOAD_FAST; the variables are the two nibbles of oparg.";
                90 LOAD_FROM_DICT_OR_DEREF (class_dict -- value) caches 0 [ARG FREE ERROR ERROR_NO_POP ESCAPES] "A name in the mapping, else the content of a cell.";
                91 LOAD_FROM_DICT_OR_GLOBALS (mapping -- value) caches 0 [ARG NAME ERROR ERROR_NO_POP ESCAPES] "A name in the mapping, else global, else builtin.";
                92 LOAD_GLOBAL (-- value, null[oparg & 1]) caches 4 [ARG NAME ERROR ESCAPES] "A global or builtin, with a NULL behind it for a call (low bit of oparg).";
                93 LOAD_NAME (-- value) caches 0 [ARG NAME ERROR ESCAPES] "A name of a class or module body: local, global, builtin.";
                94 LOAD_SMALL_INT (-- value) caches 0 [ARG] "The integer oparg.";
                95 LOAD_SPECIAL (owner -- attribute, self_or_null) caches 0 [ARG ERROR ERROR_NO_POP ESCAPES] "A special method looked up on the type (`SpecialMethod`).";
                96 LOAD_SUPER_ATTR (super, class, self -- attribute, self_or_null[oparg & 1]) caches 1 [ARG NAME ERROR ESCAPES] "super(class, self).name without making the super object.";
                97 MAKE_CELL (--) caches 0 [ARG FREE ERROR ERROR_NO_POP ESCAPES] "Put the local variable's value into a new cell.";
                98 MAP_ADD (dict, unused[oparg - 1], key, value -- dict, unused[oparg - 1]) caches 0 [ARG ERROR ESCAPES] "dict[key] = value of the dict oparg below: comprehensions.";
                99 MATCH_CLASS (subject, class, names -- attributes) caches 0 [ARG ERROR ESCAPES] "The attributes of a class pattern, or None.";
                100 POP_JUMP_IF_FALSE (condition --) caches 1 [ARG JUMP] "Jump forward if the bool is False.";
                101 POP_JUMP_IF_NONE (value --) caches 1 [ARG JUMP] "Jump forward if the value is None.";
                102 POP_JUMP_IF_NOT_NONE (value --) caches 1 [ARG JUMP] "Jump forward if the value is not None.";
                103 POP_JUMP_IF_TRUE (condition --) caches 1 [ARG JUMP] "Jump forward if the bool is True.";
                104 RAISE_VARARGS (arguments[oparg] --) caches 0 [ARG ERROR ERROR_NO_POP ESCAPES] "raise; raise exception; raise exception from cause.";
                105 RERAISE (values[oparg], exception -- values[oparg]) caches 0 [ARG ERROR ERROR_NO_POP ESCAPES] "Raise the handled exception again; oparg 1: with the recorded instruction restored.";
                106 SEND (receiver, value -- receiver, result) caches 1 [ARG JUMP ERROR ESCAPES] "Send a value into the receiver; when it is finished, jump.";
                107 SET_ADD (set, unused[oparg - 1], value -- set, unused[oparg - 1]) caches 0 [ARG ERROR ESCAPES] "Add to the set oparg below: comprehensions.";
                108 SET_FUNCTION_ATTRIBUTE (attribute, function -- function) caches 0 [ARG ERROR ESCAPES] "Give a new function its defaults, annotations or closure.";
                109 SET_UPDATE (set, unused[oparg - 1], iterable -- set, unused[oparg - 1]) caches 0 [ARG ERROR ESCAPES] "Update the set oparg below.";
                110 STORE_ATTR (value, owner --) caches 4 [ARG NAME ERROR ESCAPES] "owner.name = value.";
                111 STORE_DEREF (value --) caches 0 [ARG FREE ESCAPES] "Fill a cell.";
                112 STORE_FAST (value --) caches 0 [ARG LOCAL ESCAPES] "Bind a local variable.";
                113 STORE_FAST_LOAD_FAST (value1 -- value2) caches 0 [ARG LOCAL ESCAPES] "STORE_FAST, then LOAD_FAST; the variables are the two nibbles of oparg.";
                114 STORE_FAST_STORE_FAST (value2, value1 --) caches 0 [ARG LOCAL ESCAPES] "Two STORE_FAST; the variables are the two nibbles of oparg.";
                115 STORE_GLOBAL (value --) caches 0 [ARG NAME ERROR ESCAPES] "Bind a global name.";
                116 STORE_NAME (value --) caches 0 [ARG NAME ERROR ESCAPES] "Bind a name of a class or module body.";
                117 SWAP (bottom, unused[oparg - 2], top -- bottom, unused[oparg - 2], top) caches 0 [ARG PURE] "Exchange the top with the oparg-th value from the top.";
                118 UNPACK_EX (sequence -- left[oparg & 0xFF], rest, right[oparg >> 8]) caches 0 [ARG ERROR ESCAPES] "Unpack with a starred target.";
                119 UNPACK_SEQUENCE (sequence -- values[oparg]) caches 1 [ARG ERROR ESCAPES] "Unpack exactly oparg values.";
                120 YIELD_VALUE (value -- value) caches 0 [ARG ESCAPES] "Suspend the generator and give the value out.";
                128 RESUME (--) caches 0 [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES] "Entry and re-entry of a frame: looks at the eval breaker; oparg says which entry.";
                234 INSTRUMENTED_END_FOR (receiver, value -- receiver) caches 0 [ERROR ERROR_NO_POP ESCAPES NO_SAVE_IP] "END_FOR under monitoring.";
                235 INSTRUMENTED_POP_ITER (iterator --) caches 0 [ESCAPES] "POP_ITER under monitoring.";
                236 INSTRUMENTED_END_SEND (receiver, value -- value) caches 0 [ERROR ERROR_NO_POP ESCAPES] "END_SEND under monitoring.";
                237 INSTRUMENTED_FOR_ITER (iterator -- iterator, next) caches 1 [ARG JUMP ERROR ERROR_NO_POP ESCAPES] "FOR_ITER under monitoring.";
                238 INSTRUMENTED_INSTRUCTION (--) caches 0 [ERROR ESCAPES] "Any instruction under an instruction event; the original is kept aside.";
                239 INSTRUMENTED_JUMP_FORWARD (--) caches 0 [ARG] "JUMP_FORWARD under monitoring.";
                240 INSTRUMENTED_NOT_TAKEN (--) caches 0 [] "NOT_TAKEN under monitoring.";
                241 INSTRUMENTED_POP_JUMP_IF_TRUE (condition --) caches 1 [ARG] "POP_JUMP_IF_TRUE under monitoring.";
                242 INSTRUMENTED_POP_JUMP_IF_FALSE (condition --) caches 1 [ARG] "POP_JUMP_IF_FALSE under monitoring.";
                243 INSTRUMENTED_POP_JUMP_IF_NONE (value --) caches 1 [ARG ESCAPES] "POP_JUMP_IF_NONE under monitoring.";
                244 INSTRUMENTED_POP_JUMP_IF_NOT_NONE (value --) caches 1 [ARG ESCAPES] "POP_JUMP_IF_NOT_NONE under monitoring.";
                245 INSTRUMENTED_RESUME (--) caches 0 [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES] "RESUME under monitoring.";
                246 INSTRUMENTED_RETURN_VALUE (value -- value) caches 0 [ERROR ESCAPES] "RETURN_VALUE under monitoring.";
                247 INSTRUMENTED_YIELD_VALUE (value -- value) caches 0 [ARG ERROR ERROR_NO_POP ESCAPES] "YIELD_VALUE under monitoring.";
                248 INSTRUMENTED_END_ASYNC_FOR (awaitable, exception --) caches 0 [ARG JUMP ERROR ERROR_NO_POP ESCAPES] "END_ASYNC_FOR under monitoring.";
                249 INSTRUMENTED_LOAD_SUPER_ATTR (super, class, self -- attribute, self_or_null[oparg & 1]) caches 1 [ARG NAME ERROR ESCAPES] "LOAD_SUPER_ATTR under monitoring.";
                250 INSTRUMENTED_CALL (callable, self_or_null, arguments[oparg] -- result) caches 3 [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES] "CALL under monitoring.";
                251 INSTRUMENTED_CALL_KW (callable, self_or_null, arguments[oparg], keyword_names -- result) caches 3 [ARG ERROR ERROR_NO_POP ESCAPES] "CALL_KW under monitoring.";
                252 INSTRUMENTED_CALL_FUNCTION_EX (function, null, arguments, keywords -- result) caches 0 [EVAL_BREAK ERROR ERROR_NO_POP ESCAPES] "CALL_FUNCTION_EX under monitoring.";
                253 INSTRUMENTED_JUMP_BACKWARD (--) caches 1 [ARG EVAL_BREAK ERROR ESCAPES] "JUMP_BACKWARD under monitoring.";
                254 INSTRUMENTED_LINE (--) caches 0 [ESCAPES] "Any instruction that starts a line under a line event; the original is kept aside.";
                255 ENTER_EXECUTOR (--) caches 0 [ARG] "Enter compiled code; never emitted here.";
            }
            specialised {
                3 BINARY_OP_INPLACE_ADD_UNICODE of BINARY_OP [LOCAL DEOPT EXIT ERROR ESCAPES] "str += str into the local variable that holds the left one.";
                129 BINARY_OP_ADD_FLOAT of BINARY_OP [EXIT ERROR] "float + float.";
                130 BINARY_OP_ADD_INT of BINARY_OP [EXIT ERROR ESCAPES] "int + int.";
                131 BINARY_OP_ADD_UNICODE of BINARY_OP [EXIT ERROR] "str + str.";
                132 BINARY_OP_EXTEND of BINARY_OP [DEOPT ERROR ESCAPES] "An operation of a table of type pairs.";
                133 BINARY_OP_MULTIPLY_FLOAT of BINARY_OP [EXIT ERROR] "float * float.";
                134 BINARY_OP_MULTIPLY_INT of BINARY_OP [EXIT ERROR ESCAPES] "int * int.";
                135 BINARY_OP_SUBSCR_DICT of BINARY_OP [EXIT ERROR ESCAPES] "dict[key].";
                136 BINARY_OP_SUBSCR_GETITEM of BINARY_OP [DEOPT] "A Python __getitem__.";
                137 BINARY_OP_SUBSCR_LIST_INT of BINARY_OP [DEOPT EXIT ESCAPES] "list[small int].";
                138 BINARY_OP_SUBSCR_LIST_SLICE of BINARY_OP [EXIT ERROR ESCAPES] "list[slice].";
                139 BINARY_OP_SUBSCR_STR_INT of BINARY_OP [DEOPT EXIT ESCAPES] "str[small int].";
                140 BINARY_OP_SUBSCR_TUPLE_INT of BINARY_OP [DEOPT EXIT] "tuple[small int].";
                141 BINARY_OP_SUBTRACT_FLOAT of BINARY_OP [EXIT ERROR] "float - float.";
                142 BINARY_OP_SUBTRACT_INT of BINARY_OP [EXIT ERROR ESCAPES] "int - int.";
                143 CALL_ALLOC_AND_ENTER_INIT of CALL [ARG DEOPT ERROR ERROR_NO_POP ESCAPES] "A class with a Python __init__ and the default __new__.";
                144 CALL_BOUND_METHOD_EXACT_ARGS of CALL [ARG DEOPT EXIT ESCAPES] "A bound method of a Python function with exactly its arguments.";
                145 CALL_BOUND_METHOD_GENERAL of CALL [ARG DEOPT EXIT ERROR ERROR_NO_POP ESCAPES] "A bound method of any Python function.";
                146 CALL_BUILTIN_CLASS of CALL [ARG EVAL_BREAK DEOPT ERROR ESCAPES] "A builtin class.";
                147 CALL_BUILTIN_FAST of CALL [ARG EVAL_BREAK DEOPT ERROR ESCAPES] "A builtin function of positional arguments.";
                148 CALL_BUILTIN_FAST_WITH_KEYWORDS of CALL [ARG EVAL_BREAK DEOPT ERROR ESCAPES] "A builtin function that also takes keywords.";
                149 CALL_BUILTIN_O of CALL [ARG EVAL_BREAK EXIT ERROR ESCAPES] "A builtin function of one argument.";
                150 CALL_ISINSTANCE of CALL [ARG DEOPT ERROR ERROR_NO_POP ESCAPES] "isinstance(object, class).";
                151 CALL_KW_BOUND_METHOD of CALL_KW [ARG DEOPT EXIT ERROR ESCAPES] "A bound method of a Python function, with keywords.";
                152 CALL_KW_NON_PY of CALL_KW [ARG EVAL_BREAK EXIT ERROR ESCAPES] "Anything that is not a Python function, with keywords.";
                153 CALL_KW_PY of CALL_KW [ARG DEOPT EXIT ERROR ESCAPES] "A Python function, with keywords.";
                154 CALL_LEN of CALL [DEOPT ERROR ERROR_NO_POP ESCAPES] "len(object).";
                155 CALL_LIST_APPEND of CALL [ARG DEOPT ERROR ESCAPES] "list.append whose result is dropped by the next instruction.";
                156 CALL_METHOD_DESCRIPTOR_FAST of CALL [ARG EVAL_BREAK EXIT ERROR ESCAPES] "A builtin method of positional arguments.";
                157 CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS of CALL [ARG EVAL_BREAK EXIT ERROR ESCAPES] "A builtin method that also takes keywords.";
                158 CALL_METHOD_DESCRIPTOR_NOARGS of CALL [ARG EVAL_BREAK EXIT ERROR ESCAPES] "A builtin method without arguments.";
                159 CALL_METHOD_DESCRIPTOR_O of CALL [ARG EVAL_BREAK EXIT ERROR ESCAPES] "A builtin method of one argument.";
                160 CALL_NON_PY_GENERAL of CALL [ARG EVAL_BREAK EXIT ERROR ESCAPES] "Anything that is not a Python function.";
                161 CALL_PY_EXACT_ARGS of CALL [ARG DEOPT EXIT] "A Python function with exactly its arguments.";
                162 CALL_PY_GENERAL of CALL [ARG DEOPT EXIT ERROR ERROR_NO_POP ESCAPES] "Any Python function.";
                163 CALL_STR_1 of CALL [ARG EVAL_BREAK DEOPT ERROR ESCAPES] "str(object).";
                164 CALL_TUPLE_1 of CALL [ARG EVAL_BREAK DEOPT ERROR ESCAPES] "tuple(iterable).";
                165 CALL_TYPE_1 of CALL [ARG DEOPT ESCAPES] "type(object).";
                166 COMPARE_OP_FLOAT of COMPARE_OP [ARG EXIT] "Two floats.";
                167 COMPARE_OP_INT of COMPARE_OP [ARG DEOPT EXIT] "Two small ints.";
                168 COMPARE_OP_STR of COMPARE_OP [ARG EXIT] "Equality of two strs.";
                169 CONTAINS_OP_DICT of CONTAINS_OP [ARG EXIT ERROR ESCAPES] "key in dict.";
                170 CONTAINS_OP_SET of CONTAINS_OP [ARG DEOPT ERROR ESCAPES] "value in set or frozenset.";
                171 FOR_ITER_GEN of FOR_ITER [ARG DEOPT] "A generator.";
                172 FOR_ITER_LIST of FOR_ITER [ARG JUMP DEOPT EXIT ESCAPES] "A list iterator.";
                173 FOR_ITER_RANGE of FOR_ITER [ARG JUMP EXIT ERROR] "A range iterator.";
                174 FOR_ITER_TUPLE of FOR_ITER [ARG JUMP EXIT ESCAPES] "A tuple iterator.";
                175 JUMP_BACKWARD_JIT of JUMP_BACKWARD [ARG JUMP EVAL_BREAK ERROR ESCAPES] "Counts towards compilation; never chosen here.";
                176 JUMP_BACKWARD_NO_JIT of JUMP_BACKWARD [ARG JUMP EVAL_BREAK ERROR ESCAPES] "Without a compiler.";
                177 LOAD_ATTR_CLASS of LOAD_ATTR [ARG EXIT] "An attribute of a class.";
                178 LOAD_ATTR_CLASS_WITH_METACLASS_CHECK of LOAD_ATTR [ARG EXIT] "An attribute of a class whose metaclass has no such data descriptor.";
                179 LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN of LOAD_ATTR [ARG NAME DEOPT] "A Python __getattribute__.";
                180 LOAD_ATTR_INSTANCE_VALUE of LOAD_ATTR [ARG DEOPT EXIT ESCAPES] "A value inline in the instance.";
                181 LOAD_ATTR_METHOD_LAZY_DICT of LOAD_ATTR [ARG DEOPT EXIT] "A method of an instance whose dict does not exist yet.";
                182 LOAD_ATTR_METHOD_NO_DICT of LOAD_ATTR [ARG EXIT] "A method of an instance without a dict.";
                183 LOAD_ATTR_METHOD_WITH_VALUES of LOAD_ATTR [ARG DEOPT EXIT] "A method that the instance's values do not hide.";
                184 LOAD_ATTR_MODULE of LOAD_ATTR [ARG DEOPT ESCAPES] "A name of a module.";
                185 LOAD_ATTR_NONDESCRIPTOR_NO_DICT of LOAD_ATTR [ARG EXIT ESCAPES] "A class attribute of an instance without a dict.";
                186 LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES of LOAD_ATTR [ARG DEOPT EXIT ESCAPES] "A class attribute that the instance's values do not hide.";
                187 LOAD_ATTR_PROPERTY of LOAD_ATTR [ARG DEOPT EXIT] "A property with a Python getter.";
                188 LOAD_ATTR_SLOT of LOAD_ATTR [ARG DEOPT EXIT] "A slot of the instance.";
                189 LOAD_ATTR_WITH_HINT of LOAD_ATTR [ARG NAME DEOPT EXIT ESCAPES] "A value of the instance's dict, place remembered.";
                190 LOAD_CONST_IMMORTAL of LOAD_CONST [ARG CONST] "An immortal constant.";
                191 LOAD_CONST_MORTAL of LOAD_CONST [ARG CONST] "A counted constant.";
                192 LOAD_GLOBAL_BUILTIN of LOAD_GLOBAL [ARG DEOPT] "A builtin.";
                193 LOAD_GLOBAL_MODULE of LOAD_GLOBAL [ARG DEOPT] "A global.";
                194 LOAD_SUPER_ATTR_ATTR of LOAD_SUPER_ATTR [ARG NAME DEOPT ERROR ESCAPES] "An attribute.";
                195 LOAD_SUPER_ATTR_METHOD of LOAD_SUPER_ATTR [ARG NAME DEOPT ERROR ERROR_NO_POP ESCAPES] "A method.";
                196 RESUME_CHECK of RESUME [DEOPT] "Nothing to do unless the eval breaker changed.";
                197 SEND_GEN of SEND [ARG DEOPT] "A generator or coroutine.";
                198 STORE_ATTR_INSTANCE_VALUE of STORE_ATTR [EXIT ESCAPES] "A value inline in the instance.";
                199 STORE_ATTR_SLOT of STORE_ATTR [DEOPT EXIT ESCAPES] "A slot of the instance.";
                200 STORE_ATTR_WITH_HINT of STORE_ATTR [ARG NAME DEOPT EXIT ESCAPES] "A value of the instance's dict, place remembered.";
                201 STORE_SUBSCR_DICT of STORE_SUBSCR [EXIT ERROR ESCAPES] "dict[key] = value.";
                202 STORE_SUBSCR_LIST_INT of STORE_SUBSCR [DEOPT EXIT ESCAPES] "list[small int] = value.";
                203 TO_BOOL_ALWAYS_TRUE of TO_BOOL [EXIT ESCAPES] "An object of a type that is always true.";
                204 TO_BOOL_BOOL of TO_BOOL [EXIT] "Already a bool.";
                205 TO_BOOL_INT of TO_BOOL [EXIT ESCAPES] "An int.";
                206 TO_BOOL_LIST of TO_BOOL [EXIT] "A list.";
                207 TO_BOOL_NONE of TO_BOOL [EXIT] "None.";
                208 TO_BOOL_STR of TO_BOOL [EXIT ESCAPES] "A str.";
                209 UNPACK_SEQUENCE_LIST of UNPACK_SEQUENCE [ARG DEOPT EXIT] "A list of oparg items.";
                210 UNPACK_SEQUENCE_TUPLE of UNPACK_SEQUENCE [ARG DEOPT EXIT] "A tuple of oparg items.";
                211 UNPACK_SEQUENCE_TWO_TUPLE of UNPACK_SEQUENCE [ARG DEOPT EXIT ESCAPES] "A tuple of two items.";
            }
            pseudo {
                256 ANNOTATIONS_PLACEHOLDER (--) caches 0 [PURE] "The place where deferred annotations go in.";
                257 JUMP (--) caches 0 [ARG JUMP EVAL_BREAK ERROR ESCAPES] "Jump either way; looks at the eval breaker when it goes back.";
                258 JUMP_IF_FALSE (condition -- condition) caches 0 [ARG JUMP ERROR ESCAPES] "Jump if the value is false and keep it.";
                259 JUMP_IF_TRUE (condition -- condition) caches 0 [ARG JUMP ERROR ESCAPES] "Jump if the value is true and keep it.";
                260 JUMP_NO_INTERRUPT (--) caches 0 [ARG JUMP] "Jump either way without looking at the eval breaker.";
                261 LOAD_CLOSURE (-- cell) caches 0 [ARG LOCAL PURE] "A cell of the frame, to build a closure.";
                262 POP_BLOCK (--) caches 0 [PURE] "Leave the innermost SETUP block.";
                263 SETUP_CLEANUP (-- last_instruction, exception) caches 0 [PURE ARG] "Handler that also gets the interrupted instruction's index.";
                264 SETUP_FINALLY (-- exception) caches 0 [PURE ARG] "Handler that gets the exception.";
                265 SETUP_WITH (-- exception) caches 0 [PURE ARG] "Handler of a with statement.";
                266 STORE_FAST_MAYBE_NULL (value --) caches 0 [ARG LOCAL ESCAPES] "STORE_FAST that may store NULL: inlined comprehensions.";
            }
        }
    };
}
