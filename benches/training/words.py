"""Text: methods of `str`, formatting of every kind, loops over characters, encodings, `textwrap`, `string`, `difflib`."""
import difflib
import string
import textwrap
import unicodedata

TEXT = """The lighthouse keeper counted forty-two ships before noon; none of them stopped. "Perhaps tomorrow," he said, and lit the lamp
again. Its beam swept over cold, grey water: 17 seconds of dark, 3 of light. Zwölf Möwen kreisten über der Düne, наблюдая за морем."""


def methods(text, rounds):
    total = 0
    for i in range(rounds):
        words = text.split()
        total += len(" ".join(word.strip(".,;:\"'").lower() for word in words))
        total += sum(word.isalpha() + word.istitle() * 2 + word.isdigit() * 3 + word.startswith(("t", "T")) for word in words)
        head, _, tail = text.partition(";")
        total += text.find("lamp", i % 50) + text.rfind("e") + text.count("e") + len(tail.rpartition(":")[0])
        total += len(text.replace("he", "she").upper().title().swapcase().casefold()) + len(head.center(90, "*").ljust(95).rjust(99))
        total += len(text.splitlines()) + len(text.encode()) + len(words[i % 20].zfill(12).capitalize().removeprefix("T").removesuffix("e"))
        total += ("sea" in text) + ("water" in text) + (text[5:10] == "ghthou") + (words[0] < words[1]) + hash(text[i:]) % 2 * 0
    return total


def layouts(rounds):
    lines = []
    for i in range(rounds):
        price, name = i * 1.25 + 0.333, f"item{i}"
        lines.append(f"{i:4d} {name:<10} {price:>9.2f} {i:#06x} {i:b} {price:e} {name!r:>12}")
        lines.append("%5d|%-8s|%6.2f|%x|%s" % (i, name, price, i, (i, None)))
        lines.append("{0:>5} {1:^10} {total:,} {2!r}".format(i, name, price, total=i * 1000))
        lines.append(format(price, ".3g") + format(i, "08d") + str(price) + repr(name) + str(i))
        lines.append(name + "=" + str(i) + ";" + "-" * (i % 5))
    return len("\n".join(lines)), lines[-3:]


def characters(text, rounds):
    shifted, vowels, codes = [], 0, 0
    for _ in range(rounds):
        for c in text:
            if "a" <= c <= "z":
                shifted.append(chr((ord(c) - 97 + 13) % 26 + 97))
            elif c in "AEIOU":
                vowels += 1
            else:
                codes ^= ord(c)
    result = ""
    for i in range(len(text)):
        result += text[-i - 1]
    return "".join(shifted[:12]), vowels, codes, result == text[::-1]


def lexer(source):
    tokens, at = [], 0
    while at < len(source):
        c = source[at]
        start = at
        if c.isspace():
            at += 1
            continue
        if c.isalpha() or c == "_":
            while at < len(source) and (source[at].isalnum() or source[at] == "_"):
                at += 1
            tokens.append(("name", source[start:at]))
        elif c.isdigit():
            while at < len(source) and source[at].isdigit():
                at += 1
            tokens.append(("number", int(source[start:at])))
        else:
            at += 2 if source[at : at + 2] in ("==", "<=", "->") else 1
            tokens.append(("sign", source[start:at]))
    return tokens


def palindromes(text):
    clean = "".join(c for c in text.lower() if c.isalnum())
    return [clean[i : i + n] for n in (3, 4) for i in range(len(clean)) if clean[i : i + n] == clean[i : i + n][::-1]]


def edges(rounds):
    table = str.maketrans("aeiou", "AEIOU", "\"';")
    total = 0
    for i in range(rounds):
        total += len(TEXT.translate(table)) + len(TEXT.encode("utf-16")) + len(TEXT.encode("latin-1", "replace").decode("latin-1"))
        total += len(unicodedata.normalize("NFD", TEXT)) + sum(unicodedata.category(c) == "Ll" for c in TEXT[:60])
        total += len(textwrap.fill(TEXT, 40 + i % 20)) + len(textwrap.dedent("    a\n      b\n"))
        total += len(string.Template("$who has ${count} ships").substitute(who="keeper", count=i)) + len(TEXT.expandtabs())
    ratio = difflib.SequenceMatcher(None, TEXT, TEXT[40:] + TEXT[:40]).ratio()
    changes = list(difflib.unified_diff(TEXT.split(), TEXT.replace("cold", "warm").split(), lineterm=""))
    return total, round(ratio, 6), len(changes), difflib.get_close_matches("lght", ["light", "night", "lamp"])


SOURCE = "def area_of(w, h) -> int: return w * h if w == 12 else (w + 3) * h_2 <= 77\n" * 12
for turn in range(16):
    answers = methods(TEXT, 80), layouts(400), characters(TEXT, 60), len(lexer(SOURCE)), palindromes(TEXT * 3)[:3], edges(10)
print(answers)
