//! What the words do, by topic. A handler is generic over the form of dispatch; its slow path is an ordinary function.

pub(crate) mod arithmetic;
pub(crate) mod attributes;
pub(crate) mod calls;
pub(crate) mod compare;
pub(crate) mod containers;
pub(crate) mod exceptions;
pub(crate) mod generators;
pub(crate) mod intrinsics;
pub(crate) mod iterate;
pub(crate) mod jumps;
pub(crate) mod locals;
pub(crate) mod matching;
pub(crate) mod methods;
pub(crate) mod names;
pub(crate) mod native_calls;
mod native_forms;
pub(crate) mod returns;
pub(crate) mod slices;
pub(crate) mod stores;
pub(crate) mod tracing;
pub(crate) mod unpacked_calls;

/// Handlers that are all slow path: `name => function;`.
macro_rules! slow_handlers {
    ($($(#[$meta:meta])* $name:ident => $function:expr;)*) => {
        $($(#[$meta])*
        #[inline(always)]
        pub(crate) fn $name<F: crate::dispatch::Form>(m: crate::machine::Machine) -> F::Out {
            F::slow(m, $function)
        })*
    };
}
pub(crate) use slow_handlers;

/// Handlers that run an ordinary function and go on behind the word: `name words => function;`.
macro_rules! native_handlers {
    ($($(#[$meta:meta])* $name:ident $words:literal => $function:expr;)*) => {
        $($(#[$meta])*
        #[inline(always)]
        pub(crate) fn $name<F: crate::dispatch::Form>(m: crate::machine::Machine) -> F::Out {
            let answer = crate::dispatch::call_out(m, |m| {
                let function: fn(&crate::machine::Machine) -> objects::core::errors::PyResult<()> = $function;
                match function(&m) {
                    Ok(()) => 1,
                    Err(_raised) => crate::dispatch::FAILED,
                }
            });
            if answer == crate::dispatch::FAILED { F::raise(m) } else { F::next(m, $words) }
        })*
    };
}
pub(crate) use native_handlers;
