//! What `--ast` prints of each case, held against what CPython 3.14 prints of it (stored beside the case).

use std::path::{Path, PathBuf};
use std::process::Command;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/bytecode");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of cases is there")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    cases.sort();
    cases
}

/// What the program prints of a case, named from the project's root as the goldens name it.
fn printed(option: &str, case: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = case.strip_prefix(root).expect("cases lie in the project");
    let output = Command::new(env!("CARGO_BIN_EXE_pyglass"))
        .current_dir(root)
        .args([option.as_ref(), name.as_os_str()])
        .output()
        .expect("the program starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn check(option: &str, extension: &str) {
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 40, "the cases are missing");
    for case in cases {
        let expected = std::fs::read_to_string(case.with_extension(extension))
            .expect("every case has its golden");
        if printed(option, &case).trim_end() != expected.trim_end() {
            wrong.push(case);
        }
    }
    assert!(wrong.is_empty(), "{option} differs for {wrong:#?}");
}

#[test]
fn ast_prints_what_cpython_prints() {
    check("--ast", "ast");
}
