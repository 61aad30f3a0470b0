"""The judge prompts that FastChat and alpaca_eval themselves build from real questions and answers, as digests.

    /work/venv/bin/python tools/oracle/judge_prompts.py [../shared/data]

Texts of others are not copied into this repository, so the golden holds only the SHA-256 over all prompts of a suite:
align/src/test/resources/golden/eval/judge_prompts.json. Each message adds its role, a line break, its content and a zero byte.
"""

import gzip
import hashlib
import json
import sys
from pathlib import Path

from common import REPOSITORY, golden, versions, write_json
from fastchat_parser import Conversation, fastchat

import pandas as pd
from alpaca_eval import utils
from alpaca_eval.processors import RandomSwitchTwoColumnsProcessor

DATA = Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "../shared/data"


def rows(name):
    path = DATA / name
    text = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")
    return [json.loads(line) for line in text.read().split("\n") if line.strip()]


def digest(conversations):
    sha = hashlib.sha256()
    for messages in conversations:
        for role, content in messages:
            sha.update(f"{role}\n{content}\0".encode())
    return sha.hexdigest()


def mt_bench():
    library = fastchat()
    caught = []

    class Caught(Conversation):
        def __init__(self):
            super().__init__()
            caught.append(self)

        def set_system_message(self, text):
            self.system = text

    library.get_conversation_template = lambda model: Caught()
    library.chat_completion_openai = lambda *ignored, **also: "[[5]]"
    base = "eval-inputs/mt_bench/"
    prompts = {row["name"]: row for row in rows(base + "judge_prompts.jsonl")}
    references = {row["question_id"]: row for row in rows(base + "reference_answer_gpt-4.jsonl")}
    answers = {row["question_id"]: row for row in rows(base + "model_answer/gpt-3.5-turbo.jsonl.gz")}
    for turn in (1, 2):
        for question in rows(base + "question.jsonl"):
            needs = question["category"] in library.NEED_REF_CATS
            name = ("single-math-v1" if needs else "single-v1") + ("-multi-turn" if turn == 2 else "")
            library.run_judge_single(question, answers[question["question_id"]], library.Judge("gpt-4", prompts[name]),
                                     references[question["question_id"]] if needs else None, multi_turn=turn == 2)
    return [[("system", c.system), ("user", c.messages[0][1])] for c in caught]


def alpaca_eval():
    reference = rows("judged/alpaca_eval/reference_outputs.jsonl.gz")
    model = rows("judged/alpaca_eval/models/Qwen-14B-Chat.jsonl.gz")
    frame = pd.DataFrame([dict(instruction=r["instruction"], output_1=r["output"], output_2=m["output"]) for r, m in zip(reference, model)])
    switch = RandomSwitchTwoColumnsProcessor(["output_1", "output_2"], random_seed_columns=["instruction"],
                                             _switch_column="is_switched_outputs", seed=0)
    template = (DATA / "eval-inputs/alpaca_eval/judge_prompt_alpaca_eval_clf.txt").read_text(encoding="utf-8")
    prompts, _ = utils.make_prompts(switch.preprocess(frame), template)
    return [[(m["role"], m["content"]) for m in utils.prompt_to_chatml(p)] for p in prompts]


def main():
    out = dict(versions=versions("alpaca_eval", "fschat"))
    for name, conversations in (("mt_bench", mt_bench()), ("alpaca_eval", alpaca_eval())):
        out[name] = dict(prompts=len(conversations), sha256=digest(conversations))
    print(out)
    write_json(golden("align", "eval") / "judge_prompts.json", out)


if __name__ == "__main__":
    main()
