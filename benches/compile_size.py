"""How compile() grows with a source: for each shape the seconds at SIZE and at ten times SIZE, the exponent between them, and
the peak memory at the larger.

    compile_size.py [SIZE [SHAPE...]]     the shapes one after the other, each in a process of its own
    compile_size.py --module MEGABYTES    one generated module of that size
"""

import math
import resource
import subprocess
import sys
import time


def chain(first, link, between=""):
    return lambda n: first + between.join([link] * n) + "\n"


def numbered(line, head="", tail="\n"):
    return lambda n: head + "".join(line.format(i) for i in range(n)) + tail


SHAPES = {
    "statements": numbered("x = 1\n"),
    "names": numbered("x{0} = y{0}\n"),
    "functions": numbered("def f{0}(a, b):\n    return a + b * {0}\n"),
    "classes": numbered("class C{0}:\n    def m(self): return __class__\n"),
    "annotations": numbered("x{0}: int\n"),
    "list of constants": numbered("{0}, ", "x = [", "]\n"),
    "list of names": lambda n: "x = [" + "y, " * n + "]\n",
    "set": numbered("{0}, ", "x = {", "}\n"),
    "dict": numbered("{0}: {0}, ", "x = {", "}\n"),
    "dict of texts": numbered("'k{0}': 'v{0}', ", "x = {", "}\n"),
    "arguments": numbered("a{0}, ", "f(", ")\n"),
    "keywords": numbered("a{0}=1, ", "f(", ")\n"),
    "parameters": numbered("a{0}, ", "def f(", "): pass\n"),
    "locals": numbered("    x{0} = 1\n", "def f():\n"),
    "branches": numbered("    if b: return {0}\n", "def f():\n"),
    "elif": lambda n: "if a: pass\n" + "elif b: pass\n" * min(n, 5000) + "else: pass\n",
    "cases": numbered("    case {0}: pass\n", "match x:\n"),
    "handlers": numbered("except E{0}: pass\n", "try: pass\n"),
    "texts side by side": chain("x = ", "'a' "),
    "formatted side by side": chain("x = ", "f'{a}' "),
    "one line": chain("", "x; "),
    "module": lambda n: "".join(module_part(i) for i in range(n)),
}


def module_part(i):
    """Some 300 bytes as generated code has them."""
    return (
        f"class Record{i}(Base):\n"
        f"    '''The record of kind {i}.'''\n"
        f"    fields = ('name', 'size', {i})\n"
        "    def __init__(self, name, size=0, *, flags=None):\n"
        "        self.name = name\n"
        "        self.size = [size + 1, {'size': size}, f'{name}:{size}']\n"
        f"        if flags is not None and flags & {i}:\n"
        f"            raise ValueError('record {i}')\n"
        f"TABLE[{i}] = Record{i}\n"
    )


def measure(source):
    begun = time.process_time()
    compile(source, "<generated>", "exec")
    spent = time.process_time() - begun
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def child(shape, size):
    spent, memory = measure(SHAPES[shape](size))
    print(spent, memory)


def ask(shape, size):
    answer = subprocess.run([sys.executable, __file__, "--child", shape, str(size)], capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(f"{shape} {size}: {answer.stderr.strip().splitlines()[-1]}")
    spent, memory = answer.stdout.split()
    return float(spent), int(memory)


def main(arguments):
    if arguments[:1] == ["--child"]:
        return child(arguments[1], int(arguments[2]))
    if arguments[:1] == ["--module"]:
        parts = int(float(arguments[1]) * 1e6) // len(module_part(10_000))
        source = SHAPES["module"](parts)
        spent, memory = measure(source)
        return print(f"{len(source) / 1e6:.1f} MB: {spent:.2f} s, {memory} MB")
    size = int(arguments[0]) if arguments else 10_000
    for shape in arguments[1:] or SHAPES:
        small, _ = ask(shape, size)
        large, memory = ask(shape, size * 10)
        exponent = math.log10(large / small) if small > 0 else 0
        print(f"{shape:24} {small:8.3f} s {large:8.3f} s  exponent {exponent:5.2f} {memory:6} MB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
