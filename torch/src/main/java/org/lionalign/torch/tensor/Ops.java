package org.lionalign.torch.tensor;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Operators without a Java method, reached by boxed dispatch (ENGINE.md 4.1). */
public final class Ops {
    private Ops() {}

    /**
     * One AdamW update of many parameters at once ({@code aten::_fused_adamw_}; Loshchilov & Hutter 2019): decoupled weight decay.
     *
     * @param steps one fp32 scalar per parameter, already counting this step
     */
    public static void fusedAdamW(
            List<Tensor> parameters,
            List<Tensor> gradients,
            List<Tensor> firstMoments,
            List<Tensor> secondMoments,
            List<Tensor> steps,
            double lr,
            double beta1,
            double beta2,
            double weightDecay,
            double eps) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            IValueVector stack = new IValueVector();
            stack.push_back(list(parameters));
            stack.push_back(list(gradients));
            stack.push_back(list(firstMoments));
            stack.push_back(list(secondMoments));
            stack.push_back(list(List.of()));
            stack.push_back(list(steps));
            for (double value : new double[] {lr, beta1, beta2, weightDecay, eps}) {
                stack.push_back(new IValue(value));
            }
            stack.push_back(new IValue(false)); // amsgrad
            stack.push_back(new IValue(false)); // maximize
            stack.push_back(new IValue()); // grad_scale
            stack.push_back(new IValue()); // found_inf
            handle("aten::_fused_adamw_", "").callBoxed(stack);
        }
    }

    /** Euclidean norm of each tensor, in fp32 or wider ({@code aten::_foreach_norm}). */
    public static double[] norms(List<Tensor> tensors) {
        double[] norms = new double[tensors.size()];
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            for (int i = 0; i < norms.length; i++) {
                norms[i] = torch.linalg_vector_norm(tensors.get(i).raw()).item_double();
            }
        }
        return norms;
    }

    /**
     * The gradient of a softmax's input over the last dimension ({@code aten::_softmax_backward_data}): {@code p · (g − Σ g · p)}.
     *
     * @param gradient of the result
     * @param probabilities the result, of the same shape and dtype
     */
    public static Tensor softmaxBackward(Tensor gradient, Tensor probabilities) {
        IValueVector stack = new IValueVector();
        stack.push_back(new IValue(gradient.raw()));
        stack.push_back(new IValue(probabilities.raw()));
        stack.push_back(new IValue(-1L));
        stack.push_back(new IValue(probabilities.raw().scalar_type().value));
        handle("aten::_softmax_backward_data", "").callBoxed(stack);
        return new Tensor(stack.get(0).toTensor());
    }

    /**
     * Attention on the CPU, and the log of its softmax's denominators ({@code aten::_scaled_dot_product_flash_attention_for_cpu}). Without
     * gradients.
     *
     * @param q {@code [batch, heads, n, d]}
     * @param k {@code [batch, heads, m, d]}
     * @param v likewise
     * @param mask additive {@code [batch, 1, 1, m]}, or null
     * @return {@code [batch, heads, n, d]} and {@code [batch, heads, n]}
     */
    public static Tensor[] flashAttention(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, double scale) {
        IValueVector stack = new IValueVector();
        for (Tensor input : List.of(q, k, v)) {
            stack.push_back(new IValue(input.raw()));
        }
        stack.push_back(new IValue(0.0)); // dropout
        stack.push_back(new IValue(false)); // causal
        stack.push_back(mask == null ? new IValue() : new IValue(mask.raw()));
        stack.push_back(new IValue(scale));
        try (BlasThreads one = BlasThreads.single()) {
            handle("aten::_scaled_dot_product_flash_attention_for_cpu", "").callBoxed(stack);
        }
        return new Tensor[] {
            new Tensor(stack.get(0).toTensor()), new Tensor(stack.get(1).toTensor())
        };
    }

    /** {@code a · b}, element by element, into a tensor of their shape and dtype, a view perhaps; without gradients. */
    public static void mul(Tensor a, Tensor b, Tensor into) {
        torch.mul_out(into.raw(), a.raw(), b.raw());
    }

    /** {@link Tensor#silu} of {@code x} into a tensor of its shape and dtype, a view perhaps; without gradients. */
    public static void silu(Tensor x, Tensor into) {
        torch.silu_out(into.raw(), x.raw());
    }

    /** The gradient of {@code x}, given that of {@link #silu}, likewise. */
    public static void siluBackward(Tensor x, Tensor gradient, Tensor into) {
        torch.silu_backward_out(into.raw(), gradient.raw(), x.raw());
    }

    /** {@link Tensor#gelu} of {@code x}, likewise. */
    public static void gelu(Tensor x, String approximate, Tensor into) {
        torch.gelu_out(into.raw(), x.raw(), approximate);
    }

    /** The gradient of {@code x}, given that of {@link #gelu}, likewise. */
    public static void geluBackward(Tensor x, Tensor gradient, String approximate, Tensor into) {
        torch.gelu_backward_out(into.raw(), gradient.raw(), x.raw(), approximate);
    }

    private static OperatorHandle handle(String name, String overload) {
        Engine.start();
        return Dispatcher.singleton().findSchemaOrThrow(name, overload);
    }

    /** Not {@code new IValue(vector)}: that constructor takes any pointer and reinterprets it. */
    private static IValue list(List<Tensor> tensors) {
        GenericList list = new GenericList(new Type.TypePtr((Type) TensorType.get()));
        for (Tensor tensor : tensors) {
            list.push_back(new IValue(tensor.raw()));
        }
        return new IValue(list);
    }
}
