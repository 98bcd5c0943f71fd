# Databases: rows, transactions, functions of Python in them, adapters, blobs, and what they refuse.
import sqlite3


def attempt(call):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, error)


db = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES)
db.execute("create table t(id integer primary key, name text unique, data blob, point point)")
print(db.in_transaction)
with db:
    cursor = db.execute("insert into t(name, data) values(?, ?)", ("one", b"\x00\xff"))
    print(cursor.lastrowid, cursor.rowcount, db.in_transaction)
    db.executemany("insert into t(name) values(:name)", [{"name": "two"}, {"name": "drei"}])
try:
    with db:
        db.execute("insert into t(name) values('vier')")
        db.execute("insert into t(name) values('one')")
except sqlite3.IntegrityError as error:
    print(error, error.sqlite_errorname, error.sqlite_errorcode)
print(db.execute("select count(*) from t").fetchone(), db.total_changes)


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __conform__(self, protocol):
        return f"{self.x};{self.y}"


sqlite3.register_converter("point", lambda text: Point(*map(int, text.split(b";"))))
db.execute("update t set point = ? where id = 1", (Point(3, 4),))
point = db.execute("select point from t where id = 1").fetchone()[0]
print(point.x, point.y, db.execute("select '5;6' as \"p [point]\"").description[0][0])

db.row_factory = sqlite3.Row
row = db.execute("select id, name from t order by id desc").fetchone()
print(tuple(row), row["NAME"], row.keys(), row[-1], len(row), row == row)
db.row_factory = None

db.create_function("twice", 1, lambda x: x * 2, deterministic=True)
db.create_collation("backwards", lambda a, b: (a < b) - (a > b))


class Longest:
    def __init__(self):
        self.best = ""

    def step(self, text):
        self.best = max(self.best, text, key=len)

    inverse = value = step

    def finalize(self):
        return self.best


class Sum:
    def __init__(self):
        self.sum = 0

    def step(self, x):
        self.sum += x

    def inverse(self, x):
        self.sum -= x

    def value(self):
        return self.sum

    finalize = value


db.create_aggregate("longest", 1, Longest)
db.create_window_function("total", 1, Sum)
print(db.execute("select twice(21), longest(name) from t").fetchall())
print(db.execute("select name from t order by name collate backwards").fetchall())
print(db.execute("select total(id) over (order by id rows between 1 preceding and current row) from t").fetchall())
seen = []
db.set_trace_callback(seen.append)
db.execute("select ?", (1,)).fetchall()
db.set_trace_callback(None)
print(seen)
db.set_authorizer(lambda action, *rest: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_DELETE else sqlite3.SQLITE_OK)
attempt(lambda: db.execute("delete from t"))
db.set_authorizer(None)
with db.blobopen("t", "data", 1) as blob:
    blob[0] = 7
    print(len(blob), blob.read(), blob[0], blob.tell())
other = sqlite3.connect(":memory:")
db.commit()
db.backup(other)
print(other.execute("select count(*) from t").fetchone(), len(list(other.iterdump())))
third = sqlite3.connect(":memory:")
third.deserialize(other.serialize())
print(third.execute("select name from t order by id").fetchall())
for call in (
    lambda: db.execute("select 1; select 2"),
    lambda: db.execute("selec"),
    lambda: db.execute("select ?", (1, 2)),
    lambda: db.execute("select :a", (1,)),
    lambda: db.execute("select :a", {}),
    lambda: db.execute("select ?", (object(),)),
    lambda: db.execute("select ?", (2**63,)),
    lambda: db.execute("select twice(?)", ({},)),
    lambda: db.executemany("select 1", [()]),
    lambda: db.execute("select twice(null)"),
    lambda: sqlite3.connect("/no/such/folder/file"),
    lambda: third.setlimit(99, 1),
):
    attempt(call)
for each in (db, other, third):
    each.close()
attempt(lambda: db.execute("select 1"))
