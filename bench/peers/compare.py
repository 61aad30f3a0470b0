"""Lion against TRL on this machine, in turns, as ratios. Needs only a Python; TRL runs in --python's environment.

    python3 bench/peers/compare.py sft-packed    # tokens/s and memory at the same 4 x 1,024 tokens a step
    python3 bench/peers/compare.py sft-padded    # supervised tokens/s against TRL padded at batch 16, rows of mixed length
    python3 bench/peers/compare.py dpo           # pairs/s against TRL at its best batch size

Each prints what the tools said and one table; --repeat takes medians of several turns.
"""

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def last_json(command):
    print("$", " ".join(map(str, command)), flush=True)
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": str(chosen.threads)})
    if ended.returncode:
        raise SystemExit(f"exit code {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}")
    lines = [line for line in ended.stdout.splitlines() if line.strip()]
    print("\n".join(lines[-2:]), flush=True)
    return json.loads(lines[-1])


def lion(bench, *arguments):
    return last_json([ROOT / "bench/run", bench, *map(str, arguments)])


def trl(script, *arguments):
    return last_json([chosen.python, HERE / script, "--inputs", chosen.inputs, "--threads", str(chosen.threads), *map(str, arguments)])


def autocast():
    """TRL under bf16 autocast where the processor multiplies bf16 faster than fp32, else in fp32: its best on either, and what Lion does by default."""
    about = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    faster = "amx_bf16" in about or "avx512_bf16" in about and "GenuineIntel" not in about
    return ["--autocast"] if faster else []


def sft(packed):
    ours = lambda: lion("SftBench", chosen.inputs, "packed", chosen.steps, 4096, chosen.micro or 4096)
    shape = ["--batch", 4, "--max-length", 1024, "--packing"] if packed else ["--batch", 16, "--max-length", 1024]
    theirs = lambda: trl("trl_sft_bench.py", *shape, *autocast(), "--steps", chosen.steps)
    return ours, theirs, "tokens_per_s" if packed else "supervised_tokens_per_s", 1.5 if packed else 2, 0.6


def dpo():
    best = max((trl("trl_dpo_bench.py", "--batch", batch, "--steps", 3, *autocast()) for batch in map(int, chosen.batches.split(","))),
               key=lambda found: found["pairs_per_s"])["options"]["batch"]
    print(f"TRL's best batch size: {best}")
    ours = lambda: lion("DpoBench", "train", chosen.inputs, chosen.steps, 16, chosen.micro or 1024)
    theirs = lambda: trl("trl_dpo_bench.py", "--batch", best, "--steps", chosen.steps, *autocast())
    return ours, theirs, "pairs_per_s", 4, 0.5


parser = argparse.ArgumentParser()
parser.add_argument("what", choices=["sft-packed", "sft-padded", "dpo"])
parser.add_argument("--inputs", default="/work/peers")
parser.add_argument("--python", default="/work/venv/bin/python")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=6)
parser.add_argument("--micro", type=int, default=0, help="tokens of one of our passes")
parser.add_argument("--batches", default="2,4,8", help="TRL's batch sizes that are tried for dpo")
parser.add_argument("--repeat", type=int, default=1)
chosen = parser.parse_args()

ours, theirs, name, faster, smaller = dpo() if chosen.what == "dpo" else sft(chosen.what == "sft-packed")
found = [(ours(), theirs()) for _ in range(chosen.repeat)]
speed = statistics.median(a[name] / b[name] for a, b in found)
memory = statistics.median(a["peak_rss_gb"] / (b["peak_rss_mb"] * 1048576 / 1e9) for a, b in found)
print(f"\n| {chosen.what} | Lion | TRL | ratio | goal |\n|---|---:|---:|---:|---:|")
middle = lambda values: statistics.median(values)
print(f"| {name} | {middle(a[name] for a, _ in found):.2f} | {middle(b[name] for _, b in found):.2f} | {speed:.2f} | >= {faster} |")
print(f"| peak resident, GB | {middle(a['peak_rss_gb'] for a, _ in found):.2f} | "
      f"{middle(b['peak_rss_mb'] * 1048576 / 1e9 for _, b in found):.2f} | {memory:.2f} | <= {smaller} |")
