"""What the peer measurements share: options, threads before torch starts, the JSON line."""

import argparse
import json
import os
import resource
from importlib.metadata import version
from pathlib import Path


def options(**defaults):
    """Command line with one option per default; sets the thread count before torch is imported."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", default="/work/peers", help="folder that make_inputs.py wrote")
    parser.add_argument("--threads", type=int, default=2)
    for name, default in defaults.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(default, bool):
            parser.add_argument(flag, action="store_true")
        else:
            parser.add_argument(flag, type=type(default), default=default)
    chosen = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(chosen.threads)
    os.environ |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "TOKENIZERS_PARALLELISM": "false", "TQDM_DISABLE": "1"}
    return chosen


def dtype(name):
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]


def rows(folder, name, count=None):
    with open(Path(folder) / name, encoding="utf-8") as lines:
        return [json.loads(line) for _, line in zip(range(count or 10**9), lines)]


def report(peer, task, chosen, packages, **measured):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(dict(
        peer=peer, task=task, **measured, peak_rss_mb=round(peak), options=vars(chosen),
        versions={package: version(package) for package in packages})))


class StepTimes:
    """A trainer callback that times optimizer steps and counts the tokens of their batches."""

    def __init__(self, skip):
        self.skip, self.times, self.tokens, self.padded, self.supervised = skip, [], [], [], []

    def watch(self, trainer):
        import time
        from transformers import TrainerCallback

        original, mine = trainer.compute_loss, self

        def compute_loss(model, inputs, *rest, **keywords):
            ids = inputs["input_ids"]
            kept = inputs["attention_mask"].sum() if "attention_mask" in inputs else ids.numel()
            mine.tokens[-1] += int(kept)
            mine.padded[-1] += ids.numel()
            target = inputs["labels"].ne(-100) if "labels" in inputs else inputs["completion_mask"]
            mine.supervised[-1] += int(target.sum())
            return original(model, inputs, *rest, **keywords)

        class Clock(TrainerCallback):
            def on_step_begin(self, *ignored, **also):
                for counts in (mine.tokens, mine.padded, mine.supervised):
                    counts.append(0)
                self.start = time.perf_counter()

            def on_step_end(self, *ignored, **also):
                mine.times.append(time.perf_counter() - self.start)

        trainer.compute_loss = compute_loss
        trainer.add_callback(Clock())

    def summary(self):
        seconds = sum(self.times[self.skip:])
        return dict(
            steps=len(self.times) - self.skip, seconds=round(seconds, 3), seconds_per_step=round(seconds / (len(self.times) - self.skip), 3),
            tokens_per_s=round(sum(self.tokens[self.skip:]) / seconds, 1),
            padded_tokens_per_s=round(sum(self.padded[self.skip:]) / seconds, 1),
            supervised_tokens_per_s=round(sum(self.supervised[self.skip:]) / seconds, 1))
