"""What LanceDB's own client does with a server and with nothing else: namespaces, paging, clones,
branches, jobs, plans, several vectors. official_client.py --host http://127.0.0.1:10024

Ends with a line of JSON: how many steps there were, and what failed.
"""

import argparse
import asyncio
import datetime
import json
import sys
import traceback

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import BTree, FTS, IvfFlat

DATABASE = "db://official"
STEPS = []


def step(f):
    STEPS.append(f)
    return f


def data(n=200, dim=4):
    vectors = np.arange(n * dim, dtype=np.float32).reshape(n, dim) % 17
    return pa.table(
        {
            "id": pa.array(range(n), pa.int64()),
            "word": ["w%d" % (i % 10) for i in range(n)],
            "vec": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dim),
        }
    )


@step
def lists_pages_of_tables(db):
    for name in "cab":
        db.create_table("page_" + name, data(3))
    names = [n for n in db.table_names(limit=100) if n.startswith("page_")]
    assert names == ["page_a", "page_b", "page_c"], names
    assert db.table_names(page_token="page_a", limit=1) == ["page_b"]
    answer = db.list_tables(limit=2)
    assert len(answer.tables) == 2 and answer.page_token
    db.drop_table("page_a")
    assert "page_a" not in db.table_names(limit=100)


@step
def keeps_namespaces_apart(db):
    db.create_namespace(["shop"])
    db.create_namespace(["shop", "eu"])
    assert "eu" in db.list_namespaces(["shop"]).namespaces
    t = db.create_table("orders", data(5), namespace_path=["shop", "eu"])
    assert t.count_rows() == 5
    assert db.list_tables(["shop", "eu"]).tables == ["orders"]
    assert "orders" not in db.table_names(limit=100)
    assert db.open_table("orders", namespace_path=["shop", "eu"]).count_rows() == 5
    try:
        db.drop_namespace(["shop"])
        raise AssertionError("dropped a namespace with a table")
    except Exception as e:
        assert "not empty" in str(e), e
    db.drop_namespace(["shop"], behavior="Cascade")
    assert "shop" not in db.list_namespaces().namespaces


@step
def creates_in_every_mode(db):
    t = db.create_table("modes", data(4))
    try:
        db.create_table("modes", data(4))
        raise AssertionError("created twice")
    except ValueError as e:
        assert "already exists" in str(e)
    assert db.create_table("modes", data(9), exist_ok=True).count_rows() == 4
    assert db.create_table("modes", data(9), mode="overwrite").count_rows() == 9
    empty = db.create_table("empty", schema=t.schema)
    assert empty.count_rows() == 0
    empty.add(data(2))
    assert empty.count_rows() == 2 and empty.search().limit(5).to_arrow().num_rows == 2


@step
def answers_queries_of_all_kinds(db):
    t = db.create_table("queries", data())
    near = t.search([0.0, 1.0, 2.0, 3.0]).limit(3).to_arrow()
    assert near.column_names[-1] == "_distance" and near["id"][0].as_py() == 0
    both = t.search([[0.0, 1, 2, 3], [4.0, 5, 6, 7]]).limit(2).to_arrow()
    assert both["query_index"].to_pylist() == [0, 0, 1, 1]
    plan = t.search([0.0, 1, 2, 3]).where("id > 5").explain_plan()
    assert "KNNVectorDistance" in plan, plan
    assert "AnalyzeExec" in t.search([0.0, 1, 2, 3]).analyze_plan()
    assert t.search().where("id = 3").with_row_id(True).to_list()[0]["_rowid"] is not None
    assert {r["id"] for r in t.take_offsets([5, 2, 5]).to_list()} == {2, 5}
    ids = [r["_rowid"] for r in t.search().with_row_id(True).limit(3).to_list()]
    assert t.take_row_ids(ids).to_arrow().num_rows == 3
    assert t.head(4).num_rows == 4
    assert len(t.search().select({"x": "id + 1"}).limit(1).to_list()) == 1
    assert t.search().where("false").limit(2).to_arrow().schema.names == ["id", "word", "vec"]


@step
def fetches_blobs_also_inside_structs(db):
    inner = pa.struct([lancedb.blob("thumb")])
    schema = pa.schema([pa.field("id", pa.int64()), lancedb.blob("image"), pa.field("info", inner)])
    t = db.create_table("blobs", schema=schema)
    t.add([{"id": 1, "image": b"abc", "info": {"thumb": b"x"}}, {"id": 2, "image": None, "info": {"thumb": b""}}])
    assert t.schema.field("image").type.extension_name == "lance.blob.v2"
    found = t.search().with_row_id(True).limit(10).to_arrow()
    assert [name for name in found.schema.field("image").type.names][:3] == ["kind", "position", "size"]
    ids = dict(zip(found["id"].to_pylist(), found["_rowid"].to_pylist()))
    assert t.fetch_blobs("image", [ids[1], ids[2]]).to_pylist() == [b"abc", None]
    assert t.fetch_blobs("info.thumb", [ids[2], ids[1]]).to_pylist() == [b"", b"x"]


@step
def writes_and_says_what_it_did(db):
    t = db.create_table("writes", data(20))
    assert t.update(where="id < 5", values={"word": "it's"}).rows_updated == 5
    assert t.count_rows("word = 'it''s'") == 5
    merged = (
        t.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(data(30))
    )
    assert (merged.num_updated_rows, merged.num_inserted_rows) == (20, 10), merged
    before = t.version
    assert t.delete("id >= 25").version == before + 1
    assert t.count_rows() == 25
    t.add(data(1), mode="overwrite")
    assert t.count_rows() == 1
    t.restore(before)
    assert t.count_rows() == 30


@step
def builds_indices_and_waits(db):
    t = db.create_table("indices", data(400))
    t.create_index("id", config=BTree(), wait_timeout=datetime.timedelta(seconds=30))
    t.create_index("vec", config=IvfFlat(num_partitions=2))
    t.create_index("word", config=FTS())
    t.wait_for_index(["id_idx", "vec_idx", "word_idx"], timeout=datetime.timedelta(seconds=30))
    names = [(i.name, i.index_type) for i in t.list_indices()]
    assert names == [("id_idx", "BTree"), ("vec_idx", "IvfFlat"), ("word_idx", "FTS")], names
    stats = t.index_stats("vec_idx")
    assert (stats.num_indexed_rows, stats.distance_type) == (400, "l2"), stats
    assert t.index_stats("nothing") is None
    assert t.search("w3", query_type="fts").limit(100).to_arrow().num_rows == 40
    assert t.search(query_type="hybrid").vector([0.0, 1, 2, 3]).text("w0").limit(5).to_arrow().num_rows == 5
    t.prewarm_index("vec_idx")
    t.drop_index("id_idx")
    assert len(t.list_indices()) == 2
    assert t.stats()["num_rows"] == 400


@step
def goes_through_time(db):
    t = db.create_table("time", data(10))
    first = t.version
    t.tags.create("start", first)
    t.add(data(10))
    t.checkout("start")
    assert t.count_rows() == 10
    t.checkout_latest()
    assert t.count_rows() == 20 and len(t.list_versions()) == 2
    t.tags.update("start", t.version)
    assert t.tags.get_version("start") == t.version
    t.tags.delete("start")
    assert t.tags.list() == {}
    branch = t.branches.create("trial")
    branch.add(data(5))
    assert branch.count_rows() == 25 and t.count_rows() == 20
    assert "trial" in t.branches.list()
    t.branches.delete("trial")


@step
def changes_schemas(db):
    t = db.create_table("schemas", data(10))
    t.add_columns({"double": "id * 2"})
    t.add_columns(pa.field("note", pa.string()))
    t.alter_columns({"path": "double", "rename": "twice", "data_type": pa.int32()})
    t.drop_columns(["word"])
    assert t.schema.names == ["id", "vec", "twice", "note"], t.schema.names
    assert t.schema.field("twice").type == pa.int32()
    assert t.search().where("twice = 6").limit(5).to_list()[0]["note"] is None


@step
def asks_side_by_side(db):
    async def many(host):
        there = await lancedb.connect_async(DATABASE, api_key="none", region="local", host_override=host)
        t = await there.create_table("async", data(50))
        counts = await asyncio.gather(*(t.count_rows("id < %d" % i) for i in range(20)))
        assert counts == list(range(20))
        await asyncio.gather(*(t.add(data(1)) for _ in range(8)))
        assert await t.count_rows() == 58
        rows = await t.query().nearest_to([0.0, 1, 2, 3]).limit(3).to_list()
        assert len(rows) == 3

    asyncio.run(many(db.host))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--host", required=True)
    host = args.parse_args().host
    db = lancedb.connect(DATABASE, api_key="none", region="local", host_override=host)
    db.host = host
    failed = []
    for f in STEPS:
        try:
            f(db)
        except Exception:  # noqa: BLE001
            failed.append({"step": f.__name__, "why": traceback.format_exc()[-1500:]})
    print(json.dumps({"client": lancedb.__version__, "steps": len(STEPS), "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
