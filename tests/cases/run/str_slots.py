# Subclasses of str take slots and weak references; those of bytes, int and tuple do not.
import configparser
import weakref


class Line(str):
    __slots__ = ("clean", "__weakref__")


line = Line("text")
line.clean = 3
print(line, line.clean, weakref.ref(line)() is line, hasattr(line, "__dict__"))
for base in (bytes, int, tuple):
    try:
        type("Sub", (base,), {"__slots__": ("clean",)})
    except TypeError as error:
        print(error)
parser = configparser.ConfigParser()
parser.read_string("[a]\nb = 1 ; no comment\n")
print(parser["a"]["b"])
