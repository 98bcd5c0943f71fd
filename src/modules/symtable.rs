//! `_symtable`: the compiler's symbol table as objects.

use std::sync::Arc;

use compiler::options::Options;
use compiler::symtable::{BlockType, NameScope, ScopeId, SymbolTable, symbol_flags};
use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::str::PyStr;
use objects::{getset, methods, payload};

use crate::NativeModule;
use crate::builtins::compile::{CompileSettings, filename_text, parse_source, source_text};
use crate::builtins::raise_syntax_error;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_symtable",
    functions: FUNCTIONS,
    exec: Some(exec),
    ..NativeModule::DEFAULT
};

methods! { FUNCTIONS:
    /// Return symbol and scope dictionaries used internally by compiler.
    ["symtable"] "($module, source, filename, startstr, /)" Bound(symtable);
}

payload! {
    /// The payload of a scope.
    pub(crate) struct PySymtableEntry: ENTRY, gc {
        name: Value,
        symbols: Value,
        varnames: Value,
        children: Value,
        nested: bool,
        kind: i64,
        line: i64,
    }
}

static ENTRY: StaticType = StaticType::new::<PySymtableEntry>();

const ENTRY_SPEC: TypeSpec = TypeSpec {
    name: "symtable entry",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Repr(repr)],
    getset: FIELDS,
    ..TypeSpec::DEFAULT
};

getset! { FIELDS:
    ["id"] get_id;
    ["name"] get_name;
    ["symbols"] get_symbols;
    ["varnames"] get_varnames;
    ["children"] get_children;
    ["nested"] get_nested;
    ["type"] get_type;
    ["lineno"] get_line;
}

const CONSTANTS: &[(&str, u32)] = &[
    ("USE", symbol_flags::USE),
    ("DEF_GLOBAL", symbol_flags::GLOBAL),
    ("DEF_NONLOCAL", symbol_flags::NONLOCAL),
    ("DEF_LOCAL", symbol_flags::LOCAL),
    ("DEF_PARAM", symbol_flags::PARAM),
    ("DEF_TYPE_PARAM", symbol_flags::TYPE_PARAM),
    ("DEF_FREE_CLASS", symbol_flags::FREE_CLASS),
    ("DEF_IMPORT", symbol_flags::IMPORT),
    // Type parameters are not among the bound names that Python code sees.
    ("DEF_BOUND", symbol_flags::LOCAL | symbol_flags::PARAM | symbol_flags::IMPORT),
    ("DEF_ANNOT", symbol_flags::ANNOT),
    ("DEF_COMP_ITER", symbol_flags::COMP_ITER),
    ("DEF_COMP_CELL", symbol_flags::COMP_CELL),
    ("TYPE_FUNCTION", 0),
    ("TYPE_CLASS", 1),
    ("TYPE_MODULE", 2),
    ("TYPE_ANNOTATION", 3),
    ("TYPE_TYPE_ALIAS", 4),
    ("TYPE_TYPE_PARAMETERS", 5),
    ("TYPE_TYPE_VARIABLE", 6),
    ("LOCAL", NameScope::Local as u32),
    ("GLOBAL_EXPLICIT", NameScope::GlobalExplicit as u32),
    ("GLOBAL_IMPLICIT", NameScope::GlobalImplicit as u32),
    ("FREE", NameScope::Free as u32),
    ("CELL", NameScope::Cell as u32),
    ("SCOPE_OFF", symbol_flags::SCOPE_OFFSET),
    ("SCOPE_MASK", 15),
];

const fn kind(block: BlockType) -> i64 {
    match block {
        BlockType::Function => 0,
        BlockType::Class => 1,
        BlockType::Module => 2,
        BlockType::Annotation => 3,
        BlockType::TypeAlias => 4,
        BlockType::TypeParameters => 5,
        BlockType::TypeVariable => 6,
    }
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, &[(&ENTRY, &ENTRY_SPEC)])?;
    for &(name, number) in CONSTANTS {
        module::add(vm, this, name, Value::small_int_unchecked(i64::from(number)));
    }
    Ok(())
}

fn symtable(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let filename = crate::paths::fs_decode(vm, args.required(1))?;
    let start = vm.expect_str(args.required(2), "symtable", "argument 3")?.to_rust_string();
    let source = source_text(vm, "symtable", "string or bytes", args.required(0), &filename)?;
    let mode = match start.as_str() {
        "exec" => syntax::Mode::Exec,
        "eval" => syntax::Mode::Eval,
        "single" => syntax::Mode::Single,
        _ => {
            let message = "symtable() arg 3 must be 'exec' or 'eval' or 'single'";
            return Err(vm.value_error(message));
        }
    };
    let parsed = parse_source(vm, &source, &filename, mode, CompileSettings::default())?;
    let options = Options {
        filename: Arc::new(filename_text(vm, &filename)?),
        optimize: vm.interpreter().optimize.get(),
        future_flags: 0,
        top_level_await: false,
    };
    let table = compiler::symtable::build(&parsed, &options)
        .map_err(|error| raise_syntax_error(vm, &error, &source, &filename))?;
    entry(vm, &parsed, &table, table.top())
}

fn entry(
    vm: Vm<'_>,
    parsed: &syntax::Parsed,
    table: &SymbolTable<'_>,
    id: ScopeId,
) -> PyResult<Value> {
    vm.check_recursion(" in symtable()")?;
    let scope = table.scope(id);
    let text = |name| vm.intern(table.names.text(name));
    let symbols = PyDict::new_ref(vm);
    for &(name, symbol) in scope.symbols.entries() {
        drop(symbols.set_str(&text(name), Value::small_int_unchecked(i64::from(symbol))));
    }
    let mut children = Vec::with_capacity(scope.children.len());
    for &child in &scope.children {
        children.push(entry(vm, parsed, table, child)?);
    }
    let line = match scope.block {
        BlockType::Module => 0,
        _ => i64::from(parsed.lines.line_column(scope.span.start).0),
    };
    let varnames = scope.varnames.iter().map(|&name| text(name).into_value()).collect();
    let payload = PySymtableEntry {
        name: text(scope.name).into_value(),
        symbols: symbols.into_value(),
        varnames: PyList::new_value(vm, varnames),
        children: PyList::new_value(vm, children),
        nested: scope.nested,
        kind: kind(scope.block),
        line,
    };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn this(value: &Value) -> &Py<PySymtableEntry> {
    value.receiver::<PySymtableEntry>()
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let name = vm.str(&this(value).name)?.to_rust_string();
    let text = format!("<symtable entry {name}({}), line {}>", value.id(), this(value).line);
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn get_id(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, value.id()))
}

fn get_name(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).name.clone())
}

fn get_symbols(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).symbols.clone())
}

fn get_varnames(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).varnames.clone())
}

fn get_children(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).children.clone())
}

fn get_nested(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(this(value).nested)))
}

fn get_type(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(this(value).kind))
}

fn get_line(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(this(value).line))
}
