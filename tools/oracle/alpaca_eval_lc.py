"""AlpacaEval's win rates, plain, discrete and length-controlled, on invented annotations.

    /work/venv/bin/python tools/oracle/alpaca_eval_lc.py

alpaca_eval 0.6.6 computes; only its download of df_gamed.csv is replaced by an invented table of the same columns.
Writes align/src/test/resources/golden/eval/alpaca_eval_<case>.json: the rows (index, preference, lengths in code
points), the expected metrics, and for the fit the standard deviation of the length difference, the folds, the loss of
each C, the chosen C, the coefficients, and the coefficients at a tight tolerance.
"""

import logging
import warnings

from common import golden, versions, write_json

import numpy as np
import pandas as pd
from alpaca_eval.metrics import glm_winrate, winrate

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
QUESTIONS = 160


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gamed(random):
    """Two gamed baselines over all questions, as the hub's df_gamed.csv: preference in [0, 1]."""
    difficulty = random.normal(0, 1.2, QUESTIONS)
    frames = []
    for name, shift in [("gamed_verbose", -2.2), ("gamed_concise", 2.2)]:
        std_delta_len = shift + random.normal(0, 0.4, QUESTIONS)
        preference = sigmoid(-1.4 * np.tanh(std_delta_len) + 0.2 * difficulty + random.normal(0, 0.8, QUESTIONS))
        frames.append(pd.DataFrame(dict(
            model=name, preference=preference.round(6), index=np.arange(QUESTIONS), std_delta_len=std_delta_len.round(6),
            instruction_difficulty=difficulty.round(6), not_gamed_baseline=False)))
    return pd.concat(frames, ignore_index=True)


def annotations(random, difficulty, strength, longer, sharp, discrete=False, missing=0):
    length_1 = np.exp(random.normal(6.2, 0.6, QUESTIONS)).astype(int) + 1
    length_2 = (length_1 * np.exp(random.normal(longer, 0.4, QUESTIONS))).astype(int) + 1
    delta = (length_1 - length_2) / np.std(length_1 - length_2)
    logit = strength - 0.9 * np.tanh(delta) + 0.5 * difficulty + random.normal(0, sharp, QUESTIONS)
    preference = 1 + sigmoid(logit)
    if discrete:
        preference = np.where(np.abs(logit) < 0.3, np.where(random.random(QUESTIONS) < 0.5, 1.5, 0.0), np.round(preference))
    preference = preference.round(8)
    rows = [dict(index=int(i), preference=float(p), length_1=int(a), length_2=int(b))
            for i, p, a, b in zip(range(QUESTIONS), preference, length_1, length_2)]
    for i in random.choice(QUESTIONS, missing, replace=False):
        rows[i]["preference"] = None
    return rows


def table(rows):
    return pd.DataFrame([dict(
        index=r["index"], preference=np.nan if r["preference"] is None else r["preference"], generator_1="baseline",
        generator_2="model", annotator="invented", output_1="é" * r["length_1"], output_2="x" * r["length_2"]) for r in rows])


def fit(rows, glm_name):
    """The library's answer, and what its LogisticRegressionCV saw on the way."""
    kept = {}
    original = glm_winrate.LogisticRegressionCV

    class Watched(original):
        def fit(self, X, y, sample_weight=None, **keywords):
            kept.update(model=self, X=X, y=y, sample_weight=sample_weight, **keywords)
            return super().fit(X, y, sample_weight=sample_weight, **keywords)

    glm_winrate.LogisticRegressionCV = Watched
    try:
        metrics = glm_winrate.get_length_controlled_winrate(
            table(rows).set_index("index", drop=True), glm_name=glm_name, save_weights_dir=None)
    finally:
        glm_winrate.LogisticRegressionCV = original
    model = kept["model"]
    lengths = np.array([r["length_1"] - r["length_2"] for r in rows], dtype=float)
    folds = [sorted({int(g) for g in kept["groups"].to_numpy()[test]})
             for _, test in model.cv.split(kept["X"], kept["y"], kept["groups"])]
    tight = glm_winrate.LogisticRegression(C=float(np.ravel(model.C_)[0]), penalty="l1", solver="liblinear", random_state=123,
                                           fit_intercept=False, tol=1e-12, max_iter=100000)
    tight.set_fit_request(sample_weight=True)
    tight.fit(kept["X"], kept["y"], sample_weight=kept["sample_weight"])
    scores = np.asarray(list(model.scores_.values())[0] if isinstance(model.scores_, dict) else model.scores_)
    detail = dict(
        columns=list(kept["X"].columns), std_of_length_difference=float(pd.Series(lengths).std()),
        first_rows_of_X=kept["X"].iloc[[0, 1, -1]].to_numpy().tolist(),
        Cs=np.ravel(model.Cs_).tolist(), negative_log_loss_by_fold_and_C=scores.reshape(len(folds), -1).tolist(),
        C=float(np.ravel(model.C_)[0]), coefficients=np.ravel(model.coef_).tolist(),
        coefficients_tight=np.ravel(tight.coef_).tolist(), fold_sizes=[len(f) for f in folds], folds=folds)
    return metrics, detail


def plain(metrics):
    return {k: (int(v) if k.startswith("n_") else float(v)) for k, v in metrics.items()}


def main():
    random = np.random.default_rng(61)
    hub = gamed(random)
    difficulty = hub["instruction_difficulty"].to_numpy()[:QUESTIONS]
    path = golden("align", "eval") / "hub.csv"
    hub.to_csv(path, index=False)
    glm_winrate.hf_hub_download = lambda **ignored: str(path)
    cases = {
        "even": annotations(random, difficulty, 0.0, 0.0, 1.0),
        "verbose": annotations(random, difficulty, -0.2, 0.7, 1.5),
        "strong": annotations(random, difficulty, 2.5, -0.3, 1.0),
        "discrete": annotations(random, difficulty, 0.3, 0.2, 1.5, discrete=True),
    }
    folder = golden("align", "eval")
    write_json(folder / "alpaca_eval_gamed.json", dict(
        what="invented stand-in for the hub's df_gamed.csv: one row per gamed baseline and question",
        rows=hub.to_dict(orient="records")), indent=None)
    for name, rows in cases.items():
        results = {}
        for glm in ("length_controlled_v1", "length_controlled_noreg"):
            metrics, detail = fit(rows, glm)
            results[glm] = dict(metrics=plain(metrics), fit=detail)
        write_json(folder / f"alpaca_eval_{name}.json", dict(
            versions=versions("alpaca_eval", "scikit-learn", "pandas"), gamed="alpaca_eval_gamed.json", rows=rows, **results,
            notes=["preference: 1 baseline better, 2 model better, 1.5 or 0 a draw; win_rate = 100 * mean(preference - 1)",
                   "std_delta_len = (length of baseline - length of model) / its standard deviation (n - 1) over the rows",
                   "liblinear stops at tol 1e-4; coefficients_tight is the optimum at the same C"]), indent=None)
        v1 = results["length_controlled_v1"]
        print(name, {k: round(v, 3) for k, v in v1["metrics"].items()}, v1["fit"]["C"], v1["fit"]["coefficients"],
              v1["fit"]["coefficients_tight"])
    path.unlink()

    simple = {"all draws": [1.5, 0, 1.5, 0.0], "one": [2.0], "with a missing one": [1.0, None, 2.0, 1.7, 1.5],
              "near the middle": [1.4999, 1.5001, 1.5, 1.49, 1.51, 1.0, 2.0], "all won": [2.0] * 5}
    out = []
    for name, preferences in simple.items():
        values = [np.nan if p is None else p for p in preferences]
        try:
            metrics = winrate.get_winrate(pd.DataFrame(dict(preference=values)))
            out.append(dict(name=name, preferences=preferences, metrics={
                k: (None if pd.isna(v) else v) for k, v in plain(metrics).items()}))
        except Exception as error:
            out.append(dict(name=name, preferences=preferences, error=f"{type(error).__name__}: {error}"))
    write_json(folder / "alpaca_eval_winrate.json", dict(versions=versions("alpaca_eval"), cases=out))
    print([(o["name"], o.get("metrics", o.get("error"))) for o in out])


if __name__ == "__main__":
    main()
