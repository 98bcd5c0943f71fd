# The syntax of older versions: what they have not is refused where the first pass has read it.
import ast

SOURCES = [
    "type X = int", "def f[T](a): pass", "class A[T=int]: pass", "type A[*T=int, **P=3] = 1",
    "async def f():\n  async for x in y: pass\n", "async def f():\n  async with x: pass\n",
    "async def f(): pass\nx=1", "async def f():\n  [x async for x in y]", "await x",
    "with (a as b, c as d,): pass", "try:\n pass\nexcept* X: pass", "try:\n pass\nexcept* X, Y: pass",
    "try: pass\nexcept A, B: pass", "try: pass\nexcept (A, B): pass", "match x:\n case 1: pass",
    "f(x := 1, y)", "def f(a, /, b): pass", "lambda a, /: 1", "x = a @ b @ c", "a @= b",
    "x: int = 3", "(x): int", "x.y: int", "x = f(1_000, 2)", "x = t'a'", "f'a{x}'",
    "1_0 + (y := 2)", "async def f(a: 1_0):\n  await (x := 3)", "match x:\n case a if (y:=1): pass",
    "x = 1_0\n1 = x",
]
for source in SOURCES:
    before = None
    for minor in range(4, 15):
        try:
            ast.parse(source, feature_version=(3, minor))
            answer = "ok"
        except SyntaxError as error:
            answer = (error.msg, error.lineno, error.offset, error.end_lineno, error.end_offset)
        if answer != before:
            print(repr(source), minor, answer)
        before = answer
for version in (3, -1, (3, 99), (2, 7), 3.5, 2**40):
    try:
        print(version, ast.dump(ast.parse("x @ y", feature_version=version)))
    except Exception as error:
        print(version, type(error).__name__, error)
compile("x @ y", "<s>", "exec", _feature_version=3)
