"""Programs of many small objects: a stack machine, an evaluator, a simulation, linked nodes, a tree, states of a story."""


class Machine:
    def __init__(self, code):
        self.code, self.stack, self.at, self.steps = code, [], 0, 0

    def run(self):
        code, stack = self.code, self.stack
        while True:
            word, arg = code[self.at]
            self.at += 1
            self.steps += 1
            if word == "push":
                stack.append(arg)
            elif word == "add":
                stack.append(stack.pop() + stack.pop())
            elif word == "dup":
                stack.append(stack[-1])
            elif word == "jump_less":
                if stack[-1] < arg[0]:
                    self.at = arg[1]
            elif word == "halt":
                return stack.pop()


class Number:
    def __init__(self, value):
        self.value = value

    def evaluate(self, names):
        return self.value


class Name:
    def __init__(self, name):
        self.name = name

    def evaluate(self, names):
        return names[self.name]


class Binary:
    OPERATIONS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}

    def __init__(self, operator, left, right):
        self.operator, self.left, self.right = operator, left, right

    def evaluate(self, names):
        return self.OPERATIONS[self.operator](self.left.evaluate(names), self.right.evaluate(names))


class Parser:
    def __init__(self, text):
        self.tokens = text.replace("(", " ( ").replace(")", " ) ").split()
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def sum(self):
        left = self.term()
        while self.peek() in ("+", "-"):
            left = Binary(self.take(), left, self.term())
        return left

    def term(self):
        left = self.factor()
        while self.peek() == "*":
            left = Binary(self.take(), left, self.factor())
        return left

    def factor(self):
        token = self.take()
        if token == "(":
            inside = self.sum()
            self.take()
            return inside
        return Number(int(token)) if token.isdigit() else Name(token)


class Ship:
    speed = 2

    def __init__(self, name, hold):
        self.name, self.hold, self.at, self.berth, self.waited = name, hold, 0, None, 0

    def sail(self, harbor):
        self.at += self.speed
        if self.at >= harbor.distance and not self.moor(harbor):
            self.waited += 1

    def moor(self, harbor):
        for berth in harbor.berths:
            if berth.free and berth.takes(self):
                berth.ship, self.berth = self, berth
                return True
        return False

    def unload(self):
        load = min(self.hold, self.berth.cranes)
        self.hold -= load
        if self.hold == 0:
            self.berth.ship = None
            self.berth = None
            return load, self.home()
        return load, False

    def home(self):
        self.at = 0
        return True


class Tug(Ship):
    speed = 5

    def moor(self, harbor):
        harbor.helped += 1
        return Ship.moor(self, harbor) or self.home()


class Tanker(Ship):
    def sail(self, harbor):
        if harbor.day % 2:
            super().sail(harbor)


class Berth:
    def __init__(self, cranes):
        self.cranes, self.ship = cranes, None

    @property
    def free(self):
        return self.ship is None

    def takes(self, ship):
        return True


class Deep(Berth):
    def takes(self, ship):
        return isinstance(ship, Tanker)


class Harbor:
    distance = 40

    def __init__(self, ships, berths):
        self.ships, self.berths, self.day, self.landed, self.helped = ships, berths, 0, 0, 0

    def pass_day(self):
        self.day += 1
        for ship in self.ships:
            if ship.berth is None:
                ship.sail(self)
            else:
                load, emptied = ship.unload()
                self.landed += load
                if emptied:
                    ship.hold = 5 + self.day % 7


def trade(days):
    ships = [(Ship, Tug, Tanker)[i % 3](f"ship {i}", 4 + i) for i in range(12)]
    harbor = Harbor(ships, [Berth(2), Deep(4), Berth(3)])
    for _ in range(days):
        harbor.pass_day()
    return harbor.landed, harbor.helped, sum(ship.waited for ship in ships)


class Entry:
    __slots__ = ("key", "value", "before", "after")

    def __init__(self, key, value):
        self.key, self.value = key, value
        self.before = self.after = self


class Cache:
    """The last used entries, linked in a ring."""

    def __init__(self, room):
        self.room, self.entries, self.ring, self.misses = room, {}, Entry(None, None), 0

    def get(self, key, make):
        entry = self.entries.get(key)
        if entry is None:
            self.misses += 1
            entry = self.entries[key] = Entry(key, make(key))
            if len(self.entries) > self.room:
                last = self.ring.before
                self.unlink(last)
                del self.entries[last.key]
        else:
            self.unlink(entry)
        self.link(entry)
        return entry.value

    def unlink(self, entry):
        entry.before.after, entry.after.before = entry.after, entry.before

    def link(self, entry):
        entry.before, entry.after = self.ring, self.ring.after
        entry.after.before = entry
        self.ring.after = entry


def cached(count):
    cache = Cache(60)
    total = sum(cache.get(i * i % 97, lambda key: key * 3) for i in range(count))
    return total, cache.misses


class State:
    def __init__(self, story, **exits):
        self.story, self.exits = story, exits

    def after(self, word, bag):
        return self.exits.get(word, self)


class Door(State):
    def after(self, word, bag):
        if word == "open" and "key" not in bag:
            return self
        return super().after(word, bag)


class Chest(State):
    def after(self, word, bag):
        if word == "take":
            bag.add("key")
        return State.after(self, word, bag)


def adventure(turns):
    hall, door, chest, garden = State("A hall."), Door("A door."), Chest("A chest."), State("A garden.")
    hall.exits = {"north": door, "east": chest}
    door.exits, chest.exits, garden.exits = {"south": hall, "open": garden}, {"west": hall}, {"in": hall, "east": door}
    words, at, bag, told = "north open south east take west north open east in".split(), hall, set(), 0
    for turn in range(turns):
        at = at.after(words[turn * 7 % len(words)] if turn % 5 else words[turn % len(words)], bag)
        told += len(at.story)
        if turn % 50 == 49:
            bag.discard("key")
    return told, at.story


class Node:
    __slots__ = ("key", "left", "right")

    def __init__(self, key):
        self.key, self.left, self.right = key, None, None


class Tree:
    def __init__(self):
        self.root, self.size = None, 0

    def add(self, key):
        if self.root is None:
            self.root = Node(key)
        else:
            node = self.root
            while True:
                if key == node.key:
                    return
                side = "left" if key < node.key else "right"
                below = node.left if key < node.key else node.right
                if below is None:
                    setattr(node, side, Node(key))
                    break
                node = below
        self.size += 1

    def __iter__(self):
        stack, node = [], self.root
        while stack or node is not None:
            while node is not None:
                stack.append(node)
                node = node.left
            node = stack.pop()
            yield node.key
            node = node.right


def life(rounds):
    alive = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2), (10, 10), (10, 11), (10, 12)}
    for _ in range(rounds):
        near = {}
        for x, y in alive:
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    if dx or dy:
                        near[x + dx, y + dy] = near.get((x + dx, y + dy), 0) + 1
        alive = {place for place, count in near.items() if count == 3 or count == 2 and place in alive}
    return sorted(alive)[:3]


PROGRAM = [("push", 0), ("push", 1), ("add", None), ("dup", None), ("add", None), ("jump_less", (2**60, 1)), ("halt", None)]
LOOP = [("push", 0), ("push", 3), ("add", None), ("jump_less", (9000, 1)), ("halt", None)]
for turn in range(30):
    machine = Machine(LOOP)
    tree, expression = Tree(), Parser("a * ( b + 3 ) - 2 * ( a - b * ( 7 - a ) ) + b").sum()
    for i in range(800):
        tree.add(i * 7919 % 1009)
    answers = Machine(PROGRAM).run(), machine.run(), machine.steps, sum(expression.evaluate({"a": i, "b": i + 1}) for i in range(700))
    more = trade(250), cached(2500), adventure(1500), tree.size, sum(tree), life(40)
print(answers, more)
