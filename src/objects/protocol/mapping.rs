//! Subscripts and what mappings share.
