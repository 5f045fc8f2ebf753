"""Writes a data file with an older release of the real Lance, and the rows it holds beside it.

    pip install pylance==0.20.0   (in an environment of its own; likewise for each release below)
    python make_old.py ../resources/golden 2.0

The file is `old-RELEASE-VERSION.lance`. Checked in are 0.20.0, 0.27.2 and 4.0.0 in 2.0, 0.33.0 (before
2.1 was stable), 0.39.0 and 8.0.0 in 2.1. Columns that a release cannot write are left out.
"""

import decimal
import glob
import gzip
import os
import shutil
import sys
import tempfile

import lance
import numpy as np
import pyarrow as pa

OUT, VERSION = sys.argv[1:3]
source = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "make.py")).read()
# The canonical text of values, from the script for the newest release.
scope = {"pa": pa, "struct": __import__("struct"), "decimal": decimal}
exec(source[source.index("def quoted"):source.index("def write")], scope)

N = 48


def nulls(values, every):
    return [None if i % every == 0 else v for i, v in enumerate(values)]


ints = pa.list_(pa.int32())
record = pa.struct([("x", pa.int32()), ("s", pa.string()), ("l", ints)])
rec = lambda i: {"x": None if i % 3 == 0 else i, "s": None if i % 4 == 0 else f"s{i}", "l": None if i % 5 == 0 else list(range(i % 3))}
columns = {
    "i8": pa.array(nulls(range(N), 5), pa.int8()), "u16": pa.array(range(N), pa.uint16()), "i32": pa.array(nulls([-i for i in range(N)], 7), pa.int32()), "i64": pa.array([i * 10**15 for i in range(N)], pa.int64()), "u64": pa.array([2**64 - 1 - i for i in range(N)], pa.uint64()),
    "f16": pa.array(np.arange(N, dtype=np.float16)), "f32": pa.array(nulls([i / 3 for i in range(N)], 4), pa.float32()), "f64": pa.array([-0.0, float("nan"), float("inf"), 1.5] * (N // 4)), "b": pa.array([i % 3 == 0 for i in range(N)]), "bn": pa.array(nulls([i % 3 == 0 for i in range(N)], 4)),
    "n": pa.nulls(N), "an": pa.nulls(N, pa.int32()), "s": pa.array(nulls([f"row {i}é" for i in range(N)], 6)), "se": pa.array([""] * N), "sd": pa.array(nulls(["red", "green", "", "blue"] * (N // 4), 9)), "ls": pa.array(nulls([f"large {i}" for i in range(N)], 9), pa.large_string()),
    "bi": pa.array(nulls([bytes([i]) * (i % 5) for i in range(N)], 9), pa.binary()), "fsb": pa.array(nulls([bytes([i]) * 3 for i in range(N)], 9), pa.binary(3)), "d32": pa.array(range(N), pa.int32()).cast(pa.date32()), "t": pa.array(range(N), pa.int64()).cast(pa.time64("us")), "ts": pa.array(nulls(range(N), 5), pa.int64()).cast(pa.timestamp("us", "UTC")),
    "du": pa.array(range(N), pa.int64()).cast(pa.duration("ms")), "dec": pa.array(nulls([decimal.Decimal(i).scaleb(-2) for i in range(N)], 5), pa.decimal128(10, 2)), "di": pa.array(nulls(["a", "b", "c", ""] * (N // 4), 5)).dictionary_encode(),
    "v": pa.array([[float(i), 1.0] for i in range(N)], pa.list_(pa.float32(), 2)), "vn": pa.array(nulls([[float(i), 1.0] for i in range(N)], 4), pa.list_(pa.float32(), 2)), "va": pa.nulls(N, pa.list_(pa.float32(), 2)), "l": pa.array(nulls([list(range(i % 4)) for i in range(N)], 6), ints), "le": pa.array([[]] * N, ints),
    "lt": pa.array(nulls([[None if j == 2 else f"s{j}" for j in range(i % 4)] for i in range(N)], 6), pa.list_(pa.string())), "st": pa.array([rec(i) for i in range(N)], record), "lst": pa.array(nulls([[rec(j) for j in range(i % 3)] for i in range(N)], 6), pa.list_(record)),
}


def data_file(table):
    folder = tempfile.mkdtemp()
    shutil.rmtree(folder)
    try:
        dataset = lance.write_dataset(table, folder, data_storage_version=VERSION)
        assert dataset.to_table().num_rows == table.num_rows
        return open(glob.glob(folder + "/data/*.lance")[0], "rb").read()
    except BaseException as e:
        print("left out:", table.schema.names, str(e)[:80])
        return None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


table = pa.table({n: c for n, c in columns.items() if data_file(pa.table({n: c})) is not None})
name = os.path.join(OUT, f"old-{lance.__version__}")
with open(f"{name}-{VERSION}.lance", "wb") as f:
    f.write(data_file(table))
lines = []
for n, c in zip(table.schema.names, table.columns):
    lines.append("# " + n)
    for v in c:
        lines.append(scope["text"](v, c.type))
with open(f"{name}.rows.gz", "wb") as raw:
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as f:
        f.write(("\n".join(lines) + "\n").encode())
