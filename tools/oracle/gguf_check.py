"""Does llama.cpp compute from a GGUF file what transformers computes from the folder it was exported from?

    /work/venv/bin/python tools/oracle/gguf_check.py FOLDER FILE.gguf [--prompts 4] [--tokens 24]

Random prompts of ids; llama.cpp (the xllamacpp wheel, installed by bench/peers/setup.sh) continues greedily and gives the
best log-probs of each position; transformers scores the same ids in fp32. Prints the largest difference of a log-prob
and how many greedy tokens agree; exits 1 beyond --tolerance. For files that Lion exports; F16 and Q8_0 need a wider one.
"""

import argparse
import json
import sys

import common  # noqa: F401  settings before torch is imported

import torch
import xllamacpp
from transformers import AutoModelForCausalLM


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("file")
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--tolerance", type=float, default=2e-3)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(chosen.folder, dtype=torch.float32, attn_implementation="eager").eval()
    parameters = xllamacpp.CommonParams()
    parameters.model.path = chosen.file
    parameters.n_ctx = 512
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.verbosity = -1
    server = xllamacpp.Server(parameters)
    worst, agree, asked = 0.0, 0, 0
    for _ in range(chosen.prompts):
        prompt = torch.randint(3, model.config.vocab_size, (int(torch.randint(4, 17, ())),)).tolist()
        answer = server.handle_completions(dict(prompt=prompt, max_tokens=chosen.tokens, temperature=0.0, logprobs=5, ignore_eos=True, cache_prompt=False))
        answer = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
        steps = answer["choices"][0]["logprobs"]["content"]
        ids = prompt + [step["id"] for step in steps]
        with torch.no_grad():
            logps = torch.log_softmax(model(torch.tensor([ids])).logits[0], -1)
        for index, step in enumerate(steps):
            expected = logps[len(prompt) + index - 1]
            agree += int(expected.argmax()) == step["id"]
            asked += 1
            for candidate in step["top_logprobs"]:
                worst = max(worst, abs(float(expected[candidate["id"]]) - candidate["logprob"]))
    ok = worst <= chosen.tolerance
    print(json.dumps(dict(file=chosen.file, largest_logprob_difference=worst, greedy_agreement=f"{agree}/{asked}", ok=ok)))
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
