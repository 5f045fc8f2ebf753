"""Writes a table with an IVF_PQ index by an older release of the real Lance, zipped.

    pip install pylance==0.27.2   (in an environment of its own)
    python make_old_indices.py ../resources/io/lancelot/pq-0.27.2.zip

Releases before 0.39 keep the codebook inside the settings of `auxiliary.idx`.
"""

import os
import sys
import tempfile
import zipfile

import lance
import numpy as np
import pyarrow as pa

vectors = np.random.RandomState(3).randn(300, 8).astype(np.float32)
rows = pa.table({"id": pa.array(range(300)), "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), 8)})
with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as target:
    table = os.path.join(folder, f"pq-{lance.__version__}.lance")
    lance.write_dataset(rows, table)
    lance.dataset(table).create_index("vector", "IVF_PQ", metric="l2", num_partitions=2, num_sub_vectors=4)
    for place, _, files in os.walk(table):
        for name in sorted(files):
            path = os.path.join(place, name)
            target.write(path, os.path.relpath(path, folder))
