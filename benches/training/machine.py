"""Programs of many small objects: a stack machine, an evaluator, a simulation, constraints, linked nodes, a state machine."""
import itertools


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


class Packet:
    def __init__(self, link, kind):
        self.link, self.kind, self.data = link, kind, 0


class Task:
    waiting = False

    def __init__(self, name, following):
        self.name, self.following, self.inbox, self.done = name, following, None, 0

    def receive(self, packet):
        packet.link, self.inbox = self.inbox, packet

    def take(self):
        packet = self.inbox
        if packet is not None:
            self.inbox = packet.link
            packet.link = None
        return packet

    def step(self, town):
        packet = self.take()
        if packet is None:
            self.waiting = True
            return None
        self.waiting = False
        self.done += 1
        return self.handle(packet, town)

    def handle(self, packet, town):
        return packet


class Sorter(Task):
    def handle(self, packet, town):
        packet.kind = (packet.kind + self.done) % 3
        return town[packet.kind]


class Printer(Task):
    def __init__(self, name, following, limit):
        Task.__init__(self, name, following)
        self.limit = limit

    def handle(self, packet, town):
        if packet.data < self.limit:
            packet.data += 1
            return town[0]
        return None


class Router(Task):
    def handle(self, packet, town):
        return self.following if self.following is not None else town[1]


def simulate(rounds):
    town = [Sorter("sorter", None), Printer("printer", None, rounds), Router("router", None)]
    town[2].following = town[0]
    packets = [Packet(None, i % 3) for i in range(9)]
    for packet in packets:
        town[packet.kind].receive(packet)
    for _ in range(rounds):
        for task in town:
            head = task.inbox
            target = task.step(town)
            if target is not None and head is not None:
                target.receive(head)
    return [task.done for task in town], [task.waiting for task in town]


class Cell:
    def __init__(self, value):
        self.value, self.rules = value, []


class Rule:
    def __init__(self, *cells):
        self.cells = cells
        for cell in cells:
            cell.rules.append(self)

    def holds(self):
        return True

    def mend(self):
        pass


class Equal(Rule):
    def holds(self):
        return self.cells[0].value == self.cells[1].value

    def mend(self):
        self.cells[1].value = self.cells[0].value


class Scaled(Rule):
    def __init__(self, source, target, factor):
        super().__init__(source, target)
        self.factor = factor

    def holds(self):
        return self.cells[1].value == self.cells[0].value * self.factor

    def mend(self):
        self.cells[1].value = self.cells[0].value * self.factor


def settle(count):
    cells = [Cell(0) for _ in range(count)]
    rules = [Equal(a, b) if i % 3 else Scaled(a, b, 2) for i, (a, b) in enumerate(itertools.pairwise(cells))]
    cells[0].value, mended = 1, 0
    work = list(cells[0].rules)
    while work:
        rule = work.pop()
        if not rule.holds():
            rule.mend()
            mended += 1
            for other in rule.cells[1].rules:
                if other is not rule:
                    work.append(other)
    return mended, cells[-1].value.bit_length(), all(rule.holds() for rule in rules)


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
    more = simulate(1500), settle(900), tree.size, sum(tree), life(40)
print(answers, more)
