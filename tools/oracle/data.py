"""Goldens for core.data: NumPy's permutations and a small Parquet file. Needs numpy and pyarrow.

Run: python tools/oracle/data.py  (writes core/src/test/resources/golden/data/)
"""
import hashlib, json, pathlib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

out = pathlib.Path(__file__).resolve().parents[2] / "core/src/test/resources/golden/data"
out.mkdir(parents=True, exist_ok=True)
cases = []
for seed in (0, 27, 42, 123456789, 2**33 + 5):
    for n in (1, 2, 10, 1000, 70001):
        p = np.random.default_rng(seed).permutation(n)
        cases.append({"seed": seed, "n": n, "first": p[:8].tolist(),
                      "sha256": hashlib.sha256(p.astype(">i4").tobytes()).hexdigest()})
(out / "permutations.json").write_text(json.dumps({"numpy": np.__version__, "cases": cases}, indent=1) + "\n")
rows = [
    {"prompt": "What is 2 + 2?", "messages": [{"role": "user", "content": "What is 2 + 2?"}, {"role": "assistant", "content": "4"}], "score": 1.5, "n": 7, "ok": True},
    {"prompt": "Grüße 🦁", "messages": [{"role": "user", "content": "Grüße 🦁"}, {"role": "assistant", "content": "Hallo\n\"du\""}], "score": None, "n": 2**40, "ok": False},
    {"prompt": "not finite", "messages": [], "score": float("nan"), "n": 0, "ok": None},
]
pq.write_table(pa.Table.from_pylist(rows), out / "rows.parquet")
