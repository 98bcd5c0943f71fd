"""Structured text: `json`, `csv`, XML, HTML, `configparser`, `pprint`, syntax trees, `tokenize`, a parser written by hand."""
import ast
import configparser
import csv
import html
import io
import json
import pprint
import textwrap
import tokenize
import xml.etree.ElementTree as ElementTree

ORDERS = [
    {"id": i, "name": f"order {i}", "prices": [i * 1.5, 2.25, -3e-7, 10**12], "open": i % 2 == 0, "note": None, "tags": ["new", "größe", "a\"b\n"], "nested": {"x": {"y": [i]}}}
    for i in range(60)
]


class Reader:
    """JSON again, read by recursive descent."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def space(self):
        while self.at < len(self.text) and self.text[self.at] in " \n\t":
            self.at += 1

    def value(self):
        self.space()
        c = self.text[self.at]
        if c == "{":
            return dict(self.items("}", self.pair))
        if c == "[":
            return list(self.items("]", self.value))
        if c == '"':
            return self.string()
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ",]} \n":
            self.at += 1
        word = self.text[start : self.at]
        return {"true": True, "false": False, "null": None}[word] if word.isalpha() else float(word)

    def items(self, end, one):
        self.at += 1
        self.space()
        while self.text[self.at] != end:
            yield one()
            self.space()
            if self.text[self.at] == ",":
                self.at += 1
                self.space()
        self.at += 1

    def pair(self):
        key = self.string()
        self.space()
        self.at += 1
        return key, self.value()

    def string(self):
        end = self.text.index('"', self.at + 1)
        while self.text[end - 1] == "\\":
            end = self.text.index('"', end + 1)
        text = self.text[self.at + 1 : end]
        self.at = end + 1
        return text


def jsons():
    text = json.dumps(ORDERS)
    pretty = json.dumps(ORDERS[:20], indent=2, sort_keys=True, ensure_ascii=False)
    lines = [json.loads(json.dumps({"n": i, "ok": True, "s": "x" * 9})) for i in range(400)]
    return len(text), len(pretty), json.loads(text) == ORDERS, len(Reader(text).value()), sum(line["n"] for line in lines)


def tables():
    out = io.StringIO()
    writer = csv.writer(out)
    for order in ORDERS * 6:
        writer.writerow([order["id"], order["name"], order["prices"][0], 'say "hi", twice'])
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    named = list(csv.DictReader(io.StringIO("a,b,c\n" + "1,2,3\n" * 200)))
    return len(rows), rows[5][3], sum(int(row["b"]) for row in named)


def trees():
    root = ElementTree.Element("shop", city="Łódź")
    for order in ORDERS * 3:
        element = ElementTree.SubElement(root, "order", id=str(order["id"]))
        ElementTree.SubElement(element, "name").text = order["name"] + " & more"
        for price in order["prices"]:
            ElementTree.SubElement(element, "price", {"unit": "eur"}).text = str(price)
    text = ElementTree.tostring(root, encoding="unicode")
    again = ElementTree.fromstring(text)
    total = sum(float(price.text) for price in again.iter("price"))
    names = [element.findtext("name") for element in again.findall("order")]
    events = sum(1 for event, element in ElementTree.iterparse(io.BytesIO(text.encode()), ("start", "end")) if event == "end" and element.get("id"))
    return len(text), round(total), names[3], events, len(again.find("order[@id='7']")), len(ElementTree.tostring(again))


def settings():
    parser = configparser.ConfigParser()
    parser.read_string("".join(f"[part{i}]\nname = value {i}\nsize: {i * 3}\n# note\npath = %(name)s/x\n" for i in range(20)))
    return sum(parser.getint(name, "size") for name in parser.sections()), parser["part4"]["path"], html.unescape(html.escape("<a & b>") * 30)[:8]


def sources():
    source = textwrap.dedent('''
        class Tide:
            """Water."""
            def __init__(self, height: float = 1.0, *, names=()):
                self.height = height if names else [n ** 2 for n in range(10) if n & 1]
            def rise(self, by):
                while by > 0 and not self.height == 3:
                    try:
                        by -= yield f"{by:>{4}} {self.height!r}"
                    except (ValueError, KeyError) as error:
                        raise RuntimeError("x") from error
        ''') * 6
    tree = ast.parse(source)
    kinds = {}
    for node in ast.walk(tree):
        kinds[type(node).__name__] = kinds.get(type(node).__name__, 0) + 1
    tokens = sum(1 for _ in tokenize.generate_tokens(io.StringIO(source).readline))
    return kinds["Name"], tokens, len(ast.unparse(tree)), len(compile(source, "tide", "exec").co_consts), len(ast.dump(tree))


for turn in range(8):
    answers = jsons(), tables(), trees(), settings(), sources(), len(pprint.pformat(ORDERS[:25], width=100)), len(pprint.saferepr(ORDERS))
print(answers)
