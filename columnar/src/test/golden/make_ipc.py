"""Writes the Arrow IPC files that IpcGoldenTest reads, with pyarrow 26.0.1.

    python make_ipc.py ../resources/io/lancelot/columnar/ipc

Row i of every column follows from i alone, so the test knows what must come out.
"""

import decimal
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc

ROWS = 17_000


def table(rows):
    i = list(range(rows))
    return pa.table(
        {
            "id": pa.array(i, pa.int64()),
            "text": pa.array([None if k % 7 == 0 else f"row {k % 100}" for k in i]),
            "vector": pa.array([[k % 13, k % 5] for k in i], pa.list_(pa.float32(), 2)),
            "flag": pa.array([k % 3 == 0 for k in i]),
            "word": pa.array([f"w{k % 4}" for k in i]).dictionary_encode(),
            "list": pa.array([list(range(k % 4)) for k in i], pa.list_(pa.int16())),
            "price": pa.array([decimal.Decimal(k) / 4 for k in i], pa.decimal128(12, 2)),
        }
    )


def write(path, data, compression=None, stream=False, **options):
    open_writer = ipc.new_stream if stream else ipc.new_file
    settings = ipc.IpcWriteOptions(compression=compression, **options)
    with open_writer(str(path), data.schema, options=settings) as writer:
        writer.write_table(data, max_chunksize=12_000)


def views_and_nested_dictionaries():
    words = pa.array(["a", "b", None, "a"]).dictionary_encode()
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 3, 3, 4]), words)
    return pa.table(
        {
            "view": pa.array(["short", None, "a string of more than twelve bytes", ""], pa.string_view()),
            "bytes": pa.array([b"\x00", b"x" * 20, None, b""], pa.binary_view()),
            "nested": pa.DictionaryArray.from_arrays(pa.array([3, 0, None, 1], pa.int8()), lists),
        }
    )


def changing_dictionaries(path, deltas):
    options = ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
    words = [["a", "b"], ["a", "b", "c"], ["a", "b", "c"], ["d"] if not deltas else ["a", "b", "c", "d"]]
    schema = pa.schema([pa.field("word", pa.dictionary(pa.int8(), pa.string()))])
    with ipc.new_stream(str(path), schema, options=options) as writer:
        for values in words:
            column = pa.DictionaryArray.from_arrays(pa.array([0, len(values) - 1], pa.int8()), values)
            writer.write_batch(pa.record_batch([column], schema=schema))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for compression in ("lz4", "zstd"):
        write(folder / f"{compression}.arrow", table(ROWS), compression)
        write(folder / f"{compression}.arrows", table(500), compression, stream=True)
    write(folder / "views.arrow", views_and_nested_dictionaries())
    write(folder / "views.arrows", views_and_nested_dictionaries(), stream=True)
    changing_dictionaries(folder / "replaced.arrows", deltas=False)
    changing_dictionaries(folder / "deltas.arrows", deltas=True)
    v4 = table(10)
    write(folder / "v4.arrows", v4, stream=True, metadata_version=ipc.MetadataVersion.V4)
    write(folder / "legacy.arrows", v4, stream=True, use_legacy_format=True)


main(Path(sys.argv[1]))
