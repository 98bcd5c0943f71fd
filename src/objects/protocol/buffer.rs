//! The buffer protocol.

use crate::core::value::Value;

/// An exported view of an object's bytes.
pub struct Buffer {
    /// The exporter.
    pub owner: Value,
}
