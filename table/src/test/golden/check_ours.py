"""Opens the tables that WriteForOracle made with the real Lance, continues them, and checks both.

Usage: check_ours.py <folder>
"""

import os
import sys

import lance
import pyarrow as pa

folder = sys.argv[1]


def more(first, count):
    return pa.table(
        {
            "id": pa.array(range(first, first + count), pa.int64()),
            "name": pa.array([f"n{i}" for i in range(first, first + count)], pa.string()),
        },
        schema=pa.schema(
            [pa.field("id", pa.int64(), nullable=False), pa.field("name", pa.string())]
        ),
    )


expected = [i for i in range(1, 20_000, 2)]
expected += [i for i in range(20_000, 20_100) if i not in (20_003, 20_005, 20_007)]
for name in sorted(os.listdir(folder)):
    path = os.path.join(folder, name)
    if name == "empty.lance":
        ds = lance.dataset(path)
        assert ds.count_rows() == 0 and ds.schema.names == ["id", "name"], name
        assert lance.write_dataset(more(0, 3), path, mode="append").count_rows() == 3
        continue
    ds = lance.dataset(path)
    ds.validate()
    ops = [type(ds.read_transaction(v["version"]).operation).__name__ for v in ds.versions()]
    want = ["Overwrite", "Append", "Append", "Delete", "Restore", "Restore"]
    if name.startswith("plain"):
        want += ["Update", "UpdateConfig"]
        assert ds.config() == {"owner": "tests"}, ds.config()
    assert ops == want, ops
    assert ds.checkout_version(5).count_rows() == 20_200
    table = ds.to_table(with_row_id=True, with_row_address=True)
    ids = table["id"].to_pylist()
    assert sorted(ids) == expected, name
    names = table["name"].to_pylist()
    assert all(n == (None if i % 7 == 3 else f"n{i}") for i, n in zip(ids, names)), name
    if name.startswith("stable"):
        assert table["_rowid"].to_pylist() == expected
    # A handle from before two of our commits appends, deletes and updates over them.

    stale = lance.dataset(path)
    ds = lance.write_dataset(more(30_000, 10), path, mode="append")
    ds.delete("id = 30001")
    ds.update({"name": "'changed'"}, where="id = 20001")
    ds = lance.write_dataset(more(40_000, 10), stale, mode="append")
    ds.optimize.compact_files()
    ds = lance.dataset(path)
    ds.validate()
    got = sorted(ds.to_table()["id"].to_pylist())
    want = sorted(expected + list(range(30_000, 30_010)) + list(range(40_000, 40_010)))
    want.remove(30_001)
    assert got == want, name
    ids = ds.to_table(with_row_id=True)["_rowid"].to_pylist()
    assert len(set(ids)) == len(ids), name
    print(name, "ok: version", ds.version, "rows", ds.count_rows(), ds.data_storage_version)
