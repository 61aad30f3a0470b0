package org.lionalign.torch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.format.Safetensors;
import org.lionalign.core.format.SafetensorsWriter;

class TensorTest {
    @TempDir
    Path dir;

    @Test
    void scopesFreeWhatTheyMadeAndEscapedTensorsLive() {
        Tensor kept;
        try (TensorScope warm = new TensorScope()) {
            Tensors.of(new float[] {1}).add(1);
        }
        long before = Engine.liveObjects();
        try (TensorScope outer = new TensorScope()) {
            try (TensorScope inner = new TensorScope()) {
                kept = inner.escape(Tensors.of(new float[] {1, 2, 3}).mul(2));
                for (int i = 0; i < 100; i++) {
                    kept.add(i);
                }
            }
            assertThat(kept.toFloats()).containsExactly(2, 4, 6);
        }
        assertThat(Engine.liveObjects())
                .isLessThanOrEqualTo(before); // leftovers of other tests may be collected meanwhile
    }

    @Test
    void anEscapedTensorWithoutAnOuterScopeIsTheCallers() {
        Tensor kept;
        try (TensorScope scope = new TensorScope()) {
            kept = scope.escape(Tensors.of(new float[] {5}));
        }
        assertThat(kept.toFloats()).containsExactly(5);
        kept.close();
    }

    @Test
    void gradientsFlow() {
        try (TensorScope scope = new TensorScope()) {
            Tensor x = Tensors.of(new float[] {1, 2}).requiresGrad_(true);
            Tensor y = x.square().sum();
            Tensor.backward(List.of(y), List.of(Tensors.full(3, Dtype.F32, Device.CPU)));
            assertThat(x.grad().toFloats()).containsExactly(6, 12);
            x.clearGrad();
            assertThat(x.grad()).isNull();
            try (NoGrad off = new NoGrad()) {
                assertThat(x.square().requiresGrad()).isFalse();
            }
        }
    }

    @Test
    void splitAndCatAreInverseAndAttentionIsCausal() {
        try (TensorScope scope = new TensorScope()) {
            Tensor x = Tensors.randn(1, 1, Device.CPU, 6, 4);
            Tensor[] pieces = x.split(0, 2, 4);
            assertThat(Tensor.cat(List.of(pieces), 0).toFloats()).containsExactly(x.toFloats());
            Tensor q = x.view(1, 1, 6, 4);
            float[] all = q.attention(q, q, null, true, 0.5).toFloats();
            Tensor first = q.narrow(2, 0, 3);
            float[] part = first.attention(first, first, null, true, 0.5).toFloats();
            for (int i = 0; i < part.length; i++) {
                assertThat(all[i]).isCloseTo(part[i], within(1e-6f));
            }
        }
    }

    @Test
    void fusedAdamWEqualsTheTextbook() {
        try (TensorScope scope = new TensorScope()) {
            Tensor p = Tensors.of(new float[] {1f});
            Tensor m = Tensors.of(new float[] {0.1f});
            Tensor v = Tensors.of(new float[] {0.2f});
            double lr = 0.01;
            Ops.fusedAdamW(
                    List.of(p),
                    List.of(Tensors.of(new float[] {0.5f})),
                    List.of(m),
                    List.of(v),
                    List.of(Tensors.full(3, Dtype.F32, Device.CPU)),
                    lr,
                    0.9,
                    0.999,
                    0.1,
                    1e-8);
            double m1 = 0.9 * 0.1 + 0.1 * 0.5;
            double v1 = 0.999 * 0.2 + 0.001 * 0.25;
            double expected = 1
                    - lr * 0.1 * 1
                    - lr * (m1 / (1 - Math.pow(0.9, 3))) / (Math.sqrt(v1 / (1 - Math.pow(0.999, 3))) + 1e-8);
            assertThat((double) p.toFloats()[0]).isCloseTo(expected, within(1e-6));
            assertThat((double) m.toFloats()[0]).isCloseTo(m1, within(1e-6));
        }
    }

    @Test
    void mappedTensorsAreTheFilesBytes() throws IOException {
        Path file = dir.resolve("w.safetensors");
        ByteBuffer bytes = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(1.5f)
                .putFloat(-2)
                .putFloat(3);
        SafetensorsWriter.write(file, Map.of(), List.of(new SafetensorsWriter.Source() {
            @Override
            public String name() {
                return "w";
            }

            @Override
            public String dtype() {
                return "F32";
            }

            @Override
            public long[] shape() {
                return new long[] {3, 1};
            }

            @Override
            public void writeTo(WritableByteChannel channel) throws IOException {
                channel.write(bytes.flip());
            }
        }));
        try (TensorScope scope = new TensorScope()) {
            Tensor mapped = Tensors.map(Safetensors.open(file).tensors().get("w"));
            assertThat(mapped.shape()).containsExactly(3, 1);
            assertThat(mapped.toFloats()).containsExactly(1.5f, -2f, 3f);
            assertThat(mapped.bytes(1, 3).order(ByteOrder.LITTLE_ENDIAN).getFloat())
                    .isEqualTo(-2f);
        }
    }

    @Test
    void randomStreamsAreReproducible() {
        try (TensorScope scope = new TensorScope()) {
            assertThat(Tensors.randn(7, 1, Device.CPU, 5).toFloats())
                    .containsExactly(Tensors.randn(7, 1, Device.CPU, 5).toFloats());
            assertThat(Tensors.randn(8, 1, Device.CPU, 5).toFloats())
                    .isNotEqualTo(Tensors.randn(7, 1, Device.CPU, 5).toFloats());
        }
    }
}
