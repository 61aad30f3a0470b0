"""The fixed texts of lm-evaluation-harness's tasks (lm_eval 0.4.13, MIT licence) as one resource of Lion.

    /work/venv/bin/python tools/oracle/lm_eval_tasks.py

Writes align/src/main/resources/org/lionalign/align/eval/harness/tasks.json: MMLU's subjects with group and description, the
24 multiple-choice subtasks of BBH with description, choices and few-shot examples.
"""

import re

from common import REPOSITORY, versions, write_json

import lm_eval
import yaml
from pathlib import Path

TASKS = Path(lm_eval.__file__).parent / "tasks"


def load(path):
    text = re.sub(r"!function \S+", "null", path.read_text(encoding="utf-8"))
    return yaml.safe_load(text)


def mmlu():
    found = []
    for group in load(TASKS / "mmlu/default/_mmlu.yaml")["task"]:
        for path in sorted((TASKS / "mmlu/default").glob("mmlu_*.yaml")):
            task = load(path)
            if task.get("tag") == f"{group}_tasks":
                found.append(dict(name=task["task"], subject=task["dataset_name"], group=group, description=task["description"]))
    return found


def bbh():
    found = []
    for name in load(TASKS / "leaderboard/bbh_mc/_leaderboard_bbh.yaml")["task"]:
        task = load(TASKS / f"leaderboard/bbh_mc/{name.removeprefix('leaderboard_bbh_')}.yaml")
        assert task["task"] == name and task["fewshot_config"]["sampler"] == "first_n"
        found.append(dict(name=name, file=task["dataset_name"], description=task["description"], choices=task["doc_to_choice"],
                          samples=task["fewshot_config"]["samples"]))
    return found


made = dict(source="EleutherAI/lm-evaluation-harness, lm_eval/tasks: mmlu/default, leaderboard/bbh_mc; MIT licence, Copyright (c) 2020 EleutherAI",
            versions=versions("lm_eval"), mmlu=mmlu(), bbh=bbh())
assert len(made["mmlu"]) == 57 and len(made["bbh"]) == 24
write_json(REPOSITORY / "align/src/main/resources/org/lionalign/align/eval/harness/tasks.json", made)
