"""Exceptions: raised and caught near and far, as control flow, in groups; `with` that ends them; tracebacks, warnings, `logging`."""
import io
import logging
import traceback
import warnings


class Overdrawn(ValueError):
    def __init__(self, account, missing):
        super().__init__(f"{account} lacks {missing}")
        self.account, self.missing = account, missing


class Quiet:
    def __init__(self, *kinds):
        self.kinds, self.caught = kinds, 0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, where):
        if kind is not None and issubclass(kind, self.kinds):
            self.caught += 1
            return True
        return False


def sink(depth):
    if depth == 0:
        raise Overdrawn("savings", 3)
    try:
        sink(depth - 1)
    finally:
        DEPTHS.append(depth)


DEPTHS = []


def parse(text):
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError as error:
            raise LookupError(text) from error


def flow(rounds):
    table, total = {"a": 1, "b": 2}, 0
    for i in range(rounds):
        try:
            total += table["abc"[i % 3]]
        except KeyError as error:
            total += len(error.args)
        try:
            total += [1, 2][i % 3]
        except IndexError:
            total -= 1
        else:
            total += 1
        finally:
            total += 2
        try:
            total += i.missing
        except AttributeError:
            pass
        iterator = iter((1, 2))
        while True:
            try:
                total += next(iterator)
            except StopIteration:
                break
        try:
            total += 10 // (i % 4)
        except (TypeError, ZeroDivisionError):
            total += 1
    return total


def far(rounds):
    missing = 0
    for i in range(rounds):
        try:
            sink(i % 12)
        except Overdrawn as error:
            missing += error.missing
        with Quiet(LookupError, ValueError) as quiet:
            missing += parse(("12", "1.5", "x")[i % 3])
        missing += quiet.caught
        try:
            try:
                raise TypeError("inner")
            except TypeError:
                raise
        except Exception as error:
            missing += error.__traceback__ is not None
    del DEPTHS[:]
    return missing


def groups(rounds):
    seen = []
    for i in range(rounds):
        try:
            raise ExceptionGroup("several", [ValueError(i), KeyError(i), OSError(2, "gone")])
        except* ValueError as found:
            seen.append(len(found.exceptions))
        except* (KeyError, OSError) as found:
            seen.append(len(found.exceptions))
    return sum(seen)


def told(rounds):
    texts = []
    for i in range(rounds):
        try:
            parse(f"word {i}")
        except LookupError as error:
            texts.append(len(traceback.format_exception(error)) + len(str(error)) + len(traceback.format_exc().splitlines()))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i in range(rounds):
            warnings.warn(f"old {i}", DeprecationWarning, stacklevel=2)
    return sum(texts) // rounds, len(caught)


def logs(rounds):
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(funcName)s:%(message)s"))
    logger = logging.getLogger("harbor.tides")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    for i in range(rounds):
        logger.info("ship %s of %d arrived", i, rounds)
        logger.debug("unseen %s", i)
        if i % 10 == 0:
            logger.warning("storm at {}".format(i))
            logger.error("lost: %(name)s", {"name": i})
    logger.removeHandler(handler)
    return len(out.getvalue().splitlines())


for turn in range(20):
    answers = flow(3000), far(400), groups(150), told(4), logs(250)
print(answers)
