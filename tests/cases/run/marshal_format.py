# marshal: the bytes of values and code objects, references and loops, and what is refused.
import io
import marshal


def attempt(action):
    try:
        print(repr(action()))
    except Exception as error:
        print(type(error).__name__, error)


for version in range(6):
    attempt(lambda: marshal.dumps([1.5, 2j, "abc", "\xe9", b"x", True, StopIteration, ..., (1, 2), 2**40, -300], version))
text = "some text"
attempt(lambda: marshal.dumps([text, text, [text]]))
attempt(lambda: marshal.dumps({1, "a", b"z", (1, 2), None, 2.5}))
for source in ("x=1", "def f(a):\n return a.b+'x y'+'x y'+'q'\ndef g(a):\n return a.b+'x y'+(1,2.5)\nb='\xe9'; c=1.5; d=300",
               "class A:\n class B: pass\n def f(self, x: int) -> str: return x in {1000.5, 'a b'}",
               "def f():\n def g(): return f, x\n x = '.0'; return [y for y in x], (1, (2, (3,)))"):
    code = compile(source, "fi le", "exec")
    attempt(lambda: marshal.dumps(code))
    copy = marshal.loads(marshal.dumps(code))
    print(copy == code, copy.co_filename)
loop = []
loop.append(loop)
again = marshal.loads(marshal.dumps(loop))
print(again[0] is again)
loop = ([], {})
loop[0].append(loop)
loop[1][None] = loop
again = marshal.loads(marshal.dumps(loop))
print(again[0][0] is again, again[1][None] is again)
loop = slice([], None)
loop.start.append(loop)
attempt(lambda: marshal.dumps(loop))
for version in (2, 4):
    attempt(lambda: marshal.dumps(slice(1, 2), version))
attempt(lambda: marshal.dumps(object()))
attempt(lambda: marshal.dumps((lambda: 1).__code__, allow_code=False))
attempt(lambda: marshal.loads(marshal.dumps((lambda: 1).__code__), allow_code=False))
for data in (b"\xba[\x01\0\0\0r\0\0\0\0NN", b"\xbe\x01\0\0\0r\0\0\0\0", b"r\0\0\0\0", b"l\2\0\0\0\0\0\0\0", b"q", b"0",
             b")\x01" * 3000 + b"N", b"I" + b"\1" * 8, b"f\x031.5", b"x\x011\x012", b"S", b"[\xff\xff\xff\xff",
             b"[\xff\xff\xff\x7f", b"s\xff\xff\xff\x7f", b"l\1\0\0\0\xff\xff", b"[\1\0\0\x000", b"{N0", b"u\1\0\0\0\xff", b"z\1\xff"):
    attempt(lambda: marshal.loads(data))


class Reader(io.BytesIO):
    more = 0

    def readinto(self, room):
        print("readinto", len(room))
        return super().readinto(room) + self.more


file = Reader(marshal.dumps((1, "abc")) + b"rest")
attempt(lambda: (marshal.load(file), file.read()))
Reader.more = 1000
attempt(lambda: marshal.load(Reader(marshal.dumps(1.5))))
attempt(lambda: marshal.load(io.BytesIO(b"")))
attempt(lambda: marshal.load(io.StringIO("")))
for arguments in ((), (1, 2, 3), (1, "x")):
    attempt(lambda: marshal.dumps(*arguments))
attempt(lambda: marshal.dumps(1, x=1))
