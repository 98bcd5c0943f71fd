# `# type:` comments: whose they are, and where none may be.
import ast

SOURCES = [
    "x = 1  # type: int\n", "x = (  # type: int\n 1)\n", "x: int = 1  # type: int\n", "x += 1  # type: int\n",
    "for a in b:  # type: int\n  pass\n", "for a in b: pass  # type: int\n", "while a:  # type: int\n  pass\n",
    "with a as b:  # type: int\n  pass\n", "with (a as b):  # type: int\n  pass\n",
    "async def f():\n  async for a in b:  # type: int\n    pass\n  async with a:  # type: str\n    x = 1  # type: y\n",
    "def f(a):  # type: (int) -> int\n  pass\n", "def f(a):\n  # type: (int) -> int\n  pass\n",
    "@d\ndef f(a):\n  # type: (int) -> int\n\n  pass\n", "def f(a):  # type: (int) -> int\n  # type: () -> int\n  pass\n",
    "def f(a,  # type: int\n  b=2,  # type: str\n  *c,  # type: x\n  d,  # type: y\n  **e  # type: z\n  ): pass\n",
    "def f(a, /,  # type: int\n  b): pass\n", "def f(*,  # type: int\n  b): pass\n", "def f(a, *, b  # type: int\n  ): pass\n",
    "class A:  # type: int\n  pass\n", "x = 1  # type: ignore\ny = 2 # type: ignore[abc] z\n",
    "pass\n# type: int\n", "f(a,  # type: int\n  b)\n", "try:  # type: int\n  pass\nfinally: pass\n",
    "x = 1; y = 2  # type: int\n", "# type: ignore\n", "if 1:\n  x = 1 # type: int\nelse:\n  y = [ # type: ignore\n  ]  # type: z\n",
]
for source in SOURCES:
    try:
        print(ast.dump(ast.parse(source, type_comments=True), include_attributes=True))
    except SyntaxError as error:
        print(repr(source), error.msg, error.lineno, error.offset, error.end_lineno, error.end_offset, repr(error.text))
    ast.parse(source)
for source in ("() -> int", "(int, *str, **Any) -> float", "(**int) -> None", "(int, *str, *Any) -> x",
               "(int, **str, Any) -> x", "(*int, str) -> x", "(int,) -> x"):
    try:
        print(ast.dump(ast.parse(source, mode="func_type")))
    except SyntaxError as error:
        print(source, error.msg, error.lineno, error.offset, error.end_offset)
