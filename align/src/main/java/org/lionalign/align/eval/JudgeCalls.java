package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatReply;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * Asks a judge and keeps every reply, so that a killed run pays nothing twice. Failures are never kept: the next run asks again. Equal
 * requests are one request.
 */
public final class JudgeCalls {
    /** Requests handed to the endpoint together; where all of them fail the judge is taken to be down. */
    private static final int CHUNK = 64;

    /** The failure of requests that were not sent, because a whole chunk before them had failed. */
    public static final String NOT_ASKED = "not_asked";

    /**
     * A judge's reply.
     *
     * @param text empty where it failed
     * @param finish as the server says
     * @param top alternatives of the first token with their log-probabilities; empty unless asked for
     * @param failure null, or the kind of failure
     * @param detail of the failure, for people
     */
    public record Reply(
            String text,
            String finish,
            Map<String, Double> top,
            @Nullable String failure,
            String detail) {
        static Reply failed(String kind, String detail) {
            return new Reply("", "", Map.of(), kind, detail);
        }
    }

    private final ChatEndpoint judge;
    private final ResultStore store;

    public JudgeCalls(ChatEndpoint judge, ResultStore store) {
        this.judge = judge;
        this.store = store;
    }

    /** The context's judge; an error that says what to do when there is none. */
    public static JudgeCalls of(EvalContext context, String suite, ResultStore store) {
        ChatEndpoint judge = context.judge();
        if (judge == null) {
            throw new BadInput(suite + ": expected a judge (--judge URL, replay:FILE or MODEL_DIR), found none");
        }
        return new JudgeCalls(judge, store);
    }

    /**
     * A reply to each request, in order.
     *
     * @param progress hears of each reply
     */
    public List<Reply> ask(List<ChatRequest> requests, Runnable progress) {
        Map<String, ChatRequest> open = new LinkedHashMap<>();
        List<String> keys = new ArrayList<>();
        for (ChatRequest request : requests) {
            String key = key(request);
            keys.add(key);
            if (store.get(key) == null && !open.containsKey(key)) {
                open.put(key, request);
            } else {
                progress.run();
            }
        }
        Map<String, Reply> failures = new LinkedHashMap<>();
        List<String> todo = new ArrayList<>(open.keySet());
        boolean down = false;
        for (int from = 0; from < todo.size(); from += CHUNK) {
            List<String> chunk = todo.subList(from, Math.min(from + CHUNK, todo.size()));
            if (down) {
                for (String key : chunk) {
                    failures.put(key, Reply.failed(NOT_ASKED, "the judge failed on " + CHUNK + " before"));
                    progress.run();
                }
                continue;
            }
            int before = failures.size();
            judge.complete(chunk.stream().map(key -> request(open, key)).toList(), (i, outcome) -> {
                if (outcome instanceof ChatOutcome.Replied replied
                        && !replied.reply().choices().isEmpty()) {
                    store.put(chunk.get(i), json(replied.reply()));
                } else {
                    failures.put(chunk.get(i), failure(outcome));
                }
                progress.run();
            });
            down = failures.size() - before == CHUNK;
        }
        return keys.stream().map(key -> reply(key, failures)).toList();
    }

    private static ChatRequest request(Map<String, ChatRequest> open, String key) {
        ChatRequest request = open.get(key);
        if (request == null) {
            throw new IllegalStateException("no request for " + key);
        }
        return request;
    }

    private static Reply failure(ChatOutcome outcome) {
        return outcome instanceof ChatOutcome.Failed failed
                ? Reply.failed(failed.kind(), failed.detail())
                : Reply.failed("garbled", "a reply without choices");
    }

    private Reply reply(String key, Map<String, Reply> failures) {
        JsonNode kept = store.get(key);
        if (kept == null) {
            Reply failed = failures.get(key);
            return failed == null ? Reply.failed(NOT_ASKED, "") : failed;
        }
        Map<String, Double> top = new LinkedHashMap<>();
        kept.path("top")
                .properties()
                .forEach(e -> top.put(e.getKey(), e.getValue().asDouble()));
        return new Reply(kept.path("text").asText(), kept.path("finish").asText(), top, null, "");
    }

    private static ObjectNode json(ChatReply reply) {
        ChatReply.Choice choice = reply.choices().get(0);
        ObjectNode node = Json.object();
        node.put("text", choice.text());
        node.put("finish", choice.finish());
        if (!choice.tokens().isEmpty()) {
            ObjectNode top = node.putObject("top");
            choice.tokens().get(0).top().forEach(top::put);
        }
        node.put("served_model", reply.servedModel());
        node.put("prompt_tokens", reply.promptTokens());
        node.put("completion_tokens", reply.completionTokens());
        return node;
    }

    private String key(ChatRequest request) {
        ArrayNode messages = Json.MAPPER.createArrayNode();
        for (Message message : request.messages()) {
            messages.add(message.toJson());
        }
        Long seed = request.seed();
        return ResultStore.key(
                "judgement",
                judge.identity(),
                request.model(),
                messages,
                request.n(),
                request.temperature(),
                request.topP(),
                request.maxTokens(),
                request.stop(),
                seed == null ? "none" : seed,
                request.topLogprobs());
    }
}
