from .a.
