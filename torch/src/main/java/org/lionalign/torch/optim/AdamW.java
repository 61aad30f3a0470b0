package org.lionalign.torch.optim;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Safetensors;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.torch.model.TensorSource;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Ops;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * AdamW (Loshchilov & Hutter 2019) over the trained weights: fp32 masters and moments, decoupled weight decay on matrices only. The state
 * is plain tensors, written to safetensors and read back bit for bit.
 */
public final class AdamW implements AutoCloseable {
    private final List<Weight> weights;
    private final Settings settings;
    private final List<Tensor> firstMoments = new ArrayList<>();
    private final List<Tensor> secondMoments = new ArrayList<>();
    private final List<Tensor> counters = new ArrayList<>();
    private long steps;

    /** The usual constants. */
    public record Settings(double beta1, double beta2, double eps, double weightDecay) {
        /** PyTorch's and transformers' defaults, without weight decay. */
        public static final Settings DEFAULT = new Settings(0.9, 0.999, 1e-8, 0);
    }

    /** @param weights those of a model; the trained ones among them are updated */
    public AdamW(List<Weight> weights, Settings settings) {
        this.weights = weights.stream().filter(Weight::trainable).toList();
        this.settings = settings;
        if (this.weights.isEmpty()) {
            throw new IllegalArgumentException("no weight is trained");
        }
        try (TensorScope scope = new TensorScope()) {
            for (Weight weight : this.weights) {
                Tensor like = weight.master();
                firstMoments.add(scope.release(Tensors.zeros(Dtype.F32, like.device(), like.shape())));
                secondMoments.add(scope.release(Tensors.zeros(Dtype.F32, like.device(), like.shape())));
                counters.add(scope.release(Tensors.zeros(Dtype.F32, like.device())));
            }
        }
    }

    /** The weights it updates. */
    public List<Weight> weights() {
        return weights;
    }

    public long steps() {
        return steps;
    }

    /** One update from the accumulated gradients, which are then cleared; computing copies are renewed. */
    public void step(double lr) {
        steps++;
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            update(lr);
        }
        for (Weight weight : weights) {
            weight.refresh();
            weight.zeroGradient();
        }
    }

    private void update(double lr) {
        for (boolean decay : new boolean[] {true, false}) {
            List<Tensor> parameters = new ArrayList<>();
            List<Tensor> gradients = new ArrayList<>();
            List<Tensor> first = new ArrayList<>();
            List<Tensor> second = new ArrayList<>();
            List<Tensor> counts = new ArrayList<>();
            for (int i = 0; i < weights.size(); i++) {
                if (weights.get(i).decay() == decay) {
                    Weight weight = weights.get(i);
                    parameters.add(weight.trainedRows(weight.master()));
                    gradients.add(weight.trainedRows(weight.gradient()));
                    first.add(weight.trainedRows(firstMoments.get(i)));
                    second.add(weight.trainedRows(secondMoments.get(i)));
                    counters.get(i).fill_(steps);
                    counts.add(counters.get(i));
                }
            }
            if (!parameters.isEmpty()) {
                Ops.fusedAdamW(
                        parameters,
                        gradients,
                        first,
                        second,
                        counts,
                        lr,
                        settings.beta1(),
                        settings.beta2(),
                        decay ? settings.weightDecay() : 0,
                        settings.eps());
            }
        }
    }

    /** Writes masters and moments: everything a resumed run needs of the weights. */
    public void save(Path file) {
        List<SafetensorsWriter.Source> sources = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            String name = weights.get(i).name();
            sources.add(new TensorSource("master." + name, weights.get(i).master(), Dtype.F32));
            sources.add(new TensorSource("first." + name, firstMoments.get(i), Dtype.F32));
            sources.add(new TensorSource("second." + name, secondMoments.get(i), Dtype.F32));
        }
        SafetensorsWriter.write(file, Map.of("steps", Long.toString(steps)), sources);
    }

    /** Reads what {@link #save} wrote into the same weights. */
    public void load(Path file) {
        Safetensors saved = Safetensors.open(file);
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            for (int i = 0; i < weights.size(); i++) {
                String name = weights.get(i).name();
                copy(saved, "master." + name, weights.get(i).master());
                copy(saved, "first." + name, firstMoments.get(i));
                copy(saved, "second." + name, secondMoments.get(i));
                weights.get(i).refresh();
            }
        }
        steps = Long.parseLong(saved.metadata().getOrDefault("steps", "0"));
    }

    private static void copy(Safetensors saved, String name, Tensor into) {
        @Nullable TensorEntry entry = saved.tensors().get(name);
        if (entry == null || !java.util.Arrays.equals(entry.shape(), into.shape())) {
            throw BadInput.of(saved.file(), name, into.toString(), entry == null ? "nothing" : entry.describe());
        }
        into.copy_(Tensors.map(entry));
    }

    @Override
    public void close() {
        firstMoments.forEach(Tensor::close);
        secondMoments.forEach(Tensor::close);
        counters.forEach(Tensor::close);
    }
}
