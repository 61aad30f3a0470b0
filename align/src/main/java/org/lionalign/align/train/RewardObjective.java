package org.lionalign.align.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.lionalign.align.objective.Logistic;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;

/**
 * The Bradley–Terry loss of a reward model, {@code −log σ(r_c − r_r − m)}, with the margin m of Llama 2 (Touvron et al. 2023, eq. 2) and the
 * centring term {@code γ·(r_c + r_r)²} (Eisenstein et al. 2023): the mean over all pairs of a step. Values are scores, two for each tree:
 * chosen (node 1), rejected (node 2).
 */
public final class RewardObjective implements StepObjective {
    private final ToDoubleFunction<PromptTree> margin;
    private final double centring;
    private final int pairs;
    private final Map<String, double[]> metrics = new TreeMap<>();
    private final Map<String, double[]> rows = new LinkedHashMap<>();
    private double sum;

    /**
     * @param margin by which the chosen answer should win, 0 for none
     * @param centring γ, 0 for none
     * @param pairs pairs of the whole step
     */
    public RewardObjective(ToDoubleFunction<PromptTree> margin, double centring, int pairs) {
        this.margin = margin;
        this.centring = centring;
        this.pairs = pairs;
    }

    @Override
    public float[] gradient(PackedBatch batch, float[] scores) {
        List<PromptTree> trees = batch.trees();
        if (scores.length != 2 * trees.size()) {
            throw new IllegalArgumentException(scores.length + " scores for " + trees.size() + " pairs");
        }
        float[] gradient = new float[scores.length];
        for (int t = 0; t < trees.size(); t++) {
            double chosen = scores[2 * t];
            double rejected = scores[2 * t + 1];
            double z = chosen - rejected - margin.applyAsDouble(trees.get(t));
            double loss = -Logistic.logSigmoid(z) + centring * (chosen + rejected) * (chosen + rejected);
            double slope = -Logistic.sigmoid(-z);
            double pull = 2 * centring * (chosen + rejected);
            gradient[2 * t] = (float) ((slope + pull) / pairs);
            gradient[2 * t + 1] = (float) ((-slope + pull) / pairs);
            sum += loss;
            double[] row = rows.computeIfAbsent(trees.get(t).id(), id -> new double[2]);
            row[0] += loss;
            row[1]++;
            add("rewards/chosen", chosen);
            add("rewards/rejected", rejected);
            add("rewards/margins", chosen - rejected);
            add("rewards/accuracies", chosen > rejected ? 1 : 0);
        }
        return gradient;
    }

    private void add(String name, double value) {
        double[] metric = metrics.computeIfAbsent(name, n -> new double[2]);
        metric[0] += value;
        metric[1]++;
    }

    @Override
    public double loss() {
        return sum / pairs;
    }

    @Override
    public Map<String, double[]> metrics() {
        return metrics;
    }

    @Override
    public Map<String, double[]> rowLosses() {
        return rows;
    }
}
