"""Writes the damaged files that FuzzTest always reads: golden files with flipped bytes, cut short, or with pieces moved.

    python make_corpus.py ../resources [FOLDER …]

Inputs that a run of the fuzzer found worth keeping lie in the folders `data-file` and `ipc` of each FOLDER.
"""

import glob
import os
import random
import sys
import zipfile

OUT = sys.argv[1]


def damaged(data, rnd):
    b = bytearray(data)
    kind = rnd.randrange(4)
    if kind == 0:
        return bytes(b[: rnd.randrange(len(b))])
    if kind == 1:
        at, to, n = rnd.randrange(len(b)), rnd.randrange(len(b)), rnd.randrange(1, 40)
        b[to : to + n] = b[at : at + n]
        return bytes(b)
    for _ in range(rnd.choice([1, 2, 16])):
        # The end of a file describes the rest.
        at = rnd.randrange(len(b)) if rnd.random() < 0.3 else len(b) - 1 - rnd.randrange(min(len(b), 700))
        b[at] = rnd.choice([0, 1, 0x7F, 0x80, 0xFF, rnd.randrange(256)])
    return bytes(b)


def corpus(name, sources, most):
    rnd = random.Random(20261121)
    files = {}
    for path in sorted(sources):
        if os.path.getsize(path) <= most:
            data = open(path, "rb").read()
            for i in range(4):
                files[f"{os.path.basename(path)}.{i}"] = damaged(data, rnd)
    for folder in sys.argv[2:]:
        for path in sorted(glob.glob(os.path.join(folder, name, "*"))):
            files["found-" + os.path.basename(path)[:12]] = open(path, "rb").read()
    with zipfile.ZipFile(os.path.join(OUT, "fuzz", name + ".zip"), "w", zipfile.ZIP_DEFLATED) as z:
        for n, data in files.items():
            z.writestr(zipfile.ZipInfo(n, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    print(name, len(files), os.path.getsize(os.path.join(OUT, "fuzz", name + ".zip")))


corpus("data-file", glob.glob(os.path.join(OUT, "golden", "*.lance")), 9000)
corpus("ipc", glob.glob(os.path.join(OUT, "../../../../columnar/src/test/resources/**/*.arrow*"), recursive=True), 11000)
