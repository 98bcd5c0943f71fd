//! `property`, `classmethod`, `staticmethod`.
