"""Helper doc."""
print("importing", __name__)
value = 1
_private = 2
__all__ = ["value", "func"]
def func(): return value
def __getattr__(n):
    if n == "lazy": return "lazy!"
    raise AttributeError(f"no {n} here")
