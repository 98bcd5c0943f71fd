//! What the library calls: functions, aggregates, collations, and those who watch.
//!
//! Each is a boxed object that the library keeps the address of and gives back when it is replaced or the database closes.
#![expect(unsafe_code, reason = "the invariants are in the module doc above")]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};
use std::rc::Rc;

use libsqlite3_sys as ffi;
use objects::core::value::Value;
use objects::core::vm::Vm;

use super::{CALLER, Datum, Db, Failure, Restore, bytes_at, text_at};

type StepFn = unsafe extern "C" fn(*mut ffi::sqlite3_context, c_int, *mut *mut ffi::sqlite3_value);
type ValueFn = unsafe extern "C" fn(*mut ffi::sqlite3_context);
type GiveBackFn = unsafe extern "C" fn(*mut c_void);
type AuthorizeFn = unsafe extern "C" fn(
    *mut c_void,
    c_int,
    *const c_char,
    *const c_char,
    *const c_char,
    *const c_char,
) -> c_int;
type ProgressFn = unsafe extern "C" fn(*mut c_void) -> c_int;
type TraceFn = unsafe extern "C" fn(c_uint, *mut c_void, *mut c_void, *mut c_void) -> c_int;

const TRACE_STATEMENTS: c_uint = ffi::SQLITE_TRACE_STMT as c_uint;

/// A function of values.
pub(in super::super) trait Function {
    /// Its value.
    fn call(&self, vm: Vm<'_>, arguments: &[Datum]) -> Result<Datum, Failure>;
}

/// A function of rows.
pub(in super::super) trait Aggregate {
    /// The object of a new group of rows.
    fn begin(&self, vm: Vm<'_>) -> Result<Value, Failure>;
    /// Takes a row into the group, or out of it.
    fn step(
        &self,
        vm: Vm<'_>,
        group: &Value,
        arguments: &[Datum],
        goes_in: bool,
    ) -> Result<(), Failure>;
    /// The value of the group so far, or at its end.
    fn value(&self, vm: Vm<'_>, group: &Value, is_last: bool) -> Result<Datum, Failure>;
}

/// An order of texts.
pub(in super::super) trait Collation {
    /// Negative, zero or positive.
    fn compare(&self, vm: Vm<'_>, left: &[u8], right: &[u8]) -> c_int;
}

/// Who says what a statement may do.
pub(in super::super) trait Authorizer {
    /// The code that allows, ignores or denies.
    fn allow(&self, vm: Vm<'_>, action: c_int, arguments: [Option<Vec<u8>>; 4]) -> c_int;
}

/// Who is asked from time to time whether to go on.
pub(in super::super) trait Progress {
    /// Whether to stop.
    fn stops(&self, vm: Vm<'_>) -> bool;
}

/// Who sees the statements that run.
pub(in super::super) trait Trace {
    /// Sees a statement as it was written, and with its parameters filled in where that was possible.
    fn see(&self, vm: Vm<'_>, sql: &[u8], filled: Option<&[u8]>);
}

/// Runs `f` with the interpreter's lock, which the caller of the library gave away; None when nobody did, or after a panic.
fn entered<R>(f: impl FnOnce(Vm<'_>) -> R) -> Option<R> {
    let caller = CALLER.replace(null());
    let _restore = Restore(caller);
    // SAFETY: the state is that of a `Vm` further up this thread's stack, which waits for the library's call.
    let caller = unsafe { caller.as_ref() }?;
    catch_unwind(AssertUnwindSafe(|| Vm::enter(caller, f))).ok()
}

/// # Safety
/// `context` is the library's own during a call; `user` was registered as `T`.
unsafe fn user<'c, T>(context: *mut ffi::sqlite3_context) -> &'c T {
    // SAFETY: by contract; the library gives the object back only after the call.
    unsafe { &*ffi::sqlite3_user_data(context).cast::<T>() }
}

/// # Safety
/// The values are the library's own during a call.
unsafe fn arguments(count: c_int, values: *mut *mut ffi::sqlite3_value) -> Vec<Datum> {
    let count = usize::try_from(count).unwrap_or(0);
    (0..count)
        .map(|nth| {
            // SAFETY: by contract there are as many values; bytes are asked for before their number and copied at once.
            unsafe {
                let value = *values.add(nth);
                match ffi::sqlite3_value_type(value) {
                    ffi::SQLITE_INTEGER => Datum::Int(ffi::sqlite3_value_int64(value)),
                    ffi::SQLITE_FLOAT => Datum::Float(ffi::sqlite3_value_double(value)),
                    ffi::SQLITE_TEXT => {
                        let start = ffi::sqlite3_value_text(value);
                        Datum::Text(bytes_at(start, ffi::sqlite3_value_bytes(value)))
                    }
                    ffi::SQLITE_BLOB => {
                        let start = ffi::sqlite3_value_blob(value).cast();
                        Datum::Blob(bytes_at(start, ffi::sqlite3_value_bytes(value)))
                    }
                    _ => Datum::Null,
                }
            }
        })
        .collect()
}

/// # Safety
/// `context` is the library's own during a call.
unsafe fn answer(context: *mut ffi::sqlite3_context, answer: Option<Result<Datum, Failure>>) {
    // SAFETY: by contract; the library copies the bytes.
    unsafe {
        match answer {
            Some(Ok(Datum::Null)) => ffi::sqlite3_result_null(context),
            Some(Ok(Datum::Int(number))) => ffi::sqlite3_result_int64(context, number),
            Some(Ok(Datum::Float(number))) => ffi::sqlite3_result_double(context, number),
            Some(Ok(Datum::Text(bytes))) => ffi::sqlite3_result_text64(
                context,
                bytes.as_ptr().cast(),
                bytes.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                1,
            ),
            Some(Ok(Datum::Blob(bytes))) if bytes.is_empty() => {
                ffi::sqlite3_result_zeroblob(context, 0);
            }
            Some(Ok(Datum::Blob(bytes))) => ffi::sqlite3_result_blob64(
                context,
                bytes.as_ptr().cast(),
                bytes.len() as u64,
                ffi::SQLITE_TRANSIENT(),
            ),
            Some(Err(failure)) => fail(context, failure),
            None => fail(context, Failure::Message("the interpreter is not there")),
        }
    }
}

/// # Safety
/// `context` is the library's own during a call.
unsafe fn fail(context: *mut ffi::sqlite3_context, failure: Failure) {
    // SAFETY: by contract; the library copies the text.
    unsafe {
        match failure {
            Failure::NoMemory => ffi::sqlite3_result_error_nomem(context),
            Failure::TooBig => ffi::sqlite3_result_error_toobig(context),
            Failure::Message(text) => ffi::sqlite3_result_error(
                context,
                text.as_ptr().cast(),
                c_int::try_from(text.len()).unwrap_or(0),
            ),
        }
    }
}

unsafe extern "C" fn call_function(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: the library calls with its own context and values; the user's data is the box that was registered.
    unsafe {
        let function = user::<Box<dyn Function>>(context);
        let arguments = arguments(count, values);
        answer(context, entered(|vm| function.call(vm, &arguments)));
    }
}

/// Where the object of a group lies; null when there is no memory, or no group.
///
/// # Safety
/// `context` is the library's own during a call of an aggregate.
unsafe fn group_place(context: *mut ffi::sqlite3_context, is_made: bool) -> *mut *mut Value {
    let size = if is_made { size_of::<*mut Value>() } else { 0 };
    // SAFETY: by contract; new memory is zeroed, which is the null pointer.
    unsafe { ffi::sqlite3_aggregate_context(context, c_int::try_from(size).unwrap_or(0)).cast() }
}

/// # Safety
/// As for [`call_function`].
unsafe fn step_group(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
    goes_in: bool,
) {
    // SAFETY: as for `call_function`; the place holds null or a box that only `finish_group` frees.
    unsafe {
        let aggregate = user::<Box<dyn Aggregate>>(context);
        let place = group_place(context, true);
        if place.is_null() {
            return fail(context, Failure::NoMemory);
        }
        let arguments = arguments(count, values);
        let done = entered(|vm| {
            if (*place).is_null() {
                *place = Box::into_raw(Box::new(aggregate.begin(vm)?));
            }
            aggregate.step(vm, &**place, &arguments, goes_in)
        });
        match done {
            Some(Ok(())) => {}
            Some(Err(failure)) => fail(context, failure),
            None => fail(context, Failure::Message("the interpreter is not there")),
        }
    }
}

unsafe extern "C" fn step_in(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: the library's call.
    unsafe { step_group(context, count, values, true) }
}

unsafe extern "C" fn step_out(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: the library's call.
    unsafe { step_group(context, count, values, false) }
}

unsafe extern "C" fn group_value(context: *mut ffi::sqlite3_context) {
    // SAFETY: as for `step_group`.
    unsafe {
        let aggregate = user::<Box<dyn Aggregate>>(context);
        let place = group_place(context, false);
        if place.is_null() || (*place).is_null() {
            return;
        }
        let group = &**place;
        answer(context, entered(|vm| aggregate.value(vm, group, false)));
    }
}

unsafe extern "C" fn finish_group(context: *mut ffi::sqlite3_context) {
    // SAFETY: as for `step_group`; the box is taken out of its place, and the library asks for no more.
    unsafe {
        let aggregate = user::<Box<dyn Aggregate>>(context);
        let place = group_place(context, false);
        if place.is_null() || (*place).is_null() {
            return;
        }
        let group = Box::from_raw(std::mem::replace(&mut *place, null_mut()));
        if CALLER.get().is_null() {
            // A statement is being dropped: whoever drops it has the lock, and wants no value.
            return;
        }
        let value = entered(move |vm| {
            let value = aggregate.value(vm, &group, true);
            drop(group);
            value
        });
        answer(context, value);
    }
}

unsafe extern "C" fn compare_texts(
    data: *mut c_void,
    left_size: c_int,
    left: *const c_void,
    right_size: c_int,
    right: *const c_void,
) -> c_int {
    // SAFETY: the data is the box that was registered, the texts are the library's during the call.
    unsafe {
        let collation = &*data.cast::<Box<dyn Collation>>();
        let left = bytes_at(left.cast(), left_size);
        let right = bytes_at(right.cast(), right_size);
        entered(|vm| collation.compare(vm, &left, &right)).unwrap_or(0)
    }
}

unsafe extern "C" fn authorize(
    data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    source: *const c_char,
) -> c_int {
    // SAFETY: the data is the box that was registered; the texts are null or end in null.
    unsafe {
        let arguments = [first, second, database, source].map(|text| text_at(text));
        entered(|vm| {
            let authorizer = Rc::clone(&*data.cast::<Rc<dyn Authorizer>>());
            authorizer.allow(vm, action, arguments)
        })
        .unwrap_or(ffi::SQLITE_DENY)
    }
}

unsafe extern "C" fn ask_progress(data: *mut c_void) -> c_int {
    let stops = entered(|vm| {
        // SAFETY: the data is the box that was registered.
        let progress = Rc::clone(unsafe { &*data.cast::<Rc<dyn Progress>>() });
        progress.stops(vm)
    });
    c_int::from(stops.unwrap_or(false))
}

unsafe extern "C" fn see_statement(
    kind: c_uint,
    data: *mut c_void,
    statement: *mut c_void,
    sql: *mut c_void,
) -> c_int {
    if kind != TRACE_STATEMENTS {
        return 0;
    }
    // SAFETY: the data is the box that was registered; for this kind the others are a statement and its text.
    unsafe {
        let sql = text_at(sql.cast()).unwrap_or_default();
        let filled_text = ffi::sqlite3_expanded_sql(statement.cast());
        let filled = text_at(filled_text);
        ffi::sqlite3_free(filled_text.cast());
        entered(|vm| {
            let trace = Rc::clone(&*data.cast::<Rc<dyn Trace>>());
            trace.see(vm, &sql, filled.as_deref());
        });
    }
    0
}

unsafe extern "C" fn give_back<T>(data: *mut c_void) {
    // SAFETY: the library gives back each box once; it does so in a call that is made with the lock held.
    drop(unsafe { Box::from_raw(data.cast::<T>()) });
}

/// A database's watchers. They stay as long as the database, whatever sets others.
#[derive(Default)]
pub(super) struct Watchers {
    authorizer: Option<Box<Rc<dyn Authorizer>>>,
    progress: Option<Box<Rc<dyn Progress>>>,
    trace: Option<Box<Rc<dyn Trace>>>,
}

fn address<T>(kept: Option<&T>) -> *mut c_void {
    kept.map_or(null(), std::ptr::from_ref).cast_mut().cast()
}

impl Db {
    /// Sets who says what statements may do.
    pub(in super::super) fn set_authorizer(&self, new: Option<Rc<dyn Authorizer>>) -> c_int {
        let former = self.watchers.with_mut(|watchers| {
            let former = std::mem::replace(&mut watchers.authorizer, new.map(Box::new));
            let kept = watchers.authorizer.as_deref();
            let function = kept.is_some().then_some(authorize as AuthorizeFn);
            // SAFETY: the box stays where it is until another is set.
            let code =
                unsafe { ffi::sqlite3_set_authorizer(self.handle.0, function, address(kept)) };
            (code, former)
        });
        former.0
    }

    /// Sets who is asked each `steps` steps.
    pub(in super::super) fn set_progress(&self, steps: c_int, new: Option<Rc<dyn Progress>>) {
        let _former = self.watchers.with_mut(|watchers| {
            let former = std::mem::replace(&mut watchers.progress, new.map(Box::new));
            let kept = watchers.progress.as_deref();
            let function = kept.is_some().then_some(ask_progress as ProgressFn);
            // SAFETY: the box stays where it is until another is set.
            unsafe { ffi::sqlite3_progress_handler(self.handle.0, steps, function, address(kept)) };
            former
        });
    }

    /// Sets who sees the statements.
    pub(in super::super) fn set_trace(&self, new: Option<Rc<dyn Trace>>) {
        let _former = self.watchers.with_mut(|watchers| {
            let former = std::mem::replace(&mut watchers.trace, new.map(Box::new));
            let kept = watchers.trace.as_deref();
            let function = kept.is_some().then_some(see_statement as TraceFn);
            let mask = if kept.is_some() { TRACE_STATEMENTS } else { 0 };
            // SAFETY: the box stays where it is until another is set.
            unsafe { ffi::sqlite3_trace_v2(self.handle.0, mask, function, address(kept)) };
            former
        });
    }
}

impl Db {
    /// Registers a function, or takes it away.
    pub(in super::super) fn create_function(
        &self,
        name: &CStr,
        count: c_int,
        is_deterministic: bool,
        function: Option<Box<dyn Function>>,
    ) -> c_int {
        let flags = if is_deterministic { ffi::SQLITE_DETERMINISTIC } else { 0 } | ffi::SQLITE_UTF8;
        // SAFETY: the box is given back when the function is replaced, or at once on an error.
        unsafe {
            match function {
                Some(function) => ffi::sqlite3_create_function_v2(
                    self.handle.0,
                    name.as_ptr(),
                    count,
                    flags,
                    Box::into_raw(Box::new(function)).cast(),
                    Some(call_function),
                    None,
                    None,
                    Some(give_back::<Box<dyn Function>>),
                ),
                None => ffi::sqlite3_create_function_v2(
                    self.handle.0,
                    name.as_ptr(),
                    count,
                    flags,
                    null_mut(),
                    None,
                    None,
                    None,
                    None,
                ),
            }
        }
    }

    /// Registers an aggregate, which works on windows too where `is_window`, or takes it away.
    pub(in super::super) fn create_aggregate(
        &self,
        name: &CStr,
        count: c_int,
        is_window: bool,
        aggregate: Option<Box<dyn Aggregate>>,
    ) -> c_int {
        let window = is_window && aggregate.is_some();
        let is_some = aggregate.is_some();
        let data = aggregate
            .map_or(null_mut(), |aggregate| Box::into_raw(Box::new(aggregate)).cast::<c_void>());
        // SAFETY: the box is given back when the function is replaced, or at once on an error.
        unsafe {
            ffi::sqlite3_create_window_function(
                self.handle.0,
                name.as_ptr(),
                count,
                ffi::SQLITE_UTF8,
                data,
                is_some.then_some(step_in as StepFn),
                is_some.then_some(finish_group as ValueFn),
                window.then_some(group_value as ValueFn),
                window.then_some(step_out as StepFn),
                is_some.then_some(give_back::<Box<dyn Aggregate>> as GiveBackFn),
            )
        }
    }

    /// Registers a collation, or takes it away.
    pub(in super::super) fn create_collation(
        &self,
        name: &CStr,
        collation: Option<Box<dyn Collation>>,
    ) -> c_int {
        let Some(collation) = collation else {
            // SAFETY: the handle is open, the text ends in null.
            return unsafe {
                ffi::sqlite3_create_collation_v2(
                    self.handle.0,
                    name.as_ptr(),
                    ffi::SQLITE_UTF8,
                    null_mut(),
                    None,
                    None,
                )
            };
        };
        let data = Box::into_raw(Box::new(collation));
        // SAFETY: the box is given back when the collation is replaced; after an error it is still ours.
        unsafe {
            let code = ffi::sqlite3_create_collation_v2(
                self.handle.0,
                name.as_ptr(),
                ffi::SQLITE_UTF8,
                data.cast(),
                Some(compare_texts),
                Some(give_back::<Box<dyn Collation>>),
            );
            if code != ffi::SQLITE_OK {
                drop(Box::from_raw(data));
            }
            code
        }
    }
}
