"""Writes the golden data files with the real Lance (pylance 14.0.2; older releases: make_old.py) and, next to each, the rows it holds.

    python make.py ../resources/golden          all cases, or those named behind it

A case `name` becomes `name-2.1.lance`, `name-2.2.lance` and one `name.rows.gz` for both: for every
column a line `# name`, then a line of canonical text per row (see `text`).
"""

import decimal
import gzip
import os
import random
import struct
import sys

import numpy as np
import pyarrow as pa
from lance.file import LanceFileReader, LanceFileWriter

OUT = sys.argv[1]
ONLY = sys.argv[2:]


def quoted(s):
    return '"' + "".join(c if c not in '"\\' and ord(c) >= 32 else f"\\{ord(c):04x}" for c in s) + '"'


def text(value, t):
    """The canonical text of a value: Java's CanonicalText writes the same."""
    if isinstance(value, pa.Scalar):
        value = value if value.is_valid else None
    if value is None:
        return "null"
    if pa.types.is_boolean(t):
        return "true" if value.as_py() else "false"
    if pa.types.is_integer(t):
        return str(value.as_py())
    if pa.types.is_temporal(t):
        return str(value.cast(pa.int32() if t.bit_width == 32 else pa.int64()).as_py())
    if pa.types.is_floating(t):
        code = {16: "<e", 32: "<f", 64: "<d"}[t.bit_width]
        return "x" + struct.pack(code, value.as_py())[::-1].hex()
    if pa.types.is_decimal(t):
        with decimal.localcontext(prec=100):
            return str(int(value.as_py().scaleb(t.scale)))
    if pa.types.is_string(t) or pa.types.is_large_string(t):
        return quoted(value.as_py())
    if pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t):
        return "h" + value.as_py().hex()
    if pa.types.is_dictionary(t):
        return text(value.value, t.value_type)
    if pa.types.is_map(t):
        v = value.values
        return "[" + ",".join("{" + text(e["key"], t.key_type) + ":" + text(e["value"], t.item_type) + "}" for e in v) + "]"
    if pa.types.is_struct(t):
        return "{" + ",".join(f.name + ":" + text(value[f.name], f.type) for f in t) + "}"
    return "[" + ",".join(text(v, t.value_type) for v in value.values) + "]"


def write(name, table, versions=("2.1", "2.2"), batches=1):
    if ONLY and name not in ONLY:
        return
    rows = table.num_rows
    for version in versions:
        path = os.path.join(OUT, f"{name}-{version}.lance")
        if os.path.exists(path):
            os.remove(path)
        cache = 1 if batches > 1 else None
        with LanceFileWriter(path, table.schema, version=version, data_cache_bytes=cache) as w:
            step = -(-rows // batches) if rows else 1
            for i in range(0, rows, step):
                w.write_batch(table.slice(i, step))
            if rows == 0:
                w.write_batch(table)
        size = os.path.getsize(path)
        if size > 200_000:
            print("large:", path, size)
        if os.environ.get("LAYOUTS"):
            m = LanceFileReader(path).metadata()
            for c, f in zip(m.columns, table.schema.names + ["?"] * 100):
                for p in c.pages[:1]:
                    print(path, f, " ".join(p.encoding.split())[:300])
    lines = []
    for n, c in zip(table.schema.names, table.columns):
        lines.append("# " + n)
        for v in c:
            lines.append(text(v, c.type))
    with open(os.path.join(OUT, f"{name}.rows.gz"), "wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as f:
            f.write(("\n".join(lines) + "\n").encode())


def table(metadata=None, **columns):
    metadata = metadata or {}
    arrays = [c if isinstance(c, (pa.Array, pa.ChunkedArray)) else pa.array(c) for c in columns.values()]
    fields = [pa.field(n, a.type, metadata=metadata.get(n)) for n, a in zip(columns, arrays)]
    return pa.table(arrays, schema=pa.schema(fields))


rnd = random.Random(7)
rng = np.random.default_rng(7)


def nulls(values, every):
    return [None if i % every == 0 else v for i, v in enumerate(values)]


ints = {
    "i8": pa.int8(), "i16": pa.int16(), "i32": pa.int32(), "i64": pa.int64(),
    "u8": pa.uint8(), "u16": pa.uint16(), "u32": pa.uint32(), "u64": pa.uint64(),
}

write("e01", table(a=pa.array([1, 2, 3], pa.int32()), s=["x", None, "zz"]))

N = 1500
cols = {}
for n, t in ints.items():
    lo, hi = (0, 2**t.bit_width - 1) if n[0] == "u" else (-(2 ** (t.bit_width - 1)), 2 ** (t.bit_width - 1) - 1)
    cols[n + "_random"] = pa.array([rnd.randint(lo, hi) for _ in range(N)], t)
    cols[n + "_small"] = pa.array([rnd.randint(0, 9 + 90 * (t.bit_width > 8)) for _ in range(N)], t)
    cols[n + "_runs"] = pa.array([i // 50 for i in range(N)], t)
    cols[n + "_nulls"] = pa.array(nulls([rnd.randint(lo, hi) for _ in range(N)], 7), t)
write("e04-ints", table(**cols))
write("e04-others", table(
    {"req": None},
    sequence=pa.array(range(N), pa.int64()), negative=pa.array([-i for i in range(N)], pa.int64()),
    constant=pa.array([42] * N, pa.int64()), allnull=pa.array([None] * N, pa.int32()), nothing=pa.nulls(N),
    b=pa.array([rnd.random() < 0.5 for _ in range(N)]), bn=pa.array(nulls([rnd.random() < 0.5 for _ in range(N)], 5)),
    f16=pa.array(rng.random(N).astype(np.float16)), f32=pa.array(rng.random(N, dtype=np.float32)),
    f64=pa.array(nulls(list(rng.random(N)), 9)), ten=pa.array([rnd.randint(0, 9) * 10**15 for _ in range(N)], pa.int64()),
    somenull=pa.array([7 if i > 700 else None for i in range(N)], pa.int32())))

temporal = {}
for t in [pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"),
          *[pa.timestamp(u, z) for u in ("s", "ms", "us", "ns") for z in (None, "UTC", "America/New_York")],
          *[pa.duration(u) for u in ("s", "ms", "us", "ns")]]:
    if pa.types.is_date64(t):
        raw = [rnd.randint(-10**4, 10**4) * 86_400_000 for _ in range(300)]
    elif pa.types.is_time(t):
        raw = [rnd.randint(0, 86_399) for _ in range(300)]
    else:
        raw = [rnd.randint(-10**6, 10**6) for _ in range(300)]
    base = pa.array(nulls(raw, 11), pa.int32() if t.bit_width == 32 else pa.int64())
    temporal[str(t).replace(" ", "")] = base.view(t)
write("e05", table(**temporal))


def dec(digits, scale, n=300):
    with decimal.localcontext(prec=100):
        return [decimal.Decimal(rnd.randint(-(10**digits) + 1, 10**digits - 1)).scaleb(-scale) for _ in range(n)]


tags = [bytes([i]) * 16 for i in range(256)]
write("e06", table(
    d10=pa.array(nulls(dec(10, 2), 6), pa.decimal128(10, 2)), d38=pa.array(dec(38, 0), pa.decimal128(38, 0)),
    d50=pa.array(nulls(dec(50, 4), 8), pa.decimal256(50, 4)),
    fsb=pa.array(nulls([rnd.randbytes(16) for _ in range(300)], 13), pa.binary(16)),
    tags=pa.array([tags[rnd.randint(0, 20)] for _ in range(300)], pa.binary(16)), fsb3=pa.array([rnd.randbytes(3) for _ in range(300)], pa.binary(3))))

words = ["alpha", "beta", "gamma", "delta", "λάμδα", "日本語", "emoji 😀", "", "quote\"s", "tab\t"]


def sentence(n):
    return " ".join(rnd.choice(words) for _ in range(n))


write("e07", table(
    short=[f"s{i}" for i in range(N)], ten=pa.array([rnd.choice(words) for _ in range(N)]),
    mixed=[None if i % 3 == 0 else "" if i % 3 == 1 else f"value {i}" for i in range(N)],
    fsst=[f"the quick brown fox {i} jumps over {rnd.randint(0, 99)} lazy dogs" for i in range(N)],
    large=pa.array([f"L{i}" for i in range(N)], pa.large_string()), unicode=[sentence(3) for _ in range(N)],
    bin=pa.array([rnd.randbytes(rnd.randint(0, 9)) for _ in range(N)], pa.binary()),
    largebin=pa.array(nulls([rnd.randbytes(rnd.randint(0, 9)) for _ in range(N)], 4), pa.large_binary()),
    largefsst=pa.array([f"the quick brown fox {i} jumps over lazy dogs" for i in range(N)], pa.large_string())))
write("e07-wide", table(
    wide=["%04d" % i + rnd.choice("abc") * 650 for i in range(60)],
    widenull=nulls([sentence(80) for i in range(60)], 5),
    bin=pa.array([rnd.randbytes(300) if i % 4 else (None if i % 8 else b"") for i in range(60)], pa.binary()),
    large=pa.array([rnd.randbytes(260) for i in range(60)], pa.large_binary())))

write("e08", table(
    d32=pa.array([rnd.choice(words) for _ in range(N)]).dictionary_encode(),
    d32n=pa.array(nulls([rnd.choice(words) for _ in range(N)], 5)).dictionary_encode(),
    d8=pa.DictionaryArray.from_arrays(pa.array([i % 3 for i in range(N)], pa.int8()), pa.array(["x", "y", "z"])),
    du16=pa.DictionaryArray.from_arrays(pa.array([i % 7 for i in range(N)], pa.uint16()), pa.array(list("abcdefg"))),
    same=pa.DictionaryArray.from_arrays(pa.array([1] * N, pa.int32()), pa.array(["x", "y"])),
    none=pa.DictionaryArray.from_arrays(pa.array([None] * N, pa.int32()), pa.array(["x", "y"])),
    di=pa.DictionaryArray.from_arrays(pa.array([i % 3 for i in range(N)], pa.int32()), pa.array([10, 20, 30], pa.int64()))))

for codec in ("lz4", "zstd", "none"):
    m = {"lance-encoding:compression": codec}
    write("e09-" + codec, table(
        {"s": m, "f": m, "i": m, "bss": {**m, "lance-encoding:bss": "on"}, "bss32": {**m, "lance-encoding:bss": "on"},
         "wide": m, "lst": m, "d": m},
        s=[sentence(4) for _ in range(600)], f=pa.array(rng.random(600)), i=pa.array(range(600), pa.int64()),
        bss=pa.array(nulls(list(np.cumsum(rng.random(600))), 10)), bss32=pa.array(np.cumsum(rng.random(600)).astype(np.float32)),
        wide=[sentence(100) if i % 30 == 0 else sentence(40) for i in range(120)] * 5 if codec != "none" else [sentence(3) for _ in range(600)],
        lst=pa.array([[rnd.randint(0, 5)] * rnd.randint(0, 4) for _ in range(600)], pa.list_(pa.int32())),
        d=pa.array([rnd.choice(words) for _ in range(600)])))

m = {"lance-encoding:structural-encoding": "fullzip"}
write("e10", table(
    {n: m for n in ("i", "in", "s", "sn", "l", "ls", "b", "bn", "f")},
    i=pa.array(range(400), pa.int64()), **{"in": pa.array(nulls(range(400), 3), pa.int64())},
    s=[f"v{i}" for i in range(400)], sn=nulls([f"v{i}" for i in range(400)], 3),
    l=pa.array([None if i % 7 == 0 else list(range(i % 5)) for i in range(400)], pa.list_(pa.int64())),
    ls=pa.array([None if i % 7 == 0 else [None if j == 2 else f"{i}-{j}" for j in range(i % 5)] for i in range(400)]),
    b=pa.array([i % 3 == 0 for i in range(400)]), bn=pa.array(nulls([i % 2 == 0 for i in range(400)], 9)),
    f=pa.array([[float(i), None if i % 5 == 0 else 1.0] for i in range(400)], pa.list_(pa.float32(), 2))))


def lists(kind, n=700, t=pa.int32(), big=True):
    out = []
    for i in range(n):
        if "n" in kind and i % 7 == 3:
            out.append(None)
        elif "e" in kind and i % 5 == 1:
            out.append([])
        else:
            k = 5000 if big and i == 100 else 1 + i % 4
            out.append([None if "i" in kind and j % 3 == 2 else (i * 31 + j) % 1000 for j in range(k)])
    return pa.array(out, pa.list_(t))


write("e11", table(plain=lists(""), nulls=lists("n"), empties=lists("e"), items=lists("i"), all=lists("nei"),
                   large=lists("nei").cast(pa.large_list(pa.int32())), small=lists("nei", big=False)))

st = pa.struct([("a", pa.int32()), ("b", pa.string())])


def rec(i):
    return {"a": None if i % 5 == 0 else i, "b": None if i % 3 == 0 else f"b{i}"}


write("e12", table(
    ls=pa.array([None if i % 6 == 0 else [None if j == 1 else f"{i}.{j}" for j in range(i % 4)] for i in range(500)]),
    ll=pa.array([None if i % 9 == 0 else [None if j == 2 else [None if k == 1 else k for k in range(j % 3)] for j in range(i % 5)] for i in range(500)], pa.list_(pa.list_(pa.int32()))),
    lst=pa.array([None if i % 7 == 0 else [None if j == 1 else rec(i + j) for j in range(i % 4)] for i in range(500)], pa.list_(st)),
    s=pa.array([None if i % 4 == 0 else rec(i) for i in range(500)], st),
    deep=pa.array([None if i % 11 == 0 else {"a": i, "s": None if i % 3 == 0 else {"b": None if i % 5 == 0 else i}} for i in range(500)],
                  pa.struct([("a", pa.int64()), ("s", pa.struct([("b", pa.int16())]))])),
    sl=pa.array([None if i % 8 == 0 else {"l": None if i % 5 == 0 else list(range(i % 3)), "x": i} for i in range(500)],
                pa.struct([("l", pa.list_(pa.int32())), ("x", pa.int32())])),
    lf=pa.array([None if i % 6 == 0 else [[float(j)] * 4 for j in range(i % 3)] for i in range(500)], pa.list_(pa.list_(pa.float32(), 4))),
    lls=pa.array([[[{"a": j, "l": [1, None][: j % 3]}] * (j % 3) for j in range(i % 4)] for i in range(300)] + [None] * 200,
                 pa.list_(pa.list_(pa.struct([("a", pa.int32()), ("l", pa.list_(pa.int8()))])))),
    ld=pa.array([[words[(i + j) % 10] for j in range(i % 3)] for i in range(500)], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    lb=pa.array([None if i % 5 == 0 else [j % 2 == 0 for j in range(i % 9)] for i in range(500)], pa.list_(pa.bool_()))))

write("e13", table(
    empty=pa.array([[]] * 100, pa.list_(pa.int32())), nulls=pa.array([None] * 100, pa.list_(pa.int32())),
    items=pa.array([[None] * (1 + i % 3) for i in range(100)], pa.list_(pa.int32())),
    mixed=pa.array([None if i % 2 else [] for i in range(100)], pa.list_(pa.string())),
    s=pa.array([None] * 100, st), sa=pa.array([{"a": None, "b": None} if i % 2 else None for i in range(100)], st),
    ln=pa.array([[None] * (i % 3) for i in range(100)], pa.list_(pa.null())),
    ll=pa.array([[[]] * (i % 3) if i % 4 else None for i in range(100)], pa.list_(pa.list_(pa.int32())))))


def vectors(n, d, t, null_rows=False, null_items=False):
    kind = {pa.float32(): np.float32, pa.float16(): np.float16}.get(t)
    out = []
    for i in range(n):
        if null_rows and i % 6 == 0:
            out.append(None)
            continue
        row = rng.random(d).astype(kind) if kind else [rnd.randint(0, 255) for _ in range(d)]
        out.append([None if null_items and (i + j) % 5 == 0 else v for j, v in enumerate(row)])
    return pa.array(out, pa.list_(t, d))


nest = pa.list_(pa.list_(pa.int32(), 2), 3)
write("e14", table(
    f4=vectors(100, 4, pa.float32()), f4n=vectors(100, 4, pa.float32(), True), f4i=vectors(100, 4, pa.float32(), True, True),
    f80=vectors(100, 80, pa.float32()), f80n=vectors(100, 80, pa.float32(), True), f80i=vectors(100, 80, pa.float32(), True, True),
    h16=vectors(100, 16, pa.float16()), u16=vectors(100, 16, pa.uint8(), True),
    n=pa.array([[[i, i + 1], [i, 2], [3, 4]] for i in range(100)], nest),
    nn=pa.array([None if i % 5 == 0 else [[i, None], None if i % 3 == 0 else [2, 3], [3, 4]] for i in range(100)], nest),
    b=pa.array([[True, i % 2 == 0, i % 3 == 0] for i in range(100)], pa.list_(pa.bool_(), 3)),
    bn=pa.array([None if i % 7 == 0 else [True, None, i % 3 == 0] for i in range(100)], pa.list_(pa.bool_(), 3))))

write("e15", table(
    bin=pa.array([b"" if i == 3 else None if i == 5 else bytes([i]) * 40_000 for i in range(12)], pa.binary()),
    big=["text %d " % i * 12_000 for i in range(12)],
    lb=pa.array([[bytes([i, j]) * 250 for j in range(i % 3)] if i % 5 else None for i in range(12)], pa.list_(pa.binary()))))

blob = {"lance-encoding:blob": "true"}
write("e16", table({"b": blob}, id=pa.array(range(12)),
                   b=pa.array([None if i == 2 else b"" if i == 3 else bytes([i]) * (4000 if i % 2 else 7) for i in range(12)], pa.large_binary())), versions=("2.1",))

packed = {"lance-encoding:packed": "true"}
pst = pa.struct([("x", pa.int32()), ("y", pa.float64())])
write("e17", table({"p": packed, "pn": packed},
                   p=pa.array([{"x": i, "y": i / 2} for i in range(300)], pst),
                   pn=pa.array([None if i % 4 == 0 else {"x": i, "y": i / 2} for i in range(300)], pst)))
vst = pa.struct([("x", pa.int32()), ("s", pa.string()), ("b", pa.large_binary())])
write("e17-var", table({"p": packed, "pn": packed},
                       p=pa.array([{"x": i, "s": f"s{i}", "b": b"b" * (i % 5)} for i in range(300)], vst),
                       pn=pa.array([None if i % 4 == 0 else {"x": i, "s": f"s{i}" * (i % 9), "b": b"b" * (i % 5)} for i in range(300)], vst)),
      versions=("2.2",))

write("e18", table(
    m=pa.array([None if i % 7 == 0 else [(f"k{j}", None if j == 1 else j) for j in range(i % 4)] for i in range(200)], pa.map_(pa.string(), pa.int32())),
    f=pa.array([None if i % 5 == 0 else [rec(i), None if i % 3 == 0 else rec(i + 1)] for i in range(200)], pa.list_(st, 2)),
    lm=pa.array([[[(j, "v")] * (j % 2) for j in range(i % 3)] for i in range(200)], pa.list_(pa.map_(pa.int64(), pa.string())))), versions=("2.2",))

k = pa.list_(pa.int32())
write("e19", table(
    i=pa.array([7] * 600, pa.int64()), s=["same"] * 600, b=pa.array([b"bytes"] * 600, pa.binary()), ls=pa.array(["large"] * 600, pa.large_string()),
    l=pa.array([[7] * (i % 4) for i in range(600)], k), n=pa.array(nulls([7] * 600, 4), pa.int32()), sn=nulls(["same"] * 600, 4),
    t=[True] * 600, d=pa.array([decimal.Decimal("1.50")] * 600, pa.decimal128(10, 2)), w=["wide" * 100] * 600,
    f=pa.array([[1.0, 2.0]] * 600, pa.list_(pa.float32(), 2)), fw=pa.array([[1.0] * 64] * 600, pa.list_(pa.float32(), 64)),
    fsb=pa.array([b"0123456789abcdef"] * 600, pa.binary(16)), d256=pa.array([decimal.Decimal("-1.50")] * 600, pa.decimal256(50, 2)), lln=pa.array([[[1] * (i % 2)] * (i % 3) for i in range(600)], pa.list_(pa.list_(pa.int8()))),
    sl=pa.array([None if i % 5 == 0 else ["same"] * (i % 3) for i in range(600)], pa.list_(pa.string()))))

write("e21", table(a=pa.array([[1]] + [[]] * 70_000 + [[2]] + [None] * 70_000 + [[3]], k)))

for n in (0, 1, 1024, 1025, 2048, 4096, 4097):
    write(f"e22-{n}", table(i=pa.array([i * 7 % 1001 for i in range(n)], pa.int32()), s=pa.array([f"s{i % 700}" for i in range(n)], pa.string()),
                            b=pa.array([i % 3 == 0 for i in range(n)], pa.bool_())))

write("e23", table(a=pa.array([[[1]], [[]] * 70_000 + [[5, 6]], [[2]]], pa.list_(pa.list_(pa.int32())))))

write("e24", table(i=pa.array([rnd.choice([10**17 + j * 10**14 for j in range(20)]) for _ in range(N)], pa.int64()),
                   n=pa.array(nulls([rnd.choice([10**17 + j * 10**14 for j in range(20)]) for _ in range(N)], 9), pa.int64())), versions=("2.2",))

jsonb = ["4000000210000001100000012000000110000001616200" + "78", "2000000000000000", "20000000200000025001", "80000000", "40000000"]
write("e26", table({"j": {"ARROW:extension:name": "lance.json"}}, j=pa.array([bytes.fromhex(h) for h in jsonb], pa.large_binary())))

pages = 5
write("pages", table(
    i=pa.array(nulls(range(500), 250), pa.int32()), s=[f"s{i}" if i >= 200 else "same" for i in range(500)],
    v=vectors(500, 3, pa.float32()), w=pa.FixedSizeListArray.from_arrays(pa.array(np.arange(500 * 64, dtype=np.float32) % 10), 64),
    l=pa.array([None if 150 < i < 350 and i % 3 == 0 else list(range(i % (1 + i // 100))) for i in range(500)], k),
    st=pa.array([None if i > 300 and i % 4 == 0 else rec(i) for i in range(500)], st),
    d=pa.array([words[(i // 100 + i % 3) % 10] for i in range(500)]).dictionary_encode(),
    n=pa.array([None if i < 100 else i for i in range(500)], pa.int64())), batches=5)

fst = pa.struct([("x", pa.int32()), ("v", pa.list_(pa.float32(), 2)), ("s", pa.string())])
garbage = np.where(np.arange(300) % 2 == 0, 1, 99).astype("<i4").tobytes()
write("odd", table(
    {"p": packed},
    es=pa.array([{}] * 300, pa.struct([])), fsb0=pa.array([b""] * 300, pa.binary(0)),
    p=pa.array([{"x": i, "v": [i, 1], "s": str(i)} for i in range(300)], fst),
    db=pa.DictionaryArray.from_arrays(pa.array([0, 1] * 150, pa.int32()), pa.array([True, False])),
    dg=pa.DictionaryArray.from_buffers(pa.dictionary(pa.int32(), pa.string()), 300, [pa.py_buffer(b"\x55" * 40), pa.py_buffer(garbage)], pa.array(["a", "b"])),
    dn=pa.DictionaryArray.from_arrays(pa.array([0, 1, 2] * 100, pa.int32()), pa.array(["a", None, "b"])),
    sn=pa.array([{"n": None, "a": 1}, None, {"n": None, "a": 2}] * 100, pa.struct([("n", pa.null()), ("a", pa.int32())])),
    md=pa.array([[(str(j), "x") for j in range(i % 3)] for i in range(300)], pa.map_(pa.string(), pa.dictionary(pa.int8(), pa.string()))),
    fd=pa.array([[1, i] for i in range(300)], pa.list_(pa.decimal128(5, 0), 2))), versions=("2.2",))

# Full-zip pages of fixed-size lists whose items are all null, which are left out.
wide = {"lance-encoding:structural-encoding": "fullzip"}
none = lambda i, t, n: pa.array([None if j % 3 == 2 else [None] * n for j in range(i)], pa.list_(t, n))
write("e14-itemless", table(
    {c: wide for c in ("f", "b", "n", "l", "a")}, f=none(50, pa.float32(), 3), b=none(50, pa.bool_(), 9),
    n=pa.array([None if i % 4 == 0 else [[None] * 3, None] for i in range(50)], pa.list_(pa.list_(pa.int16(), 3), 2)),
    l=pa.array([None if i % 5 == 0 else [[None] * 3] * (i % 3) for i in range(50)], pa.list_(pa.list_(pa.float64(), 3))),
    a=pa.array([[None] * 4] * 50, pa.list_(pa.int64(), 4))))

# Version 2.0, which is only read. A null struct cannot be written there.
v20 = ("2.0",)
coding = {"z": {"lance-encoding:compression": "zstd"}, "l": {"lance-encoding:compression": "lz4"}, "f": {"lance-encoding:compression": "fsst"}, "fn": {"lance-encoding:compression": "fsst"}, "bz": {"lance-encoding:compression": "zstd"}}
prose = [f"some text {i % 100} which comes back again and again" for i in range(700)]
write("v20-text", table(coding, z=prose, l=prose, f=prose, fn=nulls(prose, 7), bz=pa.array(nulls([p.encode() for p in prose], 5), pa.binary()),
                        d=[words[i % 10] for i in range(700)], dn=nulls([words[i % 10] for i in range(700)], 4), de=pa.array(["", None] * 350), an=pa.nulls(700, pa.string()),
                        s=nulls([f"r{i}" * (i % 4) for i in range(700)], 6), ls=pa.array(nulls(prose[:700], 3), pa.large_string()), b=pa.array([bytes([i % 256]) * (i % 5) for i in range(700)], pa.large_binary())), versions=v20)
sst = pa.struct([("x", pa.int32()), ("l", k), ("s", pa.string())])
srec = lambda i: {"x": None if i % 3 == 0 else i, "l": None if i % 5 == 0 else list(range(i % 3)), "s": None if i % 4 == 0 else f"s{i}"}
write("v20-nested", table(
    l=pa.array(nulls([[None if j == 1 else j for j in range(i % 4)] for i in range(400)], 6), k), le=pa.array([[]] * 400, k), ln=pa.nulls(400, k),
    ll=pa.array(nulls([nulls([list(range(j)) for j in range(i % 4)], 3) for i in range(400)], 7), pa.list_(k)),
    s=pa.array([srec(i) for i in range(400)], sst), ss=pa.array([{"a": srec(i), "b": i} for i in range(400)], pa.struct([("a", sst), ("b", pa.int16())])),
    ls=pa.array(nulls([[srec(j) for j in range(i % 3)] for i in range(400)], 6), pa.list_(sst)),
    lf=pa.array(nulls([[[1.0, j] for j in range(i % 3)] for i in range(400)], 5), pa.large_list(pa.list_(pa.float32(), 2))),
    ld=pa.array(nulls([["ab"[j % 2] for j in range(i % 5)] for i in range(400)], 5), pa.list_(pa.string()))), versions=v20)
write("v20-fixed", table(
    {"p": packed},
    i=pa.array(nulls(range(500), 3), pa.int32()), f=pa.array([float("nan"), -0.0, 1.5, None] * 125, pa.float64()), h=pa.array(np.arange(500, dtype=np.float16)), b=pa.array([True, False, None, True] * 125), n=pa.nulls(500), an=pa.nulls(500, pa.int64()),
    d=pa.array(nulls([decimal.Decimal(i).scaleb(-2) for i in range(500)], 4), pa.decimal128(10, 2)), d256=pa.array([decimal.Decimal(-i).scaleb(-4) for i in range(500)], pa.decimal256(50, 4)), fsb=pa.array(nulls([bytes([i % 256]) * 5 for i in range(500)], 4), pa.binary(5)),
    t=pa.array([5, 86_399] * 250, pa.int32()).cast(pa.time32("s")), d64=pa.array([5, -7] * 250, pa.int64()).cast(pa.date64()), ts=pa.array(nulls(range(500), 4), pa.int64()).cast(pa.timestamp("us", "Europe/Berlin")), du=pa.array(range(500), pa.int64()).cast(pa.duration("ns")),
    di=pa.array(nulls([10 * (i % 3) for i in range(500)], 5), pa.int64()).dictionary_encode(), ds=pa.array(nulls(["abc"[i % 3] for i in range(500)], 5)).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string())),
    dn=pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 1] * 125, pa.int16()), pa.array(["a", None, "b"])), da=pa.nulls(500, pa.dictionary(pa.int32(), pa.string())),
    v=pa.array([[i, 1.0, 2.0] for i in range(500)], pa.list_(pa.float32(), 3)), vn=pa.array(nulls([[i, None if i % 4 else i] for i in range(500)], 3), pa.list_(pa.int16(), 2)), vb=pa.array(nulls([[True, None, i % 2 == 0] for i in range(500)], 3), pa.list_(pa.bool_(), 3)),
    va=pa.nulls(500, pa.list_(pa.float32(), 4)), vv=pa.array(nulls([[[i, None], [1, 2], None] for i in range(500)], 4), pa.list_(pa.list_(pa.int32(), 2), 3)),
    p=pa.array([{"x": i, "y": i / 2, "v": [i, 1]} for i in range(500)], pa.struct([("x", pa.int16()), ("y", pa.float64()), ("v", pa.list_(pa.float32(), 2))]))), versions=v20)
write("v20-blob", table({"b": {"lance-encoding:blob": "true"}}, b=pa.array([None if i % 5 == 0 else b"" if i % 3 == 0 else bytes([i]) * (i * 37) for i in range(40)], pa.large_binary())), versions=v20)
write("v20-pages", table(
    i=pa.array(nulls(range(500), 250), pa.int32()), s=nulls([f"s{i}" if i >= 200 else "same" for i in range(500)], 9), v=vectors(500, 3, pa.float32()), l=pa.array([None if 150 < i < 350 and i % 3 == 0 else list(range(i % (1 + i // 100))) for i in range(500)], k),
    st=pa.array([srec(i) for i in range(500)], sst), d=pa.array([words[(i // 100 + i % 3) % 10] for i in range(500)]).dictionary_encode(), n=pa.array([None if i < 100 else i for i in range(500)], pa.int64()), b=pa.array([i % 3 == 0 for i in range(500)]),
    ll=pa.array([[[i] * (i % 2)] * (i % 3) for i in range(500)], pa.list_(k))), versions=v20, batches=7)
write("v20-empty", table(i=pa.array([], pa.int32()), s=pa.array([], pa.string()), l=pa.array([], k), st=pa.array([], sst)), versions=v20)
