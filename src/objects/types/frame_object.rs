//! `frame` and `cell`.

use crate::core::gil_cell::HotCell;
use crate::core::type_object::StaticType;
use crate::core::value::Value;
use crate::payload;

payload! {
    /// The payload of a frame object.
    pub struct PyFrame: FRAME, gc {
    }
}

/// `frame`
pub static FRAME: StaticType = StaticType::new::<PyFrame>();

payload! {
    /// The payload of a cell: a variable that a closure shares.
    pub struct PyCell: CELL, gc {
        /// The content.
        pub content: HotCell<Option<Value>>,
    }
}

/// `cell`
pub static CELL: StaticType = StaticType::new::<PyCell>();
