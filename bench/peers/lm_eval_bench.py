"""Speed of lm-evaluation-harness on ARC-Challenge. nice -n 10 /work/venv/bin/python bench/peers/lm_eval_bench.py --limit 40"""

import sys
import time
from pathlib import Path

import peer

chosen = peer.options(limit=40, shots=25, batch=8, dtype="float32")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/oracle"))

import lm_eval  # noqa: E402
import lm_eval.tasks  # noqa: E402
import lm_eval_prompts  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402

lm_eval_prompts.serve(lm_eval_prompts.shared(), [])
model = HFLM(pretrained=f"{chosen.inputs}/model", device="cpu", dtype=chosen.dtype, batch_size=chosen.batch, max_length=4096)
tokens = [0]
original = model._loglikelihood_tokens


def counted(requests, *rest, **keywords):
    tokens[0] += sum(len(context) + len(answer) for _, context, answer in requests)
    return original(requests, *rest, **keywords)


model._loglikelihood_tokens = counted
manager = lm_eval.tasks.TaskManager()  # reads thousands of task files: no part of scoring
started = time.perf_counter()
found = lm_eval.simple_evaluate(model=model, task_manager=manager, tasks=["arc_challenge"], num_fewshot=chosen.shots, limit=chosen.limit, bootstrap_iters=0)
seconds = time.perf_counter() - started
requests = sum(len(sample["arguments"]) for sample in found["samples"]["arc_challenge"])
peer.report("lm-evaluation-harness", "arc_challenge", chosen, ["lm_eval", "transformers", "torch"], seconds=round(seconds, 3),
            requests_per_s=round(requests / seconds, 2), tokens_per_s=round(tokens[0] / seconds, 1), questions=chosen.limit)
