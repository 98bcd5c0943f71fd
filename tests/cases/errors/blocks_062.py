class C():
