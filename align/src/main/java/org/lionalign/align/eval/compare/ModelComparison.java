package org.lionalign.align.eval.compare;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Question;
import org.lionalign.core.json.Json;
import org.lionalign.core.stats.PairedBootstrap;
import org.lionalign.core.stats.PairedComparison;
import org.lionalign.core.stats.Summary;
import org.lionalign.core.stats.Wilson;

/**
 * What one judge says about several models' answers to the same prompts.
 *
 * <p>Each {@link Question} holds one answer of each model, in the models' order. A prompt counts for two models when the judge has a score for
 * both; a failure is counted and never becomes a win. A win rate is wins plus half the ties, in per cent.
 *
 * @param models their names
 * @param judge its name, for people
 * @param means one for each model: mean score and its standard error over prompts
 * @param wins {@code [i][j]}: how often i beats j
 * @param successive each model against the one before it
 * @param failures of the judge, by reason
 */
public record ModelComparison(
        List<String> models,
        String judge,
        List<Summary> means,
        WinRate[][] wins,
        List<PairedComparison> successive,
        Map<String, Long> failures) {
    /** Of the bootstrap behind the intervals, so that equal inputs give equal numbers. */
    private static final long SEED = 20240704;

    /**
     * How often one model beats another.
     *
     * @param rate per cent, ties half
     * @param low 2.5 percentile of the paired bootstrap; of Wilson's interval where every outcome is the same win or loss
     * @param high 97.5 percentile
     * @param lengthControlled per cent at equal lengths of the answers; NaN where it cannot be fitted
     * @param ties share of prompts, per cent
     * @param prompts that both have a score for
     */
    public record WinRate(double rate, double low, double high, double lengthControlled, double ties, int prompts) {
        static final WinRate NONE = new WinRate(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0);
    }

    /**
     * @param questions one answer of each model
     * @param judgements of the questions, in order
     */
    public static ModelComparison of(
            List<String> models, String judge, List<Question> questions, List<Judgement> judgements) {
        int n = questions.size();
        int m = models.size();
        double[][] scores = new double[m][n];
        double[][] lengths = new double[m][n];
        Map<String, Long> failures = new TreeMap<>();
        for (int q = 0; q < n; q++) {
            Judgement judgement = judgements.get(q);
            if (judgement.scores().length != m || questions.get(q).answers().size() != m) {
                throw new IllegalArgumentException("question " + q + ": expected an answer and a score of each of "
                        + m + " models, found " + questions.get(q).answers().size() + " and "
                        + judgement.scores().length);
            }
            for (int i = 0; i < m; i++) {
                scores[i][q] = judgement.scores()[i];
                lengths[i][q] = questions.get(q).answers().get(i).length();
                String why = judgement.failures()[i];
                if (why != null) {
                    failures.merge(why, 1L, Long::sum);
                }
            }
        }
        WinRate[][] wins = new WinRate[m][m];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                wins[i][j] = i == j ? WinRate.NONE : winRate(scores[i], scores[j], lengths[i], lengths[j]);
            }
        }
        List<PairedComparison> successive = java.util.stream.IntStream.range(1, m)
                .mapToObj(i -> PairedComparison.of(scores[i - 1], scores[i], SEED + i))
                .toList();
        return new ModelComparison(
                models, judge, Arrays.stream(scores).map(Summary::of).toList(), wins, successive, failures);
    }

    private static WinRate winRate(double[] first, double[] second, double[] firstLengths, double[] secondLengths) {
        double[] outcomes = new double[first.length];
        double[] longer = new double[first.length];
        int n = 0;
        int ties = 0;
        for (int q = 0; q < first.length; q++) {
            if (!Double.isNaN(first[q]) && !Double.isNaN(second[q])) {
                outcomes[n] = first[q] > second[q] ? 1 : first[q] < second[q] ? 0 : 0.5;
                ties += first[q] == second[q] ? 1 : 0;
                longer[n++] = firstLengths[q] - secondLengths[q];
            }
        }
        if (n == 0) {
            return WinRate.NONE;
        }
        outcomes = Arrays.copyOf(outcomes, n);
        double rate = Summary.of(outcomes).mean();
        PairedBootstrap bootstrap = PairedBootstrap.of(outcomes, SEED, 2000);
        // Resamples of nothing but wins are all wins: that is no certainty, and Wilson's interval says how much there
        // is.
        Wilson certain = Wilson.interval(Math.round(rate * n), n);
        boolean same = rate == 0 || rate == 1;
        return new WinRate(
                100 * rate,
                100 * (same ? certain.low() : bootstrap.low()),
                100 * (same ? certain.high() : bootstrap.high()),
                100 * LengthControl.winRate(outcomes, Arrays.copyOf(longer, n)),
                100.0 * ties / n,
                n);
    }

    /** As the report and {@code comparison.json} have it; what is not a number is null. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object().put("judge", judge);
        models.forEach(node.putArray("models")::add);
        ArrayNode mean = node.putArray("means");
        for (int i = 0; i < models.size(); i++) {
            Summary one = means.get(i);
            ObjectNode entry = mean.addObject().put("model", models.get(i)).put("prompts", one.count());
            number(entry, "mean", one.mean());
            number(entry, "standard_error", one.standardError());
        }
        ArrayNode matrix = node.putArray("win_rates");
        for (WinRate[] row : wins) {
            ArrayNode line = matrix.addArray();
            for (WinRate win : row) {
                ObjectNode entry = line.addObject().put("prompts", win.prompts());
                number(entry, "rate", win.rate());
                number(entry, "low", win.low());
                number(entry, "high", win.high());
                number(entry, "length_controlled", win.lengthControlled());
                number(entry, "ties", win.ties());
            }
        }
        ArrayNode steps = node.putArray("successive");
        for (int i = 1; i < models.size(); i++) {
            PairedComparison step = successive.get(i - 1);
            ObjectNode entry = steps.addObject()
                    .put("from", models.get(i - 1))
                    .put("to", models.get(i))
                    .put("test", step.test())
                    .put("prompts", step.pairs());
            number(entry, "difference", step.difference());
            number(entry, "low", step.low());
            number(entry, "high", step.high());
            number(entry, "p", step.pValue());
            entry.put("verdict", step.verdict().toString());
        }
        ObjectNode failed = node.putObject("failures");
        failures.forEach(failed::put);
        return node;
    }

    private static void number(ObjectNode node, String key, double value) {
        if (Double.isNaN(value)) {
            node.putNull(key);
        } else {
            node.put(key, value);
        }
    }
}
