package org.lionalign.torch.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Reads {@code config.json} of a decoder: every value checked, every error naming file, key, expected and found. */
public final class ConfigReader {
    private static final Set<String> KNOWN = Set.of("llama", "gemma", "gemma2", "mistral", "qwen2", "qwen3", "phi3");

    private final Path file;
    private final JsonNode root;

    private ConfigReader(Path file) {
        this.file = file;
        this.root = Json.read(file);
    }

    /** Reads {@code <directory>/config.json}. */
    public static ModelConfig read(Path directory) {
        return new ConfigReader(directory.resolve("config.json")).config();
    }

    private ModelConfig config() {
        if (!root.isObject()) {
            throw BadInput.of(
                    file, "config", "a JSON object", root.getNodeType().toString());
        }
        String type = text("model_type", null);
        if (!KNOWN.contains(type)) {
            throw BadInput.of(file, "model_type", "one of " + new java.util.TreeSet<>(KNOWN), type);
        }
        boolean gemma = type.startsWith("gemma");
        boolean gemma2 = type.equals("gemma2");
        int hidden = positive("hidden_size", null);
        int heads = positive("num_attention_heads", null);
        int keyValueHeads = positive("num_key_value_heads", heads);
        int headDim = positive("head_dim", gemma ? (Integer) 256 : heads == 0 ? null : (Integer) (hidden / heads));
        if (heads % keyValueHeads != 0) {
            throw BadInput.of(file, "num_key_value_heads", "a divisor of " + heads + " heads", "" + keyValueHeads);
        }
        if (headDim % 2 != 0) {
            throw BadInput.of(file, "head_dim", "an even number", "" + headDim);
        }
        int layers = positive("num_hidden_layers", null);
        int context = positive("max_position_embeddings", type.equals("qwen2") || type.equals("qwen3") ? 32768 : 2048);
        if (number("partial_rotary_factor", 1.0) != 1.0) {
            throw BadInput.of(
                    file,
                    "partial_rotary_factor",
                    "1",
                    root.path("partial_rotary_factor").toString());
        }
        String architecture = architecture(type);
        boolean classifier = architecture.endsWith("ForSequenceClassification");
        int window = slidingWindow(type);
        double queryScalar = gemma2 ? number("query_pre_attn_scalar", 256) : headDim;
        boolean attentionBias = type.equals("qwen2") || bool("attention_bias", false);
        return new ModelConfig(
                type,
                architecture,
                storedDtype(),
                positive("vocab_size", null),
                hidden,
                positive("intermediate_size", null),
                layers,
                heads,
                keyValueHeads,
                headDim,
                context,
                number("rms_norm_eps", 1e-6),
                activation(gemma),
                bool("tie_word_embeddings", gemma),
                attentionBias,
                !type.equals("qwen2") && bool("attention_bias", false),
                type.equals("llama") && bool("mlp_bias", false),
                type.equals("qwen3"),
                gemma,
                gemma,
                gemma2,
                type.equals("phi3"),
                Math.pow(queryScalar, -0.5),
                gemma2 ? softcap("attn_logit_softcapping", 50) : 0,
                gemma2 ? softcap("final_logit_softcapping", 30) : 0,
                window,
                slidingLayers(type, layers, window),
                ropeTheta(),
                ropeScaling(context),
                classifier ? labels() : 0,
                optionalId("bos_token_id"),
                ids("eos_token_id"),
                optionalId("pad_token_id"));
    }

    private String architecture(String type) {
        JsonNode list = root.path("architectures");
        String prefix =
                switch (type) {
                    case "llama" -> "Llama";
                    case "gemma" -> "Gemma";
                    case "gemma2" -> "Gemma2";
                    case "mistral" -> "Mistral";
                    case "qwen2" -> "Qwen2";
                    case "qwen3" -> "Qwen3";
                    default -> "Phi3";
                };
        if (list.isMissingNode() || list.isNull()) {
            return prefix + "ForCausalLM";
        }
        String name = list.path(0).asText();
        if (!name.equals(prefix + "ForCausalLM") && !name.equals(prefix + "ForSequenceClassification")) {
            throw BadInput.of(
                    file,
                    "architectures[0]",
                    prefix + "ForCausalLM or " + prefix + "ForSequenceClassification",
                    list.path(0).toString());
        }
        return name;
    }

    private String activation(boolean gemma) {
        String key = root.hasNonNull("hidden_activation") ? "hidden_activation" : "hidden_act";
        // Gemma's first configurations say gelu and mean its tanh approximation, as transformers reads them.
        String name = gemma && key.equals("hidden_act") ? "gelu_pytorch_tanh" : text(key, "silu");
        if (!Set.of("silu", "gelu", "gelu_pytorch_tanh").contains(name)) {
            throw BadInput.of(file, key, "silu, gelu or gelu_pytorch_tanh", name);
        }
        return name;
    }

    private String storedDtype() {
        String name = text("torch_dtype", text("dtype", "float32"));
        return switch (name) {
            case "float32" -> "F32";
            case "bfloat16" -> "BF16";
            case "float16" -> "F16";
            case "float64" -> "F64";
            default -> throw BadInput.of(file, "torch_dtype", "float32, bfloat16 or float16", name);
        };
    }

    private int slidingWindow(String type) {
        boolean on =
                switch (type) {
                    case "mistral", "gemma2", "phi3" -> true;
                    case "qwen2", "qwen3" -> bool("use_sliding_window", false);
                    default -> false;
                };
        return on && root.hasNonNull("sliding_window") ? positive("sliding_window", null) : 0;
    }

    private List<Boolean> slidingLayers(String type, int layers, int window) {
        List<Boolean> sliding = new ArrayList<>();
        JsonNode types = root.path("layer_types");
        int fullUntil = type.startsWith("qwen") ? (int) number("max_window_layers", 28) : 0;
        for (int i = 0; i < layers; i++) {
            if (types.isArray() && types.size() == layers) {
                sliding.add(window > 0 && types.get(i).asText().equals("sliding_attention"));
            } else {
                sliding.add(window > 0 && (type.equals("gemma2") ? i % 2 == 0 : i >= fullUntil));
            }
        }
        return sliding;
    }

    private double ropeTheta() {
        JsonNode parameters = root.path("rope_parameters");
        if (parameters.hasNonNull("rope_theta")) {
            return number(parameters, "rope_parameters.", "rope_theta", null);
        }
        return number("rope_theta", 10000);
    }

    private RopeScaling ropeScaling(int context) {
        String parent = root.hasNonNull("rope_parameters") ? "rope_parameters" : "rope_scaling";
        JsonNode node = root.path(parent);
        if (node.isMissingNode() || node.isNull()) {
            return RopeScaling.NONE;
        }
        String prefix = parent + ".";
        String type = node.path("rope_type").asText(node.path("type").asText(""));
        return switch (type) {
            case "default" -> RopeScaling.NONE;
            case "linear", "dynamic" -> new RopeScaling(type, number(node, prefix, "factor", null), 1, 1, 0);
            case "llama3" ->
                new RopeScaling(
                        type,
                        number(node, prefix, "factor", null),
                        number(node, prefix, "low_freq_factor", null),
                        number(node, prefix, "high_freq_factor", null),
                        (int) number(node, prefix, "original_max_position_embeddings", (double) context));
            default ->
                throw BadInput.of(file, prefix + "rope_type", "default, linear, dynamic or llama3", node.toString());
        };
    }

    private int labels() {
        if (root.hasNonNull("num_labels")) {
            return positive("num_labels", null);
        }
        return root.path("id2label").isObject() ? root.path("id2label").size() : 2;
    }

    private double softcap(String key, double otherwise) {
        return root.has(key) && root.get(key).isNull() ? 0 : number(key, otherwise);
    }

    private String text(String key, @Nullable String otherwise) {
        JsonNode node = root.path(key);
        if ((node.isMissingNode() || node.isNull()) && otherwise != null) {
            return otherwise;
        }
        if (!node.isTextual()) {
            throw BadInput.of(file, key, "a string", node.isMissingNode() ? "nothing" : node.toString());
        }
        return node.textValue();
    }

    private boolean bool(String key, boolean otherwise) {
        JsonNode node = root.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return otherwise;
        }
        if (!node.isBoolean()) {
            throw BadInput.of(file, key, "true or false", node.toString());
        }
        return node.booleanValue();
    }

    private int positive(String key, @Nullable Integer otherwise) {
        JsonNode node = root.path(key);
        if ((node.isMissingNode() || node.isNull()) && otherwise != null) {
            return otherwise;
        }
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() <= 0) {
            throw BadInput.of(file, key, "a whole number above 0", node.isMissingNode() ? "nothing" : node.toString());
        }
        return node.intValue();
    }

    private double number(String key, double otherwise) {
        return number(root, "", key, otherwise);
    }

    private double number(JsonNode parent, String prefix, String key, @Nullable Double otherwise) {
        JsonNode node = parent.path(key);
        if ((node.isMissingNode() || node.isNull()) && otherwise != null) {
            return otherwise;
        }
        if (!node.isNumber() || !(node.doubleValue() >= 0) || Double.isInfinite(node.doubleValue())) {
            throw BadInput.of(
                    file, prefix + key, "a number from 0 up", node.isMissingNode() ? "nothing" : node.toString());
        }
        return node.doubleValue();
    }

    private @Nullable Integer optionalId(String key) {
        List<Integer> found = ids(key);
        return found.isEmpty() ? null : found.get(0);
    }

    private List<Integer> ids(String key) {
        JsonNode node = root.path(key);
        List<Integer> found = new ArrayList<>();
        if (node.isMissingNode() || node.isNull()) {
            return found;
        }
        for (JsonNode id : node.isArray() ? node : List.of(node)) {
            if (!id.isIntegralNumber() || !id.canConvertToInt()) {
                throw BadInput.of(file, key, "a token id or a list of them", node.toString());
            }
            found.add(id.intValue());
        }
        return found;
    }
}
