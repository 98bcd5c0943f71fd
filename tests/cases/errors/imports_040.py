from a as b import c
