"""Writes the cases of FilterOracleTest: a nasty table, filters over it, and the rows the real Lance
(pylance 14.0.2) answers, or ERR. Run: python filters.py ../resources/io/lancelot/expr"""

import datetime as dt
import decimal
import random
import re
import shutil
import sys
import tempfile

import lance
import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc

N = 24
D = decimal.Decimal
inf, nan = float("inf"), float("nan")
rnd = random.Random(20240501)


def cycle(values, type):
    return pa.array([values[i % len(values)] for i in range(N)], type)


floats = [nan, 0.0, -0.0, 1.0, -1.5, inf, -inf, None, 1e30, 16777216.0, 0.1, 5.0, 2.5]
texts = ["", "a", "A", "ab", "é", "É", "a%b", "a_b", "日本", "\U0001f600", None, "\uffff", "it's", "b\\c"]
moments = [dt.datetime(2024, 1, 1, 12, 0, 0, 1), dt.datetime(1970, 1, 1), dt.datetime(1969, 12, 31, 23, 59, 59), None,
           dt.datetime(2024, 7, 1, 0, 30), dt.datetime(2024, 1, 1, 12)]
days = [m and m.date() for m in moments]
seconds = [m and m.replace(microsecond=0) for m in moments]
table = pa.table({
    "id": pa.array(range(N), pa.int64()),
    "i8": cycle([-128, 127, 0, 1, -1, None, 5, 100, 2], pa.int8()),
    "i16": cycle([-(2**15), 2**15 - 1, 0, None, 1, -1, 5, 300], pa.int16()),
    "i32": cycle([-(2**31), 2**31 - 1, 0, 1, -1, None, 5, 100, None, 2, 3, 7], pa.int32()),
    "i64": cycle([-(2**63), 2**63 - 1, 0, 1, -1, None, 5, 2**53, 2**53 + 1, 7], pa.int64()),
    "u8": cycle([0, 255, 1, 128, None, 5, 100], pa.uint8()),
    "u16": cycle([0, 65535, 1, None, 5], pa.uint16()),
    "u32": cycle([0, 2**32 - 1, 2**31, None, 5, 7], pa.uint32()),
    "u64": cycle([0, 2**64 - 1, 2**63, 1, 2**63 - 1, None, 5], pa.uint64()),
    "small": cycle([1, 2, None, 3, 4, 5, -6, -7, 8], pa.int32()),
    "other": cycle([2, -3, 1, None, 5], pa.int64()),
    "f16": pa.array(np.array(([nan, 65504, 0.0, -0.0, 1.0, -1.5, inf, -inf, 2, 3, 0.1, 5] * 2), np.float16)),
    "f32": cycle([f if f is None else float(np.float32(f)) for f in floats], pa.float32()),
    "f64": cycle(floats, pa.float64()),
    "fneg": cycle([-nan, nan, 1.0, None], pa.float64()),
    "b": cycle([True, False, None], pa.bool_()),
    "c": cycle([True, None, False, False], pa.bool_()),
    "s": cycle(texts, pa.string()),
    "ls": cycle(texts, pa.large_string()),
    "s2": cycle(["a", "b", None, "ab", ""], pa.string()),
    "bin": cycle([b"", b"a", b"\x00\xff", b"\xff", b"ab", None], pa.binary()),
    "fsb": cycle([b"abcd", b"\0\0\0\0", b"\xff\xff\xff\xff", None], pa.binary(4)),
    "d32": cycle(days, pa.date32()),
    "d64": cycle(days, pa.date64()),
    "ts_s": cycle(seconds, pa.timestamp("s")),
    "ts_ms": cycle(seconds, pa.timestamp("ms")),
    "ts_us": cycle(moments, pa.timestamp("us")),
    "ts_ns": cycle(moments, pa.timestamp("ns")),
    "ts_utc": cycle(moments, pa.timestamp("us", "UTC")),
    "ts_ny": cycle(moments, pa.timestamp("us", "America/New_York")),
    "dec": cycle([D("1.25"), D("-1.25"), D("0"), None, D("99999999.99")], pa.decimal128(10, 2)),
    "dic": cycle(["x", "y", None, "xy", ""], pa.string()).dictionary_encode(),
    "st": cycle([{"a": 1, "b": {"c d": "q", "X": 1.5}}, {"a": None, "b": None}, None, {"a": 3, "b": {"c d": None, "X": 2.5}}],
                pa.struct([("a", pa.int32()), ("b", pa.struct([("c d", pa.string()), ("X", pa.float64())]))])),
    "tags": cycle([["a", "b"], [], None, ["c", None]], pa.list_(pa.string())),
    "nums": cycle([[1, 2], [], None, [3, None]], pa.list_(pa.int32())),
    "Upper": pa.array(range(N), pa.int32()),
    "a b": pa.array(range(N), pa.int32()),
    "n": pa.nulls(N),
})

INTS = ["0", "1", "-1", "5", "100", "127"]
literals = {
    **{c: INTS for c in ("i8", "i16", "small", "other")},
    "i32": INTS + ["2147483647", "-2147483648"],
    "i64": INTS + ["9223372036854775807", "9007199254740993", "-9223372036854775808"],
    "u8": ["0", "1", "128", "255"], "u16": ["0", "65535", "5"], "u32": ["0", "4294967295", "2147483648"],
    "u64": ["0", "1", "9223372036854775807", "9223372036854775808", "18446744073709551615"],
    "f16": ["0", "0.1", "1", "-0.0", "2.5"], "f32": ["0", "0.1", "-0.0", "16777216", "1e30", "2.5", "CAST('nan' AS double)"],
    "f64": ["0", "0.1", "-0.0", "1e30", "2.5", "5", "CAST('nan' AS double)", "CAST('inf' AS double)"],
    "fneg": ["1", "CAST('nan' AS double)"],
    "s": ["'a'", "''", "'é'", "'日本'", "'it''s'", "'zzz'"], "ls": ["'a'", "''", "'ab'"], "s2": ["'a'", "'ab'"],
    "dic": ["'x'", "'y'", "''", "'zz'"], "bin": ["X''", "X'61'", "X'ff'"], "fsb": ["X'61626364'", "X'00000000'"],
    "d32": ["date '2024-01-01'", "date '1970-01-01'", "timestamp '2024-01-01 00:00:00'"],
    "d64": ["date '2024-01-01'"],
    **{c: ["timestamp '2024-01-01 12:00:00'", "timestamp '1970-01-01 00:00:00'", "date '2024-01-01'", "timestamp '2024-07-01T00:30:00'"]
       for c in ("ts_s", "ts_ms", "ts_us", "ts_ns", "ts_utc", "ts_ny")},
    "dec": ["0", "1", "-2", "decimal(10, 2) '1.25'", "decimal(10, 1) '-1.2'"],
    "st.a": ["1", "2"], "st.b.X": ["1.5", "2"], "st.b.`c d`": ["'q'"], "Upper": ["3"], "`a b`": ["3"],
}
OPS = ["=", "!=", "<", "<=", ">", ">="]


def leaf():
    column = rnd.choice(list(literals))
    values = literals[column]
    kind = rnd.random()
    if kind < 0.55:
        return f"{column} {rnd.choice(OPS)} {rnd.choice(values)}"
    if kind < 0.63:
        return f"{rnd.choice(values)} {rnd.choice(OPS)} {column}"
    if kind < 0.72:
        return f"{column} IS {rnd.choice(['', 'NOT '])}NULL"
    if kind < 0.84:
        items = rnd.sample(values, min(len(values), rnd.randint(1, 3))) + (["NULL"] if rnd.random() < 0.3 else [])
        return f"{column} {rnd.choice(['', 'NOT '])}IN ({', '.join(items)})"
    if kind < 0.92:
        return f"{column} {rnd.choice(['', 'NOT '])}BETWEEN {rnd.choice(values)} AND {rnd.choice(values)}"
    return rnd.choice(["b", "c", "NOT b", "b IS TRUE", "c IS NOT FALSE", "b = c", "b != c", "b < c", "c = true", "NULL = 1"])


def tree(depth):
    if depth == 0 or rnd.random() < 0.2:
        return leaf()
    kind = rnd.random()
    if kind < 0.2:
        return f"NOT ({tree(depth - 1)})"
    if kind < 0.28:
        return f"({tree(depth - 1)}) IS {rnd.choice(['', 'NOT '])}{rnd.choice(['NULL', 'TRUE', 'FALSE'])}"
    return f"({tree(depth - 1)}) {rnd.choice(['AND', 'OR'])} ({tree(depth - 1)})"


columns = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "f32", "f64"]
filters = [f"{c} {op} {v}" for c, vs in literals.items() for v in vs[:3] for op in ("=", "<", ">=")]
filters += [f"{a} {rnd.choice(OPS)} {b}" for a in columns for b in columns if a != b and rnd.random() < 0.5]
filters += [f"{a} {op} {b}" for a, b in [("ts_s", "ts_ms"), ("ts_ms", "ts_utc"), ("ts_us", "ts_ns"), ("s", "s2"), ("s", "ls"),
                                         ("d32", "d64"), ("dic", "s2"), ("ts_ny", "ts_utc")] for op in ("=", "<", ">=")]
for pattern in ["a%", "%b", "%a%", "_", "__", "a_b", "a\\%b", "a\\_b", "%", "", "é", "É%", "%本", "_本", "b\\\\c", "%_b"]:
    filters += [f"s {op} '{pattern}'" for op in ("LIKE", "NOT LIKE", "ILIKE")]
    filters += [f"dic LIKE '{pattern}'"]
extra = """small + other = 3|small - 1 < other|small * 2 >= 6|small / 2 = 2|small % 3 = 2|-small > 2|small / 2.0 = 2.5|f64 * 2 > 4
f64 + 1 = 2|f64 % 2 = 1|i8 + 100 > 100|u8 + 1 = 256|i8 + u8 > 3|small * 1.5 = 7.5|dec + 1 > 2|dec * 2 = decimal(12, 2) '2.5'|small + NULL = 1
s || 'x' = 'ax'|s || s2 = 'ab'|lower(s) = 'a'|upper(s) = 'É'|length(s) = 1|char_length(s) > 2|octet_length(s) = 2|starts_with(s, 'a')
ends_with(s, 'b')|contains(s, '%')|contains(s, s2)|starts_with(s, s2)|starts_with(s, '')|abs(small) = 7|abs(f64) = 1.5|coalesce(small, 42) = 42
coalesce(s, s2, 'zz') = 'zz'|coalesce(small, other, 0) > 1|isnan(f64)|NOT isnan(f32)|round(f64) = 3|round(f64, 1) = 0.1|array_has(tags, 'a')
array_has(nums, 3)|NOT array_has(tags, 'c')|array_length(tags) = 2|array_length(nums) > 0|array_length(tags) IS NULL|CAST(small AS string) = '5'
CAST(small AS double) = 5.0|CAST(b AS int) = 1|CAST(ts_us AS date) = d32|CAST('12' AS int) > small|CAST(d32 AS string) = '2024-01-01'
TRY_CAST(s AS int) IS NULL|CAST(dec AS double) = 1.25|CAST(small AS boolean)|CAST(s AS binary) = bin|small::string = '5'|CAST(dec AS string) = '1.25'
small IS DISTINCT FROM other|small IS NOT DISTINCT FROM 5|small IS DISTINCT FROM NULL|st IS NULL|st.b IS NULL|tags IS NULL|n IS NULL|n IS NOT NULL
small = 5 OR small = 1 AND other = 2|NOT small = 5 AND b|NOT small IS NULL|small = 5 IS TRUE|small IN (other, 5)|1 < 2|NULL IS NULL|NOT NULL
i8 = 1000|u8 = -1|i32 > 1.5|dec = 1.25|d32 = '2024-01-01'|ts_us > '2024-01-01'|bin = 'a'|fsb = X'61'|n = 1|b IS UNKNOWN|i32 IN ()|-i64 > 0
-i32 < 0|ts_s = timestamp '2024-01-01 12:00:00.5'|ts_us = ts_s|CAST(dec AS int) = 1|upper = 3|`upper` = 3|UPPER = 3|"s" = 'a'
f32 = 0.1|(f32 + f32) = 0.2|CAST(1.255 AS decimal(10, 2)) = decimal(10, 2) '1.26'|i64 > f64|ts_ny = d32|other / 0 = 1|small != 0 AND 10 / small = 2
s ~ 'a'|zz = 1|st.zz = 1|lowr(s) = 'a'|s = 1|i32|1|small = |= 1|(small = 1|small = 1)|s = 'x|small BETWEEN 1|CASE WHEN b THEN 1 END|small & 1 = 1"""
filters += re.split(r"(?<!\|)\|(?!\|)|\n", extra)
while len(filters) < 900:
    filters.append(tree(3))


def main(out):
    folder = tempfile.mkdtemp()
    data = lance.write_dataset(table, folder + "/t.lance")
    with ipc.new_file(f"{out}/rows.arrow", table.schema) as writer:
        writer.write_table(table)
    with open(f"{out}/filters.tsv", "w") as file:
        for text in dict.fromkeys(filters):
            try:
                answer = " ".join(map(str, data.to_table(columns=["id"], filter=text)["id"].to_pylist()))
            except BaseException:  # the library panics on some
                answer = "ERR"
            file.write(f"{text}\t{answer}\n")
    shutil.rmtree(folder)


main(sys.argv[1])
