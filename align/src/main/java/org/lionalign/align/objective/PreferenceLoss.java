package org.lionalign.align.objective;

import static org.lionalign.align.objective.Logistic.logSigmoid;
import static org.lionalign.align.objective.Logistic.sigmoid;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A preference loss over the pairs of one optimizer step. With a and b the log-ratios of chosen and rejected against the reference,
 * h = a − b, and σ the logistic function. Pure and deterministic; the scalar loss of a step is the mean over its pairs.
 *
 * <pre>{@code
 * List<PairValue> values = new PreferenceLoss.Sigmoid(0.1, 0).evaluate(pairs);
 * }</pre>
 */
public sealed interface PreferenceLoss
        permits PreferenceLoss.Single,
                PreferenceLoss.KtoPair,
                PreferenceLoss.Aot,
                PreferenceLoss.AotUnpaired,
                PreferenceLoss.Mixture,
                RunningBco,
                LengthDesensitised,
                Weighted {
    /** Value and slopes of each pair, in order. Most losses look at one pair at a time; those of {@link #needsWholeStep} at all. */
    List<PairValue> evaluate(List<PairLogps> step);

    /** Whether a pair's loss depends on the other pairs of the step, so that all must be known before any gradient. */
    default boolean needsWholeStep() {
        return false;
    }

    /** Whether the reference's log-probabilities are read. */
    default boolean usesReference() {
        return true;
    }

    /** Whether {@link PairLogps#onPolicy} is read, which takes a pass of its own. */
    default boolean readsOnPolicy() {
        return false;
    }

    /** The loss that the step after this one has: other than this one only where a loss remembers. */
    default PreferenceLoss after(List<PairLogps> step) {
        return this;
    }

    /** What it remembers; {@link #withState} gives the loss back. */
    default double[] state() {
        return new double[0];
    }

    /** @param state of a loss of the same kind */
    default PreferenceLoss withState(double[] state) {
        return this;
    }

    /** A loss of one pair at a time. */
    non-sealed interface Single extends PreferenceLoss {
        PairValue of(PairLogps pair);

        @Override
        default List<PairValue> evaluate(List<PairLogps> step) {
            return step.stream().map(this::of).toList();
        }
    }

    /** A function of the margin h alone, with its slope: dChosen = slope, dRejected = −slope. */
    private static PairValue ofMargin(double loss, double slope) {
        return new PairValue(loss, slope, -slope);
    }

    /** DPO (Rafailov et al. 2023, eq. 7), conservative with ε > 0: {@code −(1−ε)·log σ(βh) − ε·log σ(−βh)}. */
    record Sigmoid(double beta, double labelSmoothing) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double z = beta * p.margin();
            return ofMargin(
                    -(1 - labelSmoothing) * logSigmoid(z) - labelSmoothing * logSigmoid(-z),
                    beta * (labelSmoothing * sigmoid(z) - (1 - labelSmoothing) * sigmoid(-z)));
        }
    }

    /** Robust DPO (Chowdhury et al. 2024, eq. 12): {@code (−(1−ε)·log σ(βh) + ε·log σ(−βh)) / (1 − 2ε)}. */
    record Robust(double beta, double labelSmoothing) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double z = beta * p.margin();
            double e = labelSmoothing;
            return ofMargin(
                    (-(1 - e) * logSigmoid(z) + e * logSigmoid(-z)) / (1 - 2 * e),
                    beta * (-(1 - e) * sigmoid(-z) - e * sigmoid(z)) / (1 - 2 * e));
        }
    }

    /** SLiC's hinge on DPO's margin (Zhao et al. 2023): {@code max(0, 1 − βh)}; at the kink the slope is 0, as PyTorch's relu has it. */
    record Hinge(double beta) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double gap = 1 - beta * p.margin();
            return gap > 0 ? ofMargin(gap, -beta) : ofMargin(0, 0);
        }
    }

    /**
     * IPO (Azar et al. 2023, eq. 17): {@code (h − 1/(2β))²}.
     *
     * @param averaged each log-ratio divided by its own answer's tokens, policy and reference alike; false sums, as LION's precomputed
     *     reference does
     */
    record Ipo(double beta, boolean averaged) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double m = averaged ? Math.max(1, p.chosenTokens()) : 1;
            double n = averaged ? Math.max(1, p.rejectedTokens()) : 1;
            double gap = p.chosenRatio() / m - p.rejectedRatio() / n - 1 / (2 * beta);
            return new PairValue(gap * gap, 2 * gap / m, -2 * gap / n);
        }
    }

    /** SPPO with hard labels (Wu et al. 2024): {@code (a − 1/(2β))² + (b + 1/(2β))²}. */
    record SppoHard(double beta) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double x = p.chosenRatio() - 1 / (2 * beta);
            double y = p.rejectedRatio() + 1 / (2 * beta);
            return new PairValue(x * x + y * y, 2 * x, 2 * y);
        }
    }

    /** NCA for pairs (Chen et al. 2024): {@code −log σ(βa) − ½ log σ(−βa) − ½ log σ(−βb)}. */
    record NcaPair(double beta) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double x = beta * p.chosenRatio();
            double y = beta * p.rejectedRatio();
            return new PairValue(
                    -logSigmoid(x) - 0.5 * logSigmoid(-x) - 0.5 * logSigmoid(-y),
                    beta * (-sigmoid(-x) + 0.5 * sigmoid(x)),
                    beta * 0.5 * sigmoid(y));
        }
    }

    /** APO-zero (D'Oosterlinck et al. 2024, eq. 7): {@code 1 − σ(βa) + σ(βb)}. */
    record ApoZero(double beta) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double x = sigmoid(beta * p.chosenRatio());
            double y = sigmoid(beta * p.rejectedRatio());
            return new PairValue(1 - x + y, -beta * x * (1 - x), beta * y * (1 - y));
        }
    }

    /** APO-down (D'Oosterlinck et al. 2024, eq. 8): {@code σ(βa) + 1 − σ(βh)}. */
    record ApoDown(double beta) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double x = sigmoid(beta * p.chosenRatio());
            double y = sigmoid(beta * p.margin());
            double slope = beta * y * (1 - y);
            return new PairValue(x + 1 - y, beta * x * (1 - x) - slope, slope);
        }
    }

    /** EXO for pairs (Ji et al. 2024, eq. 16): {@code σ(βh)(log σ(βh) − log(1−ε)) + σ(−βh)(log σ(−βh) − log ε)}. */
    record ExoPair(double beta, double labelSmoothing) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double e = Math.max(labelSmoothing, 1e-3);
            double z = beta * p.margin();
            double s = sigmoid(z);
            double up = logSigmoid(z) - Math.log(1 - e);
            double down = logSigmoid(-z) - Math.log(e);
            // d/dz: σσ'(−)·(up − down) plus σ·σ(−z) − σ(−z)·σ = 0.
            return ofMargin(s * up + (1 - s) * down, beta * s * sigmoid(-z) * (up - down));
        }
    }

    /** DiscoPOP (Lu et al. 2024): with m = σ(βh/τ), {@code (1−m)·(−log σ(βh)) + m·exp(−βh)}. */
    record DiscoPop(double beta, double tau) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double z = beta * p.margin();
            double m = sigmoid(z / tau);
            double logistic = -logSigmoid(z);
            double exponential = Math.exp(-z);
            double dm = m * (1 - m) / tau;
            double slope = -(1 - m) * sigmoid(-z)
                    - (m == 0 ? 0 : m * exponential)
                    + (dm == 0 ? 0 : dm * (exponential - logistic));
            return ofMargin((1 - m) * logistic + (m == 0 ? 0 : m * exponential), beta * slope);
        }
    }

    /** Length-normalised DPO: {@code −log σ(β(a/|chosen| − b/|rejected|))}. */
    record SigmoidNorm(double beta) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double m = Math.max(1, p.chosenTokens());
            double n = Math.max(1, p.rejectedTokens());
            double z = beta * (p.chosenRatio() / m - p.rejectedRatio() / n);
            double slope = -beta * sigmoid(-z);
            return new PairValue(-logSigmoid(z), slope / m, -slope / n);
        }
    }

    /** SimPO (Meng et al. 2024, eq. 6), reference-free: {@code −log σ(β·c/|c| − β·r/|r| − γ)}. */
    record SimPo(double beta, double gamma) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double m = Math.max(1, p.chosenTokens());
            double n = Math.max(1, p.rejectedTokens());
            double z = beta * (p.chosen() / m - p.rejected() / n) - gamma;
            double slope = -beta * sigmoid(-z);
            return new PairValue(-logSigmoid(z), slope / m, -slope / n);
        }

        @Override
        public boolean usesReference() {
            return false;
        }
    }

    /** CPO (Xu et al. 2024), reference-free: {@code −log σ(β(c − r))} plus the chosen answer's own loss per token. */
    record Cpo(double beta, double alpha) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double m = Math.max(1, p.chosenTokens());
            double z = beta * (p.chosen() - p.rejected());
            double slope = -beta * sigmoid(-z);
            return new PairValue(-logSigmoid(z) - alpha * p.chosen() / m, slope - alpha / m, -slope);
        }

        @Override
        public boolean usesReference() {
            return false;
        }
    }

    /** BCO for pairs (Jung et al. 2024) with a given shift δ: {@code −log σ(βa − δ) − log σ(−(βb − δ))}. */
    record BcoPair(double beta, double delta) implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double x = beta * p.chosenRatio() - delta;
            double y = beta * p.rejectedRatio() - delta;
            return new PairValue(-logSigmoid(x) - logSigmoid(-y), -beta * sigmoid(-x), beta * sigmoid(y));
        }
    }

    /** The chosen answer's negative log-probability per token: RPO's term (Pang et al. 2024) and the like. */
    record ChosenNll() implements Single {
        @Override
        public PairValue of(PairLogps p) {
            double m = Math.max(1, p.chosenTokens());
            return new PairValue(-p.chosen() / m, -1 / m, 0);
        }

        @Override
        public boolean usesReference() {
            return false;
        }
    }

    /**
     * Paired KTO (Ethayarajh et al. 2024, as LION has it): the mean of {@code 1 − σ(β(a − KL_r))} and {@code 1 − σ(β(KL_c − b))}, where
     * {@code KL_c = max(0, mean a)} and {@code KL_r = max(0, mean b)} over the whole step; the KL terms carry no gradient.
     */
    record KtoPair(double beta) implements PreferenceLoss {
        @Override
        public boolean needsWholeStep() {
            return true;
        }

        @Override
        public List<PairValue> evaluate(List<PairLogps> step) {
            double chosenKl = Math.max(
                    0,
                    step.stream().mapToDouble(PairLogps::chosenRatio).average().orElse(0));
            double rejectedKl = Math.max(
                    0,
                    step.stream()
                            .mapToDouble(PairLogps::rejectedRatio)
                            .average()
                            .orElse(0));
            return step.stream()
                    .map(p -> {
                        double x = sigmoid(beta * (p.chosenRatio() - rejectedKl));
                        double y = sigmoid(beta * (chosenKl - p.rejectedRatio()));
                        return new PairValue((1 - x + 1 - y) / 2, -beta * x * (1 - x) / 2, beta * y * (1 - y) / 2);
                    })
                    .toList();
        }
    }

    /** AOT (Melnyk et al. 2024, paired): DPO's loss on the sorted log-ratios of policy and reference, over the whole step. */
    record Aot(double beta, double labelSmoothing) implements PreferenceLoss {
        @Override
        public boolean needsWholeStep() {
            return true;
        }

        @Override
        public List<PairValue> evaluate(List<PairLogps> step) {
            Integer[] policy = sorted(step, p -> p.chosen() - p.rejected());
            Integer[] reference = sorted(step, p -> p.referenceChosen() - p.referenceRejected());
            PairValue[] values = new PairValue[step.size()];
            Sigmoid loss = new Sigmoid(beta, labelSmoothing);
            for (int rank = 0; rank < values.length; rank++) {
                PairLogps own = step.get(policy[rank]);
                PairLogps other = step.get(reference[rank]);
                values[policy[rank]] = loss.of(new PairLogps(
                        own.chosen(), own.rejected(), other.referenceChosen(), other.referenceRejected(), 0, 0));
            }
            return List.of(values);
        }
    }

    /**
     * AOT (Melnyk et al. 2024, unpaired): DPO's loss on the chosen answers' sorted log-ratios against the rejected ones' sorted log-ratios. A
     * row's value is that of its chosen answer; its rejected answer's slope comes from the rank at which that one stands.
     */
    record AotUnpaired(double beta, double labelSmoothing) implements PreferenceLoss {
        @Override
        public boolean needsWholeStep() {
            return true;
        }

        @Override
        public List<PairValue> evaluate(List<PairLogps> step) {
            Integer[] chosen = sorted(step, PairLogps::chosenRatio);
            Integer[] rejected = sorted(step, PairLogps::rejectedRatio);
            int n = step.size();
            PairValue[] ranked = new PairValue[n];
            double[] dRejected = new double[n];
            int[] rankOf = new int[n];
            Sigmoid loss = new Sigmoid(beta, labelSmoothing);
            for (int rank = 0; rank < n; rank++) {
                PairLogps better = step.get(chosen[rank]);
                PairLogps worse = step.get(rejected[rank]);
                ranked[rank] = loss.of(new PairLogps(better.chosenRatio(), worse.rejectedRatio(), 0, 0, 0, 0));
                dRejected[rejected[rank]] = ranked[rank].dRejected();
                rankOf[chosen[rank]] = rank;
            }
            List<PairValue> values = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                PairValue own = ranked[rankOf[i]];
                values.add(new PairValue(own.loss(), own.dChosen(), dRejected[i]));
            }
            return values;
        }
    }

    /** Places of the pairs by rising value; ties keep their order. */
    private static Integer[] sorted(List<PairLogps> step, ToDoubleFunction<PairLogps> value) {
        Integer[] order = new Integer[step.size()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> value.applyAsDouble(step.get(i))));
        return order;
    }

    /** A weighted sum of losses, such as DPO with an SFT term. */
    record Mixture(List<PreferenceLoss> losses, List<Double> weights) implements PreferenceLoss {
        public Mixture {
            losses = List.copyOf(losses);
            weights = List.copyOf(weights);
            if (losses.size() != weights.size() || losses.isEmpty()) {
                throw new IllegalArgumentException(losses.size() + " losses but " + weights.size() + " weights");
            }
        }

        @Override
        public boolean needsWholeStep() {
            return losses.stream().anyMatch(PreferenceLoss::needsWholeStep);
        }

        @Override
        public boolean usesReference() {
            return losses.stream().anyMatch(PreferenceLoss::usesReference);
        }

        @Override
        public List<PairValue> evaluate(List<PairLogps> step) {
            List<PairValue> sum = new ArrayList<>();
            for (int i = 0; i < step.size(); i++) {
                sum.add(new PairValue(0, 0, 0));
            }
            for (int l = 0; l < losses.size(); l++) {
                List<PairValue> values = losses.get(l).evaluate(step);
                for (int i = 0; i < sum.size(); i++) {
                    sum.set(i, sum.get(i).plus(values.get(i), weights.get(l)));
                }
            }
            return sum;
        }

        @Override
        public boolean readsOnPolicy() {
            return losses.stream().anyMatch(PreferenceLoss::readsOnPolicy);
        }

        @Override
        public PreferenceLoss after(List<PairLogps> step) {
            return new Mixture(losses.stream().map(loss -> loss.after(step)).toList(), weights);
        }

        @Override
        public double[] state() {
            return losses.stream()
                    .flatMapToDouble(loss -> Arrays.stream(loss.state()))
                    .toArray();
        }

        @Override
        public PreferenceLoss withState(double[] state) {
            List<PreferenceLoss> restored = new ArrayList<>();
            int at = 0;
            for (PreferenceLoss loss : losses) {
                int size = loss.state().length;
                restored.add(loss.withState(Arrays.copyOfRange(state, at, at + size)));
                at += size;
            }
            return new Mixture(restored, weights);
        }
    }
}
