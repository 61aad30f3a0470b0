package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.align.text.StopTexts;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.torch.model.Answer;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.SamplingOptions;

/**
 * The policy in process. Prompts are decoded in blocks that the list of prompts alone decides, and a block is drawn whole or again whole:
 * matrix products of other sizes round differently, and once in some thousand tokens that draws another token. So an answer is, bit for bit,
 * a function of weights, block, seed and index, however often the run was killed; with {@code batch} at most {@code answers} every prompt is
 * decoded alone, and it is a function of weights, prompt, seed and index.
 */
public final class LocalSampler implements Sampler {
    /** Batches in a block: places that short answers leave are taken by further prompts of the block. */
    private static final int BATCHES_IN_BLOCK = 8;

    private final CausalLm model;
    private final TextModel text;
    private final SampleRecipe recipe;
    private final long seed;
    private final ObjectNode identity = Json.object();
    private final ObjectNode settings = Json.object();
    private final String version;
    private final Map<String, int[]> promptIds = new HashMap<>();

    /**
     * @param model its weights are those of the text's folder
     * @param compute name of the computing dtype
     */
    public LocalSampler(CausalLm model, TextModel text, SampleRecipe recipe, long seed, String compute) {
        this.model = model;
        this.text = text;
        this.recipe = recipe;
        this.seed = seed;
        this.version = ModelDigest.weights(model.directory());
        identity.put("weights", version);
        identity.put("tokenizer", text.tokenizer().digest());
        identity.put("template", ModelDigest.text(text.template().source()));
        identity.put("stops", text.stops().toString());
        identity.put("compute", compute);
        settings.put("answers", recipe.answers()).put("temperature", recipe.temperature());
        settings.put("top_p", recipe.topP()).put("top_k", recipe.topK());
        settings.put("max_new_tokens", recipe.maxNewTokens()).put("seed", seed);
        ArrayNode stop = settings.putArray("stop");
        recipe.stop().forEach(stop::add);
        settings.put("batch", options().concurrency());
    }

    private SamplingOptions options() {
        Integer batch = recipe.batch();
        return new SamplingOptions(
                recipe.answers(),
                recipe.temperature(),
                recipe.topP(),
                recipe.topK(),
                recipe.maxNewTokens(),
                seed,
                text.stops(),
                Math.max(recipe.answers(), batch == null ? 1 : batch));
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
    public int[] promptIds(Prompt prompt) {
        return promptIds.computeIfAbsent(prompt.digest(), digest -> text.promptIds(prompt.conversation()));
    }

    @Override
    public @Nullable String refusal(Prompt prompt) {
        int tokens = promptIds(prompt).length;
        int context = model.config().longestSequence();
        return tokens < context ? null : "too long: " + tokens + " tokens in a context of " + context;
    }

    /** Prompts of a block. */
    private int blockSize() {
        int together = options().concurrency() / recipe.answers();
        return together < 2 ? 1 : together * BATCHES_IN_BLOCK;
    }

    @Override
    public void sample(List<Prompt> prompts, BiPredicate<Prompt, Integer> done, Sink sink, BooleanSupplier stop) {
        int size = blockSize();
        for (int from = 0; from < prompts.size() && !stop.getAsBoolean(); from += size) {
            List<Prompt> block = prompts.subList(from, Math.min(prompts.size(), from + size));
            if (block.stream().anyMatch(prompt -> !missing(prompt, done).isEmpty())) {
                try {
                    draw(block, done, sink, stop);
                } catch (Stopped e) {
                    return;
                }
            }
        }
    }

    private List<Integer> missing(Prompt prompt, BiPredicate<Prompt, Integer> done) {
        List<Integer> missing = new ArrayList<>();
        for (int i = 0; i < recipe.answers(); i++) {
            if (!done.test(prompt, i)) {
                missing.add(i);
            }
        }
        return missing;
    }

    private void draw(List<Prompt> prompts, BiPredicate<Prompt, Integer> done, Sink sink, BooleanSupplier stop) {
        List<String> digests = prompts.stream().map(Prompt::digest).toList();
        Block block = new Block(
                ModelDigest.text(String.join("\n", digests)),
                digests,
                prompts.stream().map(this::promptIds).toList());
        sink.onBlock(block);
        StopTexts stops = new StopTexts(text.tokenizer(), recipe.stop());
        generate(block, stops, (p, answers) -> {
            Prompt prompt = prompts.get(p);
            List<Drawn> drawn = new ArrayList<>();
            for (int index : missing(prompt, done)) {
                drawn.add(drawn(prompt, index, answers.get(index), stops, block.digest()));
            }
            if (!drawn.isEmpty()) {
                sink.onAnswers(prompt, drawn, List.of());
            }
            if (stop.getAsBoolean()) {
                throw new Stopped();
            }
        });
    }

    /** Draws a block's answers again, whatever is stored. */
    List<List<Answer>> again(Block block) {
        List<List<Answer>> all =
                new ArrayList<>(java.util.Collections.nCopies(block.prompts().size(), List.of()));
        generate(block, new StopTexts(text.tokenizer(), recipe.stop()), all::set);
        return all;
    }

    private void generate(Block block, StopTexts stops, Generator.Sink sink) {
        new Generator(model, options()).generate(block.promptIds(), stops, sink);
    }

    private Drawn drawn(Prompt prompt, int index, Answer answer, StopTexts stops, String block) {
        String words = stops.cut(text.tokenizer().decode(answer.ids(), true));
        return new Drawn(
                index,
                words,
                answer.ids(),
                answer.logprobs(),
                answer.finish(),
                seed,
                version,
                words.isBlank() || reencodes(prompt, words, answer),
                block);
    }

    /** Whether a trainer that reads the text gets the tokens that were drawn. */
    private boolean reencodes(Prompt prompt, String words, Answer answer) {
        TextModel.Pair again = text.split(prompt.conversation(), words);
        int[] ids = again.answer();
        if (answer.finish().equals("length") && ids.length > 0) {
            ids = Arrays.copyOf(ids, ids.length - 1); // the template ends what the policy had not ended
        }
        return Arrays.equals(again.prompt(), promptIds(prompt)) && Arrays.equals(ids, answer.ids());
    }

    /** Leaves the generator in the middle of a block. */
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stopped() {
            super("stopped", null, false, false);
        }
    }
}
