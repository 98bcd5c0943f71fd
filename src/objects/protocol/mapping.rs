//! Subscripts, and what mappings share.

use crate::core::errors::PyResult;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{number, sequence};
use crate::types::dict::DICT;
use crate::types::exceptions::hierarchy::KEY_ERROR;

impl Vm<'_> {
    /// `object[key]`
    ///
    /// # Errors
    /// TypeError when it has no items, or what the lookup raises.
    #[inline]
    pub fn get_item(self, object: &Value, key: &Value) -> PyResult<Value> {
        match object.class().slots.mp_subscript.get() {
            Some(subscript) => subscript(self, object, key),
            None => self.get_item_slow(object, key),
        }
    }

    fn get_item_slow(self, object: &Value, key: &Value) -> PyResult<Value> {
        if object.class().slots.sq_item.get().is_some() {
            if number::has_index(key) {
                let index = number::as_index(self, key)?;
                return self.sequence_item(object, index);
            }
            return Err(self.type_error(format!(
                "sequence index must be integer, not '{}'",
                key.class().name()
            )));
        }
        sequence::class_item(self, object, key)
    }

    /// `object[key] = value`
    ///
    /// # Errors
    /// TypeError when items cannot be set, or what the assignment raises.
    #[inline]
    pub fn set_item(self, object: &Value, key: &Value, value: &Value) -> PyResult<()> {
        match object.class().slots.mp_ass_subscript.get() {
            Some(assign) => assign(self, object, key, Some(value)),
            None => Err(self.type_error(format!(
                "'{}' object does not support item assignment",
                object.class().name()
            ))),
        }
    }

    /// `del object[key]`
    ///
    /// # Errors
    /// TypeError when items cannot be deleted, or what the deletion raises.
    #[inline]
    pub fn del_item(self, object: &Value, key: &Value) -> PyResult<()> {
        let slots = &object.class().slots;
        if let Some(assign) = slots.mp_ass_subscript.get() {
            return assign(self, object, key, None);
        }
        let words = if (slots.sq_length.get().is_some() || object.class().is_heap_type())
            && number::has_index(key)
        {
            "doesn't support"
        } else {
            "does not support"
        };
        Err(self.type_error(format!("'{}' object {words} item deletion", object.class().name())))
    }

    /// `object[key]`, or None when there is no such key (`PyMapping_GetOptionalItem`).
    ///
    /// # Errors
    /// What the lookup raises besides KeyError.
    pub fn get_item_opt(self, object: &Value, key: &Value) -> PyResult<Option<Value>> {
        self.catch(self.get_item(object, key), &KEY_ERROR)
    }

    /// The keys of any mapping, as a vector.
    ///
    /// # Errors
    /// What `keys()` raises.
    pub fn mapping_keys(self, mapping: &Value) -> PyResult<Vec<Value>> {
        if mapping.is_exact(DICT.get()) {
            return self.collect(mapping);
        }
        let keys = self.call_method(mapping, &self.names().keys, &[])?;
        self.collect(&keys)
    }
}

/// Whether `value` can be subscripted as a mapping (`PyMapping_Check`).
#[must_use]
pub fn is_mapping(value: &Value) -> bool {
    value.class().slots.mp_subscript.get().is_some()
}
