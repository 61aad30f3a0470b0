"""A tiny random PairRM (DeBERTa-v2 as microsoft/deberta-v3, LLM-Blender's ranking head) and what it scores.

    /work/venv/bin/python tools/oracle/pairrm.py

The head, the collator and the full comparison are LLM-Blender's own classes (llm-blender 0.0.2: pair_ranker/ranker.py,
collator.py, gpt_eval/utils.py), the encoder is transformers'. Writes torch/src/test/resources/golden/pairrm/:
  config.json          encoder configuration plus the head's and the prefix ids, keys as llm-blender/PairRM-hf has them
  model.safetensors    pretrained_model.* and head_layer.{1,4}.{weight,bias}, the names of both published checkpoints
  tokenizer.json       a Unigram tokenizer shaped as DeBERTa-v3's: [CLS] text [SEP], four added prefix tokens
  golden.safetensors   per case n: n.input_ids [T], n.left, n.right [tasks], n.logit [1]; in some cases also
                       n.hidden [T,H] (last layer) and, for finding a fault, n.embeddings and n.layer0
  golden.json          texts -> ids, comparison matrices, scores and ranks; both truncation rules
"""

import collections
import importlib
import json
import math
import shutil
import sys
import types
from importlib.metadata import distribution

from common import golden, repeatable, versions, write_json

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, decoders, processors
from transformers import DebertaV2Config, DebertaV2Model, PreTrainedTokenizerFast

CONFIG = dict(
    model_type="deberta-v2", architectures=["DebertaV2PairRM"], attention_probs_dropout_prob=0.1, hidden_act="gelu",
    hidden_dropout_prob=0.1, hidden_size=32, initializer_range=0.02, intermediate_size=48, max_position_embeddings=32,
    relative_attention=True, position_buckets=8, norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type="p2c|c2p",
    layer_norm_eps=1e-7, max_relative_positions=-1, position_biased_input=False, num_attention_heads=4,
    num_hidden_layers=2, type_vocab_size=0, pad_token_id=0, pooler_dropout=0, pooler_hidden_act="gelu",
    n_tasks=1, drop_out=0.05, source_maxlength=48, candidate_maxlength=24, torch_dtype="float32",
)
SOURCES = [
    "user: Which river flows through Vienna?",
    "user: Write two lines about rain.\nassistant: Rain falls on the roof.\nuser: Now about snow, please.",
    "user: " + " ".join(f"word{i} and the number {i * i}," for i in range(12)) + " what comes next?",
]
CANDIDATES = [
    ["The Danube flows through Vienna.", "I do not know.", "The Danube.", "Vienna is a city in Austria. " * 5],
    ["Snow is quiet and white.", "", "Snow falls on the quiet roof. [SEP] Ice!", "Snow is quiet and white."],
    ["word12 and the number 144,", "The list ends here.", "Quadratzahlen: 144, 169 – schön!", "no"],
]


def blender(module):
    """One module of llm-blender without its package's imports (spaCy, vLLM and more)."""
    root = distribution("llm-blender").locate_file("llm_blender")
    for name in ("llm_blender", "llm_blender.pair_ranker", "llm_blender.gpt_eval"):
        if name not in sys.modules:
            package = types.ModuleType(name)
            package.__path__ = [str(root / "/".join(name.split(".")[1:]))]
            sys.modules[name] = package
    return importlib.import_module("llm_blender." + module)


def vocabulary(texts):
    """Unigram pieces with log-frequencies. Counted here, since the library's trainer depends on hash order."""
    words = collections.Counter("▁" + word for text in texts for word in text.replace("\n", " ").split())
    pieces = collections.Counter()
    for word, count in words.items():
        for start in range(len(word)):
            for end in range(start + 2, min(len(word), start + 8) + 1):
                pieces[word[start:end]] += count * (end - start - 1)
    chosen = [piece for piece, _ in sorted(pieces.items(), key=lambda item: (-item[1], item[0]))[:90]]
    characters = sorted({c for word in words for c in word} | {"▁"})
    total = sum(pieces.values())
    return ([(token, 0.0) for token in ("[PAD]", "[CLS]", "[SEP]", "[UNK]")] + [(c, -10.0) for c in characters]
            + [(p, round(math.log(pieces[p] / total), 6)) for p in chosen])


def tokenizer():
    texts = SOURCES + sum(CANDIDATES, []) + ["The quick brown fox jumps over the lazy dog. 0123456789 user: assistant:"]
    tokens = Tokenizer(models.Unigram(vocabulary(texts), unk_id=3))
    tokens.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\n", " ")])
    tokens.pre_tokenizer = pre_tokenizers.Metaspace()
    tokens.decoder = decoders.Metaspace()
    tokens.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokens, pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
                                   unk_token="[UNK]", model_max_length=512)
    if not hasattr(fast, "batch_encode_plus"):  # LLM-Blender is older than transformers 5, which dropped the name
        fast.batch_encode_plus = fast.__call__
    return fast


class Settings(types.SimpleNamespace):
    n_tasks = 1; num_pos = num_neg = 1; sub_sampling_mode = "all_pair"; sub_sampling_ratio = 0.5
    loss_type = "instructgpt"; drop_out = 0.05; inference_mode = "full"


def build(tokens):
    config = dict(CONFIG, vocab_size=len(tokens) + 5, sep_token_id=tokens.sep_token_id,
                  source_prefix_id=tokens.source_prefix_id, cand_prefix_id=tokens.cand_prefix_id,
                  cand1_prefix_id=tokens.cand1_prefix_id, cand2_prefix_id=tokens.cand2_prefix_id)
    encoder = DebertaV2Model(DebertaV2Config(**config))
    encoder.config.out_hidden_state_size = config["hidden_size"]
    ranker = blender("pair_ranker.ranker").CrossCompareReranker(encoder, Settings(), tokens).eval()
    generator = torch.Generator().manual_seed(5)
    for name, parameter in ranker.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "LayerNorm.weight" in name:
            noise = 1 + 0.2 * noise
        elif name.endswith("bias"):
            noise = 0.3 * noise
        elif "embeddings" not in name:
            noise = noise * 1.2 / parameter.shape[-1] ** 0.5
        parameter.data.copy_(noise)
    return config, ranker


def triple(collated, tokens, ranker, i, j):
    one, two = collated["candidate_ids"][0, i].clone(), collated["candidate_ids"][0, j].clone()
    one[one == tokens.cand_prefix_id] = tokens.cand1_prefix_id
    two[two == tokens.cand_prefix_id] = tokens.cand2_prefix_id
    ids, mask = ranker.cat_ids(
        collated["source_ids"][0][None], collated["source_attention_mask"][0][None],
        one[None], collated["candidate_attention_mask"][0, i][None],
        two[None], collated["candidate_attention_mask"][0, j][None])
    return ids[0][mask[0] == 1]


@torch.no_grad()
def main():
    repeatable(5)
    folder = golden("torch", "pairrm")
    shutil.rmtree(folder)
    folder.mkdir()
    tokens = tokenizer()
    collator = blender("pair_ranker.collator").CrossCompareCollator(
        CONFIG["source_maxlength"], tokens, CONFIG["candidate_maxlength"])
    config, ranker = build(tokens)
    write_json(folder / "config.json", config)
    save_file({k: v.contiguous() for k, v in ranker.state_dict().items()}, folder / "model.safetensors")
    tokens.backend_tokenizer.no_truncation()
    tokens.backend_tokenizer.no_padding()
    (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokens.backend_tokenizer.to_str()), ensure_ascii=False) + "\n")

    utilities = blender("gpt_eval.utils")
    values, cases, rankings = {}, [], []
    for row, (source, candidates) in enumerate(zip(SOURCES, CANDIDATES)):
        # A batch of one row: LLM-Blender's candidate budget depends on the longest source of the batch.
        collated = collator([dict(source=source, candidates=candidates)])
        matrix = ranker._full_predict(**collated)["logits"][0]
        scores = utilities.get_scores_from_cmps(matrix[None].numpy())[0]
        used = int(collated["source_attention_mask"].sum())
        rankings.append(dict(
            source=source, candidates=candidates, matrix=matrix.tolist(), scores=scores.tolist(),
            ranks=[int(r) for r in utilities.get_ranks_from_scores(scores[None])[0]], source_tokens=used,
            candidate_budget=CONFIG["candidate_maxlength"] + (CONFIG["source_maxlength"] - used) // 2))
        for i, j in [(0, 1), (1, 0), (0, 3), (2, 3)]:
            ids = triple(collated, tokens, ranker, i, j)
            states = ranker.pretrained_model(ids[None], torch.ones_like(ids[None]), output_hidden_states=True).hidden_states
            at = [int((ids == x).nonzero()[0]) for x in
                  (tokens.source_prefix_id, tokens.cand1_prefix_id, tokens.cand2_prefix_id)]
            last = states[-1][0]
            left = ranker.head_layer(torch.cat([last[at[0]], last[at[1]]]))
            right = ranker.head_layer(torch.cat([last[at[0]], last[at[2]]]))
            logit = (left - right).mean()
            assert abs(logit - matrix[i, j]) < 1e-4, (logit, matrix[i, j])
            n = len(cases)
            values |= {f"{n}.input_ids": ids, f"{n}.left": left, f"{n}.right": right, f"{n}.logit": logit[None]}
            if (i, j) == (2, 3):
                values |= {f"{n}.hidden": last, f"{n}.embeddings": states[0][0], f"{n}.layer0": states[1][0]}
            cases.append(dict(row=row, left=i, right=j, length=len(ids), logit=float(logit)))
    save_file({k: v.contiguous().clone() for k, v in values.items()}, folder / "golden.safetensors")
    example = np.array([[[0, 1, -2], [-0.5, 0, 0.3], [1.5, -0.1, 0]]])
    example_scores = utilities.get_scores_from_cmps(example)
    write_json(folder / "golden.json", dict(
        versions=versions("torch", "transformers", "llm-blender"), cases=cases, rankings=rankings,
        matrix_example=dict(matrix=example[0].tolist(), scores=example_scores[0].tolist(),
                            ranks=[int(r) for r in utilities.get_ranks_from_scores(example_scores)[0]]),
        notes=["input = [CLS] <|source|> source [SEP] [CLS] <|candidate1|> ... [SEP] [CLS] <|candidate2|> ... [SEP]",
               "the literal text of the separator token inside a source or candidate is replaced by a space",
               "lengths count [CLS], the prefix and [SEP]; truncation cuts at the right, before [SEP]",
               "logit = mean over tasks of head([source; candidate1]) - head([source; candidate2]); head = Linear 2H->H, tanh, Linear H->tasks",
               "matrix[i][j] = logit with i on the left; scores are LLM-Blender's max_logits policy",
               "relative positions of 32 and more exist in the cases, beyond max_position_embeddings"]))
    print(len(cases), "cases", [r["ranks"] for r in rankings], [r["source_tokens"] for r in rankings])


if __name__ == "__main__":
    main()
