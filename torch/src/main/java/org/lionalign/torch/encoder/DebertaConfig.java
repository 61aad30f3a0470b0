package org.lionalign.torch.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Set;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * Shape of a DeBERTa-v2/v3 encoder with disentangled attention (He et al. 2021), from {@code config.json}.
 *
 * @param buckets logarithmic position buckets on each side
 * @param maxRelative distances beyond this share the last bucket
 * @param contentToPosition whether queries look at positions
 * @param positionToContent whether positions look at keys
 * @param normalizeRelative whether the relative embeddings pass a layer norm
 */
record DebertaConfig(
        int vocabularySize,
        int hiddenSize,
        int layers,
        int heads,
        double normEps,
        int buckets,
        int maxRelative,
        boolean contentToPosition,
        boolean positionToContent,
        boolean normalizeRelative) {
    static DebertaConfig read(Path directory) {
        Path file = directory.resolve("config.json");
        JsonNode root = Json.read(file);
        require(
                file,
                root,
                "model_type",
                "deberta-v2",
                root.path("model_type").asText().equals("deberta-v2"));
        require(
                file,
                root,
                "relative_attention",
                "true",
                root.path("relative_attention").asBoolean());
        require(file, root, "share_att_key", "true", root.path("share_att_key").asBoolean());
        require(
                file,
                root,
                "position_biased_input",
                "false",
                !root.path("position_biased_input").asBoolean(true));
        require(file, root, "type_vocab_size", "0", root.path("type_vocab_size").asInt() == 0);
        require(
                file,
                root,
                "conv_kernel_size",
                "none",
                root.path("conv_kernel_size").asInt() == 0);
        require(
                file,
                root,
                "hidden_act",
                "gelu",
                root.path("hidden_act").asText("gelu").equals("gelu"));
        require(
                file,
                root,
                "embedding_size",
                "none or hidden_size",
                !root.hasNonNull("embedding_size")
                        || root.path("embedding_size").equals(root.path("hidden_size")));
        String types = root.path("pos_att_type").isArray()
                ? root.path("pos_att_type").toString()
                : root.path("pos_att_type").asText();
        int relative = root.path("max_relative_positions").asInt(-1);
        int positions = positive(file, root, "max_position_embeddings");
        String norm = root.path("norm_rel_ebd").asText("none");
        require(
                file,
                root,
                "norm_rel_ebd",
                "none or layer_norm",
                Set.of("none", "layer_norm").contains(norm));
        int hidden = positive(file, root, "hidden_size");
        int heads = positive(file, root, "num_attention_heads");
        require(file, root, "num_attention_heads", "a divisor of hidden_size", hidden % heads == 0);
        return new DebertaConfig(
                positive(file, root, "vocab_size"),
                hidden,
                positive(file, root, "num_hidden_layers"),
                heads,
                root.path("layer_norm_eps").asDouble(1e-7),
                positive(file, root, "position_buckets"),
                relative < 1 ? positions : relative,
                types.contains("c2p"),
                types.contains("p2c"),
                norm.equals("layer_norm"));
    }

    private static int positive(Path file, JsonNode root, String key) {
        JsonNode node = root.path(key);
        require(
                file,
                root,
                key,
                "a whole number above 0",
                node.isIntegralNumber() && node.canConvertToInt() && node.intValue() > 0);
        return node.intValue();
    }

    private static void require(Path file, JsonNode root, String key, String expected, boolean holds) {
        if (!holds) {
            throw BadInput.of(file, key, expected, root.has(key) ? root.get(key).toString() : "nothing");
        }
    }

    /** The bucket of a distance query − key: exact up to half the buckets, logarithmic beyond. */
    int bucket(int distance) {
        int middle = buckets / 2;
        int size = Math.abs(distance);
        if (size <= middle) {
            return distance;
        }
        double far = Math.ceil(Math.log((double) size / middle) / Math.log((maxRelative - 1.0) / middle) * (middle - 1))
                + middle;
        return (int) (far * Integer.signum(distance));
    }
}
