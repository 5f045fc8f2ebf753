"""Records what the real Lance answers for functions of JSON over one table of documents.

Run with the Python package `pylance` 14.0.2; writes json.tsv beside FunctionOracleTest's resources:
document (- for null), tab, expression over `j`, tab, the answer as text (ERR where it is refused for this document)."""
import pathlib
import tempfile

import lance
import pyarrow as pa

DOCUMENTS = [
    '{"a": {"b": [1, "x", 2.5]}, "n": 7, "t": true, "s": "q"}',
    '{"n": 7.9, "s": "12", "t": false, "a": null}',
    '{"n": "7", "s": "", "t": "true", "a": []}',
    '{"n": -3, "s": "true", "t": 1, "a": {"b": {}}}',
    '{"n": 12345678901, "s": 5, "t": 0, "a": {"b": "x"}}',
    '{"n": true, "s": [1], "t": "no", "a": {"b": [[1, 2], {"c": 3}, null, false]}}',
    '{"n": null, "s": {"k": 1}, "t": null, "a": {"b": [9, 9.0, "9"]}}',
    '{"n": 1e3, "s": "\\u00e9\\"q\\"", "t": "TRUE", "a.b": 4}',
    '{"n": "1.5", "s": " 1 ", "t": 2}',
    '[10, "x", {"n": 4}, [1], true, null]',
    '{"n": 1e20, "s": 1e-7, "t": -0.0, "a": {"b": [0.1, 1e16, 1.5e300, 1e15, 123456789012345678901]}}',
    '[]', '{}', '5', '"n"', 'true', 'null', None,
]
CALLS = [
    "json_extract(j, '$.a.b[1]')", "json_extract(j, '$.a')", "json_extract(j, '$.n')", "json_extract(j, '$.s')", "json_extract(j, '$')",
    "json_extract(j, '$[0]')", "json_extract(j, '$[2].n')", "json_extract(j, '$.a.b[*]')", "json_extract(j, '$.a.b[last]')", "json_extract(j, '$.\"a.b\"')",
    "json_extract(j, '$.missing')", "json_extract(j, '$.*')", "json_extract(j, '$.a.b[1 to 2]')", "json_extract(j, '$[0, 2]')", "json_extract(j, '$[last - 1]')", "json_exists(j, '$.a.b')", "json_exists(j, '$.n')", "json_exists(j, '$[5]')", "json_exists(j, '$.a.b[2]')",
    "json_extract(json_get(j, 'n'), '$')", "json_extract(json_get(j, 's'), '$')", "json_extract(json_get(j, 'a'), '$')", "json_extract(json_get(j, '1'), '$')", "json_extract(json_get(j, '2'), '$')", "json_extract(json_get(j, 'missing'), '$')",
    "json_get_string(j, 'n')", "json_get_string(j, 's')", "json_get_string(j, 't')", "json_get_string(j, 'a')", "json_get_string(j, '1')",
    "json_get_int(j, 'n')", "json_get_int(j, 's')", "json_get_int(j, 't')", "json_get_int(j, '0')", "json_get_int(j, 'a')",
    "json_get_float(j, 'n')", "json_get_float(j, 's')", "json_get_float(j, 't')", "json_get_float(j, '0')",
    "json_get_bool(j, 't')", "json_get_bool(j, 's')", "json_get_bool(j, 'n')", "json_get_bool(j, '4')",
    "json_array_contains(j, '$.a.b', 'x')", "json_array_contains(j, '$.a.b', '9')", "json_array_contains(j, '$.a.b', '1')", "json_array_contains(j, '$', 'x')",
    "json_array_contains(j, '$.s', '1')", "json_array_contains(j, '$', '10')", "json_array_length(j, '$.a.b')", "json_array_length(j, '$')",
    "json_array_length(j, '$.a')", "json_array_length(j, '$.missing')", "json_array_length(j, '$.n')",
]


def shown(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format(__import__("decimal").Decimal(f"{value + 0.0:.9g}").normalize(), "f")
    return value.hex() if isinstance(value, bytes) else str(value)


def table(folder, document):
    return lance.write_dataset(pa.table({"j": pa.array([document], pa.json_())}), f"{folder}/{abs(hash(document))}.lance")


out = pathlib.Path(__file__).parent.parent / "resources/io/lancelot/expr/json.tsv"
rows = []
with tempfile.TemporaryDirectory() as folder:
    for document in DOCUMENTS:
        dataset = table(folder, document)
        for call in CALLS:
            try:
                answer = shown(dataset.to_table(columns={"v": call}).column(0)[0].as_py())
            except BaseException:
                answer = "ERR"
            rows.append(f"{document or '-'}\t{call}\t{answer}")
out.write_text("\n".join(rows) + "\n")
