"""Speed of lm-evaluation-harness on a likelihood task.

    nice -n 10 /work/venv/bin/python bench/peers/lm_eval_bench.py --task hellaswag --limit 40 --batch 8
    nice -n 10 /work/venv/bin/python bench/peers/lm_eval_bench.py --task mmlu_high_school_psychology --limit 100 --dtype bfloat16
"""

import sys
import time
from pathlib import Path

import peer

chosen = peer.options(task="arc_challenge", limit=40, shots=-1, batch=8, dtype="float32")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/oracle"))

import lm_eval  # noqa: E402
import lm_eval.tasks  # noqa: E402
import lm_eval_prompts  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402

SHOTS = {"arc_challenge": 25, "hellaswag": 10, "winogrande": 5}  # what the leaderboard takes; 5 for MMLU
if chosen.shots < 0:
    chosen.shots = SHOTS.get(chosen.task, 5 if chosen.task.startswith("mmlu") else None)
kept = lm_eval_prompts.serve(lm_eval_prompts.shared(), [])
model = HFLM(pretrained=f"{chosen.inputs}/model", device="cpu", dtype=chosen.dtype, batch_size=chosen.batch, max_length=4096)
tokens = [0]
original = model._loglikelihood_tokens


def counted(requests, *rest, **keywords):
    tokens[0] += sum(len(context) + len(answer) for _, context, answer in requests)
    return original(requests, *rest, **keywords)


model._loglikelihood_tokens = counted
manager = lm_eval.tasks.TaskManager()  # reads thousands of task files: no part of scoring


def run(limit):
    return lm_eval.simple_evaluate(model=model, task_manager=manager, tasks=[chosen.task], num_fewshot=chosen.shots, limit=limit, bootstrap_iters=0)


run(2)
tokens[0] = 0
started = time.perf_counter()
found = run(chosen.limit)
seconds = time.perf_counter() - started
samples = found["samples"][chosen.task]
requests = sum(len(sample["arguments"]) for sample in samples)
metric = next(key for key in ("acc_norm,none", "acc,none") if key in found["results"][chosen.task])
peer.report("lm-evaluation-harness", chosen.task, chosen, ["lm_eval", "transformers", "torch"], seconds=round(seconds, 3),
            questions_per_s=round(len(samples) / seconds, 3), requests_per_s=round(requests / seconds, 2), tokens_per_s=round(tokens[0] / seconds, 1),
            questions=len(samples), **{metric: found["results"][chosen.task][metric]})
kept.cleanup()
