//! TypeVar, ParamSpec, TypeVarTuple, TypeAliasType, NoDefault, Generic.
