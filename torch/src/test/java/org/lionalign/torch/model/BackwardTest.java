package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.torch.nn.GatedActivation;
import org.lionalign.torch.nn.Linear;
import org.lionalign.torch.nn.LoraPart;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** The steps that a block goes back through by hand, against autograd on PyTorch's own operators; in one piece and in several. */
class BackwardTest {
    private static Tensor random(long seed, long... shape) {
        return Tensors.randn(seed, 1, Device.CPU, shape);
    }

    private static Tensor leaf(Tensor values) {
        return values.detach().requiresGrad_(true);
    }

    private static Weight weight(Tensor values) {
        try (TensorScope scope = new TensorScope()) {
            Weight weight = new Weight(
                    List.of(new Weight.Part("w", 0, values.size(0))), scope.release(values.copy()), Dtype.F32, true);
            weight.train();
            return weight;
        }
    }

    private static void same(Tensor ours, Tensor theirs) {
        assertThat(ours.shape()).isEqualTo(theirs.shape());
        float[] a = ours.toFloats();
        float[] b = theirs.toFloats();
        double largest = theirs.norm() / Math.sqrt(b.length);
        for (int i = 0; i < a.length; i++) {
            assertThat((double) a[i])
                    .as("element " + i)
                    .isCloseTo(b[i], within(2e-5 * Math.max(largest, Math.abs(b[i]))));
        }
    }

    @ParameterizedTest
    @CsvSource({"7, false", "7, true", "5000, false"})
    void norm(long rows, boolean plusOne) {
        try (TensorScope scope = new TensorScope();
                Weight weight = weight(random(1, 96))) {
            Norm norm = new Norm(weight, 1e-5, plusOne);
            Tensor x = random(2, rows, 2, 48).view(rows, 96);
            Tensor upstream = random(3, rows, 96);
            Tensor input = leaf(x);
            Tensor scale = leaf(weight.values());
            Tensor normed =
                    input.mul(input.square().mean(-1, true).add(1e-5).rsqrt()).mul(plusOne ? scale.add(1) : scale);
            Tensor.backward(List.of(normed), List.of(upstream));

            same(norm.forward(x, Dtype.F32), normed.detach());
            Tensor residual = random(4, rows, 96);
            Tensor into = residual.copy();
            norm.pass(x, Dtype.F32).backward(upstream, into);
            same(into.sub(residual), input.grad());
            same(weight.gradient(), scale.grad());
        }
    }

    @Test
    void normBetweenProducts() { // whose operands are bf16
        try (TensorScope scope = new TensorScope();
                Weight wide = weight(random(1, 96));
                Weight narrow = weight(random(1, 96))) {
            Tensor x = random(2, 300, 96);
            Norm.Pass exact = new Norm(wide, 1e-5, false).pass(x, Dtype.F32);
            Norm.Pass rounded = new Norm(narrow, 1e-5, false).pass(x, Dtype.BF16);
            assertThat(rounded.result().dtype()).isEqualTo(Dtype.BF16);
            same(rounded.result().to(Dtype.F32), exact.result().to(Dtype.BF16).to(Dtype.F32));
            Tensor upstream = random(3, 300, 96).to(Dtype.BF16);
            Tensor expected = Tensors.zeros(Dtype.F32, Device.CPU, 300, 96);
            Tensor found = Tensors.zeros(Dtype.F32, Device.CPU, 300, 96);
            exact.backward(upstream.to(Dtype.F32), expected);
            rounded.backward(upstream, found);
            same(found, expected);
            same(narrow.gradient(), wide.gradient());
        }
    }

    @Test
    void normOfHeads() { // queries before their rotation: the last of three dimensions
        try (TensorScope scope = new TensorScope();
                Weight weight = weight(random(1, 16))) {
            Norm norm = new Norm(weight, 1e-6, false);
            Tensor x = random(2, 9, 5, 16).narrow(1, 1, 3); // not contiguous
            Tensor into = Tensors.zeros(Dtype.F32, Device.CPU, 9, 3, 16);
            Tensor upstream = random(3, 9, 3, 16);
            norm.pass(x, Dtype.F32).backward(upstream, into);
            Tensor flat = Tensors.zeros(Dtype.F32, Device.CPU, 27, 16);
            norm.pass(x.reshape(27, 16), Dtype.F32).backward(upstream.view(27, 16), flat);
            same(into.view(27, 16), flat);
            assertThat(norm.forward(x, Dtype.F32).shape()).containsExactly(9, 3, 16);
        }
    }

    @ParameterizedTest
    @CsvSource({"silu, 5", "silu, 4100", "gelu, 5", "gelu_pytorch_tanh, 5", "gelu_pytorch_tanh, 4100"})
    void gatedActivation(String name, long rows) {
        try (TensorScope scope = new TensorScope()) {
            GatedActivation activation = new GatedActivation(name, 40);
            Tensor gateUp = random(1, rows, 80);
            Tensor upstream = random(2, rows, 40);
            Tensor input = leaf(gateUp);
            Tensor[] parts = input.split(1, 40, 40);
            Tensor gate = name.equals("silu") ? parts[0].silu() : parts[0].gelu(name.equals("gelu") ? "none" : "tanh");
            Tensor out = gate.mul(parts[1]);
            Tensor.backward(List.of(out), List.of(upstream));
            same(activation.forward(gateUp), out.detach());
            GatedActivation.Back back = activation.back(gateUp);
            same(back.result(), out.detach());
            same(back.through(upstream), input.grad());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {6, 5000})
    void rotation(long rows) {
        try (TensorScope scope = new TensorScope()) {
            Tensor angles = random(1, rows, 1, 8);
            Tensor cos = angles.cos();
            Tensor sin = angles.sin();
            RotaryTable table =
                    new RotaryTable(Tensor.cat(List.of(cos, cos), 2), Tensor.cat(List.of(sin.neg(), sin), 2));
            Tensor x = random(2, rows, 5, 16);
            Tensor input = leaf(x);
            Tensor[] halves = input.split(2, 8, 8);
            Tensor turned = Tensor.cat(
                    List.of(
                            halves[0].mul(cos).sub(halves[1].mul(sin)),
                            halves[1].mul(cos).add(halves[0].mul(sin))),
                    2);
            Tensor upstream = random(3, rows, 5, 16);
            Tensor.backward(List.of(turned), List.of(upstream));
            same(table.rotate(x), turned.detach());
            same(table.inverse().rotate(upstream), input.grad());
            same(table.inverse().rotate(table.rotate(x)), x);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.3})
    void linearWithBiasAndAdapter(double dropout) {
        try (TensorScope scope = new TensorScope();
                Weight weight = new Weight(
                        List.of(new Weight.Part("q", 0, 6), new Weight.Part("k", 6, 4)),
                        scope.release(random(1, 10, 12)),
                        Dtype.F32,
                        true);
                Weight bias = weight(random(2, 10));
                Weight a = weight(random(3, 2, 12));
                Weight b = weight(random(4, 4, 2))) {
            weight.train();
            LoraPart adapter = new LoraPart(1, a, b, 0.5, dropout);
            adapter.dropoutSeed(77);
            Linear linear = new Linear(weight, bias);
            linear.adapters().add(adapter);
            Tensor x = random(5, 8, 12);
            Tensor upstream = random(6, 8, 10);

            Tensor input = leaf(x);
            Tensor w = leaf(weight.values());
            Tensor c = leaf(bias.values());
            Tensor down = leaf(a.values());
            Tensor up = leaf(b.values());
            Tensor keep = dropout == 0
                    ? Tensors.full(1, Dtype.F32, Device.CPU, 8, 12)
                    : Tensors.rand(77, 0, 1, Device.CPU, 8, 12)
                            .lt(1 - dropout)
                            .to(Dtype.F32)
                            .mul(1 / (1 - dropout));
            Tensor[] plain = input.linear(w, c).split(1, 6, 4);
            Tensor low = input.mul(keep).linear(down, null).linear(up, null).mul(0.5);
            Tensor out = Tensor.cat(List.of(plain[0], plain[1].add(low)), 1);
            Tensor.backward(List.of(out), List.of(upstream));

            same(linear.forward(x), out.detach());
            same(linear.backward(x, upstream), input.grad());
            same(weight.gradient(), w.grad());
            same(bias.gradient(), c.grad());
            same(a.gradient(), down.grad());
            same(b.gradient(), up.grad());
        }
    }
}
