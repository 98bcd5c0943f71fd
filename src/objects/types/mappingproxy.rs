//! `mappingproxy` and `SimpleNamespace`.
