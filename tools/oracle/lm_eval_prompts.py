"""lm-evaluation-harness's exact requests and metrics on invented questions.

    /work/venv/bin/python tools/oracle/lm_eval_prompts.py                 # the goldens
    /work/venv/bin/python tools/oracle/lm_eval_prompts.py --shared OUT    # the same from /work/shared/data, for comparing
                                                                          # locally; its output is never committed

The harness's own task files, few-shot samplers and metrics run (lm_eval 0.4.13); only the download of a data set is
replaced by rows of the same columns, and the model by one whose answers are a function of the text. Writes
align/src/test/resources/golden/eval/lm_eval_<task>.json: data (train, test, as the hub has them), per question context,
continuations, the [log-likelihood, is greedy] that the model answered (or its text), and the harness's metrics for it;
then the task's averages. Few-shot examples of BBH and TruthfulQA's preamble come from the harness (MIT licence).
"""

import gzip
import hashlib
import json
import logging
import random
import re
import sys
import tempfile
from pathlib import Path

from common import golden, versions, write_json

import datasets
import lm_eval
import lm_eval.tasks
from lm_eval.api.model import LM

logging.disable(logging.WARNING)
TASKS = {  # our name -> (harness task, shots; None: the task's own)
    "arc_challenge": ("arc_challenge", 25), "hellaswag": ("hellaswag", 10), "truthfulqa_mc1": ("truthfulqa_mc1", None),
    "truthfulqa_mc2": ("truthfulqa_mc2", None), "winogrande": ("winogrande", 5), "gsm8k": ("gsm8k", 5),
    "mmlu_abstract_algebra": ("mmlu_abstract_algebra", 5), "mmlu_us_foreign_policy": ("mmlu_us_foreign_policy", 5),
    "leaderboard_mmlu_pro": ("leaderboard_mmlu_pro", None), "leaderboard_bbh_date_understanding": ("leaderboard_bbh_date_understanding", None),
    "leaderboard_bbh_boolean_expressions": ("leaderboard_bbh_boolean_expressions", None),
    "leaderboard_musr_murder_mysteries": ("leaderboard_musr_murder_mysteries", None),
    "leaderboard_gpqa_diamond": ("leaderboard_gpqa_diamond", None), "leaderboard_math_prealgebra_hard": ("leaderboard_math_prealgebra_hard", None),
    "bbh_cot_fewshot_date_understanding": ("bbh_cot_fewshot_date_understanding", None),
}
WORDS = "river stone lamp garden bridge market winter coffee engine paper ocean forest letter number silver orange é–x 50% a/b".split()


def digest(*texts):
    return int.from_bytes(hashlib.sha256("\x00".join(texts).encode()).digest()[:6], "big")


class Answering(LM):
    """Log-likelihoods and texts that depend on the request alone; with a lean to the right answers would be cheating."""

    def loglikelihood(self, requests):
        made = []
        for request in requests:
            context, continuation = request.args
            value = -0.2 * len(continuation) - digest(context, continuation) % 9973 / 1000
            made.append((round(value, 3), digest(continuation, context) % 3 == 0))
        return made

    def loglikelihood_rolling(self, requests):
        raise NotImplementedError

    def generate_until(self, requests):
        return [self.text(request.args[0]) for request in requests]

    def text(self, context):
        sums = re.findall(r"Ann has (\d+) .*? and gets (\d+) ", context)
        if not sums:
            return TEXTS[digest(context) % len(TEXTS)]
        total = sum(map(int, sums[-1]))  # right in a third of the cases, in many spellings
        shapes = [" So #### {0}", " #### {0:,}", " #### ${0}", " #### {0}.", " #### {0}.00", " That makes ${0}.", " {0}", " #### {0} lamps", " ####{0}",
                  " #### 1\n#### {0}", " #### {0}\n#### 1", " It is {0:,}.", "\n#### {0}\n", " #### -{0}"]
        shape = shapes[digest(context) % len(shapes)]
        return shape.format(total if digest(context, "x") % 3 else total + 1)


TEXTS = [" She has 3 + 4 = 7 apples.\n#### 7", " The answer is 12.", " #### 1,234", " So $12.50 remain.\n#### $12.50", " #### -5 dogs", "",
         " 2 + 2 = 4. That is 4. #### 4.", " I do not know.", " First 10, then 20, at last 30", " ####7", " #### 7\n#### 8", " costs $1,000,000.",
         " So the answer is (B).", " So the answer is (A).\n", " so the answer is B", " So the answer is (C).", " So the answer is (D). So the answer is (E).", " So the answer is (F)", " Final Answer: The final answer is $7$. I hope it is correct.",
         " The answer is $\\boxed{\\frac{1}{2}}$.", " Final Answer: The final answer is $\\frac{1}{2}$. I hope it is correct."]


def words(draw, low, high):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(low, high)))


def invented(least=0):
    """Rows in the columns of the hub's data sets: name -> split -> rows; evaluated splits have at least so many."""
    draw = random.Random(101)

    def arc(i):
        labels = draw.choice([list("ABCD"), list("ABCD"), list("1234"), list("ABC"), list("ABCDE")])
        return dict(id=f"q{i}", question=f"Which {words(draw, 2, 6)} number {i}?", answerKey=draw.choice(labels),
                    choices=dict(text=[words(draw, 1, 4) for _ in labels], label=labels))

    def hellaswag(i):
        return dict(ind=i, activity_label=draw.choice(["Fixing a roof", "Sports and Fitness", "clean and jerk"]), ctx_a=f"A man {words(draw, 3, 7)} {i}.",
                    ctx_b=draw.choice(["the lady", "he", "", "then [substeps] they"]), split="train",
                    endings=[words(draw, 3, 6) + draw.choice([".", " [title] Do it", " [step] then  go.", ""]) for _ in range(4)], label=str(draw.randrange(4)))

    def truthfulqa(i):
        def targets(rights, count):
            labels = [1] * rights + [0] * (count - rights)
            return dict(choices=[words(draw, 2, 5) + "." for _ in labels], labels=labels)
        return dict(question=f"Is it true that {words(draw, 2, 5)} {i}?", mc1_targets=targets(1, draw.randint(3, 5)),
                    mc2_targets=targets(draw.randint(1, 3), draw.randint(4, 7)))

    def winogrande(i):
        return dict(sentence=f"The {words(draw, 1, 3)} {i} did not fit the box because _ was too {words(draw, 1, 2)}.", option1="the " + draw.choice(WORDS),
                    option2="the " + draw.choice(WORDS), answer=draw.choice("12"))

    def gsm8k(i):
        a, b = draw.randint(1, 900), draw.randint(1, 900)
        return dict(question=f"Ann has {a} {draw.choice(WORDS)}s and gets {b} ({i}). How many?", answer=f"She has {a}+{b}=<<{a}+{b}={a + b}>>{a + b}.\n#### {a + b:,}")

    def mmlu(i):
        return dict(question=draw.choice(["", " "]) + f"What is {words(draw, 2, 6)} {i}?" + draw.choice(["", " \n"]), subject="x",
                    choices=[words(draw, 1, 3) for _ in range(4)], answer=draw.randrange(4))

    def mmlu_pro(i):
        options = [words(draw, 1, 3) for _ in range(draw.choice([10, 10, 9, 4]))]
        at = draw.randrange(len(options))
        return dict(question_id=i, question=f"Which is {words(draw, 2, 5)} {i}?", options=options, answer="ABCDEFGHIJ"[at], answer_index=at,
                    cot_content="", category="x", src="x")

    def date(i):
        return dict(input=f"Today is {draw.randint(1, 12)}/{draw.randint(1, 28)}/20{draw.randint(10, 30)}. What is tomorrow ({i})?\nOptions:\n(A) x\n(B) y\n(C) z\n(D) u\n(E) v\n(F) w",
                    target=f"({draw.choice('ABCDEF')})")

    def boolean(i):
        return dict(input=f"not ( True and {draw.choice(['True', 'False'])} ) or {draw.choice(['True', 'False'])} is", target=draw.choice(["True", "False"]))

    def musr(i):
        names = draw.sample(["Ada", "Bob", "Cleo's aunt", "Dora"], 2)
        return dict(narrative=f"In {words(draw, 4, 8)} {i}.", question="Who is the most likely murderer?", choices=str(names), answer_index=draw.randrange(2),
                    answer_choice=draw.choice(names))

    def gpqa(i):
        row = {"Question": f" What is {words(draw, 2, 4)} {i}?\n", "Correct Answer": words(draw, 1, 3) + "  [1] x "}
        return row | {f"Incorrect Answer {n}": words(draw, 1, 3) + ("\n" if n == 2 else "") for n in (1, 2, 3)}

    def math(i):
        answer = draw.choice(["7", "\\frac{1}{2}", "12", "0.5", "x+1", "1{,}234"])
        return dict(problem=f"Compute {words(draw, 1, 3)} ${i}+1$.", level=draw.choice(["Level 5", "Level 5", "Level 3"]), type="Prealgebra",
                    solution=f"We see that it is $\\boxed{{{answer}}}$.")

    def many(make, count):
        return [make(i) for i in range(count)]

    def asked(make, count):
        return many(make, max(count, least))

    sets = {
        "allenai/ai2_arc": dict(train=many(arc, 40), validation=many(arc, 3), test=asked(arc, 10)),
        "Rowan/hellaswag": dict(train=many(hellaswag, 24), validation=asked(hellaswag, 8), test=many(hellaswag, 2)),
        "truthfulqa/truthful_qa": dict(validation=asked(truthfulqa, 8)),
        "allenai/winogrande": dict(train=many(winogrande, 20), validation=asked(winogrande, 10)),
        "openai/gsm8k": dict(train=many(gsm8k, 20), test=many(gsm8k, 40)),
        "TIGER-Lab/MMLU-Pro": dict(validation=many(mmlu_pro, 7), test=asked(mmlu_pro, 8)),
        "SaylorTwift/bbh/date_understanding": dict(test=asked(date, 16)), "SaylorTwift/bbh/boolean_expressions": dict(test=asked(boolean, 8)),
        "TAUR-Lab/MuSR": dict(murder_mysteries=asked(musr, 6)), "Idavidrein/gpqa": dict(train=asked(gpqa, 8)),
        "DigitalLearningGmbH/MATH-lighteval": dict(train=many(math, 4), test=many(math, 14)),
        "cais/mmlu": dict(dev=many(mmlu, 5), validation=many(mmlu, 2), test=asked(mmlu, 9)),
    }
    sets["lukaemon/bbh"] = sets["SaylorTwift/bbh/date_understanding"]
    return sets


def shared():
    """The local real rows in the hub's columns; HellaSwag and WinoGrande have no training rows here, so validation serves."""
    root = Path("/work/shared/data")

    def rows(path):
        path = root / path
        data = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
        return [json.loads(line) for line in data.split("\n") if line]

    def arc(r):
        labels = list("ABCDE")[:len(r["choices"])]
        return dict(id="", question=r["question"], choices=dict(text=r["choices"], label=labels), answerKey=labels[r["gold"]])

    def hellaswag(r):
        activity, _, context = r["query"].partition(": ")
        return dict(ind=0, activity_label=activity, ctx_a=context, ctx_b="", split="", endings=r["choices"], label=str(r["gold"]))

    truthful = json.loads(gzip.decompress((root / "eval-inputs/truthfulqa/mc_task.json.gz").read_bytes()))
    truthful = [dict(question=r["question"], **{k: dict(choices=list(r[k]), labels=list(r[k].values())) for k in ("mc1_targets", "mc2_targets")}) for r in truthful]
    swag = [hellaswag(r) for r in rows("eval-inputs/hellaswag/validation.jsonl.gz")]
    wino = rows("eval-inputs/winogrande/validation.jsonl")
    bbh = {name: json.loads((root / f"eval-inputs/bbh/{name}.json").read_text())["examples"] for name in ("date_understanding", "boolean_expressions")}
    sets = {
        "allenai/ai2_arc": dict(train=[arc(r) for r in rows("eval-inputs/arc/challenge.train.jsonl.gz")], validation=[], test=[arc(r) for r in rows("eval-inputs/arc/challenge.test.jsonl.gz")]),
        "Rowan/hellaswag": dict(train=swag, validation=swag), "truthfulqa/truthful_qa": dict(validation=truthful),
        "allenai/winogrande": dict(train=wino, validation=wino),
        "openai/gsm8k": dict(train=rows("sft/gsm8k/train.jsonl") if (root / "sft/gsm8k/train.jsonl").exists() else rows("sft/gsm8k/train.jsonl.gz"), test=rows("eval-inputs/gsm8k/test.jsonl.gz")),
        **{f"SaylorTwift/bbh/{name}": dict(test=examples) for name, examples in bbh.items()}, "lukaemon/bbh": dict(test=bbh["date_understanding"]),
    }
    dev, test = rows("eval-inputs/mmlu/dev.jsonl"), rows("eval-inputs/mmlu/test.jsonl.gz")
    for subject in sorted({r["subject"] for r in dev}):
        sets[f"cais/mmlu/{subject}"] = dict(dev=[r for r in dev if r["subject"] == subject], test=[r for r in test if r["subject"] == subject])
    return sets


def serve(sets, seen):
    """Data sets lie on disk as downloaded ones do, so that what the harness maps over them is computed once and kept: GPQA's
    shuffle draws from the global generator at each call, and prompts and right answers would part."""
    folder = tempfile.TemporaryDirectory()

    def load_dataset(path=None, name=None, **ignored):
        key = next(k for k in (f"{path}/{name}", path) if k in sets)
        seen[:] = [key]
        place = Path(folder.name) / key
        if not place.exists():
            datasets.DatasetDict({split: datasets.Dataset.from_list(rows) for split, rows in sets[key].items() if rows}).save_to_disk(place)
        return datasets.load_from_disk(place)
    datasets.load_dataset = load_dataset
    return folder


def evaluate(task, shots, manager, limit=None):
    found = lm_eval.simple_evaluate(model=Answering(), task_manager=manager, tasks=[task], num_fewshot=shots, log_samples=True, bootstrap_iters=0, limit=limit, verbosity="ERROR")
    results = {k: plain(v) for k, v in found["results"][task].items() if isinstance(v, (int, float)) and "stderr" not in k}
    questions = []
    by_doc = {}
    for sample in found["samples"][task]:
        filtered = sample.get("filter", "none")
        arguments = [sample["arguments"][f"gen_args_{i}"] for i in range(len(sample["arguments"]))] if isinstance(sample["arguments"], dict) else sample["arguments"]
        arguments = [[a["arg_0"], a["arg_1"]] if isinstance(a, dict) else list(a) for a in arguments]
        metrics = {m: plain(sample[m]) for m in sample["metrics"]}
        if sample["doc_id"] in by_doc:
            by_doc[sample["doc_id"]]["filters"][filtered] = dict(metrics=metrics, extracted=plain(sample["filtered_resps"]))
            continue
        question = dict(doc_id=sample["doc_id"], target=plain(sample["target"]))
        if isinstance(arguments[0][1], str):
            contexts = [a[0] for a in arguments]
            question |= dict(context=contexts[0]) if len(set(contexts)) == 1 else dict(contexts=contexts)
            question |= dict(continuations=[a[1] for a in arguments], answers=[[float(r[0][0]), boolean(r[0][1])] for r in sample["resps"]], metrics=metrics)
        else:
            question |= dict(context=arguments[0][0], generation=arguments[0][1], answer=sample["resps"][0][0],
                             filters={filtered: dict(metrics=metrics, extracted=plain(sample["filtered_resps"]))})
        if task.startswith("leaderboard_gpqa"):
            question["shuffled"] = {k: sample["doc"][k] for k in ("choice1", "choice2", "choice3", "choice4", "answer")}
        by_doc[sample["doc_id"]] = question
        questions.append(question)
    return results, questions, found


def boolean(value):
    return value in (True, "True")


def plain(value):
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def main():
    local = "--shared" in sys.argv
    folder = Path(sys.argv[sys.argv.index("--shared") + 1]) if local else golden("align", "eval")
    folder.mkdir(parents=True, exist_ok=True)
    sets, seen = (shared() if local else invented()), []
    kept = serve(sets, seen)
    manager = lm_eval.tasks.TaskManager()
    for name, (task, shots) in TASKS.items():
        if local and any(part in name for part in ("mmlu_pro", "musr", "gpqa", "math")):
            continue
        results, questions, found = evaluate(task, shots, manager, 100 if local else None)
        config = found["configs"][task]
        write_json(folder / f"lm_eval_{name}.json", dict(
            versions=versions("lm_eval"), task=task, shots=found["n-shot"][task], seed=1234,
            doc_to_text=str(config.get("doc_to_text")), target_delimiter=config.get("target_delimiter", " "),
            fewshot_delimiter=config.get("fewshot_delimiter", "\n\n"), data=None if local else sets[seen[0]], results=results, questions=questions), indent=None)
        print(name, len(questions), results)
    if not local:
        chat(manager)
        group(sets)
    kept.cleanup()


class Chatting(Answering):
    tokenizer_name = "chatml"

    def apply_chat_template(self, messages, add_generation_prompt=True):
        text = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)
        return text + ("<|im_start|>assistant\n" if add_generation_prompt else "")

    def chat_template(self, chat_template=False):
        return "chatml"


def chat(manager):
    """Prompts through a chat template, few-shot examples in one turn or in many, with a system message or without."""
    cases = []
    for task, shots, system, turns in [("mmlu_abstract_algebra", 5, None, False), ("mmlu_abstract_algebra", 5, "Be brief.", True), ("winogrande", 5, None, True),
                                       ("leaderboard_bbh_date_understanding", None, "Be brief.", False), ("leaderboard_gpqa_diamond", None, None, False)]:
        found = lm_eval.simple_evaluate(model=Chatting(), task_manager=manager, tasks=[task], num_fewshot=shots, log_samples=True, bootstrap_iters=0, limit=2,
                                        system_instruction=system, apply_chat_template=True, fewshot_as_multiturn=turns)
        requests = [[list(argument) for argument in sample["arguments"]] for sample in found["samples"][task]]
        cases.append(dict(task=task, system=system, turns=turns, requests=requests))
    write_json(golden("align", "eval") / "lm_eval_chat.json", dict(versions=versions("lm_eval"), cases=cases), indent=None)


def group(sets):
    """MMLU's averages over 57 subjects of different sizes."""
    everything = sets["cais/mmlu"]

    def load_dataset(path=None, name=None, **ignored):
        count = 2 + digest(name) % 7
        return datasets.DatasetDict({split: datasets.Dataset.from_list(rows[:count] if split == "test" else rows) for split, rows in everything.items()})
    datasets.load_dataset = load_dataset
    found = lm_eval.simple_evaluate(model=Answering(), tasks=["mmlu"], num_fewshot=0, bootstrap_iters=0, verbosity="ERROR")
    rows = {k: dict(acc=v["acc,none"], size=found["n-samples"].get(k, {}).get("effective")) for k, v in found["results"].items()}
    write_json(golden("align", "eval") / "lm_eval_mmlu_group.json", dict(
        versions=versions("lm_eval"), results=rows, groups={k: v for k, v in found["group_subtasks"].items() if v},
        note="each group's acc is weighted by the number of questions of its subjects"), indent=None)
    print("mmlu", rows["mmlu"], rows["mmlu_stem"])


if __name__ == "__main__":
    main()
