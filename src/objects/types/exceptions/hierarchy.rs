//! The exception classes: one row each (`Objects/exceptions.c` in CPython).

use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};

macro_rules! exceptions {
    ($($name:ident $text:literal $base:ident $doc:literal;)*) => {
        $(
            #[doc = concat!("`", $text, "`: ", $doc)]
            pub static $name: StaticType = StaticType::inheriting();
        )*

        /// The classes without fields of their own, each after its base.
        pub const SIMPLE: &[(&StaticType, TypeSpec)] = &[$((
            &$name,
            TypeSpec {
                name: $text,
                doc: Some($doc),
                base: Some(&$base),
                flags: spec_flags::BASETYPE | spec_flags::BASE_EXC_SUBCLASS,
                ..TypeSpec::DEFAULT
            },
        ),)*];
    };
}

pub use super::base::BASE_EXCEPTION;
pub use super::fields::{
    ATTRIBUTE_ERROR, IMPORT_ERROR, KEY_ERROR, NAME_ERROR, STOP_ITERATION, SYSTEM_EXIT,
};
pub use super::group::{BASE_EXCEPTION_GROUP, EXCEPTION_GROUP};
pub use super::os_error::OS_ERROR;
pub use super::syntax_error::SYNTAX_ERROR;
pub use super::unicode::{UNICODE_DECODE_ERROR, UNICODE_ENCODE_ERROR, UNICODE_TRANSLATE_ERROR};

exceptions! {
    EXCEPTION "Exception" BASE_EXCEPTION "Common base class for all non-exit exceptions.";
    GENERATOR_EXIT "GeneratorExit" BASE_EXCEPTION "Request that a generator exit.";
    KEYBOARD_INTERRUPT "KeyboardInterrupt" BASE_EXCEPTION "Program interrupted by user.";
    ARITHMETIC_ERROR "ArithmeticError" EXCEPTION "Base class for arithmetic errors.";
    FLOATING_POINT_ERROR "FloatingPointError" ARITHMETIC_ERROR "Floating-point operation failed.";
    OVERFLOW_ERROR "OverflowError" ARITHMETIC_ERROR "Result too large to be represented.";
    ZERO_DIVISION_ERROR "ZeroDivisionError" ARITHMETIC_ERROR "Second argument to a division or modulo operation was zero.";
    ASSERTION_ERROR "AssertionError" EXCEPTION "Assertion failed.";
    BUFFER_ERROR "BufferError" EXCEPTION "Buffer error.";
    EOF_ERROR "EOFError" EXCEPTION "Read beyond end of file.";
    MODULE_NOT_FOUND_ERROR "ModuleNotFoundError" IMPORT_ERROR "Module not found.";
    LOOKUP_ERROR "LookupError" EXCEPTION "Base class for lookup errors.";
    INDEX_ERROR "IndexError" LOOKUP_ERROR "Sequence index out of range.";
    MEMORY_ERROR "MemoryError" EXCEPTION "Out of memory.";
    UNBOUND_LOCAL_ERROR "UnboundLocalError" NAME_ERROR "Local name referenced but not bound to a value.";
    BLOCKING_IO_ERROR "BlockingIOError" OS_ERROR "I/O operation would block.";
    CHILD_PROCESS_ERROR "ChildProcessError" OS_ERROR "Child process error.";
    CONNECTION_ERROR "ConnectionError" OS_ERROR "Connection error.";
    BROKEN_PIPE_ERROR "BrokenPipeError" CONNECTION_ERROR "Broken pipe.";
    CONNECTION_ABORTED_ERROR "ConnectionAbortedError" CONNECTION_ERROR "Connection aborted.";
    CONNECTION_REFUSED_ERROR "ConnectionRefusedError" CONNECTION_ERROR "Connection refused.";
    CONNECTION_RESET_ERROR "ConnectionResetError" CONNECTION_ERROR "Connection reset.";
    FILE_EXISTS_ERROR "FileExistsError" OS_ERROR "File already exists.";
    FILE_NOT_FOUND_ERROR "FileNotFoundError" OS_ERROR "File not found.";
    INTERRUPTED_ERROR "InterruptedError" OS_ERROR "Interrupted by signal.";
    IS_A_DIRECTORY_ERROR "IsADirectoryError" OS_ERROR "Operation doesn't work on directories.";
    NOT_A_DIRECTORY_ERROR "NotADirectoryError" OS_ERROR "Operation only works on directories.";
    PERMISSION_ERROR "PermissionError" OS_ERROR "Not enough permissions.";
    PROCESS_LOOKUP_ERROR "ProcessLookupError" OS_ERROR "Process not found.";
    TIMEOUT_ERROR "TimeoutError" OS_ERROR "Timeout expired.";
    REFERENCE_ERROR "ReferenceError" EXCEPTION "Weak ref proxy used after referent went away.";
    RUNTIME_ERROR "RuntimeError" EXCEPTION "Unspecified run-time error.";
    NOT_IMPLEMENTED_ERROR "NotImplementedError" RUNTIME_ERROR "Method or function hasn't been implemented yet.";
    RECURSION_ERROR "RecursionError" RUNTIME_ERROR "Recursion limit exceeded.";
    PYTHON_FINALIZATION_ERROR "PythonFinalizationError" RUNTIME_ERROR "Operation blocked during Python finalization.";
    STOP_ASYNC_ITERATION "StopAsyncIteration" EXCEPTION "Signal the end from iterator.__anext__().";
    INDENTATION_ERROR "IndentationError" SYNTAX_ERROR "Improper indentation.";
    TAB_ERROR "TabError" INDENTATION_ERROR "Improper mixture of spaces and tabs.";
    INCOMPLETE_INPUT_ERROR "_IncompleteInputError" SYNTAX_ERROR "incomplete input.";
    SYSTEM_ERROR "SystemError" EXCEPTION "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.";
    TYPE_ERROR "TypeError" EXCEPTION "Inappropriate argument type.";
    VALUE_ERROR "ValueError" EXCEPTION "Inappropriate argument value (of correct type).";
    UNICODE_ERROR "UnicodeError" VALUE_ERROR "Unicode related error.";
    WARNING "Warning" EXCEPTION "Base class for warning categories.";
    BYTES_WARNING "BytesWarning" WARNING "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.";
    DEPRECATION_WARNING "DeprecationWarning" WARNING "Base class for warnings about deprecated features.";
    ENCODING_WARNING "EncodingWarning" WARNING "Base class for warnings about encodings.";
    FUTURE_WARNING "FutureWarning" WARNING "Base class for warnings about constructs that will change semantically\nin the future.";
    IMPORT_WARNING "ImportWarning" WARNING "Base class for warnings about probable mistakes in module imports";
    PENDING_DEPRECATION_WARNING "PendingDeprecationWarning" WARNING "Base class for warnings about features which will be deprecated\nin the future.";
    RESOURCE_WARNING "ResourceWarning" WARNING "Base class for warnings about resource usage.";
    RUNTIME_WARNING "RuntimeWarning" WARNING "Base class for warnings about dubious runtime behavior.";
    SYNTAX_WARNING "SyntaxWarning" WARNING "Base class for warnings about dubious syntax.";
    UNICODE_WARNING "UnicodeWarning" WARNING "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.";
    USER_WARNING "UserWarning" WARNING "Base class for warnings generated by user code.";
}

/// Every exception class, each after its bases.
pub fn all() -> impl Iterator<Item = (&'static StaticType, &'static TypeSpec)> {
    const FIRST: &[(&StaticType, TypeSpec)] =
        &[(&BASE_EXCEPTION, super::base::BASE_EXCEPTION_SPEC)];
    const OWN_FIELDS: &[(&StaticType, TypeSpec)] = &[
        (&ATTRIBUTE_ERROR, super::fields::ATTRIBUTE_ERROR_SPEC),
        (&NAME_ERROR, super::fields::NAME_ERROR_SPEC),
        (&IMPORT_ERROR, super::fields::IMPORT_ERROR_SPEC),
        (&STOP_ITERATION, super::fields::STOP_ITERATION_SPEC),
        (&SYSTEM_EXIT, super::fields::SYSTEM_EXIT_SPEC),
        (&KEY_ERROR, super::fields::KEY_ERROR_SPEC),
        (&OS_ERROR, super::os_error::OS_ERROR_SPEC),
        (&SYNTAX_ERROR, super::syntax_error::SYNTAX_ERROR_SPEC),
        (&UNICODE_ENCODE_ERROR, super::unicode::UNICODE_ENCODE_ERROR_SPEC),
        (&UNICODE_DECODE_ERROR, super::unicode::UNICODE_DECODE_ERROR_SPEC),
        (&UNICODE_TRANSLATE_ERROR, super::unicode::UNICODE_TRANSLATE_ERROR_SPEC),
        (&BASE_EXCEPTION_GROUP, super::group::BASE_EXCEPTION_GROUP_SPEC),
        (&EXCEPTION_GROUP, super::group::EXCEPTION_GROUP_SPEC),
    ];
    let rows = || FIRST.iter().chain(SIMPLE).chain(OWN_FIELDS);
    // A row whose base stands in a later table waits for it: the depth below BaseException decides. Siblings come by name, as
    // `__subclasses__()` of CPython's shows them; ExceptionGroup, which has a second base to finish, comes last.
    (0..8).flat_map(move |depth| {
        let mut level: Vec<_> = rows()
            .filter(|(_, spec)| depth_of(spec, rows) == depth)
            .map(|(class, spec)| (*class, spec))
            .collect();
        level.sort_by_key(|(_, spec)| (spec.finish.is_some(), spec.name));
        level
    })
}

fn depth_of<I: Iterator<Item = &'static (&'static StaticType, TypeSpec)>>(
    spec: &TypeSpec,
    rows: impl Fn() -> I,
) -> usize {
    let mut depth = 0;
    let mut base = spec.base;
    while let Some(class) = base {
        depth += 1;
        base = rows().find(|(row, _)| std::ptr::eq(*row, class)).and_then(|(_, spec)| spec.base);
    }
    depth
}
