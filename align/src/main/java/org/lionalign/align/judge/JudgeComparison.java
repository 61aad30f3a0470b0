package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.json.Json;

/** Several judges on the same answers: what each is like, and how far every two agree. People's labels may be one of them. */
public final class JudgeComparison {
    private final List<String> names;
    private final List<JudgeStatistics> each = new ArrayList<>();
    private final Agreement[][] agreements;

    /** Two judges on the pairs that both scored. */
    private static final class Agreement {
        private long decided; // by both
        private long same;
        private long oneTied;
        private double tauSum;
        private long tauQuestions;
    }

    public JudgeComparison(List<String> names) {
        this.names = List.copyOf(names);
        this.agreements = new Agreement[names.size()][names.size()];
        for (int a = 0; a < names.size(); a++) {
            each.add(new JudgeStatistics());
            for (int b = 0; b < names.size(); b++) {
                agreements[a][b] = new Agreement();
            }
        }
    }

    /** @param judgements one for each name; null where that judge said nothing of this question */
    public void add(Question question, List<@Nullable Judgement> judgements) {
        for (int a = 0; a < names.size(); a++) {
            Judgement mine = judgements.get(a);
            if (mine == null) {
                continue;
            }
            each.get(a).add(question, mine);
            for (int b = a + 1; b < names.size(); b++) {
                Judgement theirs = judgements.get(b);
                if (theirs != null) {
                    compare(question.answers(), mine.scores(), theirs.scores(), agreements[a][b]);
                }
            }
        }
    }

    private static void compare(List<String> texts, double[] mine, double[] theirs, Agreement agreement) {
        long concordant = 0;
        long discordant = 0;
        long myTies = 0;
        long theirTies = 0;
        long all = 0;
        for (int i = 0; i < mine.length; i++) {
            for (int j = i + 1; j < mine.length; j++) {
                double x = Math.signum(mine[i] - mine[j]);
                double y = Math.signum(theirs[i] - theirs[j]);
                if (Double.isNaN(x) || Double.isNaN(y) || texts.get(i).equals(texts.get(j))) {
                    continue;
                }
                all++;
                myTies += x == 0 ? 1 : 0;
                theirTies += y == 0 ? 1 : 0;
                concordant += x * y > 0 ? 1 : 0;
                discordant += x * y < 0 ? 1 : 0;
            }
        }
        agreement.decided += concordant + discordant;
        agreement.same += concordant;
        agreement.oneTied += all - concordant - discordant;
        double scale = Math.sqrt((double) (all - myTies) * (all - theirTies));
        if (scale > 0) {
            agreement.tauSum += (concordant - discordant) / scale;
            agreement.tauQuestions++;
        }
    }

    /**
     * {@code judges}: {@link JudgeStatistics} with {@code name}; {@code agreement}: for every two {@code a} and {@code b}, {@code pairs} that both
     * decided, the share of them that they decided the same way, {@code tied} pairs that one of them left open, and {@code kendall_tau}, the mean
     * over questions of τ_b (Kendall 1945) of their rankings.
     */
    public ObjectNode toJson() {
        ObjectNode root = Json.object();
        ArrayNode judges = root.putArray("judges");
        ArrayNode pairs = root.putArray("agreement");
        for (int a = 0; a < names.size(); a++) {
            ObjectNode judge = judges.addObject().put("name", names.get(a));
            judge.setAll(each.get(a).toJson());
            for (int b = a + 1; b < names.size(); b++) {
                Agreement found = agreements[a][b];
                ObjectNode pair = pairs.addObject().put("a", names.get(a)).put("b", names.get(b));
                pair.put("pairs", found.decided).put("tied", found.oneTied);
                pair.put("agreement", found.decided == 0 ? null : (Double) ((double) found.same / found.decided));
                pair.put("kendall_tau", found.tauQuestions == 0 ? null : (Double) (found.tauSum / found.tauQuestions));
            }
        }
        return root;
    }

    /** The same for people. */
    public static String table(JsonNode json) {
        StringBuilder out = new StringBuilder();
        int wide = 5;
        for (JsonNode judge : json.path("judges")) {
            wide = Math.max(wide, judge.path("name").asText().length());
        }
        String name = "%-" + wide + "s";
        out.append(String.format(
                Locale.ROOT,
                name + " %9s %8s %7s %8s %8s %8s %8s %8s%n",
                "judge",
                "questions",
                "answers",
                "failed",
                "ties",
                "swapped",
                "first",
                "longer",
                "r(length)"));
        for (JsonNode judge : json.path("judges")) {
            out.append(String.format(
                    Locale.ROOT,
                    name + " %9d %8d %7d %8s %8s %8s %8s %8s%n",
                    judge.path("name").asText(),
                    judge.path("questions").asLong(),
                    judge.path("answers").asLong(),
                    judge.path("failed").asLong(),
                    percent(judge.path("tie_rate")),
                    percent(judge.path("swap_inconsistency")),
                    percent(judge.path("first_wins")),
                    percent(judge.path("longer_wins")),
                    number(judge.path("length_correlation"))));
        }
        out.append(String.format(
                Locale.ROOT,
                "%n" + name + " " + name + " %8s %8s %10s %8s%n",
                "a",
                "b",
                "pairs",
                "tied",
                "agreement",
                "tau"));
        for (JsonNode pair : json.path("agreement")) {
            out.append(String.format(
                    Locale.ROOT,
                    name + " " + name + " %8d %8d %10s %8s%n",
                    pair.path("a").asText(),
                    pair.path("b").asText(),
                    pair.path("pairs").asLong(),
                    pair.path("tied").asLong(),
                    percent(pair.path("agreement")),
                    number(pair.path("kendall_tau"))));
        }
        return out.toString();
    }

    private static String percent(JsonNode share) {
        return share.isNumber() ? String.format(Locale.ROOT, "%.1f %%", 100 * share.asDouble()) : "–";
    }

    private static String number(JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, "%.3f", value.asDouble()) : "–";
    }
}
