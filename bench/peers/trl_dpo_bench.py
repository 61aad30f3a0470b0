"""Speed of TRL's DPOTrainer. nice -n 10 /work/venv/bin/python bench/peers/trl_dpo_bench.py --threads 2"""

import tempfile
import time

import peer

chosen = peer.options(steps=10, skip=2, batch=4, accumulation=1, max_length=512, checkpointing=False, dtype="float32", autocast=False)

from datasets import Dataset, disable_caching  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402
from trl import DPOConfig, DPOTrainer  # noqa: E402


class IdsTrainer(DPOTrainer):
    """The rows come as ids, as they do for Lion."""

    def _prepare_dataset(self, dataset, *rest, **keywords):
        return dataset


disable_caching()
with tempfile.TemporaryDirectory() as folder:
    count = (chosen.steps + chosen.skip) * chosen.batch * chosen.accumulation
    rows = [{k: row[k] for k in ("prompt_ids", "chosen_ids", "rejected_ids")} for row in peer.rows(chosen.inputs, "dpo.jsonl", count)]
    started = time.perf_counter()
    trainer = IdsTrainer(
        model=AutoModelForCausalLM.from_pretrained(f"{chosen.inputs}/model", dtype=peer.dtype(chosen.dtype)),
        processing_class=AutoTokenizer.from_pretrained(f"{chosen.inputs}/model"), train_dataset=Dataset.from_list(rows),
        args=DPOConfig(
            output_dir=folder, max_steps=chosen.steps + chosen.skip, per_device_train_batch_size=chosen.batch, learning_rate=1e-6,
            gradient_accumulation_steps=chosen.accumulation, max_length=chosen.max_length, precompute_ref_log_probs=True, optim="adamw_torch",
            gradient_checkpointing=chosen.checkpointing, use_cpu=True, bf16=chosen.autocast, fp16=False, save_strategy="no", report_to=[],
            logging_strategy="no", disable_tqdm=True, seed=1))
    reference = time.perf_counter() - started
    times = peer.StepTimes(chosen.skip)
    times.watch(trainer)
    trainer.train()
measured = times.summary()
peer.report("trl", "dpo", chosen, ["trl", "transformers", "torch"], **measured, start_and_reference_seconds=round(reference, 3),
            pairs_per_s=round(measured["steps"] * chosen.batch * chosen.accumulation / measured["seconds"], 3))
