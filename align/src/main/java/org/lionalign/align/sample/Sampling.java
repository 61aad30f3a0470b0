package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;

/**
 * K answers to each prompt, through a store: what is there is not drawn again, what is drawn is on disk before the next is begun.
 *
 * <pre>{@code
 * Sampling sampling = new Sampling(sampler, new AnswerStore(file));
 * if (sampling.run(prompts, done -> {}, () -> false)) {
 *     sampling.write(prompts, rows);
 * }
 * }</pre>
 */
public final class Sampling {
    private final Sampler sampler;
    private final AnswerStore store;
    private final String model;
    private final String settings;

    /** Hears of progress. */
    @FunctionalInterface
    public interface Listener {
        /** @param prompts that are finished, in this run or before */
        void onFinished(int prompts);
    }

    public Sampling(Sampler sampler, AnswerStore store) {
        this.sampler = sampler;
        this.store = store;
        this.model = ModelDigest.text(Json.write(sampler.identity()));
        this.settings = ModelDigest.text(Json.write(sampler.settings()));
    }

    /** Where an answer of this policy with these settings stands in the store. */
    public AnswerStore.Key key(Prompt prompt, int index) {
        return new AnswerStore.Key(model, prompt.digest(), settings, index);
    }

    /** Whether a key names this policy and these settings. */
    boolean owns(AnswerStore.Key key) {
        return key.model().equals(model) && key.settings().equals(settings);
    }

    /**
     * Draws what is missing.
     *
     * @return false when it was stopped before the end
     */
    public boolean run(List<Prompt> prompts, Listener listener, BooleanSupplier stop) {
        List<Prompt> accepted =
                prompts.stream().filter(p -> sampler.refusal(p) == null).toList();
        int[] finished = {0};
        for (Prompt prompt : accepted) {
            finished[0] += complete(prompt) ? 1 : 0;
        }
        listener.onFinished(finished[0]);
        if (finished[0] == accepted.size()) {
            return true;
        }
        store.describe(sampler.identity());
        store.describe(sampler.settings());
        Set<AnswerStore.Key> failed = new HashSet<>(); // now: what failed in earlier runs has yet to be tried
        sampler.sample(
                accepted,
                (prompt, index) -> store.has(key(prompt, index)),
                new Sampler.Sink() {
                    @Override
                    public void onBlock(Sampler.Block block) {
                        store.add(block);
                    }

                    @Override
                    public void onAnswers(Prompt prompt, List<Drawn> answers, List<Drawn.Failed> failures) {
                        store.add(model, prompt.digest(), settings, answers, failures);
                        failures.forEach(failure -> failed.add(key(prompt, failure.index())));
                        if (complete(prompt)) {
                            listener.onFinished(++finished[0]);
                        }
                    }
                },
                stop);
        return !stop.getAsBoolean() || accepted.stream().allMatch(prompt -> tried(prompt, failed));
    }

    private boolean complete(Prompt prompt) {
        for (int i = 0; i < sampler.answers(); i++) {
            if (!store.has(key(prompt, i))) {
                return false;
            }
        }
        return true;
    }

    private boolean tried(Prompt prompt, Set<AnswerStore.Key> failed) {
        for (int i = 0; i < sampler.answers(); i++) {
            if (!store.has(key(prompt, i)) && !failed.contains(key(prompt, i))) {
                return false;
            }
        }
        return true;
    }

    /** A prompt with what the store holds for it. */
    public AnsweredPrompt answered(Prompt prompt) {
        String refusal = sampler.refusal(prompt);
        List<Drawn> answers = new ArrayList<>();
        List<Drawn.Failed> failures = new ArrayList<>();
        for (int i = 0; refusal == null && i < sampler.answers(); i++) {
            Drawn answer = store.answer(key(prompt, i));
            Drawn.Failed failure = store.failure(key(prompt, i));
            if (answer != null) {
                answers.add(answer);
            } else if (failure != null) {
                failures.add(failure);
            }
        }
        return new AnsweredPrompt(prompt, sampler.promptIds(prompt), answers, failures, refusal, by());
    }

    private ObjectNode by() {
        ObjectNode by = Json.object();
        by.set("model", sampler.identity());
        by.set("settings", sampler.settings());
        return by;
    }

    /** Writes a row for each prompt, in order, and returns what they hold; the same answers give the same bytes. */
    public SampleLedger write(List<Prompt> prompts, Path rows) {
        SampleLedger ledger = new SampleLedger(sampler.answers());
        AtomicFiles.writeLines(rows, out -> {
            for (Prompt prompt : prompts) {
                AnsweredPrompt answered = answered(prompt);
                ledger.count(answered);
                out.accept(Json.write(answered.toJson()));
            }
        });
        ledger.check();
        return ledger;
    }

    /**
     * A prompt with its answers.
     *
     * @param promptIds as the policy read it, null when only a server knows
     * @param refusal why it was not answered at all, or null
     * @param by who answered, and how
     */
    public record AnsweredPrompt(
            Prompt prompt,
            int @Nullable [] promptIds,
            List<Drawn> answers,
            List<Drawn.Failed> failures,
            @Nullable String refusal,
            ObjectNode by) {
        public AnsweredPrompt {
            answers = List.copyOf(answers);
            failures = List.copyOf(failures);
        }

        /** The row that judges and pairs read. */
        public ObjectNode toJson() {
            ObjectNode node = Json.object();
            node.put("id", prompt.id()).put("source", prompt.source()).put("prompt_id", prompt.digest());
            var turns = node.putArray("prompt");
            prompt.conversation().messages().forEach(message -> turns.add(message.toJson()));
            var list = node.putArray("answers");
            answers.forEach(answer -> list.add(answer.toJson()));
            if (!failures.isEmpty()) {
                var failed = node.putArray("failures");
                failures.forEach(failure -> failed.add(failure.toJson()));
            }
            if (refusal != null) {
                node.put("refusal", refusal);
            } else if (promptIds != null) {
                node.set("prompt_ids", Drawn.ints(promptIds));
            }
            node.set("sampled_by", by);
            node.set("row", prompt.row());
            return node;
        }
    }
}
