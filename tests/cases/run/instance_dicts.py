"""The dict of an instance: made when somebody asks for it, of the attributes in the order in which they were set."""

class Attributes:
    """Its attributes move to a dict when somebody asks for it."""

    def __init__(self, n):
        for i in range(n):
            setattr(self, f"a{i}", i)


for n in (0, 1, 5, 40):
    it = Attributes(n)
    if n:
        del it.a0
        it.a0 = "again"
    d = it.__dict__
    it.more, d["other"] = 1, 2
    print(len(d), list(d)[:3], list(vars(it))[-3:], it.other, d is it.__dict__)


class Calls:
    def __init__(self):
        self.seen = []

    def method(self, a, b=2, *rest, c=3, **more):
        self.seen.append((a, b, rest, c, more))
        return len(self.seen)


# Bound methods called with * and **.
it = Calls()
call, args = it.method, (1, 2, 3, 4)
print(call(*args), call(*args, **{}), call(*(), **{"a": 0}), call(*[9], c=1, **{"d": 5}))
try:
    call(*args, **{"a": 1})
except TypeError as error:
    print(error)
try:
    call(*())
except TypeError as error:
    print(error)
print(it.seen)
