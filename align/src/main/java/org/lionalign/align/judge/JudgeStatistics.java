package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.json.Json;

/**
 * One judge's habits over many questions: ties, failures, what the order of showing and the length of answers do to it. All counts are over pairs
 * of answers with different texts.
 */
public final class JudgeStatistics {
    private long questions;
    private long answers;
    private final SortedMap<String, Long> failures = new TreeMap<>();
    private long pairs;
    private long ties;
    private long bothOrders;
    private long inconsistent;
    private long verdicts;
    private long forFirst;
    private long differentLengths;
    private double longerWins;
    private double sumXY;
    private double sumXX;
    private double sumYY;

    /** Adds a judgement of a question. */
    public void add(Question question, Judgement judgement) {
        List<String> texts = question.answers();
        int n = texts.size();
        questions++;
        answers += n;
        for (String failure : judgement.failures()) {
            if (failure != null) {
                failures.merge(failure, 1L, Long::sum);
            }
        }
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                if (!texts.get(i).equals(texts.get(j))) {
                    scored(
                            judgement.scores()[i],
                            judgement.scores()[j],
                            texts.get(i).codePointCount(0, texts.get(i).length()),
                            texts.get(j).codePointCount(0, texts.get(j).length()));
                    if (judgement.pairwise() != null) {
                        compared(judgement.pairwise()[i][j], judgement.pairwise()[j][i]);
                    }
                }
            }
        }
    }

    private void scored(double mine, double theirs, int myLength, int theirLength) {
        if (Double.isNaN(mine) || Double.isNaN(theirs)) {
            return;
        }
        pairs++;
        int win = Double.compare(mine, theirs);
        ties += mine == theirs ? 1 : 0;
        double sign = mine == theirs ? 0 : win;
        double x = Math.log((1.0 + myLength) / (1.0 + theirLength));
        // Each pair stands for both of its directions, so that both means are zero.
        sumXY += x * sign;
        sumXX += x * x;
        sumYY += sign * sign;
        if (myLength != theirLength && sign != 0) {
            differentLengths++;
            longerWins += sign * Math.signum(x) > 0 ? 1 : 0;
        }
    }

    private void compared(double firstShown, double secondShown) {
        for (double verdict : new double[] {firstShown, secondShown}) {
            if (!Double.isNaN(verdict) && verdict != 0) {
                verdicts++;
                forFirst += verdict > 0 ? 1 : 0;
            }
        }
        if (!Double.isNaN(firstShown) && !Double.isNaN(secondShown)) {
            bothOrders++;
            inconsistent += Math.signum(firstShown) != -Math.signum(secondShown) ? 1 : 0;
        }
    }

    /**
     * {@code questions}, {@code answers}, {@code failures} by reason, {@code pairs} that have two scores, {@code tie_rate};
     * {@code length_correlation} of ln(length ratio) with win (1), tie (0), loss (−1), and {@code longer_wins}, the share of decided pairs that the
     * longer answer wins; for judges that compare, {@code swap_inconsistency} (the share of pairs whose verdict is not the opposite when the
     * answers change places) and {@code first_wins}. Null where there is nothing to divide by.
     */
    public ObjectNode toJson() {
        ObjectNode node = Json.object().put("questions", questions).put("answers", answers);
        node.put("failed", failures.values().stream().mapToLong(Long::longValue).sum());
        ObjectNode reasons = node.putObject("failures");
        failures.forEach(reasons::put);
        node.put("pairs", pairs);
        node.put("tie_rate", share(ties, pairs));
        node.put("length_correlation", sumXX * sumYY > 0 ? (Double) (sumXY / Math.sqrt(sumXX * sumYY)) : null);
        node.put("longer_wins", share(longerWins, differentLengths));
        if (bothOrders > 0 || verdicts > 0) {
            node.put("swap_inconsistency", share(inconsistent, bothOrders));
            node.put("first_wins", share(forFirst, verdicts));
        }
        return node;
    }

    private static @Nullable Double share(double part, long whole) {
        return whole == 0 ? null : (Double) (part / whole);
    }
}
