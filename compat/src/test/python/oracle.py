"""The real Lance behind a pipe: one JSON request a line in, one JSON answer a line out.

An answer is {"id": …, "ok": {…}} or {"id": …, "error": "Kind: message"}. Data is named in one of three ways:
{"arrow": file}, {"lance": folder, "version": n, "columns": […], "filter": "…"} or {"data": spec} (see shapes.py).
"""
import hashlib
import json
import os
import sys
import time

# The answers keep the real stdout to themselves; whatever libraries print goes to stderr.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

import lance  # noqa: E402
from lance.file import LanceFileWriter  # noqa: E402
from lance.fragment import DataFile  # noqa: E402
from lance.indices import IndexConfig  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402

import compare  # noqa: E402
import shapes  # noqa: E402


def table(ref):
    if "arrow" in ref:
        # The real Lance wants decimals aligned to 16 bytes; the file format promises only 8.
        with pa.OSFile(ref["arrow"], "rb") as f:
            return pa.ipc.open_file(f, options=pa.ipc.IpcReadOptions(ensure_alignment=pa.ipc.Alignment.At64Byte)).read_all()
    if "data" in ref:
        return shapes.make(ref["data"])
    return opened(ref).to_table(columns=ref.get("columns"), filter=ref.get("filter"), blob_handling="all_binary")


def opened(r):
    return lance.dataset(r["lance"], version=r.get("version"))


def op_hello(r):
    return {"lance": lance.__version__, "arrow": pa.__version__, "numpy": np.__version__}


def op_types(r):
    return {"types": [{"name": n, "since": s, "cheap": c} for n, (_, s, c) in shapes.TYPES.items()],
            "specials": [{"name": n, "since": s} for n, (_, s) in shapes.SPECIALS.items()]}


def op_make(r):
    return save(table(r["from"]), r["out"])


op_read = op_make


def save(t, out):
    t = t.combine_chunks()  # one dictionary per field: all that a file may have
    with pa.OSFile(out, "wb") as f, pa.ipc.new_file(f, t.schema) as w:
        w.write_table(t, max_chunksize=65_536)
    return {"rows": t.num_rows, "columns": t.column_names}


def op_write(r):
    t = table(r["from"])
    args = {k: r[k] for k in ("mode", "data_storage_version", "max_rows_per_file", "max_rows_per_group", "enable_stable_row_ids", "enable_v2_manifest_paths") if r.get(k) is not None}
    d = lance.write_dataset(t, r["lance"], **args)
    return {"version": d.version, "rows": t.num_rows}


def op_equal(r):
    d = compare.difference(table(r["left"]), table(r["right"]), metadata=r.get("metadata", False))
    return {"difference": d}


def op_count(r):
    return {"rows": opened(r).count_rows(r.get("filter"))}


def op_rows(r):
    """All rows as they are, and what counting says."""
    d = opened(r)
    return {"rows": d.to_table().to_pylist(), "count": d.count_rows()}


def op_crowd(r):
    """Appends rows and deletes odd ones, while others may do the same."""
    for n in range(r["rounds"]):
        ids = [r["first"] + n * 5 + i for i in range(5)]
        lance.write_dataset(pa.table({"id": pa.array(ids, pa.int64()), "name": ["theirs"] * 5}, schema=opened(r).schema), r["lance"], mode="append")
        opened(r).delete(f"id = {2 * n + 1}", conflict_retries=50)
    return {}


def op_index(r):
    # Its Python knows FM indices only by this door.
    kind = IndexConfig(index_type="fm", parameters={}) if r["type"] == "FM" else r["type"]
    opened(r).create_scalar_index(r["column"], kind, name=r.get("name"), **r.get("params", {}))
    return {}


def op_vector_index(r):
    opened(r).create_index(r["column"], r["type"], **r.get("params", {}))
    return {}


def op_update_indices(r):
    opened(r).optimize.optimize_indices(**r.get("params", {}))
    return {}


def op_filtered(r):
    """Ids for which a filter is true by a scan and by the indices, and the plan with them."""
    d = opened(r)
    ids = lambda **how: sorted(d.to_table(columns=["id"], filter=r["filter"], **how)["id"].to_pylist())
    return {"scan": ids(use_scalar_index=False), "indexed": ids(), "plan": d.scanner(filter=r["filter"]).explain_plan()}


def op_filtered_many(r):
    """For each of many filters: ids by a scan, and whether the indices of the real Lance lose or invent rows; null where it refuses."""
    d = opened(r)

    def ids(f, **how):
        try:
            return sorted(d.to_table(columns=["id"], filter=f, **how)["id"].to_pylist())
        except Exception:
            return None
    return {"answers": [{"scan": (scan := ids(f, use_scalar_index=False)), "same": ids(f) == scan} for f in r["filters"]]}


def op_duckdb(r):
    """The rows of an SQL query over a table called rows, each as text: floats with nine digits, both zeros as 0."""
    import decimal
    import duckdb

    def shown(v):
        if v is None or isinstance(v, bool):
            return "null" if v is None else str(v).lower()
        if isinstance(v, float) and not np.isfinite(v):
            return "NaN" if v != v else "Infinity" if v > 0 else "-Infinity"
        if isinstance(v, (int, float, decimal.Decimal)):
            d = decimal.Context(prec=9).create_decimal(decimal.Decimal(v))
            return format(d.normalize(), "f") if d else "0"
        return str(v)
    with duckdb.connect() as c:
        c.register("rows", opened(r).to_table())
        return {"rows": ["|".join(map(shown, row)) for row in c.sql(r["sql"]).fetchall()]}


def op_delete(r):
    d = opened(r)
    d.delete(r["filter"])
    return {"version": d.version}


def op_restore(r):
    d = opened(r)
    d.restore()
    return {"version": d.version}


def op_compact(r):
    d = opened(r)
    m = d.optimize.compact_files(target_rows_per_fragment=r.get("target_rows", 1024 * 1024))
    return {"version": d.version, "removed": m.fragments_removed, "added": m.fragments_added}


def op_versions(r):
    d = opened(r)
    return {"versions": [{"version": v["version"], "rows": lance.dataset(r["lance"], version=v["version"]).count_rows()} for v in d.versions()]}


def op_take(r):
    d = opened(r)
    return save(d.take(r["rows"], columns=r.get("columns")), r["out"])


def op_nearest(r):
    near = {"column": r.get("column", "vector"), "q": np.array(r["query"], np.float32), "k": r["k"], "metric": r.get("metric", "l2"), "use_index": False, **r.get("how", {})}
    t = opened(r).to_table(columns=["id"], nearest=near, filter=r.get("filter"), prefilter=True)
    return {"ids": t["id"].to_pylist(), "distances": t["_distance"].to_pylist()}


def vectors_of(ref):
    column = table(ref)["vector"].combine_chunks()
    return column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)


def op_nearest_true(r):
    """For each of many vectors the ids of its k nearest rows, compared one by one in doubles."""
    rows, queries = vectors_of(r["rows"]).astype(np.float64), vectors_of(r["queries"]).astype(np.float64)
    if r["metric"] == "cosine":
        rows, queries = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (rows, queries))
    distances = (rows * rows).sum(axis=1) * (r["metric"] == "l2") - (2 if r["metric"] == "l2" else 1) * queries @ rows.T
    order = np.argsort(distances, axis=1, kind="stable")[:, :r["k"]]
    return {"ids": np.asarray(table(r["rows"])["id"])[order].tolist()}


def op_nearest_many(r):
    """For each of many vectors the ids of the k rows that a search finds, and the plan of one."""
    d = opened(r)
    near = [{"column": "vector", "q": q, "k": r["k"], "metric": r["metric"], **r["how"]} for q in vectors_of(r["queries"])]
    found = [d.to_table(columns=["id", "_distance"], nearest=n)["id"].to_pylist() for n in near]
    return {"ids": found, "plan": d.scanner(columns=["id", "_distance"], nearest=near[0]).explain_plan()}


def op_write_columns(r):
    """A table whose vectors lie in files of their own, beside the ids."""
    t = table(r["from"])
    lance.write_dataset(t.select(["id"]), r["lance"], max_rows_per_file=r["max_rows_per_file"])
    opened(r).add_columns(t.select(["vector"]).to_reader(1000))
    return {}


def op_replace_vectors(r):
    """Puts other vectors in place of those of one fragment, by an operation of its own."""
    d, t = opened(r), table(r["from"]).select(["vector"])
    fragment = d.get_fragments()[r["fragment"]]
    old = fragment.data_files()[-1]
    with LanceFileWriter(os.path.join(r["lance"], "data", "replaced.lance"), schema=t.schema, version=d.data_storage_version) as w:
        w.write_batch(t)
    new = DataFile("replaced.lance", old.fields, old.column_indices, old.file_major_version, old.file_minor_version)
    group = lance.LanceOperation.DataReplacementGroup(fragment.fragment_id, new)
    lance.LanceDataset.commit(r["lance"], lance.LanceOperation.DataReplacement([group]), read_version=d.version)
    return {}


def text_query(q):
    """A query of the real Lance, of its JSON form."""
    from lance import query as f
    (kind, b), = q.items()
    if kind == "match":
        return f.MatchQuery(b["terms"], b["column"], boost=b.get("boost", 1.0), fuzziness=b.get("fuzziness", 0), max_expansions=b.get("max_expansions", 50),
                            operator=f.FullTextOperator(b.get("operator", "Or").upper()), prefix_length=b.get("prefix_length", 0))
    if kind == "phrase":
        return f.PhraseQuery(b["terms"], b["column"], slop=b.get("slop", 0))
    if kind == "multi_match":
        return f.MultiMatchQuery(b["query"], b["columns"], boosts=b["boost"], operator=f.FullTextOperator(b.get("operator", "Or").upper()))
    if kind == "boost":
        return f.BoostQuery(text_query(b["positive"]), text_query(b["negative"]), negative_boost=b["negative_boost"])
    occurs = [("must", f.Occur.MUST), ("should", f.Occur.SHOULD), ("must_not", f.Occur.MUST_NOT)]
    return f.BooleanQuery([(o, text_query(x)) for name, o in occurs for x in b[name]])


def op_search(r):
    """For each text query the rows with their scores, or what went wrong."""
    d, found = opened(r), []
    for q in r["queries"]:
        try:
            t = d.scanner(columns=["id", "_score"], full_text_query=text_query(q), limit=r.get("limit"), filter=r.get("filter"), prefilter=True).to_table()
            found.append({"ids": t["id"].to_pylist(), "scores": t["_score"].to_pylist()})
        except (ValueError, OSError) as e:
            found.append({"error": str(e)[:300]})
    return {"found": found}


def op_validate(r):
    d = opened(r)
    d.validate()
    files = [f for x in d.get_fragments() for f in x.data_files()]
    return {"version": d.version, "format": d.data_storage_version, "fragments": len(d.get_fragments()),
            "physical_rows": sum(x.physical_rows for x in d.get_fragments()), "deleted_rows": sum(x.num_deletions for x in d.get_fragments()),
            "files": sorted({f"{f.file_major_version}.{f.file_minor_version}" for f in files})}


def blob_bytes(n, key):
    return (np.arange(n, dtype=np.int64) * 31 + key * 7).astype(np.uint8).tobytes()


def op_blobs_write(r):
    """Rows of id and blob: [id, size, URI or null, key]."""
    f = lance.blob_field("b")
    data = lance.blob_array([None if n is None else lance.Blob(uri=n) if isinstance(n, str) else blob_bytes(n, k) for _, n, k in r["rows"]])
    ids = pa.array([i for i, _, _ in r["rows"]], pa.int64())
    d = lance.write_dataset(pa.table([ids, data], schema=pa.schema([pa.field("id", pa.int64()), f])), r["lance"], mode=r["mode"], allow_external_blob_outside_bases=True)
    return {"version": d.version}


def op_blobs_read(r):
    """[id, size and digest or null] of each row."""
    d = opened(r)
    ids = d.to_table(columns=["id"], with_row_id=True)
    blobs = d.take_blobs(r.get("column", "b"), ids=ids["_rowid"].to_pylist())
    digest = lambda b: None if b is None else [b.size(), hashlib.sha256(b.readall()).hexdigest()]
    return {"rows": sorted([i, digest(b)] for i, b in zip(ids["id"].to_pylist(), blobs))}


def op_blobs_inside(r):
    """Blobs in structs in structs, some of which are null: in 2.1 of the first kind, in 2.2 of the second."""
    second = r["format"] == "2.2"
    f = lance.blob_field("b") if second else pa.field("b", pa.large_binary(), metadata={"lance-encoding:blob": "true"})
    values = [None if n is None else blob_bytes(n, i) for i, n in enumerate(r["sizes"])]
    blobs = lance.blob_array(values) if second else pa.array(values, pa.large_binary())
    n = len(values)
    inner = pa.StructArray.from_arrays([pa.array(range(n), pa.int32()), blobs], fields=[pa.field("x", pa.int32()), f], mask=pa.array([i % 5 == 4 for i in range(n)]))
    outer = pa.StructArray.from_arrays([inner], fields=[pa.field("in ner", inner.type)], mask=pa.array([i % 7 == 6 for i in range(n)]))
    lance.write_dataset(pa.table({"id": pa.array(range(n), pa.int64()), "out": outer}), r["lance"], data_storage_version=r["format"])
    taken = opened(r).take_blobs("out.`in ner`.b", indices=list(range(n)))
    return {"sizes": [None if b is None else b.size() for b in taken]}


def op_blob_lists(r):
    """[id, sizes of a list of blobs] of each row."""
    t = opened(r).to_table(columns=["id", "l"])
    sizes = lambda l: None if l is None else [None if b is None else b["size"] for b in l]
    return {"rows": [[i, sizes(l)] for i, l in zip(t["id"].to_pylist(), t["l"].to_pylist())]}


def op_sleep(r):
    time.sleep(r["seconds"])
    return {}


def op_selftest(r):
    return {"failures": compare.selftest()}


def op_exit(r):
    """Dies as a crash in native code would: for the test of the harness."""
    os._exit(r.get("code", 134))


for line in sys.stdin:
    request = json.loads(line)
    answer = {"id": request.get("id")}
    try:
        answer["ok"] = globals()["op_" + request["op"]](request)
    except BaseException as e:  # a Rust panic is no Exception
        answer["error"] = f"{type(e).__name__}: {str(e)[:2000]}"
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
