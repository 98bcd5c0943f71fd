# Sources that are long or deep: they compile, or end in CPython's exception.


def outcome(source):
    try:
        compile(source, "<generated>", "exec")
    except (SyntaxError, MemoryError, RecursionError) as error:
        return f"{type(error).__name__}: {error.msg}" if isinstance(error, SyntaxError) else type(error).__name__
    return "compiles"


def numbered(line, count, head="", tail="\n"):
    return head + "".join(line.format(i) for i in range(count)) + tail


def nested(head, count):
    return "".join(" " * i + head + "\n" for i in range(count)) + " " * count + "pass\n"


LONG = {
    "statements": "x = 1\n" * 3000,
    "list": numbered("{0}, ", 5000, "x = [", "]\n"),
    "dict": numbered("'k{0}': {0}, ", 3000, "x = {", "}\n"),
    "functions": numbered("def f{0}(a, b):\n    return a + b * {0}\n", 500),
    "arguments": numbered("a{0}, ", 2000, "f(", ")\n"),
    "keywords": numbered("a{0}=1, ", 2000, "f(", ")\n"),
    "keyword again": numbered("a{0}=1, ", 300, "f(", "a7=1, a3=2)\n"),
    "parameters": numbered("a{0}, ", 1000, "def f(", "): pass\n"),
    "elif": "if a: pass\n" + "elif b: pass\n" * 3000 + "else: pass\n",
    "cases": numbered("    case {0}: pass\n", 500, "match x:\n"),
    "texts": "x = " + "'a' " * 3000,
    "formatted": "x = " + "f'{a}' " * 1000,
    "tests": "x = [y for y in z" + " if y" * 300 + "]",
    "targets": "a = " * 1000 + "1",
}
DEEP = {
    "parentheses": (lambda n: "(" * n + "1" + ")" * n, 90, 1000),
    "lists": (lambda n: "[" * n + "1" + "]" * n, 90, 1000),
    "dicts": (lambda n: "{1:" * n + "1" + "}" * n, 90, 1000),
    "not": (lambda n: "not " * n + "x", 500, 100_000),
    "minus": (lambda n: "-" * n + "x", 500, 100_000),
    "power": (lambda n: "a" + "**b" * n, 500, 100_000),
    "lambda": (lambda n: "lambda: " * n + "x", 300, 100_000),
    "conditional": (lambda n: "a if b else " * n + "c", 300, 100_000),
    "attributes": (lambda n: "a" + ".b" * n, 500, 100_000),
    "calls": (lambda n: "f" + "()" * n, 500, 100_000),
    "subscripts": (lambda n: "a" + "[0]" * n, 500, 100_000),
    "sums": (lambda n: "a" + "+b" * n, 500, 100_000),
    "comparisons": (lambda n: "a" + "<b" * n, 500, 20_000),
    "ands": (lambda n: "a" + " and b" * n, 500, 20_000),
    "def": (lambda n: nested("def f():", n), 50, 150),
    "if": (lambda n: nested("if x:", n), 90, 150),
    "for": (lambda n: nested("for x in y:", n), 15, 50),
    "comprehensions": (lambda n: "[" * n + "x" + " for x in y]" * n, 15, 300),
    "formatted": (lambda n: "f'{" * n + "x" + "}'" * n, 50, 300),
    "decorators": (lambda n: "@d\n" * n + "def f(): pass\n", 500, 5000),
    "walrus": (lambda n: "(x:=" * n + "1" + ")" * n, 90, 300),
}
for name, source in LONG.items():
    print(name, outcome(source))
for name, (make, *sizes) in DEEP.items():
    print(name, *(outcome(make(size)) for size in sizes))
