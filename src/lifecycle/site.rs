//! Decides at the start whether `site` has anything to do: it is Python code, and mostly would find nothing.

use std::path::{Path, PathBuf};

use modules::importing;
use objects::core::errors::PyResult;
use objects::core::vm::Vm;

use crate::config::Config;

/// The folder of a virtual environment that the program was called in: the one with `pyvenv.cfg`.
pub(crate) fn virtual_environment(executable: &Path) -> Option<PathBuf> {
    let folder = executable.parent()?;
    [Some(folder), folder.parent()]
        .into_iter()
        .flatten()
        .find(|candidate| candidate.join("pyvenv.cfg").is_file())
        .map(Path::to_path_buf)
}

/// The user's own `site-packages`.
fn user_packages(config: &Config) -> Option<PathBuf> {
    if config.flags.no_user_site != 0 {
        return None;
    }
    let base = match config.environment("PYTHONUSERBASE") {
        Some(base) => PathBuf::from(base),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".local"),
    };
    Some(base.join("lib").join("python3.14").join("site-packages"))
}

fn has_customization(folder: &Path) -> bool {
    ["sitecustomize.py", "usercustomize.py", "sitecustomize", "usercustomize"]
        .iter()
        .any(|name| folder.join(name).exists())
}

/// Whether `site` would change anything: a virtual environment, installed packages, customization modules.
fn has_work(config: &Config, library: &Path) -> bool {
    let given = config.environment("PYTHONPATH").unwrap_or_default();
    virtual_environment(&config.executable()).is_some()
        || library.join("site-packages").is_dir()
        || user_packages(config).is_some_and(|folder| folder.is_dir())
        || std::env::split_paths(&given).any(|folder| has_customization(&folder))
}

/// Adds what `site` adds to `builtins`, and runs it where it has more to do.
///
/// # Errors
/// What it raises.
pub(crate) fn run(vm: Vm<'_>, config: &Config, library: &Path) -> PyResult<()> {
    if config.flags.no_site != 0 {
        return Ok(());
    }
    modules::site::install(vm)?;
    if has_work(config, library) {
        importing::import_module(vm, "site")?;
    }
    Ok(())
}
