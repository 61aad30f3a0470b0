"""Arena-Hard-Auto v0.1's statistics on invented judgments.

    /work/venv/bin/python tools/oracle/arena_hard.py

The steps of lm-sys/arena-hard-auto show_result.py (v0.1; no package on PyPI), written down from its description:
label regex, games to weighted battles (strong wins three times), Bradley-Terry as unpenalised logistic regression on
doubled battles, 100 bootstrap rounds by pandas with seed 42, percentiles 2.5 and 97.5, win rates against the baseline.
Writes align/src/test/resources/golden/eval/arena_hard.json. numpy's random numbers cannot be expected of Java, so the
file lists the ratings of every bootstrap round and the battles drawn in the first three.
"""

import math
import re

from common import golden, versions, write_json

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

LABELS = ["A>>B", "A>B", "A=B", "B>A", "B>>A"]
PATTERN = re.compile(r"\[\[([AB<>=]+)\]\]")
STRONG, ANCHOR = 3, "gpt-4-0314"


def label(text):
    """The score of one judgment: None without a label or with contradictory ones."""
    found = set(m for m in PATTERN.findall(text) if m != "")
    return found.pop().strip("\n") if len(found) == 1 else None


def battles(judgments, baseline, first_game_only=False):
    rows = []
    for row in judgments:
        for number, game in enumerate(row["games"][:1] if first_game_only else row["games"]):
            first, second = ("model_a", "model_b") if number == 0 else ("model_b", "model_a")  # game 2 is swapped
            winner, weight = {"A=B": ("tie", 1), "A>B": (first, 1), "A>>B": (first, STRONG), "B>A": (second, 1),
                              "B>>A": (second, STRONG)}.get(game["score"], (None, 0))
            rows += [dict(question_id=row["question_id"], model_a=baseline, model_b=row["model"], winner=winner)] * weight
    return pd.DataFrame(rows)


def bradley_terry(frame, tol=1e-8):
    names = pd.concat([frame["model_a"], frame["model_b"]]).unique()
    index = pd.Series(np.arange(len(names)), index=names)
    doubled = pd.concat([frame, frame], ignore_index=True)
    x = np.zeros([len(doubled), len(names)])
    x[np.arange(len(doubled)), index[doubled["model_a"]]] = +math.log(10)
    x[np.arange(len(doubled)), index[doubled["model_b"]]] = -math.log(10)
    y = np.zeros(len(doubled))
    y[doubled["winner"] == "model_a"] = 1.0
    ties = (doubled["winner"] == "tie").to_numpy().copy()
    ties[len(ties) // 2:] = False
    y[ties] = 1.0
    regression = LogisticRegression(fit_intercept=False, C=np.inf, tol=tol, max_iter=10000).fit(x, y)
    ratings = 400 * regression.coef_[0] + 1000
    if ANCHOR in index.index:
        ratings += 1000 - ratings[index[ANCHOR]]
    return pd.Series(ratings, index=names)


def win_rates(ratings, baseline):
    """Percent, rounded to two decimals as show_result does; the baseline itself has 50."""
    return {name: 50.0 if name == baseline else round(float(100 / (1 + 10 ** ((ratings[baseline] - r) / 400))), 2)
            for name, r in ratings.items()}


def summary(judgments, baseline):
    frame = battles(judgments, baseline)
    np.random.seed(42)
    ratings = bradley_terry(frame)
    rounds, drawn = [], []
    for _ in range(100):
        sample = frame.sample(frac=1.0, replace=True)
        drawn.append(sample.index.tolist())
        rounds.append(bradley_terry(sample))
    table = pd.DataFrame(rounds)
    low = {name: float(np.percentile(table[name], 2.5)) for name in ratings.index}
    high = {name: float(np.percentile(table[name], 97.5)) for name in ratings.index}
    names = list(ratings.index)
    rates, lows, highs = win_rates(ratings, baseline), win_rates(pd.Series(low), baseline), win_rates(pd.Series(high), baseline)
    exact = {}
    for name in names:
        mine = frame[frame["model_b"] == name]
        if len(mine) and name != baseline:
            won, lost, tied = [(mine["winner"] == w).sum() for w in ("model_b", "model_a", "tie")]
            exact[name] = dict(won=int(won), lost=int(lost), tied=int(tied), share=float((won + tied / 2) / (won + lost + tied)))
    return dict(
        baseline=baseline, battles=frame.to_dict(orient="records"), models=names, ratings=ratings.to_dict(), win_rates=rates,
        exact=exact, bootstrap_ratings=table[names].to_numpy().tolist(), first_draws=drawn[:3], rating_low=low, rating_high=high,
        win_rate_low=lows, win_rate_high=highs,
        interval={name: [round(lows[name] - rates[name], 1), round(highs[name] - rates[name], 1)] for name in names})


def invented(random, models, questions):
    rows = []
    for model, strength in models.items():
        for question in range(questions):
            games = []
            for swapped in (False, True):
                margin = random.normal(strength, 1.2)  # from the model's side
                side = np.digitize(margin, [-1.5, -0.4, 0.4, 1.5])  # 0 baseline much better .. 4 model much better
                score = LABELS[4 - side] if swapped else LABELS[side]
                if random.random() < 0.04:
                    score = None
                games.append(dict(score=score, judgment="..." if score is None else f"So: [[{score}]]."))
            rows.append(dict(question_id=f"q{question:03d}", model=model, games=games))
    return rows


def main():
    random = np.random.default_rng(71)
    example = [("B>A", "A>B"), ("A>>B", "B>>A"), ("A=B", "B>A"), ("B>>A", "A=B")]
    example = [dict(question_id=f"q{i}", model="model", games=[dict(score=s) for s in pair]) for i, pair in enumerate(example)]
    cases = [
        dict(name="four questions of LION.md", judgments=example, **summary(example, ANCHOR)),
    ]
    for name, models, questions, baseline in [
            ("three models, anchored", {"strong": 0.6, "even": 0.0, "weak": -1.0}, 40, ANCHOR),
            ("two models, another baseline", {"strong": 0.9, "weak": -0.5}, 30, "gpt-3.5-turbo-0125")]:
        judgments = invented(random, models, questions)
        cases.append(dict(name=name, judgments=judgments, **summary(judgments, baseline)))
    texts = ["My final verdict is tie: [[A=B]].", "[[A>B]]", "[[A>>B]] and again [[A>>B]]", "[[A>B]] or rather [[B>A]]", "A>B",
             "[[a>b]]", "[[ A>B ]]", "[[A>B]", "[A>B]", "[[]]", "[[A<B]]", "[[A=B]][[A=B]]", "[[B>>A]]\n\nDone.", "[[A>>>B]]",
             "**[[B>A]]**", "[[C]]", "[[A]]", "", "[[A>B]]\n[[A>>B]]", "The label [[B>>A]] means B is much better. [[B>>A]]", "[[<>=]]"]
    write_json(golden("align", "eval") / "arena_hard.json", dict(
        versions=versions("scikit-learn", "pandas", "numpy"), cases=cases, labels=[dict(text=t, label=label(t)) for t in texts],
        notes=["judgments -> battles: game 1 shows the baseline as A, game 2 the model as A; model_a is always the baseline",
               "ratings: 400 * coefficient + 1000, shifted so that gpt-4-0314 has 1000 where it takes part",
               "lbfgs stops at tol 1e-8; with one baseline the win rate equals (won + tied / 2) / all: see exact",
               "first_draws index battles; bootstrap_ratings has one row per round, columns as models"]), indent=None)
    for case in cases:
        print(case["name"], case["win_rates"], {k: round(v["share"] * 100, 3) for k, v in case["exact"].items()}, case["interval"])


if __name__ == "__main__":
    main()
