class C: nonlocal x
