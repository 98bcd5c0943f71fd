//! The words by which the two forms of a translation lead to each other, and those that tell tools of events.

use crate::dispatch::Form;
use crate::machine::Machine;
use crate::{events, instrument};

/// Tells tools of an event.
#[inline(always)]
pub(crate) fn event<F: Form>(m: Machine) -> F::Out {
    F::slow(m, events::fire)
}

/// An event that no tool asked for.
#[inline(always)]
pub(crate) fn event_off<F: Form>(m: Machine) -> F::Out {
    F::next(m, 2)
}

/// Looks whether the instrumented form is still wanted.
#[inline(always)]
pub(crate) fn check_version<F: Form>(m: Machine) -> F::Out {
    F::slow(m, instrument::check_version)
}

/// Leads to the instrumented form.
#[inline(always)]
pub(crate) fn switch<F: Form>(m: Machine) -> F::Out {
    F::slow(m, instrument::switch)
}
