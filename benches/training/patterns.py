"""Regular expressions: many compiled, searched, matched, substituted; `fnmatch`, `shlex`."""
import fnmatch
import re
import shlex

LOG = "\n".join(
    f"2031-{i % 12 + 1:02d}-{i % 28 + 1:02d} 10:{i % 60:02d}:07 {('INFO', 'WARN', 'ERROR')[i % 3]} [worker-{i % 7}] "
    f"GET /items/{i * 37}?page={i % 9}&sort=name took {i * 1.7:.1f} ms from 10.0.{i % 256}.{i * 7 % 256} <user{i}@example.org>"
    for i in range(400)
)
PATTERNS = [
    r"\b\d{4}-\d\d-\d\d\b", r"(?P<host>\d+\.\d+\.\d+\.\d+)", r"ERROR|WARN", r"took (\d+\.\d) ms", r"[\w.]+@[\w.]+\.org", r"(?i)get\s+/(\w+)/(\d+)",
    r"worker-[3-5]", r"^2031-0[1-3].*?ERROR", r"page=(?!0)\d", r"(?<=sort=)\w+", r"(\d)\1", r"x*y|items?/\d+5\?", r"[^\x00-\x7f]", r"<([^<>@]+)@",
]
TOKEN = re.compile(r"(?P<number>\d+(?:\.\d*)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>\"[^\"\\]*(?:\\.[^\"\\]*)*\")|(?P<op>[-+*/=<>!]=?|[(){},;])|(?P<space>\s+)")
GENES = "".join("acgt"[i * i // 3 % 4] for i in range(30000))


def searches():
    found = []
    for pattern in PATTERNS:
        compiled = re.compile(pattern, re.MULTILINE)
        found.append(len(compiled.findall(LOG)))
    return found


def tokens(source):
    kinds = {}
    for match in TOKEN.finditer(source):
        kinds[match.lastgroup] = kinds.get(match.lastgroup, 0) + len(match.group())
    return kinds


def lines():
    line = re.compile(r"(\S+) (\S+) (\w+) \[(\w+)-(\d+)\] (\w+) (\S+) took ([\d.]+) ms from (\S+)")
    slow = 0.0
    for text in LOG.split("\n"):
        match = line.match(text)
        if match and match[3] != "INFO" and re.search(r"page=[5-9]", match.group(7)):
            slow += float(match[8]) + int(match.group(5)) + match.start(6)
    return round(slow, 1)


def changes():
    masked = re.sub(r"\d+\.\d+\.\d+\.\d+", "*.*.*.*", LOG)
    doubled = re.sub(r"page=(\d)", lambda m: f"page={int(m[1]) * 2}", LOG)
    swapped = re.sub(r"(\w+)=(\w+)", r"\2=\1", LOG[:9000])
    return len(masked), len(doubled), swapped.count("name=sort"), len(re.split(r"[\s,;]+", LOG)), re.subn("o+", "0", LOG)[1], re.escape("a.b*c")


def genes():
    counts = [len(re.findall(variant, GENES)) for variant in ("acg|tac", "a[ct]g.{0,3}t", "(?:ca)+", "g[^a]{4}c", "t.?t.?t")]
    return counts, len(re.sub("[ag]{3}", "<r>", GENES)), len(re.findall(rb"gt+c", GENES.encode()))


def matching():
    hits = sum(bool(re.fullmatch(r"(a|b)*abb", "ab" * (i % 9) + "abb")) for i in range(300))
    hits += sum(re.match(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$", f"10.{i}.3.{i % 300}") is not None for i in range(300))
    names = fnmatch.filter([f"file{i}.{('py', 'txt')[i % 2]}" for i in range(300)], "file*[13].py")
    return hits, len(names), sum(len(shlex.split("run --name 'a b' \"c d\" e\\ f")) for _ in range(40))


for turn in range(24):
    re.purge()
    answers = searches(), tokens('let total_1 = "a \\" b" + 12.5 * (count - 3) >= limit;\n' * 200), lines(), changes(), genes(), matching()
print(answers)
