"""Golden SFT trajectories: 20 optimizer steps of TRL's SFTTrainer on the tiny Llama and Gemma of models.py.

    /work/venv/bin/python tools/oracle/trl_sft.py [variant ...]

Writes align/src/test/resources/golden/trl/sft-<model>-<variant>/trajectory.json and final.safetensors (LoRA: also
start.safetensors, the adapter before the first step). Start weights: torch/src/test/resources/golden/models/<model>.
"""

import sys

from common import repeatable

import torch
from datasets import Dataset, disable_caching
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

import trl_common
from trl_common import EOS, VOCABULARY, arguments, stand_in_tokenizer, start

NOTES = [
    "loss of a step = -sum of log-probs of all tokens whose label is not -100, over all micro-batches, divided by "
    "num_items_in_batch, the count of such tokens in the whole step without the first of each row (a first token has no "
    "context). Step loss here is the sum of the micro-batches' contributions, unrounded.",
    "the schedule is transformers' cosine with 2 warm-up steps: the first step has lr 0; lr is the one that the step used",
    "grad_norm is the total norm before clipping to 1.0; AdamW betas 0.9, 0.999, eps 1e-8, decoupled weight decay",
]
VARIANTS = {
    "padded": dict(),
    "packed": dict(packing=True, packing_strategy="bfd", max_length=40),
    "accumulate": dict(gradient_accumulation_steps=4),
    "lora": dict(learning_rate=1e-2),
    "decay": dict(weight_decay=0.1),
    "all-tokens": dict(),
}
ONLY_LLAMA = {"decay", "all-tokens"}


def documents(count, masked):
    generator = torch.Generator().manual_seed(31)
    rows = []
    for _ in range(count):
        length = int(torch.randint(5, 19, (), generator=generator))
        ids = torch.randint(3, VOCABULARY, (length,), generator=generator).tolist() + [EOS]
        prompt = int(torch.randint(1, length // 2, (), generator=generator)) if masked else 0
        rows.append(dict(input_ids=ids, labels=[-100] * prompt + ids[prompt:]))
    return Dataset.from_list(rows)


def trainer(model, variant, options, attention):
    def build(folder):
        repeatable(42)
        network = start(model)
        network.set_attn_implementation(attention)
        peft = None
        if variant == "lora":
            peft = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, task_type="CAUSAL_LM",
                              target_modules=["q_proj", "k_proj", "v_proj", "o_proj"])
        count = 160 if variant in ("packed", "accumulate") else 48
        made = SFTTrainer(model=network, args=SFTConfig(**arguments(folder, **options)), peft_config=peft,
                          train_dataset=documents(count, variant != "all-tokens"), processing_class=stand_in_tokenizer())
        if variant == "lora":  # B starts at zero in PEFT; drawn here so that A has a gradient from the first step
            generator = torch.Generator().manual_seed(3)
            for name, parameter in made.model.named_parameters():
                if "lora_" in name:
                    parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
        return made

    return build


def isolated(model):
    """Largest difference of a log-prob between documents packed into one row and the same documents alone."""
    rows = documents(4, True)["input_ids"]
    network = start(model).eval()
    with torch.no_grad():
        positions = torch.tensor([[p for row in rows for p in range(len(row))]])
        packed = network(input_ids=torch.tensor([sum(rows, [])]), position_ids=positions, use_cache=False).logits[0]
        alone = torch.cat([network(input_ids=torch.tensor([row]), use_cache=False).logits[0] for row in rows])
    return float((packed - alone).abs().max())


def main(chosen):
    disable_caching()
    for model in ("llama", "gemma"):
        difference = isolated(model)
        assert difference < 1e-4, f"packed documents of {model} see each other: {difference}"
        for variant, options in VARIANTS.items():
            if (chosen and variant not in chosen) or (model == "gemma" and variant in ONLY_LLAMA):
                continue
            more = dict(lora=dict(r=4, alpha=8, dropout=0.0, targets=["q_proj", "k_proj", "v_proj", "o_proj"])) \
                if variant == "lora" else {}
            if variant == "packed":
                more["packing_note"] = ("bfd packing; position_ids restart at each document and transformers keeps documents "
                                        f"apart on CPU too; largest logit difference to documents alone {difference:.1e}")
            trl_common.write(
                f"sft-{model}-{variant}", trainer(model, variant, options, "eager"), adapter=variant == "lora",
                rerun=trainer(model, variant, options, "sdpa"), model=f"../models/{model}", variant=variant,
                arguments=arguments("", **options), notes=NOTES, **more)


if __name__ == "__main__":
    main(sys.argv[1:])
