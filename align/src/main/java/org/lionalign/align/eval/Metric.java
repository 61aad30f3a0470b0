package org.lionalign.align.eval;

/**
 * A number with its uncertainty.
 *
 * @param value in the unit that the official tool reports (a share for lm-evaluation-harness, per cent for win rates, 1 to 10 for MT-Bench)
 * @param standardError of the value, in its unit; NaN where there is none
 * @param count questions it rests on
 */
public record Metric(String name, double value, double standardError, long count) {}
