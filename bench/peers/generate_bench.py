"""Speed of transformers' generate. nice -n 10 /work/venv/bin/python bench/peers/generate_bench.py --threads 2"""

import time

import peer

chosen = peer.options(prompts=16, answers=5, new_tokens=128, dtype="float32")

import torch  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

torch.manual_seed(1)
model = AutoModelForCausalLM.from_pretrained(f"{chosen.inputs}/model", dtype=peer.dtype(chosen.dtype)).eval()
tokenizer = AutoTokenizer.from_pretrained(f"{chosen.inputs}/model", padding_side="left")
prompts = [row["input_ids"] for row in peer.rows(chosen.inputs, "prompts.jsonl", chosen.prompts)]
batch = tokenizer.pad({"input_ids": prompts}, return_tensors="pt")


def run(tokens):
    started = time.perf_counter()
    with torch.no_grad():
        out = model.generate(**batch, do_sample=True, temperature=0.8, top_k=0, num_return_sequences=chosen.answers,
                             min_new_tokens=tokens, max_new_tokens=tokens, pad_token_id=tokenizer.pad_token_id)
    assert out.shape == (chosen.prompts * chosen.answers, batch["input_ids"].shape[1] + tokens)
    return time.perf_counter() - started


run(2)
prefill, seconds = run(1), run(chosen.new_tokens)
made = chosen.prompts * chosen.answers * chosen.new_tokens
peer.report("transformers", "generate", chosen, ["transformers", "torch"], seconds=round(seconds, 3), first_token_seconds=round(prefill, 3),
            tokens_per_s=round(made / seconds, 1), decode_tokens_per_s=round(made / max(seconds - prefill, 1e-9), 1),
            prompt_tokens=sum(map(len, prompts)))
