class C: await x
