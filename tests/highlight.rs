//! What the editor paints: one letter under each byte of whole, half typed and broken texts.

use syntax::highlight::{Class, highlight, partner};

fn letters(text: &str) -> String {
    let mut out = vec![b' '; text.len()];
    let mut last = 0;
    for piece in highlight(text) {
        let (start, end) = (piece.span.start as usize, piece.span.end as usize);
        assert!(last <= start && start < end && end <= text.len(), "{text:?}: {piece:?}");
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end));
        last = end;
        let letter = match piece.class {
            Class::Keyword => b'k',
            Class::SoftKeyword => b'K',
            Class::Constant => b'c',
            Class::WordOperator => b'w',
            Class::Definition => b'D',
            Class::Decorator => b'@',
            Class::Attribute => b'a',
            Class::Name => b'n',
            Class::Number => b'0',
            Class::String => b's',
            Class::Field => b'f',
            Class::Comment => b'#',
            Class::Operator => b'o',
            Class::Bracket => b'b',
            Class::Punctuation => b'p',
            Class::Error => b'!',
        };
        out[start..end].fill(letter);
    }
    String::from_utf8(out).expect("letters are ASCII")
}

#[track_caller]
fn paints(text: &str, expected: &str) {
    assert_eq!(letters(text), expected, "{text:?}");
}

#[test]
fn statements() {
    paints("def f(a=1): return a.b # c", "kkk Dbno0bp kkkkkk npa ###");
    paints("class A(B): pass", "kkkkk Dbnbp kkkk");
    paints("@a.b(1)\ndef f(): ...", "@@@@b0b kkk Dbbp ccc");
    paints("x @ y", "n o n");
    paints("not a is None", "www n ww cccc");
    paints("from . import x as y", "kkkk p kkkkkk n kk n");
}

#[test]
fn soft_keywords() {
    paints("match x:\n case _: pass", "KKKKK np  KKKK Kp kkkk");
    paints("match (x):", "KKKKK bnbp");
    paints("match(x)", "nnnnnbnb");
    paints("match = 1", "nnnnn o 0");
    paints("match[a:b] = 1", "nnnnnbnpnb o 0");
    paints("match -x", "nnnnn on");
    paints("type X = int", "KKKK D o nnn");
    paints("type(x)", "nnnnbnb");
    paints("a.type", "npaaaa");
    paints("f(match, case)", "nbnnnnnp nnnnb");
}

#[test]
fn format_strings() {
    paints("f'a{b!r:>{w}}c'", "sssfnfnfsfnffss");
    paints("t\"{x.y}\"", "ssfnpafs");
    paints("f'{d[\"k\"]}'", "ssfnbsssbfs");
}

#[test]
fn half_typed() {
    paints("'abc", "ssss");
    paints("f'a{b} c", "sssfnfss");
    paints("f'a{b", "sssfn");
    paints("f'a{b + ", "sssfn o ");
    paints("f'a\\", "ssss");
    paints("'''a\nb = 1", "ssssssssss");
    paints("f'''a{b}\nc", "sssssfnfss");
    paints("x = 'a\ny = 1", "n o ss n o 0");
    paints("(1,\n 2", "b0p  0");
    paints("1__0", "!!!!");
    paints("a $ b", "n ! n");
    paints("a \\\n + b", "n    o n");
    paints("é = 'ü'", "nn o ssss");
}

#[test]
fn brackets() {
    let text = "f(a[')'], {1: (2)})";
    let highlights = highlight(text);
    let at = |position| partner(text, &highlights, position).map(|span| span.start);
    assert_eq!(at(1), Some(18));
    assert_eq!(at(18), Some(1));
    assert_eq!(at(3), Some(7));
    assert_eq!(at(7), Some(3));
    assert_eq!(at(10), Some(17));
    assert_eq!(at(5), None);
    assert_eq!(at(0), None);
    let text = "(]";
    assert_eq!(partner(text, &highlight(text), 0), None);
}
