package org.lionalign.align.online;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.online.PairOutcome.Pair;
import org.lionalign.align.online.PairOutcome.Paired;
import org.lionalign.align.online.PairOutcome.Reason;
import org.lionalign.align.online.PairOutcome.Unpaired;
import org.lionalign.align.sample.Drawn;
import org.lionalign.core.json.Json;

/**
 * Every prompt accounted for: prompts in = prompts with pairs + one count for each {@link Reason}, in all and by source (PITFALLS 32); and what
 * the judge and the answers are like.
 */
public final class PairLedger {
    private static final int BINS = 20;

    private final TreeMap<String, Source> sources = new TreeMap<>();
    private final EnumMap<Reason, List<String>> unpaired = new EnumMap<>(Reason.class);
    private final TreeMap<String, Integer> judgeFailures = new TreeMap<>();
    private final TreeMap<String, Integer> origins = new TreeMap<>();
    private final List<Double> gaps = new ArrayList<>();
    private int prompts;
    private int paired;
    private int pairs;
    private int answers;
    private int duplicates;
    private int unfinished;
    private int samplerFailures;
    private int reencodedDifferently;
    private long comparisons;
    private long inconsistent;
    private long scoredTwos;
    private long tiedTwos;
    private int longerChosen;
    private int shorterChosen;
    private double lengthScore; // sums over prompts of centred products
    private double lengthLength;
    private double scoreScore;

    private static final class Source {
        private int in;
        private int paired;
        private int pairs;
        private final EnumMap<Reason, Integer> reasons = new EnumMap<>(Reason.class);
    }

    /** A prompt and what became of it. */
    void count(JudgedPrompt prompt, PairOutcome outcome) {
        Source source = sources.computeIfAbsent(prompt.source(), s -> new Source());
        prompts++;
        source.in++;
        countAnswers(prompt);
        if (outcome instanceof Unpaired no) {
            unpaired.computeIfAbsent(no.reason(), r -> new ArrayList<>()).add(prompt.id());
            source.reasons.merge(no.reason(), 1, Integer::sum);
            return;
        }
        List<Pair> made = ((Paired) outcome).pairs();
        paired++;
        source.paired++;
        pairs += made.size();
        source.pairs += made.size();
        Judgement judgement = prompt.judgement();
        for (Pair pair : made) {
            if (judgement != null) {
                gaps.add(judgement.scores()[pair.chosen()] - judgement.scores()[pair.rejected()]);
            }
            int longer = Integer.compare(
                    prompt.answers().get(pair.chosen()).text().length(),
                    prompt.answers().get(pair.rejected()).text().length());
            longerChosen += longer > 0 ? 1 : 0;
            shorterChosen += longer < 0 ? 1 : 0;
        }
    }

    /** What a written row is made of. */
    void countOrigin(String origin) {
        origins.merge(origin, 1, Integer::sum);
    }

    private void countAnswers(JudgedPrompt prompt) {
        samplerFailures += prompt.failures();
        Set<String> texts = new HashSet<>();
        for (Drawn answer : prompt.answers()) {
            answers++;
            duplicates += texts.add(Texts.normal(answer.text())) ? 0 : 1;
            unfinished += answer.unfinished() ? 1 : 0;
            reencodedDifferently += answer.reencodes() ? 0 : 1;
        }
        Judgement judgement = prompt.judgement();
        if (judgement == null) {
            return;
        }
        for (String failure : judgement.failures()) {
            if (failure != null) {
                judgeFailures.merge(failure, 1, Integer::sum);
            }
        }
        countScores(prompt, judgement.scores());
        double[][] matrix = judgement.pairwise();
        if (matrix != null) {
            countSwaps(matrix);
        }
    }

    private void countScores(JudgedPrompt prompt, double[] scores) {
        double meanLength = 0;
        double meanScore = 0;
        int n = 0;
        for (int i = 0; i < scores.length; i++) {
            if (!Double.isNaN(scores[i])) {
                meanLength += prompt.answers().get(i).text().length();
                meanScore += scores[i];
                n++;
            }
            for (int j = 0; j < i; j++) {
                if (!Double.isNaN(scores[i]) && !Double.isNaN(scores[j])) {
                    scoredTwos++;
                    tiedTwos += scores[i] == scores[j] ? 1 : 0;
                }
            }
        }
        for (int i = 0; i < scores.length; i++) {
            if (!Double.isNaN(scores[i])) {
                double length = prompt.answers().get(i).text().length() - meanLength / n;
                double score = scores[i] - meanScore / n;
                lengthScore += length * score;
                lengthLength += length * length;
                scoreScore += score * score;
            }
        }
    }

    /** Two answers are judged inconsistently when whichever is shown first (or second) wins in both orders. */
    private void countSwaps(double[][] matrix) {
        for (int i = 0; i < matrix.length; i++) {
            for (int j = 0; j < i; j++) {
                if (!Double.isNaN(matrix[i][j]) && !Double.isNaN(matrix[j][i])) {
                    comparisons++;
                    inconsistent +=
                            matrix[i][j] > 0 && matrix[j][i] > 0 || matrix[i][j] < 0 && matrix[j][i] < 0 ? 1 : 0;
                }
            }
        }
    }

    /** Fails unless every prompt is accounted for, in all and by source. */
    void check() {
        long out = paired + unpaired.values().stream().mapToLong(List::size).sum();
        boolean balanced = out == prompts;
        for (Source source : sources.values()) {
            balanced &= source.in
                    == source.paired
                            + source.reasons.values().stream()
                                    .mapToInt(Integer::intValue)
                                    .sum();
        }
        if (!balanced) {
            throw new IllegalStateException("ledger of pairs: " + prompts + " prompts in, " + out + " accounted for");
        }
    }

    public int prompts() {
        return prompts;
    }

    /** Prompts with at least one pair. */
    public int paired() {
        return paired;
    }

    public int pairs() {
        return pairs;
    }

    /** Prompts without a pair for this reason. */
    public int count(Reason reason) {
        return unpaired.getOrDefault(reason, List.of()).size();
    }

    private static double share(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }

    /** Everything; shares are of 1. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object();
        node.put("prompts", prompts).put("paired", paired).put("pairs", pairs);
        ObjectNode reasons = node.putObject("unpaired");
        for (Reason reason : Reason.values()) {
            reasons.put(reason.label(), count(reason));
        }
        ObjectNode made = node.putObject("rows");
        origins.forEach(made::put);
        ObjectNode bySource = node.putObject("sources");
        sources.forEach((name, source) -> {
            ObjectNode entry = bySource.putObject(name);
            entry.put("prompts", source.in).put("paired", source.paired).put("pairs", source.pairs);
            entry.put("acceptance", share(source.paired, source.in));
            ObjectNode own = entry.putObject("unpaired");
            source.reasons.forEach((reason, n) -> own.put(reason.label(), n));
        });
        ObjectNode drawn = node.putObject("answers");
        drawn.put("answers", answers).put("sampler_failures", samplerFailures).put("unfinished", unfinished);
        drawn.put("duplicates", duplicates).put("duplicate_rate", share(duplicates, answers));
        drawn.put("text_encodes_to_other_tokens", reencodedDifferently);
        ObjectNode judge = node.putObject("judge");
        ObjectNode failures = judge.putObject("failures");
        judgeFailures.forEach(failures::put);
        judge.put("tie_rate", share(tiedTwos, scoredTwos));
        if (comparisons > 0) {
            judge.put("order_swap_inconsistency", share(inconsistent, comparisons));
        }
        judge.put("length_score_correlation", share(lengthScore, Math.sqrt(lengthLength * scoreScore)));
        judge.put("longer_is_chosen", share(longerChosen, longerChosen + shorterChosen));
        node.set("score_gaps", histogram());
        ObjectNode names = node.putObject("unpaired_prompts");
        for (Map.Entry<Reason, List<String>> entry : unpaired.entrySet()) {
            ArrayNode list = names.putArray(entry.getKey().label());
            entry.getValue().forEach(list::add);
        }
        return node;
    }

    private ObjectNode histogram() {
        double largest = gaps.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        int[] counts = new int[BINS];
        double sum = 0;
        for (double gap : gaps) {
            counts[Math.min(BINS - 1, (int) (gap / largest * BINS))]++;
            sum += gap;
        }
        ObjectNode node = Json.object();
        node.put("largest", largest).put("mean", share(sum, gaps.size()));
        ArrayNode list = node.putArray("counts");
        for (int count : counts) {
            list.add(count);
        }
        return node;
    }
}
