package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.json.Json;

/** What became of every prompt: prompts in = answered in full + lacking answers + refused. Names those that are not answered in full. */
public final class SampleLedger {
    private final int wanted;
    private int prompts;
    private int full;
    private int reencodedDifferently;
    private long characters;
    private long distinct;
    private final List<ObjectNode> lacking = new ArrayList<>();
    private final List<ObjectNode> refused = new ArrayList<>();
    private final List<Integer> lengths = new ArrayList<>();
    private final TreeMap<String, Integer> finishes = new TreeMap<>();
    private final TreeMap<String, Integer> failures = new TreeMap<>();
    private int answers;

    SampleLedger(int wanted) {
        this.wanted = wanted;
    }

    void count(Sampling.AnsweredPrompt answered) {
        prompts++;
        ObjectNode named = Json.object().put("id", answered.prompt().id());
        if (answered.refusal() != null) {
            refused.add(named.put("reason", answered.refusal()));
            return;
        }
        Set<String> texts = new HashSet<>();
        for (Drawn answer : answered.answers()) {
            answers++;
            characters += answer.text().length();
            finishes.merge(answer.finish(), 1, Integer::sum);
            reencodedDifferently += answer.reencodes() ? 0 : 1;
            texts.add(answer.text().strip());
            if (answer.tokens() >= 0) {
                lengths.add(answer.tokens());
            }
        }
        distinct += texts.size();
        for (Drawn.Failed failure : answered.failures()) {
            failures.merge(failure.kind(), 1, Integer::sum);
        }
        if (answered.answers().size() == wanted) {
            full++;
        } else {
            named.put("answers", answered.answers().size());
            ArrayNode why = named.putArray("failures");
            answered.failures().forEach(failure -> why.add(failure.toJson()));
            lacking.add(named);
        }
    }

    /** Fails unless every prompt and every answer that was wanted is accounted for. */
    void check() {
        long failed = failed();
        long owed = (long) wanted * (prompts - refused.size());
        if (prompts != full + lacking.size() + refused.size() || owed != answers + failed) {
            throw new IllegalStateException("ledger of sampling: " + prompts + " prompts in, " + full + " + "
                    + lacking.size() + " + " + refused.size() + " accounted for; " + owed + " answers wanted, "
                    + answers + " drawn, " + failed + " failed");
        }
    }

    public int answers() {
        return answers;
    }

    /** Answers that were tried and did not come. */
    public long failed() {
        return failures.values().stream().mapToLong(Integer::longValue).sum();
    }

    /**
     * Fails when more than this share of the answers that were wanted did not come.
     *
     * @param share null for no limit
     */
    public void refuseFailures(@Nullable Double share, Path where) {
        long owed = answers + failed();
        if (share != null && failed() > share * owed) {
            throw new CheckFailed(
                    where + ": " + failed() + " of " + owed + " answers failed " + failures + ", more than a share of "
                            + share + " (sample.failed_share); the same command asks again for these alone");
        }
    }

    /** One line for people. */
    public String said() {
        return answers + " answers to " + prompts + " prompts"
                + (failed() > 0 ? ", " + failed() + " failed " + failures : "")
                + (refused.isEmpty() ? "" : ", " + refused.size() + " prompts refused");
    }

    /** Counts, lengths, finish reasons, and the prompts that lack answers by name. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object();
        node.put("prompts", prompts).put("answered_in_full", full);
        node.put("lacking_answers", lacking.size()).put("refused", refused.size());
        node.put("answers_for_each", wanted).put("answers", answers);
        ObjectNode finish = node.putObject("finish");
        finishes.forEach(finish::put);
        ObjectNode failed = node.putObject("failures");
        failures.forEach(failed::put);
        if (!lengths.isEmpty()) {
            int[] sorted = lengths.stream().mapToInt(Integer::intValue).sorted().toArray();
            ObjectNode tokens = node.putObject("tokens");
            tokens.put("mean", Arrays.stream(sorted).average().orElse(0));
            tokens.put("median", sorted[sorted.length / 2]);
            tokens.put("p90", sorted[(int) (sorted.length * 0.9)]);
            tokens.put("longest", sorted[sorted.length - 1]);
            tokens.put("sum", Arrays.stream(sorted).asLongStream().sum());
        }
        int answered = prompts - refused.size();
        node.put("characters_mean", answers == 0 ? 0 : (double) characters / answers);
        node.put("distinct_answers_for_each", answered == 0 ? 0 : (double) distinct / answered);
        node.put("text_encodes_to_other_tokens", reencodedDifferently);
        ArrayNode named = node.putArray("lacking");
        lacking.forEach(named::add);
        ArrayNode tooLong = node.putArray("refused_prompts");
        refused.forEach(tooLong::add);
        return node;
    }
}
