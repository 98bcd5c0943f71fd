# A null byte in a source: the error names no file and no line.
import ast


def show(name, make):
    try:
        make()
    except SyntaxError as error:
        print(name, error.args, error.filename, error.lineno)


for source in ("a\0b", b"a\0b"):
    kind = type(source).__name__
    show(f"compile {kind}", lambda: compile(source, "<src>", "exec"))
    show(f"exec {kind}", lambda: exec(source))
    show(f"eval {kind}", lambda: eval(source))
show("ast.parse", lambda: ast.parse("a\0b"))
