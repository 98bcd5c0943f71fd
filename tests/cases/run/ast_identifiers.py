# Names that are constants' names: in trees that a program has changed, and by normalisation.
import ast

STATEMENTS = [
    "def x(): pass", "async def x(): pass", "class x: pass", "from a import x", "from a import b as x", "import a, b, x",
    "import a as x", "from x import y", "try: pass\nexcept A as x: pass", "try: pass\nexcept* A as x: pass",
    "def f(x): pass", "f(x=1)", "a.x", "global x", "type x = 1", "def f[*x](): pass", "match a:\n case x: pass",
    "match a:\n case {**x}: pass", "match a:\n case A(x=1): pass", "match a:\n case y.x: pass", "(x := 1)", "x = 1",
]
for statement in STATEMENTS:
    tree = ast.parse(statement)
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if value == "x":
                setattr(node, field, "True")
            elif value == ["x"]:
                setattr(node, field, ["True"])
    try:
        compile(tree, "<t>", "exec")
        print(repr(statement), "ok")
    except ValueError as error:
        print(repr(statement), error)
TRUE = "Tru\u1d49"
for source in (TRUE, f"def {TRUE}(): pass", f"a.{TRUE}", f"import a.{TRUE}", f"f({TRUE}=1)", f"x = {TRUE}\ny z", f"y z\nx = {TRUE}"):
    try:
        ast.parse(source)
    except Exception as error:
        print(ascii(source), repr(error))
named = ast.NamedExpr(target=ast.Constant(value=1), value=ast.Constant(value=3))
try:
    compile(ast.fix_missing_locations(ast.Module(body=[ast.Expr(value=named)])), "<t>", "exec")
except TypeError as error:
    print(error)
