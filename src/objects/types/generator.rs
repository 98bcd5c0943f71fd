//! Generators, coroutines, asynchronous generators: one core.

use crate::core::type_object::StaticType;
use crate::payload;

payload! {
    /// The payload that the three kinds share.
    pub struct GeneratorCore: GENERATOR, gc {
    }
}

/// `generator`
pub static GENERATOR: StaticType = StaticType::new::<GeneratorCore>();
