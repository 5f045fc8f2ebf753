"""The RaBitQ authors' library on the vectors of a data set, one client, beside faiss_indices.py: the same queries, times and R.

    python bench/rabitq_indices.py FOLDER        needs numpy, faiss-cpu (for R) and rabitqlib

FOLDER holds meta.json, base, queries and gt100.i32. Cosine is asked for as l2 between vectors of length one. Bits are all of a
code's; "refined" is one bit and the vectors themselves, by which the library ranks. Times contain the way from Python and back,
which is what an empty call takes.
"""
import json
import math
import sys
import time
from pathlib import Path

import faiss
import numpy as np
from rabitqlib import FinalAssignmentMode, HnswIndex, IvfIndex, RaBitQKMeans, SymqgIndex

from faiss_indices import K, QUERIES, median_best, report

# As Faiss's graphs have there; 4 sqrt(n) partitions and 16 centres of a graph are what the authors advise.
DEGREE, EF_CONSTRUCTION, CENTRES = 16, 100, 16
WIDTHS = (16, 32, 48, 80, 120, 160, 240)
PROBES = (8, 16, 32, 64, 128, 256, 512)
REFINED = 32


def read(folder, name, meta):
    kind = {"u8": np.uint8, "f16": np.float16}[meta["dtype"]]
    rows = np.fromfile(folder / f"{name}.{meta['dtype']}", kind).reshape(-1, meta["dim"]).astype(np.float32)
    if meta["metric"] == "cosine":
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def timed(work):
    start = time.perf_counter()
    done = work()
    return done, time.perf_counter() - start


def cluster(base, count):
    means = RaBitQKMeans(base.shape[1], count, num_threads=1, final_assignment=FinalAssignmentMode.Exact)
    means.train(base)
    return means


def indices(base):
    """Of each kind a name, the index, the seconds it took and what it may be asked with."""
    rows, dim = base.shape

    def build(index, *rest):
        index.build(base, *rest, num_threads=1)
        return index

    lists = round(4 * math.sqrt(rows))
    means, training = timed(lambda: cluster(base, lists))
    for bits in (5, 7, REFINED):
        index, building = timed(lambda: build(IvfIndex(dim, rows, lists, bits), means.centroids, means.assignments))
        code = "refined" if bits == REFINED else f"{bits} bits"
        yield f"IVF{lists}, {code}", index, training + building, "nprobe", PROBES

    means, training = timed(lambda: cluster(base, CENTRES))
    for bits in (5, 7):
        index, building = timed(
            lambda: build(HnswIndex(dim, rows, DEGREE, EF_CONSTRUCTION, bits), means.centroids, means.assignments)
        )
        yield f"HNSW, {bits} bits", index, training + building, "ef", WIDTHS

    for bits in (0, 8):
        index, building = timed(lambda: build(SymqgIndex(dim, 2 * DEGREE, quantization_bits=bits), EF_CONSTRUCTION))
        yield f"SymphonyQG, {bits} bits" if bits else "SymphonyQG, floats", index, building, "ef", WIDTHS


def main(folder):
    faiss.omp_set_num_threads(1)
    meta = json.loads((folder / "meta.json").read_text())
    base = read(folder, "base", meta)
    queries = read(folder, "queries", meta)[:QUERIES]
    tenth = np.fromfile(folder / "gt100.i32", np.int32).reshape(-1, meta["k_gt"])[: len(queries), K - 1]
    farthest = ((base[tenth] - queries) ** 2).sum(1)
    plain = faiss.IndexFlatL2(meta["dim"])
    plain.add(base[:20_000])
    reference = min(median_best(lambda q: plain.search(q, K), queries[:40]) for _ in range(3))
    print(f"R = {reference:.0f} us")

    for name, index, seconds, knob, values in indices(base):
        empty = median_best(lambda q: index.search(q[:0], K, values[0])[::-1], queries[:40])
        print(f"{name:22} built in {seconds:.1f} s, an empty call {empty:.1f} us", flush=True)
        # Their answers are ids and distances, Faiss's the other way round.
        for value in values:
            report(name, f"{knob} {value}", lambda q: index.search(q, K, value)[::-1], queries, farthest, base, reference)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
