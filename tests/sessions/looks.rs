//! Colours: what is typed, lists, errors, and who says that there are none.

use crate::terminal::{Home, Terminal};

fn with(variables: &[(&str, &str)]) -> (Home, Terminal) {
    let home = Home::new();
    let mut environment = home.environment();
    environment.retain(|(name, _)| !variables.iter().any(|(other, _)| other == name));
    environment.extend(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    let mut shell = Terminal::with(&home, &environment, 24, 80);
    assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    (home, shell)
}

/// The colour of the first character of a text on the screen.
fn colour(shell: &Terminal, text: &str) -> vt100::Color {
    let lines = shell.lines();
    let found = (0_u16..).zip(&lines).find_map(|(row, line)| Some((row, line.split_once(text)?.0)));
    let (row, before) = found.unwrap_or_else(|| panic!("no {text:?}:\n{}", shell.text()));
    let column = u16::try_from(before.chars().count()).unwrap_or(u16::MAX);
    let cell = shell.screen.screen().cell(row, column);
    cell.map_or(vt100::Color::Default, vt100::Cell::fgcolor)
}

#[test]
fn what_is_typed_has_colours() {
    let (_home, mut shell) = with(&[]);
    shell.send("def area(r): return len('text') + 12 # why");
    assert!(shell.until(|shell| shell.typed().ends_with("why")), "{}", shell.text());
    let plain = colour(&shell, "area(r)");
    let kinds = ["def", "len", "'text'", "12", "# why"].map(|text| colour(&shell, text));
    assert!(kinds.iter().all(|kind| *kind != vt100::Color::Default), "{kinds:?}");
    assert!(plain != kinds[0], "a name and a keyword look the same");
    assert_eq!(colour(&shell, "+"), vt100::Color::Default);
}

#[test]
fn an_unmatched_bracket_stands_out() {
    let (_home, mut shell) = with(&[]);
    shell.send("f(x)) + 1");
    assert!(shell.until(|shell| shell.typed().ends_with("+ 1")), "{}", shell.text());
    assert_eq!(colour(&shell, "f"), vt100::Color::Default);
    assert_eq!(colour(&shell, "(x"), vt100::Color::Default);
    assert_ne!(colour(&shell, ") +"), vt100::Color::Default);
}

#[test]
fn lists_are_coloured_by_kind() {
    let (_home, mut shell) = with(&[]);
    shell.enter("import sys as item_module");
    shell.enter("class item_class: pass");
    shell.enter("");
    shell.enter("item_value = 1");
    shell.send("item_\t");
    shell.expect("item_value   int");
    shell.expect("  item_module  module");
    let kinds = ["item_module  module", "item_value   int"].map(|text| colour(&shell, text));
    assert_ne!(kinds[0], kinds[1]);
}

#[test]
fn errors_have_colours() {
    let (_home, mut shell) = with(&[]);
    shell.enter("1 / 0");
    shell.expect("ZeroDivisionError");
    assert_ne!(colour(&shell, "ZeroDivisionError"), vt100::Color::Default);
    assert_ne!(colour(&shell, "~~^~~"), vt100::Color::Default);
}

#[test]
fn variables_decide_on_colours() {
    for (variables, wanted) in [
        (&[("NO_COLOR", "1")][..], false),
        (&[("NO_COLOR", "1"), ("PYTHON_COLORS", "1")], true),
        (&[("PYTHON_COLORS", "0"), ("FORCE_COLOR", "1")], false),
        (&[("FORCE_COLOR", "1")], true),
    ] {
        let (_home, mut shell) = with(variables);
        shell.enter("1 / 0");
        shell.send("None");
        assert!(shell.until(|shell| shell.typed().ends_with("None")), "{}", shell.text());
        for text in ["None", "ZeroDivisionError"] {
            let has = colour(&shell, text) != vt100::Color::Default;
            assert_eq!(has, wanted, "{text} with {variables:?}");
        }
    }
}

#[test]
fn a_dumb_terminal_gets_a_plain_reader() {
    let (_home, mut shell) = with(&[("TERM", "dumb")]);
    shell.enter("x = [");
    shell.enter("1, 2]");
    shell.enter("x");
    shell.expect("\n[1, 2]");
    shell.enter("1 / 0");
    shell.expect("File \"<stdin>");
    assert_eq!(colour(&shell, "ZeroDivisionError"), vt100::Color::Default);
}
