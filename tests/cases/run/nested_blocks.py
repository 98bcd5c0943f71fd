# How deeply blocks may nest: a comprehension that runs in place is one.
def src(depth):
    e = "i for i in r"
    for _ in range(depth - 1): e = "[" + e + "] for i in r"
    return "x = [" + e + "]"
def t(s):
    try: compile(s,'f','exec'); print('ok')
    except SyntaxError as e: print(e.msg,e.lineno,e.offset,e.end_lineno,e.end_offset)
for n in (20,21,22,23): t(src(n))
for n in (19,20,21): t("for a in b:\n "+src(n)); t("def f():\n for a in b:\n  "+src(n)); t("with a:\n "+src(n)); t("class A:\n "+src(n))
t("def f():\n return "+src(21)[4:]); t("def f():\n return "+src(22)[4:]); t("async def f():\n x = ["+"[i async for i in r] for j in q"+"]")
