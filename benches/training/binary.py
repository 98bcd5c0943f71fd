"""Bytes: buffers, `struct`, digests, compression, pickles in C's manner and in Python, copies, streams and files."""
import base64
import binascii
import bz2
import copy
import hashlib
import io
import lzma
import marshal
import pickle
import struct
import tempfile
import zlib

DATA = bytes(i * i % 251 for i in range(6000)) + b"a long and quite repetitive line\n" * 200


class Star:
    def __init__(self, name, mass, near=None):
        self.name, self.mass, self.near = name, mass, near

    def __eq__(self, other):
        return self.name == other.name


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a=1, b=2):
        self.a, self.b = a, b

    def __reduce__(self):
        return Slotted, (self.a, self.b)


def sky():
    stars = [Star(f"s{i}", i * 0.5) for i in range(20)]
    for a, b in zip(stars, stars[1:]):
        a.near = b
    return {"stars": stars, "table": {i: (str(i), float(i), [i] * 3) for i in range(80)}, "set": {1, 2, 3}, "raw": b"\0\1", "big": 2**70, "slots": [Slotted(i) for i in range(20)]}


def buffers():
    view, out, total = memoryview(DATA), bytearray(), 0
    for i in range(0, len(DATA) - 8, 8):
        out += view[i : i + 4]
        total += DATA[i] ^ DATA[i + 1]
    out[10:20] = b"xyz"
    out.extend(b"end")
    out.reverse()
    total += out.find(b"dne") + out.count(0) + len(out.hex()) + len(DATA.split(b"\n")) + sum(DATA) + len(DATA.replace(b"long", b"short"))
    return total, bytes(out[:4]), DATA[::-7][:4], len(view.cast("H").tolist()), b"-".join([b"a", b"b"]).upper()


def records():
    layout = struct.Struct("<IhBxd4s")
    packed = b"".join(layout.pack(i, -i, i % 256, i / 3, b"abcd") for i in range(600))
    total = sum(number + small for number, small, *_ in layout.iter_unpack(packed))
    total += sum(struct.unpack_from(">H", packed, i)[0] for i in range(0, 3000, 3))
    return total, int.from_bytes(packed[:9]), (123456789).to_bytes(5, "little"), struct.calcsize("3i2q")


def codings():
    texts = base64.b64encode(DATA), base64.b85encode(DATA[:600]), binascii.hexlify(DATA), base64.b32encode(DATA[:500])
    same = base64.b64decode(texts[0]) == DATA and base64.b85decode(texts[1]) == DATA[:600]
    digests = [hashlib.new(name, DATA).hexdigest()[:8] for name in ("md5", "sha1", "sha256", "blake2b", "sha3_256")]
    packed = [len(module.decompress(module.compress(DATA[:4000]))) for module in (zlib, bz2, lzma)]
    return same, digests, packed, zlib.crc32(DATA), zlib.adler32(DATA)


def pickles():
    things, total = sky(), 0
    for protocol in (2, 4, 5):
        text = pickle.dumps(things, protocol)
        total += len(pickle.loads(text)["stars"]) + len(text)
        slow = io.BytesIO()
        pickle._Pickler(slow, protocol).dump(things)
        total += len(pickle._Unpickler(io.BytesIO(slow.getvalue())).load()["table"])
    for i in range(60):
        total += len(pickle.loads(pickle.dumps({"n": i, "list": list(range(20)), "t": (1.5, "x", None, True)}))["list"])
    total += len(marshal.loads(marshal.dumps([1, 2.5, "x", (None, b"y"), {"k": [1] * 50}])))
    return total


def copies():
    things = sky()
    deep = copy.deepcopy(things)
    total = len(deep["table"]) + (deep["stars"][3] == things["stars"][3]) + (deep["stars"][3] is things["stars"][3])
    for i in range(40):
        total += len(copy.deepcopy([{"a": [i, (i, "b")]}, Slotted(i)])) + copy.copy(things["stars"][i % 20]).mass
        total += copy.replace(slice(1, 2)) is None if hasattr(slice, "__replace__") else 0
    return total


def streams():
    text, raw = io.StringIO(), io.BytesIO()
    for i in range(800):
        text.write(f"line {i}\n")
        raw.write(b"%d;" % i)
    total = sum(len(line) for line in io.StringIO(text.getvalue())) + len(raw.getvalue().split(b";"))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        for i in range(1500):
            file.write("Zeile %d für später\n" % i)
        file.seek(0)
        total += sum(len(line.split()) for line in file)
        file.seek(0)
        total += len(file.readlines()) + file.tell()
    wrapped = io.TextIOWrapper(io.BytesIO(DATA), encoding="latin-1", newline="\n")
    return total, len(wrapped.read()), len(io.BufferedReader(io.BytesIO(DATA), 64).read(999))


for turn in range(20):
    answers = buffers(), records(), codings(), pickles(), copies(), streams()
print(answers)
