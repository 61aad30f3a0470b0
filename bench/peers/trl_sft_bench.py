"""Speed of TRL's SFTTrainer. nice -n 10 /work/venv/bin/python bench/peers/trl_sft_bench.py --threads 2 [--packing]"""

import tempfile

import peer

chosen = peer.options(steps=10, skip=2, batch=8, accumulation=1, max_length=512, packing=False, checkpointing=False, dtype="float32", autocast=False)

from datasets import Dataset  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402
from trl import SFTConfig, SFTTrainer  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    rows = [{k: row[k] for k in ("input_ids", "labels")} for row in peer.rows(chosen.inputs, "sft.jsonl")]
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(f"{chosen.inputs}/model", dtype=peer.dtype(chosen.dtype)),
        processing_class=AutoTokenizer.from_pretrained(f"{chosen.inputs}/model"), train_dataset=Dataset.from_list(rows),
        args=SFTConfig(
            output_dir=folder, max_steps=chosen.steps + chosen.skip, per_device_train_batch_size=chosen.batch, learning_rate=1e-5,
            gradient_accumulation_steps=chosen.accumulation, max_length=chosen.max_length, packing=chosen.packing, optim="adamw_torch",
            gradient_checkpointing=chosen.checkpointing, use_cpu=True, bf16=chosen.autocast, fp16=False, save_strategy="no", report_to=[],
            logging_strategy="no", disable_tqdm=True, seed=1))
    times = peer.StepTimes(chosen.skip)
    times.watch(trainer)
    trainer.train()
peer.report("trl", "sft", chosen, ["trl", "transformers", "torch"], **times.summary())
