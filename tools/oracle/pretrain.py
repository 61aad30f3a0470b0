"""Golden loss and gradient norm of next-token training: transformers' causal-LM loss on the bundled model.

    /work/venv/bin/python tools/oracle/pretrain.py

Writes align/src/test/resources/golden/pretrain/{rows.jsonl,cub.json}. The rows are laid end to end, each ended by
<|endoftext|>, and cut into windows of WINDOW tokens; a window is one sequence (later documents see earlier ones), its first
token is no target. loss = sum of -log p over all targets of all windows / their number, as transformers' ForCausalLMLoss with
num_items_in_batch; the norm is that of the whole gradient in fp32, the tied embedding once.
"""

from common import REPOSITORY, golden, repeatable, versions, write_json

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

WINDOW = 96
ROWS = [
    "Dan lives close to the forest. Dan and Luna walk there every week.",
    "The numbers are 21, 8, 18, 9. From small to big: 8, 9, 18, 21\nHere are two animals: rabbit, wolf",
    "Long ago, there was a quiet rabbit named Zoe. Zoe and Omar were playing with a blue key by the lake. The end.",
    "18 minus 11 is 7.\nIf you add 10 and 12, you have 22.\n7 plus 8 is 15.",
    "Leo and Rosa talk. There are two lines.\nLeo: Good evening, Rosa!\nRosa: Good to see you, Leo!",
    "This is \"wagon\" five times: wagon wagon wagon wagon wagon",
    "A text that cub has never seen: <|im_end|> is spelled out here, and so is naïve 🦁.",
    "Once upon a time, there was a kind girl named Lily. Lily had a pink ball. She gave the ball to Tom. Tom was happy.",
]


def main():
    repeatable(1)
    folder = REPOSITORY / "models/cub"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    stream = []
    for row in ROWS:
        # Control tokens in a document's own text are plain text: split_special_tokens.
        stream += tokenizer(row, add_special_tokens=False, split_special_tokens=True)["input_ids"] + [0]
    windows = [stream[at:at + WINDOW] for at in range(0, len(stream), WINDOW)]
    targets = sum(len(window) - 1 for window in windows)
    loss = 0.0
    for window in windows:
        ids = torch.tensor([window])
        part = model(input_ids=ids, labels=ids, num_items_in_batch=targets, use_cache=False).loss
        part.backward()
        loss += float(part.detach().double())
    norm = float(torch.sqrt(sum(p.grad.double().pow(2).sum() for p in model.parameters())))
    out = golden("align", "pretrain")
    import json
    (out / "rows.jsonl").write_text("".join(json.dumps({"text": row}, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    write_json(out / "cub.json", dict(
        window=WINDOW, tokens=len(stream), targets=targets, ids=stream, loss=loss, grad_norm=norm,
        versions=versions("torch", "transformers", "tokenizers")))


if __name__ == "__main__":
    main()
