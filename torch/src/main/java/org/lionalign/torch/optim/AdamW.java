package org.lionalign.torch.optim;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Safetensors;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.torch.model.TensorSource;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
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
                Device device = weight.values().device();
                firstMoments.add(scope.release(Tensors.zeros(Dtype.F32, device, weight.shape())));
                secondMoments.add(scope.release(Tensors.zeros(Dtype.F32, device, weight.shape())));
                counters.add(scope.release(Tensors.zeros(Dtype.F32, device)));
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

    /** One update from the accumulated gradients, which are then cleared. */
    public void step(double lr) {
        steps++;
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            update(lr);
        }
        weights.forEach(Weight::zeroGradient);
    }

    private void update(double lr) {
        Group decayed = new Group(lr, settings.weightDecay());
        Group others = new Group(lr, 0);
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            counters.get(i).fill_(steps);
            Group group = weight.decay() ? decayed : others;
            int index = i;
            if (weight.inHalves()) {
                weight.change((rows, from) -> {
                    Group piece = new Group(lr, group.weightDecay);
                    piece.add(index, rows, from);
                    piece.update();
                });
            } else {
                weight.change((rows, from) -> group.add(index, rows, from));
            }
        }
        decayed.update();
        others.update();
    }

    /** Parameters that are updated by one call. */
    private final class Group {
        private final double lr;
        private final double weightDecay;
        private final List<Tensor> parameters = new ArrayList<>();
        private final List<Tensor> gradients = new ArrayList<>();
        private final List<Tensor> first = new ArrayList<>();
        private final List<Tensor> second = new ArrayList<>();
        private final List<Tensor> counts = new ArrayList<>();

        Group(double lr, double weightDecay) {
            this.lr = lr;
            this.weightDecay = weightDecay;
        }

        /** Rows of a weight's master from row {@code from} on, with what belongs to them. */
        void add(int index, Tensor rows, long from) {
            Weight weight = weights.get(index);
            Tensor parameter = weight.trainedRows(rows, from);
            if (parameter.size(0) > 0) {
                long count = rows.size(0);
                parameters.add(parameter);
                gradients.add(weight.trainedRows(weight.gradient().narrow(0, from, count), from));
                first.add(weight.trainedRows(firstMoments.get(index).narrow(0, from, count), from));
                second.add(weight.trainedRows(secondMoments.get(index).narrow(0, from, count), from));
                counts.add(counters.get(index));
            }
        }

        void update() {
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
                        weightDecay,
                        settings.eps());
            }
        }
    }

    /** Writes masters and moments: everything a resumed run needs of the weights. */
    public void save(Path file) {
        List<SafetensorsWriter.Source> sources = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            String name = weights.get(i).name();
            sources.add(TensorSource.of("master." + name, weights.get(i), Dtype.F32));
            sources.add(TensorSource.of("first." + name, firstMoments.get(i), Dtype.F32));
            sources.add(TensorSource.of("second." + name, secondMoments.get(i), Dtype.F32));
        }
        SafetensorsWriter.write(file, Map.of("steps", Long.toString(steps)), sources);
    }

    /** Reads what {@link #save} wrote into the same weights. */
    public void load(Path file) {
        Safetensors saved = Safetensors.open(file);
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            for (int i = 0; i < weights.size(); i++) {
                Weight weight = weights.get(i);
                Tensor master = saved(saved, "master." + weight.name(), weight.shape());
                weight.change((rows, from) -> rows.copy_(master.narrow(0, from, rows.size(0))));
                firstMoments.get(i).copy_(saved(saved, "first." + weight.name(), weight.shape()));
                secondMoments.get(i).copy_(saved(saved, "second." + weight.name(), weight.shape()));
            }
        }
        steps = Long.parseLong(saved.metadata().getOrDefault("steps", "0"));
    }

    private static Tensor saved(Safetensors file, String name, long[] shape) {
        @Nullable TensorEntry entry = file.tensors().get(name);
        if (entry == null || !Arrays.equals(entry.shape(), shape)) {
            throw BadInput.of(
                    file.file(),
                    name,
                    "a tensor " + Arrays.toString(shape),
                    entry == null ? "nothing" : entry.describe());
        }
        return Tensors.map(entry);
    }

    @Override
    public void close() {
        firstMoments.forEach(Tensor::close);
        secondMoments.forEach(Tensor::close);
        counters.forEach(Tensor::close);
    }
}
