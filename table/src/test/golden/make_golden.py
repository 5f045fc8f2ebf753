"""Writes the golden tables of this module with the real Lance, and the facts about them.

Usage: make_golden.py <output folder> [table…]      (pylance 14.0.2, lancedb 0.40 or later)

Each table becomes <name>.zip; facts.json says what a reader must find in every version.
"""

import json
import os
import shutil
import sys
import tempfile
import zipfile

import lance
import pyarrow as pa


def rows(first, count):
    ids = list(range(first, first + count))
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "name": pa.array([None if i % 7 == 3 else f"n{i}" for i in ids], pa.string()),
        }
    )


def basic(path):
    lance.write_dataset(rows(0, 100), path)
    for i in range(1, 4):
        lance.write_dataset(rows(100 * i, 100), path, mode="append")
    lance.write_dataset(rows(1000, 50), path, mode="overwrite")
    lance.write_dataset(rows(1050, 50), path, mode="append")


def delete_arrow(path):
    ds = lance.write_dataset(rows(0, 100), path)
    ds = lance.write_dataset(rows(100, 100), path, mode="append")
    ds.delete("id = 3 or id = 5 or id = 7")
    ds.delete("id >= 100 and id < 200 and id % 2 = 0")


def delete_bin(path):
    ds = lance.write_dataset(rows(0, 20000), path)
    ds.delete("id % 2 = 0")


def delete_fragment(path):
    ds = lance.write_dataset(rows(0, 50), path)
    ds = lance.write_dataset(rows(50, 50), path, mode="append")
    ds.delete("id < 50")


def update(path):
    ds = lance.write_dataset(rows(0, 100), path)
    ds.update({"name": "'changed'"}, where="id = 42")
    ds.update({"name": "'again'"}, where="id = 42 or id = 43")


def stable(path):
    ds = lance.write_dataset(rows(0, 100), path, enable_stable_row_ids=True)
    ds = lance.write_dataset(rows(100, 100), path, mode="append")
    ds.update({"name": "'changed'"}, where="id % 10 = 0")
    ds.delete("id = 3")
    ds = lance.dataset(path)
    ds.optimize.compact_files()


def v1_names(path):
    lance.write_dataset(rows(0, 10), path, enable_v2_manifest_paths=False)
    for i in range(1, 12):
        lance.write_dataset(rows(10 * i, 10), path, mode="append")


def columns(path):
    ds = lance.write_dataset(rows(0, 100), path)
    ds.add_columns({"twice": "id * 2"})
    ds = lance.write_dataset(rows(100, 20), path, mode="append")
    ds.alter_columns({"path": "twice", "name": "double"})
    ds.drop_columns(["name"])
    ds.add_columns(pa.schema([pa.field("later", pa.int32())]))


def tags_and_config(path):
    ds = lance.write_dataset(rows(0, 30), path)
    ds.tags.create("first", 1)
    ds.update_config({"owner": "tests", "lance.auto_cleanup.interval": "20"})
    lance.write_dataset(rows(30, 30), path, mode="append")


def restored(path):
    lance.write_dataset(rows(0, 10), path)
    lance.write_dataset(rows(10, 10), path, mode="append")
    lance.write_dataset(rows(20, 10), path, mode="append")
    lance.dataset(path, version=1).restore()


def mixed_versions(path):
    lance.write_dataset(rows(0, 10), path, data_storage_version="2.1")
    lance.write_dataset(rows(10, 10), path, mode="append", data_storage_version="2.2")


def v20(path):
    lance.write_dataset(rows(0, 10), path, data_storage_version="2.0")
    lance.write_dataset(rows(10, 10), path, mode="append")


def indexed(path):
    ds = lance.write_dataset(rows(0, 200), path)
    ds.create_scalar_index("id", "BTREE")
    lance.write_dataset(rows(200, 50), path, mode="append")


def empty(path):
    lance.write_dataset(rows(0, 0), path)


def spilled(path):
    ds = lance.write_dataset(rows(0, 3000), path, enable_stable_row_ids=True)
    ds.update_config(
        {"lance.row_lineage.spill": "true", "lance.row_lineage.inline_max_bytes": "100"}
    )
    ds = lance.dataset(path)
    ds.update({"name": "concat(name, '')"}, where="id % 3 = 0")
    lance.dataset(path).optimize.compact_files()


def delete_compressed(path):
    # Above 5000 deleted rows Lance writes a bitmap, below an Arrow file, compressed if it is large.
    ds = lance.write_dataset(rows(0, 10000), path)
    ds.delete("id % 5 = 1")


SIZES = [None, 0, 10, None, 0, 70_000, 100_000, 10, 5_000_000, None, 3, 0]


def blobs(path, version):
    """Blob i is SIZES[i] times the byte i; BlobTest knows these sizes."""
    values = [None if n is None else bytes([i]) * n for i, n in enumerate(SIZES)]
    schema = pa.schema([pa.field("id", pa.int64()), pa.field("b", pa.large_binary(), metadata={"lance-encoding:blob": "true"})])
    table = pa.table([pa.array(range(len(SIZES)), pa.int64()), pa.array(values, pa.large_binary())], schema=schema)
    lance.write_dataset(table, path, data_storage_version=version, max_rows_per_file=7, enable_stable_row_ids=version == "2.1")
    if version != "2.0":
        lance.dataset(path).delete("id = 4")


def blobs_20(path):
    blobs(path, "2.0")


def blobs_21(path):
    blobs(path, "2.1")


def blobs_22(path):
    blobs(path, "2.2")


def structs_20(path):
    """Structs, part of whose members came later, or are not there in some fragments."""
    st = lambda first, names: pa.array([{n: i for n in names} for i in range(first, first + 20)], pa.struct([(n, pa.int64()) for n in names]))
    lance.write_dataset(pa.table({"id": pa.array(range(20), pa.int64()), "st": st(0, "ab")}), path, data_storage_version="2.0")
    lance.write_dataset(pa.table({"id": pa.array(range(20, 40), pa.int64()), "st": st(20, "a")}), path, mode="append")
    lance.dataset(path).delete("id = 5")


TABLES = [
    basic, delete_arrow, delete_bin, delete_fragment, update, stable, v1_names, columns,
    tags_and_config, restored, mixed_versions, v20, indexed, empty, spilled, delete_compressed,
    blobs_20,
    blobs_21,
    blobs_22,
    structs_20,
]


def version_facts(path, version):
    ds = lance.dataset(path, version=version)
    table = ds.to_table(with_row_id=True, with_row_address=True)
    fragments = []
    for fragment in ds.get_fragments():
        meta = fragment.metadata
        fragments.append(
            {
                "id": meta.id,
                "physicalRows": meta.physical_rows,
                "deletedRows": meta.num_deletions,
                "files": [
                    {"path": f.path, "fields": list(f.fields), "columns": list(f.column_indices)}
                    for f in meta.files
                ],
            }
        )
    transaction = ds.read_transaction(version)
    return {
        "version": version,
        "rows": ds.count_rows(),
        "columns": [f.name for f in ds.schema],
        "fileVersion": ds.data_storage_version,
        "operation": type(transaction.operation).__name__,
        "config": ds.config(),
        "indices": [i.name for i in ds.describe_indices()],
        "fragments": fragments,
        "rowIds": table["_rowid"].to_pylist()[:300],
        "rowAddresses": table["_rowaddr"].to_pylist()[:300],
        "ids": table["id"].to_pylist()[:300],
    }


def main(out, only):
    facts = {}
    if only:
        with open(os.path.join(out, "facts.json")) as f:
            facts = json.load(f)["tables"]
    for make in TABLES:
        name = make.__name__
        if only and name not in only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name + ".lance")
            make(path)
            versions = [v["version"] for v in lance.dataset(path).versions()]
            facts[name] = [version_facts(path, v) for v in versions]
            with zipfile.ZipFile(os.path.join(out, name + ".zip"), "w", zipfile.ZIP_DEFLATED) as zf:
                for root, _, files in sorted(os.walk(path)):
                    for file in sorted(files):
                        full = os.path.join(root, file)
                        zf.write(full, os.path.relpath(full, folder))
    with open(os.path.join(out, "facts.json"), "w") as f:
        json.dump({"pylance": lance.__version__, "tables": facts}, f, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
