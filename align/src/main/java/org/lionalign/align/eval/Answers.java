package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.json.Json;
import org.lionalign.torch.model.Answer;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.SamplingOptions;

/** A checkpoint's answers to a suite's conversations: sampled in batches, each kept in the store as soon as it is finished. */
public final class Answers {
    private static final int CONCURRENCY = 64;

    /**
     * What is asked.
     *
     * @param temperature 0 for greedy
     * @param maxNewTokens longest answer; less where the model's context ends before
     */
    public record Ask(Conversation conversation, double temperature, double topP, int maxNewTokens) {}

    /**
     * What was answered.
     *
     * @param text without control tokens and outer white space
     * @param finish {@code stop}, {@code length}, or {@link #OVERLONG}
     * @param tokens of the answer, the stop token included
     */
    public record Given(String text, String finish, int tokens) {
        /** The finish of a question that leaves no room for an answer in the model's context. */
        public static final String OVERLONG = "overlong_prompt";

        public boolean isOverlong() {
            return finish.equals(OVERLONG);
        }

        public boolean isTruncated() {
            return finish.equals("length");
        }
    }

    private final EvalContext context;
    private final ResultStore store;

    public Answers(EvalContext context, ResultStore store) {
        this.context = context;
        this.store = store;
    }

    /** Ids of a conversation, ready for the answer. */
    public int[] promptIds(Conversation conversation) {
        return context.text().promptIds(conversation);
    }

    /** Room that the model's context leaves after a prompt. */
    public int room(int promptTokens) {
        return context.model().config().longestSequence() - promptTokens;
    }

    /** Answers in the order of the questions; those in the store are not sampled again. */
    public List<Given> to(List<Ask> asks) {
        Given[] given = new Given[asks.size()];
        SortedMap<String, List<Integer>> groups =
                new TreeMap<>(); // of equal sampling, which one generator can do together
        for (int i = 0; i < given.length; i++) {
            Ask ask = asks.get(i);
            JsonNode kept = store.get(key(ask));
            if (kept != null) {
                given[i] = new Given(
                        kept.path("text").asText(),
                        kept.path("finish").asText(),
                        kept.path("tokens").asInt());
            } else {
                groups.computeIfAbsent(ask.temperature() + "/" + ask.topP(), k -> new ArrayList<>())
                        .add(i);
            }
        }
        groups.values().forEach(group -> sample(asks, group, given));
        return Arrays.asList(given);
    }

    private void sample(List<Ask> asks, List<Integer> group, Given[] given) {
        List<Integer> asked = new ArrayList<>();
        List<int[]> prompts = new ArrayList<>();
        int longest = 1;
        for (int i : group) {
            Ask ask = asks.get(i);
            int[] ids = promptIds(ask.conversation());
            if (ids.length == 0 || room(ids.length) < 1 || ask.maxNewTokens() < 1) {
                given[i] = new Given("", Given.OVERLONG, 0);
                continue;
            }
            asked.add(i);
            prompts.add(ids);
            longest = Math.max(longest, ask.maxNewTokens());
        }
        Ask first = asks.get(group.get(0));
        SamplingOptions options = new SamplingOptions(
                1,
                first.temperature(),
                first.topP(),
                0,
                longest,
                context.seed(),
                context.text().stops(),
                CONCURRENCY);
        int[] written = new int[asked.size()];
        Generator.Listener budget = (prompt, answer, id) ->
                ++written[prompt] < asks.get(asked.get(prompt)).maxNewTokens();
        new Generator(context.model(), options).generate(prompts, budget, (prompt, answers) -> {
            int i = asked.get(prompt);
            given[i] = given(asks.get(i), answers.get(0));
            ObjectNode value = Json.object();
            value.put("text", given[i].text());
            value.put("finish", given[i].finish());
            value.put("tokens", given[i].tokens());
            store.put(key(asks.get(i)), value);
        });
    }

    private Given given(Ask ask, Answer answer) {
        int[] ids = answer.ids();
        boolean stopped = context.text().stops().contains(ids[ids.length - 1]);
        String finish = stopped ? "stop" : ids.length >= ask.maxNewTokens() ? "length" : answer.finish();
        String text = context.text().tokenizer().decode(ids, true).strip();
        return new Given(text, finish, ids.length);
    }

    private String key(Ask ask) {
        return ResultStore.key(
                "answer",
                context.identity(),
                ask.conversation().toContext(true),
                ask.temperature(),
                ask.topP(),
                ask.maxNewTokens(),
                ask.temperature() == 0 ? 0 : context.seed());
    }
}
