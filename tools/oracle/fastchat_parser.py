"""What FastChat reads out of hundreds of judge answers, and its MT-Bench tables, on invented texts.

    /work/venv/bin/python tools/oracle/fastchat_parser.py

FastChat's run_judge_single and run_judge_pair (fschat 0.2.36, llm_judge/common.py) run; the judge's answer is handed to
them. Writes align/src/test/resources/golden/eval/:
  fastchat_parser.json     ratings: text -> rating (-1: none); pairs: text -> A, B, tie, error; pair_ratings likewise
  fastchat_aggregate.json  judgment rows -> means per turn and overall; pairwise rows -> wins, losses, ties, rates
"""

import contextlib
import importlib
import io
import itertools
import json
import random
import sys
import tempfile
import types
from importlib.metadata import distribution
from pathlib import Path

from common import golden, versions, write_json

import pandas as pd


def stub(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


class Conversation:
    roles = ("user", "assistant")

    def __init__(self):
        self.messages = []

    def set_system_message(self, text):
        pass

    def append_message(self, role, text):
        self.messages.append([role, text])


def fastchat():
    root = distribution("fschat").locate_file("fastchat")
    for name in ("fastchat", "fastchat.llm_judge"):
        stub(name, __path__=[str(Path(root) / "/".join(name.split(".")[1:]))])
    stub("openai")
    stub("anthropic")
    stub("fastchat.model")
    stub("fastchat.model.model_adapter", get_conversation_template=lambda model: Conversation(), OPENAI_MODEL_LIST=["gpt-4"],
         ANTHROPIC_MODEL_LIST=[])
    return importlib.import_module("fastchat.llm_judge.common")


QUESTION = dict(turns=["Q1", "Q2"], question_id=1)
ANSWER = dict(choices=[dict(turns=["A1", "A2"])])


def parse(library, text, output_format):
    library.chat_completion_openai = lambda *ignored, **also: text
    template = dict(prompt_template="{question}", system_prompt="S", output_format=output_format)
    judge = library.Judge("gpt-4", template)
    if output_format == "[[rating]]":
        return library.run_judge_single(QUESTION, ANSWER, judge, None)[0]
    return library.run_judge_pair(QUESTION, ANSWER, ANSWER, judge, None)[0]


def texts():
    numbers = ["0", "1", "7", "10", "8.5", "8.", ".5", "9.25", "-3", "+4", "11", "100", "7/10", "8,5", "٧", "７", " 8 ", "", "5 ", "1e1",
               "N/A", "seven", "007", "08.5", "3.14.15", "10.0"]
    shapes = ["[[{}]]", "[{}]", "Rating: [[{}]]", "**Rating: [[{}]]**", "Rating: [{}].", "I give it [[{}]] out of 10.", "[[{}]",
              "[{}]]", "[[ {} ]]", "[[Rating: {}]]", "Rating: {}", "[[{}]][[2]]", "[3] then [[{}]]", "[{}] then [[4]]", "\n\n[[{}]]\n",
              "`[[{}]]`", "[[[{}]]]", "[[\n{}]]", "See [1] and [2]. Rating: [{}]", "[[{}, 5]]"]
    made = [shape.format(number) for shape, number in itertools.product(shapes, numbers)]
    made += ["", "The answer cites array[0] and a[1][2]; it is good.", "Score 9", "[[10]] [[1]]", "[[x]] [6]", "[ [7] ]", "[[7 ]]", "[7.5.]"]
    return list(dict.fromkeys(made))


def pair_texts():
    marks = ["[[A]]", "[[B]]", "[[C]]", "[A]", "[[a]]", "[[A]", "[[ B ]]", "[[Tie]]", "[[D]]", "A", ""]
    frames = ["{}", "My final verdict is: {}", "{} is better.\n", "**{}**", "Between {0} and nothing else: {0}"]
    made = [frame.format(mark) for frame, mark in itertools.product(frames, marks)]
    made += [f"{a} {b}" for a, b in itertools.permutations(["[[A]]", "[[B]]", "[[C]]"], 2)]
    return list(dict.fromkeys(made))


def pair_rating_texts():
    pairs = ["8,7", "7, 8", "7,7", "7.05,7.0", "7.0,7.15", "7.1,7.0", "8.5, 8.4", "10,1", "8;7", "8 ,7", "8,  7", "8", "a,b", "8,7,6", "0,0.1",
             "0.3,0.2", "8.0,8.1", "5.,4."]
    frames = ["[[{}]]", "[{}]", "Ratings: [[{}]].", "[[1,2]] [[{}]]", "[3,3] [[{}]]", "{}"]
    return list(dict.fromkeys(frame.format(pair) for frame, pair in itertools.product(frames, pairs)))


def tables(library):
    """display_result_single and _pairwise of FastChat, their printed frames caught before they are printed."""
    show = importlib.import_module("fastchat.llm_judge.show_result")
    draw = random.Random(81)
    single = [dict(question_id=q, model=m, judge=["gpt-4", "single-v1"], turn=t,
                   score=-1 if draw.random() < 0.05 else draw.choice([1, 3, 5, 6.5, 7, 8, 8.5, 9, 10]))
              for m in ("one", "two", "three") for q in range(81, 101) for t in (1, 2)]
    names = ["model_1", "model_2", "tie", "error"]
    pairwise = [dict(question_id=q, model_1=m, model_2="gpt-3.5-turbo", turn=1, g1_winner=draw.choices(names, [4, 3, 2, 0.3])[0],
                     g2_winner=draw.choices(names, [4, 3, 2, 0.3])[0]) for m in ("one", "two") for q in range(81, 121)]
    caught = []
    original = pd.DataFrame.sort_values

    def sort_values(frame, *rest, **keywords):
        caught.append(frame)
        return original(frame, *rest, **keywords)

    pd.DataFrame.sort_values = sort_values
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            for name, rows, run in (("s", single, show.display_result_single), ("p", pairwise, show.display_result_pairwise)):
                file = Path(folder) / f"{name}.jsonl"
                file.write_text("".join(json.dumps(row) + "\n" for row in rows))
                run(types.SimpleNamespace(input_file=str(file), bench_name="mt_bench", judge_model="gpt-4", model_list=None,
                                          baseline_model="gpt-3.5-turbo"))
    finally:
        pd.DataFrame.sort_values = original
    first, second, both, pairs = caught
    return dict(
        versions=versions("fschat", "pandas"), single=single,
        first_turn={m: s for (m, _), s in first["score"].items()}, second_turn={m: s for (m, _), s in second["score"].items()},
        average=both["score"].to_dict(), pairwise=pairwise,
        pairwise_table={m: {k: float(v) for k, v in row.items()} for m, row in pairs.to_dict(orient="index").items()},
        notes=["score -1 is no rating and left out of the means", "a pair counts as won only if both games name the same winner; "
               "pairs with an error are left out", "win_rate_adjusted = (win + tie / 2) / all"])


def main():
    library = fastchat()
    ratings = [dict(text=t, rating=parse(library, t, "[[rating]]")) for t in safe(library, texts(), "[[rating]]")]
    pairs = [dict(text=t, winner=parse(library, t, "[[A]]")) for t in pair_texts()]
    pair_ratings = [dict(text=t, winner=parse(library, t, "[[rating_a,rating_b]]"))
                    for t in safe(library, pair_rating_texts(), "[[rating_a,rating_b]]")]
    crashes = [t for t in texts() if t not in {r["text"] for r in ratings}]
    folder = golden("align", "eval")
    write_json(folder / "fastchat_parser.json", dict(
        versions=versions("fschat"), ratings=ratings, pairs=pairs, pair_ratings=pair_ratings, crashes_fastchat=crashes,
        notes=["first [[number]], else first [number], else -1; Python's \\d takes any Unicode digit; a number such as 007 or "
               "an Arabic-Indic digit makes FastChat itself fail (crashes_fastchat): Lion must not"]), indent=None)
    write_json(folder / "fastchat_aggregate.json", tables(library), indent=None)
    print(len(ratings), "ratings", len(pairs), "pairs", len(pair_ratings), "pair ratings", len(crashes), "crash", crashes[:4])


def safe(library, candidates, output_format):
    kept = []
    for text in candidates:
        try:
            parse(library, text, output_format)
            kept.append(text)
        except (SyntaxError, ValueError):
            pass
    return kept


if __name__ == "__main__":
    main()
