package org.lionalign.align.eval.run;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatReply;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.align.text.StopTexts;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.Answer;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.SamplingOptions;

/**
 * A model in process where suites expect a server. A prompt that does not fit into its context is {@code refused}. Of log-probabilities it
 * knows the alternatives of the first token, by the softmax of the logits (temperature 1), as servers give them.
 */
final class LocalJudge implements ChatEndpoint {
    private static final int CONCURRENCY = 16;

    private final Contender judge;

    LocalJudge(Contender judge) {
        this.judge = judge;
    }

    @Override
    public String identity() {
        return "local " + judge.identity();
    }

    @Override
    public List<ChatOutcome> complete(List<ChatRequest> requests) {
        ChatOutcome[] outcomes = new ChatOutcome[requests.size()];
        complete(requests, (r, outcome) -> outcomes[r] = outcome);
        return List.of(outcomes);
    }

    /** Requests that are sampled alike can be decoded together. */
    private record Alike(int n, double temperature, double topP, int maxTokens, List<String> stop, long seed) {
        static Alike of(ChatRequest request) {
            Long seed = request.seed();
            return new Alike(
                    request.n(),
                    request.temperature(),
                    request.topP(),
                    request.maxTokens(),
                    request.stop(),
                    seed == null ? 0 : seed);
        }
    }

    @Override
    public void complete(List<ChatRequest> requests, Sink sink) {
        Map<Alike, List<Integer>> groups = new LinkedHashMap<>();
        int longest = judge.model().config().longestSequence();
        List<int[]> prompts = new ArrayList<>();
        for (int r = 0; r < requests.size(); r++) {
            int[] ids = judge.text().promptIds(new Conversation(requests.get(r).messages()));
            prompts.add(ids);
            if (ids.length >= longest) {
                sink.onOutcome(
                        r,
                        new ChatOutcome.Failed(
                                "refused",
                                ids.length + " tokens in a context of " + longest + " with no room left",
                                0));
            } else {
                groups.computeIfAbsent(Alike.of(requests.get(r)), alike -> new ArrayList<>())
                        .add(r);
            }
        }
        groups.forEach((alike, group) -> complete(alike, group, requests, prompts, sink));
    }

    private void complete(
            Alike alike, List<Integer> group, List<ChatRequest> requests, List<int[]> prompts, Sink sink) {
        SamplingOptions options = new SamplingOptions(
                alike.n(),
                alike.temperature(),
                alike.topP(),
                0,
                alike.maxTokens(),
                alike.seed(),
                judge.text().stops(),
                Math.max(CONCURRENCY, alike.n()));
        StopTexts stops = new StopTexts(judge.text().tokenizer(), alike.stop());
        new Generator(judge.model(), options)
                .generate(group.stream().map(prompts::get).toList(), stops, (p, answers) -> {
                    int r = group.get(p);
                    sink.onOutcome(
                            r, new ChatOutcome.Replied(reply(requests.get(r), prompts.get(r), answers, stops), false));
                });
    }

    private ChatReply reply(ChatRequest request, int[] prompt, List<Answer> answers, StopTexts stops) {
        Map<String, Double> top = request.topLogprobs() == 0 ? Map.of() : first(prompt, request.topLogprobs());
        List<ChatReply.Choice> choices = new ArrayList<>();
        long written = 0;
        for (Answer answer : answers) {
            written += answer.ids().length;
            String text = stops.cut(judge.text().tokenizer().decode(answer.ids(), true));
            List<ChatReply.Token> tokens = request.topLogprobs() == 0
                    ? List.of()
                    : List.of(new ChatReply.Token(piece(answer.ids()[0]), answer.logprobs()[0], top));
            choices.add(new ChatReply.Choice(text, answer.finish(), tokens));
        }
        return new ChatReply(choices, judge.name(), prompt.length, written);
    }

    private String piece(int id) {
        return judge.text().tokenizer().decode(new int[] {id}, false);
    }

    /** The likeliest first tokens of an answer with their log-probabilities. */
    private Map<String, Double> first(int[] prompt, int count) {
        PromptTree tree = PromptTree.document("judge", prompt, new boolean[prompt.length]);
        float[] logits = judge.model().logits(PackedBatch.of(List.of(tree)), prompt.length - 1);
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        double log = most + Math.log(sum);
        Map<String, Double> top = new LinkedHashMap<>();
        IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble(id -> -logits[id]))
                .limit(count)
                .forEach(id -> top.putIfAbsent(piece(id), logits[id] - log));
        return top;
    }

    @Override
    public void close() {
        judge.close();
    }
}
