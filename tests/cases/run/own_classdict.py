# A class may annotate or bind the names that its scopes use themselves.
class Annotated:
    __classdict__: int

    def method(self):
        return __class__


class Bound:
    __classdict__ = {"x": str}
    x: int


def show(cls):
    print(cls.__name__, cls.__annotations__)
    print(cls.__annotate__.__code__.co_freevars, cls.__annotate__.__code__.co_names)


show(Annotated)
show(Bound)
print(Annotated().method() is Annotated)
