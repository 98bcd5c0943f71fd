class C(x pass
