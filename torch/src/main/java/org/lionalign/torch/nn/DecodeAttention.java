package org.lionalign.torch.nn;

import org.jspecify.annotations.Nullable;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Ops;
import org.lionalign.torch.tensor.Tensor;

/**
 * Attention of one new token of many answers at once: on the keys of its prompt, which all answers to it share, and on its own. The two
 * parts are computed apart, each for all answers by one operator, and joined by their softmax's denominators (as flash attention joins its
 * blocks; Dao et al. 2022, section 3.1).
 *
 * @param shape heads, scale and cap of the layer
 */
public record DecodeAttention(TreeAttention shape) {
    /** In a mask: out of sight. Finite, so that a row that sees nothing of its prompt gets a weight of 0 for it, and not NaN. */
    public static final float HIDDEN = -1e30f;

    /** What a query found: {@code values [batch, kv, n, d]}, and {@code lse [batch, kv, n]}, the log of its softmax's denominator. */
    private record Found(Tensor values, Tensor lse) {}

    /**
     * Answers in order of their prompts, {@code answers / prompts} each.
     *
     * @param q {@code [answers, heads, d]} fp32
     * @param promptKeys {@code [prompts, kv, p, d]}
     * @param promptValues likewise
     * @param mask {@code [prompts, 1, 1, p]}: 0 or {@link #HIDDEN}; null where all is in sight
     * @param keys the answers' own, {@code [answers, kv, t, d]}
     * @param values likewise
     * @return {@code [answers, heads · d]}
     */
    public Tensor promptAndOwn(
            Tensor q, Tensor promptKeys, Tensor promptValues, @Nullable Tensor mask, Tensor keys, Tensor values) {
        long prompts = promptKeys.size(0);
        long each = q.size(0) / prompts;
        long kv = shape.keyValueHeads();
        long group = shape.heads() / kv;
        long d = shape.headDim();
        Tensor byPrompt = q.view(prompts, each, kv, group, d).transpose(1, 2).reshape(prompts, kv, each * group, d);
        Found onPrompt = on(byPrompt, promptKeys, promptValues, mask);
        Tensor fromPrompt = onPrompt.values()
                .view(prompts, kv, each, group, d)
                .transpose(1, 2)
                .reshape(q.size(0), kv, group, d);
        Tensor promptLse =
                onPrompt.lse().view(prompts, kv, each, group).transpose(1, 2).reshape(q.size(0), kv, group);
        Found onOwn = on(q.view(q.size(0), kv, group, d), keys, values, null);
        Tensor share = onOwn.lse().sub(promptLse).sigmoid().unsqueeze(3);
        return rows(fromPrompt.lerp(onOwn.values(), share));
    }

    /** The same where nothing of a prompt is in sight any more. */
    public Tensor own(Tensor q, Tensor keys, Tensor values) {
        long kv = shape.keyValueHeads();
        Tensor queries = q.view(q.size(0), kv, shape.heads() / kv, shape.headDim());
        return rows(on(queries, keys, values, null).values());
    }

    private Tensor rows(Tensor result) {
        return result.reshape(result.size(0), (long) shape.heads() * shape.headDim());
    }

    /** {@code q [batch, kv, n, d]} on {@code k, v [batch, kv, m, d]}. */
    private Found on(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        if (shape.softcap() == 0 && q.device().equals(Device.CPU)) {
            Tensor[] found = Ops.flashAttention(q, k, v, mask, shape.scale());
            return new Found(found[0], found[1]);
        }
        Tensor scores = q.matmul(k.transpose(2, 3)).mul(shape.scale());
        if (shape.softcap() > 0) {
            scores = scores.mul(1 / shape.softcap()).tanh().mul(shape.softcap());
        }
        if (mask != null) {
            scores = scores.add(mask);
        }
        return new Found(scores.softmax(-1).matmul(v), scores.logsumexp(-1));
    }
}
