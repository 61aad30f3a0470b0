package org.lionalign.torch.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.core.json.Json;
import org.lionalign.torch.nn.Linear;
import org.lionalign.torch.nn.LoraPart;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** LoRA adapters on a decoder: made fresh, loaded and saved in PEFT's layout, merged into the weights. */
public final class LoraAdapters {
    private static final String PREFIX = "base_model.model.";

    private LoraAdapters() {}

    /**
     * Shape of the adapters.
     *
     * @param rank r
     * @param alpha numerator of the scale α/r
     * @param dropout on the inputs, in training
     * @param targets module names such as {@code q_proj}, or {@code all-linear}
     */
    public record Config(int rank, double alpha, double dropout, List<String> targets) {
        public Config {
            targets = List.copyOf(targets);
            if (rank < 1 || dropout < 0 || dropout >= 1 || targets.isEmpty()) {
                throw new BadInput(
                        "lora: expected rank of 1 or more, dropout in [0, 1) and at least one target, found rank "
                                + rank + ", dropout " + dropout + ", targets " + targets);
            }
        }
    }

    /**
     * Attaches fresh adapters: A uniform as PEFT's Kaiming initialisation, B zero, so that the model is unchanged until trained. In a
     * trainable model only the adapters are trained from here on.
     */
    public static void attach(CausalLm model, Config config, long seed) {
        attach(model, config, (name, rows, columns, index) -> {
            double bound = 1 / Math.sqrt(columns); // kaiming_uniform_(a=√5) on [rank, in]
            return name.endsWith("lora_B.weight")
                    ? Tensors.zeros(Dtype.F32, model.options().device(), rows, columns)
                    : Tensors.rand(seed + index, -bound, bound, model.options().device(), rows, columns);
        });
        if (model.options().trainable()) {
            for (Linear linear : model.linears()) {
                for (LoraPart part : linear.adapters()) {
                    part.a().train();
                    part.b().train();
                }
            }
        }
    }

    /** Lays an adapter folder over a model; {@link BadInput} when it does not fit. */
    public static void load(CausalLm model, Path directory) {
        Path file = directory.resolve("adapter_config.json");
        JsonNode json = Json.read(file);
        for (String unsupported : List.of("use_dora", "lora_bias", "fan_in_fan_out", "use_rslora")) {
            if (json.path(unsupported).asBoolean()) {
                throw BadInput.of(file, unsupported, "false", "true (not supported)");
            }
        }
        if (!json.path("peft_type").asText().equals("LORA")) {
            throw BadInput.of(file, "peft_type", "LORA", json.path("peft_type").toString());
        }
        List<String> targets = new ArrayList<>();
        JsonNode names = json.path("target_modules");
        (names.isArray() ? names : List.of(names)).forEach(name -> targets.add(name.asText()));
        Config config =
                new Config(json.path("r").asInt(), json.path("lora_alpha").asDouble(), 0, targets);
        Map<String, TensorEntry> left =
                new TreeMap<>(Checkpoint.open(directory, "adapter_model").tensors());
        attach(model, config, (name, rows, columns, index) -> {
            TensorEntry entry = left.remove(name);
            if (entry == null) {
                throw new BadInput(
                        directory + ": " + name + ": expected a tensor [" + rows + ", " + columns + "], found none");
            }
            if (entry.shape().length != 2 || entry.shape()[0] != rows || entry.shape()[1] != columns) {
                throw BadInput.of(entry.file(), name, "shape [" + rows + ", " + columns + "]", entry.describe());
            }
            return Tensors.map(entry).to(Dtype.F32).copy().to(model.options().device());
        });
        if (!left.isEmpty()) {
            String extra = left.keySet().iterator().next();
            throw new BadInput(
                    directory + ": " + extra + ": expected only adapters of " + targets + ", found this tensor too");
        }
    }

    private interface Values {
        Tensor of(String name, long rows, long columns, long index);
    }

    private static void attach(CausalLm model, Config config, Values values) {
        Set<String> unused = new TreeSet<>(config.targets());
        boolean all = unused.remove("all-linear");
        long index = 0;
        for (Linear linear : model.linears()) {
            Weight weight = linear.weight();
            if (!linear.adapters().isEmpty()) {
                throw new IllegalStateException("the model has adapters already");
            }
            for (int p = 0; p < weight.parts().size(); p++) {
                Weight.Part part = weight.parts().get(p);
                String module = part.name().substring(0, part.name().length() - ".weight".length());
                String last = module.substring(module.lastIndexOf('.') + 1);
                if (!all && !config.targets().contains(last)) {
                    continue;
                }
                unused.remove(last);
                String name = PREFIX + module + ".lora_";
                long in = weight.shape()[1];
                Weight a = adapter(model, name + "A.weight", config.rank(), in, values, index++);
                Weight b = adapter(model, name + "B.weight", part.rows(), config.rank(), values, index++);
                linear.adapters().add(new LoraPart(p, a, b, config.alpha() / config.rank(), config.dropout()));
            }
        }
        if (!unused.isEmpty()) {
            throw new BadInput("lora.targets: expected names of linear layers of the blocks, found " + unused
                    + " which name none");
        }
    }

    private static Weight adapter(CausalLm model, String name, long rows, long columns, Values values, long index) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor tensor = scope.release(values.of(name, rows, columns, index));
            return new Weight(
                    List.of(new Weight.Part(name, 0, rows)),
                    tensor,
                    model.options().compute(),
                    true);
        }
    }

    /** Writes the adapters in PEFT's layout, fp32. */
    public static void save(CausalLm model, Config config, Path directory) {
        List<SafetensorsWriter.Source> sources = new ArrayList<>();
        for (Linear linear : model.linears()) {
            for (LoraPart part : linear.adapters()) {
                sources.add(TensorSource.of(part.a().name(), part.a(), Dtype.F32));
                sources.add(TensorSource.of(part.b().name(), part.b(), Dtype.F32));
            }
        }
        SafetensorsWriter.write(directory.resolve("adapter_model.safetensors"), Map.of("format", "pt"), sources);
        ObjectNode json = Json.object();
        json.put("peft_type", "LORA");
        json.put("task_type", "CAUSAL_LM");
        json.put("base_model_name_or_path", model.directory().toString());
        json.put("r", config.rank());
        json.put("lora_alpha", config.alpha());
        json.put("lora_dropout", config.dropout());
        json.put("bias", "none");
        json.put("fan_in_fan_out", false);
        json.put("inference_mode", true);
        ArrayNode targets = json.putArray("target_modules");
        config.targets().forEach(targets::add);
        AtomicFiles.write(directory.resolve("adapter_config.json"), json.toPrettyString());
    }

    /** Adds {@code scale · B · A} to each adapted tensor and takes the adapters off. Exact in fp32. */
    public static void merge(CausalLm model) {
        for (Linear linear : model.linears()) {
            try (TensorScope scope = new TensorScope();
                    NoGrad off = new NoGrad()) {
                for (LoraPart part : linear.adapters()) {
                    Weight.Part rows = linear.weight().parts().get(part.part());
                    Tensor delta = part.b().master().matmul(part.a().master()).mul(part.scale());
                    linear.weight().change((piece, from) -> {
                        long first = Math.max(from, rows.start());
                        long count = Math.min(from + piece.size(0), rows.start() + rows.rows()) - first;
                        if (count > 0) {
                            piece.narrow(0, first - from, count).add_(delta.narrow(0, first - rows.start(), count));
                        }
                    });
                }
            }
            linear.adapters().forEach(part -> {
                part.a().close();
                part.b().close();
            });
            linear.adapters().clear();
        }
    }
}
