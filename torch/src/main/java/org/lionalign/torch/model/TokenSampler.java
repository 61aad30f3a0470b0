package org.lionalign.torch.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.SplittableRandom;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.Tensors;

/**
 * Draws one token for each row of logits. A row's draw depends on that row and its own random stream alone: inverse transform sampling
 * on the cumulative probabilities, with one uniform number per token.
 */
final class TokenSampler {
    /** Nucleus sampling looks at this many tokens first; only if they do not reach the mass is the whole row sorted. */
    private static final int FIRST_LOOK = 256;

    private final SamplingOptions options;

    TokenSampler(SamplingOptions options) {
        this.options = options;
    }

    /** The random stream of an answer: a function of seed, prompt and index alone. */
    static SplittableRandom stream(long seed, int[] prompt, int index) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(("answer/" + seed + "/" + index + "/").getBytes(StandardCharsets.UTF_8));
            ByteBuffer ids = ByteBuffer.allocate(prompt.length * 4);
            for (int id : prompt) {
                ids.putInt(id);
            }
            return new SplittableRandom(
                    ByteBuffer.wrap(digest.digest(ids.array())).getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Chosen tokens and their log-probabilities. */
    record Draw(int[] ids, float[] logprobs) {}

    /**
     * @param logits {@code [B, V]}
     * @param uniforms {@code [B]} in [0, 1); not read when greedy
     */
    Draw draw(Tensor logits, double[] uniforms) {
        Tensor wide = logits.to(Dtype.F32);
        Tensor chosen = options.temperature() == 0 ? wide.argmax(1).unsqueeze(1) : sample(wide, uniforms);
        float[] logprobs = wide.logSoftmax(-1).gather(1, chosen).squeeze(1).toFloats();
        long[] ids = chosen.squeeze(1).toLongs();
        int[] narrow = new int[ids.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (int) ids[i];
        }
        return new Draw(narrow, logprobs);
    }

    private Tensor sample(Tensor logits, double[] uniforms) {
        Tensor probabilities = logits.mul(1 / options.temperature()).softmax(1);
        long vocabulary = probabilities.size(1);
        float[] u = new float[uniforms.length];
        for (int i = 0; i < u.length; i++) {
            u[i] = (float) uniforms[i];
        }
        Tensor uniform = Tensors.of(u, u.length, 1).to(logits.device());
        if (options.topK() == 0 && options.topP() >= 1) {
            return pick(probabilities, uniform);
        }
        long look = options.topK() > 0 ? Math.min(options.topK(), vocabulary) : Math.min(FIRST_LOOK, vocabulary);
        Tensor[] top = probabilities.topk(look);
        if (options.topP() < 1) {
            double covered = top[0].sum(1, false).toDoubles().length == 0
                    ? 1
                    : least(top[0].sum(1, false).toDoubles());
            if (options.topK() == 0 && covered < options.topP() && look < vocabulary) {
                top = probabilities.sort(true);
            }
            Tensor values = options.topK() > 0 ? top[0].div(top[0].sum(1, true)) : top[0];
            // A token stays while the mass before it has not reached p, as transformers cuts.
            Tensor before = values.cumsum(1).sub(values);
            top[0] = values.mul(before.lt(options.topP()).to(Dtype.F32));
        }
        return top[1].gather(1, pick(top[0], uniform));
    }

    /** First index at which the cumulative (unnormalised) probability reaches u · total. */
    private static Tensor pick(Tensor weights, Tensor uniform) {
        if (weights.device().equals(Device.CPU)) {
            return scan(weights.toFloats(), uniform.toFloats());
        }
        Tensor cumulative = weights.cumsum(1);
        Tensor total = cumulative.narrow(1, weights.size(1) - 1, 1);
        Tensor index = cumulative.lt(uniform.mul(total)).to(Dtype.I64).sum(1, true);
        Tensor last = Tensors.full(weights.size(1) - 1, Dtype.I64, weights.device(), 1);
        return index.where(index.lt(last), last.expand(index.size(0), 1));
    }

    /** The same, row by row: on a CPU a tenth of the time. Sums are fp64, rounded to fp32 where they are compared, as cumsum's are. */
    private static Tensor scan(float[] weights, float[] uniform) {
        int width = weights.length / uniform.length;
        long[] chosen = new long[uniform.length];
        for (int row = 0; row < chosen.length; row++) {
            int start = row * width;
            double total = 0;
            for (int i = 0; i < width; i++) {
                total += weights[start + i];
            }
            float wanted = uniform[row] * (float) total;
            int at = 0;
            double sum = weights[start];
            while (at < width - 1 && (float) sum < wanted) {
                sum += weights[start + ++at];
            }
            chosen[row] = at;
        }
        return Tensors.of(chosen, chosen.length, 1);
    }

    private static double least(double[] values) {
        double least = Double.MAX_VALUE;
        for (double v : values) {
            least = Math.min(least, v);
        }
        return least;
    }
}
