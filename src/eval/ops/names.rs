//! Names of modules and classes, globals, imports.

use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::{DICT, PyDict};
use objects::types::exceptions::hierarchy as exc;
use objects::types::module_origin;
use objects::types::str::PyStr;

use super::slow_handlers;
use crate::dispatch::Form;
use crate::machine::{Machine, payload, value_bits_at};
use crate::ops::locals::empty_cell;
use crate::word_ops::op;

/// How many words LOAD_GLOBAL has.
const WORDS: usize = 3;

slow_handlers! {
    /// A name of a class or module body: local, global, builtin.
    load_name => |m| {
        let name = m.name(m.arg() as usize).clone();
        let vm = m.vm();
        if let Some(namespace) = m.frame().locals()
            && let Some(found) = lookup(vm, &namespace, &name)?
        {
            m.put(m.a(), found);
            m.advance(1);
            return Ok(());
        }
        let found = global(m, &name)?;
        m.put(m.a(), found);
        m.advance(1);
        Ok(())
    };
    /// Binds a name of a class or module body.
    store_name => |m| {
        let name = m.name(m.arg() as usize).clone();
        let namespace = namespace(m);
        if let Some(dict) = namespace.downcast_exact::<PyDict>() {
            let old = dict.set_str(&name, m.take(m.a()));
            drop(old);
        } else {
            m.vm().set_item(&namespace, &name.to_value(), m.peek(m.a()))?;
            drop(m.take(m.a()));
        }
        m.advance(1);
        Ok(())
    };
    /// Deletes a name of a class or module body.
    delete_name => |m| {
        let name = m.name(m.arg() as usize).clone();
        let vm = m.vm();
        let namespace = namespace(m);
        let deleted = vm.del_item(&namespace, &name.to_value());
        match vm.catch(deleted, &exc::KEY_ERROR)? {
            Some(()) => {
                m.advance(1);
                Ok(())
            }
            None => Err(not_defined(vm, &name)),
        }
    };
    /// A global or builtin goes to a.
    load_global => load_global_slow;
    /// Binds a global name.
    store_global => |m| {
        let name = m.name(m.arg() as usize).clone();
        let old = m.globals().set_str(&name, m.take(m.a()));
        drop(old);
        m.advance(1);
        Ok(())
    };
    /// Deletes a global name.
    delete_global => |m| {
        let name = m.name(m.arg() as usize).clone();
        match m.globals().remove_str(&name) {
            Some(old) => {
                drop(old);
                m.advance(1);
                Ok(())
            }
            None => Err(not_defined(m.vm(), &name)),
        }
    };
    /// The namespace of a class or module body goes to a.
    load_locals => |m| {
        let namespace = namespace(m);
        m.put(m.a(), namespace);
        m.advance(1);
        Ok(())
    };
    /// A name in mapping a, else the content of a cell, replaces a.
    load_from_dict_or_deref => |m| {
        let vm = m.vm();
        let index = m.arg() as usize;
        let name = m.code().locals()[index].clone();
        let found = lookup(vm, m.peek(m.a()), &name)?;
        let found = match found {
            Some(found) => found,
            None => {
                let cell = payload::<objects::types::cell::PyCell>(m.register(index).0);
                match cell.content.get() {
                    Some(content) => content,
                    None => return Err(empty_cell(m, index)),
                }
            }
        };
        drop(m.take(m.a()));
        m.put(m.a(), found);
        m.advance(1);
        Ok(())
    };
    /// A name in mapping a, else global, else builtin, replaces a.
    load_from_dict_or_globals => |m| {
        let vm = m.vm();
        let name = m.name(m.arg() as usize).clone();
        let found = match lookup(vm, m.peek(m.a()), &name)? {
            Some(found) => found,
            None => mapped_global(m, &name)?,
        };
        drop(m.take(m.a()));
        m.put(m.a(), found);
        m.advance(1);
        Ok(())
    };
    /// `builtins.__build_class__` goes to a.
    load_build_class => |m| {
        let vm = m.vm();
        let name = vm.intern("__build_class__");
        match m.builtins().get_str(&name) {
            Some(found) => {
                m.put(m.a(), found);
                m.advance(1);
                Ok(())
            }
            None => Err(vm.name_error(&name, "__build_class__ not found")),
        }
    };
    /// A constant that the compiler needs by identity goes to a.
    load_common_constant => |m| {
        let vm = m.vm();
        let value = match m.arg() {
            0 => exc::ASSERTION_ERROR.get().to_value(),
            1 => exc::NOT_IMPLEMENTED_ERROR.get().to_value(),
            2 => objects::types::tuple::TUPLE.get().to_value(),
            arg => match vm.interpreter().all_any.get() {
                Some([all, any]) => if arg == 3 { all.clone() } else { any.clone() },
                None => return Err(vm.system_error("the builtins are not made yet")),
            },
        };
        m.put(m.a(), value);
        m.advance(1);
        Ok(())
    };
    /// `__annotations__` is created if it is missing.
    setup_annotations => |m| {
        let vm = m.vm();
        let name = vm.names().__annotations__.clone();
        let namespace = namespace(m);
        if lookup(vm, &namespace, &name)?.is_none() {
            vm.set_item(&namespace, &name.to_value(), &PyDict::new_ref(vm).into_value())?;
        }
        m.advance(1);
        Ok(())
    };
    /// `__import__(name, globals, locals, a + 1, a)` replaces a.
    import_name => |m| {
        let vm = m.vm();
        let name = m.name(m.arg() as usize).clone();
        let import = vm.names().__import__.clone();
        let Some(function) = m.builtins().get_str(&import) else {
            return Err(vm.error(&exc::IMPORT_ERROR, "__import__ not found"));
        };
        let base = m.a();
        let arguments = [
            name.into_value(),
            m.globals().to_value(),
            m.frame().locals().unwrap_or(Value::NONE),
            m.copy(base + 1),
            m.copy(base),
        ];
        let module = vm.call(&function, &arguments)?;
        drop(m.take(base + 1));
        drop(m.take(base));
        m.put(base, module);
        m.advance(1);
        Ok(())
    };
    /// An attribute or submodule of module a goes behind it.
    import_from => |m| {
        let name = m.name(m.arg() as usize).clone();
        let found = module_origin::import_from(m.vm(), m.peek(m.a()), &name)?;
        m.put(m.a() + 1, found);
        m.advance(1);
        Ok(())
    };
}

#[cold]
fn not_defined(vm: Vm<'_>, name: &Py<PyStr>) -> Raised {
    vm.name_error(name, format!("name '{}' is not defined", name.to_rust_string()))
}

/// A name in a namespace, which may be any mapping.
fn lookup(vm: Vm<'_>, namespace: &Value, name: &Py<PyStr>) -> PyResult<Option<Value>> {
    if let Some(dict) = namespace.downcast_exact::<PyDict>() {
        return Ok(dict.get_str(name));
    }
    vm.catch(vm.get_item(namespace, &name.to_value()), &exc::KEY_ERROR)
}

fn global(m: &Machine, name: &Py<PyStr>) -> PyResult<Value> {
    for namespace in [m.globals(), m.builtins()] {
        // A subclass of dict may have its own `__getitem__` or `__missing__`.
        let found = lookup(m.vm(), &namespace.to_value(), name)?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(not_defined(m.vm(), name))
}

fn is_plain(namespace: &Py<PyDict>) -> bool {
    namespace.as_object().class().is(DICT.get())
}

/// What LOAD_GLOBAL finds: a subclass of dict, as globals or builtins, is asked as a mapping.
fn mapped_global(m: &Machine, name: &Py<PyStr>) -> PyResult<Value> {
    let (globals, builtins) = (m.globals(), m.builtins());
    if is_plain(globals) && is_plain(builtins) {
        return global(m, name);
    }
    let (globals, builtins) = (globals.to_value(), builtins.to_value());
    if let Some(found) = lookup(m.vm(), &globals, name)? {
        return Ok(found);
    }
    if let Some(found) = lookup(m.vm(), &builtins, name)? {
        return Ok(found);
    }
    Err(not_defined(m.vm(), name))
}

fn specialise_global(m: &Machine, name: &Py<PyStr>) {
    let (globals, builtins) = (m.globals(), m.builtins());
    if !is_plain(globals) || !is_plain(builtins) {
        m.set_counter(63);
        return;
    }
    let version = globals.keys_version();
    let exact =
        [globals, builtins].iter().all(|dict| dict.to_value().downcast_exact::<PyDict>().is_some());
    if version == 0 || !exact {
        m.set_counter(63);
        return;
    }
    if let Some(index) = globals.entry_index(name) {
        m.set_cache(2, index as u64);
        m.set_cache(1, 15 << 48 | u64::from(version));
        m.set_op(op::LOAD_GLOBAL_MODULE);
    } else if let Some(index) = builtins.entry_index(name)
        && builtins.keys_version() != 0
    {
        m.set_cache(2, u64::from(builtins.keys_version()) << 32 | index as u64);
        m.set_cache(1, 15 << 48 | u64::from(version));
        m.set_op(op::LOAD_GLOBAL_BUILTIN);
    } else {
        m.set_counter(63);
    }
}

fn load_global_slow(m: &mut Machine) -> PyResult<()> {
    let name = m.name(m.arg() as usize).clone();
    if m.count_down() {
        specialise_global(m, &name);
    }
    let found = mapped_global(m, &name)?;
    m.finish_plain(found, WORDS);
    Ok(())
}

/// A global whose place is known.
#[inline(always)]
pub(crate) fn load_global_module<F: Form>(m: Machine) -> F::Out {
    let globals = m.globals();
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is the version")]
    if globals.current_version() == m.cache(1) as u32 {
        let bits = value_bits_at(globals, m.cache(2) as usize);
        return F::store(m, crate::machine::new_reference(bits), WORDS);
    }
    F::slow(m, load_global_slow)
}

/// A builtin whose place is known.
#[inline(always)]
pub(crate) fn load_global_builtin<F: Form>(m: Machine) -> F::Out {
    let (globals, builtins) = (m.globals(), m.builtins());
    #[expect(clippy::cast_possible_truncation, reason = "halves of words")]
    if globals.current_version() == m.cache(1) as u32
        && builtins.current_version() == (m.cache(2) >> 32) as u32
    {
        let bits = value_bits_at(builtins, m.cache(2) as u32 as usize);
        return F::store(m, crate::machine::new_reference(bits), WORDS);
    }
    F::slow(m, load_global_slow)
}

/// The frame's namespace: of a function whose code is no function's body, its globals.
fn namespace(m: &Machine) -> Value {
    m.frame().locals().unwrap_or_else(|| m.globals().to_value())
}
