"""Test data by name and seed: every type that Lance stores, every pattern of nulls, several shapes of values.

A data set is named by a small dict, so that the Java side and a failure message can name it too:

    {"kind": "column", "type": "int32", "rows": 1025, "seed": 1}    one type, a column per null pattern and value shape
    {"kind": "random", "seed": 7, "rows": 500, "depth": 4}          a random schema
    {"kind": "special", "name": "wide-levels", "seed": 1}           one of SPECIALS: a corner of the format
    {"kind": "vectors", "rows": 1000, "dim": 32, "seed": 1}         id, label, vector
    {"kind": "clustered", "rows": 1000, "dim": 32, "seed": 1}       id, vector: around centres, as embeddings are
    {"kind": "multivectors", "rows": 1000, "dim": 8, "type": "float32", "seed": 1}  id, label, vector: lists of vectors
    {"kind": "filterable", "rows": 1000, "seed": 1}                 columns of several types to filter by
    {"kind": "numbered", "rows": 1000, "seed": 1}                   id (0, 1, 2 …) and random columns

"take": [row, …] picks rows out of any of them.
"""
import hashlib
import json
import random
import string

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Type name -> (Arrow type, first format that stores it, whether 100,000 rows of it are cheap).
TYPES = {}


def _type(name, arrow, since="2.0", cheap=False):
    TYPES[name] = (arrow, since, cheap)


for _t in (pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
           pa.float16(), pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.binary(), pa.large_binary(),
           pa.date32(), pa.date64()):
    _type(str(_t), _t, cheap=True)
_type("null", pa.null())
for _w in (1, 7, 16, 300):
    _type(f"fixed_size_binary[{_w}]", pa.binary(_w), cheap=_w == 16)
for _t in (pa.decimal128(1, 0), pa.decimal128(9, 2), pa.decimal128(38, 10), pa.decimal256(40, 4), pa.decimal256(76, 20)):
    _type(str(_t), _t, cheap=_t in (pa.decimal128(38, 10), pa.decimal256(76, 20)))
for _t in (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")):
    _type(str(_t), _t)
for _u in ("s", "ms", "us", "ns"):
    _type(f"duration[{_u}]", pa.duration(_u))
    for _z in (None, "UTC", "Europe/Berlin", "+05:45"):
        _t = pa.timestamp(_u, _z)
        _type(str(_t), _t, cheap=_u == "us" and _z is None)
for _k in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
    _type(f"dictionary<{_k},string>", pa.dictionary(_k, pa.string()), cheap=_k == pa.int32())
_type("dictionary<int32,large_string>", pa.dictionary(pa.int32(), pa.large_string()))
_type("dictionary<int16,binary>", pa.dictionary(pa.int16(), pa.binary()))
_type("fsl<float,4>", pa.list_(pa.float32(), 4), cheap=True)
_type("fsl<float,128>", pa.list_(pa.float32(), 128))
_type("fsl<halffloat,16>", pa.list_(pa.float16(), 16))
_type("fsl<double,3>", pa.list_(pa.float64(), 3))
_type("fsl<uint8,16>", pa.list_(pa.uint8(), 16))
_type("fsl<int8,1>", pa.list_(pa.int8(), 1))
_type("fsl<int64,5>", pa.list_(pa.int64(), 5))
_type("fsl<bool,8>", pa.list_(pa.bool_(), 8))
_type("fsl<timestamp,2>", pa.list_(pa.timestamp("us", "UTC"), 2))
_type("fsl<fsl<int32,2>,3>", pa.list_(pa.list_(pa.int32(), 2), 3))
_ab = pa.struct([("a", pa.int32()), ("b", pa.string())])
_type("fsl<struct,2>", pa.list_(_ab, 2))
_type("list<int32>", pa.list_(pa.int32()), cheap=True)
_type("list<bool>", pa.list_(pa.bool_()))
_type("list<string>", pa.list_(pa.string()))
_type("list<binary>", pa.list_(pa.binary()))
_type("list<double>", pa.list_(pa.float64()))
_type("list<decimal>", pa.list_(pa.decimal128(20, 4)))
_type("list<timestamp>", pa.list_(pa.timestamp("ns", "UTC")))
_type("list<fixed_size_binary>", pa.list_(pa.binary(5)))
_type("list<dictionary>", pa.list_(pa.dictionary(pa.int16(), pa.string())))
_type("list<list<int32>>", pa.list_(pa.list_(pa.int32())), cheap=True)
_type("list<list<list<string>>>", pa.list_(pa.list_(pa.list_(pa.string()))))
_type("list<struct>", pa.list_(_ab))
_type("list<struct<list<struct>>>", pa.list_(pa.struct([("x", pa.int64()), ("l", pa.list_(_ab))])))
_type("list<fsl<float,4>>", pa.list_(pa.list_(pa.float32(), 4)))
_type("large_list<int64>", pa.large_list(pa.int64()))
_type("large_list<large_string>", pa.large_list(pa.large_string()))
_type("large_list<list<float>>", pa.large_list(pa.list_(pa.float32())))
_type("struct<int32,string>", _ab, cheap=True)
_type("struct<struct<struct>>", pa.struct([("a", pa.int8()), ("s", pa.struct([("b", pa.string()), ("t", pa.struct([("c", pa.float64())]))]))]))
_type("struct<list>", pa.struct([("l", pa.list_(pa.int32())), ("s", pa.string())]))
_type("struct<fsl>", pa.struct([("v", pa.list_(pa.float32(), 8)), ("id", pa.int64())]))
_type("struct<dictionary>", pa.struct([("d", pa.dictionary(pa.int8(), pa.string())), ("n", pa.bool_())]))
_type("struct<list<struct<list<string>>>>", pa.struct([("l", pa.list_(pa.struct([("t", pa.list_(pa.string())), ("n", pa.uint8())])))]))
_type("map<string,int32>", pa.map_(pa.string(), pa.int32()), "2.2")
_type("map<int64,struct>", pa.map_(pa.int64(), _ab), "2.2")
_type("map<string,list<int32>>", pa.map_(pa.string(), pa.list_(pa.int32())), "2.2")
_type("list<map<string,int32>>", pa.list_(pa.map_(pa.string(), pa.int32())), "2.2")
_type("struct<map>", pa.struct([("m", pa.map_(pa.string(), pa.int32())), ("k", pa.int16())]), "2.2")

# Format 2.0 has no null structs, only 2.2 has fixed-size lists of structs.
for _n, (_t, _s, _c) in TYPES.items():
    if "struct" in _n and _s == "2.0":
        TYPES[_n] = (_t, "2.2" if _n.startswith("fsl<struct") else "2.1", _c)

NULLS = ("none", "some", "all", "alternating", "leading")
SHAPES = ("runs", "few", "sorted", "const")


def null_mask(pattern, n, rs):
    m = np.zeros(n, bool)
    if pattern == "some":
        m = rs.rand(n) < 0.1
    elif pattern == "all":
        m[:] = True
    elif pattern == "alternating":
        m[::2] = True
    elif pattern == "leading":
        m[: (n * 2 + 2) // 3] = True
    elif pattern == "half":
        m = rs.rand(n) < 0.5
    return m


def column(t, n, rs, nulls="none", shape="random"):
    """n values of type t. Children of nested values have nulls of their own wherever the column has some."""
    inner = "none" if nulls == "none" else "some"
    mask = null_mask(nulls, n, rs)
    masked = pa.array(mask) if mask.any() else None
    if pa.types.is_null(t):
        return pa.nulls(n)
    if n == 0:
        return pa.array([], t)
    if pa.types.is_struct(t):
        kids = [column(f.type, n, rs, inner, shape) for f in t]
        return pa.StructArray.from_arrays(kids, fields=list(t), mask=masked)
    if pa.types.is_map(t):
        off, total = offsets(n, rs, mask, shape, 4)
        keys, items = map_keys(t.key_type, off, rs), column(t.item_type, total, rs, inner, shape)
        made = pa.MapArray.from_arrays(null_offsets(off, mask, np.int32), keys, items)
        return made.cast(t) if made.type != t else made
    if pa.types.is_fixed_size_list(t):
        kid = column(t.value_type, n * t.list_size, rs, inner, shape)
        return pa.FixedSizeListArray.from_arrays(kid, type=t, mask=masked)
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        off, total = offsets(n, rs, mask, shape, 5)
        large = pa.types.is_large_list(t)
        cls, dt = (pa.LargeListArray, np.int64) if large else (pa.ListArray, np.int32)
        return cls.from_arrays(pa.array(off.astype(dt)), column(t.value_type, total, rs, inner, shape), type=t, mask=masked)
    if pa.types.is_dictionary(t):
        values = leaf(t.value_type, {8: 100}.get(t.index_type.bit_width, 300), rs, "random")
        values = values.unique() if hasattr(values, "unique") else values
        idx = np.resize(pick(len(values), n, rs, shape), n)
        keys = pa.array(idx.astype(t.index_type.to_pandas_dtype()), mask=mask)
        return pa.DictionaryArray.from_arrays(keys, values)
    made = leaf(t, n, rs, shape)
    if masked is None:
        return made
    # Half of the time the bytes under a null are zero, half of the time they are left as they were.
    if rs.rand() < 0.5 or made.offset:
        return pc.if_else(masked, pa.scalar(None, t), made)
    bits = pa.py_buffer(np.packbits(~mask, bitorder="little").tobytes())
    return pa.Array.from_buffers(t, n, [bits, *made.buffers()[1:]])


def offsets(n, rs, mask, shape, top):
    if shape == "const":
        lens = np.full(n, rs.randint(0, 3))
    elif shape == "runs":
        lens = np.repeat(rs.randint(0, top, n // 10 + 1), 10)[:n]
    else:
        lens = rs.randint(0, top, n)
        lens[rs.rand(n) < 0.2] = 0
        if n > 20:
            lens[rs.randint(0, n)] = 700
    lens[mask] = 0
    off = np.concatenate([[0], np.cumsum(lens)]).astype(np.int64)
    return off, int(off[-1])


def null_offsets(off, mask, dt):
    """Offsets in the form in which a null offset marks a null row (maps have no mask argument)."""
    return pa.array(off.astype(dt), mask=np.concatenate([mask, [False]]))


def map_keys(t, off, rs):
    place = np.arange(off[-1]) - np.repeat(off[:-1], np.diff(off))  # unique within a row
    if pa.types.is_string(t):
        return pa.array([f"key{p}" for p in place], t)
    return pa.array(place * 7 - 3, t)


def pick(pool, n, rs, shape):
    """Indices into a pool of so many values that give the shape."""
    if shape == "const":
        return np.zeros(n, np.int64)
    if shape == "runs":
        few = rs.randint(0, pool, n // 20 + 1)
        return np.repeat(few, rs.randint(1, 60, len(few)))
    if shape == "few":
        return rs.randint(0, min(pool, 7), n)
    if shape == "sorted":
        return np.sort(rs.randint(0, pool, n))
    return rs.randint(0, pool, n)


def leaf(t, n, rs, shape):
    if shape == "random":
        return draw(t, n, rs)
    if shape == "sorted":
        made = draw(t, n, rs)
        try:
            return made.take(pc.sort_indices(made))
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError):
            return made
    pool = draw(t, {"runs": 40, "few": 7, "const": 1}[shape], rs)
    return pool.take(pa.array(np.resize(pick(len(pool), n, rs, shape), n)))


LIMITS = {"s": (-(10**9), 10**10), "ms": (-(10**12), 10**13), "us": (-(10**15), 10**16), "ns": (-(10**18), 2 * 10**18)}
DAY = {"s": 86400, "ms": 86400 * 10**3, "us": 86400 * 10**6, "ns": 86400 * 10**9}


def draw(t, n, rs):
    """n independent values."""
    if pa.types.is_boolean(t):
        return pa.array(rs.rand(n) < 0.5)
    if pa.types.is_integer(t):
        dt = np.dtype(t.to_pandas_dtype())
        info = np.iinfo(dt)
        kind = rs.randint(0, 3)
        if kind == 0:  # every bit
            v = np.frombuffer(rs.bytes(n * dt.itemsize), dt).copy()
            v[: min(n, 2)] = [info.min, info.max][: min(n, 2)]
        elif kind == 1:  # small, perhaps negative
            v = rs.randint(max(info.min, -50), min(info.max, 3000), n).astype(dt)
        else:  # a narrow band high up
            v = (info.max - rs.randint(0, 100, n).astype(object)).astype(dt)
        return pa.array(v, t)
    if pa.types.is_floating(t):
        dt = {16: np.float16, 32: np.float32, 64: np.float64}[t.bit_width]
        v = (rs.randn(n) * 100).astype(dt)
        odd = rs.rand(n) < 0.03
        v[odd] = rs.choice(np.array([0.0, -0.0, np.nan, np.inf, -np.inf], dt), int(odd.sum()))
        return pa.array(v, t)
    if pa.types.is_decimal(t):
        if n > 500:  # made one by one in Python
            return draw(t, 500, rs).take(pa.array(rs.randint(0, 500, n)))
        digits = rs.randint(1, t.precision + 1, n)
        v = [random.Random(int(s)).randint(-(10**int(d)) + 1, 10**int(d) - 1) for s, d in zip(rs.randint(0, 2**31, n), digits)]
        width = t.bit_width // 8
        return pa.Array.from_buffers(t, n, [None, pa.py_buffer(b"".join(x.to_bytes(width, "little", signed=True) for x in v))])
    if pa.types.is_date32(t):
        return pa.array(rs.randint(-(10**5), 10**5, n).astype(np.int32)).cast(t)
    if pa.types.is_date64(t):
        return pa.array(rs.randint(-(10**4), 10**5, n).astype(np.int64) * 86400000).cast(t)
    if pa.types.is_time(t):
        return pa.array(rs.randint(0, DAY[t.unit], n).astype(np.int32 if t.bit_width == 32 else np.int64)).cast(t)
    if pa.types.is_timestamp(t) or pa.types.is_duration(t):
        lo, hi = LIMITS[t.unit]
        return pa.array(rs.randint(lo, hi, n, dtype=np.int64)).cast(t)
    if pa.types.is_fixed_size_binary(t):
        return pa.Array.from_buffers(t, n, [None, pa.py_buffer(rs.bytes(n * t.byte_width))])
    return text(t, n, rs, rs.choice([1, 4, 20, 300]) if n <= 5000 else 20)


def text(t, n, rs, top):
    lens = rs.randint(0, top + 1, n)
    binary = pa.types.is_binary(t) or pa.types.is_large_binary(t)
    if not binary and n <= 5000 and rs.rand() < 0.4:
        letters = list("añ漢字🙂é \u0000\n\"")
        return pa.array(["".join(letters[i] for i in rs.randint(0, len(letters), k)) for k in lens], t)
    off = np.concatenate([[0], np.cumsum(lens)])
    alphabet = np.frombuffer(rs.choice([b"abcd", (string.ascii_letters + string.digits + " ").encode()]), np.uint8)
    data = rs.bytes(int(off[-1])) if binary else alphabet[rs.randint(0, len(alphabet), int(off[-1]))].tobytes()
    wide = pa.types.is_large_string(t) or pa.types.is_large_binary(t)
    return pa.Array.from_buffers(t, n, [None, pa.py_buffer(off.astype(np.int64 if wide else np.int32).tobytes()), pa.py_buffer(data)])


def column_table(name, rows, seed):
    t = TYPES[name][0]
    cols = {}
    for nulls in NULLS:
        cols[f"nulls_{nulls}"] = column(t, rows, rng(seed, name, rows, nulls), nulls)
    for shape in SHAPES:
        cols[f"shape_{shape}"] = column(t, rows, rng(seed, name, rows, shape), "none", shape)
    cols["runs_some"] = column(t, rows, rng(seed, name, rows, "runs_some"), "some", "runs")
    return pa.table(cols)


def rng(*what):
    return np.random.RandomState(int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:4], "little"))


def random_type(r, depth, formats):
    leaves = [v[0] for k, v in TYPES.items() if not pa.types.is_nested(v[0]) and not pa.types.is_null(v[0])]
    kind = r.random()
    if depth == 0 or kind < 0.45:
        return r.choice(leaves)
    if kind < 0.62:
        return (pa.list_ if r.random() < 0.7 else pa.large_list)(random_type(r, depth - 1, formats))
    if kind < 0.72:
        return pa.list_(r.choice([pa.float32(), pa.float16(), pa.float64(), pa.uint8(), pa.int8()]), r.choice([1, 3, 8, 33]))
    if kind < 0.78 and formats == "2.2":
        return pa.map_(r.choice([pa.string(), pa.int32()]), random_type(r, depth - 1, formats))
    return pa.struct([(f"f{i}", random_type(r, depth - 1, formats)) for i in range(r.randint(1, 3))])


def without_null_structs(a):
    """The same rows with a struct of what lies below wherever a struct was null: version 2.0 holds no others."""
    t = a.type
    if pa.types.is_struct(t):
        return pa.StructArray.from_arrays([without_null_structs(a.field(i)) for i in range(t.num_fields)], fields=list(t))
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        cls = pa.LargeListArray if pa.types.is_large_list(t) else pa.ListArray
        return cls.from_arrays(a.offsets, without_null_structs(a.values), type=t, mask=a.is_null() if a.null_count else None)
    return a


def random_table(seed, rows=None, depth=4, formats="2.1"):
    r = random.Random(seed)
    n = r.choice([0, 1, 2, 100, 1023, 1024, 1025, 3000]) if rows is None else rows
    cols = {}
    for i in range(r.randint(1, 5)):
        t = random_type(r, r.randint(0, depth), formats)
        nulls, shape = r.choice(NULLS + ("half",)), r.choice(("random",) + SHAPES)
        made = column(t, n, rng(seed, i), nulls, shape)
        cols[f"c{i}"] = without_null_structs(made) if formats == "2.0" else made
    return pa.table(cols)


def vectors(rows, dim, seed):
    rs = rng("vectors", seed, rows, dim)
    flat = pa.array(rs.randn(rows * dim).astype(np.float32))
    return pa.table({
        "id": pa.array(np.arange(rows, dtype=np.int64)),
        "label": pa.array([None if i % 11 == 0 else f"label {i % 7}" for i in range(rows)]),
        "vector": pa.FixedSizeListArray.from_arrays(flat, dim),
    })


def clustered(rows, dim, seed):
    """Vectors around a centre for each hundred of them."""
    rs = rng("clustered", seed, rows, dim)
    centres = rs.randn(max(1, rows // 100), dim)
    flat = centres[rs.randint(0, len(centres), rows)] + 0.5 * rs.randn(rows, dim)
    return pa.table({
        "id": pa.array(np.arange(rows, dtype=np.int64)),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel().astype(np.float32)), dim),
    })


def multivectors(rows, dim, item, seed):
    """Lists of none to six vectors around few centres; some lists are null."""
    rs = rng("multivectors", seed, rows, dim)
    centres = rs.randn(30, dim)
    lengths = rs.randint(0, 7, rows)
    nulls = rs.rand(rows) < 0.05
    lengths[nulls] = 0
    flat = centres[rs.randint(0, 30, lengths.sum())] + 0.4 * rs.randn(lengths.sum(), dim)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel().astype(item), pa.from_numpy_dtype(np.dtype(item))), dim)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.table({
        "id": pa.array(np.arange(rows, dtype=np.int64)),
        "label": pa.array([f"label {i % 7}" for i in range(rows)]),
        "vector": pa.ListArray.from_arrays(pa.array(offsets), vectors, mask=pa.array(nulls)),
    })


def filterable(rows, seed):
    r = random.Random(seed)
    opt = lambda v: None if r.random() < 0.12 else v
    col = lambda make, t: pa.array([opt(make()) for _ in range(rows)], t)
    return pa.table({
        "id": pa.array(range(rows), pa.int64()),
        "i": col(lambda: r.randint(-20, 20), pa.int32()),
        "u": col(lambda: r.choice([0, 1, 2**63, r.randint(0, 99)]), pa.uint64()),
        "f": col(lambda: r.choice([0.0, -0.0, 1.5, float("nan"), r.uniform(-9, 9)]), pa.float64()),
        "s": col(lambda: r.choice(["", "a", "abc", "b_c", "Été hello", "x" * r.randint(1, 30)]), pa.string()),
        "b": col(lambda: r.random() < 0.3, pa.bool_()),
        "d": col(lambda: r.randint(18000, 18100), pa.int32()).cast(pa.date32()),
        "ts": col(lambda: r.randint(0, 10**15), pa.timestamp("us")),
        "tags": col(lambda: [r.choice(["p", "q", None]) for _ in range(r.randint(0, 3))], pa.list_(pa.string())),
        "m": pa.StructArray.from_arrays([col(lambda: r.randint(0, 9), pa.int32())], ["v"]),
    })


def encoded(name, arr, **meta):
    return pa.field(name, arr.type, metadata={"lance-encoding:" + k.replace("_", "-"): v for k, v in meta.items()}), arr


def fields(*pairs):
    return pa.Table.from_arrays([a for _, a in pairs], schema=pa.schema([f for f, _ in pairs]))


def _sizes(rs):
    lens = [0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 0, 3, 65_535, 65_536, 4096, 1_048_576]
    return [None if k == 3 else bytes(rs.randint(97, 123, k).astype(np.uint8)) for k in lens]


def strings_huge(rs):
    v = _sizes(rs)
    s = [None if x is None else x.decode() for x in v]
    return pa.table({"s": pa.array(s), "ls": pa.array(s, pa.large_string()), "b": pa.array(v, pa.binary()), "lb": pa.array(v, pa.large_binary()),
                     "l": pa.array([None if x is None else [x, "", x[:5]] for x in s]), "id": pa.array(range(len(v)))})


def compressible(rs):
    n, words = 3000, ["alpha", "beta", "gamma delta", "", "epsilon" * 20]
    return {"s": pa.array([words[i] + str(i % 17) for i in rs.randint(0, 5, n)]), "f": pa.array(np.cumsum(rs.randn(n))), "i": pa.array(rs.randint(0, 1000, n))}


def compression(rs):
    data = compressible(rs)
    return fields(*[encoded(f"{k}_{c}", v, compression=c) for c in ("lz4", "none") for k, v in data.items()], encoded("s_fsst", data["s"], compression="fsst"))


def compression_zstd(rs):
    data = compressible(rs)
    levels = [encoded(f"s_level{n}", data["s"], compression="zstd", compression_level=n) for n in ("1", "9")]
    return fields(*[encoded(k, v, compression="zstd") for k, v in data.items()], *levels)


def byte_stream_split(rs):
    f = compressible(rs)["f"]
    return fields(*[encoded(f"{k}_{c}", v, bss="on", compression=c) for c in ("lz4", "zstd") for k, v in (("f", f), ("f32", f.cast(pa.float32())))])


def fullzip(rs):
    n = 2000
    i = pa.array(rs.randint(-10**12, 10**12, n))
    nulls = pa.array(rs.rand(n) < 0.2)
    s = text(pa.string(), n, rs, 30)
    out = [("i", i), ("i_null", pc.if_else(nulls, None, i)), ("s", s), ("s_null", pc.if_else(nulls, None, s)), ("b", pa.array(rs.rand(n) < 0.5)),
           ("l", column(pa.list_(pa.int32()), n, rs, "some")), ("ls", column(pa.list_(pa.string()), n, rs, "some")),
           ("v", column(pa.list_(pa.float32(), 16), n, rs, "some")), ("d", column(pa.decimal128(38, 10), n, rs, "some")),
           ("st", column(_ab, n, rs, "some"))]
    return fields(*[encoded(k, v, structural_encoding="fullzip") for k, v in out])


def miniblock(rs):
    return fields(*[encoded(k, v, structural_encoding="miniblock") for k, v in
                    [("v", column(pa.list_(pa.float32(), 16), 1500, rs, "some")), ("s", text(pa.string(), 1500, rs, 300)), ("d", column(pa.decimal256(76, 20), 1500, rs, "some"))]])


def wide_levels(rs):
    a = [[1], *([[]] * 70_000), [2], *([None] * 70_000), [3]]
    b = [[1]] + ([[]] * (len(a) - 2)) + [[2]]
    return pa.table({"a": pa.array(a, pa.list_(pa.int32())), "b": pa.array(b, pa.list_(pa.int32()))})


def long_row(rs):
    return pa.table({"l": pa.array([[[1]], [[]] * 70_000 + [[5, 6]], [[2]]], pa.list_(pa.list_(pa.int32())))})


def long_lists(rs):
    lens = [5000 if i % 700 == 3 else int(k) for i, k in enumerate(rs.randint(0, 6, 3000))]
    rows = [None if i % 13 == 5 else [None if j % 9 == 8 else i + j for j in range(k)] for i, k in enumerate(lens)]
    return pa.table({"l": pa.array(rows, pa.list_(pa.int32())),
                     "s": pa.array([None if r is None else [None if x is None else str(x) for x in r[:50]] for r in rows], pa.list_(pa.string()))})


def only_empty(rs):
    n = 100
    return pa.table({"empty": pa.array([[]] * n, pa.list_(pa.int32())), "null": pa.array([None] * n, pa.list_(pa.int32())),
                     "items": pa.array([[None, None]] * n, pa.list_(pa.int32())), "mixed": pa.array([[], None] * (n // 2), pa.list_(pa.string())),
                     "struct": pa.array([None] * n, _ab), "struct_of_nulls": pa.array([{"a": None, "b": None}] * n, _ab),
                     "list_of_null_structs": pa.array([[None, None]] * n, pa.list_(_ab))})


def constant(rs):
    n = 6000
    q = pa.array(np.arange(n) % 4 == 0)
    cols = {"i": pa.array([7] * n), "f": pa.array([0.5] * n, pa.float32()), "s": pa.array(["constant"] * n), "b": pa.array([b"\x00\xff" * 30] * n),
            "t": pa.array([True] * n), "l": pa.array([[7]] * n, pa.list_(pa.int32())), "d": column(pa.decimal128(38, 10), n, rs, "none", "const"),
            "fs": column(pa.binary(16), n, rs, "none", "const"), "v": column(pa.list_(pa.float32(), 4), n, rs, "none", "const")}
    cols |= {k + "_null": pc.if_else(q, None, cols[k]) for k in ("i", "s", "b", "t")}
    return pa.table(cols)


def dictionaries(rs):
    n = 30_000
    few = [f"value number {i} " * 4 for i in range(40)]
    cols = {"low_s": pa.array([few[i] for i in rs.randint(0, 40, n)]), "low_i64": pa.array(np.array([10**15 * i for i in range(20)])[rs.randint(0, 20, n)]),
            "low_fsb": column(pa.binary(16), n, rs, "some", "few"), "low_dec": column(pa.decimal128(38, 10), n, rs, "some", "few"),
            "low_null": pa.array([None if i == 0 else few[i] for i in rs.randint(0, 40, n)])}
    return pa.table(cols)


def packed(rs):
    n = 1500
    st = pa.StructArray.from_arrays([pa.array(rs.randint(0, 9, n).astype(np.int32)), pa.array(rs.randn(n))], names=["a", "b"])
    return pa.Table.from_arrays([st, pa.array(np.arange(n))], schema=pa.schema([pa.field("p", st.type, metadata={"packed": "true"}), ("id", pa.int64())]))


def packed_strings(rs):
    n = 1500
    st = pa.StructArray.from_arrays([pa.array(rs.randint(0, 9, n).astype(np.int32)), text(pa.string(), n, rs, 20)], names=["a", "b"])
    return pa.Table.from_arrays([st], schema=pa.schema([pa.field("p", st.type, metadata={"packed": "true"})]))


def blobs(rs):
    sizes = [0, 1, 10, 64, 65, 1000, 70_000, 300_000]
    v = [None if i % 5 == 4 else rs.bytes(sizes[i % len(sizes)]) for i in range(60)]
    b = pa.field("b", pa.large_binary(), metadata={"lance-encoding:blob": "true"})
    return pa.Table.from_arrays([pa.array(range(60)), pa.array(v, pa.large_binary())], schema=pa.schema([pa.field("id", pa.int64()), b]))


def large_values(rs):
    n = 300
    v = [None if i % 17 == 0 else b"" if i % 19 == 0 else rs.bytes(40_000) if i % 2 else b"ab" * 20_000 for i in range(n)]
    return pa.table({"b": pa.array(v, pa.binary()), "l": pa.array([[rs.bytes(500) for _ in range(i % 4)] for i in range(n)], pa.list_(pa.binary()))})


def many_columns(rs):
    return pa.table({f"c{i}": column(TYPES[name][0], 60, rs, "some") for i, name in enumerate(k for k, v in TYPES.items() if v[1] == "2.0" and "map" not in k)})


def metadata(rs):
    f = [pa.field("id", pa.int64(), nullable=False, metadata={"unit": "m", "é": "漢"}), pa.field("s", pa.struct([pa.field("x", pa.int32(), nullable=False, metadata={"k": "v"})]), nullable=False),
         pa.field("l", pa.list_(pa.field("item", pa.string(), nullable=False)), nullable=False)]
    cols = [pa.array([1, 2, 3]), pa.array([{"x": 1}, {"x": 2}, {"x": 3}], f[1].type), pa.array([["a"], [], ["b", "c"]], f[2].type)]
    return pa.Table.from_arrays(cols, schema=pa.schema(f, metadata={"made": "here", "empty": ""}))


def odd_names(rs):
    v = pa.array([1, None, 3])
    return pa.table({"with space": v, "UPPER": v, "ünïcode漢": v, "select": v, "q\"uote": v, "1digit": v})


def upstream_bugs(rs):
    """Rows that some release of Lance read wrongly or not at all: lance#4385 and #8503 (null structs over values), #5930 (lists with null
    structs), #6768 (lists of structs with a field that is null throughout), #7015 (lists of structs with JSON), #8217 (a full dictionary of
    int8 and one null), #7716 and #8069 (one empty value among nulls)."""
    n = 129
    over = pa.StructArray.from_arrays([pa.array(range(n)), pa.array(range(n, 2 * n))], names=["x", "y"], mask=pa.array([i % 3 == 0 for i in range(n)]))
    ab = pa.struct([("a", pa.int32()), ("b", pa.string())])
    js = pa.struct([("k", pa.int32()), pa.field("j", pa.string(), metadata={"note": "json"})])
    empty = pa.array([None if i % 2 else b"" if i == 40 else b"x" * i for i in range(n)], pa.large_binary())
    return pa.table({"over": over, "nulls": pa.array([[None] if i % 2 else [{"a": i, "b": "s"}, None] for i in range(n)], pa.list_(ab)),
                     "field": pa.array([[{"a": i, "b": None}] * (i % 4) for i in range(n)], pa.list_(ab)),
                     "json": pa.array([[{"k": i, "j": '{"i": %d}' % i}] * (i % 3) for i in range(n)], pa.list_(js)),
                     "full": pa.DictionaryArray.from_arrays(pa.array([None if i == 100 else min(i, 127) for i in range(n)], pa.int8()), pa.array([f"v{i}" for i in range(128)])),
                     "empty": empty})


# Name -> (maker, first format that stores it). Rows from 0 to 210,003.
SPECIALS = {
    "strings-huge": (strings_huge, "2.0"), "compression": (compression, "2.0"), "compression-zstd": (compression_zstd, "2.0"), "byte-stream-split": (byte_stream_split, "2.0"), "fullzip": (fullzip, "2.1"), "miniblock": (miniblock, "2.0"),
    "wide-levels": (wide_levels, "2.0"), "long-row": (long_row, "2.0"), "long-lists": (long_lists, "2.0"), "only-empty": (only_empty, "2.1"),
    "constant": (constant, "2.0"), "dictionaries": (dictionaries, "2.0"), "packed": (packed, "2.0"), "packed-strings": (packed_strings, "2.2"), "blobs": (blobs, "2.0"),
    "large-values": (large_values, "2.0"), "many-columns": (many_columns, "2.1"), "metadata": (metadata, "2.0"), "odd-names": (odd_names, "2.0"), "upstream-bugs": (upstream_bugs, "2.1"),
}

_made = {}


def make(spec):
    """The table that a spec names; the same one every time."""
    key = json.dumps(spec, sort_keys=True)
    if key not in _made:
        if len(_made) > 8:
            _made.pop(next(iter(_made)))  # the oldest
        spec = dict(spec)
        taken = spec.pop("take", None)
        kind = spec.pop("kind")
        if taken is not None:
            t = make({"kind": kind, **spec}).take(pa.array(taken, pa.int64()))
        elif kind == "column":
            t = column_table(spec["type"], spec["rows"], spec.get("seed", 1))
        elif kind == "random":
            t = random_table(spec["seed"], spec.get("rows"), spec.get("depth", 4), spec.get("format", "2.1"))
        elif kind == "special":
            t = SPECIALS[spec["name"]][0](rng("special", spec["name"], spec.get("seed", 1)))
        elif kind == "vectors":
            t = vectors(spec["rows"], spec["dim"], spec.get("seed", 1))
        elif kind == "clustered":
            t = clustered(spec["rows"], spec["dim"], spec.get("seed", 1))
        elif kind == "multivectors":
            t = multivectors(spec["rows"], spec["dim"], spec.get("type", "float32"), spec.get("seed", 1))
        elif kind == "filterable":
            t = filterable(spec["rows"], spec.get("seed", 1))
        elif kind == "numbered":
            t = random_table(spec["seed"], spec["rows"], spec.get("depth", 2), spec.get("format", "2.1"))
            t = t.add_column(0, "id", pa.array(np.arange(spec["rows"], dtype=np.int64)))
        else:
            raise ValueError(f"no such kind of data: {kind}")
        t.validate(full=True)
        _made[key] = t
    return _made[key]
