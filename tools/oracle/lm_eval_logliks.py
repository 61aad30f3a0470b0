"""Log-likelihoods of lm-evaluation-harness's HFLM for every likelihood task, on 50 invented questions each.

    /work/venv/bin/python tools/oracle/lm_eval_logliks.py                            # the golden
    /work/venv/bin/python tools/oracle/lm_eval_logliks.py --shared MODEL OUT.json    # the same with a real model and the real rows
                                                                                     # of /work/shared/data; never committed

Makes a random two-layer llama with a BPE tokenizer of its own in align/src/test/resources/golden/eval/loglik_model, whose context of 512
tokens is too short for some prompts, and writes lm_eval_logliks.json.gz: the rows as the hub has them, and for each task the harness's
results with standard errors and each question's log-likelihoods and metrics.
"""

import gzip
import json
import sys
from pathlib import Path

from common import golden, repeatable, versions

repeatable(7)

import lm_eval
import lm_eval.tasks
import torch
from lm_eval.models.huggingface import HFLM
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

import lm_eval_prompts
from lm_eval_prompts import TASKS, invented, plain, serve, shared

COUNT = 50
LIKELIHOOD = [name for name in TASKS if not any(part in name for part in ("gsm8k", "math", "cot"))]


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def make_model(folder, sets):
    tokens = Tokenizer(models.BPE())
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=640, special_tokens=["<unk>", "<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokens.train_from_iterator(sorted(set(texts(sets))), trainer)
    tokens.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    PreTrainedTokenizerFast(tokenizer_object=tokens, bos_token="<s>", eos_token="</s>", unk_token="<unk>", model_max_length=512).save_pretrained(folder)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=tokens.get_vocab_size(), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=512, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, initializer_range=0.25))
    model.to(torch.float32).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())  # the layout that hub models have: one key for the rotary base
    config.pop("rope_parameters", None)
    config.update(rope_theta=10000.0, torch_dtype="float32")
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def run(model, names, limit):
    manager, found = lm_eval.tasks.TaskManager(), {}
    for name in names:
        task, shots = TASKS[name]
        made = lm_eval.simple_evaluate(model=model, task_manager=manager, tasks=[task], num_fewshot=shots, log_samples=True, limit=limit)
        results = {k: plain(v) for k, v in made["results"][task].items() if isinstance(v, (int, float))}
        questions = [dict(logliks=[float(r[0][0]) for r in sample["resps"]], metrics={m: plain(sample[m]) for m in sample["metrics"]})
                     for sample in made["samples"][task]]
        found[name] = dict(task=task, shots=made["n-shot"][task], results=results, questions=questions)
        print(name, results)
    return found


def main():
    if "--shared" in sys.argv:
        folder, out = Path(sys.argv[-2]), Path(sys.argv[-1])
        kept = serve(shared(), [])
        model = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=4)
        names = [name for name in LIKELIHOOD if not any(part in name for part in ("mmlu_pro", "musr", "gpqa"))]
        out.write_text(json.dumps(run(model, names, COUNT)))
        kept.cleanup()
        return
    sets = invented(COUNT)
    folder = golden("align", "eval", "loglik_model")
    make_model(folder, sets)
    kept = serve(sets, [])
    model = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=8)
    tasks = run(model, LIKELIHOOD, COUNT)
    used = {key: rows for key, rows in sets.items() if not any(part in key for part in ("gsm8k", "MATH", "lukaemon"))}
    text = json.dumps(dict(versions=versions("lm_eval", "transformers", "torch"), data=used, tasks=tasks), ensure_ascii=False, allow_nan=False)
    with open(folder.parent / "lm_eval_logliks.json.gz", "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        packed.write(text.encode())
    kept.cleanup()


if __name__ == "__main__":
    main()
