package org.lionalign.torch.model;

/**
 * One sampled answer.
 *
 * @param ids the tokens, the stop token included
 * @param logprobs log-probability of each under the model itself (temperature 1, nothing cut off)
 * @param finish {@code stop} or {@code length}
 */
public record Answer(int[] ids, float[] logprobs, String finish) {}
