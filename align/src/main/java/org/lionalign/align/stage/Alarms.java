package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** What usually precedes a bad model, read off a run's logs (PITFALLS 10–14). */
final class Alarms {
    /** Fewer steps say nothing. */
    private static final int LEAST_STEPS = 10;

    /** Nats per token by which the chosen answers' log-ratio may leave 0. */
    private static final double FAR = 1;

    private Alarms() {}

    /**
     * @param metrics a line per step
     * @param samples answers at evaluations
     * @param probe {@link StopProbe}'s counts, or empty
     */
    static List<String> of(List<JsonNode> metrics, List<JsonNode> samples, JsonNode probe) {
        List<String> alarms = new ArrayList<>();
        long asked = probe.path("prompts").asLong();
        long stopped = probe.path("stopped").asLong();
        // Rows whose own answers are longer than what was waited for say nothing about stopping.
        if (2 * stopped < asked
                && probe.path("longest_answer").asLong()
                        < probe.path("max_new_tokens").asLong()) {
            alarms.add(say(
                    "the model ended %d of %d answers within %d tokens: too little training, answers that were cut, or a stop token that"
                            + " was not supervised (lion data --show 3)",
                    stopped, asked, probe.path("max_new_tokens").asLong()));
        }
        if (metrics.size() >= LEAST_STEPS && metrics.get(0).has("logps/chosen")) {
            int tenth = metrics.size() / 10;
            double early =
                    mean(metrics.subList(0, tenth), m -> m.path("logps/chosen").asDouble());
            double late = mean(metrics.subList(metrics.size() - tenth, metrics.size()), m -> m.path("logps/chosen")
                    .asDouble());
            double reward = mean(metrics.subList(metrics.size() - tenth, metrics.size()), m -> m.path("rewards/chosen")
                    .asDouble());
            if (reward < 0 && late < early - Math.abs(early) * 0.1) {
                alarms.add(say(
                        "the chosen answers became less likely (log-probability %.1f to %.1f): the margin grows by pushing both down; an SFT"
                                + " term (loss.chosen_nll_weight) or a larger beta holds them",
                        early, late));
            }
            double drift = mean(metrics.subList(metrics.size() - tenth, metrics.size()), m -> m.path("kl/chosen")
                    .asDouble());
            if (Math.abs(drift) > FAR) {
                alarms.add(say(
                        "the policy is far from its reference: %.1f nats per token of the chosen answers; a lower learning rate or a larger"
                                + " beta keeps it near",
                        drift));
            }
            double accuracy =
                    mean(metrics.subList(metrics.size() - tenth, metrics.size()), m -> m.path("rewards/accuracies")
                            .asDouble());
            if (accuracy > 0.98) {
                alarms.add(say(
                        "reward accuracy on training pairs is %.0f %%: nothing is left to learn from them; fewer epochs, or harder pairs",
                        100 * accuracy));
            }
        }
        if (!samples.isEmpty()) {
            long first = samples.get(0).get("step").asLong();
            long last = samples.get(samples.size() - 1).get("step").asLong();
            double before = length(samples, first);
            double after = length(samples, last);
            if (last > first && after > 1.5 * before && after - before > 10) {
                alarms.add(say("sample answers grew from %.0f to %.0f tokens on average", before, after));
            }
            double varied = distinct(samples, first);
            double looping = distinct(samples, last);
            if (last > first && looping < 0.5 * varied) {
                alarms.add(say(
                        "sample answers repeat themselves: distinct pairs of tokens fell from %.2f to %.2f",
                        varied, looping));
            }
        }
        return alarms;
    }

    /** Distinct pairs of neighbouring tokens in an answer by its pairs, on average. */
    private static double distinct(List<JsonNode> samples, long step) {
        return mean(samples.stream().filter(s -> s.get("step").asLong() == step).toList(), s -> {
            JsonNode ids = s.path("answers").path(0).path("ids");
            Set<Long> pairs = new HashSet<>();
            for (int i = 1; i < ids.size(); i++) {
                pairs.add(((long) ids.get(i - 1).asInt() << 32) | ids.get(i).asInt());
            }
            return ids.size() < 2 ? 1 : (double) pairs.size() / (ids.size() - 1);
        });
    }

    private static double length(List<JsonNode> samples, long step) {
        return mean(
                samples.stream().filter(s -> s.get("step").asLong() == step).toList(),
                s -> s.path("answers").path(0).path("ids").size());
    }

    private static double mean(List<JsonNode> lines, ToDoubleFunction<JsonNode> value) {
        return lines.stream().mapToDouble(value).average().orElse(0);
    }

    private static String say(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
