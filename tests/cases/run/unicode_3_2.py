# The Unicode database of version 3.2, named sequences, and normal forms of both versions.
import unicodedata as now

old = now.ucd_3_2_0
print(old.unidata_version, type(old).__name__, "u\u0308ml".encode("idna"), "Bücher.example".encode("idna"))

PROPERTIES = "category bidirectional combining mirrored east_asian_width decomposition".split()
for c in "+²৴\u0221\u0374\u1b06\u2630\u5793\U0001f991\U0002f9bf\uac00":
    print(ascii(c), *(getattr(old, name)(c) for name in PROPERTIES), old.decimal(c, None), old.numeric(c, None),
          old.name(c, None), sep="|")
    print("   ", *(ascii(db.normalize(form, c)) for db in (old, now) for form in ("NFC", "NFD", "NFKC", "NFKD")))

import zlib

for db in (old, now):
    print([zlib.crc32("".join(str(getattr(db, name)(chr(point))) for point in range(0, 0x110000, 13)).encode())
           for name in PROPERTIES])
    print([zlib.crc32("".join(db.normalize(form, chr(point)) for point in range(0, 0x30000, 3)
                              if not 0xd800 <= point < 0xe000).encode()) for form in ("NFC", "NFD", "NFKC", "NFKD")])

for name in ("TAMIL SYLLABLE SAI", "latin small letter r with tilde", "NULL", "VS17", "TANGUT IDEOGRAPH-17000", "x" * 300):
    for db in (now, old):
        try:
            print(ascii(db.lookup(name)))
        except KeyError as error:
            print(error)
marks = "a" + "\u0300\u0327\u0323" * 5 + "\ud800\u0301e\u0301"
for form in ("NFC", "NFD"):
    print(ascii(now.normalize(form, marks)), now.is_normalized(form, marks))
for wrong in (lambda: type(old)(), lambda: now.lookup(1), lambda: now.normalize("NFX", "a"), lambda: old.category("ab")):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
