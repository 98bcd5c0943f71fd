# A class of exceptions whose instances are something else, and flags that no C int holds.
class Number(Exception):
    def __new__(cls, *args):
        return 5


def thrown():
    yield


for raise_it in (lambda: thrown().throw(Number), lambda: exec("raise Number")):
    try:
        raise_it()
    except TypeError as error:
        print(error)
for flags in (1 << 31, -(1 << 31) - 1, 1 << 62):
    try:
        compile("1", "", "exec", flags)
    except OverflowError as error:
        print(error)
