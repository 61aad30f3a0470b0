package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Engine;
import org.lionalign.torch.tensor.Parallel;

/**
 * Batched sampling: each prompt is read once for its K answers, and all live answers take a step together, in {@link Lane}s of some dozens
 * that run beside each other: decoding is made of many small operators, of which one core waits less than several for one.
 */
public final class Generator {
    /** Hears every token as it is drawn; may end an answer. */
    @FunctionalInterface
    public interface Listener {
        /**
         * @param prompt index of the prompt
         * @param answer index among its answers
         * @return false to end this answer here, with finish reason {@code stop}
         */
        boolean onToken(int prompt, int answer, int id);
    }

    /** Takes the answers of a prompt when all are finished; prompts may finish out of order. */
    @FunctionalInterface
    public interface Sink {
        void onPrompt(int prompt, List<Answer> answers);
    }

    /** Answers in a lane: fewer are not worth reading the weights for, and of more the products do not get faster. */
    private static final int NARROWEST = 32;

    private static final int WIDEST = 320;

    private final CausalLm model;
    private final ModelConfig config;
    private final SamplingOptions options;

    public Generator(CausalLm model, SamplingOptions options) {
        this.model = model;
        this.config = model.config();
        this.options = options;
        if (config.isClassifier()) {
            throw new BadInput(model.directory() + ": expected a language model, found " + config.architecture());
        }
    }

    /** Answers to all prompts, in order. */
    public List<List<Answer>> generate(List<int[]> prompts) {
        List<List<Answer>> all = new ArrayList<>(java.util.Collections.nCopies(prompts.size(), List.of()));
        generate(prompts, (prompt, answer, id) -> true, all::set);
        return all;
    }

    /** Answers to all prompts, handed on as they finish; listener and sink are called by one thread at a time. */
    public void generate(List<int[]> prompts, Listener listener, Sink sink) {
        for (int p = 0; p < prompts.size(); p++) {
            check(p, prompts.get(p));
        }
        // Prompts of like length begin together, the longest first: little filling, and no long one left for the end.
        List<Integer> order = IntStream.range(0, prompts.size())
                .boxed()
                .sorted(Comparator.comparing(p -> -prompts.get(p).length))
                .toList();
        int lanes = Math.min(lanes(), Math.max(1, prompts.size()));
        int places = Math.max(options.answers(), options.concurrency() / lanes);
        Exchange exchange = new Exchange(listener, sink);
        IntConsumer lane = l -> {
            List<Integer> own = IntStream.range(0, order.size())
                    .filter(i -> i % lanes == l)
                    .mapToObj(order::get)
                    .toList();
            new Lane(model, options, places, exchange).run(own, prompts);
        };
        if (2 * lanes >= Engine.threads()) {
            Parallel.each(model.options().device(), new long[lanes], lane);
        } else {
            IntStream.range(0, lanes).forEach(lane); // each with all cores, and the same numbers
        }
    }

    /**
     * Lanes that the places are divided among, each with room for a prompt's answers. It does not depend on the processor, for products of
     * other heights round differently; a GPU, which runs lanes one after the other, has one.
     */
    private int lanes() {
        if (!model.options().device().equals(Device.CPU)) {
            return 1;
        }
        int places = options.concurrency();
        int lanes = Math.max(Math.min(2, places / NARROWEST), places / WIDEST);
        return Math.max(1, Math.min(lanes, places / options.answers()));
    }

    /** Listener and sink for several threads. What they throw ends all lanes. */
    static final class Exchange {
        private final Listener listener;
        private final Sink sink;
        private boolean failed;

        Exchange(Listener listener, Sink sink) {
            this.listener = listener;
            this.sink = sink;
        }

        synchronized boolean onToken(int prompt, int answer, int id) {
            return guarded(() -> listener.onToken(prompt, answer, id));
        }

        synchronized void onPrompt(int prompt, List<Answer> answers) {
            guarded(() -> {
                sink.onPrompt(prompt, answers);
                return true;
            });
        }

        private boolean guarded(BooleanSupplier call) {
            boolean returned = false;
            try {
                boolean result = call.getAsBoolean();
                returned = true;
                return result;
            } finally {
                failed |= !returned;
            }
        }

        synchronized boolean failed() {
            return failed;
        }
    }

    private void check(int p, int[] ids) {
        if (ids.length == 0 || ids.length >= config.longestSequence()) {
            throw new BadInput("prompt " + p + ": expected 1 to " + (config.longestSequence() - 1)
                    + " tokens (the model's context and room for an answer), found " + ids.length);
        }
        for (int id : ids) {
            if (id < 0 || id >= config.vocabularySize()) {
                throw new BadInput(
                        "prompt " + p + ": token id: expected 0 to " + (config.vocabularySize() - 1) + ", found " + id);
            }
        }
    }
}
