# Escapes that are none: what the warning says, what the error says that it becomes, and a backslash before a doubled brace.
import warnings

SOURCES = [r"'\z'", r"'\407'", r"f'\z'", r"'''\z'''", r"f'{1+1}\}}'", r"f'\}}'", r"f'\{{\}}'", r"f'\{{{1+1}'", r"fr'\{{'", r"f'\\{{'"]
for source in SOURCES:
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        print(source, ascii(eval(source)), [str(warning.message) for warning in given])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            compile(source, "<s>", "eval")
        except SyntaxError as error:
            print(error.msg)
