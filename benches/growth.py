"""How the cost of builtin operations grows: for each, the exponent from the smallest size to the largest, and the seconds
at the largest. `compare.py --growth` runs this file under two interpreters.
"""
import math
import sys
import time

SIZES = [10**3, 10**4, 10**5, 10**6, 10**7]
# Seconds after which an operation is not tried at a larger size.
LIMIT = 0.5

CASES = {
    "list_append": ("", "q = []\nfor i in range(n): q.append(i)"),
    "list_pop_last": ("q = list(range(n))", "while q: q.pop()"),
    "list_extend": ("q = list(range(n))", "[].extend(q)"),
    "list_insert_first": ("q = list(range(n))", "q.insert(0, 1)"),
    "list_delete_first": ("q = list(range(n))", "del q[0]"),
    "list_copy": ("q = list(range(n))", "q[:]"),
    "list_slice_store": ("q = list(range(n))", "q[10:20] = [1]"),
    "list_contains": ("q = list(range(n))", "-1 in q"),
    "list_reverse": ("q = list(range(n))", "q.reverse()"),
    "list_equal": ("q = list(range(n)); r = list(range(n))", "q == r"),
    "list_sort_random": ("q = [(i * 7919) % n for i in range(n)]", "sorted(q)"),
    "list_sort_sorted": ("q = list(range(n))", "sorted(q)"),
    "list_sort_reversed": ("q = list(range(n, 0, -1))", "sorted(q)"),
    "list_sort_str": ("q = [str((i * 7919) % n) for i in range(n)]", "sorted(q)"),
    "list_repeat": ("q = [1, 2]", "q * n"),
    "tuple_of_list": ("q = list(range(n))", "tuple(q)"),
    "tuple_hash": ("q = tuple(range(n))", "hash(q)"),
    "dict_fill": ("", "q = {}\nfor i in range(n): q[i] = i"),
    "dict_fill_str": ("r = [str(i) for i in range(n)]", "q = {}\nfor i in r: q[i] = 1"),
    "dict_get": ("q = dict.fromkeys(range(n))", "q.get(n // 2)"),
    "dict_delete_first": ("q = dict.fromkeys(range(n))", "while q: del q[next(iter(q))]"),
    "dict_popitem": ("q = dict.fromkeys(range(n))", "while q: q.popitem()"),
    "dict_copy": ("q = dict.fromkeys(range(n))", "q.copy()"),
    "dict_update": ("q = dict.fromkeys(range(n))", "{}.update(q)"),
    "dict_same_bits": ("", "q = {}\nfor i in range(n): q[i << 20] = i"),
    "set_fill": ("", "q = set()\nfor i in range(n): q.add(i)"),
    "set_union": ("q = set(range(n)); r = set(range(n // 2, n + n // 2))", "q | r"),
    "set_difference": ("q = set(range(n)); r = set(range(n // 2, n + n // 2))", "q - r"),
    "set_pop": ("q = set(range(n))", "while q: q.pop()"),
    "set_difference_small": ("q = set(range(n)); r = {1}", "r - q"),
    "str_append": ("", "q = ''\nfor i in range(n): q += 'x'"),
    "str_join": ("q = ['ab'] * n", "''.join(q)"),
    "str_find": ("q = 'ab' * n", "q.find('abc')"),
    "str_find_hard": ("q = 'a' * n", "q.find('a' * 50 + 'b')"),
    "str_count": ("q = 'ab' * n", "q.count('b')"),
    "str_replace": ("q = 'ab' * n", "q.replace('a', 'xyz')"),
    "str_split": ("q = 'ab ' * n", "q.split()"),
    "str_index_wide": ("q = 'ab日' * n", "q[n]"),
    "str_index_last": ("q = 'aé' * n", "q[-1]"),
    "str_slice_tail": ("q = 'ab' * n", "q[1:]"),
    "str_reverse": ("q = 'ab' * n", "q[::-1]"),
    "str_compare": ("q = 'ab' * n; r = 'ab' * n", "q == r"),
    "str_hash": ("q = 'ab' * n", "hash(q[1:])"),
    "str_upper": ("q = 'ab' * n", "q.upper()"),
    "str_encode": ("q = 'ab' * n", "q.encode()"),
    "str_decode": ("q = b'ab' * n", "q.decode()"),
    "str_splitlines": ("q = 'ab\\n' * n", "q.splitlines()"),
    "str_translate": ("q = 'ab' * n; t = {97: 'x'}", "q.translate(t)"),
    "str_iterate": ("q = 'ab' * n", "for c in q: pass"),
    "bytes_find": ("q = b'ab' * n", "q.find(b'abc')"),
    "bytearray_append": ("", "q = bytearray()\nfor i in range(n): q.append(1)"),
    "bytearray_delete_first": ("q = bytearray(n)", "for i in range(100): del q[0]"),
    "bytes_join": ("q = [b'ab'] * n", "b''.join(q)"),
    "int_str": ("q = 10 ** (n // 100)", "str(q % 10 ** 4000)"),
    "int_multiply": ("q = (1 << n) - 1", "q * q"),
    "int_add": ("q = (1 << n) - 1", "q + q"),
    "int_shift": ("q = 1 << n", "q >> 3"),
    "int_bit_length": ("q = 1 << n", "q.bit_length()"),
    "int_from_bytes": ("q = b'a' * n", "int.from_bytes(q)"),
    "range_contains": ("q = range(n)", "n - 1 in q"),
    "sum": ("q = list(range(n))", "sum(q)"),
    "min": ("q = list(range(n))", "min(q)"),
    "zip": ("q = list(range(n))", "for a, b in zip(q, q): pass"),
    "generator": ("", "for i in (i for i in range(n)): pass"),
    "deque_append_left": ("from collections import deque", "q = deque()\nfor i in range(n): q.appendleft(i)"),
    "deque_pop_left": ("from collections import deque; q = deque(range(n))", "while q: q.popleft()"),
    "deque_rotate": ("from collections import deque; q = deque(range(n))", "q.rotate(n // 2)"),
    "nested_lists": ("", "q = []\nfor i in range(n): q = [q]\nwhile q: q = q[0]"),
    "objects": ("class C: pass", "q = [C() for i in range(n)]"),
    "cycles": ("class C: pass", "for i in range(n):\n    c = C(); c.me = c"),
    "re_search": ("import re; q = 'ab' * n; r = re.compile('b+c')", "r.search(q)"),
    "re_findall": ("import re; q = 'ab ' * n; r = re.compile('[a-z]+')", "r.findall(q)"),
    "re_lazy": ("import re; q = 'a' * n + 'b'; r = re.compile('a*?b')", "r.match(q)"),
    "io_write": ("import io", "q = io.StringIO()\nfor i in range(n): q.write('ab')"),
    "io_lines": ("import io; q = 'ab\\n' * n", "for line in io.StringIO(q): pass"),
    "json_dumps": ("import json; q = list(range(n))", "json.dumps(q)"),
    "json_loads": ("import json; q = '[' + '1,' * n + '1]'", "json.loads(q)"),
}


def cost(setup, statement, n):
    space = {"n": n}
    exec(setup, space)
    body = statement.replace("\n", "\n    ")
    names = [name for name in space if not name.startswith("__")]
    exec(f"def run({', '.join(names)}):\n    {body}\n", space)
    arguments = [space[name] for name in names]
    start = time.process_time()
    space["run"](*arguments)
    return max(time.process_time() - start, 1e-7)


def main():
    wanted = sys.argv[1:]
    for name, (setup, statement) in CASES.items():
        if wanted and not any(part in name for part in wanted):
            continue
        points = []
        for n in SIZES:
            begin = time.process_time()
            points.append((n, min(cost(setup, statement, n) for _ in range(3 if n < 10**5 else 1))))
            if time.process_time() - begin > LIMIT:
                break
        # Below a hundred microseconds the clock and the call say more than the operation.
        far = [point for point in points if point[1] > 1e-4] or points[-1:]
        (a, x), (b, y) = far[0], far[-1]
        exponent = math.log(y / x) / math.log(b / a) if b > a else 0.0
        print(name, round(exponent, 3), y, flush=True)


main()
