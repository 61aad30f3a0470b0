"""A random model of SmolLM2-135M's shape and the rows that every peer gets. Written outside the repository.

    /work/venv/bin/python bench/peers/make_inputs.py [--out /work/peers] [--tiny]

Writes model/ (Hugging Face layout with the SmolLM tokenizer), model.gguf (the same weights for llama.cpp, F32 or F16),
and as JSON lines: sft (input_ids, labels, messages), dpo (prompt_ids, chosen_ids, rejected_ids, chosen, rejected
as messages), prompts (input_ids, messages).
"""

import argparse
import gzip
import json
import re
import shutil
from pathlib import Path

DATA = Path("/work/shared/data")
SHAPE = dict(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
             num_key_value_heads=3, max_position_embeddings=8192, rope_theta=100000.0, rms_norm_eps=1e-5,
             tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=2)
TINY = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
TEMPLATE = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
            "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def read(path):
    data = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    return data.decode("utf-8")


def tokenizer(folder):
    from transformers import PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(read(DATA / "tokenizers/smollm/tokenizer.json"), encoding="utf-8")
    tokens = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), bos_token="<|im_start|>",
                                     eos_token="<|im_end|>", unk_token="<|endoftext|>", pad_token="<|im_end|>")
    tokens.chat_template = TEMPLATE
    tokens.save_pretrained(folder)
    return tokens


def turn(role, content):
    return f"<|im_start|>{role}\n{content}<|im_end|>\n"


def user(row):
    return row["instruction"] + ("\n\n" + row["input"] if row.get("input") else "")


def dialogue(text):
    """Anthropic's dialogues: turns behind "Human:" and "Assistant:"."""
    parts = re.split(r"\n\n(Human|Assistant):", text)
    roles = dict(Human="user", Assistant="assistant")
    return [dict(role=roles[who], content=said.strip()) for who, said in zip(parts[1::2], parts[2::2])]


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(path, len(rows))


def data(out, tokens):
    encode = lambda text: tokens(text, add_special_tokens=False)["input_ids"]
    sft, dpo = [], []
    for row in json.loads(read(DATA / "sft/alpaca/alpaca_en_demo.json")):
        prompt = encode(turn("user", user(row)) + "<|im_start|>assistant\n")
        answer = encode(row["output"] + "<|im_end|>")
        sft.append(dict(input_ids=(prompt + answer)[:1024], labels=([-100] * len(prompt) + answer)[:1024], messages=[
            dict(role="user", content=user(row)), dict(role="assistant", content=row["output"])]))
    for line in read(DATA / "preference/hh_rlhf/harmless-base.test.jsonl").split("\n"):
        if not line:
            continue
        chosen, rejected = (dialogue(json.loads(line)[side]) for side in ("chosen", "rejected"))
        if chosen[:-1] != rejected[:-1] or chosen == rejected:
            continue  # five pairs of 2,312 part earlier
        prompt = "".join(turn(m["role"], m["content"]) for m in chosen[:-1]) + "<|im_start|>assistant\n"
        dpo.append(dict(
            prompt_ids=encode(prompt), chosen_ids=encode(chosen[-1]["content"] + "<|im_end|>"),
            rejected_ids=encode(rejected[-1]["content"] + "<|im_end|>"), chosen=chosen, rejected=rejected))
    prompts = [json.loads(line) for line in read(DATA / "prompts/koala/koala_test_set.jsonl").split("\n") if line]
    prompts = [dict(input_ids=encode(turn("user", row["prompt"]) + "<|im_start|>assistant\n"),
                    messages=[dict(role="user", content=row["prompt"])]) for row in prompts]
    write(out / "sft.jsonl", sft)
    write(out / "dpo.jsonl", dpo)
    write(out / "prompts.jsonl", [row for row in prompts if len(row["input_ids"]) <= 256])


def model(out, shape):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    made = LlamaForCausalLM(LlamaConfig(**shape))  # transformers' own start: normal, 0.02
    made.save_pretrained(out / "model")
    print(out / "model", sum(p.numel() for p in made.parameters()), "parameters")
    return made


def gguf(out, made, tokens, shape):
    """The weights for llama.cpp; q and k rows reordered, since its rotary embedding pairs neighbours."""
    import gguf as library
    import torch

    heads, groups, layers = shape["num_attention_heads"], shape["num_key_value_heads"], shape["num_hidden_layers"]
    writer = library.GGUFWriter(out / "model.gguf", "llama")
    writer.add_context_length(shape["max_position_embeddings"])
    writer.add_embedding_length(shape["hidden_size"])
    writer.add_block_count(layers)
    writer.add_feed_forward_length(shape["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(groups)
    writer.add_rope_dimension_count(shape["hidden_size"] // heads)
    writer.add_rope_freq_base(shape["rope_theta"])
    writer.add_layer_norm_rms_eps(shape["rms_norm_eps"])
    writer.add_vocab_size(shape["vocab_size"])
    vocabulary = json.loads((out / "model/tokenizer.json").read_text(encoding="utf-8"))
    words = [None] * shape["vocab_size"]
    for word, index in vocabulary["model"]["vocab"].items():
        words[index] = word
    special = {added["id"] for added in vocabulary["added_tokens"]}
    for added in vocabulary["added_tokens"]:
        words[added["id"]] = added["content"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([word if word is not None else f"[unused{i}]" for i, word in enumerate(words)])
    writer.add_token_types([library.TokenType.CONTROL if i in special else library.TokenType.NORMAL for i in range(len(words))])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in vocabulary["model"]["merges"]])
    writer.add_bos_token_id(shape["bos_token_id"])
    writer.add_eos_token_id(shape["eos_token_id"])
    writer.add_add_bos_token(False)
    names = library.get_tensor_name_map(library.MODEL_ARCH.LLAMA, layers)
    for name, weight in made.state_dict().items():
        if name == "lm_head.weight":
            continue  # tied: llama.cpp takes the embedding
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            count = heads if "q_proj" in name else groups
            weight = weight.view(count, 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), weight.to(torch.float32).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(out / "model.gguf")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("/work/peers"))
    parser.add_argument("--tiny", action="store_true")
    chosen = parser.parse_args()
    shape = SHAPE | (TINY if chosen.tiny else {})
    shutil.rmtree(chosen.out, ignore_errors=True)
    tokens = tokenizer(chosen.out / "model")
    data(chosen.out, tokens)
    gguf(chosen.out, model(chosen.out, shape), tokens, shape)


if __name__ == "__main__":
    main()
