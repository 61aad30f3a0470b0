package org.lionalign.torch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProductTest {
    private static Tensor narrow(long seed, long... shape) {
        return Tensors.randn(seed, 1, Device.CPU, shape).to(Dtype.BF16);
    }

    /** The same numbers multiplied in fp32: products of two bf16 numbers are exact there, so that only the order of a sum differs. */
    private static void same(Tensor found, Tensor expected) {
        float[] a = found.toFloats();
        float[] b = expected.toFloats();
        assertThat(found.dtype()).isEqualTo(Dtype.F32);
        assertThat(found.shape()).isEqualTo(expected.shape());
        for (int i = 0; i < a.length; i++) {
            assertThat(a[i]).isCloseTo(b[i], within(2e-5f * (1 + Math.abs(b[i]))));
        }
    }

    @Test
    void keepsWhatBf16WouldRound() {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor a = narrow(1, 37, 48);
            Tensor b = narrow(2, 20, 48).transpose(0, 1);
            Tensor exact = a.to(Dtype.F32).matmul(b.to(Dtype.F32));
            same(Product.wide(a, b), exact);
            Tensor addend = Tensors.randn(3, 1, Device.CPU, 37, 20);
            same(Product.plus(addend, a, b), addend.add(exact));
            Tensor into = addend.copy();
            Product.add(a, b, into);
            Product.add(a, b, into);
            same(into, addend.add(exact).add(exact));
        }
    }

    @Test
    void takesBatchesViewsAndTransposedOperands() {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor a = narrow(1, 3, 90, 16).narrow(1, 11, 33);
            Tensor b = narrow(2, 3, 70, 16).narrow(1, 5, 21).transpose(1, 2);
            same(Product.wide(a, b), a.to(Dtype.F32).bmm(b.to(Dtype.F32)));
            Tensor gradient = narrow(3, 100, 24).transpose(0, 1);
            Tensor x = narrow(4, 100, 40).narrow(1, 8, 16);
            Tensor rows = Tensors.zeros(Dtype.F32, Device.CPU, 30, 16);
            Product.add(gradient, x, rows.narrow(0, 4, 24));
            same(rows.narrow(0, 4, 24), gradient.to(Dtype.F32).matmul(x.to(Dtype.F32)));
            assertThat(rows.narrow(0, 0, 4).norm() + rows.narrow(0, 28, 2).norm())
                    .isZero();
        }
    }

    @Test
    void multipliesFp32() {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor a = Tensors.randn(1, 1, Device.CPU, 9, 50).transpose(0, 1);
            Tensor b = Tensors.randn(2, 1, Device.CPU, 9, 14).narrow(1, 3, 11);
            Tensor addend = Tensors.randn(3, 1, Device.CPU, 50, 11);
            Tensor product = a.matmul(b);
            same(Product.of(a, b), product);
            same(Product.wide(a, b), product);
            same(Product.plus(addend, a, b), addend.add(product));
            Tensor into = addend.copy();
            Product.add(a, b, into);
            same(into, addend.add(product));
        }
    }

    /** One weight and passes of many lengths: what is generated may serve one number of rows, or all. */
    @ParameterizedTest
    @ValueSource(longs = {1, 7, 300, 1536, 1537, 64})
    void rowsMayChange(long rows) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor weight = narrow(1, 40, 24);
            Tensor x = narrow(rows, rows, 24);
            Tensor exact = x.to(Dtype.F32).matmul(weight.transpose(0, 1).to(Dtype.F32));
            same(Product.wide(x, weight.transpose(0, 1)), exact);
            Tensor addend = Tensors.randn(3, 1, Device.CPU, rows, 40);
            same(Product.plus(addend, x, weight.transpose(0, 1)), addend.add(exact));
            Tensor rounded = Product.of(x, weight.transpose(0, 1));
            assertThat(rounded.dtype()).isEqualTo(Dtype.BF16);
            assertThat(rounded.to(Dtype.F32).sub(exact).norm()).isLessThan(exact.norm() / 256);
            Tensor gradient = narrow(4, rows, 40);
            Tensor sum = Tensors.full(1, Dtype.F32, Device.CPU, 40, 24);
            Product.add(gradient.transpose(0, 1), x, sum);
            Tensor added = gradient.to(Dtype.F32).transpose(0, 1).matmul(x.to(Dtype.F32));
            assertThat(sum.sub(added.add(1)).norm()).isLessThan(1e-5 * (1 + added.norm()));
        }
    }

    /** More layouts than are kept, by several threads at once, some of which use what others let go. */
    @Test
    void manyShapesOnManyThreads() {
        AtomicInteger compared = new AtomicInteger();
        for (int round = 0; round < 3; round++) {
            Parallel.each(Device.CPU, new long[80], i -> {
                Tensor a = narrow(i, 2 + i / 2, 16);
                Tensor b = narrow(-i, 16, 8);
                same(Product.wide(a, b), a.to(Dtype.F32).matmul(b.to(Dtype.F32)));
                compared.incrementAndGet();
            });
        }
        assertThat(compared).hasValue(240);
    }

    @Test
    void leavesNothingBehind() {
        long before = 0;
        for (int i = 0; i < 200; i++) {
            try (TensorScope scope = new TensorScope();
                    NoGrad off = new NoGrad()) {
                Product.wide(narrow(1, 3 + i % 50, 16), narrow(2, 16, 16));
            }
            if (i == 100) {
                before = Engine.liveObjects();
            }
        }
        assertThat(Engine.liveObjects()).isLessThanOrEqualTo(before + 8);
    }
}
