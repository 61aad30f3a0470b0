"""Values and gradients of TRL's preference losses on given log-probs, in fp64.

    /work/venv/bin/python tools/oracle/losses.py

TRL's own code runs (DPOTrainer._compute_loss, CPOTrainer.cpo_loss, ORPOTrainer.odds_ratio_loss) on a model that only
hands over the log-probs. Writes align/src/test/resources/golden/losses/trl.json:
  grid     pairs [chosen, rejected, reference chosen, reference rejected, chosen tokens, rejected tokens]: random ones,
           ties, and saturated ones in both directions
  single   per loss and options: value and d value / d chosen, d value / d rejected for each pair of the grid alone
  batch    losses that look at several pairs at once (aot sorts, all take the mean): one value, gradients per pair
  tokens   pairs with log-probs per token, for what treats tokens unequally (ld_alpha) or needs the distribution
           (use_weighting, with log sum p^2 per position given): value and gradient per token of each pair alone
"""

from collections import defaultdict
from contextlib import nullcontext
from types import SimpleNamespace
from unittest.mock import patch

from common import golden, repeatable, versions, write_json

import torch
from trl import DPOTrainer
from trl.experimental.cpo import CPOTrainer
from trl.experimental.orpo import ORPOTrainer

BETAS = [0.01, 0.1, 0.5]
DPO = {  # loss type -> option sets beside beta
    "sigmoid": [{}], "hinge": [{}], "ipo": [{}], "exo_pair": [dict(label_smoothing=0.1), dict(label_smoothing=0.001)],
    "nca_pair": [{}], "robust": [dict(label_smoothing=0.0), dict(label_smoothing=0.1), dict(label_smoothing=0.3)],
    "bco_pair": [{}], "sppo_hard": [{}], "apo_zero": [{}], "apo_down": [{}],
    "discopop": [dict(discopop_tau=0.05), dict(discopop_tau=0.5)], "sigmoid_norm": [{}],
    "aot": [dict(label_smoothing=0.1)], "aot_unpaired": [dict(label_smoothing=0.1)],
}
DIVERGENCES = ["forward_kl", "js_divergence"]


def grid():
    generator = torch.Generator().manual_seed(51)
    rows = [[-10.0, -12.0, -11.0, -11.5, 7, 9], [-10.0, -10.0, -10.0, -10.0, 5, 5], [-20.0, -30.0, -20.0, -30.0, 11, 16],
            [-30.0, -20.0, -30.0, -20.0, 16, 11], [-5.0, -9.0, -6.0, -10.0, 3, 4], [-1.0, -900.0, -500.0, -400.0, 40, 300],
            [-900.0, -1.0, -400.0, -500.0, 300, 40], [0.0, -80.0, -40.0, -40.0, 20, 20], [-0.25, -0.5, -0.5, -0.25, 1, 1],
            [-200.0, -210.0, -150.0, -150.0, 60, 55]]
    for _ in range(14):
        centre = -torch.rand(2, generator=generator, dtype=torch.float64) * 60 - 2
        shift = torch.randn(2, generator=generator, dtype=torch.float64) * 6
        lengths = torch.randint(2, 40, (2,), generator=generator)
        policy = (centre + shift).clamp(max=-0.1)
        rows.append([round(float(x), 4) for x in torch.cat([policy, centre])] + lengths.tolist())
    return rows


class Handed(torch.nn.Module):
    """A model whose summed log-probs are given: all of a row's log-prob sits on its first answer token."""

    def __init__(self, sums, width):
        super().__init__()
        self.log_probs = torch.cat([sums[:, None], torch.zeros(len(sums), width - 1, dtype=sums.dtype)], 1)

    def forward(self, **ignored):
        zero = torch.zeros_like(self.log_probs)
        return SimpleNamespace(log_probs=self.log_probs, entropy=zero, mean_logits=zero, is_top1=zero.bool())


def trl_loss(pairs, loss, beta, divergence="reverse_kl", label_smoothing=0.0, discopop_tau=0.05):
    table = torch.tensor(pairs, dtype=torch.float64)
    policy = torch.cat([table[:, 0], table[:, 1]]).requires_grad_()
    lengths = torch.cat([table[:, 4], table[:, 5]]).long()
    width = int(lengths.max())
    mask = torch.cat([torch.zeros(len(lengths), 1).long(), (torch.arange(width)[None] < lengths[:, None]).long()], 1)
    same = lambda value: value
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=True), accelerator=SimpleNamespace(device="cpu", gather_for_metrics=same, gather=same),
        aux_loss_enabled=False, ld_alpha=None, precompute_ref_logps=True, f_divergence_type=divergence, loss_types=[loss],
        loss_weights=[1.0], beta=beta, label_smoothing=label_smoothing, use_weighting=False, _total_train_tokens=0, _tp_size=1,
        _metrics=defaultdict(lambda: defaultdict(list)), args=SimpleNamespace(discopop_tau=discopop_tau))
    inputs = dict(input_ids=torch.zeros_like(mask), attention_mask=torch.ones_like(mask), completion_mask=mask,
                  ref_chosen_logps=table[:, 2], ref_rejected_logps=table[:, 3])
    value = DPOTrainer._compute_loss(trainer, Handed(policy, width), inputs, return_outputs=False)
    gradient, = torch.autograd.grad(value, policy)
    half = len(pairs)
    return dict(value=float(value), chosen=gradient[:half].tolist(), rejected=gradient[half:].tolist())


def reference_free(pairs, loss, beta, **options):
    table = torch.tensor(pairs, dtype=torch.float64)
    policy = torch.stack([table[:, 0] / table[:, 4], table[:, 1] / table[:, 5]]).requires_grad_()
    device = SimpleNamespace(device="cpu")
    if loss == "orpo":
        losses = -ORPOTrainer.odds_ratio_loss(SimpleNamespace(beta=beta, accelerator=device), *policy)[0]
    else:
        trainer = SimpleNamespace(alpha=0.0, beta=beta, loss_type=loss, accelerator=device,
                                  **(dict(simpo_gamma=0.5, label_smoothing=0.0) | options))
        losses = CPOTrainer.cpo_loss(trainer, *policy)[0]
    gradient, = torch.autograd.grad(losses.sum(), policy)
    return dict(values=losses.tolist(), chosen=gradient[0].tolist(), rejected=gradient[1].tolist())


class HandedTokens(torch.nn.Module):
    """A model whose log-probs (and log sum p^2) are given token by token."""

    def __init__(self, log_probs, log_sum_sq):
        super().__init__()
        self.log_probs, self.log_sum_sq = log_probs, log_sum_sq

    def forward(self, **ignored):
        zero = torch.zeros_like(self.log_probs)
        return SimpleNamespace(log_probs=self.log_probs, log_sum_sq_probs=self.log_sum_sq, entropy=zero, mean_logits=zero,
                               is_top1=zero.bool())


def token_pairs():
    """Lengths with tails on either side and on none; policy, reference and collision values per token."""
    generator = torch.Generator().manual_seed(77)
    rows = []
    for chosen, rejected in [(5, 5), (3, 8), (9, 2), (1, 6), (7, 1), (12, 11)]:
        row = {}
        for side, n in [("chosen", chosen), ("rejected", rejected)]:
            reference = -torch.rand(n, generator=generator, dtype=torch.float64) * 4 - 0.05
            row["ref_" + side] = [round(float(x), 4) for x in reference]
            policy = (reference + torch.randn(n, generator=generator, dtype=torch.float64)).clamp(max=-0.01)
            row[side] = [round(float(x), 4) for x in policy]
            row["sum_sq_" + side] = [round(float(x), 4) for x in -torch.rand(n, generator=generator, dtype=torch.float64) * 3]
        rows.append(row)
    return rows


def token_loss(row, loss, beta, ld_alpha=None, weighting=False):
    lengths = [len(row["chosen"]), len(row["rejected"])]
    width = max(lengths)

    def padded(prefix):
        return torch.tensor([row[prefix + s] + [0.0] * (width - len(row[prefix + s])) for s in ("chosen", "rejected")],
                            dtype=torch.float64)

    policy = padded("").requires_grad_()
    reference = padded("ref_")
    mask = torch.tensor([[0] + [1] * n + [0] * (width - n) for n in lengths])
    same = lambda value: value
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=True), accelerator=SimpleNamespace(device="cpu", gather_for_metrics=same, gather=same),
        aux_loss_enabled=False, ld_alpha=ld_alpha, precompute_ref_logps=True, f_divergence_type="reverse_kl", loss_types=[loss],
        loss_weights=[1.0], beta=beta, label_smoothing=0.1, use_weighting=weighting, _total_train_tokens=0, _tp_size=1,
        _metrics=defaultdict(lambda: defaultdict(list)), args=SimpleNamespace(discopop_tau=0.05, gradient_checkpointing=False,
                                                                            gradient_checkpointing_kwargs=None))
    inputs = dict(input_ids=torch.zeros_like(mask), attention_mask=torch.ones_like(mask), completion_mask=mask)
    given = HandedTokens(reference, padded("sum_sq_"))
    trainer.ref_model, trainer.model = given, HandedTokens(policy, padded("sum_sq_"))
    trainer.accelerator.autocast = nullcontext
    with patch("trl.trainer.dpo_trainer.disable_gradient_checkpointing", lambda *_: nullcontext()):
        chosen, rejected = DPOTrainer.compute_ref_log_probs(trainer, given, inputs)
    inputs |= dict(ref_chosen_logps=chosen, ref_rejected_logps=rejected)
    value = DPOTrainer._compute_loss(trainer, trainer.model, inputs, return_outputs=False)
    gradient, = torch.autograd.grad(value, policy)
    return dict(value=float(value), chosen=gradient[0, :lengths[0]].tolist(), rejected=gradient[1, :lengths[1]].tolist())


def token_cases(rows):
    cases = []
    for loss in ["sigmoid", "hinge", "ipo", "robust", "exo_pair", "nca_pair", "apo_zero", "apo_down", "sppo_hard", "sigmoid_norm"]:
        for options in [dict(ld_alpha=0.0), dict(ld_alpha=0.3), dict(ld_alpha=1.0), dict(weighting=True),
                        dict(ld_alpha=0.5, weighting=True)]:
            if loss == "hinge" and "weighting" in options:
                continue  # TRL 1.16 multiplies in place what relu's backward needs: PyTorch refuses
            cases.append(dict(loss=loss, beta=0.1, **options, results=[token_loss(row, loss, 0.1, **options) for row in rows]))
    for options in [dict(), dict(weighting=True)]:
        cases.append(dict(loss="sft", beta=0.1, **options, results=[token_loss(row, "sft", 0.1, **options) for row in rows]))
    return cases


def finite(result):
    flat = [x for v in result.values() for x in (v if isinstance(v, list) else [v])]
    return all(abs(x) < 1e300 for x in flat)


def main():
    repeatable(0)
    pairs, single, batch, skipped = grid(), [], [], []
    plans = [(loss, "reverse_kl", options) for loss, sets in DPO.items() for options in sets]
    plans += [("sigmoid", divergence, {}) for divergence in DIVERGENCES]
    for loss, divergence, options in plans:
        for beta in BETAS:
            described = dict(loss=loss, beta=beta, divergence=divergence, **options)
            results = [trl_loss([pair], loss, beta, divergence, **options) for pair in pairs]
            kept = [i for i, r in enumerate(results) if finite(r)]
            skipped += [dict(described, pair=i) for i in range(len(pairs)) if i not in kept]
            single.append(dict(
                described, pairs=kept, values=[results[i]["value"] for i in kept],
                chosen=[results[i]["chosen"][0] for i in kept], rejected=[results[i]["rejected"][0] for i in kept]))
            members = [4, 10, 12, 15, 20, 0]
            batch.append(dict(described, pairs=members, **trl_loss([pairs[i] for i in members], loss, beta, divergence, **options)))
    certain = [i for i, pair in enumerate(pairs) if pair[0] == 0]  # probability 1: orpo's odds are infinite
    below = [i for i in range(len(pairs)) if i not in certain]
    free = [dict(loss=loss, beta=beta, pairs=below, **options,
                 **reference_free([pairs[i] for i in below], loss, beta, **options))
            for loss, options in [("sigmoid", {}), ("hinge", {}), ("ipo", {}), ("simpo", dict(simpo_gamma=0.5)),
                                  ("simpo", dict(simpo_gamma=1.6)), ("orpo", {})] for beta in [0.1, 2.0]]
    rows = token_pairs()
    write_json(golden("align", "losses") / "trl.json", dict(
        versions=versions("torch", "trl"), grid=pairs, single=single, batch=batch, reference_free=free, token_pairs=rows, tokens=token_cases(rows),
        not_finite_in_trl=skipped,
        notes=["fp64 throughout, except that exo_pair's log epsilon, log(1 - epsilon) and all of orpo are fp32 in TRL",
               "sigmoid of TRL 1.16 ignores label_smoothing; bco_pair has no running shift; ipo and sigmoid_norm divide the "
               "log-ratios by the own answer's tokens",
               "reference_free: cpo's losses and orpo on log-probs per token (chosen / its tokens), gradients with respect to "
               "those; orpo here is -beta * log sigmoid(log odds ratio), to be added to the cross-entropy",
               "at a tie of hinge or equal sort keys any subgradient is right; the grid avoids hinge's kink",
               "tokens: label_smoothing 0.1 where a loss reads it; ld_alpha acts on policy and reference",
               "not_finite_in_trl: TRL overflows there (exp in discopop, forward_kl); Lion must say so or stay finite"]), indent=None)
    print(len(single), len(batch), len(free), "not finite:", len(skipped), skipped[:3])


if __name__ == "__main__":
    main()
