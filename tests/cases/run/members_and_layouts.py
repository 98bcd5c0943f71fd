# Fields of builtin types are members; classes are exchanged where their layouts agree.
import types

for owner, name in ((complex, "real"), (float, "real"), (property, "fget"), (slice, "start"), (type, "__base__"),
                    (types.CodeType, "co_name"), (BaseException, "__suppress_context__"), (types.ModuleType, "__dict__")):
    print(owner.__name__, repr(owner.__dict__[name]))
try:
    property().fget = 1
except AttributeError as error:
    print(error)


class Small:
    pass


class Large:
    def __init__(self):
        self.a = self.b = self.c = self.d = self.e = self.f = self.g = self.h = self.i = self.j = self.k = 1


x = Small()
x.q = 5
x.__class__ = Large
x.__init__()
print(type(x).__name__, len(x.__dict__), x.q, list(x.__dict__)[:3])
del x.__dict__
print(x.__dict__)
x.a = 3
print(x.a, x.__dict__)
x.__class__ = Small
print(x.a)


class Kind(types.ModuleType):
    extra = 1


m = types.ModuleType("m")
m.__class__ = Kind
print(m.extra, m.__name__)
m.__class__ = types.ModuleType
print(hasattr(m, "extra"))


class Base:
    pass


class Meta(type, Base):
    pass


class Made(metaclass=Meta):
    pass


for target in (Made, types.new_class("Mod", (types.ModuleType, Base))("mod")):
    try:
        Base.__dict__["__dict__"].__set__(target, {})
    except (AttributeError, TypeError) as error:
        print(type(error).__name__, error)


class A:
    __slots__ = ("a", "b")


class B:
    __slots__ = ("b", "a")


class C(A):
    __slots__ = ("e",)


class D(B):
    __slots__ = ("e",)


a = A()
a.a = 1
a.__class__ = B
print(type(a).__name__, a.a)
try:
    C().__class__ = D
except TypeError as error:
    print(error)


class Changing:
    def __del__(self):
        self.__class__ = Small


print(len([Changing() for _ in range(50)]))


class Slotted:
    __slots__ = ["__classcell__", "__qualname__"]

    def f(self):
        return __class__


print(Slotted().f() is Slotted, Slotted.__dict__["__classcell__"])
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    type("Odd", (), {1: 2})
print([str(warning.message) for warning in caught])


class Order(type):
    def mro(cls):
        if armed and cls.__name__ == "B1":
            B2.__bases__ = (B1,)
        if armed and cls.__name__ == "B2":
            B1.__bases__ = (B2,)
        return type.mro(cls)


armed = False


class Root(metaclass=Order):
    pass


class B1(Root):
    pass


class B2(Root):
    pass


armed = True
try:
    B1.__bases__ += ()
except TypeError as error:
    print(error)
print(() is tuple([]), hash((1, 2)) == hash((1, 2)), (lambda *a: a)() is ())
