"""Speed of llama.cpp's server (prebuilt, xllamacpp). nice -n 10 /work/venv/bin/python bench/peers/llama_cpp_bench.py"""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import peer

chosen = peer.options(prompts=16, answers=5, new_tokens=128, slots=80)

import xllamacpp  # noqa: E402

prompts = [row["input_ids"] for row in peer.rows(chosen.inputs, "prompts.jsonl", chosen.prompts)]
longest = max(map(len, prompts)) + chosen.new_tokens + 8
parameters = xllamacpp.CommonParams()
parameters.model.path = f"{chosen.inputs}/model.gguf"
parameters.n_parallel = chosen.slots
parameters.n_ctx = longest * chosen.slots
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = chosen.threads
parameters.cont_batching = True
parameters.verbosity = -1
server = xllamacpp.Server(parameters)


def ask(request):
    prompt, seed, tokens = request
    answer = server.handle_completions(dict(prompt=prompt, n_predict=tokens, max_tokens=tokens, temperature=0.8, top_k=0,
                                                       top_p=1.0, min_p=0.0, seed=seed, ignore_eos=True, cache_prompt=True))
    answer = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
    return answer["usage"]["completion_tokens"]


def run(tokens):
    started = time.perf_counter()
    with ThreadPoolExecutor(chosen.slots) as pool:
        made = sum(pool.map(ask, [(p, s, tokens) for p in prompts for s in range(chosen.answers)]))
    return made, time.perf_counter() - started


run(2)
made, seconds = run(chosen.new_tokens)
peer.report("llama.cpp", "generate", chosen, ["xllamacpp"], seconds=round(seconds, 3), tokens=made, tokens_per_s=round(made / seconds, 1),
            prompt_tokens=sum(map(len, prompts)), weights="F32")
