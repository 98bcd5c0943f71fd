from ..b import y
from .. import x as px
z = y + px
