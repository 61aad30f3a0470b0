"""What trl_sft.py and trl_dpo.py share: a stand-in tokenizer, the recorder of a trajectory, the files written."""

import shutil
import tempfile
from pathlib import Path

from common import golden, versions, write_json

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback

STEPS = 20
VOCABULARY = 80
PAD, EOS = 0, 2


def stand_in_tokenizer():
    """TRL insists on a tokenizer; the data are ids, so only its padding and end ids are ever used."""
    words = {f"t{i}": i for i in range(VOCABULARY)}
    tokens = Tokenizer(models.WordLevel(words, unk_token="t3"))
    tokens.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokens, pad_token=f"t{PAD}", eos_token=f"t{EOS}", unk_token="t3")


def start(model: str):
    return AutoModelForCausalLM.from_pretrained(
        golden("torch", "models", model), attn_implementation="eager", dtype=torch.float32)


def arguments(folder: str, **more):
    """The arguments both trainers share: AdamW with transformers' defaults, cosine, two warm-up steps, clip 1."""
    defaults = dict(
        output_dir=folder, max_steps=STEPS, per_device_train_batch_size=2, learning_rate=2e-3, weight_decay=0.0,
        lr_scheduler_type="cosine", warmup_steps=2, max_grad_norm=1.0, optim="adamw_torch", logging_steps=1,
        save_strategy="no", report_to=[], use_cpu=True, bf16=False, fp16=False, seed=42, data_seed=42,
        gradient_checkpointing=False, disable_tqdm=True, max_length=64, dataloader_pin_memory=False)
    return defaults | more


class Recorder(TrainerCallback):
    """Keeps what happened in each optimizer step: micro-batches, unrounded loss, gradient norm, learning rate."""

    def __init__(self):
        self.steps, self.current = [], dict(micro_batches=[])

    def watch(self, trainer):
        original_step, original_loss = trainer.training_step, trainer.compute_loss

        def compute_loss(model, inputs, *rest, **keywords):
            items = keywords.get("num_items_in_batch")
            kept = ("input_ids", "labels", "attention_mask", "position_ids", "completion_mask", "ref_chosen_logps",
                    "ref_rejected_logps", "margin")
            batch = {key: inputs[key].tolist() for key in kept if key in inputs}
            self.current["micro_batches"].append(batch)
            self.current["num_items_in_batch"] = None if items is None else int(items)
            return original_loss(model, inputs, *rest, **keywords)

        def training_step(*rest, **keywords):
            loss = original_step(*rest, **keywords)
            self.current.setdefault("micro_losses", []).append(float(loss))
            return loss

        trainer.compute_loss, trainer.training_step = compute_loss, training_step
        trainer.add_callback(self)

    def on_pre_optimizer_step(self, args, state, control, optimizer=None, **rest):
        self.current["lr"] = float(optimizer.param_groups[0]["lr"])

    def on_log(self, args, state, control, logs=None, **rest):
        if "loss" not in logs:
            return
        self.current["loss"] = sum(self.current.pop("micro_losses"))
        self.current["grad_norm"] = float(logs["grad_norm"])
        shown = {k: v for k, v in logs.items() if k.startswith(("rewards/", "logps/")) or k == "mean_token_accuracy"}
        self.current["metrics"] = {k: float(v) for k, v in shown.items()}
        self.steps.append(self.current)
        self.current = dict(micro_batches=[])


def weights(model, adapter):
    state = {name: p.detach() for name, p in model.named_parameters() if not adapter or "lora_" in name}
    names = {name.replace("base_model.model.", "").replace(".default.weight", ".weight"): p for name, p in state.items()}
    return {name: p.contiguous().clone() for name, p in names.items()}


def run(build, adapter):
    """build(folder) gives a trainer; returns the recorded steps, first and last weights."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = build(folder)
        recorder = Recorder()
        recorder.watch(trainer)
        first = weights(trainer.model, adapter)
        trainer.train()
        assert len(recorder.steps) == STEPS, len(recorder.steps)
        groups = [dict(weight_decay=g["weight_decay"], betas=list(g["betas"]), eps=g["eps"], size=len(g["params"]))
                  for g in trainer.optimizer.param_groups]
        return recorder.steps, first, weights(trainer.model, adapter), groups


def write(name, build, adapter=False, keep_weights=True, rerun=None, **described):
    """rerun, the same with another attention kernel, tells how far rounding alone carries the trajectory."""
    folder = golden("align", "trl", name)
    shutil.rmtree(folder)
    folder.mkdir()
    steps, first, last, groups = run(build, adapter)
    other, _, other_last, _ = run(rerun or build, adapter)
    spread = max(abs(a["loss"] - b["loss"]) / max(abs(a["loss"]), 1e-2) for a, b in zip(steps, other))
    weight_spread = max(float((last[n] - other_last[n]).abs().max()) for n in last)
    moved = max(float((last[n] - first[n]).abs().max()) for n in last)
    write_json(folder / "trajectory.json", dict(
        versions=versions("torch", "transformers", "trl", "peft"), **described,
        optimizer=dict(name="AdamW", groups=groups, max_grad_norm=1.0),
        rounding=dict(what="the same run with sdpa in place of eager attention: largest relative difference of a loss (to 0.01 at least), "
                      "largest absolute difference of a final weight", loss=spread, weight=weight_spread),
        largest_weight_change=moved,
        norms={n: float(p.double().norm()) for n, p in sorted(last.items())}, steps=steps), indent=None)
    if adapter:
        save_file(first, folder / "start.safetensors")
    if keep_weights:
        save_file(last, folder / "final.safetensors")
    print(f"{name}: loss {steps[0]['loss']:.4f} -> {steps[-1]['loss']:.4f}, norm {steps[0]['grad_norm']:.3f} -> "
          f"{steps[-1]['grad_norm']:.3f}, rounding {spread:.1e} / {weight_spread:.1e}, moved {moved:.1e}")
