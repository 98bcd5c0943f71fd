"""Single operations: nanoseconds of processor time each, one line per operation.

Each case is a statement that is run in a function's loop; what the empty loop costs is taken off.
"""
import sys
import time

SETUP = '''
import re, struct, json
class Plain:
    def __init__(self, x=1): self.x = x
    def method(self): return self.x
    def with_default(self, a, b=2): return a
    @property
    def prop(self): return self.x
    @staticmethod
    def static(a): return a
    @classmethod
    def clsm(cls, a): return a
    def __eq__(self, other): return self.x == other.x
    def __lt__(self, other): return self.x < other.x
    def __hash__(self): return self.x
    def __add__(self, other): return self.x
    def __getitem__(self, key): return key
    def __len__(self): return 3
    def __iter__(self): return iter((1, 2, 3))
    def __contains__(self, x): return True
    def __call__(self, a): return a
class Slots:
    __slots__ = ("a", "b")
    def __init__(self, a, b): self.a = a; self.b = b
class Child(Plain):
    def __init__(self, x):
        super().__init__(x)
class Context:
    def __enter__(self): return self
    def __exit__(self, *exc): return False
class Empty: pass
def nothing(): pass
def one(a): return a
def three(a, b, c): return a
def default(a, b=2, c=3): return a
def keyword(a, *, b=1): return a
def star(*args): return args
def star_kw(**kw): return kw
def gen(n):
    for i in range(n): yield i
def closure():
    n = 0
    def inner():
        nonlocal n
        n += 1
        return n
    return inner
def raiser(): raise ValueError("x")
inner = closure()
p = Plain(); s = Slots(1, 2); child = Child(1); ctx = Context()
ints = list(range(100)); floats = [float(i) for i in ints]; strs = [str(i) for i in ints]
pairs = [(i, str(i)) for i in ints]; tup = tuple(ints); d = dict(zip(strs, ints)); di = dict(zip(ints, strs))
text = "The quick brown fox jumps over the lazy dog. " * 10; data = text.encode()
st = set(ints); big = 3 ** 200; big2 = 7 ** 150; x = 5; y = 7; f = 1.5; g = 2.5; a = "abc"; b = "def"
rx = re.compile(r"(\\w+) (\\w+)"); rx2 = re.compile("[a-z]+"); bm = p.method
matrix = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]; z = 0.0; ba = bytearray(100); import array; ar = array.array("i", ints)
shuffled = [(i * 37) % 101 for i in range(101)]; sstr = [str(i) for i in shuffled]; sflo = [float(i) for i in shuffled]
import operator; ig = operator.itemgetter(1)
from collections import deque, defaultdict, Counter, namedtuple, OrderedDict
dq = deque(ints); dd = defaultdict(int); NT = namedtuple("NT", "a b"); nt = NT(1, 2)
from functools import partial, lru_cache, reduce
part = partial(three, 1, 2)
@lru_cache(maxsize=None)
def cached(n): return n
import itertools, math, heapq, bisect, copy, random, string, io, datetime, decimal, fractions, dataclasses
@dataclasses.dataclass
class DC:
    a: int
    b: int = 2
'''

CASES = '''
call0|nothing()
call1|one(x)
call3|three(x, y, f)
call_default|default(x)
call_keyword|default(x, c=y)
call_kwonly|keyword(x, b=y)
call_star|star(x, y)
call_starstar|star_kw(a=x, b=y)
call_spread|three(*matrix[0])
call_lambda|(lambda v: v)(x)
call_closure|inner()
call_method|p.method()
call_method_default|p.with_default(x)
call_bound|bm()
call_property|p.prop
call_static|p.static(x)
call_classmethod|p.clsm(x)
call_dunder_call|p(x)
call_super|Child(x)
call_partial|part(x)
call_cached|cached(x)
new_plain|Plain(x)
new_plain_default|Plain()
new_empty|Empty()
new_slots|Slots(x, y)
new_dataclass|DC(x)
new_namedtuple|NT(x, y)
eq_python|p == child
lt_python|p < child
add_python|p + child
getitem_python|p[x]
len_python|len(p)
contains_python|x in p
iter_python|for q in p: pass
attr_load|p.x
attr_store|p.x = y
attr_augmented|p.x += 1
attr_slot|s.a
attr_namedtuple|nt.b
list_index|ints[x]
list_index_var|ints[x + y]
list_store|ints[x] = y
list_augmented|ints[x] += 0
list_nested|matrix[1][2]
list_nested_store|matrix[1][2] = x
list_negative|ints[-1]
list_slice|ints[2:10]
list_slice_store|ints[2:4] = [2, 3]
list_build|[x, y, f]
list_append_pop|ints.append(x); ints.pop()
list_iterate|for q in ints: pass
list_contains|y in ints
list_copy|ints[:]
list_reverse|matrix[0].reverse()
list_multiply|[0] * 100
list_extend|[].extend(matrix[0])
list_sum|sum(ints)
list_min|min(ints)
list_max_key|max(pairs, key=ig)
list_sorted|sorted(shuffled)
list_sorted_str|sorted(sstr)
list_sorted_float|sorted(sflo)
list_sorted_key|sorted(shuffled, key=one)
list_sorted_lambda|sorted(pairs, key=lambda v: v[1])
list_comprehension|[q for q in ints]
list_comprehension_if|[q * 2 for q in ints if q & 1]
list_join|",".join(strs)
set_comprehension|{q for q in ints}
dict_comprehension|{q: q for q in ints}
generator_expression|sum(q for q in ints)
generator_loop|for q in gen(100): pass
any_generator|any(q == 99 for q in ints)
map_lambda|list(map(lambda q: q + 1, ints))
map_str|list(map(str, ints))
filter_lambda|list(filter(lambda q: q & 1, ints))
zip_loop|for q, r in zip(ints, strs): pass
enumerate_loop|for q, r in enumerate(strs): pass
range_loop|for q in range(100): pass
while_loop|q = 0\\nwhile q < 100: q += 1
tuple_build|(x, y)
tuple_unpack|q, r = pairs[0]
tuple_swap|x, y = y, x
tuple_index|tup[3]
tuple_compare|pairs[0] == pairs[1]
tuple_hash|hash(pairs[0])
dict_get_item|d["5"]
dict_get_int|di[x]
dict_get|d.get("5")
dict_get_missing|d.get("zz", 0)
dict_store|d["5"] = 6
dict_store_int|di[x] = y
dict_augmented|di[x] = di[x]
dict_contains|"5" in d
dict_iterate|for q in d: pass
dict_items|for q, r in d.items(): pass
dict_values|for q in d.values(): pass
dict_build|{"a": x, "b": y}
dict_copy|d.copy()
dict_setdefault|d.setdefault("5", 0)
dict_tuple_key|{}.get((x, y))
dict_update|{}.update(d)
defaultdict_add|dd[x] += 1
counter_build|Counter(strs)
counter_add|dd["a"] += 1
deque_append|dq.append(x); dq.popleft()
set_add|st.add(x)
set_contains|x in st
set_union|st | st
set_iterate|for q in st: pass
int_add|x + y
int_multiply|x * y
int_divide|x / y
int_floor|x // y
int_mod|x % y
int_power|x ** 3
int_shift|x << 3
int_and|x & 3
int_compare|x < y
int_negate|-x
int_str|str(x)
int_parse|int("12345")
int_divmod|divmod(x, y)
int_abs|abs(x)
int_min|min(x, y)
int_bool|bool(x)
isinstance|isinstance(x, int)
big_add|big + big2
big_multiply|big * big2
big_floor|big // 12345
big_mod|big % big2
big_divmod|divmod(big, 10)
big_pow|pow(big, 65537, big2)
big_shift|big >> 7
big_str|str(big)
big_compare|big < big2
big_small|big + 1
float_add|f + g
float_multiply|f * g
float_zero|z + f
float_compare|f < g
float_int|int(f)
float_mixed|f * x
float_power|f ** 2
float_power_half|f ** 0.5
float_sqrt|math.sqrt(f)
float_sin|math.sin(f)
float_str|str(f)
float_round|round(f, 1)
float_format|f"{f:.2f}"
str_concat|a + b
str_augmented|q = a; q += b
str_index|text[x]
str_slice|text[2:10]
str_iterate|for q in text: pass
str_compare|a == b
str_less|a < b
str_in|"lazy" in text
str_find|text.find("dog")
str_replace|text.replace("fox", "cat")
str_split|text.split()
str_split_comma|"a,b,c,d".split(",")
str_strip|" abc ".strip()
str_startswith|text.startswith("The")
str_upper|a.upper()
str_isdigit|a.isdigit()
str_ord|ord("a")
str_chr|chr(97)
str_join_gen|"".join(q for q in strs)
str_join_list|"".join([q for q in strs])
str_format|"{} {}".format(x, y)
str_percent|"%d %s" % (x, a)
str_fstring|f"{x} {a}"
str_encode|text.encode()
str_decode|data.decode()
str_hash|hash(text[1:3])
str_count|text.count("o")
str_repr|repr(a)
bytes_index|data[x]
bytes_iterate|for q in data: pass
bytes_slice|data[2:10]
bytes_concat|data[:2] + data[4:6]
bytes_build|bytes([x])
bytearray_store|ba[x] = 3
bytearray_load|ba[x]
array_index|ar[x]
array_store|ar[x] = 4
struct_pack|struct.pack("<IH", x, y)
struct_unpack|struct.unpack("<IH", b"abcdef")
re_match|rx.match(text)
re_findall|rx2.findall(text)
re_sub|rx2.sub("x", text)
re_split|re.split("[ .]+", text)
json_dumps|json.dumps(pairs)
json_loads|json.loads('[1, 2, {"a": 3.5}]')
try_ok|try: x\\nexcept ValueError: pass
try_raise|try: raise ValueError\\nexcept ValueError: pass
try_raise_call|try: raiser()\\nexcept ValueError as e: pass
try_keyerror|try: d["zz"]\\nexcept KeyError: pass
try_attribute|try: p.zz\\nexcept AttributeError: pass
try_index|try: ints[1000]\\nexcept IndexError: pass
getattr_missing|getattr(p, "zz", None)
hasattr|hasattr(p, "x")
with_python|with ctx: pass
with_stringio|io.StringIO().write("a")
match_int|match x:\\n    case 1: pass\\n    case 5: pass
match_class|match p:\\n    case Plain(x=7): pass
match_tuple|match pairs[0]:\\n    case (q, "1"): pass\\n    case (q, r): pass
if_chain|if x == 1: pass\\nelif x == 2: pass\\nelif x == 5: pass
if_and|if x and y or f: pass
if_not|if not x: pass
if_list|if ints: pass
if_is_none|if x is not None: pass
if_chained|if 0 < x < 10: pass
global_load|math
import_local|import math
from_import|from math import sqrt
def_function|def q(): pass
def_closure|def q(): return ints
def_class|class Q: pass
isinstance_tuple|isinstance(p, (int, Plain))
type_of|type(p) is Plain
itertools_chain|for q in itertools.chain(ints, ints): pass
itertools_product|for q in itertools.product(matrix[0], matrix[0]): pass
itertools_permutations|for q in itertools.permutations(matrix[0]): pass
itertools_islice|list(itertools.islice(ints, 50))
itertools_accumulate|list(itertools.accumulate(ints))
reduce_lambda|reduce(lambda u, v: u + v, ints)
heap_push_pop|heapq.heappush(ints2, x); heapq.heappop(ints2)
bisect|bisect.bisect(ints, x)
copy_list|copy.copy(ints)
deepcopy|copy.deepcopy(matrix)
random|random.random()
randint|random.randint(1, 10)
decimal_add|D1 + D2
fraction_add|F1 + F2
datetime_now|datetime.date(2020, 1, 2)
stringio_write|sio.write("abc")
print_null|print(x, file=null)
sorted_tuples|sorted(pairs)
reversed|for q in reversed(ints): pass
list_del|q = [1, 2, 3]; del q[0]
list_insert|q = [1]; q.insert(0, 2)
list_eq|matrix[0] == matrix[1]
unpack_star|q, *r = matrix[0]
call_kwargs_spread|default(**kwd)
dict_merge|{**d}
string_builder|q = []\\nfor r in strs: q.append(r)
'''
MORE = '''
ints2 = list(range(50)); D1 = decimal.Decimal("1.5"); D2 = decimal.Decimal("2.25"); kwd = {"a": 1, "b": 2}
F1 = fractions.Fraction(1, 3); F2 = fractions.Fraction(1, 4); sio = io.StringIO(); null = open("/dev/null", "w")
'''


def case(name, statement, names):
    body = statement.replace("\\n", "\n").replace("\n", "\n        ")
    source = f"def run(n):\n    x = 5; y = 7; f = 1.5\n    for _ in range(n):\n        {body}\n"
    space = dict(names)
    exec(source, space)
    return space["run"]


def measure(run, least):
    clock = time.process_time
    count = 1
    while True:
        start = clock()
        run(count)
        spent = clock() - start
        if spent >= least / 4:
            break
        count *= 4
    count = max(1, int(count * least / spent))
    best = None
    for _ in range(3):
        start = clock()
        run(count)
        spent = (clock() - start) / count
        best = spent if best is None else min(best, spent)
    return best


def main():
    least = float(sys.argv[1]) if len(sys.argv) > 1 else 0.02
    wanted = sys.argv[2:]
    names = {}
    exec(SETUP.replace("\\\\w", "\\w"), names)
    exec(MORE, names)
    empty = measure(case("", "pass", names), least)
    for line in CASES.strip().splitlines():
        name, _, statement = line.partition("|")
        if wanted and not any(w in name for w in wanted):
            continue
        try:
            spent = measure(case(name, statement.replace("\\\\n", "\n").replace("\\\\\\\\", "\\"), names), least)
        except Exception as error:
            print(name, "failed", type(error).__name__, error, flush=True)
            continue
        print(name, max(spent - empty, 1e-10) * 1e9, flush=True)


main()
