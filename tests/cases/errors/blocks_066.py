class C(x) pass
