package org.lionalign.torch.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.json.Json;
import org.lionalign.core.tokenizer.HuggingFaceTokenizer;
import org.lionalign.core.tokenizer.Tokenizer;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;

/**
 * PairRM (Jiang et al. 2023, LLM-Blender): which of two answers to a prompt is better.
 *
 * <p>Input: {@code [CLS] <|source|> prompt [SEP] [CLS] <|candidate1|> answer [SEP] [CLS] <|candidate2|> answer [SEP]}; the states at the three
 * prefix tokens go through a two-layer head on [source; candidate], and the logit is the difference of the two.
 *
 * <p>Truncation: the source has its budget, a candidate its own plus half of what the source leaves unused. LLM-Blender takes the longest
 * source of the batch for that; here each prompt counts for itself, unless {@link #compare} is told another source length ({@code faithful}).
 */
public final class PairRanker implements AutoCloseable {
    private final DebertaEncoder encoder;
    private final Tokenizer tokenizer;
    private final Tensor hiddenWeight;
    private final Tensor hiddenBias;
    private final Tensor outputWeight;
    private final Tensor outputBias;
    private final int cls;
    private final int sep;
    private final int sourcePrefix;
    private final int firstPrefix;
    private final int secondPrefix;
    private final int sourceBudget;
    private final int candidateBudget;

    private PairRanker(Path directory, JsonNode root) {
        Checkpoint checkpoint = Checkpoint.open(directory);
        DebertaConfig config = DebertaConfig.read(directory);
        tokenizer = HuggingFaceTokenizer.load(directory);
        cls = id(directory, root, "cls_token_id", "[CLS]");
        sep = id(directory, root, "sep_token_id", "[SEP]");
        sourcePrefix = id(directory, root, "source_prefix_id", "<|source|>");
        firstPrefix = id(directory, root, "cand1_prefix_id", "<|candidate1|>");
        secondPrefix = id(directory, root, "cand2_prefix_id", "<|candidate2|>");
        sourceBudget = root.path("source_maxlength").asInt(1224);
        candidateBudget = root.path("candidate_maxlength").asInt(412);
        long hidden = config.hiddenSize();
        long tasks = root.path("n_tasks").asLong(1);
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            hiddenWeight = scope.release(DebertaEncoder.read(checkpoint, "head_layer.1.weight", hidden, 2 * hidden));
            hiddenBias = scope.release(DebertaEncoder.read(checkpoint, "head_layer.1.bias", hidden));
            outputWeight = scope.release(DebertaEncoder.read(checkpoint, "head_layer.4.weight", tasks, hidden));
            outputBias = scope.release(DebertaEncoder.read(checkpoint, "head_layer.4.bias", tasks));
        }
        encoder = new DebertaEncoder(config, checkpoint, "pretrained_model.");
    }

    /** Loads a folder in the layout of {@code llm-blender/PairRM-hf}. */
    public static PairRanker load(Path directory) {
        if (!isPairRanker(directory)) {
            throw new BadInput(
                    directory
                            + ": expected a PairRM model (deberta-v2 with head_layer.1 and head_layer.4), found something else");
        }
        return new PairRanker(directory, Json.read(directory.resolve("config.json")));
    }

    /** Whether a folder holds a PairRM model. */
    public static boolean isPairRanker(Path directory) {
        Path config = directory.resolve("config.json");
        return Files.exists(config)
                && Json.read(config).path("model_type").asText().equals("deberta-v2")
                && Checkpoint.open(directory).tensors().containsKey("head_layer.4.weight");
    }

    private int id(Path directory, JsonNode root, String key, String token) {
        if (root.path(key).isIntegralNumber()) {
            return root.path(key).intValue();
        }
        return tokenizer
                .idOf(token)
                .orElseThrow(() -> BadInput.of(
                        directory.resolve("config.json"), key, "a token id", "nothing, and no token " + token));
    }

    /** Tokens of a source before truncation, its control tokens counted: what budgets are made from. */
    public int sourceTokens(String source) {
        return Math.min(sourceBudget, words(source).length + 3);
    }

    /** All ordered comparisons of the candidates; the candidates' budget follows from this source alone. */
    public PairMatrix compare(String source, List<String> candidates) {
        return compare(source, candidates, sourceTokens(source));
    }

    /**
     * The same with the candidates' budget from another source length: LLM-Blender's, when given the longest source of its batch.
     *
     * @param sourceTokens as {@link #sourceTokens} counts
     */
    public PairMatrix compare(String source, List<String> candidates, int sourceTokens) {
        int n = candidates.size();
        int budget = candidateBudget + Math.max(0, sourceBudget - sourceTokens) / 2;
        double[][] logits = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                if (i != j) {
                    logits[i][j] = logit(input(source, candidates.get(i), candidates.get(j), budget));
                }
            }
        }
        return new PairMatrix(logits);
    }

    /** The ids of one comparison. */
    int[] input(String source, String first, String second, int budget) {
        List<Integer> ids = new ArrayList<>();
        segment(ids, sourcePrefix, source, sourceBudget);
        segment(ids, firstPrefix, first, budget);
        segment(ids, secondPrefix, second, budget);
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private void segment(List<Integer> ids, int prefix, String text, int budget) {
        ids.add(cls);
        ids.add(prefix);
        int[] words = words(text);
        for (int word : Arrays.copyOf(words, Math.min(words.length, Math.max(0, budget - 3)))) {
            ids.add(word);
        }
        ids.add(sep);
    }

    /** The separator's own text would end a segment early: LLM-Blender writes a blank for it, and so does this. */
    private int[] words(String text) {
        String clean = text.replace(tokenizer.tokenOf(sep), " ");
        return clean.isBlank() ? new int[0] : tokenizer.encodeLiteral(clean);
    }

    /** How much better the first candidate is; ids as {@code [CLS] <|source|> …}. */
    double logit(int[] ids) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            List<Tensor> states = encoder.forward(ids);
            Tensor last = states.get(states.size() - 1);
            Tensor source = at(last, ids, sourcePrefix);
            Tensor first = score(source, at(last, ids, firstPrefix));
            Tensor second = score(source, at(last, ids, secondPrefix));
            return first.sub(second).mean(1, false).item();
        }
    }

    /** Hidden states for tests: embeddings, then after each layer. */
    List<float[]> states(int[] ids) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            return encoder.forward(ids).stream().map(Tensor::toFloats).toList();
        }
    }

    private static Tensor at(Tensor states, int[] ids, int token) {
        for (int t = 0; t < ids.length; t++) {
            if (ids[t] == token) {
                return states.narrow(0, t, 1);
            }
        }
        throw new BadInput("ids: expected the prefix token " + token + ", found none");
    }

    private Tensor score(Tensor source, Tensor candidate) {
        Tensor both = Tensor.cat(List.of(source, candidate), 1);
        return both.linear(hiddenWeight, hiddenBias).tanh().linear(outputWeight, outputBias);
    }

    @Override
    public void close() {
        encoder.close();
        hiddenWeight.close();
        hiddenBias.close();
        outputWeight.close();
        outputBias.close();
    }
}
