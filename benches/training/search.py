"""Searching: backtracking, graphs, tables of partial answers, bit masks, values of states."""
import collections
import heapq


def knights(size):
    jumps = [(1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1), (-2, 1), (-1, 2)]
    board = [[0] * size for _ in range(size)]

    def free(x, y):
        return [(x + dx, y + dy) for dx, dy in jumps if 0 <= x + dx < size and 0 <= y + dy < size and not board[x + dx][y + dy]]

    def visit(x, y, step):
        board[x][y] = step
        if step == size * size:
            return True
        for after in sorted(free(x, y), key=lambda place: len(free(*place))):
            if visit(*after, step + 1):
                return True
        board[x][y] = 0
        return False

    return visit(0, 0, 1) and board[-1]


def latin(size):
    square, found = [[0] * size for _ in range(size)], 0

    def fits(row, column, value):
        return value not in square[row] and all(square[r][column] != value for r in range(row))

    def fill(place):
        nonlocal found
        if place == size * size:
            found += 1
            return
        row, column = divmod(place, size)
        for value in range(1, size + 1):
            if fits(row, column, value):
                square[row][column] = value
                fill(place + 1)
                square[row][column] = 0

    fill(0)
    return found


def covers(pieces, full):
    """Ways to fill a mask with pieces that do not overlap."""
    if full == 0:
        return 1
    low = full & -full
    return sum(covers(pieces, full & ~piece) for piece in pieces if piece & low and piece & full == piece)


def maze(width, height):
    walls = {(x, y) for x in range(width) for y in range(height) if x * 7 + y * 13 & 3 == 0 and x != y}
    start, goal = (1, 1), (width - 2, height - 2)
    seen, queue = {start: 0}, collections.deque([start])
    while queue:
        x, y = queue.popleft()
        for place in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            if 0 <= place[0] < width and 0 <= place[1] < height and place not in walls and place not in seen:
                seen[place] = seen[x, y] + 1
                queue.append(place)
    return len(seen), seen.get(goal)


def roads(count):
    graph = collections.defaultdict(dict)
    for i in range(count):
        for j in (i * 3 % count, (i + 7) % count, i * i % count):
            graph[i][j] = graph[j][i] = (i ^ j) % 19 + 1
    costs, heap = {}, [(0, 0)]
    while heap:
        cost, node = heapq.heappop(heap)
        if node in costs:
            continue
        costs[node] = cost
        for near, length in graph[node].items():
            if near not in costs:
                heapq.heappush(heap, (cost + length, near))
    return max(costs.values()), len(costs)


def islands(count):
    parents = list(range(count))

    def find(i):
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for i in range(count):
        a, b = find(i), find(i * 17 % count)
        if a != b:
            parents[a] = b
    return len({find(i) for i in range(count)})


def common(a, b):
    rows = [[0] * (len(b) + 1)]
    for i, x in enumerate(a):
        row = [0]
        for j, y in enumerate(b):
            row.append(rows[i][j] + 1 if x == y else max(rows[i][j + 1], row[-1]))
        rows.append(row)
    return rows[-1][-1]


def knapsack(weights, values, room):
    best = [0] * (room + 1)
    for weight, value in zip(weights, values):
        for left in range(room, weight - 1, -1):
            if best[left - weight] + value > best[left]:
                best[left] = best[left - weight] + value
    return best[room]


def values_of_states(size, rounds):
    states = [(x, y) for x in range(size) for y in range(size)]
    moves = {s: [((s[0] + 1) % size, s[1]), (s[0], (s[1] + 1) % size), (s[1], s[0])] for s in states}
    worth = dict.fromkeys(states, 0.0)
    for _ in range(rounds):
        worth = {s: (1.0 if s == (2, 3) else 0.0) + 0.9 * max(worth[t] for t in moves[s]) for s in states}
    return round(max(worth.values()), 6)


pieces = {0b11 << i for i in range(15) if i % 4 != 3} | {0b10001 << i for i in range(12)}
rectangles = latin(4)
for turn in range(40):
    answers = knights(7), latin(3), rectangles, covers(pieces, 0xFFFF), maze(40, 30), roads(250), islands(1500), common("interpreter" * 6, "compilation" * 6)
    more = knapsack(range(3, 40), range(5, 79, 2), 200), values_of_states(12, 25)
print(answers, more)
