package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.sample.Prompt;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Message;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.SamplingOptions;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;

/** Answers that are not sampled yet, for a plan: the base model's rate, and pairs of the right size. */
final class PlannedAnswers implements AutoCloseable {
    /** Tokens of an answer that is timed. */
    private static final int TIMED_TOKENS = 24;

    /** Pairs that stand for all. */
    private static final int PAIRS = 256;

    private final TextModel text;
    private final CausalLm model;
    private final SampleRecipe sample;

    PlannedAnswers(StageRecipe.Model base, SampleRecipe sample) {
        Path folder = Path.of(base.path());
        this.text = TextModel.open(folder, base.template());
        this.sample = sample;
        Dtype compute = Dtype.ofCompute(base.compute());
        this.model = CausalLm.load(folder, new LoadOptions(compute, Device.parse(base.device()), false, false));
    }

    /**
     * Prompts of a section.
     *
     * @param count how many
     * @param tokens of all together, estimated from the first ones
     * @param some the first ones
     * @param ids their tokens
     * @param tokensPerSecond at which the base model answers them
     */
    record Prompts(int count, long tokens, List<Prompt> some, List<int[]> ids, double tokensPerSecond) {}

    Prompts prompts(List<StageRecipe.Source> sources, @Nullable Integer limit, long seed) {
        List<Prompt> all = Answering.prompts(sources, limit, seed);
        List<Prompt> some = all.subList(0, Math.min(PAIRS, all.size()));
        List<int[]> ids = some.stream()
                .map(prompt -> text.promptIds(prompt.conversation()))
                .toList();
        double mean = ids.stream().mapToInt(prompt -> prompt.length).average().orElse(0);
        double rate = sample.server() == null ? tokensPerSecond(ids) : 0;
        return new Prompts(all.size(), Math.round(mean * all.size()), some, ids, rate);
    }

    /** Tokens drawn in a second, all answers of a batch together, none ending before its time. */
    private double tokensPerSecond(List<int[]> prompts) {
        int together = Math.max(sample.answers(), sample.batch() == null ? 1 : sample.batch());
        int tokens = Math.min(TIMED_TOKENS, sample.maxNewTokens());
        List<int[]> timed = prompts.stream()
                .filter(ids -> ids.length + tokens <= model.config().longestSequence())
                .limit(Math.max(1, together / sample.answers()))
                .toList();
        if (timed.isEmpty()) {
            return Double.POSITIVE_INFINITY; // every prompt is too long: nothing will be drawn
        }
        Generator generator =
                new Generator(model, new SamplingOptions(sample.answers(), 1, 1, 0, tokens, 1, Set.of(), together));
        generator.generate(timed.subList(0, 1)); // warms up
        long start = System.nanoTime();
        generator.generate(timed);
        double seconds = (System.nanoTime() - start) / 1e9;
        return (double) timed.size() * sample.answers() * tokens / seconds;
    }

    /**
     * Pairs of the prompts, each answer as long as it may be, as a source of about as many rows as the run will have.
     *
     * @param longest tokens of a pair, null for the model's context
     * @param fraction pairs per prompt that are trained on
     * @param file is written
     */
    StageRecipe.Source pairs(Prompts prompts, @Nullable Integer longest, double fraction, Path file) {
        int room = longest == null ? model.config().longestSequence() : longest;
        int[] words = text.tokenizer().encode("the cat and the dog went to see what the others had found there");
        int[] written = {0};
        AtomicFiles.writeLines(file, out -> {
            for (int p = 0; p < prompts.some().size(); p++) {
                int[] prompt = prompts.ids().get(p);
                // Two tokens remain for what the template writes around an answer.
                int length = Math.min(sample.maxNewTokens(), room - prompt.length - 2);
                if (length > 0) {
                    out.accept(Json.write(row(prompts.some().get(p), prompt, words, length)));
                    written[0]++;
                }
            }
        });
        double share = written[0] == 0
                ? 0
                : fraction * prompts.count() / prompts.some().size();
        return new StageRecipe.Source(file.toString(), null, share, null);
    }

    private ObjectNode row(Prompt prompt, int[] ids, int[] words, int length) {
        int[] chosen = new int[length];
        Arrays.setAll(chosen, i -> words[i % words.length]);
        int[] rejected = new int[length];
        Arrays.setAll(rejected, i -> words[(i + 1) % words.length]);
        ObjectNode row = Json.object();
        List<Message> turns = prompt.conversation().messages();
        answer(row.putArray("chosen"), turns, text.tokenizer().decode(chosen, true));
        answer(row.putArray("rejected"), turns, text.tokenizer().decode(rejected, true));
        row.set("prompt_ids", Json.MAPPER.valueToTree(ids));
        row.set("chosen_ids", Json.MAPPER.valueToTree(chosen));
        row.set("rejected_ids", Json.MAPPER.valueToTree(rejected));
        return row;
    }

    private static void answer(ArrayNode list, List<Message> prompt, String answer) {
        prompt.forEach(message -> list.add(message.toJson()));
        list.addObject().put("role", "assistant").put("content", answer);
    }

    @Override
    public void close() {
        model.close();
    }
}
