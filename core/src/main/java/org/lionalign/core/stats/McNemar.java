package org.lionalign.core.stats;

/**
 * McNemar's test (1947) for two classifiers on the same questions: under the null hypothesis each question that only one of them gets
 * right is a fair coin. Exact binomial, two-sided, for any count: the sum is short enough that the chi-squared approximation is not needed.
 *
 * @param onlyFirst questions that only the first gets right
 * @param onlySecond questions that only the second gets right
 * @param pValue two-sided
 */
public record McNemar(long onlyFirst, long onlySecond, double pValue) {
    public static McNemar test(long onlyFirst, long onlySecond) {
        if (onlyFirst < 0 || onlySecond < 0) {
            throw new IllegalArgumentException("expected counts, found " + onlyFirst + " and " + onlySecond);
        }
        long n = onlyFirst + onlySecond;
        long k = Math.min(onlyFirst, onlySecond);
        if (n == 0 || 2 * k == n) {
            return new McNemar(onlyFirst, onlySecond, 1);
        }
        // Terms C(n, i) / 2^n for i = k down to 0; the largest first, in logarithms so that none is lost to underflow.
        double logTerm = -n * Math.log(2);
        for (long i = 0; i < k; i++) {
            logTerm += Math.log((double) (n - i) / (i + 1));
        }
        double sum = 0;
        double term = 1;
        for (long i = k; i >= 0; i--) {
            sum += term;
            term *= (double) i / (n - i + 1);
        }
        return new McNemar(onlyFirst, onlySecond, Math.min(1, 2 * Math.exp(logTerm + Math.log(sum))));
    }
}
