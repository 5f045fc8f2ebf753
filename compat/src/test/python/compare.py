"""The first difference between two Arrow tables, value by value: what lies under a null does not count,
the bits of a float do (so -0.0 is not 0.0, and NaN is NaN)."""
import numpy as np
import pyarrow as pa


def difference(a, b, metadata=False):
    """None, or a line naming the first difference."""
    if a.column_names != b.column_names:
        return f"columns: {a.column_names} vs {b.column_names}"
    for i, (f, g) in enumerate(zip(a.schema, b.schema)):
        if not f.equals(g, check_metadata=metadata):
            return f"field {f.name}: {describe(f)} vs {describe(g)}"
    if metadata and (a.schema.metadata or {}) != (b.schema.metadata or {}):
        return f"schema metadata: {a.schema.metadata} vs {b.schema.metadata}"
    if a.num_rows != b.num_rows:
        return f"rows: {a.num_rows} vs {b.num_rows}"
    for name, x, y in zip(a.column_names, a.columns, b.columns):
        x, y = whole(x), whole(y)
        if leaf_difference(x, y, name) is None:
            continue
        lo, hi = 0, len(x)  # the first row that differs lies in [lo, hi)
        while hi - lo > 1:
            mid = (lo + hi) // 2
            if leaf_difference(x.slice(lo, mid - lo), y.slice(lo, mid - lo), name) is not None:
                hi = mid
            else:
                lo = mid
        return f"column {name} ({x.type}) row {lo}: {show(x, lo)} vs {show(y, lo)} [{leaf_difference(x.slice(lo, 1), y.slice(lo, 1), name)}]"
    return None


def describe(f):
    return f"{f.type}{'' if f.nullable else ' not null'}{' ' + str(f.metadata) if f.metadata else ''}"


def show(x, i):
    try:
        return str(x[i].as_py())[:120]
    except Exception:
        return str(x[i])[:120]


def whole(c):
    if c.num_chunks == 1:
        return c.chunk(0)
    if pa.types.is_dictionary(c.type):
        c = c.unify_dictionaries()
    return pa.concat_arrays(c.chunks) if c.num_chunks else pa.array([], c.type)


def leaf_difference(a, b, path):
    if a.type != b.type:
        return f"{path}: type {a.type} vs {b.type}"
    if len(a) != len(b):
        return f"{path}: {len(a)} vs {len(b)} values"
    if pa.types.is_null(a.type) or len(a) == 0:
        return None
    na, nb = a.is_null(), b.is_null()
    if not na.equals(nb):
        return f"{path}: nulls differ"
    if a.null_count:
        a, b = a.drop_null(), b.drop_null()
        if len(a) == 0:
            return None
    t = a.type
    if pa.types.is_struct(t):
        for i, f in enumerate(t):
            # Rows with a null struct are gone, so the plain children are the values.
            d = leaf_difference(child(a, i), child(b, i), f"{path}.{f.name}")
            if d:
                return d
        return None
    if pa.types.is_dictionary(t):
        return leaf_difference(a.dictionary_decode(), b.dictionary_decode(), path)
    if pa.types.is_map(t) or pa.types.is_list(t) or pa.types.is_large_list(t):
        la, lb = lengths(a), lengths(b)
        if not np.array_equal(la, lb):
            return f"{path}: lengths differ"
        return leaf_difference(items(a), items(b), path + "[]")
    if pa.types.is_fixed_size_list(t):
        return leaf_difference(a.flatten(), b.flatten(), path + "[]")
    if pa.types.is_floating(t):
        bits = {16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}[t.bit_width]
        a, b = a.view(bits), b.view(bits)
    return None if a.equals(b) else f"{path}: values differ"


def child(a, i):
    """A child over the same rows as its struct."""
    return a.field(i)  # honours the offset of a sliced struct


def lengths(a):
    o = a.offsets.to_numpy(zero_copy_only=False)
    return np.diff(o)


def items(a):
    o = a.offsets
    lo, hi = o[0].as_py(), o[len(o) - 1].as_py()
    if pa.types.is_map(a.type):
        t = pa.struct([pa.field("key", a.type.key_type, False), pa.field("value", a.type.item_type)])
        return pa.StructArray.from_arrays([a.keys.slice(lo, hi - lo), a.items.slice(lo, hi - lo)], fields=list(t))
    return a.values.slice(lo, hi - lo)


def selftest():
    """Pairs that differ in one spot only; what is returned was not told apart (or equal things were)."""
    nan = float("nan")
    st = pa.struct([("a", pa.int32())])
    fsl = pa.list_(pa.float32(), 2)
    mp = pa.map_(pa.string(), pa.int32())
    pairs = [
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array([nan]), pa.array([1.0])),
        (pa.array([1, None]), pa.array([1, 0])),
        (pa.array([[]], pa.list_(pa.int32())), pa.array([None], pa.list_(pa.int32()))),
        (pa.array([[1], [2, 3]]), pa.array([[1, 2], [3]])),
        (pa.array([[1, None]]), pa.array([[1, 0]])),
        (pa.array([None], st), pa.array([{"a": None}], st)),
        (pa.array([[{"a": 1}]], pa.list_(st)), pa.array([[{"a": 2}]], pa.list_(st))),
        (pa.array([[1.0, 2.0]], fsl), pa.array([[1.0, None]], fsl)),
        (pa.array([[("k", 1)]], mp), pa.array([[("k", 2)]], mp)),
        (pa.array([[("k", 1)]], mp), pa.array([[("j", 1)]], mp)),
        (pa.array([[], None], mp), pa.array([None, []], mp)),
        (pa.array(["a", "b"]).dictionary_encode(), pa.array(["a", "c"]).dictionary_encode()),
        (pa.array([""]), pa.array([None], pa.string())),
        (pa.array([b"\x00"]), pa.array([b""])),
    ]
    bad = []
    for x, y in pairs:
        pad = pa.nulls(5, x.type)
        a, b = (pa.table({"c": pa.chunked_array([pad, c])}) for c in (x, y))
        for p, q in ((pa.table({"c": x}), pa.table({"c": y})), (a, b), (a.slice(3), b.slice(3))):
            if difference(p, q) is None:
                bad.append(f"not told apart: {x} vs {y}")
            if difference(p, p) is not None or difference(q, q) is not None:
                bad.append(f"not equal to itself: {x}")
    # What lies under a null, and how a dictionary is ordered, does not count.
    under = pa.StructArray.from_arrays([pa.array([7, 8], pa.int32())], names=["a"], mask=pa.array([True, False]))
    plain = pa.array([None, {"a": 8}], st)
    swapped = pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int32()), pa.array(["b", "a"]))
    for x, y in ((under, plain), (swapped, pa.array(["a", "b"]).dictionary_encode())):
        if difference(pa.table({"c": x}), pa.table({"c": y})) is not None:
            bad.append(f"told apart: {x} vs {y}")
    return bad
