package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatReply;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.SampleRecipe;

/**
 * A policy behind a server. A prompt's missing answers are asked for in one request; a server that gives fewer is asked for the rest. What
 * fails after the endpoint's retries is recorded as a failure with its reason, and the next run asks for it again.
 */
public final class RemoteSampler implements Sampler {
    /** Prompts that are asked before the run looks whether to stop. */
    private static final int CHUNK = 256;

    private final ChatEndpoint endpoint;
    private final String model;
    private final SampleRecipe recipe;
    private final long seed;
    private final ObjectNode identity = Json.object();
    private final ObjectNode settings = Json.object();

    /** @param model the server's name of it */
    public RemoteSampler(ChatEndpoint endpoint, String model, SampleRecipe recipe, long seed) {
        if (recipe.topK() != 0) {
            throw new BadInput(
                    "sample.top_k: expected 0 with a server (the protocol has no such option), found " + recipe.topK());
        }
        this.endpoint = endpoint;
        this.model = model;
        this.recipe = recipe;
        this.seed = seed;
        identity.put("server", endpoint.identity()).put("model", model);
        // Without the number of answers: more of them can be asked for later.
        settings.put("temperature", recipe.temperature()).put("top_p", recipe.topP());
        settings.put("max_new_tokens", recipe.maxNewTokens()).put("seed", seed);
        ArrayNode stop = settings.putArray("stop");
        recipe.stop().forEach(stop::add);
    }

    @Override
    public ObjectNode identity() {
        return identity;
    }

    @Override
    public ObjectNode settings() {
        return settings;
    }

    @Override
    public int answers() {
        return recipe.answers();
    }

    @Override
    public @Nullable String refusal(Prompt prompt) {
        return null; // only the server knows its context; it refuses what is too long
    }

    @Override
    public int @Nullable [] promptIds(Prompt prompt) {
        return null;
    }

    @Override
    public void sample(List<Prompt> prompts, BiPredicate<Prompt, Integer> done, Sink sink, BooleanSupplier stop) {
        for (int from = 0; from < prompts.size() && !stop.getAsBoolean(); from += CHUNK) {
            Map<Prompt, List<Integer>> missing = new HashMap<>();
            List<Prompt> open = new ArrayList<>();
            for (Prompt prompt : prompts.subList(from, Math.min(prompts.size(), from + CHUNK))) {
                List<Integer> indices = new ArrayList<>();
                for (int i = 0; i < recipe.answers(); i++) {
                    if (!done.test(prompt, i)) {
                        indices.add(i);
                    }
                }
                if (!indices.isEmpty()) {
                    missing.put(prompt, indices);
                    open.add(prompt);
                }
            }
            while (!open.isEmpty() && !stop.getAsBoolean()) {
                open = ask(open, missing, sink);
            }
        }
    }

    /** One request for each prompt; returns the prompts that got some of their answers and lack others. */
    private List<Prompt> ask(List<Prompt> open, Map<Prompt, List<Integer>> missing, Sink sink) {
        List<ChatRequest> requests = new ArrayList<>();
        for (Prompt prompt : open) {
            requests.add(request(prompt, missing.getOrDefault(prompt, List.of())));
        }
        Set<Prompt> again = new HashSet<>();
        endpoint.complete(requests, (r, outcome) -> {
            Prompt prompt = open.get(r);
            List<Integer> indices = missing.getOrDefault(prompt, List.of());
            List<Drawn> drawn = new ArrayList<>();
            List<Drawn.Failed> failed = new ArrayList<>();
            List<Integer> left = take(outcome, indices, seedOf(requests.get(r)), drawn, failed);
            sink.onAnswers(prompt, drawn, failed);
            missing.put(prompt, left);
            if (!left.isEmpty()) {
                again.add(prompt);
            }
        });
        return open.stream().filter(again::contains).toList();
    }

    private static @Nullable Long seedOf(ChatRequest request) {
        return request.seed();
    }

    private ChatRequest request(Prompt prompt, List<Integer> indices) {
        long own = StepPlanner.derivedSeed("answer/" + prompt.digest() + "/" + indices.get(0), seed);
        return new ChatRequest(
                model,
                prompt.conversation().messages(),
                indices.size(),
                recipe.temperature(),
                recipe.topP(),
                recipe.maxNewTokens(),
                recipe.stop(),
                own & Integer.MAX_VALUE, // servers take 32 bits
                0);
    }

    /** Sorts an outcome into answers and failures; returns the indices that are still to be asked for. */
    private static List<Integer> take(
            ChatOutcome outcome,
            List<Integer> indices,
            @Nullable Long seed,
            List<Drawn> drawn,
            List<Drawn.Failed> failed) {
        if (outcome instanceof ChatOutcome.Failed failure) {
            indices.forEach(i -> failed.add(new Drawn.Failed(i, failure.kind(), failure.detail())));
            return List.of();
        }
        ChatReply reply = ((ChatOutcome.Replied) outcome).reply();
        int given = Math.min(indices.size(), reply.choices().size());
        for (int c = 0; c < given; c++) {
            ChatReply.Choice choice = reply.choices().get(c);
            int index = indices.get(c);
            if (choice.finish().equals("stop") || choice.finish().equals("length")) {
                drawn.add(new Drawn(
                        index, choice.text(), null, null, choice.finish(), seed, reply.servedModel(), true, null));
            } else {
                failed.add(new Drawn.Failed(index, "finish", "the server ended the answer with " + choice.finish()));
            }
        }
        if (given == 0) {
            indices.forEach(i -> failed.add(new Drawn.Failed(i, "garbled", "a reply without choices")));
            return List.of();
        }
        return indices.subList(given, indices.size());
    }
}
