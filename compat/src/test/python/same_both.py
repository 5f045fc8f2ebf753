"""The same requests through LanceDB's own client, on a local folder (the real LanceDB) and on our
server: the same rows, the same kinds of errors.

same_both.py --host http://127.0.0.1:10024 --folder DIR --count 300 --seed 1
"""

import argparse
import datetime
import json
import math
import random
import re
import sys

import lancedb
import pyarrow as pa
from lancedb.index import BTree, Bitmap, FTS, IvfFlat, LabelList
from lancedb.query import (
    BooleanQuery, BoostQuery, ColumnOrdering, MatchQuery, MultiMatchQuery, Occur, PhraseQuery
)

DIM = 8
WORDS = "moon river stone lamp glass winter summer train night harbour".split()
SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("year", pa.int32()),
        pa.field("price", pa.float64()),
        pa.field("name", pa.string()),
        pa.field("seen", pa.bool_()),
        pa.field("day", pa.date32()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("text", pa.string()),
        pa.field("vec", pa.list_(pa.float32(), DIM)),
    ]
)


def rows(rng, first, count):
    """New rows, with nulls here and there."""

    def maybe(value):
        return None if rng.random() < 0.1 else value

    return pa.Table.from_pylist(
        [
            {
                "id": first + i,
                "year": maybe(rng.randrange(1950, 2030)),
                "price": maybe(round(rng.uniform(-5, 100), 3)),
                "name": maybe(rng.choice(WORDS) + str(rng.randrange(20))),
                "seen": maybe(rng.random() < 0.5),
                "day": maybe(datetime.date(2020, 1, 1) + datetime.timedelta(rng.randrange(2000))),
                "tags": maybe([rng.choice(WORDS) for _ in range(rng.randrange(4))]),
                "text": maybe(" ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 9)))),
                "vec": [rng.uniform(-1, 1) for _ in range(DIM)],
            }
            for i in range(count)
        ],
        schema=SCHEMA,
    )


def condition(rng, depth=0):
    if depth < 2 and rng.random() < 0.35:
        parts = [condition(rng, depth + 1) for _ in range(2)]
        return "(%s) %s (%s)" % (parts[0], rng.choice(["AND", "OR"]), parts[1])
    if depth < 2 and rng.random() < 0.1:
        return "NOT (%s)" % condition(rng, depth + 1)
    return rng.choice(
        [
            lambda: "id %s %d" % (rng.choice(["<", ">", "=", "<=", "!="]), rng.randrange(600)),
            lambda: "year BETWEEN %d AND %d" % (rng.randrange(1950, 1990), rng.randrange(1990, 2030)),
            lambda: "year IN (%d, %d, 1999)" % (rng.randrange(1950, 2030), rng.randrange(1950, 2030)),
            lambda: "price > %.2f" % rng.uniform(-5, 100),
            lambda: "price IS %sNULL" % rng.choice(["", "NOT "]),
            lambda: "name LIKE '%s%%'" % rng.choice(WORDS)[:3],
            lambda: "name = '%s%d'" % (rng.choice(WORDS), rng.randrange(20)),
            lambda: "seen",
            lambda: "seen = false",
            lambda: "day > date '2022-06-01'",
            lambda: "array_has(tags, '%s')" % rng.choice(WORDS),
            lambda: "length(name) > %d" % rng.randrange(4, 9),
            lambda: "lower(name) = '%s3'" % rng.choice(WORDS),
            lambda: "year % 4 = 0",
        ]
    )()


def bad_condition(rng):
    return rng.choice(
        ["nothing = 1", "id = ", "id LIKE 5 5", "year = 'x' = 3", "unknown_function(id) = 1", "(id = 1"]
    )


class Both:
    def __init__(self, rng):
        self.rng = rng
        self.next = 0

    def request(self):
        """A name and what to do with a connection and a table."""
        rng = self.rng
        kind = rng.choices(
            ["scan", "ordered", "vector", "vectors", "count", "text", "textform", "hybrid", "add", "delete",
             "update", "merge", "index", "columns", "types", "versions", "history", "tables", "ids", "stats",
             "error", "list"],
            [14, 8, 12, 3, 7, 6, 7, 4, 5, 4, 5, 5, 5, 3, 3, 4, 3, 4, 3, 2, 12, 2],
        )[0]
        return getattr(self, kind)()

    def scan(self):
        rng = self.rng
        where = condition(rng) if rng.random() < 0.85 else None
        columns = rng.choice([None, ["id"], ["id", "name", "price"], ["tags", "id"], {"id": "id", "twice": "year * 2"}])
        limit, offset = rng.choice([(10**6, 0), (7, 0), (5, 3)])

        def run(db, t):
            q = t.search().limit(limit).offset(offset)
            q = q.where(where) if where else q
            q = q.select(columns) if columns else q
            found = q.to_arrow()
            # Of a product the real LanceDB takes the column's type, we the wider one.
            types = [(f.name, "number" if f.name == "twice" else str(f.type)) for f in found.schema]
            found = found.to_pylist()
            # Which rows come first is open once rows were moved by updates.
            return types, sorted(map(key, found)) if limit == 10**6 else len(found)

        return "scan where=%s select=%s limit=%d offset=%d" % (where, columns, limit, offset), run

    def ordered(self):
        rng = self.rng
        where = condition(rng) if rng.random() < 0.6 else None
        keys = [
            ColumnOrdering(column_name=name, ascending=rng.random() < 0.5, nulls_first=rng.random() < 0.5)
            for name in rng.sample(["year", "price", "name", "seen", "day"], rng.choice([1, 2]))
        ] + [ColumnOrdering(column_name="id")]
        limit, offset = rng.choice([(10**6, 0), (9, 0), (6, 4)])

        def run(db, t):
            q = t.search().order_by(keys).limit(limit).offset(offset)
            q = q.where(where) if where else q
            return [key(row) for row in q.select(["id", "year", "price", "name", "seen", "day"]).to_list()]

        return "ordered where=%s by=%s limit=%d offset=%d" % (where, keys, limit, offset), run

    def query_vector(self):
        return [self.rng.uniform(-1, 1) for _ in range(DIM)]

    def vector(self):
        rng = self.rng
        q, where = self.query_vector(), condition(rng) if rng.random() < 0.6 else None
        metric, k = rng.choice(["l2", "cosine", "dot"]), rng.choice([1, 5, 20])
        bounds = (0.1, 1.5) if rng.random() < 0.2 else None
        post = rng.random() < 0.2

        def run(db, t):
            s = t.search(q, vector_column_name="vec").distance_type(metric).limit(k).bypass_vector_index()
            s = s.where(where, prefilter=not post) if where else s
            s = s.distance_range(*bounds) if bounds else s
            return s.select(["id", "_distance"]).to_list()

        return "vector metric=%s k=%d where=%s bounds=%s post=%s" % (metric, k, where, bounds, post), run

    def vectors(self):
        queries = [self.query_vector() for _ in range(self.rng.choice([2, 3]))]
        k = self.rng.choice([1, 4])

        def run(db, t):
            found = t.search(queries, vector_column_name="vec").limit(k).bypass_vector_index()
            rows = found.select(["id", "_distance"]).to_list()
            return sorted((row["query_index"], row["_distance"], row["id"]) for row in rows)

        return "vectors %d k=%d" % (len(queries), k), run

    def count(self):
        where = condition(self.rng) if self.rng.random() < 0.8 else None
        return "count %s" % where, lambda db, t: t.count_rows(where)

    def text(self):
        words, where = self.words(), condition(self.rng) if self.rng.random() < 0.5 else None

        def run(db, t):
            q = t.search(words, query_type="fts", fts_columns="text").limit(10**5)
            q = q.where(where) if where else q
            return sorted(row["id"] for row in q.select(["id"]).to_list())

        return "text %s where=%s" % (words, where), run

    def words(self):
        return " ".join(self.rng.sample(WORDS, self.rng.choice([1, 1, 2])))

    def textform(self):
        rng = self.rng

        def match():
            # None with typos: the real LanceDB leaves rows that no index covers out of those.
            return rng.choice(
                [
                    lambda: MatchQuery(self.words(), "text"),
                    lambda: MatchQuery(self.words(), "text", operator="AND"),
                    lambda: MatchQuery(rng.choice(WORDS)[:3], "text"),
                    lambda: MatchQuery(self.words(), "text", boost=2.0),
                    lambda: PhraseQuery(" ".join(rng.sample(WORDS, 2)), "text"),
                ]
            )()

        query = rng.choice(
            [
                match,
                lambda: BoostQuery(match(), match(), negative_boost=0.3),
                lambda: MultiMatchQuery(self.words(), ["text"]),
                lambda: BooleanQuery([(Occur.MUST, match()), (Occur.SHOULD, match())]),
                lambda: BooleanQuery([(Occur.MUST, match()), (Occur.MUST_NOT, match())]),
                lambda: match() & match(),
                lambda: match() | match(),
            ]
        )()

        def run(db, t):
            found = t.search(query, query_type="fts").limit(10**5).select(["id"]).to_list()
            return sorted(row["id"] for row in found)

        return "textform %s" % query, run

    def hybrid(self):
        words, vector = self.words(), self.query_vector()

        def run(db, t):
            found = (
                t.search(query_type="hybrid", vector_column_name="vec", fts_columns="text")
                .vector(vector).text(words).limit(10).to_list()
            )
            return len(found), sorted(found[0]) if found else None

        return "hybrid %s" % words, run

    def add(self):
        more = rows(self.rng, 1000 + self.next, self.rng.choice([1, 5, 40]))
        self.next += more.num_rows

        def run(db, t):
            t.add(more)
            return t.count_rows()

        return "add %d" % more.num_rows, run

    def delete(self):
        where = "(%s) AND id %% 5 = %d" % (condition(self.rng), self.rng.randrange(5))

        def run(db, t):
            t.delete(where)
            return t.count_rows()

        return "delete %s" % where, run

    def update(self):
        rng = self.rng
        where = "(%s) AND id %% 3 = 0" % condition(rng)
        sql = rng.choice([{"price": "price + 1"}, {"name": "upper(name)"}, {"year": "year + 1", "seen": "NOT seen"}])

        def run(db, t):
            t.update(where=where, values_sql=sql)
            return sorted(map(key, t.search().limit(10**6).select(["id"] + list(sql)).to_list()))

        return "update %s where %s" % (sql, where), run

    def merge(self):
        rng = self.rng
        ids = rng.sample(range(700), 12)
        source = rows(rng, 0, len(ids)).set_column(0, "id", pa.array(ids, pa.int64()))
        how = rng.randrange(5)

        def run(db, t):
            m = t.merge_insert("id")
            if how != 1:
                m = m.when_matched_update_all(where="source.year > target.year" if how == 3 else None)
            if how != 2:
                m = m.when_not_matched_insert_all()
            if how == 4:
                m = m.when_not_matched_by_source_delete("id % 11 = 3")
            m.execute(source)
            return sorted(map(key, t.search().limit(10**6).select(["id", "year", "name"]).to_list()))

        return "merge how=%d ids=%s" % (how, ids), run

    def index(self):
        column, config = self.rng.choice(
            [("id", BTree()), ("year", Bitmap()), ("name", BTree()), ("tags", LabelList())]
        )

        def run(db, t):
            t.create_index(column, config=config, replace=True)
            return sorted((i.name, i.index_type, tuple(i.columns)) for i in t.list_indices())

        return "index %s %s" % (column, config), run

    def columns(self):
        name = "extra%d" % self.rng.randrange(10**6)

        def run(db, t):
            t.add_columns({name: "id * 3 + 1"})
            t.alter_columns({"path": name, "rename": name + "b"})
            first = sorted(row[name + "b"] for row in t.search().limit(10**6).select([name + "b"]).to_list())
            t.drop_columns([name + "b"])
            return first, [f.name for f in t.schema]

        return "columns %s" % name, run

    def versions(self):
        tag = "tag%d" % self.rng.randrange(10**6)

        def run(db, t):
            t.tags.create(tag, t.version)
            before = t.count_rows()
            t.delete("id % 7 = 0")
            t.checkout(tag)
            pinned = t.count_rows()
            t.checkout_latest()
            now = t.count_rows()
            return pinned == before, now, tag in t.tags.list()

        return "versions %s" % tag, run

    def types(self):
        name = "typed%d" % self.rng.randrange(10**6)
        way = self.rng.randrange(4)

        def run(db, t):
            if way == 0:
                t.add_columns(pa.field(name, pa.utf8()))
            elif way == 1:
                t.add_columns([pa.field(name, pa.int32()), pa.field(name + "b", pa.list_(pa.float32(), 2))])
            elif way == 2:
                t.add_columns({name: "CAST(year AS BIGINT)", name + "b": "lower(name)"})
            else:
                t.add_columns({name: "year"})
                t.alter_columns({"path": name, "data_type": pa.int64()})
            first = t.search().limit(10**6).to_arrow()
            shape = [(f.name, str(f.type)) for f in first.schema]
            t.drop_columns([c for c in (name, name + "b") if c in first.schema.names])
            return shape, sorted(map(key, first.select(["id", name]).to_pylist())), [f.name for f in t.schema]

        return "types %s way=%d" % (name, way), run

    def history(self):
        where = "id % 13 = 5"

        def run(db, t):
            first, before = t.version, t.count_rows()
            t.delete(where)
            t.checkout(first)
            try:
                t.delete("true")
                wrote = True
            except Exception:  # noqa: BLE001
                wrote = False
            there = t.count_rows(where)
            t.restore()
            kinds = [sorted(v) for v in t.list_versions()[-1:]]
            return t.count_rows() == before, wrote, there, len({v["version"] for v in t.list_versions()}) > 2, kinds

        return "history", run

    def tables(self):
        name = "other%d" % self.rng.randrange(10**6)
        some = rows(self.rng, 0, 7)

        def run(db, t):
            made = db.create_table(name, schema=SCHEMA)
            found = [made.count_rows(), made.version]
            made.add(some)
            found.append(db.create_table(name, schema=SCHEMA, exist_ok=True).count_rows())
            made.add(some.slice(0, 3), mode="overwrite")
            found.append(made.count_rows())
            found.append(db.create_table(name, some, mode="overwrite").count_rows())
            listed = name in db.table_names()
            db.drop_table(name)
            try:
                db.open_table(name)
                opened = "opened"
            except Exception as e:  # noqa: BLE001
                opened = kind(e)
            return found, listed, name in db.table_names(), opened

        return "tables %s" % name, run

    def ids(self):
        where = condition(self.rng)

        def run(db, t):
            found = t.search().where(where).limit(10**6).with_row_id(True).select(["id"]).to_list()
            taken = t.take_row_ids([row["_rowid"] for row in found][:20]).select(["id", "name"]).to_list()
            wanted = {row["id"] for row in found[:20]}
            return sorted(row["id"] for row in found), {row["id"] for row in taken} == wanted, len(taken)

        return "ids where=%s" % where, run

    def stats(self):
        def run(db, t):
            stats = t.stats()
            text = next(i for i in t.list_indices() if i.name == "text_idx")
            about = t.index_stats("text_idx")
            return stats["num_rows"] if isinstance(stats, dict) else stats.num_rows, text.index_type, about.index_type

        return "stats", run

    def list(self):
        return "list", lambda db, t: (sorted(db.table_names()), [f.name for f in t.schema])

    def error(self):
        bad = bad_condition(self.rng)
        one = rows(self.rng, 5, 1)
        return self.rng.choice(
            [
                ("error scan %s" % bad, lambda db, t: t.search().where(bad).limit(5).to_list()),
                ("error count %s" % bad, lambda db, t: t.count_rows(bad)),
                ("error delete %s" % bad, lambda db, t: t.delete(bad)),
                ("error update", lambda db, t: t.update(where=bad, values_sql={"year": "1"})),
                ("error dimension", lambda db, t: t.search([1.0, 2.0], vector_column_name="vec").limit(3).to_list()),
                ("error column", lambda db, t: t.search([1.0] * DIM, vector_column_name="name").to_list()),
                ("error select", lambda db, t: t.search().select(["nothing"]).limit(3).to_list()),
                ("error expression", lambda db, t: t.search().select({"x": "nothing + 1"}).limit(3).to_list()),
                ("error open", lambda db, t: db.open_table("nowhere").count_rows()),
                ("error create", lambda db, t: db.create_table("t", one)),
                ("error drop", lambda db, t: db.drop_table("nowhere")),
                ("error index", lambda db, t: t.create_index("nothing", config=BTree())),
                ("error kind", lambda db, t: t.create_index("name", config=IvfFlat())),
                ("error drop index", lambda db, t: t.drop_index("nothing_idx")),
                ("error version", lambda db, t: t.checkout(10**6)),
                ("error tag", lambda db, t: t.checkout("no-such-tag")),
                ("error add", lambda db, t: t.add(pa.table({"id": ["text"], "unknown": [1]}))),
                ("error columns", lambda db, t: t.drop_columns(["nothing"])),
                ("error order", lambda db, t: t.search().order_by([ColumnOrdering(column_name="nothing")]).limit(3).to_list()),
                ("error k", lambda db, t: t.search([1.0] * DIM, vector_column_name="vec").limit(0).to_list()),
                ("error text column", lambda db, t: t.search("moon", query_type="fts", fts_columns="year").limit(3).to_list()),
                ("error phrase", lambda db, t: t.search(PhraseQuery("moon river", "nothing"), query_type="fts").limit(3).to_list()),
                ("error set", lambda db, t: t.update(where="id = 1", values_sql={"nothing": "1"})),
                ("error set type", lambda db, t: t.update(where="id >= 0", values_sql={"year": "name"})),
                ("error vector add", lambda db, t: t.add([{"id": 1, "vec": [1.0]}])),
                ("error name", lambda db, t: db.create_table("bad name!", one)),
                ("error rename", lambda db, t: t.alter_columns({"path": "name", "rename": "year"})),
                ("error cast", lambda db, t: t.alter_columns({"path": "tags", "data_type": pa.int64()})),
                ("error column there", lambda db, t: t.add_columns({"year": "1"})),
                ("error tag there", lambda db, t: [t.tags.create("twice", 1), t.tags.create("twice", 1)]),
                ("error tag version", lambda db, t: t.tags.create("never", 10**7)),
                ("error restore", lambda db, t: t.restore(10**7)),
                ("error metric", lambda db, t: t.search([1.0] * DIM, vector_column_name="vec").distance_type("hamming").limit(3).to_list()),
                ("error merge", lambda db, t: t.merge_insert("nothing").when_not_matched_insert_all().execute(one)),
            ]
        )

def key(row):
    return json.dumps(row, sort_keys=True, default=str)


def kind(e):
    """What a caller would do about an error: nothing but whether there is one, and which for names."""
    text = (str(e) + " " + type(e).__name__).lower()
    if "already exists" in text:
        return "exists"
    if "field path" not in text and re.search(r"(table|index|tag|version|dataset).*(not found|no longer exists|does not exist)", text):
        return "missing"
    return "error"


def attempt(run, db, t):
    try:
        return "ok", run(db, t)
    except Exception as e:  # noqa: BLE001
        if t is not None:
            t.checkout_latest()
        return "error", kind(e), str(e)[:200]


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or math.isnan(a) and math.isnan(b) or math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-5)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return a == b


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--host", required=True)
    args.add_argument("--folder", required=True)
    args.add_argument("--count", type=int, default=300)
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()
    rng = random.Random(args.seed)
    here = lancedb.connect(args.folder, read_consistency_interval=datetime.timedelta(0))
    there = lancedb.connect(
        "db://same%d" % args.seed, api_key="none", region="local", host_override=args.host
    )
    first = rows(rng, 0, 400)
    tables = [db.create_table("t", first) for db in (here, there)]
    for t in tables:
        t.create_index("text", config=FTS(with_position=False))
    both, differences, kinds = Both(rng), [], {}
    for n in range(args.count):
        name, run = both.request()
        answers = [attempt(run, db, t) for db, t in zip((here, there), tables)]
        word = name.split()[0] + " " + answers[0][0]
        kinds[word] = kinds.get(word, 0) + 1
        if not same(answers[0][:2], answers[1][:2]):
            differences.append({"n": n, "request": name, "real": str(answers[0])[:600], "ours": str(answers[1])[:600]})
    print(json.dumps({"requests": args.count, "seed": args.seed, "kinds": kinds, "differences": differences}))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
