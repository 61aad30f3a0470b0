"""Tiny random checkpoints of every architecture in Hugging Face layout, with what transformers computes on them.

    /work/venv/bin/python tools/oracle/models.py [name ...]

Per model, in torch/src/test/resources/golden/models/<name>/:
  config.json           as published on the hub (transformers 4 layout); config.v5.json as transformers 5 writes it
  model.safetensors     the weights (qwen2: two shards with an index; llama-bf16, llama-f16: half precision)
  golden.safetensors    input_ids [B,T] i64; mask [B,T] f32, which tokens count as targets, 0 for the first;
                        logits [B,T,V]; logps [B,T], log-prob of token t given the tokens before it, 0 at t=0;
                        grad.<parameter> of loss = -sum(mask * logps); loss [1];
                        generate.prompt [P], generate.ids [N]: greedy continuation with a key-value cache
  golden.json           versions, loss, smallest gap between the two best logits on the greedy path, notes
Everything is fp32 with eager attention. Weights are drawn wide (not 0.02) so that softcaps, norms and biases matter.
"""

import json
import shutil
import sys

from common import golden, repeatable, versions, write_json

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

BASE = dict(
    vocab_size=80, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=10000.0, hidden_act="silu",
    tie_word_embeddings=False, attention_dropout=0.0, initializer_range=0.02, use_cache=True,
    bos_token_id=1, eos_token_id=2, torch_dtype="float32",
)
LLAMA = dict(BASE, model_type="llama", architectures=["LlamaForCausalLM"], attention_bias=False, mlp_bias=False,
             pretraining_tp=1, rope_scaling=None)
GEMMA = dict(BASE, rms_norm_eps=1e-6, tie_word_embeddings=True, attention_bias=False, head_dim=12,
             hidden_activation="gelu_pytorch_tanh", bos_token_id=2, eos_token_id=1, pad_token_id=0)

MODELS = {
    "llama": dict(LLAMA, num_key_value_heads=4),
    "llama3": dict(LLAMA, head_dim=16, rope_scaling=dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)),
    "llama-linear": dict(LLAMA, rope_scaling=dict(type="linear", factor=4.0)),
    "llama-dynamic": dict(LLAMA, max_position_embeddings=16, rope_scaling=dict(type="dynamic", factor=2.0)),
    "llama-tied": dict(LLAMA, tie_word_embeddings=True, rope_theta=100000.0),
    "llama-bias": dict(LLAMA, attention_bias=True, mlp_bias=True),
    "gemma": dict({k: v for k, v in GEMMA.items() if k != "hidden_activation"}, model_type="gemma", hidden_act="gelu",
                  architectures=["GemmaForCausalLM"], num_key_value_heads=1),
    "gemma2": dict({k: v for k, v in GEMMA.items() if k != "hidden_act"}, model_type="gemma2",
                   architectures=["Gemma2ForCausalLM"], num_hidden_layers=3, intermediate_size=24, sliding_window=6,
                   query_pre_attn_scalar=20, attn_logit_softcapping=5.0, final_logit_softcapping=6.0,
                   cache_implementation="hybrid"),
    "mistral": dict(BASE, model_type="mistral", architectures=["MistralForCausalLM"], sliding_window=6),
    "qwen2": dict(BASE, model_type="qwen2", architectures=["Qwen2ForCausalLM"], rope_theta=1000000.0, rms_norm_eps=1e-6,
                  sliding_window=6, use_sliding_window=False, max_window_layers=2),
    "qwen3": dict(BASE, model_type="qwen3", architectures=["Qwen3ForCausalLM"], head_dim=12, rope_theta=1000000.0,
                  rms_norm_eps=1e-6, attention_bias=False, sliding_window=None, use_sliding_window=False,
                  max_window_layers=2, rope_scaling=None, tie_word_embeddings=True),
    "phi3": dict(BASE, model_type="phi3", architectures=["Phi3ForCausalLM"], sliding_window=10, resid_pdrop=0.0,
                 embd_pdrop=0.0, rope_scaling=None, pad_token_id=0, original_max_position_embeddings=64),
}
LENGTH = {"llama3": 48, "llama-dynamic": 24, "llama-bf16": 12, "llama-f16": 12}
NOTES = {
    "llama3": "T=48 is longer than original_max_position_embeddings=32; head_dim 16 has rotary wavelengths in all three bands",
    "llama-dynamic": "golden: T=24, beyond max_position_embeddings=16, so the base grows; golden-within: T=12, no scaling. "
                     "Greedy generation starts within 16 positions and ends beyond: see golden.json generate_note",
    "gemma": "hidden_act says gelu as in the first Gemma release; transformers uses gelu_pytorch_tanh. head_dim*heads != hidden",
    "gemma2": "layers 0 and 2 slide (window 6 < T), layer 1 is full; caps are low so that they bend the values; "
              "query_pre_attn_scalar != head_dim",
    "mistral": "sliding_window 6 < T: a token sees itself and the 5 before it",
    "qwen2": "q, k, v have biases, o has none; the window is configured but switched off; two shards",
    "qwen3": "RMS norm over head_dim on q and k before the rotation; tied",
    "phi3": "fused qkv_proj and gate_up_proj; sliding_window 10 < T",
    "llama-bias": "attention_bias and mlp_bias",
}


def randomise(model, generator):
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "norm" in name:
            noise = parameter.data + 0.2 * noise  # Llama's norms start at 1, Gemma's at 0
        elif name.endswith("bias"):
            noise = 0.3 * noise
        elif "embed_tokens" in name:
            noise = 0.5 * noise
        else:
            noise = noise * 1.2 / parameter.shape[1] ** 0.5
        parameter.data.copy_(noise)


def load(folder, kind=AutoModelForCausalLM, dtype=torch.float32):
    return kind.from_pretrained(folder, attn_implementation="eager", dtype=dtype).eval()


def batch(vocab, rows, length, generator):
    ids = torch.randint(3, vocab, (rows, length), generator=generator)
    mask = (torch.rand(rows, length, generator=generator) < 0.7).float()
    mask[:, 0] = 0
    return ids, mask


def logps_of(logits, ids):
    logps = torch.log_softmax(logits[:, :-1].float(), -1).gather(2, ids[:, 1:, None])[..., 0]
    return torch.cat([torch.zeros_like(logps[:, :1]), logps], 1)


def evaluate(model, ids, mask, with_gradient=True):
    model.zero_grad()
    logits = model(input_ids=ids, use_cache=False).logits
    logps = logps_of(logits, ids)
    loss = -(mask * logps).sum()
    result = dict(input_ids=ids, mask=mask, logits=logits.detach(), logps=logps.detach(), loss=loss.detach()[None])
    if with_gradient:
        loss.backward()
        result |= {"grad." + n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    return {k: v.contiguous().clone() for k, v in result.items()}


def greedy(model, prompt, count):
    out = model.generate(prompt[None], max_new_tokens=count, do_sample=False, return_dict_in_generate=True,
                         output_scores=True, eos_token_id=None, pad_token_id=0)
    gaps = [float(s.topk(2, -1).values.diff().abs()) for s in out.scores]
    ids = out.sequences[0, len(prompt):].clone()
    return {"generate.prompt": prompt, "generate.ids": ids}, min(gaps)


def save(folder, model, config, shards=False):
    """The hub's layout: transformers 4 config, weights under the names that a published checkpoint has."""
    model.save_pretrained(folder, max_shard_size="60KB" if shards else "50GB")
    (folder / "config.json").rename(folder / "config.v5.json")
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_json(folder / "config.json", config)


def describe(folder, name, config, loss, gap, **more):
    write_json(folder / "golden.json", dict(
        model=name, versions=versions("torch", "transformers"), attention="eager", dtype="float32",
        loss=loss, smallest_greedy_gap=gap, notes=NOTES.get(name, ""), **more))


def causal(name, config):
    folder = golden("torch", "models", name)
    shutil.rmtree(folder)
    folder.mkdir()
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config), attn_implementation="eager")
    randomise(model, generator)
    save(folder, model, config, shards=name == "qwen2")
    model = load(folder)
    ids, mask = batch(config["vocab_size"], 2, LENGTH.get(name, 20), generator)
    values = evaluate(model, ids, mask)
    more = {}
    if name == "llama-dynamic":
        save_file(evaluate(load(folder), ids[:, :12], mask[:, :12]), folder / "golden-within.safetensors")
        more["generate_note"] = ("with a cache, keys rotated before the base grew stay as they were, so cached dynamic "
                                 "scaling is no pure function of the text; this is what transformers does")
    generated, gap = greedy(load(folder), ids[0, :7], 12)
    save_file(values | generated, folder / "golden.safetensors")
    describe(folder, name, config, float(values["loss"]), gap, **more)


def half(name, dtype):
    """The llama checkpoint rounded to half precision; fp32 values are computed on the rounded weights."""
    folder = golden("torch", "models", name)
    config = dict(MODELS["llama"], torch_dtype=str(dtype).removeprefix("torch."))
    model = load(golden("torch", "models", "llama")).to(dtype)
    save(folder, model, config)
    ids, mask = batch(config["vocab_size"], 2, LENGTH[name], torch.Generator().manual_seed(7))
    values = evaluate(load(folder), ids, mask, with_gradient=False)
    with torch.no_grad():
        values["logits.half"] = load(folder, dtype=dtype)(input_ids=ids).logits.contiguous()
    save_file(values, folder / "golden.safetensors")
    describe(folder, name, config, float(values["loss"]), None,
             half_note="logits in fp32 on the rounded weights; logits.half computed in the stored dtype")


def reward():
    name, folder = "llama-seqcls", golden("torch", "models", "llama-seqcls")
    config = dict(MODELS["llama"], architectures=["LlamaForSequenceClassification"], id2label={"0": "LABEL_0"},
                  label2id={"LABEL_0": 0}, pad_token_id=0)
    generator = torch.Generator().manual_seed(21)
    loaded = AutoConfig.for_model(**config)
    model = AutoModelForSequenceClassification.from_config(loaded, attn_implementation="eager")
    randomise(model, generator)
    save(folder, model, config)
    model = load(folder, AutoModelForSequenceClassification)
    ids, _ = batch(80, 3, 14, generator)
    lengths = torch.tensor([14, 9, 11])
    for row, length in enumerate(lengths.tolist()):
        ids[row, length:] = 0
    attention = (torch.arange(14)[None] < lengths[:, None]).long()
    scores = model(input_ids=ids, attention_mask=attention, use_cache=False).logits[:, 0]
    scores.sum().backward()
    values = dict(input_ids=ids, lengths=lengths, scores=scores.detach().clone())
    values |= {"grad." + n: p.grad.clone() for n, p in model.named_parameters()}
    save_file(values, folder / "golden.safetensors")
    write_json(folder / "golden.json", dict(
        model=name, versions=versions("torch", "transformers"), scores=scores.tolist(),
        notes="score.weight [1,H] without bias on the state of the last token that is not padding (0), rows padded right; "
              "grad.* of the sum of scores"))


def lora():
    from peft import LoraConfig, PeftModel, get_peft_model

    folder = golden("torch", "models", "llama-lora")
    base = golden("torch", "models", "llama")
    generator = torch.Generator().manual_seed(22)
    model = get_peft_model(load(base), LoraConfig(
        r=4, lora_alpha=12, lora_dropout=0.0, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM",
        base_model_name_or_path="../llama"))
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "../llama"
    write_json(folder / "adapter_config.json", {k: sorted(v) if isinstance(v, list) else v for k, v in sorted(config.items())})
    model = PeftModel.from_pretrained(load(base), folder, is_trainable=True).eval()
    ids, mask = batch(80, 2, 20, generator)
    values = evaluate(model, ids, mask)
    values = {k.replace("grad.base_model.model.", "grad.").replace(".default.weight", ".weight"): v for k, v in values.items()}
    merged = model.merge_and_unload()
    with torch.no_grad():
        values["logits.merged"] = merged(input_ids=ids).logits.contiguous()
    values["merged.model.layers.1.mlp.down_proj.weight"] = merged.model.layers[1].mlp.down_proj.weight.data.clone()
    save_file(values, folder / "golden.safetensors")
    write_json(folder / "golden.json", dict(
        model="llama-lora", versions=versions("torch", "transformers", "peft"), base="../llama",
        loss=float(values["loss"]), notes="scale = lora_alpha / r = 3; grad.* are those of the lora_A and lora_B matrices "
        "with the base frozen; logits.merged after merge_and_unload; one merged matrix as sample"))


def main(names):
    repeatable(0)
    for name, config in MODELS.items():
        if not names or name in names:
            causal(name, config)
            print(name)
    extra = {"llama-bf16": lambda: half("llama-bf16", torch.bfloat16),
             "llama-f16": lambda: half("llama-f16", torch.float16), "llama-seqcls": reward, "llama-lora": lora}
    for name, make in extra.items():
        if not names or name in names:
            make()
            print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
