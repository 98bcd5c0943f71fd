# `_elementtree`: elements, tree builders and parsers, and what they refuse.
import copy
import io
import pickle
import re
import warnings
import xml.etree.ElementTree as ET
import _elementtree as E

warnings.simplefilter("ignore")
e = E.Element("a")


def shown(value):
    return re.sub("0x[0-9a-f]+", "0x", repr(value))


def t(s):
    try:
        print(s, "->", shown(eval(s)))
    except BaseException as x:
        print(s, "->", type(x).__name__, x)


for s in ["E.Element()", "E.Element('a', 1)", "E.Element('a', attrib=1)", "E.Element('a', {}, attrib={'x':1}).attrib", "E.Element('a',{},3)", "E.Element(5)", "e.append('x')", "e.insert(0,'x')", "e.insert('a',e)","e.extend(['x'])", "e.extend(5)", "e.remove(5)", "e.remove(E.Element('b'))", "e[0]", "e['a']", "e[1.5]", "e.__setitem__(0,5)","e.__setitem__(0,e)", "e.__setitem__(slice(0,1),[5])","e.__setitem__(slice(0,1),5)","e.__delitem__(0)", "setattr(e,'attrib',5)", "delattr(e,'attrib')", "delattr(e,'tag')","delattr(e,'text')", "bool(e)", "e.get()", "e.get(1,2,3)", "e.set('a')", "E.SubElement('a','b')", "E.SubElement(e)", "E.SubElement(e,'c',5)", "E.SubElement(e,'c',{'x':'1'},y='2').attrib", "e.makeelement('x',5)","e.makeelement('x',{'a':1})", "e.__copy__()", "e.__deepcopy__(5)", "e.__deepcopy__({})", "e.__getstate__()", "e.__setstate__(5)", "e.__setstate__({})", "e.__setstate__({'tag':'q','_children':[5]})","e.__setstate__({'tag':'q','_children':[E.Element('z')],'attrib':{'k':1},'text':'t','tail':'u'})", "e", "e.__reduce_ex__(2)", "e.find(5)", "e.findtext('q')","e.items()","e.keys()", "e.itertext()", "e.iter()","list(e.iterfind('x'))", "e.__class__.__name__", "E.TreeBuilder(5)", "E.TreeBuilder(element_factory=5)", "E.TreeBuilder().start('a',5)", "E.TreeBuilder().start('a',None)", "E.TreeBuilder().end('a')", "E.TreeBuilder().data('a')","E.TreeBuilder().data(5)", "E.TreeBuilder().close()", "E.TreeBuilder().comment('x')", "E.TreeBuilder().pi('x')", "E.XMLParser(5)", "E.XMLParser(target=None).target", "E.XMLParser().entity","E.XMLParser(encoding=5)", "E.XMLParser(encoding='nonsense')", "E.XMLParser().feed(5)", "E.XMLParser().feed('<a>')", "E.XMLParser().close()","E.XMLParser().flush()", "E.XMLParser()._setevents(5,None)","E.XMLParser()._setevents([],5)","E.XMLParser()._setevents([],['x'])", "E.XMLParser(target=5)._setevents([],['start'])", "e.__len__()", "e == e", "E.Element.__hash__", "E.Element.__new__(E.Element)", "E.Element.__new__(E.Element).tag", "E.XMLParser.__new__(E.XMLParser).feed('x')", "E.TreeBuilder.__new__(E.TreeBuilder).start('a',{})"]:
    t(s)
t0=E.TreeBuilder(); r=t0.start('a',{}); t0.data('x'); t0.data('y'); b=t0.start('b',{'k':'v'}); t0.data('z'); t0.end('b'); t0.data('t'); t0.end('a')
x=t0.close(); print(x.text, b.text, b.tail, x is r, shown(list(x)))
t1=E.TreeBuilder(); t1.start('a',{}); 
t("t1.close()")
t("t1.end('z')"); t("t1.end('z')"); t("t1.start('b',{})"); t("t1.close()")
try: E.XMLParser().feed('<a>&foo;</a>')
except SyntaxError as x: print(x, x.code, x.position, x.args, x.msg, x.lineno, x.filename)
p=E.XMLParser(); p.entity['foo']='bar'
p.feed('<!DOCTYPE a SYSTEM "x"><a>&foo;</a>'); print(p.close().text)
try: 
    p=E.XMLParser(); p.feed('<!DOCTYPE a SYSTEM "x"><a>&foo;</a>')
except SyntaxError as x: print(x, x.code, x.position, x.args)
try: 
    p=E.XMLParser(); p.feed('<a>'); p.close()
except SyntaxError as x: print(x, x.code, x.position, x.args)
class T:
    def __getattr__(self, n):
        if n.startswith('__'): raise AttributeError(n)
        print('get', n); return lambda *a: print(n, a)
p=E.XMLParser(target=T()); p.feed('<?xml version="1.0"?><!DOCTYPE a PUBLIC "p" "s"><a xmlns:q="u" xmlns="d" q:k="v"><!--c--><?t d?><b>te&amp;xt</b></a>'); print(p.close())


# Trees.
document = b"""<?xml version='1.0'?><!DOCTYPE r [<!ENTITY who "me">]>
<r xmlns="urn:d" xmlns:p="urn:p" p:k="v"><!-- note --><?go on?>
 <a i="1">one &who; &amp; all<b/>tail</a>
 <a i="2"><![CDATA[<two>]]></a><p:c/>
</r>"""
for source in (document, document.decode()):
    root = ET.fromstring(source)
    print(ET.tostring(root))
    print([(child.tag, child.attrib, child.text, child.tail) for child in root.iter()])
print(list(root.itertext()), [c.get("i") for c in root.iter("{urn:d}a")], list(root.iter("nothing")))
print(root.find("{urn:d}a").attrib, [a.get("i") for a in root.findall("x:a[@i='2']", {"x": "urn:d"})], root.findtext("{urn:d}a/{urn:d}b"), root.findtext("{urn:d}none", "no"))
print(shown([(event, getattr(node, "tag", node)) for event, node in ET.iterparse(io.BytesIO(document), ("start", "end", "start-ns", "end-ns", "comment", "pi"))]))
pull = ET.XMLPullParser(("end",))
for piece in (document[:70], document[70:120], document[120:]):
    pull.feed(piece)
    print([(event, node.tag) for event, node in pull.read_events()])
pull.close()
kept = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True, insert_pis=True))
kept.feed(document)
print(ET.tostring(kept.close()))
print(ET.tostring(ET.parse(io.BytesIO(document)).getroot()) == ET.tostring(root))
clone = pickle.loads(pickle.dumps(root))
deep = copy.deepcopy(root)
shallow = copy.copy(root)
print(ET.tostring(clone) == ET.tostring(deep) == ET.tostring(root), deep[0] is root[0], shallow[0] is root[0], shallow == root)
top = ET.Element("top")
for tag in "abcde":
    ET.SubElement(top, tag)
top[1:3] = [ET.Element("x")]
del top[0]
del top[::2]
top.insert(-1, ET.Element("y"))
top.insert(99, ET.Element("z"))
print([child.tag for child in top], top[-1].tag, [child.tag for child in top[::-1]], len(top))
top.remove(top[0])
top.extend(top[:1])
print([child.tag for child in top], top[0] is top[-1])


class Named(ET.Element):
    def __init__(self, tag, attrib={}, **extra):
        super().__init__(tag, attrib, **extra)
        self.seen = True


builder = ET.TreeBuilder(element_factory=Named)
builder.start("n", {"a": "b"})
builder.data("text")
builder.end("n")
builder.data("behind")
made = builder.close()
print(type(made).__name__, made.seen, made.attrib, made.text, made.tail)
deepest = node = ET.Element("d")
for _ in range(200_000):
    node = ET.SubElement(node, "d")
print(sum(1 for _ in deepest.iter()))
del deepest, node
try:
    ET.fromstring("<a>\n<b></a>")
except ET.ParseError as error:
    print(error, error.code, error.position)
for text in ("<!DOCTYPE d [<!ENTITY e SYSTEM 'file'>]>\n<d>&e;</d>", "<d>&e;</d>", "<!DOCTYPE d SYSTEM 'x'><d>&e;</d>"):
    try:
        ET.fromstring(text)
    except ET.ParseError as error:
        print(error, error.code)


class Old(ET.XMLParser):
    def doctype(self, *args):
        print("never called")


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    old = Old()
    old.feed("<!DOCTYPE d PUBLIC 'p' 's'><d/>")
    print(old.close().tag, [str(warning.message) for warning in caught])
mixed = ET.Element("m")
mixed.text = "before"
mixed.append(ET.Comment("comment"))
mixed[0].tail = "after"
print("".join(mixed.itertext()), [child.tag is ET.Comment for child in mixed.iter()])
print(ET.parse(io.StringIO("<?xml version='1.0' encoding='iso-8859-1'?><d>\xe4\u20ac</d>")).getroot().text)


class Clears:
    def __eq__(self, other):
        mixed.clear()
        return True


class Odd(ET.Element, Clears):
    __hash__ = None
    __eq__ = Clears.__eq__


mixed.append(Odd("o"))
print(mixed.remove(ET.Element("q")), len(mixed))
