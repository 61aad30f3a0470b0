package org.lionalign.align.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.lionalign.align.text.StopText;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.tokenizer.StreamingDecoder;
import org.lionalign.torch.model.Answer;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.SamplingOptions;

/** A model with its name, answering one request at a time: a request's answers are decoded together, the next request waits. */
final class ServedModel implements AutoCloseable {
    private final String name;
    private final TextModel text;
    private final CausalLm model;
    private final ReentrantLock turn = new ReentrantLock(true);

    ServedModel(String name, TextModel text, CausalLm model) {
        this.name = name;
        this.text = text;
        this.model = model;
    }

    String name() {
        return name;
    }

    /** Hears of pieces of text as they become sure. */
    @FunctionalInterface
    interface Pieces {
        /** @return false when nobody listens any more: generation ends */
        boolean onPiece(int answer, String piece);
    }

    /** A finished answer. */
    record Completion(String text, String finish, Answer answer) {}

    /** All answers of a request, with the prompt's length in tokens. */
    record Completed(List<Completion> completions, int promptTokens) {}

    Completed complete(CompletionRequest request, Pieces pieces) {
        int[] prompt = text.promptIds(request.conversation());
        int longest = model.config().longestSequence();
        if (prompt.length >= longest) {
            throw new BadInput("messages: expected fewer than " + longest + " tokens, the model's context, found "
                    + prompt.length);
        }
        SamplingOptions options = new SamplingOptions(
                request.n(),
                request.temperature(),
                request.topP(),
                0,
                request.maxTokens(),
                request.seed(),
                text.stops(),
                Math.max(64, request.n()));
        List<StopText> writers = new ArrayList<>();
        for (int a = 0; a < request.n(); a++) {
            writers.add(new StopText(request.stop(), new StreamingDecoder(text.tokenizer())));
        }
        List<Answer> answers = new ArrayList<>();
        turn.lock();
        try {
            new Generator(model, options)
                    .generate(
                            List.of(prompt),
                            (p, a, id) -> {
                                StopText writer = writers.get(a);
                                String piece = writer.push(text.stops().contains(id) ? null : id);
                                boolean heard = piece.isEmpty() || pieces.onPiece(a, piece);
                                return heard && !writer.stopped();
                            },
                            (p, all) -> answers.addAll(all));
        } finally {
            turn.unlock();
        }
        List<Completion> completions = new ArrayList<>();
        for (int a = 0; a < request.n(); a++) {
            StopText writer = writers.get(a);
            String rest = writer.rest();
            if (!rest.isEmpty()) {
                pieces.onPiece(a, rest);
            }
            completions.add(new Completion(writer.text(), answers.get(a).finish(), answers.get(a)));
        }
        return new Completed(completions, prompt.length);
    }

    String piece(int id) {
        return text.tokenizer().decode(new int[] {id}, false);
    }

    @Override
    public void close() {
        model.close();
    }
}
