package org.lionalign.align.eval.completion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.json.Json;
import org.lionalign.core.tokenizer.StreamingDecoder;
import org.lionalign.torch.model.Answer;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.SamplingOptions;

/**
 * Greedy answers, batched, each kept in the store as soon as it is finished; what {@code HFLM.generate_until} of lm-evaluation-harness does
 * with {@code do_sample: false}: the prompt loses its beginning where the model's context has no room for it and the answer, and the answer
 * ends before the first stop text.
 */
public final class Completions {
    /** New tokens where a task of the harness names no limit. */
    public static final int DEFAULT_NEW_TOKENS = 256;

    private static final int CONCURRENCY = 64;

    /**
     * What is asked.
     *
     * @param chat whether the prompt is a user's message for the model's template; else it is a text to be continued
     * @param until texts at which the answer ends; they are not part of it
     */
    public record Ask(String prompt, boolean chat, List<String> until, int maxNewTokens) {
        public Ask {
            until = List.copyOf(until);
        }
    }

    /**
     * What was answered.
     *
     * @param truncated whether the answer was still going on at the last token
     * @param promptLost tokens that the prompt lost at its beginning
     */
    public record Given(String text, boolean truncated, int promptLost) {}

    private final EvalContext context;
    private final ResultStore store;

    public Completions(EvalContext context, ResultStore store) {
        this.context = context;
        this.store = store;
    }

    /** Answers in the order of the questions; those in the store are not computed again. */
    public List<Given> to(List<Ask> asks) {
        Given[] given = new Given[asks.size()];
        List<Integer> open = new ArrayList<>();
        List<int[]> prompts = new ArrayList<>();
        int[] lost = new int[given.length];
        int longest = 1;
        for (int i = 0; i < given.length; i++) {
            Ask ask = asks.get(i);
            int[] whole = ids(ask);
            int[] ids = fit(whole, ask.maxNewTokens());
            lost[i] = whole.length - ids.length;
            JsonNode kept = store.get(key(ask, ids));
            if (kept != null) {
                given[i] = new Given(
                        kept.path("text").asText(), kept.path("truncated").asBoolean(), lost[i]);
                context.progress().run();
            } else {
                open.add(i);
                prompts.add(ids);
                longest = Math.max(longest, ask.maxNewTokens());
            }
        }
        if (!open.isEmpty()) {
            SamplingOptions options =
                    new SamplingOptions(1, 0, 1, 0, longest, 0, context.text().stops(), CONCURRENCY);
            new Generator(context.model(), options).generate(prompts, listener(asks, open), (prompt, answers) -> {
                int i = open.get(prompt);
                given[i] = given(asks.get(i), answers.get(0), lost[i]);
                ObjectNode value = Json.object();
                value.put("text", given[i].text());
                value.put("truncated", given[i].truncated());
                store.put(key(asks.get(i), prompts.get(prompt)), value);
                context.progress().run();
            });
        }
        return Arrays.asList(given);
    }

    private int[] ids(Ask ask) {
        return ask.chat()
                ? context.text().promptIds(Conversation.of(new Message("user", ask.prompt())))
                : context.text().promptIds(ask.prompt());
    }

    /** The prompt's end, so that the answer has its tokens; at least half of the context where the answer may be longer than that. */
    private int[] fit(int[] ids, int maxNewTokens) {
        int longest = context.model().config().longestSequence();
        int room = Math.max(longest - maxNewTokens, Math.max(1, longest / 2));
        return ids.length <= room ? ids : Arrays.copyOfRange(ids, ids.length - room, ids.length);
    }

    private Generator.Listener listener(List<Ask> asks, List<Integer> open) {
        Map<Integer, StringBuilder> written = new HashMap<>();
        Map<Integer, StreamingDecoder> decoders = new HashMap<>();
        int[] tokens = new int[open.size()];
        return (prompt, answer, id) -> {
            Ask ask = asks.get(open.get(prompt));
            if (++tokens[prompt] >= ask.maxNewTokens()) {
                return false;
            }
            if (ask.until().isEmpty()) {
                return true;
            }
            StringBuilder so = written.computeIfAbsent(prompt, p -> new StringBuilder());
            so.append(decoders.computeIfAbsent(
                            prompt, p -> new StreamingDecoder(context.text().tokenizer()))
                    .push(id));
            return ask.until().stream().noneMatch(stop -> so.indexOf(stop) >= 0);
        };
    }

    private Given given(Ask ask, Answer answer, int lost) {
        int[] ids = answer.ids();
        String whole = context.text().tokenizer().decode(ids, true);
        String text = whole;
        for (String stop : ask.until()) {
            int at = text.indexOf(stop);
            text = at < 0 ? text : text.substring(0, at);
        }
        boolean ended = context.text().stops().contains(ids[ids.length - 1]) || text.length() < whole.length();
        return new Given(text, !ended, lost);
    }

    private String key(Ask ask, int[] ids) {
        return ResultStore.key("completion", context.identity(), ids, ask.until(), ask.maxNewTokens());
    }
}
