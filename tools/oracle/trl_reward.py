"""Golden reward-model trajectories: 20 optimizer steps of TRL's RewardTrainer on the tiny llama-seqcls of models.py.

    /work/venv/bin/python tools/oracle/trl_reward.py

Writes align/src/test/resources/golden/trl/reward-llama-<variant>/trajectory.json (norms of the final weights, no tensors).
Micro-batches hold the chosen rows first, then the rejected; the score is that of the last token that is not padding (0).
"""

from common import golden, repeatable

import torch
import trl_common
from datasets import Dataset, disable_caching
from transformers import AutoModelForSequenceClassification
from trl import RewardConfig, RewardTrainer
from trl_common import EOS, VOCABULARY, arguments, stand_in_tokenizer

VARIANTS = {"plain": {}, "centred": dict(center_rewards_coefficient=0.01), "margin": {}}
NOTES = ["loss = mean of -log sigmoid(chosen - rejected - margin), margin 0 where the rows have none; centred adds "
         "0.01 * mean((chosen + rejected)^2)"]


def pairs(count, margins):
    generator = torch.Generator().manual_seed(45)

    def draw():
        length = int(torch.randint(3, 16, (), generator=generator))
        return [1] + torch.randint(3, VOCABULARY, (length,), generator=generator).tolist() + [EOS]

    rows = [dict(chosen_ids=draw(), rejected_ids=draw()) for _ in range(count)]
    for index, row in enumerate(rows if margins else []):
        row["margin"] = round(0.25 * (index % 5), 2)
    return Dataset.from_list(rows)


def trainer(variant, attention):
    def build(folder):
        repeatable(42)
        network = AutoModelForSequenceClassification.from_pretrained(
            golden("torch", "models", "llama-seqcls"), attn_implementation=attention, dtype=torch.float32)
        options = dict(per_device_train_batch_size=4, **VARIANTS[variant])
        return RewardTrainer(model=network, args=RewardConfig(**arguments(folder, **options)), processing_class=stand_in_tokenizer(),
                             train_dataset=pairs(32, variant == "margin"))

    return build


def main():
    disable_caching()
    for variant in VARIANTS:
        trl_common.write(f"reward-llama-{variant}", trainer(variant, "eager"), keep_weights=False, rerun=trainer(variant, "sdpa"),
                         model="../models/llama-seqcls", variant=variant, notes=NOTES,
                         arguments=arguments("", per_device_train_batch_size=4, **VARIANTS[variant]))


if __name__ == "__main__":
    main()
