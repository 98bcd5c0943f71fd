"""Dicts, sets, lists, tuples and what `collections`, `heapq` and `bisect` make of them."""
import bisect
import collections
import heapq
import io
import itertools
import random

WORDS = "anchor basin cedar delta ember fjord grove harbor inlet juniper knoll lagoon meadow north oxbow prairie".split()


def tally(count):
    plain, counted, lists = {}, collections.Counter(), collections.defaultdict(list)
    for i in range(count):
        word = WORDS[i * i % 16]
        plain[word] = plain.get(word, 0) + 1
        counted[word] += 1
        lists[len(word)].append(i)
        if word not in plain or i in plain:
            plain.setdefault(word, []).append(i)
    both = plain | {"total": count}
    both.update(extra=1)
    del both["extra"]
    return both.pop("total"), counted.most_common(2), {k: len(v) for k, v in lists.items()}, max(plain, key=plain.get)


def places(count):
    grid = {(x, y): x * y for x in range(count) for y in range(count)}
    total = 0
    for (x, y), value in grid.items():
        for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -1)):
            if (x + dx, y + dy) in grid:
                total += grid[x + dx, y + dy] - value
    return total, sum(1 for key in grid if key[0] == key[1]), len({value for value in grid.values()})


def sets(count):
    odd, threes = set(range(1, count, 2)), {n for n in range(count) if n % 3 == 0}
    names = frozenset(WORDS)
    hits = sum(n in odd for n in range(count)) + sum(word in names for word in ["delta", "x", "knoll"] * 100)
    odd.discard(1)
    odd.add(-1)
    odd |= {-3, -5}
    families = {frozenset((a, b)) for a in range(20) for b in range(20)}
    return hits, len(odd & threes), len(odd | threes), len(odd - threes), len(odd ^ threes), odd.isdisjoint({2}), {3} <= threes, len(families)


def lists(count):
    rows = [n * 37 % 1009 for n in range(count)]
    evens = [n for n in rows if not n & 1]
    rows[10:20] = rows[20:10:-1]
    del rows[::50]
    rows.insert(3, 7)
    rows.extend(evens[:40])
    rows += [1, 2, 3]
    first, *middle, last = rows
    rows.reverse()
    total = 0
    while len(middle) > 10:
        total += middle.pop() - middle[0]
    return first, last, total, rows.index(7), rows.count(1), sum(rows[::3]), rows[-5:], [a + b for a, b in zip(rows[:4], evens)], [0] * 3 + [*evens[:2]]


def orders(count):
    rng = random.Random(3)
    ints = [rng.randrange(10**6) for _ in range(count)]
    floats = [rng.random() for _ in range(count)]
    texts = [WORDS[n % 16] + str(n) for n in ints]
    pairs = list(zip(texts, floats))
    ranked = sorted(pairs, key=lambda pair: pair[1], reverse=True)
    return sum(sorted(ints)[::9]), sorted(texts)[5], ranked[0][0], sorted(pairs)[3], min(floats) < sorted(floats)[1], sorted(texts, key=len)[0], max(ints)


def queues(count):
    waiting, heap, recent = collections.deque(maxlen=50), [], collections.OrderedDict()
    for i in range(count):
        waiting.append(i)
        if i % 3 == 0:
            waiting.rotate(1)
            waiting.appendleft(waiting.pop())
        heapq.heappush(heap, (i * 7919 % 1013, i))
        if len(heap) > 60:
            heapq.heappop(heap)
        key = i * i % 90
        if key in recent:
            recent.move_to_end(key)
        recent[key] = i
        if len(recent) > 30:
            recent.popitem(last=False)
    ladder = []
    for i in range(count // 4):
        bisect.insort(ladder, i * 7919 % 1013)
    layers = collections.ChainMap({"a": 1}, {"b": 2}, dict.fromkeys(WORDS, 0))
    return sum(waiting), heap[0], heapq.nsmallest(3, heap), list(recent)[:3], bisect.bisect_left(ladder, 500), layers["knoll"] + layers["b"]


def comprehend(count):
    table = [[(x * y) % 10 for x in range(30)] for y in range(count)]
    flat = [cell for row in table for cell in row if cell]
    by_value = {value: [place for place, cell in enumerate(flat[:300]) if cell == value] for value in set(flat)}
    swapped = {word: place for place, word in enumerate(WORDS)}
    joined = {**swapped, "none": None}
    return len(flat), {k: len(v) for k, v in by_value.items()}, tuple(zip(*table))[3][:5], [*map(len, joined)][:4], list(reversed(list(swapped.items())))[0]


def cover(free, pieces, best):
    """Covers as many places as it can with pieces, the first of the board's least free place first."""
    if not free:
        return best
    least = min(free)
    for piece in pieces[least]:
        if piece <= free:
            best = max(best, cover(free - piece, pieces, best + len(piece)))
            if best > 22:
                break
    return best


def boards(width):
    cells = frozenset(range(width * 6))
    pieces = {place: [] for place in cells}
    for place in cells:
        for shape in itertools.permutations((0, 1, width), 2):
            piece = frozenset(place + step for step in (*shape, 0)) & cells
            if len(set(n % width for n in piece) - {0}) > 1 and piece not in pieces[place]:
                pieces[place].append(piece)
    odd = [all(n & 1 for n in piece) or any(n > 9 for n in piece) for row in pieces.values() for piece in row]
    return cover(cells, pieces, 0), sum(odd), sum(len(tuple(n for n in row)) for row in pieces.values())


class Node:
    def __init__(self, name):
        self.name, self.around = name, []


def rings(count):
    for start in range(count):
        nodes = [Node(start + n) for n in range(12)]
        for node, other in zip(nodes, nodes[1:] + nodes[:1]):
            node.around += [other, node]
    return nodes[3].around[0].name


def characters(text):
    counts, total = {}, 0
    for letter in text:
        counts[letter] = counts.get(letter, 0) + 1
    for byte in text.encode():
        total += byte
    for letter in counts:
        total += counts[letter]
    lines = io.StringIO()
    for word in sorted(set(text.split())):
        lines.write(word.replace("o", "00") + "\n")
    return total, collections.Counter(text).most_common(3), lines.getvalue().count("0"), dict(counts) == counts.copy(), len(lines.getvalue())


for turn in range(30):
    answers = tally(6000), places(40), sets(3000), lists(1500), orders(900), queues(2500), comprehend(60), boards(7), rings(250), characters(" ".join(WORDS) * 12)
for answer in answers:
    print(answer)
