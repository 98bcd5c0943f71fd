"""What a collection keeps: what modules, variables of frames and of generators that delegate lead to; the rest it ends."""
import gc
import weakref


class Node:
    def __init__(self, name):
        self.name, self.me, self.pair = name, self, (1, (2, "three"))


ended = []


def watched(name):
    node = Node(name)
    weakref.finalize(node, ended.append, name)
    return node


kept = watched("module")


def inner():
    mine = watched("inner")
    for i in range(3):
        watched(f"garbage {i}")
        gc.collect()
        yield i
    return mine.name


def outer(g):
    mine = watched("outer")
    result = yield from g
    return [mine.name, result]


def caller(depth):
    mine = watched(f"caller {depth}")
    if depth:
        return caller(depth - 1)
    chain = outer(outer(inner()))
    steps = [next(chain), next(chain), next(chain)]
    gc.collect()
    print(steps, ended)
    try:
        next(chain)
    except StopIteration as stop:
        print(stop.value)
    gc.collect()
    print(sorted(ended))
    return mine.name


print(caller(2))
gc.collect()
print(sorted(ended), kept.name)

# An object that only native code holds, and a cycle that it is not part of.
items = iter([watched("held by an iterator")])
frozen = watched("frozen")
gc.freeze()
del frozen
gc.collect()
print("frozen" in ended, "held by an iterator" in ended)
gc.unfreeze()
gc.collect()
print("frozen" in ended, next(items).name)
