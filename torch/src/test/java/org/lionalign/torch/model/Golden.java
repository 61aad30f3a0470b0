package org.lionalign.torch.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.core.format.Safetensors;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** What transformers computed on a tiny checkpoint: see tools/oracle. */
final class Golden {
    static final Path ROOT = Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden");

    final Path directory;
    private final Map<String, TensorEntry> tensors;

    Golden(String model, String file) {
        directory = ROOT.resolve("models").resolve(model);
        tensors = Safetensors.open(directory.resolve(file)).tensors();
    }

    static Golden of(String model) {
        return new Golden(model, "golden.safetensors");
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    long[] shape(String name) {
        return tensors.get(name).shape();
    }

    float[] floats(String name) {
        try (TensorScope scope = new TensorScope()) {
            return Tensors.map(tensors.get(name)).toFloats();
        }
    }

    int[] ints(String name) {
        try (TensorScope scope = new TensorScope()) {
            return Arrays.stream(Tensors.map(tensors.get(name)).toLongs())
                    .mapToInt(Math::toIntExact)
                    .toArray();
        }
    }

    List<String> gradients() {
        return tensors.keySet().stream()
                .filter(n -> n.startsWith("grad."))
                .map(n -> n.substring(5))
                .toList();
    }

    /** The rows of {@code input_ids} as documents, every token supervised. */
    List<PromptTree> documents() {
        int[] ids = ints("input_ids");
        int time = (int) shape("input_ids")[1];
        List<PromptTree> trees = new ArrayList<>();
        for (int b = 0; b < ids.length / time; b++) {
            int[] row = Arrays.copyOfRange(ids, b * time, (b + 1) * time);
            boolean[] all = new boolean[time];
            Arrays.fill(all, true);
            trees.add(PromptTree.document("row#" + b, row, all));
        }
        return trees;
    }

    /** −mask of the targets of {@link #documents}: the gradient of the golden loss. */
    float[] upstream() {
        float[] mask = floats("mask");
        int time = (int) shape("mask")[1];
        float[] upstream = new float[mask.length - mask.length / time];
        int at = 0;
        for (int i = 0; i < mask.length; i++) {
            if (i % time != 0) {
                upstream[at++] = -mask[i];
            }
        }
        return upstream;
    }

    /** Gradients by the file's names. */
    static Map<String, float[]> gradientsOf(CausalLm model) {
        Map<String, float[]> all = new LinkedHashMap<>();
        for (Weight weight : model.weights()) {
            if (!weight.trainable()) {
                continue;
            }
            for (Weight.Part part : weight.parts()) {
                try (TensorScope scope = new TensorScope()) {
                    Tensor rows = weight.gradient().narrow(0, part.start(), part.rows());
                    all.put(part.name(), rows.contiguous().toFloats());
                }
            }
        }
        return all;
    }

    static double largest(float[] values) {
        double most = 0;
        for (float v : values) {
            most = Math.max(most, Math.abs(v));
        }
        return most;
    }

    static double difference(float[] a, float[] b) {
        if (a.length != b.length) {
            throw new AssertionError(a.length + " values against " + b.length);
        }
        double most = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return most;
    }

    /** ‖a − b‖ / ‖b‖. */
    static double relative(float[] a, float[] b) {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < b.length; i++) {
            error += Math.pow(a[i] - b[i], 2);
            norm += Math.pow(b[i], 2);
        }
        return Math.sqrt(error / Math.max(norm, 1e-30));
    }
}
