package org.lionalign.torch.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a decoder is, read from {@code config.json} by {@link ConfigReader}: the shape, and the small differences between the families as
 * plain values, so that one decoder serves all of them.
 *
 * @param modelType {@code llama}, {@code gemma}, {@code gemma2}, {@code mistral}, {@code qwen2}, {@code qwen3} or {@code phi3}
 * @param architecture the class name in {@code architectures}, such as {@code LlamaForCausalLM}
 * @param storedDtype safetensors name of the dtype the file says it is stored in, {@code F32} if it says nothing
 * @param vocabularySize rows of the embedding
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the feed-forward layer
 * @param layers number of blocks
 * @param heads query heads
 * @param keyValueHeads key and value heads; {@code heads} is a multiple
 * @param headDim width of a head
 * @param context most positions ({@code max_position_embeddings})
 * @param normEps epsilon of every RMSNorm
 * @param activation {@code silu}, {@code gelu} or {@code gelu_pytorch_tanh}
 * @param tied whether the output head is the embedding
 * @param attentionBias bias on q, k and v
 * @param outputBias bias on the attention's output projection
 * @param mlpBias bias on the feed-forward projections
 * @param queryKeyNorm RMSNorm on each head's queries and keys before rotation (Qwen3)
 * @param normPlusOne norm weights are stored as w − 1 (Gemma)
 * @param scaleEmbedding embeddings are multiplied by √hidden (Gemma)
 * @param sandwichNorms norms after attention and feed-forward too (Gemma 2)
 * @param fused qkv and gate/up are one tensor each in the file (Phi-3)
 * @param attentionScale factor on the scores, usually 1/√headDim
 * @param attentionSoftcap 0 for none (Gemma 2)
 * @param finalSoftcap on the logits, 0 for none (Gemma 2)
 * @param slidingWindow a query sees this many keys, itself included, in the layers of {@code slidingLayers}; 0 for none
 * @param slidingLayers per layer whether its attention slides
 * @param ropeTheta base of the rotary embedding
 * @param ropeScaling its scaling
 * @param labels outputs of a sequence-classification head, 0 for a language model
 * @param bos token id or null
 * @param eos token ids, may be empty
 * @param pad token id or null
 */
public record ModelConfig(
        String modelType,
        String architecture,
        String storedDtype,
        int vocabularySize,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int heads,
        int keyValueHeads,
        int headDim,
        int context,
        double normEps,
        String activation,
        boolean tied,
        boolean attentionBias,
        boolean outputBias,
        boolean mlpBias,
        boolean queryKeyNorm,
        boolean normPlusOne,
        boolean scaleEmbedding,
        boolean sandwichNorms,
        boolean fused,
        double attentionScale,
        double attentionSoftcap,
        double finalSoftcap,
        int slidingWindow,
        List<Boolean> slidingLayers,
        double ropeTheta,
        RopeScaling ropeScaling,
        int labels,
        @Nullable Integer bos,
        List<Integer> eos,
        @Nullable Integer pad) {
    public ModelConfig {
        slidingLayers = List.copyOf(slidingLayers);
        eos = List.copyOf(eos);
    }

    /** Whether the head gives scores instead of tokens. */
    public boolean isClassifier() {
        return labels > 0;
    }

    /** Most tokens of one sequence: dynamic scaling reaches beyond the trained context. */
    public int longestSequence() {
        return ropeScaling.type().equals("dynamic") ? (int) (context * ropeScaling.factor()) : context;
    }

    /** Parameters in matrix products of one token's way through the blocks; embedding and head not counted. */
    public long blockParameters() {
        long attention = (long) hiddenSize * headDim * (2L * heads + 2L * keyValueHeads);
        return layers * (attention + 3L * hiddenSize * intermediateSize);
    }

    /** Parameters in all, tied ones once. */
    public long parameters() {
        long embedding = (long) vocabularySize * hiddenSize;
        long head = isClassifier() ? (long) labels * hiddenSize : tied ? 0 : embedding;
        long norms =
                hiddenSize * (1L + layers * (sandwichNorms ? 4L : 2L)) + (queryKeyNorm ? 2L * layers * headDim : 0);
        long biases = layers
                * ((attentionBias ? (long) headDim * (heads + 2L * keyValueHeads) : 0)
                        + (outputBias ? hiddenSize : 0)
                        + (mlpBias ? 2L * intermediateSize + hiddenSize : 0));
        return embedding + head + norms + biases + blockParameters();
    }

    /**
     * FLOPs of a forward pass (a multiply-add is two): blocks per token, the last one's second half and the head per position that the head reads,
     * attention per visible (query, key) pair.
     *
     * @param tokens in the stream
     * @param headTokens positions that reach the output head
     * @param pairs (query, key) pairs that are seen
     */
    public double forwardFlops(long tokens, long headTokens, long pairs) {
        long cut = Reading.cuts(tokens, headTokens) ? tokens - headTokens : 0;
        return 2.0 * blockParameters() * tokens
                - 2.0 * hiddenSize * (heads * headDim + 3L * intermediateSize) * cut
                + 2.0 * (isClassifier() ? labels : vocabularySize) * hiddenSize * headTokens
                + 4.0 * layers * heads * headDim * (double) pairs;
    }
}
