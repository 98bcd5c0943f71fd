"""Grids of numbers: lists of lists, `array`, a matrix class of its own, nested loops, slices."""
from array import array


class Matrix:
    """Rows in one array, read and written at pairs of ints."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.data = array("d", [0.0]) * (rows * columns)

    def __getitem__(self, place):
        row, column = place
        return self.data[row * self.columns + column]

    def __setitem__(self, place, value):
        row, column = place
        self.data[row * self.columns + column] = value

    def sweep(self):
        for row in range(1, self.rows - 1):
            for column in range(1, self.columns - 1):
                self[row, column] = (self[row - 1, column] + self[row + 1, column] + self[row, column - 1] + self[row, column + 1]) * 0.25


class Line:
    """A row of numbers with a length and items, as a sequence of Python's own."""

    def __init__(self, values):
        self.values = list(values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        return self.values[index]

    def __setitem__(self, index, value):
        self.values[index] = value


def product(a, b):
    columns = list(zip(*b))
    return [[sum(x * y for x, y in zip(row, column)) for column in columns] for row in a]


def triangular(matrix):
    n, sign = len(matrix), 1.0
    rows = [row[:] for row in matrix]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(rows[i][k]))
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            sign = -sign
        top = rows[k]
        for i in range(k + 1, n):
            row = rows[i]
            factor = row[k] / top[k]
            for j in range(k, n):
                row[j] -= factor * top[j]
    return sign, rows


def sparse_product(values, columns, starts, x):
    y = []
    for row in range(len(starts) - 1):
        total = 0.0
        for place in range(starts[row], starts[row + 1]):
            total += values[place] * x[columns[place]]
        y.append(total)
    return y


def blur(grid):
    height, width = len(grid), len(grid[0])
    out = [[0] * width for _ in range(height)]
    for y in range(1, height - 1):
        above, here, below = grid[y - 1], grid[y], grid[y + 1]
        for x in range(1, width - 1):
            out[y][x] = (above[x] + here[x - 1] + 4 * here[x] + here[x + 1] + below[x]) // 8
    return out


def smooth(line, times):
    for _ in range(times):
        for i in range(1, len(line) - 1):
            line[i] = (line[i - 1] + line[i + 1]) / 2 + 0.01 * line[i]
    return line


def prefix_sums(numbers):
    sums = [0]
    for number in numbers:
        sums.append(sums[-1] + number)
    return max(sums[j] - sums[i] for i in range(0, len(sums), 9) for j in range(i, len(sums), 7))


def transform(real):
    n = len(real)
    if n == 1:
        return [complex(real[0])]
    even, odd = transform(real[::2]), transform(real[1::2])
    turns = [1j ** (4 * k / n) * odd[k] for k in range(n // 2)]
    return [e + t for e, t in zip(even, turns)] + [e - t for e, t in zip(even, turns)]


def main(show):
    plate = Matrix(40, 30)
    for column in range(30):
        plate[0, column] = 100.0
    for _ in range(12):
        plate.sweep()
    show(round(sum(plate.data), 6))
    square = [[float((i * 7 + j * 3) % 11 + (i == j) * 5) for j in range(40)] for i in range(40)]
    sign, rows = triangular(square)
    show(sign, round(sum(row[i] for i, row in enumerate(rows)), 6), round(sum(map(sum, product(square, square))), 3))
    n = 400
    values, columns = [float(i % 13) for i in range(5 * n)], [i * 31 % n for i in range(5 * n)]
    x = [1.0] * n
    for _ in range(12):
        x = [v / 60 for v in sparse_product(values, columns, range(0, 5 * n + 1, 5), x)]
    show(round(sum(x), 9))
    image = [[(x * y) % 255 for x in range(90)] for y in range(70)]
    for _ in range(3):
        image = blur(image)
    show(sum(map(sum, image)), round(sum(smooth(Line(range(200)), 30)), 6), round(sum(smooth(array("d", range(200)), 30)), 6))
    show(prefix_sums([(i * i) % 17 - 8 for i in range(2000)]), round(abs(sum(transform(list(range(1024))))), 3))


for turn in range(14):
    main(print if turn == 0 else lambda *values: None)
