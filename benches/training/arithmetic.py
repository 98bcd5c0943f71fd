"""Arithmetic: loops over small ints and floats, bits, whole numbers of many digits, fractions, `math`, `random`, `statistics`."""
import cmath
import fractions
import math
import random
import statistics


def collatz(limit):
    longest = (0, 0)
    for start in range(1, limit):
        steps, n = 0, start
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        if steps > longest[0]:
            longest = (steps, start)
    return longest


def checksum(data):
    low, high = 1, 0
    for byte in data:
        low = (low + byte) % 65521
        high = (high + low) % 65521
    return high << 16 | low


def bit_tricks(count):
    state, total = 0x2545F491, 0
    for _ in range(count):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        total += (state & 0xFF).bit_count() - (state >> 8 & 1)
        total -= ~state & 3
    return state, total


def pendulum(steps):
    angle, speed, energy = 1.2, 0.0, 0.0
    for step in range(steps):
        push = -9.81 / 1.5 * (angle - angle * angle * angle / 6.0)
        speed = (speed + push * 0.001) * 0.9999
        angle += speed * 0.001
        if angle > 3.1 or speed < -50.0:
            break
        energy += 0.5 * speed * speed + 9.81 * (1.0 - angle / 2.0)
    return round(angle, 9), round(energy / steps, 6)


def integrate(f, a, b, n):
    h = (b - a) / n
    total = (f(a) + f(b)) / 2
    for i in range(1, n):
        total += f(a + i * h)
    return total * h


def root(f, low, high):
    while high - low > 1e-12:
        middle = (low + high) / 2
        if (f(low) < 0) == (f(middle) < 0):
            low = middle
        else:
            high = middle
    return low


def big_numbers():
    a, b = 1, 1
    for i in range(1, 900):
        a, b = b, a + b * 3
    power = pow(7, 3**7, 10**40 + 7)
    inverse = pow(12345, -1, 2**127 - 1)
    text = str(math.factorial(300))
    primes = [n for n in range(2**20, 2**20 + 120) if all(n % d for d in range(2, math.isqrt(n) + 1))]
    return b % 10**9, power % 10**9, inverse % 10**9, len(text), int(text) == math.factorial(300), primes[:3], math.gcd(a, b)


def series():
    half = fractions.Fraction(0)
    for n in range(1, 60):
        half += fractions.Fraction(1, n * (n + 1))
    circle = [cmath.exp(2j * math.pi * k / 64) for k in range(64)]
    return half, round(abs(sum(z * z.conjugate() for z in circle)), 9)


def chance(count):
    rng = random.Random(7)
    hits = sum(rng.random() ** 2 + rng.random() ** 2 < 1.0 for _ in range(count))
    dice = [rng.randint(1, 6) + rng.randrange(6) for _ in range(count // 4)]
    cards = list(range(52))
    rng.shuffle(cards)
    return hits, statistics.mean(dice), round(statistics.stdev(dice), 6), statistics.median(dice), cards[:4], rng.choice(cards)


def main(show):
    show(collatz(2600), checksum(bytes(range(256)) * 120))
    show(bit_tricks(24000), pendulum(30000))
    show(round(integrate(math.sin, 0.0, math.pi, 16000), 6), round(integrate(lambda x: x * x + abs(x) ** 0.5, -1, 2, 16000), 6))
    show([round(root(lambda x, k=k: x**3 - k, 0.0, 10.0), 9) for k in range(2, 30)][-1])
    show(big_numbers(), series(), chance(16000))


for turn in range(12):
    main(print if turn == 0 else lambda *values: None)
