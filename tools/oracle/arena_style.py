"""Arena-Hard-Auto v0.1's style control on invented battles.

    /work/venv/bin/python tools/oracle/arena_style.py

The steps of lm-sys/arena-hard-auto (v0.1) construct_style_matrices, fit_bt and its bootstrap, and of add_markdown_info,
written down from their description: differences of token, header, list and bold counts over their sum plus one, standardised over
the battles; scikit-learn's LogisticRegression with its default ridge, no intercept, on doubled battles; 100 rounds by
numpy.random.choice with seed 42; the baseline at 1114. The official fit stops at tol 1e-4; this one goes to the optimum.
Writes align/src/test/resources/golden/eval/arena_style.json.
"""

import math
import re

from common import golden, versions, write_json

import numpy as np
from sklearn.linear_model import LogisticRegression

BASELINE = "gpt-4-0314"


def counts(text):
    for block in re.compile("```([^`]*)```").findall(text):
        text = text.replace(block, "")
    many = lambda pattern: len(re.findall(pattern, text, re.MULTILINE))
    return dict(header_count=sum(many(r"^#{%d}\s" % level) for level in range(1, 7)),
                list_count=many(r"^\s*\d+\.\s") + many(r"^\s*[-*+]\s"),
                bold_count=len(re.findall(r"\*\*[^*\n]+\*\*", text)) + len(re.findall(r"__[^_\n]+__", text)))


def fit(x, y):
    return LogisticRegression(fit_intercept=False, C=1.0, tol=1e-10, max_iter=10000).fit(x, y).coef_[0]


def ratings(coef, names):
    elo = 400 * coef[:len(names)] + 1000
    return elo + 1114 - elo[names.index(BASELINE)]


def main():
    random = np.random.default_rng(91)
    battles = []
    for model, strength, verbose in [("strong", 0.7, 1.5), ("weak", -0.6, 0.8), ("plain", 0.1, 1.0)]:
        for _ in range(70):
            a = [int(random.integers(100, 900)), int(random.integers(0, 5)), int(random.integers(0, 12)), int(random.integers(0, 9))]
            b = [max(1, int(v * verbose * random.uniform(0.4, 1.8))) if i == 0 else int(v * random.uniform(0.2, 2)) for i, v in enumerate(a)]
            margin = strength + 1.2 * (b[0] - a[0]) / (a[0] + b[0]) + random.normal(0, 1)
            winner = "tie" if abs(margin) < 0.25 else "model_b" if margin > 0 else "model_a"
            battles += [dict(model_a=BASELINE, model_b=model, winner=winner, style_a=a, style_b=b)] * (3 if abs(margin) > 1.5 else 1)
    names = [BASELINE, "strong", "weak", "plain"]
    n = len(battles)
    x = np.zeros([2 * n, len(names) + 4])
    for i, battle in enumerate(battles * 2):
        x[i, names.index(battle["model_a"])] = math.log(10)
        x[i, names.index(battle["model_b"])] = -math.log(10)
    a = np.array([b["style_a"] for b in battles * 2], dtype=float).T
    b = np.array([b["style_b"] for b in battles * 2], dtype=float).T
    style = (a - b) / (a + b + 1)
    x[:, -4:] = ((style - style.mean(axis=1, keepdims=True)) / style.std(axis=1, keepdims=True)).T
    winner = np.array([battle["winner"] for battle in battles])
    y = np.concatenate([(winner == "model_a") | (winner == "tie"), winner == "model_a"]).astype(float)
    coef = fit(x, y)
    elo = ratings(coef, names)
    np.random.seed(42)
    rounds = []
    for _ in range(100):
        rows = np.random.choice(list(range(n)), size=n, replace=True)
        tie = winner[rows] == "tie"
        _x = np.concatenate([x[rows[~tie]], x[rows[~tie]], x[rows[tie]], x[rows[tie] + n]])
        _y = np.concatenate([y[rows[~tie]], y[rows[~tie]], y[rows[tie]], y[rows[tie] + n]])
        rounds.append(ratings(fit(_x, _y), names).tolist())
    texts = ["# A\n## B\n####### C\n#D\n", "- a\n* b\n+ c\n  - d\n-e\n", "1. a\n 22. b\n3) c\n4.d\n", "**a** __b__ **c\nd** ** e **",
             "```\n# not a header\n- x\n```\n# a header", "text # A", "\n\n- a\n\n\n- b", "**a****b**", "``` ``` # x", "a\r\n- b\r\n# c",
             "- [ ] a\n-\u00a0b\n\u0661. c", "plain", "", "___a___ **\u00e9**", "```a```- b\n- b\n# b"]
    write_json(golden("align", "eval") / "arena_style.json", dict(
        versions=versions("scikit-learn", "numpy"), baseline=BASELINE, battles=battles, models=names,
        ratings=dict(zip(names, elo.tolist())), style_coefficients=coef[-4:].tolist(), bootstrap_ratings=rounds,
        win_rates={m: 50.0 if m == BASELINE else round(float(100 / (1 + 10 ** ((elo[0] - r) / 400))), 2) for m, r in zip(names, elo)},
        markdown=[dict(text=t, **counts(t)) for t in texts],
        notes=["style: tokens, headers, lists, bolds", "winner tie: a win and a loss of the doubled battle"]), indent=None)
    print(dict(zip(names, elo.round(2))), coef[-4:], n)


if __name__ == "__main__":
    main()
