"""Exceptions from words with much on the value stack, and from many words of one function, again and again."""
import sys


class Counted:
    alive = 0

    def __init__(self):
        Counted.alive += 1

    def __del__(self):
        Counted.alive -= 1


def fail(kind):
    raise kind(Counted.alive)


def stacked():
    try:
        return [Counted(), Counted(), (Counted(), {1: Counted(), 2: [Counted(), Counted(), fail(KeyError)]})]
    except KeyError as error:
        return error.args


def nested(n):
    for i in range(n):
        try:
            try:
                print(Counted(), Counted(), Counted(), Counted(), 1 // (i - i))
            except LookupError:
                print("not here")
            finally:
                Counted()
        except ArithmeticError as error:
            yield type(error).__name__, Counted.alive, sys.exception() is error


def many(n):
    seen = []
    for i in range(n):
        for step in (1, 2, 3):
            try:
                if step == 1:
                    {}[i]
                if step == 2:
                    [][i]
                int("x")
            except KeyError:
                seen.append("K")
            except IndexError:
                seen.append("I")
            except ValueError:
                seen.append("V")
        try:
            None.missing
        except AttributeError:
            seen.append("A")
        try:
            missing
        except NameError:
            seen.append("N")
        try:
            1 + ""
        except TypeError:
            seen.append("T")
        try:
            next(iter(()))
        except StopIteration:
            seen.append("S")
        try:
            a, b = [i]
        except ValueError:
            seen.append("U")
        try:
            assert i < 0
        except AssertionError:
            seen.append("E")
        try:
            with open("/nowhere/at/all"):
                pass
        except OSError:
            seen.append("O")
        try:
            import nowhere_at_all
        except ImportError:
            seen.append("M")
    return "".join(seen)


for _ in range(3):
    print(stacked(), Counted.alive)
print(list(nested(3)), Counted.alive)
print(many(3))


def lines():
    found = []
    for n in range(2):
        try:
            raise KeyError
        except (ValueError, KeyError) as error:
            found.append(error.__traceback__.tb_lineno)
        try:
            try:
                raise KeyError
            finally:
                n += 1
        except KeyError as error:
            found.append(error.__traceback__.tb_lineno)
    first = lines.__code__.co_firstlineno
    return [line - first for line in found]


print(lines())
