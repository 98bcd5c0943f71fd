//! Arguments bound to parameters where they lie: in the registers that become the callee's first ones.
//!
//! This is the short way, without any memory of its own, for calls that fit their function; `enter::bind` is the long one,
//! which also finds the words for calls that do not. Everything is looked at before anything is moved, so that a refusal
//! leaves the registers as they were.

use bytecode::code_spec::code_flags;
use objects::core::frame::Register;
use objects::core::object::Py;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::function::PyFunction;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use crate::enter::is_exact;
use crate::machine::{Machine, new_reference, owned, value_bits_at};

/// Keywords, and keyword-only parameters, of a call that is bound here.
const KEYWORDS_MAX: usize = 8;
/// A place of a keyword that goes to `**kwargs`.
const EXTRA: usize = usize::MAX;

/// What is known of a call before anything is moved.
struct Plan {
    positional: usize,
    keywords: usize,
    /// Where each keyword's value goes.
    targets: [usize; KEYWORDS_MAX],
    /// Parameters that the arguments fill, a bit each.
    filled: u64,
}

/// The places of keywords, by identity of interned names first.
fn plan(
    code: &Py<PyCode>,
    given: usize,
    names: Option<&Py<PyTuple>>,
    takes_extra: bool,
) -> Option<Plan> {
    let spec = code.spec();
    let names = names.map_or(&[][..], |names| names.items());
    let total = (spec.argcount + spec.kwonlyargcount) as usize;
    if names.len() > KEYWORDS_MAX || total >= 64 {
        return None;
    }
    let positional = given - names.len();
    let by_position = positional.min(spec.argcount as usize);
    let mut plan = Plan {
        positional,
        keywords: names.len(),
        targets: [EXTRA; KEYWORDS_MAX],
        filled: (1 << by_position) - 1,
    };
    let first = spec.posonlyargcount as usize;
    let parameters = code.locals().get(first..total)?;
    for (key, target) in names.iter().zip(&mut plan.targets) {
        let name = key.downcast::<PyStr>()?;
        let found = parameters
            .iter()
            .position(|parameter| parameter.is(name))
            .or_else(|| parameters.iter().position(|parameter| parameter.same_text(name)));
        match found {
            Some(index) => {
                let bit = 1 << (first + index);
                if plan.filled & bit != 0 {
                    return None;
                }
                plan.filled |= bit;
                *target = first + index;
            }
            None if takes_extra => {}
            None => return None,
        }
    }
    Some(plan)
}

/// The defaults of keyword-only parameters that got no argument.
fn keyword_defaults(
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    filled: u64,
) -> Option<[Register; KEYWORDS_MAX]> {
    let spec = code.spec();
    let (first, count) = (spec.argcount as usize, spec.kwonlyargcount as usize);
    let mut values = [Register::NULL; KEYWORDS_MAX];
    if count == 0 {
        return Some(values);
    }
    if count > KEYWORDS_MAX {
        return None;
    }
    let all = ((1u64 << count) - 1) << first;
    if filled & all == all {
        return Some(values);
    }
    let defaults = function.kwdefaults.get()?;
    let defaults = defaults.downcast::<PyDict>()?;
    for (index, value) in values.iter_mut().enumerate().take(count) {
        if filled & (1 << (first + index)) == 0 {
            // Borrowed from the dict, which nothing changes before the value is put into its place.
            let position = defaults.entry_index(&code.locals()[first + index])?;
            *value = Register(value_bits_at(defaults, position));
        }
    }
    Some(values)
}

/// A call that leaves out the last parameters, which have defaults.
fn fill_defaults(
    callee: Machine,
    function: &Py<PyFunction>,
    count: usize,
    given: usize,
) -> Option<usize> {
    function.defaults.with(|defaults| {
        let defaults = defaults.as_ref()?.downcast::<PyTuple>()?.items();
        let missing = count - given;
        let first = defaults.len().checked_sub(missing)?;
        for (index, default) in (given..count).zip(defaults.get(first..)?) {
            callee.put(index, default.clone());
        }
        Some(count)
    })
}

/// A call without keywords of a function with `*args`, `**kwargs` or both.
fn without_keywords(
    callee: Machine,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    given: usize,
) -> Option<usize> {
    let spec = code.spec();
    let count = spec.argcount as usize;
    let takes_rest = spec.flags & code_flags::VARARGS != 0;
    if given > count && !takes_rest {
        return None;
    }
    let surplus = given.saturating_sub(count);
    let rest = if takes_rest {
        match PyTuple::try_from_fn(callee.vm(), surplus, |nth| callee.take(count + nth)) {
            Ok(tuple) => Some(tuple.into_value()),
            Err(raised) => {
                callee.vm().clear(raised);
                return None;
            }
        }
    } else {
        None
    };
    if given < count {
        fill_defaults(callee, function, count, given)?;
    }
    let mut end = count;
    if let Some(rest) = rest {
        callee.put(end, rest);
        end += 1;
    }
    if spec.flags & code_flags::VARKEYWORDS != 0 {
        callee.put(end, PyDict::new_ref(callee.vm()).into_value());
        end += 1;
    }
    Some(end)
}

/// Binds `given` arguments, the last of them named by `names`, that lie in the first registers of `callee`: how many
/// registers they fill then. None when that takes the long way; then nothing has been moved.
pub(crate) fn in_place(
    callee: Machine,
    function: &Py<PyFunction>,
    code: &Py<PyCode>,
    given: usize,
    names: Option<&Py<PyTuple>>,
) -> Option<usize> {
    if names.is_none() && is_exact(code, given) {
        return Some(given);
    }
    let spec = code.spec();
    if names.is_none()
        && given < spec.argcount as usize
        && spec.kwonlyargcount == 0
        && spec.flags & (code_flags::VARARGS | code_flags::VARKEYWORDS) == 0
    {
        return fill_defaults(callee, function, spec.argcount as usize, given);
    }
    if names.is_none() && spec.kwonlyargcount == 0 {
        return without_keywords(callee, function, code, given);
    }
    let takes_rest = spec.flags & code_flags::VARARGS != 0;
    let takes_extra = spec.flags & code_flags::VARKEYWORDS != 0;
    let plan = plan(code, given, names, takes_extra)?;
    let count = spec.argcount as usize;
    if plan.positional > count && !takes_rest {
        return None;
    }
    let defaults = function.defaults.get();
    let defaults = defaults.as_ref().and_then(|defaults| defaults.downcast::<PyTuple>());
    let defaults = defaults.map_or(&[][..], |defaults| defaults.items());
    let required = (1u64 << count.saturating_sub(defaults.len())) - 1;
    if plan.filled & required != required {
        return None;
    }
    let only = keyword_defaults(function, code, plan.filled)?;
    // Memory may be refused here, still before anything is moved.
    let rest = if takes_rest {
        let surplus = plan.positional.saturating_sub(count);
        let tuple = PyTuple::try_from_fn(callee.vm(), surplus, |nth| callee.take(count + nth));
        match tuple {
            Ok(tuple) => Some(tuple.into_value()),
            Err(raised) => {
                callee.vm().clear(raised);
                return None;
            }
        }
    } else {
        None
    };
    let mut values = [Register::NULL; KEYWORDS_MAX];
    for (nth, value) in values.iter_mut().enumerate().take(plan.keywords) {
        *value = callee.register(plan.positional + nth);
    }
    for index in plan.positional.min(count)..count {
        // A default stands in every free place: those of keywords are filled below.
        let free = plan.filled & (1 << index) == 0;
        let default = (index + defaults.len()).checked_sub(count).and_then(|nth| defaults.get(nth));
        match default {
            Some(default) if free => callee.put(index, default.clone()),
            _ => callee.put_register(index, Register::NULL),
        }
    }
    let total = count + spec.kwonlyargcount as usize;
    for (index, value) in (count..total).zip(only) {
        let bits = if value.is_null() { value.0 } else { new_reference(value.0) };
        callee.put_register(index, Register(bits));
    }
    let extra = takes_extra.then(|| PyDict::new_ref(callee.vm()));
    for (nth, (&target, value)) in plan.targets.iter().zip(values).enumerate().take(plan.keywords) {
        if target != EXTRA {
            callee.put_register(target, value);
        } else if let Some(extra) = &extra
            && let Some(key) = names.and_then(|names| names.items()[nth].downcast::<PyStr>())
        {
            drop(extra.set_str(key, owned(value.0)));
        }
    }
    let mut end = total;
    for value in [rest, extra.map(objects::core::pyref::PyRef::into_value)].into_iter().flatten() {
        callee.put(end, value);
        end += 1;
    }
    Some(end)
}
