# Long chains lean to the left: no depth of theirs is too much for the compiler, and what is too much ends in an error.
SOURCES = {
    "attributes": "a" + ".b" * 20000,
    "calls": "a" + "()" * 20000,
    "subscripts": "a" + "[0]" * 20000,
    "methods": "a" + ".b()[c]" * 10000,
    "operators": "+".join(["a"] * 20000),
    "target": "a" + ".b" * 20000 + " = 1",
    "keywords": "a" + ".b(c=d)" * 10000,
    "conditions": "if a: pass\n" + "elif a: pass\n" * 5000 + "else: pass\n",
}
for name, source in SOURCES.items():
    code = compile(source, name, "exec")
    print(name, len(code.co_code), code.co_stacksize)
for source in ("a" + ".b" * 200000, "a" + "()" * 200000, "+".join(["a"] * 200000)):
    try:
        compile(source, "deep", "exec")
    except (RecursionError, MemoryError) as error:
        print(type(error).__name__)


class Chain:
    def __init__(self):
        self.count = 0

    def __call__(self, *arguments):
        self.count += len(arguments)
        return self

    def __getattr__(self, name):
        self.count += 1
        return self

    __getitem__ = __call__


chain = Chain()
eval("chain" + ".a(1)[2].b" * 1000)
print(chain.count)
