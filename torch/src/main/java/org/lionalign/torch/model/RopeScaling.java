package org.lionalign.torch.model;

/**
 * How rotary frequencies are stretched beyond the context a model was trained with; names and formulas as in transformers'
 * {@code modeling_rope_utils}.
 *
 * @param type {@code default}, {@code linear}, {@code dynamic} or {@code llama3}
 * @param factor the stretch
 * @param lowFreqFactor llama3 only
 * @param highFreqFactor llama3 only
 * @param originalContext positions of pre-training; llama3 only
 */
public record RopeScaling(
        String type, double factor, double lowFreqFactor, double highFreqFactor, int originalContext) {
    static final RopeScaling NONE = new RopeScaling("default", 1, 1, 1, 0);

    /**
     * Inverse frequencies for a head dimension.
     *
     * @param length tokens of the sequence: only {@code dynamic} depends on it, and only beyond {@code context}
     */
    public float[] inverseFrequencies(int headDim, double theta, int context, int length) {
        double base = theta;
        if (type.equals("dynamic") && length > context) {
            base = theta * Math.pow(factor * length / context - (factor - 1), headDim / (headDim - 2.0));
        }
        float[] inverse = new float[headDim / 2];
        for (int i = 0; i < inverse.length; i++) {
            // In fp32 step by step, as the reference does: at position 100,000 the last bit is visible.
            float exponent = (float) (2 * i) / (float) headDim;
            inverse[i] = 1f / (float) Math.pow((float) base, exponent);
            if (type.equals("linear")) {
                inverse[i] /= (float) factor;
            } else if (type.equals("llama3")) {
                inverse[i] = llama3(inverse[i]);
            }
        }
        return inverse;
    }

    private float llama3(float inverse) {
        double wavelength = 2 * Math.PI / inverse;
        double low = originalContext / lowFreqFactor;
        double high = originalContext / highFreqFactor;
        if (wavelength < high) {
            return inverse;
        }
        if (wavelength > low) {
            return (float) (inverse / factor);
        }
        double smooth = (originalContext / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
        return (float) ((1 - smooth) * inverse / factor + smooth * inverse);
    }
}
