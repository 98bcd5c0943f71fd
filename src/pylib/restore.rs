//! What the packers of the library changed for an interpreter of theirs, changed back.

/// A passage of a file and what CPython has instead.
struct Passage {
    /// The path below the library's folder.
    path: &'static str,
    /// How the passage begins.
    from: &'static str,
    /// How it ends, or nothing where the beginning is all.
    to: &'static str,
    instead: &'static str,
}

const PASSAGES: &[Passage] = &[
    Passage {
        path: "_compat_pickle.py",
        from: "# NOTE: RUSTPYTHON exceptions\n",
        to: "(\"JitError\",)\n\n",
        instead: "",
    },
    Passage {
        path: "io.py",
        from: "# XXX: RUSTPYTHON; FileIO needs host_env",
        to: "    FileIO = None\n",
        instead: "from _io import FileIO\n",
    },
    Passage {
        path: "io.py",
        from: "if FileIO is not None:  # XXX: RUSTPYTHON; see the try/except above\n    ",
        to: "",
        instead: "",
    },
    Passage {
        path: "json/decoder.py",
        from: "    # RUSTPYTHON SPECIFIC\n",
        to: "return cls(msg, doc, pos)\n\n",
        instead: "",
    },
    Passage {
        path: "platform.py",
        from: "\n        # XXX: RUSTPYTHON support\n",
        to: "else:\n            name = 'CPython'\n",
        instead: "        name = 'CPython'\n",
    },
    Passage {
        path: "site.py",
        from: "'RustPython' # XXX: RUSTPYTHON; for site-packages",
        to: "",
        instead: "'Python'",
    },
    Passage {
        path: "site.py",
        from: "    # XXX: RUSTPYTHON\n    return f'{userbase}/lib/rust",
        to: "",
        instead: "    return f'{userbase}/lib/",
    },
    Passage {
        path: "sysconfig/__init__.py",
        from: "'RustPython'  # XXX: RUSTPYTHON; For site-packages",
        to: "",
        instead: "'Python'",
    },
    Passage {
        path: "unittest/__init__.py",
        from: "\n\n\n# XXX: RUSTPYTHON\n# This is very useful",
        to: "    test_item.__unittest_expecting_failure__ = False\n    return test_item\n",
        instead: "",
    },
];

/// The text of a file as CPython has it.
///
/// # Errors
/// A passage that isn't there: the library is another version than the list was made for.
pub(crate) fn restore(path: &str, mut text: String) -> Result<String, String> {
    for passage in PASSAGES.iter().filter(|passage| passage.path == path) {
        let missing = || format!("{path}: no passage {:?}", passage.from);
        let start = text.find(passage.from).ok_or_else(missing)?;
        let begun = start + passage.from.len();
        let rest = text.get(begun..).unwrap_or_default();
        let end = begun + rest.find(passage.to).ok_or_else(missing)? + passage.to.len();
        text.replace_range(start..end, passage.instead);
    }
    Ok(text)
}
