from . import b
from .sub import c
name = __name__, __package__
