# What is said of f-strings and t-strings that are wrong, where the tokenizer cannot read them to their end either.
SOURCES = [
    "f'{3!:'", "f'{3!'", "f'{3!g'", "f'{3! s'", "f'{3!s'", "f'{3!s:'", "f'{3!r x'", "f'{!'", "f'{ :'", "f'{=",
    "f'{}{'", "f'{a!ss:'", "f'{a!3:'", "f'a\\N{b'", "f'{x}a\\N{b c'", "f'{x!r'", "t'{!'", "f'''{!", "f'{x=!'", "f'{x!=",
    "f'{x!r{y}}'", "f'{x!{y}}'", "f'{x!r y}'", "f'{x! r}'", "f'{x!r = }'", "f'{x!r!s}'", "t'{x!s!}'", "f'{x!}}'",
    "f'{x!r}}}'", "f'{x!'s'}'", "f'{!x:a'", "f'{x:{!'", "f'{x:{y!r{z}}}'", "f'{lambda:}'", "f'{lambda x:}'",
    "f'{lambda x: }'", "f'{lambda x:x}'", "f'{a,lambda:}'", "{lambda:}", "f'{1:d\n}'", "f'{x:\n'",
]
for source in SOURCES:
    try:
        compile(source, "<f>", "exec")
        print(ascii(source), "compiles")
    except SyntaxError as error:
        print(ascii(source), error.msg, error.lineno, error.offset, error.end_lineno, error.end_offset, ascii(error.text))
for source in ("  ", "\n\t", " # x\n  ", "# x"):
    try:
        compile(source, "<f>", "eval")
    except SyntaxError as error:
        print(ascii(source), type(error).__name__, error.msg, error.lineno, error.offset, error.end_offset)
