"""Faiss on the vectors of a data set, one client: what `lancelot bench indices` prints, for a peer that has no Java.

    python bench/faiss_indices.py FOLDER        needs numpy and faiss-cpu

FOLDER holds base.u8 and queries.u8 (rows of 128 bytes), as the data sets of images do. Times are medians over the
queries of each one's best of eight, in microseconds and in R: an exact search of the first 20,000 rows, taken before.
"""
import sys
import time
from pathlib import Path

import faiss
import numpy as np

DIM, K, QUERIES, ROUNDS = 128, 10, 400, 8


def read(path):
    return np.fromfile(path, np.uint8).reshape(-1, DIM).astype(np.float32)


def median_best(search, queries):
    best = np.full(len(queries), np.inf)
    for _ in range(ROUNDS):
        for i, query in enumerate(queries):
            start = time.perf_counter()
            search(query[None])
            best[i] = min(best[i], time.perf_counter() - start)
    return float(np.median(best)) * 1e6


def exact(base):
    index = faiss.IndexFlatL2(DIM)
    index.add(base)
    return index


def report(name, knob, search, queries, farthest, base, reference):
    hits = 0
    for query, bound in zip(queries, farthest):
        _, ids = search(query[None])
        found = base[ids[0][ids[0] >= 0]]
        hits += int((((found - query) ** 2).sum(1) <= bound * (1 + 1e-6)).sum())
    micros = median_best(search, queries)
    print(f"{name:22} {knob:14} recall {hits / (K * len(queries)):.4f}  {micros:8.1f} us  {micros / reference:.3f} R", flush=True)


def main(folder):
    faiss.omp_set_num_threads(1)
    base = read(folder / "base.u8")
    queries = read(folder / "queries.u8")[:QUERIES]
    farthest = exact(base).search(queries, K)[0][:, -1]
    plain = exact(base[:20_000])
    reference = min(median_best(lambda q: plain.search(q, K), queries[:40]) for _ in range(3))
    print(f"R = {reference:.0f} us")

    kinds = {
        "HNSW, floats": lambda: faiss.IndexHNSWFlat(DIM, 16),
        "HNSW, 8-bit": lambda: faiss.IndexHNSWSQ(DIM, faiss.ScalarQuantizer.QT_8bit, 16),
    }
    for name, make in kinds.items():
        index = make()
        index.hnsw.efConstruction = 100
        start = time.perf_counter()
        index.train(base)
        index.add(base)
        print(f"{name:22} built in {time.perf_counter() - start:.1f} s", flush=True)
        for ef in (16, 32, 48, 80, 120, 160):
            index.hnsw.efSearch = ef
            report(name, f"ef {ef}", lambda q: index.search(q, K), queries, farthest, base, reference)

    start = time.perf_counter()
    coarse = faiss.index_factory(DIM, "IVF512,PQ64x4fs")
    coarse.train(base)
    index = faiss.IndexRefineFlat(coarse)
    index.add(base)
    print(f"{'IVF512,PQ64x4fs,RFlat':22} built in {time.perf_counter() - start:.1f} s", flush=True)
    for probes, refine in ((8, 5), (16, 5), (32, 5), (32, 10), (64, 10)):
        coarse.nprobe = probes
        index.k_factor = refine
        report("IVF512,PQ64x4fs,RFlat", f"{probes} x {refine}", lambda q: index.search(q, K), queries, farthest, base, reference)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
