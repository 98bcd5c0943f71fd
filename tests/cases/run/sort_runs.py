# Lists that are in order already, backwards, or nearly so; equal items keep their order.
def show(items, **options):
    print(sorted(items, **options))


show([1, 2, 2, 3])
show([3, 2, 1])
show([3, 2, 2, 1])
show([1, 2, 3], reverse=True)
show([3, 2, 1], reverse=True)
show([1.0, 2.5, 2.5])
show([2.5, 1.0, -0.0, 0.0])
show(["a", "b", "b", "c"])
show(["c", "b", "a"])
show([1, 2, "x"][:2] + [0])
show([True, 2, 1])
show([1, True, 1.0])
pairs = [(k, n) for n, k in enumerate([1, 1, 2, 2])]
show(pairs, key=lambda pair: pair[0])
show(pairs, key=lambda pair: pair[0], reverse=True)
show(pairs, key=lambda pair: -pair[0])
try:
    show([1, 2, "x"])
except TypeError as error:
    print(error)
print("abababa".count("aba"), "aaaaaaaaaaaaaaaaaaaa".count("aa"), "ab..ab........ab".count("ab"))
print("aXbXXc".replace("X", "--"), "abcabc--abc".replace("abc", "z", 2), b"xyxyxxxxxxxxxxxxxyxy".count(b"xy"))
print("a, b,, c".split(", "), "".join(["", "a", ""]), ",".join(["", "a", ""]))
