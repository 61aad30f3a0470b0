package org.lionalign.align.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.chat.StopTokens;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.json.Json;
import org.lionalign.core.tokenizer.HuggingFaceTokenizer;
import org.lionalign.core.tokenizer.Tokenizer;
import org.lionalign.torch.encoder.PairRanker;
import org.lionalign.torch.model.ConfigReader;
import org.lionalign.torch.model.ModelConfig;

/** What a model folder holds, what training it would need, and what will hurt later. Reads headers only, no weights. */
public final class ModelReport {
    private ModelReport() {}

    /** The report as JSON; {@code warnings} lists what to mend before training or serving. */
    public static ObjectNode of(Path directory) {
        if (Files.isDirectory(directory) && PairRanker.isPairRanker(directory)) {
            ObjectNode report = Json.object();
            report.put("directory", directory.toString());
            report.put(
                    "architecture", "PairRM (DeBERTa-v2 with a ranking head): a judge of pairs, not a language model");
            report.put("bytes", Checkpoint.open(directory).bytes());
            report.putArray("warnings");
            return report;
        }
        ModelConfig config = ConfigReader.read(directory);
        Checkpoint checkpoint = Checkpoint.open(directory);
        ObjectNode report = Json.object();
        List<String> warnings = new ArrayList<>();
        report.put("directory", directory.toString());
        report.put("architecture", config.architecture());
        report.put("parameters", config.parameters());
        report.put(
                "parameters_in_file",
                checkpoint.tensors().values().stream()
                        .mapToLong(e -> e.elements())
                        .sum());
        ArrayNode dtypes = report.putArray("dtypes");
        checkpoint.tensors().values().stream()
                .map(e -> e.dtype())
                .distinct()
                .sorted()
                .forEach(dtypes::add);
        report.put("bytes", checkpoint.bytes());
        report.put("layers", config.layers());
        report.put("hidden_size", config.hiddenSize());
        report.put("heads", config.heads());
        report.put("key_value_heads", config.keyValueHeads());
        report.put("vocabulary", config.vocabularySize());
        report.put("context", config.context());
        report.put("rope_scaling", config.ropeScaling().type());
        report.put("tied_embeddings", config.tied());
        if (Files.exists(directory.resolve("tokenizer.json"))) {
            text(directory, config, report, warnings);
        } else {
            warnings.add("no tokenizer.json: text cannot be tokenised; only rows of ids can be scored");
        }
        ObjectNode training = report.putObject("training_bytes");
        long n = config.parameters();
        training.put("weights_fp32", 4 * n);
        training.put("gradients_fp32", 4 * n);
        training.put("adam_moments_fp32", 8 * n);
        training.put("total_without_activations", 16 * n);
        training.put("activations_per_1024_tokens_kept", 1024L * config.layers() * activationBytes(config));
        training.put(
                "activations_per_1024_tokens_recomputed",
                1024L * (4L * config.layers() * config.hiddenSize() + activationBytes(config)));
        ArrayNode list = report.putArray("warnings");
        warnings.forEach(list::add);
        return report;
    }

    /**
     * Bytes a block keeps per token for its backward pass when it computes in bf16 on a CPU: the residual stream before and after attention in
     * fp32; queries, keys, values, attention's result, gate and up in bf16.
     */
    private static long activationBytes(ModelConfig config) {
        long queries = (long) config.headDim() * config.heads();
        long qkv = queries + 2L * config.headDim() * config.keyValueHeads();
        return 8L * config.hiddenSize() + 2 * qkv + 2 * queries + 4L * config.intermediateSize();
    }

    private static void text(Path directory, ModelConfig config, ObjectNode report, List<String> warnings) {
        Tokenizer tokenizer = HuggingFaceTokenizer.load(directory);
        report.put("tokenizer_vocabulary", tokenizer.vocabularySize());
        if (tokenizer.vocabularySize() > config.vocabularySize()) {
            warnings.add("tokenizer.json has ids up to " + (tokenizer.vocabularySize() - 1) + ", the embedding only "
                    + config.vocabularySize() + " rows: some texts cannot be embedded");
        }
        Map<String, String> tokens = ChatTemplate.controlTokens(directory);
        ObjectNode special = report.putObject("special_tokens");
        for (Map.Entry<String, String> token : tokens.entrySet()) {
            OptionalInt id = tokenizer.idOf(token.getValue());
            special.put(
                    token.getKey(),
                    token.getValue() + (id.isPresent() ? " (" + id.getAsInt() + ")" : " (not in the vocabulary)"));
            if (id.isEmpty()) {
                warnings.add(token.getKey() + " '" + token.getValue() + "' is not in the vocabulary");
            }
        }
        Set<Integer> stops = StopTokens.ofModel(directory, tokenizer);
        ArrayNode stopList = report.putArray("stop_tokens");
        stops.forEach(id -> stopList.add(tokenizer.tokenOf(id) + " (" + id + ")"));
        if (stops.isEmpty()) {
            warnings.add(
                    "no stop token in generation_config.json, config.json or tokenizer_config.json: answers end only at the length limit");
        }
        if (!ChatTemplate.has(directory)) {
            report.put("template", "none");
            warnings.add(
                    "no chat template: conversations need one by name (--template chatml, --template plain or a file)");
            return;
        }
        try {
            ChatTemplate template = ChatTemplate.ofModel(directory);
            report.put("template", template.name() + ", " + template.source().length() + " characters");
            OptionalInt end = StopTokens.endOfTurn(template, tokenizer);
            if (end.isEmpty()) {
                warnings.add(
                        "the template ends an assistant's turn in no control token: a trained model would not learn to stop");
            } else {
                report.put("end_of_turn", tokenizer.tokenOf(end.getAsInt()) + " (" + end.getAsInt() + ")");
                if (!stops.contains(end.getAsInt())) {
                    warnings.add("the template ends turns with " + tokenizer.tokenOf(end.getAsInt())
                            + ", which is not among the stop tokens: other tools will ramble on (Lion stops there)");
                }
            }
        } catch (BadInput e) {
            report.put("template", "unusable");
            warnings.add("the chat template cannot be used: " + e.getMessage());
        }
    }
}
