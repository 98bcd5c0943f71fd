//! How many words the machine executes for a few kernels, held against ceilings: what does not depend on the machine that
//! the tests run on. A translation that fuses less, or a word that no longer specialises into the next, shows here.
//!
//! Only the checked form of dispatch counts; an optimised build has nothing to say.

use std::process::Command;

/// What is run, and how many words it may take.
const KERNELS: &[(&str, &str, u64)] = &[
    ("loop", "def f():\n    t = 0\n    for i in range(1000): t += i\n    return t\nf()", 3_100),
    ("while", "def f():\n    i = 0\n    while i < 1000: i += 1\nf()", 3_100),
    ("fib", "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(15)", 13_200),
    (
        "methods",
        "class C:\n    def __init__(self, x): self.x = x\n    def get(self): return self.x\n\
         def f():\n    t = 0\n    for i in range(1000): t += C(i).get()\n    return t\nf()",
        14_400,
    ),
    (
        "defaults",
        "def g(a, b=1, *, c=2): return a + b + c\n\
         def f():\n    for i in range(1000): g(i); g(i, c=3); g(i, 2)\nf()",
        29_500,
    ),
    (
        "items",
        "def f():\n    q = [0] * 100\n    for i in range(1000): q[i % 100] = q[i % 100] + 1\nf()",
        7_200,
    ),
    (
        "slices",
        "def f():\n    q = list(range(10))\n    for i in range(1000): q[:5] = q[4::-1]; q[2:4]\nf()",
        6_100,
    ),
    (
        "containment",
        "def f():\n    s = {1, 2}\n    for i in range(1000):\n        if i in s: i = 2\nf()",
        3_100,
    ),
    ("comprehension", "def f(): return [i * i for i in range(1000) if i & 1]\nf()", 5_200),
    (
        "generator",
        "def g(n):\n    for i in range(n): yield i\n\
         def f():\n    for i in g(1000): pass\nf()",
        8_200,
    ),
    (
        "delegation",
        "def g(n): yield from range(n)\ndef o(x): yield from x\n\
         def f():\n    for i in o(o(o(o(g(1000))))): pass\nf()",
        6_200,
    ),
    (
        "async for",
        "async def g(n):\n    for i in range(n): yield i\n\
         async def f():\n    async for i in g(1000): pass\n\
         try: f().send(None)\nexcept StopIteration: pass",
        13_200,
    ),
    (
        "closure",
        "def f():\n    n = 0\n    def inc():\n        nonlocal n\n        n += 1\n    for i in range(1000): inc()\nf()",
        11_200,
    ),
    (
        "dict",
        "def f():\n    d = {}\n    for w in 'abcde' * 200: d[w] = d.get(w, 0) + 1\nf()",
        8_300,
    ),
    (
        "text",
        "def f():\n    s = ''\n    for i in range(1000): s += f'{i},'\n    return s\nf()",
        7_200,
    ),
    (
        "exceptions",
        "def f():\n    for i in range(1000):\n        try: raise ValueError\n        except ValueError: pass\nf()",
        10_300,
    ),
];

fn words(code: &str) -> u64 {
    let output = Command::new(env!("CARGO_BIN_EXE_pyglass"))
        .args(["-I", "-S", "-X", "words", "-c", code])
        .output()
        .expect("the program starts");
    let text = String::from_utf8_lossy(&output.stderr);
    let count = text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(" words]"));
    count.and_then(|count| count.parse().ok()).expect("the count is all that is on stderr")
}

#[test]
fn kernels_take_no_more_words_than_before() {
    let start = words("pass");
    if start == 0 {
        return;
    }
    let mut over = Vec::new();
    for &(name, code, ceiling) in KERNELS {
        let count = words(code).saturating_sub(start);
        if count > ceiling {
            over.push(format!("{name}: {count} words, at most {ceiling}"));
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}
