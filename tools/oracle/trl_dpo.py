"""Golden DPO trajectories: 20 optimizer steps of TRL's DPOTrainer, reference log-probs computed before training.

    /work/venv/bin/python tools/oracle/trl_dpo.py [loss ...]

Writes align/src/test/resources/golden/trl/dpo-<model>-<loss>/trajectory.json, and final.safetensors for the first four
losses (the others keep the norms of the final weights). Micro-batches hold the chosen rows first, then the rejected.
"""

import sys

from common import repeatable

from datasets import Dataset, disable_caching
from peft import LoraConfig
from trl import DPOConfig, DPOTrainer

import torch
import trl_common
from trl_common import EOS, VOCABULARY, arguments, stand_in_tokenizer, start

SMOOTHED = {"robust": 0.1, "exo_pair": 0.1, "sigmoid-smoothed": 0.1}
LOSSES = ["sigmoid", "ipo", "hinge", "robust",
          "apo_zero", "apo_down", "exo_pair", "nca_pair", "sppo_hard", "bco_pair", "aot", "discopop", "sigmoid_norm"]
GEMMA = {"sigmoid", "ipo", "hinge", "robust", "apo_zero", "nca_pair", "exo_pair"}
WITH_WEIGHTS = {"sigmoid", "ipo", "hinge", "robust", "lora", "accumulate"}
NOTES = [
    "beta 0.1; label_smoothing as in arguments (robust, exo_pair 0.1); mean over the pairs of a micro-batch; with "
    "accumulation the mean of the micro-batches' means (equal sizes here)",
    "log-prob of an answer = sum over tokens whose completion_mask is 1; the prompt's tokens are context only",
    "ipo and sigmoid_norm: log-ratios (policy minus reference, summed) divided by the number of tokens of the own answer",
    "bco_pair of this TRL has no running shift (delta = 0); sigmoid of this TRL takes no label smoothing; aot sorts "
    "policy and reference log-ratios over the micro-batch",
    "sppo_hard: (a - 1/(2 beta))^2 + (b + 1/(2 beta))^2; exo_pair as in TRL 1.16 (forward of Eq. 16)",
    "ref_chosen_logps and ref_rejected_logps of each micro-batch are the precomputed ones, from the start weights",
]


class IdsTrainer(DPOTrainer):
    """The rows come as ids (prompt_ids, chosen_ids, rejected_ids), so there is nothing to tokenise."""

    def _prepare_dataset(self, dataset, *rest, **keywords):
        return dataset


def pairs(count):
    generator = torch.Generator().manual_seed(41)

    def draw(low, high):
        length = int(torch.randint(low, high, (), generator=generator))
        return torch.randint(3, VOCABULARY, (length,), generator=generator).tolist()

    return Dataset.from_list([dict(prompt_ids=[1] + draw(2, 8), chosen_ids=draw(2, 10) + [EOS],
                                   rejected_ids=draw(2, 10) + [EOS]) for _ in range(count)])


def options_of(variant):
    options = dict(per_device_train_batch_size=4, learning_rate=5e-3, beta=0.1, precompute_ref_log_probs=True)
    if variant == "accumulate":
        options |= dict(per_device_train_batch_size=2, gradient_accumulation_steps=2)
    if variant == "lora":
        options |= dict(learning_rate=1e-2)
    if variant == "hinge":  # slower, so that no margin reaches 1/beta and the gradient never vanishes
        options |= dict(learning_rate=1e-3)
    loss = variant if variant in LOSSES else "sigmoid"
    return options | dict(loss_type=[loss], label_smoothing=SMOOTHED.get(variant, 0.0))


def trainer(model, variant, attention):
    def build(folder):
        repeatable(42)
        network = start(model)
        network.set_attn_implementation(attention)
        peft = None
        if variant == "lora":
            peft = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, task_type="CAUSAL_LM",
                              target_modules=["q_proj", "k_proj", "v_proj", "o_proj"])
        return IdsTrainer(model=network, args=DPOConfig(**arguments(folder, **options_of(variant))), peft_config=peft,
                          train_dataset=pairs(16), processing_class=stand_in_tokenizer())

    return build


def main(chosen):
    disable_caching()
    for model in ("llama", "gemma"):
        for variant in LOSSES + ["accumulate", "lora"]:
            if (chosen and variant not in chosen) or (model == "gemma" and variant not in GEMMA):
                continue
            more = {}
            if variant == "lora":
                more["lora"] = dict(r=4, alpha=8, dropout=0.0, targets=["q_proj", "k_proj", "v_proj", "o_proj"])
            trl_common.write(
                f"dpo-{model}-{variant}", trainer(model, variant, "eager"), adapter=variant == "lora",
                keep_weights=variant in WITH_WEIGHTS, rerun=trainer(model, variant, "sdpa"), model=f"../models/{model}",
                variant=variant, arguments=arguments("", **options_of(variant)), notes=NOTES, **more)


if __name__ == "__main__":
    main(sys.argv[1:])
